/*
 * verify_keyring.c - the master key in private/keys is the one that the ledger says is in force (records of type keyring).
 *
 *   E42  a record of the keyring that is not well formed, or ends what no record began
 *   E87  (verify_keyfiles.c) private/keys/master is another key
 */
#include "ledger/verify_internal.h"

static bool is_id(struct str id)
{
    uint8_t bytes[(KEY_CHECK_SIZE - 1) / 2];
    return id.size == KEY_CHECK_SIZE - 1 && hex_decode(id, bytes, sizeof(bytes));
}

void verify_keyring_leaf(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    const struct json *o = json_get(leaf->json, "keyring");
    struct str id = json_text(o, "id"), act = json_text(o, "act");
    if (!str_is(leaf->type, "record") || !str_is(json_text(leaf->json, "type"), "keyring"))
        return;
    bool is_begin = str_is(act, "rewrap"), is_end = str_is(act, "rewrapped");
    if (!is_id(id) || (!is_begin && !is_end)) {
        verify_find(v, "E42", "leaf %llu: a record of the keyring without a master key and what became of it",
                    (unsigned long long)index);
    } else if (is_begin) {
        memcpy(v->master_next, id.data, id.size);
        v->master_next_leaf = index;
    } else if (!str_is(id, v->master_next) || json_int(o, "of", -1) != (int64_t)v->master_next_leaf) {
        verify_find(v, "E42", "leaf %llu: no record says that keys were to be wrapped under this master key",
                    (unsigned long long)index);
    } else {
        memcpy(v->master_now, v->master_next, sizeof(v->master_now));
        memset(v->master_next, 0, sizeof(v->master_next));
        v->master_leaf = index;
    }
}

bool verify_master_is_in_force(const struct verify *v, const char *value)
{
    return !v->master_now[0] || strcmp(v->master_now, value) == 0 || strcmp(v->master_next, value) == 0;
}
