#include "assess/after_run.h"

#include "assess/catalog.h"
#include "assess/ops.h"
#include "assess/seal_blob.h"

bool assess_after_run(struct keeper_client *k, struct db *projection, const struct env *env, struct arena *a,
                      const struct assess_run *run, struct assess_outcome *ret, struct err *e)
{
    struct assess_outcome o = {0};
    int64_t catalog, parameter;
    struct test_inputs inputs = {.subject = run->subject, .now_ms = run->taken_at_ms};
    struct test_value *values;
    if (!catalog_ensure(k, projection, env, a, &catalog, e) ||
        !parameter_values(projection, a, INT64_MAX, &values, &inputs.value_count, &parameter, e))
        return false;
    inputs.values = values;
    inputs_over_captures(a, run->captures, &inputs);
    results_init(&o.results, a);
    struct results before;
    results_init(&before, a);
    if (!test_run_all(&inputs, content_tests, content_test_count, &o.results, e) ||
        !results_open(projection, run->subject, &before, e))
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
