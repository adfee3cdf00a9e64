/* ask.c - questions to the connecting process, one at a time. */
#include "os/ipc.h"
#include "web/accounts/elsewhere.h"
#include <errno.h>
#include <sys/socket.h>
#include <time.h>

/* WAIT_MS is short: whoever waits holds a worker, and there are few. */
enum { DOWN_MS = 5000, WAIT_MS = 500 };

struct connector {
    pthread_mutex_t mutex; /* guards fd and what goes over it */
    const struct env *env;
    int fd;
    atomic_bool is_broken;
    pthread_mutex_t down_mutex; /* guards down */
    struct {
        char id[64];
        int64_t until_ms; /* monotonic */
    } down[SOURCES_MAX];
    size_t next;
};

struct connector *connector_new(int fd, const struct env *env)
{
    struct connector *k = calloc(1, sizeof(*k));
    if (!k)
        return NULL;
    k->fd = fd;
    k->env = env;
    pthread_mutex_init(&k->mutex, NULL);
    pthread_mutex_init(&k->down_mutex, NULL);
    return k;
}

struct connector *connector_free(struct connector *k)
{
    if (!k)
        return NULL;
    pthread_mutex_destroy(&k->mutex);
    pthread_mutex_destroy(&k->down_mutex);
    free(k);
    return NULL;
}

bool connector_is_broken(const struct connector *k)
{
    return atomic_load(&k->is_broken);
}

static bool is_down(struct connector *k, struct str id)
{
    bool found = false;
    int64_t now_ms = env_monotonic_ms(k->env);
    pthread_mutex_lock(&k->down_mutex);
    for (size_t i = 0; i < SOURCES_MAX; i++)
        found |= str_is(id, k->down[i].id) && now_ms < k->down[i].until_ms;
    pthread_mutex_unlock(&k->down_mutex);
    return found;
}

static void down_note(struct connector *k, struct str id)
{
    pthread_mutex_lock(&k->down_mutex);
    snprintf(k->down[k->next].id, sizeof(k->down[0].id), "%.*s", STR_ARGS(id));
    k->down[k->next].until_ms = env_monotonic_ms(k->env) + DOWN_MS;
    k->next = (k->next + 1) % SOURCES_MAX;
    pthread_mutex_unlock(&k->down_mutex);
}

static bool secret_put(struct call *c, const struct identity_source *source, struct json *request, struct err *e)
{
    struct str secret;
    if (!source->has_secret)
        return true;
    if (!c->view.blobs.read(c->view.blobs.context, c->arena, (uint64_t)source->leaf, source->c.data, source->x.data, &secret, e))
        return err_wrap(e, "the secret of %.*s", STR_ARGS(source->id));
    json_put_str(request, "secret", secret);
    return true;
}

static bool ask_locked(struct connector *k, struct arena *a, const struct json *request, struct json **ret_answer, struct err *e)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += WAIT_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    if (pthread_mutex_timedlock(&k->mutex, &until) != 0)
        return err_set(e, ERR_LIMIT, "somebody else is signing in at this very moment; try once more");
    bool ok = !atomic_load(&k->is_broken) && connect_ask(k->fd, a, request, ret_answer, e);
    if (!ok && !*ret_answer) {
        atomic_store(&k->is_broken, true);
        err_set(e, ERR_UNAVAILABLE, "the process that asks other systems is starting anew; try once more");
    }
    pthread_mutex_unlock(&k->mutex);
    return ok;
}

bool elsewhere_ask(struct call *c, const struct identity_source *source, struct json *request, struct json **ret_answer, struct err *e)
{
    struct connector *k = c->site->connector;
    *ret_answer = NULL;
    if (!k)
        return err_set(e, ERR_UNAVAILABLE, "this server was started without the process that asks other systems");
    if (is_down(k, source->id))
        return err_set(e, ERR_UNAVAILABLE, "%.*s did not answer a moment ago", STR_ARGS(source->label));
    json_put(request, "c", source->settings);
    if (!secret_put(c, source, request, e))
        return false;
    if (ask_locked(k, c->arena, request, ret_answer, e))
        return true;
    if (e->code == ERR_UNAVAILABLE || e->code == ERR_TIMEOUT)
        down_note(k, source->id);
    return false;
}
