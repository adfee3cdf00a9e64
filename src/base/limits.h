/*
 * limits.h - every cap of the program: name, value, unit, why. What a user or an input can grow has one; hitting it names it.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    LIMIT_LEAF_BYTES = 65535,               /* C2SP entry bundles carry a 16-bit length */
    LIMIT_BATCH_LEAVES = 10240,             /* leaves of one frame: an import of 10,000 records is one operation */
    LIMIT_BATCH_BYTES = 1 << 20,            /* group commit, bounds the time of one sync: from here on the next operation waits */
    LIMIT_OPERATION_LEAF_BYTES = 14 << 20,  /* all leaves of one operation: a torn frame is told from a damaged one within 16 MiB */
    LIMIT_JOURNAL_SEGMENT_BYTES = 64 << 20, /* preallocated */
    LIMIT_MESSAGE_BYTES = 256 << 20,        /* one framed message between our processes: a run with all its blobs */
    LIMIT_BLOB_BYTES = 128 << 20,           /* one blob before compression: a table of 100 MB fits */
    LIMIT_CAPTURED_FILE_BYTES = 4 << 20,    /* bytes of one source file that are kept beside the rows: the package list of a large host */
    LIMIT_READ_FILE_BYTES = 256 << 20,      /* largest file that a table parser reads */
    LIMIT_TABLE_ROWS = 4 << 20,             /* rows of one table in one run */
    LIMIT_TABLE_TIME_MS = 10000,            /* one table; file walk: LIMIT_WALK_TIME_MS */
    LIMIT_WALK_TIME_MS = 600000,
    LIMIT_TEST_TIME_MS = 5000,              /* one test's SQL */
    LIMIT_TEST_ROWS = 100000,               /* resources of one test */
    LIMIT_QUERY_ROWS = 1000000,             /* assay query */
    LIMIT_YAML_BYTES = 4 << 20,
    LIMIT_YAML_DEPTH = 16,
    LIMIT_YAML_MEMBERS = 4000, /* of one map */
    LIMIT_YAML_ANCHORS = 4096,
    LIMIT_YAML_ALIASED = 200000, /* values that stand behind aliases */
    LIMIT_DESCRIPTORS_MIN = 128,            /* open files that every process of ours needs at least (ulimit -n); asked for: _ASKED */
    LIMIT_DESCRIPTORS_ASKED = 1024,
    LIMIT_HTTP_HEADER_BYTES = 16 << 10,
    LIMIT_HTTP_BODY_BYTES = 1 << 20
};

#endif
