/* view_training.c - courses, campaigns and who is late. As of now: what counts is what people still owe. */
#include "report/view_training.h"

#include "report/kept_tree.h"
#include "report/view_internal.h"
#include "report/view_parameters.h"

#define ASSIGNMENT_STATUSES "Overdue", "Open", "Completed", "Not needed"
#define OPEN "('assigned', 'started', 'quiz')"

static struct str today_text(struct view *v)
{
    return day_text(v->arena, view_today(v));
}

static struct json *course_link(struct view *v, struct json *o, struct str id, struct str title)
{
    return put_link(v, o, "course", arena_str(v->arena, id).data, arena_str(v->arena, title).data, arena_printf(v->arena, "/training/courses/%.*s", STR_ARGS(id)));
}

static void progress_put(struct json *o, int64_t people, int64_t completed, int64_t open, int64_t overdue)
{
    json_put_int(o, "people", people);
    json_put_int(o, "completed", completed);
    json_put_int(o, "open", open);
    json_put_int(o, "overdue", overdue);
    put_decimal(o, "share", people ? (double)completed / (double)people : 0);
}

static bool course_put(struct view *v, struct json *o, const struct course_in_force *c, const struct course *text, struct err *e)
{
    int64_t done = 0, open = 0, late = 0;
    json_put_str(o, "id", c->id);
    json_put_str(o, "name", c->title);
    json_put_str(o, "words", text->words);
    json_put_str(o, "audience", text->audience);
    json_put_int(o, "lessons", (int64_t)text->lesson_count);
    json_put_int(o, "questions", (int64_t)text->question_count);
    json_put_int(o, "drawn", text->drawn);
    json_put_int(o, "pass_percent", text->pass_percent);
    json_put_int(o, "minutes", text->minutes);
    json_put_bool(o, "is_own", c->is_own);
    json_put_str(o, "digest", arena_str(v->arena, str_of(c->digest)));
    json_put_str(o, "url", arena_printf(v->arena, "/training/courses/%.*s", STR_ARGS(c->id)));
    done = db_one_int(v->db, e, 0, "select count(distinct d.person) from training_completions d join people p on p.id = d.person where d.course = ?1 and d.expires_on >= ?2 and p.state = 'active'",
                      A(c->id), A(today_text(v)));
    DB_EACH (row, v->db, e, "select sum(n), sum(n * (due_on < ?2)) from training_assignments_counts where course = ?1 and state in " OPEN, A(c->id), A(today_text(v))) {
        open = db_int(row, 0);
        late = db_int(row, 1);
    }
    progress_put(o, done + open, done, open, late);
    return !e->code;
}

static const char *const audiences[][2] = {{"all", "Everybody"}, {"employees", "Employees"}, {"contractors", "Contractors and consultants"}, {"department", "Departments"}, {"chosen", "Chosen people"}};

/* id, title, state, course, audience, department, due_on, is_standing, owner, owner's name, total, completed, open, overdue, dropped */
#define CAMPAIGN_COLUMNS                                                                                                                                          \
    "select k.id, k.title, k.state, k.course, k.audience, k.department, k.due_on, k.is_standing, k.owner, (select p.name from people p where p.id = k.owner), n.total, n.done, n.open, n.late, " \
    "k.version from campaigns k left join (select campaign, sum(n) as total, sum(n * (state = 'completed')) as done, sum(n * (state in " OPEN ")) as open, "            \
    "sum(n * (state in " OPEN " and due_on < ?1)) as late from training_assignments_counts where state <> 'dropped' group by campaign) n on n.campaign = k.id "

static void campaign_put(struct view *v, struct json *o, struct db_row *row)
{
    struct str state = arena_str(v->arena, db_text(row, 2)), id = arena_str(v->arena, db_text(row, 0)), course = arena_str(v->arena, db_text(row, 3));
    int64_t late = db_int(row, 13);
    struct err ignored = {0};
    struct course_in_force c;
    bool is_there = course_in_force(v->db, v->arena, course, &c, NULL, &ignored);
    json_put_str(o, "id", id);
    json_put_str(o, "name", arena_str(v->arena, db_text(row, 1)));
    json_put_str(o, "state", state);
    json_put_str(o, "state_words", str_is(state, "planned") ? STR("Planned") : str_is(state, "closed") ? STR("Closed") : STR("Running"));
    put_status_as(o, str_is(state, "planned") ? RESULT_UNKNOWN : late ? RESULT_FAIL : db_int(row, 12) ? RESULT_UNKNOWN : RESULT_PASS,
                  str_is(state, "planned") ? "Planned" : late ? "Overdue" : db_int(row, 12) ? "Open" : "Completed");
    course_link(v, o, course, is_there ? c.title : course);
    json_put_bool(o, "has_course", is_there);
    const char *words = "";
    for (size_t i = 0; i < 5; i++)
        words = str_is(db_text(row, 4), audiences[i][0]) ? audiences[i][1] : words;
    json_put_str(o, "audience_words", str_is(db_text(row, 4), "department") && db_text(row, 5).size ? arena_str(v->arena, db_text(row, 5)) : str_of(words));
    json_put_str(o, "due", arena_str(v->arena, db_text(row, 6)));
    json_put_bool(o, "is_standing", db_int(row, 7) != 0);
    json_put_str(o, "owner", arena_str(v->arena, db_text(row, 9)));
    json_put_str(o, "url", arena_printf(v->arena, "/training/campaigns/%.*s", STR_ARGS(id)));
    json_put_int(o, "version", db_int(row, 14));
    progress_put(o, db_int(row, 10), db_int(row, 11), db_int(row, 12), late);
}

struct json *view_training(struct view *v, struct err *e)
{
    struct course_in_force *list;
    size_t count;
    struct err failed = {0};
    struct json *page = page_new(v, STR("Training"), e);
    if (!page || !courses_in_force(v->db, v->arena, &list, &count, e))
        return NULL;
    struct json *courses = json_put_array(page, "courses"), *problems = json_put_array(page, "problems"), *campaigns = json_put_array(page, "campaigns");
    for (size_t i = 0; i < count && !failed.code; i++) {
        struct err why = {0};
        struct course_in_force found;
        const struct course *text;
        if (!course_in_force(v->db, v->arena, list[i].id, &found, &text, &why)) {
            struct json *o = json_push_object(problems);
            json_put_str(o, "id", list[i].id);
            json_put_str(o, "why", arena_str(v->arena, str_of(why.text)));
            continue;
        }
        if (!course_put(v, json_push_object(courses), &found, text, &failed))
            break;
    }
    DB_EACH (row, v->db, &failed, CAMPAIGN_COLUMNS "order by k.state = 'closed', k.due_on desc, k.id desc limit 200", A(today_text(v)))
        campaign_put(v, json_push_object(campaigns), row);
    struct json *sum = json_put_object(page, "sum");
    json_put_int(sum, "open", db_one_int(v->db, &failed, 0, "select sum(n) from training_assignments_counts where state in " OPEN));
    json_put_int(sum, "overdue", db_one_int(v->db, &failed, 0, "select sum(n) from training_assignments_counts where state in " OPEN " and due_on < ?1", A(today_text(v))));
    json_put_int(sum, "completed", db_one_int(v->db, &failed, 0, "select count(*) from training_completions where expires_on >= ?1", A(today_text(v))));
    return failed.code ? (*e = failed, NULL) : page;
}

struct json *view_course(struct view *v, struct str id, struct err *e)
{
    struct course_in_force found;
    const struct course *c;
    struct err failed = {0};
    if (!course_in_force(v->db, v->arena, id, &found, &c, e))
        return NULL;
    struct json *page = page_new(v, found.title, e);
    if (!page || !course_put(v, page, &found, c, e))
        return NULL;
    struct json *lessons = json_put_array(page, "lesson_list"), *pool = json_put_array(page, "pool");
    for (size_t i = 0; i < c->lesson_count; i++) {
        struct json *o = json_push_object(lessons);
        json_put_str(o, "id", c->lessons[i].id);
        json_put_str(o, "title", c->lessons[i].title);
        json_put_int(o, "minutes", c->lessons[i].minutes);
        json_put_str(o, "text", view_text(v, c->lessons[i].text));
        json_put(o, "diagram", (struct json *)(uintptr_t)c->lessons[i].diagram);
    }
    for (size_t i = 0; i < c->question_count; i++) {
        struct json *o = json_push_object(pool);
        json_put_str(o, "id", c->pool[i].id);
        json_put_str(o, "text", c->pool[i].text);
        json_put_str(o, "lesson", c->pool[i].lesson);
    }
    struct json *policies = json_put_array(page, "policies"), *controls = json_put_array(page, "controls"), *done = json_put_array(page, "completions");
    for (size_t i = 0; i < c->policies.count; i++) {
        const struct policy *p = content_policy(str_of(c->policies.items[i]));
        if (p)
            push_link(v, policies, p->id, p->title, url_of(v, "policies", str_of(p->id)));
    }
    for (size_t i = 0; i < c->controls.count; i++) {
        const struct control *k = content_control(str_of(c->controls.items[i]));
        if (k)
            push_link(v, controls, k->id, k->title, url_control(v, k));
    }
    DB_EACH (row, v->db, &failed,
             "select d.id, p.name, d.score, d.finished_at from training_completions d join people p on p.id = d.person where d.course = ?1 order by d.finished_at desc limit 50", A(id)) {
        struct json *o = json_push_object(done);
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        json_put_str(o, "person", arena_str(v->arena, db_text(row, 1)));
        json_put_int(o, "score", db_int(row, 2));
        put_time(v, o, "finished", db_int(row, 3));
        json_put_str(o, "url", arena_printf(v->arena, "/records/training_completion/%.*s", STR_ARGS(db_text(row, 0))));
    }
    return failed.code ? (*e = failed, NULL) : page;
}

/* ---- lists of assignments ---- */

static int64_t days_late(struct view *v, struct str due)
{
    int64_t at_ms;
    return time_parse(due, 0, &at_ms) && view_today(v) > day_of(at_ms) ? view_today(v) - day_of(at_ms) : 0;
}

static void person_put(struct view *v, struct json *o, const char *key, struct str id, struct str name)
{
    struct json *p = json_put_object(o, key);
    json_put_str(p, "id", arena_str(v->arena, id));
    json_put_str(p, "name", arena_str(v->arena, name.size ? name : id.size ? id : STR("nobody")));
}

static void assignment_add(struct list *l, struct db_row *row, int64_t lessons)
{
    struct view *v = l->v;
    struct json *o = json_object(v->arena);
    struct str state = db_text(row, 4), name = arena_str(v->arena, db_text(row, 2)), due = arena_str(v->arena, db_text(row, 5));
    bool is_done = str_is(state, "completed"), is_dropped = str_is(state, "dropped");
    int64_t late = is_done || is_dropped ? 0 : days_late(v, due);
    enum result_status status = is_done ? RESULT_PASS : is_dropped ? RESULT_SKIP : late ? RESULT_FAIL : RESULT_UNKNOWN;
    json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
    person_put(v, o, "person", db_text(row, 1), name);
    json_put_str(o, "manager", arena_str(v->arena, db_text(row, 3)));
    put_status_as(o, status, is_done ? "Completed" : is_dropped ? "Not needed" : late ? "Overdue" : str_is(state, "assigned") ? "Assigned" : "Begun");
    json_put_str(o, "due", due);
    json_put_int(o, "lessons", db_int(row, 6));
    json_put_int(o, "lessons_all", lessons);
    json_put_int(o, "attempts", db_int(row, 7));
    json_put_int(o, "score", db_is_null(row, 8) ? -1 : db_int(row, 8));
    json_put_int(o, "days_late", late);
    json_put_str(o, "url", arena_printf(v->arena, "/records/training_assignment/%.*s", STR_ARGS(db_text(row, 0))));
    list_add(l, (struct list_row){.row = o, .text = name, .status = status, .group = STR(""), .sort_number = -late, .sort_text = name});
}

#define ASSIGNMENT_COLUMNS "select t.id, t.person, p.name, (select m.name from people m where m.id = p.manager), t.state, t.due_on, t.lessons_read, t.attempts, t.last_score from "
#define ASSIGNED(t) t ".to_leaf is null and " t ".is_deleted = 0"

/* Those of one page: who is late by their days, then the others by the order of names. What each status has is kept. */
static bool assignments_paged(struct view *v, struct json *page, const struct view_filter *f, struct str campaign, int64_t lessons, struct err *e)
{
    struct list l;
    int64_t first = (filter_page(f) - 1) * filter_per_page(f), left = filter_per_page(f), total = 0, late = 0;
    list_init(&l, v, f);
    DB_EACH (row, v->db, e, "select state, sum(n), sum(n * (due_on < ?2)) from training_assignments_counts where campaign = ?1 group by state", A(campaign), A(today_text(v))) {
        bool is_done = str_is(db_text(row, 0), "completed"), is_dropped = str_is(db_text(row, 0), "dropped");
        int64_t n = db_int(row, 1), over = is_done || is_dropped ? 0 : db_int(row, 2);
        total += n;
        late += over;
        l.unseen_status[RESULT_FAIL] += over;
        l.unseen_status[is_done ? RESULT_PASS : is_dropped ? RESULT_SKIP : RESULT_UNKNOWN] += n - over;
    }
    if (first < late)
        DB_EACH (row, v->db, e,
                 ASSIGNMENT_COLUMNS "training_assignments_versions t left join people p on p.id = t.person where t.campaign = ?1 and " ASSIGNED("t") " and t.state in " OPEN
                 " and t.due_on < ?2 order by t.due_on, p.name, t.id limit ?3 offset ?4", A(campaign), A(today_text(v)), A(left), A(first))
            assignment_add(&l, row, lessons);
    left -= (int64_t)l.count;
    if (left > 0 && first + (int64_t)l.count >= late)
        DB_EACH (row, v->db, e,
                 ASSIGNMENT_COLUMNS "people_versions p cross join training_assignments_versions t on t.person = p.id and +t.campaign = ?1 and " ASSIGNED("t") " where " ASSIGNED("p")
                 " and not (t.state in " OPEN " and t.due_on < ?2) order by p.name, p.id limit ?3 offset ?4", A(campaign), A(today_text(v)), A(left), A(first > late ? first - late : 0))
            assignment_add(&l, row, lessons);
    if (e->code)
        return false;
    struct json *rows = json_put_array(page, "rows"), *statuses = json_put_array(page, "statuses");
    for (size_t i = 0; i < l.count; i++)
        json_push(rows, l.rows[i].row);
    json_put_array(page, "groups");
    for (int s = RESULT_FAIL; s >= RESULT_SKIP; s--) {
        struct json *o = json_push_object(statuses);
        put_status_as(o, (enum result_status)s, result_status_words((enum result_status)s));
        json_put_cstr(o, "words", result_status_words((enum result_status)s));
        json_put_int(o, "count", l.unseen_status[s]);
    }
    list_name_statuses(page, ASSIGNMENT_STATUSES);
    list_put_page(v, page, f, total, total);
    return true;
}

static bool assignments_read(struct view *v, struct json *page, const struct view_filter *f, struct str campaign, int64_t lessons, struct err *e)
{
    struct list l;
    list_init(&l, v, f);
    DB_EACH (row, v->db, e, ASSIGNMENT_COLUMNS "training_assignments t left join people p on p.id = t.person where t.campaign = ?1", A(campaign))
        assignment_add(&l, row, lessons);
    list_finish(&l, page, NULL);
    list_name_statuses(page, ASSIGNMENT_STATUSES);
    return e->code == ERR_NONE;
}

/* How many of those that it is for have none yet. */
static struct json *missing_make(struct view *v, void *context, struct err *e)
{
    const struct str *id = context;
    struct record_change *changes;
    size_t count;
    return campaign_missing(v->db, v->arena, *id, view_today(v), &changes, &count, e) ? json_new_int(v->arena, (int64_t)count) : NULL;
}

struct json *view_campaign(struct view *v, struct str id, const struct view_filter *f, struct err *e)
{
    struct err failed = {0};
    struct json *page = NULL;
    int64_t lessons = 0;
    struct str title = db_one_text(v->arena, v->db, e, "select title from campaigns where id = ?1", A(id));
    if (!title.size)
        return e->code ? NULL : (err_set(e, ERR_NOT_FOUND, "campaign %.*s: there is none", STR_ARGS(str_slice(id, 0, 40))), NULL);
    page = page_new(v, title, e);
    if (!page)
        return NULL;
    struct course_in_force found;
    const struct course *course = NULL;
    struct err why = {0};
    struct str course_id = db_one_text(v->arena, v->db, &failed, "select course from campaigns where id = ?1", A(id));
    if (course_in_force(v->db, v->arena, course_id, &found, &course, &why))
        lessons = (int64_t)course->lesson_count;
    DB_EACH (row, v->db, &failed, CAMPAIGN_COLUMNS "where k.id = ?2", A(today_text(v)), A(id))
        campaign_put(v, page, row);
    const struct json *missing = course ? kept_tree_get(v, arena_printf(v->arena, "campaign %.*s", STR_ARGS(id)),
                                                        "[\"record/campaign\",\"record/person\",\"record/training_assignment\",\"record/training_completion\",\"record/course\",\"record/lesson\",\"parameter\"]",
                                                        missing_make, &id, &why)
                                        : NULL;
    json_put_int(page, "would_assign", missing ? missing->integer : 0);
    bool ok = f->q.size == 0 && f->status.size == 0 && f->sort.size == 0 && !f->is_descending ? assignments_paged(v, page, f, id, lessons, &failed) : assignments_read(v, page, f, id, lessons, &failed);
    return ok && !failed.code ? page : (*e = failed, NULL);
}

static struct str manager_words(struct view *v, struct str group)
{
    struct err ignored = {0};
    struct str name = db_one_text(v->arena, v->db, &ignored, "select name from people where id = ?1", A(group));
    return name.size ? name : STR("Nobody");
}

#define OVERDUE "training_assignments t join people p on p.id = t.person where t.state in " OPEN " and t.due_on < ?1"

/* {"managers":[{"id","name","count"}],"rows":[{"text","sort","group","row":packed}]}: everybody who is late. */
static struct json *overdue_make(struct view *v, void *context, struct err *e)
{
    struct json *made = json_object(v->arena), *managers = json_put_array(made, "managers"), *rows = json_put_array(made, "rows");
    (void)context;
    DB_EACH (row, v->db, e, "select p.manager, (select m.name from people m where m.id = p.manager), count(*) from " OVERDUE " group by p.manager order by 3 desc, 2 limit 200", A(today_text(v))) {
        struct json *o = json_push_object(managers);
        json_put_str(o, "id", db_text(row, 0).size ? arena_str(v->arena, db_text(row, 0)) : STR("nobody"));
        json_put_str(o, "name", db_text(row, 1).size ? arena_str(v->arena, db_text(row, 1)) : STR("Nobody is named"));
        json_put_int(o, "count", db_int(row, 2));
    }
    DB_EACH (row, v->db, e, "select t.id, t.person, p.name, p.manager, (select m.name from people m where m.id = p.manager), t.course, t.title, t.due_on, t.campaign from " OVERDUE, A(today_text(v))) {
        struct json *o = json_object(v->arena), *one = json_push_object(rows);
        struct str name = arena_str(v->arena, db_text(row, 2)), manager = arena_str(v->arena, db_text(row, 3)), due = arena_str(v->arena, db_text(row, 7));
        put_status_as(o, RESULT_FAIL, "Overdue");
        json_put_str(o, "id", arena_str(v->arena, db_text(row, 0)));
        person_put(v, o, "person", db_text(row, 1), name);
        person_put(v, o, "manager", manager, db_text(row, 4));
        course_link(v, o, db_text(row, 5), db_text(row, 6));
        json_put_str(o, "due", due);
        json_put_int(o, "days_late", days_late(v, due));
        json_put_str(o, "campaign", arena_str(v->arena, db_text(row, 8)));
        json_put_str(o, "url", arena_printf(v->arena, "/records/training_assignment/%.*s", STR_ARGS(db_text(row, 0))));
        struct str its = json_text(json_get(o, "manager"), "name");
        json_put_str(one, "text", arena_printf(v->arena, "%.*s %.*s", STR_ARGS(name), STR_ARGS(its)));
        json_put_str(one, "sort", arena_printf(v->arena, "%.*s\x01%.*s", STR_ARGS(its), STR_ARGS(name)));
        json_put_str(one, "group", manager.size ? manager : STR("nobody"));
        json_put(one, "row", kept_row(v->arena, o));
    }
    return e->code ? NULL : made;
}

static struct json *overdue_open(const void *context, const void *of)
{
    const struct view *v = context;
    return kept_row_open(v->arena, json_get(of, "row"));
}

struct json *view_training_overdue(struct view *v, const struct view_filter *f, struct err *e)
{
    struct list l;
    struct json *page = page_new(v, STR("Overdue training"), e);
    const struct json *made = page ? kept_tree_get(v, STR("overdue training"), "[\"record/training_assignment\",\"record/person\"]", overdue_make, NULL, e) : NULL;
    if (!made)
        return NULL;
    json_put(page, "managers", json_copy(v->arena, json_get(made, "managers")));
    list_init(&l, v, f);
    l.make = overdue_open;
    l.context = v;
    JSON_EACH (one, json_get(made, "rows"))
        list_add(&l, (struct list_row){.of = one, .text = json_text(one, "text"), .status = RESULT_FAIL, .group = json_text(one, "group"), .sort_text = json_text(one, "sort")});
    list_finish(&l, page, manager_words);
    return page;
}
