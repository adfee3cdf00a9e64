/*
 * view_documents.h - view models of the room Documents: the list's surroundings, one document with its versions, holds, retention, disposition.
 */
#ifndef REPORT_VIEW_DOCUMENTS_H
#define REPORT_VIEW_DOCUMENTS_H

#include "report/view_record.h"

/* "documents": {"folders":[{"id","name","depth","url","is_current"}],"folder":null|{"id","name","url","may_change"},"waiting","due","held","may_upload","folder_id","owners":[…],"types_owner" (there are too many to choose from)} */
bool view_documents_put(struct view *v, const struct view_records *r, struct json *page, struct str folder, struct err *e) MUST_USE;

struct document_wish {
    int64_t version;  /* to be shown; 0: the newest */
    int64_t compare;  /* with this one; 0: none */
};
/* "document": {"is_document":true,"versions":[{"n","name","size","digest","x","leaf","proof","received":TIME,"by":ACTOR,"is_current","is_erased","is_checked","words","status",
 *  "status_words","found":[{"label","why","status","status_words"}],"url","compare_url","download","raw","is_inert"}],"shown":null|{"n","name","kind":"text"|"image"|"pdf"|"none",
 *  "text","raw","is_cut","why"},"difference":null|{"from","to","lines":[{"kind":"same"|"old"|"new"|"skip","text"}],"added","removed"},"retention":{"fate","why","label","label_url"},
 *  "hold":"" or id,"hold_url","shares":[{"id","recipient","expires","allows","status","status_words","edition","views","last":TIME|null}],"may_share","evidence":[{"id","title","url","version"}],
 *  "evidence_url"} */
bool view_document_put(struct view *v, const struct view_records *r, struct json *page, const struct record_type *t, struct str id, const struct document_wish *wish, struct err *e) MUST_USE;
/* A file of it, of any version: leaf, c, x, name and by its bytes; is_inert: the machine found nothing in it that runs. ERR_NOT_FOUND. */
struct document_blob {
    int64_t leaf;
    struct str c, x, name, media, digest;
    int64_t size;
    bool is_inert;
};
bool document_blob_find(struct db *db, struct arena *a, struct str id, struct str x, struct document_blob *ret, struct err *e) MUST_USE;
/* The text of a version as it was taken out: false where there is none. */
bool document_text_open(struct view *v, struct str x, struct str *ret);

/* {"title","rows":[{"id","name","url","status","status_words","custodian","since","covers","documents":how many}],"may_create","done"} */
struct json *view_holds(struct view *v, const struct view_records *r, struct err *e);
/* {"title","rows":[{"id","name","url","status","status_words","words","begins","action","documents","due"}],"unlabelled","may_create"} */
struct json *view_retention(struct view *v, const struct view_records *r, struct err *e);
/* The dry run: {"title","today","due":[ROW],"stays":[ROW],"digest","total","hidden","may_propose","rows":[{"id","name","url","status","status_words","documents","on"}]}
 * ROW = {"id","title","url","fate","why","label","files","is_review"} */
struct json *view_disposition(struct view *v, const struct view_records *r, struct err *e);
/* {"title","id","certificate": as carried out, or null,"record_url","unreadable"} */
struct json *view_certificate(struct view *v, const struct view_records *r, struct str id, struct err *e);

#endif
