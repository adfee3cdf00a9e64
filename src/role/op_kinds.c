/* op_kinds.c - the keeper's table of operation kinds, put together from the floors that own them. */
#include "keeper/kinds.h"
#include "role/role.h"

enum { KINDS_MAX = 32 };

const struct op_kind *role_op_kinds(size_t *ret_count)
{
    static struct op_kind kinds[KINDS_MAX];
    static const struct op_kind *const ALL[] = {&kind_key};
    for (size_t i = 0; i < sizeof(ALL) / sizeof(ALL[0]); i++)
        kinds[i] = *ALL[i];
    *ret_count = sizeof(ALL) / sizeof(ALL[0]);
    return kinds;
}
