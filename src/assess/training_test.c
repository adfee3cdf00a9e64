#include "assess/training.h"

#include "assess/test_records.h"

#include <stdio.h>

static const struct course *course_open(const char *id)
{
    struct course_in_force found;
    const struct course *c = NULL;
    ck_assert_msg(course_in_force(db, a, str_of(id), &found, &c, &e), "%s", e.text);
    return c;
}

static struct str seed_of(uint64_t *state)
{
    return arena_printf(a, "%016llx%016llx", (unsigned long long)test_random(state), (unsigned long long)test_random(state));
}

START_TEST(courses_of_the_library_have_lessons_pictures_and_questions_enough)
{
    struct course_in_force *list;
    size_t n;
    ck_assert(courses_in_force(db, a, &list, &n, &e));
    ck_assert_uint_eq(n, 3);
    for (size_t i = 0; i < n; i++) {
        const struct course *c = course_open(list[i].id.data);
        ck_assert_uint_ge(c->lesson_count, 12);
        ck_assert_uint_ge(c->question_count, 30);
        ck_assert_int_eq(c->drawn, 20);
        for (size_t k = 0; k < c->lesson_count; k++)
            ck_assert(json_get(c->lessons[k].diagram, "items") && c->lessons[k].text.size > 200 && c->lessons[k].minutes > 0);
        for (size_t k = 0; k < c->question_count; k++)
            ck_assert(c->pool[k].right.size && c->pool[k].wrong_count >= 2 && c->pool[k].why.size);
    }
}
END_TEST

START_TEST(no_question_is_drawn_twice_and_the_same_seed_gives_the_same_quiz)
{
    const struct course *c = course_open("security_awareness");
    uint64_t state = 7;
    for (int round = 0; round < 2000; round++) {
        struct quiz q, again;
        struct str seed = seed_of(&state);
        ck_assert(quiz_draw(a, c, seed, &q, &e) && quiz_draw(a, c, seed, &again, &e));
        ck_assert_uint_eq(q.count, 20);
        uint64_t seen = 0;
        for (size_t i = 0; i < q.count; i++) {
            ck_assert(!(seen >> q.items[i].question & 1));
            seen |= UINT64_C(1) << q.items[i].question;
            unsigned places = 0;
            for (size_t k = 0; k < q.items[i].answers; k++)
                places |= 1u << q.items[i].order[k];
            ck_assert_uint_eq(places, (1u << q.items[i].answers) - 1);
            ck_assert_mem_eq(&q.items[i], &again.items[i], sizeof(q.items[i]));
        }
    }
}
END_TEST

/* Chi-squared over 38 questions: 37 degrees of freedom, and less than one in a million beyond 95. */
START_TEST(every_question_is_as_likely_as_any_and_so_is_every_place_of_the_right_answer)
{
    const struct course *c = course_open("security_awareness");
    enum { ROUNDS = 6000 };
    double hits[COURSE_POOL_MAX] = {0}, places[8] = {0}, four = 0, sum = 0;
    uint64_t state = 11;
    for (int round = 0; round < ROUNDS; round++) {
        struct arena *b = arena_new("round", 1 << 20);
        struct quiz q;
        ck_assert(quiz_draw(b, c, seed_of(&state), &q, &e));
        for (size_t i = 0; i < q.count; i++) {
            hits[q.items[i].question]++;
            if (q.items[i].answers != 4)
                continue;
            four++;
            for (size_t k = 0; k < 4; k++)
                places[k] += q.items[i].order[k] == 0;
        }
        arena_free(b);
    }
    double wanted = (double)ROUNDS * 20 / (double)c->question_count;
    for (size_t i = 0; i < c->question_count; i++)
        sum += (hits[i] - wanted) * (hits[i] - wanted) / wanted;
    ck_assert_double_lt(sum, 95);
    sum = 0;
    for (size_t k = 0; k < 4; k++)
        sum += (places[k] - four / 4) * (places[k] - four / 4) / (four / 4);
    ck_assert_double_lt(sum, 31); /* 3 degrees of freedom */
}
END_TEST

START_TEST(a_quiz_is_scored_by_what_was_chosen)
{
    const struct course *c = course_open("privacy");
    struct quiz q;
    struct str text;
    int chosen[100];
    ck_assert(quiz_draw(a, c, STR("0123456789abcdef0123456789abcdef"), &q, &e));
    for (size_t i = 0; i < q.count; i++)
        for (size_t k = 0; k < q.items[i].answers; k++)
            if (q.items[i].order[k] == 0)
                chosen[i] = (int)k;
    ck_assert_uint_eq(quiz_score(a, c, &q, chosen, &text), 20);
    ck_assert(!str_contains(text, "-"));
    chosen[0] = -1;
    chosen[1] = 99;
    chosen[2] = (chosen[2] + 1) % (int)q.items[2].answers;
    ck_assert_uint_eq(quiz_score(a, c, &q, chosen, &text), 17);
    ck_assert_int_eq(quiz_percent(16, 20), 80);
    ck_assert_int_eq(quiz_percent(2, 3), 66);
    ck_assert(!quiz_draw(a, c, STR("short"), &q, &e));
}
END_TEST

START_TEST(a_course_of_ones_own_is_checked_and_takes_the_place_of_the_librarys)
{
    static const char mine[] = "id: privacy\ntitle: Our privacy\nwords: W\nfor: everybody\npass_percent: 50\nquestions_drawn: 1\nlessons:\n- id: one\n  title: T\n  minutes: 1\n  text: X\n"
                               "  diagram: {kind: flow, title: D, items: [a, b]}\npool:\n- {id: q1, lesson: one, text: Q, right: 12, wrong: [13, 14], why: because}\n";
    struct course_in_force found;
    const struct course *c;
    ck_assert_msg(course_read(a, "course", str_of(mine), &e) != NULL, "%s", e.text);
    static const char *const wrong[][3] = {{"right: 12", "right: 13", "the right answer stands among the wrong ones"}, {"lesson: one, text", "lesson: two, text", "there is no lesson \"two\""},
                                           {"kind: flow", "kind: cake", "must be one of"}, {"questions_drawn: 1", "questions_drawn: 2", "no more than the pool has"},
                                           {"pass_percent: 50", "pass_percent: 101", "1 to 100"}};
    for (size_t i = 0; i < 5; i++) {
        struct str whole = str_of(mine);
        size_t at = (size_t)str_find(whole, str_of(wrong[i][0]));
        struct str text = arena_printf(a, "%.*s%s%s", (int)at, mine, wrong[i][1], mine + at + strlen(wrong[i][0]));
        struct err why = {0};
        ck_assert(!course_read(a, "course", text, &why));
        ck_assert_msg(strstr(why.text, wrong[i][2]) && strstr(why.text, "course:"), "%s", why.text);
    }
    version_put("course_records", "privacy", "published", "title, definition", arena_printf(a, "'Our privacy', '%s'", mine).data);
    ck_assert(course_in_force(db, a, STR("privacy"), &found, &c, &e));
    ck_assert(found.is_own && c->question_count == 1 && str_is(c->pool[0].right, "12") && c->lesson_count == 1);
}
END_TEST

/* ---- who is to take it ---- */

static int64_t day(int year, int month, int d)
{
    return day_of_date((struct date){year, month, d});
}

static struct record_change *missing;
static size_t missing_count;
static void look(int64_t today)
{
    ck_assert_msg(campaign_missing(db, a, STR("CAMP-0001"), today, &missing, &missing_count, &e), "%s", e.text);
}

static void people_put(void)
{
    version_put("people", "P-0001", "active", "name, kind, department", "'Ann', 'employee', 'Sales'");
    version_put("people", "P-0002", "active", "name, kind, department, manager, started_on", "'Bob', 'contractor', 'Engineering', 'P-0001', '2026-11-10'");
    version_put("people", "P-0003", "left", "name, kind", "'Cid', 'employee'");
    version_put("people", "P-0004", "active", "name, kind", "'Dan', 'auditor'");
    version_put("people", "P-0005", "active", "name, kind, started_on", "'Eve', 'employee', '2026-12-24'");
}

static void campaign_put(const char *audience)
{
    version_put("campaigns", "CAMP-0001", "running", "title, course, audience, department, due_on, is_standing",
                arena_printf(a, "'Yearly', 'privacy', '%s', 'sales, Engineering', '2026-11-30', 1", audience).data);
}

START_TEST(a_campaign_assigns_its_audience_once_and_gives_newcomers_their_days)
{
    people_put();
    campaign_put("all");
    look(day(2026, 11, 22));
    ck_assert_uint_eq(missing_count, 2);
    ck_assert(str_is(json_text(missing[0].set, "person"), "P-0001") && str_is(json_text(missing[0].set, "due_on"), "2026-11-30") && str_is(json_text(missing[0].set, "cause"), "campaign"));
    ck_assert(str_is(json_text(missing[1].set, "person"), "P-0002") && str_is(json_text(missing[1].set, "due_on"), "2026-12-10") && str_is(json_text(missing[1].set, "cause"), "newcomer"));
    ck_assert(str_is(json_text(missing[1].set, "escalate_to"), "P-0001"));
    version_put("training_assignments", "TRN-0001", "assigned", "person, course, campaign, due_on", "'P-0001', 'privacy', 'CAMP-0001', '2026-11-30'");
    version_put("training_assignments", "TRN-0002", "dropped", "person, course, campaign, due_on", "'P-0002', 'privacy', 'CAMP-0001', '2026-11-30'");
    look(day(2026, 11, 22));
    ck_assert_uint_eq(missing_count, 0);
    look(day(2026, 12, 24)); /* somebody new came */
    ck_assert_uint_eq(missing_count, 1);
    ck_assert(str_is(json_text(missing[0].set, "person"), "P-0005") && str_is(json_text(missing[0].set, "due_on"), "2027-01-23"));
}
END_TEST

START_TEST(an_audience_may_be_a_kind_departments_or_chosen_people)
{
    people_put();
    campaign_put("employees");
    look(day(2026, 11, 22));
    ck_assert_uint_eq(missing_count, 1);
    campaign_put("department");
    look(day(2026, 11, 22));
    ck_assert_uint_eq(missing_count, 2);
    campaign_put("chosen");
    look(day(2026, 11, 22));
    ck_assert_uint_eq(missing_count, 0);
    link_put("campaign", "CAMP-0001", "people", "P-0002");
    look(day(2026, 11, 22));
    ck_assert_uint_eq(missing_count, 1);
}
END_TEST

START_TEST(a_completion_counts_until_it_is_too_old_and_is_renewed_before)
{
    people_put();
    campaign_put("employees");
    version_put("training_completions", "DONE-0001", "recorded", "person, course, expires_on", "'P-0001', 'privacy', '2027-03-01'");
    look(day(2027, 1, 29));
    ck_assert_uint_eq(missing_count, 1); /* the one who came in December */
    look(day(2027, 1, 30));
    ck_assert_uint_eq(missing_count, 2);
    ck_assert(str_is(json_text(missing[0].set, "cause"), "renewal") && str_is(json_text(missing[0].set, "due_on"), "2027-03-01"));
    look(day(2027, 6, 1));
    ck_assert(str_is(json_text(missing[0].set, "due_on"), "2027-06-08"));
}
END_TEST

START_TEST(leavers_are_let_go_and_managers_are_told_once)
{
    struct training_work work;
    people_put();
    version_put("training_assignments", "TRN-0001", "started", "person, course, due_on", "'P-0003', 'privacy', '2026-11-30'");
    version_put("training_assignments", "TRN-0002", "assigned", "person, course, due_on, escalate_days", "'P-0002', 'privacy', '2026-11-30', 3");
    ck_assert(training_due(db, a, day(2026, 11, 22), &work, &e));
    ck_assert(work.count == 1 && str_is(work.changes[0].id, "TRN-0001") && str_is(work.changes[0].transition, "drop"));
    version_put("training_assignments", "TRN-0001", "dropped", "person, course", "'P-0003', 'privacy'");
    ck_assert(training_due(db, a, day(2026, 12, 2), &work, &e));
    ck_assert_uint_eq(work.count, 0);
    ck_assert(training_due(db, a, day(2026, 12, 3), &work, &e));
    ck_assert(work.count == 1 && str_is(json_text(work.changes[0].set, "escalated_to"), "P-0001"));
    campaign_put("all");
    version_put("training_assignments", "TRN-0002", "assigned", "person, course, due_on, escalated_to", "'P-0002', 'privacy', '2026-11-30', 'P-0001'");
    ck_assert(training_due(db, a, day(2026, 12, 3), &work, &e));
    ck_assert(work.count == 1 && work.changes[0].act == RECORD_CREATE && str_starts(work.key, "training/CAMP-0001/"));
}
END_TEST

TEST_MAIN_WITH("training", setup, teardown, courses_of_the_library_have_lessons_pictures_and_questions_enough, no_question_is_drawn_twice_and_the_same_seed_gives_the_same_quiz,
               every_question_is_as_likely_as_any_and_so_is_every_place_of_the_right_answer, a_quiz_is_scored_by_what_was_chosen,
               a_course_of_ones_own_is_checked_and_takes_the_place_of_the_librarys, a_campaign_assigns_its_audience_once_and_gives_newcomers_their_days,
               an_audience_may_be_a_kind_departments_or_chosen_people, a_completion_counts_until_it_is_too_old_and_is_renewed_before, leavers_are_let_go_and_managers_are_told_once)
