/*
 * record_type.h - record types: what an organisation keeps records of, and the rules by which they change.
 *
 * A type is one YAML file, content/records/ID.yaml (doc/add-a-record-type.md shows one line by line). It is checked and compiled in;
 * an organisation changes a type, or adds one, by an overlay (record/overlay.h), which is merged here into the same struct. Each type
 * gets a table of its own with real columns (record/record.h), so that tests, reports and `assay query` can join it.
 *
 * Who: a list of roles ("compliance_lead") and relations ("@owner": the person named in the field `owner`; "@author": who made the
 * record; "@self": whose record of a person it is; "@everyone": whoever has signed in; "@nobody"). A relation to a yes-no field is
 * everybody, while it says yes. Permissions are allowed by one match; nothing listed is nobody.
 */
#ifndef CONTENT_RECORD_TYPE_H
#define CONTENT_RECORD_TYPE_H

#include "base/json.h"
#include "content/content.h"
#include "content/yaml.h"

/* How a value looks in JSON (API, blobs) and in the type's table. Absent and null are the same: no value, SQL null. */
enum field_type {
    FIELD_TEXT,       /* string, one line; TEXT */
    FIELD_MARKDOWN,   /* string, may have lines; TEXT */
    FIELD_NUMBER,     /* decimals 0: integer; else a decimal text "12.50"; INTEGER of the smallest unit or REAL */
    FIELD_MONEY,      /* {"currency":"EUR","minor":1250}; INTEGER column of minor units, and ID_currency TEXT */
    FIELD_DATE,       /* "2026-11-30"; TEXT */
    FIELD_INSTANT,    /* ms UTC; INTEGER */
    FIELD_DURATION,   /* ms; INTEGER; typed as "3 days", "4 h", "90 min" */
    FIELD_CHOICE,     /* id of the choice; TEXT */
    FIELD_CHOICES,    /* array of ids; rows of record_link with target_type '' */
    FIELD_YES_NO,     /* bool; INTEGER 0, 1 */
    FIELD_REFERENCE,  /* id of a record of type `target`; TEXT */
    FIELD_REFERENCES, /* array of ids; rows of record_link */
    FIELD_FILES,      /* array of {"c","digest","media","name","size","x"}; digest: SHA-256 of the file, hex; rows of record_file */
    FIELD_PERSON,     /* id of a record of type person; TEXT */
    FIELD_COMPUTED    /* SQL expression over the row (alias r); never stored, never written */
};

struct field_choice {
    const char *id, *label, *words;
    const char *status; /* "pass", "fail", "unknown", "skip", or "" */
};

struct record_field {
    const char *id;    /* [a-z][a-z0-9_]*: the column */
    const char *label; /* "Due on" */
    const char *words; /* one line under the field: what to write here and why it is asked */
    const char *group; /* heading of the form under which it stands; "" the first */
    enum field_type type;
    bool is_required, is_personal, is_unique, is_searched, is_retired;
    int64_t min, max;            /* number: of the smallest unit; texts: bytes; lists: items */
    int decimals;                /* number: 0 to 6 */
    const struct field_choice *choices;
    size_t choice_count;
    const char *target;          /* reference: a record type, or content: "control", "criterion", "policy", "test", "library_risk", "request", "course" */
    const char *sql;             /* computed */
    enum field_type sql_type;    /* computed: as which type it is shown: text, number, date, instant, duration, choice, yes_no */
    const char *default_value;   /* typed text, "today", "me"; "" none */
    struct strings media;        /* files: what is accepted, "application/pdf"; none: anything but what runs */
};

struct record_state {
    const char *id, *label, *words;
    const char *status;  /* the shape: "pass", "fail", "unknown", "skip", "" */
    bool is_start, is_end; /* is_end: closed; no reminders, not due */
    bool is_locked;      /* fields don't change in this state, only transitions leave it */
};

/* What must hold for a transition beside its fields: an SQL condition over the row as it will be (alias r, as in computed values). Null is no. */
struct record_rule {
    const char *sql;
    const char *why; /* what is told to whoever is stopped by it: "an acceptance ends within twelve months" */
};

struct record_transition {
    const char *id, *label, *to;
    struct strings from;
    struct strings who;
    struct strings requires; /* fields that must hold a value */
    struct strings sets;     /* fields that it may set although whoever takes it may not change them */
    struct strings only_while; /* "review.open": the record that the reference field names is in that state (or another one that is listed for it) */
    struct strings not_by;   /* "@author", "@owner", or a transition id (whoever made it last): four eyes */
    int quorum;              /* so many different people have to ask for it; 1 */
    const char *quorum_field; /* a number field of the record that asks for more; "" none */
    bool needs_reason, needs_step_up;
    const char *when_referred; /* open records refer to it: "" nothing, "ask" takes a second yes, "refuse" until none does any more */
    const struct record_rule *rules; /* "must" */
    size_t rule_count;
};

struct record_reminder {
    const char *field;       /* a date or instant */
    const int *days;         /* -7: a week before; 0: on the day; 3: three days late */
    size_t day_count;
    struct strings to;       /* roles and relations */
    const char *text;        /* "{title} is due on {due_on}" */
};

enum { RECORD_COUNTED_MAX = 6 };
struct record_type {
    const char *id;     /* "gap" */
    const char *table;  /* "gaps": the view of what is now; "gaps_versions": everything that ever was */
    const char *label, *labels; /* "Gap", "Gaps" */
    const char *words;  /* what this is, and why SOC 2 wants it: the empty state */
    const char *room;   /* navigation entry it belongs to */
    int version;
    const char *prefix; /* "GAP": ids are made, GAP-0001; "": they are given, see natural */
    const char *natural; /* given ids: content kind they name ("criterion"), or "any": [A-Za-z0-9._-]+; "": made from the prefix */
    const char *title_field;
    const char *owner_field; /* a person field, or "" */
    const char *due_field;   /* a date or instant field that makes it appear in Tasks and Calendar, or "" */
    const struct record_field *fields;
    size_t field_count;
    const struct record_state *states; /* at least one */
    size_t state_count;
    const struct record_transition *transitions;
    size_t transition_count;
    struct strings may_read, may_create, may_change, may_delete;
    struct strings columns, filters; /* list: fields, "id", "state", "changed" */
    const char *sort;                /* column, "-column" for descending */
    const char *board, *calendar;    /* field by which the board has its columns ("state"), date field of the calendar; "" none */
    const struct record_reminder *reminders;
    size_t reminder_count;
    int64_t retention_days;          /* after its end; 0: kept */
    struct strings indexes;          /* "policy_version from_t": columns that pages look up together, beside those of the list */
    struct strings counted;          /* fields and "state", at most RECORD_COUNTED_MAX: how many records have the same of these is kept, not counted (record_tally) */
    const char *when_referred;       /* deleting what others refer to: "ask" takes a second yes; "" and "refuse": not until none does */
    const char *digest;              /* SHA-256 of the definition as JSON, hex */
};

/* Reads and checks a type; everything is in `a`. NULL: ERR_INVALID, "file:line:column: what: why". `base` (may be NULL): the type
 * that this file adds to: its fields, states and transitions stay, members of the same id are replaced. */
const struct record_type *record_type_read(struct arena *a, const char *file, const struct yaml *root, const struct record_type *base, struct err *e);
/* The same as canonical JSON, for the ledger and the program's own tables; reading it back gives an equal type. */
struct json *record_type_json(struct arena *a, const struct record_type *t);
const struct record_type *record_type_of_json(struct arena *a, const struct json *definition, struct err *e);

const struct record_field *record_type_field(const struct record_type *t, struct str id);
const struct record_state *record_type_state(const struct record_type *t, struct str id);
const struct record_transition *record_type_transition(const struct record_type *t, struct str id);
const char *field_type_name(enum field_type type);

/* What is compiled in, by id. */
extern const struct record_type content_record_types[];
extern const size_t content_record_type_count;

/* SQL that makes the tables, indexes and view of a type; with `base`, what turns base's table into this one's. */
/* "create temp view TABLE as ...": the type's view as it was at that leaf. */
void record_type_view_as_of(const struct record_type *t, int64_t leaf_limit, struct buf *out);
void record_type_schema(const struct record_type *t, const struct record_type *base, struct buf *out);

#endif
