#include "os/http_client.h"
#include "os/curl.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>
struct http_client {
    CURL *handle;
    struct buf *body; /* of the answer being read */
    char reason[CURL_ERROR_SIZE];
};

struct http_client *http_client_new(struct err *e)
{
    if (!curl_open(e))
        return NULL;
    struct http_client *c = calloc(1, sizeof(*c));
    CURL *handle = c ? curl.easy_init() : NULL;
    if (!handle) {
        free(c);
        err_set(e, ERR_LIMIT, "libcurl: no memory");
        return NULL;
    }
    c->handle = handle;
    return c;
}

struct http_client *http_client_free(struct http_client *c)
{
    if (c)
        curl.easy_cleanup(c->handle);
    free(c);
    return NULL;
}

void http_answer_release(struct http_answer *answer)
{
    buf_release(&answer->body);
    *answer = (struct http_answer){0};
}

/* The part between "//" and the next '/', '?' or the end; empty for what is neither http nor https. */
static struct str url_authority(struct str url)
{
    size_t from = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : url.size, to = from;
    while (to < url.size && url.data[to] != '/' && url.data[to] != '?' && url.data[to] != '#')
        to++;
    return str_slice(url, from, to);
}

bool http_client_url_check(struct str url, struct err *e)
{
    for (size_t i = 0; i < url.size; i++)
        if (url.data[i] <= ' ' || url.data[i] >= 0x7f || url.data[i] == '\\')
            return err_set(e, ERR_INVALID, "the address has a character that no address has");
    struct str authority = url_authority(url);
    if (url.size > HTTP_CLIENT_URL_MAX)
        return err_set(e, ERR_INVALID, "the address is longer than %d bytes", HTTP_CLIENT_URL_MAX);
    if (authority.size == 0)
        return err_set(e, ERR_INVALID, "\"%.*s\" is no http:// or https:// address", STR_ARGS(str_slice(url, 0, 80)));
    if (str_find_char(authority, '@') >= 0)
        return err_set(e, ERR_INVALID, "the address has a user name in it: leave it out");
    return true;
}

/* This machine itself is never asked through a proxy. */
static bool is_loopback(struct str url)
{
    struct str host = url_authority(url);
    if (str_starts(host, "[::1]"))
        return true;
    str_cut(&host, ':', &host);
    return str_is(host, "localhost") || (str_starts(host, "127.") && strspn(host.data, "0123456789.") >= host.size);
}

static size_t on_body(char *data, size_t one, size_t size, void *context)
{
    struct buf *body = context;
    buf_append(body, data, one * size);
    return body->full ? 0 : one * size;
}

static bool options_set(struct http_client *c, const struct http_call *call, struct curl_slist *headers)
{
    CURL *h = c->handle;
    size_t bytes_max = call->answer_bytes_max ? call->answer_bytes_max : HTTP_CLIENT_ANSWER_MAX;
    int failed = 0;
    curl.easy_reset(h);
    failed |= curl.easy_setopt(h, CURLOPT_URL, call->url);
    failed |= curl.easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    failed |= curl.easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    failed |= curl.easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    failed |= curl.easy_setopt(h, CURLOPT_USERAGENT, "assay");
    failed |= curl.easy_setopt(h, CURLOPT_ERRORBUFFER, c->reason);
    failed |= curl.easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    failed |= curl.easy_setopt(h, CURLOPT_WRITEFUNCTION, on_body);
    failed |= curl.easy_setopt(h, CURLOPT_WRITEDATA, c->body);
    failed |= curl.easy_setopt(h, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)bytes_max);
    failed |= curl.easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, (long)(call->connect_ms ? call->connect_ms : HTTP_CLIENT_CONNECT_MS));
    failed |= curl.easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)(call->total_ms ? call->total_ms : HTTP_CLIENT_TOTAL_MS));
    failed |= curl.easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
    failed |= curl.easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
    failed |= curl.easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    failed |= curl_authorities_set(h, call->ca_file, call->ca_pem);
    if (is_loopback(str_of(call->url)))
        failed |= curl.easy_setopt(h, CURLOPT_PROXY, "");
    if (call->content_type) {
        failed |= curl.easy_setopt(h, CURLOPT_POST, 1L);
        failed |= curl.easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.size);
        failed |= curl.easy_setopt(h, CURLOPT_POSTFIELDS, call->body.size ? call->body.data : "");
    }
    return failed == 0;
}

static enum err_code code_of(CURLcode result, const struct buf *body)
{
    if (body->full || result == CURLE_FILESIZE_EXCEEDED)
        return ERR_TOO_LARGE;
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return ERR_TIMEOUT;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ERR_INVALID;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return ERR_DENIED;
    default:
        return ERR_UNAVAILABLE;
    }
}

static void content_type_of(struct http_client *c, char ret[128])
{
    const char *type = NULL;
    ret[0] = 0;
    if (curl.easy_getinfo(c->handle, CURLINFO_CONTENT_TYPE, &type) != CURLE_OK || !type)
        return;
    size_t size = strcspn(type, "; \t");
    if (size >= 128)
        return;
    for (size_t i = 0; i < size; i++)
        ret[i] = (char)tolower((unsigned char)type[i]);
    ret[size] = 0;
}

static bool header_append(struct curl_slist **headers, const char *line)
{
    struct curl_slist *more = curl.slist_append(*headers, line);
    if (more)
        *headers = more;
    return more != NULL;
}

/* One more header line; false when there is no memory. */
static bool header_add(struct curl_slist **headers, const char *name, const char *value)
{
    char line[256];
    int size = snprintf(line, sizeof(line), "%s:%s%s", name, value[0] ? " " : "", value);
    return size > 0 && (size_t)size < sizeof(line) && header_append(headers, line);
}

bool http_client_send(struct http_client *c, const struct http_call *call, struct http_answer *ret, struct err *e)
{
    if (!http_client_url_check(str_of(call->url), e))
        return false;
    buf_release(&ret->body);
    buf_init(&ret->body, call->answer_bytes_max ? call->answer_bytes_max : HTTP_CLIENT_ANSWER_MAX);
    c->body = &ret->body;
    c->reason[0] = 0;
    struct curl_slist *headers = NULL;
    bool ok = header_add(&headers, "Expect", "") && (!call->accept || header_add(&headers, "Accept", call->accept)) &&
              (!call->content_type || header_add(&headers, "Content-Type", call->content_type)) &&
              (!call->header || header_append(&headers, call->header)) && options_set(c, call, headers);
    CURLcode result = ok ? curl.easy_perform(c->handle) : CURLE_FAILED_INIT;
    long status = 0;
    if (result == CURLE_OK)
        curl.easy_getinfo(c->handle, CURLINFO_RESPONSE_CODE, &status);
    curl.slist_free_all(headers);
    if (result != CURLE_OK) {
        enum err_code code = code_of(result, &ret->body);
        return code == ERR_TOO_LARGE
                   ? err_set(e, code, "%s: the answer is larger than %zu bytes", call->url, ret->body.size_max)
                   : err_set(e, code, "%s: %s", call->url, c->reason[0] ? c->reason : curl.easy_strerror(result));
    }
    ret->status = (int)status;
    content_type_of(c, ret->content_type);
    return true;
}
