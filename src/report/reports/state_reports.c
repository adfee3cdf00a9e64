/* state_reports.c - reports of where we stand: readiness, gaps, risks, statement of applicability, summary for the board. */
#include "report/readiness_report.h"
#include "report/reports/internal.h"
#include "report/view_risk.h"
#include "report/view_room.h"

enum { BOARD_RISKS = 8, BOARD_GAPS = 10, BOARD_INCIDENTS = 10, BOARD_INCIDENT_DAYS = 365, DETAILS_MAX = 300, BLOCKER_IDS = 12, SAME_REASON_MIN = 5 };

static struct str member(const struct json *o, const char *key)
{
    const struct json *v = json_get(o, key);
    if (!v)
        return STR("");
    if (v->type == JSON_NUMBER && v->text.size == 0)
        return arena_printf(o->arena, "%lld", (long long)v->integer);
    return v->type == JSON_STRING || v->type == JSON_NUMBER ? v->text : STR("");
}

static void cell_of(struct json *row, const struct json *o, const char *key)
{
    report_cell(row, member(o, key));
}

static void cell_state(struct json *row, const struct json *o)
{
    report_cell_status(row, arena_str(row->arena, json_text(o, "status")).data, json_text(o, "status_words"));
}

static struct json *cover_new(struct report *r, const char *subtitle, bool is_long)
{
    struct json *cover = json_put_object(r->document, "cover"), *lines;
    json_put_str(cover, "title", str_of(r->kind->label));
    json_put_cstr(cover, "subtitle", subtitle);
    lines = json_put_array(cover, "lines");
    json_push_str(lines, report_company(r));
    json_push_str(lines, arena_printf(r->a, "As of %.*s", STR_ARGS(json_text(json_get(r->page, "as_of"), "text"))));
    json_put_str(r->document, "footer", STR("Computed from an append-only ledger; check it with: assay verify, assay reperform."));
    if (is_long)
        json_put_int(r->document, "contents", 2);
    return lines;
}

/* "2026-06-30", and whether that is over. */
static void cell_due(struct report *r, struct json *row, struct str day)
{
    report_cell(row, day.size && report_day(day, INT64_MAX) < day_of(r->v->at_ms) ? arena_printf(r->a, "%.*s, past", STR_ARGS(day)) : day);
}

/* "2 key controls are not implemented yet (CHG-01, CHG-02)" */
static struct str blocker_text(struct report *r, const struct json *blocker)
{
    struct json *ids = json_array(r->a);
    int64_t more = json_int(blocker, "count", 0);
    JSON_EACH (item, json_get(blocker, "items")) {
        if (ids->count == BLOCKER_IDS)
            break;
        json_push_str(ids, json_text(item, "id"));
        more--;
    }
    if (ids->count == 0)
        return member(blocker, "text");
    return arena_printf(r->a, more > 0 ? "%.*s (%.*s and %lld more)" : "%.*s (%.*s)", STR_ARGS(member(blocker, "text")), STR_ARGS(report_join(r->a, ids, ", ")), (long long)more);
}

/* ---- readiness ---- */

static void readiness_head(struct report *r, const struct json *overview)
{
    const struct json *x = json_get(overview, "readiness");
    report_heading(r, 1, STR("Where we stand"), "stand");
    struct json *facts = print_block(r->document, "facts");
    print_fact(facts, STR("Readiness"), arena_printf(r->a, "%.*s of 100: %.*s", STR_ARGS(member(x, "score")), STR_ARGS(member(x, "band_words"))));
    print_fact(facts, STR("Formula"), member(x, "formula"));
    JSON_EACH (input, json_get(x, "inputs"))
        print_fact(facts, member(input, "name"), arena_printf(r->a, "%.*s (%.*s)", STR_ARGS(member(input, "value")), STR_ARGS(member(input, "words"))));
    print_fact(facts, STR("Read by machine"), arena_printf(r->a, "%.*s %% of the evidence: %.*s", STR_ARGS(member(x, "machine_share")), STR_ARGS(member(x, "machine_share_words"))));
    print_fact(facts, STR("Last evidence"), member(json_path(overview, "nav.last_run"), "text"));
    report_small(r, "What could not be observed is unknown, and unknown is never a pass. This is a signal for management, not an opinion.");
    struct json *t = report_table(r, STR("Categories"), "Category|>Readiness|State|>Criteria|In scope");
    JSON_EACH (c, json_get(overview, "categories")) {
        struct json *row = print_row(t);
        cell_of(row, c, "name");
        cell_of(row, c, "score");
        cell_of(row, c, "band_words");
        cell_of(row, c, "criteria");
        report_cell(row, json_bool(c, "in_scope") ? STR("yes") : STR("no"));
    }
    t = report_table(r, STR("The worst criteria"), "Criterion|Title|>Score|Why");
    JSON_EACH (c, json_get(x, "worst")) {
        struct json *row = print_row(t);
        cell_of(row, c, "id");
        cell_of(row, c, "title");
        cell_of(row, c, "score");
        cell_of(row, c, "why");
    }
}

static void readiness_steps(struct report *r, const struct json *overview)
{
    const struct json *x = json_get(overview, "readiness");
    report_heading(r, 2, STR("Blockers"), "blockers");
    if (!json_get(overview, "blockers")->first)
        report_say(r, "None.");
    struct json *list = json_put_array(print_block(r->document, "list"), "items");
    JSON_EACH (b, json_get(overview, "blockers")) {
        struct json *runs = json_push(list, json_array(r->a)), *bold = json_push_object(runs);
        json_put_str(bold, "text", blocker_text(r, b));
        json_put_bool(bold, "bold", true);
        json_push_str(runs, arena_printf(r->a, ": %.*s. To do: %.*s.", STR_ARGS(member(b, "why")), STR_ARGS(member(b, "what"))));
    }
    if (!json_get(x, "would_change")->first)
        return;
    report_heading(r, 2, STR("What would change it"), "change");
    list = json_put_array(print_block(r->document, "list"), "items");
    JSON_EACH (c, json_get(x, "would_change"))
        json_push_str(list, arena_printf(r->a, "%.*s (%.*s)", STR_ARGS(member(c, "text")), STR_ARGS(member(c, "effect"))));
}

/* One cell a day, as a figure. */
static void window_figure(struct report *r, const struct json *window)
{
    static const char *const states[] = {"pass", "fail", "unknown", "none"}, *const colours[] = {"#1a7f4b", "#b42318", "#c9a15a", "#eceff2"};
    int64_t days = 0, at = 0;
    JSON_EACH (cell, json_get(window, "cells"))
        days++;
    report_heading(r, 2, arena_printf(r->a, "The last %lld days", (long long)days), "days");
    if (days == 0)
        return;
    struct json *f = print_block(r->document, "figure");
    json_put_int(f, "width", 480);
    json_put_int(f, "height", 22);
    json_put_str(f, "alt", arena_printf(r->a, "%.*s to %.*s: %.*s", STR_ARGS(member(window, "from")), STR_ARGS(member(window, "to")), STR_ARGS(member(window, "words"))));
    struct json *shapes = json_put_array(f, "shapes");
    JSON_EACH (cell, json_get(window, "cells")) {
        struct json *s = json_push_object(shapes);
        json_put_cstr(s, "kind", "rect");
        json_put_int(s, "x", at * 4800 / days);
        json_put_int(s, "y", 0);
        json_put_int(s, "w", 4800 / days - 6);
        json_put_int(s, "h", 200);
        for (size_t i = 0; i < 4; i++)
            if (str_is(member(cell, "state"), states[i]))
                json_put_cstr(s, "fill", colours[i]);
        at++;
    }
}

static void gaps_of_record(struct report *r, const struct json *gaps)
{
    if (!gaps || !gaps->first)
        return;
    struct json *t = report_table(r, STR("Times without a record"), "State|What|Explanation|>Leaf");
    JSON_EACH (g, gaps) {
        struct json *row = print_row(t);
        cell_state(row, g);
        cell_of(row, g, "words");
        cell_of(row, g, "explanation");
        report_cell(row, json_int(g, "leaf", -1) >= 0 ? member(g, "leaf") : STR(""));
    }
}

static void tests_put(struct report *r, const struct json *tests, const char *status, const char *title, const char *id)
{
    struct json *t = NULL;
    JSON_EACH (x, tests) {
        if (!str_is(json_text(x, "status"), status))
            continue;
        if (!t) {
            report_heading(r, 1, str_of(title), id);
            t = report_table(r, str_of(title), "Severity|Test|Title:34|>Resources|Since|Controls");
        }
        struct json *row = print_row(t);
        cell_of(row, x, "severity");
        cell_of(row, x, "id");
        cell_of(row, x, "title");
        cell_of(row, x, status);
        cell_of(row, json_get(x, "since"), "date");
        report_cell(row, report_join(r->a, json_get(x, "controls"), " "));
    }
}

static void readiness_lists(struct report *r, const struct json *data)
{
    report_heading(r, 1, STR("Criteria"), "criteria");
    struct json *t = report_table(r, STR("Criteria"), "Criterion|Title:40|>Score|State|>Key|>Failing|In scope");
    JSON_EACH (c, json_get(data, "criteria")) {
        struct json *row = print_row(t);
        cell_of(row, c, "id");
        cell_of(row, c, "title");
        cell_of(row, c, "score");
        cell_state(row, c);
        cell_of(row, c, "key");
        cell_of(row, c, "failing");
        report_cell(row, json_bool(c, "in_scope") ? STR("yes") : STR("no"));
    }
    report_heading(r, 1, STR("Controls"), "controls");
    t = report_table(r, STR("Controls"), "Control|Title:34|>Score|State|Kind|>Tests|Owner");
    JSON_EACH (c, json_get(data, "controls")) {
        struct json *row = print_row(t);
        struct str owner = member(c, "owner");
        cell_of(row, c, "id");
        cell_of(row, c, "title");
        cell_of(row, c, "score");
        cell_state(row, c);
        cell_of(row, c, "model_words");
        cell_of(row, json_get(c, "tests"), "total");
        report_cell(row, owner.size ? owner : arena_printf(r->a, "none (%.*s)", STR_ARGS(member(c, "owner_role"))));
    }
}

static void readiness_evidence(struct report *r, const struct json *overview)
{
    const struct json *x = json_get(overview, "evidence");
    report_heading(r, 1, STR("Evidence"), "evidence");
    report_say(r, "%.*s captures in %.*s runs; of the newest, %.*s tables were read completely, %.*s in part, %.*s not at all.", STR_ARGS(member(x, "captures")), STR_ARGS(member(x, "runs")),
               STR_ARGS(member(x, "complete")), STR_ARGS(member(x, "partial")), STR_ARGS(member(x, "none")));
    struct json *t = report_table(r, STR("What was read"), "Subject|System|Last run|>Pass|>Fail|>Unknown|>Not applicable");
    JSON_EACH (s, json_get(overview, "subjects")) {
        struct json *row = print_row(t);
        cell_of(row, s, "name");
        cell_of(row, s, "os");
        cell_of(row, json_get(s, "last_run"), "text");
        cell_of(row, s, "pass");
        cell_of(row, s, "fail");
        cell_of(row, s, "unknown");
        cell_of(row, s, "skip");
    }
}

bool report_build_readiness(struct report *r, struct err *e)
{
    struct json *data = readiness_report(r->v, e);
    if (!data)
        return false;
    const struct json *overview = json_get(data, "overview");
    cover_new(r, "A signal for management, not an opinion", true);
    readiness_head(r, overview);
    readiness_steps(r, overview);
    window_figure(r, json_get(overview, "window"));
    gaps_of_record(r, json_get(data, "gaps"));
    tests_put(r, json_get(data, "tests"), "fail", "What fails", "fails");
    tests_put(r, json_get(data, "tests"), "unknown", "What is unknown", "unknown");
    readiness_lists(r, data);
    readiness_evidence(r, overview);
    static const char *const members[] = {"overview", "criteria", "controls", "tests", "gaps"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct json *v = (struct json *)(uintptr_t)json_get(data, members[i]);
        struct json *copy = v ? ARENA_NEW(r->a, struct json) : NULL;
        if (!copy)
            continue;
        *copy = *v;
        copy->next = NULL;
        json_put(r->page, members[i], copy);
    }
    return true;
}

/* ---- gaps ---- */

static void gap_details(struct report *r, struct err *e)
{
    struct scope_rows gaps;
    size_t shown = 0;
    if (!report_rows(r, "gap", false, &gaps, e) || gaps.count == 0)
        return;
    report_heading(r, 1, STR("One by one"), "details");
    for (size_t i = 0; i < gaps.count && shown < DETAILS_MAX; i++) {
        const struct record *g = &gaps.items[i];
        if (!scope_has(g, "plan"))
            continue;
        shown++;
        report_heading(r, 3, report_place(r, g), arena_printf(r->a, "gap-%.*s", STR_ARGS(g->id)).data);
        report_own(r, scope_text(g, "plan"), report_place(r, g), report_record_url(r, g), "management");
    }
}

bool report_build_gap(struct report *r, struct err *e)
{
    struct json *plan = view_plan(r->v, r->records, e);
    if (!plan)
        return false;
    const struct json *forecast = json_get(plan, "forecast");
    cover_new(r, "What stands between us and the examination", false);
    report_heading(r, 1, STR("When it can begin"), "when");
    struct json *facts = print_block(r->document, "facts");
    print_fact(facts, STR("Forecast"), member(forecast, "words"));
    print_fact(facts, STR("Open gaps"), member(forecast, "gaps"));
    print_fact(facts, STR("Work"), arena_printf(r->a, "%.*s days", STR_ARGS(member(forecast, "effort_days"))));
    struct str budget = report_join(r->a, json_get(plan, "budget"), ", ");
    if (budget.size)
        print_fact(facts, STR("Budget"), budget);
    print_fact(facts, STR("Key controls not in place, and no gap names them"), json_int(forecast, "uncounted", 0) ? report_join(r->a, json_get(forecast, "uncounted_controls"), ", ") : STR("none"));
    report_heading(r, 1, STR("Gaps, in the order of work"), "gaps");
    struct json *t = report_table(r, STR("Gaps"), ">No.|Gap|What:30|Severity|Kind|Owner|Due|Work done|Controls|State");
    JSON_EACH (g, json_get(plan, "rows")) {
        struct json *row = print_row(t);
        cell_of(row, g, "rank");
        cell_of(row, g, "id");
        cell_of(row, g, "name");
        cell_of(row, g, "severity_words");
        cell_of(row, g, "kind_words");
        cell_of(row, json_get(g, "owner"), "name");
        cell_due(r, row, member(g, "due"));
        cell_of(row, g, "done");
        struct json *ids = json_array(r->a);
        JSON_EACH (c, json_get(g, "controls"))
            json_push_str(ids, json_text(c, "id"));
        report_cell(row, report_join(r->a, ids, " "));
        cell_of(row, json_get(g, "state"), "label");
    }
    if (json_get(plan, "rows") && !json_get(plan, "rows")->first)
        report_say(r, "The register of gaps is empty.");
    t = report_table(r, STR("Who works at what"), "Owner|>Gaps|>Days|Until");
    JSON_EACH (o, json_get(plan, "owners")) {
        struct json *row = print_row(t);
        struct str name = member(json_get(o, "owner"), "name");
        report_cell(row, name.size ? name : STR("Nobody yet"));
        cell_of(row, o, "gaps");
        cell_of(row, o, "days");
        cell_of(row, o, "until");
    }
    gap_details(r, e);
    return e->code == ERR_NONE;
}

/* ---- statement of applicability ---- */

static const char *applies_words(const struct control_program *p, bool is_needed)
{
    return p->adoption == ADOPTION_NA ? "no" : p->adoption == ADOPTION_RETIRED ? "retired" : p->adoption == ADOPTION_ADOPTED ? "yes" : is_needed ? "yes, not adopted yet" : "not chosen";
}

static struct str applies_why(struct report *r, size_t i, const struct scope_rows *own, bool is_needed)
{
    const struct control *c = r->as->controls[i].control;
    const struct record *record = NULL;
    for (size_t k = 0; k < own->count; k++)
        if (str_is(own->items[k].id, c->id))
            record = &own->items[k];
    if (r->as->program->controls[i].adoption == ADOPTION_NA)
        return record ? report_plain(r->a, scope_text(record, "na_reason")) : STR("");
    if (!is_needed && r->as->program->controls[i].adoption != ADOPTION_ADOPTED)
        return STR("It serves no criterion of the categories in scope.");
    return arena_printf(r->a, "Serves %.*s", STR_ARGS(report_join_strings(r->a, c->criteria, ", ")));
}

/* Why a category is in the report or not, as somebody wrote it. */
static struct str category_why(struct report *r, const struct scope_rows *categories, const char *id)
{
    for (size_t i = 0; i < categories->count; i++)
        if (str_is(scope_text(&categories->items[i], "category"), id))
            return report_plain(r->a, scope_text(&categories->items[i], "rationale"));
    return STR("");
}

static bool criteria_put(struct report *r, struct err *e)
{
    struct scope_rows categories;
    const struct record_type *type = record_types_find(r->records->types, STR("criterion"));
    struct json *t = report_table(r, STR("Criteria"), "Criterion|Title:40|Relevant|Why:34");
    if (!report_rows(r, "category", true, &categories, e))
        return false;
    for (size_t i = 0; i < content_criterion_count; i++) {
        struct json *row = print_row(t);
        bool is_out = r->as->program->criterion_not_relevant[i], is_in = report_criterion_is_in(r, i);
        struct err none = {0};
        struct record *own = is_out && type ? record_get(r->v->db, r->a, type, str_of(content_criteria[i].id), view_record_limit(r->v), &none) : NULL;
        report_cell(row, str_of(content_criteria[i].id));
        report_cell(row, str_of(content_criteria[i].title));
        report_cell(row, is_out ? STR("no") : is_in ? STR("yes") : STR("category not in scope"));
        report_cell(row, own ? report_plain(r->a, scope_text(own, "reason")) : category_why(r, &categories, content_criteria[i].category));
    }
    return true;
}

/* One reason for many controls is a reason for none of them. */
static void reasons_check(struct report *r, const struct scope_rows *own)
{
    for (size_t i = 0; i < own->count; i++) {
        struct json *ids = json_array(r->a);
        struct str why = scope_text(&own->items[i], "na_reason");
        if (why.size == 0 || !str_is(own->items[i].state, "not_applicable"))
            continue;
        bool is_first = true;
        for (size_t k = 0; k < own->count; k++)
            if (str_is(own->items[k].state, "not_applicable") && str_equal(scope_text(&own->items[k], "na_reason"), why)) {
                is_first &= k >= i;
                json_push_str(ids, own->items[k].id);
            }
        if (is_first && ids->count >= SAME_REASON_MIN)
            report_check(r, REPORT_WARNING, "repeated", report_join(r->a, ids, " "), str_slice(report_plain(r->a, why), 0, 120), arena_printf(r->a, "%zu controls do not apply for the same reason: a reader takes it for filling.", ids->count),
                         STR("Say of each why it does not apply here."), STR("/controls"));
    }
}

bool report_build_soa(struct report *r, struct err *e)
{
    struct scope_rows own;
    size_t count[4] = {0};
    if (!report_rows(r, "control", true, &own, e) || !report_assess(r, e))
        return false;
    cover_new(r, "Which controls apply, which do not, and why", true);
    json_put_bool(r->document, "landscape", true);
    report_heading(r, 1, STR("Controls"), "controls");
    for (size_t i = 0; i < r->as->control_count; i++) {
        enum control_adoption adoption = r->as->program->controls[i].adoption;
        count[adoption == ADOPTION_NA ? 2 : adoption == ADOPTION_ADOPTED ? 0 : control_is_in_scope(r->as, i) ? 1 : 3]++;
    }
    report_say(r, "%zu controls are adopted; %zu serve a criterion in scope and are not adopted yet; %zu do not apply, each with a reason that a second person approved; %zu are of no use to the categories in scope.",
               count[0], count[1], count[2], count[3]);
    struct json *t = report_table(r, STR("Statement of applicability"), "Control|Title:22|Applies|Why:36|State|Owner|In force from|Kind");
    report_table_is_own(t, "management");
    for (size_t i = 0; i < r->as->control_count; i++) {
        const struct control_state *c = &r->as->controls[i];
        const struct control_program *p = &r->as->program->controls[i];
        bool is_needed = control_is_in_scope(r->as, i);
        struct json *row = print_row(t);
        report_cell(row, str_of(c->control->id));
        report_cell(row, str_of(c->control->title));
        report_cell(row, str_of(applies_words(p, is_needed)));
        struct str why = applies_why(r, i, &own, is_needed);
        report_cell(row, why);
        report_cell_status(row, result_status_name(live_state_status(c->live)), str_of(live_state_words(c->live)));
        report_cell(row, p->owner_name.size ? p->owner_name : STR("nobody"));
        report_cell(row, p->effective_from_ms ? day_words(r->v, day_of(p->effective_from_ms)) : STR(""));
        report_cell(row, str_of(control_model_words(c->control->model)));
        if (p->adoption == ADOPTION_NA && why.size < 20)
            report_check(r, REPORT_OPEN, "reason", str_of(c->control->id), why, STR("It does not apply, and nobody who reads this learns why."), STR("Give the reason in the control's record."),
                         url_of(r->v, "controls", str_of(c->control->id)));
    }
    reasons_check(r, &own);
    report_heading(r, 1, STR("Criteria"), "criteria");
    return criteria_put(r, e);
}

/* ---- risks ---- */

static struct str level_text(struct report *r, const struct json *level)
{
    int64_t score = json_int(level, "score", 0);
    return score ? arena_printf(r->a, "%lld %.*s (%lld\u00a0×\u00a0%lld)", (long long)score, STR_ARGS(member(level, "band_words")), (long long)json_int(level, "l", 0), (long long)json_int(level, "i", 0))
                 : STR("not assessed");
}

static void risk_row(struct report *r, struct json *t, const struct json *x)
{
    struct json *row = print_row(t);
    cell_of(row, x, "id");
    cell_of(row, x, "name");
    cell_of(row, x, "category_words");
    report_cell(row, level_text(r, json_get(x, "inherent")));
    report_cell(row, level_text(r, json_get(x, "residual")));
    cell_of(row, x, "appetite_words");
    struct str cover = member(json_get(x, "covered_by"), "words");
    report_cell_status(row, arena_str(r->a, member(x, "status")).data, cover.size ? cover : member(x, "status_words"));
    cell_of(row, x, "treatment_words");
    cell_of(row, json_get(x, "owner"), "name");
    struct str review = member(x, "review_on");
    if (str_is(member(json_get(x, "state"), "id"), "review"))
        report_cell(row, arena_printf(r->a, "%.*s%sasked for", STR_ARGS(review), review.size ? ", " : ""));
    else
        cell_due(r, row, review);
}

#define RISK_COLUMNS "Risk|What could happen:24|Category|Without controls|Remains|Appetite|State|Treatment|Owner|Review"

bool report_build_risk(struct report *r, struct err *e)
{
    struct view_filter all = {.per_page = 1000};
    struct risk_filter more = {.by = STR("residual"), .cell = STR(""), .band = STR(""), .need = STR(""), .state = STR(""), .owner = STR(""), .treatment = STR("")};
    struct json *page = view_risks(r->v, r->records, &all, &more, e);
    if (!page)
        return false;
    const struct json *sums = json_get(page, "sums");
    cover_new(r, "The register, with what remains beside controls as they are now", false);
    report_heading(r, 1, STR("In numbers"), "numbers");
    struct json *facts = print_block(r->document, "facts");
    print_fact(facts, STR("Open risks"), member(sums, "open"));
    print_fact(facts, STR("Above the appetite"), member(sums, "above"));
    print_fact(facts, STR("Neither treated nor accepted"), member(sums, "uncovered"));
    print_fact(facts, STR("Not decided yet"), member(sums, "proposed"));
    print_fact(facts, STR("To be looked at again"), member(sums, "review"));
    print_fact(facts, STR("Without an owner"), member(sums, "without_owner"));
    report_small(r, "What remains is computed: a control that is in order lowers likelihood or impact in full, one that fails not at all, and one of which nothing is known by half.");
    struct json *t = report_table(r, STR("Likelihood and impact: risks that remain"), "Likelihood|>1|>2|>3|>4|>5");
    JSON_EACH (line, json_path(page, "heat.rows")) {
        struct json *row = print_row(t);
        report_cell(row, arena_printf(r->a, "%.*s %.*s", STR_ARGS(member(line, "l")), STR_ARGS(member(line, "words"))));
        JSON_EACH (c, json_get(line, "cells"))
            report_cell(row, json_int(c, "count", 0) ? member(c, "count") : STR("·"));
    }
    report_heading(r, 1, STR("The register"), "register");
    if (!json_get(page, "rows") || !json_get(page, "rows")->first)
        report_say(r, "The register is empty: nobody has adopted or written a risk yet.");
    t = report_table(r, STR("Risks, the greatest that remain first"), RISK_COLUMNS);
    report_table_is_own(t, "management");
    JSON_EACH (x, json_get(page, "rows"))
        risk_row(r, t, x);
    json_put_bool(r->document, "landscape", true);
    if (json_int(sums, "uncovered", 0) > 0)
        report_check(r, REPORT_WARNING, "uncovered", STR("Risks"), member(sums, "uncovered"), STR("Risks above the appetite are neither treated nor accepted."), STR("Plan a treatment, or have an executive accept them."),
                     STR("/risks"));
    return true;
}

/* ---- board ---- */

static void board_moved(struct report *r, const struct json *progress)
{
    const struct json *then = json_get(progress, "then");
    report_heading(r, 2, STR("Since the beginning of the project"), "moved");
    if (!then || then->type != JSON_OBJECT) {
        report_say(r, "No baseline was set, so movement cannot be shown (a readiness project sets one).");
        return;
    }
    report_say(r, "Readiness was %.*s (%.*s) on %.*s and is %.*s (%.*s) now.", STR_ARGS(member(then, "score")), STR_ARGS(member(then, "band_words")), STR_ARGS(member(json_get(then, "at"), "date")),
               STR_ARGS(member(json_get(progress, "now"), "score")), STR_ARGS(member(json_get(progress, "now"), "band_words")));
    struct json *list = json_put_array(print_block(r->document, "list"), "items");
    json_push_str(list, arena_printf(r->a, "%zu gaps closed, %zu opened", json_get(progress, "closed")->count, json_get(progress, "opened")->count));
    JSON_EACH (b, json_get(progress, "blockers_gone"))
        json_push_str(list, arena_printf(r->a, "no longer in the way: %.*s", STR_ARGS(b->text)));
    JSON_EACH (b, json_get(progress, "blockers_new"))
        json_push_str(list, arena_printf(r->a, "new in the way: %.*s", STR_ARGS(b->text)));
}

static void board_decisions(struct report *r, const struct json *plan, const struct json *risks)
{
    int64_t n = 0;
    report_heading(r, 1, STR("What the board is asked"), "asked");
    struct json *t = report_table(r, STR("Risks above the appetite"), RISK_COLUMNS);
    JSON_EACH (x, json_get(risks, "rows"))
        if (n < BOARD_RISKS && (str_is(member(x, "need"), "treatment") || str_is(member(x, "need"), "covered"))) {
            risk_row(r, t, x);
            n++;
        }
    if (n == 0)
        report_say(r, "No risk stands above the appetite.");
    n = 0;
    t = report_table(r, STR("The most urgent gaps"), ">No.|Gap|What:40|Severity|Owner|Due");
    JSON_EACH (g, json_get(plan, "rows")) {
        if (json_int(g, "rank", 0) == 0 || n++ >= BOARD_GAPS)
            continue;
        struct json *row = print_row(t);
        cell_of(row, g, "rank");
        cell_of(row, g, "id");
        cell_of(row, g, "name");
        cell_of(row, g, "severity_words");
        cell_of(row, json_get(g, "owner"), "name");
        cell_due(r, row, member(g, "due"));
    }
    if (n == 0)
        report_say(r, "No gap is open.");
    if (json_get(plan, "budget") && json_get(plan, "budget")->first)
        report_say(r, "Budget of the plan: %.*s.", STR_ARGS(report_join(r->a, json_get(plan, "budget"), ", ")));
}

/* What is being examined, and what its auditors noted so far. */
static bool board_examinations(struct report *r, struct err *e)
{
    struct scope_rows all, exceptions, responses;
    size_t shown = 0;
    if (!report_rows(r, "engagement", false, &all, e) || !report_rows(r, "audit_exception", true, &exceptions, e) || !report_rows(r, "response", true, &responses, e))
        return false;
    report_heading(r, 2, STR("Examinations"), "examinations");
    struct json *t = NULL;
    for (size_t i = 0; i < all.count; i++) {
        const struct record *x = &all.items[i];
        const struct record_state *state = record_type_state(x->type, x->state);
        int64_t found = 0, answered = 0;
        for (size_t k = 0; k < exceptions.count; k++) {
            const struct record *one = &exceptions.items[k];
            bool has_answer = false;
            if (!str_equal(scope_text(one, "engagement"), x->id) || str_is(one->state, "withdrawn"))
                continue;
            found++;
            for (size_t n = 0; n < responses.count; n++)
                has_answer |= str_equal(scope_text(&responses.items[n], "exception"), one->id) && !str_is(responses.items[n].state, "draft");
            answered += has_answer;
        }
        t = t ? t : report_table(r, STR("Examinations under way"), "Id|What:26|Firm|Dates:22|State|>Exceptions|>Answered|Report planned for");
        struct json *row = print_row(t);
        shown++;
        report_cell(row, x->id);
        report_cell(row, record_title(x));
        report_cell(row, scope_text(x, "firm"));
        report_cell(row, scope_has(x, "window_from") ? arena_printf(r->a, "%.*s to %.*s", STR_ARGS(scope_text(x, "window_from")), STR_ARGS(scope_text(x, "window_to")))
                                                     : arena_printf(r->a, "as of %.*s", STR_ARGS(scope_text(x, "as_of"))));
        report_cell(row, state ? str_of(state->label) : x->state);
        report_cell_int(row, found);
        report_cell_int(row, answered);
        report_cell(row, scope_text(x, "report_on"));
    }
    if (shown == 0)
        report_say(r, "None is under way.");
    return true;
}

static bool board_incidents(struct report *r, struct err *e)
{
    struct scope_rows all;
    int64_t shown = 0, first = day_of(r->v->at_ms) - BOARD_INCIDENT_DAYS;
    if (!report_rows(r, "incident", true, &all, e))
        return false;
    report_heading(r, 2, STR("Incidents of the last twelve months"), "incidents");
    struct json *t = NULL;
    for (size_t i = all.count; i-- > 0 && shown < BOARD_INCIDENTS;) {
        const struct record *x = &all.items[i];
        const struct record_state *state = record_type_state(x->type, x->state);
        if (str_is(x->state, "dropped") || report_day(scope_text(x, "happened_on"), INT64_MIN) < first)
            continue;
        t = t ? t : report_table(r, STR("Incidents"), "Id|When|What:44|Severity:28|State");
        struct json *row = print_row(t);
        shown++;
        report_cell(row, x->id);
        report_cell(row, scope_text(x, "happened_on"));
        report_cell(row, record_title(x));
        report_cell(row, scope_choice_label(x, "severity"));
        report_cell(row, state ? str_of(state->label) : x->state);
    }
    if (shown == 0)
        report_say(r, "None is recorded.");
    return true;
}

bool report_build_board(struct report *r, struct err *e)
{
    struct view_filter all = {.per_page = 1000};
    struct risk_filter more = {.by = STR("residual"), .cell = STR(""), .band = STR(""), .need = STR(""), .state = STR(""), .owner = STR(""), .treatment = STR("")};
    struct json *overview = view_overview(r->v, e), *plan = overview ? view_plan(r->v, r->records, e) : NULL;
    struct json *progress = plan ? view_progress(r->v, r->records, e) : NULL, *risks = progress ? view_risks(r->v, r->records, &all, &more, e) : NULL;
    if (!risks)
        return false;
    const struct json *x = json_get(overview, "readiness");
    json_put_str(r->document, "footer", STR("For the board. A signal for management, not an opinion."));
    report_heading(r, 1, arena_printf(r->a, "%.*s: readiness for SOC 2", STR_ARGS(report_company(r))), "summary");
    struct json *lead = report_say(r, "%.*s of 100: %.*s. %.*s", STR_ARGS(member(x, "score")), STR_ARGS(member(x, "band_words")), STR_ARGS(member(json_get(plan, "forecast"), "words")));
    json_put_cstr(lead, "style", "lead");
    struct json *t = report_table(r, STR("Categories"), "Category|>Readiness|State|>Blockers");
    JSON_EACH (c, json_get(overview, "categories")) {
        if (!json_bool(c, "in_scope"))
            continue;
        struct json *row = print_row(t);
        cell_of(row, c, "name");
        cell_of(row, c, "score");
        cell_of(row, c, "band_words");
        cell_of(row, c, "blockers");
    }
    report_heading(r, 2, STR("In the way"), "way");
    struct json *list = json_put_array(print_block(r->document, "list"), "items");
    JSON_EACH (b, json_get(overview, "blockers"))
        json_push_str(list, arena_printf(r->a, "%.*s. To do: %.*s.", STR_ARGS(blocker_text(r, b)), STR_ARGS(member(b, "what"))));
    if (!json_get(overview, "blockers")->first)
        report_say(r, "Nothing.");
    board_moved(r, progress);
    if (!board_examinations(r, e) || !board_incidents(r, e))
        return false;
    board_decisions(r, plan, risks);
    return true;
}
