/* clang -fsanitize=fuzzer: the properties of leaf_property.h over whatever the fuzzer finds. */
#include "ledger/leaf_property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *scratch = arena_new("fuzz", 64 << 20);
    leaf_property(scratch, str_make(data, size));
    note_property(str_make(data, size));
    arena_free(scratch);
    return 0;
}
