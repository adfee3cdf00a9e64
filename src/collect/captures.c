/* captures.c - see captures.h. */
#include "collect/captures.h"
#include "base/limits.h"
#include <assert.h>

enum { CAPTURES_ARENA_BYTES_MAX = (size_t)1 << 30, RUNS_BACK_MAX = 1000 };

struct loaded {
    const struct rows *rows, *status;
};

struct captures_table {
    struct captures *captures;
    const struct host_table *table; /* NULL: table_status */
};

/* A table that no run of the subject has seen. */
struct absence {
    struct str subject, table;
    int64_t run; /* the newest run that counts */
};

struct captures {
    struct arena *arena;
    struct db *projection;
    const struct blob_opener *blobs;
    struct capture *list;
    size_t count, capacity;
    struct loaded *loaded; /* for each of list */
    struct absence *absences;
    size_t absence_count, absence_capacity;
    int64_t now_ms;    /* 0: nothing is stale */
    bool has_erasures; /* any, of anything */
    struct captures_table *tables;
    struct table_provider *providers;
    size_t provider_count;
};

bool capture_split(struct str plain, struct str *ret_rows, struct str *ret_status, struct err *e)
{
    ptrdiff_t end = str_find(plain, STR("\n\n"));
    if (end < 0)
        return err_set(e, ERR_CORRUPT, "capture: its two sections are not there");
    *ret_rows = str_slice(plain, 0, (size_t)end + 1);
    *ret_status = str_slice(plain, (size_t)end + 2, plain.size);
    return true;
}

/* ---- which captures count ---- */

/* One run of the subject at or before the limit. */
struct run_seen {
    int64_t leaf, t, taken_from;
    const struct json *tables;
};

struct subject_at {
    struct str id;
    int64_t run_leaf;      /* the newest run that counts */
    struct run_seen *runs; /* newest first, read as far as needed */
    size_t run_count, run_capacity;
    bool is_at_first;
};

static bool read_runs(struct captures *c, struct subject_at *s, struct err *e)
{
    enum { RUNS_AT_A_TIME = 16 };
    int64_t below = s->run_count ? s->runs[s->run_count - 1].leaf - 1 : s->run_leaf;
    struct err failed = {0};
    size_t before = s->run_count;
    DB_EACH (
        row, c->projection, &failed,
        "select r.leaf, r.t, r.taken_from, s.tables from run r join run_shape s on s.id=r.shape where r.subject=?1 and r.leaf<=?2"
        " order by r.leaf desc limit ?3",
        A(s->id), A(below), A((int64_t)RUNS_AT_A_TIME)) {
        if (s->run_count == s->run_capacity)
            s->runs = arena_grow(c->arena, s->runs, s->run_count, &s->run_capacity, sizeof(*s->runs));
        struct run_seen *r = &s->runs[s->run_count++];
        *r = (struct run_seen){.leaf = db_int(row, 0), .t = db_int(row, 1), .taken_from = db_int(row, 2)};
        r->tables = json_parse(c->arena, arena_str(c->arena, db_text(row, 3)), JSON_LIMITS_DEFAULT, &failed);
        if (!r->tables)
            break;
    }
    s->is_at_first = s->run_count - before < RUNS_AT_A_TIME || s->run_count >= RUNS_BACK_MAX;
    if (failed.code)
        *e = failed;
    return !failed.code;
}

static bool run_has_table(const struct run_seen *r, struct str table)
{
    JSON_EACH (name, r->tables)
        if (str_equal(name->text, table))
            return true;
    return false;
}

/* The newest run that saw the table; the capture's own run when that is beyond memory. */
static bool find_run(struct captures *c, struct subject_at *s, struct capture *capture, struct err *e)
{
    for (size_t i = 0;; i++) {
        if (i == s->run_count && (s->is_at_first || !read_runs(c, s, e)))
            return !e->code;
        if (i == s->run_count || s->runs[i].leaf < capture->run)
            return true;
        if (run_has_table(&s->runs[i], capture->table)) {
            capture->run = s->runs[i].leaf;
            capture->taken_at_ms = s->runs[i].taken_from;
            capture->received_at_ms = s->runs[i].t;
            return true;
        }
    }
}

static struct str keep(struct captures *c, struct str s)
{
    return s.data ? arena_str(c->arena, s) : s;
}

static void read_capture(struct captures *c, struct db_row *row, struct capture *ret)
{
    *ret = (struct capture){
        .leaf = db_int(row, 0),
        .run = db_int(row, 1),
        .subject = keep(c, db_text(row, 2)),
        .table = keep(c, db_text(row, 3)),
        .version = db_int(row, 4),
        .state = keep(c, db_text(row, 5)),
        .row_count = db_int(row, 6),
        .taken_at_ms = db_int(row, 7),
        .received_at_ms = db_int(row, 8),
        .c = keep(c, db_text(row, 9)),
        .x = keep(c, db_text(row, 10)),
        .bytes_c = keep(c, db_text(row, 11)),
        .bytes_x = keep(c, db_text(row, 12)),
        .reason = keep(c, db_text(row, 13)),
        .erased_by = -1,
        .record_erased_by = -1,
    };
}

/* Nothing is known from rows that were erased, whatever was known before. */
static bool mark_erased(struct captures *c, struct capture *which, struct err *e)
{
    struct err failed = {0};
    if (!c->has_erasures)
        return true;
    DB_EACH (row, c->projection, &failed, "select leaf, x from erasure where target=?1", A(which->leaf)) {
        if (str_equal(db_text(row, 1), which->x))
            which->erased_by = db_int(row, 0);
        else if (which->bytes_x.data && str_equal(db_text(row, 1), which->bytes_x))
            which->record_erased_by = db_int(row, 0);
    }
    if (which->erased_by >= 0) {
        which->state = str_of(table_state_name(TABLE_NONE));
        which->reason = arena_printf(c->arena, "it was erased by leaf %lld", (long long)which->erased_by);
    }
    return failed.code ? (*e = failed, false) : true;
}

#define CAPTURE_COLUMNS "leaf, run, subject, tbl, version, state, row_count, taken_at, t, c, x, bytes_c, bytes_x, note"

static struct capture *add_capture(struct captures *c)
{
    if (c->count == c->capacity)
        c->list = arena_grow(c->arena, c->list, c->count, &c->capacity, sizeof(*c->list));
    return &c->list[c->count++];
}

static bool find_capture(struct captures *c, struct subject_at *s, const char *table, struct err *e)
{
    struct err failed = {0};
    struct capture found = {0};
    DB_EACH (row, c->projection, &failed,
             "select " CAPTURE_COLUMNS " from capture where subject=?1 and tbl=?2 and leaf<=?3 order by leaf desc limit 1",
             A(s->id), A(table), A(s->run_leaf))
        read_capture(c, row, &found);
    if (failed.code) {
        *e = failed;
        return false;
    }
    if (!found.table.data) {
        if (c->absence_count == c->absence_capacity)
            c->absences = arena_grow(c->arena, c->absences, c->absence_count, &c->absence_capacity, sizeof(*c->absences));
        c->absences[c->absence_count++] = (struct absence){s->id, str_of(table), s->run_leaf};
        return true;
    }
    if (!find_run(c, s, &found, e) || !mark_erased(c, &found, e))
        return false;
    *add_capture(c) = found;
    return true;
}

static int64_t newest_run(struct captures *c, const struct captures_options *o, struct str subject, struct err *e)
{
    if (o->run_leaf)
        return db_one_int(c->projection, e, -1, "select leaf from run where subject=?1 and leaf=?2", A(subject), A(o->run_leaf));
    if (o->at_ms)
        return db_one_int(c->projection, e, -1, "select max(leaf) from run where subject=?1 and t<=?2", A(subject), A(o->at_ms));
    return db_one_int(c->projection, e, -1, "select max(leaf) from run where subject=?1", A(subject));
}

static bool find_subject(struct captures *c, const struct captures_options *o, struct str subject, struct err *e)
{
    struct err failed = {0};
    struct subject_at s = {.id = subject, .run_leaf = newest_run(c, o, subject, &failed)};
    if (failed.code) {
        *e = failed;
        return false;
    }
    for (size_t i = 0; s.run_leaf >= 0 && host_tables[i]; i++)
        if (!host_tables[i]->is_live_only && !find_capture(c, &s, host_tables[i]->schema->name, e))
            return false;
    return true;
}

static bool find_all(struct captures *c, const struct captures_options *o, struct err *e)
{
    struct str *subjects = NULL;
    size_t count = 0, capacity = 0;
    struct err failed = {0};
    DB_EACH (row, c->projection, &failed, "select id from subject order by id") {
        if (o->subject.size && !str_equal(o->subject, db_text(row, 0)))
            continue;
        if (count == capacity)
            subjects = arena_grow(c->arena, subjects, count, &capacity, sizeof(*subjects));
        subjects[count++] = arena_str(c->arena, db_text(row, 0));
    }
    if (failed.code) {
        *e = failed;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (!find_subject(c, o, subjects[i], e))
            return false;
    return true;
}

static bool find_one(struct captures *c, int64_t leaf, struct err *e)
{
    struct err failed = {0};
    DB_EACH (row, c->projection, &failed, "select " CAPTURE_COLUMNS " from capture where leaf=?1", A(leaf))
        read_capture(c, row, add_capture(c));
    if (failed.code) {
        *e = failed;
        return false;
    }
    if (c->count == 0)
        return err_set(e, ERR_NOT_FOUND, "leaf %lld is no capture of a table", (long long)leaf);
    return mark_erased(c, &c->list[0], e);
}

/* ---- rows ---- */

static bool open_blob(const struct captures *c, struct arena *a, int64_t leaf, struct str commitment, struct str x,
                      struct str *ret, struct err *e)
{
    char c_hex[65], x_hex[65];
    snprintf(c_hex, sizeof(c_hex), "%.*s", STR_ARGS(commitment));
    snprintf(x_hex, sizeof(x_hex), "%.*s", STR_ARGS(x));
    return c->blobs->open(c->blobs->context, a, (uint64_t)leaf, c_hex, x_hex, ret, e);
}

static struct rows *one_status(struct arena *a, struct str table, struct str state, struct str reason);

static bool load(struct captures *c, size_t index, struct err *e)
{
    struct loaded *l = &c->loaded[index];
    const struct capture *which = &c->list[index];
    if (l->rows)
        return true;
    const struct host_table *t = host_table_find(which->table);
    struct str plain, rows_text, status_text;
    int version = 0;
    if (!t)
        return err_set(e, ERR_UNSUPPORTED, "table %.*s is unknown to this program", STR_ARGS(which->table));
    if (which->erased_by >= 0) {
        *l = (struct loaded){rows_new(c->arena, t->schema), one_status(c->arena, which->table, which->state, which->reason)};
        return true;
    }
    if (!open_blob(c, c->arena, which->leaf, which->c, which->x, &plain, e) || !capture_split(plain, &rows_text, &status_text, e))
        return err_wrap(e, "capture %lld of %.*s", (long long)which->leaf, STR_ARGS(which->table));
    const struct rows *rows = rows_decode(c->arena, t->schema, rows_text, &version, e);
    const struct rows *status = rows ? rows_decode(c->arena, &table_status_schema, status_text, &version, e) : NULL;
    if (!status)
        return err_wrap(e, "capture %lld of %.*s", (long long)which->leaf, STR_ARGS(which->table));
    *l = (struct loaded){rows, status};
    return true;
}

static struct table_page page_of(struct captures *c, const struct capture *which, const struct rows *rows)
{
    return (struct table_page){
        .rows = rows,
        .subject = which->subject,
        .run_id = arena_printf(c->arena, "%lld", (long long)which->run),
        .taken_at_ms = which->taken_at_ms,
        .received_at_ms = which->received_at_ms,
    };
}

static bool table_pages(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints,
                        size_t hint_count, const struct table_page **ret_pages, size_t *ret_count, struct err *e)
{
    (void)hints;
    (void)hint_count;
    struct captures *c = ((struct captures_table *)context)->captures;
    struct table_page *pages = arena_array(a, c->count, sizeof(*pages));
    size_t count = 0;
    for (size_t i = 0; i < c->count; i++) {
        if (!str_is(c->list[i].table, schema->name))
            continue;
        if (!load(c, i, e))
            return false;
        pages[count++] = page_of(c, &c->list[i], c->loaded[i].rows);
    }
    *ret_pages = pages;
    *ret_count = count;
    return true;
}

static struct rows *one_status(struct arena *a, struct str table, struct str state, struct str reason)
{
    struct rows *one = rows_new(a, &table_status_schema);
    row_begin(one);
    row_text(one, table);
    row_cstr(one, "");
    row_text(one, state);
    row_null(one);
    if (reason.size)
        row_text(one, reason);
    else
        row_null(one);
    row_end(one);
    return one;
}

static bool is_stale(const struct captures *c, const struct capture *which)
{
    return c->now_ms && which->taken_at_ms < c->now_ms - CAPTURE_STALE_MS;
}

static struct table_page absence_page(struct captures *c, struct arena *a, const struct absence *which)
{
    return (struct table_page){
        .rows = one_status(a, which->table, str_of(table_state_name(TABLE_NONE)), STR("it was not captured yet")),
        .subject = which->subject,
        .run_id = arena_printf(c->arena, "%lld", (long long)which->run),
    };
}

/* A complete table is told of without opening its blob. */
static bool status_pages(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints,
                         size_t hint_count, const struct table_page **ret_pages, size_t *ret_count, struct err *e)
{
    (void)schema;
    (void)hints;
    (void)hint_count;
    struct captures *c = ((struct captures_table *)context)->captures;
    struct table_page *pages = arena_array(a, c->count + c->absence_count, sizeof(*pages));
    for (size_t i = 0; i < c->count; i++) {
        const struct capture *which = &c->list[i];
        if (is_stale(c, which)) {
            char when[TIME_TEXT_SIZE];
            time_format(which->taken_at_ms - which->taken_at_ms % MS_SECOND, when);
            struct str why = arena_printf(a, "it was last captured %s, more than %d days before", when, (int)(CAPTURE_STALE_MS / MS_DAY));
            pages[i] = page_of(c, which, one_status(a, which->table, str_of(table_state_name(TABLE_NONE)), why));
            continue;
        }
        if (str_is(which->state, table_state_name(TABLE_COMPLETE))) {
            pages[i] = page_of(c, which, one_status(a, which->table, which->state, STR("")));
            continue;
        }
        if (!load(c, i, e))
            return false;
        pages[i] = page_of(c, which, c->loaded[i].status);
    }
    for (size_t i = 0; i < c->absence_count; i++)
        pages[c->count + i] = absence_page(c, a, &c->absences[i]);
    *ret_pages = pages;
    *ret_count = c->count + c->absence_count;
    return true;
}

/* ---- the whole ---- */

static void make_providers(struct captures *c)
{
    size_t total = 0;
    while (host_tables[total])
        total++;
    c->tables = arena_array(c->arena, total + 1, sizeof(*c->tables));
    c->providers = arena_array(c->arena, total + 1, sizeof(*c->providers));
    for (size_t i = 0; i <= total; i++) {
        const struct host_table *t = host_tables[i];
        if (t && t->is_live_only)
            continue;
        c->tables[c->provider_count] = (struct captures_table){c, t};
        c->providers[c->provider_count] = (struct table_provider){.schema = t ? t->schema : &table_status_schema,
                                                                  .pages = t ? table_pages : status_pages,
                                                                  .context = &c->tables[c->provider_count]};
        c->provider_count++;
    }
}

struct captures *captures_open(struct db *projection, const struct blob_opener *blobs, const struct captures_options *options,
                               struct err *e)
{
    struct arena *a = arena_new("captures", CAPTURES_ARENA_BYTES_MAX);
    struct captures *c = ARENA_NEW(a, struct captures);
    *c = (struct captures){.arena = a, .projection = projection, .blobs = blobs, .now_ms = options->now_ms};
    struct err failed = {0};
    c->has_erasures = db_one_int(projection, &failed, 0, "select exists(select 1 from erasure)") != 0;
    if (failed.code) {
        *e = failed;
        return captures_close(c);
    }
    bool is_ok = options->capture_leaf ? find_one(c, options->capture_leaf, e) : find_all(c, options, e);
    if (!is_ok)
        return captures_close(c);
    c->loaded = arena_array(a, c->count, sizeof(*c->loaded));
    make_providers(c);
    return c;
}

struct captures *captures_close(struct captures *c)
{
    if (c)
        arena_free(c->arena);
    return NULL;
}

size_t captures_providers(struct captures *c, const struct table_provider **ret)
{
    *ret = c->providers;
    return c->provider_count;
}

size_t captures_list(const struct captures *c, const struct capture **ret)
{
    *ret = c->list;
    return c->count;
}

const struct capture *captures_find(const struct captures *c, struct str subject, struct str table)
{
    for (size_t i = 0; i < c->count; i++)
        if (str_equal(c->list[i].subject, subject) && str_equal(c->list[i].table, table))
            return &c->list[i];
    return NULL;
}

bool captures_rows(struct captures *c, const struct capture *which, const struct rows **ret_rows, const struct rows **ret_status,
                   struct err *e)
{
    size_t index = (size_t)(which - c->list);
    assert(index < c->count);
    if (!load(c, index, e))
        return false;
    *ret_rows = c->loaded[index].rows;
    *ret_status = c->loaded[index].status;
    return true;
}

bool captures_bytes(struct captures *c, struct arena *a, const struct capture *which, struct str *ret_rows,
                    struct str *ret_record, struct err *e)
{
    struct str plain, record = STR("");
    bool has_record = which->bytes_x.data && which->record_erased_by < 0;
    if (which->erased_by >= 0)
        return err_set(e, ERR_NOT_FOUND, "capture %lld of %.*s was erased by leaf %lld", (long long)which->leaf,
                       STR_ARGS(which->table), (long long)which->erased_by);
    if (!open_blob(c, a, which->leaf, which->c, which->x, &plain, e) ||
        (has_record && !open_blob(c, a, which->leaf, which->bytes_c, which->bytes_x, &record, e)))
        return false;
    *ret_rows = plain;
    *ret_record = record;
    return true;
}
