/* kind_gap.c - seals as rows, and the stretches in which nothing was recorded that should have been. */
#include "keeper/kinds.h"

/* ---- seals ---- */

static bool seal_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                       struct err *e)
{
    (void)blobs, (void)a;
    struct err failed = {0};
    struct str bea = json_text(leaf->json, "bea");
    int64_t every = json_int(leaf->json, "every", 0);
    int64_t before = db_one_int(projection, &failed, 0, "select every from seal_newest");
    if (failed.code)
        return (*e = failed, false);
    return (every == before || db_run(projection, e, "insert into seal_every(leaf, t, every) values(?1, ?2, ?3)",
                                      A((int64_t)leaf->index), A(leaf->t), A(every))) &&
           db_run(projection, e,
                  "insert or replace into seal_newest(one, leaf, t, mono, boot_id, every, erased, bea) values(1, ?1, ?2, ?3, ?4, ?5, "
                  "?6, ?7)",
                  A((int64_t)leaf->index), A(leaf->t), A(json_int(leaf->json, "mono", 0)), A(json_text(leaf->json, "boot_id")),
                  A(every), A(json_int(leaf->json, "erased", 0)), A(bea.size ? bea : (struct str){0}));
}

const struct op_kind kind_seal = {.kind = "seal", .leaf_type = "seal", .apply = seal_apply};

/* ---- gaps ---- */

static bool is_one_of(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(word, words[i]))
            return true;
    return false;
}

static bool notice_check(const struct op *op, struct err *e)
{
    static const char *const whys[] = {"off", "restart", "clock", "stall", "missed"};
    struct str kind = json_text(op->body, "kind"), subject = json_text(op->body, "sub");
    int64_t from = json_int(op->body, "from", -1), to = json_int(op->body, "to", -1);
    bool is_seal = str_is(kind, "seal");
    if (!str_is(op->actor, "system:keeper"))
        return err_set(e, ERR_DENIED, "gap: only the keeper notices gaps");
    if ((!is_seal && !str_is(kind, "run")) || from < 0 || to <= from || is_seal != (subject.size == 0) ||
        !is_one_of(json_text(op->body, "why"), whys, sizeof(whys) / sizeof(whys[0])))
        return err_set(e, ERR_INVALID, "gap: malformed");
    return true;
}

static bool explain_check(struct db *projection, const struct op *op, struct err *e)
{
    struct err failed = {0};
    struct str reason = json_text(op->body, "reason");
    int64_t leaf = json_int(op->body, "of", -1);
    int64_t known = db_one_int(projection, &failed, 0, "select count(*) from gap where leaf=?1", A(leaf));
    if (failed.code)
        return (*e = failed, false);
    if (!known)
        return err_set(e, ERR_NOT_FOUND, "leaf %lld is no gap (assay record gaps)", (long long)leaf);
    if (str_trim(reason).size == 0 || reason.size > GAP_REASON_MAX || !str_is_utf8(reason))
        return err_set(e, ERR_INVALID, "a gap is explained by a reason of at most %d bytes", GAP_REASON_MAX);
    return true;
}

struct json *gap_explain_body(struct arena *a, int64_t leaf, struct str reason)
{
    struct json *body = json_object(a);
    json_put_cstr(body, "act", "explain");
    json_put_int(body, "of", leaf);
    json_put_str(body, "reason", str_trim(reason));
    return body;
}

static bool gap_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    bool is_notice = str_is(json_text(op->body, "act"), "notice");
    if (op->blob_count || (!is_notice && !str_is(json_text(op->body, "act"), "explain")))
        return err_set(e, ERR_INVALID, "gap: malformed");
    if (is_notice ? !notice_check(op, e) : !explain_check(projection, op, e))
        return false;
    struct json *body;
    if (is_notice) {
        struct str subject = json_text(op->body, "sub");
        body = json_object(a);
        json_put_cstr(body, "act", "notice");
        json_put_str(body, "kind", json_text(op->body, "kind"));
        json_put_str(body, "why", json_text(op->body, "why"));
        json_put_int(body, "from", json_int(op->body, "from", 0));
        json_put_int(body, "to", json_int(op->body, "to", 0));
        if (subject.size)
            json_put_str(body, "sub", subject);
    } else {
        body = gap_explain_body(a, json_int(op->body, "of", -1), json_text(op->body, "reason"));
    }
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = "gap", .stream = STR("gap"), .body = body};
    *ret = (struct leaf_drafts){.items = draft, .count = 1};
    return true;
}

static bool gap_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                      struct err *e)
{
    (void)blobs, (void)a;
    struct err failed = {0};
    const struct json *json = leaf->json;
    int64_t index = (int64_t)leaf->index, from = json_int(json, "from", 0), to = json_int(json, "to", 0);
    if (str_is(json_text(json, "act"), "explain"))
        return db_run(projection, e, "update gap set explained_leaf=?2, explanation=?3 where leaf=?1", A(json_int(json, "of", -1)),
                      A(index), A(json_text(json, "reason")));
    struct str kind = json_text(json, "kind"), subject = json_text(json, "sub");
    subject = subject.size ? subject : STR("");
    /* A run that is still missing makes its gap longer; what somebody has explained stays as long as it was then. */
    int64_t before = db_one_int(projection, &failed, -1,
                                "select leaf from gap where to_t=?1 and kind=?2 and subject=?3 and kind='run' and explained_leaf is null",
                                A(from), A(kind), A(subject));
    if (failed.code)
        return (*e = failed, false);
    if (str_is(kind, "run") && !db_run(projection, e,
                                       "update schedule set noticed_t = case when hole_to = 0 then ?2 else 0 end, hole_from = 0, hole_to = "
                                       "0 where subject = ?1",
                                       A(subject), A(to)))
        return false;
    if (before >= 0)
        return db_run(projection, e, "update gap set to_t=?2, last_leaf=?3 where leaf=?1", A(before), A(to), A(index));
    return db_run(projection, e,
                  "insert into gap(leaf, kind, why, subject, from_t, to_t, t, last_leaf) values(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?1)",
                  A(index), A(kind), A(json_text(json, "why")), A(subject), A(from), A(to), A(leaf->t));
}

const struct op_kind kind_gap = {.kind = "gap", .leaf_type = "gap", .make = gap_make, .apply = gap_apply};
