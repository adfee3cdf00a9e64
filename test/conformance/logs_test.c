/* Trees, logs, notes and proofs that others made, under our readers; see vectors.h. */
#include "ledger/cosignature.h"
#include "ledger/bundle.h"
#include "ledger/internal.h"
#include "ledger/subtree.h"
#include "vectors.h"
#include "verify/av.h"

static struct arena *arena;

static void setup(void) { arena = arena_new("vectors", 64 << 20); }
static void teardown(void) { arena_free(arena); }

/* An inclusion proof in a subtree is one in the tree of its leaves alone (draft-ietf-plants-merkle-tree-certs, section 4.3). */
static bool subtree_case(const struct json *v)
{
    struct sha256 proof[128];
    size_t count = 0;
    JSON_EACH (h, json_get(v, "proof")) {
        ck_assert_uint_lt(count, 128);
        if (h->text.size != 44)
            return false;
        proof[count++] = vector_hash(vector_base64(arena, h->text));
    }
    uint64_t index = vector_u64(arena, v, "leafIdx"), start = vector_u64(arena, v, "start"), end = vector_u64(arena, v, "end");
    struct str root = vector_base64(arena, json_text(v, "root")), leaf = vector_base64(arena, json_text(v, "leafHash"));
    return root.size == SHA256_SIZE && leaf.size == SHA256_SIZE && subtree_is_valid(start, end) && index >= start && index < end &&
           merkle_inclusion_holds(index - start, end - start, vector_hash(leaf), vector_hash(root), proof, count);
}

START_TEST(inclusion_in_subtrees_agrees_with_transparency_dev)
{
    struct str text, line;
    struct err e = {0};
    int n = 0;
    if (!vector_read(arena, "merkle/subtreeinclusion.jsonl", &text))
        return;
    while (str_next_line(&text, &line)) {
        const struct json *v = json_parse(arena, line, JSON_LIMITS_DEFAULT, &e);
        ck_assert_msg(v != NULL, "%s", e.text);
        ck_assert_msg(subtree_case(v) != json_bool(v, "wantErr"), "%.*s: %.*s", STR_ARGS(json_text(v, "_path")),
                      STR_ARGS(json_text(v, "desc")));
        n++;
    }
    ck_assert_int_eq(n, 204);
}
END_TEST

static bool reference_node(void *context, unsigned height, uint64_t index, struct sha256 *ret, struct err *e)
{
    (void)e;
    const struct json *node = json_at(json_at(json_get(context, "node_hashes_hex_by_level"), height), index);
    ck_assert(node != NULL);
    *ret = vector_hash(vector_hex(arena, node->text));
    return true;
}

START_TEST(the_reference_tree_of_rfc6962_is_ours_node_by_node)
{
    const struct json *v = vector_json(arena, "merkle/rfc6962-reference.json");
    struct merkle_frontier f = {.size = 0};
    struct merkle_nodes nodes = {reference_node, (void *)(uintptr_t)v};
    struct err e = {0};
    size_t size = 0, interior = 0;
    if (!v)
        return;
    JSON_EACH (root, json_get(v, "roots_hex_by_size")) {
        struct sha256 wanted = vector_hash(vector_hex(arena, root->text)), again;
        ck_assert(sha256_equal(merkle_frontier_root(&f), wanted));
        ck_assert(merkle_root(&nodes, size, &again, &e) && sha256_equal(again, wanted));
        const struct json *leaf = json_at(json_get(v, "leaf_inputs_hex"), size++);
        if (!leaf)
            break;
        struct sha256 hash = merkle_leaf_hash(vector_hex(arena, leaf->text)), listed;
        ck_assert(reference_node((void *)(uintptr_t)v, 0, size - 1, &listed, &e) && sha256_equal(hash, listed));
        merkle_frontier_push(&f, hash);
    }
    ck_assert_uint_eq(size, 9);
    const struct json *levels = json_get(v, "node_hashes_hex_by_level");
    for (unsigned h = 1; h < 4; h++)
        for (uint64_t k = 0; json_at(json_at(levels, h), k); k++, interior++) {
            struct sha256 left, right, node;
            ck_assert(reference_node(nodes.context, h - 1, 2 * k, &left, &e) && reference_node(nodes.context, h, k, &node, &e) &&
                      reference_node(nodes.context, h - 1, 2 * k + 1, &right, &e));
            ck_assert(sha256_equal(merkle_node_hash(left, right), node));
        }
    ck_assert_uint_eq(interior, 7);
}
END_TEST

static struct checkpoint signed_head(const char *path, const struct note_key *key)
{
    struct checkpoint c;
    struct str note, text, lines;
    struct err e = {0};
    ck_assert(vector_read(arena, path, &note));
    ck_assert_msg(checkpoint_parse(note, &c, &text, &lines, &e), "%s: %s", path, e.text);
    ck_assert_msg(note_verify(text, lines, key, &e), "%s: %s", path, e.text);
    return c;
}

static struct note_key key_in(const char *path)
{
    struct str text;
    struct note_key key;
    struct err e = {0};
    ck_assert(vector_read(arena, path, &text));
    ck_assert_msg(note_key_parse(str_trim(text), &key, &e), "%s", e.text);
    return key;
}

START_TEST(all_heads_of_a_log_that_tessera_wrote_are_signed_and_grow_from_one_another)
{
    struct checkpoint heads[16];
    struct err e = {0};
    int dir = vector_directory(arena, "tessera-log");
    if (dir < 0)
        return;
    struct note_key key = key_in("tessera-log/log.vkey");
    for (uint64_t n = 0; n < 16; n++) {
        heads[n] = signed_head(arena_printf(arena, "tessera-log/checkpoint.%d", (int)n).data, &key);
        ck_assert_uint_eq(heads[n].size, n);
    }
    for (uint64_t size = 1; size < 16; size++) { /* each by the partial tile and bundle of its own width */
        struct tile_store s;
        struct merkle_frontier f = {.size = 0};
        struct sha256 root, proof[128];
        size_t count = 0;
        tile_store_init(&s, &os_file_real, dir, size);
        struct merkle_nodes nodes = tile_store_nodes(&s);
        ck_assert_msg(merkle_root(&nodes, size, &root, &e), "%s", e.text);
        ck_assert(sha256_equal(root, heads[size].root));
        for (uint64_t i = 0; i < size; i++) {
            struct str leaf;
            ck_assert_msg(tile_store_leaf(&s, i, &leaf, &e), "%s", e.text);
            struct sha256 hash = merkle_leaf_hash(leaf);
            merkle_frontier_push(&f, hash);
            ck_assert(merkle_inclusion(&nodes, i, size, proof, &count, &e));
            ck_assert(merkle_inclusion_holds(i, size, hash, heads[size].root, proof, count));
        }
        ck_assert(sha256_equal(merkle_frontier_root(&f), heads[size].root));
        for (uint64_t old = 0; old <= size; old++) {
            ck_assert(merkle_consistency(&nodes, old, size, proof, &count, &e));
            ck_assert(merkle_consistency_holds(old, heads[old].root, size, heads[size].root, proof, count));
            ck_assert(old == 0 || !merkle_consistency_holds(old, heads[old - 1].root, size, heads[size].root, proof, count));
        }
        tile_store_release(&s);
    }
    close(dir);
}
END_TEST

START_TEST(the_tiles_of_a_sunlight_mirror_have_its_cosigned_root_and_its_decoy_entries_are_refused)
{
    int dir = vector_directory(arena, "sunlight-mirror");
    struct str note, text, lines, leaf;
    struct checkpoint c;
    struct note_key key;
    struct tile_store s;
    struct tile *t;
    struct sha256 root;
    struct err e = {0};
    if (dir < 0)
        return;
    ck_assert(vector_read(arena, "sunlight-mirror/checkpoint", &note) && checkpoint_parse(note, &c, &text, &lines, &e));
    struct str vkey = json_at(json_get(vector_json(arena, "sunlight-mirror/mirror.v0.json"), "verifier_keys"), 0)->text;
    ck_assert(note_key_parse(vkey, &key, &e) && cosignature_find(text, lines, &key, NULL, NULL, &e));
    vkey = json_at(json_get(vector_json(arena, "sunlight-mirror/witness.v0.json"), "verifier_keys"), 0)->text;
    ck_assert(!note_key_parse(vkey, &key, &e) || !cosignature_find(text, lines, &key, NULL, NULL, &e)); /* did not sign this one */
    tile_store_init(&s, &os_file_real, dir, c.size);
    struct merkle_nodes nodes = tile_store_nodes(&s);
    ck_assert_msg(merkle_root(&nodes, c.size, &root, &e), "%s", e.text);
    ck_assert(c.size == 300 && sha256_equal(root, c.root));
    ck_assert(tile_get(&s, 0, 0, &t, &e));
    struct sha256 full = tile_full_root(t->nodes[0]);
    ck_assert(tile_get(&s, 1, 0, &t, &e) && t->width == 1 && sha256_equal(t->nodes[0][0], full));
    ck_assert(!tile_store_leaf(&s, 7, &leaf, &e) && e.code == ERR_CORRUPT);
    tile_store_release(&s);
    close(dir);
}
END_TEST

START_TEST(the_checkpoint_of_the_go_checksum_database_verifies_under_its_key)
{
    const struct json *v = vector_json(arena, "witness-protocol/sumdb.json");
    struct checkpoint c;
    struct note_key key;
    struct str text, lines;
    struct err e = {0};
    if (!v)
        return;
    struct str body = json_text(json_at(json_get(v, "exchanges"), 0), "body");
    struct str note = str_slice(body, strlen("old 0\n\n"), body.size);
    ck_assert(note_key_parse(STR("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"), &key, &e));
    ck_assert_msg(checkpoint_parse(note, &c, &text, &lines, &e), "%s", e.text);
    ck_assert(c.size == 35225469 && note_verify(text, lines, &key, &e));
    char changed[1024];
    ck_assert_uint_lt(note.size, sizeof(changed));
    memcpy(changed, note.data, note.size);
    changed[25] ^= 1; /* a digit of the size */
    ck_assert(!checkpoint_parse(str_make(changed, note.size), &c, &text, &lines, &e) || !note_verify(text, lines, &key, &e));
}
END_TEST

START_TEST(the_log_made_with_python_gives_the_proofs_that_were_made_with_python)
{
    int dir = vector_directory(arena, "selfmade-log");
    struct err e = {0};
    struct str text, line, note, lines;
    struct checkpoint c;
    struct sha256 proof[128], given[128];
    size_t count = 0, given_count = 0;
    if (dir < 0)
        return;
    struct note_key log = key_in("selfmade-log/log.vkey"), witness = key_in("selfmade-log/witness.vkey");
    struct checkpoint old = signed_head("selfmade-log/checkpoint.old", &log), head = signed_head("selfmade-log/checkpoint", &log);
    ck_assert(old.size == 700 && head.size == 1000);
    for (int k = 0; k < 2; k++) {
        ck_assert(vector_read(arena, k ? "selfmade-log/checkpoint" : "selfmade-log/checkpoint.old", &note));
        ck_assert(checkpoint_parse(note, &c, &text, &lines, &e));
        ck_assert_msg(cosignature_find(text, lines, &witness, NULL, NULL, &e), "%s", e.text);
    }
    struct ledger_reader *r = ledger_reader_open(dir, &e);
    ck_assert(r && ledger_reader_consistency(r, 700, 1000, proof, &count, &e));
    ck_assert(vector_read(arena, "selfmade-log/consistency.txt", &text) && str_next_line(&text, &line) && str_is(line, "old 700"));
    while (str_next_line(&text, &line) && line.size == 44)
        given[given_count++] = vector_hash(vector_base64(arena, line));
    ck_assert(count == given_count && memcmp(proof, given, count * sizeof(given[0])) == 0);
    ck_assert(merkle_consistency_holds(700, old.root, 1000, head.root, given, count));
    struct buf BUF_AUTO written, note_bytes;
    buf_init(&written, 1 << 16);
    buf_init(&note_bytes, 1 << 16);
    ck_assert_msg(proof_note(r, dir, &note_bytes, &e) && proof_write(r, 666, buf_view(&note_bytes), &written, &e), "%s", e.text);
    ck_assert(vector_read(arena, "selfmade-log/entry.tlog-proof", &text));
    ck_assert_msg(str_equal(buf_view(&written), text), "%.*s", STR_ARGS(buf_view(&written)));
    struct av_hash path[64];
    struct av_checkpoint under;
    uint64_t index = 0;
    int path_count = 0;
    ck_assert(!av_proof_read((struct av_text){text.data, text.size}, &index, path, &path_count, &under));
    ck_assert(index == 666 && path_count == 10 && under.size == 1000);
    ledger_reader_close(r);
    close(dir);
}
END_TEST

VECTORS_MAIN("conformance_logs", inclusion_in_subtrees_agrees_with_transparency_dev,
             the_reference_tree_of_rfc6962_is_ours_node_by_node,
             all_heads_of_a_log_that_tessera_wrote_are_signed_and_grow_from_one_another,
             the_tiles_of_a_sunlight_mirror_have_its_cosigned_root_and_its_decoy_entries_are_refused,
             the_checkpoint_of_the_go_checksum_database_verifies_under_its_key,
             the_log_made_with_python_gives_the_proofs_that_were_made_with_python)
