#include "ledger/internal.h"

#include "base/limits.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char seal_start[] = "assay/leaf@v1 seal\n";

void ledger_path(const char *origin, char ret[80])
{
    char hex[2 * SHA256_SIZE + 1];
    struct sha256 h = sha256_of(str_of(origin));
    hex_encode(h.bytes, SHA256_SIZE, hex);
    snprintf(ret, 80, "ledger/%s", hex);
}

static int dir_open(const struct ledger_options *o, const char *path, struct err *e)
{
    int fd = o->calls->openat(o->calls->context, o->data_dir, path, O_RDONLY | O_DIRECTORY, 0);
    if (fd < 0)
        err_errno(e, errno, "open %s of the data directory", path);
    return fd;
}

static bool origin_check(const char *origin, struct err *e)
{
    size_t size = strlen(origin);
    if (size == 0 || size > 255 || strpbrk(origin, " +\n\t\r"))
        return err_set(e, ERR_INVALID, "origin '%.80s': 1 to 255 bytes without spaces and plus signs", origin);
    return true;
}

/* The state slots come last and in the order 1, 0: a creation that was cut short leaves no slot 0 and can be run again. */
static bool create_private(const struct ledger_options *o, int dir, struct err *e)
{
    struct guard guard = {.epoch = 0};
    struct ledger_state state = {.serial = 0, .root = sha256_of(STR(""))};
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, 8192);
    snprintf(guard.head.origin, sizeof(guard.head.origin), "%s", o->origin);
    guard.head.root = state.root;
    state.signed_head = guard.head;
    guard_encode(&guard, &bytes);
    if (!os_file_replace(o->calls, dir, "guard", buf_view(&bytes), 0600, e) ||
        !os_file_replace(o->calls, dir, "cp.log", STR(""), 0600, e))
        return false;
    for (int i = 1; i >= 0; i--) {
        buf_clear(&bytes);
        state.serial = (uint64_t)i;
        state_encode(&state, o->origin, &bytes);
        if (!os_file_replace(o->calls, dir, i ? "state.1" : "state.0", buf_view(&bytes), 0600, e))
            return false;
    }
    return true;
}

bool ledger_create(const struct ledger_options *o, struct err *e)
{
    char path[80];
    ledger_path(o->origin, path);
    if (!origin_check(o->origin, e) || !durable_dir_make(o->calls, o->data_dir, "private", 0700, true, e) ||
        !durable_dir_make(o->calls, o->data_dir, "private/wal", 0700, true, e) ||
        !durable_dir_make(o->calls, o->data_dir, path, 0755, true, e))
        return false;
    int dir = dir_open(o, "private", e);
    if (dir < 0)
        return false;
    struct buf BUF_AUTO there;
    struct err missing = {0};
    buf_init(&there, 8192);
    bool is_ok = true;
    if (os_file_read(o->calls, dir, "state.0", &there, &missing))
        is_ok = err_set(e, ERR_EXISTS, "the data directory holds a ledger already");
    else if (missing.code != ERR_NOT_FOUND) {
        *e = missing;
        is_ok = false;
    }
    is_ok = is_ok && create_private(o, dir, e);
    o->calls->close(o->calls->context, dir);
    return is_ok;
}

static bool lock_take(struct ledger *l, struct err *e)
{
    const struct os_file_calls *c = l->options.calls;
    l->lock = c->openat(c->context, l->private_dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW, 0600);
    if (l->lock < 0)
        return err_errno(e, errno, "open private/lock");
    if (c->lock(c->context, l->lock) != 0)
        return errno == EWOULDBLOCK ? err_set(e, ERR_CONFLICT, "the ledger is being written by another process (private/lock)")
                                    : err_errno(e, errno, "lock private/lock");
    return true;
}

struct ledger *ledger_open(const struct ledger_options *o, struct err *e)
{
    char path[80];
    if (!origin_check(o->origin, e))
        return NULL;
    struct ledger *l = calloc(1, sizeof(*l));
    if (!l) {
        err_set(e, ERR_LIMIT, "open the ledger: no memory");
        return NULL;
    }
    l->options = *o;
    snprintf(l->origin, sizeof(l->origin), "%s", o->origin);
    l->options.origin = l->origin;
    l->private_dir = l->ledger_dir = l->lock = l->journal.dir = l->journal.fd = -1;
    l->journal.calls = o->calls;
    l->journal.segment_bytes = o->journal_segment_bytes ? o->journal_segment_bytes : LIMIT_JOURNAL_SEGMENT_BYTES;
    for (int i = 0; i < 2; i++)
        buf_init(&l->frames[i], JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    buf_init(&l->read_back, JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    ledger_path(l->origin, path);
    bool is_ok = (l->private_dir = dir_open(o, "private", e)) >= 0 && lock_take(l, e) &&
                 (l->journal.dir = dir_open(o, "private/wal", e)) >= 0 && (l->ledger_dir = dir_open(o, path, e)) >= 0;
    edge_init(&l->edge, o->calls, l->ledger_dir);
    if (is_ok && ledger_recover(l, e) && (!o->is_pipelined || pipeline_start(l, e)))
        return l;
    ledger_close(l);
    return NULL;
}

struct ledger *ledger_close(struct ledger *l)
{
    if (!l)
        return NULL;
    const struct os_file_calls *c = l->options.calls;
    l->pipeline = pipeline_stop(l->pipeline);
    int fds[] = {l->journal.fd, l->journal.dir, l->ledger_dir, l->private_dir, l->lock}; /* the lock last */
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            c->close(c->context, fds[i]);
    for (int i = 0; i < 2; i++)
        buf_release(&l->frames[i]);
    buf_release(&l->read_back);
    edge_release(&l->edge);
    free(l);
    return NULL;
}

uint64_t ledger_size(const struct ledger *l)
{
    return l->pipeline ? pipeline_durable(l->pipeline) : l->durable.size;
}

uint64_t ledger_signed_size(const struct ledger *l)
{
    return l->head.size;
}

struct sha256 ledger_signed_root(const struct ledger *l)
{
    return l->head.root;
}

int64_t ledger_clock(struct ledger *l, bool *ret_jumped_back)
{
    int64_t now = env_now_ms(l->options.env);
    bool is_back = now < l->last_t;
    if (ret_jumped_back)
        *ret_jumped_back = is_back;
    if (!is_back)
        l->last_t = now;
    return l->last_t;
}

void ledger_count_blobs(struct ledger *l, uint32_t count, uint64_t stored_bytes)
{
    l->blob_count += count;
    l->blob_bytes += stored_bytes;
}

bool ledger_fail(struct ledger *l, const struct err *e)
{
    l->is_failed = true;
    if (e->code == ERR_UNAVAILABLE)
        reserve_give(l); /* it may be the disk that is full */
    snprintf(l->failure, sizeof(l->failure), "%.*s", (int)sizeof(l->failure) - 1, e->text);
    return false;
}

static bool refuse_if_failed(const struct ledger *l, struct err *e)
{
    return !l->is_failed || err_set(e, ERR_UNAVAILABLE, "the ledger stopped: %s", l->failure);
}

void ledger_note_leaf(struct ledger *l, uint64_t index, struct str leaf, struct sha256 hash)
{
    if (!str_starts(leaf, seal_start))
        return;
    l->seal_sequence++;
    l->seal_leaf = hash;
    l->sealed_to = index + 1; /* a seal covers itself */
}

static bool batch_check(const struct str *leaves, size_t count, struct err *e)
{
    if (count == 0 || count > LIMIT_BATCH_LEAVES)
        return err_set(e, ERR_LIMIT, "append %zu leaves: 1 to %d at once", count, LIMIT_BATCH_LEAVES);
    for (size_t i = 0; i < count; i++)
        if (leaves[i].size == 0 || leaves[i].size > LIMIT_LEAF_BYTES)
            return err_set(e, ERR_TOO_LARGE, "append a leaf of %zu bytes: 1 to %d", leaves[i].size, LIMIT_LEAF_BYTES);
    return true;
}

/* I1: no leaf is acknowledged before its frame is synced: without a pipeline that is here, with one in ledger_append_wait. */
static bool frame_send(struct ledger *l, const struct journal_frame *frame, const struct str *leaves, struct err *e)
{
    struct journal_write write;
    struct buf *out = &l->frames[0];
    bool is_new_segment = !journal_fits(&l->journal, journal_frame_size(leaves, frame->count));
    if (l->pipeline && !pipeline_frame(l->pipeline, is_new_segment, &out, e))
        return ledger_fail(l, e);
    if (!journal_prepare(&l->journal, frame, leaves, out, &write, e))
        return e->code == ERR_UNCERTAIN ? ledger_fail(l, e) : false;
    if (l->pipeline)
        pipeline_commit(l->pipeline, &write, frame->size_after);
    else if (!journal_commit(&l->journal, &write, e))
        return ledger_fail(l, e);
    return true;
}

static bool append(struct ledger *l, const struct str *leaves, size_t count, uint64_t *ret_first_index, struct err *e)
{
    if (!refuse_if_failed(l, e) || !batch_check(leaves, count, e))
        return false;
    struct merkle_frontier next = l->durable;
    uint64_t seal_sequence = l->seal_sequence, sealed_to = l->sealed_to;
    struct sha256 seal_leaf = l->seal_leaf;
    merkle_leaf_hashes(leaves, count, l->hashes);
    for (size_t i = 0; i < count; i++)
        ledger_note_leaf(l, next.size + i, leaves[i], l->hashes[i]);
    merkle_frontier_push_many(&next, l->hashes, count);
    struct journal_frame frame = {.first_index = l->durable.size,
                                  .count = (uint32_t)count,
                                  .size_after = next.size,
                                  .t_ms = l->last_t,
                                  .blob_count = l->blob_count,
                                  .blob_bytes = l->blob_bytes,
                                  .root_after = merkle_frontier_root(&next)};
    if (!frame_send(l, &frame, leaves, e)) {
        l->seal_sequence = seal_sequence;
        l->sealed_to = sealed_to;
        l->seal_leaf = seal_leaf;
        return false;
    }
    *ret_first_index = l->durable.size;
    l->durable = next;
    l->unsealed_blob_count += l->blob_count;
    l->unsealed_blob_bytes += l->blob_bytes;
    l->blob_count = 0;
    l->blob_bytes = 0;
    return true;
}

bool ledger_append_begin(struct ledger *l, const struct str *leaves, size_t count, uint64_t *ret_first_index, struct err *e)
{
    for (size_t i = 0; i < count; i++)
        if (str_starts(leaves[i], seal_start))
            return err_set(e, ERR_INVALID, "append: seals are the ledger's own leaves");
    if (!refuse_if_failed(l, e) || !reserve_take(l, e))
        return false;
    return append(l, leaves, count, ret_first_index, e);
}

bool ledger_append_wait(struct ledger *l, struct err *e)
{
    return refuse_if_failed(l, e) && (!l->pipeline || pipeline_wait(l->pipeline, false, e) || ledger_fail(l, e));
}

bool ledger_append(struct ledger *l, const struct str *leaves, size_t count, uint64_t *ret_first_index, struct err *e)
{
    uint64_t first_index = 0;
    if (!ledger_append_begin(l, leaves, count, &first_index, e) || !ledger_append_wait(l, e))
        return false;
    *ret_first_index = first_index;
    return true;
}

static bool add_seal(struct ledger *l, struct err *e)
{
    struct buf BUF_AUTO leaf;
    uint64_t index = 0;
    buf_init(&leaf, LIMIT_LEAF_BYTES);
    if (!ledger_seal_leaf(l, &leaf, e))
        return false;
    struct str view = buf_view(&leaf);
    if (!append(l, &view, 1, &index, e))
        return false;
    l->unsealed_blob_count = l->unsealed_blob_bytes = 0;
    return true;
}

bool ledger_tiles_advance(struct ledger *l, struct err *e)
{
    struct journal_frame frame;
    if (!journal_read(l->options.calls, l->journal.dir, l->edge.size, &l->tiles_position, &l->read_back, &frame, e))
        return err_set(e, ERR_CORRUPT, "the journal cannot be read back at leaf %llu", (unsigned long long)l->edge.size);
    if (frame.first_index != l->edge.size)
        return err_set(e, ERR_CORRUPT, "the journal read back starts at leaf %llu, not %llu",
                       (unsigned long long)frame.first_index, (unsigned long long)l->edge.size);
    return edge_push_framed(&l->edge, frame.leaves, frame.count, e);
}

/* Journal to tiles. I3: the root of what was read again must be the root that was acknowledged. */
static bool build_tiles(struct ledger *l, struct err *e)
{
    if (l->pipeline && !pipeline_wait(l->pipeline, true, e))
        return false;
    while (l->edge.size < l->durable.size)
        if (!ledger_tiles_advance(l, e))
            return false;
    if (!sha256_equal(edge_root(&l->edge), merkle_frontier_root(&l->durable)))
        return err_set(e, ERR_CORRUPT, "the journal read back has another root than what was acknowledged");
    return edge_flush(&l->edge, e);
}

/* The note for the tree as it stands, signed by a signer that has seen the proof from its own last head. */
static bool get_signed(struct ledger *l, const struct checkpoint *next, struct buf *ret_note, struct err *e)
{
    const struct ledger_signer *signer = &l->options.signer;
    struct checkpoint old = l->head, parsed;
    struct sha256 proof[128];
    size_t proof_count = 0;
    struct str text, lines;
    if (signer->head && !signer->head(signer->context, &old, e))
        return err_wrap(e, "signer");
    if (old.size > next->size || old.size < l->head.size)
        return err_set(
            e, ERR_CORRUPT,
            "the signer has signed %llu leaves, this ledger has %llu and knows of %llu signed: one of them was rolled back",
            (unsigned long long)old.size, (unsigned long long)next->size, (unsigned long long)l->head.size);
    struct tile_store store;
    tile_store_init(&store, l->options.calls, l->ledger_dir, next->size);
    struct merkle_nodes nodes = tile_store_nodes(&store);
    bool is_ok = merkle_consistency(&nodes, old.size, next->size, proof, &proof_count, e);
    tile_store_release(&store);
    if (!is_ok)
        return false;
    if (!merkle_consistency_holds(old.size, old.root, next->size, next->root, proof, proof_count))
        return err_set(e, ERR_CORRUPT, "this ledger does not extend the head of %llu leaves that was signed",
                       (unsigned long long)old.size);
    if (!signer->sign(signer->context, &old, next, proof, proof_count, ret_note, e))
        return err_wrap(e, "signer");
    if (!checkpoint_parse(buf_view(ret_note), &parsed, &text, &lines, e))
        return err_wrap(e, "signer");
    if (parsed.size != next->size || !sha256_equal(parsed.root, next->root) || strcmp(parsed.origin, next->origin) != 0)
        return err_set(e, ERR_INTERNAL, "the signer signed another checkpoint than it was given");
    return true;
}

static bool cp_log_append(struct ledger *l, struct str note, struct err *e)
{
    const struct os_file_calls *c = l->options.calls;
    struct buf BUF_AUTO record;
    buf_init(&record, note.size + 64);
    cp_log_encode(note, &record);
    int fd = c->openat(c->context, l->private_dir, "cp.log", O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(e, errno, "open private/cp.log");
    ssize_t n = c->pwrite(c->context, fd, record.data, record.size, (off_t)l->cp_log_bytes);
    bool is_ok = (size_t)n == record.size || err_errno(e, n < 0 ? errno : ENOSPC, "write private/cp.log");
    is_ok = is_ok && (c->fdatasync(c->context, fd) == 0 || err_errno(e, errno, "sync private/cp.log"));
    c->close(c->context, fd);
    if (is_ok) {
        l->cp_log_last = l->cp_log_bytes;
        l->cp_log_bytes += record.size;
    }
    return is_ok;
}

/* I4: cp.log, then the guard, and only then does a byte of the checkpoint leave. I6: the state slot comes after all, so that the
 * journal is needed until everything it led to is durable. */
static bool publish(struct ledger *l, const struct checkpoint *next, struct str note, struct err *e)
{
    const struct os_file_calls *c = l->options.calls;
    struct guard guard = {.head = *next, .epoch = l->state.epoch};
    if (!cp_log_append(l, note, e) || !guard_advance(c, l->private_dir, &l->guard, &guard, e))
        return false;
    l->guard = guard;
    l->head = *next;
    if (!os_file_replace(c, l->ledger_dir, "checkpoint", note, 0644, e))
        return false;
    struct ledger_state s = {.serial = l->state.serial + 1,
                             .epoch = l->state.epoch,
                             .integrated = l->durable,
                             .root = next->root,
                             .position = l->tiles_position,
                             .last_t = l->last_t,
                             .seal_sequence = l->seal_sequence,
                             .seal_leaf = l->seal_leaf,
                             .sealed_to = l->sealed_to,
                             .cp_log_bytes = l->cp_log_bytes,
                             .cp_log_last = l->cp_log_last,
                             .signed_head = *next};
    if (!state_save(c, l->private_dir, l->origin, &s, e))
        return false;
    l->state = s;
    l->slots[s.serial & 1] = s;
    uint64_t other = l->slots[!(s.serial & 1)].position.segment;
    journal_drop_before(&l->journal, other < s.position.segment ? other : s.position.segment, &l->first_segment);
    edge_collect(&l->edge);
    return true;
}

void ledger_set_beacon(struct ledger *l, struct sha256 digest)
{
    l->beacon = digest;
    l->has_beacon = true;
}

bool ledger_heartbeat(struct ledger *l, struct err *e)
{
    if (!refuse_if_failed(l, e) || (l->durable.size == l->sealed_to && !add_seal(l, e)))
        return false;
    return ledger_integrate(l, e);
}

bool ledger_integrate(struct ledger *l, struct err *e)
{
    if (!refuse_if_failed(l, e))
        return false;
    if (l->durable.size > l->sealed_to && !add_seal(l, e)) {
        if (l->is_failed || e->code != ERR_UNAVAILABLE || !l->has_reserve)
            return false;
        reserve_give(l); /* nothing was written: there was no room for the seal, and now there is */
        *e = (struct err){0};
        if (!add_seal(l, e))
            return false;
    }
    if (l->durable.size == l->head.size && l->state.integrated.size == l->durable.size)
        return true;
    if (!build_tiles(l, e))
        return ledger_fail(l, e);
    struct checkpoint next = {.size = l->durable.size, .root = edge_root(&l->edge)};
    snprintf(next.origin, sizeof(next.origin), "%s", l->origin);
    struct buf BUF_AUTO note;
    buf_init(&note, 64 << 10);
    if (!get_signed(l, &next, &note, e))
        return e->code == ERR_CORRUPT ? ledger_fail(l, e) : false;
    return publish(l, &next, buf_view(&note), e) || ledger_fail(l, e);
}

bool ledger_replay(struct ledger *l, uint64_t from, bool (*each)(void *context, uint64_t index, struct str leaf, struct err *e),
                   void *context, struct err *e)
{
    uint64_t index = from;
    bool is_ok = true;
    struct tile_store store;
    tile_store_init(&store, l->options.calls, l->ledger_dir, l->state.integrated.size);
    for (; is_ok && index < l->state.integrated.size; index++) {
        struct str leaf;
        is_ok = tile_store_leaf(&store, index, &leaf, e) && each(context, index, leaf, e);
    }
    tile_store_release(&store);
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, JOURNAL_HEADER_SIZE + (size_t)LIMIT_JOURNAL_SEGMENT_BYTES);
    struct journal_position position = l->state.position;
    while (is_ok && index < l->durable.size) {
        struct journal_frame frame;
        if (!journal_read(l->options.calls, l->journal.dir, index, &position, &bytes, &frame, e))
            return e->code == ERR_NOT_FOUND ? err_set(e, ERR_CORRUPT, "the journal ends at leaf %llu of %llu",
                                                      (unsigned long long)index, (unsigned long long)l->durable.size)
                                            : false;
        struct str rest = frame.leaves;
        for (uint64_t i = frame.first_index; is_ok && i < frame.size_after; i++) {
            size_t size = (size_t)(uint8_t)rest.data[0] << 8 | (uint8_t)rest.data[1]; /* recovery checked the framing */
            if (i >= index) {
                is_ok = each(context, i, str_slice(rest, 2, 2 + size), e);
                index = i + 1;
            }
            rest = str_slice(rest, 2 + size, rest.size);
        }
    }
    return is_ok;
}
