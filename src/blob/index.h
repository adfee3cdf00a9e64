/*
 * index.h - the map from a blob's name x to where it lies, inside src/blob: 16 bytes an entry, rebuilt by scanning.
 *
 * Only the first 8 bytes of x are kept. A hit is a candidate: the caller reads the record and compares the whole name, and asks
 * for the next candidate if it is another blob (somebody who seals blobs can make two names with equal first halves).
 */
#ifndef BLOB_INDEX_H
#define BLOB_INDEX_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct blob_index_entry {
    uint64_t key;
    uint64_t place; /* 0: free; the owner's value + 1 */
};

struct blob_index {
    struct blob_index_entry *entries;
    uint64_t capacity; /* a power of two */
    uint64_t count;
};

static inline uint64_t blob_index_key(const uint8_t x[32])
{
    uint64_t key = 0;
    for (int i = 0; i < 8; i++)
        key = key << 8 | x[i];
    return key;
}

static inline bool blob_index_add(struct blob_index *index, uint64_t key, uint64_t place)
{
    if (index->count * 4 >= index->capacity * 3) {
        struct blob_index grown = {.capacity = index->capacity ? index->capacity * 2 : 64};
        grown.entries = calloc(grown.capacity, sizeof(*grown.entries));
        if (!grown.entries)
            return false;
        for (uint64_t i = 0; i < index->capacity; i++)
            if (index->entries[i].place && !blob_index_add(&grown, index->entries[i].key, index->entries[i].place - 1))
                return false;
        free(index->entries);
        *index = grown;
    }
    uint64_t i = key & (index->capacity - 1);
    while (index->entries[i].place)
        i = (i + 1) & (index->capacity - 1);
    index->entries[i] = (struct blob_index_entry){key, place + 1};
    index->count++;
    return true;
}

/* Candidates one by one: *cursor starts at 0. Later additions come later. False when there is none left. */
static inline bool blob_index_next(const struct blob_index *index, uint64_t key, uint64_t *cursor, uint64_t *ret_place)
{
    for (; *cursor < index->capacity; (*cursor)++) {
        const struct blob_index_entry *at = &index->entries[(key + *cursor) & (index->capacity - 1)];
        if (!at->place)
            return false;
        if (at->key == key) {
            *ret_place = at->place - 1;
            (*cursor)++;
            return true;
        }
    }
    return false;
}

static inline void blob_index_release(struct blob_index *index)
{
    free(index->entries);
    *index = (struct blob_index){0};
}

#endif
