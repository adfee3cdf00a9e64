#include "assess/result.h"

#include "base/json.h"

#include <assert.h>

static const char *const names[] = {"skip", "pass", "unknown", "fail"};
static const char *const words[] = {"Not applicable", "Pass", "Unknown", "Fail"};

const char *result_status_name(enum result_status s)
{
    return names[s];
}

const char *result_status_words(enum result_status s)
{
    return words[s];
}

bool result_status_parse(struct str name, enum result_status *ret)
{
    /* Their first letters tell them apart. */
    enum result_status s = name.size == 0        ? RESULT_SKIP
                           : name.data[0] == 'p' ? RESULT_PASS
                           : name.data[0] == 'f' ? RESULT_FAIL
                           : name.data[0] == 'u' ? RESULT_UNKNOWN
                                                 : RESULT_SKIP;
    if (!str_is(name, names[s]))
        return false;
    *ret = s;
    return true;
}

void results_init(struct results *r, struct arena *a)
{
    *r = (struct results){.arena = a};
}

void results_add(struct results *r, struct str test, struct str resource, enum result_status status, struct str reason)
{
    if (r->count == r->capacity)
        r->items = arena_grow(r->arena, r->items, r->count, &r->capacity, sizeof(struct result));
    /* The test's id is the same text for a whole run: rows of one test share it. */
    struct str own =
        r->count > 0 && str_equal(r->items[r->count - 1].test, test) ? r->items[r->count - 1].test : arena_str(r->arena, test);
    r->items[r->count] = (struct result){own, arena_str(r->arena, resource), status, arena_str(r->arena, reason)};
    r->count++;
}

int result_compare(const struct result *a, const struct result *b)
{
    int c = str_compare(a->test, b->test);
    return c ? c : str_compare(a->resource, b->resource);
}

static int compare_worst_first(const void *pa, const void *pb)
{
    const struct result *a = pa, *b = pb;
    int c = result_compare(a, b);
    if (c)
        return c;
    if (a->status != b->status)
        return a->status > b->status ? -1 : 1;
    return str_compare(a->reason, b->reason);
}

void results_finish(struct results *r, size_t from)
{
    assert(from <= r->count);
    if (r->count - from < 2)
        return;
    if (r->count > from)
        qsort(r->items + from, r->count - from, sizeof(struct result), compare_worst_first);
    size_t kept = from + 1;
    for (size_t i = from + 1; i < r->count; i++)
        if (result_compare(&r->items[kept - 1], &r->items[i]) != 0)
            r->items[kept++] = r->items[i];
    r->count = kept;
}

bool result_same(const struct result *a, const struct result *b)
{
    return a->status == b->status && result_compare(a, b) == 0 && str_equal(a->reason, b->reason);
}

struct result_counts results_count(const struct result *items, size_t count)
{
    struct result_counts c = {{0}};
    for (size_t i = 0; i < count; i++)
        c.of[items[i].status]++;
    return c;
}

enum result_status result_counts_worst(const struct result_counts *c)
{
    for (int s = RESULT_FAIL; s > RESULT_SKIP; s--)
        if (c->of[s] > 0)
            return (enum result_status)s;
    return RESULT_SKIP;
}

void result_write(struct buf *b, const char *sign, const struct result *r)
{
    buf_char(b, '[');
    if (sign) {
        json_write_string(b, str_of(sign));
        buf_char(b, ',');
    }
    json_write_string(b, r->test);
    buf_char(b, ',');
    json_write_string(b, r->resource);
    if (!sign || sign[0] != '-') {
        buf_char(b, ',');
        json_write_string(b, str_of(result_status_name(r->status)));
        buf_char(b, ',');
        json_write_string(b, r->reason);
    }
    buf_cstr(b, "]\n");
}

struct sha256 results_digest(const struct result *items, size_t count)
{
    struct sha256_stream *stream = sha256_stream_new();
    struct buf b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&b);
        result_write(&b, NULL, &items[i]);
        assert(!b.full);
        sha256_stream_add(stream, b.data, b.size);
    }
    buf_release(&b);
    return sha256_stream_end(stream);
}
