/* content_put.h - writing C tables: what the files of content_compile share. */
#ifndef TOOLS_CONTENT_PUT_H
#define TOOLS_CONTENT_PUT_H

#include "base/arena.h"
#include "base/buf.h"
#include "content/check.h"
#include "content/record_type.h"

#include <stdio.h>

extern FILE *out;

/* A C string literal, cut at line ends so that the output can be read; NULL for NULL. */
void put_text(const char *text);
/* ".name = "text", " */
void put_member(const char *name, const char *text);
/* Writes the list's array ahead of the table that uses it; returns its number, 0 for an empty one. */
unsigned put_list(struct strings list);
void put_list_member(const char *name, unsigned number, size_t count);
/* Ends a table of `count` elements. An array of no elements is not C: an empty one gets one of zeros that its count does not cover. */
void put_end(size_t count);
const char *digest_hex(struct arena *a, struct str bytes);

/* content_put_records.c; sets each type's digest. */
void put_record_types(struct arena *a, const struct content *c);

#endif
