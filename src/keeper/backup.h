/*
 * backup.h - one file that holds a whole data directory, and a directory made from it that was checked before anybody relies on
 * it.
 *
 * The file is a POSIX ustar archive: backup.json, config.json, ledger/... (public part, exactly that of the checkpoint),
 * blobs/pack/..., private/... but for the keyring, and at the end members.sha256, which has a line "hash  name" for each. `tar
 * tf` lists it. It holds the private keys: keep it like them. The keyring, with which blobs can be read, has backups of its own
 * that expire (key_backup.h); with_keyring puts it in here all the same, and then what is erased later can be read with this file
 * for as long as it exists.
 *
 * A directory made from a backup may be older than what was signed since. To sign again from there would be a fork, so it is
 * marked (private/restored), and no keeper writes to it until somebody shows that nothing newer was signed.
 */
#ifndef KEEPER_BACKUP_H
#define KEEPER_BACKUP_H

#include "keeper/data_dir.h"

#define RESTORED_FILE "restored" /* below private/ */
#define BACKUP_NOTE_FILE "backup.json" /* below private/: {"t","leaves","root","bytes","keyring"} of the last one; beside the ledger, since a leaf would be newer than the backup */

struct backup_report {
    struct checkpoint head;
    uint64_t members, bytes;
    bool with_keyring;
};

/* FILE must not exist; it is there whole or not at all. Works beside a server. ERR_CONFLICT: something was erased meanwhile, or
 * another backup is being written: start again. progress (may be NULL) is told the bytes written so far. */
bool backup_write(const char *data_dir, const char *file, bool with_keyring, void (*progress)(uint64_t bytes),
                  struct backup_report *ret, struct err *e) MUST_USE;
/* Extracts into `data_dir`, which must not exist or be empty, and marks it. ERR_CORRUPT: the file is damaged. What was extracted
 * until a failure is left, marked: the caller discards it. */
bool backup_extract(const char *file, const char *data_dir, struct backup_report *ret, struct err *e) MUST_USE;
/* Removes what a restore has begun at `path`: a directory that is empty or marked, and nothing else (ERR_EXISTS). True, too, when
 * nothing is there. */
bool backup_discard(const char *path, struct err *e) MUST_USE;
/* Says in the data directory that one was made. */
bool backup_note(const char *data_dir, const struct env *env, const struct backup_report *r, struct err *e) MUST_USE;
/* Is there a mark? */
bool backup_is_marked(int private_fd);
/* Takes the mark away. */
bool backup_confirm(const struct data_dir *d, struct err *e) MUST_USE;

#endif
