/*
 * html.h - what compiled templates call: values written into a page, escaped for the place where they stand.
 *
 * tools/tpl.c chooses the function by place: html_text in text and in quoted attributes, html_url for a whole URL (only paths of
 * our own and http, https, mailto pass; anything else becomes "#"), html_url_part inside a URL. Filters are html_filter_NAME. A
 * missing member writes nothing; unless the template marked it with "?", the first one is remembered in `missing`, which tests
 * demand to be empty.
 *
 *     struct html h = {.out = &buf, .shell = shell, .now_ms = now};
 *     page_overview(&h, view);
 */
#ifndef WEB_HTML_H
#define WEB_HTML_H

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"

struct html {
    struct buf *out;
    const struct json *shell; /* `page` in templates: title, navigation, CSRF token ... */
    struct str as; /* engagement whose auditor's view this is; "" none: links keep it */
    struct str at;            /* the instant that links keep, as in the address; empty: now */
    int64_t now_ms;
    size_t missing_count;
    const char *missing; /* "FILE:LINE: path" of the first member that was not there */
    struct json scratch; /* for filters over computed numbers */
};

void html_raw(struct html *h, const char *text, size_t size);
void html_text(struct html *h, const struct json *v);
void html_text_str(struct html *h, struct str s);
void html_url(struct html *h, const struct json *v);
void html_url_str(struct html *h, struct str s);
void html_url_part(struct html *h, const struct json *v);
void html_url_part_str(struct html *h, struct str s);
void html_int(struct html *h, int64_t v);
/* The hashed address of an embedded asset. An unknown name ends the program. */
void html_asset(struct html *h, const char *name);
/* At the end of an address: adds at=INSTANT when the page shows a past instant. */
void html_keep_at(struct html *h);

const struct json *html_get(struct html *h, const struct json *v, const char *key, const char *where);
const struct json *html_first(const struct json *v);
int64_t html_count(const struct json *v);
struct str html_key(const struct json *v);
bool html_is_true(const struct json *v); /* not: absent, null, false, 0, "", empty array or object */
int64_t html_integer(const struct json *v);
struct str html_string(const struct json *v); /* text, or a number's digits where it was read with them */
bool html_equal(const struct json *a, const struct json *b); /* the same text, or the same number */
const struct json *html_number_node(struct html *h, int64_t v);

/* Plain text, safe in text and attributes. TIME is the object of report/view.h, or milliseconds. */
void html_filter_date(struct html *h, const struct json *v);   /* TIME: 2026-11-21 21:33 UTC */
void html_filter_day(struct html *h, const struct json *v);    /* TIME: 2026-11-21 */
void html_filter_ago(struct html *h, const struct json *v);    /* TIME: 3 h 5 min ago */
void html_filter_number(struct html *h, const struct json *v); /* 12,345 */
void html_filter_pct(struct html *h, const struct json *v);    /* 0.25: 25 % */
void html_filter_score(struct html *h, const struct json *v);  /* 0.25, always two decimals */
void html_filter_bytes(struct html *h, const struct json *v);  /* 1.5 KiB */
void html_filter_short(struct html *h, const struct json *v);  /* the first 12 characters of a digest */
void html_filter_plural(struct html *h, const struct json *v, const char *one, const char *many); /* 3 tests */
void html_filter_upper(struct html *h, const struct json *v);                                     /* first letter as a capital */
void html_filter_word(struct html *h, const struct json *v);                                      /* NOT_READY: not ready */
void html_filter_slug(struct html *h, const struct json *v); /* NOT_READY: not_ready; only letters, digits, "_" and "-" */

/* Elements, text only. */
void html_filter_time(struct html *h, const struct json *v);   /* TIME as <time>, absolute */
void html_filter_since(struct html *h, const struct json *v);  /* TIME as <time>, relative with the absolute as title */
void html_filter_status(struct html *h, const struct json *v); /* {"status","status_words"}: shape and word */
void html_filter_mark(struct html *h, const struct json *v);   /* the shape, the word for screen readers only */
void html_filter_markdown(struct html *h, const struct json *v); /* web/markdown.h; without its library as prose */
void html_filter_blocks(struct html *h, const struct json *v);   /* blocks of a report (report/reports/report.h) */
void html_filter_prose(struct html *h, const struct json *v);  /* paragraphs, `code`, indented lines as a block */
void html_filter_meter(struct html *h, const struct json *v);  /* 0..1 as a bar */
void html_filter_gauge(struct html *h, const struct json *v);  /* 0..100 as a bar */
void html_filter_strip(struct html *h, const struct json *v);  /* array of CELL: one mark a day, as SVG */
void html_filter_diagram(struct html *h, const struct json *v); /* {"kind","title","items"} of a course: SVG, and the same in words */
void html_filter_spells(struct html *h, const struct json *v); /* array of CELL: the same as table rows, equal days joined */

#endif
