#include "assess/access_flags.h"

#include "base/test.h"

enum { CASES = 20000 };
static const int64_t TODAY = 20000;

static struct arena *arena;
static uint64_t seed;

static void setup(void)
{
    arena = arena_new("test", (size_t)512 << 20);
    seed = 88172645463325252u;
}

static void teardown(void)
{
    arena_free(arena);
}

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static struct access_account account_draw(void)
{
    return (struct access_account){.kind = (enum account_kind)draw(3),
                                   .has_person = draw(2),
                                   .has_person_left = draw(2),
                                   .has_owner = draw(2),
                                   .has_owner_left = draw(2),
                                   .privileged = (enum known)draw(3),
                                   .enabled = (enum known)draw(3),
                                   .never_used = (enum known)draw(3),
                                   .last_used_day = draw(3) ? TODAY - (int64_t)draw(400) : DAY_NONE,
                                   .created_day = draw(2) ? TODAY - (int64_t)draw(400) : DAY_NONE,
                                   .has_conflict = draw(5) == 0,
                                   .has_last_review = draw(2),
                                   .was_there_then = draw(2),
                                   .was_decided_then = draw(2)};
}

START_TEST(an_unknown_last_use_is_flagged_and_never_taken_for_use)
{
    for (int i = 0; i < CASES; i++) {
        struct access_account x = account_draw();
        x.last_used_day = DAY_NONE;
        x.never_used = KNOWN_NOT;
        unsigned flags = access_flags(&x, TODAY, 90);
        ck_assert_int_eq((flags & ACCESS_USE_UNKNOWN) != 0, x.enabled != KNOWN_NO);
        ck_assert(!(flags & ACCESS_DORMANT));
    }
}
END_TEST

START_TEST(what_is_not_known_never_takes_a_flag_away)
{
    const unsigned use = ACCESS_DORMANT | ACCESS_USE_UNKNOWN;
    for (int i = 0; i < CASES; i++) {
        struct access_account x = account_draw(), y = x;
        y.enabled = KNOWN_NOT; /* closed or not: nobody knows */
        ck_assert_uint_eq(access_flags(&x, TODAY, 90) & ~access_flags(&y, TODAY, 90), 0);
        y = x;
        y.last_used_day = DAY_NONE; /* when it was used: nobody knows */
        y.never_used = KNOWN_NOT;
        if (access_flags(&x, TODAY, 90) & use)
            ck_assert_uint_ne(access_flags(&y, TODAY, 90) & use, 0);
    }
}
END_TEST

START_TEST(dormant_is_more_than_the_days_and_a_young_account_may_wait)
{
    struct access_account x = {.kind = ACCOUNT_PERSON, .has_person = true, .enabled = KNOWN_YES, .last_used_day = TODAY - 90, .created_day = DAY_NONE};
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), 0);
    x.last_used_day = TODAY - 91;
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), ACCESS_DORMANT);
    x.last_used_day = TODAY + 30; /* the clock was wrong */
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), ACCESS_USE_UNKNOWN);
    x.last_used_day = DAY_NONE;
    x.never_used = KNOWN_YES;
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), ACCESS_DORMANT);
    x.created_day = TODAY - 3;
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), 0);
}
END_TEST

START_TEST(more_days_never_flag_more)
{
    for (int i = 0; i < CASES; i++) {
        struct access_account x = account_draw();
        int64_t days = (int64_t)draw(300);
        ck_assert_uint_eq(access_flags(&x, TODAY, days + (int64_t)draw(100)) & ~access_flags(&x, TODAY, days), 0);
    }
}
END_TEST

START_TEST(leavers_orphans_and_programs_without_an_owner)
{
    struct access_account x = {.kind = ACCOUNT_PERSON, .has_person = true, .has_person_left = true, .last_used_day = TODAY};
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), ACCESS_LEAVER);
    x.enabled = KNOWN_NO;
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), 0);
    x = (struct access_account){.kind = ACCOUNT_PERSON, .last_used_day = TODAY};
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), ACCESS_ORPHAN);
    x.kind = ACCOUNT_SERVICE;
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), ACCESS_NO_OWNER);
    x.has_owner = true;
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), 0);
    x.has_owner_left = true;
    ck_assert_uint_eq(access_flags(&x, TODAY, 90), ACCESS_NO_OWNER);
}
END_TEST

START_TEST(flags_are_named_and_the_heavier_one_weighs_more_than_all_lighter_ones)
{
    for (unsigned f = 1; f <= ACCESS_NEW; f <<= 1) {
        ck_assert_uint_eq(access_flag_of(str_of(access_flag_name(f))), f);
        ck_assert_uint_gt(strlen(access_flag_words(f)), 0);
    }
    for (unsigned f = 1; f < ACCESS_NEW; f <<= 1)
        ck_assert_int_ge(access_flags_weight(f), access_flags_weight(f << 1));
    ck_assert(str_is(access_flags_text(arena, ACCESS_NEW | ACCESS_LEAVER), "leaver new"));
}
END_TEST

/* ---- the duty matrix ---- */

START_TEST(two_rights_of_one_holder_conflict_across_systems_one_alone_does_not)
{
    const struct duty_rule rules[] = {{STR("SOD-0001"), STR("Write and deploy"), STR(""), STR("dev-*"), STR("SYS-2"), STR("DEPLOY")}};
    struct held h[] = {{.holder = STR("P-1"), .system = STR("SYS-1"), .rights = STR("dev-team, mail")}, {.holder = STR("P-1"), .system = STR("SYS-2"), .rights = STR("deploy")},
                       {.holder = STR("P-2"), .system = STR("SYS-1"), .rights = STR("dev-ops")},        {.holder = STR("P-3"), .system = STR("SYS-3"), .rights = STR("deploy, dev-x")}};
    access_conflicts(arena, h, 4, rules, 1);
    ck_assert(str_is(h[0].conflicts, "SOD-0001 Write and deploy"));
    ck_assert(str_is(h[1].conflicts, "SOD-0001 Write and deploy"));
    ck_assert_uint_eq(h[2].conflicts.size, 0);
    ck_assert_uint_eq(h[3].conflicts.size, 0);
}
END_TEST

START_TEST(one_right_that_is_both_sides_is_no_conflict_with_itself)
{
    const struct duty_rule rules[] = {{STR("SOD-0001"), STR("x"), STR(""), STR("*admin*"), STR(""), STR("*admin*")}};
    struct held h[] = {{.holder = STR("P-1"), .system = STR("A"), .rights = STR("admin")}};
    access_conflicts(arena, h, 1, rules, 1);
    ck_assert_uint_eq(h[0].conflicts.size, 0);
    h[0].is_privileged = true;
    h[0].rights = STR("admin, billing-admin");
    access_conflicts(arena, h, 1, rules, 1);
    ck_assert_uint_gt(h[0].conflicts.size, 0);
}
END_TEST

START_TEST(conflicts_do_not_depend_on_the_order_of_accounts)
{
    static const char *const rights[] = {"a", "b", "a, c", "b, c", "d", ""};
    const struct duty_rule rules[] = {{STR("S1"), STR("x"), STR(""), STR("a"), STR(""), STR("b")}, {STR("S2"), STR("y"), STR("SYS-1"), STR("c"), STR("SYS-2"), STR("d")}};
    static const char *const holders[] = {"P-1", "P-2", "P-3"}, *const systems[] = {"SYS-1", "SYS-2"};
    for (int round = 0; round < 300; round++) {
        struct held x[12], y[12];
        for (int i = 0; i < 12; i++) {
            x[i] = (struct held){.holder = str_of(holders[draw(3)]), .system = str_of(systems[draw(2)]), .rights = str_of(rights[draw(6)])};
            y[11 - i] = x[i];
        }
        access_conflicts(arena, x, 12, rules, 2);
        access_conflicts(arena, y, 12, rules, 2);
        for (int i = 0; i < 12; i++)
            ck_assert(str_equal(x[i].conflicts, y[11 - i].conflicts));
    }
}
END_TEST

START_TEST(patterns_match_whole_rights_whatever_their_case)
{
    ck_assert(access_right_matches(STR("billing-*"), STR("Billing-Admin")));
    ck_assert(access_right_matches(STR("*"), STR("")));
    ck_assert(access_right_matches(STR("*b*d"), STR("abcbd")));
    ck_assert(!access_right_matches(STR("sudo"), STR("sudoers")));
    ck_assert(!access_right_matches(STR("a*b"), STR("a")));
}
END_TEST

TEST_MAIN_WITH("access_flags", setup, teardown, an_unknown_last_use_is_flagged_and_never_taken_for_use,
               what_is_not_known_never_takes_a_flag_away,
               dormant_is_more_than_the_days_and_a_young_account_may_wait,
               more_days_never_flag_more,
               leavers_orphans_and_programs_without_an_owner,
               flags_are_named_and_the_heavier_one_weighs_more_than_all_lighter_ones,
               two_rights_of_one_holder_conflict_across_systems_one_alone_does_not,
               one_right_that_is_both_sides_is_no_conflict_with_itself,
               conflicts_do_not_depend_on_the_order_of_accounts,
               patterns_match_whole_rights_whatever_their_case)
