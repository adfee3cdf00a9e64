/* cmd_evidence.c - evidence from the command line: bring files, have them looked at, and see what was found. */
#include "assess/evidence.h"
#include "cli/cmd_records.h"
#include "os/file.h"
#include "role/inspect_once.h"
#include "web/upload.h"

#include <fcntl.h>
#include <stdio.h>

enum { FILES_MAX = 20 };

static const struct cli_option options[] = {
    {"title", 't', "TEXT", "what it shows; otherwise the first file's name"},
    {"period", 'p', "FROM..TO", "the time it is about, as claimed: 2026-07-01..2026-09-30, or one day"},
    {"control", 'c', "ID,ID", "controls that it is evidence for"},
    {"occurrence", 0, "ID", "the performance that it proves"},
    {"gap", 0, "ID,ID", "gaps that it closes"},
    {"task", 0, "ID,ID", "tasks that it settles"},
    {"request", 0, "ID,ID", "requests that it answers"},
    {"replaces", 0, "ID", "evidence that it takes the place of"},
    {"kind", 0, "KIND", "screenshot, export, log, document, minutes, ticket, report, attestation, other"},
    {"source", 's', "TEXT", "where it comes from: system, query, who extracted it"},
    {"link", 0, "URL", "where it lies elsewhere"},
    {"sha256", 0, "HEX", "digest of what lay there"},
    {"taken", 0, "DATE", "when it was made or extracted, as claimed"},
    {"expires", 0, "DATE", "until when it counts"},
    {"owner", 0, "PERSON", "who brings it"},
    {"reviewer", 0, "PERSON", "who is to decide, somebody else"},
    {"at", 0, "TIME", "show: what had been found by TIME"},
    {0},
};

struct working {
    struct cli_context *c;
    struct record_cli r;
    struct keeper_client *keeper;
    struct os_child child;
    int fd;
};

static bool work_open(struct working *w, struct cli_context *c, struct err *e)
{
    *w = (struct working){.c = c, .child = OS_CHILD_NONE, .fd = -1, .r = {.data = {.fd = -1}}};
    w->keeper = keeper_open(c->data_dir, e); /* first: it brings the projection up to what this program expects */
    return w->keeper && inspect_start(&w->child, &w->fd, e) && record_cli_open(c, false, &w->r, e) &&
           ((w->r.type = record_types_find(w->r.types, STR("evidence"))) || err_set(e, ERR_INTERNAL, "there is no type evidence"));
}

static void work_close(struct working *w)
{
    records_close(&w->r);
    os_child_end(&w->child, 1000);
    keeper_close(w->keeper);
}

/* ---- what was found ---- */

static struct json *found_json(struct working *w, struct str id, struct err *e)
{
    struct arena *a = w->c->arena;
    struct json *o = json_object(a);
    json_put_str(o, "id", id);
    struct json *list = json_put_array(o, "checks");
    int64_t leaf = db_one_int(w->r.db, e, -1, "select max(leaf) from evidence_checked where id = ?1 and leaf <= ?2", A(id), A(w->r.leaf_limit));
    json_put_int(o, "leaf", leaf);
    DB_EACH (row, w->r.db, e,
             "select k.\"check\", k.status, k.why, (select f.name from record_file f where f.x = k.x and f.id = ?2 limit 1) from evidence_check k where k.leaf = ?1 "
             "order by k.status <> 'problem', k.status <> 'unknown', k.place",
             A(leaf), A(id)) {
        struct json *c = json_push_object(list);
        json_put_str(c, "check", arena_str(a, db_text(row, 0)));
        json_put_str(c, "status", arena_str(a, db_text(row, 1)));
        json_put_str(c, "why", arena_str(a, db_text(row, 2)));
        json_put_str(c, "file", db_is_null(row, 3) ? STR("") : arena_str(a, db_text(row, 3)));
    }
    return e->code ? NULL : o;
}

/* 1: a problem was found. */
static int found_print(struct working *w, struct str id)
{
    struct err e = {0};
    struct json *o = found_json(w, id, &e);
    size_t problems = 0;
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    if (!o)
        return cli_fail(&e);
    JSON_EACH (c, json_get(o, "checks")) {
        bool is_problem = str_is(json_text(c, "status"), "problem");
        problems += is_problem;
        struct str file = json_text(c, "file");
        buf_printf(&b, "%-8.*s %-10.*s %.*s%s%.*s\n", STR_ARGS(json_text(c, "status")), STR_ARGS(json_text(c, "check")), STR_ARGS(file), file.size ? ": " : "",
                   STR_ARGS(json_text(c, "why")));
    }
    if (json_get(o, "checks")->count == 0)
        buf_cstr(&b, "not looked at yet: assay evidence check\n");
    int status = w->c->json ? cli_print_json(o) : cli_print(buf_view(&b));
    return status ? status : problems > 0;
}

static bool inspect_now(struct working *w, struct str id, struct err *e)
{
    struct inspections s = {.keeper = w->keeper, .dir = &w->r.data, .db = w->r.db, .env = w->c->env, .fd = w->fd};
    return inspection_submit(&s, id, e) && keeper_flush(w->keeper, e);
}

/* ---- bringing it ---- */

static void put_option(struct working *w, struct json *set, const char *option, const char *field)
{
    const char *value = cli_option(w->c, option);
    if (value)
        json_put_cstr(set, field, value);
}

static bool values_read(struct working *w, struct json *set, struct err *e)
{
    static const char *const fields[][2] = {{"control", "controls"}, {"occurrence", "occurrence"}, {"gap", "gaps"}, {"task", "tasks"}, {"request", "requests"},
                                            {"replaces", "replaces"}, {"kind", "kind"}, {"source", "source"}, {"link", "link"}, {"sha256", "link_digest"},
                                            {"taken", "taken_on"}, {"expires", "expires_on"}, {"owner", "owner"}, {"reviewer", "reviewer"}};
    const char *title = cli_option(w->c, "title"), *period = cli_option(w->c, "period");
    struct str to = str_of(period ? period : ""), from;
    ptrdiff_t dots = str_find(to, STR(".."));
    if (!period)
        return err_set(e, ERR_INVALID, "--period FROM..TO: which time is it about?");
    from = dots < 0 ? to : str_slice(to, 0, (size_t)dots);
    to = dots < 0 ? to : str_slice(to, (size_t)dots + 2, to.size);
    const char *first = w->c->argument_count > 1 ? w->c->arguments[1] : "";
    const char *slash = strrchr(first, '/');
    json_put_cstr(set, "title", title ? title : slash ? slash + 1 : first);
    json_put_str(set, "period_from", arena_str(w->c->arena, from));
    json_put_str(set, "period_to", arena_str(w->c->arena, to));
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        put_option(w, set, fields[i][0], fields[i][1]);
    return true;
}

static bool files_read(struct working *w, struct json *set, struct op_blob *blobs, size_t *ret_count, struct err *e)
{
    struct arena *a = w->c->arena;
    struct json *list = json_put_array(set, "files");
    for (int i = 1; i < w->c->argument_count; i++) {
        const char *path = w->c->arguments[i], *slash = strrchr(path, '/'), *why = NULL;
        struct str name = str_of(slash ? slash + 1 : path);
        struct buf BUF_AUTO b;
        struct json *value;
        buf_init(&b, RECORD_FILE_BYTES);
        if (!os_file_read(&os_file_real, AT_FDCWD, path, &b, e))
            return err_wrap(e, "%s", path);
        const char *media = upload_media_evidence(name, buf_view(&b), &why);
        if (!media)
            return err_set(e, ERR_INVALID, "%s: %s", path, why);
        if (!record_seal_file(w->c->env, a, name, media, buf_view(&b), &blobs[*ret_count], &value, e))
            return false;
        (*ret_count)++;
        json_push(list, value);
    }
    return true;
}

static bool problem_say(const struct json *problems, struct err *e)
{
    const struct json *first = json_at(problems, 0);
    return !first || err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(first, "field")), STR_ARGS(json_text(first, "why")));
}

/* Checked as text first, so that each wrong value is named; then with its files. */
static bool add_submit(struct working *w, struct str *ret_id, struct err *e)
{
    struct arena *a = w->c->arena;
    struct op_blob *blobs = arena_array(a, FILES_MAX, sizeof *blobs);
    struct record_change change = {.type = STR("evidence"), .act = RECORD_CREATE, .set = json_object(a), .files = blobs};
    struct record nothing = {.type = w->r.type, .values = json_object(a)};
    struct json *answer, *problems;
    struct op op;
    if (!values_read(w, change.set, e))
        return false;
    problems = record_check_of(w->r.db, a, w->r.type, &nothing, change.set, true, NULL, 0, e);
    if (!problems || !problem_say(problems, e))
        return false;
    record_defaults(w->r.type, change.set, &w->r.access, w->r.now_ms);
    if (!files_read(w, change.set, blobs, &change.file_count, e))
        return false;
    problems = record_check_of(w->r.db, a, w->r.type, NULL, change.set, false, blobs, change.file_count, e);
    if (!problems || !problem_say(problems, e) || !record_op(w->c->env, a, &change, 1, &w->r.access, &op, e) || !keeper_submit(w->keeper, a, &op, &answer, e))
        return false;
    *ret_id = json_text(json_path(answer, "records.0"), "id");
    return keeper_flush(w->keeper, e);
}

static int add(struct working *w)
{
    struct err e = {0};
    struct str id;
    if (w->c->argument_count < 2 && !cli_option(w->c, "link"))
        return cli_wrong_use(w->c, "add wants FILE… or --link URL");
    if (w->c->argument_count - 1 > FILES_MAX)
        return cli_wrong_use(w->c, "add takes at most %d files", FILES_MAX);
    if (!add_submit(w, &id, &e) || !inspect_now(w, id, &e))
        return cli_fail(&e);
    if (!w->c->json && cli_print(arena_printf(w->c->arena, "%.*s is recorded; somebody else decides whether it shows what it is meant to\n", STR_ARGS(id))) != 0)
        return 3;
    return found_print(w, id);
}

static int check(struct working *w)
{
    struct err e = {0};
    struct inspections s = {.keeper = w->keeper, .dir = &w->r.data, .db = w->r.db, .env = w->c->env, .fd = w->fd};
    size_t done = INSPECTIONS_MAX, all = 0;
    if (w->c->argument_count > 1)
        return inspect_now(w, str_of(w->c->arguments[1]), &e) ? found_print(w, str_of(w->c->arguments[1])) : cli_fail(&e);
    for (bool ok = true; ok && done == INSPECTIONS_MAX; all += done)
        if (!inspections_submit(&s, &done, &e) || !keeper_flush(w->keeper, &e))
            return cli_fail(&e);
    return cli_print(arena_printf(w->c->arena, "%zu looked at; everything else was before\n", all));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct working w;
    const char *what = c->arguments[0];
    bool is_add = strcmp(what, "add") == 0, is_check = strcmp(what, "check") == 0, is_show = strcmp(what, "show") == 0 && c->argument_count == 2;
    if (!is_add && !is_show && !(is_check && c->argument_count <= 2))
        return cli_wrong_use(c, "wants add FILE…, check [ID] or show ID");
    int status;
    if (!work_open(&w, c, &e))
        status = cli_fail(&e);
    else
        status = is_add ? add(&w) : is_check ? check(&w) : found_print(&w, str_of(c->arguments[1]));
    work_close(&w);
    return status;
}

const struct cli_command cli_command_evidence = {
    .name = "evidence",
    .summary = "bring files as evidence, and see what the machine says about them",
    .usage = "add FILE… --period FROM..TO [--control ID] | check [ID] | show ID",
    .example = "assay evidence add users.csv --title 'Access review Q3' --period 2026-07-01..2026-09-30 --control AC-06 --source 'IdP, export of all users'",
    .options = options,
    .details = "Each file of up to 32 MiB is sealed in the ledger and looked at in a process that may do nothing but compute: empty, unreadable, another kind than\n"
               "its name says, two formats at once, macros, bombs, outside its period, the same as elsewhere, unchanged since last time. What cannot be told is unknown,\n"
               "never fine. The exit status is 1 where there is a problem. Whether it is accepted is decided by somebody else: assay record move evidence ID accept.",
    .arguments_min = 1,
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
