#include "base/test.h"
#include "web/log_files.h"

START_TEST(addresses_of_the_specification_are_parsed)
{
    static const struct {
        const char *path;
        bool is_forever;
    } good[] = {{"checkpoint", false},
                {"checkpoint.witnessed", false},
                {"tile/0/000", true},
                {"tile/63/x001/x234/067", true},
                {"tile/entries/x001/000", true},
                {"tile/entries/x018/x446/x744/x073/x709/x551/615", true},
                {"tile/1/000.p/1", false},
                {"tile/entries/x001/067.p/255", false}};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct log_file f;
        ck_assert_msg(log_file_parse(str_of(good[i].path), &f), "%s", good[i].path);
        ck_assert_str_eq(f.path, good[i].path);
        ck_assert((strstr(f.cache, "immutable") != NULL) == good[i].is_forever);
    }
}
END_TEST

START_TEST(nothing_else_is_an_address)
{
    static const char *const bad[] = {"",
                                      "Checkpoint",
                                      "checkpoint/",
                                      "checkpoint.log",
                                      "../checkpoint",
                                      "tile",
                                      "tile/",
                                      "tile/0",
                                      "tile/0/",
                                      "tile/0/0",
                                      "tile/0/00",
                                      "tile/0/0000",
                                      "tile/64/000",
                                      "tile/00/000",
                                      "tile/01/000",
                                      "tile/-1/000",
                                      "tile/+1/000",
                                      "tile/0/x000/001",
                                      "tile/0/x001",
                                      "tile/0/x001/",
                                      "tile/0/001/002",
                                      "tile/0/X001/002",
                                      "tile/0/000.p",
                                      "tile/0/000.p/",
                                      "tile/0/000.p/0",
                                      "tile/0/000.p/256",
                                      "tile/0/000.p/01",
                                      "tile/0/000.p/1/",
                                      "tile/0/000.q/1",
                                      "tile/0/000 ",
                                      "tile/0/%30%30%30",
                                      "tile/0/../0/000",
                                      "tile//000",
                                      "tile/entry/000",
                                      "tile/data/000",
                                      "tile/0/x001//000",
                                      "tile/entries/x018/x446/x744/x073/x709/x551/x615/000",
                                      "tile/0/000.p/-1",
                                      "tile/0/0/0"};
    struct log_file f;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!log_file_parse(str_of(bad[i]), &f), "%s", bad[i]);
    ck_assert(!log_file_parse(STR("checkpoint\0"), &f));
    ck_assert(!log_file_parse(STR("tile/0/000\0"), &f));
}
END_TEST

TEST_MAIN("log_files", addresses_of_the_specification_are_parsed, nothing_else_is_an_address)
