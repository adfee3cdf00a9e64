#include "ledger/internal.h"

static struct str boot_id(struct arena *a)
{
    struct buf BUF_AUTO text;
    struct err ignored = {0};
    buf_init(&text, 256);
    char hex[33] = "unknown";
    if (os_file_read(&os_file_real, -1, "/proc/sys/kernel/random/boot_id", &text, &ignored)) {
        size_t n = 0;
        for (size_t i = 0; i < text.size && n < 32; i++)
            if (text.data[i] != '-' && text.data[i] != '\n')
                hex[n++] = text.data[i];
        hex[n] = 0;
    }
    return arena_str(a, str_of(hex));
}

/* ledger.md 2.4. A seal covers the indices [a, b) with b behind itself, so that all leaves under a checkpoint are covered exactly
 * once. */
bool ledger_seal_leaf(struct ledger *l, struct buf *out, struct err *e)
{
    struct arena *a = arena_new("seal", 64 << 10);
    struct json *leaf = json_object(a);
    uint8_t nonce[16];
    env_random(l->options.env, nonce, sizeof(nonce));
    json_put_int(leaf, "v", 1);
    json_put_cstr(leaf, "log", l->origin);
    json_put_hex(leaf, "n", nonce, sizeof(nonce));
    json_put_int(leaf, "t", ledger_clock(l, NULL));
    json_put_cstr(leaf, "st", "seal");
    json_put_int(leaf, "sq", (int64_t)l->seal_sequence);
    json_put_hex(leaf, "sp", l->seal_leaf.bytes, SHA256_SIZE); /* zero before the first */
    json_put_int(leaf, "a", (int64_t)l->sealed_to);
    json_put_int(leaf, "b", (int64_t)l->durable.size + 1);
    json_put_str(leaf, "boot_id", boot_id(a));
    json_put_int(leaf, "mono", env_monotonic_ms(l->options.env));
    if (l->head.size > 0) {
        char root[2 * SHA256_SIZE + 1];
        hex_encode(l->head.root.bytes, SHA256_SIZE, root);
        json_put_str(leaf, "cp", arena_printf(a, "%llu:%s", (unsigned long long)l->head.size, root));
    }
    json_put_int(leaf, "blobs", (int64_t)l->unsealed_blob_count);
    json_put_int(leaf, "bytes", (int64_t)l->unsealed_blob_bytes);
    bool is_ok = leaf_compose("seal", leaf, (struct str){"", 0}, out, e);
    arena_free(a);
    return is_ok;
}
