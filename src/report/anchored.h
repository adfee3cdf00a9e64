/*
 * anchored.h - a witness policy and the newest note under it, as plain data for the views.
 */
#ifndef REPORT_ANCHORED_H
#define REPORT_ANCHORED_H

#include "base/arena.h"

struct anchored_witness {
    struct str name, key, url;
    int64_t cosigned_ms; /* its line under the note; 0: none */
};
struct anchored {
    struct anchored_witness *witnesses; /* of the policy; none without one */
    size_t witness_count;
    bool holds; /* the note satisfies the policy; what follows is meant only then */
    uint64_t leaves;
    size_t cosigned_count;
    int64_t at_ms; /* when the quorum was complete */
};
/* Empty texts: there is none. What does not parse counts as none. */
struct anchored anchored_read(struct arena *a, struct str policy, struct str note);

#endif
