/* After the audit: the report as it came, what becomes of its exceptions, the window that follows, and how it went from window to window. */
#include "base/times.h"
#include "report/view_audit_internal.h"

/* ---- one engagement after its fieldwork ---- */

static void opinion_put(struct json *list, const struct record *x, const char *field, const char *label)
{
    struct str value = scope_text(x, field);
    const struct field_choice *choice = value.size ? record_choice(record_type_field(x->type, str_of(field)), value) : NULL;
    if (!choice)
        return;
    struct json *o = json_push_object(list);
    json_put_cstr(o, "label", label);
    json_put_cstr(o, "status", choice->status ? choice->status : "");
    json_put_cstr(o, "status_words", choice->label);
}

/* As it was written when the report came in; else that of the first file of the evidence. */
static struct str digest_of(const struct record *x, const struct record *evidence)
{
    struct str own = scope_text(x, "report_digest");
    return own.size || !evidence ? own : json_text(json_at(json_get(evidence->values, "files"), 0), "digest");
}

static bool report_put(struct view *v, const struct view_records *r, struct json *page, const struct record *x, struct err *e)
{
    struct str id = scope_text(x, "report_evidence");
    if (id.size == 0) {
        json_put_null(page, "report");
        return true;
    }
    const struct record_type *t = record_types_find(r->types, STR("evidence"));
    struct err gone = {0};
    struct record *evidence = t ? record_get(v->db, v->arena, t, id, view_record_limit(v), &gone) : NULL;
    struct json *o = json_put_object(page, "report"), *opinions;
    put_record_link(v, o, "evidence", "evidence", evidence);
    json_put_str(o, "digest", digest_of(x, evidence));
    json_put_str(o, "dated", scope_text(x, "report_dated"));
    json_put_str(o, "words", scope_text(x, "opinion_words"));
    opinions = json_put_array(o, "opinions");
    opinion_put(opinions, x, "opinion_description", "Description");
    opinion_put(opinions, x, "opinion_design", "Design");
    opinion_put(opinions, x, "opinion_operation", "Operation");
    return e->code == ERR_NONE;
}

static void intake_put(struct json *page, const struct json *record)
{
    struct json *o = json_put_object(page, "intake");
    const struct json *step = NULL;
    JSON_EACH (s, json_get(record, "next"))
        if (str_is(json_text(s, "id"), "intake"))
            step = s;
    struct str why = json_text(step, "why_not");
    json_put_bool(o, "is_there", step != NULL);
    json_put_bool(o, "is_allowed", step && why.size == 0);
    json_put_str(o, "why_not", why.data ? why : STR(""));
}

static void choices_put(struct json *page)
{
    static const char *const opinions[][2] = {{"unqualified", "Unqualified"}, {"qualified", "Qualified"}, {"adverse", "Adverse"}, {"disclaimer", "Disclaimer"}};
    struct json *list = json_put_array(page, "opinions");
    for (size_t i = 0; i < 4; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", opinions[i][0]);
        json_put_cstr(o, "label", opinions[i][1]);
    }
}

static bool next_put(struct view *v, struct json *page, const struct engagement *g, struct err *e)
{
    struct str id = db_one_text(v->arena, v->db, e, "select id from engagements where follows = ?1 and state <> 'ended' order by id limit 1", A(g->id));
    struct engagement next;
    if (e->code)
        return false;
    if (!id.data || !engagement_read(v->db, v->arena, id, view_record_limit(v), &next, e)) {
        *e = (struct err){0};
        json_put_null(page, "next");
    } else {
        struct json *o = json_put_object(page, "next");
        json_put_str(o, "id", next.id);
        json_put_str(o, "title", next.title);
        json_put_str(o, "url", arena_printf(v->arena, "/audit/%.*s", STR_ARGS(next.id)));
        json_put_str(o, "from", next.has_days ? day_text(v->arena, next.window.first) : STR(""));
        json_put_str(o, "to", next.has_days ? day_text(v->arena, next.window.last) : STR(""));
    }
    struct days follows = g->is_type1 ? (struct days){g->window.last + 1, day_add_months(g->window.last + 1, WINDOW_MONTHS_USUAL) - 1} : window_next(g->window);
    json_put_str(page, "next_from", g->has_days ? day_text(v->arena, follows.first) : STR(""));
    json_put_str(page, "next_to", g->has_days ? day_text(v->arena, follows.last) : STR(""));
    return true;
}

struct json *view_audit_after(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct engagement g;
    struct json *page = engagement_page_new(v, r, STR("After the audit"), id, "after", &g, e);
    const struct record_type *t = record_types_find(r->types, STR("engagement")), *gaps = record_types_find(r->types, STR("gap"));
    struct json *record = page ? view_record(v, r, t, g.id, true, e) : NULL;
    struct record *x = record ? record_get(v->db, v->arena, t, g.id, view_record_limit(v), e) : NULL;
    struct err why = {0};
    if (!x || !report_put(v, r, page, x, e) || !exceptions_put(v, r, page, "exceptions", g.id, false, e) || !next_put(v, page, &g, e))
        return NULL;
    int64_t waiting = 0;
    JSON_EACH (o, json_get(page, "exceptions"))
        waiting += json_get(o, "action")->type == JSON_NULL && !str_is(json_text(o, "status"), "pass");
    intake_put(page, record);
    choices_put(page);
    json_put_int(page, "waiting", waiting);
    json_put(page, "people", record_targets(v, r, "person"));
    json_put_bool(page, "may_act", !v->is_past && gaps && record_allows(r->access, gaps, NULL, RECORD_CREATE, NULL, &why));
    json_put_str(page, "due", day_text(v->arena, view_today(v) + 30));
    return page;
}

/* ---- from window to window ---- */

struct trend_column {
    struct engagement g;
    struct json *o;
    const struct assessment *as;
};

static bool sheets_read(struct view *v, const struct trend_column *column, struct json *cells, struct str control, struct err *e)
{
    static const char *const words[][3] = {{"no_exceptions", "pass", "No exceptions"}, {"exceptions", "fail", "Exceptions"}, {"not_tested", "skip", "Not tested"}, {"could_not", "unknown", "Could not be tested"}};
    struct str said = db_one_text(v->arena, v->db, e,
                                  "select conclusion from test_sheets where engagement = ?1 and control = ?2 and state in ('prepared', 'locked') and conclusion is not null order by state = 'locked' desc, "
                                  "conclusion = 'exceptions' desc limit 1",
                                  A(column->g.id), A(control));
    struct json *o = json_push_object(cells);
    size_t i = 0;
    while (said.data && i < 4 && !str_is(said, words[i][0]))
        i++;
    size_t place = column->as ? assessment_control_index(column->as, control) : SIZE_MAX;
    bool is_auditors = said.data && i < 4;
    enum conclusion c = place != SIZE_MAX ? column->as->controls[place].operation.conclusion : CONCLUSION_NO_OCCURRENCE;
    json_put_cstr(o, "by", is_auditors ? "auditor" : place != SIZE_MAX ? "evidence" : "");
    if (is_auditors) {
        json_put_cstr(o, "status", words[i][1]);
        json_put_cstr(o, "status_words", words[i][2]);
    } else if (place != SIZE_MAX)
        put_status_as(o, conclusion_status(c), conclusion_words(c));
    else
        put_status_as(o, RESULT_SKIP, "Not in scope");
    return e->code == ERR_NONE;
}

static bool column_put(struct view *v, const struct view_records *r, struct json *list, struct trend_column *x, struct err *e)
{
    int64_t last = x->g.window.last < view_today(v) ? x->g.window.last : view_today(v);
    int64_t end_ms = zone_instant_ms(x->g.zone, (last + 1) * MS_DAY) - 1, at_ms = end_ms < v->at_ms ? end_ms : v->at_ms;
    int64_t first = last - x->g.window.first >= WINDOW_DAYS_MAX ? last - WINDOW_DAYS_MAX + 1 : x->g.window.first;
    struct str from = day_text(v->arena, x->g.window.first), to = day_text(v->arena, x->g.window.last);
    x->as = assessment_load_in(v->db, v->arena, at_ms, first, last, x->g.zone, leaf_limit_at(v->db, v->at_ms, e), e);
    if (!x->as)
        return false;
    x->o = engagement_put(v, r, json_push_object(list), &x->g);
    json_put_int(x->o, "readiness", x->as->readiness.score);
    json_put_int(x->o, "exceptions", db_one_int(v->db, e, 0, "select count(*) from audit_exceptions where engagement = ?1 and state <> 'withdrawn'", A(x->g.id)));
    json_put_int(x->o, "deviations", db_one_int(v->db, e, 0, "select count(*) from deviations where happened_on between ?1 and ?2", A(from), A(to)));
    json_put_int(x->o, "requests_back", db_one_int(v->db, e, 0, "select coalesce(sum(sent_back), 0) from audit_requests where engagement = ?1", A(x->g.id)));
    return e->code == ERR_NONE;
}

/* What the cells of each window come to. */
static void columns_count(const struct json *rows, const struct trend_column *columns, size_t count)
{
    static const char *const keys[][2] = {{"operated", "pass"}, {"failed", "fail"}, {"unknown", "unknown"}};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            int64_t n = 0;
            JSON_EACH (row, rows)
                n += str_is(json_text(json_at(json_get(row, "cells"), i), "status"), keys[k][1]);
            json_put_int(columns[i].o, keys[k][0], n);
        }
}

/* The newest windows that have begun, the oldest of them first. */
static bool columns_read(struct view *v, const struct view_records *r, struct trend_column *ret, size_t max, size_t *ret_count, struct err *e)
{
    struct str ids[20];
    size_t count = 0, kept = 0;
    DB_EACH (row, v->db, e, "select id from engagements where kind = 'type2' and state <> 'ended' and window_from <= ?1 and window_to >= window_from order by window_to desc limit 20",
             A(day_text(v->arena, view_today(v))))
        ids[count++] = arena_str(v->arena, db_text(row, 0));
    for (size_t i = 0; i < count && kept < max && !e->code; i++) {
        struct err hidden = {0};
        if (!engagement_read(v->db, v->arena, ids[i], view_record_limit(v), &ret[kept].g, e))
            return false;
        kept += engagement_may_read(v, r, &ret[kept].g, &hidden);
    }
    for (size_t i = 0; i < kept / 2; i++) {
        struct trend_column x = ret[i];
        ret[i] = ret[kept - 1 - i];
        ret[kept - 1 - i] = x;
    }
    *ret_count = kept;
    return e->code == ERR_NONE;
}

struct json *view_audit_trend(struct view *v, const struct view_records *r, struct err *e)
{
    enum { COLUMNS_MAX = 4 };
    struct trend_column columns[COLUMNS_MAX] = {0};
    size_t count = 0;
    struct json *page = record_page_new(v, STR("From window to window"), true, e);
    if (!page || !columns_read(v, r, columns, COLUMNS_MAX, &count, e))
        return NULL;
    struct json *list = json_put_array(page, "columns"), *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < count; i++)
        if (!column_put(v, r, list, &columns[i], e))
            return NULL;
    const struct assessment *as = count ? columns[count - 1].as : NULL;
    for (size_t k = 0; as && k < as->control_count; k++) {
        if (as->program->controls[k].adoption != ADOPTION_ADOPTED)
            continue;
        const struct control *c = as->controls[k].control;
        struct json *o = push_link(v, rows, c->id, c->title, url_control(v, c)), *cells = json_put_array(o, "cells");
        for (size_t i = 0; i < count; i++)
            if (!sheets_read(v, &columns[i], cells, str_of(c->id), e))
                return NULL;
        const struct json *first = cells->first, *last = cells->last;
        json_put_bool(o, "is_moved", first && !str_equal(json_text(first, "status"), json_text(last, "status")));
    }
    columns_count(rows, columns, count);
    return page;
}
