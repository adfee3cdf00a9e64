#include "record/local_day.h"

#include "base/times.h"
#include "os/zone.h"

#include <stdio.h>

static bool zone_name(struct db *db, char ret[ZONE_NAME_MAX + 1], struct err *e)
{
    snprintf(ret, ZONE_NAME_MAX + 1, "UTC");
    DB_EACH (row, db, e, "select time_zone from organisations where time_zone is not null order by id limit 1")
        if (zone_name_is_valid(db_text(row, 0)))
            snprintf(ret, ZONE_NAME_MAX + 1, "%.*s", STR_ARGS(db_text(row, 0)));
    return e->code == ERR_NONE;
}

struct zone *local_zone(struct db *db, struct arena *a)
{
    struct err ignored = {0};
    char zone[ZONE_NAME_MAX + 1];
    return zone_name(db, zone, &ignored) ? zone_open(a, str_of(zone)) : NULL;
}

int64_t local_ms(struct db *db, int64_t now_ms)
{
    struct err ignored = {0};
    char zone[ZONE_NAME_MAX + 1];
    return zone_name(db, zone, &ignored) ? now_ms + MS_SECOND * zone_seconds_east(str_of(zone), now_ms / MS_SECOND) : now_ms;
}

bool local_date(struct db *db, int64_t now_ms, int64_t *ret_day, int *ret_hour, struct err *e)
{
    char zone[ZONE_NAME_MAX + 1];
    if (!zone_name(db, zone, e))
        return false;
    int64_t there_ms = now_ms + MS_SECOND * zone_seconds_east(str_of(zone), now_ms / MS_SECOND);
    *ret_day = day_of(there_ms);
    *ret_hour = (int)((there_ms - *ret_day * MS_DAY) / MS_HOUR);
    return true;
}

int64_t local_day(struct db *db, int64_t now_ms)
{
    struct err ignored = {0};
    int64_t day;
    int hour;
    return local_date(db, now_ms, &day, &hour, &ignored) ? day : day_of(now_ms);
}
