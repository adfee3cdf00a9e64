/*
 * internal.h - what the files of src/ledger share; nobody outside includes it.
 *
 * journal.c  segments and frames: the durable order of leaves        tiles.c   tile and bundle paths, reading tiles, hashes for
 * proofs edge.c     the right edge of the tree, written out as tiles        state.c   state slots, cp.log, guard recover.c
 * opening: from state slot, journal and cp.log            ledger.c  create, append, integrate, replay
 */
#ifndef LEDGER_INTERNAL_H
#define LEDGER_INTERNAL_H

#include "base/limits.h"
#include "ledger/ledger.h"
#include "ledger/merkle.h"

enum {
    TILE_WIDTH = 256,
    TILE_LEVELS = 8,
    TILE_PATH_SIZE = 64,
    BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + 65535),
    LEVEL_ENTRIES = -1 /* "level" of entry bundles */
};

/* ---- note.c ---- */

/* A size as in checkpoints: decimal without sign and leading zeros, below 2^63. */
bool decimal_parse(struct str text, uint64_t *ret) MUST_USE;

/* ---- journal.c ---- */

/* Where a frame starts, and the SHA-256 of the header of the frame before it (zero for the very first). */
struct journal_position {
    uint64_t segment;
    uint64_t offset;
    struct sha256 previous;
};

struct journal_frame {
    uint64_t first_index;
    uint32_t count;
    uint64_t size_after;
    int64_t t_ms;        /* the ledger's clock when the frame was written */
    uint32_t blob_count; /* blobs that became durable with this frame */
    uint64_t blob_bytes;
    struct sha256 root_after;
    struct str leaves; /* as in an entry bundle: u16be size, bytes, and again */
};

enum { JOURNAL_HEADER_SIZE = 120 };

struct journal {
    const struct os_file_calls *calls;
    int dir;             /* private/wal */
    int fd;              /* of the segment being written; -1 before the first append */
    uint64_t allocated;  /* bytes of that segment that have their space on disk */
    uint64_t written;    /* up to here that space was written before: small frames are cheaper to sync */
    uint64_t spare_last; /* segments behind the end, up to this one, are old ones to be used again */
    uint64_t segment_bytes;
    struct journal_position end;
};

/* The frame at *position into `frame_bytes` (reused storage), and moves *position behind it. `next_index` is the leaf that is due.
 * ERR_NOT_FOUND: no valid frame there, which is how the journal ends; ERR_CORRUPT: a broken frame with later ones behind it. */
bool journal_read(const struct os_file_calls *calls, int dir, uint64_t next_index, struct journal_position *position,
                  struct buf *frame_bytes, struct journal_frame *ret, struct err *e) MUST_USE;
/* A frame on its way to the disk. */
struct journal_write {
    int fd;
    uint64_t offset;
    struct str bytes;
};
uint64_t journal_frame_size(const struct str *leaves, size_t count);
/* True if a frame of that size goes into the segment that is open. */
bool journal_fits(const struct journal *j, uint64_t size);
/* Encodes the frame into `out` and gives it its place at the end, which moves. Nothing of it is written. ERR_UNAVAILABLE: no space
 * left; ERR_UNCERTAIN: the journal must not be used any more. */
bool journal_prepare(struct journal *j, const struct journal_frame *frame, const struct str *leaves, struct buf *out,
                     struct journal_write *ret, struct err *e) MUST_USE;
/* Writes and syncs it. Frames are committed one after the other, in the order of their preparation; any thread may. ERR_UNCERTAIN. */
bool journal_commit(const struct journal *j, const struct journal_write *w, struct err *e) MUST_USE;
/* Cuts what a torn frame left behind the end. */
bool journal_trim(struct journal *j, struct err *e) MUST_USE;
/* I6: segments below `first_kept` become the ones to come, as far as some are wanted; the others are removed. */
void journal_drop_before(struct journal *j, uint64_t first_kept, uint64_t *first_present);

/* ---- tiles.c ---- */

/* "tile/0/x001/234" or with ".p/W" when width < 256; level LEVEL_ENTRIES gives "tile/entries/...". */
void tile_path(int level, uint64_t n, unsigned width, char ret[TILE_PATH_SIZE]);
/* Width of tile n of the level in a tree of `size`: 0 when it does not exist. */
unsigned tile_width(int level, uint64_t n, uint64_t size);

struct tile {
    bool is_used;
    bool is_expanded;
    int level;
    uint64_t n;
    unsigned width;
    uint64_t used_at;
    struct sha256 nodes[8][TILE_WIDTH]; /* [r][k]: the perfect subtree of height r over entries [k << r, (k + 1) << r) */
};

enum { TILE_CACHE = 24 };
/* Tiles of a tree of `size` read from a directory. Not thread-safe. */
struct tile_store {
    const struct os_file_calls *calls;
    int dir; /* ledger/<hash>/ */
    uint64_t size;
    uint64_t clock;
    struct tile *cache[TILE_CACHE];
    struct buf bytes;
    uint64_t bundle_n; /* of `bundle`, UINT64_MAX when none */
    unsigned bundle_width;
    struct buf bundle;
    uint32_t bundle_offsets[TILE_WIDTH + 1];
};
void tile_store_init(struct tile_store *s, const struct os_file_calls *calls, int dir, uint64_t size);
void tile_store_release(struct tile_store *s);
/* The bytes of tile n (or the bundle) as a tree of s->size has it; the full file is taken where the partial one is gone, and cut
 * to `width` hashes. ERR_NOT_FOUND, ERR_CORRUPT when the size is wrong. */
bool tile_read(const struct tile_store *s, int level, uint64_t n, struct buf *out, struct err *e) MUST_USE;
/* The same of bundle n, with where its entries lie. */
bool bundle_read(const struct tile_store *s, uint64_t n, struct buf *out, uint32_t ret_offsets[TILE_WIDTH + 1], struct err *e) MUST_USE;
bool tile_get(struct tile_store *s, int level, uint64_t n, struct tile **ret, struct err *e) MUST_USE;
struct merkle_nodes tile_store_nodes(struct tile_store *s);
/* Splits a bundle of `width` entries: offsets of the length prefixes, and the end. False when the framing is broken. */
bool bundle_split(struct str bytes, unsigned width, uint32_t ret_offsets[TILE_WIDTH + 1]) MUST_USE;
/* Takes `count` leaves off the front of `framed` (u16be size, bytes, and again). False: it is shorter, or a leaf is empty. */
bool framed_take(struct str *framed, size_t count, struct str *ret_leaves) MUST_USE;
/* The leaf, checked against its hash in the level-0 tile; the view lasts until the next call. */
bool tile_store_leaf(struct tile_store *s, uint64_t index, struct str *ret_leaf, struct err *e) MUST_USE;
/* Root of a full tile, or of a run of 2^r hashes. */
struct sha256 tile_full_root(const struct sha256 hashes[TILE_WIDTH]);

/* ---- edge.c ---- */

enum { PENDING_TILES = 256, PENDING_OPEN = 8 };
struct edge_level {
    unsigned width;
    unsigned written; /* width of the partial tile on disk */
    struct sha256 hashes[TILE_WIDTH];
};
/* The right edge: the partial tile of every level and the partial bundle. Full tiles are written out as they fill up. */
struct edge {
    const struct os_file_calls *calls;
    int dir;
    bool is_resuming; /* what is on disk may come from a writer that crashed */
    uint64_t size;
    struct edge_level levels[TILE_LEVELS];
    struct buf bundle;
    char filled[256][TILE_PATH_SIZE]; /* full tiles whose partial ones may go now */
    size_t filled_count;
    char dirty[32][TILE_PATH_SIZE]; /* directories to be synced */
    size_t dirty_count;
    char pending[PENDING_TILES][TILE_PATH_SIZE]; /* written under temporary names, not synced yet */
    int pending_fds[PENDING_TILES];              /* the first few stay open and are synced one by one */
    size_t pending_count;
};
void edge_init(struct edge *g, const struct os_file_calls *calls, int dir);
void edge_release(struct edge *g);
/* Reads the edge of a tree of `size` from disk and checks that its root is `root`. ERR_CORRUPT. */
bool edge_load(struct edge *g, uint64_t size, struct sha256 root, struct err *e) MUST_USE;
bool edge_push(struct edge *g, struct str leaf, struct err *e) MUST_USE;
/* `count` leaves as they lie in a journal frame and in a bundle: u16be size, bytes, and again. ERR_CORRUPT: shorter than its leaves. */
bool edge_push_framed(struct edge *g, struct str framed, size_t count, struct err *e) MUST_USE;
/* Writes partial tiles and the partial bundle for the present size; all tiles are durable then. */
bool edge_flush(struct edge *g, struct err *e) MUST_USE;
struct sha256 edge_root(const struct edge *g);
/* Removes partial tiles beside tiles that are full now. */
void edge_collect(struct edge *g);
/* mkdir -p whose new directories survive a power cut: the parent of each is synced. After a crash (`is_resuming`) also of those
 * that are there, because the sync may be what the crash took. */
bool durable_dir_make(const struct os_file_calls *calls, int dir, const char *path, mode_t mode, bool is_resuming,
                      struct err *e) MUST_USE;

/* ---- state.c ---- */

struct ledger_state {
    uint64_t serial; /* the newer of the two valid slots wins */
    uint64_t epoch;
    struct merkle_frontier integrated;
    struct sha256 root;
    struct journal_position position; /* of the first frame that is not integrated */
    int64_t last_t;
    uint64_t seal_sequence;  /* sq of the next seal */
    struct sha256 seal_leaf; /* hash of the newest seal */
    uint64_t sealed_to;      /* its b */
    uint64_t cp_log_bytes;   /* cp.log up to and with the record of the newest checkpoint */
    uint64_t cp_log_last;    /* where that record starts */
    struct checkpoint signed_head;
};
void state_encode(const struct ledger_state *s, const char *origin, struct buf *out);
bool state_decode(struct str bytes, const char *origin, struct ledger_state *ret) MUST_USE;
/* Newest valid slot; ret_valid tells which are valid. ERR_CORRUPT when none is. */
bool state_load(const struct os_file_calls *calls, int private_dir, const char *origin, struct ledger_state *ret,
                struct ledger_state ret_slots[2], bool ret_valid[2], struct err *e) MUST_USE;
bool state_save(const struct os_file_calls *calls, int private_dir, const char *origin, const struct ledger_state *s,
                struct err *e) MUST_USE;

/* One record of cp.log at `offset` of `bytes`: its note. False at a torn or damaged record and at the end. */
bool cp_log_record(struct str bytes, uint64_t *offset, struct str *ret_note) MUST_USE;
void cp_log_encode(struct str note, struct buf *out);

struct guard {
    struct checkpoint head;
    uint64_t epoch;
};
bool guard_read(const struct os_file_calls *calls, int private_dir, struct guard *ret, struct err *e) MUST_USE;
/* Compare and swap: replaces `old` by `next`. ERR_CONFLICT when the cell holds something else. */
bool guard_advance(const struct os_file_calls *calls, int private_dir, const struct guard *old, const struct guard *next,
                   struct err *e) MUST_USE;
void guard_encode(const struct guard *g, struct buf *out);

/* ---- the writer ---- */

struct pipeline;
struct ledger {
    struct ledger_options options;
    char origin[256];
    int private_dir, ledger_dir, lock;
    struct journal journal;
    struct buf frames[2];                   /* being filled, and on its way to the disk */
    struct buf read_back;                   /* one frame, read again to be integrated */
    struct sha256 hashes[LIMIT_BATCH_LEAVES]; /* of the batch being appended */
    struct pipeline *pipeline;              /* NULL: everything happens in the caller's thread */
    struct merkle_frontier durable;         /* all journalled leaves; in a pipeline also those on their way to the disk */
    struct edge edge;                       /* all leaves in tiles; state.integrated is what the newest state slot says */
    struct journal_position tiles_position; /* of the first frame that is not in tiles */
    struct ledger_state state;
    struct ledger_state slots[2];
    uint64_t first_segment;
    struct guard guard;
    struct checkpoint head; /* newest signed checkpoint that cp.log holds */
    uint64_t cp_log_bytes, cp_log_last;
    int64_t last_t;
    uint64_t seal_sequence, sealed_to;
    struct sha256 seal_leaf;
    uint32_t blob_count; /* waiting for the next frame */
    uint64_t blob_bytes;
    uint64_t unsealed_blob_count, unsealed_blob_bytes;
    char boot_id[33]; /* read when the first seal is made */
    struct sha256 beacon;
    bool has_beacon;
    bool has_reserve; /* I8 */
    bool is_failed; /* I7: nothing is accepted any more */
    char failure[256];
};

/* recover.c: brings `l` from an opened directory to a state that may be written to. */
bool ledger_recover(struct ledger *l, struct err *e) MUST_USE;
/* I3: reads the next frame from the journal again, hashes its leaves again, and puts them into tiles. */
bool ledger_tiles_advance(struct ledger *l, struct err *e) MUST_USE;
/* I7: after a failed write or sync nobody knows what is on disk; never retry, stop. Returns false. */
bool ledger_fail(struct ledger *l, const struct err *e);

/* pipeline.c: two threads, one that syncs frames and one that builds tiles of what is synced. */
bool pipeline_start(struct ledger *l, struct err *e) MUST_USE;
struct pipeline *pipeline_stop(struct pipeline *p);
/* The buffer for the next frame; waits until it is free. With `is_idle` until no frame is on its way at all. */
bool pipeline_frame(struct pipeline *p, bool is_idle, struct buf **ret, struct err *e) MUST_USE;
void pipeline_commit(struct pipeline *p, const struct journal_write *w, uint64_t size_after);
/* Until all frames are durable; with `is_tiled` until all leaves are in tiles and both threads rest. */
bool pipeline_wait(struct pipeline *p, bool is_tiled, struct err *e) MUST_USE;
uint64_t pipeline_durable(struct pipeline *p);

/* A seal leaf updates the chain of seals; other leaves nothing. */
void ledger_note_leaf(struct ledger *l, uint64_t index, struct str leaf, struct sha256 hash);
/* reserve.c (I8). Before a batch of others' leaves: ERR_UNAVAILABLE when the disk is full. */
enum { LEDGER_RESERVE_BYTES = 4 << 20 };
bool reserve_take(struct ledger *l, struct err *e) MUST_USE;
/* After a write that failed for want of space: the next opening has it for tiles, seal and checkpoint. */
void reserve_give(struct ledger *l);
/* seal.c */
bool ledger_seal_leaf(struct ledger *l, struct buf *out, struct err *e) MUST_USE;
/* "ledger/<sha256 of origin>" */
void ledger_path(const char *origin, char ret[80]);

#endif
