#include "ledger/test_ledger.h"

static struct sha256 hash_of_hex(const char *hex)
{
    struct sha256 h;
    ck_assert(hex_decode(str_of(hex), h.bytes, 32));
    return h;
}

/* The eight reference leaves of RFC 6962's test trees, and the roots of their first 0 to 8. */
static const struct str reference_leaves[8] = {{"", 0},         {"\0", 1},
                                               {"\x10", 1},     {"\x20\x21", 2},
                                               {"\x30\x31", 2}, {"\x40\x41\x42\x43", 4},
                                               {"PQRSTUVW", 8}, {"`abcdefghijklmno", 16}};
static const char *const reference_roots[9] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                               "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                               "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                               "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                               "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                               "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                               "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                               "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                               "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};

START_TEST(roots_are_those_of_the_reference_tree)
{
    struct merkle_frontier f = {.size = 0};
    for (int i = 0; i <= 8; i++) {
        ck_assert_msg(sha256_equal(merkle_frontier_root(&f), hash_of_hex(reference_roots[i])), "size %d", i);
        if (i < 8)
            merkle_frontier_push(&f, merkle_leaf_hash(reference_leaves[i]));
    }
}
END_TEST

START_TEST(pushing_many_hashes_is_pushing_each_of_them)
{
    uint64_t seed = 6;
    struct merkle_frontier one = {.size = 0}, many = {.size = 0};
    for (int round = 0; round < 300; round++) {
        static struct sha256 hashes[1024];
        size_t count = test_random(&seed) % (round % 7 ? 40 : 1024);
        for (size_t i = 0; i < count; i++) {
            uint64_t value = test_random(&seed);
            memcpy(hashes[i].bytes, &value, sizeof(value));
            merkle_frontier_push(&one, hashes[i]);
        }
        merkle_frontier_push_many(&many, hashes, count);
        ck_assert_uint_eq(one.size, many.size);
        for (unsigned k = 0; k < 64; k++)
            if (one.size >> k & 1)
                ck_assert_msg(sha256_equal(one.hashes[k], many.hashes[k]), "size %llu, bit %u", (unsigned long long)one.size, k);
    }
}
END_TEST

/* A tree in memory as the source of proofs. */
struct memory_tree {
    struct sha256 leaves[300];
};

static bool memory_node(void *context, unsigned height, uint64_t index, struct sha256 *ret, struct err *e)
{
    struct memory_tree *t = context;
    if (height == 0) {
        *ret = t->leaves[index];
        return true;
    }
    struct sha256 left, right;
    if (!memory_node(context, height - 1, 2 * index, &left, e) || !memory_node(context, height - 1, 2 * index + 1, &right, e))
        return false;
    *ret = merkle_node_hash(left, right);
    return true;
}

START_TEST(proofs_hold_between_all_sizes_up_to_40_and_no_other_way)
{
    static struct memory_tree tree;
    struct sha256 roots[42], path[128];
    struct merkle_frontier f = {.size = 0};
    struct merkle_nodes nodes = {memory_node, &tree};
    struct err e = {0};
    size_t count = 0;
    for (unsigned i = 0; i <= 40; i++) {
        struct sha256 by_nodes;
        roots[i] = merkle_frontier_root(&f);
        ck_assert(merkle_root(&nodes, i, &by_nodes, &e) && sha256_equal(by_nodes, roots[i]));
        tree.leaves[i] = merkle_leaf_hash(str_make(&i, sizeof(i)));
        merkle_frontier_push(&f, tree.leaves[i]);
    }
    for (uint64_t size = 1; size <= 40; size++) {
        for (uint64_t i = 0; i < size; i++) {
            ck_assert(merkle_inclusion(&nodes, i, size, path, &count, &e));
            ck_assert(merkle_inclusion_holds(i, size, tree.leaves[i], roots[size], path, count));
            ck_assert(!merkle_inclusion_holds(i, size, tree.leaves[i], roots[size - 1], path, count));
            ck_assert(count == 0 || !merkle_inclusion_holds(i, size, tree.leaves[i], roots[size], path, count - 1));
            for (size_t k = 0; k < count; k++) {
                path[k].bytes[k] ^= 4;
                ck_assert(!merkle_inclusion_holds(i, size, tree.leaves[i], roots[size], path, count));
                path[k].bytes[k] ^= 4;
            }
        }
        for (uint64_t old = 0; old <= size; old++) {
            ck_assert(merkle_consistency(&nodes, old, size, path, &count, &e));
            ck_assert(merkle_consistency_holds(old, roots[old], size, roots[size], path, count));
            ck_assert(old == size || !merkle_consistency_holds(old, roots[old + 1], size, roots[size], path, count));
            ck_assert(old == 0 || !merkle_consistency_holds(old, roots[old], size, roots[size - 1], path, count) || size == 1);
            for (size_t k = 0; k < count; k++) {
                path[k].bytes[k] ^= 4;
                ck_assert(!merkle_consistency_holds(old, roots[old], size, roots[size], path, count));
                path[k].bytes[k] ^= 4;
            }
            path[count] = roots[0];
            ck_assert(!merkle_consistency_holds(old, roots[old], size, roots[size], path, count + 1));
        }
    }
    ck_assert(!merkle_inclusion(&nodes, 3, 3, path, &count, &e) && e.code == ERR_INVALID);
    ck_assert(!merkle_consistency(&nodes, 4, 3, path, &count, &e) && e.code == ERR_INVALID);
}
END_TEST

START_TEST(tile_paths_are_those_of_tlog_tiles_and_widths_those_of_its_examples)
{
    char path[TILE_PATH_SIZE];
    static const struct {
        int level;
        uint64_t n;
        unsigned width;
        const char *path;
    } cases[] = {{0, 0, 256, "tile/0/000"},
                 {0, 1234067, 256, "tile/0/x001/x234/067"},
                 {2, 273, 17, "tile/2/273.p/17"},
                 {LEVEL_ENTRIES, 1000, 1, "tile/entries/x001/000.p/1"},
                 {63, UINT64_MAX >> 16, 256, "tile/63/x281/x474/x976/x710/655"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tile_path(cases[i].level, cases[i].n, cases[i].width, path);
        ck_assert_str_eq(path, cases[i].path);
    }
    ck_assert_uint_eq(tile_width(0, 272, 70000), 256);
    ck_assert_uint_eq(tile_width(0, 273, 70000), 112);
    ck_assert_uint_eq(tile_width(0, 274, 70000), 0);
    ck_assert_uint_eq(tile_width(1, 0, 70000), 256);
    ck_assert_uint_eq(tile_width(1, 1, 70000), 17);
    ck_assert_uint_eq(tile_width(2, 0, 70000), 1);
    ck_assert_uint_eq(tile_width(3, 0, 70000), 0);
    ck_assert_uint_eq(tile_width(1, 0, 256), 1);
    ck_assert_uint_eq(tile_width(LEVEL_ENTRIES, 273, 70000), 112);
}
END_TEST

/* ---- vectors and logs of others, when the shared data is here ---- */

static const char *shared(const char *name)
{
    static char path[1024];
    const char *root = getenv("ASSAY_SHARED_DATA");
    snprintf(path, sizeof(path), "%s/ledger/%s", root ? root : "", name);
    if (root && access(path, R_OK) == 0)
        return path;
    printf("skipped: %s is not here\n", path);
    return NULL;
}

static struct sha256 hash_of_base64(struct str text)
{
    struct sha256 h = {{0}};
    struct buf BUF_AUTO b;
    buf_init(&b, 4096);
    if (base64_decode(text, &b) && b.size > 0) /* some cases say "don't care 1" */
        memcpy(h.bytes, b.data, b.size < SHA256_SIZE ? b.size : SHA256_SIZE);
    return h;
}

static int replay_cases(const char *name, bool (*holds)(const struct json *v, const struct sha256 *proof, size_t count))
{
    const char *path = shared(name);
    struct buf BUF_AUTO text = {0};
    struct err e = {0};
    int n = 0;
    if (!path)
        return -1;
    buf_init(&text, 8 << 20);
    ck_assert_msg(os_file_read(&os_file_real, -1, path, &text, &e), "%s", e.text);
    struct arena *a = arena_new("cases", 64 << 20);
    struct str rest = buf_view(&text), line;
    while (str_next_line(&rest, &line)) {
        struct json *v = json_parse(a, line, JSON_LIMITS_DEFAULT, &e);
        ck_assert_msg(v != NULL, "%s", e.text);
        struct sha256 proof[128];
        size_t count = 0;
        bool is_whole = true;
        JSON_EACH (h, json_get(v, "proof")) {
            ck_assert_uint_lt(count, 128);
            proof[count++] = hash_of_base64(h->text);
            is_whole &= h->text.size == 44;
        }
        ck_assert_msg((is_whole && holds(v, proof, count)) != json_bool(v, "wantErr"), "%.*s", STR_ARGS(json_text(v, "desc")));
        n++;
    }
    arena_free(a);
    return n;
}

/* Some cases have sizes that only fit into 64 bits without a sign. */
static uint64_t number_of(const struct json *v, const char *key)
{
    const struct json *n = json_get(v, key);
    return n && !n->is_integer ? strtoull(arena_strndup(n->arena ? n->arena : v->arena, n->text.data, n->text.size), NULL, 10)
                               : (uint64_t)json_int(v, key, 0);
}

static bool inclusion_case(const struct json *v, const struct sha256 *proof, size_t count)
{
    return json_text(v, "root").size == 44 && json_text(v, "leafHash").size == 44 &&
           merkle_inclusion_holds(number_of(v, "leafIdx"), number_of(v, "treeSize"), hash_of_base64(json_text(v, "leafHash")),
                                  hash_of_base64(json_text(v, "root")), proof, count);
}

static bool consistency_case(const struct json *v, const struct sha256 *proof, size_t count)
{
    uint64_t old_size = number_of(v, "size1");
    if (old_size == 0) /* an error there, and the legal start of a witness here (tlog-witness) */
        return !json_bool(v, "wantErr");
    return merkle_consistency_holds(old_size, hash_of_base64(json_text(v, "root1")), number_of(v, "size2"),
                                    hash_of_base64(json_text(v, "root2")), proof, count);
}

START_TEST(proofs_agree_with_the_vectors_of_transparency_dev)
{
    int n = replay_cases("merkle/inclusion.jsonl", inclusion_case);
    ck_assert_msg(n == -1 || n == 98, "%d", n);
    n = replay_cases("merkle/consistency.jsonl", consistency_case);
    ck_assert_msg(n == -1 || n == 98, "%d", n);
}
END_TEST

static bool push(void *context, uint64_t index, struct str leaf, struct err *e)
{
    (void)index, (void)e;
    merkle_frontier_push(context, merkle_leaf_hash(leaf));
    return true;
}

START_TEST(logs_written_by_others_are_read_and_their_checkpoints_verify)
{
    static const char *const logs[] = {"tessera-log", "selfmade-log"};
    for (size_t i = 0; i < 2; i++) {
        const char *path = shared(logs[i]);
        struct err e = {0};
        if (!path)
            continue;
        int dir = open(path, O_RDONLY | O_DIRECTORY);
        struct ledger_reader *r = ledger_reader_open(dir, &e);
        ck_assert_msg(r != NULL, "%s", e.text);
        const struct checkpoint *head = ledger_reader_head(r);
        struct buf BUF_AUTO vkey;
        struct note_key key;
        struct checkpoint c;
        struct str text, lines;
        buf_init(&vkey, 4096);
        ck_assert(os_file_read(&os_file_real, dir, "log.vkey", &vkey, &e));
        ck_assert_msg(note_key_parse(str_trim(buf_view(&vkey)), &key, &e), "%s", e.text);
        ck_assert(checkpoint_parse(ledger_reader_note(r), &c, &text, &lines, &e));
        ck_assert_msg(note_verify(text, lines, &key, &e), "%s", e.text);
        struct merkle_frontier f = {.size = 0};
        ck_assert_msg(ledger_reader_each(r, 0, head->size, push, &f, &e), "%s", e.text);
        ck_assert(sha256_equal(merkle_frontier_root(&f), head->root));
        struct sha256 proof[128];
        size_t count = 0;
        ck_assert(ledger_reader_inclusion(r, head->size / 2, head->size, proof, &count, &e));
        ledger_reader_close(r);
        close(dir);
    }
}
END_TEST

TEST_MAIN("merkle", roots_are_those_of_the_reference_tree, pushing_many_hashes_is_pushing_each_of_them, proofs_hold_between_all_sizes_up_to_40_and_no_other_way,
          tile_paths_are_those_of_tlog_tiles_and_widths_those_of_its_examples, proofs_agree_with_the_vectors_of_transparency_dev,
          logs_written_by_others_are_read_and_their_checkpoints_verify)
