/* population_evaluate.c - what a control's performance over an engagement's window comes to, from its populations; and the whole assessment with that in it. */
#include "assess/population_events.h"

#include "assess/assessment.h"
#include "assess/duties.h"
#include "assess/sheet.h"
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
    int64_t at_instant_ms, at_ms, leaf_limit; /* the second by the engagement's clock */
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
    json_put_str(o, "zone", x->g->zone ? x->g->time_zone : STR("UTC"));
    json_put_int(o, "local_from", x->g->window.first * MS_DAY - x->g->instants.from_ms);
    json_put_int(o, "local_to", (x->g->window.last + 1) * MS_DAY - x->g->instants.to_ms);
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
        if (rows_open(x, list[i], &rows) && !population_events(x->rows, list[i], &rows, &x->rules, x->g->zone, &events, &n, &why))
            x->problem = arena_printf(x->a, "%.*s: %.*s", STR_ARGS(list[i]->id), STR_ARGS(why));
    }
    if (x->problem.size == 0)
        x->ret->evaluation = events_evaluate(events, n, &x->calendar, x->c->in_force, x->at_instant_ms, &x->g->limits);
}

/* ---- M4 ---- */

/* What the auditor tested by hand and signed. */
static bool sheets_read(struct evaluating *x, struct attributes *t, struct err *e)
{
    struct sheet *sheets;
    size_t count;
    if (!sheets_of_control(x->db, x->a, x->g->id, str_of(x->c->control->id), x->leaf_limit, &sheets, &count, t, e) || t->tested == 0)
        return false;
    struct json *list = json_put_array(x->inputs, "sheets");
    for (size_t i = 0; i < count; i++) {
        struct json *o = json_push_object(list);
        json_put_str(o, "id", sheets[i].record->id);
        json_put_int(o, "tested", sheets[i].count.tested);
        json_put_int(o, "deviations", sheets[i].count.deviations);
    }
    return true;
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
        if (!population_attributes(x->rows, list[i], &rows, &x->rules, x->c->in_force, x->g->zone, &one, &why))
            x->problem = arena_printf(x->a, "%.*s: %.*s", STR_ARGS(list[i]->id), STR_ARGS(why));
        t.population += one.population;
        t.tested += one.tested;
        t.deviations += one.deviations;
    }
    struct attributes by_hand = {0};
    if (x->problem.size && sheets_read(x, &by_hand, e)) {
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
    struct evaluating x = {.db = db, .a = a, .blobs = blobs, .g = g, .c = c, .inputs = json_object(a), .leaf_limit = leaf_limit, .ret = ret, .problem = STR("")};
    *ret = (struct population_result){.is_event_model = c->control->model == MODEL_EVENT_SLA || c->control->model == MODEL_EVENT_ATTRIBUTES, .why = STR(""), .inputs = STR("")};
    if (!ret->is_event_model)
        return true;
    if (!event_rules_read(a, c->control, &x.rules, e) || !calendar_load(db, a, &x.calendar, e))
        return false;
    x.at_instant_ms = at_ms < g->instants.to_ms ? at_ms : g->instants.to_ms;
    x.at_ms = zone_local_ms(g->zone, x.at_instant_ms);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (has_control(&all[i], c->control->id)) {
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

/* Another source, to hold one against, says nothing of the control by itself. Gives how many are left. */
static size_t seconds_drop(struct population *all, size_t count)
{
    const struct population_template *library = NULL;
    struct err ignored = {0};
    struct arena *own = arena_new("library", 64 << 20);
    size_t library_count, kept = 0;
    if (!population_library(own, &library, &library_count, &ignored))
        library_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct population_template *t = population_template_find(library, library_count, all[i].library);
        if (!t || !t->is_second)
            all[kept++] = all[i];
    }
    arena_free(own);
    return kept;
}

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
    count = seconds_drop(all, count);
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
