/*
 * test_death.h - file calls with which a keeper dies at the call that a test names; what it wrote until then is there, of the
 * last write half. For tests.
 *
 *     scene_start(&t);  ...  scene_keep(&t, original);
 *     for (int at = 1; has_died; at++)
 *         has_died = death_try(&t, original, at, ask, context, &is_answered);
 */
#ifndef KEEPER_TEST_DEATH_H
#define KEEPER_TEST_DEATH_H

#include "keeper/test_keeper.h"
#include <check.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct death {
    bool is_armed;
    int calls, at; /* dies at this call; 0: never */
};
static struct death *death; /* shared with the keeper */

static inline void step(void)
{
    if (death->is_armed && ++death->calls == death->at)
        raise(SIGKILL);
}

static inline int die_openat(void *c, int dir, const char *path, int flags, mode_t mode)
{
    step();
    return os_file_real.openat(c, dir, path, flags, mode);
}

/* Half of it arrives. */
static inline ssize_t die_pwrite(void *c, int fd, const void *data, size_t size, off_t offset)
{
    if (death->is_armed && death->calls + 1 == death->at && size > 1)
        (void)!os_file_real.pwrite(c, fd, data, size / 2, offset);
    step();
    return os_file_real.pwrite(c, fd, data, size, offset);
}

static inline ssize_t pass_pread(void *c, int fd, void *data, size_t size, off_t offset)
{
    return os_file_real.pread(c, fd, data, size, offset);
}

static inline int die_fsync(void *c, int fd)
{
    step();
    return os_file_real.fsync(c, fd);
}

static inline int die_fdatasync(void *c, int fd)
{
    step();
    return os_file_real.fdatasync(c, fd);
}

static inline int die_renameat(void *c, int dir, const char *from, const char *to)
{
    step();
    return os_file_real.renameat(c, dir, from, to);
}

static inline int die_rename_new(void *c, int dir, const char *from, const char *to)
{
    step();
    return os_file_real.rename_new(c, dir, from, to);
}

static inline int die_unlinkat(void *c, int dir, const char *path, int flags)
{
    step();
    return os_file_real.unlinkat(c, dir, path, flags);
}

static inline struct os_file_calls dying_calls(void)
{
    struct os_file_calls calls = os_file_real;
    calls.openat = die_openat;
    calls.pwrite = die_pwrite;
    calls.pread = pass_pread;
    calls.fsync = die_fsync;
    calls.fdatasync = die_fdatasync;
    calls.renameat = die_renameat;
    calls.rename_new = die_rename_new;
    calls.unlinkat = die_unlinkat;
    return calls;
}

static inline void death_init(void)
{
    if (!death)
        death = mmap(NULL, sizeof(*death), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert(death != MAP_FAILED);
    *death = (struct death){0};
}

static inline void shell(const char *script, const char *one, const char *two)
{
    pid_t child = fork();
    int status = 1;
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, "sh", one, two, (char *)NULL);
        _exit(127);
    }
    ck_assert(waitpid(child, &status, 0) == child && status == 0);
}

static inline void copy_tree(const char *from, const char *to)
{
    shell("rm -rf \"$2\" && cp -a \"$1\" \"$2\"", from, to);
}

/* ---- the scene ---- */

/* A directory whose keys are registered, and a keeper that runs. */
static inline void scene_start(struct test_keeper *t)
{
    struct err e = {0};
    struct data_dir d;
    death_init();
    t->calls = NULL;
    test_keeper_init(t);
    test_keeper_start(t);
    ck_assert(data_dir_open(&d, t->path, &e));
    ck_assert_msg(keeper_register_keys(t->client, &d, &e), "%s", e.text);
    data_dir_close(&d);
}

/* Stops the keeper; the directory as it is then lies in `ret_original`, too, until test_remove_tree. */
static inline void scene_keep(struct test_keeper *t, char ret_original[PATH_MAX + 16])
{
    if (t->client)
        test_keeper_stop(t);
    snprintf(ret_original, PATH_MAX + 16, "%s.original", t->path);
    copy_tree(t->path, ret_original);
}

/* Over the directory as it was kept: the keeper dies at its file operation `at` while it is asked; the next one starts, sets right what
 * is to be, and stops. False: it lived, and then it has answered. */
static inline bool death_try(struct test_keeper *t, const char *original, int at, bool (*ask)(void *context, struct err *e),
                             void *context, bool *ret_is_answered)
{
    struct os_file_calls calls = dying_calls();
    struct err e = {0};
    copy_tree(original, t->path);
    *death = (struct death){.at = at};
    t->calls = &calls;
    test_keeper_start(t);
    death->is_armed = true;
    *ret_is_answered = ask(context, &e);
    t->client = keeper_close(t->client);
    bool has_died = test_keeper_reap(t) == 128 + SIGKILL;
    ck_assert_msg(has_died || *ret_is_answered, "%s", e.text);
    death->is_armed = false;
    t->calls = NULL;
    test_keeper_start(t);
    test_keeper_stop(t);
    return has_died;
}

#endif
