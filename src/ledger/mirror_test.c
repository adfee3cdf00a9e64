#include "base/env.h"
#include "ledger/internal.h"
#include "ledger/mirror.h"
#include "ledger/subtree.h"
#include "ledger/test_log.h"

#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A log's directory and a mirror beside it. */
struct world {
    char source_path[256], mirror_path[256];
    int source, dir;
    struct edge edge;
    struct test_log log, fork;
    struct ed25519_private private_key;
    struct note_key key;
    struct mirror *m;
    struct witness_answer answer;
    struct buf request;
};

static int64_t test_now_ms(void *context)
{
    (void)context;
    return 1700000000000;
}
static const struct env test_env = {.now_ms = test_now_ms};

static struct mirror *world_mirror(struct world *w)
{
    struct err e = {0};
    struct log_list logs;
    struct arena *a = arena_new("logs", 1 << 20);
    struct witness_options o = {
        .calls = &os_file_real, .env = &test_env, .dir = w->dir, .key = &w->key, .private_key = &w->private_key};
    struct mirror *made = mirror_open(&o, &e);
    ck_assert_msg(made != NULL, "%s", e.text);
    test_log_list((const struct test_log *const[]){&w->log}, 1, a, &logs);
    mirror_set_logs(made, a, logs);
    return made;
}

static void world_init(struct world *w)
{
    *w = (struct world){.private_key = {{43}}};
    w->source = test_dir_make(w->source_path);
    w->dir = test_dir_make(w->mirror_path);
    edge_init(&w->edge, &os_file_real, w->source);
    w->key = note_key_make_typed("m.example/1", NOTE_KEY_COSIGNATURE, ed25519_public_of(&w->private_key));
    w->log = test_log_make("log.example/1", 1, 'a', 0);
    w->fork = test_log_make("log.example/1", 1, 'b', 5);
    w->m = world_mirror(w);
    witness_answer_init(&w->answer);
    buf_init(&w->request, 64 << 20);
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *ftw)
{
    (void)facts, (void)type, (void)ftw;
    return remove(path);
}

static void world_release(struct world *w)
{
    w->m = mirror_close(w->m);
    edge_release(&w->edge);
    witness_answer_release(&w->answer);
    buf_release(&w->request);
    close(w->source);
    close(w->dir);
    nftw(w->source_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    nftw(w->mirror_path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Lets the source grow to `size` leaves, published. */
static void grow(struct world *w, struct test_log *log, uint64_t size)
{
    struct err e = {0};
    while (w->edge.size < size) {
        struct buf BUF_AUTO leaf;
        buf_init(&leaf, 64);
        test_log_leaf(log, w->edge.size, &leaf);
        ck_assert_msg(edge_push(&w->edge, buf_view(&leaf), &e), "%s", e.text);
    }
    ck_assert_msg(edge_flush(&w->edge, &e), "%s", e.text);
    struct buf BUF_AUTO note;
    buf_init(&note, 4096);
    test_log_note(log, size, &note);
    ck_assert(os_file_replace(&os_file_real, w->source, "checkpoint", buf_view(&note), 0644, &e));
    edge_collect(&w->edge);
}

static bool send_all(struct world *w, struct mirror_sent *ret, struct err *e)
{
    struct buf BUF_AUTO lines;
    struct mirror_target target = mirror_local_target(w->m);
    buf_init(&lines, 1 << 16);
    *e = (struct err){0};
    return mirror_send(&os_file_real, w->source, &target, &lines, ret, e);
}

static bool push_hash(void *context, uint64_t index, struct str leaf, struct err *e)
{
    (void)index, (void)e;
    merkle_frontier_push(context, merkle_leaf_hash(leaf));
    return true;
}

/* The copy holds all leaves of a checkpoint that log and mirror signed; returns its size. */
static uint64_t copy_check(struct world *w, bool may_be_missing)
{
    char hash[ORIGIN_HASH_SIZE], path[128];
    struct err e = {0};
    struct str text, lines;
    struct checkpoint c;
    struct merkle_frontier f = {.size = 0};
    origin_hash("log.example/1", hash);
    snprintf(path, sizeof(path), "ledger/%s", hash);
    int dir = openat(w->dir, path, O_RDONLY | O_DIRECTORY);
    struct ledger_reader *r = dir >= 0 ? ledger_reader_open(dir, &e) : NULL;
    if (!r) {
        ck_assert_msg(may_be_missing, "%s", e.text);
        if (dir >= 0)
            close(dir);
        return 0;
    }
    ck_assert(checkpoint_parse(ledger_reader_note(r), &c, &text, &lines, &e));
    ck_assert_msg(note_verify(text, lines, &w->log.key, &e) && cosignature_find(text, lines, &w->key, NULL, NULL, &e), "%s",
                  e.text);
    ck_assert_msg(ledger_reader_each(r, 0, c.size, push_hash, &f, &e), "%s", e.text);
    ck_assert(sha256_equal(merkle_frontier_root(&f), c.root));
    ledger_reader_close(r);
    close(dir);
    return c.size;
}

START_TEST(a_copy_follows_the_log_through_all_widths_of_tiles)
{
    static const uint64_t sizes[] = {1, 2, 255, 256, 257, 300, 511, 512, 700, 1024, 1025, 9500};
    struct world w;
    struct err e = {0};
    struct mirror_sent sent;
    uint64_t before = 0;
    world_init(&w);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        grow(&w, &w.log, sizes[i]);
        ck_assert_msg(send_all(&w, &sent, &e), "size %d: %s", (int)sizes[i], e.text);
        ck_assert(sent.checkpoint.size == sizes[i] && sent.entries == sizes[i] - before);
        ck_assert_uint_eq(copy_check(&w, false), sizes[i]);
        before = sizes[i];
        ck_assert(send_all(&w, &sent, &e) && sent.entries == 0); /* nothing new: cosigned again */
        if (i % 3 == 0) {
            w.m = mirror_close(w.m);
            w.m = world_mirror(&w);
        }
    }
    world_release(&w);
}
END_TEST

START_TEST(what_is_damaged_at_the_source_is_not_copied)
{
    struct world w;
    struct err e = {0};
    struct mirror_sent sent;
    world_init(&w);
    grow(&w, &w.log, 300);
    ck_assert(send_all(&w, &sent, &e));
    grow(&w, &w.log, 900);
    static const char *const files[] = {"tile/entries/002", "tile/0/002", "tile/1/000.p/3", "tile/entries/003.p/132"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char byte;
        int fd = openat(w.source, files[i], O_RDWR);
        ck_assert_msg(fd >= 0 && pread(fd, &byte, 1, 70) == 1, "%s", files[i]);
        byte ^= 1;
        ck_assert(pwrite(fd, &byte, 1, 70) == 1);
        ck_assert_msg(!send_all(&w, &sent, &e), "%s", files[i]);
        ck_assert_uint_eq(copy_check(&w, false), 300);
        byte ^= 1;
        ck_assert(pwrite(fd, &byte, 1, 70) == 1);
        close(fd);
    }
    ck_assert_msg(send_all(&w, &sent, &e), "%s", e.text);
    ck_assert_uint_eq(copy_check(&w, false), 900);
    world_release(&w);
}
END_TEST

static int entries(struct world *w, struct str body)
{
    witness_answer_release(&w->answer);
    witness_answer_init(&w->answer);
    mirror_add_entries(w->m, body, &w->answer);
    return w->answer.status;
}

static void entries_head(struct world *w, const char *origin, uint64_t start, uint64_t end)
{
    buf_clear(&w->request);
    buf_u16be(&w->request, (uint16_t)strlen(origin));
    buf_cstr(&w->request, origin);
    buf_u64be(&w->request, start);
    buf_u64be(&w->request, end);
    buf_u16be(&w->request, 3);
    buf_cstr(&w->request, "abc");
}

/* Entries [start, end) of a tree of `size` as packages, as the specification says, made without mirror_send. */
static void entries_packages(struct world *w, struct test_log *log, uint64_t start, uint64_t end, uint64_t size)
{
    struct merkle_nodes nodes = {test_log_node, log};
    struct err e = {0};
    while (start < end) {
        uint64_t base = start / 256 * 256, to = base + 256 < size ? base + 256 : size;
        struct sha256 proof[65];
        size_t count = 0;
        for (; start < to; start++) {
            struct buf BUF_AUTO leaf;
            buf_init(&leaf, 64);
            test_log_leaf(log, start, &leaf);
            buf_u16be(&w->request, (uint16_t)leaf.size);
            buf_str(&w->request, buf_view(&leaf));
        }
        ck_assert(subtree_proof(&nodes, base, to, size, proof, &count, &e));
        buf_char(&w->request, (char)count);
        buf_append(&w->request, proof, count * SHA256_SIZE);
    }
}

static int checkpoint_add(struct world *w, struct test_log *log, uint64_t old, uint64_t size)
{
    test_log_request(log, old, size, &w->request);
    witness_answer_release(&w->answer);
    witness_answer_init(&w->answer);
    mirror_add_checkpoint(w->m, buf_view(&w->request), &w->answer);
    return w->answer.status;
}

START_TEST(add_entries_answers_as_the_specification_says)
{
    static const char log[] = "log.example/1";
    struct world w;
    world_init(&w);
    entries_head(&w, log, 0, 600);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 422); /* no checkpoint yet */
    entries_head(&w, "log.example/2", 0, 600);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 404);
    ck_assert_int_eq(checkpoint_add(&w, &w.log, 0, 500), 200);
    ck_assert(w.answer.body.size == 0);
    ck_assert_int_eq(checkpoint_add(&w, &w.log, 500, 600), 200);
    ck_assert_int_eq(checkpoint_add(&w, &w.fork, 600, 700), 422);
    entries_head(&w, log, 0, 601);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 409);
    ck_assert_str_eq(w.answer.body.data, "600\n0\n\n");
    ck_assert_str_eq(w.answer.type, "text/x.tlog.mirror-info");
    entries_head(&w, log, 600, 600);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 409);
    entries_head(&w, log, 7, 3);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 400);
    entries_head(&w, log, 0, 600);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 400); /* no package at all */
    entries_packages(&w, &w.log, 0, 256, 600);
    for (size_t cut = 1; cut < 200; cut += 13) /* cut inside of the first package */
        ck_assert_int_eq(entries(&w, str_slice(buf_view(&w.request), 0, w.request.size - cut)), 400);
    w.request.data[60] ^= 1;
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 422);
    w.request.data[60] ^= 1;
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 202);
    ck_assert_str_eq(w.answer.body.data, "600\n256\n\n");
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 202); /* the same again */
    entries_head(&w, log, 256, 500);                          /* an earlier pending checkpoint is still taken */
    entries_packages(&w, &w.log, 256, 500, 500);
    ck_assert_int_eq(entries(&w, str_slice(buf_view(&w.request), 0, w.request.size - 1)), 400);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 200);
    ck_assert_uint_eq(copy_check(&w, false), 500);
    entries_head(&w, log, 500, 500);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 200);
    entries_head(&w, log, 500, 600); /* begins inside of a bundle */
    entries_packages(&w, &w.log, 500, 600, 600);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 200);
    ck_assert(str_starts(buf_view(&w.answer.body), "\xe2\x80\x94 m.example/1 "));
    ck_assert_uint_eq(copy_check(&w, false), 600);
    entries_head(&w, log, 500, 500);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 409);
    ck_assert_str_eq(w.answer.body.data, "600\n600\n\n");
    world_release(&w);
}
END_TEST

START_TEST(another_history_gets_in_neither_by_its_checkpoint_nor_by_losing_what_was_pending)
{
    struct world w;
    struct err e = {0};
    char hash[ORIGIN_HASH_SIZE], path[128];
    world_init(&w);
    grow(&w, &w.log, 300);
    struct mirror_sent sent;
    ck_assert(send_all(&w, &sent, &e));
    w.m = mirror_close(w.m);
    origin_hash("log.example/1", hash);
    snprintf(path, sizeof(path), "pending/heads/%s", hash);
    ck_assert(unlinkat(w.dir, path, 0) == 0);
    w.m = world_mirror(&w);
    ck_assert_int_eq(checkpoint_add(&w, &w.fork, 0, 400), 409);
    ck_assert_str_eq(w.answer.body.data, "300\n");
    ck_assert_int_eq(checkpoint_add(&w, &w.fork, 300, 400), 422);
    ck_assert_int_eq(checkpoint_add(&w, &w.log, 300, 400), 200);
    entries_head(&w, "log.example/1", 300, 400);
    entries_packages(&w, &w.fork, 300, 400, 400);
    ck_assert_int_eq(entries(&w, buf_view(&w.request)), 422);
    ck_assert_uint_eq(copy_check(&w, false), 300);
    world_release(&w);
}
END_TEST

START_TEST(random_bytes_and_changed_uploads_never_break_it_or_get_published)
{
    struct world w;
    uint64_t seed = 11;
    struct buf BUF_AUTO whole, BUF_AUTO bad;
    world_init(&w);
    buf_init(&whole, 1 << 20);
    buf_init(&bad, 1 << 20);
    ck_assert_int_eq(checkpoint_add(&w, &w.log, 0, 40), 200);
    entries_head(&w, "log.example/1", 0, 40);
    entries_packages(&w, &w.log, 0, 40, 40);
    buf_str(&whole, buf_view(&w.request));
    for (int i = 0; i < 3000; i++) {
        buf_clear(&bad);
        buf_str(&bad, buf_view(&whole));
        size_t at = test_random(&seed) % bad.size;
        bad.data[at] ^= (char)(1u << test_random(&seed) % 8);
        int status = entries(&w, buf_view(&bad));
        bool is_ticket = status == 200 && at >= 33 && at < 36;
        ck_assert_msg(status == 400 || status == 404 || status == 409 || status == 422 || is_ticket, "byte %zu: %d", at, status);
        if (is_ticket)
            break;
    }
    ck_assert_int_eq(entries(&w, buf_view(&whole)), 200);
    ck_assert_uint_eq(copy_check(&w, false), 40);
    world_release(&w);
}
END_TEST

START_TEST(killed_again_and_again_what_is_published_is_always_whole)
{
    struct world w;
    struct err e = {0};
    uint64_t seed = 3, published = 0;
    world_init(&w);
    w.m = mirror_close(w.m);
    for (int round = 0; round < 40; round++) {
        struct mirror_sent sent;
        int status;
        grow(&w, &w.log, w.edge.size + 1 + test_random(&seed) % 700);
        pid_t child = fork();
        if (child == 0) {
            w.m = world_mirror(&w);
            _exit(send_all(&w, &sent, &e) ? 0 : 9);
        }
        struct timespec nap = {0, (long)(test_random(&seed) % 40) * 1000000};
        nanosleep(&nap, NULL);
        kill(child, SIGKILL);
        ck_assert(waitpid(child, &status, 0) == child);
        ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
        uint64_t size = copy_check(&w, true);
        ck_assert(size >= published && size <= w.edge.size);
        published = size;
    }
    w.m = world_mirror(&w);
    struct mirror_sent sent;
    ck_assert_msg(send_all(&w, &sent, &e), "%s", e.text);
    ck_assert_uint_eq(copy_check(&w, false), w.edge.size);
    world_release(&w);
}
END_TEST

TEST_MAIN("mirror", a_copy_follows_the_log_through_all_widths_of_tiles, what_is_damaged_at_the_source_is_not_copied,
          add_entries_answers_as_the_specification_says,
          another_history_gets_in_neither_by_its_checkpoint_nor_by_losing_what_was_pending,
          random_bytes_and_changed_uploads_never_break_it_or_get_published,
          killed_again_and_again_what_is_published_is_always_whole)
