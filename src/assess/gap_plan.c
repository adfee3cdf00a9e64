#include "assess/gap_plan.h"

#include "assess/readiness.h"
#include "base/times.h"

enum { QUARTER_DAYS = 91 };

enum gap_level gap_level_of(int64_t severity)
{
    return severity >= 9 ? GAP_CRITICAL : severity >= 6 ? GAP_HIGH : severity >= 3 ? GAP_MEDIUM : GAP_LOW;
}

const char *gap_level_id(enum gap_level level)
{
    static const char *const ids[] = {"low", "medium", "high", "critical"};
    return ids[level];
}

const char *gap_level_words(enum gap_level level)
{
    static const char *const words[] = {"Low", "Medium", "High", "Critical"};
    return words[level];
}

int64_t gap_effort_days(struct str effort)
{
    return str_is(effort, "s") ? 2 : str_is(effort, "l") ? 30 : 14;
}

int64_t gap_lead_days(const char *frequency)
{
    if (strcmp(frequency, "per_event") == 0 || strcmp(frequency, "ad_hoc") == 0 || frequency[0] == '\0')
        return 0;
    int64_t days = frequency_cycle_ms(frequency) / MS_DAY;
    return days > QUARTER_DAYS ? QUARTER_DAYS : days;
}

/* ---- order ---- */

static int gap_compare(const struct gap_work *a, const struct gap_work *b)
{
    enum gap_level la = gap_level_of(a->severity), lb = gap_level_of(b->severity);
    if (la != lb)
        return la > lb ? -1 : 1;
    if (a->slack_days != b->slack_days)
        return a->slack_days < b->slack_days ? -1 : 1;
    if (a->due_day != b->due_day)
        return a->due_day == 0 ? 1 : b->due_day == 0 ? -1 : a->due_day < b->due_day ? -1 : 1;
    return str_compare(a->id, b->id);
}

/* A merge sort: qsort has no place for the array that the numbers point into. */
static void order_sort(const struct gap_work *gaps, size_t *order, size_t *spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    order_sort(gaps, order, spare, half);
    order_sort(gaps, order + half, spare, count - half);
    size_t left = 0, right = half, n = 0;
    while (left < half || right < count) {
        bool is_left = right == count || (left < half && gap_compare(&gaps[order[left]], &gaps[order[right]]) <= 0);
        spare[n++] = order[is_left ? left++ : right++];
    }
    memcpy(order, spare, count * sizeof *order);
}

/* ---- schedule ---- */

struct lane {
    int64_t owner, free_day;
};

struct schedule {
    struct gap_work *gaps;
    size_t count;
    struct lane *lanes;
    size_t lane_count;
    bool *is_placed;
};

static struct lane *lane_of(struct schedule *s, int64_t owner, int64_t today)
{
    for (size_t i = 0; i < s->lane_count; i++)
        if (s->lanes[i].owner == owner)
            return &s->lanes[i];
    s->lanes[s->lane_count] = (struct lane){owner, today};
    return &s->lanes[s->lane_count++];
}

static bool is_ready(const struct schedule *s, const struct gap_work *g, int64_t *ret_day)
{
    for (size_t i = 0; i < g->depends_count; i++) {
        if (!s->is_placed[g->depends_on[i]])
            return false;
        int64_t done = s->gaps[g->depends_on[i]].done_day;
        *ret_day = done > *ret_day ? done : *ret_day;
    }
    return true;
}

/* The most urgent gap that may begin; those that wait for others come when these are placed. False: what is left waits for itself. */
static bool place_next(struct schedule *s, const size_t *order, int64_t today)
{
    for (size_t i = 0; i < s->count; i++) {
        struct gap_work *g = &s->gaps[order[i]];
        int64_t day = today;
        if (s->is_placed[order[i]] || !is_ready(s, g, &day))
            continue;
        struct lane *lane = lane_of(s, g->owner, today);
        g->start_day = lane->free_day > day ? lane->free_day : day;
        g->done_day = g->start_day + (g->effort_days > 0 ? g->effort_days : 1);
        g->shown_day = g->done_day + (g->lead_days > 0 ? g->lead_days : 0);
        g->is_late = g->due_day != 0 && g->done_day > g->due_day;
        lane->free_day = g->done_day;
        return s->is_placed[order[i]] = true;
    }
    return false;
}

struct gap_forecast gap_plan(struct arena *a, struct gap_work *gaps, size_t count, int64_t today, int64_t window_day)
{
    struct gap_forecast f = {.ready_day = today, .all_day = today, .last = SIZE_MAX};
    struct schedule s = {gaps, count, arena_array(a, count + 1, sizeof *s.lanes), 0, arena_array(a, count + 1, sizeof(bool))};
    f.order = arena_array(a, count + 1, sizeof *f.order);
    int64_t left = window_day ? window_day - today : 0;
    for (size_t i = 0; i < count; i++) {
        f.order[i] = i;
        gaps[i].slack_days = left - gaps[i].effort_days - gaps[i].lead_days;
        f.effort_days += gaps[i].effort_days;
    }
    order_sort(gaps, f.order, arena_array(a, count + 1, sizeof(size_t)), count);
    while (place_next(&s, f.order, today)) {
    }
    for (size_t i = 0; i < count; i++) {
        struct gap_work *g = &gaps[f.order[i]];
        g->is_in_circle = !s.is_placed[f.order[i]];
        f.circles += g->is_in_circle;
        f.late += g->is_late;
        f.all_day = g->shown_day > f.all_day ? g->shown_day : f.all_day;
        if (gap_level_of(g->severity) >= GAP_HIGH && g->shown_day > f.ready_day) {
            f.ready_day = g->shown_day;
            f.last = f.order[i];
        }
    }
    if (f.circles > 0)
        f.ready_day = f.all_day = 0;
    return f;
}
