/* host.c - running one table's gather function, and what gather functions ask. */
#include "collect/host/host.h"
#include "base/limits.h"
#include <assert.h>

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const struct host_table *host_table_find(struct str name)
{
    for (size_t i = 0; host_tables[i]; i++)
        if (str_is(name, host_tables[i]->schema->name))
            return host_tables[i];
    return NULL;
}

unsigned host_table_time_limit_ms(const struct host_table *t)
{
    if (t->time_limit_ms)
        return t->time_limit_ms;
    return t->origin == FROM_WALK ? LIMIT_WALK_TIME_MS : LIMIT_TABLE_TIME_MS;
}

static void add_status(struct rows *status, const char *table, struct str scope, enum table_state state, const char *missing,
                       const char *reason)
{
    row_begin(status);
    row_cstr(status, table);
    row_text(status, scope);
    row_cstr(status, table_state_name(state));
    row_cstr(status, missing);
    row_cstr(status, reason);
    row_end(status);
}

void gather_missing(struct gather *g, struct str scope, const char *missing, const char *reason)
{
    add_status(g->status, g->rows->schema->name, scope.data ? scope : STR(""), TABLE_PARTIAL, missing, reason);
}

bool gather_is_late(const struct gather *g)
{
    return g->deadline_ms && monotonic_ms() > g->deadline_ms;
}

static const struct hint *find_hint(const struct gather *g, const char *column, enum hint_op op)
{
    for (size_t i = 0; i < g->hint_count; i++)
        if (g->hints[i].op == op && strcmp(g->rows->schema->columns[g->hints[i].column].name, column) == 0)
            return &g->hints[i];
    return NULL;
}

bool gather_hint_equal(const struct gather *g, const char *column, struct cell *ret)
{
    const struct hint *h = find_hint(g, column, HINT_EQUAL);
    if (h)
        *ret = h->value;
    return h != NULL;
}

bool gather_hint_prefix(const struct gather *g, const char *column, struct str *ret)
{
    const struct hint *h = find_hint(g, column, HINT_PREFIX);
    if (h)
        *ret = h->value.text;
    return h != NULL;
}

struct gathered host_table_none(struct arena *a, const struct table_schema *schema, const char *reason)
{
    struct gathered none = {.rows = rows_new(a, schema), .status = rows_new(a, &table_status_schema), .state = TABLE_NONE};
    add_status(none.status, schema->name, STR(""), TABLE_NONE, "all of it", reason);
    return none;
}

struct gathered host_table_gather(const struct host_table *t, struct arena *a, struct source *source, struct walk *walk,
                                  const struct hint *hints, size_t hint_count)
{
    if (!source_is_live(source) && !source_is_record(source) && !t->works_on_tree)
        return host_table_none(a, t->schema, "only a running host can tell, and this is a tree of files");
    if (source_is_record(source) && t->origin != FROM_FILES)
        return host_table_none(a, t->schema, "this table does not come from recorded files");
    struct gather g = {
        .arena = a,
        .source = source,
        .rows = rows_new(a, t->schema),
        .status = rows_new(a, &table_status_schema),
        .walk = walk,
        .hints = hints,
        .hint_count = hint_count,
        .deadline_ms = source_is_record(source) ? 0 : monotonic_ms() + host_table_time_limit_ms(t),
    };
    struct err e = {0};
    if (!t->gather(&g, &e))
        return host_table_none(a, t->schema, e.text);
    assert(g.rows->filled == 0);
    if (g.rows->is_over_limit)
        gather_missing(&g, STR(""), "rows", "the table reached its limit of rows");
    struct gathered ret = {.rows = g.rows, .status = g.status, .state = g.status->row_count ? TABLE_PARTIAL : TABLE_COMPLETE};
    if (ret.state == TABLE_COMPLETE)
        add_status(ret.status, t->schema->name, STR(""), TABLE_COMPLETE, NULL, NULL);
    return ret;
}
