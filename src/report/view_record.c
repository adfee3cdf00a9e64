/* One record: its page, its history, and the types there are. */
#include "report/view_record_internal.h"
#include "record/examine.h"

/* ---- rooms: the navigation of interface-web.md; a type names the one it belongs to ---- */

static const struct room {
    const char *id, *label, *icon;
} rooms[] = {{"scope", "Scope", "scope"},
             {"controls", "Controls", "controls"},
             {"evidence", "Evidence", "evidence"},
             {"gaps", "Gaps", "gaps"},
             {"policies", "Policies", "policies"},
             {"documents", "Documents", "documents"},
             {"risks", "Risks", "risks"},
             {"vendors", "Vendors", "vendors"},
             {"people", "People", "people"},
             {"training", "Training", "training"},
             {"access", "Access reviews", "access"},
             {"assets", "Assets and data", "assets"},
             {"monitoring", "Monitoring", "monitoring"},
             {"incidents", "Incidents", "incidents"},
             {"vulnerabilities", "Vulnerabilities", "vulnerabilities"},
             {"changes", "Changes", "changes"},
             {"continuity", "Continuity", "continuity"},
             {"privacy", "Privacy", "privacy"},
             {"tasks", "Tasks", "tasks"},
             {"audit", "Audit", "audit"},
             {"settings", "Settings", "settings"}};
enum { ROOMS = sizeof(rooms) / sizeof(rooms[0]) };

static const struct room *room_find(const char *id)
{
    for (size_t i = 0; i < ROOMS; i++)
        if (strcmp(rooms[i].id, id) == 0)
            return &rooms[i];
    return NULL;
}

struct str record_room_label(struct view *v, const char *room)
{
    const struct room *known = room_find(room);
    if (known)
        return str_of(known->label);
    struct str s = arena_str(v->arena, str_of(room));
    char *first = (char *)(uintptr_t)s.data;
    if (s.size && first[0] >= 'a' && first[0] <= 'z')
        first[0] = (char)(first[0] - 'a' + 'A');
    return s;
}

/* ---- types ---- */

bool record_may_read_type(const struct view_records *r, const struct record_type *t)
{
    if (r->access && r->access->examined)
        return examine_knows(r->access, t);
    if (!r->access || access_matches(r->access, &t->may_read, NULL))
        return true;
    for (size_t i = 0; i < t->may_read.count; i++) /* somebody's own ones */
        if (t->may_read.items[i][0] == '@' && strcmp(t->may_read.items[i], "@nobody") != 0)
            return true;
    return false;
}

struct json *record_type_brief(struct view *v, const struct record_type *t)
{
    struct json *o = json_object(v->arena);
    json_put_cstr(o, "id", t->id);
    json_put_cstr(o, "label", t->label);
    json_put_cstr(o, "labels", t->labels);
    json_put_cstr(o, "words", t->words);
    json_put_cstr(o, "room", t->room);
    json_put_str(o, "room_words", record_room_label(v, t->room));
    json_put_str(o, "url", arena_printf(v->arena, "/records/%s", t->id));
    return o;
}

struct json *record_state_json(struct view *v, const struct record_type *t, struct str state)
{
    const struct record_state *s = record_type_state(t, state);
    struct json *o = json_object(v->arena);
    json_put_str(o, "id", state);
    json_put_str(o, "label", s ? str_of(s->label) : state);
    json_put_cstr(o, "words", s && s->words ? s->words : "");
    json_put_cstr(o, "status", s && s->status ? s->status : "");
    json_put_str(o, "status_words", s ? str_of(s->label) : state);
    json_put_bool(o, "is_end", s && s->is_end);
    return o;
}

struct json *record_page_new(struct view *v, struct str title, bool is_page, struct err *e)
{
    if (is_page)
        return page_new(v, title, e);
    struct json *page = json_object(v->arena);
    json_put_str(page, "title", title);
    struct json *as_of = json_put(page, "as_of", time_new(v, v->at_ms));
    json_put_bool(as_of, "is_past", v->is_past);
    json_put_int(as_of, "leaf", v->leaf_limit);
    return page;
}

static bool each_nothing(void *context, const struct record *r, struct err *e)
{
    (void)context;
    (void)r;
    (void)e;
    return true;
}

static int64_t count_open(struct view *v, const struct view_records *r, const struct record_type *t)
{
    struct record_query q = {.state = STR("open"), .page = 1, .per_page = 1, .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms};
    int64_t total = 0;
    struct err e = {0};
    return record_list(v->db, v->arena, t, &q, each_nothing, NULL, &total, &e) ? total : 0;
}

struct json *view_record_types(struct view *v, const struct view_records *r, struct err *e)
{
    struct json *page = record_page_new(v, STR("Records"), true, e);
    if (!page)
        return NULL;
    struct json *list = json_put_array(page, "rooms"), *room = NULL;
    const char *current = NULL;
    for (size_t i = 0; i < record_types_count(r->types); i++) {
        const struct record_type *t = record_types_at(r->types, i);
        int64_t open = record_may_read_type(r, t) ? count_open(v, r, t) : 0;
        bool is_shown = record_may_read_type(r, t) && (open > 0 || !r->access || !r->access->is_own_only);
        if (!is_shown)
            continue;
        if (!current || strcmp(current, t->room) != 0) {
            current = t->room;
            room = json_push_object(list);
            json_put_cstr(room, "id", t->room);
            json_put_str(room, "label", record_room_label(v, t->room));
            json_put_array(room, "types");
        }
        struct json *types = (struct json *)(uintptr_t)json_get(room, "types");
        struct json *o = json_push(types, record_type_brief(v, t));
        json_put_int(o, "count", open);
    }
    return page;
}

/* Those in a state that is shown as failing or unknown, and is no end. */
static int64_t count_attention(struct view *v, const struct view_records *r, const char *room)
{
    int64_t sum = 0;
    for (size_t i = 0; i < record_types_count(r->types); i++) {
        const struct record_type *t = record_types_at(r->types, i);
        struct err ignored = {0};
        if (strcmp(t->room, room) != 0 || !record_may_read_type(r, t))
            continue;
        const struct json *counts = record_counts(v->db, v->arena, t, &ignored);
        for (size_t k = 0; k < t->state_count; k++) {
            const struct record_state *s = &t->states[k];
            bool needs = s->status && (strcmp(s->status, "fail") == 0 || strcmp(s->status, "unknown") == 0) && !s->is_end;
            sum += needs ? json_int(counts, s->id, 0) : 0;
        }
    }
    return sum;
}

void view_record_rooms(struct view *v, const struct view_records *r, struct json *list)
{
    for (size_t k = 0; k <= ROOMS; k++) /* the last round: rooms that only an organisation's own types know */
        for (size_t i = 0; i < record_types_count(r->types); i++) {
            const struct record_type *t = record_types_at(r->types, i);
            bool is_first = i == 0 || strcmp(record_types_at(r->types, i - 1)->room, t->room) != 0;
            bool is_here = k < ROOMS ? strcmp(rooms[k].id, t->room) == 0 : room_find(t->room) == NULL;
            if (!is_here || !is_first || !record_may_read_type(r, t))
                continue;
            struct json *o = json_push_object(list);
            json_put_cstr(o, "id", t->room);
            json_put_str(o, "label", record_room_label(v, t->room));
            json_put_str(o, "url", arena_printf(v->arena, "/records/%s", t->id));
            json_put_cstr(o, "icon", k < ROOMS ? rooms[k].icon : "records");
            json_put_int(o, "count", v->is_past ? 0 : count_attention(v, r, t->room));
        }
}

struct json *view_record_type(struct view *v, const struct view_records *r, const struct record_type *t)
{
    struct json *o = record_type_brief(v, t);
    json_put_int(o, "version", t->version);
    json_put_cstr(o, "digest", t->digest);
    json_put(o, "definition", record_type_json(v->arena, t));
    struct err why = {0};
    bool may_create = r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why);
    json_put_bool(o, "may_create", may_create);
    return o;
}

/* ---- one record ---- */

static void put_made(struct view *v, struct json *o, const char *key, int64_t t, struct str by, int64_t leaf)
{
    struct json *made = json_put_object(o, key);
    put_time(v, made, "at", t);
    json_put(made, "by", actor_new(v, by));
    json_put_int(made, "leaf", leaf);
}

static void put_record(struct view *v, struct json *o, struct record *record)
{
    const struct record_type *t = record->type;
    json_put_str(o, "id", record->id);
    json_put_str(o, "url", record_url(v, t->id, record->id));
    json_put_int(o, "version", record->version);
    json_put_str(o, "etag", arena_printf(v->arena, "\"%lld\"", (long long)record->version));
    json_put(o, "state", record_state_json(v, t, record->state));
    json_put(o, "values", record->values);
    put_made(v, o, "created", record->created_t, record->created_by, record->created_leaf);
    put_made(v, o, "changed", record->t, record->changed_by, record->leaf);
    json_put_bool(o, "is_deleted", record->is_deleted);
}

struct json *view_record_json(struct view *v, struct record *record)
{
    struct json *o = json_object(v->arena);
    json_put_cstr(o, "type", record->type->id);
    json_put_str(o, "title", record_title(record));
    put_record(v, o, record);
    return o;
}

static bool comes_from(const struct record_transition *t, struct str state)
{
    for (size_t i = 0; i < t->from.count; i++)
        if (str_is(state, t->from.items[i]))
            return true;
    return t->from.count == 0;
}

static bool has_value(const struct record *record, const char *field)
{
    const struct json *value = json_get(record->values, field);
    return value && value->type != JSON_NULL && !((value->type == JSON_STRING && value->text.size == 0) || (value->type == JSON_ARRAY && !value->count));
}

/* Four eyes: who made it or took the step before may not take this one. Says so before the click. */
static bool has_other_eyes(struct view *v, const struct view_records *r, const struct record *record, const struct record_transition *move, struct err *why)
{
    const char *other = NULL;
    struct err failed = {0};
    if (move->not_by.count == 0 || !r->access || !record_other_eyes(v->db, v->arena, r->access, record, move, &other, &failed) || !other)
        return true;
    return err_set(why, ERR_DENIED, "it takes somebody other than you: you %s", strcmp(other, "@author") == 0 ? "made it" : strcmp(other, RECORD_LAST_WORD) == 0 ? "changed it last" : other[0] == '@' ? "are named in it" : "took the step before");
}

/* What else must hold is said before the click, too: of the past nothing is asked. */
static bool has_rules(struct view *v, const struct record *record, const struct record_transition *move, struct err *why)
{
    const char *broken = NULL;
    struct err failed = {0};
    if (move->rule_count == 0 || v->is_past || !record_rules_hold(v->db, v->arena, record, move, &broken, &failed) || !broken)
        return true;
    return err_set(why, ERR_INVALID, "%s", broken);
}

static void put_next(struct view *v, const struct view_records *r, struct json *page, const struct record *record)
{
    const struct record_type *t = record->type;
    struct json *list = json_put_array(page, "next");
    for (size_t i = 0; i < t->transition_count; i++) {
        const struct record_transition *move = &t->transitions[i];
        bool is_programs = move->who.count == 1 && strcmp(move->who.items[0], "@nobody") == 0; /* nobody's step but the program's */
        if (!comes_from(move, record->state) || is_programs)
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", move->id);
        json_put_cstr(o, "label", move->label);
        json_put(o, "to", record_state_json(v, t, str_of(move->to)));
        json_put_bool(o, "needs_reason", move->needs_reason);
        json_put_bool(o, "needs_step_up", move->needs_step_up);
        json_put_int(o, "quorum", record_quorum(record, move));
        json_put_cstr(o, "when_referred", move->when_referred ? move->when_referred : "");
        struct json *missing = json_put_array(o, "missing");
        for (size_t k = 0; k < move->requires.count; k++) {
            const struct record_field *f = record_type_field(t, str_of(move->requires.items[k]));
            if (has_value(record, move->requires.items[k]))
                continue;
            struct json *m = json_push_object(missing);
            json_put_cstr(m, "id", move->requires.items[k]);
            json_put_cstr(m, "label", f ? f->label : move->requires.items[k]);
        }
        struct err why = {0};
        bool is_allowed = !v->is_past && r->access && record_allows(r->access, t, record, RECORD_MOVE, move, &why);
        bool can_step_up = !is_allowed && move->needs_step_up && r->access && !r->access->has_stepped_up;
        if (can_step_up) { /* the confirmation comes after the click */
            struct access later = *r->access;
            later.has_stepped_up = true;
            struct err again = {0};
            is_allowed = !v->is_past && record_allows(&later, t, record, RECORD_MOVE, move, &again);
        }
        is_allowed = is_allowed && has_other_eyes(v, r, record, move, &why);
        is_allowed = is_allowed && has_rules(v, record, move, &why);
        json_put_bool(o, "is_allowed", is_allowed && missing->count == 0);
        json_put_str(o, "why_not", is_allowed ? STR("") : v->is_past ? STR("this is the past") : arena_str(v->arena, str_of(why.text)));
    }
}

static void put_may(struct view *v, const struct view_records *r, struct json *page, const struct record *record, enum record_act act, const char *key,
                    const char *why_key)
{
    struct err why = {0};
    const struct record_state *s = record_type_state(record->type, record->state);
    bool is_locked = act == RECORD_CHANGE && s && s->is_locked;
    bool may = !v->is_past && !is_locked && r->access && record_allows(r->access, record->type, record, act, NULL, &why);
    json_put_bool(page, key, may);
    json_put_str(page, why_key,
                 may           ? STR("")
                 : v->is_past  ? STR("this is the past")
                 : is_locked   ? arena_printf(v->arena, "nothing changes while it is %s; a step above leads on", s->label)
                               : arena_str(v->arena, str_of(why.text)));
}

static void put_groups(struct view *v, const struct view_records *r, struct json *page, const struct record *record)
{
    const struct record_type *t = record->type;
    struct json *groups = json_put_array(page, "groups"), *fields = NULL;
    const char *current = NULL;
    struct view_records own = *r;
    own.at = record_url(v, t->id, record->id);
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        const struct json *value = json_get(record->values, f->id);
        if ((f->is_retired && !value) || strcmp(f->id, t->title_field) == 0)
            continue;
        const char *group = f->group ? f->group : "";
        if (!current || strcmp(current, group) != 0) {
            current = group;
            struct json *g = json_push_object(groups);
            json_put_cstr(g, "label", group);
            fields = json_put_array(g, "fields");
        }
        struct json *o = json_push_object(fields);
        json_put_cstr(o, "id", f->id);
        json_put_cstr(o, "label", f->label);
        json_put_cstr(o, "words", f->words ? f->words : "");
        json_put_bool(o, "is_personal", f->is_personal);
        json_put(o, "cell", view_record_cell(v, &own, f, value, true));
    }
}

/* ---- what refers to it ---- */

struct related {
    struct view *v;
    const struct view_records *records;
    struct json *rows;
};

static bool each_related(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct related *x = context;
    struct json *o = json_push_object(x->rows);
    json_put_str(o, "id", record->id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", record_url(x->v, record->type->id, record->id));
    json_put(o, "state", record_state_json(x->v, record->type, record->state));
    return true;
}

static bool refers_to(const struct record_field *f, const struct record_type *target)
{
    if (f->type == FIELD_PERSON)
        return strcmp(target->id, "person") == 0;
    return (f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES) && f->target && strcmp(f->target, target->id) == 0;
}

static bool put_related(struct view *v, const struct view_records *r, struct json *page, const struct record *record, struct err *e)
{
    struct json *list = json_put_array(page, "related");
    for (size_t i = 0; i < record_types_count(r->types); i++) {
        const struct record_type *t = record_types_at(r->types, i);
        for (size_t k = 0; record_may_read_type(r, t) && k < t->field_count; k++) {
            if (!refers_to(&t->fields[k], record->type))
                continue;
            struct related x = {.v = v, .records = r, .rows = json_array(v->arena)};
            struct str where = arena_printf(v->arena, "%s=\"%.*s\"", t->fields[k].id, STR_ARGS(record->id));
            struct record_query q = {.where = where,
                                     .page = 1,
                                     .per_page = VIEW_RELATED_MAX,
                                     .leaf_limit = view_record_limit(v),
                                     .access = r->access,
                                     .now_ms = v->at_ms};
            int64_t total = 0;
            if (!record_list(v->db, v->arena, t, &q, each_related, &x, &total, e))
                return false;
            if (total == 0)
                continue;
            struct json *o = json_push_object(list);
            json_put(o, "type", record_type_brief(v, t));
            json_put_cstr(o, "field", t->fields[k].label);
            json_put_int(o, "total", total);
            struct buf b;
            buf_init(&b, 512);
            buf_printf(&b, "/records/%s?f.%s=%.*s", t->id, t->fields[k].id, STR_ARGS(record->id));
            json_put_str(o, "url", arena_str(v->arena, buf_view(&b)));
            buf_release(&b);
            json_put(o, "rows", x.rows);
        }
    }
    return true;
}

/* ---- history ---- */

static const char *act_words(struct str act)
{
    static const char *const words[][2] = {{"create", "Created"}, {"change", "Changed"}, {"move", "Moved"},
                                           {"vote", "Agreed"},    {"delete", "Deleted"}, {"undo", "Undone"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (str_is(act, words[i][0]))
            return words[i][1];
    return "Changed";
}

static void put_diff(struct view *v, const struct view_records *r, const struct record_type *t, struct json *o, const struct json *diff)
{
    struct json *list = json_put_array(o, "diff");
    JSON_EACH (d, diff) {
        struct str id = json_text(d, "field");
        const struct record_field *f = record_type_field(t, id);
        struct record_field gone = {.id = "", .label = "", .type = FIELD_TEXT};
        struct json *item = json_push_object(list);
        json_put_str(item, "field", id);
        json_put_str(item, "label", f ? str_of(f->label) : json_text(d, "label").size ? json_text(d, "label") : id);
        json_put(item, "old", view_record_cell(v, r, f ? f : &gone, json_get(d, "old"), true));
        json_put(item, "new", view_record_cell(v, r, f ? f : &gone, json_get(d, "new"), true));
    }
}

struct json *view_record_history(struct view *v, const struct view_records *r, const struct record_type *t, struct str id, struct err *e)
{
    struct json *raw = record_history(v->db, v->arena, t, id, view_record_limit(v), e);
    if (!raw)
        return NULL;
    struct json *list = json_array(v->arena);
    struct err missing = {0};
    struct record *now = r->access && r->access->examined ? record_get_brief(v->db, v->arena, t, id, view_record_limit(v), &missing) : NULL;
    int64_t first = now ? examine_first_leaf(v->db, v->arena, r->access, now, e) : 0;
    JSON_EACH (h, raw) {
        if (json_int(h, "leaf", -1) < first) /* a draft */
            continue;
        struct json *o = json_push_object(list);
        struct str from = json_text(h, "from"), to = json_text(h, "to");
        json_put_int(o, "leaf", json_int(h, "leaf", -1));
        put_time(v, o, "at", json_int(h, "t", 0));
        json_put_int(o, "version", json_int(h, "version", 0));
        json_put_str(o, "act", json_text(h, "act"));
        const struct record_transition *move = record_type_transition(t, json_text(h, "transition"));
        json_put_cstr(o, "act_words", move ? move->label : act_words(json_text(h, "act")));
        json_put_str(o, "transition", json_text(h, "transition"));
        json_put(o, "actor", actor_new(v, json_text(h, "actor")));
        json_put(o, "from", from.size ? record_state_json(v, t, from) : json_new_null(v->arena));
        json_put(o, "to", to.size ? record_state_json(v, t, to) : json_new_null(v->arena));
        json_put_bool(o, "is_move", from.size && to.size && !str_equal(from, to));
        json_put_str(o, "why", json_text(h, "why"));
        put_diff(v, r, t, o, first > 0 && json_int(h, "leaf", -1) == first ? NULL : json_get(h, "diff"));
        json_put_str(o, "url", arena_printf(v->arena, "/ledger/%lld", (long long)json_int(h, "leaf", -1)));
        json_put_str(o, "receipt", move && move->needs_step_up ? arena_printf(v->arena, "/receipts/%lld", (long long)json_int(h, "leaf", -1)) : STR(""));
    }
    return list;
}

static bool is_ending(const struct record_type *t)
{
    bool asks = false;
    for (size_t i = 0; i < t->transition_count; i++)
        asks |= t->transitions[i].when_referred && t->transitions[i].when_referred[0];
    return asks || t->may_delete.count > 0;
}

static void put_referrers(struct view *v, const struct view_records *r, struct json *list, const struct json *found)
{
    JSON_EACH (f, found) {
        const struct record_type *t = record_types_find(r->types, json_text(f, "type"));
        const struct record_field *field = t ? record_type_field(t, json_text(f, "field")) : NULL;
        struct err ignored = {0};
        struct record *record = t ? record_get(v->db, v->arena, t, json_text(f, "id"), INT64_MAX, &ignored) : NULL;
        bool may_read = record && (!r->access || access_matches(r->access, &t->may_read, record));
        if (!may_read && r->access && r->access->examined)
            continue;
        struct json *o = json_push_object(list);
        json_put_str(o, "id", json_text(f, "id"));
        json_put_cstr(o, "type", t ? t->label : "");
        json_put_cstr(o, "field", field ? field->label : "");
        json_put_str(o, "title", may_read ? record_title(record) : STR(""));
        json_put_str(o, "url", may_read ? record_url(v, t->id, record->id) : STR(""));
    }
}

/* What stands in the way of deleting it ("referrers"), and of an end ("open_referrers"). */
static bool put_in_the_way(struct view *v, const struct view_records *r, struct json *page, const struct record *record, struct err *e)
{
    struct json *all = json_put_array(page, "referrers"), *open = json_put_array(page, "open_referrers");
    const char *rule = record->type->when_referred;
    json_put_bool(page, "asks_sure", rule && strcmp(rule, "ask") == 0);
    if (v->is_past || record->is_deleted || !is_ending(record->type))
        return true;
    struct json *found = record_referrers(v->db, v->arena, r->types, str_of(record->type->id), record->id, VIEW_RELATED_MAX, e);
    struct json *running = found ? record_referrers_open(v->db, v->arena, r->types, str_of(record->type->id), record->id, VIEW_RELATED_MAX, e) : NULL;
    if (!running)
        return false;
    put_referrers(v, r, all, found);
    put_referrers(v, r, open, running);
    return true;
}

struct json *view_record(struct view *v, const struct view_records *r, const struct record_type *t, struct str id, bool is_page, struct err *e)
{
    struct record *record = record_get(v->db, v->arena, t, id, view_record_limit(v), e);
    if (!record)
        return NULL;
    if (r->access && !access_matches(r->access, &t->may_read, record)) {
        err_set(e, ERR_NOT_FOUND, "%s %.*s: there is none", t->id, STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
        return NULL;
    }
    bool is_evidence = strcmp(t->id, "evidence") == 0;
    struct json *page = is_page ? record_page_new(v, record_title(record), true, e) : view_record_json(v, record);
    if (!page || (is_evidence && !view_evidence_put(v, page, record, e)))
        return NULL;
    if (!is_page)
        return page;
    if (!is_evidence)
        json_put_null(page, "evidence"); /* the template asks */
    json_put(page, "type", record_type_brief(v, t));
    json_put_cstr(page, "words", t->words);
    put_groups(v, r, page, record);
    put_next(v, r, page, record);
    put_may(v, r, page, record, RECORD_CHANGE, "may_change", "why_not_change");
    put_may(v, r, page, record, RECORD_DELETE, "may_delete", "why_not_delete");
    put_may(v, r, page, record, RECORD_UNDO, "may_undo", "why_not_undo");
    if (!put_related(v, r, page, record, e) || !put_in_the_way(v, r, page, record, e))
        return NULL;
    struct json *history = view_record_history(v, r, t, id, e);
    if (!history)
        return NULL;
    json_put(page, "history", history);
    put_record(v, page, record);
    return page;
}

bool view_records_as_of(struct view *v, const struct view_records *r, struct err *e)
{
    return !v->is_past || record_types_as_of(v->db, r->types, v->leaf_limit, e);
}
