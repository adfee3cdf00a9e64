/* internal.h - what the files of bundles share. choose.c what goes in    state.c what is stated    performances.c what people performed, line by line    again.c the same worked out again    pages.c, page_*.c HTML */
#ifndef REPORT_BUNDLE_INTERNAL_H
#define REPORT_BUNDLE_INTERNAL_H

#include "assess/assessment.h"
#include "report/bundle/bundle.h"

/* A record that is seen, and from which leaf on. */
struct seen_record {
    struct str type, id, title;
    int64_t first_leaf, place; /* place: among those of its type, by id */
};

struct audit_bundle {
    struct arena *a;
    struct audit_bundle_options o;
    struct access access;
    struct engagement g;
    uint64_t size;  /* leaves under the head */
    int64_t at_ms;  /* t of the last of them */
    struct seen_record *seen; /* open addressing by type and id */
    size_t seen_room, seen_count;
    struct assessment *as; /* NULL: no days yet */
    struct population_result *fed;
    struct bundle_observed *observed;
    bool has_html, has_pdf, has_xlsx;
    struct engagement_scope scope;
    const struct record_type *seen_type; /* while they are read */
    int64_t seen_place;
    int64_t proven_to; /* leaves below have their proofs in audit/proofs/, where they are cited */
};

const struct seen_record *bundle_observed(const struct audit_bundle *b, struct str type, struct str id);
/* Calls `each` for every record of the type that is seen, ordered by id. */
bool bundle_records_each(struct audit_bundle *b, const struct record_type *t, struct arena *a, bool (*each)(void *context, const struct record *r, struct err *e), void *context,
                         struct err *e) MUST_USE;
struct json *bundle_criterion_state(struct arena *a, const struct assessment *as, size_t criterion);
/* A line of canonical JSON with its LF. */
bool bundle_line(struct buf *out, const struct json *o, struct err *e) MUST_USE;
/* "control-AC-06.html" is there; "evidence-2.html"; is it under audit/proofs/? */
bool bundle_has_control_page(const struct audit_bundle *b, struct str control);
struct str bundle_type_page(struct arena *a, const char *type, int64_t number);
bool bundle_is_proven(const struct audit_bundle *b, int64_t leaf);
/* Is the control in audit/evaluation.jsonl? Is it evaluated from what people performed? */
bool bundle_is_stated(const struct assessment *as, size_t control);
bool bundle_is_performed(const struct audit_bundle *b, size_t control);
#define BUNDLE_PERFORMANCES "audit/performances.jsonl"
bool bundle_performances_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e) MUST_USE;
/* audit/...: statements, drafts, proofs. */
bool bundle_statements_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e) MUST_USE;
/* index.html and pages/. */
bool bundle_html_write(struct audit_bundle *b, struct bundle_sink *s, struct err *e) MUST_USE;

#endif
