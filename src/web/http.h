/*
 * http.h - HTTP/1.1 over libmicrohttpd: strict heads, hard limits, one I/O thread a listening socket, a bounded pool of workers.
 *
 * A request's head is checked on the I/O thread (doc/http.md lists what is refused) and shown to `head`, which must not block: it
 * answers at once (assets, cached pages, refusals) or says how many bytes of body it takes and lets a worker do the rest. A
 * connection has one owner at a time: I/O thread, queue, worker, I/O thread. A full queue answers 503 with Retry-After.
 * Everything refused is answered with an error, closed and logged. One log line a request, key=value, on standard error.
 *
 * Threads: head runs on I/O threads, work on workers, each with its own worker state.
 */
#ifndef WEB_HTTP_H
#define WEB_HTTP_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/env.h"
#include "base/err.h"
#include "base/str.h"

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE };
enum { HTTP_METHODS = HTTP_DELETE + 1 };

enum {
    HTTP_TARGET_BYTES_MAX = 2048, /* path and query: 414 */
    HTTP_HEADERS_MAX = 64,        /* fields of a head: 431 */
    HTTP_CONNECTIONS_MAX = 1000,  /* open at once on one listening socket */
    HTTP_PER_ADDRESS_MAX = 256,   /* of one peer address */
    HTTP_HEAD_TIME_MS = 30000,    /* from connecting, or from the last answer, to a complete request: idle or slow clients */
    HTTP_QUEUE_MAX = 256,         /* requests waiting for a worker: 503 */
    HTTP_BODY_MEMORY_BYTES = 64 << 10, /* a longer body goes to an unnamed file while it comes in */
    HTTP_SPOOLS_MAX = 16,              /* such files at once: 503 */
    HTTP_SPOOL_STEP_BYTES = 64 << 10,  /* a body must grow by this much within HTTP_HEAD_TIME_MS */
    HTTP_FILE_PIECE_BYTES = 256 << 10, /* of a file on its way out: one has to be taken within HTTP_HEAD_TIME_MS */
    HTTP_REQUEST_ARENA_BYTES = 96 << 20
};

/* The fields of the head that the layers above look at; views into the connection's memory. Absent: {NULL, 0}. */
struct http_request {
    enum http_method method;
    struct str target; /* raw path and query */
    struct str path;   /* raw, without the query; never decoded as a whole */
    struct str query;  /* raw, behind "?" */
    struct str host, cookie, origin, fetch_site, if_none_match, accept, accept_encoding, content_type, content_encoding, referer;
    struct str if_match, authorization, user_agent, csrf_token; /* the last: X-CSRF-Token */
    uint64_t content_length;
    struct str body;     /* for work: all of it; a long one is a view of its spool file, gone with the request */
    struct arena *arena; /* for work: lives until the answer is sent; NULL in head */
    char peer[64];       /* address in words; "unix" */
    bool is_tls;
    const void *route; /* set by head for work: the layers above's own */
    void *context;     /* likewise */
};

struct http_shared; /* a prepared response that many requests answer with */

struct http_response {
    int status;
    const char *type;     /* media type; NULL: no body */
    struct str body;      /* what is sent, unless `text` is used; in the request's arena or constant */
    bool is_constant;     /* body lives for ever: not copied */
    const char *encoding; /* "gzip" */
    struct str etag;      /* with quotes */
    const char *cache;    /* Cache-Control; NULL: "no-store" */
    struct str location;
    struct str set_cookie[2];
    struct str disposition; /* Content-Disposition */
    int retry_after_s;      /* 0: no header */
    const char *allow;      /* Allow, with 405 */
    bool is_sandboxed;      /* captured bytes: a policy that lets nothing run */
    bool closes;
    bool is_file; /* instead of body: file_size bytes of the descriptor file_fd, which is closed behind them. For what no memory should hold */
    int file_fd;
    uint64_t file_size;
    struct http_shared *shared; /* instead of all above; one reference is given up */
    struct str problem;         /* for the log: why it was refused */
};

enum http_next {
    HTTP_ANSWER, /* the response is complete */
    HTTP_WORK    /* give it to a worker, with up to body_max bytes of body */
};

struct http_handler {
    enum http_next (*head)(void *context, struct http_request *r, struct http_response *ret, size_t *ret_body_max);
    void (*work)(void *context, void *worker, struct http_request *r, struct http_response *ret);
    /* The page for an error found by this layer: fills type and body (constant or malloc-free). May be NULL. */
    void *(*worker_start)(void *context);
    void (*worker_end)(void *context, void *worker);
    void *context;
};

struct http_server;
struct http_options {
    const int *listen_fds;
    size_t listen_count;
    size_t worker_count;
    size_t queue_max; /* requests waiting for a worker; 0: HTTP_QUEUE_MAX */
    const struct http_handler *handler;
    const struct env *env;
    int log_fd;            /* -1: no log */
    bool (*is_quiet)(struct str target); /* requests that leave no line in it; may be NULL */
    const char *tls_cert, *tls_key; /* PEM texts, the certificate first, then its chain; NULL: plain HTTP */
    const char *spool_dir; /* where long bodies wait, in files without a name; NULL: in memory */
};

/* Opens the HTTP library: whoever enters a jail does it before. Else it comes with the first use. ERR_UNSUPPORTED: not installed. */
bool http_prepare(struct err *e) MUST_USE;
/* From here on every answer tells browsers to stay with TLS (RFC 6797). Before any response is made. */
void http_promise_tls(void);
/* Starts the threads. ERR_UNAVAILABLE when a socket cannot be served. */
struct http_server *http_start(const struct http_options *o, struct err *e) MUST_USE;
/* Closes idle and slow connections; call about once a second. */
void http_sweep(struct http_server *s);
/* Finishes what is running, closes everything, ends the threads. */
struct http_server *http_stop(struct http_server *s);

/* Makes a response that can answer many requests, from `r` (body copied). Reference counted, any thread. */
struct http_shared *http_shared_new(const struct http_response *r);
struct http_shared *http_shared_hold(struct http_shared *s);
void http_shared_drop(struct http_shared *s);
size_t http_shared_size(const struct http_shared *s);

/* ---- reading what a client sends ---- */

/* The value of `name` in a query or form, decoded, in `a`. False (e filled) when an escape is broken, or the value has NUL or is
 * not UTF-8. Absent: empty, and ret_is_there (may be NULL) says so. The first of several counts. */
bool http_form_value(struct arena *a, struct str form, const char *name, struct str *ret, bool *ret_is_there,
                     struct err *e) MUST_USE;
/* One name or value of a query or form, decoded, as above. */
bool http_form_decode(struct arena *a, struct str text, struct str *ret, struct err *e) MUST_USE;
/* Decodes one path segment; refuses what decodes to "/", NUL or bytes that are not UTF-8. */
bool http_decode_segment(struct arena *a, struct str segment, struct str *ret, struct err *e) MUST_USE;
/* The value of cookie `name`, or {NULL, 0}. */
struct str http_cookie(const struct http_request *r, const char *name);
/* Appends name=value, escaped, with the separator that is due ("?" first, then "&"). */
void http_query_add(struct buf *b, const char *name, struct str value);
const char *http_status_words(int status);
const char *http_method_name(enum http_method method);
/* Anything but GET and HEAD. */
static inline bool http_method_changes(enum http_method method)
{
    return method > HTTP_HEAD;
}

/* ---- http_head.c: the strict reading of a head ---- */

struct http_field {
    struct str name, value;
};
struct http_head {
    struct str method, target, version;
    struct http_field fields[HTTP_HEADERS_MAX];
    size_t field_count;
    bool has_too_many_fields;
};
/* Checks the head and fills the request. Returns 0, or the status to refuse it with; ret_why is one line, constant. */
int http_head_read(const struct http_head *h, struct http_request *ret, const char **ret_why);

#endif
