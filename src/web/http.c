#include "web/http.h"
#include "base/limits.h"
#include "os/library.h"
#include "web/http_internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Only the web role opens libmicrohttpd: it brings a whole TLS library, which no command should start with. */
#define MHD_FUNCTIONS(F) \
    F(MHD_, add_response_header) F(MHD_, create_response_from_buffer) F(MHD_, create_response_from_callback) F(MHD_, destroy_response) \
    F(MHD_, get_connection_info) F(MHD_, get_connection_values_n) F(MHD_, queue_response) F(MHD_, quiesce_daemon) \
    F(MHD_, resume_connection) F(MHD_, start_daemon) F(MHD_, stop_daemon) F(MHD_, suspend_connection)
static struct {
    MHD_FUNCTIONS(LIBRARY_POINTER)
} mhd;
static const char *const mhd_names[] = {MHD_FUNCTIONS(LIBRARY_NAME)};
static struct library mhd_library = LIBRARY("libmicrohttpd.so.12", "libmicrohttpd12", mhd_names, mhd);

/* The policy of every page: nothing inline, nothing from elsewhere, never framed (engineering.md 2). */
static const char page_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
static const char sandbox_policy[] = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/* For durations in the log only: finer than env's clock. */
static int64_t clock_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static struct peer *peer_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = mhd.get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* ---- responses ---- */

static void add_header(struct MHD_Response *m, const char *name, const char *value)
{
    if (mhd.add_response_header(m, name, value) != MHD_YES)
        abort(); /* only for a value with a line break, and all values are checked or ours */
}

static void add_header_str(struct MHD_Response *m, const char *name, struct str value)
{
    char text[HTTP_TARGET_BYTES_MAX + 512];
    if (value.size == 0 || value.size >= sizeof(text))
        return;
    size_t n = 0;
    for (size_t i = 0; i < value.size; i++)
        if ((unsigned char)value.data[i] >= 0x20 && value.data[i] != 0x7f)
            text[n++] = value.data[i];
    text[n] = 0;
    add_header(m, name, text);
}

static bool promises_tls; /* set before any thread starts */

void http_promise_tls(void)
{
    promises_tls = true;
}

/* A file on its way out: whoever takes a piece of it gets on. */
struct sending {
    int fd;
    _Atomic int64_t *since_ms; /* of the connection that it goes over; NULL: none is known */
    const struct env *env;
};

static ssize_t file_piece(void *context, uint64_t at, char *to, size_t max)
{
    struct sending *f = context;
    ssize_t n = pread(f->fd, to, max, (off_t)at);
    if (f->since_ms)
        atomic_store(f->since_ms, env_monotonic_ms(f->env));
    return n > 0 ? n : MHD_CONTENT_READER_END_WITH_ERROR; /* it is shorter than it was: the client sees that */
}

static void file_done(void *context)
{
    struct sending *f = context;
    close(f->fd);
    free(f);
}

static struct MHD_Response *file_build(const struct http_response *r, struct peer *p, const struct env *env)
{
    struct sending *f = malloc(sizeof(*f));
    if (!f) {
        close(r->file_fd);
        return NULL;
    }
    *f = (struct sending){r->file_fd, p ? &p->since_ms : NULL, env};
    struct MHD_Response *m = mhd.create_response_from_callback(r->file_size, HTTP_FILE_PIECE_BYTES, file_piece, f, file_done);
    if (!m)
        file_done(f);
    return m;
}

static struct MHD_Response *response_build(const struct http_response *r, struct peer *p, const struct env *env)
{
    enum MHD_ResponseMemoryMode mode = r->is_constant ? MHD_RESPMEM_PERSISTENT : MHD_RESPMEM_MUST_COPY;
    struct MHD_Response *m = r->is_file ? file_build(r, p, env) : mhd.create_response_from_buffer(r->body.size, (void *)(uintptr_t)r->body.data, mode);
    if (!m)
        return NULL;
    if (r->type)
        add_header(m, "Content-Type", r->type);
    add_header(m, "Content-Security-Policy", r->is_sandboxed ? sandbox_policy : page_policy);
    add_header(m, "X-Content-Type-Options", "nosniff");
    add_header(m, "Referrer-Policy", "same-origin");
    add_header(m, "Cross-Origin-Opener-Policy", "same-origin");
    add_header(m, "Cross-Origin-Resource-Policy", "same-origin");
    if (promises_tls)
        add_header(m, "Strict-Transport-Security", "max-age=31536000");
    add_header(m, "Cache-Control", r->cache ? r->cache : "no-store");
    if (r->encoding)
        add_header(m, "Content-Encoding", r->encoding);
    if (r->allow)
        add_header(m, "Allow", r->allow);
    if (r->closes)
        add_header(m, "Connection", "close");
    if (r->retry_after_s) {
        char text[16];
        snprintf(text, sizeof(text), "%d", r->retry_after_s);
        add_header(m, "Retry-After", text);
    }
    add_header_str(m, "ETag", r->etag);
    add_header_str(m, "Location", r->location);
    add_header_str(m, "Content-Disposition", r->disposition);
    add_header_str(m, "Set-Cookie", r->set_cookie[0]);
    add_header_str(m, "Set-Cookie", r->set_cookie[1]);
    return m;
}

bool http_prepare(struct err *e)
{
    return library_open(&mhd_library, e);
}

struct http_shared *http_shared_new(const struct http_response *r)
{
    struct err e = {0};
    if (!http_prepare(&e))
        return NULL;
    struct http_shared *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->response = response_build(r, NULL, NULL);
    if (!s->response) {
        free(s);
        return NULL;
    }
    atomic_init(&s->references, 1);
    s->status = r->status;
    s->size_bytes = r->body.size;
    return s;
}

struct http_shared *http_shared_hold(struct http_shared *s)
{
    atomic_fetch_add(&s->references, 1);
    return s;
}

void http_shared_drop(struct http_shared *s)
{
    if (!s || atomic_fetch_sub(&s->references, 1) != 1)
        return;
    mhd.destroy_response(s->response);
    free(s);
}

size_t http_shared_size(const struct http_shared *s)
{
    return s->size_bytes;
}

/* ---- answering ---- */

static void log_request(struct exchange *x, int status, size_t bytes)
{
    struct http_server *s = x->server;
    if (s->log_fd < 0 || (s->is_quiet && s->is_quiet(str_make(x->target, x->target_size))))
        return;
    char path[200], line[640], at[32];
    size_t n = 0;
    struct str shown = str_make(x->target, x->target_size);
    ptrdiff_t query = str_find_char(shown, '?'); /* a query may hold what was searched for, or a token */
    if (query >= 0)
        shown.size = (size_t)query;
    if (str_starts(shown, "/s/")) /* the secret of a sharing link */
        shown.size = 3;
    for (size_t i = 0; i < shown.size && n + 1 < sizeof(path); i++) {
        unsigned char c = (unsigned char)shown.data[i];
        path[n++] = c > 0x20 && c < 0x7f && c != '"' && c != '=' ? (char)c : '?';
    }
    path[n] = 0;
    struct timespec t = {.tv_sec = (time_t)(env_now_ms(s->env) / 1000)};
    struct tm tm;
    gmtime_r(&t.tv_sec, &tm);
    strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &tm);
    int size = snprintf(line, sizeof(line), "t=%s in=web peer=%s method=%s path=%s status=%d bytes=%zu us=%lld%s%.*s%s\n", at,
                        x->request.peer, x->is_head_read ? http_method_name(x->request.method) : "?", n ? path : "?", status, bytes,
                        (long long)(clock_us() - x->started_us), x->response.problem.size ? " why=\"" : "",
                        (int)(x->response.problem.size < 200 ? x->response.problem.size : 200),
                        x->response.problem.data ? x->response.problem.data : "", x->response.problem.size ? "\"" : "");
    if (size > 0 && write(s->log_fd, line, (size_t)size < sizeof(line) ? (size_t)size : sizeof(line) - 1) < 0) {
        /* Nobody to tell. */
    }
}

static enum MHD_Result send_response(struct exchange *x)
{
    struct http_response *r = &x->response;
    enum MHD_Result result;
    size_t size = r->is_file ? (size_t)r->file_size : r->body.size;
    if (r->shared) {
        result = mhd.queue_response(x->connection, (unsigned)r->shared->status, r->shared->response);
        log_request(x, r->shared->status, r->shared->size_bytes);
        http_shared_drop(r->shared);
        r->shared = NULL;
    } else {
        struct MHD_Response *m = response_build(r, peer_of(x->connection), x->server->env);
        r->is_file = false; /* its descriptor is the library's now */
        if (!m)
            return MHD_NO;
        result = mhd.queue_response(x->connection, (unsigned)r->status, m);
        mhd.destroy_response(m);
        log_request(x, r->status, size);
    }
    x->state = EXCHANGE_ANSWERED;
    return result;
}

/* An error that this layer finds: plain text, and the connection closes, since what follows on it cannot be trusted. */
static enum MHD_Result refuse(struct exchange *x, int status, const char *why)
{
    snprintf(x->error_text, sizeof(x->error_text), "%d %s: %s.\n", status, http_status_words(status), why);
    x->response = (struct http_response){.status = status,
                                         .type = "text/plain; charset=utf-8",
                                         .body = str_of(x->error_text),
                                         .problem = str_of(why),
                                         .retry_after_s = status == 503 ? 1 : 0,
                                         .closes = true};
    return send_response(x);
}

/* ---- workers ---- */

static void *worker_main(void *argument)
{
    struct http_server *s = argument;
    void *state = s->handler->worker_start ? s->handler->worker_start(s->handler->context) : NULL;
    pthread_mutex_lock(&s->queue_mutex);
    for (;;) {
        while (!s->queue_first && !s->is_stopping)
            pthread_cond_wait(&s->queue_filled, &s->queue_mutex);
        struct exchange *x = s->queue_first;
        if (!x)
            break;
        s->queue_first = x->next;
        if (!s->queue_first)
            s->queue_last = NULL;
        s->queue_count--;
        x->state = EXCHANGE_RUNNING;
        pthread_mutex_unlock(&s->queue_mutex);

        x->request.arena = arena_new("request", HTTP_REQUEST_ARENA_BYTES);
        x->request.body = x->spool.bytes.data ? x->spool.bytes : buf_view(&x->body);
        s->handler->work(s->handler->context, state, &x->request, &x->response);
        x->state = EXCHANGE_DONE;
        mhd.resume_connection(x->connection);

        pthread_mutex_lock(&s->queue_mutex);
    }
    pthread_mutex_unlock(&s->queue_mutex);
    if (s->handler->worker_end)
        s->handler->worker_end(s->handler->context, state);
    return NULL;
}

static enum MHD_Result enqueue(struct exchange *x)
{
    struct http_server *s = x->server;
    pthread_mutex_lock(&s->queue_mutex);
    bool is_full = s->queue_count >= s->queue_max || s->is_stopping;
    if (!is_full) {
        x->state = EXCHANGE_QUEUED;
        x->next = NULL;
        mhd.suspend_connection(x->connection);
        if (s->queue_last)
            s->queue_last->next = x;
        else
            s->queue_first = x;
        s->queue_last = x;
        s->queue_count++;
        pthread_cond_signal(&s->queue_filled);
    }
    pthread_mutex_unlock(&s->queue_mutex);
    return is_full ? refuse(x, 503, "too many requests are waiting") : MHD_YES;
}

/* ---- what libmicrohttpd calls ---- */

static void *on_target(void *context, const char *target, struct MHD_Connection *connection)
{
    struct exchange *x = malloc(sizeof(*x));
    if (!x)
        return NULL;
    memset(x, 0, offsetof(struct exchange, target));
    x->server = context;
    x->connection = connection;
    x->started_us = clock_us();
    x->target_size = strnlen(target, sizeof(x->target));
    memcpy(x->target, target, x->target_size);
    struct peer *p = peer_of(connection);
    memcpy(x->request.peer, p ? p->address : "?", p ? sizeof(x->request.peer) : 2);
    x->request.is_tls = x->server->tls_cert != NULL;
    return x;
}

static enum MHD_Result on_field(void *context, enum MHD_ValueKind kind, const char *name, size_t name_size, const char *value,
                                size_t value_size)
{
    (void)kind;
    struct http_head *h = context;
    if (h->field_count == HTTP_HEADERS_MAX) {
        h->has_too_many_fields = true;
        return MHD_NO;
    }
    h->fields[h->field_count++] = (struct http_field){str_make(name, name_size), str_make(value ? value : "", value_size)};
    return MHD_YES;
}

/* The library mends folded lines, NULs, doubled separators and nameless fields before we see them; but the head's size gives them
 * away: it must be that of the same head written plainly, with at most one space behind each colon. */
static bool head_is_plain(struct exchange *x, const struct http_head *h)
{
    const union MHD_ConnectionInfo *info = mhd.get_connection_info(x->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (!info)
        return false;
    size_t plain = h->method.size + 1 + h->target.size + 1 + h->version.size + 2 + 2;
    for (size_t i = 0; i < h->field_count; i++)
        plain += h->fields[i].name.size + 1 + h->fields[i].value.size + 2;
    return info->header_size >= plain && info->header_size <= plain + h->field_count;
}

static enum MHD_Result begin(struct exchange *x, const char *method, const char *version)
{
    struct http_head head;
    head.field_count = 0;
    head.has_too_many_fields = false;
    head.method = str_of(method);
    head.version = str_of(version);
    head.target = str_make(x->target, x->target_size);
    mhd.get_connection_values_n(x->connection, MHD_HEADER_KIND, on_field, &head);
    const char *why = NULL;
    int status = http_head_read(&head, &x->request, &why);
    if (status == 0 && !head_is_plain(x, &head)) {
        status = 400;
        why = "the head is not written plainly";
    }
    if (status)
        return refuse(x, status, why);
    x->is_head_read = true;
    size_t body_max = 0;
    const struct http_handler *handler = x->server->handler;
    if (handler->head(handler->context, &x->request, &x->response, &body_max) == HTTP_ANSWER) {
        if (x->request.content_length)
            return send_response(x); /* without reading the body: the library closes behind it */
        x->state = EXCHANGE_DONE;    /* sent at the next call: sent now, it would close the connection */
        return MHD_YES;
    }
    if (x->request.content_length > body_max)
        return refuse(x, 413, "the body is longer than this address takes");
    x->state = EXCHANGE_BODY;
    if (x->request.content_length <= HTTP_BODY_MEMORY_BYTES)
        buf_init(&x->body, HTTP_BODY_MEMORY_BYTES + 1);
    else if (!body_spool_open(&x->spool, &x->server->spool_count, x->server->spool_dir))
        return refuse(x, 503, "too many long bodies are coming in");
    return MHD_YES;
}

static enum MHD_Result take_body(struct exchange *x, const char *upload, size_t *upload_size)
{
    size_t size = *upload_size;
    *upload_size = 0;
    if (!x->spool.is_open) {
        buf_append(&x->body, upload, size);
        return x->body.full ? refuse(x, 413, "the body is longer than it said") : MHD_YES;
    }
    if (x->spool.size + size > x->request.content_length)
        return refuse(x, 413, "the body is longer than it said");
    if (!body_spool_append(&x->spool, str_make(upload, size)))
        return refuse(x, 503, "a long body could not be kept");
    struct peer *p = peer_of(x->connection);
    if (p && x->spool.size - x->spool.seen_size >= HTTP_SPOOL_STEP_BYTES) { /* it gets on */
        x->spool.seen_size = x->spool.size;
        atomic_store(&p->since_ms, env_monotonic_ms(x->server->env));
    }
    return MHD_YES;
}

static enum MHD_Result end_body(struct exchange *x)
{
    size_t size = x->spool.is_open ? x->spool.size : x->body.size;
    if (size != x->request.content_length)
        return refuse(x, 400, "the body is shorter than it said");
    if (x->spool.is_open && !body_spool_map(&x->spool))
        return refuse(x, 503, "a long body could not be read back");
    return enqueue(x);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **ret_exchange)
{
    (void)context;
    (void)connection;
    (void)url;
    struct exchange *x = *ret_exchange;
    if (!x)
        return MHD_NO;
    switch (x->state) {
    case EXCHANGE_NEW:
        x->state = EXCHANGE_HEAD;
        return begin(x, method, version);
    case EXCHANGE_BODY:
        return *upload_size ? take_body(x, upload, upload_size) : end_body(x);
    case EXCHANGE_DONE:
        return send_response(x);
    case EXCHANGE_ANSWERED:
        *upload_size = 0; /* the rest of a refused body */
        return MHD_YES;
    case EXCHANGE_HEAD:
    case EXCHANGE_QUEUED:
    case EXCHANGE_RUNNING:
        break;
    }
    return MHD_NO;
}

static void on_completed(void *context, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode why)
{
    (void)why;
    struct http_server *s = context;
    struct exchange *x = *exchange;
    *exchange = NULL;
    struct peer *p = peer_of(connection);
    if (p)
        atomic_store(&p->since_ms, env_monotonic_ms(s->env));
    if (!x)
        return;
    if (x->state != EXCHANGE_ANSWERED)
        log_request(x, 0, 0); /* closed by the client, or refused by the library */
    http_shared_drop(x->response.shared);
    if (x->response.is_file) /* never sent */
        close(x->response.file_fd);
    arena_free(x->request.arena);
    buf_release(&x->body);
    body_spool_close(&x->spool, &s->spool_count);
    free(x);
}

static void peer_name(struct peer *p, const struct sockaddr *address)
{
    snprintf(p->address, sizeof(p->address), "unix");
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, p->address, sizeof(p->address));
    if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, p->address, sizeof(p->address));
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *s = context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        struct peer *p = calloc(1, sizeof(*p));
        if (!p)
            return;
        const union MHD_ConnectionInfo *info = mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        p->fd = info ? info->connect_fd : -1;
        info = mhd.get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        peer_name(p, info ? info->client_addr : NULL);
        atomic_init(&p->since_ms, env_monotonic_ms(s->env));
        pthread_mutex_lock(&s->peer_mutex);
        p->next = s->peers;
        if (s->peers)
            s->peers->before = p;
        s->peers = p;
        pthread_mutex_unlock(&s->peer_mutex);
        *socket_context = p;
        return;
    }
    struct peer *p = *socket_context;
    if (!p)
        return;
    pthread_mutex_lock(&s->peer_mutex);
    if (p->before)
        p->before->next = p->next;
    else
        s->peers = p->next;
    if (p->next)
        p->next->before = p->before;
    pthread_mutex_unlock(&s->peer_mutex);
    free(p);
    *socket_context = NULL;
}

void http_sweep(struct http_server *s)
{
    int64_t now_ms = env_monotonic_ms(s->env);
    pthread_mutex_lock(&s->peer_mutex);
    for (struct peer *p = s->peers; p; p = p->next)
        if (now_ms - atomic_load(&p->since_ms) > HTTP_HEAD_TIME_MS && p->fd >= 0)
            shutdown(p->fd, SHUT_RDWR); /* the library sees the end and closes */
    pthread_mutex_unlock(&s->peer_mutex);
}

/* Nothing is unescaped: paths and queries are decoded part by part, strictly. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

static void on_library_log(void *context, const char *format, va_list arguments)
{
    struct http_server *s = context;
    char text[300], line[400];
    vsnprintf(text, sizeof(text), format, arguments);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == '"')
            *c = ' ';
    int size = snprintf(line, sizeof(line), "in=web library=\"%s\"\n", text);
    if (s->log_fd >= 0 && size > 0 && write(s->log_fd, line, (size_t)size) < 0) {
        /* Nobody to tell. */
    }
}

static struct MHD_Daemon *daemon_start(struct http_server *s, int fd)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_TURBO | MHD_USE_ERROR_LOG;
    /* TLS 1.3 and 1.2 with forward secrecy; GnuTLS chooses by our order. */
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)s->tls_cert},
                                   {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)s->tls_key},
                                   {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE"},
                                   {MHD_OPTION_END, 0, NULL}};
    flags |= s->tls_cert ? (unsigned)MHD_USE_TLS : 0;
    /* The logger comes first: it is what later options report to. */
    return mhd.start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_library_log, s,
                            MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)HTTP_PER_ADDRESS_MAX,
                            MHD_OPTION_CONNECTION_TIMEOUT, 30u, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)LIMIT_HTTP_HEADER_BYTES + 8192, MHD_OPTION_CONNECTION_MEMORY_INCREMENT, (size_t)2048,
                            MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)1 << 18, MHD_OPTION_ARRAY, s->tls_cert ? tls : tls + 3, MHD_OPTION_END);
}

struct http_server *http_start(const struct http_options *o, struct err *e)
{
    if (!http_prepare(e))
        return NULL;
    struct http_server *s = calloc(1, sizeof(*s));
    if (!s || o->listen_count > HTTP_DAEMONS_MAX || o->worker_count > HTTP_WORKERS_MAX) {
        free(s);
        err_set(e, ERR_LIMIT, "web: too many sockets or workers");
        return NULL;
    }
    s->handler = o->handler;
    s->env = o->env;
    s->log_fd = o->log_fd;
    s->is_quiet = o->is_quiet;
    s->tls_cert = o->tls_cert;
    s->tls_key = o->tls_key;
    s->spool_dir = o->spool_dir;
    s->queue_max = o->queue_max ? o->queue_max : HTTP_QUEUE_MAX;
    pthread_mutex_init(&s->queue_mutex, NULL);
    pthread_mutex_init(&s->peer_mutex, NULL);
    pthread_cond_init(&s->queue_filled, NULL);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 1 << 20);
    for (size_t i = 0; i < o->worker_count; i++) {
        if (pthread_create(&s->workers[i], &attributes, worker_main, s) != 0) {
            err_set(e, ERR_UNAVAILABLE, "web: a worker thread could not be started");
            pthread_attr_destroy(&attributes);
            http_stop(s);
            return NULL;
        }
        s->worker_count++;
    }
    pthread_attr_destroy(&attributes);
    for (size_t i = 0; i < o->listen_count; i++) {
        s->daemons[i] = daemon_start(s, o->listen_fds[i]);
        if (!s->daemons[i]) {
            err_set(e, ERR_UNAVAILABLE, "web: socket %zu could not be served", i);
            http_stop(s);
            return NULL;
        }
        s->daemon_count++;
    }
    return s;
}

struct http_server *http_stop(struct http_server *s)
{
    if (!s)
        return NULL;
    for (size_t i = 0; i < s->daemon_count; i++) {
        int fd = mhd.quiesce_daemon(s->daemons[i]);
        if (fd >= 0)
            close(fd);
    }
    pthread_mutex_lock(&s->queue_mutex);
    s->is_stopping = true;
    pthread_cond_broadcast(&s->queue_filled);
    pthread_mutex_unlock(&s->queue_mutex);
    for (size_t i = 0; i < s->worker_count; i++)
        pthread_join(s->workers[i], NULL);
    for (size_t i = 0; i < s->daemon_count; i++)
        mhd.stop_daemon(s->daemons[i]);
    pthread_mutex_destroy(&s->queue_mutex);
    pthread_mutex_destroy(&s->peer_mutex);
    pthread_cond_destroy(&s->queue_filled);
    free(s);
    return NULL;
}
