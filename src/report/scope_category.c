/* From the answers about a category to a proposal: whether it belongs in the report, and why in words that can be kept. */
#include "report/view_scope_internal.h"

enum { TEXT_MAX = 64 << 10, LEANS_NEEDED = 2 };

static bool says(const struct json *answers, const struct json *question, const char *what)
{
    return str_is(json_text(answers, arena_str(answers->arena, json_text(question, "id")).data), what);
}

static void put_reasons(struct buf *b, const struct json *category, const struct json *answers, const char *answer, const char *member)
{
    JSON_EACH (q, json_get(category, "questions"))
        if (says(answers, q, answer)) {
            buf_char(b, ' ');
            buf_str(b, str_trim(json_text(q, member)));
        }
}

void scope_category_propose(struct arena *a, const struct json *category, const struct json *answers, struct scope_proposal *ret)
{
    int64_t decisive = 0, leaning = 0, open = 0, possible = 0, yes = 0;
    JSON_EACH (q, json_get(category, "questions")) {
        bool is_yes = says(answers, q, "yes"), is_open = !is_yes && !says(answers, q, "no"), is_decisive = str_is(json_text(q, "weight"), "in");
        yes += is_yes;
        decisive += is_yes && is_decisive;
        leaning += is_yes && !is_decisive;
        open += is_open;
        possible += is_open && is_decisive;
    }
    *ret = (struct scope_proposal){.is_in = true, .is_decided = true};
    if (json_get(category, "questions")->count == 0) {
        ret->rationale = STR("Security is part of every report: its common criteria are the foundation on which the other categories stand.");
        return;
    }
    ret->is_in = decisive > 0 || leaning >= LEANS_NEEDED;
    ret->is_decided = ret->is_in || (possible == 0 && leaning + open < LEANS_NEEDED);
    struct buf BUF_AUTO b;
    buf_init(&b, TEXT_MAX);
    if (!ret->is_decided)
        buf_cstr(&b, "Not decided yet: questions are open.");
    if (ret->is_in)
        put_reasons(&b, category, answers, "yes", "why_yes");
    else
        put_reasons(&b, category, answers, "no", "why_no");
    if (!ret->is_in && yes) {
        put_reasons(&b, category, answers, "yes", "why_yes");
        if (ret->is_decided)
            buf_cstr(&b, " Alone that does not call for the category.");
    }
    ret->rationale = str_trim(arena_str(a, buf_view(&b)));
}

struct str scope_answers_write(struct arena *a, const struct json *category, const struct json *answers)
{
    struct buf BUF_AUTO b;
    buf_init(&b, TEXT_MAX);
    JSON_EACH (q, json_get(category, "questions")) {
        struct str id = json_text(q, "id"), answer = json_text(answers, arena_str(a, id).data);
        if (answer.size)
            buf_printf(&b, "- %.*s: %.*s. %.*s\n", STR_ARGS(id), STR_ARGS(answer), STR_ARGS(json_text(q, "question")));
    }
    return str_trim(arena_str(a, buf_view(&b)));
}

struct json *scope_answers_read(struct arena *a, struct str text)
{
    struct json *answers = json_object(a);
    struct str line;
    while (str_next_line(&text, &line)) {
        struct str id, answer;
        if (!str_starts(line, "- "))
            continue;
        line = str_slice(line, 2, line.size);
        if (!str_cut(&line, ':', &id) || str_trim(id).size == 0)
            continue;
        line = str_trim(line);
        (void)str_cut(&line, '.', &answer);
        const char *key = arena_str(a, id).data;
        bool is_known = str_is(answer, "yes") || str_is(answer, "no") || str_is(answer, "unsure");
        if (is_known && !json_get(answers, key))
            json_put_str(answers, key, arena_str(a, answer));
    }
    return answers;
}
