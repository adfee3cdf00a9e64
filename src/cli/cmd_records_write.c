/* cmd_records_write.c - assay record add, change, move, delete, undo, import, type add. */
#include "cli/cmd_records.h"

#include "content/yaml.h"

#include <errno.h>
#include <stdio.h>

enum { FILE_BYTES_MAX = 64 << 20 };

static bool submit(struct record_cli *r, struct keeper_client *keeper, const struct op *op, struct json **ret_answer, struct err *e)
{
    return keeper_submit(keeper, r->c->arena, op, ret_answer, e) && (keeper_flush(keeper, e) || err_wrap(e, "it is recorded, but not signed"));
}

/* "due_on=2026-12-01": text, as in a form. */
static bool set_read(struct record_cli *r, int from, struct json *set, struct err *e)
{
    for (int i = from; i < r->c->argument_count; i++) {
        struct str rest = str_of(r->c->arguments[i]), name;
        if (!str_cut(&rest, '=', &name) || name.size == 0)
            return err_set(e, ERR_INVALID, "%s: wants FIELD=VALUE", r->c->arguments[i]);
        char *key = arena_strndup(r->c->arena, name.data, name.size);
        if (json_get(set, key))
            return err_set(e, ERR_INVALID, "%s: given twice", key);
        json_put_str(set, key, rest);
    }
    return true;
}

/* --file FIELD=PATH,FIELD=PATH */
struct files {
    struct op_blob blobs[16];
    size_t count;
};

static const char *media_of(struct str path)
{
    static const char *const known[][2] = {{".pdf", "application/pdf"}, {".png", "image/png"}, {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"}, {".csv", "text/csv"},
                                           {".txt", "text/plain"}, {".ndjson", "application/x-ndjson"}, {".json", "application/json"}, {".md", "text/markdown"}, {".zip", "application/zip"},
                                           {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
                                           {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_ends(path, known[i][0]))
            return known[i][1];
    return "application/octet-stream";
}

static bool files_add(struct record_cli *r, const struct record *record, struct json *set, struct files *files, struct err *e)
{
    const char *option = cli_option(r->c, "file");
    struct str rest = str_of(option ? option : ""), part, name, bytes;
    struct arena *a = r->c->arena;
    while (rest.size) {
        str_cut(&rest, ',', &part);
        if (!str_cut(&part, '=', &name) || files->count == 16)
            return err_set(e, ERR_INVALID, "--file wants FIELD=PATH, at most 16 of them");
        char *key = arena_strndup(a, name.data, name.size), *path = arena_strndup(a, part.data, part.size);
        struct json *list = (struct json *)(uintptr_t)json_get(set, key), *value;
        const char *slash = strrchr(path, '/');
        if (!list)
            list = json_put_array(set, key);
        if (list->count == 0) /* those that are there stay */
            JSON_EACH (there, record ? json_get(record->values, key) : NULL) {
                struct json *copy = json_push_object(list);
                JSON_EACH (m, there) {
                    struct json *value_copied = ARENA_NEW(a, struct json);
                    *value_copied = *m;
                    value_copied->next = NULL;
                    json_put(copy, arena_strndup(a, m->key.data, m->key.size), value_copied);
                }
            }
        if (!cli_file_read(r->c, path, FILE_BYTES_MAX, &bytes, e) ||
            !record_seal_file(r->c->env, a, str_of(slash ? slash + 1 : path), media_of(part), bytes, &files->blobs[files->count], &value, e))
            return false;
        files->count++;
        json_push(list, value);
    }
    return true;
}

static int problems_print(struct cli_context *c, const struct json *problems)
{
    struct err e = {0};
    const struct json *first = json_at(problems, 0);
    if (c->json && cli_print_json(problems) != 0)
        return 3;
    for (const struct json *p = first->next; p; p = p->next)
        fprintf(stderr, "assay: %.*s: %.*s\n", STR_ARGS(json_text(p, "field")), STR_ARGS(json_text(p, "why")));
    err_set(&e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")));
    return cli_fail(&e);
}

static int answer_print(struct cli_context *c, const struct json *answer)
{
    if (c->json)
        return cli_print_json(answer);
    const struct json *r = json_path(answer, "records.0");
    struct str act = json_text(r, "act");
    return cli_print(arena_printf(c->arena, "%.*s %.*s, version %lld%s (leaf %lld)\n", STR_ARGS(json_text(r, "type")), STR_ARGS(json_text(r, "id")),
                                  (long long)json_int(r, "ver", 0), str_is(act, "vote") ? ", one of several who have to ask for it" : "",
                                  (long long)json_int(answer, "leaf", -1)));
}

/* What is asked: checked here, so that every wrong field is named, then by the keeper. */
static int change_run(struct record_cli *r, struct keeper_client *keeper, struct record_change *change, int values_from)
{
    struct err e = {0};
    struct arena *a = r->c->arena;
    struct files files = {.count = 0};
    struct op op;
    struct json *answer, *set = json_object(a), *problems;
    struct record *record = change->act == RECORD_CREATE ? NULL : record_get(r->db, a, r->type, change->id, INT64_MAX, &e);
    if (e.code || !set_read(r, values_from, set, &e))
        return cli_fail(&e);
    if (record && cli_option(r->c, "version") && !str_to_int64(str_of(cli_option(r->c, "version")), &change->version))
        return cli_wrong_use(r->c, "--version wants a number");
    if (record && !cli_option(r->c, "version"))
        change->version = record->version;
    problems = record_check_of(r->db, a, r->type, record ? record : &(struct record){.type = r->type, .values = json_object(a)}, set, true, NULL, 0, &e);
    if (!problems)
        return cli_fail(&e);
    if (problems->count)
        return problems_print(r->c, problems);
    if (!record)
        record_defaults(r->type, set, &r->access, r->now_ms);
    if (!files_add(r, record, set, &files, &e) || !(problems = record_check_of(r->db, a, r->type, record, set, false, files.blobs, files.count, &e)))
        return cli_fail(&e);
    if (problems->count)
        return problems_print(r->c, problems);
    change->set = set;
    change->is_sure = cli_flag(r->c, "sure");
    change->files = files.blobs;
    change->file_count = files.count;
    if (!record_op(r->c->env, a, change, 1, &r->access, &op, &e) || !submit(r, keeper, &op, &answer, &e))
        return cli_fail(&e);
    return answer_print(r->c, answer);
}

/* The keeper first: it brings the projection up to what this program expects. */
static int with_keeper(struct cli_context *c, bool with_type, int (*run)(struct record_cli *r, struct keeper_client *keeper, void *context), void *context)
{
    struct err e = {0};
    struct record_cli r;
    int status;
    struct keeper_client *keeper = keeper_open(c->data_dir, &e);
    if (!keeper)
        return cli_fail(&e);
    if (record_cli_open(c, with_type, &r, &e))
        status = run(&r, keeper, context);
    else
        status = cli_fail(&e);
    records_close(&r);
    keeper_close(keeper);
    return status;
}

static int add_run(struct record_cli *r, struct keeper_client *keeper, void *context)
{
    struct record_change *change = context;
    bool is_made = r->type->prefix && r->type->prefix[0];
    change->type = str_of(r->type->id);
    if (!is_made && r->c->argument_count < 3)
        return cli_wrong_use(r->c, "add %s wants an ID", r->type->id);
    change->id = is_made ? STR("") : str_of(r->c->arguments[2]);
    return change_run(r, keeper, change, is_made ? 2 : 3);
}

int records_add(struct cli_context *c)
{
    const char *why = cli_option(c, "reason");
    struct record_change change = {.act = RECORD_CREATE, .why = str_of(why ? why : "")};
    if (c->argument_count < 2)
        return cli_wrong_use(c, "add wants TYPE FIELD=VALUE …");
    return with_keeper(c, true, add_run, &change);
}

static int act_run(struct record_cli *r, struct keeper_client *keeper, void *context)
{
    struct record_change *change = context;
    change->type = str_of(r->type->id);
    return change_run(r, keeper, change, change->act == RECORD_MOVE ? 4 : 3);
}

int records_change(struct cli_context *c, enum record_act act)
{
    const char *why = cli_option(c, "reason");
    int least = act == RECORD_MOVE || act == RECORD_CHANGE ? 4 : 3;
    if (c->argument_count < least || (act != RECORD_MOVE && act != RECORD_CHANGE && c->argument_count > 3))
        return cli_wrong_use(c, "%s wants TYPE ID%s", c->arguments[0], act == RECORD_MOVE ? " TRANSITION" : act == RECORD_CHANGE ? " FIELD=VALUE …" : "");
    struct record_change change = {.act = act, .id = str_of(c->arguments[2]), .why = str_of(why ? why : "")};
    if (act == RECORD_MOVE)
        change.transition = str_of(c->arguments[3]);
    return with_keeper(c, true, act_run, &change);
}

/* ---- import ---- */

/* --map "Heading=field,Other=" */
static bool mapping_read(struct cli_context *c, struct json **ret, struct err *e)
{
    const char *option = cli_option(c, "map");
    struct str rest = str_of(option ? option : ""), part, name;
    *ret = json_object(c->arena);
    while (rest.size) {
        str_cut(&rest, ',', &part);
        if (!str_cut(&part, '=', &name))
            return err_set(e, ERR_INVALID, "--map wants HEADING=FIELD,… (HEADING= leaves it out)");
        json_put_str(*ret, arena_strndup(c->arena, name.data, name.size), part);
    }
    return true;
}

static int import_report(struct cli_context *c, const struct record_csv *csv, const char *file)
{
    struct err e = {0};
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_int(o, "rows", (int64_t)csv->total_count);
        json_put_int(o, "changes", (int64_t)csv->row_count);
        json_put(o, "problems", csv->problems);
        int status = cli_print_json(o);
        return status ? status : csv->problems->count ? 2 : 0;
    }
    if (csv->problems->count == 0)
        return cli_print(arena_printf(c->arena, "%zu rows, %zu changes, nothing wrong; nothing is written (--dry-run)\n", csv->total_count, csv->row_count));
    JSON_EACH (p, csv->problems)
        fprintf(stderr, "assay: %s: row %lld: %.*s: %.*s\n", file, (long long)json_int(p, "row", 0), STR_ARGS(json_text(p, "column")), STR_ARGS(json_text(p, "why")));
    err_set(&e, ERR_INVALID, "%s: %zu problem%s, nothing is written", file, csv->problems->count, csv->problems->count == 1 ? "" : "s");
    return cli_fail(&e);
}

static int import_run(struct record_cli *r, struct keeper_client *keeper, void *context)
{
    struct cli_context *c = r->c;
    struct err e = {0};
    struct record_csv csv;
    struct op op;
    struct json *answer, *mapping;
    const struct str *text = context;
    if (!mapping_read(c, &mapping, &e) || !record_csv_read(r->db, c->arena, r->type, *text, mapping, &r->access, r->now_ms, &csv, &e))
        return cli_fail(&e);
    if (csv.problems->count || cli_flag(c, "dry-run"))
        return import_report(c, &csv, c->arguments[2]);
    const char *why = cli_option(c, "reason");
    for (size_t i = 0; why && i < csv.row_count; i++)
        csv.changes[i].why = str_of(why);
    if (csv.row_count == 0)
        return cli_print(STR("nothing to change\n"));
    if (!record_op(c->env, c->arena, csv.changes, csv.row_count, &r->access, &op, &e) || !submit(r, keeper, &op, &answer, &e))
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(answer);
    return cli_print(arena_printf(c->arena, "%zu rows, %lld changes, up to leaf %lld\n", csv.total_count, (long long)json_int(answer, "count", 0),
                                  (long long)json_int(answer, "leaf", -1)));
}

int records_import(struct cli_context *c)
{
    struct err e = {0};
    struct str text;
    if (c->argument_count != 3)
        return cli_wrong_use(c, "import wants TYPE FILE.csv");
    if (!cli_file_read(c, c->arguments[2], FILE_BYTES_MAX, &text, &e))
        return cli_fail(&e);
    return with_keeper(c, true, import_run, &text);
}

/* ---- several changes as JSON ---- */

static int apply_problems(struct cli_context *c, const struct json *problems, const char *file)
{
    struct err e = {0};
    if (c->json && cli_print_json(problems) != 0)
        return 3;
    JSON_EACH (p, problems)
        fprintf(stderr, "assay: %s: %.*s: %.*s\n", file, STR_ARGS(json_text(p, "field")), STR_ARGS(json_text(p, "why")));
    err_set(&e, ERR_INVALID, "%s: %zu problem%s, nothing is written", file, problems->count, problems->count == 1 ? "" : "s");
    return cli_fail(&e);
}

static int apply_run(struct record_cli *r, struct keeper_client *keeper, void *context)
{
    struct cli_context *c = r->c;
    struct err e = {0};
    struct record_batch batch;
    struct op op;
    struct json *answer, *list = json_parse(c->arena, *(const struct str *)context, JSON_LIMITS_DEFAULT, &e);
    if (!list || !record_batch_read(r->db, c->arena, list, &r->access, r->now_ms, &batch, &e))
        return cli_fail(&e);
    if (batch.problems->count)
        return apply_problems(c, batch.problems, c->arguments[1]);
    if (cli_flag(c, "dry-run"))
        return cli_print(arena_printf(c->arena, "%zu changes, nothing wrong; nothing is written (--dry-run)\n", batch.count));
    if (!record_op(c->env, c->arena, batch.changes, batch.count, &r->access, &op, &e) || !submit(r, keeper, &op, &answer, &e))
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(answer);
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    JSON_EACH (made, json_get(answer, "records"))
        buf_printf(&b, "%.*s %.*s, version %lld\n", STR_ARGS(json_text(made, "type")), STR_ARGS(json_text(made, "id")), (long long)json_int(made, "ver", 0));
    return cli_print(buf_view(&b));
}

int records_apply(struct cli_context *c)
{
    struct err e = {0};
    struct str text;
    if (c->argument_count != 2)
        return cli_wrong_use(c, "apply wants FILE.json, an array of changes");
    if (!cli_file_read(c, c->arguments[1], FILE_BYTES_MAX, &text, &e))
        return cli_fail(&e);
    return with_keeper(c, false, apply_run, &text);
}

/* ---- types ---- */

static int type_run(struct record_cli *r, struct keeper_client *keeper, void *context)
{
    struct cli_context *c = r->c;
    struct err e = {0};
    struct op op;
    struct json *answer;
    const struct str *text = context;
    const char *why = cli_option(c, "reason");
    const struct yaml *root = yaml_read(c->arena, c->arguments[2], 1, *text, &e);
    const struct record_type *base = root ? record_types_find(r->types, yaml_text(root, "id")) : NULL;
    const struct record_type *type = root ? record_type_read(c->arena, c->arguments[2], root, base, &e) : NULL;
    if (!type)
        return cli_fail(&e);
    if (cli_flag(c, "dry-run"))
        return cli_print(arena_printf(c->arena, "%s: nothing wrong; nothing is written (--dry-run)\n", type->id));
    if (!record_type_op(c->env, c->arena, type, str_of(why ? why : ""), &r->access, &op, &e) || !submit(r, keeper, &op, &answer, &e))
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(answer);
    int64_t leaf = json_int(answer, "leaf", -1);
    return cli_print(leaf < 0 ? arena_printf(c->arena, "%s is so already\n", type->id)
                              : arena_printf(c->arena, "%s: %s (leaf %lld)\n", type->id, base ? "changed" : "added", (long long)leaf));
}

int records_type_add(struct cli_context *c)
{
    struct err e = {0};
    struct str text;
    if (c->argument_count != 3 || strcmp(c->arguments[1], "add") != 0)
        return cli_wrong_use(c, "type wants add FILE.yaml");
    if (!cli_file_read(c, c->arguments[2], FILE_BYTES_MAX, &text, &e))
        return cli_fail(&e);
    return with_keeper(c, false, type_run, &text);
}
