/*
 * One leaf after the other, in order: what ledger.md 2.2 says of a leaf alone, and the chains that run through leaves: streams
 * (sq, sp), seals, the clock, each collector's statements, keys.
 */
#include "ledger/leaf_rules.h"
#include "ledger/verify_internal.h"

/* ---- streams ---- */

static uint64_t name_hash(struct str name)
{
    uint64_t h = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < name.size; i++)
        h = (h ^ (uint8_t)name.data[i]) * UINT64_C(1099511628211);
    return h;
}

static struct verify_stream *stream_slot(struct verify_stream *streams, size_t capacity, struct str name)
{
    size_t i = name_hash(name) & (capacity - 1);
    while (streams[i].name.data && !str_equal(streams[i].name, name))
        i = (i + 1) & (capacity - 1);
    return &streams[i];
}

static struct verify_stream *stream_get(struct verify *v, struct str name)
{
    if (v->stream_count * 2 >= v->stream_capacity) {
        size_t capacity = v->stream_capacity ? v->stream_capacity * 2 : 64;
        struct verify_stream *grown = arena_array(v->kept, capacity, sizeof(*grown));
        for (size_t i = 0; i < v->stream_capacity; i++)
            if (v->streams[i].name.data)
                *stream_slot(grown, capacity, v->streams[i].name) = v->streams[i];
        v->streams = grown;
        v->stream_capacity = capacity;
    }
    struct verify_stream *s = stream_slot(v->streams, v->stream_capacity, name);
    if (!s->name.data) {
        s->name = arena_str(v->kept, name);
        v->stream_count++;
    }
    return s;
}

/* An optional hash member: absent, empty and zero mean none. False when it is something else than a hash. */
static bool hash_member(const struct json *leaf, const char *key, struct sha256 *ret, bool *ret_is_there)
{
    struct str text = json_text(leaf, key);
    *ret = (struct sha256){{0}};
    *ret_is_there = false;
    if (text.size == 0)
        return json_get(leaf, key) == NULL || json_get(leaf, key)->type == JSON_STRING;
    if (text.size != 2 * SHA256_SIZE || !hex_decode(text, ret->bytes, SHA256_SIZE))
        return false;
    for (size_t i = 0; i < SHA256_SIZE; i++)
        *ret_is_there |= ret->bytes[i] != 0;
    return true;
}

/* E44: the sequence goes up by one, and each leaf names the hash of the one before it. */
static void stream_check(struct verify *v, uint64_t index, const struct json *leaf, struct sha256 hash)
{
    struct str name = json_text(leaf, "st");
    int64_t sequence = json_int(leaf, "sq", -1);
    struct sha256 previous;
    bool has_previous = false;
    bool is_hash = hash_member(leaf, "sp", &previous, &has_previous);
    struct verify_stream *s = stream_get(v, name);
    if (sequence < 0 || (uint64_t)sequence != s->next)
        verify_find(v, "E44", "leaf %llu: number %lld of stream %.*s, where %llu is due", (unsigned long long)index,
                    (long long)sequence, STR_ARGS(str_slice(name, 0, 100)), (unsigned long long)s->next);
    else if (!is_hash || has_previous != (sequence > 0) || (has_previous && !sha256_equal(previous, s->last)))
        verify_find(v, "E44", "leaf %llu: sp is not the hash of the leaf before it in stream %.*s", (unsigned long long)index,
                    STR_ARGS(str_slice(name, 0, 100)));
    s->next = sequence < 0 ? s->next : (uint64_t)sequence + 1;
    s->last = hash;
}

/* ---- seals ---- */

bool verify_seal_root(const struct verify *v, uint64_t size, struct sha256 *ret)
{
    size_t from = 0, to = v->seal_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (v->seals[middle].size < size)
            from = middle + 1;
        else
            to = middle;
    }
    if (from == v->seal_count || v->seals[from].size != size)
        return false;
    *ret = v->seals[from].root;
    return true;
}

/* "size:roothash" of a checkpoint: it must be that of a seal before. */
static bool checkpoint_is_known(const struct verify *v, struct str text)
{
    struct checkpoint named;
    struct sha256 there;
    return checkpoint_name_parse(text, &named) && named.size > 0 && verify_seal_root(v, named.size, &there) &&
           sha256_equal(named.root, there);
}

static void seal_check(struct verify *v, uint64_t index, const struct json *leaf)
{
    int64_t from = json_int(leaf, "a", -1), to = json_int(leaf, "b", -1);
    if (from < 0 || (uint64_t)from != v->sealed_to || to < 0 || (uint64_t)to != index + 1)
        verify_find(v, "E50", "leaf %llu: the seal covers [%lld, %lld) where [%llu, %llu) is due", (unsigned long long)index,
                    (long long)from, (long long)to, (unsigned long long)v->sealed_to, (unsigned long long)index + 1);
    if (json_get(leaf, "cp") && !checkpoint_is_known(v, json_text(leaf, "cp")))
        verify_find(v, "E50", "leaf %llu: the seal names a checkpoint that this ledger never had", (unsigned long long)index);
    if (json_get(leaf, "blobs") && (uint64_t)json_int(leaf, "blobs", 0) > v->blobs_since_seal)
        verify_find(v, "W50", "leaf %llu: the seal counts %lld blobs, the leaves under it name %llu", (unsigned long long)index,
                    (long long)json_int(leaf, "blobs", 0), (unsigned long long)v->blobs_since_seal);
    v->sealed_to = index + 1;
    v->blobs_since_seal = 0;
    if (v->seal_count == v->seal_capacity)
        v->seals = arena_grow(v->kept, v->seals, v->seal_count, &v->seal_capacity, sizeof(*v->seals));
    v->seals[v->seal_count++] = (struct verify_seal){index + 1, merkle_frontier_root(&v->tree)};
}

/* ---- runs ---- */

bool verify_statement_holds(struct verify *v, const struct leaf *leaf, const char *label, const struct json *statement,
                            const struct note_key *key, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 128 << 10);
    buf_printf(&text, "%s\n%s\n", label, v->origin);
    if (!json_write_canonical(&text, statement, e))
        return false;
    buf_char(&text, '\n');
    return note_verify(buf_view(&text), leaf->signatures, key, e);
}

static struct verify_subject *subject_get(struct verify *v, struct str id)
{
    for (size_t i = 0; i < v->subject_count; i++)
        if (str_equal(v->subjects[i].id, id))
            return &v->subjects[i];
    if (v->subject_count == VERIFY_SUBJECTS_MAX)
        return NULL;
    if (!v->subjects)
        v->subjects = arena_array(v->kept, VERIFY_SUBJECTS_MAX, sizeof(*v->subjects));
    struct verify_subject *s = &v->subjects[v->subject_count++];
    *s = (struct verify_subject){.id = arena_str(v->kept, id)};
    return s;
}

/* E45: the statements about a subject follow one another, each naming the leaf of the run before. */
static void run_order_check(struct verify *v, uint64_t index, const struct json *statement, struct sha256 hash)
{
    struct verify_subject *s = subject_get(v, json_text(statement, "sub"));
    if (!s)
        return;
    int64_t sequence = json_int(statement, "seq", -1);
    struct str prev = json_text(statement, "prev");
    char last[2 * SHA256_SIZE + 1] = "";
    if (s->next > 0)
        hex_encode(s->last.bytes, SHA256_SIZE, last);
    if (sequence != s->next)
        verify_find(v, "E45", "leaf %llu: run %lld of subject %.*s, where %lld is due", (unsigned long long)index,
                    (long long)sequence, STR_ARGS(str_slice(s->id, 0, 150)), (long long)s->next);
    else if (!str_is(prev, last))
        verify_find(v, "E45", "leaf %llu: run %lld does not follow from the run before it", (unsigned long long)index,
                    (long long)sequence);
    s->next = sequence + 1;
    s->last = hash;
}

static void item_note(struct verify *v, const struct json *leaf)
{
    struct verify_stream *s = stream_get(v, json_text(leaf, "st"));
    s->has_rows = hex_decode(json_text(json_at(json_get(leaf, "b"), 0), "c"), s->rows.bytes, SHA256_SIZE);
}

/* E45: what the collector signed is what its items hold; a run binds the newest item of each table that it names. */
static void run_items_check(struct verify *v, uint64_t index, const struct json *statement)
{
    char name[128];
    JSON_EACH (table, json_get(statement, "tables")) {
        struct sha256 c;
        snprintf(name, sizeof(name), "host/%.*s/%.*s", STR_ARGS(str_slice(json_text(statement, "sub"), 2, 10)),
                 STR_ARGS(str_slice(table->key, 0, 64)));
        const struct verify_stream *s = stream_get(v, str_of(name));
        bool is_same = table->type == JSON_STRING && hex_decode(table->text, c.bytes, SHA256_SIZE) && s->has_rows &&
                       sha256_equal(c, s->rows);
        if (!is_same)
            verify_find(v, "E45", "leaf %llu: the rows of %.*s that the collector signed are not those of its item",
                        (unsigned long long)index, STR_ARGS(str_slice(table->key, 0, 64)));
    }
}

/* E43: the collector's signature over its statement. */
static void run_check(struct verify *v, uint64_t index, const struct leaf *leaf, struct sha256 hash)
{
    const struct json *statement = json_get(leaf->json, "run");
    struct str vkey = json_text(statement, "col");
    struct err e = {0};
    if (!statement || statement->type != JSON_OBJECT || vkey.size == 0 || json_text(statement, "sub").size == 0) {
        verify_find(v, "E42", "leaf %llu: a run leaf without the collector's statement", (unsigned long long)index);
        return;
    }
    v->report->runs_checked++;
    const struct ledger_key *key = ledger_keys_find(&v->keys, "collector", vkey);
    if (!key)
        verify_find(v, "E43", "leaf %llu: the run is by %.*s, a key that is not registered", (unsigned long long)index,
                    STR_ARGS(str_slice(vkey, 0, 200)));
    else if (!ledger_key_counts(key, index + 1))
        verify_find(v, "E43", "leaf %llu: the run is by %s, a key that does not count any more since leaf %llu",
                    (unsigned long long)index, key->key.name, (unsigned long long)key->until);
    else if (!verify_statement_holds(v, leaf, "assay/run@v1", statement, &key->key, &e))
        verify_find(v, "E43", "leaf %llu: %s", (unsigned long long)index, e.text);
    else {
        verify_signed(v, key, index);
        run_order_check(v, index, statement, hash);
    }
    run_items_check(v, index, statement);
}

/* ---- blobs ---- */

static void blobs_note(struct verify *v, uint64_t index, const struct json *leaf)
{
    const struct json *list = json_get(leaf, "b");
    if (!list)
        return;
    JSON_EACH (entry, list) {
        struct verify_blob b = {.leaf = index};
        struct str x = json_text(entry, "x"), c = json_text(entry, "c");
        if (list->type != JSON_ARRAY || x.size != 64 || c.size != 64 || !hex_decode(x, b.x, 32) || !hex_decode(c, b.c, 32)) {
            verify_find(v, "E42", "leaf %llu: a blob without its hash x and its commitment c", (unsigned long long)index);
            return;
        }
        v->blobs_since_seal++;
        if (v->blob_count == v->blob_capacity) {
            size_t capacity = v->blob_capacity ? v->blob_capacity * 2 : 1024;
            struct verify_blob *grown = realloc(v->blobs, capacity * sizeof(*grown));
            if (!grown) {
                verify_find(v, "E60", "no memory to list the blobs");
                return;
            }
            v->blobs = grown;
            v->blob_capacity = capacity;
        }
        v->blobs[v->blob_count++] = b;
    }
}

/* ---- the leaf ---- */

/* E42, and E43 where nobody signs, by the table of leaf_rules.h. What has a signer has its check where its own rules are. */
static void rule_check(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    char fault[LEAF_FAULT_SIZE];
    const char *role = leaf_rule_role(leaf->type);
    if (!leaf_rule_holds(leaf, index, fault))
        verify_find(v, "E42", "leaf %llu (%.*s): %s", (unsigned long long)index, STR_ARGS(leaf->type), fault);
    bool is_unsigned = role ? !role[0] : !str_is(json_text(leaf->json, "type"), "hold"); /* of records, holds are signed */
    if (is_unsigned && leaf->signatures.size > 0)
        verify_find(v, "E43", "leaf %llu: it carries signatures, which leaves of type %.*s have not", (unsigned long long)index,
                    STR_ARGS(leaf->type));
}

/* E42: what every leaf has. */
static bool common_check(struct verify *v, uint64_t index, const struct json *leaf)
{
    uint8_t nonce[16];
    const char *fault = NULL;
    const struct json *t = json_get(leaf, "t");
    if (json_int(leaf, "v", 0) != 1)
        fault = "v is not 1";
    else if (!hex_decode(json_text(leaf, "n"), nonce, sizeof(nonce)))
        fault = "n is not 16 random bytes";
    else if (!t || t->type != JSON_NUMBER || !t->is_integer || t->integer < 0)
        fault = "t is no time";
    else if (json_text(leaf, "st").size == 0)
        fault = "it is in no stream";
    if (fault)
        verify_find(v, "E42", "leaf %llu: %s", (unsigned long long)index, fault);
    return fault == NULL;
}

void verify_leaf(struct verify *v, uint64_t index, struct str bytes, struct sha256 hash)
{
    verify_leaf_parsed(v, index, bytes, NULL, hash);
}

void verify_leaf_parsed(struct verify *v, uint64_t index, struct str bytes, const struct leaf *parsed, struct sha256 hash)
{
    struct leaf leaf;
    struct err e = {0};
    v->report->leaves_checked++;
    arena_reset(v->scratch);
    if (parsed) {
        leaf = *parsed;
    } else if (!leaf_parse(v->scratch, bytes, &leaf, &e)) {
        verify_find(v, "E40", "leaf %llu: %s", (unsigned long long)index, e.text);
        return;
    }
    if (!str_is(json_text(leaf.json, "log"), v->origin))
        verify_find(v, "E41", "leaf %llu: it belongs to another ledger, %.*s", (unsigned long long)index,
                    STR_ARGS(str_slice(json_text(leaf.json, "log"), 0, 200)));
    if (!common_check(v, index, leaf.json))
        return;
    int64_t t = json_int(leaf.json, "t", 0);
    if (t < v->last_t)
        verify_find(v, "E50", "leaf %llu: t is %lld ms before that of an earlier leaf", (unsigned long long)index,
                    (long long)(v->last_t - t));
    else
        v->last_t = t;
    rule_check(v, index, &leaf);
    if (str_is(leaf.type, "seal"))
        verify_time_seal(v, index, leaf.json);
    stream_check(v, index, leaf.json, hash);
    verify_time_leaf(v, index, &leaf, hash);
    blobs_note(v, index, leaf.json);
    if (str_is(leaf.type, "seal"))
        seal_check(v, index, leaf.json);
    else if (str_is(leaf.type, "key"))
        verify_key_leaf(v, index, &leaf);
    else if (str_is(leaf.type, "item"))
        item_note(v, leaf.json);
    else if (str_is(leaf.type, "run"))
        run_check(v, index, &leaf, hash);
    verify_erase_leaf(v, index, &leaf, bytes);
    verify_keyring_leaf(v, index, &leaf);
    verify_reencrypt_leaf(v, index, &leaf);
    verify_catalog_leaf(v, index, &leaf);
    verify_draw_leaf(v, index, &leaf);
    verify_auditor_leaf(v, index, &leaf);
    verify_anchor_leaf(v, index, &leaf);
}
