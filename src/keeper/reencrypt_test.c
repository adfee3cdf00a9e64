/*
 * reencrypt_test.c - a blob gets other sealed bytes under another key: its content and its commitment stay, the former key and bytes
 * are in no file any more, wherever the keeper dies; and an erasure takes all of it.
 */
#include "keeper/test_secret.h"

#include "base/test.h"

/* What `assay reencrypt` does. The bytes and the key that the blob has then into ret_later. */
static bool reencrypt(const struct secret *s, struct secret *ret_later, struct err *e)
{
    struct keeper_blob blob_now;
    struct str stored;
    struct blob_opened opened;
    struct blob_sealed sealed;
    struct pack_store *p = packs(e);
    bool has_key = keeper_blob_key(t.client, s->leaf, s->x, &blob_now, e);
    ck_assert_msg(!has_key || pack_read_at(p, arena, blob_now.x, blob_now.place, &stored, e), "%s", e->text);
    pack_close(p);
    if (!has_key)
        return false;
    const char *now = blob_now.x;
    ck_assert_msg(blob_open_whole(arena, stored, s->c, now, blob_now.dek, 1 << 20, &opened, e), "%s", e->text);
    ck_assert(str_is(opened.plain, SECRET));
    ck_assert(blob_reseal(&env_system, arena, opened.plain, opened.salt, &sealed, e));
    ck_assert_str_eq(sealed.c, s->c);
    ck_assert_str_ne(sealed.x, now);
    struct json *body = json_object(arena), *entry = json_push_object(json_put_array(body, "list")), *answer;
    json_put_int(entry, "of", (int64_t)s->leaf);
    json_put_cstr(entry, "c", s->c);
    json_put_str(entry, "from", arena_str(arena, str_of(now)));
    struct op_blob blob = {.media = "text/plain", .plain_size = sealed.plain_size, .ciphertext = sealed.bytes};
    memcpy(blob.c, sealed.c, sizeof(blob.c));
    memcpy(blob.x, sealed.x, sizeof(blob.x));
    memcpy(blob.dek, sealed.dek, sizeof(blob.dek));
    struct op op = {.kind = "reencrypt", .actor = STR("local:test"), .body = body, .blobs = &blob, .blob_count = 1};
    op_id_new(&env_system, op.id);
    *ret_later = *s;
    memcpy(ret_later->x, sealed.x, sizeof(ret_later->x));
    memcpy(ret_later->dek, sealed.dek, sizeof(ret_later->dek));
    ret_later->stored = arena_str(arena, sealed.bytes);
    return keeper_submit(t.client, arena, &op, &answer, e) && keeper_flush(t.client, e);
}

/* Nothing of the former key and bytes, as they are in `s`. */
static int former_traces(const struct secret *s)
{
    int found = found_in(AT_FDCWD, t.path, str_make(s->dek, DEK_SIZE), "the former key") +
                found_in(AT_FDCWD, t.path, str_slice(s->wrapped, 12, 28), "half of the former wrapped key");
    for (size_t at = 0; at + 16 <= s->stored.size; at += 16)
        found += found_in(AT_FDCWD, t.path, str_slice(s->stored, at, at + 16), "former sealed bytes");
    return found;
}

/* The wrapped key of what the blob has now, for the traces that an erasure may leave. */
static void wrapped_look(struct secret *s)
{
    uint8_t name[32];
    ck_assert(hex_decode(str_of(s->x), name, sizeof(name)));
    struct str ring = file_bytes("private/keyring/keys");
    ptrdiff_t at = str_find(ring, str_make(name, sizeof(name)));
    ck_assert_int_ge(at, 0);
    s->wrapped = str_slice(ring, (size_t)at + 32, (size_t)at + 92);
}

/* Is the secret's text in a projection that is made again? */
static bool content_is_there(void)
{
    struct err e = {0};
    struct sha256 before = test_dump(&t);
    test_rebuild(&t);
    ck_assert(sha256_equal(before, test_dump(&t)));
    struct db *db = test_projection(&t);
    int64_t n = db_one_int(db, &e, -1, "select count(*) from parameter where value like 'Zebedee%'");
    db_close(db);
    return n == 1;
}

START_TEST(a_blob_sealed_anew_keeps_content_and_commitment_and_erasing_takes_all_of_it)
{
    struct secret s = {0}, second, third;
    struct json *answer;
    struct err e = {0};
    char path[PATH_MAX + 64];
    scene_make(&s);
    test_keeper_start(&t);
    ck_assert_msg(reencrypt(&s, &second, &e), "%s", e.text);
    ck_assert_int_eq(former_traces(&s), 0);
    wrapped_look(&second);
    ck_assert_msg(reencrypt(&s, &third, &e), "%s", e.text);
    ck_assert_int_eq(former_traces(&second), 0);
    wrapped_look(&third);
    test_keeper_stop(&t);
    test_verify_well(&t, "sealed anew", 0);
    ck_assert(content_is_there());
    snprintf(path, sizeof(path), "%s/blobs/pack/moved", t.path);
    ck_assert_int_eq(unlink(path), 0); /* an index: the leaves say it again */
    test_rebuild(&t);
    ck_assert(content_is_there());
    test_keeper_start(&t);
    ck_assert_msg(erase(&s, &answer, &e), "%s", e.text);
    test_keeper_stop(&t);
    ck_assert_int_eq(traces(&third) + former_traces(&s) + former_traces(&second), 0);
    test_verify_well(&t, "erased", 0);
    ck_assert(!content_is_there());
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

START_TEST(what_is_not_the_same_content_or_not_of_that_leaf_is_refused)
{
    struct secret s = {0}, other, ignored;
    struct err e = {0};
    scene_make(&s);
    test_keeper_start(&t);
    other = s;
    other.leaf++; /* a leaf that does not name it */
    ck_assert(!reencrypt(&other, &ignored, &e));
    ck_assert_int_eq(e.code, ERR_NOT_FOUND);
    /* Another content under the same commitment. */
    struct blob_sealed sealed;
    struct json *body = json_object(arena), *entry = json_push_object(json_put_array(body, "list")), *answer;
    ck_assert(blob_seal(&env_system, arena, STR("something else"), &sealed, &e));
    json_put_int(entry, "of", (int64_t)s.leaf);
    json_put_cstr(entry, "c", s.c);
    json_put_cstr(entry, "from", s.x);
    struct op_blob blob = {.media = "text/plain", .plain_size = sealed.plain_size, .ciphertext = sealed.bytes};
    memcpy(blob.c, s.c, sizeof(blob.c));
    memcpy(blob.x, sealed.x, sizeof(blob.x));
    memcpy(blob.dek, sealed.dek, sizeof(blob.dek));
    struct op op = {.kind = "reencrypt", .actor = STR("local:test"), .body = body, .blobs = &blob, .blob_count = 1};
    op_id_new(&env_system, op.id);
    ck_assert(!keeper_submit(t.client, arena, &op, &answer, &e));
    ck_assert_msg(strstr(e.text, "not what was committed to"), "%s", e.text);
    test_keeper_stop(&t);
    test_verify_well(&t, "refused", 0);
    ck_assert(content_is_there());
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

static bool ask_to_reencrypt(void *context, struct err *e)
{
    struct secret later;
    return reencrypt(context, &later, e);
}

START_TEST(a_keeper_that_dies_at_any_file_operation_leaves_one_way_to_the_content)
{
    struct secret s = {0};
    struct err e = {0};
    char original[PATH_MAX + 16];
    int deaths = 0, anew = 0;
    bool is_long = getenv("ASSAY_TEST_LONG") != NULL, has_died = true, is_answered = false;
    scene_make(&s);
    scene_keep(&t, original);
    for (int at = 1; has_died; at += is_long ? 1 : 2) {
        has_died = death_try(&t, original, at, ask_to_reencrypt, &s, &is_answered);
        deaths += has_died;
        struct db *db = test_projection(&t);
        int64_t leaves = db_one_int(db, &e, -1, "select count(*) from reencryption");
        db_close(db);
        ck_assert_msg(leaves == 1 || !is_answered, "death at call %d", at);
        ck_assert_msg(leaves == 0 || former_traces(&s) == 0, "death at call %d leaves the former key or bytes", at);
        anew += leaves == 1;
        test_verify_well(&t, "death at call", at);
        ck_assert_msg(content_is_there(), "death at call %d: the content is lost", at);
    }
    ck_assert_int_ge(deaths, 8);
    ck_assert_int_ge(anew, 4);
    test_remove_tree(AT_FDCWD, original);
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

START_TEST(former_bytes_that_come_back_are_named_and_destroyed_again)
{
    struct secret s = {0}, later;
    struct err e = {0};
    char original[PATH_MAX + 16];
    scene_make(&s);
    scene_keep(&t, original);
    test_keeper_start(&t);
    ck_assert_msg(reencrypt(&s, &later, &e), "%s", e.text);
    test_keeper_stop(&t);
    /* Behind the records of now: those of before. */
    shell("cat \"$1/private/keyring/keys\" >> \"$2/private/keyring/keys\" && cat \"$1\"/blobs/pack/*.pack >> "
          "\"$2/blobs/pack/00000000.pack\"",
          original, t.path);
    struct verify_report r;
    ck_assert(verify_directory(t.path, &(struct verify_options){0}, arena, &r, &e) && !r.is_ok);
    ck_assert_str_eq(r.findings[0].code, "E65");
    test_keeper_start(&t);
    test_keeper_stop(&t);
    ck_assert_int_eq(former_traces(&s), 0);
    test_verify_well(&t, "again", 0);
    ck_assert(content_is_there());
    test_remove_tree(AT_FDCWD, original);
    test_keeper_release(&t);
    arena_free(arena);
}
END_TEST

TEST_MAIN("reencrypt", a_blob_sealed_anew_keeps_content_and_commitment_and_erasing_takes_all_of_it,
          what_is_not_the_same_content_or_not_of_that_leaf_is_refused,
          a_keeper_that_dies_at_any_file_operation_leaves_one_way_to_the_content,
          former_bytes_that_come_back_are_named_and_destroyed_again)
