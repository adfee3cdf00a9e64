/* codec_fuzz.c - any bytes: refused as corrupt, or read so that writing gives the very same bytes. A libFuzzer target, and called
 * by table_test. */
#include "table/table.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct column columns[] = {
    {"name", COLUMN_TEXT, "", "A name."},
    {"size", COLUMN_INTEGER, "bytes", "A size."},
    {"note", COLUMN_TEXT, "", "Any bytes."},
};
static const struct table_schema things = {.name = "things",
                                           .version = 3,
                                           .words = "Things.",
                                           .criteria = "CC1.1",
                                           .example = "",
                                           .columns = columns,
                                           .column_count = 3};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 256 << 20);
    struct str bytes = str_make(data, size);
    struct err e = {0};
    int version = 0;
    struct rows *rows = rows_decode(a, &things, bytes, &version, &e);
    if (!rows) {
        assert(e.code == ERR_CORRUPT);
    } else if (version == things.version && str_starts(bytes, "{\"columns\":[\"name\",\"size\",\"note\"]")) {
        struct buf again;
        buf_init(&again, 256 << 20);
        rows_encode(rows, &again);
        assert(str_equal(buf_view(&again), bytes));
        buf_release(&again);
    }
    arena_free(a);
    return 0;
}
