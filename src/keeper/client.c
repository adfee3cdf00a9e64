/* client.c - asking the keeper, and starting one where none runs. */
#include "base/cursor.h"
#include "base/limits.h"
#include "keeper/data_dir.h"
#include "keeper/snapshot.h"
#include "keeper/wire.h"
#include "os/ipc.h"
#include "os/spawn.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { OPEN_PATIENCE_MS = 10000, RETRY_MS = 40, END_PATIENCE_MS = 20000, ANSWER_BYTES_MAX = 16 << 20 };

struct keeper_client {
    int fd;
    char data_dir[PATH_MAX]; /* empty: the descriptor was handed in, nothing can be opened again */
    bool may_start;          /* a keeper may be spawned */
    struct os_child child;
};

static bool wait_ready(int fd, struct err *e)
{
    struct ipc_message m;
    bool is_closed = false;
    struct err gone = {0};
    if (!ipc_receive(fd, ANSWER_BYTES_MAX, -1, &m, &is_closed, &gone))
        return err_set(e, ERR_CONFLICT, "the keeper ended before it was ready");
    bool ok = m.type == WIRE_READY;
    if (!ok)
        wire_error_decode(buf_view(&m.body), e);
    buf_release(&m.body);
    return ok;
}

static int connect_running(const char *data_dir, struct err *e)
{
    struct data_dir d;
    char path[64];
    if (!data_dir_open(&d, data_dir, e))
        return -1;
    int private_fd = openat(d.fd, "private", O_PATH | O_DIRECTORY | O_CLOEXEC), number = errno;
    data_dir_close(&d);
    if (private_fd < 0) {
        err_errno(e, number, "%s/private", data_dir);
        return -1;
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d/keeper.sock", private_fd);
    struct err refused = {0};
    int fd = ipc_connect(path, &refused);
    close(private_fd);
    if (fd < 0) {
        err_set(e, ERR_UNAVAILABLE, "no keeper runs for %s", data_dir);
        return -1;
    }
    if (!wait_ready(fd, e)) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool start_keeper(struct keeper_client *k, struct err *e)
{
    int pair[2];
    if (!ipc_pair(pair, e))
        return false;
    const char *arguments[] = {k->data_dir, NULL};
    struct os_spawn spawn = {
        .role = "keeper", .arguments = arguments, .fds = &pair[1], .fd_count = 1, .is_quiet = true, .outlives_us = true};
    bool ok = os_spawn(&spawn, &k->child, e);
    close(pair[1]);
    if (ok && !wait_ready(pair[0], e)) {
        os_child_end(&k->child, 1000);
        ok = false;
    }
    if (!ok) {
        close(pair[0]);
        return false;
    }
    k->fd = pair[0];
    return true;
}

/* A keeper that ends and one that starts can cross: patience, then the reason. */
static bool client_open(struct keeper_client *k, struct err *e)
{
    for (int64_t deadline_ms = env_monotonic_ms(&env_system) + OPEN_PATIENCE_MS;;) {
        struct err failed = {0};
        k->fd = connect_running(k->data_dir, &failed);
        if (k->fd >= 0)
            return true;
        bool is_retriable = failed.code == ERR_UNAVAILABLE || failed.code == ERR_CONFLICT;
        if (is_retriable && k->may_start) {
            failed = (struct err){0};
            if (start_keeper(k, &failed))
                return true;
            is_retriable = failed.code == ERR_CONFLICT;
        }
        if (!is_retriable || !k->may_start || env_monotonic_ms(&env_system) > deadline_ms) {
            *e = failed;
            return false;
        }
        usleep(RETRY_MS * 1000);
    }
}

static struct keeper_client *client_new(const char *data_dir, bool may_start, struct err *e)
{
    struct keeper_client *k = calloc(1, sizeof(*k));
    if (!k || strlen(data_dir) >= sizeof(k->data_dir)) {
        err_set(e, ERR_LIMIT, "keeper: no memory, or the path is too long");
        free(k);
        return NULL;
    }
    k->child = OS_CHILD_NONE;
    k->may_start = may_start;
    snprintf(k->data_dir, sizeof(k->data_dir), "%s", data_dir);
    if (client_open(k, e))
        return k;
    free(k);
    return NULL;
}

struct keeper_client *keeper_open(const char *data_dir, struct err *e)
{
    return client_new(data_dir, true, e);
}

struct keeper_client *keeper_connect(const char *data_dir, struct err *e)
{
    return client_new(data_dir, false, e);
}

struct keeper_client *keeper_open_fd(int fd)
{
    struct keeper_client *k = calloc(1, sizeof(*k));
    struct err e = {0};
    if (!k || !wait_ready(fd, &e)) {
        close(fd);
        free(k);
        return NULL;
    }
    k->fd = fd;
    k->child = OS_CHILD_NONE;
    return k;
}

/* One question, one answer. ret_is_lost: the keeper went away (e says why, where it said so) and this question has no answer. */
static bool ask_once(struct keeper_client *k, uint32_t type, struct str body, struct ipc_message *ret, bool *ret_is_lost,
                     struct err *e)
{
    struct err failed = {0};
    bool was_sent = ipc_send(k->fd, type, &body, 1, -1, &failed);
    /* A keeper that gave up said why before it closed: that is still to be read, even where sending fails. */
    struct ipc_message m;
    bool is_closed = false;
    *ret_is_lost = false;
    if (!ipc_receive(k->fd, ANSWER_BYTES_MAX, was_sent ? -1 : 0, &m, &is_closed, &failed)) {
        *ret_is_lost = true;
        return err_set(e, ERR_UNAVAILABLE, "the keeper has ended");
    }
    if (m.type == WIRE_ANSWER || m.type == WIRE_KEY) {
        *ret = m;
        return true;
    }
    *ret_is_lost = m.type == WIRE_FATAL;
    wire_error_decode(buf_view(&m.body), e);
    buf_release(&m.body);
    return false;
}

/* The same question may be asked of the next keeper: operations are known by their id, and everything else changes nothing.
 * ret_is_lost: no keeper ever answered it. */
static bool ask(struct keeper_client *k, uint32_t type, struct str body, struct ipc_message *ret, bool *ret_is_lost,
                struct err *e)
{
    struct err failed = {0};
    *ret_is_lost = true;
    if (k->fd >= 0 && ask_once(k, type, body, ret, ret_is_lost, &failed))
        return true;
    if (!*ret_is_lost || !k->data_dir[0]) {
        *e = failed;
        return false;
    }
    if (k->fd >= 0)
        close(k->fd);
    k->fd = -1;
    os_child_end(&k->child, 0);
    failed = (struct err){0};
    if (client_open(k, &failed) && ask_once(k, type, body, ret, ret_is_lost, &failed))
        return true;
    *e = failed;
    return false;
}

static bool take_json(struct arena *a, struct ipc_message *m, struct json **ret, struct err *e)
{
    struct str text = arena_str(a, buf_view(&m->body));
    buf_release(&m->body);
    struct json *json = json_parse(a, text, JSON_LIMITS_DEFAULT, e);
    if (!json)
        return err_wrap(e, "keeper: its answer");
    *ret = json;
    return true;
}

bool keeper_submit(struct keeper_client *k, struct arena *a, const struct op *op, struct json **ret_answer, struct err *e)
{
    struct buf BUF_AUTO body;
    buf_init(&body, LIMIT_MESSAGE_BYTES);
    struct ipc_message m;
    bool is_lost = false;
    if (!wire_op_encode(op, &body, e))
        return false;
    if (ask(k, WIRE_OP, buf_view(&body), &m, &is_lost, e))
        return take_json(a, &m, ret_answer, e);
    if (is_lost) {
        struct err why = *e;
        err_set(e, ERR_UNCERTAIN, "operation %s may or may not be recorded (%s): ask again with the same id", op->id, why.text);
    }
    return false;
}

bool keeper_blob_key(struct keeper_client *k, uint64_t leaf, const char x[65], struct keeper_blob *ret, struct err *e)
{
    struct buf BUF_AUTO body;
    buf_init(&body, 128);
    buf_u64be(&body, leaf);
    buf_append(&body, x, 64);
    struct ipc_message m;
    bool is_lost;
    if (!ask(k, WIRE_BLOB_KEY, buf_view(&body), &m, &is_lost, e))
        return false;
    struct cursor c = cursor_of(buf_view(&m.body));
    struct str dek = cursor_take(&c, DEK_SIZE), now = cursor_take(&c, 64);
    ret->place = cursor_u64be(&c);
    bool ok = m.type == WIRE_KEY && !c.failed && cursor_left(&c) == 0;
    if (ok) {
        memcpy(ret->dek, dek.data, DEK_SIZE);
        memcpy(ret->x, now.data, 64);
        ret->x[64] = 0;
    }
    memory_wipe(m.body.data, m.body.size);
    buf_release(&m.body);
    return ok ? true : err_set(e, ERR_INTERNAL, "keeper: a key that does not read");
}

static bool ask_json(struct keeper_client *k, uint32_t type, struct arena *a, struct json **ret, struct err *e)
{
    struct ipc_message m;
    bool is_lost;
    return ask(k, type, STR(""), &m, &is_lost, e) && take_json(a, &m, ret, e);
}

bool keeper_anchors(struct keeper_client *k, struct arena *a, struct json **ret, struct err *e)
{
    return ask_json(k, WIRE_ANCHORS, a, ret, e);
}

bool keeper_cosigned(struct keeper_client *k, struct arena *a, struct str note, struct json **ret, struct err *e)
{
    struct ipc_message m;
    bool is_lost;
    return ask(k, WIRE_COSIGNED, note, &m, &is_lost, e) && take_json(a, &m, ret, e);
}

/* Told, and nothing to read in the answer. */
static bool tell(struct keeper_client *k, uint32_t type, struct str body, struct err *e)
{
    struct ipc_message m;
    bool is_lost;
    if (!ask(k, type, body, &m, &is_lost, e))
        return false;
    buf_release(&m.body);
    return true;
}

bool keeper_fork(struct keeper_client *k, struct str theirs, struct str ours, struct err *e)
{
    struct buf BUF_AUTO body;
    buf_init(&body, theirs.size + ours.size + 8);
    buf_u32be(&body, (uint32_t)theirs.size);
    buf_str(&body, theirs);
    buf_u32be(&body, (uint32_t)ours.size);
    buf_str(&body, ours);
    return tell(k, WIRE_FORK, buf_view(&body), e);
}

bool keeper_anchor_status(struct keeper_client *k, struct str json, struct err *e)
{
    return tell(k, WIRE_ANCHOR_STATUS, json, e);
}

bool keeper_flush(struct keeper_client *k, struct err *e)
{
    struct arena *a = arena_new("flush", 1 << 20);
    struct json *answer;
    bool ok = ask_json(k, WIRE_FLUSH, a, &answer, e);
    arena_free(a);
    return ok;
}

bool keeper_take_snapshot(struct keeper_client *k, struct arena *a, struct json **ret, struct err *e)
{
    return ask_json(k, WIRE_SNAPSHOT, a, ret, e);
}

bool keeper_status(struct keeper_client *k, struct arena *a, struct json **ret, struct err *e)
{
    return ask_json(k, WIRE_STATUS, a, ret, e);
}

struct keeper_client *keeper_close(struct keeper_client *k)
{
    if (!k)
        return NULL;
    if (k->fd >= 0) {
        struct err ignored = {0};
        if (k->child.pid && !keeper_flush(k, &ignored)) {
            /* What was acknowledged is durable; the next start integrates it. */
        }
        if (k->fd >= 0)
            close(k->fd);
    }
    /* It ends by itself once nobody is connected; while somebody else is, it goes on without us. */
    if (k->child.pid && !os_child_wait(&k->child, 200, NULL))
        os_child_forget(&k->child);
    free(k);
    return NULL;
}

void op_id_new(const struct env *env, char ret_id[33])
{
    uint8_t bytes[16];
    env_random(env, bytes, sizeof(bytes));
    hex_encode(bytes, sizeof(bytes), ret_id);
}

void op_id_of(struct str text, char ret_id[33])
{
    struct sha256 digest = sha256_of(text);
    hex_encode(digest.bytes, 16, ret_id);
}
