/* The power goes, or a call fails, at every point of a writer's life: nothing acknowledged is lost, nothing is signed twice, and
 * the directory verifies again. */
#include "ledger/test_directory.h"
#include "ledger/test_disk.h"
#include "ledger/verify.h"

enum { ACKS = 4000 };

/* What was promised behind how many operations. */
struct promise {
    int op;
    uint64_t size;
    struct checkpoint signed_head;
};

struct run {
    struct test_directory d;
    struct disk *disk;
    struct promise promises[ACKS];
    int promise_count;
    struct sha256 hashes[ACKS];
    uint64_t hash_count;
};
static struct run run;

static void promise(void)
{
    ck_assert_int_lt(run.promise_count, ACKS);
    run.promises[run.promise_count++] = (struct promise){run.disk->op_count, ledger_size(run.d.writer), run.d.ledger.signer_head};
}

/* The signer's head is its own, and durable before its signature leaves. */
static bool sign_and_promise(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                             size_t proof_count, struct buf *ret_note, struct err *e)
{
    bool is_signed = test_signer_sign(context, old, c, proof, proof_count, ret_note, e);
    if (is_signed)
        promise();
    return is_signed;
}

static bool keep_hash(void *context, uint64_t index, struct str leaf, struct err *e)
{
    (void)context, (void)e;
    run.hashes[index] = merkle_leaf_hash(leaf);
    run.hash_count = index + 1;
    return true;
}

/* Leaves across a tile's border and several segments, seals, blobs, a restart with unsigned leaves. */
static void workload(int rounds)
{
    static char text[64][200];
    for (int round = 0; round < rounds; round++) {
        test_directory_run(&run.d, 300);
        promise();
        struct str leaves[64];
        struct err e = {0};
        uint64_t index = 0;
        for (int i = 0; i < 40; i++) {
            memset(text[i], 'a' + i % 26, sizeof(text[i]));
            leaves[i] = str_make(text[i], (size_t)snprintf(text[i], 60, "plain leaf %d of round %d", i, round) + 100);
        }
        ck_assert_msg(ledger_append(run.d.writer, leaves, 40, &index, &e), "%s", e.text);
        promise();
        if (round % 3 == 2) {
            test_directory_close(&run.d);
            test_directory_open(&run.d);
        }
        test_integrate(run.d.writer);
        promise();
    }
}

struct check {
    uint64_t count;
};

static bool check_leaf(void *context, uint64_t index, struct str leaf, struct err *e)
{
    struct check *c = context;
    if (index != c->count || (index < run.hash_count && !sha256_equal(merkle_leaf_hash(leaf), run.hashes[index])))
        return err_set(e, ERR_CORRUPT, "leaf %llu is another one", (unsigned long long)index);
    c->count++;
    return true;
}

/* The ledger in t opens, holds what was promised, and goes on. `what` names the cut in messages. */
static void check_directory(struct test_ledger *t, const struct promise *p, bool is_verified, const char *what)
{
    struct err e = {0};
    struct check c = {0};
    t->signer_head = p->signed_head;
    struct ledger *l = ledger_open(&t->options, &e);
    ck_assert_msg(l != NULL, "%s: %s", what, e.text);
    ck_assert_msg(ledger_size(l) >= p->size, "%s: %llu leaves of %llu that were acknowledged", what,
                  (unsigned long long)ledger_size(l), (unsigned long long)p->size);
    ck_assert_msg(ledger_replay(l, 0, check_leaf, &c, &e), "%s: %s", what, e.text);
    uint64_t index = 0;
    struct str leaf = STR("one more leaf");
    ck_assert_msg(ledger_append(l, &leaf, 1, &index, &e), "%s: %s", what, e.text);
    ck_assert_msg(ledger_integrate(l, &e), "%s: %s", what, e.text);
    ck_assert_uint_eq(ledger_signed_size(l), ledger_size(l));
    ledger_close(l);
    if (!is_verified)
        return;
    struct arena *a = arena_new("report", 8 << 20);
    struct verify_report r;
    struct verify_options o = {0};
    ck_assert_msg(verify_directory(t->path, &o, a, &r, &e), "%s: %s", what, e.text);
    for (size_t i = 0; i < r.finding_count && i < VERIFY_FINDINGS_MAX; i++) /* the leaves of this test are plain text */
        ck_assert_msg(strcmp(r.findings[i].code, "E40") == 0, "%s: %s %s", what, r.findings[i].code, r.findings[i].text);
    arena_free(a);
}

static void record(int rounds)
{
    memset(&run, 0, sizeof(run));
    test_directory_make(&run.d);
    test_directory_close(&run.d);
    run.disk = disk_new(run.d.ledger.path);
    run.d.ledger.options.calls = &run.disk->calls;
    run.d.ledger.options.journal_segment_bytes = 16 << 10;
    run.d.ledger.options.signer.sign = sign_and_promise;
    test_directory_open(&run.d);
    promise();
    workload(rounds);
    struct err e = {0};
    ck_assert(ledger_replay(run.d.writer, 0, keep_hash, NULL, &e));
    test_directory_close(&run.d);
}

static void record_free(void)
{
    disk_free(run.disk);
    test_ledger_remove(&run.d.ledger);
    arena_free(run.d.arena);
}

static const struct promise *promise_at(int op)
{
    const struct promise *p = &run.promises[0];
    for (int i = 0; i < run.promise_count && run.promises[i].op <= op; i++)
        p = &run.promises[i];
    return p;
}

START_TEST(a_power_cut_behind_any_operation_loses_nothing_that_was_acknowledged)
{
    record(9);
    ck_assert_uint_gt(run.hash_count, 256 + 100);
    bool is_long = getenv("ASSAY_TEST_LONG") != NULL;
    uint64_t seed = 1;
    int cuts = 0;
    for (int cut = 1; cut <= run.disk->op_count; cut++) {
        for (int round = 0; round < (is_long ? 4 * DISK_LOSSES : 2); round++) {
            int loss = is_long ? round % DISK_LOSSES : round == 0 ? LOSE_ALL : 1 + cut % (DISK_LOSSES - 1);
            struct test_ledger t = run.d.ledger;
            char what[80];
            snprintf(what, sizeof(what), "cut behind operation %d of %d, loss %d", cut, run.disk->op_count, loss);
            snprintf(t.path, sizeof(t.path), "%s/assay-cut-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
            ck_assert(mkdtemp(t.path) != NULL);
            t.dir = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            disk_materialize(run.disk, cut, (enum disk_loss)loss, test_random(&seed), t.dir);
            test_ledger_options(&t, &os_file_real);
            t.options.journal_segment_bytes = 16 << 10;
            check_directory(&t, promise_at(cut), (cut + round) % 4 == 0, what);
            test_ledger_remove(&t);
            cuts++;
        }
    }
    printf("%d cuts\n", cuts);
    ck_assert_int_gt(cuts, 800);
    record_free();
}
END_TEST

START_TEST(a_cut_while_a_ledger_is_made_leaves_something_that_can_be_made_again)
{
    struct test_ledger t;
    struct err e = {0};
    test_ledger_make(&t);
    test_tree_remove(t.path);
    close(t.dir);
    ck_assert_int_eq(mkdir(t.path, 0700), 0);
    t.dir = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct disk *disk = disk_new(t.path);
    test_ledger_options(&t, &disk->calls);
    ck_assert_msg(ledger_create(&t.options, &e), "%s", e.text);
    for (int cut = 0; cut <= disk->op_count; cut++)
        for (int loss = 0; loss < DISK_LOSSES; loss++) {
            struct test_ledger made = t;
            snprintf(made.path, sizeof(made.path), "/tmp/assay-cut-XXXXXX");
            ck_assert(mkdtemp(made.path) != NULL);
            made.dir = open(made.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            disk_materialize(disk, cut, (enum disk_loss)loss, (uint64_t)cut, made.dir);
            test_ledger_options(&made, &os_file_real);
            bool is_made = ledger_create(&made.options, &e);
            ck_assert_msg(is_made || e.code == ERR_EXISTS, "cut %d: %s", cut, e.text);
            struct ledger *l = ledger_open(&made.options, &e);
            ck_assert_msg(l != NULL, "cut %d, loss %d: %s", cut, loss, e.text);
            ledger_close(l);
            test_ledger_remove(&made);
        }
    disk_free(disk);
    test_ledger_remove(&t);
}
END_TEST

/* One life of a writer in which call k fails: every refusal is an error, and what was acknowledged is there after a restart. */
static bool life_with_failure(int k, int number)
{
    struct test_ledger t;
    struct arena *a = arena_new("life", 16 << 20);
    struct err e = {0};
    uint64_t sequence = 0, index = 0, acknowledged = 0;
    test_ledger_make(&t);
    struct disk *disk = disk_new(t.path);
    test_ledger_options(&t, &disk->calls);
    t.options.journal_segment_bytes = 16 << 10;
    disk->fail_at = k;
    disk->fail_number = number;
    struct ledger *l = ledger_open(&t.options, &e);
    ck_assert_msg(l || (e.code && e.text[0]), "call %d", k);
    for (int round = 0; l && round < 7; round++) {
        struct str leaves[40];
        for (int i = 0; i < 40; i++)
            leaves[i] = test_leaf(a, l, sequence++, (struct sha256){{0}}, "filler");
        e = (struct err){0};
        if (ledger_append(l, leaves, 40, &index, &e))
            acknowledged = ledger_size(l);
        else
            ck_assert_msg(e.code && e.text[0], "call %d", k);
        e = (struct err){0};
        if (ledger_integrate(l, &e))
            ck_assert_uint_eq(ledger_signed_size(l), ledger_size(l));
        else
            ck_assert_msg(e.code && e.text[0], "call %d", k);
    }
    bool has_failed = disk->fail_at == -1 || (number == ENOSPC && disk->fail_at <= 0);
    l = ledger_close(l);
    test_ledger_options(&t, &os_file_real);
    l = ledger_open(&t.options, &e);
    ck_assert_msg(l != NULL, "after call %d failed: %s", k, e.text);
    ck_assert_uint_ge(ledger_size(l), acknowledged);
    e = (struct err){0};
    ck_assert_msg(ledger_integrate(l, &e), "after call %d failed: %s", k, e.text);
    ledger_close(l);
    disk_free(disk);
    test_ledger_remove(&t);
    arena_free(a);
    return has_failed;
}

START_TEST(a_failing_call_is_an_error_and_never_a_loss)
{
    static const int numbers[] = {EIO, ENOSPC};
    bool is_long = getenv("ASSAY_TEST_LONG") != NULL;
    for (size_t i = 0; i < 2; i++) {
        int k = 0;
        while (life_with_failure(k, numbers[i]))
            k += is_long || k < 80 ? 1 : i == 0 ? 3 : 7;
        ck_assert_int_gt(k, 300); /* the walk went past the last call */
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("power");
    TCase *c = tcase_create("power");
    tcase_set_timeout(c, 3000);
    tcase_add_test(c, a_power_cut_behind_any_operation_loses_nothing_that_was_acknowledged);
    tcase_add_test(c, a_cut_while_a_ledger_is_made_leaves_something_that_can_be_made_again);
    tcase_add_test(c, a_failing_call_is_an_error_and_never_a_loss);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
