#include "base/test.h"
#include "ledger/cosignature.h"

#include <fcntl.h>
#include <unistd.h>

static const char text[] = "example.com/log\n7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";

struct world {
    struct ed25519_private private_key;
    struct note_key key;
    struct buf lines;
};

static void world_init(struct world *w)
{
    w->private_key = (struct ed25519_private){{7}};
    w->key = note_key_make_typed("witness.example.com/w1", NOTE_KEY_COSIGNATURE, ed25519_public_of(&w->private_key));
    buf_init(&w->lines, 1 << 20);
}

/* Made by the Python package cryptography, not by this program: seed SHA-256("test witness key"), over the checkpoint of 1,000
 * leaves of an example log. */
static const char foreign_vkey[] = "auditor.example.com/w1+49e6cdff+BBQzA22TUGQjImRLTPJOCPRp+BAYPvXYTpf05YEMg813";
static const char foreign_text[] = "ledger.example.com/acme\n1000\n43xrckvA2yUQGyON3MiKn5Bjbkz5dwcrTExxmEDrtLI=\n";
static const char foreign_lines[] =
    "\xe2\x80\x94 ledger.example.com/acme "
    "Vd3yX5oaUCQwKNrduIN1dttGFGpj+w3BFNhRggMRyidQpsqRhMS24PtdCwNkhVSOuo64Gwb9uLgivJkUaISatUkOEwg=\n"
    "\xe2\x80\x94 auditor.example.com/w1 "
    "SebN/wAAAABpVbzoAcsrTGJ2Pni0VKhj/kfsMnpOEuOCSwIHJOmTM7tskl0pEYIFSr+JY9DunvLZczi34m/feVWXmqSx45Qo0r8OAw==\n";

START_TEST(a_cosignature_that_another_program_made_verifies)
{
    struct note_key key;
    struct err e = {0};
    struct str line;
    uint64_t time_s;
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    ck_assert_msg(note_key_parse(str_of(foreign_vkey), &key, &e), "%s", e.text);
    ck_assert_int_eq(key.type, NOTE_KEY_COSIGNATURE);
    note_key_format(&key, &vkey);
    ck_assert_str_eq(vkey.data, foreign_vkey);
    ck_assert_msg(cosignature_find(str_of(foreign_text), str_of(foreign_lines), &key, &line, &time_s, &e), "%s", e.text);
    ck_assert_uint_eq(time_s, 0x6955bce8);
    ck_assert(str_starts(line, "\xe2\x80\x94 auditor") && str_ends(line, "Aw==\n"));
    ck_assert(!cosignature_find(STR("ledger.example.com/acme\n1001\n43xrckvA2yUQGyON3MiKn5Bjbkz5dwcrTExxmEDrtLI=\n"),
                                str_of(foreign_lines), &key, NULL, NULL, &e));
    ck_assert_int_eq(e.code, ERR_CORRUPT);
}
END_TEST

START_TEST(a_line_reads_back_and_no_changed_byte_of_it_holds)
{
    struct world w;
    struct err e = {0};
    uint64_t time_s;
    struct str line;
    world_init(&w);
    cosignature_sign_line(&w.key, &w.private_key, str_of(text), 1700000000, &w.lines);
    ck_assert_msg(cosignature_find(str_of(text), buf_view(&w.lines), &w.key, &line, &time_s, &e), "%s", e.text);
    ck_assert(time_s == 1700000000 && str_equal(line, buf_view(&w.lines)));
    for (size_t i = 0; i < w.lines.size; i++) {
        struct buf BUF_AUTO changed;
        buf_init(&changed, 1024);
        buf_str(&changed, buf_view(&w.lines));
        changed.data[i] ^= 1;
        ck_assert_msg(!cosignature_find(str_of(text), buf_view(&changed), &w.key, NULL, NULL, &e), "byte %zu", i);
    }
    for (size_t size = 0; size < w.lines.size; size++)
        ck_assert(!cosignature_find(str_of(text), str_slice(buf_view(&w.lines), 0, size), &w.key, NULL, NULL, &e));
    buf_release(&w.lines);
}
END_TEST

START_TEST(the_time_is_signed_and_the_newest_of_several_counts)
{
    struct world w;
    struct err e = {0};
    uint64_t time_s;
    struct str name;
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, 1024);
    world_init(&w);
    cosignature_sign_line(&w.key, &w.private_key, str_of(text), 20, &w.lines);
    size_t one = w.lines.size;
    ck_assert(note_line_parse(str_slice(buf_view(&w.lines), 0, one - 1), &name, &bytes));
    bytes.data[4 + 7]++; /* the time's last byte */
    struct buf BUF_AUTO moved;
    buf_init(&moved, 1024);
    note_line_format(&w.key, str_slice(buf_view(&bytes), 4, bytes.size), &moved);
    ck_assert(!cosignature_find(str_of(text), buf_view(&moved), &w.key, NULL, NULL, &e));
    ck_assert_int_eq(e.code, ERR_CORRUPT);
    cosignature_sign_line(&w.key, &w.private_key, str_of(text), 30, &w.lines);
    cosignature_sign_line(&w.key, &w.private_key, str_of(text), 10, &w.lines);
    ck_assert(cosignature_find(str_of(text), buf_view(&w.lines), &w.key, NULL, &time_s, &e));
    ck_assert_uint_eq(time_s, 30);
    buf_str(&w.lines, buf_view(&moved));
    ck_assert(!cosignature_find(str_of(text), buf_view(&w.lines), &w.key, NULL, NULL, &e));
    buf_release(&w.lines);
}
END_TEST

START_TEST(log_keys_and_cosigner_keys_do_not_stand_in_for_each_other)
{
    struct world w;
    struct err e = {0};
    world_init(&w);
    struct note_key log = note_key_make(w.key.name, w.key.public_key);
    ck_assert(log.id != w.key.id); /* the same name and the same key: the type is in the id */
    cosignature_sign_line(&w.key, &w.private_key, str_of(text), 1, &w.lines);
    ck_assert(!note_verify(str_of(text), buf_view(&w.lines), &log, &e));
    ck_assert(!note_verify(str_of(text), buf_view(&w.lines), &w.key, &e));
    ck_assert_int_eq(e.code, ERR_UNSUPPORTED);
    ck_assert(!cosignature_find(str_of(text), buf_view(&w.lines), &log, NULL, NULL, &e));
    ck_assert_int_eq(e.code, ERR_UNSUPPORTED);
    buf_clear(&w.lines);
    note_sign_line(&log, &w.private_key, str_of(text), &w.lines);
    ck_assert(!cosignature_find(str_of(text), buf_view(&w.lines), &w.key, NULL, NULL, &e));
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    buf_release(&w.lines);
}
END_TEST

START_TEST(a_mirror_of_another_program_is_cosigned_as_its_keys_say)
{
    const char *root = getenv("ASSAY_SHARED_DATA");
    char path[4096];
    snprintf(path, sizeof(path), "%s/ledger/sunlight-mirror", root ? root : "");
    int dir = open(path, O_RDONLY | O_DIRECTORY);
    if (dir < 0) {
        fprintf(stderr, "cosignature_test: no sunlight-mirror vectors here, skipped\n");
        return;
    }
    struct buf BUF_AUTO note;
    struct err e = {0};
    struct checkpoint c;
    struct str signed_text, lines;
    struct note_key key;
    buf_init(&note, 1 << 16);
    ck_assert(os_file_read(&os_file_real, dir, "checkpoint", &note, &e));
    ck_assert_msg(checkpoint_parse(buf_view(&note), &c, &signed_text, &lines, &e), "%s", e.text);
    ck_assert(note_key_parse(STR("mirror.example.org+3fb148ef+BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O"), &key, &e));
    ck_assert_msg(cosignature_find(signed_text, lines, &key, NULL, NULL, &e), "%s", e.text);
    close(dir);
}
END_TEST

TEST_MAIN("cosignature", a_cosignature_that_another_program_made_verifies, a_line_reads_back_and_no_changed_byte_of_it_holds,
          the_time_is_signed_and_the_newest_of_several_counts, log_keys_and_cosigner_keys_do_not_stand_in_for_each_other,
          a_mirror_of_another_program_is_cosigned_as_its_keys_say)
