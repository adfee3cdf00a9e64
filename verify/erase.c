/*
 * erase.c - erasures, holds, and the key that wraps the keys of blobs: an erase leaf is signed by an officer and matches its target; what is on hold goes only with a second
 * signature, and a hold is released with two; an `erased` leaf has its erase leaf; no leaf that names the blob is left out.
 */
#include "av.h"

#include <stdlib.h>

bool av_leaf_names_blob(const struct av_leaf *leaf, struct av_text c, struct av_text x)
{
    struct av_text rest = av_value(&leaf->object, "b");
    struct av_object blob;
    for (unsigned k = 0; k < leaf->blob_count && av_array_next_object(&rest, &blob); k++)
        if (av_same(av_string(&blob, "x"), x) && (c.size == 0 || av_same(av_string(&blob, "c"), c)))
            return true;
    return false;
}

/* Officers that have signed; *ret_has_second: another officer or the root key, too. */
static int officers_count(struct av *v, const struct av_leaf *leaf, const char *label, struct av_text statement, bool *ret_has_second)
{
    int officers = av_signers(v, leaf, "officer", label, statement);
    *ret_has_second = officers + (av_signers(v, leaf, "root", label, statement) > 0) >= 2;
    return officers;
}

/* ---- holds ---- */

/* E42: {"act","id","why"} and, of one that is added, exactly one of leaf, per, and ctl with tbls. */
static bool hold_is_formed(struct av_text statement, struct av_object *ret)
{
    int64_t number = 0;
    if (av_object_read(statement, ret))
        return false;
    bool is_add = av_is(av_string(ret, "act"), "add"), is_release = av_is(av_string(ret, "act"), "release");
    bool has_leaf = av_has(ret, "leaf"), has_control = av_has(ret, "ctl"), has_period = av_has(ret, "per");
    struct av_text control = av_value(ret, "ctl"), tables = av_value(ret, "tbls");
    return (is_add || is_release) && av_is_hex(av_string(ret, "id"), 8) && av_is_hex(av_string(ret, "why"), 32) &&
           has_leaf + has_control + has_period == is_add && (!has_leaf || (av_integer(ret, "leaf", &number) && number >= 0)) &&
           has_control == av_has(ret, "tbls") && (!has_control || (*control.data == '"' && *tables.data == '[')) &&
           (!has_period || av_span_end(ret, "per", &number) >= 0);
}

static bool hold_covers(const struct av_object *hold, const struct av_leaf *leaf)
{
    struct av_text tables = av_value(hold, "tbls"), table;
    int64_t index = -1, from = 0, seen_from = 0, t = 0, to = av_span_end(hold, "per", &from);
    if (av_integer(hold, "leaf", &index))
        return (uint64_t)index == leaf->index;
    if (to >= 0) {
        int64_t seen_to = av_span_end(&leaf->object, "obs", &seen_from);
        av_integer(&leaf->object, "t", &t);
        return (t >= from && t < to) || (seen_to >= from && seen_from < to);
    }
    if (leaf->type == AV_EVAL || leaf->type == AV_CATALOG)
        return true; /* results of every test, and the tests themselves */
    while (leaf->type == AV_ITEM && av_array_next(&tables, &table))
        if (av_same(table, av_value(&leaf->object, "tbl")))
            return true;
    return false;
}

void av_hold_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained)
{
    struct av_text statement = av_value(&leaf->object, "hold");
    struct av_object hold;
    bool has_second = false;
    if (!hold_is_formed(statement, &hold))
        return av_find(v, "E42", "leaf %llu: a hold that is not well formed", (av_llu)leaf->index);
    if (officers_count(v, leaf, "hold", statement, &has_second) == 0)
        return av_find(v, "E43", "leaf %llu: the hold is not signed by an officer key in force", (av_llu)leaf->index);
    const char *id = av_string(&hold, "id").data;
    bool is_release = av_is(av_string(&hold, "act"), "release");
    if (is_release && !has_second)
        av_find(v, "E64", "leaf %llu: a hold is released with one signature", (av_llu)leaf->index);
    for (size_t i = 0; is_release && has_second && i < v->hold_count; i++)
        if (v->holds[i].released == UINT64_MAX && memcmp(v->holds[i].id, id, sizeof(v->holds[i].id)) == 0)
            v->holds[i].released = leaf->index;
    if (is_release || !is_chained)
        return;
    if (v->hold_count == AV_HOLDS_MAX)
        return av_lack(v, "more than %d holds", AV_HOLDS_MAX);
    v->holds[v->hold_count].index = leaf->index;
    v->holds[v->hold_count].released = UINT64_MAX;
    memcpy(v->holds[v->hold_count++].id, id, sizeof(v->holds[0].id));
}

/* E64. Leaves come in order, so the holds are those in force where the erase leaf stands. */
static void holds_check(struct av *v, uint64_t erase, uint64_t target)
{
    struct av_leaf leaf;
    struct av_object hold;
    static char statement[AV_LEAF_MAX];
    for (size_t i = 0; i < v->hold_count; i++) {
        const struct av_hold *h = &v->holds[i];
        if (h->released != UINT64_MAX || !av_leaf_at(v, h->index, &leaf))
            continue;
        struct av_text text = av_value(&leaf.object, "hold");
        memcpy(statement, text.data, text.size); /* the next leaf takes its place */
        bool is_held = !av_object_read((struct av_text){statement, text.size}, &hold) && av_leaf_at(v, target, &leaf) && hold_covers(&hold, &leaf);
        if (is_held)
            av_find(v, "E64", "leaf %llu: it erases what hold %.16s (leaf %llu) covers, with one signature", (av_llu)erase, h->id, (av_llu)h->index);
    }
}

/* ---- erasures ---- */

/* What an officer signs of an erase leaf: exactly these members, in this order, which is that of RFC 8785. */
static struct av_text erase_statement(const struct av_object *leaf)
{
    static const char *const members[] = {"also", "basis", "c", "hor", "lh", "req", "tgt", "why", "x"};
    static char text[AV_LEAF_MAX + 200];
    size_t size = 0;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        struct av_text value = av_value(leaf, members[i]);
        if (value.size == 0)
            return (struct av_text){"", 0};
        size += (size_t)snprintf(text + size, sizeof(text) - size, "%c\"%s\":%.*s", i ? ',' : '{', members[i], (int)value.size, value.data);
    }
    text[size++] = '}';
    return (struct av_text){text, size};
}

/* E63: it is an earlier leaf that names the blob, the target with the hash and the commitment that are said. */
static bool target_holds(struct av *v, const struct av_object *erase, uint64_t index, bool is_target)
{
    struct av_leaf leaf;
    struct av_hash hash;
    if (!av_leaf_at(v, index, &leaf))
        return false;
    if (is_target && (!av_hash_member(erase, "lh", hash.bytes) || !av_hash_equal(&leaf.hash, &hash)))
        return false;
    return av_leaf_names_blob(&leaf, is_target ? av_string(erase, "c") : (struct av_text){"", 0}, av_string(erase, "x"));
}

void av_erase_leaf(struct av *v, const struct av_leaf *erase, bool is_chained)
{
    const struct av_object *o = &erase->object;
    struct av_text statement = erase_statement(o), also = av_value(o, "also"), value;
    int64_t target = -1;
    bool has_second = false;
    if (statement.size == 0)
        return av_find(v, "E42", "leaf %llu: an erase leaf without its reason", (av_llu)erase->index);
    if (officers_count(v, erase, "erase", statement, &has_second) == 0)
        av_find(v, "E43", "leaf %llu: the erasure is not signed by an officer key in force", (av_llu)erase->index);
    if (v->erased_count == AV_ERASED_MAX)
        return av_lack(v, "more than %d erasures", AV_ERASED_MAX);
    v->erased[v->erased_count].index = erase->index;
    av_hash_member(o, "x", v->erased[v->erased_count++].x.bytes);
    if (!av_is_whole(v) || !is_chained)
        return; /* not all leaves are here, which is noted */
    av_integer(o, "tgt", &target);
    for (bool is_target = true; is_target || av_array_next(&also, &value); is_target = false) {
        if (!is_target)
            av_integer_of(value, &target);
        if (!target_holds(v, o, (uint64_t)target, is_target))
            av_find(v, "E63", "leaf %llu: leaf %lld, whose blob it erases, has another hash or names no such blob", (av_llu)erase->index, (long long)target);
        else if (!has_second)
            holds_check(v, erase->index, (uint64_t)target);
    }
}

void av_erased_leaf(struct av *v, const struct av_leaf *leaf)
{
    struct av_hash x;
    int64_t of = -1;
    bool is_known = !av_is_whole(v);
    av_integer(&leaf->object, "of", &of);
    av_hash_member(&leaf->object, "x", x.bytes);
    for (size_t i = v->erased_count; !is_known && i-- > 0;)
        is_known = v->erased[i].index == (uint64_t)of && av_hash_equal(&v->erased[i].x, &x);
    if (!is_known)
        av_find(v, "E63", "leaf %llu: it says that a blob was destroyed, but no erase leaf asked for it", (av_llu)leaf->index);
}

/* E63: bytes that were encrypted anew under the same commitment: those of an earlier leaf, or what followed them, and only once. */
void av_reencrypt_leaf(struct av *v, const struct av_leaf *leaf)
{
    struct av_leaf target;
    struct av_object blob;
    struct av_entry move = {.index = leaf->index};
    int64_t of = -1;
    bool is_same = false;
    av_integer(&leaf->object, "of", &of);
    av_hash_member(&leaf->object, "from", move.digest.bytes);
    av_hash_member(&leaf->object, "x", move.to.bytes);
    if (!av_is_whole(v))
        return;
    if (av_map_find(&v->moves, &move.digest))
        return av_find(v, "E63", "leaf %llu: an earlier leaf has encrypted the same bytes anew already", (av_llu)leaf->index);
    struct av_text rest = av_leaf_at(v, (uint64_t)of, &target) ? av_value(&target.object, "b") : (struct av_text){"", 0};
    while (!is_same && av_array_next_object(&rest, &blob)) {
        const struct av_entry *next = NULL;
        struct av_hash x;
        if (!av_same(av_string(&blob, "c"), av_string(&leaf->object, "c")) || !av_hash_member(&blob, "x", x.bytes))
            continue;
        for (size_t steps = 0; steps <= v->moves.count && !(is_same = av_hash_equal(&x, &move.digest)) && (next = av_map_find(&v->moves, &x)); steps++)
            x = next->to;
    }
    if (!is_same)
        av_find(v, "E63", "leaf %llu: it says that a blob of leaf %lld was encrypted anew, which names no such blob", (av_llu)leaf->index, (long long)of);
    av_map_add(v, &v->moves, move);
}

/* ---- the end ---- */

static int erased_compare(const void *a, const void *b)
{
    const struct av_erased *x = a, *y = b;
    return memcmp(x->x.bytes, y->x.bytes, 32);
}

const struct av_erased *av_erased_find(const struct av *v, const struct av_hash *x)
{
    struct av_erased wanted = {.x = *x};
    return bsearch(&wanted, v->erased, v->erased_count, sizeof(wanted), erased_compare);
}

/* E63: a leaf that names an erased blob is the target, or listed. */
static void listed_check(struct av *v, const struct av_erased *e, uint64_t index)
{
    struct av_leaf erase;
    struct av_text also, value;
    int64_t listed = -1;
    if (!av_leaf_at(v, e->index, &erase))
        return;
    av_integer(&erase.object, "tgt", &listed);
    for (also = av_value(&erase.object, "also"); (uint64_t)listed != index && av_array_next(&also, &value);)
        av_integer_of(value, &listed);
    if ((uint64_t)listed != index)
        av_find(v, "E63", "leaf %llu: it does not list leaf %llu, which names the same blob", (av_llu)e->index, (av_llu)index);
}

/* What became of the blobs of the leaf that is explained, also behind new names. */
static void erasures_explain(struct av *v)
{
    struct av_text type, json, lines, bytes = {v->explain.text, strlen(v->explain.text)}, rest;
    struct av_object o, blob;
    if (!v->explain.is_found || av_leaf_split(bytes, &type, &json, &lines) || av_object_read(json, &o))
        return;
    for (rest = av_value(&o, "b"); rest.size > 1 && av_array_next_object(&rest, &blob);) {
        struct av_hash x;
        const struct av_entry *next = NULL;
        if (!av_hash_member(&blob, "x", x.bytes))
            continue;
        for (size_t steps = 0; steps <= v->moves.count && (next = av_map_find(&v->moves, &x)); steps++)
            x = next->to;
        const struct av_erased *e = av_erased_find(v, &x);
        size_t used = strlen(v->explain.blobs);
        if (e)
            snprintf(v->explain.blobs + used, sizeof(v->explain.blobs) - used, "  erased    blob %.16s... by leaf %llu\n", av_string(&blob, "c").data, (av_llu)e->index);
    }
}

void av_erasures_end(struct av *v)
{
    qsort(v->erased, v->erased_count, sizeof(v->erased[0]), erased_compare);
    erasures_explain(v);
    for (uint64_t index = 0; v->erased_count > 0 && av_is_whole(v) && v->error_count == 0 && index < v->size; index++) {
        const struct av_erased *hits[64];
        struct av_leaf leaf;
        struct av_object blob;
        struct av_hash x;
        struct av_text rest;
        unsigned count = 0;
        if (!av_leaf_at(v, index, &leaf))
            continue;
        rest = av_value(&leaf.object, "b");
        for (unsigned k = 0; k < leaf.blob_count && av_array_next_object(&rest, &blob); k++)
            if (av_hash_member(&blob, "x", x.bytes) && (hits[count] = av_erased_find(v, &x)) != NULL)
                count++;
        for (unsigned k = 0; k < count; k++)
            listed_check(v, hits[k], index);
    }
}

/* ---- the master key, which wraps the keys of blobs ---- */

/* E42: it is announced that keys are wrapped under another one, and later that they are. */
void av_keyring_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained)
{
    struct av_object o;
    int64_t of = -1;
    bool is_formed = !av_object_read(av_value(&leaf->object, "keyring"), &o) && av_is_hex(av_string(&o, "id"), sizeof(v->master_next) / 2);
    bool is_begin = is_formed && av_is(av_string(&o, "act"), "rewrap"), is_end = is_formed && av_is(av_string(&o, "act"), "rewrapped");
    if (!is_begin && !is_end)
        return av_find(v, "E42", "leaf %llu: a record of the keyring without a master key and what became of it", (av_llu)leaf->index);
    struct av_text id = av_string(&o, "id");
    if (is_begin) {
        memcpy(v->master_next, id.data, sizeof(v->master_next));
        v->master_next_leaf = leaf->index;
        return;
    }
    bool is_same = av_integer(&o, "of", &of) && of == (int64_t)v->master_next_leaf && memcmp(id.data, v->master_next, sizeof(v->master_next)) == 0;
    bool may_start_late = v->mode == AV_RANGE && of >= 0 && (uint64_t)of < v->bundle.from;
    if (is_chained && !is_same && !may_start_late)
        av_find(v, "E42", "leaf %llu: no record says that keys were to be wrapped under this master key", (av_llu)leaf->index);
    memset(v->master_next, 0, sizeof(v->master_next));
}
