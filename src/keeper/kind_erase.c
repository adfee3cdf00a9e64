/* kind_erase.c - the two leaves of an erasure, and holds; see kinds.h and ledger/erase.h. What they set off is in erasing.c. */
#include "base/limits.h"
#include "keeper/kinds.h"
#include "ledger/erase.h"

enum { STATEMENT_BYTES_MAX = 60 << 10, ERASURES_AT_ONCE_MAX = 4096 /* one rebuild for all of them */ };

const char *const erase_bases[][2] = {{"request", "a person asked for it (GDPR 17(1)(b) to (d))"},
                                      {"retention", "its retention period is over"},
                                      {"consent", "consent was withdrawn"},
                                      {"order", "a court or an authority ordered it"},
                                      {"mistake", "it should never have been collected"},
                                      {NULL, NULL}};

static bool basis_is_known(struct str basis)
{
    for (size_t i = 0; erase_bases[i][0]; i++)
        if (str_is(basis, erase_bases[i][0]))
            return true;
    return false;
}

static int compare_int64(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool erase_shared_leaves(struct db *projection, struct arena *a, struct str x, int64_t but, int64_t **ret, size_t *ret_count,
                         struct err *e)
{
    int64_t *list = NULL;
    size_t count = 0, capacity = 0;
    struct err failed = {0};
    /* Every table of the projection that keeps the name of a blob: who adds one adds it here; the verifier looks at the leaves
     * themselves. */
    DB_EACH (row, projection, &failed,
             "select leaf from capture where (x=?1 or bytes_x=?1) and leaf<>?2 union select leaf from evaluation where x=?1 and "
             "leaf<>?2 union select leaf from catalog where x=?1 and leaf<>?2 union select leaf from erasure where why_x=?1 and "
             "leaf<>?2 union select leaf from hold where why_x=?1 and leaf<>?2 union select leaf from "
             "anchor where x=?1 and leaf<>?2",
             A(x), A(but)) {
        if (count == capacity)
            list = arena_grow(a, list, count, &capacity, sizeof(*list));
        list[count++] = db_int(row, 0);
    }
    if (failed.code)
        return (*e = failed, false);
    if (count > 0)
        qsort(list, count, sizeof(*list), compare_int64);
    *ret = list;
    *ret_count = count;
    return true;
}

/* ---- signatures ---- */

struct signers {
    size_t officers;
    bool has_root;
};

/* Which keys in force have signed the text. */
static bool signers_find(struct db *projection, struct str text, struct str lines, struct signers *ret, struct err *e)
{
    struct err failed = {0};
    *ret = (struct signers){0};
    DB_EACH (row, projection, &failed,
             "select role, vkey from ledger_key where role in ('officer','root') and retired_leaf is null order by leaf") {
        struct note_key key;
        struct err other = {0};
        if (!note_key_parse(db_text(row, 1), &key, &other) || !note_verify(text, lines, &key, &other))
            continue;
        if (str_is(db_text(row, 0), "root"))
            ret->has_root = true;
        else
            ret->officers++;
    }
    return failed.code ? (*e = failed, false) : true;
}

static bool has_second(const struct signers *s)
{
    return s->officers + s->has_root >= 2;
}

static bool origin_get(struct db *projection, struct arena *a, struct str *ret, struct err *e)
{
    struct err failed = {0};
    *ret = db_one_text(a, projection, &failed, "select value from meta where key='origin'");
    return failed.code ? (*e = failed, false) : true;
}

/* ---- holds ---- */

bool hold_over_leaf(struct db *projection, struct arena *a, uint64_t index, struct str leaf_bytes, struct str *ret_id,
                    struct err *e)
{
    struct leaf leaf;
    struct err failed = {0};
    *ret_id = STR("");
    if (!leaf_parse(a, leaf_bytes, &leaf, e))
        return false;
    DB_EACH (row, projection, &failed, "select id, statement from hold where released_leaf is null order by leaf") {
        struct json *hold = json_parse(a, arena_str(a, db_text(row, 1)), JSON_LIMITS_DEFAULT, &failed);
        if (hold && ret_id->size == 0 && hold_covers(hold, index, leaf.type, leaf.json))
            *ret_id = arena_str(a, db_text(row, 0));
    }
    return failed.code ? (*e = failed, false) : true;
}

static struct json *copy_value(struct arena *a, const struct json *v)
{
    if (v->type == JSON_ARRAY || v->type == JSON_OBJECT) {
        struct json *copy = v->type == JSON_ARRAY ? json_array(a) : json_object(a);
        JSON_EACH (member, v)
            if (v->type == JSON_ARRAY)
                json_push(copy, copy_value(a, member));
            else
                json_put(copy, arena_strndup(a, member->key.data, member->key.size), copy_value(a, member));
        return copy;
    }
    struct json *copy = ARENA_NEW(a, struct json);
    *copy = *v;
    copy->next = NULL;
    copy->key = (struct str){0};
    return copy;
}

static bool hold_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    const struct json *hold = json_get(op->body, "hold");
    struct str origin, lines = json_text(op->body, "sig"), id = json_text(hold, "id");
    struct err failed = {0};
    struct signers signers;
    struct buf BUF_AUTO text;
    buf_init(&text, STATEMENT_BYTES_MAX);
    if (!hold_check(hold, e) || !origin_get(projection, a, &origin, e) || !hold_statement_text(origin, hold, &text, e) ||
        !signers_find(projection, buf_view(&text), lines, &signers, e))
        return false;
    bool is_add = str_is(json_text(hold, "act"), "add");
    int64_t there = db_one_int(projection, &failed, 0, "select count(*) from hold where id=?1", A(id));
    int64_t in_force =
        db_one_int(projection, &failed, 0, "select count(*) from hold where id=?1 and released_leaf is null", A(id));
    if (failed.code)
        return (*e = failed, false);
    if (op->blob_count != 1 || !str_is(json_text(hold, "why"), op->blobs[0].c))
        return err_set(e, ERR_INVALID, "hold: the reason is one blob, named by its commitment");
    if (is_add && there)
        return err_set(e, ERR_EXISTS, "hold %.*s: there is one of this name", STR_ARGS(id));
    if (!is_add && !in_force)
        return err_set(e, ERR_NOT_FOUND, "hold %.*s: there is none of this name in force", STR_ARGS(id));
    if (signers.officers == 0)
        return err_set(e, ERR_DENIED, "hold: not signed by an officer's key that the ledger registers");
    if (!is_add && !has_second(&signers))
        return err_set(e, ERR_DENIED, "hold %.*s: to release it takes a second signature, another officer's or the root key's",
                       STR_ARGS(id));
    struct leaf_draft *draft = ARENA_NEW(a, struct leaf_draft);
    *draft = (struct leaf_draft){
        .type = "record", .stream = STR("hold"), .body = json_object(a), .signatures = lines, .blob_count = 1};
    json_put_cstr(draft->body, "type", "hold");
    json_put(draft->body, "hold", copy_value(a, hold));
    *ret = (struct leaf_drafts){.items = draft, .count = 1};
    return true;
}

static bool hold_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                       struct err *e)
{
    (void)blobs, (void)a;
    const struct json *hold = json_get(leaf->json, "hold"), *why = json_at(json_get(leaf->json, "b"), 0);
    struct err bad = {0};
    if (!hold_check(hold, &bad))
        return err_set(e, ERR_CORRUPT, "leaf %llu: %s", (unsigned long long)leaf->index, bad.text);
    if (str_is(json_text(hold, "act"), "release"))
        return db_run(projection, e, "update hold set released_leaf=?2, released_t=?3 where id=?1", A(json_text(hold, "id")),
                      A((int64_t)leaf->index), A(leaf->t));
    struct buf BUF_AUTO text;
    buf_init(&text, STATEMENT_BYTES_MAX);
    return json_write_canonical(&text, hold, e) &&
           db_run(projection, e, "insert into hold(id, leaf, t, statement, why_c, why_x) values(?1, ?2, ?3, ?4, ?5, ?6)",
                  A(json_text(hold, "id")), A((int64_t)leaf->index), A(leaf->t), A(buf_view(&text)), A(json_text(why, "c")),
                  A(json_text(why, "x")));
}

const struct op_kind kind_hold = {.kind = "hold", .leaf_type = "record", .make = hold_make, .apply = hold_apply};

/* ---- erase ---- */

struct erasing_op {
    struct db *projection;
    const struct leaf_source *leaves;
    struct arena *a;
    struct str origin;
};

/* The leaf is the one that was signed for, and it names the blob. */
static bool target_check(struct erasing_op *o, const struct json *s, struct err *e)
{
    int64_t target = json_int(s, "tgt", -1);
    struct str bytes;
    struct leaf leaf;
    char hash_text[65];
    if (target < 0)
        return err_set(e, ERR_INVALID, "erase: no leaf named");
    if (!o->leaves->read(o->leaves->context, o->a, (uint64_t)target, &bytes, e) || !leaf_parse(o->a, bytes, &leaf, e))
        return false;
    struct sha256 hash = merkle_leaf_hash(bytes);
    hex_encode(hash.bytes, SHA256_SIZE, hash_text);
    if (!str_is(json_text(s, "lh"), hash_text))
        return err_set(e, ERR_INVALID, "erase: leaf %lld has another hash", (long long)target);
    if (json_text(s, "c").size != 64 || !leaf_names_blob(leaf.json, json_text(s, "x"), json_text(s, "c")))
        return err_set(e, ERR_INVALID, "erase: leaf %lld does not name this blob", (long long)target);
    return true;
}

static bool also_check(struct erasing_op *o, const struct json *s, struct err *e)
{
    int64_t *shared;
    size_t count, i = 0;
    if (!erase_shared_leaves(o->projection, o->a, json_text(s, "x"), json_int(s, "tgt", -1), &shared, &count, e))
        return false;
    bool is_same = json_get(s, "also")->count == count;
    JSON_EACH (index, json_get(s, "also"))
        is_same = is_same && index->integer == shared[i++];
    return is_same || err_set(e, ERR_CONFLICT, "erase: the other leaves that name this blob are not those listed; ask again");
}

/* What is on hold takes two signatures. */
static bool signatures_check(struct erasing_op *o, const struct json *s, struct str lines, struct err *e)
{
    struct signers signers;
    struct str held_by = STR(""), bytes;
    struct buf BUF_AUTO text;
    buf_init(&text, STATEMENT_BYTES_MAX);
    if (!erase_statement_text(o->a, o->origin, s, &text, e) || !signers_find(o->projection, buf_view(&text), lines, &signers, e))
        return false;
    if (signers.officers == 0)
        return err_set(e, ERR_DENIED, "erase: not signed by an officer's key that the ledger registers");
    if (!o->leaves->read(o->leaves->context, o->a, (uint64_t)json_int(s, "tgt", 0), &bytes, e) ||
        !hold_over_leaf(o->projection, o->a, (uint64_t)json_int(s, "tgt", 0), bytes, &held_by, e))
        return false;
    JSON_EACH (index, json_get(s, "also"))
        if (held_by.size == 0 && (!o->leaves->read(o->leaves->context, o->a, (uint64_t)index->integer, &bytes, e) ||
                                  !hold_over_leaf(o->projection, o->a, (uint64_t)index->integer, bytes, &held_by, e)))
            return false;
    if (held_by.size && !has_second(&signers))
        return err_set(e, ERR_DENIED,
                       "leaf %lld is under hold %.*s: to erase it takes a second signature, another officer's or the root key's",
                       (long long)json_int(s, "tgt", -1), STR_ARGS(held_by));
    return true;
}

static bool erase_one(struct erasing_op *o, const struct op *op, const struct json *entry, struct leaf_draft *ret, struct err *e)
{
    const struct json *s = json_get(entry, "erase");
    struct str x = json_text(s, "x");
    struct err failed = {0};
    struct buf BUF_AUTO text;
    buf_init(&text, STATEMENT_BYTES_MAX);
    if (!s || s->count != 9) /* nothing that is not signed */
        return err_set(e, ERR_INVALID, "erase: wants tgt, lh, c, x, also, basis, req, hor and why");
    if (!erase_statement_text(o->a, o->origin, s, &text, e))
        return false;
    if (!basis_is_known(json_text(s, "basis")))
        return err_set(e, ERR_INVALID, "erase: basis %.*s is none that we know", STR_ARGS(json_text(s, "basis")));
    if (!str_is(json_text(s, "why"), op->blobs[0].c))
        return err_set(e, ERR_INVALID, "erase: the reason is one blob, named by its commitment");
    if (!target_check(o, s, e) || !also_check(o, s, e) || !signatures_check(o, s, json_text(entry, "sig"), e))
        return false;
    if (db_one_int(o->projection, &failed, 0, "select count(*) from erasure where x=?1", A(x)) > 0)
        return err_set(e, ERR_EXISTS, "leaf %lld: this blob is erased already", (long long)json_int(s, "tgt", -1));
    if (failed.code)
        return (*e = failed, false);
    *ret = (struct leaf_draft){.type = "erase",
                               .stream = STR("erase"),
                               .body = copy_value(o->a, s),
                               .signatures = json_text(entry, "sig"),
                               .blob_count = 1};
    return true;
}

static bool erase_make(struct db *projection, const struct leaf_source *leaves, struct arena *a, const struct op *op,
                       struct leaf_drafts *ret, struct err *e)
{
    const struct json *list = json_get(op->body, "list");
    struct erasing_op o = {.projection = projection, .leaves = leaves, .a = a};
    if (!list || list->type != JSON_ARRAY || list->count == 0 || list->count > ERASURES_AT_ONCE_MAX || op->blob_count != 1)
        return err_set(e, ERR_INVALID, "erase: wants 1 to %d blobs to erase, and one with the reason", ERASURES_AT_ONCE_MAX);
    if (!origin_get(projection, a, &o.origin, e))
        return false;
    struct leaf_draft *drafts = arena_array(a, list->count, sizeof(*drafts));
    size_t count = 0;
    JSON_EACH (entry, list) {
        if (!erase_one(&o, op, entry, &drafts[count], e))
            return false;
        for (size_t i = 0; i < count; i++)
            if (str_equal(json_text(drafts[i].body, "x"), json_text(drafts[count].body, "x")))
                return err_set(e, ERR_INVALID, "erase: the same blob twice");
        count++;
    }
    *ret = (struct leaf_drafts){.items = drafts, .count = count};
    return true;
}

static bool erasure_row(struct db *projection, const struct leaf_view *leaf, int64_t target, struct err *e)
{
    const struct json *s = leaf->json, *why = json_at(json_get(s, "b"), 0);
    return db_run(
        projection, e,
        "insert into erasure(leaf, target, x, c, basis, requested_at, horizon_days, why_c, why_x, t) values(?1, ?2, ?3, "
        "?4, ?5, ?6, ?7, ?8, ?9, ?10) on conflict do nothing",
        A((int64_t)leaf->index), A(target), A(json_text(s, "x")), A(json_text(s, "c")), A(json_text(s, "basis")),
        A(json_int(s, "req", 0)), A(json_int(s, "hor", 0)), A(json_text(why, "c")), A(json_text(why, "x")), A(leaf->t));
}

static bool erase_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                        struct err *e)
{
    (void)blobs, (void)a;
    if (!erasure_row(projection, leaf, json_int(leaf->json, "tgt", -1), e))
        return false;
    const struct json *also = json_get(leaf->json, "also");
    if (also)
        JSON_EACH (index, also)
            if (!erasure_row(projection, leaf, index->integer, e))
                return false;
    return true;
}

const struct op_kind kind_erase = {.kind = "erase", .leaf_type = "erase", .make_over = erase_make, .apply = erase_apply};

static bool erased_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs,
                         struct err *e)
{
    (void)blobs, (void)a;
    return db_run(projection, e, "update erasure set erased_leaf=?2, erased_t=?3 where leaf=?1 and erased_leaf is null",
                  A(json_int(leaf->json, "of", -1)), A((int64_t)leaf->index), A(leaf->t));
}

const struct op_kind kind_erased = {.kind = "erased", .leaf_type = "erased", .apply = erased_apply};
