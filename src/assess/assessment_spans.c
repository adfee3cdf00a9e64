/* assessment_spans.c - what tests said of a subject over the window, one subject after the other: memory goes by one of them, not by all. */
#include "assess/assessment.h"

#include "assess/span_store.h"
#include "assess/subject_now.h"
#include "base/times.h"

/* ---- the histories of one subject ---- */

struct found {
    struct stretch stretch;
    size_t test;
};

struct reading {
    const struct assessment *as;
    struct arena *a;
    struct test_history *histories; /* count: of closed ones, as they are found */
    struct found *closed;           /* in the order of their ends */
    size_t closed_count, closed_capacity;
    struct stretch *open; /* by test */
};

static void open_take(struct reading *r, size_t test, int64_t from_ms, enum result_status status, const struct result_counts *counts)
{
    r->open[test] = (struct stretch){from_ms, INT64_MAX, status};
    r->histories[test].is_open = true;
    r->histories[test].counts = *counts;
}

static void closed_take(struct reading *r, const struct stored_span *s)
{
    const struct assessment *as = r->as;
    /* Tests that this program no longer has are not shown; what they found stays in the ledger. */
    size_t test = (uint64_t)s->test < as->test_name_count ? as->test_of_name[s->test] : SIZE_MAX;
    if (test == SIZE_MAX || s->to_ms <= as->window.from_ms || s->from_leaf > as->leaf_limit)
        return;
    if (s->to_leaf > as->leaf_limit) { /* open, as of then */
        open_take(r, test, s->from_ms, s->status, &s->counts);
        return;
    }
    if (r->closed_count == r->closed_capacity)
        r->closed = arena_grow(r->a, r->closed, r->closed_count, &r->closed_capacity, sizeof *r->closed);
    r->closed[r->closed_count++] = (struct found){{s->from_ms, s->to_ms, s->status}, test};
    r->histories[test].count++;
}

static bool closed_read(struct reading *r, struct str subject, struct err *e)
{
    DB_EACH (row, r->as->db, e, "select spans from test_span_chunk where subject = ?1 and to_t > ?2 order by to_t, id", A(subject), A(r->as->window.from_ms)) {
        struct span_reader reader;
        struct stored_span s;
        span_chunk_open(&reader, db_bytes(row, 0));
        while (span_chunk_next(&reader, &s))
            closed_take(r, &s);
        if (reader.is_damaged)
            return err_set(e, ERR_CORRUPT, "database: test_span_chunk does not read; make it again with: assay rebuild");
    }
    return e->code == ERR_NONE;
}

static bool open_read(struct reading *r, struct str subject, struct err *e)
{
    DB_EACH (row, r->as->db, e, "select tests from subject_now where subject = ?1", A(subject)) {
        struct str text = db_text(row, 0);
        struct subject_now_line line;
        size_t next = 0; /* lines come in the order of tests: mostly the next one */
        while (subject_now_next(&text, &line)) {
            size_t test = next < content_test_count && str_is(line.test, content_tests[next].id) ? next : assessment_test_index(line.test);
            next = test == SIZE_MAX ? next : test + 1;
            if (test != SIZE_MAX && line.from_leaf <= r->as->leaf_limit)
                open_take(r, test, line.from_ms, line.status, &line.counts);
        }
        if (text.size > 0)
            return err_set(e, ERR_CORRUPT, "database: subject_now does not read; make it again with: assay rebuild");
    }
    return e->code == ERR_NONE;
}

/* The closed stretches of each test, by time, and then its open one. */
static void histories_fill(struct reading *r)
{
    struct stretch *all = arena_array(r->a, r->closed_count + content_test_count + 1, sizeof *all), **ends = arena_array(r->a, content_test_count + 1, sizeof *ends);
    for (size_t t = 0, n = 0; t < content_test_count; t++) {
        struct test_history *h = &r->histories[t];
        h->stretches = ends[t] = all + n;
        n += h->count + h->is_open;
    }
    for (size_t i = 0; i < r->closed_count; i++)
        *ends[r->closed[i].test]++ = r->closed[i].stretch;
    for (size_t t = 0; t < content_test_count; t++)
        if (r->histories[t].is_open) {
            *ends[t] = r->open[t];
            r->histories[t].count++;
        }
}

const struct test_history *subject_histories(const struct assessment *as, struct arena *a, size_t subject, struct err *e)
{
    struct err inner = {0};
    struct reading r = {.as = as, .a = a};
    r.histories = arena_array(a, content_test_count + 1, sizeof *r.histories);
    r.open = arena_array(a, content_test_count + 1, sizeof *r.open);
    if (!closed_read(&r, as->subjects[subject].id, &inner) || !open_read(&r, as->subjects[subject].id, &inner)) {
        *e = inner;
        return NULL;
    }
    histories_fill(&r);
    return r.histories;
}

/* ---- of a test, of a control ---- */

struct stretch *test_stretches(const struct assessment *as, struct arena *a, const struct test_history *histories, size_t test, size_t subject, size_t *ret_count)
{
    const struct test_history *h = &histories[test];
    const struct subject_state *s = &as->subjects[subject];
    size_t count;
    struct stretch *seen = stretches_observed(a, h->stretches, h->count, s->observed, s->observed_count, TEST_STALENESS_DAYS * MS_DAY, as->at_ms, &count);
    return stretches_cut(a, seen, count, s->gaps, s->gap_count, ret_count);
}

struct stretch *control_stretches(const struct assessment *as, struct arena *a, const struct test_history *histories, size_t control, size_t subject, size_t *ret_count)
{
    const struct control_state *c = &as->controls[control];
    const struct subject_state *s = &as->subjects[subject];
    struct interval in = c->facts.in_force; /* what was observed while it was not in force says nothing of it */
    size_t count = 0, merged_count;
    for (size_t i = 0; i < c->test_count; i++)
        count += histories[c->tests[i]].count;
    struct stretch *parts = arena_array(a, count + 1, sizeof *parts);
    count = 0;
    for (size_t i = 0; i < c->test_count; i++) {
        const struct test_history *h = &histories[c->tests[i]];
        for (size_t k = 0; k < h->count; k++) {
            struct stretch part = h->stretches[k];
            part.to_ms = part.to_ms > in.to_ms ? in.to_ms : part.to_ms;
            part.from_ms = part.from_ms < in.from_ms ? in.from_ms : part.from_ms;
            if (part.from_ms < part.to_ms)
                parts[count++] = part;
        }
    }
    struct stretch *merged = stretches_merge(a, parts, count, &merged_count);
    struct stretch *seen = stretches_observed(a, merged, merged_count, s->observed, s->observed_count, c->facts.max_staleness_ms, in.to_ms, &count);
    if (s->gap_count == 0) {
        *ret_count = count;
        return seen;
    }
    return stretches_cut(a, seen, count, s->gaps, s->gap_count, ret_count);
}

/* The day of the window in which the instant lies, from 0: -1 before it, day_count after it. */
static int64_t window_day_at(const struct assessment *as, int64_t at_ms)
{
    const int64_t *starts = as->day_starts;
    if (at_ms < starts[0])
        return -1;
    int64_t day = (at_ms - starts[0]) / MS_DAY; /* nearly: a day may have an hour more or less */
    day = day > as->day_count ? as->day_count : day;
    while (day > 0 && at_ms < starts[day])
        day--;
    while (day < as->day_count && at_ms >= starts[day + 1])
        day++;
    return day;
}

void days_mark(const struct assessment *as, const struct stretch *stretches, size_t count, enum result_status *ret)
{
    for (size_t i = 0; i < count; i++) {
        const struct stretch *s = &stretches[i];
        int64_t from = window_day_at(as, s->from_ms), to = window_day_at(as, s->to_ms - 1);
        if (s->from_ms >= s->to_ms)
            continue;
        for (int64_t d = from < 0 ? 0 : from; d <= to && d < as->day_count; d++)
            if (s->status > ret[d])
                ret[d] = s->status;
    }
}

/* ---- the strip of the whole window ---- */

struct day_counts {
    int64_t *of[4]; /* differences, then sums: day_count + 1 */
};

static void day_counts_add(const struct assessment *as, struct day_counts *c, const struct stretch *s)
{
    int64_t to_ms = s->to_ms > as->at_ms ? as->at_ms : s->to_ms;
    if (s->from_ms >= to_ms && s->to_ms != INT64_MAX)
        return;
    int64_t from = window_day_at(as, s->from_ms), to = window_day_at(as, to_ms > s->from_ms ? to_ms - 1 : to_ms);
    if (to < 0 || from >= as->day_count)
        return;
    c->of[s->status][from < 0 ? 0 : from]++;
    c->of[s->status][to >= as->day_count ? as->day_count : to + 1]--;
}

/* True if the subject was known at some instant of the day: observed, or carried by staleness. */
static bool is_known_on(const struct subject_state *s, int64_t from_ms, int64_t to_ms)
{
    for (size_t i = s->observed_count; i-- > 0;)
        if (s->observed[i].from_ms < to_ms && s->observed[i].to_ms + TEST_STALENESS_DAYS * MS_DAY > from_ms)
            return true;
    return false;
}

/* A day that a gap touches is not covered: something was unknown on it. For how long; gaps of one subject do not overlap. */
static int64_t gap_on(const struct subject_state *s, int64_t from_ms, int64_t to_ms)
{
    int64_t sum = 0;
    for (size_t i = 0; i < s->gap_count; i++) {
        int64_t from = s->gaps[i].from_ms > from_ms ? s->gaps[i].from_ms : from_ms;
        int64_t to = s->gaps[i].to_ms < to_ms ? s->gaps[i].to_ms : to_ms;
        sum += to > from ? to - from : 0;
    }
    return sum;
}

static void subject_days_add(struct assessment *as, struct arena *a, const struct test_history *histories, size_t subject)
{
    const struct subject_state *s = &as->subjects[subject];
    if (s->observed_count == 0)
        return;
    struct day_counts c;
    for (int k = 0; k < 4; k++)
        c.of[k] = arena_array(a, (size_t)as->day_count + 1, sizeof *c.of[k]);
    for (size_t t = 0; t < content_test_count; t++)
        for (size_t i = 0; i < histories[t].count; i++)
            day_counts_add(as, &c, &histories[t].stretches[i]);
    int64_t now[4] = {0};
    for (int64_t d = 0; d < as->day_count; d++) {
        int64_t from_ms = as->day_starts[d], to_ms = as->day_starts[d + 1];
        for (int k = 0; k < 4; k++)
            now[k] += c.of[k][d];
        if (s->observed[0].from_ms >= to_ms)
            continue;
        struct window_day *day = &as->days[d];
        bool is_known = is_known_on(s, from_ms, to_ms);
        int64_t gap_ms = gap_on(s, from_ms, to_ms < as->at_ms ? to_ms : as->at_ms);
        day->gap_ms = gap_ms > day->gap_ms ? gap_ms : day->gap_ms;
        day->is_covered = (day->is_covered || !day->is_in_force) && is_known && gap_ms == 0;
        day->is_in_force = true;
        day->fail += is_known ? now[RESULT_FAIL] : 0;
        day->pass += is_known ? now[RESULT_PASS] : 0;
        day->unknown += is_known ? now[RESULT_UNKNOWN] : now[RESULT_FAIL] + now[RESULT_PASS] + now[RESULT_UNKNOWN];
    }
}

/* ---- all of them ---- */

static void test_now_fill(const struct subject_state *subject, const struct test_history *h, struct test_now *n)
{
    *n = (struct test_now){.status = RESULT_UNKNOWN};
    if (!h->is_open)
        return;
    size_t i = h->count - 1;
    const struct stretch *last = &h->stretches[i];
    n->is_present = true;
    n->is_stale = subject->is_stale;
    n->observed = last->status;
    n->status = n->is_stale ? RESULT_UNKNOWN : last->status;
    n->counts = h->counts;
    n->since_ms = last->from_ms;
    for (; i > 0 && h->stretches[i - 1].status == last->status && h->stretches[i - 1].to_ms == n->since_ms; i--)
        n->since_ms = h->stretches[i - 1].from_ms;
    n->has_before = i > 0;
    n->before = i > 0 ? h->stretches[i - 1].status : RESULT_SKIP;
}

bool assessment_subjects(struct assessment *as, struct err *e)
{
    struct arena *own = arena_new("subject", (size_t)2 << 30), *step = arena_new("control", (size_t)2 << 30);
    const struct test_history *histories = NULL;
    as->tests = arena_array(as->arena, content_test_count + 1, sizeof *as->tests);
    for (size_t t = 0; t < content_test_count; t++)
        as->tests[t] = (struct test_state){.test = &content_tests[t], .subjects = arena_array(as->arena, as->subject_count + 1, sizeof(struct test_now))};
    for (size_t s = 0; s < as->subject_count && (histories = subject_histories(as, own, s, e)); s++) {
        for (size_t t = 0; t < content_test_count; t++)
            test_now_fill(&as->subjects[s], &histories[t], &as->tests[t].subjects[s]);
        subject_days_add(as, own, histories, s);
        assessment_controls_add(as, step, histories, s);
        arena_reset(own);
    }
    arena_free(step);
    arena_free(own);
    return e->code == ERR_NONE;
}
