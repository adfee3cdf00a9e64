/*
 * frozen.h - rows that are frozen: a table as one text that is the same whoever writes it, in whatever order its rows come.
 *
 * The text is JSON lines (media FROZEN_MEDIA): a line {"columns":["id","left_on"]}, then one array a row in bytewise order of the lines, each with LF
 * behind it. Cells are null, integers within 2^53, texts in UTF-8, or {"hex":"…"}; a number with a fraction is a text. Row N is line N, the columns being
 * line 0: that is an item's number everywhere. The digest is the SHA-256 of the whole text.
 *
 *     struct frozen_writer w;
 *     frozen_begin(&w, columns, 2, &e);
 *     frozen_text(&w, id); frozen_int(&w, 3); frozen_row_end(&w, &e);
 *     frozen_end(&w, a, &text, &e);                  // or frozen_release
 */
#ifndef RECORD_FROZEN_H
#define RECORD_FROZEN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "crypto/crypto.h"

#define FROZEN_MEDIA "application/x-ndjson"
enum {
    FROZEN_ROWS_MAX = 1000000,
    FROZEN_BYTES_MAX = 100 << 20, /* of the text; a blob holds 128 MiB */
    FROZEN_COLUMNS_MAX = 64,
    FROZEN_CELL_BYTES_MAX = 64 << 10
};

struct frozen_writer {
    struct buf text;     /* the heading, then rows as they came */
    uint64_t *lines;     /* where each row begins; owned */
    size_t heading_size, count, capacity;
    size_t column_count, filled;
};
/* ERR_INVALID: no columns, too many, one without a name or twice. */
bool frozen_begin(struct frozen_writer *w, const struct str *columns, size_t count, struct err *e) MUST_USE;
void frozen_null(struct frozen_writer *w);
void frozen_int(struct frozen_writer *w, int64_t value);
void frozen_text(struct frozen_writer *w, struct str value); /* data NULL: null */
/* ERR_LIMIT: too many rows, or too large. */
bool frozen_row_end(struct frozen_writer *w, struct err *e) MUST_USE;
/* The text, in `a`; the writer is released. */
bool frozen_end(struct frozen_writer *w, struct arena *a, struct str *ret, struct err *e) MUST_USE;
void frozen_release(struct frozen_writer *w);

/* A text that may not be ours: is it what frozen_end writes? ERR_INVALID names the line. */
bool frozen_check(struct str text, int64_t *ret_rows, struct sha256 *ret_digest, struct err *e) MUST_USE;

/* Reading what was checked. */
struct frozen {
    struct str *columns;
    size_t column_count, count;
    struct str text;
    struct str *lines; /* [0] is the heading; row N is lines[N] */
};
bool frozen_open(struct arena *a, struct str text, struct frozen *ret, struct err *e) MUST_USE;
/* Cells of a row from 1: column_count of them, texts as people read them. ret_is_null may be NULL. False for no such row. */
bool frozen_row(const struct frozen *f, struct arena *a, size_t row, struct str *ret_cells, bool *ret_is_null);
/* SIZE_MAX: there is none. */
size_t frozen_column(const struct frozen *f, struct str name);

/* What the keeper holds against each change of a population: what was frozen stays, and count and digest are what it finds itself. Gives why
 * not, NULL where nothing is to be said. `files`: blobs that come with the change. */
struct record;
struct op_blob;
const char *frozen_refusal(struct arena *a, const struct record *r, int act, struct str transition, const struct json *set, const struct op_blob *files, size_t count);

#endif
