/* internal.h - what the files of src/record share. */
#ifndef RECORD_INTERNAL_H
#define RECORD_INTERNAL_H

#include "record/record.h"

struct name_set {
    struct arena *arena;
    struct str *slots;
    size_t size, count;
};
/* What else an operation does: a reference may name what comes into being beside it, and nothing that goes. */
struct record_siblings {
    struct name_set made, gone; /* "type id" */
    struct name_set set;        /* "type id field" */
    size_t set_max;
};

/* ---- SQL put together: text and arguments ---- */

enum { QUERY_ARGS_MAX = 200 };
struct query_text {
    struct arena *arena;
    struct buf sql; /* query_release */
    struct db_arg *args; /* in the arena; args[1] is ?1 */
    size_t count, capacity;
    bool is_sorted; /* the order's index finds the rows, not one of few different values */
    bool is_now;    /* what is now is asked for; query_as_of says so */
    bool is_led;    /* another condition finds the rows: those of query_access keep from indexes */
};
void query_init(struct query_text *q, struct arena *a);
void query_release(struct query_text *q);
/* Adds the argument and writes its "?N". The bytes of a text have to live as long as the query. */
void query_arg(struct query_text *q, struct db_arg arg);
struct db_row *query_run(struct query_text *q, struct db *db, struct err *e);

/* ---- types of a connection, for operations, which get no record_types (types.c) ---- */

/* A copy with its digest: that of what the program was built with is there, one that was read has none yet. */
const struct record_type *record_type_digested(struct arena *a, const struct record_type *t, struct err *e);
struct record_types *record_types_of(struct db *db, struct err *e);

/* ---- folders (folder.c): the relation "@folder" ---- */

bool folders_read(struct db *db, struct arena *a, const struct access *x, const struct folders **ret, struct err *e);
/* `who` is the type's may_read: reading is asked for; any other list: changing. */
bool folder_matches(const struct access *x, const struct strings *who, const struct record *r);
/* Appends " or (the row r lies where it may read)". */
void query_folder(struct query_text *q, const struct record_type *t, const struct access *x, bool *is_first);

/* ---- values and columns (value.c, column.c) ---- */

bool field_is_list(enum field_type type);
bool field_is_stored(enum field_type type); /* in a column of the type's table */
/* Copies a value into `a`, key included. */
struct json *value_copy(struct arena *a, const struct json *v);
bool value_equal(const struct json *x, const struct json *y); /* NULL and null are the same */
/* The columns that record_of_row reads, from the alias r. */
void put_record_columns(struct buf *b, const struct record_type *t, bool with_computed);
struct record *record_of_row(struct db_row *row, struct arena *a, const struct record_type *t, bool with_computed);
/* The same of record_get_brief. */
void put_brief_columns(struct buf *b, const struct record_type *t);
struct record *record_of_brief_row(struct db_row *row, struct arena *a, const struct record_type *t);
/* Adds the values of lists and files: of records of one type, two queries for all of them. */
bool record_lists_read(struct db *db, struct record *const *records, size_t count, struct arena *a, int64_t leaf_limit, struct err *e);
/* The condition that a row of validity (from_leaf, to_leaf) was in force. */
void query_as_of(struct query_text *q, const char *alias, int64_t leaf_limit);
/* Adds " and (CONDITION)" that the actor may read the row r; nothing where every row may be read or `x` is NULL (list.c). */
/* One more of the conditions of which one has to hold. */
void query_or(struct query_text *q, bool *is_first);
/* What each term of an "or" says again, so that an index of what is now is asked: the database looks at each term by itself. */
const char *query_each_now(const struct query_text *q);
void query_access(struct query_text *q, const struct record_type *t, const struct access *x, int64_t leaf_limit);
/* The value of a stored field as one argument; money gives two. */
struct db_arg column_arg(const struct record_field *f, const struct json *value, struct arena *a, struct db_arg *ret_currency);
/* Is it in what the program was built with? That stays, whatever happens to a record of the same id. */
bool content_has(const char *target, struct str id);
/* Does the id name something of the target (a record type, or content)? */
bool target_exists(struct db *db, const struct record_type *target_type, const char *target, struct str id, bool *ret, struct err *e);
/* The first of a transition's conditions that does not hold of the record with `set` laid over it; NULL: all hold. */
bool rules_check(struct db *db, struct arena *a, const struct record *r, const struct record_transition *move, const struct json *set, int64_t now_ms, const struct record_rule **ret,
                 struct err *e);
/* Appends " and (CONDITION)" that an auditor may see the row r (examine.c). */
void query_examined(struct query_text *q, const struct record_type *t, const struct access *x);
struct record *record_read(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, bool with_computed,
                           struct err *e);

/* Appends " and (CONDITION)" for every part of the filter expression (filter.c). */
bool filter_parse(const struct record_type *t, struct str where, const struct access *x, int64_t now_ms, int64_t leaf_limit, struct query_text *q,
                  struct err *e);

/* ---- full text (text.c) ---- */

/* words: of the files that it has now, "" none. */
bool text_put(struct db *db, struct arena *a, const struct record_type *t, int64_t n, const struct record *r, struct str words, struct err *e);
/* The MATCH expression for what a person typed; empty: nothing to look for. */
struct str text_match(struct arena *a, struct str typed, const char *type);

const char *record_act_name(enum record_act act);

/* ---- references (refer.c) ---- */

void siblings_init(struct record_siblings *s, struct arena *a, size_t changes);
void siblings_add(struct record_siblings *s, enum record_act act, const char *type, struct str id);
/* What a change that was found to be right says anew: it no longer points where it pointed. */
void siblings_set(struct record_siblings *s, const struct record_type *t, struct str id, const struct json *set);
bool siblings_make(const struct record_siblings *s, struct arena *a, const char *type, struct str id);
bool siblings_take(const struct record_siblings *s, struct arena *a, const char *type, struct str id);
/* ret_names: what refers to the record and stays so, "" nothing; of a transition only what is open. */
bool refer_check(struct db *db, struct arena *a, const struct record *r, const struct record_transition *move, const struct record_siblings *s, struct str *ret_names,
                 struct err *e);


/* A to Z become small: what "whatever its case" means for unique texts. */
struct str text_lower(struct arena *a, struct str s);

/* A set of texts in an arena. */
void name_set_init(struct name_set *s, struct arena *a, size_t count_max);
bool name_set_add(struct name_set *s, struct str name); /* false: it is there already */
bool name_set_has(const struct name_set *s, struct str name);

/* promise.c: what a few built-in types promise beyond their fields; ret->why is NULL where it holds. `r`: NULL for a new one. */
struct record_promise {
    const char *field, *why;
};
/* sides.c: the same for what two sides write in an engagement. */
bool side_promises(struct db *db, struct arena *a, const struct access *x, const struct record_type *t, const struct record *r, enum record_act act, const struct json *set,
                   struct record_promise *ret, struct err *e) MUST_USE;
bool record_promises(struct db *db, struct arena *a, const struct access *x, const struct record_type *t, const struct record *r, enum record_act act,
                     struct str transition, const struct json *set, struct record_promise *ret, struct err *e) MUST_USE;

#endif
