/*
 * tamper.h - the tamper matrix: classes of damage and of lies, each with the codes one of which must be reported.
 *
 * A class makes one mutant at a time from its own seeded generator; the family that it belongs to checks the mutant and puts back
 * what was touched. Families:
 *
 *   bytes.c     one file of a sound data directory is changed                        assay verify DIR
 *   text.c      leaves whose text is not the one spelling that a statement has       assay verify DIR
 *   insider.c   what somebody with every key could write through the real writer     assay verify DIR
 *   outside.c   cosignatures, time stamps, erasures                                  assay verify DIR
 *   forge.c     the public part, rewritten and signed again                          assay verify COPY
 *   bundle.c    a bundle that was damaged, or remade by its officer                  assay-verify FILE.slb
 */
#ifndef TAMPER_H
#define TAMPER_H

#include "crypto/test_tsa.h"
#include "ledger/anchor.h"
#include "ledger/erase.h"
#include "ledger/keys.h"
#include "ledger/test_directory.h"
#include "ledger/verify.h"

enum { TAMPER_CODES = 8 };

struct tamper;
struct tamper_class {
    const char *name;
    const char *codes; /* "E30 E34": one of them must be among the findings; "refused": nothing can be checked at all */
    bool (*make)(struct tamper *t, const struct tamper_class *c); /* false: it changed nothing; draw again */
    int what;          /* for `make` */
    const char *where; /* the same */
};
struct tamper_family {
    const char *name;
    const struct tamper_class *classes;
    size_t count;
    void (*begin)(struct tamper *t); /* NULL: nothing to do */
    void (*end)(struct tamper *t);
    bool (*check)(struct tamper *t);   /* fills t->codes; false: the mutant was taken for good */
    void (*restore)(struct tamper *t); /* after each mutant */
};
extern const struct tamper_family tamper_bytes, tamper_text, tamper_insider, tamper_outside, tamper_forge, tamper_bundle;

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
};
enum stream { S_ANCHOR, S_ERASE, S_HOLD, S_OFFICER_KEYS, S_FREE };

struct tamper {
    struct tamper_world *w; /* the sound directory, made once */
    uint64_t seed;
    struct arena *arena; /* one mutant's */
    char codes[64][8];   /* of its findings */
    size_t code_count;
    char text[400];      /* of its first finding */
    char changed[200];   /* bytes.c: the file, to be put back */
    struct buf kept;
    bool was_removed;
    struct tamper_world *own; /* insider.c: a directory made for this mutant */
    struct test_directory *directory;
    char copy[64];            /* forge.c: the copy */
    struct buf bundle;
    const char *seen; /* bundle.c: checkpoint seen before */
};

static inline uint64_t draw(struct tamper *t, uint64_t n)
{
    return n ? test_random(&t->seed) % n : 0;
}
/* Fills t->codes from assay verify; `seen` may be NULL. */
bool tamper_verify(struct tamper *t, const char *path, const struct checkpoint *seen);
void tamper_code(struct tamper *t, const char *code, const char *text);

/* bytes.c: makes t->w, if it is not there yet. */
void tamper_sound(struct tamper *t);

/* world.c */
struct tamper_world *world_new(bool has_outside);
struct tamper_world *world_free(struct tamper_world *w);
void world_seal(struct tamper_world *w);
void world_append(struct tamper_world *w, const char *type, enum stream stream, struct json *leaf, struct str signatures);
struct json *world_blob(struct tamper_world *w, struct str plain, struct blob_sealed *ret);
struct str world_note(struct tamper_world *w, struct checkpoint *ret);
void world_keep_note(struct tamper_world *w, struct str note);
void world_cosigned(struct tamper_world *w);
void world_stamped(struct tamper_world *w);
void world_hold(struct tamper_world *w, uint64_t leaf);
struct json *world_erase_body(struct tamper_world *w, uint64_t target, struct sha256 hash, const struct blob_sealed *blob);
struct str world_erase_sign(struct tamper_world *w, struct json *leaf, const struct note_key *key, const struct ed25519_private *p);
/* "ledger/<hash>/" + name */
const char *world_public(const char *name, char ret[200]);
/* Several changes a mutation can make between from and to; false: nothing changed. */
enum change { FLIP, ZERO, CUT, EXTEND, SWAP, DUPLICATE, DELETE, INSERT };
bool tamper_change(struct tamper *t, enum change how, struct str bytes, size_t from, size_t to, struct buf *out);
struct str vkey_text(struct arena *a, const struct note_key *key);

#endif
