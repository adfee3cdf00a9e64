/* The auditor's requests of an engagement, and one of them. */
#include "report/view_requests.h"

#include "assess/requests.h"
#include "record/examine.h"
#include "report/view_record_internal.h"
#include "report/view_scope_internal.h"

#include <stdlib.h>

enum { OWNERS_MAX = 100, BOARD_SHOWN = 10 };

struct requesting {
    struct view *v;
    const struct view_records *r;
    const struct record_type *type;
    struct engagement g;
    const struct requests_filter *f;
    struct record **records;
    size_t count, capacity;
    int64_t today;
    bool is_auditor;
    struct err *e;
};

static bool each_keep(void *context, const struct record *record, struct err *e)
{
    struct requesting *q = context;
    (void)e;
    if (q->count == q->capacity)
        q->records = arena_grow(q->v->arena, q->records, q->count, &q->capacity, sizeof(struct record *));
    struct record *copy = ARENA_NEW(q->v->arena, struct record);
    *copy = *record;
    q->records[q->count++] = copy;
    return true;
}

static bool records_load(struct requesting *q)
{
    int64_t total = 1;
    struct record_query query = {.where = arena_printf(q->v->arena, "engagement=%.*s", STR_ARGS(q->g.id)), .sort = STR("due_on"), .per_page = 1000, .leaf_limit = view_record_limit(q->v),
                                 .access = q->r->access, .now_ms = q->v->at_ms};
    for (query.page = 1; (query.page - 1) * query.per_page < total; query.page++)
        if (!record_list(q->v->db, q->v->arena, q->type, &query, each_keep, q, &total, q->e))
            return false;
    return true;
}

static int64_t day_read(struct str text)
{
    int64_t at_ms;
    return text.size == 10 && time_parse(text, 0, &at_ms) ? day_of(at_ms) : DAY_NONE;
}

static int64_t late_days(const struct requesting *q, const struct record *record)
{
    int64_t due = day_read(json_text(record->values, "due_on"));
    return strcmp(request_side(record->state), "management") == 0 && due != DAY_NONE && due < q->today ? q->today - due : 0;
}

static int64_t open_days(const struct requesting *q, const struct record *record)
{
    int64_t asked = day_read(json_text(record->values, "asked_on"));
    asked = asked == DAY_NONE ? day_of(record->created_t) : asked;
    return asked < q->today ? q->today - asked : 0;
}

static const char *choice_label(const struct record *record, const char *field)
{
    const struct record_field *f = record_type_field(record->type, str_of(field));
    const struct field_choice *c = f ? record_choice(f, json_text(record->values, field)) : NULL;
    return c ? c->label : "";
}

static size_t list_count(const struct record *record, const char *field)
{
    const struct json *list = json_get(record->values, field);
    return list && list->type == JSON_ARRAY ? list->count : 0;
}

static void request_put(struct requesting *q, struct json *o, const struct record *record)
{
    struct str owner = json_text(record->values, "owner");
    struct err ignored = {0};
    json_put_str(o, "id", record->id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", arena_printf(q->v->arena, "/audit/%.*s/requests/%.*s", STR_ARGS(q->g.id), STR_ARGS(record->id)));
    json_put_str(o, "firm_id", json_text(record->values, "firm_id"));
    json_put_str(o, "template", json_text(record->values, "template"));
    json_put_str(o, "kind", json_text(record->values, "kind"));
    json_put_cstr(o, "kind_words", choice_label(record, "kind"));
    json_put_cstr(o, "phase_words", choice_label(record, "phase"));
    if (owner.size)
        json_put(o, "owner", scope_person(q->v, owner));
    else
        json_put_null(o, "owner");
    json_put_str(o, "due", json_text(record->values, "due_on"));
    json_put_int(o, "late_days", late_days(q, record));
    json_put_int(o, "open_days", open_days(q, record));
    json_put(o, "state", record_state_json(q->v, record->type, record->state));
    json_put_cstr(o, "side", request_side(record->state));
    json_put_int(o, "sent_back", json_int(record->values, "sent_back", 0));
    json_put_int(o, "comments", db_one_int(q->v->db, &ignored, 0, "select count(*) from audit_comments where request = ?1", A(record->id)));
    json_put_int(o, "given", (int64_t)(list_count(record, "evidence") + list_count(record, "policy_versions") + list_count(record, "files")));
}

/* ---- which are shown ---- */

static bool is_shown_as(const struct requesting *q, const struct record *record, const char *show)
{
    const char *side = request_side(record->state);
    if (strcmp(show, "waiting") == 0)
        return strcmp(side, q->is_auditor ? "auditor" : "management") == 0;
    if (strcmp(show, "late") == 0)
        return late_days(q, record) > 0;
    if (strcmp(show, "submitted") == 0)
        return strcmp(side, q->is_auditor ? "management" : "auditor") == 0;
    if (strcmp(show, "done") == 0)
        return *side == 0;
    return true;
}

static size_t shown_count(const struct requesting *q, const char *show)
{
    size_t n = 0;
    for (size_t i = 0; i < q->count; i++)
        n += is_shown_as(q, q->records[i], show);
    return n;
}

static bool is_found(const struct requesting *q, const struct record *record, const char *show)
{
    const struct requests_filter *f = q->f;
    struct str text = arena_printf(q->v->arena, "%.*s %.*s %.*s %.*s", STR_ARGS(record->id), STR_ARGS(record_title(record)), STR_ARGS(json_text(record->values, "firm_id")),
                                   STR_ARGS(json_text(record->values, "template")));
    return is_shown_as(q, record, show) && (f->owner.size == 0 || str_equal(f->owner, json_text(record->values, "owner"))) &&
           (f->kind.size == 0 || str_equal(f->kind, json_text(record->values, "kind"))) && (f->q.size == 0 || text_matches(text, f->q));
}

static const char *shows_put(struct requesting *q, struct json *page)
{
    const struct {
        const char *id, *label;
    } shows[] = {{"waiting", q->is_auditor ? "To look at" : "To answer"}, {"late", "Late"}, {"submitted", q->is_auditor ? "Being answered" : "With the auditor"}, {"done", "Done"}, {"all", "All"}};
    const char *current = shown_count(q, "waiting") ? "waiting" : "all";
    struct json *list = json_put_array(page, "shows");
    for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++)
        if (str_is(q->f->show, shows[i].id))
            current = shows[i].id;
    for (size_t i = 0; i < sizeof(shows) / sizeof(shows[0]); i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", shows[i].id);
        json_put_cstr(o, "label", shows[i].label);
        json_put_int(o, "count", (int64_t)shown_count(q, shows[i].id));
        json_put_bool(o, "is_current", strcmp(current, shows[i].id) == 0);
        json_put_str(o, "url", arena_printf(q->v->arena, "/audit/%.*s/requests?show=%s", STR_ARGS(q->g.id), shows[i].id));
    }
    return current;
}

/* ---- ageing ---- */

/* How long its bar is, in percent of the longest. */
static int64_t level_of(int64_t n, int64_t max)
{
    return max > 0 && n > 0 ? (n * 100 + max - 1) / max : 0;
}

static void ageing_put(struct requesting *q, struct json *page)
{
    int64_t counts[AGE_BUCKETS][2] = {{0}}, max = 0;
    for (size_t i = 0; i < q->count; i++) {
        const char *side = request_side(q->records[i]->state);
        if (*side) {
            int64_t *n = &counts[request_age_bucket(open_days(q, q->records[i]))][strcmp(side, "auditor") == 0];
            (*n)++;
            max = *n > max ? *n : max;
        }
    }
    struct json *list = json_put_array(page, "ageing");
    for (size_t i = 0; i < AGE_BUCKETS; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "words", request_age_words[i]);
        json_put_int(o, "management", counts[i][0]);
        json_put_int(o, "auditor", counts[i][1]);
        json_put_int(o, "management_level", level_of(counts[i][0], max));
        json_put_int(o, "auditor_level", level_of(counts[i][1], max));
    }
    json_put_int(page, "max", max);
}

struct owner_age {
    struct str id;
    int64_t open, late, oldest;
};

static int owner_compare(const void *pa, const void *pb)
{
    const struct owner_age *a = pa, *b = pb;
    if (a->late != b->late)
        return a->late < b->late ? 1 : -1;
    return a->open != b->open ? (a->open < b->open ? 1 : -1) : str_compare(a->id, b->id);
}

static void owners_put(struct requesting *q, struct json *page)
{
    struct owner_age owners[OWNERS_MAX];
    size_t count = 0;
    int64_t max = 0;
    for (size_t i = 0; i < q->count; i++) {
        const struct record *record = q->records[i];
        if (strcmp(request_side(record->state), "management") != 0)
            continue;
        struct str id = json_text(record->values, "owner");
        size_t k = 0;
        while (k < count && !str_equal(owners[k].id, id))
            k++;
        if (k == count && count == OWNERS_MAX)
            continue;
        if (k == count)
            owners[count++] = (struct owner_age){.id = id};
        owners[k].open++;
        owners[k].late += late_days(q, record) > 0;
        owners[k].oldest = open_days(q, record) > owners[k].oldest ? open_days(q, record) : owners[k].oldest;
        max = owners[k].open > max ? owners[k].open : max;
    }
    qsort(owners, count, sizeof(owners[0]), owner_compare);
    struct json *list = json_put_array(page, "by_owner");
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", owners[i].id);
        json_put_str(o, "name", owners[i].id.size ? json_text(scope_person(q->v, owners[i].id), "name") : STR("nobody"));
        json_put_str(o, "url", owners[i].id.size ? arena_printf(q->v->arena, "/audit/%.*s/requests?show=waiting&owner=%.*s", STR_ARGS(q->g.id), STR_ARGS(owners[i].id)) : STR(""));
        json_put_int(o, "open", owners[i].open);
        json_put_int(o, "late", owners[i].late);
        json_put_int(o, "oldest_days", owners[i].oldest);
        json_put_int(o, "level", level_of(owners[i].open, max));
        json_put_int(o, "late_level", level_of(owners[i].late, max));
    }
}

/* ---- the page ---- */

static bool requesting_begin(struct requesting *q, struct view *v, const struct view_records *r, const struct requests_filter *f, struct err *e)
{
    *q = (struct requesting){.v = v, .r = r, .f = f, .type = record_types_find(r->types, STR("audit_request")), .today = day_of(v->at_ms), .is_auditor = r->access && r->access->examined, .e = e};
    return q->type || err_set(e, ERR_NOT_FOUND, "there are no requests");
}

static bool missing_put(struct requesting *q, struct json *page)
{
    int64_t missing = 0;
    if (!q->is_auditor && !q->v->is_past) {
        struct engagement_scope scope;
        struct request_changes plan;
        struct request_options o = {.today = q->today};
        if (!engagement_scope(q->v->db, q->v->arena, &q->g, INT64_MAX, &scope, q->e) || !requests_plan(q->v->db, q->v->arena, &q->g, &scope, &o, &plan, q->e))
            return false;
        missing = (int64_t)plan.count;
    }
    json_put_int(page, "missing", missing);
    return true;
}

static void counts_put(struct requesting *q, struct json *page)
{
    struct json *o = json_put_object(page, "counts");
    int64_t management = 0, auditor = 0, late = 0, accepted = 0, withdrawn = 0;
    for (size_t i = 0; i < q->count; i++) {
        const char *side = request_side(q->records[i]->state);
        management += strcmp(side, "management") == 0;
        auditor += strcmp(side, "auditor") == 0;
        late += late_days(q, q->records[i]) > 0;
        accepted += str_is(q->records[i]->state, "accepted");
        withdrawn += str_is(q->records[i]->state, "withdrawn");
    }
    json_put_int(o, "management", management);
    json_put_int(o, "auditor", auditor);
    json_put_int(o, "done", accepted);
    json_put_int(o, "late", late);
    json_put_int(o, "all", (int64_t)q->count);
    int64_t wanted = (int64_t)q->count - withdrawn;
    json_put_int(page, "percent_done", wanted ? accepted * 100 / wanted : 0);
}

static void board_put(struct requesting *q, struct json *page)
{
    struct json *list = json_put_array(page, "board");
    for (size_t s = 0; s < q->type->state_count; s++) {
        const struct record_state *state = &q->type->states[s];
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", state->id);
        json_put_cstr(o, "label", state->label);
        json_put_cstr(o, "status", state->status ? state->status : "");
        json_put_cstr(o, "status_words", state->label);
        struct json *rows = json_put_array(o, "rows");
        int64_t total = 0;
        for (size_t i = 0; i < q->count; i++)
            if (str_is(q->records[i]->state, state->id) && is_found(q, q->records[i], "all")) {
                if (total++ < BOARD_SHOWN)
                    request_put(q, json_push_object(rows), q->records[i]);
            }
        json_put_int(o, "total", total);
        json_put_int(o, "more", total > BOARD_SHOWN ? total - BOARD_SHOWN : 0);
    }
}

static void filters_put(struct requesting *q, struct json *page)
{
    const struct record_field *kind = record_type_field(q->type, STR("kind"));
    struct json *kinds = json_put_array(page, "kinds");
    for (size_t i = 0; kind && i < kind->choice_count; i++) {
        struct json *o = json_push_object(kinds);
        json_put_cstr(o, "id", kind->choices[i].id);
        json_put_cstr(o, "label", kind->choices[i].label);
    }
    json_put_str(page, "owner", q->f->owner);
    json_put_str(page, "owner_name", q->f->owner.size ? json_text(scope_person(q->v, q->f->owner), "name") : STR(""));
    json_put_str(page, "kind", q->f->kind);
    json_put_str(page, "q", q->f->q);
}

struct json *view_requests(struct view *v, const struct view_records *r, struct str id, const struct requests_filter *f, struct err *e)
{
    struct requesting q;
    struct err ignored = {0};
    if (!requesting_begin(&q, v, r, f, e))
        return NULL;
    struct json *page = engagement_page_new(v, r, STR("Requests"), id, "requests", &q.g, e);
    if (!page || !records_load(&q) || !missing_put(&q, page))
        return NULL;
    const char *show = shows_put(&q, page);
    struct json *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < q.count; i++)
        if (is_found(&q, q.records[i], show))
            request_put(&q, json_push_object(rows), q.records[i]);
    json_put_cstr(page, "show", show);
    json_put_int(page, "total", (int64_t)rows->count);
    counts_put(&q, page);
    ageing_put(&q, page);
    owners_put(&q, page);
    board_put(&q, page);
    filters_put(&q, page);
    json_put_bool(page, "is_auditor", q.is_auditor);
    json_put_bool(page, "may_ask", record_allows(r->access, q.type, NULL, RECORD_CREATE, NULL, &ignored) && !v->is_past);
    return page;
}

/* ---- one ---- */

static void links_put(struct view *v, struct json *o, const char *key, const struct json *ids, const char *room)
{
    struct json *list = json_put_array(o, key);
    JSON_EACH (id, ids) {
        const char *title = "";
        for (size_t i = 0; strcmp(room, "controls") == 0 && i < content_control_count; i++)
            if (str_is(id->text, content_controls[i].id))
                title = content_controls[i].title;
        for (size_t i = 0; strcmp(room, "criteria") == 0 && i < content_criterion_count; i++)
            if (str_is(id->text, content_criteria[i].id))
                title = content_criteria[i].title;
        push_link(v, list, arena_str(v->arena, id->text).data, title, url_of(v, room, id->text));
    }
}

static void files_put(struct view *v, struct json *o, const struct json *files, struct str at)
{
    struct json *list = json_put_array(o, "files");
    JSON_EACH (file, files) {
        struct json *item = json_push_object(list);
        json_put_str(item, "name", json_text(file, "name"));
        json_put_str(item, "url", arena_printf(v->arena, "%.*s/files/%.*s", STR_ARGS(at), STR_ARGS(json_text(file, "x"))));
        json_put_int(item, "size", json_int(file, "size", 0));
        json_put_str(item, "digest", json_text(file, "digest"));
        json_put_str(item, "x", json_text(file, "x"));
    }
}

static bool evidence_put(struct requesting *q, struct json *o, const struct record *request)
{
    const struct record_type *t = record_types_find(q->r->types, STR("evidence"));
    struct json *list = json_put_array(o, "evidence");
    JSON_EACH (id, t ? json_get(request->values, "evidence") : NULL) {
        struct err missing = {0};
        struct record *record = record_get(q->v->db, q->v->arena, t, arena_str(q->v->arena, id->text), view_record_limit(q->v), &missing);
        struct json *item = json_push_object(list);
        bool is_seen = record && !record->is_deleted && (!q->r->access || access_matches(q->r->access, &t->may_read, record));
        struct str url = arena_printf(q->v->arena, "/records/evidence/%.*s", STR_ARGS(id->text));
        json_put_str(item, "id", id->text);
        json_put_str(item, "title", is_seen ? record_title(record) : STR(""));
        json_put_str(item, "url", is_seen ? url : STR(""));
        json_put_str(item, "period", is_seen ? arena_printf(q->v->arena, "%.*s to %.*s", STR_ARGS(json_text(record->values, "period_from")), STR_ARGS(json_text(record->values, "period_to"))) : STR(""));
        json_put(item, "state", is_seen ? record_state_json(q->v, t, record->state) : json_object(q->v->arena));
        json_put_bool(item, "is_seen", is_seen);
        files_put(q->v, item, is_seen ? json_get(record->values, "files") : NULL, url);
    }
    return true;
}

static void policies_put(struct requesting *q, struct json *o, const struct record *request)
{
    struct json *list = json_put_array(o, "policies");
    JSON_EACH (id, json_get(request->values, "policy_versions")) {
        struct err ignored = {0};
        struct str title = db_one_text(q->v->arena, q->v->db, &ignored, "select policy || ' ' || title || ', version ' || number from policy_versions where id = ?1", A(id->text));
        push_link(q->v, list, arena_str(q->v->arena, id->text).data, title.data ? title.data : "", arena_printf(q->v->arena, "/records/policy_version/%.*s", STR_ARGS(id->text)));
    }
}

static void request_link(struct requesting *q, struct json *o, const char *key, struct str id)
{
    struct err ignored = {0};
    struct str title = id.size ? db_one_text(q->v->arena, q->v->db, &ignored, "select title from audit_requests where id = ?1", A(id)) : (struct str){0};
    if (title.data)
        put_link(q->v, o, key, arena_str(q->v->arena, id).data, title.data, arena_printf(q->v->arena, "/audit/%.*s/requests/%.*s", STR_ARGS(q->g.id), STR_ARGS(id)));
    else
        json_put_null(o, key);
}

static bool comments_put(struct requesting *q, struct json *o, struct str id)
{
    struct json *list = json_put_array(o, "comments_list");
    DB_EACH (row, q->v->db, q->e, "select id, side, created_by, created_t, text from audit_comments where request = ?1 order by created_leaf, id", A(id)) {
        struct json *item = json_push_object(list);
        bool is_auditor = str_is(db_text(row, 1), "auditor");
        json_put_str(item, "id", arena_str(q->v->arena, db_text(row, 0)));
        json_put_str(item, "side", arena_str(q->v->arena, db_text(row, 1)));
        json_put_cstr(item, "side_words", is_auditor ? "Auditor" : "Organisation");
        json_put(item, "by", actor_new(q->v, arena_str(q->v->arena, db_text(row, 2))));
        put_time(q->v, item, "at", db_int(row, 3));
        json_put_str(item, "text", arena_str(q->v->arena, db_text(row, 4)));
    }
    return q->e->code == ERR_NONE;
}

/* Each time that it was handed in, taken or sent back. */
static bool rounds_put(struct requesting *q, struct json *o, struct str id)
{
    struct json *list = json_put_array(o, "rounds");
    DB_EACH (row, q->v->db, q->e, "select transition, actor, t, why from record_change where type = 'audit_request' and id = ?1 and act = 'move' order by leaf", A(id)) {
        struct json *item = json_push_object(list);
        struct str by = db_text(row, 0);
        json_put_cstr(item, "act_words", str_is(by, "submit") ? "Handed in" : str_is(by, "return") ? "Sent back" : str_is(by, "accept") ? "Accepted" : str_is(by, "withdraw") ? "Withdrawn" : "Moved");
        json_put(item, "by", actor_new(q->v, arena_str(q->v->arena, db_text(row, 1))));
        put_time(q->v, item, "at", db_int(row, 2));
        json_put_str(item, "why", arena_str(q->v->arena, db_text(row, 3)));
    }
    return q->e->code == ERR_NONE;
}

static void steps_put(struct requesting *q, struct json *o, const struct record *record)
{
    struct json *list = json_put_array(o, "steps");
    for (size_t i = 0; i < q->type->transition_count && !q->v->is_past; i++) {
        const struct record_transition *t = &q->type->transitions[i];
        struct err ignored = {0};
        bool fits = false;
        for (size_t k = 0; k < t->from.count; k++)
            fits |= str_is(record->state, t->from.items[k]);
        if (!fits || !record_allows(q->r->access, q->type, record, RECORD_MOVE, t, &ignored))
            continue;
        struct json *step = json_push_object(list);
        json_put_cstr(step, "id", t->id);
        json_put_cstr(step, "label", t->label);
        json_put_bool(step, "needs_reason", t->needs_reason);
    }
}

static bool followers_put(struct requesting *q, struct json *o, struct str id)
{
    struct json *list = json_put_array(o, "followed_by");
    DB_EACH (row, q->v->db, q->e, "select id, title from audit_requests where follows = ?1 order by id", A(id)) {
        const char *other = arena_str(q->v->arena, db_text(row, 0)).data;
        push_link(q->v, list, other, arena_str(q->v->arena, db_text(row, 1)).data, arena_printf(q->v->arena, "/audit/%.*s/requests/%s", STR_ARGS(q->g.id), other));
    }
    return q->e->code == ERR_NONE;
}

static bool suggestions_put(struct requesting *q, struct json *o, const struct record *record)
{
    struct err ignored = {0};
    const struct record_transition *submit = record_type_transition(q->type, STR("submit"));
    bool is_ours = !q->is_auditor && !q->v->is_past && strcmp(request_side(record->state), "management") == 0 && submit &&
                   record_allows(q->r->access, q->type, record, RECORD_MOVE, submit, &ignored);
    struct json *list = is_ours ? requests_suggest(q->v->db, q->v->arena, &q->g, record->id, q->today, q->e) : json_array(q->v->arena);
    if (!list)
        return false;
    json_put(o, "suggestions", list);
    json_put_bool(o, "may_answer", is_ours);
    return true;
}

static bool parts_put(struct requesting *q, struct json *page, const struct record *record)
{
    struct str at = arena_printf(q->v->arena, "/records/audit_request/%.*s", STR_ARGS(record->id)), population = json_text(record->values, "population");
    links_put(q->v, page, "controls", json_get(record->values, "controls"), "controls");
    links_put(q->v, page, "criteria", json_get(record->values, "criteria"), "criteria");
    if (population.size)
        put_link(q->v, page, "population", arena_str(q->v->arena, population).data, "", arena_printf(q->v->arena, "/audit/%.*s/populations/%.*s", STR_ARGS(q->g.id), STR_ARGS(population)));
    else
        json_put_null(page, "population");
    request_link(q, page, "follows", json_text(record->values, "follows"));
    files_put(q->v, page, json_get(record->values, "files"), at);
    policies_put(q, page, record);
    steps_put(q, page, record);
    json_put_str(page, "record_url", at);
    return followers_put(q, page, record->id) && evidence_put(q, page, record) && comments_put(q, page, record->id) && rounds_put(q, page, record->id) && suggestions_put(q, page, record);
}

struct json *view_request(struct view *v, const struct view_records *r, struct str engagement, struct str id, struct err *e)
{
    struct requesting q;
    static const struct requests_filter none;
    if (!requesting_begin(&q, v, r, &none, e))
        return NULL;
    struct json *page = engagement_page_new(v, r, STR("Request"), engagement, "requests", &q.g, e);
    struct record *record = page ? record_get(v->db, v->arena, q.type, id, view_record_limit(v), e) : NULL;
    if (!record)
        return NULL;
    if (record->is_deleted || !str_equal(json_text(record->values, "engagement"), q.g.id) || (r->access && !access_matches(r->access, &q.type->may_read, record))) {
        err_set(e, ERR_NOT_FOUND, "request %.*s: there is none in this engagement", STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
        return NULL;
    }
    static const char *const texts[] = {"details", "asked_on", "submitted_on", "answer"};
    request_put(&q, json_put_object(page, "request"), record);
    ((struct json *)(uintptr_t)json_get(page, "title"))->text = record_title(record);
    json_put_int(page, "version", record->version);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_put_str(page, texts[i], json_text(record->values, texts[i]));
    struct err ignored = {0};
    const struct record_type *comment = record_types_find(r->types, STR("audit_comment"));
    json_put_bool(page, "may_comment", comment && !v->is_past && record_allows(r->access, comment, NULL, RECORD_CREATE, NULL, &ignored));
    json_put_bool(page, "is_auditor", q.is_auditor);
    return parts_put(&q, page, record) ? page : NULL;
}
