/*
 * av.h - the checks of assay-verify, and what its files share.
 *
 *   bundle.c      the container: manifest, members, tar framing, blobs        E01-E06 E32 E60-E63
 *   directory.c   the same view of a ledger directory on disk                 E31 E32
 *   tree.c        tiles against the signed root, roots of older sizes         E30 E31
 *   leaf.c        one leaf after the other: profile, types, chains, seals     E33 E34 E40-E45 E50 E63
 *   keys.c        which key counted from which leaf to which                  E42 E43
 *   head.c        checkpoints, policy, time stamps, the head seen before      E02 E10-E14 E20
 *   report.c      what is printed
 *
 * Memory is one `struct av` of fixed size (and 8 bytes for every 256 leaves of a bundle): about 3 MiB however large the ledger.
 * What is beyond a limit is said, and makes the answer "incomplete", never "fine". Nothing is written and nothing is executed.
 */
#ifndef AV_AV_H
#define AV_AV_H

#include "note.h"
#include <stdio.h>

enum {
    AV_FINDINGS_MAX = 100,
    AV_NOTES_MAX = 48,
    AV_KEYS_MAX = 256,
    AV_STREAMS_MAX = 16384,       /* in a table of twice as many places */
    AV_STREAM_NAMES_MAX = 1 << 20, /* bytes of all their names */
    AV_SUBJECTS_MAX = 2048,
    AV_PENDING_MAX = 1024,
    AV_ERASED_MAX = 16384,
    AV_ANCHORS_MAX = 4096,
    AV_LEAF_MAX = 65535,
    AV_LINE_MAX = 256 << 10,
    AV_WINDOW = 512 << 10,
    AV_LEVELS = 8,
    AV_TILE = 256,
    AV_ENTRIES = AV_LEVELS, /* the "level" of entry bundles */
};
#define AV_SIZE_MAX (UINT64_C(1) << 40)
#define AV_BUNDLES_MAX (UINT64_C(1) << 20) /* entry bundles of one .slb: 268 million leaves, 8 MiB of offsets */

/* ---- the caller's side ---- */

struct av_options {
    const char *path;        /* a bundle, or a directory that holds `checkpoint` and `tile/` */
    const char *log_vkey;    /* pinned keys, or NULL */
    const char *root_vkey;
    const char *policy_path; /* pinned tlog-policy, or NULL */
    const char *seen_path;   /* a checkpoint seen before, or NULL */
    int64_t explain;         /* a leaf, or -1 */
};
enum av_answer { AV_OK = 0, AV_FAIL = 1, AV_INCOMPLETE = 2 };
struct av;
/* One check at a time; the state is one static object. */
struct av *av_check(const struct av_options *o);
enum av_answer av_answer(const struct av *v);
void av_print_text(const struct av *v, FILE *out);
void av_print_json(const struct av *v, FILE *out);
/* `proof` is a C2SP tlog-proof file, `leaf` the leaf's bytes; keys as above. Prints one line for each finding, and the verdict. */
enum av_answer av_proof(const struct av_options *o, const char *proof_path, const char *leaf_path, FILE *out);

/* ---- files ---- */

/* A window on a part of a file; reads forward, gives up to AV_WINDOW bytes in one piece. */
struct av_reader {
    int fd;
    uint64_t next, end; /* file offsets of what was not read yet */
    size_t from, to;    /* what of `bytes` was read and not taken */
    bool has_failed;    /* the system refused */
    uint8_t bytes[AV_WINDOW];
};
void av_reader_start(struct av_reader *r, int fd, uint64_t offset, uint64_t size);
/* The next `size` bytes, which last until the next call; NULL when there are fewer. */
const uint8_t *av_reader_take(struct av_reader *r, size_t size);
/* The next line without its LF, at most AV_LINE_MAX. False at the end; a last line without LF is a fault. */
bool av_reader_line(struct av_reader *r, struct av_text *ret, bool *ret_fault);
bool av_reader_is_at_end(const struct av_reader *r);

struct av_span {
    int fd;
    uint64_t offset, size;
    bool is_own;    /* close it */
    bool is_longer; /* a full tile in the place of the partial one */
};
bool av_read_at(int fd, uint64_t offset, void *ret, size_t size);
/* Whole small file. -1 when it cannot be read or is larger. */
long av_read_file(const char *path, char *ret, size_t size_max);

/* ---- the state ---- */

enum av_mode { AV_DIRECTORY, AV_FULL, AV_RANGE, AV_SELECTED };

struct av_tile {
    bool is_there;
    uint64_t n;
    unsigned width;
    struct av_hash nodes[511]; /* its hashes, then the roots over 2, 4 ... 256 of them */
};

struct av_registered {
    struct av_key key;
    char role[16];
    uint64_t index;       /* of the key leaf */
    uint64_t from, until; /* signs leaves behind `from`, up to `until` */
    uint64_t trust;       /* revoked: checkpoints up to this size stand */
    int successor;        /* the key before it in its role, which signed for it; -1 */
    struct av_hash hash;  /* of the key leaf */
    bool is_seen;         /* its leaf was met in the tree or under a proof */
    bool is_added;        /* false: a leaf that ends a key or sets the quorum, kept for its hash */
    bool is_revoked, is_first_log;
};

struct av_stream {
    uint32_t name, name_size; /* place in stream_names */
    uint64_t next;
    struct av_hash last;
};

/* An item of a run whose own leaf has not come yet. */
struct av_pending {
    char table[64];
    char c[65];
};

struct av_subject {
    struct av_hash id; /* SHA-256 of the subject */
    int64_t next;
    struct av_hash last;
};

/* Where the members of a bundle lie. */
struct av_bundle {
    enum av_mode mode;
    struct av_span manifest, members, policy, keys, checkpoints, proofs, salts, state;
    uint64_t level_base[AV_LEVELS][2], level_first[AV_LEVELS][2], level_count[AV_LEVELS][2]; /* headers of consecutive tiles */
    uint64_t *entries;                                                                      /* offsets of the entry bundles */
    uint64_t entries_first, entries_count;
    uint64_t proofs_offset, proofs_end; /* headers and all */
    uint64_t from, to;
    uint64_t disclosed, withheld, erased, member_count, chosen;   /* as counted */
    int64_t said_disclosed, said_withheld, said_erased, said_members, said_leaves; /* as the manifest says */
    int64_t said_lag, per[2];
    char audience[512], purpose[512];
    struct av_hash manifest_hash;
};

struct av_explained {
    bool is_found;
    char text[AV_LEAF_MAX + 1];
    size_t size;
    struct av_hash hash;
    struct av_hash path[64];
    int path_count;
    uint64_t seal;
    int64_t seal_t;
    bool has_seal;
    uint64_t cosigned_size, cosigned_time, stamped_size;
    char stamped_time[32];
    char signer[AV_NAME_MAX + 1];
    char blobs[4096];
};

struct av {
    struct av_options o;
    struct av_finding {
        const char *code;
        char text[320];
    } findings[AV_FINDINGS_MAX];
    size_t finding_count, error_count;
    char notes[AV_NOTES_MAX][360];
    size_t note_count;
    bool is_incomplete, is_wrong_use;

    int fd; /* the bundle, or the directory */
    enum av_mode mode;
    struct av_bundle bundle;
    char origin[AV_NAME_MAX + 1];
    uint64_t size; /* of the head */
    struct av_hash root;
    char head_note[AV_NOTE_MAX];
    size_t head_note_size;

    struct av_tile tiles[AV_LEVELS], edge[AV_LEVELS];
    bool has_tree; /* the right edge has the head's root */

    struct av_registered keys[AV_KEYS_MAX];
    int key_count, root_need; /* root keys that have to sign; 0 before the first */
    bool has_key_list; /* keys.jsonl came first */
    struct av_key pinned_log, pinned_root;
    bool has_pinned_log, has_pinned_root, has_pinned_policy, has_policy;
    struct av_policy policy;
    char policy_text[64 << 10];

    struct av_stream streams[2 * AV_STREAMS_MAX];
    size_t stream_count, stream_name_bytes;
    char stream_names[AV_STREAM_NAMES_MAX];
    struct av_subject subjects[AV_SUBJECTS_MAX];
    size_t subject_count;
    struct av_pending pending[AV_PENDING_MAX];
    size_t pending_count;
    char pending_op[33];
    uint64_t seal_count, sealed_to;
    int64_t seal_t, last_t, first_t;
    bool has_t;
    struct av_hash erased[AV_ERASED_MAX]; /* names x */
    size_t erased_count;
    struct av_anchor {
        uint64_t index, size;
        struct av_hash note, digest; /* of the note that it repeats, and as its member d says */
        bool is_stamp;
    } anchors[AV_ANCHORS_MAX];
    size_t anchor_count;

    uint64_t witnessed_size, witnessed_time, stamped_size; /* the largest */
    int64_t anchored_t; /* t of the last leaf under the larger of both */
    uint64_t leaves, tiles_checked, checkpoints, cosigned, signatures, runs, blob_references, blobs, late, gaps, explained_gaps,
        stamps;
    uint64_t type_counts[24];
    char stamp_command[256];

    struct av_reader content, lines, salts;
    struct av_explained explain;
};

/* "E12" and a sentence. Codes that begin with W are remarks, which leave the verdict alone. */
void av_find(struct av *v, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What cannot be checked here, and why; `av_lack` also makes the answer "incomplete". */
void av_note(struct av *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
void av_lack(struct av *v, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* bundle.c */
bool av_bundle_open(struct av *v);  /* manifest and members, all hashes; false: nothing more can be said */
void av_bundle_leaves(struct av *v);
void av_bundle_proofs(struct av *v); /* range and selected: leaves with a proof each */
void av_bundle_close(struct av *v);
/* Where tile n lies; false when the bundle does not have it. */
bool av_bundle_tile(const struct av *v, int level, uint64_t n, unsigned width, struct av_span *ret);
void av_bundle_blob(struct av *v, uint64_t index, const char *c, const char *x, bool is_explained);
/* directory.c */
bool av_directory_open(struct av *v);
bool av_directory_tile(struct av *v, int level, uint64_t n, unsigned width, struct av_span *ret);
void av_directory_files(struct av *v);
/* "tile/0/x001/234.p/5", as C2SP tlog-tiles has it */
void av_tile_path(int level, uint64_t n, unsigned width, char ret[64]);
unsigned av_tile_width(int level, uint64_t n, uint64_t size);

/* tree.c */
void av_tree_open(struct av *v); /* reads the right edge and holds it against v->root */
/* A tile that is authenticated against the root; NULL after a finding (or, if is_quiet, when it is not there). */
struct av_tile *av_tile_get(struct av *v, int level, uint64_t n, bool is_quiet);
/* Root over the first `size` leaves. False when the tiles for it are not there. */
bool av_root_at(struct av *v, uint64_t size, struct av_hash *ret);
int av_inclusion_path(struct av *v, uint64_t index, uint64_t size, struct av_hash ret[64]); /* -1: not to be had */
bool av_inclusion_holds(uint64_t index, uint64_t size, struct av_hash leaf, const struct av_hash *path, int count,
                        const struct av_hash *root);

/* leaf.c */
void av_leaves_walk(struct av *v, uint64_t from, uint64_t to);
/* One leaf whose hash is known to be in the tree. is_chained: the leaves before it were seen as well. */
void av_leaf_check(struct av *v, uint64_t index, struct av_text bytes, const struct av_hash *hash, bool is_chained);
/* Does leaf `target` (of that hash, when one is given) name the blob x, and (when c is not empty) c? */
bool av_leaf_names_blob(struct av *v, uint64_t target, const struct av_hash *hash, struct av_text c, struct av_text x);
/* Framing: first line, JSON line, signatures. */
const char *av_leaf_split(struct av_text bytes, struct av_text *ret_type, struct av_text *ret_json, struct av_text *ret_lines);
/* Random access to a leaf under the tree; NULL when it is not to be had. Lasts until the next call. */
const char *av_leaf_read(struct av *v, uint64_t index, size_t *ret_size);

/* keys.c */
void av_keys_list(struct av *v); /* keys.jsonl */
void av_key_leaf(struct av *v, uint64_t index, const struct av_object *leaf, struct av_text lines, const struct av_hash *hash);
void av_keys_end(struct av *v);
/* Each signed for by the one before it, from `first` on? */
bool av_key_follows(const struct av *v, const struct av_registered *key, const struct av_key *first);
/* The key, if it is registered in that role and may sign leaf `index`. */
const struct av_registered *av_key_find(const struct av *v, const char *role, const struct av_key *key, uint64_t index);
/* The signature over label LF origin LF statement LF. */
enum av_signed av_statement_check(const struct av *v, const char *label, struct av_text statement, struct av_text lines,
                                  const struct av_key *key);

/* proof.c: a C2SP tlog-proof; views into `text`, at most 64 hashes. */
const char *av_proof_read(struct av_text text, uint64_t *ret_index, struct av_hash ret_path[64], int *ret_count,
                          struct av_checkpoint *ret);

/* head.c */
bool av_head_find(struct av *v); /* origin, size and root: unverified so far */
void av_trust_read(struct av *v);
void av_heads_check(struct av *v);
/* The note in an anchor leaf: cosignatures under the policy. */
void av_anchor_note(struct av *v, struct av_text note);
void av_stamps_check(struct av *v, uint64_t leaf, const uint8_t *token, size_t size);

#endif
