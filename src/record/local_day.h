/*
 * local_day.h - which day it is where the organisation is: what is due today, late, or taken "today" goes by its clocks (organisations.time_zone, a name of
 * the tz database; UTC unless it is set), not by those of Greenwich.
 */
#ifndef RECORD_LOCAL_DAY_H
#define RECORD_LOCAL_DAY_H

#include "db/db.h"

/* The date there, as days since 1970, and the hour. */
bool local_date(struct db *db, int64_t now_ms, int64_t *ret_day, int *ret_hour, struct err *e) MUST_USE;
/* What the clock there shows, in milliseconds as if it were UTC; where the database cannot say, UTC. */
int64_t local_ms(struct db *db, int64_t now_ms);
/* The day alone; where the database cannot say, that of UTC. */
int64_t local_day(struct db *db, int64_t now_ms);
/* Its clock; NULL: UTC. */
struct zone;
struct zone *local_zone(struct db *db, struct arena *a);

#endif
