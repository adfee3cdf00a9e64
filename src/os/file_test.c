#include "base/test.h"
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int scratch(void)
{
    char path[] = "/tmp/assay-file-test-XXXXXX";
    ck_assert(mkdtemp(path) != NULL);
    int fd = open(path, O_RDONLY | O_DIRECTORY);
    ck_assert_int_ge(fd, 0);
    return fd;
}

static bool reads_as(int dir, const char *path, const char *text)
{
    struct err e = {0};
    struct buf BUF_AUTO b;
    buf_init(&b, 1000);
    return os_file_read(&os_file_real, dir, path, &b, &e) && str_is(buf_view(&b), text);
}

static int count_names(int dir)
{
    DIR *d = fdopendir(dup(dir));
    rewinddir(d);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(d));)
        n += entry->d_name[0] != '.';
    closedir(d);
    return n;
}

START_TEST(replacing_leaves_one_file_with_the_new_bytes)
{
    struct err e = {0};
    int dir = scratch();
    ck_assert(os_file_replace(&os_file_real, dir, "a", STR("one"), 0600, &e));
    ck_assert(os_file_replace(&os_file_real, dir, "a", STR("two"), 0600, &e));
    ck_assert(reads_as(dir, "a", "two"));
    ck_assert_int_eq(count_names(dir), 1);
}
END_TEST

START_TEST(creating_once_accepts_equal_bytes_only)
{
    struct err e = {0};
    int dir = scratch();
    ck_assert(os_dir_make(&os_file_real, dir, "x/y/z", 0700, &e));
    ck_assert(os_file_create_once(&os_file_real, dir, "x/y/z/t", STR("one"), 0644, &e));
    ck_assert(os_file_create_once(&os_file_real, dir, "x/y/z/t", STR("one"), 0644, &e));
    ck_assert(!os_file_create_once(&os_file_real, dir, "x/y/z/t", STR("other"), 0644, &e));
    ck_assert_int_eq(e.code, ERR_CORRUPT);
    ck_assert(reads_as(dir, "x/y/z/t", "one"));
}
END_TEST

START_TEST(what_is_not_a_regular_file_is_refused_at_once)
{
    struct err e = {0};
    int dir = scratch();
    ck_assert_int_eq(mkfifoat(dir, "fifo", 0600), 0);
    struct buf BUF_AUTO b;
    buf_init(&b, 1000);
    ck_assert(!os_file_read(&os_file_real, dir, "fifo", &b, &e));
    ck_assert_int_eq(e.code, ERR_INVALID);
}
END_TEST

static int calls_left;
static int failing_fsync(void *context, int fd)
{
    (void)context;
    if (calls_left-- == 0) {
        errno = EIO;
        return -1;
    }
    return fsync(fd);
}

static ssize_t failing_pwrite(void *context, int fd, const void *data, size_t size, off_t offset)
{
    (void)context;
    if (calls_left-- == 0) {
        errno = ENOSPC;
        return -1;
    }
    return pwrite(fd, data, size, offset);
}

START_TEST(a_failing_kth_call_leaves_the_old_bytes_or_the_new_and_no_litter)
{
    for (int k = 0; k < 4; k++) {
        struct err e = {0};
        int dir = scratch();
        ck_assert(os_file_replace(&os_file_real, dir, "a", STR("old"), 0600, &e));
        struct os_file_calls calls = os_file_real;
        calls.fsync = failing_fsync;
        calls.pwrite = failing_pwrite;
        calls_left = k;
        bool ok = os_file_replace(&calls, dir, "a", STR("new"), 0600, &e);
        ck_assert_int_eq(ok, k == 3);
        ck_assert(reads_as(dir, "a", "old") || reads_as(dir, "a", "new"));
        ck_assert_int_eq(count_names(dir), 1);
    }
}
END_TEST

TEST_MAIN("file", replacing_leaves_one_file_with_the_new_bytes, creating_once_accepts_equal_bytes_only,
          what_is_not_a_regular_file_is_refused_at_once, a_failing_kth_call_leaves_the_old_bytes_or_the_new_and_no_litter)
