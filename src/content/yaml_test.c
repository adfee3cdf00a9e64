#include "base/test.h"
#include "content/content.h"
START_TEST(the_library_is_compiled_in)
{
    ck_assert_uint_eq(content_criterion_count, 61);
}
END_TEST
TEST_MAIN("yaml", the_library_is_compiled_in)
