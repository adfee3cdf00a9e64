/*
 * bench-ledger - what the ledger does of what the machine could do, in one run.
 *
 *     bench-ledger [DIR [LEAVES]]      one line a figure: name, value, unit; DIR is scratch space on the disk to be measured
 * ($TMPDIR)
 *
 * Leaves of 1 KiB. limit: the same leaves hashed twice (once to append, once read back before signing) with OpenSSL's SHA-256 in
 * one stream, and written once, whichever is slower. append: batches of 1,024, each durable before the next; integrate: tiles,
 * seal, signature, publication.
 */
#include "base/limits.h"
#include "ledger/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LEAF_SIZE = 1024, BATCH = 1024, SAMPLES = 2000 };

static struct ed25519_private private_key = {{7}};
static struct note_key key;
static struct checkpoint signer_head;

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void figure(const char *name, double value, const char *unit)
{
    printf("%-36s %12.2f %s\n", name, value, unit);
    fflush(stdout);
}

static _Noreturn void fail(const char *what, const struct err *e)
{
    fprintf(stderr, "bench-ledger: %s: %s\n", what, e->text);
    exit(3);
}

static bool sign(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                 size_t proof_count, struct buf *ret_note, struct err *e)
{
    struct buf BUF_AUTO line;
    (void)context;
    if (!merkle_consistency_holds(signer_head.size, signer_head.root, c->size, c->root, proof, proof_count) ||
        old->size != signer_head.size)
        return err_set(e, ERR_CORRUPT, "not consistent");
    buf_init(&line, 1024);
    checkpoint_text(c, ret_note);
    note_sign_line(&key, &private_key, buf_view(ret_note), &line);
    buf_char(ret_note, '\n');
    buf_str(ret_note, buf_view(&line));
    signer_head = *c;
    return true;
}

static int order(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void percentiles(const char *name, double *seconds, size_t count, double scale, const char *unit)
{
    char text[80];
    qsort(seconds, count, sizeof(*seconds), order);
    snprintf(text, sizeof(text), "%s_p50", name);
    figure(text, seconds[count / 2] * scale, unit);
    snprintf(text, sizeof(text), "%s_p99", name);
    figure(text, seconds[count * 99 / 100] * scale, unit);
}

static char leaves_bytes[BATCH][LEAF_SIZE];
static struct str leaves[BATCH];
static double seconds[SAMPLES];

/* One core, one stream: leaf hash and node hash of every leaf, twice. */
static double limit_hash(void)
{
    struct sha256 h = {{0}};
    double start = cpu();
    for (int round = 0; round < 100; round++)
        for (int i = 0; i < BATCH; i++)
            h = merkle_node_hash(h, merkle_leaf_hash(leaves[i]));
    return 100.0 * BATCH / (cpu() - start) / 2;
}

static void limit_sync(int dir, double *ret_p50, double *ret_batch)
{
    static char block[(LEAF_SIZE + 2) * BATCH];
    int fd = openat(dir, "sync", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fallocate(fd, 0, 0, (off_t)SAMPLES * 4096 + (off_t)200 * sizeof(block)) != 0)
        return;
    for (int i = 0; i < 500; i++) {
        double start = wall();
        if (pwrite(fd, block, 4096, (off_t)i * 4096) != 4096 || fdatasync(fd) != 0)
            return;
        seconds[i] = wall() - start;
    }
    percentiles("limit_fdatasync_4k", seconds, 500, 1e6, "us");
    *ret_p50 = seconds[250];
    double start = wall();
    for (int i = 0; i < 100; i++)
        if (pwrite(fd, block, sizeof(block), (off_t)SAMPLES * 4096 + (off_t)i * (off_t)sizeof(block)) != (ssize_t)sizeof(block) ||
            fdatasync(fd) != 0)
            return;
    *ret_batch = 100.0 * BATCH / (wall() - start);
    close(fd);
    unlinkat(dir, "sync", 0);
}

static void bench_append(struct ledger *l, int64_t count, double limit)
{
    struct err e = {0};
    uint64_t index = 0;
    double append_cpu = 0, append_wall = 0, start = wall(), start_cpu = cpu();
    for (int64_t done = 0; done < count; done += BATCH) {
        double c = cpu(), w = wall();
        if (!ledger_append(l, leaves, BATCH, &index, &e))
            fail("append", &e);
        append_cpu += cpu() - c;
        append_wall += wall() - w;
        if (done / BATCH % 256 == 255 && !ledger_integrate(l, &e))
            fail("integrate", &e);
    }
    if (!ledger_integrate(l, &e))
        fail("integrate", &e);
    double all = wall() - start, all_cpu = cpu() - start_cpu;
    figure("append_1024", (double)count / append_wall, "leaves/s");
    figure("append_1024_cpu", append_cpu / (double)count * 1e9, "ns/leaf");
    figure("append_and_integrate", (double)count / all, "leaves/s");
    figure("append_and_integrate_cpu", all_cpu / (double)count * 1e9, "ns/leaf");
    figure("append_and_integrate_of_limit", (double)count / all / limit, "ratio");
}

static void bench_single(struct ledger *l, double sync_p50)
{
    struct err e = {0};
    uint64_t index = 0;
    for (int i = 0; i < 500; i++) {
        double start = wall();
        if (!ledger_append(l, leaves, 1, &index, &e))
            fail("append", &e);
        seconds[i] = wall() - start;
    }
    percentiles("append_1", seconds, 500, 1e6, "us");
    figure("append_1_of_fdatasync", seconds[250] / sync_p50, "ratio");
    for (int i = 0; i < 20; i++) {
        if (!ledger_append(l, leaves, 1, &index, &e))
            fail("append", &e);
        double start = wall();
        if (!ledger_integrate(l, &e))
            fail("integrate", &e);
        seconds[i] = wall() - start;
    }
    percentiles("integrate_1", seconds, 20, 1e3, "ms");
}

static bool count_leaf(void *context, uint64_t index, struct str leaf, struct err *e)
{
    (void)index, (void)leaf, (void)e;
    (*(uint64_t *)context)++;
    return true;
}

static void bench_read(struct ledger_reader *r)
{
    struct err e = {0};
    uint64_t counted = 0, seed = 1, size = ledger_reader_head(r)->size;
    double start = cpu();
    if (!ledger_reader_each(r, 0, size, count_leaf, &counted, &e))
        fail("read", &e);
    figure("read_and_check_leaves", (double)counted / (cpu() - start), "leaves/s");
    static double check_seconds[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        struct sha256 path[64], leaf_hash = merkle_leaf_hash(leaves[0]);
        size_t count = 0;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t index = (seed >> 20) % size;
        if (!ledger_reader_inclusion(r, index, size, path, &count, &e)) /* brings the tiles in */
            fail("proof", &e);
        double made = wall();
        if (!ledger_reader_inclusion(r, index, size, path, &count, &e))
            fail("proof", &e);
        seconds[i] = wall() - made;
        made = wall();
        bool is_there = merkle_inclusion_holds(index, size, leaf_hash, ledger_reader_head(r)->root, path, count);
        check_seconds[i] = wall() - made + (is_there ? 0 : 0);
    }
    percentiles("proof_made_cached", seconds, SAMPLES, 1e6, "us");
    percentiles("proof_checked", check_seconds, SAMPLES, 1e6, "us");
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts, (void)type, (void)at;
    return remove(path);
}

int main(int argc, char **argv)
{
    char path[4096], below[80];
    struct err e = {0};
    int64_t count = 262144;
    const char *base = argc > 1 ? argv[1] : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    if (argc > 2 && (!str_to_int64(str_of(argv[2]), &count) || count < BATCH)) {
        fprintf(stderr, "usage: bench-ledger [DIR [LEAVES]]\n");
        return 2;
    }
    snprintf(path, sizeof(path), "%s/bench-ledger-XXXXXX", base);
    if (!mkdtemp(path))
        return err_errno(&e, errno, "scratch directory below %s", base), fail("start", &e), 3;
    key = note_key_make("bench/ledger/0", ed25519_public_of(&private_key));
    signer_head.root = sha256_of(STR(""));
    for (int i = 0; i < BATCH; i++) {
        memset(leaves_bytes[i], 'a' + i % 26, LEAF_SIZE);
        leaves[i] = str_make(leaves_bytes[i], LEAF_SIZE);
    }
    struct ledger_options o = {.calls = &os_file_real,
                               .env = &env_system,
                               .data_dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                               .origin = "bench/ledger/0",
                               .signer = {.sign = sign}};
    double sync_p50 = 1, write_limit = 1e12, hash_limit = limit_hash();
    limit_sync(o.data_dir, &sync_p50, &write_limit);
    figure("limit_hash_twice", hash_limit, "leaves/s");
    figure("limit_write_1024", write_limit, "leaves/s");
    struct ledger *l = ledger_create(&o, &e) ? ledger_open(&o, &e) : NULL;
    if (!l)
        fail("open", &e);
    bench_append(l, count, hash_limit < write_limit ? hash_limit : write_limit);
    bench_single(l, sync_p50);
    ledger_close(l);
    ledger_path(o.origin, below);
    int dir = openat(o.data_dir, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct ledger_reader *r = ledger_reader_open(dir, &e);
    if (!r)
        fail("read", &e);
    bench_read(r);
    ledger_reader_close(r);
    nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
    return 0;
}
