/*
 * assessment.h - where we stand at an instant: every test, control and criterion, and readiness, from the projection in one pass.
 *
 * Reads the spans that touch the window (the last 90 days up to the instant, unless another is asked for) and nothing older, so its
 * cost does not grow with history. What is said of "now" is of the instant; what is said of operation is of the window. "As of" goes by leaves: what was known at at_ms are the leaves up to leaf_limit; windows count by taken_at. All in the
 * arena.
 *
 *     struct assessment *as = assessment_load(db, arena, at_ms, leaf_limit, &e);
 */
#ifndef ASSESS_ASSESSMENT_H
#define ASSESS_ASSESSMENT_H

#include "assess/gaps.h"
#include "assess/program.h"
#include "assess/readiness.h"
#include "db/db.h"

enum { WINDOW_DAYS = 90, WINDOW_DAYS_MAX = 1100, TEST_STALENESS_DAYS = 3 };

/* One test on one subject, now. */
struct test_now {
    bool is_present; /* it has an open span as of the instant */
    bool is_stale;   /* ... but the subject was not observed for too long: then status is unknown */
    bool has_before; /* something was said within the window before `since_ms` */
    enum result_status status;
    enum result_status observed; /* the status as last observed */
    enum result_status before;   /* that one */
    struct result_counts counts; /* resources, as last observed */
    int64_t since_ms;            /* of the status as last observed */
};

/* What one test said of one subject over the window. */
struct test_history {
    const struct stretch *stretches; /* in time order; to_ms INT64_MAX: open as of the instant */
    size_t count;
    bool is_open;                /* the last one is */
    struct result_counts counts; /* resources of that one */
};

struct subject_state {
    struct str id, name, kind, facts;
    const struct interval *observed; /* coverage up to the instant */
    size_t observed_count;
    int64_t last_taken_ms, last_received_ms; /* of the newest evaluation; 0: never */
    int64_t last_run;                        /* its run's leaf; -1 */
    bool is_stale;              /* not observed for too long, or in a gap */
    bool is_in_gap;             /* at the instant */
    const struct interval *gaps; /* sorted, without overlap */
    size_t gap_count;
    struct result_counts tests; /* tests by status now */
    enum result_status status;
};

struct test_state {
    const struct test *test;
    struct test_now *subjects; /* subject_count of them */
    bool is_present;           /* on any subject */
    enum result_status status; /* worst of its subjects; unknown when it never ran */
    struct result_counts resources;
    int64_t subjects_of[4]; /* subjects by status */
    int64_t since_ms;       /* since when it has had this status; 0: unknown */
};

struct control_state {
    const struct control *control;
    const size_t *tests; /* indexes of the tests that are mapped to it */
    size_t test_count;
    struct control_facts facts;
    enum live_state live;
    struct control_score score;
    struct window_limits limits;
    const struct control_program *program; /* what people decided and did */
    struct control_design design;
    struct operation operation;     /* over the window; NO_OCCURRENCE and partial where it was not in force */
    struct result_counts tests_now; /* tests (worst over subjects) by status */
    int64_t since_ms;               /* of the live state, where it can be told; 0 */
    int64_t fine_since_ms, bad_since_ms; /* of the subjects that were added, the last one that got fine and the first one that got bad; 0 */
};

struct criterion_state {
    const struct criterion *criterion;
    const size_t *key, *supporting; /* indexes of controls */
    size_t key_count, supporting_count;
    const size_t *compensating; /* controls that make up for one of its key controls: indexes, beside them the places in `key` */
    const size_t *compensated;
    size_t compensating_count;
    bool *topic_is_covered; /* of criterion->topics */
    size_t topics_open;
    enum criterion_status signal; /* of the window: a signal for management, never an opinion */
    bool has_primary; /* false: no control names it as its primary criterion, so all of its controls count as key */
    bool is_in_scope;
    struct criterion_score score;
    size_t weakest; /* index of the control */
};

struct category_state {
    const struct category *category;
    bool is_in_scope;
    const size_t *criteria;
    size_t criterion_count;
    struct readiness readiness; /* worst[] are indexes into `criteria` of the assessment */
};

struct blocker {
    const char *code;
    struct str text;
    const char *why, *what; /* why it matters; what to do */
    const char *kind;       /* of its items: "control", "test", "criterion", or NULL */
    const char **items;
    size_t item_count;
};

struct window_day {
    int64_t fail, unknown, pass; /* tests on subjects; at the worst instant of the day */
    bool is_in_force;            /* some subject was in scope */
    bool is_covered;             /* every subject in scope was observed, all day */
    int64_t gap_ms;              /* for so much of it nothing was recorded of some subject: the longest of any */
};

struct assessment {
    struct arena *arena;
    struct db *db; /* histories are read from it when they are asked for */
    const size_t *test_of_name; /* indexes of tests by row of test_name */
    size_t test_name_count;
    int64_t at_ms, leaf_limit;
    struct interval window;
    int64_t first_day; /* of the window, where the zone's clocks are */
    int64_t day_count; /* of the window; its last one may end with the instant */
    int64_t *day_starts; /* the instant at which each begins, and at which the last one ends */
    struct subject_state *subjects;
    size_t subject_count;
    struct test_state *tests;         /* content_test_count, in its order */
    struct control_state *controls;   /* control_count: the library's in its order, then the organisation's own */
    size_t control_count;
    struct criterion_state *criteria; /* content_criterion_count */
    struct category_state *categories;
    size_t category_count;
    struct readiness readiness; /* over all criteria in scope; worst[] are indexes into `criteria` */
    struct blocker *blockers;
    size_t blocker_count;
    struct window_day *days; /* day_count */
    struct result_counts tests_now; /* tests by status, those that never ran as unknown */
    struct result_counts resources;
    const struct gap_seen *gaps; /* that touch the window, in the order of their beginnings */
    size_t gap_count;
    struct zone *zone; /* in which days begin and end; NULL: UTC */
    const struct program *program;
    int64_t evidence_machine, evidence_all; /* pieces of evidence behind the scores */
};

struct assessment *assessment_load(struct db *db, struct arena *a, int64_t at_ms, int64_t leaf_limit, struct err *e);
/* That is over the last days of where the organisation is (local_day.h). The same over days of one's choice, the last one not after the instant's, at most
 * WINDOW_DAYS_MAX; they begin and end as those of a place do (os/zone.h; NULL: UTC), also in strips of days. */
struct zone;
struct assessment *assessment_load_in(struct db *db, struct arena *a, int64_t at_ms, int64_t first_day, int64_t last_day, struct zone *zone, int64_t leaf_limit, struct err *e);
struct assessment *assessment_load_days(struct db *db, struct arena *a, int64_t at_ms, int64_t first_day, int64_t last_day, int64_t leaf_limit, struct err *e);
/* The newest leaf received at or before at_ms; -1 none. Leaves' times never decrease, so this is a binary search. */
int64_t leaf_limit_at(struct db *db, int64_t at_ms, struct err *e);

/* What the tests said of one subject over the window, by content_tests, read anew in one pass over its spans. There may be thousands for each of hundreds of
 * subjects, so nothing keeps them: look at one subject after the other, with an arena that is reset in between. NULL on failure. */
const struct test_history *subject_histories(const struct assessment *as, struct arena *a, size_t subject, struct err *e);
/* From those: the history of a control (worst of its tests) or of one test on the subject, over the window, with staleness carried out; out of scope as skip. */
struct stretch *control_stretches(const struct assessment *as, struct arena *a, const struct test_history *histories, size_t control, size_t subject,
                                  size_t *ret_count);
struct stretch *test_stretches(const struct assessment *as, struct arena *a, const struct test_history *histories, size_t test, size_t subject,
                               size_t *ret_count);
/* Worst state of each day of the window over some histories: RESULT_SKIP where nothing was in force. Adds to `ret`, day_count of them,
 * which start zeroed. */
void days_mark(const struct assessment *as, const struct stretch *stretches, size_t count, enum result_status *ret);

size_t assessment_test_index(struct str id); /* SIZE_MAX when there is none */
size_t assessment_control_index(const struct assessment *as, struct str id);
size_t assessment_criterion_index(struct str id);
/* Does it serve a criterion that is in scope, as key or supporting? */
/* Does it cover the topic of this place, from 0: by the library's mapping or the organisation's? Whether it is adopted is another question. */
bool control_covers_topic(const struct assessment *as, size_t control, const struct criterion *criterion, size_t topic);
/* Is it key for a criterion in scope? */
bool control_is_key(const struct assessment *as, size_t control);
bool control_is_in_scope(const struct assessment *as, size_t control);
/* Is it of the starter set for a small team: the 85 core controls, those of processing integrity and privacy only where that category is in scope? */
bool control_is_starter(const struct assessment *as, size_t control);
size_t assessment_subject_index(const struct assessment *as, struct str id);

/* assessment_spans.c: all subjects, one after the other: tests now, days, and the controls that are judged by them. */
bool assessment_subjects(struct assessment *as, struct err *e) MUST_USE;
/* assessment_score.c: controls before any subject, with the history of each subject, and after all of them: criteria, categories, readiness, blockers. */
void assessment_controls_begin(struct assessment *as);
void assessment_controls_add(struct assessment *as, struct arena *step, const struct test_history *histories, size_t subject);
void assessment_score(struct assessment *as);
/* The signals of criteria again, after somebody knew more of how controls operated (population_events.h). */
void assessment_signals(struct assessment *as);

#endif
