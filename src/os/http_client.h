/*
 * http_client.h - asking somebody over HTTP or HTTPS: one request, one answer, everything limited.
 *
 * libcurl does the work; it is opened (dlopen) by the first http_client_new, so that programs that never ask carry nothing of it. A client
 * keeps its connections open between requests. One client belongs to one thread; different threads have clients of their own. A
 * request blocks for at most total_ms (its default if 0).
 *
 * Only http:// and https:// are spoken; redirects are not followed (a 3xx is an answer like any other); addresses with a user name
 * in them are refused; TLS is 1.2 at least and always verified, against `ca_file` or the system's authorities. Proxies of the
 * environment (https_proxy, no_proxy) are used, never for this machine itself. An answer of any status is an answer: look at it.
 *
 *     struct http_client *c = http_client_new(e);
 *     struct http_answer answer = {0};
 *     if (http_client_send(c, &(struct http_call){.url = url, .body = body, .content_type = "text/plain"}, &answer, e))
 *         if (answer.status == 200) ... buf_view(&answer.body) ...
 *     http_answer_release(&answer);
 *     http_client_free(c);
 */
#ifndef OS_HTTP_CLIENT_H
#define OS_HTTP_CLIENT_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum {
    HTTP_CLIENT_URL_MAX = 1024,
    HTTP_CLIENT_CONNECT_MS = 5000,
    HTTP_CLIENT_TOTAL_MS = 15000,
    HTTP_CLIENT_ANSWER_MAX = 1 << 20
};

struct http_call {
    const char *url;
    const char *content_type; /* of the body; NULL makes it a GET, otherwise it is a POST */
    const char *accept;       /* or NULL */
    struct str body;          /* POST; may be empty */
    const char *ca_file;      /* PEM of the authorities that an https server must be under; NULL: the system's */
    struct str ca_pem;        /* the same as text, where there is no file */
    const char *header;       /* one more, "Name: value", or NULL */
    size_t answer_bytes_max;  /* 0: HTTP_CLIENT_ANSWER_MAX */
    int connect_ms, total_ms; /* 0: as above */
};

struct http_answer {
    int status;
    char content_type[128]; /* without parameters, lower case; "" when there was none or it is longer */
    struct buf body;
};

struct http_client;
/* ERR_UNSUPPORTED: libcurl is not installed or too old (7.85 is needed). */
struct http_client *http_client_new(struct err *e) MUST_USE;
struct http_client *http_client_free(struct http_client *c);
/* `ret` must be zeroed or an earlier answer, whose memory is used again. ERR_INVALID: the address; ERR_TIMEOUT; ERR_TOO_LARGE: the
 * answer; ERR_DENIED: the server's certificate does not verify; ERR_UNAVAILABLE: everything else. The text begins with the address. */
bool http_client_send(struct http_client *c, const struct http_call *call, struct http_answer *ret, struct err *e) MUST_USE;
void http_answer_release(struct http_answer *answer);
/* Whether it is an address that http_client_send would ask: for those who take one from a person. ERR_INVALID. */
bool http_client_url_check(struct str url, struct err *e) MUST_USE;

#endif
