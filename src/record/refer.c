/* refer.c - references between records: what one operation makes and takes away beside them, and what points at a record that is to go. */
#include "record/internal.h"

enum { NAMED = 5, REFERRERS_MAX = 200, SET_PER_CHANGE = 4, TYPES_MAX = 64 };

/* ---- what an operation makes and takes away ---- */

static struct str sibling_name(struct arena *a, const char *type, struct str id)
{
    return arena_printf(a, "%s %.*s", type, STR_ARGS(id));
}

void siblings_init(struct record_siblings *s, struct arena *a, size_t changes)
{
    *s = (struct record_siblings){.set_max = SET_PER_CHANGE * changes + 64};
    name_set_init(&s->made, a, changes);
    name_set_init(&s->gone, a, changes);
    name_set_init(&s->set, a, s->set_max);
}

void siblings_add(struct record_siblings *s, enum record_act act, const char *type, struct str id)
{
    if (id.size && act == RECORD_CREATE)
        name_set_add(&s->made, sibling_name(s->made.arena, type, id));
    if (act == RECORD_DELETE)
        name_set_add(&s->gone, sibling_name(s->gone.arena, type, id));
}

static bool is_reference(const struct record_field *f)
{
    return f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES || f->type == FIELD_PERSON;
}

void siblings_set(struct record_siblings *s, const struct record_type *t, struct str id, const struct json *set)
{
    if (s->gone.count == 0)
        return;
    JSON_EACH (v, set) {
        const struct record_field *f = record_type_field(t, v->key);
        if (f && is_reference(f) && s->set.count < s->set_max)
            name_set_add(&s->set, arena_printf(s->set.arena, "%s %.*s %s", t->id, STR_ARGS(id), f->id));
    }
}

bool siblings_make(const struct record_siblings *s, struct arena *a, const char *type, struct str id)
{
    return s && s->made.count && name_set_has(&s->made, sibling_name(a, type, id));
}

bool siblings_take(const struct record_siblings *s, struct arena *a, const char *type, struct str id)
{
    return s && s->gone.count && !content_has(type, id) && name_set_has(&s->gone, sibling_name(a, type, id));
}

/* ---- what refers to it ---- */

static bool is_open(struct db *db, struct arena *a, struct record_types *types, const struct json *referrer, bool *ret, struct err *e)
{
    struct err failed = {0};
    const struct record_type *t = record_types_find(types, json_text(referrer, "type"));
    *ret = false;
    if (!t)
        return true;
    struct str sql = arena_printf(a, "select state from %s_versions where id=?1 and to_leaf is null and is_deleted=0", t->table);
    struct str state = db_one_text(a, db, &failed, sql.data, A(json_text(referrer, "id")));
    if (failed.code)
        return (*e = failed, false);
    const struct record_state *s = state.data ? record_type_state(t, state) : NULL;
    *ret = state.data && !(s && s->is_end);
    return true;
}

struct json *record_referrers_open(struct db *db, struct arena *a, struct record_types *types, struct str type, struct str id, size_t max, struct err *e)
{
    struct json *all = record_referrers(db, a, types, type, id, max, e), *open = json_array(a);
    if (!all)
        return NULL;
    JSON_EACH (r, all) {
        bool counts;
        if (!is_open(db, a, types, r, &counts, e))
            return NULL;
        if (counts)
            json_push(open, value_copy(a, r));
    }
    return open;
}

/* Those that stay and go on pointing at it, when the operation is done. */
static struct json *staying(struct arena *a, const struct json *referrers, const char *type, struct str id, const struct record_siblings *s)
{
    struct json *list = json_array(a);
    JSON_EACH (r, referrers) {
        struct str other = json_text(r, "type"), other_id = json_text(r, "id");
        struct str field = arena_printf(a, "%.*s %.*s %.*s", STR_ARGS(other), STR_ARGS(other_id), STR_ARGS(json_text(r, "field")));
        bool is_itself = str_is(other, type) && str_equal(other_id, id);
        bool goes = siblings_take(s, a, arena_strndup(a, other.data, other.size), other_id);
        if (!is_itself && !goes && !(s && name_set_has(&s->set, field)))
            json_push(list, value_copy(a, r));
    }
    return list;
}

/* "GAP-0001 (Owner), TASK-0002 (Who) and 3 more" */
static struct str referrers_text(struct arena *a, struct record_types *types, const struct json *list)
{
    struct buf BUF_AUTO b;
    size_t n = 0;
    buf_init(&b, 1000);
    JSON_EACH (r, list) {
        const struct record_type *t = record_types_find(types, json_text(r, "type"));
        const struct record_field *f = t ? record_type_field(t, json_text(r, "field")) : NULL;
        if (n++ < NAMED)
            buf_printf(&b, "%s%.*s %.*s (%s)", n > 1 ? ", " : "", STR_ARGS(json_text(r, "type")), STR_ARGS(json_text(r, "id")), f ? f->label : "");
    }
    if (n > NAMED)
        buf_printf(&b, " and %zu%s more", n - NAMED, n >= REFERRERS_MAX ? " or" : "");
    return arena_str(a, buf_view(&b));
}

bool refer_check(struct db *db, struct arena *a, const struct record *r, const struct record_transition *move, const struct record_siblings *s, struct str *ret_names,
                 struct err *e)
{
    struct record_types *types = record_types_of(db, e);
    *ret_names = STR("");
    if (!types)
        return false;
    if (!move && content_has(r->type->id, r->id))
        return true;
    struct json *all = move ? record_referrers_open(db, a, types, str_of(r->type->id), r->id, REFERRERS_MAX, e)
                            : record_referrers(db, a, types, str_of(r->type->id), r->id, REFERRERS_MAX, e);
    if (!all)
        return false;
    struct json *list = staying(a, all, r->type->id, r->id, s);
    if (list->count)
        *ret_names = referrers_text(a, types, list);
    return true;
}

/* ---- "new:2": what the second change of the same operation makes ---- */

struct numbering {
    struct db *db;
    struct arena *a;
    struct record_change *changes;
    size_t count;
    struct {
        struct str type;
        int64_t next;
    } types[TYPES_MAX];
    size_t type_count;
    struct err *e;
};

static bool is_new(struct str text)
{
    return str_starts(text, "new:");
}

static bool has_new(const struct json *set)
{
    JSON_EACH (v, set) {
        if (v->type == JSON_STRING && is_new(v->text))
            return true;
        JSON_EACH (item, v->type == JSON_ARRAY ? v : NULL)
            if (item->type == JSON_STRING && is_new(item->text))
                return true;
    }
    return false;
}

static bool number_one(struct numbering *n, struct record_change *c, const struct record_type *t)
{
    struct err failed = {0};
    size_t i = 0;
    while (i < n->type_count && !str_equal(n->types[i].type, c->type))
        i++;
    if (i == TYPES_MAX)
        return err_set(n->e, ERR_LIMIT, "more than %d types in one operation", TYPES_MAX);
    if (i == n->type_count) {
        n->types[i].type = c->type;
        n->types[i].next = 1 + db_one_int(n->db, &failed, 0, "select max(number) from record_head where type=?1", A(c->type));
        n->type_count++;
    }
    if (failed.code)
        return (*n->e = failed, false);
    c->id = arena_printf(n->a, "%s-%04lld", t->prefix, (long long)n->types[i].next++);
    return true;
}

static void resolve(struct numbering *n, const struct record_field *f, struct json *v)
{
    int64_t place;
    if (v->type != JSON_STRING || !is_new(v->text) || !str_to_int64(str_slice(v->text, 4, v->text.size), &place) || place < 1 || (size_t)place > n->count)
        return;
    const struct record_change *c = &n->changes[place - 1];
    if (c->act == RECORD_CREATE && str_is(c->type, f->type == FIELD_PERSON ? "person" : f->target))
        v->text = c->id;
}

bool record_number(struct db *db, struct arena *a, struct record_change *changes, size_t count, struct err *e)
{
    struct numbering n = {.db = db, .a = a, .changes = changes, .count = count, .e = e};
    bool is_needed = false;
    for (size_t i = 0; i < count && !is_needed; i++)
        is_needed = has_new(changes[i].set);
    for (size_t i = 0; is_needed && i < count; i++) {
        const struct record_type *t = record_type_in_force(db, changes[i].type, e);
        if (!t || (changes[i].act == RECORD_CREATE && t->prefix && t->prefix[0] && changes[i].id.size == 0 && !number_one(&n, &changes[i], t)))
            return false;
    }
    for (size_t i = 0; is_needed && i < count; i++) {
        const struct record_type *t = record_type_in_force(db, changes[i].type, e);
        if (!t)
            return false;
        JSON_EACH (v, changes[i].set) {
            const struct record_field *f = record_type_field(t, v->key);
            if (!f || !is_reference(f))
                continue;
            resolve(&n, f, v);
            JSON_EACH (item, v->type == JSON_ARRAY ? v : NULL)
                resolve(&n, f, item);
        }
    }
    return true;
}
