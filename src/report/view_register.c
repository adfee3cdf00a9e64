/* The register of gaps in the order in which they are to be worked at, and one gap with its trace: what found it, which controls and tasks close
 * it, and the evidence that it is closed. */
#include "report/gap_book.h"
#include "report/view_room.h"

enum { PROPOSALS_SHOWN_MAX = 60, EVIDENCE_SHOWN_MAX = 40 };

const char *gap_kind_words(const struct gap_book *b, struct str kind)
{
    const struct field_choice *c = record_choice(record_type_field(b->type, STR("kind")), kind);
    return c ? c->label : "";
}

static enum result_status state_shape(const struct json *state)
{
    struct str s = json_text(state, "status");
    return str_is(s, "pass") ? RESULT_PASS : str_is(s, "fail") ? RESULT_FAIL : str_is(s, "skip") ? RESULT_SKIP : RESULT_UNKNOWN;
}

static int64_t count_of(struct view *v, const char *sql, struct str id)
{
    struct err ignored = {0};
    return db_one_int(v->db, &ignored, 0, sql, A(id), A(v->leaf_limit));
}

static void gap_put(const struct gap_book *b, struct json *o, const struct book_gap *g)
{
    struct view *v = b->v;
    const struct json *values = g->record->values;
    const struct gap_work *w = g->work == SIZE_MAX ? NULL : &b->work[g->work];
    struct json *state = record_state_json(v, b->type, g->record->state);
    json_put_str(o, "id", g->record->id);
    json_put_str(o, "name", record_title(g->record));
    json_put_str(o, "kind", g->kind);
    json_put_cstr(o, "kind_words", gap_kind_words(b, g->kind));
    json_put_cstr(o, "severity", gap_level_id(g->level));
    json_put_cstr(o, "severity_words", gap_level_words(g->level));
    json_put_int(o, "severity_score", json_int(values, "severity_score", 0));
    put_status_as(o, state_shape(state), arena_str(v->arena, json_text(state, "label")).data);
    json_put(o, "state", state);
    json_put_int(o, "rank", (int64_t)g->rank);
    json_put_int(o, "effort_days", w ? w->effort_days : 0);
    json_put_int(o, "lead_days", w ? w->lead_days : 0);
    json_put_int(o, "slack_days", w ? w->slack_days : 0);
    json_put_bool(o, "is_short", w && b->window_day && w->slack_days < 0);
    json_put_str(o, "order_words", gap_order_words(b, g));
    put_person(v, o, "owner", g->owner);
    json_put_str(o, "due", g->due);
    json_put_bool(o, "is_overdue", w && w->due_day && w->due_day < b->today);
    put_control_links(v, o, "controls", json_get(values, "controls"));
    put_criterion_links(v, o, "criteria", json_get(values, "criteria"));
    json_put_str(o, "source", json_text(values, "source"));
    json_put_int(o, "tasks", count_of(v, "select count(*) from tasks_versions t where t.gap = ?1 and t.from_leaf <= ?2 and (t.to_leaf is null or t.to_leaf > ?2) and t.is_deleted = 0", g->record->id));
    json_put_int(o, "evidence", (int64_t)(json_get(values, "evidence") ? json_get(values, "evidence")->count : 0));
    json_put_str(o, "url", arena_printf(v->arena, "/gaps/%.*s", STR_ARGS(g->record->id)));
}

void put_window(const struct gap_book *b, struct json *page)
{
    struct json *o = json_put_object(page, "window");
    json_put_bool(o, "is_known", b->window_day != 0);
    json_put_str(o, "from", day_words(b->v, b->window_day));
    json_put_int(o, "days", b->window_day ? b->window_day - b->today : 0);
    json_put_bool(o, "has_begun", b->window_day && b->window_day <= b->today);
}

/* ---- the list ---- */

static bool choice_is(struct str wanted, struct str value)
{
    return wanted.size == 0 || str_equal(wanted, value) || (str_is(wanted, "none") && value.size == 0);
}

static void choice_add(struct json *choices, struct str id, struct str label)
{
    JSON_EACH (there, choices)
        if (str_equal(json_text(there, "id"), id)) {
            struct json *count = (struct json *)(uintptr_t)json_get(there, "count");
            count->integer++;
            count->text = arena_printf(choices->arena, "%lld", (long long)count->integer);
            return;
        }
    struct json *o = json_push_object(choices);
    json_put_str(o, "id", id);
    json_put_str(o, "label", label);
    json_put_int(o, "count", 1);
}

static struct json *filter_new(struct json *filters, const char *name, const char *label, struct str value)
{
    struct json *o = json_push_object(filters);
    json_put_cstr(o, "name", name);
    json_put_cstr(o, "label", label);
    json_put_str(o, "value", value.data ? value : STR(""));
    return json_put_array(o, "choices");
}

static void rows_put(const struct gap_book *b, struct json *page, const struct view_filter *f, const struct register_filter *more)
{
    struct view *v = b->v;
    struct json *filters = json_put_array(page, "filters");
    struct json *kinds = filter_new(filters, "kind", "Kind", more->kind), *levels = filter_new(filters, "severity", "Severity", more->severity),
                *owners = filter_new(filters, "owner", "Owner", more->owner);
    struct list l;
    list_init(&l, v, f);
    for (size_t i = 0; i < b->count; i++) {
        const struct book_gap *g = &b->gaps[i];
        choice_add(kinds, g->kind, str_of(gap_kind_words(b, g->kind)));
        choice_add(levels, str_of(gap_level_id(g->level)), str_of(gap_level_words(g->level)));
        choice_add(owners, g->owner.size ? g->owner : STR("none"), g->owner.size ? g->owner_name : STR("Nobody"));
        if (!choice_is(more->kind, g->kind) || !choice_is(more->severity, str_of(gap_level_id(g->level))) || !choice_is(more->owner, g->owner))
            continue;
        struct json *o = json_object(v->arena);
        gap_put(b, o, g);
        int64_t number = g->rank ? (int64_t)g->rank : INT64_MAX;
        if (sort_is(f, "due"))
            number = g->due.size ? 0 : 1;
        else if (sort_is(f, "owner") || sort_is(f, "id"))
            number = 0;
        list_add(&l, (struct list_row){.row = o,
                                       .text = arena_printf(v->arena, "%.*s %.*s %.*s %s %s", STR_ARGS(g->record->id), STR_ARGS(record_title(g->record)), STR_ARGS(g->owner_name),
                                                            gap_kind_words(b, g->kind), gap_level_id(g->level)),
                                       .status = state_shape(json_get(o, "state")),
                                       .state = arena_str(v->arena, g->record->state).data,
                                       .group = STR(""),
                                       .sort_number = number,
                                       .sort_text = sort_is(f, "due") ? g->due : sort_is(f, "owner") ? g->owner_name : g->record->id});
    }
    list_finish(&l, page, NULL);
    list_name_statuses(page, "Open", "Under way", "Closed", "Accepted");
}

static void proposal_put(const struct gap_book *b, struct json *list, const struct proposal *p)
{
    struct view *v = b->v;
    struct json *o = json_push_object(list);
    enum gap_level level = gap_level_of(p->impact * p->likelihood);
    json_put_str(o, "id", p->id);
    json_put_str(o, "name", p->title);
    json_put_str(o, "why", p->why);
    json_put_cstr(o, "kind", p->kind);
    json_put_cstr(o, "kind_words", gap_kind_words(b, str_of(p->kind)));
    json_put_cstr(o, "severity", gap_level_id(level));
    json_put_cstr(o, "severity_words", gap_level_words(level));
    json_put_int(o, "impact", p->impact);
    json_put_int(o, "likelihood", p->likelihood);
    json_put_str(o, "before", p->before);
    put_control_links(v, o, "controls", p->controls);
    put_criterion_links(v, o, "criteria", p->criteria);
    json_put_str(o, "url", p->test.size ? url_of(v, "tests", p->test) : arena_printf(v->arena, "/gaps?q=%.*s", STR_ARGS(p->answer)));
}

static bool proposals_put(const struct gap_book *b, struct json *page, struct err *e)
{
    struct proposal *items;
    size_t count;
    if (!proposals_load(b, &items, &count, e))
        return false;
    json_put_int(page, "proposal_count", (int64_t)count);
    struct json *list = json_put_array(page, "proposals");
    for (size_t i = 0; i < count && i < PROPOSALS_SHOWN_MAX; i++)
        proposal_put(b, list, &items[i]);
    return true;
}

struct json *view_register(struct view *v, const struct view_records *r, const struct view_filter *f, const struct register_filter *more, struct err *e)
{
    struct gap_book b;
    if (!gap_book_load(v, r, &b, e))
        return NULL;
    struct json *page = page_new(v, STR("Register of gaps"), e);
    if (!page || !proposals_put(&b, page, e))
        return NULL;
    struct err why = {0};
    json_put_bool(page, "may_create", !v->is_past && r->access && record_allows(r->access, b.type, NULL, RECORD_CREATE, NULL, &why));
    json_put_int(page, "open", (int64_t)b.work_count);
    put_window(&b, page);
    json_put_cstr(page, "order",
                  "Severity first: the weight of the control (1 supports a criterion, 2 is key for it, 3 is its only key control) times the chance of an exception "
                  "(1 to 3); 9 is critical, 6 high, 3 medium. Within a severity what has the least time to spare: the days until the window begins, less the days of "
                  "work (small 2, medium 14, large 30, or as typed), less the days until there is a first proof (a quarterly control needs a quarter). Then what is due first.");
    rows_put(&b, page, f, more);
    return page;
}

/* ---- one gap ---- */

static void trace_step(struct json *trace, const char *kind, struct json *links)
{
    struct json *o = json_push_object(trace);
    json_put_cstr(o, "kind", kind);
    json_put(o, "items", links);
}

struct traced {
    struct str id, title, url, owner;
    enum result_status status;
    const char *words;
};

static struct json *trace_item(struct view *v, struct json *items, struct traced t)
{
    struct json *o = json_push_object(items);
    json_put_str(o, "id", t.id);
    json_put_str(o, "title", t.title);
    json_put_str(o, "url", t.url);
    put_status_as(o, t.status, t.words);
    put_person(v, o, "owner", t.owner);
    json_put_str(o, "due", STR(""));
    return o;
}

static struct json *found_by(const struct gap_book *b, const struct book_gap *g)
{
    struct view *v = b->v;
    struct json *items = json_array(v->arena);
    struct str test = json_text(g->record->values, "test"), answer = json_text(g->record->values, "answer");
    const struct test *t = test.size ? content_test(test) : NULL;
    if (t) {
        const struct test_state *now = &b->as->tests[assessment_test_index(test)];
        trace_item(v, items, (struct traced){test, str_of(t->title), url_test(v, t), STR(""), now->status, now->status == RESULT_PASS ? "It passes now" : result_status_words(now->status)});
    }
    if (answer.size) {
        struct err ignored = {0};
        struct str said = db_one_text(v->arena, v->db, &ignored, "select answer from answers where id = ?1", A(answer));
        trace_item(v, items, (struct traced){answer, STR("Question of the gap analysis"), arena_printf(v->arena, "/gaps?q=%.*s", STR_ARGS(answer)), STR(""),
                                             str_is(said, "yes") ? RESULT_PASS : str_is(said, "no") ? RESULT_FAIL : RESULT_UNKNOWN,
                                             str_is(said, "yes") ? "Answered yes now" : str_is(said, "no") ? "Answered no" : str_is(said, "partial") ? "Answered partly" : "Not answered"});
    }
    return items;
}

static struct json *closed_by_controls(const struct gap_book *b, const struct book_gap *g)
{
    struct view *v = b->v;
    struct json *items = json_array(v->arena);
    JSON_EACH (id, json_get(g->record->values, "controls")) {
        size_t i = assessment_control_index(b->as, id->text);
        if (i == SIZE_MAX)
            continue;
        const struct control_state *c = &b->as->controls[i];
        bool is_adopted = c->program->adoption == ADOPTION_ADOPTED;
        struct json *o = trace_item(v, items, (struct traced){str_of(c->control->id), str_of(c->control->title), url_control(v, c->control), c->program->owner,
                                                              is_adopted ? live_state_status(c->live) : RESULT_UNKNOWN, is_adopted ? live_state_words(c->live) : "Not adopted"});
        json_put_bool(o, "is_adopted", c->program->adoption != ADOPTION_NONE);
    }
    return items;
}

struct linked {
    const struct gap_book *book;
    struct json *items;
};

static bool each_linked(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct linked *x = context;
    struct view *v = x->book->v;
    JSON_EACH (there, x->items)
        if (str_equal(json_text(there, "id"), record->id))
            return true;
    struct json *state = record_state_json(v, record->type, record->state), *o = json_push_object(x->items);
    json_put_str(o, "id", record->id);
    json_put_str(o, "title", record_title(record));
    json_put_str(o, "url", record_url(v, record->type->id, record->id));
    put_status_as(o, state_shape(state), arena_str(v->arena, json_text(state, "label")).data);
    put_person(v, o, "owner", record->type->owner_field[0] ? json_text(record->values, record->type->owner_field) : STR(""));
    json_put_str(o, "due", record->type->due_field[0] ? json_text(record->values, record->type->due_field) : STR(""));
    return true;
}

static bool records_put(const struct gap_book *b, struct json *items, const char *type_id, struct str where, struct err *e)
{
    const struct record_type *t = record_types_find(b->records->types, str_of(type_id));
    struct linked x = {b, items};
    int64_t total = 0;
    struct record_query q = {.where = where, .page = 1, .per_page = EVIDENCE_SHOWN_MAX, .leaf_limit = view_record_limit(b->v), .access = b->records->access, .now_ms = b->v->at_ms};
    return !t || record_list(b->v->db, b->v->arena, t, &q, each_linked, &x, &total, e);
}

/* The evidence that the gap names; and what could be named: accepted or handed in for its controls. */
static bool evidence_put(const struct gap_book *b, const struct book_gap *g, struct json *page, struct json *named, struct err *e)
{
    const struct record_type *t = record_types_find(b->records->types, STR("evidence"));
    struct linked x = {b, named};
    struct json *offered = json_put_array(page, "offered");
    JSON_EACH (id, json_get(g->record->values, "evidence")) {
        struct err gone = {0};
        struct record *r = t ? record_get(b->v->db, b->v->arena, t, id->text, view_record_limit(b->v), &gone) : NULL;
        if (r && !each_linked(&x, r, e))
            return false;
    }
    if (!records_put(b, offered, "evidence", arena_printf(b->v->arena, "gaps=\"%.*s\"", STR_ARGS(g->record->id)), e))
        return false;
    JSON_EACH (control, json_get(g->record->values, "controls"))
        if (!records_put(b, offered, "evidence", arena_printf(b->v->arena, "controls=\"%.*s\"", STR_ARGS(control->text)), e))
            return false;
    return true;
}

static bool trace_put(const struct gap_book *b, const struct book_gap *g, struct json *page, struct err *e)
{
    struct json *trace = json_put_array(page, "trace"), *tasks = json_array(b->v->arena), *evidence = json_array(b->v->arena), *waits = json_array(b->v->arena);
    if (!records_put(b, tasks, "task", arena_printf(b->v->arena, "gap=\"%.*s\"", STR_ARGS(g->record->id)), e) || !evidence_put(b, g, page, evidence, e))
        return false;
    JSON_EACH (id, json_get(g->record->values, "depends_on")) {
        const struct book_gap *other = gap_book_find(b, id->text);
        struct linked x = {b, waits};
        if (other && !each_linked(&x, other->record, e))
            return false;
    }
    trace_step(trace, "Found by", found_by(b, g));
    if (waits->count)
        trace_step(trace, "Waits for", waits);
    trace_step(trace, "Controls", closed_by_controls(b, g));
    trace_step(trace, "Tasks", tasks);
    trace_step(trace, "Evidence that it is closed", evidence);
    return true;
}

struct json *view_gap_one(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    struct gap_book b;
    if (!gap_book_load(v, r, &b, e))
        return NULL;
    const struct book_gap *g = gap_book_find(&b, id);
    if (!g) {
        err_set(e, ERR_NOT_FOUND, "gap %.*s: there is none of this name that you may read", STR_ARGS(str_slice(id, 0, 80)));
        return NULL;
    }
    struct json *page = page_new(v, arena_printf(v->arena, "%.*s %.*s", STR_ARGS(id), STR_ARGS(record_title(g->record))), e);
    struct json *record = page ? view_record(v, r, b.type, id, true, e) : NULL;
    if (!record || !people_put(v, page, e))
        return NULL;
    gap_put(&b, page, g);
    put_window(&b, page);
    if (!trace_put(&b, g, page, e))
        return NULL;
    const struct gap_work *w = g->work == SIZE_MAX ? NULL : &b.work[g->work];
    bool adoptable = false;
    JSON_EACH (control, json_get(g->record->values, "controls")) {
        size_t k = assessment_control_index(b.as, control->text);
        adoptable |= k != SIZE_MAX && b.as->controls[k].program->adoption == ADOPTION_NONE;
    }
    json_put_bool(page, "adoptable", adoptable);
    struct json *plan = json_put_object(page, "planned");
    json_put_str(plan, "start", day_words(v, w ? w->start_day : 0));
    json_put_str(plan, "done", day_words(v, w ? w->done_day : 0));
    json_put_str(plan, "shown", day_words(v, w ? w->shown_day : 0));
    json_put_bool(plan, "is_in_circle", w && w->is_in_circle);
    json_put_bool(plan, "is_late", w && w->is_late);
    json_put(page, "record", record);
    return page;
}
