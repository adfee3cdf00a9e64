/* demo.c - the year, day by day: hosts are read at night, what happens by itself happens in the morning, then the steps of the story, then people's routine. */
#include "demo/demo.h"
#include "demo/hosts.h"
#include "demo/routine.h"

#include <sys/mman.h>
#include <time.h>

enum { STORY_WEEKS = 52, WINDOW_END_BEFORE_DAYS = 21, WEEKDAY_OF_EPOCH = 3, SEAL_EVERY_DAYS = 1 };

struct telling {
    struct demo_world *w;
    const struct demo_options *o;
    struct demo_step *steps;
    size_t count, next;
    int64_t first_day, last_day;
};

static bool steps_until(struct telling *t, int64_t at_ms, struct err *e)
{
    for (; t->next < t->count && t->steps[t->next].at_ms <= at_ms; t->next++)
        if (!step_play(t->w, &t->steps[t->next], e))
            return false;
    return true;
}

/* Of the last day only what has passed by the real clock: who makes the company shortly after midnight has its last hours late in the evening before. */
static int64_t no_later(int64_t at_ms, int64_t end_ms)
{
    return at_ms < end_ms ? at_ms : end_ms;
}

static bool day_tell(struct telling *t, int64_t day, struct err *e)
{
    struct demo_world *w = t->w;
    int64_t at = day * MS_DAY;
    bool is_last = day == t->last_day;
    world_clock(w, no_later(at + 2 * MS_HOUR, w->end_ms - MS_HOUR));
    if (!hosts_collect(w, e))
        return err_wrap(e, "hosts");
    world_clock(w, no_later(at + 5 * MS_HOUR, w->end_ms - 10 * MS_MINUTE));
    if (!day_tick(w, e))
        return err_wrap(e, "what happens by itself");
    if (is_last) { /* no further than it is by the real clock */
        bool ok = steps_until(t, w->end_ms, e);
        world_clock(w, w->end_ms);
        return ok;
    }
    if (!steps_until(t, at + 15 * MS_HOUR, e))
        return false;
    world_clock(w, at + 15 * MS_HOUR + 30 * MS_MINUTE);
    if (!day_routine(w, e))
        return err_wrap(e, "routine");
    if (!steps_until(t, at + 23 * MS_HOUR, e))
        return false;
    world_clock(w, at + 23 * MS_HOUR + 30 * MS_MINUTE);
    return world_seal(w, e);
}

static bool year_tell(struct telling *t, struct err *e)
{
    for (int64_t day = t->first_day; day <= t->last_day; day++) {
        char text[TIME_TEXT_SIZE];
        if (t->o->progress)
            t->o->progress(t->o->context, time_format_date(day * MS_DAY, text), day - t->first_day, t->last_day - t->first_day + 1);
        if (!day_tell(t, day, e))
            return err_wrap(e, "%s", time_format_date(day * MS_DAY, text));
    }
    return true;
}

static void outcome_fill(struct demo_world *w, struct demo_outcome *ret, struct err *e)
{
    JSON_EACH (file, w->content)
        JSON_EACH (p, json_get(file, "show")) {
            const struct demo_actor *actor = world_actor(w, json_text(p, "who"), e);
            if (!actor || ret->person_count == sizeof(ret->people) / sizeof(ret->people[0]))
                return;
            struct demo_person *one = &ret->people[ret->person_count++];
            struct str name = db_one_text(w->step, w->db, e, "select name from people where id = ?1", A(actor->person));
            snprintf(one->login, sizeof(one->login), "%.*s", STR_ARGS(actor->name));
            snprintf(one->name, sizeof(one->name), "%.*s", STR_ARGS(name));
            snprintf(one->actor, sizeof(one->actor), "%.*s", STR_ARGS(actor->actor));
            snprintf(one->words, sizeof(one->words), "%.*s", STR_ARGS(json_text(p, "words")));
        }
    struct str engagement = db_one_text(w->step, w->db, e, "select id from engagements where state not in ('closed', 'ended') order by id limit 1");
    snprintf(ret->engagement, sizeof(ret->engagement), "%.*s", STR_ARGS(engagement));
    ret->operations = w->operations;
    ret->leaves = 1 + db_one_int(w->db, e, -1, "select max(idx) from leaf");
}

static bool story_tell(struct demo_world *w, const struct demo_options *o, struct demo_outcome *ret, struct err *e)
{
    struct telling t = {.w = w, .o = o, .first_day = w->monday - STORY_WEEKS * 7, .last_day = day_of(w->end_ms)};
    struct json *content = json_parse(w->arena, str_make(demo_content_json, demo_content_size), JSON_LIMITS_DEFAULT, e);
    w->content = content;
    if (!content || !steps_load(w, &t.steps, &t.count, e) || !hosts_open(w, e))
        return false;
    if (!year_tell(&t, e))
        return false;
    outcome_fill(w, ret, e);
    return e->code == ERR_NONE;
}

bool demo_fill(const struct demo_options *o, struct demo_outcome *ret, struct err *e)
{
    struct demo_world w = {.seed = o->seed, .pick_seed = o->seed, .end_ms = o->until_ms, .signer = 0, .keeper_child = 0};
    int64_t last = day_of(o->until_ms);
    struct date window_end = date_of_day(last - WINDOW_END_BEFORE_DAYS);
    w.monday = last - (last + WEEKDAY_OF_EPOCH) % 7;
    w.year = window_end.month == 1 ? window_end.year - 1 : window_end.year;
    w.month = window_end.month == 1 ? 12 : window_end.month - 1;
    *ret = (struct demo_outcome){0};
    w.clock_ms = mmap(NULL, sizeof(*w.clock_ms), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (w.clock_ms == MAP_FAILED)
        return err_set(e, ERR_LIMIT, "demo: no memory");
    *w.clock_ms = (w.monday - STORY_WEEKS * 7) * MS_DAY + MS_HOUR;
    bool ok = world_open(&w, o->path, e) && story_tell(&w, o, ret, e);
    hosts_close(&w);
    struct err closing = {0};
    if (!ok)
        closing.code = e->code; /* nothing is signed that nobody will look at */
    bool closed = world_close(&w, &closing);
    if (ok && !closed)
        *e = closing;
    return ok && closed;
}
