/*
 * people_kept.h - what everybody owes and has signed, kept between requests, for all threads of a process.
 *
 * With ten thousand people and a hundred thousand signatures it takes a tenth of a second to read. So it is kept under the newest leaf and the day; what
 * changed behind that leaf says who is to be read again, and nobody else is. A policy, another day, something erased, or very many changes: all is read
 * again. A snapshot never changes: whoever asked for one holds it until the request's arena goes.
 */
#ifndef REPORT_PEOPLE_KEPT_H
#define REPORT_PEOPLE_KEPT_H

#include "report/people.h"

struct people_kept;
struct people_kept *people_kept_new(void);
struct people_kept *people_kept_free(struct people_kept *k);

/* The book as of the view: the kept one, where the view has such and shows what is now; else read anew. */
bool people_book_get(struct view *v, struct people_book *ret, struct err *e) MUST_USE;

#endif
