/*
 * keys.c - which key counted from which leaf to which. Keys are registered by leaves of type `key`, each signed by the root key in
 * force; the first registers the root key itself. Trust begins at --root or --log, or, without them, at that first leaf.
 */
#include "av.h"

enum av_signed av_statement_check(const struct av *v, const char *label, struct av_text statement, struct av_text lines,
                                  const struct av_key *key)
{
    char head[AV_NAME_MAX + 64];
    int size = snprintf(head, sizeof(head), "assay/%s@v1\n%s\n", label, v->origin);
    struct av_piece text[] = {{head, (size_t)size}, {statement.data, statement.size}, {"\n", 1}};
    return av_pieces_check(text, 3, lines, key, NULL);
}

int av_signers(struct av *v, const struct av_leaf *leaf, const char *role, const char *label, struct av_text statement)
{
    int count = 0;
    for (int i = 0; i < v->key_count; i++) {
        struct av_registered *k = &v->keys[i];
        if (!k->is_added || strcmp(k->role, role) != 0 || leaf->index <= k->from || leaf->index > k->until)
            continue;
        v->signatures++;
        if (av_statement_check(v, label, statement, leaf->lines, &k->key) != AV_SIGNED)
            continue;
        k->last_signed = leaf->index;
        count++;
    }
    return count;
}

/* An auditor's key that was registered before the leaf, of this person ("": of anybody): its name is the origin, "/auditor/" and the person. */
static bool is_auditors(const struct av *v, const struct av_registered *k, const struct av_leaf *leaf, struct av_text person)
{
    char name[AV_NAME_MAX + 80];
    snprintf(name, sizeof(name), "%s/auditor/%.*s", v->origin, (int)person.size, person.size ? person.data : "");
    return k->is_added && strcmp(k->role, "auditor") == 0 && leaf->index > k->from && (person.size == 0 || strcmp(name, k->key.name) == 0);
}

void av_auditor_check(struct av *v, const struct av_leaf *leaf, const char *type)
{
    struct av_text value = av_value(&leaf->object, type), by = {"", 0};
    struct av_object statement;
    const struct av_registered *registered = NULL;
    if (value.size > 1 && *value.data == '{' && !av_object_read(value, &statement))
        by = av_string(&statement, "by");
    for (int i = 0; i < v->key_count; i++) {
        struct av_registered *k = &v->keys[i];
        if (!is_auditors(v, k, leaf, by))
            continue;
        registered = k;
        if (leaf->lines.size == 0 || leaf->index > k->until)
            continue;
        v->signatures++;
        if (av_statement_check(v, type, value, leaf->lines, &k->key) == AV_SIGNED) {
            k->last_signed = leaf->index;
            return;
        }
    }
    if (leaf->lines.size)
        av_find(v, "E43", "leaf %llu: it is not signed by an auditor key in force", (av_llu)leaf->index);
    else if (registered)
        av_find(v, "E43", "leaf %llu: it is not signed, though leaf %llu registers a key of that auditor", (av_llu)leaf->index, (av_llu)registered->from);
}

struct av_registered *av_key_find(struct av *v, const char *role, const struct av_key *key, uint64_t index)
{
    for (int i = 0; i < v->key_count; i++) {
        struct av_registered *k = &v->keys[i];
        if (k->is_added && index > k->from && index <= k->until && strcmp(k->role, role) == 0 && av_key_same(&k->key, key))
            return k;
    }
    return NULL;
}

bool av_key_follows(const struct av *v, const struct av_registered *key, const struct av_key *first)
{
    for (int steps = 0; key && steps <= v->key_count; steps++) {
        if (av_key_same(&key->key, first))
            return true;
        key = key->successor < 0 ? NULL : &v->keys[key->successor];
    }
    return false;
}

/* Key leaves by their index; keys.jsonl lists them before the tree is walked. */
static struct av_registered *listed(struct av *v, uint64_t index)
{
    for (int i = 0; i < v->key_count; i++)
        if (v->keys[i].index == index)
            return &v->keys[i];
    return NULL;
}

static bool is_open(const struct av_registered *k, const char *role)
{
    return k->is_added && k->until == UINT64_MAX && strcmp(k->role, role) == 0;
}

static int roots_in_force(const struct av *v)
{
    int count = 0;
    for (int i = 0; i < v->key_count; i++)
        count += is_open(&v->keys[i], "root");
    return count;
}

/* So many root keys as are demanded have signed; one that is being revoked has no voice where the others are enough. */
static const char *roots_fault(struct av *v, struct av_text statement, struct av_text lines, const struct av_registered *but_for)
{
    int signers = 0, roots = 0;
    if (but_for && is_open(but_for, "root") && roots_in_force(v) - 1 < v->root_need)
        but_for = NULL; /* otherwise a thief with fewer keys than the quorum could vote the others away */
    for (int i = 0; i < v->key_count; i++) {
        if (!is_open(&v->keys[i], "root") || &v->keys[i] == but_for)
            continue;
        roots++;
        v->signatures++;
        enum av_signed is_signed = av_statement_check(v, "key", statement, lines, &v->keys[i].key);
        if (is_signed == AV_BROKEN)
            return "the signature of a root key does not hold";
        signers += is_signed == AV_SIGNED;
    }
    int need = v->root_need < roots || roots == 0 ? v->root_need : roots;
    return signers >= need ? NULL : "not enough root keys have signed it";
}

static const char *key_add(struct av *v, const struct av_object *key, struct av_text statement, struct av_text lines,
                           struct av_registered *made)
{
    bool has_log = false;
    if (key->count != 3)
        return "an added key wants act, role and vkey alone";
    for (int i = 0; i < v->key_count; i++) {
        if (v->keys[i].is_added && av_key_same(&v->keys[i].key, &made->key))
            return "a key is registered twice";
        has_log = has_log || (v->keys[i].is_added && strcmp(v->keys[i].role, "log") == 0);
    }
    made->is_added = true;
    made->is_first_log = !has_log && strcmp(made->role, "log") == 0;
    if (v->root_need == 0) {
        if (strcmp(made->role, "root") != 0)
            return "a key is registered before the root key";
        v->root_need = 1;
        return av_statement_check(v, "key", statement, lines, &made->key) == AV_SIGNED ? NULL
                                                                                             : "the root key's signature does not hold";
    }
    const char *fault = roots_fault(v, statement, lines, NULL);
    for (int i = v->key_count - 1; !fault && i >= 0; i--) { /* the key that goes out signs for the one that comes */
        const struct av_registered *k = &v->keys[i];
        if (!is_open(k, made->role) || k->key.type != AV_KEY_ED25519 || strcmp(k->key.name, made->key.name) != 0)
            continue;
        made->successor = i;
        if (av_statement_check(v, "key", statement, lines, &k->key) != AV_SIGNED)
            fault = "the outgoing key has not signed for its successor";
        break;
    }
    return fault;
}

static const char *key_end(struct av *v, const struct av_object *key, struct av_text statement, struct av_text lines,
                           const struct av_registered *made, bool is_revoked)
{
    int64_t trust = -1;
    struct av_registered *k = NULL;
    if (key->count != (is_revoked ? 4 : 3) ||
        (is_revoked && (!av_integer(key, "trust", &trust) || trust < 0 || (uint64_t)trust > made->index)))
        return "retire wants act, role and vkey, revoke also trust";
    for (int i = 0; i < v->key_count; i++)
        if (v->keys[i].is_added && av_key_same(&v->keys[i].key, &made->key) && strcmp(v->keys[i].role, made->role) == 0)
            k = &v->keys[i];
    if (!k || k->is_revoked || (k->until != UINT64_MAX && !is_revoked))
        return "it ends a key that is not in force";
    bool is_root = strcmp(k->role, "root") == 0;
    if (is_root && k->until == UINT64_MAX && (roots_in_force(v) == 1 || (!is_revoked && roots_in_force(v) <= v->root_need)))
        return "it would leave too few root keys";
    const char *fault = roots_fault(v, statement, lines, is_root && is_revoked ? k : NULL);
    if (fault)
        return fault;
    k->until = k->until == UINT64_MAX ? made->index : k->until;
    k->is_revoked = is_revoked;
    k->trust = is_revoked ? (uint64_t)trust : k->trust;
    return NULL;
}

static const char *quorum_set(struct av *v, const struct av_object *key, struct av_text statement, struct av_text lines)
{
    int64_t need = 0;
    if (key->count != 3 || !av_is(av_string(key, "role"), "root") || !av_integer(key, "need", &need) || need < 1 ||
        need > roots_in_force(v))
        return "a quorum wants role root and need, at most as many as there are root keys";
    const char *fault = roots_fault(v, statement, lines, NULL);
    if (!fault)
        v->root_need = (int)need;
    return fault;
}

static const char *statement_apply(struct av *v, const struct av_object *key, struct av_text statement, struct av_text lines,
                                   struct av_registered *made)
{
    static const char *const roles[] = {"root", "log", "collector", "officer", "witness", "mirror", "auditor"};
    struct av_text act = av_string(key, "act"), role = av_string(key, "role");
    bool is_known = false;
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        is_known = is_known || av_is(role, roles[i]);
    if (!is_known)
        return "a key leaf without a role that there is";
    memcpy(made->role, role.data, role.size);
    if (av_is(act, "quorum"))
        return v->root_need ? quorum_set(v, key, statement, lines) : "a quorum before the first root key";
    const char *fault = av_key_read(av_string(key, "vkey"), &made->key);
    if (fault)
        return fault;
    if (av_is(act, "add"))
        return key_add(v, key, statement, lines, made);
    if (av_is(act, "retire") || av_is(act, "revoke"))
        return key_end(v, key, statement, lines, made, av_is(act, "revoke"));
    return "a key leaf whose act is none of add, retire, revoke, quorum";
}

void av_key_leaf(struct av *v, const struct av_leaf *leaf)
{
    struct av_registered made = {.index = leaf->index, .from = leaf->index, .until = UINT64_MAX, .trust = UINT64_MAX, .successor = -1, .hash = leaf->hash};
    struct av_registered *there = listed(v, leaf->index);
    struct av_text statement = av_value(&leaf->object, "key");
    struct av_object key;
    if (there) { /* checked when keys.jsonl was read */
        if (!av_hash_equal(&there->hash, &leaf->hash))
            av_find(v, "E43", "leaf %llu: it is not the key leaf that keys.jsonl shows", (av_llu)leaf->index);
        there->is_seen = true;
        return;
    }
    if (v->has_key_list)
        return av_find(v, "E43", "leaf %llu: a key leaf that keys.jsonl leaves out", (av_llu)leaf->index);
    if (v->key_count == AV_KEYS_MAX)
        return av_lack(v, "more than %d key leaves: later ones were not looked at", AV_KEYS_MAX);
    const char *fault = av_object_read(statement, &key);
    bool is_first = v->root_need == 0;
    if (!fault)
        fault = statement_apply(v, &key, statement, leaf->lines, &made);
    if (fault)
        return av_find(v, strstr(fault, "sign") ? "E43" : "E42", "leaf %llu: %s", (av_llu)leaf->index, fault);
    if (is_first && v->has_pinned_root && !av_key_same(&made.key, &v->pinned_root))
        av_find(v, "E01", "the root key of this ledger, %s, is not the one that you pinned", made.key.name);
    made.is_seen = v->mode == AV_DIRECTORY;
    v->keys[v->key_count++] = made;
}

/* {"i":index,"leaf":text} a line, ascending. */
void av_keys_list(struct av *v)
{
    static char text[AV_LEAF_MAX + 1];
    struct av_text rest = v->bundle.keys, line;
    int64_t last = -1;
    while (rest.size > 0) {
        struct av_object o;
        struct av_leaf leaf = {0};
        int64_t index = -1;
        long size = -1;
        const char *fault = av_line(&rest, &line) ? av_object_read(line, &o) : "the last line does not end";
        if (!fault && (o.count != 2 || !av_integer(&o, "i", &index) || index <= last))
            fault = "not {\"i\":...,\"leaf\":...} in ascending order";
        if (!fault && (size = av_unescape(av_string(&o, "leaf"), text, sizeof(text))) < 0)
            fault = "the leaf is too large";
        if (!fault) {
            leaf.index = (uint64_t)index;
            leaf.bytes = (struct av_text){text, (size_t)size};
            leaf.hash = av_leaf_hash(text, (size_t)size);
            av_leaf_parse(v, &leaf);
            fault = leaf.fault ? leaf.fault : leaf.rule ? leaf.rule : leaf.type != AV_KEY ? "not a key leaf" : NULL;
        }
        if (fault)
            return av_find(v, "E40", "keys.jsonl: %s", fault);
        last = index;
        av_key_leaf(v, &leaf);
    }
    v->has_key_list = true;
}

void av_keys_end(struct av *v)
{
    for (int i = 0; i < v->key_count; i++) {
        const struct av_registered *k = &v->keys[i];
        if (!k->is_seen)
            av_find(v, "E43", "keys.jsonl shows leaf %llu as a key leaf, and nothing proves that it is in the ledger", (av_llu)k->index);
        if (k->is_revoked && k->last_signed > 0 && k->last_signed >= k->trust)
            av_find(v, "W43", "leaf %llu, perhaps others from leaf %llu on: signed by the %s key that leaf %llu declares stolen; only what lies before "
                              "is trusted", (av_llu)k->last_signed, (av_llu)k->trust, k->role, (av_llu)k->until);
    }
    if (!av_is_whole(v))
        av_note(v, "that no key was retired or revoked by a leaf which this bundle leaves out");
}
