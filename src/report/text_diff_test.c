#include "base/buf.h"
#include "base/test.h"
#include "report/text_diff.h"

static struct str written(struct arena *a, const struct json *d)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    JSON_EACH (line, json_get(d, "lines")) {
        if (json_int(line, "count", 0))
            buf_printf(&b, "..%lld\n", (long long)json_int(line, "count", 0));
        JSON_EACH (part, json_get(line, "parts")) {
            const char *mark = str_is(json_text(part, "kind"), "added") ? "+" : str_is(json_text(part, "kind"), "removed") ? "-" : "";
            buf_printf(&b, "%s%s%.*s%s", mark, *mark ? "[" : "", STR_ARGS(json_text(part, "text")), *mark ? "]" : "");
        }
        if (json_get(line, "parts"))
            buf_char(&b, '\n');
    }
    return arena_str(a, buf_view(&b));
}

START_TEST(lines_and_words_that_differ_are_told)
{
    struct arena *a = arena_new("test", 64 << 20);
    static const char *const cases[][3] = {
        {"", "", ""},
        {"a\nb\n", "a\nb\n", "a\nb\n"},
        {"a\n", "a\nb\n", "a\n+[b]\n"},
        {"a\nb\nc\n", "a\nc\n", "a\n-[b]\nc\n"},
        {"Accounts are disabled within 5 days.\n", "Accounts are disabled within 3 days.\n", "Accounts are disabled within-[ 5]+[ 3] days.\n"},
        {"one two three\n", "four five six\n", "-[one two three]\n+[four five six]\n"},
        {"x\ny\n", "y\nx\n", "-[x]\ny\n+[x]\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        ck_assert_str_eq(written(a, text_diff(a, str_of(cases[i][0]), str_of(cases[i][1]), SIZE_MAX)).data, cases[i][2]);
    const struct json *d = text_diff(a, STR("1\n2\n3\n4\n5\n6\n7\n8\n"), STR("1\n2\n3\n4\n5\n6\n7\nx\n"), 2);
    ck_assert_str_eq(written(a, d).data, "..5\n6\n7\n-[8]\n+[x]\n");
    ck_assert(!json_bool(d, "is_same") && json_int(d, "added", 0) == 1 && json_int(d, "removed", 0) == 1 && json_int(d, "changed", -1) == 0);
    arena_free(a);
}
END_TEST

/* Whatever the texts: without what was put in it is the text before, without what was taken out the text after. */
START_TEST(both_texts_can_be_read_from_the_difference)
{
    uint32_t seed = 7;
    for (int round = 0; round < 300; round++) {
        struct arena *a = arena_new("test", 16 << 20);
        struct buf texts[2], read[2];
        for (int t = 0; t < 2; t++) {
            buf_init(&texts[t], 1 << 16);
            buf_init(&read[t], 1 << 16);
            for (int line = 0; line < 6; line++) {
                for (int word = 0; word < 4; word++)
                    buf_printf(&texts[t], "%s%c", word ? " " : "", 'a' + (int)((seed = seed * 1664525 + 1013904223) >> 24) % 3);
                buf_char(&texts[t], '\n');
            }
        }
        JSON_EACH (line, json_get(text_diff(a, buf_view(&texts[0]), buf_view(&texts[1]), SIZE_MAX), "lines")) {
            JSON_EACH (part, json_get(line, "parts"))
                for (int t = 0; t < 2; t++)
                    if (!str_is(json_text(part, "kind"), t ? "removed" : "added"))
                        buf_str(&read[t], json_text(part, "text"));
            for (int t = 0; t < 2; t++)
                if (!str_is(json_text(line, "kind"), t ? "removed" : "added"))
                    buf_char(&read[t], '\n');
        }
        for (int t = 0; t < 2; t++)
            ck_assert(str_equal(buf_view(&read[t]), buf_view(&texts[t])));
        for (int t = 0; t < 2; t++) {
            buf_release(&texts[t]);
            buf_release(&read[t]);
        }
        arena_free(a);
    }
}
END_TEST

TEST_MAIN("text_diff", lines_and_words_that_differ_are_told, both_texts_can_be_read_from_the_difference)
