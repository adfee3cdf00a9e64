/*
 * post.h - the messages between whoever composes notices (no network) and the process that hands them over (network, no files).
 *
 * A request is one ipc message POST_MAIL or POST_HOOK, a JSON object:
 *   POST_MAIL {"url","user","secret","ca","from","to","message"}      POST_HOOK {"url","secret","ca","body","t":unix seconds}
 * and is answered by one POST_ANSWER {"code":enum err_code,"text"}. Everything is text; empty members may be left out.
 */
#ifndef NOTIFY_POST_H
#define NOTIFY_POST_H

#include "base/json.h"

enum { POST_MAIL = 1, POST_HOOK = 2, POST_ANSWER = 3, POST_BYTES_MAX = 1 << 20, POST_WAIT_MS = 90 * 1000 };

/* The sender's side: asks and waits. False with what the other side said, or what went wrong in between. */
bool post_ask(int fd, uint32_t type, const struct json *request, struct err *e) MUST_USE;
/* The other side: answers until the sender is gone. True then. */
bool post_serve(int fd, struct err *e) MUST_USE;

#endif
