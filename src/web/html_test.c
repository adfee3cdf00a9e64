#include "base/test.h"
#include "base/times.h"
#include "escape_page.h"
#include "web/html.h"

static struct json *parse(struct arena *a, const char *text)
{
    struct err e = {0};
    struct json *v = json_parse(a, str_of(text), JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(v, "%s", e.text);
    return v;
}

static const char *render(struct arena *a, const char *view, const char *at, size_t *ret_missing)
{
    struct buf b;
    buf_init(&b, 1 << 20);
    struct html h = {.out = &b, .shell = json_object(a), .at = str_of(at)};
    page_escape(&h, parse(a, view));
    const char *text = arena_str(a, buf_view(&b)).data;
    buf_release(&b);
    if (ret_missing)
        *ret_missing = h.missing_count;
    return text;
}

#define EVIL                   \
    "{\"evil\":\"<a'b\\\"&/c " \
    "d>\",\"n\":3,\"url\":\"javascript:alert(1)\",\"own\":\"/x?y=1\",\"rows\":[{\"name\":\"q\"},{\"name\":\"<r>\"}]}"

START_TEST(values_are_escaped_for_the_place_where_they_stand)
{
    struct arena *a = arena_new("test", 1 << 20);
    const char *out = render(a, EVIL, "", NULL);
    ck_assert_msg(strstr(out, "<p title=\"&lt;a&#39;b&quot;&amp;/c d&gt;\">&lt;a&#39;b&quot;&amp;/c d&gt;</p>"), "%s", out);
    ck_assert_msg(strstr(out, "href=\"/x/%3Ca%27b%22%26%2Fc%20d%3E?q=%3Ca%27b%22%26%2Fc%20d%3E#%3Ca%27b%22%26%2Fc%20d%3E\">3<"),
                  "%s", out);
    ck_assert_msg(strstr(out, "<a href=\"#\">u</a>"), "%s", out);
    ck_assert_msg(strstr(out, "<i class=\"first\">1q</i>\n<i>2&lt;r&gt;</i>"), "%s", out);
    ck_assert_msg(strstr(out, "<pre>\n  q\n</pre>"), "%s", out);
    arena_free(a);
}
END_TEST

START_TEST(links_keep_the_instant_of_the_page)
{
    struct arena *a = arena_new("test", 1 << 20);
    const char *now = render(a, EVIL, "", NULL);
    ck_assert_msg(strstr(now, "<a href=\"/tests?a=1#top\">k</a>") && strstr(now, "<a href=\"/x?y=1\">o</a>"), "%s", now);
    const char *past = render(a, EVIL, "now-3d", NULL);
    ck_assert_msg(strstr(past, "<a href=\"/tests?a=1&amp;at=now-3d#top\">k</a>"), "%s", past);
    ck_assert_msg(strstr(past, "<a href=\"/x?y=1&amp;at=now-3d\">o</a>"), "%s", past);
    arena_free(a);
}
END_TEST

START_TEST(conditions_compare_counts_numbers_and_texts)
{
    struct arena *a = arena_new("test", 1 << 20);
    ck_assert(strstr(render(a, EVIL, "", NULL), "<b>many</b>"));
    ck_assert(strstr(render(a, "{\"evil\":\"\",\"n\":3,\"url\":\"/\",\"own\":\"/\",\"rows\":[{\"name\":\"a\"}]}", "", NULL),
                     "<b>three</b>"));
    ck_assert(strstr(render(a, "{\"evil\":\"\",\"n\":4,\"url\":\"/\",\"own\":\"/\",\"rows\":[{\"name\":\"a\"}]}", "", NULL),
                     "<b>few</b>"));
    ck_assert(strstr(render(a, "{\"evil\":\"x\",\"n\":4,\"url\":\"/\",\"own\":\"/\",\"rows\":[{\"name\":\"a\"}]}", "", NULL),
                     "<b>many</b>"));
    /* Numbers that a view made have no digits to compare. */
    ck_assert(html_equal(json_new_int(a, 3), json_new_int(a, 3)) && !html_equal(json_new_int(a, 3), json_new_int(a, 4)));
    ck_assert(!html_equal(json_new_int(a, 3), json_new_str(a, STR(""))) && html_equal(json_new_str(a, STR("x")), json_new_str(a, STR("x"))));
    arena_free(a);
}
END_TEST

START_TEST(a_member_that_the_view_lacks_is_reported)
{
    struct arena *a = arena_new("test", 1 << 20);
    size_t missing;
    render(a, EVIL, "", &missing);
    ck_assert_uint_eq(missing, 0);
    render(a, "{\"n\":1,\"url\":\"/\",\"own\":\"/\",\"rows\":[{\"name\":\"a\"}]}", "", &missing);
    ck_assert_uint_gt(missing, 0);
    arena_free(a);
}
END_TEST

START_TEST(only_addresses_of_our_own_and_of_the_web_pass)
{
    static const struct {
        const char *url, *want;
    } cases[] = {{"/tests", "/tests"},
                 {"/", "/"},
                 {"?at=x", "?at=x"},
                 {"#a", "#a"},
                 {"https://a.example/", "https://a.example/"},
                 {"//evil.example", "#"},
                 {"/\\evil.example", "#"},
                 {"javascript:alert(1)", "#"},
                 {"JavaScript:alert(1)", "#"},
                 {"data:text/html,x", "#"},
                 {" /x", "#"},
                 {"/a\nb", "#"},
                 {"", "#"},
                 {"/a&b\"c", "/a&amp;b&quot;c"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf b;
        buf_init(&b, 1000);
        struct html h = {.out = &b};
        html_url_str(&h, str_of(cases[i].url));
        ck_assert_str_eq(b.data, cases[i].want);
        buf_release(&b);
    }
}
END_TEST

static void check_filter(void (*filter)(struct html *h, const struct json *v), const char *value, const char *want)
{
    struct arena *a = arena_new("test", 1 << 20);
    struct buf b;
    buf_init(&b, 4096);
    struct html h = {.out = &b, .now_ms = INT64_C(1795296810000)};
    filter(&h, parse(a, value));
    ck_assert_str_eq(b.data ? b.data : "", want);
    buf_release(&b);
    arena_free(a);
}

START_TEST(filters_write_numbers_times_and_states)
{
    check_filter(html_filter_number, "1234567", "1,234,567");
    check_filter(html_filter_number, "-1234", "-1,234");
    check_filter(html_filter_number, "999", "999");
    check_filter(html_filter_pct, "0.254", "25 %");
    check_filter(html_filter_pct, "1", "100 %");
    check_filter(html_filter_score, "0.25", "0.25");
    check_filter(html_filter_score, "0", "0.00");
    check_filter(html_filter_score, "0.0962", "0.10");
    check_filter(html_filter_bytes, "1536", "1.5 KiB");
    check_filter(html_filter_bytes, "1", "1 byte");
    check_filter(html_filter_date, "{\"t\":1795296810000}", "2026-11-21 21:33 UTC");
    check_filter(html_filter_date, "null", "");
    check_filter(html_filter_ago, "{\"t\":1795293210000}", "1 h ago");
    check_filter(html_filter_word, "\"NOT_READY\"", "not ready");
    check_filter(html_filter_slug, "\"NOT_started<&\"", "not_started");
    check_filter(html_filter_upper, "\"high <b>\"", "High &lt;b&gt;");
    check_filter(html_filter_status, "{\"status\":\"fail\",\"status_words\":\"<Failing>\"}",
                 "<span class=\"status fail\">&lt;Failing&gt;</span>");
    check_filter(html_filter_status, "\"skip\"", "<span class=\"status skip\">Not applicable</span>");
    check_filter(html_filter_status, "\"nonsense\\\" onclick=\\\"x\"", "<span class=\"status unknown\">Unknown</span>");
    check_filter(html_filter_prose, "\"a `b<` c\\nd\\n\\n  x <\\n\"",
                 "<p>a <code>b&lt;</code> c\nd</p><pre class=\"code\" tabindex=\"0\"><code>x &lt;</code></pre>");
}
END_TEST

START_TEST(the_strip_says_the_same_as_a_table)
{
    const char *cells = "[{\"date\":\"2026-11-01\",\"state\":\"none\",\"words\":\"a\"},{\"date\":\"2026-11-02\",\"state\":"
                        "\"fail\",\"words\":\"<b>\"},"
                        "{\"date\":\"2026-11-03\",\"state\":\"fail\",\"words\":\"c\"}]";
    check_filter(html_filter_spells, cells,
                 "<tr><td>2026-11-01</td><td>2026-11-01</td><td class=\"n\">1</td><td><span class=\"status skip\">Not in "
                 "force</span></td></tr>"
                 "<tr><td>2026-11-02</td><td>2026-11-03</td><td class=\"n\">2</td><td><span class=\"status "
                 "fail\">Failing</span></td></tr>");
    struct arena *a = arena_new("test", 1 << 20);
    struct buf b;
    buf_init(&b, 4096);
    struct html h = {.out = &b};
    html_filter_strip(&h, parse(a, cells));
    ck_assert(strstr(b.data, "<rect class=\"fail\" x=\"9\" y=\"4\" width=\"6\" height=\"20\"><title>&lt;b&gt;</title></rect>"));
    ck_assert(strstr(b.data, ">Nov</text>"));
    buf_release(&b);
    arena_free(a);
}
END_TEST

TEST_MAIN("html", values_are_escaped_for_the_place_where_they_stand, links_keep_the_instant_of_the_page,
          conditions_compare_counts_numbers_and_texts, a_member_that_the_view_lacks_is_reported,
          only_addresses_of_our_own_and_of_the_web_pass, filters_write_numbers_times_and_states,
          the_strip_says_the_same_as_a_table)
