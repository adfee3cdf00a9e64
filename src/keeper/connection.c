/* connection.c - sockets of the keeper: reading never waits for one peer. */
#include "base/cursor.h"
#include "keeper/process.h"
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_PIECE_BYTES = 256 << 10, READ_AHEAD_BYTES = 4 << 20 };

void connections_start(struct keeper *k)
{
    for (size_t i = 0; i < KEEPER_CONNECTIONS_MAX; i++)
        k->connections[i].fd = -1;
}

struct connection *connection_add(struct keeper *k, int fd, bool is_starter)
{
    for (size_t i = 0; i < KEEPER_CONNECTIONS_MAX; i++) {
        struct connection *c = &k->connections[i];
        if (c->fd >= 0)
            continue;
        *c = (struct connection){.fd = fd, .is_starter = is_starter};
        buf_init(&c->in, (size_t)LIMIT_MESSAGE_BYTES + WIRE_HEADER_BYTES + READ_AHEAD_BYTES + READ_PIECE_BYTES);
        return c;
    }
    return NULL;
}

void connection_close(struct connection *c)
{
    close(c->fd);
    c->fd = -1;
    buf_release(&c->in);
}

static bool frame_header(const struct connection *c, size_t offset, uint32_t *ret_type, size_t *ret_size)
{
    struct cursor cursor = cursor_of(str_slice(buf_view(&c->in), offset, c->in.size));
    *ret_type = cursor_u32be(&cursor);
    *ret_size = cursor_u32be(&cursor);
    return !cursor.failed;
}

void connection_read(struct connection *c)
{
    static char piece[READ_PIECE_BYTES];
    while (!c->is_at_end) {
        uint32_t type;
        size_t size = 0;
        bool has_header = frame_header(c, 0, &type, &size);
        if (has_header && size > LIMIT_MESSAGE_BYTES) {
            c->is_at_end = true;
            return;
        }
        /* A whole frame waits and enough stands behind it: the rest may stay in the socket. */
        if (has_header && c->in.size >= size + WIRE_HEADER_BYTES + READ_AHEAD_BYTES)
            return;
        ssize_t n = recv(c->fd, piece, sizeof(piece), MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0) {
            c->is_at_end = true;
            return;
        }
        buf_append(&c->in, piece, (size_t)n);
        if (c->in.full)
            c->is_at_end = true;
    }
}

bool connection_frame(struct connection *c, size_t *offset, uint32_t *ret_type, struct str *ret_body)
{
    size_t size = 0;
    if (!frame_header(c, *offset, ret_type, &size) || c->in.size - *offset < size + WIRE_HEADER_BYTES)
        return false;
    *ret_body = str_slice(buf_view(&c->in), *offset + WIRE_HEADER_BYTES, *offset + WIRE_HEADER_BYTES + size);
    *offset += WIRE_HEADER_BYTES + size;
    return true;
}

void connection_consume(struct connection *c, size_t size)
{
    if (size == 0)
        return;
    memmove(c->in.data, c->in.data + size, c->in.size - size);
    c->in.size -= size;
    /* A run with all its blobs is a rare guest: its room is given back. */
    if (c->in.size == 0 && c->in.capacity > READ_AHEAD_BYTES) {
        size_t size_max = c->in.size_max;
        buf_release(&c->in);
        buf_init(&c->in, size_max);
    }
}
