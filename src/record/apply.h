/* apply.h - how a leaf of record.change becomes rows (apply.c). */
#ifndef RECORD_APPLY_H
#define RECORD_APPLY_H

#include "keeper/keeper.h"

bool record_change_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf, const struct blob_reader *blobs, struct err *e) MUST_USE;
bool record_change_answer(struct db *projection, struct arena *a, const struct leaf_view *leaf, struct json *ret_answer, struct err *e) MUST_USE;

#endif
