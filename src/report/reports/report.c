/* report.c - the kinds of report, what one speaks of, and the checks that every one goes through. */
#include "report/reports/internal.h"
#include "report/view_audit.h"
#include "report/view_parameters.h"

const struct report_kind report_kinds[] = {
    {"type2", "SOC 2 Type 2, draft", "Sections I to V: what the firm and management say, the system, criteria with controls, tests and results, other information.", true, report_build_type},
    {"type1", "SOC 2 Type 1, draft", "The same as of one day: design and whether controls are in place, without tests.", true, report_build_type},
    {"readiness", "SOC 2 readiness", "Where we stand: score, blockers, what fails, every criterion and control.", false, report_build_readiness},
    {"gap", "Gaps", "What is missing, how severe, who does what by when, and when the window can begin.", false, report_build_gap},
    {"soa", "Statement of applicability", "Every control of the library and of our own: applied or not, why, in which state, for which criteria.", false, report_build_soa},
    {"risk", "Risks", "The register with what remains beside live controls, treatments and acceptances.", false, report_build_risk},
    {"board", "Summary for the board", "Two pages: readiness, what changed, the largest risks, what is decided by whom.", false, report_build_board},
    {"bridge", "Bridge letter", "Management's word for the time between two reports. Refused while a register says otherwise.", true, report_build_bridge},
    {"representation", "Representation letter, draft", "What management confirms to the firm in writing, with what the registers disclose.", true, report_build_representation},
    {"soc3", "Summary for general use, draft", "The assertion, boundaries and commitments of a Type 2, without controls and results.", true, report_build_soc3},
};
const size_t report_kind_count = sizeof report_kinds / sizeof report_kinds[0];

const struct report_kind *report_kind_find(struct str id)
{
    for (size_t i = 0; i < report_kind_count; i++)
        if (str_is(id, report_kinds[i].id))
            return &report_kinds[i];
    return NULL;
}

/* ---- checks ---- */

void report_check(struct report *r, enum report_level level, const char *code, struct str place, struct str words, struct str why, struct str what, struct str url)
{
    static const char *const names[] = {"refused", "open", "warning", "fine"}, *const labels[] = {"In the way", "Missing", "Look at it", "In order"};
    static const enum result_status shapes[] = {RESULT_FAIL, RESULT_FAIL, RESULT_UNKNOWN, RESULT_PASS};
    r->refused += level == REPORT_REFUSED;
    r->open += level == REPORT_OPEN;
    r->warnings += level == REPORT_WARNING;
    if (r->checks->count >= REPORT_CHECKS_MAX)
        return;
    struct json *o = json_push_object(r->checks);
    json_put_cstr(o, "level", names[level]);
    put_status_as(o, shapes[level], labels[level]);
    json_put_cstr(o, "code", code);
    json_put_str(o, "place", place);
    json_put_str(o, "words", words.data ? words : STR(""));
    json_put_str(o, "why", why);
    json_put_str(o, "what", what);
    json_put_str(o, "url", url.data ? url : STR(""));
}

/* What is in the way first, then what is missing. */
static struct json *checks_sorted(struct report *r)
{
    static const char *const names[] = {"refused", "open", "warning", "fine"};
    struct json *sorted = json_array(r->a);
    for (size_t k = 0; k < 4; k++)
        JSON_EACH (c, r->checks) {
            if (!str_is(json_text(c, "level"), names[k]))
                continue;
            struct json *copy = ARENA_NEW(r->a, struct json);
            *copy = *c;
            copy->next = NULL;
            json_push(sorted, copy);
        }
    return sorted;
}

bool report_is_allowed(const struct json *page, struct err *e)
{
    JSON_EACH (c, json_get(page, "checks"))
        if (str_is(json_text(c, "level"), "refused")) {
            struct str words = json_text(c, "words"), place = json_text(c, "place"), why = json_text(c, "why");
            return err_set(e, ERR_CONFLICT, "%.*s: %s%.*s%s%.*s", STR_ARGS(str_slice(place, 0, 120)), words.size ? "\"" : "", STR_ARGS(str_slice(words, 0, 120)), words.size ? "\": " : "",
                           STR_ARGS(str_slice(why, 0, 200)));
        }
    return true;
}

/* ---- reading ---- */

bool report_rows(struct report *r, const char *type, bool is_all, struct scope_rows *ret, struct err *e)
{
    *ret = (struct scope_rows){0};
    const struct record_type *t = record_types_find(r->records->types, str_of(type));
    if (!t)
        return true;
    if (!record_may_read_type(r->records, t)) {
        report_check(r, REPORT_WARNING, "unread", str_of(t->labels), STR(""), STR("You may not read these, so nothing of them is in here."),
                     STR("Have somebody make the report who may."), STR(""));
        return true;
    }
    return scope_rows_read(r->v, r->records, type, view_record_limit(r->v), is_all, ret, e);
}

bool report_rows_of(struct report *r, const char *type, struct scope_rows *ret, struct err *e)
{
    size_t kept = 0;
    if (!r->engagement) {
        *ret = (struct scope_rows){0};
        return true;
    }
    if (!report_rows(r, type, true, ret, e))
        return false;
    for (size_t i = 0; i < ret->count; i++)
        if (str_equal(scope_text(&ret->items[i], "engagement"), r->engagement->id))
            ret->items[kept++] = ret->items[i];
    ret->count = kept;
    return true;
}

struct str report_person(struct report *r, struct str id)
{
    return id.size ? json_text(scope_person(r->v, id), "name") : STR("");
}

struct str report_record_url(struct report *r, const struct record *x)
{
    return record_url(r->v, x->type->id, x->id);
}

struct str report_place(struct report *r, const struct record *x)
{
    struct str title = record_title(x);
    return str_equal(title, x->id) ? x->id : arena_printf(r->a, "%.*s %.*s", STR_ARGS(x->id), STR_ARGS(title));
}

struct str report_company(const struct report *r)
{
    struct str name = r->scope.organisation ? scope_text(r->scope.organisation, "name") : STR("");
    return name.size ? name : STR("The organisation");
}

const struct record *report_section(const struct scope_rows *sections, const char *part)
{
    const struct record *found = NULL;
    for (size_t i = 0; i < sections->count; i++)
        if (str_is(scope_text(&sections->items[i], "part"), part))
            found = &sections->items[i];
    return found;
}

int64_t report_day(struct str date, int64_t otherwise)
{
    int64_t at;
    return date.size == 10 && time_parse(date, 0, &at) ? day_of(at) : otherwise;
}

bool report_day_is_in(const struct report *r, struct str date)
{
    int64_t day = report_day(date, INT64_MIN);
    return day != INT64_MIN && day >= r->subject.from_day && day <= r->subject.to_day;
}

bool report_assess(struct report *r, struct err *e)
{
    int64_t today = day_of(r->v->at_ms);
    if (r->subject.is_type2 && r->subject.has_dates && r->subject.from_day <= today) {
        int64_t to = r->subject.to_day < today ? r->subject.to_day : today;
        if (!view_days(r->v, day_words(r->v, r->subject.from_day), day_words(r->v, to), e))
            return false;
    }
    r->as = view_over_days(r->v, e);
    return r->as != NULL;
}

bool report_criterion_is_in(const struct report *r, size_t criterion)
{
    const struct criterion *c = r->as->criteria[criterion].criterion;
    if (r->as->program->criterion_not_relevant[criterion])
        return false;
    for (size_t i = 0; i < content_category_count && i < SCOPE_CATEGORIES; i++)
        if (strcmp(content_categories[i].id, c->category) == 0)
            return r->subject.is_in[i];
    return false;
}

bool report_control_serves(const struct report *r, size_t control, size_t criterion, bool *ret_key)
{
    const struct criterion_state *c = &r->as->criteria[criterion];
    for (size_t i = 0; i < c->key_count; i++)
        if (c->key[i] == control)
            return *ret_key = true;
    *ret_key = false;
    for (size_t i = 0; i < c->supporting_count; i++)
        if (c->supporting[i] == control)
            return true;
    for (size_t i = 0; i < c->compensating_count; i++)
        if (c->compensating[i] == control)
            return true;
    return false;
}

bool report_control_is_listed(const struct report *r, size_t control)
{
    const struct control_program *p = &r->as->program->controls[control];
    bool is_key, has_ended = p->effective_to_ms && day_of(p->effective_to_ms) < r->subject.from_day, comes_later = p->effective_from_ms && day_of(p->effective_from_ms) > r->subject.to_day;
    if (p->adoption != ADOPTION_ADOPTED && (p->adoption != ADOPTION_RETIRED || !p->effective_to_ms))
        return false;
    if (has_ended || comes_later)
        return false;
    for (size_t i = 0; i < content_criterion_count; i++)
        if (report_criterion_is_in(r, i) && report_control_serves(r, control, i, &is_key))
            return true;
    return false;
}

/* The parameters' values stand in it as they are in force. */
struct str report_control_statement(struct report *r, const struct control *c)
{
    return view_text(r->v, str_of(c->statement));
}

/* ---- what it speaks of ---- */

static void subject_from_engagement(struct report *r, const struct record *g)
{
    struct report_subject *s = &r->subject;
    s->is_type2 = str_is(scope_text(g, "kind"), "type2");
    s->as_of = scope_text(g, "as_of");
    s->from = scope_text(g, "window_from");
    s->to = scope_text(g, "window_to");
    s->zone = scope_text(g, "time_zone");
    s->firm = scope_text(g, "firm");
    s->partner = scope_text(g, "partner");
    s->title = scope_text(g, "title");
    JSON_EACH (id, scope_list(g, "categories"))
        for (size_t i = 0; i < content_category_count && i < SCOPE_CATEGORIES; i++)
            s->is_in[i] |= str_is(id->text, content_categories[i].id);
}

static void subject_from_organisation(struct report *r)
{
    struct report_subject *s = &r->subject;
    const struct record *o = r->scope.organisation;
    s->is_type2 = str_is(scope_text(o, "report_type"), "type2");
    s->as_of = scope_text(o, "as_of");
    s->from = scope_text(o, "window_from");
    s->to = scope_text(o, "window_to");
    s->zone = scope_text(o, "time_zone");
    s->title = STR("");
    memcpy(s->is_in, r->scope.is_category_in, sizeof s->is_in);
}

static bool subject_read(struct report *r, struct err *e)
{
    struct report_subject *s = &r->subject;
    *s = (struct report_subject){.firm = STR(""), .partner = STR("")};
    if (!scope_facts_read(r->v, r->records, &r->scope, e))
        return false;
    if (r->options->engagement.size) {
        const struct record_type *t = record_types_find(r->records->types, STR("engagement"));
        r->engagement = t ? record_get(r->v->db, r->a, t, r->options->engagement, view_record_limit(r->v), e) : NULL;
        if (!r->engagement)
            return e->code ? false : err_set(e, ERR_NOT_FOUND, "engagement: there are no records of this type");
        subject_from_engagement(r, r->engagement);
    } else {
        subject_from_organisation(r);
    }
    for (size_t i = 0; i < content_category_count && i < SCOPE_CATEGORIES; i++)
        s->is_in[i] |= content_categories[i].is_mandatory;
    if (strcmp(r->kind->id, "type1") == 0)
        s->is_type2 = false;
    if (strcmp(r->kind->id, "type2") == 0)
        s->is_type2 = true;
    s->zone = s->zone.size ? s->zone : STR("UTC");
    s->has_dates = s->is_type2 ? report_day(s->from, -1) >= 0 && report_day(s->to, -1) >= report_day(s->from, -1) : report_day(s->as_of, -1) >= 0;
    s->from_day = s->has_dates ? report_day(s->is_type2 ? s->from : s->as_of, 0) : day_of(r->v->at_ms);
    s->to_day = s->has_dates ? report_day(s->is_type2 ? s->to : s->as_of, 0) : day_of(r->v->at_ms);
    s->words = !s->has_dates ? (s->is_type2 ? STR("throughout a period whose dates are not set yet") : STR("as of a day that is not set yet"))
               : s->is_type2 ? arena_printf(r->a, "throughout the period %.*s to %.*s", STR_ARGS(s->from), STR_ARGS(s->to))
                             : arena_printf(r->a, "as of %.*s", STR_ARGS(s->as_of));
    return true;
}

static void subject_put(struct report *r)
{
    struct json *o = json_put_object(r->page, "subject");
    json_put_cstr(o, "type", r->subject.is_type2 ? "type2" : "type1");
    json_put_str(o, "as_of", r->subject.is_type2 ? STR("") : r->subject.as_of);
    json_put_str(o, "from", r->subject.is_type2 ? r->subject.from : STR(""));
    json_put_str(o, "to", r->subject.is_type2 ? r->subject.to : STR(""));
    json_put_str(o, "words", r->subject.words);
}

/* ---- one report ---- */

static bool page_begin(struct report *r, struct err *e)
{
    struct engagement of;
    r->page = r->engagement ? engagement_page_new(r->v, r->records, str_of(r->kind->label), r->engagement->id, "reports", &of, e) : record_page_new(r->v, str_of(r->kind->label), r->options->is_page, e);
    if (!r->page)
        return false;
    json_put_cstr(r->page, "kind", r->kind->id);
    json_put_cstr(r->page, "label", r->kind->label);
    json_put_cstr(r->page, "words", r->kind->words);
    if (!r->engagement)
        json_put_null(r->page, "engagement");
    subject_put(r);
    r->checks = json_array(r->a);
    r->document = print_document(r->a, str_of(r->kind->label), r->v->at_ms);
    json_put_str(r->document, "author", report_company(r));
    json_put_str(r->document, "header", report_company(r));
    return true;
}

struct json *report_make(struct view *v, const struct view_records *records, const struct report_options *o, struct err *e)
{
    struct report *r = ARENA_NEW(v->arena, struct report);
    *r = (struct report){.v = v, .records = records, .a = v->arena, .options = o, .kind = report_kind_find(o->kind)};
    if (!r->kind) {
        err_set(e, ERR_NOT_FOUND, "report %.*s: there is none of this kind (type2, type1, readiness, gap, soa, risk, board, bridge, representation, soc3)", STR_ARGS(str_slice(o->kind, 0, 40)));
        return NULL;
    }
    if (!subject_read(r, e) || !page_begin(r, e) || !r->kind->build(r, e))
        return NULL;
    report_guard(r);
    report_self_check(r);
    json_put_bool(r->page, "is_refused", r->refused > 0);
    struct json *counts = json_put_object(r->page, "counts");
    json_put_int(counts, "refused", (int64_t)r->refused);
    json_put_int(counts, "open", (int64_t)r->open);
    json_put_int(counts, "warning", (int64_t)r->warnings);
    json_put(r->page, "checks", checks_sorted(r));
    json_put(r->page, "document", r->document);
    return r->page;
}

struct json *report_list(struct view *v, const struct view_records *records, struct str engagement, struct err *e)
{
    struct engagement of;
    struct str base = engagement.size ? arena_printf(v->arena, "/audit/%.*s/reports", STR_ARGS(engagement)) : STR("/reports");
    struct json *page = engagement.size ? engagement_page_new(v, records, STR("Reports"), engagement, "reports", &of, e) : record_page_new(v, STR("Reports"), true, e);
    if (!page)
        return NULL;
    if (!engagement.size)
        json_put_null(page, "engagement");
    struct json *list = json_put_array(page, "kinds");
    for (size_t i = 0; i < report_kind_count; i++) {
        bool is_other_type = engagement.size && str_starts(str_of(report_kinds[i].id), "type") && (report_kinds[i].id[4] == '1') != of.is_type1;
        if ((engagement.size && !report_kinds[i].is_of_engagement) || is_other_type)
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", report_kinds[i].id);
        json_put_cstr(o, "label", report_kinds[i].label);
        json_put_cstr(o, "words", report_kinds[i].words);
        json_put_str(o, "url", arena_printf(v->arena, "%.*s/%s", STR_ARGS(base), report_kinds[i].id));
    }
    return page;
}

struct str report_file_name(struct arena *a, const struct json *page, const char *extension)
{
    const struct json *s = json_get(page, "subject");
    struct str day = json_text(s, "to").size ? json_text(s, "to") : json_text(s, "as_of");
    bool is_dated = str_starts(json_text(page, "kind"), "type") && day.size;
    if (!is_dated)
        day = json_text(json_get(page, "as_of"), "date");
    return arena_printf(a, "%.*s-%.*s.%s", STR_ARGS(json_text(page, "kind")), STR_ARGS(day), extension);
}
