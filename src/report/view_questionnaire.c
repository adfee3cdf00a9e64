/* The gap analysis: the questions of the controls in scope, what was answered, and where an answer and a live test differ. */
#include "report/view_internal.h"

struct answer {
    struct str id, answer, note, state, by;
    int64_t version, t, evidence;
};

struct questionnaire {
    struct view *v;
    const struct assessment *as;
    struct answer *answers; /* by id */
    size_t answer_count;
    struct list list;
    int64_t of[4], answered, claimed, contradicted, total;
};

/* ---- answers ---- */

static bool answers_load(struct questionnaire *q, struct err *e)
{
    size_t capacity = 0;
    struct arena *a = q->v->arena;
    DB_EACH (row, q->v->db, e,
             "select n.id, n.answer, n.note, n.state, n.changed_by, n.version, n.from_t, "
             "(select count(*) from record_link l where l.type = 'answer' and l.id = n.id and l.field = 'evidence' and l.from_leaf <= ?1 and (l.to_leaf is null or l.to_leaf > ?1)) "
             "from answers_versions n where n.from_leaf <= ?1 and (n.to_leaf is null or n.to_leaf > ?1) and n.is_deleted = 0 order by n.id",
             A(q->v->leaf_limit)) {
        if (q->answer_count == capacity)
            q->answers = arena_grow(a, q->answers, q->answer_count, &capacity, sizeof *q->answers);
        q->answers[q->answer_count++] = (struct answer){.id = arena_str(a, db_text(row, 0)), .answer = arena_str(a, db_text(row, 1)),
                                                        .note = arena_str(a, db_text(row, 2)), .state = arena_str(a, db_text(row, 3)),
                                                        .by = arena_str(a, db_text(row, 4)), .version = db_int(row, 5), .t = db_int(row, 6),
                                                        .evidence = db_int(row, 7)};
    }
    return e->code == ERR_NONE;
}

static const struct answer *answer_find(const struct questionnaire *q, struct str id)
{
    size_t low = 0, high = q->answer_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(id, q->answers[middle].id);
        if (order == 0)
            return &q->answers[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- where they differ ---- */

static const struct test *failing_test(const struct questionnaire *q, const struct control_state *c)
{
    for (size_t i = 0; i < c->test_count; i++)
        if (q->as->tests[c->tests[i]].status == RESULT_FAIL)
            return q->as->tests[c->tests[i]].test;
    return NULL;
}

/* Empty: the answer and what is observed agree, or nothing is observed. */
static struct str contradiction(const struct questionnaire *q, const struct control_state *c, struct str answer)
{
    struct arena *a = q->v->arena;
    const struct test *failing = failing_test(q, c);
    bool says_yes = str_is(answer, "yes") || str_is(answer, "partial");
    if (says_yes && failing)
        return arena_printf(a, "The answer says that it is done; the test \"%s\" fails now", failing->title);
    if (says_yes && c->facts.has_bad_occurrence)
        return STR("The answer says that it is done; the last time it was due it was missed");
    if (str_is(answer, "no") && c->live == LIVE_OK)
        return STR("The answer says no; everything that is observed says yes");
    if (str_is(answer, "not_applicable") && (c->tests_now.of[RESULT_PASS] || c->tests_now.of[RESULT_FAIL]))
        return STR("The answer says that it does not apply; tests find something that it applies to");
    return STR("");
}

/* ---- rows ---- */

static enum result_status answer_status(const struct answer *n, const char **ret_words)
{
    if (!n) {
        *ret_words = "Not answered";
        return RESULT_UNKNOWN;
    }
    bool is_shown = str_is(n->state, "evidenced");
    if (str_is(n->answer, "no")) {
        *ret_words = "A gap";
        return RESULT_FAIL;
    }
    if (str_is(n->answer, "not_applicable")) {
        *ret_words = "Not applicable";
        return RESULT_SKIP;
    }
    bool is_yes = str_is(n->answer, "yes");
    *ret_words = is_shown ? is_yes ? "Shown by evidence" : "Partly, shown by evidence" : is_yes ? "Claimed" : "Partly, claimed";
    return is_shown && is_yes ? RESULT_PASS : RESULT_UNKNOWN;
}

/* What is observed says, where nobody has answered: filled in, and saved by nobody but a person. */
static const char *suggestion(const struct control_state *c, const struct answer *n)
{
    if (n || c->test_count == 0)
        return "";
    return c->live == LIVE_OK && c->tests_now.of[RESULT_PASS] > 0 ? "yes" : c->live == LIVE_FAILING ? c->tests_now.of[RESULT_PASS] > 0 ? "partial" : "no" : "";
}

static void question_add(struct questionnaire *q, const struct control_state *c, struct str id, struct str question)
{
    struct view *v = q->v;
    const struct answer *n = answer_find(q, id);
    const char *words;
    enum result_status status = answer_status(n, &words);
    struct str differs = n ? contradiction(q, c, n->answer) : STR("");
    struct json *o = json_object(v->arena);
    json_put_str(o, "id", id);
    json_put_str(o, "question", question);
    put_link(v, o, "control", c->control->id, c->control->title, url_control(v, c->control));
    json_put_cstr(o, "family", c->control->family);
    json_put_bool(o, "is_core", c->control->is_core);
    json_put_str(o, "answer", n ? n->answer : STR(""));
    json_put_str(o, "note", n ? n->note : STR(""));
    json_put_str(o, "state", n ? n->state : STR(""));
    json_put_int(o, "version", n ? n->version : 0);
    json_put_int(o, "evidence", n ? n->evidence : 0);
    put_time(v, o, "changed", n ? n->t : 0);
    json_put_cstr(o, "suggested", suggestion(c, n));
    json_put_str(o, "contradiction", differs);
    json_put_str(o, "url", n ? arena_printf(v->arena, "/records/answer/%.*s", STR_ARGS(id)) : STR(""));
    put_status_as(o, status, words);
    q->total++;
    q->of[status]++;
    q->answered += n != NULL;
    q->claimed += n && str_is(n->state, "claimed") && !str_is(n->answer, "no") && !str_is(n->answer, "not_applicable");
    q->contradicted += differs.size > 0;
    list_add(&q->list, (struct list_row){.row = o,
                                         .text = arena_printf(v->arena, "%.*s %.*s %s", STR_ARGS(id), STR_ARGS(question), c->control->title),
                                         .status = status,
                                         .state = differs.size > 0 ? "contradicted" : !n ? "unanswered" : NULL,
                                         .group = str_of(c->control->family),
                                         .sort_number = differs.size > 0 ? 0 : c->control->is_core ? 1 : 2,
                                         .sort_text = id});
}

/* Each is a form of its own: as many as a page of 60 KB holds. */
enum { QUESTIONS_PER_PAGE = 20 };

struct json *view_questionnaire(struct view *v, const struct view_filter *f, struct err *e)
{
    struct questionnaire q = {.v = v, .as = view_assessment(v, e)};
    struct json *page = q.as ? page_new(v, STR("Gap analysis"), e) : NULL;
    if (!page || !answers_load(&q, e))
        return NULL;
    struct view_filter shown = f ? *f : (struct view_filter){0};
    if (shown.per_page <= 0)
        shown.per_page = QUESTIONS_PER_PAGE;
    list_init(&q.list, v, &shown);
    for (size_t i = 0; i < content_control_count; i++) {
        struct json *questions = control_is_in_scope(q.as, i) ? json_parse(v->arena, str_of(content_controls[i].gap_questions_json), JSON_LIMITS_DEFAULT, e) : NULL;
        JSON_EACH (question, questions)
            question_add(&q, &q.as->controls[i], json_text(question, "id"), json_text(question, "question"));
    }
    struct json *sum = json_put_object(page, "sum");
    json_put_int(sum, "questions", q.total);
    json_put_int(sum, "answered", q.answered);
    json_put_int(sum, "claimed", q.claimed);
    json_put_int(sum, "contradicted", q.contradicted);
    json_put_int(sum, "shown", q.of[RESULT_PASS]);
    json_put_int(sum, "gaps", q.of[RESULT_FAIL]);
    list_finish(&q.list, page, NULL);
    list_name_statuses(page, "A gap", "Not shown yet", "Shown by evidence", "Not applicable");
    return page;
}
