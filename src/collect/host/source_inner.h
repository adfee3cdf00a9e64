/* source_inner.h - what source.c (reading) and record.c (recording) share; nobody else includes it. */
#ifndef COLLECT_HOST_SOURCE_INNER_H
#define COLLECT_HOST_SOURCE_INNER_H

#include "collect/host/source.h"

enum read_op { READ_FILE, READ_HEAD, READ_LIST, READ_STAT, READ_LSTAT, READ_LINK, READ_SLICE };

/* One answer that the host gave. */
struct reading {
    struct str path;
    enum read_op op;
    size_t size_max;        /* of a head or slice */
    int64_t offset;         /* of a slice */
    struct err error;       /* code ERR_NONE: it succeeded */
    struct file_facts facts;
    struct str bytes;       /* file, head, link target; a list: its names, each with a NUL behind it */
    uint64_t size_bytes;    /* of bytes, also when only the digest is kept */
    char digest[65];        /* of a file that is too large to keep; otherwise empty */
};

enum source_kind { SOURCE_LIVE, SOURCE_TREE, SOURCE_RECORD };
struct source {
    enum source_kind kind;
    int root_fd;
    int64_t now_ms;
    bool is_recording;
    struct arena *records;    /* what was read since source_record_begin */
    struct reading *readings; /* a record: sorted; otherwise in the order of reading */
    size_t reading_count, reading_capacity;
    struct arena *directory_arena;
    struct directory_answer { /* of the services that were asked */
        struct str path, lines;
        struct err error;
        struct directory_answer *next;
    } *directory;
};

/* Keeps a copy of `r` if the source records. */
void record_add(struct source *s, const struct reading *r);
/* The answer that the record holds; NULL if the path was not read so. */
const struct reading *record_find(const struct source *s, const struct reading *question);
bool record_parse(struct source *s, struct arena *a, struct str record, struct err *e) MUST_USE;

/* Takes secrets out of what was read at `path`: password hashes, private keys, credentials in URLs. May return `bytes` itself or a
 * copy in `a`. Done twice it gives the same as done once. */
struct str redact(struct arena *a, struct str path, struct str bytes);

#endif
