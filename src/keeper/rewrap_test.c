/* rewrap_test.c - another master key, and the keeper dies at any file operation on the way. */
#include "keeper/test_death.h"

#include "base/test.h"
#include <poll.h>

static struct test_keeper t;
static struct arena *arena;
enum { NOTES = 30 };

static void note(int i)
{
    char id[33], text[32];
    struct json *answer;
    struct err e = {0};
    op_id_new(&env_system, id);
    snprintf(text, sizeof(text), "note %d", i);
    ck_assert_msg(test_note(t.client, arena, id, "a note", text, &answer, &e), "%s", e.text);
}

static struct str master_text(const char *name)
{
    struct err e = {0};
    struct buf BUF_AUTO text;
    char path[PATH_MAX + 64];
    buf_init(&text, 4096);
    snprintf(path, sizeof(path), "%s/private/keys/%s", t.path, name);
    return os_file_read(&os_file_real, AT_FDCWD, path, &text, &e) ? arena_str(arena, str_trim(buf_view(&text))) : STR("");
}

static void scene_make(void)
{
    arena = arena_new("rewrap test", 1 << 30);
    scene_start(&t);
    for (int i = 0; i < NOTES; i++)
        note(i);
    test_keeper_stop(&t);
}

/* What `assay keyring rewrap` does, but for the check value beside the old one's. */
static bool ask(const char *key, struct err *e)
{
    struct data_dir d;
    uint8_t next[32];
    char id[KEY_CHECK_SIZE];
    struct json *answer;
    ck_assert(data_dir_open(&d, t.path, e));
    ck_assert(hex_decode(str_of(key), next, 32) &&
              os_file_create_once(&os_file_real, d.fd, "private/keys/master.next", str_of(key), 0600, e));
    data_dir_close(&d);
    key_check_value("master", next, id);
    struct op op = {.kind = "keyring", .actor = STR("local:test"), .body = json_object(arena)};
    json_put_cstr(op.body, "id", id);
    op_id_of(str_of(id), op.id);
    if (!keeper_submit(t.client, arena, &op, &answer, e))
        return false;
    for (;;) {
        struct json *status;
        if (!keeper_status(t.client, arena, &status, e))
            return false;
        if (!json_get(status, "rewrap"))
            return keeper_flush(t.client, e);
        if (json_get(json_get(status, "rewrap"), "error"))
            return err_set(e, ERR_UNAVAILABLE, "%.*s", STR_ARGS(json_text(json_get(status, "rewrap"), "error")));
        poll(NULL, 0, 1);
    }
}

/* 0: not asked for, 1: under way, 2: done. */
static int standing(void)
{
    struct err e = {0};
    struct db *db = test_projection(&t);
    int64_t asked = db_one_int(db, &e, -1, "select count(*) from keyring_key"),
            done = db_one_int(db, &e, -1, "select count(*) from keyring_key where done_leaf is not null and keys=?1", A(NOTES));
    db_close(db);
    ck_assert(asked >= done && asked >= 0 && asked <= 1);
    return (int)(asked + done);
}

static const char NEXT[] = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static bool ask_for_next(void *context, struct err *e)
{
    (void)context;
    return ask(NEXT, e);
}

START_TEST(every_key_opens_wherever_the_keeper_dies_and_the_old_master_key_goes)
{
    char original[PATH_MAX + 16];
    int finished = 0, untouched = 0;
    bool has_died = true, is_answered = false;
    scene_make();
    struct str old = master_text("master");
    scene_keep(&t, original);
    for (int at = 1; has_died; at++) {
        has_died = death_try(&t, original, at, ask_for_next, NULL, &is_answered);
        int now = standing();
        ck_assert_msg(now == 0 || now == 2, "death at call %d: not finished by the next start", at);
        ck_assert_msg(now == 2 || !is_answered, "death at call %d: answered, and not done", at);
        ck_assert_msg(now == 0 || (str_is(master_text("master"), NEXT) && found_in(AT_FDCWD, t.path, old, "the old master key") == 0),
                      "death at call %d: the old master key is there", at);
        ck_assert_msg(now == 2 || str_equal(master_text("master"), old), "death at call %d: the master key is lost", at);
        ck_assert_msg(now == 0 || master_text("master.next").size + master_text("master.old").size == 0, "death at call %d", at);
        finished += now == 2;
        untouched += now == 0;
        test_verify_well(&t, "death at call", at); /* opens every blob */
        struct sha256 before = test_dump(&t);
        test_rebuild(&t);
        ck_assert(sha256_equal(before, test_dump(&t)));
    }
    ck_assert_int_ge(finished, 10);
    ck_assert_int_ge(untouched, 1);
    test_remove_tree(AT_FDCWD, original);
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

START_TEST(a_key_that_does_not_open_stops_it_and_nothing_changes)
{
    struct err e = {0};
    char path[PATH_MAX + 64];
    scene_make();
    struct str old = master_text("master");
    snprintf(path, sizeof(path), "%s/private/keyring/keys", t.path);
    struct buf BUF_AUTO ring;
    buf_init(&ring, 1 << 20);
    ck_assert(os_file_read(&os_file_real, AT_FDCWD, path, &ring, &e));
    struct str before = arena_str(arena, buf_view(&ring));
    uint8_t *record = (uint8_t *)ring.data + (size_t)7 * 96;
    record[40] ^= 1; /* the wrapped key, with a checksum that agrees */
    uint32_t crc = crc32c_add(0, str_make(record, 92));
    for (int i = 0; i < 4; i++)
        record[92 + i] = (uint8_t)(crc >> (24 - 8 * i));
    ck_assert(os_file_replace(&os_file_real, AT_FDCWD, path, buf_view(&ring), 0600, &e));
    test_keeper_start(&t);
    ck_assert(!ask(NEXT, &e));
    ck_assert_msg(strstr(e.text, "does not open under the master key"), "%s", e.text);
    note(NOTES); /* the keeper goes on */
    test_keeper_stop(&t);
    ck_assert(str_equal(master_text("master"), old));
    ck_assert_int_eq(standing(), 1);
    /* The key is mended, and the next start goes on. */
    buf_clear(&ring);
    ck_assert(os_file_read(&os_file_real, AT_FDCWD, path, &ring, &e));
    memcpy(ring.data + (size_t)7 * 96, before.data + (size_t)7 * 96, 96);
    ck_assert(os_file_replace(&os_file_real, AT_FDCWD, path, buf_view(&ring), 0600, &e));
    test_keeper_start(&t);
    test_keeper_stop(&t);
    ck_assert_int_eq(found_in(AT_FDCWD, t.path, old, "the old master key"), 0);
    test_verify_well(&t, "after", 0);
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

TEST_MAIN("rewrap", every_key_opens_wherever_the_keeper_dies_and_the_old_master_key_goes,
          a_key_that_does_not_open_stops_it_and_nothing_changes)
