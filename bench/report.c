/*
 * report.c - how long a report of many pages takes: the tree of a Type 2 with its tables, as HTML and PDF.
 *
 *     bench-report CONTROLS OUT        prints milliseconds; writes OUT.html and OUT.pdf
 */
#include "base/times.h"
#include "os/file.h"
#include "print/print.h"
#include "report/reports/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

static struct json *document_new(struct arena *a, int controls)
{
    struct json *d = print_document(a, STR("SOC 2 Type 2 report on Example Freight Ltd"), INT64_C(1780000000000)), *t = NULL;
    json_put_int(d, "contents", 2);
    for (int i = 0; i < controls; i++) {
        if (i % 12 == 0) {
            print_heading(d, 1 + (i % 60 != 0), arena_printf(a, "Family %d", i / 12), arena_printf(a, "family-%d", i / 12));
            t = print_table(d, arena_printf(a, "Family %d: controls, tests and results", i / 12));
            print_column(t, STR("Control"), "", 9);
            print_column(t, STR("As management states it"), "", 31);
            print_column(t, STR("Test performed"), "", 34);
            print_column(t, STR("Result"), "", 26);
        }
        struct json *row = print_row(t);
        json_push_str(row, arena_printf(a, "AC-%03d", i));
        json_push_str(row, STR("Owners of systems review all accounts and their rights each quarter from a complete list of the system, decide for each whether it stays, and have what does not stay removed "
                               "within five business days; the review, its list and the proof of removal are kept."));
        json_push_str(row, arena_printf(a, "Inspected, performed again: read the review of each sampled quarter with its list, compared the list with an extract that was drawn again, and looked for each "
                                           "account that was to go in the next list.\n25 of %d items of POP-%04d, sample SMP-%04d: by how often a control is performed", 300 + i, i, i));
        json_push_str(row, i % 9 ? STR("No exceptions noted.")
                                 : STR("Exception AEX-0001: for 1 of 25 items tested, this did not happen: removal within five business days (2026-04-20, nine days late)."));
    }
    return d;
}

int main(int argc, char **argv)
{
    struct err e = {0};
    struct buf html, pdf;
    struct arena *a = arena_new("bench", (size_t)1 << 30);
    int64_t controls;
    if (argc != 3 || !str_to_int64(str_of(argv[1]), &controls) || controls < 1 || controls > 100000)
        return fprintf(stderr, "usage: bench-report CONTROLS OUT\n"), 2;
    struct json *d = document_new(a, (int)controls);
    buf_init(&html, 64 << 20);
    buf_init(&pdf, PRINT_PDF_BYTES);
    double t0 = now_ms();
    report_write_html(d, &html);
    double t1 = now_ms();
    bool ok = print_pdf(d, &pdf, &e);
    double t2 = now_ms();
    if (ok)
        ok = os_file_replace(&os_file_real, AT_FDCWD, arena_printf(a, "%s.html", argv[2]).data, buf_view(&html), 0644, &e) &&
             os_file_replace(&os_file_real, AT_FDCWD, arena_printf(a, "%s.pdf", argv[2]).data, buf_view(&pdf), 0644, &e);
    if (!ok)
        return fprintf(stderr, "%s\n", e.text), 1;
    printf("html_ms %.1f\nhtml_bytes %zu\npdf_ms %.1f\npdf_bytes %zu\n", t1 - t0, html.size, t2 - t1, pdf.size);
    buf_release(&html);
    buf_release(&pdf);
    arena_free(a);
    return 0;
}
