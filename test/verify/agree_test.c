/* Two readers of the same formats, written apart, must not differ: assay-verify's and the program's own. */
#include "base/test.h"

#include "ledger/ledger.h"
#include "ledger/policy.h"
#include "verify/av.h"

static const char *const leaves[] = {
    "assay/leaf@v1 item\n{\"b\":[{\"c\":\"00\",\"m\":\"application/json\",\"x\":\"11\",\"z\":\"<=4k\"}],\"i\":17,\"log\":\"a/b\",\"t\":-5,\"v\":1}\n",
    "assay/leaf@v1 run\n{\"a\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\",\"n\":[true,false,[],{}],\"o\":{\"p\":{\"q\":[0]}}}\n"
    "\n\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n",
    "assay/leaf@v1 record\n{\"v\":9007199254740991,\"w\":-9007199254740991}\n",
};
static const char *const pieces[] = {" ", "\n", "\"", "\\", "\\u0041", "\\u00e4", "\\u001F", "\\/", "{}", "[", "]", ",", ":", "null", "1.0",
                                     "1e3", "-0", "00", "9007199254740992", "\xed\xa0\x80", "\xef\xbb\xbf", "\xc0\x80", "\xff", "\"v\":1,", "{\"a\":1}",
                                     "[[[[[[[[1]]]]]]]]", "\x7f", "\x01", "A", "\xe2\x80\x94 "};

/* One to three changes: flip, cut, insert, double, swap. */
static size_t mutate(char *text, size_t size, size_t size_max, uint64_t *seed)
{
    for (uint64_t n = 1 + test_random(seed) % 3; n > 0 && size > 4; n--) {
        size_t at = (size_t)(test_random(seed) % size);
        const char *piece = pieces[test_random(seed) % (sizeof(pieces) / sizeof(pieces[0]))];
        size_t length = strlen(piece), span = 1 + (size_t)(test_random(seed) % 6);
        switch (test_random(seed) % 4) {
        case 0:
            text[at] = (char)(text[at] ^ (1 << test_random(seed) % 8));
            break;
        case 1:
            span = span < size - at ? span : size - at;
            memmove(text + at, text + at + span, size - at - span);
            size -= span;
            break;
        case 2:
            if (size + length <= size_max) {
                memmove(text + at + length, text + at, size - at);
                memcpy(text + at, piece, length);
                size += length;
            }
            break;
        default:
            text[at] = text[test_random(seed) % size];
        }
    }
    return size;
}

START_TEST(leaves_are_taken_by_both_readers_or_by_none)
{
    struct arena *a = arena_new("leaf", 16 << 20);
    uint64_t seed = 11;
    int taken = 0, refused = 0, rounds = getenv("ASSAY_TEST_LONG") ? 2000000 : 60000;
    for (int n = 0; n < rounds; n++) {
        char text[2048];
        const char *from = leaves[n % 3];
        size_t size = strlen(from);
        memcpy(text, from, size);
        if (n >= 3)
            size = mutate(text, size, sizeof(text), &seed);
        struct leaf leaf;
        struct err e = {0};
        struct av_text type, json, lines;
        struct av_object object;
        arena_reset(a);
        bool ours = leaf_parse(a, str_make(text, size), &leaf, &e);
        const char *fault = av_leaf_split((struct av_text){text, size}, &type, &json, &lines);
        if (!fault)
            fault = av_object_read(json, &object);
        /* Signature lines are looked into by assay-verify at once, by the program when it checks them. */
        bool is_line = fault && strcmp(fault, "a malformed signature line") == 0;
        ck_assert_msg(ours == !fault || is_line, "%d: %s, %s: %.*s", n, ours ? "taken" : e.text, fault ? fault : "taken", (int)size, text);
        taken += !fault;
        refused += fault != NULL;
    }
    ck_assert_int_gt(taken, 100);
    ck_assert_int_gt(refused, 1000);
    arena_free(a);
}
END_TEST

START_TEST(inclusion_proofs_hold_for_both_or_for_none)
{
    uint64_t seed = 5;
    for (int n = 0; n < 20000; n++) {
        struct sha256 path[64], leaf = {{1}}, root = leaf;
        struct av_hash same[64], av_leaf, av_root;
        uint64_t size = 1 + test_random(&seed) % 300, index = test_random(&seed) % size;
        int count = 0;
        for (uint64_t at = index, last = size - 1; last > 0; at >>= 1, last >>= 1) { /* made along the way up */
            if (!(at & 1) && at == last)
                continue;
            for (int i = 0; i < 32; i++)
                path[count].bytes[i] = (uint8_t)test_random(&seed);
            root = at & 1 ? merkle_node_hash(path[count], root) : merkle_node_hash(root, path[count]);
            count++;
        }
        uint64_t change = test_random(&seed) % 4;
        index ^= change == 1;
        size += change == 2;
        if (change == 3 && count)
            path[0].bytes[0] ^= 1;
        memcpy(same, path, sizeof(same));
        memcpy(&av_leaf, &leaf, 32);
        memcpy(&av_root, &root, 32);
        bool ours = merkle_inclusion_holds(index, size, leaf, root, path, (size_t)count);
        ck_assert_int_eq(ours, av_inclusion_holds(index, size, av_leaf, same, count, &av_root));
        ck_assert(ours || change > 0);
    }
}
END_TEST

static const char policy_text[] =
    "# who counts\nlog example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k https://x\n"
    "witness W1 %s\nwitness\tW2 %s\ngroup g 1 W1 W2\nquorum g\n";

START_TEST(policies_are_read_by_both_or_by_none)
{
    struct arena *a = arena_new("policy", 64 << 20);
    static struct av_policy p;
    struct buf keys[2];
    uint64_t seed = 7;
    int taken = 0;
    char base[1024];
    for (int i = 0; i < 2; i++) {
        struct ed25519_private key = {.seed = {(uint8_t)(i + 1)}};
        struct note_key made = note_key_make_typed(i ? "b.example" : "a.example", NOTE_KEY_COSIGNATURE, ed25519_public_of(&key));
        buf_init(&keys[i], 1024);
        note_key_format(&made, &keys[i]);
    }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    int base_size = snprintf(base, sizeof(base), policy_text, keys[0].data, keys[1].data);
#pragma GCC diagnostic pop
    for (int n = 0; n < 20000; n++) {
        char text[2048];
        size_t size = (size_t)base_size;
        memcpy(text, base, size);
        if (n > 0)
            size = mutate(text, size, sizeof(text), &seed);
        struct err e = {0};
        arena_reset(a);
        bool ours = policy_parse(a, str_make(text, size), &e) != NULL;
        const char *fault = av_policy_read((struct av_text){text, size}, &p);
        ck_assert_msg(ours == !fault, "%d: %s, %s:\n%.*s", n, ours ? "taken" : e.text, fault ? fault : "taken", (int)size, text);
        taken += ours;
    }
    ck_assert_int_gt(taken, 10);
    arena_free(a);
    for (int i = 0; i < 2; i++)
        buf_release(&keys[i]);
}
END_TEST

TEST_MAIN("verify agree", leaves_are_taken_by_both_readers_or_by_none, inclusion_proofs_hold_for_both_or_for_none,
          policies_are_read_by_both_or_by_none)
