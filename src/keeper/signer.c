/* signer.c - holds the log key, keeps the last head, signs what extends it. */
#include "keeper/signer.h"
#include "base/cursor.h"
#include "keeper/data_dir.h"
#include "os/ipc.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

enum {
    HEAD_SLOT_BYTES = 512,
    HEAD_SLOT_USED = 4 + 4 + 8 + 8 + SHA256_SIZE,
    REQUEST_HEAD = 1,
    REQUEST_SIGN = 2,
    ANSWER_HEAD = 101,
    ANSWER_NOTE = 102,
    ANSWER_REFUSED = 103,
    MESSAGE_BYTES_MAX = 64 << 10,
    PROOF_MAX = 128,
    ANSWER_TIMEOUT_MS = 20000,
    LOCK_PATIENCE_MS = 15000,
    LOCK_RETRY_MS = 10
};
static const char HEAD_FILE[] = "private/signer.head";

struct signer {
    struct key_pair keys[SIGNER_KEYS_MAX];
    size_t key_count;
    int head_fd;
    uint64_t generation;
    struct checkpoint head;
};

static void slot_encode(struct buf *b, uint64_t generation, const struct checkpoint *head)
{
    buf_append(b, "ASHD", 4);
    buf_u32be(b, 1);
    buf_u64be(b, generation);
    buf_u64be(b, head->size);
    buf_append(b, head->root.bytes, SHA256_SIZE);
    struct sha256 sum = sha256_of(buf_view(b));
    buf_append(b, sum.bytes, SHA256_SIZE);
    while (b->size < HEAD_SLOT_BYTES)
        buf_char(b, 0);
}

static bool slot_decode(struct str slot, uint64_t *ret_generation, struct checkpoint *ret_head)
{
    struct cursor c = cursor_of(slot);
    bool ok = cursor_accept(&c, "ASHD") && cursor_u32be(&c) == 1;
    uint64_t generation = cursor_u64be(&c), size = cursor_u64be(&c);
    struct str root = cursor_take(&c, SHA256_SIZE), sum = cursor_take(&c, SHA256_SIZE);
    if (!ok || c.failed)
        return false;
    struct sha256 expected = sha256_of(str_slice(slot, 0, HEAD_SLOT_USED));
    if (memcmp(expected.bytes, sum.data, SHA256_SIZE) != 0)
        return false;
    *ret_generation = generation;
    ret_head->size = size;
    memcpy(ret_head->root.bytes, root.data, SHA256_SIZE);
    return true;
}

bool signer_head_create(int data_dir_fd, const char *origin, struct err *e)
{
    struct checkpoint empty = {.size = 0, .root = sha256_of(STR(""))};
    (void)origin;
    if (faccessat(data_dir_fd, HEAD_FILE, F_OK, 0) == 0)
        return true;
    struct buf BUF_AUTO slots, one;
    buf_init(&slots, 2 * HEAD_SLOT_BYTES);
    for (uint64_t generation = 0; generation < 2; generation++) {
        buf_init(&one, HEAD_SLOT_BYTES);
        slot_encode(&one, generation, &empty);
        buf_str(&slots, buf_view(&one));
        buf_release(&one);
    }
    return os_file_replace(&os_file_real, data_dir_fd, HEAD_FILE, buf_view(&slots), 0600, e);
}

static bool head_open(struct signer *s, int data_dir_fd, int access_mode, struct err *e)
{
    s->head_fd = openat(data_dir_fd, HEAD_FILE, access_mode | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (s->head_fd < 0 && errno == ENOENT)
        return err_set(e, ERR_CORRUPT, "%s is missing: the signer does not know what it signed last, and signs nothing",
                       HEAD_FILE);
    return s->head_fd >= 0 ? true : err_errno(e, errno, "%s", HEAD_FILE);
}

/* The signer of a keeper that was killed may still be storing a head: what is read before it has ended is not the last one. */
static bool head_lock(const struct signer *s, int peer_fd, struct err *e)
{
    for (int64_t deadline_ms = env_monotonic_ms(&env_system) + LOCK_PATIENCE_MS; flock(s->head_fd, LOCK_EX | LOCK_NB) != 0;) {
        struct pollfd peer = {.fd = peer_fd};
        if (errno != EWOULDBLOCK && errno != EINTR)
            return err_errno(e, errno, "lock %s", HEAD_FILE);
        if (poll(&peer, 1, LOCK_RETRY_MS) > 0)
            return err_set(e, ERR_UNAVAILABLE, "signer: nobody waits for it any more");
        if (env_monotonic_ms(&env_system) > deadline_ms)
            return err_set(e, ERR_CONFLICT, "signer: another signer of this ledger is running");
    }
    return true;
}

static bool head_load(struct signer *s, struct err *e)
{
    char slots[2 * HEAD_SLOT_BYTES];
    if (pread(s->head_fd, slots, sizeof(slots), 0) != (ssize_t)sizeof(slots))
        return err_set(e, ERR_CORRUPT, "%s: shorter than two slots", HEAD_FILE);
    bool is_found = false;
    for (int i = 0; i < 2; i++) {
        uint64_t generation;
        struct checkpoint head = s->head;
        if (slot_decode(str_make(slots + i * HEAD_SLOT_BYTES, HEAD_SLOT_BYTES), &generation, &head) &&
            (!is_found || generation > s->generation)) {
            s->generation = generation;
            s->head.size = head.size;
            s->head.root = head.root;
            is_found = true;
        }
    }
    return is_found ? true : err_set(e, ERR_CORRUPT, "%s: no valid slot", HEAD_FILE);
}

bool signer_head_read(int data_dir_fd, struct checkpoint *ret, struct err *e)
{
    struct signer s = {.head_fd = -1};
    bool ok = head_open(&s, data_dir_fd, O_RDONLY, e) && head_load(&s, e);
    if (s.head_fd >= 0)
        close(s.head_fd);
    *ret = s.head;
    return ok;
}

unsigned signer_head_damage(int data_dir_fd)
{
    struct buf BUF_AUTO bytes;
    struct err ignored = {0};
    unsigned damaged = 0;
    buf_init(&bytes, 2 * HEAD_SLOT_BYTES);
    if (!os_file_read(&os_file_real, data_dir_fd, HEAD_FILE, &bytes, &ignored) || bytes.size != 2 * HEAD_SLOT_BYTES)
        return 0;
    for (unsigned i = 0; i < 2; i++) {
        struct str slot = str_slice(buf_view(&bytes), (size_t)i * HEAD_SLOT_BYTES, (size_t)(i + 1) * HEAD_SLOT_BYTES);
        uint64_t generation;
        struct checkpoint head;
        bool is_whole = slot_decode(slot, &generation, &head);
        for (size_t at = HEAD_SLOT_USED + SHA256_SIZE; at < slot.size; at++)
            is_whole = is_whole && slot.data[at] == 0;
        damaged |= is_whole ? 0 : 1u << i;
    }
    return damaged;
}

struct signer *signer_open(int data_dir_fd, int peer_fd, struct err *e)
{
    struct signer *s = calloc(1, sizeof(*s));
    if (!s) {
        err_set(e, ERR_LIMIT, "signer: no memory");
        return NULL;
    }
    s->head_fd = -1;
    if (!keys_load_all(data_dir_fd, "log", s->keys, SIGNER_KEYS_MAX, &s->key_count, e) || !head_open(s, data_dir_fd, O_RDWR, e) ||
        !head_lock(s, peer_fd, e) || !head_load(s, e))
        return signer_close(s);
    memcpy(s->head.origin, s->keys[0].key.name, sizeof(s->head.origin));
    /* The library loads what it needs at its first signature: before the jail, not in it. */
    struct buf BUF_AUTO scratch;
    buf_init(&scratch, 4096);
    note_sign_line(&s->keys[0].key, &s->keys[0].private_key, STR("assay/warm-up@v1\n"), &scratch);
    return s;
}

struct signer *signer_close(struct signer *s)
{
    if (!s)
        return NULL;
    if (s->head_fd >= 0)
        close(s->head_fd);
    memory_wipe(s, sizeof(*s));
    free(s);
    return NULL;
}

void signer_head(const struct signer *s, struct checkpoint *ret)
{
    *ret = s->head;
}

static bool head_store(struct signer *s, const struct checkpoint *c, struct err *e)
{
    struct buf BUF_AUTO slot;
    buf_init(&slot, HEAD_SLOT_BYTES);
    slot_encode(&slot, s->generation + 1, c);
    off_t at = (off_t)((s->generation + 1) % 2) * HEAD_SLOT_BYTES;
    if (pwrite(s->head_fd, slot.data, slot.size, at) != (ssize_t)slot.size || fdatasync(s->head_fd) != 0)
        return err_errno(e, errno, "signer: %s", HEAD_FILE);
    s->generation++;
    s->head.size = c->size;
    s->head.root = c->root;
    return true;
}

static bool is_named(const struct signer *s, size_t key, const struct signer_keys *by)
{
    if (by->count == 0)
        return key == 0;
    for (size_t i = 0; i < by->count; i++)
        if (by->ids[i] == s->keys[key].key.id)
            return true;
    return false;
}

bool signer_sign(struct signer *s, const struct signer_keys *by, const struct checkpoint *old, const struct checkpoint *c,
                 const struct sha256 *proof, size_t proof_count, struct buf *ret_note, struct err *e)
{
    size_t held = 0;
    for (size_t i = 0; i < s->key_count; i++)
        held += is_named(s, i, by);
    if (held == 0)
        return err_set(e, ERR_DENIED, "signer: none of the log keys that count now is in private/keys");
    if (strcmp(c->origin, s->head.origin) != 0)
        return err_set(e, ERR_DENIED, "signer: origin %.100s is not ours", c->origin);
    if (old->size != s->head.size || !sha256_equal(old->root, s->head.root))
        return err_set(e, ERR_CONFLICT, "signer: the head signed last has %llu leaves, the request extends one of %llu: refused",
                       (unsigned long long)s->head.size, (unsigned long long)old->size);
    if (c->size < old->size || !merkle_consistency_holds(old->size, old->root, c->size, c->root, proof, proof_count))
        return err_set(e, ERR_DENIED, "signer: a head of %llu leaves does not extend the one of %llu signed last: refused",
                       (unsigned long long)c->size, (unsigned long long)old->size);
    if (c->size != old->size && !head_store(s, c, e))
        return false;
    struct buf BUF_AUTO text;
    buf_init(&text, 4096);
    checkpoint_text(c, &text);
    buf_str(ret_note, buf_view(&text));
    buf_char(ret_note, '\n');
    for (size_t i = 0; i < s->key_count; i++)
        if (is_named(s, i, by))
            note_sign_line(&s->keys[i].key, &s->keys[i].private_key, buf_view(&text), ret_note);
    return true;
}

static void put_head(struct buf *b, const struct checkpoint *c)
{
    buf_u64be(b, c->size);
    buf_append(b, c->root.bytes, SHA256_SIZE);
}

static void take_head(struct cursor *cursor, struct checkpoint *ret)
{
    ret->size = cursor_u64be(cursor);
    struct str root = cursor_take(cursor, SHA256_SIZE);
    if (!cursor->failed)
        memcpy(ret->root.bytes, root.data, SHA256_SIZE);
}

/* False: the head could not be stored, which ends the signer after its answer. */
static bool answer_sign(struct signer *s, struct str body, struct buf *out, uint32_t *ret_type, struct err *e)
{
    struct cursor c = cursor_of(body);
    struct checkpoint old = s->head, next = s->head;
    struct sha256 proof[PROOF_MAX];
    take_head(&c, &old);
    take_head(&c, &next);
    struct signer_keys by = {.count = cursor_u16be(&c)};
    for (size_t i = 0; i < by.count && i < SIGNER_KEYS_MAX; i++)
        by.ids[i] = cursor_u32be(&c);
    struct str origin = cursor_take(&c, cursor_u16be(&c));
    uint32_t count = cursor_u32be(&c);
    struct err refused = {0};
    bool ok = !c.failed && count <= PROOF_MAX && by.count <= SIGNER_KEYS_MAX && origin.size < sizeof(next.origin);
    struct str hashes = ok ? cursor_take(&c, (size_t)count * SHA256_SIZE) : STR("");
    if (!ok || c.failed || !cursor_at_end(&c)) {
        err_set(&refused, ERR_INVALID, "signer: the request does not read");
    } else {
        memcpy(proof, hashes.data, hashes.size);
        memcpy(next.origin, origin.data, origin.size);
        next.origin[origin.size] = 0;
        if (signer_sign(s, &by, &old, &next, proof, count, out, &refused)) {
            *ret_type = ANSWER_NOTE;
            return true;
        }
    }
    *ret_type = ANSWER_REFUSED;
    buf_clear(out);
    buf_printf(out, "%s\n%s", err_code_name(refused.code), refused.text);
    bool is_fatal = refused.code != ERR_DENIED && refused.code != ERR_CONFLICT && refused.code != ERR_INVALID;
    if (is_fatal)
        *e = refused;
    return !is_fatal;
}

bool signer_serve(struct signer *s, int fd, struct err *e)
{
    struct buf BUF_AUTO out;
    buf_init(&out, MESSAGE_BYTES_MAX);
    for (;;) {
        struct ipc_message m;
        bool is_closed;
        if (!ipc_receive(fd, MESSAGE_BYTES_MAX, -1, &m, &is_closed, e))
            return is_closed;
        uint32_t type = ANSWER_HEAD;
        bool ok = true;
        buf_clear(&out);
        if (m.type == REQUEST_HEAD) {
            put_head(&out, &s->head);
        } else if (m.type == REQUEST_SIGN) {
            ok = answer_sign(s, buf_view(&m.body), &out, &type, e);
        } else {
            type = ANSWER_REFUSED;
            buf_cstr(&out, "invalid\nsigner: no such request");
        }
        buf_release(&m.body);
        struct str answer = buf_view(&out);
        struct err gone = {0};
        if (!ipc_send(fd, type, &answer, 1, ANSWER_TIMEOUT_MS, &gone) && ok)
            return true;
        if (!ok)
            return false;
    }
}

void signer_refuse_all(int fd, const struct err *why)
{
    char text[700];
    snprintf(text, sizeof(text), "%s\n%s", err_code_name(why->code), why->text);
    struct str answer = str_of(text);
    struct ipc_message m;
    struct err gone = {0};
    while (ipc_receive(fd, MESSAGE_BYTES_MAX, -1, &m, NULL, &gone)) {
        buf_release(&m.body);
        if (!ipc_send(fd, ANSWER_REFUSED, &answer, 1, ANSWER_TIMEOUT_MS, &gone))
            return;
    }
}

/* ---- the keeper's side ---- */

static bool client_ask(struct signer_client *c, uint32_t type, struct str body, uint32_t expected, struct ipc_message *ret,
                       struct err *e)
{
    struct err gone = {0};
    bool is_closed = false;
    if (!ipc_send(c->fd, type, &body, 1, ANSWER_TIMEOUT_MS, &gone) ||
        !ipc_receive(c->fd, MESSAGE_BYTES_MAX, ANSWER_TIMEOUT_MS, ret, &is_closed, &gone))
        return err_set(
            e, ERR_UNAVAILABLE,
            "the signer has ended: nothing is signed; what was acknowledged is kept and will be signed at the next start");
    if (ret->type == expected)
        return true;
    struct str text = buf_view(&ret->body), name;
    bool is_refused = ret->type == ANSWER_REFUSED && str_cut(&text, '\n', &name);
    char code[32] = {0};
    if (is_refused && name.size < sizeof(code))
        memcpy(code, name.data, name.size);
    if (is_refused)
        err_set(e, err_code_from_name(code), "%.*s", STR_ARGS(text));
    else
        err_set(e, ERR_INTERNAL, "signer: an answer of unknown type");
    buf_release(&ret->body);
    return false;
}

static bool client_head(void *context, struct checkpoint *ret_head, struct err *e)
{
    struct ipc_message m;
    if (!client_ask(context, REQUEST_HEAD, STR(""), ANSWER_HEAD, &m, e))
        return false;
    struct cursor c = cursor_of(buf_view(&m.body));
    take_head(&c, ret_head);
    bool ok = !c.failed && cursor_at_end(&c);
    buf_release(&m.body);
    return ok ? true : err_set(e, ERR_INTERNAL, "signer: its head does not read");
}

static bool client_sign(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                        size_t proof_count, struct buf *ret_note, struct err *e)
{
    struct buf BUF_AUTO body;
    buf_init(&body, MESSAGE_BYTES_MAX);
    const struct signer_client *client = context;
    put_head(&body, old);
    put_head(&body, c);
    buf_u16be(&body, (uint16_t)client->by.count);
    for (size_t i = 0; i < client->by.count; i++)
        buf_u32be(&body, client->by.ids[i]);
    buf_u16be(&body, (uint16_t)strlen(c->origin));
    buf_cstr(&body, c->origin);
    buf_u32be(&body, (uint32_t)proof_count);
    buf_append(&body, proof, proof_count * sizeof(*proof));
    struct ipc_message m;
    if (body.full)
        return err_set(e, ERR_INTERNAL, "signer: the request is too large");
    if (!client_ask(context, REQUEST_SIGN, buf_view(&body), ANSWER_NOTE, &m, e))
        return false;
    buf_str(ret_note, buf_view(&m.body));
    buf_release(&m.body);
    return true;
}

struct ledger_signer signer_of(struct signer_client *c)
{
    return (struct ledger_signer){.head = client_head, .sign = client_sign, .context = c};
}

static bool local_head(void *context, struct checkpoint *ret_head, struct err *e)
{
    (void)e;
    signer_head(context, ret_head);
    return true;
}

static bool local_sign(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                       size_t proof_count, struct buf *ret_note, struct err *e)
{
    return signer_sign(context, &(struct signer_keys){.count = 0}, old, c, proof, proof_count, ret_note, e);
}

struct ledger_signer signer_local(struct signer *s)
{
    return (struct ledger_signer){.head = local_head, .sign = local_sign, .context = s};
}
