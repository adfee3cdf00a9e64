/*
 * data_dir.h - the data directory: where things lie, whose keys they are, and the projection for readers.
 *
 *   config.json                 {"format":1,"origin":"…","created":ms}; the last thing that `init` writes
 *   ledger/<sha256 of origin>/  public: checkpoint, tile/
 *   blobs/pack/                 sealed blobs
 *   db/assay.db                 the projection: a cache, replaced as a whole by a rebuild
 *   private/                    0700: keys/, keyring, journal, signer.head, keeper.sock, lock
 *
 *     struct data_dir d;
 *     if (!data_dir_open(&d, path, e)) ...
 *     struct db *db = data_dir_projection(&d, e);
 *     data_dir_close(&d);
 */
#ifndef KEEPER_DATA_DIR_H
#define KEEPER_DATA_DIR_H

#include "base/env.h"
#include "base/err.h"
#include "crypto/crypto.h"
#include "db/db.h"
#include "ledger/ledger.h"
#include <limits.h>

struct data_dir {
    int fd;
    char path[PATH_MAX]; /* absolute */
    char origin[256];
    int64_t created_at_ms;
};

/* ERR_NOT_FOUND "PATH: no data directory here; make one with: assay init --data PATH". ERR_CORRUPT: config.json does not read.
 * ERR_UNSUPPORTED: a newer format. */
bool data_dir_open(struct data_dir *ret, const char *path, struct err *e) MUST_USE;
void data_dir_close(struct data_dir *d);

/* The projection for reading. ERR_UNAVAILABLE with advice when it is missing or of another schema (`assay rebuild`). A rebuild
 * replaces the file; long-lived readers ask data_dir_projection_is_current now and then and open again. */
struct db *data_dir_projection(const struct data_dir *d, struct err *e) MUST_USE;
bool data_dir_projection_is_current(const struct data_dir *d, uint64_t inode);
uint64_t data_dir_projection_inode(const struct data_dir *d); /* 0: missing */
/* "ledger/<64 hex>", below the data directory. Computed when asked: most commands never do, and the first hash of a process costs a
 * millisecond in OpenSSL. */
enum { DATA_DIR_LEDGER_SIZE = 7 + 64 + 1 };
void data_dir_ledger_path(const struct data_dir *d, char ret[DATA_DIR_LEDGER_SIZE]);
/* A descriptor of ledger/<hash>, for ledger_reader_open; -1 on failure. */
int data_dir_ledger(const struct data_dir *d, struct err *e) MUST_USE;

/* ---- keys: private/keys/<name> (keys.c) ---- */

/* `log`, `collector`, `root`, `officer`: "PRIVATE+KEY+name+id+base64(0x01 || seed)", as Go's note package writes them. */
bool keys_load_signing(int data_dir_fd, const char *name, struct note_key *ret_public, struct ed25519_private *ret,
                       struct err *e) MUST_USE;
/* The key there, or a new one under `key_name`, on disk when this returns true. */
bool keys_make_signing(int data_dir_fd, const char *name, const char *key_name, const struct env *env, struct note_key *ret_public,
                       struct err *e) MUST_USE;
struct key_pair {
    struct note_key key;
    struct ed25519_private private_key;
    char file[32]; /* below private/keys; empty: from elsewhere */
};
/* All keys of a role: `log`, and `log.<8 hex digits of the id>` while one follows another. At least one; `log` comes first. */
bool keys_load_all(int data_dir_fd, const char *role, struct key_pair *ret, size_t max, size_t *ret_count, struct err *e) MUST_USE;
/* A key file anywhere: a root key that is kept away from this machine. Saving never overwrites. */
bool keys_load_file(const char *path, struct key_pair *ret, struct err *e) MUST_USE;
/* The same from its text. */
bool keys_parse(struct str text, struct key_pair *ret, struct err *e) MUST_USE;
bool keys_save_file(const char *path, const struct key_pair *pair, struct err *e) MUST_USE;
/* `subject`, `master`: 32 bytes as hex. */
bool keys_load_secret(int data_dir_fd, const char *name, uint8_t ret[32], struct err *e) MUST_USE;
/* "s:" and 32 hex digits: the pseudonym of a person, a host or an actor under the subject key. */
enum { SUBJECT_TEXT_SIZE = 35 };
void subject_pseudonym(const uint8_t subject_key[32], struct str id, char ret[SUBJECT_TEXT_SIZE]);

/* ---- init ---- */

struct data_dir_init {
    const char *path;
    const char *host_name; /* origin's first part; NULL: this host's */
    struct str machine_id; /* names the collector's key; empty: /etc/machine-id, else the host name */
    const struct env *env;
};
/* Makes the directory, keys, empty ledger, signer's head, config.json, in this order; what a broken-off init left behind is
 * completed. ERR_EXISTS: is a data directory already. ERR_INVALID: not empty and none of ours. The keys' leaves are registered by
 * keeper_register_keys, through a keeper, after it. */
bool data_dir_init(const struct data_dir_init *o, struct err *e) MUST_USE;
/* private/keys/officer of a directory that has none yet. */
bool data_dir_officer_make(const struct data_dir *d, const struct env *env, struct err *e) MUST_USE;

#endif
