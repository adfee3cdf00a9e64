/* letters.c - what management writes itself: the bridge letter between two reports, the representation letter to the firm, the summary for general use. */
#include "report/reports/internal.h"

enum { BRIDGE_DAYS_USUAL = 92 };

static void letter_head(struct report *r, const char *title)
{
    struct str company = report_company(r);
    struct json *facts;
    report_heading(r, 1, str_of(title), "letter");
    facts = print_block(r->document, "facts");
    print_fact(facts, STR("From"), company);
    print_fact(facts, STR("Date"), json_text(json_get(r->page, "as_of"), "date"));
    json_put_str(r->document, "footer", arena_printf(r->a, "%.*s, written by management", STR_ARGS(company)));
}

static void signed_by(struct report *r)
{
    struct str who = r->scope.organisation ? report_person(r, scope_text(r->scope.organisation, "sponsor")) : STR("");
    report_say(r, " ");
    if (who.size)
        report_say(r, "%.*s\nfor the management of %.*s", STR_ARGS(who), STR_ARGS(report_company(r)));
    else
        report_check(r, REPORT_OPEN, "signatory", STR("Signature"), STR(""), STR("It is not said who signs for management."), STR("Name the executive sponsor in the organisation's profile."), STR("/scope/profile"));
    report_say(r, "Signature and date: ______________________________");
}

/* ---- bridge ---- */

/* The newest report that was issued, or the one asked for. */
static bool last_report(struct report *r, struct record *ret, struct err *e)
{
    struct scope_rows all;
    *ret = (struct record){0};
    if (!report_rows(r, "engagement", true, &all, e))
        return false;
    for (size_t i = 0; i < all.count; i++) {
        const struct record *x = &all.items[i];
        bool is_issued = str_is(x->state, "issued") || str_is(x->state, "closed");
        bool is_asked = r->engagement && str_equal(x->id, r->engagement->id);
        if ((r->engagement ? is_asked : is_issued && str_is(scope_text(x, "kind"), "type2")) && (!ret->type || str_compare(scope_text(x, "window_to"), scope_text(ret, "window_to")) > 0))
            *ret = *x;
    }
    return true;
}

/* Entries of a register that the letter would deny. */
static size_t contradicted_by(struct report *r, const struct scope_rows *rows, bool is_change, int64_t from, int64_t to)
{
    size_t found = 0;
    for (size_t i = 0; i < rows->count; i++) {
        const struct record *x = &rows->items[i];
        int64_t day = report_day(scope_text(x, "happened_on"), INT64_MIN);
        bool counts = is_change ? report_is_in_description(x) : report_incident_is_severe(x) || report_is_in_description(x);
        if (day < from || day > to || str_is(x->state, "dropped") || !counts)
            continue;
        found++;
        report_check(r, REPORT_REFUSED, is_change ? "bridge_change" : "bridge_incident", report_place(r, x), scope_text(x, "happened_on"),
                     is_change ? STR("The register has a significant change in the time of the letter, which the letter would deny.") : STR("The register has an incident in the time of the letter, which the letter would deny."),
                     STR("Tell users of it in another way, or correct the register; this letter cannot be made."), report_record_url(r, x));
    }
    return found;
}

static void bridge_text(struct report *r, const struct record *last, struct str from, struct str to)
{
    struct str company = report_company(r), firm = scope_text(last, "firm");
    report_say(r, "To the users of our system");
    report_say(r, "Our last SOC 2 Type 2 report covers %.*s to %.*s%s%.*s. This letter speaks of the time from %.*s to %.*s.", STR_ARGS(scope_text(last, "window_from")), STR_ARGS(scope_text(last, "window_to")),
               firm.size ? " and was issued by " : "", STR_ARGS(firm), STR_ARGS(from), STR_ARGS(to));
    report_say(r, "To our knowledge, since %.*s there was no significant change to the system that the report describes or to its controls, and no incident that came from a control that failed or that kept us from our commitments.",
               STR_ARGS(from));
    report_say(r, "This letter is ours. It was examined by nobody, it gives no assurance, and it takes the place of no report. Users should read our report, and look at their own controls that it names.");
    struct err ignored = {0};
    struct scope_rows all;
    if (report_rows(r, "engagement", true, &all, &ignored))
        for (size_t i = 0; i < all.count; i++)
            if (str_equal(scope_text(&all.items[i], "follows"), last->id) && scope_has(&all.items[i], "window_to"))
                report_say(r, "The next report is planned for the period %.*s to %.*s%s%.*s.", STR_ARGS(scope_text(&all.items[i], "window_from")), STR_ARGS(scope_text(&all.items[i], "window_to")),
                           scope_has(&all.items[i], "report_on") ? " and expected on " : "", STR_ARGS(scope_text(&all.items[i], "report_on")));
    report_say(r, "%.*s", STR_ARGS(company));
}

bool report_build_bridge(struct report *r, struct err *e)
{
    struct record last;
    struct scope_rows changes, incidents;
    int64_t today = day_of(r->v->at_ms), to = today;
    if (!last_report(r, &last, e) || !report_rows(r, "significant_change", true, &changes, e) || !report_rows(r, "incident", true, &incidents, e))
        return false;
    if (r->options->to.size && (to = report_day(r->options->to, INT64_MIN)) == INT64_MIN)
        return err_set(e, ERR_INVALID, "--to %.*s: a day like 2026-11-30", STR_ARGS(str_slice(r->options->to, 0, 40)));
    letter_head(r, "Bridge letter");
    if (!last.type || !scope_has(&last, "window_to") || !(str_is(last.state, "issued") || str_is(last.state, "closed"))) {
        bool is_day = last.type && !scope_has(&last, "window_to");
        report_check(r, REPORT_REFUSED, "bridge_report", last.type ? report_place(r, &last) : STR("Bridge letter"), STR(""),
                     is_day      ? STR("A Type 1 speaks of a day: there is no period that a letter could continue.")
                     : last.type ? STR("Its report has not been issued yet, so there is nothing to bridge from.")
                                 : STR("No Type 2 report has been issued, so there is nothing to bridge from."),
                     is_day ? STR("Make the letter for a Type 2 whose report was taken in.") : STR("Take in the issued report at its engagement."),
                     last.type ? report_record_url(r, &last) : STR("/audit"));
        return true;
    }
    int64_t from = report_day(scope_text(&last, "window_to"), today) + 1;
    if (to < from)
        return err_set(e, ERR_INVALID, "the report reaches to %.*s: there is no time to bridge before %.*s", STR_ARGS(scope_text(&last, "window_to")), STR_ARGS(day_words(r->v, from)));
    if (to > today)
        report_check(r, REPORT_REFUSED, "bridge_future", STR("Bridge letter"), day_words(r->v, to), STR("Nobody can say what has not happened yet."), STR("End the letter today or earlier."), STR(""));
    size_t found = contradicted_by(r, &changes, true, from, to) + contradicted_by(r, &incidents, false, from, to);
    if (to - from + 1 > BRIDGE_DAYS_USUAL)
        report_check(r, REPORT_WARNING, "bridge_length", STR("Bridge letter"), arena_printf(r->a, "%lld days", (long long)(to - from + 1)), STR("A bridge letter for more than three months: many readers will not take it."),
                     STR("Ask when the next report comes."), STR(""));
    if (!found)
        report_check(r, REPORT_FINE, "bridge", STR("Registers"), STR(""), arena_printf(r->a, "No significant change and no incident of severity 1 or 2 from %.*s to %.*s.", STR_ARGS(day_words(r->v, from)), STR_ARGS(day_words(r->v, to))),
                     STR(""), STR(""));
    bridge_text(r, &last, day_words(r->v, from), day_words(r->v, to));
    signed_by(r);
    return true;
}

/* ---- representation ---- */

static struct json *list_new(struct report *r)
{
    return json_put_array(print_block(r->document, "list"), "items");
}

static void disclosed(struct report *r, const char *title, const char *id, const struct scope_rows *rows, const char *state_out, bool only_period, const char *none)
{
    struct json *t = NULL;
    report_heading(r, 2, str_of(title), id);
    for (size_t i = 0; i < rows->count; i++) {
        const struct record *x = &rows->items[i];
        struct str when = scope_text(x, only_period ? "happened_on" : "due_on");
        if (str_is(x->state, state_out) || (only_period && when.size && report_day(when, INT64_MAX) < r->subject.from_day))
            continue;
        t = t ? t : report_table(r, str_of(title), only_period ? "Id|When|What:60|State" : "Id|Due|What:60|State");
        const struct record_state *s = record_type_state(x->type, x->state);
        struct json *row = print_row(t);
        report_cell(row, x->id);
        report_cell(row, when);
        report_cell(row, record_title(x));
        report_cell(row, s ? str_of(s->label) : x->state);
    }
    if (!t)
        report_say(r, "%s", none);
}

bool report_build_representation(struct report *r, struct err *e)
{
    struct scope_rows changes, incidents, deviations, gaps;
    if (!report_rows(r, "significant_change", true, &changes, e) || !report_rows(r, "incident", true, &incidents, e) || !report_rows(r, "deviation", true, &deviations, e) || !report_rows(r, "gap", false, &gaps, e))
        return false;
    letter_head(r, "Representation letter");
    report_say(r, "To %.*s", STR_ARGS(r->subject.firm.size ? r->subject.firm : STR("the audit firm")));
    report_say(r, "In connection with your examination of our system %.*s we confirm, to the best of our knowledge and belief, on the day of your report:", STR_ARGS(r->subject.words));
    struct json *items = list_new(r);
    json_put_bool((struct json *)(uintptr_t)json_get(r->document, "body")->last, "ordered", true);
    static const char *const claims[] = {"We answer for the description, for our assertion, for choosing the criteria, and for designing, putting in place and operating the controls.",
                                         "We have given you all records and people that bear on the examination, and told you of all that we know to matter to it.",
                                         "We know of no fraud, suspected fraud or breach of law that bears on the system, beyond what stands below.",
                                         "We have told you of every deficiency in design or operation of controls that we know of, and of those where we believe that the cost of mending outweighs the benefit.",
                                         "We have told you of every incident and every significant change that bears on the description or our assertion; they stand below.",
                                         "We have told you of all that happened after the end of what you examine and before the day of your report that would change it.",
                                         "We have answered your questions about other organisations on which our controls rely."};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++)
        json_push_str(items, str_of(claims[i]));
    report_heading(r, 1, STR("What we disclose, from the registers"), "disclosed");
    disclosed(r, "Incidents", "incidents", &incidents, "dropped", true, "None is recorded.");
    disclosed(r, "Significant changes", "changes", &changes, "dropped", true, "None is recorded.");
    disclosed(r, "Deviations of controls", "deviations", &deviations, "", true, "None is recorded.");
    disclosed(r, "Open gaps", "gaps", &gaps, "closed", false, "None is open.");
    signed_by(r);
    return true;
}

/* ---- summary for general use ---- */

static void assertion_for_all(struct report *r)
{
    report_template(r, "We answer for designing, putting in place and operating controls within our system %.*s, so that they give reasonable assurance that our service commitments and system requirements were met under the "
                       "trust services criteria for %.*s. The system and its boundaries, and the principal commitments, stand below.", STR_ARGS(r->subject.words), STR_ARGS(report_categories_words(r)));
    report_template(r, "Every system of controls has limits: people err and rules are evaded, so that it can give reasonable assurance, and no more, that commitments are met.");
    report_template(r, "We held the controls to those criteria. We confirm, to the best of our knowledge and belief, that they operated effectively %.*s to give that assurance.", STR_ARGS(r->subject.words));
}

bool report_build_soc3(struct report *r, struct err *e)
{
    struct report_parts p;
    if (!report_parts_read(r, &p, e))
        return false;
    if (!r->subject.is_type2)
        report_check(r, REPORT_REFUSED, "soc3_type", STR("Summary"), STR(""), STR("It comes from a Type 2 of the same scope, and this is a Type 1."), STR("Make it of a Type 2 engagement."), STR(""));
    struct json *cover = json_put_object(r->document, "cover");
    json_put_str(cover, "title", arena_printf(r->a, "%.*s: summary for general use", STR_ARGS(report_company(r))));
    json_put_str(cover, "subtitle", arena_printf(r->a, "SOC 3, %.*s", STR_ARGS(r->subject.words)));
    json_push_str(json_put_array(cover, "lines"), STR("Draft by management. The opinion is the audit firm's alone."));
    json_put_str(r->document, "footer", STR("Draft by management."));
    report_heading(r, 1, STR("Report of the independent service auditor"), "section-1");
    json_put_cstr(report_say(r, "This section belongs to the audit firm, which puts its own text here."), "author", "firm");
    report_heading(r, 1, STR("Management's assertion"), "assertion");
    /* Not the Type 2's: that one speaks of sections which this summary does not have. */
    const struct record *own = report_section(&p.sections, "general_use");
    if (own && scope_has(own, "text"))
        report_own(r, scope_text(own, "text"), report_place(r, own), report_record_url(r, own), "management");
    else
        assertion_for_all(r);
    size_t told = 0;
    for (size_t i = 0; i < p.exceptions.count; i++)
        told += !str_is(p.exceptions.items[i].state, "withdrawn");
    if (told)
        report_check(r, REPORT_WARNING, "soc3_exceptions", STR("Management's assertion"), arena_printf(r->a, "%zu", told),
                     STR("The auditor noted exceptions, and this summary does not tell of them."), STR("Confirm it only where each commitment was met in spite of them; otherwise say which was not."),
                     r->engagement ? arena_printf(r->a, "/audit/%.*s/exceptions", STR_ARGS(r->engagement->id)) : STR(""));
    report_heading(r, 1, STR("The system and its boundaries"), "boundaries");
    if (r->scope.organisation)
        report_own(r, scope_text(r->scope.organisation, "what"), report_place(r, r->scope.organisation), report_record_url(r, r->scope.organisation), "management");
    if (r->scope.scope)
        report_own(r, scope_text(r->scope.scope, "boundary"), report_place(r, r->scope.scope), report_record_url(r, r->scope.scope), "management");
    if (!r->scope.organisation && !r->scope.scope)
        report_say(r, "Nothing is said of the system and its boundaries yet.");
    report_heading(r, 1, STR("Principal service commitments"), "commitments");
    struct json *items = list_new(r);
    for (size_t i = 0; i < r->scope.commitments.count; i++)
        if (scope_flag(&r->scope.commitments.items[i], "is_principal") != 0)
            json_push_str(items, report_plain(r->a, scope_text(&r->scope.commitments.items[i], "text")));
    if (items->count == 0)
        report_say(r, "No principal commitment is registered yet.");
    return true;
}
