/*
 * tpl_html.h - where in an HTML document a template stands, character by character: for the template compiler.
 *
 * The tracker knows enough of HTML to choose how a value must be escaped, and refuses what Assay's pages must not hold: inline
 * script and style, event handlers, values in tag or attribute names, unquoted values, elements that do not nest.
 */
#ifndef TOOLS_TPL_HTML_H
#define TOOLS_TPL_HTML_H

#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>

enum html_state {
    HTML_TEXT,
    HTML_TAG_OPEN, /* behind "<" */
    HTML_TAG_NAME,
    HTML_IN_TAG,   /* between attributes */
    HTML_TAG_JOIN, /* behind a branch inside a tag: only white space, "/" or ">" may follow */
    HTML_ATTR_NAME,
    HTML_BEFORE_VALUE,
    HTML_VALUE, /* inside quotes */
    HTML_END_TAG,
    HTML_DECLARATION
};

/* How far a URL attribute's value has got. */
enum html_url { HTML_URL_NONE, HTML_URL_START, HTML_URL_PATH, HTML_URL_QUERY, HTML_URL_FRAGMENT, HTML_URL_WHOLE };

enum { HTML_DEPTH_MAX = 48, HTML_NAME_MAX = 24 };

struct html_context {
    enum html_state state;
    enum html_url url;
    char quote;
    bool keeps_at;      /* the value began with "~": the page's instant is added at its end */
    bool is_closed_tag; /* "/" seen before ">" */
    char name[HTML_NAME_MAX];
    size_t name_size;
    char open[HTML_DEPTH_MAX][HTML_NAME_MAX]; /* elements not yet closed */
    size_t depth;
    size_t preserved; /* open <pre> and <textarea> */
};

/* What the compiler has to emit besides the character itself. */
enum html_effect { HTML_EMIT, HTML_SWALLOW, HTML_KEEP_AT_THEN_EMIT };

/* Moves on by one literal character. False: ERR_INVALID, the text says what is wrong. */
bool html_context_char(struct html_context *c, char ch, enum html_effect *ret_effect, struct err *e) MUST_USE;
/* Checks that a value may stand here. */
bool html_context_value(struct html_context *c, struct err *e) MUST_USE;
/* Makes one context of the ends of two branches; false when they do not end in the same place. */
bool html_context_join(struct html_context *a, const struct html_context *b, struct err *e) MUST_USE;
/* At the end of a page: everything closed. */
bool html_context_end(const struct html_context *c, struct err *e) MUST_USE;

#endif
