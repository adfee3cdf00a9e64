#include "assess/window.h"

#include "base/times.h"

#include <assert.h>

const char *conclusion_name(enum conclusion c)
{
    static const char *const names[] = {"OPERATED", "NO_OCCURRENCE", "OPERATED_WITH_DEVIATIONS", "EXTEND_SAMPLE", "INSUFFICIENT_EVIDENCE",
                                        "NOT_OPERATING"};
    return names[c];
}

const char *conclusion_words(enum conclusion c)
{
    static const char *const words[] = {"Operated", "No occurrence", "Operated, with deviations", "Sample to be extended", "Not enough evidence",
                                        "Not operating"};
    return words[c];
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Walks one subject's scope in order and adds up its runs. */
struct tally {
    struct window_outcome *out;
    int64_t fail_run_ms, unknown_run_ms;
    int64_t last_pass_ms;
};

static void tally_add(struct tally *t, int64_t from_ms, int64_t to_ms, enum result_status status)
{
    struct window_outcome *o = t->out;
    if (from_ms >= to_ms)
        return;
    int64_t length = to_ms - from_ms;
    if (status == RESULT_FAIL) {
        if (t->fail_run_ms == 0) {
            o->deviations++;
            if (o->last_pass_before_fail_ms < 0)
                o->last_pass_before_fail_ms = t->last_pass_ms;
        }
        t->fail_run_ms += length;
        o->fail_ms += length;
        o->longest_fail_ms = max64(o->longest_fail_ms, t->fail_run_ms);
    } else {
        t->fail_run_ms = 0;
    }
    if (status == RESULT_UNKNOWN) {
        t->unknown_run_ms += length;
        o->unknown_ms += length;
        o->longest_unknown_ms = max64(o->longest_unknown_ms, t->unknown_run_ms);
    } else {
        t->unknown_run_ms = 0;
    }
    if (status == RESULT_PASS) {
        o->pass_ms += length;
        t->last_pass_ms = to_ms;
    }
}

void window_add(struct window_outcome *o, struct interval window, const struct subject_history *h)
{
    struct interval scope = {max64(window.from_ms, h->scope.from_ms), min64(window.to_ms, h->scope.to_ms)};
    if (scope.from_ms >= scope.to_ms)
        return;
    struct tally t = {.out = o, .last_pass_ms = -1};
    int64_t done_ms = scope.from_ms;
    enum result_status last = RESULT_UNKNOWN;
    for (size_t i = 0; i < h->count && done_ms < scope.to_ms; i++) {
        const struct stretch *s = &h->stretches[i];
        assert(s->from_ms <= s->to_ms);
        if (s->to_ms <= done_ms)
            continue;
        int64_t from_ms = min64(max64(s->from_ms, done_ms), scope.to_ms);
        int64_t to_ms = min64(s->to_ms, scope.to_ms);
        tally_add(&t, done_ms, from_ms, RESULT_UNKNOWN);
        tally_add(&t, from_ms, to_ms, s->status);
        if (from_ms < to_ms)
            last = s->status;
        done_ms = max64(done_ms, to_ms);
    }
    if (done_ms < scope.to_ms)
        last = RESULT_UNKNOWN;
    tally_add(&t, done_ms, scope.to_ms, RESULT_UNKNOWN);
    o->is_failing_at_end = o->is_failing_at_end || (last == RESULT_FAIL && scope.to_ms == window.to_ms);
    bool is_first = o->in_force.from_ms >= o->in_force.to_ms;
    o->in_force.from_ms = is_first ? scope.from_ms : min64(o->in_force.from_ms, scope.from_ms);
    o->in_force.to_ms = is_first ? scope.to_ms : max64(o->in_force.to_ms, scope.to_ms);
}

static enum conclusion conclude(const struct window_outcome *o, const struct window_limits *limits)
{
    if (o->coverage < limits->min_coverage || o->longest_unknown_ms > limits->max_unknown_ms)
        return CONCLUSION_INSUFFICIENT_EVIDENCE;
    if (o->deviations == 0)
        return CONCLUSION_OPERATED;
    if (o->fail_fraction <= limits->max_fail_fraction && o->longest_fail_ms <= limits->max_fail_ms && !o->is_failing_at_end)
        return CONCLUSION_OPERATED_WITH_DEVIATIONS;
    return CONCLUSION_NOT_OPERATING;
}

struct window_outcome window_begin(void)
{
    return (struct window_outcome){.last_pass_before_fail_ms = -1};
}

void window_end(struct window_outcome *o, struct interval window, const struct window_limits *limits)
{
    int64_t known_ms = o->pass_ms + o->fail_ms;
    int64_t all_ms = known_ms + o->unknown_ms;
    o->coverage = all_ms > 0 ? (double)known_ms / (double)all_ms : 0;
    o->fail_fraction = known_ms > 0 ? (double)o->fail_ms / (double)known_ms : 0;
    o->is_partial_period = o->in_force.from_ms > window.from_ms || o->in_force.to_ms < window.to_ms || all_ms == 0;
    o->conclusion = conclude(o, limits);
}

struct window_outcome window_evaluate(struct interval window, const struct subject_history *subjects, size_t count,
                                      const struct window_limits *limits)
{
    struct window_outcome o = window_begin();
    for (size_t i = 0; i < count; i++)
        window_add(&o, window, &subjects[i]);
    window_end(&o, window, limits);
    return o;
}

/* ---- merging and carrying ---- */

static void stretch_push(struct stretch *out, size_t *count, struct stretch s)
{
    if (s.from_ms >= s.to_ms)
        return;
    if (*count > 0 && out[*count - 1].status == s.status && out[*count - 1].to_ms == s.from_ms)
        out[*count - 1].to_ms = s.to_ms;
    else
        out[(*count)++] = s;
}

/* Stretches that follow one another without overlap. */
struct run {
    const struct stretch *items;
    size_t count;
};

static size_t holes_in(struct run r)
{
    size_t holes = 0;
    for (size_t i = 1; i < r.count; i++)
        holes += r.items[i].from_ms > r.items[i - 1].to_ms;
    return holes;
}

/* The worst of two runs at each instant, from the first beginning to the last end. */
static struct run run_worst(struct arena *a, struct run x, struct run y)
{
    /* At most one between every two of their edges: as many as they have stretches and holes, and one more where they do not begin and end together. */
    struct stretch *out = arena_array(a, x.count + y.count + holes_in(x) + holes_in(y) + 2, sizeof *out);
    const struct stretch *p = x.items, *p_end = x.items + x.count, *q = y.items, *q_end = y.items + y.count;
    int64_t at_ms = p == p_end ? (q == q_end ? 0 : q->from_ms) : q == q_end ? p->from_ms : min64(p->from_ms, q->from_ms);
    size_t count = 0;
    while (p < p_end || q < q_end) {
        bool in_p = p < p_end && p->from_ms <= at_ms, in_q = q < q_end && q->from_ms <= at_ms;
        int64_t p_ms = p == p_end ? INT64_MAX : in_p ? p->to_ms : p->from_ms, q_ms = q == q_end ? INT64_MAX : in_q ? q->to_ms : q->from_ms;
        enum result_status of_p = in_p ? p->status : RESULT_SKIP, of_q = in_q ? q->status : RESULT_SKIP;
        int64_t to_ms = min64(p_ms, q_ms);
        stretch_push(out, &count, (struct stretch){at_ms, to_ms, of_p > of_q ? of_p : of_q});
        at_ms = to_ms;
        p += in_p && p->to_ms <= at_ms;
        q += in_q && q->to_ms <= at_ms;
    }
    return (struct run){out, count};
}

/* Two runs become one, until there is only one: what one test said over time is a run already. */
struct stretch *stretches_merge(struct arena *a, const struct stretch *parts, size_t count, size_t *ret_count)
{
    struct stretch *kept = arena_array(a, count + 1, sizeof *kept);
    struct run *runs = arena_array(a, count + 1, sizeof *runs);
    size_t n = 0, run_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].from_ms >= parts[i].to_ms)
            continue;
        if (n == 0 || parts[i].from_ms < kept[n - 1].to_ms)
            runs[run_count++] = (struct run){&kept[n], 0};
        kept[n++] = parts[i];
        runs[run_count - 1].count++;
    }
    struct run all = run_count == 1 ? run_worst(a, runs[0], (struct run){kept, 0}) : (struct run){kept, 0};
    for (; run_count > 1; run_count = (run_count + 1) / 2) {
        for (size_t i = 0; i + 1 < run_count; i += 2)
            runs[i / 2] = run_worst(a, runs[i], runs[i + 1]);
        if (run_count % 2)
            runs[run_count / 2] = runs[run_count - 1];
        all = runs[0];
    }
    *ret_count = all.count;
    return (struct stretch *)(uintptr_t)all.items;
}

struct stretch *stretches_observed(struct arena *a, const struct stretch *s, size_t count, const struct interval *observed,
                                   size_t observed_count, int64_t max_staleness_ms, int64_t at_ms, size_t *ret_count)
{
    struct stretch *out = arena_array(a, (count + 1) * 2 + observed_count * 2, sizeof(struct stretch));
    *ret_count = 0;
    size_t k = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t from_ms = s[i].from_ms;
        int64_t end_ms = min64(s[i].to_ms, at_ms);
        while (k > 0 && observed[k - 1].to_ms + max_staleness_ms > from_ms)
            k--;
        while (from_ms < end_ms) {
            while (k < observed_count && observed[k].to_ms + max_staleness_ms <= from_ms)
                k++;
            bool is_known = k < observed_count && observed[k].from_ms <= from_ms;
            int64_t next_ms = k >= observed_count ? end_ms
                              : is_known          ? observed[k].to_ms + max_staleness_ms
                                                  : observed[k].from_ms;
            int64_t to_ms = min64(end_ms, next_ms);
            enum result_status status = is_known || s[i].status == RESULT_SKIP ? s[i].status : RESULT_UNKNOWN;
            stretch_push(out, ret_count, (struct stretch){from_ms, to_ms, status});
            from_ms = to_ms;
        }
    }
    return out;
}

struct stretch *stretches_cut(struct arena *a, const struct stretch *s, size_t count, const struct interval *gaps, size_t gap_count,
                              size_t *ret_count)
{
    struct stretch *out = arena_array(a, count + 2 * gap_count + 1, sizeof(struct stretch));
    size_t k = 0;
    *ret_count = 0;
    for (size_t i = 0; i < count; i++)
        for (int64_t from_ms = s[i].from_ms, to_ms; from_ms < s[i].to_ms; from_ms = to_ms) {
            while (k < gap_count && gaps[k].to_ms <= from_ms)
                k++;
            bool is_inside = k < gap_count && gaps[k].from_ms <= from_ms;
            to_ms = min64(s[i].to_ms, k >= gap_count ? INT64_MAX : is_inside ? gaps[k].to_ms : gaps[k].from_ms);
            stretch_push(out, ret_count,
                         (struct stretch){from_ms, to_ms, is_inside && s[i].status != RESULT_SKIP ? RESULT_UNKNOWN : s[i].status});
        }
    return out;
}
