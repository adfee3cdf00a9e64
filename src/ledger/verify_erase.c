/*
 * verify_erase.c - erasures and holds (doc/ledger.md#erasure).
 *
 *   E42  a hold that is not well formed
 *   E43  an erase leaf or a hold that no officer's key signed
 *   E63  an erase leaf that does not match its target: not earlier, another hash, another c or x, a leaf left out of `also`, or x
 *        named again later; an `erased` leaf without its erase leaf; and (verify_blob.c) a blob that is gone without any of this
 *   E64  what was on hold went with one signature, or a hold was released with one
 *   E65  (verify_blob.c) a key or sealed bytes are there although a leaf says that they were destroyed
 *
 * Leaves come in order, so signatures are checked when they pass; targets are looked at when the whole tree has been seen.
 */
#include "ledger/erase.h"
#include "ledger/verify_internal.h"

enum { STATEMENT_BYTES_MAX = 128 << 10 };

struct verify_hold {
    uint64_t leaf, released; /* released: UINT64_MAX while in force */
    const struct json *json;
};

struct signers {
    unsigned officers;
    bool has_root;
};

/* Distinct keys in force whose signatures hold over the text. */
static struct signers signers_of(struct verify *v, uint64_t index, struct str text, struct str lines)
{
    struct signers s = {0};
    for (size_t i = 0; i < v->keys.count; i++) {
        const struct ledger_key *key = &v->keys.items[i];
        bool is_officer = strcmp(key->role, "officer") == 0, is_root = strcmp(key->role, "root") == 0;
        struct err other = {0};
        if ((!is_officer && !is_root) || !ledger_key_counts(key, index + 1) || !note_verify(text, lines, &key->key, &other))
            continue;
        verify_signed(v, key, index);
        s.officers += is_officer;
        s.has_root = s.has_root || is_root;
    }
    return s;
}

static bool has_second(struct signers s)
{
    return s.officers + (unsigned)s.has_root >= 2;
}

/* ---- as leaves pass ---- */

static void erase_pass(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    struct verify_erasure one = {.leaf = index, .target = UINT64_MAX};
    struct buf BUF_AUTO text;
    struct err e = {0};
    buf_init(&text, STATEMENT_BYTES_MAX);
    if (!erase_statement_text(v->scratch, str_of(v->origin), leaf->json, &text, &e) ||
        !hex_decode(json_text(leaf->json, "x"), one.x.bytes, SHA256_SIZE) ||
        !hex_decode(json_text(leaf->json, "lh"), one.target_hash.bytes, SHA256_SIZE) || json_text(leaf->json, "c").size != 64 ||
        json_int(leaf->json, "tgt", -1) < 0) {
        verify_find(v, "E42", "leaf %llu: %s", (unsigned long long)index, e.code ? e.text : "erase: malformed");
        return;
    }
    struct signers s = signers_of(v, index, buf_view(&text), leaf->signatures);
    if (s.officers == 0)
        verify_find(v, "E43", "leaf %llu: the erasure is not signed by an officer's key that is registered before it",
                    (unsigned long long)index);
    one.is_valid = s.officers > 0;
    one.has_second = has_second(s);
    one.target = (uint64_t)json_int(leaf->json, "tgt", 0);
    one.c = arena_str(v->kept, json_text(leaf->json, "c"));
    const struct json *also = json_get(leaf->json, "also");
    one.also = arena_array(v->kept, also->count + 1, sizeof(*one.also));
    JSON_EACH (other, also)
        one.also[one.also_count++] = (uint64_t)other->integer;
    if (v->erasure_count == v->erasure_capacity)
        v->erasures = arena_grow(v->kept, v->erasures, v->erasure_count, &v->erasure_capacity, sizeof(*v->erasures));
    v->erasures[v->erasure_count++] = one;
}

static void erased_pass(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    struct sha256 x;
    bool is_name = hex_decode(json_text(leaf->json, "x"), x.bytes, SHA256_SIZE);
    int64_t of = json_int(leaf->json, "of", -1);
    for (size_t i = 0; i < v->erasure_count; i++)
        if (is_name && of >= 0 && v->erasures[i].leaf == (uint64_t)of && sha256_equal(v->erasures[i].x, x)) {
            v->erasures[i].is_done = true;
            return;
        }
    verify_find(v, "E63", "leaf %llu: it says that a blob was destroyed, but no erase leaf asked for it", (unsigned long long)index);
}

static void hold_pass(struct verify *v, uint64_t index, const struct leaf *leaf, struct str bytes)
{
    const struct json *hold = json_get(leaf->json, "hold");
    struct buf BUF_AUTO text;
    struct err e = {0};
    struct leaf copy;
    buf_init(&text, STATEMENT_BYTES_MAX);
    if (!hold_check(hold, &e) || !hold_statement_text(str_of(v->origin), hold, &text, &e)) {
        verify_find(v, "E42", "leaf %llu: %s", (unsigned long long)index, e.text);
        return;
    }
    struct signers s = signers_of(v, index, buf_view(&text), leaf->signatures);
    if (s.officers == 0) {
        verify_find(v, "E43", "leaf %llu: the hold is not signed by an officer's key that is registered before it",
                    (unsigned long long)index);
        return;
    }
    if (str_is(json_text(hold, "act"), "release")) {
        if (!has_second(s))
            verify_find(v, "E64", "leaf %llu: a hold is released with one signature", (unsigned long long)index);
        for (size_t i = 0; has_second(s) && i < v->hold_count; i++)
            if (v->holds[i].released == UINT64_MAX && str_equal(json_text(v->holds[i].json, "id"), json_text(hold, "id")))
                v->holds[i].released = index;
        return;
    }
    if (!leaf_parse(v->kept, arena_str(v->kept, bytes), &copy, &e))
        return;
    if (v->hold_count == v->hold_capacity)
        v->holds = arena_grow(v->kept, v->holds, v->hold_count, &v->hold_capacity, sizeof(*v->holds));
    v->holds[v->hold_count++] =
        (struct verify_hold){.leaf = index, .released = UINT64_MAX, .json = json_get(copy.json, "hold")};
}

void verify_erase_leaf(struct verify *v, uint64_t index, const struct leaf *leaf, struct str bytes)
{
    if (str_is(leaf->type, "erase"))
        erase_pass(v, index, leaf);
    else if (str_is(leaf->type, "erased"))
        erased_pass(v, index, leaf);
    else if (str_is(leaf->type, "record") && str_is(json_text(leaf->json, "type"), "hold"))
        hold_pass(v, index, leaf, bytes);
}

/* ---- afterwards ---- */

static void stream_count(struct verify *v, struct str stream)
{
    struct verify_report *r = v->report;
    for (size_t i = 0; i < r->erased_stream_count; i++)
        if (str_equal(r->erased_streams[i].stream, stream)) {
            r->erased_streams[i].count++;
            return;
        }
    if (r->erased_stream_count == v->erased_stream_capacity)
        r->erased_streams = arena_grow(v->arena, r->erased_streams, r->erased_stream_count, &v->erased_stream_capacity,
                                       sizeof(*r->erased_streams));
    r->erased_streams[r->erased_stream_count++] = (struct verify_erased){arena_str(v->arena, stream), 1};
}

/* A leaf that names the blob: is it what the erase leaf says, and may it go? */
static void named_check(struct verify *v, struct verify_erasure *one, uint64_t index, bool is_target)
{
    struct str bytes;
    struct leaf leaf;
    struct err e = {0};
    char x[65];
    hex_encode(one->x.bytes, SHA256_SIZE, x);
    arena_reset(v->scratch);
    if (index >= one->leaf) {
        verify_find(v, "E63", "leaf %llu: it erases a blob of leaf %llu, which is not earlier", (unsigned long long)one->leaf,
                    (unsigned long long)index);
        one->is_valid = false;
        return;
    }
    if (index >= v->head.size)
        return; /* neither is signed yet */
    if (!tile_store_leaf(&v->store, index, &bytes, &e) || !leaf_parse(v->scratch, bytes, &leaf, &e))
        return; /* said already: E33, E40 */
    bool is_same = (!is_target || sha256_equal(merkle_leaf_hash(bytes), one->target_hash)) &&
                   leaf_names_blob(leaf.json, str_make(x, 64), is_target ? one->c : STR(""));
    if (!is_same) {
        verify_find(v, "E63", "leaf %llu: leaf %llu, of which it erases blob %.16s, has another hash or names no such blob",
                    (unsigned long long)one->leaf, (unsigned long long)index, x);
        one->is_valid = false;
        return;
    }
    stream_count(v, json_text(leaf.json, "st"));
    for (size_t i = 0; i < v->hold_count && !one->has_second; i++) {
        const struct verify_hold *h = &v->holds[i];
        if (h->leaf < one->leaf && h->released > one->leaf && hold_covers(h->json, index, leaf.type, leaf.json))
            verify_find(v, "E64", "leaf %llu: it erases what hold %.*s (leaf %llu) covers, with one signature",
                        (unsigned long long)one->leaf, STR_ARGS(json_text(h->json, "id")), (unsigned long long)h->leaf);
    }
}

static int erasure_compare(const void *a, const void *b)
{
    const struct verify_erasure *x = a, *y = b;
    int order = memcmp(x->x.bytes, y->x.bytes, SHA256_SIZE);
    return order ? order : (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

const struct verify_erasure *verify_erasure_of(const struct verify *v, const uint8_t x[32])
{
    size_t from = 0, to = v->erasure_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (memcmp(v->erasures[middle].x.bytes, x, SHA256_SIZE) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < v->erasure_count && memcmp(v->erasures[from].x.bytes, x, SHA256_SIZE) == 0; from++)
        if (v->erasures[from].is_valid)
            return &v->erasures[from];
    return NULL;
}

/* Every leaf that names the blob is the target or among the others. */
static void others_check(struct verify *v)
{
    for (size_t i = 0; i < v->blob_count; i++) {
        const struct verify_blob *b = &v->blobs[i];
        const struct verify_erasure *one = verify_erasure_of(v, b->x);
        bool is_listed = !one || one->target == b->leaf;
        for (size_t k = 0; !is_listed && k < one->also_count; k++)
            is_listed = one->also[k] == b->leaf;
        if (!is_listed)
            verify_find(v, "E63", "leaf %llu: it does not list leaf %llu, which names the same blob", (unsigned long long)one->leaf,
                        (unsigned long long)b->leaf);
    }
}

void verify_erasures(struct verify *v)
{
    for (size_t i = 0; i < v->erasure_count; i++) {
        struct verify_erasure *one = &v->erasures[i];
        named_check(v, one, one->target, true);
        for (size_t k = 0; k < one->also_count; k++)
            named_check(v, one, one->also[k], false);
        if (!one->is_done)
            verify_note(v, "the erasure of leaf %llu is not finished; the next start of the keeper finishes it",
                        (unsigned long long)one->leaf);
    }
    if (v->erasure_count)
        qsort(v->erasures, v->erasure_count, sizeof(*v->erasures), erasure_compare);
    others_check(v);
    v->report->erasures = v->erasure_count;
}
