/*
 * cron.h - lines of crontabs: crontab(5), anacrontab(5).
 */
#ifndef COLLECT_HOST_CRON_H
#define COLLECT_HOST_CRON_H

#include "collect/host/host.h"

enum cron_format {
    CRON_SYSTEM, /* /etc/crontab, /etc/cron.d: the sixth field is the user */
    CRON_USER,   /* a user crontab */
    CRON_ANACRON /* period, delay, name, command */
};

struct cron_job {
    struct str user; /* data NULL where the line names none */
    struct str schedule;
    struct str command;
};

/* False for settings of variables and for what is no job. */
bool cron_parse_line(struct arena *a, struct str line, enum cron_format format, struct cron_job *ret);
/* The account of a user id in /etc/passwd, or its number. */
struct str cron_user_name(struct gather *g, uid_t uid);

#endif
