#include "base/test.h"
#include "ledger/leaf_property.h"

static bool parses(const char *bytes)
{
    struct arena *a = arena_new("leaf", 8 << 20);
    bool is_leaf = leaf_property(a, str_of(bytes));
    arena_free(a);
    return is_leaf;
}

START_TEST(leaves_in_the_one_canonical_form_are_accepted)
{
    ck_assert(parses("assay/leaf@v1 record\n{}\n"));
    ck_assert(parses("assay/leaf@v1 record\n{\"a\":[1,-5,true,\"\xc3\xa4\",{\"b\":[]}],\"z_9\":9007199254740991}\n"));
    ck_assert(parses("assay/leaf@v1 run\n{\"a\":\"line\\n\\\"quoted\\\"\"}\n\n\xe2\x80\x94 name AAAAAAA=\n"));
    ck_assert(parses("assay/leaf@v1 run\n{}\n\n\xe2\x80\x94 name AAAAAAA=\n\xe2\x80\x94 name BBBBBBA=\n"));
    ck_assert(parses("assay/leaf@v1 record\n{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}\n"));
}
END_TEST

START_TEST(every_other_spelling_is_refused)
{
    static const char *const bad[] = {"",
                                      "assay/leaf@v1 record",
                                      "assay/leaf@v1 record\n",
                                      "assay/leaf@v1 record\n{}",
                                      "assay/leaf@v2 record\n{}\n",
                                      "assay/leaf@v1 unknown\n{}\n",
                                      "assay/leaf@v1  record\n{}\n",
                                      "assay/leaf@v1 record\r\n{}\n",
                                      "assay/leaf@v1 record\n {}\n",
                                      "assay/leaf@v1 record\n{} \n",
                                      "assay/leaf@v1 record\n[]\n",
                                      "assay/leaf@v1 record\n\"\"\n",
                                      "assay/leaf@v1 record\n\xef\xbb\xbf{}\n",
                                      "assay/leaf@v1 record\n{\"b\":1,\"a\":1}\n",
                                      "assay/leaf@v1 record\n{\"a\":1,\"a\":1}\n",
                                      "assay/leaf@v1 record\n{\"a\":1.0}\n",
                                      "assay/leaf@v1 record\n{\"a\":1e3}\n",
                                      "assay/leaf@v1 record\n{\"a\":0.5}\n",
                                      "assay/leaf@v1 record\n{\"a\":-0}\n",
                                      "assay/leaf@v1 record\n{\"a\":01}\n",
                                      "assay/leaf@v1 record\n{\"a\":9007199254740992}\n",
                                      "assay/leaf@v1 record\n{\"a\":-9007199254740992}\n",
                                      "assay/leaf@v1 record\n{\"a\":99999999999999999999}\n",
                                      "assay/leaf@v1 record\n{\"a\":null}\n",
                                      "assay/leaf@v1 record\n{\"A\":1}\n",
                                      "assay/leaf@v1 record\n{\"\":1}\n",
                                      "assay/leaf@v1 record\n{\"a-b\":1}\n",
                                      "assay/leaf@v1 record\n{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}\n",
                                      "assay/leaf@v1 record\n{\"a\":\"\\u0041\"}\n",
                                      "assay/leaf@v1 record\n{\"a\":\"\\/\"}\n",
                                      "assay/leaf@v1 record\n{\"a\":\"\\ud800\"}\n",
                                      "assay/leaf@v1 record\n{\"a\":\"\xff\"}\n",
                                      "assay/leaf@v1 record\n{\"a\":\"\xed\xa0\x80\"}\n",
                                      "assay/leaf@v1 record\n{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}\n",
                                      "assay/leaf@v1 record\n{\"a\":[[[[[[1]]]]]]}\n",
                                      "assay/leaf@v1 record\n{}\n\n",
                                      "assay/leaf@v1 record\n{}\nx",
                                      "assay/leaf@v1 record\n{}\n\n- name AAAAAAA=\n",
                                      "assay/leaf@v1 record\n{}\n\n\xe2\x80\x94 name AAAA\n", /* too short for a key id and a signature */
                                      "assay/leaf@v1 record\n{}\n\n\xe2\x80\x94 name AAAAAAA=",
                                      "assay/leaf@v1 record\n{}\n\xe2\x80\x94 name AAAAAAA=\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!parses(bad[i]), "%s", bad[i]);
}
END_TEST

/* Each of these respells a good leaf without changing what it says, or breaks the profile; whatever the leaf, none may pass. */
START_TEST(no_leaf_has_a_second_spelling)
{
    static const struct {
        const char *find, *put;
    } respellings[] = {{"\":", "\" :"},       {"\":", "\": "},          {"{", "{ "},          {"}", " }"},
                       {"[", "[ "},         {",", ", "},            {",", ",\t"},         {"17", "17.0"},
                       {"17", "1.7e1"},     {"17", "17e0"},         {"17", "017"},       {"17", "+17"},
                       {"17", "9007199254740992"},                  {"17", "-0"},        {"17", "null"},
                       {"17", "NaN"},       {"true", "TRUE"},       {"true", "1.0"},     {"text", "\\u0074ext"},
                       {"text", "te\\ud83dxt"},                {"text", "te\\udc00\\ud83dxt"},
                       {"text", "te\xed\xa0\x80xt"},                {"text", "te\xc0\x80xt"},                {"text", "te\xf4\x90\x80\x80xt"},
                       {"text", "te\x01xt"},                        {"text", "te\\/xt"},  {"\n{", "\n\xef\xbb\xbf{"},
                       {"\"a\":", "\"a\":0,\"a\":"},                 {"\"z\":", "\"a\":0,\"z\":"},
                       {"[]", "[[[[[[]]]]]]"},                      {"[]", "{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}"},
                       {"}\n", "}\r\n"},   {"}\n", "},\n"},         {"}\n", "}"},       {"record", "Record"},
                       {"record", "record "},                       {"@v1", "@v01"}};
    static const char *const good[] = {"assay/leaf@v1 record\n{\"a\":17,\"b\":[],\"c\":\"text\",\"d\":true,\"e\":{\"f\":1},\"z\":[1,2]}\n",
                                       "assay/leaf@v1 record\n{\"a\":[17,[],\"text\"],\"b\":{\"c\":true,\"z\":[3,4]}}\n"};
    for (size_t g = 0; g < sizeof(good) / sizeof(good[0]); g++) {
        ck_assert(parses(good[g]));
        for (size_t i = 0; i < sizeof(respellings) / sizeof(respellings[0]); i++) {
            const char *find = respellings[i].find, *at = good[g];
            while ((at = strstr(at, find)) != NULL) { /* at every place where it can be done */
                char bytes[400];
                snprintf(bytes, sizeof(bytes), "%.*s%s%s", (int)(at - good[g]), good[g], respellings[i].put, at + strlen(find));
                ck_assert_msg(!parses(bytes), "%s", bytes);
                at += strlen(find);
            }
        }
    }
}
END_TEST

START_TEST(composing_refuses_what_parsing_would)
{
    struct arena *a = arena_new("leaf", 8 << 20);
    struct buf BUF_AUTO out;
    struct err e = {0};
    buf_init(&out, 1 << 20);
    struct json *leaf = json_object(a);
    ck_assert(!leaf_compose("unknown", leaf, (struct str){"", 0}, &out, &e) && e.code == ERR_INVALID);
    ck_assert(!leaf_compose("record", leaf, STR("no signature line\n"), &out, &e) && e.code == ERR_INVALID);
    json_put_null(leaf, "a");
    ck_assert(!leaf_compose("record", leaf, (struct str){"", 0}, &out, &e) && e.code == ERR_INVALID);
    leaf = json_object(a);
    char *big = arena_alloc(a, 70000);
    memset(big, 'x', 70000);
    json_put_str(leaf, "a", str_make(big, 65000));
    ck_assert_msg(leaf_compose("record", leaf, (struct str){"", 0}, &out, &e), "%s", e.text);
    json_put_str(leaf, "b", str_make(big, 1000));
    ck_assert(!leaf_compose("record", leaf, (struct str){"", 0}, &out, &e) && e.code == ERR_TOO_LARGE);
    leaf = json_object(a);
    json_put_str(leaf, "a", str_make("\xff", 1));
    ck_assert(!leaf_compose("record", leaf, (struct str){"", 0}, &out, &e) && e.code == ERR_INVALID);
    arena_free(a);
}
END_TEST

START_TEST(mutated_leaves_and_notes_never_crash_and_keep_the_property)
{
    static const char *const seeds[] = {
        "assay/leaf@v1 "
        "item\n{\"b\":[{\"c\":\"00\",\"m\":\"application/"
        "json\",\"x\":\"11\",\"z\":\"<=4k\"}],\"n\":\"5d1f\",\"obs\":[1,2],\"sq\":20411,\"v\":1}\n",
        "assay/leaf@v1 run\n{\"run\":{\"col\":\"name\",\"tables\":{\"a\":\"b\"}}}\n\n\xe2\x80\x94 name AAAAAAA=\n",
        "o\n12\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"};
    static const char alphabet[] = "{}[]\",:0129ax\\\n \xe2\x80\x94+=-";
    struct arena *a = arena_new("leaf", 8 << 20);
    uint64_t seed = 1;
    int accepted = 0;
    for (int i = 0; i < 60000; i++) {
        char bytes[400];
        struct str from = str_of(seeds[test_random(&seed) % 4]);
        size_t size = from.size;
        memcpy(bytes, from.data, size);
        for (uint64_t n = test_random(&seed) % 4; n > 0; n--) {
            size_t at = test_random(&seed) % size;
            switch (test_random(&seed) % 4) {
            case 0:
                bytes[at] = (char)test_random(&seed);
                break;
            case 1:
                bytes[at] = alphabet[test_random(&seed) % (sizeof(alphabet) - 1)];
                break;
            case 2:
                memmove(bytes + at, bytes + at + 1, size - at - 1);
                size -= size > 2;
                break;
            default:
                if (size < sizeof(bytes)) {
                    memmove(bytes + at + 1, bytes + at, size - at);
                    size++;
                }
            }
        }
        arena_reset(a);
        accepted += leaf_property(a, str_make(bytes, size)) + note_property(str_make(bytes, size));
    }
    ck_assert_int_gt(accepted, 5000); /* otherwise the mutations would only show that garbage is refused */
    arena_free(a);
}
END_TEST

TEST_MAIN("leaf", leaves_in_the_one_canonical_form_are_accepted, every_other_spelling_is_refused, no_leaf_has_a_second_spelling,
          composing_refuses_what_parsing_would, mutated_leaves_and_notes_never_crash_and_keep_the_property)
