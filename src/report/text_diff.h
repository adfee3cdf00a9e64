/*
 * text_diff.h - what differs between two texts, by lines and within changed lines by words, as a reader wants to see it.
 *
 * Pure. Lines and words are compared byte by byte; the longest common subsequence of lines stays, of a line that was changed the words that stay
 * stand between those taken out and put in. Texts of over TEXT_DIFF_LINES_MAX lines differ as a whole.
 */
#ifndef REPORT_TEXT_DIFF_H
#define REPORT_TEXT_DIFF_H

#include "base/json.h"

enum { TEXT_DIFF_LINES_MAX = 2000, TEXT_DIFF_WORDS_MAX = 1000 };

/* {"added":lines,"removed":lines,"changed":lines,"is_same","lines":[{"kind":"same"|"added"|"removed"|"changed","parts":[{"kind":"same"|"added"|"removed","text"}]}
 *  or {"kind":"skipped","count":N}]}: lines that are the same further than `around` from a change are left out (SIZE_MAX: none is). */
struct json *text_diff(struct arena *a, struct str before, struct str after, size_t around);

#endif
