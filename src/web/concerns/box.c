#include "web/concerns/box.h"
#include "crypto/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[8] = {'A', 'S', 'Y', 'B', 'O', 'X', '0', '1'};
enum { SEALED_BYTES = 20 }; /* of the head, before the digest */

struct box {
    const struct env *env;
    pthread_mutex_t mutex; /* guards all below */
    int fd;
    uint64_t sequence;
    int slot;          /* the one that counts */
    size_t sizes[2];   /* of the texts in the slots */
    struct buf text;   /* what waits, a line each */
    size_t count;
};

static bool pwrite_all(int fd, const void *bytes, size_t size, off_t at)
{
    const char *p = bytes;
    while (size > 0) {
        ssize_t n = pwrite(fd, p, size, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static bool pread_all(int fd, void *bytes, size_t size, off_t at)
{
    char *p = bytes;
    while (size > 0) {
        ssize_t n = pread(fd, p, size, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

static void head_make(uint64_t sequence, struct str text, uint8_t ret[BOX_HEAD_BYTES])
{
    memcpy(ret, MAGIC, 8);
    for (int i = 0; i < 8; i++)
        ret[8 + i] = (uint8_t)(sequence >> (56 - 8 * i));
    for (int i = 0; i < 4; i++)
        ret[16 + i] = (uint8_t)(text.size >> (24 - 8 * i));
    struct sha256 digest = sha256_of2(str_make(ret, SEALED_BYTES), text);
    memcpy(ret + SEALED_BYTES, digest.bytes, sizeof(digest.bytes));
}

/* ---- reading ---- */

enum slot_state { SLOT_WHOLE, SLOT_EMPTY, SLOT_DAMAGED };

static enum slot_state slot_read(int fd, int slot, uint64_t *ret_sequence, struct buf *ret_text)
{
    uint8_t head[BOX_HEAD_BYTES], again[BOX_HEAD_BYTES];
    static const uint8_t nothing[BOX_HEAD_BYTES];
    off_t at = (off_t)slot * BOX_SLOT_BYTES;
    if (!pread_all(fd, head, sizeof(head), at) || memcmp(head, nothing, sizeof(head)) == 0)
        return SLOT_EMPTY;
    size_t size = 0;
    *ret_sequence = 0;
    for (int i = 0; i < 8; i++)
        *ret_sequence = *ret_sequence << 8 | head[8 + i];
    for (int i = 0; i < 4; i++)
        size = size << 8 | head[16 + i];
    char *text = memcmp(head, MAGIC, 8) == 0 && size <= BOX_SLOT_BYTES - BOX_HEAD_BYTES ? malloc(size + 1) : NULL;
    bool is_whole = text && pread_all(fd, text, size, at + BOX_HEAD_BYTES);
    if (is_whole) {
        head_make(*ret_sequence, str_make(text, size), again);
        is_whole = memcmp(head, again, sizeof(head)) == 0;
    }
    if (is_whole)
        buf_append(ret_text, text, size);
    free(text);
    return is_whole ? SLOT_WHOLE : SLOT_DAMAGED;
}

static bool box_read(struct box *b, struct err *e)
{
    struct buf texts[2];
    uint64_t sequences[2] = {0, 0};
    enum slot_state states[2];
    for (int i = 0; i < 2; i++) {
        buf_init(&texts[i], BOX_SLOT_BYTES);
        states[i] = slot_read(b->fd, i, &sequences[i], &texts[i]);
        b->sizes[i] = states[i] == SLOT_DAMAGED ? BOX_SLOT_BYTES - BOX_HEAD_BYTES : texts[i].size;
    }
    bool is_fine = true;
    b->slot = states[1] == SLOT_WHOLE && (states[0] != SLOT_WHOLE || sequences[1] > sequences[0]);
    if (states[b->slot] == SLOT_WHOLE) {
        b->sequence = sequences[b->slot];
        buf_str(&b->text, buf_view(&texts[b->slot]));
        struct str rest = buf_view(&b->text), line;
        while (str_next_line(&rest, &line))
            b->count++;
    } else {
        is_fine = states[0] != SLOT_DAMAGED && states[1] != SLOT_DAMAGED;
    }
    buf_release(&texts[0]);
    buf_release(&texts[1]);
    return is_fine || err_set(e, ERR_CORRUPT, "concerns: what was reported and waits cannot be read; put the file aside and tell who receives concerns");
}

struct box *box_open(const char *data_dir, const struct env *env, struct err *e)
{
    char path[PATH_MAX];
    struct box *b = calloc(1, sizeof(*b));
    if (!b)
        return (void)err_set(e, ERR_LIMIT, "concerns: no memory"), NULL;
    snprintf(path, sizeof(path), "%s/concerns", data_dir);
    b->env = env;
    pthread_mutex_init(&b->mutex, NULL);
    buf_init(&b->text, BOX_SLOT_BYTES - BOX_HEAD_BYTES);
    b->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (b->fd < 0 || ftruncate(b->fd, 2 * (off_t)BOX_SLOT_BYTES) != 0) {
        err_errno(e, errno, "concerns");
        return box_close(b);
    }
    return box_read(b, e) ? b : box_close(b);
}

struct box *box_close(struct box *b)
{
    if (!b)
        return NULL;
    if (b->fd >= 0)
        close(b->fd);
    buf_release(&b->text);
    pthread_mutex_destroy(&b->mutex);
    free(b);
    return NULL;
}

/* ---- writing ---- */

static bool slot_write(struct box *b, int slot, struct str text, struct err *e)
{
    static const char zeros[4096];
    uint8_t head[BOX_HEAD_BYTES];
    off_t at = (off_t)slot * BOX_SLOT_BYTES;
    head_make(b->sequence + 1, text, head);
    bool ok = pwrite_all(b->fd, text.data, text.size, at + BOX_HEAD_BYTES);
    for (size_t i = text.size; ok && i < b->sizes[slot]; i += sizeof(zeros)) /* what was there before goes */
        ok = pwrite_all(b->fd, zeros, b->sizes[slot] - i < sizeof(zeros) ? b->sizes[slot] - i : sizeof(zeros), at + BOX_HEAD_BYTES + (off_t)i);
    ok = ok && fdatasync(b->fd) == 0 && pwrite_all(b->fd, head, sizeof(head), at) && fdatasync(b->fd) == 0;
    if (!ok)
        return err_errno(e, errno, "concerns");
    b->sequence++;
    b->slot = slot;
    b->sizes[slot] = text.size;
    return true;
}

/* Both slots say the same afterwards: nothing that was removed stays in the other one. */
static bool box_write(struct box *b, struct str text, struct err *e)
{
    return slot_write(b, !b->slot, text, e) && slot_write(b, !b->slot, text, e);
}

static bool replace(struct box *b, struct buf *text, size_t count, struct err *e)
{
    if (text->full)
        return err_set(e, ERR_LIMIT, "too much was reported today; come back tomorrow, or turn to somebody in person");
    if (!box_write(b, buf_view(text), e))
        return false;
    buf_release(&b->text);
    b->text = *text;
    buf_init(text, 1);
    b->count = count;
    return true;
}

bool box_add(struct box *b, struct arena *a, struct json *entry, struct err *e)
{
    uint8_t random[16];
    char name[33];
    env_random(b->env, random, sizeof(random));
    hex_encode(random, sizeof(random), name);
    json_put_str(entry, "n", arena_str(a, str_of(name)));
    struct buf text;
    buf_init(&text, BOX_SLOT_BYTES - BOX_HEAD_BYTES);
    pthread_mutex_lock(&b->mutex);
    /* By name: the order in which they came is not kept. */
    struct str rest = buf_view(&b->text), line;
    bool is_in = false, ok = b->count < BOX_ENTRIES_MAX;
    while (ok && str_next_line(&rest, &line)) {
        struct err ignored = {0};
        const struct json *o = json_parse(a, line, JSON_LIMITS_DEFAULT, &ignored);
        if (!is_in && str_compare(str_of(name), json_text(o, "n")) < 0) {
            json_write(&text, entry);
            buf_char(&text, '\n');
            is_in = true;
        }
        buf_str(&text, line);
        buf_char(&text, '\n');
    }
    if (!is_in) {
        json_write(&text, entry);
        buf_char(&text, '\n');
    }
    ok = ok ? replace(b, &text, b->count + 1, e) : err_set(e, ERR_LIMIT, "too much was reported today; come back tomorrow, or turn to somebody in person");
    pthread_mutex_unlock(&b->mutex);
    buf_release(&text);
    return ok;
}

bool box_remove(struct box *b, struct str name, struct err *e)
{
    struct arena *a = arena_new("concerns", (size_t)64 << 20);
    struct buf text;
    size_t count = 0;
    buf_init(&text, BOX_SLOT_BYTES - BOX_HEAD_BYTES);
    pthread_mutex_lock(&b->mutex);
    struct str rest = buf_view(&b->text), line;
    while (str_next_line(&rest, &line)) {
        struct err ignored = {0};
        const struct json *o = json_parse(a, line, JSON_LIMITS_DEFAULT, &ignored);
        if (str_equal(json_text(o, "n"), name))
            continue;
        buf_str(&text, line);
        buf_char(&text, '\n');
        count++;
    }
    bool ok = count == b->count || replace(b, &text, count, e);
    pthread_mutex_unlock(&b->mutex);
    buf_release(&text);
    arena_free(a);
    return ok;
}

struct json *box_list(struct box *b, struct arena *a, struct err *e)
{
    struct json *list = json_array(a);
    pthread_mutex_lock(&b->mutex);
    struct str rest = arena_str(a, buf_view(&b->text)), line;
    pthread_mutex_unlock(&b->mutex);
    while (str_next_line(&rest, &line)) {
        struct json *o = json_parse(a, line, JSON_LIMITS_DEFAULT, e);
        if (!o)
            return NULL;
        json_push(list, o);
    }
    return list;
}

bool box_is_empty(struct box *b)
{
    pthread_mutex_lock(&b->mutex);
    bool is_empty = b->count == 0;
    pthread_mutex_unlock(&b->mutex);
    return is_empty;
}

void box_touch(struct box *b)
{
    if (futimens(b->fd, NULL) != 0) {
        /* Then its times tell when the last one came, until the next minute. */
    }
}
