/*
 * people.h - the room People: who still owes what, joiners, movers and leavers with their clocks, the roster against the accounts, rosters taken in. View models
 * as in view.h and view_record.h; everything as of the view's instant.
 *
 *   DUTY  {"kind":"policy"|"training"|"device"|"background_check"|"step"|"access","label":"Policy","id","title","url","due":"" or date,"when":"3 days late","is_overdue",STATUS}
 *   WHO   {"id","name","url"}; null: nobody
 */
#ifndef REPORT_PEOPLE_H
#define REPORT_PEOPLE_H

#include "report/view_record.h"

/* What one person owes. */
struct owing {
    struct str id, name, kind, job_title, department, team, manager, state, started_on, left_on, screening;
    int64_t policies, trainings, trainings_late, steps, steps_late, lines;
    bool needs_device, needs_check;
    int64_t devices;
    bool has_check; /* this and needs_check: false for all whose answer the reader may not see */
    struct str words;                  /* what a search looks in; A to Z are small */
    uint32_t at_kind, at_team, at_manager, at_department; /* of the book's lists */
};
/* The different values of everybody, sorted; "none" is the manager of whoever has none. */
struct people_values {
    struct str *items;
    size_t count;
};
struct people_book {
    struct view *v;
    const struct json *content; /* content/lifecycle.yaml */
    struct owing *persons;      /* by id; those who have left are among them */
    size_t count;
    struct policy_wanted *policies; /* in force, that somebody has to sign */
    size_t policy_count;
    bool hides_checks;
    struct str *signed_policies; /* sorted: those of which a version is in force or was */
    size_t signed_policy_count;
    uint32_t *signed_numbers; /* persons × signed_policies: the newest such version that the person signed, by its text's digest; 0 none */
    uint32_t *by_name;        /* places of persons, by name; people_book_index */
    struct people_values kinds, teams, managers, departments;
};
/* Whether somebody was checked is for those who may read the records of it, and for themselves. */
bool people_sees_check(const struct view_records *r, struct str person);
void people_checks_hide(struct people_book *b, const struct view_records *r);
/* A query for each kind of duty, whatever the number of people. */
bool people_book_read(struct view *v, struct people_book *ret, struct err *e) MUST_USE;
/* The newest version of the policy that the person at this place signed; 0 none. By the policy's place, which is signed_policy_count where there is none. */
size_t people_signed_place(const struct people_book *b, struct str policy);
uint32_t people_signed_number(const struct people_book *b, size_t person, size_t policy_place);
const struct owing *people_book_find(const struct people_book *b, struct str id); /* NULL: none */
int64_t owing_total(const struct owing *p);
int64_t owing_late(const struct owing *p);

/* Everything that a person owes, what is due first. The one list behind /people/ID and My page. */
struct json *person_duties(struct view *v, struct str person, struct err *e);

struct people_filter {
    struct str kind, team, manager; /* "" all; manager "none": nobody's */
};
/* LIST of {"id","name","url","kind","kind_words","job_title","team","department","manager":WHO,"policies","training","training_late","device":"yes"|"no"|"missing","check":same, "" for who may not know,"steps",
 * "steps_late","access","total","late",STATUS}, "managers":[WHO + "people","late","training_late"] (who has overdue people, the most first), "choices":{kinds,teams,managers}, "sum".
 * Statuses: fail something is overdue, unknown something is open, pass owes nothing. */
struct json *view_people(struct view *v, const struct view_records *r, const struct view_filter *f, const struct people_filter *more, struct err *e);
/* {"person":{…},"duties":[DUTY],"lifecycles":[LIFECYCLE],"accounts":[…],"devices":[…],"differences":[…],"record_url"} ERR_NOT_FOUND */
struct json *view_person(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* kind: "joiner", "mover", "leaver", "" all; f.status. LIST of LIFECYCLE = {"id","title","url","kind","kind_words","person":WHO,"event_on","due_on","when","done_on","owner":WHO,
 * "lag","steps":N,"open":N,"late":N,"claimed":N,STATUS}; "contracts":[{WHO,"ends_on","when"}]: contracts that end within 30 days and no last day is set */
struct json *view_joiners(struct view *v, const struct view_records *r, const struct view_filter *f, struct str kind, struct err *e);
/* One of them: {"lifecycle":LIFECYCLE,"steps":[{"id","title","url","kind_words","system","owner":WHO,"due_on","when","done","lag","proof",STATUS,"deviation":LINK,"may_claim"}]} */
struct json *view_lifecycle(struct view *v, const struct view_records *r, struct str id, struct err *e);
/* LIST of {"id","title","url","kind","kind_words","person":WHO,"system":{"id","name"},"account","found_on","due_on","when","lag","explanation",STATUS,"may_explain","version"};
 * "counts":{"accounts","matched","unmatched","persons","present","left","differences"}, "kinds":[{"id","label","words","count"}] */
struct json *view_reconcile(struct view *v, const struct view_records *r, const struct view_filter *f, struct err *e);
/* {"taken":[{"id","source","at":TIME,"rows","made","changes","missing","url"}..20],"missing":[WHO+"last_seen"]: of the newest full roster and still here,"sources":[…]} */
struct json *view_roster(struct view *v, const struct view_records *r, struct err *e);

#endif
