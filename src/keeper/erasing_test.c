/*
 * erasing_test.c - an erasure as the keeper does it: what is gone is gone from every file, the rest is as a rebuild gives it, and a
 * keeper that dies at any file operation in between leaves nothing half done for the next one.
 */
#include "keeper/test_secret.h"

#include "base/test.h"

START_TEST(what_is_erased_is_in_no_file_and_the_ledger_and_its_projection_stand)
{
    struct secret s = {0};
    struct json *answer;
    struct err e = {0};
    scene_make(&s);
    ck_assert_int_ge(found_in(AT_FDCWD, t.path, STR("Zebedee"), "before: the plaintext"), 1); /* the search itself finds */
    ck_assert_int_ge(found_in(AT_FDCWD, t.path, str_slice(s.wrapped, 12, 28), "before: the wrapped key"), 1);
    ck_assert_int_ge(found_in(AT_FDCWD, t.path, str_slice(s.stored, 0, 16), "before: sealed bytes"), 1);
    test_verify_well(&t, "before", 0);
    test_keeper_start(&t);
    ck_assert_msg(erase(&s, &answer, &e), "%s", e.text);
    ck_assert(!erase(&s, &answer, &e) && e.code == ERR_EXISTS);
    note("later");
    test_keeper_stop(&t);
    ck_assert_int_eq(traces(&s), 0);
    test_verify_well(&t, "after", 0);
    same_after_rebuild();
    ck_assert_int_eq(traces(&s), 0);
    struct db *db = test_projection(&t);
    ck_assert_int_eq(db_one_int(db, &(struct err){0}, -1, "select count(*) from erasure where erased_leaf > leaf"), 1);
    ck_assert_int_eq(db_one_int(db, &(struct err){0}, -1, "select count(*) from parameter where value='nothing about anybody'"),
                     OTHERS - 1);
    db_close(db);
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

static bool ask_to_erase(void *context, struct err *e)
{
    struct json *answer;
    return erase(context, &answer, e);
}

START_TEST(a_keeper_that_dies_at_any_file_operation_leaves_nothing_half_erased)
{
    struct secret s = {0};
    struct err e = {0};
    char original[PATH_MAX + 16];
    int deaths = 0, erasures = 0;
    bool is_long = getenv("ASSAY_TEST_LONG") != NULL, has_died = true, is_answered = false;
    scene_make(&s);
    scene_keep(&t, original);
    for (int at = 1; has_died; at += is_long ? 1 : 3) {
        has_died = death_try(&t, original, at, ask_to_erase, &s, &is_answered);
        deaths += has_died;
        struct db *db = test_projection(&t);
        int64_t asked = db_one_int(db, &e, -1, "select count(*) from erasure"),
                done = db_one_int(db, &e, -1, "select count(*) from erasure where erased_leaf is not null");
        db_close(db);
        ck_assert_msg(asked == done && (asked == 1 || (asked == 0 && !is_answered)), "death at call %d: asked %lld, done %lld", at,
                      (long long)asked, (long long)done);
        erasures += asked == 1;
        ck_assert_msg(asked == 0 || traces(&s) == 0, "death at call %d leaves traces", at);
        ck_assert_msg(asked == 1 || found_in(AT_FDCWD, t.path, str_slice(s.stored, 0, 16), "kept") >= 0, "death at call %d", at);
        test_verify_well(&t, "death at call", at);
        same_after_rebuild();
    }
    ck_assert_int_ge(deaths, 10);
    ck_assert_int_ge(erasures, 5);
    test_remove_tree(AT_FDCWD, original);
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

START_TEST(keys_and_bytes_that_a_backup_brings_back_are_destroyed_again)
{
    struct secret s = {0};
    struct json *answer;
    struct err e = {0};
    char original[PATH_MAX + 16];
    scene_make(&s);
    scene_keep(&t, original);
    test_keeper_start(&t);
    ck_assert_msg(erase(&s, &answer, &e), "%s", e.text);
    test_keeper_stop(&t);
    shell("cp \"$1/private/keyring/keys\" \"$2/private/keyring/keys\" && cp \"$1\"/blobs/pack/* \"$2/blobs/pack/\"", original, t.path);
    struct verify_report r;
    struct arena *a = arena_new("report", 64 << 20);
    ck_assert(verify_directory(t.path, &(struct verify_options){0}, a, &r, &e) && !r.is_ok);
    test_keeper_start(&t);
    test_keeper_stop(&t);
    ck_assert_int_eq(traces(&s), 0);
    arena_free(a);
    test_remove_tree(AT_FDCWD, original);
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

TEST_MAIN("erasing", what_is_erased_is_in_no_file_and_the_ledger_and_its_projection_stand,
          a_keeper_that_dies_at_any_file_operation_leaves_nothing_half_erased,
          keys_and_bytes_that_a_backup_brings_back_are_destroyed_again)
