/*
 * message.h - a mail message (RFC 5322) of plain text: UTF-8, quoted-printable (RFC 2045), headers in encoded words (RFC 2047).
 *
 * What people typed cannot add a header: control characters become spaces. Auto-Submitted (RFC 3834) keeps robots from answering.
 */
#ifndef NOTIFY_MESSAGE_H
#define NOTIFY_MESSAGE_H

#include "base/buf.h"
#include "base/str.h"
#include <stdint.h>

struct message {
    struct str from_name, from;   /* "Assay", "assay@example.org" */
    struct str to_name, to;
    struct str subject, text;     /* text: lines end with LF */
    struct str id;                /* left of the @ in Message-ID: the same notice, sent again, is the same message */
    int64_t at_ms;
};

/* CR LF at line ends, no line over 78 characters. */
void message_write(const struct message *m, struct buf *out);

#endif
