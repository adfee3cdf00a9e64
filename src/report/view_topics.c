/* One line for every topic: access, encryption, incident response and so on. How far it is, what fails, what is open. */
#include "report/gap_book.h"
#include "report/view_room.h"

enum { TOPICS_MAX = 64, WORST_MAX = 3 };

struct topic {
    struct str id, name;
    int64_t in_scope, adopted, owned, failing, unknown, tests, tests_failing, gaps, maturity, lowest;
    size_t worst[WORST_MAX]; /* controls whose state now is bad, failing ones first */
    size_t worst_count;
};

struct topics {
    struct view *v;
    const struct assessment *as;
    const struct gap_book *book;
    struct topic items[TOPICS_MAX];
    size_t count;
};

static struct topic *topic_of(struct topics *t, struct str id, struct str name)
{
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->items[i].id, id))
            return &t->items[i];
    if (t->count == TOPICS_MAX)
        return NULL;
    t->items[t->count] = (struct topic){.id = id, .name = name, .lowest = MATURITY_MAX};
    return &t->items[t->count++];
}

static int64_t gaps_open(const struct gap_book *b, const char *control)
{
    int64_t n = 0;
    for (size_t i = 0; i < b->count; i++)
        JSON_EACH (c, b->gaps[i].is_open ? json_get(b->gaps[i].record->values, "controls") : NULL)
            n += str_is(c->text, control);
    return n;
}

static void worst_add(const struct assessment *as, struct topic *topic, size_t control)
{
    bool is_failing = live_state_status(as->controls[control].live) == RESULT_FAIL;
    size_t at = topic->worst_count;
    for (size_t i = 0; i < topic->worst_count && is_failing; i++)
        if (live_state_status(as->controls[topic->worst[i]].live) != RESULT_FAIL) {
            at = i;
            break;
        }
    if (at == WORST_MAX)
        return;
    size_t moved = topic->worst_count < WORST_MAX ? topic->worst_count : WORST_MAX - 1;
    for (size_t i = moved; i > at; i--)
        topic->worst[i] = topic->worst[i - 1];
    topic->worst[at] = control;
    topic->worst_count += topic->worst_count < WORST_MAX;
}

static void control_add(struct topics *t, struct topic *topic, size_t index)
{
    const struct control_state *c = &t->as->controls[index];
    enum result_status now = live_state_status(c->live);
    int maturity = control_maturity(&c->facts, c->score.value, c->operation.conclusion);
    topic->in_scope++;
    topic->adopted += c->program->adoption == ADOPTION_ADOPTED;
    topic->owned += c->facts.has_owner;
    topic->failing += now == RESULT_FAIL;
    topic->unknown += now == RESULT_UNKNOWN;
    for (int k = 0; k < 4; k++)
        topic->tests += c->tests_now.of[k];
    topic->tests_failing += c->tests_now.of[RESULT_FAIL];
    topic->gaps += t->book ? gaps_open(t->book, c->control->id) : 0;
    topic->maturity += maturity;
    topic->lowest = maturity < topic->lowest ? maturity : topic->lowest;
    if (now == RESULT_FAIL || now == RESULT_UNKNOWN)
        worst_add(t->as, topic, index);
}

static void topic_put(struct topics *t, struct json *list, const struct topic *topic)
{
    if (topic->in_scope == 0)
        return;
    struct json *o = json_push_object(list);
    json_put_str(o, "id", topic->id);
    json_put_str(o, "name", topic->name);
    put_status_as(o, topic->failing ? RESULT_FAIL : topic->unknown ? RESULT_UNKNOWN : RESULT_PASS,
                  topic->failing ? "Something fails" : topic->unknown ? "Something is unknown" : "In order");
    put_decimal(o, "maturity", (double)(topic->maturity * 10 / topic->in_scope) / 10);
    json_put_int(o, "lowest", topic->lowest);
    json_put_cstr(o, "lowest_words", maturity_words((int)topic->lowest));
    json_put_int(o, "in_scope", topic->in_scope);
    json_put_int(o, "adopted", topic->adopted);
    json_put_int(o, "owned", topic->owned);
    json_put_int(o, "failing", topic->failing);
    json_put_int(o, "unknown", topic->unknown);
    json_put_int(o, "tests", topic->tests);
    json_put_int(o, "tests_failing", topic->tests_failing);
    json_put_int(o, "gaps", topic->gaps);
    struct json *worst = json_put_array(o, "worst");
    for (size_t i = 0; i < topic->worst_count; i++) {
        const struct control_state *c = &t->as->controls[topic->worst[i]];
        struct json *link = push_link(t->v, worst, c->control->id, c->control->title, url_control(t->v, c->control));
        put_status_as(link, live_state_status(c->live), live_state_words(c->live));
    }
}

static void families_put(struct topics *t, struct json *page)
{
    struct json *list = json_put_array(page, "topics");
    t->count = 0;
    for (size_t i = 0; i < t->as->control_count; i++) {
        struct str family = str_of(t->as->controls[i].control->family);
        struct topic *topic = control_is_in_scope(t->as, i) ? topic_of(t, family, family) : NULL;
        if (topic)
            control_add(t, topic, i);
    }
    for (size_t i = 0; i < t->count; i++)
        topic_put(t, list, &t->items[i]);
}

/* A control counts once in each series of which it serves a criterion, as key or supporting. */
static void series_put(struct topics *t, struct json *page)
{
    struct json *list = json_put_array(page, "series");
    size_t *counted_in = arena_array(t->v->arena, t->as->control_count + 1, sizeof *counted_in);
    t->count = 0;
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &t->as->criteria[i];
        struct topic *topic = c->is_in_scope ? topic_of(t, str_of(c->criterion->series), str_of(c->criterion->series_title)) : NULL;
        for (size_t k = 0; topic && k < c->key_count + c->supporting_count; k++) {
            size_t control = k < c->key_count ? c->key[k] : c->supporting[k - c->key_count];
            if (counted_in[control] == t->count) /* criteria come by series */
                continue;
            counted_in[control] = t->count;
            control_add(t, topic, control);
        }
    }
    for (size_t i = 0; i < t->count; i++)
        topic_put(t, list, &t->items[i]);
}

struct json *view_topics(struct view *v, const struct view_records *r, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? page_new(v, STR("Topics"), e) : NULL;
    struct gap_book book;
    if (!page || !gap_book_load(v, r, &book, e))
        return NULL;
    struct topics t = {.v = v, .as = as, .book = &book};
    struct json *levels = json_put_array(page, "levels");
    for (int i = 0; i <= MATURITY_MAX; i++)
        json_push_str(levels, str_of(maturity_words(i)));
    families_put(&t, page);
    series_put(&t, page);
    return page;
}
