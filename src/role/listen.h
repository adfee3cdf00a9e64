/*
 * listen.h - listening sockets for `assay serve`. Private to src/role.
 */
#ifndef ROLE_LISTEN_H
#define ROLE_LISTEN_H

#include "base/err.h"

enum { LISTEN_URL_SIZE = 300 };

/* "127.0.0.1:8420", "[::1]:8420", "localhost:8420" or "unix:/path". Only loopback is taken without TLS: any other address is
 * ERR_INVALID. ret_url is how a browser gets there ("" for a Unix socket). Port 0: any free one. -1 on failure. */
int listen_open(const char *address, char ret_url[LISTEN_URL_SIZE], struct err *e);
/* The same for any address of this machine, as 0.0.0.0:8421: for services whose every byte is signed, and which keep no sessions. */
int listen_open_any(const char *address, char ret_url[LISTEN_URL_SIZE], struct err *e);

#endif
