/*
 * record.h - records: what people type, each change a leaf, each type a table.
 *
 * A record has a type (content/record_type.h), an id, a state and values. Every change goes through the keeper as an operation
 * `record.change`, which checks it against the type, the actor's rights and the projection, and makes one leaf a change:
 *   record {"k":"record.change","type":"gap","id":"GAP-0001","ver":3,"act":"create"|"change"|"move"|"vote"|"delete"|"undo","to":state or "",
 *           "by":transition or "","tv":first 16 hex of the type's digest}
 * with a blob (application/json) {"set":{field:value or null},"why":text}: whatever may be personal is in there. Files that a change
 * brings are further blobs of the same leaf. The projection is written from leaf and blob alone, whatever the type says by then:
 * fields that the type no longer has stay in the history.
 *
 * Projection: TABLE_versions(id, version, state, from_leaf, from_t, to_leaf, to_t, created_leaf, created_t, created_by, changed_by,
 * is_deleted, fields…) holds every version, open while to_leaf is null; TABLE is the view of the open, undeleted ones. record_change
 * has a row a leaf (type, id, version, act, transition, actor, from_state, to_state, why, difference as JSON), record_link the many-valued fields with
 * from_leaf and to_leaf, record_file the files, record_text the full text (FTS5, outside of dumps) of what is now.
 * As of a past instant is the same query with from_leaf <= L and (to_leaf is null or to_leaf > L).
 */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "content/record_type.h"
#include "keeper/keeper.h"

enum {
    RECORD_ID_MAX = 64,
    RECORD_CHANGES_MAX = 10000, /* of one operation: all or none */
    RECORD_BYTES_MAX = 1 << 20, /* one change's values */
    RECORD_WHY_MAX = 4000
};

/* ---- types in force: built in, and what the organisation laid over them ---- */

struct record_types; /* of one connection; read again when the organisation changes one */
struct record_types *record_types_open(struct db *db, struct err *e) MUST_USE;
void record_types_close(struct record_types *t);
/* NULL: there is none. Valid until the next record_types_refresh. */
const struct record_type *record_types_find(struct record_types *t, struct str id);
size_t record_types_count(const struct record_types *t);
const struct record_type *record_types_at(const struct record_types *t, size_t i); /* by room, then label */
bool record_types_refresh(struct record_types *t, struct db *db, struct err *e) MUST_USE;

/* ---- who asks: access.c ---- */

struct access {
    struct str actor;         /* "account:7f..", "local:admin", "token:..", "system:collector" */
    struct str account;       /* id, or "" */
    struct str person;        /* id of a person record, or "" */
    const char *roles[16];    /* of content/roles.yaml or the organisation's own */
    size_t role_count;
    bool is_system;           /* the program itself: may do what its kinds allow */
    bool has_stepped_up;      /* asked for again within five minutes; filled by the web, told in the operation */
};
/* Reads what the projection says of an actor. An unknown, disabled or expired one has no roles and no person. */
bool access_read(struct db *db, struct arena *a, struct str actor, int64_t now_ms, struct access *ret, struct err *e) MUST_USE;
bool access_has_role(const struct access *x, const char *role);

struct record; /* below */
/* Does one of `who` match? `r` may be NULL (nothing there yet): then relations match nobody, but "@everyone" does. */
bool access_matches(const struct access *x, const struct strings *who, const struct record *r);

/* ---- reading ---- */

struct record {
    const struct record_type *type;
    struct str id, state;
    int64_t version;
    int64_t leaf, t;             /* of this version */
    struct str changed_by;
    int64_t created_leaf, created_t;
    struct str created_by;
    bool is_deleted;
    struct json *values;         /* {field: value}, without those that are null; computed ones included when asked for */
};

/* leaf_limit: as of that leaf; INT64_MAX now. NULL: ERR_NOT_FOUND. */
struct record *record_get(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, struct err *e);
/* What a record is called: the value of its title field, else its id. */
struct str record_title(const struct record *r);

struct record_query {
    struct str q;                /* full text */
    struct str state;            /* id; "open", "closed"; empty: all */
    struct str where;            /* filter expression "owner=me severity=high due<2026-12-01": record/filter.c has the grammar */
    struct str sort;             /* column; "-column": descending; empty: the type's own */
    int64_t page, per_page;      /* from 1; at most 1000 */
    int64_t leaf_limit;          /* INT64_MAX: now */
    const struct access *access; /* only what it may read; NULL: all */
    int64_t now_ms;
};
/* Calls `each` with every record of the page. ret_total: how many there are on all pages. */
bool record_list(struct db *db, struct arena *a, const struct record_type *t, const struct record_query *q,
                 bool (*each)(void *context, const struct record *r, struct err *e), void *context, int64_t *ret_total,
                 struct err *e) MUST_USE;
/* Newest first: [{"leaf","t","version","act","transition","actor","from","to","why","diff":[{"field","label","old","new"}]}] */
struct json *record_history(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, struct err *e);

/* ---- checking and changing ---- */

enum record_act { RECORD_CREATE, RECORD_CHANGE, RECORD_MOVE, RECORD_DELETE, RECORD_UNDO };

struct record_change {
    struct str type, id;       /* id empty: made */
    enum record_act act;
    int64_t version;           /* the version it is based on; 0 for create. Another one in force: ERR_CONFLICT */
    struct str transition;     /* move */
    struct json *set;          /* {field: value}: typed as above */
    struct str why;
};

/* One problem of a value, for forms and APIs: {"field","why"}. Empty list: fine. What is typed in a form is text; `is_text` says that
 * values come as such and are turned into their types in place. */
struct json *record_check(struct db *db, struct arena *a, const struct record_type *t, struct json *set, bool is_text, bool is_create, struct err *e);
/* May `x` do this now? ERR_DENIED names what it takes. The keeper asks the same again. */
bool record_allows(const struct access *x, const struct record_type *t, const struct record *r, enum record_act act,
                   const struct record_transition *transition, struct err *e) MUST_USE;
/* Builds the operation: body and sealed blobs in `a`. */
bool record_op(const struct env *env, struct arena *a, const struct record_change *changes, size_t count, const struct access *x, struct op *ret, struct err *e) MUST_USE;

extern const struct op_kind op_record_change; /* answer: {"leaf","t","records":[{"type","id","ver"}]} */
extern const struct op_kind op_record_type;   /* an overlay: leaf record {"k":"record.type","type":"record_type","id":type}, blob: the merged definition */

#endif
