/* assay import: what others wrote, as changes of records. Today OSCAL: catalogs and assessment results. */
#include "cli/open_view.h"
#include "oscal/oscal.h"

static int import_print(struct cli_context *c, const struct oscal_import *i, bool is_dry)
{
    if (c->json)
        return cli_print_json(oscal_import_json(c->arena, i, is_dry));
    static const char *const kinds[] = {"requirement", "gap", "deviation", "evidence"};
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    buf_printf(&b, "%s \"%.*s\"\n", oscal_model_name(i->document.model), STR_ARGS(i->document.title));
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        int64_t made = 0, changed = 0;
        JSON_EACH (row, i->rows)
            if (str_is(json_text(row, "type"), kinds[k])) {
                made += str_is(json_text(row, "act"), "new");
                changed += str_is(json_text(row, "act"), "change");
            }
        if (made + changed)
            buf_printf(&b, "%lld of the type %s %s new, %lld %s changed\n", (long long)made, kinds[k],
                       is_dry ? "would be" : "are", (long long)changed, is_dry ? "would be" : "are");
    }
    if (i->same)
        buf_printf(&b, "%zu are here already\n", i->same);
    JSON_EACH (row, i->rows)
        if (str_is(json_text(row, "act"), "left"))
            buf_printf(&b, "not taken: %.*s: %.*s\n", STR_ARGS(json_text(row, "pointer")), STR_ARGS(json_text(row, "why")));
    JSON_EACH (words, i->left)
        buf_printf(&b, "not taken: %.*s\n", STR_ARGS(words->text));
    buf_cstr(&b, is_dry ? "nothing is written (--dry-run)\n" : i->count == 0 ? "nothing to import\n" : "");
    return cli_print(buf_view(&b));
}

static bool import_do(struct cli_context *c, struct view *v, struct keeper_client *keeper, struct record_types *types,
                      struct oscal_import *ret, struct err *e)
{
    struct access x;
    struct str text;
    struct op op;
    struct json *answer;
    const char *path = c->arguments[1], *slash = strrchr(path, '/');
    if (!cli_file_read(c, path, OSCAL_BYTES_MAX, &text, e) || !access_read(v->db, c->arena, STR("local:admin"), v->now_ms, &x, e))
        return false;
    if (!oscal_import_read(v, types, &x, c->env, str_of(slash ? slash + 1 : path), text, ret, e))
        return err_wrap(e, "%s", path);
    if (!keeper || ret->count == 0)
        return true;
    return record_op(c->env, c->arena, ret->changes, ret->count, &x, &op, e) &&
           keeper_submit(keeper, c->arena, &op, &answer, e) &&
           (keeper_flush(keeper, e) || err_wrap(e, "it is recorded, but not signed"));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct oscal_import i;
    bool is_dry = cli_flag(c, "dry-run");
    if (strcmp(c->arguments[0], "oscal") != 0)
        return cli_wrong_use(c, "%.40s: what is read is oscal; CSV goes through assay record import", c->arguments[0]);
    struct keeper_client *keeper = is_dry ? NULL : keeper_open(c->data_dir, &e);
    if (!is_dry && !keeper)
        return cli_fail(&e);
    bool ok = open_view(c, NULL, &o, &e);
    if (ok) {
        struct record_types *types = record_types_open(o.view.db, &e);
        ok = types && import_do(c, &o.view, keeper, types, &i, &e);
        record_types_close(types);
        close_view(&o);
    }
    if (keeper)
        keeper_close(keeper);
    return ok ? import_print(c, &i, is_dry) : cli_fail(&e);
}

static const struct cli_option options[] = {
    {"dry-run", 0, NULL, "say what would happen and write nothing"},
    {0},
};

const struct cli_command cli_command_import = {
    .name = "import",
    .summary = "take over what others wrote: OSCAL catalogs and assessment results",
    .usage = "oscal FILE.json",
    .example = "assay import oscal NIST_SP-800-53_rev5_MODERATE-baseline-resolved-profile_catalog.json --dry-run",
    .options = options,
    .details = "A catalog's controls become requirements of other frameworks (assay record list requirement), with the criteria "
               "near them where the crosswalk\n"
               "knows the framework. Findings of assessment results that are not satisfied become gaps, or deviations where they "
               "name a control of\n"
               "yours; the file is kept as evidence. The same file again changes nothing. Everything is taken or nothing.",
    .arguments_min = 2,
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
