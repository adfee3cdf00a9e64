/*
 * child.h - one piece of work on somebody's bytes in a process of its own, which says its answer through a pipe and ends. What the bytes do to their reader
 * ends with it: who asked goes on. For roles that parse nothing themselves (inspect, print). Private to src/role.
 */
#ifndef ROLE_CHILD_H
#define ROLE_CHILD_H

#include "base/buf.h"

struct child_work {
    bool (*run)(void *context, int fd); /* in the child: limits are set, ROLE_FIRST_FD is closed; says its answer with child_say */
    void *context;
    int cpu_s;       /* of its processor time, then the kernel ends it */
    int64_t time_ms; /* of the clock, then we do */
};
enum child_end {
    CHILD_DONE,
    CHILD_REFUSED,    /* run returned false, or the answer is larger than `answer` takes */
    CHILD_ENDED,      /* by a signal: over its time, its memory or what its jail allows */
    CHILD_NOT_STARTED /* no pipe or no process at the moment */
};

/* `answer` is initialised; what it holds counts only after CHILD_DONE. */
enum child_end child_run(const struct child_work *work, struct buf *answer);
/* For run: all of it, or false. */
bool child_say(int fd, struct str bytes);

#endif
