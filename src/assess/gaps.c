#include "assess/gaps.h"

#include "base/times.h"

const char *gap_why_words(struct str why)
{
    return str_is(why, "off")       ? "the server was not running"
           : str_is(why, "restart") ? "the server was not running, and the machine was started again meanwhile"
           : str_is(why, "clock")   ? "the clock was moved, or the machine slept"
           : str_is(why, "stall")   ? "the server ran, but did not get to it"
           : str_is(why, "missed")  ? "the run that was due did not come"
                                    : "why is not known";
}

struct list {
    struct arena *arena;
    struct gap_seen *items;
    size_t count, capacity;
};

static void add(struct list *l, struct gap_seen gap)
{
    if (l->count == l->capacity)
        l->items = arena_grow(l->arena, l->items, l->count, &l->capacity, sizeof *l->items);
    l->items[l->count++] = gap;
}

/* A gap leaf may tell of its beginning already. */
static void add_open(struct list *l, const char *kind, const char *why, struct str subject, int64_t from_ms)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_is(l->items[i].kind, kind) && str_equal(l->items[i].subject, subject) && l->items[i].from_ms == from_ms) {
            l->items[i].to_ms = INT64_MAX;
            return;
        }
    add(l, (struct gap_seen){-1, str_of(kind), str_of(why), arena_str(l->arena, subject), from_ms, INT64_MAX, -1, {0}});
}

static bool open_load(struct list *l, struct db *db, int64_t at_ms, int64_t leaf_limit, struct err *e)
{
    struct err inner = {0};
    int64_t every =
        db_one_int(db, &inner, 0, "select every from seal_every where leaf <= ?1 order by leaf desc limit 1", A(leaf_limit));
    if (!inner.code && every > 0) { /* the seal is at most a second of leaves away */
        int64_t t = db_one_int(db, &inner, at_ms, "select t from leaf where idx <= ?1 and type = 'seal' order by idx desc limit 1",
                               A(leaf_limit));
        if (at_ms - t > 2 * every)
            add_open(l, "seal", "off", STR(""), t);
    }
    DB_EACH (row, db, &inner,
             "select subject, every, (select t from run where run.subject = s.subject and leaf <= ?1 order by leaf desc limit 1)"
             " from schedule s where every > 0",
             A(leaf_limit))
        if (!db_is_null(row, 2) && at_ms - db_int(row, 2) > 2 * db_int(row, 1))
            add_open(l, "run", "missed", db_text(row, 0), db_int(row, 2) + db_int(row, 1));
    return inner.code ? (*e = inner, false) : true;
}

static int by_from(const void *pa, const void *pb)
{
    const struct gap_seen *a = pa, *b = pb;
    return a->from_ms < b->from_ms ? -1 : a->from_ms > b->from_ms;
}

struct gap_seen *gaps_load(struct db *db, struct arena *a, int64_t since_ms, int64_t at_ms, int64_t leaf_limit, size_t *ret_count,
                           struct err *e)
{
    struct err inner = {0};
    struct list l = {.arena = a, .items = arena_array(a, 1, sizeof(struct gap_seen)), .capacity = 1};
    DB_EACH (row, db, &inner,
             "select leaf, kind, why, subject, from_t, to_t, coalesce(explained_leaf, -1), coalesce(explanation, '') from gap"
             " where to_t > ?1 and leaf <= ?2 order by from_t",
             A(since_ms), A(leaf_limit)) {
        bool is_explained = db_int(row, 6) >= 0 && db_int(row, 6) <= leaf_limit;
        add(&l, (struct gap_seen){db_int(row, 0), arena_str(a, db_text(row, 1)), arena_str(a, db_text(row, 2)),
                                  arena_str(a, db_text(row, 3)), db_int(row, 4), db_int(row, 5), is_explained ? db_int(row, 6) : -1,
                                  is_explained ? arena_str(a, db_text(row, 7)) : (struct str){"", 0}});
    }
    if (inner.code || !open_load(&l, db, at_ms, leaf_limit, &inner)) {
        *e = inner;
        return NULL;
    }
    qsort(l.items, l.count, sizeof *l.items, by_from);
    *ret_count = l.count;
    return l.items;
}

struct interval *gaps_of_subject(struct arena *a, const struct gap_seen *gaps, size_t count, struct str subject, size_t *ret_count)
{
    struct interval *out = arena_array(a, count + 1, sizeof *out);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct gap_seen *g = &gaps[i];
        if (g->subject.size > 0 && !str_equal(g->subject, subject))
            continue;
        struct interval *last = *ret_count > 0 ? &out[*ret_count - 1] : NULL;
        if (last && g->from_ms <= last->to_ms)
            last->to_ms = g->to_ms > last->to_ms ? g->to_ms : last->to_ms;
        else
            out[(*ret_count)++] = (struct interval){g->from_ms, g->to_ms};
    }
    return out;
}
