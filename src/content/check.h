/*
 * check.h - reads content from YAML and SQL texts and checks it as a whole: fields, ids, references, coverage.
 *
 * One call takes all sources, because most checks are between files: a control must name criteria, policies and tests that exist,
 * every criterion needs a control, a policy and a control must name each other. All problems are reported, not the first one
 * only, each as "file:line:column: what: why". Pure: reads no files, and the same sources give the same content and the same
 * problems in the same order. The build (tools/content_compile.c) and a run-time overlay use the same call.
 *
 *     struct content_source sources[] = {{"content/criteria.yaml", text}, ..., {"content/tests/ssh-root-login.sql", text}};
 *     struct content *c = content_check(arena, sources, 9);
 *     for (size_t i = 0; i < c->problem_count; i++) fprintf(stderr, "%s\n", c->problems[i].text);
 */
#ifndef CONTENT_CHECK_H
#define CONTENT_CHECK_H

#include "base/arena.h"
#include "content/content.h"

/* The kind of a source follows from its path: .../criteria.yaml, controls.yaml, policies.yaml, risks.yaml, requests.yaml,
 * parameters.yaml, roles.yaml, scope.yaml, .../records/<id>.yaml for a record type, .../courses/<id>.yaml for a course, .../policies/<id>.md for the words of a policy, and .../<id>.sql for a test. Any other path is a
 * problem. */
struct content_source {
    const char *path;
    struct str text;
};

struct content_problem {
    const char *file;
    int line, column;
    const char *text; /* the whole line, with the position before it */
};

struct record_type; /* content/record_type.h */

/* What was read. Strings and arrays live in the arena. With problems, what could be read is there, the rest is missing or empty.
 */
struct content {
    struct category *categories;
    size_t category_count;
    struct criterion *criteria;
    size_t criterion_count;
    struct control *controls;
    size_t control_count;
    struct policy *policies;
    size_t policy_count;
    struct risk *risks;
    size_t risk_count;
    struct request *requests;
    size_t request_count;
    struct parameter *parameters;
    size_t parameter_count;
    struct permission_words *permissions;
    size_t permission_count;
    struct role *roles;
    size_t role_count;
    const char *scope_json; /* scope.yaml, checked */
    struct library_course *courses; /* digest is NULL: whoever needs it hashes `json` */
    size_t course_count;
    const char *lifecycle_json; /* lifecycle.yaml, checked; NULL: none */
    const char *classification_json, *resources_json, *milestones_json, *crosswalk_json, *populations_json, *auditor_json; /* likewise; NULL: no such file */
    struct goal_template *goals;
    size_t goal_count;
    struct test *tests; /* by id; digest is NULL: whoever needs it hashes `source` */
    size_t test_count;
    struct record_type **record_types; /* in the order of their files */
    size_t record_type_count;
    struct content_problem *problems; /* in the order of files and lines */
    size_t problem_count;
};

enum { CONTENT_PROBLEMS_MAX = 200 }; /* further ones are not recorded */

struct content *content_check(struct arena *a, const struct content_source *sources, size_t count);

#endif
