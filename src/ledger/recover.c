/*
 * Opening for writing: newest valid state slot, then the frames of the journal while they hold together, then cp.log, the guard
 * and the published checkpoint. If any of those knows more than the journal holds, or another root, the ledger refuses to be
 * written.
 */
#include "ledger/internal.h"

#include "base/limits.h"
#include <errno.h>
#include <fcntl.h>

enum { CP_LOG_TAIL_MAX = 64 << 20 };

/* Heads that were recorded somewhere and must be found again while replaying. */
struct witness {
    const char *name;
    struct checkpoint head;
    bool is_known;
    bool is_met;
};

static void witness_meet(struct witness *w, uint64_t size, struct sha256 root)
{
    if (w->is_known && w->head.size == size && sha256_equal(w->head.root, root))
        w->is_met = true;
}

/* Bytes of a file from `offset` on. */
static bool file_tail(const struct os_file_calls *c, int dir, const char *name, uint64_t offset, struct buf *out, struct err *e)
{
    int fd = c->openat(c->context, dir, name, O_RDONLY | O_NOFOLLOW, 0);
    if (fd < 0)
        return err_errno(e, errno, "open private/%s", name);
    char piece[16 << 10];
    bool is_ok = true;
    while (is_ok) {
        ssize_t n = c->pread(c->context, fd, piece, sizeof(piece), (off_t)(offset + out->size));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            is_ok = err_errno(e, errno, "read private/%s", name);
        if (n <= 0)
            break;
        buf_append(out, piece, (size_t)n);
        if (out->full)
            is_ok = err_set(e, ERR_TOO_LARGE, "private/%s has grown by more than %zu bytes since the last state", name,
                            out->size_max);
    }
    c->close(c->context, fd);
    return is_ok;
}

/* The newest checkpoint that cp.log holds. Its record that the state slot names must be there; records behind it come from a
 * crash between cp.log and the slot; a torn one at the very end never left the machine and is overwritten. */
static bool cp_log_recover(struct ledger *l, struct err *e)
{
    const struct ledger_state *s = &l->state;
    struct buf BUF_AUTO tail;
    buf_init(&tail, CP_LOG_TAIL_MAX);
    if (!file_tail(l->options.calls, l->private_dir, "cp.log", s->cp_log_last, &tail, e)) {
        if (e->code == ERR_NOT_FOUND)
            e->code = ERR_CORRUPT;
        return false;
    }
    l->head = s->signed_head;
    uint64_t offset = 0;
    struct str note;
    for (uint64_t start = 0; cp_log_record(buf_view(&tail), &offset, &note); start = offset) {
        struct checkpoint c;
        struct str text, lines;
        if (!checkpoint_parse(note, &c, &text, &lines, e) || strcmp(c.origin, l->origin) != 0 || c.size < l->head.size)
            return err_set(e, ERR_CORRUPT, "private/cp.log: the record at byte %llu is no checkpoint that follows",
                           (unsigned long long)(s->cp_log_last + start));
        if (start == 0 && s->signed_head.size > 0 &&
            (c.size != s->signed_head.size || !sha256_equal(c.root, s->signed_head.root)))
            return err_set(e, ERR_CORRUPT, "private/cp.log does not hold the checkpoint of %llu leaves that the state names",
                           (unsigned long long)s->signed_head.size);
        l->head = c;
        l->cp_log_last = s->cp_log_last + start;
    }
    l->cp_log_bytes = s->cp_log_last + offset;
    if (l->cp_log_bytes < s->cp_log_bytes)
        return err_set(e, ERR_CORRUPT, "private/cp.log was cut: %llu valid bytes where %llu were recorded",
                       (unsigned long long)l->cp_log_bytes, (unsigned long long)s->cp_log_bytes);
    return true;
}

/* The hashes of a frame's leaves, the chain of seals, the root: everything that makes the frame part of this ledger. */
static bool frame_replay(struct ledger *l, const struct journal_frame *f, struct err *e)
{
    struct str rest = f->leaves;
    if (f->first_index != l->durable.size)
        return err_set(e, ERR_CORRUPT, "the journal goes on with leaf %llu where %llu is due", (unsigned long long)f->first_index,
                       (unsigned long long)l->durable.size);
    for (uint32_t left = f->count; left > 0;) {
        struct str leaves[TILE_WIDTH];
        struct sha256 hashes[TILE_WIDTH];
        uint32_t taken = left < TILE_WIDTH ? left : TILE_WIDTH;
        if (!framed_take(&rest, taken, leaves))
            return err_set(e, ERR_CORRUPT, "the journal frame of leaf %llu is malformed", (unsigned long long)f->first_index);
        merkle_leaf_hashes(leaves, taken, hashes);
        for (uint32_t i = 0; i < taken; i++) {
            uint64_t index = l->durable.size + i;
            ledger_note_leaf(l, index, leaves[i], hashes[i]);
            if (l->sealed_to == index + 1)
                l->unsealed_blob_count = l->unsealed_blob_bytes = 0;
        }
        merkle_frontier_push_many(&l->durable, hashes, taken);
        left -= taken;
    }
    if (rest.size != 0 || !sha256_equal(merkle_frontier_root(&l->durable), f->root_after))
        return err_set(e, ERR_CORRUPT, "the journal frame of leaf %llu does not have the root it names",
                       (unsigned long long)f->first_index);
    if (l->sealed_to != l->durable.size) {
        l->unsealed_blob_count += f->blob_count;
        l->unsealed_blob_bytes += f->blob_bytes;
    }
    if (f->t_ms > l->last_t)
        l->last_t = f->t_ms;
    return true;
}

static bool journal_replay(struct ledger *l, struct witness *witnesses, size_t witness_count, struct err *e)
{
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    struct journal_position position = l->state.position;
    for (;;) {
        struct sha256 root = merkle_frontier_root(&l->durable);
        for (size_t i = 0; i < witness_count; i++)
            witness_meet(&witnesses[i], l->durable.size, root);
        struct journal_frame frame;
        struct err end = {0};
        if (!journal_read(l->options.calls, l->journal.dir, l->durable.size, &position, &bytes, &frame, &end)) {
            if (end.code == ERR_NOT_FOUND)
                break;
            *e = end;
            return false;
        }
        if (!frame_replay(l, &frame, e))
            return false;
    }
    l->journal.end = position;
    for (size_t i = 0; i < witness_count; i++) {
        const struct witness *w = &witnesses[i];
        if (w->is_known && !w->is_met)
            return w->head.size > l->durable.size
                       ? err_set(e, ERR_CORRUPT,
                                 "%s knows %llu leaves, the journal ends at %llu: the ledger was cut or rolled back", w->name,
                                 (unsigned long long)w->head.size, (unsigned long long)l->durable.size)
                       : err_set(e, ERR_CORRUPT, "%s names another root for %llu leaves", w->name,
                                 (unsigned long long)w->head.size);
    }
    return true;
}

/* The published checkpoint, which must not be ahead of cp.log (I4). */
static bool published_check(struct ledger *l, struct witness *w, struct err *e)
{
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, 1 << 20);
    struct err missing = {0};
    if (!os_file_read(l->options.calls, l->ledger_dir, "checkpoint", &bytes, &missing)) {
        if (missing.code == ERR_NOT_FOUND && l->state.signed_head.size == 0)
            return true;
        *e = missing;
        if (missing.code == ERR_NOT_FOUND)
            e->code = ERR_CORRUPT;
        return err_wrap(e, "checkpoint");
    }
    struct str text, lines;
    if (!checkpoint_parse(buf_view(&bytes), &w->head, &text, &lines, e))
        return false;
    if (strcmp(w->head.origin, l->origin) != 0)
        return err_set(e, ERR_CORRUPT, "the published checkpoint is of another ledger, %s", w->head.origin);
    if (w->head.size > l->head.size)
        return err_set(e, ERR_CORRUPT, "the published checkpoint has %llu leaves, private/cp.log knows of %llu",
                       (unsigned long long)w->head.size, (unsigned long long)l->head.size);
    if (w->head.size < l->state.signed_head.size)
        return err_set(e, ERR_CORRUPT, "the published checkpoint has %llu leaves, %llu were published before",
                       (unsigned long long)w->head.size, (unsigned long long)l->state.signed_head.size);
    w->is_known = true;
    return true;
}

/* Death came between cp.log and the published checkpoint: what was signed is shown now and not with the next seal. Its tiles were
 * durable before it was signed. I4: the guard goes first. */
static bool publish_signed(struct ledger *l, struct err *e)
{
    const struct os_file_calls *c = l->options.calls;
    struct buf BUF_AUTO tail;
    struct str note;
    uint64_t offset = 0;
    struct guard guard = {.head = l->head, .epoch = l->state.epoch};
    buf_init(&tail, CP_LOG_TAIL_MAX);
    if (!file_tail(c, l->private_dir, "cp.log", l->cp_log_last, &tail, e))
        return false;
    if (!cp_log_record(buf_view(&tail), &offset, &note))
        return err_set(e, ERR_CORRUPT, "private/cp.log: its last record cannot be read again");
    if (l->guard.head.size < l->head.size && !guard_advance(c, l->private_dir, &l->guard, &guard, e))
        return false;
    if (l->guard.head.size < l->head.size)
        l->guard = guard;
    return os_file_replace(c, l->ledger_dir, "checkpoint", note, 0644, e);
}

bool ledger_recover(struct ledger *l, struct err *e)
{
    bool is_valid[2];
    struct witness witnesses[3] = {{.name = "private/cp.log"}, {.name = "private/guard"}, {.name = "the published checkpoint"}};
    if (!state_load(l->options.calls, l->private_dir, l->origin, &l->state, l->slots, is_valid, e) || !cp_log_recover(l, e) ||
        !guard_read(l->options.calls, l->private_dir, &l->guard, e) || !published_check(l, &witnesses[2], e))
        return false;
    if (strcmp(l->guard.head.origin, l->origin) != 0 || l->guard.head.size < l->state.signed_head.size ||
        l->guard.head.size > l->head.size)
        return err_set(e, ERR_CORRUPT, "private/guard knows %llu leaves of %s; private/cp.log says %llu: rolled back or replaced",
                       (unsigned long long)l->guard.head.size, l->guard.head.origin, (unsigned long long)l->head.size);
    witnesses[0].head = l->head;
    witnesses[1].head = l->guard.head;
    witnesses[0].is_known = witnesses[1].is_known = true;
    l->durable = l->state.integrated;
    l->last_t = l->state.last_t;
    l->seal_sequence = l->state.seal_sequence;
    l->seal_leaf = l->state.seal_leaf;
    l->sealed_to = l->state.sealed_to;
    l->tiles_position = l->state.position;
    l->first_segment =
        l->slots[0].position.segment < l->slots[1].position.segment ? l->slots[0].position.segment : l->slots[1].position.segment;
    if (!edge_load(&l->edge, l->state.integrated.size, l->state.root, e) || !journal_replay(l, witnesses, 3, e) ||
        !journal_trim(&l->journal, e))
        return false;
    l->edge.is_resuming = l->durable.size > l->state.integrated.size;
    l->state.epoch++; /* fencing: the guard learns of this writer with its first checkpoint */
    return l->head.size == witnesses[2].head.size || publish_signed(l, e);
}
