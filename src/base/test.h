/*
 * test.h - the main of a unit test file and a seeded generator for property tests. Tests use libcheck.
 *
 *     START_TEST(parsing_refuses_duplicate_keys) { ... ck_assert(...); } END_TEST
 *     TEST_MAIN("json", parsing_refuses_duplicate_keys, ...)
 */
#ifndef BASE_TEST_H
#define BASE_TEST_H

#include <check.h>
#include <stdint.h>
#include <stdlib.h>

/* The same with a fixture: `setup` and `teardown` (or NULL) run around each test, in its process. */
#define TEST_MAIN(suite_name, ...) TEST_MAIN_WITH(suite_name, NULL, NULL, __VA_ARGS__)
#define TEST_MAIN_WITH(suite_name, setup, teardown, ...)                                                                         \
    int main(void)                                                                                                               \
    {                                                                                                                            \
        const TTest *tests[] = {__VA_ARGS__};                                                                                    \
        Suite *s = suite_create(suite_name);                                                                                     \
        TCase *c = tcase_create(suite_name);                                                                                     \
        tcase_set_timeout(c, 240); /* a guard against hanging: the machine may be busy */                                                                                                \
        tcase_add_checked_fixture(c, setup, teardown);                                                                           \
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)                                                            \
            tcase_add_test(c, tests[i]);                                                                                         \
        suite_add_tcase(s, c);                                                                                                   \
        SRunner *r = srunner_create(s);                                                                                          \
        srunner_run_all(r, CK_NORMAL);                                                                                           \
        int failed = srunner_ntests_failed(r);                                                                                   \
        srunner_free(r);                                                                                                         \
        return failed ? EXIT_FAILURE : EXIT_SUCCESS;                                                                             \
    }

/* splitmix64: the same seed gives the same cases everywhere. */
static inline uint64_t test_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif
