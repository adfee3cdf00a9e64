/*
 * bench-limits - what this machine can do at best, in the same run as the figures held against it.
 *
 *     bench-limits [ROOT]      one line a figure: name, value, unit
 *
 * walk: one getdents64 + statx walk over ROOT (this file system only), one thread, nothing else.
 * facts: the walk, and reading every file below ROOT/etc, the package list, /proc/PID/stat and /proc/sys: the bytes an assessment needs.
 * sha256: OpenSSL, one thread, 1 MiB and 1 KiB blocks. fdatasync: 4 KiB appended to a preallocated file in ROOT_OF_SCRATCH ($TMPDIR).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double wall_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t walked_count, read_bytes;
static char read_buffer[1 << 20];

struct entry {
    uint64_t inode;
    int64_t offset;
    unsigned short size;
    unsigned char type;
    char name[];
};

static void walk(int parent, const char *name, unsigned device, bool reads)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    enum { BLOCK = 32 << 10 };
    char *block = malloc(BLOCK); /* trees can be deeper than the stack */
    long n;
    while (block && (n = syscall(SYS_getdents64, fd, block, BLOCK)) > 0)
        for (long at = 0; at < n;) {
            struct entry *d = (struct entry *)(block + at);
            at += d->size;
            if (d->name[0] == '.' && (!d->name[1] || (d->name[1] == '.' && !d->name[2])))
                continue;
            struct statx s;
            if (statx(fd, d->name, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID | STATX_SIZE | STATX_MTIME, &s))
                continue;
            walked_count++;
            if (S_ISDIR(s.stx_mode) && s.stx_dev_major * 4096 + s.stx_dev_minor == device)
                walk(fd, d->name, device, reads);
            if (reads && S_ISREG(s.stx_mode)) {
                int file = openat(fd, d->name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
                if (file >= 0) {
                    ssize_t got;
                    while ((got = read(file, read_buffer, sizeof(read_buffer))) > 0)
                        read_bytes += (uint64_t)got;
                    close(file);
                }
            }
        }
    free(block);
    close(fd);
}

static unsigned device_of(const char *path)
{
    struct statx s;
    return statx(AT_FDCWD, path, 0, STATX_TYPE, &s) ? 0 : s.stx_dev_major * 4096 + s.stx_dev_minor;
}

static void read_one(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ssize_t got;
    if (fd < 0)
        return;
    while ((got = read(fd, read_buffer, sizeof(read_buffer))) > 0)
        read_bytes += (uint64_t)got;
    close(fd);
}

static void read_facts(const char *root)
{
    char path[4096];
    const char *const trees[] = {"etc", "usr/lib/systemd", "var/lib/dpkg/info"};
    for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", root, trees[i]);
        walk(AT_FDCWD, path, device_of(path), i == 0);
    }
    snprintf(path, sizeof(path), "%s/var/lib/dpkg/status", root);
    read_one(path);
    walk(AT_FDCWD, "/proc/sys", device_of("/proc/sys"), true);
    DIR *proc = opendir("/proc");
    for (struct dirent *d; proc && (d = readdir(proc));)
        if (d->d_name[0] >= '1' && d->d_name[0] <= '9') {
            snprintf(path, sizeof(path), "/proc/%s/stat", d->d_name);
            read_one(path);
        }
    if (proc)
        closedir(proc);
}

static void bench_walk(const char *root)
{
    double best_walk = 1e9, best_facts = 1e9;
    for (int round = 0; round < 3; round++) {
        double from = cpu_seconds();
        walked_count = 0;
        walk(AT_FDCWD, root, device_of(root), false);
        double walked = cpu_seconds();
        read_facts(root);
        double end = cpu_seconds();
        best_walk = walked - from < best_walk ? walked - from : best_walk;
        best_facts = end - from < best_facts ? end - from : best_facts;
    }
    printf("walk_inodes %llu count\nwalk_cpu %.4f s\nfacts_cpu %.4f s\n", (unsigned long long)walked_count, best_walk, best_facts);
}

static void bench_sha256(size_t size, const char *name)
{
    static unsigned char block[1 << 20];
    EVP_MD *md = EVP_MD_fetch(NULL, "SHA256", NULL);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char digest[32];
    double from = wall_seconds();
    uint64_t bytes = 0;
    while (wall_seconds() - from < 0.5)
        for (int i = 0; i < (int)((4 << 20) / size); i++) {
            EVP_DigestInit_ex2(context, md, NULL);
            EVP_DigestUpdate(context, block, size);
            EVP_DigestFinal_ex(context, digest, NULL);
            bytes += size;
        }
    printf("%s %.0f MB/s\n", name, (double)bytes / 1e6 / (wall_seconds() - from));
    EVP_MD_CTX_free(context);
    EVP_MD_free(md);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void bench_sync(void)
{
    enum { ROUNDS = 500 };
    const char *dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp";
    char path[4096];
    snprintf(path, sizeof(path), "%s/assay-bench-limits-%d", dir, (int)getpid());
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        fprintf(stderr, "bench-limits: %s: %s\n", path, strerror(errno));
        exit(3);
    }
    unlink(path);
    (void)!posix_fallocate(fd, 0, ROUNDS * 4096);
    static double took[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        double from = wall_seconds();
        if (pwrite(fd, read_buffer, 4096, (off_t)i * 4096) != 4096 || fdatasync(fd) != 0) {
            fprintf(stderr, "bench-limits: %s: %s\n", path, strerror(errno));
            exit(3);
        }
        took[i] = wall_seconds() - from;
    }
    close(fd);
    qsort(took, ROUNDS, sizeof(took[0]), compare_doubles);
    printf("fdatasync_p50 %.0f us\nfdatasync_p99 %.0f us\n", took[ROUNDS / 2] * 1e6, took[ROUNDS * 99 / 100] * 1e6);
}

int main(int argc, char **argv)
{
    bench_walk(argc > 1 ? argv[1] : "/");
    bench_sha256(1 << 20, "sha256_1MiB");
    bench_sha256(1 << 10, "sha256_1KiB");
    bench_sync();
    return 0;
}
