/* cmd_status.c - where we stand, on one screen: readiness, what fails, what is unknown, what to do next. */
#include "cli/open_view.h"

enum { FAILING_SHOWN = 12, UNKNOWN_SHOWN = 6, LABEL_WIDTH = 12 };

static const struct cli_option options[] = {
    {"at", 0, "TIME", "as it was known at TIME (2026-11-21T10:00:00Z, now-3d)"},
    {"all", 'a', NULL, "list every failing and unknown test, not the first few"},
    {0},
};

struct screen {
    struct buf b;
    bool has_colour;
};

static void label(struct screen *s, const char *text)
{
    if (s->has_colour)
        buf_cstr(&s->b, "\033[1m");
    put_padded(&s->b, str_of(text), LABEL_WIDTH);
    if (s->has_colour)
        buf_cstr(&s->b, "\033[0m");
}

static void heading(struct screen *s, const char *text)
{
    buf_printf(&s->b, "%s%s%s\n", s->has_colour ? "\033[1m" : "", text, s->has_colour ? "\033[0m" : "");
}

static struct str number_text(const struct json *o, const char *key)
{
    const struct json *n = json_get(o, key);
    return n ? n->text : STR("");
}

/* "3 h" is told as "3 h ago", "now" as it is. */
static const char *ago_word(const struct json *time)
{
    return str_is(json_text(time, "ago"), "now") ? "" : " ago";
}

static void heading_put(struct screen *s, const struct json *page)
{
    const struct json *nav = json_get(page, "nav"), *as_of = json_get(page, "as_of"), *run = json_get(nav, "last_run");
    buf_printf(&s->b, "%.*s\n", STR_ARGS(json_text(nav, "origin")));
    if (json_bool(as_of, "is_past"))
        buf_printf(&s->b, "as it was known at %.*s\n", STR_ARGS(json_text(as_of, "text")));
    if (!run || run->type != JSON_OBJECT)
        buf_cstr(&s->b, "nothing has been captured yet\n");
    else
        buf_printf(&s->b, "last run %.*s, %.*s%s%s\n", STR_ARGS(json_text(run, "text")), STR_ARGS(json_text(run, "ago")), ago_word(run),
                   json_bool(nav, "is_stale") ? " (stale: what it saw is unknown now)" : "");
    buf_char(&s->b, '\n');
}

static void warnings_put(struct screen *s, const struct json *page)
{
    const char *name = "Warning";
    JSON_EACH (w, json_get(page, "warnings")) {
        label(s, name);
        name = "";
        put_shape(&s->b, STR("unknown"), s->has_colour);
        buf_printf(&s->b, " %.*s: %.*s\n", STR_ARGS(json_text(w, "text")), STR_ARGS(json_text(w, "why")));
        label(s, "");
        buf_printf(&s->b, "  on the copy: %.*s\n", STR_ARGS(json_text(w, "command")));
    }
    if (!*name)
        buf_char(&s->b, '\n');
}

static void readiness_put(struct screen *s, const struct json *page)
{
    const struct json *r = json_get(page, "readiness");
    label(s, "Readiness");
    put_shape(&s->b, json_text(r, "status"), s->has_colour);
    buf_printf(&s->b, " %lld of 100, %.*s", (long long)json_int(r, "score", 0), STR_ARGS(json_text(r, "band_words")));
    buf_printf(&s->b, "   (%.*s", STR_ARGS(json_text(r, "formula")));
    JSON_EACH (input, json_get(r, "inputs"))
        buf_printf(&s->b, "; %.*s %.*s", STR_ARGS(json_text(input, "name")), STR_ARGS(json_text(input, "value")));
    buf_cstr(&s->b, ")\n");
    JSON_EACH (c, json_get(page, "categories")) {
        label(s, "");
        put_padded(&s->b, json_text(c, "name"), 24);
        buf_printf(&s->b, "%3lld%s\n", (long long)json_int(c, "score", 0), json_bool(c, "in_scope") ? "" : "   not in scope");
    }
    const char *name = "Worst";
    JSON_EACH (c, json_get(r, "worst")) {
        label(s, name);
        name = "";
        put_shape(&s->b, json_text(c, "status"), s->has_colour);
        buf_char(&s->b, ' ');
        put_padded(&s->b, json_text(c, "id"), 7);
        put_padded(&s->b, number_text(c, "score"), 7);
        put_padded(&s->b, json_text(c, "title"), 34);
        buf_printf(&s->b, "  %.*s\n", STR_ARGS(json_text(c, "why")));
    }
    const struct json *anchor = json_get(page, "anchor");
    label(s, "Anchored");
    put_shape(&s->b, json_text(anchor, "status"), s->has_colour);
    buf_printf(&s->b, " %.*s\n", STR_ARGS(json_text(anchor, "words")));
    label(s, "Evidence");
    buf_printf(&s->b, "%lld %% by machine: %.*s\n", (long long)json_int(r, "machine_share", 0),
               STR_ARGS(json_text(r, "machine_share_words")));
}

static void counts_put(struct screen *s, const struct json *page)
{
    static const char *const names[] = {"pass", "fail", "unknown", "skip"};
    static const char *const words[] = {"pass", "fail", "unknown", "not applicable"};
    const struct json *tests = json_get(page, "tests");
    label(s, "Tests");
    for (size_t i = 0; i < 4; i++) {
        put_shape(&s->b, str_of(names[i]), s->has_colour);
        buf_printf(&s->b, " %lld %s   ", (long long)json_int(tests, names[i], 0), words[i]);
    }
    buf_char(&s->b, '\n');
    label(s, "Controls");
    JSON_EACH (state, json_path(page, "controls.states")) {
        put_shape(&s->b, json_text(state, "status"), s->has_colour);
        buf_printf(&s->b, " %lld %.*s   ", (long long)json_int(state, "count", 0), STR_ARGS(json_text(state, "words")));
    }
    buf_char(&s->b, '\n');
    const struct json *window = json_get(page, "window");
    label(s, "Window");
    JSON_EACH (cell, json_get(window, "cells")) {
        struct str state = json_text(cell, "state");
        if (str_is(state, "none"))
            buf_cstr(&s->b, "·");
        else
            put_shape(&s->b, state, s->has_colour);
    }
    buf_char(&s->b, '\n');
    label(s, "");
    buf_printf(&s->b, "%.*s to %.*s: %.*s\n", STR_ARGS(json_text(window, "from")), STR_ARGS(json_text(window, "to")),
               STR_ARGS(json_text(window, "words")));
}

static void gaps_put(struct screen *s, const struct json *page)
{
    const struct json *gaps = json_get(page, "gaps");
    const char *name = "Gaps";
    JSON_EACH (gap, json_get(gaps, "newest")) {
        label(s, name);
        name = "";
        put_shape(&s->b, STR("unknown"), s->has_colour);
        struct str words = json_text(gap, "words"), why = json_text(gap, "explanation");
        buf_printf(&s->b, " %.*s%s%.*s\n", STR_ARGS(words), why.size ? "; explained: " : "", STR_ARGS(why));
    }
    int64_t more = json_int(gaps, "count", 0) - (int64_t)(json_get(gaps, "newest") ? json_get(gaps, "newest")->count : 0);
    if (more > 0) {
        label(s, "");
        buf_printf(&s->b, "and %lld more: assay record gaps\n", (long long)more);
    }
}

static void blockers_put(struct screen *s, const struct json *page)
{
    const char *name = "Blockers";
    JSON_EACH (blocker, json_get(page, "blockers")) {
        label(s, name);
        name = "";
        put_shape(&s->b, STR("fail"), s->has_colour);
        buf_printf(&s->b, " %.*s\n", STR_ARGS(json_text(blocker, "text")));
    }
}

static void tests_put(struct screen *s, const struct json *tests, const char *status, const char *title, int64_t shown)
{
    int64_t count = 0;
    JSON_EACH (t, json_get(tests, "rows"))
        count += str_is(json_text(t, "status"), status);
    if (count == 0)
        return;
    buf_char(&s->b, '\n');
    heading(s, title);
    int64_t number = 0;
    JSON_EACH (t, json_get(tests, "rows")) {
        if (!str_is(json_text(t, "status"), status) || ++number > shown)
            continue;
        buf_cstr(&s->b, "  ");
        put_shape(&s->b, json_text(t, "status"), s->has_colour);
        buf_char(&s->b, ' ');
        put_padded(&s->b, json_text(t, "severity"), 9);
        put_padded(&s->b, json_text(t, "id"), 30);
        buf_char(&s->b, ' ');
        put_padded(&s->b, json_text(t, "title"), 56);
        int64_t found = json_int(t, status, 0);
        struct str ago = json_text(json_get(t, "since"), "ago");
        if (found > 0)
            buf_printf(&s->b, " %5lld", (long long)found);
        if (ago.size > 0)
            buf_printf(&s->b, "  since %.*s", STR_ARGS(ago));
        buf_char(&s->b, '\n');
    }
    if (number > shown)
        buf_printf(&s->b, "  and %lld more: assay status --all\n", (long long)(number - shown));
}

static void changes_put(struct screen *s, const struct json *page)
{
    JSON_EACH (change, json_get(page, "broke")) {
        if (change == json_get(page, "broke")->first) {
            buf_char(&s->b, '\n');
            heading(s, "Broke since yesterday");
        }
        buf_cstr(&s->b, "  ");
        put_shape(&s->b, STR("fail"), s->has_colour);
        buf_printf(&s->b, " %.*s on %.*s, %.*s%s: %.*s\n", STR_ARGS(json_text(json_get(change, "test"), "id")),
                   STR_ARGS(json_text(json_get(change, "subject"), "name")),
                   STR_ARGS(json_text(json_get(change, "since"), "ago")), ago_word(json_get(change, "since")), STR_ARGS(json_text(change, "reason")));
    }
}

static void next_put(struct screen *s, const struct json *page)
{
    buf_char(&s->b, '\n');
    heading(s, "Next");
    JSON_EACH (step, json_get(page, "next")) {
        buf_printf(&s->b, "  %lld. %.*s\n", (long long)json_int(step, "rank", 0), STR_ARGS(json_text(step, "text")));
        struct str command = json_text(step, "command"), why = json_text(step, "why");
        if (why.size > 0)
            buf_printf(&s->b, "     %.*s\n", STR_ARGS(why));
        if (command.size > 0)
            buf_printf(&s->b, "     $ %.*s\n", STR_ARGS(command));
    }
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    if (!open_view(c, "at", &o, &e))
        return cli_fail(&e);
    struct view_filter everything = {.per_page = 1000};
    /* One snapshot for all of it, and one lock instead of one a query. */
    struct json *page = db_begin(o.view.db, &e) ? view_overview(&o.view, &e) : NULL;
    struct json *tests = page && !c->json ? view_tests(&o.view, &everything, &e) : NULL;
    int status;
    if (!page || (!tests && !c->json)) {
        status = cli_fail(&e);
    } else if (c->json) {
        status = cli_print_json(page);
    } else {
        struct screen s = {.has_colour = cli_has_colour()};
        bool is_all = cli_flag(c, "all");
        buf_init(&s.b, 16 << 20);
        heading_put(&s, page);
        warnings_put(&s, page);
        readiness_put(&s, page);
        counts_put(&s, page);
        gaps_put(&s, page);
        blockers_put(&s, page);
        changes_put(&s, page);
        tests_put(&s, tests, "fail", "Failing", is_all ? INT64_MAX : FAILING_SHOWN);
        tests_put(&s, tests, "unknown", "Unknown", is_all ? INT64_MAX : UNKNOWN_SHOWN);
        next_put(&s, page);
        status = cli_print(buf_view(&s.b));
        buf_release(&s.b);
    }
    close_view(&o);
    return status;
}

const struct cli_command cli_command_status = {
    .name = "status",
    .summary = "where we stand: readiness, what fails, what is unknown, what to do next",
    .usage = "[--at TIME] [--all] [--json]",
    .example = "assay status --at now-7d",
    .options = options,
    .details = "● pass, ■ fail, ◌ unknown, – not applicable. Unknown is whatever could not be observed; it is never a pass.\n"
               "--json prints what the Overview page shows.",
    .has_json = true,
    .run = run,
};
