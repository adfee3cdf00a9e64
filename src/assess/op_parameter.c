/* parameter.set: an organisation-wide value, with its reason and history; parameter.propose and parameter.decide: the same by two people. Parameters
 * hold no personal data, so the value is in the leaf. */
#include "assess/ops.h"
#include "content/content.h"
#include "content/placeholder.h"

enum { VALUE_BYTES_MAX = 200, REASON_MAX = 1000 };

bool parameter_check(struct str name, struct str value, struct err *e)
{
    const struct parameter *p = content_parameter(name);
    if (!p)
        return err_set(e, ERR_NOT_FOUND, "parameter %.*s: there is none of this name (assay record list parameter)",
                       STR_ARGS(name));
    if (!str_is_utf8(value) || value.size > VALUE_BYTES_MAX)
        return err_set(e, ERR_INVALID, "parameter %s: a value is UTF-8 of at most %d bytes", p->name, VALUE_BYTES_MAX);
    if (strcmp(p->type, "cadence") == 0)
        return cadence_words(value) || err_set(e, ERR_INVALID, "parameter %s: \"%.*s\" is none of weekly, monthly, quarterly, semiannual, annual", p->name, STR_ARGS(value));
    if (strcmp(p->type, "integer") != 0)
        return str_trim(value).size > 0 || err_set(e, ERR_INVALID, "parameter %s: a value is needed; write none where nothing is meant", p->name);
    int64_t number;
    if (!str_to_int64(value, &number) || number < p->min || number > p->max)
        return err_set(e, ERR_INVALID, "parameter %s: \"%.*s\" is no integer from %lld to %lld", p->name, STR_ARGS(value),
                       (long long)p->min, (long long)p->max);
    return true;
}

static struct json *typed_body(struct arena *a, const char *type, struct str name, struct str value, struct str reason)
{
    struct json *body = json_object(a);
    json_put_cstr(body, "type", type);
    json_put_str(body, "id", name);
    json_put_str(body, "val", value);
    json_put_str(body, "why", reason);
    return body;
}

struct json *parameter_body(struct arena *a, struct str name, struct str value, struct str reason)
{
    return typed_body(a, "parameter", name, value, reason);
}

struct json *parameter_decision_body(struct arena *a, int64_t proposal, bool is_approved, struct str reason)
{
    struct json *body = json_object(a);
    json_put_cstr(body, "type", "parameter_decision");
    json_put_int(body, "of", proposal);
    json_put_cstr(body, "act", is_approved ? "approve" : "refuse");
    json_put_str(body, "why", reason);
    return body;
}

const char *parameter_kind(struct str name)
{
    const struct parameter *p = content_parameter(name);
    return p && p->has_four_eyes ? "parameter.propose" : "parameter.set";
}

static bool reason_check(struct str name, const struct op *op, struct str *ret, struct err *e)
{
    *ret = str_trim(json_text(op->body, "why"));
    if (ret->size == 0 || ret->size > REASON_MAX)
        return err_set(e, ERR_INVALID, "parameter %.*s: a change needs a reason of at most %d bytes", STR_ARGS(name), REASON_MAX);
    if (op->blob_count > 0)
        return err_set(e, ERR_INVALID, "parameter %.*s: takes no blobs", STR_ARGS(name));
    return true;
}

/* `by` says who did it: ids of accounts are pseudonyms themselves, and four eyes must be told apart. */
static bool parameter_draft(struct arena *a, const struct op *op, struct json *body, struct leaf_drafts *ret)
{
    if (op->actor.size > 0)
        json_put_str(body, "by", op->actor);
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    draft->type = "record";
    draft->stream = STR("parameter");
    draft->body = body;
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool parameter_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str name = json_text(op->body, "id"), reason;
    (void)projection;
    if (!parameter_check(name, json_text(op->body, "val"), e) || !reason_check(name, op, &reason, e))
        return false;
    if (content_parameter(name)->has_four_eyes)
        return err_set(e, ERR_DENIED, "parameter %.*s: a change takes two people: one proposes it, another decides", STR_ARGS(name));
    return parameter_draft(a, op, parameter_body(a, name, json_text(op->body, "val"), reason), ret);
}

/* Leaves from before `by` have the pseudonym alone. */
static struct str actor_of(const struct leaf_view *leaf)
{
    struct str by = json_text(leaf->json, "by");
    return by.size > 0 ? by : json_text(leaf->json, "a");
}

static bool value_put(struct db *projection, const struct leaf_view *leaf, struct err *e)
{
    return db_run(projection, e, "insert into parameter(leaf, name, value, t, actor, reason) values(?1, ?2, ?3, ?4, ?5, ?6)",
                  A(leaf->index), A(json_text(leaf->json, "id")), A(json_text(leaf->json, "val")), A(leaf->t),
                  A(actor_of(leaf)), A(json_text(leaf->json, "why")));
}

static bool parameter_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                            struct err *e)
{
    (void)a;
    (void)blobs;
    if (!str_is(json_text(leaf->json, "type"), "parameter"))
        return err_set(e, ERR_CORRUPT, "leaf %llu: a record of no type that we know", (unsigned long long)leaf->index);
    return value_put(projection, leaf, e);
}

/* ---- by two people ---- */

static bool propose_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str name = json_text(op->body, "id"), value = json_text(op->body, "val"), reason;
    if (!parameter_check(name, value, e) || !reason_check(name, op, &reason, e))
        return false;
    int64_t open = db_one_int(projection, e, 0, "select count(*) from parameter_proposal where name = ?1 and decided_leaf is null", A(name));
    if (e->code || open > 0)
        return e->code == ERR_NONE && err_set(e, ERR_EXISTS, "parameter %.*s: a change is proposed already; it is to be decided or withdrawn first", STR_ARGS(name));
    return parameter_draft(a, op, typed_body(a, "parameter_proposal", name, value, reason), ret);
}

static bool propose_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    (void)a;
    (void)blobs;
    return db_run(projection, e, "insert into parameter_proposal(leaf, name, value, t, actor, reason) values(?1, ?2, ?3, ?4, ?5, ?6)", A(leaf->index),
                  A(json_text(leaf->json, "id")), A(json_text(leaf->json, "val")), A(leaf->t), A(actor_of(leaf)), A(json_text(leaf->json, "why")));
}

/* Who that is for four eyes: a token, even one that is revoked by now, is its account. */
static struct str person_behind(struct db *projection, struct arena *a, struct str actor, struct err *e)
{
    struct str account = {0};
    if (str_starts(actor, "token:"))
        account = db_one_text(a, projection, e, "select account from token where id = ?1", A(str_slice(actor, 6, actor.size)));
    else if (str_starts(actor, "account:"))
        account = str_slice(actor, 8, actor.size);
    /* Two accounts of one person are that person. */
    struct str person = account.data ? db_one_text(a, projection, e, "select person from account where id = ?1", A(account)) : (struct str){0};
    return person.size ? arena_printf(a, "person:%.*s", STR_ARGS(person)) : account.data ? arena_printf(a, "account:%.*s", STR_ARGS(account)) : actor;
}

static bool decide_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    int64_t of = json_int(op->body, "of", -1);
    struct str name = {0}, value = {0}, proposer = {0}, act = json_text(op->body, "act"), step = json_text(op->body, "step"), reason;
    bool is_open = false, is_approved = str_is(act, "approve");
    struct err inner = {0};
    DB_EACH (row, projection, &inner, "select name, value, actor, decided_leaf is null from parameter_proposal where leaf = ?1", A(of)) {
        name = arena_str(a, db_text(row, 0));
        value = arena_str(a, db_text(row, 1));
        proposer = arena_str(a, db_text(row, 2));
        is_open = db_int(row, 3) != 0;
    }
    if (inner.code)
        return *e = inner, false;
    if (name.size == 0)
        return err_set(e, ERR_NOT_FOUND, "leaf %lld proposes no parameter", (long long)of);
    if (!is_open)
        return err_set(e, ERR_CONFLICT, "parameter %.*s: what leaf %lld proposes is decided already", STR_ARGS(name), (long long)of);
    if (step.size > 20)
        return err_set(e, ERR_INVALID, "step: how the person was asked again");
    if (!is_approved && !str_is(act, "refuse"))
        return err_set(e, ERR_INVALID, "act: approve or refuse");
    if (!reason_check(name, op, &reason, e))
        return false;
    bool is_same = str_equal(person_behind(projection, a, proposer, &inner), person_behind(projection, a, op->actor, &inner));
    if (inner.code)
        return *e = inner, false;
    if (is_approved && is_same)
        return err_set(e, ERR_DENIED, "parameter %.*s: whoever proposes a change does not approve it", STR_ARGS(name));
    if (is_approved && !parameter_check(name, value, e)) /* the limits may have changed since */
        return false;
    struct json *body = parameter_decision_body(a, of, is_approved, reason);
    json_put_str(body, "id", name);
    if (step.size)
        json_put_str(body, "step", step);
    json_put_str(body, "val", value);
    return parameter_draft(a, op, body, ret);
}

static bool decide_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    (void)a;
    (void)blobs;
    bool is_approved = str_is(json_text(leaf->json, "act"), "approve");
    return db_run(projection, e,
                  "update parameter_proposal set decided_leaf = ?2, decided_t = ?3, decided_by = ?4, is_approved = ?5, decided_reason = ?6, decided_step = ?7 where leaf = ?1",
                  A(json_int(leaf->json, "of", -1)), A(leaf->index), A(leaf->t), A(actor_of(leaf)), A((int64_t)is_approved),
                  A(json_text(leaf->json, "why")), A(json_text(leaf->json, "step").size ? json_text(leaf->json, "step") : STR(""))) &&
           (!is_approved || value_put(projection, leaf, e));
}

const struct op_kind op_parameter_set = {
    .kind = "parameter.set", .leaf_type = "record", .make = parameter_make, .apply = parameter_apply};
const struct op_kind op_parameter_propose = {.kind = "parameter.propose", .leaf_type = "record", .make = propose_make, .apply = propose_apply};
const struct op_kind op_parameter_decide = {.kind = "parameter.decide", .leaf_type = "record", .make = decide_make, .apply = decide_apply};
