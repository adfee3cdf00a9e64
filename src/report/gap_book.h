/*
 * gap_book.h - the register of gaps as the room shows it: all records of the type gap that one may read, in the order in which they are to be
 * worked at (assess/gap_plan.h), with the forecast; and what the program proposes to take in: answers that say no, tests that fail.
 */
#ifndef REPORT_GAP_BOOK_H
#define REPORT_GAP_BOOK_H

#include "assess/gap_plan.h"
#include "report/view_record_internal.h"

struct book_gap {
    const struct record *record;
    struct str owner, owner_name, kind, due;
    enum gap_level level;
    bool is_open;            /* neither closed nor accepted */
    bool lead_is_assumed;    /* from its controls' frequency; nobody typed it */
    size_t work;             /* place in `work`; SIZE_MAX: it is not open */
    size_t rank;             /* from 1; 0: it is not open */
};

struct gap_book {
    struct view *v;
    const struct view_records *records;
    const struct record_type *type;
    const struct assessment *as;
    struct book_gap *gaps;
    size_t count, capacity;
    struct gap_work *work;   /* of the open ones */
    size_t *work_gap;        /* the gap of a place in `work` */
    size_t work_count;
    struct gap_forecast forecast;
    int64_t today, window_day; /* 0: nobody said when the window begins */
};

bool gap_book_load(struct view *v, const struct view_records *r, struct gap_book *ret, struct err *e) MUST_USE;
/* NULL: there is none that one may read. */
const struct book_gap *gap_book_find(const struct gap_book *b, struct str id);
/* The day on which the window begins, as the organisation says; 0: it does not. */
int64_t window_day_of(struct view *v, struct err *e);
/* "High; 14 days of work and 91 until a first proof; the window begins in 60 days: 45 days short" */
struct str gap_order_words(const struct gap_book *b, const struct book_gap *g);
/* The label of a kind of gap. */
const char *gap_kind_words(const struct gap_book *b, struct str kind);
/* "2026-11-30"; "" for 0. */
struct str day_words(struct view *v, int64_t day);
/* [LINK] of control or criterion ids that a record holds. */
void put_control_links(struct view *v, struct json *o, const char *key, const struct json *ids);
void put_criterion_links(struct view *v, struct json *o, const char *key, const struct json *ids);
/* {"id","name"} or null */
void put_person(struct view *v, struct json *o, const char *key, struct str id);
/* [{"id","name","job_title"}] to choose from. */
bool people_put(struct view *v, struct json *page, struct err *e) MUST_USE;
/* "window" of the pages. */
void put_window(const struct gap_book *b, struct json *page);
/* "forecast" of the plan. */
void put_forecast(const struct gap_book *b, struct json *page);
/* 3: the only key control of a criterion in scope; 2: key; 1: it supports. */
int control_weight(const struct assessment *as, size_t control);

struct proposal {
    struct str id;                   /* "test:ssh-root-password", "answer:GOV-01-Q1" */
    struct str title, why, plan, before; /* before: the gap that was closed for the same reason; "" none */
    const char *kind, *effort, *source;
    struct str test, answer;         /* one of them */
    int impact, likelihood;
    struct json *controls, *criteria; /* ids */
};
/* Most severe first. */
bool proposals_load(const struct gap_book *b, struct proposal **ret, size_t *ret_count, struct err *e) MUST_USE;

#endif
