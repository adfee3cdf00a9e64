/*
 * world.h - a made projection for tests: subjects, runs and evaluations applied through the operation kinds, without keeper or
 * ledger.
 *
 *     struct world w;
 *     world_init(&w);
 *     world_subject(&w, "s:00112233445566778899aabbccddeeff", "web-1", 0);
 *     world_result(&w, "ssh-root-login", "root", RESULT_FAIL, "allowed");       // what the next evaluation finds
 *     world_evaluate(&w, "s:0011...", at_ms);
 *     world_release(&w);
 */
#ifndef ASSESS_WORLD_H
#define ASSESS_WORLD_H

#include "assess/ops.h"
#include "assess/stored.h"

#include <check.h>

struct world {
    struct db *db;
    struct arena *arena;
    int64_t next_leaf;
    struct results results; /* collected for the next evaluation */
    struct str blob;        /* plaintext of the leaf being applied */
    struct buf log;         /* every leaf and blob applied, for replaying */
    const struct json *alert; /* what the last operation drafted of it; NULL: none */
    struct world *replay;   /* not NULL: every leaf is applied there too */
};

static bool world_read(void *context, struct arena *a, struct str c, struct str x, struct str *ret, struct err *e)
{
    (void)a;
    (void)c;
    (void)x;
    (void)e;
    *ret = ((struct world *)context)->blob;
    return true;
}

static inline void world_check(bool is_ok, const struct err *e)
{
    ck_assert_msg(is_ok, "%s", e->text);
}

static inline void world_init(struct world *w)
{
    struct err e = {0};
    *w = (struct world){.arena = arena_new("world", (size_t)512 << 20)};
    w->db = db_open("", DB_MEMORY, &e);
    ck_assert_msg(w->db != NULL, "%s", e.text);
    world_check(db_script(w->db, content_schema_sql, &e), &e);
    results_init(&w->results, w->arena);
}

static inline void world_release(struct world *w)
{
    db_close(w->db);
    arena_free(w->arena);
}

static inline void world_leaf(struct world *w, const char *type, int64_t t, const char *stream)
{
    struct err e = {0};
    world_check(db_run(w->db, &e, "insert into leaf(idx, type, t, st, sq, hash) values(?1, ?2, ?3, ?4, 0, ?5)", A(w->next_leaf),
                       A(type), A(t), A(stream), A(db_blob("", 0))),
                &e);
    world_check(db_run(w->db, &e, "insert or replace into meta(key, value) values('next', ?1)",
                       A(arena_printf(w->arena, "%lld", (long long)w->next_leaf + 1))),
                &e);
    w->next_leaf++;
}

/* Applies one operation: make, then apply of the leaf that it drafts. Returns the leaf's index. */
static inline int64_t world_op(struct world *w, const struct op_kind *kind, struct op *op, struct str blob, int64_t t)
{
    struct err e = {0};
    struct leaf_drafts drafts;
    struct op_blob sealed = {.media = "application/json"};
    op->kind = kind->kind;
    op->blobs = &sealed;
    op->blob_count = blob.size > 0;
    if (blob.size > 0)
        world_check(op_blob_make(&env_system, w->arena, sealed.media, blob, &sealed, &e), &e);
    world_check(kind->make(w->db, w->arena, op, &drafts, &e), &e);
    ck_assert(drafts.count == 1 || (drafts.count == 2 && strcmp(drafts.items[0].type, "alert") == 0));
    w->alert = drafts.count == 2 ? drafts.items[0].body : NULL;
    struct json *leaf = drafts.items[drafts.count - 1].body;
    if (blob.size > 0) {
        struct json *b = json_push_object(json_put_array(leaf, "b"));
        json_put_str(b, "c", STR("cc"));
        json_put_str(b, "x", STR("xx"));
    }
    json_put_str(leaf, "a", op->actor.size > 0 ? op->actor : STR("local:admin"));
    w->blob = blob;
    struct leaf_view view = {.index = (uint64_t)w->next_leaf, .t = t, .type = kind->leaf_type, .json = leaf};
    struct blob_reader reader = {world_read, w};
    world_leaf(w, kind->leaf_type, t, "s");
    world_check(kind->apply(w->db, w->arena, &view, &reader, &e), &e);
    if (w->replay) {
        struct blob_reader second = {world_read, w};
        world_leaf(w->replay, kind->leaf_type, t, "s");
        world_check(kind->apply(w->replay->db, w->arena, &view, &second, &e), &e);
    }
    return (int64_t)view.index;
}

static inline int64_t world_catalog(struct world *w, int64_t t)
{
    struct op op = {.body = json_object(w->arena)};
    json_put_cstr(op.body, "digest", content_digest);
    return world_op(w, &op_catalog, &op, STR("{}"), t);
}

static inline void world_subject(struct world *w, const char *subject, const char *name, int64_t t)
{
    struct err e = {0};
    for (struct world *each = w; each; each = each->replay)
        world_check(
            db_run(each->db, &e,
                   "insert into subject(id, kind, name, first_leaf, last_leaf, facts) values(?1, 'host', ?2, ?3, ?3, '{}')",
                   A(subject), A(name), A(each->next_leaf)),
            &e);
    (void)t;
}

static inline void world_result(struct world *w, const char *test, const char *resource, enum result_status s, const char *reason)
{
    results_add(&w->results, str_of(test), str_of(resource), s, str_of(reason));
}

static inline int64_t world_run(struct world *w, const char *subject, int64_t at_ms)
{
    struct err e = {0};
    for (struct world *each = w; each; each = each->replay) {
        world_check(db_run(each->db, &e,
                           "insert into run(leaf, subject, t, taken_from, taken_to, shape, collector, changed) values(?1, ?2, "
                           "?3, ?4, ?3, 0, 'c', 0)",
                           A(each->next_leaf), A(subject), A(at_ms), A(at_ms - 100)),
                    &e);
        world_leaf(each, "run", at_ms, "host");
    }
    return w->next_leaf - 1;
}

/* A run and its evaluation, which found what world_result collected since the last one. Returns the evaluation's leaf. */
static inline int64_t world_evaluate_at(struct world *w, const char *subject, int64_t at_ms, int64_t t)
{
    struct err e = {0};
    struct results before;
    size_t changed;
    int64_t catalog = db_one_int(w->db, &e, -1, "select max(leaf) from catalog");
    if (catalog < 0)
        catalog = world_catalog(w, at_ms);
    int64_t run = world_run(w, subject, at_ms);
    results_init(&before, w->arena);
    results_finish(&w->results, 0);
    world_check(results_open(w->db, str_of(subject), &before, &e), &e);
    struct str blob = results_difference(w->arena, at_ms, &before, &w->results, &changed);
    struct op op = {.body = json_object(w->arena)};
    struct result_counts counts = results_count(w->results.items, w->results.count);
    json_put_int(op.body, "run", run);
    json_put_int(op.body, "cat", catalog);
    json_put_int(op.body, "par", -1);
    json_put_int(op.body, "at", at_ms);
    struct json *c = json_put_object(op.body, "cnt");
    for (int s = 0; s < 4; s++)
        json_put_int(c, result_status_name((enum result_status)s), counts.of[s]);
    results_init(&w->results, w->arena);
    return world_op(w, &op_eval, &op, blob, t);
}

static inline int64_t world_evaluate(struct world *w, const char *subject, int64_t at_ms)
{
    return world_evaluate_at(w, subject, at_ms, at_ms);
}

#endif
