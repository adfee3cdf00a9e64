/* mirror_send.c - brings a log to a mirror: add-checkpoint, then entries until the mirror has all of them. */
#include "base/cursor.h"
#include "ledger/internal.h"
#include "ledger/mirror.h"
#include "ledger/subtree.h"

enum { NOTE_BYTES_MAX = 256 << 10, TRIES_MAX = 4 };

struct sending {
    const struct mirror_target *target;
    struct tile_store store;
    struct merkle_nodes nodes;
    struct buf note;
    struct checkpoint head;
    struct buf body;
    struct witness_answer answer;
    struct mirror_sent sent;
};

static bool post(struct sending *s, const char *what, const char *type, struct err *e)
{
    witness_answer_release(&s->answer);
    witness_answer_init(&s->answer);
    s->sent.requests++;
    if (s->body.full)
        return err_set(e, ERR_LIMIT, "%s: the request is too long", what);
    return s->target->post(s->target->context, what, type, buf_view(&s->body), &s->answer, e);
}

static bool refused(const struct sending *s, const char *what, struct err *e)
{
    int status = s->answer.status;
    struct str words = str_trim(str_slice(buf_view(&s->answer.body), 0, 200));
    enum err_code code = status == 404                    ? ERR_NOT_FOUND
                         : status == 403                  ? ERR_DENIED
                         : status == 409 || status == 422 ? ERR_CONFLICT
                                                          : ERR_UNAVAILABLE;
    return err_set(e, code, "%s: the mirror answers %d: %.*s", what, status, STR_ARGS(words));
}

/* Makes our checkpoint pending. The first try starts from nothing and learns from the 409 where the mirror is. */
static bool checkpoint_send(struct sending *s, struct err *e)
{
    uint64_t old = 0;
    for (int n = 0; n < TRIES_MAX; n++) {
        struct sha256 proof[128];
        size_t count = 0;
        if (old > s->head.size)
            return err_set(e, ERR_CONFLICT, "the mirror has seen %llu leaves, here are %llu", (unsigned long long)old,
                           (unsigned long long)s->head.size);
        if (!merkle_consistency(&s->nodes, old, s->head.size, proof, &count, e))
            return false;
        buf_clear(&s->body);
        buf_printf(&s->body, "old %llu\n", (unsigned long long)old);
        for (size_t i = 0; i < count; i++) {
            base64_encode(str_make(proof[i].bytes, SHA256_SIZE), &s->body);
            buf_char(&s->body, '\n');
        }
        buf_char(&s->body, '\n');
        buf_str(&s->body, buf_view(&s->note));
        if (!post(s, "add-checkpoint", "text/plain; charset=utf-8", e))
            return false;
        if (s->answer.status == 200)
            return true;
        if (s->answer.status != 409 || !decimal_parse(str_trim(buf_view(&s->answer.body)), &old))
            return refused(s, "add-checkpoint", e);
    }
    return err_set(e, ERR_CONFLICT, "the mirror's checkpoint changes faster than we can follow");
}

static void head_write(struct sending *s, uint64_t start)
{
    buf_clear(&s->body);
    buf_u16be(&s->body, (uint16_t)strlen(s->head.origin));
    buf_cstr(&s->body, s->head.origin);
    buf_u64be(&s->body, start);
    buf_u64be(&s->body, s->head.size);
    buf_u16be(&s->body, 0);
}

/* The package that starts at `at`; returns where it ends, 0 on failure. */
static uint64_t package_write(struct sending *s, uint64_t at, struct err *e)
{
    uint64_t base = at - at % TILE_WIDTH, end = base + TILE_WIDTH < s->head.size ? base + TILE_WIDTH : s->head.size;
    struct sha256 proof[64];
    size_t count = 0;
    for (uint64_t i = at; i < end; i++) {
        struct str leaf;
        if (!tile_store_leaf(&s->store, i, &leaf, e))
            return 0;
        buf_u16be(&s->body, (uint16_t)leaf.size);
        buf_str(&s->body, leaf);
    }
    if (!subtree_proof(&s->nodes, base, end, s->head.size, proof, &count, e))
        return 0;
    buf_char(&s->body, (char)count);
    buf_append(&s->body, proof, count * SHA256_SIZE);
    return end;
}

/* "size LF next LF ticket LF" of a 202 or 409. */
static bool info_parse(struct str body, uint64_t *ret_size, uint64_t *ret_next)
{
    struct cursor c = cursor_of(body);
    struct str size = cursor_line(&c), next = cursor_line(&c);
    return !c.failed && decimal_parse(size, ret_size) && decimal_parse(next, ret_next);
}

static bool entries_send(struct sending *s, struct err *e)
{
    uint64_t next = s->head.size, size, told; /* nothing is sent first: the answer says where to start */
    for (int stuck = 0; stuck < TRIES_MAX;) {
        uint64_t at = next;
        head_write(s, at);
        for (int n = 0; n < MIRROR_PACKAGES_MAX && at < s->head.size && s->body.size < MIRROR_SEND_BYTES; n++)
            if ((at = package_write(s, at, e)) == 0)
                return false;
        if (!post(s, "add-entries", "application/octet-stream", e))
            return false;
        if (s->answer.status == 200) {
            s->sent.entries += at - next;
            return true;
        }
        if ((s->answer.status != 202 && s->answer.status != 409) || !info_parse(buf_view(&s->answer.body), &size, &told))
            return refused(s, "add-entries", e);
        if (s->answer.status == 202)
            s->sent.entries += told - next;
        if (size > s->head.size && told > s->head.size)
            return err_set(e, ERR_CONFLICT, "the mirror has %llu leaves by now, here are %llu", (unsigned long long)told,
                           (unsigned long long)s->head.size);
        stuck = s->answer.status == 202 && told > next ? 0 : stuck + 1;
        next = told < s->head.size ? told : s->head.size;
    }
    return err_set(e, ERR_CONFLICT, "add-entries: the mirror takes no further entries");
}

bool mirror_send(const struct os_file_calls *calls, int dir, const struct mirror_target *target, struct buf *ret_lines,
                 struct mirror_sent *ret, struct err *e)
{
    struct sending s = {.target = target};
    struct str text, lines;
    buf_init(&s.note, NOTE_BYTES_MAX);
    buf_init(&s.body, MIRROR_REQUEST_BYTES_MAX);
    witness_answer_init(&s.answer);
    bool ok =
        os_file_read(calls, dir, "checkpoint", &s.note, e) && checkpoint_parse(buf_view(&s.note), &s.head, &text, &lines, e);
    tile_store_init(&s.store, calls, dir, s.head.size);
    s.nodes = tile_store_nodes(&s.store);
    ok = ok && checkpoint_send(&s, e) && entries_send(&s, e);
    if (ok) {
        s.sent.checkpoint = s.head;
        *ret = s.sent;
        buf_str(ret_lines, buf_view(&s.answer.body));
    }
    tile_store_release(&s.store);
    witness_answer_release(&s.answer);
    buf_release(&s.body);
    buf_release(&s.note);
    return ok;
}

static bool local_post(void *context, const char *what, const char *type, struct str body, struct witness_answer *ret,
                       struct err *e)
{
    (void)type;
    (void)e;
    (strcmp(what, "add-entries") == 0 ? mirror_add_entries : mirror_add_checkpoint)(context, body, ret);
    return true;
}

struct mirror_target mirror_local_target(struct mirror *m)
{
    return (struct mirror_target){.post = local_post, .context = m};
}
