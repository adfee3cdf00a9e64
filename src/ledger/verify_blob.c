#include "ledger/verify_internal.h"

#include "base/limits.h"
#include "blob/blob.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct blob_check {
    struct verify *v;
    struct pack_store *packs;
    struct keyring *keys; /* NULL: names only */
};

/* E65: a leaf says that other bytes follow these. */
static void former_check(struct blob_check *k, const struct verify_blob *b, const struct verify_move *m)
{
    struct err e = {0};
    bool is_there = false;
    if (m->leaf >= k->v->head.size)
        return; /* a keeper is at it just now: it destroys them before it has the leaf signed */
    if (!pack_has(k->packs, &m->from, &is_there, &e) || is_there)
        verify_find(k->v, "E65", "leaf %llu: its former sealed bytes are there, although leaf %llu says that others follow them",
                    (unsigned long long)b->leaf, (unsigned long long)m->leaf);
    if (k->keys && keyring_has(k->keys, &m->from))
        verify_find(k->v, "E65", "leaf %llu: the former key of its blob is there, although leaf %llu says that another follows it",
                    (unsigned long long)b->leaf, (unsigned long long)m->leaf);
}

/* The name under which the blob of the leaf has to be there. */
static const uint8_t *name_now(struct blob_check *k, const struct verify_blob *b)
{
    const uint8_t *x = b->x;
    for (const struct verify_move *m = verify_move_of(k->v, x); m; m = verify_move_of(k->v, x)) {
        struct err e = {0};
        bool is_there = false;
        if (m->leaf >= k->v->head.size && pack_has(k->packs, &m->from, &is_there, &e) && is_there)
            break; /* not signed yet: either will do */
        former_check(k, b, m);
        x = m->to.bytes;
    }
    return x;
}

/* E65: an erased leaf says that this is gone. A keeper that is at it just now has not written that leaf yet. */
static void erased_check(struct blob_check *k, const struct verify_blob *b, const struct verify_erasure *erasure)
{
    struct sha256 name;
    struct err e = {0};
    bool is_there = false;
    if (!erasure->is_done)
        return;
    memcpy(name.bytes, b->x, SHA256_SIZE);
    for (const struct verify_move *m = verify_move_of(k->v, b->x); m; m = verify_move_of(k->v, m->to.bytes)) {
        former_check(k, b, m);
        name = m->to;
    }
    if (!pack_has(k->packs, &name, &is_there, &e) || is_there)
        verify_find(k->v, "E65", "leaf %llu: its sealed bytes are there, although leaf %llu says that they were erased",
                    (unsigned long long)b->leaf, (unsigned long long)erasure->leaf);
    if (k->keys && keyring_has(k->keys, &name))
        verify_find(k->v, "E65", "leaf %llu: the key of its blob is there, although leaf %llu says that it was destroyed",
                    (unsigned long long)b->leaf, (unsigned long long)erasure->leaf);
}

/* E60 the bytes are not those of the name, E61 they do not open, E62 the plaintext is not what was committed to, E63 gone without
 * an erasure. */
static void blob_check(struct blob_check *k, struct arena *a, const struct verify_blob *b)
{
    struct verify *v = k->v;
    char x[65], c[65], there[65];
    struct str stored, plain;
    struct err e = {0};
    uint8_t dek[DEK_SIZE];
    const struct verify_erasure *erasure = verify_erasure_of(v, b->x);
    if (erasure) {
        v->report->blobs_erased++;
        erased_check(k, b, erasure);
        return;
    }
    hex_encode(name_now(k, b), 32, x);
    hex_encode(b->c, 32, c);
    if (!pack_read(k->packs, a, x, &stored, &e)) {
        if (e.code != ERR_NOT_FOUND)
            verify_find(v, "E60", "leaf %llu: %s", (unsigned long long)b->leaf, e.text);
        else
            verify_find(v, "E63", "leaf %llu: blob %.16s is gone, and no leaf says that it was erased",
                        (unsigned long long)b->leaf, x);
        return;
    }
    v->report->blobs_checked++;
    struct sha256 h = sha256_of(stored);
    hex_encode(h.bytes, 32, there);
    if (strcmp(there, x) != 0) {
        verify_find(v, "E60", "leaf %llu: blob %.16s: the stored bytes are damaged", (unsigned long long)b->leaf, x);
        return;
    }
    if (!k->keys)
        return;
    if (!keyring_get(k->keys, x, dek, &e)) { /* no erase leaf: a lost key is a failure */
        verify_find(v, "E61", "leaf %llu: %s", (unsigned long long)b->leaf, e.text);
        return;
    }
    bool is_open = blob_open(a, stored, c, x, dek, LIMIT_BLOB_BYTES, &plain, &e);
    memory_wipe(dek, sizeof(dek));
    if (!is_open)
        verify_find(v, strstr(e.text, "(c)") ? "E62" : "E61", "leaf %llu: %s", (unsigned long long)b->leaf, e.text);
    v->report->blobs_decrypted += is_open;
}

struct keyring *verify_keyring(struct verify *v)
{
    uint8_t master[32];
    struct buf BUF_AUTO text;
    struct err e = {0};
    buf_init(&text, 4096);
    if (v->private_dir < 0)
        return NULL;
    bool is_read = os_file_read(&os_file_real, v->private_dir, "keys/master", &text, &e);
    if (!is_read && e.code == ERR_DENIED) {
        verify_note(v, "private/keys/master cannot be read: the plaintext of blobs was not checked");
        return NULL;
    }
    if (!is_read || !hex_decode(str_trim(buf_view(&text)), master, sizeof(master))) {
        verify_find(v, "E84", "private/keys/master: %s", is_read ? "it is not a key" : e.text);
        return NULL;
    }
    struct keyring *keys = keyring_open(&os_file_real, v->private_dir, master, false, &e);
    memory_wipe(master, sizeof(master));
    memory_wipe(text.data, text.size);
    if (!keys)
        verify_find(v, "E84", "%s", e.text);
    return keys;
}

void verify_blobs(struct verify *v)
{
    struct err e = {0};
    struct blob_check k = {.v = v};
    if (v->blob_count == 0)
        return;
    int dir = openat(v->data_dir, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0 && errno == ENOENT && v->private_dir < 0) {
        verify_note(v, "blobs/ is not here: %zu blobs were not checked", v->blob_count);
        return;
    }
    k.packs = dir >= 0 ? pack_open(&os_file_real, dir, false, &e) : NULL;
    if (!k.packs) {
        verify_find(v, "E63", "blobs/ cannot be read: %s", dir < 0 ? strerror(errno) : e.text);
    } else {
        k.keys = verify_keyring(v);
        struct arena *a = arena_new("verify: one blob", (size_t)LIMIT_BLOB_BYTES * 3);
        for (size_t i = 0; i < v->blob_count; i++) {
            blob_check(&k, a, &v->blobs[i]);
            arena_reset(a);
        }
        arena_free(a);
        if (pack_damaged_count(k.packs) > 0)
            verify_find(v, "E85", "%u packs have a broken place between their blobs", pack_damaged_count(k.packs));
    }
    pack_close(k.packs);
    keyring_close(k.keys);
    if (dir >= 0)
        close(dir);
}
