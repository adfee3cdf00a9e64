/*
 * wtmp.h - the files of wtmp(5), rotated ones included, packed or not.
 *
 *     struct conf_paths files;
 *     wtmp_files(g, &files);                          // oldest first, /var/log/wtmp last
 *     if (wtmp_read(g, files.items[i].data, size_max, &bytes, &size, &e)) ...
 */
#ifndef COLLECT_HOST_WTMP_H
#define COLLECT_HOST_WTMP_H

#include "collect/host/conf.h"

enum { WTMP_RECORD_BYTES = 384 };

/* /var/log/wtmp and what logrotate made of it: wtmp.1, wtmp.2.gz, wtmp-20260101.gz; at most WTMP_FILES_MAX, the newest of them. */
void wtmp_files(struct gather *g, struct conf_paths *ret);
/* The newest records of a file: at most size_max bytes from its end, beginning where a record does. A name that ends in .gz, .xz or .lz4
 * is unpacked. ret_has_more says that older ones were left out; ret_is_torn that the file ends within a record. ERR_CORRUPT for packed
 * bytes that are broken, ERR_TOO_LARGE for what unpacks to more than WTMP_UNPACKED_BYTES_MAX, and as source_read. */
bool wtmp_read(struct gather *g, const char *path, size_t size_max, struct str *ret_bytes, bool *ret_has_more, bool *ret_is_torn,
               struct err *e) MUST_USE;

enum { WTMP_FILES_MAX = 16, WTMP_PACKED_BYTES_MAX = 32 << 20, WTMP_UNPACKED_BYTES_MAX = 256 << 20 };

#endif
