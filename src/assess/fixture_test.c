/*
 * Runs every content/fixtures/<test-id>.json:
 * {"cases":[{"name","now","parameters":{},"tables":{"t":[{column:value}]},"expect":[["resource","pass"]]}]}.
 *
 * A test needs a case in which every row passes and a case with a row that fails. The subject's own name is "host". Only the
 * tables that the test declares are there, so that SQL which reads another one fails here. A third member of an expected row is
 * its reason. Reasons must not change with the clock alone. Takes ids as arguments to run only those; prints what differs.
 */
#include "assess/fixture.h"
#include "assess/test_run.h"
#include "base/times.h"
#include "collect/host/host.h"
#include "os/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>

static int failures;

static void complain(const char *test, struct str name, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void complain(const char *test, struct str name, const char *format, ...)
{
    char text[4096];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    fprintf(stderr, "%s, case \"%.*s\": %s\n", test, STR_ARGS(name), text);
    failures++;
}

static const struct table_schema *schema_find(struct str name)
{
    const struct host_table *t = host_table_find(name);
    return t ? t->schema : NULL;
}

static struct str value_text(struct arena *a, const struct json *v)
{
    return v->type == JSON_NUMBER && v->is_integer ? arena_printf(a, "%lld", (long long)v->integer) : v->text;
}

static bool expectation_read(struct arena *a, const struct test *t, const struct json *expect, struct results *ret)
{
    JSON_EACH (row, expect) {
        enum result_status s;
        const struct json *resource = json_at(row, 0), *status = json_at(row, 1), *reason = json_at(row, 2);
        if (!resource || !status || !result_status_parse(status->text, &s))
            return false;
        results_add(ret, str_of(t->id), value_text(a, resource), s, reason ? reason->text : (struct str){0});
    }
    results_finish(ret, 0);
    return true;
}

static void compare(const struct test *t, struct str name, const struct results *want, const struct results *got)
{
    size_t i = 0, k = 0;
    while (i < want->count || k < got->count) {
        const struct result *w = i < want->count ? &want->items[i] : NULL, *g = k < got->count ? &got->items[k] : NULL;
        int c = !w ? 1 : !g ? -1 : result_compare(w, g);
        if (c < 0)
            complain(t->id, name, "expected %.*s: %s, but it is not there", STR_ARGS(w->resource), result_status_name(w->status));
        else if (c > 0)
            complain(t->id, name, "did not expect %.*s: %s (%.*s)", STR_ARGS(g->resource), result_status_name(g->status),
                     STR_ARGS(g->reason));
        else if (w->status != g->status)
            complain(t->id, name, "%.*s: expected %s, got %s (%.*s)", STR_ARGS(g->resource), result_status_name(w->status),
                     result_status_name(g->status), STR_ARGS(g->reason));
        else if (w->reason.size > 0 && !str_equal(w->reason, g->reason))
            complain(t->id, name, "%.*s: expected the reason \"%.*s\", got \"%.*s\"", STR_ARGS(g->resource), STR_ARGS(w->reason),
                     STR_ARGS(g->reason));
        i += c <= 0;
        k += c >= 0;
    }
}

/* A reason that changes though nothing but the clock did ends a span: "since when" would be lost. So no "12 days ago". */
static void stability_check(struct arena *a, const struct test *t, struct str name, const struct test_inputs *inputs,
                            int64_t shift_ms, const struct results *got)
{
    struct err e = {0};
    struct results later;
    struct test_inputs moved = *inputs;
    moved.now_ms += shift_ms;
    results_init(&later, a);
    if (!test_run_all(&moved, t, 1, &later, &e)) {
        complain(t->id, name, "%s", e.text);
        return;
    }
    for (size_t i = 0; i < got->count; i++)
        for (size_t k = 0; k < later.count; k++) {
            const struct result *x = &got->items[i], *y = &later.items[k];
            if (result_compare(x, y) == 0 && x->status == y->status && !str_equal(x->reason, y->reason))
                complain(t->id, name, "%.*s: the reason changes with the clock alone: \"%.*s\", later \"%.*s\"",
                         STR_ARGS(x->resource), STR_ARGS(x->reason), STR_ARGS(y->reason));
        }
}

static bool case_inputs(struct arena *a, const struct test *t, const struct json *one, struct test_inputs *ret, struct err *e)
{
    struct str now = json_text(one, "now");
    int64_t now_ms = 0;
    if (!time_parse(now.size ? now : STR("2026-01-01T00:00:00Z"), 0, &now_ms))
        return err_set(e, ERR_INVALID, "now: not an instant");
    const struct json *parameters = json_get(one, "parameters");
    struct test_value *values = arena_array(a, (parameters ? parameters->count : 0) + 1, sizeof *values);
    size_t count = 0;
    JSON_EACH (p, parameters) {
        bool is_declared = false;
        for (size_t i = 0; i < t->parameters.count; i++)
            is_declared = is_declared || str_is(p->key, t->parameters.items[i]);
        if (!is_declared)
            return err_set(e, ERR_INVALID, "parameter %.*s is not declared by the test", STR_ARGS(p->key));
        values[count++] = (struct test_value){p->key, value_text(a, p)};
    }
    struct table_provider *providers;
    *ret = (struct test_inputs){.subject = STR("host"), .now_ms = now_ms, .values = values, .value_count = count};
    if (!fixture_tables(a, json_get(one, "tables"), t->tables.items, t->tables.count, schema_find, STR("host"), now_ms,
                        &providers, &ret->provider_count, e))
        return false;
    ret->providers = providers;
    return true;
}

static void case_run(struct arena *a, const struct test *t, const struct json *one, bool *has_pass, bool *has_fail)
{
    struct err e = {0};
    struct str name = json_text(one, "name");
    struct test_inputs inputs;
    struct results want, got;
    results_init(&want, a);
    results_init(&got, a);
    if (!case_inputs(a, t, one, &inputs, &e)) {
        complain(t->id, name, "%s", e.text);
        return;
    }
    if (!expectation_read(a, t, json_get(one, "expect"), &want)) {
        complain(t->id, name, "expect: rows are [resource, status] with pass, fail, unknown or skip");
        return;
    }
    if (!test_run_all(&inputs, t, 1, &got, &e)) {
        complain(t->id, name, "%s", e.text);
        return;
    }
    compare(t, name, &want, &got);
    stability_check(a, t, name, &inputs, 61 * MS_MINUTE, &got);
    stability_check(a, t, name, &inputs, 25 * MS_HOUR, &got);
    struct result_counts c = results_count(got.items, got.count);
    *has_pass = *has_pass || (c.of[RESULT_PASS] > 0 && (size_t)c.of[RESULT_PASS] == got.count);
    *has_fail = *has_fail || c.of[RESULT_FAIL] > 0;
}

static void test_check(int dir, const struct test *t)
{
    struct err e = {0};
    struct arena *a = arena_new("fixture", (size_t)64 << 20);
    struct buf b BUF_AUTO;
    buf_init(&b, 4 << 20);
    bool has_pass = false, has_fail = false;
    const struct json *cases = NULL;
    struct json *file = NULL;
    if (os_file_read(&os_file_real, dir, arena_printf(a, "%s.json", t->id).data, &b, &e))
        file = json_parse(a, buf_view(&b), JSON_LIMITS_DEFAULT, &e);
    if (file)
        cases = json_get(file, "cases");
    if (!cases) {
        complain(t->id, STR("-"), "%s", e.code ? e.text : "the file has no cases");
    } else {
        JSON_EACH (one, cases)
            case_run(a, t, one, &has_pass, &has_fail);
        if (!has_pass)
            complain(t->id, STR("-"), "there is no case in which every row passes");
        if (!has_fail)
            complain(t->id, STR("-"), "there is no case with a row that fails");
    }
    arena_free(a);
}

static void strays_check(const char *path)
{
    DIR *d = opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        struct str name = str_of(entry->d_name);
        if (str_ends(name, ".json") && !content_test(str_slice(name, 0, name.size - 5)))
            complain(entry->d_name, STR("-"), "there is no test of this name");
    }
    if (d)
        closedir(d);
}

int main(int argc, char **argv)
{
    const char *root = getenv("ASSAY_SOURCE");
    char path[4096];
    snprintf(path, sizeof path, "%s/content/fixtures", root ? root : ".");
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    size_t ran = 0;
    for (size_t i = 0; i < content_test_count; i++) {
        bool is_wanted = argc < 2;
        for (int k = 1; k < argc; k++)
            is_wanted = is_wanted || strcmp(argv[k], content_tests[i].id) == 0;
        if (is_wanted) {
            test_check(dir, &content_tests[i]);
            ran++;
        }
    }
    strays_check(path);
    printf("%zu tests with fixtures, %d complaints\n", ran, failures);
    return failures || (argc > 1 && ran == 0) ? EXIT_FAILURE : EXIT_SUCCESS;
}
