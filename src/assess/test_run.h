/*
 * test_run.h - runs tests: SQL over tables gives results. A pure function of tables, test, parameters and now_ms.
 *
 * One runner holds one confined SQLite connection with the tables of one capture run as virtual tables, for all tests of that
 * run. A test cannot fail to run: whatever goes wrong becomes one `unknown` result on the subject, with the reason. The rules: a
 * declared table that is not there or whose state is none   one unknown: "table X could not be read: ..." a declared table that
 * is partial                             the rows stand, and one unknown for each table and scope that is missing no row what the
 * test's header says of an empty population: unknown or skip an SQL error, a write, a timeout, too many rows              one
 * unknown that names it, and no rows a row without resource, a word that is no status             one unknown that names it, and
 * no rows the same resource twice                                      the worse row stands
 *
 *     struct test_runner *t = test_runner_new(&inputs, &e);
 *     for (...) test_run(t, &content_tests[i], &results);        // sorted, appended
 *     test_runner_free(t);
 */
#ifndef ASSESS_TEST_RUN_H
#define ASSESS_TEST_RUN_H

#include "assess/result.h"
#include "content/content.h"
#include "table/vtab.h"

/* The value of an organisation-wide parameter. Parameters that are not listed have the default of content.h. */
struct test_value {
    struct str name;
    struct str value;
};

/* When a table was last seen. A run may leave tables out; tests then see their newest capture, and not for ever. */
struct table_age {
    struct str table;
    int64_t taken_at_ms;
};
enum { TABLE_AGE_DAYS_MAX = 3 }; /* older than this before now_ms: as if the table could not be read */

struct test_inputs {
    const struct table_provider *providers; /* table_status may be among them; must outlive the runner */
    size_t provider_count;
    struct str subject; /* the resource of results that concern the whole subject */
    int64_t now_ms;     /* :now_ms, the run's taken_at */
    const struct test_value *values;
    size_t value_count;
    const struct table_age *ages; /* may be NULL; tables that are not listed are as new as now_ms */
    size_t age_count;
    int64_t time_limit_ms; /* a test; 0: LIMIT_TEST_TIME_MS */
    int64_t rows_max;      /* a test; 0: LIMIT_TEST_ROWS */
};

struct test_runner;
/* ERR_INTERNAL when SQLite cannot be set up. Everything in `inputs` must outlive the runner. */
struct test_runner *test_runner_new(const struct test_inputs *inputs, struct err *e) MUST_USE;
struct test_runner *test_runner_free(struct test_runner *t);
/* Appends the results of one test to `ret`, sorted by resource; at least one. */
void test_run(struct test_runner *t, const struct test *test, struct results *ret);
/* Runs `count` tests and leaves the set sorted and complete. */
bool test_run_all(const struct test_inputs *inputs, const struct test *tests, size_t count, struct results *ret,
                  struct err *e) MUST_USE;
/* The value in force and where it comes from: `values`, else the default; data NULL for an unknown name. */
struct str test_value_of(const struct test_value *values, size_t count, struct str name);
/*
 * The test's fix with the value in force for each `{parameter}` that its header declares. Everything else stays as written: other
 * braces, ${shell} text, and the name of a parameter whose value a shell would not take literally.
 */
struct str test_fix_text(struct arena *a, const struct test *t, const struct test_value *values, size_t count);

#endif
