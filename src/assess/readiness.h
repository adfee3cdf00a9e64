/*
 * readiness.h - from facts about controls to live states, scores, and readiness. Pure; rules of soc2-domain.md 4.5 (live status,
 * roll-up) and 5.1.
 *
 * A control's score is the highest level that its facts reach, then capped. A criterion is 0.5 * min + 0.5 * mean over its key
 * controls; readiness R = 100 * min(mean S, min S + 0.25), rounded half up. Nothing is ever raised by absence: turning a pass
 * into unknown, or leaving a fact out, never raises a score (readiness_test.c holds that as a property).
 */
#ifndef ASSESS_READINESS_H
#define ASSESS_READINESS_H

#include "assess/program.h"
#include "assess/window.h"
#include "content/content.h"

enum live_state {
    LIVE_OK,
    LIVE_FAILING,
    LIVE_STALE,   /* no result within the staleness limit */
    LIVE_UNKNOWN, /* observed, but something could not be read */
    LIVE_DUE_SOON,
    LIVE_OVERDUE,
    LIVE_NOT_STARTED,
    LIVE_NOT_IN_FORCE
};
enum { LIVE_STATES = LIVE_NOT_IN_FORCE + 1 };
const char *live_state_name(enum live_state s);          /* "DUE_SOON" */
const char *live_state_words(enum live_state s);         /* "Due soon" */
enum result_status live_state_status(enum live_state s); /* which of the four shapes shows it */

/* All that is known about a control at an instant. Zeros are "nothing is known". */
struct control_facts {
    enum control_model model;
    int64_t at_ms;
    /* what machines say now: subject-test pairs, stale ones counted as stale only */
    int64_t tests_mapped;
    struct result_counts tests; /* current worst of each test and subject that is fresh */
    int64_t tests_stale;
    bool has_recent_pass; /* a test that passed within the last 90 days */
    int64_t ok_since_ms;  /* all fresh and none failing or unknown since then; 0 when not */
    int64_t max_staleness_ms;
    struct window_outcome window; /* the last 90 days; config_state only */
    struct interval window_asked;
    /* what people recorded (reviews, meetings, events, approved documents) */
    bool is_claimed;  /* somebody says that it is done */
    bool is_designed; /* written, owned, approved */
    bool has_owner;
    bool is_out_of_force; /* retired, does not apply, or not at this time */
    int64_t occurrences_valid;  /* with evidence, in the last cycles */
    int64_t last_occurrence_ms; /* 0: never */
    int64_t next_due_ms;        /* 0: none */
    bool has_bad_occurrence;    /* the newest expected one was missed or is incomplete */
    enum conclusion occurrences_conclusion;
    bool has_population_failure;
    bool has_high_finding;
    int64_t cadence_ms; /* one cycle */
    struct performances performances; /* due within the window */
    int64_t first_occurrence_ms;      /* 0: never */
    struct interval in_force;         /* effective dates within the window; empty: at no time */
};

enum { SCORE_LEVELS = 5, SCORE_CAPS = 4 };
struct score_level {
    double value;
    const char *words;
    bool is_met;
};
struct control_score {
    double value;
    struct score_level levels[SCORE_LEVELS]; /* 0, 0.25, 0.5, 0.75, 1 */
    struct score_level caps[SCORE_CAPS];     /* is_met: the cap applies */
};

/* Length of one cycle of a control's frequency ("continuous", "daily", ..., "annual"; per_event: 90 days). */
int64_t frequency_cycle_ms(const char *frequency);
enum live_state control_live_state(const struct control_facts *f);
struct control_score control_score(const struct control_facts *f);

/* ---- two results a control, never merged (4.5): is it suitably designed and in place, and did it operate? ---- */

enum design_result { DESIGN_DEFICIENT, DESIGN_NOT_IMPLEMENTED, DESIGN_IMPLEMENTED };
const char *design_result_name(enum design_result r);  /* "DESIGN_DEFICIENT" */
const char *design_result_words(enum design_result r);
/* What a design is judged by. One that is false makes it deficient; without a proof of operation that counts it is not implemented. */
struct control_design {
    bool serves_criterion, has_owner, is_documented, has_right_frequency, is_implemented;
    enum design_result result;
};
void control_design_judge(struct control_design *d);

/* M2 of 4.5: performances within a window. */
enum conclusion performances_conclude(const struct performances *p);
/* What a control's operation comes to over the window, by its model. */
struct operation {
    enum conclusion conclusion;
    bool is_partial_period; /* it was not in force, or nothing of it was in scope, for part of the window */
    const char *why;        /* one clause */
};
struct operation control_operation(const struct control_facts *f);

/* Maturity of one control (5.2), from what is known and never typed in: 0 absent; 1 ad hoc: somebody claims or shows something, nobody adopted it;
 * 2 written and owned; 3 operated with evidence for one cycle; 4 operated over the window without a deviation; 5 and so over three cycles. */
enum { MATURITY_MAX = 5 };
int control_maturity(const struct control_facts *f, double score, enum conclusion operation);
const char *maturity_words(int level);

struct criterion_score {
    double value, min, mean;
    size_t weakest; /* index of the first lowest key control; 0 when there is none */
    bool is_capped_by_topics;
};
/* `scores` of the key controls. Without one the score is 0. */
struct criterion_score criterion_score(const double *scores, size_t count, size_t topics_without_control);

enum band { BAND_READY, BAND_AT_RISK, BAND_NOT_READY };
const char *band_name(enum band b);
const char *band_words(enum band b);

struct readiness {
    int score; /* 0..100 */
    enum band band;
    double mean, min;
    size_t worst[3]; /* indexes of the lowest criteria, lowest first, ties in order */
    size_t worst_count;
};
struct readiness readiness_evaluate(const double *criteria, size_t count, size_t blockers);

/* Roll-up of window conclusions (4.5). */
enum control_role { ROLE_KEY, ROLE_COMPENSATING, ROLE_SUPPORTING };
struct control_conclusion {
    enum control_role role;
    enum conclusion conclusion;
    bool is_partial_period;
    size_t compensates; /* ROLE_COMPENSATING: index of the control that it stands in for */
};
enum criterion_status {
    CRITERION_NOT_MET_SIGNAL,
    CRITERION_CANNOT_CONCLUDE,
    CRITERION_PERIOD_GAP,
    CRITERION_DESIGN_ONLY,
    CRITERION_MET_WITH_EXCEPTIONS,
    CRITERION_MET
};
const char *criterion_status_name(enum criterion_status s);
const char *criterion_status_words(enum criterion_status s);
enum criterion_status criterion_evaluate(const struct control_conclusion *controls, size_t count);

#endif
