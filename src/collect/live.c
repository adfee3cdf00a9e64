/* live.c - see live.h. */
#include "collect/live.h"
#include "collect/host/walk.h"

enum { TABLE_ARENA_BYTES_MAX = 1 << 30, SCRATCH_BYTES_KEPT = 32 << 20 };

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

static void free_arena(void *context)
{
    arena_free(context);
}

/* In `a`; a table that does not fit ends there, as in a run, and says so. */
static struct gathered gather_within(const struct live_table *t, struct arena *a, const struct hint *hints, size_t hint_count)
{
    struct live *l = t->live;
    jmp_buf trap;
    if (setjmp(trap)) {
        arena_trap(a, NULL);
        return host_table_none(l->arena, t->table->schema, "reading it needs more than 1 GiB of memory");
    }
    arena_trap(a, &trap);
    struct gathered got = host_table_gather(t->table, a, l->source, walk_once(l, t->table), hints, hint_count);
    arena_trap(a, NULL);
    return got;
}

static void copy_rows(struct arena *a, struct rows *to, const struct rows *from)
{
    for (size_t i = 0; i < from->row_count; i++) {
        row_begin(to);
        for (size_t c = 0; c < from->schema->column_count; c++) {
            struct cell cell = *rows_cell(from, i, c);
            if (cell.type == CELL_TEXT)
                cell.text = arena_str(a, cell.text);
            row_cell(to, cell);
        }
        row_end(to);
    }
}

/* What was read to make the rows is let go when it is much: tables are kept until the end, all together. */
static struct arena *slim(struct gathered *got, struct arena *a)
{
    if (arena_used(a) < SCRATCH_BYTES_KEPT)
        return a;
    struct arena *own = arena_new("a table", TABLE_ARENA_BYTES_MAX);
    struct rows *rows = rows_new(own, got->rows->schema), *status = rows_new(own, got->status->schema);
    copy_rows(own, rows, got->rows);
    copy_rows(own, status, got->status);
    *got = (struct gathered){.rows = rows, .status = status, .state = got->state};
    arena_free(a);
    return own;
}

static const struct gathered *gather_once(struct live_table *t)
{
    if (t->is_gathered)
        return &t->gathered;
    struct arena *a = arena_new("a table", TABLE_ARENA_BYTES_MAX);
    t->gathered = gather_within(t, a, NULL, 0);
    arena_on_free(t->live->arena, free_arena, slim(&t->gathered, a));
    t->is_gathered = true;
    return &t->gathered;
}

/* For one scan; how the first went, or the first incomplete one, is kept for table_status. */
static const struct rows *gather_hinted(struct live_table *t, struct arena *a, const struct hint *hints, size_t hint_count)
{
    struct gathered got = gather_within(t, a, hints, hint_count);
    if (!t->gathered.status || (got.state != TABLE_COMPLETE && t->gathered.state == TABLE_COMPLETE)) {
        t->gathered.state = got.state;
        t->gathered.status = rows_new(t->live->arena, &table_status_schema);
        copy_rows(t->live->arena, t->gathered.status, got.status);
    }
    return got.rows;
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
    const struct rows *rows = t->table->uses_hints ? gather_hinted(t, a, hints, hint_count) : gather_once(t)->rows;
    *ret_pages = page_of(t->live, t->live->arena, rows); /* `a` may be full */
    *ret_count = 1;
    return true;
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
        if (wanted && !str_is(*wanted, t->table->schema->name))
            continue;
        const struct rows *status = t->table->uses_hints ? t->gathered.status : gather_once(t)->status;
        if (status)
            copy_rows(a, rows, status);
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
