/* gap_pages.c - the pages of the room Gaps, and what their forms post: a proposal becomes a gap, a gap a control, a task, or a closed one. */
#include "pages.h"
#include "report/gap_book.h"
#include "report/view_room.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { ACCEPT_MAX = 200, TITLE_BYTES_MAX = 200 };

/* ---- pages ---- */

/* What the page offers to do takes the permission of its forms, beside what the type of record allows. */
static struct json *offered(struct call *c, struct json *v)
{
    if (!v)
        return NULL;
    records_put_done(c, v);
    struct json *may = (struct json *)(uintptr_t)json_get(v, "may_create");
    if (may && !call_may(c, PERMISSION_RECORDS))
        may->boolean = false;
    return v;
}

static struct json *build_register(struct call *c, struct err *e)
{
    struct register_filter more = {0};
    if (!call_query(c, "kind", &more.kind, e) || !call_query(c, "severity", &more.severity, e) || !call_query(c, "owner", &more.owner, e))
        return NULL;
    return offered(c, view_register(&c->view, c->records, &c->filter, &more, e));
}

static struct json *build_gap(struct call *c, struct err *e)
{
    return offered(c, view_gap_one(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_plan(struct call *c, struct err *e)
{
    return view_plan(&c->view, c->records, e);
}

static struct json *build_goals(struct call *c, struct err *e)
{
    return offered(c, view_goals(&c->view, c->records, e));
}

static struct json *build_readiness(struct call *c, struct err *e)
{
    return offered(c, view_progress(&c->view, c->records, e));
}

/* ---- accepting what is proposed ---- */

static struct record_change proposal_change(struct call *c, const struct proposal *p)
{
    struct record_change change = {.type = STR("gap"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(change.set, "title", str_slice(p->title, 0, TITLE_BYTES_MAX));
    json_put_cstr(change.set, "kind", p->kind);
    json_put_int(change.set, "impact", p->impact);
    json_put_int(change.set, "likelihood", p->likelihood);
    json_put_cstr(change.set, "effort", p->effort);
    json_put_cstr(change.set, "source", p->source);
    if (p->test.size)
        json_put_str(change.set, "test", p->test);
    if (p->answer.size)
        json_put_str(change.set, "answer", p->answer);
    if (str_trim(p->plan).size)
        json_put_str(change.set, "plan", str_trim(p->plan));
    if (p->controls->count)
        json_put(change.set, "controls", p->controls);
    if (p->criteria->count)
        json_put(change.set, "criteria", p->criteria);
    return change;
}

static bool is_chosen(const struct form *form, struct str id, struct str one)
{
    if (one.size)
        return str_equal(id, one);
    for (size_t i = 0; i < form->count; i++)
        if (str_is(form->fields[i].name, "proposal") && str_equal(form->fields[i].value, id))
            return true;
    return false;
}

bool handle_gap_accept(struct call *c, struct err *e)
{
    struct gap_book b;
    struct proposal *items;
    size_t count, chosen = 0;
    struct str one = form_value(&c->form, "one");
    if (!call_view(c, e) || !gap_book_load(&c->view, c->records, &b, e) || !proposals_load(&b, &items, &count, e))
        return false;
    struct record_change *changes = arena_array(c->arena, ACCEPT_MAX, sizeof *changes);
    for (size_t i = 0; i < count && chosen < ACCEPT_MAX; i++)
        if (is_chosen(&c->form, items[i].id, one))
            changes[chosen++] = proposal_change(c, &items[i]);
    if (chosen == 0)
        return err_set(e, ERR_INVALID, one.size ? "one: this is proposed no longer; it is a gap already, or its test passes again" : "proposal: choose at least one");
    struct json *answer;
    if (!records_submit_all(c, changes, chosen, NULL, &answer, e))
        return false;
    if (chosen == 1)
        return call_redirect(c, arena_printf(c->arena, "/gaps/%.*s?done=created", STR_ARGS(records_answer_id(answer))));
    return call_redirect(c, arena_printf(c->arena, "/gaps/register?done=created"));
}

/* ---- one gap ---- */

static bool gap_open(struct call *c, struct record **ret, struct err *e)
{
    if (!call_view(c, e))
        return false;
    const struct record_type *t = record_types_find(c->records->types, STR("gap"));
    struct record *r = t ? record_get(c->view.db, c->arena, t, c->parameters[0], INT64_MAX, e) : NULL;
    if (!r)
        return t ? false : err_set(e, ERR_NOT_FOUND, "there are no records of the type gap");
    if (r->is_deleted || !access_matches(c->access, &t->may_read, r))
        return err_set(e, ERR_NOT_FOUND, "gap %.*s: there is none of this name that you may read", STR_ARGS(r->id));
    *ret = r;
    return true;
}

static bool gap_done(struct call *c, const struct record *gap, const char *what)
{
    return call_redirect(c, arena_printf(c->arena, "/gaps/%.*s?done=%s", STR_ARGS(gap->id), what));
}

static bool owner_read(struct call *c, struct str *ret, struct err *e)
{
    *ret = form_value(&c->form, "owner");
    return ret->size > 0 || err_set(e, ERR_INVALID, "owner: choose a person");
}

/* The gap is its owner's from now on, if it was nobody's. */
static size_t gap_own(struct call *c, const struct record *gap, struct str owner, struct record_change *ret)
{
    if (json_text(gap->values, "owner").size)
        return 0;
    *ret = (struct record_change){.type = STR("gap"), .id = gap->id, .act = RECORD_CHANGE, .version = gap->version, .set = json_object(c->arena)};
    json_put_str(ret->set, "owner", owner);
    return 1;
}

bool handle_gap_adopt(struct call *c, struct err *e)
{
    struct record *gap;
    struct str owner;
    if (!gap_open(c, &gap, e) || !owner_read(c, &owner, e))
        return false;
    const struct json *ids = json_get(gap->values, "controls");
    struct adoption x = adoption_new(c, ids ? ids->count : 0);
    JSON_EACH (id, ids)
        if (!adoption_add(c, &x, id->text, owner, e))
            return false;
    if (x.moved_count == 0)
        return err_set(e, ERR_INVALID, ids && ids->count ? "controls: all of them are adopted already, or said not to apply" : "controls: the gap names no control; name one first");
    x.made_count += gap_own(c, gap, owner, &x.made[x.made_count]);
    return adoption_submit(c, &x, e) && gap_done(c, gap, "adopted");
}

bool handle_gap_task(struct call *c, struct err *e)
{
    struct record *gap;
    struct str owner, due = form_value(&c->form, "due_on"), title = str_trim(form_value(&c->form, "title"));
    int64_t at_ms;
    if (!gap_open(c, &gap, e) || !owner_read(c, &owner, e))
        return false;
    if (!time_parse(due, 0, &at_ms) || due.size != 10)
        return err_set(e, ERR_INVALID, "due_on: a date is needed, as 2026-12-01");
    if (title.size > TITLE_BYTES_MAX)
        return err_set(e, ERR_INVALID, "title: at most %d bytes", TITLE_BYTES_MAX);
    struct record_change changes[2];
    changes[0] = (struct record_change){.type = STR("task"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    struct json *set = changes[0].set;
    json_put_str(set, "title", title.size ? title : arena_printf(c->arena, "Close %.*s: %.*s", STR_ARGS(gap->id), STR_ARGS(str_slice(record_title(gap), 0, 150))));
    json_put_str(set, "owner", owner);
    json_put_str(set, "due_on", due);
    json_put_str(set, "gap", gap->id);
    const struct json *first = json_at(json_get(gap->values, "controls"), 0);
    if (first)
        json_put_str(set, "control", first->text);
    if (json_text(gap->values, "plan").size)
        json_put_str(set, "what", json_text(gap->values, "plan"));
    size_t count = 1 + gap_own(c, gap, owner, &changes[1]);
    struct json *answer;
    return records_submit_all(c, changes, count, NULL, &answer, e) && gap_done(c, gap, "task");
}

bool handle_gap_evidence(struct call *c, struct err *e)
{
    struct record *gap;
    struct str id = form_value(&c->form, "evidence");
    struct record_change change = {.type = STR("gap"), .act = RECORD_CHANGE, .set = json_object(c->arena)};
    if (!gap_open(c, &gap, e))
        return false;
    if (id.size == 0)
        return err_set(e, ERR_INVALID, "evidence: choose what shows that the gap is closed");
    if (!str_to_int64(form_value(&c->form, "version"), &change.version))
        return err_set(e, ERR_INVALID, "version: the form does not say which version it was made from");
    struct json *list = json_put_array(change.set, "evidence");
    bool is_there = false;
    JSON_EACH (old, json_get(gap->values, "evidence")) {
        json_push_str(list, old->text);
        is_there |= str_equal(old->text, id);
    }
    if (is_there)
        return gap_done(c, gap, "same");
    json_push_str(list, id);
    change.id = gap->id;
    struct json *answer;
    return records_submit_all(c, &change, 1, NULL, &answer, e) && gap_done(c, gap, "changed");
}

/* ---- the baseline ---- */

static struct str running_project(struct call *c, int64_t *ret_version, struct err *e)
{
    struct str id = db_one_text(c->arena, c->view.db, e, "select id from readiness_projects where state = 'running' order by baseline_at desc limit 1");
    *ret_version = id.size ? db_one_int(c->view.db, e, 0, "select version from readiness_projects where id = ?1", A(id)) : 0;
    return id;
}

bool handle_baseline(struct call *c, struct err *e)
{
    struct str name = str_trim(form_value(&c->form, "name")), why = str_trim(form_value(&c->form, "why"));
    struct record_change change = {.type = STR("readiness_project"), .act = RECORD_CREATE, .set = json_object(c->arena), .why = why};
    if (!call_view(c, e))
        return false;
    if (name.size == 0 || name.size > TITLE_BYTES_MAX)
        return err_set(e, ERR_INVALID, name.size ? "name: at most %d bytes" : "name: say what the project is called", TITLE_BYTES_MAX);
    const struct assessment *as = view_assessment(&c->view, e);
    if (!as)
        return false;
    change.id = running_project(c, &change.version, e);
    if (e->code)
        return false;
    change.act = change.id.size ? RECORD_CHANGE : RECORD_CREATE;
    if (change.id.size && why.size == 0)
        return err_set(e, ERR_INVALID, "why: a new baseline needs a reason; the old one stays in the history");
    json_put_str(change.set, "name", name);
    json_put_int(change.set, "baseline_at", c->now_ms);
    json_put_int(change.set, "baseline_score", as->readiness.score);
    if (change.act == RECORD_CREATE && c->access->person.size)
        json_put_str(change.set, "owner", c->access->person);
    struct json *answer;
    return records_submit_all(c, &change, 1, NULL, &answer, e) && call_redirect(c, STR("/gaps/readiness?done=baseline"));
}

/* ---- kinds of page ---- */

static const struct list_column register_columns[] = {{"rank", "Order", "n", true, NULL},          {"status", "State", "", false, "status_words"},
                                                      {"severity", "Severity", "", false, "severity_words"}, {"name", "Gap", "grow", false, NULL},
                                                      {"owner", "Owner", "wide", true, "owner.name"}, {"due", "Due", "wide", true, NULL},
                                                      {"tasks", "Tasks", "n wide", false, NULL},    {"evidence", "Evidence", "n wide", false, NULL}};

const struct page page_kind_register = {.nav = "gaps",
                                        .build = build_register,
                                        .render = page_register,
                                        .columns = register_columns,
                                        .column_count = sizeof(register_columns) / sizeof(register_columns[0]),
                                        .words = "The register of gaps, most urgent first, and what is proposed"};
const struct page page_kind_gap = {.nav = "gaps", .build = build_gap, .render = page_gap, .words = "A gap with its trace from finding to proof"};
const struct page page_kind_plan = {.nav = "gaps", .build = build_plan, .render = page_plan, .words = "Who closes which gap when, and when the window can begin"};
const struct page page_kind_goals = {.nav = "gaps", .build = build_goals, .render = page_goals, .words = "Goals with their progress, and templates"};
const struct page page_kind_readiness = {.nav = "gaps", .build = build_readiness, .render = page_readiness, .words = "How readiness moved since the baseline, and why"};
