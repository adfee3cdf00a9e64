/* engagement_guard.c - once planning ended, what is examined stays: the kind for good, days, zone, categories and scope but for a reason, and not any more once
 * something was signed for them. Asked by the keeper, whatever the organisation lays over the type. */
#include "assess/audit_guard.h"
#include "assess/engagement.h"
#include "base/times.h"

static const char *const held_fast[] = {"kind", "as_of", "window_from", "window_to", "time_zone", "categories", "scope_leaf", "scope_digest"};
enum { HELD = sizeof(held_fast) / sizeof(held_fast[0]) };

static bool is_same(const struct json *a, const struct json *b)
{
    if (!a || !b || a->type != b->type)
        return (!a || a->type == JSON_NULL) && (!b || b->type == JSON_NULL);
    if (a->type == JSON_NUMBER)
        return a->integer == b->integer;
    if (a->type == JSON_BOOL)
        return a->boolean == b->boolean;
    if (a->type != JSON_ARRAY)
        return str_equal(a->text, b->text);
    const struct json *y = b->first;
    JSON_EACH (x, a) {
        if (!y || !is_same(x, y))
            return false;
        y = y->next;
    }
    return y == NULL;
}

/* The first field held fast that would be another one; NULL: none. */
static const char *changed_field(const struct audit_asking *q)
{
    for (size_t i = 0; i < HELD; i++)
        if (json_get(q->set, held_fast[i]) && !is_same(json_get(q->set, held_fast[i]), json_get(q->before->values, held_fast[i])))
            return held_fast[i];
    return NULL;
}

static int64_t day_or_none(struct str text)
{
    int64_t ms;
    return text.size == 10 && time_parse(text, 0, &ms) ? day_of(ms) : DAY_NONE;
}

/* What begins an examination holds for its new days as well. */
static bool days_check(struct audit_asking *q, struct err *e)
{
    const struct json *v = q->after->values;
    struct days window = {day_or_none(json_text(v, "window_from")), day_or_none(json_text(v, "window_to"))};
    struct plan_problem problems[PLAN_PROBLEMS_MAX];
    size_t count = plan_check(str_is(json_text(v, "kind"), "type1"), day_or_none(json_text(v, "as_of")), window, (struct days){1, 0}, NULL, 0, problems);
    for (size_t i = 0; i < count; i++)
        if (!problems[i].needs_reason)
            return audit_refuse(q, e, ERR_INVALID, "%s: %s", problems[i].field, problems[i].why);
    return true;
}

static bool scope_check(struct audit_asking *q, struct err *e)
{
    struct err failed = {0};
    const struct json *v = q->after->values;
    int64_t known = db_one_int(q->db, &failed, 0, "select count(*) from scopes_versions where from_leaf = ?1 and state = 'approved' and coalesce(digest, ?2) = ?2", A(json_int(v, "scope_leaf", -1)),
                               A(json_text(v, "scope_digest")));
    if (failed.code)
        return (*e = failed, false);
    return known > 0 || audit_refuse(q, e, ERR_INVALID, "scope_leaf: is not the approval of a scope, or the digest is another one");
}

bool audit_engagement_check(struct audit_asking *q, struct err *e)
{
    struct err failed = {0};
    if (!q->before || str_is(q->before->state, "planning"))
        return true;
    if (str_is(q->act, "undo") || str_is(q->act, "delete"))
        return audit_refuse(q, e, ERR_DENIED, "its planning is over: nothing of it is taken back; change it with a reason, or end it");
    const char *field = changed_field(q);
    if (!field)
        return true;
    if (strcmp(field, "kind") == 0)
        return audit_refuse(q, e, ERR_DENIED, "kind: its planning is over; another kind is another examination: end this one and open that");
    if (access_has_role(&q->access, "auditor"))
        return audit_refuse(q, e, ERR_DENIED, "%s: management says what is examined", field);
    if (str_trim(q->why).size == 0)
        return audit_refuse(q, e, ERR_INVALID, "why: planning is over, %s changes for a reason alone", field);
    int64_t signed_off = db_one_int(q->db, &failed, 0, "select count(*) from test_sheets where engagement = ?1 and state = 'locked'", A(q->id));
    if (failed.code)
        return (*e = failed, false);
    if (signed_off)
        return audit_refuse(q, e, ERR_CONFLICT, "%s: %lld test sheets are signed off for what it says now", field, (long long)signed_off);
    return days_check(q, e) && (strncmp(field, "scope_", 6) != 0 || scope_check(q, e));
}
