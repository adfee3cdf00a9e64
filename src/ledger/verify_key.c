/* verify_key.c - key leaves, the keys that the caller trusts, and who may sign a checkpoint. */
#include "ledger/verify_internal.h"

void verify_key_leaf(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    struct err e = {0};
    if (!ledger_keys_apply(&v->keys, v->origin, index, json_get(leaf->json, "key"), leaf->signatures, &e))
        verify_find(v, e.code == ERR_DENIED ? "E43" : "E42", "leaf %llu: %s", (unsigned long long)index, e.text);
}

/* A key that is found stolen later: what it signed until then is held against its trust at the end. */
void verify_signed(struct verify *v, const struct ledger_key *key, uint64_t index)
{
    v->last_signed[key - v->keys.items] = index;
}

void verify_stolen(struct verify *v)
{
    for (size_t i = 0; i < v->keys.count; i++) {
        const struct ledger_key *key = &v->keys.items[i];
        if (key->end == KEY_REVOKED && v->last_signed[i] > 0 && v->last_signed[i] >= key->trust)
            verify_find(v, "W43",
                        "leaf %llu, perhaps others from leaf %llu on: signed by the %s key that leaf %llu declares stolen; only what "
                        "lies before is trusted",
                        (unsigned long long)v->last_signed[i], (unsigned long long)key->trust, key->role,
                        (unsigned long long)key->until);
    }
}

void verify_stolen_heads(struct verify *v)
{
    if (v->stolen_heads)
        verify_note(v, "%llu earlier checkpoint%s, of %llu to %llu leaves, by a key found stolen later: the head vouches for their leaves", (unsigned long long)v->stolen_heads,
                    v->stolen_heads == 1 ? "" : "s", (unsigned long long)v->stolen_from, (unsigned long long)v->stolen_to);
}

static bool pin_parse(struct verify *v, const char *what, const char *vkey, struct note_key *ret)
{
    struct err e = {0};
    if (!vkey)
        return false;
    if (note_key_parse(str_of(vkey), ret, &e))
        return true;
    verify_find(v, "E01", "the %s key given: %s", what, e.text);
    return false;
}

void verify_pins(struct verify *v)
{
    struct note_key pinned;
    if (pin_parse(v, "root", v->options->root_vkey, &pinned) &&
        (v->keys.count == 0 || !note_key_equal(&v->keys.items[0].key, &pinned)))
        verify_find(v, "E01", "the root key given is not the one that the ledger began with");
    bool is_registered = false, has_any = false;
    if (pin_parse(v, "log", v->options->log_vkey, &pinned)) {
        for (size_t i = 0; i < v->keys.count; i++) {
            const struct ledger_key *key = &v->keys.items[i];
            if (strcmp(key->role, "log") != 0)
                continue;
            has_any = true;
            is_registered = is_registered || note_key_equal(&key->key, &pinned);
            if (note_key_equal(&key->key, &pinned) && key->end == KEY_REVOKED)
                verify_find(v, "E01",
                            "the log key given was stolen, says leaf %llu, and counts for %llu leaves only; ask the holder of the root "
                            "key for its successor",
                            (unsigned long long)key->until, (unsigned long long)key->trust);
        }
        if (has_any && !is_registered)
            verify_find(v, "E01", "the log key given is not the one that the ledger registers");
    }
    if (!v->options->log_vkey && !v->options->root_vkey)
        verify_note(v, "the log key is the one that the ledger itself registers; give the key you trust (log or root) to check against it");
}

/* By the pinned log key or a successor; a pinned root vouches for every key leaf, and without a pin the ledger itself does. */
static bool is_trusted(const struct verify *v, const struct ledger_key *key)
{
    struct note_key pinned;
    struct err e = {0};
    return !v->options->log_vkey || v->options->root_vkey ||
           (note_key_parse(str_of(v->options->log_vkey), &pinned, &e) && ledger_keys_follows(&v->keys, key, &pinned));
}

bool verify_log_signature(struct verify *v, uint64_t size, struct str text, struct str lines, bool is_past, struct err *e)
{
    struct note_key pinned;
    struct err failed = {0};
    bool has_any = false;
    err_set(e, ERR_CORRUPT, "no signature by a log key that counts for %llu leaves", (unsigned long long)size);
    for (size_t i = 0; i < v->keys.count; i++) {
        const struct ledger_key *key = &v->keys.items[i];
        if (strcmp(key->role, "log") != 0)
            continue;
        has_any = true;
        if (!note_has_line(lines, &key->key))
            continue;
        if (!note_verify(text, lines, &key->key, &failed))
            return *e = failed, false;
        if (!is_past && !is_trusted(v, key)) /* a past head is vouched for by the present one, whose prefix it is */
            err_set(e, ERR_CORRUPT, "signed by a log key for which the one you trust has not signed; check with the root key");
        else if (ledger_key_counts(key, size))
            return true;
        else if (is_past && key->end == KEY_REVOKED && size <= key->until) {
            if (v->stolen_heads++ == 0 || size < v->stolen_from)
                v->stolen_from = size;
            v->stolen_to = size > v->stolen_to ? size : v->stolen_to;
            return true;
        } else
            err_set(e, ERR_CORRUPT, "signed by a log key that %s at leaf %llu", size <= key->from ? "was only added"
                    : key->end == KEY_REVOKED ? "was declared stolen" : "was retired",
                    (unsigned long long)(size <= key->from ? key->from : key->until));
    }
    return !has_any && v->options->log_vkey && note_key_parse(str_of(v->options->log_vkey), &pinned, e) &&
           note_verify(text, lines, &pinned, e);
}
