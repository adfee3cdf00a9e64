/*
 * placeholder.h - parameters in texts: "{{password_length_min}}" in a control's statement or a policy's clause stands for the value in force, with its
 * unit. One value for the policy's text, the control and the test, so that they cannot drift apart.
 */
#ifndef CONTENT_PLACEHOLDER_H
#define CONTENT_PLACEHOLDER_H

#include "base/arena.h"
#include "base/err.h"
#include "content/content.h"

/* Cuts the text up to and with its next placeholder: what stands before it, and the name. False: none is left, and `rest` is the end of the text.
 *
 *     while (placeholder_next(&rest, &before, &name)) ...
 */
bool placeholder_next(struct str *rest, struct str *ret_before, struct str *ret_name) MUST_USE;
/* Does the text (or JSON with texts) hold a placeholder of this name? NULL: no. */
bool placeholder_in(const char *text, const char *name);
/* The text with every placeholder replaced by what `value` says. */
struct str placeholder_fill(struct arena *a, struct str text, struct str (*value)(void *context, struct str name), void *context);

/* "weekly" … "annual" as words in a sentence: "every week". NULL: it is none. */
const char *cadence_words(struct str value);
/* A value as a text shows it: "12 characters", "1 business day", "every quarter". */
struct str parameter_text(struct arena *a, const struct parameter *p, struct str value);

#endif
