/* op_run.c - see op_run.h. */
#include "collect/op_run.h"
#include "base/limits.h"
#include "collect/captures.h"
#include "ledger/ledger.h"

enum { SUBJECT_BYTES = 34 };

bool run_statement_text(struct str origin, const struct json *statement, struct buf *out, struct err *e)
{
    buf_printf(out, "assay/run@v1\n%.*s\n", STR_ARGS(origin));
    if (!json_write_canonical(out, statement, e))
        return false;
    buf_char(out, '\n');
    return !out->full || err_set(e, ERR_TOO_LARGE, "run: the statement is too large");
}

struct sha256 capture_digest(struct str plain, struct str record)
{
    struct sha256 a = sha256_of(plain), b = sha256_of(record);
    return sha256_of2(str_make(a.bytes, sizeof(a.bytes)), str_make(b.bytes, sizeof(b.bytes)));
}

struct str run_stream(struct arena *a, struct str subject, struct str table)
{
    struct str id = str_slice(subject, 2, 10);
    return table.size ? arena_printf(a, "host/%.*s/%.*s", STR_ARGS(id), STR_ARGS(table))
                      : arena_printf(a, "host/%.*s", STR_ARGS(id));
}

/* ---- checking ---- */

static bool is_subject(struct str s)
{
    if (s.size != SUBJECT_BYTES || !str_starts(s, "s:"))
        return false;
    uint8_t bytes[16];
    return hex_decode(str_slice(s, 2, s.size), bytes, sizeof(bytes));
}

static bool is_name(struct str s)
{
    bool is_ok = s.size > 0 && s.size <= 32 && s.data[0] >= 'a' && s.data[0] <= 'z';
    for (size_t i = 0; is_ok && i < s.size; i++)
        is_ok = (s.data[i] >= 'a' && s.data[i] <= 'z') || (s.data[i] >= '0' && s.data[i] <= '9') || s.data[i] == '_';
    return is_ok;
}

static bool is_interval(const struct json *obs)
{
    const struct json *from = json_at(obs, 0), *to = json_at(obs, 1);
    return obs && obs->count == 2 && from->is_integer && to->is_integer && from->integer >= 0 && from->integer <= to->integer;
}

static bool is_state(struct str s)
{
    return str_is(s, "complete") || str_is(s, "partial") || str_is(s, "none");
}

/* The statement is signed by a collector's key that the ledger knows, for this subject. */
static bool check_signature(struct db *projection, struct arena *a, const struct op *op, const struct json *statement,
                            struct err *e)
{
    struct err failed = {0};
    struct str vkey = json_text(statement, "col");
    int64_t known =
        db_one_int(projection, &failed, 0,
                   "select count(*) from ledger_key where role='collector' and vkey=?1 and retired_leaf is null", A(vkey));
    struct str origin = db_one_text(a, projection, &failed, "select value from meta where key='origin'");
    if (failed.code) {
        *e = failed;
        return false;
    }
    if (!known)
        return err_set(e, ERR_DENIED, "run: the ledger knows no such collector: %.*s", STR_ARGS(vkey));
    struct note_key key;
    struct buf BUF_AUTO text;
    buf_init(&text, LIMIT_LEAF_BYTES);
    if (!note_key_parse(vkey, &key, e) || !run_statement_text(origin, statement, &text, e) ||
        !note_verify(buf_view(&text), json_text(op->body, "sig"), &key, e))
        return err_wrap(e, "run: the collector's signature");
    return true;
}

/* Follows upon the last run of the subject. */
static bool check_order(struct db *projection, struct arena *a, const struct json *statement, struct err *e)
{
    struct err failed = {0};
    struct str stream = run_stream(a, json_text(statement, "sub"), STR(""));
    int64_t seq = -1;
    char prev[65] = "";
    DB_EACH (row, projection, &failed, "select sq, hash from stream where st=?1", A(stream)) {
        seq = db_int(row, 0);
        struct str hash = db_bytes(row, 1);
        hex_encode(hash.data, hash.size < 32 ? hash.size : 32, prev);
    }
    if (failed.code) {
        *e = failed;
        return false;
    }
    if (json_int(statement, "seq", -1) != seq + 1 || !str_is(json_text(statement, "prev"), prev))
        return err_set(e, ERR_CONFLICT, "run: another run of this subject came in between; collect again");
    return true;
}

static bool check_item(const struct json *item, const struct json *statement, const struct op *op, size_t blob_first,
                       struct err *e)
{
    struct str table = json_text(item, "tbl");
    int64_t blobs = json_int(item, "blobs", 0);
    char name[40];
    if (!is_name(table) || !is_state(json_text(item, "state")) || !is_interval(json_get(item, "obs")) ||
        json_int(item, "rows", -1) < 0 || json_int(item, "ver", -1) < 0 || blobs < 1 || blobs > 2 ||
        blob_first + (size_t)blobs > op->blob_count)
        return err_set(e, ERR_INVALID, "run: item %.*s: malformed", STR_ARGS(table));
    snprintf(name, sizeof(name), "%.*s", STR_ARGS(table));
    if (!str_is(json_text(json_get(statement, "tables"), name), op->blobs[blob_first].c))
        return err_set(e, ERR_INVALID, "run: item %s: its rows are not those of the statement", name);
    return true;
}

/* Tables without an item are as the ledger has them already. */
static bool check_unchanged(struct db *projection, const struct json *statement, const struct json *items, struct err *e)
{
    struct str subject = json_text(statement, "sub");
    JSON_EACH (table, json_get(statement, "tables")) {
        bool has_item = false;
        JSON_EACH (item, items)
            has_item = has_item || str_equal(json_text(item, "tbl"), table->key);
        if (has_item)
            continue;
        struct err failed = {0};
        int64_t known =
            db_one_int(projection, &failed, 0, "select c=?3 from capture where subject=?1 and tbl=?2 order by leaf desc limit 1",
                       A(subject), A(table->key), A(table->text));
        if (failed.code) {
            *e = failed;
            return false;
        }
        if (!known)
            return err_set(e, ERR_CONFLICT, "run: table %.*s is not as the ledger has it; collect again", STR_ARGS(table->key));
    }
    return true;
}

/* ---- making ---- */

static void draft_item(struct arena *a, const struct json *item, struct str subject, size_t blob_first, struct leaf_draft *ret)
{
    struct str table = json_text(item, "tbl");
    struct json *body = json_object(a);
    json_put_str(body, "sub", subject);
    json_put_str(body, "tbl", table);
    json_put_int(body, "ver", json_int(item, "ver", 0));
    json_put_int(body, "rows", json_int(item, "rows", 0));
    json_put_str(body, "state", json_text(item, "state"));
    struct json *obs = json_put_array(body, "obs");
    json_push_int(obs, json_at(json_get(item, "obs"), 0)->integer);
    json_push_int(obs, json_at(json_get(item, "obs"), 1)->integer);
    *ret = (struct leaf_draft){.type = "item",
                               .stream = run_stream(a, subject, table),
                               .body = body,
                               .blob_first = blob_first,
                               .blob_count = (size_t)json_int(item, "blobs", 1)};
}

/* A statement as a member of a leaf: a copy without the `key` and `next` it has in the operation. */
static struct json *copy_value(struct arena *a, const struct json *v)
{
    struct json *copy = v->type == JSON_OBJECT  ? json_object(a)
                        : v->type == JSON_ARRAY ? json_array(a)
                                                : ARENA_NEW(a, struct json);
    if (v->type != JSON_OBJECT && v->type != JSON_ARRAY) {
        *copy = *v;
        copy->next = NULL;
        copy->key = (struct str){0};
        return copy;
    }
    JSON_EACH (member, v)
        if (v->type == JSON_OBJECT)
            json_put(copy, arena_strndup(a, member->key.data, member->key.size), copy_value(a, member));
        else
            json_push(copy, copy_value(a, member));
    return copy;
}

/* Two hashes, the second possibly empty; or nothing at all. */
static bool is_host(const struct json *fp)
{
    const struct json *name = json_at(fp, 0), *hardware = json_at(fp, 1);
    return !fp || (fp->type == JSON_ARRAY && fp->count == 2 && name->type == JSON_STRING && hardware->type == JSON_STRING &&
                   name->text.size == 16 && (hardware->text.size == 16 || hardware->text.size == 0));
}

static bool run_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    const struct json *statement = json_get(op->body, "run"), *items = json_get(op->body, "items");
    const struct json *tables = json_get(statement, "tables");
    struct str subject = json_text(statement, "sub");
    if (!is_subject(subject) || !str_equal(subject, json_text(op->body, "sub")) || !items || items->type != JSON_ARRAY ||
        !tables || tables->type != JSON_OBJECT || !is_interval(json_get(statement, "obs")) || !is_host(json_get(statement, "fp")))
        return err_set(e, ERR_INVALID, "run: malformed");
    if (!check_signature(projection, a, op, statement, e) || !check_order(projection, a, statement, e) ||
        !check_unchanged(projection, statement, items, e))
        return false;
    size_t count = 0, blob_first = 0;
    struct leaf_draft *drafts = arena_array(a, items->count + 1, sizeof(*drafts));
    JSON_EACH (item, items) {
        if (!check_item(item, statement, op, blob_first, e))
            return false;
        draft_item(a, item, subject, blob_first, &drafts[count]);
        blob_first += drafts[count++].blob_count;
    }
    if (blob_first != op->blob_count)
        return err_set(e, ERR_INVALID, "run: %zu blobs belong to no item", op->blob_count - blob_first);
    struct json *body = json_object(a);
    json_put(body, "run", copy_value(a, statement));
    drafts[count++] = (struct leaf_draft){.type = "run",
                                          .stream = run_stream(a, subject, STR("")),
                                          .body = body,
                                          .signatures = json_text(op->body, "sig"),
                                          .blob_first = blob_first};
    *ret = (struct leaf_drafts){.items = drafts, .count = count};
    return true;
}

/* ---- applying ---- */

static bool ensure_subject(struct db *projection, struct str subject, uint64_t leaf, struct err *e)
{
    return db_run(projection, e,
                  "insert into subject(id, kind, name, first_leaf, last_leaf, facts) values(?1, 'host', ?1, ?2, ?2, '{}') on "
                  "conflict do nothing",
                  A(subject), A((int64_t)leaf));
}

/* The subject is called by the name it gives itself. */
static bool name_subject(struct db *projection, struct arena *a, struct str subject, struct str rows_text, struct err *e)
{
    const struct host_table *t = host_table_find(STR("host_identity"));
    struct err unread = {0};
    int version = 0;
    const struct rows *rows = t ? rows_decode(a, t->schema, rows_text, &version, &unread) : NULL;
    if (!rows || rows->row_count == 0)
        return true;
    struct json *facts = json_object(a);
    struct str name = {0};
    for (size_t i = 0; i < t->schema->column_count; i++) {
        const struct cell *c = rows_cell(rows, 0, i);
        const char *column = t->schema->columns[i].name;
        if (c->type == CELL_TEXT && str_is_utf8(c->text))
            json_put_str(facts, column, c->text);
        if (c->type == CELL_TEXT && c->text.size && str_is_utf8(c->text) && strcmp(column, "hostname") == 0)
            name = c->text;
    }
    struct buf BUF_AUTO text;
    buf_init(&text, 1 << 20);
    if (!json_write_canonical(&text, facts, e))
        return false;
    return db_run(projection, e, "update subject set name=coalesce(?2, name), facts=?3 where id=?1", A(subject), A(name),
                  A(buf_view(&text)));
}

/* Why a table is not complete: the first reason of its table_status. */
static struct str status_note(struct arena *a, struct str status)
{
    struct err e = {0};
    int version = 0;
    const struct rows *rows = rows_decode(a, &table_status_schema, status, &version, &e);
    for (size_t i = 0; rows && i < rows->row_count; i++)
        if (rows_cell(rows, i, 4)->type == CELL_TEXT)
            return rows_cell(rows, i, 4)->text;
    return STR("");
}

/* What a leaf's blobs tell. An erased one leaves the leaf's own words. */
struct item_content {
    struct str plain, record;
    bool is_erased;
};

static bool read_content(struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct item_content *ret,
                         struct err *e)
{
    struct str *targets[] = {&ret->plain, &ret->record};
    const struct json *list = json_get(leaf->json, "b");
    for (size_t i = 0; i < 2 && json_at(list, i); i++) {
        struct err failed = {0};
        const struct json *b = json_at(list, i);
        if (blobs->read(blobs->context, a, json_text(b, "c"), json_text(b, "x"), targets[i], &failed))
            continue;
        if (failed.code != ERR_NOT_FOUND) {
            *e = failed;
            return false;
        }
        ret->is_erased = true;
    }
    return true;
}

static bool item_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                       struct err *e)
{
    struct str subject = json_text(leaf->json, "sub"), table = json_text(leaf->json, "tbl");
    const struct json *rows_blob = json_at(json_get(leaf->json, "b"), 0), *record_blob = json_at(json_get(leaf->json, "b"), 1);
    struct item_content content = {0};
    struct str rows = {0}, status = {0}, note = STR("erased");
    if (!read_content(a, leaf, blobs, &content, e) || !ensure_subject(projection, subject, leaf->index, e))
        return false;
    if (!content.is_erased) {
        if (!capture_split(content.plain, &rows, &status, e))
            return err_wrap(e, "item leaf %llu", (unsigned long long)leaf->index);
        note = status_note(a, status);
        if (str_is(table, "host_identity") && !name_subject(projection, a, subject, rows, e))
            return false;
    }
    struct sha256 digest = capture_digest(content.plain, content.record);
    struct str no = {0}, record_c = json_text(record_blob, "c"), record_x = json_text(record_blob, "x");
    return db_run(projection, e,
                  "insert into capture(leaf, run, subject, tbl, version, state, row_count, taken_at, t, c, x, bytes_c, bytes_x, "
                  "digest, note)"
                  " values(?1, -1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
                  A((int64_t)leaf->index), A(subject), A(table), A(json_int(leaf->json, "ver", 0)),
                  A(json_text(leaf->json, "state")), A(json_int(leaf->json, "rows", 0)),
                  A(json_at(json_get(leaf->json, "obs"), 0)->integer), A(leaf->t), A(json_text(rows_blob, "c")),
                  A(json_text(rows_blob, "x")), A(record_blob ? record_c : no), A(record_blob ? record_x : no),
                  A(db_blob(digest.bytes, sizeof(digest.bytes))), A(note));
}

/* Notes which host delivered: `fp` of the statement is [name, hardware], hashed; runs of before have none. */
static bool note_host(struct db *projection, const struct json *statement, const struct leaf_view *leaf, struct err *e)
{
    const struct json *fp = json_get(statement, "fp"), *name = json_at(fp, 0), *hardware = json_at(fp, 1);
    if (!fp)
        return true;
    if (!is_host(fp))
        return err_set(e, ERR_CORRUPT, "run leaf %llu: malformed fp", (unsigned long long)leaf->index);
    return db_run(projection, e,
                  "insert into subject_host(subject, name_fp, hardware_fp, name, first_leaf, last_leaf, last_t, returns) select id, ?2, ?3, "
                  "name, ?4, ?4, ?5, 0 from subject where id=?1 on conflict do update set last_leaf=excluded.last_leaf, last_t=excluded.last_t, "
                  "returns=returns + exists(select 1 from subject_host o where o.subject=excluded.subject and o.last_leaf > subject_host.last_leaf)",
                  A(json_text(statement, "sub")), A(name->text), A(hardware->text), A((int64_t)leaf->index), A(leaf->t));
}

static int64_t shape_of(struct db *projection, const struct json *tables, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, LIMIT_LEAF_BYTES);
    size_t count = 0;
    JSON_EACH (table, tables) {
        buf_cstr(&text, count++ ? "," : "[");
        json_write_string(&text, table->key);
    }
    buf_cstr(&text, count ? "]" : "[]");
    struct sha256 digest = sha256_of(buf_view(&text));
    char hex[65];
    hex_encode(digest.bytes, sizeof(digest.bytes), hex);
    const char *key = hex;
    if (!db_run(projection, e, "insert into run_shape(digest, tables) values(?1, ?2) on conflict do nothing", A(key),
                A(buf_view(&text))))
        return -1;
    struct err failed = {0};
    int64_t id = db_one_int(projection, &failed, -1, "select id from run_shape where digest=?1", A(key));
    if (failed.code)
        *e = failed;
    return id;
}

/* A run that came more than twice its subject's interval after the one before leaves a hole, which the keeper makes a gap leaf of. */
static bool schedule_apply(struct db *projection, struct str subject, int64_t t, int64_t every, struct err *e)
{
    return db_run(projection, e,
                  "insert into schedule(subject, every, seen_t, noticed_t, hole_from, hole_to) values(?1, ?3, ?2, 0, 0, 0) on "
                  "conflict(subject) do update set"
                  " hole_from = case when every > 0 and ?2 - seen_t > 2 * every then case noticed_t when 0 then seen_t + every else "
                  "noticed_t end else 0 end,"
                  " hole_to = case when every > 0 and ?2 - seen_t > 2 * every then ?2 else 0 end,"
                  " every = case when ?3 > 0 then ?3 else every end, seen_t = ?2, noticed_t = 0",
                  A(subject), A(t), A(every));
}

static bool run_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                      struct err *e)
{
    (void)blobs;
    (void)a;
    const struct json *statement = json_get(leaf->json, "run"), *obs = json_get(statement, "obs");
    struct str subject = json_text(statement, "sub");
    if (!is_subject(subject) || !is_interval(obs))
        return err_set(e, ERR_CORRUPT, "run leaf %llu: malformed", (unsigned long long)leaf->index);
    int64_t shape = shape_of(projection, json_get(statement, "tables"), e), index = (int64_t)leaf->index;
    if (shape < 0 || !ensure_subject(projection, subject, leaf->index, e))
        return false;
    struct err failed = {0};
    int64_t last = db_one_int(projection, &failed, -1, "select max(leaf) from run where subject=?1", A(subject));
    /* The plus keeps the engine on the leaves behind the last run, instead of all captures of the subject. */
    int64_t changed = db_one_int(projection, &failed, 0, "select count(*) from capture where +subject=?1 and leaf>?2 and run=-1",
                                 A(subject), A(last));
    if (failed.code) {
        *e = failed;
        return false;
    }
    return note_host(projection, statement, leaf, e) &&
           db_run(projection, e, "update capture set run=?2 where +subject=?1 and leaf>?3 and run=-1", A(subject), A(index),
                  A(last)) &&
           db_run(projection, e, "update subject set last_leaf=?2 where id=?1", A(subject), A(index)) &&
           schedule_apply(projection, subject, leaf->t, json_int(statement, "every", 0), e) &&
           db_run(projection, e,
                  "insert into run(leaf, subject, t, taken_from, taken_to, shape, collector, changed) values(?1, ?2, ?3, ?4, ?5, "
                  "?6, ?7, ?8)",
                  A(index), A(subject), A(leaf->t), A(json_at(obs, 0)->integer), A(json_at(obs, 1)->integer), A(shape),
                  A(json_text(statement, "col")), A(changed));
}

const struct op_kind op_run = {.kind = "run", .leaf_type = "run", .make = run_make, .apply = run_apply};
const struct op_kind op_run_item = {.kind = "run.item", .leaf_type = "item", .apply = item_apply};
