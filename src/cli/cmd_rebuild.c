/* cmd_rebuild.c - makes the projection again from leaves and blobs. */
#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "keeper/rebuild.h"
#include "role/role.h"

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct rebuild_report report;
    size_t kind_count;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    int64_t started_ms = env_monotonic_ms(c->env);
    if (!keeper_rebuild(c->data_dir, kinds, kind_count, c->env, &report, &e))
        return cli_fail(&e);
    int64_t took_ms = env_monotonic_ms(c->env) - started_ms;
    if (c->json) {
        struct json *json = json_object(c->arena);
        json_put_int(json, "leaves", (int64_t)report.leaves);
        json_put_int(json, "took_ms", took_ms);
        return cli_print_json(json);
    }
    return cli_print(arena_printf(c->arena, "%llu leaves in %lld ms\n", (unsigned long long)report.leaves, (long long)took_ms));
}

const struct cli_command cli_command_rebuild = {
    .name = "rebuild",
    .summary = "make the projection again from the ledger",
    .usage = "",
    .example = "assay rebuild && assay dump | sha256sum",
    .details = "No server may run on the data directory meanwhile. The old projection stays in place until the new one is whole.",
    .has_json = true,
    .run = run,
};
