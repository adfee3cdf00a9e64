/*
 * leaf.c - one leaf after the other: what can be said of it alone, and the chains that run through leaves: streams (sq, sp), runs of a
 * subject, seals.
 */
#include "av.h"

#include <stdlib.h>

/* ---- alone ---- */

const char *av_leaf_split(struct av_text bytes, struct av_text *ret_type, struct av_text *ret_json, struct av_text *ret_lines)
{
    static const char magic[] = "assay/leaf@v1 ";
    struct av_text rest = bytes, head;
    enum av_type type;
    if (bytes.size > AV_LEAF_MAX || !av_line(&rest, &head) || !av_starts(head, magic) || !av_line(&rest, ret_json))
        return "not in the framing assay/leaf@v1";
    *ret_type = av_behind(head, sizeof(magic) - 1);
    *ret_lines = (struct av_text){"", 0};
    if (!av_type_find(*ret_type, &type))
        return "a type that is not in the list";
    if (rest.size == 0)
        return NULL;
    if (rest.size == 1 || *rest.data != '\n')
        return "what follows the JSON line is not signature lines";
    *ret_lines = av_behind(rest, 1);
    return av_lines_fault(*ret_lines);
}

void av_leaf_parse(const struct av *v, struct av_leaf *leaf)
{
    struct av_text type;
    struct av_object run;
    leaf->rule = leaf->rule_about = NULL;
    leaf->blob_count = 0;
    leaf->c = (struct av_text){"", 0};
    leaf->fault = av_leaf_split(leaf->bytes, &type, &leaf->json, &leaf->lines);
    if (!leaf->fault)
        leaf->fault = av_object_read(leaf->json, &leaf->object);
    if (leaf->fault)
        return;
    (void)av_type_find(type, &leaf->type);
    av_rule_check(leaf);
    if (leaf->type != AV_RUN || leaf->rule)
        return;
    struct av_text statement = av_value(&leaf->object, "run");
    (void)av_object_read(statement, &run);
    leaf->run_is_signed = AV_NOT_SIGNED;
    if (!av_key_parse(av_string(&run, "col"), &leaf->collector))
        leaf->run_is_signed = av_statement_check(v, "run", statement, leaf->lines, &leaf->collector);
}

/* ---- streams ---- */

/* Its slot, which holds 0 where the stream is not known. */
static uint16_t *stream_slot(struct av *v, struct av_text name)
{
    uint64_t h = name.size, word = 0;
    for (size_t i = 0; i < name.size; i++) { /* eight bytes at a time; a bad spread only costs time */
        word = word << 8 | (uint8_t)name.data[i];
        if (i % 8 == 7 || i + 1 == name.size)
            h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    const size_t mask = 2 * AV_STREAMS_MAX - 1;
    size_t at = (size_t)(h ^ h >> 32) & mask;
    for (; v->stream_slots[at]; at = (at + 1) & mask) {
        const struct av_stream *s = &v->streams[v->stream_slots[at] - 1];
        if (av_same(name, (struct av_text){v->stream_names + s->name, s->name_size}))
            break;
    }
    return &v->stream_slots[at];
}

static struct av_stream *stream_get(struct av *v, struct av_text name)
{
    uint16_t *slot = stream_slot(v, name);
    if (*slot)
        return &v->streams[*slot - 1];
    if (v->stream_count == AV_STREAMS_MAX || v->stream_name_bytes + name.size > sizeof(v->stream_names)) {
        av_lack(v, "more than %d streams: the chains of the later ones were not checked", AV_STREAMS_MAX);
        return NULL;
    }
    struct av_stream *s = &v->streams[v->stream_count++];
    *slot = (uint16_t)v->stream_count;
    *s = (struct av_stream){.name = (uint32_t)v->stream_name_bytes, .name_size = (uint32_t)name.size, .next = UINT64_MAX};
    memcpy(v->stream_names + s->name, name.data, name.size);
    v->stream_name_bytes += name.size;
    return s;
}

/* E44: the sequence goes up by one, and each leaf names the hash of the one before it. */
static struct av_stream *stream_check(struct av *v, const struct av_leaf *leaf)
{
    static const struct av_hash zero;
    struct av_text name = av_string(&leaf->object, "st"), sp = av_string(&leaf->object, "sp");
    struct av_hash previous = zero;
    int64_t sequence = -1;
    bool is_hash = sp.size == 0 || av_hex(sp, previous.bytes, 32), has_previous = !av_hash_equal(&previous, &zero);
    struct av_stream *s = stream_get(v, name);
    if (!s)
        return NULL;
    bool is_first = s->next == UINT64_MAX, may_start_late = is_first && v->mode == AV_RANGE;
    uint64_t due = is_first ? 0 : s->next;
    if (!av_integer(&leaf->object, "sq", &sequence) || sequence < 0 || (!may_start_late && (uint64_t)sequence != due))
        av_find(v, "E44", "leaf %llu: number %lld of stream %.*s, where %llu is due", (av_llu)leaf->index, (long long)sequence, AV_SHOWN(name, 100),
                (av_llu)due);
    else if (!is_hash || has_previous != (sequence > 0) || (has_previous && !is_first && !av_hash_equal(&previous, &s->last)))
        av_find(v, "E44", "leaf %llu: sp is not the hash of the leaf before it in stream %.*s", (av_llu)leaf->index, AV_SHOWN(name, 100));
    if (sequence >= 0)
        s->next = (uint64_t)sequence + 1;
    s->last = leaf->hash;
    av_time_moved(v, s);
    return s;
}

/* ---- seals ---- */

const struct av_seal *av_seal_at(const struct av *v, uint64_t size)
{
    size_t from = 0, to = v->seal_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (v->seals[middle].size < size)
            from = middle + 1;
        else
            to = middle;
    }
    return from < v->seal_count && v->seals[from].size == size ? &v->seals[from] : NULL;
}

const struct av_seal *av_checkpoint_name_check(struct av *v, uint64_t index, struct av_text name, const char *code)
{
    struct av_text rest = name, size_text;
    struct av_hash said, there;
    uint64_t size = 0;
    if (!av_cut(&rest, ':', &size_text) || !av_number(size_text, &size) || size == 0 || size > index || !av_hex(rest, said.bytes, 32)) {
        av_find(v, code, "leaf %llu: \"%.*s\" is no checkpoint before it", (av_llu)index, AV_SHOWN(name, 100));
        return NULL;
    }
    const struct av_seal *seal = av_seal_at(v, size);
    bool is_before = v->mode == AV_RANGE && (v->seal_count == 0 || size < v->seals[0].size);
    if (is_before || !av_root_at(v, size, &there))
        av_note(v, "checkpoints named in leaves whose size lies outside of this bundle");
    else if (!seal || !av_hash_equal(&said, &there))
        av_find(v, code, "leaf %llu: it names a checkpoint of %llu leaves that this ledger never had", (av_llu)index, (av_llu)size);
    return seal;
}

static void seal_check(struct av *v, const struct av_leaf *leaf, int64_t t)
{
    int64_t from = -1, to = -1, blobs = 0;
    av_integer(&leaf->object, "a", &from);
    av_integer(&leaf->object, "b", &to);
    bool may_start_late = v->mode == AV_RANGE && v->seal_count == 0;
    if (from < 0 || (!may_start_late && (uint64_t)from != v->sealed_to) || from > to || to < 0 || (uint64_t)to != leaf->index + 1)
        av_find(v, "E50", "leaf %llu: the seal covers [%lld, %lld) where [%llu, %llu) is due", (av_llu)leaf->index, (long long)from, (long long)to,
                (av_llu)v->sealed_to, (av_llu)leaf->index + 1);
    if (av_has(&leaf->object, "cp"))
        av_checkpoint_name_check(v, leaf->index, av_string(&leaf->object, "cp"), "E50");
    av_integer(&leaf->object, "blobs", &blobs);
    if (!may_start_late && (uint64_t)blobs > v->blob_references - v->blobs_at_seal)
        av_find(v, "W50", "leaf %llu: the seal counts %lld blobs, the leaves under it name %llu", (av_llu)leaf->index, (long long)blobs,
                (av_llu)(v->blob_references - v->blobs_at_seal));
    v->blobs_at_seal = v->blob_references;
    if (v->seal_count == v->seal_room) {
        size_t room = v->seal_room ? 2 * v->seal_room : 1024;
        struct av_seal *grown = realloc(v->seals, room * sizeof(*grown));
        if (!grown)
            return av_lack(v, "no memory for the seals");
        v->seals = grown;
        v->seal_room = room;
    }
    v->seals[v->seal_count++] = (struct av_seal){leaf->index + 1, t, v->time.newest_ms};
    v->sealed_to = leaf->index + 1;
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
static void run_order_check(struct av *v, const struct av_leaf *leaf, const struct av_object *run)
{
    struct av_subject *s = subject_get(v, av_string(run, "sub"));
    int64_t sequence = -1;
    char last[65] = "";
    if (!s)
        return;
    bool is_first = s->next < 0, may_start_late = is_first && v->mode == AV_RANGE;
    int64_t due = is_first ? 0 : s->next;
    if (!is_first)
        av_hex_write(s->last.bytes, 32, last);
    av_integer(run, "seq", &sequence);
    if (sequence != due && !may_start_late)
        av_find(v, "E45", "leaf %llu: run %lld of its subject, where %lld is due", (av_llu)leaf->index, (long long)sequence, (long long)due);
    else if (!may_start_late && !av_is(av_string(run, "prev"), last))
        av_find(v, "E45", "leaf %llu: run %lld does not follow from the run before it", (av_llu)leaf->index, (long long)sequence);
    s->next = sequence + 1;
    s->last = leaf->hash;
}

/* E45: what the collector signed is what the newest item of each table holds, and the items that lie before the run in its own
 * operation are all among them. */
static void run_items_check(struct av *v, const struct av_leaf *leaf, const struct av_object *run)
{
    struct av_text rest = av_value(run, "tables"), skipped, table, c, sub = av_string(run, "sub");
    bool is_same_op = v->pending_count > 0 && av_same(av_string(&leaf->object, "op"), (struct av_text){v->pending_op, sizeof(v->pending_op)});
    uint64_t found = 0;
    while (av_cut(&rest, '"', &skipped) && av_cut(&rest, '"', &table) && av_cut(&rest, '"', &skipped) && av_cut(&rest, '"', &c)) {
        char name[128];
        struct av_hash rows;
        int size = snprintf(name, sizeof(name), "host/%.8s/%.*s", sub.data + 2, AV_SHOWN(table, 64));
        uint16_t slot = *stream_slot(v, (struct av_text){name, (size_t)size});
        const struct av_stream *s = slot && v->streams[slot - 1].has_rows ? &v->streams[slot - 1] : NULL;
        if (v->mode == AV_RANGE && !s)
            continue;
        if (!s || !av_hex(c, rows.bytes, 32) || !av_hash_equal(&rows, &s->rows))
            av_find(v, "E45", "leaf %llu: the rows of %.*s that the collector signed are not those of its item", (av_llu)leaf->index, AV_SHOWN(table, 64));
        found += s && s->rows_index >= v->pending_from;
    }
    if (is_same_op && found != v->pending_count)
        av_find(v, "E45", "leaf %llu: the run does not list all %llu captures that lie before it", (av_llu)leaf->index, (av_llu)v->pending_count);
    if (is_same_op)
        v->pending_count = 0;
}

/* E43: a collector's signature, by a key that counts. */
static void run_check(struct av *v, const struct av_leaf *leaf, bool is_chained)
{
    struct av_object run;
    (void)av_object_read(av_value(&leaf->object, "run"), &run);
    v->runs++;
    v->signatures++;
    struct av_registered *key = av_key_find(v, "collector", &leaf->collector, leaf->index);
    if (!key)
        av_find(v, "E43", "leaf %llu: the run is by a key that is not registered as a collector's, or not any more", (av_llu)leaf->index);
    else if (leaf->run_is_signed != AV_SIGNED)
        av_find(v, "E43", "leaf %llu: the collector's signature does not hold", (av_llu)leaf->index);
    else {
        key->last_signed = leaf->index;
        if (is_chained)
            run_order_check(v, leaf, &run);
    }
    if (is_chained)
        run_items_check(v, leaf, &run);
}

static void item_check(struct av *v, const struct av_leaf *leaf, struct av_stream *s)
{
    struct av_text op = av_string(&leaf->object, "op");
    if (s) {
        s->has_rows = av_hex(leaf->c, s->rows.bytes, 32);
        s->rows_index = leaf->index;
    }
    if (op.size != sizeof(v->pending_op))
        return;
    if (v->pending_count++ == 0)
        v->pending_from = leaf->index;
    memcpy(v->pending_op, op.data, op.size);
}

/* Items whose run never comes: leaves of one operation lie side by side. */
static void pending_check(struct av *v, uint64_t index, struct av_text op)
{
    if (v->pending_count > 0 && !av_same(op, (struct av_text){v->pending_op, sizeof(v->pending_op)})) {
        av_find(v, "E45", "before leaf %llu: %llu captures without the run that they belong to", (av_llu)index, (av_llu)v->pending_count);
        v->pending_count = 0;
    }
}

/* ---- the leaf ---- */

static void gap_check(struct av *v, const struct av_leaf *leaf)
{
    struct av_leaf gap;
    int64_t of = -1;
    if (av_is(av_string(&leaf->object, "act"), "notice"))
        return;
    v->explained_gaps++;
    av_integer(&leaf->object, "of", &of);
    if (av_is_whole(v) && (!av_leaf_at(v, (uint64_t)of, &gap) || gap.type != AV_GAP || !av_is(av_string(&gap.object, "act"), "notice")))
        av_find(v, "E42", "leaf %llu: it explains leaf %lld, which is no gap", (av_llu)leaf->index, (long long)of);
}

static void clock_check(struct av *v, const struct av_leaf *leaf, int64_t t)
{
    if (v->has_t && t < v->last_t)
        av_find(v, "E50", "leaf %llu: t is %lld ms before that of an earlier leaf", (av_llu)leaf->index, (long long)(v->last_t - t));
    else
        v->last_t = t;
    if (!v->has_t)
        v->first_t = t;
    v->has_t = true;
}

static void explain_note(struct av *v, const struct av_leaf *leaf)
{
    struct av_explained *x = &v->explain;
    if ((int64_t)leaf->index != v->o.explain)
        return;
    x->is_found = true;
    snprintf(x->text, sizeof(x->text), "%.*s", (int)leaf->bytes.size, leaf->bytes.data);
    x->hash = leaf->hash;
}

/* E43 by type: an auditor's statement, or no signature at all. Runs, keys, erasures and holds have checks of their own. */
static void signature_check(struct av *v, const struct av_leaf *leaf)
{
    const char *role = av_type_role(leaf->type), *type = av_type_name(leaf->type);
    bool is_unsigned = role ? !role[0] : !av_is(av_string(&leaf->object, "type"), "hold");
    if (is_unsigned && leaf->lines.size > 0)
        av_find(v, "E43", "leaf %llu: it carries signatures, which leaves of type %s have not", (av_llu)leaf->index, type);
    if (leaf->type == AV_DRAW || leaf->type == AV_OPINION)
        av_auditor_check(v, leaf, type);
}

static void type_check(struct av *v, const struct av_leaf *leaf, bool is_chained)
{
    struct av_text type = av_string(&leaf->object, "type");
    if (leaf->type == AV_KEY)
        av_key_leaf(v, leaf);
    else if (leaf->type == AV_RUN)
        run_check(v, leaf, is_chained);
    else if (leaf->type == AV_ERASE)
        av_erase_leaf(v, leaf, is_chained);
    else if (leaf->type == AV_ERASED)
        av_erased_leaf(v, leaf);
    else if (leaf->type == AV_REENCRYPT && is_chained)
        av_reencrypt_leaf(v, leaf);
    else if (leaf->type == AV_ANCHOR)
        av_anchor_leaf(v, leaf, is_chained);
    else if (leaf->type == AV_GAP)
        gap_check(v, leaf);
    else if (leaf->type == AV_DRAW || leaf->type == AV_CLOSE || leaf->type == AV_OPINION)
        av_draw_leaf(v, leaf, is_chained);
    else if (leaf->type == AV_RECORD && av_is(type, "hold"))
        av_hold_leaf(v, leaf, is_chained);
    else if (leaf->type == AV_RECORD && av_is(type, "keyring"))
        av_keyring_leaf(v, leaf, is_chained);
    else if (leaf->type == AV_RECORD && av_is(type, "anchor_policy") && is_chained)
        av_policy_leaf(v, leaf);
}

void av_leaf_check(struct av *v, const struct av_leaf *leaf, bool is_chained)
{
    struct av_stream *stream = NULL;
    int64_t t = 0;
    v->leaves++;
    explain_note(v, leaf);
    if (leaf->fault)
        return av_find(v, "E40", "leaf %llu: %s", (av_llu)leaf->index, leaf->fault);
    if (!av_is(av_string(&leaf->object, "log"), v->origin))
        av_find(v, "E41", "leaf %llu: it belongs to another ledger", (av_llu)leaf->index);
    if (leaf->rule)
        return av_find(v, "E42", "leaf %llu (%s): its member %s %s", (av_llu)leaf->index, av_type_name(leaf->type), leaf->rule_about, leaf->rule);
    av_integer(&leaf->object, "t", &t);
    signature_check(v, leaf);
    if (is_chained) {
        clock_check(v, leaf, t);
        if (leaf->type == AV_SEAL)
            av_time_seal(v, leaf, t);
        stream = stream_check(v, leaf);
        av_time_observed(v, leaf, t);
        pending_check(v, leaf->index, av_string(&leaf->object, "op"));
    }
    v->blob_references += leaf->blob_count;
    if (v->mode != AV_DIRECTORY)
        av_bundle_blobs(v, leaf);
    if (leaf->type == AV_SEAL && is_chained)
        seal_check(v, leaf, t);
    else if (leaf->type == AV_ITEM && is_chained)
        item_check(v, leaf, stream);
    else
        type_check(v, leaf, is_chained);
    if (leaf->type == AV_SEAL && v->explain.is_found && !v->explain.has_seal) {
        v->explain.has_seal = true;
        v->explain.seal = leaf->index;
        v->explain.seal_t = t;
    }
}

void av_leaves_end(struct av *v)
{
    uint64_t to = v->mode == AV_DIRECTORY ? v->size : v->bundle.to;
    if (v->mode != AV_SELECTED && v->leaves > 0 && v->sealed_to != to)
        av_find(v, v->mode == AV_RANGE && to != v->size ? "W50" : "E50", "seals cover the leaves up to %llu of %llu", (av_llu)v->sealed_to, (av_llu)to);
    if (v->pending_count > 0 && to == v->size && v->mode != AV_SELECTED)
        av_find(v, "E45", "at the end: %llu captures without the run that they belong to", (av_llu)v->pending_count);
    av_erasures_end(v);
}
