/*
 * test_directory.h - a whole data directory for tests, as the keeper would write it: keys, runs with signed statements, items
 * with blobs, parameters. Everything is a function of the seed.
 */
#ifndef LEDGER_TEST_DIRECTORY_H
#define LEDGER_TEST_DIRECTORY_H

#include "blob/blob.h"
#include "ledger/heads.h"
#include "ledger/test_ledger.h"

struct test_stream {
    const char *name;
    uint64_t sequence;
    struct sha256 last;
};

struct test_directory {
    struct test_ledger ledger;
    struct arena *arena;
    struct ledger *writer;
    struct pack_store *packs;
    struct keyring *keys;
    struct ed25519_private root_private, collector_private;
    struct note_key root, collector;
    struct test_stream streams[4];
    int64_t run_sequence;
    int64_t late_ms; /* observed this long before it is recorded */
    struct stream_heads *heads; /* with test_directory_facts */
    uint64_t erased;
    int64_t every_ms;
    char run_last[2 * SHA256_SIZE + 1]; /* leaf hash of the last run, "" before the first */
};

static inline void test_file_write(int dir, const char *path, struct str bytes)
{
    struct err e = {0};
    ck_assert_msg(os_file_replace(&os_file_real, dir, path, bytes, 0600, &e), "%s", e.text);
}

static inline void test_directory_open(struct test_directory *d)
{
    static const uint8_t master[32] = {0};
    struct err e = {0};
    d->writer = test_ledger_open(&d->ledger);
    int blobs = openat(d->ledger.dir, "blobs", O_RDONLY | O_DIRECTORY),
        private_dir = openat(d->ledger.dir, "private", O_RDONLY | O_DIRECTORY);
    d->packs = pack_open(d->ledger.options.calls, blobs, true, &e);
    d->keys = keyring_open(d->ledger.options.calls, private_dir, master, true, &e);
    ck_assert_msg(d->packs && d->keys, "%s", e.text);
    close(blobs);
    close(private_dir);
}

static inline void test_directory_close(struct test_directory *d)
{
    d->writer = ledger_close(d->writer);
    d->packs = pack_close(d->packs);
    d->keys = keyring_close(d->keys);
}

static inline void test_directory_append(struct test_directory *d, const char *type, int stream, struct json *leaf,
                                         struct str signatures)
{
    struct test_stream *s = &d->streams[stream];
    struct err e = {0};
    uint8_t nonce[16];
    uint64_t index = 0;
    struct buf BUF_AUTO b;
    buf_init(&b, LIMIT_LEAF_BYTES);
    env_random(&d->ledger.env, nonce, sizeof(nonce));
    json_put_int(leaf, "v", 1);
    json_put_cstr(leaf, "log", TEST_ORIGIN);
    json_put_hex(leaf, "n", nonce, sizeof(nonce));
    json_put_int(leaf, "t", ledger_clock(d->writer, NULL));
    json_put_cstr(leaf, "st", s->name);
    json_put_int(leaf, "sq", (int64_t)s->sequence);
    json_put_hex(leaf, "sp", s->last.bytes, SHA256_SIZE);
    ck_assert_msg(leaf_compose(type, leaf, signatures, &b, &e), "%s", e.text);
    struct str view = buf_view(&b);
    ck_assert_msg(ledger_append(d->writer, &view, 1, &index, &e), "%s", e.text);
    s->last = merkle_leaf_hash(view);
    if (d->heads)
        ck_assert(stream_heads_set(d->heads, str_of(s->name), (int64_t)s->sequence, s->last));
    s->sequence++;
    d->ledger.now_ms += 7;
}

/* Signature line of `statement` under "label LF origin LF". */
static inline struct str test_statement_sign(struct test_directory *d, const char *label, const struct json *statement,
                                             const struct note_key *key, const struct ed25519_private *private_key)
{
    struct buf BUF_AUTO text;
    struct buf BUF_AUTO line;
    struct err e = {0};
    buf_init(&text, LIMIT_LEAF_BYTES);
    buf_init(&line, 1024);
    buf_printf(&text, "%s\n%s\n", label, TEST_ORIGIN);
    ck_assert(json_write_canonical(&text, statement, &e));
    buf_char(&text, '\n');
    note_sign_line(key, private_key, buf_view(&text), &line);
    return arena_str(d->arena, buf_view(&line));
}

static inline void test_directory_key(struct test_directory *d, const char *role, const struct note_key *key)
{
    struct json *leaf = json_object(d->arena), *statement = json_put_object(leaf, "key");
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(key, &vkey);
    json_put_cstr(statement, "act", "add");
    json_put_cstr(statement, "role", role);
    json_put_str(statement, "vkey", arena_str(d->arena, buf_view(&vkey)));
    test_directory_append(d, "key", 0, leaf, test_statement_sign(d, "assay/key@v1", statement, &d->root, &d->root_private));
}

static inline void test_directory_make_sized(struct test_directory *d, uint64_t journal_segment_bytes)
{
    memset(d, 0, sizeof(*d));
    test_ledger_make(&d->ledger);
    d->ledger.options.journal_segment_bytes = journal_segment_bytes;
    d->arena = arena_new("test directory", 256 << 20);
    d->streams[0].name = "key";
    d->streams[1].name = "host/01234567";
    d->streams[2].name = "host/01234567/sshd_effective";
    d->streams[3].name = "parameter";
    d->root_private.seed[0] = 1;
    d->collector_private.seed[0] = 2;
    d->root = note_key_make(TEST_ORIGIN "/root", ed25519_public_of(&d->root_private));
    d->collector = note_key_make(TEST_ORIGIN "/collector/01234567", ed25519_public_of(&d->collector_private));
    ck_assert(mkdirat(d->ledger.dir, "blobs", 0700) == 0 && mkdirat(d->ledger.dir, "private/keys", 0700) == 0);
    test_file_write(d->ledger.dir, "config.json", STR("{\"format\":1,\"origin\":\"" TEST_ORIGIN "\",\"created\":1}\n"));
    test_file_write(d->ledger.dir, "private/keys/master",
                    STR("0000000000000000000000000000000000000000000000000000000000000000\n"));
    test_directory_open(d);
    test_directory_key(d, "root", &d->root);
    test_directory_key(d, "log", &d->ledger.key);
    test_directory_key(d, "collector", &d->collector);
}

static inline void test_directory_make(struct test_directory *d)
{
    test_directory_make_sized(d, 1 << 20);
}

static inline void test_directory_remove(struct test_directory *d)
{
    test_directory_close(d);
    test_ledger_remove(&d->ledger);
    arena_free(d->arena);
}

#define TEST_SUBJECT "s:0123456789abcdef0123456789abcdef"

/* Over the last 100 ms, or as long ago as the test says. */
static inline void test_observed(struct test_directory *d, struct json *o)
{
    struct json *obs = json_put_array(o, "obs");
    int64_t to_ms = d->ledger.now_ms - d->late_ms;
    json_push_int(obs, to_ms - 100);
    json_push_int(obs, to_ms);
}

/* One run: an item with a blob, and the run leaf with the collector's statement. */
static inline void test_directory_run(struct test_directory *d, size_t blob_size)
{
    struct err e = {0};
    struct blob_sealed sealed;
    char *plain = arena_alloc(d->arena, blob_size);
    for (size_t i = 0; i < blob_size; i++)
        plain[i] = "row,of cells\n"[test_random(&d->ledger.seed) % 13];
    ck_assert_msg(blob_seal(&d->ledger.env, d->arena, str_make(plain, blob_size), &sealed, &e), "%s", e.text);
    ck_assert_msg(pack_add(d->packs, sealed.x, sealed.bytes, &e) &&
                      keyring_add(d->keys, &d->ledger.env, sealed.x, sealed.dek, &e) && pack_sync(d->packs, &e) &&
                      keyring_sync(d->keys, &e),
                  "%s", e.text);
    ledger_count_blobs(d->writer, 1, sealed.bytes.size);
    struct json *item = json_object(d->arena), *blob = json_push_object(json_put_array(item, "b"));
    struct str c = arena_str(d->arena, str_of(sealed.c));
    json_put_str(blob, "c", c);
    json_put_str(blob, "x", arena_str(d->arena, str_of(sealed.x)));
    json_put_cstr(blob, "m", "application/x-assay-rows");
    json_put_cstr(blob, "z", "<=4k");
    json_put_cstr(item, "sub", TEST_SUBJECT);
    json_put_cstr(item, "tbl", "sshd_effective");
    json_put_int(item, "ver", 1);
    json_put_int(item, "rows", 3);
    json_put_cstr(item, "state", "complete");
    test_observed(d, item);
    test_directory_append(d, "item", 2, item, (struct str){"", 0});
    struct json *run = json_object(d->arena), *statement = json_put_object(run, "run");
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(&d->collector, &vkey);
    json_put_str(statement, "col", arena_str(d->arena, buf_view(&vkey)));
    json_put_cstr(statement, "ver", "1");
    json_put_cstr(statement, "sub", TEST_SUBJECT);
    json_put_int(statement, "exit", 0);
    test_observed(d, statement);
    json_put_int(statement, "seq", d->run_sequence++);
    json_put_str(statement, "prev", arena_str(d->arena, str_of(d->run_last)));
    json_put_str(json_put_object(statement, "tables"), "sshd_effective", c);
    struct str line = test_statement_sign(d, "assay/run@v1", statement, &d->collector, &d->collector_private);
    test_directory_append(d, "run", 1, run, line);
    hex_encode(d->streams[1].last.bytes, SHA256_SIZE, d->run_last);
}

static inline void test_directory_parameter(struct test_directory *d, int64_t value)
{
    struct json *leaf = json_object(d->arena);
    json_put_cstr(leaf, "type", "parameter");
    json_put_cstr(leaf, "id", "ssh_max_auth_tries");
    json_put_int(leaf, "val", value);
    test_directory_append(d, "record", 3, leaf, (struct str){"", 0});
}

#endif
