/* glob.h - shell patterns over a source: for Include directives, drop-in folders and the paths that tests declare. */
#ifndef COLLECT_HOST_GLOB_H
#define COLLECT_HOST_GLOB_H

#include "collect/host/source.h"

/* Shell pattern of one path element: * ? [a-z] [!a-z] and backslash; a dot at the start must be written. */
bool glob_match(struct str pattern, struct str name);
/* The paths that match, sorted bytewise, with their NUL behind. A pattern without wildcards gives itself, there or not. Folders that do not
 * exist match nothing. ERR_DENIED when a folder on the way could not be listed. */
bool source_glob(struct source *s, struct arena *a, struct str pattern, struct str **ret_paths, size_t *ret_count, struct err *e) MUST_USE;
/* The regular-looking names of a drop-in folder that end in `suffix` (may be ""), as whole paths, sorted; a missing folder gives none.
 * Hidden names and editors' left-overs (~, .dpkg-*, .rpm*) are left out. */
bool source_drop_ins(struct source *s, struct arena *a, const char *folder, const char *suffix, struct str **ret_paths, size_t *ret_count,
                     struct err *e) MUST_USE;

#endif
