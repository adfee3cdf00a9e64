/* Test sheets: the list, and one with its grid. */
#include "report/view_parameters.h"
#include "report/view_record_internal.h"
#include "report/view_sheets.h"
#include "report/view_sheets_internal.h"

/* ---- the list ---- */

static const char *result_words(const struct sheet *s)
{
    return str_is(s->conclusion, "exceptions") ? "Exceptions noted" : str_is(s->conclusion, "no_exceptions") ? "No exceptions noted" : str_is(s->conclusion, "not_tested") ? "Not tested"
         : str_is(s->conclusion, "could_not") ? "Could not be tested" : "Open";
}

static const char *result_status(const struct sheet *s)
{
    return str_is(s->conclusion, "exceptions") ? "fail" : str_is(s->conclusion, "no_exceptions") ? "pass" : str_is(s->conclusion, "not_tested") ? "skip" : "unknown";
}

static bool row_put(struct view *v, const struct view_records *r, struct json *list, struct str engagement, struct str id, struct err *e)
{
    struct sheet s;
    struct err failed = {0};
    if (!sheet_read(v->db, v->arena, id, &s, e))
        return false;
    struct json *o = json_push_object(list);
    json_put_str(o, "id", id);
    json_put_str(o, "url", audit_url(v, engagement, "sheets", id));
    json_put_str(o, "control", s.control);
    json_put_str(o, "title", record_title(s.record));
    json_put(o, "state", record_state_json(v, s.record->type, s.record->state));
    json_put_int(o, "tested", s.count.tested + s.count.targeted);
    json_put_int(o, "planned", s.count.planned);
    json_put_int(o, "open", s.count.open);
    json_put_int(o, "deviations", s.count.deviations + s.count.targeted_deviations);
    json_put_cstr(o, "status", result_status(&s));
    json_put_cstr(o, "status_words", result_words(&s));
    json_put_int(o, "exceptions", s.exceptions);
    json_put_int(o, "unanswered", db_one_int(v->db, &failed, 0,
                                             "select count(*) from audit_exceptions x where x.sheet = ?1 and x.state <> 'withdrawn' and not exists(select 1 from responses p where p.exception = x.id and p.state <> 'draft')",
                                             A(id)));
    (void)r;
    return failed.code ? (*e = failed, false) : true;
}

struct json *view_sheets(struct view *v, const struct view_records *r, struct str engagement, struct err *e)
{
    struct engagement g;
    struct engagement_scope scope;
    struct json *page = engagement_page_new(v, r, STR("Test sheets"), engagement, "sheets", &g, e);
    struct json *list = page ? json_put_array(page, "rows") : NULL;
    struct str ids[SHEET_LIST_MAX];
    size_t count = 0;
    int64_t missing = 0;
    if (!page || !engagement_scope(v->db, v->arena, &g, INT64_MAX, &scope, e))
        return NULL;
    DB_EACH (row, v->db, e, "select id from test_sheets where engagement = ?1 order by control, id limit 300", A(g.id))
        ids[count++] = arena_str(v->arena, db_text(row, 0));
    for (size_t i = 0; i < count && !e->code; i++)
        if (!row_put(v, r, list, g.id, ids[i], e))
            return NULL;
    struct json *without = json_put_array(page, "without");
    for (size_t i = 0; i < scope.control_count && !e->code; i++) {
        const struct control *c = scope.controls[i].control;
        if (db_one_int(v->db, e, 0, "select count(*) from test_sheets where engagement = ?1 and control = ?2", A(g.id), A(c->id)) > 0)
            continue;
        missing++;
        struct json *o = json_push_object(without);
        json_put_cstr(o, "id", c->id);
        json_put_cstr(o, "label", arena_printf(v->arena, "%s %s", c->id, c->title).data);
    }
    json_put_int(page, "missing", missing);
    json_put_bool(page, "may_create", audit_may(v, r, "test_sheet", NULL, RECORD_CREATE));
    return e->code ? NULL : page;
}

/* ---- one sheet ---- */

static void control_put(struct view *v, struct json *page, const struct sheet *s)
{
    const struct control *c = content_control(s->control);
    struct err ignored = {0};
    struct str title = db_one_text(v->arena, v->db, &ignored, "select title from control_records where id = ?1", A(s->control));
    struct json *o = put_link(v, page, "control", s->control.data, title.data ? title.data : c ? c->title : s->control.data, arena_printf(v->arena, "/controls/%.*s", STR_ARGS(s->control)));
    struct str statement = db_one_text(v->arena, v->db, &ignored, "select statement from control_records where id = ?1", A(s->control));
    json_put_str(o, "statement", view_text(v, statement.data ? statement : str_of(c ? c->statement : "")));
    json_put_cstr(o, "test", c ? c->test_operation : "");
}

static void choices_put(struct view *v, struct json *page, const struct sheet *s, struct err *e)
{
    static const char *const methods[][2] = {{"inquiry", "Inquired"}, {"observation", "Observed"}, {"inspection", "Inspected"}, {"reperformance", "Performed again"}};
    const struct json *chosen = json_get(s->record->values, "method");
    struct json *list = json_put_array(page, "methods");
    for (size_t i = 0; i < 4; i++) {
        struct json *o = json_push_object(list);
        bool is_chosen = false;
        JSON_EACH (m, chosen)
            is_chosen |= str_is(m->text, methods[i][0]);
        json_put_cstr(o, "id", methods[i][0]);
        json_put_cstr(o, "label", methods[i][1]);
        json_put_bool(o, "is_chosen", is_chosen);
    }
    struct json *samples = json_put_array(page, "samples"), *populations = json_put_array(page, "populations");
    DB_EACH (row, v->db, e, "select id, title from samples where engagement = ?1 and state = 'revealed' order by id limit 300", A(s->engagement)) {
        struct json *o = json_push_object(samples);
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "label", arena_printf(v->arena, "%.*s %.*s", STR_ARGS(db_text(row, 0)), STR_ARGS(db_text(row, 1))));
        json_put_bool(o, "is_chosen", s->sample && str_equal(s->sample->id, db_text(row, 0)));
    }
    DB_EACH (row, v->db, e, "select id, title from populations where engagement = ?1 and state in ('frozen', 'checked', 'failed') order by id limit 300", A(s->engagement)) {
        struct json *o = json_push_object(populations);
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "label", arena_printf(v->arena, "%.*s %.*s", STR_ARGS(db_text(row, 0)), STR_ARGS(db_text(row, 1))));
        json_put_bool(o, "is_chosen", s->population.record && str_equal(s->population.record->id, db_text(row, 0)));
    }
}

static void grid_row(struct view *v, struct json *list, const struct sheet *s, const struct sheet_rows *rows, int64_t item, const struct sample_item *k)
{
    static const char *const shorts[] = {"", "y", "n", "-"}, *const words[] = {"", "yes", "no", "n/a"};
    const struct sheet_row *row = sheet_row_find(&s->grid, item);
    struct json *o = json_push_object(list), *marks = json_put_array(o, "marks");
    json_put_int(o, "item", item);
    for (size_t i = 0; i < s->grid.attribute_count; i++) {
        enum sheet_mark m = row ? row->marks[i] : MARK_OPEN;
        struct json *mark = json_push_object(marks);
        json_put_str(mark, "letter", arena_strndup(v->arena, &s->grid.attributes[i].letter, 1) ? arena_str(v->arena, str_make(&s->grid.attributes[i].letter, 1)) : STR(""));
        json_put_cstr(mark, "mark", words[m]);
        json_put_cstr(mark, "short", shorts[m]);
        json_put_bool(mark, "is_no", m == MARK_NO);
    }
    json_put_str(o, "evidence", row ? row->evidence : STR(""));
    json_put_str(o, "note", row ? row->note : STR(""));
    json_put_cstr(o, "from", !k || k->from == SAMPLE_DRAWN ? "" : k->from == SAMPLE_INSTEAD ? "replacement" : k->from == SAMPLE_EXTENSION ? "extension" : "for a reason");
    json_put_bool(o, "is_replaced", k && k->is_replaced);
    json_put_bool(o, "is_done", row && sheet_row_is_done(&s->grid, row));
    json_put_bool(o, "deviates", row && sheet_row_deviates(&s->grid, row));
    sheet_rows_cells(v, rows, item, json_put_array(o, "cells"));
}

static void grid_put(struct view *v, struct json *page, const struct sheet *s)
{
    struct sheet_rows rows = {0};
    struct json *attributes = json_put_array(page, "attributes"), *list = json_put_array(page, "rows");
    for (size_t i = 0; i < s->grid.attribute_count; i++) {
        struct json *o = json_push_object(attributes);
        json_put_str(o, "letter", arena_str(v->arena, str_make(&s->grid.attributes[i].letter, 1)));
        json_put_str(o, "words", s->grid.attributes[i].words);
    }
    sheet_rows_open(v, &s->population, &rows);
    if (!s->sample && !s->population.record)
        rows.is_open = false;
    sheet_rows_columns(v, &rows, json_put_array(page, "columns"));
    for (size_t i = 0; s->sample && i < s->items.count && i < SHEET_LIST_MAX; i++)
        grid_row(v, list, s, &rows, s->items.items[i].item, &s->items.items[i]);
    for (size_t i = 0; !s->sample && i < s->grid.row_count && i < SHEET_LIST_MAX; i++)
        grid_row(v, list, s, &rows, s->grid.rows[i].item, NULL);
    if (!s->sample && s->grid.row_count == 0)
        grid_row(v, list, s, &rows, 1, NULL); /* a test of one */
    json_put_bool(page, "has_sample", s->sample != NULL);
    json_put_int(page, "next_item", s->grid.row_count ? s->grid.rows[s->grid.row_count - 1].item + 1 : 2);
    json_put_bool(page, "is_cut", s->sample && s->items.count > SHEET_LIST_MAX);
}

static struct str percent(struct view *v, double rate)
{
    return arena_printf(v->arena, "%.1f %%", 100 * rate);
}

static void count_put(struct view *v, struct json *page, const struct sheet *s)
{
    struct json *o = json_put_object(page, "count");
    struct str why;
    json_put_int(o, "planned", s->count.planned);
    json_put_int(o, "tested", s->count.tested);
    json_put_int(o, "deviations", s->count.deviations);
    json_put_int(o, "open", s->count.open);
    json_put_int(o, "targeted", s->count.targeted);
    json_put_int(o, "targeted_deviations", s->count.targeted_deviations);
    json_put_str(o, "upper_limit", s->is_sample && s->count.tested ? percent(v, s->count.upper_limit) : STR(""));
    json_put_str(o, "tolerable", percent(v, s->tolerable));
    json_put_str(o, "confidence", arena_printf(v->arena, "%.0f %%", 100 * s->confidence));
    struct json *x = json_put_object(page, "extension");
    json_put_int(x, "to", sheet_extension(v->arena, s, &why));
    json_put_str(x, "why", why);
}

static void exceptions_put(struct view *v, struct json *page, const struct sheet *s, struct err *e)
{
    const struct record_type *t = record_type_in_force(v->db, STR("audit_exception"), e);
    struct json *list = json_put_array(page, "exceptions");
    if (!t)
        return;
    DB_EACH (row, v->db, e, "select x.id, x.title, x.state, x.items, x.of_items, exists(select 1 from responses p where p.exception = x.id and p.state <> 'draft') from audit_exceptions x where x.sheet = ?1 order by x.id",
             A(s->record->id)) {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "url", audit_url(v, s->engagement, "exceptions", db_text(row, 0)));
        json_put_str(o, "title", arena_str(v->arena, db_text(row, 1)));
        json_put(o, "state", record_state_json(v, t, arena_str(v->arena, db_text(row, 2))));
        json_put_int(o, "items", db_int(row, 3));
        json_put_int(o, "of", db_int(row, 4));
        json_put_bool(o, "has_response", db_int(row, 5) != 0);
    }
    json_put_str(page, "new_exception",
                 arena_printf(v->arena, "/records/audit_exception/new?v.engagement=%.*s&v.sheet=%.*s&v.control=%.*s&v.items=%lld&v.of_items=%lld&back=%.*s", STR_ARGS(s->engagement), STR_ARGS(s->record->id),
                              STR_ARGS(s->control), (long long)(s->count.deviations + s->count.targeted_deviations - s->exception_items), (long long)(s->count.tested + s->count.targeted),
                              STR_ARGS(audit_url(v, s->engagement, "sheets", s->record->id))));
}

static void conclusion_put(struct view *v, struct json *page, const struct sheet *s, struct err *e)
{
    struct err why = {0}, failed = {0};
    struct str words = STR(""), stored = json_text(s->record->values, "conclusion_words");
    bool is_draft = str_is(s->record->state, "draft"), has_words = is_draft && sheet_words(v->db, v->arena, s, &words, &why);
    struct str told = is_draft ? words : stored;
    bool is_whole = told.size && !str_is(s->conclusion, "exceptions"); /* the words of a result begin with what it is; those of exceptions tell of each */
    json_put_cstr(page, "status", result_status(s));
    json_put_str(page, "status_words", is_whole ? told : str_of(result_words(s)));
    json_put_str(page, "conclusion", s->conclusion);
    json_put_str(page, "conclusion_words", told);
    json_put_str(page, "conclusion_more", is_whole ? STR("") : told);
    json_put_str(page, "why_not_conclude", is_draft && !has_words ? arena_str(v->arena, str_of(why.text)) : STR(""));
    int64_t opinion = audit_leaf_of(v->db, "opinion", s->record->id, -1, &failed);
    if (opinion >= 0)
        json_put_str(json_put_object(page, "opinion"), "proof", arena_printf(v->arena, "/ledger/%lld", (long long)opinion));
    else
        json_put_null(page, "opinion");
    if (failed.code)
        *e = failed;
}

static void who_put(struct view *v, const struct view_records *r, struct json *page, const struct sheet *s, struct err *e)
{
    static const char *const people[] = {"preparer", "reviewer"}, *const texts[] = {"prepared_on", "reviewed_on", "objective", "procedure", "reason"};
    const char *other = NULL;
    struct err why = {0};
    const struct record_transition *sign = record_type_transition(s->record->type, STR("sign"));
    for (size_t i = 0; i < 2; i++) {
        struct str id = json_text(s->record->values, people[i]);
        struct str name = id.size ? db_one_text(v->arena, v->db, e, "select name from people where id = ?1", A(id)) : STR("");
        json_put_str(page, people[i], name.data && name.size ? name : id);
    }
    for (size_t i = 0; i < 5; i++)
        json_put_str(page, texts[i], json_text(s->record->values, texts[i]));
    bool may = sign && !v->is_past && record_allows(r->access, s->record->type, s->record, RECORD_MOVE, sign, &why) &&
               record_other_eyes(v->db, v->arena, r->access, s->record, sign, &other, &why) && !other;
    json_put_bool(page, "may_sign", may && str_is(s->record->state, "prepared"));
    json_put_str(page, "why_not_sign", other ? STR("whoever prepared it does not review it") : arena_str(v->arena, str_of(why.text)));
    json_put_str(page, "me", r->access ? r->access->person : STR(""));
    struct json *addenda = json_put_array(page, "addenda");
    struct str rest = json_text(s->record->values, "addendum"), line;
    while (str_next_line(&rest, &line))
        if (str_trim(line).size)
            json_push_str(addenda, line);
}

static void links_put(struct view *v, struct json *page, const struct sheet *s, struct err *e)
{
    struct json *criteria = json_put_array(page, "criteria"), *evidence = json_put_array(page, "evidence");
    struct buf BUF_AUTO ids;
    buf_init(&ids, 64 << 10);
    JSON_EACH (c, json_get(s->record->values, "criteria"))
        push_link(v, criteria, arena_str(v->arena, c->text).data, "", arena_printf(v->arena, "/criteria/%.*s", STR_ARGS(c->text)));
    JSON_EACH (x, json_get(s->record->values, "evidence")) {
        struct str title = db_one_text(v->arena, v->db, e, "select title from evidence_items where id = ?1", A(arena_str(v->arena, x->text)));
        push_link(v, evidence, arena_str(v->arena, x->text).data, title.data ? title.data : "", record_url(v, "evidence", x->text));
        buf_printf(&ids, "%s%.*s", ids.size ? " " : "", STR_ARGS(x->text));
    }
    json_put_str(page, "evidence_ids", arena_str(v->arena, buf_view(&ids)));
    if (s->population.record)
        put_link(v, page, "population", s->population.record->id.data, arena_str(v->arena, record_title(s->population.record)).data, audit_url(v, s->engagement, "populations", s->population.record->id));
    else
        json_put_null(page, "population");
    json_put_bool(page, "population_is_checked", s->population.is_checked);
    if (s->sample)
        put_link(v, page, "sample", s->sample->id.data, arena_str(v->arena, record_title(s->sample)).data, audit_url(v, s->engagement, "samples", s->sample->id));
    else
        json_put_null(page, "sample");
}

struct json *view_sheet(struct view *v, const struct view_records *r, struct str engagement, struct str id, struct err *e)
{
    struct engagement g;
    struct sheet s;
    struct json *page = engagement_page_new(v, r, arena_printf(v->arena, "Test sheet %.*s", STR_ARGS(id)), engagement, "sheets", &g, e);
    struct record *record = page ? audit_record(v, r, "test_sheet", g.id, id, e) : NULL;
    if (!record || !sheet_read_record(v->db, v->arena, record, &s, e))
        return NULL;
    json_put_str(page, "id", record->id);
    json_put_str(page, "name", record_title(record));
    json_put_str(page, "url", audit_url(v, g.id, "sheets", record->id));
    json_put_int(page, "version", record->version);
    json_put(page, "state", record_state_json(v, record->type, record->state));
    json_put_bool(page, "is_draft", str_is(record->state, "draft"));
    json_put_bool(page, "is_prepared", str_is(record->state, "prepared"));
    json_put_bool(page, "is_locked", str_is(record->state, "locked"));
    json_put_bool(page, "may", audit_may(v, r, "test_sheet", record, RECORD_CHANGE));
    json_put_str(page, "attributes_text", json_text(record->values, "attributes"));
    control_put(v, page, &s);
    choices_put(v, page, &s, e);
    grid_put(v, page, &s);
    count_put(v, page, &s);
    exceptions_put(v, page, &s, e);
    conclusion_put(v, page, &s, e);
    who_put(v, r, page, &s, e);
    links_put(v, page, &s, e);
    struct json *history = e->code ? NULL : view_record_history(v, r, record->type, record->id, e);
    return history ? (json_put(page, "history", history), page) : NULL;
}
