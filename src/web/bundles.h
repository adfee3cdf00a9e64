/* bundles.h - bundles of engagements in the web process (bundle_pages.c): asking for one, fetching it, and once a minute what has to go and what was forgotten. */
#ifndef WEB_BUNDLES_H
#define WEB_BUNDLES_H

#include "web/site.h"

bool handle_bundle_make(struct call *c, struct err *e);
bool handle_bundle_file(struct call *c, struct err *e);
/* Removes files that are a day old, or older than the last erasure; tells the parent of what still waits to be made. */
void bundles_tend(struct site *s);

#endif
