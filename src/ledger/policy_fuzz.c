/* clang -fsanitize=fuzzer: the property of policy_property.h over whatever the fuzzer finds. */
#include "ledger/policy_property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 64 << 20);
    policy_property(a, str_make(data, size));
    arena_free(a);
    return 0;
}
