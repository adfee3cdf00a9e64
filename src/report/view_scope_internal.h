/* view_scope_internal.h - what the views of the Scope room share. */
#ifndef REPORT_VIEW_SCOPE_INTERNAL_H
#define REPORT_VIEW_SCOPE_INTERNAL_H

#include "report/view_record_internal.h"
#include "report/view_scope.h"

/* Everything that the room looks at, read once. */
struct scope_facts {
    struct view *v;
    const struct view_records *r;
    struct scope_rows services, systems, items, categories, commitments, subservices, team;
    struct record *organisation, *scope; /* NULL: none yet */
    bool is_category_in[SCOPE_CATEGORIES];
};
bool scope_facts_read(struct view *v, const struct view_records *r, struct scope_facts *ret, struct err *e) MUST_USE;

struct str scope_text(const struct record *record, const char *field); /* "" none */
bool scope_has(const struct record *record, const char *field);
/* 1 yes, 0 no, -1 nobody said */
int scope_flag(const struct record *record, const char *field);
const struct json *scope_list(const struct record *record, const char *field);
struct str scope_choice_label(const struct record *record, const char *field);
/* {"id","name"} of a person. */
struct json *scope_person(struct view *v, struct str id);
struct json *scope_item(const struct scope_facts *f, const struct record *record);
bool scope_is_in(const struct record *record);
bool scope_name_equal(struct str a, struct str b);
bool scope_may_create(const struct scope_facts *f, const char *type);
/* How many of a type wait for approval, and how many of them the asking person may approve: "proposed", "approvable". */
void scope_put_approvable(const struct scope_facts *f, struct json *page, const struct scope_rows *rows);
/* Whether it may be approved by whoever asks (asked again for their sign-in, where that is needed). */
bool scope_may_approve(struct view *v, const struct view_records *r, const struct record *record);

struct json *scope_checklist(const struct scope_facts *f, int64_t suggestions, int64_t *ret_missing, struct err *e);
struct json *scope_version(const struct scope_facts *f, struct err *e);

#endif
