#include "assess/reconcile.h"

#include "assess/lifecycle.h"
#include "base/test.h"
#include "base/times.h"

enum { ROUNDS = 400, PEOPLE = 12, SYSTEMS = 4, ACCOUNTS = 24 };

static struct arena *a;
static uint64_t seed;

static void setup(void)
{
    a = arena_new("test", 256 << 20);
    seed = 20261122;
}
static void teardown(void)
{
    arena_free(a);
}

static uint64_t upto(uint64_t n)
{
    return test_random(&seed) % n;
}

struct sample {
    struct roster_person persons[PEOPLE];
    struct roster_system systems[SYSTEMS];
    struct roster_account accounts[ACCOUNTS];
    struct roster_facts f;
};

static void sample_make(struct sample *s)
{
    static const char *const kinds[] = {"person", "person", "service", "shared"};
    *s = (struct sample){0};
    size_t persons = upto(PEOPLE + 1), systems = 1 + upto(SYSTEMS), accounts = upto(ACCOUNTS + 1);
    for (size_t i = 0; i < persons; i++)
        s->persons[i] = (struct roster_person){.id = arena_printf(a, "P-%04zu", i), .name = arena_printf(a, "Name%zu Last%zu", i, i), .kind = STR("employee"),
                                               .team = upto(2) ? STR("ops") : STR("dev"), .first_day = upto(2) ? (int64_t)(900 + upto(200)) : 0,
                                               .last_day = upto(3) ? 0 : (int64_t)(950 + upto(100)), .has_left = !upto(6)};
    for (size_t i = 0; i < systems; i++)
        s->systems[i] = (struct roster_system){.id = arena_printf(a, "SYS-%zu", i), .name = arena_printf(a, "System %zu", i),
                                               .account_for = str_of(((const char *const[]){"everybody", "some", "nobody", ""})[upto(4)]), .account_teams = STR("Ops, x"),
                                               .taken_ms = upto(4) ? (int64_t)(990 + upto(20)) * MS_DAY : 0};
    for (size_t i = 0; i < accounts; i++)
        s->accounts[i] = (struct roster_account){.id = arena_printf(a, "ACC-%zu", i), .system = s->systems[upto(systems)].id, .name = arena_printf(a, "login%zu", i),
                                                 .display = upto(3) || persons == 0 ? STR("") : s->persons[upto(persons)].name,
                                                 .person = persons && upto(4) ? s->persons[upto(persons)].id : STR(""), .kind = str_of(kinds[upto(4)]),
                                                 .owner = persons && upto(2) ? s->persons[upto(persons)].id : STR(""), .created_day = upto(2) ? (int64_t)(900 + upto(120)) : 0,
                                                 .is_live = upto(4) != 0};
    s->f = (struct roster_facts){s->persons, persons, s->systems, systems, s->accounts, accounts, 1000, NULL, NULL};
}

static size_t compare(const struct roster_facts *f, struct roster_difference **ret, struct roster_counts *counts)
{
    size_t count;
    roster_reconcile(a, f, ret, &count, counts);
    return count;
}

#define SHUFFLE(list, count)                                                                                                                                                               \
    for (size_t k = (count); k > 1; k--) {                                                                                                                                                 \
        size_t other = upto(k);                                                                                                                                                            \
        __typeof__((list)[0]) kept = (list)[k - 1];                                                                                                                                        \
        (list)[k - 1] = (list)[other];                                                                                                                                                     \
        (list)[other] = kept;                                                                                                                                                              \
    }

START_TEST(the_order_of_rows_means_nothing)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct sample s;
        struct roster_difference *before, *after;
        struct roster_counts x, y;
        sample_make(&s);
        size_t n = compare(&s.f, &before, &x);
        struct str *words = arena_array(a, n + 1, sizeof *words);
        for (size_t i = 0; i < n; i++)
            words[i] = arena_printf(a, "%.*s %.*s %lld", STR_ARGS(before[i].key), STR_ARGS(before[i].words), (long long)before[i].lag_hours);
        SHUFFLE(s.persons, s.f.person_count)
        SHUFFLE(s.systems, s.f.system_count)
        SHUFFLE(s.accounts, s.f.account_count)
        ck_assert_uint_eq(compare(&s.f, &after, &y), n);
        for (size_t i = 0; i < n; i++) {
            struct str again = arena_printf(a, "%.*s %.*s %lld", STR_ARGS(after[i].key), STR_ARGS(after[i].words), (long long)after[i].lag_hours);
            ck_assert_msg(str_equal(words[i], again), "%s / %s", words[i].data, again.data);
        }
    }
}
END_TEST

START_TEST(each_key_stands_once_and_counts_add_up)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct sample s;
        struct roster_difference *items;
        struct roster_counts x;
        sample_make(&s);
        size_t n = compare(&s.f, &items, &x), of_kinds = 0;
        for (size_t i = 1; i < n; i++)
            ck_assert_int_lt(str_compare(items[i - 1].key, items[i].key), 0);
        for (int k = 0; k < DIFFERENCE_KINDS; k++)
            of_kinds += x.differences[k];
        ck_assert_uint_eq(of_kinds, n);
        ck_assert_uint_eq(x.total, n);
        ck_assert_uint_eq(x.matched + x.unmatched, x.accounts);
        ck_assert_uint_eq(x.accounts, s.f.account_count);
        ck_assert_uint_eq(x.present + x.left, x.persons);
        ck_assert(x.live <= x.accounts);
    }
}
END_TEST

static bool has_key(const struct roster_difference *items, size_t n, struct str key)
{
    for (size_t i = 0; i < n; i++)
        if (str_equal(items[i].key, key))
            return true;
    return false;
}

START_TEST(a_leavers_live_account_is_always_a_difference)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct sample s;
        struct roster_difference *items;
        struct roster_counts x;
        sample_make(&s);
        size_t n = compare(&s.f, &items, &x);
        for (size_t i = 0; i < s.f.account_count; i++)
            for (size_t k = 0; k < s.f.person_count; k++) {
                const struct roster_person *p = &s.persons[k];
                if (!str_equal(s.accounts[i].person, p->id))
                    continue;
                bool is_leaver = (p->has_left || (p->last_day && p->last_day < s.f.today)) && s.accounts[i].is_live;
                struct str key = arena_printf(a, "leaver/%.*s/%.*s", STR_ARGS(s.accounts[i].system), STR_ARGS(s.accounts[i].name));
                ck_assert_int_eq(has_key(items, n, key), is_leaver);
            }
    }
}
END_TEST

/* An explanation is kept under a key: whatever comes in addition has another key, and what was there keeps its own. */
START_TEST(explaining_never_hides_a_new_one)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct sample s;
        struct roster_difference *before, *after;
        struct roster_counts x, y;
        sample_make(&s);
        if (s.f.account_count == ACCOUNTS)
            s.f.account_count--;
        size_t n = compare(&s.f, &before, &x);
        s.accounts[s.f.account_count] = (struct roster_account){.id = STR("ACC-new"), .system = s.systems[0].id, .name = STR("brand-new"), .kind = STR("person"), .is_live = true};
        s.f.account_count++;
        size_t m = compare(&s.f, &after, &y);
        ck_assert_uint_eq(m, n + 1);
        for (size_t i = 0; i < n; i++)
            ck_assert(has_key(after, m, before[i].key));
        struct str key = arena_printf(a, "orphan/%.*s/brand-new", STR_ARGS(s.systems[0].id));
        ck_assert(!has_key(before, n, key) && has_key(after, m, key));
    }
}
END_TEST

START_TEST(names_agree_whatever_their_order)
{
    static const struct {
        const char *a, *b;
        bool agrees;
    } cases[] = {{"Ada Byron", "Byron, Ada", true},  {"ada byron", "Ada Byron", true},   {"A. Byron", "Ada Byron", true}, {"Ada", "Ada Byron", true},
                 {"Ada Byron", "Eve Byron", false}, {"A. B.", "Ada Byron", false},      {"", "Ada", false},              {"Ada King Byron", "Ada Byron", true},
                 {"Adam Byron", "Ada Byron", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_msg(names_agree(str_of(cases[i].a), str_of(cases[i].b)) == cases[i].agrees, "%s, %s", cases[i].a, cases[i].b);
        ck_assert_msg(names_agree(str_of(cases[i].b), str_of(cases[i].a)) == cases[i].agrees, "%s, %s", cases[i].b, cases[i].a);
    }
}
END_TEST

/* ---- deadlines ---- */

START_TEST(a_deadline_is_a_business_day_so_many_later)
{
    for (int round = 0; round < ROUNDS; round++) {
        int64_t holidays[3], day = 20000 + (int64_t)upto(1000), within = 1 + (int64_t)upto(20);
        for (int i = 0; i < 3; i++)
            holidays[i] = day + i * 7 + (int64_t)upto(7);
        struct calendar c = {holidays, 3};
        int64_t due = lifecycle_deadline(&c, day, within, true), passed = 0;
        ck_assert(calendar_is_business_day(&c, due));
        for (int64_t d = day + 1; d <= due; d++)
            passed += calendar_is_business_day(&c, d);
        ck_assert_int_eq(passed, within);
        ck_assert_int_eq(lifecycle_deadline(&c, day, 0, true), day);
        ck_assert_int_eq(lifecycle_deadline(&c, day, within, false), day + within);
        ck_assert(lifecycle_deadline(&c, day, within + 1, true) > due);
    }
}
END_TEST

START_TEST(a_lag_counts_begun_hours_from_the_end_of_the_last_day)
{
    ck_assert_int_eq(lifecycle_lag_hours(100, 100 * MS_DAY), 0);
    ck_assert_int_eq(lifecycle_lag_hours(100, 101 * MS_DAY), 0);
    ck_assert_int_eq(lifecycle_lag_hours(100, 101 * MS_DAY + 1), 1);
    ck_assert_int_eq(lifecycle_lag_hours(100, 103 * MS_DAY), 48);
}
END_TEST

TEST_MAIN_WITH("reconcile", setup, teardown, the_order_of_rows_means_nothing, each_key_stands_once_and_counts_add_up, a_leavers_live_account_is_always_a_difference,
          explaining_never_hides_a_new_one, names_agree_whatever_their_order, a_deadline_is_a_business_day_so_many_later, a_lag_counts_begun_hours_from_the_end_of_the_last_day)
