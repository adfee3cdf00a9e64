/* An assessment and its risks; what the library has that nobody took yet; the method. */
#include "report/risk_book.h"

/* ---- the library ---- */

static bool is_category_in_scope(const struct assessment *as, const char *category)
{
    for (size_t i = 0; i < content_category_count; i++)
        if (strcmp(content_categories[i].id, category) == 0)
            return as->program->category_in_scope[i];
    return false;
}

/* One that names no criterion of its own is everybody's. */
static bool library_fits(const struct assessment *as, const struct risk *r)
{
    for (size_t i = 0; i < r->criteria.count; i++) {
        const struct criterion *c = content_criterion(str_of(r->criteria.items[i]));
        if (c && is_category_in_scope(as, c->category))
            return true;
    }
    return r->criteria.count == 0;
}

bool risk_library_open(struct view *v, size_t *ret, size_t *ret_count, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    bool *is_taken = arena_array(v->arena, content_risk_count + 1, sizeof *is_taken);
    *ret_count = 0;
    if (!as)
        return false;
    DB_EACH (row, v->db, e, "select distinct r.library from risks_versions r where r.library is not null and r.from_leaf <= ?1 and (r.to_leaf is null or r.to_leaf > ?1) and r.is_deleted = 0", A(v->leaf_limit))
        for (size_t i = 0; i < content_risk_count; i++)
            is_taken[i] |= str_is(db_text(row, 0), content_risks[i].id);
    for (size_t i = 0; i < content_risk_count; i++)
        if (!is_taken[i] && library_fits(as, &content_risks[i]))
            ret[(*ret_count)++] = i;
    return e->code == ERR_NONE;
}

static void put_lines(struct json *set, const char *key, struct strings lines)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 16 << 10);
    for (size_t i = 0; i < lines.count; i++)
        buf_printf(&b, "%s- %s", i ? "\n" : "", lines.items[i]);
    if (lines.count)
        json_put_str(set, key, arena_str(set->arena, buf_view(&b)));
}

/* The library's words for a category as the record's choices have them: "processing integrity" is processing_integrity. */
static struct str category_id(struct arena *a, const char *category)
{
    struct str s = arena_str(a, str_of(category));
    char *text = (char *)(uintptr_t)s.data;
    for (size_t i = 0; i < s.size; i++)
        if (text[i] == ' ')
            text[i] = '_';
    return s;
}

struct json *risk_library_values(struct arena *a, const struct risk *library)
{
    struct json *set = json_object(a), *likelihood = json_array(a), *impact = json_array(a);
    json_put_cstr(set, "title", library->title);
    json_put_cstr(set, "library", library->id);
    json_put_str(set, "category", category_id(a, library->category));
    put_lines(set, "vulnerability", library->causes);
    put_lines(set, "consequences", library->consequences);
    json_put_int(set, "inherent_l", library->likelihood);
    json_put_int(set, "inherent_i", library->impact);
    struct json *criteria = json_put_array(set, "criteria");
    for (size_t i = 0; i < library->criteria.count; i++)
        json_push_str(criteria, str_of(library->criteria.items[i]));
    for (size_t i = 0; i < library->controls.count; i++) {
        const struct control *c = content_control(str_of(library->controls.items[i]));
        if (c)
            json_push_str(strcmp(c->type, "preventive") == 0 ? likelihood : impact, str_of(c->id));
    }
    if (likelihood->count)
        json_put(set, "controls_l1", likelihood);
    if (impact->count)
        json_put(set, "controls_i1", impact);
    return set;
}

/* ---- an assessment ---- */

struct line {
    struct str risk, on, assessor;
    struct risk_level inherent, residual;
};

static bool lines_load(const struct risk_book *b, struct str campaign, struct line *lines, size_t *ret_count, struct err *e)
{
    struct arena *a = b->v->arena;
    *ret_count = 0;
    DB_EACH (row, b->v->db, e,
             "select w.risk, w.on_date, w.assessor, w.inherent_l, w.inherent_i, w.residual_l, w.residual_i from risk_reviews_versions w where w.campaign = ?1 and w.from_leaf <= ?2 and "
             "(w.to_leaf is null or w.to_leaf > ?2) and w.is_deleted = 0 and w.created_leaf = (select max(n.created_leaf) from risk_reviews_versions n where n.campaign = w.campaign and n.risk = w.risk and "
             "n.from_leaf <= ?2) order by w.risk", A(campaign), A(b->v->leaf_limit)) {
        if (*ret_count == b->set->count)
            break;
        lines[(*ret_count)++] = (struct line){arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1)), db_is_null(row, 2) ? STR("") : arena_str(a, db_text(row, 2)),
                                              {(int)db_int(row, 3), (int)db_int(row, 4)}, {(int)db_int(row, 5), (int)db_int(row, 6)}};
    }
    return e->code == ERR_NONE;
}

static const struct line *line_of(const struct line *lines, size_t count, struct str risk)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(lines[i].risk, risk))
            return &lines[i];
    return NULL;
}

static void line_put(const struct risk_book *b, struct json *o, const struct risk_row *row, const struct line *line)
{
    if (!line) {
        json_put_null(o, "line");
        return;
    }
    struct json *x = json_put_object(o, "line");
    json_put_str(x, "on", line->on);
    put_person(b->v, x, "assessor", line->assessor);
    level_put(x, "inherent", line->inherent, row->appetite);
    level_put(x, "residual", line->residual, row->appetite);
    json_put_int(x, "moved", risk_score(row->residual.level) - risk_score(line->residual));
}

static void mandatory_put(const struct risk_book *b, struct json *page, const struct line *lines, size_t count)
{
    static const char *const categories[] = {"fraud", "vendor", "change"};
    struct json *list = json_put_array(page, "mandatory");
    for (size_t k = 0; k < sizeof categories / sizeof categories[0]; k++) {
        int64_t done = 0, open = 0;
        for (size_t i = 0; i < b->set->count; i++) {
            bool fits = str_is(b->set->rows[i].category, categories[k]) && !b->set->rows[i].is_closed;
            open += fits;
            done += fits && line_of(lines, count, b->set->rows[i].id) != NULL;
        }
        struct json *o = json_push_object(list);
        json_put_cstr(o, "category", categories[k]);
        json_put_cstr(o, "words", risk_choice_words(b, "category", str_of(categories[k])));
        json_put_int(o, "count", done);
        json_put_int(o, "open", open);
        put_status_as(o, done ? RESULT_PASS : RESULT_FAIL, done ? "Assessed" : open ? "Not yet assessed" : "No such risk yet");
    }
}

static int row_compare(const void *pa, const void *pb)
{
    const struct risk_row *a = *(const struct risk_row *const *)pa, *b = *(const struct risk_row *const *)pb;
    int order = str_compare(a->category, b->category);
    return order ? order : risk_score(b->inherent) != risk_score(a->inherent) ? risk_score(b->inherent) - risk_score(a->inherent) : str_compare(a->id, b->id);
}

static void rows_put(const struct risk_book *b, struct json *page, const struct line *lines, size_t line_count)
{
    const struct risk_row **rows = arena_array(b->v->arena, b->set->count + 1, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < b->set->count; i++)
        if (!b->set->rows[i].is_closed || line_of(lines, line_count, b->set->rows[i].id))
            rows[count++] = &b->set->rows[i];
    if (count)
        qsort(rows, count, sizeof *rows, row_compare);
    struct json *list = json_put_array(page, "rows");
    int64_t done = 0;
    for (size_t i = 0; i < count; i++) {
        const struct line *line = line_of(lines, line_count, rows[i]->id);
        struct json *o = json_push_object(list);
        done += line != NULL;
        risk_put(b, o, rows[i]);
        line_put(b, o, rows[i], line);
    }
    struct json *progress = json_put_object(page, "progress");
    json_put_int(progress, "done", done);
    json_put_int(progress, "all", (int64_t)count);
    json_put_int(progress, "percent", count ? done * 100 / (int64_t)count : 0);
}

struct json *view_risk_campaign(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct risk_book b;
    const struct record_type *t = record_types_find(r->types, STR("risk_campaign"));
    if (!t || !risk_book_load(v, r, &b, e)) {
        if (!t)
            err_set(e, ERR_NOT_FOUND, "there are no records of the type risk_campaign");
        return NULL;
    }
    struct json *record = view_record(v, r, t, id, true, e);
    struct json *page = record ? page_new(v, arena_printf(v->arena, "%.*s %.*s", STR_ARGS(id), STR_ARGS(json_text(json_get(record, "values"), "title"))), e) : NULL;
    struct line *lines = arena_array(v->arena, b.set->count + 1, sizeof *lines);
    size_t count;
    if (!page || !lines_load(&b, id, lines, &count, e) || !people_put(v, page, e))
        return NULL;
    struct str state = json_text(json_get(record, "state"), "id");
    json_put_str(page, "id", id);
    json_put_str(page, "name", json_text(json_get(record, "values"), "title"));
    json_put(page, "state", json_get(record, "state") ? record_state_json(v, t, state) : json_new_null(v->arena));
    json_put_bool(page, "may_assess", !v->is_past && str_is(state, "running") && record_allows(r->access, b.type, NULL, RECORD_CREATE, NULL, &(struct err){0}));
    json_put_str(page, "year_ahead", day_words(v, view_today(v) + 365));
    mandatory_put(&b, page, lines, count);
    rows_put(&b, page, lines, count);
    json_put(page, "record", record);
    return page;
}

/* ---- the method ---- */

struct scale {
    int level;
    const char *likelihood, *service, *money, *people, *law;
};
static const struct scale scale[] = {
    {1, "under 2 %, no known case", "no effect on customers", "trivial", "none", "none"},
    {2, "2 to 10 %", "minor degradation", "under 0.1 % of revenue", "few records, not sensitive", "internal notice"},
    {3, "10 to 35 %", "hours of outage, or one customer", "under 1 %", "limited personal data", "notice by contract"},
    {4, "35 to 75 %", "a day of outage, or many customers", "under 5 %", "sensitive or many records", "notice to a regulator"},
    {5, "over 75 %, or happening now", "long outage, existence at stake", "5 % and more", "large breach of sensitive data", "sanctions"},
};

void risk_scale_put(struct json *page)
{
    struct json *list = json_put_array(page, "scale");
    for (size_t i = 0; i < sizeof scale / sizeof scale[0]; i++) {
        struct json *o = json_push_object(list);
        json_put_int(o, "level", scale[i].level);
        json_put_cstr(o, "likelihood", scale[i].likelihood);
        json_put_cstr(o, "service", scale[i].service);
        json_put_cstr(o, "money", scale[i].money);
        json_put_cstr(o, "people", scale[i].people);
        json_put_cstr(o, "law", scale[i].law);
    }
}

static void bands_put(struct json *page)
{
    struct json *bands = json_put_array(page, "bands"), *matrix = json_put_array(page, "matrix");
    static const char *const ranges[] = {"", "1–4", "5–9", "10–14", "15–25"};
    for (int b = RISK_BAND_LOW; b <= RISK_BAND_VERY_HIGH; b++) {
        struct json *o = json_push_object(bands);
        json_put_cstr(o, "band", risk_band_name((enum risk_band)b));
        json_put_cstr(o, "words", risk_band_words((enum risk_band)b));
        json_put_cstr(o, "range", ranges[b]);
    }
    for (int l = RISK_LEVELS; l >= 1; l--) {
        struct json *row = json_push_object(matrix), *cells = json_put_array(row, "cells");
        json_put_int(row, "l", l);
        for (int i = 1; i <= RISK_LEVELS; i++)
            level_put(json_push_object(cells), "level", (struct risk_level){l, i}, RISK_BAND_MODERATE);
    }
}

struct json *view_risk_method(struct view *v, const struct view_records *r, struct err *e)
{
    struct risk_book b;
    struct json *page = risk_book_load(v, r, &b, e) ? page_new(v, STR("How risks are measured"), e) : NULL;
    if (!page)
        return NULL;
    risk_scale_put(page);
    bands_put(page);
    json_put_cstr(page, "appetite_words", risk_band_words(b.set->policy.appetite));
    json_put_cstr(page, "appetite_sensitive_words", risk_band_words(b.set->policy.appetite_sensitive));
    json_put_int(page, "steps_l_max", RISK_STEPS_L_MAX);
    json_put_int(page, "steps_i_max", RISK_STEPS_I_MAX);
    json_put_int(page, "acceptance_months_max", RISK_ACCEPTANCE_MONTHS_MAX);
    struct json *states = json_put_array(page, "effects");
    for (int s = 0; s < LIVE_STATES; s++) {
        struct risk_control c = {.likelihood = 1, .live = (enum live_state)s};
        struct json *o = json_push_object(states);
        put_status_as(o, live_state_status((enum live_state)s), live_state_words((enum live_state)s));
        json_put_cstr(o, "counts", risk_effect_halves(&c) == 2 ? "in full" : risk_effect_halves(&c) == 1 ? "by half" : "for nothing");
    }
    return page;
}
