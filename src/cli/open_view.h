/*
 * open_view.h - for commands that show what is known: the data directory, its projection, and a view as of --at.
 */
#ifndef CLI_OPEN_VIEW_H
#define CLI_OPEN_VIEW_H

#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "report/view.h"

struct opened_view {
    struct data_dir data;
    struct view view;
};
/* As of the instant that this option gives; NULL: now. */
bool open_view(struct cli_context *c, const char *at_option, struct opened_view *ret, struct err *e) MUST_USE;
void close_view(struct opened_view *o);

/* ---- the terminal: a shape and a word for a status; colour only where it is wanted ---- */
const char *status_shape(struct str status); /* "●", "■", "◌", "–" */
void put_shape(struct buf *b, struct str status, bool has_colour);
/* The text, and blanks up to `width` columns (code points); a longer one is cut with "…". */
void put_padded(struct buf *b, struct str text, size_t width);

#endif
