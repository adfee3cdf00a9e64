/* cases_fuzz.c - any bytes as a file of worked cases: refused with a place, or computed. */
#include "assess/cases.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    if (size > 65536)
        return 0;
    struct arena *a = arena_new("fuzz", 1 << 30);
    struct json *result = cases_run(a, "cases.yaml", str_make((const char *)data, size), &e);
    assert(result || e.code == ERR_INVALID || e.code == ERR_TOO_LARGE);
    arena_free(a);
    return 0;
}
