/*
 * test_records.h - a projection that takes record operations without a keeper, and can be made again from its leaves; for tests.
 *
 *     struct records r;
 *     records_init(&r);
 *     records_create(&r, "person", "{\"name\":\"Ann\",\"kind\":\"employee\"}");   // the id of the record
 *     records_do(&r, &change, &e);
 *     records_release(&r);
 */
#ifndef RECORD_TEST_RECORDS_H
#define RECORD_TEST_RECORDS_H

#include "blob/blob.h"
#include "keeper/projection.h"
#include "record/internal.h"

#include <check.h>

enum { TEST_LEAVES_MAX = 20000 };

struct test_leaf {
    struct str text;          /* JSON */
    struct str values, extra; /* plaintext of its first blob; the rest are files that nobody reads */
    bool is_erased;
    const char *type;         /* of the draft that it was made of */
};

struct records {
    struct db *db;
    struct arena *arena;
    struct test_leaf *leaves;
    int64_t next;
    int64_t t;
    const char *actor;
    const char *step;
    bool apply_fails; /* the last operation was made but not applied */
};

static inline void records_env_random(void *context, void *bytes, size_t size)
{
    env_system.random(context, bytes, size);
}

static inline struct db *records_db(void)
{
    struct err e = {0};
    struct db *db = db_open("", DB_MEMORY, &e);
    ck_assert_msg(db && db_script(db, content_schema_sql, &e), "%s", e.text);
    return db;
}

static inline void records_init(struct records *r)
{
    *r = (struct records){.arena = arena_new("records", (size_t)1 << 30), .t = 1000, .actor = "local:admin"};
    r->db = records_db();
    r->leaves = arena_array(r->arena, TEST_LEAVES_MAX, sizeof(*r->leaves));
}

static inline void records_release(struct records *r)
{
    db_close(r->db);
    arena_free(r->arena);
}

static inline bool records_blob(void *context, struct arena *a, struct str c, struct str x, struct str *ret, struct err *e)
{
    const struct test_leaf *leaf = context;
    (void)a, (void)c, (void)x;
    if (leaf->is_erased)
        return err_set(e, ERR_NOT_FOUND, "erased");
    *ret = leaf->values;
    return true;
}

static inline bool records_apply(struct db *db, struct arena *a, const struct test_leaf *leaf, int64_t index, struct err *e)
{
    struct json *json = json_parse(a, leaf->text, JSON_LIMITS_DEFAULT, e);
    struct sha256 hash = sha256_of(leaf->text);
    struct blob_reader blobs = {records_blob, (void *)(uintptr_t)leaf};
    struct leaf_view view = {.index = (uint64_t)index, .t = json_int(json, "t", 0), .type = "record", .json = json};
    const struct op_kind *kind = str_is(json_text(json, "k"), "record.type") ? &op_record_type : &op_record_change;
    struct json *answer = json_object(a);
    return json &&
           db_run(db, e, "insert into leaf(idx, type, t, st, sq, hash) values(?1, 'record', ?2, 's', 0, ?3)", A(index), A(view.t), A(db_blob(hash.bytes, 32))) &&
           kind->apply(db, a, &view, &blobs, e) && (!kind->answer || kind->answer(db, a, &view, answer, e));
}

static inline struct test_leaf records_leaf(struct records *r, const struct op *op, const struct leaf_draft *draft, const char *kind, int64_t t)
{
    struct err e = {0};
    struct buf BUF_AUTO text;
    struct test_leaf leaf = {0};
    buf_init(&text, 65535);
    struct json *json = draft->body;
    if (!json_get(json, "k"))
        json_put_cstr(json, "k", kind);
    leaf.type = draft->type;
    json_put_int(json, "t", t);
    json_put_cstr(json, "a", "s:00112233445566778899aabbccddeeff");
    struct json *list = json_put_array(json, "b");
    for (size_t i = 0; i < draft->blob_count; i++) {
        const struct op_blob *b = &op->blobs[draft->blob_first + i];
        struct json *o = json_push_object(list);
        json_put_str(o, "c", str_of(b->c));
        json_put_str(o, "x", str_of(b->x));
        if (i == 0)
            ck_assert_msg(blob_open(r->arena, b->ciphertext, b->c, b->x, b->dek, 4 << 20, &leaf.values, &e), "%s", e.text);
    }
    ck_assert_msg(json_write_canonical(&text, json, &e), "%s", e.text);
    leaf.text = arena_str(r->arena, buf_view(&text));
    return leaf;
}

/* Made, then applied as the keeper does. */
static inline bool records_op(struct records *r, const struct op_kind *kind, struct op *op, struct err *e)
{
    struct leaf_drafts drafts = {0};
    if (!kind->make(r->db, r->arena, op, &drafts, e))
        return false;
    r->t += 1000;
    if (!db_savepoint(r->db, e))
        return false;
    int64_t next = r->next;
    for (size_t i = 0; i < drafts.count; i++) {
        r->leaves[r->next] = records_leaf(r, op, &drafts.items[i], kind->kind, r->t);
        if (!records_apply(r->db, r->arena, &r->leaves[r->next], r->next, e)) {
            db_savepoint_undo(r->db);
            r->next = next;
            r->apply_fails = true;
            return false;
        }
        r->next++;
    }
    if (db_savepoint_keep(r->db, e))
        return true;
    db_savepoint_undo(r->db); /* also its end may be what breaks off */
    r->next = next;
    r->apply_fails = true;
    return false;
}

static inline struct access records_access(struct records *r)
{
    struct access x;
    struct err e = {0};
    ck_assert_msg(access_read(r->db, r->arena, str_of(r->actor), r->t, &x, &e), "%s", e.text);
    x.has_stepped_up = r->step != NULL;
    x.step = r->step;
    return x;
}

static inline bool records_do_all(struct records *r, const struct record_change *changes, size_t count, struct err *e)
{
    struct access x = records_access(r);
    struct op op;
    return record_op(&env_system, r->arena, changes, count, &x, &op, e) && records_op(r, &op_record_change, &op, e);
}

static inline bool records_do(struct records *r, const struct record_change *change, struct err *e)
{
    return records_do_all(r, change, 1, e);
}

static inline struct json *records_json(struct records *r, const char *text)
{
    struct err e = {0};
    struct json *v = json_parse(r->arena, str_of(text), JSON_LIMITS_DEFAULT, &e);
    ck_assert_msg(v != NULL, "%s: %s", text, e.text);
    return v;
}

static inline const struct record_type *records_type(struct records *r, const char *type)
{
    struct err e = {0};
    const struct record_type *t = record_type_in_force(r->db, str_of(type), &e);
    ck_assert_msg(t != NULL, "%s", e.text);
    return t;
}

/* With the defaults of its type. */
static inline const char *records_create(struct records *r, const char *type, const char *values)
{
    struct err e = {0};
    struct access x = records_access(r);
    struct json *set = records_json(r, values);
    record_defaults(records_type(r, type), set, &x, r->t);
    struct record_change c = {.type = str_of(type), .act = RECORD_CREATE, .set = set};
    ck_assert_msg(records_do(r, &c, &e), "%s", e.text);
    return db_one_text(r->arena, r->db, &e, "select id from record_change order by leaf desc limit 1").data;
}

static inline struct record *records_get(struct records *r, const char *type, const char *id)
{
    struct err e = {0};
    return record_get(r->db, r->arena, records_type(r, type), str_of(id), INT64_MAX, &e);
}

static inline bool records_dump_write(void *context, struct str text, struct err *e)
{
    (void)e;
    buf_str(context, text);
    return true;
}

static inline struct str records_dump(struct records *r, struct db *db)
{
    struct err e = {0};
    struct buf BUF_AUTO b;
    buf_init(&b, 256 << 20);
    ck_assert_msg(projection_dump(db, records_dump_write, &b, &e), "%s", e.text);
    return arena_str(r->arena, buf_view(&b));
}

/* A second projection from the leaves [0, count) alone. */
static inline struct db *records_replay(struct records *r, int64_t count)
{
    struct err e = {0};
    struct db *db = records_db();
    for (int64_t i = 0; i < count; i++)
        ck_assert_msg(records_apply(db, r->arena, &r->leaves[i], i, &e), "leaf %lld: %s", (long long)i, e.text);
    return db;
}

#endif
