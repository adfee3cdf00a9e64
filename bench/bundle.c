/*
 * bench-bundle DIR LEAVES RUNS BLOBS - a ledger of LEAVES captures (a signed run leaf behind every 90 of them when RUNS is 1) whose
 * last BLOBS name a blob of 64 KiB each, in DIR/log, and the full bundle of it, DIR/full.slb, with its time.
 */
#include "base/limits.h"
#include "blob/blob.h"
#include "ledger/bundle.h"
#include "ledger/internal.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { BLOB_SIZE = 64 << 10, TABLES = 90, HOSTS = 50 };

static const char origin[] = "bench.example/assay/0123456789abcdef";
static struct ed25519_private keys[4];
static struct note_key vkeys[4];
static const char *const roles[4] = {"root", "log", "collector", "officer"};
static struct checkpoint signer_head;

struct made {
    char c[65], x[65];
    uint8_t dek[DEK_SIZE];
};
static struct {
    struct ledger *l;
    uint64_t count, seed;
    struct sha256 last[HOSTS][TABLES + 1], key_last, run_last[HOSTS];
    uint64_t next[HOSTS][TABLES + 1], key_next;
    struct str batch[LIMIT_BATCH_LEAVES];
    char *bytes;
    size_t batch_count, batch_bytes;
    struct made *blobs;
    uint64_t blob_count, blob_used;
    struct pack_store *packs;
} b;

static double cpu(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double wall(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static _Noreturn void fail(const char *what, const struct err *e)
{
    fprintf(stderr, "bench-bundle: %s: %s\n", what, e->text);
    exit(3);
}

static uint64_t random64(void)
{
    uint64_t z = (b.seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void random_hex(char *ret, size_t digits)
{
    for (size_t i = 0; i < digits; i++)
        ret[i] = "0123456789abcdef"[random64() & 15];
    ret[digits] = 0;
}

static bool sign_head(void *context, const struct checkpoint *old, const struct checkpoint *c, const struct sha256 *proof,
                      size_t proof_count, struct buf *ret_note, struct err *e)
{
    struct buf BUF_AUTO line;
    (void)context, (void)old, (void)proof, (void)proof_count, (void)e;
    buf_init(&line, 1024);
    checkpoint_text(c, ret_note);
    note_sign_line(&vkeys[1], &keys[1], buf_view(ret_note), &line);
    buf_char(ret_note, '\n');
    buf_str(ret_note, buf_view(&line));
    signer_head = *c;
    return true;
}

static void flush(void)
{
    struct err e = {0};
    uint64_t index;
    if (b.batch_count && !ledger_append(b.l, b.batch, b.batch_count, &index, &e))
        fail("append", &e);
    b.count += b.batch_count;
    b.batch_count = b.batch_bytes = 0;
}

static struct sha256 add(struct str leaf)
{
    if (b.batch_count == LIMIT_BATCH_LEAVES || b.batch_bytes + leaf.size > LIMIT_BATCH_BYTES / 2)
        flush();
    memcpy(b.bytes + b.batch_bytes, leaf.data, leaf.size);
    b.batch[b.batch_count++] = str_make(b.bytes + b.batch_bytes, leaf.size);
    b.batch_bytes += leaf.size;
    return merkle_leaf_hash(leaf);
}

static void add_key(int i)
{
    struct buf BUF_AUTO text, vkey, statement, lines;
    char previous[65], nonce[33];
    buf_init(&text, 8192), buf_init(&vkey, 1024), buf_init(&statement, 4096), buf_init(&lines, 4096);
    note_key_format(&vkeys[i], &vkey);
    buf_printf(&statement, "assay/key@v1\n%s\n{\"act\":\"add\",\"role\":\"%s\",\"vkey\":\"%s\"}\n", origin, roles[i], vkey.data);
    note_sign_line(&vkeys[0], &keys[0], buf_view(&statement), &lines);
    hex_encode(b.key_last.bytes, 32, previous);
    random_hex(nonce, 32);
    buf_printf(&text, "assay/leaf@v1 key\n{\"key\":{\"act\":\"add\",\"role\":\"%s\",\"vkey\":\"%s\"},\"log\":\"%s\",\"n\":\"%s\",\"sp\":\"%s\",\"sq\":%d,"
                      "\"st\":\"key\",\"t\":%lld,\"v\":1}\n\n%s",
               roles[i], vkey.data, origin, nonce, previous, i, (long long)ledger_clock(b.l, NULL), lines.data);
    b.key_last = add(buf_view(&text));
}

static void make_blob(struct made *ret, struct arena *a)
{
    static char plain[BLOB_SIZE];
    struct blob_sealed sealed;
    struct err e = {0};
    char hex[65];
    size_t size = 0;
    while (size + 100 < BLOB_SIZE) { /* rows such as captures hold; about 4 to 1 */
        random_hex(hex, 12);
        size += (size_t)snprintf(plain + size, BLOB_SIZE - size, "[\"/usr/share/doc/package-%s\",\"root\",\"root\",420,%u,\"complete\"]\n", hex,
                                 (unsigned)(random64() & 0xffff));
    }
    memset(plain + size, 'x', BLOB_SIZE - size);
    if (!blob_seal(&env_system, a, str_make(plain, BLOB_SIZE), &sealed, &e) || !pack_add(b.packs, sealed.x, sealed.bytes, &e))
        fail("blob", &e);
    memcpy(ret->c, sealed.c, 65);
    memcpy(ret->x, sealed.x, 65);
    memcpy(ret->dek, sealed.dek, DEK_SIZE);
}

static void add_item(unsigned host, unsigned table, const char *op, uint64_t left, bool is_in_run, char ret_c[65])
{
    char text[2048], nonce[33], x[65], previous[65], member[48] = "";
    uint64_t n = b.next[host][table]++;
    if (is_in_run)
        snprintf(member, sizeof(member), "\"op\":\"%s\",", op);
    if (left <= b.blob_count && b.blob_used < b.blob_count) {
        memcpy(ret_c, b.blobs[b.blob_used].c, 65);
        memcpy(x, b.blobs[b.blob_used++].x, 65);
    } else {
        random_hex(ret_c, 64);
        random_hex(x, 64);
    }
    random_hex(nonce, 32);
    hex_encode(b.last[host][table].bytes, 32, previous);
    int size = snprintf(text, sizeof(text),
                        "assay/leaf@v1 item\n{\"a\":\"s:0123456789abcdef0123456789abcdef\",\"b\":[{\"c\":\"%s\",\"m\":\"application/x-assay-rows\",\"x\":\"%s\","
                        "\"z\":\"<=64k\"}],\"log\":\"%s\",\"n\":\"%s\",\"obs\":[1795291440000,1795291440812],%s\"rows\":12,%s%s%s\"sq\":%llu,"
                        "\"st\":\"host/%08x/table_%02u\",\"state\":\"complete\",\"sub\":\"s:%08x000000000000000000000000\",\"t\":%lld,"
                        "\"tbl\":\"table_%02u\",\"v\":1,\"ver\":1}\n",
                        ret_c, x, origin, nonce, member, n ? "\"sp\":\"" : "", n ? previous : "", n ? "\"," : "", (unsigned long long)n, host, table,
                        host, (long long)ledger_clock(b.l, NULL), table);
    b.last[host][table] = add(str_make(text, (size_t)size));
}

static void add_run(unsigned host, const char *op, char c[TABLES][65])
{
    struct buf BUF_AUTO text, vkey, run, statement, lines;
    char previous[65], nonce[33], last[65] = "";
    uint64_t n = b.next[host][TABLES]++;
    buf_init(&text, 60000), buf_init(&vkey, 1024), buf_init(&run, 60000), buf_init(&statement, 60000), buf_init(&lines, 4096);
    note_key_format(&vkeys[2], &vkey);
    random_hex(nonce, 32);
    if (n)
        hex_encode(b.run_last[host].bytes, 32, last);
    hex_encode(b.last[host][TABLES].bytes, 32, previous);
    buf_printf(&run, "{\"col\":\"%s\",\"exit\":0,\"obs\":[1795291440000,1795291440812],\"prev\":\"%s\",\"seq\":%llu,\"states\":{},\"sub\":\"s:%08x000000000000000000000000\",\"tables\":{",
               vkey.data, last, (unsigned long long)n, host);
    for (unsigned i = 0; i < TABLES; i++)
        buf_printf(&run, "%s\"table_%02u\":\"%s\"", i ? "," : "", i, c[i]);
    buf_cstr(&run, "},\"ver\":\"0.1.0\"}");
    buf_printf(&statement, "assay/run@v1\n%s\n%s\n", origin, run.data);
    note_sign_line(&vkeys[2], &keys[2], buf_view(&statement), &lines);
    buf_printf(&text, "assay/leaf@v1 run\n{\"log\":\"%s\",\"n\":\"%s\",\"op\":\"%s\",\"run\":%s,%s%s%s\"sq\":%llu,\"st\":\"host/%08x\",\"t\":%lld,\"v\":1}\n\n%s",
               origin, nonce, op, run.data, n ? "\"sp\":\"" : "", n ? previous : "", n ? "\"," : "", (unsigned long long)n, host,
               (long long)ledger_clock(b.l, NULL), lines.data);
    b.last[host][TABLES] = b.run_last[host] = add(buf_view(&text));
}

static void fill(uint64_t leaves, bool has_runs)
{
    static char c[TABLES][65];
    struct err e = {0};
    for (int i = 0; i < 4; i++)
        add_key(i);
    for (uint64_t done = 0, ops = 0; done < leaves; ops++) {
        char op[33];
        unsigned host = (unsigned)(ops % HOSTS);
        random_hex(op, 32);
        for (unsigned t = 0; t < TABLES; t++)
            add_item(host, t, op, leaves > done + t ? leaves - done - t : 0, has_runs, c[t]);
        if (has_runs)
            add_run(host, op, c);
        done += TABLES + has_runs;
        if (ops % 2000 == 1999) {
            flush();
            if (!ledger_integrate(b.l, &e))
                fail("integrate", &e);
        }
    }
    flush();
    if (!ledger_integrate(b.l, &e))
        fail("integrate", &e);
}

static bool is_wanted(void *context, uint64_t index, struct str type, const struct json *leaf)
{
    (void)context, (void)type, (void)leaf;
    return index > 0;
}

static bool wanted_blob(void *context, uint64_t index, struct str type, const struct json *leaf)
{
    const struct json *entry = json_at(json_get(leaf, "b"), 0);
    for (uint64_t i = 0; i < b.blob_count && is_wanted(context, index, type, leaf); i++)
        if (str_is(json_text(entry, "c"), b.blobs[(b.blob_used + i) % b.blob_count].c)) {
            b.blob_used = (b.blob_used + i) % b.blob_count;
            return true;
        } else if (i == 0 && b.blob_used == 0 && index < b.count - b.blob_count - 200) {
            return false;
        }
    return false;
}

static bool open_blob(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct blob_opened *ret, struct err *e)
{
    struct str stored;
    const struct made *made = &b.blobs[b.blob_used];
    (void)context, (void)leaf, (void)c;
    return pack_read(b.packs, a, x, &stored, e) && blob_unseal(a, stored, x, made->dek, LIMIT_BLOB_BYTES, ret, e);
}

static bool sign_manifest(void *context, struct str text, struct buf *lines, struct err *e)
{
    (void)context, (void)e;
    note_sign_line(&vkeys[3], &keys[3], text, lines);
    return true;
}

static void bench_write(int dir, int log)
{
    struct err e = {0};
    struct bundle_report report;
    struct bundle_options o = {.ledger_dir = log, .origin = origin, .mode = BUNDLE_FULL, .blobs = {.is_wanted = wanted_blob, .open = open_blob}, .audience = "bench",
                               .purpose = "bench", .sign = sign_manifest};
    unlinkat(dir, "full.slb", 0);
    int fd = openat(dir, "full.slb", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    double start = wall(), start_cpu = cpu();
    b.blob_used = 0;
    if (!bundle_write(&o, fd, dir, &report, &e))
        fail("bundle", &e);
    close(fd);
    printf("bundle_write %.2f s\nbundle_write_cpu %.2f s\nbundle_bytes %llu\nbundle_rate_cpu %.0f MB/s\nbundle_blobs %llu\n", wall() - start, cpu() - start_cpu,
           (unsigned long long)report.bytes, (double)report.bytes / 1e6 / (cpu() - start_cpu), (unsigned long long)report.blobs);
}

int main(int argc, char **argv)
{
    struct err e = {0};
    int64_t leaves = 0, runs = 0, blobs = 0;
    char path[80], name[300];
    if (argc != 5 || !str_to_int64(str_of(argv[2]), &leaves) || !str_to_int64(str_of(argv[3]), &runs) || !str_to_int64(str_of(argv[4]), &blobs))
        return fprintf(stderr, "usage: bench-bundle DIR LEAVES RUNS BLOBS\n"), 2;
    for (int i = 0; i < 4; i++) {
        keys[i].seed[0] = (uint8_t)(i + 1);
        snprintf(name, sizeof(name), i == 1 ? "%s" : "%s/%s", origin, roles[i]);
        vkeys[i] = note_key_make(name, ed25519_public_of(&keys[i]));
    }
    signer_head.root = sha256_of(STR(""));
    b.bytes = malloc(LIMIT_BATCH_BYTES);
    int dir = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct ledger_options o = {.calls = &os_file_real, .env = &env_system, .data_dir = dir, .origin = origin, .signer = {.sign = sign_head}};
    if (dir < 0 || !os_dir_make(&os_file_real, dir, "blobs", 0700, &e) || !ledger_create(&o, &e) || !(b.l = ledger_open(&o, &e)))
        fail(argv[1], &e);
    int blob_dir = openat(dir, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    b.packs = pack_open(&os_file_real, blob_dir, true, &e);
    b.blob_count = (uint64_t)blobs;
    b.blobs = calloc((size_t)blobs + 1, sizeof(*b.blobs));
    struct arena *a = arena_new("blob", 64 << 20);
    for (int64_t i = 0; b.packs && i < blobs; i++, arena_reset(a))
        make_blob(&b.blobs[i], a);
    fill((uint64_t)leaves, runs == 1);
    b.l = ledger_close(b.l);
    ledger_path(origin, path);
    int log = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (symlinkat(path, dir, "log") != 0 || log < 0)
        return 3;
    printf("leaves %llu\n", (unsigned long long)b.count);
    bench_write(dir, log);
    arena_free(a);
    return 0;
}
