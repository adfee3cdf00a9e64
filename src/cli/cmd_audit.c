/* assay audit: what the evidence comes to over a period. */
#include "base/times.h"
#include "cli/cmd_audit.h"
#include "cli/open_view.h"

static const struct cli_option options[] = {
    {"from", 0, "DAY", "first day of the period (2026-01-01); without it the last 90 days"},
    {"to", 0, "DAY", "its last day; without it today"},
    {"at", 0, "TIME", "as it was known at that instant"},
    {"engagement", 0, "ID", "sample, sheet, exception: of this engagement alone"},
    {0},
};

static void period_print(struct buf *b, const struct json *page)
{
    buf_printf(b, "%.*s to %.*s, %lld days\n\n", STR_ARGS(json_text(page, "from")), STR_ARGS(json_text(page, "to")), (long long)json_int(page, "days", 0));
    JSON_EACH (c, json_get(page, "controls")) {
        put_shape(b, json_text(c, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(c, "id"), 12);
        put_padded(b, json_text(c, "conclusion"), 26);
        buf_printf(b, " %.*s: %.*s%s\n", STR_ARGS(json_text(c, "title")), STR_ARGS(json_text(c, "why")),
                   json_bool(c, "is_partial_period") ? "; for part of the period only" : "");
    }
    buf_char(b, '\n');
    JSON_EACH (k, json_get(page, "conclusions"))
        buf_printf(b, "%6lld %.*s\n", (long long)json_int(k, "count", 0), STR_ARGS(json_text(k, "status_words")));
    buf_printf(b, "\nSignal for management, never an opinion: %.*s\n", STR_ARGS(json_text(json_get(page, "signal"), "status_words")));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view v;
    const char *from = cli_option(c, "from"), *to = cli_option(c, "to");
    if (strcmp(c->arguments[0], "sample") == 0 || strcmp(c->arguments[0], "sheet") == 0 || strcmp(c->arguments[0], "exception") == 0)
        return audit_sample_run(c);
    if (strcmp(c->arguments[0], "evaluate") != 0)
        return cli_wrong_use(c, "%.40s: evaluate, sample, sheet, exception", c->arguments[0]);
    if (!open_view(c, cli_option(c, "at"), &v, &e))
        return cli_fail(&e);
    struct json *page = view_days(&v.view, str_of(from ? from : ""), str_of(to ? to : ""), &e) ? view_period(&v.view, &e) : NULL;
    int status = !page ? cli_fail(&e) : c->json ? cli_print_json(page) : -1;
    if (status < 0) {
        struct buf BUF_AUTO b;
        buf_init(&b, 16 << 20);
        period_print(&b, page);
        status = cli_print(buf_view(&b));
    }
    close_view(&v);
    return status;
}

const struct cli_command cli_command_audit = {
    .name = "audit",
    .summary = "what the evidence says about each control over a period",
    .usage = "evaluate [--from DAY] [--to DAY] [--at TIME] | sample list|show ID|draw-again ID|nonce | sheet list|show ID | exception list",
    .example = "assay audit evaluate --from 2026-01-01 --to 2026-06-30",
    .options = options,
    .details = "No samples are drawn and nobody concludes anything: it is what an examination of the period would begin with. Worked cases of the rules run\n"
               "with: assay evaluate FILE\n"
               "sample nonce        a secret number and its commitment, for an auditor's own machine\n"
               "sample draw-again   draws a sample again from its number, the ledger's head and the population; exits with 1 where other items come out",
    .arguments_min = 1,
    .arguments_max = 3,
    .has_json = true,
    .run = run,
};
