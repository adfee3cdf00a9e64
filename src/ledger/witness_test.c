#include "base/env.h"
#include "ledger/test_log.h"
#include "ledger/witness.h"

#include "base/json.h"
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

/* A witness of one log (branch b forks off at 5) in a directory of its own. */
struct world {
    char path[256];
    int dir;
    struct ed25519_private private_key;
    struct note_key key;
    struct test_log log, fork;
    struct witness *w;
    struct witness_answer answer;
    struct buf request;
};

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *ftw)
{
    (void)facts, (void)type, (void)ftw;
    return remove(path);
}

static int64_t clock_ms = 1700000000000;
static int64_t test_now_ms(void *context)
{
    (void)context;
    return clock_ms;
}
static const struct env test_env = {.now_ms = test_now_ms};

static struct witness *world_witness(struct world *w)
{
    struct err e = {0};
    struct log_list logs;
    struct arena *a = arena_new("logs", 1 << 20);
    struct witness_options o = {
        .calls = &os_file_real, .env = &test_env, .dir = w->dir, .key = &w->key, .private_key = &w->private_key};
    struct witness *made = witness_open(&o, &e);
    ck_assert_msg(made != NULL, "%s", e.text);
    test_log_list((const struct test_log *const[]){&w->log}, 1, a, &logs);
    witness_set_logs(made, a, logs);
    return made;
}

static void world_init(struct world *w)
{
    w->dir = test_dir_make(w->path);
    w->private_key = (struct ed25519_private){{42}};
    w->key = note_key_make_typed("w.example/1", NOTE_KEY_COSIGNATURE, ed25519_public_of(&w->private_key));
    w->log = test_log_make("log.example/1", 1, 'a', 0);
    w->fork = test_log_make("log.example/1", 1, 'b', 5);
    w->w = world_witness(w);
    witness_answer_init(&w->answer);
    buf_init(&w->request, 1 << 20);
}

static void world_release(struct world *w)
{
    w->w = witness_close(w->w);
    witness_answer_release(&w->answer);
    buf_release(&w->request);
    close(w->dir);
    nftw(w->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int submit_bytes(struct world *w, struct str request)
{
    witness_answer_release(&w->answer);
    witness_answer_init(&w->answer);
    witness_add_checkpoint(w->w, request, &w->answer);
    return w->answer.status;
}

static int submit(struct world *w, struct test_log *log, uint64_t old, uint64_t size)
{
    test_log_request(log, old, size, &w->request);
    return submit_bytes(w, buf_view(&w->request));
}

START_TEST(it_cosigns_what_extends_and_answers_everything_else_as_the_specification_says)
{
    struct world w;
    struct err e = {0};
    struct str text, lines;
    struct checkpoint c;
    uint64_t time_s;
    world_init(&w);
    ck_assert_int_eq(submit(&w, &w.log, 0, 3), 200);
    struct buf BUF_AUTO note;
    buf_init(&note, 1 << 16);
    ck_assert(witness_note(w.w, str_of((char[65]){0}), &note, &e) == false && e.code == ERR_NOT_FOUND);
    char hash[ORIGIN_HASH_SIZE];
    origin_hash("log.example/1", hash);
    ck_assert_msg(witness_note(w.w, str_of(hash), &note, &e), "%s", e.text);
    ck_assert(checkpoint_parse(buf_view(&note), &c, &text, &lines, &e) && c.size == 3);
    ck_assert(note_verify(text, lines, &w.log.key, &e) && cosignature_find(text, lines, &w.key, NULL, &time_s, &e));
    ck_assert_uint_eq(time_s, 1700000000);
    ck_assert(cosignature_find(text, buf_view(&w.answer.body), &w.key, NULL, NULL, &e));
    ck_assert_int_eq(submit(&w, &w.log, 0, 5), 409);
    ck_assert_str_eq(w.answer.body.data, "3\n");
    ck_assert_str_eq(w.answer.type, "text/x.tlog.size");
    ck_assert_int_eq(submit(&w, &w.log, 3, 8), 200);
    ck_assert_int_eq(submit(&w, &w.log, 8, 8), 200); /* the same again: only the time is new */
    ck_assert_int_eq(submit(&w, &w.fork, 8, 8), 422);
    ck_assert_int_eq(submit(&w, &w.fork, 8, 11), 422);
    ck_assert_int_eq(submit(&w, &w.log, 9, 8), 400);
    ck_assert_int_eq(submit(&w, &w.log, 7, 9), 409);
    struct test_log other = test_log_make("log.example/2", 1, 'a', 0), impostor = test_log_make("log.example/1", 2, 'a', 0);
    ck_assert_int_eq(submit(&w, &other, 0, 3), 404);
    ck_assert_int_eq(submit(&w, &impostor, 8, 9), 403);
    struct log_entry entry = {.key = w.log.key};
    struct witness_facts facts;
    snprintf(entry.hash, sizeof(entry.hash), "%s", hash);
    ck_assert_msg(witness_facts(w.dir, &entry, &facts, &e), "%s", e.text);
    ck_assert(facts.is_seen && facts.head.size == 8 && facts.cosignatures == 3 && facts.conflicts == 1);
    world_release(&w);
}
END_TEST

START_TEST(empty_trees_and_empty_proofs_follow_the_rules_of_size_zero)
{
    struct world w;
    world_init(&w);
    struct buf BUF_AUTO bad, BUF_AUTO text;
    buf_init(&bad, 4096);
    buf_init(&text, 4096);
    struct checkpoint c = {.origin = "log.example/1", .size = 0, .root = sha256_of(STR("x"))};
    checkpoint_text(&c, &text);
    buf_printf(&bad, "old 0\n\n%.*s\n", STR_ARGS(buf_view(&text)));
    note_sign_line(&w.log.key, &w.log.private_key, buf_view(&text), &bad);
    ck_assert_int_eq(submit_bytes(&w, buf_view(&bad)), 422); /* a root of the empty tree that is none */
    ck_assert_int_eq(submit(&w, &w.log, 0, 0), 200);
    ck_assert_int_eq(submit(&w, &w.log, 0, 0), 200);
    test_log_request(&w.log, 0, 7, &w.request);
    buf_clear(&bad);
    buf_printf(&bad, "old 0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n%.*s", (int)w.request.size - 6, w.request.data + 6);
    ck_assert_int_eq(submit_bytes(&w, buf_view(&bad)), 422); /* a proof where there is nothing to prove */
    ck_assert_int_eq(submit(&w, &w.log, 0, 7), 200);
    test_log_request(&w.log, 7, 7, &w.request);
    buf_clear(&bad);
    buf_printf(&bad, "old 7\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n%.*s", (int)w.request.size - 6, w.request.data + 6);
    ck_assert_int_eq(submit_bytes(&w, buf_view(&bad)), 422);
    world_release(&w);
}
END_TEST

START_TEST(malformed_requests_are_400_and_leave_the_state_alone)
{
    struct world w;
    world_init(&w);
    ck_assert_int_eq(submit(&w, &w.log, 0, 6), 200);
    test_log_request(&w.log, 6, 7, &w.request);
    struct buf BUF_AUTO whole, BUF_AUTO bad;
    buf_init(&whole, 1 << 16);
    buf_init(&bad, 1 << 16);
    buf_str(&whole, buf_view(&w.request));
    for (size_t size = 0; size + 1 < whole.size; size++) /* a beginning, but for the note's missing last LF */
        ck_assert_int_eq(submit_bytes(&w, str_slice(buf_view(&whole), 0, size)), 400);
    static const char *const firsts[] = {"old 06\n", "old +6\n",  "old -6\n", "old  6\n", "old 6 \n",
                                         "Old 6\n",  "old 6\r\n", "old\n",    "6\n",      "old 99999999999999999999\n",
                                         "\n"};
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        buf_clear(&bad);
        buf_printf(&bad, "%s%.*s", firsts[i], (int)whole.size - 6, whole.data + 6);
        ck_assert_msg(submit_bytes(&w, buf_view(&bad)) == 400, "%s", firsts[i]);
    }
    buf_clear(&bad);
    buf_cstr(&bad, "old 6\n");
    for (int i = 0; i < 64; i++)
        buf_cstr(&bad, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n");
    buf_str(&bad, str_slice(buf_view(&whole), 6, whole.size));
    ck_assert_int_eq(submit_bytes(&w, buf_view(&bad)), 400);
    uint64_t seed = 9;
    for (int i = 0; i < 3000; i++) { /* no changed byte makes it accept, and none breaks it */
        buf_clear(&bad);
        buf_str(&bad, buf_view(&whole));
        bad.data[test_random(&seed) % bad.size] ^= (char)(1u << test_random(&seed) % 8);
        int status = submit_bytes(&w, buf_view(&bad));
        ck_assert_msg(status == 400 || status == 403 || status == 404 || status == 409 || status == 422, "%d", status);
    }
    ck_assert_int_eq(submit_bytes(&w, buf_view(&whole)), 200);
    world_release(&w);
}
END_TEST

START_TEST(the_state_survives_a_restart_and_a_rolled_back_or_damaged_one_is_refused)
{
    struct world w;
    struct err e = {0};
    char hash[ORIGIN_HASH_SIZE], head[128], history[128];
    world_init(&w);
    origin_hash("log.example/1", hash);
    snprintf(head, sizeof(head), "heads/%s", hash);
    snprintf(history, sizeof(history), "history/%s", hash);
    struct buf BUF_AUTO old, BUF_AUTO newest;
    buf_init(&old, 1 << 16);
    buf_init(&newest, 1 << 16);
    ck_assert_int_eq(submit(&w, &w.log, 0, 4), 200);
    ck_assert(os_file_read(&os_file_real, w.dir, head, &old, &e));
    clock_ms += 60000;
    ck_assert_int_eq(submit(&w, &w.log, 4, 9), 200);
    clock_ms -= 30000; /* the clock goes back: the cosignatures' times do not */
    ck_assert_int_eq(submit(&w, &w.log, 9, 9), 200);
    ck_assert(os_file_read(&os_file_real, w.dir, head, &newest, &e));
    struct checkpoint c;
    struct str text, lines;
    uint64_t time_s;
    ck_assert(checkpoint_parse(buf_view(&newest), &c, &text, &lines, &e) &&
              cosignature_find(text, lines, &w.key, NULL, &time_s, &e));
    ck_assert_uint_eq(time_s, 1700000060);
    /* A crash tore the line of a cosignature that was never sent. */
    int fd = openat(w.dir, history, O_WRONLY | O_APPEND);
    ck_assert(write(fd, "17000001", 8) == 8);
    close(fd);
    w.w = witness_close(w.w);
    w.w = world_witness(&w);
    ck_assert_int_eq(submit(&w, &w.log, 4, 10), 409);
    ck_assert_str_eq(w.answer.body.data, "9\n");
    ck_assert_int_eq(submit(&w, &w.log, 9, 10), 200);
    w.w = witness_close(w.w);
    w.w = world_witness(&w);
    ck_assert_int_eq(submit(&w, &w.log, 10, 12), 200);
    static const char *const what[] = {"rolled back", "damaged", "gone"};
    for (int i = 0; i < 3; i++) {
        w.w = witness_close(w.w);
        if (i == 2)
            ck_assert(unlinkat(w.dir, head, 0) == 0);
        else
            ck_assert(os_file_replace(&os_file_real, w.dir, head, i ? STR("nonsense\n") : buf_view(&old), 0600, &e));
        w.w = world_witness(&w);
        ck_assert_msg(submit(&w, &w.log, i ? 12 : 4, 13) == 500, "%s", what[i]);
    }
    world_release(&w);
}
END_TEST

struct racer {
    struct world *world;
    struct test_log *log;
    struct sha256 roots[64];
    bool has[64];
};

/* Takes its branch as far as it can, from whatever size the witness is at. */
static void *race(void *context)
{
    struct racer *r = context;
    struct buf BUF_AUTO request;
    uint64_t size = 5;
    buf_init(&request, 1 << 16);
    for (int i = 0; i < 200 && size < 60; i++) {
        struct witness_answer answer;
        witness_answer_init(&answer);
        test_log_request(r->log, size, size + 1, &request);
        witness_add_checkpoint(r->world->w, buf_view(&request), &answer);
        int64_t told;
        if (answer.status == 200) {
            size++;
            r->has[size] = true;
            r->roots[size] = test_log_head(r->log, size).root;
        } else if (answer.status == 409 && str_to_int64(str_trim(buf_view(&answer.body)), &told)) {
            size = (uint64_t)told;
        } else {
            i = 200; /* 422: the other branch has won */
        }
        witness_answer_release(&answer);
    }
    return NULL;
}

START_TEST(of_two_branches_raced_by_threads_only_one_is_ever_cosigned)
{
    struct world w;
    struct racer racers[4];
    pthread_t threads[4];
    world_init(&w);
    ck_assert_int_eq(submit(&w, &w.log, 0, 5), 200);
    for (int i = 0; i < 4; i++) {
        racers[i] = (struct racer){.world = &w, .log = i % 2 ? &w.fork : &w.log};
        ck_assert(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    int cosigned = 0;
    for (int size = 0; size < 64; size++)
        for (int i = 0; i < 4; i++) {
            cosigned += racers[i].has[size];
            for (int k = 0; k < i; k++)
                ck_assert(!racers[i].has[size] || !racers[k].has[size] ||
                          sha256_equal(racers[i].roots[size], racers[k].roots[size]));
        }
    ck_assert_int_ge(cosigned, 55);
    world_release(&w);
}
END_TEST

/* What a killed process answered before it died. */
struct said {
    uint64_t size;
    struct sha256 root;
};

static void child_run(struct world *w, int out, uint64_t seed)
{
    uint64_t size = 5;
    w->w = world_witness(w);
    for (;;) {
        struct test_log *log = test_random(&seed) % 2 ? &w->fork : &w->log;
        uint64_t next = size + test_random(&seed) % 3;
        int status = submit(w, log, size, next);
        int64_t told;
        struct said said = {next, test_log_head(log, next).root};
        if (status == 200 && write(out, &said, sizeof(said)) != (ssize_t)sizeof(said))
            _exit(0);
        if (status == 200)
            size = next;
        else if (status == 409 && str_to_int64(str_trim(buf_view(&w->answer.body)), &told))
            size = (uint64_t)told;
        else if (status == 500)
            _exit(9);
    }
}

START_TEST(killed_again_and_again_it_never_cosigns_two_roots_of_one_size_or_a_smaller_size)
{
    enum { ROUNDS = 80, SIZE_MAX_HERE = 1 << 16 };
    struct world w;
    uint64_t seed = 5, newest = 5, answers = 0;
    struct said *by_size = calloc(SIZE_MAX_HERE, sizeof(*by_size));
    world_init(&w);
    ck_assert_int_eq(submit(&w, &w.log, 0, 5), 200);
    w.w = witness_close(w.w);
    for (int round = 0; round < ROUNDS; round++) {
        int ends[2], status;
        ck_assert(pipe(ends) == 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            child_run(&w, ends[1], test_random(&seed) ^ (uint64_t)round);
        }
        close(ends[1]);
        struct timespec nap = {0, (long)(test_random(&seed) % 60 + 3) * 1000000};
        nanosleep(&nap, NULL);
        kill(child, SIGKILL);
        struct said said;
        while (read(ends[0], &said, sizeof(said)) == (ssize_t)sizeof(said)) {
            ck_assert(said.size < SIZE_MAX_HERE && said.size >= newest);
            ck_assert(by_size[said.size].size == 0 || sha256_equal(by_size[said.size].root, said.root));
            by_size[said.size] = said;
            newest = said.size;
            answers++;
        }
        close(ends[0]);
        ck_assert(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
    }
    ck_assert_uint_gt(answers, 0);
    w.w = world_witness(&w);
    ck_assert_int_eq(submit(&w, &w.log, 0, 5), 409);
    int64_t size = -1;
    ck_assert(str_to_int64(str_trim(buf_view(&w.answer.body)), &size) && (uint64_t)size >= newest);
    free(by_size);
    world_release(&w);
}
END_TEST

/* ---- exchanges that another witness answered ---- */

/* They are older than the rule that an unknown log is 404. */
static int replayed_status(const char *body, int status)
{
    return strstr(body, "ff0309e563") ? 404 : status;
}

START_TEST(the_exchanges_of_litewitness_give_the_same_answers)
{
    const char *root = getenv("ASSAY_SHARED_DATA");
    struct buf BUF_AUTO text;
    struct err e = {0};
    char path[4096];
    snprintf(path, sizeof(path), "%s/ledger/witness-protocol/litewitness.json", root ? root : "");
    buf_init(&text, 1 << 20);
    if (!os_file_read(&os_file_real, AT_FDCWD, path, &text, &e)) {
        fprintf(stderr, "witness_test: no litewitness exchanges here, skipped\n");
        return;
    }
    struct world w;
    world_init(&w);
    struct arena *a = arena_new("exchanges", 16 << 20), *owner = arena_new("logs", 1 << 20);
    struct json *v = json_parse(a, buf_view(&text), JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(v != NULL, "%s", e.text);
    struct ed25519_public key;
    ck_assert(hex_decode(STR("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f"), key.bytes, sizeof(key.bytes)));
    struct note_key log =
        note_key_make("sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562", key);
    struct log_list logs;
    struct buf BUF_AUTO line;
    buf_init(&line, 1024);
    buf_cstr(&line, "log ");
    note_key_format(&log, &line);
    ck_assert_msg(log_list_parse(owner, buf_view(&line), &logs, &e), "%s", e.text);
    witness_set_logs(w.w, owner, logs);
    int n = 0;
    JSON_EACH (exchange, json_get(v, "exchanges")) {
        struct str body = json_text(exchange, "body");
        int wanted = replayed_status(arena_str(a, body).data, (int)json_int(exchange, "status", 0));
        int status = submit_bytes(&w, body);
        ck_assert_msg(status == wanted, "exchange %d: %d instead of %d: %s", n, status, wanted, w.answer.body.data);
        if (status == 409)
            ck_assert(str_contains(json_text(exchange, "asserts"), w.answer.body.data[0] == '3' ? "\"3\\n\"" : "\"5\\n\""));
        n++;
    }
    ck_assert_int_eq(n, 9);
    arena_free(a);
    world_release(&w);
}
END_TEST

TEST_MAIN("witness", it_cosigns_what_extends_and_answers_everything_else_as_the_specification_says,
          empty_trees_and_empty_proofs_follow_the_rules_of_size_zero, malformed_requests_are_400_and_leave_the_state_alone,
          the_state_survives_a_restart_and_a_rolled_back_or_damaged_one_is_refused,
          of_two_branches_raced_by_threads_only_one_is_ever_cosigned,
          killed_again_and_again_it_never_cosigns_two_roots_of_one_size_or_a_smaller_size,
          the_exchanges_of_litewitness_give_the_same_answers)
