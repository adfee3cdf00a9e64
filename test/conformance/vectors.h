/* vectors.h - reading the vectors that others wrote, from $ASSAY_SHARED_DATA/ledger. Where the folder or a part of it is not there, a
 * test says so and passes nothing off as checked. doc/conformance.md counts what runs. */
#ifndef CONFORMANCE_VECTORS_H
#define CONFORMANCE_VECTORS_H

#include "base/json.h"
#include "base/test.h"
#include "crypto/crypto.h"
#include "os/file.h"

#include <fcntl.h>
#include <unistd.h>

/* Whole file into `a`; false when it is not there. */
static inline bool vector_read(struct arena *a, const char *name, struct str *ret)
{
    const char *root = getenv("ASSAY_SHARED_DATA");
    struct str path = arena_printf(a, "%s/ledger/%s", root ? root : "", name);
    struct buf BUF_AUTO bytes;
    struct err e = {0};
    buf_init(&bytes, 16 << 20);
    if (!root || !os_file_read(&os_file_real, AT_FDCWD, path.data, &bytes, &e)) {
        printf("skipped: %s is not here\n", path.data);
        return false;
    }
    *ret = arena_str(a, buf_view(&bytes));
    return true;
}

static inline int vector_directory(struct arena *a, const char *name)
{
    const char *root = getenv("ASSAY_SHARED_DATA");
    struct str path = arena_printf(a, "%s/ledger/%s", root ? root : "", name);
    int dir = root ? open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        printf("skipped: %s is not here\n", path.data);
    return dir;
}

static inline const struct json *vector_json(struct arena *a, const char *name)
{
    struct str text;
    struct err e = {0};
    if (!vector_read(a, name, &text))
        return NULL;
    const struct json *v = json_parse(a, text, JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(v != NULL, "%s: %s", name, e.text);
    return v;
}

/* Sizes that only fit into 64 bits without a sign are in the vectors, too. */
static inline uint64_t vector_u64(struct arena *a, const struct json *v, const char *key)
{
    const struct json *n = json_get(v, key);
    if (n && n->type == JSON_STRING)
        return strtoull(arena_str(a, n->text).data, NULL, 10);
    return n && !n->is_integer ? strtoull(arena_str(a, n->text).data, NULL, 10) : (uint64_t)json_int(v, key, 0);
}

/* Some are broken into lines. */
static inline struct str vector_base64(struct arena *a, struct str text)
{
    struct buf BUF_AUTO b, whole;
    buf_init(&b, 1 << 20);
    buf_init(&whole, 1 << 20);
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != '\n')
            buf_char(&whole, text.data[i]);
    return base64_decode(buf_view(&whole), &b) ? arena_str(a, buf_view(&b)) : STR("");
}

static inline struct str vector_hex(struct arena *a, struct str hex)
{
    char *bytes = arena_alloc(a, hex.size / 2 + 1);
    ck_assert(hex_decode(hex, bytes, hex.size / 2));
    return str_make(bytes, hex.size / 2);
}

/* What is no hash becomes one that nothing has. */
static inline struct sha256 vector_hash(struct str bytes)
{
    struct sha256 h = {{0xee}};
    if (bytes.size == SHA256_SIZE)
        memcpy(h.bytes, bytes.data, SHA256_SIZE);
    return h;
}

/* As TEST_MAIN, with the file's setup and teardown around each test. */
#define VECTORS_MAIN(suite_name, ...) TEST_MAIN_WITH(suite_name, setup, teardown, __VA_ARGS__)

#endif
