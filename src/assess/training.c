#include "assess/training.h"

#include "crypto/crypto.h"

#include <stdlib.h>

/* ---- courses ---- */

static void digest_put(struct course_in_force *c)
{
    struct sha256 d = sha256_of(c->is_own ? c->yaml : c->json);
    hex_encode(d.bytes, sizeof(d.bytes), c->digest);
}

static int compare_titles(const void *x, const void *y)
{
    const struct course_in_force *one = x, *other = y;
    int order = str_compare(one->title, other->title);
    return order ? order : str_compare(one->id, other->id);
}

bool courses_in_force(struct db *db, struct arena *a, struct course_in_force **ret, size_t *ret_count, struct err *e)
{
    size_t count = 0, capacity = content_course_count + 8, own = 0;
    struct course_in_force *list = arena_array(a, capacity, sizeof *list);
    struct err failed = {0};
    DB_EACH (row, db, &failed, "select id, title, definition, version from course_records where state = 'published' order by id") {
        if (count == capacity)
            list = arena_grow(a, list, count, &capacity, sizeof *list);
        list[count++] = (struct course_in_force){.id = arena_str(a, db_text(row, 0)), .title = arena_str(a, db_text(row, 1)), .yaml = arena_str(a, db_text(row, 2)),
                                                 .is_own = true};
    }
    if (failed.code)
        return (*e = failed, false);
    own = count;
    for (size_t i = 0; i < content_course_count; i++) {
        bool is_replaced = false;
        for (size_t k = 0; k < own; k++)
            is_replaced |= str_is(list[k].id, content_courses[i].id);
        if (is_replaced)
            continue;
        if (count == capacity)
            list = arena_grow(a, list, count, &capacity, sizeof *list);
        list[count++] = (struct course_in_force){.id = str_of(content_courses[i].id), .title = str_of(content_courses[i].title), .json = str_of(content_courses[i].json)};
    }
    for (size_t i = 0; i < count; i++)
        digest_put(&list[i]);
    qsort(list, count, sizeof *list, compare_titles);
    *ret = list;
    *ret_count = count;
    return true;
}

bool course_in_force(struct db *db, struct arena *a, struct str id, struct course_in_force *ret, const struct course **ret_course, struct err *e)
{
    struct course_in_force *list;
    size_t count;
    if (!courses_in_force(db, a, &list, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!str_equal(list[i].id, id))
            continue;
        if (ret_course)
            *ret_course = list[i].is_own ? course_read(a, list[i].id.data, list[i].yaml, e) : course_of_json(a, list[i].json, e);
        *ret = list[i];
        return !ret_course || *ret_course;
    }
    return err_set(e, ERR_NOT_FOUND, "course %.*s: there is none of this name that is published", STR_ARGS(str_slice(id, 0, 64)));
}

/* ---- the quiz ---- */

/* Numbers that follow from the seed: SHA-256 over it and a counter. */
struct stream {
    struct str seed;
    uint32_t counter;
    struct sha256 block;
    size_t at;
};

static uint32_t stream_next(struct stream *s)
{
    if (s->at + 4 > sizeof(s->block.bytes) || s->counter == 0) {
        unsigned char text[64 + 4];
        size_t n = s->seed.size < 64 ? s->seed.size : 64;
        memcpy(text, s->seed.data, n);
        for (int i = 0; i < 4; i++)
            text[n + (size_t)i] = (unsigned char)(s->counter >> (24 - 8 * i));
        s->block = sha256_of(str_make(text, n + 4));
        s->counter++;
        s->at = 0;
    }
    const unsigned char *b = s->block.bytes + s->at;
    s->at += 4;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* 0 to limit - 1, each as likely as any: what would favour the first is thrown away. */
static size_t stream_below(struct stream *s, size_t limit)
{
    uint32_t n = (uint32_t)limit, fair = UINT32_MAX - UINT32_MAX % n, v = stream_next(s);
    while (v >= fair)
        v = stream_next(s);
    return v % n;
}

bool quiz_draw(struct arena *a, const struct course *c, struct str seed, struct quiz *ret, struct err *e)
{
    struct stream s = {.seed = seed};
    size_t *pool = arena_array(a, c->question_count + 1, sizeof *pool), count = (size_t)c->drawn < c->question_count ? (size_t)c->drawn : c->question_count;
    if (seed.size < 16 || seed.size > 64 || count == 0)
        return err_set(e, ERR_INVALID, "course %.*s: nothing can be drawn", STR_ARGS(c->id));
    for (size_t i = 0; i < c->question_count; i++)
        pool[i] = i;
    *ret = (struct quiz){.items = arena_array(a, count, sizeof *ret->items), .count = count};
    for (size_t i = 0; i < count; i++) {
        size_t k = i + stream_below(&s, c->question_count - i), drawn = pool[k];
        pool[k] = pool[i];
        pool[i] = drawn;
        ret->items[i].question = drawn;
        ret->items[i].answers = 1 + c->pool[drawn].wrong_count;
        for (size_t n = 0; n < sizeof(ret->items[i].order); n++)
            ret->items[i].order[n] = (uint8_t)n;
        for (size_t n = ret->items[i].answers; n > 1; n--) {
            size_t other = stream_below(&s, n);
            uint8_t kept = ret->items[i].order[n - 1];
            ret->items[i].order[n - 1] = ret->items[i].order[other];
            ret->items[i].order[other] = kept;
        }
    }
    return true;
}

size_t quiz_score(struct arena *a, const struct course *c, const struct quiz *q, const int *chosen, struct str *ret_text)
{
    struct buf b BUF_AUTO;
    size_t right = 0;
    buf_init(&b, 64 * 1024);
    for (size_t i = 0; i < q->count; i++) {
        bool is_right = chosen[i] >= 0 && (size_t)chosen[i] < q->items[i].answers && q->items[i].order[chosen[i]] == 0;
        right += is_right;
        buf_printf(&b, "%s%.*s%c", i ? " " : "", STR_ARGS(c->pool[q->items[i].question].id), is_right ? '+' : '-');
        if (!is_right && chosen[i] >= 0 && (size_t)chosen[i] < q->items[i].answers)
            buf_printf(&b, "%d", chosen[i]);
    }
    *ret_text = arena_str(a, buf_view(&b));
    return right;
}

int quiz_percent(size_t right, size_t asked)
{
    return asked ? (int)(right * 100 / asked) : 0;
}
