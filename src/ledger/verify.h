/*
 * verify.h - `assay verify DIR`: everything that can be checked in a data directory without running anything from it
 * (ledger.md 2.13).
 *
 * Checked are the signed checkpoint and every one in cp.log, each tile and bundle against the signed root, the profile and
 * framing of each leaf, the chains of streams, seals and runs, the clock, signatures of runs and keys, and each blob; where
 * private/ is there, also the state slots, the guard, the journal behind the checkpoint, and the decrypted blobs against their
 * commitments. Damaged input gives findings, never a crash; each finding is one line. What could not be checked is a note.
 *
 *     struct verify_report r;
 *     if (!verify_directory(path, &(struct verify_options){0}, arena, &r, &e)) ...    // could not even start
 *     return r.is_ok ? 0 : 1;
 *
 * Codes are those of ledger.md 2.13, and for private state: E80 state slots, E81 journal, E82 guard, E83 cp.log, E84 keyring, E85
 * packs, E87 private keys. W80, W82: one of two slots is damaged and the other one holds; the next write mends it.
 */
#ifndef LEDGER_VERIFY_H
#define LEDGER_VERIFY_H

#include "base/arena.h"
#include "ledger/ledger.h"

enum { VERIFY_FINDINGS_MAX = 100, VERIFY_NOTES_MAX = 32 };

struct verify_options {
    const char *log_vkey; /* the log key that the caller trusts, or a successor that it has signed for; NULL: what the ledger registers */
    const char *root_vkey;              /* the first root key, as the caller knows it; NULL: the one that the ledger registers */
    const struct checkpoint *last_seen; /* must be a prefix of what is there (E14); its origin may be empty; NULL: none */
    unsigned threads;  /* that read and hash; 0: as many as there are cores */
    bool is_tree_only; /* framing, hashes, tiles and the checkpoint: not what the leaves say, nothing private */
    bool without_blobs;                 /* leaves and tiles only */
    const char *policy; /* text of a C2SP tlog-policy that counts in place of the ledger's own (E11); NULL: its own */
    const char *tsa_ca; /* PEM of the time stamping authorities (and CRLs) that the caller trusts: stamps under others do not count, and
                           without any it is E21; NULL: those that the ledger registers */
};

struct verify_finding {
    const char *code; /* "E12" of ledger.md 2.13; "W51" is a warning, which leaves is_ok as it is */
    char text[400];
};

/* Blobs of a stream that an erase leaf names. */
struct verify_erased {
    struct str stream;
    uint64_t count;
};

struct verify_report {
    char origin[256];
    uint64_t size; /* leaves under the checkpoint */
    struct sha256 root;
    uint64_t unsigned_leaves; /* in the journal only, checked as far as they go */
    uint64_t leaves_checked, tiles_checked, blobs_checked, blobs_decrypted, runs_checked, checkpoints_checked;
    uint64_t erasures, blobs_erased;      /* erase leaves; references to blobs that they name (0 without blobs) */
    struct verify_erased *erased_streams; /* in the arena */
    size_t erased_stream_count;
    struct verify_finding *findings; /* the first VERIFY_FINDINGS_MAX, in the arena */
    size_t finding_count;            /* how many there were in all */
    const char **notes;              /* what was not or could not be checked, and why */
    size_t note_count;
    uint64_t anchors_checked;                 /* cosigned notes and time stamps that hold */
    uint64_t witnessed_size, stamped_size;    /* leaves under the newest of each; 0: none */
    int64_t witnessed_ms, stamped_ms;         /* when, by the clocks of those who say so */
    size_t witness_count, witnesses_of;       /* who cosigned the newest, of how many in the policy */
    const char *strength; /* of the newest leaf: "durable", "sealed", "signed", "witnessed" or "timestamped" (ledger.md 2.4) */
    bool is_ok;
};

/* False only when the check could not be made at all: no such directory (ERR_NOT_FOUND), no data directory of ours (ERR_INVALID),
 * no memory. */
bool verify_directory(const char *data_dir, const struct verify_options *o, struct arena *a, struct verify_report *ret,
                      struct err *e) MUST_USE;

/* private/keys/check: a line "name value" for each key of 32 random bytes, written when the key is made, so that a damaged key is
 * found. The value is the first 8 bytes of SHA-256("assay/key-check@v1" LF name LF key) in hex. */
#define KEY_CHECK_FILE "check"
enum { KEY_CHECK_SIZE = 17 };
void key_check_value(const char *name, const uint8_t key[32], char ret[KEY_CHECK_SIZE]);

#endif
