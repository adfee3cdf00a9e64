/* An entry bundle. The first byte is its width (0: full). What is read is the whole file, and joins to it again. */
#include "ledger/internal.h"
#include "target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memory_file file;
    uint32_t offsets[TILE_WIDTH + 1];
    if (size < 1)
        return 0;
    unsigned width = data[0] ? data[0] : TILE_WIDTH;
    struct str bytes = str_make(data + 1, size - 1);
    char path[TILE_PATH_SIZE];
    tile_path(LEVEL_ENTRIES, 0, width, path);
    struct os_file_calls calls = memory_calls(&file, path, bytes);
    struct tile_store s;
    struct err e = {0};
    struct buf BUF_AUTO read, again;
    buf_init(&read, BUNDLE_BYTES_MAX);
    buf_init(&again, BUNDLE_BYTES_MAX);
    tile_store_init(&s, &calls, -1, width);
    bool is_read = tile_read(&s, LEVEL_ENTRIES, 0, &read, &e), is_split = bundle_split(bytes, width, offsets);
    tile_store_release(&s);
    assert(is_read || e.code == ERR_CORRUPT);
    assert(is_read == (is_split && offsets[width] == bytes.size));
    if (!is_read)
        return 0;
    for (unsigned i = 0; i < width; i++) {
        assert(offsets[i] + 2 <= offsets[i + 1]);
        struct str leaf = str_slice(bytes, offsets[i] + 2, offsets[i + 1]);
        buf_u16be(&again, (uint16_t)leaf.size);
        buf_str(&again, leaf);
    }
    assert(str_equal(buf_view(&again), bytes) && str_equal(buf_view(&read), bytes));
    return 0;
}
