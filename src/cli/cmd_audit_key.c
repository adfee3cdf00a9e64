/* assay audit key, sign: on an auditor's own machine, which has no ledger; and the keys that a ledger registers. */
#include "assess/audit_sign.h"
#include "cli/cmd_audit.h"
#include "cli/open_view.h"
#include "keeper/data_dir.h"
#include "keeper/kinds.h"

#include <stdio.h>

enum { KEY_BYTES_MAX = 4096 };

static int key_new(struct cli_context *c)
{
    struct err e = {0};
    struct key_pair pair = {0};
    struct buf BUF_AUTO text = {0};
    const char *name = cli_option(c, "name");
    if (c->argument_count < 3)
        return cli_wrong_use(c, "key new wants a file for the private key");
    if (!name || !note_name_is_valid(str_of(name)) || !strstr(name, "/auditor/"))
        return cli_wrong_use(c, "--name: as the page of the audit room says it: host/assay/0123456789abcdef/auditor/P-0007");
    env_random(c->env, pair.private_key.seed, sizeof(pair.private_key.seed));
    pair.key = note_key_make(name, ed25519_public_of(&pair.private_key));
    bool ok = keys_save_file(c->arguments[2], &pair, &e);
    memory_wipe(&pair.private_key, sizeof(pair.private_key));
    if (!ok)
        return cli_fail(&e);
    buf_init(&text, 4096);
    note_key_format(&pair.key, &text);
    fprintf(stderr, "%s holds the private key: keep it, and give it to nobody. Hand over the line below; who leads the examination registers it:\n    assay key add auditor '%.*s'\n", c->arguments[2],
            STR_ARGS(buf_view(&text)));
    buf_char(&text, '\n');
    return cli_print(buf_view(&text));
}

static const char *state_of(const struct ledger_key *k)
{
    return k->end == KEY_IN_FORCE ? "in force" : k->end == KEY_RETIRED ? "retired" : "revoked";
}

static int key_list(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view v;
    struct ledger_keys *keys;
    if (!open_view(c, NULL, &v, &e))
        return cli_fail(&e);
    struct json *list = json_array(c->arena);
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    bool ok = keys_of_projection(v.view.db, c->arena, &keys, &e);
    for (size_t i = 0; ok && i < keys->count; i++) {
        const struct ledger_key *k = &keys->items[i];
        struct buf BUF_AUTO vkey;
        buf_init(&vkey, 1024);
        if (strcmp(k->role, "auditor") != 0)
            continue;
        note_key_format(&k->key, &vkey);
        struct json *o = json_push_object(list);
        json_put_str(o, "person", arena_str(c->arena, auditor_key_person(str_of(v.data.origin), str_of(k->key.name))));
        json_put_str(o, "vkey", arena_str(c->arena, buf_view(&vkey)));
        json_put_cstr(o, "state", state_of(k));
        json_put_int(o, "leaf", (int64_t)k->from);
        put_padded(&b, json_text(o, "person"), 10);
        put_padded(&b, str_of(state_of(k)), 10);
        buf_printf(&b, " leaf %lld  %.*s\n", (long long)k->from, STR_ARGS(buf_view(&vkey)));
    }
    if (ok && list->count == 0)
        buf_cstr(&b, "No auditor has a key of their own yet: what they conclude is said by their accounts alone.\n");
    int status = !ok ? cli_fail(&e) : c->json ? cli_print_json(list) : cli_print(buf_view(&b));
    close_view(&v);
    return status;
}

/* ---- signing ---- */

struct statement {
    struct str text, origin;
    struct json *json;
    bool is_opinion;
};

/* Three lines and nothing else: what a key of an auditor signs. */
static bool statement_read(struct cli_context *c, struct str typed, struct statement *ret, struct err *e)
{
    struct buf BUF_AUTO text;
    struct str rest = str_trim(typed), head = STR(""), origin = STR(""), statement = STR("");
    buf_init(&text, AUDITOR_SIGNED_BYTES_MAX);
    bool is_whole = str_next_line(&rest, &head) && str_next_line(&rest, &origin) && str_next_line(&rest, &statement) && str_trim(rest).size == 0;
    ret->is_opinion = str_is(head, "assay/opinion@v1");
    if (!is_whole || (!ret->is_opinion && !str_is(head, "assay/draw@v1")))
        return err_set(e, ERR_INVALID, "this is no statement of an auditor: three lines, the first is assay/opinion@v1 or assay/draw@v1");
    ret->json = json_parse(c->arena, statement, JSON_LIMITS_DEFAULT, e);
    if (!ret->json)
        return err_wrap(e, "its third line");
    buf_printf(&text, "%.*s\n%.*s\n", STR_ARGS(head), STR_ARGS(origin));
    if (!json_write_canonical(&text, ret->json, e))
        return false;
    buf_char(&text, '\n');
    ret->origin = arena_str(c->arena, origin);
    ret->text = arena_str(c->arena, buf_view(&text));
    return true;
}

/* What one signs, in words. */
static void statement_tell(const struct statement *s)
{
    const struct json *o = s->json;
    if (s->is_opinion)
        fprintf(stderr, "signing: test sheet %.*s of %.*s, control %.*s: %.*s It rests on %zu leaves under the head %.*s.\n", STR_ARGS(json_text(o, "sheet")), STR_ARGS(json_text(o, "eng")),
                STR_ARGS(json_text(o, "ctl")), STR_ARGS(json_text(o, "words")), json_get(o, "cites") ? json_get(o, "cites")->count : 0, STR_ARGS(json_text(o, "cp")));
    else
        fprintf(stderr, "signing: sample %.*s of %.*s, population %.*s, %lld items: %s\n", STR_ARGS(json_text(o, "smp")), STR_ARGS(json_text(o, "eng")), STR_ARGS(json_text(o, "p")),
                (long long)json_int(o, "n", 0), str_is(json_text(o, "act"), "commit") ? "the commitment to your number" : "your number, and the items that follow from it");
}

static bool key_is_for(const struct key_pair *pair, const struct statement *s, struct err *e)
{
    struct str person = auditor_key_person(s->origin, str_of(pair->key.name));
    if (person.size == 0)
        return err_set(e, ERR_DENIED, "the key is for another ledger: it is called %s, the statement is of %.*s", pair->key.name, STR_ARGS(str_slice(s->origin, 0, 200)));
    return str_equal(person, json_text(s->json, "by")) || err_set(e, ERR_DENIED, "the statement is by %.*s, the key is %.*s's", STR_ARGS(str_slice(json_text(s->json, "by"), 0, 60)), STR_ARGS(person));
}

static int sign(struct cli_context *c)
{
    struct err e = {0};
    struct key_pair pair = {0};
    struct statement s;
    struct buf BUF_AUTO out;
    struct str typed, secret = STR("");
    const char *key = cli_option(c, "key"), *file = c->argument_count > 1 ? c->arguments[1] : NULL;
    buf_init(&out, 2 * AUDITOR_SIGNED_BYTES_MAX);
    if (!file || !key)
        return cli_wrong_use(c, "sign wants the file with the statement and --key FILE");
    if (strcmp(file, "-") == 0 && strcmp(key, "-") == 0)
        return cli_wrong_use(c, "the statement or the key comes in, not both");
    bool ok = cli_file_read(c, file, AUDITOR_SIGNED_BYTES_MAX, &typed, &e) && statement_read(c, typed, &s, &e) && cli_file_read(c, key, KEY_BYTES_MAX, &secret, &e) &&
              (keys_parse(secret, &pair, &e) || err_wrap(&e, "%s", key)) && key_is_for(&pair, &s, &e);
    memory_wipe((char *)(uintptr_t)secret.data, secret.size);
    if (ok) {
        statement_tell(&s);
        buf_printf(&out, "%.*s\n", STR_ARGS(s.text));
        note_sign_line(&pair.key, &pair.private_key, s.text, &out);
    }
    memory_wipe(&pair.private_key, sizeof(pair.private_key));
    return ok ? cli_print(buf_view(&out)) : cli_fail(&e);
}

int audit_key_run(struct cli_context *c)
{
    const char *verb = c->argument_count > 1 ? c->arguments[1] : "list";
    if (strcmp(c->arguments[0], "sign") == 0)
        return sign(c);
    if (strcmp(verb, "new") == 0)
        return key_new(c);
    return strcmp(verb, "list") == 0 ? key_list(c) : cli_wrong_use(c, "key %.40s: new FILE, or list", verb);
}
