/* audit_guard.h - what audit_guard.c (who may, and in which order) and audit_leaf.c (the leaves that follow from it) share. */
#ifndef ASSESS_AUDIT_GUARD_H
#define ASSESS_AUDIT_GUARD_H

#include "assess/audit_sign.h"
#include "assess/sheet.h"

/* One change of an operation, of a type of the audit. */
struct audit_asking {
    struct db *db;
    struct arena *a;
    const struct leaf_source *leaves;
    const struct op *op;
    struct access access;
    int64_t now_ms;
    int64_t leaf;          /* that the change will be */
    const char *type;
    struct str act, id, transition, why;
    const struct json *set;
    struct record *before; /* NULL: it is made */
    struct record *after;  /* as it will be: values, and the state before */
    struct str signature, head; /* by the auditor's own key, and the head that it names (audit_sign.h); "" */
    struct leaf_draft *extra; /* the leaf that comes with it; type NULL: none */
};

bool audit_sample_check(struct audit_asking *q, struct err *e) MUST_USE;
bool audit_sheet_check(struct audit_asking *q, struct err *e) MUST_USE;
bool audit_exception_check(struct audit_asking *q, struct err *e) MUST_USE;
bool audit_engagement_check(struct audit_asking *q, struct err *e) MUST_USE; /* engagement_guard.c */

/* The values as they will be. */
struct record *audit_after_of(struct audit_asking *q, const struct record_type *t);

bool audit_leaf_commit(struct audit_asking *q, struct err *e) MUST_USE;
bool audit_leaf_show(struct audit_asking *q, const struct json *shown, struct err *e) MUST_USE;
bool audit_leaf_close(struct audit_asking *q, struct err *e) MUST_USE;
bool audit_leaf_opinion(struct audit_asking *q, const struct sheet *s, struct err *e) MUST_USE;

/* ERR_CODE "type id: why". */
bool audit_refuse(const struct audit_asking *q, struct err *e, enum err_code code, const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
