/*
 * oscal.h - what is here as OSCAL 1.2.2 (NIST's Open Security Controls Assessment Language), a file for each of its eight models,
 * and catalogs and assessment results of others as changes of records.
 *
 * An export is a function of the ledger up to one leaf: the instant is that of the newest leaf, never the clock's, and every uuid
 * follows from the ledger's origin and the id of what it names. So two exports of the same head are the same bytes, and a thing
 * keeps its uuid as long as it lives; a document has another one with each head. The files refer to each other by name
 * ("catalog.json") and to nothing that is not in one of them. Criteria stand in our own words.
 *
 *     struct oscal *o = oscal_open(&view, types, NULL, STR("ENG-0001"), &e);      // STR(""): without an engagement
 *     struct json *v = o ? oscal_export(o, OSCAL_RESULTS, &e) : NULL;
 *
 *     struct oscal_import i;
 *     if (oscal_import_read(&view, types, &access, env, STR("catalog.json"), text, &i, &e)) ... record_op(..., i.changes,
 * i.count, ...)
 */
#ifndef OSCAL_OSCAL_H
#define OSCAL_OSCAL_H

#include "record/record.h"
#include "report/view.h"

enum oscal_model {
    OSCAL_CATALOG,
    OSCAL_PROFILE,
    OSCAL_COMPONENTS,
    OSCAL_SECURITY_PLAN,
    OSCAL_ASSESSMENT_PLAN,
    OSCAL_RESULTS,
    OSCAL_ACTIONS,
    OSCAL_MAPPING
};
enum { OSCAL_MODELS = OSCAL_MAPPING + 1, OSCAL_BYTES_MAX = 64 << 20 };
#define OSCAL_VERSION "1.2.2"

/* "catalog", "profile", "component-definition", …: the name of the root member, and of the file with ".json" behind it. */
const char *oscal_model_name(enum oscal_model m);
const char *oscal_model_words(enum oscal_model m); /* what it carries here, in a line */
bool oscal_model_of(struct str name, enum oscal_model *ret);

/* ---- export ---- */

struct oscal;
/* Of the newest leaf that the view takes into account, in the view's arena. `access`: only records that it may read; NULL: all.
 * ERR_NOT_FOUND: there is no such engagement. */
struct oscal *oscal_open(const struct view *v, struct record_types *types, const struct access *access, struct str engagement,
                         struct err *e) MUST_USE;
/* The document. Any number of models of one `oscal`. NULL on failure. */
struct json *oscal_export(struct oscal *o, enum oscal_model m, struct err *e) MUST_USE;

/* ---- reading what others wrote ---- */

struct oscal_control {
    struct str pointer; /* JSON pointer to it */
    struct str id, label, title, group, statement, guidance;
    bool is_withdrawn, is_criterion; /* is_criterion: says that it is one of the trust services criteria */
};
struct oscal_finding {
    struct str pointer, uuid, title, text;
    struct str target;  /* id of the control, without what names its statement or objective */
    struct str control; /* a control of ours that it says it is about */
    struct str due;     /* a date, or empty */
    bool is_satisfied, has_open_risk, is_severe;
};
struct oscal_document {
    enum oscal_model model;
    struct str uuid, title, version;
    struct oscal_control *controls; /* of a catalog, those within others after them */
    size_t control_count;
    struct oscal_finding *findings; /* of assessment results */
    size_t finding_count;
    struct str from, to;              /* dates of the results; may be empty */
    int64_t links, parameters, parts; /* how many were not taken */
};
/* Pure. ERR_INVALID "/catalog/groups/0/controls/2/id: …" (a JSON pointer), ERR_UNSUPPORTED: another model, XML or YAML;
 * ERR_TOO_LARGE. */
bool oscal_document_read(struct arena *a, struct str text, struct oscal_document *ret, struct err *e) MUST_USE;

/* What a file would change, as one operation (record_op): nothing is written here. */
struct oscal_import {
    struct oscal_document document;
    struct record_change *changes;
    size_t count;
    size_t taken, same;
    struct json *rows; /* [{"pointer","id","act":"new"|"change"|"same"|"left","type","title","why"}] */
    struct json *left; /* [text]: what was not taken, in words */
};
/* `name`: of the file, which is kept as evidence where it holds assessment results. */
bool oscal_import_read(struct view *v, struct record_types *types, const struct access *access, const struct env *env,
                       struct str name, struct str text, struct oscal_import *ret, struct err *e) MUST_USE;
/* {"is_dry_run","model","title","taken","same","rows","left"} */
struct json *oscal_import_json(struct arena *a, const struct oscal_import *i, bool is_dry);

#endif
