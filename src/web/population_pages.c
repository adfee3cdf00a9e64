/* Populations of an engagement: taken from the library, frozen, checked, held against other sources. */
#include "assess/population_match.h"
#include "pages.h"
#include "report/view_audit.h"
#include "report/view_population.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { WEB_QUERY_MS = 15000, TRIAL_ROWS = 20 };

static struct json *finish(struct call *c, struct json *v)
{
    if (v && !route_is_api(c->route)) {
        records_put_done(c, v);
        json_put_bool(v, "may_write", call_may(c, PERMISSION_RECORDS) && !c->view.is_past);
        json_put_bool(v, "may_decide", call_may(c, PERMISSION_OWN_OR_RECORDS) && !c->view.is_past);
    }
    return v;
}

static struct json *build_populations(struct call *c, struct err *e)
{
    return finish(c, view_populations(&c->view, c->records, c->parameters[0], e));
}

static const char *const typed_fields[] = {"expected_rows", "completeness", "accuracy", "evidence"};

/* problem: what kept a form from being taken; "" none. */
static struct json *one_page(struct call *c, struct str problem, struct err *e)
{
    struct population_shown shown = {.q = STR("")};
    struct str row;
    if (!call_query(c, "q", &shown.q, e) || !call_query(c, "row", &row, e))
        return NULL;
    if (!str_to_int64(row, &shown.from))
        shown.from = 1;
    struct json *v = finish(c, view_population(&c->view, c->records, c->parameters[0], c->parameters[1], &shown, e));
    if (!v || route_is_api(c->route))
        return v;
    json_put_str(v, "problem", problem);
    struct json *typed = json_put_object(v, "typed");
    for (size_t i = 0; i < sizeof typed_fields / sizeof typed_fields[0]; i++)
        json_put_str(typed, typed_fields[i], form_value(&c->form, typed_fields[i]));
    return v;
}

static struct json *build_population(struct call *c, struct err *e)
{
    return one_page(c, STR(""), e);
}

const struct page page_kind_populations = {.nav = "audit", .build = build_populations, .render = page_populations, .words = "The populations of an engagement, and which controls lack one"};
const struct page page_kind_population = {.nav = "audit", .build = build_population, .render = page_population, .words = "One population: query, checks, rows, differences to other sources"};

/* ---- what keeps something from being done is said above the page, and what was typed stays ---- */

static bool show(struct call *c, struct json *v, int status, struct err *e)
{
    struct buf BUF_AUTO b = {0};
    if (!v)
        return false;
    buf_init(&b, 8 << 20);
    shell_render(c, &page_kind_population, v, &b);
    call_bytes(c, "text/html; charset=utf-8", arena_str(c->arena, buf_view(&b)));
    c->response->status = status;
    return !b.full || err_set(e, ERR_TOO_LARGE, "this page is too long");
}

static bool again(struct call *c, const struct err *why, struct err *e)
{
    if (route_is_api(c->route) || why->code == ERR_NOT_FOUND || why->code == ERR_UNAVAILABLE || why->code == ERR_UNCERTAIN)
        return (*e = *why, false);
    return show(c, one_page(c, arena_str(c->arena, str_of(why->text)), e), 422, e);
}

static struct str back(struct call *c, const char *done)
{
    return arena_printf(c->arena, "/audit/%.*s/populations/%.*s?done=%s", STR_ARGS(c->parameters[0]), STR_ARGS(c->parameters[1]), done);
}

/* The population of the address, of its engagement, which one may read. */
static bool current(struct call *c, struct population *ret, struct err *e)
{
    struct engagement g;
    return call_view(c, e) && engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, &g, e) && engagement_may_read(&c->view, c->records, &g, e) &&
           population_read(c->view.db, c->arena, c->parameters[1], INT64_MAX, ret, e) &&
           (str_equal(ret->engagement, g.id) || err_set(e, ERR_NOT_FOUND, "population %.*s belongs to another engagement", STR_ARGS(ret->id)));
}

/* ---- from the library ---- */

static struct str asked(struct call *c, const char *name)
{
    return c->json ? json_text(c->json, name) : str_trim(form_value(&c->form, name));
}

static bool take(struct call *c, struct str *ret_id, struct err *e)
{
    const struct population_template *all;
    struct engagement g;
    struct record_change change;
    struct json *answer;
    size_t count;
    if (!call_view(c, e) || !engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, &g, e) || !engagement_may_read(&c->view, c->records, &g, e) ||
        !population_library(c->arena, &all, &count, e))
        return false;
    const struct population_template *t = population_template_find(all, count, asked(c, "library"));
    struct str from = asked(c, "from"), to = asked(c, "to");
    if (!t)
        return err_set(e, ERR_INVALID, "library: choose one of the library");
    if (!g.has_days && (from.size == 0 || to.size == 0))
        return err_set(e, ERR_INVALID, "from: the engagement has no window yet; say from and to");
    from = from.size ? from : day_text(c->arena, g.window.first);
    to = to.size ? to : day_text(c->arena, g.window.last);
    if (!population_draft(c->view.db, c->arena, t, g.id, from, to, &change, e))
        return false;
    record_defaults(record_types_find(c->records->types, change.type), change.set, c->access, c->now_ms);
    if (c->access->person.size && !json_get(change.set, "owner"))
        json_put_str(change.set, "owner", c->access->person);
    if (!records_submit_all(c, &change, 1, NULL, &answer, e))
        return false;
    *ret_id = records_answer_id(answer);
    return true;
}

bool handle_population_take(struct call *c, struct err *e)
{
    struct str id;
    return take(c, &id, e) && call_redirect(c, arena_printf(c->arena, "/audit/%.*s/populations/%.*s?done=taken", STR_ARGS(c->parameters[0]), STR_ARGS(id)));
}

bool handle_api_population_take(struct call *c, struct err *e)
{
    struct str id;
    if (!take(c, &id, e))
        return false;
    struct json *o = json_object(c->arena);
    json_put_str(o, "id", id);
    return call_json(c, o, e);
}

/* ---- freezing ---- */

static bool rows_of(struct call *c, const struct population *p, struct arena *big, struct freezing *f, struct err *e)
{
    const struct form_field *file = form_find(&c->form, "file");
    struct blob_opener opener = {.open = c->view.blobs.read, .context = c->view.blobs.context};
    struct question q;
    f->as_of_leaf = c->view.leaf_limit;
    if (str_is(p->kind, "import")) {
        if (!file || !file->is_file || file->value.size == 0)
            return err_set(e, ERR_INVALID, "file: choose a CSV file with a heading line");
        f->csv = file->value;
        f->csv_name = arena_printf(big, "%.*s.csv", STR_ARGS(p->id));
        return population_freeze_csv(f->csv, big, &f->rows, e) || err_wrap(e, "file");
    }
    if (!population_question(c->view.db, c->arena, c->records->types, c->access, p, c->now_ms, 0, &q, e))
        return false;
    struct captures *captures = captures_open(c->view.db, &opener, &(struct captures_options){0}, e);
    q.captures = captures;
    q.time_limit_ms = WEB_QUERY_MS;
    bool ok = captures && population_freeze_query(&q, p, big, &f->rows, e);
    captures_close(captures);
    return ok;
}

static bool freeze(struct call *c, const struct population *p, struct arena *big, struct json **ret_answer, struct err *e)
{
    struct freezing f = {.now_ms = c->now_ms, .by = access_who(c->access), .csv = STR(""), .csv_name = STR("")};
    struct record_change change;
    struct str name = c->access->person.size ? db_one_text(c->arena, c->view.db, e, "select name from people where id = ?1", A(c->access->person)) : (struct str){0};
    f.by = name.data ? name : f.by;
    if (e->code || !rows_of(c, p, big, &f, e) || !population_freeze_change(c->site->env, big, p, &f, &change, e))
        return false;
    return records_submit_all(c, &change, 1, NULL, ret_answer, e);
}

/* The first rows, nothing is stored. */
static bool trial(struct call *c, const struct population *p, struct arena *big, struct err *e)
{
    struct blob_opener opener = {.open = c->view.blobs.read, .context = c->view.blobs.context};
    struct question q;
    struct str rows;
    struct frozen f;
    if (!population_question(c->view.db, c->arena, c->records->types, c->access, p, c->now_ms, 0, &q, e))
        return false;
    struct captures *captures = captures_open(c->view.db, &opener, &(struct captures_options){0}, e);
    q.captures = captures;
    q.time_limit_ms = WEB_QUERY_MS;
    q.rows_max = TRIAL_ROWS;
    q.is_part = true;
    bool ok = captures && population_freeze_query(&q, p, big, &rows, e) && frozen_open(big, rows, &f, e);
    captures_close(captures);
    struct json *v = ok ? one_page(c, STR(""), e) : NULL;
    if (!v)
        return false;
    struct json *o = json_put_object(v, "trial"), *columns = json_put_array(o, "columns"), *list = json_put_array(o, "rows");
    struct str *cells = arena_array(c->arena, FROZEN_COLUMNS_MAX, sizeof *cells);
    json_put_int(o, "count", (int64_t)f.count);
    json_put_bool(o, "is_more", f.count == TRIAL_ROWS);
    for (size_t i = 0; i < f.column_count; i++)
        json_push_str(columns, arena_str(c->arena, f.columns[i]));
    for (size_t n = 1; n <= f.count && frozen_row(&f, c->arena, n, cells, NULL); n++) {
        struct json *row = json_put_array(json_push_object(list), "cells");
        for (size_t i = 0; i < f.column_count; i++)
            json_push_str(row, arena_str(c->arena, str_prefix(cells[i], 200)));
    }
    return show(c, v, 200, e);
}

static void arena_close(void *a)
{
    arena_free(a);
}

bool handle_population_freeze(struct call *c, struct err *e)
{
    struct population p;
    struct json *answer;
    struct err why = {0};
    if (!current(c, &p, e))
        return false;
    struct arena *big = arena_new("freezing", (size_t)1 << 30);
    arena_on_free(c->arena, arena_close, big);
    bool is_trial = str_is(form_value(&c->form, "go"), "try");
    if (is_trial ? trial(c, &p, big, &why) : freeze(c, &p, big, &answer, &why))
        return is_trial || call_redirect(c, back(c, "frozen"));
    return again(c, &why, e);
}

bool handle_api_population_freeze(struct call *c, struct err *e)
{
    struct population p;
    struct json *answer;
    if (!current(c, &p, e))
        return false;
    struct arena *big = arena_new("freezing", (size_t)1 << 30);
    arena_on_free(c->arena, arena_close, big);
    return freeze(c, &p, big, &answer, e) && call_json(c, answer, e);
}

/* ---- checks and steps ---- */

static bool step(struct call *c, const struct population *p, const char *by, struct json *set, struct str why, struct err *e)
{
    struct json *answer;
    int64_t version;
    struct record_change change = {.type = STR("population"), .id = p->id, .act = RECORD_MOVE, .version = p->version, .transition = str_of(by), .set = set, .why = why};
    if (str_to_int64(form_value(&c->form, "version"), &version))
        change.version = version;
    return records_submit_all(c, &change, 1, NULL, &answer, e);
}

static bool check_values(struct call *c, const struct population *p, struct json *set, struct err *e)
{
    size_t drawn[POPULATION_TRACED_MAX], count = population_draw(p, drawn);
    struct str expected = str_trim(form_value(&c->form, "expected_rows")), with = form_value(&c->form, "reconciled_with"), rest = form_value(&c->form, "evidence"), word;
    struct str numbers = count ? STR("") : STR("none: there is no row");
    int64_t n;
    for (size_t i = 0; i < count; i++)
        numbers = arena_printf(c->arena, "%.*s%s%zu", STR_ARGS(numbers), i ? " " : "", drawn[i]);
    json_put_str(set, "completeness_by", form_value(&c->form, "completeness_by"));
    json_put_str(set, "completeness", str_trim(form_value(&c->form, "completeness")));
    json_put_str(set, "accuracy", str_trim(form_value(&c->form, "accuracy")));
    json_put_str(set, "accuracy_rows", numbers);
    if (expected.size && (!str_to_int64(expected, &n) || n < 0))
        return err_set(e, ERR_INVALID, "expected_rows: a number is wanted");
    if (expected.size)
        json_put_int(set, "expected_rows", n);
    if (with.size)
        json_put_str(set, "reconciled_with", with);
    if (str_trim(rest).size) {
        struct json *list = json_put_array(set, "evidence");
        while (str_next_word(&rest, &word))
            json_push_str(list, word);
    }
    return true;
}

/* A sequence with holes shows that something is missing; nobody says otherwise. */
static bool sequence_check(struct call *c, const struct population *p, struct err *e)
{
    struct blob_opener opener = {.open = c->view.blobs.read, .context = c->view.blobs.context};
    struct population_sequence s;
    struct frozen rows;
    struct arena *big = arena_new("rows", (size_t)1 << 30);
    bool ok = population_rows(&opener, big, p, &rows, e); /* the tamper check: whoever says that it is complete has seen these very rows */
    if (ok && str_is(form_value(&c->form, "completeness_by"), "sequence"))
        ok = (population_sequence(&rows, c->arena, population_role(p, STR("id")), &s) && s.holes == 0 && s.duplicates == 0) ||
             err_set(e, ERR_INVALID, "completeness_by: the ids of these rows are no sequence without holes");
    arena_free(big);
    return ok;
}

bool handle_population_check(struct call *c, struct err *e)
{
    struct population p;
    struct err why = {0};
    struct json *set = json_object(c->arena);
    if (!current(c, &p, e))
        return false;
    if (check_values(c, &p, set, &why) && sequence_check(c, &p, &why) && step(c, &p, "check", set, STR(""), &why))
        return call_redirect(c, back(c, "checked"));
    return again(c, &why, e);
}

bool handle_population_step(struct call *c, struct err *e)
{
    static const char *const known[] = {"fail", "replace", "drop"};
    struct population p;
    struct err why = {0};
    if (!current(c, &p, e))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (str_is(form_value(&c->form, "by"), known[i]))
            return step(c, &p, known[i], json_object(c->arena), str_trim(form_value(&c->form, "why")), &why) ? call_redirect(c, back(c, "moved")) : again(c, &why, e);
    return err_set(e, ERR_INVALID, "by: fail, replace or drop");
}

/* ---- another source ---- */

static bool reconcile(struct call *c, const struct population *p, struct arena *big, struct json *ret, struct err *e)
{
    struct blob_opener opener = {.open = c->view.blobs.read, .context = c->view.blobs.context};
    struct reconciliation r;
    struct json *answer;
    if (!population_reconcile(c->view.db, c->arena, big, &opener, p, asked(c, "other"), asked(c, "keys"), asked(c, "values"), &r, e) ||
        (r.change_count && !records_submit_all(c, r.changes, r.change_count, NULL, &answer, e)))
        return false;
    json_put_int(ret, "here", (int64_t)r.counts.here);
    json_put_int(ret, "there", (int64_t)r.counts.there);
    json_put_int(ret, "matched", (int64_t)r.counts.matched);
    json_put_int(ret, "missing_here", (int64_t)r.counts.missing_here);
    json_put_int(ret, "missing_there", (int64_t)r.counts.missing_there);
    json_put_int(ret, "differing", (int64_t)r.counts.differing);
    json_put_int(ret, "new", (int64_t)r.change_count);
    json_put_int(ret, "known", (int64_t)r.known);
    return true;
}

bool handle_population_reconcile(struct call *c, struct err *e)
{
    struct population p;
    struct err why = {0};
    struct json *o = json_object(c->arena);
    if (!current(c, &p, e))
        return false;
    struct arena *big = arena_new("two populations", (size_t)2 << 30);
    arena_on_free(c->arena, arena_close, big);
    if (reconcile(c, &p, big, o, &why))
        return route_is_api(c->route) ? call_json(c, o, e) : call_redirect(c, back(c, json_int(o, "missing_here", 0) + json_int(o, "missing_there", 0) + json_int(o, "differing", 0) ? "reconciled" : "agree"));
    return again(c, &why, e);
}

/* A difference is explained; or a deviation of the control is opened in the register, and the difference names it. */
static bool explain(struct call *c, const struct population *p, struct err *e)
{
    struct str why = str_trim(form_value(&c->form, "why")), id = form_value(&c->form, "difference");
    struct record_change changes[2];
    struct json *answer;
    int64_t version = 0;
    bool is_deviation = str_is(form_value(&c->form, "go"), "deviate");
    struct str title = db_one_text(c->arena, c->view.db, e, "select title from population_differences where id = ?1 and (population = ?2 or other = ?2)", A(id), A(p->id));
    if (e->code || !title.data || !str_to_int64(form_value(&c->form, "version"), &version))
        return e->code == ERR_NONE && err_set(e, ERR_NOT_FOUND, "difference: there is none of this name");
    if (why.size == 0)
        return err_set(e, ERR_INVALID, "why: say why it differs");
    size_t count = 0;
    if (is_deviation) {
        struct json *set = json_object(c->arena);
        json_put_str(set, "title", title);
        json_put_str(set, "control", str_of(p->controls.count ? p->controls.items[0] : ""));
        json_put_str(set, "happened_on", day_text(c->arena, day_of(c->now_ms)));
        json_put_str(set, "cause", why);
        if (c->access->person.size)
            json_put_str(set, "owner", c->access->person);
        changes[count++] = (struct record_change){.type = STR("deviation"), .act = RECORD_CREATE, .set = set};
        record_defaults(record_types_find(c->records->types, STR("deviation")), set, c->access, c->now_ms);
    }
    struct json *set = json_object(c->arena);
    json_put_str(set, "explanation", why);
    if (is_deviation)
        json_put_cstr(set, "deviation", "new:1");
    changes[count++] = (struct record_change){.type = STR("population_difference"), .id = id, .act = RECORD_MOVE, .version = version, .transition = is_deviation ? STR("deviate") : STR("explain"), .set = set};
    return record_number(c->view.db, c->arena, changes, count, e) && records_submit_all(c, changes, count, NULL, &answer, e);
}

bool handle_population_explain(struct call *c, struct err *e)
{
    struct population p;
    struct err why = {0};
    if (!current(c, &p, e))
        return false;
    return explain(c, &p, &why) ? call_redirect(c, back(c, "explained")) : again(c, &why, e);
}
