#include "collect/host/netlink.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { NETLINK_BUFFER_BYTES = 64 << 10, NETLINK_REQUEST_BYTES_MAX = 512 };

bool netlink_open(struct netlink *nl, int protocol, struct arena *a, struct err *e)
{
    *nl = (struct netlink){.fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), .sequence = 1, .arena = a};
    if (nl->fd < 0) {
        if (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT)
            return err_set(e, ERR_UNSUPPORTED, "netlink protocol %d: the kernel does not have it", protocol);
        return err_errno(e, errno, "netlink protocol %d", protocol);
    }
    struct timeval limit = {.tv_sec = NETLINK_TIMEOUT_S};
    setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(nl->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    int on = 1;
    setsockopt(nl->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
    nl->buffer = arena_alloc(a, NETLINK_BUFFER_BYTES);
    return true;
}

void netlink_close(struct netlink *nl)
{
    if (nl->fd >= 0)
        close(nl->fd);
    nl->fd = -1;
}

static bool netlink_fail(int number, struct err *e)
{
    if (number == EOPNOTSUPP || number == EPROTONOSUPPORT)
        return err_set(e, ERR_UNSUPPORTED, "netlink: the kernel does not answer this");
    if (number == EAGAIN || number == EWOULDBLOCK)
        return err_set(e, ERR_TIMEOUT, "netlink: no answer in %d seconds", NETLINK_TIMEOUT_S);
    return err_errno(e, number, "netlink");
}

static bool netlink_send(struct netlink *nl, uint16_t type, uint16_t flags, const void *body, size_t body_size, struct err *e)
{
    union {
        struct nlmsghdr header;
        char bytes[NETLINK_REQUEST_BYTES_MAX];
    } request = {0};
    if (body_size > sizeof(request) - NLMSG_HDRLEN)
        return err_set(e, ERR_INTERNAL, "netlink request of %zu bytes", body_size);
    request.header = (struct nlmsghdr){.nlmsg_len = (uint32_t)(NLMSG_HDRLEN + body_size),
                                       .nlmsg_type = type,
                                       .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | NLM_F_DUMP | flags),
                                       .nlmsg_seq = ++nl->sequence};
    memcpy(request.bytes + NLMSG_HDRLEN, body, body_size);
    if (send(nl->fd, &request, request.header.nlmsg_len, 0) < 0)
        return netlink_fail(errno, e);
    return true;
}

static void answer_add(struct netlink *nl, struct netlink_answers *answers, const struct nlmsghdr *header)
{
    size_t size = header->nlmsg_len - NLMSG_HDRLEN;
    if (answers->count == answers->capacity)
        answers->items = arena_grow(nl->arena, answers->items, answers->count, &answers->capacity, sizeof(*answers->items));
    struct str payload = arena_str(nl->arena, str_make((const char *)header + NLMSG_HDRLEN, size));
    answers->items[answers->count++] = (struct netlink_answer){header->nlmsg_type, payload};
    answers->size_bytes += size;
}

enum netlink_step { STEP_MORE, STEP_DONE, STEP_FAILED };

/* The messages of one datagram. */
static enum netlink_step netlink_take(struct netlink *nl, size_t got, struct netlink_answers *answers, struct err *e)
{
    const char *at = nl->buffer, *end = at + got;
    while ((size_t)(end - at) >= NLMSG_HDRLEN) {
        struct nlmsghdr header;
        memcpy(&header, at, sizeof(header));
        if (header.nlmsg_len < NLMSG_HDRLEN || header.nlmsg_len > (size_t)(end - at))
            break;
        if (header.nlmsg_seq == nl->sequence) {
            answers->is_interrupted |= (header.nlmsg_flags & NLM_F_DUMP_INTR) != 0;
            int number = 0;
            if ((header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) &&
                header.nlmsg_len >= NLMSG_HDRLEN + sizeof(number))
                memcpy(&number, at + NLMSG_HDRLEN, sizeof(number));
            if (number < 0) {
                netlink_fail(-number, e);
                return STEP_FAILED;
            }
            if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR)
                return STEP_DONE;
            if (header.nlmsg_type >= NLMSG_MIN_TYPE)
                answer_add(nl, answers, (const struct nlmsghdr *)(const void *)at);
        }
        size_t step = NLMSG_ALIGN(header.nlmsg_len);
        at = step > (size_t)(end - at) ? end : at + step;
    }
    return STEP_MORE;
}

static bool netlink_receive(struct netlink *nl, struct netlink_answers *answers, struct err *e)
{
    for (;;) {
        ssize_t got = recv(nl->fd, nl->buffer, NETLINK_BUFFER_BYTES, MSG_TRUNC);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return netlink_fail(errno, e);
        if (got > NETLINK_BUFFER_BYTES)
            return err_set(e, ERR_TOO_LARGE, "netlink: an answer of %zd bytes", got);
        enum netlink_step step = netlink_take(nl, (size_t)got, answers, e);
        if (step == STEP_FAILED)
            return false;
        if (step == STEP_DONE)
            return true;
        if (answers->size_bytes > NETLINK_ANSWERS_BYTES_MAX)
            return err_set(e, ERR_TOO_LARGE, "netlink: more than %d bytes of answers", NETLINK_ANSWERS_BYTES_MAX);
    }
}

bool netlink_dump(struct netlink *nl, uint16_t type, uint16_t flags, const void *body, size_t body_size,
                  struct netlink_answers *ret, struct err *e)
{
    struct netlink_answers answers = {0};
    for (int tries = 0; tries < NETLINK_TRIES; tries++) {
        answers.count = 0;
        answers.size_bytes = 0;
        answers.is_interrupted = false;
        if (!netlink_send(nl, type, flags, body, body_size, e) || !netlink_receive(nl, &answers, e))
            return false;
        if (!answers.is_interrupted)
            break;
    }
    *ret = answers;
    return true;
}

bool netlink_next_attribute(struct str *rest, struct netlink_attribute *ret)
{
    struct nlattr header;
    if (rest->size < sizeof(header))
        return false;
    memcpy(&header, rest->data, sizeof(header));
    if (header.nla_len < sizeof(header) || header.nla_len > rest->size)
        return false;
    ret->kind = header.nla_type & NLA_TYPE_MASK;
    ret->payload = str_slice(*rest, sizeof(header), header.nla_len);
    *rest = str_slice(*rest, NLA_ALIGN(header.nla_len), rest->size);
    return true;
}

struct str netlink_find(struct str attributes, uint16_t kind)
{
    struct netlink_attribute attribute;
    while (netlink_next_attribute(&attributes, &attribute)) {
        if (attribute.kind == kind)
            return attribute.payload;
    }
    return (struct str){0};
}

struct str netlink_text(struct str payload)
{
    ptrdiff_t end = payload.data ? str_find_char(payload, '\0') : -1;
    return end < 0 ? payload : str_slice(payload, 0, (size_t)end);
}

bool netlink_u32(struct str payload, uint32_t *ret)
{
    if (!payload.data || payload.size != sizeof(*ret))
        return false;
    memcpy(ret, payload.data, sizeof(*ret));
    return true;
}

bool netlink_u32be(struct str payload, uint32_t *ret)
{
    uint32_t value;
    if (!netlink_u32(payload, &value))
        return false;
    *ret = ntohl(value);
    return true;
}

bool netlink_u64be(struct str payload, uint64_t *ret)
{
    if (!payload.data || payload.size != sizeof(*ret))
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < payload.size; i++)
        value = value << 8 | (uint8_t)payload.data[i];
    *ret = value;
    return true;
}

struct str address_text(struct arena *a, struct str bytes)
{
    char text[INET6_ADDRSTRLEN];
    if (!bytes.data || (bytes.size != 4 && bytes.size != 16))
        return (struct str){0};
    inet_ntop(bytes.size == 4 ? AF_INET : AF_INET6, bytes.data, text, sizeof(text));
    return arena_str(a, str_of(text));
}

/* RFC 1122 (loopback, any), RFC 1918, RFC 6598 (shared by carriers), RFC 3927 (link-local). */
static const char *address_scope_4(const uint8_t *b)
{
    if (b[0] == 127)
        return "loopback";
    if (b[0] == 0 && b[1] == 0 && b[2] == 0 && b[3] == 0)
        return "any";
    bool is_private = b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
                      (b[0] == 100 && (b[1] & 0xc0) == 64) || (b[0] == 169 && b[1] == 254);
    return is_private ? "private" : "public";
}

const char *address_scope(struct str bytes)
{
    static const uint8_t zeros[16] = {0}, mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *b = (const uint8_t *)bytes.data;
    if (bytes.size == 4)
        return address_scope_4(b);
    if (bytes.size != 16)
        return NULL;
    if (memcmp(b, zeros, 15) == 0 && b[15] <= 1)
        return b[15] ? "loopback" : "any";
    if (memcmp(b, mapped, sizeof(mapped)) == 0)
        return address_scope_4(b + 12);
    bool is_private = (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80); /* RFC 4193, RFC 4291 */
    return is_private ? "private" : "public";
}

bool address_parse(struct str text, uint8_t ret[16], size_t *ret_size)
{
    char copy[INET6_ADDRSTRLEN];
    ptrdiff_t zone = str_find_char(text, '%');
    if (zone >= 0)
        text.size = (size_t)zone;
    if (text.size == 0 || text.size >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    if (inet_pton(AF_INET, copy, ret) == 1) {
        *ret_size = 4;
        return true;
    }
    if (inet_pton(AF_INET6, copy, ret) == 1) {
        *ret_size = 16;
        return true;
    }
    return false;
}
