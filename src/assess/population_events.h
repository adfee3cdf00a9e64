/*
 * population_events.h - from the rows of populations to what a control's performance over a window comes to: model M3 (every event within its time) and
 * M4 (every event with all its attributes), soc2-domain.md 4.5. Pure, but for population_evaluate, which reads records and rows.
 *
 * What a column is goes by its name, or by the population's roles ("date=opened completed=closed"):
 *   date (what started it), completed, deadline, severity, extended_on, extended_to, accepted_on, used_on, aggravated, and the control's attributes.
 * Instants are "2026-01-31T10:00:00Z", ms since 1970, or days; what is known by its day only began at its beginning and was done at its end.
 * A population that nobody checked gives INSUFFICIENT_EVIDENCE, one that failed its check POPULATION_NOT_COMPLETE as well: whatever its rows say.
 */
#ifndef ASSESS_POPULATION_EVENTS_H
#define ASSESS_POPULATION_EVENTS_H

#include "assess/engagement.h"
#include "assess/population.h"

#define EVALUATION_RULES "2" /* goes up whenever the same inputs would give another result */

/* What the control's definition says: its times and attributes. */
struct event_rules {
    struct str sla;               /* "P1BD", or "critical=P7D high=P30D"; "" none */
    struct str extension;         /* "P60D": how far one goes that names no day of its own; "" */
    struct strings attributes;
};
/* From the control's computation, as the library or the organisation has it. */
bool event_rules_read(struct arena *a, const struct control *c, struct event_rules *ret, struct err *e) MUST_USE;

/* Appends the rows as events. ret_problem: the first row that cannot be read, "" where all can. Instants become what the clock of `zone` shows. */
bool population_events(struct arena *a, const struct population *p, const struct frozen *rows, const struct event_rules *rules, struct zone *zone, struct event **ret, size_t *ret_count,
                       struct str *ret_problem) MUST_USE;
/* Rows within `days` whose attributes all hold, and those of which one does not. Attributes that no column tells: ret_problem. */
bool population_attributes(struct arena *a, const struct population *p, const struct frozen *rows, const struct event_rules *rules, struct days days, struct zone *zone,
                           struct attributes *ret, struct str *ret_problem) MUST_USE;

struct population_result {
    bool is_event_model;        /* else nothing else is set */
    struct evaluation evaluation;
    struct str why;             /* one clause */
    struct str inputs;          /* SHA-256 of all that went in, canonical */
    struct strings populations; /* ids */
    int64_t rows;
    bool has_population, is_checked, is_failed, is_sample;
};
/* One control of an engagement over its window, at an instant. all: its populations, without those that another one is only held against. blobs NULL: rows stay sealed, and nothing is concluded. */
bool population_evaluate(struct db *db, struct arena *a, const struct blob_opener *blobs, const struct engagement *g, const struct engagement_control *c, const struct population *all,
                         size_t count, int64_t at_ms, int64_t leaf_limit, struct population_result *ret, struct err *e) MUST_USE;

/* Puts what the engagement's populations say of each control of M3 and M4 into the assessment over its window (assessment_load_days), and the signals of
 * criteria after that. ret: beside as->controls, in the arena; of other controls is_event_model is false. */
struct assessment;
bool population_feed(struct db *db, struct arena *a, const struct blob_opener *blobs, const struct engagement *g, struct assessment *as, struct population_result **ret, struct err *e) MUST_USE;

#endif
