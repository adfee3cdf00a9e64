/* The room Risks: its pages, and what their forms post: the library is adopted, a risk decided, accepted, treated. */
#include "pages.h"
#include "report/risk_book.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { TEXT_BYTES_MAX = 4000, TITLE_BYTES_MAX = 280 };

static struct json *offered(struct call *c, struct json *v)
{
    static const char *const rights[] = {"may_create", "may_accept", "may_treat", "may_assess"};
    if (!v)
        return NULL;
    records_put_done(c, v);
    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        struct json *may = (struct json *)(uintptr_t)json_get(v, rights[i]);
        if (may && !call_may(c, PERMISSION_RECORDS))
            may->boolean = false;
    }
    return v;
}

static struct json *build_risks(struct call *c, struct err *e)
{
    struct risk_filter more = {0};
    if (!call_query(c, "by", &more.by, e) || !call_query(c, "cell", &more.cell, e) || !call_query(c, "band", &more.band, e) || !call_query(c, "need", &more.need, e) ||
        !call_query(c, "state", &more.state, e) || !call_query(c, "owner", &more.owner, e) || !call_query(c, "treatment", &more.treatment, e))
        return NULL;
    return offered(c, view_risks(&c->view, c->records, &c->filter, &more, e));
}

static struct json *build_risk(struct call *c, struct err *e)
{
    return offered(c, view_risk_one(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_history(struct call *c, struct err *e)
{
    return view_risk_history(&c->view, c->records, c->parameters[0], e);
}

static struct json *build_campaign(struct call *c, struct err *e)
{
    return offered(c, view_risk_campaign(&c->view, c->records, c->parameters[0], e));
}

static struct json *build_method(struct call *c, struct err *e)
{
    return view_risk_method(&c->view, c->records, e);
}

/* ---- the library ---- */

bool handle_risks_adopt(struct call *c, struct err *e)
{
    size_t count, *places = arena_array(c->arena, content_risk_count + 1, sizeof *places);
    if (!call_view(c, e) || !risk_library_open(&c->view, places, &count, e))
        return false;
    if (count == 0 && route_is_api(c->route)) {
        struct json *none = json_object(c->arena);
        json_put_int(none, "count", 0);
        json_put_array(none, "records");
        return call_json(c, none, e);
    }
    if (count == 0)
        return call_redirect(c, STR("/risks?done=same"));
    struct record_change *changes = arena_array(c->arena, count, sizeof *changes);
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct record_change){.type = STR("risk"), .act = RECORD_CREATE, .set = risk_library_values(c->arena, &content_risks[places[i]])};
    struct json *answer;
    if (!records_submit_all(c, changes, count, NULL, &answer, e))
        return false;
    if (route_is_api(c->route))
        return call_json(c, answer, e);
    return call_redirect(c, STR("/risks?done=library"));
}

/* ---- one risk ---- */

static bool risk_open(struct call *c, struct risk_book *b, const struct risk_row **ret, struct err *e)
{
    if (!call_view(c, e) || !risk_book_load(&c->view, c->records, b, e))
        return false;
    *ret = risk_book_find(b, c->parameters[0], e);
    return *ret != NULL;
}

static int64_t risk_version(struct call *c, const struct risk_row *row, struct err *e)
{
    return db_one_int(c->view.db, e, 0, "select version from risks where id = ?1", A(row->id));
}

static bool text_read(struct call *c, const char *name, bool is_required, struct str *ret, struct err *e)
{
    *ret = str_trim(form_value(&c->form, name));
    if (ret->size > TEXT_BYTES_MAX)
        return err_set(e, ERR_INVALID, "%s: at most %d bytes", name, TEXT_BYTES_MAX);
    return !is_required || ret->size > 0 || err_set(e, ERR_INVALID, "%s: say something", name);
}

static bool level_read(struct call *c, const char *name, int *ret, struct err *e)
{
    int64_t value;
    struct str text = form_value(&c->form, name);
    if (!str_to_int64(text, &value) || value < 1 || value > RISK_LEVELS)
        return err_set(e, ERR_INVALID, "%s: a number from 1 to %d", name, RISK_LEVELS);
    *ret = (int)value;
    return true;
}

static bool date_read(struct call *c, const char *name, struct str *ret, struct err *e)
{
    int64_t at_ms;
    *ret = form_value(&c->form, name);
    return (ret->size == 10 && time_parse(*ret, 0, &at_ms)) || err_set(e, ERR_INVALID, "%s: a date is needed, as 2026-12-01", name);
}

/* What its controls did at that moment, in words, for the line of the assessment. */
static struct str controls_words(struct call *c, const struct risk_row *row)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 16 << 10);
    for (size_t i = 0; i < row->control_count; i++)
        buf_printf(&b, "%s- %.*s %s", i ? "\n" : "", STR_ARGS(row->controls[i].id), risk_effect_words(&row->controls[i].effect));
    return arena_str(c->arena, buf_view(&b));
}

static void line_make(struct call *c, const struct risk_book *b, const struct risk_row *row, struct str campaign, const struct json *decided, struct record_change *ret)
{
    struct risk_control *effects = arena_array(c->arena, row->control_count + 1, sizeof *effects);
    for (size_t i = 0; i < row->control_count; i++)
        effects[i] = row->controls[i].effect;
    struct risk_level inherent = {(int)json_int(decided, "inherent_l", 0), (int)json_int(decided, "inherent_i", 0)};
    struct risk_level residual = risk_residual(inherent, effects, row->control_count).level;
    *ret = (struct record_change){.type = STR("risk_review"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(ret->set, "title", row->title);
    json_put_str(ret->set, "campaign", campaign);
    json_put_str(ret->set, "risk", row->id);
    json_put_str(ret->set, "category", row->category);
    if (c->access->person.size)
        json_put_str(ret->set, "assessor", c->access->person);
    json_put_str(ret->set, "on_date", day_words(b->v, call_today(c)));
    json_put_int(ret->set, "inherent_l", inherent.likelihood);
    json_put_int(ret->set, "inherent_i", inherent.impact);
    json_put_int(ret->set, "residual_l", residual.likelihood);
    json_put_int(ret->set, "residual_i", residual.impact);
    if (row->control_count)
        json_put_str(ret->set, "controls", controls_words(c, row));
    json_put_str(ret->set, "treatment", json_text(decided, "treatment"));
    if (json_text(decided, "decision").size)
        json_put_str(ret->set, "conclusion", json_text(decided, "decision"));
}

static bool decision_read(struct call *c, struct json *set, struct err *e)
{
    struct str l_why, i_why, owner = form_value(&c->form, "owner"), treatment = form_value(&c->form, "treatment"), review_on, decision;
    int l, i;
    if (!level_read(c, "inherent_l", &l, e) || !text_read(c, "inherent_l_why", true, &l_why, e) || !level_read(c, "inherent_i", &i, e) || !text_read(c, "inherent_i_why", true, &i_why, e) ||
        !date_read(c, "review_on", &review_on, e) || !text_read(c, "decision", false, &decision, e))
        return false;
    if (owner.size == 0 || treatment.size == 0)
        return err_set(e, ERR_INVALID, owner.size ? "treatment: choose one" : "owner: choose a person");
    json_put_int(set, "inherent_l", l);
    json_put_str(set, "inherent_l_why", l_why);
    json_put_int(set, "inherent_i", i);
    json_put_str(set, "inherent_i_why", i_why);
    json_put_str(set, "owner", owner);
    json_put_str(set, "treatment", treatment);
    json_put_str(set, "review_on", review_on);
    if (decision.size)
        json_put_str(set, "decision", decision);
    return true;
}

bool handle_risk_decide(struct call *c, struct err *e)
{
    struct risk_book b;
    const struct risk_row *row;
    struct record_change changes[2] = {{.type = STR("risk"), .act = RECORD_MOVE, .transition = STR("decide"), .set = json_object(c->arena)}};
    struct str campaign = form_value(&c->form, "campaign");
    size_t count = 1;
    if (!risk_open(c, &b, &row, e) || !decision_read(c, changes[0].set, e))
        return false;
    changes[0].id = row->id;
    if (!str_to_int64(form_value(&c->form, "version"), &changes[0].version))
        return err_set(e, ERR_INVALID, "version: the form does not say which version it was made from");
    if (campaign.size)
        line_make(c, &b, row, campaign, changes[0].set, &changes[count++]);
    struct json *answer;
    if (!records_submit_all(c, changes, count, NULL, &answer, e))
        return false;
    if (campaign.size)
        return call_redirect(c, arena_printf(c->arena, "/risks/campaigns/%.*s?done=changed", STR_ARGS(campaign)));
    return call_redirect(c, arena_printf(c->arena, "/risks/%.*s?done=changed", STR_ARGS(row->id)));
}

static bool risk_done(struct call *c, const struct risk_row *row, const char *what)
{
    return call_redirect(c, arena_printf(c->arena, "/risks/%.*s?done=%s", STR_ARGS(row->id), what));
}

/* Asks for an acceptance: what remains now is what it is asked for. */
bool handle_risk_accept(struct call *c, struct err *e)
{
    struct risk_book b;
    const struct risk_row *row;
    struct str reason, conditions, until, executive = form_value(&c->form, "executive");
    struct record_change change = {.type = STR("risk_acceptance"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    if (!risk_open(c, &b, &row, e) || !text_read(c, "reason", true, &reason, e) || !text_read(c, "conditions", false, &conditions, e) || !date_read(c, "expires_on", &until, e))
        return false;
    if (risk_score(row->residual.level) == 0 || row->owner.size == 0)
        return err_set(e, ERR_INVALID, "decide the risk first: it needs an owner, a likelihood and an impact");
    json_put_str(change.set, "title", str_slice(row->title, 0, TITLE_BYTES_MAX));
    json_put_str(change.set, "risk", row->id);
    json_put_str(change.set, "reason", reason);
    if (conditions.size)
        json_put_str(change.set, "conditions", conditions);
    json_put_int(change.set, "accepted_l", row->residual.level.likelihood);
    json_put_int(change.set, "accepted_i", row->residual.level.impact);
    json_put_str(change.set, "owner", row->owner);
    if (executive.size)
        json_put_str(change.set, "executive", executive);
    json_put_str(change.set, "expires_on", until);
    struct json *answer;
    return records_submit_all(c, &change, 1, NULL, &answer, e) && risk_done(c, row, "asked");
}

/* A treatment with its first task; it runs from now on. */
bool handle_risk_treat(struct call *c, struct err *e)
{
    struct risk_book b;
    const struct risk_row *row;
    struct str plan, task, due, owner = form_value(&c->form, "owner");
    if (!risk_open(c, &b, &row, e) || !text_read(c, "plan", true, &plan, e) || !text_read(c, "task", true, &task, e) || !date_read(c, "due_on", &due, e))
        return false;
    if (owner.size == 0)
        return err_set(e, ERR_INVALID, "owner: choose a person");
    struct record_change changes[2] = {{.type = STR("task"), .act = RECORD_CREATE, .set = json_object(c->arena)}, {.type = STR("risk_treatment"), .act = RECORD_CREATE, .set = json_object(c->arena)}};
    json_put_str(changes[0].set, "title", str_slice(task, 0, TITLE_BYTES_MAX));
    json_put_str(changes[0].set, "owner", owner);
    json_put_str(changes[0].set, "due_on", due);
    json_put_str(changes[0].set, "risk", row->id);
    struct json *set = changes[1].set;
    json_put_str(set, "title", arena_printf(c->arena, "Treat: %.*s", STR_ARGS(str_slice(row->title, 0, TITLE_BYTES_MAX))));
    json_put_str(set, "risk", row->id);
    json_put_str(set, "plan", plan);
    json_put_str(set, "owner", owner);
    json_put_str(set, "due_on", due);
    json_push_str(json_put_array(set, "tasks"), STR("new:1"));
    struct json *answer;
    if (!record_number(c->view.db, c->arena, changes, 2, e) || !records_submit_all(c, changes, 2, NULL, &answer, e))
        return false;
    struct record_change begin = {.type = STR("risk_treatment"), .id = json_text(json_at(json_get(answer, "records"), 1), "id"), .act = RECORD_MOVE, .version = 1, .transition = STR("begin"),
                                  .set = json_object(c->arena)};
    return records_submit_all(c, &begin, 1, NULL, &answer, e) && risk_done(c, row, "treated");
}

bool handle_risk_reopen(struct call *c, struct err *e)
{
    struct risk_book b;
    const struct risk_row *row;
    struct str why;
    if (!risk_open(c, &b, &row, e) || !text_read(c, "why", true, &why, e))
        return false;
    struct record_change change = {.type = STR("risk"), .id = row->id, .act = RECORD_MOVE, .transition = STR("reopen"), .why = why, .set = json_object(c->arena)};
    change.version = risk_version(c, row, e);
    json_put_cstr(change.set, "reopened_by", "person");
    json_put_str(change.set, "reopened_why", str_slice(why, 0, 1000));
    json_put_str(change.set, "reopened_on", day_words(&c->view, call_today(c)));
    struct json *answer;
    return !e->code && records_submit_all(c, &change, 1, NULL, &answer, e) && risk_done(c, row, "moved");
}

/* ---- kinds of page ---- */

static const struct list_column risk_columns[] = {{"name", "What could happen", "grow", true, NULL},
                                                  {"category", "Category", "wide", true, "category_words"},
                                                  {"inherent", "Inherent", "n wide", true, "inherent.score"},
                                                  {"residual", "Residual", "n", true, "residual.score"},
                                                  {"status", "Appetite", "", false, "need_words"},
                                                  {"owner", "Owner", "wide", true, "owner.name"},
                                                  {"review_on", "Next review", "wide", true, NULL}};

const struct page page_kind_risks = {.nav = "risks",
                                     .build = build_risks,
                                     .render = page_risks,
                                     .columns = risk_columns,
                                     .column_count = sizeof(risk_columns) / sizeof(risk_columns[0]),
                                     .words = "The register of risks with the map of likelihood and impact"};
const struct page page_kind_risk = {.nav = "risks", .build = build_risk, .render = page_risk, .words = "A risk, its controls as they live now, and how it moved"};
const struct page page_kind_risk_history = {.nav = "risks", .build = build_history, .words = "What remained of a risk, day by day, and why it moved"};
const struct page page_kind_risk_campaign = {.nav = "risks", .build = build_campaign, .render = page_risk_campaign, .words = "An assessment with the risks that were looked at"};
const struct page page_kind_risk_method = {.nav = "risks", .build = build_method, .render = page_risk_method, .words = "How risks are measured, and what is in force"};
