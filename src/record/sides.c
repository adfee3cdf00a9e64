/* sides.c - two sides write in an engagement, and neither edits what the other wrote: asked by the keeper, whoever writes. Which side makes and moves what
 * stands in the types' `may` and `transitions`; here is what lies between: requests, which both fill in, comments, undoing, and whose engagement it is. */
#include "record/examine.h"
#include "record/internal.h"

/* Of a request: what is asked is the auditor's, once an auditor said anything of it; what is answered is management's alone. */
static const char *const asked[] = {"title", "firm_id", "kind", "phase", "details", "controls", "criteria", "population", "sample", "asked_on", "due_on"};
static const char *const answered[] = {"answer", "evidence", "files", "policy_versions", "owner"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static bool is_in(const char *const *list, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(name, list[i]))
            return true;
    return false;
}

static bool broken(struct record_promise *ret, const char *field, const char *why)
{
    *ret = (struct record_promise){field, why};
    return true;
}

/* Did an auditor ever say something in this field of the record? */
static bool was_said_by_auditor(struct db *db, const struct record *r, struct str field, struct err *e)
{
    struct err failed = {0};
    int64_t n = db_one_int(db, &failed, 0,
                           "select count(*) from record_change c join account_role o on 'account:' || o.account = c.actor and o.role = 'auditor' "
                           "where c.type = ?1 and c.id = ?2 and exists(select 1 from json_each(c.difference) d where d.key = ?3)",
                           A(r->type->id), A(r->id), A(field));
    if (failed.code)
        *e = failed;
    return n > 0;
}

static bool request_check(struct db *db, const struct access *x, const struct record *r, const struct json *set, struct record_promise *ret, struct err *e)
{
    JSON_EACH (v, set) {
        bool is_answer = is_in(answered, COUNT(answered), v->key), is_ask = is_in(asked, COUNT(asked), v->key);
        if (x->examined && is_answer)
            return broken(ret, answered[0], "management alone answers; say in a comment what is missing");
        if (!x->examined && is_ask && r && was_said_by_auditor(db, r, v->key, e))
            return broken(ret, asked[0], "the auditor wrote this; ask in a comment for another wording");
        if (e->code)
            return false;
    }
    return true;
}

static bool comment_check(struct db *db, struct arena *a, const struct access *x, const struct json *set, struct record_promise *ret, struct err *e)
{
    struct str engagement = db_one_text(a, db, e, "select engagement from audit_requests where id = ?1", A(json_text(set, "request")));
    if (e->code)
        return false;
    if (!engagement.data || !str_equal(engagement, json_text(set, "engagement")))
        return broken(ret, "engagement", "is not that of the request");
    return str_is(json_text(set, "side"), x->examined ? "auditor" : "management") || broken(ret, "side", "is that of who writes");
}

/* An auditor names neither another engagement nor what lies in it. (Evidence may be cited by its id without being seen: that shows nothing of it.) */
static bool reach_check(struct db *db, struct arena *a, const struct access *x, const struct record_type *t, const struct json *set, struct record_promise *ret, struct err *e)
{
    JSON_EACH (v, set) {
        const struct record_field *f = record_type_field(t, v->key);
        bool is_asked = f && (f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES) && f->target && strcmp(f->target, "person") != 0;
        struct err none = {0};
        const struct record_type *target = is_asked ? record_type_in_force(db, str_of(f->target), &none) : NULL;
        for (const struct json *item = !target || !examine_is_between(target) ? NULL : v->type == JSON_ARRAY ? v->first : v; item; item = item == v ? NULL : item->next) {
            struct err missing = {0};
            if (item->type != JSON_STRING || item->text.size == 0 || content_has(f->target, item->text))
                continue;
            struct record *r = record_read(db, a, target, arena_str(a, item->text), INT64_MAX, false, &missing);
            if (missing.code && missing.code != ERR_NOT_FOUND)
                return (*e = missing, false);
            if (r && !access_matches(x, &target->may_read, r))
                return broken(ret, f->id, strcmp(f->target, "engagement") == 0 ? "there is none of this name: you are not among the auditors of it" : "there is none of this name");
        }
    }
    return true;
}

bool side_promises(struct db *db, struct arena *a, const struct access *x, const struct record_type *t, const struct record *r, enum record_act act, const struct json *set,
                   struct record_promise *ret, struct err *e)
{
    struct err failed = {0};
    bool is_between = examine_is_between(t);
    if (is_between && act == RECORD_UNDO && r && side_is_auditor(db, r->changed_by, &failed) != (x->examined != NULL) && !failed.code)
        return broken(ret, "id", "the other side changed it last; nobody undoes what the other side wrote");
    bool ok = !failed.code;
    if (ok && strcmp(t->id, "audit_request") == 0)
        ok = request_check(db, x, r, set, ret, &failed);
    else if (ok && strcmp(t->id, "audit_comment") == 0 && act == RECORD_CREATE)
        ok = comment_check(db, a, x, set, ret, &failed);
    if (ok && !ret->why && x->examined)
        ok = reach_check(db, a, x, t, set, ret, &failed);
    return ok || (*e = failed, false);
}
