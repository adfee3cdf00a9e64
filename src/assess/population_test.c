#include "base/test.h"

#include "assess/population_events.h"
#include "assess/population_match.h"

static struct arena *a;
static struct err e;
static uint64_t seed = 7;

static void setup(void)
{
    a = arena_new("test", (size_t)1 << 30);
    e = (struct err){0};
}
static void teardown(void)
{
    arena_free(a);
}

static struct frozen csv(const char *text)
{
    struct frozen f;
    struct str rows;
    ck_assert_msg(population_freeze_csv(str_of(text), a, &rows, &e) && frozen_open(a, rows, &f, &e), "%s", e.text);
    return f;
}

static void csv_fails(const char *text, size_t size, const char *why)
{
    struct str rows;
    e = (struct err){0};
    ck_assert(!population_freeze_csv(str_make(text, size), a, &rows, &e));
    ck_assert_msg(strstr(e.text, why), "%s", e.text);
}

START_TEST(a_file_is_frozen_alike_in_any_order_and_freezing_twice_gives_the_same)
{
    struct frozen p = csv("id,when\n2,b\n1,a\n\n3,\n"), q = csv("\xef\xbb\xbfid;when\r\n\"1\";a\r\n3;;\r\n2; b \r\n");
    ck_assert_int_eq(p.count, 3);
    ck_assert(str_equal(p.text, q.text));
}
END_TEST

START_TEST(a_hostile_file_gives_a_clear_line)
{
    csv_fails("", 0, "empty");
    csv_fails("a,b\n\"x", 6, "line 2");
    csv_fails("a,b\n1,2,3\n", 10, "line 2: has more cells");
    csv_fails("a,a\n1,2\n", 8, "two columns");
    csv_fails("a,\xff\n", 5, "UTF-8");
    csv_fails("a\n\0\n", 4, "UTF-8 text");
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 20);
    for (size_t i = 0; i < 70; i++)
        buf_printf(&b, "c%zu,", i);
    csv_fails(b.data, b.size, "64");
    buf_clear(&b);
    buf_cstr(&b, "a\n");
    for (size_t i = 0; i < FROZEN_ROWS_MAX + 2; i++)
        buf_cstr(&b, "x\n");
    csv_fails(b.data, b.size, "1000000 rows");
}
END_TEST

/* ---- two sources ---- */

static struct frozen made(size_t count, size_t of)
{
    struct frozen_writer w;
    struct frozen f;
    struct str text, columns[] = {STR("k"), STR("v")};
    ck_assert(frozen_begin(&w, columns, 2, &e));
    for (size_t i = 0; i < count; i++) {
        frozen_text(&w, test_random(&seed) % 9 == 0 ? STR("") : arena_printf(a, "%s%llu", i % 2 ? "K" : "k", (unsigned long long)(test_random(&seed) % of)));
        frozen_int(&w, (int64_t)(test_random(&seed) % 2));
        ck_assert(frozen_row_end(&w, &e));
    }
    ck_assert(frozen_end(&w, a, &text, &e) && frozen_open(a, text, &f, &e));
    return f;
}

static size_t hold(const struct frozen *p, const struct frozen *q, struct match_difference **ret, struct match_counts *counts)
{
    struct match_side here = {.rows = p, .keys = {0}, .values = {1}}, there = {.rows = q, .keys = {0}, .values = {1}};
    size_t count;
    ck_assert_msg(population_match(a, &here, &there, 1, 1, ret, &count, counts, &e), "%s", e.text);
    return count;
}

START_TEST(two_sources_differ_in_the_same_places_from_both_sides)
{
    for (size_t round = 0; round < 200; round++) {
        struct frozen p = made(test_random(&seed) % 30, 12), q = made(test_random(&seed) % 30, 12);
        struct match_difference *x, *y;
        struct match_counts m, n;
        size_t x_count = hold(&p, &q, &x, &m), y_count = hold(&q, &p, &y, &n);
        ck_assert_int_eq(x_count, y_count);
        ck_assert(m.missing_here == n.missing_there && m.missing_there == n.missing_here && m.differing == n.differing && m.matched == n.matched);
        ck_assert_int_eq(m.matched + m.missing_there, p.count);
        ck_assert_int_eq(m.matched + m.missing_here, q.count);
        for (size_t i = 0; i < x_count; i++) {
            bool is_there = false;
            for (size_t k = 0; k < y_count; k++)
                is_there |= x[i].row_here == y[k].row_there && x[i].row_there == y[k].row_here;
            ck_assert(is_there);
        }
        ck_assert_int_eq(hold(&p, &p, &x, &m), m.missing_here + m.missing_there); /* with itself: those without a key alone */
        ck_assert_int_eq(m.differing, 0);
    }
}
END_TEST

START_TEST(what_differs_is_named_with_both_values)
{
    struct frozen p = csv("name,left\nAnn,2026-01-05\nBob,2026-02-01\nCleo,2026-03-01\n"), q = csv("who,last day\n ann ,2026-01-05\nBob,2026-02-03\nDan,2026-04-01\n");
    size_t keys_here[MATCH_COLUMNS_MAX], keys_there[MATCH_COLUMNS_MAX], count;
    struct match_side here = {.rows = &p}, there = {.rows = &q};
    struct match_difference *items;
    struct match_counts n;
    ck_assert(match_columns(STR("name=who"), &p, &q, here.keys, there.keys, &count, &e) && count == 1);
    ck_assert(match_columns(STR("left = last day"), &p, &q, here.values, there.values, &count, &e) && count == 1);
    ck_assert(!match_columns(STR("name=nobody"), &p, &q, keys_here, keys_there, &count, &e) && strstr(e.text, "nobody"));
    e = (struct err){0};
    ck_assert(population_match(a, &here, &there, 1, 1, &items, &count, &n, &e));
    ck_assert_int_eq(count, 3);
    ck_assert(items[0].kind == MATCH_DIFFERS && str_is(items[0].item, "Bob") && str_contains(items[0].detail, "2026-02-03"));
    ck_assert(items[1].kind == MATCH_MISSING_THERE && str_is(items[1].item, "Cleo"));
    ck_assert(items[2].kind == MATCH_MISSING_HERE && str_is(items[2].item, "Dan"));
}
END_TEST

/* ---- what is checked ---- */

START_TEST(rows_to_trace_are_the_same_each_time_and_nobodys_choice)
{
    struct population p = {.x = STR("x"), .rows = 100, .seed = sha256_of(STR("a"))}, q = p;
    size_t x[POPULATION_TRACED_MAX], y[POPULATION_TRACED_MAX];
    ck_assert_int_eq(population_draw(&p, x), 5);
    ck_assert_int_eq(population_draw(&p, y), 5);
    ck_assert(memcmp(x, y, sizeof x) == 0 && x[0] >= 1 && x[4] <= 100 && x[0] < x[1]);
    q.seed = sha256_of(STR("b"));
    population_draw(&q, y);
    ck_assert(memcmp(x, y, sizeof x) != 0);
    q.rows = 3;
    ck_assert_int_eq(population_draw(&q, y), 3);
    q.rows = 0;
    ck_assert_int_eq(population_draw(&q, y), 0);
}
END_TEST

START_TEST(holes_in_a_sequence_are_counted_by_us)
{
    struct population_sequence s;
    struct frozen f = csv("id\nINC-0001\nINC-0002\nINC-0005\nINC-0005\n"), g = csv("id\n7f3a\nb2\n"), h = csv("id\n1700000000123\n1600000000456\n");
    ck_assert(population_sequence(&f, a, STR("id"), &s));
    ck_assert(s.holes == 2 && s.duplicates == 1 && s.shown[0] == 3 && s.shown[1] == 4 && str_is(s.prefix, "INC-"));
    ck_assert(!population_sequence(&g, a, STR("id"), &s) && !population_sequence(&h, a, STR("id"), &s) && !population_sequence(&f, a, STR("x"), &s));
}
END_TEST

/* ---- rows as events ---- */

static struct evaluation events(const char *text, const char *sla, const char *roles, struct str *why)
{
    struct frozen f = csv(text);
    struct population p = {.sla = STR(""), .roles = str_of(roles)};
    struct event_rules rules = {.sla = str_of(sla), .extension = STR("P60D")};
    struct event *list = NULL;
    size_t count = 0;
    struct evaluation_limits limits = EVALUATION_LIMITS_DEFAULT;
    struct days days = {20454, 20634}; /* 2026-01-01 to 2026-06-30 */
    if (!population_events(a, &p, &f, &rules, 0, &list, &count, why))
        return (struct evaluation){.n = -1};
    return events_evaluate(list, count, &(struct calendar){0}, days, (days.last + 1) * MS_DAY, &limits);
}

START_TEST(rows_become_events_by_what_their_columns_are)
{
    struct str why;
    struct evaluation v = events("id,date,completed\n1,2026-01-05,2026-01-06\n2,2026-01-09,2026-01-12T17:00:00Z\n3,2026-01-05,2026-01-09\n4,2025-12-31,\n", "P1BD", "", &why);
    ck_assert_int_eq(v.n, 3);
    ck_assert_int_eq(v.deviations, 1);
    ck_assert_int_eq(v.outcomes[OUTCOME_OUT_OF_WINDOW], 1);
    v = events("ticket;opened;closed;sev\n1;2026-03-01 10:00;2026-03-01 11:30;High\n2;2026-03-01 10:00;;low\n", "high=PT1H low=P30D", "date=opened completed=closed severity=sev", &why);
    ck_assert_int_eq(v.n, 2);
    ck_assert_int_eq(v.deviations, 2);
    v = events("date,completed,deadline\n2026-03-01,2026-03-20,2026-03-20\n2026-06-29,,2026-07-20\n", "", "", &why);
    ck_assert_int_eq(v.n, 1);
    ck_assert_int_eq(v.deviations, 0);
    v = events("date,completed,extended_on\n2026-01-02,2026-03-20,2026-01-20\n", "P30D", "", &why);
    ck_assert_int_eq(v.outcomes[OUTCOME_MET], 1);
    v = events("date,completed,extended_on\n2026-01-02,2026-03-20,2026-02-20\n", "P30D", "", &why);
    ck_assert_int_eq(v.outcomes[OUTCOME_LATE], 1);
}
END_TEST

/* From New Year to the end of June in Berlin: the clock goes from +1 to +2 on 29 March. */
START_TEST(days_and_hours_are_those_of_the_engagements_zone)
{
    static const struct {
        const char *row, *sla;
        enum outcome outcome;
    } cases[] = {
        {"2025-12-31T22:59:59Z,2025-12-31T23:30:00Z", "PT1H", OUTCOME_OUT_OF_WINDOW}, /* the old year */
        {"2025-12-31T23:00:00Z,2025-12-31T23:30:00Z", "PT1H", OUTCOME_MET},           /* its first instant */
        {"2026-06-30T21:59:59Z,2026-06-30T21:59:59Z", "PT1H", OUTCOME_MET},           /* its last second: UTC would have called 22:00 June */
        {"2026-06-30T22:00:00Z,2026-06-30T22:10:00Z", "PT1H", OUTCOME_OUT_OF_WINDOW}, /* July there */
        {"2026-03-28T12:00:00Z,2026-03-29T11:59:00Z", "PT24H", OUTCOME_MET},          /* 24 hours, though the clock shows 25 */
        {"2026-03-28T12:00:00Z,2026-03-29T12:01:00Z", "PT24H", OUTCOME_LATE},
        {"2026-03-28T12:00:00Z,2026-03-29T10:59:00Z", "P1D", OUTCOME_MET},            /* a day: until 13:00 on the clock, 23 hours later */
        {"2026-03-28T12:00:00Z,2026-03-29T11:01:00Z", "P1D", OUTCOME_LATE},
        {"2026-03-27T23:30:00Z,2026-03-30T21:59:00Z", "P1BD", OUTCOME_MET},           /* a Saturday there: the end of Monday */
        {"2026-03-27T23:30:00Z,2026-03-30T22:01:00Z", "P1BD", OUTCOME_LATE},
        {"2026-03-29 00:30,2026-03-29 23:00", "PT24H", OUTCOME_MET},                  /* as the clock there shows it */
    };
    struct zone *berlin = zone_open(a, STR("Europe/Berlin"));
    struct evaluation_limits limits = EVALUATION_LIMITS_DEFAULT;
    struct days days = {20454, 20634};
    ck_assert(berlin != NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct frozen f = csv(arena_printf(a, "date,completed\n%s\n", cases[i].row).data);
        struct population p = {.sla = STR(""), .roles = STR("")};
        struct event_rules rules = {.sla = str_of(cases[i].sla), .extension = STR("")};
        struct event *list = NULL;
        struct str why;
        size_t count = 0;
        ck_assert_msg(population_events(a, &p, &f, &rules, berlin, &list, &count, &why), "%zu: %.*s", i, STR_ARGS(why));
        struct evaluation v = events_evaluate(list, count, &(struct calendar){0}, days, zone_local_ms(berlin, zone_instant_ms(berlin, (days.last + 1) * MS_DAY)), &limits);
        ck_assert_msg(v.outcomes[cases[i].outcome] == 1, "%zu: %s within %s", i, cases[i].row, cases[i].sla);
    }
}
END_TEST

START_TEST(a_row_that_cannot_be_read_is_named)
{
    struct str why;
    ck_assert_int_eq(events("date,completed\nlast week,\n", "P1D", "", &why).n, -1);
    ck_assert_msg(str_contains(why, "row 1") && str_contains(why, "last week"), "%s", why.data);
    ck_assert_int_eq(events("date,completed\n,2026-01-01\n", "P1D", "", &why).n, -1);
    ck_assert_int_eq(events("date,severity\n2026-01-01,odd\n", "high=P1D", "", &why).n, -1);
    ck_assert(str_contains(why, "odd"));
}
END_TEST

START_TEST(every_attribute_has_to_hold)
{
    static const char *const names[] = {"approved", "tested"};
    struct event_rules rules = {.attributes = {names, 2}};
    struct frozen f = csv("id,date,approved,ok\n1,2026-01-05,yes,1\n2,2026-01-06,yes,no\n3,2026-01-07,,true\n4,2026-01-08,Yes,n/a\n5,2025-01-08,no,no\n");
    struct population p = {.roles = STR("tested=ok"), .sla = STR("")}, q = {.roles = STR(""), .sla = STR("")};
    struct attributes t = {0};
    struct str why;
    ck_assert_msg(population_attributes(a, &p, &f, &rules, (struct days){20454, 20634}, 0, &t, &why), "%s", why.data);
    ck_assert_int_eq(t.tested, 4);
    ck_assert_int_eq(t.deviations, 2);
    t = (struct attributes){0};
    ck_assert(!population_attributes(a, &q, &f, &rules, (struct days){20454, 20634}, 0, &t, &why) && str_contains(why, "tested"));
}
END_TEST

TEST_MAIN_WITH("population", setup, teardown, a_file_is_frozen_alike_in_any_order_and_freezing_twice_gives_the_same, a_hostile_file_gives_a_clear_line,
               two_sources_differ_in_the_same_places_from_both_sides, what_differs_is_named_with_both_values, rows_to_trace_are_the_same_each_time_and_nobodys_choice,
               holes_in_a_sequence_are_counted_by_us, rows_become_events_by_what_their_columns_are, days_and_hours_are_those_of_the_engagements_zone, a_row_that_cannot_be_read_is_named, every_attribute_has_to_hold)
