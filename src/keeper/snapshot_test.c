#include "base/test.h"
#include "keeper/process.h"
#include "keeper/snapshot.h"
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

static struct err e;
static char path[] = "/tmp/assay-snapshot-XXXXXX";
static int dir;

static int remove_one(const char *name, const struct stat *facts, int type, struct FTW *ftw)
{
    (void)facts, (void)type, (void)ftw;
    return remove(name);
}

static void put(const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static struct keeper *keeper_make(void)
{
    struct keeper *k = calloc(1, sizeof(*k));
    ck_assert(k && mkdtemp(path));
    dir = open(path, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(mkdirat(dir, "private", 0700) | mkdirat(dir, "private/wal", 0700), 0);
    snprintf(k->dir.origin, sizeof(k->dir.origin), "example/assay/1");
    k->private_fd = openat(dir, "private", O_RDONLY | O_DIRECTORY);
    put("private/wal/0.seg", "journal");
    put("private/state.0", "state");
    return k;
}

START_TEST(a_list_of_checkpoints_of_any_length_is_held_and_not_copied)
{
    struct keeper *k = keeper_make();
    struct stat original, held;
    uint64_t size = 0;
    put("private/cp.log", "one, two");
    int fd = openat(dir, "private/cp.log", O_WRONLY);
    ck_assert_int_eq(ftruncate(fd, (off_t)4 << 30), 0); /* 4 GiB, as of 12 million checkpoints */
    close(fd);
    int64_t from_ms = env_monotonic_ms(&env_system);
    ck_assert_msg(keeper_snapshot(k, &e), "%s", e.text);
    ck_assert_int_lt(env_monotonic_ms(&env_system) - from_ms, 1000);
    ck_assert_int_eq(fstatat(dir, "private/cp.log", &original, 0) | fstatat(dir, "private/snapshot/cp.log", &held, 0), 0);
    ck_assert_uint_eq(original.st_ino, held.st_ino);
    put("private/cp.log", "three");
    ck_assert_msg(snapshot_log_size(k->private_fd, &size, &e), "%s", e.text);
    ck_assert_uint_eq(size, (uint64_t)4 << 30); /* what came later is not of it */
    ck_assert_int_eq(faccessat(dir, "private/snapshot/wal/0.seg", F_OK, 0) | faccessat(dir, "private/snapshot/state.0", F_OK, 0), 0);
    ck_assert_msg(keeper_snapshot(k, &e), "%s", e.text); /* one in the place of the other */
    snapshot_remove(k->private_fd);
    ck_assert_int_ne(faccessat(dir, "private/snapshot", F_OK, 0), 0);
    ck_assert_int_eq(fstatat(dir, "private/cp.log", &original, 0), 0);
    ck_assert_int_eq(original.st_size, ((off_t)4 << 30) + 5);
    close(k->private_fd);
    free(k);
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
END_TEST

START_TEST(a_ledger_without_checkpoints_has_none_in_its_snapshot)
{
    struct keeper *k = keeper_make();
    uint64_t size = 7;
    ck_assert_msg(keeper_snapshot(k, &e), "%s", e.text);
    ck_assert_msg(snapshot_log_size(k->private_fd, &size, &e), "%s", e.text);
    ck_assert_uint_eq(size, 0);
    close(k->private_fd);
    free(k);
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
END_TEST

TEST_MAIN("snapshot", a_list_of_checkpoints_of_any_length_is_held_and_not_copied, a_ledger_without_checkpoints_has_none_in_its_snapshot)
