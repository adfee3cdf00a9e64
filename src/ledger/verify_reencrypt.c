/*
 * verify_reencrypt.c - blobs that were encrypted anew (leaves of type reencrypt): c stays, x is another one.
 *
 *   E63  a reencrypt leaf that does not match its target: not earlier, it does not name c, `from` is neither its x nor what
 * followed that; or two leaves follow the same x E65  (verify_blob.c) former sealed bytes or their key are there although a leaf
 * says that others follow them
 *
 * Content is bound by c: whatever the leaves say of x, a blob opens to what was committed to, or E60 to E63 say so.
 */
#include "ledger/erase.h"
#include "ledger/verify_internal.h"

void verify_reencrypt_leaf(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    struct verify_move one = {.leaf = index};
    int64_t of = json_int(leaf->json, "of", -1);
    if (!str_is(leaf->type, "reencrypt") || of < 0 || !hex_decode(json_text(leaf->json, "from"), one.from.bytes, SHA256_SIZE) ||
        !hex_decode(json_text(leaf->json, "x"), one.to.bytes, SHA256_SIZE) || json_text(leaf->json, "c").size != 64)
        return; /* E42 by its rule */
    one.target = (uint64_t)of;
    one.c = arena_str(v->kept, json_text(leaf->json, "c"));
    if (v->move_count == v->move_capacity)
        v->moves = arena_grow(v->kept, v->moves, v->move_count, &v->move_capacity, sizeof(*v->moves));
    v->moves[v->move_count++] = one;
}

static int move_compare(const void *a, const void *b)
{
    const struct verify_move *x = a, *y = b;
    int order = memcmp(x->from.bytes, y->from.bytes, SHA256_SIZE);
    return order ? order : (x->leaf > y->leaf) - (x->leaf < y->leaf);
}

const struct verify_move *verify_move_of(const struct verify *v, const uint8_t x[32])
{
    size_t from = 0, to = v->move_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (memcmp(v->moves[middle].from.bytes, x, SHA256_SIZE) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < v->move_count && memcmp(v->moves[from].from.bytes, x, SHA256_SIZE) == 0 && v->moves[from].is_valid
               ? &v->moves[from]
               : NULL;
}

/* Does the chain that begins with x come to this move, by leaves in their order? */
static bool comes_to(const struct verify *v, const uint8_t x[32], const struct verify_move *end)
{
    const struct verify_move *m = verify_move_of(v, x);
    for (size_t steps = 0; m && steps <= v->move_count; steps++) {
        if (m == end)
            return true;
        const struct verify_move *next = verify_move_of(v, m->to.bytes);
        if (next && next->leaf <= m->leaf)
            return false;
        m = next;
    }
    return false;
}

static void move_check(struct verify *v, struct verify_move *m)
{
    struct str bytes;
    struct leaf leaf;
    struct err e = {0};
    arena_reset(v->scratch);
    if (m->target >= v->head.size || m->leaf >= v->head.size)
        return; /* not signed yet */
    if (m->target < m->leaf && (!tile_store_leaf(&v->store, m->target, &bytes, &e) || !leaf_parse(v->scratch, bytes, &leaf, &e)))
        return; /* said already: E33, E40 */
    bool is_same = false;
    if (m->target < m->leaf && json_get(leaf.json, "b"))
        JSON_EACH (blob, json_get(leaf.json, "b")) {
            uint8_t x[32];
            is_same = is_same || (str_equal(json_text(blob, "c"), m->c) && hex_decode(json_text(blob, "x"), x, sizeof(x)) &&
                                  comes_to(v, x, m));
        }
    if (is_same)
        return;
    verify_find(v, "E63", "leaf %llu: it says that a blob of leaf %llu was encrypted anew, which names no such blob",
                (unsigned long long)m->leaf, (unsigned long long)m->target);
    m->is_valid = false;
}

void verify_reencryptions(struct verify *v)
{
    if (v->move_count == 0)
        return;
    qsort(v->moves, v->move_count, sizeof(*v->moves), move_compare);
    for (size_t i = 0; i < v->move_count; i++) {
        struct verify_move *m = &v->moves[i];
        m->is_valid = i == 0 || !sha256_equal(m->from, m[-1].from);
        if (!m->is_valid)
            verify_find(v, "E63", "leaf %llu: leaf %llu has encrypted the same bytes anew already", (unsigned long long)m->leaf,
                        (unsigned long long)m[-1].leaf);
    }
    for (size_t i = 0; i < v->move_count; i++)
        if (v->moves[i].is_valid)
            move_check(v, &v->moves[i]);
}
