#include "assess/assessment.h"

#include "assess/subject_now.h"
#include "base/times.h"

#include <assert.h>

enum { TEST_STALENESS_DAYS = 3 };

int64_t leaf_limit_at(struct db *db, int64_t at_ms, struct err *e)
{
    struct err inner = {0};
    int64_t high = db_one_int(db, &inner, -1, "select max(idx) from leaf");
    int64_t low = -1; /* a leaf that counts, or before all */
    while (!inner.code && low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        int64_t t = db_one_int(db, &inner, INT64_MAX, "select t from leaf where idx = ?1", A(middle));
        if (t <= at_ms)
            low = middle;
        else
            high = middle - 1;
    }
    if (inner.code) {
        *e = inner;
        return -1;
    }
    return low;
}

static size_t bsearch_subject(const struct assessment *as, struct str id)
{
    size_t low = 0, high = as->subject_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int c = str_compare(id, as->subjects[middle].id);
        if (c == 0)
            return middle;
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return SIZE_MAX;
}

size_t assessment_subject_index(const struct assessment *as, struct str id)
{
    return bsearch_subject(as, id);
}

size_t assessment_test_index(struct str id)
{
    const struct test *t = content_test(id);
    return t ? (size_t)(t - content_tests) : SIZE_MAX;
}

size_t assessment_control_index(const struct assessment *as, struct str id)
{
    return program_control_index(as->program, id);
}

size_t assessment_criterion_index(struct str id)
{
    const struct criterion *c = content_criterion(id);
    return c ? (size_t)(c - content_criteria) : SIZE_MAX;
}

/* ---- subjects ---- */

static bool subject_last_load(struct assessment *as, struct db *db, struct subject_state *s, struct err *e)
{
    int64_t seen_ms = 0; /* as of an earlier leaf, the last stretch had only grown up to here */
    s->last_run = -1;
    DB_EACH (row, db, e,
             "select taken_at, t, run, seen_at from evaluation where subject = ?1 and leaf <= ?2 order by leaf desc limit 1",
             A(s->id), A(as->leaf_limit)) {
        s->last_taken_ms = db_int(row, 0);
        s->last_received_ms = db_int(row, 1);
        s->last_run = db_int(row, 2);
        seen_ms = db_int(row, 3);
    }
    struct interval *observed = NULL;
    size_t count = 0, capacity = 0;
    DB_EACH (row, db, e, "select from_t, to_t from coverage where subject = ?1 and from_t <= ?2 order by from_t", A(s->id),
             A(s->last_taken_ms)) {
        if (count == capacity)
            observed = arena_grow(as->arena, observed, count, &capacity, sizeof *observed);
        int64_t to_ms = db_int(row, 1);
        observed[count++] = (struct interval){db_int(row, 0), to_ms < seen_ms ? to_ms : seen_ms};
    }
    s->observed = observed;
    s->observed_count = count;
    s->gaps = gaps_of_subject(as->arena, as->gaps, as->gap_count, s->id, &s->gap_count);
    s->is_in_gap = s->gap_count > 0 && s->gaps[s->gap_count - 1].to_ms > as->at_ms;
    s->is_stale = count > 0 && (s->is_in_gap || as->at_ms - observed[count - 1].to_ms > TEST_STALENESS_DAYS * MS_DAY);
    return e->code == ERR_NONE;
}

static bool subjects_load(struct assessment *as, struct db *db, struct err *e)
{
    size_t capacity = 0;
    DB_EACH (row, db, e, "select id, name, kind, facts from subject where first_leaf <= ?1 order by id", A(as->leaf_limit)) {
        if (as->subject_count == capacity)
            as->subjects = arena_grow(as->arena, as->subjects, as->subject_count, &capacity, sizeof *as->subjects);
        as->subjects[as->subject_count++] = (struct subject_state){.id = arena_str(as->arena, db_text(row, 0)),
                                                                   .name = arena_str(as->arena, db_text(row, 1)),
                                                                   .kind = arena_str(as->arena, db_text(row, 2)),
                                                                   .facts = arena_str(as->arena, db_text(row, 3)),
                                                                   .last_run = -1};
    }
    for (size_t i = 0; i < as->subject_count && !e->code; i++)
        if (!subject_last_load(as, db, &as->subjects[i], e))
            return false;
    return e->code == ERR_NONE;
}

/* ---- spans ---- */

struct closed_span {
    size_t key; /* subject * tests + test */
    struct test_stretch stretch;
};

struct loader {
    struct assessment *as;
    struct closed_span *closed; /* of the window, by their ends */
    size_t closed_count;
    struct test_stretch *open; /* by key */
    bool *has_open;
};

static bool closed_load(struct loader *l, struct db *db, struct err *e)
{
    size_t capacity = 0;
    DB_EACH (row, db, e,
             "select subject, test, status, from_t, pass, fail, unknown, skip, to_t, to_leaf from test_span"
             " indexed by test_span_closed where to_leaf is not null and to_t > ?1 and from_leaf <= ?2 order by to_t",
             A(l->as->window.from_ms), A(l->as->leaf_limit)) {
        size_t subject = bsearch_subject(l->as, db_text(row, 0)), test = assessment_test_index(db_text(row, 1));
        enum result_status status;
        /* Tests that this program no longer has are not shown; what they found stays in the ledger. */
        if (subject == SIZE_MAX || test == SIZE_MAX || !result_status_parse(db_text(row, 2), &status))
            continue;
        size_t key = subject * content_test_count + test;
        struct test_stretch stretch = {.stretch = {db_int(row, 3), db_int(row, 8), status}};
        stretch.counts.of[RESULT_PASS] = db_int(row, 4);
        stretch.counts.of[RESULT_FAIL] = db_int(row, 5);
        stretch.counts.of[RESULT_UNKNOWN] = db_int(row, 6);
        stretch.counts.of[RESULT_SKIP] = db_int(row, 7);
        if (db_int(row, 9) > l->as->leaf_limit) { /* open, as of then */
            stretch.stretch.to_ms = INT64_MAX;
            l->open[key] = stretch;
            l->has_open[key] = true;
            continue;
        }
        if (l->closed_count == capacity)
            l->closed = arena_grow(l->as->arena, l->closed, l->closed_count, &capacity, sizeof *l->closed);
        l->closed[l->closed_count++] = (struct closed_span){key, stretch};
    }
    return e->code == ERR_NONE;
}

static bool open_load(struct loader *l, struct db *db, struct err *e)
{
    DB_EACH (row, db, e, "select subject, tests from subject_now") {
        size_t subject = bsearch_subject(l->as, db_text(row, 0)), next = 0; /* lines come in the order of tests: mostly the next one */
        struct str text = db_text(row, 1);
        struct subject_now_line line;
        while (subject != SIZE_MAX && subject_now_next(&text, &line)) {
            size_t test = next < content_test_count && str_is(line.test, content_tests[next].id) ? next : assessment_test_index(line.test);
            next = test == SIZE_MAX ? next : test + 1;
            if (test == SIZE_MAX || line.from_leaf > l->as->leaf_limit)
                continue;
            size_t key = subject * content_test_count + test;
            l->open[key] = (struct test_stretch){{line.from_ms, INT64_MAX, line.status}, line.counts};
            l->has_open[key] = true;
        }
        if (subject != SIZE_MAX && text.size > 0)
            return err_set(e, ERR_CORRUPT, "database: subject_now does not read; make it again with: assay rebuild");
    }
    return e->code == ERR_NONE;
}

/* The closed stretches of each test on each subject, by time, and then its open one. Most have only that. */
static void stretches_link(struct loader *l)
{
    struct assessment *as = l->as;
    size_t keys = as->subject_count * content_test_count;
    uint32_t *counts = arena_array(as->arena, keys + 1, sizeof *counts);
    for (size_t i = 0; i < l->closed_count; i++)
        counts[l->closed[i].key]++;
    struct test_stretch **lists = arena_array(as->arena, keys + 1, sizeof *lists);
    for (size_t i = 0; i < l->closed_count; i++) {
        size_t key = l->closed[i].key;
        if (!lists[key]) {
            lists[key] = arena_array(as->arena, counts[key] + 1u, sizeof **lists);
            counts[key] = 0;
        }
        lists[key][counts[key]++] = l->closed[i].stretch;
    }
    for (size_t t = 0; t < content_test_count; t++) {
        as->tests[t] = (struct test_state){.test = &content_tests[t]};
        as->tests[t].subjects = arena_array(as->arena, as->subject_count + 1, sizeof(struct test_now));
        for (size_t s = 0; s < as->subject_count; s++) {
            size_t key = s * content_test_count + t;
            if (lists[key] && l->has_open[key])
                lists[key][counts[key]++] = l->open[key];
            as->tests[t].subjects[s].stretches = lists[key] ? lists[key] : &l->open[key];
            as->tests[t].subjects[s].stretch_count = lists[key] ? counts[key] : l->has_open[key];
        }
    }
}

static bool spans_load(struct assessment *as, struct db *db, struct err *e)
{
    size_t keys = as->subject_count * content_test_count;
    struct loader l = {.as = as};
    l.open = arena_array(as->arena, keys + 1, sizeof *l.open);
    l.has_open = arena_array(as->arena, keys + 1, sizeof *l.has_open);
    if (!closed_load(&l, db, e) || !open_load(&l, db, e))
        return false;
    as->tests = arena_array(as->arena, content_test_count + 1, sizeof *as->tests);
    stretches_link(&l);
    return true;
}

/* ---- now ---- */

static void test_now_fill(const struct subject_state *subject, struct test_now *n)
{
    const struct test_stretch *last = n->stretch_count > 0 ? &n->stretches[n->stretch_count - 1] : NULL;
    n->status = RESULT_UNKNOWN;
    if (!last || last->stretch.to_ms != INT64_MAX)
        return;
    n->is_present = true;
    n->is_stale = subject->is_stale;
    n->status = n->is_stale ? RESULT_UNKNOWN : last->stretch.status;
    n->counts = last->counts;
    n->since_ms = last->stretch.from_ms;
    for (size_t i = n->stretch_count - 1; i > 0; i--) {
        const struct stretch *before = &n->stretches[i - 1].stretch;
        if (before->status != last->stretch.status || before->to_ms != n->since_ms)
            break;
        n->since_ms = before->from_ms;
    }
}

static void test_sum(struct assessment *as, struct test_state *t)
{
    t->status = RESULT_SKIP;
    for (size_t s = 0; s < as->subject_count; s++) {
        struct test_now *n = &t->subjects[s];
        test_now_fill(&as->subjects[s], n);
        if (!n->is_present)
            continue;
        t->is_present = true;
        t->subjects_of[n->status]++;
        as->subjects[s].tests.of[n->status]++;
        if (n->status > t->status)
            t->status = n->status;
        if (n->is_stale)
            for (int k = 0; k < 4; k++)
                t->resources.of[RESULT_UNKNOWN] += n->counts.of[k];
        else
            for (int k = 0; k < 4; k++)
                t->resources.of[k] += n->counts.of[k];
    }
    if (!t->is_present)
        t->status = RESULT_UNKNOWN;
    for (size_t s = 0; s < as->subject_count; s++) {
        const struct test_now *n = &t->subjects[s];
        if (n->is_present && n->status == t->status && (t->since_ms == 0 || n->since_ms < t->since_ms))
            t->since_ms = n->is_stale ? as->subjects[s].last_taken_ms : n->since_ms;
    }
    as->tests_now.of[t->status]++;
    for (int k = 0; k < 4; k++)
        as->resources.of[k] += t->resources.of[k];
}

/* ---- histories ---- */

struct stretch *test_stretches(const struct assessment *as, struct arena *a, size_t test, size_t subject, size_t *ret_count)
{
    const struct test_now *n = &as->tests[test].subjects[subject];
    const struct subject_state *s = &as->subjects[subject];
    struct stretch *parts = arena_array(a, n->stretch_count + 1, sizeof *parts);
    for (size_t i = 0; i < n->stretch_count; i++)
        parts[i] = n->stretches[i].stretch;
    size_t count;
    struct stretch *seen = stretches_observed(a, parts, n->stretch_count, s->observed, s->observed_count,
                                              TEST_STALENESS_DAYS * MS_DAY, as->at_ms, &count);
    return stretches_cut(a, seen, count, s->gaps, s->gap_count, ret_count);
}

struct stretch *control_stretches(const struct assessment *as, struct arena *a, size_t control, size_t subject, size_t *ret_count)
{
    const struct control_state *c = &as->controls[control];
    const struct subject_state *s = &as->subjects[subject];
    struct interval in = c->facts.in_force; /* what was observed while it was not in force says nothing of it */
    size_t count = 0, merged_count;
    for (size_t i = 0; i < c->test_count; i++)
        count += as->tests[c->tests[i]].subjects[subject].stretch_count;
    struct stretch *parts = arena_array(a, count + 1, sizeof *parts);
    count = 0;
    for (size_t i = 0; i < c->test_count; i++) {
        const struct test_now *n = &as->tests[c->tests[i]].subjects[subject];
        for (size_t k = 0; k < n->stretch_count; k++) {
            struct stretch part = n->stretches[k].stretch;
            part.to_ms = part.to_ms > in.to_ms ? in.to_ms : part.to_ms;
            part.from_ms = part.from_ms < in.from_ms ? in.from_ms : part.from_ms;
            if (part.from_ms < part.to_ms)
                parts[count++] = part;
        }
    }
    struct stretch *merged = stretches_merge(a, parts, count, &merged_count);
    struct stretch *seen = stretches_observed(a, merged, merged_count, s->observed, s->observed_count, c->facts.max_staleness_ms,
                                              in.to_ms, &count);
    return stretches_cut(a, seen, count, s->gaps, s->gap_count, ret_count);
}

void days_mark(const struct assessment *as, const struct stretch *stretches, size_t count, enum result_status *ret)
{
    for (size_t i = 0; i < count; i++) {
        const struct stretch *s = &stretches[i];
        int64_t from = day_of(s->from_ms) - as->first_day, to = day_of(s->to_ms - 1) - as->first_day;
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
    int64_t from = day_of(s->from_ms) - as->first_day, to = day_of(to_ms > s->from_ms ? to_ms - 1 : to_ms) - as->first_day;
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

static void subject_days_add(struct assessment *as, size_t subject)
{
    const struct subject_state *s = &as->subjects[subject];
    if (s->observed_count == 0)
        return;
    struct day_counts c;
    for (int k = 0; k < 4; k++)
        c.of[k] = arena_array(as->arena, (size_t)as->day_count + 1, sizeof *c.of[k]);
    for (size_t t = 0; t < content_test_count; t++)
        for (size_t i = 0; i < as->tests[t].subjects[subject].stretch_count; i++)
            day_counts_add(as, &c, &as->tests[t].subjects[subject].stretches[i].stretch);
    int64_t now[4] = {0};
    for (int64_t d = 0; d < as->day_count; d++) {
        int64_t from_ms = (as->first_day + d) * MS_DAY;
        for (int k = 0; k < 4; k++)
            now[k] += c.of[k][d];
        if (s->observed[0].from_ms >= from_ms + MS_DAY)
            continue;
        struct window_day *day = &as->days[d];
        bool is_known = is_known_on(s, from_ms, from_ms + MS_DAY);
        int64_t gap_ms = gap_on(s, from_ms, from_ms + MS_DAY < as->at_ms ? from_ms + MS_DAY : as->at_ms);
        day->gap_ms = gap_ms > day->gap_ms ? gap_ms : day->gap_ms;
        day->is_covered = (day->is_covered || !day->is_in_force) && is_known && gap_ms == 0;
        day->is_in_force = true;
        day->fail += is_known ? now[RESULT_FAIL] : 0;
        day->pass += is_known ? now[RESULT_PASS] : 0;
        day->unknown += is_known ? now[RESULT_UNKNOWN] : now[RESULT_FAIL] + now[RESULT_PASS] + now[RESULT_UNKNOWN];
    }
}

struct assessment *assessment_load(struct db *db, struct arena *a, int64_t at_ms, int64_t leaf_limit, struct err *e)
{
    return assessment_load_days(db, a, at_ms, day_of(at_ms) - (WINDOW_DAYS - 1), day_of(at_ms), leaf_limit, e);
}

struct assessment *assessment_load_days(struct db *db, struct arena *a, int64_t at_ms, int64_t first_day, int64_t last_day, int64_t leaf_limit, struct err *e)
{
    assert(first_day <= last_day && last_day <= day_of(at_ms) && last_day - first_day < WINDOW_DAYS_MAX);
    struct assessment *as = ARENA_NEW(a, struct assessment);
    struct err inner = {0};
    as->arena = a;
    as->at_ms = at_ms;
    as->leaf_limit = leaf_limit;
    as->first_day = first_day;
    as->day_count = last_day - first_day + 1;
    as->days = arena_array(a, (size_t)as->day_count, sizeof *as->days);
    as->window = (struct interval){first_day * MS_DAY, (last_day + 1) * MS_DAY < at_ms ? (last_day + 1) * MS_DAY : at_ms};
    as->gaps = gaps_load(db, a, as->window.from_ms, at_ms, leaf_limit, &as->gap_count, &inner);
    as->program = as->gaps ? program_load(db, a, as->window, leaf_limit, &inner) : NULL;
    if (!as->program || !subjects_load(as, db, &inner) || !spans_load(as, db, &inner)) {
        *e = inner;
        return NULL;
    }
    for (size_t t = 0; t < content_test_count; t++)
        test_sum(as, &as->tests[t]);
    for (size_t s = 0; s < as->subject_count; s++) {
        as->subjects[s].status = as->subjects[s].is_stale || as->subjects[s].observed_count == 0
                                     ? RESULT_UNKNOWN
                                     : result_counts_worst(&as->subjects[s].tests);
        subject_days_add(as, s);
    }
    assessment_score(as);
    return as;
}
