#include "report/gap_book.h"

enum { PEOPLE_SHOWN_MAX = 500 };

/* ---- small shapes ---- */

struct str day_words(struct view *v, int64_t day)
{
    char text[TIME_TEXT_SIZE];
    return day ? arena_str(v->arena, str_of(time_format_date(day * MS_DAY, text))) : STR("");
}

static int64_t day_of_words(struct str text)
{
    int64_t at_ms;
    return text.size > 0 && time_parse(text, 0, &at_ms) ? day_of(at_ms) : 0;
}

void put_control_links(struct view *v, struct json *o, const char *key, const struct json *ids)
{
    struct err ignored = {0};
    const struct assessment *as = view_assessment(v, &ignored);
    struct json *list = json_put_array(o, key);
    JSON_EACH (id, ids) {
        size_t i = as ? assessment_control_index(as, id->text) : SIZE_MAX;
        if (i != SIZE_MAX)
            push_link(v, list, as->controls[i].control->id, as->controls[i].control->title, url_control(v, as->controls[i].control));
    }
}

void put_criterion_links(struct view *v, struct json *o, const char *key, const struct json *ids)
{
    struct json *list = json_put_array(o, key);
    JSON_EACH (id, ids) {
        const struct criterion *c = content_criterion(id->text);
        if (c)
            push_link(v, list, c->id, c->title, url_criterion(v, c));
    }
}

static struct str person_name(struct view *v, struct str id)
{
    struct err ignored = {0};
    struct str name = id.size ? db_one_text(v->arena, v->db, &ignored, "select name from people where id = ?1", A(id)) : STR("");
    return name.size ? name : id;
}

void put_person(struct view *v, struct json *o, const char *key, struct str id)
{
    if (id.size == 0) {
        json_put_null(o, key);
        return;
    }
    struct json *person = json_put_object(o, key);
    json_put_str(person, "id", id);
    json_put_str(person, "name", person_name(v, id));
}

bool people_put(struct view *v, struct json *page, struct err *e)
{
    struct json *people = json_put_array(page, "people");
    DB_EACH (row, v->db, e, "select id, name, job_title from people where +state = 'active' order by name, id limit ?1", A(PEOPLE_SHOWN_MAX)) {
        struct json *o = json_push_object(people);
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "name", arena_str(v->arena, db_text(row, 1)));
        json_put_str(o, "job_title", db_is_null(row, 2) ? STR("") : arena_str(v->arena, db_text(row, 2)));
    }
    return e->code == ERR_NONE;
}

int64_t window_day_of(struct view *v, struct err *e)
{
    struct str from = db_one_text(v->arena, v->db, e,
                                  "select o.window_from from organisations_versions o where o.from_leaf <= ?1 and (o.to_leaf is null or o.to_leaf > ?1) "
                                  "and o.is_deleted = 0 and o.window_from is not null order by o.id limit 1", A(v->leaf_limit));
    return day_of_words(from);
}

int control_weight(const struct assessment *as, size_t control)
{
    int weight = 1;
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &as->criteria[i];
        for (size_t k = 0; c->is_in_scope && k < c->key_count; k++)
            if (c->key[k] == control)
                weight = c->key_count == 1 ? 3 : weight < 2 ? 2 : weight;
    }
    return weight;
}

/* ---- loading ---- */

static bool each_gap(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct gap_book *b = context;
    if (b->count == b->capacity)
        b->gaps = arena_grow(b->v->arena, b->gaps, b->count, &b->capacity, sizeof *b->gaps);
    const struct record_state *state = record_type_state(record->type, record->state);
    b->gaps[b->count++] = (struct book_gap){.record = record,
                                            .owner = json_text(record->values, "owner"),
                                            .owner_name = person_name(b->v, json_text(record->values, "owner")),
                                            .kind = json_text(record->values, "kind"),
                                            .due = json_text(record->values, "due_on"),
                                            .level = gap_level_of(json_int(record->values, "severity_score", 4)),
                                            .is_open = !state || !state->is_end,
                                            .work = SIZE_MAX};
    return true;
}

static bool gaps_read(struct gap_book *b, struct err *e)
{
    int64_t total = 0;
    for (int64_t page = 1; page == 1 || (int64_t)b->count < total; page++) {
        size_t before = b->count;
        struct record_query q = {.sort = STR("id"), .page = page, .per_page = 1000, .leaf_limit = view_record_limit(b->v), .access = b->records->access, .now_ms = b->v->at_ms};
        if (!record_list(b->v->db, b->v->arena, b->type, &q, each_gap, b, &total, e))
            return false;
        if (b->count == before)
            break;
    }
    return true;
}

static int64_t lead_assumed(const struct gap_book *b, const struct json *controls)
{
    int64_t lead = 0;
    JSON_EACH (id, controls) {
        size_t i = assessment_control_index(b->as, id->text);
        if (i == SIZE_MAX || b->as->controls[i].score.value >= 0.5) /* what operates already has its proof */
            continue;
        const struct control *c = b->as->controls[i].control;
        int64_t days = c->model == MODEL_CONFIG_STATE ? 1 : c->model == MODEL_PERIODIC ? gap_lead_days(c->frequency) : 0;
        lead = days > lead ? days : lead;
    }
    return lead;
}

static int64_t owner_number(const struct gap_book *b, struct str owner)
{
    for (size_t i = 0; owner.size && i < b->count; i++)
        if (str_equal(b->gaps[i].owner, owner))
            return (int64_t)i;
    return GAP_NOBODY;
}

static void work_link(struct gap_book *b, struct gap_work *w, const struct json *ids)
{
    size_t *places = arena_array(b->v->arena, (ids ? ids->count : 0) + 1, sizeof *places);
    JSON_EACH (id, ids) {
        const struct book_gap *other = gap_book_find(b, id->text);
        if (other && other->work != SIZE_MAX) /* what is closed is waited for no longer */
            places[w->depends_count++] = other->work;
    }
    w->depends_on = places;
}

static void work_make(struct gap_book *b)
{
    b->work = arena_array(b->v->arena, b->count + 1, sizeof *b->work);
    b->work_gap = arena_array(b->v->arena, b->count + 1, sizeof *b->work_gap);
    for (size_t i = 0; i < b->count; i++) {
        struct book_gap *g = &b->gaps[i];
        if (!g->is_open)
            continue;
        const struct json *values = g->record->values, *lead = json_get(values, "lead_days");
        bool has_lead = lead && lead->type == JSON_NUMBER;
        g->lead_is_assumed = !has_lead;
        g->work = b->work_count;
        b->work_gap[b->work_count] = i;
        b->work[b->work_count++] = (struct gap_work){.id = g->record->id,
                                                     .severity = json_int(values, "severity_score", 4),
                                                     .effort_days = json_int(values, "effort_days", gap_effort_days(json_text(values, "effort"))),
                                                     .lead_days = has_lead ? lead->integer : lead_assumed(b, json_get(values, "controls")),
                                                     .due_day = day_of_words(g->due),
                                                     .owner = owner_number(b, g->owner)};
    }
    for (size_t i = 0; i < b->work_count; i++)
        work_link(b, &b->work[i], json_get(b->gaps[b->work_gap[i]].record->values, "depends_on"));
    b->forecast = gap_plan(b->v->arena, b->work, b->work_count, b->today, b->window_day);
    for (size_t i = 0; i < b->work_count; i++)
        b->gaps[b->work_gap[b->forecast.order[i]]].rank = i + 1;
}

bool gap_book_load(struct view *v, const struct view_records *r, struct gap_book *ret, struct err *e)
{
    struct err inner = {0};
    *ret = (struct gap_book){.v = v, .records = r, .type = record_types_find(r->types, STR("gap")), .as = view_assessment(v, &inner), .today = view_today(v)};
    if (ret->as && !ret->type)
        err_set(&inner, ERR_NOT_FOUND, "there are no records of the type gap");
    if (!inner.code)
        ret->window_day = window_day_of(v, &inner);
    if (inner.code || !gaps_read(ret, &inner)) {
        *e = inner;
        return false;
    }
    work_make(ret);
    return true;
}

const struct book_gap *gap_book_find(const struct gap_book *b, struct str id)
{
    for (size_t i = 0; i < b->count; i++)
        if (str_equal(b->gaps[i].record->id, id))
            return &b->gaps[i];
    return NULL;
}

static struct str days_of(struct view *v, int64_t days)
{
    return arena_printf(v->arena, days == 1 ? "%lld day" : "%lld days", (long long)days);
}

struct str gap_order_words(const struct gap_book *b, const struct book_gap *g)
{
    if (g->work == SIZE_MAX)
        return STR("");
    struct arena *a = b->v->arena;
    const struct gap_work *w = &b->work[g->work];
    struct str need = arena_printf(a, "%s; %.*s of work", gap_level_words(g->level), STR_ARGS(days_of(b->v, w->effort_days)));
    if (w->lead_days > 0)
        need = arena_printf(a, "%.*s and %.*s until a first proof%s", STR_ARGS(need), STR_ARGS(days_of(b->v, w->lead_days)), g->lead_is_assumed ? " (by its controls' rhythm)" : "");
    if (!b->window_day)
        return need;
    int64_t left = b->window_day - b->today;
    if (left < 0)
        return arena_printf(a, "%.*s; the window has begun", STR_ARGS(need));
    return w->slack_days < 0 ? arena_printf(a, "%.*s; the window begins in %.*s: %.*s short", STR_ARGS(need), STR_ARGS(days_of(b->v, left)), STR_ARGS(days_of(b->v, -w->slack_days)))
                             : arena_printf(a, "%.*s; the window begins in %.*s: %.*s to spare", STR_ARGS(need), STR_ARGS(days_of(b->v, left)), STR_ARGS(days_of(b->v, w->slack_days)));
}

/* ---- proposals ---- */

struct proposals {
    const struct gap_book *book;
    struct proposal *items;
    size_t count, capacity;
};

/* A gap that stands for the same reason: NULL none; one that was closed is told as "before". */
static const struct book_gap *gap_of_reason(const struct gap_book *b, const char *field, struct str id, struct str *ret_before)
{
    *ret_before = STR("");
    for (size_t i = b->count; i-- > 0;) {
        if (!str_equal(json_text(b->gaps[i].record->values, field), id))
            continue;
        if (!str_is(b->gaps[i].record->state, "closed"))
            return &b->gaps[i];
        *ret_before = b->gaps[i].record->id;
    }
    return NULL;
}

static struct proposal *proposal_add(struct proposals *p)
{
    struct arena *a = p->book->v->arena;
    if (p->count == p->capacity)
        p->items = arena_grow(a, p->items, p->count, &p->capacity, sizeof *p->items);
    p->items[p->count] = (struct proposal){.test = STR(""), .answer = STR(""), .plan = STR(""), .impact = 1, .controls = json_array(a), .criteria = json_array(a)};
    return &p->items[p->count++];
}

/* The control's weight, and the criteria in scope that it is key for. */
static void proposal_concern(const struct gap_book *b, struct proposal *p, size_t control)
{
    int weight = control_weight(b->as, control);
    p->impact = weight > p->impact ? weight : p->impact;
    json_push_str(p->controls, str_of(b->as->controls[control].control->id));
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &b->as->criteria[i];
        bool is_key = false, is_there = false;
        for (size_t k = 0; c->is_in_scope && k < c->key_count; k++)
            is_key |= c->key[k] == control;
        JSON_EACH (id, p->criteria)
            is_there |= str_is(id->text, c->criterion->id);
        if (is_key && !is_there)
            json_push_str(p->criteria, str_of(c->criterion->id));
    }
}

static void test_propose(struct proposals *p, const struct test_state *t)
{
    const struct gap_book *b = p->book;
    struct str before;
    bool is_in_scope = false;
    for (size_t i = 0; i < b->as->control_count; i++)
        for (size_t k = 0; k < b->as->controls[i].test_count; k++)
            is_in_scope |= b->as->tests[b->as->controls[i].tests[k]].test == t->test && control_is_in_scope(b->as, i);
    if (!is_in_scope || gap_of_reason(b, "test", str_of(t->test->id), &before))
        return;
    struct proposal *x = proposal_add(p);
    int rank = severity_rank(t->test->severity);
    x->id = arena_printf(b->v->arena, "test:%s", t->test->id);
    x->title = arena_printf(b->v->arena, "Does not hold: %s", t->test->title);
    x->why = arena_printf(b->v->arena, "the test fails on %lld of %lld things that it looked at", (long long)t->resources.of[RESULT_FAIL],
                          (long long)(t->resources.of[RESULT_FAIL] + t->resources.of[RESULT_PASS] + t->resources.of[RESULT_UNKNOWN]));
    x->plan = str_of(t->test->fix);
    x->before = before;
    x->kind = "operation";
    x->effort = "s";
    x->source = "test";
    x->test = str_of(t->test->id);
    x->likelihood = rank >= 2 ? 3 : rank + 1;
    for (size_t i = 0; i < b->as->control_count; i++)
        for (size_t k = 0; k < b->as->controls[i].test_count; k++)
            if (b->as->tests[b->as->controls[i].tests[k]].test == t->test && control_is_in_scope(b->as, i))
                proposal_concern(b, x, i);
}

static void answer_propose(struct proposals *p, struct db_row *row)
{
    const struct gap_book *b = p->book;
    struct arena *a = b->v->arena;
    struct str before, id = arena_str(a, db_text(row, 0));
    size_t control = assessment_control_index(b->as, db_text(row, 2));
    if (control == SIZE_MAX || !control_is_in_scope(b->as, control) || gap_of_reason(b, "answer", id, &before))
        return;
    bool is_no = str_is(db_text(row, 3), "no");
    struct proposal *x = proposal_add(p);
    x->id = arena_printf(a, "answer:%.*s", STR_ARGS(id));
    x->title = arena_printf(a, "%s: %.*s", is_no ? "No" : "Only partly", STR_ARGS(db_text(row, 1)));
    x->why = is_no ? STR("the questionnaire was answered with no") : STR("the questionnaire was answered with partly");
    x->plan = arena_str(a, db_text(row, 4).data ? db_text(row, 4) : STR(""));
    x->before = before;
    x->kind = is_no ? "missing" : "design";
    x->effort = "m";
    x->source = "answer";
    x->answer = id;
    x->likelihood = is_no ? 3 : 2;
    proposal_concern(b, x, control);
}

static int proposal_compare(const void *pa, const void *pb)
{
    const struct proposal *a = pa, *b = pb;
    int order = b->impact * b->likelihood - a->impact * a->likelihood;
    return order ? order : str_compare(a->id, b->id);
}

bool proposals_load(const struct gap_book *b, struct proposal **ret, size_t *ret_count, struct err *e)
{
    struct proposals p = {.book = b};
    struct err inner = {0};
    for (size_t i = 0; i < content_test_count; i++)
        if (b->as->tests[i].status == RESULT_FAIL)
            test_propose(&p, &b->as->tests[i]);
    DB_EACH (row, b->v->db, &inner,
             "select n.id, n.question, n.control, n.answer, n.note from answers_versions n where n.from_leaf <= ?1 and (n.to_leaf is null or n.to_leaf > ?1) "
             "and n.is_deleted = 0 and n.answer in ('no', 'partial') order by n.id", A(b->v->leaf_limit))
        answer_propose(&p, row);
    if (inner.code) {
        *e = inner;
        return false;
    }
    if (p.count)
        qsort(p.items, p.count, sizeof *p.items, proposal_compare);
    *ret = p.items;
    *ret_count = p.count;
    return true;
}
