/*
 * vtab.c - the SQLite module behind vtab.h.
 *
 * A provider that uses hints is asked again for each scan. Any other is asked once a cursor; when an inner loop of a join scans
 * the same cursor again by equality, a hash index over that column is built, so that joins cost what they cost over real tables
 * with an index.
 */
#include "table/vtab.h"
#include "base/buf.h"
#include "base/limits.h"
#include <assert.h>
#include <sqlite3.h>

enum { HIDDEN_COLUMNS = 4, HINTS_MAX = 8, SCAN_ARENA_BYTES_MAX = 1 << 30 };

struct module {
    sqlite3_vtab base; /* first: SQLite's view of it */
    const struct table_provider *provider;
};

/* Open addressing over (page, row) by the value of one column. */
struct equal_index {
    size_t column;
    size_t slot_mask;
    struct slot {
        uint32_t page_plus_1; /* 0: empty */
        uint32_t row;
    } * slots;
};

struct cursor_state {
    sqlite3_vtab_cursor base;
    struct arena *arena;
    const struct table_page *pages;
    size_t page_count;
    size_t page, row;
    bool is_loaded;
    size_t scan_count;
    struct equal_index index;
    bool has_index;
    bool by_index;
    size_t slot;        /* by_index: where the probe stands */
    struct cell wanted; /* by_index: the value asked for */
};

/* ---- connecting ---- */

static const char *sql_type(enum column_type t)
{
    return t == COLUMN_TEXT ? "TEXT" : "INTEGER";
}

static int vtab_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **ret, char **ret_message)
{
    (void)argc;
    (void)argv;
    (void)ret_message;
    const struct table_provider *p = aux;
    struct buf BUF_AUTO sql;
    buf_init(&sql, 1 << 16);
    buf_cstr(&sql, "CREATE TABLE x(");
    for (size_t i = 0; i < p->schema->column_count; i++)
        buf_printf(&sql, "\"%s\" %s, ", p->schema->columns[i].name, sql_type(p->schema->columns[i].type));
    /* A table of its own column `subject` (certificates) has the hidden one as _subject. */
    static const char *const hidden[HIDDEN_COLUMNS] = {"subject TEXT", "run_id TEXT", "taken_at INTEGER", "received_at INTEGER"};
    for (size_t i = 0; i < HIDDEN_COLUMNS; i++) {
        size_t clash = 0;
        struct str left = str_of(hidden[i]), name;
        str_next_word(&left, &name);
        buf_printf(&sql, "%s%s%s HIDDEN", i ? ", " : "", table_column_find(p->schema, name, &clash) ? "_" : "", hidden[i]);
    }
    buf_char(&sql, ')');
    int rc = sqlite3_declare_vtab(db, sql.data);
    if (rc != SQLITE_OK)
        return rc;
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    struct module *m = sqlite3_malloc64(sizeof(*m));
    if (!m)
        return SQLITE_NOMEM;
    *m = (struct module){.provider = p};
    *ret = &m->base;
    return SQLITE_OK;
}

static int vtab_disconnect(sqlite3_vtab *v)
{
    sqlite3_free(v);
    return SQLITE_OK;
}

/* ---- planning: idxStr holds one letter and a column for each argument: e equality hint, p prefix hint, i equality by index ----
 */

static char constraint_letter(const struct table_provider *p, sqlite3_index_info *info, int i)
{
    int column = info->aConstraint[i].iColumn;
    if (!info->aConstraint[i].usable || column < 0 || column >= (int)p->schema->column_count)
        return 0;
    const struct column *c = &p->schema->columns[column];
    switch (info->aConstraint[i].op) {
    case SQLITE_INDEX_CONSTRAINT_EQ:
        if (sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY") != 0)
            return 0;
        if (p->uses_hints)
            return c->flags & COLUMN_KEY ? 'e' : 0;
        return 'i';
    case SQLITE_INDEX_CONSTRAINT_LIKE:
        return p->uses_hints && (c->flags & COLUMN_KEY) && c->type == COLUMN_TEXT ? 'l' : 0;
    case SQLITE_INDEX_CONSTRAINT_GLOB:
        return p->uses_hints && (c->flags & COLUMN_KEY) && c->type == COLUMN_TEXT ? 'g' : 0;
    default:
        return 0;
    }
}

static int vtab_best_index(sqlite3_vtab *v, sqlite3_index_info *info)
{
    const struct table_provider *p = ((const struct module *)v)->provider;
    char plan[HINTS_MAX * 8] = "";
    size_t size = 0;
    int argument_count = 0;
    bool has_index = false, has_equal = false;
    for (int i = 0; i < info->nConstraint && argument_count < HINTS_MAX; i++) {
        char letter = constraint_letter(p, info, i);
        if (!letter || (letter == 'i' && has_index))
            continue;
        has_index = has_index || letter == 'i';
        has_equal = has_equal || letter == 'e' || letter == 'i';
        size += (size_t)snprintf(plan + size, sizeof(plan) - size, "%c%d ", letter, info->aConstraint[i].iColumn);
        info->aConstraintUsage[i].argvIndex = ++argument_count;
    }
    info->idxStr = sqlite3_mprintf("%s", plan);
    info->needToFreeIdxStr = 1;
    info->idxNum = argument_count;
    info->estimatedCost = has_equal ? 20 : argument_count ? 2000 : 10000;
    info->estimatedRows = has_equal ? 4 : argument_count ? 200 : 1000;
    return info->idxStr ? SQLITE_OK : SQLITE_NOMEM;
}

/* ---- scanning ---- */

static int vtab_open(sqlite3_vtab *v, sqlite3_vtab_cursor **ret)
{
    (void)v;
    struct cursor_state *c = sqlite3_malloc64(sizeof(*c));
    if (!c)
        return SQLITE_NOMEM;
    *c = (struct cursor_state){.arena = arena_new("table scan", SCAN_ARENA_BYTES_MAX)};
    *ret = &c->base;
    return SQLITE_OK;
}

static int vtab_close(sqlite3_vtab_cursor *base)
{
    struct cursor_state *c = (struct cursor_state *)base;
    arena_free(c->arena);
    sqlite3_free(c);
    return SQLITE_OK;
}

static struct cell cell_of(sqlite3_value *v)
{
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER:
        return (struct cell){.type = CELL_INTEGER, .integer = sqlite3_value_int64(v)};
    case SQLITE_TEXT: {
        const void *text = sqlite3_value_text(v);
        return (struct cell){.type = CELL_TEXT, .text = str_make(text, (size_t)sqlite3_value_bytes(v))};
    }
    default:
        return (struct cell){.type = CELL_NULL};
    }
}

/* A value of another type than the column's is no hint: the engine converts before it compares, we do not. */
static bool fits_column(const struct column *column, const struct cell *value)
{
    return value->type == (column->type == COLUMN_TEXT ? CELL_TEXT : CELL_INTEGER);
}

static struct str pattern_prefix(struct str pattern, char letter)
{
    size_t i = 0;
    while (i < pattern.size && !(letter == 'l' ? pattern.data[i] == '%' || pattern.data[i] == '_'
                                               : pattern.data[i] == '*' || pattern.data[i] == '?' || pattern.data[i] == '['))
        i++;
    return str_slice(pattern, 0, i);
}

struct scan_plan {
    struct hint hints[HINTS_MAX];
    size_t hint_count;
    bool has_equal;
    size_t equal_column;
    struct cell equal_value;
};

static void read_plan(const struct table_provider *p, struct arena *a, const char *plan, sqlite3_value **values,
                      struct scan_plan *ret)
{
    struct str left = str_of(plan), item;
    for (size_t i = 0; str_next_word(&left, &item); i++) {
        int64_t column = 0;
        struct cell value = cell_of(values[i]);
        if (!str_to_int64(str_slice(item, 1, item.size), &column) || !fits_column(&p->schema->columns[column], &value))
            continue;
        if (value.type == CELL_TEXT)
            value.text = arena_str(a, value.text);
        if (item.data[0] == 'i') {
            ret->has_equal = true;
            ret->equal_column = (size_t)column;
            ret->equal_value = value;
            continue;
        }
        struct hint *h = &ret->hints[ret->hint_count++];
        *h = (struct hint){.column = (size_t)column, .op = item.data[0] == 'e' ? HINT_EQUAL : HINT_PREFIX, .value = value};
        if (h->op == HINT_PREFIX)
            h->value.text = pattern_prefix(value.text, item.data[0]);
    }
}

static uint64_t cell_hash(const struct cell *c)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    if (c->type == CELL_INTEGER)
        h ^= (uint64_t)c->integer;
    else
        for (size_t i = 0; i < c->text.size; i++)
            h = (h ^ (uint8_t)c->text.data[i]) * UINT64_C(0x100000001b3);
    h *= UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

static bool cell_equal(const struct cell *a, const struct cell *b)
{
    if (a->type != b->type || a->type == CELL_NULL)
        return false;
    return a->type == CELL_INTEGER ? a->integer == b->integer : str_equal(a->text, b->text);
}

/* Linear probing; equal values stay in the order of the rows, so that a probe meets them all before the first empty slot. */
static void build_index(struct cursor_state *c, size_t column)
{
    size_t total = 0, slots = 16;
    for (size_t p = 0; p < c->page_count; p++)
        total += c->pages[p].rows->row_count;
    while (slots < total * 2)
        slots *= 2;
    c->index = (struct equal_index){.column = column, .slot_mask = slots - 1};
    c->index.slots = arena_array(c->arena, slots, sizeof(struct slot));
    for (size_t p = 0; p < c->page_count; p++)
        for (size_t r = 0; r < c->pages[p].rows->row_count; r++) {
            const struct cell *value = rows_cell(c->pages[p].rows, r, column);
            if (value->type == CELL_NULL)
                continue;
            size_t slot = cell_hash(value) & c->index.slot_mask;
            while (c->index.slots[slot].page_plus_1)
                slot = (slot + 1) & c->index.slot_mask;
            c->index.slots[slot] = (struct slot){.page_plus_1 = (uint32_t)p + 1, .row = (uint32_t)r};
        }
    c->has_index = true;
}

static bool at_end(const struct cursor_state *c)
{
    return c->by_index ? !c->index.slots[c->slot].page_plus_1 : c->page >= c->page_count;
}

/* Goes on from where the cursor stands to the next row that there is. */
static void settle(struct cursor_state *c)
{
    if (!c->by_index) {
        while (c->page < c->page_count && c->row >= c->pages[c->page].rows->row_count) {
            c->page++;
            c->row = 0;
        }
        return;
    }
    for (; c->index.slots[c->slot].page_plus_1; c->slot = (c->slot + 1) & c->index.slot_mask) {
        c->page = c->index.slots[c->slot].page_plus_1 - 1;
        c->row = c->index.slots[c->slot].row;
        if (cell_equal(rows_cell(c->pages[c->page].rows, c->row, c->index.column), &c->wanted))
            return;
    }
}

static int load(struct cursor_state *c, const struct table_provider *p, const struct scan_plan *plan)
{
    struct err e = {0};
    const struct table_page *pages = NULL;
    size_t count = 0;
    if (!p->pages(p->context, c->arena, p->schema, plan->hints, plan->hint_count, &pages, &count, &e)) {
        sqlite3_free(c->base.pVtab->zErrMsg);
        c->base.pVtab->zErrMsg = sqlite3_mprintf("%s: %s", p->schema->name, e.text);
        return SQLITE_ERROR;
    }
    c->pages = pages;
    c->page_count = count;
    c->is_loaded = true;
    c->has_index = false;
    return SQLITE_OK;
}

static int vtab_filter(sqlite3_vtab_cursor *base, int number, const char *plan_text, int argc, sqlite3_value **argv)
{
    (void)number;
    (void)argc;
    struct cursor_state *c = (struct cursor_state *)base;
    const struct table_provider *p = ((const struct module *)base->pVtab)->provider;
    if (p->uses_hints && c->is_loaded)
        arena_reset(c->arena);
    struct scan_plan plan = {0};
    read_plan(p, c->arena, plan_text, argv, &plan);
    if (!c->is_loaded || p->uses_hints) {
        int rc = load(c, p, &plan);
        if (rc != SQLITE_OK)
            return rc;
    }
    c->scan_count++;
    c->page = c->row = 0;
    c->by_index = false;
    if (plan.has_equal && c->scan_count > 1) {
        if (!c->has_index || c->index.column != plan.equal_column)
            build_index(c, plan.equal_column);
        c->by_index = true;
        c->wanted = plan.equal_value;
        c->slot = cell_hash(&c->wanted) & c->index.slot_mask;
    }
    settle(c);
    return SQLITE_OK;
}

static int vtab_next(sqlite3_vtab_cursor *base)
{
    struct cursor_state *c = (struct cursor_state *)base;
    assert(!at_end(c));
    if (c->by_index)
        c->slot = (c->slot + 1) & c->index.slot_mask;
    else
        c->row++;
    settle(c);
    return SQLITE_OK;
}

static int vtab_eof(sqlite3_vtab_cursor *base)
{
    return at_end((struct cursor_state *)base);
}

static void result_text(sqlite3_context *context, struct str text)
{
    if (text.data)
        sqlite3_result_text64(context, text.data, text.size, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void result_time(sqlite3_context *context, int64_t at_ms)
{
    if (at_ms)
        sqlite3_result_int64(context, at_ms);
}

static int vtab_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
    const struct cursor_state *c = (const struct cursor_state *)base;
    const struct table_page *page = &c->pages[c->page];
    size_t column_count = page->rows->schema->column_count;
    if ((size_t)column < column_count) {
        const struct cell *cell = rows_cell(page->rows, c->row, (size_t)column);
        if (cell->type == CELL_INTEGER)
            sqlite3_result_int64(context, cell->integer);
        else if (cell->type == CELL_TEXT)
            result_text(context, cell->text);
        return SQLITE_OK;
    }
    switch ((size_t)column - column_count) {
    case 0:
        result_text(context, page->subject);
        break;
    case 1:
        result_text(context, page->run_id);
        break;
    case 2:
        result_time(context, page->taken_at_ms);
        break;
    default:
        result_time(context, page->received_at_ms);
    }
    return SQLITE_OK;
}

static int vtab_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret)
{
    const struct cursor_state *c = (const struct cursor_state *)base;
    *ret = (sqlite3_int64)c->page << 32 | (sqlite3_int64)c->row;
    return SQLITE_OK;
}

static const sqlite3_module vtab_module = {
    .iVersion = 1,
    .xConnect = vtab_connect, /* no xCreate: eponymous only */
    .xBestIndex = vtab_best_index,
    .xDisconnect = vtab_disconnect,
    .xDestroy = vtab_disconnect,
    .xOpen = vtab_open,
    .xClose = vtab_close,
    .xFilter = vtab_filter,
    .xNext = vtab_next,
    .xEof = vtab_eof,
    .xColumn = vtab_column,
    .xRowid = vtab_rowid,
};

/* Makes the engine connect to the table now: later, an authorizer (sql_confine) would refuse it the declaration. */
static bool connect_now(struct sqlite3 *db, const char *table)
{
    char sql[256];
    sqlite3_stmt *s = NULL;
    snprintf(sql, sizeof(sql), "SELECT 1 FROM \"%s\"", table);
    bool is_ok = sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK;
    sqlite3_finalize(s);
    return is_ok;
}

bool vtab_register(struct sqlite3 *db, const struct table_provider *providers, size_t count, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        void *context = (void *)(uintptr_t)&providers[i]; /* read only; SQLite's type has no const */
        if (sqlite3_create_module_v2(db, providers[i].schema->name, &vtab_module, context, NULL) != SQLITE_OK ||
            !connect_now(db, providers[i].schema->name))
            return err_set(e, ERR_INTERNAL, "register table %s: %s", providers[i].schema->name, sqlite3_errmsg(db));
    }
    return true;
}
