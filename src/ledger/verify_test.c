#include "ledger/test_directory.h"
#include "ledger/verify.h"

#include <dirent.h>

static struct arena *report_arena;

static struct verify_report verify(struct test_directory *d)
{
    struct verify_report r;
    struct err e = {0};
    struct verify_options o = {0};
    report_arena = report_arena ? report_arena : arena_new("report", 64 << 20);
    arena_reset(report_arena);
    ck_assert_msg(verify_directory(d->ledger.path, &o, report_arena, &r, &e), "%s", e.text);
    return r;
}

static bool has_code(const struct verify_report *r, const char *code)
{
    for (size_t i = 0; i < r->finding_count && i < VERIFY_FINDINGS_MAX; i++)
        if (strcmp(r->findings[i].code, code) == 0)
            return true;
    return false;
}

static void expect_ok(struct test_directory *d)
{
    struct verify_report r = verify(d);
    ck_assert_msg(r.is_ok && r.finding_count == 0, "%s %s", r.findings[0].code, r.findings[0].text);
}

/* A directory with two levels of tiles, several packs' worth of runs, an old checkpoint and two leaves that are not signed. */
static void sample_make(struct test_directory *d)
{
    test_directory_make(d);
    for (int i = 0; i < 150; i++) {
        test_directory_run(d, 200 + (size_t)i);
        if (i % 10 == 0)
            test_directory_parameter(d, i);
        if (i % 40 == 39)
            test_integrate(d->writer);
    }
    test_integrate(d->writer);
    test_directory_parameter(d, 1000);
    test_directory_run(d, 20000);
}

START_TEST(what_we_write_verifies_and_the_report_counts_it)
{
    struct test_directory d;
    sample_make(&d);
    struct verify_report r = verify(&d);
    ck_assert_msg(r.is_ok && r.finding_count == 0, "%s %s", r.findings[0].code, r.findings[0].text);
    ck_assert_uint_eq(r.size, ledger_signed_size(d.writer));
    ck_assert_uint_eq(r.unsigned_leaves, 3);
    ck_assert_uint_eq(r.leaves_checked, ledger_size(d.writer));
    ck_assert_uint_eq(r.blobs_checked, 151);
    ck_assert_uint_eq(r.blobs_decrypted, 151);
    ck_assert_uint_eq(r.runs_checked, 151);
    ck_assert_uint_eq(r.checkpoints_checked, 1 + 4);
    bool is_told = false;
    for (size_t i = 0; i < r.note_count; i++)
        is_told |= strstr(r.notes[i], "3 leaves are in the journal") != NULL;
    ck_assert(is_told);
    test_directory_remove(&d);
}
END_TEST

START_TEST(a_fresh_ledger_and_one_that_was_never_signed_verify)
{
    struct test_directory d;
    test_directory_make(&d);
    expect_ok(&d);
    test_integrate(d.writer);
    expect_ok(&d);
    test_directory_remove(&d);
}
END_TEST

START_TEST(what_is_no_data_directory_is_refused_with_one_line)
{
    struct test_directory d;
    struct verify_report r;
    struct verify_options o = {0};
    struct err e = {0};
    struct arena *a = arena_new("report", 8 << 20);
    test_directory_make(&d);
    ck_assert(!verify_directory("/nonexistent/dir", &o, a, &r, &e) && e.code == ERR_NOT_FOUND);
    unlinkat(d.ledger.dir, "config.json", 0);
    ck_assert(!verify_directory(d.ledger.path, &o, a, &r, &e) && e.code == ERR_INVALID);
    test_file_write(d.ledger.dir, "config.json", STR("{\"origin\":3}"));
    ck_assert(!verify_directory(d.ledger.path, &o, a, &r, &e) && e.code == ERR_CORRUPT);
    test_directory_remove(&d);
    arena_free(a);
}
END_TEST

START_TEST(a_trusted_key_and_a_head_seen_before_are_held_against_the_ledger)
{
    struct test_directory d;
    struct verify_report r;
    struct err e = {0};
    struct arena *a = arena_new("report", 8 << 20);
    struct buf BUF_AUTO vkey;
    struct buf BUF_AUTO other;
    sample_make(&d);
    buf_init(&vkey, 1024);
    buf_init(&other, 1024);
    note_key_format(&d.ledger.key, &vkey);
    note_key_format(&(struct note_key){0}, &other);
    struct checkpoint seen = {.size = ledger_signed_size(d.writer), .root = ledger_signed_root(d.writer), .origin = TEST_ORIGIN};
    struct verify_options o = {.log_vkey = vkey.data, .last_seen = &seen};
    ck_assert(verify_directory(d.ledger.path, &o, a, &r, &e) && r.is_ok);
    seen.size--;
    ck_assert(verify_directory(d.ledger.path, &o, a, &r, &e) && !r.is_ok && has_code(&r, "E14"));
    seen.size += 2;
    ck_assert(verify_directory(d.ledger.path, &o, a, &r, &e) && !r.is_ok && has_code(&r, "E14"));
    buf_clear(&other);
    note_key_format(&d.root, &other);
    o = (struct verify_options){.log_vkey = other.data};
    ck_assert(verify_directory(d.ledger.path, &o, a, &r, &e) && !r.is_ok && has_code(&r, "E01") && has_code(&r, "E10"));
    test_directory_remove(&d);
    arena_free(a);
}
END_TEST

/* ---- tampering ---- */

static void file_load(struct test_directory *d, const char *path, struct buf *out)
{
    struct err e = {0};
    buf_init(out, 64 << 20);
    ck_assert_msg(os_file_read(&os_file_real, d->ledger.dir, path, out, &e), "%s", e.text);
}

static void file_store(struct test_directory *d, const char *path, struct str bytes)
{
    int fd = openat(d->ledger.dir, path, O_WRONLY | O_TRUNC | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, bytes.data, bytes.size), (ssize_t)bytes.size);
    close(fd);
}

struct paths {
    char names[1000][160];
    int count;
};
static struct paths paths;

static void paths_walk(int parent, const char *name, const char *path)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY);
    DIR *list = fdopendir(fd);
    for (struct dirent *entry; (entry = readdir(list));) {
        char below[160];
        struct stat facts;
        if (entry->d_name[0] == '.')
            continue;
        snprintf(below, sizeof(below), "%s%s%.70s", path, *path ? "/" : "", entry->d_name);
        ck_assert_int_eq(fstatat(dirfd(list), entry->d_name, &facts, 0), 0);
        if (S_ISDIR(facts.st_mode))
            paths_walk(dirfd(list), entry->d_name, below);
        else if (paths.count < 1000)
            memcpy(paths.names[paths.count++], below, sizeof(below));
    }
    closedir(list);
}

static int path_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool is_partial(const char *path)
{
    return strstr(path, ".p/") != NULL;
}

/* Bytes of a file that mean something: in the journal those of the frames that are not integrated. */
static void meaning_of(struct test_directory *d, const char *path, size_t size, size_t *ret_from, size_t *ret_to)
{
    *ret_from = 0;
    *ret_to = size;
    if (strstr(path, "/wal/")) {
        *ret_from = (size_t)d->writer->state.position.offset;
        *ret_to = (size_t)d->writer->journal.end.offset;
    }
    if (strcmp(path, "config.json") == 0) { /* the origin's own text */
        *ret_from = strlen("{\"format\":1,\"origin\":\"");
        *ret_to = *ret_from + strlen(TEST_ORIGIN);
    }
    if (strcmp(path, "private/keys/master") == 0)
        *ret_to = size - 1; /* the line feed is free */
}

enum { FLIP, ZERO, CUT, EXTEND, REMOVE, MUTATIONS };

/* False when the mutation leaves the meaning as it was. */
static bool mutate(struct test_directory *d, const char *path, struct str bytes, int how, uint64_t *seed)
{
    size_t from = 0, to = 0;
    meaning_of(d, path, bytes.size, &from, &to);
    struct buf BUF_AUTO changed;
    buf_init(&changed, bytes.size + 64);
    buf_str(&changed, bytes);
    size_t at = from + test_random(seed) % (to - from), size = 1;
    switch (how) {
    case FLIP:
        changed.data[at] ^= (char)(1 << test_random(seed) % 8);
        break;
    case ZERO:
        size = 1 + test_random(seed) % 40;
        size = at + size > to ? to - at : size;
        memset(changed.data + at, 0, size);
        break;
    case CUT:
        changed.size = at;
        break;
    case EXTEND:
        if (strstr(path, "/wal/") || strstr(path, "pack/") || strstr(path, "keyring") || strstr(path, "cp.log") ||
            strstr(path, "keys/") || strcmp(path, "config.json") == 0)
            return false; /* a torn end, which is a note, or free space */
        buf_cstr(&changed, "x");
        break;
    default:
        unlinkat(d->ledger.dir, path, 0);
        return true;
    }
    if (str_equal(buf_view(&changed), bytes))
        return false;
    file_store(d, path, buf_view(&changed));
    return true;
}

/* What a cut journal or an unfinished end looks like is no fault: acknowledged leaves that nobody signed can go unseen
 * (ledger.md 2.8). */
static bool may_go_unseen(const char *path, int how, const struct verify_report *r)
{
    if (strstr(path, "/wal/")) /* the end of the journal is where it stops to hold; only its last frame can go so */
        return r->unsigned_leaves < 3;
    return strcmp(path, "private/lock") == 0 || strcmp(path, "private/reserve") == 0 /* zeros, for a full disk */ || (how == REMOVE && is_partial(path));
}

START_TEST(every_file_that_was_changed_is_found)
{
    struct test_directory d;
    uint64_t seed = 42;
    sample_make(&d);
    expect_ok(&d);
    paths.count = 0;
    paths_walk(d.ledger.dir, ".", "");
    qsort(paths.names, (size_t)paths.count, sizeof(paths.names[0]), path_order);
    ck_assert_int_gt(paths.count, 12);
    int found = 0;
    for (int i = 0; i < paths.count; i++) {
        const char *path = paths.names[i];
        struct buf BUF_AUTO whole;
        file_load(&d, path, &whole);
        for (int round = 0; round < 10 && whole.size > 0; round++) {
            int how = round % MUTATIONS;
            struct verify_report r;
            struct err e = {0};
            struct verify_options o = {0};
            if (!mutate(&d, path, buf_view(&whole), how, &seed))
                continue;
            arena_reset(report_arena);
            bool is_checked = verify_directory(d.ledger.path, &o, report_arena, &r, &e);
            bool is_found = !is_checked || !r.is_ok || r.finding_count > 0; /* W80: one of two slots, and the other one holds */
            found += is_found;
            ck_assert_msg(is_found || may_go_unseen(path, how, &r), "%s: mutation %d of round %d was not found", path, how,
                          round);
            file_store(&d, path, buf_view(&whole));
        }
    }
    ck_assert_int_gt(found, 100);
    expect_ok(&d);
    test_directory_remove(&d);
}
END_TEST

/* A ledger whose leaves break a rule while tree and signatures are right: what an insider with all keys could write. */
static void expect_leaf_code(const char *type, const char *text, const char *code)
{
    struct test_directory d;
    struct err e = {0};
    uint64_t index = 0;
    struct buf BUF_AUTO leaf;
    test_directory_make(&d);
    buf_init(&leaf, LIMIT_LEAF_BYTES);
    buf_printf(&leaf, "assay/leaf@v1 %s\n%s\n", type, text);
    struct str view = buf_view(&leaf);
    ck_assert_msg(ledger_append(d.writer, &view, 1, &index, &e), "%s", e.text);
    test_integrate(d.writer);
    struct verify_report r = verify(&d);
    ck_assert_msg(!r.is_ok && has_code(&r, code), "%s: no %s, but %s %s", text, code, r.findings[0].code, r.findings[0].text);
    test_directory_remove(&d);
}

#define N32 "00000000000000000000000000000000"
#define SP0 N32 N32

START_TEST(leaves_that_break_a_rule_are_named_with_its_code)
{
    expect_leaf_code("record", "{ \"v\":1}", "E40");
    expect_leaf_code("record", "{\"v\":1.0}", "E40");
    expect_leaf_code("record", "{\"v\":1,\"v\":1}", "E40");
    expect_leaf_code("record", "{\"x\":null}", "E40");
    expect_leaf_code("record", "{\"b\":1,\"a\":1}", "E40");
    expect_leaf_code("record", "{\"a\":\"\\u0041\"}", "E40");
    expect_leaf_code("surprise", "{\"v\":1}", "E40");
    expect_leaf_code("record", "{\"v\":1}", "E41");
    expect_leaf_code("record", "{\"log\":\"" TEST_ORIGIN "\",\"v\":1}", "E42");
    expect_leaf_code("record",
                     "{\"log\":\"" TEST_ORIGIN "\",\"n\":\"" N32 "\",\"sp\":\"" SP0
                     "\",\"sq\":1,\"st\":\"s\",\"t\":9999999999999,\"v\":1}",
                     "E44");
    expect_leaf_code("record",
                     "{\"log\":\"" TEST_ORIGIN "\",\"n\":\"" N32 "\",\"sp\":\"" SP0 "\",\"sq\":0,\"st\":\"s\",\"t\":5,\"v\":1}",
                     "E50");
    expect_leaf_code("run",
                     "{\"log\":\"" TEST_ORIGIN "\",\"n\":\"" N32 "\",\"sp\":\"" SP0
                     "\",\"sq\":0,\"st\":\"s\",\"t\":9999999999999,\"v\":1}",
                     "E42");
    expect_leaf_code("run",
                     "{\"log\":\"" TEST_ORIGIN "\",\"n\":\"" N32 "\",\"run\":{\"col\":\"" TEST_ORIGIN
                     "/collector/01234567\",\"seq\":0,\"sub\":\"s:0\"},\"sp\":\"" SP0
                     "\",\"sq\":0,\"st\":\"s\",\"t\":9999999999999,\"v\":1}",
                     "E43");
    expect_leaf_code("record",
                     "{\"b\":[{\"c\":\"" SP0 "\",\"x\":\"" SP0 "\"}],\"log\":\"" TEST_ORIGIN "\",\"n\":\"" N32 "\",\"sp\":\"" SP0
                     "\",\"sq\":0,\"st\":\"s\",\"t\":9999999999999,\"v\":1}",
                     "E63");
}
END_TEST

START_TEST(a_repeated_run_a_foreign_key_and_a_swapped_blob_are_found)
{
    struct test_directory d;
    test_directory_make(&d);
    test_directory_run(&d, 100);
    d.run_sequence = 0;
    d.run_last[0] = 0;
    test_directory_run(&d, 100);
    test_integrate(d.writer);
    struct verify_report r = verify(&d);
    ck_assert(!r.is_ok && has_code(&r, "E45"));
    test_directory_remove(&d);

    test_directory_make(&d);
    d.collector = note_key_make(d.collector.name, ed25519_public_of(&d.root_private));
    d.collector_private = d.root_private;
    test_directory_run(&d, 100);
    test_integrate(d.writer);
    r = verify(&d);
    ck_assert(!r.is_ok && has_code(&r, "E43"));
    test_directory_remove(&d);

    test_directory_make(&d);
    d.root_private.seed[3] = 9;
    d.root = note_key_make(d.root.name, ed25519_public_of(&d.root_private));
    test_directory_key(&d, "collector", &d.root);
    test_integrate(d.writer);
    r = verify(&d);
    ck_assert(!r.is_ok && has_code(&r, "E43"));
    test_directory_remove(&d);
}
END_TEST

TEST_MAIN("verify", what_we_write_verifies_and_the_report_counts_it, a_fresh_ledger_and_one_that_was_never_signed_verify,
          what_is_no_data_directory_is_refused_with_one_line, a_trusted_key_and_a_head_seen_before_are_held_against_the_ledger,
          every_file_that_was_changed_is_found, leaves_that_break_a_rule_are_named_with_its_code,
          a_repeated_run_a_foreign_key_and_a_swapped_blob_are_found)
