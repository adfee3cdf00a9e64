/* Histories of subjects, as they are packed and read back: against what was evaluated, and as of any leaf. */
#include "assess/assessment.h"

#include "assess/world.h"
#include "base/test.h"
#include "os/zone.h"

enum { SUBJECTS = 3, TESTS = 8, RUNS = 400 };

static const char *const hosts[SUBJECTS] = {"s:00112233445566778899aabbccddeeff", "s:11112233445566778899aabbccddeeff", "s:22112233445566778899aabbccddeeff"};

struct told {
    int64_t at_ms;
    int status[TESTS]; /* -1: nothing */
};

/* Everything that an assessment says of its histories, tests and controls. */
static struct str assessment_text(struct world *w, int64_t at_ms, int64_t leaf)
{
    struct err e = {0};
    struct buf b;
    struct arena *a = arena_new("assessment", (size_t)64 << 20);
    buf_init(&b, 16 << 20);
    struct assessment *as = assessment_load_days(w->db, a, at_ms, day_of(at_ms) < 40 ? 0 : day_of(at_ms) - 40, day_of(at_ms), leaf, &e);
    ck_assert_msg(as, "%s", e.text);
    for (size_t s = 0; s < as->subject_count; s++) {
        const struct test_history *h = subject_histories(as, a, s, &e);
        ck_assert_msg(h, "%s", e.text);
        for (size_t t = 0; t < content_test_count; t++) {
            const struct test_now *n = &as->tests[t].subjects[s];
            for (size_t i = 0; i < h[t].count; i++)
                buf_printf(&b, "%zu %zu %lld %lld %d\n", s, t, (long long)h[t].stretches[i].from_ms, (long long)h[t].stretches[i].to_ms, (int)h[t].stretches[i].status);
            if (n->is_present)
                buf_printf(&b, "%d %d %d %lld %lld/%lld\n", n->is_stale, (int)n->status, (int)n->before, (long long)n->since_ms, (long long)n->counts.of[RESULT_PASS], (long long)n->counts.of[RESULT_FAIL]);
        }
    }
    for (size_t i = 0; i < as->control_count; i++)
        buf_printf(&b, "%s %d %d %lld %lld %lld %lld\n", as->controls[i].control->id, (int)as->controls[i].live, (int)as->controls[i].operation.conclusion, (long long)as->controls[i].facts.window.pass_ms,
                   (long long)as->controls[i].facts.window.fail_ms, (long long)as->controls[i].facts.window.deviations, (long long)as->controls[i].since_ms);
    for (int64_t d = 0; d < as->day_count; d++)
        buf_printf(&b, "%lld %lld %lld\n", (long long)as->days[d].fail, (long long)as->days[d].pass, (long long)as->days[d].unknown);
    ck_assert(!b.full);
    struct str text = arena_str(w->arena, buf_view(&b));
    buf_release(&b);
    arena_free(a);
    return text;
}

static void evaluate_at_random(struct world *w, uint64_t *seed, size_t subject, struct told *before, int64_t at_ms)
{
    before->at_ms = at_ms;
    for (size_t t = 0; t < TESTS; t++) {
        if (test_random(seed) % 6 == 0)
            before->status[t] = (int)(test_random(seed) % 5) - 1;
        if (before->status[t] >= 0)
            world_result(w, content_tests[t * 20].id, "x", (enum result_status)before->status[t], "");
    }
    world_evaluate(w, hosts[subject], at_ms);
}

START_TEST(histories_say_what_was_evaluated_and_as_of_a_leaf_what_was_seen_then)
{
    uint64_t seed = 3;
    struct world w;
    struct told *told[SUBJECTS];
    size_t counts[SUBJECTS] = {0};
    int64_t leaves[8], at[8];
    struct str seen[8];
    world_init(&w);
    for (size_t s = 0; s < SUBJECTS; s++) {
        told[s] = calloc(RUNS + 1, sizeof *told[s]);
        for (size_t t = 0; t < TESTS; t++)
            told[s][0].status[t] = -1;
        world_subject(&w, hosts[s], hosts[s], 0);
    }
    for (int run = 0, looked = 0; run < RUNS; run++) {
        size_t s = test_random(&seed) % SUBJECTS;
        int64_t at_ms = 400 * MS_DAY + run * 7 * MS_HOUR;
        if (counts[s] > 0)
            told[s][counts[s]] = told[s][counts[s] - 1];
        evaluate_at_random(&w, &seed, s, &told[s][counts[s]++], at_ms);
        if (run % 50 == 37 && looked < 8) {
            leaves[looked] = w.next_leaf - 1;
            at[looked] = at_ms + MS_HOUR;
            seen[looked] = assessment_text(&w, at[looked], leaves[looked]);
            looked++;
        }
    }
    for (int i = 0; i < 8; i++)
        ck_assert_str_eq(assessment_text(&w, at[i], leaves[i]).data, seen[i].data);
    struct err e = {0};
    struct arena *a = arena_new("assessment", (size_t)64 << 20);
    int64_t end_ms = 400 * MS_DAY + RUNS * 7 * MS_HOUR;
    struct assessment *as = assessment_load_days(w.db, a, end_ms, 300, day_of(end_ms), w.next_leaf - 1, &e);
    ck_assert_msg(as, "%s", e.text);
    for (size_t s = 0; s < SUBJECTS; s++) {
        const struct test_history *h = subject_histories(as, a, s, &e);
        ck_assert(h);
        for (size_t t = 0; t < TESTS; t++)
            for (size_t i = 0; i < counts[s]; i++) {
                int status = -1;
                for (size_t k = 0; k < h[t * 20].count; k++)
                    if (h[t * 20].stretches[k].from_ms <= told[s][i].at_ms && told[s][i].at_ms < h[t * 20].stretches[k].to_ms)
                        status = (int)h[t * 20].stretches[k].status;
                ck_assert_int_eq(status, told[s][i].status[t]);
            }
        free(told[s]);
    }
    arena_free(a);
    world_release(&w);
}
END_TEST

/* On which day of the window the first test failed, of one failure from `from_ms` to `to_ms`; -1 on none, -2 on several. */
static int64_t failing_day(int64_t from_ms, int64_t to_ms, const char *place)
{
    struct world w;
    struct err e = {0};
    size_t count;
    enum result_status days[20] = {0};
    int64_t found = -1, end_ms = 410 * MS_DAY;
    const int64_t at[] = {398 * MS_DAY, from_ms, to_ms, to_ms + MS_DAY};
    world_init(&w);
    world_subject(&w, hosts[0], "web-1", 0);
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        world_result(&w, content_tests[0].id, "x", i == 1 ? RESULT_FAIL : RESULT_PASS, "");
        world_evaluate(&w, hosts[0], at[i]);
    }
    struct assessment *as = assessment_load_in(w.db, w.arena, end_ms, 395, 409, zone_open(w.arena, str_of(place)), w.next_leaf - 1, &e);
    ck_assert_msg(as, "%s", e.text);
    const struct test_history *h = subject_histories(as, w.arena, 0, &e);
    const struct stretch *s = test_stretches(as, w.arena, h, 0, 0, &count);
    days_mark(as, s, count, days);
    for (int64_t d = 0; d < as->day_count; d++) {
        ck_assert_int_eq(as->days[d].fail > 0, days[d] == RESULT_FAIL);
        if (days[d] == RESULT_FAIL)
            found = found == -1 ? as->first_day + d : -2;
    }
    world_release(&w);
    return found;
}

START_TEST(days_of_a_strip_begin_and_end_where_the_clocks_are)
{
    int64_t from_ms = 400 * MS_DAY + 16 * MS_HOUR, to_ms = from_ms + MS_HOUR; /* in Tokyo one o'clock at night of the next day */
    ck_assert_int_eq(failing_day(from_ms, to_ms, "UTC"), 400);
    ck_assert_int_eq(failing_day(from_ms, to_ms, "Asia/Tokyo"), 401);
    ck_assert_int_eq(failing_day(400 * MS_DAY + MS_HOUR, 400 * MS_DAY + 2 * MS_HOUR, "America/New_York"), 399);
    ck_assert_int_eq(failing_day(400 * MS_DAY + 14 * MS_HOUR, 400 * MS_DAY + 16 * MS_HOUR, "Asia/Tokyo"), -2);
    ck_assert_int_eq(failing_day(400 * MS_DAY + 14 * MS_HOUR, 400 * MS_DAY + 15 * MS_HOUR, "Asia/Tokyo"), 400); /* up to midnight, not into the next day */
}
END_TEST

START_TEST(a_damaged_chunk_is_told_and_not_read_over)
{
    struct world w;
    struct err e = {0};
    world_init(&w);
    world_subject(&w, hosts[0], "web-1", 0);
    for (int run = 0; run < 9; run++) {
        world_result(&w, content_tests[0].id, "x", run % 2 ? RESULT_PASS : RESULT_FAIL, "");
        world_evaluate(&w, hosts[0], 400 * MS_DAY + run * MS_HOUR);
    }
    world_check(db_run(w.db, &e, "update test_span_chunk set spans = substr(spans, 1, length(spans) - 1)"), &e);
    ck_assert(!assessment_load(w.db, w.arena, 401 * MS_DAY, w.next_leaf - 1, &e));
    ck_assert_int_eq(e.code, ERR_CORRUPT);
    ck_assert(strstr(e.text, "assay rebuild"));
    world_release(&w);
}
END_TEST

static size_t starters(const struct assessment *as)
{
    size_t count = 0;
    for (size_t i = 0; i < content_control_count; i++)
        count += control_is_starter(as, i);
    return count;
}

START_TEST(the_starter_set_has_85_controls_and_7_and_18_more_where_their_category_is_in_scope)
{
    struct world w;
    struct err e = {0};
    world_init(&w);
    struct assessment *as = assessment_load(w.db, w.arena, 400 * MS_DAY, w.next_leaf - 1, &e);
    ck_assert_msg(as, "%s", e.text);
    static const struct {
        const char *category;
        size_t count;
    } steps[] = {{"security", 85}, {"availability", 85}, {"confidentiality", 85}, {"processing_integrity", 92}, {"privacy", 110}};
    for (size_t s = 0; s < 5; s++) {
        for (size_t i = 0; i < content_category_count; i++)
            if (strcmp(content_categories[i].id, steps[s].category) == 0)
                ((bool *)(uintptr_t)as->program->category_in_scope)[i] = true;
        ck_assert_uint_eq(starters(as), steps[s].count);
    }
    world_release(&w);
}
END_TEST

TEST_MAIN("assessment", histories_say_what_was_evaluated_and_as_of_a_leaf_what_was_seen_then, days_of_a_strip_begin_and_end_where_the_clocks_are, a_damaged_chunk_is_told_and_not_read_over,
          the_starter_set_has_85_controls_and_7_and_18_more_where_their_category_is_in_scope)
