/*
 * documents.h - documents that are kept: their text for the search, until when they are kept and why, what holds them, and who looked at them by a link.
 *
 * Text: the process that looks at uploaded files (role/inspect_once.h) also gives the text in them. Leaf: record {"k":"document.text","type":"document_text",
 * "id":"DOC-0001"[,"of":"policy_version"],"fx":x of the file's blob,"cnt":{"pass","problem","unknown"},"by":"inspect 2"} with a blob of conclusions {"media","words","checks",
 * "text_size","cut"} and, where there is text, a second one with it (text/plain). The full text of what is now takes it from there (record/text.c), so that a
 * rebuild finds the same, and what is erased is found no more.
 *
 * Retention: a document's label, else that of its folder or of one above, says with what the period begins and how long it is; documents_due says of each when
 * it is over and what keeps it. A legal hold in force wins over every label. The keeper asks again before it destroys anything (document_erase_make).
 *
 * Sharing: each view by a link is an operation before a byte is given: record {"k":"share.view","type":"share_view","id":"SHR-0001","act":"view"|"download",
 * "fx":x}, with a blob {"address","agent"}.
 */
#ifndef ASSESS_DOCUMENTS_H
#define ASSESS_DOCUMENTS_H

#include "inspect/inspect.h"
#include "record/record.h"

enum { DOCUMENTS_DUE_MAX = 100000, DISPOSAL_MAX = 200, SHARE_VIEWS_A_DAY = 500 };

/* ---- text ---- */

extern const struct op_kind op_document_text;
struct document_file {
    struct str type, id, x, c, name; /* type: of the record, "document" or "policy_version" */
    int64_t leaf;
};
/* Files of documents and of versions of policies that are now and have not been looked at, oldest first. */
bool documents_waiting(struct db *db, struct arena *a, size_t max, struct document_file **ret, size_t *ret_count, struct err *e) MUST_USE;
bool document_text_op(const struct env *env, struct arena *a, const struct document_file *f, const struct inspected *found, struct str text, struct op *ret, struct err *e) MUST_USE;

/* ---- retention and holds ---- */

/* The day on which a period that began on `day` is over; months end on the last day where the month is shorter. */
int64_t retention_end(int64_t day, int64_t period, struct str unit);

struct holds; /* in force now */
bool holds_read(struct db *db, struct arena *a, struct holds **ret, struct err *e) MUST_USE;
size_t holds_count(const struct holds *h);
/* The first hold over a document; "" none. */
struct str holds_over(const struct holds *h, struct str document, struct str folder);

enum document_fate {
    FATE_KEPT,     /* no label, one that is not in force, or what begins its period has not happened */
    FATE_LATER,    /* its day is to come */
    FATE_HELD,     /* its day has come, and a hold keeps it */
    FATE_EVIDENCE, /* the same, and evidence names it */
    FATE_REVIEW,   /* its label wants somebody to decide */
    FATE_DUE       /* it goes */
};
const char *document_fate_name(enum document_fate fate);

struct due_document {
    struct str id, title, folder, owner, state, digest, label, label_name, held_by, evidence;
    int64_t version, files;
    int64_t begin_day, end_day; /* INT64_MIN: none */
    enum document_fate fate;
    struct str why;             /* one line for whoever decides */
};
/* All documents that are not destroyed, or those of the list `ids` (JSON array; "": all), as of `today`; those of fates up to FATE_LATER are left out
 * unless `with_all`. By end day, then id. */
bool documents_due(struct db *db, struct arena *a, int64_t today, struct str ids, bool with_all, struct due_document **ret, size_t *ret_count, struct err *e) MUST_USE;
/* SHA-256 over the lines "id version digest end-day label" of what is due: what somebody approves. Hex. */
struct str disposal_digest(struct arena *a, const struct due_document *d, size_t count);

/* kind_erase's make_over, for documents: refuses what a hold covers, and a file whose text would stay. */
bool document_erase_make(struct db *projection, const struct leaf_source *leaves, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e);

/* ---- sharing ---- */

extern const struct op_kind op_share_view;
struct share {
    struct str id, document, digest, recipient, author;
    int64_t edition;
    bool may_download;
};
/* The link of a secret, while it opens: in force, not past its day, and who made it may still read the document. False without e->code: it does not open. */
bool share_find(struct db *db, struct arena *a, struct str secret, int64_t now_ms, struct share *ret, struct err *e) MUST_USE;
bool share_view_op(const struct env *env, struct arena *a, const struct share *s, const char *act, struct str x, struct str address, struct str agent, struct op *ret, struct err *e) MUST_USE;

#endif
