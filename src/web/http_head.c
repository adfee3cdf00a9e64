/* The strict reading of a request's head (RFC 9110, 9112): anything unclear about who the request is for or where it ends is
 * refused. */
#include "web/http.h"
#include <strings.h>

const char *http_method_name(enum http_method method)
{
    static const char *const names[HTTP_METHODS] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    return names[method];
}

static bool is_token_char(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
        return true;
    return c && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.size; i++)
        if (!is_token_char((unsigned char)s.data[i]))
            return false;
    return s.size > 0;
}

static bool is_named(struct str name, const char *wanted)
{
    return name.size == strlen(wanted) && strncasecmp(name.data, wanted, name.size) == 0;
}

static bool is_field_value(struct str s)
{
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return false;
    }
    return true;
}

static int refuse(int status, const char *why, const char **ret_why)
{
    *ret_why = why;
    return status;
}

static int read_line(const struct http_head *h, struct http_request *ret, const char **ret_why)
{
    if (!is_token(h->method))
        return refuse(400, "the method is not a token", ret_why);
    if (!str_is(h->version, "HTTP/1.1") && !str_is(h->version, "HTTP/1.0"))
        return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken", ret_why);
    size_t method = 0;
    while (method < HTTP_METHODS && !str_is(h->method, http_method_name((enum http_method)method)))
        method++;
    if (method == HTTP_METHODS)
        return refuse(501, "the method is not one of GET, HEAD, POST, PUT, PATCH, DELETE", ret_why);
    ret->method = (enum http_method)method;
    if (h->target.size > HTTP_TARGET_BYTES_MAX)
        return refuse(414, "the target is too long", ret_why);
    if (h->target.size == 0 || h->target.data[0] != '/')
        return refuse(400, "the target is not a path", ret_why);
    for (size_t i = 0; i < h->target.size; i++) {
        unsigned char c = (unsigned char)h->target.data[i];
        if (c <= 0x20 || c >= 0x7f || c == '#' || c == '\\')
            return refuse(400, "a byte of the target must be escaped", ret_why);
    }
    ret->target = h->target;
    struct str rest = h->target;
    str_cut(&rest, '?', &ret->path);
    ret->query = rest;
    return 0;
}

static bool is_host(struct str s)
{
    if (s.size == 0 || s.size > 255)
        return false;
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_plain && !(c && strchr("-._:[]", c)))
            return false;
    }
    return true;
}

struct framing {
    size_t hosts, lengths, encodings;
    struct str length;
};

static void remember(struct http_request *ret, const struct http_field *f)
{
    const struct {
        const char *name;
        struct str *place;
    } wanted[] = {{"cookie", &ret->cookie},
                  {"origin", &ret->origin},
                  {"sec-fetch-site", &ret->fetch_site},
                  {"if-none-match", &ret->if_none_match},
                  {"accept", &ret->accept},
                  {"accept-encoding", &ret->accept_encoding},
                  {"content-type", &ret->content_type},
                  {"content-encoding", &ret->content_encoding},
                  {"referer", &ret->referer},
                  {"if-match", &ret->if_match},
                  {"authorization", &ret->authorization},
                  {"user-agent", &ret->user_agent},
                  {"x-csrf-token", &ret->csrf_token}};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        if (is_named(f->name, wanted[i].name) && !wanted[i].place->data)
            *wanted[i].place = f->value;
}

static int read_fields(const struct http_head *h, struct http_request *ret, struct framing *ret_framing, const char **ret_why)
{
    if (h->has_too_many_fields)
        return refuse(431, "too many header fields", ret_why);
    for (size_t i = 0; i < h->field_count; i++) {
        const struct http_field *f = &h->fields[i];
        if (!is_token(f->name))
            return refuse(400, "a header field's name is not a token", ret_why);
        if (!is_field_value(f->value))
            return refuse(400, "a header field's value holds a control character", ret_why);
        if (is_named(f->name, "host")) {
            ret_framing->hosts++;
            ret->host = f->value;
        } else if (is_named(f->name, "content-length")) {
            ret_framing->lengths++;
            ret_framing->length = f->value;
        } else if (is_named(f->name, "transfer-encoding")) {
            ret_framing->encodings++;
        } else {
            remember(ret, f);
        }
    }
    return 0;
}

static int check_framing(const struct http_head *h, struct http_request *ret, const struct framing *f, const char **ret_why)
{
    bool needs_host = str_is(h->version, "HTTP/1.1");
    if (f->hosts > 1 || (needs_host && f->hosts == 0))
        return refuse(400, "there must be exactly one Host", ret_why);
    if (f->hosts && !is_host(ret->host))
        return refuse(400, "Host is not a host", ret_why);
    if (f->encodings && f->lengths)
        return refuse(400, "Transfer-Encoding and Content-Length together", ret_why);
    if (f->encodings)
        return refuse(411, "a body needs a Content-Length; chunks are not taken", ret_why);
    if (f->lengths > 1)
        return refuse(400, "more than one Content-Length", ret_why);
    if (f->lengths) {
        bool is_plain = f->length.size > 0 && f->length.size <= 15;
        for (size_t i = 0; is_plain && i < f->length.size; i++)
            is_plain = f->length.data[i] >= '0' && f->length.data[i] <= '9';
        int64_t length;
        if (!is_plain || !str_to_int64(f->length, &length))
            return refuse(400, "Content-Length is not a number of bytes", ret_why);
        ret->content_length = (uint64_t)length;
    }
    bool needs_length = ret->method == HTTP_POST || ret->method == HTTP_PUT || ret->method == HTTP_PATCH;
    if (needs_length && f->lengths == 0)
        return refuse(411, "POST, PUT and PATCH need a Content-Length", ret_why);
    if (!http_method_changes(ret->method) && ret->content_length)
        return refuse(400, "GET and HEAD have no body", ret_why);
    return 0;
}

int http_head_read(const struct http_head *h, struct http_request *ret, const char **ret_why)
{
    struct framing framing = {0};
    int status = read_line(h, ret, ret_why);
    if (status == 0)
        status = read_fields(h, ret, &framing, ret_why);
    if (status == 0)
        status = check_framing(h, ret, &framing, ret_why);
    return status;
}
