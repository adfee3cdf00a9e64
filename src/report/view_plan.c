/* The plan: who works at which gap when, what it costs, and when the window can begin if it goes like that. And the goals with their progress. */
#include "report/gap_book.h"
#include "report/view_room.h"

enum { OWNERS_MAX = 200, CURRENCIES_MAX = 16 };

/* ---- forecast ---- */

/* Key controls in scope that are not in place, and that no open gap names: nobody has planned them. */
static struct json *uncounted(const struct gap_book *b)
{
    struct json *ids = json_array(b->v->arena);
    for (size_t i = 0; i < b->as->control_count; i++) {
        bool is_named = false;
        if (b->as->controls[i].score.value >= 0.5 || !control_is_key(b->as, i))
            continue;
        for (size_t g = 0; g < b->count && !is_named; g++)
            JSON_EACH (id, b->gaps[g].is_open ? json_get(b->gaps[g].record->values, "controls") : NULL)
                is_named |= str_is(id->text, b->as->controls[i].control->id);
        if (!is_named)
            json_push_str(ids, str_of(b->as->controls[i].control->id));
    }
    return ids;
}

static struct str forecast_words(const struct gap_book *b, int64_t missing)
{
    struct arena *a = b->v->arena;
    const struct gap_forecast *f = &b->forecast;
    const char *but = missing == 0 ? "" : missing == 1 ? "; one key control that is not in place and has no gap is not counted" : arena_printf(a, "; %lld key controls that are not in place and have no gap are not counted", (long long)missing).data;
    if (f->circles)
        return STR("Nothing can be forecast: gaps wait for each other");
    if (f->last == SIZE_MAX)
        return arena_printf(a, "No gap of severity high or critical is open%s", but);
    if (!b->window_day)
        return arena_printf(a, "The window can begin on %.*s; the organisation's record does not say when it is to begin%s", STR_ARGS(day_words(b->v, f->ready_day)), but);
    int64_t late = f->ready_day - b->window_day;
    return late > 0 ? arena_printf(a, "The window can begin on %.*s: %lld %s after it is to begin%s", STR_ARGS(day_words(b->v, f->ready_day)), (long long)late, late == 1 ? "day" : "days", but)
                    : arena_printf(a, "The window can begin on %.*s, as it is to: %lld %s to spare%s", STR_ARGS(day_words(b->v, f->ready_day)), (long long)-late, late == -1 ? "day" : "days", but);
}

void put_forecast(const struct gap_book *b, struct json *page)
{
    const struct gap_forecast *f = &b->forecast;
    struct json *ids = uncounted(b);
    int64_t missing = (int64_t)ids->count;
    struct json *o = json_put_object(page, "forecast");
    json_put_bool(o, "is_known", f->circles == 0);
    json_put_str(o, "from", day_words(b->v, f->ready_day));
    json_put_str(o, "words", forecast_words(b, missing));
    json_put_bool(o, "is_late", b->window_day && f->ready_day > b->window_day);
    json_put_str(o, "all", day_words(b->v, f->all_day));
    json_put_int(o, "effort_days", f->effort_days);
    json_put_int(o, "gaps", (int64_t)b->work_count);
    json_put_int(o, "circles", (int64_t)f->circles);
    json_put_int(o, "late", (int64_t)f->late);
    json_put_int(o, "uncounted", missing);
    json_put(o, "uncounted_controls", ids);
    if (f->last == SIZE_MAX || f->circles) {
        json_put_null(o, "last");
    } else {
        const struct record *r = b->gaps[b->work_gap[f->last]].record;
        put_link(b->v, o, "last", arena_str(b->v->arena, r->id).data, arena_str(b->v->arena, record_title(r)).data, arena_printf(b->v->arena, "/gaps/%.*s", STR_ARGS(r->id)));
    }
}

/* ---- rows, people, money ---- */

static struct str money_text(struct view *v, struct str currency, int64_t minor)
{
    return arena_printf(v->arena, "%.*s %lld.%02lld", STR_ARGS(currency), (long long)(minor / 100), (long long)(minor % 100));
}

static void row_put(const struct gap_book *b, struct json *rows, size_t place)
{
    struct view *v = b->v;
    const struct gap_work *w = &b->work[place];
    const struct book_gap *g = &b->gaps[b->work_gap[place]];
    const struct json *budget = json_get(g->record->values, "budget");
    struct json *o = json_push_object(rows);
    json_put_str(o, "id", g->record->id);
    json_put_str(o, "name", record_title(g->record));
    json_put_int(o, "rank", (int64_t)g->rank);
    json_put_cstr(o, "severity", gap_level_id(g->level));
    json_put_cstr(o, "severity_words", gap_level_words(g->level));
    json_put(o, "state", record_state_json(v, b->type, g->record->state));
    json_put_str(o, "kind", g->kind);
    json_put_cstr(o, "kind_words", gap_kind_words(b, g->kind));
    put_control_links(v, o, "controls", json_get(g->record->values, "controls"));
    put_person(v, o, "owner", g->owner);
    json_put_int(o, "effort_days", w->effort_days);
    json_put_int(o, "lead_days", w->lead_days);
    json_put_str(o, "start", day_words(v, w->start_day));
    json_put_str(o, "done", day_words(v, w->done_day));
    json_put_str(o, "shown", day_words(v, w->shown_day));
    json_put_str(o, "due", g->due);
    json_put_bool(o, "is_late", w->is_late);
    json_put_bool(o, "is_in_circle", w->is_in_circle);
    json_put_bool(o, "is_last", b->forecast.last == place);
    struct json *waits = json_put_array(o, "waits");
    for (size_t i = 0; i < w->depends_count; i++)
        json_push_str(waits, b->work[w->depends_on[i]].id);
    json_put_str(o, "budget", budget && budget->type == JSON_OBJECT ? money_text(v, json_text(budget, "currency"), json_int(budget, "minor", 0)) : STR(""));
    json_put_str(o, "url", arena_printf(v->arena, "/gaps/%.*s", STR_ARGS(g->record->id)));
}

struct load {
    struct str owner;
    int64_t gaps, days, until;
};

static void owners_put(const struct gap_book *b, struct json *page)
{
    struct load *loads = arena_array(b->v->arena, OWNERS_MAX, sizeof *loads);
    size_t count = 0;
    for (size_t i = 0; i < b->work_count; i++) {
        struct str owner = b->gaps[b->work_gap[i]].owner;
        size_t k = 0;
        while (k < count && !str_equal(loads[k].owner, owner))
            k++;
        if (k == OWNERS_MAX)
            break;
        if (k == count)
            loads[count++] = (struct load){.owner = owner};
        loads[k].gaps++;
        loads[k].days += b->work[i].effort_days;
        loads[k].until = b->work[i].done_day > loads[k].until ? b->work[i].done_day : loads[k].until;
    }
    struct json *list = json_put_array(page, "owners");
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(list);
        put_person(b->v, o, "owner", loads[i].owner);
        json_put_int(o, "gaps", loads[i].gaps);
        json_put_int(o, "days", loads[i].days);
        json_put_str(o, "until", day_words(b->v, loads[i].until));
        json_put_bool(o, "is_over", b->window_day && loads[i].until > b->window_day);
    }
}

static void budget_put(const struct gap_book *b, struct json *page)
{
    struct {
        struct str currency;
        int64_t minor;
    } sums[CURRENCIES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < b->work_count; i++) {
        const struct json *budget = json_get(b->gaps[b->work_gap[i]].record->values, "budget");
        size_t k = 0;
        if (!budget || budget->type != JSON_OBJECT)
            continue;
        while (k < count && !str_equal(sums[k].currency, json_text(budget, "currency")))
            k++;
        if (k == CURRENCIES_MAX)
            continue;
        if (k == count) {
            sums[count].currency = json_text(budget, "currency");
            sums[count++].minor = 0;
        }
        sums[k].minor += json_int(budget, "minor", 0);
    }
    struct json *list = json_put_array(page, "budget");
    for (size_t i = 0; i < count; i++)
        json_push_str(list, money_text(b->v, sums[i].currency, sums[i].minor));
}

struct json *view_plan(struct view *v, const struct view_records *r, struct err *e)
{
    struct gap_book b;
    if (!gap_book_load(v, r, &b, e))
        return NULL;
    struct json *page = page_new(v, STR("Plan"), e);
    if (!page)
        return NULL;
    int64_t unowned = 0;
    put_window(&b, page);
    put_forecast(&b, page);
    struct json *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < b.work_count; i++) {
        row_put(&b, rows, b.forecast.order[i]);
        unowned += b.gaps[b.work_gap[i]].owner.size == 0;
    }
    owners_put(&b, page);
    budget_put(&b, page);
    json_put_int(page, "unowned", unowned);
    return page;
}

/* ---- goals ---- */

struct goals {
    struct view *v;
    const struct view_records *records;
    const struct assessment *as;
    struct json *rows;
};

/* "12.50" or 12 as hundredths; false: no number. */
static bool hundredths(const struct json *n, int64_t *ret)
{
    struct str text = n ? n->text : STR(""), whole;
    if (!n || n->type == JSON_NULL)
        return false;
    if (n->type == JSON_NUMBER && n->is_integer) {
        *ret = n->integer * 100;
        return true;
    }
    bool is_minus = str_starts(text, "-");
    int64_t left = 0, right = 0;
    str_cut(&text, '.', &whole);
    if (!str_to_int64(whole, &left))
        return false;
    if (text.size && (text.size > 2 ? !str_to_int64(str_slice(text, 0, 2), &right) : !str_to_int64(text, &right)))
        return false;
    right *= text.size == 1 ? 10 : 1;
    *ret = left * 100 + (is_minus ? -right : right);
    return true;
}

static void number_put(struct view *v, struct json *o, const char *key, bool is_there, int64_t value)
{
    if (is_there)
        json_put_str(o, key, decimal_text(v->arena, (double)value / 100));
    else
        json_put_str(o, key, STR(""));
}

static int64_t share(int64_t from, int64_t to, int64_t at)
{
    if (to == from)
        return 100;
    int64_t n = (at - from) * 100 / (to - from);
    return n < 0 ? 0 : n > 100 ? 100 : n;
}

/* The share of what the goal's tests look at that passes, in hundredths of a percent. */
static bool measure(const struct assessment *as, const struct json *tests, int64_t *ret, struct arena *a, struct str *ret_words)
{
    int64_t pass = 0, all = 0;
    JSON_EACH (id, tests) {
        size_t i = assessment_test_index(id->text);
        if (i == SIZE_MAX)
            continue;
        const struct result_counts *c = &as->tests[i].resources;
        pass += c->of[RESULT_PASS];
        all += c->of[RESULT_PASS] + c->of[RESULT_FAIL] + c->of[RESULT_UNKNOWN];
    }
    if (all == 0)
        return false;
    *ret = pass * 10000 / all;
    *ret_words = arena_printf(a, "%lld of %lld things that its tests look at pass", (long long)pass, (long long)all);
    return true;
}

static void goal_dates(struct goals *x, struct json *o, const struct record *record, bool is_open)
{
    struct str due = json_text(record->values, "due_on");
    int64_t due_ms = 0;
    bool has_due = due.size && time_parse(due, 0, &due_ms);
    json_put_str(o, "due", due);
    json_put_bool(o, "is_overdue", is_open && has_due && due_ms + MS_DAY <= x->v->at_ms);
    json_put_int(o, "expected", has_due && due_ms > record->created_t ? share(record->created_t / MS_MINUTE, due_ms / MS_MINUTE, x->v->at_ms / MS_MINUTE) : 100);
}

static bool each_goal(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct goals *x = context;
    struct view *v = x->v;
    const struct json *values = record->values;
    int64_t baseline = 0, target = 0, current = 0;
    struct str measured = STR("");
    struct json *o = json_push_object(x->rows), *state = record_state_json(v, record->type, record->state);
    bool has_baseline = hundredths(json_get(values, "baseline"), &baseline), has_target = hundredths(json_get(values, "target"), &target);
    bool is_measured = measure(x->as, json_get(values, "tests"), &current, v->arena, &measured);
    bool has_current = is_measured || hundredths(json_get(values, "current"), &current);
    bool is_open = str_is(record->state, "open");
    int64_t progress = has_baseline && has_target ? share(baseline, target, has_current ? current : baseline) : 0;
    json_put_str(o, "id", record->id);
    json_put_str(o, "name", record_title(record));
    json_put_str(o, "metric", json_text(values, "metric"));
    json_put_str(o, "unit", json_text(values, "unit"));
    number_put(v, o, "baseline", has_baseline, baseline);
    number_put(v, o, "target", has_target, target);
    number_put(v, o, "current", has_current, current);
    json_put_int(o, "progress", progress);
    json_put_bool(o, "is_measured", is_measured);
    json_put_str(o, "measured_words", measured);
    goal_dates(x, o, record, is_open);
    bool is_behind = is_open && (json_bool(o, "is_overdue") || progress < json_int(o, "expected", 0));
    put_status_as(o, !is_open ? str_is(record->state, "reached") ? RESULT_PASS : RESULT_SKIP : progress >= 100 ? RESULT_PASS : json_bool(o, "is_overdue") ? RESULT_FAIL : RESULT_UNKNOWN,
                  !is_open         ? arena_str(v->arena, json_text(state, "label")).data
                  : progress >= 100 ? "Target reached"
                  : json_bool(o, "is_overdue") ? "Overdue"
                  : is_behind      ? "Behind"
                                   : "On its way");
    json_put(o, "state", state);
    put_person(v, o, "owner", json_text(values, "owner"));
    struct json *gaps = json_put_array(o, "gaps");
    JSON_EACH (id, json_get(values, "gaps"))
        push_link(v, gaps, arena_str(v->arena, id->text).data, arena_str(v->arena, id->text).data, arena_printf(v->arena, "/gaps/%.*s", STR_ARGS(id->text)));
    put_criterion_links(v, o, "criteria", json_get(values, "criteria"));
    json_put_str(o, "url", record_url(v, "goal", record->id));
    return true;
}

static void ids_put(struct json *o, const char *key, struct strings ids, struct arena *a)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4096);
    for (size_t i = 0; i < ids.count; i++)
        buf_printf(&b, "%s%s", i ? "," : "", ids.items[i]);
    json_put_str(o, key, arena_str(a, buf_view(&b)));
}

static void templates_put(struct goals *x, struct json *page)
{
    struct json *list = json_put_array(page, "templates");
    for (size_t i = 0; i < content_goal_count; i++) {
        const struct goal_template *t = &content_goals[i];
        struct json *o = json_push_object(list);
        bool is_taken = false;
        JSON_EACH (row, x->rows)
            is_taken |= str_is(json_text(row, "name"), t->title);
        json_put_cstr(o, "id", t->id);
        json_put_cstr(o, "name", t->title);
        json_put_cstr(o, "why", t->why);
        json_put_cstr(o, "metric", t->metric);
        json_put_cstr(o, "unit", t->unit);
        json_put_int(o, "baseline", t->baseline);
        json_put_int(o, "target", t->target);
        json_put_str(o, "due", day_words(x->v, view_today(x->v) + t->days));
        ids_put(o, "criteria", t->criteria, x->v->arena);
        ids_put(o, "tests", t->tests, x->v->arena);
        json_put_bool(o, "is_taken", is_taken);
    }
}

struct json *view_goals(struct view *v, const struct view_records *r, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("goal"));
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? page_new(v, STR("Goals"), e) : NULL;
    struct err why = {0};
    int64_t total = 0;
    if (!page)
        return NULL;
    struct goals x = {.v = v, .records = r, .as = as, .rows = json_put_array(page, "rows")};
    struct record_query q = {.sort = STR("due_on"), .page = 1, .per_page = 500, .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms};
    if (t && !record_list(v->db, v->arena, t, &q, each_goal, &x, &total, e))
        return NULL;
    json_put_bool(page, "may_create", t && !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    templates_put(&x, page);
    return page;
}
