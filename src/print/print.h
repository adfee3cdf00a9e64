/*
 * print.h - documents as PDF: reports, certificates, whatever leaves the program on paper. A document is a small JSON tree, the answer tagged PDF 1.7 in pages
 * with header, footer, "n of m", contents, bookmarks and links. The same tree gives the same bytes on the same machine, since nothing in it is taken from the
 * clock: `created` says when it was made.
 *
 * print_pdf opens pango and cairo by itself (dlopen), costs 10 ms a page at most, and reads hostile text: it belongs into a process that may read fonts and
 * nothing else. That is the role `print`; print_ask hands it a document. Fonts are DejaVu (Debian: fonts-dejavu-core); scripts that these lack are taken from
 * what else is installed (fonts-noto).
 *
 *     struct json *d = print_document(arena, STR("Access review Q3"), made_at_ms);
 *     print_heading(d, 1, STR("What was looked at"), STR("looked"));
 *     print_paragraph(d, STR("All accounts of the directory."));
 *     struct json *t = print_table(d, STR("Accounts"));
 *     print_column(t, STR("Name"), "", 0);  print_column(t, STR("Rights"), "right", 0);
 *     struct json *row = print_row(t);  json_push_str(row, STR("ann"));  json_push_str(row, STR("12"));
 *     if (!print_ask(fd, arena, d, &pdf, e)) ...
 *
 * THE DOCUMENT   {"title", "subject", "author", "language":"en", "created":ms UTC, "page":"A4"|"Letter", "landscape":bool, "header":text at the top right (the title
 *   stands at the left), "footer":text at the bottom left, "contents":levels of headings that the contents list (0 none), "cover":{"title","subtitle","lines":[text]},
 *   "body":[block]}. Only title and body are needed.
 * A TEXT         a string, or an array of strings and runs {"text", "bold", "italic", "code", "muted", "link":"https://…" or "#id of a heading"}. A line feed in it
 *   starts a new line. Control characters and those that turn the direction of writing about are left out; right-to-left text is set as such.
 * BLOCKS         {"type":"heading","level":1..4,"text","id"}           keeps with what follows; level 1 may have "new_page":true
 *                {"type":"paragraph","text","style":"normal|lead|small|code|center","keep":bool}   keep: with what follows
 *                {"type":"list","ordered":bool,"items":[TEXT or {"text","items":[…]}]}
 *                {"type":"table","caption","columns":[{"label","align":"left|right|center","width":percent or 0: by what is in it}],"rows":[[TEXT…]]}
 *                                                                      the head is repeated on every page; a row stays whole, unless it is longer than half a page
 *                {"type":"facts","rows":[[TEXT, TEXT]]}                 name and value
 *                {"type":"figure","width","height","alt","caption","shapes":[SHAPE]}     in points, scaled down to the page's width
 *                {"type":"page_break"} {"type":"rule"} {"type":"space","height":points}
 * A SHAPE        {"kind":"rect","x","y","w","h","r"} {"kind":"line","points":[x,y,…]} {"kind":"area","points"} {"kind":"circle","x","y","r"}
 *                {"kind":"text","x","y","text","size","align","bold"}, each with "fill" and "stroke" as "#rrggbb", and "width" of the line. Numbers are integers, in
 *                tenths of points.
 *
 * Limits: PRINT_ below; what is over them is refused by name, nothing is cut short.
 */
#ifndef PRINT_PRINT_H
#define PRINT_PRINT_H

#include "base/err.h"
#include "base/json.h"

enum {
    PRINT_DOCUMENT_BYTES = 32 << 20, /* of the JSON */
    PRINT_PDF_BYTES = 64 << 20,
    PRINT_PAGES_MAX = 3000,
    PRINT_TEXT_BYTES = 32 << 10, /* of one cell or item; paragraphs may be longer */
    PRINT_COLUMNS_MAX = 24,
    PRINT_TIME_MS = 60000,
    PRINT_CPU_S = 50
};
enum { PRINT_DOCUMENT = 1, PRINT_DONE = 2, PRINT_REFUSED = 3 }; /* frames: the document; the PDF; "code\nwhy" */

/* ERR_INVALID names the block; ERR_TOO_LARGE; ERR_UNSUPPORTED: pango or cairo is not installed. */
bool print_pdf(const struct json *document, struct buf *out, struct err *e) MUST_USE;
/* Opens the libraries and what fonts need, before a jail closes. */
bool print_prepare(struct err *e) MUST_USE;
/* Has the process at `fd` do it. One at a time: the caller guards fd. */
bool print_ask(int fd, struct arena *a, const struct json *document, struct str *ret_pdf, struct err *e) MUST_USE;

/* ---- making a document ---- */

struct json *print_document(struct arena *a, struct str title, int64_t created_ms); /* language en, A4 */
struct json *print_heading(struct json *document, int level, struct str text, struct str id);
struct json *print_paragraph(struct json *document, struct str text);
struct json *print_block(struct json *document, const char *type);
struct json *print_table(struct json *document, struct str caption);
void print_column(struct json *table, struct str label, const char *align, int width_percent);
struct json *print_row(struct json *table_or_facts); /* push a text for each column */
void print_fact(struct json *facts, struct str name, struct str value);

#endif
