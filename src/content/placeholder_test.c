#include "base/test.h"
#include "content/placeholder.h"

static struct str named(void *context, struct str name)
{
    struct arena *a = context;
    return arena_printf(a, "<%.*s>", STR_ARGS(name));
}

static struct str filled(struct arena *a, const char *text)
{
    return placeholder_fill(a, str_of(text), named, a);
}

START_TEST(placeholders_are_replaced_wherever_they_stand)
{
    struct arena *a = arena_new("test", 1 << 20);
    ck_assert(str_is(filled(a, "{{a}} and {{b_2}}."), "<a> and <b_2>."));
    ck_assert(str_is(filled(a, "no placeholder { here }"), "no placeholder { here }"));
    ck_assert(str_is(filled(a, "an open {{end"), "an open {{end"));
    ck_assert(str_is(filled(a, ""), ""));
    ck_assert(placeholder_in("[{\"text\":\"at least {{x}}\"}]", "x"));
    ck_assert(!placeholder_in("x {{xy}}", "x"));
    ck_assert(!placeholder_in(NULL, "x"));
    arena_free(a);
}
END_TEST

START_TEST(values_read_as_words_in_a_sentence)
{
    struct arena *a = arena_new("test", 1 << 20);
    const struct parameter days = {.type = "integer", .unit = "business days"}, cadence = {.type = "cadence", .unit = "times"}, names = {.type = "text", .unit = "names"};
    ck_assert(str_is(parameter_text(a, &days, STR("5")), "5 business days"));
    ck_assert(str_is(parameter_text(a, &days, STR("1")), "1 business day"));
    ck_assert(str_is(parameter_text(a, &cadence, STR("quarterly")), "every quarter"));
    ck_assert(str_is(parameter_text(a, &names, STR("root,ada")), "root,ada"));
    arena_free(a);
}
END_TEST

START_TEST(every_placeholder_of_the_content_names_a_parameter)
{
    size_t found = 0;
    struct str rest, name;
    for (size_t i = 0; i < content_control_count; i++)
        for (rest = str_of(content_controls[i].statement); placeholder_next(&rest, NULL, &name); found++)
            ck_assert_ptr_nonnull(content_parameter(name));
    for (size_t i = 0; i < content_policy_count; i++)
        for (rest = str_of(content_policies[i].text); placeholder_next(&rest, NULL, &name); found++)
            ck_assert_ptr_nonnull(content_parameter(name));
    ck_assert(found > 100);
}
END_TEST

TEST_MAIN("placeholder", placeholders_are_replaced_wherever_they_stand, values_read_as_words_in_a_sentence, every_placeholder_of_the_content_names_a_parameter)
