/*
 * cosignature.h - C2SP tlog-cosignature, version cosignature/v1 (Ed25519, key type 0x04): what witnesses and mirrors put under a
 * checkpoint. A witness says "at this time this was the largest head of this origin that I saw, and it extends all that I saw
 * before"; a mirror says in addition "and I hold its bytes".
 *
 * The signed message is "cosignature/v1" LF "time N" LF and the checkpoint's text; the signature in the note line is the time as
 * u64be and the 64 bytes of Ed25519. Times are seconds since 1970, UTC.
 */
#ifndef LEDGER_COSIGNATURE_H
#define LEDGER_COSIGNATURE_H

#include "ledger/ledger.h"

enum { COSIGNATURE_SIZE = 8 + ED25519_SIGNATURE_SIZE };

/* Appends the signature line of `key` (type NOTE_KEY_COSIGNATURE) over the checkpoint `text`, made at `time_s` (above 0). */
void cosignature_sign_line(const struct note_key *key, const struct ed25519_private *private_key, struct str text,
                           uint64_t time_s, struct buf *out);
/* Finds the cosignature by `key` among the signature lines and checks it. Lines by others are passed over. Of several by the same
 * key the newest counts, and all must hold. ret_line (may be NULL): the line, with its LF; ret_time_s (may be NULL).
 * ERR_NOT_FOUND: no line by this key. ERR_CORRUPT: a line is malformed, or one by this key does not hold: refuse the whole note.
 * ERR_UNSUPPORTED: not a cosigner's key. */
bool cosignature_find(struct str text, struct str lines, const struct note_key *key, struct str *ret_line, uint64_t *ret_time_s,
                      struct err *e) MUST_USE;

#endif
