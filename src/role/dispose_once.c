#include "role/dispose_once.h"

#include "assess/documents.h"
#include "assess/duties.h"
#include "base/times.h"
#include "keeper/key_backup.h"
#include "keeper/kinds.h"
#include "ledger/erase.h"

#include <stdio.h>
#include <unistd.h>

enum { STATEMENT_BYTES_MAX = 60 << 10, AT_ONCE_MAX = 4000 /* as many as one operation takes: the projection is made anew once */, ARENA_BYTES_MAX = 256 << 20, CERTIFICATE_BYTES_MAX = 4 << 20 };

struct disposing {
    struct keeper_client *keeper;
    const struct data_dir *dir;
    struct db *db;
    const struct env *env;
    struct arena *a;
    struct str id;
    struct record *record;
    struct due_document *items;
    size_t count;
    int64_t today, horizon, erase_leaf;
    struct ledger_reader *ledger;
    struct json *certificate;
};

static bool goes(const struct due_document *d)
{
    return d->fate == FATE_DUE || d->fate == FATE_REVIEW; /* whoever listed it has decided */
}

/* ---- destruction ---- */

static bool entry_put(struct disposing *p, struct json *list, int64_t leaf, struct str c, struct str x, const struct op_blob *why, struct err *e)
{
    struct str bytes;
    struct note_key key;
    struct ed25519_private private_key;
    int64_t *also;
    size_t also_count;
    char hex[65];
    if (!ledger_reader_leaf(p->ledger, p->a, (uint64_t)leaf, &bytes, e) || !erase_shared_leaves(p->db, p->a, x, leaf, &also, &also_count, e))
        return false;
    struct sha256 hash = merkle_leaf_hash(bytes);
    hex_encode(hash.bytes, SHA256_SIZE, hex);
    struct json *entry = json_push_object(list), *s = json_put_object(entry, "erase");
    json_put_int(s, "tgt", leaf);
    json_put_str(s, "lh", arena_str(p->a, str_of(hex)));
    json_put_str(s, "c", c);
    json_put_str(s, "x", x);
    struct json *others = json_put_array(s, "also");
    for (size_t i = 0; i < also_count; i++)
        json_push_int(others, also[i]);
    json_put_cstr(s, "basis", "retention");
    json_put_int(s, "req", p->record->t);
    json_put_int(s, "hor", p->horizon);
    json_put_cstr(s, "why", why->c);
    struct buf BUF_AUTO text, lines;
    buf_init(&text, STATEMENT_BYTES_MAX);
    buf_init(&lines, STATEMENT_BYTES_MAX);
    if (!erase_statement_text(p->a, str_of(p->dir->origin), s, &text, e) || !keys_load_signing(p->dir->fd, "officer", &key, &private_key, e))
        return false;
    note_sign_line(&key, &private_key, buf_view(&text), &lines);
    memory_wipe(&private_key, sizeof(private_key));
    json_put_str(entry, "sig", arena_str(p->a, buf_view(&lines)));
    return true;
}

static void erase_begin(struct disposing *p, struct op *op)
{
    *op = (struct op){.kind = "erase", .actor = STR(DUTY_ACTOR), .body = json_object(p->a)};
    json_put_array(op->body, "list");
    op_id_new(p->env, op->id);
}

static bool erase_end(struct disposing *p, struct op *op, struct err *e)
{
    struct json *answer;
    if (json_get(op->body, "list")->count == 0)
        return true;
    if (!keeper_submit(p->keeper, p->a, op, &answer, e))
        return false;
    p->erase_leaf = json_int(answer, "leaf", -1);
    return keeper_flush(p->keeper, e);
}

/* The files of all its versions and their texts, but what is erased already. */
static bool blobs_erase(struct disposing *p, struct err *e)
{
    struct op op;
    struct str why = arena_printf(p->a, "disposition %.*s: %.*s", STR_ARGS(p->id), STR_ARGS(record_title(p->record)));
    erase_begin(p, &op);
    if (!op_blob_seal(p->env, p->a, &op, "text/plain", why, e))
        return false;
    for (size_t i = 0; i < p->count && !e->code; i++) {
        if (!goes(&p->items[i]))
            continue;
        DB_EACH (row, p->db, e,
                 "select min(leaf), c, x from record_file where type = 'document' and id = ?1 and x not in (select x from erasure) group by x, c union all "
                 "select leaf, text_c, text_x from document_text where id = ?1 and text_x is not null and text_x not in (select x from erasure)",
                 A(p->items[i].id))
            if (!entry_put(p, (struct json *)(uintptr_t)json_get(op.body, "list"), db_int(row, 0), arena_str(p->a, db_text(row, 1)), arena_str(p->a, db_text(row, 2)), &op.blobs[0], e))
                break;
        bool is_full = json_get(op.body, "list")->count > AT_ONCE_MAX / 2; /* a document's files and texts stay in one operation */
        if (e->code || !is_full)
            continue;
        if (!erase_end(p, &op, e))
            return false;
        erase_begin(p, &op);
        if (!op_blob_seal(p->env, p->a, &op, "text/plain", why, e))
            return false;
    }
    return !e->code && erase_end(p, &op, e);
}

/* ---- the certificate ---- */

static bool versions_put(struct disposing *p, struct json *o, struct str id, struct err *e)
{
    struct json *list = json_put_array(o, "versions");
    DB_EACH (row, p->db, e, "select digest, max(size), x, min(leaf) from record_file where type = 'document' and id = ?1 group by x order by 4", A(id)) {
        struct json *v = json_push_object(list);
        json_put_str(v, "blob", arena_str(p->a, db_text(row, 2)));
        json_put_str(v, "digest", arena_str(p->a, db_text(row, 0)));
        json_put_int(v, "leaf", db_int(row, 3));
        json_put_int(v, "size", db_int(row, 1));
    }
    return !e->code;
}

static bool certificate_make(struct disposing *p, struct err *e)
{
    struct json *o = p->certificate = json_object(p->a), *gone = json_array(p->a), *kept = json_array(p->a), *approved = json_array(p->a);
    for (size_t i = 0; i < p->count; i++) {
        const struct due_document *d = &p->items[i];
        struct json *one = json_push_object(goes(d) ? gone : kept);
        json_put_str(one, "id", d->id);
        json_put_str(one, "title", d->title);
        json_put_str(one, "label", d->label);
        json_put_str(one, "label_name", d->label_name);
        json_put_str(one, "why", d->why);
        if (goes(d) && !versions_put(p, one, d->id, e))
            return false;
    }
    DB_EACH (row, p->db, e, "select leaf, actor, step, t from record_change where type = 'disposition' and id = ?1 and transition = 'approve' order by leaf", A(p->id)) {
        char at[TIME_TEXT_SIZE];
        struct json *one = json_push_object(approved);
        json_put_str(one, "at", arena_str(p->a, str_of(time_format(db_int(row, 3), at))));
        json_put_str(one, "by", arena_str(p->a, db_text(row, 1)));
        json_put_int(one, "leaf", db_int(row, 0));
        json_put_str(one, "step", arena_str(p->a, db_text(row, 2)));
    }
    char now[TIME_TEXT_SIZE];
    json_put_cstr(o, "kind", "assay/disposition@v1");
    json_put_str(o, "log", arena_str(p->a, str_of(p->dir->origin)));
    json_put_str(o, "id", p->id);
    json_put_str(o, "name", record_title(p->record));
    json_put_str(o, "proposed_by", p->record->created_by);
    json_put(o, "approved", approved);
    json_put_str(o, "list", json_text(p->record->values, "digest"));
    json_put_str(o, "carried_out", arena_str(p->a, str_of(time_format(env_now_ms(p->env), now))));
    json_put_int(o, "erase_leaf", p->erase_leaf);
    json_put_int(o, "keys_in_backups_days", p->horizon);
    json_put(o, "destroyed", gone);
    json_put(o, "kept", kept);
    return !e->code;
}

static bool records_move(struct disposing *p, struct err *e)
{
    struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
    struct record_change *changes = arena_array(p->a, p->count + 1, sizeof(*changes));
    struct buf BUF_AUTO text;
    struct op_blob file;
    struct json *value, *answer;
    struct op op;
    size_t n = 0;
    buf_init(&text, CERTIFICATE_BYTES_MAX);
    json_write(&text, p->certificate);
    for (size_t i = 0; i < p->count; i++)
        if (goes(&p->items[i]))
            changes[n++] = (struct record_change){.type = STR("document"), .id = p->items[i].id, .act = RECORD_MOVE, .version = p->items[i].version, .transition = STR("dispose"),
                                                  .why = arena_printf(p->a, "%.*s: %.*s", STR_ARGS(p->id), STR_ARGS(p->items[i].why))};
    struct json *set = json_object(p->a);
    if (!record_seal_file(p->env, p->a, arena_printf(p->a, "certificate-%.*s.json", STR_ARGS(p->id)), "application/json", buf_view(&text), &file, &value, e))
        return false;
    json_push(json_put_array(set, "certificate"), value);
    json_put_str(set, "carried_out_on", day_text(p->a, p->today));
    changes[n++] = (struct record_change){.type = STR("disposition"), .id = p->id, .act = RECORD_MOVE, .version = p->record->version, .transition = STR("carry_out"), .set = set,
                                          .files = &file, .file_count = 1};
    if (!record_op(p->env, p->a, changes, n, &system, &op, e))
        return false;
    op_id_of(arena_printf(p->a, "carry out %s %.*s %lld", p->dir->origin, STR_ARGS(p->id), (long long)p->record->version), op.id);
    return keeper_submit(p->keeper, p->a, &op, &answer, e);
}

/* ---- one of them ---- */

static bool list_read(struct disposing *p, struct err *e)
{
    struct json *ids = json_array(p->a);
    struct buf BUF_AUTO text;
    struct due_document *all;
    buf_init(&text, 1 << 20);
    JSON_EACH (id, json_get(p->record->values, "documents"))
        json_push_str(ids, id->text);
    json_write(&text, ids);
    if (!documents_due(p->db, p->a, p->today, arena_str(p->a, buf_view(&text)), true, &all, &p->count, e))
        return false;
    p->items = all;
    return str_equal(disposal_digest(p->a, all, p->count), json_text(p->record->values, "digest")) ||
           err_set(e, ERR_CONFLICT, "disposition %.*s: its documents are not those that were approved any more; refuse it and propose what is due now", STR_ARGS(p->id));
}

static bool carry_out(struct disposing *p, struct err *e)
{
    struct record_types *types = record_types_open(p->db, e);
    const struct record_type *t = types ? record_types_find(types, STR("disposition")) : NULL;
    p->record = t ? record_get(p->db, p->a, t, p->id, INT64_MAX, e) : NULL;
    if (p->record && !str_is(p->record->state, "approved"))
        err_set(e, ERR_CONFLICT, "disposition %.*s: is %.*s, not approved", STR_ARGS(p->id), STR_ARGS(p->record->state));
    bool ok = p->record && !e->code && list_read(p, e) && keeper_flush(p->keeper, e) && key_backup_horizon(p->dir, env_now_ms(p->env), &p->horizon, e);
    int fd = ok ? data_dir_ledger(p->dir, e) : -1;
    p->ledger = fd >= 0 ? ledger_reader_open(fd, e) : NULL;
    if (fd >= 0)
        close(fd);
    ok = p->ledger && blobs_erase(p, e) && certificate_make(p, e) && records_move(p, e);
    ledger_reader_close(p->ledger);
    record_types_close(types);
    return ok;
}

bool disposition_carry_out(struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, struct arena *a, int64_t today, struct str id, struct err *e)
{
    struct disposing p = {.keeper = k, .dir = d, .db = db, .env = env, .a = a, .today = today, .id = id, .erase_leaf = -1};
    struct err failed = {0};
    return carry_out(&p, &failed) || (*e = failed, false);
}

bool dispositions_carry_out(struct keeper_client *k, const struct data_dir *d, struct db *db, const struct env *env, int64_t today, struct err *e)
{
    struct arena *a = arena_new("dispositions", ARENA_BYTES_MAX);
    struct err failed = {0}, why = {0};
    struct str ids[8];
    size_t count = 0;
    DB_EACH (row, db, &failed, "select id from dispositions where state = 'approved' order by id limit 8")
        ids[count++] = arena_str(a, db_text(row, 0));
    /* One at a time: the projection is made anew by what it erases, and this handle sees the former. */
    for (size_t i = 0; i < count && !failed.code && !disposition_carry_out(k, d, db, env, a, today, ids[i], &why); i++) {
        static char said[512];
        if (why.code == ERR_UNAVAILABLE || why.code == ERR_UNCERTAIN)
            failed = why;
        else if (strcmp(said, why.text) != 0)
            fprintf(stderr, "assay: schedule: %s\n", why.text);
        snprintf(said, sizeof(said), "%s", why.text);
        why = (struct err){0};
    }
    arena_free(a);
    return failed.code ? (*e = failed, false) : true;
}
