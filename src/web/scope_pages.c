/* The Scope room: its pages, and the few changes that are more than one record's form (answers, approvals of many, what was suggested). */
#include "pages.h"
#include "report/view_scope.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { REASON_BYTES_MAX = 8000, MANY_MAX = 2000 };

static struct json *finish(struct call *c, struct json *v)
{
    if (v && !route_is_api(c->route)) {
        char op[33];
        op_id_new(c->site->env, op);
        records_put_done(c, v);
        json_put_str(v, "op", arena_str(c->arena, str_of(op)));
        json_put_bool(v, "may_write", call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
    }
    return v;
}

static struct json *build_scope(struct call *c, struct err *e)
{
    return finish(c, view_scope(&c->view, c->records, e));
}

static struct json *build_profile(struct call *c, struct err *e)
{
    struct json *v = finish(c, view_scope_profile(&c->view, c->records, e));
    if (v && !route_is_api(c->route))
        json_put_cstr(v, "back", "/scope/profile");
    return v;
}

static struct json *build_categories(struct call *c, struct err *e)
{
    return finish(c, view_scope_categories(&c->view, c->records, e));
}

static struct json *build_boundary(struct call *c, struct err *e)
{
    return finish(c, view_scope_boundary(&c->view, c->records, e));
}

static struct json *build_commitments(struct call *c, struct err *e)
{
    return finish(c, view_scope_commitments(&c->view, c->records, e));
}

static struct json *build_subservices(struct call *c, struct err *e)
{
    return finish(c, view_scope_subservices(&c->view, c->records, e));
}

static struct json *build_team(struct call *c, struct err *e)
{
    struct str area;
    return call_query(c, "area", &area, e) ? finish(c, view_scope_team(&c->view, c->records, area, e)) : NULL;
}

static struct json *build_version(struct call *c, struct err *e)
{
    return finish(c, view_scope_version(&c->view, c->records, e));
}

/* ---- many records at once ---- */

struct many {
    struct record_change *changes;
    size_t count;
};

static struct record_change *many_add(struct many *m, const char *type, enum record_act act, struct arena *a)
{
    struct record_change *change = &m->changes[m->count++];
    *change = (struct record_change){.type = str_of(type), .act = act, .set = json_object(a)};
    return change;
}

static bool go(struct call *c, const struct many *m, const char *path, const char *done, struct err *e)
{
    struct json *answer;
    return records_submit_all(c, m->changes, m->count, NULL, &answer, e) && call_redirect(c, arena_printf(c->arena, "%s%cdone=%s", path, strchr(path, '?') ? '&' : '?', done));
}

/* ---- categories ---- */

static struct json *answers_read(struct call *c, const struct json *category)
{
    struct json *answers = json_object(c->arena);
    JSON_EACH (q, json_get(category, "questions")) {
        const char *id = arena_str(c->arena, json_text(q, "id")).data;
        struct str answer = form_value(&c->form, arena_printf(c->arena, "q.%s", id).data);
        if (str_is(answer, "yes") || str_is(answer, "no") || str_is(answer, "unsure"))
            json_put_str(answers, id, answer);
    }
    return answers;
}

/* Reasons that somebody wrote stay; those that came from the earlier answers follow the new ones. */
static void put_proposal(struct call *c, const struct json *category, const struct record *r, const struct json *answers, struct json *set)
{
    struct scope_proposal now, before;
    scope_category_propose(c->arena, category, answers, &now);
    struct str text = scope_answers_write(c->arena, category, answers);
    if (text.size)
        json_put_str(set, "answers", text);
    else
        json_put_null(set, "answers");
    if (r) {
        scope_category_propose(c->arena, category, scope_answers_read(c->arena, json_text(r->values, "answers")), &before);
        if (!str_equal(before.rationale, json_text(r->values, "rationale")) || before.is_in != json_bool(r->values, "is_in"))
            return;
    }
    json_put_bool(set, "is_in", now.is_in);
    json_put_str(set, "rationale", now.rationale);
}

static const char *category_name(struct str id)
{
    for (size_t i = 0; i < content_category_count; i++)
        if (str_is(id, content_categories[i].id))
            return content_categories[i].name;
    return "";
}

static struct record *category_record(const struct scope_rows *rows, struct str id)
{
    for (size_t i = 0; i < rows->count; i++)
        if (str_equal(json_text(rows->items[i].values, "category"), id))
            return &rows->items[i];
    return NULL;
}

static bool categories_open(struct call *c, const struct json **ret_content, struct scope_rows *rows, struct err *e)
{
    if (!call_view(c, e))
        return false;
    *ret_content = scope_content(&c->view, e);
    return *ret_content && scope_rows_read(&c->view, c->records, "category", INT64_MAX, false, rows, e);
}

bool handle_scope_answers(struct call *c, struct err *e)
{
    const struct json *content;
    struct scope_rows rows;
    bool is_locked = false;
    if (!categories_open(c, &content, &rows, e))
        return false;
    struct many m = {.changes = arena_array(c->arena, SCOPE_CATEGORIES + 1, sizeof *m.changes)};
    JSON_EACH (category, json_get(content, "categories")) {
        struct str id = json_text(category, "id");
        struct record *r = category_record(&rows, id);
        struct json *set = json_object(c->arena);
        put_proposal(c, category, r, answers_read(c, category), set);
        if (r)
            set = record_reduce(c->arena, r, set);
        if (r && set->count == 0)
            continue;
        const struct record_state *s = r ? record_type_state(r->type, r->state) : NULL;
        if (s && s->is_locked) {
            is_locked = true;
            continue;
        }
        if (m.count == SCOPE_CATEGORIES)
            break;
        struct record_change *change = many_add(&m, "category", r ? RECORD_CHANGE : RECORD_CREATE, c->arena);
        change->id = r ? r->id : STR("");
        change->version = r ? r->version : 0;
        change->set = set;
        if (!r) {
            json_put_str(set, "category", id);
            json_put_cstr(set, "name", category_name(id));
        }
    }
    if (m.count == 0)
        return call_redirect(c, is_locked ? STR("/scope/categories?done=locked") : STR("/scope/categories?done=same"));
    return go(c, &m, "/scope/categories", is_locked ? "locked" : "answered", e);
}

bool handle_scope_decision(struct call *c, struct err *e)
{
    const struct json *content;
    struct scope_rows rows;
    struct str id = c->parameters[0], is_in = form_value(&c->form, "is_in"), rationale = str_trim(form_value(&c->form, "rationale"));
    int64_t version = 0;
    if (!categories_open(c, &content, &rows, e))
        return false;
    struct record *r = category_record(&rows, id);
    if (!r)
        return err_set(e, ERR_NOT_FOUND, "category: answer the questions first; then there is a proposal to decide on");
    if (!str_to_int64(form_value(&c->form, "version"), &version))
        return err_set(e, ERR_INVALID, "version: the form does not say which version it was made from; load the page again");
    if (!str_is(is_in, "yes") && !str_is(is_in, "no"))
        return err_set(e, ERR_INVALID, "is_in: choose in or out");
    if (str_is(id, "security") && !str_is(is_in, "yes"))
        return err_set(e, ERR_INVALID, "is_in: Security is part of every SOC 2 report and cannot be left out");
    if (rationale.size == 0 || rationale.size > REASON_BYTES_MAX)
        return err_set(e, ERR_INVALID, "rationale: %s", rationale.size ? "at most 8000 bytes" : "say why; the auditor reads it, and whoever approves it");
    struct many m = {.changes = arena_array(c->arena, 1, sizeof *m.changes)};
    struct record_change *change = many_add(&m, "category", RECORD_CHANGE, c->arena);
    change->id = r->id;
    change->version = version;
    json_put_bool(change->set, "is_in", str_is(is_in, "yes"));
    json_put_str(change->set, "rationale", rationale);
    change->set = record_reduce(c->arena, r, change->set);
    if (change->set->count == 0)
        return call_redirect(c, STR("/scope/categories?done=same"));
    return go(c, &m, "/scope/categories", "changed", e);
}

/* ---- approvals ---- */

static bool proposed_find(struct call *c, const char *type, struct many *m, size_t *ret_proposed, const struct record_transition **ret_move, struct err *e)
{
    struct scope_rows rows;
    if (!scope_rows_read(&c->view, c->records, type, INT64_MAX, false, &rows, e))
        return false;
    *ret_move = record_type_transition(rows.type, STR("approve"));
    *ret_proposed = 0;
    struct access later = *c->access;
    later.has_stepped_up = true; /* asked for before anything is done */
    for (size_t i = 0; *ret_move && i < rows.count && m->count < MANY_MAX; i++) {
        const struct record *r = &rows.items[i];
        struct err why = {0};
        const char *other = NULL;
        if (!str_is(r->state, "proposed"))
            continue;
        *ret_proposed += 1;
        if (!record_allows(&later, rows.type, r, RECORD_MOVE, *ret_move, &why) || !record_other_eyes(c->view.db, c->arena, &later, r, *ret_move, &other, &why) || other)
            continue;
        struct record_change *change = many_add(m, type, RECORD_MOVE, c->arena);
        change->id = r->id;
        change->version = r->version;
        change->transition = STR("approve");
    }
    return true;
}

/* All of a type that wait and that this person may approve: whoever made one may not. */
bool handle_scope_approve(struct call *c, struct err *e)
{
    static const char *const types[][2] = {{"category", "/scope/categories"}, {"boundary_item", "/scope/boundary"}, {"subservice", "/scope/subservices"}};
    struct str type = form_value(&c->form, "type");
    size_t k = 0, proposed = 0;
    const struct record_transition *move = NULL;
    while (k < 3 && !str_is(type, types[k][0]))
        k++;
    if (k == 3)
        return err_set(e, ERR_INVALID, "type: category, boundary_item or subservice");
    struct many m = {.changes = arena_array(c->arena, MANY_MAX, sizeof *m.changes)};
    if (!call_view(c, e) || !proposed_find(c, types[k][0], &m, &proposed, &move, e))
        return false;
    if (m.count == 0)
        return err_set(e, ERR_DENIED, "%s", proposed ? "approve: you made all of these yourself, or may not approve them; it takes a second person" : "approve: nothing waits for approval");
    if (move->needs_step_up && !records_step_up(c))
        return true;
    return go(c, &m, types[k][1], m.count < proposed ? "part" : "approved", e);
}

/* ---- what was suggested ---- */

static void put_suggested(struct call *c, struct many *m, const struct json *s, bool is_in, struct str reason, const struct json *content)
{
    const char *type = arena_str(c->arena, json_text(s, "type")).data;
    const struct record_type *t = record_types_find(c->records->types, str_of(type));
    struct record_change *change = many_add(m, type, RECORD_CREATE, c->arena);
    struct str key = json_text(s, "key");
    json_put_str(change->set, "name", json_text(s, "name"));
    if (strcmp(type, "subservice") == 0) {
        json_put_str(change->set, "what", arena_printf(c->arena, "%.*s.", STR_ARGS(json_text(s, "why"))));
        json_put_cstr(change->set, "method", is_in ? "inclusive" : "carve_out");
        json_put_str(change->set, "rationale", reason);
        if (str_starts(key, "cloud/"))
            json_put_str(change->set, "controls_assumed", json_text(content, "assumed_of_a_cloud"));
    } else {
        json_put_str(change->set, "kind", json_text(s, "kind"));
        json_put_bool(change->set, "is_in", is_in);
        json_put_str(change->set, "reason", reason);
    }
    if (str_starts(key, "host/"))
        json_put_str(change->set, "subject", str_slice(key, 5, key.size));
    record_defaults(t, change->set, c->access, c->now_ms);
}

bool handle_scope_register(struct call *c, struct err *e)
{
    struct str key = form_value(&c->form, "key"), reason = str_trim(form_value(&c->form, "reason")), is_in = form_value(&c->form, "is_in");
    struct str back = call_own_path(form_value(&c->form, "back"));
    bool is_all = str_is(key, "usual");
    const struct json *suggestions = call_view(c, e) ? scope_suggestions(&c->view, c->records, e) : NULL, *content = suggestions ? scope_content(&c->view, e) : NULL;
    if (!content)
        return false;
    if (!is_all && !str_is(is_in, "yes") && !str_is(is_in, "no"))
        return err_set(e, ERR_INVALID, "is_in: say whether it is in or out");
    if (!is_all && (reason.size == 0 || reason.size > REASON_BYTES_MAX))
        return err_set(e, ERR_INVALID, "reason: %s", reason.size ? "at most 8000 bytes" : "say why it is in or out; what is outside without a reason is what an auditor asks about first");
    struct many m = {.changes = arena_array(c->arena, suggestions->count + 1, sizeof *m.changes)};
    JSON_EACH (s, suggestions) {
        if (is_all ? !str_is(json_text(s, "source"), "usual") : !str_equal(json_text(s, "key"), key))
            continue;
        put_suggested(c, &m, s, is_all ? json_bool(s, "is_in") : str_is(is_in, "yes"), is_all ? json_text(s, "reason") : reason, content);
    }
    if (m.count == 0)
        return err_set(e, ERR_NOT_FOUND, "key: this is registered already, or is no longer suggested; load the page again");
    return go(c, &m, str_is(back, "/") ? "/scope/boundary" : arena_str(c->arena, back).data, "registered", e);
}

/* ---- the version ---- */

static bool version_open(struct call *c, struct record **ret, int64_t *ret_version, char ret_digest[65], struct err *e)
{
    struct scope_rows rows;
    int64_t count;
    if (!call_view(c, e) || !scope_rows_read(&c->view, c->records, "scope", INT64_MAX, false, &rows, e))
        return false;
    if (rows.count == 0)
        return err_set(e, ERR_NOT_FOUND, "scope: say first in words where the system begins and ends");
    if (!str_to_int64(form_value(&c->form, "version"), ret_version))
        return err_set(e, ERR_INVALID, "version: the form does not say which version it was made from; load the page again");
    *ret = &rows.items[0];
    if (!scope_digest(&c->view, c->records, INT64_MAX, ret_digest, &count, e))
        return false;
    if (!str_is(form_value(&c->form, "digest"), ret_digest))
        return err_set(e, ERR_CONFLICT, "the scope has changed since this page was shown; load it again and look at what is new");
    return true;
}

bool handle_scope_submit(struct call *c, struct err *e)
{
    struct record *r;
    char digest[65];
    struct many m = {.changes = arena_array(c->arena, 1, sizeof *m.changes)};
    struct record_change *change = many_add(&m, "scope", RECORD_MOVE, c->arena);
    if (!version_open(c, &r, &change->version, digest, e))
        return false;
    change->id = r->id;
    change->transition = STR("submit");
    change->why = str_trim(form_value(&c->form, "why"));
    json_put_str(change->set, "digest", arena_str(c->arena, str_of(digest)));
    change->set = record_reduce(c->arena, r, change->set);
    return go(c, &m, "/scope/version", "sent", e);
}

/* What is approved is what was sent: anything else goes back first. */
bool handle_scope_version_approve(struct call *c, struct err *e)
{
    struct record *r;
    char digest[65];
    struct many m = {.changes = arena_array(c->arena, 1, sizeof *m.changes)};
    struct record_change *change = many_add(&m, "scope", RECORD_MOVE, c->arena);
    if (!version_open(c, &r, &change->version, digest, e))
        return false;
    struct str sent = json_text(r->values, "digest");
    if (sent.size && !str_is(sent, digest))
        return err_set(e, ERR_CONFLICT, "the scope was changed after it was sent for approval; send it back, so that what is approved is what was sent");
    const struct record_transition *move = record_type_transition(r->type, STR("approve"));
    if (move && move->needs_step_up && !records_step_up(c))
        return true;
    change->id = r->id;
    change->transition = STR("approve");
    change->why = str_trim(form_value(&c->form, "why"));
    return go(c, &m, "/scope/version", "approved", e);
}

const struct page page_kind_scope = {.nav = "scope", .build = build_scope, .render = page_scope, .words = "What is in and out by kind, what is missing, what changed"};
const struct page page_kind_scope_profile = {.nav = "scope", .build = build_profile, .render = page_scope_profile, .words = "The organisation, and whether a SOC 2 report fits"};
const struct page page_kind_scope_categories = {.nav = "scope", .build = build_categories, .render = page_scope_categories, .words = "The five categories with questions, proposals and decisions"};
const struct page page_kind_scope_boundary = {.nav = "scope", .build = build_boundary, .render = page_scope_boundary, .words = "What is inside and outside, and what nobody has placed yet"};
const struct page page_kind_scope_commitments = {.nav = "scope", .build = build_commitments, .render = page_scope_commitments, .words = "What is promised, and what keeps it"};
const struct page page_kind_scope_subservices = {.nav = "scope", .build = build_subservices, .render = page_scope_subservices, .words = "Organisations whose controls are relied on"};
const struct page page_kind_scope_team = {.nav = "scope", .build = build_team, .render = page_scope_team, .words = "Who answers for what: the RACI matrix"};
const struct page page_kind_scope_version = {.nav = "scope", .build = build_version, .render = page_scope_version, .words = "What was approved, and how the scope differs from it"};
