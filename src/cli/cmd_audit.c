/* assay audit: engagements, and what the evidence comes to over a period. */
#include "assess/engagement.h"
#include "cli/cmd_audit.h"
#include "cli/cmd_population.h"
#include "cli/open_view.h"
#include "collect/captures.h"

static const struct cli_option options[] = {
    {"from", 0, "DAY", "evaluate: first day of the period (2026-01-01); without it the last 90 days. open: first day of the window"},
    {"to", 0, "DAY", "its last day"},
    {"type", 0, "1|2", "open: of a day, or over a period"},
    {"as-of", 0, "DAY", "open: the day of a Type 1"},
    {"title", 0, "TEXT", "open: what it is called"},
    {"firm", 0, "NAME", "open: who examines"},
    {"zone", 0, "ZONE", "open: in which days begin and end (Europe/Berlin)"},
    {"owner", 0, "ID", "open: the person who leads it on our side"},
    {"after", 0, "ENG", "open: its window begins the day after this one's"},
    {"short-reason", 0, "TEXT", "open: why the window is under six months"},
    {"gap-reason", 0, "TEXT", "open: why it does not begin the day after the last one, or shares days with another"},
    {"on", 0, "DAY", "reach: when; today unless it is said"},
    {"at", 0, "TIME", "as it was known at that instant"},
    {"engagement", 0, "ID", "evaluate: over its window, with its populations; population: whose; otherwise the one that runs; sample, sheet, exception: of it alone"},
    {"file", 0, "FILE", "population freeze: a CSV file of the source, - for what comes in"},
    {"time-limit", 0, "SECONDS", "population freeze: give up after so long (60)"},
    {"q", 0, "TEXT", "population rows: those that hold it"},
    {"row", 0, "N", "population rows: from this one on"},
    {"keys", 0, "COLUMNS", "population reconcile: by which both name the same thing: name, or name=worker,day=date"},
    {"alike", 0, "COLUMNS", "population reconcile: what has to agree"},
    {"output", 'o', "FILE", "bundle: where to write it; must not exist"},
    {"show", 0, "WHICH", "requests: waiting, late, submitted, done, all; without it what is not done"},
    {"export", 0, "FILE", "requests: as a workbook or CSV, by the end of its name"},
    {"import", 0, "FILE", "requests: what the firm sent, a workbook or CSV; nothing is stored while anything in it is wrong"},
    {"dry-run", 0, NULL, "requests --import: only say what it would do"},
    {"name", 0, "NAME", "key new: as the page of the audit room says it"},
    {"key", 0, "FILE", "sign: the private key that key new made; - for what comes in (age -d auditor.key.age | assay audit sign FILE --key -)"},
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

/* Over the window of an engagement, or what has passed of it; and rows of populations can be opened. */
static bool window_of(struct cli_context *c, struct opened_view *v, struct str *first, struct str *last, struct err *e)
{
    const char *id = cli_option(c, "engagement");
    struct engagement g;
    struct blob_opener *blobs = blob_opener_direct(c->arena, v->data.path, e);
    if (!blobs)
        return false;
    v->view.blobs = (struct view_blobs){blobs->open, blobs->context};
    if (!id)
        return true;
    if (first->size || last->size)
        return err_set(e, ERR_INVALID, "--engagement has its own days: leave out --from and --to");
    if (!engagement_read(v->view.db, c->arena, str_of(id), v->view.leaf_limit, &g, e))
        return false;
    if (!g.has_days || g.is_type1)
        return err_set(e, ERR_INVALID, "%s: %s", id, g.has_days ? "is of one day (Type 1): nothing is performed over a period" : "nobody has said its window yet");
    *first = day_text(c->arena, g.window.first);
    *last = day_text(c->arena, g.window.last);
    return true;
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view v;
    const char *from = cli_option(c, "from"), *to = cli_option(c, "to");
    if (audit_engagement_is_verb(c->arguments[0]))
        return audit_engagement_run(c);
    if (strcmp(c->arguments[0], "sample") == 0 || strcmp(c->arguments[0], "sheet") == 0 || strcmp(c->arguments[0], "exception") == 0)
        return audit_sample_run(c);
    if (strcmp(c->arguments[0], "key") == 0 || strcmp(c->arguments[0], "sign") == 0)
        return audit_key_run(c);
    if (strcmp(c->arguments[0], "requests") == 0)
        return audit_requests_run(c);
    if (strcmp(c->arguments[0], "population") == 0)
        return population_cli_run(c);
    if (strcmp(c->arguments[0], "bundle") == 0)
        return audit_bundle_run(c);
    if (strcmp(c->arguments[0], "evaluate") != 0)
        return cli_wrong_use(c, "%.40s: none of list, open, show, begin, reach, after, firms, trend, evaluate, bundle, requests, population, sample, sheet, exception, key, sign", c->arguments[0]);
    if (c->argument_count > 1)
        return cli_wrong_use(c, "evaluate takes no argument");
    if (!open_view(c, "at", &v, &e))
        return cli_fail(&e);
    struct str first = str_of(from ? from : ""), last = str_of(to ? to : "");
    bool ok = window_of(c, &v, &first, &last, &e) && view_days(&v.view, first, last, &e);
    struct json *page = ok ? view_period(&v.view, &e) : NULL;
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
    .summary = "engagements, their milestones, and what the evidence says over a period",
    .usage = "list | open | show ENG | begin ENG | reach ENG MILESTONE | after ENG | firms | trend | evaluate [--engagement ID | --from DAY --to DAY] | bundle ENG --output FILE | population list|library|freeze|show|rows|reconcile … | sample list|show ID|draw-again ID|nonce | sheet list|show ID | exception list | requests ENG | key new FILE|list | sign FILE",
    .example = "assay audit open --type 2 --from 2026-01-01 --to 2026-12-31 --firm 'Reed & Partners'",
    .options = options,
    .details = "open proposes what it is not told: the window after the last one, the categories of the scope, the firm that was chosen. begin ends the\n"
               "planning: the scope that was approved is held fast. evaluate: nobody concludes anything, it is what an examination of the period would begin\n"
               "with. Worked cases of the rules run "
               "with: assay evaluate FILE\n"
               "bundle              one file with everything the engagement's auditor may see, with proofs and pages to read offline (doc/bundle.md); check it with\n"
               "                    assay verify FILE, assay-verify FILE, assay reperform FILE\n"
               "population library  those that an examination asks for: queries over what is known here, and files to ask systems for\n"
               "population freeze X one of the library, or a draft by its id: run now (--at TIME), or --file CSV; rows, count and digest stay\n"
               "population reconcile A B --keys COLUMNS  numbers what one has and the other lacks; exits with 1 where there is something\n"
               "key new FILE        an auditor's own key, on a machine of theirs: the private key into FILE, the public one to hand over; sign FILE\n"
               "                    signs what a page gives to sign\n"
               "sample nonce        a secret number and its commitment, for an auditor's own machine\n"
               "sample draw-again   draws a sample again from its number, the ledger's head and the population; exits with 1 where other items come out",
    .arguments_min = 1,
    .arguments_max = 4,
    .has_json = true,
    .run = run,
};
