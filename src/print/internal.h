/* internal.h - what the files of src/print share: the page, texts that were set, and the list of what is drawn where. */
#ifndef PRINT_INTERNAL_H
#define PRINT_INTERNAL_H

#include "print/libraries.h"
#include "print/print.h"

struct link {
    int from, to; /* bytes of the text */
    struct str target;
};

/* A text that was set in a width. Lines may be drawn in parts, on several pages. */
struct set_text {
    PangoLayout *layout;
    int line_count;
    double *tops; /* of each line, from the text's top; one more: the bottom */
    double *baselines;
    struct link *links;
    size_t link_count;
};

enum item_kind { ITEM_BEGIN, ITEM_END, ITEM_LINES, ITEM_RULE, ITEM_BOX, ITEM_FIGURE, ITEM_MARK, ITEM_ENTRY };
struct item {
    enum item_kind kind;
    int page; /* of the body or of the contents, from 0 */
    double x, y, w, h, scale;
    const char *tag;             /* BEGIN, END */
    const struct set_text *text; /* LINES */
    int first, last;             /* LINES: from, and the one behind the last */
    uint32_t colour;             /* LINES, RULE, BOX: 0xrrggbb */
    const struct json *shapes;
    size_t heading;              /* MARK, ENTRY */
};

struct heading {
    int level, page;
    double y;
    struct str text, id;
    int outline; /* of the bookmark */
};

struct item_list {
    struct item *items;
    size_t count, capacity;
    int page_count;
};

/* A column of pages that fills from the top. */
struct flow {
    struct item_list *list;
    int page;
    double y;
};

struct table;
struct print {
    struct arena *a;
    const struct json *document;
    PangoFontMap *fonts;
    PangoContext *context;
    PangoFontDescription **descriptions; /* by font */
    double page_w, page_h, left, top, width, bottom;
    struct item_list body, contents, cover;
    struct heading *headings;
    size_t heading_count, heading_capacity;
    const struct json *ready_for; /* the table that was measured last, and how it is */
    const struct table *ready;
    PangoLayout **layouts; /* all of them, to be given back */
    size_t layout_count, layout_capacity;
    struct err *e;
    bool failed;
};

enum font { FONT_BODY, FONT_SMALL, FONT_LEAD, FONT_CODE, FONT_BOLD, FONT_H1, FONT_H2, FONT_H3, FONT_H4, FONT_COVER, FONT_COVER_SUB, FONT_CELL, FONT_CELL_HEAD, FONT_COUNT };

enum { INK = 0x1c2430, MUTED = 0x5b6675, LINE = 0xc9d0d8, SHADE = 0xeef1f4, ACCENT = 0x1d4f91 };

/* text.c. `what` names it in messages. Width below 0: one line, as wide as it is. */
const struct set_text *text_set(struct print *p, const struct json *text, enum font font, double width, const char *align, const char *what);
const struct set_text *text_set_str(struct print *p, struct str text, enum font font, double width, const char *align);
/* The widest word, and the whole as one line. */
void text_measure(struct print *p, const struct json *text, enum font font, double *ret_word, double *ret_whole);
double text_height(const struct set_text *t, int first, int last);
/* A paragraph longer than one text may be comes in pieces: the plain text from *at on. */
struct str text_plain(struct arena *a, const struct json *text);
struct str text_clean(struct arena *a, struct str text);

/* layout.c */
bool layout_body(struct print *p);
bool layout_cover(struct print *p);
bool layout_contents(struct print *p, int64_t depth);
struct item *item_add(struct print *p, struct flow *f, enum item_kind kind);
void tag_begin(struct print *p, struct flow *f, const char *tag);
void tag_end(struct print *p, struct flow *f, const char *tag);
bool flow_turn(struct print *p, struct flow *f); /* to a new page */
double flow_left(const struct print *p, const struct flow *f);
void flow_text(struct print *p, struct flow *f, const struct set_text *t, double x, uint32_t colour, double after);
/* table.c */
void layout_table(struct print *p, struct flow *f, const struct json *block); /* facts as well */
/* What of it has to stand on one page: its head and first row, or all of a short one. */
double table_least(struct print *p, const struct json *block);

/* draw.c */
bool draw_document(struct print *p, struct buf *out);
/* finish.c: the version, the language. */
bool pdf_finish(struct buf *pdf, struct str language, struct str title, struct err *e);

bool print_fail(struct print *p, enum err_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
