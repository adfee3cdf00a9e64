#include "base/test.h"
#include "ledger/ledger.h"

/* The example of C2SP signed-note. */
static const char example_vkey[] = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
static const char example_text[] = "This is an example message.\n";
static const char example_line[] =
    "\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

START_TEST(the_example_of_the_specification_verifies)
{
    struct note_key key;
    struct err e = {0};
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    ck_assert_msg(note_key_parse(str_of(example_vkey), &key, &e), "%s", e.text);
    ck_assert_msg(note_verify(str_of(example_text), str_of(example_line), &key, &e), "%s", e.text);
    note_key_format(&key, &vkey);
    ck_assert_str_eq(vkey.data, example_vkey);
    ck_assert(!note_verify(STR("This is an example message!\n"), str_of(example_line), &key, &e));
    ck_assert_int_eq(e.code, ERR_CORRUPT);
}
END_TEST

START_TEST(keys_that_are_malformed_or_of_low_order_are_refused)
{
    static const char *const bad[] = {"",
                                      "example.com/foo",
                                      "example.com/foo+530d903a",
                                      "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "exa mple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "exa\xc2\xa0mple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
                                      "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=",
                                      "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"};
    struct note_key key;
    struct err e = {0};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!note_key_parse(str_of(bad[i]), &key, &e), "%s", bad[i]);
    struct note_key low = note_key_make("low", (struct ed25519_public){{1}});
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(&low, &vkey);
    ck_assert(!note_key_parse(buf_view(&vkey), &key, &e));
    ck_assert(strstr(e.text, "low order") != NULL);
}
END_TEST

START_TEST(unknown_signatures_are_ignored_and_a_broken_known_one_refuses_the_note)
{
    struct ed25519_private mine = {{1}}, other = {{2}};
    struct note_key key = note_key_make("a", ed25519_public_of(&mine)), stranger = note_key_make("b", ed25519_public_of(&other)),
                    impostor = note_key_make("a", ed25519_public_of(&other));
    struct err e = {0};
    struct buf BUF_AUTO lines;
    buf_init(&lines, 1 << 20);
    for (int i = 0; i < 15; i++)
        note_sign_line(i % 2 ? &stranger : &impostor, &other, STR("text\n"), &lines);
    ck_assert(!note_verify(STR("text\n"), buf_view(&lines), &key, &e));
    note_sign_line(&key, &mine, STR("text\n"), &lines);
    ck_assert_msg(note_verify(STR("text\n"), buf_view(&lines), &key, &e), "%s", e.text);
    note_sign_line(&key, &mine, STR("text\n"), &lines); /* a 17th line is not read any more */
    ck_assert(note_verify(STR("text\n"), buf_view(&lines), &key, &e));
    buf_clear(&lines);
    note_sign_line(&key, &mine, STR("text\n"), &lines);
    note_sign_line(&key, &mine, STR("another text\n"), &lines);
    ck_assert(!note_verify(STR("text\n"), buf_view(&lines), &key, &e));
    ck_assert(!note_verify(STR("text\n"), STR(""), &key, &e));
    ck_assert(!note_verify(STR("text\n"), STR("- a AAAAAAAA\n"), &key, &e));
    ck_assert(!note_verify(STR("text\n"), str_slice(buf_view(&lines), 0, 40), &key, &e));
}
END_TEST

START_TEST(a_checkpoint_reads_back_and_malformed_ones_are_refused)
{
    struct checkpoint c = {.origin = "example.com/log", .size = 20852163}, back;
    struct str text, lines;
    struct err e = {0};
    struct buf BUF_AUTO note;
    buf_init(&note, 4096);
    c.root = sha256_of(STR("x"));
    checkpoint_text(&c, &note);
    size_t text_size = note.size;
    buf_cstr(&note, "\n");
    buf_cstr(&note, example_line);
    ck_assert_msg(checkpoint_parse(buf_view(&note), &back, &text, &lines, &e), "%s", e.text);
    ck_assert(text.size == text_size && str_is(lines, example_line));
    ck_assert(back.size == c.size && sha256_equal(back.root, c.root) && strcmp(back.origin, c.origin) == 0);
    for (size_t size = 0; size < note.size; size++) { /* no beginning of a note is a note, but one cut between signature lines */
        struct str part = str_slice(buf_view(&note), 0, size);
        ck_assert(!checkpoint_parse(part, &back, &text, &lines, &e));
    }
    static const char *const bad[] = {
        "o\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "o\n-1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "o\n+1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "o\n99999999999999999999\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "o\r\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "o\xff\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\xe2\x80\x94 a AAAAAAA=\n",
        "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\nextension\n\n\xe2\x80\x94 a AAAAAAA=\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!checkpoint_parse(str_of(bad[i]), &back, &text, &lines, &e), "%s", bad[i]);
    ck_assert(checkpoint_parse(STR("o\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nextension\n\n\xe2\x80\x94 a AAAAAAA=\n"),
                               &back, &text, &lines, &e));
}
END_TEST

TEST_MAIN("note", the_example_of_the_specification_verifies, keys_that_are_malformed_or_of_low_order_are_refused,
          unknown_signatures_are_ignored_and_a_broken_known_one_refuses_the_note,
          a_checkpoint_reads_back_and_malformed_ones_are_refused)
