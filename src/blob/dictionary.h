/*
 * dictionary.h - zstd dictionaries for small blobs (canonical rows, results): what all of them have in common need not be in each.
 *
 * A frame names its dictionary by an id in its header, so blobs made with an older one, or with none, stay readable: dictionaries
 * are added and never changed or taken away. They are trained by dictionary-train from content/fixtures (doc/ledger.md#blobs).
 */
#ifndef BLOB_DICTIONARY_H
#define BLOB_DICTIONARY_H

#include "base/str.h"
#include <stdint.h>

/* Plaintexts below this many bytes are packed with the newest dictionary. */
#define BLOB_DICTIONARY_BELOW (16u << 10)

struct ZSTD_CDict_s;
struct ZSTD_DDict_s;
/* The newest one, for packing at `level`; made once, lives for ever. NULL: no memory, or none is compiled in. */
const struct ZSTD_CDict_s *blob_dictionary_newest(int level);
/* NULL: this program has none of this id. */
const struct ZSTD_DDict_s *blob_dictionary_of(uint32_t id);

#endif
