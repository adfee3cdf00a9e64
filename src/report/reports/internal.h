/* internal.h - what the builders of reports share: putting blocks, checks, and what the report speaks of. */
#ifndef REPORT_REPORTS_INTERNAL_H
#define REPORT_REPORTS_INTERNAL_H

#include "print/print.h"
#include "report/reports/report.h"
#include "report/gap_book.h"
#include "report/view_scope_internal.h"

enum { REPORT_CHECKS_MAX = 400, REPORT_ROWS_MAX = 20000 };

/* What the report speaks of: a day or a window. */
struct report_subject {
    bool is_type2, has_dates;
    struct str as_of, from, to;          /* "2026-06-30"; of Type 1 the first, of Type 2 the others */
    int64_t from_day, to_day;            /* Type 1: both the day */
    struct str zone, firm, partner, title;
    struct str words;                    /* "as of 2026-06-30", "throughout the period 2026-01-01 to 2026-06-30" */
    bool is_in[SCOPE_CATEGORIES];        /* content_categories */
};

struct report {
    struct view *v;
    const struct view_records *records;
    struct arena *a;
    const struct report_kind *kind;
    const struct report_options *options;
    struct json *page, *document, *checks;
    struct report_subject subject;
    struct scope_facts scope;
    struct record *engagement;           /* NULL: none */
    const struct assessment *as;         /* over the window, where the kind asks for it (report_assess) */
    size_t refused, open, warnings;
};

/* ---- blocks: tree.c ---- */

struct json *report_heading(struct report *r, int level, struct str text, const char *id);
/* A paragraph of the program's own words. */
struct json *report_say(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Words that somebody has to make their own: marked until they do. */
struct json *report_template(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct json *report_small(struct report *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Somebody's own text, Markdown. `place` names it where something is wrong in it. */
void report_own(struct report *r, struct str markdown, struct str place, struct str url, const char *author);
/* columns: "Control|Title|>Tested|Result:40": ">" right-aligned, ":40" percent of the width. */
struct json *report_table(struct report *r, struct str caption, const char *columns);
void report_cell(struct json *row, struct str text);
void report_cell_int(struct json *row, int64_t n);
void report_cell_link(struct json *row, struct str text, const char *anchor); /* "#control-AC-05" */
/* The status as shape and word. */
void report_cell_status(struct json *row, const char *status, struct str words);
/* Whose text the next cells of a table are; the guard names place and row. */
void report_table_is_own(struct json *table, const char *author);
/* Markdown as a cell: without its marks. */
struct str report_plain(struct arena *a, struct str markdown);
/* Markdown as blocks, each with the members that `like` has beside type and text; pushed to `body`. */
void report_markdown(struct arena *a, struct json *body, struct str markdown, const struct json *like);
/* What a TEXT of the tree says, without its runs. */
struct str report_text(struct arena *a, const struct json *text);
struct str report_join(struct arena *a, const struct json *ids, const char *between); /* of strings */
struct str report_join_strings(struct arena *a, struct strings list, const char *between);

/* ---- checks: report.c ---- */

enum report_level { REPORT_REFUSED, REPORT_OPEN, REPORT_WARNING, REPORT_FINE };
void report_check(struct report *r, enum report_level level, const char *code, struct str place, struct str words, struct str why, struct str what, struct str url);
/* guard.c: words that a report may not use, over all that stands in the tree. */
void report_guard(struct report *r);
/* The same of one text: the words that break a rule, {NULL,0} when none does. ret_why says which rule. */
struct str report_guard_text(struct arena *a, struct str text, bool is_type1, const char **ret_why);
/* selfcheck.c: placeholders, templates, and claims that a reader would doubt. */
void report_self_check(struct report *r);
/* The placeholder in it, {NULL,0} when there is none. */
struct str report_placeholder(struct str text);
/* Does it say less often than once in twenty that nothing was found, if one item in a hundred deviates? */
bool report_is_improbable(int64_t items, int64_t exceptions);

/* ---- what builders read ---- */

bool report_assess(struct report *r, struct err *e) MUST_USE;
/* All records of a type that one may read; none where the type is not there. */
bool report_rows(struct report *r, const char *type, bool is_all, struct scope_rows *ret, struct err *e) MUST_USE;
/* Those of the engagement alone. */
bool report_rows_of(struct report *r, const char *type, struct scope_rows *ret, struct err *e) MUST_USE;
struct str report_person(struct report *r, struct str id);
struct str report_record_url(struct report *r, const struct record *x);
/* "COM-0002 Ninety-nine point nine" */
struct str report_place(struct report *r, const struct record *x);
/* The organisation's name, "The organisation" without one. */
struct str report_company(const struct report *r);
/* The section that management wrote, NULL: none. */
const struct record *report_section(const struct scope_rows *sections, const char *part);
int64_t report_day(struct str date, int64_t otherwise); /* days since 1970 */
bool report_day_is_in(const struct report *r, struct str date);
/* Is it one that the draft describes: adopted, in force on the day or on one of the period, serving a criterion in scope? */
bool report_control_is_listed(const struct report *r, size_t control);
bool report_control_serves(const struct report *r, size_t control, size_t criterion, bool *ret_key);
bool report_criterion_is_in(const struct report *r, size_t criterion);
struct str report_control_statement(struct report *r, const struct control *c);
/* "security, availability and confidentiality" */
struct str report_categories_words(const struct report *r);

/* ---- builders ---- */

bool report_build_readiness(struct report *r, struct err *e);
bool report_build_gap(struct report *r, struct err *e);
bool report_build_soa(struct report *r, struct err *e);
bool report_build_risk(struct report *r, struct err *e);
bool report_build_board(struct report *r, struct err *e);
bool report_build_bridge(struct report *r, struct err *e);
bool report_build_type(struct report *r, struct err *e);
bool report_build_representation(struct report *r, struct err *e);
bool report_build_soc3(struct report *r, struct err *e);

/* ---- the draft's parts: description.c, results.c, consistency.c ---- */

struct report_parts {
    struct scope_rows sections, cuecs, changes, incidents, criteria, policies, assets, stores, sheets, exceptions, responses, populations, samples;
};
bool report_parts_read(struct report *r, struct report_parts *ret, struct err *e) MUST_USE;
void report_put_description(struct report *r, const struct report_parts *p);
void report_put_results(struct report *r, const struct report_parts *p);
void report_put_other(struct report *r, const struct report_parts *p);
void report_check_parts(struct report *r, const struct report_parts *p);
/* Is the incident, or change, one that the description has to speak of? */
bool report_incident_is_severe(const struct record *x);
/* Within the period; of a Type 1 no later than the day. */
bool report_incident_is_of_it(const struct report *r, const struct record *x);
bool report_is_in_description(const struct record *x);

#endif
