/*
 * kept_tree.h - parts of pages that are dear to make: kept as JSON between requests, for all threads of a process, until a leaf changes them.
 *
 * A part is kept under its key. It is made anew behind the first leaf of one of the streams that it is said to be made from ("record/asset",
 * "parameter"; or a leaf's type, "run"), behind any erasure, and on another day of the organisation; so none shows what was. Nothing of it may depend
 * on the minute, or on who asks unless the key says who. What is seen of the past is made each time.
 *
 *     const struct json *counts = kept_tree_get(v, STR("retention"), "[\"record/document\",\"record/legal_hold\"]", counts_make, NULL, e);
 */
#ifndef REPORT_KEPT_TREE_H
#define REPORT_KEPT_TREE_H

#include "report/view.h"

struct kept_trees *kept_trees_new(void); /* NULL: no memory */
struct kept_trees *kept_trees_free(struct kept_trees *k);

/* `streams`: a JSON array. `make` fills what it returns from v->arena. What is given is shared and never changed: json_copy what goes into a page.
 * It lives as long as v->arena. NULL: e says why. */
const struct json *kept_tree_get(struct view *v, struct str key, const char *streams, struct json *(*make)(struct view *v, void *context, struct err *e), void *context,
                                 struct err *e) MUST_USE;
/* A row as its text, a tenth of the memory: what a kept list holds, and what a page makes of it again. */
struct json *kept_row(struct arena *a, const struct json *row);
struct json *kept_row_open(struct arena *a, const struct json *row);

#endif
