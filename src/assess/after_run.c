#include "assess/after_run.h"

#include "assess/catalog.h"
#include "assess/ops.h"
#include "assess/seal_blob.h"
#include "base/limits.h"

bool parameter_values(struct db *projection, struct arena *a, int64_t leaf_limit, struct test_value **ret, size_t *ret_count, int64_t *ret_leaf,
                      struct err *e)
{
    struct test_value *values = NULL;
    size_t count = 0, capacity = 0;
    int64_t newest = -1;
    struct err inner = {0};
    DB_EACH(row, projection, &inner,
            "select name, value, leaf from parameter as p where leaf = (select max(leaf) from parameter where name = p.name and leaf <= ?1)"
            " order by name",
            A(leaf_limit))
    {
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

bool results_open(struct db *projection, struct str subject, struct results *ret, struct err *e)
{
    struct err inner = {0};
    DB_EACH(row, projection, &inner,
            "select test, resource, status, reason from span where subject = ?1 and to_leaf is null order by test, resource", A(subject))
    {
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

struct str results_difference(struct arena *a, int64_t at_ms, const struct results *before, const struct results *after, size_t *ret_changed)
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

bool assess_after_run(struct keeper_client *k, struct db *projection, const struct env *env, struct arena *a, const struct assess_run *run,
                      struct assess_outcome *ret, struct err *e)
{
    struct assess_outcome o = {0};
    int64_t catalog, parameter;
    struct test_inputs inputs = {.providers = run->providers, .provider_count = run->provider_count, .subject = run->subject, .now_ms = run->taken_at_ms};
    struct test_value *values;
    if (!catalog_ensure(k, projection, env, a, &catalog, e) ||
        !parameter_values(projection, a, INT64_MAX, &values, &inputs.value_count, &parameter, e))
        return false;
    inputs.values = values;
    results_init(&o.results, a);
    struct results before;
    results_init(&before, a);
    if (!test_run_all(&inputs, content_tests, content_test_count, &o.results, e) || !results_open(projection, run->subject, &before, e))
        return err_wrap(e, "evaluate the tests");
    o.counts = results_count(o.results.items, o.results.count);
    struct str difference = results_difference(a, run->taken_at_ms, &before, &o.results, &o.changed);

    struct op op = {.kind = "eval", .actor = STR("system:assess"), .body = json_object(a)};
    op_id_new(env, op.id);
    json_put_int(op.body, "run", run->run_leaf);
    json_put_int(op.body, "cat", catalog);
    json_put_int(op.body, "par", parameter);
    json_put_int(op.body, "at", run->taken_at_ms);
    struct json *counts = json_put_object(op.body, "cnt");
    for (int s = 0; s < 4; s++)
        json_put_int(counts, result_status_name((enum result_status)s), o.counts.of[s]);
    if (difference.size > 0 && !op_blob_seal(env, a, &op, "application/x-ndjson", difference, e))
        return err_wrap(e, "record the results");
    struct json *answer;
    if (!keeper_submit(k, a, &op, &answer, e))
        return err_wrap(e, "record the results");
    o.leaf = json_int(answer, "leaf", -1);
    *ret = o;
    return true;
}
