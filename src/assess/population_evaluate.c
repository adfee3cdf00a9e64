/* population_evaluate.c - what a control's performance over an engagement's window comes to, from its populations; and the whole assessment with that in it. */
#include "assess/population_events.h"

#include "assess/assessment.h"
#include "assess/duties.h"
#include "base/times.h"

struct evaluating {
    struct db *db;
    struct arena *a, *rows; /* rows: what is read and gone again */
    const struct blob_opener *blobs;
    const struct engagement *g;
    const struct engagement_control *c;
    struct event_rules rules;
    struct calendar calendar;
    struct json *inputs; /* what goes into the hash */
    int64_t at_ms, local_ms, leaf_limit;
    struct population_result *ret;
    struct str problem; /* what keeps anything from being concluded; "" nothing */
};

static bool has_control(const struct population *p, const char *control)
{
    for (size_t i = 0; i < p->controls.count; i++)
        if (strcmp(p->controls.items[i], control) == 0)
            return true;
    return false;
}

/* Another source, to hold one against, says nothing of the control by itself. */
static bool is_second(struct arena *a, const struct population *p)
{
    const struct population_template *all;
    struct err ignored = {0};
    size_t count;
    if (p->library.size == 0 || !population_library(a, &all, &count, &ignored))
        return false;
    const struct population_template *t = population_template_find(all, count, p->library);
    return t && t->is_second;
}

static void input_put(struct evaluating *x, const struct population *p)
{
    struct json *o = json_push_object(json_get(x->inputs, "populations") ? (struct json *)(uintptr_t)json_get(x->inputs, "populations") : json_put_array(x->inputs, "populations"));
    json_put_str(o, "digest", p->digest);
    json_put_str(o, "id", p->id);
    json_put_cstr(o, "ipe", population_ipe(p->state));
    json_put_str(o, "roles", p->roles);
    json_put_str(o, "sla", p->sla);
}

static void inputs_close(struct evaluating *x)
{
    const struct evaluation_limits *l = &x->g->limits;
    struct json *o = x->inputs, *days = json_put_array(o, "holidays");
    struct buf BUF_AUTO b;
    struct err ignored = {0};
    char hex[65];
    buf_init(&b, 16 << 20);
    for (size_t i = 0; i < x->calendar.count; i++)
        json_push_int(days, x->calendar.holidays[i]);
    json_put_cstr(o, "rules", EVALUATION_RULES);
    json_put_cstr(o, "control", x->c->control->id);
    json_put_int(o, "model", x->c->control->model);
    json_put_str(o, "sla", x->rules.sla);
    json_put_str(o, "extension", x->rules.extension);
    json_put_int(o, "from", x->c->in_force.first);
    json_put_int(o, "to", x->c->in_force.last);
    json_put_int(o, "at", x->at_ms);
    json_put_int(o, "local", x->local_ms);
    json_put_int(o, "confidence", (int64_t)(l->confidence * 1000));
    json_put_int(o, "tolerable", (int64_t)(l->tolerable_rate * 1000));
    if (!json_write_canonical(&b, o, &ignored))
        return;
    struct sha256 digest = sha256_of(buf_view(&b));
    hex_encode(digest.bytes, SHA256_SIZE, hex);
    x->ret->inputs = arena_str(x->a, str_of(hex));
}

static bool rows_open(struct evaluating *x, const struct population *p, struct frozen *ret)
{
    struct err e = {0};
    if (population_rows(x->blobs, x->rows, p, ret, &e)) {
        x->ret->rows += p->rows;
        return true;
    }
    x->problem = arena_str(x->a, str_of(e.text));
    return false;
}

/* ---- M3 ---- */

static void events_all(struct evaluating *x, const struct population *const *list, size_t count)
{
    struct event *events = NULL;
    size_t n = 0;
    for (size_t i = 0; i < count && x->problem.size == 0; i++) {
        struct frozen rows;
        struct str why;
        if (rows_open(x, list[i], &rows) && !population_events(x->rows, list[i], &rows, &x->rules, x->local_ms, &events, &n, &why))
            x->problem = arena_printf(x->a, "%.*s: %.*s", STR_ARGS(list[i]->id), STR_ARGS(why));
    }
    if (x->problem.size == 0)
        x->ret->evaluation = events_evaluate(events, n, &x->calendar, x->c->in_force, x->at_ms, &x->g->limits);
}

/* ---- M4 ---- */

/* What the auditor tested by hand and signed: the sheet says how many items and how many were not as they should be. */
static bool sheet_read(struct evaluating *x, struct attributes *t, struct err *e)
{
    bool is_there = false;
    DB_EACH (row, x->db, e,
             "select r.id, r.items_tested, r.deviations_found, ifnull((select p.rows from populations p where p.id = r.population), 0), "
             "exists(select 1 from audit_exceptions y where y.sheet = r.id and y.state <> 'withdrawn' and y.cause in ('systematic', 'intentional')) "
             "from test_sheets_versions r where r.engagement = ?1 and r.control = ?2 and r.state = 'locked' and r.items_tested > 0 and r.from_leaf <= ?3 and (r.to_leaf is null or "
             "r.to_leaf > ?3) and r.is_deleted = 0 order by r.id",
             A(x->g->id), A(x->c->control->id), A(x->leaf_limit)) {
        struct json *o = json_push_object(json_get(x->inputs, "sheets") ? (struct json *)(uintptr_t)json_get(x->inputs, "sheets") : json_put_array(x->inputs, "sheets"));
        json_put_str(o, "id", arena_str(x->a, db_text(row, 0)));
        json_put_int(o, "tested", db_int(row, 1));
        json_put_int(o, "deviations", db_int(row, 2));
        t->tested += db_int(row, 1);
        t->deviations += db_int(row, 2);
        t->population = db_int(row, 3) > t->population ? db_int(row, 3) : t->population;
        t->is_unabsorbable |= db_int(row, 4) != 0;
        is_there = true;
    }
    t->is_sample = is_there;
    t->is_extended = is_there && db_one_int(x->db, e, 0, "select count(*) from samples s where s.engagement = ?1 and s.is_extension = 1 and s.state = 'revealed' and s.population in "
                                                         "(select t.population from test_sheets t where t.engagement = ?1 and t.control = ?2)",
                                            A(x->g->id), A(x->c->control->id)) > 0;
    return is_there && e->code == ERR_NONE;
}

static void items_all(struct evaluating *x, const struct population *const *list, size_t count, struct err *e)
{
    struct attributes t = {0};
    for (size_t i = 0; i < count && x->problem.size == 0; i++) {
        struct frozen rows;
        struct attributes one = {0};
        struct str why;
        if (!rows_open(x, list[i], &rows))
            return;
        if (!population_attributes(x->rows, list[i], &rows, &x->rules, x->c->in_force, x->local_ms, &one, &why))
            x->problem = arena_printf(x->a, "%.*s: %.*s", STR_ARGS(list[i]->id), STR_ARGS(why));
        t.population += one.population;
        t.tested += one.tested;
        t.deviations += one.deviations;
    }
    struct attributes by_hand = {0};
    if (x->problem.size && sheet_read(x, &by_hand, e)) {
        x->problem = STR("");
        x->ret->is_sample = true;
        t = by_hand;
    }
    if (x->problem.size == 0)
        x->ret->evaluation = attributes_evaluate(&t, &x->g->limits);
}

/* ---- one control ---- */

static struct str why_words(struct evaluating *x)
{
    const struct evaluation *v = &x->ret->evaluation;
    if (v->n == 0)
        return arena_printf(x->a, "nothing of %lld row%s fell due within the window", (long long)x->ret->rows, x->ret->rows == 1 ? "" : "s");
    if (x->ret->is_sample)
        return arena_printf(x->a, "%lld of %lld items tested by hand not as they should be", (long long)v->deviations, (long long)v->n);
    return arena_printf(x->a, "%lld of %lld %s", (long long)v->deviations, (long long)v->n,
                        x->c->control->model == MODEL_EVENT_SLA ? "late or still open past their time" : "lack an attribute");
}

static void no_conclusion(struct population_result *r, struct str why)
{
    r->evaluation = (struct evaluation){.conclusion = CONCLUSION_INSUFFICIENT_EVIDENCE};
    r->why = why;
}

static void judge(struct evaluating *x, const struct population *const *list, size_t count, struct err *e)
{
    struct population_result *r = x->ret;
    size_t failed = 0, unchecked = 0;
    struct str first = STR("");
    for (size_t i = 0; i < count; i++) {
        bool is_failed = str_is(list[i]->state, "failed"), is_checked = str_is(list[i]->state, "checked");
        failed += is_failed;
        unchecked += !is_failed && !is_checked;
        if (first.size == 0 && !is_checked)
            first = list[i]->id;
    }
    r->has_population = count > 0;
    r->is_failed = failed > 0;
    r->is_checked = count > 0 && failed + unchecked == 0;
    if (count == 0) {
        no_conclusion(r, STR("no population: nobody has listed what it had to work on"));
    } else if (failed + unchecked > 0) {
        no_conclusion(r, arena_printf(x->a, "%.*s %s", STR_ARGS(first), failed ? "failed its check: it is not complete, or not accurate" : "is not shown to be complete and accurate"));
        if (failed)
            evaluation_population(&r->evaluation, false);
    } else {
        x->c->control->model == MODEL_EVENT_SLA ? events_all(x, list, count) : items_all(x, list, count, e);
        if (x->problem.size)
            no_conclusion(r, x->problem);
        else
            r->why = why_words(x);
    }
    evaluation_period(&r->evaluation, x->g->window, x->c->in_force, NULL, (struct days){1, 0});
}

bool population_evaluate(struct db *db, struct arena *a, const struct blob_opener *blobs, const struct engagement *g, const struct engagement_control *c, const struct population *all,
                         size_t count, int64_t at_ms, int64_t leaf_limit, struct population_result *ret, struct err *e)
{
    const struct population **list = arena_array(a, count + 1, sizeof *list);
    const char **ids = arena_array(a, count + 1, sizeof *ids);
    int64_t local_ms = g->window.first * MS_DAY - g->instants.from_ms;
    struct evaluating x = {.db = db, .a = a, .blobs = blobs, .g = g, .c = c, .inputs = json_object(a), .local_ms = local_ms, .leaf_limit = leaf_limit, .ret = ret, .problem = STR("")};
    *ret = (struct population_result){.is_event_model = c->control->model == MODEL_EVENT_SLA || c->control->model == MODEL_EVENT_ATTRIBUTES, .why = STR(""), .inputs = STR("")};
    if (!ret->is_event_model)
        return true;
    if (!event_rules_read(a, c->control, &x.rules, e) || !calendar_load(db, a, &x.calendar, e))
        return false;
    x.at_ms = (at_ms < g->instants.to_ms ? at_ms : g->instants.to_ms) + local_ms;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (has_control(&all[i], c->control->id) && !is_second(a, &all[i])) {
            input_put(&x, &all[i]);
            ids[n] = all[i].id.data;
            list[n++] = &all[i];
        }
    ret->populations = (struct strings){ids, n};
    x.rows = arena_new("rows", (size_t)1 << 30);
    judge(&x, list, n, e);
    arena_free(x.rows);
    inputs_close(&x);
    return e->code == ERR_NONE;
}

/* ---- all of them ---- */

static void operation_put(struct assessment *as, size_t control, const struct population_result *r)
{
    struct operation *o = &as->controls[control].operation;
    o->conclusion = r->evaluation.conclusion;
    o->is_partial_period = (r->evaluation.flags & FLAG_PARTIAL_PERIOD) != 0;
    o->why = arena_str(as->arena, r->why).data;
    as->controls[control].facts.performances.expected = r->evaluation.n;
    as->controls[control].facts.performances.late = r->evaluation.deviations;
    as->controls[control].facts.performances.missed = as->controls[control].facts.performances.unevidenced = 0;
}

bool population_feed(struct db *db, struct arena *a, const struct blob_opener *blobs, const struct engagement *g, struct assessment *as, struct population_result **ret, struct err *e)
{
    struct engagement_scope scope;
    struct population *all;
    size_t count;
    *ret = arena_array(a, as->control_count + 1, sizeof **ret);
    if (!engagement_scope(db, a, g, as->leaf_limit, &scope, e) || !populations_of(db, a, g->id, as->leaf_limit, &all, &count, e))
        return false;
    for (size_t i = 0; i < scope.control_count; i++) {
        size_t at = scope.controls[i].index;
        if (at >= as->control_count)
            continue;
        if (!population_evaluate(db, a, blobs, g, &scope.controls[i], all, count, as->at_ms, as->leaf_limit, &(*ret)[at], e))
            return false;
        if ((*ret)[at].is_event_model)
            operation_put(as, at, &(*ret)[at]);
    }
    assessment_signals(as);
    return true;
}
