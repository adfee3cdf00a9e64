/* Journal frames: a segment of any bytes ends somewhere; each frame before is written as it was. The checksum of the first frame and
 * the chain are made to fit, or nothing would be behind them. */
#include "ledger/internal.h"
#include "target.h"

enum { DATA_SIZE_OFFSET = 8, INDEX_OFFSET = 16, PREVIOUS_OFFSET = 52, CHECKSUM_OFFSET = 116 };

/* The index of the first leaf, which is due. */
static uint64_t mend(struct buf *b, struct journal_position *position)
{
    uint64_t next = 0;
    if (b->size < JOURNAL_HEADER_SIZE)
        return 0;
    for (int i = 0; i < 8; i++)
        next = next << 8 | (uint8_t)b->data[INDEX_OFFSET + i];
    memcpy(position->previous.bytes, b->data + PREVIOUS_OFFSET, SHA256_SIZE);
    uint32_t size = 0;
    for (int i = 0; i < 4; i++)
        size = size << 8 | (uint8_t)b->data[DATA_SIZE_OFFSET + i];
    if (size > b->size - JOURNAL_HEADER_SIZE)
        return next;
    struct str all = buf_view(b);
    uint32_t crc = crc32c_add(crc32c_add(0, str_slice(all, 0, CHECKSUM_OFFSET)),
                              str_slice(all, JOURNAL_HEADER_SIZE, JOURNAL_HEADER_SIZE + (size_t)size));
    for (int i = 0; i < 4; i++)
        b->data[CHECKSUM_OFFSET + i] = (char)(crc >> (24 - 8 * i));
    return next;
}

/* The frame, appended to an empty journal that ends where this one began. */
static void again_property(struct journal_position from, const struct journal_frame *frame, struct str bytes)
{
    static struct str leaves[1 << 16];
    struct str rest = frame->leaves;
    if (frame->count > sizeof(leaves) / sizeof(leaves[0]))
        return;
    for (uint32_t i = 0; i < frame->count; i++) {
        size_t size = rest.size < 2 ? 0 : (size_t)((uint8_t)rest.data[0] << 8 | (uint8_t)rest.data[1]);
        if (rest.size < 2 + size)
            return; /* the framing of leaves is the reader's next check */
        leaves[i] = str_slice(rest, 2, 2 + size);
        rest = str_slice(rest, 2 + size, rest.size);
    }
    if (rest.size > 0)
        return;
    enum { ROOM = 64 << 20 };
    struct journal j = {.calls = &os_file_real, .dir = -1, .fd = 0, .allocated = ROOM, .written = ROOM, .segment_bytes = ROOM,
                        .end = {0, 0, from.previous}};
    struct journal_write w;
    struct err e = {0};
    struct buf BUF_AUTO again;
    buf_init(&again, ROOM);
    bool is_ok = journal_prepare(&j, frame, leaves, &again, &w, &e); /* into a segment that has the room; nothing is written */
    assert(is_ok && str_equal(w.bytes, bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char path[] = "00000000.seg";
    static struct memory_file file;
    struct buf BUF_AUTO segment, frame_bytes;
    struct journal_position position = {0};
    struct journal_frame frame;
    struct err e = {0};
    buf_init(&segment, 1 << 24);
    buf_init(&frame_bytes, 128 << 20);
    buf_append(&segment, data, size);
    uint64_t next = mend(&segment, &position);
    struct os_file_calls calls = memory_calls(&file, path, buf_view(&segment));
    for (;;) {
        struct journal_position from = position;
        if (!journal_read(&calls, -1, next, &position, &frame_bytes, &frame, &e))
            break;
        assert(position.offset > from.offset && position.offset <= segment.size && frame.count > 0);
        next = frame.size_after;
        again_property(from, &frame, buf_view(&frame_bytes));
    }
    assert(e.code == ERR_NOT_FOUND || e.code == ERR_CORRUPT);
    return 0;
}
