#include "assess/assessment.h"

#include "record/local_day.h"
#include "assess/span_store.h"
#include "base/times.h"
#include "os/zone.h"

#include <assert.h>

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

/* ---- now ---- */

static void test_sum(struct assessment *as, struct test_state *t)
{
    t->status = RESULT_SKIP;
    for (size_t s = 0; s < as->subject_count; s++) {
        const struct test_now *n = &t->subjects[s];
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

struct assessment *assessment_load(struct db *db, struct arena *a, int64_t at_ms, int64_t leaf_limit, struct err *e)
{
    struct zone *zone = local_zone(db, a);
    int64_t today = day_of(zone_local_ms(zone, at_ms));
    return assessment_load_in(db, a, at_ms, today - (WINDOW_DAYS - 1), today, zone, leaf_limit, e);
}

struct assessment *assessment_load_days(struct db *db, struct arena *a, int64_t at_ms, int64_t first_day, int64_t last_day, int64_t leaf_limit, struct err *e)
{
    return assessment_load_in(db, a, at_ms, first_day, last_day, NULL, leaf_limit, e);
}

struct assessment *assessment_load_in(struct db *db, struct arena *a, int64_t at_ms, int64_t first_day, int64_t last_day, struct zone *zone, int64_t leaf_limit, struct err *e)
{
    assert(first_day <= last_day && last_day <= day_of(at_ms) + 1 && last_day - first_day < WINDOW_DAYS_MAX);
    struct assessment *as = ARENA_NEW(a, struct assessment);
    struct err inner = {0};
    as->arena = a;
    as->db = db;
    as->at_ms = at_ms;
    as->leaf_limit = leaf_limit;
    as->first_day = first_day;
    as->day_count = last_day - first_day + 1;
    as->days = arena_array(a, (size_t)as->day_count, sizeof *as->days);
    as->day_starts = arena_array(a, (size_t)as->day_count + 1, sizeof *as->day_starts);
    for (int64_t d = 0; d <= as->day_count; d++)
        as->day_starts[d] = zone_instant_ms(zone, (first_day + d) * MS_DAY);
    int64_t from_ms = as->day_starts[0], to_ms = as->day_starts[as->day_count], local_ms = zone_local_ms(zone, at_ms);
    struct interval days = {first_day * MS_DAY, (last_day + 1) * MS_DAY < local_ms ? (last_day + 1) * MS_DAY : local_ms}; /* what people did is known by its day */
    as->window = (struct interval){from_ms < at_ms ? from_ms : at_ms, to_ms < at_ms ? to_ms : at_ms};
    as->zone = zone;
    as->gaps = gaps_load(db, a, as->window.from_ms, at_ms, leaf_limit, &as->gap_count, &inner);
    as->program = as->gaps ? program_load(db, a, days, leaf_limit, &inner) : NULL;
    if (!as->program || !subjects_load(as, db, &inner) || !test_names_load(db, a, &as->test_of_name, &as->test_name_count, &inner)) {
        *e = inner;
        return NULL;
    }
    assessment_controls_begin(as);
    if (!assessment_subjects(as, &inner)) {
        *e = inner;
        return NULL;
    }
    for (size_t t = 0; t < content_test_count; t++)
        test_sum(as, &as->tests[t]);
    for (size_t s = 0; s < as->subject_count; s++)
        as->subjects[s].status = as->subjects[s].is_stale || as->subjects[s].observed_count == 0
                                     ? RESULT_UNKNOWN
                                     : result_counts_worst(&as->subjects[s].tests);
    assessment_score(as);
    return as;
}
