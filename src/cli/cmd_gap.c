/* assay gap: the gap analysis on a terminal: register, plan, readiness since the baseline, completeness, and what others found. */
#include "cli/open_view.h"
#include "cli/room_cli.h"
#include "report/outside.h"
#include "report/view_room.h"

#include <errno.h>
#include <stdio.h>

enum { FILE_BYTES_MAX = 8 << 20 };

/* ---- printing ---- */

static void register_print(struct buf *b, const struct json *page)
{
    JSON_EACH (g, json_get(page, "rows")) {
        put_shape(b, json_text(g, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(g, "severity_words"), 9);
        put_padded(b, json_text(g, "id"), 10);
        put_padded(b, json_text(g, "name"), 60);
        buf_printf(b, " %.*s  %.*s\n", STR_ARGS(json_text(json_get(g, "owner"), "name")), STR_ARGS(json_text(g, "due")));
        if (json_text(g, "order_words").size)
            buf_printf(b, "            %.*s\n", STR_ARGS(json_text(g, "order_words")));
    }
    int64_t proposed = json_int(page, "proposal_count", 0);
    if (proposed)
        buf_printf(b, "%lld proposed by answers and tests: accept them on the page Gaps, Register\n", (long long)proposed);
    if (json_int(page, "all", 0) == 0 && !proposed)
        buf_cstr(b, "No gap yet.\n");
}

static void plan_print(struct buf *b, const struct json *page)
{
    buf_printf(b, "%.*s.\n", STR_ARGS(json_path(page, "forecast.words") ? json_text(json_get(page, "forecast"), "words") : STR("")));
    JSON_EACH (g, json_get(page, "rows")) {
        buf_printf(b, "%3lld ", (long long)json_int(g, "rank", 0));
        put_padded(b, json_text(g, "id"), 10);
        put_padded(b, json_text(g, "name"), 50);
        buf_printf(b, " %.*s to %.*s, proof %.*s%s  %.*s\n", STR_ARGS(json_text(g, "start")), STR_ARGS(json_text(g, "done")), STR_ARGS(json_text(g, "shown")),
                   json_bool(g, "is_late") ? ", late" : "", STR_ARGS(json_text(json_get(g, "owner"), "name")));
    }
}

static void readiness_print(struct buf *b, const struct json *page)
{
    const struct json *then = json_get(page, "then"), *now = json_get(page, "now");
    if (!then || then->type != JSON_OBJECT) {
        buf_printf(b, "Readiness %lld. No baseline yet: take it on the page Gaps, Readiness.\n", (long long)json_int(now, "score", 0));
        return;
    }
    buf_printf(b, "Readiness %lld, %lld on %.*s.\n", (long long)json_int(now, "score", 0), (long long)json_int(then, "score", 0), STR_ARGS(json_text(json_get(then, "at"), "date")));
    JSON_EACH (k, json_get(page, "controls"))
        buf_printf(b, "  %s %.*s %.*s → %.*s: %.*s\n", json_bool(k, "is_up") ? "+" : "-", STR_ARGS(json_text(k, "id")), STR_ARGS(json_get(k, "from")->text), STR_ARGS(json_get(k, "to")->text),
                   STR_ARGS(json_text(k, "why")));
    JSON_EACH (g, json_get(page, "closed"))
        buf_printf(b, "  + %.*s %.*s: %.*s\n", STR_ARGS(json_text(g, "id")), STR_ARGS(json_text(g, "title")), STR_ARGS(json_text(g, "status_words")));
}

static void completeness_print(struct buf *b, const struct json *page)
{
    JSON_EACH (s, json_get(page, "sums")) {
        put_shape(b, json_text(s, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(s, "label"), 36);
        buf_printf(b, " %4lld of %lld\n", (long long)json_int(s, "done", 0), (long long)json_int(s, "total", 0));
    }
    JSON_EACH (k, json_get(page, "criteria"))
        buf_printf(b, "  %.*s %.*s: %.*s\n", STR_ARGS(json_text(k, "id")), STR_ARGS(json_text(k, "status_words")), STR_ARGS(json_text(k, "why")));
}

/* ---- import ---- */

static struct json *outside_json(struct cli_context *c, const struct outside *o, bool is_dry)
{
    struct json *v = json_object(c->arena);
    json_put_bool(v, "is_dry_run", is_dry);
    json_put_int(v, "answers", (int64_t)o->answers);
    json_put_int(v, "findings", (int64_t)o->findings);
    json_put_int(v, "same", (int64_t)o->same);
    json_put(v, "rows", o->rows);
    json_put(v, "problems", o->problems);
    return v;
}

static int problems_fail(const char *file, const struct outside *o)
{
    struct err e = {0};
    JSON_EACH (p, o->problems)
        fprintf(stderr, "assay: %s: row %lld: %.*s: %.*s\n", file, (long long)json_int(p, "row", 0), STR_ARGS(json_text(p, "column")), STR_ARGS(json_text(p, "why")));
    err_set(&e, ERR_INVALID, "%s: %zu problem%s, nothing is written", file, o->problems->count, o->problems->count == 1 ? "" : "s");
    return cli_fail(&e);
}

static int import_write(struct room_cli *g, const struct outside *o, struct err *e)
{
    struct cli_context *c = g->c;
    struct json *answer;
    if (!room_submit(g, o->changes, o->count, &answer, e))
        return cli_fail(e);
    if (c->json)
        return cli_print_json(outside_json(c, o, false));
    return cli_print(arena_printf(c->arena, "%zu gaps, %zu answers; %zu were here already\n", o->findings, o->answers, o->same));
}

static int import_run(struct room_cli *g)
{
    struct cli_context *c = g->c;
    struct err e = {0};
    struct str text;
    struct outside o;
    const char *by = cli_option(c, "by");
    if (c->argument_count != 2)
        return cli_wrong_use(c, "import takes one file, or - for what comes in");
    if (!cli_file_read(c, c->arguments[1], FILE_BYTES_MAX, &text, &e) || !outside_read(&g->view, text, str_of(by ? by : ""), &o, &e))
        return cli_fail(&e);
    if (o.problems->count && !c->json)
        return problems_fail(c->arguments[1], &o);
    if (o.problems->count || cli_flag(c, "dry-run")) {
        int status = c->json ? cli_print_json(outside_json(c, &o, true))
                             : cli_print(arena_printf(c->arena, "%zu gaps and %zu answers would be new; %zu are here already; nothing is written (--dry-run)\n", o.findings, o.answers, o.same));
        return status ? status : o.problems->count ? 2 : 0;
    }
    return o.count ? import_write(g, &o, &e) : cli_print(STR("nothing to import: all of it is here already\n"));
}

static int run(struct cli_context *c)
{
    struct room_cli g;
    struct err e = {0};
    struct register_filter all = {0};
    struct view_filter everything = {.per_page = 1000};
    const char *verb = c->argument_count > 0 ? c->arguments[0] : "list";
    if (!room_open(c, strcmp(verb, "import") == 0 && !cli_flag(c, "dry-run"), &g, &e))
        return cli_fail(&e);
    int status;
    if (strcmp(verb, "list") == 0)
        status = cli_show(c, view_register(&g.view, &g.shown, &everything, &all, &e), register_print, &e);
    else if (strcmp(verb, "plan") == 0)
        status = cli_show(c, view_plan(&g.view, &g.shown, &e), plan_print, &e);
    else if (strcmp(verb, "readiness") == 0)
        status = cli_show(c, view_progress(&g.view, &g.shown, &e), readiness_print, &e);
    else if (strcmp(verb, "completeness") == 0)
        status = cli_show(c, view_completeness(&g.view, &g.shown, &e), completeness_print, &e);
    else if (strcmp(verb, "import") == 0)
        status = import_run(&g);
    else
        status = cli_wrong_use(c, "'%s' is none of list, plan, readiness, completeness, import", verb);
    room_close(&g);
    return status;
}

static const struct cli_option options[] = {
    {"at", 0, "TIME", "list, plan, readiness, completeness: as it was known at TIME"},
    {"by", 0, "TEXT", "import: who assessed"},
    {"dry-run", 0, NULL, "import: say what would happen and write nothing"},
    {0},
};

const struct cli_command cli_command_gap = {
    .name = "gap",
    .summary = "gap analysis: the register, the plan, readiness since the baseline, completeness, imports",
    .usage = "[list] | plan | readiness | completeness | import FILE",
    .example = "assay gap import findings.csv --by \"Example LLP\" --dry-run",
    .options = options,
    .details = "list          the register of gaps, the most urgent first, with why each stands where it does\n"
               "plan          who closes which gap when, and when the window can begin\n"
               "readiness     how readiness moved since the baseline, and by what\n"
               "completeness  policies, controls, criteria and documents: what is there and what is missing\n"
               "import FILE   answers and findings of an outside assessment, CSV or JSON, all rows or none\n"
               "The questions are answered on the page Gaps, or with: assay record change answer",
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
