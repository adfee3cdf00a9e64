/*
 * evaluate.h - what the performance of a control over a window comes to: models M2 to M5 (M1 is window.h), the rules that hold for all
 * of them, and the signal over all criteria. Pure; rules of soc2-domain.md 3.4 and 4.5.
 *
 * Days are days since 1970-01-01, instants are milliseconds since then, both local to the engagement's time zone. Windows and intervals of
 * days are inclusive. `at` is when one looks: what was done after it has not been done, what is due after it is not due.
 * What was not observed, not evidenced or not complete never makes a conclusion better (evaluate_test.c holds that as a property).
 */
#ifndef ASSESS_EVALUATE_H
#define ASSESS_EVALUATE_H

#include "assess/calendar.h"
#include "assess/readiness.h"
#include "assess/window.h"

struct zone; /* os/zone.h */

#define DAY_NONE INT64_MIN
#define MS_NEVER INT64_MAX

/* Thresholds; a control and an engagement may have their own. */
struct evaluation_limits {
    double confidence;     /* 0.90 */
    double tolerable_rate; /* 0.10 */
    struct window_limits window;
    int64_t max_staleness_ms; /* 3 days: for how long an observation holds */
    int64_t document_grace_days; /* 30, on top of a year */
    double pervasive_share;      /* 0.25 of the criteria */
};
#define EVALUATION_LIMITS_DEFAULT                          \
    ((struct evaluation_limits){.confidence = 0.9,         \
                                .tolerable_rate = 0.1,     \
                                .window = WINDOW_LIMITS_DEFAULT, \
                                .max_staleness_ms = 3 * MS_DAY,  \
                                .document_grace_days = 30, \
                                .pervasive_share = 0.25})

/* What became of one expected performance, or of one event. */
enum outcome {
    OUTCOME_ON_TIME,
    OUTCOME_MET,
    OUTCOME_LATE,
    OUTCOME_MISSED,
    OUTCOME_INCOMPLETE,
    OUTCOME_UNEVIDENCED,
    OUTCOME_OVERDUE_OPEN,
    OUTCOME_NOT_DUE,
    OUTCOME_OUT_OF_WINDOW
};
enum { OUTCOMES = OUTCOME_OUT_OF_WINDOW + 1 };
const char *outcome_name(enum outcome o); /* "ON_TIME" */

enum { FLAG_PARTIAL_PERIOD = 1, FLAG_CONTROL_REPLACED = 2, FLAG_POPULATION_NOT_COMPLETE = 4, FLAGS = 3 };
const char *flag_name(unsigned flag);

struct evaluation {
    enum conclusion conclusion;
    unsigned flags;
    int64_t n;          /* expected performances, events or items that count */
    int64_t deviations; /* of them; for M1 failure runs */
    int64_t hard;       /* M2: deviations that are more than late */
    int64_t outcomes[OUTCOMES];
    double rate;        /* deviations / n */
    double upper_limit; /* M4 with a sample; else 0 */
    int64_t extend_to;  /* EXTEND_SAMPLE: how many items; else 0 */
    int64_t in_force_days, uncovered_days; /* M5 */
    struct window_outcome window;          /* M1 */
};

struct days {
    int64_t first, last; /* inclusive; first > last: none */
};

/* ---- M2: recurring ---- */

/* A vendor, a system; or the organisation as a whole. */
struct recurring_entity {
    struct days scope;      /* when it is in scope */
    int64_t last_performed; /* before all that is told; DAY_NONE: not known */
};
struct performance {
    size_t entity;
    int64_t period_last; /* the last day of the period that it is for; not asked for yearly ones */
    int64_t performed_ms;
    bool is_evidenced, is_complete; /* valid evidence; every attribute required holds */
};
struct recurring {
    enum cadence cadence;
    int64_t grace_days;
    const struct recurring_entity *entities;
    size_t entity_count;
    const struct performance *performances;
    size_t performance_count;
    int64_t cutoff_ms; /* until then missing evidence can be brought; MS_NEVER: none was set */
};
struct evaluation recurring_evaluate(const struct recurring *r, struct days in_force, int64_t at_ms, const struct evaluation_limits *limits);

/* ---- M3: events with a deadline ---- */

struct sla {
    int64_t ms;           /* hours and minutes exact; days to the same time of the day */
    int64_t business_days; /* or: to the end of the n-th business day after */
    bool is_days;         /* counted in days: an event known by its date only has until the day's end */
};
/* "PT72H", "P30D", "P1BD". */
bool sla_read(struct str text, struct sla *ret);

/* Its times are true instants and `zone` is the clock by which days are counted; or they are times of that clock already and `zone` is NULL. */
struct event {
    struct zone *zone;
    struct sla sla; /* what it has to be followed within; findings of different severity have different ones */
    int64_t trigger_ms;
    bool is_trigger_date;      /* known by its date only */
    int64_t completed_ms;      /* of its last part; MS_NEVER while one is open */
    int64_t extended_dated_ms, extended_to_ms; /* MS_NEVER: no extension */
    int64_t accepted_ms;       /* the risk was accepted; MS_NEVER: no */
    bool is_aggravated;        /* something made it worse, such as a sign-in after the deadline */
    int64_t used_ms;           /* last sign-in or use; MS_NEVER: not known */
};
int64_t event_deadline(const struct calendar *c, const struct event *event);
/* `at_ms` is of the same kind as the events' times. An event that comes after it is not due. */
struct evaluation events_evaluate(const struct event *events, size_t count, const struct calendar *c, struct days in_force, int64_t at_ms, const struct evaluation_limits *limits);

/* ---- M4: attributes of events ---- */

struct attributes {
    int64_t population, tested, deviations;
    bool is_sample;      /* else all of the population were tested */
    bool is_extended;    /* the one extension has been used */
    bool is_unabsorbable; /* a deviation was intentional or systematic */
};
struct evaluation attributes_evaluate(const struct attributes *t, const struct evaluation_limits *limits);

/* ---- M5: documents ---- */

struct document_version {
    int64_t approved;        /* DAY_NONE: a draft */
    const int64_t *reviewed; /* days of later reviews */
    size_t review_count;
    int64_t withdrawn; /* the first day on which it no longer holds; DAY_NONE: holds */
};
struct evaluation document_evaluate(const struct document_version *versions, size_t count, struct days in_force, int64_t at_ms, const struct evaluation_limits *limits);

/* ---- what holds for all models ---- */

/* The worse of two, in the order of enum conclusion. */
enum conclusion conclusion_worse(enum conclusion a, enum conclusion b);
/* A population that is not shown to be complete lets nothing better than INSUFFICIENT_EVIDENCE stand. */
void evaluation_population(struct evaluation *e, bool is_complete);
/* Sets PARTIAL_PERIOD where the control was not in force on every day of the window; with a predecessor that covers the rest, CONTROL_REPLACED
 * instead. The worse of the two conclusions stands. */
void evaluation_period(struct evaluation *e, struct days window, struct days in_force, const struct evaluation *predecessor, struct days predecessor_in_force);
struct days days_meet(struct days a, struct days b);
/* What is left of `of` without the days of the other: none, one or two intervals. Returns how many. */
size_t days_left(struct days of, struct days without, struct days ret[2]);

/* ---- Type 1 ---- */

enum type1_result { TYPE1_DESIGNED_AND_IMPLEMENTED, TYPE1_DESIGN_DEFICIENT, TYPE1_NOT_IMPLEMENTED };
const char *type1_name(enum type1_result r);

/* ---- over all criteria: a signal for management, never an opinion ---- */

enum opinion_signal { SIGNAL_UNQUALIFIED, SIGNAL_QUALIFIED, SIGNAL_ADVERSE, SIGNAL_DISCLAIMER };
const char *opinion_signal_name(enum opinion_signal s);
const char *opinion_signal_words(enum opinion_signal s); /* "Some criteria would modify an opinion" */
enum opinion_signal opinion_evaluate(const enum criterion_status *criteria, size_t count, double pervasive_share);
/* Does this state of a criterion touch the signal? */
bool criterion_is_affected(enum criterion_status s);

#endif
