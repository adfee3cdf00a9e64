/*
 * bundle.c - the container. doc/bundle.md says the format; every header is compared with the one spelling that it may have, every
 * member with the line of members.jsonl whose turn it is, and what no line names is a fault.
 */
#include "av.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { BLOCK = 512, FORGET_BYTES = 8 << 20 };
/* In the order in which they come. */
enum rank { MANIFEST, POLICY, KEYS, CHECKPOINTS, TOKENS, AUTHORITIES, TILES, PROOFS, SALTS, BLOBS, STATE, README, AUDIT, INDEX, PAGES, UNKNOWN };
static const struct {
    const char *name; /* or, ending in a slash, what it begins with */
    bool is_required;
} ranks[] = {{"manifest.note", true}, {"policy", true},  {"keys.jsonl", true},  {"checkpoints.txt", true}, {"tsa/", false},  {"tsa/ca.pem", false},
             {"tile/", false},        {"proofs/", false}, {"salts.jsonl", true}, {"blobs/", false},         {"state.jsonl", true}, {"README.txt", true},
             {"audit/", false},       {"index.html", false}, {"pages/", false}};

/* Where the walk over the members stands. */
struct walk {
    size_t offset, forgotten; /* of the next header; of what was read */
    enum rank rank;
    int level;     /* the tile that is due; AV_ENTRIES + 1: none */
    uint64_t tile;
    uint64_t last; /* the number in the name before, of its rank */
    bool has_last, wants_proof; /* wants_proof: the leaf came, its proof is due */
    struct av_text name;        /* of the page before */
};

static void octal(char *field, size_t size, uint64_t value) /* size - 1 digits and NUL */
{
    for (size_t i = size - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

/* The one header that a member of this name and size has. */
static void header_make(struct av_text name, uint64_t size, char ret[BLOCK])
{
    unsigned sum = 0;
    memset(ret, 0, BLOCK);
    memcpy(ret, name.data, name.size < 99 ? name.size : 99);
    octal(ret + 100, 8, 0644);
    octal(ret + 108, 8, 0);
    octal(ret + 116, 8, 0);
    octal(ret + 124, 12, size);
    octal(ret + 136, 12, 0);
    memset(ret + 148, ' ', 8);
    ret[156] = '0';
    memcpy(ret + 257, "ustar\0" "00", 8);
    octal(ret + 329, 8, 0);
    octal(ret + 337, 8, 0);
    for (int i = 0; i < BLOCK; i++)
        sum += (uint8_t)ret[i];
    octal(ret + 148, 7, sum);
    ret[154] = 0;
}

static size_t padded(size_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* The member whose header is at `offset`: its content. Empty with data NULL: none is there. */
static struct av_text content_at(const struct av *v, uint64_t offset)
{
    uint64_t size = 0;
    if (offset > v->map.size || v->map.size - offset < BLOCK)
        return (struct av_text){NULL, 0};
    const char *header = v->map.data + offset;
    for (int i = 124; i < 135; i++)
        size = size << 3 | (uint64_t)(header[i] & 7);
    if (size > v->map.size - offset - BLOCK)
        return (struct av_text){NULL, 0};
    return (struct av_text){header + BLOCK, (size_t)size};
}

bool av_member_next(const struct av *v, struct av_text *rest, struct av_text *ret_name, uint64_t *ret_number, struct av_text *ret_content)
{
    struct av_text after, digits;
    if (rest->size < BLOCK)
        return false;
    *ret_name = after = av_text_of(rest->data);
    *ret_content = content_at(v, (uint64_t)(rest->data - v->map.data));
    *rest = av_behind(*rest, BLOCK + padded(ret_content->size));
    return av_cut(&after, '/', &digits) && av_cut(&after, '.', &digits) && av_number(digits, ret_number);
}

/* Header, content and padding of the member that is next; E04 name, E05 length and padding, E06 hash. */
static bool member_check(struct av *v, struct walk *w, struct av_text name, uint64_t size, const struct av_hash *hash, struct av_text *ret)
{
    char wanted[BLOCK];
    const char *there = v->map.data + w->offset;
    size_t left = v->map.size - w->offset;
    header_make(name, size, wanted);
    if (left < BLOCK || memcmp(there, wanted, 124) != 0)
        return av_find(v, "E04", "%.*s is not where members.jsonl has it", AV_SHOWN(name, 99)), false;
    if (memcmp(there, wanted, BLOCK) != 0)
        return av_find(v, "E05", "%.*s has another length than members.jsonl says, or an unusual header", AV_SHOWN(name, 99)), false;
    if (size > left - BLOCK || padded((size_t)size) > left - BLOCK)
        return av_find(v, "E05", "%.*s is cut", AV_SHOWN(name, 99)), false;
    *ret = (struct av_text){there + BLOCK, (size_t)size};
    for (size_t i = ret->size; i < padded(ret->size); i++)
        if (ret->data[i] != 0)
            return av_find(v, "E05", "%.*s: something stands where padding belongs", AV_SHOWN(name, 99)), false;
    struct av_hash h = av_sha256_of(ret->data, ret->size);
    w->offset += BLOCK + padded(ret->size);
    if (w->offset - w->forgotten > FORGET_BYTES) { /* only the memory: the file is read again where it is asked for */
        size_t begin = w->forgotten / 4096 * 4096;
        (void)madvise((void *)(uintptr_t)(v->map.data + begin), (w->offset - begin) / 4096 * 4096, MADV_DONTNEED);
        w->forgotten = w->offset;
    }
    return av_hash_equal(&h, hash) || (av_find(v, "E06", "%.*s does not have the SHA-256 that members.jsonl says", AV_SHOWN(name, 99)), false);
}

/* ---- which member may come when ---- */

static enum rank rank_of(struct av_text name)
{
    enum rank found = UNKNOWN;
    for (int i = POLICY; i < UNKNOWN; i++)
        if (av_is(name, ranks[i].name) || (found == UNKNOWN && strchr(ranks[i].name, '/') && av_starts(name, ranks[i].name)))
            found = (enum rank)i;
    return name.size > 99 ? UNKNOWN : found;
}

/* The tile that is due, or the next one behind it that a bundle of this range has: of each level those over the range and the one at
 * the right edge, then the entry bundles of the range. False: no more. */
static bool tile_is_due(const struct av *v, struct walk *w)
{
    const struct av_bundle *b = &v->bundle;
    for (; v->mode != AV_SELECTED && w->level <= AV_ENTRIES; w->level++, w->tile = 0) {
        int shift = w->level == AV_ENTRIES ? 8 : w->level == AV_LEVELS - 1 ? 63 : 8 * w->level + 8; /* sizes are below 2^41 */
        uint64_t first = b->from >> shift, last = (b->to - 1) >> shift;
        if (w->tile < first)
            w->tile = first;
        if (w->tile > last && w->level != AV_ENTRIES && w->tile < v->size >> shift)
            w->tile = v->size >> shift;
        bool is_wanted = w->tile <= last || (w->level != AV_ENTRIES && w->tile == v->size >> shift);
        if (is_wanted && av_tile_width(w->level, w->tile, v->size) > 0)
            return true;
    }
    return false;
}

static bool tile_take(struct av *v, struct walk *w, struct av_text name)
{
    struct av_bundle *b = &v->bundle;
    char path[64] = "no tile";
    bool is_due = tile_is_due(v, w);
    if (is_due)
        av_tile_path(w->level, w->tile, av_tile_width(w->level, w->tile, v->size), path);
    if (!is_due || !av_is(name, path))
        return av_find(v, is_due && w->has_last ? "E31" : "E32", "%.*s stands where %s is due", AV_SHOWN(name, 99), path), false;
    if (b->tile_count == AV_TILES_MAX)
        return av_lack(v, "a bundle of more than %d tiles: ask for ranges", AV_TILES_MAX), false;
    if ((b->tile_count & (b->tile_count - 1)) == 0) { /* as many as there are members in the file, so nothing that is said makes it large */
        struct av_place *grown = realloc(b->tiles, (b->tile_count ? 2 * b->tile_count : 1) * sizeof(*grown));
        if (!grown)
            return av_lack(v, "no memory"), false;
        b->tiles = grown;
    }
    b->tiles[b->tile_count++] = (struct av_place){(uint64_t)w->level << 48 | w->tile, w->offset};
    w->tile++;
    w->has_last = true;
    return true;
}

static int place_compare(const void *a, const void *b)
{
    const struct av_place *x = a, *y = b;
    return (x->tile > y->tile) - (x->tile < y->tile);
}

struct av_text av_bundle_tile(const struct av *v, int level, uint64_t n)
{
    struct av_place wanted = {(uint64_t)level << 48 | n, 0}, *found = NULL;
    if (v->bundle.tile_count > 0)
        found = bsearch(&wanted, v->bundle.tiles, v->bundle.tile_count, sizeof(wanted), place_compare);
    return found ? content_at(v, found->offset) : (struct av_text){NULL, 0};
}

/* tsa/<i>.tsr; proofs/<i>.leaf, then proofs/<i>.tlog-proof; i ascending. */
static bool number_take(struct av *v, struct walk *w, struct av_text name)
{
    struct av_text rest = name, digits;
    uint64_t n = 0;
    bool is_token = w->rank == TOKENS, is_proof = w->wants_proof;
    const char *end = is_token ? "tsr" : is_proof ? "tlog-proof" : "leaf";
    if (!av_cut(&rest, '/', &digits) || !av_cut(&rest, '.', &digits) || !av_is(rest, end) || !av_number(digits, &n) ||
        (is_proof ? n != w->last : w->has_last && n <= w->last))
        return false;
    struct av_text *all = is_token ? &v->bundle.tokens : &v->bundle.proofs; /* from the first header to the end of the last member */
    if (!all->data)
        *all = (struct av_text){v->map.data + w->offset, 0};
    w->last = n;
    w->has_last = true;
    w->wants_proof = !is_token && !is_proof;
    v->bundle.chosen += is_proof;
    return true;
}

/* What is written for people, and what it says for programs: plain names in bytewise order, so that each comes once and tar puts none elsewhere. */
static bool page_take(struct av *v, struct walk *w, struct av_text name)
{
    struct av_text before = w->name;
    size_t both = name.size < before.size ? name.size : before.size;
    int order = both ? memcmp(name.data, before.data, both) : 0;
    bool is_plain = name.size > 0 && name.data[name.size - 1] != '/';
    for (size_t i = 0; i < name.size && is_plain; i++)
        is_plain = name.data[i] == '/' ? i > 0 && name.data[i - 1] != '/' :
                   name.data[i] == '.' ? i > 0 && name.data[i - 1] != '/' && name.data[i - 1] != '.' :
                   name.data[i] == '-' || name.data[i] == '_' || (name.data[i] >= '0' && name.data[i] <= '9') || (name.data[i] >= 'A' && name.data[i] <= 'Z') ||
                       (name.data[i] >= 'a' && name.data[i] <= 'z');
    if (!is_plain)
        return av_find(v, "E32", "%.*s is no name for a page", AV_SHOWN(name, 99)), false;
    if (w->has_last && (order < 0 || (order == 0 && name.size <= before.size)))
        return av_find(v, "E04", "%.*s is out of order", AV_SHOWN(name, 99)), false;
    w->name = name;
    w->has_last = true;
    v->bundle.pages++;
    return true;
}

static bool order_check(struct av *v, struct walk *w, struct av_text name)
{
    enum rank rank = rank_of(name), before = w->rank;
    bool is_many = rank == TOKENS || rank == TILES || rank == PROOFS || rank == BLOBS || rank == AUDIT || rank == PAGES;
    if (rank == UNKNOWN)
        return av_find(v, "E32", "%.*s does not belong into a bundle", AV_SHOWN(name, 99)), false;
    if (rank < before || (rank == before && !is_many) || (w->wants_proof && rank != PROOFS))
        return av_find(v, "E04", "%.*s is out of order", AV_SHOWN(name, 99)), false;
    for (int missing = (int)before + 1; missing < (int)rank; missing++)
        if (ranks[missing].is_required)
            return av_find(v, "E04", "%.*s comes before %s, which has to be there", AV_SHOWN(name, 99), ranks[missing].name), false;
    if (before <= TILES && rank > TILES && tile_is_due(v, w)) {
        char path[64];
        av_tile_path(w->level, w->tile, av_tile_width(w->level, w->tile, v->size), path);
        return av_find(v, "E31", "%s is missing", path), false;
    }
    if (rank != before)
        w->has_last = false;
    w->rank = rank;
    if (rank == TILES)
        return tile_take(v, w, name);
    if (rank >= AUDIT)
        return page_take(v, w, name);
    return (rank != TOKENS && rank != PROOFS) || number_take(v, w, name) ||
           (av_find(v, "E04", "%.*s is out of order", AV_SHOWN(name, 99)), false);
}

/* ---- blobs ---- */

enum salt_kind { DISCLOSED, REPEATED, ERASED, WITHHELD };

/* The next line of salts.jsonl, of any kind. */
static bool salt_next(struct av *v, struct av_object *ret, enum salt_kind *ret_kind)
{
    static const unsigned counts[] = {5, 4, 4, 3};
    struct av_text line;
    if (v->bundle.salts_left.size == 0)
        return false;
    const char *fault = av_line(&v->bundle.salts_left, &line) ? av_object_read(line, ret) : "the last line does not end";
    *ret_kind = fault ? WITHHELD : av_has(ret, "s") ? DISCLOSED : av_has(ret, "of") ? REPEATED : av_has(ret, "e") ? ERASED : WITHHELD;
    if (!fault && (ret->count != counts[*ret_kind] || av_string(ret, "c").size != 64 || av_string(ret, "x").size != 64))
        fault = "a line with other members than it has to have";
    if (fault)
        av_find(v, "E60", "salts.jsonl: %s", fault);
    return !fault;
}

static bool salt_next_disclosed(struct av *v, struct av_object *ret)
{
    enum salt_kind kind;
    while (salt_next(v, ret, &kind))
        if (kind == DISCLOSED)
            return true;
    return false;
}

/* c = SHA-256("assay/blob@v1" 00 || salt || u64be(size) || SHA-256(plaintext)): E62. The name is c: E60. */
static bool blob_check(struct av *v, struct av_text name, size_t size, const struct av_hash *plain)
{
    struct av_object line;
    struct av_hash c;
    uint8_t committed[14 + 32 + 8 + 32] = "assay/blob@v1"; /* its NUL is the 00 */
    int64_t said = -1;
    if (!salt_next_disclosed(v, &line) || !av_same(av_behind(name, 6), av_string(&line, "c")) || !av_hash_member(&line, "c", c.bytes))
        return av_find(v, "E60", "%.*s is not the blob that salts.jsonl has next", AV_SHOWN(name, 99)), false;
    bool has_salt = av_hash_member(&line, "s", committed + 14) && av_integer(&line, "z", &said) && (uint64_t)said == size;
    for (int i = 0; i < 8; i++)
        committed[46 + i] = (uint8_t)((uint64_t)size >> (56 - 8 * i));
    memcpy(committed + 54, plain->bytes, 32);
    struct av_hash there = av_sha256_of(committed, sizeof(committed));
    v->bundle.disclosed++;
    v->blobs++;
    if (!has_salt || !av_hash_equal(&there, &c))
        av_find(v, "E62", "%.*s: content, salt or size is not what the leaf committed to", AV_SHOWN(name, 99));
    return true;
}

/* Of each blob that a leaf names the next line of salts.jsonl must speak. Called for the leaves in ascending order. */
void av_bundle_blobs(struct av *v, const struct av_leaf *leaf)
{
    static const char *const words[] = {"in this bundle, holds", "in this bundle, with an earlier leaf", "erased", "withheld"};
    struct av_text rest = av_value(&leaf->object, "b");
    struct av_object blob, line;
    for (unsigned k = 0; k < leaf->blob_count && av_array_next_object(&rest, &blob); k++) {
        enum salt_kind kind;
        int64_t index = -1, other = -1;
        if (!salt_next(v, &line, &kind) || !av_integer(&line, "i", &index) || (uint64_t)index != leaf->index ||
            !av_same(av_string(&line, "c"), av_string(&blob, "c")) || !av_same(av_string(&line, "x"), av_string(&blob, "x"))) {
            av_find(v, "E63", "leaf %llu: salts.jsonl does not say what became of its blob %.16s", (av_llu)leaf->index, av_string(&blob, "c").data);
            return;
        }
        if (kind == REPEATED && (!av_integer(&line, "of", &other) || other < 0 || other > index))
            av_find(v, "E60", "leaf %llu: its blob is said to be that of a later leaf", (av_llu)leaf->index);
        v->bundle.withheld += kind == WITHHELD;
        v->bundle.erased += kind == ERASED;
        size_t used = strlen(v->explain.blobs);
        if (v->o.explain == index)
            snprintf(v->explain.blobs + used, sizeof(v->explain.blobs) - used, "  blob      %.64s %s\n", av_string(&blob, "c").data, words[kind]);
    }
}

/* Second look at salts.jsonl, when all erase leaves are known: E63. */
static void salts_check(struct av *v)
{
    struct av_object line;
    struct av_leaf leaf;
    struct av_hash x;
    enum salt_kind kind;
    v->bundle.salts_left = v->bundle.salts;
    while (salt_next(v, &line, &kind)) {
        int64_t first = -1;
        if (kind == REPEATED && v->mode != AV_SELECTED &&
            (!av_integer(&line, "of", &first) || !av_leaf_at(v, (uint64_t)first, &leaf) ||
             !av_leaf_names_blob(&leaf, av_string(&line, "c"), av_string(&line, "x"))))
            av_find(v, "E60", "blob %.16s is said to be with leaf %lld, which has no such blob", av_string(&line, "c").data, (long long)first);
        if (kind == ERASED && (!av_hash_member(&line, "x", x.bytes) || !av_erased_find(v, &x)))
            av_find(v, "E63", "blob %.16s is said to be erased, and no erase leaf here says so", av_string(&line, "c").data);
    }
}

/* ---- manifest and members ---- */

static void words_copy(const struct av_object *o, const char *key, char ret[512])
{
    snprintf(ret, 512, "%.*s", AV_SHOWN(av_string(o, key), 511));
}

/* E03: the manifest as it has to be. `ret` gets hash and size of members.jsonl. */
static const char *manifest_read(struct av *v, struct av_text note, struct av_hash *ret_hash, int64_t *ret_size)
{
    static const char *const modes[] = {[AV_FULL] = "full", [AV_RANGE] = "range", [AV_SELECTED] = "selected"};
    struct av_bundle *b = &v->bundle;
    struct av_text text, lines, head, json;
    struct av_object o, members, counts;
    int64_t size = -1, from = -1, to = -1;
    const char *fault = av_note_split(note, &text, &lines);
    if (!fault && (!av_line(&text, &head) || !av_is(head, "assay/bundle@v1") || !av_line(&text, &json) || text.size > 0))
        fault = "not of the format assay/bundle@v1";
    fault = fault ? fault : av_object_read(json, &o);
    fault = fault ? fault : av_object_read(av_value(&o, "mem"), &members);
    fault = fault ? fault : av_object_read(av_value(&o, "cnt"), &counts);
    if (fault)
        return fault;
    struct av_text origin = av_string(&o, "log"), mode = av_string(&o, "mode");
    if (!av_integer(&o, "size", &size) || !av_integer(&o, "from", &from) || !av_integer(&o, "to", &to) ||
        !av_integer(&members, "z", ret_size) || !av_hash_member(&members, "h", ret_hash->bytes) || !av_hash_member(&o, "root", v->root.bytes) ||
        origin.size == 0 || origin.size > AV_NAME_MAX || !av_integer(&o, "lag", &b->said_lag) || !av_integer(&counts, "blobs", &b->said_disclosed) ||
        !av_integer(&counts, "erased", &b->said_erased) || !av_integer(&counts, "leaves", &b->said_leaves) ||
        !av_integer(&counts, "members", &b->said_members) || !av_integer(&counts, "withheld", &b->said_withheld))
        return "a member is missing or of the wrong kind";
    if (from < 0 || from >= to || to > size || (uint64_t)size > AV_SIZE_MAX || from % AV_TILE != 0 || (to % AV_TILE != 0 && to != size) || *ret_size < 0)
        return "from, to and size cannot be";
    for (v->mode = AV_FULL; v->mode <= AV_SELECTED && !av_is(mode, modes[v->mode]);)
        v->mode++;
    if (v->mode > AV_SELECTED || (v->mode == AV_FULL && (from != 0 || to != size)))
        return v->mode = AV_SELECTED, "no such mode, or a full bundle that is not full";
    memcpy(v->origin, origin.data, origin.size);
    v->size = (uint64_t)size;
    b->from = (uint64_t)from;
    b->to = (uint64_t)to;
    b->per[1] = av_span_end(&o, "per", &b->per[0]);
    words_copy(&o, "aud", b->audience);
    words_copy(&o, "pur", b->purpose);
    return NULL;
}

static bool member_take(struct av *v, struct walk *w, struct av_text line)
{
    struct av_bundle *b = &v->bundle;
    struct av_object o;
    struct av_hash hash;
    struct av_text content, name;
    int64_t size = -1;
    const char *fault = av_object_read(line, &o);
    if (fault || o.count != 3 || !av_hash_member(&o, "h", hash.bytes) || !av_integer(&o, "z", &size) || size < 0 || size > INT64_C(077777777777))
        return av_find(v, "E04", "members.jsonl: %s", fault ? fault : "a line is not {\"h\":...,\"n\":...,\"z\":...}"), false;
    name = av_string(&o, "n");
    if (!order_check(v, w, name) || !member_check(v, w, name, (uint64_t)size, &hash, &content))
        return false;
    b->member_count++;
    struct av_text *keep = w->rank == POLICY ? &b->policy : w->rank == KEYS ? &b->keys : w->rank == CHECKPOINTS ? &b->checkpoints
                                                                                       : w->rank == SALTS       ? &b->salts : NULL;
    if (keep)
        *keep = content;
    if (w->rank == SALTS)
        b->salts_left = content;
    if (w->rank == TOKENS)
        b->tokens.size = (size_t)(v->map.data + w->offset - b->tokens.data);
    if (w->rank == PROOFS)
        b->proofs.size = (size_t)(v->map.data + w->offset - b->proofs.data);
    if (w->rank == TILES && w->level < AV_ENTRIES && content.size != 32 * av_tile_width(w->level, w->tile - 1, v->size))
        return av_find(v, "E30", "%.*s: %zu bytes do not make this tile", AV_SHOWN(name, 99), content.size), false;
    return w->rank != BLOBS || blob_check(v, name, content.size, &hash);
}

/* The note behind a header that cannot be believed: up to the zeros, or to the next header. data NULL: none is there. */
static struct av_text note_behind(const struct av *v)
{
    static const char magic[] = "assay/bundle@v1\n";
    const char *note = v->map.data + BLOCK;
    size_t left = v->map.size > BLOCK ? v->map.size - BLOCK : 0, size = 0;
    if (left < sizeof(magic) || memcmp(note, magic, sizeof(magic) - 1) != 0)
        return (struct av_text){NULL, 0};
    left = left < AV_NOTE_MAX ? left : AV_NOTE_MAX;
    while (size < left && note[size] != 0 && !(size % BLOCK == 0 && left - size > 14 && memcmp(note + size, "members.jsonl", 14) == 0))
        size++;
    return (struct av_text){note, size};
}

/* E05: the first header is not the one that its note makes due. What is no bundle at all is wrong use. */
static bool manifest_find(struct av *v, struct av_text *ret)
{
    static const struct {
        size_t behind;
        const char *words;
    } fields[] = {{100, "name"}, {108, "mode"}, {116, "owner"}, {124, "group"}, {136, "size"}, {148, "time"}, {156, "checksum"}, {157, "type"}, {257, "link"}, {265, "format"},
                  {297, "owner's name"}, {329, "group's name"}, {345, "device"}, {500, "prefix"}, {BLOCK, "padding"}};
    char wanted[BLOCK];
    size_t at = 0, field = 0;
    *ret = content_at(v, 0);
    if (ret->data && ret->size <= AV_NOTE_MAX) {
        header_make(av_text_of("manifest.note"), ret->size, wanted);
        if (memcmp(v->map.data, wanted, BLOCK) == 0)
            return true;
    }
    *ret = note_behind(v);
    if (!ret->data) {
        av_find(v, "E03", "%s: no bundle: it does not begin with manifest.note", v->o.path);
        v->is_wrong_use = true;
        return false;
    }
    header_make(av_text_of("manifest.note"), ret->size, wanted);
    while (at < BLOCK - 1 && v->map.data[at] == wanted[at])
        at++;
    while (fields[field].behind <= at)
        field++;
    av_find(v, "E05", "manifest.note: byte %zu of the file, in the %s of its tar header, is 0x%02x, and 0x%02x belongs there: the bundle was changed after it was written", at,
            fields[field].words, (unsigned char)v->map.data[at], (unsigned char)wanted[at]);
    return false;
}

bool av_bundle_open(struct av *v)
{
    struct walk w = {.rank = MANIFEST};
    struct av_object rest;
    struct av_hash hash;
    struct av_text note, line, left;
    int64_t size = 0;
    if (!manifest_find(v, &note))
        return false;
    hash = av_sha256_of(note.data, note.size);
    if (!member_check(v, &w, av_text_of("manifest.note"), note.size, &hash, &v->bundle.manifest))
        return false;
    const char *fault = manifest_read(v, note, &hash, &size);
    if (fault)
        return av_find(v, "E03", "manifest.note: %s", fault), false;
    if (!member_check(v, &w, av_text_of("members.jsonl"), (uint64_t)size, &hash, &v->bundle.members))
        return false;
    for (left = v->bundle.members; av_line(&left, &line);)
        if (!member_take(v, &w, line))
            return false;
    if (left.size > 0 || w.rank < README)
        return av_find(v, "E04", "members.jsonl: it ends before README.txt"), false;
    if (salt_next_disclosed(v, &rest))
        return av_find(v, "E60", "blob %.16s is missing", av_string(&rest, "c").data), false;
    static const char end[2 * BLOCK];
    if (v->map.size - w.offset != sizeof(end) || memcmp(v->map.data + w.offset, end, sizeof(end)) != 0)
        return av_find(v, "E05", "what follows the last member is not the end of the archive"), false;
    return true;
}

/* ---- the leaves ---- */

/* Every leaf that is not under the bundle's tiles comes with its proof, under the head. */
static void proofs_check(struct av *v)
{
    struct av_text all = v->bundle.proofs, name, proof;
    struct av_leaf leaf;
    while (leaf = (struct av_leaf){0}, av_member_next(v, &all, &name, &leaf.index, &leaf.bytes) && av_member_next(v, &all, &name, &leaf.index, &proof)) {
        struct av_checkpoint c;
        struct av_hash path[64];
        uint64_t proven = 0;
        int count = 0;
        leaf.hash = av_leaf_hash(leaf.bytes.data, leaf.bytes.size);
        const char *fault = av_proof_read(proof, &proven, path, &count, &c);
        if (!fault && (proven != leaf.index || c.size != v->size || !av_hash_equal(&c.root, &v->root) || !av_is(c.origin, v->origin)))
            fault = "it is of another leaf or another head";
        if (!fault && !av_inclusion_holds(leaf.index, v->size, leaf.hash, path, count, &v->root))
            fault = "the proof does not hold";
        if (fault) {
            av_find(v, "E34", "proofs/%llu: %s", (av_llu)leaf.index, fault);
            continue;
        }
        av_leaf_parse(v, &leaf);
        av_leaf_check(v, &leaf, false);
        if (v->o.explain == (int64_t)leaf.index) {
            memcpy(v->explain.path, path, sizeof(path));
            v->explain.path_count = count;
        }
    }
}

static void counts_check(struct av *v)
{
    const struct av_bundle *b = &v->bundle;
    uint64_t leaves = v->mode == AV_SELECTED ? b->chosen : b->to - b->from;
    const struct {
        const char *what;
        int64_t said;
        uint64_t there;
    } counts[] = {{"leaves", b->said_leaves, leaves}, {"blobs", b->said_disclosed, b->disclosed}, {"withheld blobs", b->said_withheld, b->withheld},
                  {"erased blobs", b->said_erased, b->erased}, {"members", b->said_members, b->member_count}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i].said < 0 || (uint64_t)counts[i].said != counts[i].there)
            av_find(v, "E03", "the manifest counts %lld %s, there are %llu", (long long)counts[i].said, counts[i].what, (av_llu)counts[i].there);
    if (v->mode != AV_SELECTED && v->has_t && (b->per[0] != v->first_t || b->per[1] != v->last_t))
        av_find(v, "E03", "the manifest names another period than that of the leaves");
}

void av_bundle_leaves(struct av *v)
{
    v->bundle.salts_left = v->bundle.salts;
    if (v->mode != AV_SELECTED)
        av_leaves_walk(v);
    proofs_check(v);
    if (v->error_count == 0 && v->bundle.salts_left.size > 0)
        av_find(v, "E63", "salts.jsonl speaks of a blob that no leaf here names");
    av_leaves_end(v);
    salts_check(v);
    av_stamps_check(v);
    if (v->error_count == 0)
        counts_check(v);
}
