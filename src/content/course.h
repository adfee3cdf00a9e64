/*
 * course.h - courses: lessons with a diagram each, and a pool of questions from which a quiz is drawn. Those of the library are content/courses/ID.yaml,
 * checked and compiled in as JSON (content_courses); an organisation's own are records of the type `course` with the same YAML.
 *
 * A diagram has a kind and items: flow and layers have texts, timeline has {at, what}, compare two {side, points}. A question has one right answer and
 * two to five wrong ones. doc/training.md shows the format.
 */
#ifndef CONTENT_COURSE_H
#define CONTENT_COURSE_H

#include "base/err.h"
#include "base/json.h"
#include "content/content.h"

enum { COURSE_LESSONS_MAX = 100, COURSE_POOL_MAX = 500, COURSE_WRONG_MAX = 5, COURSE_BYTES_MAX = 400000 };

struct course_lesson {
    struct str id, title, text; /* text: Markdown with parameters */
    int minutes;
    const struct json *diagram; /* {"kind","title","items"} */
};

struct course_question {
    struct str id, lesson, text, right, why;
    struct str wrong[COURSE_WRONG_MAX];
    size_t wrong_count;
};

struct course {
    struct str id, title, words, audience;
    struct strings policies, controls;
    int pass_percent, drawn, minutes; /* drawn: questions of a quiz; minutes: of all lessons */
    struct course_lesson *lessons;
    size_t lesson_count;
    struct course_question *pool;
    size_t question_count;
    struct str json; /* what its digest is taken of: a line of JSON */
};

/* Reads and checks an organisation's own course. NULL: ERR_INVALID "file:line:column: what: why", the first of them, and how many more. */
const struct course *course_read(struct arena *a, const char *file, struct str yaml, struct err *e) MUST_USE;
/* From the JSON of a course that has been checked. */
const struct course *course_of_json(struct arena *a, struct str json, struct err *e) MUST_USE;

/* SIZE_MAX: none. */
size_t course_question_index(const struct course *c, struct str id);

#endif
