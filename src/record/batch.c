/* batch.c - several changes as JSON, for one operation. */
#include "record/internal.h"

struct batch {
    struct db *db;
    struct arena *a;
    const struct access *access;
    int64_t now_ms;
    struct record_change *changes;
    struct record **records; /* NULL: of a creation */
    size_t count;
    struct json *problems;
    struct err *e;
};

static void problem_at(struct batch *b, size_t i, const char *member, struct str field, struct str why)
{
    struct json *p = json_push_object(b->problems);
    json_put_str(p, "field", arena_printf(b->a, "changes[%zu]%s%s%.*s", i, *member || field.size ? "." : "", member, STR_ARGS(field)));
    json_put_str(p, "why", why);
}

static bool act_of(const struct json *entry, enum record_act *ret)
{
    struct str name = json_text(entry, "act");
    *ret = RECORD_CREATE;
    for (enum record_act act = RECORD_CREATE; name.size && act <= RECORD_UNDO; act++)
        if (str_is(name, record_act_name(act))) {
            *ret = act;
            return true;
        }
    return name.size == 0;
}

static bool is_known_member(struct str key)
{
    static const char *const names[] = {"act", "type", "id", "version", "values", "transition", "why", "sure"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (str_is(key, names[i]))
            return true;
    return false;
}

static void members_check(struct batch *b, size_t i, const struct json *entry)
{
    JSON_EACH (m, entry) {
        enum json_type wanted = str_is(m->key, "values") ? JSON_OBJECT : str_is(m->key, "version") ? JSON_NUMBER : str_is(m->key, "sure") ? JSON_BOOL : JSON_STRING;
        if (!is_known_member(m->key))
            problem_at(b, i, "", m->key, STR("no such member is known here"));
        else if (m->type != wanted)
            problem_at(b, i, "", m->key, STR("is of another type"));
    }
}

/* What the entry says of the record that is there. */
static bool base_read(struct batch *b, size_t i, const struct json *entry, const struct record_type *t)
{
    struct err failed = {0};
    struct record_change *c = &b->changes[i];
    const struct json *version = json_get(entry, "version");
    struct record *r = record_read(b->db, b->a, t, c->id, INT64_MAX, false, &failed);
    if (!r && failed.code != ERR_NOT_FOUND)
        return (*b->e = failed, false);
    b->records[i] = r && access_matches(b->access, &t->may_read, r) ? r : NULL;
    if (!b->records[i])
        problem_at(b, i, "id", STR(""), STR("there is none"));
    else if (!version)
        problem_at(b, i, "version", STR(""), arena_printf(b->a, "is required: the version that is meant; %lld is in force", (long long)r->version));
    c->version = version && version->is_integer ? version->integer : 0;
    return true;
}

static bool entry_read(struct batch *b, size_t i, const struct json *entry)
{
    struct record_change *c = &b->changes[i];
    struct err failed = {0};
    if (entry->type != JSON_OBJECT) {
        problem_at(b, i, "", STR(""), STR("is an object"));
        return true;
    }
    members_check(b, i, entry);
    *c = (struct record_change){.type = json_text(entry, "type"), .id = json_text(entry, "id"), .transition = json_text(entry, "transition"),
                                .why = json_text(entry, "why"), .is_sure = json_bool(entry, "sure")};
    const struct record_type *t = record_type_in_force(b->db, c->type, &failed);
    if (!t && failed.code != ERR_NOT_FOUND)
        return (*b->e = failed, false);
    if (!t)
        problem_at(b, i, "type", STR(""), STR("there is no such type of records"));
    if (!act_of(entry, &c->act))
        problem_at(b, i, "act", STR(""), STR("is one of: create, change, move, delete, undo"));
    const struct json *values = json_get(entry, "values");
    c->set = values && values->type == JSON_OBJECT ? value_copy(b->a, values) : json_object(b->a);
    if (!t)
        return true;
    if (c->act != RECORD_CREATE)
        return base_read(b, i, entry, t);
    record_defaults(t, c->set, b->access, b->now_ms);
    return true;
}

static bool values_check(struct batch *b)
{
    struct record_siblings siblings;
    siblings_init(&siblings, b->a, b->count);
    for (size_t i = 0; i < b->count; i++)
        siblings_add(&siblings, b->changes[i].act, arena_str(b->a, b->changes[i].type).data, b->changes[i].id);
    for (size_t i = 0; i < b->count; i++) {
        const struct record_type *t = record_type_in_force(b->db, b->changes[i].type, b->e);
        struct json *problems = t ? record_check_among(b->db, b->a, t, b->records[i], b->changes[i].set, false, NULL, 0, &siblings, b->e) : NULL;
        if (!problems)
            return false;
        JSON_EACH (p, problems)
            problem_at(b, i, "values.", json_text(p, "field"), json_text(p, "why"));
    }
    return true;
}

static bool all_try(struct batch *b)
{
    struct json *refused = record_try(b->db, b->a, b->changes, b->count, b->access, b->e);
    if (!refused)
        return false;
    JSON_EACH (p, refused) {
        struct str field = json_text(p, "field");
        size_t i = (size_t)json_int(p, "change", 0);
        const struct record_type *t = record_type_in_force(b->db, b->changes[i].type, b->e);
        problem_at(b, i, t && record_type_field(t, field) ? "values." : "", field, json_text(p, "why"));
    }
    return true;
}

bool record_batch_read(struct db *db, struct arena *a, const struct json *list, const struct access *x, int64_t now_ms, struct record_batch *ret, struct err *e)
{
    size_t count = list && list->type == JSON_ARRAY ? list->count : 0;
    struct batch b = {.db = db, .a = a, .access = x, .now_ms = now_ms, .problems = json_array(a), .e = e};
    if (count == 0 || count > RECORD_CHANGES_MAX)
        return err_set(e, ERR_INVALID, "changes: an array of 1 to %d changes", RECORD_CHANGES_MAX);
    b.changes = arena_array(a, count, sizeof(*b.changes));
    b.records = arena_array(a, count, sizeof(struct record *));
    JSON_EACH (entry, list) {
        if (!entry_read(&b, b.count, entry))
            return false;
        b.count++;
    }
    bool is_fine = b.problems->count == 0;
    if (is_fine && (!record_number(db, a, b.changes, b.count, e) || !values_check(&b)))
        return false;
    if (is_fine && b.problems->count == 0 && !all_try(&b))
        return false;
    *ret = (struct record_batch){.changes = b.changes, .count = b.count, .problems = b.problems};
    return true;
}
