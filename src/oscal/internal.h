/* internal.h - what the writers of the eight models share (build.c): values that OSCAL's schema takes, uuids, and the records. */
#ifndef OSCAL_INTERNAL_H
#define OSCAL_INTERNAL_H

#include "assess/assessment.h"
#include "assess/engagement.h"
#include "assess/population_events.h"
#include "base/times.h"
#include "oscal/oscal.h"

#define OSCAL_NS "urn:assay:oscal"

struct oscal {
    struct view view; /* as of the newest leaf: its clock is that leaf's */
    struct arena *arena;
    struct record_types *types;
    const struct access *access;
    const struct assessment *as;                            /* over the window */
    struct str origin, stamp;                               /* the head's instant, as OSCAL writes it */
    const struct record *organisation, *scope, *engagement; /* NULL: there is none */
    struct engagement about;                                /* where there is one */
    struct engagement_scope scope_of;
    const struct population_result *fed; /* beside as->controls, from the engagement's populations; NULL: none */
    bool is_before;     /* its time has not begun */
    bool *in_scope;     /* of content_criteria */
    struct json *roles; /* of the document that is being made: used by oscal_role */
    struct err *e;      /* where reading records fails */
};

struct record_list {
    const struct record **items;
    size_t count;
};
/* All of a type that may be read, by id. On failure o->e is filled and the list empty. */
struct record_list oscal_records(struct oscal *o, const char *type);
/* The record that a reference names, of this type; NULL: none. */
const struct record *oscal_record(struct oscal *o, const char *type, struct str id);
struct str oscal_value_text(const struct record *r, const char *field);         /* "" without one */
bool oscal_value_is(const struct record *r, const char *field);                 /* of a yes-no field */
bool oscal_value_has(const struct record *r, const char *field, struct str id); /* of a list */
struct str oscal_choice_label(const struct record *r, const char *field);

/* ---- values: each may be empty; oscal_tidy takes out what holds nothing ---- */

struct str oscal_uuid(struct oscal *o, const char *kind, struct str id);
struct str oscal_uuid2(struct oscal *o, const char *kind, struct str one, struct str two);
struct str oscal_token(struct oscal *o, struct str text); /* "CC6.1" → "cc6.1", "IT lead" → "it-lead" */
struct str oscal_instant(struct oscal *o, int64_t at_ms);
struct str oscal_date_start(struct oscal *o, struct str date); /* "2026-01-01" → "2026-01-01T00:00:00Z" */
struct str oscal_date_end(struct oscal *o, struct str date);
struct str oscal_statement(struct oscal *o, const struct criterion *c);                  /* "cc6.1_smt" */
void oscal_put_line(struct oscal *o, struct json *v, const char *key, struct str text);  /* one line */
void oscal_put_prose(struct oscal *o, struct json *v, const char *key, struct str text); /* several */
struct str oscal_title(struct oscal *o, const char *id, const char *title);              /* "AC-04 Leavers" */
/* Into v.props, under our name space. An empty value adds nothing. */
void oscal_put_prop(struct oscal *o, struct json *v, const char *name, struct str value);
void oscal_put_count(struct oscal *o, struct json *v, const char *name, int64_t value);
struct json *oscal_push_uuid(struct oscal *o, struct json *list, const char *kind, struct str id); /* an object with that uuid */
void oscal_push_link(struct oscal *o, struct json *v, const char *href, const char *rel);
/* {"control-selections":[{"include-controls":[…]}]} of criteria: `wanted` NULL: all in scope. */
void oscal_put_reviewed(struct oscal *o, struct json *v, const char *key, const bool *wanted);
/* A role of the document by its words; its id. */
struct str oscal_role(struct oscal *o, struct str words);
/* v.responsible-roles gets this one. */
void oscal_put_role(struct oscal *o, struct json *v, struct str words);
struct str oscal_party_self(struct oscal *o); /* uuid of the organisation */
/* The root object with uuid and metadata; *ret_body is what goes beside them. */
struct json *oscal_document_new(struct oscal *o, enum oscal_model m, const char *title, struct json **ret_body);
/* A further organisation in the metadata; its uuid. */
struct str oscal_party_add(struct oscal *o, struct json *body, const char *kind, struct str id, struct str name);
/* Takes out null, "", [] and {}, from inside out. */
void oscal_tidy(struct json *v);

/* ---- which controls and criteria ---- */

/* What is shown: in scope, or adopted; of an engagement the controls that it speaks of. */
bool oscal_control_is_shown(const struct oscal *o, size_t control);
bool oscal_control_is_key_for(const struct oscal *o, size_t control, size_t criterion);
bool oscal_control_serves(const struct oscal *o, size_t control, size_t criterion);
struct str oscal_control_statement(struct oscal *o, const struct control *c); /* its statement, with values filled in */
/* {"subject-uuid","type"} of a captured host, an inventory item of the security plan. */
struct json *oscal_push_host(struct oscal *o, struct json *list, size_t subject);

/* ---- the models, each fills `body` ---- */

struct json *oscal_catalog(struct oscal *o);
struct json *oscal_profile(struct oscal *o);
struct json *oscal_mapping(struct oscal *o);
struct json *oscal_components(struct oscal *o);
struct json *oscal_security_plan(struct oscal *o);
struct json *oscal_assessment_plan(struct oscal *o);
struct json *oscal_results(struct oscal *o);
struct json *oscal_actions(struct oscal *o);

#endif
