/*
 * The small durable files beside the journal: two state slots written in turn (the newest valid one wins), cp.log (every signed
 * checkpoint) and the guard (the head that must not be rolled back, a compare-and-swap cell).
 */
#include "ledger/internal.h"

#include "base/cursor.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>

static const char state_magic[] = "ASST";
static const char cp_magic[] = "ACPL";
enum { STATE_VERSION = 1, STATE_SIZE = 4096, NOTE_BYTES_MAX = 1 << 20 };

static void hash_put(struct buf *out, struct sha256 h)
{
    buf_append(out, h.bytes, SHA256_SIZE);
}

static struct sha256 hash_take(struct cursor *c)
{
    struct sha256 h = {{0}};
    struct str bytes = cursor_take(c, SHA256_SIZE);
    if (!c->failed)
        memcpy(h.bytes, bytes.data, SHA256_SIZE);
    return h;
}

void state_encode(const struct ledger_state *s, const char *origin, struct buf *out)
{
    static const char zeros[STATE_SIZE];
    buf_append(out, state_magic, 4);
    buf_u32be(out, STATE_VERSION);
    hash_put(out, sha256_of(str_of(origin)));
    buf_u64be(out, s->serial);
    buf_u64be(out, s->epoch);
    buf_u64be(out, s->integrated.size);
    for (unsigned k = 0; k < 64; k++)
        hash_put(out, s->integrated.size >> k & 1 ? s->integrated.hashes[k] : (struct sha256){{0}});
    hash_put(out, s->root);
    buf_u64be(out, s->position.segment);
    buf_u64be(out, s->position.offset);
    hash_put(out, s->position.previous);
    buf_u64be(out, (uint64_t)s->last_t);
    buf_u64be(out, s->seal_sequence);
    hash_put(out, s->seal_leaf);
    buf_u64be(out, s->sealed_to);
    buf_u64be(out, s->cp_log_bytes);
    buf_u64be(out, s->cp_log_last);
    buf_u64be(out, s->signed_head.size);
    hash_put(out, s->signed_head.root);
    buf_append(out, zeros, STATE_SIZE - SHA256_SIZE - out->size);
    hash_put(out, sha256_of(buf_view(out)));
}

bool state_decode(struct str bytes, const char *origin, struct ledger_state *ret)
{
    if (bytes.size != STATE_SIZE)
        return false;
    struct cursor c = cursor_of(bytes);
    struct ledger_state s = {.serial = 0};
    if (!str_is(cursor_take(&c, 4), state_magic) || cursor_u32be(&c) != STATE_VERSION ||
        !sha256_equal(hash_take(&c), sha256_of(str_of(origin))))
        return false;
    s.serial = cursor_u64be(&c);
    s.epoch = cursor_u64be(&c);
    s.integrated.size = cursor_u64be(&c);
    for (unsigned k = 0; k < 64; k++)
        s.integrated.hashes[k] = hash_take(&c);
    s.root = hash_take(&c);
    s.position.segment = cursor_u64be(&c);
    s.position.offset = cursor_u64be(&c);
    s.position.previous = hash_take(&c);
    s.last_t = (int64_t)cursor_u64be(&c);
    s.seal_sequence = cursor_u64be(&c);
    s.seal_leaf = hash_take(&c);
    s.sealed_to = cursor_u64be(&c);
    s.cp_log_bytes = cursor_u64be(&c);
    s.cp_log_last = cursor_u64be(&c);
    s.signed_head.size = cursor_u64be(&c);
    s.signed_head.root = hash_take(&c);
    cursor_skip(&c, STATE_SIZE - SHA256_SIZE - c.offset);
    struct sha256 sum = hash_take(&c);
    if (c.failed || !sha256_equal(sum, sha256_of(str_slice(bytes, 0, STATE_SIZE - SHA256_SIZE))) ||
        !sha256_equal(merkle_frontier_root(&s.integrated), s.root))
        return false;
    snprintf(s.signed_head.origin, sizeof(s.signed_head.origin), "%s", origin);
    *ret = s;
    return true;
}

bool state_load(const struct os_file_calls *calls, int private_dir, const char *origin, struct ledger_state *ret,
                struct ledger_state ret_slots[2], bool ret_valid[2], struct err *e)
{
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, STATE_SIZE);
    for (int i = 0; i < 2; i++) {
        struct err slot_error = {0};
        buf_clear(&bytes);
        ret_valid[i] = os_file_read(calls, private_dir, i ? "state.1" : "state.0", &bytes, &slot_error) &&
                       state_decode(buf_view(&bytes), origin, &ret_slots[i]);
        if (slot_error.code && slot_error.code != ERR_NOT_FOUND && slot_error.code != ERR_TOO_LARGE) {
            *e = slot_error; /* a slot that cannot be read now is not a slot that is damaged */
            return false;
        }
    }
    if (!ret_valid[0] && !ret_valid[1])
        return err_set(e, ERR_CORRUPT, "neither private/state.0 nor state.1 is a valid state of this ledger");
    int newest = !ret_valid[0] || (ret_valid[1] && ret_slots[1].serial > ret_slots[0].serial);
    *ret = ret_slots[newest];
    if (!ret_valid[!newest])
        ret_slots[!newest] = *ret;
    return true;
}

/* Overwrites the older slot in place: a torn write leaves the newer one. */
bool state_save(const struct os_file_calls *calls, int private_dir, const char *origin, const struct ledger_state *s,
                struct err *e)
{
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, STATE_SIZE);
    state_encode(s, origin, &bytes);
    assert(bytes.size == STATE_SIZE);
    const char *name = s->serial & 1 ? "state.1" : "state.0";
    int fd = calls->openat(calls->context, private_dir, name, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(e, errno, "open private/%s", name);
    ssize_t n = calls->pwrite(calls->context, fd, bytes.data, bytes.size, 0);
    bool is_ok = (size_t)n == bytes.size || err_errno(e, n < 0 ? errno : ENOSPC, "write private/%s", name);
    is_ok = is_ok && (calls->fdatasync(calls->context, fd) == 0 || err_errno(e, errno, "sync private/%s", name));
    calls->close(calls->context, fd);
    return is_ok;
}

bool cp_log_record(struct str bytes, uint64_t *offset, struct str *ret_note)
{
    struct cursor c = cursor_of(str_slice(bytes, (size_t)*offset, bytes.size));
    if (!str_is(cursor_take(&c, 4), cp_magic))
        return false;
    uint32_t size = cursor_u32be(&c), crc = cursor_u32be(&c);
    if (size > NOTE_BYTES_MAX)
        return false;
    struct str note = cursor_take(&c, size);
    if (c.failed || crc32c_add(0, note) != crc)
        return false;
    *ret_note = note;
    *offset += c.offset;
    return true;
}

void cp_log_encode(struct str note, struct buf *out)
{
    buf_append(out, cp_magic, 4);
    buf_u32be(out, (uint32_t)note.size);
    buf_u32be(out, crc32c_add(0, note));
    buf_str(out, note);
}

void guard_encode(const struct guard *g, struct buf *out)
{
    buf_cstr(out, "assay/guard@v1\n");
    checkpoint_text(&g->head, out);
    buf_printf(out, "%llu\n", (unsigned long long)g->epoch);
}

bool guard_read(const struct os_file_calls *calls, int private_dir, struct guard *ret, struct err *e)
{
    struct buf BUF_AUTO bytes;
    struct buf BUF_AUTO root;
    buf_init(&bytes, 4096);
    buf_init(&root, SHA256_SIZE);
    if (!os_file_read(calls, private_dir, "guard", &bytes, e))
        return err_wrap(e, "guard");
    struct cursor c = cursor_of(buf_view(&bytes));
    struct str head = cursor_line(&c), origin = cursor_line(&c), size = cursor_line(&c), hash = cursor_line(&c),
               epoch = cursor_line(&c);
    struct guard g = {.epoch = 0};
    if (c.failed || !cursor_at_end(&c) || !str_is(head, "assay/guard@v1") || !note_name_is_valid(origin) ||
        !decimal_parse(size, &g.head.size) || !decimal_parse(epoch, &g.epoch) || !base64_decode(hash, &root) ||
        root.size != SHA256_SIZE)
        return err_set(e, ERR_CORRUPT, "guard: private/guard is malformed");
    memcpy(g.head.origin, origin.data, origin.size);
    memcpy(g.head.root.bytes, root.data, SHA256_SIZE);
    *ret = g;
    return true;
}

static bool guard_equal(const struct guard *a, const struct guard *b)
{
    return a->epoch == b->epoch && a->head.size == b->head.size && sha256_equal(a->head.root, b->head.root) &&
           strcmp(a->head.origin, b->head.origin) == 0;
}

bool guard_advance(const struct os_file_calls *calls, int private_dir, const struct guard *old, const struct guard *next,
                   struct err *e)
{
    struct guard there;
    if (!guard_read(calls, private_dir, &there, e))
        return false;
    if (!guard_equal(&there, old))
        return err_set(e, ERR_CONFLICT,
                       "guard: it holds size %llu of epoch %llu, not %llu of %llu: somebody else writes this ledger",
                       (unsigned long long)there.head.size, (unsigned long long)there.epoch, (unsigned long long)old->head.size,
                       (unsigned long long)old->epoch);
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, 4096);
    guard_encode(next, &bytes);
    return os_file_replace(calls, private_dir, "guard", buf_view(&bytes), 0600, e);
}
