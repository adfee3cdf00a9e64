/*
 * erase_power_test.c - the power goes behind any file operation of an erasure of keys and sealed bytes: what was not erased is
 * there, and the next start, which erases again, leaves no byte of what was.
 */
#include "blob/blob.h"
#include "ledger/test_disk.h"
#include "ledger/test_ledger.h"

enum { BLOBS = 24, ERASED = 8, ROLL = 3000 };

static struct blob_sealed blobs[BLOBS];
static struct sha256 erased[ERASED];
static uint8_t wrapped_start[BLOBS][16];
static const uint8_t master[32] = {5};
static struct arena *arena, *kept; /* of a cut; of the scene */

struct store {
    char path[64];
    int dir;
    struct pack_store *packs;
    struct keyring *keys;
};

static void dir_make(struct store *s)
{
    snprintf(s->path, sizeof(s->path), "%s/assay-erase-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    ck_assert(mkdtemp(s->path) != NULL);
    s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(s->dir, 0);
}

static void store_open(struct store *s, const struct os_file_calls *calls)
{
    struct err e = {0};
    s->packs = pack_open(calls, s->dir, true, &e);
    s->keys = keyring_open(calls, s->dir, master, true, &e);
    ck_assert_msg(s->packs && s->keys, "%s", e.text);
    pack_set_roll_bytes(s->packs, ROLL);
}

static void store_close(struct store *s)
{
    s->packs = pack_close(s->packs);
    s->keys = keyring_close(s->keys);
}

static void store_remove(struct store *s)
{
    close(s->dir);
    test_tree_remove(s->path);
}

/* Is any of it in any file? */
static bool is_found(struct store *s, const char *directory, const void *what, size_t size)
{
    int fd = openat(s->dir, directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fdopendir(fd);
    bool found = false;
    for (struct dirent *entry; list && (entry = readdir(list));) {
        struct buf BUF_AUTO bytes;
        struct err e = {0};
        buf_init(&bytes, 8 << 20);
        if (entry->d_type == DT_REG && os_file_read(&os_file_real, fd, entry->d_name, &bytes, &e))
            found = found || memmem(bytes.data, bytes.size, what, size) != NULL;
    }
    closedir(list);
    return found;
}

static bool is_erased(int i)
{
    return i % (BLOBS / ERASED) == 0;
}

static void check(struct store *s, bool is_done, const char *what)
{
    for (int i = 0; i < BLOBS; i++) {
        struct err e = {0};
        struct str bytes;
        uint8_t dek[DEK_SIZE];
        bool has_bytes = pack_read(s->packs, arena, blobs[i].x, &bytes, &e) && str_equal(bytes, blobs[i].bytes);
        bool has_key = keyring_get(s->keys, blobs[i].x, dek, &e) && memcmp(dek, blobs[i].dek, DEK_SIZE) == 0;
        if (!is_erased(i)) {
            ck_assert_msg(has_bytes && has_key, "%s: blob %d, which was not erased: %s", what, i, e.text);
        } else if (is_done) {
            ck_assert_msg(!has_bytes && !has_key, "%s: blob %d is there", what, i);
            ck_assert_msg(!is_found(s, "keyring", wrapped_start[i], 16), "%s: the wrapped key of blob %d is there", what, i);
            for (size_t at = 0; at + 16 <= blobs[i].bytes.size; at += 16)
                ck_assert_msg(!is_found(s, "pack", blobs[i].bytes.data + at, 16), "%s: bytes of blob %d are there", what, i);
        }
    }
}

static void scene_make(struct store *s)
{
    struct test_ledger random = {.seed = 3};
    struct env env = {.now_ms = test_now, .monotonic_ms = test_now, .random = test_fill, .context = &random};
    struct err e = {0};
    size_t count = 0;
    dir_make(s);
    store_open(s, &os_file_real);
    for (int i = 0; i < BLOBS; i++) {
        char plain[200];
        for (size_t k = 0; k < sizeof(plain); k++)
            plain[k] = (char)test_random(&random.seed);
        ck_assert(blob_seal(&env, kept, str_make(plain, sizeof(plain)), &blobs[i], &e));
        ck_assert(pack_add(s->packs, blobs[i].x, blobs[i].bytes, &e) && keyring_add(s->keys, &env, blobs[i].x, blobs[i].dek, &e));
        if (is_erased(i))
            ck_assert(hex_decode(str_of(blobs[i].x), erased[count++].bytes, 32));
    }
    ck_assert(pack_sync(s->packs, &e) && keyring_sync(s->keys, &e));
    struct buf BUF_AUTO records;
    buf_init(&records, 1 << 20);
    ck_assert(keyring_records(s->keys, &records, &e));
    for (int i = 0; i < BLOBS; i++)
        memcpy(wrapped_start[i], records.data + (size_t)i * 96 + 44, 16); /* behind the name and the nonce */
    store_close(s);
}

START_TEST(a_power_cut_behind_any_operation_of_an_erasure_loses_nothing_else_and_is_mended_by_the_next_start)
{
    struct store s, made;
    struct err e = {0};
    int cuts = 0, rounds = getenv("ASSAY_TEST_LONG") ? 40 : 4;
    uint64_t seed = 1;
    arena = arena_new("a cut", (size_t)1 << 30);
    kept = arena_new("erase power test", (size_t)1 << 30);
    scene_make(&s);
    struct disk *disk = disk_new(s.path);
    store_open(&s, &disk->calls);
    ck_assert_msg(keyring_erase(s.keys, erased, ERASED, &e) && pack_erase(s.packs, erased, ERASED, &e), "%s", e.text);
    store_close(&s);
    for (int cut = 1; cut <= disk->op_count; cut++)
        for (int round = 0; round < rounds; round++) {
            char what[80];
            snprintf(what, sizeof(what), "cut behind operation %d of %d, loss %d", cut, disk->op_count, round % DISK_LOSSES);
            dir_make(&made);
            disk_materialize(disk, cut, (enum disk_loss)(round % DISK_LOSSES), test_random(&seed), made.dir);
            store_open(&made, &os_file_real);
            check(&made, cut == disk->op_count, what); /* once it returned, it needs no second time */
            ck_assert_msg(keyring_erase(made.keys, erased, ERASED, &e) && pack_erase(made.packs, erased, ERASED, &e), "%s: %s", what,
                          e.text);
            check(&made, true, what);
            store_close(&made);
            store_remove(&made);
            arena_reset(arena);
            cuts++;
        }
    printf("%d cuts\n", cuts);
    ck_assert_int_gt(cuts, 50);
    disk_free(disk);
    store_remove(&s);
    arena_free(arena);
    arena_free(kept);
}
END_TEST

TEST_MAIN("erase_power", a_power_cut_behind_any_operation_of_an_erasure_loses_nothing_else_and_is_mended_by_the_next_start)
