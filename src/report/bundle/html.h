/* html.h - pages that open offline: one file each, no script, style inside, readable on paper, on a telephone, in the dark and by ear. */
#ifndef REPORT_BUNDLE_HTML_H
#define REPORT_BUNDLE_HTML_H

#include "report/bundle/internal.h"

enum { HTML_PAGE_BYTES_MAX = 64 << 20, HTML_RECORDS_A_PAGE = 100, HTML_ROWS_MAX = 1000 };

struct html {
    struct audit_bundle *bundle;
    struct arena *a; /* of this page */
    struct buf out;
    bool is_root;    /* index.html; all others lie in pages/ */
};

/* is_root: then no way back is shown. `up`: the page above, as "controls"; NULL: the first page is. */
void sheaf_begin(struct html *h, struct str title, struct str words);
void sheaf_end(struct html *h);
void sheaf_text(struct html *h, struct str s);
void sheaf_cstr(struct html *h, const char *s);
/* printf, escaped. */
void sheaf_say(struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* <h2 id="…">. */
void sheaf_heading(struct html *h, int level, const char *id, const char *format, ...) __attribute__((format(printf, 4, 5)));
void sheaf_fact(struct html *h, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void sheaf_facts_begin(struct html *h);
void sheaf_facts_end(struct html *h);
/* columns: "Control|Title|>Items": ">" right. */
void sheaf_table_begin(struct html *h, const char *caption, const char *columns);
void sheaf_table_end(struct html *h);
void sheaf_cell(struct html *h, struct str text);
void sheaf_cell_int(struct html *h, int64_t n);
void sheaf_cell_begin(struct html *h);
void sheaf_cell_end(struct html *h);
void sheaf_status(struct html *h, enum result_status s, const char *words);
/* Text of an id as part of a file's name or an anchor. */
struct str sheaf_name(struct arena *a, struct str id);
/* "pages/" or "", "" or "../". */
const char *sheaf_pages(const struct html *h);
const char *sheaf_up(const struct html *h);
/* A link to a record that is seen, with its title if asked for; else its id. */
void sheaf_record(struct html *h, const char *type, struct str id, bool with_title);
/* Has a record of this type a page of its own? */
bool sheaf_has_own_page(const char *type);
/* "blobs/c" as a link. */
void sheaf_blob(struct html *h, struct str c, const char *words);
/* Leaf number, hash, proof files. is_proven: audit/proofs/ has it. */
void sheaf_leaf(struct html *h, int64_t leaf, bool is_proven);
struct str sheaf_when(struct arena *a, int64_t t);

/* One page: its file's name without "pages/", in bytewise order, and what writes it. */
struct page {
    struct str name;
    bool (*write)(struct html *h, const struct page *p, struct err *e);
    struct str id;
    const void *of; /* control, test, type */
    int64_t number;
};
bool bundle_page_control(struct html *h, const struct page *p, struct err *e);
bool bundle_page_test(struct html *h, const struct page *p, struct err *e);
bool bundle_page_type(struct html *h, const struct page *p, struct err *e);
bool bundle_page_population(struct html *h, const struct page *p, struct err *e);
bool bundle_page_sample(struct html *h, const struct page *p, struct err *e);
bool bundle_page_sheet(struct html *h, const struct page *p, struct err *e);
bool bundle_page_index(struct html *h, const struct page *p, struct err *e);
/* A record's values, and the leaves that made them. */
bool sheaf_values(struct html *h, const struct record *r);
bool sheaf_changes(struct html *h, const struct record *r, struct err *e);

#endif
