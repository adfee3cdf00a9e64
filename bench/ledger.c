/*
 * bench-ledger - what the ledger does of what the machine could do, in one run.
 *
 *     bench-ledger [DIR [LEAVES [PART...]]]      one line a figure: name, value, unit; DIR is scratch space on the disk to be measured
 *                                                ($TMPDIR); parts: disk serial append tree verify proof (all)
 *
 * Leaves of 1 KiB, composed before the clock starts. The limits are of this machine in these minutes: limit_hash is one core that
 * hashes each leaf and one node of the tree once, with OpenSSL's SHA-256 and with the kernel in use (sha256_lanes.c, unless
 * ASSAY_BENCH_OPENSSL is set); limit_disk is a disk that writes each leaf twice, to the journal and to a tile, in one stream of synced
 * megabytes into space that it wrote before. Appending hashes each leaf on one core and, read back from the journal, a second time on
 * another (I3).
 *
 * Appending is measured in rounds. Before and after each one the limits are measured again, over as many bytes, and the round's ratio
 * is to the lower limit of these moments: a disk that others use slows both. What is printed is the median, with the least and the most
 * round, and the ratio to the best moment of the whole run. page_new is what the kernel takes to put 1 KiB into a page of a new
 * file, with page_again the same into pages that are there: a hypervisor that has to find memory first makes the one dear and not the other,
 * and the limit, whose file is always the same, does not see it.
 */
#include "base/limits.h"
#include "ledger/internal.h"
#include "ledger/verify.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LEAF_SIZE = 1024, BATCH = 1024, SAMPLES = 2000, SYNCS = 500, ROUNDS = 5, SEAL_EVERY = 256, APPEND_ROUNDS = 8, PAGES_BYTES = 64 << 20 };
#define ORIGIN "bench/ledger/0123456789abcdef"

static struct ed25519_private private_key = {{7}};
static struct note_key key;
static struct checkpoint signer_head;
static char *leaves_bytes; /* count * LEAF_SIZE */
static struct str *leaves;
static double seconds[SAMPLES];
static double hash_limit, openssl_limit, disk_limit, sync_p50;
static int limit_fd = -1; /* the file that limit_disk writes */
static bool use_lanes = true;

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of the calling thread. */
static double cpu_caller(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Of all threads, in the kernel. */
static double cpu_kernel(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_stime.tv_sec + (double)u.ru_stime.tv_usec / 1e6;
}

/* Of all threads, user and system. */
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
    buf_init(&line, 1024);
    if (!merkle_consistency_holds(signer_head.size, signer_head.root, c->size, c->root, proof, proof_count) ||
        old->size != signer_head.size)
        return err_set(e, ERR_CORRUPT, "not consistent");
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

static double percentiles(const char *name, double *s, size_t count, double scale, const char *unit)
{
    char text[80];
    qsort(s, count, sizeof(*s), order);
    snprintf(text, sizeof(text), "%s_p50", name);
    figure(text, s[count / 2] * scale, unit);
    snprintf(text, sizeof(text), "%s_p99", name);
    figure(text, s[count * 99 / 100] * scale, unit);
    return s[count / 2];
}

/* The ledger's clock stands still at the time that its leaves name: none is older than a seal that came before it. */
static int64_t leaves_ms;
static int64_t leaves_clock(void *context)
{
    (void)context;
    return leaves_ms;
}
static struct env bench_env;

/* Leaves of a stream as the verifier wants them, filled up to 1 KiB. */
static void leaves_make(size_t count)
{
    struct sha256 previous = {{0}};
    bench_env = env_system;
    bench_env.now_ms = leaves_clock;
    leaves_ms = env_now_ms(&env_system);
    leaves_bytes = malloc(count * LEAF_SIZE);
    leaves = calloc(count, sizeof(*leaves));
    if (!leaves_bytes || !leaves)
        fail("leaves", &(struct err){.text = "no memory"});
    for (size_t i = 0; i < count; i++) {
        char *p = leaves_bytes + i * LEAF_SIZE, hex[2 * SHA256_SIZE + 1];
        hex_encode(previous.bytes, SHA256_SIZE, hex);
        int n = snprintf(p, LEAF_SIZE,
                         "assay/leaf@v1 record\n{\"id\":\"bench\",\"log\":\"%s\",\"n\":\"%032zx\",\"sp\":\"%s\",\"sq\":%zu,\"st\":"
                         "\"parameter\",\"t\":%lld,\"type\":\"parameter\",\"v\":1,\"val\":1,\"why\":\"",
                         ORIGIN, i, hex, i, (long long)leaves_ms);
        memset(p + n, 'a' + (int)(i % 26), (size_t)(LEAF_SIZE - n));
        memcpy(p + LEAF_SIZE - 3, "\"}\n", 3);
        leaves[i] = str_make(p, LEAF_SIZE);
        previous = merkle_leaf_hash(leaves[i]);
    }
}

/* One core that hashes each leaf and one node once, a tile at a time: seconds of CPU for either. */
static void hash_once(double *ret_leaf, double *ret_node)
{
    static struct sha256 hashes[BATCH];
    double start = cpu();
    for (int i = 0; i < 8 * BATCH; i += 256)
        merkle_leaf_hashes(leaves + i % BATCH, 256, hashes + i % BATCH);
    *ret_leaf = (cpu() - start) / (8 * BATCH);
    start = cpu();
    for (int i = 0; i < 50 * BATCH; i += 256)
        sha256_of_pairs(1, hashes + i % (BATCH / 2), 256, hashes + i % (BATCH / 2));
    *ret_node = (cpu() - start) / (50 * BATCH);
}

static double limit_hash(const char *name)
{
    char text[80];
    double best_leaf = 1, best_node = 1, leaf, node;
    for (int round = 0; round < ROUNDS * 8; round++) {
        hash_once(&leaf, &node);
        best_leaf = leaf < best_leaf ? leaf : best_leaf;
        best_node = node < best_node ? node : best_node;
    }
    snprintf(text, sizeof(text), "limit_leaf_hash_%s", name);
    figure(text, best_leaf * 1e9, "ns");
    snprintf(text, sizeof(text), "limit_node_hash_%s", name);
    figure(text, best_node * 1e9, "ns");
    snprintf(text, sizeof(text), "limit_hash_%s", name);
    figure(text, 1 / (best_leaf + best_node), "leaves/s");
    return 1 / (best_leaf + best_node);
}

static void limits_hash(void)
{
    sha256_use_lanes(false);
    openssl_limit = limit_hash("openssl");
    sha256_use_lanes(use_lanes);
    hash_limit = strcmp(sha256_kernel(), "openssl") == 0 ? openssl_limit : limit_hash(sha256_kernel());
    printf("%-36s %12s\n", "kernel_in_use", sha256_kernel());
}

static double sync_run(int fd, size_t size, int count)
{
    double start = wall();
    for (int i = 0; i < count; i++) {
        double one = wall();
        if (pwrite(fd, leaves_bytes, size, (off_t)i * (off_t)size) != (ssize_t)size || fdatasync(fd) != 0)
            return 0;
        if (i < SAMPLES)
            seconds[i] = wall() - one;
    }
    return (double)size * count / (wall() - start);
}

/* Leaves a second, if each goes to disk twice, with its hash; 200 MiB, as many bytes each time, always in the same place. */
static double disk_once(void)
{
    return sync_run(limit_fd, 1 << 20, 200) / (2 * (LEAF_SIZE + 2) + 2 * SHA256_SIZE);
}

static void limits_disk(int dir)
{
    int fd = limit_fd = openat(dir, "sync", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || fallocate(fd, 0, 0, (off_t)256 << 20) != 0)
        return;
    sync_run(fd, 4096, SYNCS); /* the first time its space is new to the file system */
    percentiles("limit_fdatasync_4k_new", seconds, SYNCS, 1e6, "us");
    sync_run(fd, 4096, SYNCS);
    sync_p50 = percentiles("limit_fdatasync_4k", seconds, SYNCS, 1e6, "us");
    for (int round = 0; round < ROUNDS; round++) {
        double rate = disk_once();
        disk_limit = rate > disk_limit ? rate : disk_limit;
    }
    figure("limit_disk", disk_limit, "leaves/s");
}

static struct ledger *ledger_make(struct ledger_options *o, const char *base, const char *name, bool is_pipelined)
{
    char path[4096];
    struct err e = {0};
    snprintf(path, sizeof(path), "%s/%s", base, name);
    if (mkdir(path, 0700) != 0)
        fail("start", (err_errno(&e, errno, "%s", path), &e));
    signer_head = (struct checkpoint){.root = sha256_of(STR(""))};
    *o = (struct ledger_options){.calls = &os_file_real,
                                 .env = &bench_env,
                                 .data_dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                 .origin = ORIGIN,
                                 .is_pipelined = is_pipelined,
                                 .signer = {.sign = sign}};
    struct ledger *l = ledger_create(o, &e) ? ledger_open(o, &e) : NULL;
    if (l)
        (void)mkdirat(o->data_dir, "private/keys", 0700);
    if (!l || !os_file_replace(&os_file_real, o->data_dir, "config.json", STR("{\"format\":1,\"origin\":\"" ORIGIN "\",\"created\":1}\n"), 0600, &e))
        fail("open", &e);
    return l;
}

/* What happened in a stretch of time, of all threads. */
struct spent {
    double wall, cpu, kernel, caller;
};

static struct spent spent_now(void)
{
    return (struct spent){wall(), cpu(), cpu_kernel(), cpu_caller()};
}

/* All leaves, sealed and signed every 256 batches, which is about once a second, and at the end. */
static struct spent append_all(struct ledger *l, const struct str *list, size_t count)
{
    struct err e = {0};
    uint64_t index = 0;
    struct spent start = spent_now();
    for (size_t done = 0; done < count; done += BATCH) {
        if (!ledger_append_begin(l, list + done, BATCH, &index, &e))
            fail("append", &e);
        if (done / BATCH % SEAL_EVERY == SEAL_EVERY - 1 && !ledger_integrate(l, &e))
            fail("integrate", &e);
    }
    if (!ledger_append_wait(l, &e) || !ledger_integrate(l, &e))
        fail("integrate", &e);
    struct spent end = spent_now();
    return (struct spent){end.wall - start.wall, end.cpu - start.cpu, end.kernel - start.kernel, end.caller - start.caller};
}

static void middle(const char *name, const char *what, double *values, int count, const char *unit)
{
    char text[120];
    qsort(values, (size_t)count, sizeof(*values), order);
    snprintf(text, sizeof(text), "%s%s", name, what);
    figure(text, values[count / 2], unit);
}

static void spread(const char *name, const char *what, double *values, int count, const char *unit)
{
    char text[120];
    middle(name, what, values, count, unit);
    snprintf(text, sizeof(text), "%s%s_least", name, what);
    figure(text, values[0], unit);
    snprintf(text, sizeof(text), "%s%s_most", name, what);
    figure(text, values[count - 1], unit);
}

/* CPU of 1 KiB into pages of a file; nothing is synced. */
static double pages_once(int fd)
{
    double start = cpu();
    for (off_t at = 0; at < PAGES_BYTES; at += 1 << 20)
        if (pwrite(fd, leaves_bytes, 1 << 20, at) != 1 << 20)
            return 0;
    return (cpu() - start) / (PAGES_BYTES / 1024);
}

static void pages_measure(int dir, double *ret_new, double *ret_again)
{
    int fd = openat(dir, "pages", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        fail("pages", &(struct err){.text = "cannot be made"});
    *ret_new = pages_once(fd) * 1e9;
    *ret_again = pages_once(fd) * 1e9;
    close(fd);
    unlinkat(dir, "pages", 0);
}

/* G1, in rounds with the limits between them. */
static void bench_append(struct ledger *l, size_t count, const char *name, int dir)
{
    enum { N = APPEND_ROUNDS };
    double rate[N], total[N], kernel[N], user[N], caller[N], busy[N], of_hash[N], of_disk[N], of_limit[N], page_new[N], page_again[N], disk[N + 1], hash[N + 1], leaf, node;
    size_t each = count / N / BATCH * BATCH;
    int rounds = each ? N : 1;
    each = each ? each : count;
    for (int i = 0; i <= rounds; i++) {
        disk[i] = limit_fd >= 0 ? disk_once() : 0;
        hash_once(&leaf, &node);
        hash[i] = 1 / (leaf + node);
        if (i == rounds)
            break;
        pages_measure(dir, &page_new[i], &page_again[i]);
        struct spent s = append_all(l, leaves + (size_t)i * each, each);
        double n = (double)each;
        rate[i] = n / s.wall, total[i] = s.cpu / n * 1e9, kernel[i] = s.kernel / n * 1e9, user[i] = total[i] - kernel[i];
        caller[i] = s.caller / n * 1e9, busy[i] = s.cpu / s.wall;
    }
    for (int i = 0; i < rounds; i++) {
        double d = (disk[i] + disk[i + 1]) / 2, h = (hash[i] + hash[i + 1]) / 2;
        of_hash[i] = rate[i] / h;
        of_disk[i] = d > 0 ? rate[i] / d : 0;
        of_limit[i] = of_disk[i] > of_hash[i] ? of_disk[i] : of_hash[i];
        printf("  round %d: %.0f leaves/s, kernel %.0f, user %.0f ns/leaf, page_new %.0f, page_again %.0f ns/KiB, disk %.0f, hash %.0f leaves/s, ratio %.2f\n", i + 1, rate[i], kernel[i],
               user[i], page_new[i], page_again[i], d, h, of_limit[i]);
    }
    spread(name, "", rate, rounds, "leaves/s");
    middle(name, "_cpu", total, rounds, "ns/leaf");
    spread(name, "_cpu_kernel", kernel, rounds, "ns/leaf");
    spread(name, "_cpu_user", user, rounds, "ns/leaf");
    middle(name, "_cpu_caller", caller, rounds, "ns/leaf");
    middle(name, "_cores_busy", busy, rounds, "cores");
    spread(name, "_page_new", page_new, rounds, "ns/KiB");
    middle(name, "_page_again", page_again, rounds, "ns/KiB");
    spread(name, "_limit_hash", hash, rounds + 1, "leaves/s");
    middle(name, "_of_limit_hash", of_hash, rounds, "ratio");
    if (limit_fd >= 0) {
        spread(name, "_limit_disk", disk, rounds + 1, "leaves/s");
        middle(name, "_of_limit_disk", of_disk, rounds, "ratio");
        disk_limit = disk[rounds] > disk_limit ? disk[rounds] : disk_limit;
    }
    spread(name, "_of_limit", of_limit, rounds, "ratio");
    double best = disk_limit > 0 && disk_limit < hash_limit ? disk_limit : hash_limit;
    char text[80];
    snprintf(text, sizeof(text), "%s_of_best_limit", name);
    figure(text, rate[rounds / 2] / best, "ratio");
    snprintf(text, sizeof(text), "%s_of_limit_openssl", name);
    figure(text, rate[rounds / 2] / openssl_limit, "ratio");
}

static void bench_single(struct ledger *l)
{
    struct err e = {0};
    uint64_t index = 0;
    for (int i = 0; i < SYNCS; i++) {
        double start = wall();
        if (!ledger_append(l, leaves, 1, &index, &e))
            fail("append", &e);
        seconds[i] = wall() - start;
    }
    double p50 = percentiles("append_1", seconds, SYNCS, 1e6, "us");
    figure("append_1_of_fdatasync", p50 / sync_p50, "ratio");
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

static double verify_once(const char *path, struct verify_options *o, uint64_t *ret_size)
{
    struct err e = {0};
    struct verify_report r;
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(&key, &vkey);
    buf_char(&vkey, 0);
    o->log_vkey = vkey.data;
    o->without_blobs = true;
    struct arena *a = arena_new("report", 64 << 20);
    double start = wall();
    if (!verify_directory(path, o, a, &r, &e))
        fail("verify", &e);
    double took = wall() - start;
    for (size_t i = 0; i < r.finding_count && i < 3; i++)
        fprintf(stderr, "bench-ledger: %s %s\n", r.findings[i].code, r.findings[i].text);
    *ret_size = r.size;
    arena_free(a);
    return took;
}

/* G3: hashes of all leaves, tiles, checkpoint, from the page cache; then also what each leaf says. */
static void bench_verify(const char *path, int kinds)
{
    static const char *const names[] = {"verify_tree", "verify_all"};
    for (int kind = 0; kind < kinds; kind++) {
        double rates[2] = {0}, least_cpu = 1e9; /* of one thread: what the rate is of a machine that does nothing else */
        for (unsigned threads = 1; threads <= 2; threads++)
            for (int round = 0; round < ROUNDS; round++) {
                struct verify_options o = {.threads = threads, .is_tree_only = kind == 0};
                uint64_t size = 0;
                double start_cpu = cpu(), took = verify_once(path, &o, &size), rate = (double)size / took;
                double one_cpu = (cpu() - start_cpu) / (double)size;
                least_cpu = threads == 1 && one_cpu < least_cpu ? one_cpu : least_cpu;
                rates[threads - 1] = rate > rates[threads - 1] ? rate : rates[threads - 1];
            }
        char text[80];
        snprintf(text, sizeof(text), "%s_1_thread", names[kind]);
        figure(text, rates[0], "leaves/s");
        snprintf(text, sizeof(text), "%s_1_thread_of_limit_hash", names[kind]);
        figure(text, rates[0] / hash_limit, "ratio");
        snprintf(text, sizeof(text), "%s_1_thread_of_limit_openssl", names[kind]);
        figure(text, rates[0] / openssl_limit, "ratio");
        snprintf(text, sizeof(text), "%s_cpu", names[kind]);
        figure(text, least_cpu * 1e9, "ns/leaf");
        snprintf(text, sizeof(text), "%s_cpu_of_limit_hash", names[kind]);
        figure(text, 1 / least_cpu / hash_limit, "ratio");
        snprintf(text, sizeof(text), "%s_2_threads", names[kind]);
        figure(text, rates[1], "leaves/s");
        snprintf(text, sizeof(text), "%s_2_threads_of_1", names[kind]);
        figure(text, rates[1] / rates[0], "ratio");
    }
}

static void bench_proofs(struct ledger_reader *r)
{
    struct err e = {0};
    static double check_seconds[SAMPLES];
    uint64_t seed = 1, size = ledger_reader_head(r)->size;
    size_t refused = 0;
    for (int i = 0; i < SAMPLES; i++) {
        struct sha256 path[64];
        size_t path_count = 0;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        uint64_t index = (seed >> 20) % size;
        struct str leaf = {"", 0};
        struct arena *a = arena_new("leaf", 1 << 20);
        if (!ledger_reader_leaf(r, a, index, &leaf, &e) || !ledger_reader_inclusion(r, index, size, path, &path_count, &e))
            fail("proof", &e); /* and the tiles are in the cache */
        struct sha256 leaf_hash = merkle_leaf_hash(leaf);
        double start = wall();
        if (!ledger_reader_inclusion(r, index, size, path, &path_count, &e))
            fail("proof", &e);
        seconds[i] = wall() - start;
        start = wall();
        refused += !merkle_inclusion_holds(index, size, leaf_hash, ledger_reader_head(r)->root, path, path_count);
        check_seconds[i] = wall() - start;
        arena_free(a);
    }
    percentiles("proof_made_cached", seconds, SAMPLES, 1e6, "us");
    percentiles("proof_checked", check_seconds, SAMPLES, 1e6, "us");
    figure("proofs_refused", (double)refused, "of 2000");
}

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *at)
{
    (void)facts, (void)type, (void)at;
    return remove(path);
}

/* True if the part was asked for, by name or because none was. */
static bool is_wanted(char *const *parts, int count, const char *name)
{
    bool is_named = count <= 0;
    for (int i = 0; i < count; i++)
        is_named |= strcmp(parts[i], name) == 0;
    return is_named;
}

static void bench_reader(const struct ledger_options *o)
{
    char below[80];
    struct err e = {0};
    ledger_path(ORIGIN, below);
    struct ledger_reader *r = ledger_reader_open(openat(o->data_dir, below, O_RDONLY | O_DIRECTORY | O_CLOEXEC), &e);
    if (!r)
        fail("read", &e);
    bench_proofs(r);
    ledger_reader_close(r);
}

static void run(const char *path, size_t count, char *const *parts, int part_count)
{
    char whole[4096];
    struct ledger_options o;
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    leaves_make(count);
    use_lanes = !getenv("ASSAY_BENCH_OPENSSL");
    limits_hash();
    if (is_wanted(parts, part_count, "disk"))
        limits_disk(dir);
    if (is_wanted(parts, part_count, "serial")) {
        struct ledger *l = ledger_make(&o, path, "serial", false);
        bench_append(l, count / 4 / BATCH * BATCH, "append_and_integrate_serial", dir);
        bench_single(l);
        ledger_close(l);
    }
    struct ledger *l = ledger_make(&o, path, "pipelined", true);
    bench_append(l, count, "append_and_integrate", dir);
    ledger_close(l);
    snprintf(whole, sizeof(whole), "%s/pipelined", path);
    bool is_all = is_wanted(parts, part_count, "verify");
    if (is_all || is_wanted(parts, part_count, "tree"))
        bench_verify(whole, is_all ? 2 : 1);
    if (is_wanted(parts, part_count, "proof"))
        bench_reader(&o);
}

int main(int argc, char **argv)
{
    char path[4000];
    struct err e = {0};
    int64_t count = 1048576;
    const char *base = argc > 1 ? argv[1] : getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp";
    if (argc > 2 && (!str_to_int64(str_of(argv[2]), &count) || count < BATCH)) {
        fprintf(stderr, "usage: bench-ledger [DIR [LEAVES [PART...]]]\n");
        return 2;
    }
    snprintf(path, sizeof(path), "%s/bench-ledger-XXXXXX", base);
    if (!mkdtemp(path))
        return err_errno(&e, errno, "scratch directory below %s", base), fail("start", &e), 3;
    key = note_key_make(ORIGIN, ed25519_public_of(&private_key));
    run(path, (size_t)count / BATCH * BATCH, argv + 3, argc - 3);
    nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
    return 0;
}
