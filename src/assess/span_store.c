/* span_store.c - see span_store.h. A span: test * 8 + 4 where all its resources have its own status + status; then, as what they differ by, its end (from the
 * end before), its length, the leaf of its end (likewise), how many leaves lie between; then one count, or four. All of them LEB128. */
#include "assess/span_store.h"

#include "content/content.h"

enum { CHUNK_BYTES = 1900, SPAN_BYTES_MAX = 100 }; /* two rows to a page of the database */

/* ---- reading ---- */

void span_chunk_open(struct span_reader *r, struct str bytes)
{
    const unsigned char *data = (const unsigned char *)(bytes.data ? bytes.data : "");
    *r = (struct span_reader){.at = data, .end = data + bytes.size};
}

static uint64_t number_take(struct span_reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        unsigned byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    r->is_damaged = true;
    return 0;
}

bool span_chunk_next(struct span_reader *r, struct stored_span *ret)
{
    if (r->at == r->end || r->is_damaged)
        return false;
    uint64_t head = number_take(r);
    ret->test = (int64_t)(head >> 3);
    ret->status = (enum result_status)(head & 3);
    ret->to_ms = r->to_ms = (int64_t)((uint64_t)r->to_ms + number_take(r));
    ret->from_ms = (int64_t)((uint64_t)r->to_ms - number_take(r));
    ret->to_leaf = r->to_leaf = (int64_t)((uint64_t)r->to_leaf + number_take(r));
    ret->from_leaf = (int64_t)((uint64_t)r->to_leaf - number_take(r));
    ret->counts = (struct result_counts){0};
    if (head & 4)
        ret->counts.of[ret->status] = (int64_t)number_take(r);
    else
        for (int k = 0; k < 4; k++)
            ret->counts.of[k] = (int64_t)number_take(r);
    if (ret->from_ms > ret->to_ms || ret->from_leaf > ret->to_leaf)
        r->is_damaged = true;
    return !r->is_damaged;
}

/* ---- writing ---- */

static void number_put(struct buf *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_char(b, (char)(unsigned char)(value | 0x80));
    buf_char(b, (char)value);
}

struct chunk {
    int64_t id; /* -1: a new one */
    int64_t to_ms, to_leaf;
    struct buf bytes;
};

static void span_put(struct chunk *c, const struct stored_span *s)
{
    const int64_t *of = s->counts.of;
    bool is_one = of[0] + of[1] + of[2] + of[3] == of[s->status];
    number_put(&c->bytes, (uint64_t)s->test << 3 | (is_one ? 4u : 0u) | (uint64_t)s->status);
    number_put(&c->bytes, (uint64_t)s->to_ms - (uint64_t)c->to_ms);
    number_put(&c->bytes, (uint64_t)s->to_ms - (uint64_t)s->from_ms);
    number_put(&c->bytes, (uint64_t)s->to_leaf - (uint64_t)c->to_leaf);
    number_put(&c->bytes, (uint64_t)s->to_leaf - (uint64_t)s->from_leaf);
    for (int k = 0; k < 4; k++)
        if (!is_one || k == (int)s->status)
            number_put(&c->bytes, (uint64_t)of[k]);
    c->to_ms = s->to_ms;
    c->to_leaf = s->to_leaf;
}

static bool chunk_write(struct db *db, struct str subject, struct chunk *c, struct err *e)
{
    struct db_arg bytes = db_blob(c->bytes.data, c->bytes.size);
    bool is_ok = c->id < 0 ? db_run(db, e, "insert into test_span_chunk(subject, to_t, to_leaf, spans) values(?1, ?2, ?3, ?4)", A(subject), A(c->to_ms), A(c->to_leaf), A(bytes))
                           : db_run(db, e, "update test_span_chunk set to_t = ?2, to_leaf = ?3, spans = ?4 where id = ?1", A(c->id), A(c->to_ms), A(c->to_leaf), A(bytes));
    buf_clear(&c->bytes);
    c->id = -1;
    c->to_ms = c->to_leaf = 0;
    return is_ok;
}

static bool chunk_last(struct db *db, struct str subject, struct chunk *c, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, db, &inner, "select id, to_t, to_leaf, spans from test_span_chunk where subject = ?1 order by to_t desc, id desc limit 1", A(subject)) {
        struct str bytes = db_bytes(row, 3);
        if (bytes.size >= CHUNK_BYTES)
            continue;
        c->id = db_int(row, 0);
        c->to_ms = db_int(row, 1);
        c->to_leaf = db_int(row, 2);
        buf_str(&c->bytes, bytes);
    }
    return inner.code ? (*e = inner, false) : true;
}

bool spans_append(struct db *db, struct str subject, const struct stored_span *spans, size_t count, struct err *e)
{
    struct chunk c = {.id = -1};
    buf_init(&c.bytes, 2 * CHUNK_BYTES + SPAN_BYTES_MAX);
    bool is_ok = count == 0 || chunk_last(db, subject, &c, e);
    for (size_t i = 0; is_ok && i < count; i++) {
        span_put(&c, &spans[i]);
        if (c.bytes.size >= CHUNK_BYTES || i + 1 == count)
            is_ok = chunk_write(db, subject, &c, e);
    }
    buf_release(&c.bytes);
    return is_ok;
}

/* ---- names ---- */

int64_t test_name_row(struct db *db, struct str name, struct err *e)
{
    struct err inner = {0};
    int64_t id = db_one_int(db, &inner, -1, "select id from test_name where name = ?1", A(name));
    if (!inner.code && id < 0 && db_run(db, &inner, "insert into test_name(name) values(?1)", A(name)))
        id = db_rowid(db);
    return inner.code ? (*e = inner, -1) : id;
}

bool test_names_load(struct db *db, struct arena *a, const size_t **ret, size_t *ret_count, struct err *e)
{
    struct err inner = {0};
    int64_t last = db_one_int(db, &inner, 0, "select max(id) from test_name");
    if (inner.code)
        return (*e = inner, false);
    size_t count = (size_t)last + 1, *indexes = arena_array(a, count, sizeof *indexes);
    for (size_t i = 0; i < count; i++)
        indexes[i] = SIZE_MAX;
    DB_EACH (row, db, e, "select id, name from test_name") {
        const struct test *t = content_test(db_text(row, 1));
        if (t && db_int(row, 0) <= last)
            indexes[db_int(row, 0)] = (size_t)(t - content_tests);
    }
    *ret = indexes;
    *ret_count = count;
    return e->code == ERR_NONE;
}
