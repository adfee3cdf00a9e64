/* cmd_people.c - assay people: who owes what, joiners and leavers, the roster against the accounts, rosters from a file or a directory. */
#include "account/connect.h"
#include "account/source.h"
#include "assess/people_case.h"
#include "base/times.h"
#include "cli/open_view.h"
#include "cli/room_cli.h"
#include "collect/captures.h"
#include "os/ipc.h"
#include "os/spawn.h"
#include "report/people.h"
#include "report/roster.h"
#include "role/duties_once.h"
#include "role/people_once.h"

#include <unistd.h>

enum { FILE_BYTES_MAX = 8 << 20, LISTED_MAX = 1000 };

static struct str option_text(const struct room_cli *p, const char *name)
{
    const char *value = cli_option(p->c, name);
    return value ? str_of(value) : STR("");
}

/* ---- printing ---- */

static void list_print(struct buf *b, const struct json *page)
{
    JSON_EACH (r, json_get(page, "rows")) {
        put_shape(b, json_text(r, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(r, "id"), 8);
        put_padded(b, json_text(r, "name"), 28);
        buf_printf(b, " %lld open, %lld late: policies %lld, training %lld, steps %lld, access %lld%s%s\n", (long long)json_int(r, "total", 0), (long long)json_int(r, "late", 0),
                   (long long)json_int(r, "policies", 0), (long long)json_int(r, "training", 0), (long long)json_int(r, "steps", 0), (long long)json_int(r, "access", 0),
                   str_is(json_text(r, "device"), "missing") ? ", no device" : "", str_is(json_text(r, "check"), "missing") ? ", not checked" : "");
    }
    JSON_EACH (m, json_get(page, "managers"))
        buf_printf(b, "late under %.*s: %lld of %lld, training %lld\n", STR_ARGS(json_text(m, "name")), (long long)json_int(m, "late", 0), (long long)json_int(m, "people", 0),
                   (long long)json_int(m, "training_late", 0));
    if (json_int(page, "all", 0) == 0)
        buf_cstr(b, "Nobody yet: assay people import FILE\n");
}

static void person_print(struct buf *b, const struct json *page)
{
    const struct json *p = json_get(page, "person");
    buf_printf(b, "%.*s  %.*s, %.*s\n", STR_ARGS(json_text(p, "id")), STR_ARGS(json_text(p, "name")), STR_ARGS(json_text(p, "kind_words")));
    JSON_EACH (d, json_get(page, "duties"))
        buf_printf(b, "  owes %.*s: %.*s %.*s %.*s\n", STR_ARGS(json_text(d, "label")), STR_ARGS(json_text(d, "title")), STR_ARGS(json_text(d, "due")), STR_ARGS(json_text(d, "when")));
    JSON_EACH (l, json_get(page, "lifecycles"))
        buf_printf(b, "  %.*s %.*s %.*s: %.*s\n", STR_ARGS(json_text(l, "id")), STR_ARGS(json_text(l, "kind_words")), STR_ARGS(json_text(l, "event_on")), STR_ARGS(json_text(l, "status_words")));
    JSON_EACH (a, json_get(page, "accounts"))
        buf_printf(b, "  account %.*s in %.*s: %.*s\n", STR_ARGS(json_text(a, "name")), STR_ARGS(json_text(a, "system")), STR_ARGS(json_text(a, "status_words")));
}

static void joiners_print(struct buf *b, const struct json *page)
{
    JSON_EACH (l, json_get(page, "rows")) {
        put_shape(b, json_text(l, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(l, "id"), 9);
        put_padded(b, json_text(l, "title"), 36);
        buf_printf(b, " %.*s, %lld of %lld steps done%s", STR_ARGS(json_text(l, "event_on")), (long long)json_int(l, "done", 0), (long long)json_int(l, "steps", 0),
                   json_int(l, "late", 0) ? ", late" : "");
        if (json_int(l, "lag", -1) >= 0)
            buf_printf(b, ", lag %lld h", (long long)json_int(l, "lag", 0));
        buf_char(b, '\n');
    }
    if (json_int(page, "all", 0) == 0)
        buf_cstr(b, "Nobody comes or leaves.\n");
}

static void reconcile_print(struct buf *b, const struct json *page)
{
    const struct json *k = json_get(page, "counts");
    buf_printf(b, "%lld accounts: %lld matched, %lld not. %lld people: %lld here, %lld left. %lld differences.\n", (long long)json_int(k, "accounts", 0), (long long)json_int(k, "matched", 0),
               (long long)json_int(k, "unmatched", 0), (long long)json_int(k, "persons", 0), (long long)json_int(k, "present", 0), (long long)json_int(k, "left", 0),
               (long long)json_int(k, "differences", 0));
    JSON_EACH (d, json_get(page, "rows")) {
        put_shape(b, json_text(d, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(d, "id"), 9);
        buf_printf(b, "%.*s (%.*s)", STR_ARGS(json_text(d, "title")), STR_ARGS(json_text(d, "status_words")));
        if (json_int(d, "lag", -1) >= 0)
            buf_printf(b, ", lag %lld h", (long long)json_int(d, "lag", 0));
        buf_char(b, '\n');
    }
}

/* ---- writing ---- */

/* What follows from it, at once: a server would do it within a minute. */
static bool follow(struct room_cli *p, size_t *ret_count, struct err *e)
{
    struct people_seen seen = {0};
    int64_t today;
    int hour;
    return local_date(p->records.db, p->records.now_ms, &today, &hour, e) && people_submit(p->keeper, p->records.db, p->c->env, today, &seen, ret_count, e) && keeper_flush(p->keeper, e);
}

static void plan_print(struct buf *b, const struct json *plan)
{
    buf_printf(b, "%lld rows: %lld new, %lld changed, %lld as they are\n", (long long)json_int(plan, "rows", 0), (long long)json_int(plan, "new", 0), (long long)json_int(plan, "changed", 0),
               (long long)json_int(plan, "same", 0));
    JSON_EACH (c, json_get(plan, "columns"))
        if (json_text(c, "field").size == 0)
            buf_printf(b, "  column %.*s is not taken\n", STR_ARGS(json_text(c, "heading")));
    JSON_EACH (x, json_get(plan, "problems"))
        buf_printf(b, "  row %lld, %.*s: %.*s\n", (long long)json_int(x, "row", 0), STR_ARGS(json_text(x, "column")), STR_ARGS(json_text(x, "why")));
    JSON_EACH (m, json_get(plan, "missing"))
        buf_printf(b, "  not in it: %.*s %.*s (assay people leave %.*s --on DATE)\n", STR_ARGS(json_text(m, "id")), STR_ARGS(json_text(m, "name")), STR_ARGS(json_text(m, "id")));
}

static int roster_take(struct room_cli *p, struct str text, const struct roster_source *s)
{
    struct err e = {0};
    struct roster_plan plan;
    size_t followed = 0;
    struct json *answer;
    bool is_dry = cli_flag(p->c, "dry-run");
    const struct record_type *t = record_types_find(p->records.types, STR("person"));
    if (!roster_read(p->records.db, p->c->arena, t, text, s, &p->records.access, p->records.now_ms, &plan, &e))
        return cli_fail(&e);
    bool has_problems = plan.csv.problems->count > 0;
    if (!is_dry && !has_problems && plan.count && (!room_submit(p, plan.changes, plan.count, &answer, &e) || !follow(p, &followed, &e)))
        return cli_fail(&e);
    struct json *v = roster_plan_json(p->c->arena, s, &plan);
    json_put_bool(v, "is_dry_run", is_dry);
    int status = cli_show(p->c, v, plan_print, &e);
    if (has_problems)
        return cli_fail((err_set(&e, ERR_INVALID, "%s: %zu problem%s; nothing is written", s->source.data, plan.csv.problems->count, plan.csv.problems->count == 1 ? "" : "s"), &e));
    return status;
}

static int import_run(struct room_cli *p)
{
    struct err e = {0};
    struct str text;
    if (p->c->argument_count < 2)
        return cli_wrong_use(p->c, "import takes a file");
    if (!cli_file_read(p->c, p->c->arguments[1], FILE_BYTES_MAX, &text, &e))
        return cli_fail(&e);
    const char *name = strrchr(p->c->arguments[1], '/');
    struct roster_source s = {.source = str_slice(str_of(name ? name + 1 : p->c->arguments[1]), 0, 120), .is_full = cli_flag(p->c, "full")};
    return roster_take(p, text, &s);
}

static bool directory_ask(struct room_cli *p, struct str id, struct json **ret, struct err *e)
{
    struct identity_source source;
    struct str secret;
    struct json *request = json_object(p->c->arena);
    if (!identity_source_get(p->records.db, p->c->arena, id, &source, e))
        return false;
    if (!str_is(source.kind, "ldap"))
        return err_set(e, ERR_INVALID, "%.*s is no directory", STR_ARGS(id));
    struct blob_opener *blobs = source.has_secret ? blob_opener_keeper(p->c->arena, p->c->data_dir, p->keeper, e) : NULL;
    if (source.has_secret && (!blobs || !blobs->open(blobs->context, p->c->arena, (uint64_t)source.leaf, source.c.data, source.x.data, &secret, e)))
        return false;
    if (source.has_secret)
        json_put_str(request, "secret", arena_str(p->c->arena, secret));
    json_put_cstr(request, "what", "people");
    json_put(request, "c", source.settings);
    struct os_child child = OS_CHILD_NONE;
    int pair[2];
    if (!ipc_pair(pair, e))
        return false;
    bool ok = os_spawn(&(struct os_spawn){.role = "connect", .fds = &pair[1], .fd_count = 1}, &child, e);
    close(pair[1]);
    ok = ok && connect_ask(pair[0], p->c->arena, request, ret, e);
    close(pair[0]);
    os_child_end(&child, 2000);
    return ok;
}

static int sync_run(struct room_cli *p)
{
    struct err e = {0};
    struct json *answer;
    if (p->c->argument_count < 2)
        return cli_wrong_use(p->c, "sync takes the name of a directory (assay sign-in)");
    if (!directory_ask(p, str_of(p->c->arguments[1]), &answer, &e))
        return cli_fail(&e);
    struct roster_source s = {.source = arena_printf(p->c->arena, "directory %s", p->c->arguments[1]), .is_full = cli_flag(p->c, "full")};
    return roster_take(p, roster_of_directory(p->c->arena, json_get(answer, "people")), &s);
}

static int leave_run(struct room_cli *p)
{
    struct err e = {0};
    const char *on = cli_option(p->c, "on");
    int64_t at_ms;
    size_t followed;
    struct json *answer;
    if (p->c->argument_count < 2)
        return cli_wrong_use(p->c, "leave takes the id of a person");
    if (!on || strlen(on) != 10 || !time_parse(str_of(on), p->records.now_ms, &at_ms))
        return cli_wrong_use(p->c, "--on DATE: the last day, as 2026-12-01");
    struct record *r = record_get(p->records.db, p->c->arena, record_types_find(p->records.types, STR("person")), str_of(p->c->arguments[1]), INT64_MAX, &e);
    if (!r || r->is_deleted)
        return cli_fail(e.code ? &e : (err_set(&e, ERR_NOT_FOUND, "person %s: there is none of this id", p->c->arguments[1]), &e));
    struct record_change change = {.type = STR("person"), .id = r->id, .act = RECORD_CHANGE, .version = r->version, .set = json_object(p->c->arena), .why = STR("assay people leave")};
    json_put_cstr(change.set, "left_on", on);
    if (cli_flag(p->c, "involuntary"))
        json_put_bool(change.set, "is_involuntary", true);
    if (!room_submit(p, &change, 1, &answer, &e) || !follow(p, &followed, &e))
        return cli_fail(&e);
    struct view after = {.db = p->view.db, .arena = p->c->arena, .now_ms = env_now_ms(p->c->env)};
    return cli_show(p->c, view_open(&after, 0, &e) ? view_person(&after, &p->shown, r->id, &e) : NULL, person_print, &e);
}

static int look_run(struct room_cli *p)
{
    struct err e = {0};
    size_t done = 0;
    if (!follow(p, &done, &e))
        return cli_fail(&e);
    struct json *o = json_object(p->c->arena);
    json_put_int(o, "changes", (int64_t)done);
    return p->c->json ? cli_print_json(o) : cli_print(arena_printf(p->c->arena, "%zu changes\n", done));
}

/* The last 90 days, unless it is said. */
static int population_run(struct room_cli *p)
{
    struct err e = {0};
    const char *from = cli_option(p->c, "from"), *to = cli_option(p->c, "to");
    int64_t from_ms = p->view.at_ms - 89 * MS_DAY, to_ms = p->view.at_ms;
    if (p->c->argument_count < 2)
        return cli_wrong_use(p->c, "population takes a control: AC-04, AC-08, HR-01, HR-04 or HR-09");
    if ((from && !time_parse(str_of(from), p->view.at_ms, &from_ms)) || (to && !time_parse(str_of(to), p->view.at_ms, &to_ms)) || day_of(from_ms) > day_of(to_ms))
        return cli_wrong_use(p->c, "--from and --to: dates, the first not after the last");
    struct json *doc = people_case(p->view.db, p->c->arena, str_of(p->c->arguments[1]), day_of(from_ms), day_of(to_ms), p->view.at_ms, &e);
    return doc ? cli_print_json(doc) : cli_fail(&e);
}

static int read_run(struct room_cli *p, const char *verb)
{
    struct err e = {0};
    struct view_filter f = {.per_page = LISTED_MAX, .status = option_text(p, "status")};
    struct people_filter more = {option_text(p, "kind"), option_text(p, "team"), option_text(p, "manager")};
    if (strcmp(verb, "list") == 0)
        return cli_show(p->c, view_people(&p->view, &p->shown, &f, &more, &e), list_print, &e);
    if (strcmp(verb, "joiners") == 0)
        return cli_show(p->c, view_joiners(&p->view, &p->shown, &f, more.kind, &e), joiners_print, &e);
    if (strcmp(verb, "population") == 0)
        return population_run(p);
    if (strcmp(verb, "reconcile") == 0)
        return cli_show(p->c, view_reconcile(&p->view, &p->shown, &f, &e), reconcile_print, &e);
    if (p->c->argument_count < 2)
        return cli_wrong_use(p->c, "show takes the id of a person");
    return cli_show(p->c, view_person(&p->view, &p->shown, str_of(p->c->arguments[1]), &e), person_print, &e);
}

static int run(struct cli_context *c)
{
    static const char *const reading[] = {"list", "show", "joiners", "reconcile", "population"}, *const writing[] = {"import", "sync", "leave", "look"};
    static int (*const writers[])(struct room_cli *p) = {import_run, sync_run, leave_run, look_run};
    const char *verb = c->argument_count > 0 ? c->arguments[0] : "list";
    struct room_cli p;
    struct err e = {0};
    int at = -1;
    bool is_reading = false;
    for (int i = 0; i < 5; i++)
        is_reading |= strcmp(verb, reading[i]) == 0;
    for (int i = 0; i < 4; i++)
        at = strcmp(verb, writing[i]) == 0 ? i : at;
    if (!is_reading && at < 0)
        return cli_wrong_use(c, "'%s' is none of list, show, joiners, reconcile, population, import, sync, leave, look", verb);
    int status = room_open(c, !is_reading, &p, &e) ? (is_reading ? read_run(&p, verb) : writers[at](&p)) : cli_fail(&e);
    room_close(&p);
    return status;
}

static const struct cli_option options[] = {
    {"at", 0, "TIME", "list, show, joiners, reconcile: as it was known at TIME"},
    {"kind", 'k', "KIND", "list: employee, contractor …; joiners: joiner, mover, leaver"},
    {"team", 0, "TEAM", "list: of this team or department"},
    {"manager", 0, "ID", "list: of this manager"},
    {"status", 0, "STATUS", "fail (overdue), unknown (open), pass"},
    {"full", 0, NULL, "import, sync: it has everybody; name who is missing"},
    {"dry-run", 0, NULL, "import, sync: say what would happen and write nothing"},
    {"from", 0, "DATE", "population: first day of the period; 89 days ago unless it is said"},
    {"to", 0, "DATE", "population: its last day; today"},
    {"on", 0, "DATE", "leave: the last day"},
    {"involuntary", 0, NULL, "leave: access ends on the last day itself"},
    {0},
};

const struct cli_command cli_command_people = {
    .name = "people",
    .summary = "who owes what, joiners and leavers, the roster against the accounts",
    .usage = "[list] | show ID | joiners | reconcile | population CONTROL | import FILE | sync DIRECTORY | leave ID --on DATE | look",
    .example = "assay people import hr.csv --full --dry-run",
    .options = options,
    .details = "list          everybody who works here with what they still owe\n"
               "show ID       one person: what they owe, their accounts and devices\n"
               "joiners       joiners, movers and leavers with their clocks\n"
               "reconcile     the roster against the lists of accounts: numbered differences\n"
               "population    joiners, movers or leavers of a period for the evaluator: assay people population AC-04 > a.json; assay evaluate a.json\n"
               "import FILE   a roster as CSV, as HR systems write it; the same file again changes nothing\n"
               "sync NAME     the same from a directory of assay sign-in\n"
               "leave ID      sets the last day and opens the checklist\n"
               "look          does what is due now: opens, proves and ends checklists, compares accounts",
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
