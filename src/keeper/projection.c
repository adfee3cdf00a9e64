/* projection.c - leaves become rows. */
#include "keeper/projection.h"
#include "base/limits.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

extern const char schema_sql[];
extern const size_t schema_sql_size;

enum { SCRATCH_BYTES_MAX = 1 << 30, CATCH_UP_LEAVES = 1000 };

/* Tells our own versions apart, no more; and every command reads it, so no hash that OpenSSL has to look up first. */
static void schema_digest(char ret[32])
{
    snprintf(ret, 32, "%zu-%08x", schema_sql_size, (unsigned)crc32c_add(0, str_make(schema_sql, schema_sql_size)));
}

static bool meta_is(struct db *db, const char *key, const char *value)
{
    struct err e = {0};
    struct arena *a = arena_new("meta", 1 << 20);
    struct str found = db_one_text(a, db, &e, "select value from meta where key=?1", A(key));
    bool same = e.code == ERR_NONE && found.data && str_is(found, value);
    arena_free(a);
    return same;
}

bool projection_has_schema(struct db *db)
{
    char digest[32];
    schema_digest(digest);
    return meta_is(db, "schema", digest);
}

static bool schema_make(struct db *db, const char *origin, struct err *e)
{
    char digest[32];
    schema_digest(digest);
    if (!db_begin(db, e))
        return false;
    bool ok = db_script(db, schema_sql, e) &&
              db_run(db, e, "insert into meta(key, value) values ('schema', ?1)", A((const char *)digest)) &&
              db_run(db, e, "insert into meta(key, value) values ('origin', ?1)", A(origin)) &&
              db_run(db, e, "insert into meta(key, value) values ('next', '0')") && db_commit(db, e);
    if (!ok)
        db_rollback(db);
    return ok;
}

static void path_of(char *ret, size_t size, const char *data_path, const char *suffix)
{
    snprintf(ret, size, "%s/" PROJECTION_FILE "%s", data_path, suffix);
}

static void remove_files(const char *data_path, const char *infix)
{
    static const char *const SUFFIXES[] = {"-wal", "-shm", "-journal", ""};
    char path[PATH_MAX + 64], suffix[32];
    for (size_t i = 0; i < sizeof(SUFFIXES) / sizeof(SUFFIXES[0]); i++) {
        snprintf(suffix, sizeof(suffix), "%s%s", infix, SUFFIXES[i]);
        path_of(path, sizeof(path), data_path, suffix);
        unlink(path);
    }
}

static bool projection_attach(struct projection *p, struct db *db, const struct op_kind *kinds, size_t kind_count, struct err *e)
{
    *p = (struct projection){.db = db, .kinds = kinds, .kind_count = kind_count};
    struct err failed = {0};
    int64_t next = db_one_int(db, &failed, -1, "select cast(value as integer) from meta where key='next'");
    if (failed.code || next < 0)
        return failed.code ? (*e = failed, false) : err_set(e, ERR_CORRUPT, "projection: no next leaf");
    p->next = (uint64_t)next;
    p->scratch = arena_new("leaf", SCRATCH_BYTES_MAX);
    return true;
}

bool projection_open(struct projection *p, const char *data_path, const char *origin, const struct op_kind *kinds,
                     size_t kind_count, struct err *e)
{
    char path[PATH_MAX + 64];
    path_of(path, sizeof(path), data_path, "");
    struct err first = {0};
    struct db *db = access(path, F_OK) == 0 ? db_open(path, DB_WRITE, &first) : NULL;
    if (db && projection_has_schema(db) && meta_is(db, "origin", origin) && projection_attach(p, db, kinds, kind_count, &first))
        return true;
    /* Disk full or read-only is no reason to throw a cache away; damage and another shape are. */
    if (!db && first.code && first.code != ERR_CORRUPT)
        return (*e = first, false);
    db_close(db);
    remove_files(data_path, "");
    db = db_open(path, DB_WRITE, e);
    if (db && schema_make(db, origin, e) && projection_attach(p, db, kinds, kind_count, e))
        return true;
    db_close(db);
    return false;
}

bool projection_open_memory(struct projection *p, const char *origin, const struct op_kind *kinds, size_t kind_count,
                            struct err *e)
{
    struct db *db = db_open(NULL, DB_MEMORY, e);
    if (db && schema_make(db, origin, e) && projection_attach(p, db, kinds, kind_count, e))
        return true;
    db_close(db);
    return false;
}

void projection_close(struct projection *p)
{
    if (p->scratch)
        arena_free(p->scratch);
    db_close(p->db);
    *p = (struct projection){0};
}

/* The kind that applies a leaf: the one that the leaf names in `k`, else the first that makes this type. */
static const struct op_kind *kind_of(const struct projection *p, struct str type, struct str kind)
{
    for (size_t i = 0; i < p->kind_count; i++)
        if (kind.size ? str_is(kind, p->kinds[i].kind) : str_is(type, p->kinds[i].leaf_type))
            return &p->kinds[i];
    return NULL;
}

static bool answer_of(struct projection *p, struct arena *a, const struct op_kind *kind, const struct leaf_view *view,
                      struct str *ret, struct err *e)
{
    struct json *answer = json_object(a);
    json_put_int(answer, "leaf", (int64_t)view->index);
    json_put_int(answer, "t", view->t);
    if (kind && kind->answer && !kind->answer(p->db, a, view, answer, e))
        return false;
    struct buf BUF_AUTO text;
    buf_init(&text, LIMIT_LEAF_BYTES);
    if (!json_write_canonical(&text, answer, e))
        return false;
    *ret = arena_str(a, buf_view(&text));
    return true;
}

static bool rows_of_leaf(struct projection *p, const struct leaf_view *view, struct err *e)
{
    const struct json *json = view->json;
    struct str stream = json_text(json, "st"), op = json_text(json, "op"), actor = json_text(json, "a");
    int64_t sequence = json_int(json, "sq", 0);
    struct db_arg hash = db_blob(view->hash.bytes, SHA256_SIZE);
    return db_run(p->db, e, "insert into leaf(idx, type, t, st, sq, hash, op, actor) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                  A((int64_t)view->index), A(view->type), A(view->t), A(stream.size ? stream : str_of(view->type)), A(sequence),
                  A(hash), A(op.size ? op : (struct str){0}), A(actor.size ? actor : (struct str){0})) &&
           db_run(p->db, e,
                  "insert into stream(st, sq, hash) values (?1, ?2, ?3) on conflict(st) do update set sq=excluded.sq, "
                  "hash=excluded.hash",
                  A(stream.size ? stream : str_of(view->type)), A(sequence), A(hash));
}

bool projection_apply(struct projection *p, struct arena *a, struct str bytes, const struct blob_reader *blobs,
                      struct str *ret_answer, struct err *e)
{
    struct leaf leaf;
    if (!leaf_parse(a, bytes, &leaf, e))
        return err_wrap(e, "leaf %llu", (unsigned long long)p->next);
    struct leaf_view view = {.index = p->next,
                             .t = json_int(leaf.json, "t", 0),
                             .type = arena_strndup(a, leaf.type.data, leaf.type.size),
                             .json = leaf.json,
                             .text = leaf.text,
                             .hash = merkle_leaf_hash(bytes)};
    const struct op_kind *kind = kind_of(p, leaf.type, json_text(leaf.json, "k"));
    struct str op = json_text(leaf.json, "op"), answer = {0};
    if (!rows_of_leaf(p, &view, e) || (kind && kind->apply && !kind->apply(p->db, a, &view, blobs, e)))
        return err_wrap(e, "leaf %llu (%s)", (unsigned long long)p->next, view.type);
    if (op.size) {
        if (!answer_of(p, a, kind, &view, &answer, e) ||
            !db_run(p->db, e,
                    "insert into operation(id, leaf, answer) values (?1, ?2, ?3) "
                    "on conflict(id) do update set leaf=excluded.leaf, answer=excluded.answer",
                    A(op), A((int64_t)view.index), A(answer)))
            return err_wrap(e, "leaf %llu (%s)", (unsigned long long)p->next, view.type);
        if (ret_answer)
            *ret_answer = answer;
    }
    p->next++;
    return true;
}

bool projection_note_next(struct projection *p, struct err *e)
{
    char text[32];
    snprintf(text, sizeof(text), "%llu", (unsigned long long)p->next);
    return db_run(p->db, e, "update meta set value=?1 where key='next'", A((const char *)text));
}

struct catch_up {
    struct projection *p;
    const struct blob_reader *blobs;
    uint64_t in_transaction;
    struct sha256 expected; /* hash of the last leaf that the projection holds */
    bool checks_last;
    uint64_t from; /* what the projection held at the start */
};

static bool catch_up_leaf(void *context, uint64_t index, struct str leaf, struct err *e)
{
    struct catch_up *c = context;
    struct projection *p = c->p;
    if (c->checks_last) {
        c->checks_last = false;
        if (!sha256_equal(merkle_leaf_hash(leaf), c->expected))
            return err_set(e, ERR_CORRUPT, "projection: leaf %llu is not the ledger's", (unsigned long long)index);
        return true;
    }
    /* A projection that lost its last commits may still hold what was derived from blobs that are erased by now. */
    if (c->from > 0 && str_starts(leaf, "assay/leaf@v1 erased\n"))
        return err_set(e, ERR_CORRUPT, "projection: blobs were erased since leaf %llu", (unsigned long long)c->from);
    if (c->in_transaction == 0 && !db_begin(p->db, e))
        return false;
    c->in_transaction++;
    bool ok = projection_apply(p, p->scratch, leaf, c->blobs, NULL, e);
    arena_reset(p->scratch);
    if (ok && c->in_transaction >= CATCH_UP_LEAVES) {
        ok = projection_note_next(p, e) && db_commit(p->db, e);
        c->in_transaction = ok ? 0 : c->in_transaction;
    }
    return ok;
}

bool projection_catch_up(struct projection *p, struct ledger *l, const struct blob_reader *blobs, struct err *e)
{
    struct catch_up c = {.p = p, .blobs = blobs, .from = p->next};
    uint64_t from = p->next, committed = p->next;
    if (p->next > ledger_size(l))
        return err_set(e, ERR_CORRUPT, "projection: it has %llu leaves, the ledger %llu", (unsigned long long)p->next,
                       (unsigned long long)ledger_size(l));
    if (p->next > 0) {
        struct err failed = {0};
        DB_EACH (row, p->db, &failed, "select hash from leaf where idx=?1", A((int64_t)p->next - 1)) {
            struct str hash = db_bytes(row, 0);
            c.checks_last = hash.size == SHA256_SIZE;
            if (c.checks_last)
                memcpy(c.expected.bytes, hash.data, SHA256_SIZE);
        }
        if (failed.code || !c.checks_last)
            return err_set(e, ERR_CORRUPT, "projection: its last leaf is missing");
        from = p->next - 1;
    }
    if (p->next == ledger_size(l) && from == p->next)
        return true;
    bool ok = ledger_replay(l, from, catch_up_leaf, &c, e);
    if (ok && c.in_transaction)
        ok = projection_note_next(p, e) && db_commit(p->db, e);
    if (!ok && c.in_transaction) {
        db_rollback(p->db);
        p->next = (uint64_t)db_one_int(p->db, &(struct err){0}, (int64_t)committed,
                                       "select cast(value as integer) from meta where key='next'");
    }
    return ok;
}

bool projection_rebuild(const char *data_path, const char *origin, const struct op_kind *kinds, size_t kind_count,
                        struct ledger *l, const struct blob_reader *blobs, uint64_t *ret_leaves, struct err *e)
{
    char fresh[PATH_MAX + 64], final[PATH_MAX + 64];
    path_of(fresh, sizeof(fresh), data_path, ".new");
    path_of(final, sizeof(final), data_path, "");
    remove_files(data_path, ".new");
    struct projection p = {0};
    struct db *db = db_open(fresh, DB_WRITE, e);
    bool ok = db && schema_make(db, origin, e) && projection_attach(&p, db, kinds, kind_count, e);
    if (!ok) {
        db_close(db);
        return false;
    }
    ok = projection_catch_up(&p, l, blobs, e);
    uint64_t leaves = p.next;
    projection_close(&p); /* the last connection: its WAL goes into the file */
    if (!ok) {
        remove_files(data_path, ".new");
        return false;
    }
    /* The old file's WAL must never meet the new file. */
    remove_files(data_path, "");
    if (rename(fresh, final) != 0)
        return err_errno(e, errno, "%s", final);
    if (ret_leaves)
        *ret_leaves = leaves;
    return true;
}

bool projection_prepare(struct projection *p, const char *data_path, const char *origin, const struct op_kind *kinds,
                        size_t kind_count, struct ledger *l, const struct blob_reader *blobs, struct err *e)
{
    struct err first = {0};
    if (projection_open(p, data_path, origin, kinds, kind_count, &first)) {
        if (projection_catch_up(p, l, blobs, &first))
            return true;
        projection_close(p);
    }
    if (first.code != ERR_CORRUPT && first.code != ERR_CONFLICT && first.code != ERR_INTERNAL)
        return (*e = first, false);
    /* A projection that does not fit its ledger is thrown away; if the leaves themselves cannot be applied, this fails as well
     * and says so. */
    return projection_rebuild(data_path, origin, kinds, kind_count, l, blobs, NULL, e) &&
           projection_open(p, data_path, origin, kinds, kind_count, e);
}

static bool store_read(void *context, struct arena *a, struct str c, struct str x, struct str *ret_plain, struct err *e)
{
    struct blob_store_reader *s = context;
    char c_text[65], x_text[65];
    uint8_t dek[DEK_SIZE];
    struct str stored;
    if (c.size != 64 || x.size != 64)
        return err_set(e, ERR_CORRUPT, "blob: c or x is not 64 hex digits");
    memcpy(c_text, c.data, 64);
    memcpy(x_text, x.data, 64);
    c_text[64] = x_text[64] = 0;
    char now[65];
    bool ok = pack_current(s->packs, x_text, now, e) && keyring_get(s->keys, now, dek, e) && pack_read(s->packs, a, now, &stored, e) &&
              blob_open(a, stored, c_text, now, dek, LIMIT_BLOB_BYTES, ret_plain, e);
    memory_wipe(dek, sizeof(dek));
    return ok;
}

struct blob_reader blob_store_reader(struct blob_store_reader *s)
{
    return (struct blob_reader){.read = store_read, .context = s};
}
