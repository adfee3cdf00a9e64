#include "ledger/internal.h"

/* It cannot change while we run. */
const char *ledger_boot_id(struct ledger *l)
{
    struct buf BUF_AUTO text;
    struct err ignored = {0};
    buf_init(&text, 256);
    if (l->boot_id[0])
        return l->boot_id;
    if (os_file_read(&os_file_real, -1, "/proc/sys/kernel/random/boot_id", &text, &ignored)) {
        size_t n = 0;
        for (size_t i = 0; i < text.size && n < 32; i++)
            if (text.data[i] != '-' && text.data[i] != '\n')
                l->boot_id[n++] = text.data[i];
        l->boot_id[n] = 0;
    }
    if (!l->boot_id[0])
        snprintf(l->boot_id, sizeof(l->boot_id), "unknown");
    return l->boot_id;
}

static bool facts_put(struct ledger *l, struct json *leaf, struct err *e)
{
    struct ledger_seal_facts f = {.clock_error_ms = -1};
    if (l->has_beacon)
        json_put_hex(leaf, "bea", l->beacon.bytes, SHA256_SIZE);
    if (!l->options.seal_facts)
        return true;
    if (!l->options.seal_facts(l->options.seal_context, &f, e))
        return err_wrap(e, "seal");
    json_put_hex(leaf, "heads", f.heads.bytes, SHA256_SIZE);
    json_put_int(leaf, "streams", (int64_t)f.streams);
    json_put_int(leaf, "erased", (int64_t)f.erased);
    struct json *clock = json_put_object(leaf, "clk");
    json_put_cstr(clock, "src", f.clock_source ? f.clock_source : "unknown");
    json_put_int(clock, "err", f.clock_error_ms);
    if (f.every_ms > 0)
        json_put_int(leaf, "every", f.every_ms);
    return true;
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
    json_put_cstr(leaf, "boot_id", ledger_boot_id(l));
    json_put_int(leaf, "mono", env_monotonic_ms(l->options.env));
    if (l->head.size > 0) {
        char root[2 * SHA256_SIZE + 1];
        hex_encode(l->head.root.bytes, SHA256_SIZE, root);
        json_put_str(leaf, "cp", arena_printf(a, "%llu:%s", (unsigned long long)l->head.size, root));
    }
    json_put_int(leaf, "blobs", (int64_t)l->unsealed_blob_count);
    json_put_int(leaf, "bytes", (int64_t)l->unsealed_blob_bytes);
    bool is_ok = facts_put(l, leaf, e) && leaf_compose("seal", leaf, (struct str){"", 0}, out, e);
    arena_free(a);
    return is_ok;
}
