/*
 * reperform.h - runs every past evaluation again from the captured bytes, and compares row by row.
 *
 * For each evaluation: its leaf says which run, catalogue and parameters it used; the captures of that run are opened (name,
 * commitment and decryption are checked), the tests of that catalogue run over them with :now_ms of then, and the results are
 * compared with what the ledger recorded. Captures that kept the bytes of their files are parsed again, once each. Everything is
 * checked against the ledger's own leaves where a reader is given, so a tampered projection shows too.
 */
#ifndef ASSESS_REPERFORM_H
#define ASSESS_REPERFORM_H

#include "collect/captures.h"
#include "ledger/ledger.h"

struct reperform_options {
    struct db *projection;
    const struct blob_opener *blobs;
    struct ledger_reader *ledger; /* may be NULL */
    int64_t last;                 /* only the newest so many of each subject; 0: all */
    bool with_all_blobs;          /* open every other blob that a leaf names, too: files, values, rows; wants `ledger` */
    /* Names (x) of blobs that are known to be damaged and were told already: whatever builds on them is left out, not told again. */
    bool is_part;                 /* a bundle: what it does not have was withheld */
    const struct sha256 *damaged;
    size_t damaged_count;
    /* Told before each evaluation; may be NULL. */
    void (*progress)(void *context, uint64_t done, uint64_t all);
    void *context;
};

/* A damaged blob is one difference, told when it is first met; what builds on it is not compared, and named in `erased` with the kind "damaged".
 * kind: "bytes" (stored bytes are changed or missing), "parser" (the recorded bytes give other rows today), "parameter", "test"
 * (the catalogue is not what it says), "result" (a row differs), "ledger" (the projection is not what the ledger says). */
struct reperform_difference {
    const char *kind;
    int64_t evaluation; /* leaf; -1 when it belongs to none */
    struct str text;    /* names what differs, and how */
};

enum { REPERFORM_DIFFERENCES_MAX = 200 };
struct reperform_report {
    uint64_t evaluations, results, captures, reparsed, rows_only; /* rows_only: captures whose source kept no bytes */
    uint64_t blobs;                                               /* opened beside those, where all were asked for */
    uint64_t difference_count;                                    /* all, also those beyond the maximum */
    struct reperform_difference *differences;
    size_t kept;
    /* What could not be run again because its inputs or its results were erased: no difference, and named. kind: "erased";
     * "damaged": because of a difference that was told. */
    uint64_t erased_count;
    struct reperform_difference *erased;
    size_t erased_kept;
};

/* "capture 17, table users, subject s:3f…, rows": which blob this is, for whoever reads of its damage. `leaf` is its JSON, c one of its blobs. */
struct str reperform_blob_words(struct arena *a, int64_t index, struct str type, const struct json *leaf, struct str c);

/* False only if it could not be done; differences are in the report. */
bool reperform(const struct reperform_options *o, struct arena *a, struct reperform_report *ret, struct err *e) MUST_USE;

#endif
