/* assay access: lists of accounts and access reviews on a terminal. */
#include "assess/access_review.h"
#include "assess/duties.h"
#include "base/times.h"
#include "cli/cmd_records.h"
#include "cli/open_view.h"
#include "role/duties_once.h"

#include <errno.h>
#include <stdio.h>

struct access_cli {
    struct cli_context *c;
    struct record_cli r;
    struct keeper_client *keeper;
    struct arena *a;
};

static bool cli_submit(void *context, struct op *op, struct json **ret_answer, struct err *e)
{
    struct access_cli *x = context;
    return keeper_submit(x->keeper, x->a, op, ret_answer, e);
}

/* What follows by itself from what was just recorded. */
static bool advance(struct access_cli *x, size_t *ret_done, struct err *e)
{
    int64_t today;
    int hour;
    return local_date(x->r.db, x->r.now_ms, &today, &hour, e) && access_advance(x->r.db, x->c->env, today, cli_submit, x, ret_done, e) &&
           (keeper_flush(x->keeper, e) || err_wrap(e, "it is recorded, but not signed"));
}

static bool open_all(struct access_cli *x, struct cli_context *c, bool writes, struct err *e)
{
    *x = (struct access_cli){.c = c, .a = c->arena, .r = {.data = {.fd = -1}}};
    x->keeper = writes ? keeper_open(c->data_dir, e) : NULL;
    return (!writes || x->keeper) && record_cli_begin(c, &x->r, e);
}

static void close_all(struct access_cli *x)
{
    if (x->r.types || x->r.data.fd >= 0)
        records_close(&x->r);
    if (x->keeper)
        keeper_close(x->keeper);
}

static bool file_read(struct arena *a, const char *path, struct str *ret, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, EXTRACT_BYTES_MAX + 1);
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f)
        return err_errno(e, errno, "%s", path);
    char piece[65536];
    size_t n;
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        buf_append(&b, piece, n);
    bool is_broken = ferror(f);
    if (f != stdin)
        fclose(f);
    if (is_broken || b.full)
        return err_set(e, b.full ? ERR_TOO_LARGE : ERR_UNAVAILABLE, "%s: %s", path, b.full ? "over 64 MiB" : "cannot be read");
    *ret = arena_str(a, buf_view(&b));
    return true;
}

/* A system by id or name. */
static bool system_find(struct access_cli *x, struct str typed, struct str *ret, struct err *e)
{
    *ret = db_one_text(x->a, x->r.db, e, "select id from systems where id = ?1 or name = ?1 collate nocase order by id = ?1 desc limit 1", A(typed));
    return e->code == ERR_NONE && (ret->data || err_set(e, ERR_NOT_FOUND, "--system %.*s: there is no such system", STR_ARGS(str_slice(typed, 0, 80))));
}

/* A person by id, e-mail or login. */
static bool person_find(struct access_cli *x, const char *option, struct str *ret, struct err *e)
{
    const char *typed = cli_option(x->c, option);
    *ret = STR("");
    if (!typed)
        return true;
    *ret = db_one_text(x->a, x->r.db, e,
                       "select id from people where id = ?1 or email = ?1 collate nocase union all select person from account where login = ?1 collate nocase and person <> '' limit 1", A(typed));
    return e->code == ERR_NONE && (ret->data || err_set(e, ERR_NOT_FOUND, "--%s %s: nobody has that id, e-mail address or login", option, typed));
}

/* ---- extracts ---- */

static struct json *mapping_read(struct access_cli *x, struct err *e)
{
    const char *text = cli_option(x->c, "map");
    if (!text)
        return NULL;
    struct json *mapping = json_object(x->a);
    struct str rest = str_of(text), one, heading;
    for (bool is_more = true; is_more;) {
        is_more = str_cut(&rest, ',', &one);
        if (!str_cut(&one, '=', &heading) || heading.size == 0) {
            err_set(e, ERR_INVALID, "--map: write HEADING=COLUMN,HEADING=COLUMN, and nothing behind = to leave one out");
            return NULL;
        }
        const char *key = arena_str(x->a, heading).data;
        if (!json_get(mapping, key))
            json_put_str(mapping, key, str_trim(one));
    }
    return mapping;
}

static bool csv_read(struct access_cli *x, struct extract *list, struct extract_facts *f, struct err *e)
{
    struct cli_context *c = x->c;
    const char *path = c->arguments[1], *query = cli_option(c, "query"), *complete = cli_option(c, "complete"), *taken = cli_option(c, "taken"), *system = cli_option(c, "system");
    struct str text, id;
    struct json *mapping = mapping_read(x, e);
    if (e->code)
        return false;
    if (!system || !query || !complete)
        return err_set(e, ERR_INVALID, "extract: --system, --query (how the list was made) and --complete (why nobody is missing in it) have to be said");
    if (taken && !time_parse(str_of(taken), x->r.now_ms, &f->taken_ms))
        return err_set(e, ERR_INVALID, "--taken %s: not an instant (2026-11-21, 2026-11-21T10:00:00Z, now-3h)", taken);
    if (f->taken_ms > x->r.now_ms)
        return err_set(e, ERR_INVALID, "--taken %s: lies in the future", taken);
    if (!system_find(x, str_of(system), &id, e) || !file_read(x->a, path, &text, e))
        return false;
    const char *slash = strrchr(path, '/');
    f->system = id;
    f->source = "csv";
    f->query = str_of(query);
    f->complete = str_of(complete);
    f->file_name = strcmp(path, "-") == 0 ? STR("accounts.csv") : str_of(slash ? slash + 1 : path);
    f->file = text;
    extract_read_csv(x->a, text, mapping, list);
    return true;
}

static bool host_subject(struct access_cli *x, struct str *ret, struct str *ret_name, struct err *e)
{
    const char *host = cli_option(x->c, "host");
    int64_t count = 0;
    DB_EACH (row, x->r.db, e, "select id, name from subject where kind = 'host' and (?1 = '' or id = ?1 or name = ?1) order by last_leaf desc", A(host)) {
        if (count++ == 0) {
            *ret = arena_str(x->a, db_text(row, 0));
            *ret_name = arena_str(x->a, db_text(row, 1));
        }
    }
    if (e->code)
        return false;
    if (count == 0)
        return err_set(e, ERR_NOT_FOUND, "%s%s no host was captured%s: run \"assay collect\" first", host, host[0] ? ":" : "", host[0] ? " by that name" : "");
    return count == 1 || host[0] || err_set(e, ERR_INVALID, "--host: several hosts were captured; name one");
}

/* The system of a host is made where there is none. */
static bool host_system(struct access_cli *x, struct str subject, struct str name, struct str *ret, struct err *e)
{
    const char *system = cli_option(x->c, "system");
    if (system)
        return system_find(x, str_of(system), ret, e);
    *ret = db_one_text(x->a, x->r.db, e, "select id from systems where subject = ?1 and state = 'in_use' order by id limit 1", A(subject));
    if (e->code || ret->data)
        return e->code == ERR_NONE;
    *ret = STR("");
    if (cli_flag(x->c, "dry-run"))
        return err_set(e, ERR_NOT_FOUND, "no system has this host yet; without --dry-run one named %.*s is made", STR_ARGS(name));
    struct record_change change = {.type = STR("system"), .act = RECORD_CREATE, .set = json_object(x->a)};
    json_put_str(change.set, "name", name);
    json_put_cstr(change.set, "kind", "host");
    json_put_str(change.set, "subject", subject);
    record_defaults(record_types_find(x->r.types, STR("system")), change.set, &x->r.access, x->r.now_ms);
    struct op op;
    struct json *answer;
    if (!record_op(x->c->env, x->a, &change, 1, &x->r.access, &op, e) || !cli_submit(x, &op, &answer, e))
        return false;
    *ret = json_text(json_at(json_get(answer, "records"), 0), "id");
    return true;
}

static bool host_read(struct access_cli *x, struct extract *list, struct extract_facts *f, struct err *e)
{
    struct str name = STR("");
    if (!host_subject(x, &f->subject, &name, e) || !host_system(x, f->subject, name, &f->system, e))
        return false;
    struct blob_opener *blobs = blob_opener_keeper(x->a, x->c->data_dir, x->keeper, e);
    struct captures *captures = blobs ? captures_open(x->r.db, blobs, &(struct captures_options){.subject = f->subject}, e) : NULL;
    bool ok = captures && extract_read_host(captures, f->subject, x->a, list, &f->captures, &f->taken_ms, e);
    captures_close(captures);
    f->source = "table";
    f->query = arena_printf(x->a, "captured tables of %.*s: %.*s (table:leaf)", STR_ARGS(name), STR_ARGS(f->captures));
    f->complete = STR("The table of users was captured as a whole: every account of the host's files and directory services, no filter.");
    return ok;
}

static void problems_print(const struct json *problems)
{
    JSON_EACH (p, problems)
        fprintf(stderr, "assay: row %lld%s%.*s: %.*s\n", (long long)json_int(p, "row", 0), json_text(p, "column").size ? ", " : "", STR_ARGS(json_text(p, "column")),
                STR_ARGS(json_text(p, "why")));
}

static int plan_print(struct access_cli *x, const struct json *o, struct str id)
{
    if (x->c->json)
        return cli_print_json(o);
    const struct json *by = json_get(o, "by");
    struct buf BUF_AUTO b;
    buf_init(&b, 64 << 10);
    buf_printf(&b, "%.*s%s%lld accounts: %lld new, %lld changed, %lld gone\n", STR_ARGS(id), id.size ? ": " : "", (long long)json_int(o, "accounts", 0), (long long)json_int(o, "added", 0),
               (long long)json_int(o, "changed", 0), (long long)json_int(o, "gone", 0));
    buf_printf(&b, "matched to people: %lld by e-mail, %lld by employee number, %lld by login, %lld by name; %lld to nobody\n", (long long)json_int(by, "email", 0),
               (long long)json_int(by, "employee_no", 0), (long long)json_int(by, "login", 0), (long long)json_int(by, "name", 0), (long long)json_int(by, "none", 0));
    JSON_EACH (k, json_get(o, "columns"))
        buf_printf(&b, "  column %-30.*s %.*s\n", STR_ARGS(json_text(k, "heading")), STR_ARGS(json_text(k, "label")));
    return cli_print(buf_view(&b));
}

static int extract_run(struct access_cli *x)
{
    struct err e = {0};
    struct extract list;
    struct extract_facts f = {.taken_ms = x->r.now_ms, .captures = STR(""), .subject = STR("")};
    struct extract_person *people;
    struct extract_plan plan = {0};
    size_t count, done;
    struct str id = STR("");
    bool is_host = cli_option(x->c, "host") != NULL;
    if (is_host ? x->c->argument_count != 1 : x->c->argument_count != 2)
        return cli_wrong_use(x->c, "extract takes one FILE (- for what comes in), or --host NAME");
    if (!(is_host ? host_read(x, &list, &f, &e) : csv_read(x, &list, &f, &e)) || !person_find(x, "taken-by", &f.taken_by, &e) ||
        !extract_people(x->r.db, x->a, x->r.types, &people, &count, &e))
        return cli_fail(&e);
    if (list.problems->count) {
        if (x->c->json)
            (void)!cli_print_json(extract_plan_json(x->a, &list, &plan));
        else
            problems_print(list.problems);
        return 2;
    }
    extract_match(&list, people, count);
    if (!extract_plan(x->r.db, x->a, x->r.types, &list, &f, &plan, &e))
        return cli_fail(&e);
    struct json *o = extract_plan_json(x->a, &list, &plan);
    if (cli_flag(x->c, "dry-run"))
        return plan_print(x, o, STR(""));
    if (plan.needs_yes && !cli_flag(x->c, "yes")) {
        err_set(&e, ERR_INVALID, "%lld of %lld accounts would be gone; if the list is not filtered, say --yes", (long long)plan.gone, (long long)plan.present);
        return cli_fail(&e);
    }
    if (!extract_write(x->r.db, x->c->env, x->a, &f, &plan, &x->r.access, cli_submit, x, &id, &e) || !advance(x, &done, &e))
        return cli_fail(&e);
    json_put_str(o, "id", id);
    return plan_print(x, o, id);
}

/* ---- reviews ---- */

static int review_run(struct access_cli *x)
{
    struct err e = {0};
    struct str owner, reviewer, second, id;
    size_t done;
    const char *systems = cli_option(x->c, "system"), *due = cli_option(x->c, "due"), *title = cli_option(x->c, "title");
    if (!systems || !cli_option(x->c, "owner"))
        return cli_wrong_use(x->c, "review wants --system ID[,ID] and --owner PERSON (who signs it off)");
    if (!person_find(x, "owner", &owner, &e) || !person_find(x, "reviewer", &reviewer, &e) || !person_find(x, "second", &second, &e))
        return cli_fail(&e);
    struct record_change change = {.type = STR("access_review"), .act = RECORD_CREATE, .set = json_object(x->a)};
    struct json *list = json_put_array(change.set, "systems"), *answer;
    struct str rest = str_of(systems), one;
    for (bool is_more = true; is_more;) {
        is_more = str_cut(&rest, ',', &one);
        if (!system_find(x, str_trim(one), &id, &e))
            return cli_fail(&e);
        json_push_str(list, id);
    }
    json_put_str(change.set, "title", title ? str_of(title) : arena_printf(x->a, "Access review of %s", systems));
    json_put_str(change.set, "owner", owner);
    if (reviewer.size)
        json_put_str(change.set, "reviewer", reviewer);
    if (second.size)
        json_put_str(change.set, "second_reviewer", second);
    json_put_str(change.set, "due_on", due ? str_of(due) : day_text(x->a, local_day(x->r.db, x->r.now_ms) + 14));
    struct str occurrence = db_one_text(x->a, x->r.db, &e,
                                        "select o.id from occurrences o where o.control = 'AC-05' and o.state = 'expected' and not exists(select 1 from access_reviews v where v.occurrence = o.id and "
                                        "v.state <> 'cancelled') order by o.due_on limit 1");
    if (occurrence.data)
        json_put_str(change.set, "occurrence", occurrence);
    struct op op;
    if (e.code || !record_op(x->c->env, x->a, &change, 1, &x->r.access, &op, &e) || !cli_submit(x, &op, &answer, &e) || !advance(x, &done, &e))
        return cli_fail(&e);
    id = json_text(json_at(json_get(answer, "records"), 0), "id");
    struct str waits = db_one_text(x->a, x->r.db, &e, "select waits_for from access_reviews where id = ?1", A(id));
    int64_t lines = db_one_int(x->r.db, &e, 0, "select count(*) from access_lines where review = ?1", A(id));
    struct json *o = json_object(x->a);
    json_put_str(o, "id", id);
    json_put_int(o, "lines", lines);
    json_put_str(o, "waits_for", waits.data ? waits : STR(""));
    if (x->c->json)
        return cli_print_json(o);
    return cli_print(waits.data && waits.size ? arena_printf(x->a, "%.*s waits for %.*s\n", STR_ARGS(id), STR_ARGS(waits))
                                              : arena_printf(x->a, "%.*s: %lld lines to decide\n", STR_ARGS(id), (long long)lines));
}

static int list_run(struct access_cli *x)
{
    struct err e = {0};
    struct json *list = json_array(x->a);
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    DB_EACH (row, x->r.db, &e,
             "select v.id, v.title, v.state, v.due_on, (select count(*) from access_lines l where l.review = v.id), (select count(*) from access_lines l where l.review = v.id and l.state = 'open'), "
             "(select count(*) from access_lines l where l.review = v.id and l.state in ('change', 'remove')), coalesce(v.waits_for, '') from access_reviews v order by v.changed_leaf desc") {
        static const char *const names[] = {"id", "title", "state", "due"};
        struct json *o = json_push_object(list);
        for (int i = 0; i < 4; i++)
            json_put_str(o, names[i], arena_str(x->a, db_text(row, i)));
        json_put_int(o, "lines", db_int(row, 4));
        json_put_int(o, "open", db_int(row, 5));
        json_put_int(o, "todo", db_int(row, 6));
        json_put_str(o, "waits_for", arena_str(x->a, db_text(row, 7)));
        put_padded(&b, db_text(row, 0), 9);
        put_padded(&b, db_text(row, 2), 11);
        put_padded(&b, db_text(row, 1), 44);
        buf_printf(&b, " due %.*s  %lld lines, %lld open, %lld to carry out\n", STR_ARGS(db_text(row, 3)), (long long)db_int(row, 4), (long long)db_int(row, 5), (long long)db_int(row, 6));
        if (db_text(row, 7).size)
            buf_printf(&b, "         waits for %.*s\n", STR_ARGS(db_text(row, 7)));
    }
    if (e.code)
        return cli_fail(&e);
    if (list->count == 0)
        buf_cstr(&b, "No access review yet: assay access extract, then assay access review.\n");
    return x->c->json ? cli_print_json(list) : cli_print(buf_view(&b));
}

static int lines_run(struct access_cli *x)
{
    struct err e = {0};
    struct json *list = json_array(x->a);
    struct buf BUF_AUTO b;
    const char *id = x->c->argument_count == 2 ? x->c->arguments[1] : "";
    buf_init(&b, 64 << 20);
    if (db_one_int(x->r.db, &e, 0, "select count(*) from access_reviews where id = ?1", A(id)) == 0) {
        if (!e.code)
            err_set(&e, ERR_NOT_FOUND, "lines: name a review (assay access list)");
        return cli_fail(&e);
    }
    DB_EACH (row, x->r.db, &e,
             "select id, name, system, state, coalesce(flags, ''), coalesce(rights, ''), coalesce(person, ''), coalesce(reviewer, ''), coalesce(since_last, ''), coalesce(proven_by, '') from access_lines "
             "where review = ?1 order by weight desc, id",
             A(id)) {
        static const char *const names[] = {"id", "name", "system", "state", "flags", "rights", "person", "reviewer", "since_last", "proven_by"};
        struct json *o = json_push_object(list);
        for (int i = 0; i < 10; i++)
            json_put_str(o, names[i], arena_str(x->a, db_text(row, i)));
        put_padded(&b, db_text(row, 0), 9);
        put_padded(&b, db_text(row, 3), 8);
        put_padded(&b, db_text(row, 1), 32);
        buf_char(&b, ' ');
        put_padded(&b, db_text(row, 6), 8);
        buf_printf(&b, " %.*s\n", STR_ARGS(db_text(row, 4)));
    }
    return e.code ? cli_fail(&e) : x->c->json ? cli_print_json(list) : cli_print(buf_view(&b));
}

static int attributes_run(struct access_cli *x)
{
    struct err e = {0};
    if (x->c->argument_count != 2)
        return cli_wrong_use(x->c, "attributes wants the id of a review");
    if (db_one_int(x->r.db, &e, 0, "select count(*) from access_reviews where id = ?1", A(x->c->arguments[1])) == 0) {
        if (!e.code)
            err_set(&e, ERR_NOT_FOUND, "%s: there is no such review", x->c->arguments[1]);
        return cli_fail(&e);
    }
    struct json *doc = access_case(x->r.db, x->a, str_of(x->c->arguments[1]), &e);
    return doc ? cli_print_json(doc) : cli_fail(&e);
}

static int advance_run(struct access_cli *x)
{
    struct err e = {0};
    size_t done;
    return advance(x, &done, &e) ? cli_print(arena_printf(x->a, "%zu changes\n", done)) : cli_fail(&e);
}

static const struct {
    const char *name;
    bool writes;
    int (*run)(struct access_cli *x);
} verbs[] = {{"list", false, list_run},   {"extract", true, extract_run},        {"review", true, review_run},
             {"lines", false, lines_run}, {"attributes", false, attributes_run}, {"advance", true, advance_run}};

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct access_cli x;
    const char *verb = c->argument_count > 0 ? c->arguments[0] : "list";
    size_t i = 0, count = sizeof(verbs) / sizeof(verbs[0]);
    while (i < count && strcmp(verbs[i].name, verb) != 0)
        i++;
    if (i == count)
        return cli_wrong_use(c, "'%s' is none of list, extract, review, lines, attributes, advance", verb);
    int status = open_all(&x, c, verbs[i].writes, &e) ? verbs[i].run(&x) : cli_fail(&e);
    close_all(&x);
    return status;
}

static const struct cli_option options[] = {
    {"system", 's', "ID", "extract, review: the system, by id or name; of a review several by commas"},
    {"host", 0, "NAME", "extract: from what was captured of this host; \"\" where there is one"},
    {"query", 'q', "TEXT", "extract: report, query or filter with which the list was made"},
    {"complete", 0, "TEXT", "extract: how one knows that nobody is missing"},
    {"taken", 0, "TIME", "extract: when the list was made; otherwise now"},
    {"taken-by", 0, "PERSON", "extract: who made it"},
    {"map", 0, "H=C,…", "extract: columns by their headings: name, display, email, employee_no, rights, privileged, enabled, second_factor, last_used_on, created_on, kind, owner, granted_by"},
    {"dry-run", 0, NULL, "extract: say what would happen and write nothing"},
    {"yes", 0, NULL, "extract: although more than half of the accounts would be gone"},
    {"owner", 0, "PERSON", "review: who signs it off"},
    {"reviewer", 0, "PERSON", "review: who decides; otherwise the owner of each system"},
    {"second", 0, "PERSON", "review: who decides what the reviewer may not"},
    {"due", 0, "DATE", "review: by when; otherwise in two weeks"},
    {"title", 't', "TEXT", "review: what it is called"},
    {0},
};

const struct cli_command cli_command_access = {
    .name = "access",
    .summary = "lists of accounts and access reviews",
    .usage = "[list] | extract FILE | extract --host NAME | review --system ID --owner PERSON | lines ID | attributes ID | advance",
    .example = "assay access extract users.csv --system Payroll --query 'all users, no filter' --complete 'count equals the console' --dry-run",
    .options = options,
    .details = "list          the reviews, and how far each is\n"
               "extract FILE  a complete list of a system's accounts, CSV; or --host, from the tables that were captured there\n"
               "review        begins a review of the newest lists; lines are decided on the page Access reviews\n"
               "lines ID      the lines of a review, what is flagged first\n"
               "attributes ID what the evaluator reads: assay access attributes AR-0001 > a.json; assay evaluate a.json\n"
               "advance       does what a running server does by itself: opens what is due, compares later lists, leaves evidence",
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
