/*
 * gaps.h - stretches in which nothing was recorded that should have been: gap leaves up to an instant, and those that are open at it,
 * which no leaf can tell of yet (the server is silent, or a run is overdue). What was observed does not carry over a gap: tests and
 * controls are unknown there, whatever was seen before and after, and whoever explains it.
 */
#ifndef ASSESS_GAPS_H
#define ASSESS_GAPS_H

#include "assess/window.h"
#include "db/db.h"

struct gap_seen {
    int64_t leaf;     /* -1: no leaf tells of it yet */
    struct str kind;  /* "seal": nothing at all was recorded; "run": no run of the subject */
    struct str why;   /* "off", "restart", "clock", "stall", "missed", "unknown" */
    struct str subject; /* empty: everybody's */
    int64_t from_ms, to_ms; /* to_ms INT64_MAX: open */
    int64_t explained_leaf; /* -1: nobody explained it */
    struct str explanation;
};

/* Those that end after since_ms, of the leaves up to leaf_limit, as of at_ms; in the order of their beginnings. */
struct gap_seen *gaps_load(struct db *db, struct arena *a, int64_t since_ms, int64_t at_ms, int64_t leaf_limit, size_t *ret_count,
                           struct err *e);
/* The gaps of one subject and of everybody, sorted and without overlap. */
struct interval *gaps_of_subject(struct arena *a, const struct gap_seen *gaps, size_t count, struct str subject, size_t *ret_count);
/* "the server was not running" */
const char *gap_why_words(struct str why);

#endif
