/* What becomes of names in filters, and which addresses are asked. The directory itself: test/cli/sign_in_elsewhere.sh. */
#include "base/test.h"
#include "os/ldap_client.h"

static const char *filter_of(const char *pattern, const char *login)
{
    static char text[4096];
    struct buf BUF_AUTO b;
    struct err e = {0};
    buf_init(&b, sizeof(text) - 1);
    bool ok = ldap_filter_write(&b, str_of(pattern), str_of(login), STR("uid=a,dc=b"), &e);
    snprintf(text, sizeof(text), "%s", ok ? buf_view(&b).data : e.text);
    return text;
}

START_TEST(a_name_is_never_syntax)
{
    ck_assert_str_eq(filter_of("(uid={login})", "ann"), "(uid=ann)");
    ck_assert_str_eq(filter_of("(uid={login})", "*"), "(uid=\\2a)");
    ck_assert_str_eq(filter_of("(uid={login})", "a)(uid=*"), "(uid=a\\29\\28uid\\3d\\2a)");
    ck_assert_str_eq(filter_of("(uid={login})", "a\\2a"), "(uid=a\\5c2a)");
    ck_assert_str_eq(filter_of("(uid={login})", "\xc3\xa9"), "(uid=\\c3\\a9)");
    ck_assert_str_eq(filter_of("(&(objectClass=person)(|(uid={login})(mail={login})))", "a@b"), "(&(objectClass=person)(|(uid=a\\40b)(mail=a\\40b)))");
    ck_assert_str_eq(filter_of("(uid={login})", "{dn}"), "(uid=\\7bdn\\7d)");
    ck_assert_str_eq(filter_of("(member={dn})", "x"), "(member=uid\\3da\\2cdc\\3db)");
}
END_TEST

START_TEST(a_nul_in_a_name_is_escaped_too)
{
    struct buf BUF_AUTO b;
    struct err e = {0};
    buf_init(&b, 100);
    ck_assert(ldap_filter_write(&b, STR("(uid={login})"), str_make("a\0*", 3), STR(""), &e));
    ck_assert_str_eq(buf_view(&b).data, "(uid=a\\00\\2a)");
}
END_TEST

START_TEST(patterns_that_are_no_filter_are_refused)
{
    const char *const bad[] = {"", "uid={login}", "(uid={login}", "(uid={login}))", "(a=1)(b=2)", "(uid={name})", "(uid=})", "(uid=\n)"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(strstr(filter_of(bad[i], "x"), "filter: ") == filter_of(bad[i], "x"), "%s", bad[i]);
}
END_TEST

START_TEST(without_tls_only_this_machine_is_asked)
{
    struct err e = {0};
    ck_assert(ldap_url_check(STR("ldaps://ldap.example.org"), false, &e));
    ck_assert(ldap_url_check(STR("ldap://ldap.example.org:389"), false, &e));
    ck_assert(ldap_url_check(STR("ldap://127.0.0.1:389"), true, &e));
    ck_assert(!ldap_url_check(STR("ldap://ldap.example.org"), true, &e));
    ck_assert(!ldap_url_check(STR("ldap://127.0.0.1.example.org"), true, &e));
    ck_assert(!ldap_url_check(STR("ldapi:///run/slapd"), false, &e));
    ck_assert(!ldap_url_check(STR("ldaps://host/dc=a??sub"), false, &e));
    ck_assert(!ldap_url_check(STR("ldaps://a ldap://b"), false, &e));
    ck_assert(!ldap_url_check(STR(""), false, &e));
}
END_TEST

TEST_MAIN("ldap_client", a_name_is_never_syntax, a_nul_in_a_name_is_escaped_too, patterns_that_are_no_filter_are_refused, without_tls_only_this_machine_is_asked)
