#include "ledger/keys.h"

enum { STATEMENT_BYTES_MAX = 8192 };

bool key_role_is_known(struct str role)
{
    static const char *const roles[] = {"root", "log", "collector", "officer", "witness", "mirror", "auditor"};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (str_is(role, roles[i]))
            return true;
    return false;
}

bool note_key_equal(const struct note_key *a, const struct note_key *b)
{
    return a->type == b->type && a->id == b->id && strcmp(a->name, b->name) == 0 &&
           memcmp(&a->public_key, &b->public_key, sizeof(a->public_key)) == 0;
}

bool key_statement_text(const char *origin, const struct json *statement, struct buf *out, struct err *e)
{
    buf_printf(out, "assay/key@v1\n%s\n", origin);
    if (!json_write_canonical(out, statement, e))
        return false;
    buf_char(out, '\n');
    return !out->full || err_set(e, ERR_TOO_LARGE, "key: the statement is over %zu bytes", out->size_max);
}

static struct ledger_key *find(struct ledger_keys *k, const struct note_key *key)
{
    for (size_t i = 0; i < k->count; i++)
        if (note_key_equal(&k->items[i].key, key))
            return &k->items[i];
    return NULL;
}

const struct ledger_key *ledger_keys_find(const struct ledger_keys *k, const char *role, struct str vkey)
{
    struct note_key named;
    struct err e = {0};
    if (!note_key_parse(vkey, &named, &e))
        return NULL;
    for (size_t i = 0; i < k->count; i++)
        if (strcmp(k->items[i].role, role) == 0 && note_key_equal(&k->items[i].key, &named))
            return &k->items[i];
    return NULL;
}

bool ledger_key_counts(const struct ledger_key *key, uint64_t size)
{
    return (size > key->from || key->is_first_log) && size <= key->until && size <= key->trust;
}

bool ledger_keys_follows(const struct ledger_keys *k, const struct ledger_key *key, const struct note_key *first)
{
    for (size_t steps = 0; key && steps <= k->count; steps++) {
        if (note_key_equal(&key->key, first))
            return true;
        key = key->successor == LEDGER_KEY_NONE ? NULL : &k->items[key->successor];
    }
    return false;
}

static size_t roots_in_force(const struct ledger_keys *k)
{
    size_t n = 0;
    for (size_t i = 0; i < k->count; i++)
        n += strcmp(k->items[i].role, "root") == 0 && k->items[i].end == KEY_IN_FORCE;
    return n;
}

static bool signed_by_roots(const struct ledger_keys *k, const struct ledger_key *but_for, struct str text, struct str lines,
                            struct err *e)
{
    uint32_t signers = 0, roots = 0;
    struct err last = {0};
    if (but_for && but_for->end == KEY_IN_FORCE && roots_in_force(k) - 1 < k->need)
        but_for = NULL; /* otherwise a thief with fewer keys than the quorum could vote the others away */
    for (size_t i = 0; i < k->count; i++) {
        const struct ledger_key *root = &k->items[i];
        if (strcmp(root->role, "root") != 0 || root->end != KEY_IN_FORCE || root == but_for)
            continue;
        roots++;
        if (!note_has_line(lines, &root->key))
            continue;
        if (!note_verify(text, lines, &root->key, &last))
            return err_set(e, ERR_DENIED, "key: %s", last.text);
        signers++;
    }
    uint32_t need = k->need < roots || roots == 0 ? k->need : roots; /* a revoked root is not waited for */
    return signers >= need ||
           err_set(e, ERR_DENIED, "key: signed by %u root keys, %u have to sign", (unsigned)signers, (unsigned)need);
}

/* The newest key in force of that role and name. Cosigners' keys sign checkpoints and nothing else, so they vouch for nobody. */
static int32_t outgoing_of(const struct ledger_keys *k, struct str role, const struct note_key *key)
{
    for (size_t i = k->count; i-- > 0;)
        if (k->items[i].end == KEY_IN_FORCE && k->items[i].key.type == NOTE_KEY_ED25519 && str_is(role, k->items[i].role) &&
            strcmp(k->items[i].key.name, key->name) == 0)
            return (int32_t)i;
    return LEDGER_KEY_NONE;
}

static bool add(struct ledger_keys *k, uint64_t index, const struct json *statement, struct str text, struct str lines,
                struct err *e)
{
    struct str role = json_text(statement, "role");
    struct err failed = {0};
    struct ledger_key made = {.from = index, .until = UINT64_MAX, .trust = UINT64_MAX, .successor = LEDGER_KEY_NONE};
    if (!key_role_is_known(role) || statement->count != 3)
        return err_set(e, ERR_INVALID, "key: add wants role (root, log, collector, officer, witness, mirror, auditor) and vkey");
    if (!note_key_parse(json_text(statement, "vkey"), &made.key, e))
        return err_wrap(e, "key");
    memcpy(made.role, role.data, role.size);
    if (find(k, &made.key))
        return err_set(e, ERR_EXISTS, "key: %s is registered already", made.key.name);
    if (k->count == LEDGER_KEYS_MAX)
        return err_set(e, ERR_LIMIT, "key: %d keys are registered, no more are taken", LEDGER_KEYS_MAX);
    if (k->need == 0) {
        if (!str_is(role, "root"))
            return err_set(e, ERR_INVALID, "key: the root key has to be registered first");
        if (!note_verify(text, lines, &made.key, &failed))
            return err_set(e, ERR_DENIED, "key: %s", failed.text);
        k->need = 1;
    } else {
        made.successor = outgoing_of(k, role, &made.key);
        const struct ledger_key *outgoing = made.successor == LEDGER_KEY_NONE ? NULL : &k->items[made.successor];
        if (!signed_by_roots(k, NULL, text, lines, e))
            return false;
        if (outgoing && !note_verify(text, lines, &outgoing->key, &failed))
            return err_set(e, ERR_DENIED, "key: the outgoing %s key has to sign too: %s", outgoing->role, failed.text);
    }
    made.is_first_log = str_is(role, "log");
    for (size_t i = 0; i < k->count; i++)
        made.is_first_log = made.is_first_log && strcmp(k->items[i].role, "log") != 0;
    k->items[k->count++] = made;
    return true;
}

static bool end(struct ledger_keys *k, uint64_t index, const struct json *statement, bool is_revoked, struct str text,
                struct str lines, struct err *e)
{
    struct note_key named;
    int64_t trust = json_int(statement, "trust", -1);
    if (statement->count != (is_revoked ? 4 : 3) || (is_revoked && (trust < 0 || (uint64_t)trust > index)))
        return err_set(e, ERR_INVALID,
                       is_revoked ? "key: revoke wants role, vkey and trust, at most the size of the ledger"
                                  : "key: retire wants role and vkey");
    if (!note_key_parse(json_text(statement, "vkey"), &named, e))
        return err_wrap(e, "key");
    struct ledger_key *key = find(k, &named);
    if (!key || !str_is(json_text(statement, "role"), key->role))
        return err_set(e, ERR_NOT_FOUND, "key: %s is not registered in that role", named.name);
    if (key->end == KEY_REVOKED || (key->end == KEY_RETIRED && !is_revoked))
        return err_set(e, ERR_CONFLICT, "key: %s does not count any more since leaf %llu", named.name,
                       (unsigned long long)key->until);
    bool is_root = strcmp(key->role, "root") == 0;
    if (is_root && key->end == KEY_IN_FORCE && roots_in_force(k) == 1)
        return err_set(e, ERR_INVALID, "key: the last root key cannot go; add another one first");
    if (is_root && !is_revoked && roots_in_force(k) <= k->need)
        return err_set(e, ERR_INVALID, "key: %u root keys have to sign; lower the quorum or add a root key first",
                       (unsigned)k->need);
    if (!signed_by_roots(k, is_root && is_revoked ? key : NULL, text, lines, e))
        return false;
    key->until = key->end == KEY_IN_FORCE ? index : key->until;
    key->end = is_revoked ? KEY_REVOKED : KEY_RETIRED;
    key->trust = is_revoked ? (uint64_t)trust : key->trust;
    return true;
}

static bool set_quorum(struct ledger_keys *k, const struct json *statement, struct str text, struct str lines, struct err *e)
{
    int64_t need = json_int(statement, "need", 0);
    if (statement->count != 3 || !str_is(json_text(statement, "role"), "root") || need < 1 || (size_t)need > roots_in_force(k))
        return err_set(e, ERR_INVALID, "key: a quorum is of the root, from 1 to the %zu root keys there are", roots_in_force(k));
    if (!signed_by_roots(k, NULL, text, lines, e))
        return false;
    k->need = (uint32_t)need;
    return true;
}

bool ledger_keys_apply(struct ledger_keys *k, const char *origin, uint64_t index, const struct json *statement,
                       struct str signatures, struct err *e)
{
    struct buf BUF_AUTO text;
    buf_init(&text, STATEMENT_BYTES_MAX);
    if (!statement || statement->type != JSON_OBJECT)
        return err_set(e, ERR_INVALID, "key: no statement");
    if (!key_statement_text(origin, statement, &text, e))
        return false;
    struct str act = json_text(statement, "act"), view = buf_view(&text);
    if (str_is(act, "add"))
        return add(k, index, statement, view, signatures, e);
    if (k->need == 0)
        return err_set(e, ERR_INVALID, "key: the root key has to be registered first");
    if (str_is(act, "retire") || str_is(act, "revoke"))
        return end(k, index, statement, str_is(act, "revoke"), view, signatures, e);
    if (str_is(act, "quorum"))
        return set_quorum(k, statement, view, signatures, e);
    return err_set(e, ERR_INVALID, "key: act is add, retire, revoke or quorum, not %.*s", STR_ARGS(str_slice(act, 0, 40)));
}
