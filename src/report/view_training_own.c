/* view_training_own.c - taking a course: lessons, the quiz, what came of it, and the certificate. */
#include "assess/stored.h"
#include "print/print.h"
#include "report/view_internal.h"
#include "report/view_parameters.h"
#include "report/view_training.h"

static const struct record_type *type_find(struct record_types *types, const char *id, struct err *e)
{
    const struct record_type *t = record_types_find(types, str_of(id));
    if (!t)
        err_set(e, ERR_NOT_FOUND, "there are no records of the type %s", id);
    return t;
}

bool taking_read(struct view *v, struct record_types *types, struct str person, struct str id, struct taking *ret, struct err *e)
{
    struct taking t = {0};
    struct err failed = {0};
    const struct record_type *type = type_find(types, "training_assignment", e);
    if (!type || !course_in_force(v->db, v->arena, id, &t.in_force, &t.course, e))
        return false;
    struct str open = db_one_text(v->arena, v->db, &failed,
                                  "select id from training_assignments where person = ?1 and course = ?2 and state in ('assigned', 'started', 'quiz') order by due_on, id limit 1", A(person), A(id));
    struct str most = parameter_value(v->db, v->arena, "training_quiz_attempts", INT64_MAX, &failed);
    if (failed.code)
        return (*e = failed, false);
    if (!str_to_int64(most, &t.attempts_max) || t.attempts_max < 1)
        t.attempts_max = 1;
    if (open.size) {
        t.assignment = record_get(v->db, v->arena, type, open, INT64_MAX, e);
        if (!t.assignment)
            return false;
        const struct json *values = t.assignment->values;
        struct str digest = json_text(values, "course_digest");
        t.is_changed = digest.size > 0 && !str_is(digest, t.in_force.digest);
        t.lessons_read = t.is_changed ? 0 : json_int(values, "lessons_read", 0);
        t.attempts = json_int(values, "attempts", 0);
        t.seed = str_is(t.assignment->state, "quiz") && !t.is_changed ? json_text(values, "seed") : STR("");
    }
    *ret = t;
    return true;
}

static struct str course_url(struct view *v, struct str course)
{
    return arena_printf(v->arena, "/my/training/%.*s", STR_ARGS(course));
}

static void put_course(struct view *v, struct json *o, const struct taking *t)
{
    put_link(v, o, "course", t->in_force.id.data, t->in_force.title.data, course_url(v, t->in_force.id));
}

static bool completions_put(struct view *v, struct json *page, struct str person, struct str course, struct err *e)
{
    struct json *list = json_put_array(page, "completions");
    struct err failed = {0};
    DB_EACH (row, v->db, &failed, "select id, title, score, finished_at, expires_on, course from training_completions where person = ?1 and (?2 = '' or course = ?2) order by finished_at desc limit 100",
             A(person), A(course)) {
        struct json *o = json_push_object(list);
        struct str id = arena_str(v->arena, db_text(row, 0));
        json_put_str(o, "id", id);
        json_put_str(o, "title", arena_str(v->arena, db_text(row, 1)));
        json_put_int(o, "score", db_int(row, 2));
        put_time(v, o, "finished", db_int(row, 3));
        json_put_str(o, "expires", arena_str(v->arena, db_text(row, 4)));
        json_put_str(o, "pdf", arena_printf(v->arena, "/my/training/completions/%.*s.pdf", STR_ARGS(id)));
    }
    return failed.code ? (*e = failed, false) : true;
}

struct json *view_my_training(struct view *v, struct str person, struct err *e)
{
    struct course_in_force *list;
    size_t count;
    struct err failed = {0};
    struct json *page = page_new(v, STR("My training"), e);
    if (!page || !courses_in_force(v->db, v->arena, &list, &count, e))
        return NULL;
    json_put_str(page, "person", person);
    struct json *open = json_put_array(page, "open"), *others = json_put_array(page, "others");
    struct str today = day_text(v->arena, view_today(v));
    DB_EACH (row, v->db, &failed, "select course, title, due_on, state, lessons_read from training_assignments where person = ?1 and state in ('assigned', 'started', 'quiz') order by due_on, id limit 100",
             A(person)) {
        struct json *o = json_push_object(open);
        struct str id = arena_str(v->arena, db_text(row, 0)), due = arena_str(v->arena, db_text(row, 2));
        bool is_late = str_compare(due, today) < 0;
        put_link(v, o, "course", id.data, arena_str(v->arena, db_text(row, 1)).data, course_url(v, id));
        json_put_str(o, "due", due);
        put_status_as(o, is_late ? RESULT_FAIL : RESULT_UNKNOWN, is_late ? "Overdue" : str_is(db_text(row, 3), "assigned") ? "Not begun" : "Begun");
        json_put_int(o, "lessons_read", db_int(row, 4));
    }
    for (size_t i = 0; i < count; i++) {
        bool is_open = false;
        JSON_EACH (o, open)
            is_open |= str_equal(json_text(json_get(o, "course"), "id"), list[i].id);
        struct course_in_force found;
        const struct course *c;
        struct err why = {0};
        if (is_open || !course_in_force(v->db, v->arena, list[i].id, &found, &c, &why))
            continue;
        struct json *o = push_link(v, others, list[i].id.data, list[i].title.data, course_url(v, list[i].id));
        json_put_str(o, "words", c->words);
        json_put_int(o, "minutes", c->minutes);
    }
    return failed.code ? (*e = failed, NULL) : completions_put(v, page, person, STR(""), e) ? page : NULL;
}

struct json *view_my_course(struct view *v, const struct taking *t, struct str person, struct err *e)
{
    const struct course *c = t->course;
    struct json *page = page_new(v, t->in_force.title, e);
    if (!page)
        return NULL;
    const struct json *values = t->assignment ? t->assignment->values : NULL;
    json_put_str(page, "id", t->in_force.id);
    json_put_str(page, "name", t->in_force.title);
    json_put_str(page, "words", c->words);
    json_put_int(page, "minutes", c->minutes);
    json_put_str(page, "due", json_text(values, "due_on"));
    json_put_bool(page, "is_changed", t->is_changed);
    struct json *lessons = json_put_array(page, "lessons");
    struct str next = STR("");
    for (size_t i = 0; i < c->lesson_count; i++) {
        struct json *o = json_push_object(lessons);
        struct str url = arena_printf(v->arena, "/my/training/%.*s/%.*s", STR_ARGS(t->in_force.id), STR_ARGS(c->lessons[i].id));
        json_put_int(o, "n", (int64_t)i + 1);
        json_put_str(o, "id", c->lessons[i].id);
        json_put_str(o, "title", c->lessons[i].title);
        json_put_int(o, "minutes", c->lessons[i].minutes);
        json_put_bool(o, "is_read", (int64_t)i < t->lessons_read);
        json_put_bool(o, "is_next", (int64_t)i == t->lessons_read);
        json_put_str(o, "url", url);
        next = (int64_t)i == t->lessons_read ? url : next;
    }
    json_put_str(page, "next", next);
    json_put_int(page, "lessons_read", t->lessons_read);
    json_put_bool(page, "is_begun", t->assignment && (t->lessons_read > 0 || t->attempts > 0));
    json_put_bool(page, "is_ready", t->lessons_read >= (int64_t)c->lesson_count);
    json_put_bool(page, "has_quiz", t->seed.size > 0);
    json_put_int(page, "drawn", c->drawn);
    json_put_int(page, "pass_percent", c->pass_percent);
    json_put_int(page, "attempts", t->attempts);
    json_put_int(page, "attempts_max", t->attempts_max);
    json_put_int(page, "last_score", json_int(values, "last_score", -1));
    json_put_bool(page, "has_result", json_text(values, "last_result").size > 0);
    json_put_bool(page, "must_read_again", t->attempts > 0 && t->lessons_read == 0 && !t->is_changed);
    return completions_put(v, page, person, t->in_force.id, e) ? page : NULL;
}

struct json *view_lesson(struct view *v, const struct taking *t, struct str id, struct err *e)
{
    const struct course *c = t->course;
    size_t i = 0;
    while (i < c->lesson_count && !str_equal(c->lessons[i].id, id))
        i++;
    if (i == c->lesson_count) {
        err_set(e, ERR_NOT_FOUND, "lesson %.*s: this course has none of this name", STR_ARGS(str_slice(id, 0, 40)));
        return NULL;
    }
    struct json *page = page_new(v, c->lessons[i].title, e);
    if (!page)
        return NULL;
    put_course(v, page, t);
    json_put_int(page, "n", (int64_t)i + 1);
    json_put_int(page, "count", (int64_t)c->lesson_count);
    json_put_str(page, "id", c->lessons[i].id);
    json_put_str(page, "name", c->lessons[i].title);
    json_put_int(page, "minutes", c->lessons[i].minutes);
    json_put_str(page, "text", view_text(v, c->lessons[i].text));
    json_put(page, "diagram", (struct json *)(uintptr_t)c->lessons[i].diagram);
    json_put_str(page, "before", i ? arena_printf(v->arena, "/my/training/%.*s/%.*s", STR_ARGS(t->in_force.id), STR_ARGS(c->lessons[i - 1].id)) : STR(""));
    json_put_bool(page, "is_read", (int64_t)i < t->lessons_read);
    json_put_bool(page, "is_last", i + 1 == c->lesson_count);
    json_put_str(page, "url", course_url(v, t->in_force.id));
    return page;
}

struct json *view_quiz(struct view *v, const struct taking *t, const int *chosen, struct err *e)
{
    const struct course *c = t->course;
    struct quiz q;
    int64_t missing = 0;
    if (t->seed.size == 0) {
        err_set(e, ERR_NOT_FOUND, "quiz: none waits for answers; draw one first");
        return NULL;
    }
    struct json *page = page_new(v, arena_printf(v->arena, "Quiz: %.*s", STR_ARGS(t->in_force.title)), e);
    if (!page || !quiz_draw(v->arena, c, t->seed, &q, e))
        return NULL;
    put_course(v, page, t);
    json_put_int(page, "attempt", t->attempts);
    json_put_int(page, "pass_percent", c->pass_percent);
    struct json *questions = json_put_array(page, "questions");
    for (size_t i = 0; i < q.count; i++) {
        const struct course_question *question = &c->pool[q.items[i].question];
        struct json *o = json_push_object(questions), *answers;
        json_put_int(o, "n", (int64_t)i + 1);
        json_put_str(o, "text", question->text);
        json_put_bool(o, "is_missing", chosen && chosen[i] < 0);
        missing += chosen && chosen[i] < 0;
        answers = json_put_array(o, "answers");
        for (size_t k = 0; k < q.items[i].answers; k++) {
            size_t which = q.items[i].order[k];
            struct json *answer = json_push_object(answers);
            json_put_int(answer, "place", (int64_t)k);
            json_put_str(answer, "text", which == 0 ? question->right : question->wrong[which - 1]);
            json_put_bool(answer, "is_chosen", chosen && chosen[i] == (int)k);
        }
    }
    json_put_int(page, "missing", missing);
    return page;
}

/* "q03+ q17-2": what was chosen instead, by the same draw. */
static void result_put(const struct course *c, const struct quiz *q, struct str text, struct json *list)
{
    struct str word;
    for (size_t i = 0; i < q->count && str_next_word(&text, &word); i++) {
        const struct course_question *question = &c->pool[q->items[i].question];
        bool is_right = str_ends(word, "+");
        ptrdiff_t mark = str_find_char(word, '-');
        int64_t place = -1;
        struct json *o = json_push_object(list);
        json_put_int(o, "n", (int64_t)i + 1);
        json_put_str(o, "text", question->text);
        json_put_bool(o, "is_right", is_right);
        if (mark < 0 || !str_to_int64(str_slice(word, (size_t)mark + 1, word.size), &place) || place < 0 || place >= (int64_t)q->items[i].answers)
            place = -1;
        size_t which = place >= 0 ? q->items[i].order[place] : 0;
        json_put_str(o, "chosen", which > 0 ? question->wrong[which - 1] : STR(""));
        json_put_str(o, "right", question->right);
        json_put_str(o, "why", question->why);
        put_status_as(o, is_right ? RESULT_PASS : RESULT_FAIL, is_right ? "Right" : "Wrong");
    }
}

struct json *view_result(struct view *v, const struct taking *t, struct str person, struct err *e)
{
    const struct course *c = t->course;
    struct err failed = {0};
    struct str seed = t->assignment ? json_text(t->assignment->values, "seed") : STR(""), text = t->assignment ? json_text(t->assignment->values, "last_result") : STR(""), done = STR("");
    int64_t score = t->assignment ? json_int(t->assignment->values, "last_score", 0) : 0;
    if (text.size == 0)
        DB_EACH (row, v->db, &failed,
                 "select id, seed, answers, score from training_completions where person = ?1 and course = ?2 and course_digest = ?3 order by finished_at desc limit 1", A(person), A(t->in_force.id),
                 A(arena_str(v->arena, str_of(t->in_force.digest)))) {
            done = arena_str(v->arena, db_text(row, 0));
            seed = arena_str(v->arena, db_text(row, 1));
            text = arena_str(v->arena, db_text(row, 2));
            score = db_int(row, 3);
        }
    struct quiz q;
    if (failed.code)
        return (*e = failed, NULL);
    if (text.size == 0 || !quiz_draw(v->arena, c, seed, &q, &failed)) {
        err_set(e, ERR_NOT_FOUND, "result: no quiz of this course, as it is now, was handed in");
        return NULL;
    }
    struct json *page = page_new(v, arena_printf(v->arena, "Result: %.*s", STR_ARGS(t->in_force.title)), e);
    if (!page)
        return NULL;
    int64_t right = 0;
    put_course(v, page, t);
    json_put_bool(page, "is_passed", done.size > 0);
    json_put_int(page, "score", score);
    json_put_int(page, "pass_percent", c->pass_percent);
    json_put_str(page, "certificate", done.size ? arena_printf(v->arena, "/my/training/completions/%.*s.pdf", STR_ARGS(done)) : STR(""));
    json_put_str(page, "completion", done);
    struct json *list = json_put_array(page, "questions");
    result_put(c, &q, text, list);
    JSON_EACH (o, list)
        right += json_bool(o, "is_right");
    json_put_int(page, "right", right);
    json_put_int(page, "asked", (int64_t)q.count);
    json_put_bool(page, "must_read_again", t->attempts > 0 && t->lessons_read == 0);
    return page;
}

/* ---- the certificate ---- */

struct json *certificate_document(struct view *v, const struct record *r, struct err *e)
{
    struct arena *a = v->arena;
    struct err failed = {0};
    char finished[TIME_TEXT_SIZE], day[TIME_TEXT_SIZE];
    const struct json *values = r->values;
    int64_t at = json_int(values, "finished_at", 0);
    struct str hash = STR(""), origin = db_one_text(a, v->db, &failed, "select value from meta where key = 'origin'"), company = db_one_text(a, v->db, &failed, "select name from organisations order by id limit 1");
    DB_EACH (row, v->db, &failed, "select hash from leaf where idx = ?1", A(r->leaf)) {
        struct str bytes = db_bytes(row, 0);
        char *hex = arena_alloc(a, 2 * bytes.size + 1);
        hex_encode(bytes.data, bytes.size, hex);
        hash = str_of(hex);
    }
    if (failed.code)
        return (*e = failed, NULL);
    struct json *d = print_document(a, arena_printf(a, "Certificate %.*s", STR_ARGS(r->id)), at);
    json_put_str(d, "subject", json_text(values, "title"));
    json_put_str(d, "author", company);
    json_put_bool(d, "landscape", true);
    json_put_str(d, "header", company);
    json_put_str(d, "footer", STR("Made from the ledger; the facts below let anybody check it."));
    print_heading(d, 1, STR("Certificate of completion"), STR(""));
    json_put_cstr(print_paragraph(d, json_text(values, "name")), "style", "lead");
    json_put_cstr(print_paragraph(d, arena_printf(a, "has completed the course \"%.*s\"%s%.*s on %s.", STR_ARGS(json_text(values, "title")), company.size ? " of " : "", STR_ARGS(company),
                                                  time_format_date(at, day))), "style", "lead");
    struct json *facts = print_block(d, "facts");
    print_fact(facts, STR("Result"), arena_printf(a, "%lld of %lld questions right, %lld %%; needed were %lld %%", (long long)json_int(values, "right", 0), (long long)json_int(values, "asked", 0),
                                                  (long long)json_int(values, "score", 0), (long long)json_int(values, "pass_percent", 0)));
    print_fact(facts, STR("Finished"), arena_str(a, str_of(time_format(at - at % MS_SECOND, finished))));
    if (json_text(values, "expires_on").size)
        print_fact(facts, STR("Counts until"), json_text(values, "expires_on"));
    print_fact(facts, STR("Text of the course"), arena_printf(a, "%.*s, SHA-256 %.*s", STR_ARGS(json_text(values, "course")), STR_ARGS(json_text(values, "course_digest"))));
    print_fact(facts, STR("Questions drawn by"), json_text(values, "seed"));
    print_heading(d, 2, STR("How to check it"), STR(""));
    facts = print_block(d, "facts");
    print_fact(facts, STR("Ledger"), origin);
    print_fact(facts, STR("Leaf"), arena_printf(a, "%lld", (long long)r->leaf));
    print_fact(facts, STR("Hash of the leaf"), hash);
    print_fact(facts, STR("Record"), arena_printf(a, "training_completion %.*s, version %lld", STR_ARGS(r->id), (long long)r->version));
    print_fact(facts, STR("Proof"), arena_printf(a, "assay prove %lld", (long long)r->leaf));
    return d;
}
