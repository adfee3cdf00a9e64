/*
 * live.h - the tables of the host or tree at hand, read when SQL asks for them: behind `assay query`.
 *
 * A table is gathered at its first scan and kept until the arena goes, so one statement sees one state; tables with uses_hints
 * (files) are gathered for each scan, and are in table_status once scanned. A table of which nothing can be read, or that needs more
 * than its memory, gives no rows; table_status says why.
 */
#ifndef COLLECT_LIVE_H
#define COLLECT_LIVE_H

#include "collect/host/host.h"

struct live;
/* `subject` is shown in the hidden column; may be empty. */
struct live *live_open(struct arena *a, struct source *source, struct str subject);
/* A provider for every table of host_tables, and for table_status. They live in the arena. */
size_t live_providers(struct live *l, const struct table_provider **ret);

#endif
