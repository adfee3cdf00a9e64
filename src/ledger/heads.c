/*
 * heads.c - see heads.h. Level 0 holds the leaf hashes in the order of the streams; a node of level k + 1 is the hash of two of
 * level k, and an odd last one goes up as it is: the same tree as RFC 6962 splits from above.
 */
#include "ledger/heads.h"
#include "ledger/merkle.h"

#include <stdlib.h>

enum { LEVELS_MAX = 40 };

struct head {
    char *name;
    size_t size;
    int64_t sq;
    struct sha256 leaf; /* the newest; of what moved on, its line is hashed when a root is asked for */
    bool is_moved;
};

struct stream_heads {
    struct head *heads;
    size_t count, capacity;
    struct sha256 *levels[LEVELS_MAX]; /* level 0 has `capacity` places, the next half as many, and so on */
    size_t *moved;                     /* positions that moved on since the last root; unless is_reshaped */
    size_t moved_count, moved_capacity;
    bool is_reshaped; /* positions shifted: all inner nodes are made again */
};

struct stream_heads *stream_heads_new(void)
{
    return calloc(1, sizeof(struct stream_heads));
}

struct stream_heads *stream_heads_free(struct stream_heads *h)
{
    if (!h)
        return NULL;
    for (size_t i = 0; i < h->count; i++)
        free(h->heads[i].name);
    for (size_t i = 0; i < LEVELS_MAX; i++)
        free(h->levels[i]);
    free(h->heads);
    free(h->moved);
    free(h);
    return NULL;
}

size_t stream_heads_count(const struct stream_heads *h)
{
    return h->count;
}

static bool grow(struct stream_heads *h)
{
    size_t capacity = h->capacity ? 2 * h->capacity : 64;
    struct head *heads = realloc(h->heads, capacity * sizeof(*heads));
    if (!heads)
        return false;
    h->heads = heads;
    size_t level = 0;
    for (size_t n = capacity; level < LEVELS_MAX; n = (n + 1) / 2, level++) {
        struct sha256 *nodes = realloc(h->levels[level], n * sizeof(*nodes));
        if (!nodes)
            return false;
        h->levels[level] = nodes;
        if (n == 1)
            break;
    }
    h->capacity = capacity;
    return true;
}

static void line_make(struct stream_heads *h, size_t at)
{
    struct head *head = &h->heads[at];
    struct buf BUF_AUTO line;
    char hex[2 * SHA256_SIZE + 1];
    buf_init(&line, head->size + 128);
    hex_encode(head->leaf.bytes, SHA256_SIZE, hex);
    buf_append(&line, head->name, head->size);
    buf_printf(&line, " %lld %s\n", (long long)head->sq, hex);
    h->levels[0][at] = merkle_leaf_hash(buf_view(&line));
    head->is_moved = false;
}

/* The position of the stream, or where it belongs. */
static size_t find(const struct stream_heads *h, struct str stream, bool *ret_is_there)
{
    size_t from = 0, to = h->count;
    *ret_is_there = false;
    if (h->count > 0 && str_compare(stream, str_make(h->heads[h->count - 1].name, h->heads[h->count - 1].size)) > 0)
        return h->count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        int order = str_compare(stream, str_make(h->heads[middle].name, h->heads[middle].size));
        if (order == 0) {
            *ret_is_there = true;
            return middle;
        }
        if (order < 0)
            to = middle;
        else
            from = middle + 1;
    }
    return from;
}

static bool note_moved(struct stream_heads *h, size_t at)
{
    if (h->is_reshaped)
        return true;
    if (h->moved_count == h->moved_capacity) {
        size_t capacity = h->moved_capacity ? 2 * h->moved_capacity : 64;
        size_t *moved = realloc(h->moved, capacity * sizeof(*moved));
        if (!moved)
            return false;
        h->moved = moved;
        h->moved_capacity = capacity;
    }
    h->moved[h->moved_count++] = at;
    return true;
}

bool stream_heads_set(struct stream_heads *h, struct str stream, int64_t sq, struct sha256 leaf_hash)
{
    bool is_there;
    size_t at = find(h, stream, &is_there);
    if (!is_there) {
        if (h->count == h->capacity && !grow(h))
            return false;
        char *name = malloc(stream.size + 1);
        if (!name)
            return false;
        memcpy(name, stream.data, stream.size);
        name[stream.size] = 0;
        memmove(h->heads + at + 1, h->heads + at, (h->count - at) * sizeof(*h->heads));
        memmove(h->levels[0] + at + 1, h->levels[0] + at, (h->count - at) * sizeof(struct sha256));
        h->heads[at] = (struct head){.name = name, .size = stream.size};
        h->count++;
        h->is_reshaped = true;
        h->moved_count = 0;
    }
    struct head *head = &h->heads[at];
    head->sq = sq;
    head->leaf = leaf_hash;
    if (!head->is_moved && !note_moved(h, at))
        return false;
    head->is_moved = true;
    return true;
}

/* Node `at` of a level from those of the level below, which has `count` nodes. */
static void node_make(struct stream_heads *h, size_t level, size_t at, size_t count)
{
    const struct sha256 *below = h->levels[level - 1];
    h->levels[level][at] = 2 * at + 1 < count ? merkle_node_hash(below[2 * at], below[2 * at + 1]) : below[2 * at];
}

static int order_of_positions(const void *pa, const void *pb)
{
    const size_t *a = pa, *b = pb;
    return *a < *b ? -1 : *a > *b;
}

bool stream_heads_root(struct stream_heads *h, struct sha256 *ret)
{
    if (h->count == 0) {
        *ret = sha256_of(STR(""));
        return true;
    }
    if (h->moved_count > 1)
        qsort(h->moved, h->moved_count, sizeof(*h->moved), order_of_positions);
    for (size_t i = 0; i < h->moved_count; i++)
        line_make(h, h->moved[i]);
    for (size_t i = 0; h->is_reshaped && i < h->count; i++)
        if (h->heads[i].is_moved)
            line_make(h, i);
    size_t level = 0;
    for (size_t n = h->count; n > 1; n = (n + 1) / 2) {
        level++;
        for (size_t i = 0; h->is_reshaped && i < (n + 1) / 2; i++)
            node_make(h, level, i, n);
        size_t kept = 0;
        for (size_t i = 0; !h->is_reshaped && i < h->moved_count; i++) {
            size_t up = h->moved[i] / 2;
            if (kept > 0 && h->moved[kept - 1] == up)
                continue;
            node_make(h, level, up, n);
            h->moved[kept++] = up;
        }
        h->moved_count = kept;
    }
    h->moved_count = 0;
    h->is_reshaped = false;
    *ret = h->levels[level][0];
    return true;
}
