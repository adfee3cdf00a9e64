/* type_report.c - drafts of Type 1 and Type 2: the cover, section I (the firm's, left to it), section II, and the order of the rest. */
#include "os/zone.h"
#include "report/reports/internal.h"

struct str report_categories_words(const struct report *r)
{
    struct buf BUF_AUTO b;
    size_t count = 0, n = 0;
    buf_init(&b, 1000);
    for (size_t i = 0; i < content_category_count && i < SCOPE_CATEGORIES; i++)
        count += r->subject.is_in[i];
    for (size_t i = 0; i < content_category_count && i < SCOPE_CATEGORIES; i++) {
        if (!r->subject.is_in[i])
            continue;
        n++;
        buf_cstr(&b, n == 1 ? "" : n == count ? " and " : ", ");
        for (const char *p = content_categories[i].name; *p; p++)
            buf_char(&b, *p >= 'A' && *p <= 'Z' ? (char)(*p - 'A' + 'a') : *p);
    }
    return arena_str(r->a, buf_view(&b));
}

/* "2026-11-22 22:00, Europe/Lisbon": by the engagement's clocks. */
static struct str instant_words(struct report *r)
{
    struct str place = r->engagement ? scope_text(r->engagement, "time_zone") : STR("");
    struct zone *zone = zone_open(r->a, place);
    int64_t local_ms = zone_local_ms(zone, r->v->at_ms), minute = local_ms / MS_MINUTE % (24 * 60);
    return arena_printf(r->a, "%.*s %02d:%02d, %.*s", STR_ARGS(day_text(r->a, day_of(local_ms))), (int)(minute / 60), (int)(minute % 60), STR_ARGS(zone ? place : STR("UTC")));
}

static void cover_put(struct report *r)
{
    struct json *cover = json_put_object(r->document, "cover"), *lines;
    const char *type = r->subject.is_type2 ? "SOC 2 Type 2 report" : "SOC 2 Type 1 report";
    json_put_str(cover, "title", arena_printf(r->a, "%s on %.*s", type, STR_ARGS(report_company(r))));
    json_put_str(cover, "subtitle", arena_printf(r->a, "Relevant to %.*s, %.*s", STR_ARGS(report_categories_words(r)), STR_ARGS(r->subject.words)));
    lines = json_put_array(cover, "lines");
    json_push_str(lines, STR("Draft by management. It holds no opinion: section I is the audit firm's alone."));
    json_push_str(lines, r->subject.firm.size ? arena_printf(r->a, "Examined by %.*s", STR_ARGS(r->subject.firm)) : STR("The audit firm has not been named yet."));
    json_push_str(lines, arena_printf(r->a, "Drafted from the registers as of %.*s", STR_ARGS(instant_words(r))));
    json_push_str(lines, STR("Restricted use: for management, users of the system and others with enough understanding of it."));
    json_put_int(r->document, "contents", 2);
    json_put_str(r->document, "footer", STR("Draft. Restricted use."));
    ((struct json *)(uintptr_t)json_get(r->document, "title"))->text = arena_printf(r->a, "%s, %.*s", type, STR_ARGS(report_company(r)));
}

/* Marked as the firm's, with what has to be in it. The program writes no opinion. */
static void section_1(struct report *r, const struct report_parts *p)
{
    static const char *const parts[] = {"A title with the word independent, and whom it is addressed to",
                                        "Scope: the description, its criteria, the categories, and what lies outside of it",
                                        "What management answers for, and what the service auditor answers for, with the standards that were followed",
                                        "Inherent limits", "The opinion", "Restricted use", "Signature of the firm, city and date"};
    size_t carved = 0;
    struct str firm = r->subject.firm.size ? r->subject.firm : STR("the audit firm");
    report_heading(r, 1, STR("I  Report of the independent service auditor"), "section-1");
    struct json *b = report_say(r, "This section belongs to %.*s. The firm puts its own text here; neither management nor this program writes or proposes any of it.", STR_ARGS(firm));
    json_put_cstr(b, "author", "firm");
    json_put_cstr(b, "style", "lead");
    struct json *list = print_block(r->document, "list"), *items = json_put_array(list, "items");
    json_put_cstr(list, "author", "firm");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        json_push_str(items, str_of(parts[i]));
    if (r->subject.is_type2)
        json_push_str(items, STR("A pointer to the tests in section IV"));
    for (size_t i = 0; i < r->scope.subservices.count; i++)
        carved += !str_is(scope_text(&r->scope.subservices.items[i], "method"), "inclusive") && !str_is(r->scope.subservices.items[i].state, "ended");
    struct json *facts = print_block(r->document, "facts");
    print_fact(facts, STR("The system"), report_company(r));
    print_fact(facts, r->subject.is_type2 ? STR("Period") : STR("Date"), r->subject.words);
    print_fact(facts, STR("Categories"), report_categories_words(r));
    print_fact(facts, STR("Outside of the opinion"), arena_printf(r->a, "section V%s", carved ? "; controls of carved-out subservice organisations" : ""));
    print_fact(facts, STR("Relies on"), arena_printf(r->a, "%zu controls of user entities, %zu carved-out subservice organisations", p->cuecs.count, carved));
}

/* What management states when it has not written its own: the same claims as the opinion has, with the same dates. */
static void assertion_draft(struct report *r, const struct report_parts *p)
{
    struct str company = report_company(r), when = r->subject.words;
    bool has_carved = false;
    for (size_t i = 0; i < r->scope.subservices.count; i++)
        has_carved |= !str_is(scope_text(&r->scope.subservices.items[i], "method"), "inclusive");
    report_template(r, "We have prepared the description of our system in section III %.*s. It is meant to inform readers about the system, and in particular about the controls by which we meet our service commitments "
                       "and system requirements under the trust services criteria for %.*s.", STR_ARGS(when), STR_ARGS(report_categories_words(r)));
    if (p->cuecs.count || has_carved)
        report_template(r, "The description names controls%s%s%s on which the design of ours relies. It does not say whether those are in place.", p->cuecs.count ? " of user entities" : "",
                        p->cuecs.count && has_carved ? " and" : "", has_carved ? " of carved-out subservice organisations" : "");
    report_template(r, "We confirm, to the best of our knowledge and belief:");
    struct json *list = print_block(r->document, "list"), *items = json_put_array(list, "items");
    json_put_bool(list, "ordered", true);
    json_push_str(items, arena_printf(r->a, "The description presents the system that was designed and implemented %.*s, in accordance with the description criteria DC 1 to DC 9.", STR_ARGS(when)));
    json_push_str(items, arena_printf(r->a, "The controls that it states were suitably designed %.*s to give reasonable assurance that our commitments and requirements would be met if they worked%s.", STR_ARGS(when),
                                      p->cuecs.count || has_carved ? ", and if the controls on which we rely worked as well" : ""));
    if (r->subject.is_type2)
        json_push_str(items, arena_printf(r->a, "The controls operated effectively %.*s to give that assurance%s.", STR_ARGS(when), p->cuecs.count || has_carved ? ", where the controls on which we rely operated as well" : ""));
    struct json *sign = report_template(r, "Signed for %.*s", STR_ARGS(company));
    json_put_bool(sign, "keep", true);
}

static void section_2(struct report *r, const struct report_parts *p)
{
    const struct record *own = report_section(&p->sections, "assertion");
    struct json *h = report_heading(r, 1, STR("II  Management's assertion"), "section-2");
    json_put_bool(h, "new_page", true);
    if (!own || !scope_has(own, "text")) {
        assertion_draft(r, p);
        return;
    }
    report_own(r, scope_text(own, "text"), report_place(r, own), report_record_url(r, own), "management");
    if (!str_is(own->state, "approved"))
        report_check(r, REPORT_OPEN, "assertion_draft", report_place(r, own), STR(""), STR("Nobody has approved the assertion yet."), STR("Have somebody other than its author approve it."), report_record_url(r, own));
}

bool report_build_type(struct report *r, struct err *e)
{
    struct report_parts p;
    bool is_type2 = strcmp(r->kind->id, "type2") == 0;
    if (r->engagement && is_type2 != str_is(scope_text(r->engagement, "kind"), "type2"))
        return err_set(e, ERR_INVALID, "engagement %.*s is a Type %s: its report is type%s", STR_ARGS(r->engagement->id), is_type2 ? "1" : "2", is_type2 ? "1" : "2");
    if (!report_parts_read(r, &p, e) || !report_assess(r, e))
        return false;
    cover_put(r);
    section_1(r, &p);
    section_2(r, &p);
    report_put_description(r, &p);
    report_put_results(r, &p);
    report_put_other(r, &p);
    report_check_parts(r, &p);
    return true;
}
