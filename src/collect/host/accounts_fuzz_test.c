/* accounts_fuzz_test.c - accounts_fuzz over bytes made from seeds: noise, and pieces of the fixture mixed, cut and repeated. */
#include "collect/host/tree_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROUNDS = 150, INPUT_BYTES_MAX = 6000, TARGETS = 13 };

START_TEST(any_bytes_are_survived)
{
    struct arena *a = arena_new("test", 64 << 20);
    struct str fixture = tree_read_file(a, TEST_FIXTURES "/host-a.tree");
    ck_assert(fixture.size > 0);
    uint8_t *input = arena_alloc(a, INPUT_BYTES_MAX + 1);
    uint64_t seed = (uint64_t)_i * 1000 + 1;
    for (int round = 0; round < ROUNDS; round++) {
        size_t size = 1;
        input[0] = (uint8_t)_i;
        while (size < test_random(&seed) % INPUT_BYTES_MAX) {
            size_t length = test_random(&seed) % 200, from = test_random(&seed) % fixture.size;
            length = length > fixture.size - from ? fixture.size - from : length;
            length = length > INPUT_BYTES_MAX - size ? INPUT_BYTES_MAX - size : length;
            memcpy(input + size, fixture.data + from, length);
            for (uint64_t k = test_random(&seed) % 4; length && k > 0; k--)
                input[size + test_random(&seed) % length] = (uint8_t) "\n\0 \t:,=#\\\"'!%[]()@$\xff"[test_random(&seed) % 21];
            size += length;
        }
        /* In its own block, so that reading past its end is seen. */
        uint8_t *exact = malloc(size);
        memcpy(exact, input, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    arena_free(a);
}
END_TEST

int main(void)
{
    TCase *c = tcase_create("accounts_fuzz");
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, any_bytes_are_survived, 0, TARGETS);
    Suite *s = suite_create("accounts_fuzz");
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
