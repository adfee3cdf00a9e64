#include "content/content.h"

#include "base/test.h"

START_TEST(the_whole_library_is_compiled_in)
{
    ck_assert_uint_eq(content_category_count, 5);
    ck_assert_uint_eq(content_criterion_count, 61);
    ck_assert_uint_eq(content_control_count, 140);
    ck_assert_uint_eq(content_policy_count, 27);
    ck_assert_uint_eq(content_risk_count, 60);
    ck_assert_uint_eq(content_request_count, 119);
    ck_assert_uint_eq(strlen(content_digest), 64);
    ck_assert_ptr_nonnull(strstr(content_schema_sql, "create table"));
}
END_TEST

START_TEST(entities_are_found_by_id)
{
    for (size_t i = 0; i < content_criterion_count; i++)
        ck_assert_ptr_eq(content_criterion(str_of(content_criteria[i].id)), &content_criteria[i]);
    for (size_t i = 0; i < content_control_count; i++)
        ck_assert_ptr_eq(content_control(str_of(content_controls[i].id)), &content_controls[i]);
    for (size_t i = 0; i < content_test_count; i++)
        ck_assert_ptr_eq(content_test(str_of(content_tests[i].id)), &content_tests[i]);
    for (size_t i = 0; i < content_parameter_count; i++)
        ck_assert_ptr_eq(content_parameter(str_of(content_parameters[i].name)), &content_parameters[i]);
    ck_assert_ptr_null(content_criterion(STR("CC0.0")));
    ck_assert_ptr_null(content_control(STR("XX-00")));
    ck_assert_ptr_null(content_test(STR("no-such-test")));
    ck_assert_ptr_null(content_parameter(STR("no_such_parameter")));
}
END_TEST

START_TEST(controls_keep_their_own_thresholds)
{
    const struct control *c = content_control(STR("AC-02"));
    ck_assert_int_eq(c->model, MODEL_CONFIG_STATE);
    ck_assert(c->max_fail_fraction > 0.0199 && c->max_fail_fraction < 0.0201);
    ck_assert_int_eq(content_control(STR("CRY-02"))->max_staleness_ms, 14 * INT64_C(86400000));
    ck_assert_int_eq(content_control(STR("END-01"))->max_fail_days, 14);
}
END_TEST

START_TEST(permissions_of_roles_are_those_that_the_program_knows)
{
    ck_assert_uint_eq(content_permission_count, PERMISSION_END - PERMISSION_PUBLIC - 1);
    for (size_t i = 0; i < content_permission_count; i++)
        ck_assert_msg(permission_of_name(str_of(content_permissions[i].id)), "%s", content_permissions[i].id);
    ck_assert_int_eq(permission_of_name(STR("public")), 0);
    for (size_t i = 0; i < content_role_count; i++) {
        ck_assert_ptr_eq(content_role(str_of(content_roles[i].id)), &content_roles[i]);
        ck_assert(role_permissions(&content_roles[i]) & PERMISSION_BIT(PERMISSION_OWN_PAGE));
    }
    ck_assert(content_role(STR("auditor"))->must_end);
    ck_assert(!(role_permissions(content_role(STR("viewer"))) & PERMISSION_BIT(PERMISSION_AUDIT)));
}
END_TEST

TEST_MAIN("content", the_whole_library_is_compiled_in, entities_are_found_by_id, controls_keep_their_own_thresholds,
          permissions_of_roles_are_those_that_the_program_knows)
