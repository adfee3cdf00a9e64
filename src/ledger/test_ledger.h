/*
 * test_ledger.h - what the tests of src/ledger share: a scratch data directory, a clock and randomness that repeat, a signer in
 * the process that behaves like the real one (its own head, refuses what is not consistent).
 */
#ifndef LEDGER_TEST_LEDGER_H
#define LEDGER_TEST_LEDGER_H

#include "base/limits.h"
#include "base/test.h"
#include "ledger/internal.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEST_ORIGIN "host.example/assay/0123456789abcdef"

struct test_ledger {
    char path[64];
    int dir;
    int64_t now_ms;
    uint64_t seed;
    struct env env;
    struct ed25519_private private_key;
    struct note_key key;
    struct checkpoint signer_head;
    bool signer_is_dead;
    struct ledger_options options;
};

static inline int64_t test_now(void *context)
{
    return ((struct test_ledger *)context)->now_ms;
}

static inline void test_fill(void *context, void *ret, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)ret)[i] = (uint8_t)test_random(&((struct test_ledger *)context)->seed);
}

static inline bool test_signer_head(void *context, struct checkpoint *ret, struct err *e)
{
    struct test_ledger *t = context;
    if (t->signer_is_dead)
        return err_set(e, ERR_UNAVAILABLE, "the signer is gone");
    *ret = t->signer_head;
    return true;
}

static inline bool test_signer_sign(void *context, const struct checkpoint *old, const struct checkpoint *c,
                                    const struct sha256 *proof, size_t proof_count, struct buf *ret_note, struct err *e)
{
    struct test_ledger *t = context;
    if (old->size != t->signer_head.size ||
        !merkle_consistency_holds(t->signer_head.size, t->signer_head.root, c->size, c->root, proof, proof_count))
        return err_set(e, ERR_CORRUPT, "not consistent with what was signed");
    struct buf BUF_AUTO line;
    buf_init(&line, 1024);
    checkpoint_text(c, ret_note);
    note_sign_line(&t->key, &t->private_key, buf_view(ret_note), &line);
    buf_char(ret_note, '\n');
    buf_str(ret_note, buf_view(&line));
    t->signer_head = *c;
    return true;
}

static inline void test_ledger_options(struct test_ledger *t, const struct os_file_calls *calls)
{
    t->env = (struct env){.now_ms = test_now, .monotonic_ms = test_now, .random = test_fill, .context = t};
    t->key = note_key_make(TEST_ORIGIN, ed25519_public_of(&t->private_key));
    t->options = (struct ledger_options){.calls = calls,
                                         .env = &t->env,
                                         .data_dir = t->dir,
                                         .origin = TEST_ORIGIN,
                                         .signer = {test_signer_head, test_signer_sign, t},
                                         .journal_segment_bytes = 64 << 10};
}

/* A scratch directory with an empty ledger in it. */
static inline void test_ledger_make(struct test_ledger *t)
{
    memset(t, 0, sizeof(*t));
    t->now_ms = INT64_C(1795291440000);
    t->private_key.seed[0] = 7;
    t->signer_head.root = sha256_of(STR(""));
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(t->path, sizeof(t->path), "%s/assay-ledger-XXXXXX", base);
    ck_assert(mkdtemp(t->path) != NULL);
    t->dir = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(t->dir, 0);
    test_ledger_options(t, &os_file_real);
    struct err e = {0};
    ck_assert_msg(ledger_create(&t->options, &e), "%s", e.text);
}

static inline int test_remove_entry(const char *path, const struct stat *facts, int type, struct FTW *walk)
{
    (void)facts;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void test_tree_remove(const char *path)
{
    nftw(path, test_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void test_ledger_remove(struct test_ledger *t)
{
    close(t->dir);
    test_tree_remove(t->path);
}

static inline struct ledger *test_ledger_open(struct test_ledger *t)
{
    struct err e = {0};
    struct ledger *l = ledger_open(&t->options, &e);
    ck_assert_msg(l != NULL, "%s", e.text);
    return l;
}

/* Leaf i of every test: a valid record leaf in stream "s" with t as the clock says. Its text is a function of the arguments
 * alone. */
static inline struct str test_leaf(struct arena *a, struct ledger *l, uint64_t sequence, struct sha256 previous,
                                   const char *filler)
{
    struct json *leaf = json_object(a);
    struct err e = {0};
    struct buf b;
    buf_init(&b, LIMIT_LEAF_BYTES);
    json_put_int(leaf, "v", 1);
    json_put_cstr(leaf, "log", TEST_ORIGIN);
    uint64_t nonce[2] = {sequence, 1};
    json_put_hex(leaf, "n", nonce, 16);
    json_put_int(leaf, "t", ledger_clock(l, NULL));
    json_put_cstr(leaf, "st", "s");
    json_put_int(leaf, "sq", (int64_t)sequence);
    json_put_hex(leaf, "sp", previous.bytes, SHA256_SIZE);
    json_put_cstr(leaf, "type", "note");
    json_put_cstr(leaf, "text", filler);
    ck_assert_msg(leaf_compose("record", leaf, (struct str){"", 0}, &b, &e), "%s", e.text);
    struct str made = arena_str(a, buf_view(&b));
    buf_release(&b);
    return made;
}

/* Appends `count` leaves one batch each and returns the number in the stream. */
static inline void test_append(struct ledger *l, struct arena *a, uint64_t *sequence, struct sha256 *previous, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct err e = {0};
        uint64_t index = 0;
        struct str leaf = test_leaf(a, l, *sequence, *previous, "filler");
        ck_assert_msg(ledger_append(l, &leaf, 1, &index, &e), "%s", e.text);
        *previous = merkle_leaf_hash(leaf);
        (*sequence)++;
    }
}

static inline void test_integrate(struct ledger *l)
{
    struct err e = {0};
    ck_assert_msg(ledger_integrate(l, &e), "%s", e.text);
}

#endif
