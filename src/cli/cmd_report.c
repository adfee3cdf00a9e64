/* cmd_report.c - documents: one tree, written as HTML, PDF, XLSX or JSON. */
#include "cli/cmd_audit.h"
#include "cli/cmd_oscal.h"
#include "cli/open_view.h"
#include "cli/room_cli.h"
#include "os/file.h"
#include "report/reports/report.h"
#include "role/print_once.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { REPORT_OUTPUT_BYTES = 96 << 20, FORMATS = 4 };
static const char *const formats[FORMATS] = {"html", "pdf", "xlsx", "json"};

static const struct cli_option options[] = {
    {"format", 0, "FORMATS", "html (default), pdf, xlsx, json; several with commas"},
    {"engagement", 0, "ENG-ID", "of this engagement; without, of the dates that the organisation's record says"},
    {"to", 0, "DAY", "bridge: the last day that the letter speaks of"},
    {"at", 0, "TIME", "as it was known at TIME"},
    {"output", 'o', "FILE", "write to FILE; with several formats its ending is replaced by each; oscal: the directory of its eight files"},
    {"check", 0, NULL, "print what is missing or in the way instead; exit status 1 when something is"},
    {0},
};

struct made {
    struct cli_context *c;
    const struct json *page;
    bool is_wanted[FORMATS];
    int count;
};

/* ---- checks, for people ---- */

static void checks_print(struct buf *b, const struct json *page)
{
    const struct json *counts = json_get(page, "counts");
    buf_printf(b, "%.*s: %lld in the way, %lld missing, %lld to look at\n", STR_ARGS(json_text(page, "label")), (long long)json_int(counts, "refused", 0), (long long)json_int(counts, "open", 0),
               (long long)json_int(counts, "warning", 0));
    JSON_EACH (c, json_get(page, "checks")) {
        struct str words = json_text(c, "words"), what = json_text(c, "what");
        put_shape(b, json_text(c, "status"), false);
        buf_printf(b, " %.*s: ", STR_ARGS(json_text(c, "place")));
        if (words.size)
            buf_printf(b, "\"%.*s\": ", STR_ARGS(words));
        buf_printf(b, "%.*s", STR_ARGS(json_text(c, "why")));
        if (what.size)
            buf_printf(b, " %.*s", STR_ARGS(what));
        buf_char(b, '\n');
    }
}

/* ---- files ---- */

/* With several formats: FILE without its ending, and the format. */
static struct str path_of(const struct made *m, const char *output, const char *format)
{
    struct str path = str_of(output);
    if (m->count == 1)
        return path;
    for (size_t i = 0; i < FORMATS; i++)
        if (str_ends(path, arena_printf(m->c->arena, ".%s", formats[i]).data))
            path.size -= strlen(formats[i]) + 1;
    return arena_printf(m->c->arena, "%.*s.%s", STR_ARGS(path), format);
}

bool cli_xlsx_bytes(struct arena *a, const struct json *document, struct buf *b, struct err *e)
{
    const char *place = getenv("TMPDIR");
    struct str dir = arena_printf(a, "%s/assay-report-XXXXXX", place && *place ? place : "/tmp");
    char *path = arena_strndup(a, dir.data, dir.size);
    int fd = mkstemp(path);
    if (fd < 0)
        return err_set(e, ERR_UNAVAILABLE, "XLSX: no temporary file can be made in %s", place && *place ? place : "/tmp");
    bool ok = report_write_xlsx(document, path, NULL, a, e);
    int again = ok ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    for (ssize_t got = 1; again >= 0 && got > 0 && buf_reserve(b, 1 << 16);) {
        got = read(again, b->data + b->size, 1 << 16);
        b->size += got > 0 ? (size_t)got : 0;
    }
    if (again >= 0)
        close(again);
    close(fd);
    unlink(path);
    return ok && (!b->full || err_set(e, ERR_TOO_LARGE, "XLSX: over %d MiB", REPORT_OUTPUT_BYTES >> 20));
}

static bool format_bytes(const struct made *m, const char *format, struct buf *b, struct err *e)
{
    struct str pdf;
    if (strcmp(format, "json") == 0) {
        json_write_pretty(b, m->page);
        buf_char(b, '\n');
    } else if (strcmp(format, "html") == 0) {
        report_write_html(json_get(m->page, "document"), b);
    } else if (strcmp(format, "xlsx") == 0) {
        return cli_xlsx_bytes(m->c->arena, json_get(m->page, "document"), b, e);
    } else {
        if (!print_once(m->c->arena, json_get(m->page, "document"), &pdf, e))
            return false;
        buf_str(b, pdf);
    }
    return !b->full || err_set(e, ERR_TOO_LARGE, "%s: over %d MiB", format, REPORT_OUTPUT_BYTES >> 20);
}

static int formats_write(const struct made *m, const char *output)
{
    struct err e = {0};
    for (size_t i = 0; i < FORMATS; i++) {
        struct buf BUF_AUTO b;
        buf_init(&b, REPORT_OUTPUT_BYTES);
        if (!m->is_wanted[i])
            continue;
        /* JSON tells what is in the way; it is no report that anybody hands out. */
        if (strcmp(formats[i], "json") != 0 && !report_is_allowed(m->page, &e))
            return cli_fail(&e);
        if (!format_bytes(m, formats[i], &b, &e))
            return cli_fail(&e);
        if (!output) {
            int status = cli_print(buf_view(&b));
            if (status)
                return status;
        } else if (!os_file_replace(&os_file_real, AT_FDCWD, path_of(m, output, formats[i]).data, buf_view(&b), 0644, &e)) {
            return cli_fail(&e);
        }
    }
    return 0;
}

static bool formats_read(struct made *m, const char *text)
{
    struct str rest = str_of(text ? text : m->c->json ? "json" : "html"), one;
    for (bool is_more = true; is_more;) {
        bool is_known = false;
        is_more = str_cut(&rest, ',', &one);
        for (size_t i = 0; i < FORMATS; i++)
            if (str_is(one, formats[i])) {
                m->count += !m->is_wanted[i];
                m->is_wanted[i] = is_known = true;
            }
        if (!is_known)
            return false;
    }
    return true;
}

static int run_with(struct made *m, const struct report_options *o, struct room_cli *r, struct err *e)
{
    m->page = report_make(&r->view, &r->shown, o, e);
    if (!m->page)
        return cli_fail(e);
    if (!cli_flag(m->c, "check"))
        return formats_write(m, cli_option(m->c, "output"));
    const struct json *counts = json_get(m->page, "counts");
    int status = cli_show(m->c, m->page, checks_print, e);
    return status ? status : json_int(counts, "refused", 0) + json_int(counts, "open", 0) > 0;
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct room_cli r;
    struct made m = {.c = c};
    struct report_options o = {.kind = str_of(c->arguments[0])};
    if (str_is(o.kind, "oscal"))
        return oscal_report(c);
    if (!report_kind_find(o.kind))
        return cli_wrong_use(c, "%s: there is no such report (oscal, type2, type1, readiness, gap, soa, risk, board, bridge, representation, soc3)", c->arguments[0]);
    if (!formats_read(&m, cli_option(c, "format")))
        return cli_wrong_use(c, "--format is html, pdf, xlsx or json, several with commas, not \"%s\"", cli_option(c, "format"));
    if (m.count > 1 && !cli_option(c, "output"))
        return cli_wrong_use(c, "several formats want --output FILE");
    o.engagement = cli_option(c, "engagement") ? str_of(cli_option(c, "engagement")) : STR("");
    o.to = cli_option(c, "to") ? str_of(cli_option(c, "to")) : STR("");
    int status = room_open(c, false, &r, &e) ? run_with(&m, &o, &r, &e) : cli_fail(&e);
    room_close(&r);
    return status;
}

const struct cli_command cli_command_report = {
    .name = "report",
    .summary = "write a report: Type 1 and 2 drafts, readiness, gaps, risks, bridge letter …, as HTML, PDF, XLSX or JSON",
    .usage = "type2|type1|readiness|gap|soa|risk|board|bridge|representation|soc3 [--engagement ENG-ID] [--format html,pdf,xlsx,json] [--output FILE] [--check] | oscal --output DIR",
    .example = "assay report readiness --output readiness.html",
    .options = options,
    .details = "Every format is written from one document. A page holds all it needs: nothing is fetched, it prints on A4. Each table is a sheet of the workbook. A report whose words break the\n"
               "rules (doc/reports.md), or a letter that a register contradicts, is refused by place and words; --check says what is missing, and what to do.",
    .arguments_min = 1,
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
