#include "report/view_kept.h"

#include "base/times.h"
#include "crypto/crypto.h"
#include "report/people_kept.h"

#include <pthread.h>
#include <stdlib.h>

struct view_kept {
    pthread_mutex_t mutex; /* guards all of it */
    bool is_set;
    int64_t minute;
    int64_t leaf;       /* the newest that was there when it was computed, or since then, with nothing between that changes it */
    struct sha256 hash; /* of that leaf: another ledger may have as many */
    struct nav_facts nav;
    struct people_kept *people; /* has a mutex of its own */
};

struct view_kept *view_kept_new(void)
{
    struct view_kept *k = calloc(1, sizeof(*k));
    if (k) {
        pthread_mutex_init(&k->mutex, NULL);
        k->people = people_kept_new();
    }
    return k;
}

struct view_kept *view_kept_free(struct view_kept *k)
{
    if (k) {
        people_kept_free(k->people);
        pthread_mutex_destroy(&k->mutex);
    }
    free(k);
    return NULL;
}

struct people_kept *view_kept_people(struct view_kept *k)
{
    return k->people;
}

static bool leaf_read(struct db *db, const char *sql, int64_t asked, int64_t *ret_leaf, struct sha256 *ret_hash)
{
    struct err failed = {0};
    bool is_there = false;
    DB_EACH (row, db, &failed, sql, A(asked)) {
        struct str hash = db_bytes(row, 1);
        *ret_leaf = db_int(row, 0);
        is_there = hash.size == sizeof(ret_hash->bytes);
        if (is_there)
            memcpy(ret_hash->bytes, hash.data, hash.size);
    }
    return is_there && !failed.code;
}

/* Did nothing come since that the assessment reads? Seals and anchors say nothing new, and what a machine sees in evidence (stream evidence)
 * decides nothing. With the mutex held. */
static bool is_same(struct view_kept *k, struct view *v, int64_t newest, const struct sha256 *newest_hash)
{
    struct err failed = {0};
    struct sha256 hash;
    int64_t leaf;
    if (!k->is_set || k->minute != v->at_ms / MS_MINUTE || newest < k->leaf)
        return false;
    if (newest == k->leaf)
        return sha256_equal(*newest_hash, k->hash);
    if (!leaf_read(v->db, "select idx, hash from leaf where idx = ?1", k->leaf, &leaf, &hash) || !sha256_equal(hash, k->hash))
        return false;
    if (db_one_int(v->db, &failed, 0, "select count(*) from leaf where idx > ?1 and type not in ('seal', 'anchor') and st <> 'evidence'", A(k->leaf)) || failed.code)
        return false;
    k->leaf = newest;
    k->hash = *newest_hash;
    return true;
}

bool view_kept_nav(struct view *v, bool (*compute)(struct view *v, struct nav_facts *ret, struct err *e), struct nav_facts *ret, struct err *e)
{
    struct view_kept *k = v->kept;
    struct sha256 hash;
    int64_t newest;
    if (!k || v->is_past || !leaf_read(v->db, "select idx, hash from leaf where ?1 is not null order by idx desc limit 1", 0, &newest, &hash))
        return compute(v, ret, e);
    pthread_mutex_lock(&k->mutex);
    bool is_kept = is_same(k, v, newest, &hash);
    if (is_kept)
        *ret = k->nav;
    pthread_mutex_unlock(&k->mutex);
    if (is_kept)
        return true;
    if (!compute(v, ret, e)) /* not while holding the mutex: a request that takes too much memory is left by a jump */
        return false;
    pthread_mutex_lock(&k->mutex);
    k->is_set = true;
    k->minute = v->at_ms / MS_MINUTE;
    k->leaf = newest;
    k->hash = hash;
    k->nav = *ret;
    pthread_mutex_unlock(&k->mutex);
    return true;
}
