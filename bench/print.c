/*
 * print.c - prints tables of so many rows as PDF, in this process, and the same as HTML for others to print.
 *
 *   bench-print ROWS [PDF [HTML]]
 *
 * A document with a cover, contents, some text, a heading for each hundred rows, and one table of six columns below each: names, dates, a sentence.
 */
#include "base/env.h"
#include "print/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { PER_TABLE = 100, COLUMNS = 6 };
static const char *const labels[COLUMNS] = {"No.", "Account", "Belongs to", "Last used", "Decision", "Why"};
static const char *const words[] = {"keeps", "reads", "approves", "the", "ledger", "payroll", "quarterly", "backup", "because", "nobody", "else", "may", "review", "it"};

static struct str cell(struct arena *a, int64_t row, int column)
{
    uint64_t r = ((uint64_t)row + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 20;
    switch (column) {
    case 0:
        return arena_printf(a, "%lld", (long long)row + 1);
    case 1:
        return arena_printf(a, "SYS-%04u/user%lld", (unsigned)(r % 20) + 1, (long long)row);
    case 2:
        return arena_printf(a, "Person Number %u", (unsigned)(r % 10000));
    case 3:
        return arena_printf(a, "2026-%02u-%02u", (unsigned)(r % 12) + 1, (unsigned)(r >> 8) % 28 + 1);
    case 4:
        return r % 7 ? STR("kept") : STR("removed");
    default:
        return arena_printf(a, "%s %s %s %s %s %s", words[r % 14], words[(r >> 4) % 14], words[(r >> 8) % 14], words[(r >> 12) % 14], words[(r >> 16) % 14], words[(r >> 20) % 14]);
    }
}

static struct json *document_new(struct arena *a, int64_t rows)
{
    struct json *d = print_document(a, STR("Access review of everything"), INT64_C(1795291440000)), *table = NULL;
    json_put_int(d, "contents", 1);
    print_paragraph(d, STR("Every account of the systems in scope, as one complete list of each shows them, with what was decided and why."));
    for (int64_t i = 0; i < rows; i++) {
        if (i % PER_TABLE == 0) {
            struct str title = arena_printf(a, "Accounts from %lld", (long long)i + 1);
            print_heading(d, 1, title, arena_printf(a, "a%lld", (long long)i));
            table = print_table(d, title);
            for (int k = 0; k < COLUMNS; k++)
                print_column(table, str_of(labels[k]), k ? "" : "right", 0);
        }
        struct json *row = print_row(table);
        for (int k = 0; k < COLUMNS; k++)
            json_push_str(row, cell(a, i, k));
    }
    return d;
}

static bool html_write(const char *path, struct arena *a, int64_t rows)
{
    FILE *f = fopen(path, "w");
    if (!f)
        return false;
    fputs("<!doctype html><html lang=en><meta charset=utf-8><title>Access review of everything</title><h1>Access review of everything</h1>\n", f);
    for (int64_t i = 0; i < rows; i++) {
        if (i % PER_TABLE == 0) {
            fprintf(f, "%s<h2>Accounts from %lld</h2><table border=1><thead><tr>", i ? "</table>\n" : "", (long long)i + 1);
            for (int k = 0; k < COLUMNS; k++)
                fprintf(f, "<th>%s", labels[k]);
            fputs("</thead>\n", f);
        }
        fputs("<tr>", f);
        for (int k = 0; k < COLUMNS; k++)
            fprintf(f, "<td>%.*s", STR_ARGS(cell(a, i, k)));
        fputs("\n", f);
    }
    fputs("</table></html>\n", f);
    return fclose(f) == 0;
}

static int64_t pages_of(struct str pdf)
{
    int64_t n = 0;
    struct str rest = pdf;
    for (ptrdiff_t at; (at = str_find(rest, STR("/Type /Page"))) >= 0;) {
        rest = str_slice(rest, (size_t)at + 11, rest.size);
        n += rest.size && rest.data[0] != 's';
    }
    return n;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct rusage before, after;
    struct buf out BUF_AUTO;
    int64_t rows;
    if (argc < 2 || argc > 4 || !str_to_int64(str_of(argv[1]), &rows) || rows < 1 || rows > 1000000) {
        fprintf(stderr, "usage: bench-print ROWS [PDF [HTML]]\n");
        return 2;
    }
    struct arena *a = arena_new("document", (size_t)1 << 30);
    struct json *d = document_new(a, rows);
    buf_init(&out, PRINT_PDF_BYTES);
    if (!print_prepare(&e)) {
        fprintf(stderr, "bench-print: %s\n", e.text);
        return 3;
    }
    getrusage(RUSAGE_SELF, &before);
    if (!print_pdf(d, &out, &e)) {
        fprintf(stderr, "bench-print: %s\n", e.text);
        return 3;
    }
    getrusage(RUSAGE_SELF, &after);
    double cpu = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) +
                 (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
    int64_t pages = pages_of(buf_view(&out));
    printf("rows %lld\npages %lld\ncpu_seconds %.3f\npages_per_cpu_second %.0f\nms_per_page %.2f\npeak_mb %ld\nbytes %zu\nbytes_per_page %zu\n", (long long)rows, (long long)pages, cpu,
           (double)pages / cpu, cpu * 1000 / (double)(pages ? pages : 1), after.ru_maxrss / 1024, buf_view(&out).size, buf_view(&out).size / (size_t)(pages ? pages : 1));
    if (argc > 2) {
        FILE *f = fopen(argv[2], "w");
        if (!f || fwrite(buf_view(&out).data, 1, buf_view(&out).size, f) != buf_view(&out).size || fclose(f) != 0)
            return 3;
    }
    if (argc > 3 && !html_write(argv[3], a, rows))
        return 3;
    buf_release(&out);
    arena_free(a);
    return 0;
}
