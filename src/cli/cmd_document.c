/* cmd_document.c - documents from the command line: brought, found by their words, what is due for destruction, and destroyed when that is approved. */
#include "assess/documents.h"
#include "cli/cmd_records.h"
#include "os/file.h"
#include "role/dispose_once.h"
#include "role/duties_once.h"
#include "role/inspect_once.h"
#include "web/upload.h"

#include <fcntl.h>

enum { FILES_MAX = 20, OUT_BYTES_MAX = 16 << 20 };

static const struct cli_option options[] = {
    {"title", 0, "TEXT", "add: what it is called; the file's name unless given (one file)"},
    {"folder", 0, "ID", "add: the folder that it is put into"},
    {"owner", 0, "PERSON", "add: who answers for it"},
    {"classification", 0, "CLASS", "add: public, internal, confidential or restricted"},
    {"label", 0, "ID", "add: the retention label"},
    {"all", 0, NULL, "due: also what is kept, and until when"},
    {"at", 0, "TIME", "list, search, due: as it was known at TIME"},
    {0},
};

struct working {
    struct cli_context *c;
    struct record_cli r;
    struct keeper_client *keeper;
    struct os_child child;
    int fd;
};

static bool work_open(struct working *w, struct cli_context *c, bool is_writing, struct err *e)
{
    *w = (struct working){.c = c, .child = OS_CHILD_NONE, .fd = -1, .r = {.data = {.fd = -1}}};
    if (is_writing && (!(w->keeper = keeper_open(c->data_dir, e)) || !inspect_start(&w->child, &w->fd, e)))
        return false;
    return record_cli_open(c, false, &w->r, e) && ((w->r.type = record_types_find(w->r.types, STR("document"))) || err_set(e, ERR_INTERNAL, "there is no type document"));
}

static void work_close(struct working *w)
{
    records_close(&w->r);
    os_child_end(&w->child, 1000);
    keeper_close(w->keeper);
}

static bool look_now(struct working *w, size_t *ret_all, struct err *e)
{
    struct inspections s = {.keeper = w->keeper, .dir = &w->r.data, .db = w->r.db, .env = w->c->env, .fd = w->fd};
    size_t done = INSPECTIONS_MAX;
    *ret_all = 0;
    for (; done == INSPECTIONS_MAX; *ret_all += done)
        if (!documents_submit(&s, &done, e) || !keeper_flush(w->keeper, e))
            return false;
    return true;
}

/* ---- bringing them ---- */

static bool add_one(struct working *w, const char *path, struct record_change *ret, struct err *e)
{
    static const char *const fields[] = {"title", "folder", "owner", "classification", "label"};
    struct arena *a = w->c->arena;
    const char *slash = strrchr(path, '/'), *why = NULL;
    struct str name = str_of(slash ? slash + 1 : path);
    struct buf BUF_AUTO b;
    struct op_blob *blob = ARENA_NEW(a, struct op_blob);
    struct json *value, *set = json_object(a);
    buf_init(&b, RECORD_FILE_BYTES);
    if (!os_file_read(&os_file_real, AT_FDCWD, path, &b, e))
        return err_wrap(e, "%s", path);
    const char *media = upload_media_evidence(name, buf_view(&b), &why);
    if (!media || b.size == 0)
        return err_set(e, ERR_INVALID, "%s: %s", path, media ? "it is empty" : why);
    if (!record_seal_file(w->c->env, a, name, media, buf_view(&b), blob, &value, e))
        return false;
    json_put_str(set, "title", name);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (cli_option(w->c, fields[i]))
            json_put_cstr(set, fields[i], cli_option(w->c, fields[i]));
    json_push(json_put_array(set, "file"), value);
    record_defaults(w->r.type, set, &w->r.access, w->r.now_ms);
    *ret = (struct record_change){.type = STR("document"), .act = RECORD_CREATE, .set = set, .files = blob, .file_count = 1};
    return true;
}

static int add(struct working *w)
{
    struct err e = {0};
    struct record_change changes[FILES_MAX];
    size_t count = (size_t)w->c->argument_count - 1, looked;
    struct json *answer;
    struct op op;
    if (count == 0 || count > FILES_MAX)
        return cli_wrong_use(w->c, "add wants 1 to %d files", FILES_MAX);
    for (size_t i = 0; i < count; i++)
        if (!add_one(w, w->c->arguments[i + 1], &changes[i], &e))
            return cli_fail(&e);
    if (!record_op(w->c->env, w->c->arena, changes, count, &w->r.access, &op, &e) || !keeper_submit(w->keeper, w->c->arena, &op, &answer, &e) || !keeper_flush(w->keeper, &e) ||
        !look_now(w, &looked, &e))
        return cli_fail(&e);
    if (w->c->json)
        return cli_print_json(answer);
    struct buf BUF_AUTO b;
    buf_init(&b, OUT_BYTES_MAX);
    JSON_EACH (r, json_get(answer, "records"))
        DB_EACH (row, w->r.db, &e, "select d.title, t.problems, t.text_size, t.words from documents d left join record_file f on f.type = 'document' and f.id = d.id and f.to_leaf is null left join document_text t on t.x = f.x where d.id = ?1",
                 A(json_text(r, "id")))
            buf_printf(&b, "%.*s  %.*s: %.*s, %lld bytes of text%s\n", STR_ARGS(json_text(r, "id")), STR_ARGS(db_text(row, 0)), STR_ARGS(db_text(row, 3)), (long long)db_int(row, 2),
                       db_int(row, 1) ? "; the machine found problems" : "");
    return e.code ? cli_fail(&e) : cli_print(buf_view(&b));
}

/* ---- looking ---- */

static bool each_found(void *context, const struct record *r, struct err *e)
{
    struct json *o = json_push_object(context);
    (void)e;
    json_put_str(o, "id", r->id);
    json_put_str(o, "title", record_title(r));
    json_put_str(o, "state", r->state);
    json_put_str(o, "folder", json_text(r->values, "folder"));
    return true;
}

static int search(struct working *w)
{
    struct err e = {0};
    struct json *list = json_array(w->c->arena);
    struct record_query q = {.q = w->c->argument_count > 1 ? str_of(w->c->arguments[1]) : STR(""), .page = 1, .per_page = 1000, .leaf_limit = w->r.leaf_limit, .access = &w->r.access, .now_ms = w->r.now_ms};
    if (!record_list(w->r.db, w->c->arena, w->r.type, &q, each_found, list, NULL, &e))
        return cli_fail(&e);
    if (w->c->json)
        return cli_print_json(list);
    struct buf BUF_AUTO b;
    buf_init(&b, OUT_BYTES_MAX);
    JSON_EACH (o, list)
        buf_printf(&b, "%.*s  %-9.*s  %.*s\n", STR_ARGS(json_text(o, "id")), STR_ARGS(json_text(o, "state")), STR_ARGS(json_text(o, "title")));
    return cli_print(list->count ? buf_view(&b) : STR("nothing found\n"));
}

static int due(struct working *w)
{
    struct err e = {0};
    struct due_document *d;
    size_t count;
    int64_t today;
    int hour;
    struct buf BUF_AUTO b;
    struct json *list = json_array(w->c->arena);
    buf_init(&b, OUT_BYTES_MAX);
    if (!local_date(w->r.db, w->r.now_ms, &today, &hour, &e) || !documents_due(w->r.db, w->c->arena, today, STR(""), cli_flag(w->c, "all"), &d, &count, &e))
        return cli_fail(&e);
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", d[i].id);
        json_put_str(o, "title", d[i].title);
        json_put_cstr(o, "fate", document_fate_name(d[i].fate));
        json_put_str(o, "why", d[i].why);
        json_put_str(o, "hold", d[i].held_by);
        buf_printf(&b, "%-8s  %.*s  %.*s: %.*s\n", document_fate_name(d[i].fate), STR_ARGS(d[i].id), STR_ARGS(d[i].title), STR_ARGS(d[i].why));
    }
    return w->c->json ? cli_print_json(list) : cli_print(count ? buf_view(&b) : STR("nothing is due\n"));
}

/* ---- destroying ---- */

static int dispose(struct working *w)
{
    struct err e = {0};
    int64_t today;
    int hour;
    struct str id = str_of(w->c->arguments[1]);
    if (!local_date(w->r.db, w->r.now_ms, &today, &hour, &e) || !disposition_carry_out(w->keeper, &w->r.data, w->r.db, w->c->env, w->c->arena, today, id, &e) || !keeper_flush(w->keeper, &e))
        return cli_fail(&e);
    return cli_print(arena_printf(w->c->arena, "%.*s is carried out; its certificate stands in the ledger\n", STR_ARGS(id)));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct working w;
    const char *what = c->arguments[0];
    bool is_add = strcmp(what, "add") == 0, is_search = strcmp(what, "search") == 0 && c->argument_count == 2, is_list = strcmp(what, "list") == 0 && c->argument_count == 1;
    bool is_due = strcmp(what, "due") == 0 && c->argument_count == 1, is_dispose = strcmp(what, "dispose") == 0 && c->argument_count == 2, is_look = strcmp(what, "look") == 0 && c->argument_count == 1;
    size_t looked;
    int status;
    if (!is_add && !is_search && !is_list && !is_due && !is_dispose && !is_look)
        return cli_wrong_use(c, "wants add FILE…, list, search WORDS, due, dispose ID or look");
    if (!work_open(&w, c, is_add || is_dispose || is_look, &e))
        status = cli_fail(&e);
    else if (is_look)
        status = look_now(&w, &looked, &e) ? cli_print(arena_printf(c->arena, "%zu files looked at; everything else was before\n", looked)) : cli_fail(&e);
    else
        status = is_add ? add(&w) : is_due ? due(&w) : is_dispose ? dispose(&w) : search(&w);
    work_close(&w);
    return status;
}

const struct cli_command cli_command_document = {
    .name = "document",
    .summary = "bring documents, find them by their words, see what is due and carry out what was approved",
    .usage = "add FILE… [--folder ID] | list | search WORDS | due [--all] | dispose ID | look",
    .example = "assay document add contract.pdf --folder FLD-0001 --owner P-0001",
    .options = options,
    .details = "Text is taken out of PDF, Word, Excel, OpenDocument and plain files by a process that may do nothing but compute, and found by search. `due` is a dry run:\n"
               "what would be destroyed and why, and what a legal hold keeps. `dispose` destroys what a second person has approved; `assay serve` does it by itself.\n"
               "Everything else about documents: assay record … document.",
    .arguments_min = 1,
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
