#include "report/view_due.h"
#include "base/test.h"

#include <stdlib.h>

static struct buf out;

static void setup(void)
{
    buf_init(&out, 1 << 20);
}
static void teardown(void)
{
    buf_release(&out);
}
static struct str line(struct str value, bool is_text)
{
    buf_release(&out);
    buf_init(&out, 1 << 20);
    ics_line(&out, "SUMMARY", value, is_text);
    return buf_view(&out);
}

START_TEST(text_is_escaped)
{
    ck_assert(str_is(line(STR("a, b; c\\d\ne\r\nf\tg"), true), "SUMMARY:a\\, b\\; c\\\\d\\ne\\nfg\r\n"));
    ck_assert(str_is(line(STR("a, b"), false), "SUMMARY:a, b\r\n"));
    ck_assert(str_is(line(STR("x\r\nATTENDEE:y"), false), "SUMMARY:xATTENDEE:y\r\n"));
}
END_TEST

START_TEST(lines_are_folded_at_75_octets)
{
    static const char digits[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
    ck_assert(str_is(line(str_make(digits, 67), true), "SUMMARY:0123456789012345678901234567890123456789012345678901234567890123456\r\n"));
    ck_assert(str_is(line(str_make(digits, 68), true), "SUMMARY:0123456789012345678901234567890123456789012345678901234567890123456\r\n 7\r\n"));
}
END_TEST

/* What a reader of RFC 5545 makes of it: unfolded, then unescaped. */
static size_t read_back(struct str text, char *ret)
{
    size_t n = 0, column = 0;
    ck_assert(text.size >= 2 && text.data[text.size - 2] == '\r' && text.data[text.size - 1] == '\n');
    for (size_t i = 0; i < text.size - 2; i++) {
        if (text.data[i] == '\r') {
            ck_assert(text.data[i + 1] == '\n' && text.data[i + 2] == ' ');
            ck_assert(str_is_utf8(str_slice(text, i + 3, text.size)));
            i += 2;
            column = 1;
            continue;
        }
        ck_assert_uint_le(++column, 75);
        ck_assert((unsigned char)text.data[i] >= 0x20 && text.data[i] != 0x7f);
        if (text.data[i] == '\\' && i > 7) {
            i++;
            column++;
            ck_assert(text.data[i] == '\\' || text.data[i] == ';' || text.data[i] == ',' || text.data[i] == 'n');
            ret[n++] = text.data[i] == 'n' ? '\n' : text.data[i];
        } else {
            ret[n++] = text.data[i];
        }
    }
    return n;
}

START_TEST(whatever_is_written_is_read_back)
{
    static const char *const pieces[] = {"a", ",", ";", "\\", "\n", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x93\x85", " ", ":", "n", "\""};
    static char value[2000], back[8000];
    uint32_t seed = 1;
    for (int round = 0; round < 3000; round++) {
        size_t size = 0;
        for (int k = 0; k < round % 300; k++) {
            seed = seed * 1664525u + 1013904223u;
            const char *piece = pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))];
            memcpy(value + size, piece, strlen(piece));
            size += strlen(piece);
        }
        size_t n = read_back(line(str_make(value, size), true), back);
        ck_assert_uint_eq(n, size + 8);
        ck_assert_mem_eq(back + 8, value, size);
    }
}
END_TEST

START_TEST(any_bytes_make_lines_of_utf_8)
{
    static char value[600], back[8000];
    uint32_t seed = 7;
    for (int round = 0; round < 3000; round++) {
        size_t size = (size_t)round % sizeof(value);
        for (size_t i = 0; i < size; i++) {
            seed = seed * 1664525u + 1013904223u;
            value[i] = (char)(seed >> 24);
        }
        struct str text = line(str_make(value, size), true);
        ck_assert(str_is_utf8(text));
        read_back(text, back);
    }
}
END_TEST

TEST_MAIN_WITH("feed", setup, teardown, text_is_escaped, lines_are_folded_at_75_octets, whatever_is_written_is_read_back, any_bytes_make_lines_of_utf_8)
