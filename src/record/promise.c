/* promise.c - what a few built-in types promise beyond their fields, asked by the keeper whoever writes: a page, a command or a program over the API. */
#include "record/internal.h"

static struct str value_text(const struct record *r, const struct json *set, const char *field)
{
    const struct json *v = json_get(set, field);
    return v || !r ? json_text(set, field) : json_text(r->values, field);
}

static bool broken(struct record_promise *ret, const char *field, const char *why)
{
    *ret = (struct record_promise){field, why};
    return true;
}

/* Who approves, how many of them and under which digest is the policy's and the text's to say, not the author's. */
static bool version_check(struct db *db, struct arena *a, const struct record *r, const struct json *set, struct record_promise *ret, struct err *e)
{
    const struct json *document = json_get(set, "document"), *approvals = json_get(set, "approvals"), *approvers = json_get(set, "approvers");
    struct str policy = value_text(r, set, "policy"), rendered = value_text(r, set, "rendered");
    struct err failed = {0};
    char hex[65];
    document = json_at(document ? document : json_get(r->values, "document"), 0);
    struct sha256 digest = sha256_of(rendered);
    hex_encode(digest.bytes, SHA256_SIZE, hex);
    if (!str_equal(value_text(r, set, "digest"), document ? json_text(document, "digest") : str_of(hex)))
        return broken(ret, "digest", "is not that of the text with its values, or of the document");
    int64_t wanted = db_one_int(db, &failed, 1, "select approvals from policies_versions where id=?1 and to_leaf is null", A(policy));
    approvals = approvals ? approvals : json_get(r->values, "approvals");
    if ((approvals ? approvals->integer : 1) < wanted)
        return broken(ret, "approvals", "its policy asks for more");
    JSON_EACH (person, approvers ? approvers : json_get(r->values, "approvers"))
        if (!failed.code && !ret->why &&
            db_one_int(db, &failed, 0, "select count(*) from record_link where type='policy' and id=?1 and field='approvers' and target=?2 and to_leaf is null",
                       A(policy), A(arena_str(a, person->text))) == 0)
            broken(ret, "approvers", "names somebody whom its policy does not");
    return failed.code ? (*e = failed, false) : true;
}

/* One signs for oneself, under the text in force; what was signed elsewhere is entered with a word of where. */
static bool signature_check(struct db *db, struct arena *a, const struct access *x, const struct json *set, struct record_promise *ret, struct err *e)
{
    struct err failed = {0};
    struct str digest = db_one_text(a, db, &failed, "select digest from policy_versions_versions where id=?1 and to_leaf is null and is_deleted=0 and state in ('in_force', 'superseded')",
                                    A(json_text(set, "policy_version")));
    if (failed.code)
        return (*e = failed, false);
    if (!digest.data)
        return broken(ret, "policy_version", "has not been in force");
    if (!str_equal(digest, json_text(set, "digest")))
        return broken(ret, "digest", "is not that of this version");
    bool is_own = x->person.size && str_equal(x->person, json_text(set, "person"));
    return is_own || str_trim(json_text(set, "elsewhere")).size || broken(ret, "elsewhere", "somebody else's signature is entered with where it was given");
}

/* What was said to be complete and accurate has no difference that nobody explained: one that is found takes that back first. */
static bool difference_check(struct db *db, const struct json *set, struct record_promise *ret, struct err *e)
{
    struct err failed = {0};
    int64_t checked = db_one_int(db, &failed, 0, "select count(*) from populations_versions where id in (?1, ?2) and to_leaf is null and is_deleted = 0 and state not in ('frozen', 'failed')",
                                 A(json_text(set, "population")), A(json_text(set, "other")));
    if (failed.code)
        return (*e = failed, false);
    return checked == 0 || broken(ret, "population", "both have to be frozen, and neither said to be complete and accurate");
}

bool record_promises(struct db *db, struct arena *a, const struct access *x, const struct record_type *t, const struct record *r, enum record_act act,
                     struct str transition, const struct json *set, struct record_promise *ret, struct err *e)
{
    *ret = (struct record_promise){0};
    if (!side_promises(db, a, x, t, r, act, set, ret, e) || ret->why)
        return e->code == ERR_NONE;
    if (strcmp(t->id, "policy_version") == 0 && act == RECORD_MOVE && str_is(transition, "submit"))
        return version_check(db, a, r, set, ret, e);
    if (strcmp(t->id, "acknowledgement") == 0 && act == RECORD_CREATE)
        return signature_check(db, a, x, set, ret, e);
    if (strcmp(t->id, "population_difference") == 0 && act == RECORD_CREATE)
        return difference_check(db, set, ret, e);
    return true;
}
