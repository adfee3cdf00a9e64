/* catalog: which tests there are from here on. */
#include "assess/ops.h"

static bool catalog_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    (void)projection;
    struct str digest = json_text(op->body, "digest");
    uint8_t bytes[SHA256_SIZE];
    if (!hex_decode(digest, bytes, sizeof bytes) || op->blob_count != 1)
        return err_set(e, ERR_INVALID, "catalog: needs a digest and one blob");
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    draft->type = "catalog";
    draft->stream = STR("catalog");
    draft->body = json_object(a);
    json_put_str(draft->body, "digest", digest);
    draft->blob_count = 1;
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

static bool catalog_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                          struct err *e)
{
    (void)a;
    (void)blobs;
    const struct json *blob = json_at(json_get(leaf->json, "b"), 0);
    return db_run(projection, e, "insert into catalog(leaf, digest, t, x, c) values(?1, ?2, ?3, ?4, ?5)", A(leaf->index),
                  A(json_text(leaf->json, "digest")), A(leaf->t), A(json_text(blob, "x")), A(json_text(blob, "c")));
}

const struct op_kind op_catalog = {.kind = "catalog", .leaf_type = "catalog", .make = catalog_make, .apply = catalog_apply};
