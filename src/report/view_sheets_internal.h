/* view_sheets_internal.h - what the views of samples, sheets and exceptions share. */
#ifndef REPORT_VIEW_SHEETS_INTERNAL_H
#define REPORT_VIEW_SHEETS_INTERNAL_H

#include "record/frozen.h"
#include "report/view_sheets.h"

/* Rows of a frozen population, where they can be read. */
struct sheet_rows {
    bool is_open;
    struct frozen frozen;
};
void sheet_rows_open(struct view *v, const struct sampling_frame *p, struct sheet_rows *ret);
void sheet_rows_columns(struct view *v, const struct sheet_rows *rows, struct json *list);
void sheet_rows_cells(struct view *v, const struct sheet_rows *rows, int64_t item, struct json *list);

struct str audit_url(struct view *v, struct str engagement, const char *room, struct str id);
bool audit_may(struct view *v, const struct view_records *r, const char *type, const struct record *record, enum record_act act);
/* A record of the engagement that one may read. */
struct record *audit_record(struct view *v, const struct view_records *r, const char *type, struct str engagement, struct str id, struct err *e);

#endif
