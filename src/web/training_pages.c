/* training_pages.c - the room Training, and taking a course: lesson by lesson, then a quiz that the server draws and scores. What a person does here becomes changes
 * of `system:training`, since nobody types their own progress; each says for whom and by which account. */
#include "base/times.h"
#include "pages.h"
#include "print/print.h"
#include "report/view_training.h"
#include "web/page_kinds.h"
#include "web/records.h"
#include "assess/stored.h"

enum { ANSWERS_MAX = 100, SELF_DAYS = 30, TITLE_BYTES_MAX = 200 };

/* ---- the room ---- */

static struct json *offered(struct call *c, struct json *v, const char *type)
{
    struct err ignored = {0};
    const struct record_type *t = v ? record_types_find(c->records->types, str_of(type)) : NULL;
    if (!v)
        return NULL;
    records_put_done(c, v);
    json_put_bool(v, "may_create", t && call_may(c, PERMISSION_RECORDS) && !c->at_ms && record_allows(c->access, t, NULL, RECORD_CREATE, NULL, &ignored));
    return v;
}

static struct json *build_training(struct call *c, struct err *e)
{
    struct json *v = offered(c, call_as_of(c, e) ? view_training(&c->view, e) : NULL, "campaign");
    if (v)
        json_put_str(v, "soon", day_text(c->arena, call_today(c) + SELF_DAYS));
    return v;
}

static struct json *build_course(struct call *c, struct err *e)
{
    return offered(c, call_as_of(c, e) ? view_course(&c->view, c->parameters[0], e) : NULL, "course");
}

static struct json *build_campaign(struct call *c, struct err *e)
{
    return offered(c, call_as_of(c, e) ? view_campaign(&c->view, c->parameters[0], &c->filter, e) : NULL, "campaign");
}

static struct json *build_overdue(struct call *c, struct err *e)
{
    return call_as_of(c, e) ? view_training_overdue(&c->view, &c->filter, e) : NULL;
}

/* ---- campaigns ---- */

/* CAMP-0001.csv is its list as a file. */
bool handle_campaign(struct call *c, struct err *e)
{
    struct str id = c->parameters[0];
    if (!str_ends(id, ".csv"))
        return handle_page(c, e);
    c->parameters[0] = str_slice(id, 0, id.size - 4);
    return handle_csv(c, e);
}


static struct record_change campaign_begin_change(struct call *c, struct str id, int64_t version)
{
    return (struct record_change){.type = STR("campaign"), .id = id, .act = RECORD_MOVE, .version = version, .transition = STR("begin"), .set = json_object(c->arena)};
}

/* Begins it as whoever asks; then its audience is assigned, in one operation of the program. Who is over ten thousand comes with the next minute. */
static bool campaign_run(struct call *c, struct str id, int64_t version, struct err *e)
{
    struct record_change begin = campaign_begin_change(c, id, version), *missing;
    struct json *answer;
    struct access system = {.actor = STR(TRAINING_ACTOR), .is_system = true};
    struct op op = {0};
    size_t count;
    if (!records_submit_all(c, &begin, 1, NULL, &answer, e) || !call_view(c, e) || !campaign_missing(c->view.db, c->arena, id, call_today(c), &missing, &count, e))
        return false;
    return count == 0 || (record_op(c->site->env, c->arena, missing, count, &system, &op, e) && keeper_link_submit(c->site->keeper, c->arena, &op, &answer, e));
}

bool handle_campaign_create(struct call *c, struct err *e)
{
    static const char *const fields[] = {"course", "audience", "department", "due_on"};
    struct record_change change = {.type = STR("campaign"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    struct course_in_force found;
    struct json *answer;
    if (!call_view(c, e))
        return false;
    struct str title = str_trim(form_value(&c->form, "title")), due = form_value(&c->form, "due_on");
    int64_t at_ms;
    if (!course_in_force(c->view.db, c->arena, form_value(&c->form, "course"), &found, NULL, e))
        return err_set(e, ERR_INVALID, "course: choose one that is published");
    if (!time_parse(due, 0, &at_ms) || due.size != 10)
        return err_set(e, ERR_INVALID, "due_on: a date is needed, as 2026-12-01");
    if (title.size > TITLE_BYTES_MAX)
        return err_set(e, ERR_INVALID, "title: at most %d bytes", TITLE_BYTES_MAX);
    json_put_str(change.set, "title", title.size ? title : arena_printf(c->arena, "%.*s %.*s", STR_ARGS(found.title), STR_ARGS(str_slice(due, 0, 4))));
    for (size_t i = 0; i < 4; i++)
        if (str_trim(form_value(&c->form, fields[i])).size)
            json_put_str(change.set, fields[i], str_trim(form_value(&c->form, fields[i])));
    json_put_bool(change.set, "is_standing", form_value(&c->form, "is_standing").size > 0);
    if (c->access->person.size)
        json_put_str(change.set, "owner", c->access->person);
    if (!records_submit_all(c, &change, 1, NULL, &answer, e))
        return false;
    struct str id = arena_str(c->arena, records_answer_id(answer));
    return campaign_run(c, id, 1, e) && call_redirect(c, arena_printf(c->arena, "/training/campaigns/%.*s?done=moved", STR_ARGS(id)));
}

bool handle_campaign_begin(struct call *c, struct err *e)
{
    int64_t version = 0;
    if (!call_view(c, e))
        return false;
    if (!str_to_int64(form_value(&c->form, "version"), &version))
        return err_set(e, ERR_INVALID, "version: the form does not say which version it was made from; load the page again");
    return campaign_run(c, c->parameters[0], version, e) && call_redirect(c, arena_printf(c->arena, "/training/campaigns/%.*s?done=moved", STR_ARGS(c->parameters[0])));
}

/* A draft of one's own, with the text that is in force. */
bool handle_course_copy(struct call *c, struct err *e)
{
    struct course_in_force found;
    const struct course *text;
    struct buf BUF_AUTO yaml = {0};
    struct json *answer;
    struct record_change change = {.type = STR("course"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    if (!call_view(c, e) || !course_in_force(c->view.db, c->arena, c->parameters[0], &found, &text, e))
        return false;
    if (found.is_own)
        return call_redirect(c, arena_printf(c->arena, "/records/course/%.*s", STR_ARGS(found.id)));
    buf_init(&yaml, COURSE_BYTES_MAX);
    json_write_pretty(&yaml, json_parse(c->arena, found.json, JSON_LIMITS_DEFAULT, e)); /* which is YAML as well */
    if (e->code || yaml.full)
        return e->code ? false : err_set(e, ERR_TOO_LARGE, "course: too long to be copied");
    change.id = found.id;
    json_put_str(change.set, "title", found.title);
    json_put_str(change.set, "definition", arena_str(c->arena, buf_view(&yaml)));
    if (c->access->person.size)
        json_put_str(change.set, "owner", c->access->person);
    return records_submit_all(c, &change, 1, NULL, &answer, e) && call_redirect(c, arena_printf(c->arena, "/records/course/%.*s?done=created", STR_ARGS(found.id)));
}

/* ---- taking a course ---- */

static bool person_is_known(struct call *c, struct err *e)
{
    return c->access->person.size > 0 || err_set(e, ERR_DENIED, "your account is not joined to a person, so nothing that you complete could be recorded; whoever keeps the accounts names your person there");
}

static bool taking_open(struct call *c, struct taking *t, struct err *e)
{
    return call_view(c, e) && person_is_known(c, e) && taking_read(&c->view, c->records->types, c->access->person, c->parameters[0], t, e);
}

static bool system_submit(struct call *c, struct record_change *changes, size_t count, struct err *e)
{
    struct access system = {.actor = STR(TRAINING_ACTOR), .is_system = true};
    struct op op = {0};
    struct json *answer;
    for (size_t i = 0; i < count; i++)
        changes[i].why = arena_printf(c->arena, "by %.*s", STR_ARGS(access_who(c->access)));
    return record_number(c->view.db, c->arena, changes, count, e) && record_op(c->site->env, c->arena, changes, count, &system, &op, e) &&
           keeper_link_submit(c->site->keeper, c->arena, &op, &answer, e);
}

/* Everybody may take a course that nobody asked them to. */
static bool taking_begin(struct call *c, struct taking *t, struct err *e)
{
    struct record_change change = {.type = STR("training_assignment"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    if (!t->assignment) {
        json_put_str(change.set, "title", t->in_force.title);
        json_put_str(change.set, "course", t->in_force.id);
        json_put_str(change.set, "person", c->access->person);
        json_put_cstr(change.set, "cause", "self");
        json_put_str(change.set, "assigned_on", day_text(c->arena, call_today(c)));
        json_put_str(change.set, "due_on", day_text(c->arena, call_today(c) + SELF_DAYS));
        json_put_int(change.set, "lessons_read", 0);
        json_put_int(change.set, "attempts", 0);
        if (!system_submit(c, &change, 1, e) || !taking_open(c, t, e))
            return false;
    }
    bool is_new = str_is(t->assignment->state, "assigned");
    if (!is_new && !t->is_changed)
        return true;
    change = (struct record_change){.type = STR("training_assignment"), .id = t->assignment->id, .act = RECORD_MOVE, .version = t->assignment->version,
                                    .transition = is_new ? STR("begin") : STR("again"), .set = json_object(c->arena)};
    json_put_str(change.set, "course_digest", arena_str(c->arena, str_of(t->in_force.digest)));
    json_put_int(change.set, "lessons_read", 0);
    json_put_int(change.set, "started_at", c->now_ms);
    return system_submit(c, &change, 1, e) && taking_open(c, t, e);
}

static struct json *build_my_training(struct call *c, struct err *e)
{
    return call_as_of(c, e) ? view_my_training(&c->view, c->access->person, e) : NULL;
}

static struct json *build_my_course(struct call *c, struct err *e)
{
    struct taking t;
    return taking_open(c, &t, e) ? view_my_course(&c->view, &t, c->access->person, e) : NULL;
}

static struct json *build_lesson(struct call *c, struct err *e)
{
    struct taking t;
    return taking_open(c, &t, e) ? view_lesson(&c->view, &t, c->parameters[1], e) : NULL;
}

static struct json *build_quiz(struct call *c, struct err *e)
{
    struct taking t;
    return taking_open(c, &t, e) ? view_quiz(&c->view, &t, NULL, e) : NULL;
}

static struct json *build_result(struct call *c, struct err *e)
{
    struct taking t;
    return taking_open(c, &t, e) ? view_result(&c->view, &t, c->access->person, e) : NULL;
}

bool handle_lesson_read(struct call *c, struct err *e)
{
    struct taking t;
    size_t i = 0;
    if (!taking_open(c, &t, e))
        return false;
    const struct course *text = t.course;
    while (i < text->lesson_count && !str_equal(text->lessons[i].id, c->parameters[1]))
        i++;
    if (i == text->lesson_count)
        return err_set(e, ERR_NOT_FOUND, "lesson: this course has none of this name");
    if (!taking_begin(c, &t, e))
        return false;
    struct str next = i + 1 < text->lesson_count ? arena_printf(c->arena, "/my/training/%.*s/%.*s", STR_ARGS(t.in_force.id), STR_ARGS(text->lessons[i + 1].id))
                                                 : arena_printf(c->arena, "/my/training/%.*s#quiz", STR_ARGS(t.in_force.id));
    if ((int64_t)i == t.lessons_read && t.seed.size == 0) { /* in their order, each once */
        struct record_change change = {.type = STR("training_assignment"), .id = t.assignment->id, .act = RECORD_CHANGE, .version = t.assignment->version, .set = json_object(c->arena)};
        json_put_int(change.set, "lessons_read", (int64_t)i + 1);
        if (!system_submit(c, &change, 1, e))
            return false;
    }
    return call_redirect(c, next);
}

bool handle_quiz_draw(struct call *c, struct err *e)
{
    struct taking t;
    uint8_t random[16];
    char seed[TRAINING_SEED_SIZE];
    if (!taking_open(c, &t, e))
        return false;
    struct str quiz = arena_printf(c->arena, "/my/training/%.*s/quiz", STR_ARGS(t.in_force.id));
    if (t.seed.size) /* one at a time */
        return call_redirect(c, quiz);
    if (!t.assignment || t.lessons_read < (int64_t)t.course->lesson_count)
        return err_set(e, ERR_CONFLICT, "quiz: read all lessons first; %lld of %zu are read", (long long)t.lessons_read, t.course->lesson_count);
    env_random(c->site->env, random, sizeof(random));
    hex_encode(random, sizeof(random), seed);
    struct record_change change = {.type = STR("training_assignment"), .id = t.assignment->id, .act = RECORD_MOVE, .version = t.assignment->version, .transition = STR("draw"),
                                   .set = json_object(c->arena)};
    json_put_str(change.set, "seed", arena_str(c->arena, str_of(seed)));
    json_put_int(change.set, "attempts", t.attempts + 1);
    json_put_int(change.set, "drawn_at", c->now_ms);
    return system_submit(c, &change, 1, e) && call_redirect(c, quiz);
}

static size_t answers_read(struct call *c, const struct quiz *q, int chosen[ANSWERS_MAX])
{
    size_t missing = 0;
    for (size_t i = 0; i < q->count; i++) {
        int64_t place = -1;
        struct str text = form_value(&c->form, arena_printf(c->arena, "a.%zu", i + 1).data);
        if (!str_to_int64(text, &place) || place < 0 || place >= (int64_t)q->items[i].answers)
            place = -1;
        chosen[i] = (int)place;
        missing += place < 0;
    }
    return missing;
}

static void completion_set(struct call *c, const struct taking *t, struct json *set, size_t right, size_t asked, struct str text, struct err *e)
{
    const struct json *values = t->assignment->values;
    struct str cadence = parameter_value(c->view.db, c->arena, "training_cadence", INT64_MAX, e);
    struct str name = db_one_text(c->arena, c->view.db, e, "select name from people where id = ?1", A(c->access->person));
    enum cadence every = cadence_of(arena_str(c->arena, cadence).data);
    json_put_str(set, "title", t->in_force.title);
    json_put_str(set, "course", t->in_force.id);
    json_put_str(set, "course_digest", arena_str(c->arena, str_of(t->in_force.digest)));
    json_put_str(set, "person", c->access->person);
    json_put_str(set, "name", name.size ? name : c->access->person);
    json_put_str(set, "assignment", t->assignment->id);
    if (json_text(values, "campaign").size)
        json_put_str(set, "campaign", json_text(values, "campaign"));
    json_put_int(set, "score", quiz_percent(right, asked));
    json_put_int(set, "right", (int64_t)right);
    json_put_int(set, "asked", (int64_t)asked);
    json_put_int(set, "pass_percent", t->course->pass_percent);
    json_put_int(set, "attempt", t->attempts);
    json_put_str(set, "seed", t->seed);
    json_put_str(set, "answers", text);
    json_put_str(set, "answered_by", access_who(c->access));
    json_put_int(set, "started_at", json_int(values, "started_at", c->now_ms));
    json_put_int(set, "finished_at", c->now_ms);
    json_put_str(set, "expires_on", day_text(c->arena, cadence_next(every == CADENCE_NONE ? CADENCE_ANNUAL : every, call_today(c))));
}

/* Passed: the completion and the end of the assignment are one operation. Not passed: another draw, or the lessons once more. */
static bool quiz_close(struct call *c, const struct taking *t, size_t right, size_t asked, struct str text, struct err *e)
{
    bool is_passed = quiz_percent(right, asked) >= t->course->pass_percent;
    struct record_change changes[2] = {{.type = STR("training_completion"), .act = RECORD_CREATE, .set = json_object(c->arena)},
                                       {.type = STR("training_assignment"), .id = t->assignment->id, .act = RECORD_MOVE, .version = t->assignment->version,
                                        .transition = is_passed ? STR("complete") : STR("fail"), .set = json_object(c->arena)}};
    struct json *set = changes[1].set;
    json_put_int(set, "last_score", quiz_percent(right, asked));
    if (is_passed) {
        completion_set(c, t, changes[0].set, right, asked, text, e);
        json_put_null(set, "last_result");
        json_put_str(set, "completion", STR("new:1"));
        return !e->code && system_submit(c, changes, 2, e);
    }
    json_put_str(set, "last_result", text);
    if (t->attempts % t->attempts_max == 0)
        json_put_int(set, "lessons_read", 0);
    return system_submit(c, &changes[1], 1, e);
}

bool handle_quiz(struct call *c, struct err *e)
{
    struct taking t;
    struct quiz q;
    int chosen[ANSWERS_MAX];
    struct str text;
    int64_t attempt = 0;
    if (!taking_open(c, &t, e))
        return false;
    if (t.seed.size == 0 || !str_to_int64(form_value(&c->form, "attempt"), &attempt) || attempt != t.attempts)
        return err_set(e, ERR_CONFLICT, "quiz: this one was handed in already, or another was drawn since; go back to the course");
    if (!quiz_draw(c->arena, t.course, t.seed, &q, e))
        return false;
    if (answers_read(c, &q, chosen) > 0) {
        struct json *v = view_quiz(&c->view, &t, chosen, e);
        return v && show_page(c, &page_kind_quiz, v, 422, e);
    }
    size_t right = quiz_score(c->arena, t.course, &q, chosen, &text);
    return quiz_close(c, &t, right, q.count, text, e) && call_redirect(c, arena_printf(c->arena, "/my/training/%.*s/result", STR_ARGS(t.in_force.id)));
}

/* ---- the certificate ---- */

bool handle_certificate(struct call *c, struct err *e)
{
    struct str id = c->parameters[0], pdf;
    if (!str_ends(id, ".pdf") || !call_view(c, e))
        return e->code ? false : err_set(e, ERR_NOT_FOUND, "certificate: the address ends in .pdf");
    id = str_slice(id, 0, id.size - 4);
    const struct record_type *t = record_types_find(c->records->types, STR("training_completion"));
    struct record *r = t ? record_get(c->view.db, c->arena, t, id, INT64_MAX, e) : NULL;
    if (!r || !access_matches(c->access, &t->may_read, r))
        return err_set(e, ERR_NOT_FOUND, "completion %.*s: there is none of this name that you may read", STR_ARGS(str_slice(id, 0, 40)));
    struct json *d = certificate_document(&c->view, r, e);
    if (!d || !site_print(c->site, c->arena, d, &pdf, e))
        return false;
    c->response->disposition = arena_printf(c->arena, "inline; filename=\"certificate-%.*s.pdf\"", STR_ARGS(id));
    c->response->cache = "private, no-cache";
    return call_bytes(c, "application/pdf", pdf);
}

static const struct list_column campaign_columns[] = {{"status", "State", "", false, "status_words"}, {"person", "Who", "grow", false, "person.name"}, {"manager", "Manager", "wide", false, NULL},
                                                      {"due", "Due", "", false, NULL}, {"lessons", "Lessons", "n wide", false, NULL}, {"attempts", "Quizzes", "n wide", false, NULL},
                                                      {"days_late", "Days late", "n wide", false, NULL}};
static const struct list_column overdue_columns[] = {{"manager", "Manager", "", false, "manager.name"}, {"person", "Who", "grow", false, "person.name"}, {"course", "Course", "", false, "course.title"},
                                                     {"due", "Due", "", false, NULL}, {"days_late", "Days late", "n", false, NULL}};
#define COLUMNS(list) .columns = (list), .column_count = sizeof(list) / sizeof((list)[0])
const struct page page_kind_training = {.nav = "training", .build = build_training, .render = page_training, .words = "Courses, campaigns, and how far they are"};
const struct page page_kind_course = {.nav = "training", .build = build_course, .render = page_course, .words = "A course with its lessons and the questions of its pool, without answers"};
const struct page page_kind_campaign = {.nav = "training", .build = build_campaign, .render = page_campaign, COLUMNS(campaign_columns), .words = "A campaign and whom it is for"};
const struct page page_kind_training_overdue = {.nav = "training", .build = build_overdue, .render = page_training_overdue, COLUMNS(overdue_columns), .words = "Overdue training by manager"};
const struct page page_kind_my_training = {.nav = "my", .build = build_my_training, .render = page_my_training, .words = "One's own training"};
const struct page page_kind_my_course = {.nav = "my", .build = build_my_course, .render = page_my_course, .words = "How far one is in a course"};
const struct page page_kind_lesson = {.nav = "my", .build = build_lesson, .render = page_lesson, .words = "A lesson"};
const struct page page_kind_quiz = {.nav = "my", .build = build_quiz, .render = page_quiz, .words = "A quiz that waits for answers; which are right is not said"};
const struct page page_kind_quiz_result = {.nav = "my", .build = build_result, .render = page_quiz_result, .words = "What came of the last quiz, with reasons"};
