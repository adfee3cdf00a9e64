/*
 * view_internal.h - what the views share: small builders for the shapes that view.h names, and the list that filters, sorts and
 * pages.
 */
#ifndef REPORT_VIEW_INTERNAL_H
#define REPORT_VIEW_INTERNAL_H

#include "assess/assessment.h"
#include "base/times.h"
#include "report/view.h"

/* The assessment of the view, computed once. NULL on failure. */
const struct assessment *view_assessment(struct view *v, struct err *e);
/* The same over the days that view_days set. */
const struct assessment *view_over_days(struct view *v, struct err *e);
/* "engagement": {"id","url","rules"} whose populations are in view_over_days, or null; and of one control "populations":[LINK],"inputs":"hash" ([] and ""). */
void put_fed(struct view *v, struct json *page);
void put_fed_control(struct view *v, struct json *o, size_t control);
/* {"title","as_of","nav"}: the beginning of every page. NULL on failure. */
struct json *page_new(struct view *v, struct str title, struct err *e);

struct json *time_new(struct view *v, int64_t at_ms); /* TIME; null for 0 */
void put_time(struct view *v, struct json *o, const char *key, int64_t at_ms);
void put_decimal(struct json *o, const char *key, double value); /* at most 4 decimals, no trailing zeros */
struct str decimal_text(struct arena *a, double value);
void put_status(struct json *o, enum result_status s);
void put_status_as(struct json *o, enum result_status s, const char *words);
void put_counts(struct json *o, const struct result_counts *c); /* pass, fail, unknown, skip */
void put_strings(struct json *o, const char *key, struct strings s);
struct json *put_link(struct view *v, struct json *o, const char *key, const char *id, const char *title, struct str url);
struct json *push_link(struct view *v, struct json *list, const char *id, const char *title, struct str url);
struct json *subject_new(struct view *v, struct str id); /* {"id","name"} */
void put_input(struct view *v, struct json *inputs, const char *name, struct str value, const char *words);
struct str url_of(struct view *v, const char *room, struct str id);
struct str url_test(struct view *v, const struct test *t);
struct str url_control(struct view *v, const struct control *c);
struct str url_criterion(struct view *v, const struct criterion *c);
struct str days_text(struct view *v, int64_t ms); /* "3 days" */
/* The days over which an assessment is: "from", "to", "days". */
void put_days_of(struct view *v, struct json *o, const struct assessment *as);
/* CELLs of the window from the worst state of each of its days. */
void put_cells(struct view *v, struct json *o, const char *key, const struct assessment *as, const enum result_status *days);
/* "window": {"from","to","days","covered","in_part","failing","unknown","not_in_force","cells":[CELL],"words"} of the days of an assessment. */
void put_window_days(struct view *v, struct json *page, const struct assessment *as);
/* "NIST CSF 2.0" of "nist_csf_2"; NULL: there is none of this name. */
const char *framework_name(struct str id);
const char *control_model_words(enum control_model m); /* "Performed in a rhythm" */
/* Of a criterion's signal: a signal for management, never an opinion. */
enum result_status criterion_signal_status(enum criterion_status s);
/* What a conclusion is shown as; what has not happened is not applicable. */
enum result_status conclusion_status(enum conclusion c);
/* "fail" and so on, for a criterion: failing key controls, ready, or not. */
enum result_status criterion_status_now(const struct assessment *as, const struct criterion_state *c, const char **ret_words);
/* "warnings": what makes the evidence doubtful as a whole, [{"code","subject","text","why","command"}]. */
bool put_warnings(struct view *v, struct json *page, struct err *e) MUST_USE;
/* The shape CRIT. */
struct json *criterion_brief(struct view *v, const struct assessment *as, const struct criterion_state *c);
/* Why a control has its score, in one clause. */
const char *score_words(const struct control_state *c);
/* Of a capture's state: complete is shown as pass, all else as unknown. */
enum result_status state_status(struct str state);
const char *state_words(struct str state);
/* A gap as evidence, Overview and `assay record gaps` show it; shape in view.h. */
void push_gap(struct view *v, struct json *list, const struct gap_seen *g);
int severity_rank(const char *severity); /* critical 3 ... low 0 */
/* History of tests as changes, newest first, at most 50; test SIZE_MAX: all tests of `control`. */
bool put_history(struct view *v, struct json *o, const struct assessment *as, const size_t *tests, size_t test_count, struct err *e) MUST_USE;

/* ---- lists ---- */

struct list_row {
    struct json *row; /* NULL: the list makes it of this, if it is shown */
    const void *of;
    struct str text; /* what `q` looks in */
    enum result_status status;
    const char *state; /* further word that the filter's status may name, lower case; or NULL */
    struct str group;
    int64_t sort_number;  /* the smaller first */
    struct str sort_text; /* then by this */
};

struct list {
    struct view *v;
    const struct view_filter *filter;
    struct json *(*make)(const void *context, const void *of);
    const void *context;
    struct list_row *rows;
    size_t count, capacity;
    int64_t unseen;           /* rows that match and come behind these: the database filtered, sorted and counted them */
    int64_t unseen_status[4]; /* of them by enum result_status, whatever the status filter says */
};

extern const struct view_filter view_filter_none;
void list_init(struct list *l, struct view *v, const struct view_filter *f);
void list_add(struct list *l, struct list_row row);
/* Puts the members of LIST into `page`. group_words gives the words of a group, NULL: the group itself. */
void list_finish(struct list *l, struct json *page, struct str (*group_words)(struct view *v, struct str group));
/* What the four shapes mean in this list, in its "statuses": a gap does not "pass". Static texts. */
void list_name_statuses(const struct json *page, const char *fail, const char *unknown, const char *pass, const char *skip);
/* For lists that the database filters and pages: the same members around rows that were made already. */
void list_put_page(struct view *v, struct json *page, const struct view_filter *f, int64_t total, int64_t all);
int64_t filter_per_page(const struct view_filter *f);
int64_t filter_page(const struct view_filter *f);
bool sort_is(const struct view_filter *f, const char *name);
/* All words of q occur in text, without regard to ASCII case. */
bool text_matches(struct str text, struct str q);

#endif
