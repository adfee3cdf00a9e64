#include "ledger/draw.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const METHODS[] = {"random", "systematic", "full"};

const char *draw_method_name(enum draw_method m)
{
    return METHODS[m];
}

bool draw_method_of(struct str name, enum draw_method *ret)
{
    for (enum draw_method m = DRAW_RANDOM; m <= DRAW_FULL; m++)
        if (str_is(name, METHODS[m])) {
            *ret = m;
            return true;
        }
    return false;
}

/* ---- nonce and seed ---- */

static bool nonce_read(struct str hex, uint8_t ret[DRAW_NONCE_MAX], size_t *ret_size)
{
    *ret_size = hex.size / 2;
    return hex.size % 2 == 0 && *ret_size >= DRAW_NONCE_MIN && *ret_size <= DRAW_NONCE_MAX && hex_decode(hex, ret, *ret_size);
}

bool draw_commitment(struct str nonce_hex, struct sha256 *ret)
{
    uint8_t nonce[DRAW_NONCE_MAX];
    size_t size;
    if (!nonce_read(nonce_hex, nonce, &size))
        return false;
    *ret = sha256_of(str_make(nonce, size));
    return true;
}

bool draw_seed(struct str nonce_hex, struct sha256 root, struct sha256 *ret)
{
    uint8_t nonce[DRAW_NONCE_MAX];
    size_t size;
    if (!nonce_read(nonce_hex, nonce, &size))
        return false;
    hmac_sha256(str_make(nonce, size), str_make(root.bytes, SHA256_SIZE), ret->bytes);
    return true;
}

struct sha256 draw_hash(struct sha256 seed, int64_t item)
{
    uint8_t number[8];
    for (int i = 0; i < 8; i++)
        number[i] = (uint8_t)((uint64_t)item >> (56 - 8 * i));
    return sha256_of2(str_make(seed.bytes, SHA256_SIZE), str_make(number, sizeof(number)));
}

/* ---- the smallest hashes: a heap with the largest of those kept on top ---- */

struct ticket {
    struct sha256 hash;
    int64_t item;
};

static int ticket_compare(const void *a, const void *b)
{
    const struct ticket *x = a, *y = b;
    int order = memcmp(x->hash.bytes, y->hash.bytes, SHA256_SIZE);
    return order ? order : (x->item > y->item) - (x->item < y->item);
}

struct heap {
    struct ticket *items;
    size_t count, capacity;
};

static void heap_down(struct heap *h, size_t i)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= h->count)
            return;
        if (child + 1 < h->count && ticket_compare(&h->items[child], &h->items[child + 1]) < 0)
            child++;
        if (ticket_compare(&h->items[i], &h->items[child]) >= 0)
            return;
        struct ticket t = h->items[i];
        h->items[i] = h->items[child];
        h->items[child] = t;
        i = child;
    }
}

static void heap_add(struct heap *h, struct ticket t)
{
    if (h->capacity == 0 || (h->count == h->capacity && ticket_compare(&t, &h->items[0]) >= 0))
        return;
    if (h->count == h->capacity) {
        h->items[0] = t;
        heap_down(h, 0);
        return;
    }
    size_t i = h->count++;
    while (i > 0 && ticket_compare(&t, &h->items[(i - 1) / 2]) > 0) {
        h->items[i] = h->items[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->items[i] = t;
}

static size_t heap_take(struct heap *h, int64_t *ret)
{
    if (h->count)
        qsort(h->items, h->count, sizeof(*h->items), ticket_compare);
    for (size_t i = 0; i < h->count; i++)
        ret[i] = h->items[i].item;
    return h->count;
}

/* ---- sizes of strata ---- */

/* Largest remainders; then those that got none take one of whoever has most. */
void draw_strata_sizes(const int64_t *rows, uint32_t strata, int64_t size, int64_t *ret)
{
    int64_t all = 0, filled = 0, given = 0;
    for (uint32_t i = 0; i < strata; i++) {
        all += rows[i];
        filled += rows[i] > 0;
    }
    size = size < filled ? filled : size > all ? all : size;
    for (uint32_t i = 0; i < strata; i++) {
        int64_t share = all ? (int64_t)((__int128)rows[i] * size / all) : 0;
        ret[i] = rows[i] > 0 && share == 0 ? 1 : share;
        given += ret[i];
    }
    while (given != size && all > 0) {
        uint32_t best = UINT32_MAX;
        __int128 best_gain = 0;
        for (uint32_t i = 0; i < strata; i++) {
            /* How far it is below its share, times size and all; of those that can give or take. */
            __int128 lack = (__int128)rows[i] * size - (__int128)ret[i] * all;
            bool can = given < size ? ret[i] < rows[i] : ret[i] > 1;
            __int128 gain = given < size ? lack : -lack;
            if (can && (best == UINT32_MAX || gain > best_gain)) {
                best = i;
                best_gain = gain;
            }
        }
        if (best == UINT32_MAX)
            return;
        ret[best] += given < size ? 1 : -1;
        given += given < size ? 1 : -1;
    }
}

/* ---- drawing ---- */

static bool plan_check(const struct draw *d, struct err *e)
{
    if (d->rows < 0 || d->rows > DRAW_ROWS_MAX || d->size < 0)
        return err_set(e, ERR_LIMIT, "draw: 0 to %lld rows, and no negative size", (long long)DRAW_ROWS_MAX);
    return d->strata >= 1 && d->strata <= DRAW_STRATA_MAX ? true : err_set(e, ERR_INVALID, "draw: 1 to %d strata", DRAW_STRATA_MAX);
}

static void systematic(const struct draw *d, int64_t size, int64_t *ret)
{
    static const char label[] = "systematic";
    struct sha256 h = sha256_of2(str_make(d->seed.bytes, SHA256_SIZE), STR(label));
    uint64_t start = 0;
    for (int i = 0; i < 8; i++)
        start = start << 8 | h.bytes[i];
    start %= (uint64_t)(d->rows ? d->rows : 1);
    for (int64_t i = 0; i < size; i++)
        ret[i] = 1 + (int64_t)(((__int128)i * d->rows + (__int128)start) / size);
}

bool draw_items(struct arena *a, const struct draw *d, int64_t **ret, size_t *ret_count, struct err *e)
{
    if (!plan_check(d, e))
        return false;
    int64_t size = d->method == DRAW_FULL || d->size > d->rows ? d->rows : d->size;
    int64_t *counts = arena_array(a, d->strata, sizeof(*counts)), *sizes = arena_array(a, d->strata, sizeof(*sizes));
    struct heap *heaps = arena_array(a, d->strata, sizeof(*heaps));
    size_t total = 0;
    *ret_count = 0;
    if (d->method != DRAW_RANDOM) {
        *ret = arena_array(a, (size_t)size, sizeof(**ret));
        for (int64_t i = 0; i < size && d->method == DRAW_FULL; i++)
            (*ret)[i] = i + 1;
        if (d->method == DRAW_SYSTEMATIC)
            systematic(d, size, *ret);
        *ret_count = (size_t)size;
        return true;
    }
    for (int64_t n = 0; n < d->rows; n++)
        counts[d->stratum ? d->stratum[n] : 0]++;
    draw_strata_sizes(counts, d->strata, size, sizes);
    for (uint32_t i = 0; i < d->strata; i++) {
        heaps[i] = (struct heap){.items = arena_array(a, (size_t)sizes[i], sizeof(struct ticket)), .capacity = (size_t)sizes[i]};
        total += (size_t)sizes[i];
    }
    for (int64_t n = 0; n < d->rows; n++)
        heap_add(&heaps[d->stratum ? d->stratum[n] : 0], (struct ticket){draw_hash(d->seed, n + 1), n + 1});
    *ret = arena_array(a, total, sizeof(**ret));
    for (uint32_t i = 0; i < d->strata; i++)
        *ret_count += heap_take(&heaps[i], *ret + *ret_count);
    return true;
}

static int number_compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

bool draw_next(struct arena *a, const struct draw *d, const int64_t *taken, size_t taken_count, uint32_t stratum, size_t count, int64_t **ret, size_t *ret_count,
               struct err *e)
{
    if (!plan_check(d, e))
        return false;
    int64_t *sorted = arena_array(a, taken_count, sizeof(*sorted));
    struct heap h = {.items = arena_array(a, count, sizeof(struct ticket)), .capacity = count};
    if (taken_count) {
        memcpy(sorted, taken, taken_count * sizeof(*taken));
        qsort(sorted, taken_count, sizeof(*sorted), number_compare);
    }
    for (int64_t n = 1; n <= d->rows; n++)
        if ((stratum == UINT32_MAX || !d->stratum || d->stratum[n - 1] == stratum) && (!taken_count || !bsearch(&n, sorted, taken_count, sizeof(n), number_compare)))
            heap_add(&h, (struct ticket){draw_hash(d->seed, n), n});
    *ret = arena_array(a, h.count, sizeof(**ret));
    *ret_count = heap_take(&h, *ret);
    return true;
}

struct sha256 draw_digest(const int64_t *items, size_t count)
{
    struct sha256_stream *s = sha256_stream_new();
    for (size_t i = 0; i < count; i++) {
        char line[32];
        int size = snprintf(line, sizeof(line), "%lld\n", (long long)items[i]);
        sha256_stream_add(s, line, (size_t)size);
    }
    return sha256_stream_end(s);
}

/* ---- strata of a file ---- */

static struct str label_of(struct arena *a, const struct json *v, bool is_month)
{
    struct str text = v->type == JSON_NULL ? STR("") : v->type == JSON_BOOL ? (v->boolean ? STR("yes") : STR("no")) : v->text;
    return arena_str(a, str_slice(text, 0, is_month ? 7 : DRAW_LABEL_MAX));
}

static int label_compare(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool label_find(const struct draw_strata *s, struct str label, uint32_t *ret)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (str_equal(s->labels[i], label)) {
            *ret = i;
            return true;
        }
    return false;
}

static bool label_add(struct draw_strata *s, struct str label, struct err *e)
{
    uint32_t at;
    if (label_find(s, label, &at))
        return true;
    if (s->count == DRAW_STRATA_MAX)
        return err_set(e, ERR_INVALID, "strata: over %d different values", DRAW_STRATA_MAX);
    s->labels[s->count++] = label;
    return true;
}

/* Which cell of a row: the heading line {"columns":[…]} says it. */
static bool column_find(struct arena *a, struct str heading, struct str column, size_t *ret, struct err *e)
{
    const struct json *list = json_get(json_parse(a, heading, JSON_LIMITS_DEFAULT, e), "columns");
    *ret = 0;
    JSON_EACH (name, list) {
        if (name->type == JSON_STRING && str_equal(name->text, column))
            return true;
        (*ret)++;
    }
    return e->code == ERR_NONE && err_set(e, ERR_INVALID, "strata: the population has no column %.*s", STR_ARGS(str_slice(column, 0, 60)));
}

static bool labels_read(struct arena *a, struct arena *scratch, struct str file, int64_t rows, struct str column, struct draw_strata *s, struct str *labels, struct err *e)
{
    struct str line, name = column, first;
    bool is_month = str_ends(column, ":month");
    size_t place = 0;
    int64_t n = 0;
    if (is_month && str_cut(&name, ':', &first))
        name = first;
    if (!str_next_line(&file, &line) || !column_find(scratch, line, name, &place, e))
        return e->code ? false : err_set(e, ERR_CORRUPT, "the population's file is empty");
    while (str_next_line(&file, &line)) {
        arena_reset(scratch);
        const struct json *cell = json_at(json_parse(scratch, line, JSON_LIMITS_DEFAULT, e), place);
        if (e->code)
            return false;
        if (n == rows || !cell)
            return err_set(e, ERR_CORRUPT, "the population's file has not the %lld rows that it says", (long long)rows);
        labels[n] = label_of(a, cell, is_month);
        if (!label_add(s, labels[n++], e))
            return false;
    }
    return n == rows || err_set(e, ERR_CORRUPT, "the population's file has %lld rows, and says %lld", (long long)n, (long long)rows);
}

bool draw_strata_read(struct arena *a, struct str file, int64_t rows, struct str column, struct draw_strata *ret, struct err *e)
{
    if (rows < 0 || rows > DRAW_ROWS_MAX)
        return err_set(e, ERR_LIMIT, "strata: up to %lld rows", (long long)DRAW_ROWS_MAX);
    *ret = (struct draw_strata){.of = arena_array(a, (size_t)rows, sizeof(uint32_t)),
                                .labels = arena_array(a, DRAW_STRATA_MAX, sizeof(struct str)),
                                .rows = arena_array(a, DRAW_STRATA_MAX, sizeof(int64_t))};
    struct str *labels = arena_array(a, (size_t)rows, sizeof(*labels));
    struct arena *scratch = arena_new("strata", 8 << 20);
    bool ok = labels_read(a, scratch, file, rows, column, ret, labels, e);
    arena_free(scratch);
    if (!ok)
        return false;
    if (ret->count)
        qsort(ret->labels, ret->count, sizeof(*ret->labels), label_compare);
    for (int64_t n = 0; n < rows; n++) {
        if (!label_find(ret, labels[n], &ret->of[n]))
            return err_set(e, ERR_INTERNAL, "strata: a label is lost");
        ret->rows[ret->of[n]]++;
    }
    return true;
}
