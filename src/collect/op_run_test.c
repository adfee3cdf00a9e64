/* op_run_test.c - a run is checked, written and read back: the operation, the projection, and captures over it, with a store in
 * memory. */
#include "base/test.h"
#include "collect/captures.h"
#include "collect/op_run.h"
#include "keeper/kinds.h"
#include "ledger/ledger.h"

extern const char content_schema_sql[];

enum { BLOBS_MAX = 64 };

struct world {
    struct arena *arena;
    struct db *db;
    struct note_key collector;
    struct ed25519_private private_key;
    struct str vkey;
    int64_t next_leaf, now_ms;
    struct stored {
        char c[65], x[65];
        struct str plain;
    } blobs[BLOBS_MAX];
    size_t blob_count;
    size_t opened;
};

#define ORIGIN  "host.example/assay/0123456789abcdef"
#define SUBJECT "s:00112233445566778899aabbccddeeff"

static struct world world_open(void)
{
    struct world w = {.arena = arena_new("test", 256 << 20), .now_ms = 1000000, .next_leaf = 10};
    struct err e = {0};
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 4096);
    w.db = db_open(NULL, DB_MEMORY, &e);
    ck_assert_msg(w.db && db_script(w.db, content_schema_sql, &e), "%s", e.text);
    memset(w.private_key.seed, 7, sizeof(w.private_key.seed));
    w.collector = note_key_make(ORIGIN "/collector/00112233", ed25519_public_of(&w.private_key));
    note_key_format(&w.collector, &vkey);
    w.vkey = arena_str(w.arena, buf_view(&vkey));
    ck_assert(db_run(w.db, &e, "insert into meta(key, value) values('origin', ?1)", A(ORIGIN)));
    ck_assert(
        db_run(w.db, &e, "insert into ledger_key(leaf, role, name, vkey, t) values(1, 'collector', 'c', ?1, 0)", A(w.vkey)));
    return w;
}

static void world_close(struct world *w)
{
    db_close(w->db);
    arena_free(w->arena);
}

/* ---- making an operation ---- */

static struct str plain_of(struct arena *a, const char *table, const char *name, const char *state)
{
    const struct table_schema *schema = host_table_find(str_of(table))->schema;
    struct rows *rows = rows_new(a, schema), *status = rows_new(a, &table_status_schema);
    row_begin(rows);
    row_cstr(rows, name);
    while (rows->filled < schema->column_count)
        row_null(rows);
    row_end(rows);
    row_begin(status);
    row_cstr(status, table);
    row_cstr(status, "");
    row_cstr(status, state);
    row_cstr(status, strcmp(state, "complete") == 0 ? NULL : "a part");
    row_cstr(status, strcmp(state, "complete") == 0 ? NULL : "no reason");
    row_end(status);
    struct buf BUF_AUTO out;
    buf_init(&out, 1 << 20);
    rows_encode(rows, &out);
    buf_char(&out, '\n');
    rows_encode(status, &out);
    return arena_str(a, buf_view(&out));
}

struct making {
    struct world *w;
    struct op op;
    struct json *statement, *tables, *items;
};

static void begin(struct world *w, struct making *m, int64_t seq, const char *prev)
{
    struct arena *a = w->arena;
    *m = (struct making){.w = w, .op = {.kind = "run", .actor = STR("system:collector"), .body = json_object(a)}};
    m->op.blobs = arena_array(a, 16, sizeof(*m->op.blobs));
    json_put_cstr(m->op.body, "sub", SUBJECT);
    m->statement = json_put_object(m->op.body, "run");
    json_put_cstr(m->statement, "sub", SUBJECT);
    json_put_str(m->statement, "col", w->vkey);
    json_put_int(m->statement, "seq", seq);
    json_put_str(m->statement, "prev", arena_str(a, str_of(prev)));
    struct json *obs = json_put_array(m->statement, "obs");
    json_push_int(obs, w->now_ms - 50);
    json_push_int(obs, w->now_ms - 10);
    m->tables = json_put_object(m->statement, "tables");
    json_put_object(m->statement, "states");
    json_put_int(m->statement, "exit", 0);
    m->items = json_put_array(m->op.body, "items");
}

/* Blobs of a world are not sealed: c and x are made from the plaintext. */
static void add_item(struct making *m, const char *table, const char *name, const char *state)
{
    struct world *w = m->w;
    struct op_blob *b = &m->op.blobs[m->op.blob_count++];
    struct stored *s = &w->blobs[w->blob_count++];
    s->plain = plain_of(w->arena, table, name, state);
    struct sha256 digest = sha256_of2(s->plain, str_make(&w->blob_count, sizeof(w->blob_count)));
    hex_encode(digest.bytes, 32, s->c);
    digest = sha256_of(str_make(digest.bytes, 32));
    hex_encode(digest.bytes, 32, s->x);
    memcpy(b->c, s->c, sizeof(b->c));
    memcpy(b->x, s->x, sizeof(b->x));
    struct json *item = json_push_object(m->items);
    json_put_cstr(item, "tbl", table);
    json_put_int(item, "ver", 1);
    json_put_int(item, "rows", 1);
    json_put_cstr(item, "state", state);
    struct json *obs = json_put_array(item, "obs");
    json_push_int(obs, w->now_ms - 40);
    json_push_int(obs, w->now_ms - 30);
    json_put_int(item, "blobs", 1);
    json_put_cstr(m->tables, table, s->c);
}

static void sign(struct making *m)
{
    struct buf BUF_AUTO text, lines;
    struct err e = {0};
    buf_init(&text, 1 << 16);
    buf_init(&lines, 4096);
    ck_assert_msg(run_statement_text(STR(ORIGIN), m->statement, &text, &e), "%s", e.text);
    note_sign_line(&m->w->collector, &m->w->private_key, buf_view(&text), &lines);
    json_put_str(m->op.body, "sig", arena_str(m->w->arena, buf_view(&lines)));
}

/* ---- the keeper's part, in short ---- */

static bool read_blob(void *context, struct arena *a, struct str c, struct str x, struct str *ret_plain, struct err *e)
{
    struct world *w = context;
    (void)a;
    (void)c;
    for (size_t i = 0; i < w->blob_count; i++)
        if (str_is(x, w->blobs[i].x)) {
            *ret_plain = w->blobs[i].plain;
            return true;
        }
    return err_set(e, ERR_NOT_FOUND, "no such blob");
}

static void write_leaf(struct world *w, const struct op *op, const struct leaf_draft *draft)
{
    struct err e = {0};
    struct arena *a = w->arena;
    struct buf BUF_AUTO text;
    buf_init(&text, 1 << 16);
    if (draft->blob_count) {
        struct json *list = json_put_array(draft->body, "b");
        for (size_t i = 0; i < draft->blob_count; i++) {
            struct json *b = json_push_object(list);
            json_put_cstr(b, "c", op->blobs[draft->blob_first + i].c);
            json_put_cstr(b, "x", op->blobs[draft->blob_first + i].x);
        }
    }
    ck_assert_msg(json_write_canonical(&text, draft->body, &e), "%s", e.text);
    struct str copy = arena_str(a, buf_view(&text));
    struct leaf_view view = {.index = (uint64_t)w->next_leaf++,
                             .t = w->now_ms,
                             .type = draft->type,
                             .json = json_parse(a, copy, JSON_LIMITS_DEFAULT, &e)};
    view.hash = sha256_of(copy);
    struct blob_reader reader = {read_blob, w};
    const struct op_kind *kind = strcmp(draft->type, "run") == 0 ? &op_run : &op_run_item;
    ck_assert_msg(kind->apply(w->db, a, &view, &reader, &e), "%s", e.text);
    ck_assert(db_run(
        w->db, &e, "insert into stream(st, sq, hash) values(?1, 0, ?2) on conflict(st) do update set sq=sq+1, hash=excluded.hash",
        A(draft->stream), A(db_blob(view.hash.bytes, 32))));
}

static bool submit(struct making *m, struct err *e)
{
    struct leaf_drafts drafts;
    if (!op_run.make(m->w->db, m->w->arena, &m->op, &drafts, e))
        return false;
    for (size_t i = 0; i < drafts.count; i++)
        write_leaf(m->w, &m->op, &drafts.items[i]);
    return true;
}

static const char *previous(struct world *w)
{
    struct err e = {0};
    static char hex[65];
    hex[0] = '\0';
    DB_EACH (row, w->db, &e, "select hash from stream where st='host/00112233'")
        hex_encode(db_bytes(row, 0).data, 32, hex);
    return hex;
}

/* Two runs: users and groups; then users changed, groups as they were. */
static void two_runs(struct world *w)
{
    struct making m;
    struct err e = {0};
    begin(w, &m, 0, "");
    add_item(&m, "users", "alice", "complete");
    add_item(&m, "groups", "wheel", "partial");
    add_item(&m, "host_identity", "machine", "complete");
    sign(&m);
    ck_assert_msg(submit(&m, &e), "%s", e.text);
    w->now_ms += 1000;
    begin(w, &m, 1, previous(w));
    json_put_cstr(m.tables, "groups", w->blobs[1].c);
    add_item(&m, "users", "bob", "complete");
    sign(&m);
    ck_assert_msg(submit(&m, &e), "%s", e.text);
}

/* ---- tests ---- */

START_TEST(a_run_is_written_as_items_and_one_run)
{
    struct world w = world_open();
    struct err e = {0};
    two_runs(&w);
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from capture"), 4);
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from capture where run=13"), 3);
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from capture where run=15 and tbl='users'"), 1);
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select changed from run where leaf=15"), 1);
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from run_shape"), 2);
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select last_leaf from subject"), 15);
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from capture where note='no reason' and state='partial'"), 1);
    world_close(&w);
}
END_TEST

static void forge_state(struct making *m)
{
    json_put_cstr(m->statement, "ver", "changed after signing");
}

START_TEST(a_run_that_does_not_fit_is_refused)
{
    struct world w = world_open();
    struct making m;
    struct err e = {0};
    two_runs(&w);
    begin(&w, &m, 1, previous(&w)); /* a number that is taken */
    add_item(&m, "users", "eve", "complete");
    sign(&m);
    ck_assert(!submit(&m, &e) && e.code == ERR_CONFLICT);
    begin(&w, &m, 2, "00"); /* not behind the last run */
    add_item(&m, "users", "eve", "complete");
    sign(&m);
    ck_assert(!submit(&m, &e) && e.code == ERR_CONFLICT);
    begin(&w, &m, 2, previous(&w)); /* says unchanged what the ledger has otherwise */
    json_put_cstr(m.tables, "users", w.blobs[0].c);
    sign(&m);
    ck_assert(!submit(&m, &e) && e.code == ERR_CONFLICT);
    begin(&w, &m, 2, previous(&w)); /* changed behind the signature */
    add_item(&m, "users", "eve", "complete");
    sign(&m);
    forge_state(&m);
    ck_assert(!submit(&m, &e));
    ck_assert_msg(str_contains(str_of(e.text), "signature"), "%s", e.text);
    begin(&w, &m, 2, previous(&w)); /* a blob that no item names */
    add_item(&m, "users", "eve", "complete");
    m.op.blob_count++;
    sign(&m);
    ck_assert(!submit(&m, &e) && e.code == ERR_INVALID);
    ck_assert(db_run(w.db, &e, "update ledger_key set retired_leaf=20"));
    begin(&w, &m, 2, previous(&w)); /* by a key that counts no more */
    add_item(&m, "users", "eve", "complete");
    sign(&m);
    ck_assert(!submit(&m, &e) && e.code == ERR_DENIED);
    ck_assert_int_eq(db_one_int(w.db, &e, 0, "select count(*) from run"), 2);
    world_close(&w);
}
END_TEST

static bool open_blob(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct str *ret_plain,
                      struct err *e)
{
    (void)leaf;
    (void)c;
    ((struct world *)context)->opened++;
    return read_blob(context, a, STR(""), str_of(x), ret_plain, e);
}

static struct str first_name(struct captures *c, const char *table, int64_t *ret_run)
{
    struct err e = {0};
    const struct capture *which = captures_find(c, STR(SUBJECT), str_of(table));
    const struct rows *rows, *status;
    if (!which)
        return STR("(none)");
    *ret_run = which->run;
    ck_assert_msg(captures_rows(c, which, &rows, &status, &e), "%s", e.text);
    return rows_cell(rows, 0, 0)->text;
}

START_TEST(captures_are_those_of_the_time_asked_for)
{
    struct world w = world_open();
    two_runs(&w);
    static const struct {
        int64_t at_ms, run_leaf;
        const char *user;
        int64_t users_run, groups_run;
    } cases[] = {{0, 0, "bob", 15, 15},
                 {1000500, 0, "alice", 13, 13},
                 {0, 13, "alice", 13, 13},
                 {999999, 0, "(none)", 0, 0},
                 {0, 14, "(none)", 0, 0}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct err e = {0};
        struct blob_opener opener = {open_blob, &w};
        struct captures *c =
            captures_open(w.db, &opener, &(struct captures_options){.at_ms = cases[i].at_ms, .run_leaf = cases[i].run_leaf}, &e);
        ck_assert_msg(c != NULL, "%s", e.text);
        int64_t run = 0;
        ck_assert_msg(str_is(first_name(c, "users", &run), cases[i].user), "case %zu", i);
        ck_assert_int_eq(run, cases[i].users_run);
        run = 0;
        first_name(c, "groups", &run);
        ck_assert_int_eq(run, cases[i].groups_run); /* unchanged: seen again by the newest run */
        captures_close(c);
    }
    world_close(&w);
}
END_TEST

START_TEST(blobs_are_opened_only_for_what_is_scanned)
{
    struct world w = world_open();
    struct err e = {0};
    struct blob_opener opener = {open_blob, &w};
    const struct table_provider *list;
    two_runs(&w);
    struct captures *c = captures_open(w.db, &opener, &(struct captures_options){0}, &e);
    size_t count = captures_providers(c, &list);
    ck_assert_uint_eq(w.opened, 0);
    for (size_t i = 0; i < count; i++)
        if (list[i].schema == &table_status_schema) {
            const struct table_page *pages;
            size_t page_count = 0;
            ck_assert(list[i].pages(list[i].context, w.arena, list[i].schema, NULL, 0, &pages, &page_count, &e));
            size_t absent = 0;
            for (size_t k = 0; k < page_count; k++)
                absent += str_is(rows_cell(pages[k].rows, 0, 4)->text, "it was not captured yet");
            ck_assert_uint_eq(page_count - absent, 3); /* and one for each of the tables that no run has seen */
            ck_assert_uint_ge(absent, 40);
        }
    ck_assert_uint_eq(w.opened, 1); /* groups: partial, so its reasons are in the blob */
    captures_close(c);
    world_close(&w);
}
END_TEST

/* The keeper's gap leaf, as it notices one. */
static void gap_leaf(struct world *w, int64_t from_ms, int64_t to_ms)
{
    struct err e = {0};
    struct json *leaf = json_object(w->arena);
    json_put_cstr(leaf, "act", "notice");
    json_put_cstr(leaf, "kind", "run");
    json_put_cstr(leaf, "why", "missed");
    json_put_cstr(leaf, "sub", SUBJECT);
    json_put_int(leaf, "from", from_ms);
    json_put_int(leaf, "to", to_ms);
    struct leaf_view view = {.index = (uint64_t)w->next_leaf++, .t = w->now_ms, .type = "gap", .json = leaf};
    ck_assert_msg(kind_gap.apply(w->db, w->arena, &view, NULL, &e), "%s", e.text);
}

static void scheduled_run(struct world *w, int64_t seq, int64_t every_ms)
{
    struct making m;
    struct err e = {0};
    begin(w, &m, seq, previous(w));
    if (every_ms)
        json_put_int(m.statement, "every", every_ms);
    sign(&m);
    ck_assert_msg(submit(&m, &e), "%s", e.text);
}

static int64_t one(struct world *w, const char *sql)
{
    struct err e = {0};
    return db_one_int(w->db, &e, -1, sql);
}

START_TEST(a_missed_run_leaves_a_hole_that_one_gap_tells_of)
{
    struct world w = world_open();
    const int64_t hour = 3600000;
    scheduled_run(&w, 0, hour);
    w.now_ms += 2 * hour;
    scheduled_run(&w, 1, hour); /* twice the interval is not yet a gap */
    ck_assert_int_eq(one(&w, "select hole_to from schedule"), 0);
    int64_t seen_ms = w.now_ms;
    w.now_ms += 3 * hour; /* the keeper notices that it is missing */
    gap_leaf(&w, seen_ms + hour, w.now_ms);
    ck_assert_int_eq(one(&w, "select noticed_t from schedule"), w.now_ms);
    w.now_ms += hour; /* a run by hand keeps the schedule */
    scheduled_run(&w, 2, 0);
    ck_assert_int_eq(one(&w, "select hole_from from schedule"), w.now_ms - hour);
    ck_assert_int_eq(one(&w, "select hole_to from schedule"), w.now_ms);
    ck_assert_int_eq(one(&w, "select every from schedule"), hour);
    gap_leaf(&w, w.now_ms - hour, w.now_ms);
    ck_assert_int_eq(one(&w, "select hole_to + noticed_t from schedule"), 0);
    ck_assert_int_eq(one(&w, "select count(*) from gap"), 1); /* the second goes on with the first */
    ck_assert_int_eq(one(&w, "select from_t from gap"), seen_ms + hour);
    ck_assert_int_eq(one(&w, "select to_t from gap"), w.now_ms);
    world_close(&w);
}
END_TEST

TEST_MAIN("op_run", a_missed_run_leaves_a_hole_that_one_gap_tells_of, a_run_is_written_as_items_and_one_run, a_run_that_does_not_fit_is_refused,
          captures_are_those_of_the_time_asked_for, blobs_are_opened_only_for_what_is_scanned)
