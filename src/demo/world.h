/*
 * world.h - the made company while it is being filled in: its directory, a keeper that runs on a simulated clock, who acts, and what things are called.
 *
 * Keeper and signer are children of this process, so that they share its clock (an anonymous mapping); nobody else reaches them. Nothing here writes past the
 * keeper: each function ends in an operation that the same checks pass or refuse as they do for people. The keeper seals when it is asked to (world_seal),
 * never by the real clock, so that the same seed gives the same leaves in the same order.
 *
 * Names: a record may be given a name in content/demo/ ("ada", "api"). "@ada" as a value is its id from then on.
 * Days: "=w-41.2" is the Tuesday 41 weeks before the week of the last day; "=m-8.first", "=m0.last" are days of months counted from the one whose end the
 * examination covers; "=m-2.15" the 15th; "=+14", "=-3" so many days from the step's own day.
 */
#ifndef DEMO_WORLD_H
#define DEMO_WORLD_H

#include "assess/after_run.h"
#include "base/times.h"
#include "keeper/data_dir.h"
#include "record/record.h"
#include "report/view_record.h"

#include <sys/types.h>

struct demo_name {
    struct str name, type, id;
};
struct demo_actor {
    struct str name, actor, person; /* "ada", "account:7f…", "P-0003" */
};
enum { DEMO_ACTORS_MAX = 80 };

struct demo_world {
    struct arena *arena; /* for ever */
    struct arena *step;  /* gone after each operation */
    struct data_dir data;
    struct env env;      /* its clock is *clock_ms; its monotonic clock stands still, so that nothing happens by itself */
    struct env seeded;   /* the same with random numbers that follow from the seed: names of accounts, numbers of auditors */
    int64_t *clock_ms;
    uint64_t seed, pick_seed;
    int64_t end_ms;      /* where the story ends */
    int64_t monday;      /* of the week that holds the end, as a day */
    int year, month;     /* whose last day the examination's window ends on */
    int64_t tick_day;    /* the last day on which what happens by itself was done */
    pid_t signer, keeper_child;
    struct keeper_client *keeper;
    struct db *db;
    struct record_types *types;
    struct demo_name *names;
    size_t name_count, name_capacity;
    struct demo_actor actors[DEMO_ACTORS_MAX];
    size_t actor_count;
    int64_t leaf;        /* of the last operation */
    uint64_t operations;
    const struct json *content; /* content/demo/, by file */
    void (*progress)(void *context, const char *what, int64_t done, int64_t all);
    void *context;
};

/* Makes the directory, starts signer and keeper, registers the keys. */
bool world_open(struct demo_world *w, const char *path, struct err *e) MUST_USE;
/* Signs what there is, ends both and gives everything back. */
bool world_close(struct demo_world *w, struct err *e) MUST_USE;
/* Tiles, seal, checkpoint. */
bool world_seal(struct demo_world *w, struct err *e) MUST_USE;

void world_clock(struct demo_world *w, int64_t at_ms); /* never back */
int64_t world_today(const struct demo_world *w);
uint64_t world_random(struct demo_world *w);
/* From 0 to below n, the same for the same text and seed whatever else was asked for before. */
uint64_t world_pick(const struct demo_world *w, struct str text, uint64_t n);

/* ---- names and days ---- */

void world_name(struct demo_world *w, struct str name, struct str type, struct str id);
/* "": there is none. */
struct str world_id(const struct demo_world *w, struct str name);
/* "=w-41.2" and so on, as a day. `today`: for "=+3". */
bool world_day(const struct demo_world *w, struct str text, int64_t today, int64_t *ret, struct err *e) MUST_USE;
/* "w-41.2 10:30" as an instant. */
bool world_instant(const struct demo_world *w, struct str text, int64_t *ret_ms, struct err *e) MUST_USE;
/* A copy with names and days put in. */
struct json *world_values(struct demo_world *w, struct arena *a, const struct json *values, struct err *e);

/* ---- who ---- */

/* An account for a person (world_name'd; may be ""), which acts by `name` from then on. */
bool world_account(struct demo_world *w, struct str name, struct str login, struct str person_name, const char *const *roles, size_t role_count, int64_t until_ms, struct err *e) MUST_USE;
/* "admin" is the local administrator, "system" what happens by itself. */
const struct demo_actor *world_actor(const struct demo_world *w, struct str name, struct err *e);
const struct demo_actor *world_actor_of_person(const struct demo_world *w, struct str person);
/* As of now; lives in w->step. */
bool world_access(struct demo_world *w, struct str who, struct access *ret, struct err *e) MUST_USE;

/* ---- doing ---- */

struct record *world_record(struct demo_world *w, const char *type, struct str id, struct err *e); /* in w->step */
/* One operation: what forms do (text is read, defaults are put in), then the keeper. ret_answer may be NULL. Everything in w->step is gone afterwards, but
 * for the answer where it was asked for. */
bool world_do(struct demo_world *w, struct str who, struct record_change *changes, size_t count, struct json **ret_answer, struct err *e) MUST_USE;
/* The same for values that have their types already. */
bool world_do_typed(struct demo_world *w, struct str who, struct record_change *changes, size_t count, struct json **ret_answer, struct err *e) MUST_USE;
bool world_submit(struct demo_world *w, struct op *op, struct json **ret_answer, struct err *e) MUST_USE;
/* A create, change or move with its values in w->step; a change or move of the version in force. */
bool world_change(struct demo_world *w, const char *type, enum record_act act, struct str id, const char *transition, struct json *set, const char *why, struct record_change *ret,
                  struct err *e) MUST_USE;
void world_step_done(struct demo_world *w);
/* A view as of now, in w->step; `records` for the same person. */
bool world_view(struct demo_world *w, struct access *x, struct view *ret_view, struct view_records *ret_records, struct err *e) MUST_USE;
/* A text of the library with the values of its parameters as they are now, in w->step. */
struct str world_text(struct demo_world *w, const char *text);
struct str world_answer_id(const struct json *answer, size_t place);

#endif
