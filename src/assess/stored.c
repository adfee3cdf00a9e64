#include "assess/stored.h"

#include "base/limits.h"

bool parameter_values(struct db *projection, struct arena *a, int64_t leaf_limit, struct test_value **ret, size_t *ret_count,
                      int64_t *ret_leaf, struct err *e)
{
    struct test_value *values = NULL;
    size_t count = 0, capacity = 0;
    int64_t newest = -1;
    struct err inner = {0};
    DB_EACH (row, projection, &inner,
             "select name, value, leaf from parameter as p where leaf = (select max(leaf) from parameter where name = p.name and "
             "leaf <= ?1)"
             " order by name",
             A(leaf_limit)) {
        if (count == capacity)
            values = arena_grow(a, values, count, &capacity, sizeof *values);
        values[count++] = (struct test_value){arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1))};
        newest = db_int(row, 2) > newest ? db_int(row, 2) : newest;
    }
    if (inner.code) {
        *e = inner;
        return false;
    }
    *ret = values;
    *ret_count = count;
    *ret_leaf = newest;
    return true;
}

struct str parameter_value(struct db *projection, struct arena *a, const char *name, int64_t leaf_limit, struct err *e)
{
    struct str value = db_one_text(a, projection, e, "select value from parameter where name = ?1 and leaf <= ?2 order by leaf desc limit 1", A(name), A(leaf_limit));
    const struct parameter *p = content_parameter(str_of(name));
    return value.data ? value : str_of(p ? p->default_value : "");
}

bool results_open(struct db *projection, struct str subject, struct results *ret, struct err *e)
{
    struct err inner = {0};
    DB_EACH (row, projection, &inner,
             "select test, resource, status, reason from span where subject = ?1 and to_leaf is null order by test, resource",
             A(subject)) {
        enum result_status s;
        if (!result_status_parse(db_text(row, 2), &s))
            return err_set(e, ERR_CORRUPT, "projection: a span of test %.*s has no known status", STR_ARGS(db_text(row, 0)));
        results_add(ret, db_text(row, 0), db_text(row, 1), s, db_text(row, 3));
    }
    if (inner.code) {
        *e = inner;
        return false;
    }
    return true;
}

struct str results_difference(struct arena *a, int64_t at_ms, const struct results *before, const struct results *after,
                              size_t *ret_changed)
{
    struct buf b BUF_AUTO;
    buf_init(&b, LIMIT_BLOB_BYTES);
    struct sha256 digest = results_digest(after->items, after->count);
    char hex[2 * SHA256_SIZE + 1];
    hex_encode(digest.bytes, SHA256_SIZE, hex);
    buf_printf(&b, "{\"at\":%lld,\"digest\":\"%s\"}\n", (long long)at_ms, hex);
    size_t changed = 0, i = 0, k = 0;
    while (i < before->count || k < after->count) {
        int c = i >= before->count ? 1 : k >= after->count ? -1 : result_compare(&before->items[i], &after->items[k]);
        if (c < 0) {
            result_write(&b, "-", &before->items[i++]);
            changed++;
            continue;
        }
        if (c > 0 || !result_same(&before->items[i], &after->items[k])) {
            result_write(&b, "+", &after->items[k]);
            changed++;
        }
        i += c == 0;
        k++;
    }
    *ret_changed = changed;
    return changed > 0 ? arena_str(a, buf_view(&b)) : (struct str){0};
}

void inputs_over_captures(struct arena *a, struct captures *captures, struct test_inputs *inputs)
{
    const struct capture *items;
    size_t count = captures_list(captures, &items), age_count = 0;
    struct table_age *ages = arena_array(a, count + 1, sizeof *ages);
    for (size_t i = 0; i < count; i++)
        if (str_equal(items[i].subject, inputs->subject))
            ages[age_count++] = (struct table_age){items[i].table, items[i].taken_at_ms};
    inputs->ages = ages;
    inputs->age_count = age_count;
    inputs->provider_count = captures_providers(captures, &inputs->providers);
}
