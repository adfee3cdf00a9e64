#include "report/view_kept.h"

#include "base/times.h"
#include "report/kept_tree.h"
#include "report/people_kept.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { OBJECT_BYTES_MAX = 512 << 20, OBJECT_KEPT_BYTES_MAX = 24 << 20 };

/* What was made, for as long as anybody holds it; nothing in it changes. */
struct held {
    atomic_int holders;
    struct arena *arena; /* owns this and all below */
    const void *made;
};

/* When something was computed: it holds while nothing comes that changes it. */
struct moment {
    bool is_set;
    int64_t minute;
    struct ledger_place place; /* of the newest leaf then, or since then, with nothing between that changes it */
};

struct view_kept {
    pthread_mutex_t mutex; /* guards all of it */
    struct moment of_nav, of_object[VIEW_KEPT_OBJECTS];
    struct nav_facts nav;
    struct held *objects[VIEW_KEPT_OBJECTS];
    struct people_kept *people; /* these have mutexes of their own */
    struct kept_trees *trees;
};

struct view_kept *view_kept_new(void)
{
    struct view_kept *k = calloc(1, sizeof(*k));
    if (k) {
        pthread_mutex_init(&k->mutex, NULL);
        k->people = people_kept_new();
        k->trees = kept_trees_new();
    }
    return k;
}

static void held_release(void *context)
{
    struct held *h = context;
    if (h && atomic_fetch_sub(&h->holders, 1) == 1)
        arena_free(h->arena);
}

struct view_kept *view_kept_free(struct view_kept *k)
{
    if (k) {
        for (size_t i = 0; i < VIEW_KEPT_OBJECTS; i++)
            held_release(k->objects[i]);
        people_kept_free(k->people);
        kept_trees_free(k->trees);
        pthread_mutex_destroy(&k->mutex);
    }
    free(k);
    return NULL;
}

struct people_kept *view_kept_people(struct view_kept *k)
{
    return k->people;
}

struct kept_trees *view_kept_trees(struct view_kept *k)
{
    return k->trees;
}

static bool leaf_read(struct db *db, const char *sql, int64_t asked, struct ledger_place *ret)
{
    struct err failed = {0};
    bool is_there = false;
    DB_EACH (row, db, &failed, sql, A(asked)) {
        struct str hash = db_bytes(row, 1);
        ret->leaf = db_int(row, 0);
        is_there = hash.size == sizeof(ret->hash.bytes);
        if (is_there)
            memcpy(ret->hash.bytes, hash.data, hash.size);
    }
    return is_there && !failed.code;
}

bool ledger_place_newest(struct db *db, struct ledger_place *ret)
{
    return leaf_read(db, "select idx, hash from leaf where ?1 is not null order by idx desc limit 1", 0, ret);
}

bool ledger_place_is(struct db *db, const struct ledger_place *place)
{
    struct ledger_place there;
    return leaf_read(db, "select idx, hash from leaf where idx = ?1", place->leaf, &there) && sha256_equal(there.hash, place->hash);
}

/* Did nothing come since that the assessment reads? Seals and anchors say nothing new, and what a machine sees in evidence (stream evidence)
 * decides nothing. With the mutex held. */
static bool is_same(struct moment *m, struct view *v, const struct ledger_place *newest)
{
    struct err failed = {0};
    if (!m->is_set || m->minute != v->at_ms / MS_MINUTE || newest->leaf < m->place.leaf || !ledger_place_is(v->db, &m->place))
        return false;
    if (newest->leaf > m->place.leaf &&
        (db_one_int(v->db, &failed, 0, "select count(*) from leaf where idx > ?1 and type not in ('seal', 'anchor') and st <> 'evidence'", A(m->place.leaf)) || failed.code))
        return false;
    m->place = *newest;
    return true;
}

static struct moment moment_of(const struct view *v, const struct ledger_place *newest)
{
    return (struct moment){true, v->at_ms / MS_MINUTE, *newest};
}

bool view_kept_nav(struct view *v, bool (*compute)(struct view *v, struct nav_facts *ret, struct err *e), struct nav_facts *ret, struct err *e)
{
    struct view_kept *k = v->kept;
    struct ledger_place newest;
    if (!k || v->is_past || !ledger_place_newest(v->db, &newest))
        return compute(v, ret, e);
    pthread_mutex_lock(&k->mutex);
    bool is_kept = is_same(&k->of_nav, v, &newest);
    if (is_kept)
        *ret = k->nav;
    pthread_mutex_unlock(&k->mutex);
    if (is_kept)
        return true;
    if (!compute(v, ret, e)) /* not while holding the mutex: a request that takes too much memory is left by a jump */
        return false;
    pthread_mutex_lock(&k->mutex);
    k->of_nav = moment_of(v, &newest);
    k->nav = *ret;
    pthread_mutex_unlock(&k->mutex);
    return true;
}

/* ---- what takes long to make ---- */

static struct held *object_held(struct view_kept *k, struct view *v, enum view_kept_object which, const struct ledger_place *newest)
{
    pthread_mutex_lock(&k->mutex);
    struct held *h = is_same(&k->of_object[which], v, newest) ? k->objects[which] : NULL;
    if (h)
        atomic_fetch_add(&h->holders, 1);
    pthread_mutex_unlock(&k->mutex);
    if (h)
        arena_on_free(v->arena, held_release, h);
    return h;
}

static void object_publish(struct view_kept *k, struct view *v, enum view_kept_object which, struct held *h, const struct ledger_place *newest)
{
    atomic_fetch_add(&h->holders, 1);
    pthread_mutex_lock(&k->mutex);
    struct held *old = k->objects[which];
    k->objects[which] = h;
    k->of_object[which] = moment_of(v, newest);
    pthread_mutex_unlock(&k->mutex);
    held_release(old);
}

const void *view_kept_object(struct view *v, enum view_kept_object which, void *(*make)(struct view *v, struct arena *a, struct err *e), struct err *e)
{
    struct view_kept *k = v->is_past ? NULL : v->kept;
    struct ledger_place newest;
    if (!k || !ledger_place_newest(v->db, &newest))
        return make(v, v->arena, e);
    struct held *h = object_held(k, v, which, &newest);
    if (h)
        return h->made;
    struct arena *a = arena_new("what pages are made of", OBJECT_BYTES_MAX);
    h = ARENA_NEW(a, struct held);
    *h = (struct held){.holders = 1, .arena = a};
    arena_on_free(v->arena, held_release, h);
    h->made = make(v, a, e);
    if (h->made && arena_used(a) <= OBJECT_KEPT_BYTES_MAX)
        object_publish(k, v, which, h, &newest);
    return h->made;
}
