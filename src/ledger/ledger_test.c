#include "ledger/test_ledger.h"

#include <errno.h>

struct collected {
    struct sha256 hashes[70000];
    uint64_t count;
};
static struct collected all;

static bool collect(void *context, uint64_t index, struct str leaf, struct err *e)
{
    struct collected *c = context;
    if (index != c->count)
        return err_set(e, ERR_INTERNAL, "leaf %llu after %llu", (unsigned long long)index, (unsigned long long)c->count);
    c->hashes[c->count++] = merkle_leaf_hash(leaf);
    return true;
}

static struct ledger_reader *reader_open(struct test_ledger *t)
{
    char path[80];
    struct err e = {0};
    ledger_path(TEST_ORIGIN, path);
    int fd = openat(t->dir, path, O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(fd, 0);
    struct ledger_reader *r = ledger_reader_open(fd, &e);
    ck_assert_msg(r != NULL, "%s", e.text);
    close(fd);
    return r;
}

/* Every leaf, its inclusion proof and a consistency proof from many old sizes, by the reader's files alone. */
static void check_by_reader(struct test_ledger *t, struct ledger *l)
{
    struct err e = {0};
    struct ledger_reader *r = reader_open(t);
    const struct checkpoint *head = ledger_reader_head(r);
    struct checkpoint c;
    struct str text, lines;
    ck_assert(checkpoint_parse(ledger_reader_note(r), &c, &text, &lines, &e));
    ck_assert_msg(note_verify(text, lines, &t->key, &e), "%s", e.text);
    ck_assert_uint_eq(head->size, ledger_signed_size(l));
    ck_assert(sha256_equal(head->root, ledger_signed_root(l)));
    all.count = 0;
    ck_assert_msg(ledger_reader_each(r, 0, head->size, collect, &all, &e), "%s", e.text);
    struct merkle_frontier f = {.size = 0};
    uint64_t step = head->size / 41 + 1;
    for (uint64_t i = 0; i < head->size; i++) {
        struct sha256 path[128];
        size_t count = 0;
        merkle_frontier_push(&f, all.hashes[i]);
        if (i % step != 0 && i + 3 < head->size)
            continue;
        ck_assert(ledger_reader_inclusion(r, i, head->size, path, &count, &e));
        ck_assert(merkle_inclusion_holds(i, head->size, all.hashes[i], head->root, path, count));
        ck_assert(!merkle_inclusion_holds(i + 1, head->size, all.hashes[i], head->root, path, count));
        ck_assert(ledger_reader_consistency(r, i + 1, head->size, path, &count, &e));
        ck_assert(merkle_consistency_holds(i + 1, merkle_frontier_root(&f), head->size, head->root, path, count));
        if (count > 0) {
            path[count - 1].bytes[0] ^= 1;
            ck_assert(!merkle_consistency_holds(i + 1, merkle_frontier_root(&f), head->size, head->root, path, count));
        }
    }
    ck_assert(sha256_equal(merkle_frontier_root(&f), head->root));
    ledger_reader_close(r);
}

START_TEST(what_was_appended_is_read_back_after_closing_with_proofs)
{
    struct test_ledger t;
    test_ledger_make(&t);
    struct arena *a = arena_new("test", 64 << 20);
    uint64_t sequence = 0;
    struct sha256 previous = {{0}};
    static const unsigned steps[] = {1, 1, 5, 200, 46, 1, 300, 700, 2};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct ledger *l = test_ledger_open(&t);
        uint64_t before = ledger_size(l);
        test_append(l, a, &sequence, &previous, steps[i]);
        ck_assert_uint_eq(ledger_size(l), before + steps[i]);
        test_integrate(l);
        ck_assert_uint_eq(ledger_signed_size(l), before + steps[i] + 1); /* and a seal */
        test_integrate(l);
        ck_assert_uint_eq(ledger_size(l), before + steps[i] + 1); /* nothing new: no second seal */
        check_by_reader(&t, l);
        l = ledger_close(l);
    }
    arena_free(a);
    test_ledger_remove(&t);
}
END_TEST

START_TEST(a_tree_of_more_than_two_levels_of_tiles_holds)
{
    struct test_ledger t;
    test_ledger_make(&t);
    struct ledger *l = test_ledger_open(&t);
    static char text[1024][32];
    struct str leaves[1024];
    struct err e = {0};
    uint64_t index = 0, next = 0;
    for (int batch = 0; batch < 66; batch++) {
        for (int i = 0; i < 1024; i++)
            leaves[i] = str_make(text[i], (size_t)snprintf(text[i], sizeof(text[i]), "leaf %d", batch * 1024 + i));
        ck_assert_msg(ledger_append(l, leaves, 1024, &index, &e), "%s", e.text);
        ck_assert_uint_eq(index, next);
        next = ledger_size(l);
        if (batch % 13 == 0) {
            test_integrate(l);
            next++;
        }
    }
    test_integrate(l);
    ck_assert_uint_gt(ledger_size(l), 65536 + 1024);
    check_by_reader(&t, l);
    char path[160], tile[TILE_PATH_SIZE];
    ledger_path(TEST_ORIGIN, path);
    tile_path(2, 0, 1, tile);
    snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%s", tile);
    ck_assert_int_eq(faccessat(t.dir, path, R_OK, 0), 0);
    ledger_path(TEST_ORIGIN, path);
    snprintf(path + strlen(path), sizeof(path) - strlen(path), "/tile/0/000.p");
    ck_assert_int_ne(faccessat(t.dir, path, F_OK, 0), 0); /* collected: the full tile is there */
    ck_assert_int_ne(faccessat(t.dir, "private/wal/00000000.seg", F_OK, 0), 0);
    ledger_close(l);
    test_ledger_remove(&t);
}
END_TEST

START_TEST(replay_gives_integrated_and_journalled_leaves_in_order)
{
    struct test_ledger t;
    test_ledger_make(&t);
    struct arena *a = arena_new("test", 64 << 20);
    uint64_t sequence = 0;
    struct sha256 previous = {{0}};
    struct err e = {0};
    struct ledger *l = test_ledger_open(&t);
    test_append(l, a, &sequence, &previous, 300);
    test_integrate(l);
    test_append(l, a, &sequence, &previous, 30);
    for (int pass = 0; pass < 2; pass++) {
        for (uint64_t from = 0; from <= ledger_size(l); from += 33) {
            all.count = from;
            ck_assert_msg(ledger_replay(l, from, collect, &all, &e), "%s", e.text);
            ck_assert_uint_eq(all.count, 331);
        }
        ck_assert(sha256_equal(all.hashes[330], previous));
        l = ledger_close(l);
        l = test_ledger_open(&t);
    }
    ck_assert_uint_eq(ledger_signed_size(l), 301);
    ledger_close(l);
    arena_free(a);
    test_ledger_remove(&t);
}
END_TEST

START_TEST(a_second_writer_and_a_second_creation_are_refused)
{
    struct test_ledger t;
    test_ledger_make(&t);
    struct err e = {0};
    struct ledger *l = test_ledger_open(&t);
    ck_assert(ledger_open(&t.options, &e) == NULL);
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    ck_assert(!ledger_create(&t.options, &e));
    ck_assert_int_eq(e.code, ERR_EXISTS);
    ledger_close(l);
    t.options.origin = "other.example/assay/0";
    ck_assert(ledger_open(&t.options, &e) == NULL);
    test_ledger_remove(&t);
}
END_TEST

START_TEST(a_clock_that_jumps_back_repeats_the_last_time_also_after_a_restart)
{
    struct test_ledger t;
    test_ledger_make(&t);
    struct arena *a = arena_new("test", 1 << 20);
    uint64_t sequence = 0;
    struct sha256 previous = {{0}};
    struct ledger *l = test_ledger_open(&t);
    int64_t before = ledger_clock(l, NULL);
    bool is_back = true;
    t.now_ms += 5;
    ck_assert_int_eq(ledger_clock(l, &is_back), before + 5);
    ck_assert(!is_back);
    test_append(l, a, &sequence, &previous, 1);
    t.now_ms -= 1000;
    ck_assert_int_eq(ledger_clock(l, &is_back), before + 5);
    ck_assert(is_back);
    ledger_close(l);
    l = test_ledger_open(&t);
    ck_assert_int_eq(ledger_clock(l, &is_back), before + 5);
    ck_assert(is_back);
    ledger_close(l);
    arena_free(a);
    test_ledger_remove(&t);
}
END_TEST

START_TEST(a_signer_that_died_is_asked_again_and_nothing_is_lost)
{
    struct test_ledger t;
    test_ledger_make(&t);
    struct arena *a = arena_new("test", 8 << 20);
    uint64_t sequence = 0;
    struct sha256 previous = {{0}};
    struct err e = {0};
    struct ledger *l = test_ledger_open(&t);
    t.signer_is_dead = true;
    for (int i = 0; i < 3; i++) {
        test_append(l, a, &sequence, &previous, 100);
        ck_assert(!ledger_integrate(l, &e));
        ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    }
    ck_assert_uint_eq(ledger_signed_size(l), 0);
    all.count = 0;
    ck_assert_msg(ledger_replay(l, 0, collect, &all, &e), "%s", e.text);
    ck_assert_uint_eq(all.count, 303);
    t.signer_is_dead = false;
    test_integrate(l);
    check_by_reader(&t, l);
    ledger_close(l);
    arena_free(a);
    test_ledger_remove(&t);
}
END_TEST

START_TEST(a_signer_ahead_of_the_ledger_shows_a_rollback)
{
    struct test_ledger t;
    test_ledger_make(&t);
    struct arena *a = arena_new("test", 8 << 20);
    uint64_t sequence = 0;
    struct sha256 previous = {{0}};
    struct err e = {0};
    struct ledger *l = test_ledger_open(&t);
    test_append(l, a, &sequence, &previous, 3);
    test_integrate(l);
    t.signer_head.size += 10;
    test_append(l, a, &sequence, &previous, 1);
    ck_assert(!ledger_integrate(l, &e));
    ck_assert_int_eq(e.code, ERR_CORRUPT);
    ck_assert(!ledger_integrate(l, &e));
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    ledger_close(l);
    arena_free(a);
    test_ledger_remove(&t);
}
END_TEST

START_TEST(batches_and_leaves_over_their_limits_are_refused_alone)
{
    struct test_ledger t;
    test_ledger_make(&t);
    struct err e = {0};
    uint64_t index = 0;
    struct ledger *l = test_ledger_open(&t);
    static char big[LIMIT_LEAF_BYTES + 1];
    memset(big, 'x', sizeof(big));
    struct str leaf = str_make(big, sizeof(big)), empty = STR(""), seal = STR("assay/leaf@v1 seal\n{}\n");
    ck_assert(!ledger_append(l, &leaf, 1, &index, &e) && e.code == ERR_TOO_LARGE);
    ck_assert(!ledger_append(l, &empty, 1, &index, &e) && e.code == ERR_TOO_LARGE);
    ck_assert(!ledger_append(l, &seal, 1, &index, &e) && e.code == ERR_INVALID);
    ck_assert(!ledger_append(l, &leaf, 0, &index, &e) && e.code == ERR_LIMIT);
    leaf.size = LIMIT_LEAF_BYTES;
    ck_assert(!ledger_append(l, &leaf, 1, &index, &e) && e.code == ERR_TOO_LARGE); /* over the small segment of this test */
    ledger_close(l);
    t.options.journal_segment_bytes = 0;
    l = test_ledger_open(&t);
    ck_assert_msg(ledger_append(l, &leaf, 1, &index, &e), "%s", e.text);
    test_integrate(l);
    check_by_reader(&t, l);
    ledger_close(l);
    test_ledger_remove(&t);
}
END_TEST

static int fail_to_publish(void *context, int dir, const char *from, const char *to)
{
    if (strcmp(to, "checkpoint") != 0)
        return os_file_real.renameat(context, dir, from, to);
    errno = EIO;
    return -1;
}

START_TEST(what_was_signed_before_a_death_is_published_at_the_next_start)
{
    struct test_ledger t;
    struct os_file_calls calls = os_file_real;
    test_ledger_make(&t);
    struct arena *a = arena_new("test", 64 << 20);
    uint64_t sequence = 0;
    struct sha256 previous = {{0}};
    struct err e = {0};
    for (int round = 0; round < 2; round++) { /* there was a published checkpoint before, or none */
        calls.renameat = fail_to_publish;
        t.options.calls = &calls;
        struct ledger *l = test_ledger_open(&t);
        test_append(l, a, &sequence, &previous, 3);
        ck_assert(!ledger_integrate(l, &e));
        ledger_close(l);
        t.options.calls = &os_file_real;
        l = test_ledger_open(&t);
        ck_assert_uint_eq(ledger_signed_size(l), ledger_size(l));
        check_by_reader(&t, l); /* reads what is published */
        ledger_close(l);
    }
    arena_free(a);
    test_ledger_remove(&t);
}
END_TEST

TEST_MAIN("ledger", what_was_appended_is_read_back_after_closing_with_proofs, a_tree_of_more_than_two_levels_of_tiles_holds,
          replay_gives_integrated_and_journalled_leaves_in_order, a_second_writer_and_a_second_creation_are_refused,
          a_clock_that_jumps_back_repeats_the_last_time_also_after_a_restart,
          a_signer_that_died_is_asked_again_and_nothing_is_lost, a_signer_ahead_of_the_ledger_shows_a_rollback,
          batches_and_leaves_over_their_limits_are_refused_alone,
          what_was_signed_before_a_death_is_published_at_the_next_start)
