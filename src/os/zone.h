/*
 * zone.h - which day and hour it is in a place: reads a file of the system's tz database (TZif, RFC 9636, with the rule at its end for later years).
 * Changes nothing of the process (no TZ, no tzset), so that any thread may ask.
 *
 *     int64_t east_s = zone_seconds_east("Europe/Berlin", now_ms / MS_SECOND);
 */
#ifndef OS_ZONE_H
#define OS_ZONE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

enum { ZONE_FILE_BYTES_MAX = 128 << 10, ZONE_NAME_MAX = 60 };

/* Is it a name as the database has them ("Europe/Berlin"), and no path that leads elsewhere? */
bool zone_name_is_valid(struct str name);
/* How far the place's clocks are ahead of UTC at this second; 0 (UTC) where there is no such zone or its file cannot be read. */
int64_t zone_seconds_east(struct str name, int64_t at_s);
/* The same from the bytes of a file; ERR_CORRUPT for what is none. */
bool zone_bytes_seconds_east(struct str file, int64_t at_s, int64_t *ret, struct err *e) MUST_USE;

/* ---- for many questions: the file is read once ---- */

/* A place's clock. One thread at a time asks it, as it remembers days. NULL is UTC everywhere below. */
struct zone;
/* NULL: UTC, also where there is no such zone. */
struct zone *zone_open(struct arena *a, struct str name);
/* What the clock there shows at an instant, in milliseconds as if it were UTC. */
int64_t zone_local_ms(struct zone *z, int64_t at_ms);
/* The instant at which the clock there shows it: of an hour that comes twice the first, of one that is skipped the instant of the change. */
int64_t zone_instant_ms(struct zone *z, int64_t local_ms);

#endif
