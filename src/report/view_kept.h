/*
 * view_kept.h - what every page shows and only a new leaf or a new minute changes: kept between requests, for all threads of a process.
 *
 * The navigation tells how much needs attention, which takes the whole assessment: many times what the rest of a page costs. It is kept
 * under the newest leaf and the minute; the first page behind a leaf that may change it computes it anew, so that none shows what was.
 */
#ifndef REPORT_VIEW_KEPT_H
#define REPORT_VIEW_KEPT_H

#include "crypto/crypto.h"
#include "report/view.h"

struct view_kept *view_kept_new(void); /* NULL: no memory */
struct view_kept *view_kept_free(struct view_kept *k);

struct nav_facts {
    int64_t controls, tests, criteria, evidence; /* that need attention */
    int64_t last_run_ms, subjects;
    bool is_stale;
};
/* Those of the view: kept ones, or by `compute`, which fills ret from the view's assessment. */
bool view_kept_nav(struct view *v, bool (*compute)(struct view *v, struct nav_facts *ret, struct err *e), struct nav_facts *ret, struct err *e) MUST_USE;

/* What takes long to make and many pages look at, kept the same way: made from nothing but the ledger and the minute, shared by all who ask and never
 * changed; it lives as long as v->arena. `make` takes all it returns from `a`. NULL: e says why. */
enum view_kept_object { VIEW_KEPT_ASSESSMENT, VIEW_KEPT_RISKS, VIEW_KEPT_OBJECTS };
const void *view_kept_object(struct view *v, enum view_kept_object which, void *(*make)(struct view *v, struct arena *a, struct err *e), struct err *e) MUST_USE;

/* What people owe, kept the same way: people_kept.h. */
struct people_kept;
struct people_kept *view_kept_people(struct view_kept *k);
/* Parts of pages: kept_tree.h. */
struct kept_trees;
struct kept_trees *view_kept_trees(struct view_kept *k);

/* Where in which ledger something holds: another ledger may have as many leaves. */
struct ledger_place {
    int64_t leaf;
    struct sha256 hash;
};
bool ledger_place_newest(struct db *db, struct ledger_place *ret); /* false: there is no leaf */
bool ledger_place_is(struct db *db, const struct ledger_place *place); /* is that leaf still there? */

#endif
