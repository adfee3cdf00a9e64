/*
 * kind_reencrypt.c - a blob gets other sealed bytes under another key: the same content, the same commitment c, another x.
 *
 *   1. somebody opens the blob, seals it anew (blob_reseal) and asks (operation `reencrypt`)
 *   2. the keeper opens what came and holds it against c; the sealed bytes and the key are stored and synced, and
 * blobs/pack/moved says which name follows which
 *   3. a leaf {"of":leaf that names the blob,"c":…,"from":x of the former bytes,"x":…}
 *   4. the former key and bytes are destroyed as in an erasure, at the latest before the leaf is signed
 *
 * Other leaves go on naming the x that they were written with; readers follow pack_current. A keeper that starts does 4 for what
 * is not done, and never where what follows is not there.
 */
#include "base/limits.h"
#include "keeper/kinds.h"
#include "keeper/process.h"
#include "ledger/erase.h"

static bool name_after(struct db *projection, struct arena *a, struct str x, struct str *ret, struct err *e)
{
    struct err failed = {0};
    *ret = db_one_text(
        a, projection, &failed,
        "with recursive chain(x, n) as (select ?1, 0 union all select r.new_x, n + 1 from reencryption as r join chain on "
        "r.old_x = chain.x) select x from chain order by n desc limit 1",
        A(x));
    return failed.code ? (*e = failed, false) : true;
}

bool reencrypt_follows(struct db *projection, struct str named, struct str x, bool *ret, struct err *e)
{
    struct err failed = {0};
    *ret = db_one_int(projection, &failed, 0,
                      "with recursive chain(x) as (select ?1 union select r.new_x from reencryption as r join chain on r.old_x = "
                      "chain.x) select count(*) from chain where x=?2",
                      A(named), A(x)) > 0;
    return failed.code ? (*e = failed, false) : true;
}

static bool opens(const struct op_blob *b, struct err *e)
{
    struct arena *a = arena_new("reencrypt", (size_t)LIMIT_BLOB_BYTES * 2);
    struct str plain;
    bool ok = blob_open(a, b->ciphertext, b->c, b->x, b->dek, LIMIT_BLOB_BYTES, &plain, e);
    arena_free(a);
    return ok ? true : err_wrap(e, "reencrypt");
}

/* The leaf names c, under a name that `from` is or follows; and nothing follows `from` yet. */
static bool entry_check(struct db *projection, const struct leaf_source *leaves, struct arena *a, const struct json *entry,
                        const struct op_blob *b, struct err *e)
{
    int64_t of = json_int(entry, "of", -1);
    struct str bytes, from = json_text(entry, "from"), named = {0}, now;
    struct err failed = {0};
    struct leaf leaf;
    if (of < 0 || from.size != 64 || !str_is(json_text(entry, "c"), b->c) || str_is(from, b->x))
        return err_set(e, ERR_INVALID, "reencrypt: wants a leaf, c and from, and other sealed bytes of the same c");
    if (!leaves->read(leaves->context, a, (uint64_t)of, &bytes, e) || !leaf_parse(a, bytes, &leaf, e))
        return false;
    JSON_EACH (blob, json_get(leaf.json, "b"))
        if (str_is(json_text(blob, "c"), b->c))
            named = json_text(blob, "x");
    if (named.size == 0)
        return err_set(e, ERR_INVALID, "reencrypt: leaf %lld does not name this blob", (long long)of);
    if (db_one_int(projection, &failed, 0, "select count(*) from erasure where x=?1", A(named)) > 0)
        return err_set(e, ERR_CONFLICT, "reencrypt: the blob of leaf %lld is erased", (long long)of);
    if (failed.code)
        return (*e = failed, false);
    if (!name_after(projection, a, named, &now, e))
        return false;
    if (!str_equal(now, from))
        return err_set(e, ERR_CONFLICT, "reencrypt: the blob of leaf %lld has other sealed bytes by now; ask again",
                       (long long)of);
    return opens(b, e);
}

static bool reencrypt_make(struct db *projection, const struct leaf_source *leaves, struct arena *a, const struct op *op,
                           struct leaf_drafts *ret, struct err *e)
{
    const struct json *list = json_get(op->body, "list");
    size_t n = 0;
    if (!list || list->type != JSON_ARRAY || list->count == 0 || list->count > REENCRYPT_AT_ONCE_MAX ||
        list->count != op->blob_count)
        return err_set(e, ERR_INVALID, "reencrypt: wants 1 to %d blobs, with their new sealed bytes", REENCRYPT_AT_ONCE_MAX);
    struct leaf_draft *drafts = arena_array(a, list->count, sizeof(*drafts));
    JSON_EACH (entry, list) {
        const struct op_blob *b = &op->blobs[n];
        if (!entry_check(projection, leaves, a, entry, b, e))
            return false;
        for (size_t i = 0; i < n; i++)
            if (str_equal(json_text(drafts[i].body, "from"), json_text(entry, "from")))
                return err_set(e, ERR_INVALID, "reencrypt: the same blob twice");
        struct json *body = json_object(a);
        json_put_int(body, "of", json_int(entry, "of", -1));
        json_put_cstr(body, "c", b->c);
        json_put_str(body, "from", json_text(entry, "from"));
        json_put_cstr(body, "x", b->x);
        drafts[n++] = (struct leaf_draft){.type = "reencrypt", .stream = STR("reencrypt"), .body = body, .signatures = STR("")};
    }
    *ret = (struct leaf_drafts){.items = drafts, .count = n};
    return true;
}

static bool reencrypt_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                            struct err *e)
{
    (void)a, (void)blobs;
    return db_run(projection, e, "insert into reencryption(leaf, target, c, old_x, new_x, t) values (?1, ?2, ?3, ?4, ?5, ?6)",
                  A((int64_t)leaf->index), A(json_int(leaf->json, "of", -1)), A(json_text(leaf->json, "c")),
                  A(json_text(leaf->json, "from")), A(json_text(leaf->json, "x")), A(leaf->t));
}

const struct op_kind kind_reencrypt = {
    .kind = "reencrypt", .leaf_type = "reencrypt", .make_over = reencrypt_make, .apply = reencrypt_apply};

/* ---- what it sets off ---- */

struct former {
    struct sha256 *names;
    size_t count, capacity;
};

/* One row: notes the move where that was lost, and the former name if anything of it is left and what follows is there. */
static bool row_look(struct keeper *k, struct arena *a, struct former *former, struct str old_text, struct str new_text,
                     struct err *e)
{
    struct sha256 from, to;
    bool has_bytes = false, has_next = false;
    if (!hex_decode(old_text, from.bytes, SHA256_SIZE) || !hex_decode(new_text, to.bytes, SHA256_SIZE))
        return err_set(e, ERR_CORRUPT, "reencryption: no name of a blob");
    if (!pack_move(k->packs, &from, &to, e) || !pack_has(k->packs, &from, &has_bytes, e))
        return false;
    if (!has_bytes && !keyring_has(k->keys, &from))
        return true;
    char now[65], name[65];
    struct sha256 last;
    hex_encode(to.bytes, SHA256_SIZE, name);
    if (!pack_current(k->packs, name, now, e) || !hex_decode(str_of(now), last.bytes, SHA256_SIZE) ||
        !pack_has(k->packs, &last, &has_next, e))
        return false;
    if (!has_next || !keyring_has(k->keys, &last))
        return true; /* the only copy */
    if (former->count == former->capacity)
        former->names = arena_grow(a, former->names, former->count, &former->capacity, sizeof(*former->names));
    former->names[former->count++] = from;
    return true;
}

static bool forget(struct keeper *k, const struct sha256 *names, size_t count, struct err *e)
{
    return keyring_erase(k->keys, names, count, e) && pack_erase(k->packs, names, count, e);
}

bool keeper_reencrypt_finish(struct keeper *k, struct err *e)
{
    struct arena *a = arena_new("reencrypted", 256 << 20);
    struct former former = {0};
    struct err failed = {0};
    bool ok = true;
    k->has_reencrypted = false;
    DB_EACH (row, k->projection.db, &failed, "select old_x, new_x from reencryption order by leaf")
        ok = ok && row_look(k, a, &former, db_text(row, 0), db_text(row, 1), e);
    if (failed.code)
        ok = (*e = failed, false);
    ok = ok && pack_sync(k->packs, e) && (former.count == 0 || forget(k, former.names, former.count, e));
    arena_free(a);
    return ok ? true : err_wrap(e, "reencrypt (it is finished at the next start)");
}
