/* assay risk: the register, the map and one risk on a terminal; the library; what the schedule would do about risks, at once. */
#include "cli/open_view.h"
#include "cli/room_cli.h"
#include "report/risk_book.h"
#include "role/duties_once.h"

/* ---- printing ---- */

static void level_print(struct buf *b, const struct json *level)
{
    int64_t score = json_int(level, "score", 0);
    if (score)
        buf_printf(b, "%2lld %-9.*s ", (long long)score, STR_ARGS(json_text(level, "band_words")));
    else
        buf_cstr(b, " – not yet   ");
}

static void row_print(struct buf *b, const struct json *r)
{
    put_shape(b, json_text(r, "status"), false);
    buf_char(b, ' ');
    put_padded(b, json_text(r, "id"), 8);
    level_print(b, json_get(r, "inherent"));
    buf_cstr(b, "→ ");
    level_print(b, json_get(r, "residual"));
    put_padded(b, json_text(r, "name"), 56);
    buf_printf(b, " %.*s", STR_ARGS(json_text(json_get(r, "state"), "label")));
    if (json_text(json_get(r, "owner"), "name").size)
        buf_printf(b, "  %.*s", STR_ARGS(json_text(json_get(r, "owner"), "name")));
    buf_char(b, '\n');
    const struct json *reopened = json_get(r, "reopened");
    if (json_text(reopened, "why").size)
        buf_printf(b, "           again since %.*s: %.*s\n", STR_ARGS(json_text(reopened, "on")), STR_ARGS(json_text(reopened, "why")));
}

static void list_print(struct buf *b, const struct json *page)
{
    const struct json *sums = json_get(page, "sums");
    JSON_EACH (r, json_get(page, "rows"))
        row_print(b, r);
    if (json_int(sums, "all", 0) == 0)
        buf_cstr(b, "No risk yet.\n");
    else
        buf_printf(b, "%lld open; %lld above the appetite, %lld of them without treatment or acceptance; %lld proposed; %lld to be looked at again\n", (long long)json_int(sums, "open", 0),
                   (long long)json_int(sums, "above", 0), (long long)json_int(sums, "uncovered", 0), (long long)json_int(sums, "proposed", 0), (long long)json_int(sums, "review", 0));
    int64_t library = json_int(json_get(page, "library"), "count", 0);
    if (library)
        buf_printf(b, "%lld risks of the library for your categories are not in the register: assay risk adopt\n", (long long)library);
}

static void matrix_print(struct buf *b, const struct json *page)
{
    buf_printf(b, "%s\n", str_is(json_text(page, "by"), "inherent") ? "Without controls" : "With the controls as they are");
    JSON_EACH (row, json_get(json_get(page, "heat"), "rows")) {
        buf_printf(b, "likelihood %lld ", (long long)json_int(row, "l", 0));
        JSON_EACH (cell, json_get(row, "cells")) {
            int64_t count = json_int(cell, "count", 0);
            if (count)
                buf_printf(b, " %3lld %-2.*s", (long long)count, STR_ARGS(json_text(cell, "mark")));
            else
                buf_printf(b, "   · %-2.*s", STR_ARGS(json_text(cell, "mark")));
        }
        buf_char(b, '\n');
    }
    buf_cstr(b, "impact          1      2      3      4      5\n");
}

static void moves_print(struct buf *b, const struct json *history)
{
    JSON_EACH (m, json_get(history, "moves")) {
        buf_printf(b, "  %.*s %s from %lld to %lld", STR_ARGS(json_text(m, "date")), json_bool(m, "is_up") ? "rose" : "fell", (long long)json_int(m, "from", 0), (long long)json_int(m, "to", 0));
        JSON_EACH (w, json_get(m, "why"))
            buf_printf(b, "; %.*s", STR_ARGS(w->text));
        JSON_EACH (k, json_get(m, "controls"))
            buf_printf(b, "; %.*s: %.*s → %.*s", STR_ARGS(json_text(k, "id")), STR_ARGS(json_text(k, "from")), STR_ARGS(json_text(k, "to")));
        buf_char(b, '\n');
    }
}

static void one_print(struct buf *b, const struct json *page)
{
    const struct json *sums = json_get(page, "sums"), *covered = json_get(page, "covered_by");
    row_print(b, page);
    buf_printf(b, "appetite %.*s (%.*s)", STR_ARGS(json_text(page, "appetite_words")), STR_ARGS(json_text(page, "appetite_why")));
    if (json_text(covered, "words").size)
        buf_printf(b, "; %.*s %.*s", STR_ARGS(json_text(covered, "id")), STR_ARGS(json_text(covered, "words")));
    buf_char(b, '\n');
    JSON_EACH (k, json_get(page, "controls")) {
        put_shape(b, json_text(k, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(k, "id"), 8);
        put_padded(b, json_text(k, "title"), 44);
        buf_printf(b, " likelihood %.*s of %lld, impact %.*s of %lld: %.*s\n", STR_ARGS(json_text(k, "l_now")), (long long)json_int(k, "l", 0), STR_ARGS(json_text(k, "i_now")),
                   (long long)json_int(k, "i", 0), STR_ARGS(json_text(k, "why")));
    }
    if (json_int(json_get(page, "residual"), "score", 0))
        buf_printf(b, "likelihood %.*s, impact %.*s\n", STR_ARGS(json_text(sums, "l_words")), STR_ARGS(json_text(sums, "i_words")));
    moves_print(b, json_get(page, "over_time"));
}

static void history_print(struct buf *b, const struct json *page)
{
    const struct json *history = json_get(page, "history");
    JSON_EACH (p, json_get(history, "points"))
        buf_printf(b, "%.*s %lld × %lld = %2lld %.*s\n", STR_ARGS(json_text(p, "date")), (long long)json_int(p, "l", 0), (long long)json_int(p, "i", 0), (long long)json_int(p, "score", 0),
                   STR_ARGS(json_text(p, "band")));
    moves_print(b, history);
}

static void campaign_print(struct buf *b, const struct json *page)
{
    const struct json *progress = json_get(page, "progress");
    buf_printf(b, "%.*s %.*s: %.*s, %lld of %lld risks looked at\n", STR_ARGS(json_text(page, "id")), STR_ARGS(json_text(page, "name")), STR_ARGS(json_text(json_get(page, "state"), "label")),
               (long long)json_int(progress, "done", 0), (long long)json_int(progress, "all", 0));
    JSON_EACH (m, json_get(page, "mandatory"))
        buf_printf(b, "  %.*s: %.*s\n", STR_ARGS(json_text(m, "words")), STR_ARGS(json_text(m, "status_words")));
    JSON_EACH (r, json_get(page, "rows")) {
        const struct json *line = json_get(r, "line");
        if (json_text(line, "on").size)
            buf_printf(b, "  %.*s %.*s %.*s: %lld without controls, %lld remained\n", STR_ARGS(json_text(line, "on")), STR_ARGS(json_text(r, "id")), STR_ARGS(json_text(r, "name")),
                       (long long)json_int(json_get(line, "inherent"), "score", 0), (long long)json_int(json_get(line, "residual"), "score", 0));
    }
}

static void method_print(struct buf *b, const struct json *page)
{
    JSON_EACH (s, json_get(page, "scale"))
        buf_printf(b, "%lld  %.*s in a year; %.*s; %.*s; %.*s; %.*s\n", (long long)json_int(s, "level", 0), STR_ARGS(json_text(s, "likelihood")), STR_ARGS(json_text(s, "service")),
                   STR_ARGS(json_text(s, "money")), STR_ARGS(json_text(s, "people")), STR_ARGS(json_text(s, "law")));
    JSON_EACH (band, json_get(page, "bands"))
        buf_printf(b, "%.*s %.*s\n", STR_ARGS(json_text(band, "range")), STR_ARGS(json_text(band, "words")));
    JSON_EACH (s, json_get(page, "effects"))
        buf_printf(b, "a control that is \"%.*s\" counts %.*s\n", STR_ARGS(json_text(s, "status_words")), STR_ARGS(json_text(s, "counts")));
    buf_printf(b, "appetite: %.*s; %.*s for confidentiality and privacy\n", STR_ARGS(json_text(page, "appetite_words")), STR_ARGS(json_text(page, "appetite_sensitive_words")));
}

/* ---- writing ---- */

static int adopt(struct room_cli *g)
{
    struct cli_context *c = g->c;
    struct err e = {0};
    size_t count, *places = arena_array(c->arena, content_risk_count + 1, sizeof *places);
    if (!risk_library_open(&g->view, places, &count, &e))
        return cli_fail(&e);
    if (count == 0)
        return c->json ? cli_print_json(json_object(c->arena)) : cli_print(STR("nothing to adopt: the library's risks for your categories are in the register\n"));
    struct record_change *changes = arena_array(c->arena, count, sizeof *changes);
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct record_change){.type = STR("risk"), .act = RECORD_CREATE, .set = risk_library_values(c->arena, &content_risks[places[i]])};
    struct json *answer;
    if (!room_submit(g, changes, count, &answer, &e))
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(answer);
    return cli_print(arena_printf(c->arena, "%zu risks adopted as proposals: each counts once somebody has decided it\n", count));
}

static int check(struct room_cli *g)
{
    struct err e = {0};
    int64_t today;
    int hour;
    size_t done;
    if (!local_date(g->records.db, g->records.now_ms, &today, &hour, &e) || !risks_submit(g->keeper, g->records.db, g->c->env, today, NULL, &done, &e))
        return cli_fail(&e);
    if (g->c->json) {
        struct json *o = json_object(g->c->arena);
        json_put_int(o, "changes", (int64_t)done);
        return cli_print_json(o);
    }
    return cli_print(done ? arena_printf(g->c->arena, "%zu changes made\n", done) : STR("nothing was due\n"));
}

/* ---- the command ---- */

static int one(struct room_cli *g, const char *verb)
{
    struct cli_context *c = g->c;
    struct err e = {0};
    if (c->argument_count != 2)
        return cli_wrong_use(c, "%s takes one id", verb);
    struct str id = str_of(c->arguments[1]);
    if (strcmp(verb, "show") == 0)
        return cli_show(c, view_risk_one(&g->view, &g->shown, id, &e), one_print, &e);
    if (strcmp(verb, "history") == 0)
        return cli_show(c, view_risk_history(&g->view, &g->shown, id, &e), history_print, &e);
    return cli_show(c, view_risk_campaign(&g->view, &g->shown, id, &e), campaign_print, &e);
}

static struct str option_text(struct cli_context *c, const char *name)
{
    const char *value = cli_option(c, name);
    return value ? str_of(value) : STR("");
}

static int run(struct cli_context *c)
{
    static const char *const verbs[] = {"list", "matrix", "method", "show", "history", "campaign", "adopt", "check"};
    struct room_cli g;
    struct err e = {0};
    const char *verb = c->argument_count > 0 ? c->arguments[0] : "list";
    bool is_known = false, writes = strcmp(verb, "adopt") == 0 || strcmp(verb, "check") == 0;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        is_known |= strcmp(verb, verbs[i]) == 0;
    if (!is_known)
        return cli_wrong_use(c, "'%s' is none of list, matrix, method, show, history, campaign, adopt, check", verb);
    struct view_filter everything = {.per_page = 1000, .group = option_text(c, "category")};
    struct risk_filter more = {.by = option_text(c, "by"), .band = option_text(c, "band"), .need = option_text(c, "need"), .state = option_text(c, "state")};
    if (!room_open(c, writes, &g, &e))
        return cli_fail(&e);
    int status;
    if (strcmp(verb, "list") == 0)
        status = cli_show(c, view_risks(&g.view, &g.shown, &everything, &more, &e), list_print, &e);
    else if (strcmp(verb, "matrix") == 0)
        status = cli_show(c, view_risks(&g.view, &g.shown, &everything, &more, &e), matrix_print, &e);
    else if (strcmp(verb, "method") == 0)
        status = cli_show(c, view_risk_method(&g.view, &g.shown, &e), method_print, &e);
    else
        status = strcmp(verb, "adopt") == 0 ? adopt(&g) : strcmp(verb, "check") == 0 ? check(&g) : one(&g, verb);
    room_close(&g);
    return status;
}

static const struct cli_option options[] = {
    {"at", 0, "TIME", "as it was at TIME"},
    {"by", 0, "WHAT", "matrix: inherent, without controls; else with the controls as they are"},
    {"category", 0, "ID", "list, matrix: fraud, vendor, change, …"},
    {"band", 0, "BAND", "list, matrix: low, moderate, high, very_high"},
    {"need", 0, "NEED", "list, matrix: nothing, covered, treatment, values"},
    {"state", 0, "STATE", "list, matrix: proposed, assessed, review, closed"},
    {0},
};

const struct cli_command cli_command_risk = {
    .name = "risk",
    .summary = "risks: the register, the map, one risk with its controls as they live, the library",
    .usage = "[list] | matrix | method | show ID | history ID | campaign ID | adopt | check",
    .example = "assay risk list --need treatment",
    .options = options,
    .details = "list         the register, what remains greatest first, with what each needs\n"
               "matrix       how many risks at each likelihood and impact\n"
               "method       the scale, the bands, what controls count, the appetite\n"
               "show ID      one risk: its controls, what remains and how that moved\n"
               "history ID   what remained, day by day, and why it moved\n"
               "campaign ID  an assessment: what was looked at, with its values of then\n"
               "adopt        take the library's risks for your categories into the register, as proposals\n"
               "check        do at once what the schedule does: end acceptances, open risks again, give their owners a task\n"
               "A risk is written and decided with: assay record add|change|move risk",
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
