/*
 * verify_auditor.c - E43 of what auditors say: draws and opinions, by whose key.
 *
 * A key of role `auditor` with the name "<origin>/auditor/<person>" is that person's own. From the leaf behind the one that registers it, what is said "by" that
 * person carries its signature, for good: also after it was retired, until another one of that name takes its place. Who has no key is said so by the
 * keeper alone; verify_draws() counts those. Once any auditor has a key, whatever does not say whose it is has to be signed by one of them.
 */
#include "ledger/verify_internal.h"

static bool is_of(const struct verify *v, const struct ledger_key *key, struct str person)
{
    char name[sizeof(key->key.name) + sizeof(v->origin) + 80];
    if (strcmp(key->role, "auditor") != 0)
        return false;
    if (person.size == 0)
        return true;
    int size = snprintf(name, sizeof(name), "%s/auditor/%.*s", v->origin, STR_ARGS(str_slice(person, 0, 64)));
    return size > 0 && (size_t)size < sizeof(name) && strcmp(name, key->key.name) == 0;
}

void verify_auditor_leaf(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    if (!str_is(leaf->type, "draw") && !str_is(leaf->type, "opinion"))
        return;
    const char *type = str_is(leaf->type, "draw") ? "draw" : "opinion";
    const struct json *statement = json_get(leaf->json, type);
    struct str by = json_text(statement, "by");
    const struct ledger_key *registered = NULL;
    struct err e = {0};
    char label[40];
    snprintf(label, sizeof(label), "assay/%s@v1", type);
    for (size_t i = 0; i < v->keys.count; i++) {
        const struct ledger_key *key = &v->keys.items[i];
        if (!is_of(v, key, by))
            continue;
        registered = key;
        if (leaf->signatures.size && statement && ledger_key_counts(key, index + 1) && verify_statement_holds(v, leaf, label, statement, &key->key, &e)) {
            verify_signed(v, key, index);
            return;
        }
    }
    if (leaf->signatures.size && !registered)
        verify_find(v, "E43", "leaf %llu: signed, but no key of %s%.*s is registered", (unsigned long long)index, by.size ? "auditor " : "an auditor", STR_ARGS(str_slice(by, 0, 64)));
    else if (leaf->signatures.size)
        verify_find(v, "E43", "leaf %llu: %s", (unsigned long long)index, e.code ? e.text : "signed by an auditor's key that does not count here");
    else if (registered)
        verify_find(v, "E43", "leaf %llu: %s %s%.*s without a signature, though leaf %llu registers a key of %s", (unsigned long long)index, str_is(leaf->type, "draw") ? "a draw" : "an opinion",
                    by.size ? "by " : "by nobody", STR_ARGS(str_slice(by, 0, 64)), (unsigned long long)registered->from, by.size ? "theirs" : "an auditor's");
}
