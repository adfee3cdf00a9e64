/*
 * index.h - the map from a blob's name x to where it lies, inside src/blob: 12 bytes a place, at most four in five of them taken, rebuilt by scanning.
 *
 * Only the first 4 bytes of x are kept, and they say where a search begins. A hit is a candidate: the caller reads the record and compares the
 * whole name, and asks for the next candidate if it is another blob (one in two thousand where there are two million; and somebody who
 * seals blobs can make names that begin alike).
 */
#ifndef BLOB_INDEX_H
#define BLOB_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct blob_index {
    uint64_t *places; /* 0: free; the owner's value + 1. The keys lie behind them in the same allocation. */
    uint32_t *keys;
    uint64_t capacity, count;
};

static inline uint32_t blob_index_key(const uint8_t x[32])
{
    return (uint32_t)x[0] << 24 | (uint32_t)x[1] << 16 | (uint32_t)x[2] << 8 | x[3];
}

static inline uint64_t blob_index_home(const struct blob_index *index, uint32_t key)
{
    return key * index->capacity >> 32;
}

static inline void blob_index_put(struct blob_index *index, uint32_t key, uint64_t place)
{
    uint64_t i = blob_index_home(index, key);
    while (index->places[i])
        i = i + 1 < index->capacity ? i + 1 : 0;
    index->keys[i] = key;
    index->places[i] = place + 1;
    index->count++;
}

static inline void blob_index_release(struct blob_index *index)
{
    free(index->places);
    *index = (struct blob_index){0};
}

/* Moves all to a table a quarter larger, from behind a free place on, so that those of one key keep their order. */
static inline bool blob_index_grow(struct blob_index *index)
{
    struct blob_index grown = {.capacity = index->capacity ? index->capacity + index->capacity / 4 : 64};
    grown.places = calloc(grown.capacity, sizeof(*grown.places) + sizeof(*grown.keys));
    if (!grown.places)
        return false;
    grown.keys = (uint32_t *)(grown.places + grown.capacity);
    uint64_t i = 0;
    while (i < index->capacity && index->places[i])
        i++;
    for (uint64_t n = 0; n < index->capacity; n++, i++) {
        if (i >= index->capacity)
            i = 0;
        if (index->places[i])
            blob_index_put(&grown, index->keys[i], index->places[i] - 1);
    }
    blob_index_release(index);
    *index = grown;
    return true;
}

static inline bool blob_index_add(struct blob_index *index, uint32_t key, uint64_t place)
{
    if (index->count * 5 >= index->capacity * 4 && !blob_index_grow(index))
        return false;
    blob_index_put(index, key, place);
    return true;
}

/* Candidates one by one: *cursor starts at 0. Later additions come later. False when there is none left. */
static inline bool blob_index_next(const struct blob_index *index, uint32_t key, uint64_t *cursor, uint64_t *ret_place)
{
    for (uint64_t i = index->capacity ? blob_index_home(index, key) + *cursor : 0; *cursor < index->capacity; i++) {
        if (i >= index->capacity)
            i -= index->capacity;
        (*cursor)++;
        if (!index->places[i])
            return false;
        if (index->keys[i] == key) {
            *ret_place = index->places[i] - 1;
            return true;
        }
    }
    return false;
}

#endif
