/* populations.c - populations of the examination: drafted from the library, frozen from queries and from lists of made events, samples of them. */
#include "demo/stage.h"
#include "assess/audit_sample.h"
#include "report/view_sheets.h"
#include "collect/captures.h"

enum { POPULATION_MAX = 80, NONCE_SIZE = 32, QUERY_MS = 60000, BIG_BYTES_MAX = 1 << 30 };

static struct str name_of(struct demo_world *w, struct str template)
{
    return arena_printf(w->step, "pop-%.*s", STR_ARGS(template));
}

/* {do: populations_draft, who, engagement}: one for each control that works on events, as the library has it. */
bool play_populations_draft(struct demo_world *w, const struct json *step, struct err *e)
{
    struct engagement g;
    struct engagement_scope scope;
    const struct population_template *all, *wanted[POPULATION_MAX];
    size_t count, n = 0;
    if (!stage_engagement(w, step, &g, &scope, e) || !population_library(w->step, &all, &count, e))
        return false;
    for (size_t i = 0; i < scope.control_count; i++) {
        enum control_model model = scope.controls[i].control->model;
        const struct population_template *t = model == MODEL_EVENT_SLA || model == MODEL_EVENT_ATTRIBUTES ? population_template_of(all, count, str_of(scope.controls[i].control->id)) : NULL;
        bool is_there = !t;
        for (size_t k = 0; k < n; k++)
            is_there |= wanted[k] == t;
        if (!is_there && n < POPULATION_MAX)
            wanted[n++] = t;
    }
    JSON_EACH (id, json_get(step, "also"))
        if (n < POPULATION_MAX && population_template_find(all, count, id->text))
            wanted[n++] = population_template_find(all, count, id->text);
    struct record_change *changes = arena_array(w->step, n + 1, sizeof(*changes));
    struct access x;
    struct json *answer;
    if (!world_access(w, json_text(step, "who"), &x, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!population_draft(w->db, w->step, wanted[i], g.id, day_text(w->step, g.window.first), day_text(w->step, g.window.last), &changes[i], e))
            return false;
        record_defaults(record_types_find(w->types, STR("population")), changes[i].set, &x, *w->clock_ms);
    }
    if (n == 0 || !world_do_typed(w, json_text(step, "who"), changes, n, &answer, e))
        return e->code == ERR_NONE;
    for (size_t i = 0; i < n; i++)
        world_name(w, name_of(w, wanted[i]->id), STR("population"), world_answer_id(answer, i));
    return true;
}

/* ---- samples ---- */

static void nonce_of(const struct demo_world *w, struct str population, char ret_hex[2 * NONCE_SIZE + 1])
{
    struct sha256 number = sha256_of(arena_printf(w->step, "number of %.*s %llu", STR_ARGS(population), (unsigned long long)w->pick_seed));
    hex_encode(number.bytes, NONCE_SIZE, ret_hex);
}

/* {do: samples_commit, who (auditor), engagement, of: [{population, expected}]} */
bool play_samples_commit(struct demo_world *w, const struct json *step, struct err *e)
{
    JSON_EACH (one, json_get(step, "of")) {
        struct sampling_frame frame;
        struct engagement g;
        struct access x;
        char nonce[2 * NONCE_SIZE + 1], commitment[65];
        uint8_t bytes[NONCE_SIZE];
        struct str population = world_id(w, name_of(w, json_text(one, "population")));
        struct json *set = json_object(w->step);
        struct record_change change = {.type = STR("sample"), .act = RECORD_CREATE, .set = set};
        if (population.size == 0)
            return err_set(e, ERR_INVALID, "%.*s: no such population", STR_ARGS(json_text(one, "population")));
        if (!stage_engagement(w, step, &g, NULL, e) || !world_access(w, json_text(step, "who"), &x, e) || !sampling_frame_read(w->db, w->step, population, &frame, e))
            return false;
        const struct json *size = sample_propose(w->db, w->step, g.id, STR(""), json_int(one, "expected", 100), false, e);
        nonce_of(w, population, nonce);
        if (!size || !hex_decode(str_of(nonce), bytes, NONCE_SIZE))
            return false;
        struct sha256 digest = sha256_of(str_make(bytes, NONCE_SIZE));
        hex_encode(digest.bytes, SHA256_SIZE, commitment);
        json_put_str(set, "title", arena_printf(w->step, "Sample of %.*s", STR_ARGS(record_title(frame.record))));
        json_put_str(set, "engagement", g.id);
        json_put_str(set, "population", population);
        json_put_str(set, "definition", frame.definition);
        json_put_str(set, "commitment", arena_str(w->step, str_of(commitment)));
        json_put_int(set, "size", json_int(size, "size", 25));
        json_put_str(set, "size_reason", json_text(size, "why"));
        json_put_str(set, "auditor", x.person);
        record_defaults(record_types_find(w->types, STR("sample")), set, &x, *w->clock_ms);
        if (!world_do_typed(w, json_text(step, "who"), &change, 1, NULL, e))
            return err_wrap(e, "%.*s", STR_ARGS(json_text(one, "population")));
    }
    return true;
}

/* {do: samples_reveal, who (auditor), engagement} */
bool play_samples_reveal(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str ids[POPULATION_MAX];
    size_t n = 0;
    struct str engagement = world_id(w, json_text(step, "engagement"));
    if (!world_seal(w, e))
        return false;
    DB_EACH (row, w->db, e, "select id from samples where engagement = ?1 and state = 'committed' order by id limit 80", A(engagement))
        ids[n++] = arena_str(w->arena, db_text(row, 0));
    for (size_t i = 0; i < n && !e->code; i++) {
        struct access x;
        struct view v = {0};
        struct view_records r;
        struct record_change change;
        char nonce[2 * NONCE_SIZE + 1];
        if (!world_access(w, json_text(step, "who"), &x, e) || !stage_view(w, &x, &v, &r, e))
            return false;
        struct record *sample = world_record(w, "sample", ids[i], e);
        struct sample_source source = view_sample_source(&v);
        struct json *set = NULL;
        if (sample) {
            nonce_of(w, json_text(sample->values, "population"), nonce);
            set = sample_show(w->db, w->step, &source, sample, arena_str(w->step, str_of(nonce)), e);
        }
        stage_view_close(&v);
        if (!set || !world_change(w, "sample", RECORD_MOVE, ids[i], "reveal", set, "", &change, e) || !world_do_typed(w, json_text(step, "who"), &change, 1, NULL, e))
            return err_wrap(e, "%.*s", STR_ARGS(ids[i]));
    }
    return e->code == ERR_NONE;
}

/* ---- events as their systems list them ---- */

static const struct json *events_said(const struct demo_world *w, struct str template)
{
    JSON_EACH (file, w->content)
        JSON_EACH (s, json_get(file, "events"))
            if (str_equal(json_text(s, "population"), template))
                return s;
    return NULL;
}

/* What is said of the n-th one; NULL: it is as it should be. */
static const struct json *event_said(const struct json *said, int64_t n)
{
    JSON_EACH (one, json_get(said, "but"))
        if (json_int(one, "n", 0) == n)
            return one;
    return NULL;
}

static struct str item_at(const struct json *list, int64_t n)
{
    const struct json *v = list && list->count ? json_at(list, (size_t)n % list->count) : NULL;
    return v ? v->text : STR("");
}

/* When the story says (`at`), else in working hours of working days, spread over the window. */
static int64_t event_instant(struct demo_world *w, const struct engagement *g, const struct json *said, int64_t n, int64_t count)
{
    struct str key = arena_printf(w->step, "%.*s %lld", STR_ARGS(json_text(said, "population")), (long long)n);
    const struct json *at = json_get(said, "at");
    struct err ignored = {0};
    int64_t told;
    if (at && (size_t)n <= at->count && world_instant(w, json_at(at, (size_t)n - 1)->text, &told, &ignored))
        return told;
    int64_t days = g->window.last - g->window.first + 1, day = g->window.first + (2 * n - 1) * days / (2 * count);
    int weekday = (int)((day + 3) % 7);
    if (!json_bool(said, "any_day") && weekday >= 5)
        day -= weekday - 4;
    if (day < g->window.first)
        day += 3;
    return day * MS_DAY + 8 * MS_HOUR + (int64_t)world_pick(w, key, 9 * 60) * MS_MINUTE;
}

static struct str event_cell(struct demo_world *w, const struct engagement *g, const struct json *said, struct str column, int64_t n, int64_t count)
{
    char text[TIME_TEXT_SIZE];
    const struct json *but = event_said(said, n), *own = json_get(but, arena_str(w->step, column).data);
    int64_t at = event_instant(w, g, said, n, count);
    if (own && own->type == JSON_STRING)
        return own->text;
    if (own && own->type == JSON_BOOL)
        return own->boolean ? STR("yes") : STR("no");
    if (str_is(column, "id"))
        return arena_printf(w->step, "%.*s-%04lld", STR_ARGS(json_text(said, "prefix")), (long long)n);
    if (str_is(column, "number"))
        return arena_printf(w->step, "%lld", (long long)n);
    if (str_is(column, "date"))
        return arena_str(w->step, str_of(time_format(at, text)));
    if (str_is(column, "completed")) {
        struct str severity = event_cell(w, g, said, STR("severity"), n, count);
        int64_t minutes = json_int(json_get(said, "minutes"), arena_str(w->step, severity).data, json_int(said, "minutes", 60));
        minutes = 1 + (int64_t)world_pick(w, arena_printf(w->step, "%.*s took %lld", STR_ARGS(json_text(said, "population")), (long long)n), (uint64_t)minutes);
        minutes = json_int(but, "took_minutes", minutes);
        return minutes < 0 ? STR("") : arena_str(w->step, str_of(time_format(at + minutes * MS_MINUTE, text)));
    }
    if (str_is(column, "severity"))
        return item_at(json_get(said, "severities"), n);
    if (str_is(column, "system"))
        return item_at(json_get(said, "systems"), n);
    if (str_is(column, "name"))
        return item_at(json_get(said, "names"), n - 1);
    if (str_is(column, "kind"))
        return item_at(json_get(said, "kinds"), n);
    if (str_is(column, "accepted_on") || str_is(column, "extended_on") || str_is(column, "extended_to"))
        return STR("");
    return STR("yes");
}

static struct str events_csv(struct demo_world *w, const struct engagement *g, const struct json *said, const struct population_template *t)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 16 << 20);
    int64_t count = json_int(said, "rows", 0);
    for (size_t k = 0; k < t->columns.count; k++)
        buf_printf(&b, "%s%s", k ? "," : "", t->columns.items[k]);
    buf_char(&b, '\n');
    for (int64_t n = 1; n <= count; n++) {
        for (size_t k = 0; k < t->columns.count; k++)
            buf_printf(&b, "%s%.*s", k ? "," : "", STR_ARGS(event_cell(w, g, said, str_of(t->columns.items[k]), n, count)));
        buf_char(&b, '\n');
    }
    return arena_str(w->step, buf_view(&b));
}

/* ---- freezing ---- */

static bool rows_of_query(struct demo_world *w, const struct access *x, const struct population *p, struct arena *big, struct freezing *f, struct err *e)
{
    struct question q;
    const struct blob_opener *blobs = blob_opener_keeper(w->step, w->data.path, w->keeper, e);
    if (!blobs || !population_question(w->db, w->step, w->types, x, p, *w->clock_ms, 0, &q, e))
        return false;
    struct captures *captures = captures_open(w->db, blobs, &(struct captures_options){.at_ms = 0}, e);
    q.captures = captures;
    q.time_limit_ms = QUERY_MS;
    bool ok = captures && population_freeze_query(&q, p, big, &f->rows, e);
    captures_close(captures);
    f->as_of_leaf = db_one_int(w->db, e, -1, "select max(idx) from leaf");
    return ok;
}

/* The paper that goes with it: what the source's own page says beside the list. */
static bool paper_bring(struct demo_world *w, struct str who, const struct population *p, int64_t rows, struct err *e)
{
    struct json *set = json_object(w->step), *value, *answer;
    struct op_blob blob;
    struct record_change change = {.type = STR("evidence"), .act = RECORD_CREATE, .set = set, .files = &blob, .file_count = 1};
    struct str text = arena_printf(w->step, "%.*s\nSource: %.*s\nFrom %.*s to %.*s\nThe source itself counts %lld.\nTaken %.*s.\n", STR_ARGS(p->title), STR_ARGS(p->system), STR_ARGS(p->from),
                                   STR_ARGS(p->to), (long long)rows, STR_ARGS(day_text(w->step, world_today(w))));
    if (!file_seal(w, arena_printf(w->step, "count-of-%.*s.txt", STR_ARGS(p->id)), text, &blob, &value, e))
        return false;
    json_push(json_put_array(set, "files"), value);
    json_put_str(set, "title", arena_printf(w->step, "Count of %.*s: %.*s", STR_ARGS(p->id), STR_ARGS(str_slice(p->title, 0, 150))));
    json_put_cstr(set, "kind", "export");
    json_put_str(set, "source", p->system);
    json_put_str(set, "taken_on", day_text(w->step, world_today(w)));
    json_put_str(set, "period_from", p->from);
    json_put_str(set, "period_to", p->to);
    struct json *controls = json_put_array(set, "controls");
    for (size_t i = 0; i < p->controls.count; i++)
        json_push_str(controls, str_of(p->controls.items[i]));
    if (!world_do_typed(w, who, &change, 1, &answer, e))
        return false;
    world_name(w, arena_printf(w->arena, "ev-%.*s", STR_ARGS(p->id)), STR("evidence"), world_answer_id(answer, 0));
    return true;
}

static bool population_take(struct demo_world *w, struct str who, const struct json *step, struct str id, struct err *e)
{
    struct engagement g;
    struct population p;
    struct access x;
    struct record_change change;
    const struct population_template *all;
    size_t count;
    struct json *answer;
    struct freezing f = {.by = STR("Dario Elmore"), .now_ms = *w->clock_ms, .as_of_leaf = -1, .csv = STR(""), .csv_name = STR("")};
    if (!stage_engagement(w, step, &g, NULL, e) || !population_read(w->db, w->step, id, INT64_MAX, &p, e) || !world_access(w, who, &x, e) || !population_library(w->step, &all, &count, e))
        return false;
    struct arena *big = arena_new("freezing", BIG_BYTES_MAX);
    bool ok;
    if (str_is(p.kind, "import")) {
        const struct population_template *t = population_template_find(all, count, p.library);
        const struct json *said = events_said(w, p.library);
        f.csv = t ? events_csv(w, &g, said, t) : STR("id\n");
        f.csv_name = arena_printf(w->step, "%.*s.csv", STR_ARGS(p.library));
        ok = population_freeze_csv(f.csv, big, &f.rows, e);
    } else {
        ok = rows_of_query(w, &x, &p, big, &f, e);
    }
    ok = ok && population_freeze_change(&w->env, w->step, &p, &f, &change, e) && world_do_typed(w, who, &change, 1, &answer, e);
    arena_free(big);
    return ok && population_read(w->db, w->step, id, INT64_MAX, &p, e) && paper_bring(w, who, &p, p.rows, e);
}

/* {do: populations_freeze, who, engagement} */
bool play_populations_freeze(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str ids[POPULATION_MAX];
    size_t n = 0;
    DB_EACH (row, w->db, e, "select id from populations where engagement = ?1 and state = 'draft' order by id limit 80", A(world_id(w, json_text(step, "engagement"))))
        ids[n++] = arena_str(w->arena, db_text(row, 0));
    for (size_t i = 0; i < n && !e->code; i++) {
        if (!population_take(w, json_text(step, "who"), step, ids[i], e))
            return err_wrap(e, "%.*s", STR_ARGS(ids[i]));
        world_step_done(w);
    }
    return e->code == ERR_NONE;
}

/* {do: populations_check, who (auditor), engagement, but: [template…]}: complete by the source's own count, accurate by the rows that were drawn. */
bool play_populations_check(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str ids[POPULATION_MAX];
    size_t n = 0;
    DB_EACH (row, w->db, e, "select id from populations where engagement = ?1 and state = 'frozen' order by id limit 80", A(world_id(w, json_text(step, "engagement"))))
        ids[n++] = arena_str(w->arena, db_text(row, 0));
    for (size_t i = 0; i < n && !e->code; i++) {
        struct population p;
        struct record_change change;
        struct json *set = json_object(w->step);
        size_t drawn[POPULATION_TRACED_MAX];
        struct str numbers = STR("");
        bool is_left = false;
        if (!population_read(w->db, w->step, ids[i], INT64_MAX, &p, e))
            return false;
        JSON_EACH (one, json_get(step, "but"))
            is_left |= str_equal(one->text, p.library);
        if (is_left)
            continue;
        size_t count = population_draw(&p, drawn);
        for (size_t k = 0; k < count; k++)
            numbers = arena_printf(w->step, "%.*s%s%zu", STR_ARGS(numbers), k ? " " : "", drawn[k]);
        json_put_cstr(set, "completeness_by", "count");
        json_put_int(set, "expected_rows", p.rows);
        json_put_str(set, "completeness", STR("The source's own count, read on its page in the examiner's presence, is the number of rows."));
        json_put_str(set, "accuracy_rows", count ? numbers : STR("none: there is no row"));
        json_put_str(set, "accuracy", STR("Each row that was drawn was found in the source as it is here, and a record of the source in the rows."));
        struct str paper = world_id(w, arena_printf(w->step, "ev-%.*s", STR_ARGS(p.id)));
        if (paper.size)
            json_push_str(json_put_array(set, "evidence"), paper);
        if (!world_change(w, "population", RECORD_MOVE, ids[i], "check", set, "", &change, e) || !world_do_typed(w, json_text(step, "who"), &change, 1, NULL, e))
            return err_wrap(e, "%.*s", STR_ARGS(ids[i]));
    }
    return e->code == ERR_NONE;
}
