/* lifecycle_internal.h - what the files of joiners, movers and leavers share. */
#ifndef ASSESS_LIFECYCLE_INTERNAL_H
#define ASSESS_LIFECYCLE_INTERNAL_H

#include "assess/duties.h"
#include "assess/lifecycle.h"
#include "assess/reconcile.h"
#include "assess/stored.h"
#include "content/content.h"

struct lifecycles {
    struct db *db;
    struct arena *arena;
    struct calendar calendar;
    int64_t today;
    const struct json *content;
    struct str lead; /* whoever leads the program; empty: nobody yet */
    struct lifecycle_work *items;
    size_t count, capacity;
};

struct lifecycle_work *work_add(struct lifecycles *x, struct str key);
struct record_change *work_change(struct lifecycles *x, struct lifecycle_work *w, const char *type, enum record_act act);
/* A move of what is there already. */
struct record_change *work_move(struct lifecycles *x, const char *type, struct str id, int64_t version, const char *transition);
void put_given(struct json *set, const char *field, struct str value);
/* 0 for null and what is no date. */
int64_t day_read(struct str text);
int64_t within_days(struct lifecycles *x, const struct json *template, struct err *e);

/* lifecycle_proof.c */
bool lifecycle_proofs(struct lifecycles *x, struct err *e) MUST_USE;
bool lifecycle_ends(struct lifecycles *x, struct err *e) MUST_USE;
bool lifecycle_deviations(struct lifecycles *x, struct err *e) MUST_USE;

#endif
