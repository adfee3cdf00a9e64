/* cmd_report.c - documents: today the readiness report. */
#include "cli/cmd_oscal.h"
#include "cli/open_view.h"
#include "os/file.h"
#include "report/readiness_report.h"

#include <fcntl.h>

static const struct cli_option options[] = {
    {"format", 0, "FORMAT", "html (default) or json"},
    {"at", 0, "TIME", "as it was known at TIME"},
    {"output", 'o', "FILE", "write to FILE instead of standard output; oscal: the directory of its eight files"},
    {"engagement", 0, "ID", "oscal: over the time of this engagement"},
    {0},
};

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    const char *format = cli_option(c, "format"), *output = cli_option(c, "output");
    if (strcmp(c->arguments[0], "oscal") == 0)
        return oscal_report(c);
    if (strcmp(c->arguments[0], "readiness") != 0)
        return cli_wrong_use(c, "%s: is none of readiness, oscal", c->arguments[0]);
    if (format && strcmp(format, "html") != 0 && strcmp(format, "json") != 0)
        return cli_wrong_use(c, "--format is html or json, not \"%s\"", format);
    bool is_json = c->json || (format && strcmp(format, "json") == 0);
    if (!open_view(c, cli_option(c, "at"), &o, &e))
        return cli_fail(&e);
    struct buf b BUF_AUTO;
    buf_init(&b, (size_t)64 << 20);
    struct json *report = readiness_report(&o.view, &e);
    if (report && is_json) {
        json_write_pretty(&b, report);
        buf_char(&b, '\n');
    } else if (report) {
        readiness_report_html(report, &b);
    }
    int status;
    if (!report)
        status = cli_fail(&e);
    else if (!output)
        status = cli_print(buf_view(&b));
    else
        status = os_file_replace(&os_file_real, AT_FDCWD, output, buf_view(&b), 0644, &e) ? 0 : cli_fail(&e);
    close_view(&o);
    return status;
}

const struct cli_command cli_command_report = {
    .name = "report",
    .summary = "write a report: readiness, as one printable page or JSON",
    .usage = "readiness [--format html|json] [--at TIME] [--output FILE] | oscal --output DIR [--engagement ID] [--at TIME]",
    .example = "assay report readiness --output readiness.html",
    .options = options,
    .details = "The page holds all it needs: nothing is fetched, it prints on A4.",
    .arguments_min = 1,
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
