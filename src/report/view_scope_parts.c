/* Pages of the Scope room: the organisation with advice, the categories, commitments and subservice organisations. */
#include "report/view_scope_internal.h"

/* ---- organisation ---- */

static void advise(struct json *list, const char *status, const char *status_words, const char *text, const char *why)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "status", status);
    json_put_cstr(o, "status_words", status_words);
    json_put_cstr(o, "text", text);
    json_put_cstr(o, "why", why);
}

static bool holds(const struct record *record, const char *field, const char *id)
{
    JSON_EACH (item, scope_list(record, field))
        if (str_is(item->text, id))
            return true;
    return false;
}

/* Does a SOC 2 report fit, and what else may be asked for? */
static void put_advice(struct json *page, const struct record *o)
{
    struct json *list = json_put_array(page, "advice");
    int handles = scope_flag(o, "handles_customer_data"), books = scope_flag(o, "affects_customer_books");
    if (handles < 0)
        advise(list, "unknown", "Open", "Do you store, process or transmit customers' data?", "Answer it below: whether a SOC 2 report fits depends on it more than on anything else.");
    else if (handles)
        advise(list, "pass", "Fits", "A SOC 2 report fits", "You store, process or transmit customers' data; customers want to know how it is protected.");
    else
        advise(list, "fail", "Doubtful", "A SOC 2 report may not be what is asked for",
               "Without customers' data there is little for the criteria to be about. Ask whoever wants the report what they need it for.");
    if (books > 0)
        advise(list, "unknown", "SOC 1", "Customers' auditors may ask for a SOC 1 report",
               "What you do goes into customers' financial statements. Only a SOC 1 report speaks of controls over financial reporting; a SOC 2 report does not replace it. Many have both, with "
               "shared evidence.");
    else if (books < 0 && o)
        advise(list, "unknown", "Open", "Does your work go into customers' financial statements?", "Payroll, billing, settlement, fund administration and the like need a SOC 1 report.");
    if (holds(o, "data_kinds", "health"))
        advise(list, "unknown", "Beside", "Health data: HIPAA applies beside SOC 2 in the United States", "A SOC 2 report is no proof of HIPAA; business associate agreements belong to the commitments.");
    if (holds(o, "data_kinds", "financial"))
        advise(list, "unknown", "Beside", "Financial data: cards bring PCI DSS with them", "If cardholder data passes through, its own assessment is due; a narrow boundary for it saves work.");
    if (holds(o, "data_kinds", "behaviour") || holds(o, "data_kinds", "contact"))
        advise(list, "skip", "Look", "Data about people: look at Privacy among the categories", "If customers decide what is done with it, Confidentiality is usually enough.");
    if (str_is(scope_text(o, "report_type"), "type1"))
        advise(list, "skip", "Type 1", "A Type 1 report says that controls are designed and in place on one day", "Most customers accept it once; plan the window of a Type 2 right behind it.");
    if (str_is(scope_text(o, "report_type"), "type2"))
        advise(list, "skip", "Type 2", "A Type 2 report needs evidence over the whole window", "Three months at least, six to twelve as a rule. What is not recorded then cannot be made up later.");
}

static bool put_archetype(struct view *v, const struct view_records *r, struct json *page, const struct record *o, struct err *e)
{
    struct str id = scope_text(o, "archetype");
    const struct json *content = scope_content(v, e), *found = NULL;
    struct json *suggestions = content && id.size ? scope_suggestions(v, r, e) : NULL;
    if (!content || (id.size && !suggestions))
        return false;
    JSON_EACH (a, json_get(content, "archetypes"))
        if (id.size && str_equal(json_text(a, "id"), id))
            found = a;
    if (!found) {
        json_put_null(page, "archetype");
        return true;
    }
    int64_t open = 0;
    JSON_EACH (s, suggestions)
        open += str_is(json_text(s, "source"), "usual");
    struct json *a = json_put_object(page, "archetype");
    json_put_str(a, "id", id);
    json_put_str(a, "label", scope_choice_label(o, "archetype"));
    json_put_str(a, "words", json_text(found, "words"));
    json_put_int(a, "items", (int64_t)json_get(found, "items")->count);
    json_put_int(a, "open", open);
    struct json *names = json_put_array(a, "categories");
    for (size_t i = 0; i < content_category_count; i++)
        JSON_EACH (k, json_get(found, "categories"))
            if (str_is(k->text, content_categories[i].id))
                json_push_str(names, str_of(content_categories[i].name));
    return true;
}

struct json *view_scope_profile(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_facts f;
    if (!scope_facts_read(v, r, &f, e))
        return NULL;
    const struct record_type *t = record_types_find(r->types, STR("organisation"));
    struct json *page = view_record_form(v, r, t, f.organisation, NULL, e);
    if (!page)
        return NULL;
    put_advice(page, f.organisation);
    struct err why = {0};
    bool may = !v->is_past && r->access && record_allows(r->access, t, f.organisation, f.organisation ? RECORD_CHANGE : RECORD_CREATE, NULL, &why);
    json_put_bool(page, "may_change", may);
    json_put_str(page, "record_url", f.organisation ? record_url(v, "organisation", f.organisation->id) : STR(""));
    return put_archetype(v, r, page, f.organisation, e) ? page : NULL;
}

/* ---- categories ---- */

static const struct record *category_record(const struct scope_facts *f, struct str id)
{
    for (size_t i = 0; i < f->categories.count; i++)
        if (str_equal(scope_text(&f->categories.items[i], "category"), id))
            return &f->categories.items[i];
    return NULL;
}

static void put_decision(const struct scope_facts *f, struct json *o, const struct record *record, const struct scope_proposal *p)
{
    struct view *v = f->v;
    if (!record) {
        json_put_null(o, "record");
        return;
    }
    const struct record_state *s = record_type_state(record->type, record->state);
    struct json *k = json_put_object(o, "record");
    json_put_str(k, "id", record->id);
    json_put_str(k, "url", record_url(v, "category", record->id));
    json_put_int(k, "version", record->version);
    json_put(k, "state", record_state_json(v, record->type, record->state));
    json_put_bool(k, "is_in", scope_is_in(record));
    json_put_str(k, "rationale", scope_text(record, "rationale"));
    json_put(k, "by", actor_new(v, record->changed_by));
    json_put_bool(k, "is_locked", s && s->is_locked);
    json_put_bool(k, "is_decided", !str_starts(scope_text(record, "rationale"), "Not decided yet"));
    json_put_bool(k, "differs", p->is_decided && p->is_in != scope_is_in(record));
}

static void put_questions(struct json *o, const struct json *category, const struct json *answers, int64_t *answered, int64_t *questions)
{
    struct json *list = json_put_array(o, "questions");
    JSON_EACH (q, json_get(category, "questions")) {
        struct json *x = json_push_object(list);
        struct str id = json_text(q, "id"), answer = json_text(answers, arena_str(o->arena, id).data);
        json_put_str(x, "id", id);
        json_put_str(x, "question", json_text(q, "question"));
        json_put_str(x, "answer", answer.data ? answer : STR(""));
        *questions += 1;
        *answered += answer.size > 0;
    }
}

static void put_weight(struct json *o, struct str id)
{
    int64_t criteria = 0, controls = 0;
    for (size_t i = 0; i < content_criterion_count; i++)
        criteria += str_is(id, content_criteria[i].category);
    for (size_t i = 0; i < content_control_count; i++)
        for (size_t k = 0; k < content_controls[i].categories.count; k++)
            controls += str_is(id, content_controls[i].categories.items[k]);
    json_put_int(o, "criteria", criteria);
    json_put_int(o, "controls", controls);
}

struct json *view_scope_categories(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_facts f;
    int64_t answered = 0, questions = 0;
    struct json *page = record_page_new(v, STR("Categories"), true, e);
    const struct json *content = page ? scope_content(v, e) : NULL;
    if (!content || !scope_facts_read(v, r, &f, e))
        return NULL;
    struct str archetype = scope_text(f.organisation, "archetype");
    struct json *list = json_put_array(page, "categories");
    JSON_EACH (category, json_get(content, "categories")) {
        struct str id = json_text(category, "id");
        const struct record *record = category_record(&f, id);
        struct json *answers = scope_answers_read(v->arena, scope_text(record, "answers"));
        struct scope_proposal p;
        scope_category_propose(v->arena, category, answers, &p);
        struct json *o = json_push_object(list);
        json_put_str(o, "id", id);
        bool is_usual = false, is_mandatory = false;
        for (size_t i = 0; i < content_category_count; i++)
            if (str_is(id, content_categories[i].id)) {
                json_put_cstr(o, "name", content_categories[i].name);
                is_mandatory = content_categories[i].is_mandatory;
            }
        JSON_EACH (a, json_get(content, "archetypes"))
            JSON_EACH (k, archetype.size && str_equal(json_text(a, "id"), archetype) ? json_get(a, "categories") : NULL)
                is_usual |= str_equal(k->text, id);
        json_put_str(o, "tour", str_trim(json_text(category, "tour")));
        json_put_str(o, "promise", json_text(category, "promise"));
        json_put_str(o, "asks", json_text(category, "asks"));
        json_put_bool(o, "is_mandatory", is_mandatory);
        json_put_bool(o, "is_usual", is_usual);
        json_put_str(o, "usual_words", is_usual ? scope_choice_label(f.organisation, "archetype") : STR(""));
        put_weight(o, id);
        put_questions(o, category, answers, &answered, &questions);
        struct json *proposal = json_put_object(o, "proposal");
        json_put_bool(proposal, "is_in", p.is_in);
        json_put_bool(proposal, "is_decided", p.is_decided);
        json_put_cstr(proposal, "words", p.is_in ? "In" : p.is_decided ? "Out" : "Not decided yet");
        json_put_str(proposal, "rationale", p.rationale);
        put_decision(&f, o, record, &p);
    }
    json_put_int(page, "answered", answered);
    json_put_int(page, "questions", questions);
    scope_put_approvable(&f, page, &f.categories);
    json_put_bool(page, "may_change", scope_may_create(&f, "category"));
    return page;
}

/* ---- commitments ---- */

/* A promise is kept when controls keep it and none of them fails. */
static void put_kept(struct view *v, struct json *o, const struct record *record, const struct assessment *as)
{
    struct json *controls = json_put_array(o, "controls");
    bool is_failing = false, is_unknown = false;
    JSON_EACH (id, scope_list(record, "controls")) {
        size_t i = assessment_control_index(as, id->text);
        struct json *k = json_push_object(controls);
        json_put_str(k, "id", id->text);
        json_put_str(k, "url", arena_printf(v->arena, "/controls/%.*s", STR_ARGS(id->text)));
        if (i == SIZE_MAX) { /* the organisation's own */
            json_put_str(k, "title", id->text);
            put_status_as(k, RESULT_UNKNOWN, "Unknown");
            continue;
        }
        enum result_status s = live_state_status(as->controls[i].live);
        json_put_cstr(k, "title", as->controls[i].control->title);
        put_status_as(k, s, live_state_words(as->controls[i].live));
        is_failing |= s == RESULT_FAIL;
        is_unknown |= s != RESULT_PASS && s != RESULT_FAIL;
    }
    const struct json *evidence = scope_list(record, "evidence");
    bool is_bare = controls->count == 0, is_shown = evidence && evidence->count;
    json_put_int(o, "evidence", evidence ? (int64_t)evidence->count : 0);
    put_status_as(o, is_bare ? RESULT_UNKNOWN : is_failing ? RESULT_FAIL : is_unknown ? RESULT_UNKNOWN : RESULT_PASS,
                  is_bare      ? "Kept by no control"
                  : is_failing ? "A control fails"
                  : is_unknown ? "Not shown yet"
                  : is_shown   ? "Kept, with evidence"
                               : "Kept");
}

static struct json *link_of(struct view *v, const struct view_records *r, const char *type, struct str id)
{
    const struct record_type *t = record_types_find(r->types, str_of(type));
    struct err gone = {0};
    const struct record *record = t && id.size ? record_get(v->db, v->arena, t, id, view_record_limit(v), &gone) : NULL;
    if (!record)
        return json_new_null(v->arena);
    struct json *o = json_object(v->arena);
    json_put_str(o, "id", id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", record_url(v, type, id));
    return o;
}

static void put_texts(struct json *o, const char *key, const struct json *list)
{
    struct json *texts = json_put_array(o, key);
    JSON_EACH (item, list)
        json_push_str(texts, item->text);
}

static void put_by_category(const struct scope_facts *f, struct json *page)
{
    struct json *list = json_put_array(page, "by_category");
    for (size_t k = 0; k < content_category_count && k < SCOPE_CATEGORIES; k++) {
        int64_t count = 0, principal = 0;
        for (size_t i = 0; i < f->commitments.count; i++)
            if (str_is(scope_text(&f->commitments.items[i], "category"), content_categories[k].id)) {
                count++;
                principal += scope_flag(&f->commitments.items[i], "is_principal") == 1;
            }
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", content_categories[k].id);
        json_put_cstr(o, "name", content_categories[k].name);
        json_put_bool(o, "is_in", f->is_category_in[k]);
        json_put_int(o, "count", count);
        json_put_int(o, "principal", principal);
        json_put_bool(o, "is_missing", f->is_category_in[k] && principal == 0);
    }
}

struct json *view_scope_commitments(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_facts f;
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? record_page_new(v, STR("Commitments"), true, e) : NULL;
    if (!page || !scope_facts_read(v, r, &f, e))
        return NULL;
    struct json *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < f.commitments.count; i++) {
        const struct record *record = &f.commitments.items[i];
        struct json *o = json_push_object(rows);
        json_put_str(o, "id", record->id);
        json_put_str(o, "title", record_title(record));
        json_put_str(o, "url", record_url(v, "commitment", record->id));
        json_put_str(o, "text", scope_text(record, "text"));
        json_put_str(o, "category", scope_text(record, "category"));
        json_put_str(o, "category_name", scope_choice_label(record, "category"));
        json_put_str(o, "source", scope_choice_label(record, "source"));
        json_put_bool(o, "is_principal", scope_flag(record, "is_principal") == 1);
        json_put_str(o, "metric", scope_text(record, "metric"));
        json_put_str(o, "target", scope_text(record, "target"));
        json_put_str(o, "requirements", scope_text(record, "requirements"));
        json_put(o, "owner", scope_person(v, scope_text(record, "owner")));
        json_put(o, "service", link_of(v, r, "service", scope_text(record, "service")));
        put_texts(o, "criteria", scope_list(record, "criteria"));
        put_kept(v, o, record, as);
    }
    put_by_category(&f, page);
    json_put_bool(page, "may_create", scope_may_create(&f, "commitment"));
    return page;
}

/* ---- subservice organisations ---- */

static void put_report(struct view *v, struct json *o, const struct record *record)
{
    struct str until = scope_text(record, "report_until");
    char today[TIME_TEXT_SIZE];
    time_format_date(v->at_ms, today);
    bool is_known = until.size > 0, is_over = is_known && str_compare(until, str_of(today)) < 0;
    json_put_str(o, "report_until", until);
    put_status_as(o, !is_known || is_over ? RESULT_UNKNOWN : RESULT_PASS,
                  !is_known ? "No report yet" : is_over ? "Their report has run out" : "Their report is current");
}

static void put_assumed(struct view *v, struct json *o, const struct record *record)
{
    struct json *list = json_put_array(o, "assumed");
    struct str text = scope_text(record, "controls_assumed"), line;
    while (str_next_line(&text, &line)) {
        line = str_trim(line);
        if (str_starts(line, "- ") || str_starts(line, "* "))
            line = str_slice(line, 2, line.size);
        if (line.size)
            json_push_str(list, arena_str(v->arena, line));
    }
}

struct json *view_scope_subservices(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_facts f;
    struct json *page = record_page_new(v, STR("Subservice organisations"), true, e);
    struct json *suggestions = page && scope_facts_read(v, r, &f, e) ? scope_suggestions(v, r, e) : NULL;
    if (!suggestions)
        return NULL;
    struct json *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < f.subservices.count; i++) {
        const struct record *record = &f.subservices.items[i];
        struct json *o = json_push(rows, scope_item(&f, record));
        json_put_str(o, "what", scope_text(record, "what"));
        json_put_str(o, "method_words", scope_choice_label(record, "method"));
        put_assumed(v, o, record);
        put_texts(o, "criteria", scope_list(record, "criteria"));
        put_texts(o, "monitoring", scope_list(record, "monitoring"));
        put_report(v, o, record);
        struct json *problems = json_put_array(o, "problems");
        if (!scope_is_in(record) && !scope_has(record, "controls_assumed"))
            json_push_str(problems, STR("Carved out, and nothing says which of their controls are assumed"));
        if (!scope_has(record, "monitoring"))
            json_push_str(problems, STR("No control of yours watches them"));
        if (!scope_has(record, "criteria"))
            json_push_str(problems, STR("No criterion is named that relies on them"));
    }
    struct json *vendors = json_put_array(page, "vendors");
    JSON_EACH (s, suggestions)
        if (str_is(json_text(s, "type"), "subservice")) {
            struct json *o = json_push_object(vendors);
            json_put_str(o, "key", json_text(s, "key"));
            json_put_str(o, "name", json_text(s, "name"));
            json_put_str(o, "why", json_text(s, "why"));
            json_put_str(o, "reason", json_text(s, "reason"));
        }
    json_put_int(page, "relies", scope_flag(f.organisation, "relies_on_others"));
    scope_put_approvable(&f, page, &f.subservices);
    json_put_bool(page, "may_create", scope_may_create(&f, "subservice"));
    return page;
}
