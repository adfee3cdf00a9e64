/* sheets.c - test sheets: made for each control in scope, filled from the rows that were drawn and from what was performed, exceptions written, prepared and signed. */
#include "demo/stage.h"
#include "assess/assessment.h"
#include "assess/duties.h"
#include "assess/population_events.h"
#include "assess/sheet.h"
#include "collect/captures.h"

#include <ctype.h>

enum { SHEETS_MAX = 140, ITEMS_MAX = 400, WRONG_BYTES_MAX = 500 };

struct filling {
    struct demo_world *w;
    struct str who;
    const struct engagement *g;
    const struct engagement_control *c;
    const struct assessment *as; /* over the window */
    struct population p;
    struct sample_items items;
    struct str sample, evidence;
    bool has_population;
    struct buf *results;
    size_t attributes;
    int64_t looked, wrong;
    struct str wrong_items; /* words of those that are not as they should be */
};

static void row_put(struct filling *f, int64_t item, size_t wrong_attribute, bool is_wrong, struct str note)
{
    buf_printf(f->results, "%s%lld", f->results->size ? "\n" : "", (long long)item);
    for (size_t k = 0; k < f->attributes; k++)
        buf_printf(f->results, " %c=%s", (char)('A' + k), is_wrong && k == (wrong_attribute < f->attributes ? wrong_attribute : f->attributes - 1) ? "no" : "yes");
    if (f->evidence.size)
        buf_printf(f->results, " e=%.*s", STR_ARGS(f->evidence));
    if (note.size)
        buf_printf(f->results, " : %.*s", STR_ARGS(note));
    f->looked++;
    f->wrong += is_wrong;
    if (is_wrong && f->wrong_items.size < WRONG_BYTES_MAX)
        f->wrong_items = arena_printf(f->w->arena, "%.*s%s%.*s", STR_ARGS(f->wrong_items), f->wrong_items.size ? "; " : "", STR_ARGS(note));
}

/* ---- events ---- */

static bool event_is_wrong(struct filling *f, const struct calendar *calendar, const struct event *x)
{
    struct evaluation v = events_evaluate(x, 1, calendar, f->c->in_force, f->g->instants.to_ms, &f->g->limits);
    return v.deviations > 0;
}

/* The first attribute that a row lacks; SIZE_MAX: none. */
static size_t attribute_lacked(struct filling *f, const struct frozen *rows, const struct event_rules *rules, size_t row)
{
    struct demo_world *w = f->w;
    struct str *cells = arena_array(w->step, rows->column_count + 1, sizeof(*cells));
    if (!frozen_row(rows, w->step, row, cells, NULL))
        return SIZE_MAX;
    for (size_t k = 0; k < rules->attributes.count; k++) {
        size_t at = frozen_column(rows, population_role(&f->p, str_of(rules->attributes.items[k])));
        struct str text = at == SIZE_MAX ? STR("yes") : str_trim(cells[at]);
        if (text.size == 0 || str_is(text, "no") || str_is(text, "0") || str_is(text, "false"))
            return k;
    }
    return SIZE_MAX;
}

static struct str row_words(struct filling *f, const struct frozen *rows, size_t row)
{
    struct demo_world *w = f->w;
    struct str *cells = arena_array(w->step, rows->column_count + 1, sizeof(*cells));
    if (!frozen_row(rows, w->step, row, cells, NULL))
        return STR("");
    size_t id = frozen_column(rows, population_role(&f->p, STR("id"))), date = frozen_column(rows, population_role(&f->p, STR("date")));
    return arena_printf(w->step, "%.*s of %.*s", STR_ARGS(id == SIZE_MAX ? STR("row") : cells[id]), STR_ARGS(str_slice(date == SIZE_MAX ? STR("") : cells[date], 0, 10)));
}

static bool events_fill(struct filling *f, struct err *e)
{
    struct demo_world *w = f->w;
    struct blob_opener *blobs = blob_opener_keeper(w->step, w->data.path, w->keeper, e);
    struct frozen rows;
    struct event_rules rules;
    struct event *events = NULL;
    struct calendar calendar;
    size_t count = 0;
    struct str problem = STR("");
    bool is_timed = f->c->control->model == MODEL_EVENT_SLA;
    if (!blobs || !population_rows(blobs, w->step, &f->p, &rows, e) || !event_rules_read(w->step, f->c->control, &rules, e) || !calendar_load(w->db, w->step, &calendar, e))
        return false;
    if (is_timed && !population_events(w->step, &f->p, &rows, &rules, 0, &events, &count, &problem))
        return err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(f->p.id), STR_ARGS(problem));
    size_t n = f->sample.size && !f->items.is_all ? f->items.count : rows.count < ITEMS_MAX ? rows.count : ITEMS_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t row = f->sample.size && !f->items.is_all ? (size_t)f->items.items[i].item : i + 1;
        size_t lacked = is_timed ? (event_is_wrong(f, &calendar, &events[row - 1]) ? 1 : SIZE_MAX) : attribute_lacked(f, &rows, &rules, row);
        row_put(f, (int64_t)row, lacked, lacked != SIZE_MAX, lacked != SIZE_MAX ? row_words(f, &rows, row) : STR(""));
    }
    return true;
}

/* ---- performances, settings, documents ---- */

static bool performances_fill(struct filling *f, struct err *e)
{
    struct demo_world *w = f->w;
    int64_t n = 0, all = db_one_int(w->db, e, 0, "select count(*) from occurrences where control = ?1 and due_on between ?2 and ?3 and state <> 'cancelled'", A(f->c->control->id),
                                    A(day_text(w->step, f->g->window.first)), A(day_text(w->step, f->g->window.last)));
    int64_t every = all > 40 ? all / 25 : 1, place = 0;
    DB_EACH (row, w->db, e, "select state, period_to from occurrences where control = ?1 and due_on between ?2 and ?3 and state in ('performed', 'late', 'missed') order by period_to",
             A(f->c->control->id), A(day_text(w->step, f->g->window.first)), A(day_text(w->step, f->g->window.last))) {
        bool is_wrong = !str_is(db_text(row, 0), "performed");
        if (place++ % every && !(is_wrong && all <= 60))
            continue;
        row_put(f, ++n, 0, is_wrong, arena_printf(w->step, "period to %.*s%s", STR_ARGS(db_text(row, 1)), str_is(db_text(row, 0), "missed") ? ", not performed" : is_wrong ? ", performed late" : ""));
    }
    return e->code == ERR_NONE;
}

static bool settings_fill(struct filling *f, struct err *e)
{
    const struct test_history *histories = NULL;
    const struct operation *o = &f->as->controls[f->c->index].operation;
    bool is_wrong = o->conclusion == CONCLUSION_OPERATED_WITH_DEVIATIONS || o->conclusion == CONCLUSION_NOT_OPERATING;
    for (size_t s = 0; s < f->as->subject_count && (histories = subject_histories(f->as, f->w->step, s, e)); s++) {
        const struct subject_state *subject = &f->as->subjects[s];
        size_t count;
        struct str off = STR("");
        struct stretch *list = control_stretches(f->as, f->w->step, histories, f->c->index, s, &count);
        for (size_t i = 0; i < count; i++)
            if (list[i].status == RESULT_FAIL && list[i].to_ms > f->as->window.from_ms && list[i].from_ms < f->as->window.to_ms)
                off = arena_printf(f->w->step, "%.*s%s %.*s to %.*s", STR_ARGS(off), off.size ? " and" : "", STR_ARGS(day_text(f->w->step, day_of(list[i].from_ms))), STR_ARGS(day_text(f->w->step, day_of(list[i].to_ms))));
        bool is_off = is_wrong && off.size > 0;
        row_put(f, (int64_t)s + 1, 0, is_off, is_off ? arena_printf(f->w->step, "%.*s, not as set %.*s", STR_ARGS(subject->name), STR_ARGS(off)) : subject->name);
    }
    return e->code == ERR_NONE;
}

static void document_fill(struct filling *f)
{
    const struct operation *o = &f->as->controls[f->c->index].operation;
    bool is_wrong = o->conclusion == CONCLUSION_OPERATED_WITH_DEVIATIONS || o->conclusion == CONCLUSION_NOT_OPERATING;
    row_put(f, 1, 0, is_wrong, is_wrong ? arena_printf(f->w->step, "the document: %s", o->why) : STR("the document in force"));
}

/* ---- one sheet ---- */

static struct str evidence_find(struct demo_world *w, const char *control, struct err *e)
{
    return db_one_text(w->step, w->db, e,
                       "select v.id from evidence_items v join record_link l on l.type = 'evidence' and l.id = v.id and l.field = 'controls' and l.to_leaf is null where l.target = ?1 and v.state = "
                       "'accepted' order by v.taken_on desc, v.id desc limit 1",
                       A(control));
}

static bool sources_find(struct filling *f, struct err *e)
{
    struct demo_world *w = f->w;
    const char *control = f->c->control->id;
    struct str population = db_one_text(w->step, w->db, e,
                                        "select p.id from populations p join record_link k on k.type = 'population' and k.id = p.id and k.field = 'controls' and k.to_leaf is null "
                                        "where k.target = ?1 and p.engagement = ?2 and p.state = 'checked' order by p.id limit 1",
                                        A(control), A(f->g->id));
    f->has_population = population.size > 0;
    if (!f->has_population)
        return e->code == ERR_NONE;
    f->sample = db_one_text(w->step, w->db, e, "select id from samples where population = ?1 and state = 'revealed' order by id desc limit 1", A(population));
    f->evidence = world_id(w, arena_printf(w->step, "ev-%.*s", STR_ARGS(population)));
    if (!population_read(w->db, w->step, population, INT64_MAX, &f->p, e))
        return false;
    struct record *sample = f->sample.size ? world_record(w, "sample", f->sample, e) : NULL;
    return !sample || sample_items_read(w->step, json_text(sample->values, "drawn"), &f->items, e);
}

static struct json *sheet_values(struct filling *f, bool could_not)
{
    struct demo_world *w = f->w;
    const struct control *c = f->c->control;
    struct json *set = json_object(w->step), *criteria = json_put_array(set, "criteria"), *methods = json_put_array(set, "method");
    for (size_t i = 0; i < f->c->key_for.count; i++)
        json_push_str(criteria, str_of(f->c->key_for.items[i]));
    for (size_t i = 0; i < f->c->supports.count; i++)
        json_push_str(criteria, str_of(f->c->supports.items[i]));
    json_push_str(methods, c->model == MODEL_CONFIG_STATE ? STR("reperformance") : STR("inspection"));
    json_push_str(methods, STR("inquiry"));
    json_put_str(set, "title", str_slice(arena_printf(w->step, "%s %s", c->id, c->title), 0, 190));
    json_put_str(set, "engagement", f->g->id);
    json_put_cstr(set, "control", c->id);
    json_put_str(set, "objective", arena_printf(w->step, "The control operated as stated on every day of the window that it was in force: %.*s", STR_ARGS(world_text(w, c->statement))));
    json_put_str(set, "procedure", c->test_operation && c->test_operation[0] ? world_text(w, c->test_operation) : STR("Read what was performed in the window, and compared it with what the control says."));
    json_put_str(set, "attributes", sheet_attributes_of(w->step, c));
    if (f->has_population)
        json_put_str(set, "population", f->p.id);
    if (f->sample.size)
        json_put_str(set, "sample", f->sample);
    if (could_not)
        json_put_str(set, "reason", STR("no list of what it had to work on was shown to be complete"));
    return set;
}

static size_t attribute_count(struct str attributes)
{
    size_t n = 0;
    struct str line;
    while (str_next_line(&attributes, &line))
        n += line.size > 0;
    return n;
}

static bool exception_write(struct filling *f, struct str sheet, struct err *e)
{
    struct demo_world *w = f->w;
    struct json *set = json_object(w->step), *answer;
    struct record_change change = {.type = STR("audit_exception"), .act = RECORD_CREATE, .set = set};
    const struct control *c = f->c->control;
    static const char *const expected[] = {[MODEL_CONFIG_STATE] = "keeping the setting throughout", [MODEL_PERIODIC] = "performance by the end of its period",
                                           [MODEL_EVENT_SLA] = "completion within the time that the control gives", [MODEL_EVENT_ATTRIBUTES] = "one of the steps that the control asks for",
                                           [MODEL_DOCUMENT] = "approval and review in time"};
    json_put_str(set, "title", str_slice(arena_printf(w->step, "%s: %lld of %lld not as stated", c->id, (long long)f->wrong, (long long)f->looked), 0, 190));
    json_put_str(set, "engagement", f->g->id);
    json_put_str(set, "sheet", sheet);
    json_put_cstr(set, "control", c->id);
    json_put_int(set, "items", f->wrong);
    json_put_int(set, "of_items", f->looked);
    json_put_cstr(set, "expected", expected[c->model]);
    json_put_str(set, "facts", f->wrong_items);
    json_put_cstr(set, "cause", "isolated");
    json_put_str(set, "effect", STR("What the control should have caught was looked at for these items; nothing else was found."));
    json_put_str(set, "response_due_on", day_text(w->step, world_today(w) + 10));
    if (!world_do_typed(w, f->who, &change, 1, &answer, e))
        return false;
    world_name(w, arena_printf(w->arena, "aex-%s", c->id), STR("audit_exception"), world_answer_id(answer, 0));
    return true;
}

static bool sheet_prepare(struct filling *f, struct str id, struct err *e)
{
    struct demo_world *w = f->w;
    struct sheet s;
    struct record_change change;
    struct access x;
    struct json *set = json_object(w->step);
    if (!world_access(w, f->who, &x, e) || !sheet_read(w->db, w->step, id, &s, e) || !sheet_prepared(w->db, w->step, &s, x.person, world_today(w), set, e))
        return false;
    return world_change(w, "test_sheet", RECORD_MOVE, id, "prepare", set, "", &change, e) && world_do_typed(w, f->who, &change, 1, NULL, e);
}

static bool sheet_fill(struct filling *f, struct err *e)
{
    struct demo_world *w = f->w;
    enum control_model model = f->c->control->model;
    bool is_event = model == MODEL_EVENT_SLA || model == MODEL_EVENT_ATTRIBUTES;
    struct buf BUF_AUTO results;
    struct record_change change = {.type = STR("test_sheet"), .act = RECORD_CREATE};
    struct access x;
    struct json *answer;
    buf_init(&results, 1 << 20);
    f->results = &results;
    if (!sources_find(f, e))
        return false;
    if (f->evidence.size == 0)
        f->evidence = evidence_find(w, f->c->control->id, e);
    if (f->evidence.size == 0)
        f->evidence = world_id(w, STR("ev_captures"));
    f->attributes = attribute_count(sheet_attributes_of(w->step, f->c->control));
    if (is_event && f->has_population ? !events_fill(f, e) : model == MODEL_PERIODIC && !performances_fill(f, e))
        return false;
    if (model == MODEL_CONFIG_STATE && !settings_fill(f, e))
        return false;
    if (model == MODEL_DOCUMENT)
        document_fill(f);
    bool is_none = f->has_population && f->p.rows == 0;
    change.set = sheet_values(f, f->looked == 0 && !is_none);
    if (f->looked)
        json_put_str(change.set, "results", arena_str(w->step, buf_view(&results)));
    if (f->evidence.size)
        json_push_str(json_put_array(change.set, "evidence"), f->evidence);
    if (!world_access(w, f->who, &x, e))
        return false;
    record_defaults(record_types_find(w->types, STR("test_sheet")), change.set, &x, *w->clock_ms);
    if (!world_do_typed(w, f->who, &change, 1, &answer, e))
        return false;
    struct str id = arena_str(w->arena, world_answer_id(answer, 0));
    return (f->wrong == 0 || exception_write(f, id, e)) && sheet_prepare(f, id, e);
}

/* {do: sheets, who (auditor), engagement, but: [control…]}: all but some, which stay drafts without results. */
bool play_sheets(struct demo_world *w, const struct json *step, struct err *e)
{
    struct arena *own = arena_new("sheets", 1 << 30), *before = w->step;
    struct engagement g;
    struct engagement_scope scope;
    /* The step's arena goes with each operation; what all sheets need is read into one of its own. */
    w->step = own;
    bool ok = stage_engagement(w, step, &g, &scope, e);
    const struct assessment *as = ok ? assessment_load_in(w->db, own, *w->clock_ms, g.window.first, g.window.last, g.zone, INT64_MAX, e) : NULL;
    w->step = before;
    for (size_t i = 0; as && i < scope.control_count && !e->code; i++) {
        struct filling f = {.w = w, .who = json_text(step, "who"), .g = &g, .c = &scope.controls[i], .as = as, .sample = STR(""), .evidence = STR(""), .wrong_items = STR("")};
        bool is_left = false;
        JSON_EACH (one, json_get(step, "but"))
            is_left |= str_is(one->text, f.c->control->id);
        if (!is_left && !sheet_fill(&f, e))
            err_wrap(e, "%s", f.c->control->id);
        world_step_done(w);
        world_clock(w, *w->clock_ms + 3 * MS_MINUTE);
    }
    arena_free(own);
    return e->code == ERR_NONE;
}

/* {do: sheets_sign, who (another auditor), engagement, but: [control…]} */
bool play_sheets_sign(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str ids[SHEETS_MAX];
    size_t n = 0;
    DB_EACH (row, w->db, e, "select id, control from test_sheets where engagement = ?1 and state = 'prepared' order by id limit 140", A(world_id(w, json_text(step, "engagement")))) {
        bool is_left = false;
        JSON_EACH (one, json_get(step, "but"))
            is_left |= str_equal(one->text, db_text(row, 1));
        if (!is_left)
            ids[n++] = arena_str(w->arena, db_text(row, 0));
    }
    for (size_t i = 0; i < n && !e->code; i++) {
        struct record_change change;
        struct access x;
        struct json *set = json_object(w->step);
        if (!world_access(w, json_text(step, "who"), &x, e))
            return false;
        json_put_str(set, "reviewed_on", day_text(w->step, world_today(w)));
        json_put_str(set, "reviewer", x.person);
        if (!world_change(w, "test_sheet", RECORD_MOVE, ids[i], "sign", set, "", &change, e) || !world_do_typed(w, json_text(step, "who"), &change, 1, NULL, e))
            return err_wrap(e, "%.*s", STR_ARGS(ids[i]));
        world_clock(w, *w->clock_ms + MS_MINUTE);
    }
    return e->code == ERR_NONE;
}

/* What management says of the control's exception; the last of `words` is for any other. */
static void answer_put(struct json *set, const struct json *words, struct str control)
{
    const struct json *found = NULL;
    JSON_EACH (one, words)
        if (!found || !str_equal(json_text(found, "control"), control))
            found = one;
    json_put_str(set, "cause", json_text(found, "cause"));
    json_put_str(set, "effect", json_text(found, "effect"));
    json_put_str(set, "action", json_text(found, "action"));
}

/* {do: responses, who, by: NAME, engagement, but: [control…], words: [{control, cause, effect, action}…]}: management agrees, writes and gives its answers; the
 * auditor reports the exceptions. The last of `words` is for controls without some of their own. */
bool play_responses(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str ids[SHEETS_MAX], controls[SHEETS_MAX], owners[SHEETS_MAX], who = json_text(step, "who");
    size_t n = 0;
    DB_EACH (row, w->db, e, "select x.id, x.control, coalesce(c.owner, '') from audit_exceptions x left join control_records c on c.id = x.control where x.engagement = ?1 and x.state = 'noted' order by x.id limit 140",
             A(world_id(w, json_text(step, "engagement")))) {
        bool is_left = false;
        JSON_EACH (one, json_get(step, "but"))
            is_left |= str_equal(one->text, db_text(row, 1));
        if (is_left)
            continue;
        ids[n] = arena_str(w->arena, db_text(row, 0));
        controls[n] = arena_str(w->arena, db_text(row, 1));
        owners[n++] = arena_str(w->arena, db_text(row, 2));
    }
    for (size_t i = 0; i < n && !e->code; i++) {
        struct record_change change;
        struct json *answer, *set = json_object(w->step);
        if (!world_change(w, "audit_exception", RECORD_MOVE, ids[i], "agree", NULL, "", &change, e) || !world_do_typed(w, who, &change, 1, &answer, e))
            return err_wrap(e, "%.*s", STR_ARGS(ids[i]));
        json_put_str(set, "title", arena_printf(w->step, "%.*s: what we do about it", STR_ARGS(controls[i])));
        json_put_str(set, "exception", ids[i]);
        answer_put(set, json_get(step, "words"), controls[i]);
        json_put_str(set, "action_on", day_text(w->step, world_today(w) + 45));
        json_put_str(set, "owner", owners[i].size ? owners[i] : world_id(w, STR("lead")));
        change = (struct record_change){.type = STR("response"), .act = RECORD_CREATE, .set = set};
        if (!world_do_typed(w, who, &change, 1, &answer, e))
            return err_wrap(e, "%.*s", STR_ARGS(ids[i]));
        struct str id = arena_str(w->arena, world_answer_id(answer, 0));
        if (!world_change(w, "response", RECORD_MOVE, id, "give", NULL, "", &change, e) || !world_do_typed(w, json_text(step, "by"), &change, 1, NULL, e))
            return err_wrap(e, "%.*s", STR_ARGS(id));
        world_clock(w, *w->clock_ms + 4 * MS_MINUTE);
    }
    return e->code == ERR_NONE;
}
