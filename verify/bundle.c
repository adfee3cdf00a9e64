/*
 * bundle.c - the container. doc/bundle.md says the format; every header is compared with the one spelling that it may have, every
 * member with the line of members.jsonl that its turn it is, and what no line names is a fault.
 */
#include "av.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512 };
enum rank { POLICY = 1, KEYS, CHECKPOINTS, TOKENS, AUTHORITIES, TILES, PROOFS, SALTS, BLOBS, STATE, README, UNKNOWN };

/* Where the walk over the members stands. */
struct walk {
    uint64_t offset; /* of the next header */
    enum rank rank;
    uint64_t last_token;
    bool has_token;
    int level, run;      /* the tile that is due */
    uint64_t tile, tile_count;
    uint64_t proof;
    bool has_proof, wants_proof; /* wants_proof: the leaf came, its proof is due */
    bool has_salts;
};

static void octal(char *field, size_t size, uint64_t value) /* size - 1 digits and NUL */
{
    field[size - 1] = 0;
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
}

static bool header_size(const char header[BLOCK], uint64_t *ret)
{
    *ret = 0;
    for (int i = 124; i < 135; i++) {
        if (header[i] < '0' || header[i] > '7')
            return false;
        *ret = *ret << 3 | (uint64_t)(header[i] - '0');
    }
    return true;
}

static uint64_t padded(uint64_t size)
{
    return (size + BLOCK - 1) / BLOCK * BLOCK;
}

/* Header, content and padding of the member at w->offset; E04 name, E05 length and padding, E06 hash. */
static bool member_check(struct av *v, struct walk *w, struct av_text name, uint64_t size, const struct av_hash *hash,
                         struct av_span *ret)
{
    char there[BLOCK], wanted[BLOCK];
    static const char zero[BLOCK];
    int shown = (int)(name.size < 99 ? name.size : 99);
    uint64_t there_size = 0;
    header_make(name, size, wanted);
    if (!av_read_at(v->fd, w->offset, there, BLOCK) || memcmp(there, wanted, 124) != 0) {
        av_find(v, "E04", "%.*s is not where members.jsonl has it", shown, name.data);
        return false;
    }
    if (!header_size(there, &there_size) || there_size != size || memcmp(there, wanted, BLOCK) != 0) {
        av_find(v, "E05", "%.*s has another length than members.jsonl says, or an unusual header", shown, name.data);
        return false;
    }
    *ret = (struct av_span){.fd = v->fd, .offset = w->offset + BLOCK, .size = size};
    struct av_sha256 s;
    av_sha256_start(&s);
    av_reader_start(&v->content, v->fd, ret->offset, padded(size));
    for (uint64_t left = size; left > 0;) {
        size_t piece = left < AV_WINDOW / 2 ? (size_t)left : AV_WINDOW / 2;
        const uint8_t *p = av_reader_take(&v->content, piece);
        if (!p) {
            av_find(v, "E05", "%.*s is cut", shown, name.data);
            return false;
        }
        av_sha256_add(&s, p, piece);
        left -= piece;
    }
    size_t padding = (size_t)(padded(size) - size);
    const uint8_t *p = av_reader_take(&v->content, padding);
    if (!p || memcmp(p, zero, padding) != 0) {
        av_find(v, "E05", "%.*s: something stands where padding belongs", shown, name.data);
        return false;
    }
    struct av_hash h = av_sha256_end(&s);
    w->offset += BLOCK + padded(size);
    if (av_hash_equal(&h, hash))
        return true;
    av_find(v, "E06", "%.*s does not have the SHA-256 that members.jsonl says", shown, name.data);
    return false;
}

/* ---- which member may come when ---- */

static enum rank rank_of(struct av_text name)
{
    static const struct {
        const char *name;
        enum rank rank;
    } singles[] = {{"policy", POLICY}, {"keys.jsonl", KEYS}, {"checkpoints.txt", CHECKPOINTS}, {"tsa/ca.pem", AUTHORITIES},
                   {"salts.jsonl", SALTS}, {"state.jsonl", STATE}, {"README.txt", README}};
    for (size_t i = 0; i < sizeof(singles) / sizeof(singles[0]); i++)
        if (av_is(name, singles[i].name))
            return singles[i].rank;
    return av_starts(name, "tsa/")      ? TOKENS
           : av_starts(name, "tile/")   ? TILES
           : av_starts(name, "proofs/") ? PROOFS
           : av_starts(name, "blobs/")  ? BLOBS
                                        : UNKNOWN;
}

/* Tiles of a level that the bundle has: run 0 covers the range, run 1 is the right edge where that lies behind it. */
static void tiles_plan(struct av *v)
{
    struct av_bundle *b = &v->bundle;
    for (int level = 0; level < AV_LEVELS; level++) {
        uint64_t hashes = v->size >> (8 * level);
        if (hashes == 0)
            break;
        uint64_t first = b->from >> (8 * level) >> 8, last = (b->to - 1) >> (8 * level) >> 8, end = (hashes - 1) >> 8;
        last = last < end ? last : end;
        b->level_first[level][0] = first;
        b->level_count[level][0] = first <= last ? last - first + 1 : 0;
        b->level_first[level][1] = hashes >> 8;
        b->level_count[level][1] = (hashes & 255) && (first > last || hashes >> 8 > last);
    }
    b->entries_first = b->from >> 8;
    b->entries_count = ((b->to - 1) >> 8) - b->entries_first + 1;
}

/* Steps w to the next tile that is due; false when all have come. */
static bool tile_due(struct av *v, struct walk *w)
{
    struct av_bundle *b = &v->bundle;
    if (v->mode == AV_SELECTED)
        return false;
    for (; w->level < AV_LEVELS; w->level++, w->run = 0)
        for (; w->run < 2; w->run++, w->tile = 0)
            if (w->tile < b->level_count[w->level][w->run])
                return true;
    return w->tile < b->entries_count;
}

static uint64_t due_index(struct av *v, const struct walk *w)
{
    return w->tile + (w->level < AV_LEVELS ? v->bundle.level_first[w->level][w->run] : v->bundle.entries_first);
}

static bool tile_take(struct av *v, struct walk *w, struct av_text name)
{
    struct av_bundle *b = &v->bundle;
    char path[64] = "no tile";
    if (tile_due(v, w)) {
        uint64_t n = due_index(v, w);
        av_tile_path(w->level, n, av_tile_width(w->level, n, v->size), path);
    }
    if (!av_is(name, path)) {
        av_find(v, tile_due(v, w) && w->tile > 0 ? "E31" : "E32", "%.*s stands where %s is due", (int)(name.size < 99 ? name.size : 99),
                name.data, path);
        return false;
    }
    if (w->level == AV_ENTRIES)
        b->entries[w->tile] = w->offset;
    else if (w->tile == 0)
        b->level_base[w->level][w->run] = w->offset;
    w->tile++;
    return true;
}

/* proofs/<i>.leaf, then proofs/<i>.tlog-proof, i ascending. */
static bool proof_take(struct av *v, struct walk *w, struct av_text name)
{
    char due[64];
    if (w->wants_proof) {
        snprintf(due, sizeof(due), "proofs/%llu.tlog-proof", (unsigned long long)w->proof);
        w->wants_proof = false;
        v->bundle.chosen++;
        return av_is(name, due);
    }
    uint64_t index = 0;
    struct av_text rest = {name.data + 7, name.size - 7}, digits;
    if (!av_cut(&rest, '.', &digits) || !av_is(rest, "leaf") || !av_number(digits, &index) || (w->has_proof && index <= w->proof))
        return false;
    if (!w->has_proof)
        v->bundle.proofs_offset = w->offset;
    w->has_proof = w->wants_proof = true;
    w->proof = index;
    return true;
}

static bool order_check(struct av *v, struct walk *w, struct av_text name)
{
    enum rank rank = rank_of(name);
    bool is_many = rank == TOKENS || rank == TILES || rank == PROOFS || rank == BLOBS;
    int shown = (int)(name.size < 99 ? name.size : 99);
    if (rank == UNKNOWN || name.size > 99) {
        av_find(v, "E32", "%.*s does not belong into a bundle", shown, name.data);
        return false;
    }
    if (rank < w->rank || (rank == w->rank && !is_many)) {
        av_find(v, "E04", "%.*s is out of order", shown, name.data);
        return false;
    }
    for (int missing = w->rank + 1; missing < (int)rank; missing++)
        if (missing == POLICY || missing == KEYS || missing == CHECKPOINTS || missing == SALTS || missing == STATE) {
            av_find(v, "E04", "%.*s comes before a member that has to be there", shown, name.data);
            return false;
        }
    if (w->rank <= TILES && rank > TILES && tile_due(v, w)) {
        char path[64];
        uint64_t n = due_index(v, w);
        av_tile_path(w->level, n, av_tile_width(w->level, n, v->size), path);
        av_find(v, "E31", "%s is missing", path);
        return false;
    }
    w->rank = rank;
    bool ok = true;
    if (rank == TOKENS) {
        uint64_t index = 0;
        struct av_text rest = {name.data + 4, name.size - 4}, digits;
        ok = av_cut(&rest, '.', &digits) && av_is(rest, "tsr") && av_number(digits, &index) && (!w->has_token || index > w->last_token);
        w->has_token = true;
        w->last_token = index;
    } else if (rank == TILES) {
        return tile_take(v, w, name);
    } else if (rank == PROOFS) {
        ok = proof_take(v, w, name);
    }
    if (!ok)
        av_find(v, "E04", "%.*s is out of order", shown, name.data);
    return ok;
}

/* ---- blobs ---- */

enum salt_kind { DISCLOSED, REPEATED, ERASED, WITHHELD };

/* The next line of salts.jsonl, of any kind. */
static bool salt_next(struct av *v, struct av_object *ret, enum salt_kind *ret_kind)
{
    struct av_text line;
    bool is_broken = false;
    if (!av_reader_line(&v->salts, &line, &is_broken)) {
        if (is_broken)
            av_find(v, "E60", "salts.jsonl: a line is too long or does not end");
        return false;
    }
    const char *fault = av_object_read(line, ret);
    bool has_salt = !fault && av_has(ret, "s");
    *ret_kind = fault ? WITHHELD : has_salt ? DISCLOSED : av_has(ret, "of") ? REPEATED : av_has(ret, "e") ? ERASED : WITHHELD;
    if (!fault && ret->count != (*ret_kind == DISCLOSED ? 5 : *ret_kind == WITHHELD ? 3 : 4))
        fault = "a line with other members than it has to have";
    if (!fault && (av_string(ret, "c").size != 64 || av_string(ret, "x").size != 64)) /* whoever comes reads 64 bytes of them */
        fault = "c and x are not 64 hex digits";
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
static bool blob_check(struct av *v, struct av_text name, uint64_t size, const struct av_hash *plain)
{
    struct av_object line;
    struct av_hash salt, c;
    uint8_t size_be[8];
    int64_t said = -1;
    if (!salt_next_disclosed(v, &line) || name.size != 6 + 64 || memcmp(name.data + 6, av_string(&line, "c").data, 64) != 0 ||
        !av_hash_member(&line, "c", c.bytes)) {
        av_find(v, "E60", "%.*s is not the blob that salts.jsonl has next", (int)name.size, name.data);
        return false;
    }
    for (int i = 0; i < 8; i++)
        size_be[i] = (uint8_t)(size >> (56 - 8 * i));
    if (!av_hash_member(&line, "s", salt.bytes) || !av_integer(&line, "z", &said) || (uint64_t)said != size) {
        av_find(v, "E62", "%.*s: salt or size is not what was committed to", (int)name.size, name.data);
        return true;
    }
    struct av_sha256 s;
    av_sha256_start(&s);
    av_sha256_add(&s, "assay/blob@v1", 14); /* its NUL is the 00 */
    av_sha256_add(&s, salt.bytes, 32);
    av_sha256_add(&s, size_be, 8);
    av_sha256_add(&s, plain->bytes, 32);
    struct av_hash there = av_sha256_end(&s);
    v->bundle.disclosed++;
    v->blobs++;
    if (!av_hash_equal(&there, &c))
        av_find(v, "E62", "%.*s: the content is not what the leaf committed to", (int)name.size, name.data);
    return true;
}

/* A leaf names a blob: the next line of salts.jsonl must be about it. Called for the leaves in ascending order. */
void av_bundle_blob(struct av *v, uint64_t index, const char *c, const char *x, bool is_explained)
{
    static const char *const words[] = {"in this bundle, holds", "in this bundle, with an earlier leaf", "erased", "withheld"};
    struct av_object line;
    enum salt_kind kind;
    int64_t leaf = -1, other = -1;
    if (!salt_next(v, &line, &kind) || !av_integer(&line, "i", &leaf) || (uint64_t)leaf != index || av_string(&line, "c").size != 64 ||
        av_string(&line, "x").size != 64 || memcmp(av_string(&line, "c").data, c, 64) != 0 ||
        memcmp(av_string(&line, "x").data, x, 64) != 0) {
        av_find(v, "E63", "leaf %llu: salts.jsonl does not say what became of its blob %.16s", (unsigned long long)index, c);
        return;
    }
    if (kind == REPEATED && (!av_integer(&line, "of", &other) || other < 0 || other > leaf))
        av_find(v, "E60", "leaf %llu: its blob is said to be that of a later leaf", (unsigned long long)index);
    v->bundle.withheld += kind == WITHHELD;
    v->bundle.erased += kind == ERASED;
    if (is_explained) {
        size_t used = strlen(v->explain.blobs);
        snprintf(v->explain.blobs + used, sizeof(v->explain.blobs) - used, "  blob      %.64s %s\n", c, words[kind]);
    }
}

/* Second look at salts.jsonl, when all erase leaves are known: E63. */
static void erased_check(struct av *v)
{
    struct av_object line;
    enum salt_kind kind;
    struct av_hash x;
    av_reader_start(&v->salts, v->bundle.salts.fd, v->bundle.salts.offset, v->bundle.salts.size);
    while (salt_next(v, &line, &kind)) {
        bool is_known = kind != ERASED;
        if (kind == ERASED && av_hash_member(&line, "x", x.bytes))
            for (size_t i = 0; !is_known && i < v->erased_count; i++)
                is_known = av_hash_equal(&v->erased[i], &x);
        int64_t first = -1;
        if (kind == REPEATED && v->mode != AV_SELECTED &&
            (!av_integer(&line, "of", &first) ||
             !av_leaf_names_blob(v, (uint64_t)first, NULL, av_string(&line, "c"), av_string(&line, "x"))))
            av_find(v, "E60", "blob %.16s is said to be with leaf %lld, which has no such blob", av_string(&line, "c").data,
                    (long long)first);
        if (!is_known)
            av_find(v, "E63", "blob %.16s is said to be erased, and no erase leaf here says so", av_string(&line, "c").data);
    }
}

/* ---- manifest and members ---- */

static bool manifest_take(struct av *v, struct av_text note, struct av_hash *ret_hash, uint64_t *ret_size)
{
    struct av_bundle *b = &v->bundle;
    struct av_text text, lines, head, json, mode, value;
    struct av_object o, members, counts;
    int64_t size = -1, from = -1, to = -1, z = -1;
    const char *fault = av_note_split(note, &text, &lines);
    if (!fault && (!av_line(&text, &head) || !av_is(head, "assay/bundle@v1") || !av_line(&text, &json) || text.size > 0))
        fault = "not of the format assay/bundle@v1";
    if (!fault)
        fault = av_object_read(json, &o);
    if (!fault)
        fault = av_object_read(av_value(&o, "mem"), &members);
    if (!fault)
        fault = av_object_read(av_value(&o, "cnt"), &counts);
    struct av_text origin = fault ? (struct av_text){"", 0} : av_string(&o, "log");
    if (!fault && (!av_integer(&o, "size", &size) || !av_integer(&o, "from", &from) || !av_integer(&o, "to", &to) ||
                   !av_integer(&members, "z", &z) || !av_hash_member(&members, "h", ret_hash->bytes) ||
                   !av_hash_member(&o, "root", v->root.bytes) || origin.size == 0 || origin.size > AV_NAME_MAX ||
                   !av_integer(&o, "lag", &b->said_lag) || !av_integer(&counts, "blobs", &b->said_disclosed) ||
                   !av_integer(&counts, "erased", &b->said_erased) || !av_integer(&counts, "leaves", &b->said_leaves) ||
                   !av_integer(&counts, "members", &b->said_members) || !av_integer(&counts, "withheld", &b->said_withheld)))
        fault = "a member is missing or of the wrong kind";
    if (!fault && (from < 0 || from >= to || to > size || (uint64_t)size > AV_SIZE_MAX || from % AV_TILE != 0 ||
                   (to % AV_TILE != 0 && to != size) || z < 0))
        fault = "from, to and size cannot be";
    mode = fault ? (struct av_text){"", 0} : av_string(&o, "mode");
    v->mode = av_is(mode, "full") ? AV_FULL : av_is(mode, "range") ? AV_RANGE : AV_SELECTED;
    if (!fault && ((v->mode == AV_SELECTED && !av_is(mode, "selected")) || (v->mode == AV_FULL && (from != 0 || to != size))))
        fault = "no such mode, or a full bundle that is not full";
    if (fault) {
        av_find(v, "E03", "manifest.note: %s", fault);
        return false;
    }
    memcpy(v->origin, origin.data, origin.size);
    v->size = (uint64_t)size;
    b->from = (uint64_t)from;
    b->to = (uint64_t)to;
    *ret_size = (uint64_t)z;
    struct av_text period = av_value(&o, "per");
    for (int i = 0; i < 2 && av_array_next(&period, &value); i++) {
        uint64_t t = 0;
        b->per[i] = av_number(value, &t) ? (int64_t)t : 0;
    }
    value = av_string(&o, "aud");
    memcpy(b->audience, value.data, value.size < sizeof(b->audience) - 1 ? value.size : sizeof(b->audience) - 1);
    value = av_string(&o, "pur");
    memcpy(b->purpose, value.data, value.size < sizeof(b->purpose) - 1 ? value.size : sizeof(b->purpose) - 1);
    return true;
}

static bool member_take(struct av *v, struct walk *w, struct av_text line)
{
    struct av_bundle *b = &v->bundle;
    struct av_object o;
    struct av_hash hash;
    struct av_span span;
    int64_t size = -1;
    const char *fault = av_object_read(line, &o);
    if (fault || o.count != 3 || !av_hash_member(&o, "h", hash.bytes) || !av_integer(&o, "z", &size) || size < 0 ||
        size > INT64_C(077777777777)) {
        av_find(v, "E04", "members.jsonl: %s", fault ? fault : "a line is not {\"h\":...,\"n\":...,\"z\":...}");
        return false;
    }
    struct av_text name = av_string(&o, "n");
    if (!order_check(v, w, name) || !member_check(v, w, name, (uint64_t)size, &hash, &span))
        return false;
    b->member_count++;
    if (w->rank >= PROOFS && w->has_proof && !b->proofs_end && w->rank > PROOFS)
        b->proofs_end = span.offset - BLOCK;
    switch (w->rank) {
    case POLICY:
        b->policy = span;
        break;
    case KEYS:
        b->keys = span;
        break;
    case CHECKPOINTS:
        b->checkpoints = span;
        break;
    case SALTS:
        b->salts = span;
        av_reader_start(&v->salts, span.fd, span.offset, span.size);
        break;
    case BLOBS:
        return blob_check(v, name, (uint64_t)size, &hash);
    case STATE:
        b->state = span;
        break;
    default:
        break;
    }
    if (w->rank == TILES && w->level < AV_LEVELS && (uint64_t)size != 32 * av_tile_width(w->level, due_index(v, w) - 1, v->size)) {
        av_find(v, "E30", "%.*s: %lld bytes do not make this tile", (int)name.size, name.data, (long long)size);
        return false;
    }
    return true;
}

static bool members_walk(struct av *v, struct walk *w)
{
    struct av_text line;
    bool is_broken = false;
    struct av_object rest;
    char end[2 * BLOCK + 1];
    static const char zero[2 * BLOCK];
    av_reader_start(&v->lines, v->bundle.members.fd, v->bundle.members.offset, v->bundle.members.size);
    while (av_reader_line(&v->lines, &line, &is_broken))
        if (!member_take(v, w, line))
            return false;
    if (is_broken || w->rank != README || w->wants_proof) {
        av_find(v, "E04", "members.jsonl: it ends before README.txt");
        return false;
    }
    if (salt_next_disclosed(v, &rest)) {
        av_find(v, "E60", "blob %.16s is missing", av_string(&rest, "c").data);
        return false;
    }
    if (!av_read_at(v->fd, w->offset, end, 2 * BLOCK) || memcmp(end, zero, 2 * BLOCK) != 0 ||
        av_read_at(v->fd, w->offset + 2 * BLOCK, end, 1)) {
        av_find(v, "E05", "what follows the last member is not the end of the archive");
        return false;
    }
    return true;
}

bool av_bundle_open(struct av *v)
{
    struct walk w = {.offset = 0};
    char header[BLOCK], wanted[BLOCK];
    uint64_t size = 0;
    struct av_hash hash;
    if (!av_read_at(v->fd, 0, header, BLOCK) || memcmp(header, "manifest.note", 14) != 0 || !header_size(header, &size) ||
        size > AV_NOTE_MAX || !av_read_at(v->fd, BLOCK, v->head_note, (size_t)size)) {
        av_find(v, "E03", "%s: no bundle: it does not begin with manifest.note", v->o.path);
        v->is_wrong_use = true;
        return false;
    }
    struct av_text note = {v->head_note, (size_t)size};
    header_make(av_text_of("manifest.note"), size, wanted);
    if (memcmp(header, wanted, BLOCK) != 0) {
        av_find(v, "E05", "manifest.note has an unusual header");
        return false;
    }
    hash = av_sha256_of(note.data, note.size);
    struct av_span span;
    if (!member_check(v, &w, av_text_of("manifest.note"), size, &hash, &span))
        return false;
    v->bundle.manifest = span;
    v->bundle.manifest_hash = hash;
    if (!manifest_take(v, note, &hash, &size) ||
        !member_check(v, &w, av_text_of("members.jsonl"), size, &hash, &v->bundle.members))
        return false;
    if (v->mode != AV_SELECTED) {
        tiles_plan(v);
        if (v->bundle.entries_count > AV_BUNDLES_MAX) {
            av_lack(v, "a bundle of more than %llu leaves: ask for ranges", (unsigned long long)(AV_BUNDLES_MAX * AV_TILE));
            return false;
        }
        /* A hostile manifest must not make this large: as many as there can be members in the file. */
        struct stat facts;
        if (fstat(v->fd, &facts) != 0 || v->bundle.entries_count > (uint64_t)facts.st_size / BLOCK) {
            av_find(v, "E31", "the file is too short for the leaves that the manifest names");
            return false;
        }
        v->bundle.entries = calloc((size_t)v->bundle.entries_count, sizeof(uint64_t));
        if (!v->bundle.entries) {
            av_lack(v, "no memory");
            return false;
        }
    }
    return members_walk(v, &w);
}

void av_bundle_close(struct av *v)
{
    free(v->bundle.entries);
    v->bundle.entries = NULL;
}

bool av_bundle_tile(const struct av *v, int level, uint64_t n, unsigned width, struct av_span *ret)
{
    const struct av_bundle *b = &v->bundle;
    char header[BLOCK];
    *ret = (struct av_span){.fd = v->fd};
    if (level == AV_ENTRIES) {
        if (!b->entries || n < b->entries_first || n - b->entries_first >= b->entries_count)
            return false;
        ret->offset = b->entries[n - b->entries_first] + BLOCK;
        return av_read_at(v->fd, ret->offset - BLOCK, header, BLOCK) && header_size(header, &ret->size);
    }
    for (int run = 0; run < 2; run++)
        if (n >= b->level_first[level][run] && n - b->level_first[level][run] < b->level_count[level][run]) {
            ret->offset = b->level_base[level][run] + (n - b->level_first[level][run]) * (BLOCK + AV_TILE * 32) + BLOCK;
            ret->size = (uint64_t)width * 32;
            return true;
        }
    return false;
}

/* ---- the leaves ---- */

/* Every leaf that is not under the bundle's tiles comes with its proof, under the head. */
void av_bundle_proofs(struct av *v)
{
    static char leaf[AV_LEAF_MAX + 1], proof[AV_NOTE_MAX];
    char header[BLOCK + 1] = {0};
    for (uint64_t at = v->bundle.proofs_offset; at < v->bundle.proofs_end;) {
        uint64_t sizes[2] = {0}, index = 0, proven = 0;
        char *into[2] = {leaf, proof};
        bool ok = true;
        for (int k = 0; k < 2 && ok; k++) {
            ok = av_read_at(v->fd, at, header, BLOCK) && header_size(header, &sizes[k]) &&
                 sizes[k] <= (k == 0 ? AV_LEAF_MAX : sizeof(proof)) && av_read_at(v->fd, at + BLOCK, into[k], (size_t)sizes[k]);
            struct av_text name = av_text_of(header), digits;
            ok = ok && av_cut(&name, '/', &digits) && av_cut(&name, '.', &digits) && av_number(digits, &index);
            at += BLOCK + padded(sizes[k]);
        }
        struct av_checkpoint c;
        struct av_hash path[64], hash = av_leaf_hash(leaf, ok ? (size_t)sizes[0] : 0);
        int count = 0;
        const char *fault = ok ? av_proof_read((struct av_text){proof, (size_t)sizes[1]}, &proven, path, &count, &c) : "cannot be read";
        if (!fault && (proven != index || c.size != v->size || !av_hash_equal(&c.root, &v->root) || !av_is(c.origin, v->origin)))
            fault = "it is of another leaf or another head";
        if (!fault && !av_inclusion_holds(index, v->size, hash, path, count, &v->root))
            fault = "the proof does not hold";
        if (fault) {
            av_find(v, "E34", "proofs/%llu: %s", (unsigned long long)index, fault);
            continue;
        }
        av_leaf_check(v, index, (struct av_text){leaf, (size_t)sizes[0]}, &hash, false);
        if (v->o.explain == (int64_t)index) {
            memcpy(v->explain.path, path, sizeof(path));
            v->explain.path_count = count;
        }
    }
}

/* Time-stamp tokens, once the anchor leaves are known. */
static void tokens_check(struct av *v)
{
    static uint8_t token[64 << 10];
    char header[BLOCK + 1] = {0};
    uint64_t size = 0, index = 0;
    size_t due = 0, count = 0;
    uint64_t at = v->bundle.checkpoints.offset + padded(v->bundle.checkpoints.size);
    while (av_read_at(v->fd, at, header, BLOCK) && strncmp(header, "tsa/", 4) == 0 && header_size(header, &size)) {
        struct av_text name = av_text_of(header + 4), digits;
        if (av_cut(&name, '.', &digits) && av_number(digits, &index)) {
            count++;
            if (size <= sizeof(token) && av_read_at(v->fd, at + BLOCK, token, (size_t)size))
                av_stamps_check(v, index, token, (size_t)size);
            else
                av_find(v, "E20", "tsa/%llu.tsr is too large for a time stamp", (unsigned long long)index);
        }
        at += BLOCK + padded(size);
    }
    for (size_t i = 0; i < v->anchor_count; i++)
        due += v->anchors[i].is_stamp;
    if (count < due)
        av_find(v, "E20", "%zu of %zu time stamps that leaves here name are missing", due - count, due);
}

static void counts_check(struct av *v)
{
    const struct av_bundle *b = &v->bundle;
    uint64_t leaves = v->mode == AV_SELECTED ? b->chosen : b->to - b->from;
    if (b->said_leaves < 0 || (uint64_t)b->said_leaves != leaves || (uint64_t)b->said_disclosed != b->disclosed ||
        (uint64_t)b->said_withheld != b->withheld || (uint64_t)b->said_erased != b->erased ||
        (uint64_t)b->said_members != b->member_count)
        av_find(v, "E03", "the manifest counts %lld leaves, %lld blobs, %lld withheld, %lld erased, %lld members; there are %llu, %llu, "
                          "%llu, %llu, %llu",
                (long long)b->said_leaves, (long long)b->said_disclosed, (long long)b->said_withheld, (long long)b->said_erased,
                (long long)b->said_members, (unsigned long long)leaves, (unsigned long long)b->disclosed,
                (unsigned long long)b->withheld, (unsigned long long)b->erased, (unsigned long long)b->member_count);
    if (v->mode != AV_SELECTED && v->has_t && (b->per[0] != v->first_t || b->per[1] != v->last_t))
        av_find(v, "E03", "the manifest names another period than that of the leaves");
}

void av_bundle_leaves(struct av *v)
{
    av_reader_start(&v->salts, v->bundle.salts.fd, v->bundle.salts.offset, v->bundle.salts.size);
    if (v->mode != AV_SELECTED)
        av_leaves_walk(v, v->bundle.from, v->bundle.to);
    av_bundle_proofs(v);
    struct av_object line;
    enum salt_kind kind;
    if (v->error_count == 0 && salt_next(v, &line, &kind))
        av_find(v, "E63", "salts.jsonl speaks of a blob that no leaf here names");
    erased_check(v);
    tokens_check(v);
    if (v->error_count == 0)
        counts_check(v);
}
