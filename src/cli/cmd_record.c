/* cmd_record.c - what people set and say: the organisation-wide parameters of tests, with their history; why a gap came about. */
#include "assess/ops.h"
#include "cli/open_view.h"
#include "content/content.h"
#include "keeper/keeper.h"
#include "keeper/kinds.h"

static const struct cli_option options[] = {
    {"at", 0, "TIME", "list, history: as it was known at TIME"},
    {"reason", 0, "TEXT", "set: why the value changes; explain-gap: why nothing was recorded"},
    {0},
};

static void parameter_put(struct buf *b, const struct json *p)
{
    put_padded(b, json_text(p, "name"), 34);
    buf_char(b, ' ');
    put_padded(b, arena_printf(p->arena, "%.*s %.*s", STR_ARGS(json_text(p, "value")), STR_ARGS(json_text(p, "unit"))), 20);
    buf_printf(b, "%s %.*s\n", json_bool(p, "is_default") ? "default" : "set    ", STR_ARGS(str_trim(json_text(p, "words"))));
}

static void history_put(struct buf *b, const struct json *p)
{
    JSON_EACH (change, json_get(p, "history"))
        buf_printf(b, "%.*s  %.*s = %.*s  (leaf %lld)  %.*s\n", STR_ARGS(json_text(json_get(change, "at"), "text")),
                   STR_ARGS(json_text(p, "name")), STR_ARGS(json_text(change, "value")), (long long)json_int(change, "leaf", -1),
                   STR_ARGS(json_text(change, "reason")));
}

static int list(struct cli_context *c, const char *name, bool is_history)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct buf b BUF_AUTO;
    int status;
    buf_init(&b, 8 << 20);
    if (!open_view(c, cli_option(c, "at"), &o, &e))
        return cli_fail(&e);
    struct view_filter everything = {.per_page = 1000};
    struct json *page = view_parameters(&o.view, &everything, &e);
    if (!page) {
        status = cli_fail(&e);
    } else if (c->json && !name) {
        status = cli_print_json(json_get(page, "rows"));
    } else {
        status = 0;
        JSON_EACH (p, json_get(page, "rows")) {
            if (name && !str_is(json_text(p, "name"), name))
                continue;
            if (c->json)
                status = cli_print_json(p);
            else if (is_history)
                history_put(&b, p);
            else
                parameter_put(&b, p);
        }
        status = status == 0 && !c->json ? cli_print(buf_view(&b)) : status;
    }
    close_view(&o);
    return status;
}

static int set(struct cli_context *c, const char *name, const char *value)
{
    struct err e = {0};
    const char *reason = cli_option(c, "reason");
    if (!reason || !reason[0])
        return cli_wrong_use(c, "a change needs a reason: --reason \"...\"");
    if (!parameter_check(str_of(name), str_of(value), &e))
        return cli_fail(&e);
    struct keeper_client *keeper = keeper_open(c->data_dir, &e);
    struct op op = {.kind = "parameter.set",
                    .actor = STR("local:admin"),
                    .body = parameter_body(c->arena, str_of(name), str_of(value), str_of(reason))};
    struct json *answer;
    op_id_new(c->env, op.id);
    bool is_recorded = keeper && keeper_submit(keeper, c->arena, &op, &answer, &e);
    if (is_recorded && !keeper_flush(keeper, &e))
        is_recorded = err_wrap(&e, "the value is recorded, but not signed");
    if (!is_recorded) {
        keeper_close(keeper);
        return cli_fail(&e);
    }
    keeper_close(keeper);
    if (c->json)
        return cli_print_json(answer);
    return cli_print(arena_printf(c->arena, "%s = %s, leaf %lld; tests use it from the next run on\n", name, value,
                                  (long long)json_int(answer, "leaf", -1)));
}

/* ---- gaps ---- */

static int list_gaps(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct buf b BUF_AUTO;
    buf_init(&b, 8 << 20);
    if (!open_view(c, cli_option(c, "at"), &o, &e))
        return cli_fail(&e);
    struct json *page = view_gaps(&o.view, &e);
    int status;
    if (!page) {
        status = cli_fail(&e);
    } else if (c->json) {
        status = cli_print_json(json_get(page, "gaps"));
    } else {
        JSON_EACH (gap, json_get(page, "gaps")) {
            struct str reason = json_text(gap, "explanation");
            int64_t leaf = json_int(gap, "leaf", -1);
            put_padded(&b, leaf < 0 ? STR("open") : arena_printf(c->arena, "%lld", (long long)leaf), 8);
            buf_printf(&b, " %.*s; ", STR_ARGS(json_text(gap, "words")));
            if (json_bool(gap, "is_explained"))
                buf_printf(&b, "explained (leaf %lld): %.*s\n", (long long)json_int(gap, "explained_leaf", -1), STR_ARGS(reason));
            else
                buf_cstr(&b, "not explained\n");
        }
        if (!json_get(page, "gaps")->first)
            buf_cstr(&b, "no gaps\n");
        status = cli_print(buf_view(&b));
    }
    close_view(&o);
    return status;
}

static int explain_gap(struct cli_context *c, const char *leaf_text)
{
    struct err e = {0};
    const char *reason = cli_option(c, "reason");
    int64_t leaf;
    if (!str_to_int64(str_of(leaf_text), &leaf) || leaf < 0)
        return cli_wrong_use(c, "explain-gap %.40s: wants the leaf of a gap (assay record list gap)", leaf_text);
    if (!reason || !str_trim(str_of(reason)).size)
        return cli_wrong_use(c, "an explanation needs words: --reason \"...\"");
    struct keeper_client *keeper = keeper_open(c->data_dir, &e);
    struct op op = {.kind = "gap", .actor = STR("local:admin"), .body = gap_explain_body(c->arena, leaf, str_of(reason))};
    struct json *answer;
    op_id_new(c->env, op.id);
    bool is_recorded = keeper && keeper_submit(keeper, c->arena, &op, &answer, &e);
    if (is_recorded && !keeper_flush(keeper, &e))
        is_recorded = err_wrap(&e, "the explanation is recorded, but not signed");
    keeper_close(keeper);
    if (!is_recorded)
        return cli_fail(&e);
    return c->json ? cli_print_json(answer)
                   : cli_print(arena_printf(c->arena, "gap %lld is explained, leaf %lld; what was not recorded stays unknown\n",
                                            (long long)leaf, (long long)json_int(answer, "leaf", -1)));
}

static int run(struct cli_context *c)
{
    const char *verb = c->arguments[0], *type = c->arguments[1];
    if (strcmp(verb, "explain-gap") == 0)
        return c->argument_count == 2 ? explain_gap(c, type) : cli_wrong_use(c, "explain-gap wants LEAF");
    if (strcmp(verb, "list") == 0 && strcmp(type, "gap") == 0)
        return c->argument_count == 2 ? list_gaps(c) : cli_wrong_use(c, "list gap: too many arguments");
    bool is_list = strcmp(verb, "list") == 0, is_set = strcmp(verb, "set") == 0, is_history = strcmp(verb, "history") == 0;
    if (!is_list && !is_set && !is_history)
        return cli_wrong_use(c, "%s: list, set, history or explain-gap", verb);
    if (strcmp(type, "parameter") != 0)
        return cli_wrong_use(c, "%s: records are parameter and gap", type);
    if (is_set && c->argument_count != 4)
        return cli_wrong_use(c, "set parameter wants NAME VALUE");
    if (!is_set && c->argument_count > (is_history ? 3 : 2))
        return cli_wrong_use(c, "%s: too many arguments", verb);
    const char *name = c->argument_count > 2 ? c->arguments[2] : NULL;
    if (name && !content_parameter(str_of(name))) {
        struct err e = {0};
        err_set(&e, ERR_NOT_FOUND, "parameter %s: there is none of this name (assay record list parameter)", name);
        return cli_fail(&e);
    }
    return is_set ? set(c, name, c->arguments[3]) : list(c, name, is_history);
}

const struct cli_command cli_command_record = {
    .name = "record",
    .summary = "list, set and look back at the parameters of tests; list and explain gaps",
    .usage = "list parameter|gap | set parameter NAME VALUE --reason TEXT | history parameter [NAME] | explain-gap LEAF --reason TEXT",
    .example = "assay record set parameter password_length_min 14 --reason \"policy of 2026\"",
    .options = options,
    .arguments_min = 2,
    .arguments_max = 4,
    .has_json = true,
    .run = run,
};
