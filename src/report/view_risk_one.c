/* One risk: what it is, what its controls do to it now, how that moved, and what people decided. */
#include "report/risk_book.h"

enum { ITEMS_SHOWN_MAX = 40 };

/* ---- lists of other records ---- */

struct items {
    const struct risk_book *book;
    struct json *list;
};

static bool item_each(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct items *x = context;
    struct view *v = x->book->v;
    struct json *state = record_state_json(v, record->type, record->state), *o = json_push_object(x->list);
    json_put_str(o, "id", record->id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", record_url(v, record->type->id, record->id));
    put_status_as(o, record_state_shape(state), arena_str(v->arena, json_text(state, "label")).data);
    json_put_str(o, "state", record->state);
    put_person(v, o, "owner", record->type->owner_field[0] ? json_text(record->values, record->type->owner_field) : STR(""));
    json_put_str(o, "due", record->type->due_field[0] ? json_text(record->values, record->type->due_field) : STR(""));
    json_put_str(o, "reason", json_text(record->values, "reason"));
    const struct json *progress = json_get(record->values, "progress");
    json_put_bool(o, "has_progress", progress && progress->type == JSON_NUMBER);
    json_put_int(o, "progress", json_int(record->values, "progress", 0));
    json_put_int(o, "tasks", json_int(record->values, "task_count", 0));
    json_put_int(o, "score", json_int(record->values, "accepted_l", 0) * json_int(record->values, "accepted_i", 0));
    return true;
}

bool risk_items_put(const struct risk_book *b, struct json *items, const char *type_id, struct str where, struct err *e)
{
    const struct record_type *t = record_types_find(b->records->types, str_of(type_id));
    struct items x = {b, items};
    int64_t total = 0;
    struct record_query q = {.where = where, .sort = STR("-changed"), .page = 1, .per_page = ITEMS_SHOWN_MAX, .leaf_limit = view_record_limit(b->v), .access = b->records->access, .now_ms = b->v->at_ms};
    return !t || record_list(b->v->db, b->v->arena, t, &q, item_each, &x, &total, e);
}

static bool lists_put(const struct risk_book *b, struct json *page, struct str id, struct err *e)
{
    struct str of_risk = arena_printf(b->v->arena, "risk=\"%.*s\"", STR_ARGS(id)), of_risks = arena_printf(b->v->arena, "risks=\"%.*s\"", STR_ARGS(id));
    return risk_items_put(b, json_put_array(page, "acceptances"), "risk_acceptance", of_risk, e) && risk_items_put(b, json_put_array(page, "treatments"), "risk_treatment", of_risk, e) &&
           risk_items_put(b, json_put_array(page, "tasks"), "task", of_risk, e) && risk_items_put(b, json_put_array(page, "lessons"), "lesson", of_risks, e);
}

static bool reviews_put(const struct risk_book *b, struct json *page, const struct risk_row *row, struct err *e)
{
    struct view *v = b->v;
    struct json *list = json_put_array(page, "reviews");
    DB_EACH (r, v->db, e,
             "select w.id, w.campaign, (select c.title from risk_campaigns_versions c where c.id = w.campaign and c.to_leaf is null), w.on_date, w.assessor, w.inherent_l, w.inherent_i, w.residual_l, "
             "w.residual_i, w.conclusion from risk_reviews_versions w where w.risk = ?1 and w.from_leaf <= ?2 and (w.to_leaf is null or w.to_leaf > ?2) and w.is_deleted = 0 order by w.created_leaf desc limit 40",
             A(row->id), A(v->leaf_limit)) {
        struct json *o = json_push_object(list), *campaign = json_put_object(o, "campaign");
        struct str id = arena_str(v->arena, db_text(r, 1));
        json_put_str(campaign, "id", id);
        json_put_str(campaign, "title", arena_str(v->arena, db_text(r, 2)));
        json_put_str(campaign, "url", arena_printf(v->arena, "/risks/campaigns/%.*s", STR_ARGS(id)));
        json_put_str(o, "on", arena_str(v->arena, db_text(r, 3)));
        put_person(v, o, "assessor", db_is_null(r, 4) ? STR("") : arena_str(v->arena, db_text(r, 4)));
        level_put(o, "inherent", (struct risk_level){(int)db_int(r, 5), (int)db_int(r, 6)}, row->appetite);
        level_put(o, "residual", (struct risk_level){(int)db_int(r, 7), (int)db_int(r, 8)}, row->appetite);
        json_put_str(o, "conclusion", db_is_null(r, 9) ? STR("") : arena_str(v->arena, db_text(r, 9)));
        json_put_str(o, "url", record_url(v, "risk_review", arena_str(v->arena, db_text(r, 0))));
    }
    return e->code == ERR_NONE;
}

/* ---- its controls ---- */

/* 3 halves: "1.5". */
static struct str halves_text(struct arena *a, int halves)
{
    return halves % 2 ? arena_printf(a, "%d.5", halves / 2) : arena_printf(a, "%d", halves / 2);
}

static void control_tests_put(const struct risk_book *b, struct json *o, const struct control_state *c)
{
    struct json *list = json_put_array(o, "tests");
    for (size_t i = 0; i < c->test_count; i++) {
        const struct test_state *t = &b->as->tests[c->tests[i]];
        if (t->status != RESULT_FAIL)
            continue;
        struct json *link = push_link(b->v, list, t->test->id, t->test->title, url_test(b->v, t->test));
        put_status(link, t->status);
    }
}

static void control_put(const struct risk_book *b, struct json *list, const struct risk_mapped *m)
{
    struct view *v = b->v;
    const struct control_state *c = m->control == SIZE_MAX ? NULL : &b->as->controls[m->control];
    int halves = risk_effect_halves(&m->effect);
    struct json *o = json_push_object(list);
    json_put_str(o, "id", m->id);
    json_put_cstr(o, "title", c ? c->control->title : "");
    json_put_str(o, "url", url_of(v, "controls", m->id));
    json_put_cstr(o, "state", c ? live_state_name(c->live) : "GONE");
    put_status_as(o, c ? live_state_status(c->live) : RESULT_FAIL, c ? live_state_words(c->live) : "Gone");
    put_person(v, o, "owner", c ? c->program->owner : STR(""));
    json_put_int(o, "l", m->effect.likelihood);
    json_put_int(o, "i", m->effect.impact);
    json_put_str(o, "counts", halves_text(v->arena, halves));
    json_put_str(o, "l_now", halves_text(v->arena, halves * m->effect.likelihood));
    json_put_str(o, "i_now", halves_text(v->arena, halves * m->effect.impact));
    json_put_cstr(o, "why", risk_effect_words(&m->effect));
    put_time(v, o, "since", c ? c->since_ms : 0);
    json_put_array(o, "tests");
    if (c && m->effect.live == LIVE_FAILING)
        control_tests_put(b, o, c);
}

static void sums_put(const struct risk_book *b, struct json *page, const struct risk_row *row)
{
    struct arena *a = b->v->arena;
    const struct risk_residual *r = &row->residual;
    struct json *o = json_put_object(page, "sums");
    struct str l = halves_text(a, r->halves_l), i = halves_text(a, r->halves_i);
    json_put_str(o, "l", l);
    json_put_int(o, "l_steps", r->steps_l);
    json_put_str(o, "i", i);
    json_put_int(o, "i_steps", r->steps_i);
    json_put_str(o, "l_words", arena_printf(a, "%d − %d = %d%s", row->inherent.likelihood, r->steps_l, r->level.likelihood, row->inherent.likelihood - r->steps_l < 1 ? " (never below 1)" : ""));
    json_put_str(o, "i_words", arena_printf(a, "%d − %d = %d%s", row->inherent.impact, r->steps_i, r->level.impact, row->inherent.impact - r->steps_i < 1 ? " (never below 1)" : ""));
}

static void controls_put(const struct risk_book *b, struct json *page, const struct risk_row *row)
{
    struct json *list = json_put_array(page, "controls");
    for (int worst = 0; worst <= 2; worst++) /* what counts for nothing first */
        for (size_t i = 0; i < row->control_count; i++)
            if (risk_effect_halves(&row->controls[i].effect) == worst)
                control_put(b, list, &row->controls[i]);
    sums_put(b, page, row);
}

/* ---- the page ---- */

static void library_put(const struct risk_book *b, struct json *page, const struct risk_row *row)
{
    (void)b;
    for (size_t i = 0; i < content_risk_count; i++)
        if (str_is(row->library, content_risks[i].id)) {
            struct json *o = json_put_object(page, "library");
            json_put_cstr(o, "id", content_risks[i].id);
            json_put_cstr(o, "title", content_risks[i].title);
            put_strings(o, "causes", content_risks[i].causes);
            put_strings(o, "consequences", content_risks[i].consequences);
            json_put_int(o, "l", content_risks[i].likelihood);
            json_put_int(o, "i", content_risks[i].impact);
            return;
        }
    json_put_null(page, "library");
}

static void criteria_put(const struct risk_book *b, struct json *page, const struct risk_row *row)
{
    struct json *list = json_put_array(page, "criteria");
    for (size_t i = 0; i < row->criteria.count; i++) {
        const struct criterion *c = content_criterion(str_of(row->criteria.items[i]));
        if (c)
            push_link(b->v, list, c->id, c->title, url_criterion(b->v, c));
    }
}

/* People whose account has the role executive: who may accept. */
static bool executives_put(const struct risk_book *b, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "executives");
    DB_EACH (row, b->v->db, e,
             "select p.id, p.name from people p where p.id in (select a.person from account a, json_each(a.roles) k where a.state = 'active' and k.value = 'executive') order by p.name limit 50") {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", arena_str(b->v->arena, db_text(row, 0)));
        json_put_str(o, "name", arena_str(b->v->arena, db_text(row, 1)));
    }
    return e->code == ERR_NONE;
}

static bool may_do(const struct risk_book *b, const char *type_id)
{
    const struct record_type *t = record_types_find(b->records->types, str_of(type_id));
    struct err why = {0};
    return t && !b->v->is_past && b->records->access && record_allows(b->records->access, t, NULL, RECORD_CREATE, NULL, &why);
}

/* What the form of the decision begins with: what is there, the scale, the ways, and the assessments that it may count for. */
static bool form_put(const struct risk_book *b, struct json *page, const struct risk_row *row, const struct json *record, struct err *e)
{
    static const char *const texts[] = {"inherent_l_why", "inherent_i_why", "decision"};
    struct view *v = b->v;
    struct json *values = json_put_object(page, "values"), *ways = json_put_array(page, "treatments_known"), *running = json_put_array(page, "running");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        json_put_str(values, texts[i], json_text(json_get(record, "values"), texts[i]));
    const struct record_field *f = record_type_field(b->type, STR("treatment"));
    for (size_t i = 0; f && i < f->choice_count; i++) {
        struct json *o = json_push_object(ways);
        json_put_cstr(o, "id", f->choices[i].id);
        json_put_cstr(o, "label", f->choices[i].label);
    }
    risk_scale_put(page);
    bool is_ahead = row->review_on.size && str_compare(row->review_on, day_words(v, view_today(v))) > 0;
    json_put_str(page, "next_review", is_ahead ? row->review_on : day_words(v, view_today(v) + 365));
    json_put_str(page, "year_ahead", day_words(v, view_today(v) + 365));
    DB_EACH (c, v->db, e, "select id, title from risk_campaigns where state = 'running' order by due_on, id") {
        struct json *o = json_push_object(running);
        json_put_str(o, "id", arena_str(v->arena, db_text(c, 0)));
        json_put_str(o, "title", arena_str(v->arena, db_text(c, 1)));
    }
    return e->code == ERR_NONE;
}

struct json *view_risk_one(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct risk_book b;
    const struct risk_row *row = risk_book_load(v, r, &b, e) ? risk_book_find(&b, id, e) : NULL;
    struct json *page = row ? page_new(v, arena_printf(v->arena, "%.*s %.*s", STR_ARGS(id), STR_ARGS(row->title)), e) : NULL;
    struct json *record = page ? view_record(v, r, b.type, id, true, e) : NULL;
    if (!record || !people_put(v, page, e) || !executives_put(&b, page, e))
        return NULL;
    risk_put(&b, page, row);
    library_put(&b, page, row);
    criteria_put(&b, page, row);
    controls_put(&b, page, row);
    put_time(v, page, "decided", row->decided_leaf < 0 ? 0 : row->decided_t);
    json_put_bool(page, "may_accept", may_do(&b, "risk_acceptance") && !row->is_closed);
    json_put_bool(page, "may_treat", may_do(&b, "risk_treatment") && !row->is_closed);
    struct json *history = risk_history(&b, row, e);
    if (!history || !form_put(&b, page, row, record, e) || !lists_put(&b, page, id, e) || !reviews_put(&b, page, row, e))
        return NULL;
    json_put(page, "over_time", history);
    json_put(page, "record", record);
    return page;
}
