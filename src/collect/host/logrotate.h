/*
 * logrotate.h - the rules of logrotate(8): which files are rotated, how often, and how long old ones are kept.
 */
#ifndef COLLECT_HOST_LOGROTATE_H
#define COLLECT_HOST_LOGROTATE_H

#include "collect/host/conf.h"

struct logrotate_rule {
    struct conf_paths patterns; /* wildcards as written */
    struct str origin;          /* file:line */
    const char *frequency;      /* "hourly" ... "yearly", "size" */
    int64_t rotations;          /* -1: for ever; 0: old records are not kept */
    int64_t maxage_days;        /* 0: not said */
    bool is_compressed;
};

struct logrotate {
    struct logrotate_rule *rules;
    size_t count, capacity;
    struct logrotate_rule defaults;
};

/* /etc/logrotate.conf and what it includes. */
void logrotate_read(struct gather *g, struct logrotate *ret);
/* One text, over the defaults that are there. Includes are called back for (NULL: passed over). For tests and fuzzing. */
void logrotate_parse(struct arena *a, struct str text, struct str file, struct logrotate *l,
                     void (*include)(void *context, struct str path), void *context);
/* For how many days old records are kept; -1 if that can't be told. */
int64_t logrotate_retention_days(const struct logrotate_rule *rule);

#endif
