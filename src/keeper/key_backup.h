/*
 * key_backup.h - backups of the keyring: a file set of their own, with an end.
 *
 * The keyring holds one wrapped key for each blob. A backup of it is what lets a destroyed key come back, so each has a day on
 * which it expires (30 days unless said otherwise) and is written down in private/keyring/backups; an erasure says in its leaf
 * how long the last of them lives (`hor`). The wrapped keys are worth nothing without private/keys/master, which is not in the
 * file; backups of the rest of the data directory leave private/keyring out.
 *
 *   assay/keyring-backup@v1 LF  {"expires":ms,"keys":n,"made":ms,"master":…,"origin":…} LF  records of the keyring, 96 bytes each
 *
 * `master` is the check value of the master key under which they are wrapped. Another one may have followed it since (rewrap.c):
 * then the file is of use with the master key of its time only, which backups of the rest from that time hold.
 */
#ifndef KEEPER_KEY_BACKUP_H
#define KEEPER_KEY_BACKUP_H

#include "keeper/data_dir.h"

enum { KEY_BACKUP_DAYS = 30, KEY_BACKUP_DAYS_MAX = 3650, KEY_BACKUPS_MAX = 1000 };

struct key_backup {
    struct str path; /* absolute, as it was made */
    int64_t made_at_ms, expires_at_ms;
    uint64_t keys;
};

/* Writes the file (which must not exist) and notes it. Needs no keeper; one that runs goes on. */
bool keyring_export(const struct data_dir *d, struct arena *a, const char *path, int64_t now_ms, int days, struct key_backup *ret,
                    struct err *e) MUST_USE;
/* Puts keys back that are not there, but for those that were erased since. No keeper may run (ERR_CONFLICT). ERR_INVALID: of
 * another ledger, or no such file, or wrapped under another master key than the one in force. master_file: NULL, or where that
 * one is. */
bool keyring_import(const struct data_dir *d, const char *path, const char *master_file, const struct env *env,
                    uint64_t *ret_added, uint64_t *ret_erased, struct err *e) MUST_USE;
/* The backups noted, in `a`, oldest first. */
bool key_backup_list(const struct data_dir *d, struct arena *a, struct key_backup **ret, size_t *ret_count,
                     struct err *e) MUST_USE;
/* Days until no backup noted can hold a key that is destroyed now; 0: there is none. One that has expired and still lies where it
 * was made counts as if it were new. */
bool key_backup_horizon(const struct data_dir *d, int64_t now_ms, int64_t *ret_days, struct err *e) MUST_USE;
/* Expired, and still there? */
bool key_backup_is_overdue(const struct key_backup *b, int64_t now_ms);

#endif
