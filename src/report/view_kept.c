#include "report/view_kept.h"

#include "base/times.h"
#include "crypto/crypto.h"

#include <pthread.h>
#include <stdlib.h>

struct view_kept {
    pthread_mutex_t mutex; /* guards all of it */
    bool is_set;
    int64_t leaf, minute;
    struct sha256 hash; /* of that leaf: another ledger may have as many */
    struct nav_facts nav;
};

struct view_kept *view_kept_new(void)
{
    struct view_kept *k = calloc(1, sizeof(*k));
    if (k)
        pthread_mutex_init(&k->mutex, NULL);
    return k;
}

struct view_kept *view_kept_free(struct view_kept *k)
{
    if (k)
        pthread_mutex_destroy(&k->mutex);
    free(k);
    return NULL;
}

/* Under what the view's facts are kept. The newest leaf is asked for again: what is computed now is at least as new as that. */
static bool key_of(struct view *v, struct view_kept *ret)
{
    struct err failed = {0};
    *ret = (struct view_kept){.leaf = -1, .minute = v->at_ms / MS_MINUTE};
    DB_EACH (row, v->db, &failed, "select idx, hash from leaf order by idx desc limit 1") {
        struct str hash = db_bytes(row, 1);
        ret->leaf = db_int(row, 0);
        if (hash.size == sizeof(ret->hash.bytes))
            memcpy(ret->hash.bytes, hash.data, hash.size);
    }
    return !failed.code && ret->leaf >= 0;
}

bool view_kept_nav(struct view *v, bool (*compute)(struct view *v, struct nav_facts *ret, struct err *e), struct nav_facts *ret, struct err *e)
{
    struct view_kept key, *k = v->kept;
    if (!k || v->is_past || !key_of(v, &key))
        return compute(v, ret, e);
    pthread_mutex_lock(&k->mutex);
    bool is_kept = k->is_set && k->leaf == key.leaf && k->minute == key.minute && sha256_equal(k->hash, key.hash);
    if (is_kept)
        *ret = k->nav;
    pthread_mutex_unlock(&k->mutex);
    if (is_kept)
        return true;
    if (!compute(v, ret, e)) /* not while holding the mutex: a request that takes too much memory is left by a jump */
        return false;
    pthread_mutex_lock(&k->mutex);
    k->is_set = true;
    k->leaf = key.leaf;
    k->minute = key.minute;
    k->hash = key.hash;
    k->nav = *ret;
    pthread_mutex_unlock(&k->mutex);
    return true;
}
