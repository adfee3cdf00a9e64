/*
 * policy_text.h - the words of a policy: Markdown with "{{parameter}}" in it, in sections ("## Purpose"), and what such a text must hold.
 *
 * The lint is the same for the library's texts (the build stops, file and line) and for an organisation's own (the editor, `assay policy lint`):
 * a title, the six sections that every policy has, the sections in which its own rules stand, 600 to 2,000 words, parameters that exist, and
 * each control that the policy names.
 */
#ifndef CONTENT_POLICY_TEXT_H
#define CONTENT_POLICY_TEXT_H

#include "base/arena.h"
#include "base/err.h"
#include "content/content.h"

enum { POLICY_WORDS_MIN = 600, POLICY_WORDS_MAX = 2000, POLICY_SECTION_WORDS_MIN = 8, POLICY_PROBLEMS_MAX = 100 };

/* Purpose, Scope, Roles and responsibilities, Procedures, Monitoring of compliance, Exceptions. */
extern const char *const policy_sections[];
extern const size_t policy_section_count;

struct policy_section {
    struct str title, body;
    int line; /* of the heading, from 1 */
};
/* Cuts the next section off; what stands before the first heading is passed over. False: none is left. `line`: of where `rest` begins, from 1. */
bool policy_section_next(struct str *rest, int *line, struct policy_section *ret) MUST_USE;
/* Cuts the next sentence (or item of a list, or row of a table) off, without its marks. False: none is left. */
bool policy_sentence_next(struct str *rest, struct str *ret) MUST_USE;
size_t policy_words(struct str text);

struct policy_rules {
    const char *title;       /* of the first line; NULL: any */
    struct strings sections; /* beside the six */
    struct strings controls; /* each has to be named */
    bool (*is_parameter)(void *context, struct str name);
    bool (*is_control)(void *context, struct str id); /* what looks like the id of a control has to be one */
    void *context;
};

struct policy_problem {
    int line;
    const char *text;
};
/* In the order of lines; at most POLICY_PROBLEMS_MAX. */
size_t policy_lint(struct arena *a, struct str text, const struct policy_rules *rules, struct policy_problem *ret) MUST_USE;

#endif
