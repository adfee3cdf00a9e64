/* A tile file. The first byte is its width (0: full). What is read has the tree over exactly these hashes. */
#include "ledger/internal.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memory_file file;
    if (size < 1)
        return 0;
    unsigned width = data[0] ? data[0] : TILE_WIDTH;
    struct str bytes = str_make(data + 1, size - 1);
    char path[TILE_PATH_SIZE];
    tile_path(0, 0, width, path);
    struct os_file_calls calls = memory_calls(&file, path, bytes);
    struct tile_store s;
    struct tile *t;
    struct err e = {0};
    tile_store_init(&s, &calls, -1, width);
    bool is_read = tile_get(&s, 0, 0, &t, &e);
    assert(is_read == (bytes.size == (size_t)width * SHA256_SIZE));
    assert(is_read || e.code == ERR_CORRUPT || e.code == ERR_TOO_LARGE);
    if (is_read) {
        struct merkle_frontier f = {.size = 0};
        struct sha256 root;
        for (unsigned i = 0; i < width; i++) {
            assert(memcmp(&t->nodes[0][i], bytes.data + (size_t)i * SHA256_SIZE, SHA256_SIZE) == 0);
            merkle_frontier_push(&f, t->nodes[0][i]);
        }
        struct merkle_nodes nodes = tile_store_nodes(&s);
        bool has_root = merkle_root(&nodes, width, &root, &e);
        assert(has_root && sha256_equal(root, merkle_frontier_root(&f)));
    }
    tile_store_release(&s);
    return 0;
}
