/*
 * record.h - records: what people type, each change a leaf, each type a table.
 *
 * A record has a type (content/record_type.h), an id, a state and values. Every change goes through the keeper as an operation
 * `record.change`, which checks it against the type, the actor's rights and the projection, and makes one leaf a change:
 *   record {"k":"record.change","type":"gap","id":"GAP-0001","ver":3,"act":"create"|"change"|"move"|"vote"|"delete"|"undo","to":state,
 *           "by":transition or "","f":[ids of the fields that it sets],"tv":first 16 hex of the type's digest,"step":how the person was
 *           asked again, if so,"nth":[place in its operation, how many], where there are several}
 * with a blob (application/json) {"by":actor,"via":token if so,"set":{field:value or null},"why":text}: whatever may be personal is in
 * there. Files that a change brings are further blobs of the same leaf. The projection is written from leaf and blob alone, whatever the
 * type says by then: fields that the type no longer has stay in the history. Where the blob is erased, the fields that the leaf names
 * have no value from then on, and who did it stays a pseudonym.
 * A vote (a transition that takes several people) is a leaf of the version in force and makes no new one; a later version ends it.
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
/* From here on, until the transaction that reads is rolled back, the views of all types, record_link, record_file and record_change show over this connection
 * what was in force at the leaf: queries written for now answer for then. Who may what is to be read before. */
bool record_types_as_of(struct db *db, const struct record_types *t, int64_t leaf_limit, struct err *e) MUST_USE;
const struct record_type *record_types_at(const struct record_types *t, size_t i); /* by room, then label */
bool record_types_refresh(struct record_types *t, struct db *db, struct err *e) MUST_USE;
/* The same for operations, which get no record_types: kept for this thread. ERR_NOT_FOUND. */
const struct record_type *record_type_in_force(struct db *db, struct str id, struct err *e);
/* What operations keep for this thread; for one that ends. */
void record_types_forget(void);

/* ---- who asks: access.c ---- */

struct access {
    struct str actor;         /* "account:7f..", "local:admin", "token:..", "system:collector" */
    struct str account;       /* id, or "" */
    struct str person;        /* id of a person record, or "" */
    struct str who;           /* access_who; empty: the actor */
    const char *roles[16];    /* of content/roles.yaml or the organisation's own */
    size_t role_count;
    bool is_system;           /* the program itself: may do what its kinds allow */
    bool is_own_only;         /* only relations count: of records for everybody those that name the person, or that it made */
    bool changes_own_only;    /* the same for what it does to them; whoever reads may still do what is for everybody */
    bool has_stepped_up;      /* asked for again within five minutes; filled by the web, told in the operation */
    const struct examined *examined; /* of an auditor: what content/auditor.yaml lets it see (examine.h); NULL for all others. Filled by access_read */
    const struct folders *folders; /* what it may read and change by its folder (folder.c); filled by access_read */
    const char *step;         /* how: "passkey", "password", "totp"; NULL: "session" */
};
/* Reads what the projection says of an actor. An unknown, disabled or expired one has no roles and no person. */
bool access_read(struct db *db, struct arena *a, struct str actor, int64_t now_ms, struct access *ret, struct err *e) MUST_USE;
bool access_has_role(const struct access *x, const char *role);
/* Who that is for four eyes: a token is its account. */
struct str access_who(const struct access *x);

struct record; /* below */
/* May it read every record of the type, so that none of them has to be asked? */
bool access_reads_all(const struct access *x, const struct record_type *t);
/* May it read, and put things into, a folder ("" the top)? */
bool folder_may_read(const struct access *x, struct str id);
bool folder_may_change(const struct access *x, struct str id);
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

/* leaf_limit: as of that leaf; INT64_MAX now. NULL: ERR_NOT_FOUND. One that is deleted is given as such. */
struct record *record_get(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, struct err *e);
/* What a record is called: the value of its title field, else its id. */
struct str record_title(const struct record *r);
/* Its id, state and title, and nothing else: what a reference shows. A page has dozens of them. */
struct record *record_get_brief(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, struct err *e);

struct record_query {
    struct str q;                /* full text */
    struct str state;            /* id; "open", "closed"; empty: all */
    struct str ids;              /* JSON array of those that are meant; empty: all */
    struct str where;            /* filter expression "owner=me severity=high due<2026-12-01": record/filter.c has the grammar */
    struct str sort;             /* column; "-column": descending; empty: the type's own */
    int64_t page, per_page;      /* from 1; at most 1000 */
    int64_t leaf_limit;          /* INT64_MAX: now */
    const struct access *access; /* only what it may read; NULL: all */
    int64_t now_ms;
    bool is_brief;               /* records as record_get_brief gives them */
};
/* Calls `each` with every record of the page. ret_total: how many there are on all pages. */
bool record_list(struct db *db, struct arena *a, const struct record_type *t, const struct record_query *q,
                 bool (*each)(void *context, const struct record *r, struct err *e), void *context, int64_t *ret_total,
                 struct err *e) MUST_USE;
/* What is now and holds the words, of all types, newest first; at most `max` of them are looked at. Nothing is asked about who may read it.
 * The type may be one that is no longer in force. n: what record_text_title knows it by. */
bool record_search(struct db *db, struct arena *a, struct str words, int64_t max,
                 bool (*each)(void *context, struct str type, struct str id, int64_t n, struct err *e), void *context, struct err *e) MUST_USE;
struct str record_text_title(struct db *db, struct arena *a, int64_t n, struct err *e);
/* {"state":count, …} of what is now. */
struct json *record_counts(struct db *db, struct arena *a, const struct record_type *t, struct err *e);
/* What refers to this record now: [{"type","id","field"}], at most `max`, through reference, person and list fields. */
struct json *record_referrers(struct db *db, struct arena *a, struct record_types *types, struct str target_type, struct str id, size_t max,
                              struct err *e);
/* The same, of those that have not come to their end. */
struct json *record_referrers_open(struct db *db, struct arena *a, struct record_types *types, struct str target_type, struct str id, size_t max,
                                   struct err *e);
/* Puts values into a record's version in force that are known from elsewhere: what its leaves don't say, since their blobs are not at hand. Only over a
 * projection that was made to look at, never over the program's own. */
bool record_values_lay(struct db *db, struct arena *a, struct record *r, const struct json *values, struct err *e) MUST_USE;
/* A leaf_limit for "as of t": the newest leaf that was there then, -1 before the first. */
int64_t record_leaf_at(struct db *db, int64_t t_ms, struct err *e);
/* Newest first: [{"leaf","t","version","act","transition","actor","via","step","from","to","why","erased","diff":[{"field","label","old","new"}]}] */
struct json *record_history(struct db *db, struct arena *a, const struct record_type *t, struct str id, int64_t leaf_limit, struct err *e);

/* ---- checking and changing ---- */

enum record_act { RECORD_CREATE, RECORD_CHANGE, RECORD_MOVE, RECORD_DELETE, RECORD_UNDO };

struct record_change {
    struct str type, id;       /* id empty: made */
    enum record_act act;
    int64_t version;           /* the version it is based on; 0 for create. Another one in force: ERR_CONFLICT */
    struct str transition;     /* move */
    struct json *set;          /* {field: value}: typed as above; null takes the value away. A move may set fields, too */
    struct str why;
    bool is_sure;              /* where the type asks again because others refer to it */
    const struct op_blob *files; /* sealed bytes of files that `set` names and the ledger does not have yet (record_seal_file) */
    size_t file_count;
    struct str signature, head; /* what an auditor's own key signed for it (assess/audit_sign.h); "" */
};

/* One problem of a value, for forms and APIs: {"field","why"}. Empty list: fine. What is typed in a form is text; `is_text` says that
 * values come as such and are turned into their types in place. */
struct json *record_check(struct db *db, struct arena *a, const struct record_type *t, struct json *set, bool is_text, bool is_create, struct err *e);
/* The same, knowing which record it is: a unique value may be its own. `files`: blobs that come with the change. */
struct json *record_check_of(struct db *db, struct arena *a, const struct record_type *t, const struct record *r, struct json *set, bool is_text,
                             const struct op_blob *files, size_t file_count, struct err *e);
/* The same, knowing what else the operation makes and takes away; NULL: nothing. */
struct record_siblings;
struct json *record_check_among(struct db *db, struct arena *a, const struct record_type *t, const struct record *r, struct json *set, bool is_text,
                                const struct op_blob *files, size_t file_count, const struct record_siblings *siblings, struct err *e);
/* A reference "new:2" means the record that the second change makes: they are given the ids that come next, and named by them. Where
 * somebody else is quicker, the keeper answers ERR_CONFLICT: number them again. Without such references nothing is done. */
bool record_number(struct db *db, struct arena *a, struct record_change *changes, size_t count, struct err *e) MUST_USE;
/* What the keeper would say to each change of one operation: [{"change":place from 0,"type","id","field" ("" the record as a whole),"why"}];
 * empty: it would take them. Steps that ask for the person again count as if that had been done. */
struct json *record_try(struct db *db, struct arena *a, const struct record_change *changes, size_t count, const struct access *x, struct err *e);
/* Changes as JSON, of any types and acts, for one operation:
 *   [{"act":"create" (or none)|"change"|"move"|"delete"|"undo","type","id","version","values":{…},"transition","why","sure":true}, …]
 * References to what the operation itself makes are "new:N". */
struct record_batch {
    struct record_change *changes;
    size_t count;
    struct json *problems; /* [{"field":"changes[2].values.owner","why"}]; empty: the keeper would take them */
};
bool record_batch_read(struct db *db, struct arena *a, const struct json *list, const struct access *x, int64_t now_ms, struct record_batch *ret,
                       struct err *e) MUST_USE;
/* Puts in what a new record has by default where `set` says nothing: record_check and the operation don't. */
void record_defaults(const struct record_type *t, struct json *set, const struct access *x, int64_t now_ms);
/* `set` without what the record says already; a form sends everything. */
struct json *record_reduce(struct arena *a, const struct record *r, const struct json *set);
/* A value as people type it, for forms and CSV: the inverse of text in record_check. */
struct str record_value_text(struct arena *a, const struct record_field *f, const struct json *value);
/* Seals a file's bytes; ret_value is what the list of a files field takes. */
bool record_seal_file(const struct env *env, struct arena *a, struct str name, const char *media, struct str bytes, struct op_blob *ret,
                      struct json **ret_value, struct err *e) MUST_USE;
/* May `x` do this now? ERR_DENIED names what it takes. The keeper asks the same again. */
bool record_allows(const struct access *x, const struct record_type *t, const struct record *r, enum record_act act,
                   const struct record_transition *transition, struct err *e) MUST_USE;
/* How many different people this step takes. */
int64_t record_quorum(const struct record *r, const struct record_transition *transition);
/* Four eyes: ret_other is the member of the transition's not_by that keeps this one out, NULL when none does. Accounts of one person are one.
 * "@author" keeps out who made it, and (RECORD_LAST_WORD) who last changed what it says: fields that `who` names as relations don't count. */
#define RECORD_LAST_WORD "@who changed it last"
bool record_other_eyes(struct db *db, struct arena *a, const struct access *x, const struct record *r, const struct record_transition *transition,
                       const char **ret_other, struct err *e) MUST_USE;
/* What the transition's conditions ("must") say of the record as it is; ret_why is the first one's reason that does not hold, NULL when all do. */
bool record_rules_hold(struct db *db, struct arena *a, const struct record *r, const struct record_transition *transition, const char **ret_why, struct err *e) MUST_USE;
/* Builds the operation: body and sealed blobs in `a`. */
bool record_op(const struct env *env, struct arena *a, const struct record_change *changes, size_t count, const struct access *x, struct op *ret, struct err *e) MUST_USE;

extern const struct op_kind op_record_change; /* answer: {"leaf","t","count","records":[{"type","id","ver","act"}]}: the first hundred */
extern const struct op_kind op_record_type;   /* an overlay: leaf record {"k":"record.type","type":"record_type","id":type}, blob: the merged definition */
/* The operation that lays a definition over what is in force; `definition` has been read by record_type_read over that. */
bool record_type_op(const struct env *env, struct arena *a, const struct record_type *definition, struct str why, const struct access *x,
                    struct op *ret, struct err *e) MUST_USE;

/* ---- CSV: csv.c ---- */

struct record_csv_column {
    struct str heading;
    const struct record_field *field; /* NULL: not taken */
    bool is_id;                       /* names the record: an id that is there is changed, an empty one made */
    bool is_key;                      /* "key": what other rows of the file call it; not stored */
};
struct record_csv {
    const struct record_type *type;
    struct record_csv_column *columns;
    size_t column_count;
    struct record_change *changes; /* in the order of the rows */
    size_t *rows;                  /* the row that each change is from, counted from 1 */
    size_t row_count;      /* of changes: rows that say what is there already make none */
    size_t total_count;    /* rows of the file */
    struct json *problems; /* [{"row","column","why"}], rows counted from 1 without the heading; empty: fine */
};
/* Reads a file with a heading line. `mapping` {"heading": "field", …}: what it does not name is matched by id or label; "" leaves a
 * column out. References may be typed as an id, a unique text (an e-mail address, a code), the login of a person or a title; those to
 * records that the same file makes also by its column "key". Every row becomes a change (RECORD_CHANGES_MAX); nothing is written: with no problems, record_op(csv.changes). */
bool record_csv_read(struct db *db, struct arena *a, const struct record_type *t, struct str text, const struct json *mapping,
                     const struct access *x, int64_t now_ms, struct record_csv *ret, struct err *e) MUST_USE;
/* All that the query finds, without pages; ids of fields as the heading. Cells that a spreadsheet takes for a formula get a ' before them. */
bool record_csv_write(struct db *db, struct arena *a, const struct record_type *t, const struct record_query *q, struct buf *out,
                      struct err *e) MUST_USE;

#endif
