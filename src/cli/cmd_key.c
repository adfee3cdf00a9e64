/* cmd_key.c - the public keys as C2SP vkey lines; one key after another: added, retired, found stolen (ledger/keys.h). */
#include "assess/audit_sign.h"
#include "cli/cli.h"
#include "cli/witness_policy.h"
#include "keeper/kinds.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { SIGNERS_MAX = 12, NOTE_BYTES_MAX = 1 << 20 };

struct change {
    struct cli_context *c;
    struct data_dir dir;
    struct db *projection;
    struct ledger_keys *keys;
    struct keeper_client *keeper;
    struct key_pair signers[SIGNERS_MAX];
    size_t signer_count;
};

static const char *state_name(const struct ledger_key *key)
{
    return key->end == KEY_IN_FORCE ? "in force" : key->end == KEY_RETIRED ? "retired" : "revoked";
}

/* Those of one role, or all. A key that does not count any more is not only a vkey, so that nobody takes it for one that does. */
static int list(struct change *ch, const char *role)
{
    struct cli_context *c = ch->c;
    struct json *all = json_array(c->arena);
    struct buf BUF_AUTO text;
    static const char *const roles[] = {"root", "log", "collector", "officer", "witness", "mirror", "auditor"};
    bool is_known = !role;
    for (size_t i = 0; role && i < sizeof(roles) / sizeof(roles[0]); i++)
        is_known |= strcmp(role, roles[i]) == 0;
    if (!is_known)
        return cli_wrong_use(c, "list: %.40s is none of the roles: root, log, collector, officer, witness, mirror, auditor", role);
    buf_init(&text, NOTE_BYTES_MAX);
    for (size_t i = 0; i < ch->keys->count; i++) {
        const struct ledger_key *key = &ch->keys->items[i];
        if (role && strcmp(role, key->role) != 0)
            continue;
        struct json *o = json_push_object(all);
        struct buf BUF_AUTO vkey;
        buf_init(&vkey, 1024);
        note_key_format(&key->key, &vkey);
        json_put_cstr(o, "role", key->role);
        json_put_cstr(o, "name", key->key.name);
        json_put_str(o, "vkey", arena_str(c->arena, buf_view(&vkey)));
        json_put_cstr(o, "state", state_name(key));
        json_put_int(o, "leaf", (int64_t)key->from);
        if (key->end != KEY_IN_FORCE)
            json_put_int(o, "retired_leaf", (int64_t)key->until);
        if (key->end == KEY_REVOKED)
            json_put_int(o, "trust", (int64_t)key->trust);
        if (key->end == KEY_IN_FORCE)
            buf_printf(&text, "%.*s\n", STR_ARGS(buf_view(&vkey)));
        else if (cli_flag(c, "all"))
            buf_printf(&text, "%.*s  %s by leaf %llu\n", STR_ARGS(buf_view(&vkey)), state_name(key), (unsigned long long)key->until);
    }
    return c->json ? cli_print_json(all) : cli_print(buf_view(&text));
}

/* By its whole vkey or by the eight digits of its id. */
static const struct ledger_key *key_named(const struct change *ch, const char *name, struct err *e)
{
    const struct ledger_key *found = NULL;
    for (size_t i = 0; i < ch->keys->count; i++) {
        char id[9];
        struct buf BUF_AUTO vkey;
        buf_init(&vkey, 1024);
        note_key_format(&ch->keys->items[i].key, &vkey);
        snprintf(id, sizeof(id), "%08x", ch->keys->items[i].key.id);
        if (strcmp(id, name) == 0 || str_is(buf_view(&vkey), name))
            found = &ch->keys->items[i];
    }
    if (!found)
        err_set(e, ERR_NOT_FOUND, "no key %.80s is registered; see: assay key list --all", name);
    return found;
}

/* The root keys that sign: files named by --root, separated by commas, else private/keys/root. */
static bool roots_load(struct change *ch, struct err *e)
{
    const char *files = cli_option(ch->c, "root");
    if (!files) {
        struct key_pair *root = &ch->signers[ch->signer_count];
        if (keys_load_signing(ch->dir.fd, "root", &root->key, &root->private_key, e)) {
            ch->signer_count++;
            return true;
        }
        return e->code == ERR_NOT_FOUND
                   ? err_set(e, ERR_NOT_FOUND, "the root key is not in this directory; name its file with --root FILE")
                   : false;
    }
    struct str rest = str_of(files), one;
    while (rest.size > 0) {
        str_cut(&rest, ',', &one);
        if (ch->signer_count == SIGNERS_MAX)
            return err_set(e, ERR_LIMIT, "more than %d root keys", SIGNERS_MAX);
        if (!keys_load_file(arena_str(ch->c->arena, one).data, &ch->signers[ch->signer_count], e))
            return err_wrap(e, "root key");
        ch->signer_count++;
    }
    return true;
}

static bool submit_all(struct change *ch, const struct key_change *changes, size_t count, struct err *e)
{
    int64_t leaf = -1;
    if (!ch->keeper && !(ch->keeper = keeper_open(ch->c->data_dir, e)))
        return false;
    if (!key_submit(ch->keeper, &ch->dir, changes, count, ch->signers, ch->signer_count, &leaf, e) ||
        !keeper_flush(ch->keeper, e))
        return false;
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, "leaf %lld: %s %s %s\n", (long long)leaf - (long long)(count - 1 - i), changes[i].act, changes[i].role,
                changes[i].key ? changes[i].key->name : "");
    return true;
}

static bool submit(struct change *ch, const char *act, const char *role, const struct note_key *key, int64_t number,
                   struct err *e)
{
    struct key_change change = {.act = act, .role = role, .key = key, .number = number, .actor = "local:admin"};
    return submit_all(ch, &change, 1, e);
}

/* The policy of our own witnesses names this log's keys: what is cosigned under a key that it lacks would not count. Recorded before the
 * change, since keeper and signer start again behind it. */
static bool policy_follow(struct change *ch, const struct note_key *coming, const struct note_key *going, struct err *e)
{
    struct note_key keys[SIGNERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < ch->keys->count && count < SIGNERS_MAX - 1; i++) {
        const struct ledger_key *key = &ch->keys->items[i];
        if (strcmp(key->role, "log") == 0 && key->end == KEY_IN_FORCE && !(going && note_key_equal(&key->key, going)))
            keys[count++] = key->key;
    }
    if (coming)
        keys[count++] = *coming;
    return witness_policy_follow(ch->c, ch->projection, ch->dir.origin, keys, count, &ch->keeper, e);
}

/* Gone for good once this returns true. */
static bool remove_key(const struct change *ch, const char *file, struct err *e)
{
    int dir = openat(ch->dir.fd, "private/keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = dir >= 0 && unlinkat(dir, file, 0) == 0 && fsync(dir) == 0;
    if (!ok)
        err_errno(e, errno, "private/keys/%s", file);
    if (dir >= 0)
        close(dir);
    return ok;
}

static bool rename_key(const struct change *ch, const char *from, const char *to, struct err *e)
{
    int dir = openat(ch->dir.fd, "private/keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = dir >= 0 && renameat(dir, from, dir, to) == 0 && fsync(dir) == 0;
    if (!ok)
        err_errno(e, errno, "private/keys/%s", from);
    if (dir >= 0)
        close(dir);
    return ok;
}

/* The log key that signs now; ret_next.key.name is empty unless an earlier rotation made its successor, and broke off before the
 * ledger knew it. Files of keys that count no more are passed over. */
static bool log_keys_sort(struct change *ch, struct key_pair *ret_old, struct key_pair *ret_next, struct err *e)
{
    struct key_pair all[SIGNER_KEYS_MAX];
    size_t count = 0, in_force = 0;
    bool ok = keys_load_all(ch->dir.fd, "log", all, SIGNER_KEYS_MAX, &count, e);
    for (size_t i = 0; ok && i < count; i++) {
        struct buf BUF_AUTO vkey;
        buf_init(&vkey, 1024);
        note_key_format(&all[i].key, &vkey);
        const struct ledger_key *known = ledger_keys_find(ch->keys, "log", buf_view(&vkey));
        if (!known)
            *ret_next = all[i];
        else if (known->end == KEY_IN_FORCE && in_force++ == 0)
            *ret_old = all[i];
    }
    memory_wipe(all, sizeof(all));
    if (ok && in_force == 0)
        ok = err_set(e, ERR_NOT_FOUND, "private/keys: none of the log keys there is in force");
    if (ok && in_force > 1)
        ok = err_set(e, ERR_CONFLICT, "two log keys are signing already; retire the old one first: assay key retire %08x",
                     ret_old->key.id);
    return ok;
}

static int print_key(const struct note_key *key)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 4096);
    note_key_format(key, &text);
    buf_char(&text, '\n');
    return cli_print(buf_view(&text));
}

/* A new key beside the old one: `log.<id>` signs together with `log` until that is retired. */
static int rotate_log(struct change *ch, struct err *e)
{
    struct key_pair old, next = {0};
    char file[32];
    if (!log_keys_sort(ch, &old, &next, e))
        return cli_fail(e);
    ch->signers[ch->signer_count++] = old;
    memory_wipe(&old.private_key, sizeof(old.private_key));
    memory_wipe(&next.private_key, sizeof(next.private_key));
    if (!roots_load(ch, e))
        return cli_fail(e);
    if (!next.key.name[0]) {
        if (!keys_make_signing(ch->dir.fd, "log.next", old.key.name, ch->c->env, &next.key, e))
            return cli_fail(e);
        snprintf(file, sizeof(file), "log.%08x", next.key.id);
        if (!rename_key(ch, "log.next", file, e)) /* on disk before it counts */
            return cli_fail(e);
    }
    if (!policy_follow(ch, &next.key, NULL, e) || !submit(ch, "add", "log", &next.key, 0, e))
        return cli_fail(e);
    fprintf(
        stderr,
        "Both log keys sign from the next checkpoint on. Tell witnesses and auditors the new key (below), and when all of them "
        "know it:\n    assay key retire %08x\n",
        old.key.id);
    return print_key(&next.key);
}

/* An older key of the role that `now` followed and that is still in force: an earlier rotation broke off before it retired it. */
static const struct ledger_key *left_in_force(const struct change *ch, const char *role, const struct note_key *now)
{
    const struct ledger_key *current = NULL, *left = NULL;
    for (size_t i = 0; i < ch->keys->count; i++) {
        const struct ledger_key *key = &ch->keys->items[i];
        if (strcmp(key->role, role) != 0 || key->end != KEY_IN_FORCE || strcmp(key->key.name, now->name) != 0)
            continue;
        if (note_key_equal(&key->key, now))
            current = key;
        else if (!current)
            left = key;
    }
    return current ? left : NULL;
}

/* The roles that have one key at a time. The next one waits as <role>.next; one operation adds it and retires the old one, and
 * the keeper puts it in the old one's place, at once or when it starts again. So whatever is broken off, one key is in force. */
static int rotate_single(struct change *ch, const char *role, struct err *e)
{
    struct key_pair old;
    struct note_key next;
    char waiting[32];
    snprintf(waiting, sizeof(waiting), "%s.next", role);
    if (!keys_load_signing(ch->dir.fd, role, &old.key, &old.private_key, e))
        return cli_fail(e);
    ch->signers[ch->signer_count++] = old;
    memory_wipe(&old.private_key, sizeof(old.private_key));
    if (!roots_load(ch, e))
        return cli_fail(e);
    const struct ledger_key *left = left_in_force(ch, role, &old.key);
    if (left) {
        fprintf(stderr, "an earlier rotation had broken off; this finishes it\n");
        struct note_key going = left->key;
        return submit(ch, "retire", role, &going, 0, e) ? print_key(&old.key) : cli_fail(e);
    }
    if (!keys_make_signing(ch->dir.fd, waiting, old.key.name, ch->c->env, &next, e))
        return cli_fail(e);
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(&next, &vkey);
    struct key_change changes[] = {{.act = "add", .role = role, .key = &next, .actor = "local:admin"},
                                   {.act = "retire", .role = role, .key = &old.key, .actor = "local:admin"}};
    bool is_known = ledger_keys_find(ch->keys, role, buf_view(&vkey)) != NULL;
    return submit_all(ch, changes + is_known, 2u - is_known, e) ? print_key(&next) : cli_fail(e);
}

static int rotate(struct change *ch, const char *role, struct err *e)
{
    if (strcmp(role, "log") == 0)
        return rotate_log(ch, e);
    if (strcmp(role, "collector") == 0 || strcmp(role, "officer") == 0)
        return rotate_single(ch, role, e);
    return cli_wrong_use(
        ch->c, "rotates the log, collector or officer key, not %.40s; a root key: assay key new, then assay key add", role);
}

/* Before a log key goes, another one has to have signed what there is. */
static bool successor_has_signed(const struct change *ch, const struct ledger_key *going, struct err *e)
{
    struct buf BUF_AUTO note;
    struct checkpoint head;
    struct str text, lines;
    buf_init(&note, NOTE_BYTES_MAX);
    int dir = data_dir_ledger(&ch->dir, e);
    bool ok = dir >= 0 && os_file_read(&os_file_real, dir, "checkpoint", &note, e) &&
              checkpoint_parse(buf_view(&note), &head, &text, &lines, e);
    if (dir >= 0)
        close(dir);
    for (size_t i = 0; ok && i < ch->keys->count; i++) {
        const struct ledger_key *key = &ch->keys->items[i];
        if (key != going && strcmp(key->role, "log") == 0 && key->end == KEY_IN_FORCE && note_verify(text, lines, &key->key, e))
            return true;
    }
    return ok ? err_set(e, ERR_CONFLICT,
                        "no other log key has signed the newest checkpoint yet; make a new one with: assay key rotate log, then "
                        "record "
                        "something, for example: assay collect")
              : false;
}

/* The file of a log key that has no more to sign. */
static bool log_file_remove(struct change *ch, const struct note_key *key, struct err *e)
{
    struct key_pair all[SIGNER_KEYS_MAX];
    size_t count = 0;
    if (!keys_load_all(ch->dir.fd, "log", all, SIGNER_KEYS_MAX, &count, e))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && count > 1 && i < count; i++) {
        if (note_key_equal(&all[i].key, key))
            ok = remove_key(ch, all[i].file, e);
        else if (!note_key_equal(&all[i].key, key) && count == 2 && strcmp(all[i].file, "log") != 0)
            ok = rename_key(ch, all[i].file, "log", e);
    }
    memory_wipe(all, sizeof(all));
    return ok;
}

static int end_key(struct change *ch, const char *name, bool is_revoked, struct err *e)
{
    const struct ledger_key *key = key_named(ch, name, e);
    int64_t trust =
        ch->keys->count ? db_one_int(ch->projection, e, 0, "select cast(value as integer) from meta where key='next'") : 0;
    if (!key || e->code)
        return cli_fail(e);
    if (is_revoked && cli_option(ch->c, "trust") && !str_to_int64(str_of(cli_option(ch->c, "trust")), &trust))
        return cli_wrong_use(ch->c, "--trust is a number of leaves, not %.40s", cli_option(ch->c, "trust"));
    bool is_log = strcmp(key->role, "log") == 0;
    struct ledger_key ending = *key;
    if ((is_log && !is_revoked && !successor_has_signed(ch, key, e)) || !roots_load(ch, e) || (is_log && !policy_follow(ch, NULL, &ending.key, e)) ||
        !submit(ch, is_revoked ? "revoke" : "retire", ending.role, &ending.key, trust, e) ||
        (is_log && !log_file_remove(ch, &ending.key, e)))
        return cli_fail(e);
    return 0;
}

/* An auditor's key says whose it is, and nobody else can have it (assess/audit_sign.h). */
static bool auditor_is_known(struct change *ch, const struct note_key *key, struct err *e)
{
    struct str person = auditor_key_person(str_of(ch->dir.origin), str_of(key->name));
    if (key->type != NOTE_KEY_ED25519 || person.size == 0)
        return err_set(e, ERR_INVALID, "an auditor's key is called %s/auditor/ and the id of the person, as in P-0007; this one is %s", ch->dir.origin, key->name);
    int64_t known = db_one_int(ch->projection, e, 0, "select count(*) from account a join account_role o on o.account = a.id and o.role = 'auditor' where a.person = ?1", A(person));
    return e->code == ERR_NONE && (known > 0 || err_set(e, ERR_NOT_FOUND, "%.*s has no account of the role auditor here", STR_ARGS(person)));
}

static int add_key(struct change *ch, const char *role, const char *vkey, struct err *e)
{
    struct note_key key;
    if (!key_role_is_known(str_of(role)) || strcmp(role, "log") == 0)
        return cli_wrong_use(ch->c, "a key is added as root, collector, officer, witness, mirror or auditor, not %.40s", role);
    if (!note_key_parse(str_of(vkey), &key, e) || (strcmp(role, "auditor") == 0 && !auditor_is_known(ch, &key, e)) || !roots_load(ch, e) || !submit(ch, "add", role, &key, 0, e))
        return cli_fail(e);
    return 0;
}

static int quorum(struct change *ch, const char *number, struct err *e)
{
    int64_t need = 0;
    if (!str_to_int64(str_of(number), &need) || need < 1)
        return cli_wrong_use(ch->c, "how many root keys have to sign? Not %.40s", number);
    if (!roots_load(ch, e) || !submit(ch, "quorum", "root", NULL, need, e))
        return cli_fail(e);
    return 0;
}

/* A pair in a file that never was in the data directory. */
static int new_pair(struct cli_context *c, const char *name, const char *file, struct err *e)
{
    struct key_pair pair = {0};
    struct buf BUF_AUTO text = {0};
    if (!note_name_is_valid(str_of(name)))
        return cli_wrong_use(c, "%.80s is no name for a key: no spaces, no plus sign", name);
    env_random(c->env, pair.private_key.seed, sizeof(pair.private_key.seed));
    pair.key = note_key_make(name, ed25519_public_of(&pair.private_key));
    bool ok = keys_save_file(file, &pair, e);
    memory_wipe(&pair.private_key, sizeof(pair.private_key));
    if (!ok)
        return cli_fail(e);
    buf_init(&text, 4096);
    note_key_format(&pair.key, &text);
    buf_char(&text, '\n');
    return cli_print(buf_view(&text));
}

/* The root key moves to a file elsewhere: what is stolen from this machine then is not it. */
static int export_root(struct change *ch, const char *file, struct err *e)
{
    struct key_pair root = {0}, back = {0};
    bool ok = keys_load_signing(ch->dir.fd, "root", &root.key, &root.private_key, e) && keys_save_file(file, &root, e) &&
              keys_load_file(file, &back, e);
    if (ok && !note_key_equal(&root.key, &back.key))
        ok = err_set(e, ERR_CORRUPT, "%s: reads back as another key", file);
    memory_wipe(&root.private_key, sizeof(root.private_key));
    memory_wipe(&back.private_key, sizeof(back.private_key));
    ok = ok && remove_key(ch, "root", e);
    return ok ? 0 : cli_fail(e);
}

static int change_run(struct change *ch, struct err *e)
{
    struct cli_context *c = ch->c;
    const char *what = c->arguments[0];
    int n = c->argument_count;
    if (strcmp(what, "list") == 0 && n <= 2)
        return list(ch, n == 2 ? c->arguments[1] : NULL);
    if (strcmp(what, "rotate") == 0 && n == 2)
        return rotate(ch, c->arguments[1], e);
    if ((strcmp(what, "retire") == 0 || strcmp(what, "revoke") == 0) && n == 2)
        return end_key(ch, c->arguments[1], what[2] == 'v', e);
    if (strcmp(what, "add") == 0 && n == 3)
        return add_key(ch, c->arguments[1], c->arguments[2], e);
    if (strcmp(what, "quorum") == 0 && n == 2)
        return quorum(ch, c->arguments[1], e);
    if (strcmp(what, "export-root") == 0 && n == 2)
        return export_root(ch, c->arguments[1], e);
    static const char *const known[] = {"list", "rotate", "retire", "revoke", "add", "quorum", "new", "export-root"};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(what, known[i]) == 0)
            return cli_wrong_use(c, "%s: %s", what, n < 2 ? "what is missing stands in the help" : "this is not what it takes");
    return cli_wrong_use(c, "no such thing to do with keys: %.40s", what);
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct change ch = {.c = c};
    if (strcmp(c->arguments[0], "new") == 0 && c->argument_count == 3)
        return new_pair(c, c->arguments[1], c->arguments[2], &e);
    if (!data_dir_open(&ch.dir, c->data_dir, &e))
        return cli_fail(&e);
    ch.projection = data_dir_projection(&ch.dir, &e);
    int status = ch.projection && keys_of_projection(ch.projection, c->arena, &ch.keys, &e) ? change_run(&ch, &e) : cli_fail(&e);
    keeper_close(ch.keeper);
    memory_wipe(ch.signers, sizeof(ch.signers));
    db_close(ch.projection);
    data_dir_close(&ch.dir);
    return status;
}

const struct cli_command cli_command_key = {
    .name = "key",
    .summary = "list the public keys, as lines that any C2SP verifier reads; replace one, or declare one stolen",
    .usage = "list [ROLE] [--all] | rotate log|collector|officer | retire ID | revoke ID [--trust N] | add ROLE VKEY | quorum N | new "
             "NAME FILE | "
             "export-root FILE",
    .example = "assay key rotate log",
    .options =
        (const struct cli_option[]){{"all", 0, NULL, "list: also keys that do not count any more, and which leaf ended them"},
                                    {"root", 0, "FILE[,FILE...]", "the root keys that sign, where they are kept elsewhere"},
                                    {"trust", 0, "N", "revoke: what it signed for up to N leaves still counts (all there are)"},
                                    {0}},
    .details = "Every change is a leaf that the root key signs, and the outgoing key too. Two log keys sign side by side from "
               "`rotate` until "
               "the old one is retired: give witnesses and auditors that long to learn the new one. `revoke` is for a key that "
               "was stolen. "
               "`export-root` moves the root key to a file of yours, which belongs on no server; `quorum` says how many root "
               "keys have to sign. `key list log` is the key that witnesses, mirrors and auditors have to know.",
    .arguments_min = 1,
    .arguments_max = 3,
    .has_json = true,
    .run = run,
};
