#include "notify/message.h"

#include "base/arena.h"
#include "base/test.h"
#include "base/times.h"

static struct arena *a;
static struct message m;

static void setup(void)
{
    a = arena_new("test", 8 << 20);
    m = (struct message){.from_name = STR("Assay"), .from = STR("assay@example.org"), .to_name = STR("Ada"), .to = STR("ada@example.org"),
                         .subject = STR("2 due"), .text = STR("Hello,\n\nthat is all.\n"), .id = STR("digest.P-0001.2026-11-22"), .at_ms = INT64_C(1795321800000)};
}
static void teardown(void)
{
    arena_free(a);
}
static const char *written(void)
{
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    message_write(&m, &b);
    return arena_str(a, buf_view(&b)).data;
}
static bool holds(const char *what)
{
    return strstr(written(), what) != NULL;
}

START_TEST(a_message_has_what_rfc_5322_asks_for)
{
    ck_assert(holds("Date: Sun, 22 Nov 2026 04:30:00 +0000\r\n"));
    ck_assert(holds("From: \"Assay\"\r\n <assay@example.org>\r\n"));
    ck_assert(holds("To: \"Ada\"\r\n <ada@example.org>\r\n"));
    ck_assert(holds("Subject: 2 due\r\n"));
    ck_assert(holds("Message-ID: <digest.P-0001.2026-11-22@example.org>\r\n"));
    ck_assert(holds("Auto-Submitted: auto-generated\r\n"));
    ck_assert(holds("\r\n\r\nHello,\r\n\r\nthat is all.\r\n"));
}
END_TEST

START_TEST(names_and_subjects_cannot_add_a_header)
{
    m.to_name = STR("Ada\r\nBcc: eve@example.org");
    m.subject = STR("x\r\nX-Evil: 1");
    ck_assert(!holds("\r\nBcc:") && !holds("\r\nX-Evil"));
    m.to_name = STR("a \"b\" <c>");
    ck_assert(holds("To: =?UTF-8?B?"));
}
END_TEST

START_TEST(other_scripts_are_encoded_in_words_that_cut_no_character)
{
    m.subject = STR("Überprüfung der Zugriffe auf Gehälter – fällig");
    const char *text = written(), *at = strstr(text, "Subject: ");
    for (const char *p = at; *p != '\r' || p[2] == ' '; p++)
        ck_assert_int_lt((unsigned char)*p, 0x80);
    ck_assert(strstr(text, "=?UTF-8?B?w5xiZXJwcsO8ZnVuZyBkZXIgWnVncmlmZmUgYXVmIEdlaMOkbHRlciA=?=\r\n =?UTF-8?B?4oCTIGbDpGxsaWc=?=\r\n"));
}
END_TEST

START_TEST(no_line_is_too_long_and_a_lone_dot_ends_nothing)
{
    char line[400];
    memset(line, 'x', sizeof(line));
    m.text = arena_printf(a, "%.*s\n.\n..dots\ntrailing space \n= ü\n", (int)sizeof(line), line);
    const char *text = written();
    size_t width = 0;
    for (const char *p = text; *p; p++) {
        width = *p == '\n' ? 0 : width + 1;
        ck_assert_uint_le(width, 78);
        ck_assert(*p != '\n' || p[1] != '.');
    }
    ck_assert(strstr(text, "\r\n=2E\r\n=2E.dots\r\ntrailing space=20\r\n=3D =C3=BC\r\n"));
}
END_TEST

TEST_MAIN_WITH("message", setup, teardown, a_message_has_what_rfc_5322_asks_for, names_and_subjects_cannot_add_a_header,
               other_scripts_are_encoded_in_words_that_cut_no_character, no_line_is_too_long_and_a_lone_dot_ends_nothing)
