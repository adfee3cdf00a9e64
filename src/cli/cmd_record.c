/* cmd_record.c - what people set and say: records of any type (cmd_records.c), the organisation-wide parameters of tests, with their
 * history; why a gap of the ledger came about. */
#include "assess/ops.h"
#include "cli/cmd_records.h"
#include "cli/open_view.h"
#include "content/content.h"
#include "keeper/keeper.h"
#include "keeper/kinds.h"
#include "report/view_parameters.h"

static const struct cli_option options[] = {
    {"at", 0, "TIME", "list, show, history, export, gaps: as it was known at TIME"},
    {"reason", 0, "TEXT", "why; set and explain-gap need it, and some transitions"},
    {"where", 0, "FILTER", "list, export: \"owner=P-0007 severity=high due_on<today+14d\""},
    {"state", 0, "STATE", "list, export: a state, open or closed"},
    {"find", 0, "WORDS", "list, export: full text"},
    {"sort", 0, "FIELD", "list, export: by this field, -FIELD from the last"},
    {"page", 0, "N", "list: page, from 1"},
    {"limit", 0, "N", "list: rows a page, at most 1000; 50"},
    {"version", 0, "N", "change, move, delete, undo: refuse if somebody has changed it since version N"},
    {"file", 0, "FIELD=PATH", "add, change: a file, or several separated by commas"},
    {"sure", 0, NULL, "move, delete: although other records refer to it, where the type asks"},
    {"map", 0, "HEADING=FIELD", "import: which field a column is, separated by commas; HEADING= leaves it out"},
    {"dry-run", 0, NULL, "import, apply, type add: check and write nothing"},
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
    if (!open_view(c, "at", &o, &e))
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

/* Everything that one value stands in: what changes with it. */
static int show(struct cli_context *c, const char *name)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    if (!open_view(c, "at", &o, &e))
        return cli_fail(&e);
    struct json *p = view_parameter(&o.view, str_of(name), &e);
    int status = p ? 0 : cli_fail(&e);
    if (p && c->json) {
        status = cli_print_json(p);
    } else if (p) {
        buf_printf(&b, "%s = %.*s (%.*s)\n%.*s\n", name, STR_ARGS(json_text(p, "value")), STR_ARGS(json_text(p, "text")), STR_ARGS(str_trim(json_text(p, "words"))));
        JSON_EACH (x, json_get(p, "proposals"))
            if (json_bool(x, "is_open"))
                buf_printf(&b, "proposed: %.*s: %.*s (leaf %lld)\n", STR_ARGS(json_text(x, "value")), STR_ARGS(json_text(x, "reason")), (long long)json_int(x, "leaf", -1));
        JSON_EACH (x, json_get(p, "policies"))
            buf_printf(&b, "policy  %.*s %.*s: %.*s\n", STR_ARGS(json_text(x, "id")), STR_ARGS(json_text(x, "section")), STR_ARGS(json_text(x, "text")));
        JSON_EACH (x, json_get(p, "controls"))
            buf_printf(&b, "control %.*s: %.*s\n", STR_ARGS(json_text(x, "id")), STR_ARGS(json_text(x, "text")));
        JSON_EACH (x, json_get(p, "test_links"))
            buf_printf(&b, "test    %.*s: %.*s\n", STR_ARGS(json_text(x, "id")), STR_ARGS(json_text(x, "title")));
        status = cli_print(buf_view(&b));
    }
    close_view(&o);
    return status;
}

static int parameter_submit(struct cli_context *c, const char *kind, struct json *body, struct str said)
{
    struct err e = {0};
    struct keeper_client *keeper = keeper_open(c->data_dir, &e);
    struct op op = {.kind = kind, .actor = STR("local:admin"), .body = body};
    struct json *answer;
    op_id_new(c->env, op.id);
    bool is_recorded = keeper && keeper_submit(keeper, c->arena, &op, &answer, &e);
    if (is_recorded && !keeper_flush(keeper, &e))
        is_recorded = err_wrap(&e, "the value is recorded, but not signed");
    keeper_close(keeper);
    if (!is_recorded)
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(answer);
    return cli_print(arena_printf(c->arena, "%.*s, leaf %lld%s\n", STR_ARGS(said), (long long)json_int(answer, "leaf", -1),
                                  strcmp(kind, "parameter.propose") == 0 ? "; somebody else decides" : "; tests use it from the next run on"));
}

static int set(struct cli_context *c, const char *name, const char *value)
{
    struct err e = {0};
    const char *reason = cli_option(c, "reason"), *kind = parameter_kind(str_of(name));
    if (!reason || !reason[0])
        return cli_wrong_use(c, "a change needs a reason: --reason \"...\"");
    if (!parameter_check(str_of(name), str_of(value), &e))
        return cli_fail(&e);
    bool is_proposed = strcmp(kind, "parameter.propose") == 0;
    return parameter_submit(c, kind, parameter_body(c->arena, str_of(name), str_of(value), str_of(reason)),
                            arena_printf(c->arena, "%s%s = %s", is_proposed ? "proposed: " : "", name, value));
}

static int decide(struct cli_context *c, const char *name, bool is_approved)
{
    struct err e = {0};
    struct opened_view o = {0};
    const char *reason = cli_option(c, "reason");
    if (!reason || !reason[0])
        return cli_wrong_use(c, "a decision needs a reason: --reason \"...\"");
    if (!open_view(c, NULL, &o, &e))
        return cli_fail(&e);
    int64_t proposal = db_one_int(o.view.db, &e, -1, "select max(leaf) from parameter_proposal where name = ?1 and decided_leaf is null", A(name));
    close_view(&o);
    if (!e.code && proposal < 0)
        err_set(&e, ERR_NOT_FOUND, "parameter %s: nobody proposes another value", name);
    if (e.code)
        return cli_fail(&e);
    return parameter_submit(c, "parameter.decide", parameter_decision_body(c->arena, proposal, is_approved, str_of(reason)),
                            arena_printf(c->arena, "%s: %s", is_approved ? "approved" : "refused", name));
}

/* ---- gaps ---- */

static int list_gaps(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct buf b BUF_AUTO;
    buf_init(&b, 8 << 20);
    if (!open_view(c, "at", &o, &e))
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
        return cli_wrong_use(c, "explain-gap %.40s: wants the leaf of a gap (assay record gaps)", leaf_text);
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
    const char *verb = c->arguments[0], *type = c->argument_count > 1 ? c->arguments[1] : "";
    if (strcmp(verb, "explain-gap") == 0)
        return c->argument_count == 2 ? explain_gap(c, type) : cli_wrong_use(c, "explain-gap wants LEAF");
    if (strcmp(verb, "gaps") == 0)
        return c->argument_count == 1 ? list_gaps(c) : cli_wrong_use(c, "gaps: too many arguments");
    if (records_is_verb(verb) && strcmp(type, "parameter") != 0)
        return records_run(c);
    bool is_list = strcmp(verb, "list") == 0, is_set = strcmp(verb, "set") == 0, is_history = strcmp(verb, "history") == 0;
    bool is_show = strcmp(verb, "show") == 0, is_approve = strcmp(verb, "approve") == 0, is_refuse = strcmp(verb, "refuse") == 0;
    bool wants_name = is_show || is_approve || is_refuse;
    if (!is_list && !is_set && !is_history && !wants_name)
        return cli_wrong_use(c, "%s: types, list, show, add, change, move, delete, undo, history, import, apply, personal, export, type, set, approve, refuse, gaps or explain-gap", verb);
    if (strcmp(type, "parameter") != 0)
        return cli_wrong_use(c, "set wants parameter NAME VALUE; other records take change");
    if (is_set && c->argument_count != 4)
        return cli_wrong_use(c, "set parameter wants NAME VALUE");
    if (wants_name && c->argument_count != 3)
        return cli_wrong_use(c, "%s parameter wants NAME", verb);
    if (!is_set && c->argument_count > (is_list ? 2 : 3))
        return cli_wrong_use(c, "%s: too many arguments", verb);
    const char *name = c->argument_count > 2 ? c->arguments[2] : NULL;
    if (name && !content_parameter(str_of(name))) {
        struct err e = {0};
        err_set(&e, ERR_NOT_FOUND, "parameter %s: there is none of this name (assay record list parameter)", name);
        return cli_fail(&e);
    }
    if (wants_name)
        return is_show ? show(c, name) : decide(c, name, is_approve);
    return is_set ? set(c, name, c->arguments[3]) : list(c, name, is_history);
}

const struct cli_command cli_command_record = {
    .name = "record",
    .summary = "records of any type, in and out; the parameters of tests; gaps of the ledger",
    .usage = "types | list TYPE | show TYPE ID | add TYPE FIELD=VALUE… | change TYPE ID FIELD=VALUE… | move TYPE ID TRANSITION | history TYPE ID | …",
    .details = "  types                              the types of records, and how many there are\n"
               "  list|export TYPE [--where FILTER] [--state S] [--find WORDS] [--sort FIELD] [--at TIME]\n"
               "  show|history TYPE ID [--at TIME]\n"
               "  add TYPE [ID] FIELD=VALUE…         ids with a prefix are made\n"
               "  change TYPE ID FIELD=VALUE…        FIELD= takes the value away\n"
               "  move TYPE ID TRANSITION [FIELD=VALUE…]\n"
               "  delete|undo TYPE ID\n"
               "  import TYPE FILE.csv [--map HEADING=FIELD] [--dry-run]   all rows or none\n"
               "  personal PERSON                    what is kept about somebody, and in which leaves\n"
               "  apply FILE.json [--dry-run]        an array of changes of any types, all of them or none\n"
               "  type add FILE.yaml [--dry-run]     a type of your own, or fields and states for one\n"
               "  list parameter | set parameter NAME VALUE --reason TEXT | history parameter [NAME]\n"
               "  show parameter NAME                where it is used: policies, controls, tests\n"
               "  approve|refuse parameter NAME --reason TEXT    of those that take two people\n"
               "  gaps [--at TIME] | explain-gap LEAF --reason TEXT        where nothing was recorded that should have been",
    .example = "assay record set parameter password_length_min 14 --reason \"policy of 2026\"",
    .options = options,
    .arguments_min = 1,
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
