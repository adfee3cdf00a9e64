#include "os/library.h"
#include "base/test.h"
#include <math.h>

#define MATH_FUNCTIONS(F) F(, cbrt) F(, hypot)
static struct {
    MATH_FUNCTIONS(LIBRARY_POINTER)
} math;
static const char *const math_names[] = {MATH_FUNCTIONS(LIBRARY_NAME)};

START_TEST(functions_can_be_called_after_opening)
{
    static struct library library = LIBRARY("libm.so.6", "libc6", math_names, math);
    struct err e = {0};
    ck_assert(library_open(&library, &e));
    ck_assert(library_open(&library, &e));
    ck_assert_int_eq((int)math.hypot(3, 4), 5);
    ck_assert_int_eq((int)math.cbrt(27), 3);
}
END_TEST

START_TEST(a_library_that_is_not_there_is_named_with_its_package)
{
    static struct library library = LIBRARY("libnowhere.so.9", "libnowhere9", math_names, math);
    struct err e = {0};
    ck_assert(!library_open(&library, &e));
    ck_assert_int_eq(e.code, ERR_UNSUPPORTED);
    ck_assert_str_eq(e.text, "libnowhere.so.9 is not installed (Debian: libnowhere9)");
}
END_TEST

START_TEST(a_library_without_the_function_is_named_with_it)
{
    static const char *const names[] = {"cbrt", "no_such_function"};
    static void *table[2];
    static struct library library = LIBRARY("libm.so.6", "libc6", names, table);
    struct err e = {0};
    ck_assert(!library_open(&library, &e));
    ck_assert_int_eq(e.code, ERR_UNSUPPORTED);
    ck_assert_str_eq(e.text, "libm.so.6 has no no_such_function");
}
END_TEST

TEST_MAIN("library", functions_can_be_called_after_opening, a_library_that_is_not_there_is_named_with_its_package,
          a_library_without_the_function_is_named_with_it)
