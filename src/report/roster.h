/*
 * roster.h - a list of everybody who works here, from a file of the HR system or from a directory, becomes changes of the people's records.
 *
 * Columns are known by the usual names of such exports (content/lifecycle.yaml), whatever order and language of dates; rows find their person by employee
 * number, else e-mail, else (where that person has neither yet) by the very name. What the file says already is no change: the same file again changes
 * nothing. Nobody is removed: of a full list those who work as somebody in it does and are not in it are named, and somebody says when they left.
 */
#ifndef REPORT_ROSTER_H
#define REPORT_ROSTER_H

#include "record/record.h"

struct roster_source {
    struct str source;          /* "hr.csv", "directory ldap" */
    bool is_full;
    const struct json *mapping; /* {"heading": field, or "" to leave it out}; NULL: by their names */
};
struct roster_column {
    struct str heading;
    const char *field; /* of a person, or first_name, last_name; NULL: not taken */
};
struct roster_plan {
    struct record_csv csv;         /* "problems" are of the file's own rows and headings */
    struct record_change *changes; /* with the record of the roster behind them; none where nothing is new */
    size_t count;
    size_t rows, made, changed;
    struct json *missing;          /* [{"id","name"}] */
    struct roster_column *columns;
    size_t column_count;
    char digest[65];
};
bool roster_read(struct db *db, struct arena *a, const struct record_type *person, struct str text, const struct roster_source *s, const struct access *x, int64_t now_ms,
                 struct roster_plan *ret, struct err *e) MUST_USE;
/* What it would do, for --json, the API and the page: {"rows","new","changed","same","is_full","missing":[…],"problems":[…],"columns":[{"n","heading","field"}],
 * "changes":[{"row","act","id","name","fields":[{"label","text"}]}..100],"digest"} */
struct json *roster_plan_json(struct arena *a, const struct roster_source *s, const struct roster_plan *p);
/* The answer of a directory ({"people":[…]}, account/connect.h) as such a file. */
struct str roster_of_directory(struct arena *a, const struct json *people);

#endif
