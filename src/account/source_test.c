/* Whom a directory or a provider lets in as what. The operation and the peers themselves: test/cli/sign_in_ldap.sh, test/browser/sign_in.test.mjs. */
#include "account/source.h"

#include "base/test.h"

static struct arena *a;

static void setup(void)
{
    a = arena_new("source_test", 4 << 20);
}

static void teardown(void)
{
    arena_free(a);
}

static const struct json *json_of(const char *text)
{
    struct err e = {0};
    const struct json *v = json_parse(a, str_of(text), JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(v != NULL, "%s: %s", text, e.text);
    return v;
}

/* "role,role" and " ruled" where the groups say it at every sign-in; or why not. */
static const char *roles_of(const char *settings, const char *groups)
{
    struct err e = {0};
    struct strings roles;
    bool is_ruled;
    struct buf BUF_AUTO b;
    buf_init(&b, 1000);
    if (!identity_roles(a, json_of(settings), json_of(groups), &roles, &is_ruled, &e))
        return arena_str(a, str_of(e.text)).data;
    for (size_t i = 0; i < roles.count; i++)
        buf_printf(&b, "%s%s", i ? "," : "", roles.items[i]);
    buf_cstr(&b, is_ruled ? " ruled" : "");
    return arena_str(a, buf_view(&b)).data;
}

START_TEST(groups_give_roles_each_once)
{
    const char *ldap = "{\"kind\":\"ldap\",\"roles\":\"owner: cn=Owners,dc=a\\n\\n owner : cn=also,dc=a\\nviewer:cn=all,dc=a\",\"default_roles\":\"employee, viewer\"}";
    ck_assert_str_eq(roles_of(ldap, "[\"CN=owners,DC=a\",\"cn=also,dc=a\",\"cn=all,dc=a\"]"), "owner,viewer,employee ruled");
    ck_assert_str_eq(roles_of(ldap, "[\"cn=owners,dc=b\"]"), "employee,viewer ruled");
    ck_assert_str_eq(roles_of("{\"kind\":\"ldap\",\"roles\":\"owner: x\"}", "[\"xx\",\"\",\"y\"]"), " ruled");
    ck_assert_str_eq(roles_of("{\"kind\":\"ldap\",\"default_roles\":\"employee\"}", "[]"), "employee");
    ck_assert_str_eq(roles_of("{\"kind\":\"ldap\"}", "[\"employee\"]"), "");
}
END_TEST

START_TEST(names_of_a_provider_have_case_those_of_a_directory_have_not)
{
    ck_assert_str_eq(roles_of("{\"kind\":\"oidc\",\"roles\":\"owner: Owners\"}", "[\"owners\"]"), " ruled");
    ck_assert_str_eq(roles_of("{\"kind\":\"oidc\",\"roles\":\"owner: Owners\"}", "[1,\"Owners\"]"), "owner ruled");
    ck_assert_str_eq(roles_of("{\"kind\":\"ldap\",\"roles\":\"owner: Owners\"}", "[\"owners\"]"), "owner ruled");
}
END_TEST

START_TEST(lines_that_are_no_pair_are_refused)
{
    const char *const bad[] = {"owner", "owner:", ": group", "owner: x\\nviewer"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert(strstr(roles_of(arena_printf(a, "{\"kind\":\"ldap\",\"roles\":\"%s\"}", bad[i]).data, "[]"), "one each"));
}
END_TEST

START_TEST(a_link_belongs_to_one_person_of_one_source)
{
    static const char *const settings[] = {"{\"kind\":\"oidc\",\"issuer\":\"https://a\"}", "{\"kind\":\"oidc\",\"issuer\":\"https://b\"}", "{\"kind\":\"ldap\"}"};
    char links[5][SOURCE_LINK_SIZE];
    for (int i = 0; i < 5; i++) {
        const struct json *v = json_of(settings[i < 3 ? i : i == 3 ? 0 : 2]);
        struct identity_source s = {.id = i == 4 ? STR("other") : STR("one"), .kind = json_text(v, "kind"), .settings = (struct json *)(uintptr_t)v};
        identity_link(&s, i == 3 ? STR("bob") : STR("ann"), links[i]);
        for (int k = 0; k < i; k++)
            ck_assert_str_ne(links[i], links[k]);
    }
}
END_TEST

START_TEST(settings_of_one_kind_are_none_of_another)
{
    struct err e = {0};
    ck_assert(identity_source_check(STR("corp"), json_of("{\"kind\":\"ldap\",\"url\":\"ldaps://a\",\"base\":\"dc=a\"}"), &e));
    ck_assert(identity_source_check(STR("id"), json_of("{\"kind\":\"oidc\",\"issuer\":\"https://a/\",\"client_id\":\"x\"}"), &e));
    ck_assert(identity_source_check(STR("site"), json_of("{\"kind\":\"site\",\"base\":\"https://a\"}"), &e));
    ck_assert(!identity_source_check(STR("site"), json_of("{\"kind\":\"ldap\",\"url\":\"ldaps://a\",\"base\":\"dc=a\"}"), &e));
    ck_assert(!identity_source_check(STR("x"), json_of("{\"kind\":\"site\",\"base\":\"https://a\"}"), &e));
    ck_assert(!identity_source_check(STR("id"), json_of("{\"kind\":\"oidc\",\"issuer\":\"https://a\",\"client_id\":\"x\",\"filter\":\"(a=b)\"}"), &e));
    ck_assert(!identity_source_check(STR("id"), json_of("{\"kind\":\"oidc\",\"issuer\":\"https://a?b\",\"client_id\":\"x\"}"), &e));
    ck_assert(!identity_source_check(STR("id"), json_of("{\"kind\":\"oidc\",\"issuer\":\"https://a\",\"client_id\":1}"), &e));
    ck_assert(!identity_source_check(STR("id"), json_of("{\"kind\":\"oidc\",\"issuer\":\"https://a\",\"client_id\":\"x\",\"second\":\"always\"}"), &e));
}
END_TEST

TEST_MAIN_WITH("source", setup, teardown, groups_give_roles_each_once, names_of_a_provider_have_case_those_of_a_directory_have_not,
               lines_that_are_no_pair_are_refused, a_link_belongs_to_one_person_of_one_source, settings_of_one_kind_are_none_of_another)
