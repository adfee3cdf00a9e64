#include "base/test.h"
#include "web/site.h"

static const struct route *find(enum http_method method, const char *path, struct str parameters[ROUTE_PARAMETERS_MAX],
                                const char **allow)
{
    memset(parameters, 0, sizeof(struct str) * ROUTE_PARAMETERS_MAX);
    *allow = "";
    return route_find(method, str_of(path), parameters, allow);
}

START_TEST(paths_find_their_route_and_parameters)
{
    struct str p[ROUTE_PARAMETERS_MAX];
    const char *allow;
    ck_assert_str_eq(find(HTTP_GET, "/", p, &allow)->path, "/");
    ck_assert_str_eq(find(HTTP_HEAD, "/tests", p, &allow)->path, "/tests");
    const struct route *r = find(HTTP_POST, "/tests/ssh-root-login/run", p, &allow);
    ck_assert_str_eq(r->path, "/tests/:id/run");
    ck_assert(str_is(p[0], "ssh-root-login"));
    ck_assert(!find(HTTP_GET, "/tests/", p, &allow));
    ck_assert_str_eq(find(HTTP_GET, "/log/tile/0/x001/067.p/3", p, &allow)->path, "/log/*");
    ck_assert_str_eq(find(HTTP_GET, "/log/checkpoint", p, &allow)->path, "/log/*");
    ck_assert(!find(HTTP_GET, "/log", p, &allow) && !find(HTTP_GET, "/logs/checkpoint", p, &allow));
    ck_assert(!find(HTTP_GET, "/tests/a/b", p, &allow));
    ck_assert(!find(HTTP_GET, "", p, &allow));
    ck_assert(!find(HTTP_GET, "/nothing", p, &allow) && *allow == 0);
}
END_TEST

START_TEST(a_wrong_method_is_told_the_right_ones)
{
    struct str p[ROUTE_PARAMETERS_MAX];
    const char *allow;
    ck_assert(!find(HTTP_POST, "/tests", p, &allow));
    ck_assert_str_eq(allow, "GET, HEAD");
    ck_assert(!find(HTTP_GET, "/sign-out", p, &allow));
    ck_assert_str_eq(allow, "POST");
}
END_TEST

START_TEST(every_route_has_a_permission_and_what_changes_something_is_protected)
{
    for (size_t i = 0; i < route_count; i++) {
        const struct route *r = &routes[i];
        ck_assert_msg(r->permit && r->csrf && r->handler && r->words && r->words[0], "%s", r->path);
        ck_assert_msg(!http_method_changes(r->method) || r->csrf != CSRF_SAFE, "%s: a change without a check", r->path);
        ck_assert_msg(http_method_changes(r->method) || (r->csrf == CSRF_SAFE && r->body_max == 0), "%s", r->path);
        bool is_open = r->permit == PERMISSION_PUBLIC;
        ck_assert_msg(is_open || r->method == HTTP_GET || r->csrf == CSRF_TOKEN, "%s: signed-in people need the token", r->path);
        ck_assert_msg((r->handler != handle_page && r->handler != handle_api && r->handler != handle_csv) ||
                          (r->page && r->page->build),
                      "%s", r->path);
    }
}
END_TEST

START_TEST(only_paths_of_our_own_are_returned_to)
{
    static const char *const bad[] = {"", "//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/a\r\nb", "x"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(str_is(call_own_path(str_of(bad[i])), "/"), "%s", bad[i]);
    ck_assert(str_is(call_own_path(STR("/tests?q=a%20b")), "/tests?q=a%20b"));
}
END_TEST

TEST_MAIN("route", paths_find_their_route_and_parameters, a_wrong_method_is_told_the_right_ones,
          every_route_has_a_permission_and_what_changes_something_is_protected, only_paths_of_our_own_are_returned_to)
