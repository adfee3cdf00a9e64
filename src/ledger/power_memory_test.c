/* Very many power cuts: a writer's life on a disk in memory, cut behind every operation in many ways, and cut again while the ledger
 * recovers. No acknowledged leaf is lost, no two heads are signed, and what is found opens and goes on.
 *
 * ASSAY_LONG=1 makes a million cuts of it. */
#include <malloc.h>
#include "ledger/test_ledger.h"
#include "ledger/test_memory_disk.h"

enum { HEADS_MAX = 1024, PROMISES_MAX = 4096, LEAVES_MAX = 8192, SEGMENT_BYTES = 16 << 10 };

/* As ck_assert_msg, which makes a system call each time it holds. */
#define must(holds, ...)                                                                                                                    \
    do {                                                                                                                                    \
        if (!(holds))                                                                                                                       \
            ck_abort_msg(__VA_ARGS__);                                                                                                      \
    } while (0)

/* What a signer has signed, and what was acknowledged, behind how many operations. */
struct history {
    struct {
        int op;
        struct checkpoint head;
    } heads[HEADS_MAX];
    int head_count;
    struct {
        int op;
        uint64_t size;
    } promises[PROMISES_MAX];
    int promise_count;
};

struct life {
    struct test_ledger t;
    struct memory_disk *disk;
    struct ledger *writer;
    struct history history;
    struct sha256 hashes[LEAVES_MAX]; /* of the leaves as they were acknowledged */
    uint64_t hash_count;
    int ops_before; /* operations that made the ledger */
};

static int ops_of(struct life *f)
{
    pthread_mutex_lock(&f->disk->mutex);
    int count = f->disk->op_count;
    pthread_mutex_unlock(&f->disk->mutex);
    return count;
}

static void promise(struct life *f)
{
    struct history *h = &f->history;
    uint64_t size = ledger_size(f->writer);
    ck_assert_int_lt(h->promise_count, PROMISES_MAX);
    h->promises[h->promise_count].op = ops_of(f);
    h->promises[h->promise_count++].size = size;
}

static bool life_signer_head(void *context, struct checkpoint *ret, struct err *e)
{
    struct life *f = context;
    return test_signer_head(&f->t, ret, e);
}

/* A signer that remembers all it ever signed: a second root for a size, or a smaller head, is what must never be asked of it. */
static bool life_signer_sign(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                             size_t proof_count, struct buf *ret_note, struct err *e)
{
    struct life *f = context;
    struct history *h = &f->history;
    for (int i = 0; i < h->head_count; i++) {
        const struct checkpoint *seen = &h->heads[i].head;
        must(seen->size < c->size || (seen->size == c->size && sha256_equal(seen->root, c->root)),
                      "a second head of %llu leaves", (unsigned long long)c->size);
    }
    if (!test_signer_sign(&f->t, old, c, proof, proof_count, ret_note, e))
        return false;
    must(h->head_count < HEADS_MAX, "too many heads");
    h->heads[h->head_count].op = ops_of(f); /* durable with the signer before the signature leaves */
    h->heads[h->head_count++].head = *c;
    return true;
}

static void life_options(struct life *f)
{
    f->t.dir = MEM_FD_BASE;
    test_ledger_options(&f->t, &f->disk->calls);
    f->t.options.journal_segment_bytes = SEGMENT_BYTES;
    f->t.options.signer = (struct ledger_signer){life_signer_head, life_signer_sign, f};
}

static void life_init(struct life *f, bool is_recording)
{
    memset(f, 0, sizeof(*f));
    f->t.now_ms = INT64_C(1795291440000);
    f->t.private_key.seed[0] = 7;
    f->t.signer_head.root = sha256_of(STR(""));
    f->disk = memory_disk_new(is_recording);
    life_options(f);
}

static void life_append(struct life *f, unsigned count)
{
    static char text[LIMIT_BATCH_LEAVES][120];
    struct str leaves[LIMIT_BATCH_LEAVES];
    struct err e = {0};
    uint64_t index = 0, first = f->hash_count;
    for (unsigned i = 0; i < count; i++) {
        memset(text[i], 'a' + (int)((first + i) % 26), sizeof(text[i]));
        int n = snprintf(text[i], 40, "leaf %llu", (unsigned long long)(first + i));
        leaves[i] = str_make(text[i], 40 + (size_t)n * 3);
    }
    ck_assert_msg(ledger_append_begin(f->writer, leaves, count, &index, &e), "%s", e.text);
    for (unsigned i = 0; i < count; i++)
        f->hashes[index + i] = merkle_leaf_hash(leaves[i]);
    f->hash_count = index + count;
}

static void life_wait(struct life *f)
{
    struct err e = {0};
    ck_assert_msg(ledger_append_wait(f->writer, &e), "%s", e.text);
    promise(f);
}

static void life_integrate(struct life *f)
{
    struct err e = {0};
    ck_assert_msg(ledger_integrate(f->writer, &e), "%s", e.text);
    promise(f);
    f->hash_count = ledger_size(f->writer); /* the seal's own hash is not known here */
}

static void life_open(struct life *f)
{
    struct err e = {0};
    f->writer = ledger_open(&f->t.options, &e);
    ck_assert_msg(f->writer != NULL, "%s", e.text);
}

enum workload { SMALL_BATCHES, MANY_TILES, PIPELINED, WORKLOADS };

static void life_record(struct life *f, enum workload workload)
{
    struct err e = {0};
    life_init(f, true);
    ck_assert_msg(ledger_create(&f->t.options, &e), "%s", e.text);
    f->ops_before = f->disk->op_count; /* cuts while it is made: power_test.c */
    f->t.options.is_pipelined = workload == PIPELINED;
    life_open(f);
    promise(f);
    for (int round = 0; round < (workload == SMALL_BATCHES ? 24 : 4); round++) {
        life_append(f, 1);
        life_wait(f);
        for (int batch = 0; batch < (workload == SMALL_BATCHES ? 1 : 3); batch++)
            life_append(f, workload == SMALL_BATCHES ? 14 : 110);
        life_wait(f);
        if (workload == MANY_TILES && round < 3)
            continue; /* more tiles at once than are synced one by one */
        if (round % 5 == 3) {
            f->writer = ledger_close(f->writer);
            life_open(f);
        }
        life_integrate(f);
        f->t.now_ms += 1000;
    }
    f->writer = ledger_close(f->writer);
}

static void life_free(struct life *f)
{
    memory_disk_free(f->disk);
}

/* ---- after a cut ---- */

struct replayed {
    const struct life *source;
    struct merkle_frontier tree;
    const struct history *history;
    int heads_met;
};

static bool replay_leaf(void *context, uint64_t index, struct str leaf, struct err *e)
{
    struct replayed *r = context;
    struct sha256 h = merkle_leaf_hash(leaf), zero = {{0}};
    const struct life *f = r->source;
    if (index != r->tree.size ||
        (index < f->hash_count && !sha256_equal(f->hashes[index], zero) && !sha256_equal(f->hashes[index], h)))
        return err_set(e, ERR_CORRUPT, "leaf %llu is another one", (unsigned long long)index);
    merkle_frontier_push(&r->tree, h);
    for (; r->heads_met < r->history->head_count && r->history->heads[r->heads_met].head.size == r->tree.size; r->heads_met++)
        if (!sha256_equal(r->history->heads[r->heads_met].head.root, merkle_frontier_root(&r->tree)))
            return err_set(e, ERR_CORRUPT, "the head of %llu leaves was signed for others", (unsigned long long)r->tree.size);
    return true;
}

/* The history as far as it reached behind `op` operations. */
static void history_until(const struct history *h, int op, struct history *ret)
{
    ret->head_count = ret->promise_count = 0;
    while (ret->head_count < h->head_count && h->heads[ret->head_count].op <= op) {
        ret->heads[ret->head_count] = h->heads[ret->head_count];
        ret->head_count++;
    }
    for (int i = 0; i < h->promise_count && h->promises[i].op <= op; i++) {
        ret->promises[0] = h->promises[i];
        ret->promise_count = 1;
    }
}

/* Opens what was found, checks it, and goes on. The leaves are all looked at when `is_whole`. */
static void found_check(struct life *found, const struct life *source, bool is_whole, const char *what)
{
    struct err e = {0};
    const struct history *h = &found->history;
    uint64_t promised = h->promise_count ? h->promises[0].size : 0;
    found->t.signer_head = (struct checkpoint){.root = sha256_of(STR(""))};
    if (h->head_count)
        found->t.signer_head = h->heads[h->head_count - 1].head;
    found->writer = ledger_open(&found->t.options, &e);
    must(found->writer != NULL, "%s: %s", what, e.text);
    must(ledger_size(found->writer) >= promised, "%s: %llu leaves of %llu that were acknowledged", what,
                  (unsigned long long)ledger_size(found->writer), (unsigned long long)promised);
    if (is_whole) {
        static struct replayed r;
        r = (struct replayed){.source = source, .history = h};
        must(ledger_replay(found->writer, 0, replay_leaf, &r, &e), "%s: %s", what, e.text);
        must(r.heads_met == h->head_count, "%s: a signed head is not in the ledger", what);
    }
    uint64_t index = 0;
    struct str leaf = STR("one more leaf");
    must(ledger_append(found->writer, &leaf, 1, &index, &e), "%s: %s", what, e.text);
    must(ledger_integrate(found->writer, &e), "%s: %s", what, e.text);
    must(ledger_signed_size(found->writer) == ledger_size(found->writer), "%s: not all is signed", what);
    found->writer = ledger_close(found->writer);
}

static long cut_count;
static struct life found, twice;

/* Cuts behind each operation of `f`, `rounds` times each; `nested` of a thousand are cut once more while they recover. */
static void cuts_make(const struct life *f, const struct memory_image *start, int from, int rounds, int nested, struct life *into)
{
    struct memory_walk *w = calloc(1, sizeof(*w));
    uint64_t seed = (uint64_t)f->disk->op_count * 77 + (uint64_t)rounds;
    if (start)
        memory_image_share(&w->durable, start);
    w->ops = f->disk->ops;
    while (w->at < f->disk->op_count) {
        memory_walk_step(w);
        for (int round = 0; w->at >= from && round < rounds; round++) {
            enum memory_loss loss = (enum memory_loss)((w->at + round) % MEM_LOSSES);
            bool is_nested = nested && test_random(&seed) % 1000 < (uint64_t)nested;
            struct memory_image *begin = NULL;
            char what[100];
            snprintf(what, sizeof(what), "cut behind operation %d of %d, loss %d, round %d", w->at, f->disk->op_count, loss, round);
            memory_walk_cut(w, loss, test_random(&seed), into->disk);
            history_until(&f->history, w->at, &into->history);
            into->disk->is_recording = is_nested;
            if (is_nested) { /* what is found after a cut is what is on disk: all of it durable */
                begin = calloc(1, sizeof(*begin));
                for (int i = 0; i < into->disk->now.inode_count; i++)
                    memory_file_own(&into->disk->now.files[i], into->disk->now.files[i].size);
                *begin = into->disk->now;
                memory_image_share(&into->disk->now, begin);
                for (int i = 0; i < into->history.head_count; i++)
                    into->history.heads[i].op = 0;
                into->history.promises[0].op = 0;
            }
            found_check(into, f, (w->at + round) % 8 == 0 || is_nested, what);
            if (++cut_count % 100000 == 0) {
                printf("%ld cuts\n", cut_count);
                fflush(stdout);
            }
            if (is_nested) {
                memcpy(into->hashes, f->hashes, sizeof(f->hashes[0]) * f->hash_count);
                into->hash_count = 0; /* leaves of its own follow those that survived */
                cuts_make(into, begin, 0, 1, 0, &twice);
                memory_disk_forget(into->disk);
                memory_image_free(&into->disk->now);
                memory_image_free(begin);
                free(begin);
            }
        }
    }
    memory_image_free(&into->disk->now);
    memory_image_free(&w->durable);
    free(w);
}

static struct life life;

static void run_workload(enum workload workload, int rounds, int nested)
{
    long before = cut_count;
    life_record(&life, workload);
    life_init(&found, true);
    life_init(&twice, false);
    found.disk->is_recording = false;
    cuts_make(&life, NULL, life.ops_before, rounds, nested, &found);
    printf("%d operations, %llu leaves, %d heads: %ld cuts\n", life.disk->op_count, (unsigned long long)life.hash_count,
           life.history.head_count, cut_count - before);
    life_free(&life);
    life_free(&found);
    life_free(&twice);
}

static bool is_long(void)
{
    return getenv("ASSAY_LONG") != NULL;
}

START_TEST(a_power_cut_anywhere_loses_no_acknowledged_leaf_and_signs_no_second_head)
{
    run_workload(SMALL_BATCHES, is_long() ? 900 : 18, is_long() ? 3 : 4);
    run_workload(MANY_TILES, is_long() ? 150 : 4, 0);
    run_workload(PIPELINED, is_long() ? 150 : 4, 0);
    printf("%ld cuts\n", cut_count);
    ck_assert_int_ge(cut_count, is_long() ? 1000000 : 20000);
}
END_TEST

/* One life in which call k fails: every refusal is an error, the ledger stops (I7), and after a restart what was acknowledged is
 * there. True if the walk has not gone past the last call. */
static bool life_with_failure(int k, int number)
{
    struct err e = {0};
    life_init(&life, false);
    ck_assert_msg(ledger_create(&life.t.options, &e), "%s", e.text);
    life.disk->fail_at = k;
    life.disk->fail_number = number;
    uint64_t acknowledged = 0, index = 0;
    for (int part = 0; part < 2; part++) {
        life.writer = ledger_open(&life.t.options, &e);
        ck_assert_msg(life.writer || (e.code && e.text[0]), "call %d", k);
        for (int round = 0; life.writer && round < 6; round++) {
            char text[40][200];
            struct str leaves[40];
            for (int i = 0; i < 40; i++) {
                memset(text[i], 'x', sizeof(text[i]));
                leaves[i] = str_make(text[i], 200);
            }
            e = (struct err){0};
            if (ledger_append(life.writer, leaves, 40, &index, &e))
                acknowledged = ledger_size(life.writer);
            else
                ck_assert_msg(e.code && e.text[0], "call %d", k);
            e = (struct err){0};
            ck_assert_msg(ledger_integrate(life.writer, &e) || (e.code && e.text[0]), "call %d", k);
        }
        life.writer = ledger_close(life.writer);
    }
    bool has_failed = life.disk->fail_at < 0 || (number == ENOSPC && life.disk->fail_at == 0);
    life.disk->fail_at = -1;
    e = (struct err){0};
    life.writer = ledger_open(&life.t.options, &e);
    ck_assert_msg(life.writer != NULL, "after call %d failed: %s", k, e.text);
    ck_assert_uint_ge(ledger_size(life.writer), acknowledged);
    ck_assert_msg(ledger_integrate(life.writer, &e), "after call %d failed: %s", k, e.text);
    life.writer = ledger_close(life.writer);
    life_free(&life);
    return has_failed;
}

START_TEST(any_call_may_fail_without_loss)
{
    static const int numbers[] = {EIO, ENOSPC};
    for (size_t i = 0; i < 2; i++) {
        int k = 0;
        while (life_with_failure(k, numbers[i]))
            k++;
        printf("%s at each of %d calls\n", strerror(numbers[i]), k);
        ck_assert_int_gt(k, 500);
    }
}
END_TEST

START_TEST(recovery_reads_the_journal_once_and_calls_the_disk_a_few_times_a_frame)
{
    enum { FRAMES = 48, FRAME_LEAVES = 1000 };
    static char text[4000];
    struct err e = {0};
    uint64_t index = 0;
    life_init(&life, false);
    life.t.options.journal_segment_bytes = 8 << 20;
    ck_assert_msg(ledger_create(&life.t.options, &e), "%s", e.text);
    life_open(&life);
    struct str leaves[FRAME_LEAVES];
    for (int i = 0; i < FRAME_LEAVES; i++)
        leaves[i] = str_make(text, sizeof(text));
    memset(text, 'y', sizeof(text));
    for (int i = 0; i < FRAMES; i++)
        ck_assert_msg(ledger_append(life.writer, leaves, FRAME_LEAVES, &index, &e), "%s", e.text);
    life.writer = ledger_close(life.writer);
    long calls = life.disk->call_count, read_bytes = life.disk->read_bytes;
    life_open(&life);
    calls = life.disk->call_count - calls;
    read_bytes = life.disk->read_bytes - read_bytes;
    ck_assert_uint_eq(ledger_size(life.writer), (uint64_t)FRAMES * FRAME_LEAVES);
    printf("recovery of %d MB of journal: %ld MB read in %ld calls\n", FRAMES * FRAME_LEAVES * 4002 / 1000000, read_bytes / 1000000, calls);
    /* A GiB of journal: as many bytes, at each segment's end up to 4 MiB more, and five calls a frame. */
    ck_assert_int_le(read_bytes, (long)FRAMES * FRAME_LEAVES * 4002 + 26L * (4 << 20));
    ck_assert_int_le(calls, 5 * FRAMES + 26 * 6 + 60);
    life.writer = ledger_close(life.writer);
    life_free(&life);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("power in memory");
    TCase *c = tcase_create("power in memory");
    tcase_set_timeout(c, 100000);
    mallopt(M_MMAP_THRESHOLD, MEM_FRESH_BYTES); /* large pieces are fresh pages each time, and not cleared memory */
    tcase_add_test(c, a_power_cut_anywhere_loses_no_acknowledged_leaf_and_signs_no_second_head);
    tcase_add_test(c, any_call_may_fail_without_loss);
    tcase_add_test(c, recovery_reads_the_journal_once_and_calls_the_disk_a_few_times_a_frame);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
