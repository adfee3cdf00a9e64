#include "blob/dictionary.h"

#include <pthread.h>
#include <zstd.h>

extern const char dictionary_rows_1[];
extern const size_t dictionary_rows_1_size;

/* Oldest first; the last one is used for packing. */
static const struct {
    const char *bytes;
    const size_t *size;
} DICTIONARIES[] = {{dictionary_rows_1, &dictionary_rows_1_size}};
enum { COUNT = sizeof(DICTIONARIES) / sizeof(DICTIONARIES[0]) };

/* Made at the first need, each by itself: a program that only reads needs none to pack. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static ZSTD_CDict *packing; /* under lock until set */
static ZSTD_DDict *unpacking[COUNT];

const struct ZSTD_CDict_s *blob_dictionary_newest(int level)
{
    pthread_mutex_lock(&lock);
    if (!packing && *DICTIONARIES[COUNT - 1].size > 0)
        packing = ZSTD_createCDict(DICTIONARIES[COUNT - 1].bytes, *DICTIONARIES[COUNT - 1].size, level);
    const ZSTD_CDict *ret = packing;
    pthread_mutex_unlock(&lock);
    return ret;
}

const struct ZSTD_DDict_s *blob_dictionary_of(uint32_t id)
{
    const ZSTD_DDict *ret = NULL;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < COUNT && !ret; i++) {
        if (ZSTD_getDictID_fromDict(DICTIONARIES[i].bytes, *DICTIONARIES[i].size) != id)
            continue;
        if (!unpacking[i])
            unpacking[i] = ZSTD_createDDict(DICTIONARIES[i].bytes, *DICTIONARIES[i].size);
        ret = unpacking[i];
    }
    pthread_mutex_unlock(&lock);
    return ret;
}
