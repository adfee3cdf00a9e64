#include "base/test.h"
#include "keeper/test_keeper.h"
#include "os/ipc.h"
#include <sys/wait.h>

static struct test_keeper t;
static const struct signer_keys any;

static struct signer *open_signer(void)
{
    struct err e = {0};
    int dir = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct signer *s = signer_open(dir, -1, &e);
    ck_assert_msg(s != NULL, "%s", e.text);
    close(dir);
    return s;
}

/* Heads over 1, 2 and 3 leaves, with the proof from 1 to 2 (the second leaf's hash) and to 3 (second and third). */
static struct sha256 leaf_hash(int i)
{
    return merkle_leaf_hash(str_make("abcdef" + i, 1));
}

static struct checkpoint head_of(const struct signer *s, uint64_t size)
{
    struct checkpoint c;
    signer_head(s, &c);
    c.size = size;
    struct sha256 two = merkle_node_hash(leaf_hash(0), leaf_hash(1));
    c.root = size == 1 ? leaf_hash(0) : size == 2 ? two : merkle_node_hash(two, leaf_hash(2));
    return c;
}

START_TEST(only_what_extends_the_last_head_is_signed)
{
    test_keeper_init(&t);
    struct signer *s = open_signer();
    struct err e = {0};
    struct buf BUF_AUTO note;
    buf_init(&note, 8192);
    struct checkpoint empty;
    signer_head(s, &empty);
    struct checkpoint one = head_of(s, 1), two = head_of(s, 2), three = head_of(s, 3);
    struct sha256 to_two[] = {leaf_hash(1)}, to_three[] = {leaf_hash(1), leaf_hash(2)};
    ck_assert_msg(signer_sign(s, &any, &empty, &one, NULL, 0, &note, &e), "%s", e.text);
    ck_assert(!signer_sign(s, &any, &empty, &two, NULL, 0, &note, &e)); /* a fork from the past */
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    ck_assert(!signer_sign(s, &any, &one, &two, to_three + 1, 1, &note, &e)); /* another proof */
    ck_assert_int_eq(e.code, ERR_DENIED);
    struct checkpoint forged = two;
    forged.root.bytes[0] ^= 1;
    ck_assert(!signer_sign(s, &any, &one, &forged, to_two, 1, &note, &e));
    ck_assert_int_eq(e.code, ERR_DENIED);
    struct checkpoint elsewhere = three;
    elsewhere.origin[0] ^= 1;
    struct checkpoint now;
    signer_head(s, &now);
    ck_assert(!signer_sign(s, &any, &now, &elsewhere, to_three, 2, &note, &e));
    ck_assert_int_eq(e.code, ERR_DENIED);
    signer_close(s);
    test_keeper_release(&t);
}
END_TEST

START_TEST(the_head_survives_a_restart_and_a_torn_slot)
{
    test_keeper_init(&t);
    struct signer *s = open_signer();
    struct err e = {0};
    struct buf BUF_AUTO note;
    buf_init(&note, 8192);
    struct checkpoint empty, one = head_of(s, 1), two = head_of(s, 2), now;
    struct sha256 to_two[] = {leaf_hash(1)};
    signer_head(s, &empty);
    ck_assert(signer_sign(s, &any, &empty, &one, NULL, 0, &note, &e));
    ck_assert_msg(signer_sign(s, &any, &one, &two, to_two, 1, &note, &e), "%s", e.text);
    signer_close(s);
    s = open_signer();
    signer_head(s, &now);
    ck_assert_uint_eq(now.size, 2);
    signer_close(s);
    /* Generation 1 was made first, so the heads of 1 and 2 leaves are generations 2 and 3: slots 0 and 1. */
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/private/signer.head", t.path);
    int fd = open(path, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, "torn", 4, 512 + 20), 4);
    close(fd);
    s = open_signer();
    signer_head(s, &now);
    ck_assert_uint_eq(now.size, 1);
    signer_close(s);
    test_keeper_release(&t);
}
END_TEST

START_TEST(a_truncated_head_is_refused)
{
    test_keeper_init(&t);
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/private/signer.head", t.path);
    ck_assert_int_eq(truncate(path, 100), 0);
    struct err e = {0};
    int dir = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_ptr_null(signer_open(dir, -1, &e));
    ck_assert_int_eq(e.code, ERR_CORRUPT);
    close(dir);
    test_keeper_release(&t);
}
END_TEST

START_TEST(a_second_signer_waits_for_the_first_and_reads_what_it_signed)
{
    test_keeper_init(&t);
    struct signer *first = open_signer();
    struct err e = {0};
    int dir = open(t.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), pair[2];
    ck_assert(ipc_pair(pair, &e));
    close(pair[0]);
    ck_assert_ptr_null(signer_open(dir, pair[1], &e)); /* whoever wanted the second one has gone */
    ck_assert_int_eq(e.code, ERR_UNAVAILABLE);
    close(pair[1]);
    close(dir);
    struct buf BUF_AUTO note;
    buf_init(&note, 8192);
    struct checkpoint empty, one = head_of(first, 1), seen;
    signer_head(first, &empty);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) { /* holds the description of the lock until it has signed */
        usleep(100000);
        _exit(signer_sign(first, &any, &empty, &one, NULL, 0, &note, &e) ? 0 : 1);
    }
    signer_close(first);
    struct signer *second = open_signer();
    signer_head(second, &seen);
    ck_assert_int_eq((int)seen.size, 1);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    signer_close(second);
    test_keeper_release(&t);
}
END_TEST

TEST_MAIN("signer", only_what_extends_the_last_head_is_signed, the_head_survives_a_restart_and_a_torn_slot,
          a_truncated_head_is_refused, a_second_signer_waits_for_the_first_and_reads_what_it_signed)
