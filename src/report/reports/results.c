/*
 * results.c - section IV: criteria, the controls that meet them, what the auditor tested and found; and section V: what management answers, unaudited.
 *
 * Whatever is said of tests and results is the auditor's: from sheets, word by word, and nothing is made milder. Only sheets that are prepared or signed off are shown.
 */
#include "report/reports/internal.h"

#include <ctype.h>

static const char *const design_words[] = {"Design deficient", "Not implemented", "Designed and implemented"};

static const struct record *row_by_id(const struct scope_rows *rows, struct str id)
{
    for (size_t i = 0; id.size && i < rows->count; i++)
        if (str_equal(rows->items[i].id, id))
            return &rows->items[i];
    return NULL;
}

static int64_t number_of(const struct record *x, const char *field)
{
    const struct json *v = x ? json_get(x->values, field) : NULL;
    return v && v->type == JSON_NUMBER ? v->integer : -1;
}

static bool is_shown(const struct record *sheet)
{
    return str_is(sheet->state, "prepared") || str_is(sheet->state, "locked");
}

/* "Inspected and performed again. 25 of 310 items (sample SMP-0001: by how often a control is performed)." */
static struct str test_words(struct report *r, const struct report_parts *p, const struct record *sheet)
{
    const struct record_field *f = record_type_field(sheet->type, STR("method"));
    const struct record *population = row_by_id(&p->populations, scope_text(sheet, "population")), *sample = row_by_id(&p->samples, scope_text(sheet, "sample"));
    int64_t rows = number_of(population, "rows"), tested = number_of(sheet, "items_tested");
    struct buf BUF_AUTO b;
    buf_init(&b, 256 << 10);
    JSON_EACH (m, scope_list(sheet, "method")) {
        const struct field_choice *c = f ? record_choice(f, m->text) : NULL;
        buf_printf(&b, "%s%s", b.size ? ", " : "", c ? c->label : "");
    }
    if (b.size)
        buf_cstr(&b, ": ");
    buf_str(&b, report_plain(r->a, scope_text(sheet, "procedure")));
    if (rows >= 0 || tested >= 0) {
        buf_cstr(&b, "\n");
        if (rows >= 0 && tested >= 0)
            buf_printf(&b, "%lld of %lld items", (long long)tested, (long long)rows);
        else
            buf_printf(&b, rows >= 0 ? "Population of %lld" : tested == 1 ? "%lld item" : "%lld items", (long long)(rows >= 0 ? rows : tested));
        if (population)
            buf_printf(&b, " of %.*s", STR_ARGS(population->id));
        struct str how = sample ? scope_choice_label(sample, "profile") : STR("");
        if (how.size)
            buf_printf(&b, ", sample %.*s: %c%.*s", STR_ARGS(sample->id), tolower((unsigned char)how.data[0]), STR_ARGS(str_slice(how, 1, how.size)));
    }
    return arena_str(r->a, buf_view(&b));
}

/* The vocabulary of results; an exception is told in full, and nothing is added to it. */
static struct str result_words(struct report *r, const struct report_parts *p, const struct record *sheet)
{
    struct str conclusion = scope_text(sheet, "conclusion");
    struct buf BUF_AUTO b;
    buf_init(&b, 256 << 10);
    for (size_t i = 0; i < p->exceptions.count; i++) {
        const struct record *x = &p->exceptions.items[i];
        if (!str_equal(scope_text(x, "sheet"), sheet->id) || str_is(x->state, "withdrawn"))
            continue;
        buf_printf(&b, "%sException %.*s: for %lld of %lld items tested, this did not happen: %.*s (%.*s)", b.size ? "\n" : "", STR_ARGS(x->id), (long long)number_of(x, "items"),
                   (long long)number_of(x, "of_items"), STR_ARGS(report_plain(r->a, scope_text(x, "expected"))), STR_ARGS(report_plain(r->a, scope_text(x, "facts"))));
    }
    if (b.size)
        return arena_str(r->a, buf_view(&b));
    if (str_is(conclusion, "no_exceptions"))
        return STR("No exceptions noted.");
    if (str_is(conclusion, "not_tested"))
        return STR("Not tested: nothing triggered this control in the period; design was assessed.");
    struct str words = report_plain(r->a, scope_text(sheet, "conclusion_words"));
    if (str_is(conclusion, "could_not"))
        return arena_printf(r->a, "Could not be tested: %.*s", STR_ARGS(words));
    return str_is(conclusion, "exceptions") ? arena_printf(r->a, "Exceptions noted. %.*s", STR_ARGS(words)) : STR("The auditor has not concluded.");
}

/* A control with its tests: a row for each sheet. */
static void control_rows(struct report *r, const struct report_parts *p, struct json *t, size_t control)
{
    const struct control *c = r->as->controls[control].control;
    bool is_any = false;
    struct str statement = report_plain(r->a, report_control_statement(r, c));
    for (size_t i = 0; r->subject.is_type2 && i < p->sheets.count; i++) {
        const struct record *sheet = &p->sheets.items[i];
        if (!str_is(scope_text(sheet, "control"), c->id) || !is_shown(sheet))
            continue;
        struct json *row = print_row(t);
        report_cell(row, str_of(c->id));
        report_cell(row, is_any ? STR("as above") : statement);
        report_cell(row, test_words(r, p, sheet));
        report_cell(row, result_words(r, p, sheet));
        is_any = true;
    }
    if (is_any)
        return;
    struct json *row = print_row(t);
    report_cell(row, str_of(c->id));
    report_cell(row, statement);
    if (!r->subject.is_type2) {
        report_cell(row, r->as->program->controls[control].owner_name.size ? r->as->program->controls[control].owner_name : STR("nobody"));
        report_cell(row, str_of(design_words[r->as->controls[control].design.result]));
        return;
    }
    report_cell(row, STR("The auditor has not put a test here yet."));
    report_cell(row, STR(""));
}

static void sheets_check(struct report *r, const struct report_parts *p)
{
    size_t missing = 0, count = 0;
    struct buf BUF_AUTO b;
    buf_init(&b, 4000);
    for (size_t i = 0; i < r->as->control_count; i++) {
        bool has_sheet = false;
        if (!report_control_is_listed(r, i))
            continue;
        count++;
        for (size_t k = 0; k < p->sheets.count; k++)
            has_sheet |= str_is(scope_text(&p->sheets.items[k], "control"), r->as->controls[i].control->id) && is_shown(&p->sheets.items[k]);
        if (!has_sheet && missing++ < 20)
            buf_printf(&b, "%s%s", b.size ? " " : "", r->as->controls[i].control->id);
    }
    if (count == 0)
        report_check(r, REPORT_OPEN, "no_controls", STR("Section IV"), STR(""), STR("No control is adopted, so there is nothing to examine."), STR("Adopt controls with their owners."), STR("/controls/adopt"));
    else if (r->subject.is_type2 && missing)
        report_check(r, REPORT_OPEN, "tests_missing", STR("Section IV"), arena_str(r->a, buf_view(&b)), arena_printf(r->a, "%zu of %zu controls have no test sheet that is prepared.", missing, count),
                     STR("The auditor writes them."), r->engagement ? arena_printf(r->a, "/audit/%.*s/sheets", STR_ARGS(r->engagement->id)) : STR(""));
}

void report_put_results(struct report *r, const struct report_parts *p)
{
    bool is_type2 = r->subject.is_type2, is_key;
    struct json *h = report_heading(r, 1, is_type2 ? STR("IV  Criteria, controls, tests and results") : STR("IV  Criteria and controls"), "section-4");
    json_put_bool(h, "new_page", true);
    report_small(r, is_type2 ? "Criteria and controls are management's. Tests and results are the auditor's, as they stand in the test sheets: nothing of them was changed for this report."
                             : "Criteria and controls are management's. A report as of one day has no tests of how controls work.");
    report_heading(r, 2, STR("Criteria and the controls that meet them"), "criteria");
    struct json *bare = json_array(r->a);
    struct json *t = report_table(r, STR("Criteria and controls"), "Criterion|What it asks for:46|Controls");
    for (size_t i = 0; i < content_criterion_count; i++) {
        struct buf BUF_AUTO b;
        buf_init(&b, 16000);
        if (!report_criterion_is_in(r, i))
            continue;
        for (size_t k = 0; k < r->as->control_count; k++)
            if (report_control_serves(r, k, i, &is_key) && report_control_is_listed(r, k))
                buf_printf(&b, "%s%s%s", b.size ? ", " : "", r->as->controls[k].control->id, is_key ? " (key)" : "");
        struct json *row = print_row(t);
        report_cell(row, str_of(content_criteria[i].id));
        report_cell(row, str_of(content_criteria[i].title));
        report_cell(row, b.size ? arena_str(r->a, buf_view(&b)) : STR("none"));
        if (b.size == 0)
            json_push_str(bare, str_of(content_criteria[i].id));
    }
    if (bare->count)
        report_check(r, REPORT_OPEN, "criterion_bare", STR("Section IV"), report_join(r->a, bare, " "), arena_printf(r->a, "No adopted control meets %s.", bare->count == 1 ? "this criterion" : "these criteria"),
                     STR("Adopt controls, or have it approved that a criterion is not relevant."), STR("/criteria/completeness"));
    const char *family = NULL;
    t = NULL;
    for (size_t i = 0; i < r->as->control_count; i++) {
        const struct control *c = r->as->controls[i].control;
        if (!report_control_is_listed(r, i))
            continue;
        if (!family || strcmp(family, c->family) != 0) {
            family = c->family;
            report_heading(r, 2, str_of(family), arena_printf(r->a, "family-%zu", i).data);
            t = report_table(r, arena_printf(r->a, "%s: %s", family, is_type2 ? "controls, tests and results" : "controls"),
                             is_type2 ? "Control:9|As management states it:31|Test performed:34|Result:26" : "Control:10|As management states it:54|Owner:16|Design");
        }
        control_rows(r, p, t, i);
    }
    sheets_check(r, p);
}

/* ---- V ---- */

static const struct record *response_of(const struct report_parts *p, struct str exception)
{
    for (size_t i = 0; i < p->responses.count; i++)
        if (str_equal(scope_text(&p->responses.items[i], "exception"), exception))
            return &p->responses.items[i];
    return NULL;
}

static void response_put(struct report *r, const struct report_parts *p, const struct record *x)
{
    const struct record *a = response_of(p, x->id);
    struct str place = report_place(r, x);
    report_heading(r, 3, place, arena_printf(r->a, "exception-%.*s", STR_ARGS(x->id)).data);
    struct json *facts = print_block(r->document, "facts");
    print_fact(facts, STR("Control"), scope_text(x, "control"));
    struct str found = report_plain(r->a, scope_text(x, "facts"));
    print_fact(facts, STR("Found"), arena_printf(r->a, "%lld of %lld items%s%.*s", (long long)number_of(x, "items"), (long long)number_of(x, "of_items"), found.size ? ": " : "", STR_ARGS(found)));
    if (!a || str_is(a->state, "draft")) {
        report_say(r, "Management has not answered.");
        report_check(r, REPORT_WARNING, "response", place, STR(""), STR("An exception without an answer: readers ask what was done."), STR("Write a response: cause, effect, action, owner, date."),
                     a ? report_record_url(r, a) : arena_printf(r->a, "/records/response/new?v.exception=%.*s", STR_ARGS(x->id)));
        return;
    }
    static const char *const fields[][2] = {{"cause", "Cause"}, {"effect", "Effect"}, {"action", "What will be done"}};
    for (size_t i = 0; i < 3; i++)
        print_fact(facts, str_of(fields[i][1]), report_plain(r->a, scope_text(a, fields[i][0])));
    struct str compensating = report_join(r->a, scope_list(a, "compensating"), ", ");
    if (compensating.size)
        print_fact(facts, STR("Made up for by"), compensating);
    print_fact(facts, STR("Owner and date"), arena_printf(r->a, "%.*s, by %.*s", STR_ARGS(report_person(r, scope_text(a, "owner"))), STR_ARGS(scope_text(a, "action_on"))));
    json_put_str(facts, "own", report_place(r, a));
    json_put_str(facts, "own_url", report_record_url(r, a));
}

static void crosswalk_put(struct report *r)
{
    report_heading(r, 2, STR("Where the criteria stand in other frameworks"), "crosswalk");
    struct json *t = report_table(r, STR("Crosswalk"), "Criterion|Framework|There");
    for (size_t i = 0; i < content_criterion_count; i++) {
        struct err ignored = {0};
        if (!report_criterion_is_in(r, i))
            continue;
        const struct json *all = json_parse(r->a, str_of(content_criteria[i].crosswalk_json), JSON_LIMITS_DEFAULT, &ignored);
        JSON_EACH (framework, all) {
            if (framework->count == 0 || framework->type != JSON_ARRAY)
                continue;
            struct json *row = print_row(t);
            report_cell(row, str_of(content_criteria[i].id));
            report_cell(row, framework_name(framework->key) ? str_of(framework_name(framework->key)) : framework->key);
            report_cell(row, report_join(r->a, framework, ", "));
        }
    }
}

void report_put_other(struct report *r, const struct report_parts *p)
{
    const struct record *own = report_section(&p->sections, "other");
    struct json *h = report_heading(r, 1, STR("V  Other information provided by management"), "section-5");
    json_put_bool(h, "new_page", true);
    struct json *b = report_say(r, "Unaudited: nothing in this section was examined, and no opinion covers it.");
    json_put_cstr(b, "style", "lead");
    if (own)
        report_own(r, scope_text(own, "text"), report_place(r, own), report_record_url(r, own), "management");
    if (r->subject.is_type2) {
        size_t shown = 0;
        report_heading(r, 2, STR("Management's responses to exceptions (unaudited)"), "responses");
        for (size_t i = 0; i < p->exceptions.count; i++) {
            if (str_is(p->exceptions.items[i].state, "withdrawn"))
                continue;
            response_put(r, p, &p->exceptions.items[i]);
            shown++;
        }
        if (shown == 0)
            report_say(r, "No exception was noted.");
    }
    crosswalk_put(r);
}
