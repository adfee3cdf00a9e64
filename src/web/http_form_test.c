#include "base/test.h"
#include "web/http.h"

static struct arena *a;

static void check_value(const char *form, const char *name, const char *want)
{
    struct err e = {0};
    struct str value;
    bool is_there;
    ck_assert_msg(http_form_value(a, str_of(form), name, &value, &is_there, &e), "%s", e.text);
    ck_assert_int_eq(is_there, want != NULL);
    ck_assert_msg(str_is(value, want ? want : ""), "%s: '%.*s'", form, STR_ARGS(value));
}

START_TEST(values_are_decoded)
{
    a = arena_new("test", 1 << 20);
    check_value("q=a+b%20c&x=1", "q", "a b c");
    check_value("x=1&q=%C3%A9", "q", "\xc3\xa9");
    check_value("q=1&q=2", "q", "1");
    check_value("%71=1", "q", "1");
    check_value("q", "q", "");
    check_value("&&q=", "q", "");
    check_value("", "q", NULL);
    check_value("qq=1", "q", NULL);
    arena_free(a);
}
END_TEST

START_TEST(broken_escapes_nul_and_other_encodings_are_refused)
{
    a = arena_new("test", 1 << 20);
    static const char *const bad[] = {"q=%", "q=%4", "q=%zz", "q=%00", "q=%ff", "q=%ed%a0%80"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err e = {0};
        struct str value;
        ck_assert_msg(!http_form_value(a, str_of(bad[i]), "q", &value, NULL, &e), "%s", bad[i]);
        ck_assert_int_eq(e.code, ERR_INVALID);
    }
    arena_free(a);
}
END_TEST

START_TEST(a_path_segment_holds_no_hidden_slash)
{
    a = arena_new("test", 1 << 20);
    struct err e = {0};
    struct str value;
    ck_assert(http_decode_segment(a, STR("CC6.1+x%20y"), &value, &e) && str_is(value, "CC6.1+x y"));
    ck_assert(!http_decode_segment(a, STR("..%2fetc"), &value, &e));
    arena_free(a);
}
END_TEST

START_TEST(cookies_are_found_by_their_whole_name)
{
    struct http_request r = {.cookie = STR("xassay=1; assay=abc; theme=dark")};
    ck_assert(str_is(http_cookie(&r, "assay"), "abc"));
    ck_assert(str_is(http_cookie(&r, "theme"), "dark"));
    ck_assert(http_cookie(&r, "say").data == NULL);
    r.cookie = (struct str){0};
    ck_assert(http_cookie(&r, "assay").data == NULL);
}
END_TEST

START_TEST(queries_are_built_with_escapes)
{
    struct buf b;
    buf_init(&b, 100);
    buf_cstr(&b, "/tests");
    http_query_add(&b, "q", STR("a b&c"));
    http_query_add(&b, "page", STR("2"));
    ck_assert_str_eq(b.data, "/tests?q=a%20b%26c&page=2");
    buf_release(&b);
}
END_TEST

TEST_MAIN("http_form", values_are_decoded, broken_escapes_nul_and_other_encodings_are_refused,
          a_path_segment_holds_no_hidden_slash, cookies_are_found_by_their_whole_name, queries_are_built_with_escapes)
