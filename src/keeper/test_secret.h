/*
 * test_secret.h - a directory with a secret among other notes, its erasure, and what is left of it in any file; for tests.
 */
#ifndef KEEPER_TEST_SECRET_H
#define KEEPER_TEST_SECRET_H

#include "keeper/test_death.h"
#include "ledger/erase.h"
#include <stdio.h>

static const char SECRET[] = "Zebedee Quixote, 12 Privet Drive, was here";
static const char KEPT[] = "nothing about anybody";
enum { OTHERS = 20 };

static struct test_keeper t;
static struct arena *arena;

/* ---- the scene ---- */

struct secret {
    uint64_t leaf;
    char c[65], x[65];
    uint8_t dek[DEK_SIZE];
    struct str stored;  /* sealed bytes */
    struct str wrapped; /* its record in the keyring */
    struct sha256 name;
};

static inline void note(const char *text)
{
    char id[33];
    struct json *answer;
    struct err e = {0};
    op_id_new(&env_system, id);
    ck_assert_msg(test_note(t.client, arena, id, "a note", text, &answer, &e), "%s", e.text);
}

static inline struct str file_bytes(const char *path)
{
    struct err e = {0};
    struct buf BUF_AUTO bytes;
    char whole[PATH_MAX + 64];
    buf_init(&bytes, 1 << 30);
    snprintf(whole, sizeof(whole), "%s/%s", t.path, path);
    ck_assert_msg(os_file_read(&os_file_real, AT_FDCWD, whole, &bytes, &e), "%s: %s", whole, e.text);
    return arena_str(arena, buf_view(&bytes));
}

static inline struct ledger_reader *reader(void)
{
    struct data_dir d;
    struct err e = {0};
    ck_assert(data_dir_open(&d, t.path, &e));
    int fd = data_dir_ledger(&d, &e);
    struct ledger_reader *r = ledger_reader_open(fd, &e);
    ck_assert_msg(r != NULL, "%s", e.text);
    close(fd);
    data_dir_close(&d);
    return r;
}

static inline struct keyring *keys(struct err *e)
{
    uint8_t master[32];
    int dir = open(t.path, O_RDONLY | O_DIRECTORY), private_dir = openat(dir, "private", O_RDONLY | O_DIRECTORY);
    ck_assert(keys_load_secret(dir, "master", master, e));
    struct keyring *k = keyring_open(&os_file_real, private_dir, master, false, e);
    close(dir);
    close(private_dir);
    return k;
}

static inline struct pack_store *packs(struct err *e)
{
    int dir = open(t.path, O_RDONLY | O_DIRECTORY), blobs = openat(dir, "blobs", O_RDONLY | O_DIRECTORY);
    struct pack_store *p = pack_open(&os_file_real, blobs, false, e);
    close(dir);
    close(blobs);
    return p;
}

static inline void secret_look(struct secret *s)
{
    struct err e = {0};
    struct str bytes;
    struct leaf leaf;
    struct ledger_reader *r = reader();
    ck_assert(ledger_reader_leaf(r, arena, s->leaf, &bytes, &e) && leaf_parse(arena, bytes, &leaf, &e));
    ledger_reader_close(r);
    const struct json *b = json_at(json_get(leaf.json, "b"), 0);
    snprintf(s->c, sizeof(s->c), "%.*s", STR_ARGS(json_text(b, "c")));
    snprintf(s->x, sizeof(s->x), "%.*s", STR_ARGS(json_text(b, "x")));
    ck_assert(hex_decode(str_of(s->x), s->name.bytes, 32));
    struct keyring *k = keys(&e);
    struct pack_store *p = packs(&e);
    ck_assert(keyring_get(k, s->x, s->dek, &e) && pack_read(p, arena, s->x, &s->stored, &e));
    keyring_close(k);
    pack_close(p);
    struct str ring = file_bytes("private/keyring/keys");
    ptrdiff_t at = str_find(ring, str_make(s->name.bytes, 32));
    ck_assert_int_ge(at, 0);
    s->wrapped = str_slice(ring, (size_t)at + 32, (size_t)at + 92);
}

/* A directory with a secret among other notes. */
static inline void scene_make(struct secret *s)
{
    struct err e = {0};
    arena = arena_new("erasing test", 1 << 30);
    scene_start(&t);
    for (int i = 0; i < OTHERS; i++) {
        note(i == OTHERS / 2 ? SECRET : KEPT);
        struct err flushed = {0};
        if (i == OTHERS / 2)
            ck_assert(keeper_flush(t.client, &flushed));
    }
    ck_assert(keeper_flush(t.client, &e));
    test_keeper_stop(&t);
    struct db *db = test_projection(&t);
    s->leaf = (uint64_t)db_one_int(db, &e, -1, "select leaf from parameter where value like 'Zebedee%'");
    db_close(db);
    ck_assert(e.code == ERR_NONE);
    secret_look(s);
}

static inline bool erase(struct secret *s, struct json **ret_answer, struct err *e)
{
    struct blob_sealed why;
    struct data_dir d;
    struct note_key key;
    struct ed25519_private private_key;
    struct buf BUF_AUTO text, lines;
    char hash[65];
    buf_init(&text, 8192);
    buf_init(&lines, 8192);
    struct str bytes;
    struct ledger_reader *r = reader();
    ck_assert(ledger_reader_leaf(r, arena, s->leaf, &bytes, e));
    ledger_reader_close(r);
    struct sha256 leaf_hash = merkle_leaf_hash(bytes);
    hex_encode(leaf_hash.bytes, 32, hash);
    ck_assert(blob_seal(&env_system, arena, STR("asked for"), &why, e));
    struct json *body = json_object(arena), *entry = json_push_object(json_put_array(body, "list")),
                *o = json_put_object(entry, "erase");
    json_put_int(o, "tgt", (int64_t)s->leaf);
    json_put_str(o, "lh", arena_str(arena, str_of(hash)));
    json_put_cstr(o, "c", s->c);
    json_put_cstr(o, "x", s->x);
    json_put_array(o, "also");
    json_put_cstr(o, "basis", "request");
    json_put_int(o, "req", 1000);
    json_put_int(o, "hor", 0);
    json_put_str(o, "why", arena_str(arena, str_of(why.c)));
    ck_assert(data_dir_open(&d, t.path, e));
    ck_assert(erase_statement_text(arena, str_of(d.origin), o, &text, e) &&
              keys_load_signing(d.fd, "officer", &key, &private_key, e));
    note_sign_line(&key, &private_key, buf_view(&text), &lines);
    json_put_str(entry, "sig", arena_str(arena, buf_view(&lines)));
    data_dir_close(&d);
    struct op_blob blob = {.media = "text/plain", .plain_size = why.plain_size, .ciphertext = why.bytes};
    memcpy(blob.c, why.c, sizeof(blob.c));
    memcpy(blob.x, why.x, sizeof(blob.x));
    memcpy(blob.dek, why.dek, sizeof(blob.dek));
    struct op op = {.kind = "erase", .actor = STR("local:test"), .body = body, .blobs = &blob, .blob_count = 1};
    op_id_new(&env_system, op.id);
    return keeper_submit(t.client, arena, &op, ret_answer, e) && keeper_flush(t.client, e);
}

/* ---- what is left ---- */

static inline int traces(const struct secret *s)
{
    int found = found_in(AT_FDCWD, t.path, STR("Zebedee"), "the plaintext") +
                found_in(AT_FDCWD, t.path, str_make(s->dek, DEK_SIZE), "the key") +
                found_in(AT_FDCWD, t.path, str_slice(s->wrapped, 12, 28), "half of the wrapped key") +
                found_in(AT_FDCWD, t.path, str_slice(s->wrapped, 44, 60), "the end of the wrapped key");
    for (size_t at = 0; at + 16 <= s->stored.size; at += 16)
        found += found_in(AT_FDCWD, t.path, str_slice(s->stored, at, at + 16), "sealed bytes");
    return found;
}

static inline void same_after_rebuild(void)
{
    struct sha256 before = test_dump(&t);
    test_rebuild(&t);
    ck_assert(sha256_equal(before, test_dump(&t)));
}

#endif
