#include "assess/classification.h"
#include "content/content.h"

#include "base/test.h"

static struct arena *arena;
static struct classification rules;

static void setup(void)
{
    struct err e = {0};
    arena = arena_new("test", (size_t)8 << 20);
    const struct json *content = json_parse(arena, str_of(content_classification_json), JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(content && classification_read(content, &rules, &e), "%s", e.text);
}

static void teardown(void)
{
    arena_free(arena);
}

static struct store_facts all(enum fact fact, enum data_class class)
{
    struct store_facts f = {.class = class, .owner = fact, .personal = FACT_NO, .special = FACT_NO, .retention = fact, .disposal = fact, .backup = fact,
                            .access = fact, .logged = fact, .masking = fact, .transfer = fact, .ai = fact};
    for (int m = 0; m < MEDIUMS; m++)
        f.encrypted[m] = fact;
    return f;
}

static enum verdict verdict_of(const struct store_facts *f, enum duty_kind duty)
{
    struct judged j[DUTIES];
    size_t count = store_judge(&rules, f, j);
    for (size_t i = 0; i < count; i++)
        if (j[i].duty == duty)
            return j[i].verdict;
    ck_abort_msg("no duty %s", classification_duty_id(duty));
}

static size_t count_of(const struct store_facts *f, enum verdict verdict)
{
    struct judged j[DUTIES];
    size_t count = store_judge(&rules, f, j), n = 0;
    for (size_t i = 0; i < count; i++)
        n += j[i].verdict == verdict;
    return n;
}

static struct store_facts facts_make(uint64_t *seed)
{
    struct store_facts f = {.class = (enum data_class)(test_random(seed) % (CLASSES + 1))};
    enum fact *const facts[] = {&f.owner, &f.personal, &f.special, &f.retention, &f.disposal, &f.backup, &f.access, &f.logged, &f.masking, &f.transfer, &f.ai};
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        *facts[i] = (enum fact)(test_random(seed) % 4);
    for (int m = 0; m < MEDIUMS; m++) {
        f.encrypted[m] = (enum fact)(test_random(seed) % 4);
        f.seen[m] = (enum fact)(test_random(seed) % 3);
    }
    return f;
}

START_TEST(everything_done_keeps_every_duty_of_every_class)
{
    for (int class = CLASS_PUBLIC; class <= CLASS_RESTRICTED; class++) {
        struct store_facts f = all(FACT_YES, (enum data_class)class);
        ck_assert_uint_eq(count_of(&f, VERDICT_KEPT), count_of(&f, VERDICT_KEPT) + count_of(&f, VERDICT_UNKNOWN) + count_of(&f, VERDICT_BROKEN));
    }
}
END_TEST

START_TEST(what_nobody_said_is_unknown_and_a_missing_owner_is_broken)
{
    struct store_facts f = {.class = CLASS_RESTRICTED};
    ck_assert_uint_eq(count_of(&f, VERDICT_KEPT), 0 + (rules.duties[CLASS_RESTRICTED] & 1u << DUTY_CLASS_FITS ? 1 : 0));
    ck_assert_int_eq(verdict_of(&f, DUTY_OWNER), VERDICT_BROKEN);
    ck_assert_int_eq(verdict_of(&f, DUTY_AT_REST), VERDICT_UNKNOWN);
}
END_TEST

START_TEST(one_clear_medium_breaks_encryption_at_rest)
{
    struct store_facts f = all(FACT_YES, CLASS_CONFIDENTIAL);
    f.encrypted[MEDIUM_EMAIL] = FACT_NO;
    ck_assert_int_eq(verdict_of(&f, DUTY_AT_REST), VERDICT_BROKEN);
    f.encrypted[MEDIUM_EMAIL] = FACT_NONE;
    ck_assert_int_eq(verdict_of(&f, DUTY_AT_REST), VERDICT_KEPT);
    f.encrypted[MEDIUM_EMAIL] = FACT_UNKNOWN;
    ck_assert_int_eq(verdict_of(&f, DUTY_AT_REST), VERDICT_UNKNOWN);
}
END_TEST

START_TEST(what_is_seen_fills_what_was_not_said_and_puts_in_doubt_what_was)
{
    struct store_facts f = all(FACT_YES, CLASS_CONFIDENTIAL);
    f.seen[MEDIUM_DISK] = FACT_NO;
    ck_assert_int_eq(verdict_of(&f, DUTY_AT_REST), VERDICT_UNKNOWN);
    f.encrypted[MEDIUM_DISK] = FACT_UNKNOWN;
    f.seen[MEDIUM_DISK] = FACT_YES;
    ck_assert_int_eq(verdict_of(&f, DUTY_AT_REST), VERDICT_KEPT);
    f.encrypted[MEDIUM_DISK] = FACT_NO;
    ck_assert_int_eq(verdict_of(&f, DUTY_AT_REST), VERDICT_BROKEN);
}
END_TEST

START_TEST(personal_data_is_at_least_confidential_and_special_data_restricted)
{
    struct store_facts f = all(FACT_YES, CLASS_INTERNAL);
    f.personal = FACT_YES;
    ck_assert_int_eq(verdict_of(&f, DUTY_CLASS_FITS), VERDICT_BROKEN);
    f.class = CLASS_CONFIDENTIAL;
    ck_assert_int_eq(verdict_of(&f, DUTY_CLASS_FITS), VERDICT_KEPT);
    f.special = FACT_YES;
    ck_assert_int_eq(verdict_of(&f, DUTY_CLASS_FITS), VERDICT_BROKEN);
    f.class = CLASS_RESTRICTED;
    ck_assert_int_eq(verdict_of(&f, DUTY_CLASS_FITS), VERDICT_KEPT);
}
END_TEST

START_TEST(a_higher_class_never_has_fewer_duties_nor_is_judged_more_kindly)
{
    for (int class = CLASS_INTERNAL; class <= CLASS_RESTRICTED; class++)
        ck_assert_uint_eq(rules.duties[class - 1] & ~rules.duties[class], 0);
    uint64_t seed = 58;
    for (int round = 0; round < 20000; round++) {
        struct store_facts f = facts_make(&seed);
        for (int class = CLASS_PUBLIC; class < CLASS_RESTRICTED; class++) {
            struct judged low[DUTIES], high[DUTIES];
            f.class = (enum data_class)class;
            size_t low_count = store_judge(&rules, &f, low);
            f.class = (enum data_class)(class + 1);
            size_t high_count = store_judge(&rules, &f, high);
            ck_assert_uint_ge(high_count, low_count);
            for (size_t i = 0; i < low_count; i++)
                for (size_t k = 0; k < high_count; k++)
                    if (low[i].duty == high[k].duty && low[i].duty != DUTY_CLASS_FITS) /* a higher class may be the one that fits */
                        ck_assert_int_eq(low[i].verdict, high[k].verdict);
        }
    }
}
END_TEST

START_TEST(less_knowledge_never_keeps_a_duty_and_an_unknown_class_keeps_none)
{
    uint64_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        struct store_facts f = facts_make(&seed), less = f;
        enum fact *const facts[] = {&less.personal, &less.special, &less.retention, &less.disposal, &less.backup, &less.access, &less.logged, &less.masking, &less.transfer, &less.ai,
                                    &less.encrypted[test_random(&seed) % MEDIUMS], &less.seen[test_random(&seed) % MEDIUMS]};
        *facts[test_random(&seed) % (sizeof facts / sizeof facts[0])] = FACT_UNKNOWN;
        struct judged more[DUTIES], fewer[DUTIES];
        size_t count = store_judge(&rules, &f, more);
        ck_assert_uint_eq(store_judge(&rules, &less, fewer), count);
        for (size_t i = 0; i < count; i++) {
            ck_assert_msg(!(f.class == CLASS_UNKNOWN && more[i].verdict == VERDICT_KEPT), "an unknown class keeps %s", classification_duty_id(more[i].duty));
            ck_assert(more[i].verdict == VERDICT_KEPT ? more[i].why[0] == 0 : more[i].why[0] != 0);
            /* Only where what is said and what is seen contradict each other does forgetting one of them help. */
            bool forgot_doubt = memcmp(f.seen, less.seen, sizeof f.seen) != 0 || memcmp(f.encrypted, less.encrypted, sizeof f.encrypted) != 0;
            if (fewer[i].verdict == VERDICT_KEPT && more[i].verdict != VERDICT_KEPT)
                ck_assert_msg(forgot_doubt, "forgetting keeps %s", classification_duty_id(more[i].duty));
        }
    }
}
END_TEST

TEST_MAIN_WITH("classification", setup, teardown, everything_done_keeps_every_duty_of_every_class, what_nobody_said_is_unknown_and_a_missing_owner_is_broken,
               one_clear_medium_breaks_encryption_at_rest, what_is_seen_fills_what_was_not_said_and_puts_in_doubt_what_was,
               personal_data_is_at_least_confidential_and_special_data_restricted, a_higher_class_never_has_fewer_duties_nor_is_judged_more_kindly,
               less_knowledge_never_keeps_a_duty_and_an_unknown_class_keeps_none)
