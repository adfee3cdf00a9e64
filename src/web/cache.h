/*
 * cache.h - finished pages, kept until what they show may have changed.
 *
 * A page is kept under its key (address, session, theme) together with the state it was made from (state of the projection, the
 * minute, whether the keeper answers). When the projection has changed since, or the minute is the next one, one request makes the
 * page again and the others still get the old one meanwhile, for CACHE_OLD_MS at most; whoever writes forgets its session's pages
 * first (cache_forget), so that it never gets one from before. Another projection or keeper state, or an older page, is gone at once. At most CACHE_ENTRIES_MAX pages and CACHE_BYTES_MAX bytes,
 * least recently used first out. One mutex; any thread.
 */
#ifndef WEB_CACHE_H
#define WEB_CACHE_H

#include "web/http.h"

enum { CACHE_ENTRIES_MAX = 128, CACHE_BYTES_MAX = 6 << 20, CACHE_KEY_MAX = 512, CACHE_ETAG_MAX = 40, CACHE_OLD_MS = 1000 };

struct cache_state {
    int64_t data_version, inode, minute;
    uint64_t epoch; /* everything else: whether the keeper is there, ... */
    int64_t now_ms; /* monotonic; for CACHE_OLD_MS only */
};

struct cache;
struct cache *cache_new(void);
struct cache *cache_free(struct cache *c);
/* The page, held for the caller, or NULL. When `if_none_match` names its ETag, the 304 answer. */
struct http_shared *cache_get(struct cache *c, struct str key, const struct cache_state *state, struct str if_none_match);
/* The page if it was made from just this state, held for the caller, or NULL: for a request that has waited for a worker, in which
 * time another one may have made it. */
struct http_shared *cache_get_new(struct cache *c, struct str key, const struct cache_state *state);
/* Forgets every page of a session: keys end with LF and its id. */
void cache_forget(struct cache *c, struct str session);
/* Keeps `page` and its 304 answer (both are held by the cache from here on; may be refused silently). Keys over CACHE_KEY_MAX are
 * not kept. */
void cache_put(struct cache *c, struct str key, const struct cache_state *state, struct str etag, struct http_shared *page,
               struct http_shared *not_modified);

#endif
