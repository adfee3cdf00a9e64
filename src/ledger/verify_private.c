#include "ledger/verify_internal.h"

#include "base/limits.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* E80, E82. The journal is followed as far as it goes, to know how many leaves are durable. */
void verify_state(struct verify *v)
{
    struct ledger_state state, slots[2];
    bool is_valid[2] = {false, false};
    struct err e = {0};
    struct guard guard = {.epoch = 0};
    if (!state_load(&os_file_real, v->private_dir, v->origin, &state, slots, is_valid, &e)) {
        verify_find(v, "E80", "%s", e.text);
        return;
    }
    for (int i = 0; i < 2; i++)
        if (!is_valid[i]) /* as a power cut leaves it: the other one holds, and the next write mends it */
            verify_find(v, "W80", "private/state.%d is damaged; state.%d is used, and the next write mends it", i, !i);
    v->durable = state.integrated.size;
    v->published = state.signed_head.size;
    if (!guard_read(&os_file_real, v->private_dir, &guard, &e))
        verify_find(v, "E82", "%s", e.text);
    else if (strcmp(guard.head.origin, v->origin) != 0)
        verify_find(v, "E82", "private/guard is of another ledger, %s", guard.head.origin);
    else if (guard.head.size < state.signed_head.size)
        verify_find(v, "E82", "private/guard knows %llu leaves, %llu were signed: it was rolled back",
                    (unsigned long long)guard.head.size, (unsigned long long)state.signed_head.size);
    else if (guard.head.size == state.signed_head.size && !sha256_equal(guard.head.root, state.signed_head.root))
        verify_find(v, "E82", "private/guard names another root for %llu leaves than was signed",
                    (unsigned long long)guard.head.size);
    else if (guard.epoch < state.epoch || guard.epoch > state.epoch + 1) /* it is a checkpoint ahead of the state at most */
        verify_find(v, "E82", "private/guard is of writer %llu, the state of writer %llu: somebody else writes this ledger",
                    (unsigned long long)guard.epoch, (unsigned long long)state.epoch);
    else if (guard.head.size > state.signed_head.size) /* as a crash leaves it between the guard and the state slot */
        v->guard = guard.head;
    int wal = openat(v->private_dir, "wal", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (wal < 0) {
        verify_find(v, "E81", "private/wal: %s", strerror(errno));
        return;
    }
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    struct journal_position position = state.position;
    struct journal_frame frame;
    struct err end = {0};
    while (journal_read(&os_file_real, wal, v->durable, &position, &bytes, &frame, &end) && frame.first_index == v->durable)
        v->durable = frame.size_after;
    char end_name[32];
    snprintf(end_name, sizeof(end_name), "%08llu.seg", (unsigned long long)position.segment);
    if (position.offset > 0 && faccessat(wal, end_name, F_OK, 0) != 0) /* the writer refuses it too */
        verify_find(v, "E81", "private/wal/%s, where the journal goes on, is missing", end_name);
    close(wal);
    if (guard.head.size > v->durable && e.code == ERR_NONE)
        verify_find(v, "E82", "private/guard knows %llu leaves, the journal ends at %llu: the ledger was cut or rolled back",
                    (unsigned long long)guard.head.size, (unsigned long long)v->durable);
}

static void guard_compare(struct verify *v, struct sha256 root)
{
    if (!sha256_equal(root, v->guard.root))
        verify_find(v, "E82", "private/guard names another root for %llu leaves than this ledger has", (unsigned long long)v->guard.size);
}

/* The leaves of one frame behind the signed ones. False when the frame is not what it says. */
static bool frame_check(struct verify *v, const struct journal_frame *f)
{
    struct str rest = f->leaves;
    if (f->first_index > v->tree.size)
        return false;
    for (uint64_t index = f->first_index; index < f->size_after; index++) {
        size_t size = rest.size < 2 ? 0 : (size_t)(uint8_t)rest.data[0] << 8 | (uint8_t)rest.data[1];
        if (size == 0 || size > rest.size - 2)
            return false;
        struct str leaf = str_slice(rest, 2, 2 + size);
        rest = str_slice(rest, 2 + size, rest.size);
        if (index < v->tree.size)
            continue; /* signed meanwhile, and checked there */
        struct sha256 h = merkle_leaf_hash(leaf);
        merkle_frontier_push(&v->tree, h);
        if (v->tree.size == v->guard.size)
            guard_compare(v, merkle_frontier_root(&v->tree));
        verify_leaf(v, index, leaf, h);
        v->report->unsigned_leaves++;
    }
    return rest.size == 0 && (f->size_after < v->tree.size || sha256_equal(merkle_frontier_root(&v->tree), f->root_after));
}

void verify_journal(struct verify *v)
{
    struct ledger_state state, slots[2];
    bool is_valid[2];
    struct err e = {0};
    struct sha256 root;
    struct merkle_nodes nodes = tile_store_nodes(&v->store);
    if (v->guard.size > 0 && v->guard.size <= v->head.size && merkle_root(&nodes, v->guard.size, &root, &e))
        guard_compare(v, root);
    int wal = openat(v->private_dir, "wal", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (wal < 0 || !state_load(&os_file_real, v->private_dir, v->origin, &state, slots, is_valid, &e)) {
        if (wal >= 0)
            close(wal);
        return; /* told by verify_state */
    }
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    struct journal_position position = state.position;
    uint64_t next = state.integrated.size;
    for (;;) {
        struct journal_frame frame;
        if (!journal_read(&os_file_real, wal, next, &position, &bytes, &frame, &e)) {
            if (e.code != ERR_NOT_FOUND)
                verify_find(v, "E81", "%s", e.text);
            break;
        }
        if (!frame_check(v, &frame)) {
            verify_find(v, "E81", "the journal frame of leaf %llu does not follow from the ledger",
                        (unsigned long long)frame.first_index);
            break;
        }
        next = frame.size_after;
    }
    close(wal);
    if (v->report->unsigned_leaves)
        verify_note(v, "%llu leaves are in the journal and not under a signed checkpoint yet",
                    (unsigned long long)v->report->unsigned_leaves);
}
