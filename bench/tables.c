/*
 * tables.c - what each table of the host costs: microseconds of CPU, rows and bytes, the better of several runs.
 *
 *     bench-tables [--root DIR] [--rows] [TABLE]...       all tables if none is named; --rows prints the rows as well
 */
#include "base/limits.h"
#include "collect/host/host.h"
#include <sys/resource.h>

enum { RUNS = 3, ARENA_BYTES_MAX = 1 << 30 };

static int64_t cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct source *source_make(struct arena *a, const char *root)
{
    struct err e = {0};
    int64_t now_ms = (int64_t)time(NULL) * 1000;
    struct source *s = root ? source_tree(a, root, now_ms, &e) : source_live(a, now_ms);
    if (!s) {
        fprintf(stderr, "bench-tables: %s\n", e.text);
        exit(2);
    }
    return s;
}

static int64_t table_measure(const struct host_table *t, const char *root, bool shows_rows)
{
    int64_t best = INT64_MAX;
    for (int run = 0; run < RUNS; run++) {
        struct arena *a = arena_new("table", ARENA_BYTES_MAX);
        struct source *s = source_make(a, root);
        struct buf out, record;
        bool is_complete = true;
        buf_init(&out, LIMIT_BLOB_BYTES);
        buf_init(&record, LIMIT_BLOB_BYTES);
        int64_t begin = cpu_us();
        source_record_begin(s);
        struct gathered g = host_table_gather(t, a, s, NULL, NULL, 0);
        int64_t gathered = cpu_us() - begin;
        rows_encode(g.rows, &out);
        if (t->origin == FROM_FILES)
            source_record(s, &record, &is_complete);
        int64_t all = cpu_us() - begin;
        best = all < best ? all : best;
        if (run == RUNS - 1) {
            printf("%-20s %7lld us (last: read and parse %lld, encode and record %lld) %6zu rows %8zu B, record %8zu B%s, arena "
                   "%zu KiB, %s\n",
                   t->schema->name, (long long)best, (long long)gathered, (long long)(all - gathered), g.rows->row_count,
                   out.size, record.size, is_complete ? "" : " (not complete)", arena_used(a) >> 10, table_state_name(g.state));
            if (shows_rows)
                printf("%s", out.data);
            for (size_t i = 0; g.state != TABLE_COMPLETE && i < g.status->row_count; i++)
                printf("    %.*s: %.*s: %.*s\n", STR_ARGS(rows_cell(g.status, i, 1)->text),
                       STR_ARGS(rows_cell(g.status, i, 3)->text), STR_ARGS(rows_cell(g.status, i, 4)->text));
        }
        buf_release(&out);
        buf_release(&record);
        arena_free(a);
    }
    return best;
}

int main(int argc, char **argv)
{
    const char *root = NULL;
    bool shows_rows = false, has_names = false;
    int64_t sum = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--root") == 0 && i + 1 < argc) {
            root = argv[++i];
        } else if (strcmp(argv[i], "--rows") == 0) {
            shows_rows = true;
        } else {
            const struct host_table *t = host_table_find(str_of(argv[i]));
            has_names = true;
            if (t)
                sum += table_measure(t, root, shows_rows);
            else
                fprintf(stderr, "bench-tables: %s: no such table\n", argv[i]);
        }
    }
    for (size_t i = 0; !has_names && host_tables[i]; i++) {
        if (!host_tables[i]->is_live_only && host_tables[i]->origin != FROM_WALK)
            sum += table_measure(host_tables[i], root, shows_rows);
    }
    printf("%-20s %7lld us\n", "sum", (long long)sum);
    return 0;
}
