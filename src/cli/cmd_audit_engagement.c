/* assay audit open|list|show|begin|reach|after|firms|trend: engagements on a terminal. */
#include "assess/engagement_plan.h"
#include "base/times.h"
#include "cli/cmd_audit.h"
#include "cli/open_view.h"
#include "cli/room_cli.h"
#include "report/view_audit.h"

/* ---- printing ---- */

static void engagement_line(struct buf *b, const struct json *o)
{
    const struct json *state = json_get(o, "state");
    put_shape(b, json_text(state, "status"), false);
    buf_char(b, ' ');
    put_padded(b, json_text(o, "id"), 10);
    put_padded(b, json_text(o, "title"), 32);
    buf_printf(b, " %.*s, %.*s, %.*s%s%.*s\n", STR_ARGS(json_text(o, "kind_words")), STR_ARGS(json_text(state, "label")), STR_ARGS(json_text(o, "when")), json_text(o, "firm").size ? ", " : "",
               STR_ARGS(json_text(o, "firm")));
}

static void list_print(struct buf *b, const struct json *page)
{
    JSON_EACH (o, json_get(page, "rows"))
        engagement_line(b, o);
    if (!json_at(json_get(page, "rows"), 0))
        buf_cstr(b, "No engagement yet: assay audit open\n");
}

static void milestone_print(struct buf *b, const struct json *m)
{
    put_shape(b, json_text(m, "status"), false);
    buf_char(b, ' ');
    put_padded(b, json_text(m, "id"), 8);
    put_padded(b, json_text(m, "planned"), 11);
    put_padded(b, json_text(m, "actual").size ? json_text(m, "actual") : json_text(m, "forecast"), 11);
    buf_printf(b, "%.*s", STR_ARGS(json_text(m, "title")));
    if (json_text(m, "cause").size)
        buf_printf(b, ": +%lld, %.*s", (long long)json_int(m, "late_days", 0), STR_ARGS(json_text(m, "cause")));
    buf_char(b, '\n');
}

static void engagement_print(struct buf *b, const struct json *page)
{
    const struct json *scope = json_get(page, "scope"), *issue = json_get(page, "issue"), *begin = json_get(page, "begin");
    engagement_line(b, json_get(page, "engagement"));
    buf_printf(b, "%lld criteria, %lld controls: %lld key, %lld supporting, %lld compensating\n", (long long)json_int(scope, "criteria", 0), (long long)json_int(scope, "controls", 0),
               (long long)json_int(scope, "key", 0), (long long)json_int(scope, "supporting", 0), (long long)json_int(scope, "compensating", 0));
    if (json_bool(scope, "is_taken"))
        buf_printf(b, "scope of leaf %lld, %.12s%s; %zu records changed since\n", (long long)json_int(scope, "leaf", -1), json_text(scope, "digest").data,
                   json_bool(scope, "is_same") ? "" : " (computed again it is another)", json_get(scope, "changes")->count);
    if (json_bool(begin, "is_there") && !json_bool(begin, "is_allowed")) {
        buf_cstr(b, "planning cannot end: ");
        buf_str(b, json_text(begin, "why_not"));
        JSON_EACH (m, json_get(begin, "missing"))
            buf_printf(b, "%s%.*s", m == json_get(begin, "missing")->first && json_text(begin, "why_not").size == 0 ? "it lacks " : ", ", STR_ARGS(m->text));
        buf_char(b, '\n');
    }
    if (json_bool(issue, "is_known") && !json_bool(issue, "is_reached"))
        buf_printf(b, "report planned for %.*s, forecast for %.*s\n", STR_ARGS(json_text(issue, "planned")), STR_ARGS(json_text(issue, "forecast")));
    buf_cstr(b, "\n  id      planned    forecast   milestone\n");
    JSON_EACH (m, json_get(page, "milestones"))
        milestone_print(b, m);
    JSON_EACH (x, json_get(page, "carried"))
        buf_printf(b, "carried over: %.*s %.*s, %.*s\n", STR_ARGS(json_text(x, "id")), STR_ARGS(json_text(x, "title")), STR_ARGS(json_text(x, "status_words")));
}

static void firms_print(struct buf *b, const struct json *page)
{
    JSON_EACH (f, json_get(page, "rows")) {
        put_shape(b, json_text(json_get(f, "state"), "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(f, "id"), 10);
        put_padded(b, json_text(f, "name"), 32);
        if (json_bool(f, "is_scored"))
            buf_printf(b, " %3lld of 100", (long long)json_int(f, "score", 0));
        else
            buf_cstr(b, " not all asked");
        JSON_EACH (p, json_get(f, "problems"))
            buf_printf(b, "; %.*s", STR_ARGS(p->text));
        buf_char(b, '\n');
    }
    if (!json_at(json_get(page, "rows"), 0))
        buf_cstr(b, "No firm yet: assay record add auditor_candidate name=…\n");
}

static void trend_print(struct buf *b, const struct json *page)
{
    JSON_EACH (k, json_get(page, "columns"))
        buf_printf(b, "%.*s %.*s: readiness %lld, %lld exceptions, %lld deviations; %lld controls without exception, %lld with, %lld unknown\n", STR_ARGS(json_text(k, "id")), STR_ARGS(json_text(k, "when")),
                   (long long)json_int(k, "readiness", 0), (long long)json_int(k, "exceptions", 0), (long long)json_int(k, "deviations", 0), (long long)json_int(k, "operated", 0),
                   (long long)json_int(k, "failed", 0), (long long)json_int(k, "unknown", 0));
    JSON_EACH (r, json_get(page, "rows")) {
        put_padded(b, json_text(r, "id"), 12);
        JSON_EACH (x, json_get(r, "cells")) {
            put_shape(b, json_text(x, "status"), false);
            buf_char(b, ' ');
            put_padded(b, json_text(x, "status_words"), 26);
        }
        buf_char(b, '\n');
    }
}

static void after_print(struct buf *b, const struct json *page)
{
    const struct json *report = json_get(page, "report");
    engagement_line(b, json_get(page, "engagement"));
    struct str digest = json_text(report, "digest");
    if (json_text(report, "dated").size)
        buf_printf(b, "report dated %.*s, %s%.*s\n", STR_ARGS(json_text(report, "dated")), digest.size ? "SHA-256 " : "without a file", STR_ARGS(digest));
    JSON_EACH (o, json_get(report, "opinions"))
        buf_printf(b, "  on the %.*s: %.*s\n", STR_ARGS(json_text(o, "label")), STR_ARGS(json_text(o, "status_words")));
    JSON_EACH (x, json_get(page, "exceptions")) {
        put_shape(b, json_text(x, "status"), false);
        buf_printf(b, " %.*s %.*s: %.*s, %.*s\n", STR_ARGS(json_text(x, "id")), STR_ARGS(json_text(x, "control")), STR_ARGS(json_text(x, "title")), STR_ARGS(json_text(x, "status_words")));
    }
    const struct json *next = json_get(page, "next");
    if (json_text(next, "id").size)
        buf_printf(b, "followed by %.*s: %.*s to %.*s\n", STR_ARGS(json_text(next, "id")), STR_ARGS(json_text(next, "from")), STR_ARGS(json_text(next, "to")));
    else
        buf_printf(b, "the next window: %.*s to %.*s\n", STR_ARGS(json_text(page, "next_from")), STR_ARGS(json_text(page, "next_to")));
}

/* ---- verbs ---- */

static int open_run(struct room_cli *x)
{
    struct err e = {0};
    struct engagement_plan p;
    struct engagement before;
    struct record_change *changes;
    struct json *answer, *problems;
    size_t count;
    const char *after = cli_option(x->c, "after");
    bool ok = after ? engagement_read(x->view.db, x->c->arena, str_of(after), INT64_MAX, &before, &e) && plan_propose_after(x->view.db, x->c->arena, &before, &p, &e)
                    : plan_propose(x->view.db, x->c->arena, day_of(x->view.now_ms), &p, &e);
    static const char *const given[][2] = {{"title", "title"}, {"type", "kind"}, {"from", "from"}, {"to", "to"}, {"as-of", "as_of"}, {"firm", "firm"}, {"zone", "time_zone"}, {"owner", "owner"},
                                           {"short-reason", "short_reason"}, {"gap-reason", "gap_reason"}};
    for (size_t i = 0; ok && i < sizeof given / sizeof given[0]; i++)
        for (size_t k = 0; k < plan_field_count; k++)
            if (cli_option(x->c, given[i][0]) && strcmp(plan_fields[k].name, given[i][1]) == 0)
                *(struct str *)(void *)((char *)&p + plan_fields[k].offset) = str_of(cli_option(x->c, given[i][0]));
    if (ok && (str_is(p.kind, "1") || str_is(p.kind, "2")))
        p.kind = str_is(p.kind, "1") ? STR("type1") : STR("type2");
    problems = ok ? plan_problems(x->view.db, x->c->arena, &p, &e) : NULL;
    if (!problems)
        return cli_fail(&e);
    if (problems->count) {
        const struct json *first = json_at(problems, 0);
        bool is_short = str_is(json_text(first, "reason_field"), "short_reason");
        return cli_wrong_use(x->c, "%.*s: %.*s%s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")), !json_bool(first, "needs_reason") ? "" : is_short ? " (--short-reason)" : " (--gap-reason)");
    }
    if (!plan_changes(x->view.db, x->c->arena, &p, &changes, &count, &e) || !room_submit(x, changes, count, &answer, &e))
        return cli_fail(&e);
    struct str id = json_text(json_at(json_get(answer, "records"), 0), "id");
    struct view now = {.db = x->view.db, .arena = x->c->arena, .now_ms = env_now_ms(x->c->env)};
    return cli_show(x->c, view_open(&now, 0, &e) ? view_engagement(&now, &x->shown, id, &e) : NULL, engagement_print, &e);
}

static int move_run(struct room_cli *x, struct str id)
{
    struct err e = {0};
    struct engagement g;
    struct json *answer;
    struct record_change change = {.act = RECORD_MOVE, .set = json_object(x->c->arena)};
    if (!engagement_read(x->view.db, x->c->arena, id, INT64_MAX, &g, &e))
        return cli_fail(&e);
    if (strcmp(x->c->arguments[0], "begin") == 0) {
        int64_t leaf;
        char digest[65];
        if (!engagement_snapshot(&x->view, &x->shown, &leaf, digest, &e))
            return cli_fail(&e);
        change.type = STR("engagement");
        change.id = g.id;
        change.version = g.version;
        change.transition = STR("begin");
        json_put_int(change.set, "scope_leaf", leaf);
        json_put_str(change.set, "scope_digest", arena_str(x->c->arena, str_of(digest)));
    } else {
        const char *on = cli_option(x->c, "on");
        if (x->c->argument_count < 3)
            return cli_wrong_use(x->c, "reach takes an engagement and a milestone");
        change.type = STR("milestone");
        change.id = str_of(x->c->arguments[2]);
        change.transition = STR("reach");
        change.version = db_one_int(x->view.db, &e, 0, "select version from milestones where id = ?1 and engagement = ?2", A(change.id), A(g.id));
        if (!e.code && change.version == 0)
            err_set(&e, ERR_NOT_FOUND, "%.*s has no milestone %.*s", STR_ARGS(g.id), STR_ARGS(str_slice(change.id, 0, 40)));
        json_put_str(change.set, "actual_on", on ? str_of(on) : day_text(x->c->arena, day_of(x->view.now_ms)));
    }
    if (e.code || !room_submit(x, &change, 1, &answer, &e))
        return cli_fail(&e);
    struct view now = {.db = x->view.db, .arena = x->c->arena, .now_ms = env_now_ms(x->c->env)};
    return cli_show(x->c, view_open(&now, 0, &e) ? view_engagement(&now, &x->shown, g.id, &e) : NULL, engagement_print, &e);
}

static const char *const verbs[] = {"list", "firms", "trend", "open", "show", "after", "begin", "reach"};
enum { VERBS = sizeof verbs / sizeof verbs[0], VERB_OPEN = 3, VERB_SHOW = 4, VERB_BEGIN = 6 };

static int verb_of(const char *verb)
{
    for (int i = 0; i < VERBS; i++)
        if (strcmp(verb, verbs[i]) == 0)
            return i;
    return -1;
}

bool audit_engagement_is_verb(const char *verb)
{
    return verb_of(verb) >= 0;
}

int audit_engagement_run(struct cli_context *c)
{
    struct err e = {0};
    struct room_cli x;
    int verb = verb_of(c->arguments[0]), status;
    bool takes_id = verb >= VERB_SHOW;
    if (takes_id && c->argument_count < 2)
        return cli_wrong_use(c, "%s takes the id of an engagement: ENG-0001", c->arguments[0]);
    struct str id = str_of(takes_id ? c->arguments[1] : "");
    if (!room_open(c, verb == VERB_OPEN || verb >= VERB_BEGIN, &x, &e))
        status = cli_fail(&e);
    else if (verb == VERB_OPEN)
        status = open_run(&x);
    else if (verb >= VERB_BEGIN)
        status = move_run(&x, id);
    else if (verb == VERB_SHOW)
        status = cli_show(c, view_engagement(&x.view, &x.shown, id, &e), engagement_print, &e);
    else if (takes_id)
        status = cli_show(c, view_audit_after(&x.view, &x.shown, id, &e), after_print, &e);
    else if (verb == 0)
        status = cli_show(c, view_audit(&x.view, &x.shown, &e), list_print, &e);
    else
        status = verb == 1 ? cli_show(c, view_audit_firms(&x.view, &x.shown, &e), firms_print, &e) : cli_show(c, view_audit_trend(&x.view, &x.shown, &e), trend_print, &e);
    room_close(&x);
    return status;
}
