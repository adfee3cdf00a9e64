/* What the auditor does in an engagement: samples, test sheets, exceptions. Every step is a change of a record, and the keeper has the last word (assess/audit_guard.c). */
#include "base/times.h"
#include "pages.h"
#include "report/view_sheets.h"
#include "web/audit_sign.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { SHEETS_AT_ONCE_MAX = 400, TARGETS_MAX = 50, CELL_BYTES_MAX = 2000 };

static struct json *finish(struct call *c, struct json *v)
{
    if (v && !route_is_api(c->route)) {
        records_put_done(c, v);
        json_put_str(v, "problem", STR(""));
        json_put_str(v, "here", c->parameters[1].size ? json_text(v, "url") : STR(""));
    }
    return v;
}

static struct json *build_samples(struct call *c, struct err *e)
{
    return finish(c, view_samples(&c->view, c->records, c->parameters[0], e));
}
static struct json *build_sample(struct call *c, struct err *e)
{
    return finish(c, view_sample(&c->view, c->records, c->parameters[0], c->parameters[1], e));
}
static struct json *build_sheets(struct call *c, struct err *e)
{
    return finish(c, view_sheets(&c->view, c->records, c->parameters[0], e));
}
static struct json *build_sheet(struct call *c, struct err *e)
{
    return finish(c, view_sheet(&c->view, c->records, c->parameters[0], c->parameters[1], e));
}
static struct json *build_exceptions(struct call *c, struct err *e)
{
    return finish(c, view_exceptions(&c->view, c->records, c->parameters[0], e));
}
static struct json *build_exception(struct call *c, struct err *e)
{
    return finish(c, view_exception(&c->view, c->records, c->parameters[0], c->parameters[1], e));
}

const struct page page_kind_audit_samples = {.nav = "audit", .build = build_samples, .render = page_audit_samples, .words = "Samples of an engagement"};
const struct page page_kind_audit_sample = {.nav = "audit", .build = build_sample, .render = page_audit_sample, .words = "One sample: who committed to what when, its items, and the draw made again"};
const struct page page_kind_audit_sheets = {.nav = "audit", .build = build_sheets, .render = page_audit_sheets, .words = "Test sheets of an engagement"};
const struct page page_kind_audit_sheet = {.nav = "audit", .build = build_sheet, .render = page_audit_sheet, .words = "One test sheet: item by attribute, conclusion, sign-off"};
const struct page page_kind_audit_exceptions = {.nav = "audit", .build = build_exceptions, .render = page_audit_exceptions, .words = "Exceptions of an engagement with their responses"};
const struct page page_kind_audit_exception = {.nav = "audit", .build = build_exception, .render = page_audit_exception, .words = "One exception: what the report prints, what management answers"};

/* ---- what forms and programs send ---- */

/* A field of the form, or a member of the JSON. */
static struct str sent(struct call *c, const char *name)
{
    if (!c->json)
        return str_trim(form_value(&c->form, name));
    const struct json *v = json_get(c->json, name);
    return v && v->type == JSON_NUMBER ? arena_printf(c->arena, "%lld", (long long)v->integer) : json_text(c->json, name);
}

static bool number_sent(struct call *c, const char *name, int64_t *ret)
{
    return str_to_int64(sent(c, name), ret);
}

static bool answer(struct call *c, struct str url, const char *done, const struct json *change, struct err *e)
{
    if (route_is_api(c->route))
        return call_json(c, change, e);
    return call_redirect(c, arena_printf(c->arena, "%.*s?done=%s", STR_ARGS(url), done));
}

/* One change, sent on. */
static bool submit(struct call *c, struct record_change *change, struct str url, const char *done, struct err *e)
{
    struct json *said;
    bool is_answered = false;
    if (!audit_sign_ask(c, change, url, &is_answered, e) || is_answered)
        return is_answered;
    return records_submit_all(c, change, 1, NULL, &said, e) && answer(c, url, done, said, e);
}

static struct record *current(struct call *c, const char *type, struct err *e)
{
    const struct record_type *t = record_types_find(c->records->types, str_of(type));
    struct record *r = t ? record_get(c->view.db, c->arena, t, c->parameters[1], INT64_MAX, e) : NULL;
    if (r && (!access_matches(c->access, &t->may_read, r) || !str_equal(json_text(r->values, "engagement"), c->parameters[0]) || r->is_deleted)) {
        err_set(e, ERR_NOT_FOUND, "%.*s: there is none here that you may read", STR_ARGS(c->parameters[1]));
        return NULL;
    }
    return r;
}

/* The version that the form was made from. */
static int64_t version_of(struct call *c, const struct record *r)
{
    int64_t version = r->version;
    return number_sent(c, "version", &version) ? version : r->version;
}

static struct str url_of_one(struct call *c, const char *room)
{
    return arena_printf(c->arena, "/audit/%.*s/%s/%.*s", STR_ARGS(c->parameters[0]), room, STR_ARGS(c->parameters[1]));
}

/* ---- samples ---- */

bool handle_audit_sample_commit(struct call *c, struct err *e)
{
    static const char *const fields[] = {"title", "profile", "method", "strata", "size_reason", "commitment"};
    struct record_change change = {.type = STR("sample"), .act = RECORD_CREATE, .set = json_object(c->arena), .why = STR("")};
    struct sampling_frame p;
    int64_t size = 0;
    struct json *said;
    if (!call_view(c, e))
        return false;
    if (sent(c, "population").size == 0)
        return err_set(e, ERR_INVALID, "population: choose one");
    if (!sampling_frame_read(c->view.db, c->arena, sent(c, "population"), &p, e))
        return false;
    if (!number_sent(c, "size", &size) && p.rows >= 0) {
        const struct json *proposed = sample_propose(c->view.db, c->arena, c->parameters[0], sent(c, "profile"), p.rows, false, e);
        if (!proposed)
            return false;
        size = json_int(proposed, "size", 0);
    }
    if (size < 1)
        return err_set(e, ERR_INVALID, "size: say how many items");
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (sent(c, fields[i]).size)
            json_put_str(change.set, fields[i], sent(c, fields[i]));
    if (!json_get(change.set, "title"))
        json_put_str(change.set, "title", arena_printf(c->arena, "Sample of %.*s", STR_ARGS(str_slice(record_title(p.record), 0, 150))));
    json_put_str(change.set, "engagement", c->parameters[0]);
    json_put_str(change.set, "population", p.record->id);
    json_put_str(change.set, "definition", p.definition);
    json_put_int(change.set, "size", size);
    if (c->access->person.size)
        json_put_str(change.set, "auditor", c->access->person);
    record_defaults(record_types_find(c->records->types, change.type), change.set, c->access, c->now_ms);
    bool is_answered = false;
    if (!audit_sign_ask(c, &change, arena_printf(c->arena, "/audit/%.*s/samples", STR_ARGS(c->parameters[0])), &is_answered, e) || is_answered)
        return is_answered;
    if (!records_submit_all(c, &change, 1, NULL, &said, e))
        return false;
    return answer(c, arena_printf(c->arena, "/audit/%.*s/samples/%.*s", STR_ARGS(c->parameters[0]), STR_ARGS(records_answer_id(said))), "created", said, e);
}

static bool targets_read(struct call *c, int64_t *ret, size_t *ret_count, struct err *e)
{
    struct str rest = sent(c, "items"), word;
    *ret_count = 0;
    for (size_t i = 0; i < rest.size; i++)
        if (rest.data[i] == ',')
            ((char *)(uintptr_t)rest.data)[i] = ' ';
    while (str_next_word(&rest, &word))
        if (*ret_count == TARGETS_MAX || !str_to_int64(word, &ret[(*ret_count)++]))
            return err_set(e, ERR_INVALID, "items: numbers of rows, at most %d", TARGETS_MAX);
    return true;
}

/* What each step sets is computed here, and once more by the keeper. */
static struct json *step_values(struct call *c, const struct record *s, struct str step, struct err *e)
{
    struct sample_source source = view_sample_source(&c->view);
    int64_t item = 0, items[TARGETS_MAX + 1];
    size_t count;
    if (str_is(step, "reveal"))
        return sample_show(c->view.db, c->arena, &source, s, sent(c, "nonce"), e);
    if (str_is(step, "replace")) {
        if (number_sent(c, "item", &item))
            return sample_replace(c->view.db, c->arena, &source, s, item, e);
        err_set(e, ERR_INVALID, "item: which one");
        return NULL;
    }
    if (str_is(step, "add"))
        return targets_read(c, items, &count, e) ? sample_target(c->arena, s, items, count, e) : NULL;
    if (str_is(step, "void"))
        return json_object(c->arena);
    err_set(e, ERR_INVALID, "step: reveal, replace, add or void");
    return NULL;
}

bool handle_audit_sample_step(struct call *c, struct err *e)
{
    if (!call_view(c, e))
        return false;
    struct str step = sent(c, "step");
    struct record *s = current(c, "sample", e);
    struct json *set = s ? step_values(c, s, step, e) : NULL;
    if (!set)
        return false;
    struct record_change change = {.type = STR("sample"), .id = s->id, .act = RECORD_MOVE, .version = version_of(c, s), .transition = step, .set = set, .why = sent(c, "why")};
    return submit(c, &change, url_of_one(c, "samples"), "moved", e);
}

/* ---- test sheets ---- */

static struct record_change *sheet_change(struct call *c, struct record_change *list, size_t *count, const struct engagement *g, const struct engagement_control *k)
{
    struct record_change *change = &list[(*count)++];
    const struct control *control = k->control;
    bool is_machine = control->model == MODEL_CONFIG_STATE;
    *change = (struct record_change){.type = STR("test_sheet"), .act = RECORD_CREATE, .set = json_object(c->arena), .why = STR("")};
    struct json *criteria = json_put_array(change->set, "criteria"), *methods = json_put_array(change->set, "method");
    for (size_t i = 0; i < k->key_for.count; i++)
        json_push_str(criteria, str_of(k->key_for.items[i]));
    for (size_t i = 0; i < k->supports.count; i++)
        json_push_str(criteria, str_of(k->supports.items[i]));
    json_push_str(methods, is_machine ? STR("reperformance") : STR("inspection"));
    json_put_str(change->set, "title", str_slice(arena_printf(c->arena, "%s %s", control->id, control->title), 0, 190));
    json_put_str(change->set, "engagement", g->id);
    json_put_cstr(change->set, "control", control->id);
    json_put_str(change->set, "objective", arena_printf(c->arena, "The control operated as stated%s: %s", g->is_type1 ? " on the day" : " on every day of the window that it was in force", control->statement));
    json_put_cstr(change->set, "procedure", control->test_operation ? control->test_operation : "");
    json_put_str(change->set, "attributes", sheet_attributes_of(c->arena, control));
    return change;
}

/* The newest population of the control, and its sample, where there are some. */
static bool sheet_sources(struct call *c, struct record_change *change, struct err *e)
{
    struct str control = json_text(change->set, "control"), engagement = json_text(change->set, "engagement");
    struct str population = db_one_text(c->arena, c->view.db, e,
                                        "select p.id from populations p join record_link k on k.type = 'population' and k.id = p.id and k.field = 'controls' and k.to_leaf is null "
                                        "where k.target = ?1 and p.engagement = ?2 and p.state in ('frozen', 'checked') order by p.state = 'checked' desc, p.id desc limit 1",
                                        A(control), A(engagement));
    struct str sample = population.data ? db_one_text(c->arena, c->view.db, e, "select id from samples where population = ?1 and state = 'revealed' order by id desc limit 1", A(population)) : STR("");
    if (population.data)
        json_put_str(change->set, "population", population);
    if (sample.data && sample.size)
        json_put_str(change->set, "sample", sample);
    return e->code == ERR_NONE;
}

bool handle_audit_sheets_make(struct call *c, struct err *e)
{
    struct engagement g;
    struct engagement_scope scope;
    struct record_change *changes = arena_array(c->arena, SHEETS_AT_ONCE_MAX, sizeof(*changes));
    size_t count = 0;
    struct json *said;
    if (!call_view(c, e) || !engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, &g, e) || !engagement_scope(c->view.db, c->arena, &g, INT64_MAX, &scope, e))
        return false;
    struct str one = sent(c, "control");
    for (size_t i = 0; i < scope.control_count && count < SHEETS_AT_ONCE_MAX; i++) {
        const char *id = scope.controls[i].control->id;
        if (one.size ? !str_is(one, id) : db_one_int(c->view.db, e, 0, "select count(*) from test_sheets where engagement = ?1 and control = ?2", A(g.id), A(id)) > 0)
            continue;
        if (e->code || !sheet_sources(c, sheet_change(c, changes, &count, &g, &scope.controls[i]), e))
            return false;
        record_defaults(record_types_find(c->records->types, STR("test_sheet")), changes[count - 1].set, c->access, c->now_ms);
    }
    if (count == 0)
        return err_set(e, ERR_CONFLICT, "every control in scope has a test sheet already");
    return records_submit_all(c, changes, count, NULL, &said, e) && answer(c, arena_printf(c->arena, "/audit/%.*s/sheets", STR_ARGS(g.id)), "created", said, e);
}

static enum sheet_mark mark_of(struct str text)
{
    char k = text.size ? text.data[0] : 0;
    return k == 'y' || k == 'Y' ? MARK_YES : k == '-' || (text.size > 1 && (text.data[1] == 'a' || text.data[1] == '/')) ? MARK_NA : k == 'n' || k == 'N' ? MARK_NO : MARK_OPEN;
}

/* One line: what is typed stays within it. */
static struct str line_of(struct call *c, struct str text)
{
    struct str copy = arena_str(c->arena, str_slice(str_trim(text), 0, CELL_BYTES_MAX));
    for (size_t i = 0; i < copy.size; i++)
        if (copy.data[i] == '\n' || copy.data[i] == '\r')
            ((char *)(uintptr_t)copy.data)[i] = ' ';
    return copy;
}

static struct str ids_of(struct call *c, struct str typed)
{
    struct buf BUF_AUTO b;
    struct str word, rest = line_of(c, typed);
    buf_init(&b, CELL_BYTES_MAX);
    for (size_t i = 0; i < rest.size; i++)
        if (rest.data[i] == ',' || rest.data[i] == ';')
            ((char *)(uintptr_t)rest.data)[i] = ' ';
    while (str_next_word(&rest, &word))
        buf_printf(&b, "%s%.*s", b.size ? "," : "", STR_ARGS(word));
    return arena_str(c->arena, buf_view(&b));
}

/* Fields m.ITEM.LETTER, e.ITEM, t.ITEM of the form; with `fill`, what is open becomes yes. */
static void grid_read(struct call *c, struct sheet *s, bool fill)
{
    struct sheet_grid *g = &s->grid;
    for (size_t i = 0; i < c->form.count && g->row_count < SHEET_ITEMS_MAX; i++) {
        struct str name = c->form.fields[i].name;
        int64_t item;
        if (!str_starts(name, "r.") || !str_to_int64(str_slice(name, 2, name.size), &item) || item < 1)
            continue;
        struct sheet_row *r = (struct sheet_row *)(uintptr_t)sheet_row_find(g, item);
        if (!r) {
            r = &g->rows[g->row_count++];
            *r = (struct sheet_row){.item = item, .evidence = STR(""), .note = STR("")};
        }
        for (size_t k = 0; k < g->attribute_count; k++) {
            const struct form_field *f = form_find(&c->form, arena_printf(c->arena, "m.%lld.%c", (long long)item, g->attributes[k].letter).data);
            if (f)
                r->marks[k] = mark_of(str_trim(f->value));
            if (fill && r->marks[k] == MARK_OPEN)
                r->marks[k] = MARK_YES;
        }
        r->evidence = ids_of(c, form_value(&c->form, arena_printf(c->arena, "e.%lld", (long long)item).data));
        r->note = line_of(c, form_value(&c->form, arena_printf(c->arena, "t.%lld", (long long)item).data));
    }
}

static void list_put(struct call *c, struct json *set, const char *field, const char *name)
{
    struct json *list = json_put_array(set, field);
    for (size_t i = 0; i < c->form.count; i++)
        if (str_is(c->form.fields[i].name, name) && c->form.fields[i].value.size)
            json_push_str(list, c->form.fields[i].value);
}

/* What the form says of the sheet; only what differs is a change. */
static bool sheet_values(struct call *c, struct record *r, struct json *set, struct err *e)
{
    static const char *const texts[] = {"objective", "procedure", "attributes", "reason"}, *const references[] = {"population", "sample"};
    struct sheet s;
    struct str rest, word, attributes = form_find(&c->form, "attributes") ? form_value(&c->form, "attributes") : json_text(r->values, "attributes");
    if (!sheet_read_record(c->view.db, c->arena, r, &s, e) || !sheet_grid_read(c->arena, attributes, STR(""), &(struct sheet_grid){0}, e))
        return false;
    grid_read(c, &s, str_is(sent(c, "do"), "fill"));
    if (str_is(sent(c, "do"), "more") && !s.sample && s.grid.row_count < SHEET_ITEMS_MAX) {
        int64_t last = s.grid.row_count ? s.grid.rows[s.grid.row_count - 1].item : 0;
        s.grid.rows[s.grid.row_count++] = (struct sheet_row){.item = last + 1, .evidence = STR(""), .note = STR("")};
    }
    for (size_t i = 0; i < 4; i++)
        if (form_find(&c->form, texts[i]))
            json_put_str(set, texts[i], form_value(&c->form, texts[i]));
    for (size_t i = 0; i < 2; i++)
        if (form_find(&c->form, references[i])) {
            if (sent(c, references[i]).size)
                json_put_str(set, references[i], sent(c, references[i]));
            else
                json_put_null(set, references[i]);
        }
    if (form_find(&c->form, "has_method"))
        list_put(c, set, "method", "method");
    if (form_find(&c->form, "evidence")) {
        struct json *list = json_put_array(set, "evidence");
        rest = ids_of(c, form_value(&c->form, "evidence"));
        for (bool more = rest.size > 0; more;) {
            more = str_cut(&rest, ',', &word);
            json_push_str(list, word);
        }
    }
    json_put_str(set, "results", sheet_grid_write(c->arena, &s.grid));
    return true;
}

static bool sheet_save(struct call *c, struct record *r, struct record_change *ret, struct err *e)
{
    struct json *set = json_object(c->arena);
    if (!sheet_values(c, r, set, e))
        return false;
    struct json *problems = record_check_of(c->view.db, c->arena, r->type, r, set, true, NULL, 0, e);
    if (!problems)
        return false;
    if (problems->count)
        return err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(problems->first, "field")), STR_ARGS(json_text(problems->first, "why")));
    *ret = (struct record_change){.type = STR("test_sheet"), .id = r->id, .act = RECORD_CHANGE, .version = version_of(c, r), .set = record_reduce(c->arena, r, set), .why = STR("")};
    return true;
}

static bool sheet_prepare(struct call *c, struct record *r, struct err *e)
{
    struct sheet s;
    struct json *set = json_object(c->arena);
    if (!sheet_read_record(c->view.db, c->arena, r, &s, e) || !sheet_prepared(c->view.db, c->arena, &s, c->access->person, day_of(c->now_ms), set, e))
        return false;
    struct record_change change = {.type = STR("test_sheet"), .id = r->id, .act = RECORD_MOVE, .version = r->version, .transition = STR("prepare"), .set = set, .why = STR("")};
    return submit(c, &change, url_of_one(c, "sheets"), "moved", e);
}

static bool sheet_sign(struct call *c, struct record *r, struct err *e)
{
    struct json *set = json_object(c->arena);
    bool is_answered = false;
    json_put_str(set, "reviewed_on", day_text(c->arena, day_of(c->now_ms)));
    json_put_str(set, "reviewer", c->access->person);
    struct record_change change = {.type = STR("test_sheet"), .id = r->id, .act = RECORD_MOVE, .version = version_of(c, r), .transition = STR("sign"), .set = set, .why = STR("")};
    if (!audit_sign_ask(c, &change, url_of_one(c, "sheets"), &is_answered, e))
        return false;
    if (is_answered || !records_step_up(c)) /* what is signed first, and who signs then */
        return true;
    return submit(c, &change, url_of_one(c, "sheets"), "moved", e);
}

static bool sheet_addendum(struct call *c, struct record *r, struct err *e)
{
    struct str old = json_text(r->values, "addendum"), text = line_of(c, sent(c, "addendum"));
    struct str name = db_one_text(c->arena, c->view.db, e, "select name from people where id = ?1", A(c->access->person));
    if (e->code)
        return false;
    if (text.size == 0)
        return err_set(e, ERR_INVALID, "addendum: say what came to light");
    struct json *set = json_object(c->arena);
    json_put_str(set, "addendum",
                 arena_printf(c->arena, "%.*s%s%.*s %.*s (%.*s): %.*s", STR_ARGS(old), old.size ? "\n" : "", STR_ARGS(day_text(c->arena, day_of(c->now_ms))), STR_ARGS(name.data ? name : STR("")),
                              STR_ARGS(c->access->person), STR_ARGS(text)));
    struct record_change change = {.type = STR("test_sheet"), .id = r->id, .act = RECORD_MOVE, .version = version_of(c, r), .transition = STR("add"), .set = set, .why = STR("")};
    return submit(c, &change, url_of_one(c, "sheets"), "moved", e);
}

static bool sheet_extend(struct call *c, struct record *r, struct err *e)
{
    struct sheet s;
    struct str why;
    if (!sheet_read_record(c->view.db, c->arena, r, &s, e))
        return false;
    int64_t to = sheet_extension(c->arena, &s, &why);
    if (!to)
        return err_set(e, ERR_CONFLICT, "no extension: %.*s", STR_ARGS(why));
    struct sample_source source = view_sample_source(&c->view);
    struct json *set = sample_extend(c->view.db, c->arena, &source, s.sample, to, e);
    if (!set)
        return false;
    struct record_change change = {.type = STR("sample"), .id = s.sample->id, .act = RECORD_MOVE, .version = s.sample->version, .transition = STR("extend"), .set = set, .why = why};
    return submit(c, &change, url_of_one(c, "sheets"), "moved", e);
}

bool handle_audit_sheet(struct call *c, struct err *e)
{
    struct record_change change;
    if (!call_view(c, e))
        return false;
    struct record *r = current(c, "test_sheet", e);
    struct str act = sent(c, "do");
    if (!r)
        return false;
    if (str_is(act, "sign"))
        return sheet_sign(c, r, e);
    if (str_is(act, "addendum"))
        return sheet_addendum(c, r, e);
    if (str_is(act, "extend"))
        return sheet_extend(c, r, e);
    if (str_is(act, "back")) {
        change = (struct record_change){.type = STR("test_sheet"), .id = r->id, .act = RECORD_MOVE, .version = version_of(c, r), .transition = STR("back"), .set = json_object(c->arena), .why = sent(c, "why")};
        return submit(c, &change, url_of_one(c, "sheets"), "moved", e);
    }
    if (str_is(act, "prepare") && !form_find(&c->form, "has_method"))
        return sheet_prepare(c, r, e);
    if (!sheet_save(c, r, &change, e))
        return false;
    struct json *said;
    if (change.set->count && !records_submit_all(c, &change, 1, NULL, &said, e))
        return false;
    if (!str_is(act, "prepare"))
        return call_redirect(c, arena_printf(c->arena, "%.*s?done=%s#grid", STR_ARGS(url_of_one(c, "sheets")), change.set->count ? "changed" : "same"));
    if (!call_view(c, e) || !(r = current(c, "test_sheet", e)))
        return false;
    return sheet_prepare(c, r, e);
}
