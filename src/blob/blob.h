/*
 * blob.h - sealed blobs (ledger.md 2.7) and the packs that hold them.
 *
 * A blob is plaintext under its own random key (DEK). From the DEK by HKDF-SHA-512 come the encryption key and the salt of the
 * commitment  c = SHA-256("assay/blob@v1" 00 || salt32 || u64be(size) || SHA-256(plaintext)).  The stored bytes are
 * zstd(plaintext) sealed with Cobblestone-256; x = SHA-256(stored bytes). Sealing needs no secret of ours, so collectors seal
 * themselves and the keeper only wraps the DEK. Packs (decisions.md 3) are append-only files of records
 * {magic "ABLB", u32be size, x 32 bytes, bytes}; a torn tail is cut at opening; the index x -> place is rebuilt by scanning.
 */
#ifndef BLOB_BLOB_H
#define BLOB_BLOB_H

#include "base/arena.h"
#include "base/env.h"
#include "crypto/crypto.h"
#include "os/file.h"

struct blob_sealed {
    char c[65];
    char x[65];
    uint8_t dek[DEK_SIZE];
    uint64_t plain_size;
    struct str bytes; /* in the arena given */
};

bool blob_seal(const struct env *env, struct arena *a, struct str plaintext, struct blob_sealed *ret, struct err *e) MUST_USE;
/* Checks x, decrypts, decompresses (at most size_max), checks c. ERR_CORRUPT names which of them failed. */
bool blob_open(struct arena *a, struct str stored, const char *c, const char *x, const uint8_t dek[DEK_SIZE], size_t size_max,
               struct str *ret_plain, struct err *e) MUST_USE;

/* The same, with what a bundle says of it: the salt of the commitment, and the hash that was computed for it anyway. */
struct blob_opened {
    struct str plain; /* in the arena given */
    uint8_t salt[32];
    struct sha256 hash; /* of the plaintext */
};
bool blob_open_whole(struct arena *a, struct str stored, const char *c, const char *x, const uint8_t dek[DEK_SIZE], size_t size_max, struct blob_opened *ret,
                     struct err *e) MUST_USE;
/* In two steps, the second of which another thread may do: all but the hash of the plaintext, and that with the check of c. */
bool blob_unseal(struct arena *a, struct str stored, const char *x, const uint8_t dek[DEK_SIZE], size_t size_max, struct blob_opened *ret, struct err *e) MUST_USE;
bool blob_settle(struct blob_opened *opened, const char *c, const char *x, struct err *e) MUST_USE;
/* Seals anew what has a commitment already: another key and x, the same c. What is sealed is then "ASLT", the salt, the zstd
 * frame, so that the salt still dies with the key. */
bool blob_reseal(const struct env *env, struct arena *a, struct str plaintext, const uint8_t salt[32], struct blob_sealed *ret,
                 struct err *e) MUST_USE;

/* The two halves of the commitment, for whoever checks a plaintext that was handed out with its salt. */
/* blob_salt: of a blob that was never sealed anew. */
void blob_salt(const uint8_t dek[DEK_SIZE], uint8_t ret_salt[32]);
struct sha256 blob_commitment(const uint8_t salt[32], struct str plaintext);

struct pack_store;
/* `dir` is a descriptor of blobs/. Read-only opening never changes files. */
struct pack_store *pack_open(const struct os_file_calls *calls, int dir, bool is_writer, struct err *e) MUST_USE;
struct pack_store *pack_close(struct pack_store *p);
/* Appends without syncing; equal x is stored once. */
bool pack_add(struct pack_store *p, const char *x, struct str bytes, struct err *e) MUST_USE;
/* One sync for all that was added since the last. On failure the keeper must stop. */
bool pack_sync(struct pack_store *p, struct err *e) MUST_USE;
/* ERR_NOT_FOUND, ERR_CORRUPT. */
bool pack_read(struct pack_store *p, struct arena *a, const char *x, struct str *ret_bytes, struct err *e) MUST_USE;
/* Where it lies, as a number for pack_read_at of another process: who is told so need not read where all others lie. ERR_NOT_FOUND. */
bool pack_place(struct pack_store *p, const char *x, uint64_t *ret_place, struct err *e) MUST_USE;
/* As pack_read. A place at which the blob does not lie (any more) costs time and nothing else. */
bool pack_read_at(struct pack_store *p, struct arena *a, const char *x, uint64_t place, struct str *ret_bytes, struct err *e) MUST_USE;
/* Every blob: for verify and scrub. */
bool pack_each(struct pack_store *p, bool (*each)(void *context, const char x[65], struct str bytes, struct err *e),
               void *context, struct err *e) MUST_USE;
/* The same of one pack, [0, count): in pieces. */
bool pack_count(struct pack_store *p, uint32_t *ret, struct err *e) MUST_USE;
bool pack_each_in(struct pack_store *p, uint32_t n,
                  bool (*each)(void *context, const char x[65], struct str bytes, struct err *e), void *context,
                  struct err *e) MUST_USE;
/* Takes every record of these names out of the packs, for good: each pack that holds one is written again without it (new file,
 * synced, renamed, directory synced). The keys go first (keyring_erase). Repeating it changes nothing; a crash leaves the old
 * pack or the new one. Readers notice. False: the packs can't be written any more. */
bool pack_erase(struct pack_store *p, const struct sha256 *names, size_t count, struct err *e) MUST_USE;
/* Is there a record of this name, whatever its bytes? */
bool pack_has(struct pack_store *p, const struct sha256 *name, bool *ret_is_there, struct err *e) MUST_USE;
/* Sealed anew: `to` follows `from`. Noted in blobs/pack/moved, records {from 32, to 32, crc32c}, synced by pack_sync; repeating
 * it changes nothing. It counts as soon as `from` is not there any more. */
bool pack_move(struct pack_store *p, const struct sha256 *from, const struct sha256 *to, struct err *e) MUST_USE;
/* Under which name the blob lies now: x itself where it is there, else what followed it, and what followed that. What is nowhere
 * keeps a name that is not there. */
bool pack_current(struct pack_store *p, const char *x, char ret[65], struct err *e) MUST_USE;
/* Packs in which a broken place lies between records. */
uint32_t pack_damaged_count(struct pack_store *p);
/* A pack is followed by a new one when it would grow over this (256 MiB). For tests. */
void pack_set_roll_bytes(struct pack_store *p, uint64_t bytes);

/* Keyring: wrapped DEKs by x, an append-only file private/keyring/keys of fixed records {x 32, wrapped 60, crc32c}, synced with
 * the pack. keyring_add of a name that is there with the same key does nothing; with another key it is ERR_CONFLICT. keyring_get:
 * ERR_NOT_FOUND. */
struct keyring;
struct keyring *keyring_open(const struct os_file_calls *calls, int private_dir, const uint8_t master[32], bool is_writer,
                             struct err *e) MUST_USE;
struct keyring *keyring_close(struct keyring *k);
bool keyring_add(struct keyring *k, const struct env *env, const char *x, const uint8_t dek[DEK_SIZE], struct err *e) MUST_USE;
bool keyring_sync(struct keyring *k, struct err *e) MUST_USE;
bool keyring_get(struct keyring *k, const char *x, uint8_t ret_dek[DEK_SIZE], struct err *e) MUST_USE;
/* Destroys the keys of these names: their records are overwritten with zeros and synced, then the file is written again without
 * them, synced, renamed, and the directory synced. Repeating it changes nothing; a crash leaves no more than zeros. False: the
 * keyring can't be written any more. */
bool keyring_erase(struct keyring *k, const struct sha256 *names, size_t count, struct err *e) MUST_USE;
/* Is there a record for this name? Needs no master key. */
bool keyring_has(struct keyring *k, const struct sha256 *name);
/* For backups: every record that holds, as it is; how many there are in such bytes (UINT64_MAX: not a whole number); and putting
 * those back that are neither there nor among the names of erased blobs. The caller syncs. Keys stay wrapped: no master key. */
bool keyring_records(struct keyring *k, struct buf *out, struct err *e) MUST_USE;
uint64_t keyring_record_count(struct str records);
struct keyring_source { /* records from a time of another master key */
    uint8_t master[32];
    const struct env *env;
};
/* from: NULL when they are wrapped under the master key of now. */
bool keyring_merge(struct keyring *k, struct str records, const struct keyring_source *from, const struct sha256 *erased,
                   size_t erased_count, uint64_t *ret_added, uint64_t *ret_erased, struct err *e) MUST_USE;
/* Another master key: wraps keys anew under `next` into keys.rewrap, about `at_once` of them a call, from where the last call
 * ended; keys may be added in between. When all are there the file takes the place of the old one, synced (ret_is_done), and
 * `next` is the master key of this keyring. A failure leaves the keyring as it was, and a crash the old file or the new one: what
 * opens (keyring_get) is looked for under private/keys/master and master.next when the key given to keyring_open does not open
 * it. */
bool keyring_rewrap(struct keyring *k, const struct env *env, const uint8_t next[32], uint64_t at_once, uint64_t *ret_done,
                    uint64_t *ret_all, bool *ret_is_done, struct err *e) MUST_USE;
/* Gives up what keyring_rewrap began: overwritten and removed. Opening for writing and erasing do the same. */
bool keyring_rewrap_stop(struct keyring *k, struct err *e) MUST_USE;
uint64_t keyring_count(const struct keyring *k);

#endif
