/* clang -fsanitize=fuzzer: whatever an authority sends is either refused or taken apart; it never verifies under a stranger. */
#include "crypto/test_tsa.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct test_tsa stranger;
    if (!stranger.ca)
        stranger = test_tsa_make(&(struct test_tsa_options){0});
    struct err e = {0};
    struct tst_info info;
    char subject[256];
    if (tst_read(str_make(data, size), &info, &e) && tst_verify(str_make(data, size), str_of(stranger.ca_pem), &info, &e))
        abort();
    if (tst_ca_check(str_make(data, size), subject, &e) && size == 0)
        abort();
    return 0;
}
