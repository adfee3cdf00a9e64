/*
 * reads.h - what is read in the audit room: who, what, when. Kept here for a few seconds, then a leaf for each engagement (operation room.read).
 *
 * An auditor's every read is noted, and everybody's in the room of an engagement. Where the keeper does not take them for so long that the memory is
 * full, an auditor is shown nothing more: what is not on record is not read.
 *
 * The leaf is {"type":"room_read","id":engagement or "","cnt":N} with a blob (application/json) {"reads":[{"by":actor,"t":ms,"at":address}]}: who read
 * what may be erased with its blob; that it was read, and how often, stays. Projection: room_read.
 */
#ifndef WEB_READS_H
#define WEB_READS_H

#include "web/site.h"

struct reads *reads_new(void); /* NULL: no memory */
struct reads *reads_free(struct reads *r);
/* Is there room for one more? */
bool reads_have_room(struct reads *r);
void reads_note(struct reads *r, struct str engagement, const char *actor, int64_t t_ms, struct str address);
/* Hands over what is older than a few seconds, or all of it. False: it stays. */
bool reads_flush(struct site *s, bool is_all, struct err *e) MUST_USE;

#endif
