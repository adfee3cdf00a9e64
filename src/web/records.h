/*
 * records.h - what the pages and the API of records share: who asks for which type, what a form or JSON wants changed, and the
 * operation it becomes.
 */
#ifndef WEB_RECORDS_H
#define WEB_RECORDS_H

#include "report/view_record.h"
#include "web/site.h"
#include "web/upload.h"

/* The type of the address (its first parameter), opened with the view. False: ERR_NOT_FOUND, or what went wrong. */
bool records_open(struct call *c, const struct record_type **ret, struct err *e) MUST_USE;
/* The record of the address as it is now. */
bool records_current(struct call *c, const struct record_type *t, struct record **ret, struct err *e) MUST_USE;
/* q, state, where, f.FIELD, sort, page, per_page of the address. */
bool records_query(struct call *c, const struct record_type *t, struct record_query *ret, struct err *e) MUST_USE;
/* The address of a list with one of its parts changed: "q", "state", "sort", "page", "f.FIELD" ("" none). */
struct str records_url(struct call *c, const struct record_type *t, const char *path, const char *changed, struct str value);

/* "views","view_query","may_save": the saved views of a list that one may see. */
bool records_put_views(struct call *c, const struct record_type *t, struct json *v, struct err *e) MUST_USE;

/* What somebody wants. */
struct record_wish {
    struct record_change change;
    struct json *problems;  /* [{"field","why"}]; empty: may be submitted */
    struct json *typed;     /* as it came, to be shown again */
    struct record *base;    /* the version it was made from; NULL: a new one */
    struct record *current; /* the version in force; NULL: a new one */
    bool is_late;           /* they differ */
    bool is_evidence;       /* any file is taken, and looked at afterwards */
    struct op_blob *files;
    size_t file_count;
    char op_id[33];         /* made with the form: the same form twice is one operation; "" none */
};
/* From the form of the page (v.FIELD, has.FIELD, keep.FIELD, version, base, why, op, id). */
bool records_wish_form(struct call *c, const struct record_type *t, struct record *current, struct record_wish *ret, struct err *e) MUST_USE;
/* "" where the form has no op. */
void records_op_id(struct call *c, char ret_id[33]);
/* From {"values":{...},"why","version","id"} and If-Match. */
bool records_wish_json(struct call *c, const struct record_type *t, struct record *current, struct record_wish *ret, struct err *e) MUST_USE;
/* Submits it as the session's actor. ret_answer: of the keeper. */
bool records_submit(struct call *c, const struct record_wish *w, struct json **ret_answer, struct err *e) MUST_USE;
bool records_submit_all(struct call *c, const struct record_change *changes, size_t count, const char *op_id, struct json **ret_answer, struct err *e) MUST_USE;
/* Makes the wish the change that lets it say again what it said at a leaf of its history. */
bool record_return(struct call *c, const struct record_type *t, struct record *r, int64_t leaf, struct record_wish *w, struct err *e) MUST_USE;
/* What opens, proves or ends the checklists of joiners, movers and leavers. */
bool records_are_of_people(struct str type);
/* The text of an import: the form's "file" or "text", or what was kept under "stash" by the page before. ret_id: what it is kept under now. */
bool records_import_text(struct call *c, struct str *ret, char ret_id[33], struct err *e) MUST_USE;
/* What a person chose for each heading of a file, of the fields heading.N and map.N: {heading: field}; NULL before anything was chosen. */
struct json *records_mapping_of(struct call *c);
/* The answer of the API to a file with problems, [{"row","column","why"}] (row 0: the whole file): each in "errors" with its row and column. False. */
bool records_refuse_rows(struct call *c, const struct json *problems, struct err *e) MUST_USE;
/* Accounts, or decisions about them, came: what follows from them by itself is done at once (assess/access_review.h). */
void records_advance_access(struct call *c);
/* Something came that the schedule has to do with: it looks at once, not with its next round. */
void records_tell_schedule(struct call *c);
/* Was the person asked again, where a step takes it? False: the response asks; the handler returns true. */
bool records_step_up(struct call *c);
/* Content-Disposition of a download called so. */
struct str record_disposition(struct call *c, struct str name);
/* The member "document" of a document's page. */
bool documents_put_one(struct call *c, const struct record_type *t, struct str id, struct json *v, struct err *e) MUST_USE;
/* The id of the first record in an answer. */
struct str records_answer_id(const struct json *answer);

/* "done": in words what the address says was done; "" when it says nothing. */
void records_put_done(struct call *c, struct json *v);
/* Controls that get an owner and are adopted: those of the library that have no record get one. */
struct adoption {
    struct record_change *made, *moved; /* max + 2 of each: a caller may add changes of its own to `made` */
    size_t made_count, moved_count;
};
struct adoption adoption_new(struct call *c, size_t max);
/* Adds nothing where the control is adopted, retired or said not to apply already. */
bool adoption_add(struct call *c, struct adoption *x, struct str id, struct str owner, struct err *e) MUST_USE;
bool adoption_submit(struct call *c, struct adoption *x, struct err *e) MUST_USE;

/* Opens the library that writes XLSX: whoever enters a jail does it before. ERR_UNSUPPORTED: not installed. */
bool xlsx_prepare(struct err *e) MUST_USE;
/* A workbook with one sheet: array of arrays of texts, the first row its headings. */
bool xlsx_of_rows(struct call *c, const struct json *rows, struct str *ret, struct err *e) MUST_USE;

/* The schema of what an address takes that is no record (openapi_forms.c); false: nothing says it. */
bool openapi_put_form(struct json *schema, const char *path);
/* One of its fields is a file: it takes multipart/form-data. */
bool openapi_takes_file(const char *path);

#endif
