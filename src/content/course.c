#include "content/course.h"

static struct str text_of(const struct json *v)
{
    if (v && v->type == JSON_BOOL)
        return v->boolean ? STR("true") : STR("false");
    return v && (v->type == JSON_STRING || v->type == JSON_NUMBER) ? v->text : STR("");
}

static struct str member(const struct json *o, const char *key)
{
    return text_of(json_get(o, key));
}

static int number(const struct json *o, const char *key)
{
    int64_t n = 0;
    return str_to_int64(member(o, key), &n) && n >= 0 && n <= 100000 ? (int)n : 0;
}

static struct strings list_of(struct arena *a, const struct json *v)
{
    const char **items = arena_array(a, v ? v->count + 1 : 1, sizeof *items);
    struct strings list = {items, 0};
    JSON_EACH (item, v)
        items[list.count++] = arena_str(a, text_of(item)).data;
    return list;
}

static void lesson_read(const struct json *o, struct course_lesson *ret)
{
    *ret = (struct course_lesson){.id = member(o, "id"), .title = member(o, "title"), .text = member(o, "text"), .minutes = number(o, "minutes"),
                                  .diagram = json_get(o, "diagram")};
}

static void question_read(const struct json *o, struct course_question *ret)
{
    *ret = (struct course_question){.id = member(o, "id"), .lesson = member(o, "lesson"), .text = member(o, "text"), .right = member(o, "right"), .why = member(o, "why")};
    JSON_EACH (w, json_get(o, "wrong"))
        if (ret->wrong_count < COURSE_WRONG_MAX)
            ret->wrong[ret->wrong_count++] = text_of(w);
}

const struct course *course_of_json(struct arena *a, struct str text, struct err *e)
{
    const struct json *o = json_parse(a, text, (struct json_limits){.depth_max = 12, .nodes_max = 100000}, e);
    if (!o)
        return NULL;
    const struct json *lessons = json_get(o, "lessons"), *pool = json_get(o, "pool");
    struct course *c = ARENA_NEW(a, struct course);
    *c = (struct course){.id = member(o, "id"), .title = member(o, "title"), .words = member(o, "words"), .audience = member(o, "for"),
                         .policies = list_of(a, json_get(o, "policies")), .controls = list_of(a, json_get(o, "controls")),
                         .pass_percent = number(o, "pass_percent"), .drawn = number(o, "questions_drawn"), .json = text};
    c->lessons = arena_array(a, lessons ? lessons->count : 0, sizeof *c->lessons);
    c->pool = arena_array(a, pool ? pool->count : 0, sizeof *c->pool);
    JSON_EACH (l, lessons) {
        lesson_read(l, &c->lessons[c->lesson_count]);
        c->minutes += c->lessons[c->lesson_count++].minutes;
    }
    JSON_EACH (q, pool)
        question_read(q, &c->pool[c->question_count++]);
    return c;
}

size_t course_question_index(const struct course *c, struct str id)
{
    for (size_t i = 0; i < c->question_count; i++)
        if (str_equal(c->pool[i].id, id))
            return i;
    return SIZE_MAX;
}
