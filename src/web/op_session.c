/* session: that somebody signed in or out is a leaf like any other change:
 * {"type":"session","id","act":"sign_in"|"sign_out"|"second_factor"|"end"|"link","how","by":actor}. The projection keeps only whose
 * pseudonym it is. */
#include "web/ops.h"

enum { SESSION_ID_DIGITS = 16 };

static const char *const acts[] = {"sign_in", "sign_out", "second_factor", "end", "link"};

static bool session_check(struct str id, struct str act, struct err *e)
{
    uint8_t bytes[SESSION_ID_DIGITS / 2];
    if (!hex_decode(id, bytes, sizeof(bytes)))
        return err_set(e, ERR_INVALID, "session: the id is %d hex digits", SESSION_ID_DIGITS);
    for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
        if (str_is(act, acts[i]))
            return true;
    return err_set(e, ERR_INVALID, "session: act is sign_in, sign_out, second_factor, end or link");
}

static bool session_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    (void)projection;
    struct str id = json_text(op->body, "id"), act = json_text(op->body, "act");
    if (!session_check(id, act, e))
        return false;
    if (op->blob_count)
        return err_set(e, ERR_INVALID, "session: takes no blobs");
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    draft->type = "record";
    draft->stream = STR("session");
    draft->body = json_object(a);
    json_put_cstr(draft->body, "type", "session");
    json_put_str(draft->body, "id", id);
    json_put_str(draft->body, "act", act);
    struct str how = json_text(op->body, "how");
    if (how.size && how.size <= 40)
        json_put_str(draft->body, "how", how);
    json_put_str(draft->body, "by", op->actor);
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool session_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                          struct err *e)
{
    (void)a;
    (void)blobs;
    struct str by = json_text(leaf->json, "by");
    struct err why = {0};
    if (!session_check(json_text(leaf->json, "id"), json_text(leaf->json, "act"), &why))
        return err_set(e, ERR_CORRUPT, "leaf %llu: %s", (unsigned long long)leaf->index, why.text);
    /* Whose pseudonym it is: pages that show who did something look it up. */
    return !by.size || db_run(projection, e, "insert into actor(pseudonym, actor) values(?1, ?2) on conflict do nothing", A(json_text(leaf->json, "a")), A(by));
}

const struct op_kind op_session = {.kind = "session", .leaf_type = "record", .make = session_make, .apply = session_apply};
