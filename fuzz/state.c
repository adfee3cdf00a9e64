/* What recovery reads beside the journal: state slots, records of cp.log, the guard. What is read is written as it was. */
#include "ledger/internal.h"
#include "target.h"

enum { SLOT_SIZE = 4096, ORIGIN_OFFSET = 8 };

/* Of any ledger, and with a checksum that fits: or nothing would be behind them. */
static bool slot_read(struct str bytes, struct ledger_state *ret)
{
    char slot[SLOT_SIZE];
    if (bytes.size != SLOT_SIZE)
        return state_decode(bytes, "o", ret);
    memcpy(slot, bytes.data, SLOT_SIZE);
    struct sha256 origin = sha256_of(STR("o"));
    memcpy(slot + ORIGIN_OFFSET, origin.bytes, SHA256_SIZE);
    struct sha256 sum = sha256_of(str_make(slot, SLOT_SIZE - SHA256_SIZE));
    memcpy(slot + SLOT_SIZE - SHA256_SIZE, sum.bytes, SHA256_SIZE);
    return state_decode(str_make(slot, SLOT_SIZE), "o", ret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct memory_file file;
    struct str bytes = str_make(data, size), note;
    struct ledger_state state;
    struct guard guard;
    struct err e = {0};
    uint64_t offset = 0;
    struct buf BUF_AUTO again;
    buf_init(&again, 1 << 20);
    if (slot_read(bytes, &state)) { /* hashes of a frontier that its size does not need are not kept */
        struct ledger_state second;
        struct buf BUF_AUTO third;
        buf_init(&third, 1 << 20);
        state_encode(&state, "o", &again);
        bool is_read = state_decode(buf_view(&again), "o", &second);
        assert(is_read && second.serial == state.serial);
        state_encode(&second, "o", &third);
        assert(str_equal(buf_view(&again), buf_view(&third)));
    }
    for (uint64_t from = 0; cp_log_record(bytes, &offset, &note); from = offset) {
        buf_clear(&again);
        cp_log_encode(note, &again);
        assert(offset > from && str_equal(buf_view(&again), str_slice(bytes, from, offset)));
    }
    struct os_file_calls calls = memory_calls(&file, "guard", bytes);
    if (guard_read(&calls, -1, &guard, &e)) {
        buf_clear(&again);
        guard_encode(&guard, &again);
        assert(str_equal(buf_view(&again), bytes));
    }
    return 0;
}
