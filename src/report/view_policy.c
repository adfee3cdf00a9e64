/* One policy: what is in force, what is being written, who approved, who signed; its versions, what differs between them, and the editor. */
#include "base/times.h"
#include "content/placeholder.h"
#include "content/policy_text.h"
#include "report/gap_book.h"
#include "report/people.h"
#include "report/text_diff.h"
#include "report/view_internal.h"
#include "report/view_parameters.h"
#include "report/view_policies.h"
#include "report/view_record_internal.h"

enum { DIFF_AROUND = 2 };

static struct str value_of(const struct record *r, const char *field)
{
    struct str s = r ? json_text(r->values, field) : STR("");
    return s.data ? s : STR("");
}

struct str policy_body(struct str text)
{
    struct str rest = text, line;
    return str_starts(text, "# ") && str_next_line(&rest, &line) ? rest : text;
}

/* ---- a version ---- */

static bool approvals_put(struct view *v, struct json *o, const struct policy_version *x, struct err *e)
{
    struct json *list = json_put_array(o, "approvals");
    DB_EACH (row, v->db, e,
             "select leaf, t, actor, step from record_change where type = 'policy_version' and id = ?1 and transition = 'approve' and act in ('move', 'vote') and leaf <= ?2 and leaf > ifnull("
             "(select max(leaf) from record_change where type = 'policy_version' and id = ?1 and transition = 'submit' and leaf <= ?2), -1) order by leaf",
             A(x->id), A(v->leaf_limit)) {
        struct json *a = json_push_object(list);
        struct str actor = arena_str(v->arena, db_text(row, 2)), step = arena_str(v->arena, db_text(row, 3));
        json_put(a, "by", actor_new(v, actor));
        put_time(v, a, "at", db_int(row, 1));
        json_put_str(a, "factor", step);
        json_put_cstr(a, "factor_words", factor_words(step, actor));
        json_put_int(a, "leaf", db_int(row, 0));
        json_put_str(a, "receipt", arena_printf(v->arena, "/receipts/%lld", (long long)db_int(row, 0)));
    }
    return e->code == ERR_NONE;
}

static void document_put(struct view *v, struct json *o, const struct record *version, const struct policy_entry *p)
{
    const struct json *file = version ? json_at(json_get(version->values, "document"), 0) : NULL;
    if (!file)
        return json_put_null(o, "document"), (void)0;
    struct json *d = json_put_object(o, "document");
    json_put_str(d, "name", json_text(file, "name"));
    json_put_str(d, "media", json_text(file, "media"));
    json_put_int(d, "size", json_int(file, "size", 0));
    json_put_str(d, "url", arena_printf(v->arena, "/handbook/%.*s/document/%.*s", STR_ARGS(p->id), STR_ARGS(version->id)));
}

struct json *policy_version_json(struct view *v, const struct view_records *r, const struct policy_entry *p, const struct policy_version *x, bool with_text, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("policy_version"));
    struct record *version = t ? policy_version_read(v, r, x->id, e) : NULL;
    struct json *o = json_object(v->arena);
    if (!version)
        return NULL;
    struct str text = policy_version_text(v, version);
    json_put_str(o, "id", x->id);
    json_put_int(o, "number", x->number);
    json_put_int(o, "version", x->version);
    json_put_str(o, "title", x->title);
    json_put(o, "state", record_state_json(v, t, x->state));
    json_put_str(o, "digest", x->digest);
    json_put_bool(o, "is_same_digest", x->digest.size == 0 || str_is(x->state, "draft") || str_equal(policy_digest(v, version), x->digest));
    put_person(v, o, "author", x->author);
    json_put_str(o, "what_changed", value_of(version, "what_changed"));
    json_put_bool(o, "is_material", x->is_material);
    json_put_str(o, "not_before", x->not_before);
    put_time(v, o, "published", x->published_t);
    put_time(v, o, "at", x->t);
    json_put_int(o, "approvals_needed", x->approvals);
    json_put_str(o, "text", with_text ? policy_body(text) : STR(""));
    document_put(v, o, version, p);
    json_put_str(o, "url", arena_printf(v->arena, "/policies/%.*s/versions/%lld", STR_ARGS(p->id), (long long)x->number));
    json_put_str(o, "diff_url", arena_printf(v->arena, "/policies/%.*s/diff?to=%lld", STR_ARGS(p->id), (long long)x->number));
    json_put_int(o, "words", (int64_t)policy_words(text));
    return approvals_put(v, o, x, e) ? o : NULL;
}

static bool version_put(struct view *v, const struct view_records *r, struct json *page, const char *key, const struct policy_entry *p, const struct policy_version *x, struct err *e)
{
    struct json *o = x ? policy_version_json(v, r, p, x, true, e) : json_new_null(v->arena);
    return o && json_put(page, key, o);
}

/* What can be done with a record now, and what is in the way. */
static bool steps_put(struct view *v, const struct view_records *r, struct json *page, const char *key, const char *type, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, str_of(type));
    struct json *list = json_put_array(page, key);
    struct json *record = t && id.size && !v->is_past ? view_record(v, r, t, id, true, e) : NULL;
    if (e->code)
        return false;
    JSON_EACH (step, json_get(record, "next")) {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", json_text(step, "id"));
        json_put_cstr(o, "target", type);
        json_put_str(o, "record", id);
        json_put_int(o, "version", json_int(record, "version", 0));
        json_put_str(o, "label", json_text(step, "label"));
        /* Sending puts the digest in that the step needs. */
        bool is_filled = str_is(json_text(step, "id"), "submit") && json_text(step, "why_not").size == 0;
        json_put_bool(o, "is_allowed", json_bool(step, "is_allowed") || is_filled);
        json_put_str(o, "why_not", json_text(step, "why_not"));
        json_put_bool(o, "needs_reason", json_bool(step, "needs_reason"));
        json_put_bool(o, "needs_step_up", json_bool(step, "needs_step_up"));
        json_put_int(o, "quorum", json_int(step, "quorum", 1));
    }
    return true;
}

/* ---- who signed ---- */

static void teams_put(const struct policy_book *b, const struct policy_entry *p, struct json *o)
{
    struct json *teams = json_put_array(o, "teams");
    size_t at = (size_t)(p - b->entries);
    for (size_t i = 0; i < b->team_count;) {
        struct str name = b->teams[i].department;
        int64_t needed = 0, done = 0;
        for (; i < b->team_count && str_equal(b->teams[i].department, name); i++) {
            needed += policy_means(p, b->teams[i].kind, name) ? b->teams[i].people : 0;
            done += b->signed_by[at * b->team_count + i];
        }
        if (needed == 0)
            continue;
        struct json *team = json_push_object(teams);
        json_put_str(team, "name", name.size ? name : STR("No department"));
        json_put_int(team, "needed", needed);
        json_put_int(team, "signed", done);
        json_put_int(team, "open", needed - done);
    }
}

static int64_t sign_days(struct view *v)
{
    const struct parameter *p = content_parameter(STR("acknowledgement_version_days"));
    int64_t days = 30;
    return p && str_to_int64(view_parameter_value(v, p), &days) ? days : 30;
}

static void missing_put(struct view *v, const struct policy_book *b, const struct policy_entry *p, struct json *o)
{
    struct json *list = json_put_array(o, "missing");
    int64_t open = p->needed - p->signed_count;
    size_t places[POLICY_MISSING_MAX], count = v->is_past ? 0 : policy_book_missing(b, p, POLICY_MISSING_MAX, places);
    for (size_t i = 0; i < count; i++) {
        const struct owing *who = &b->people->persons[places[i]];
        struct json *m = json_push_object(list);
        json_put_str(m, "id", who->id);
        json_put_str(m, "name", who->name);
        json_put_str(m, "department", who->department);
        json_put_str(m, "url", record_url(v, "person", who->id));
    }
    json_put_int(o, "missing_more", open > (int64_t)list->count ? open - (int64_t)list->count : 0);
}

static void progress_put(struct view *v, const struct policy_book *b, const struct policy_entry *p, struct json *page)
{
    struct json *o = json_put_object(page, "progress");
    json_put_int(o, "needed", p->needed);
    json_put_int(o, "signed", p->signed_count);
    json_put_int(o, "open", p->needed - p->signed_count);
    json_put_int(o, "share", p->needed ? 100 * p->signed_count / p->needed : 0);
    json_put_bool(o, "is_asked", p->live && !str_is(p->audience, "none"));
    put_time(v, o, "due", p->live ? p->live->published_t + sign_days(v) * MS_DAY : 0);
    teams_put(b, p, o);
    missing_put(v, b, p, o);
}

/* ---- its page ---- */

static const char *choice_words(const struct view_records *r, const char *field, struct str id)
{
    const struct record_type *t = record_types_find(r->types, STR("policy"));
    const struct record_field *f = t ? record_type_field(t, str_of(field)) : NULL;
    const struct field_choice *c = f && id.size ? record_choice(f, id) : NULL;
    return c ? c->label : "";
}

static bool controls_put(struct view *v, const struct policy_entry *p, const struct record *record, struct json *page, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct json *list = json_put_array(page, "controls");
    if (!as)
        return false;
    for (size_t i = 0; i < as->control_count; i++) {
        const struct control *c = as->controls[i].control;
        bool is_named = false;
        for (size_t k = 0; p->library && k < p->library->controls.count; k++)
            is_named |= strcmp(p->library->controls.items[k], c->id) == 0;
        JSON_EACH (id, record ? json_get(record->values, "controls") : NULL)
            is_named |= str_is(id->text, c->id);
        if (!is_named)
            continue;
        struct json *o = push_link(v, list, c->id, c->title, url_control(v, c));
        json_put_str(o, "text", view_text(v, str_of(c->statement)));
        put_status_as(o, live_state_status(as->controls[i].live), live_state_words(as->controls[i].live));
    }
    struct json *criteria = json_put_array(page, "criteria");
    for (size_t i = 0; i < content_criterion_count; i++) {
        bool is_named = false;
        for (size_t k = 0; p->library && k < p->library->criteria.count; k++)
            is_named |= strcmp(p->library->criteria.items[k], content_criteria[i].id) == 0;
        JSON_EACH (id, record ? json_get(record->values, "criteria") : NULL)
            is_named |= str_is(id->text, content_criteria[i].id);
        if (is_named)
            push_link(v, criteria, content_criteria[i].id, content_criteria[i].title, url_criterion(v, &content_criteria[i]));
    }
    return true;
}

static struct json *policy_open(struct view *v, struct str id, struct str title, bool with_progress, struct policy_book *b, const struct policy_entry **ret, struct err *e)
{
    if (!policy_book_read(v, with_progress, b, e))
        return NULL;
    *ret = policy_book_find(b, id);
    if (!*ret) {
        err_set(e, ERR_NOT_FOUND, "policy %.*s: there is none of this name", STR_ARGS(str_slice(id, 0, 80)));
        return NULL;
    }
    struct json *page = page_new(v, arena_printf(v->arena, "%.*s %.*s%.*s", STR_ARGS((*ret)->id), STR_ARGS((*ret)->title), STR_ARGS(title)), e);
    if (!page)
        return NULL;
    json_put_str(page, "id", (*ret)->id);
    json_put_str(page, "name", (*ret)->title);
    json_put_str(page, "url", arena_printf(v->arena, "/policies/%.*s", STR_ARGS((*ret)->id)));
    return page;
}

/* The library's words with every value leading to its parameter. */
static struct str linked_value(void *context, struct str name)
{
    struct view *v = context;
    const struct parameter *p = content_parameter(name);
    if (!p)
        return name;
    struct str text = parameter_text(v->arena, p, view_parameter_value(v, p));
    return arena_printf(v->arena, "[%.*s](/parameters/%s)", STR_ARGS(text), p->name);
}

static void facts_put(struct view *v, const struct view_records *r, struct json *page, const struct policy_entry *p, const struct record *record)
{
    const struct record_type *t = record_types_find(r->types, STR("policy")), *versions = record_types_find(r->types, STR("policy_version"));
    struct err why = {0};
    bool is_now = !v->is_past && r->access && t && versions;
    json_put_str(page, "purpose", p->purpose);
    put_person(v, page, "owner", p->owner);
    json_put_cstr(page, "owner_role", p->library ? p->library->owner : "");
    json_put_cstr(page, "approver_role", p->library ? p->library->approver : "");
    struct json *approvers = json_put_array(page, "approvers");
    JSON_EACH (id, record ? json_get(record->values, "approvers") : NULL) {
        struct json *o = json_object(v->arena);
        put_person(v, o, "person", id->text);
        json_push(approvers, (struct json *)(uintptr_t)json_get(o, "person"));
    }
    json_put_int(page, "approvals", p->approvals);
    json_put_str(page, "audience", p->audience);
    json_put_cstr(page, "audience_words", choice_words(r, "audience", p->audience));
    json_put_str(page, "departments", p->departments);
    json_put_cstr(page, "cadence_words", p->cadence.size ? choice_words(r, "cadence", p->cadence) : "");
    json_put_str(page, "review_on", p->review_on);
    json_put_bool(page, "is_overdue", p->review_on.size && str_compare(p->review_on, day_text(v->arena, view_today(v))) < 0);
    json_put(page, "state", record && t ? record_state_json(v, t, p->state) : json_new_null(v->arena));
    json_put_int(page, "version", p->version);
    json_put_bool(page, "is_library", p->library != NULL);
    json_put_bool(page, "is_taken", p->version > 0);
    json_put_bool(page, "may_take", is_now && !p->version && p->library && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    json_put_bool(page, "may_write", is_now && p->version && !str_is(p->state, "retired") && (!p->open || str_is(p->open->state, "draft")) && record_allows(r->access, versions, NULL, RECORD_CREATE, NULL, &why));
    json_put_bool(page, "may_change", is_now && record && record_allows(r->access, t, record, RECORD_CHANGE, NULL, &why));
    json_put_str(page, "draft_text", !p->live && !p->open && p->library ? policy_body(placeholder_fill(v->arena, str_of(p->library->text), linked_value, v)) : STR(""));
}

struct json *view_policy(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct policy_book b;
    const struct policy_entry *p;
    struct json *page = policy_open(v, id, STR(""), true, &b, &p, e);
    const struct record_type *t = record_types_find(r->types, STR("policy"));
    struct record *record = page && p->version && t ? record_get(v->db, v->arena, t, p->id, view_record_limit(v), e) : NULL;
    if (!page || (p->version && !record))
        return NULL;
    facts_put(v, r, page, p, record);
    struct json *versions = json_put_array(page, "versions");
    for (size_t i = p->first; i < p->first + p->version_count; i++) {
        struct json *o = policy_version_json(v, r, p, &b.versions[i], false, e);
        if (!o)
            return NULL;
        json_push(versions, o);
    }
    struct record *live = p->live ? policy_version_read(v, r, p->live->id, e) : NULL;
    if (e->code)
        return NULL;
    json_put(page, "drift", live ? policy_drift(v, live) : json_array(v->arena));
    json_put(page, "people", record_targets(v, r, "person"));
    progress_put(v, &b, p, page);
    bool ok = version_put(v, r, page, "live", p, p->live, e) && version_put(v, r, page, "open", p, p->open, e) &&
              steps_put(v, r, page, "open_steps", "policy_version", p->open ? p->open->id : STR(""), e) && steps_put(v, r, page, "steps", "policy", record ? record->id : STR(""), e) &&
              controls_put(v, p, record, page, e);
    return ok ? page : NULL;
}

/* ---- versions ---- */

static const struct policy_version *version_find(struct view *v, const struct policy_book *b, const struct policy_entry *p, int64_t number, struct err *e)
{
    const struct policy_version *x = policy_book_version(b, p, number);
    (void)v;
    if (!x)
        err_set(e, ERR_NOT_FOUND, "policy %.*s has no version %lld", STR_ARGS(p->id), (long long)number);
    return x;
}

struct json *view_policy_version(struct view *v, const struct view_records *r, struct str id, int64_t number, struct err *e)
{
    struct policy_book b;
    const struct policy_entry *p;
    struct json *page = policy_open(v, id, arena_printf(v->arena, ", version %lld", (long long)number), false, &b, &p, e);
    const struct policy_version *x = page ? version_find(v, &b, p, number, e) : NULL;
    return x && version_put(v, r, page, "one", p, x, e) ? page : NULL;
}

struct json *view_policy_diff(struct view *v, const struct view_records *r, struct str id, int64_t from, int64_t to, struct err *e)
{
    struct policy_book b;
    const struct policy_entry *p;
    struct json *page = policy_open(v, id, STR(", what changed"), false, &b, &p, e);
    if (!page)
        return NULL;
    if (to == 0 && p->version_count)
        to = b.versions[p->first].number;
    const struct policy_version *y = version_find(v, &b, p, to, e), *x = NULL;
    for (size_t i = p->first; y && from == 0 && i < p->first + p->version_count && !x; i++)
        if (b.versions[i].number < to && !str_is(b.versions[i].state, "withdrawn"))
            x = &b.versions[i];
    if (y && from)
        x = version_find(v, &b, p, from, e);
    if (!y || e->code)
        return NULL;
    struct record *before = x ? policy_version_read(v, r, x->id, e) : NULL, *after = e->code ? NULL : policy_version_read(v, r, y->id, e);
    if (!after)
        return NULL;
    struct json *versions = json_put_array(page, "versions");
    for (size_t i = p->first; i < p->first + p->version_count; i++) {
        struct json *o = json_push_object(versions);
        json_put_int(o, "number", b.versions[i].number);
        json_put_bool(o, "is_from", &b.versions[i] == x);
        json_put_bool(o, "is_to", &b.versions[i] == y);
    }
    json_put(page, "diff", text_diff(v->arena, before ? policy_version_words(v, before) : STR(""), policy_version_words(v, after), DIFF_AROUND));
    return version_put(v, r, page, "from", p, x, e) && version_put(v, r, page, "to", p, y, e) ? page : NULL;
}

/* ---- the editor ---- */

static void parameters_put(struct view *v, struct json *page)
{
    struct json *list = json_put_array(page, "parameters");
    for (size_t i = 0; i < content_parameter_count; i++) {
        const struct parameter *p = &content_parameters[i];
        struct json *o = json_push_object(list);
        json_put_cstr(o, "name", p->name);
        json_put_cstr(o, "label", p->label);
        json_put_str(o, "text", parameter_text(v->arena, p, view_parameter_value(v, p)));
    }
}

struct json *view_policy_edit(struct view *v, const struct view_records *r, struct str id, const struct policy_typed *typed, struct err *e)
{
    struct policy_book b;
    const struct policy_entry *p;
    struct json *page = policy_open(v, id, STR(": write"), false, &b, &p, e);
    if (!page)
        return NULL;
    const struct policy_version *x = p->open ? p->open : p->live;
    struct record *version = x ? policy_version_read(v, r, x->id, e) : NULL;
    const struct record_type *t = record_types_find(r->types, STR("policy_version"));
    if (e->code || !t)
        return NULL;
    struct err why = {0};
    bool is_draft = p->open && str_is(p->open->state, "draft");
    bool may = !v->is_past && r->access && p->version && !str_is(p->state, "retired") &&
               (is_draft ? record_allows(r->access, t, version, RECORD_CHANGE, NULL, &why) : !p->open && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    struct str text = typed ? typed->text : version ? value_of(version, "text") : p->library ? str_of(p->library->text) : arena_printf(v->arena, "# %.*s\n\n", STR_ARGS(p->title));
    for (size_t i = 0; !typed && !version && !p->library && i < policy_section_count; i++)
        text = arena_printf(v->arena, "%.*s## %s\n\n", STR_ARGS(text), policy_sections[i]);
    json_put_str(page, "version_id", is_draft ? p->open->id : STR(""));
    json_put_int(page, "version", is_draft ? p->open->version : 0);
    json_put_int(page, "number", is_draft ? p->open->number : p->version_count ? b.versions[p->first].number + 1 : 1);
    json_put_int(page, "live_number", p->live ? p->live->number : 0);
    json_put_str(page, "text", text);
    json_put_str(page, "what_changed", typed ? typed->what_changed : is_draft ? value_of(version, "what_changed") : STR(""));
    json_put_bool(page, "is_material", typed ? typed->is_material : !is_draft || p->open->is_material);
    json_put_str(page, "not_before", typed ? typed->not_before : is_draft ? p->open->not_before : STR(""));
    document_put(v, page, is_draft ? version : NULL, p);
    json_put(page, "problems", text.size ? policy_problems(v, p, text) : json_array(v->arena));
    json_put_int(page, "words", (int64_t)policy_words(text));
    json_put_bool(page, "is_preview", typed && typed->is_preview);
    json_put_str(page, "preview", typed && typed->is_preview ? policy_body(view_text(v, text)) : STR(""));
    json_put_bool(page, "may_write", may);
    json_put_str(page, "why_not", may ? STR("") : v->is_past ? STR("this is the past") : !p->version ? STR("take the policy over first") : p->open && !is_draft ? STR("a version waits for its approval: what was sent is decided on as it is")
                                      : str_is(p->state, "retired") ? STR("the policy is retired") : arena_str(v->arena, str_of(why.text)));
    parameters_put(v, page);
    return page;
}
