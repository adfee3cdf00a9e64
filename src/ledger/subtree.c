#include "ledger/subtree.h"

bool subtree_is_valid(uint64_t start, uint64_t end)
{
    if (end <= start)
        return end == start;
    uint64_t ceiling = 1;
    while (ceiling && ceiling < end - start)
        ceiling <<= 1;
    return ceiling && start % ceiling == 0;
}

/* MTH(D[from:to]) for a range whose start is a multiple of the largest power of two in it. */
static bool range_root(const struct merkle_nodes *nodes, uint64_t from, uint64_t to, struct sha256 *ret, struct err *e)
{
    struct sha256 parts[64];
    unsigned count = 0;
    while (from < to) {
        unsigned height = 63 - (unsigned)__builtin_clzll(to - from);
        if (!nodes->node(nodes->context, height, from >> height, &parts[count++], e))
            return false;
        from += UINT64_C(1) << height;
    }
    struct sha256 h = parts[--count];
    while (count)
        h = merkle_node_hash(parts[--count], h);
    *ret = h;
    return true;
}

bool subtree_proof(const struct merkle_nodes *nodes, uint64_t start, uint64_t end, uint64_t size, struct sha256 ret_path[64],
                   size_t *ret_count, struct err *e)
{
    if (start >= end || end > size || !subtree_is_valid(start, end))
        return err_set(e, ERR_INVALID, "proof: [%llu, %llu) is no subtree of %llu leaves", (unsigned long long)start,
                       (unsigned long long)end, (unsigned long long)size);
    struct {
        uint64_t from, to;
    } siblings[65];
    size_t count = 0;
    uint64_t from = 0, to = size;
    bool is_known = true; /* b of SUBTREE_SUBPROOF: the verifier has this hash */
    while (from != start || to != end) {
        uint64_t middle = from + (UINT64_C(1) << (63 - __builtin_clzll(to - from - 1)));
        bool goes_left = end <= middle;
        siblings[count].from = goes_left ? middle : from;
        siblings[count++].to = goes_left ? to : middle;
        if (goes_left) {
            to = middle;
        } else {
            if (start < middle) { /* a subtree that ends inside: what remains is its right part */
                is_known = false;
                start = middle;
            }
            from = middle;
        }
    }
    if (!is_known) {
        siblings[count].from = from;
        siblings[count++].to = to;
    }
    for (size_t i = 0; i < count; i++)
        if (!range_root(nodes, siblings[count - 1 - i].from, siblings[count - 1 - i].to, &ret_path[i], e))
            return false;
    *ret_count = count;
    return true;
}

bool subtree_proof_holds(uint64_t start, uint64_t end, uint64_t size, struct sha256 subtree, struct sha256 root,
                         const struct sha256 *proof, size_t proof_count)
{
    if (!subtree_is_valid(start, end) || end > size)
        return false;
    if (start == end)
        return proof_count == 0 && sha256_equal(subtree, sha256_of(STR("")));
    uint64_t fn = start, sn = end - 1, tn = size - 1;
    size_t i = 0;
    while (fn != sn && (sn == tn || (sn & 1))) {
        fn >>= 1;
        sn >>= 1;
        tn >>= 1;
    }
    if (fn != sn && proof_count == 0)
        return false;
    struct sha256 fr = fn == sn ? subtree : proof[i++], sr = fr;
    for (; i < proof_count; i++) {
        if (tn == 0)
            return false;
        if ((sn & 1) || sn == tn) {
            if (fn < sn)
                fr = merkle_node_hash(proof[i], fr);
            sr = merkle_node_hash(proof[i], sr);
            for (; !(sn & 1); fn >>= 1, sn >>= 1, tn >>= 1)
                ;
        } else {
            sr = merkle_node_hash(sr, proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
        tn >>= 1;
    }
    return tn == 0 && sha256_equal(fr, subtree) && sha256_equal(sr, root);
}
