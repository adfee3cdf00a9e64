#include "assess/test_run.h"
#include "report/view_internal.h"

static void test_row(struct view *v, struct list *l, const struct test_state *t)
{
    struct json *o = json_object(v->arena);
    int64_t subjects = 0;
    for (int k = 0; k < 4; k++)
        subjects += t->subjects_of[k];
    json_put_cstr(o, "id", t->test->id);
    json_put_cstr(o, "title", t->test->title);
    json_put_cstr(o, "topic", t->test->topic);
    json_put_cstr(o, "severity", t->test->severity);
    put_status_as(o, t->status, t->is_present ? result_status_words(t->status) : "Never ran");
    put_counts(o, &t->resources);
    put_time(v, o, "since", t->since_ms);
    json_put_int(o, "subjects", subjects);
    json_put_int(o, "failing_subjects", t->subjects_of[RESULT_FAIL]);
    struct json *controls = json_put_array(o, "controls");
    for (size_t i = 0; i < t->test->control_count; i++)
        json_push_str(controls, str_of(t->test->controls[i].control));
    json_put_str(o, "url", url_test(v, t->test));

    static const int order[] = {[RESULT_FAIL] = 0, [RESULT_UNKNOWN] = 1, [RESULT_PASS] = 2, [RESULT_SKIP] = 3};
    int severity = 3 - severity_rank(t->test->severity);
    struct list_row row = {.row = o,
                           .text =
                               arena_printf(v->arena, "%s %s %s %s", t->test->id, t->test->title, t->test->topic, t->test->why),
                           .status = t->status,
                           .group = str_of(t->test->topic),
                           .sort_number = order[t->status] * 10 + severity,
                           .sort_text = str_of(t->test->id)};
    if (sort_is(l->filter, "severity"))
        row.sort_number = severity;
    else if (sort_is(l->filter, "since"))
        row.sort_number = -t->since_ms;
    else if (sort_is(l->filter, "topic") || sort_is(l->filter, "title") || sort_is(l->filter, "id"))
        row.sort_number = 0;
    if (sort_is(l->filter, "topic"))
        row.sort_text = arena_printf(v->arena, "%s %s", t->test->topic, t->test->id);
    else if (sort_is(l->filter, "title"))
        row.sort_text = str_of(t->test->title);
    list_add(l, row);
}

struct json *view_tests(struct view *v, const struct view_filter *f, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? page_new(v, STR("Tests"), e) : NULL;
    struct list l;
    if (!page)
        return NULL;
    list_init(&l, v, f);
    for (size_t i = 0; i < content_test_count; i++)
        test_row(v, &l, &as->tests[i]);
    list_finish(&l, page, NULL);
    return page;
}

/* ---- one ---- */

/* The parameters as of the view's instant, and the fix with their values. */
static void parameters_put(struct view *v, struct json *page, const struct test *t)
{
    struct json *list = json_put_array(page, "parameters");
    struct test_value *values = arena_array(v->arena, t->parameters.count + 1, sizeof *values);
    size_t value_count = 0;
    for (size_t i = 0; i < t->parameters.count; i++) {
        const struct parameter *p = content_parameter(str_of(t->parameters.items[i]));
        if (!p)
            continue;
        struct err e = {0};
        struct str value = str_of(p->default_value);
        int64_t changed_ms = 0;
        DB_EACH (row, v->db, &e, "select value, t from parameter where name = ?1 and leaf <= ?2 order by leaf desc limit 1",
                 A(p->name), A(v->leaf_limit)) {
            value = arena_str(v->arena, db_text(row, 0));
            changed_ms = db_int(row, 1);
        }
        struct json *o = json_push_object(list);
        json_put_cstr(o, "name", p->name);
        json_put_str(o, "value", value);
        json_put_cstr(o, "default", p->default_value);
        json_put_cstr(o, "unit", p->unit);
        json_put_cstr(o, "words", p->words);
        json_put_bool(o, "is_default", str_is(value, p->default_value));
        put_time(v, o, "changed", changed_ms);
        values[value_count++] = (struct test_value){str_of(p->name), value};
    }
    json_put_str(page, "fix", test_fix_text(v->arena, t, values, value_count));
}

static void controls_put(struct view *v, struct json *page, const struct assessment *as, const struct test *t)
{
    struct json *list = json_put_array(page, "controls");
    for (size_t i = 0; i < t->control_count; i++) {
        size_t index = assessment_control_index(as, str_of(t->controls[i].control));
        if (index == SIZE_MAX)
            continue;
        const struct control_state *c = &as->controls[index];
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", c->control->id);
        json_put_cstr(o, "title", c->control->title);
        json_put_cstr(o, "reason", t->controls[i].reason);
        json_put_cstr(o, "state", live_state_name(c->live));
        put_status_as(o, live_state_status(c->live), live_state_words(c->live));
        json_put_str(o, "url", url_control(v, c->control));
    }
}

static bool tables_put(struct view *v, struct json *page, const struct assessment *as, const struct test *t, struct err *e)
{
    struct json *list = json_put_array(page, "tables");
    for (size_t i = 0; i < t->tables.count; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "name", t->tables.items[i]);
        struct json *captures = json_put_array(o, "captures");
        for (size_t s = 0; s < as->subject_count; s++) {
            DB_EACH (row, v->db, e,
                     "select leaf, state, row_count, taken_at from capture where subject = ?1 and tbl = ?2 and leaf <= ?3 order "
                     "by leaf desc limit 1",
                     A(as->subjects[s].id), A(t->tables.items[i]), A(v->leaf_limit)) {
                struct json *c = json_push_object(captures);
                json_put(c, "subject", subject_new(v, as->subjects[s].id));
                json_put_int(c, "leaf", db_int(row, 0));
                json_put_str(c, "state", arena_str(v->arena, db_text(row, 1)));
                json_put_int(c, "rows", db_int(row, 2));
                put_time(v, c, "taken", db_int(row, 3));
                json_put_str(c, "url", arena_printf(v->arena, "/evidence/%lld", (long long)db_int(row, 0)));
            }
        }
    }
    return e->code == ERR_NONE;
}

static void subjects_put(struct view *v, struct json *page, const struct assessment *as, const struct test_state *t)
{
    struct json *list = json_put_array(page, "subjects");
    for (size_t s = 0; s < as->subject_count; s++) {
        const struct test_now *n = &t->subjects[s];
        struct json *o = json_push_object(list);
        json_put_str(o, "id", as->subjects[s].id);
        json_put_str(o, "name", as->subjects[s].name);
        put_status_as(o, n->status, !n->is_present ? "Never ran" : n->is_stale ? "Stale" : result_status_words(n->status));
        put_counts(o, &n->counts);
        put_time(v, o, "since", n->since_ms);
        put_time(v, o, "last_run", as->subjects[s].last_taken_ms);
    }
}

/* Since when a resource has had its status: the chain of spans before it that only differ in their reason. */
static int64_t resource_since(struct view *v, struct str subject, const char *test, struct str resource, struct str status,
                              int64_t leaf, int64_t from_ms)
{
    enum { STEPS_MAX = 64 };
    struct err e = {0};
    for (int i = 0; i < STEPS_MAX; i++) {
        int64_t before = -1, before_ms = 0;
        DB_EACH (row, v->db, &e,
                 "select from_leaf, from_t from span where test = ?1 and to_leaf = ?2 and subject = ?3 and resource = ?4 and "
                 "status = ?5 order by id desc limit 1",
                 A(test), A(leaf), A(subject), A(resource), A(status)) {
            before = db_int(row, 0);
            before_ms = db_int(row, 1);
        }
        if (before < 0)
            break;
        leaf = before;
        from_ms = before_ms;
    }
    return from_ms;
}

/* What was open as of the leaf ?2: open still, or ended later. Two searches of one index, whatever the length of the history. */
#define RESOURCES_FROM                                                                    \
    " from (select * from span where test = ?1 and to_leaf is null and from_leaf <= ?2"   \
    " union all select * from span where test = ?1 and to_leaf > ?2 and from_leaf <= ?2)" \
    " where (?3 = '' or subject = ?3) and (?4 = '' or instr(lower(resource || ' ' || reason), lower(?4)) > 0)"
#define RESOURCES_STATUS " and (?5 = '' or status = ?5 or (?5 = 'attention' and status in ('fail', 'unknown')))"

static bool resources_counts_put(struct view *v, struct json *o, const struct test *t, struct str subject, struct str q,
                                 struct err *e)
{
    struct result_counts c = {{0}};
    DB_EACH (row, v->db, e, "select status, count(*)" RESOURCES_FROM " group by status", A(t->id), A(v->leaf_limit), A(subject),
             A(q)) {
        enum result_status s;
        if (result_status_parse(db_text(row, 0), &s))
            c.of[s] = db_int(row, 1);
    }
    struct json *statuses = json_put_array(o, "statuses");
    for (int s = RESULT_FAIL; s >= RESULT_SKIP; s--) {
        struct json *item = json_push_object(statuses);
        put_status(item, (enum result_status)s);
        json_put_cstr(item, "words", result_status_words((enum result_status)s));
        json_put_int(item, "count", c.of[s]);
    }
    return e->code == ERR_NONE;
}

static bool resources_put(struct view *v, struct json *page, const struct assessment *as, const struct test *t,
                          const struct view_filter *f, struct err *e)
{
    f = f ? f : &view_filter_none;
    struct str subject = f->group.data ? f->group : STR(""), q = f->q.data ? str_trim(f->q) : STR(""),
               status = f->status.data ? f->status : STR("");
    struct json *o = json_put_object(page, "resources"), *rows = json_put_array(o, "rows");
    int64_t all = db_one_int(v->db, e, 0, "select count(*)" RESOURCES_FROM, A(t->id), A(v->leaf_limit), A(""), A(""));
    int64_t total = db_one_int(v->db, e, 0, "select count(*)" RESOURCES_FROM RESOURCES_STATUS, A(t->id), A(v->leaf_limit),
                               A(subject), A(q), A(status));
    DB_EACH (row, v->db, e,
             "select subject, resource, status, reason, from_t, from_leaf" RESOURCES_FROM RESOURCES_STATUS
             " order by case status when 'fail' then 0 when 'unknown' then 1 when 'pass' then 2 else 3 end, subject, resource "
             "limit ?6 offset ?7",
             A(t->id), A(v->leaf_limit), A(subject), A(q), A(status), A(filter_per_page(f)),
             A((filter_page(f) - 1) * filter_per_page(f))) {
        enum result_status s = RESULT_UNKNOWN;
        struct json *item = json_push_object(rows);
        struct str id = arena_str(v->arena, db_text(row, 0)), resource = arena_str(v->arena, db_text(row, 1)),
                   word = arena_str(v->arena, db_text(row, 2));
        size_t index = assessment_subject_index(as, id);
        bool is_stale = index != SIZE_MAX && as->subjects[index].is_stale;
        result_status_parse(word, &s);
        /* A row about the subject itself goes by the subject's name. */
        json_put_str(item, "resource", str_equal(resource, id) && index != SIZE_MAX ? as->subjects[index].name : resource);
        json_put(item, "subject", subject_new(v, id));
        put_status_as(item, is_stale ? RESULT_UNKNOWN : s, is_stale ? "Stale" : result_status_words(s));
        json_put_str(item, "reason", arena_str(v->arena, db_text(row, 3)));
        put_time(v, item, "since", resource_since(v, id, t->id, resource, word, db_int(row, 5), db_int(row, 4)));
        json_put_int(item, "leaf", db_int(row, 5));
        json_put_str(item, "url", arena_printf(v->arena, "/evidence?group=%.*s", STR_ARGS(id)));
    }
    struct json *groups = json_put_array(o, "groups");
    for (size_t i = 0; i < as->subject_count; i++) {
        struct json *group = json_push_object(groups);
        json_put_str(group, "id", as->subjects[i].id);
        json_put_str(group, "words", as->subjects[i].name);
        const struct result_counts *c = &as->tests[assessment_test_index(str_of(t->id))].subjects[i].counts;
        json_put_int(group, "count", c->of[0] + c->of[1] + c->of[2] + c->of[3]);
    }
    list_put_page(v, o, f, total, all);
    return !e->code && resources_counts_put(v, o, t, subject, q, e);
}

static void next_put(struct view *v, struct json *page, const struct test_state *t)
{
    struct json *list = json_put_array(page, "next"), *o = json_push_object(list);
    if (!t->is_present) {
        json_put_cstr(o, "text", "Capture the host: this test has not run yet");
        json_put_cstr(o, "command", "assay collect");
    } else if (t->status == RESULT_FAIL) {
        json_put_cstr(o, "text", "Fix what fails, then capture again");
        json_put_cstr(o, "command", "assay collect");
    } else if (t->status == RESULT_UNKNOWN) {
        json_put_cstr(o, "text", "See what could not be read, and why");
        json_put_str(o, "command", arena_printf(v->arena, "assay test --explain %s", t->test->id));
    } else {
        json_put_cstr(o, "text", "Nothing to do");
        json_put_cstr(o, "command", "");
    }
    json_put_cstr(o, "url", "");
}

static bool strip_put(struct view *v, struct json *page, const struct assessment *as, size_t index, struct err *e)
{
    enum result_status *days = arena_array(v->arena, (size_t)as->day_count, sizeof *days);
    struct arena *own = arena_new("strip", (size_t)2 << 30);
    const struct test_history *histories = NULL;
    for (size_t s = 0; s < as->subject_count && (histories = subject_histories(as, own, s, e)); s++) {
        size_t n;
        struct stretch *stretches = test_stretches(as, own, histories, index, s, &n);
        days_mark(as, stretches, n, days);
        arena_reset(own);
    }
    arena_free(own);
    put_cells(v, page, "strip", as, days);
    return e->code == ERR_NONE;
}

struct json *view_test(struct view *v, struct str id, const struct view_filter *f, struct err *e)
{
    size_t index = assessment_test_index(id);
    if (index == SIZE_MAX) {
        err_set(e, ERR_NOT_FOUND, "test %.*s: there is none of this name", STR_ARGS(id));
        return NULL;
    }
    struct err inner = {0};
    const struct assessment *as = view_assessment(v, e);
    const struct test *t = &content_tests[index];
    struct json *page = as ? page_new(v, str_of(t->title), e) : NULL;
    if (!page)
        return NULL;
    const struct test_state *state = &as->tests[index];
    json_put_cstr(page, "id", t->id);
    json_put_cstr(page, "name", t->title);
    json_put_cstr(page, "topic", t->topic);
    json_put_cstr(page, "severity", t->severity);
    put_status_as(page, state->status, state->is_present ? result_status_words(state->status) : "Never ran");
    put_time(v, page, "since", state->since_ms);
    json_put_cstr(page, "why", t->why);
    json_put_cstr(page, "empty", t->empty == EMPTY_NOT_APPLICABLE ? "not_applicable" : "unknown");
    json_put_cstr(page, "empty_words",
                  t->empty == EMPTY_NOT_APPLICABLE ? "If it finds nothing to look at, it does not apply."
                                                   : "If it finds nothing to look at, it is unknown: nothing is never a pass.");
    json_put_cstr(page, "sql", t->sql);
    json_put_cstr(page, "source", t->source);
    json_put_cstr(page, "digest", t->digest);
    put_strings(page, "references", t->references);
    parameters_put(v, page, t);
    controls_put(v, page, as, t);
    subjects_put(v, page, as, state);
    if (!tables_put(v, page, as, t, &inner) || !resources_put(v, page, as, t, f, &inner) || !put_history(v, page, as, &index, 1, &inner) ||
        !strip_put(v, page, as, index, &inner)) {
        *e = inner;
        return NULL;
    }
    json_put_str(page, "explain", arena_printf(v->arena, "assay test --explain %s", t->id));
    next_put(v, page, state);
    return page;
}
