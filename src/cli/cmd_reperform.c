/* cmd_reperform.c - every past evaluation again, from the captured bytes. */
#include "cli/cmd_audit.h"
#include "cli/open_view.h"

#include <sys/stat.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"last", 0, "N", "only the newest N evaluations of each host"},
    {0},
};

void reperform_progress(void *context, uint64_t done, uint64_t all)
{
    (void)context;
    fprintf(stderr, "\revaluation %llu of %llu", (unsigned long long)done + 1, (unsigned long long)all);
    if (done + 1 == all)
        fputs("\r\033[K", stderr);
}

void reperform_list_put(struct json *o, const char *key, const struct reperform_difference *items, size_t count)
{
    struct json *list = json_put_array(o, key);
    for (size_t i = 0; i < count; i++) {
        struct json *d = json_push_object(list);
        json_put_cstr(d, "kind", items[i].kind);
        json_put_int(d, "evaluation", items[i].evaluation);
        json_put_str(d, "text", items[i].text);
    }
}

void reperform_lines_put(struct buf *b, const struct reperform_report *r)
{
    for (size_t i = 0; i < r->kept; i++) {
        buf_printf(b, "%s: ", r->differences[i].kind);
        if (r->differences[i].evaluation >= 0)
            buf_printf(b, "evaluation %lld: ", (long long)r->differences[i].evaluation);
        buf_printf(b, "%.*s\n", STR_ARGS(r->differences[i].text));
    }
    if (r->difference_count > r->kept)
        buf_printf(b, "and %llu more\n", (unsigned long long)(r->difference_count - r->kept));
}

static struct json *report_json(struct arena *a, const struct reperform_report *r)
{
    struct json *o = json_object(a);
    json_put_int(o, "evaluations", (int64_t)r->evaluations);
    json_put_int(o, "results", (int64_t)r->results);
    json_put_int(o, "captures", (int64_t)r->captures);
    json_put_int(o, "reparsed", (int64_t)r->reparsed);
    json_put_int(o, "rows_only", (int64_t)r->rows_only);
    json_put_int(o, "blobs", (int64_t)r->blobs);
    json_put_int(o, "difference_count", (int64_t)r->difference_count);
    reperform_list_put(o, "differences", r->differences, r->kept);
    json_put_int(o, "erased_count", (int64_t)r->erased_count);
    reperform_list_put(o, "erased", r->erased, r->erased_kept);
    return o;
}

static struct str report_text(struct arena *a, const struct reperform_report *r)
{
    struct buf b BUF_AUTO;
    buf_init(&b, 8 << 20);
    reperform_lines_put(&b, r);
    for (size_t i = 0; i < r->erased_kept; i++)
        buf_printf(&b, "%s: %.*s\n", r->erased[i].kind, STR_ARGS(r->erased[i].text));
    if (r->erased_count > r->erased_kept)
        buf_printf(&b, "and %llu more erased\n", (unsigned long long)(r->erased_count - r->erased_kept));
    buf_printf(&b, "%llu other blob%s opened\n", (unsigned long long)r->blobs, r->blobs == 1 ? "" : "s");
    buf_printf(&b,
               "%llu evaluation%s again, %llu result%s compared; %llu capture%s, %llu of them parsed again from their bytes, %llu "
               "by their rows\n",
               (unsigned long long)r->evaluations, r->evaluations == 1 ? "" : "s", (unsigned long long)r->results, r->results == 1 ? "" : "s",
               (unsigned long long)r->captures, r->captures == 1 ? "" : "s", (unsigned long long)r->reparsed,
               (unsigned long long)r->rows_only);
    if (r->difference_count == 0)
        buf_cstr(&b, r->evaluations ? "no difference\n" : "there is nothing to perform again yet\n");
    else
        buf_printf(&b, "%llu difference%s\n", (unsigned long long)r->difference_count, r->difference_count == 1 ? "" : "s");
    return arena_str(a, buf_view(&b));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    int64_t last = 0;
    if (cli_option(c, "last") && (!str_to_int64(str_of(cli_option(c, "last")), &last) || last < 1))
        return cli_wrong_use(c, "--last is a number of at least 1");
    struct stat facts;
    if (c->argument_count > 0 && stat(c->arguments[0], &facts) == 0 && S_ISREG(facts.st_mode))
        return reperform_bundle_run(c, c->arguments[0], last);
    if (c->argument_count > 0)
        c->data_dir = c->arguments[0];
    if (!open_view(c, NULL, &o, &e))
        return cli_fail(&e);
    int ledger_fd = data_dir_ledger(&o.data, &e);
    struct ledger_reader *ledger = ledger_fd >= 0 ? ledger_reader_open(ledger_fd, &e) : NULL;
    struct reperform_options options_now = {
        .projection = o.view.db, .ledger = ledger, .last = last, .with_all_blobs = true, .progress = isatty(2) ? reperform_progress : NULL};
    options_now.blobs = ledger ? blob_opener_direct(c->arena, c->data_dir, &e) : NULL;
    struct reperform_report report;
    int status;
    if (!options_now.blobs || !reperform(&options_now, c->arena, &report, &e))
        status = cli_fail(&e);
    else
        status = c->json ? cli_print_json(report_json(c->arena, &report)) : cli_print(report_text(c->arena, &report));
    if (status == 0 && report.difference_count > 0)
        status = 1;
    ledger_reader_close(ledger);
    if (ledger_fd >= 0)
        close(ledger_fd);
    close_view(&o);
    return status;
}

const struct cli_command cli_command_reperform = {
    .name = "reperform",
    .summary = "run every past test again from the captured bytes, and compare row by row",
    .usage = "[--last N] [DIR | FILE.slb]",
    .example = "assay reperform ./data",
    .options = options,
    .details = "A difference is named: bytes (changed or missing), parser, parameter, test, result, ledger. Exit status 1 when "
               "there is one. What was erased by a leaf of the ledger is named beside, and is no difference. Of FILE.slb, a bundle, nothing else is needed: "
               "populations are selected, samples drawn and controls evaluated again as well, and compared with what it states (doc/bundle.md).",
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
