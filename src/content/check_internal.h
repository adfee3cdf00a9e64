/*
 * check_internal.h - what the files of check*.c share: the check's state, and fields as data.
 *
 * An entity (a control, a risk ...) is read by a table of fields: the key in YAML, its kind, where it goes in the struct of
 * content.h, whether it may be missing, and what it refers to. Keys that no field names are problems, so a typing mistake never
 * goes unseen.
 */
#ifndef CONTENT_CHECK_INTERNAL_H
#define CONTENT_CHECK_INTERNAL_H

#include "base/buf.h"
#include "content/check.h"
#include "content/yaml.h"

enum entity {
    ENTITY_NONE,
    ENTITY_CATEGORY,
    ENTITY_CRITERION,
    ENTITY_CONTROL,
    ENTITY_POLICY,
    ENTITY_RISK,
    ENTITY_REQUEST,
    ENTITY_PARAMETER,
    ENTITY_TEST,
    ENTITY_PERMISSION,
    ENTITY_ROLE,
    ENTITY_GOAL,
    ENTITY_COUNT
};

/* An id as it stands somewhere: a definition (of `entity`) or a reference to one. */
struct mention {
    enum entity entity;
    const char *id, *file;
    int line, column;
    const char *by; /* reference: the id of who refers, "" when unknown */
};

struct mentions {
    struct mention *items;
    size_t count, capacity;
};

struct checker {
    struct arena *arena;
    struct content *content;
    struct mentions defined, referred;
    size_t problem_capacity;
    const char *file; /* being read */
};

enum field_kind {
    MEMBER_TEXT,    /* const char *, not empty */
    MEMBER_TEXTS,   /* struct strings, at least one */
    MEMBER_TEXTS_0, /* struct strings, may be empty */
    MEMBER_FLAG,    /* bool: true or false */
    MEMBER_NUMBER,  /* int; `null` gives 0 */
    MEMBER_INTEGER, /* int64_t */
    MEMBER_JSON,    /* const char *: the node as compact JSON */
    MEMBER_IGNORED  /* allowed, checked elsewhere or not kept */
};

struct field {
    const char *key;
    enum field_kind kind;
    size_t offset;
    bool is_optional;
    enum entity refers;  /* MEMBER_TEXT, MEMBER_TEXTS*: ids of this kind; ENTITY_NONE otherwise */
    const char *allowed; /* " a b c " with spaces around: the only values; NULL: any */
};
#define FIELD(key_, kind_, type_, member_, ...)                                                \
    {                                                                                          \
        .key = (key_), .kind = (kind_), .offset = offsetof(struct type_, member_), __VA_ARGS__ \
    }
#define FIELD_SKIPPED(key_)                  \
    {                                        \
        .key = (key_), .kind = MEMBER_IGNORED \
    }
#define OPTIONAL        .is_optional = true
#define REFERS(entity_) .refers = (entity_)
#define ALLOWED(words_) .allowed = " " words_ " "

void problem_at(struct checker *k, const char *file, int line, int column, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* At a node's value; NULL: line 1. */
void problem(struct checker *k, const struct yaml *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A text of yaml_read for the file being read, which begins with "file:line:column: ". */
void problem_located(struct checker *k, const char *text);

/* Reads `map` into `ret` by its fields; `who` names the entity in messages ("AC-01"). */
void fields_read(struct checker *k, const struct yaml *map, const struct field *fields, size_t count, const char *who, void *ret);
/* Defines the entity whose id is in member `key` of `map`; checks its form and that it is new. Returns the id, "" when missing.
 */
const char *entity_define(struct checker *k, const struct yaml *map, const char *key, enum entity entity);
void entity_refer(struct checker *k, const struct yaml *at, enum entity entity, const char *by);
const char *entity_name(enum entity entity);
/* The form of ids of this kind: U capitals, # a digit, + a number, w a_word, k a-kebab-word, anything else itself. */
bool id_matches(struct str id, const char *form);

bool strings_hold(struct strings list, const char *item);
bool text_is(const char *a, const char *b); /* NULL is equal only to NULL */
/* Parameters that a text names are there. */
void placeholders_check(struct checker *k, const struct yaml *at, const char *owner);
void json_of_yaml(struct buf *b, const struct yaml *v);

void check_library(struct checker *k, const struct yaml *root, const char *name);
/* The words of a policy, policies/ID.md. */
void check_policy(struct checker *k, struct policy *p, struct str text);
void check_coverage(struct checker *k);
void check_classification(struct checker *k, const struct yaml *root);
void check_resources(struct checker *k, const struct yaml *root);
void check_milestones(struct checker *k, const struct yaml *root);
void check_crosswalk(struct checker *k, const struct yaml *root);
void check_goals(struct checker *k, const struct yaml *root);
void check_roles(struct checker *k, const struct yaml *root);
void check_populations(struct checker *k, const struct yaml *root);
void check_lifecycle(struct checker *k, const struct yaml *root);
void check_auditor(struct checker *k, const struct yaml *root);
void check_scope(struct checker *k, const struct yaml *root);
/* Returns the course as a line of JSON. A course of the library has at least 12 lessons and 30 questions. */
const char *check_course(struct checker *k, const struct yaml *root, bool is_library);
void check_parameters(struct checker *k, const struct yaml *root);
struct record_type;
struct record_type *check_record_type(struct checker *k, const struct yaml *root, const struct record_type *base);
/* What must hold between types: ids and tables are unique, references lead somewhere. */
void check_record_types(struct checker *k);
void check_test(struct checker *k, const struct content_source *source, struct test *ret);
void check_test_uses(struct checker *k, const struct test *test, const char *file);

#endif
