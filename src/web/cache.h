/*
 * cache.h - finished pages, kept until what they show may have changed.
 *
 * A page is kept under its key (address, session, theme) together with the state it was made from (state of the projection, the
 * minute, whether the keeper answers); asked for under another state it is gone. When only the minute is another, one request
 * makes the page again and the others still get the old one meanwhile. At most CACHE_ENTRIES_MAX pages and CACHE_BYTES_MAX bytes,
 * least recently used first out. One mutex; any thread.
 */
#ifndef WEB_CACHE_H
#define WEB_CACHE_H

#include "web/http.h"

enum { CACHE_ENTRIES_MAX = 128, CACHE_BYTES_MAX = 6 << 20, CACHE_KEY_MAX = 512, CACHE_ETAG_MAX = 40 };

struct cache_state {
    int64_t data_version, inode, minute;
    uint64_t epoch; /* everything else: whether the keeper is there, ... */
};

struct cache;
struct cache *cache_new(void);
struct cache *cache_free(struct cache *c);
/* The page, held for the caller, or NULL. When `if_none_match` names its ETag, the 304 answer. */
struct http_shared *cache_get(struct cache *c, struct str key, const struct cache_state *state, struct str if_none_match);
/* Keeps `page` and its 304 answer (both are held by the cache from here on; may be refused silently). Keys over CACHE_KEY_MAX are
 * not kept. */
void cache_put(struct cache *c, struct str key, const struct cache_state *state, struct str etag, struct http_shared *page,
               struct http_shared *not_modified);

#endif
