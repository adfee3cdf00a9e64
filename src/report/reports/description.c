/* description.c - section III: the system described, from the registers of the scope, in the order of the description criteria DC 1 to DC 9. */
#include "report/reports/internal.h"

bool report_parts_read(struct report *r, struct report_parts *ret, struct err *e)
{
    return report_rows_of(r, "report_section", &ret->sections, e) && report_rows(r, "user_control", false, &ret->cuecs, e) && report_rows(r, "significant_change", false, &ret->changes, e) &&
           report_rows(r, "incident", true, &ret->incidents, e) && report_rows(r, "criterion", false, &ret->criteria, e) && report_rows(r, "policy", false, &ret->policies, e) &&
           report_rows(r, "asset", false, &ret->assets, e) && report_rows(r, "data_store", false, &ret->stores, e) && report_rows_of(r, "test_sheet", &ret->sheets, e) &&
           report_rows_of(r, "audit_exception", &ret->exceptions, e) && report_rows(r, "response", true, &ret->responses, e) && report_rows_of(r, "population", &ret->populations, e) &&
           report_rows_of(r, "sample", &ret->samples, e);
}

bool report_incident_is_severe(const struct record *x)
{
    struct str severity = scope_text(x, "severity");
    return str_is(severity, "sev1") || str_is(severity, "sev2");
}

/* An incident where somebody says so; a change unless somebody says no. */
bool report_incident_is_of_it(const struct report *r, const struct record *x)
{
    return r->subject.is_type2 ? report_day_is_in(r, scope_text(x, "happened_on")) : report_day(scope_text(x, "happened_on"), INT64_MIN) <= r->subject.to_day;
}

bool report_is_in_description(const struct record *x)
{
    int flag = scope_flag(x, "in_description");
    return strcmp(x->type->id, "significant_change") == 0 ? flag != 0 : flag == 1;
}

/* ---- one criterion of the description ---- */

struct dc {
    struct report *r;
    const struct report_parts *parts;
    int number;
    const struct record *section;
    int64_t drafted; /* rows that the registers give */
};

static void dc_begin(struct dc *d, int number, const char *title)
{
    struct report *r = d->r;
    d->number = number;
    d->drafted = 0;
    d->section = report_section(&d->parts->sections, arena_printf(r->a, "dc%d", number).data);
    report_heading(r, 2, arena_printf(r->a, "DC %d  %s", number, title), arena_printf(r->a, "dc%d", number).data);
    if (d->section)
        report_own(r, scope_text(d->section, "text"), report_place(r, d->section), report_record_url(r, d->section), "management");
}

static void missing_put(struct dc *d, const char *what)
{
    struct report *r = d->r;
    bool may_write = r->engagement != NULL;
    struct str url = d->section ? report_record_url(r, d->section)
                     : may_write ? arena_printf(r->a, "/records/report_section/new?v.part=dc%d&v.engagement=%.*s", d->number, STR_ARGS(r->engagement->id))
                                 : STR("");
    report_check(r, REPORT_OPEN, "dc_empty", arena_printf(r->a, "DC %d", d->number), STR(""), STR("Neither a register nor a section says anything here."), str_of(what), url);
    report_say(r, "Nothing is said here yet.");
}

/* Every one says something, or says that there is nothing. */
static void dc_end(struct dc *d, const char *none, const char *what)
{
    bool has_text = d->section && scope_has(d->section, "text"), is_none = d->section && scope_flag(d->section, "is_none") == 1;
    if (d->section && !str_is(d->section->state, "approved"))
        report_check(d->r, REPORT_OPEN, "dc_draft", report_place(d->r, d->section), STR(""), STR("Nobody has approved this section yet."), STR("Have somebody other than its author approve it."),
                     report_record_url(d->r, d->section));
    if (is_none && d->drafted > 0)
        report_check(d->r, REPORT_OPEN, "dc_contradiction", arena_printf(d->r->a, "DC %d", d->number), STR("explicitly none"), arena_printf(d->r->a, "The section says that there is none, and the registers have %lld.", (long long)d->drafted),
                     STR("Take back one or the other."), report_record_url(d->r, d->section));
    else if (is_none && !has_text)
        report_say(d->r, "%s", none);
    else if (!has_text && !is_none && d->drafted == 0)
        missing_put(d, what);
    if (has_text || is_none || d->drafted > 0)
        report_check(d->r, REPORT_FINE, "dc", arena_printf(d->r->a, "DC %d", d->number), STR(""), is_none ? STR("Explicitly none.") : STR("It says something."), STR(""), STR(""));
}

static struct str choice(const struct record *x, const char *field)
{
    struct str s = scope_choice_label(x, field);
    return s.data ? s : STR("");
}

static struct str own_cell(struct report *r, const struct record *x, const char *field)
{
    return report_plain(r->a, scope_text(x, field));
}

/* ---- DC 1, DC 2 ---- */

static void services_put(struct dc *d)
{
    struct report *r = d->r;
    const struct scope_rows *rows = &r->scope.services;
    dc_begin(d, 1, "Services provided");
    if (r->scope.organisation && scope_has(r->scope.organisation, "what"))
        report_own(r, scope_text(r->scope.organisation, "what"), report_place(r, r->scope.organisation), report_record_url(r, r->scope.organisation), "management");
    for (size_t i = 0; i < rows->count; i++) {
        const struct record *x = &rows->items[i];
        if (!scope_is_in(x) || str_is(x->state, "retired"))
            continue;
        d->drafted++;
        report_heading(r, 3, record_title(x), arena_printf(r->a, "service-%.*s", STR_ARGS(x->id)).data);
        report_own(r, scope_text(x, "what"), report_place(r, x), report_record_url(r, x), "management");
        if (scope_has(x, "data"))
            report_own(r, scope_text(x, "data"), report_place(r, x), report_record_url(r, x), "management");
    }
    dc_end(d, "There are no services in scope.", "Register the services that customers buy (Scope), or write the section.");
}

static void commitments_put(struct dc *d)
{
    struct report *r = d->r;
    const struct scope_rows *rows = &r->scope.commitments;
    dc_begin(d, 2, "Principal service commitments and system requirements");
    struct json *t = NULL;
    for (size_t i = 0; i < rows->count; i++) {
        const struct record *x = &rows->items[i];
        if (scope_flag(x, "is_principal") == 0)
            continue;
        t = t ? t : report_table(r, STR("Commitments"), "Id|Commitment:34|Category|System requirements that follow:34|Where it stands");
        report_table_is_own(t, "management");
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, x->id);
        report_cell(row, own_cell(r, x, scope_has(x, "text") ? "text" : "title"));
        report_cell(row, choice(x, "category"));
        report_cell(row, own_cell(r, x, "requirements"));
        report_cell(row, choice(x, "source"));
        if (!scope_has(x, "requirements"))
            report_check(r, REPORT_OPEN, "requirement", report_place(r, x), STR(""), STR("No system requirement follows from this commitment."), STR("Say what the system has to do so that it can be kept."),
                         report_record_url(r, x));
    }
    dc_end(d, "There are no commitments.", "Register what you have promised (Scope, Commitments).");
}

/* ---- DC 3 ---- */

static void systems_put(struct dc *d)
{
    struct report *r = d->r;
    report_heading(r, 3, STR("Infrastructure and software"), "components");
    struct json *t = NULL;
    int64_t before = d->drafted;
    for (size_t i = 0; i < r->scope.systems.count; i++) {
        const struct record *x = &r->scope.systems.items[i];
        if (!scope_is_in(x))
            continue;
        t = t ? t : report_table(r, STR("Systems in scope"), "Id|Name|Kind|Environment|Run by|Most sensitive data|Owner");
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, x->id);
        report_cell(row, record_title(x));
        report_cell(row, choice(x, "kind"));
        report_cell(row, choice(x, "environment"));
        report_cell(row, scope_has(x, "provider") ? scope_text(x, "provider") : STR("ourselves"));
        report_cell(row, choice(x, "data_class"));
        report_cell(row, report_person(r, scope_text(x, "owner")));
    }
    t = NULL;
    for (size_t i = 0; i < d->parts->assets.count; i++) {
        const struct record *x = &d->parts->assets.items[i];
        if (scope_flag(x, "in_scope") == 0)
            continue;
        t = t ? t : report_table(r, STR("Assets in scope"), "Id|Name|Kind|Environment|Place or region");
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, x->id);
        report_cell(row, record_title(x));
        report_cell(row, choice(x, "kind"));
        report_cell(row, choice(x, "environment"));
        report_cell(row, scope_text(x, "location"));
    }
    if (d->drafted == before)
        report_say(r, "No system and no asset is registered yet.");
}

/* Who works there, by department: no names beside the roles of the program. */
static void staff_put(struct dc *d, struct err *e)
{
    struct report *r = d->r;
    int64_t limit = r->v->leaf_limit;
    report_heading(r, 3, STR("People"), "people");
    struct json *t = report_table(r, STR("People by department"), "Department|>People");
    DB_EACH (row, r->v->db, e,
             "select coalesce(nullif(department, ''), 'Not said'), count(*) from people_versions where from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1) and is_deleted = 0 and state = 'active' "
             "and coalesce(kind, '') not in ('auditor', 'board') group by 1 order by 2 desc, 1", A(limit)) {
        struct json *line = print_row(t);
        d->drafted++;
        report_cell(line, arena_str(r->a, db_text(row, 0)));
        report_cell_int(line, db_int(row, 1));
    }
    if (r->scope.team.count == 0)
        return;
    t = report_table(r, STR("Who answers for what"), "Work|Responsible|Accountable");
    for (size_t i = 0; i < r->scope.team.count; i++) {
        struct json *line = print_row(t);
        const struct record *x = &r->scope.team.items[i];
        report_cell(line, record_title(x));
        report_cell(line, report_person(r, scope_text(x, "responsible")));
        report_cell(line, report_person(r, scope_text(x, "accountable")));
    }
}

static void procedures_put(struct dc *d)
{
    struct report *r = d->r;
    report_heading(r, 3, STR("Procedures"), "procedures");
    struct json *t = NULL;
    for (size_t i = 0; i < d->parts->policies.count; i++) {
        const struct record *x = &d->parts->policies.items[i];
        t = t ? t : report_table(r, STR("Policies in force"), "Id|Policy|What it is for:50|Next review");
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, x->id);
        report_cell(row, record_title(x));
        report_cell(row, scope_text(x, "purpose"));
        report_cell(row, scope_text(x, "review_on"));
    }
    if (!t)
        report_say(r, "No policy has been taken over yet.");
}

static void data_put(struct dc *d)
{
    struct report *r = d->r;
    report_heading(r, 3, STR("Data"), "data");
    if (r->scope.organisation && scope_has(r->scope.organisation, "data_flows"))
        report_own(r, scope_text(r->scope.organisation, "data_flows"), arena_printf(r->a, "%.*s, flows of data", STR_ARGS(report_place(r, r->scope.organisation))),
                   report_record_url(r, r->scope.organisation), "management");
    struct json *t = NULL;
    for (size_t i = 0; i < d->parts->stores.count; i++) {
        const struct record *x = &d->parts->stores.items[i];
        if (scope_flag(x, "in_scope") == 0)
            continue;
        t = t ? t : report_table(r, STR("Where data lies"), "Id|Name|What:30|Class|Region|>Days kept");
        report_table_is_own(t, "management");
        struct json *row = print_row(t);
        const struct json *days = json_get(x->values, "retention_days");
        d->drafted++;
        report_cell(row, x->id);
        report_cell(row, record_title(x));
        report_cell(row, own_cell(r, x, "what"));
        report_cell(row, choice(x, "class"));
        report_cell(row, scope_text(x, "region"));
        report_cell(row, days && days->type == JSON_NUMBER ? arena_printf(r->a, "%lld", (long long)days->integer) : STR(""));
    }
    if (!t && (!r->scope.organisation || !scope_has(r->scope.organisation, "data_flows")))
        report_say(r, "No store of data is registered yet.");
}

static void boundary_put(struct dc *d)
{
    struct report *r = d->r;
    report_heading(r, 3, STR("Boundaries"), "boundaries");
    if (r->scope.scope && scope_has(r->scope.scope, "boundary"))
        report_own(r, scope_text(r->scope.scope, "boundary"), report_place(r, r->scope.scope), report_record_url(r, r->scope.scope), "management");
    struct json *t = NULL;
    for (size_t i = 0; i < r->scope.items.count; i++) {
        const struct record *x = &r->scope.items.items[i];
        t = t ? t : report_table(r, STR("Inside and outside"), "What|Component|Place|Reason:44");
        report_table_is_own(t, "management");
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, record_title(x));
        report_cell(row, choice(x, "kind"));
        report_cell(row, scope_is_in(x) ? STR("inside") : STR("outside"));
        report_cell(row, own_cell(r, x, "reason"));
    }
    if (!t && (!r->scope.scope || !scope_has(r->scope.scope, "boundary")))
        report_say(r, "Nothing is said of what is inside and outside yet.");
}

static void components_put(struct dc *d, struct err *e)
{
    dc_begin(d, 3, "Components of the system");
    systems_put(d);
    staff_put(d, e);
    procedures_put(d);
    data_put(d);
    boundary_put(d);
    dc_end(d, "There are none.", "Register systems, assets and the boundary (Scope, Assets and data).");
}

/* ---- DC 4, DC 9 ---- */

static void incidents_put(struct dc *d)
{
    struct report *r = d->r;
    dc_begin(d, 4, "Incidents");
    for (size_t i = 0; i < d->parts->incidents.count; i++) {
        const struct record *x = &d->parts->incidents.items[i];
        if (str_is(x->state, "dropped") || !report_is_in_description(x) || !report_incident_is_of_it(r, x))
            continue;
        struct str place = report_place(r, x), url = report_record_url(r, x);
        d->drafted++;
        report_heading(r, 3, place, arena_printf(r->a, "incident-%.*s", STR_ARGS(x->id)).data);
        struct json *facts = print_block(r->document, "facts");
        print_fact(facts, STR("Severity"), choice(x, "severity"));
        print_fact(facts, STR("Began"), scope_text(x, "happened_on"));
        print_fact(facts, STR("Resolved"), scope_has(x, "resolved_on") ? scope_text(x, "resolved_on") : STR("not yet"));
        report_own(r, scope_text(x, "text"), place, url, "management");
        report_own(r, scope_text(x, "resolution"), place, url, "management");
        if (!scope_has(x, "text"))
            report_check(r, REPORT_OPEN, "incident", place, STR(""), STR("It is in the description, and nature, extent and effect are not told."), STR("Tell them in its record."), url);
    }
    dc_end(d, "No incident came from a control that was badly designed or failed, or otherwise kept the system from its commitments in a significant way.",
           "Look through the register of incidents; where there was none, say so: a section DC 4 that is explicitly none.");
}

static void changes_put(struct dc *d)
{
    struct report *r = d->r;
    dc_begin(d, 9, "Significant changes");
    struct json *t = NULL;
    for (size_t i = 0; i < d->parts->changes.count; i++) {
        const struct record *x = &d->parts->changes.items[i];
        if (!report_is_in_description(x) || !report_day_is_in(r, scope_text(x, "happened_on")))
            continue;
        t = t ? t : report_table(r, STR("Changes of the system and its controls"), "When|What|Kind|Before, after, why:34|Effect:24");
        report_table_is_own(t, "management");
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, scope_text(x, "happened_on"));
        report_cell(row, record_title(x));
        report_cell(row, choice(x, "kind"));
        report_cell(row, own_cell(r, x, "text"));
        report_cell(row, own_cell(r, x, "effect"));
    }
    t = NULL;
    for (size_t i = 0; i < r->as->control_count; i++) {
        const struct control_program *p = &r->as->program->controls[i];
        int64_t from = p->effective_from_ms ? day_of(p->effective_from_ms) : INT64_MIN, to = p->effective_to_ms ? day_of(p->effective_to_ms) : INT64_MAX;
        bool came = from > r->subject.from_day && from <= r->subject.to_day, went = to >= r->subject.from_day && to < r->subject.to_day;
        if ((p->adoption != ADOPTION_ADOPTED && p->adoption != ADOPTION_RETIRED) || (!came && !went))
            continue;
        t = t ? t : report_table(r, STR("Controls that were in force for part of the period"), "Control|Title|In force from|In force until");
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, str_of(r->as->controls[i].control->id));
        report_cell(row, str_of(r->as->controls[i].control->title));
        report_cell(row, came ? day_words(r->v, from) : STR("the beginning"));
        report_cell(row, went ? day_words(r->v, to) : STR("the end"));
    }
    dc_end(d, "No significant change was made to the system and its controls.", "Record significant changes (Scope); where there was none, say so: a section DC 9 that is explicitly none.");
}

/* ---- DC 5 to DC 8 ---- */

static void controls_put(struct dc *d)
{
    struct report *r = d->r;
    size_t criteria = 0, controls = 0;
    dc_begin(d, 5, "Applicable criteria and controls");
    for (size_t i = 0; i < content_criterion_count; i++)
        criteria += report_criterion_is_in(r, i);
    for (size_t i = 0; i < r->as->control_count; i++)
        controls += report_control_is_listed(r, i);
    d->drafted = (int64_t)controls;
    report_say(r, "Section IV lists the %zu criteria that apply and, for each, the controls of %.*s that meet it: %zu in all. They are part of this description.", criteria, STR_ARGS(report_company(r)), controls);
    dc_end(d, "There are none.", "Adopt controls: only what somebody owns can be described.");
}

static void cuecs_put(struct dc *d)
{
    struct report *r = d->r;
    dc_begin(d, 6, "Complementary controls of user entities");
    struct json *t = NULL;
    for (size_t i = 0; i < d->parts->cuecs.count; i++) {
        const struct record *x = &d->parts->cuecs.items[i];
        if (!t) {
            report_say(r, "The controls of %.*s were designed on the understanding that user entities put these in place. Each user entity should look at its own.", STR_ARGS(report_company(r)));
            t = report_table(r, STR("What is relied on at user entities"), "Id|What they have to do:50|Criteria");
            report_table_is_own(t, "management");
        }
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, x->id);
        report_cell(row, own_cell(r, x, scope_has(x, "text") ? "text" : "title"));
        report_cell(row, report_join(r->a, scope_list(x, "criteria"), ", "));
    }
    dc_end(d, "The design of the controls relies on none at user entities.", "Register what you rely on at your customers (Scope, Controls of user entities); where nothing, say so: a section DC 6 that is explicitly none.");
}

static void fact_of(struct json *facts, const char *name, struct str value)
{
    print_fact(facts, str_of(name), value.size ? value : STR("not said"));
}

static void subservices_put(struct dc *d)
{
    struct report *r = d->r;
    dc_begin(d, 7, "Subservice organisations");
    for (size_t i = 0; i < r->scope.subservices.count; i++) {
        const struct record *x = &r->scope.subservices.items[i];
        bool is_carved = !str_is(scope_text(x, "method"), "inclusive");
        struct str place = report_place(r, x), url = report_record_url(r, x);
        if (str_is(x->state, "ended"))
            continue;
        d->drafted++;
        report_heading(r, 3, record_title(x), arena_printf(r->a, "subservice-%.*s", STR_ARGS(x->id)).data);
        report_say(r, is_carved ? "Presented by the carve-out method: this description leaves its controls out, and the examination does not extend to them."
                                : "Presented by the inclusive method: its components and controls are part of this description.");
        report_own(r, scope_text(x, "what"), place, url, "management");
        if (is_carved && scope_has(x, "controls_assumed")) {
            report_say(r, "Complementary controls that are expected of it:");
            struct str rest = scope_text(x, "controls_assumed"), line;
            struct json *list = print_block(r->document, "list"), *items = json_put_array(list, "items");
            json_put_str(list, "own", place);
            json_put_str(list, "own_url", url);
            while (str_next_line(&rest, &line)) {
                line = str_trim(line);
                line = str_starts(line, "- ") || str_starts(line, "* ") ? str_slice(line, 2, line.size) : line;
                if (line.size)
                    json_push_str(items, report_plain(r->a, line));
            }
        }
        struct json *facts = print_block(r->document, "facts");
        fact_of(facts, "Criteria affected", report_join(r->a, scope_list(x, "criteria"), ", "));
        fact_of(facts, "Watched by", report_join(r->a, scope_list(x, "monitoring"), ", "));
        fact_of(facts, "Its report reaches to", scope_text(x, "report_until"));
    }
    dc_end(d, "The system uses no subservice organisation.", "Register vendors whose controls yours rely on (Scope, Subservice organisations); where none, say so: a section DC 7 that is explicitly none.");
}

static void not_relevant_put(struct dc *d)
{
    struct report *r = d->r;
    dc_begin(d, 8, "Criteria that are not relevant");
    struct json *t = NULL;
    for (size_t i = 0; i < d->parts->criteria.count; i++) {
        const struct record *x = &d->parts->criteria.items[i];
        if (scope_flag(x, "is_relevant") != 0 || !str_is(x->state, "approved"))
            continue;
        t = t ? t : report_table(r, STR("Not relevant to the system"), "Criterion|Title|Why:50");
        report_table_is_own(t, "management");
        struct json *row = print_row(t);
        d->drafted++;
        report_cell(row, x->id);
        report_cell(row, record_title(x));
        report_cell(row, own_cell(r, x, "reason"));
    }
    if (d->drafted == 0 && !d->section) { /* the registers decide: a criterion is relevant unless somebody else approved that it is not */
        report_say(r, "All criteria of the categories in scope are relevant to the system.");
        d->drafted = 1;
    }
    dc_end(d, "All criteria of the categories in scope are relevant to the system.", "");
}

void report_put_description(struct report *r, const struct report_parts *p)
{
    struct err e = {0};
    struct dc d = {.r = r, .parts = p};
    struct json *h = report_heading(r, 1, arena_printf(r->a, "III  The system of %.*s", STR_ARGS(report_company(r))), "section-3");
    json_put_bool(h, "new_page", true);
    report_small(r, "Written by management. It speaks of the system %.*s.", STR_ARGS(r->subject.words));
    const struct record *whole = report_section(&p->sections, "description");
    if (whole)
        report_own(r, scope_text(whole, "text"), report_place(r, whole), report_record_url(r, whole), "management");
    services_put(&d);
    commitments_put(&d);
    components_put(&d, &e);
    incidents_put(&d);
    controls_put(&d);
    cuecs_put(&d);
    subservices_put(&d);
    not_relevant_put(&d);
    if (r->subject.is_type2) {
        changes_put(&d);
    } else {
        report_heading(r, 2, STR("DC 9  Significant changes"), "dc9");
        report_say(r, "Not asked of a description as of one day.");
    }
}
