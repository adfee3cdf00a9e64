/*
 * tamper.h - the tamper matrix: classes of damage and of lies, each with the codes one of which must be reported.
 *
 * A class makes one mutant at a time from its own seeded generator; the family that it belongs to has it checked and puts back
 * what was touched. Each mutant is held against `assay verify` and against `assay-verify`; what the latter cannot see (private/,
 * the keys of blobs ...) is marked in the table. Families:
 *
 *   bytes.c     one file of a sound data directory is changed
 *   text.c      leaves whose text is not the one spelling that a statement has
 *   insider.c   what somebody with every key could write through the real writer
 *   outside.c   cosignatures, time stamps, erasures
 *   forge.c     the public part, rewritten and signed again; log keys that sign on although they were retired or revoked
 *   shape.c     trees of 0, 1, 255, 256 ... 65,537 leaves, tiles of level 2, leaves of the largest size
 *   bundle.c    a bundle that was damaged, or remade by its officer (here both programs are the same code)
 *   audit.c     samples and opinions, as a directory and as a bundle
 *
 * Each family also has an honest class, which changes nothing: it has to be taken for good, and a harness that is told to expect
 * a finding of it has to say that there was none (main.c).
 */
#ifndef TAMPER_H
#define TAMPER_H

#include "crypto/test_tsa.h"
#include "ledger/anchor.h"
#include "ledger/bundle.h"
#include "ledger/erase.h"
#include "ledger/keys.h"
#include "ledger/test_directory.h"
#include "ledger/verify.h"

struct tamper;
struct tamper_class {
    const char *name;
    const char *codes; /* "E30 E34": one of them must be among the findings; "refused": nothing can be checked at all; FINE */
    bool (*make)(struct tamper *t, const struct tamper_class *c); /* false: it changed nothing; draw again */
    int what;                                                     /* for `make` */
    const char *where;                                            /* the same */
    const char *theirs; /* codes of assay-verify; NULL: the same; UNSEEN: it cannot see this, or does not look at it */
};
#define FINE   "fine" /* has to be taken for good */
#define UNSEEN "-"
enum { HONEST = -1 }; /* `what` of honest classes */

struct tamper_family {
    const char *name;
    const struct tamper_class *classes;
    size_t count;
    struct tamper_class honest;
    void (*begin)(struct tamper *t); /* NULL: nothing to do */
    void (*end)(struct tamper *t);
    void (*check)(struct tamper *t, const struct tamper_class *c); /* fills t->found */
    void (*restore)(struct tamper *t);                             /* after each mutant */
};
extern const struct tamper_family tamper_bytes, tamper_text, tamper_insider, tamper_outside, tamper_forge, tamper_shape,
    tamper_bundle, tamper_audit;

/* A directory with all that a ledger can hold: see world.c. */
struct tamper_world {
    struct test_directory d;
    struct test_tsa tsa, stranger;
    struct ed25519_private witness_private[2], officer_private, second_private;
    struct note_key witness[2], officer, second;
    struct test_stream more[8];
    struct str policy;
    int64_t clock_step_ms; /* what the next seal's machine clock misses */
    struct sha256 heads_lie;
    uint64_t erased_lie;
    bool has_no_heads;
    struct note_key pinned; /* the first log key, as whoever checks knows it */
};
enum stream { S_ANCHOR, S_ERASE, S_HOLD, S_OFFICER_KEYS, S_FREE };

/* What one of the two programs says of a mutant. */
enum checker { OURS, THEIRS, CHECKERS }; /* assay verify, assay-verify */
struct tamper_found {
    bool was_asked, is_refused;
    char codes[64][8];
    size_t count;
    char text[544]; /* the first finding */
};

struct tamper {
    struct tamper_world *w; /* the sound directory, made once */
    uint64_t seed;
    struct arena *arena; /* one mutant's */
    struct tamper_found found[CHECKERS];
    uint64_t number;   /* of the mutant in its class, from 1; with the first the program assay-verify is run as well */
    bool is_tree_only; /* assay verify looks at the tree alone */
    bool is_ours_only; /* assay-verify is not asked */
    int dir;           /* what `changed` is below */
    char changed[200]; /* a file, to be put back */
    struct buf kept;
    bool was_removed;
    struct tamper_world *own; /* a directory made for this mutant */
    char copy[64];            /* a public part written for this mutant */
    struct buf bundle;        /* the mutant, where it is one */
};

static inline uint64_t draw(struct tamper *t, uint64_t n)
{
    return n ? test_random(&t->seed) % n : 0;
}

/* ---- check.c ---- */

/* What whoever checks has in hand; root and seen may be NULL. */
struct tamper_trust {
    const struct note_key *log, *root;
    const struct checkpoint *seen;
};
/* Both, unless the class says that assay-verify does not look at this. */
void tamper_check(struct tamper *t, const struct tamper_class *c, const char *path, const struct tamper_trust *trust);
/* assay-verify alone: bundles. */
void tamper_check_bundle(struct tamper *t, const char *path, const struct tamper_trust *trust);

/* ---- bytes.c ---- */

/* Makes t->w, if it is not there yet. */
void tamper_sound(struct tamper *t);
/* The kinds of change between `from` and `to`; false: nothing changed. */
enum change { FLIP, ZERO, CUT, EXTEND, SWAP, DUPLICATE, DELETE, INSERT };
bool tamper_change(struct tamper *t, enum change how, struct str bytes, size_t from, size_t to, struct buf *out);
/* One file below t->dir: remembers it in t->kept, changes it, puts it back. */
void file_take(struct tamper *t, const char *path);
void file_write(struct tamper *t, const char *path, struct str bytes);
void file_restore(struct tamper *t);
/* Length prefix, or bytes, of leaf `index` of the entry bundle in t->kept. */
void entry_find(const struct tamper *t, uint64_t index, bool is_length, size_t *ret_from, size_t *ret_to);

/* ---- world.c ---- */

struct tamper_world *world_new(bool has_outside);
struct tamper_world *world_free(struct tamper_world *w);
/* A directory made for one mutant: t->own. */
struct tamper_world *own_new(struct tamper *t, bool has_outside);
void own_check(struct tamper *t, const struct tamper_class *c);
void own_restore(struct tamper *t);

void world_seal(struct tamper_world *w);
void world_append(struct tamper_world *w, const char *type, enum stream stream, struct json *leaf, struct str signatures);
/* A leaf with the members that all have, for those that are composed by hand; `previous` NULL: the first of its stream. */
struct json *world_leaf(struct tamper_world *w, const char *stream, uint64_t sequence, const struct sha256 *previous);
void world_append_bytes(struct tamper_world *w, struct str bytes);
/* Stores sealed bytes and key; the member `b` that names them. */
struct json *world_blob(struct tamper_world *w, struct str plain, struct blob_sealed *ret);
void world_blob_store(struct tamper_world *w, const struct blob_sealed *blob);
struct json *world_blob_list(struct tamper_world *w, const struct blob_sealed *blob);
struct str world_note(struct tamper_world *w, struct checkpoint *ret);
void world_keep_note(struct tamper_world *w, struct str note);
void world_cosigned(struct tamper_world *w);
void world_stamped(struct tamper_world *w);
void world_hold(struct tamper_world *w, uint64_t leaf);
struct json *world_erase_body(struct tamper_world *w, uint64_t target, struct sha256 hash, const struct blob_sealed *blob);
struct str world_erase_sign(struct tamper_world *w, struct json *leaf, const struct note_key *key,
                            const struct ed25519_private *p);
/* "ledger/<hash>/" + name */
const char *world_public(const char *name, char ret[200]);

struct str vkey_text(struct arena *a, const struct note_key *key);
/* The note: text, empty line, signature. */
struct str checkpoint_signed(struct arena *a, const struct checkpoint *c, const struct note_key *key,
                             const struct ed25519_private *p);
/* Signature lines by keys that nobody knows. */
void strangers_format(struct tamper *t, uint64_t count, struct buf *out);

/* ---- bundle.c ---- */

/* Of the leaves from..to, or of all that are signed. */
void world_bundle(struct tamper_world *w, enum bundle_mode mode, uint64_t from, uint64_t to, struct buf *out);

/* ---- forge.c: a public part of its own, in t->copy, as a mirror or an auditor has it ---- */

void copy_write(struct tamper *t, const struct str *leaves, size_t count, struct checkpoint *ret);
void copy_sign(struct tamper *t, const struct checkpoint *c, const struct note_key *key, const struct ed25519_private *p);
void copy_remove(struct tamper *t);

#endif
