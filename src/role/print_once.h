/*
 * print_once.h - one document as PDF for a command: starts the role `print` for as long as it takes.
 */
#ifndef ROLE_PRINT_ONCE_H
#define ROLE_PRINT_ONCE_H

#include "print/print.h"

bool print_once(struct arena *a, const struct json *document, struct str *ret_pdf, struct err *e) MUST_USE;

#endif
