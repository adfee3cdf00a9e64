#include "base/json.h"
#include "base/test.h"

static struct arena *arena;

static struct json *parse(const char *text, struct err *e)
{
    return json_parse(arena, str_of(text), JSON_LIMITS_DEFAULT, e);
}

START_TEST(valid_texts_are_accepted)
{
    arena = arena_new("test", 16 << 20);
    const char *good[] = {"0", "-0", "1.5e+3", "\"\"", "[]", "{}", " [1 , 2 ] ", "{\"a\":{\"b\":[true,false,null]}}", "\"\\ud83d\\ude00\"",
                          "\"\\u0000\"", "[[[[[[]]]]]]", "\"\x7f\"", "123456789012345678901234567890", "{\"\":0}"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct err e = {0};
        ck_assert_msg(parse(good[i], &e) != NULL, "%s: %s", good[i], e.text);
    }
    arena_free(arena);
}
END_TEST

START_TEST(invalid_texts_are_refused_with_a_place)
{
    arena = arena_new("test", 16 << 20);
    const char *bad[] = {"", " ", "[", "]", "{", "[1,]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "01", "1.", ".5", "1e", "+1", "nul", "tru e",
                         "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"", "\"\n\"", "\"\xff\"", "\xef\xbb\xbf{}",
                         "1 2", "[1 2]", "{\"a\":1,\"a\":2}", "'a'", "[1]x", "NaN", "Infinity", "-", "--1", "\"\\", "{\"a\":1 \"b\":2}", "[,1]",
                         "{\"a\"}", "{1:2}", "\"\xed\xa0\x80\""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct err e = {0};
        ck_assert_msg(parse(bad[i], &e) == NULL, "%s", bad[i]);
        ck_assert_int_eq(e.code, ERR_INVALID);
        ck_assert(strncmp(e.text, "line ", 5) == 0);
    }
    arena_free(arena);
}
END_TEST

START_TEST(duplicate_keys_are_found_in_large_objects_too)
{
    arena = arena_new("test", 64 << 20);
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    buf_cstr(&b, "{");
    for (int i = 0; i < 5000; i++)
        buf_printf(&b, "\"k%d\":%d,", i, i);
    size_t size = b.size;
    buf_cstr(&b, "\"z\":1}");
    struct err e = {0};
    ck_assert(json_parse(arena, buf_view(&b), JSON_LIMITS_DEFAULT, &e) != NULL);
    b.size = size;
    buf_cstr(&b, "\"k4321\":1}");
    ck_assert(json_parse(arena, buf_view(&b), JSON_LIMITS_DEFAULT, &e) == NULL);
    ck_assert(strstr(e.text, "k4321") != NULL);
    arena_free(arena);
}
END_TEST

START_TEST(depth_and_size_are_limited)
{
    arena = arena_new("test", 16 << 20);
    struct err e = {0};
    struct json_limits limits = {.depth_max = 3, .nodes_max = 5};
    ck_assert(json_parse(arena, STR("[[[1]]]"), limits, &e) != NULL);
    ck_assert(json_parse(arena, STR("[[[[1]]]]"), limits, &e) == NULL);
    ck_assert_int_eq(e.code, ERR_TOO_LARGE);
    ck_assert(json_parse(arena, STR("[1,2,3,4,5]"), limits, &e) == NULL);
    ck_assert_int_eq(e.code, ERR_TOO_LARGE);
    arena_free(arena);
}
END_TEST

START_TEST(canonical_form_sorts_by_utf16_and_escapes_shortest)
{
    arena = arena_new("test", 16 << 20);
    struct err e = {0};
    struct json *v = parse("{\"\xf0\x9f\x98\x80\":1,\"\xef\xac\xb3\":2,\"b\":[3, 4],\"a\":\"\\u000f\\n\\/\\u20ac\"}", &e);
    struct buf BUF_AUTO b;
    buf_init(&b, 1000);
    ck_assert(json_write_canonical(&b, v, &e));
    ck_assert_str_eq(b.data, "{\"a\":\"\\u000f\\n/\xe2\x82\xac\",\"b\":[3,4],\"\xf0\x9f\x98\x80\":1,\"\xef\xac\xb3\":2}");
    buf_clear(&b);
    ck_assert(!json_write_canonical(&b, parse("1.5", &e), &e));
    ck_assert(!json_write_canonical(&b, parse("9007199254740992", &e), &e));
    arena_free(arena);
}
END_TEST

static struct json *random_json(uint64_t *seed, int depth)
{
    uint64_t kind = test_random(seed) % (depth > 4 ? 4 : 6);
    if (kind == 0)
        return json_new_null(arena);
    if (kind == 1)
        return json_new_bool(arena, test_random(seed) & 1);
    if (kind == 2)
        return json_new_int(arena, (int64_t)(test_random(seed) >> 12) - (INT64_C(1) << 51));
    if (kind == 3) {
        static const char *const pieces[] = {"a", "\"", "\\", "\n", "\x01", "\xc3\xa4", "\xf0\x9f\x98\x80", "/", " ", "\x7f"};
        struct buf BUF_AUTO b;
        buf_init(&b, 1000);
        for (uint64_t n = test_random(seed) % 8; n; n--)
            buf_cstr(&b, pieces[test_random(seed) % 10]);
        return json_new_str(arena, arena_str(arena, buf_view(&b)));
    }
    struct json *v = kind == 4 ? json_array(arena) : json_object(arena);
    for (uint64_t n = test_random(seed) % 6; n; n--) {
        struct json *member = random_json(seed, depth + 1);
        if (kind == 4)
            json_push(v, member);
        else
            json_put(v, arena_printf(arena, "k%d-%d", (int)(test_random(seed) % 1000), (int)n).data, member);
    }
    return v;
}

START_TEST(writing_and_parsing_is_the_identity)
{
    uint64_t seed = 42;
    for (int i = 0; i < 2000; i++) {
        arena = arena_new("test", 64 << 20);
        struct err e = {0};
        struct buf BUF_AUTO once, BUF_AUTO twice, BUF_AUTO pretty;
        buf_init(&once, 1 << 20);
        buf_init(&twice, 1 << 20);
        buf_init(&pretty, 1 << 20);
        struct json *v = random_json(&seed, 0);
        ck_assert(json_write_canonical(&once, v, &e));
        struct json *back = json_parse(arena, buf_view(&once), JSON_LIMITS_DEFAULT, &e);
        ck_assert_msg(back != NULL, "%s: %s", once.data, e.text);
        ck_assert(json_write_canonical(&twice, back, &e));
        ck_assert_str_eq(once.data, twice.data);
        json_write_pretty(&pretty, v);
        back = json_parse(arena, buf_view(&pretty), JSON_LIMITS_DEFAULT, &e);
        ck_assert(back != NULL);
        buf_clear(&twice);
        ck_assert(json_write_canonical(&twice, back, &e));
        ck_assert_str_eq(once.data, twice.data);
        arena_free(arena);
    }
}
END_TEST

START_TEST(cut_and_flipped_texts_never_crash)
{
    uint64_t seed = 7;
    const char text[] = "{\"a\":[1,2.5e-3,\"x\\u00e4\\n\",{\"b\":null}],\"c\":true,\"d\":\"\xc3\xa4\"}";
    for (int i = 0; i < 20000; i++) {
        arena = arena_new("test", 1 << 20);
        char copy[sizeof(text)];
        memcpy(copy, text, sizeof(text));
        copy[test_random(&seed) % sizeof(text)] = (char)test_random(&seed);
        size_t size = (size_t)(test_random(&seed) % sizeof(text));
        struct err e = {0};
        (void)!json_parse(arena, str_make(copy, size), JSON_LIMITS_DEFAULT, &e);
        arena_free(arena);
    }
}
END_TEST

START_TEST(paths_reach_members)
{
    arena = arena_new("test", 1 << 20);
    struct err e = {0};
    struct json *v = parse("{\"a\":[{\"b\":\"x\"},{\"b\":\"y\"}],\"n\":7}", &e);
    ck_assert(str_is(json_path(v, "a.1.b")->text, "y"));
    ck_assert(json_path(v, "a.2.b") == NULL);
    ck_assert(json_path(v, "a.x") == NULL);
    ck_assert_int_eq(json_int(v, "n", 0), 7);
    ck_assert_int_eq(json_int(v, "missing", 9), 9);
    ck_assert_uint_eq(json_text(v, "n").size, 0);
    arena_free(arena);
}
END_TEST

TEST_MAIN("json", valid_texts_are_accepted, invalid_texts_are_refused_with_a_place, duplicate_keys_are_found_in_large_objects_too,
          depth_and_size_are_limited, canonical_form_sorts_by_utf16_and_escapes_shortest, writing_and_parsing_is_the_identity,
          cut_and_flipped_texts_never_crash, paths_reach_members)
