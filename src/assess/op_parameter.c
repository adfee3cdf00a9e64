/* parameter.set: an organisation-wide value, with its reason and history. Parameters hold no personal data, so the value is in
 * the leaf. */
#include "assess/ops.h"
#include "content/content.h"

enum { VALUE_BYTES_MAX = 200, REASON_MAX = 1000 };

bool parameter_check(struct str name, struct str value, struct err *e)
{
    const struct parameter *p = content_parameter(name);
    if (!p)
        return err_set(e, ERR_NOT_FOUND, "parameter %.*s: there is none of this name (assay record list parameter)",
                       STR_ARGS(name));
    if (!str_is_utf8(value) || value.size > VALUE_BYTES_MAX)
        return err_set(e, ERR_INVALID, "parameter %s: a value is UTF-8 of at most %d bytes", p->name, VALUE_BYTES_MAX);
    if (strcmp(p->type, "integer") != 0)
        return true;
    int64_t number;
    if (!str_to_int64(value, &number) || number < p->min || number > p->max)
        return err_set(e, ERR_INVALID, "parameter %s: \"%.*s\" is no integer from %lld to %lld", p->name, STR_ARGS(value),
                       (long long)p->min, (long long)p->max);
    return true;
}

struct json *parameter_body(struct arena *a, struct str name, struct str value, struct str reason)
{
    struct json *body = json_object(a);
    json_put_str(body, "type", STR("parameter"));
    json_put_str(body, "id", name);
    json_put_str(body, "val", value);
    json_put_str(body, "why", reason);
    return body;
}

static bool parameter_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    (void)projection;
    struct str name = json_text(op->body, "id");
    struct str reason = str_trim(json_text(op->body, "why"));
    if (!parameter_check(name, json_text(op->body, "val"), e))
        return false;
    if (reason.size == 0 || reason.size > REASON_MAX)
        return err_set(e, ERR_INVALID, "parameter %.*s: a change needs a reason of at most %d bytes", STR_ARGS(name), REASON_MAX);
    if (op->blob_count > 0)
        return err_set(e, ERR_INVALID, "parameter %.*s: takes no blobs", STR_ARGS(name));
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    draft->type = "record";
    draft->stream = STR("parameter");
    draft->body = parameter_body(a, name, json_text(op->body, "val"), reason);
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool parameter_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                            struct err *e)
{
    (void)a;
    (void)blobs;
    if (!str_is(json_text(leaf->json, "type"), "parameter"))
        return err_set(e, ERR_CORRUPT, "leaf %llu: a record of no type that we know", (unsigned long long)leaf->index);
    return db_run(projection, e, "insert into parameter(leaf, name, value, t, actor, reason) values(?1, ?2, ?3, ?4, ?5, ?6)",
                  A(leaf->index), A(json_text(leaf->json, "id")), A(json_text(leaf->json, "val")), A(leaf->t),
                  A(json_text(leaf->json, "a")), A(json_text(leaf->json, "why")));
}

const struct op_kind op_parameter_set = {
    .kind = "parameter.set", .leaf_type = "record", .make = parameter_make, .apply = parameter_apply};
