/*
 * mail_client.h - handing a message to a mail server (SMTP, RFC 5321; STARTTLS, RFC 3207; AUTH, RFC 4954), by libcurl.
 *
 * TLS 1.2 at least, always verified. Without TLS only to this machine itself: where a password or a person's name would cross a
 * network in the clear, sending fails instead. The message is complete (RFC 5322), with CR LF at line ends.
 *
 *     struct mail_server server = {.url = "smtp://mail.example.org:587", .user = "assay", .password = secret};
 *     if (!mail_send(&server, "assay@example.org", "ada@example.org", message, &e)) ...
 */
#ifndef OS_MAIL_CLIENT_H
#define OS_MAIL_CLIENT_H

#include "base/err.h"
#include "base/str.h"

enum { MAIL_ADDRESS_MAX = 254, MAIL_CONNECT_MS = 10000, MAIL_TOTAL_MS = 60000 };

struct mail_server {
    const char *url;      /* smtp://HOST[:PORT] (STARTTLS), smtps://HOST[:PORT] (TLS from the start) */
    const char *user;     /* NULL: no sign-in */
    const char *password;
    struct str ca_pem;    /* empty: the system's authorities */
};

/* ERR_INVALID unless it is an address that fits into SMTP's commands: one @, printable ASCII, no brackets or spaces. */
bool mail_address_check(struct str address, struct err *e) MUST_USE;
bool mail_url_check(struct str url, struct err *e) MUST_USE;
/* ERR_INVALID: an address; ERR_DENIED: the server's certificate, or it refuses sign-in; ERR_TIMEOUT; ERR_UNAVAILABLE: everything else, also a
 * recipient that the server refuses. */
bool mail_send(const struct mail_server *server, const char *from, const char *to, struct str message, struct err *e) MUST_USE;

#endif
