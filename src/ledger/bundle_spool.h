/*
 * bundle_spool.h - the container under bundle.c: ustar members collected in unlinked files, each with its line for members.jsonl.
 */
#ifndef LEDGER_BUNDLE_SPOOL_H
#define LEDGER_BUNDLE_SPOOL_H

#include "ledger/ledger.h"

enum { SPOOL_BUFFER = 256 << 10 };

/* An unlinked file that is written to its end. */
struct spool_file {
    int fd;
    uint64_t size;
    size_t used;
    uint8_t *buffer;
};
struct spool {
    struct spool_file data, lines;
    uint64_t members;
};

bool spool_open(struct spool *s, int tmp_dir, struct err *e) MUST_USE;
void spool_close(struct spool *s);
bool spool_file_open(struct spool_file *f, int tmp_dir, struct err *e) MUST_USE;
void spool_file_close(struct spool_file *f);
bool spool_file_add(struct spool_file *f, struct str bytes, struct err *e) MUST_USE;
bool spool_file_flush(struct spool_file *f, struct err *e) MUST_USE;
/* Header, bytes and padding of one member, and its line. */
bool spool_member(struct spool *s, const char *name, struct str bytes, struct err *e) MUST_USE;
/* The same, where its hash is known. */
bool spool_member_hashed(struct spool *s, const char *name, struct str bytes, struct sha256 hash, struct err *e) MUST_USE;
/* The same for a member that lies in a file. */
bool spool_member_file(struct spool *s, const char *name, struct spool_file *f, struct err *e) MUST_USE;
/* The ustar header of a regular file, mode 0644, owner 0, time 0. A name over 99 bytes is split
 * into prefix and name. False when that cannot be, or the size is over 8 GiB. */
bool ustar_header(const char *name, uint64_t size, char ret[512]);
/* Hash of the whole file. */
bool spool_file_hash(struct spool_file *f, struct sha256 *ret, struct err *e) MUST_USE;
/* Appends the whole of `from`. */
bool spool_file_copy(struct spool_file *from, struct spool_file *to, struct err *e) MUST_USE;
/* Zeros up to the next block of 512. */
bool spool_file_pad(struct spool_file *f, struct err *e) MUST_USE;

#endif
