/*
 * av.h - the checks of assay-verify, and what its files share. To read in one hour, in this order: the path that decides.
 *
 *   check.c    the order of the checks; what is said not to be checked
 *   tree.c     every hash that is used hangs under the signed root                E30 E31
 *   walk.c     all leaves in order, each hashed and compared with the tree        E33 E34
 *   leaf.c     one leaf: streams, seals, runs, signatures                         E40-E45 E50
 *   keys.c     which key counted from which leaf to which                         E42 E43 W43
 *   head.c     checkpoints, cosignatures, anchors, the head seen before           E02 E10-E14 E20
 *
 * What else a leaf, and what carries the leaves, has to hold to:
 *
 *   rules.c    what a leaf of each type has to say: tables first                  E42
 *   time.c     where streams stand, clocks, lateness, beacons                     E44 E50 E51 E54
 *   erase.c    erasures and holds                                                 E42 E43 E63 E64
 *   draw.c     samples are drawn again; opinions lie behind what they cite        E71 E72
 *   stamp.c    time stamps                                                        E20
 *   bundle.c   the container: manifest, members, tar framing, blobs               E01-E06 E31 E32 E60-E63
 *   file.c     bytes: a bundle's map or a directory's files, names of tiles       E31 E32
 *   proof.c    inclusion; one leaf with a proof, by itself                       E34
 *
 * Tools, held by other people's test vectors: text.c (canonical JSON), note.c (C2SP notes and policies), sha256.c, sha512.c and
 * ed25519.c (cryptography; the only processor-specific code is one function of sha256.c). print.c and main.c decide nothing.
 *
 * Memory is one `struct av` of fixed size, four entry bundles in work, and 24 bytes a seal. What is beyond a limit is said, and makes
 * the answer "incomplete", never "fine". Nothing is written and nothing is executed.
 */
#ifndef AV_AV_H
#define AV_AV_H

#include "note.h"
#include <stdio.h>

typedef unsigned long long av_llu; /* for printf */

enum {
    AV_FINDINGS_MAX = 100,
    AV_NOTES_MAX = 48,
    AV_KEYS_MAX = 256,
    AV_STREAMS_MAX = 16384,
    AV_STREAM_NAMES_MAX = 1 << 20, /* bytes of all their names */
    AV_SUBJECTS_MAX = 2048,
    AV_ERASED_MAX = 16384,
    AV_HOLDS_MAX = 1024,
    AV_ANCHORS_MAX = 4096,
    AV_POLICIES_MAX = 64,
    AV_LEAF_MAX = 65535,
    AV_LEVELS = 8,
    AV_TILE = 256,
    AV_ENTRIES = AV_LEVELS, /* the "level" of entry bundles */
    AV_TILES_MAX = 1 << 21, /* of one .slb: about 268 million leaves, 32 MiB of places */
};
#define AV_SIZE_MAX (UINT64_C(1) << 40)

/* ---- the caller's side ---- */

struct av_options {
    const char *path;        /* a bundle, or a directory that holds `checkpoint` and `tile/` */
    const char *log_vkey;    /* pinned keys, or NULL */
    const char *root_vkey;
    const char *policy_path; /* pinned tlog-policy, or NULL */
    const char *seen_path;   /* a checkpoint seen before, its file or SIZE:ROOT; or NULL */
    int64_t explain;         /* a leaf, or -1 */
    const char *key_words;   /* what the options for keys are called; NULL: as in main.c */
    bool has_stamps_checked; /* the caller looks at signatures and certificates of time stamps itself */
};
enum av_answer { AV_OK = 0, AV_FAIL = 1, AV_INCOMPLETE = 2 };
struct av;
/* One check at a time; its state lasts until the next one. A bundle is mapped: if somebody cuts it meanwhile, this program gets SIGBUS. */
struct av *av_check(const struct av_options *o);
enum av_answer av_answer(const struct av *v);
void av_print_text(const struct av *v, FILE *out);
void av_print_json(const struct av *v, FILE *out);
/* `proof` is a C2SP tlog-proof file, `leaf` the leaf's bytes; keys as above. Prints one line for each finding, and the verdict. */
enum av_answer av_proof(const struct av_options *o, const char *proof_path, const char *leaf_path, FILE *out);

/* ---- a leaf, parsed ---- */

enum av_type {
    AV_RUN, AV_ITEM, AV_UPLOAD, AV_DECISION, AV_POLICY, AV_CATALOG, AV_EVAL, AV_SCOPE, AV_ALERT, AV_LOGBLOCK, AV_KEY, AV_ERASE,
    AV_ERASED, AV_REENCRYPT, AV_GAP, AV_SEAL, AV_ANCHOR, AV_DRAW, AV_OPINION, AV_CLOSE, AV_RECORD, AV_TYPES
};
struct av_leaf {
    uint64_t index;
    struct av_text bytes, json, lines; /* lines: of signatures */
    enum av_type type;
    struct av_hash hash;
    struct av_object object;       /* the members of its JSON */
    const char *fault;             /* E40, or NULL */
    const char *rule, *rule_about; /* E42, or NULL: what is wrong with which member */
    unsigned blob_count;
    struct av_text c; /* of the first blob, 64 digits */
    struct av_key collector;      /* of a run: the key that it names */
    enum av_signed run_is_signed; /* by that key */
};

/* ---- the state ---- */

enum av_mode { AV_DIRECTORY, AV_FULL, AV_RANGE, AV_SELECTED };

struct av_buffer {
    char *data;
    size_t room;
};

struct av_tile {
    bool is_there;
    uint64_t n;
    unsigned width;
    struct av_hash nodes[511]; /* its hashes, then the roots over 2, 4 ... 256 of them */
};
/* The roots over 2^r of its hashes. */
static inline struct av_hash *av_tile_row(struct av_tile *t, unsigned r)
{
    return t->nodes + (512 - (512u >> r));
}

struct av_registered {
    struct av_key key;
    char role[16];
    uint64_t index;       /* of the key leaf */
    uint64_t from, until; /* signs leaves behind `from`, up to `until` */
    uint64_t trust;       /* revoked: what it signed up to this size stands */
    uint64_t last_signed; /* the newest leaf with its signature; 0: none */
    int successor;        /* the key before it in its role, which signed for it; -1 */
    struct av_hash hash;  /* of the key leaf */
    bool is_seen;         /* its leaf was met in the tree or under a proof */
    bool is_added;        /* false: a leaf that ends a key or sets the quorum, kept for its hash */
    bool is_revoked, is_first_log;
};

struct av_stream {
    uint32_t name, name_size; /* place in stream_names */
    uint32_t place;          /* among the streams in the order of their names */
    bool is_moved, has_rows; /* is_moved: since the last seal */
    uint64_t next;
    struct av_hash last;
    struct av_hash rows;  /* of its newest item: the commitment to the rows */
    uint64_t rows_index;  /* of that item */
};

struct av_subject {
    struct av_hash id; /* SHA-256 of the subject */
    int64_t next;
    struct av_hash last;
};

struct av_seal {
    uint64_t size; /* leaves up to and with it */
    int64_t t;
    int64_t observed_ms; /* the newest observation of any leaf under it */
};

/* A cosigned or stamped checkpoint that a leaf repeats. */
struct av_anchor {
    uint64_t index, size;
    struct av_hash note, digest; /* of the note, and as its member d says */
    bool is_stamp;
};

/* Where the members of a bundle lie. */
struct av_bundle {
    struct av_text manifest, members, policy, keys, checkpoints, proofs, salts, salts_left, tokens;
    struct av_place {
        uint64_t tile, offset; /* tile: level << 48 | n; ascending */
    } *tiles;
    size_t tile_count;
    uint64_t from, to;
    uint64_t disclosed, withheld, erased, member_count, chosen, pages;                      /* as counted */
    int64_t said_disclosed, said_withheld, said_erased, said_members, said_leaves; /* as the manifest says */
    int64_t said_lag, per[2];
    char audience[512], purpose[512];
};

struct av_explained {
    bool is_found, has_seal;
    char text[AV_LEAF_MAX + 1];
    struct av_hash hash;
    struct av_hash path[64];
    int path_count;
    uint64_t seal;
    int64_t seal_t;
    uint64_t cosigned_size, cosigned_time, stamped_size;
    int64_t stamped_t;
    char blobs[4096];
};

/* What has to go up from checkpoint to checkpoint. */
struct av_order {
    uint64_t size, time_s;
};

/* From digests to leaves; open addressing, room a power of two. */
struct av_map {
    struct av_entry {
        struct av_hash digest, to;
        uint64_t index;
        bool is_used;
    } *slots;
    size_t count, room;
};

/* What seals say of the streams and of time. */
struct av_time {
    struct av_hash nodes[2 * AV_STREAMS_MAX]; /* the tree over the streams: a level behind the other, the first the streams' lines */
    uint32_t made[2 * AV_STREAMS_MAX];        /* the seal for which a node was made */
    uint32_t order[AV_STREAMS_MAX], moved[AV_STREAMS_MAX]; /* places in `streams`: by name; those that moved on since the last seal */
    size_t ordered, moved_count;
    uint32_t round;
    bool has_heads, is_broken;
    int64_t late_after[1024]; /* of what was observed since the last seal: when it counts as late */
    size_t observed_count;
    uint64_t newest; /* the leaf with the last of them */
    int64_t newest_since_ms, newest_ms; /* since the last seal; of all */
    int64_t mono, every;
    char boot[65];
    uint64_t erased; /* leaves that say so */
    struct av_map beacons; /* each with the seal that named it first */
    struct av_hash beacon; /* of the last seal */
    bool has_beacon;
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
    struct av_text map; /* the bundle */
    enum av_mode mode;
    struct av_bundle bundle;
    char origin[AV_NAME_MAX + 1];
    uint64_t size; /* of the head */
    struct av_hash root;
    char head_note[AV_NOTE_MAX];
    size_t head_note_size;
    char witnessed_note[AV_NOTE_MAX]; /* of a directory: the newest cosigned checkpoint */
    long witnessed_note_size;         /* -1: none */

    struct av_tile tiles[AV_LEVELS], edge[AV_LEVELS];
    struct av_buffer tile_buffer, leaf_buffer;
    struct av_text leaf_bundle; /* what av_leaf_read read last, and which it is; empty: none */
    uint64_t leaf_bundle_n;
    bool has_tree; /* the right edge has the head's root */

    struct av_registered keys[AV_KEYS_MAX];
    int key_count, root_need; /* root keys that have to sign; 0 before the first */
    bool has_key_list; /* keys.jsonl came first */
    struct av_key pinned_log, pinned_root;
    bool has_pinned_log, has_pinned_root, has_pinned_policy, has_policy;
    struct av_policy policy; /* pinned, or that of the bundle */
    char policy_text[64 << 10];
    uint64_t policies[AV_POLICIES_MAX]; /* leaves that set one */
    size_t policy_count;

    struct av_stream streams[AV_STREAMS_MAX];
    uint16_t stream_slots[2 * AV_STREAMS_MAX]; /* by the hash of the name: place in `streams` and one; 0: none */
    size_t stream_count, stream_name_bytes;
    char stream_names[AV_STREAM_NAMES_MAX];
    struct av_subject subjects[AV_SUBJECTS_MAX];
    size_t subject_count;
    uint64_t pending_count, pending_from; /* items whose run has not come, and the first of them */
    char pending_op[32];
    struct av_seal *seals;
    size_t seal_count, seal_room;
    uint64_t sealed_to;
    int64_t last_t, first_t;
    bool has_t;
    struct av_time time;
    struct av_erased {
        struct av_hash x;
        uint64_t index;
    } erased[AV_ERASED_MAX];
    size_t erased_count;
    struct av_map moves; /* names x of blobs that were encrypted anew, to what followed them */
    struct av_map closes; /* SHA-256 of a population's name, with the leaf that closed it last */
    struct av_hold {
        uint64_t index, released; /* UINT64_MAX while in force */
        char id[16];
    } holds[AV_HOLDS_MAX];
    size_t hold_count;
    char master_next[16]; /* of a master key that is announced and not in force yet; zeros: none */
    uint64_t master_next_leaf, blobs_at_seal;
    struct av_anchor anchors[AV_ANCHORS_MAX];
    size_t anchor_count;
    struct av_order cosigned_order; /* of anchors, as they come */

    uint64_t witnessed_size, witnessed_time, stamped_size; /* the largest */
    int64_t anchored_t; /* t of the last leaf under the larger of both */
    uint64_t leaves, tiles_checked, checkpoints, cosigned, signatures, runs, blob_references, blobs, late, gaps, explained_gaps,
        clock_steps, stamps, opinions, unsigned_opinions, samples_by_strata;
    char stamp_command[256], stamp_words[400]; /* the second is the caller's, who looked at them */
    struct av_explained explain;
};

/* "E12" and a sentence. Codes that begin with W are remarks, which leave the verdict alone. */
void av_find(struct av *v, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* What cannot be checked here, and why; `av_lack` also makes the answer "incomplete". */
void av_note(struct av *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
void av_lack(struct av *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* All leaves from the first on are here, in a tree. */
static inline bool av_is_whole(const struct av *v)
{
    return v->mode == AV_DIRECTORY || v->mode == AV_FULL;
}

/* file.c */
bool av_buffer_fit(struct av_buffer *b, size_t size); /* false: no memory */
/* Whole small file below `dir` (or AT_FDCWD). -1 when it cannot be read or is larger. */
long av_read_file(int dir, const char *path, char *ret, size_t size_max);
struct av_entry *av_map_find(const struct av_map *m, const struct av_hash *digest); /* NULL: not there */
void av_map_add(struct av *v, struct av_map *m, struct av_entry place);                   /* of a digest that is not there */
bool av_directory_open(struct av *v);
void av_directory_files(struct av *v); /* E32, and narrower tiles that were kept */
/* "tile/0/x001/234.p/5", as C2SP tlog-tiles has it */
void av_tile_path(int level, uint64_t n, unsigned width, char ret[64]);
unsigned av_tile_width(int level, uint64_t n, uint64_t size);
/* The bytes of a tile or entry bundle, in the map or in `b`; for any thread. NULL, or why not. is_longer: it is the full tile in the
 * place of the partial one. */
const char *av_load(const struct av *v, int level, uint64_t n, unsigned width, struct av_buffer *b, struct av_text *ret, bool *ret_is_longer);
/* The next leaf of an entry bundle; false at the end or where the framing is broken. */
bool av_entry_next(struct av_text *rest, struct av_text *ret);

/* bundle.c */
bool av_bundle_open(struct av *v);  /* manifest and members, all hashes; false: nothing more can be said */
void av_bundle_leaves(struct av *v);
/* Where tile n lies; empty when the bundle does not have it. */
struct av_text av_bundle_tile(const struct av *v, int level, uint64_t n);
void av_bundle_blobs(struct av *v, const struct av_leaf *leaf);
/* Goes through a part of the archive that was checked, members named "folder/NUMBER.end". False at the end. */
bool av_member_next(const struct av *v, struct av_text *rest, struct av_text *ret_name, uint64_t *ret_number, struct av_text *ret_content);

/* tree.c */
void av_tree_open(struct av *v); /* reads the right edge and holds it against v->root */
/* A tile that is authenticated against the root; NULL after a finding (or, if is_quiet, when it is not there). */
struct av_tile *av_tile_get(struct av *v, int level, uint64_t n, bool is_quiet);
/* Root over the first `size` leaves. False when the tiles for it are not there. */
bool av_root_at(struct av *v, uint64_t size, struct av_hash *ret);

/* walk.c */
void av_leaves_walk(struct av *v);
/* Random access to a leaf under the tree; NULL when it is not to be had. In v->leaf_buffer or the map; lasts until the next call. */
const char *av_leaf_read(struct av *v, uint64_t index, size_t *ret_size);
/* The same, parsed: its fault is NULL. False when it is not to be had. */
bool av_leaf_at(struct av *v, uint64_t index, struct av_leaf *ret);

/* leaf.c */
/* Framing: first line, JSON line, signatures. */
const char *av_leaf_split(struct av_text bytes, struct av_text *ret_type, struct av_text *ret_json, struct av_text *ret_lines);
/* Sets all that can be said of the leaf alone; its index, bytes and hash are there. For any thread. */
void av_leaf_parse(const struct av *v, struct av_leaf *leaf);
/* A leaf that is known to be in the tree. is_chained: the leaves before it were seen as well. */
void av_leaf_check(struct av *v, const struct av_leaf *leaf, bool is_chained);
void av_leaves_end(struct av *v);
/* "size:root" of an earlier checkpoint must be what this tree had at that size, which was the end of a seal. */
const struct av_seal *av_checkpoint_name_check(struct av *v, uint64_t index, struct av_text name, const char *code);
/* The seal that ended at this size; NULL: none that was seen. */
const struct av_seal *av_seal_at(const struct av *v, uint64_t size);

/* rules.c */
const char *av_type_name(enum av_type type);
bool av_type_find(struct av_text name, enum av_type *ret);
/* What its type demands, and what every leaf has: sets rule, rule_about, blob_count, c. */
void av_rule_check(struct av_leaf *leaf);
/* Who has to sign: a role; "" when nobody may; NULL when it is a matter of the type's own check. */
const char *av_type_role(enum av_type type);
bool av_is_word(struct av_text value);
/* The end of a [from,to] in a member; -1: none. */
int64_t av_span_end(const struct av_object *o, const char *key, int64_t *ret_from);

/* time.c */
void av_time_seal(struct av *v, const struct av_leaf *leaf, int64_t t); /* before the seal is in its stream */
void av_time_moved(struct av *v, struct av_stream *s);
void av_time_observed(struct av *v, const struct av_leaf *leaf, int64_t t);
void av_time_anchor(struct av *v, const struct av_leaf *leaf, const struct av_seal *seal);

/* erase.c */
void av_erase_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained);
void av_erased_leaf(struct av *v, const struct av_leaf *leaf);
void av_reencrypt_leaf(struct av *v, const struct av_leaf *leaf);
void av_hold_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained);
void av_keyring_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained);
void av_erasures_end(struct av *v);
const struct av_erased *av_erased_find(const struct av *v, const struct av_hash *x); /* once all are known */
/* Does this leaf name the blob x, and (when c is not empty) c? */
bool av_leaf_names_blob(const struct av_leaf *leaf, struct av_text c, struct av_text x);

/* draw.c: leaves draw, close, opinion */
void av_draw_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained);

/* keys.c */
void av_keys_list(struct av *v); /* keys.jsonl */
void av_key_leaf(struct av *v, const struct av_leaf *leaf);
void av_keys_end(struct av *v);
/* Each signed for by the one before it, from `first` on? */
bool av_key_follows(const struct av *v, const struct av_registered *key, const struct av_key *first);
/* The key, if it is registered in that role and may sign leaf `index`. */
struct av_registered *av_key_find(struct av *v, const char *role, const struct av_key *key, uint64_t index);
/* What auditors say: by their own key, once one of theirs is registered; before that it may go unsigned (E43). */
void av_auditor_check(struct av *v, const struct av_leaf *leaf, const char *type);
/* How many keys of that role, in force at the leaf, have signed "assay/" label "@v1" LF origin LF statement LF. */
int av_signers(struct av *v, const struct av_leaf *leaf, const char *role, const char *label, struct av_text statement);
enum av_signed av_statement_check(const struct av *v, const char *label, struct av_text statement, struct av_text lines,
                                  const struct av_key *key);

/* head.c */
bool av_head_find(struct av *v); /* origin, size and root: unverified so far */
void av_trust_read(struct av *v);
void av_heads_check(struct av *v);
void av_anchor_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained);
void av_policy_leaf(struct av *v, const struct av_leaf *leaf);

/* stamp.c; once the anchor leaves are known */
void av_stamps_check(struct av *v);

/* proof.c */
int av_inclusion_path(struct av *v, uint64_t index, uint64_t size, struct av_hash ret[64]); /* -1: not to be had */
bool av_inclusion_holds(uint64_t index, uint64_t size, struct av_hash leaf, const struct av_hash *path, int count,
                        const struct av_hash *root);
/* A C2SP tlog-proof; views into `text`, at most 64 hashes. */
const char *av_proof_read(struct av_text text, uint64_t *ret_index, struct av_hash ret_path[64], int *ret_count,
                          struct av_checkpoint *ret);

#endif
