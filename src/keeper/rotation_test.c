/* rotation_test.c - an officer's key follows another one, and the keeper dies at any file operation on the way. */
#include "keeper/test_death.h"

#include "base/test.h"

static struct test_keeper t;

struct state {
    int64_t in_force; /* officer keys */
    bool is_waiting;  /* officer.next is there */
    bool signs;       /* the key in the file is the one in force */
};

static struct state look(void)
{
    struct err e = {0};
    struct data_dir d;
    struct note_key key;
    struct ed25519_private private_key;
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    ck_assert(data_dir_open(&d, t.path, &e));
    ck_assert_msg(keys_load_signing(d.fd, "officer", &key, &private_key, &e), "%s", e.text);
    note_key_format(&key, &vkey);
    struct db *db = test_projection(&t);
    struct state s = {
        .in_force = db_one_int(db, &e, -1, "select count(*) from ledger_key where role='officer' and retired_leaf is null"),
        .is_waiting = faccessat(d.fd, "private/keys/officer.next", F_OK, 0) == 0,
        .signs = db_one_int(db, &e, 0, "select count(*) from ledger_key where vkey=?1 and retired_leaf is null",
                            A(buf_view(&vkey))) == 1};
    db_close(db);
    data_dir_close(&d);
    return s;
}

/* What `assay key rotate officer` does. */
static bool rotate(void *context, struct err *e)
{
    (void)context;
    struct data_dir d;
    struct key_pair signers[2];
    struct note_key next;
    ck_assert(data_dir_open(&d, t.path, e));
    ck_assert(keys_load_signing(d.fd, "officer", &signers[0].key, &signers[0].private_key, e) &&
              keys_load_signing(d.fd, "root", &signers[1].key, &signers[1].private_key, e) &&
              keys_make_signing(d.fd, "officer.next", signers[0].key.name, &env_system, &next, e));
    struct key_change changes[] = {{.act = "add", .role = "officer", .key = &next, .actor = "local:admin"},
                                   {.act = "retire", .role = "officer", .key = &signers[0].key, .actor = "local:admin"}};
    bool ok = key_submit(t.client, &d, changes, 2, signers, 2, NULL, e) && keeper_flush(t.client, e);
    data_dir_close(&d);
    return ok;
}

START_TEST(one_key_is_in_force_and_signs_wherever_the_keeper_dies)
{
    char original[PATH_MAX + 16];
    int rotated = 0, kept = 0;
    bool has_died = true, is_answered = false;
    scene_start(&t);
    scene_keep(&t, original);
    for (int at = 1; has_died; at++) {
        has_died = death_try(&t, original, at, rotate, NULL, &is_answered);
        struct state s = look();
        ck_assert_msg(s.in_force == 1 && s.signs, "death at call %d: %d in force", at, (int)s.in_force);
        ck_assert_msg(!is_answered || !s.is_waiting, "death at call %d: answered, and not finished", at);
        rotated += !s.is_waiting;
        kept += s.is_waiting;
    }
    ck_assert_int_ge(kept, 2);
    ck_assert_int_ge(rotated, 3);
    test_remove_tree(AT_FDCWD, original);
    test_keeper_release(&t);
}
END_TEST

START_TEST(of_several_changes_of_keys_all_are_recorded_or_none)
{
    struct data_dir d;
    struct key_pair root, officer;
    struct err e = {0};
    test_keeper_init(&t);
    test_keeper_start(&t);
    ck_assert(data_dir_open(&d, t.path, &e));
    ck_assert_msg(keeper_register_keys(t.client, &d, &e), "%s", e.text);
    ck_assert(keys_load_signing(d.fd, "root", &root.key, &root.private_key, &e) &&
              keys_load_signing(d.fd, "officer", &officer.key, &officer.private_key, &e));
    struct key_change changes[] = {{.act = "retire", .role = "officer", .key = &officer.key, .actor = "local:admin"},
                                   {.act = "retire", .role = "officer", .key = &officer.key, .actor = "local:admin"}};
    ck_assert(!key_submit(t.client, &d, changes, 2, &root, 1, NULL, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    data_dir_close(&d);
    test_keeper_stop(&t);
    ck_assert_int_eq(look().in_force, 1);
    test_keeper_release(&t);
}
END_TEST

TEST_MAIN("rotation", one_key_is_in_force_and_signs_wherever_the_keeper_dies,
          of_several_changes_of_keys_all_are_recorded_or_none)
