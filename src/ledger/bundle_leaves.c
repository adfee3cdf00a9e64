/* bundle_leaves.c - the leaves of the bundle one by one: what becomes of their blobs, and what they computed. */
#include "ledger/bundle_internal.h"

static size_t given_slot(const struct bundle_given *g, const uint8_t c[32])
{
    uint64_t h;
    memcpy(&h, c, sizeof(h)); /* c is a hash already */
    size_t i = (size_t)h & (g->capacity - 1);
    while (g->entries[i].leaf && memcmp(g->entries[i].c, c, 32) != 0)
        i = (i + 1) & (g->capacity - 1);
    return i;
}

/* The leaf with which the blob was given, or -1, and from now on `leaf`. */
static bool given_before(struct bundle_given *g, const uint8_t c[32], uint64_t leaf, int64_t *ret_first, struct err *e)
{
    if (g->count * 2 >= g->capacity) {
        struct bundle_given grown = {.capacity = g->capacity ? g->capacity * 2 : 1024, .count = g->count};
        grown.entries = calloc(grown.capacity, sizeof(*grown.entries));
        if (!grown.entries)
            return err_set(e, ERR_LIMIT, "a bundle: no memory to remember its blobs");
        for (size_t i = 0; i < g->capacity; i++)
            if (g->entries[i].leaf)
                grown.entries[given_slot(&grown, g->entries[i].c)] = g->entries[i];
        free(g->entries);
        *g = grown;
    }
    struct bundle_given_entry *at = &g->entries[given_slot(g, c)];
    *ret_first = (int64_t)at->leaf - 1;
    if (at->leaf == 0) {
        memcpy(at->c, c, 32);
        at->leaf = leaf + 1;
        g->count++;
    }
    return true;
}

static int64_t erased_by(const struct bundle_writer *w, const uint8_t x[32])
{
    for (size_t i = 0; i < w->special_count; i++)
        if (!w->specials[i].is_key && memcmp(w->specials[i].x.bytes, x, 32) == 0)
            return (int64_t)w->specials[i].index;
    return -1;
}

static bool blob_disclose(struct bundle_writer *w, uint64_t index, const char *c, const char *x, struct buf *line, struct err *e)
{
    char hex[65];
    struct blob_opened opened;
    if (!w->o->blobs.open(w->o->blobs.open_context, bundle_disclosed_arena(w->disclosed), index, c, x, &opened, e))
        return e->code == ERR_NOT_FOUND
                   ? err_set(e, ERR_CORRUPT, "leaf %llu: blob %.16s is gone, and no leaf says that it was erased",
                             (unsigned long long)index, x)
                   : err_wrap(e, "leaf %llu", (unsigned long long)index);
    hex_encode(opened.salt, sizeof(opened.salt), hex);
    buf_printf(line, "{\"c\":\"%s\",\"i\":%llu,\"s\":\"%s\",\"x\":\"%s\",\"z\":%zu}\n", c, (unsigned long long)index, hex, x, opened.plain.size);
    w->report->blobs++;
    return bundle_disclosed_add(w->disclosed, index, c, x, &opened, e);
}

static bool blob_write(struct bundle_writer *w, uint64_t index, const struct json *entry, bool is_wanted, struct err *e)
{
    struct buf BUF_AUTO line;
    uint8_t c_bytes[32], x_bytes[32];
    char c[65], x[65];
    int64_t first = -1;
    buf_init(&line, 1024);
    if (!hex_decode(json_text(entry, "c"), c_bytes, 32) || !hex_decode(json_text(entry, "x"), x_bytes, 32))
        return err_set(e, ERR_CORRUPT, "leaf %llu: a blob without c and x", (unsigned long long)index);
    hex_encode(c_bytes, 32, c);
    hex_encode(x_bytes, 32, x);
    int64_t erase = erased_by(w, x_bytes);
    if (erase >= 0) {
        buf_printf(&line, "{\"c\":\"%s\",\"e\":%lld,\"i\":%llu,\"x\":\"%s\"}\n", c, (long long)erase, (unsigned long long)index, x);
        w->report->erased++;
    } else if (!is_wanted) {
        buf_printf(&line, "{\"c\":\"%s\",\"i\":%llu,\"x\":\"%s\"}\n", c, (unsigned long long)index, x);
        w->report->withheld++;
    } else if (!given_before(&w->given, c_bytes, index, &first, e)) {
        return false;
    } else if (first >= 0) {
        buf_printf(&line, "{\"c\":\"%s\",\"i\":%llu,\"of\":%lld,\"x\":\"%s\"}\n", c, (unsigned long long)index, (long long)first, x);
    } else if (!blob_disclose(w, index, c, x, &line, e)) {
        return false;
    }
    return spool_file_add(&w->salts, buf_view(&line), e);
}

/* An evaluation's own line: what it counted, from which leaves. */
static bool state_write(struct bundle_writer *w, uint64_t index, const struct json *leaf, struct err *e)
{
    static const char *const members[] = {"run", "cat", "par", "at", "n", "st", "t"};
    struct buf BUF_AUTO line;
    struct json *o = json_object(w->scratch);
    buf_init(&line, 64 << 10);
    json_put_int(o, "i", (int64_t)index);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const struct json *there = json_get(leaf, members[i]);
        if (!there)
            continue;
        struct json *copy = ARENA_NEW(w->scratch, struct json);
        *copy = *there;
        copy->next = NULL;
        json_put(o, members[i], copy);
    }
    if (!json_write_canonical(&line, o, e))
        return false;
    buf_char(&line, '\n');
    return spool_file_add(&w->state, buf_view(&line), e);
}

static bool leaf_write(void *context, uint64_t index, struct str bytes, struct err *e)
{
    struct bundle_writer *w = context;
    struct leaf leaf;
    arena_reset(w->scratch);
    if (!leaf_parse(w->scratch, bytes, &leaf, e))
        return err_wrap(e, "leaf %llu", (unsigned long long)index);
    int64_t t = json_int(leaf.json, "t", 0);
    w->first_t = w->has_t ? w->first_t : t;
    w->last_t = t;
    w->has_t = true;
    const struct json *blobs = json_get(leaf.json, "b");
    if (blobs && blobs->type == JSON_ARRAY && blobs->count > 0) {
        bool is_wanted = w->o->blobs.is_wanted && w->o->blobs.is_wanted(w->o->blobs.context, index, leaf.type, leaf.json);
        JSON_EACH (entry, blobs)
            if (!blob_write(w, index, entry, is_wanted, e))
                return false;
    }
    return !str_is(leaf.type, "eval") || state_write(w, index, leaf.json, e);
}

static bool selected_write(struct bundle_writer *w, struct err *e)
{
    struct arena *a = arena_new("bundle: a chosen leaf", 1 << 20);
    size_t s = 0, i = 0;
    bool ok = true;
    while (ok && (s < w->special_count || i < w->o->leaf_count)) { /* as the proofs: chosen, key and erase leaves, ascending */
        uint64_t special = s < w->special_count ? w->specials[s].index : UINT64_MAX;
        uint64_t chosen = i < w->o->leaf_count ? w->o->leaves[i] : UINT64_MAX, index = special < chosen ? special : chosen;
        struct str leaf;
        s += special == index;
        i += chosen == index;
        arena_reset(a);
        ok = ledger_reader_leaf(w->reader, a, index, &leaf, e) && leaf_write(w, index, leaf, e);
    }
    arena_free(a);
    return ok;
}

/* Of a range: the erase leaves outside of it, whose proofs are here, name blobs too (the reason). They come after the range's. */
static bool outside_write(struct bundle_writer *w, struct err *e)
{
    int64_t first = w->first_t, last = w->last_t;
    for (size_t i = 0; i < w->special_count; i++)
        if ((w->specials[i].index < w->from || w->specials[i].index >= w->to) && !leaf_write(w, w->specials[i].index, w->specials[i].bytes, e))
            return false;
    w->first_t = first;
    w->last_t = last;
    return true;
}

bool bundle_leaves_write(struct bundle_writer *w, struct err *e)
{
    w->disclosed = bundle_disclosed_new(&w->parts[BLOBS]);
    bool ok = w->disclosed || err_set(e, ERR_LIMIT, "a bundle: no memory");
    ok = ok && (w->o->mode == BUNDLE_SELECTED ? selected_write(w, e)
                                              : ledger_reader_each(w->reader, w->from, w->to, leaf_write, w, e) && outside_write(w, e));
    ok = ok && bundle_disclosed_end(w->disclosed, e);
    w->disclosed = bundle_disclosed_free(w->disclosed);
    return ok && spool_member_file(&w->parts[SALTS], "salts.jsonl", &w->salts, e) &&
           spool_member_file(&w->parts[AFTER], "state.jsonl", &w->state, e);
}
