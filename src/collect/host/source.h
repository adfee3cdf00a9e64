/*
 * source.h - where host tables read from: the running host, a directory tree, or the recorded bytes of a past capture.
 *
 * Gather functions read files only through these calls. A source records what was read for the table at hand (path, kind, bytes),
 * so that the capture holds the bytes and the same gather function can run again over them (source_from_record) and must give the
 * same rows. Secret files are redacted at reading (password hashes become "$y$redacted" with algorithm and parameters kept;
 * private keys are never read), live as well as recorded. Reading changes nothing: O_NOATIME where permitted, O_NONBLOCK, regular
 * files only unless said, symbolic links resolved inside the root.
 */
#ifndef COLLECT_HOST_SOURCE_H
#define COLLECT_HOST_SOURCE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include <stdint.h>
#include <sys/types.h>

struct source;

enum file_kind { FILE_REGULAR, FILE_DIRECTORY, FILE_SYMLINK, FILE_FIFO, FILE_SOCKET, FILE_BLOCK, FILE_CHARACTER };
struct file_facts {
    enum file_kind kind;
    mode_t mode; /* permission bits 07777 */
    uid_t uid;
    gid_t gid;
    int64_t size_bytes;
    int64_t mtime_ms;
    int64_t ctime_ms;
    uint64_t device;
    uint64_t inode;
    uint64_t links;
};

/* The running host. */
struct source *source_live(struct arena *a, int64_t now_ms);
/* A tree that is not running. ERR_NOT_FOUND, ERR_INVALID when `path` is no directory. */
struct source *source_tree(struct arena *a, const char *path, int64_t now_ms, struct err *e) MUST_USE;
/* The record of a past capture (source_record's bytes). ERR_CORRUPT. */
struct source *source_from_record(struct arena *a, struct str record, int64_t now_ms, struct err *e) MUST_USE;
void source_close(struct source *s);

bool source_is_live(const struct source *s); /* kernel, netlink, D-Bus and process facts are there to ask */
bool source_is_record(const struct source *s);
/* False when a record holds a file by its digest only: what was read from it cannot be read again. */
bool source_record_is_whole(const struct source *s);
int64_t source_now_ms(const struct source *s); /* taken_at: the clock that gather functions use */

/* The whole file, in `a`. Missing: ERR_NOT_FOUND. Not permitted: ERR_DENIED. Not a regular file: ERR_INVALID. Over size_max:
 * ERR_TOO_LARGE. */
bool source_read(struct source *s, struct arena *a, const char *path, size_t size_max, struct str *ret_bytes,
                 struct err *e) MUST_USE;
/* At most the first size_max bytes. */
bool source_read_head(struct source *s, struct arena *a, const char *path, size_t size_max, struct str *ret_bytes,
                      struct err *e) MUST_USE;
/* A file that may be too large to hold: `take` gets its bytes in order, in pieces; it returns false to stop. A file of up to 64 KiB is
 * recorded as by source_read; of a larger one digest and size are, and a record cannot give it (ERR_UNSUPPORTED). Nothing is redacted in
 * a larger one. Errors as source_read; ERR_CANCELLED when stopped. */
bool source_read_pieces(struct source *s, struct arena *a, const char *path, size_t size_max,
                        bool (*take)(void *context, struct str piece), void *context, struct err *e) MUST_USE;
/* At most size_max bytes from `offset`; a negative offset counts from the end of the file (-size_max gives its tail, and if the
 * file is shorter, all of it). ret_file_size may be NULL. Behind the end: an empty view. */
bool source_read_slice(struct source *s, struct arena *a, const char *path, int64_t offset, size_t size_max,
                       struct str *ret_bytes, uint64_t *ret_file_size, struct err *e) MUST_USE;
/* Names in a directory without "." and "..", sorted bytewise. */
bool source_list(struct source *s, struct arena *a, const char *path, struct str **ret_names, size_t *ret_count,
                 struct err *e) MUST_USE;
/* Facts of the file; `follow` resolves symbolic links (inside the root). */
bool source_stat(struct source *s, const char *path, bool follow, struct file_facts *ret, struct err *e) MUST_USE;
bool source_readlink(struct source *s, struct arena *a, const char *path, struct str *ret_target, struct err *e) MUST_USE;
/* The entries of "passwd" or "group" that one NSS service of nsswitch.conf(5) gives, as directory.h says; asked once a source and
 * remembered. Recorded as a file of the path "nss:DATABASE:SERVICE". ERR_UNSUPPORTED for a tree: nothing runs there to ask. */
bool source_directory(struct source *s, struct arena *a, const char *database, struct str service, struct str *ret_lines,
                      struct err *e) MUST_USE;
/* A descriptor of the root directory for code that walks by itself (the file walk); -1 for a record. */
int source_root_fd(const struct source *s);

/* Recording, per table: begin forgets what was recorded; record writes all that was read since, canonical (sorted by path). A
 * file over LIMIT_CAPTURED_FILE_BYTES is recorded by digest and size only, and then ret_is_complete is false (rows cannot be
 * re-performed). */
void source_record_begin(struct source *s);
void source_record(struct source *s, struct buf *out, bool *ret_is_complete);
/* The paths that were read since begin, for "how it was read": sorted, in `a`. */
void source_paths(struct source *s, struct arena *a, struct str **ret_paths, size_t *ret_count);

#endif
