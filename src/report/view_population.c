/* One population: what it is, what is checked of it, its rows, its differences to other sources. */
#include "report/view_population.h"

#include "assess/population.h"
#include "report/view_audit.h"
#include "report/view_population_internal.h"
#include "report/view_record_internal.h"

static struct str shortened(struct view *v, struct str s)
{
    if (s.size <= POPULATION_CELL_SHOWN)
        return arena_str(v->arena, s);
    return arena_printf(v->arena, "%.*s\xe2\x80\xa6", STR_ARGS(str_prefix(s, POPULATION_CELL_SHOWN)));
}

struct opened {
    struct view *v;
    struct arena *a; /* rows: they may be many, and go before the view does */
    struct frozen rows;
    struct str *cells;
    bool is_open;
    struct str why; /* not open */
};

static void row_push(struct opened *o, struct json *list, size_t n)
{
    struct json *row = json_push_object(list), *cells;
    json_put_int(row, "n", (int64_t)n);
    cells = json_put_array(row, "cells");
    if (frozen_row(&o->rows, o->a, n, o->cells, NULL))
        for (size_t i = 0; i < o->rows.column_count; i++)
            json_push_str(cells, shortened(o->v, o->cells[i]));
}

static bool holds(struct str line, struct str wanted)
{
    for (size_t i = 0; i + wanted.size <= line.size; i++)
        if (strncasecmp(line.data + i, wanted.data, wanted.size) == 0)
            return true;
    return false;
}

static void shown_put(struct opened *o, struct json *page, const struct population_shown *s)
{
    size_t from = s->from > 1 ? (size_t)s->from : 1, most = s->count > 0 && s->count <= 1000 ? (size_t)s->count : POPULATION_ROWS_SHOWN, found = 0, after = 0;
    struct json *shown = json_put_object(page, "shown"), *list = json_array(o->v->arena);
    for (size_t n = from; o->is_open && n <= o->rows.count; n++) {
        if (s->q.size && !holds(o->rows.lines[n], s->q))
            continue;
        if (list->count == most) {
            after = after ? after : n;
            if (!s->q.size)
                break;
        } else {
            row_push(o, list, n);
        }
        found++;
    }
    json_put_str(shown, "q", s->q);
    json_put_int(shown, "from", (int64_t)from);
    json_put_int(shown, "count", (int64_t)list->count);
    json_put_int(shown, "total", o->is_open ? (int64_t)o->rows.count : 0);
    json_put_int(shown, "found", s->q.size ? (int64_t)found : o->is_open ? (int64_t)o->rows.count : 0);
    json_put_int(shown, "after", (int64_t)after);
    json_put_str(shown, "why", o->why);
    json_put(shown, "rows", list);
}

/* ---- what is checked of it ---- */

static void check_push(struct json *list, const char *letter, const char *label, struct str value, const char *status, const char *words)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "letter", letter);
    json_put_cstr(o, "label", label);
    json_put_str(o, "value", value);
    json_put_cstr(o, "status", status);
    json_put_cstr(o, "status_words", words);
}

static const char *given(bool is_there)
{
    return is_there ? "pass" : "unknown";
}

static struct str sequence_words(struct view *v, const struct population_sequence *s)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4096);
    buf_printf(&b, "%.*s%lld to %.*s%lld: ", STR_ARGS(s->prefix), (long long)s->first, STR_ARGS(s->prefix), (long long)s->last);
    if (s->holes == 0)
        buf_cstr(&b, "no number is missing");
    for (size_t i = 0; i < s->shown_count; i++)
        buf_printf(&b, "%s%lld", i ? ", " : "missing ", (long long)s->shown[i]);
    if (s->holes > (int64_t)s->shown_count)
        buf_printf(&b, " and %lld more", (long long)s->holes - (long long)s->shown_count);
    if (s->duplicates)
        buf_printf(&b, "; %lld stand twice", (long long)s->duplicates);
    return arena_str(v->arena, buf_view(&b));
}

static void sequence_put(struct opened *o, struct json *page, const struct population *p)
{
    struct population_sequence s;
    if (!o->is_open || !population_sequence(&o->rows, o->v->arena, population_role(p, STR("id")), &s)) {
        json_put_null(page, "sequence");
        return;
    }
    struct json *q = json_put_object(page, "sequence");
    bool is_whole = s.holes == 0 && s.duplicates == 0;
    json_put_str(q, "words", sequence_words(o->v, &s));
    json_put_cstr(q, "status", is_whole ? "pass" : "fail");
    json_put_cstr(q, "status_words", is_whole ? "Without holes" : s.holes ? "Holes" : "Twice");
}

static struct str completeness_text(struct view *v, const struct population *p)
{
    static const char *const by[][2] = {{"count", "an independent count"}, {"sequence", "a sequence without holes"}, {"source", "another source"}};
    const char *words = "";
    for (size_t i = 0; i < 3; i++)
        words = str_is(p->completeness_by, by[i][0]) ? by[i][1] : words;
    if (p->completeness.size == 0)
        return STR("");
    struct str with = p->reconciled_with.size ? arena_printf(v->arena, " (%.*s)", STR_ARGS(p->reconciled_with)) : STR("");
    return arena_printf(v->arena, "By %s%.*s: %.*s", words, STR_ARGS(with), STR_ARGS(p->completeness));
}

static void checks_put(struct opened *o, struct json *page, const struct population *p)
{
    struct view *v = o->v;
    struct json *list = json_put_array(page, "checks");
    bool is_frozen = population_is_frozen(p), is_checked = str_is(p->state, "checked"), is_failed = str_is(p->state, "failed");
    const char *judged = is_checked ? "pass" : is_failed ? "fail" : "unknown", *judged_words = is_checked ? "Checked" : is_failed ? "Failed" : "Not checked";
    char text[TIME_TEXT_SIZE];
    struct str ran = p->run_at > 0 ? arena_printf(v->arena, "%.*s, %s", STR_ARGS(p->run_by), time_format(p->run_at - p->run_at % MS_SECOND, text)) : STR("");
    struct str rows = p->rows >= 0 ? arena_printf(v->arena, "%lld row%s%s%.*s", (long long)p->rows, p->rows == 1 ? "" : "s", p->control_total.size ? "; the source says " : "", STR_ARGS(p->control_total)) : STR("");
    struct str days = arena_printf(v->arena, "%.*s to %.*s%s%.*s", STR_ARGS(p->from), STR_ARGS(p->to), p->parameters.size ? "; " : "", STR_ARGS(p->parameters));
    check_push(list, "a", "Source", p->system, given(p->system.size > 0), p->system.size ? "Named" : "Missing");
    check_push(list, "b", "Query", str_is(p->kind, "import") ? STR("a file of the source; what it was asked for stands below") : STR("stands below, word by word"), given(p->query.size > 0), "Named");
    check_push(list, "c", "Period and parameters", days, "pass", "Named");
    check_push(list, "d", "Who and when", ran, given(is_frozen), is_frozen ? "Recorded" : "Not yet");
    check_push(list, "e", "Count", rows, given(is_frozen), is_frozen ? "Counted by the keeper" : "Not yet");
    check_push(list, "f", "Complete", completeness_text(v, p), judged, judged_words);
    check_push(list, "g", "Accurate", p->accuracy.size ? arena_printf(v->arena, "Rows %.*s: %.*s", STR_ARGS(p->accuracy_rows), STR_ARGS(p->accuracy)) : STR(""), judged, judged_words);
    check_push(list, "h", "Unchanged", !is_frozen ? STR("") : o->is_open ? arena_printf(v->arena, "digest computed again just now: %.*s\xe2\x80\xa6", STR_ARGS(str_slice(p->digest, 0, 16))) : o->why,
               !is_frozen ? "unknown" : o->is_open ? "pass" : "fail", !is_frozen ? "Not yet" : o->is_open ? "Same digest" : "Cannot be shown");
}

static void traced_put(struct opened *o, struct json *page, const struct population *p)
{
    size_t drawn[POPULATION_TRACED_MAX], count = population_draw(p, drawn);
    struct json *traced = json_put_object(page, "traced"), *list = json_put_array(traced, "rows");
    struct str numbers = STR("");
    for (size_t i = 0; i < count; i++) {
        if (o->is_open)
            row_push(o, list, drawn[i]);
        numbers = arena_printf(o->v->arena, "%.*s%s%zu", STR_ARGS(numbers), i ? " " : "", drawn[i]);
    }
    json_put_str(traced, "numbers", numbers);
}

/* ---- differences ---- */

static bool differences_put(struct view *v, const struct view_records *r, struct json *page, const struct population *p, struct err *e)
{
    struct json *list = json_put_array(page, "differences");
    bool may = r->access && !v->is_past && (access_has_role(r->access, "administrator") || access_has_role(r->access, "compliance_lead") || access_has_role(r->access, "owner"));
    DB_EACH (row, v->db, e,
             "select d.id, d.number, d.item, d.kind, coalesce(d.detail, ''), ifnull(d.row_here, 0), ifnull(d.row_there, 0), d.other, o.title, d.state, coalesce(d.explanation, ''), d.version, "
             "d.population, coalesce(d.deviation, '') from population_differences d left join populations o on o.id = case when d.population = ?1 then d.other else d.population end "
             "where d.population = ?1 or d.other = ?1 order by d.state <> 'open', d.population, d.number limit 500",
             A(p->id)) {
        struct json *o = json_push_object(list);
        bool is_ours = str_equal(db_text(row, 12), p->id);
        struct str id = arena_str(v->arena, db_text(row, 0)), kind = db_text(row, 3), state = arena_str(v->arena, db_text(row, 9));
        struct str other = arena_str(v->arena, is_ours ? db_text(row, 7) : db_text(row, 12));
        bool is_here = str_is(kind, is_ours ? "missing_here" : "missing_there"), is_there = str_is(kind, is_ours ? "missing_there" : "missing_here");
        json_put_str(o, "id", id);
        json_put_int(o, "number", db_int(row, 1));
        json_put_str(o, "item", arena_str(v->arena, db_text(row, 2)));
        json_put_cstr(o, "kind", is_here ? "missing_here" : is_there ? "missing_there" : "differs");
        json_put_cstr(o, "kind_words", is_here ? "Missing here" : is_there ? "Missing there" : "Differs");
        json_put_str(o, "detail", arena_str(v->arena, db_text(row, 4)));
        json_put_int(o, "row_here", db_int(row, is_ours ? 5 : 6));
        json_put_int(o, "row_there", db_int(row, is_ours ? 6 : 5));
        put_link(v, o, "other", other.data, arena_str(v->arena, db_text(row, 8)).data, arena_printf(v->arena, "/audit/%.*s/populations/%.*s", STR_ARGS(p->engagement), STR_ARGS(other)));
        json_put_str(o, "state", state);
        json_put_cstr(o, "status", str_is(state, "explained") ? "pass" : "fail");
        json_put_cstr(o, "status_words", str_is(state, "explained") ? "Explained" : str_is(state, "deviation") ? "A deviation" : "Open");
        json_put_str(o, "explanation", arena_str(v->arena, db_text(row, 10)));
        json_put_str(o, "deviation", arena_str(v->arena, db_text(row, 13)));
        json_put_int(o, "version", db_int(row, 11));
        json_put_str(o, "url", record_url(v, "population_difference", id));
        json_put_bool(o, "may_explain", may && str_is(state, "open"));
    }
    return e->code == ERR_NONE;
}

static bool others_put(struct view *v, struct json *page, const struct population *p, struct err *e)
{
    const struct population_template *all;
    size_t count;
    if (!population_library(v->arena, &all, &count, e))
        return false;
    const struct population_template *t = population_template_find(all, count, p->library);
    struct json *list = json_put_array(page, "others"), *suggested = json_put_object(page, "suggested");
    struct str other = STR(""), columns = STR("");
    DB_EACH (row, v->db, e, "select id, title, rows, coalesce(library, '') from populations where engagement = ?1 and id <> ?2 and state in ('frozen', 'checked', 'failed') order by id limit 200",
             A(p->engagement), A(p->id)) {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "title", arena_str(v->arena, db_text(row, 1)));
        json_put_int(o, "rows", db_int(row, 2));
        if (t && t->against.size && str_equal(db_text(row, 3), t->against))
            other = arena_str(v->arena, db_text(row, 0));
    }
    for (size_t i = 0; t && i < t->against_columns.count; i++)
        columns = arena_printf(v->arena, "%.*s%s%s", STR_ARGS(columns), i ? "," : "", t->against_columns.items[i]);
    json_put_str(suggested, "other", other);
    json_put_str(suggested, "columns", columns.size ? columns : STR("id"));
    json_put_str(suggested, "complete", t ? t->complete : STR(""));
    return e->code == ERR_NONE;
}

static bool evidence_put(struct view *v, struct json *page, const struct population *p, struct err *e)
{
    struct json *list = json_put_array(page, "evidence");
    DB_EACH (row, v->db, e, "select v.id, v.title from record_link l join evidence_items v on v.id = l.target where l.type = 'population' and l.id = ?1 and l.field = 'evidence' and l.to_leaf is null "
                            "order by l.place",
             A(p->id))
        (void)push_link(v, list, arena_str(v->arena, db_text(row, 0)).data, arena_str(v->arena, db_text(row, 1)).data, record_url(v, "evidence", db_text(row, 0)));
    return e->code == ERR_NONE;
}

/* ---- the page ---- */

static void facts_put(struct view *v, struct json *page, const struct population *p, const struct opened *o)
{
    json_put_int(page, "version", p->version);
    json_put_str(page, "query", p->query);
    json_put_str(page, "parameters", p->parameters);
    json_put_str(page, "sla", p->sla);
    json_put_str(page, "roles", p->roles);
    struct json *columns = json_put_array(page, "columns");
    for (size_t i = 0; o->is_open && i < o->rows.column_count; i++)
        json_push_str(columns, arena_str(v->arena, o->rows.columns[i]));
    json_put_str(page, "digest", p->digest);
    json_put_int(page, "as_of_leaf", p->as_of_leaf);
    json_put_str(page, "leaf_url", p->leaf >= 0 ? arena_printf(v->arena, "/ledger/%lld", (long long)p->leaf) : STR(""));
    json_put_str(page, "record_url", record_url(v, "population", p->id));
    json_put_str(page, "control_total", p->control_total);
    json_put_str(page, "download", population_is_frozen(p) ? arena_printf(v->arena, "/records/population/%.*s/files/%.*s", STR_ARGS(p->id), STR_ARGS(p->x)) : STR(""));
    json_put_bool(page, "is_frozen", population_is_frozen(p));
    json_put_bool(page, "is_import", str_is(p->kind, "import"));
    json_put_int(page, "expected_rows", p->expected_rows);
}

static void rows_close(void *arena)
{
    arena_free(arena);
}

static struct opened rows_open(struct view *v, const struct population *p)
{
    struct opened o = {.v = v, .a = arena_new("population", (size_t)1 << 30), .why = STR("")};
    arena_on_free(v->arena, rows_close, o.a);
    struct blob_opener opener = {.open = v->blobs.read, .context = v->blobs.context};
    struct err why = {0};
    o.is_open = population_is_frozen(p) && population_rows(&opener, o.a, p, &o.rows, &why);
    o.why = o.is_open || !population_is_frozen(p) ? STR("") : arena_str(v->arena, str_of(why.text));
    o.cells = arena_array(o.a, FROZEN_COLUMNS_MAX, sizeof *o.cells);
    return o;
}

/* "check" and "steps": what may be done with it now, of the record's own transitions. */
static void may_check_put(struct view *v, const struct view_records *r, struct json *check, const struct record_type *t, struct str id)
{
    struct err why = {0};
    const char *other = NULL;
    const struct record_transition *move = record_type_transition(t, STR("check"));
    struct record *record = record_get(v->db, v->arena, t, id, view_record_limit(v), &why);
    bool is_allowed = record && move && r->access && !v->is_past && record_allows(r->access, t, record, RECORD_MOVE, move, &why) &&
                      record_other_eyes(v->db, v->arena, r->access, record, move, &other, &why) && !other;
    json_put_bool(check, "is_allowed", is_allowed);
    json_put_str(check, "why_not", other ? STR("somebody else than who made or froze it says whether it is complete and accurate") : arena_str(v->arena, str_of(why.text)));
}

static void steps_put(struct json *page, const struct json *next)
{
    struct json *check = json_put_object(page, "check"), *steps = json_put_array(page, "steps");
    const struct json *found = NULL;
    JSON_EACH (n, next) {
        bool is_check = str_is(json_text(n, "id"), "check");
        found = is_check ? n : found;
        if (is_check || !json_bool(n, "needs_reason") || !json_bool(n, "is_allowed"))
            continue;
        struct json *o = json_push_object(steps);
        json_put_str(o, "id", json_text(n, "id"));
        json_put_str(o, "label", json_text(n, "label"));
    }
    json_put_bool(check, "is_possible", found != NULL);
    struct json *shape = json_put_object(page, "state_shape");
    json_put_str(shape, "status", json_text(page, "status"));
    json_put_str(shape, "status_words", json_text(page, "status_words"));
}

struct json *view_population(struct view *v, const struct view_records *r, struct str engagement, struct str id, const struct population_shown *shown, struct err *e)
{
    struct engagement g;
    struct population p;
    struct json *page = engagement_page_new(v, r, STR("Population"), engagement, "populations", &g, e);
    const struct record_type *t = record_types_find(r->types, STR("population"));
    if (!page || !population_read(v->db, v->arena, id, view_record_limit(v), &p, e))
        return NULL;
    struct json *record = view_record(v, r, t, id, true, e);
    if (!record || !str_equal(p.engagement, g.id)) {
        if (!e->code)
            err_set(e, ERR_NOT_FOUND, "population %.*s belongs to another engagement", STR_ARGS(p.id));
        return NULL;
    }
    struct opened o = rows_open(v, &p);
    population_put(v, page, &p, e);
    facts_put(v, page, &p, &o);
    steps_put(page, json_get(record, "next"));
    may_check_put(v, r, (struct json *)(uintptr_t)json_get(page, "check"), t, p.id);
    json_put_bool(page, "may_change", json_bool(record, "may_change"));
    checks_put(&o, page, &p);
    sequence_put(&o, page, &p);
    traced_put(&o, page, &p);
    shown_put(&o, page, shown);
    bool ok = differences_put(v, r, page, &p, e) && others_put(v, page, &p, e) && evidence_put(v, page, &p, e);
    return ok && !e->code ? page : NULL;
}
