/*
 * keys.c - which key counted from which leaf to which. Keys are registered by leaves of type `key`, each signed by the root key in
 * force; the first registers the root key itself. Trust begins at --root or --log, or, without them, at that first leaf.
 */
#include "av.h"

#include <string.h>

enum av_signed av_statement_check(const struct av *v, const char *label, struct av_text statement, struct av_text lines,
                                  const struct av_key *key)
{
    static char text[AV_LEAF_MAX + 512];
    int head = snprintf(text, 512, "%s\n%s\n", label, v->origin);
    if (head < 0 || head >= 512 || statement.size > AV_LEAF_MAX)
        return AV_BROKEN;
    memcpy(text + head, statement.data, statement.size);
    text[(size_t)head + statement.size] = '\n';
    return av_note_check((struct av_text){text, (size_t)head + statement.size + 1}, lines, key, NULL);
}

const struct av_registered *av_key_find(const struct av *v, const char *role, const char *name, uint64_t index)
{
    for (int i = v->key_count - 1; i >= 0; i--) {
        const struct av_registered *k = &v->keys[i];
        if (k->is_added && strcmp(k->role, role) == 0 && (!name || strcmp(name, k->key.name) == 0) && index >= k->from &&
            index < k->until)
            return k;
    }
    return NULL;
}

/* Key leaves by their index; keys.jsonl lists them before the tree is walked. */
static struct av_registered *listed(struct av *v, uint64_t index)
{
    for (int i = 0; i < v->key_count; i++)
        if (v->keys[i].index == index)
            return &v->keys[i];
    return NULL;
}

static bool key_retire(struct av *v, const struct av_registered *made, const struct av_object *key)
{
    int64_t trust = -1;
    for (int i = 0; i < v->key_count; i++) {
        struct av_registered *k = &v->keys[i];
        if (!k->is_added || !av_key_same(&k->key, &made->key) || strcmp(k->role, made->role) != 0 || k->until != UINT64_MAX)
            continue;
        k->until = made->index + 1; /* it may sign its own retirement */
        if (av_integer(key, "trust", &trust) && trust >= 0)
            k->trust = (uint64_t)trust;
        return true;
    }
    return false;
}

/* E42: what a key leaf has to say; fills `made`. */
static bool key_read(struct av *v, const struct av_object *key, struct av_registered *made, struct av_text *ret_act)
{
    struct av_text role = av_string(key, "role");
    *ret_act = av_string(key, "act");
    const char *fault = av_key_read(av_string(key, "vkey"), &made->key);
    if (!av_is(*ret_act, "add") && !av_is(*ret_act, "retire") && !av_is(*ret_act, "revoke"))
        fault = "its act is none of add, retire, revoke";
    if (role.size == 0 || role.size >= sizeof(made->role))
        fault = "it has no role";
    if (fault) {
        av_find(v, "E42", "leaf %llu: a key leaf: %s", (unsigned long long)made->index, fault);
        return false;
    }
    memcpy(made->role, role.data, role.size);
    return true;
}

void av_key_leaf(struct av *v, uint64_t index, const struct av_object *leaf, struct av_text lines, const struct av_hash *hash)
{
    struct av_registered made = {.index = index, .from = index, .until = UINT64_MAX, .trust = UINT64_MAX, .hash = *hash};
    struct av_registered *there = listed(v, index);
    struct av_text statement = av_value(leaf, "key"), act;
    struct av_object key;
    if (there) { /* checked when keys.jsonl was read */
        if (!av_hash_equal(&there->hash, hash))
            av_find(v, "E43", "leaf %llu: it is not the key leaf that keys.jsonl shows", (unsigned long long)index);
        there->is_seen = true;
        return;
    }
    if (v->has_key_list) {
        av_find(v, "E43", "leaf %llu: a key leaf that keys.jsonl leaves out", (unsigned long long)index);
        return;
    }
    if (av_object_read(statement, &key) || !key_read(v, &key, &made, &act))
        return;
    const struct av_registered *root = av_key_find(v, "root", NULL, index);
    if (!root && strcmp(made.role, "root") != 0) {
        av_find(v, "E43", "leaf %llu: a key is registered before the root key", (unsigned long long)index);
        return;
    }
    if (!root && v->has_pinned_root && !av_key_same(&made.key, &v->pinned_root)) {
        av_find(v, "E01", "the root key of this ledger, %s, is not the one that you pinned", made.key.name);
        return;
    }
    v->signatures++;
    if (av_statement_check(v, "assay/key@v1", statement, lines, root ? &root->key : &made.key) != AV_SIGNED) {
        av_find(v, "E43", "leaf %llu: the root key's signature over a key does not hold", (unsigned long long)index);
        return;
    }
    made.is_added = av_is(act, "add");
    made.is_seen = !v->has_tree ? false : true;
    if (v->key_count == AV_KEYS_MAX)
        av_lack(v, "more than %d key leaves: later ones were not looked at", AV_KEYS_MAX);
    else if (!made.is_added && !key_retire(v, &made, &key))
        av_find(v, "E43", "leaf %llu: it retires a key that is not in force", (unsigned long long)index);
    else
        v->keys[v->key_count++] = made;
}

/* {"i":index,"leaf":text} a line, ascending. */
void av_keys_list(struct av *v)
{
    static char text[AV_LEAF_MAX + 1];
    struct av_text line;
    bool is_broken = false;
    int64_t last = -1;
    av_reader_start(&v->lines, v->bundle.keys.fd, v->bundle.keys.offset, v->bundle.keys.size);
    bool has_tree = v->has_tree;
    v->has_tree = false; /* these are not known to be in the tree yet */
    while (av_reader_line(&v->lines, &line, &is_broken)) {
        struct av_object o, leaf;
        struct av_text type, json, lines;
        int64_t index = -1;
        long size = -1;
        const char *fault = av_object_read(line, &o);
        if (!fault && (o.count != 2 || !av_integer(&o, "i", &index) || index <= last))
            fault = "not {\"i\":...,\"leaf\":...} in ascending order";
        if (!fault && (size = av_unescape(av_string(&o, "leaf"), text, sizeof(text))) < 0)
            fault = "the leaf is too large";
        struct av_text bytes = {text, size < 0 ? 0 : (size_t)size};
        if (!fault)
            fault = av_leaf_split(bytes, &type, &json, &lines);
        if (!fault)
            fault = av_is(type, "key") ? av_object_read(json, &leaf) : "not a key leaf";
        if (fault) {
            av_find(v, "E40", "keys.jsonl: %s", fault);
            return;
        }
        last = index;
        struct av_hash hash = av_leaf_hash(bytes.data, bytes.size);
        av_key_leaf(v, (uint64_t)index, &leaf, lines, &hash);
    }
    if (is_broken)
        av_find(v, "E40", "keys.jsonl: a line is too long or does not end");
    v->has_tree = has_tree;
    v->has_key_list = true;
}

void av_keys_end(struct av *v)
{
    for (int i = 0; i < v->key_count; i++)
        if (!v->keys[i].is_seen)
            av_find(v, "E43", "keys.jsonl shows leaf %llu as a key leaf, and nothing proves that it is in the ledger",
                    (unsigned long long)v->keys[i].index);
    if (v->mode == AV_RANGE || v->mode == AV_SELECTED)
        av_note(v, "that no key was retired or revoked by a leaf which this bundle leaves out");
}
