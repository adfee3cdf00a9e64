/* The room Access reviews: lists of accounts come in, campaigns begin, lines are decided. Signing off is a step of the record. */
#include "assess/access_review.h"
#include "assess/stored.h"
#include "pages.h"
#include "report/view_access.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { WHY_BYTES_MAX = 4000, LINES_AT_ONCE_MAX = 200, HAND_OVER_MAX = 5000 };

static void put_words(struct call *c, struct json *v)
{
    static const char *const known[][2] = {{"decided", "Decided. Each decision is in the history of its line."},
                                           {"kept", "Kept together: each line says with how many others."},
                                           {"handed", "Handed over."},
                                           {"begun", "The review has begun: the list is frozen, and every account is a line."},
                                           {"extract", "The list is read in: accounts that came, changed and are gone stand in their history."},
                                           {"moved", "Done."},
                                           {"none", "Nothing was decided: choose keep, change or remove on a line first."}};
    put_done(c, v, known, sizeof(known) / sizeof(known[0]));
}

static struct json *finish(struct call *c, struct json *v)
{
    if (v && !route_is_api(c->route)) {
        put_words(c, v);
        json_put_bool(v, "may_write", call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
        json_put_cstr(v, "problem", "");
    }
    return v;
}

static struct json *build_access(struct call *c, struct err *e)
{
    return finish(c, call_as_of(c, e) ? view_access(&c->view, c->records, e) : NULL);
}

static struct json *build_review(struct call *c, struct err *e)
{
    return finish(c, call_as_of(c, e) ? view_access_review(&c->view, c->records, c->parameters[0], e) : NULL);
}

static bool lines_filter(struct call *c, struct access_lines_filter *f, struct err *e)
{
    return call_query(c, "show", &f->show, e) && call_query(c, "system", &f->system, e) && call_query(c, "q", &f->q, e) && call_query(c, "after", &f->after, e);
}

static struct json *build_lines(struct call *c, struct err *e)
{
    struct access_lines_filter f;
    if (!lines_filter(c, &f, e))
        return NULL;
    return finish(c, call_as_of(c, e) ? view_access_lines(&c->view, c->records, c->parameters[0], &f, e) : NULL);
}

static struct json *build_accounts(struct call *c, struct err *e)
{
    struct access_accounts_filter f;
    if (!call_query(c, "show", &f.show, e) || !call_query(c, "system", &f.system, e) || !call_query(c, "person", &f.person, e) || !call_query(c, "q", &f.q, e) ||
        !call_query(c, "after", &f.after, e))
        return NULL;
    return finish(c, call_as_of(c, e) ? view_access_accounts(&c->view, c->records, &f, e) : NULL);
}

const struct page page_kind_access = {.nav = "access", .build = build_access, .render = page_access, .words = "Access reviews, and systems with the age of their lists of accounts"};
const struct page page_kind_access_review = {.nav = "access", .build = build_review, .render = page_access_review, .words = "One access review with its attributes and proofs"};
const struct page page_kind_access_lines = {.nav = "access", .build = build_lines, .render = page_access_lines, .words = "The lines of an access review, what is flagged first"};
const struct page page_kind_access_accounts = {.nav = "access", .build = build_accounts, .render = page_access_accounts, .words = "All accounts, of a system or a person"};

/* ---- what follows by itself ---- */

static bool system_submit(void *context, struct op *op, struct json **ret_answer, struct err *e)
{
    struct call *c = context;
    return keeper_link_submit(c->site->keeper, c->arena, op, ret_answer, e);
}

void records_advance_access(struct call *c)
{
    struct err ignored = {0};
    size_t done;
    if (c->view.db && !access_advance(c->view.db, c->site->env, call_today(c), system_submit, c, &done, &ignored))
        ignored = (struct err){0}; /* it is looked for once a minute anyway */
}

/* ---- a review begins ---- */

static bool create_one(struct call *c, struct record_change *change, struct str *ret_id, struct err *e)
{
    struct json *answer;
    const struct record_type *t = record_types_find(c->records->types, change->type);
    if (t)
        record_defaults(t, change->set, c->access, c->now_ms);
    if (!records_submit_all(c, change, 1, NULL, &answer, e))
        return false;
    *ret_id = records_answer_id(answer);
    return true;
}

static void put_person(struct call *c, struct json *set, const char *field)
{
    struct str id = str_trim(form_value(&c->form, field));
    if (id.size)
        json_put_str(set, field, id);
}

/* The performance of AC-05 that is due next and has no review yet. */
static void put_occurrence(struct call *c, struct json *set, struct err *e)
{
    struct str id = db_one_text(c->arena, c->view.db, e,
                                "select o.id from occurrences o where o.control = 'AC-05' and o.state = 'expected' and not exists(select 1 from access_reviews v where v.occurrence = o.id and "
                                "v.state <> 'cancelled') order by o.due_on limit 1");
    if (id.data)
        json_put_str(set, "occurrence", id);
}

static bool review_begin(struct call *c, struct str title, struct json *systems, struct err *e)
{
    struct record_change change = {.type = STR("access_review"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    struct str id, due = str_trim(form_value(&c->form, "due_on"));
    if (str_trim(form_value(&c->form, "owner")).size == 0)
        return err_set(e, ERR_INVALID, "owner: say who signs it off; add people on the roster first where there are none");
    json_put_str(change.set, "title", title);
    json_put(change.set, "systems", systems);
    put_person(c, change.set, "owner");
    put_person(c, change.set, "reviewer");
    put_person(c, change.set, "second_reviewer");
    json_put_str(change.set, "due_on", due.size ? due : day_text(c->arena, call_today(c) + 14));
    put_occurrence(c, change.set, e);
    if (e->code || !create_one(c, &change, &id, e))
        return false;
    return call_redirect(c, arena_printf(c->arena, "/access/%.*s?done=begun", STR_ARGS(id)));
}

bool handle_access_create(struct call *c, struct err *e)
{
    if (!call_view(c, e))
        return false;
    struct json *systems = json_array(c->arena);
    for (size_t i = 0; i < c->form.count; i++)
        if (str_is(c->form.fields[i].name, "system") && c->form.fields[i].value.size)
            json_push_str(systems, c->form.fields[i].value);
    struct str title = str_trim(form_value(&c->form, "title"));
    if (systems->count == 0)
        return err_set(e, ERR_INVALID, "system: choose at least one system");
    if (title.size == 0)
        title = arena_printf(c->arena, "Access review of %zu system%s, %.*s", systems->count, systems->count == 1 ? "" : "s", STR_ARGS(day_text(c->arena, call_today(c))));
    return review_begin(c, title, systems, e);
}

/* ---- lists of accounts from captures ---- */

/* The system that a captured host is; made where there is none. */
static bool host_system(struct call *c, struct str subject, struct str name, struct str *ret, struct err *e)
{
    *ret = db_one_text(c->arena, c->view.db, e, "select id from systems where subject = ?1 and state = 'in_use' order by id limit 1", A(subject));
    if (e->code || ret->data)
        return e->code == ERR_NONE;
    struct str named = db_one_text(c->arena, c->view.db, e, "select id from systems where name = ?1 collate nocase and state = 'in_use'", A(name));
    struct record_change change = {.type = STR("system"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(change.set, "name", named.data ? arena_printf(c->arena, "%.*s (host)", STR_ARGS(name)) : name);
    json_put_cstr(change.set, "kind", "host");
    json_put_str(change.set, "subject", subject);
    struct str owner = str_trim(form_value(&c->form, "owner"));
    if (owner.size)
        json_put_str(change.set, "owner", owner);
    return e->code == ERR_NONE && create_one(c, &change, ret, e);
}

static bool extract_finish(struct call *c, struct extract *list, struct extract_facts *f, struct extract_plan *plan, struct str *ret_id, struct err *e)
{
    struct extract_person *people;
    size_t count;
    f->taken_by = f->taken_by.size ? f->taken_by : c->access->person;
    if (!extract_people(c->view.db, c->arena, c->records->types, &people, &count, e))
        return false;
    extract_match(list, people, count);
    if (!extract_plan(c->view.db, c->arena, c->records->types, list, f, plan, e))
        return false;
    if (!ret_id)
        return true;
    return extract_write(c->view.db, c->site->env, c->arena, f, plan, c->access, system_submit, c, ret_id, e);
}

static bool host_extract(struct call *c, struct str subject, struct str *ret_system, struct str *ret_name, struct err *e)
{
    struct blob_opener opener = {.open = c->view.blobs.read, .context = c->view.blobs.context};
    struct extract list;
    struct extract_plan plan;
    struct extract_facts f = {.source = "table", .subject = subject, .taken_by = STR(""), .captures = STR("")};
    struct str id;
    *ret_name = db_one_text(c->arena, c->view.db, e, "select name from subject where id = ?1", A(subject));
    if (e->code || !ret_name->data)
        return e->code == ERR_NONE && err_set(e, ERR_NOT_FOUND, "subject: this host was never captured");
    struct captures *captures = captures_open(c->view.db, &opener, &(struct captures_options){.subject = subject}, e);
    bool ok = captures && extract_read_host(captures, subject, c->arena, &list, &f.captures, &f.taken_ms, e) && host_system(c, subject, *ret_name, ret_system, e);
    captures_close(captures);
    f.system = *ret_system;
    f.query = arena_printf(c->arena, "captured tables of %.*s: %.*s (table:leaf)", STR_ARGS(*ret_name), STR_ARGS(f.captures));
    f.complete = STR("The table of users was captured as a whole: every account of the host's files and directory services, no filter.");
    return ok && extract_finish(c, &list, &f, &plan, &id, e);
}

bool handle_access_host(struct call *c, struct err *e)
{
    struct str system, name;
    if (!call_view(c, e) || !host_extract(c, form_value(&c->form, "subject"), &system, &name, e))
        return false;
    records_advance_access(c);
    return call_redirect(c, STR("/access?done=extract"));
}

/* One click: the host is a system, its captured accounts are a list, and the review begins. */
bool handle_access_begin(struct call *c, struct err *e)
{
    struct str system, name;
    if (!call_view(c, e))
        return false;
    if (str_trim(form_value(&c->form, "owner")).size == 0)
        return err_set(e, ERR_INVALID, "owner: say who signs it off; add people on the roster first where there are none");
    if (!host_extract(c, form_value(&c->form, "subject"), &system, &name, e))
        return false;
    struct json *systems = json_array(c->arena);
    json_push_str(systems, system);
    return review_begin(c, arena_printf(c->arena, "Accounts of %.*s, %.*s", STR_ARGS(name), STR_ARGS(day_text(c->arena, call_today(c)))), systems, e);
}

/* ---- decisions ---- */

struct decisions {
    struct call *c;
    struct record_change *changes;
    size_t count;
};

static bool decision_add(struct decisions *d, struct str line, struct str choice, struct err *e)
{
    struct call *c = d->c;
    struct str why = str_trim(form_value(&c->form, arena_printf(c->arena, "w.%.*s", STR_ARGS(line)).data));
    int64_t version = 0, seen = 0;
    bool is_flagged = false, is_there = false;
    DB_EACH (row, c->view.db, e, "select version, is_flagged from access_lines where id = ?1 and review = ?2", A(line), A(c->parameters[0])) {
        is_there = true;
        version = db_int(row, 0);
        is_flagged = db_int(row, 1) != 0;
    }
    if (e->code || !is_there || d->count == LINES_AT_ONCE_MAX)
        return e->code == ERR_NONE && err_set(e, ERR_INVALID, "%.*s: no line of this review", STR_ARGS(str_slice(line, 0, 40)));
    if (!str_to_int64(form_value(&c->form, arena_printf(c->arena, "v.%.*s", STR_ARGS(line)).data), &seen))
        seen = version;
    const char *by = str_is(choice, "keep") ? (is_flagged ? "keep_flagged" : "keep") : str_is(choice, "change") ? "change" : str_is(choice, "remove") ? "remove" : NULL;
    if (!by)
        return err_set(e, ERR_INVALID, "%.*s: keep, change or remove", STR_ARGS(line));
    d->changes[d->count++] = (struct record_change){.type = STR("access_line"), .id = line, .act = RECORD_MOVE, .version = seen, .transition = str_of(by), .set = json_object(c->arena), .why = why};
    return true;
}

/* What was typed stays; each line says what keeps it from being taken. */
static bool show_again(struct call *c, const struct decisions *d, const struct json *problems, struct err *e)
{
    struct access_lines_filter f;
    if (!lines_filter(c, &f, e))
        return false;
    f.show = form_value(&c->form, "show");
    f.system = form_value(&c->form, "system");
    f.q = form_value(&c->form, "q");
    f.after = form_value(&c->form, "after");
    struct json *v = finish(c, view_access_lines(&c->view, c->records, c->parameters[0], &f, e));
    if (!v)
        return false;
    JSON_EACH (o, json_get(v, "rows"))
        for (size_t i = 0; i < d->count; i++) {
            if (!str_equal(d->changes[i].id, json_text(o, "id")))
                continue;
            struct str by = d->changes[i].transition;
            ((struct json *)(uintptr_t)json_get(o, "typed"))->text = str_starts(by, "keep") ? STR("keep") : by;
            ((struct json *)(uintptr_t)json_get(o, "typed_why"))->text = d->changes[i].why;
            JSON_EACH (p, problems)
                if (json_int(p, "change", -1) == (int64_t)i)
                    ((struct json *)(uintptr_t)json_get(o, "problem"))->text = json_text(p, "why");
        }
    const struct json *first = json_at(problems, 0);
    ((struct json *)(uintptr_t)json_get(v, "problem"))->text =
        arena_printf(c->arena, "Nothing is stored: %zu decision%s not taken. %.*s", problems->count, problems->count == 1 ? " is" : "s are", STR_ARGS(json_text(first, "why")));
    return show_page(c, &page_kind_access_lines, v, 422, e);
}

static struct str lines_back(struct call *c, const char *done)
{
    struct str back = call_own_path(form_value(&c->form, "back"));
    if (!str_starts(back, "/access/"))
        back = arena_printf(c->arena, "/access/%.*s/lines", STR_ARGS(c->parameters[0]));
    ptrdiff_t old = str_find(back, STR("done="));
    if (old > 0)
        back = str_slice(back, 0, (size_t)old - 1);
    return arena_printf(c->arena, "%.*s%cdone=%s", STR_ARGS(back), str_find_char(back, '?') < 0 ? '?' : '&', done);
}

bool handle_access_decide(struct call *c, struct err *e)
{
    struct decisions d = {.c = c, .changes = arena_array(c->arena, LINES_AT_ONCE_MAX, sizeof(struct record_change))};
    struct json *answer;
    if (!call_view(c, e))
        return false;
    for (size_t i = 0; i < c->form.count; i++) {
        struct str name = c->form.fields[i].name, choice = c->form.fields[i].value;
        if (str_starts(name, "d.") && choice.size && !decision_add(&d, str_slice(name, 2, name.size), choice, e))
            return false;
    }
    if (d.count == 0)
        return call_redirect(c, lines_back(c, "none"));
    struct json *problems = record_try(c->view.db, c->arena, d.changes, d.count, c->access, e);
    if (!problems)
        return false;
    if (problems->count)
        return show_again(c, &d, problems, e);
    return records_submit_all(c, d.changes, d.count, NULL, &answer, e) && call_redirect(c, lines_back(c, "decided"));
}

/* Open lines without flags that are theirs to decide: of the same system and with the same rights as `like`, or all of them; no more than the parameter
 * says, and with the one reason that they gave. */
static size_t unflagged_read(struct call *c, struct str like, int64_t limit, struct record_change *changes, struct err *e)
{
    size_t count = 0;
    DB_EACH (row, c->view.db, e,
             "select l.id, l.version from access_lines l where l.review = ?2 and l.state = 'open' and l.is_flagged = 0 and coalesce(l.delegate, l.reviewer) = ?3 and "
             "coalesce(l.person, '') <> ?3 and coalesce(l.granted_by, '') <> ?3 and (?1 = '' or exists(select 1 from access_lines m where m.id = ?1 and m.review = l.review and "
             "m.system = l.system and coalesce(m.rights, '') = coalesce(l.rights, ''))) and (?5 = '' or l.system = ?5) order by l.id limit ?4",
             A(like), A(c->parameters[0]), A(c->access->person), A(limit), A(form_value(&c->form, "system")))
        changes[count++] = (struct record_change){.type = STR("access_line"), .id = arena_str(c->arena, db_text(row, 0)), .act = RECORD_MOVE, .version = db_int(row, 1),
                                                  .transition = STR("keep"), .set = json_object(c->arena)};
    return count;
}

bool handle_access_bulk(struct call *c, struct err *e)
{
    struct str like = str_trim(form_value(&c->form, "like")), why = str_trim(form_value(&c->form, "why"));
    int64_t limit = 0;
    struct json *answer;
    if (!call_view(c, e))
        return false;
    if (why.size == 0 || why.size > WHY_BYTES_MAX)
        return err_set(e, ERR_INVALID, "why: %s", why.size ? "too long" : "say why these accounts stay as they are; the reason stands at each line");
    if (!str_to_int64(parameter_value(c->view.db, c->arena, "access_bulk_keep_max", INT64_MAX, e), &limit) || limit < 1)
        return e->code == ERR_NONE && err_set(e, ERR_DENIED, "like: the parameter access_bulk_keep_max lets nothing be kept together");
    struct record_change *changes = arena_array(c->arena, (size_t)limit, sizeof *changes);
    size_t count = unflagged_read(c, like, limit, changes, e);
    if (e->code || count == 0)
        return e->code == ERR_NONE && err_set(e, ERR_CONFLICT, "like: none of these lines is open, without flags and yours to decide any more");
    for (size_t i = 0; i < count; i++) {
        json_put_int(changes[i].set, "bulk", (int64_t)count);
        changes[i].why = count > 1 ? arena_printf(c->arena, "%.*s (kept together with %zu others)", STR_ARGS(why), count - 1) : why;
    }
    return records_submit_all(c, changes, count, NULL, &answer, e) && call_redirect(c, lines_back(c, "kept"));
}

bool handle_access_hand_over(struct call *c, struct err *e)
{
    struct str to = str_trim(form_value(&c->form, "to")), line = form_value(&c->form, "line"), why = str_trim(form_value(&c->form, "why")), from = str_trim(form_value(&c->form, "from"));
    struct record_change *changes = arena_array(c->arena, HAND_OVER_MAX, sizeof *changes);
    size_t count = 0;
    if (!call_view(c, e))
        return false;
    if (to.size == 0)
        return err_set(e, ERR_INVALID, "to: choose who decides instead");
    DB_EACH (row, c->view.db, e,
             "select id, version from access_lines where review = ?1 and state = 'open' and (?2 = '' or id = ?2) and (?2 <> '' or coalesce(delegate, reviewer) = ?3) and coalesce(delegate, '') <> ?4 and "
             "coalesce(person, '') <> ?4 and coalesce(granted_by, '') <> ?4 "
             "order by id limit 5000",
             A(c->parameters[0]), A(line), A(from.size ? from : c->access->person), A(to)) { /* whose they may hand over, the keeper knows */
        changes[count] = (struct record_change){.type = STR("access_line"), .id = arena_str(c->arena, db_text(row, 0)), .act = RECORD_MOVE, .version = db_int(row, 1),
                                                .transition = STR("hand_over"), .set = json_object(c->arena), .why = str_slice(why, 0, WHY_BYTES_MAX)};
        json_put_str(changes[count++].set, "delegate", to);
    }
    struct json *answer;
    if (e->code || count == 0)
        return e->code == ERR_NONE && err_set(e, ERR_CONFLICT, "line: no open line is left there that %.*s may decide: nobody decides about themselves or about what they granted", STR_ARGS(str_slice(to, 0, 40)));
    return records_submit_all(c, changes, count, NULL, &answer, e) && call_redirect(c, lines_back(c, "handed"));
}

/* ---- lists of accounts from files ---- */

static struct json *form_page(struct call *c, struct err *e)
{
    struct json *v = finish(c, view_access(&c->view, c->records, e));
    if (!v)
        return NULL;
    static const char *const kept[] = {"system_id", "query", "complete", "taken_on", "text"};
    static const char *const names[] = {"system", "query", "complete", "taken_on", "text"};
    for (size_t i = 0; i < 5; i++)
        json_put_str(v, kept[i], form_value(&c->form, names[i]));
    json_put_null(v, "plan");
    json_put_str(v, "today", day_text(c->arena, call_today(c)));
    struct json *targets = json_put_array(v, "targets");
    for (size_t i = 0; i < extract_target_count; i++) {
        struct json *o = json_push_object(targets);
        json_put_cstr(o, "id", extract_targets[i].id);
        json_put_cstr(o, "label", extract_targets[i].label);
    }
    return v;
}

static const struct page page_extract = {.nav = "access", .render = page_access_extract};

bool handle_access_extract_form(struct call *c, struct err *e)
{
    struct str system;
    if (!call_view(c, e) || !call_query(c, "system", &system, e))
        return false;
    struct json *v = form_page(c, e);
    if (v)
        ((struct json *)(uintptr_t)json_get(v, "system_id"))->text = system;
    return v && show_page(c, &page_extract, v, 200, e);
}

static bool facts_read(struct call *c, struct extract_facts *f, struct err *e)
{
    struct str taken = str_trim(form_value(&c->form, "taken_on"));
    const struct form_field *file = form_find(&c->form, "file");
    bool has_file = file && file->is_file && file->value.size > 0;
    *f = (struct extract_facts){.system = form_value(&c->form, "system"), .source = "csv", .query = str_trim(form_value(&c->form, "query")),
                                .complete = str_trim(form_value(&c->form, "complete")), .taken_by = STR(""), .subject = STR(""), .captures = STR(""), .taken_ms = c->now_ms,
                                .file = has_file ? file->value : form_value(&c->form, "text"), .file_name = STR("accounts.csv")};
    if (f->system.size == 0)
        return err_set(e, ERR_INVALID, "system: choose the system whose accounts these are");
    if (f->file.size == 0)
        return err_set(e, ERR_INVALID, "file: choose a CSV file with a heading line, or paste its lines");
    if (f->file.size > FORM_VALUE_BYTES)
        return err_set(e, ERR_TOO_LARGE, "file: over 4 MiB; bring it with \"assay access extract\"");
    if (f->query.size == 0 || f->query.size > 1000)
        return err_set(e, ERR_INVALID, "query: say how the list was made: report, query, filter");
    if (f->complete.size == 0)
        return err_set(e, ERR_INVALID, "complete: say how you know that nobody is missing in it");
    if (taken.size && (!time_parse(taken, c->now_ms, &f->taken_ms) || day_of(f->taken_ms) > call_today(c)))
        return err_set(e, ERR_INVALID, "taken_on: no day up to today: write 2026-11-20");
    if (day_of(f->taken_ms) == call_today(c))
        f->taken_ms = c->now_ms;
    return true;
}

bool handle_access_extract(struct call *c, struct err *e)
{
    struct err why = {0};
    struct extract_facts f;
    struct extract list;
    struct extract_plan plan = {0};
    struct str id;
    if (!call_view(c, e))
        return false;
    bool is_read = facts_read(c, &f, &why);
    if (is_read)
        extract_read_csv(c->arena, f.file, records_mapping_of(c), &list);
    bool is_planned = is_read && list.problems->count == 0 && extract_finish(c, &list, &f, &plan, NULL, &why);
    bool is_sure = !plan.needs_yes || str_is(form_value(&c->form, "sure"), "yes");
    if (is_planned && is_sure && str_is(form_value(&c->form, "go"), "read")) {
        if (extract_write(c->view.db, c->site->env, c->arena, &f, &plan, c->access, system_submit, c, &id, &why)) {
            records_advance_access(c);
            return call_redirect(c, STR("/access?done=extract"));
        }
    }
    struct json *v = form_page(c, e);
    if (!v)
        return false;
    if (is_read) {
        ((struct json *)(uintptr_t)json_get(v, "text"))->text = str_is_utf8(f.file) ? f.file : STR("");
        struct json *p = (struct json *)(uintptr_t)json_get(v, "plan");
        *p = (struct json){.key = p->key, .next = p->next, .type = JSON_OBJECT, .arena = c->arena};
        JSON_EACH (m, extract_plan_json(c->arena, &list, &plan)) {
            struct json *copy = ARENA_NEW(c->arena, struct json);
            *copy = *m;
            copy->next = NULL;
            json_put(p, m->key.data, copy);
        }
        int64_t n = 0;
        JSON_EACH (k, json_get(p, "columns"))
            json_put_int(k, "n", n++);
    }
    ((struct json *)(uintptr_t)json_get(v, "problem"))->text = arena_str(c->arena, str_of(why.text));
    return show_page(c, &page_extract, v, why.code || (is_read && list.problems->count) ? 422 : 200, e);
}

/* POST multipart/form-data: file, system, query, complete, taken_on; ?dry_run=1 says what would happen. */
bool handle_api_access_extract(struct call *c, struct err *e)
{
    struct extract_facts f;
    struct extract list;
    struct extract_plan plan = {0};
    struct str id = STR(""), dry, sure;
    if (c->form.count == 0) {
        c->status = 415;
        return err_set(e, ERR_UNSUPPORTED, "send multipart/form-data: file, system, query, complete, and perhaps taken_on");
    }
    if (!call_view(c, e) || !call_query(c, "dry_run", &dry, e) || !call_query(c, "sure", &sure, e) || !facts_read(c, &f, e))
        return false;
    extract_read_csv(c->arena, f.file, records_mapping_of(c), &list);
    if (list.problems->count)
        return records_refuse_rows(c, list.problems, e);
    bool is_dry = str_is(dry, "1") || str_is(dry, "true");
    if (!extract_finish(c, &list, &f, &plan, NULL, e))
        return false;
    if (!is_dry && plan.needs_yes && !str_is(sure, "1"))
        return err_set(e, ERR_CONFLICT, "%lld of %lld accounts would be gone; if the list is not filtered, say ?sure=1", (long long)plan.gone, (long long)plan.present);
    if (!is_dry && !extract_write(c->view.db, c->site->env, c->arena, &f, &plan, c->access, system_submit, c, &id, e))
        return false;
    if (!is_dry)
        records_advance_access(c);
    struct json *o = extract_plan_json(c->arena, &list, &plan);
    json_put_str(o, "id", id);
    json_put_bool(o, "is_dry_run", is_dry);
    return call_json(c, o, e);
}
