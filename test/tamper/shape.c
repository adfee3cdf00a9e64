/* shape.c - trees of the sizes at which something begins or ends, and leaves of the sizes at which framing does. Each sound tree
 * is written once and kept; a mutant is one file of it changed, or for small trees a tree of its own. As in forge.c there is no
 * private/. Of the deep trees each 50th mutant of a class has leaves that say something; those of the others are four bytes, and
 * what leaves say is not looked at: a thousand mutants of 65,536 leaves are 65 million. */
#include "tamper.h"

enum { SIZES = 9, LARGEST = 3, DEEP = 65536, TOLD_EVERY = 50 };
/* 3: its second leaf has the largest size there can be. 66,311: partial tiles at levels 0, 1 and 2. */
static const uint64_t sizes[SIZES] = {0, 1, 255, 256, 257, LARGEST, 65536, 65537, 66311};
static struct tree {
    char path[64];
    int dir;
    struct checkpoint head;
} trees[2 * SIZES], *tree; /* with leaves of four bytes from SIZES on; that of the mutant at hand */
static struct ed25519_private log_private = {{21}};
static struct note_key log_key;

/* ---- sound trees ---- */

/* Leaf `index` of a tree of `size`; the last one is the seal over all. */
static struct str leaf_make(struct arena *a, uint64_t index, uint64_t size, struct sha256 *last)
{
    static char text[LIMIT_LEAF_BYTES + 1];
    char sp[65] = "";
    if (index > 0)
        hex_encode(last->bytes, SHA256_SIZE, sp);
    int length =
        index + 1 == size
            ? snprintf(text, 1000,
                       "assay/leaf@v1 seal\n{\"a\":0,\"b\":%llu,\"blobs\":0,\"boot_id\":\"x\",\"bytes\":0,\"log\":\"" TEST_ORIGIN
                       "\",\"mono\":1,\"n\":\"%032llx\",\"sp\":\"\",\"sq\":0,\"st\":\"seal\",\"t\":1795291440000,\"v\":1}\n",
                       (unsigned long long)size, (unsigned long long)index)
            : snprintf(text, 1000,
                       "assay/leaf@v1 record\n{\"log\":\"" TEST_ORIGIN "\",\"n\":\"%032llx\",\"sp\":\"%s\",\"sq\":%llu,"
                       "\"st\":\"s\",\"t\":1795291440000,\"text\":\"\",\"type\":\"note\",\"v\":1}\n",
                       (unsigned long long)index, sp, (unsigned long long)index);
    if (size == LARGEST && index == 1) {
        char *at = strstr(text, "\"text\":\"") + strlen("\"text\":\"");
        size_t room = (size_t)(LIMIT_LEAF_BYTES - length);
        memmove(at + room, at, (size_t)(text + length - at));
        memset(at, 'x', room);
        length = LIMIT_LEAF_BYTES;
    }
    struct str made = arena_str(a, str_make(text, (size_t)length));
    *last = merkle_leaf_hash(made);
    return made;
}

static struct str *leaves_make(struct arena *a, uint64_t size, bool is_mute)
{
    struct str *leaves = arena_array(a, size + 1, sizeof(*leaves));
    struct sha256 last = {{0}};
    for (uint64_t i = 0; i < size; i++)
        leaves[i] = is_mute ? arena_str(a, str_make(&i, 4)) : leaf_make(a, i, size, &last);
    return leaves;
}

static void tree_take(struct tamper *t, size_t which, bool is_mute)
{
    char path[200];
    tree = &trees[which + (is_mute ? SIZES : 0)];
    t->is_tree_only = is_mute;
    if (!tree->path[0]) {
        struct arena *a = arena_new("leaves", 256 << 20);
        copy_write(t, leaves_make(a, sizes[which], is_mute), sizes[which], &tree->head);
        copy_sign(t, &tree->head, &log_key, &log_private);
        memcpy(tree->path, t->copy, sizeof(tree->path));
        t->copy[0] = 0;
        int top = open(tree->path, O_RDONLY | O_DIRECTORY);
        tree->dir = openat(top, world_public("", path), O_RDONLY | O_DIRECTORY);
        close(top);
        arena_free(a);
    }
    t->dir = tree->dir;
}

/* ---- mutants ---- */

enum place { TREE, HEAD_SIZE, HEAD_ROOT, LEAF, LENGTH, ENTRIES, TILE_0, TILE_1, TILE_2, LEFT_OUT, EMPTY, TOO_LARGE };
enum { GONE = 8 };
#define AT(size, place, how) ((size)*256 + (place)*16 + (how))

static void head_change(struct tamper *t, enum place place)
{
    struct checkpoint c = tree->head;
    file_take(t, "checkpoint");
    if (place == HEAD_SIZE)
        c.size = c.size == 0 || draw(t, 2) ? c.size + 1 + draw(t, 300) : draw(t, c.size);
    else
        c.root.bytes[draw(t, 32)] ^= (uint8_t)(1 + draw(t, 255));
    file_write(t, "checkpoint", checkpoint_signed(t->arena, &c, &log_key, &log_private));
}

static bool tile_change(struct tamper *t, uint64_t size, enum place place, int how)
{
    char path[TILE_PATH_SIZE];
    struct buf BUF_AUTO out = {0};
    int level = place >= TILE_0 ? (int)(place - TILE_0) : LEVEL_ENTRIES;
    uint64_t hashes = size >> (level > 0 ? 8 * level : 0), n = draw(t, (hashes + TILE_WIDTH - 1) / TILE_WIDTH);
    tile_path(level, n, tile_width(level, n, size), path);
    file_take(t, path);
    if (how == GONE)
        return unlinkat(t->dir, path, 0) == 0;
    size_t from = 0, to = t->kept.size;
    if (place == LEAF || place == LENGTH)
        entry_find(t, draw(t, tile_width(LEVEL_ENTRIES, n, size)), place == LENGTH, &from, &to);
    buf_init(&out, t->kept.size + 4096);
    if (!tamper_change(t, (enum change)how, buf_view(&t->kept), from, to, &out))
        return false;
    file_write(t, path, buf_view(&out));
    return true;
}

/* 64 KiB and more: the two bytes before it say what is left of the length when the rest is cut off. Hash, tile and root are
 * right. */
static void large_write(struct tamper *t, const struct str *leaves)
{
    static char large[LIMIT_LEAF_BYTES + 400];
    size_t size = LIMIT_LEAF_BYTES + 1 + draw(t, 300);
    char path[TILE_PATH_SIZE];
    struct buf BUF_AUTO bundle, tile;
    buf_init(&bundle, 256 << 10);
    buf_init(&tile, TILE_WIDTH * SHA256_SIZE);
    memcpy(large, leaves[1].data, leaves[1].size);
    memset(large + leaves[1].size, 'x', size - leaves[1].size);
    struct str made[LARGEST] = {leaves[0], str_make(large, size), leaves[2]};
    struct sha256 hashes[LARGEST];
    for (int i = 0; i < LARGEST; i++) {
        hashes[i] = merkle_leaf_hash(made[i]);
        buf_append(&tile, hashes[i].bytes, SHA256_SIZE);
        buf_char(&bundle, (char)(made[i].size >> 8));
        buf_char(&bundle, (char)made[i].size);
        buf_str(&bundle, made[i]);
    }
    int dir = open(t->copy, O_RDONLY | O_DIRECTORY);
    char public[200], name[80];
    tile_path(LEVEL_ENTRIES, 0, LARGEST, path);
    snprintf(name, sizeof(name), "%s", path);
    test_file_write(dir, world_public(name, public), buf_view(&bundle));
    tile_path(0, 0, LARGEST, path);
    snprintf(name, sizeof(name), "%s", path);
    test_file_write(dir, world_public(name, public), buf_view(&tile));
    close(dir);
    struct checkpoint c = tree->head;
    c.root = merkle_node_hash(merkle_node_hash(hashes[0], hashes[1]), hashes[2]);
    copy_sign(t, &c, &log_key, &log_private);
}

/* A tree of its own, signed. */
static void tree_remake(struct tamper *t, uint64_t size, enum place place)
{
    struct str *leaves = leaves_make(t->arena, size, false);
    struct checkpoint c;
    uint64_t at = draw(t, size);
    if (place == LEFT_OUT)
        memmove(&leaves[at], &leaves[at + 1], (size_t)(--size - at) * sizeof(leaves[0]));
    if (place == EMPTY)
        leaves[at] = STR("");
    copy_write(t, leaves, size, &c);
    copy_sign(t, &c, &log_key, &log_private);
    if (place == TOO_LARGE)
        large_write(t, leaves);
}

static bool make(struct tamper *t, const struct tamper_class *c)
{
    static size_t turn;
    size_t which = c->what == HONEST ? turn++ % SIZES : (size_t)c->what / 256;
    enum place place = c->what == HONEST ? TREE : (enum place)(c->what / 16 % 16);
    bool is_mute = sizes[which] >= DEEP && place != TREE && t->number % TOLD_EVERY != 1;
    tree_take(t, which, is_mute);
    t->is_ours_only = is_mute && (place == LEAF || place == TILE_0); /* assay-verify would come upon the mute leaves before it */
    if (place == HEAD_SIZE || place == HEAD_ROOT)
        head_change(t, place);
    else if (place >= LEFT_OUT)
        tree_remake(t, sizes[which], place);
    else if (place != TREE)
        return tile_change(t, sizes[which], place, c->what % 16);
    return true;
}

/* ---- the family ---- */

static void begin(struct tamper *t)
{
    buf_init(&t->kept, 64 << 20);
    log_key = note_key_make(TEST_ORIGIN, ed25519_public_of(&log_private));
}

static void check(struct tamper *t, const struct tamper_class *c)
{
    tamper_check(t, c, t->copy[0] ? t->copy : tree->path, &(struct tamper_trust){&log_key, NULL, &tree->head});
}

static void restore(struct tamper *t)
{
    file_restore(t);
    copy_remove(t);
    t->is_tree_only = t->is_ours_only = false;
}

static void end(struct tamper *t)
{
    for (size_t i = 0; i < 2 * SIZES; i++)
        if (trees[i].path[0]) {
            close(trees[i].dir);
            test_tree_remove(trees[i].path);
            trees[i].path[0] = 0;
        }
    buf_release(&t->kept);
}

static const struct tamper_class classes[] = {
    {"a tree of 0: another size signed", "E30 E31 E33 E34 E50 E14", make, AT(0, HEAD_SIZE, 0), NULL, NULL},
    {"a tree of 0: another root signed", "E30", make, AT(0, HEAD_ROOT, 0), NULL, NULL},
    {"a tree of 1: another size signed", "E30 E31 E33 E34 E50 E14", make, AT(1, HEAD_SIZE, 0), NULL, NULL},
    {"a tree of 1: another root signed", "E30", make, AT(1, HEAD_ROOT, 0), NULL, NULL},
    {"a tree of 1: leaf byte: flip", "E34", make, AT(1, LEAF, FLIP), NULL, NULL},
    {"a tree of 1: u16 length: flip", "E33 E34", make, AT(1, LENGTH, FLIP), NULL, NULL},
    {"a tree of 1: entries: truncate", "E33", make, AT(1, ENTRIES, CUT), NULL, NULL},
    {"a tree of 1: entries: gone", "E31", make, AT(1, ENTRIES, GONE), NULL, NULL},
    {"a tree of 1: level-0 tile: flip", "E34 E30", make, AT(1, TILE_0, FLIP), NULL, NULL},
    {"a tree of 1: level-0 tile: gone", "E31", make, AT(1, TILE_0, GONE), NULL, NULL},
    {"a tree of 1: a leaf left out", "E14 E44 E50", make, AT(1, LEFT_OUT, 0), NULL, NULL},
    {"a tree of 255: another size signed", "E30 E31 E33 E34 E50 E14", make, AT(2, HEAD_SIZE, 0), NULL, NULL},
    {"a tree of 255: another root signed", "E30", make, AT(2, HEAD_ROOT, 0), NULL, NULL},
    {"a tree of 255: leaf byte: flip", "E34", make, AT(2, LEAF, FLIP), NULL, NULL},
    {"a tree of 255: u16 length: flip", "E33 E34", make, AT(2, LENGTH, FLIP), NULL, NULL},
    {"a tree of 255: entries: truncate", "E33", make, AT(2, ENTRIES, CUT), NULL, NULL},
    {"a tree of 255: entries: gone", "E31", make, AT(2, ENTRIES, GONE), NULL, NULL},
    {"a tree of 255: level-0 tile: flip", "E34 E30", make, AT(2, TILE_0, FLIP), NULL, NULL},
    {"a tree of 255: level-0 tile: gone", "E31", make, AT(2, TILE_0, GONE), NULL, NULL},
    {"a tree of 255: a leaf left out", "E14 E44 E50", make, AT(2, LEFT_OUT, 0), NULL, NULL},
    {"a tree of 256: another size signed", "E30 E31 E33 E34 E50 E14", make, AT(3, HEAD_SIZE, 0), NULL, NULL},
    {"a tree of 256: another root signed", "E30", make, AT(3, HEAD_ROOT, 0), NULL, NULL},
    {"a tree of 256: leaf byte: flip", "E34", make, AT(3, LEAF, FLIP), NULL, NULL},
    {"a tree of 256: u16 length: flip", "E33 E34", make, AT(3, LENGTH, FLIP), NULL, NULL},
    {"a tree of 256: entries: truncate", "E33", make, AT(3, ENTRIES, CUT), NULL, NULL},
    {"a tree of 256: entries: gone", "E31", make, AT(3, ENTRIES, GONE), NULL, NULL},
    {"a tree of 256: level-0 tile: flip", "E34 E30", make, AT(3, TILE_0, FLIP), NULL, NULL},
    {"a tree of 256: level-0 tile: gone", "E31", make, AT(3, TILE_0, GONE), NULL, NULL},
    {"a tree of 256: a leaf left out", "E14 E44 E50", make, AT(3, LEFT_OUT, 0), NULL, NULL},
    {"a tree of 256: level-1 tile: flip", "E30", make, AT(3, TILE_1, FLIP), NULL, NULL},
    {"a tree of 256: level-1 tile: gone", "E31", make, AT(3, TILE_1, GONE), NULL, NULL},
    {"a tree of 257: another size signed", "E30 E31 E33 E34 E50 E14", make, AT(4, HEAD_SIZE, 0), NULL, NULL},
    {"a tree of 257: another root signed", "E30", make, AT(4, HEAD_ROOT, 0), NULL, NULL},
    {"a tree of 257: leaf byte: flip", "E34", make, AT(4, LEAF, FLIP), NULL, NULL},
    {"a tree of 257: u16 length: flip", "E33 E34", make, AT(4, LENGTH, FLIP), NULL, NULL},
    {"a tree of 257: entries: truncate", "E33", make, AT(4, ENTRIES, CUT), NULL, NULL},
    {"a tree of 257: entries: gone", "E31", make, AT(4, ENTRIES, GONE), NULL, NULL},
    {"a tree of 257: level-0 tile: flip", "E34 E30", make, AT(4, TILE_0, FLIP), NULL, NULL},
    {"a tree of 257: level-0 tile: gone", "E31", make, AT(4, TILE_0, GONE), NULL, NULL},
    {"a tree of 257: a leaf left out", "E14 E44 E50", make, AT(4, LEFT_OUT, 0), NULL, NULL},
    {"a tree of 257: level-1 tile: flip", "E30", make, AT(4, TILE_1, FLIP), NULL, NULL},
    {"a tree of 257: level-1 tile: gone", "E31", make, AT(4, TILE_1, GONE), NULL, NULL},
    {"a leaf of 65,535 bytes: flip", "E34", make, AT(5, LEAF, FLIP), NULL, NULL},
    {"a leaf of 65,535 bytes: its length: flip", "E33 E34", make, AT(5, LENGTH, FLIP), NULL, NULL},
    {"a leaf of 65,535 bytes: truncate", "E33", make, AT(5, ENTRIES, CUT), NULL, NULL},
    {"a leaf of 64 KiB and more", "E33 E34", make, AT(5, TOO_LARGE, 0), NULL, NULL},
    {"a leaf without a byte", "E40", make, AT(5, EMPTY, 0), NULL, NULL},
    {"a tree of 65,536: another root signed", "E30", make, AT(6, HEAD_ROOT, 0), NULL, NULL},
    {"a tree of 65,536: another size signed", "E30 E31 E33 E34 E50 E14", make, AT(6, HEAD_SIZE, 0), NULL, NULL},
    {"a tree of 65,536: level-2 tile: flip", "E30", make, AT(6, TILE_2, FLIP), NULL, NULL},
    {"a tree of 65,536: level-2 tile: gone", "E31", make, AT(6, TILE_2, GONE), NULL, NULL},
    {"a tree of 65,537: another root signed", "E30", make, AT(7, HEAD_ROOT, 0), NULL, NULL},
    {"a tree of 65,537: another size signed", "E30 E31 E33 E34 E50 E14", make, AT(7, HEAD_SIZE, 0), NULL, NULL},
    {"a tree of 65,537: level-2 tile: flip", "E30", make, AT(7, TILE_2, FLIP), NULL, NULL},
    {"a tree of 65,537: level-2 tile: gone", "E31", make, AT(7, TILE_2, GONE), NULL, NULL},
    {"level-2 tile: flip", "E30", make, AT(8, TILE_2, FLIP), NULL, NULL},
    {"level-2 tile: zero", "E30", make, AT(8, TILE_2, ZERO), NULL, NULL},
    {"level-2 tile: truncate", "E30", make, AT(8, TILE_2, CUT), NULL, NULL},
    {"level-2 tile: extend", "E30", make, AT(8, TILE_2, EXTEND), NULL, NULL},
    {"level-2 tile: delete", "E30", make, AT(8, TILE_2, DELETE), NULL, NULL},
    {"level-2 tile: insert", "E30", make, AT(8, TILE_2, INSERT), NULL, NULL},
    {"level-2 tile: duplicate", "E30", make, AT(8, TILE_2, DUPLICATE), NULL, NULL},
    {"level-2 tile: gone", "E31", make, AT(8, TILE_2, GONE), NULL, NULL},
    {"level-1 tile of two: flip", "E30", make, AT(8, TILE_1, FLIP), NULL, NULL},
    {"level-1 tile of two: swap", "E30", make, AT(8, TILE_1, SWAP), NULL, NULL},
    {"level-1 tile of two: truncate", "E30", make, AT(8, TILE_1, CUT), NULL, NULL},
    {"level-1 tile of two: gone", "E31", make, AT(8, TILE_1, GONE), NULL, NULL},
    {"level-0 tile of 260: flip", "E34 E30", make, AT(8, TILE_0, FLIP), NULL, NULL},
    {"leaf byte, one bundle of 260: flip", "E34", make, AT(8, LEAF, FLIP), NULL, NULL},
};

const struct tamper_family tamper_shape = {
    "shape", classes, sizeof(classes) / sizeof(classes[0]), {"a tree as it is", FINE, make, HONEST, NULL, NULL}, begin, end,
    check,   restore};
