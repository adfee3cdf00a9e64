/*
 * keeper_crash_test.c - the keeper is killed at random moments under load, hundreds of times. No operation that was acknowledged is lost or
 * doubled, the ledger goes on, and rebuild gives the same dump.
 *
 * Writers are processes of their own: each submits notes over the socket and, once one is acknowledged, writes its id into a file. After a
 * kill a writer asks again with the id that it got no answer for, so uncertain operations are seen to be idempotent.
 */
#include "base/test.h"
#include "keeper/test_keeper.h"
#include <stdio.h>
#include <sys/stat.h>

enum { WRITERS = 6, ROUNDS = 300, ROUNDS_LONG = 3000, SECONDS_MAX = 55, SECONDS_MAX_LONG = 900, ACK_BYTES = 33, PROGRESS_PATIENCE_MS = 5000 };

static struct test_keeper t;

static void __attribute__((noreturn)) writer(int number, int acks)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    struct arena *a = arena_new("writer", 64 << 20);
    struct keeper_client *k = NULL;
    uint64_t seed = (uint64_t)getpid();
    char id[ACK_BYTES + 1], name[32], text[2048];
    bool is_open_question = false;
    for (;;) {
        struct err e = {0};
        struct json *answer;
        arena_reset(a);
        if (!k && !(k = keeper_connect(t.path, &e))) {
            usleep(500);
            continue;
        }
        if (!is_open_question)
            op_id_new(&env_system, id);
        size_t size = test_random(&seed) % (sizeof(text) - 1);
        memset(text, 'a' + number, size);
        text[size] = 0;
        snprintf(name, sizeof(name), "writer-%d", number);
        is_open_question = !test_note(k, a, id, name, text, &answer, &e);
        if (is_open_question && e.code != ERR_UNCERTAIN && e.code != ERR_UNAVAILABLE && e.code != ERR_CONFLICT) {
            fprintf(stderr, "writer %d: %s\n", number, e.text);
            _exit(1);
        }
        if (is_open_question) {
            k = keeper_close(k);
            continue;
        }
        id[ACK_BYTES - 1] = '\n';
        if (write(acks, id, ACK_BYTES) != ACK_BYTES)
            _exit(1);
        id[ACK_BYTES - 1] = 0;
    }
}

/* Every acknowledged id has exactly one leaf. Returns how many there are. */
static int64_t check_acknowledged(int acks)
{
    struct err e = {0};
    struct db *db = test_projection(&t);
    char id[ACK_BYTES];
    int64_t n = 0;
    for (off_t at = 0; pread(acks, id, ACK_BYTES, at) == ACK_BYTES; at += ACK_BYTES, n++) {
        struct str view = str_make(id, ACK_BYTES - 1);
        int64_t leaf = db_one_int(db, &e, -1, "select leaf from operation where id=?1", A(view));
        ck_assert_msg(leaf >= 0, "acknowledged operation %.32s is lost", id);
        ck_assert_int_eq(db_one_int(db, &e, -1, "select op=?1 from leaf where idx=?2", A(view), A(leaf)), 1);
    }
    ck_assert_int_eq(db_one_int(db, &e, -1, "select count(*) - count(distinct op) from leaf where op is not null"), 0);
    ck_assert_int_eq(db_one_int(db, &e, -1, "select count(*) - (select count(*) from parameter) from leaf where type='record'"), 0);
    ck_assert_int_eq(db_one_int(db, &e, -1, "select max(idx) + 1 - count(*) from leaf"), 0);
    ck_assert_msg(e.code == 0, "%s", e.text);
    db_close(db);
    return n;
}

/* However busy the machine is, every other round sees an operation acknowledged before the kill. */
static void await_progress(int acks, off_t before)
{
    struct stat facts = {.st_size = before};
    for (int i = 0; i < PROGRESS_PATIENCE_MS && facts.st_size == before && fstat(acks, &facts) == 0; i++)
        usleep(1000);
}

static void one_round(uint64_t *seed, int round, int acks)
{
    struct stat before = {0};
    bool waits = test_random(seed) % 4 != 0; /* otherwise it may die while it recovers from the death before */
    test_keeper_fork(&t);
    t.client = waits ? keeper_open_fd(t.fd) : NULL;
    ck_assert_msg(!waits || t.client != NULL, "round %d: the keeper does not start", round);
    if (waits && round % 2 == 0 && fstat(acks, &before) == 0)
        await_progress(acks, before.st_size);
    usleep((useconds_t)(test_random(seed) % 50000));
    if (test_random(seed) % 8 == 0) { /* the signer goes first: the keeper notices at its next seal */
        kill(t.signer, SIGKILL);
        usleep((useconds_t)(test_random(seed) % 20000));
    }
    kill(t.keeper, SIGKILL);
    if (waits)
        t.client = keeper_close(t.client);
    else
        close(t.fd);
    test_keeper_reap(&t);
}

START_TEST(killing_the_keeper_at_any_moment_loses_no_acknowledged_operation)
{
    bool is_long = getenv("ASSAY_TEST_LONG") != NULL;
    uint64_t seed = (uint64_t)env_now_ms(&env_system);
    int64_t until_ms = env_monotonic_ms(&env_system) + (is_long ? SECONDS_MAX_LONG : SECONDS_MAX) * 1000;
    char path[PATH_MAX + 32];
    pid_t writers[WRITERS];
    test_keeper_init(&t);
    snprintf(path, sizeof(path), "%s/acks", t.path);
    int acks = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600), rounds = 0;
    ck_assert_int_ge(acks, 0);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = fork();
        if (writers[i] == 0)
            writer(i, acks);
    }
    for (; rounds < (is_long ? ROUNDS_LONG : ROUNDS) && env_monotonic_ms(&env_system) < until_ms; rounds++) {
        one_round(&seed, rounds, acks);
        if (rounds % 25 == 24) {
            test_keeper_start(&t); /* the projection catches up */
            check_acknowledged(acks);
            kill(t.keeper, SIGTERM); /* the writers are connected: it would not end by itself */
            ck_assert_int_eq(test_keeper_stop(&t), 0);
        }
    }
    for (int i = 0; i < WRITERS; i++) {
        int status = 0;
        kill(writers[i], SIGKILL); /* SIGTERM would run the handler that libcheck left to its children */
        waitpid(writers[i], &status, 0);
        ck_assert_msg(WIFSIGNALED(status), "writer %d ended by itself", i);
    }
    test_keeper_start(&t);
    int64_t acknowledged = check_acknowledged(acks);
    ck_assert_int_eq(test_keeper_stop(&t), 0);
    struct sha256 before = test_dump(&t);
    test_rebuild(&t);
    ck_assert(sha256_equal(before, test_dump(&t)));
    check_acknowledged(acks);
    printf("%d kills, %lld operations acknowledged, none lost\n", rounds, (long long)acknowledged);
    ck_assert_int_ge(rounds, 30);
    ck_assert_int_gt(acknowledged, rounds / 4);
    close(acks);
    test_keeper_release(&t);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("keeper crash");
    TCase *c = tcase_create("keeper crash");
    tcase_set_timeout(c, 1800);
    tcase_add_test(c, killing_the_keeper_at_any_moment_loses_no_acknowledged_operation);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
