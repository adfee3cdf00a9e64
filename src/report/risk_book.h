/* risk_book.h - the register of risks as its pages show it: all that one may read, as of the view's instant, and what the views share. */
#ifndef REPORT_RISK_BOOK_H
#define REPORT_RISK_BOOK_H

#include "assess/risks.h"
#include "report/gap_book.h"
#include "report/view_risk.h"

struct risk_book {
    struct view *v;
    const struct view_records *records;
    const struct record_type *type;
    const struct assessment *as;
    struct risk_set *set;
    bool reads_all; /* else what one owns alone */
};
bool risk_book_load(struct view *v, const struct view_records *r, struct risk_book *ret, struct err *e) MUST_USE;
bool risk_book_shows(const struct risk_book *b, const struct risk_row *row);
/* NULL: ERR_NOT_FOUND. */
const struct risk_row *risk_book_find(const struct risk_book *b, struct str id, struct err *e);
void risk_put(const struct risk_book *b, struct json *o, const struct risk_row *row);
void level_put(struct json *o, const char *key, struct risk_level level, enum risk_band appetite);
const char *risk_choice_words(const struct risk_book *b, const char *field, struct str id);
enum result_status record_state_shape(const struct json *state);
/* "scale":[{"level","likelihood","service","money","people","law"}] */
void risk_scale_put(struct json *page);
/* Records of a type that match, as ITEMs. */
bool risk_items_put(const struct risk_book *b, struct json *items, const char *type_id, struct str where, struct err *e) MUST_USE;
/* The shape of view_risk_history. */
struct json *risk_history(const struct risk_book *b, const struct risk_row *row, struct err *e);

#endif
