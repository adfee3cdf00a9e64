/*
 * box.h - what was reported anonymously and has not reached the ledger yet.
 *
 * A leaf tells the millisecond at which it was made, and its neighbours tell it again. So nothing anonymous becomes a leaf when it comes: it
 * waits here until its day (UTC) is over, and goes with all others of that day, in an order that says nothing. The box is one file,
 * DATA/concerns, written in place (the directory's times do not move) and touched every minute (its own times say nothing either). What waits
 * has no account, address, session or time but the day.
 *
 * The file: two slots of BOX_SLOT_BYTES, each "ASYBOX01" | u64be sequence | u32be length | SHA-256 of all before and of the text | text
 * (a JSON value a line). The slot with the higher sequence that is whole counts; the other one is written next, then the first is wiped.
 * Any thread.
 */
#ifndef WEB_CONCERNS_BOX_H
#define WEB_CONCERNS_BOX_H

#include "base/env.h"
#include "base/json.h"

enum { BOX_SLOT_BYTES = 4 << 20, BOX_HEAD_BYTES = 52, BOX_ENTRIES_MAX = 100 };

struct box;
/* Opens or makes the file. One whose slots are both damaged is an error: what waited is not thrown away. */
struct box *box_open(const char *data_dir, const struct env *env, struct err *e) MUST_USE;
struct box *box_close(struct box *b);
/* Adds one; it gets a member "n", 32 random hex digits, that names it. ERR_LIMIT when the day has had too many. On the disk when it returns. */
bool box_add(struct box *b, struct arena *a, struct json *entry, struct err *e) MUST_USE;
/* All that wait, by their names: in the order of chance. */
struct json *box_list(struct box *b, struct arena *a, struct err *e);
bool box_remove(struct box *b, struct str name, struct err *e) MUST_USE;
bool box_is_empty(struct box *b);
void box_touch(struct box *b);

#endif
