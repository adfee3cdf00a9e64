#include "assess/extract.h"

#include "base/test.h"

static struct arena *arena;
static struct extract x;

static void setup(void)
{
    arena = arena_new("test", (size_t)512 << 20);
}

static void teardown(void)
{
    arena_free(arena);
}

static void read_text(const char *text)
{
    extract_read_csv(arena, str_of(text), NULL, &x);
}

static bool says(int64_t row, const char *column, const char *words)
{
    JSON_EACH (p, x.problems)
        if (json_int(p, "row", -1) == row && str_is(json_text(p, "column"), column) && str_contains(json_text(p, "why"), words))
            return true;
    return false;
}

static const struct extract_row *row_of(const char *name)
{
    for (size_t i = 0; i < x.count; i++)
        if (str_is(x.rows[i].name, name))
            return &x.rows[i];
    return NULL;
}

START_TEST(the_credential_report_of_aws_is_understood)
{
    read_text("user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key_1_active,access_key_1_last_used_date\n"
              "<root_account>,arn:aws:iam::1:root,2020-01-01T00:00:00+00:00,not_supported,2026-01-02T10:00:00+00:00,true,false,N/A\n"
              "deploy,arn:aws:iam::1:user/deploy,2024-05-01T00:00:00+00:00,false,N/A,false,true,2026-11-20T08:00:00+00:00\n");
    ck_assert_uint_eq(x.problems->count, 0);
    ck_assert_uint_eq(x.count, 2);
    const struct extract_row *root = row_of("<root_account>"), *deploy = row_of("deploy");
    ck_assert_int_eq(root->privileged, KNOWN_YES);
    ck_assert_int_eq(root->second_factor, KNOWN_YES);
    ck_assert_int_eq(deploy->enabled, KNOWN_YES); /* by its key */
    ck_assert_int_eq(deploy->last_used_day, day_of_date((struct date){2026, 11, 20}));
}
END_TEST

START_TEST(headings_of_google_github_and_okta_are_known)
{
    read_text("First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY],Last Sign In [READ ONLY],Employee ID,2sv Enrolled [READ ONLY]\n"
              "Ann,Field,ann@example.org,Active,2026/11/19 07:41:43,77,True\nBob,Stone,bob@example.org,Suspended,Never logged in,78,False\n");
    ck_assert_uint_eq(x.problems->count, 0);
    ck_assert(str_is(x.rows[0].name, "ann@example.org") && str_is(x.rows[0].display, "Ann Field") && str_is(x.rows[0].employee_no, "77"));
    ck_assert_int_eq(x.rows[1].enabled, KNOWN_NO);
    ck_assert_int_eq(x.rows[1].never_used, KNOWN_YES);
    read_text("login,name,role,tfa_enabled,last_active\noctocat,Mona,Owner,TRUE,2026-11-01\n");
    ck_assert_uint_eq(x.problems->count, 0);
    ck_assert(str_is(x.rows[0].name, "octocat") && str_is(x.rows[0].display, "Mona") && str_is(x.rows[0].rights, "Owner"));
    read_text("Login;Primary email;Status;Last login;Groups\nann;ann@example.org;ACTIVE;2026-11-01T10:00:00Z;\"b;a;b\"\n");
    ck_assert_uint_eq(x.problems->count, 0);
    ck_assert(str_is(x.rows[0].rights, "a, b"));
}
END_TEST

START_TEST(what_is_wrong_is_said_by_row_and_column)
{
    read_text("User,Last login,Admin\nann,11/20/2026,yes\n,2026-01-01,no\nANN,2026-01-01,perhaps\nbob,2026-02-30,no\n");
    ck_assert(says(2, "Last login", "is no date"));
    ck_assert(says(3, "", "no name"));
    ck_assert(says(4, "Admin", "neither yes nor no"));
    ck_assert(says(4, "", "stands in row 2 already"));
    ck_assert(says(5, "Last login", "is no date"));
}
END_TEST

START_TEST(files_that_are_no_list_are_refused_whole)
{
    static const char *const bad[][2] = {{"", "empty"},
                                         {"User\n", "no account"},
                                         {"Colour,Size\nred,1\n", "no column is the account"},
                                         {"User\n\"ann\n", "quote is not closed"},
                                         {"User\nann,bob\n", "2 cells"},
                                         {"User\n\xff\xfe\n", "UTF-8"}};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        read_text(bad[i][0]);
        ck_assert_msg(x.problems->count > 0 && str_contains(json_text(json_at(x.problems, 0), "why"), bad[i][1]), "%s", bad[i][0]);
    }
}
END_TEST

START_TEST(a_mapping_goes_before_the_names_and_names_what_is_there)
{
    struct json *mapping = json_object(arena);
    json_put_cstr(mapping, "Kennung", "name");
    json_put_cstr(mapping, "User", "");
    extract_read_csv(arena, STR("Kennung,User\nx1,ann\n"), mapping, &x);
    ck_assert_uint_eq(x.problems->count, 0);
    ck_assert(str_is(x.rows[0].name, "x1"));
    json_put_cstr(mapping, "Gone", "email");
    extract_read_csv(arena, STR("Kennung,User\nx1,ann\n"), mapping, &x);
    ck_assert(says(1, "Gone", "no such column"));
}
END_TEST

static const struct extract_person people[] = {{STR("P-1"), STR("Ann Field"), STR("ann@example.org"), STR("77"), STR("afield")},
                                               {STR("P-2"), STR("Bob Stone"), STR("Bob@Example.org"), STR(""), STR("")},
                                               {STR("P-3"), STR("Ann Field"), STR("ann@other.org"), STR("78"), STR("")}};

START_TEST(accounts_are_matched_by_the_strongest_rule_and_never_by_a_guess)
{
    static const struct {
        const char *line, *person;
        enum account_match rule;
    } cases[] = {{"x,ann@EXAMPLE.org,78,\n", "P-1", MATCH_EMAIL},     {"x,,78,\n", "P-3", MATCH_EMPLOYEE_NO}, {"AFIELD,,,\n", "P-1", MATCH_LOGIN},
                 {"bob,,,\n", "P-2", MATCH_LOGIN},                    {"ann,,,\n", "", MATCH_NONE} /* two have it */, {"bs,,,Bob Stone\n", "P-2", MATCH_NAME},
                 {"af,,,Ann Field\n", "", MATCH_NONE} /* two */,       {"nobody,,,\n", "", MATCH_NONE}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        read_text(arena_printf(arena, "User,Email,Employee ID,Display name\n%s", cases[i].line).data);
        ck_assert_uint_eq(x.problems->count, 0);
        extract_match(&x, people, 3);
        ck_assert_msg(str_is(x.rows[0].person, cases[i].person) && x.rows[0].match == cases[i].rule, "%s", cases[i].line);
    }
    read_text("User,Type\nbob,service\n"); /* a program is nobody's by its name */
    extract_match(&x, people, 3);
    ck_assert_uint_eq(x.rows[0].person.size, 0);
}
END_TEST

START_TEST(the_order_of_people_and_rows_does_not_matter)
{
    struct extract_person turned[] = {people[2], people[1], people[0]};
    struct extract other;
    extract_read_csv(arena, STR("User,Email,Display name\nann,,\nbob,,\nafield,,\nz,,Bob Stone\n"), NULL, &x);
    extract_read_csv(arena, STR("User,Email,Display name\nz,,Bob Stone\nafield,,\nbob,,\nann,,\n"), NULL, &other);
    extract_match(&x, people, 3);
    extract_match(&other, turned, 3);
    for (size_t i = 0; i < 4; i++) {
        ck_assert(str_equal(x.rows[i].name, other.rows[3 - i].name) && str_equal(x.rows[i].person, other.rows[3 - i].person));
        ck_assert_int_eq(x.rows[i].match, other.rows[3 - i].match);
    }
}
END_TEST

START_TEST(twenty_thousand_accounts_are_read_and_matched_at_once)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 8 << 20);
    buf_cstr(&b, "User,Email,Roles,Last login\n");
    struct extract_person *many = arena_array(arena, 10000, sizeof *many);
    for (int i = 0; i < 20000; i++)
        buf_printf(&b, "user%05d,user%05d@example.org,\"g%d, h\",2026-10-%02d\n", i, i, i % 7, 1 + i % 28);
    for (int i = 0; i < 10000; i++)
        many[i] = (struct extract_person){arena_printf(arena, "P-%d", i), STR("x"), arena_printf(arena, "user%05d@example.org", i), STR(""), STR("")};
    extract_read_csv(arena, buf_view(&b), NULL, &x);
    extract_match(&x, many, 10000);
    size_t matched = 0;
    for (size_t i = 0; i < x.count; i++)
        matched += x.rows[i].match == MATCH_EMAIL;
    ck_assert_uint_eq(x.count, 20000);
    ck_assert_uint_eq(matched, 10000);
}
END_TEST

TEST_MAIN_WITH("extract", setup, teardown, the_credential_report_of_aws_is_understood,
               headings_of_google_github_and_okta_are_known,
               what_is_wrong_is_said_by_row_and_column,
               files_that_are_no_list_are_refused_whole,
               a_mapping_goes_before_the_names_and_names_what_is_there,
               accounts_are_matched_by_the_strongest_rule_and_never_by_a_guess,
               the_order_of_people_and_rows_does_not_matter,
               twenty_thousand_accounts_are_read_and_matched_at_once)
