/* listen.c - addresses to sockets. */
#include "role/listen.h"
#include "base/str.h"
#include "os/ipc.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 512 };

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static bool address_parse(const char *text, bool takes_any, union address *ret, socklen_t *ret_size, struct err *e)
{
    const char *colon = strrchr(text, ':');
    char host[64];
    int64_t port;
    size_t host_size = colon ? (size_t)(colon - text) : 0;
    if (!colon || host_size == 0 || host_size >= sizeof(host) || !str_to_int64(str_of(colon + 1), &port) || port < 0 ||
        port > 65535)
        return err_set(e, ERR_INVALID, "listen on %.60s: wants ADDRESS:PORT, as 127.0.0.1:8420, or unix:/path", text);
    memcpy(host, text, host_size);
    host[host_size] = 0;
    *ret = (union address){0};
    if (host[0] == '[' && host[host_size - 1] == ']') {
        host[host_size - 1] = 0;
        ret->v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
        *ret_size = sizeof(ret->v6);
        if (inet_pton(AF_INET6, host + 1, &ret->v6.sin6_addr) == 1 && (takes_any || IN6_IS_ADDR_LOOPBACK(&ret->v6.sin6_addr)))
            return true;
    } else {
        ret->v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        *ret_size = sizeof(ret->v4);
        if (inet_pton(AF_INET, strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, &ret->v4.sin_addr) == 1 &&
            (takes_any || ntohl(ret->v4.sin_addr.s_addr) >> 24 == 127))
            return true;
    }
    if (takes_any)
        return err_set(e, ERR_INVALID, "listen on %.60s: not an address", text);
    return err_set(e, ERR_INVALID, "listen on %.60s: without TLS only loopback addresses are taken; put a TLS proxy before it",
                   text);
}

static int open_one(const char *text, bool takes_any, char ret_url[LISTEN_URL_SIZE], struct err *e)
{
    union address address;
    socklen_t size;
    ret_url[0] = 0;
    if (strncmp(text, "unix:", 5) == 0)
        return ipc_listen(text + 5, e);
    if (!address_parse(text, takes_any, &address, &size, e))
        return -1;
    int one = 1, fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0 || bind(fd, &address.any, size) != 0 || listen(fd, LISTEN_BACKLOG) != 0 ||
        getsockname(fd, &address.any, &size) != 0) {
        err_errno(e, errno, "listen on %s", text);
        if (fd >= 0)
            close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    bool is_v6 = address.any.sa_family == AF_INET6;
    char host[INET6_ADDRSTRLEN] = "";
    inet_ntop(address.any.sa_family, is_v6 ? (void *)&address.v6.sin6_addr : (void *)&address.v4.sin_addr, host, sizeof(host));
    snprintf(ret_url, LISTEN_URL_SIZE, is_v6 ? "http://[%s]:%u" : "http://%s:%u", host,
             ntohs(is_v6 ? address.v6.sin6_port : address.v4.sin_port));
    return fd;
}

int listen_open(const char *text, char ret_url[LISTEN_URL_SIZE], struct err *e)
{
    return open_one(text, false, ret_url, e);
}

int listen_open_any(const char *text, char ret_url[LISTEN_URL_SIZE], struct err *e)
{
    return open_one(text, true, ret_url, e);
}
