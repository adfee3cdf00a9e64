/* One connection to the keeper for the whole process: one request at a time, made again when it breaks. */
#include "os/ipc.h"
#include "web/site.h"
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

struct keeper_link {
    pthread_mutex_t mutex; /* guards client and fd */
    const char *path;
    struct keeper_client *client;
    int fd;
    _Atomic bool is_up;
};

struct keeper_link *keeper_link_new(const char *path)
{
    struct keeper_link *k = calloc(1, sizeof(*k));
    if (!k)
        return NULL;
    pthread_mutex_init(&k->mutex, NULL);
    k->path = path;
    k->fd = -1;
    keeper_link_check(k);
    return k;
}

static void disconnect(struct keeper_link *k)
{
    k->client = keeper_close(k->client);
    k->fd = -1;
    atomic_store(&k->is_up, false);
}

struct keeper_link *keeper_link_free(struct keeper_link *k)
{
    if (!k)
        return NULL;
    disconnect(k);
    pthread_mutex_destroy(&k->mutex);
    free(k);
    return NULL;
}

static bool connect_now(struct keeper_link *k, struct err *e)
{
    if (k->client)
        return true;
    int fd = ipc_connect(k->path, e);
    if (fd < 0)
        return false;
    k->client = keeper_open_fd(fd);
    k->fd = k->client ? fd : -1;
    if (!k->client)
        return err_set(e, ERR_UNAVAILABLE, "the keeper does not answer");
    atomic_store(&k->is_up, true);
    return true;
}

void keeper_link_check(struct keeper_link *k)
{
    struct err e = {0};
    if (pthread_mutex_trylock(&k->mutex) != 0)
        return; /* in use: whoever uses it notices */
    if (k->client) {
        struct pollfd p = {.fd = k->fd, .events = POLLRDHUP};
        if (poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)))
            disconnect(k);
    }
    if (!k->client && !connect_now(k, &e))
        atomic_store(&k->is_up, false);
    pthread_mutex_unlock(&k->mutex);
}

bool keeper_link_is_up(const struct keeper_link *k)
{
    return atomic_load(&k->is_up);
}

/* The connection is of no use after these; the next request makes another. */
static bool is_broken(enum err_code code)
{
    return code == ERR_UNAVAILABLE || code == ERR_UNCERTAIN || code == ERR_TIMEOUT || code == ERR_CORRUPT;
}

static bool unavailable(struct err *e)
{
    return err_set(e, ERR_UNAVAILABLE,
                   "the keeper, which alone writes, is not there at the moment; what is shown stays readable");
}

bool keeper_link_submit(struct keeper_link *k, struct arena *a, const struct op *op, struct json **ret_answer, struct err *e)
{
    pthread_mutex_lock(&k->mutex);
    struct err why = {0};
    bool is_ok = connect_now(k, &why) ? keeper_submit(k->client, a, op, ret_answer, e) : unavailable(e);
    if (!is_ok && k->client && is_broken(e->code))
        disconnect(k);
    pthread_mutex_unlock(&k->mutex);
    return is_ok;
}

bool keeper_link_cosigned(struct keeper_link *k, struct arena *a, struct str note, struct json **ret_answer, struct err *e)
{
    pthread_mutex_lock(&k->mutex);
    struct err why = {0};
    bool is_ok = connect_now(k, &why) ? keeper_cosigned(k->client, a, note, ret_answer, e) : unavailable(e);
    if (!is_ok && k->client && is_broken(e->code))
        disconnect(k);
    pthread_mutex_unlock(&k->mutex);
    return is_ok;
}

bool keeper_link_blob_key(struct keeper_link *k, uint64_t leaf, const char *x, struct keeper_blob *ret, struct err *e)
{
    pthread_mutex_lock(&k->mutex);
    struct err why = {0};
    bool is_ok = connect_now(k, &why) ? keeper_blob_key(k->client, leaf, x, ret, e) : unavailable(e);
    if (!is_ok && k->client && is_broken(e->code))
        disconnect(k);
    pthread_mutex_unlock(&k->mutex);
    return is_ok;
}
