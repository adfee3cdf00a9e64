/* op_evidence.c - evidence.check: what the machine found, as a leaf; see evidence.h. */
#include "assess/evidence.h"
#include "base/limits.h"

enum { CHECKS_MAX = 400, BLOB_BYTES_MAX = 16 << 20 };

static bool count_checks(const struct json *conclusions, int64_t ret[3])
{
    const struct json *checks = json_get(conclusions, "checks");
    ret[0] = ret[1] = ret[2] = 0;
    JSON_EACH (c, checks) {
        enum inspect_status status;
        if (!inspect_status_parse(json_text(c, "status"), &status))
            return false;
        ret[status]++;
    }
    return checks && checks->count > 0 && checks->count <= CHECKS_MAX;
}

bool evidence_op(const struct env *env, struct arena *a, const struct record *r, const struct json *conclusions, struct op *ret, struct err *e)
{
    int64_t counts[3];
    struct buf BUF_AUTO text = {0};
    if (!count_checks(conclusions, counts))
        return err_set(e, ERR_INTERNAL, "evidence %.*s: no conclusions", STR_ARGS(r->id));
    buf_init(&text, BLOB_BYTES_MAX);
    if (!json_write_canonical(&text, conclusions, e))
        return false;
    if (text.full)
        return err_set(e, ERR_TOO_LARGE, "evidence %.*s: its conclusions are over %d bytes", STR_ARGS(r->id), BLOB_BYTES_MAX);
    *ret = (struct op){.kind = "evidence.check", .actor = STR(EVIDENCE_ACTOR), .body = json_object(a)};
    json_put_str(ret->body, "id", r->id);
    json_put_int(ret->body, "ver", r->version);
    struct json *count = json_put_object(ret->body, "cnt");
    for (int i = 0; i < 3; i++)
        json_put_int(count, inspect_status_name((enum inspect_status)i), counts[i]);
    op_id_new(env, ret->id);
    return op_blob_seal(env, a, ret, "application/json", buf_view(&text), e);
}

static bool check_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str id = json_text(op->body, "id");
    int64_t version = json_int(op->body, "ver", 0);
    const struct json *counts = json_get(op->body, "cnt");
    if (!str_is(op->actor, EVIDENCE_ACTOR))
        return err_set(e, ERR_DENIED, "evidence.check: only the program says what it found");
    if (op->blob_count != 1 || !counts || id.size == 0 || id.size > RECORD_ID_MAX)
        return err_set(e, ERR_INVALID, "evidence.check: malformed");
    int64_t there = db_one_int(projection, e, 0, "select version from evidence_items where id = ?1", A(id));
    if (e->code)
        return false;
    if (there == 0)
        return err_set(e, ERR_NOT_FOUND, "evidence %.*s: there is none", STR_ARGS(id));
    if (there != version)
        return err_set(e, ERR_CONFLICT, "evidence %.*s: version %lld is there by now, not %lld", STR_ARGS(id), (long long)there, (long long)version);
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){.type = "record", .stream = STR("evidence"), .body = json_object(a), .blob_count = 1};
    json_put_cstr(draft->body, "type", "evidence_check");
    json_put_str(draft->body, "id", id);
    json_put_int(draft->body, "ver", version);
    struct json *count = json_put_object(draft->body, "cnt");
    for (int i = 0; i < 3; i++)
        json_put_int(count, inspect_status_name((enum inspect_status)i), json_int(counts, inspect_status_name((enum inspect_status)i), 0));
    json_put_str(draft->body, "by", arena_printf(a, "inspect %d", INSPECT_VERSION));
    *ret = (struct leaf_drafts){draft, 1};
    return true;
}

/* From the blob; once that is erased the counts stay, and nothing else. */
static bool rows_put(struct db *db, int64_t leaf, struct str id, const struct json *found, struct err *e)
{
    int64_t place = 0;
    JSON_EACH (c, json_get(found, "checks"))
        if (!db_run(db, e, "insert into evidence_check(leaf, place, id, x, \"check\", status, why) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)", A(leaf), A(place++), A(id),
                    A(json_text(c, "x")), A(json_text(c, "check")), A(json_text(c, "status")), A(json_text(c, "why"))))
            return false;
    JSON_EACH (f, json_get(found, "files"))
        if (!db_run(db, e, "insert or ignore into evidence_file(leaf, x, id, media, words, text_digest, text_size) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)", A(leaf), A(json_text(f, "x")),
                    A(id), A(json_text(f, "media")), A(json_text(f, "words")), A(json_text(f, "text_digest")), A(json_int(f, "text_size", 0))))
            return false;
    return true;
}

static bool check_apply(struct db *db, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e)
{
    const struct json *blob = json_at(json_get(leaf->json, "b"), 0), *counts = json_get(leaf->json, "cnt");
    struct str id = json_text(leaf->json, "id"), plain;
    struct err gone = {0};
    if (!db_run(db, e, "insert into evidence_checked(leaf, id, version, t, passes, problems, unknowns) values(?1, ?2, ?3, ?4, ?5, ?6, ?7)", A(leaf->index), A(id),
                A(json_int(leaf->json, "ver", 0)), A(leaf->t), A(json_int(counts, "pass", 0)), A(json_int(counts, "problem", 0)), A(json_int(counts, "unknown", 0))))
        return false;
    if (!blobs->read(blobs->context, a, json_text(blob, "c"), json_text(blob, "x"), &plain, &gone))
        return gone.code == ERR_NOT_FOUND || (*e = gone, false);
    const struct json *found = json_parse(a, plain, (struct json_limits){.depth_max = 6, .nodes_max = 20000}, e);
    return found && rows_put(db, (int64_t)leaf->index, id, found, e);
}

const struct op_kind op_evidence_check = {.kind = "evidence.check", .leaf_type = "record", .make = check_make, .apply = check_apply};
