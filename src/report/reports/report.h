/*
 * report.h - what leaves the program on paper: readiness, gaps, risks, statement of applicability, board summary, bridge letter, drafts of Type 1 and Type 2.
 *
 * A report is ONE tree (print/print.h). PDF (role print), HTML, XLSX and JSON are written from it, so that they cannot differ. A builder for each kind puts blocks into
 * the tree from registers and view models; it writes no opinion, says of each text whose it is, and marks what nobody has written yet. Blocks carry members that paper
 * ignores: "own" (whose text, as "COM-0002 Availability"), "own_url", "author" ("management", "auditor", "firm", "program"), "template" (a sentence of the program that
 * stands where somebody's own belongs).
 *
 *     struct json *page = report_make(&view, &records, &(struct report_options){.kind = STR("type2"), .engagement = STR("ENG-0001")}, &e);
 *
 *   PAGE   {"title","as_of","nav" (for pages),"kind","label","words","engagement":ENG (view_audit.h; then "tabs", too)|null,"subject":{"type":"type1"|"type2","as_of","from","to","words"},
 *           "is_refused","counts":{"refused","open","warning","fine"},"checks":[CHECK],"document":the tree}; readiness also "overview","criteria","controls","tests","gaps" (view.h)
 *   CHECK  {"level":"refused"|"open"|"warning"|"fine",STATUS,"code","place","words" (what was found there),"why","what" (to do),"url" or ""}
 *          refused: no file is made while it stands. open: something is missing. warning: a reader will ask.
 */
#ifndef REPORT_REPORTS_REPORT_H
#define REPORT_REPORTS_REPORT_H

#include "base/buf.h"
#include "report/view_record.h"

struct report_options {
    struct str kind;       /* id of a report_kind */
    struct str engagement; /* id; empty: the dates that the organisation's record says */
    struct str to;         /* the bridge letter's last day "2026-11-30"; empty: the view's */
    bool is_page;          /* with "nav" */
};

struct report;
struct report_kind {
    const char *id, *label, *words;
    bool is_of_engagement; /* belongs to an engagement where there is one */
    bool (*build)(struct report *r, struct err *e);
};
extern const struct report_kind report_kinds[];
extern const size_t report_kind_count;
const struct report_kind *report_kind_find(struct str id);

/* The PAGE. NULL: ERR_NOT_FOUND (kind, engagement), or what went wrong. */
struct json *report_make(struct view *v, const struct view_records *records, const struct report_options *o, struct err *e);
/* ERR_CONFLICT with the first of what stands in the way, by place and words; true: files may be made of it. */
bool report_is_allowed(const struct json *page, struct err *e) MUST_USE;
/* {"title","as_of","nav","engagement":ENG|null,"kinds":[{"id","label","words","url"}]} */
struct json *report_list(struct view *v, const struct view_records *records, struct str engagement, struct err *e);
/* "type2-2026-06-30.pdf" */
struct str report_file_name(struct arena *a, const struct json *page, const char *extension);

/* ---- the tree as files ---- */

/* One page that holds all it needs: no script, nothing fetched, made to be printed on A4. */
void report_write_html(const struct json *document, struct buf *out);
/* A text between tags or quotes. */
void report_write_text(struct buf *b, struct str s);
/* Blocks alone, for a page of the site: [block]. */
void report_write_blocks(const struct json *blocks, struct buf *out);
/* Each table a sheet. `path` is written and stays; `scratch` is a directory for temporary files (NULL: the library's choice). ERR_UNSUPPORTED: libxlsxwriter is not
 * installed. */
bool report_write_xlsx(const struct json *document, const char *path, const char *scratch, struct arena *a, struct err *e) MUST_USE;
/* [[text]] as one sheet, its first row the headings. */
bool report_rows_xlsx(const struct json *rows, const char *path, const char *scratch, struct err *e) MUST_USE;
bool report_xlsx_prepare(struct err *e) MUST_USE;

/* The tree by its headings of level 1, for pages that show one part at a time: {"parts":[{"number","title","id","is_current","headings":[{"title","id"}]}],"blocks":[]} */
struct json *report_part(struct arena *a, const struct json *document, int64_t part);

#endif
