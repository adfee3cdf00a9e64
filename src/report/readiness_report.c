#include "report/readiness_report.h"
#include "report/view_internal.h"

static const char style[] =
    "@page{size:A4;margin:18mm 16mm}"
    ":root{--ink:#1b1f24;--soft:#5a636e;--line:#d5dae0;--pass:#1a7f4b;--fail:#b42318;--unknown:#8a5a00;--skip:#6b7280}"
    "*{box-sizing:border-box}body{font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Liberation "
    "Sans',sans-serif;color:var(--ink);"
    "background:#fff;max-width:920px;margin:0 auto;padding:32px 20px;font-variant-numeric:tabular-nums}"
    "h1{font-size:26px;line-height:1.2;margin:0 0 4px}h2{font-size:18px;margin:36px 0 8px;border-top:1px solid "
    "var(--line);padding-top:16px;break-after:avoid}"
    "h3{font-size:15px;margin:20px 0 4px;break-after:avoid}p{margin:0 0 8px}.soft{color:var(--soft)}"
    ".score{font-size:56px;line-height:1;font-weight:600}.score small{font-size:18px;font-weight:400;color:var(--soft)}"
    "table{border-collapse:collapse;width:100%;margin:4px 0 "
    "12px}th{font-weight:600;text-align:left;font-size:12px;color:var(--soft)}"
    "th,td{padding:4px 8px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}tr{break-inside:avoid}"
    "td.n,th.n{text-align:right}.id{white-space:nowrap}.s{white-space:nowrap}.pass .m{color:var(--pass)}.fail "
    ".m{color:var(--fail)}"
    ".unknown .m{color:var(--unknown)}.skip .m{color:var(--skip)}"
    ".strip{display:flex;gap:1px;margin:8px 0}.strip i{flex:1;height:18px;background:#eceff2}.strip "
    ".pass{background:var(--pass)}.strip .fail{background:var(--fail)}"
    ".strip .unknown{background:repeating-linear-gradient(45deg,#c9a15a 0 2px,#f3e3c3 2px 4px)}"
    "li{margin-bottom:6px}@media print{body{padding:0;max-width:none}.strip "
    "i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}";

static void text_put(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.size; i++)
        switch (s.data[i]) {
        case '&':
            buf_cstr(b, "&amp;");
            break;
        case '<':
            buf_cstr(b, "&lt;");
            break;
        case '>':
            buf_cstr(b, "&gt;");
            break;
        case '"':
            buf_cstr(b, "&quot;");
            break;
        default:
            buf_char(b, s.data[i]);
        }
}

static void member_put(struct buf *b, const struct json *o, const char *key)
{
    const struct json *v = json_get(o, key);
    if (v && (v->type == JSON_STRING || v->type == JSON_NUMBER))
        text_put(b, v->type == JSON_NUMBER && v->text.size == 0 ? json_text(o, key) : v->text);
    if (v && v->type == JSON_NUMBER && v->text.size == 0)
        buf_printf(b, "%lld", (long long)v->integer);
}

/* <p class=...>, with the text of several members between literal pieces: "{title} is {score}". */
static void sentence_put(struct buf *b, const char *format, const struct json *o)
{
    for (const char *p = format; *p;) {
        const char *open = strchr(p, '{'), *close = open ? strchr(open, '}') : NULL;
        if (!close) {
            buf_cstr(b, p);
            return;
        }
        char key[32];
        buf_append(b, p, (size_t)(open - p));
        snprintf(key, sizeof key, "%.*s", (int)(close - open - 1), open + 1);
        member_put(b, o, key);
        p = close + 1;
    }
}

static void status_put(struct buf *b, const struct json *o)
{
    static const char *const names[] = {"pass", "fail", "unknown", "skip"}, *const shapes[] = {"●", "■", "◌", "–"};
    struct str status = json_text(o, "status");
    for (size_t i = 0; i < 4; i++)
        if (str_is(status, names[i])) {
            buf_printf(b, "<td class=\"s %s\"><span class=m aria-hidden=true>%s</span> ", names[i], shapes[i]);
            member_put(b, o, "status_words");
            buf_cstr(b, "</td>");
        }
}

static void head_put(struct buf *b, const struct json *report)
{
    const struct json *overview = json_get(report, "overview"), *nav = json_get(overview, "nav"),
                      *readiness = json_get(overview, "readiness");
    const struct json *run = json_get(nav, "last_run");
    buf_printf(
        b,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width,initial-scale=1\">"
        "<title>SOC 2 readiness</title><style>%s</style><main><h1>SOC 2 readiness</h1><p class=soft>",
        style);
    member_put(b, nav, "origin");
    buf_cstr(b, ", as of ");
    member_put(b, json_get(report, "as_of"), "text");
    if (run && run->type == JSON_OBJECT) {
        buf_cstr(b, "; last evidence ");
        member_put(b, run, "text");
    }
    buf_cstr(b, "</p>");
    sentence_put(b, "<p class=score>{score}<small> of 100, {band_words}</small></p><p class=soft>{formula}", readiness);
    JSON_EACH (input, json_get(readiness, "inputs"))
        sentence_put(b, "; {name} = {value} ({words})", input);
    sentence_put(b, "</p><p>{machine_share} % of the evidence is machine-collected: {machine_share_words}.</p>", readiness);
    buf_cstr(b, "<p class=soft>What could not be observed is unknown, and unknown is never a pass. This is a signal for "
                "management, not an opinion.</p>");
}

/* Over a gap every control is unknown, explained or not. */
static void gaps_put(struct buf *b, const struct json *report)
{
    const struct json *gaps = json_get(report, "gaps");
    if (!gaps || !gaps->first)
        return;
    buf_cstr(b, "<h3>Gaps</h3><table><tr><th>State<th><th>Explanation<th class=n>Leaf</tr>");
    JSON_EACH (gap, gaps) {
        buf_cstr(b, "<tr>");
        status_put(b, gap);
        sentence_put(b, "<td>{words}<td>{explanation}<td class=n>", gap);
        if (json_int(gap, "leaf", -1) >= 0)
            member_put(b, gap, "leaf");
        buf_cstr(b, "</tr>");
    }
    buf_cstr(b, "</table>");
}

static void summary_put(struct buf *b, const struct json *report, const struct json *overview)
{
    buf_cstr(b, "<h2>Categories</h2><table><tr><th>Category<th class=n>Readiness<th>Band<th class=n>Criteria<th>In scope</tr>");
    JSON_EACH (c, json_get(overview, "categories")) {
        sentence_put(b, "<tr><td>{name}<td class=n>{score}<td>{band_words}<td class=n>{criteria}<td>", c);
        buf_cstr(b, json_bool(c, "in_scope") ? "yes</tr>" : "no</tr>");
    }
    buf_cstr(b, "</table><h3>The three worst criteria</h3><table><tr><th>Criterion<th><th class=n>Score<th>Why</tr>");
    JSON_EACH (c, json_path(overview, "readiness.worst"))
        sentence_put(b, "<tr><td class=id>{id}<td>{title}<td class=n>{score}<td>{why}</tr>", c);
    buf_cstr(b, "</table><h3>Blockers</h3><ul>");
    JSON_EACH (blocker, json_get(overview, "blockers"))
        sentence_put(b, "<li><strong>{text}</strong>: {why}. To do: {what}.", blocker);
    buf_cstr(b, "</ul><h3>What would change it</h3><ul>");
    JSON_EACH (change, json_path(overview, "readiness.would_change"))
        sentence_put(b, "<li>{text} <span class=soft>({effect})</span>", change);
    buf_cstr(b, "</ul>");
    const struct json *window = json_get(overview, "window");
    sentence_put(b, "<h2>The last {days} days</h2><p>{words}.</p><div class=strip role=img aria-label=\"{words}\">", window);
    JSON_EACH (cell, json_get(window, "cells"))
        sentence_put(b, "<i class=\"{state}\" title=\"{words}\"></i>", cell);
    sentence_put(b, "</div><p class=soft>{from} to {to}</p>", window);
    gaps_put(b, report);
}

static void tests_put(struct buf *b, const struct json *report, const char *status, const char *title)
{
    int count = 0;
    JSON_EACH (t, json_get(report, "tests")) {
        if (!str_is(json_text(t, "status"), status))
            continue;
        if (count++ == 0)
            buf_printf(b, "<h2>%s</h2><table><tr><th>Severity<th>Test<th><th class=n>Resources<th>Since<th>Controls</tr>", title);
        sentence_put(b, "<tr><td>{severity}<td class=id>{id}<td>{title}<td class=n>", t);
        member_put(b, t, status);
        buf_cstr(b, "<td class=id>");
        member_put(b, json_get(t, "since"), "date");
        buf_cstr(b, "<td>");
        JSON_EACH (control, json_get(t, "controls")) {
            text_put(b, control->text);
            buf_cstr(b, " ");
        }
        buf_cstr(b, "</tr>");
    }
    if (count)
        buf_cstr(b, "</table>");
}

static void criteria_put(struct buf *b, const struct json *report)
{
    buf_cstr(b, "<h2>Criteria</h2><table><tr><th>Criterion<th><th class=n>Score<th>State<th class=n>Key controls<th "
                "class=n>Failing<th>In scope</tr>");
    JSON_EACH (c, json_get(report, "criteria")) {
        sentence_put(b, "<tr><td class=id>{id}<td>{title}<td class=n>{score}", c);
        status_put(b, c);
        sentence_put(b, "<td class=n>{key}<td class=n>{failing}<td>", c);
        buf_cstr(b, json_bool(c, "in_scope") ? "yes</tr>" : "no</tr>");
    }
    buf_cstr(
        b,
        "</table><h2>Controls</h2><table><tr><th>Control<th><th class=n>Score<th>State<th>Model<th class=n>Tests<th>Owner</tr>");
    JSON_EACH (c, json_get(report, "controls")) {
        sentence_put(b, "<tr><td class=id>{id}<td>{title}<td class=n>{score}", c);
        status_put(b, c);
        sentence_put(b, "<td>{model_words}<td class=n>", c);
        member_put(b, json_get(c, "tests"), "total");
        sentence_put(b, "<td>none ({owner_role})</tr>", c);
    }
    buf_cstr(b, "</table>");
}

void readiness_report_html(const struct json *report, struct buf *out)
{
    const struct json *overview = json_get(report, "overview");
    head_put(out, report);
    summary_put(out, report, overview);
    tests_put(out, report, "fail", "What fails");
    tests_put(out, report, "unknown", "What is unknown");
    criteria_put(out, report);
    buf_cstr(out, "<h2>Evidence</h2>");
    sentence_put(out,
                 "<p>{captures} captures in {runs} runs; of the newest, {complete} tables were read completely, {partial} in "
                 "part, {none} not at all.</p>",
                 json_get(overview, "evidence"));
    buf_cstr(out, "<table><tr><th>Subject<th>System<th>Last run<th class=n>Pass<th class=n>Fail<th class=n>Unknown<th "
                  "class=n>Not applicable</tr>");
    JSON_EACH (s, json_get(overview, "subjects")) {
        sentence_put(out, "<tr><td>{name}<td>{os}<td class=id>", s);
        member_put(out, json_get(s, "last_run"), "text");
        sentence_put(out, "<td class=n>{pass}<td class=n>{fail}<td class=n>{unknown}<td class=n>{skip}</tr>", s);
    }
    buf_cstr(out, "</table><p class=soft>Every number here is computed from captured bytes in an append-only ledger. Check it "
                  "with: assay verify, assay reperform.</p></main></html>\n");
}

struct json *readiness_report(struct view *v, struct err *e)
{
    struct view_filter all = {.per_page = 1000}, by_id = {.per_page = 1000, .sort = STR("id")};
    struct json *overview = view_overview(v, e);
    struct json *criteria = overview ? view_criteria(v, &all, e) : NULL;
    struct json *controls = criteria ? view_controls(v, &by_id, e) : NULL;
    struct json *tests = controls ? view_tests(v, &all, e) : NULL;
    if (!tests)
        return NULL;
    static const char *const names[] = {"criteria", "controls", "tests"};
    struct json *pages[] = {criteria, controls, tests};
    struct json *report = json_object(v->arena);
    json_put_cstr(report, "kind", "readiness");
    struct json *as_of = ARENA_NEW(v->arena, struct json);
    *as_of = *json_get(overview, "as_of");
    as_of->next = NULL;
    json_put(report, "as_of", as_of);
    json_put(report, "overview", overview);
    const struct assessment *as = view_assessment(v, e);
    struct json *gaps = as ? json_put_array(report, "gaps") : NULL;
    for (size_t i = 0; as && i < as->gap_count; i++)
        push_gap(v, gaps, &as->gaps[i]);
    for (size_t i = 0; i < 3; i++) {
        struct json *rows = ARENA_NEW(v->arena, struct json);
        *rows = *json_get(pages[i], "rows");
        rows->next = NULL;
        json_put(report, names[i], rows);
    }
    return report;
}
