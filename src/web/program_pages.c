/* program_pages.c - pages that do one thing across many records: the questionnaire of the gap analysis, adopting the starter set. */
#include "pages.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { ROLES_MAX = 64, NOTE_BYTES_MAX = 4000, ADOPT_MAX = 500 };

static struct json *build_questionnaire(struct call *c, struct err *e)
{
    enum { FORMS_SHOWN = 40 }; /* each question is a form: 50 of them are over the 60 KB of a page */
    if (c->route->handler == handle_page && c->filter.per_page > FORMS_SHOWN)
        c->filter.per_page = FORMS_SHOWN;
    return view_questionnaire(&c->view, &c->filter, e);
}

static struct json *build_adopt(struct call *c, struct err *e)
{
    return view_adopt(&c->view, e);
}

/* ---- answers ---- */

/* The control whose question has this id, and the question. */
static const struct control *question_find(struct call *c, struct str id, struct str *ret_question, struct err *e)
{
    for (size_t i = 0; i < content_control_count; i++) {
        if (!str_starts(id, content_controls[i].id))
            continue;
        struct json *questions = json_parse(c->arena, str_of(content_controls[i].gap_questions_json), JSON_LIMITS_DEFAULT, e);
        JSON_EACH (q, questions)
            if (str_equal(json_text(q, "id"), id)) {
                *ret_question = json_text(q, "question");
                return &content_controls[i];
            }
    }
    err_set(e, ERR_NOT_FOUND, "id: there is no question '%.*s'", STR_ARGS(str_slice(id, 0, 40)));
    return NULL;
}

bool handle_answer(struct call *c, struct err *e)
{
    struct str id = form_value(&c->form, "id"), answer = form_value(&c->form, "answer"), note = str_trim(form_value(&c->form, "note")), question = STR("");
    struct record_change change = {.type = STR("answer"), .id = id, .set = json_object(c->arena)};
    const struct control *control = question_find(c, id, &question, e);
    if (!control || !call_view(c, e))
        return false;
    if (answer.size == 0 || note.size > NOTE_BYTES_MAX)
        return err_set(e, ERR_INVALID, answer.size == 0 ? "answer: choose one" : "note: at most %d bytes", NOTE_BYTES_MAX);
    if (!str_to_int64(form_value(&c->form, "version"), &change.version))
        return err_set(e, ERR_INVALID, "version: the form does not say which version it was made from");
    change.act = change.version ? RECORD_CHANGE : RECORD_CREATE;
    json_put_str(change.set, "question", question);
    json_put_cstr(change.set, "control", control->id);
    json_put_str(change.set, "answer", answer);
    if (note.size)
        json_put_str(change.set, "note", note);
    else
        json_put_null(change.set, "note");
    if (c->access->person.size)
        json_put_str(change.set, "answered_by", c->access->person);
    struct json *ret_answer;
    if (!records_submit_all(c, &change, 1, NULL, &ret_answer, e))
        return false;
    return call_redirect(c, arena_printf(c->arena, "%.*s#%.*s", STR_ARGS(call_own_path(form_value(&c->form, "back"))), STR_ARGS(id)));
}

/* ---- adoption ---- */

static struct str owner_of(struct call *c, const char *role)
{
    for (int i = 1; i <= ROLES_MAX; i++)
        if (str_is(form_value(&c->form, arena_printf(c->arena, "role.%d", i).data), role))
            return form_value(&c->form, arena_printf(c->arena, "owner.%d", i).data);
    return STR("");
}

struct adoption adoption_new(struct call *c, size_t max)
{
    return (struct adoption){.made = arena_array(c->arena, max + 2, sizeof(struct record_change)), .moved = arena_array(c->arena, max + 2, sizeof(struct record_change))};
}

bool adoption_add(struct call *c, struct adoption *x, struct str id, struct str owner, struct err *e)
{
    const struct control *library = content_control(id);
    int64_t version = 0;
    bool is_open = true;
    DB_EACH (row, c->view.db, e, "select version, state from control_records where id = ?1", A(id)) {
        version = db_int(row, 0);
        is_open = str_is(db_text(row, 1), "proposed");
    }
    if (e->code)
        return false;
    if (!is_open || (!library && !version)) /* decided already, or no control */
        return true;
    struct record_change *made = &x->made[x->made_count++];
    *made = (struct record_change){.type = STR("control"), .id = id, .act = version ? RECORD_CHANGE : RECORD_CREATE, .version = version, .set = json_object(c->arena)};
    if (!version) {
        json_put_cstr(made->set, "title", library->title);
        json_put_cstr(made->set, "library", library->id);
    }
    json_put_str(made->set, "owner", owner);
    x->moved[x->moved_count++] = (struct record_change){.type = STR("control"), .id = id, .act = RECORD_MOVE, .version = version + 1, .transition = STR("adopt"),
                                                        .set = json_object(c->arena)};
    return true;
}

/* Two operations: first every control gets its record and owner, then all are adopted. What comes between leaves them proposed, with an owner. */
bool adoption_submit(struct call *c, struct adoption *x, struct err *e)
{
    struct json *answer;
    return records_submit_all(c, x->made, x->made_count, NULL, &answer, e) && records_submit_all(c, x->moved, x->moved_count, NULL, &answer, e);
}

bool handle_adopt(struct call *c, struct err *e)
{
    bool is_core_only = str_is(form_value(&c->form, "which"), "core");
    struct adoption x = adoption_new(c, ADOPT_MAX);
    if (!call_view(c, e))
        return false;
    const struct json *adopt = view_adopt(&c->view, e);
    if (!adopt)
        return false;
    JSON_EACH (role, json_get(adopt, "roles")) {
        struct str owner = owner_of(c, arena_str(c->arena, json_text(role, "role")).data);
        JSON_EACH (link, json_get(role, "controls")) {
            bool is_wanted = owner.size && (json_bool(link, "is_core") || !is_core_only) && x.made_count < ADOPT_MAX;
            if (is_wanted && !adoption_add(c, &x, json_text(link, "id"), owner, e))
                return false;
        }
    }
    if (x.made_count == 0)
        return err_set(e, ERR_INVALID, "owner: choose somebody for at least one kind of owner");
    return adoption_submit(c, &x, e) && call_redirect(c, arena_printf(c->arena, "/controls?done=adopted&n=%zu", x.moved_count));
}

bool handle_control_adopt(struct call *c, struct err *e)
{
    struct str id = c->parameters[0], owner = form_value(&c->form, "owner");
    if (!call_view(c, e))
        return false;
    if (owner.size == 0)
        return err_set(e, ERR_INVALID, "owner: choose a person");
    struct adoption x = adoption_new(c, 1);
    if (!adoption_add(c, &x, id, owner, e))
        return false;
    if (x.moved_count == 0)
        return err_set(e, ERR_CONFLICT, "control %.*s: it is decided already, or there is none of this name", STR_ARGS(str_slice(id, 0, 80)));
    return adoption_submit(c, &x, e) && call_redirect(c, arena_printf(c->arena, "/controls/%.*s?done=adopted", STR_ARGS(id)));
}

static const struct list_column question_columns[] = {{"id", "Question", "", true, NULL},
                                                      {"question", "Text", "grow", false, NULL},
                                                      {"control", "Control", "", false, "control.id"},
                                                      {"answer", "Answer", "", false, NULL},
                                                      {"state", "State", "", false, "status_words"},
                                                      {"contradiction", "Contradiction", "", false, NULL},
                                                      {"note", "Note", "", false, NULL}};

const struct page page_kind_questionnaire = {.nav = "gaps",
                                             .build = build_questionnaire,
                                             .render = page_questionnaire,
                                             .columns = question_columns,
                                             .column_count = sizeof(question_columns) / sizeof(question_columns[0]),
                                             .words = "The questions of the gap analysis with their answers"};
const struct page page_kind_adopt = {.nav = "controls", .build = build_adopt, .render = page_adopt, .words = "Controls in scope that nobody has adopted yet"};
