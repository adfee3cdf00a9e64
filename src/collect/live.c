/* live.c - see live.h. */
#include "collect/live.h"
#include "collect/host/walk.h"

struct live_table {
    struct live *live;
    const struct host_table *table;
    struct gathered gathered;
    bool is_gathered;
};

struct live {
    struct arena *arena;
    struct source *source;
    struct str subject;
    struct walk *walk;
    struct live_table *tables;
    size_t table_count;
    struct table_provider *providers;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct walk *walk_once(struct live *l, const struct host_table *t)
{
    if (t->origin != FROM_WALK || t->uses_hints || l->walk)
        return l->walk;
    struct err e = {0};
    struct walk *w = walk_new(l->arena, l->source);
    if (walk_run(w, &(struct walk_options){.deadline_ms = monotonic_ms() + host_table_time_limit_ms(t)}, &e))
        l->walk = w;
    return l->walk;
}

static const struct gathered *gather_once(struct live_table *t)
{
    struct live *l = t->live;
    if (!t->is_gathered)
        t->gathered = host_table_gather(t->table, l->arena, l->source, walk_once(l, t->table), NULL, 0);
    t->is_gathered = true;
    return &t->gathered;
}

static const struct table_page *page_of(const struct live *l, struct arena *a, const struct rows *rows)
{
    struct table_page *page = ARENA_NEW(a, struct table_page);
    *page = (struct table_page){
        .rows = rows, .subject = l->subject.size ? l->subject : (struct str){0}, .taken_at_ms = source_now_ms(l->source)};
    return page;
}

static bool table_pages(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints,
                        size_t hint_count, const struct table_page **ret_pages, size_t *ret_count, struct err *e)
{
    (void)schema;
    (void)e;
    struct live_table *t = context;
    const struct rows *rows = NULL;
    if (t->table->uses_hints)
        rows = host_table_gather(t->table, a, t->live->source, NULL, hints, hint_count).rows;
    else
        rows = gather_once(t)->rows;
    *ret_pages = page_of(t->live, a, rows);
    *ret_count = 1;
    return true;
}

static void copy_rows(struct rows *to, const struct rows *from)
{
    for (size_t i = 0; i < from->row_count; i++) {
        row_begin(to);
        for (size_t c = 0; c < from->schema->column_count; c++)
            row_cell(to, *rows_cell(from, i, c));
        row_end(to);
    }
}

/* The state of the table asked for, or of all that a run captures. */
static bool status_pages(void *context, struct arena *a, const struct table_schema *schema, const struct hint *hints,
                         size_t hint_count, const struct table_page **ret_pages, size_t *ret_count, struct err *e)
{
    (void)e;
    struct live *l = context;
    struct rows *rows = rows_new(a, schema);
    const struct str *wanted = NULL;
    for (size_t i = 0; i < hint_count; i++)
        if (hints[i].op == HINT_EQUAL)
            wanted = &hints[i].value.text;
    for (size_t i = 0; i < l->table_count; i++) {
        struct live_table *t = &l->tables[i];
        if (!t->table->uses_hints && (!wanted || str_is(*wanted, t->table->schema->name)))
            copy_rows(rows, gather_once(t)->status);
    }
    *ret_pages = page_of(l, a, rows);
    *ret_count = 1;
    return true;
}

struct live *live_open(struct arena *a, struct source *source, struct str subject)
{
    struct live *l = ARENA_NEW(a, struct live);
    *l = (struct live){.arena = a, .source = source, .subject = subject};
    while (host_tables[l->table_count])
        l->table_count++;
    l->tables = arena_array(a, l->table_count, sizeof(*l->tables));
    l->providers = arena_array(a, l->table_count + 1, sizeof(*l->providers));
    for (size_t i = 0; i < l->table_count; i++) {
        l->tables[i] = (struct live_table){.live = l, .table = host_tables[i]};
        l->providers[i] = (struct table_provider){.schema = host_tables[i]->schema,
                                                  .pages = table_pages,
                                                  .context = &l->tables[i],
                                                  .uses_hints = host_tables[i]->uses_hints};
    }
    l->providers[l->table_count] =
        (struct table_provider){.schema = &table_status_schema, .pages = status_pages, .context = l, .uses_hints = true};
    return l;
}

size_t live_providers(struct live *l, const struct table_provider **ret)
{
    *ret = l->providers;
    return l->table_count + 1;
}
