#include "base/test.h"
#include "blob/blob.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

static char root[64];
static int root_dir = -1;
static struct arena *arena;
static uint64_t seed;

static void fill(void *context, void *ret, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)ret)[i] = (uint8_t)test_random(context);
}

static int64_t now(void *context)
{
    (void)context;
    return 1;
}

static const struct env env = {.now_ms = now, .monotonic_ms = now, .random = fill, .context = &seed};

static int remove_entry(const char *path, const struct stat *facts, int type, struct FTW *walk)
{
    (void)facts, (void)type, (void)walk;
    return remove(path);
}

static void start(void)
{
    snprintf(root, sizeof(root), "%s/assay-blob-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ck_assert(mkdtemp(root) != NULL);
    root_dir = open(root, O_RDONLY | O_DIRECTORY);
    arena = arena_new("blob test", 512 << 20);
}

static void stop(void)
{
    close(root_dir);
    nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    arena = arena_free(arena);
}

static struct str text_of(size_t size)
{
    char *text = arena_alloc(arena, size);
    for (size_t i = 0; i < size; i++)
        text[i] = "abcdefgh"[test_random(&seed) % 8];
    return str_make(text, size);
}

static struct blob_sealed seal(struct str plain)
{
    struct blob_sealed s;
    struct err e = {0};
    ck_assert_msg(blob_seal(&env, arena, plain, &s, &e), "%s", e.text);
    return s;
}

START_TEST(a_sealed_blob_opens_to_the_same_bytes_with_its_key_alone)
{
    static const size_t sizes[] = {0, 1, 100, 16384, 100000, 3000000};
    start();
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct err e = {0};
        struct str plain = text_of(sizes[i]), back;
        struct blob_sealed s = seal(plain);
        ck_assert_uint_eq(s.plain_size, sizes[i]);
        ck_assert_msg(blob_open(arena, s.bytes, s.c, s.x, s.dek, 4 << 20, &back, &e), "%s", e.text);
        ck_assert(str_equal(plain, back));
        uint8_t salt[32];
        char c[65];
        blob_salt(s.dek, salt);
        struct sha256 commitment = blob_commitment(salt, plain);
        hex_encode(commitment.bytes, 32, c);
        ck_assert_str_eq(c, s.c);
        ck_assert(sizes[i] == 0 ||
                  (!blob_open(arena, s.bytes, s.c, s.x, s.dek, sizes[i] - 1, &back, &e) && e.code == ERR_TOO_LARGE));
        s.dek[3] ^= 1;
        ck_assert(!blob_open(arena, s.bytes, s.c, s.x, s.dek, 4 << 20, &back, &e) && e.code == ERR_CORRUPT);
    }
    struct blob_sealed one = seal(STR("same")), two = seal(STR("same"));
    ck_assert_str_ne(one.c, two.c); /* salted: equal blobs do not show that they are equal */
    ck_assert_str_ne(one.x, two.x);
    stop();
}
END_TEST

START_TEST(a_changed_blob_names_which_check_failed)
{
    start();
    struct err e = {0};
    struct str back;
    struct blob_sealed s = seal(text_of(5000)), other = seal(text_of(5000));
    char *bytes = arena_strndup(arena, s.bytes.data, s.bytes.size);
    bytes[100] ^= 1;
    ck_assert(!blob_open(arena, str_make(bytes, s.bytes.size), s.c, s.x, s.dek, 1 << 20, &back, &e));
    ck_assert(strstr(e.text, "(x)") != NULL);
    ck_assert(!blob_open(arena, s.bytes, other.c, s.x, s.dek, 1 << 20, &back, &e));
    ck_assert(strstr(e.text, "(c)") != NULL);
    ck_assert(!blob_open(arena, s.bytes, s.c, s.x, other.dek, 1 << 20, &back, &e));
    ck_assert(strstr(e.text, "key") != NULL);
    stop();
}
END_TEST

static struct pack_store *packs(bool is_writer)
{
    struct err e = {0};
    struct pack_store *p = pack_open(&os_file_real, root_dir, is_writer, &e);
    ck_assert_msg(p != NULL, "%s", e.text);
    return p;
}

static bool holds(struct pack_store *p, const struct blob_sealed *s)
{
    struct err e = {0};
    struct str bytes;
    bool is_there = pack_read(p, arena, s->x, &bytes, &e);
    ck_assert(is_there || e.code == ERR_NOT_FOUND || e.code == ERR_CORRUPT);
    return is_there && str_equal(bytes, s->bytes);
}

static bool count_one(void *context, const char x[65], struct str bytes, struct err *e)
{
    char hex[65];
    struct sha256 h = sha256_of(bytes);
    hex_encode(h.bytes, 32, hex);
    (*(unsigned *)context)++;
    return strcmp(hex, x) == 0 || err_set(e, ERR_CORRUPT, "%s", x);
}

static void add(struct pack_store *p, const struct blob_sealed *s)
{
    struct err e = {0};
    ck_assert_msg(pack_add(p, s->x, s->bytes, &e), "%s", e.text);
}

static void sync_all(struct pack_store *p)
{
    struct err e = {0};
    ck_assert_msg(pack_sync(p, &e), "%s", e.text);
}

enum { BLOBS = 300 };

START_TEST(blobs_are_found_across_packs_by_the_writer_and_by_readers)
{
    start();
    static struct blob_sealed blobs[BLOBS];
    struct err e = {0};
    struct pack_store *reader = packs(false);
    struct str none;
    ck_assert(!pack_read(reader, arena, "00000000000000000000000000000000000000000000000000000000000000ff", &none, &e) &&
              e.code == ERR_NOT_FOUND);
    ck_assert(!pack_read(reader, arena, "xyz", &none, &e) && e.code == ERR_INVALID);
    struct pack_store *p = packs(true);
    pack_set_roll_bytes(p, 20000);
    for (int i = 0; i < BLOBS; i++) {
        blobs[i] = seal(text_of(i == 7 ? 90000 : 10 + test_random(&seed) % 2000));
        add(p, &blobs[i]);
        add(p, &blobs[i]); /* asked again: stored once */
        if (i % 10 == 9)
            sync_all(p);
        if (i == 150) {
            p = pack_close(p);
            p = packs(true);
            pack_set_roll_bytes(p, 20000);
        }
        if (i % 50 == 0)
            ck_assert(holds(reader, &blobs[i]));
    }
    for (int i = 0; i < BLOBS; i++)
        ck_assert(holds(p, &blobs[i]) && holds(reader, &blobs[i]));
    unsigned count = 0;
    ck_assert_msg(pack_each(reader, count_one, &count, &e), "%s", e.text);
    ck_assert_uint_eq(count, BLOBS);
    ck_assert_uint_eq(pack_damaged_count(reader), 0);
    ck_assert(!pack_add(reader, blobs[0].x, blobs[0].bytes, &e) && e.code == ERR_UNAVAILABLE);
    pack_close(p);
    pack_close(reader);
    stop();
}
END_TEST

static void cut(const char *path, off_t size)
{
    int fd = openat(root_dir, path, O_RDWR);
    ck_assert(fd >= 0 && ftruncate(fd, size) == 0);
    close(fd);
}

static void flip(const char *path, off_t at, size_t size)
{
    int fd = openat(root_dir, path, O_RDWR);
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = 0;
        ck_assert_int_eq(pread(fd, &byte, 1, at + (off_t)i), 1);
        byte ^= 0x55;
        ck_assert_int_eq(pwrite(fd, &byte, 1, at + (off_t)i), 1);
    }
    close(fd);
}

START_TEST(a_torn_end_is_cut_and_writing_goes_on_at_every_length)
{
    start();
    struct blob_sealed first = seal(STR("first")), second = seal(STR("second")), third = seal(STR("third"));
    size_t whole = 40 + first.bytes.size, all = whole + 40 + second.bytes.size;
    for (size_t size = whole; size <= all; size++) {
        struct pack_store *p = packs(true);
        add(p, &first);
        add(p, &second);
        sync_all(p);
        pack_close(p);
        cut("pack/00000000.pack", (off_t)size);
        p = packs(true);
        ck_assert(holds(p, &first));
        ck_assert_int_eq(holds(p, &second), size == all);
        add(p, &third);
        add(p, &second);
        sync_all(p);
        ck_assert(holds(p, &first) && holds(p, &second) && holds(p, &third));
        pack_close(p);
        struct pack_store *r = packs(false);
        ck_assert(holds(r, &first) && holds(r, &second) && holds(r, &third));
        pack_close(r);
        unlinkat(root_dir, "pack/00000000.pack", 0);
    }
    stop();
}
END_TEST

START_TEST(a_damaged_place_costs_one_blob_and_is_never_cut_away)
{
    start();
    struct blob_sealed blobs[5];
    struct pack_store *p = packs(true);
    for (int i = 0; i < 5; i++) {
        blobs[i] = seal(text_of(3000));
        add(p, &blobs[i]);
    }
    sync_all(p);
    pack_close(p);
    size_t at = 0;
    for (int i = 0; i < 2; i++)
        at += 40 + blobs[i].bytes.size;
    flip("pack/00000000.pack", (off_t)at, 8); /* magic and size of the third */
    p = packs(true);
    ck_assert_uint_eq(pack_damaged_count(p), 1);
    struct blob_sealed later = seal(STR("later"));
    add(p, &later);
    sync_all(p);
    ck_assert(faccessat(root_dir, "pack/00000001.pack", R_OK, 0) == 0);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(holds(p, &blobs[i]), i != 2);
    add(p, &blobs[2]); /* brought again, it is whole again */
    sync_all(p);
    pack_close(p);
    p = packs(false);
    for (int i = 0; i < 5; i++)
        ck_assert(holds(p, &blobs[i]));
    ck_assert(holds(p, &later));
    pack_close(p);
    stop();
}
END_TEST

START_TEST(bytes_of_a_record_that_never_reached_the_disk_are_stored_again)
{
    start();
    struct blob_sealed first = seal(text_of(3000));
    struct pack_store *p = packs(true);
    add(p, &first);
    sync_all(p);
    pack_close(p);
    flip("pack/00000000.pack", 1000, 10); /* the header came through, the bytes did not */
    p = packs(true);
    ck_assert(!holds(p, &first));
    add(p, &first);
    sync_all(p);
    ck_assert(holds(p, &first));
    pack_close(p);
    stop();
}
END_TEST

static struct keyring *keys(bool is_writer)
{
    static const uint8_t master[32] = {9};
    struct err e = {0};
    struct keyring *k = keyring_open(&os_file_real, root_dir, master, is_writer, &e);
    ck_assert_msg(k != NULL, "%s", e.text);
    return k;
}

static void name_of(int i, char ret[65])
{
    uint8_t x[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
    hex_encode(x, 32, ret);
}

START_TEST(the_keyring_keeps_keys_through_torn_ends_and_skips_damage)
{
    start();
    struct err e = {0};
    char x[65];
    uint8_t dek[32];
    struct keyring *reader = keys(false);
    struct keyring *k = keys(true);
    for (int i = 0; i < 1200; i++) {
        uint8_t key[32] = {(uint8_t)i, (uint8_t)(i >> 8), 1};
        name_of(i, x);
        ck_assert_msg(keyring_add(k, &env, x, key, &e), "%s", e.text);
        ck_assert(keyring_add(k, &env, x, key, &e));
        key[5] ^= 1;
        ck_assert(!keyring_add(k, &env, x, key, &e) && e.code == ERR_CONFLICT);
    }
    ck_assert(keyring_sync(k, &e));
    keyring_close(k);
    keyring_close(reader);
    struct stat facts;
    ck_assert(fstatat(root_dir, "keyring/keys", &facts, 0) == 0 && facts.st_size == 1200 * 96);
    cut("keyring/keys", 1199 * 96 + 50);
    flip("keyring/keys", 10 * 96 + 40, 1);
    for (int pass = 0; pass < 2; pass++) {
        k = keys(pass == 1);
        for (int i = 0; i < 1200; i++) {
            name_of(i, x);
            bool is_there = keyring_get(k, x, dek, &e);
            ck_assert_int_eq(is_there, i != 10 && i != 1199);
            ck_assert(!is_there || (dek[0] == (uint8_t)i && dek[1] == (uint8_t)(i >> 8) && dek[2] == 1));
        }
        if (pass == 1) {
            ck_assert(keyring_add(k, &env, x, dek, &e) && keyring_sync(k, &e));
            ck_assert(keyring_get(k, x, dek, &e));
        }
        keyring_close(k);
    }
    uint8_t other[32] = {8};
    k = keyring_open(&os_file_real, root_dir, other, false, &e);
    name_of(3, x);
    ck_assert(k && !keyring_get(k, x, dek, &e) && e.code == ERR_CORRUPT);
    keyring_close(k);
    stop();
}
END_TEST

/* Rows of a table as captures hold them. */
static struct str rows_text(size_t rows)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    buf_cstr(&b, "{\"columns\":[\"username\",\"uid\",\"gid\",\"home\",\"shell\"],\"table\":\"users\",\"version\":2}\n");
    for (size_t i = 0; i < rows; i++)
        buf_printf(&b, "[\"user%zu\",%zu,100,\"/home/user%zu\",\"/bin/bash\"]\n", i, 1000 + i, i);
    return arena_str(arena, buf_view(&b));
}

START_TEST(small_rows_are_packed_with_a_dictionary_and_large_ones_without)
{
    start();
    struct err e = {0};
    for (size_t rows = 0; rows < 600; rows += rows < 20 ? 1 : 37) {
        struct str plain = rows_text(rows), back;
        struct blob_sealed s = seal(plain);
        ck_assert_msg(blob_open(arena, s.bytes, s.c, s.x, s.dek, plain.size, &back, &e), "%s", e.text);
        ck_assert(str_equal(plain, back));
        ck_assert(!blob_open(arena, s.bytes, s.c, s.x, s.dek, plain.size - 1, &back, &e) && e.code == ERR_TOO_LARGE);
        if (rows >= 4 && rows < 20)
            ck_assert_msg(s.bytes.size < plain.size * 2 / 3 + 60, "%zu rows: %zu bytes become %zu", rows, plain.size, s.bytes.size);
    }
    stop();
}
END_TEST

/* Sealed by hand: a frame without a dictionary, as before there was one, and one that names a dictionary nobody has. */
static struct blob_sealed seal_frame(struct str plain, const void *frame, size_t size)
{
    struct blob_sealed s = {.plain_size = plain.size};
    uint8_t key[32], salt[32], nonce[SEALED_SALT_SIZE];
    fill(&seed, s.dek, sizeof(s.dek));
    fill(&seed, nonce, sizeof(nonce));
    hkdf_sha512(str_make(s.dek, DEK_SIZE), (struct str){"", 0}, STR("assay/blob@v1 key"), key, sizeof(key));
    blob_salt(s.dek, salt);
    uint8_t *bytes = arena_alloc(arena, sealed_size(size));
    sealed_encrypt_salted(key, nonce, (struct str){"", 0}, str_make(frame, size), bytes);
    s.bytes = str_make(bytes, sealed_size(size));
    struct sha256 c = blob_commitment(salt, plain), x = sha256_of(s.bytes);
    hex_encode(c.bytes, 32, s.c);
    hex_encode(x.bytes, 32, s.x);
    return s;
}

START_TEST(blobs_from_before_the_dictionary_open_and_an_unknown_one_is_named)
{
    start();
    struct err e = {0};
    struct str plain = rows_text(5), back;
    static uint8_t frame[4096];
    size_t size = ZSTD_compress(frame, sizeof(frame), plain.data, plain.size, 3);
    struct blob_sealed old = seal_frame(plain, frame, size);
    ck_assert_msg(blob_open(arena, old.bytes, old.c, old.x, old.dek, 1 << 20, &back, &e) && str_equal(plain, back), "%s", e.text);
    /* Frame header: magic, descriptor with a one-byte dictionary id and a one-byte size, id 7, size 1, then an empty block. */
    static const uint8_t foreign[] = {0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 1, 0x01, 0, 0};
    struct blob_sealed other = seal_frame(plain, foreign, sizeof(foreign));
    ck_assert(!blob_open(arena, other.bytes, other.c, other.x, other.dek, 1 << 20, &back, &e) && e.code == ERR_UNSUPPORTED);
    ck_assert(strstr(e.text, "dictionary 7") != NULL);
    stop();
}
END_TEST

static struct sha256 name_of_blob(const struct blob_sealed *s)
{
    struct sha256 name;
    ck_assert(hex_decode(str_of(s->x), name.bytes, 32));
    return name;
}

START_TEST(erased_blobs_leave_the_packs_and_readers_notice)
{
    start();
    enum { N = 120 };
    static struct blob_sealed blobs[N];
    static struct sha256 erased[N];
    struct err e = {0};
    size_t count = 0;
    bool is_there = false;
    struct pack_store *p = packs(true);
    pack_set_roll_bytes(p, 20000);
    for (int i = 0; i < N; i++) {
        blobs[i] = seal(text_of(10 + test_random(&seed) % 2000));
        add(p, &blobs[i]);
    }
    sync_all(p);
    struct pack_store *reader = packs(false);
    for (int i = 0; i < N; i++)
        ck_assert(holds(reader, &blobs[i]));
    for (int i = 0; i < N; i += 3)
        erased[count++] = name_of_blob(&blobs[i]);
    ck_assert(!pack_erase(reader, erased, count, &e) && e.code == ERR_UNAVAILABLE);
    ck_assert_msg(pack_erase(p, erased, count, &e), "%s", e.text);
    ck_assert_msg(pack_erase(p, erased, count, &e), "%s", e.text); /* again: nothing changes */
    struct blob_sealed later = seal(text_of(500));
    add(p, &later);
    sync_all(p);
    ck_assert(holds(reader, &later)); /* its packs were replaced under it */
    for (int i = 0; i < N; i++) {
        struct sha256 name = name_of_blob(&blobs[i]);
        ck_assert_int_eq(holds(p, &blobs[i]), i % 3 != 0);
        ck_assert_int_eq(holds(reader, &blobs[i]), i % 3 != 0);
        ck_assert(pack_has(p, &name, &is_there, &e) && is_there == (i % 3 != 0));
    }
    unsigned left = 0;
    ck_assert(pack_each(reader, count_one, &left, &e));
    ck_assert_uint_eq(left, N - count + 1);
    pack_close(reader);
    pack_close(p);
    p = packs(true);
    ck_assert_uint_eq(pack_damaged_count(p), 0);
    for (int i = 0; i < N; i++)
        ck_assert_int_eq(holds(p, &blobs[i]), i % 3 != 0);
    pack_close(p);
    stop();
}
END_TEST

START_TEST(a_blob_is_read_at_the_place_that_the_writer_names_and_found_where_that_is_old_or_wrong)
{
    start();
    enum { N = 120 };
    static struct blob_sealed blobs[N];
    static struct sha256 erased[N];
    static uint64_t places[N];
    struct err e = {0};
    struct str bytes;
    size_t count = 0;
    struct pack_store *p = packs(true), *reader = packs(false);
    pack_set_roll_bytes(p, 3000); /* more packs than stay open */
    for (int i = 0; i < N; i++) {
        blobs[i] = seal(text_of(10 + test_random(&seed) % 2000));
        add(p, &blobs[i]);
        ck_assert_msg(pack_place(p, blobs[i].x, &places[i], &e), "%s", e.text);
        ck_assert_msg(pack_read_at(reader, arena, blobs[i].x, places[i], &bytes, &e) && str_equal(bytes, blobs[i].bytes), "%s", e.text);
    }
    sync_all(p);
    for (int i = 0; i < N; i++) {
        struct pack_store *fresh = packs(false);
        uint64_t wrong[] = {places[(i + 1) % N], places[i] + 1, (uint64_t)5000 << 40, UINT64_MAX, (uint64_t)1 << 39, test_random(&seed)};
        ck_assert(pack_read_at(fresh, arena, blobs[i].x, places[i], &bytes, &e) && str_equal(bytes, blobs[i].bytes));
        ck_assert_msg(pack_read_at(fresh, arena, blobs[i].x, wrong[i % 6], &bytes, &e) && str_equal(bytes, blobs[i].bytes), "%s", e.text);
        pack_close(fresh);
    }
    for (int i = 0; i < N; i += 3)
        erased[count++] = name_of_blob(&blobs[i]);
    ck_assert_msg(pack_erase(p, erased, count, &e), "%s", e.text);
    for (int i = 0; i < N; i++) {
        e = (struct err){0};
        bool is_there = pack_read_at(reader, arena, blobs[i].x, places[i], &bytes, &e);
        ck_assert(is_there ? i % 3 != 0 && str_equal(bytes, blobs[i].bytes) : i % 3 == 0 && e.code == ERR_NOT_FOUND);
        ck_assert(pack_place(p, blobs[i].x, &places[i], &e) == is_there);
    }
    pack_close(reader);
    pack_close(p);
    stop();
}
END_TEST

START_TEST(erased_keys_are_gone_for_writers_and_readers_and_backups_do_not_bring_them_back)
{
    start();
    struct err e = {0};
    struct sha256 erased[2];
    char x[65];
    uint8_t dek[32];
    uint64_t added = 0, left_out = 0;
    struct buf BUF_AUTO backup;
    buf_init(&backup, 1 << 20);
    struct keyring *k = keys(true);
    for (int i = 0; i < 600; i++) {
        uint8_t key[32] = {(uint8_t)i, (uint8_t)(i >> 8), 1};
        name_of(i, x);
        ck_assert(keyring_add(k, &env, x, key, &e));
    }
    ck_assert(keyring_sync(k, &e));
    struct keyring *reader = keys(false);
    ck_assert(keyring_records(k, &backup, &e) && keyring_record_count(buf_view(&backup)) == 600);
    name_of(5, x);
    ck_assert(hex_decode(str_of(x), erased[0].bytes, 32));
    name_of(599, x);
    ck_assert(hex_decode(str_of(x), erased[1].bytes, 32));
    ck_assert_msg(keyring_erase(k, erased, 2, &e) && keyring_erase(k, erased, 2, &e), "%s", e.text);
    for (int i = 0; i < 600; i++) {
        name_of(i, x);
        bool is_kept = i != 5 && i != 599;
        ck_assert_int_eq(keyring_get(k, x, dek, &e), is_kept);
        ck_assert_int_eq(keyring_get(reader, x, dek, &e), is_kept);
    }
    struct stat facts;
    ck_assert(fstatat(root_dir, "keyring/keys", &facts, 0) == 0 && facts.st_size == 598 * 96);
    ck_assert(keyring_merge(k, buf_view(&backup), NULL, erased, 2, &added, &left_out, &e) && added == 0 && left_out == 2);
    ck_assert(keyring_merge(k, buf_view(&backup), NULL, erased, 1, &added, &left_out, &e) && added == 1 && left_out == 1);
    ck_assert(keyring_sync(k, &e));
    name_of(600, x);
    ck_assert(keyring_add(k, &env, x, dek, &e) && keyring_sync(k, &e) && keyring_get(reader, x, dek, &e));
    keyring_close(k);
    keyring_close(reader);
    stop();
}
END_TEST

START_TEST(a_blob_sealed_anew_has_the_same_commitment_and_is_found_under_its_old_name)
{
    start();
    struct err e = {0};
    char now[65];
    struct blob_opened opened, again;
    struct str stored;
    struct pack_store *p = packs(true);
    struct blob_sealed old = seal(text_of(900)), other = seal(text_of(300)), fresh;
    add(p, &old);
    add(p, &other);
    sync_all(p);
    struct pack_store *reader = packs(false);
    ck_assert(holds(reader, &old) && pack_current(reader, old.x, now, &e) && strcmp(now, old.x) == 0);
    ck_assert(blob_open_whole(arena, old.bytes, old.c, old.x, old.dek, 1 << 20, &opened, &e));
    ck_assert(sha256_equal(opened.hash, sha256_of(opened.plain)));
    ck_assert_msg(blob_reseal(&env, arena, opened.plain, opened.salt, &fresh, &e), "%s", e.text);
    ck_assert_str_eq(fresh.c, old.c);
    ck_assert(strcmp(fresh.x, old.x) != 0 && memcmp(fresh.dek, old.dek, DEK_SIZE) != 0);
    struct str same;
    ck_assert(blob_open_whole(arena, fresh.bytes, fresh.c, fresh.x, fresh.dek, 1 << 20, &again, &e));
    ck_assert(str_equal(again.plain, opened.plain) && sha256_equal(again.hash, opened.hash) && memcmp(opened.salt, again.salt, sizeof(again.salt)) == 0);
    ck_assert(!blob_open(arena, fresh.bytes, fresh.c, fresh.x, old.dek, 1 << 20, &same, &e)); /* the former key opens nothing */
    struct sha256 from = name_of_blob(&old), to = name_of_blob(&fresh);
    add(p, &fresh);
    ck_assert(pack_move(p, &from, &to, &e) && pack_move(p, &from, &to, &e) && pack_sync(p, &e));
    ck_assert(pack_current(p, old.x, now, &e) && strcmp(now, old.x) == 0); /* as long as it is there */
    ck_assert_msg(pack_erase(p, &from, 1, &e), "%s", e.text);
    struct pack_store *later = packs(false), *all[] = {p, reader, later}; /* the writer, who was there before, and who came later */
    for (size_t i = 0; i < 3; i++) {
        ck_assert_msg(pack_current(all[i], old.x, now, &e) && strcmp(now, fresh.x) == 0, "%zu: %s", i, e.text);
        ck_assert(pack_read(all[i], arena, now, &stored, &e) && str_equal(stored, fresh.bytes));
        ck_assert(pack_current(all[i], other.x, now, &e) && strcmp(now, other.x) == 0);
        pack_close(all[i]);
    }
    /* A torn record at the end is no name. */
    int fd = openat(root_dir, "pack/moved", O_WRONLY | O_APPEND);
    ck_assert(fd >= 0 && write(fd, old.x, 40) == 40 && close(fd) == 0);
    p = packs(true);
    ck_assert(pack_current(p, old.x, now, &e) && strcmp(now, fresh.x) == 0);
    pack_close(p);
    stop();
}
END_TEST

START_TEST(keys_are_wrapped_anew_in_pieces_while_others_are_added_and_erased)
{
    enum { COUNT = 1300 };
    start();
    struct err e = {0};
    char x[65];
    uint8_t dek[32], next[32] = {7, 7, 7};
    uint64_t done = 0, all = 0;
    bool is_done = false;
    struct keyring *k = keys(true);
    for (int i = 0; i < COUNT; i++) {
        uint8_t key[32] = {(uint8_t)i, (uint8_t)(i >> 8), 1};
        name_of(i, x);
        ck_assert(keyring_add(k, &env, x, key, &e));
    }
    struct keyring *reader = keys(false);
    ck_assert_msg(keyring_rewrap(k, &env, next, 1, &done, &all, &is_done, &e) && !is_done && done == 512 && all == COUNT, "%s", e.text);
    struct sha256 erased;
    name_of(3, x); /* is in the new file already */
    ck_assert(hex_decode(str_of(x), erased.bytes, 32) && keyring_erase(k, &erased, 1, &e));
    struct stat facts;
    ck_assert(fstatat(root_dir, "keyring/keys.rewrap", &facts, 0) != 0);
    ck_assert(keyring_rewrap(k, &env, next, 1000, &done, &all, &is_done, &e) && !is_done && done == 1024);
    uint8_t later[32] = {9};
    name_of(COUNT, x);
    ck_assert(keyring_add(k, &env, x, later, &e) && keyring_get(k, x, dek, &e)); /* under the old one, in the old file */
    ck_assert(keyring_rewrap(k, &env, next, 1000, &done, &all, &is_done, &e) && is_done && done == COUNT && all == COUNT);
    name_of(COUNT + 1, x);
    ck_assert(keyring_add(k, &env, x, later, &e) && keyring_sync(k, &e));
    for (int i = 0; i < COUNT + 2; i++) {
        name_of(i, x);
        ck_assert_int_eq(keyring_get(k, x, dek, &e), i != 3);
        ck_assert(i == 3 || i >= COUNT || (dek[0] == (uint8_t)i && dek[1] == (uint8_t)(i >> 8)));
    }
    /* A reader from before, and one that knows the old key only, find the new one where it waits. */
    name_of(900, x);
    struct keyring *other = keys(false);
    ck_assert(!keyring_get(other, x, dek, &e));
    char hex[65];
    hex_encode(next, sizeof(next), hex);
    ck_assert(mkdirat(root_dir, "keys", 0700) == 0 &&
              os_file_replace(&os_file_real, root_dir, "keys/master.next", str_of(hex), 0600, &e));
    ck_assert_msg(keyring_get(reader, x, dek, &e), "%s", e.text);
    keyring_close(other);
    keyring_close(reader);
    keyring_close(k);
    stop();
}
END_TEST

TEST_MAIN("blob", a_blob_sealed_anew_has_the_same_commitment_and_is_found_under_its_old_name,
          keys_are_wrapped_anew_in_pieces_while_others_are_added_and_erased, a_sealed_blob_opens_to_the_same_bytes_with_its_key_alone, a_changed_blob_names_which_check_failed,
          blobs_are_found_across_packs_by_the_writer_and_by_readers, a_torn_end_is_cut_and_writing_goes_on_at_every_length,
          a_damaged_place_costs_one_blob_and_is_never_cut_away, bytes_of_a_record_that_never_reached_the_disk_are_stored_again,
          the_keyring_keeps_keys_through_torn_ends_and_skips_damage,
          small_rows_are_packed_with_a_dictionary_and_large_ones_without,
          blobs_from_before_the_dictionary_open_and_an_unknown_one_is_named, erased_blobs_leave_the_packs_and_readers_notice,
          a_blob_is_read_at_the_place_that_the_writer_names_and_found_where_that_is_old_or_wrong,
          erased_keys_are_gone_for_writers_and_readers_and_backups_do_not_bring_them_back)
