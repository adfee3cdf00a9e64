/* http_internal.h - what http.c keeps: for it alone. */
#ifndef WEB_HTTP_INTERNAL_H
#define WEB_HTTP_INTERNAL_H

#include "web/http.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum { HTTP_DAEMONS_MAX = 4, HTTP_WORKERS_MAX = 16 };

/* One owner at a time: the I/O thread in all states but QUEUED (the queue) and RUNNING (a worker). */
enum exchange_state {
    EXCHANGE_NEW,
    EXCHANGE_HEAD,
    EXCHANGE_BODY,
    EXCHANGE_QUEUED,
    EXCHANGE_RUNNING,
    EXCHANGE_DONE,
    EXCHANGE_ANSWERED
};

/* A long body on its way in: an unnamed file, mapped once it is complete. body_spool.c. */
struct body_spool {
    bool is_open;
    int fd;
    size_t size, seen_size; /* the second: when the connection was last seen to get on */
    struct str bytes;       /* the mapping */
};
/* False: there are HTTP_SPOOLS_MAX, or no file could be made. `dir` NULL: in memory. */
bool body_spool_open(struct body_spool *s, _Atomic int *count, const char *dir);
bool body_spool_append(struct body_spool *s, struct str bytes);
bool body_spool_map(struct body_spool *s);
void body_spool_close(struct body_spool *s, _Atomic int *count);

struct exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    struct exchange *next; /* in the queue */
    enum exchange_state state;
    bool is_head_read;
    int64_t started_us;
    struct http_request request;
    struct http_response response;
    struct buf body;
    struct body_spool spool;
    size_t target_size;
    char error_text[200];
    char target[HTTP_TARGET_BYTES_MAX + 2]; /* one byte over the limit shows that it is over; last: not cleared */
};

struct peer {
    int fd;
    _Atomic int64_t since_ms; /* monotonic: connected, or answered */
    char address[64];
    struct peer *before, *next;
};

struct http_shared {
    _Atomic int references;
    struct MHD_Response *response;
    int status;
    size_t size_bytes;
};

struct http_server {
    const struct http_handler *handler;
    const struct env *env;
    bool (*is_quiet)(struct str target);
    int log_fd;
    struct MHD_Daemon *daemons[HTTP_DAEMONS_MAX];
    size_t daemon_count;
    pthread_t workers[HTTP_WORKERS_MAX];
    size_t worker_count;
    pthread_mutex_t queue_mutex; /* guards the queue and is_stopping */
    pthread_cond_t queue_filled;
    struct exchange *queue_first, *queue_last;
    size_t queue_count, queue_max;
    const char *tls_cert, *tls_key;
    bool is_stopping;
    const char *spool_dir;
    _Atomic int spool_count;
    pthread_mutex_t peer_mutex; /* guards the list of peers */
    struct peer *peers;
};

#endif
