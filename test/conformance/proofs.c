/*
 * proofs COUNT SEED - makes COUNT inclusion and consistency proofs in random trees, damages more than half of them, and prints each
 * with what we say of it, for verifiers of others to say the same (compare.go, compare.mjs). A line:
 *
 *   I <our answer> <what was done> <index> <size> <leaf> <root> <hash,hash,...|->
 *   C <our answer> <what was done> <old size> <size> <old root> <root> <hash,hash,...|->
 *
 * The answer is 1 or 0; leaf, roots and hashes are in hex. Sizes are at least 1: at 0 the specifications differ.
 */
#include "base/test.h"
#include "ledger/merkle.h"
#include "verify/av.h"

enum { LEAVES_MAX = 6000, LEAF_MAX = 24, HEIGHTS = 13, PATH_MAX_ = 20 };

struct tree {
    uint64_t size;
    uint8_t leaves[LEAVES_MAX][LEAF_MAX];
    struct sha256 nodes[HEIGHTS][LEAVES_MAX];
};

struct proof {
    bool is_inclusion;
    const char *done;
    uint64_t first, size; /* index or old size */
    uint8_t leaf[LEAF_MAX];
    struct sha256 old_root, root, path[PATH_MAX_ + 1];
    size_t count;
};

static uint64_t seed;

static uint64_t below(uint64_t n)
{
    return test_random(&seed) % n;
}

static bool node(void *context, unsigned height, uint64_t index, struct sha256 *ret, struct err *e)
{
    const struct tree *t = context;
    *ret = t->nodes[height][index];
    (void)e;
    return true;
}

/* Sizes of all magnitudes, and powers of two and their neighbours more often than by chance. */
static void tree_grow(struct tree *t)
{
    uint64_t power = UINT64_C(1) << below(HEIGHTS);
    t->size = below(3) ? 1 + below(power < LEAVES_MAX ? power : LEAVES_MAX) : power + below(3);
    if (t->size > LEAVES_MAX)
        t->size = LEAVES_MAX;
    for (uint64_t i = 0; i < t->size; i++) {
        for (size_t k = 0; k < LEAF_MAX; k++)
            t->leaves[i][k] = (uint8_t)below(256);
        t->nodes[0][i] = merkle_leaf_hash(str_make(t->leaves[i], LEAF_MAX));
    }
    for (unsigned h = 1; h < HEIGHTS; h++)
        for (uint64_t i = 0; i < t->size >> h; i++)
            t->nodes[h][i] = merkle_node_hash(t->nodes[h - 1][2 * i], t->nodes[h - 1][2 * i + 1]);
}

static void must(bool is_ok, const struct err *e)
{
    if (!is_ok) {
        fprintf(stderr, "proofs: %s\n", e->text);
        exit(3);
    }
}

static void proof_make(struct tree *t, struct proof *p)
{
    struct merkle_nodes nodes = {node, t};
    struct sha256 path[128];
    struct err e = {0};
    memset(p, 0, sizeof(*p));
    p->done = "nothing";
    p->is_inclusion = below(2);
    p->size = 1 + below(t->size);
    must(merkle_root(&nodes, p->size, &p->root, &e), &e);
    if (p->is_inclusion) {
        p->first = below(p->size);
        memcpy(p->leaf, t->leaves[p->first], LEAF_MAX);
        must(merkle_inclusion(&nodes, p->first, p->size, path, &p->count, &e), &e);
    } else {
        p->first = below(4) ? 1 + below(p->size) : UINT64_C(1) << below(HEIGHTS);
        if (p->first > p->size)
            p->first = p->size;
        must(merkle_root(&nodes, p->first, &p->old_root, &e) && merkle_consistency(&nodes, p->first, p->size, path, &p->count, &e), &e);
    }
    must(p->count <= PATH_MAX_, &(struct err){.text = "a path is too long"});
    memcpy(p->path, path, p->count * sizeof(path[0]));
}

static void flip(void *bytes, size_t size)
{
    ((uint8_t *)bytes)[below(size)] ^= (uint8_t)(1u << below(8));
}

static void proof_damage(struct proof *p)
{
    size_t at = p->count ? below(p->count) : 0;
    switch (below(9)) {
    case 0: flip(&p->root, sizeof(p->root)), p->done = "root"; break;
    case 1: p->is_inclusion ? flip(p->leaf, LEAF_MAX) : flip(&p->old_root, sizeof(p->old_root)), p->done = "leaf-or-old-root"; break;
    case 2: p->first += 1, p->done = "first+1"; break;
    case 3: p->first -= p->first > (p->is_inclusion ? 0 : 1), p->done = "first-1"; break;
    case 4: p->size += 1 + below(3), p->done = "size+"; break;
    case 5: p->size -= p->size > 1, p->done = "size-1"; break;
    case 6: p->path[p->count++] = below(2) ? p->root : p->path[at], p->done = "hash-added"; break;
    case 7:
        if (p->count) {
            memmove(p->path + at, p->path + at + 1, (--p->count - at) * sizeof(p->path[0]));
            p->done = "hash-removed";
        }
        break;
    default:
        if (p->count) {
            flip(&p->path[at], sizeof(p->path[0]));
            p->done = "hash";
        }
    }
}

/* The program's answer; assay-verify, which has its own code, must give the same. */
static bool proof_holds(const struct proof *p)
{
    if (!p->is_inclusion)
        return merkle_consistency_holds(p->first, p->old_root, p->size, p->root, p->path, p->count);
    struct sha256 hash = merkle_leaf_hash(str_make(p->leaf, LEAF_MAX));
    bool holds = merkle_inclusion_holds(p->first, p->size, hash, p->root, p->path, p->count);
    struct av_hash path[PATH_MAX_ + 1], leaf, root;
    memcpy(path, p->path, sizeof(path));
    memcpy(&leaf, &hash, sizeof(leaf));
    memcpy(&root, &p->root, sizeof(root));
    bool also = av_inclusion_holds(p->first, p->size, leaf, path, (int)p->count, &root);
    must(holds == also, &(struct err){.text = "assay-verify says something else"});
    return holds;
}

static void print_hex(const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", ((const uint8_t *)bytes)[i]);
}

static void proof_print(const struct proof *p)
{
    printf("%c %d %s %llu %llu ", p->is_inclusion ? 'I' : 'C', proof_holds(p), p->done, (unsigned long long)p->first,
           (unsigned long long)p->size);
    p->is_inclusion ? print_hex(p->leaf, LEAF_MAX) : print_hex(&p->old_root, SHA256_SIZE);
    putchar(' ');
    print_hex(&p->root, SHA256_SIZE);
    putchar(' ');
    for (size_t i = 0; i < p->count; i++) {
        if (i)
            putchar(',');
        print_hex(&p->path[i], SHA256_SIZE);
    }
    puts(p->count ? "" : "-");
}

int main(int argc, char **argv)
{
    static struct tree t;
    static struct proof p;
    int64_t count = 0, start = 0;
    if (argc != 3 || !str_to_int64(str_of(argv[1]), &count) || !str_to_int64(str_of(argv[2]), &start)) {
        fprintf(stderr, "usage: proofs COUNT SEED\n");
        return 2;
    }
    seed = (uint64_t)start;
    for (int64_t i = 0; i < count; i++) {
        if (i % 100 == 0)
            tree_grow(&t);
        proof_make(&t, &p);
        if (below(20) >= 9)
            proof_damage(&p);
        proof_print(&p);
    }
    return 0;
}
