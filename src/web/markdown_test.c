#include "base/test.h"
#include "web/markdown.h"

static struct buf out;

static const char *html(const char *text)
{
    buf_release(&out);
    buf_init(&out, 4 << 20);
    ck_assert_msg(markdown_write(str_of(text), &out), "%s", text);
    return buf_view(&out).data;
}

START_TEST(what_people_write_becomes_elements)
{
    static const char *const cases[][2] = {
        {"## One\n\n#### Two\n\n### Three\n\n# Four", "<h3>One</h3>\n<h4>Two</h4>\n<h4>Three</h4>\n<h3>Four</h3>\n"},
        {"# Title\n\nSome *words* and **more**, `code`.", "<h3>Title</h3>\n<p>Some <em>words</em> and <strong>more</strong>, <code>code</code>.</p>\n"},
        {"- a\n- b", "<ul class=\"dots\"><li>a</li>\n<li>b</li>\n</ul>\n"},
        {"3. c", "<ol start=\"3\"><li>c</li>\n</ol>\n"},
        {"```\n<b>\n```", "<pre class=\"code\" tabindex=\"0\"><code>&lt;b&gt;\n</code></pre>\n"},
        {"[here](https://example.org/?a=1&b=2)", "<p><a href=\"https://example.org/?a=1&amp;b=2\" rel=\"noopener noreferrer nofollow\">here</a></p>\n"},
        {"[ours](/records/gap/GAP-0001)", "<p><a href=\"/records/gap/GAP-0001\">ours</a></p>\n"},
        {"https://example.org", "<p><a href=\"https://example.org\" rel=\"noopener noreferrer nofollow\">https://example.org</a></p>\n"},
        {"![a picture](https://evil.example/x.png)", "<p>a picture</p>\n"},
        {"| a |\n|---|\n| b |", "<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table class=\"list\"><thead><tr><th scope=\"col\">a</th>\n</tr>\n"
                                "</thead>\n<tbody><tr><td>b</td>\n</tr>\n</tbody>\n</table></div>\n"},
        {"a &amp; b &lt; c &copy;", "<p>a &amp; b &lt; c &copy;</p>\n"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        ck_assert_str_eq(html(cases[i][0]), cases[i][1]);
}
END_TEST

/* Nothing but the elements of the list, with attributes of ours: whatever is typed. */
static void check_is_harmless(const char *typed, const char *made)
{
    static const char *const allowed[] = {"p>",    "h3>",   "h4>",    "h5>",     "h6>",     "ul class=\"dots\">", "ul>",  "ol>", "ol start=\"", "li>", "blockquote>",
                                          "hr>",   "br>",   "em>",    "strong>", "del>",    "code>", "pre class=\"code\" tabindex=\"0\">", "pre>", "table>", "table class=\"list\">",
                                          "thead>", "tbody>", "tr>",  "th scope=\"col\">", "th>",     "td>",   "div>", "div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Table\">",
                                          "a>",    "a href=\"http", "a href=\"/", "a href=\"mailto:"};
    for (const char *at = strchr(made, '<'); at; at = strchr(at + 1, '<')) {
        const char *name = at + 1 + (at[1] == '/');
        bool is_allowed = false;
        for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
            is_allowed = is_allowed || strncmp(name, allowed[i], strlen(allowed[i])) == 0;
        ck_assert_msg(is_allowed, "%s became %s", typed, made);
    }
}

START_TEST(nothing_that_is_typed_runs)
{
    static const char *const evil[] = {
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "<a href=javascript:alert(1)>x</a>", "<!-- x --><b>y</b>", "<style>*{}</style>",
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))", "[x](&#106;avascript:alert(1))", "[x](javascript&colon;alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)", "[x](vbscript:msgbox(1))", "[x](//evil.example)", "[x](/\\evil.example)", "[x](\\\\evil)", "[x](<javascript:alert(1)>)",
        "<javascript:alert(1)>", "<https://a.example/\"onmouseover=\"alert(1)>", "[x](https://a.example/\"onclick=\"alert(1))", "[x](https://a.example 'title\" onclick=\"alert(1)')",
        "![x](javascript:alert(1))", "![<script>](x)", "[![x](javascript:1)](javascript:2)", "[x]: javascript:alert(1)\n\n[x]", "```html onclick=alert(1)\nx\n```",
        "`<script>`", "# <script>alert(1)</script>", "| <script> |\n|---|\n| <img src=x onerror=1> |", "&lt;script&gt;alert(1)&lt;/script&gt;", "\\<script>alert(1)</script>",
        "<div\nonclick=alert(1)>", "<<script>script>alert(1)<</script>/script>", "[x](feed:javascript:alert(1))", "[x](file:///etc/passwd)", "[a](https://x\x01y)",
        "<?php echo 1 ?>", "<![CDATA[<script>]]>", "[x](#\"><script>)", "<p/onclick=1>", "1. <script>\n2. </script>"};
    for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
        const char *made = html(evil[i]);
        check_is_harmless(evil[i], made);
        ck_assert_msg(!strstr(made, "href=\"javascript") && !strstr(made, "href=\"data") && !strstr(made, "href=\"//") && !strstr(made, "\"on"), "%s became %s", evil[i], made);
    }
}
END_TEST

START_TEST(depth_and_size_are_bounded)
{
    char deep[20001];
    memset(deep, '>', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = 0;
    const char *made = html(deep);
    size_t quotes = 0;
    for (const char *at = strstr(made, "<blockquote>"); at; at = strstr(at + 1, "<blockquote>"))
        quotes++;
    ck_assert_uint_le(quotes, 16);
    memset(deep, '[', sizeof(deep) - 1);
    check_is_harmless("[[[", html(deep));
    memset(deep, '*', sizeof(deep) - 1);
    check_is_harmless("***", html(deep));
}
END_TEST

TEST_MAIN("markdown", what_people_write_becomes_elements, nothing_that_is_typed_runs, depth_and_size_are_bounded)
