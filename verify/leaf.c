/*
 * leaf.c - one leaf after the other: what ledger.md says of a leaf alone, and the chains that run through leaves: streams (sq, sp),
 * runs of a subject, seals, the clock, erasures.
 */
#include "av.h"

#include <string.h>
#include <unistd.h>

static const char *const types[] = {"run",   "item",  "upload",   "decision", "policy",  "catalog", "eval",
                                    "scope", "alert", "logblock", "key",      "erase",   "erased",  "reencrypt",
                                    "gap",   "seal",  "anchor",   "draw",     "opinion", "close",   "record"};
enum { TYPE_COUNT = sizeof(types) / sizeof(types[0]) };
enum { LATE_MS = 15 * 60 * 1000, SEAL_GAP_MS = 2 * 5 * 60 * 1000 };

static int type_find(struct av_text type)
{
    for (int i = 0; i < TYPE_COUNT; i++)
        if (type.size && types[i][0] == type.data[0] && av_is(type, types[i]))
            return i;
    return -1;
}

const char *av_leaf_split(struct av_text bytes, struct av_text *ret_type, struct av_text *ret_json, struct av_text *ret_lines)
{
    static const char magic[] = "assay/leaf@v1 ";
    struct av_text rest = bytes, head;
    if (bytes.size > AV_LEAF_MAX || !av_line(&rest, &head) || !av_starts(head, magic) || !av_line(&rest, ret_json))
        return "not in the framing assay/leaf@v1";
    *ret_type = (struct av_text){head.data + sizeof(magic) - 1, head.size - sizeof(magic) + 1};
    *ret_lines = (struct av_text){"", 0};
    if (type_find(*ret_type) < 0)
        return "a type that is not in the list";
    if (rest.size == 0)
        return NULL;
    if (rest.size == 1 || *rest.data != '\n')
        return "what follows the JSON line is not signature lines";
    *ret_lines = (struct av_text){rest.data + 1, rest.size - 1};
    return av_lines_fault(*ret_lines);
}

/* ---- streams ---- */

static struct av_stream *stream_get(struct av *v, struct av_text name)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < name.size; i++)
        h = (h ^ (uint8_t)name.data[i]) * UINT64_C(1099511628211);
    const size_t mask = 2 * AV_STREAMS_MAX - 1;
    size_t at = (size_t)(h ^ h >> 32) & mask;
    for (; v->streams[at].name_size; at = (at + 1) & mask)
        if (av_same(name, (struct av_text){v->stream_names + v->streams[at].name, v->streams[at].name_size}))
            return &v->streams[at];
    if (v->stream_count == AV_STREAMS_MAX || v->stream_name_bytes + name.size > sizeof(v->stream_names)) {
        av_lack(v, "more than %d streams: the chains of the later ones were not checked", AV_STREAMS_MAX);
        return NULL;
    }
    struct av_stream *s = &v->streams[at];
    *s = (struct av_stream){.name = (uint32_t)v->stream_name_bytes, .name_size = (uint32_t)name.size, .next = UINT64_MAX};
    memcpy(v->stream_names + s->name, name.data, name.size);
    v->stream_name_bytes += name.size;
    v->stream_count++;
    return s;
}

/* E44: the sequence goes up by one, and each leaf names the hash of the one before it. */
static void stream_check(struct av *v, uint64_t index, const struct av_object *leaf, const struct av_hash *hash)
{
    static const uint8_t zero[32];
    struct av_text name = av_string(leaf, "st"), sp = av_string(leaf, "sp");
    struct av_hash previous = {{0}};
    int64_t sequence = -1;
    bool is_hash = sp.size == 0 || av_hex(sp, previous.bytes, 32);
    bool has_previous = memcmp(previous.bytes, zero, 32) != 0;
    struct av_stream *s = stream_get(v, name);
    if (!s)
        return;
    bool is_first = s->next == UINT64_MAX, may_start_late = is_first && v->mode == AV_RANGE;
    if (!av_integer(leaf, "sq", &sequence) || sequence < 0 ||
        (!may_start_late && (uint64_t)sequence != (is_first ? 0 : s->next)))
        av_find(v, "E44", "leaf %llu: number %lld of stream %.*s, where %llu is due", (unsigned long long)index,
                (long long)sequence, (int)(name.size < 100 ? name.size : 100), name.data,
                (unsigned long long)(is_first ? 0 : s->next));
    else if (!is_hash || has_previous != (sequence > 0) || (has_previous && !is_first && !av_hash_equal(&previous, &s->last)))
        av_find(v, "E44", "leaf %llu: sp is not the hash of the leaf before it in stream %.*s", (unsigned long long)index,
                (int)(name.size < 100 ? name.size : 100), name.data);
    if (sequence >= 0)
        s->next = (uint64_t)sequence + 1;
    s->last = *hash;
}

/* ---- seals ---- */

/* "size:root" of an earlier checkpoint must be what this tree had at that size. */
static void checkpoint_name_check(struct av *v, uint64_t index, struct av_text text, const char *code)
{
    struct av_text rest = text, size_text;
    struct av_hash said, there;
    uint64_t size = 0;
    if (!av_cut(&rest, ':', &size_text) || !av_number(size_text, &size) || size == 0 || size > index ||
        !av_hex(rest, said.bytes, 32))
        av_find(v, code, "leaf %llu: \"%.*s\" is no checkpoint before it", (unsigned long long)index,
                (int)(text.size < 100 ? text.size : 100), text.data);
    else if (!av_root_at(v, size, &there))
        av_note(v, "checkpoints named in leaves whose size lies outside of this bundle");
    else if (!av_hash_equal(&said, &there))
        av_find(v, code, "leaf %llu: it names a checkpoint of %llu leaves that this ledger never had", (unsigned long long)index,
                (unsigned long long)size);
}

static void seal_check(struct av *v, uint64_t index, const struct av_object *leaf, int64_t t)
{
    int64_t from = -1, to = -1;
    av_integer(leaf, "a", &from);
    av_integer(leaf, "b", &to);
    bool may_start_late = v->mode == AV_RANGE && v->seal_count == 0;
    if (from < 0 || (!may_start_late && (uint64_t)from != v->sealed_to) || from > to || to < 0 || (uint64_t)to != index + 1)
        av_find(v, "E50", "leaf %llu: the seal covers [%lld, %lld) where [%llu, %llu) is due", (unsigned long long)index,
                (long long)from, (long long)to, (unsigned long long)v->sealed_to, (unsigned long long)index + 1);
    if (av_has(leaf, "cp"))
        checkpoint_name_check(v, index, av_string(leaf, "cp"), "E50");
    if (v->seal_count > 0 && t - v->seal_t > SEAL_GAP_MS)
        v->gaps++;
    v->seal_count++;
    v->sealed_to = index + 1;
    v->seal_t = t;
}

/* ---- runs ---- */

static struct av_subject *subject_get(struct av *v, struct av_text name)
{
    struct av_hash id = av_sha256_of(name.data, name.size);
    for (size_t i = 0; i < v->subject_count; i++)
        if (av_hash_equal(&v->subjects[i].id, &id))
            return &v->subjects[i];
    if (v->subject_count == AV_SUBJECTS_MAX) {
        av_lack(v, "more than %d subjects: the order of the runs of later ones was not checked", AV_SUBJECTS_MAX);
        return NULL;
    }
    struct av_subject *s = &v->subjects[v->subject_count++];
    *s = (struct av_subject){.id = id, .next = -1};
    return s;
}

/* E45: the statements about a subject follow one another, each naming the leaf of the run before. */
static void run_order_check(struct av *v, uint64_t index, const struct av_object *run, const struct av_hash *hash)
{
    struct av_subject *s = subject_get(v, av_string(run, "sub"));
    int64_t sequence = -1;
    char last[65] = "";
    if (!s)
        return;
    bool is_first = s->next < 0;
    if (!is_first)
        av_hex_write(s->last.bytes, 32, last);
    if (!av_integer(run, "seq", &sequence) || sequence < 0 || (sequence != (is_first ? 0 : s->next) && !(is_first && v->mode == AV_RANGE)))
        av_find(v, "E45", "leaf %llu: run %lld of its subject, where %lld is due", (unsigned long long)index, (long long)sequence,
                (long long)(is_first ? 0 : s->next));
    else if (!(is_first && v->mode == AV_RANGE) && !av_is(av_string(run, "prev"), last))
        av_find(v, "E45", "leaf %llu: run %lld does not follow from the run before it", (unsigned long long)index,
                (long long)sequence);
    s->next = sequence + 1;
    s->last = *hash;
}

/* E43: the collector's signature over its statement; E45: the items before the run are those that it lists. */
static void run_check(struct av *v, uint64_t index, const struct av_object *leaf, struct av_text lines,
                      const struct av_hash *hash, bool is_chained)
{
    struct av_text statement = av_value(leaf, "run"), tables;
    struct av_object run;
    struct av_key named;
    if (av_object_read(statement, &run) || !av_has(&run, "sub")) {
        av_find(v, "E42", "leaf %llu: a run leaf without the collector's statement", (unsigned long long)index);
        return;
    }
    v->runs++;
    v->signatures++;
    const char *fault = av_key_read(av_string(&run, "col"), &named);
    const struct av_registered *key = fault ? NULL : av_key_find(v, "collector", &named, index);
    if (!key)
        av_find(v, "E43", "leaf %llu: the run is by a key that is not registered as a collector's, or not any more",
                (unsigned long long)index);
    else if (av_statement_check(v, "assay/run@v1", statement, lines, &key->key) != AV_SIGNED)
        av_find(v, "E43", "leaf %llu: the collector's signature does not hold", (unsigned long long)index);
    else if (is_chained)
        run_order_check(v, index, &run, hash);
    tables = av_value(&run, "tables");
    bool is_same_op = av_is(av_string(leaf, "op"), v->pending_op);
    for (size_t i = 0; is_same_op && i < v->pending_count; i++) {
        char member[160];
        int size = snprintf(member, sizeof(member), "\"%s\":\"%s\"", v->pending[i].table, v->pending[i].c);
        if (!tables.size || !memmem(tables.data, tables.size, member, (size_t)size))
            av_find(v, "E45", "leaf %llu: the run does not list the capture of %s that lies before it", (unsigned long long)index,
                    v->pending[i].table);
    }
    if (is_same_op)
        v->pending_count = 0;
}

static void item_check(struct av *v, uint64_t index, const struct av_object *leaf)
{
    struct av_text table = av_string(leaf, "tbl"), op = av_string(leaf, "op"), blobs = av_value(leaf, "b"), first;
    struct av_object blob;
    if (table.size == 0 || op.size != 32 || table.size >= sizeof(v->pending[0].table))
        return;
    if (!av_array_next(&blobs, &first) || av_object_read(first, &blob) || av_string(&blob, "c").size != 64)
        return;
    if (v->pending_count == AV_PENDING_MAX) {
        av_lack(v, "a run of more than %d captures: not all were held against its list", AV_PENDING_MAX);
        return;
    }
    struct av_pending *p = &v->pending[v->pending_count++];
    memcpy(v->pending_op, op.data, 32);
    memcpy(p->table, table.data, table.size);
    p->table[table.size] = 0;
    memcpy(p->c, av_string(&blob, "c").data, 64);
    (void)index;
}

/* Items whose run never comes: leaves of one operation lie side by side. */
static void pending_check(struct av *v, uint64_t index, struct av_text op)
{
    if (v->pending_count > 0 && !av_is(op, v->pending_op)) {
        av_find(v, "E45", "before leaf %llu: %zu captures without the run that they belong to", (unsigned long long)index,
                v->pending_count);
        v->pending_count = 0;
    }
}

/* ---- blobs and erasure ---- */

static void blobs_check(struct av *v, uint64_t index, const struct av_object *leaf)
{
    struct av_text rest = av_value(leaf, "b");
    if (rest.size <= 2 || *rest.data != '[') /* a seal has a number of that name */
        return;
    for (struct av_object blob; rest.size > 1;) {
        struct av_hash x, c;
        if (av_array_next_object(&rest, &blob) || !av_hash_member(&blob, "x", x.bytes) || !av_hash_member(&blob, "c", c.bytes)) {
            av_find(v, "E42", "leaf %llu: a blob without its hash x and its commitment c", (unsigned long long)index);
            return;
        }
        v->blob_references++;
        if (v->mode != AV_DIRECTORY)
            av_bundle_blob(v, index, av_string(&blob, "c").data, av_string(&blob, "x").data, v->o.explain == (int64_t)index);
    }
}

bool av_leaf_names_blob(struct av *v, uint64_t target, const struct av_hash *hash, struct av_text c, struct av_text x)
{
    size_t size = 0;
    const char *bytes = av_leaf_read(v, target, &size);
    struct av_text type, json, lines, rest, value;
    struct av_object leaf, blob;
    if (!bytes || av_leaf_split((struct av_text){bytes, size}, &type, &json, &lines) || av_object_read(json, &leaf))
        return false;
    if (hash) {
        struct av_hash there = av_leaf_hash(bytes, size);
        if (!av_hash_equal(&there, hash))
            return false;
    }
    rest = av_value(&leaf, "b");
    while (av_array_next(&rest, &value))
        if (!av_object_read(value, &blob) && av_same(av_string(&blob, "x"), x) && (c.size == 0 || av_same(av_string(&blob, "c"), c)))
            return true;
    return false;
}

/* What an officer signs of an erase leaf: exactly these members, in this order, which is that of RFC 8785. */
static bool erase_statement(const struct av_object *leaf, char *ret, size_t size_max, struct av_text *ret_text)
{
    static const char *const members[] = {"also", "basis", "c", "hor", "lh", "req", "tgt", "why", "x"};
    size_t size = 0;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct av_text value = av_value(leaf, members[i]);
        if (value.size == 0 || size + value.size + 16 > size_max)
            return false;
        size += (size_t)snprintf(ret + size, size_max - size, "%c\"%s\":", i ? ',' : '{', members[i]);
        memcpy(ret + size, value.data, value.size);
        size += value.size;
    }
    ret[size++] = '}';
    *ret_text = (struct av_text){ret, size};
    return true;
}

/* E63: an erase leaf is signed by an officer, and names an earlier leaf, its hash, and a blob of it. */
static void erase_check(struct av *v, uint64_t index, const struct av_object *erase, struct av_text lines)
{
    static char text[AV_LEAF_MAX + 32];
    struct av_text statement, also, value;
    struct av_hash x, c, lh;
    int64_t target = -1;
    if (!av_integer(erase, "tgt", &target) || target < 0 || (uint64_t)target >= index || !av_hash_member(erase, "x", x.bytes) ||
        !av_hash_member(erase, "c", c.bytes) || !av_hash_member(erase, "lh", lh.bytes) ||
        !erase_statement(erase, text, sizeof(text), &statement)) {
        av_find(v, "E42", "leaf %llu: an erase leaf without an earlier target, its hash, c, x, or reason", (unsigned long long)index);
        return;
    }
    bool is_signed = false;
    for (int i = 0; i < v->key_count && !is_signed; i++) {
        const struct av_registered *k = &v->keys[i];
        is_signed = k->is_added && strcmp(k->role, "officer") == 0 && index > k->from && index <= k->until &&
                    av_statement_check(v, "assay/erase@v1", statement, lines, &k->key) == AV_SIGNED;
    }
    v->signatures++;
    if (!is_signed)
        av_find(v, "E43", "leaf %llu: the erasure is not signed by an officer key in force", (unsigned long long)index);
    bool is_here = v->mode == AV_FULL || v->mode == AV_DIRECTORY;
    if (is_here && !av_leaf_names_blob(v, (uint64_t)target, &lh, av_string(erase, "c"), av_string(erase, "x")))
        av_find(v, "E63", "leaf %llu: leaf %lld, whose blob it erases, is another leaf or has no such blob",
                (unsigned long long)index, (long long)target);
    for (also = av_value(erase, "also"); is_here && av_array_next(&also, &value);) {
        uint64_t other = 0;
        if (!av_number(value, &other) || other >= index ||
            !av_leaf_names_blob(v, other, NULL, (struct av_text){"", 0}, av_string(erase, "x")))
            av_find(v, "E63", "leaf %llu: leaf %.*s is said to share the erased blob and does not", (unsigned long long)index,
                    (int)(value.size < 20 ? value.size : 20), value.data);
    }
    if (!is_here)
        av_note(v, "the targets of erase leaves (not all leaves are here)");
    av_note(v, "that what was erased was not on hold (assay verify does that)");
    if (v->erased_count == AV_ERASED_MAX)
        av_lack(v, "more than %d erasures", AV_ERASED_MAX);
    else
        v->erased[v->erased_count++] = x;
}

/* E20: an anchor repeats the note that was cosigned or stamped; the note is of this tree, and d is its digest (of a stamp: that of
 * the token, which is a blob). */
static void anchor_check(struct av *v, uint64_t index, const struct av_object *leaf, bool is_chained)
{
    static char note[AV_NOTE_MAX];
    struct av_checkpoint c;
    struct av_anchor made = {.index = index, .is_stamp = av_is(av_string(leaf, "kind"), "tst")};
    struct av_text said = av_string(leaf, "cp");
    char name[96], root[65];
    long size = av_unescape(av_string(leaf, "note"), note, sizeof(note));
    if (size <= 0 || !av_hash_member(leaf, "d", made.digest.bytes) || av_checkpoint_read((struct av_text){note, (size_t)size}, &c)) {
        av_find(v, "E42", "leaf %llu: an anchor without its note and digest", (unsigned long long)index);
        return;
    }
    av_hex_write(c.root.bytes, 32, root);
    snprintf(name, sizeof(name), "%llu:%s", (unsigned long long)c.size, root);
    made.size = c.size;
    made.note = av_sha256_of(note, (size_t)size);
    if (!av_is(said, name) || !av_is(c.origin, v->origin) || (!made.is_stamp && !av_hash_equal(&made.note, &made.digest)))
        av_find(v, "E20", "leaf %llu: the anchor names another checkpoint than its note is", (unsigned long long)index);
    else if (is_chained)
        checkpoint_name_check(v, index, said, "E20");
    if (v->anchor_count < AV_ANCHORS_MAX)
        v->anchors[v->anchor_count++] = made;
    else
        av_lack(v, "more than %d anchors", AV_ANCHORS_MAX);
    if (v->mode == AV_DIRECTORY) /* a bundle has them in checkpoints.txt */
        av_anchor_note(v, (struct av_text){note, (size_t)size});
}

/* ---- the leaf ---- */

/* E42: what every leaf has. */
static const char *common_fault(const struct av_object *leaf, int64_t *ret_t)
{
    uint8_t nonce[16];
    int64_t version = 0;
    if (!av_integer(leaf, "v", &version) || version != 1)
        return "v is not 1";
    if (!av_hex(av_string(leaf, "n"), nonce, sizeof(nonce)))
        return "n is not 16 random bytes";
    if (!av_integer(leaf, "t", ret_t) || *ret_t < 0)
        return "t is no time";
    return av_string(leaf, "st").size == 0 ? "it is in no stream" : NULL;
}

static void time_check(struct av *v, uint64_t index, const struct av_object *leaf, int64_t t)
{
    struct av_text obs = av_value(leaf, "obs"), value;
    uint64_t at = 0;
    if (v->has_t && t < v->last_t)
        av_find(v, "E50", "leaf %llu: t is %lld ms before that of an earlier leaf", (unsigned long long)index,
                (long long)(v->last_t - t));
    else
        v->last_t = t;
    if (!v->has_t)
        v->first_t = t;
    v->has_t = true;
    while (av_array_next(&obs, &value)) /* the last one is the end of the observation */
        if (!av_number(value, &at))
            at = 0;
    v->late += at > 0 && t - (int64_t)at > LATE_MS;
}

static void explain_note(struct av *v, uint64_t index, struct av_text bytes, const struct av_hash *hash)
{
    struct av_explained *x = &v->explain;
    if ((int64_t)index != v->o.explain)
        return;
    x->is_found = true;
    x->size = bytes.size;
    memcpy(x->text, bytes.data, bytes.size);
    x->text[bytes.size] = 0;
    x->hash = *hash;
}

void av_leaf_check(struct av *v, uint64_t index, struct av_text bytes, const struct av_hash *hash, bool is_chained)
{
    struct av_text type, json, lines;
    struct av_object leaf;
    int64_t t = 0;
    v->leaves++;
    explain_note(v, index, bytes, hash);
    const char *fault = av_leaf_split(bytes, &type, &json, &lines);
    if (!fault)
        fault = av_object_read(json, &leaf);
    if (fault) {
        av_find(v, "E40", "leaf %llu: %s", (unsigned long long)index, fault);
        return;
    }
    v->type_counts[type_find(type)]++;
    if (!av_is(av_string(&leaf, "log"), v->origin))
        av_find(v, "E41", "leaf %llu: it belongs to another ledger", (unsigned long long)index);
    fault = common_fault(&leaf, &t);
    if (fault) {
        av_find(v, "E42", "leaf %llu: %s", (unsigned long long)index, fault);
        return;
    }
    if (is_chained) {
        time_check(v, index, &leaf, t);
        stream_check(v, index, &leaf, hash);
        pending_check(v, index, av_string(&leaf, "op"));
    }
    blobs_check(v, index, &leaf);
    if (av_is(type, "seal") && is_chained)
        seal_check(v, index, &leaf, t);
    else if (av_is(type, "item") && is_chained)
        item_check(v, index, &leaf);
    else if (av_is(type, "key"))
        av_key_leaf(v, index, &leaf, lines, hash);
    else if (av_is(type, "run"))
        run_check(v, index, &leaf, lines, hash, is_chained);
    else if (av_is(type, "erase"))
        erase_check(v, index, &leaf, lines);
    else if (av_is(type, "anchor"))
        anchor_check(v, index, &leaf, is_chained);
    else if (av_is(type, "gap"))
        v->explained_gaps++;
    if (av_is(type, "seal") && v->explain.is_found && !v->explain.has_seal) {
        v->explain.has_seal = true;
        v->explain.seal = index;
        v->explain.seal_t = t;
    }
}

/* ---- bundles of leaves ---- */

static bool entries_span(struct av *v, uint64_t n, unsigned width, struct av_span *ret)
{
    return v->mode == AV_DIRECTORY ? av_directory_tile(v, AV_ENTRIES, n, width, ret) : av_bundle_tile(v, AV_ENTRIES, n, width, ret);
}

/* One entry bundle and the tile with its hashes. E33 framing, E34 a leaf that is not the hash's. */
static bool bundle_walk(struct av *v, uint64_t n, uint64_t from, uint64_t to)
{
    struct av_hash hashes[AV_TILE];
    struct av_span span;
    char path[64];
    unsigned width = av_tile_width(AV_ENTRIES, n, v->size);
    const struct av_tile *tile = av_tile_get(v, 0, n, false);
    if (!tile)
        return false;
    memcpy(hashes, tile->nodes, sizeof(hashes));
    av_tile_path(AV_ENTRIES, n, width, path);
    if (!entries_span(v, n, width, &span)) {
        av_find(v, "E31", "%s is missing", path);
        return false;
    }
    av_reader_start(&v->content, span.fd, span.offset, span.size);
    bool ok = true;
    for (unsigned k = 0; k < width && ok; k++) {
        uint64_t index = n * AV_TILE + k;
        const uint8_t *p = av_reader_take(&v->content, 2);
        size_t size = p ? (size_t)p[0] << 8 | p[1] : 0;
        if (p)
            p = av_reader_take(&v->content, size);
        if (!p) {
            av_find(v, "E33", "%s: the framing is broken at leaf %llu", path, (unsigned long long)index);
            ok = false;
            break;
        }
        struct av_hash hash = av_leaf_hash(p, size);
        if (!av_hash_equal(&hash, &hashes[k])) {
            av_find(v, "E34", "leaf %llu is not the one that its hash in the tree is of", (unsigned long long)index);
            ok = false;
        } else if (index >= from && index < to) {
            av_leaf_check(v, index, (struct av_text){(const char *)p, size}, &hash, true);
        }
    }
    if (ok && !span.is_longer && !av_reader_is_at_end(&v->content))
        av_find(v, "E33", "%s: bytes behind the last leaf", path);
    if (span.is_own)
        close(span.fd);
    return ok;
}

void av_leaves_walk(struct av *v, uint64_t from, uint64_t to)
{
    if (!v->has_tree)
        return;
    for (uint64_t n = from / AV_TILE; n * AV_TILE < to; n++)
        if (!bundle_walk(v, n, from, to)) {
            av_note(v, "leaves from %llu on: the tree is damaged there", (unsigned long long)(n * AV_TILE));
            return;
        }
    if (to > from && v->sealed_to != to)
        av_find(v, v->mode == AV_RANGE && to != v->size ? "W50" : "E50", "seals cover the leaves up to %llu of %llu",
                (unsigned long long)v->sealed_to, (unsigned long long)to);
}

const char *av_leaf_read(struct av *v, uint64_t index, size_t *ret_size)
{
    static uint8_t bytes[AV_LEAF_MAX + 2];
    struct av_span span;
    if (index >= v->size || !entries_span(v, index / AV_TILE, av_tile_width(AV_ENTRIES, index / AV_TILE, v->size), &span))
        return NULL;
    uint64_t at = span.offset, end = span.offset + span.size;
    size_t size = 0;
    bool ok = true;
    for (unsigned k = 0; ok && k <= index % AV_TILE; k++) {
        at += k > 0 ? size + 2 : 0;
        ok = at + 2 <= end && av_read_at(span.fd, at, bytes, 2);
        size = (size_t)bytes[0] << 8 | bytes[1];
    }
    ok = ok && at + 2 + size <= end && av_read_at(span.fd, at + 2, bytes, size);
    if (span.is_own)
        close(span.fd);
    const struct av_tile *tile = ok ? av_tile_get(v, 0, index / AV_TILE, true) : NULL;
    struct av_hash hash = av_leaf_hash(bytes, ok ? size : 0);
    if (!tile || !av_hash_equal(&hash, &tile->nodes[index % AV_TILE]))
        return NULL;
    *ret_size = size;
    return (const char *)bytes;
}
