/*
 * verify_catalog.c - E70: which tests were in force. A catalog leaf names the digest of all tests; its blob holds them. Whether results
 * follow from those tests and the evidence is what `assay reperform` runs.
 */
#include "ledger/verify_internal.h"

#include "base/limits.h"
#include "blob/blob.h"
#include <fcntl.h>
#include <unistd.h>

struct verify_catalog {
    uint64_t leaf;
    struct str digest, c, x;
};

void verify_catalog_leaf(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    const struct json *blob = json_at(json_get(leaf->json, "b"), 0);
    if (!str_is(leaf->type, "catalog") || json_text(blob, "x").size != 64 || json_text(blob, "c").size != 64)
        return;
    if (v->catalog_count == v->catalog_capacity)
        v->catalogs = arena_grow(v->kept, v->catalogs, v->catalog_count, &v->catalog_capacity, sizeof(*v->catalogs));
    v->catalogs[v->catalog_count++] = (struct verify_catalog){.leaf = index,
                                                              .digest = arena_str(v->kept, json_text(leaf->json, "digest")),
                                                              .c = arena_str(v->kept, json_text(blob, "c")),
                                                              .x = arena_str(v->kept, json_text(blob, "x"))};
}

static void catalog_check(struct verify *v, struct arena *a, const struct verify_catalog *k, struct str text)
{
    struct err e = {0};
    const struct json *all = json_parse(a, text, JSON_LIMITS_DEFAULT, &e), *tests = json_get(all, "tests");
    if (!all || !tests || tests->type != JSON_ARRAY) {
        verify_find(v, "E70", "leaf %llu: its catalogue cannot be read", (unsigned long long)k->leaf);
        return;
    }
    if (!str_equal(json_text(all, "digest"), k->digest))
        verify_find(v, "E70", "leaf %llu: its catalogue is another one than it names", (unsigned long long)k->leaf);
    JSON_EACH (test, tests) {
        struct sha256 h = sha256_of(json_text(test, "source"));
        char hex[2 * SHA256_SIZE + 1];
        hex_encode(h.bytes, SHA256_SIZE, hex);
        if (!str_is(json_text(test, "digest"), hex)) {
            verify_find(v, "E70", "leaf %llu: the text of test %.*s is not the one that the catalogue names", (unsigned long long)k->leaf,
                        STR_ARGS(str_slice(json_text(test, "id"), 0, 100)));
            return;
        }
    }
}

/* What is missing or does not open is told by the check of blobs. */
void verify_catalogs(struct verify *v)
{
    struct err e = {0};
    int dir = v->catalog_count == 0 || v->private_dir < 0 ? -1 : openat(v->data_dir, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return;
    struct pack_store *packs = pack_open(&os_file_real, dir, false, &e);
    struct keyring *keys = packs ? verify_keyring(v) : NULL;
    struct arena *a = arena_new("verify: catalogues", (size_t)LIMIT_BLOB_BYTES * 3);
    for (size_t i = 0; keys && i < v->catalog_count; i++) {
        const struct verify_catalog *k = &v->catalogs[i];
        struct str stored, text;
        uint8_t dek[DEK_SIZE];
        arena_reset(a);
        char now[65];
        if (pack_current(packs, k->x.data, now, &e) && pack_read(packs, a, now, &stored, &e) && keyring_get(keys, now, dek, &e) &&
            blob_open(a, stored, k->c.data, now, dek, LIMIT_BLOB_BYTES, &text, &e))
            catalog_check(v, a, k, text);
        memory_wipe(dek, sizeof(dek));
    }
    arena_free(a);
    keyring_close(keys);
    pack_close(packs);
    close(dir);
}
