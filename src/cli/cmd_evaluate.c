/* cmd_evaluate.c - worked cases through the period evaluator: what was expected, and what comes out. */
#include "assess/cases.h"
#include "cli/cli.h"
#include "os/file.h"

#include <fcntl.h>
#include <stdio.h>

enum { CASES_BYTES_MAX = 16 << 20 };

static void put_value(struct buf *b, const struct json *v)
{
    if (v->type == JSON_STRING)
        buf_str(b, v->text);
    else
        json_write(b, v);
}

static void put_case(struct buf *b, const struct json *c)
{
    const struct json *differences = json_get(c, "differences");
    bool is_same = !differences || differences->count == 0;
    buf_printf(b, "%s %-8.*s ", is_same ? json_int(c, "expected", 0) ? "●" : "–" : "■", STR_ARGS(json_text(c, "id")));
    if (is_same) {
        const char *between = "";
        JSON_EACH (v, json_get(c, "computed")) {
            if (v->count == 0 && (v->type == JSON_ARRAY || v->type == JSON_OBJECT))
                continue;
            buf_printf(b, "%s%.*s=", between, STR_ARGS(v->key));
            put_value(b, v);
            between = " ";
        }
    }
    const char *between = "";
    JSON_EACH (d, differences) {
        buf_printf(b, "%s%.*s: expected %.*s, comes out as %.*s", between, STR_ARGS(json_text(d, "field")), STR_ARGS(json_text(d, "expected")),
                   STR_ARGS(json_text(d, "computed")));
        between = "; ";
    }
    buf_cstr(b, "\n");
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    int64_t differ = 0;
    struct buf BUF_AUTO text;
    buf_init(&text, CASES_BYTES_MAX);
    if (!os_file_read(&os_file_real, AT_FDCWD, c->arguments[0], &text, &e))
        return cli_fail(&e);
    struct json *result = cases_run(c->arena, c->arguments[0], buf_view(&text), &e);
    if (!result)
        return cli_fail(&e);
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 20);
    JSON_EACH (one, json_get(result, "cases")) {
        const struct json *differences = json_get(one, "differences");
        differ += differences && differences->count > 0;
        if (!c->json)
            put_case(&b, one);
    }
    JSON_EACH (note, c->json ? NULL : json_get(result, "notes"))
        fprintf(stderr, "assay: note: %.*s\n", STR_ARGS(note->text));
    if (c->json) {
        json_put_int(result, "differing", differ);
        json_write_pretty(&b, result);
        buf_cstr(&b, "\n");
    } else {
        size_t count = json_get(result, "cases")->count;
        buf_printf(&b, "%zu case%s, %lld as expected, %lld different\n", count, count == 1 ? "" : "s", (long long)((int64_t)count - differ), (long long)differ);
    }
    fwrite(buf_view(&b).data, 1, buf_view(&b).size, stdout);
    return differ ? 1 : 0;
}

const struct cli_command cli_command_evaluate = {
    .name = "evaluate",
    .summary = "run worked cases through the evaluator of audit windows",
    .usage = "FILE",
    .example = "assay evaluate cases.yaml",
    .details = "FILE is YAML: a list `scenarios` of cases of the kinds control, criterion, opinion, type1, readiness and sample_size, each with its inputs and\n"
               "`expected` values. One line per case: ● as expected, ■ different, – nothing was expected. Exit status 1 when one differs.",
    .arguments_min = 1,
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
