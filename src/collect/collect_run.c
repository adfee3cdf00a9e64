/* collect_run.c - see collect_run.h. */
#include "collect/collect_run.h"
#include "base/limits.h"
#include "blob/blob.h"
#include "collect/op_run.h"
#include "os/program.h"
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

struct collecting {
    struct db *projection;
    struct arena *arena;
    const struct collect_options *options;
    struct collect_outcome *outcome;
    struct json *items, *tables, *states;
    struct op_blob *blobs;
    size_t blob_count;
};

/* What the pseudonym is made of where there is no machine-id. */
static bool identity_without_id(struct arena *a, const char *root, struct str *ret_id, const char **ret_known_by, struct err *e)
{
    char text[PATH_MAX];
    if (root && !realpath(root, text))
        return err_set(e, ERR_NOT_FOUND, "%s: no such folder", root);
    if (!root && (gethostname(text, HOST_NAME_MAX + 1) != 0 || !text[0]))
        return err_set(e, ERR_NOT_FOUND, "this host has neither /etc/machine-id nor a name; make the first with systemd-machine-id-setup");
    *ret_known_by = root ? "path" : "hostname";
    *ret_id = arena_printf(a, "%s:%s", *ret_known_by, text);
    return true;
}

bool collect_subject(const struct data_dir *d, const char *root, char ret_subject[SUBJECT_TEXT_SIZE], const char **ret_known_by,
                     struct err *e)
{
    uint8_t key[32];
    struct str id = {0};
    struct err unread = {0};
    const char *known_by = "machine-id";
    if (!keys_load_secret(d->fd, "subject", key, e))
        return false;
    struct arena *a = arena_new("subject", 1 << 20);
    struct source *s = root ? source_tree(a, root, 0, e) : source_live(a, 0);
    bool is_ok = s != NULL;
    if (is_ok && (!source_read(s, a, "/etc/machine-id", 4096, &id, &unread) || str_trim(id).size < 32))
        is_ok = identity_without_id(a, root, &id, &known_by, e);
    if (is_ok) {
        subject_pseudonym(key, str_trim(id), ret_subject);
        *ret_known_by = known_by;
    }
    arena_free(a);
    memory_wipe(key, sizeof(key));
    return is_ok;
}

/* ---- which host it is, beside its machine-id ---- */

/* A keyed hash, so that the ledger, which others may read, names no host and no hardware. */
static void put_fingerprint(struct json *list, struct arena *a, const uint8_t key[32], const char *kind, struct str id)
{
    char text[SUBJECT_TEXT_SIZE];
    subject_pseudonym(key, arena_printf(a, "%s:%.*s", kind, STR_ARGS(id)), text);
    json_push_str(list, id.size ? arena_str(a, str_slice(str_of(text), 2, 18)) : STR(""));
}

static struct str trimmed_line(struct source *s, struct arena *a, const char *path)
{
    struct str text = STR("");
    struct err unread = {0};
    return source_read_head(s, a, path, 4096, &text, &unread) ? str_trim(text) : STR("");
}

/* What a clone of the disk does not have: the firmware's id of the machine, else the addresses of its network cards. Empty for a tree and
 * in a container, where neither is its own. */
static struct str hardware_id(struct source *s, struct arena *a)
{
    struct file_facts facts;
    struct err e = {0};
    struct str *names, id = STR("");
    size_t count = 0;
    if (!source_is_live(s) || source_stat(s, "/run/systemd/container", true, &facts, &e) || source_stat(s, "/.dockerenv", true, &facts, &e) ||
        source_stat(s, "/run/.containerenv", true, &facts, &e))
        return id;
    id = trimmed_line(s, a, "/sys/class/dmi/id/product_uuid");
    if (id.size || !source_list(s, a, "/sys/class/net", &names, &count, &e))
        return id;
    for (size_t i = 0; i < count; i++)
        if (source_stat(s, arena_printf(a, "/sys/class/net/%.*s/device", STR_ARGS(names[i])).data, true, &facts, &e))
            id = arena_printf(a, "%.*s %.*s", STR_ARGS(id),
                              STR_ARGS(trimmed_line(s, a, arena_printf(a, "/sys/class/net/%.*s/address", STR_ARGS(names[i])).data)));
    return str_trim(id);
}

/* The member "fp" of the statement: what the host is called and what it runs on, both hashed; left out where it has no name. */
static bool put_host(struct collecting *c, const struct data_dir *d, struct json *statement, struct err *e)
{
    uint8_t key[32];
    char name[HOST_NAME_MAX + 1] = "";
    const char *root = c->options->root;
    if (strcmp(c->outcome->known_by, "machine-id") != 0)
        return true;
    struct source *s = root ? source_tree(c->arena, root, 0, e) : source_live(c->arena, 0);
    if (!s || !keys_load_secret(d->fd, "subject", key, e))
        return false;
    struct str host = trimmed_line(s, c->arena, "/etc/hostname");
    if (!host.size && !root && gethostname(name, sizeof(name) - 1) == 0)
        host = str_of(name);
    if (host.size) {
        struct json *list = json_put_array(statement, "fp");
        put_fingerprint(list, c->arena, key, "host-name", host);
        put_fingerprint(list, c->arena, key, "hardware", hardware_id(s, c->arena));
    }
    memory_wipe(key, sizeof(key));
    return true;
}

/* ---- one table ---- */

static bool add_blob(struct collecting *c, const char *media, struct str plain, struct err *e)
{
    if (!op_blob_make(c->options->env, c->arena, media, plain, &c->blobs[c->blob_count], e))
        return false;
    c->blob_count++;
    return true;
}

/* The commitment of the last capture if it holds just this; "" otherwise. */
static struct str unchanged_since(struct collecting *c, const struct collected_table *t, struct err *e)
{
    struct err failed = {0};
    struct sha256 digest = capture_digest(t->plain, t->record);
    struct str found = STR("");
    DB_EACH (row, c->projection, &failed, "select digest, c from capture where subject=?1 and tbl=?2 order by leaf desc limit 1",
             A((const char *)c->outcome->subject), A(t->table->schema->name))
        if (str_equal(db_bytes(row, 0), str_make(digest.bytes, sizeof(digest.bytes))))
            found = arena_str(c->arena, db_text(row, 1));
    if (failed.code)
        *e = failed;
    return found;
}

static bool add_item(struct collecting *c, const struct collected_table *t, struct err *e)
{
    size_t first = c->blob_count;
    if (!add_blob(c, "application/x-assay-rows", t->plain, e) ||
        (t->record.data && !add_blob(c, "application/x-assay-record", t->record, e)))
        return false;
    struct json *item = json_push_object(c->items);
    json_put_cstr(item, "tbl", t->table->schema->name);
    json_put_int(item, "ver", t->table->schema->version);
    json_put_int(item, "rows", (int64_t)t->row_count);
    json_put_cstr(item, "state", table_state_name(t->state));
    struct json *obs = json_put_array(item, "obs");
    json_push_int(obs, t->from_ms);
    json_push_int(obs, t->to_ms < t->from_ms ? t->from_ms : t->to_ms);
    json_put_int(item, "blobs", (int64_t)(c->blob_count - first));
    json_put_cstr(c->tables, t->table->schema->name, c->blobs[first].c);
    return true;
}

static bool take_table(void *context, const struct collected_table *t, struct err *e)
{
    struct collecting *c = context;
    struct err failed = {0};
    struct str known = unchanged_since(c, t, &failed);
    if (failed.code) {
        *e = failed;
        return false;
    }
    if (known.size)
        json_put_str(c->tables, t->table->schema->name, known);
    else if (!add_item(c, t, e))
        return err_wrap(e, "seal table %s", t->table->schema->name);
    if (t->state != TABLE_COMPLETE)
        json_put_cstr(c->states, t->table->schema->name, table_state_name(t->state));
    c->outcome->changed += known.size == 0;
    c->outcome->tables[c->outcome->table_count++] = (struct collect_table_outcome){
        .table = t->table,
        .state = t->state,
        .row_count = t->row_count,
        .is_changed = known.size == 0,
        .duration_ms = t->to_ms - t->from_ms,
        .reason = arena_str(c->arena, t->reason),
    };
    return true;
}

static void table_begins(void *context, const struct host_table *t)
{
    struct collecting *c = context;
    if (c->options->progress)
        c->options->progress(c->options->context, t, c->outcome->table_count);
}

/* ---- the run ---- */

static bool put_order(struct collecting *c, struct json *statement, struct err *e)
{
    struct err failed = {0};
    struct str stream = run_stream(c->arena, str_of(c->outcome->subject), STR(""));
    int64_t seq = -1;
    char prev[65] = "";
    DB_EACH (row, c->projection, &failed, "select sq, hash from stream where st=?1", A(stream)) {
        seq = db_int(row, 0);
        struct str hash = db_bytes(row, 1);
        hex_encode(hash.data, hash.size < 32 ? hash.size : 32, prev);
    }
    if (failed.code) {
        *e = failed;
        return false;
    }
    json_put_int(statement, "seq", seq + 1);
    json_put_str(statement, "prev", arena_str(c->arena, str_of(prev)));
    return true;
}

static bool sign(struct collecting *c, const struct data_dir *d, struct json *body, struct json *statement, struct err *e)
{
    struct note_key key;
    struct ed25519_private private_key;
    struct buf BUF_AUTO vkey, text, lines;
    buf_init(&vkey, 4096);
    buf_init(&text, LIMIT_LEAF_BYTES);
    buf_init(&lines, 4096);
    if (!keys_load_signing(d->fd, "collector", &key, &private_key, e))
        return false;
    note_key_format(&key, &vkey);
    json_put_str(statement, "col", arena_str(c->arena, buf_view(&vkey)));
    bool is_ok = run_statement_text(str_of(d->origin), statement, &text, e);
    if (is_ok) {
        note_sign_line(&key, &private_key, buf_view(&text), &lines);
        json_put_str(body, "sig", arena_str(c->arena, buf_view(&lines)));
    }
    memory_wipe(&private_key, sizeof(private_key));
    return is_ok;
}

static bool submit(struct collecting *c, struct keeper_client *k, const struct data_dir *d, int64_t from_ms, struct err *e)
{
    struct arena *a = c->arena;
    struct str subject = str_of(c->outcome->subject);
    int64_t to_ms = env_now_ms(c->options->env);
    struct op op = {
        .kind = "run", .actor = STR("system:collector"), .body = json_object(a), .blobs = c->blobs, .blob_count = c->blob_count};
    op_id_new(c->options->env, op.id);
    json_put_str(op.body, "sub", subject);
    struct json *statement = json_put_object(op.body, "run");
    json_put_cstr(statement, "ver", PROGRAM_VERSION);
    json_put_str(statement, "sub", subject);
    json_put_cstr(statement, "by", c->outcome->known_by);
    if (!put_host(c, d, statement, e))
        return err_wrap(e, "record the run");
    struct json *obs = json_put_array(statement, "obs");
    json_push_int(obs, from_ms);
    json_push_int(obs, to_ms < from_ms ? from_ms : to_ms);
    json_put(statement, "tables", c->tables);
    json_put(statement, "states", c->states);
    json_put_int(statement, "exit", 0);
    if (c->options->every_ms > 0)
        json_put_int(statement, "every", c->options->every_ms);
    json_put(op.body, "items", c->items);
    struct json *answer;
    if (!put_order(c, statement, e) || !sign(c, d, op.body, statement, e) || !keeper_submit(k, a, &op, &answer, e))
        return err_wrap(e, "record the run");
    c->outcome->run_leaf = json_int(answer, "leaf", -1);
    return true;
}

bool collect_run(struct keeper_client *k, struct db *projection, const struct data_dir *d, struct arena *a,
                 const struct collect_options *options, struct collect_outcome *ret, struct err *e)
{
    struct host_run run = {.root = options->root,
                           .env = options->env,
                           .now_ms = env_now_ms(options->env),
                           .begins = table_begins,
                           .each = take_table};
    struct collect_outcome outcome = {.taken_at_ms = run.now_ms};
    struct collecting c = {.projection = projection,
                           .arena = a,
                           .options = options,
                           .outcome = &outcome,
                           .items = json_array(a),
                           .tables = json_object(a),
                           .states = json_object(a)};
    run.context = &c;
    if (!collect_subject(d, options->root, outcome.subject, &outcome.known_by, e) ||
        !host_run_tables(a, options->names, options->name_count, &run.tables, &run.table_count, e))
        return false;
    outcome.tables = arena_array(a, run.table_count + options->made_count, sizeof(*outcome.tables));
    c.blobs = arena_array(a, (run.table_count + options->made_count) * 2, sizeof(*c.blobs));
    if (!host_run(&run, e))
        return false;
    for (size_t i = 0; i < options->made_count; i++)
        if (!take_table(&c, &options->made[i], e))
            return false;
    if (!submit(&c, k, d, run.now_ms, e))
        return false;
    *ret = outcome;
    return true;
}
