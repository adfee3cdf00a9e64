#include "report/kept_tree.h"

#include "crypto/crypto.h"
#include "report/view_kept.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { TREES_MAX = 64, TREE_BYTES_MAX = 16 << 20, ALL_BYTES_MAX = 24 << 20 };

struct tree {
    atomic_int holders;
    struct arena *arena; /* owns this and all below */
    struct str key;
    const struct json *root;
    size_t size;
    int64_t day;
    struct ledger_place place; /* up to which it holds; this and what follows guarded by the mutex */
    uint64_t used;
};

struct kept_trees {
    pthread_mutex_t mutex; /* guards all of it */
    struct tree *trees[TREES_MAX];
    size_t size;
    uint64_t clock;
};

struct kept_trees *kept_trees_new(void)
{
    struct kept_trees *k = calloc(1, sizeof(*k));
    if (k)
        pthread_mutex_init(&k->mutex, NULL);
    return k;
}

static void tree_release(void *context)
{
    struct tree *t = context;
    if (t && atomic_fetch_sub(&t->holders, 1) == 1)
        arena_free(t->arena);
}

struct kept_trees *kept_trees_free(struct kept_trees *k)
{
    for (size_t i = 0; k && i < TREES_MAX; i++)
        tree_release(k->trees[i]);
    if (k)
        pthread_mutex_destroy(&k->mutex);
    free(k);
    return NULL;
}

static struct tree *tree_new(struct view *v, struct str key, const struct json *root, const struct ledger_place *place)
{
    struct arena *a = arena_new("a part of a page that is kept", TREE_BYTES_MAX);
    struct tree *t = ARENA_NEW(a, struct tree);
    *t = (struct tree){.holders = 1, .arena = a, .day = view_today(v), .place = *place};
    arena_on_free(v->arena, tree_release, t);
    t->key = arena_str(a, key);
    t->root = json_copy(a, root);
    t->size = arena_used(a);
    return t;
}

/* With the mutex held: the place of the key, of nothing, or of what was asked for longest ago. */
static size_t slot_of(struct kept_trees *k, struct str key)
{
    size_t oldest = 0;
    for (size_t i = 0; i < TREES_MAX; i++)
        if (k->trees[i] && str_equal(k->trees[i]->key, key))
            return i;
    for (size_t i = 0; i < TREES_MAX; i++)
        if (!k->trees[i])
            return i;
        else if (k->trees[i]->used < k->trees[oldest]->used)
            oldest = i;
    return oldest;
}

static void drop(struct kept_trees *k, size_t slot)
{
    if (k->trees[slot])
        k->size -= k->trees[slot]->size;
    tree_release(k->trees[slot]);
    k->trees[slot] = NULL;
}

static void publish(struct kept_trees *k, struct tree *t)
{
    pthread_mutex_lock(&k->mutex);
    size_t slot = slot_of(k, t->key);
    struct tree *there = k->trees[slot];
    if (!there || !str_equal(there->key, t->key) || there->place.leaf <= t->place.leaf || there->day != t->day) {
        drop(k, slot);
        for (size_t i = 0; k->size + t->size > ALL_BYTES_MAX && i < TREES_MAX; i++) { /* the room of those asked for longest ago */
            size_t oldest = TREES_MAX;
            for (size_t n = 0; n < TREES_MAX; n++)
                if (k->trees[n] && (oldest == TREES_MAX || k->trees[n]->used < k->trees[oldest]->used))
                    oldest = n;
            if (oldest < TREES_MAX)
                drop(k, oldest);
        }
        t->used = ++k->clock;
        atomic_fetch_add(&t->holders, 1);
        k->size += t->size;
        k->trees[slot] = t;
    }
    pthread_mutex_unlock(&k->mutex);
}

/* What is kept, if nothing came since that changes it. */
static const struct json *held(struct kept_trees *k, struct view *v, struct str key, const char *streams, const struct ledger_place *newest)
{
    struct err failed = {0};
    pthread_mutex_lock(&k->mutex);
    struct tree *t = k->trees[slot_of(k, key)];
    bool is_there = t && str_equal(t->key, key) && t->day == view_today(v) && t->place.leaf <= newest->leaf && ledger_place_is(v->db, &t->place);
    bool is_same = is_there && (t->place.leaf == newest->leaf ||
                                (db_one_int(v->db, &failed, 1,
                                            "select exists(select 1 from leaf where idx > ?1 and (type in ('erase', 'erased', 'reencrypt') or st in (select value from json_each(?2)) or "
                                            "type in (select value from json_each(?2)))) or exists(select 1 from record_definition where leaf > ?1)",
                                            A(t->place.leaf), A(str_of(streams))) == 0 &&
                                 !failed.code));
    if (is_same) {
        t->place = *newest;
        t->used = ++k->clock;
        atomic_fetch_add(&t->holders, 1);
    }
    const struct json *root = is_same ? t->root : NULL;
    pthread_mutex_unlock(&k->mutex);
    if (is_same)
        arena_on_free(v->arena, tree_release, t);
    return root;
}

const struct json *kept_tree_get(struct view *v, struct str key, const char *streams, struct json *(*make)(struct view *v, void *context, struct err *e), void *context,
                                 struct err *e)
{
    struct kept_trees *k = v->kept && !v->is_past ? view_kept_trees(v->kept) : NULL;
    struct ledger_place newest;
    if (!k || !ledger_place_newest(v->db, &newest))
        return make(v, context, e);
    const struct json *root = held(k, v, key, streams, &newest);
    if (root)
        return root;
    struct json *made = make(v, context, e); /* not while holding the mutex: a request that takes too much memory is left by a jump */
    if (made)
        publish(k, tree_new(v, key, made, &newest));
    return made;
}

struct json *kept_row(struct arena *a, const struct json *row)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    json_write(&b, row);
    return json_new_str(a, arena_str(a, buf_view(&b)));
}

struct json *kept_row_open(struct arena *a, const struct json *row)
{
    struct err e = {0};
    return json_parse(a, row->text, JSON_LIMITS_DEFAULT, &e);
}
