#include "assess/after_run.h"

#include "assess/catalog.h"
#include "assess/ops.h"

bool assess_evaluate(struct db *projection, struct captures *captures, struct str subject, int64_t taken_at_ms, int64_t parameter_leaf,
                     struct results *ret, struct err *e)
{
    struct test_inputs inputs = {.subject = subject, .now_ms = taken_at_ms};
    struct test_value *values;
    int64_t newest;
    if (!parameter_values(projection, ret->arena, parameter_leaf, &values, &inputs.value_count, &newest, e))
        return false;
    inputs.values = values;
    inputs_over_captures(ret->arena, captures, &inputs);
    return test_run_all(&inputs, content_tests, content_test_count, ret, e);
}

void results_encode(const struct results *r, struct buf *out)
{
    for (size_t i = 0; i < r->count; i++)
        result_write(out, NULL, &r->items[i]);
}

bool results_decode(struct str lines, struct results *ret, struct err *e)
{
    struct str line;
    for (size_t n = 1; str_next_line(&lines, &line); n++) {
        enum result_status status;
        const struct json *v = json_parse(ret->arena, line, JSON_LIMITS_DEFAULT, e);
        if (!v)
            return err_wrap(e, "result %zu", n);
        for (size_t k = 0; k < 4; k++)
            if (v->count != 4 || !json_at(v, k) || json_at(v, k)->type != JSON_STRING)
                return err_set(e, ERR_CORRUPT, "result %zu is not four texts", n);
        if (!result_status_parse(json_at(v, 2)->text, &status))
            return err_set(e, ERR_CORRUPT, "result %zu has no status", n);
        results_add(ret, json_at(v, 0)->text, json_at(v, 1)->text, status, json_at(v, 3)->text);
    }
    return true;
}

bool assess_after_run(struct keeper_client *k, struct db *projection, const struct env *env, struct arena *a,
                      const struct assess_run *run, struct assess_outcome *ret, struct err *e)
{
    struct assess_outcome o = {0};
    int64_t catalog, parameter;
    struct test_value *values;
    size_t value_count;
    if (!catalog_ensure(k, projection, env, a, &catalog, e) ||
        !parameter_values(projection, a, INT64_MAX, &values, &value_count, &parameter, e))
        return false;
    results_init(&o.results, a);
    struct results before;
    results_init(&before, a);
    if (!run->evaluate(run->context, parameter, &o.results, e) || !results_open(projection, run->subject, &before, e))
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
