/* cmd_anchor.c - who outside vouches for the ledger: the witness policy, time stamping authorities, and what they said. */
#include "base/times.h"
#include "blob/blob.h"
#include "cli/open_view.h"
#include "crypto/tst.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "ledger/anchor.h"
#include "os/http_client.h"
#include "os/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"ca", 0, "FILE", "tsa add: PEM with the certificates (and CRLs) that its stamps have to chain to"},
    {"every", 0, "DURATION", "tsa add: time between two stamps, 1h unless given (30m, 1h, 1d, PT1H)"},
    {"tls-ca", 0, "FILE", "now: authorities (PEM) that https servers must be under; otherwise the system's (for the server: serve --anchor-ca)"},
    {"output", 'o', "FILE", "export: where the time stamp goes"},
    {0},
};

/* Submits one operation, waits until it is signed. */
static int change(struct cli_context *c, const char *kind, struct json *body, const char *done)
{
    struct err e = {0};
    struct json *answer = NULL;
    struct op op = {.kind = kind, .actor = STR("local:admin"), .body = body};
    struct keeper_client *k = keeper_open(c->data_dir, &e);
    op_id_new(c->env, op.id);
    bool ok = k && keeper_submit(k, c->arena, &op, &answer, &e) && keeper_flush(k, &e);
    keeper_close(k);
    if (!ok)
        return cli_fail(&e);
    int64_t leaf = json_int(answer, "leaf", -1);
    if (c->json)
        return cli_print_json(answer);
    if (leaf < 0)
        return cli_print(STR("nothing has changed\n"));
    return cli_print(arena_printf(c->arena, "%s, leaf %lld\n", done, (long long)leaf));
}

/* ---- policy ---- */

static int policy_show(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir d;
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    struct db *db = data_dir_projection(&d, &e);
    struct str text = db ? db_one_text(c->arena, db, &e, "select text from anchor_policy order by leaf desc limit 1") : STR("");
    if (db && !e.code && !text.data)
        err_set(&e, ERR_NOT_FOUND, "no policy is set: assay anchor policy FILE");
    db_close(db);
    data_dir_close(&d);
    return e.code ? cli_fail(&e) : cli_print(text);
}

static int policy_set(struct cli_context *c, const char *path)
{
    struct err e = {0};
    struct str text;
    if (!cli_file_read(c, path, ANCHOR_POLICY_BYTES_MAX, &text, &e))
        return cli_fail(&e);
    const struct policy *p = policy_parse(c->arena, text, &e);
    if (!p) {
        err_wrap(&e, "%s", path);
        return cli_fail(&e);
    }
    size_t asked = 0;
    for (size_t i = 0; i < p->witness_count; i++) {
        struct str url = p->witnesses[i].url;
        asked += url.size > 0;
        if (url.size && !http_client_url_check(url, &e)) {
            err_wrap(&e, "%s: witness %.*s", path, STR_ARGS(p->witnesses[i].name));
            return cli_fail(&e);
        }
    }
    struct json *body = json_object(c->arena);
    json_put_str(body, "text", text);
    return change(c, "anchor.policy", body,
                  arena_printf(c->arena, "the policy is in force: %zu witness%s, %zu of them with an address to ask", p->witness_count,
                               p->witness_count == 1 ? "" : "es", asked)
                      .data);
}

/* ---- authorities ---- */

static int tsa_add(struct cli_context *c, const char *name, const char *url)
{
    struct err e = {0};
    struct str ca;
    char subject[256];
    int64_t every_ms = MS_HOUR;
    const char *path = cli_option(c, "ca"), *every = cli_option(c, "every");
    if (!path)
        return cli_wrong_use(c, "tsa add wants --ca FILE: the certificates that its stamps have to chain to");
    if (every && !cli_duration(every, &every_ms))
        return cli_wrong_use(c, "--every %.40s: no duration (30m, 1h, PT1H)", every);
    if (!http_client_url_check(str_of(url), &e))
        return cli_fail(&e);
    if (!cli_file_read(c, path, TST_CA_BYTES_MAX, &ca, &e) || (!tst_ca_check(ca, subject, &e) && !err_wrap(&e, "%s", path)))
        return cli_fail(&e);
    struct json *body = json_object(c->arena);
    json_put_cstr(body, "act", "add");
    json_put_cstr(body, "id", name);
    json_put_cstr(body, "url", url);
    json_put_str(body, "ca", ca);
    json_put_int(body, "every", every_ms);
    return change(c, "anchor.tsa", body, arena_printf(c->arena, "%s will be asked for time stamps, checked against %s", name, subject).data);
}

static int tsa_remove(struct cli_context *c, const char *name)
{
    struct json *body = json_object(c->arena);
    json_put_cstr(body, "act", "remove");
    json_put_cstr(body, "id", name);
    return change(c, "anchor.tsa", body, arena_printf(c->arena, "%s is not asked any more", name).data);
}

/* ---- list, now ---- */

static void peer_print(struct buf *b, const struct json *peer, const char *kind)
{
    put_shape(b, json_text(peer, "status"), cli_has_colour());
    buf_printf(b, " %s ", kind);
    put_padded(b, json_text(peer, "name"), 20);
    put_padded(b, json_text(peer, "status_words"), 24);
    const struct json *last = json_get(peer, "last");
    if (last && last->type == JSON_OBJECT)
        buf_printf(b, " %.*s", STR_ARGS(json_text(last, "text")));
    if (json_text(peer, "why").size)
        buf_printf(b, " %.*s", STR_ARGS(json_text(peer, "why")));
    buf_char(b, '\n');
}

static int list(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    if (!open_view(c, NULL, &o, &e))
        return cli_fail(&e);
    struct json *page = view_anchor(&o.view, &e);
    int status;
    if (!page) {
        status = cli_fail(&e);
    } else if (c->json) {
        status = cli_print_json(page);
    } else {
        struct buf BUF_AUTO b;
        buf_init(&b, 1 << 20);
        put_shape(&b, json_text(page, "status"), cli_has_colour());
        buf_printf(&b, " %.*s\n", STR_ARGS(json_text(page, "words")));
        JSON_EACH (peer, json_get(page, "witnesses"))
            peer_print(&b, peer, "witness  ");
        JSON_EACH (peer, json_get(page, "authorities"))
            peer_print(&b, peer, "authority");
        if (!json_bool(page, "is_set_up"))
            buf_cstr(&b, "Begin with: assay anchor policy FILE, and: assay anchor tsa add NAME URL --ca FILE\n");
        status = cli_print(buf_view(&b));
    }
    if (page && status == 0 && json_bool(page, "is_forked"))
        status = 1;
    close_view(&o);
    return status;
}

/* Everybody once, in a process of the same kind as the server's; the keeper is started if none runs. */
static int now(struct cli_context *c)
{
    struct err e = {0};
    struct os_child child = OS_CHILD_NONE;
    const char *tls_ca = cli_option(c, "tls-ca");
    char ca_path[PATH_MAX];
    if (tls_ca && !realpath(tls_ca, ca_path))
        return cli_wrong_use(c, "--tls-ca %.200s: %s", tls_ca, strerror(errno));
    const char *arguments[] = {c->data_dir, "50000", "once", tls_ca ? ca_path : NULL, NULL};
    struct os_spawn spawn = {.role = "anchor", .arguments = arguments};
    struct keeper_client *k = keeper_open(c->data_dir, &e);
    int code = 0;
    bool ok = k && keeper_flush(k, &e) && os_spawn(&spawn, &child, &e);
    if (ok)
        os_child_wait(&child, -1, &code);
    ok = ok && (code != 0 || keeper_flush(k, &e));
    keeper_close(k);
    if (!ok)
        return cli_fail(&e);
    return code ? code : list(c);
}

/* ---- export ---- */

static bool blob_of(struct cli_context *c, const struct data_dir *d, int64_t leaf, struct str *ret, struct err *e)
{
    struct keeper_blob blob;
    char text[2][65] = {{0}};
    struct str stored;
    struct err failed = {0};
    bool is_found = false;
    struct db *db = data_dir_projection(d, e);
    if (!db)
        return false;
    DB_EACH (row, db, &failed, "select c, x from anchor where leaf=?1 and kind='tst'", A(leaf)) {
        snprintf(text[0], 65, "%.*s", STR_ARGS(db_text(row, 0)));
        snprintf(text[1], 65, "%.*s", STR_ARGS(db_text(row, 1)));
        is_found = true;
    }
    db_close(db);
    if (failed.code)
        return (*e = failed, false);
    if (!is_found)
        return err_set(e, ERR_NOT_FOUND, "leaf %lld is no time stamp (assay anchor list --json)", (long long)leaf);
    struct keeper_client *k = keeper_open(c->data_dir, e);
    int dir = k ? openat(d->fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    struct pack_store *packs = dir >= 0 ? pack_open(&os_file_real, dir, false, e) : NULL;
    bool ok = packs && keeper_blob_key(k, (uint64_t)leaf, text[1], &blob, e);
    keeper_close(k);
    ok = ok && pack_read_at(packs, c->arena, blob.x, blob.place, &stored, e) && blob_open(c->arena, stored, text[0], blob.x, blob.dek, TST_BYTES_MAX, ret, e);
    memory_wipe(&blob, sizeof(blob));
    pack_close(packs);
    if (dir >= 0)
        close(dir);
    return ok;
}

/* The stamp, and beside it what it is over: FILE and FILE.checkpoint. */
static int export_stamp(struct cli_context *c, const char *leaf_text)
{
    struct err e = {0};
    struct data_dir d;
    struct str stamp, bytes;
    struct leaf leaf;
    struct anchor anchor;
    int64_t index;
    const char *path = cli_option(c, "output");
    if (!path || !str_to_int64(str_of(leaf_text), &index) || index < 0)
        return cli_wrong_use(c, "export wants the number of an anchor leaf and -o FILE");
    if (!data_dir_open(&d, c->data_dir, &e))
        return cli_fail(&e);
    int ledger_dir = data_dir_ledger(&d, &e);
    bool ok = ledger_dir >= 0 && blob_of(c, &d, index, &stamp, &e);
    struct ledger_reader *r = ok ? ledger_reader_open(ledger_dir, &e) : NULL;
    ok = r && ledger_reader_leaf(r, c->arena, (uint64_t)index, &bytes, &e) && leaf_parse(c->arena, bytes, &leaf, &e) &&
         anchor_leaf_read(leaf.json, &anchor, &e);
    const char *beside = arena_printf(c->arena, "%s.checkpoint", path).data;
    ok = ok && os_file_replace(&os_file_real, AT_FDCWD, path, stamp, 0644, &e) &&
         os_file_replace(&os_file_real, AT_FDCWD, beside, anchor.note, 0644, &e);
    char at[TIME_TEXT_SIZE];
    struct str words = ok ? arena_printf(c->arena,
                                         "%s: the time stamp of %.*s at %s over %s\ncheck it without this program:\n"
                                         "  openssl ts -verify -data %s -in %s -CAfile CA.pem -attime %lld\n",
                                         path, STR_ARGS(anchor.by), time_format(anchor.at_ms, at), beside, beside, path,
                                         (long long)(anchor.at_ms / 1000))
                          : STR("");
    ledger_reader_close(r);
    if (ledger_dir >= 0)
        close(ledger_dir);
    data_dir_close(&d);
    return ok ? cli_print(words) : cli_fail(&e);
}

static int run(struct cli_context *c)
{
    const char *verb = c->arguments[0];
    int count = c->argument_count;
    if (strcmp(verb, "policy") == 0 && count <= 2)
        return count == 2 ? policy_set(c, c->arguments[1]) : policy_show(c);
    if (strcmp(verb, "tsa") == 0 && count == 4 && strcmp(c->arguments[1], "add") == 0)
        return tsa_add(c, c->arguments[2], c->arguments[3]);
    if (strcmp(verb, "tsa") == 0 && count == 3 && strcmp(c->arguments[1], "remove") == 0)
        return tsa_remove(c, c->arguments[2]);
    if (strcmp(verb, "list") == 0 && count == 1)
        return list(c);
    if (strcmp(verb, "now") == 0 && count == 1)
        return now(c);
    if (strcmp(verb, "export") == 0 && count == 2)
        return export_stamp(c, c->arguments[1]);
    return cli_wrong_use(c, "policy [FILE], tsa add NAME URL --ca FILE, tsa remove NAME, list, now, or export LEAF -o FILE");
}

const struct cli_command cli_command_anchor = {
    .name = "anchor",
    .summary = "let others vouch for the ledger: witnesses and time stamps",
    .usage = "policy [FILE] | tsa add NAME URL --ca FILE [--every DURATION] | tsa remove NAME | list | now [--tls-ca FILE] |"
             " export LEAF -o FILE",
    .example = "assay anchor tsa add freetsa https://freetsa.org/tsr --ca freetsa-ca.pem --every 1h",
    .options = options,
    .details = "A policy is a C2SP tlog-policy file: witnesses with their keys and addresses, and how many of whom are needed.\n"
               "Only origin, size and root of the ledger leave this machine. `assay serve` asks by itself; `now` asks at once. Exit status 1 when a witness contradicts this ledger.",
    .arguments_min = 1,
    .arguments_max = 4,
    .has_json = true,
    .run = run,
};
