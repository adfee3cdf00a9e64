/*
 * markdown.h - Markdown that people typed, as HTML (CommonMark and tables, by libmd4c).
 *
 * What it lets through is a list, not what is left after taking things out: paragraphs, headings (below the page's own, and none skips a level), lists, quotes,
 * code, tables, emphasis and links. HTML in the text is text. A link keeps its address only if that is http, https, mailto or a path of
 * our own; others become their words. Images are not loaded: their description stands in their place. Nesting ends at 16 levels.
 */
#ifndef WEB_MARKDOWN_H
#define WEB_MARKDOWN_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* Opens the library: whoever enters a jail does it before. ERR_UNSUPPORTED: not installed. */
bool markdown_prepare(struct err *e) MUST_USE;
/* Appends the HTML. False: the library is not there, or the text is nothing that it takes; then what was appended is to be dropped. */
bool markdown_write(struct str text, struct buf *out);
/* May a link lead there? */
bool markdown_url_is_safe(struct str url);

#endif
