/*
 * accounts.h - the accounts and groups that only directory services know, for tables that go through all accounts.
 *
 *     struct services services;
 *     services_read(g, "passwd", &services);
 *     for (size_t i = 0; i < services.count; i++)
 *         if (service_lines(g, "passwd", services.names[i], &text)) ...       // lines as in passwd(5)
 */
#ifndef COLLECT_HOST_ACCOUNTS_H
#define COLLECT_HOST_ACCOUNTS_H

#include "collect/host/conf.h"

enum { SERVICES_MAX = 8 };

struct services {
    struct str names[SERVICES_MAX];
    size_t count;
};

/* What nsswitch.conf(5) names for `database` ("passwd", "group") beside the files. */
void services_read(struct gather *g, const char *database, struct services *ret);
/* The entries of one service. False if there are none; what it does not tell is said with gather_missing. */
bool service_lines(struct gather *g, const char *database, struct str service, struct str *ret) MUST_USE;

/* Names that were met, so that of a name known to files and services the first stands, as for getpwnam(3). */
struct names_met {
    struct str *items; /* open addressing; data NULL: free */
    size_t capacity, count;
};
/* False if the name was there. `name` must live as long. Starts zeroed. */
bool names_meet(struct arena *a, struct names_met *n, struct str name);

#endif
