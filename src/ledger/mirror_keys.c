#include "ledger/mirror_keys.h"
#include "ledger/internal.h"

enum { LEAF_ARENA_BYTES = 8 << 20 };
static const char key_leaf[] = "assay/leaf@v1 key\n";

bool mirror_keys_read(const struct os_file_calls *calls, int log_dir, const struct checkpoint *head, struct ledger_keys *ret,
                      struct err *e)
{
    struct tile_store store;
    struct merkle_frontier tree = {.size = 0};
    struct arena *a = arena_new("one key leaf", LEAF_ARENA_BYTES);
    bool ok = true;
    tile_store_init(&store, calls, log_dir, head->size);
    *ret = (struct ledger_keys){.count = 0};
    for (uint64_t i = 0; ok && i < head->size; i++) {
        struct str bytes;
        struct leaf leaf;
        struct err flawed = {0};
        if (!(ok = tile_store_leaf(&store, i, &bytes, e)))
            break;
        merkle_frontier_push(&tree, merkle_leaf_hash(bytes));
        if (!str_starts(bytes, key_leaf))
            continue;
        arena_reset(a);
        if (leaf_parse(a, bytes, &leaf, &flawed))
            (void)!ledger_keys_apply(ret, head->origin, i, json_get(leaf.json, "key"), leaf.signatures, &flawed);
    }
    tile_store_release(&store);
    arena_free(a);
    if (ok && !sha256_equal(merkle_frontier_root(&tree), head->root))
        ok = err_set(e, ERR_CORRUPT, "the leaves of the copy do not give the root of its checkpoint");
    return ok;
}
