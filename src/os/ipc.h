/*
 * ipc.h - framed messages between our processes over Unix stream sockets.
 *
 * Frame: u32be type, u32be size, then `size` bytes. Size is capped by the reader (LIMIT_MESSAGE_BYTES at most). Blocking with timeout;
 * a short read, an over-long size or a closed peer is an error, never a half message.
 */
#ifndef OS_IPC_H
#define OS_IPC_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>

struct ipc_message {
    uint32_t type;
    struct buf body; /* made by ipc_receive, released by the caller */
};

/* Writes one whole frame; the body is the concatenation of `parts`. ERR_TIMEOUT, ERR_UNAVAILABLE (peer gone). timeout_ms < 0: no limit. */
bool ipc_send(int fd, uint32_t type, const struct str *parts, size_t part_count, int timeout_ms, struct err *e) MUST_USE;
/* Reads one whole frame. ret_is_closed (may be NULL) tells an orderly end of the peer from other failures. */
bool ipc_receive(int fd, size_t size_max, int timeout_ms, struct ipc_message *ret, bool *ret_is_closed, struct err *e) MUST_USE;
/* A connected pair, close-on-exec. */
bool ipc_pair(int ret_fds[2], struct err *e) MUST_USE;
/* A listening socket at `path` (mode 0600, a stale one is replaced only if nobody answers), and the client's side. */
int ipc_listen(const char *path, struct err *e) MUST_USE;
int ipc_connect(const char *path, struct err *e) MUST_USE;

#endif
