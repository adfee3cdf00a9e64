/* A log in memory for tests of witnesses and mirrors: leaves "<branch> <index>", checkpoints of any size, consistency proofs.
 * Two branches agree on the leaves below `fork`. */
#ifndef LEDGER_TEST_LOG_H
#define LEDGER_TEST_LOG_H

#include "base/test.h"
#include "ledger/cosigner.h"
#include "ledger/merkle.h"

#include <fcntl.h>
#include <unistd.h>

struct test_log {
    struct ed25519_private private_key;
    struct note_key key;
    char branch;
    uint64_t fork; /* leaves below it are those of branch 'a' */
};

static inline struct test_log test_log_make(const char *origin, uint8_t seed, char branch, uint64_t fork)
{
    struct test_log t = {.private_key = {{seed, 77}}, .branch = branch, .fork = fork};
    t.key = note_key_make(origin, ed25519_public_of(&t.private_key));
    return t;
}

static inline void test_log_leaf(const struct test_log *t, uint64_t index, struct buf *out)
{
    buf_printf(out, "%c %llu", index < t->fork ? 'a' : t->branch, (unsigned long long)index);
}

static inline bool test_log_node(void *context, unsigned height, uint64_t index, struct sha256 *ret, struct err *e)
{
    struct sha256 left, right;
    if (height == 0) {
        struct buf BUF_AUTO leaf;
        buf_init(&leaf, 64);
        test_log_leaf(context, index, &leaf);
        *ret = merkle_leaf_hash(buf_view(&leaf));
        return true;
    }
    bool ok =
        test_log_node(context, height - 1, 2 * index, &left, e) && test_log_node(context, height - 1, 2 * index + 1, &right, e);
    *ret = merkle_node_hash(left, right);
    return ok;
}

static inline struct checkpoint test_log_head(struct test_log *t, uint64_t size)
{
    struct err e = {0};
    struct checkpoint c = {.size = size};
    struct merkle_nodes nodes = {test_log_node, t};
    snprintf(c.origin, sizeof(c.origin), "%s", t->key.name);
    ck_assert(merkle_root(&nodes, size, &c.root, &e));
    return c;
}

static inline void test_log_note(struct test_log *t, uint64_t size, struct buf *out)
{
    struct checkpoint c = test_log_head(t, size);
    struct buf BUF_AUTO text;
    buf_init(&text, 1024);
    checkpoint_text(&c, &text);
    buf_str(out, buf_view(&text));
    buf_char(out, '\n');
    note_sign_line(&t->key, &t->private_key, buf_view(&text), out);
}

/* The body of add-checkpoint from `old` to `size`. */
static inline void test_log_request(struct test_log *t, uint64_t old, uint64_t size, struct buf *out)
{
    struct sha256 proof[128];
    size_t count = 0;
    struct err e = {0};
    struct merkle_nodes nodes = {test_log_node, t};
    buf_clear(out);
    buf_printf(out, "old %llu\n", (unsigned long long)old);
    if (old <= size)
        ck_assert(merkle_consistency(&nodes, old, size, proof, &count, &e));
    for (size_t i = 0; i < count; i++) {
        base64_encode(str_make(proof[i].bytes, SHA256_SIZE), out);
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
    test_log_note(t, size, out);
}

static inline void test_log_list(const struct test_log *const *logs, size_t count, struct arena *a, struct log_list *ret)
{
    struct buf BUF_AUTO text;
    struct err e = {0};
    buf_init(&text, 1 << 16);
    for (size_t i = 0; i < count; i++) {
        buf_cstr(&text, "log ");
        note_key_format(&logs[i]->key, &text);
        buf_char(&text, '\n');
    }
    ck_assert_msg(log_list_parse(a, buf_view(&text), ret, &e), "%s", e.text);
}

/* A new empty directory below $TMPDIR; ret_path is its path. */
static inline int test_dir_make(char ret_path[256])
{
    const char *tmp = getenv("TMPDIR");
    snprintf(ret_path, 256, "%s/assay-test-XXXXXX", tmp ? tmp : "/tmp");
    ck_assert(mkdtemp(ret_path) != NULL);
    int dir = open(ret_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert(dir >= 0);
    return dir;
}

#endif
