#include "ledger/merkle.h"

#include <assert.h>

struct sha256 merkle_leaf_hash(struct str leaf)
{
    return sha256_of2(STR("\0"), leaf);
}

struct sha256 merkle_node_hash(struct sha256 left, struct sha256 right)
{
    return sha256_of_pair(1, left, right);
}

void merkle_leaf_hashes(const struct str *leaves, size_t count, struct sha256 *ret)
{
    sha256_of_each(0, leaves, count, ret);
}

void merkle_frontier_push(struct merkle_frontier *f, struct sha256 leaf_hash)
{
    merkle_frontier_push_tree(f, 0, leaf_hash);
}

void merkle_frontier_push_tree(struct merkle_frontier *f, unsigned height, struct sha256 root)
{
    struct sha256 h = root;
    unsigned k = height;
    assert((f->size & ((UINT64_C(1) << height) - 1)) == 0);
    for (; f->size >> k & 1; k++)
        h = merkle_node_hash(f->hashes[k], h);
    f->hashes[k] = h;
    f->size += UINT64_C(1) << height;
}

void merkle_frontier_push_many(struct merkle_frontier *f, struct sha256 *hashes, size_t count)
{
    uint64_t size = f->size;
    f->size += count;
    for (unsigned k = 0; count > 0; k++) {
        size_t odd = size >> k & 1; /* the first one has its left neighbour in the frontier */
        struct sha256 last = hashes[count - 1];
        if (odd)
            hashes[0] = merkle_node_hash(f->hashes[k], hashes[0]);
        sha256_of_pairs(1, hashes + odd, (count - odd) / 2, hashes + odd);
        if ((count - odd) & 1)
            f->hashes[k] = last;
        count = (count + odd) / 2;
    }
}

struct sha256 merkle_frontier_root(const struct merkle_frontier *f)
{
    if (f->size == 0)
        return sha256_of(STR(""));
    unsigned k = (unsigned)__builtin_ctzll(f->size);
    struct sha256 h = f->hashes[k];
    for (k++; k < 64; k++)
        if (f->size >> k & 1)
            h = merkle_node_hash(f->hashes[k], h);
    return h;
}

/* The largest power of two below n, n >= 2. */
static uint64_t split(uint64_t n)
{
    return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

struct range {
    uint64_t from, to;
};

/* MTH(D[from:to]) where `from` is a multiple of the largest power of two in the range, as all ranges of proofs are. */
static bool range_hash(const struct merkle_nodes *nodes, struct range r, struct sha256 *ret, struct err *e)
{
    struct sha256 parts[64];
    unsigned count = 0;
    while (r.from < r.to) {
        unsigned height = 63 - (unsigned)__builtin_clzll(r.to - r.from);
        assert((r.from & ((UINT64_C(1) << height) - 1)) == 0);
        if (!nodes->node(nodes->context, height, r.from >> height, &parts[count++], e))
            return false;
        r.from += UINT64_C(1) << height;
    }
    struct sha256 h = parts[--count];
    while (count)
        h = merkle_node_hash(parts[--count], h);
    *ret = h;
    return true;
}

bool merkle_root(const struct merkle_nodes *nodes, uint64_t size, struct sha256 *ret, struct err *e)
{
    if (size == 0) {
        *ret = sha256_of(STR(""));
        return true;
    }
    return range_hash(nodes, (struct range){0, size}, ret, e);
}

/* Hashes of the ranges, last one first: walks go from the root down, proofs are listed from the leaf up. */
static bool hash_reversed(const struct merkle_nodes *nodes, const struct range *ranges, size_t count, struct sha256 *ret_path,
                          size_t *ret_count, struct err *e)
{
    for (size_t i = 0; i < count; i++)
        if (!range_hash(nodes, ranges[count - 1 - i], &ret_path[i], e))
            return false;
    *ret_count = count;
    return true;
}

bool merkle_inclusion(const struct merkle_nodes *nodes, uint64_t index, uint64_t size, struct sha256 ret_path[64],
                      size_t *ret_count, struct err *e)
{
    if (index >= size)
        return err_set(e, ERR_INVALID, "proof: leaf %llu is not in a tree of %llu", (unsigned long long)index,
                       (unsigned long long)size);
    struct range siblings[64];
    size_t count = 0;
    uint64_t from = 0, to = size;
    while (to - from > 1) {
        uint64_t middle = from + split(to - from);
        bool is_left = index < middle;
        siblings[count++] = is_left ? (struct range){middle, to} : (struct range){from, middle};
        *(is_left ? &to : &from) = middle;
    }
    return hash_reversed(nodes, siblings, count, ret_path, ret_count, e);
}

bool merkle_consistency(const struct merkle_nodes *nodes, uint64_t old_size, uint64_t size, struct sha256 ret_path[128],
                        size_t *ret_count, struct err *e)
{
    if (old_size > size)
        return err_set(e, ERR_INVALID, "proof: a tree of %llu does not extend one of %llu", (unsigned long long)size,
                       (unsigned long long)old_size);
    struct range ranges[65];
    size_t count = 0;
    uint64_t from = 0, to = size;
    bool is_old_root = true; /* RFC 6962's b: the verifier holds this subtree's hash already */
    if (old_size > 0) {
        while (to != old_size) {
            uint64_t middle = from + split(to - from);
            bool is_left = old_size <= middle;
            ranges[count++] = is_left ? (struct range){middle, to} : (struct range){from, middle};
            if (!is_left)
                is_old_root = false;
            *(is_left ? &to : &from) = middle;
        }
        if (!is_old_root)
            ranges[count++] = (struct range){from, to};
    }
    return hash_reversed(nodes, ranges, count, ret_path, ret_count, e);
}

bool merkle_inclusion_holds(uint64_t index, uint64_t size, struct sha256 leaf_hash, struct sha256 root,
                            const struct sha256 *proof, size_t proof_count)
{
    if (index >= size)
        return false;
    uint64_t fn = index, sn = size - 1;
    struct sha256 r = leaf_hash;
    for (size_t i = 0; i < proof_count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            r = merkle_node_hash(proof[i], r);
            for (; !(fn & 1) && fn != 0; fn >>= 1, sn >>= 1)
                ;
        } else {
            r = merkle_node_hash(r, proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && sha256_equal(r, root);
}

bool merkle_consistency_holds(uint64_t old_size, struct sha256 old_root, uint64_t size, struct sha256 root,
                              const struct sha256 *proof, size_t proof_count)
{
    if (old_size > size)
        return false;
    if (old_size == size)
        return proof_count == 0 && sha256_equal(old_root, root);
    if (old_size == 0)
        return proof_count == 0 && sha256_equal(old_root, sha256_of(STR("")));
    bool is_power = (old_size & (old_size - 1)) == 0; /* then the old root itself starts the proof and is left out of it */
    if (proof_count + is_power == 0)
        return false;
    uint64_t fn = old_size - 1, sn = size - 1;
    for (; fn & 1; fn >>= 1, sn >>= 1)
        ;
    struct sha256 fr = is_power ? old_root : proof[0], sr = fr;
    for (size_t i = is_power ? 0 : 1; i < proof_count; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            fr = merkle_node_hash(proof[i], fr);
            sr = merkle_node_hash(proof[i], sr);
            for (; !(fn & 1) && fn != 0; fn >>= 1, sn >>= 1)
                ;
        } else {
            sr = merkle_node_hash(sr, proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && sha256_equal(fr, old_root) && sha256_equal(sr, root);
}
