#include "web/markdown.h"
#include "web/web.h"
#include "base/times.h"
#include "os/ipc.h"
#include "report/view_kept.h"
#include "web/asset.h"
#include "web/bundles.h"
#include "crypto/password.h"
#include "web/accounts/challenge.h"
#include "web/accounts/elsewhere.h"
#include "web/accounts/guess.h"
#include "web/concerns/concerns.h"
#include "web/reads.h"
#include "web/records.h"
#include "web/site.h"
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

enum { WORKERS = 2, ASSETS_MAX = 32 };

/* Prepared answers for assets: raw, compressed, unchanged. Made at start, constant after. */
static struct {
    struct http_shared *raw, *gzip, *not_modified;
} asset_answers[ASSETS_MAX];

static volatile sig_atomic_t is_ending;

static void on_end(int signal_number)
{
    (void)signal_number;
    is_ending = 1;
}

/* ---- on the I/O thread: nothing here blocks ---- */

static void assets_prepare(void)
{
    static const char forever[] = "public, max-age=31536000, immutable";
    for (size_t i = 0; i < asset_count && i < ASSETS_MAX; i++) {
        const struct asset *a = &assets[i];
        struct http_response r = {.status = 200,
                                  .type = a->type,
                                  .body = str_make(a->data, (size_t)(a->data_end - a->data)),
                                  .is_constant = true,
                                  .etag = str_of(a->etag),
                                  .cache = forever};
        asset_answers[i].raw = http_shared_new(&r);
        if (a->gzip_end > a->gzip) {
            r.body = str_make(a->gzip, (size_t)(a->gzip_end - a->gzip));
            r.encoding = "gzip";
            asset_answers[i].gzip = http_shared_new(&r);
        }
        struct http_response unchanged = {.status = 304, .etag = str_of(a->etag), .cache = forever};
        asset_answers[i].not_modified = http_shared_new(&unchanged);
    }
}

static void assets_drop(void)
{
    for (size_t i = 0; i < asset_count && i < ASSETS_MAX; i++) {
        http_shared_drop(asset_answers[i].raw);
        http_shared_drop(asset_answers[i].gzip);
        http_shared_drop(asset_answers[i].not_modified);
    }
}

static struct http_shared *asset_answer(const struct http_request *r)
{
    const struct asset *a = asset_by_url(r->path);
    if (!a)
        return NULL;
    size_t i = (size_t)(a - assets);
    if (r->if_none_match.size && str_contains(r->if_none_match, a->etag))
        return http_shared_hold(asset_answers[i].not_modified);
    bool takes_gzip = str_contains(r->accept_encoding, "gzip") && asset_answers[i].gzip;
    return http_shared_hold(takes_gzip ? asset_answers[i].gzip : asset_answers[i].raw);
}

void site_state(struct site *s, int64_t now_ms, struct cache_state *ret)
{
    struct err e = {0};
    pthread_mutex_lock(&s->state_mutex);
    if (s->state_db && !data_dir_projection_is_current(&s->dir, s->state_inode))
        s->state_db = db_close(s->state_db);
    if (!s->state_db) {
        s->state_inode = data_dir_projection_inode(&s->dir);
        s->state_db = data_dir_projection(&s->dir, &e);
    }
    int64_t version = s->state_db ? db_one_int(s->state_db, &e, -1, "pragma data_version") : -1;
    *ret = (struct cache_state){.data_version = version,
                                .inode = (int64_t)s->state_inode,
                                .minute = now_ms / MS_MINUTE,
                                .epoch = keeper_link_is_up(s->keeper),
                                .now_ms = env_monotonic_ms(s->env)};
    pthread_mutex_unlock(&s->state_mutex);
}

static enum http_next to_sign_in(const struct http_request *r, const struct route *route, struct http_response *ret)
{
    if (route_is_api(route) || route->handler == handle_feed) {
        static const char problem[] = "{\"type\":\"about:blank\",\"title\":\"Sign in first\",\"status\":401,\"code\":\"denied\","
                                      "\"detail\":\"This address needs a session; open a sign-in link, see: assay user link\"}\n";
        *ret =
            (struct http_response){.status = 401, .type = "application/problem+json", .body = STR(problem), .is_constant = true};
        return HTTP_ANSWER;
    }
    static _Thread_local char location[HTTP_TARGET_BYTES_MAX * 3 + 64];
    struct buf b;
    buf_init(&b, sizeof(location) - 1);
    buf_cstr(&b, "/sign-in");
    if (r->method == HTTP_GET && !str_is(r->target, "/"))
        http_query_add(&b, "back", r->target);
    struct str where = b.full ? STR("/sign-in") : buf_view(&b);
    memcpy(location, where.data, where.size);
    *ret = (struct http_response){.status = 303, .location = str_make(location, where.size)};
    buf_release(&b);
    return HTTP_ANSWER;
}

static enum http_next plain_error(struct http_response *ret, int status, const char *allow)
{
    static const char not_found[] = "404: there is nothing at this address.\n",
                      method[] = "405: this address does not take that method.\n";
    bool is_missing = status == 404;
    *ret = (struct http_response){.status = status,
                                  .type = "text/plain; charset=utf-8",
                                  .body = is_missing ? STR(not_found) : STR(method),
                                  .is_constant = true,
                                  .allow = allow};
    return HTTP_ANSWER;
}

/* What nobody has an address for: a page with the navigation for those who are signed in, made by a worker. */
static bool handle_missing(struct call *c, struct err *e)
{
    (void)e;
    call_error(c, 404, arena_printf(c->arena, "%.*s is no address of this program.", STR_ARGS(c->request->path)));
    return true;
}
static const struct route missing_route = {HTTP_GET, "/", PERMISSION_OWN_PAGE, CSRF_SAFE, 0, handle_missing, NULL, "Not found"};

/* What leaves no line in the log: reporting a concern, and the files of the style, by which a line would tell that somebody opened a page that has
 * none. */
static bool is_quiet(struct str target)
{
    char after = target.size > 8 ? target.data[8] : '?';
    return str_starts(target, "/a/") || (str_starts(target, "/concern") && (after == '?' || after == '/'));
}

static enum http_next on_head(void *context, struct http_request *r, struct http_response *ret, size_t *ret_body_max)
{
    struct site *s = context;
    if (str_starts(r->path, "/a/") && !http_method_changes(r->method)) {
        struct http_shared *asset = asset_answer(r);
        if (!asset)
            return plain_error(ret, 404, NULL);
        ret->shared = asset;
        return HTTP_ANSWER;
    }
    struct str parameters[ROUTE_PARAMETERS_MAX];
    const char *allow;
    const struct route *route = route_find(r->method, r->path, parameters, &allow);
    struct identity who;
    site_identify(s, r, &who);
    if (!route && *allow)
        return plain_error(ret, 405, allow);
    if (!route) {
        if (!who.is_signed_in || http_method_changes(r->method) || str_starts(r->path, "/api/"))
            return plain_error(ret, 404, NULL);
        route = &missing_route;
    }
    if (route->permit != PERMISSION_PUBLIC && !who.is_signed_in)
        return to_sign_in(r, route, ret);
    bool is_allowed = permission_is_given(route->permit, who.permissions, who.rights);
    if (is_allowed && (route->handler == handle_page || route->handler == handle_api)) {
        char key_text[CACHE_KEY_MAX];
        struct str key = call_cache_key(r, &who.session, key_text, sizeof(key_text));
        struct cache_state state;
        site_state(s, env_now_ms(s->env), &state);
        if (key.data && state.data_version >= 0)
            ret->shared = cache_get(s->cache, key, &state, r->if_none_match);
        if (ret->shared)
            return HTTP_ANSWER;
    }
    r->route = route;
    *ret_body_max = route->body_max;
    return HTTP_WORK;
}

/* ---- on workers ---- */

static void on_work(void *context, void *worker, struct http_request *r, struct http_response *ret)
{
    call_run(context, worker, r, ret);
}

static void *on_worker_start(void *context)
{
    return worker_new(context);
}

static void on_worker_end(void *context, void *worker)
{
    (void)context;
    worker_free(worker);
}

/* ---- start and end ---- */

static bool site_open(struct site *s, const struct web_options *o, struct err *e)
{
    *s = (struct site){.options = o, .env = o->env ? o->env : &env_system, .dir.fd = -1};
    pthread_mutex_init(&s->state_mutex, NULL);
    pthread_mutex_init(&s->control_mutex, NULL);
    pthread_mutex_init(&s->print_mutex, NULL);
    if (!data_dir_open(&s->dir, o->data_dir, e))
        return false;
    s->sessions = sessions_open(o->data_dir, s->env, e);
    if (!s->sessions)
        return false;
    static char keeper_path[64]; /* by the directory's descriptor: the name of a socket has 107 bytes at most */
    snprintf(keeper_path, sizeof(keeper_path), "/proc/self/fd/%d/private/keeper.sock", s->dir.fd);
    s->keeper = keeper_link_new(o->keeper_path ? o->keeper_path : keeper_path);
    s->cache = cache_new();
    s->kept = view_kept_new();
    s->known = known_actors_new();
    s->guesses = guesses_new();
    s->reads = reads_new();
    s->challenges = challenges_new(s->env);
    s->connector = o->connect_fd > 0 ? connector_new(o->connect_fd, s->env) : NULL;
    if (!s->keeper || !s->cache || !s->kept || !s->known || !s->reads || !s->guesses || !s->challenges)
        return err_set(e, ERR_LIMIT, "web: no memory");
    struct err unread = {0}; /* everything else works without it */
    s->box = box_open(s->dir.path, s->env, &unread);
    if (!s->box)
        fprintf(stderr, "assay: web: %s\n", unread.text);
    return true;
}

static void site_close(struct site *s)
{
    s->server = http_stop(s->server);
    struct err unsaid = {0};
    if (s->reads && s->keeper && !reads_flush(s, true, &unsaid))
        fprintf(stderr, "assay: web: what was read in the last seconds is not on record: %s\n", unsaid.text);
    s->reads = reads_free(s->reads);
    s->cache = cache_free(s->cache);
    s->kept = view_kept_free(s->kept);
    s->known = known_actors_free(s->known);
    s->guesses = guesses_free(s->guesses);
    s->challenges = challenges_free(s->challenges);
    s->connector = connector_free(s->connector);
    s->keeper = keeper_link_free(s->keeper);
    s->sessions = sessions_close(s->sessions);
    s->box = box_close(s->box);
    s->state_db = db_close(s->state_db);
    if (s->dir.fd >= 0)
        data_dir_close(&s->dir);
    pthread_mutex_destroy(&s->state_mutex);
    pthread_mutex_destroy(&s->control_mutex);
    pthread_mutex_destroy(&s->print_mutex);
}

/* Waits for the end; once a second looks after connections, the keeper and sessions. */
static void tend(struct site *s)
{
    int64_t tidied_ms = env_monotonic_ms(s->env);
    struct pollfd p[] = {{.fd = s->options->control_fd > 0 ? s->options->control_fd : -1, .events = POLLRDHUP},
                         {.fd = s->options->connect_fd > 0 ? s->options->connect_fd : -1, .events = POLLRDHUP}};
    bundles_tend(s);
    while (!is_ending) {
        if (poll(p, 2, 1000) > 0 && ((p[0].revents | p[1].revents) & (POLLRDHUP | POLLHUP | POLLERR)))
            break; /* the parent is gone, or who asks other systems: the parent starts us anew, with another */
        if ((s->connector && connector_is_broken(s->connector)) || atomic_load(&s->print_is_broken))
            break;
        http_sweep(s->server);
        keeper_link_check(s->keeper);
        concerns_tend(s);
        struct err later = {0};
        if (keeper_link_is_up(s->keeper) && !reads_flush(s, false, &later))
            later = (struct err){0}; /* it stays, and is tried again in a second */
        if (env_monotonic_ms(s->env) - tidied_ms < MS_MINUTE)
            continue;
        tidied_ms = env_monotonic_ms(s->env);
        sessions_tidy(s->sessions);
        bundles_tend(s);
        if (s->box)
            box_touch(s->box);
    }
}

bool web_prepare(struct err *e)
{
    struct err ignored = {0};
    if (!xlsx_prepare(&ignored)) {
        /* Then XLSX answers that it is missing. */
    }
    if (!qr_prepare(&ignored)) {
        /* Then keys of one-time codes are typed. */
    }
    if (!markdown_prepare(&ignored)) {
        /* Then Markdown is shown as it was typed. */
    }
    return http_prepare(e) && password_prepare(e);
}

int web_main(const struct web_options *o)
{
    /* Few arenas and early return: the family's memory is counted. */
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 4 << 20); /* a page's memory is the next one's, without the kernel between them */
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    struct sigaction end = {.sa_handler = on_end};
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGINT, &end, NULL);
    signal(SIGPIPE, SIG_IGN);
    struct site *s = calloc(1, sizeof(*s));
    struct err e = {0};
    if (!s || !site_open(s, o, &e)) {
        fprintf(stderr, "assay: web: %s\n", e.text);
        if (s)
            site_close(s);
        free(s);
        return err_exit_status(e.code);
    }
    if (o->tls_cert)
        http_promise_tls();
    assets_prepare();
    struct http_handler handler = {
        .head = on_head, .work = on_work, .worker_start = on_worker_start, .worker_end = on_worker_end, .context = s};
    static char spool_dir[PATH_MAX + 8];
    snprintf(spool_dir, sizeof(spool_dir), "%s/db", s->dir.path);
    struct http_options options = {.listen_fds = o->listen_fds,
                                   .listen_count = o->listen_count,
                                   .worker_count = WORKERS,
                                   .handler = &handler,
                                   .env = s->env,
                                   .tls_cert = o->tls_cert,
                                   .tls_key = o->tls_key,
                                   .log_fd = STDERR_FILENO,
                                   .is_quiet = is_quiet,
                                   .spool_dir = spool_dir};
    s->server = http_start(&options, &e);
    int status = 0;
    if (!s->server) {
        fprintf(stderr, "assay: %s\n", e.text);
        status = err_exit_status(e.code);
    } else {
        if (o->control_fd > 0 && !ipc_send(o->control_fd, WEB_CONTROL_READY, NULL, 0, 1000, &e))
            is_ending = 1;
        tend(s);
    }
    site_close(s);
    assets_drop();
    free(s);
    return status;
}
