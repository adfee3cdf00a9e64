/* consistency.c - whether the draft agrees with itself and with the registers: what soc2-domain.md 3.2 has a program check, and who, what and when. */
#include "report/reports/internal.h"

enum { ITEMS_SHOWN = 12 };

static bool text_has(struct str text, struct str what)
{
    return what.size == 0 || str_find(text, what) >= 0;
}

/* The same dates in I, II, III and IV: what management wrote itself has to name them. */
static void dates_check(struct report *r, const struct report_parts *p)
{
    static const char *const parts[] = {"assertion", "description"};
    const struct report_subject *s = &r->subject;
    if (!s->has_dates) {
        report_check(r, REPORT_OPEN, "dates", STR("Dates"), STR(""), s->is_type2 ? STR("The window has no beginning or end.") : STR("The day is not set."),
                     r->engagement ? STR("Set it in the engagement.") : STR("Set it in the organisation's profile, or begin an engagement."),
                     r->engagement ? report_record_url(r, r->engagement) : STR("/scope/profile"));
        return;
    }
    bool is_fine = true;
    for (size_t i = 0; i < 2; i++) {
        const struct record *own = report_section(&p->sections, parts[i]);
        struct str text = own ? scope_text(own, "text") : STR("");
        struct str first = s->is_type2 ? s->from : s->as_of, second = s->is_type2 ? s->to : STR("");
        bool needs = own && scope_has(own, "text") && i == 0;
        bool names_some = str_contains(text, "20") && (str_find(text, STR("-01-")) >= 0 || str_find(text, STR("-12-")) >= 0 || str_find(text, str_slice(first, 0, 5)) >= 0);
        if ((!needs && !names_some) || (text_has(text, first) && text_has(text, second)))
            continue;
        is_fine = false;
        report_check(r, REPORT_OPEN, "dates", report_place(r, own), STR(""), arena_printf(r->a, "It does not name the dates of the report: %.*s.", STR_ARGS(s->words)),
                     arena_printf(r->a, "Write them as %.*s%s%.*s: sections I to IV have to agree.", STR_ARGS(first), second.size ? " and " : "", STR_ARGS(second)), report_record_url(r, own));
    }
    int64_t today = day_of(r->v->at_ms);
    if (!s->is_type2 && s->as_of.size && s->to_day < today)
        report_check(r, REPORT_WARNING, "as_of", STR("Dates"), day_words(r->v, today), STR("The day is over, and the registers are read as they are today: people, policies and systems may have changed since."),
                     arena_printf(r->a, "Make the draft as of the day: --at %.*s, or the date above the page.", STR_ARGS(day_words(r->v, s->to_day + 1))), STR(""));
    if (is_fine)
        report_check(r, REPORT_FINE, "dates", STR("Dates"), STR(""), arena_printf(r->a, "All sections speak of the system %.*s.", STR_ARGS(s->words)), STR(""), STR(""));
    if (s->is_type2 && s->to_day - s->from_day < 89)
        report_check(r, REPORT_WARNING, "window", STR("Dates"), s->words, STR("The window has fewer than three months: readers will ask why."), STR("Six months or more are usual."), STR(""));
}

static void subservices_check(struct report *r)
{
    size_t carved = 0, wrong = 0;
    for (size_t i = 0; i < r->scope.subservices.count; i++) {
        const struct record *x = &r->scope.subservices.items[i];
        struct str place = report_place(r, x), url = report_record_url(r, x);
        if (str_is(x->state, "ended") || str_is(scope_text(x, "method"), "inclusive"))
            continue;
        carved++;
        wrong += !scope_has(x, "controls_assumed") || !scope_has(x, "monitoring");
        if (!scope_has(x, "controls_assumed"))
            report_check(r, REPORT_OPEN, "csoc", place, STR(""), STR("It is carved out, and no control is named that you assume of it."), STR("Name at least one complementary control of it."), url);
        if (!scope_has(x, "monitoring"))
            report_check(r, REPORT_OPEN, "csoc_monitoring", place, STR(""), STR("It is carved out, and no control of yours watches it."), STR("Name the control by which you watch it: the review of its report."), url);
        if (!scope_has(x, "criteria"))
            report_check(r, REPORT_WARNING, "csoc_criteria", place, STR(""), STR("It is not said which criteria its controls help to meet."), STR("Name them."), url);
        struct str until = scope_text(x, "report_until");
        if (until.size && report_day(until, INT64_MAX) < r->subject.to_day)
            report_check(r, REPORT_WARNING, "csoc_report", place, until, STR("Its own report ends before yours does."), STR("Ask for its next report or a bridge letter."), url);
    }
    if (carved && !wrong)
        report_check(r, REPORT_FINE, "csoc", STR("Subservice organisations"), STR(""), STR("Each that is carved out has controls assumed of it and one that watches it."), STR(""), STR(""));
}

static void cuecs_check(struct report *r, const struct report_parts *p)
{
    size_t wrong = 0;
    for (size_t i = 0; i < p->cuecs.count; i++) {
        const struct record *x = &p->cuecs.items[i];
        bool is_bare = !scope_has(x, "criteria");
        wrong += is_bare;
        if (is_bare)
            report_check(r, REPORT_OPEN, "cuec", report_place(r, x), STR(""), STR("It belongs to no criterion: then it is advice, and not something relied on."), STR("Name the criteria that rely on it, or take it out."),
                         report_record_url(r, x));
    }
    if (p->cuecs.count && !wrong)
        report_check(r, REPORT_FINE, "cuec", STR("Controls of user entities"), STR(""), STR("Each belongs to a criterion."), STR(""), STR(""));
}

/* A control that was not in force all the time: DC 9 prints its dates by itself; why it came or went somebody has to say. */
static void partial_check(struct report *r, const struct report_parts *p)
{
    const struct record *dc9 = report_section(&p->sections, "dc9");
    for (size_t i = 0; r->subject.is_type2 && i < r->as->control_count; i++) {
        const struct control_program *c = &r->as->program->controls[i];
        const char *id = r->as->controls[i].control->id;
        int64_t from = c->effective_from_ms ? day_of(c->effective_from_ms) : INT64_MIN, to = c->effective_to_ms ? day_of(c->effective_to_ms) : INT64_MAX;
        bool is_partial = (from > r->subject.from_day && from <= r->subject.to_day) || (to >= r->subject.from_day && to < r->subject.to_day);
        if ((c->adoption != ADOPTION_ADOPTED && c->adoption != ADOPTION_RETIRED) || !is_partial)
            continue;
        bool is_told = dc9 && str_find(scope_text(dc9, "text"), str_of(id)) >= 0;
        for (size_t k = 0; k < p->changes.count; k++)
            JSON_EACH (control, scope_list(&p->changes.items[k], "controls"))
                is_told |= str_is(control->text, id) && report_is_in_description(&p->changes.items[k]);
        if (!is_told)
            report_check(r, REPORT_OPEN, "partial_period", str_of(id), STR("PARTIAL_PERIOD"), STR("It was in force for part of the period, and no change says why."),
                         STR("Record the change that brought or ended it, with this control."), STR("/records/significant_change/new"));
    }
}

static void incidents_check(struct report *r, const struct report_parts *p)
{
    for (size_t i = 0; i < p->incidents.count; i++) {
        const struct record *x = &p->incidents.items[i];
        if (str_is(x->state, "dropped") || !report_incident_is_severe(x) || !report_incident_is_of_it(r, x))
            continue;
        if (!report_is_in_description(x) && !scope_has(x, "left_out"))
            report_check(r, REPORT_OPEN, "incident_left_out", report_place(r, x), STR(""), STR("Severity 1 or 2, neither in the description (DC 4) nor left out with a reason."),
                         STR("Put it into the description, or say why no reader would decide differently."), report_record_url(r, x));
    }
    for (size_t i = 0; i < p->changes.count; i++) {
        const struct record *x = &p->changes.items[i];
        if (report_day_is_in(r, scope_text(x, "happened_on")) && !report_is_in_description(x) && !scope_has(x, "left_out"))
            report_check(r, REPORT_OPEN, "change_left_out", report_place(r, x), STR(""), STR("A significant change of the period is left out without a reason."), STR("Say why, or put it in."), report_record_url(r, x));
    }
}

/* Who does it, what, and how often. */
static void controls_check(struct report *r)
{
    struct buf BUF_AUTO owners, words;
    size_t ownerless = 0, wordless = 0;
    buf_init(&owners, 4000);
    buf_init(&words, 4000);
    for (size_t i = 0; i < r->as->control_count; i++) {
        const struct control_program *p = &r->as->program->controls[i];
        const struct control *c = r->as->controls[i].control;
        if (p->adoption != ADOPTION_ADOPTED)
            continue;
        if (p->owner.size == 0 && ownerless++ < ITEMS_SHOWN)
            buf_printf(&owners, "%s%s", owners.size ? " " : "", c->id);
        if (strlen(c->statement) < 40 && wordless++ < ITEMS_SHOWN)
            buf_printf(&words, "%s%s", words.size ? " " : "", c->id);
    }
    if (ownerless)
        report_check(r, REPORT_OPEN, "who", STR("Section IV"), arena_str(r->a, buf_view(&owners)), arena_printf(r->a, "Of %zu controls it is not said who performs them.", ownerless), STR("Give each an owner."), STR("/controls/adopt"));
    if (wordless)
        report_check(r, REPORT_OPEN, "what", STR("Section IV"), arena_str(r->a, buf_view(&words)), arena_printf(r->a, "%zu statements of controls are too short to say who does what, and when.", wordless),
                     STR("Say who does what, how often, and what is left as proof."), STR("/controls"));
}

static int64_t number_of(const struct record *x, const char *field)
{
    const struct json *v = json_get(x->values, field);
    return v && v->type == JSON_NUMBER ? v->integer : 0;
}

/* What it works on comes from a list that somebody has to name; hosts, documents and what the calendar asks for are the program's own registers. */
static bool works_on_events(const struct report *r, struct str control)
{
    for (size_t i = 0; i < r->as->control_count; i++)
        if (str_is(control, r->as->controls[i].control->id))
            return r->as->controls[i].control->model == MODEL_EVENT_SLA || r->as->controls[i].control->model == MODEL_EVENT_ATTRIBUTES;
    return false;
}

static void tests_check(struct report *r, const struct report_parts *p)
{
    int64_t items = 0, found = 0;
    for (size_t i = 0; i < p->sheets.count; i++) {
        const struct record *x = &p->sheets.items[i];
        const struct json *methods = scope_list(x, "method");
        items += number_of(x, "items_tested");
        found += number_of(x, "deviations_found");
        if (methods && methods->count == 1 && str_is(methods->first->text, "inquiry"))
            report_check(r, REPORT_WARNING, "inquiry_alone", report_place(r, x), STR("inquiry"), STR("Inquiry alone never shows that a control works."), STR("The auditor inspects, observes or performs it again."),
                         report_record_url(r, x));
        if (number_of(x, "items_tested") > 0 && !scope_has(x, "population") && works_on_events(r, scope_text(x, "control")))
            report_check(r, REPORT_WARNING, "population", report_place(r, x), STR(""), STR("Items were tested, and it is not said of which population."), STR("The auditor names it."), report_record_url(r, x));
    }
    found += (int64_t)p->exceptions.count;
    if (report_is_improbable(items, found))
        report_check(r, REPORT_WARNING, "improbable", STR("Section IV"), arena_printf(r->a, "%lld items, no deviation", (long long)items),
                     arena_printf(r->a, "Were one item in a hundred other than it should be, so many would show none less than once in twenty times (%lld).", (long long)items),
                     STR("Look again at how items were chosen and what counted as a deviation; where it is so, say why."), STR(""));
}

void report_check_parts(struct report *r, const struct report_parts *p)
{
    dates_check(r, p);
    subservices_check(r);
    cuecs_check(r, p);
    partial_check(r, p);
    incidents_check(r, p);
    controls_check(r);
    tests_check(r, p);
}
