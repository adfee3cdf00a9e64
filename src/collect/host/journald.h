/*
 * journald.h - the effective settings of systemd-journald: journald.conf(5), drop-ins, and the defaults that were built in.
 */
#ifndef COLLECT_HOST_JOURNALD_H
#define COLLECT_HOST_JOURNALD_H

#include "collect/host/host.h"

enum { JOURNALD_SETTINGS_MAX = 64 };
struct journald_settings {
    struct {
        struct str key, value;
        struct str origin; /* file:line, "default" */
    } items[JOURNALD_SETTINGS_MAX];
    size_t count;
    bool is_persistent; /* Storage=persistent, or auto and /var/log/journal is there */
};

/* False if this system has no journald. */
bool journald_read(struct gather *g, struct journald_settings *ret);
/* Empty if it is not set. */
struct str journald_value(const struct journald_settings *s, const char *key);

#endif
