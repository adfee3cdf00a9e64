/* read.c - one record, its history, what refers to it. */
#include "record/internal.h"

const char *record_act_name(enum record_act act)
{
    static const char *const names[] = {"create", "change", "move", "delete", "undo"};
    return names[act];
}

struct record *record_read(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, bool with_computed, struct err *e)
{
    struct query_text q;
    struct err failed = {0};
    struct record *r = NULL;
    query_init(&q, a);
    buf_cstr(&q.sql, "select ");
    put_record_columns(&q.sql, t, with_computed);
    buf_printf(&q.sql, " from %s_versions r where r.id = ", t->table);
    query_arg(&q, A(id));
    buf_cstr(&q.sql, " and ");
    query_as_of(&q, "r", leaf_limit);
    struct db_row *row = query_run(&q, db, &failed);
    if (row && db_next(row, &failed))
        r = record_of_row(row, a, t, with_computed);
    db_row_release(&row);
    query_release(&q);
    if (r && !record_lists_read(db, &r, 1, a, leaf_limit, &failed))
        r = NULL;
    if (failed.code)
        *e = failed;
    else if (!r)
        err_set(e, ERR_NOT_FOUND, "%s %.*s: there is none", t->id, STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
    return r;
}

struct record *record_get(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, struct err *e)
{
    return record_read(db, a, t, id, leaf_limit, true, e);
}

struct record *record_get_brief(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, struct err *e)
{
    struct query_text q;
    struct err failed = {0};
    struct record *r = NULL;
    query_init(&q, a);
    buf_cstr(&q.sql, "select ");
    put_brief_columns(&q.sql, t);
    buf_printf(&q.sql, " from %s_versions r where r.id = ", t->table);
    query_arg(&q, A(id));
    buf_cstr(&q.sql, " and ");
    query_as_of(&q, "r", leaf_limit);
    struct db_row *row = query_run(&q, db, &failed);
    if (row && db_next(row, &failed))
        r = record_of_brief_row(row, a, t);
    db_row_release(&row);
    query_release(&q);
    if (!r)
        failed.code ? (void)(*e = failed) : (void)err_set(e, ERR_NOT_FOUND, "%s %.*s: there is none", t->id, STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
    return r;
}

struct str record_title(const struct record *r)
{
    const struct json *v = r->type->title_field && r->type->title_field[0] ? json_get(r->values, r->type->title_field) : NULL;
    return v && v->type == JSON_STRING && v->text.size ? v->text : r->id;
}

int64_t record_leaf_at(struct db *db, int64_t t_ms, struct err *e)
{
    /* Times of leaves never go back, so the last leaf not after t is found from the end of those that came later. */
    struct err failed = {0};
    int64_t low = -1, high = db_one_int(db, &failed, -1, "select max(idx) from leaf");
    while (low < high && !failed.code) { /* the answer lies in [low, high] */
        int64_t middle = low + (high - low + 1) / 2;
        if (db_one_int(db, &failed, INT64_MAX, "select t from leaf where idx=?1", A(middle)) <= t_ms)
            low = middle;
        else
            high = middle - 1;
    }
    if (failed.code)
        *e = failed;
    return low;
}

struct json *record_counts(struct db *db, struct arena *a, const struct record_type *t, struct err *e)
{
    struct err failed = {0};
    struct json *counts = json_object(a);
    for (size_t i = 0; i < t->state_count; i++)
        json_put_int(counts, t->states[i].id, 0);
    DB_EACH (row, db, &failed, "select state, n from record_count where type=?1", A(t->id)) {
        const struct record_state *state = record_type_state(t, db_text(row, 0));
        struct json *n = state ? (struct json *)(uintptr_t)json_get(counts, state->id) : NULL;
        if (n)
            n->integer = db_int(row, 1);
    }
    if (!failed.code)
        return counts;
    *e = failed;
    return NULL;
}

/* ---- history ---- */

static void put_difference(struct json *change, struct arena *a, const struct record_type *t, struct str difference)
{
    struct err ignored = {0};
    struct json *list = json_put_array(change, "diff"), *parsed = json_parse(a, arena_str(a, difference), JSON_LIMITS_DEFAULT, &ignored);
    JSON_EACH (member, parsed) {
        const struct record_field *f = record_type_field(t, member->key);
        struct json *entry = json_push_object(list);
        const struct json *old = json_at(member, 0), *new = json_at(member, 1);
        json_put_str(entry, "field", member->key);
        json_put_str(entry, "label", f ? str_of(f->label) : member->key);
        json_put(entry, "old", old ? value_copy(a, old) : json_new_null(a));
        json_put(entry, "new", new ? value_copy(a, new) : json_new_null(a));
    }
}

struct json *record_history(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, struct err *e)
{
    struct err failed = {0};
    struct json *history = json_array(a);
    DB_EACH (row, db, &failed,
             "select leaf, t, version, act, transition, actor, via, step, from_state, to_state, why, is_erased, difference from record_change where type=?1 "
             "and id=?2 and leaf <= ?3 order by leaf desc",
             A(t->id), A(id), A(leaf_limit)) {
        static const char *const texts[] = {"act", "transition", "actor", "via", "step", "from", "to", "why"};
        struct json *change = json_push_object(history);
        json_put_int(change, "leaf", db_int(row, 0));
        json_put_int(change, "t", db_int(row, 1));
        json_put_int(change, "version", db_int(row, 2));
        for (int i = 0; i < 8; i++)
            json_put_str(change, texts[i], arena_str(a, db_text(row, 3 + i)));
        json_put_bool(change, "erased", db_int(row, 11) != 0);
        put_difference(change, a, t, db_text(row, 12));
    }
    if (failed.code) {
        *e = failed;
        return NULL;
    }
    if (history->count == 0) {
        err_set(e, ERR_NOT_FOUND, "%s %.*s: there is none", t->id, STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
        return NULL;
    }
    return history;
}

/* ---- what refers to it ---- */

static void referrer_add(struct json *list, const char *type, struct str id, const char *field)
{
    struct arena *a = list->arena;
    struct json *r = json_push_object(list);
    json_put_cstr(r, "type", type);
    json_put_str(r, "id", arena_str(a, id));
    json_put_cstr(r, "field", field);
}

static bool column_referrers(struct db *db, const struct record_type *t, const struct record_field *f, struct str id, size_t max, struct json *list,
                             struct err *e)
{
    struct query_text q;
    query_init(&q, list->arena);
    buf_printf(&q.sql, "select id from %s_versions where to_leaf is null and is_deleted = 0 and \"%s\" = ", t->table, f->id);
    query_arg(&q, A(id));
    buf_cstr(&q.sql, " order by id");
    struct db_row *row = query_run(&q, db, e);
    while (row && list->count < max && db_next(row, e))
        referrer_add(list, t->id, db_text(row, 0), f->id);
    db_row_release(&row);
    query_release(&q);
    return e->code == ERR_NONE;
}

struct json *record_referrers(struct db *db, struct arena *a, struct record_types *types, struct str target_type, struct str id, size_t max, struct err *e)
{
    struct json *list = json_array(a);
    struct err failed = {0};
    DB_EACH (row, db, &failed, "select type, id, field from record_link where target_type=?1 and target=?2 and to_leaf is null order by type, id", A(target_type), A(id)) {
        struct str type = db_text(row, 0), field = db_text(row, 2);
        if (list->count < max)
            referrer_add(list, arena_strndup(a, type.data, type.size), db_text(row, 1), arena_strndup(a, field.data, field.size));
    }
    for (size_t i = 0; i < record_types_count(types) && !failed.code; i++) {
        const struct record_type *t = record_types_at(types, i);
        for (size_t j = 0; j < t->field_count && !failed.code; j++) {
            const struct record_field *f = &t->fields[j];
            bool is_ours = (f->type == FIELD_PERSON && str_is(target_type, "person")) || (f->type == FIELD_REFERENCE && str_is(target_type, f->target));
            if (is_ours)
                column_referrers(db, t, f, id, max, list, &failed);
        }
    }
    if (!failed.code)
        return list;
    *e = failed;
    return NULL;
}

bool content_has(const char *target, struct str id)
{
    if (strcmp(target, "control") == 0)
        return content_control(id) != NULL;
    if (strcmp(target, "criterion") == 0)
        return content_criterion(id) != NULL;
    if (strcmp(target, "test") == 0)
        return content_test(id) != NULL;
    if (strcmp(target, "course") == 0)
        return content_course(id) != NULL;
    for (size_t i = 0; strcmp(target, "policy") == 0 && i < content_policy_count; i++)
        if (str_is(id, content_policies[i].id))
            return true;
    for (size_t i = 0; strcmp(target, "library_risk") == 0 && i < content_risk_count; i++)
        if (str_is(id, content_risks[i].id))
            return true;
    for (size_t i = 0; strcmp(target, "request") == 0 && i < content_request_count; i++)
        if (str_is(id, content_requests[i].id))
            return true;
    for (size_t i = 0; strcmp(target, "category") == 0 && i < content_category_count; i++)
        if (str_is(id, content_categories[i].id))
            return true;
    return strcmp(target, "parameter") == 0 && content_parameter(id) != NULL;
}

bool target_exists(struct db *db, const struct record_type *target_type, const char *target, struct str id, bool *ret, struct err *e)
{
    struct err failed = {0};
    *ret = content_has(target, id);
    if (!*ret && target_type)
        *ret = db_one_int(db, &failed, 0, "select count(*) from record_head where type=?1 and id=?2 and is_deleted=0", A(target_type->id), A(id)) > 0;
    return failed.code ? (*e = failed, false) : true;
}
