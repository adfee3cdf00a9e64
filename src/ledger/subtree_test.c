#include "base/json.h"
#include "ledger/subtree.h"
#include "ledger/test_log.h"

static struct sha256 range_hash(struct test_log *t, uint64_t from, uint64_t to)
{
    struct merkle_frontier f = {.size = 0};
    struct err e = {0};
    for (uint64_t i = from; i < to; i++) {
        struct sha256 h;
        ck_assert(test_log_node(t, 0, i, &h, &e));
        merkle_frontier_push(&f, h);
    }
    return merkle_frontier_root(&f);
}

START_TEST(all_subtrees_of_trees_up_to_34_are_proven_and_no_changed_proof_holds)
{
    struct test_log t = test_log_make("log", 1, 'a', 0);
    struct merkle_nodes nodes = {test_log_node, &t};
    struct err e = {0};
    for (uint64_t size = 1; size <= 34; size++) {
        struct sha256 root = range_hash(&t, 0, size);
        for (uint64_t start = 0; start < size; start++)
            for (uint64_t end = start + 1; end <= size; end++) {
                struct sha256 proof[65], subtree = range_hash(&t, start, end);
                size_t n = 0;
                bool is_made = subtree_proof(&nodes, start, end, size, proof, &n, &e);
                ck_assert(is_made == subtree_is_valid(start, end));
                if (!is_made)
                    continue;
                ck_assert_msg(subtree_proof_holds(start, end, size, subtree, root, proof, n), "[%d,%d) of %d", (int)start,
                              (int)end, (int)size);
                proof[n] = root;
                ck_assert(!subtree_proof_holds(start, end, size, subtree, root, proof, n + 1));
                ck_assert(n == 0 || !subtree_proof_holds(start, end, size, subtree, root, proof, n - 1));
                ck_assert(!subtree_proof_holds(start, end, size, subtree, subtree, proof, n) || (start == 0 && end == size));
                for (size_t i = 0; i < n; i++) {
                    proof[i].bytes[7] ^= 4;
                    ck_assert(!subtree_proof_holds(start, end, size, subtree, root, proof, n));
                    proof[i].bytes[7] ^= 4;
                }
            }
    }
}
END_TEST

static struct sha256 hash_of_base64(struct str text)
{
    struct sha256 h = {{0}};
    struct buf BUF_AUTO b;
    buf_init(&b, 4096);
    if (base64_decode(text, &b) && b.size > 0)
        memcpy(h.bytes, b.data, b.size < SHA256_SIZE ? b.size : SHA256_SIZE);
    return h;
}

static uint64_t number_of(const struct json *v, const char *key)
{
    const struct json *n = json_get(v, key);
    return n && !n->is_integer ? strtoull(arena_strndup(n->arena ? n->arena : v->arena, n->text.data, n->text.size), NULL, 10)
                               : (uint64_t)json_int(v, key, 0);
}

START_TEST(the_vectors_of_transparency_dev_give_the_same_answers)
{
    const char *shared = getenv("ASSAY_SHARED_DATA");
    struct buf BUF_AUTO text;
    struct err e = {0};
    char path[4096];
    int n = 0;
    snprintf(path, sizeof(path), "%s/ledger/merkle/subtreeconsistency.jsonl", shared ? shared : "");
    buf_init(&text, 8 << 20);
    if (!os_file_read(&os_file_real, AT_FDCWD, path, &text, &e)) {
        fprintf(stderr, "subtree_test: no vectors of subtree proofs here, skipped\n");
        return;
    }
    struct arena *a = arena_new("cases", 64 << 20);
    struct str rest = buf_view(&text), line;
    while (str_next_line(&rest, &line)) {
        struct json *v = json_parse(a, line, JSON_LIMITS_DEFAULT, &e);
        struct sha256 proof[128];
        size_t count = 0;
        bool is_whole = true;
        ck_assert_msg(v != NULL, "%s", e.text);
        JSON_EACH (h, json_get(v, "proof")) {
            ck_assert_uint_lt(count, 128);
            proof[count++] = hash_of_base64(h->text);
            is_whole &= h->text.size == 44;
        }
        bool holds = is_whole && subtree_proof_holds(number_of(v, "start"), number_of(v, "end"), number_of(v, "size"),
                                                     hash_of_base64(json_text(v, "root1")), hash_of_base64(json_text(v, "root2")),
                                                     proof, count);
        ck_assert_msg(holds != json_bool(v, "wantErr"), "%.*s [%d,%d) of %d", STR_ARGS(json_text(v, "desc")),
                      (int)number_of(v, "start"), (int)number_of(v, "end"), (int)number_of(v, "size"));
        n++;
    }
    ck_assert_int_eq(n, 118);
    arena_free(a);
}
END_TEST

TEST_MAIN("subtree", all_subtrees_of_trees_up_to_34_are_proven_and_no_changed_proof_holds,
          the_vectors_of_transparency_dev_give_the_same_answers)
