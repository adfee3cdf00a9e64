/* Gaps: when nothing was recorded that should have been, and what people say about it. */
#include "report/view_internal.h"

void push_gap(struct view *v, struct json *list, const struct gap_seen *g)
{
    char from[TIME_TEXT_SIZE], to[TIME_TEXT_SIZE], length[TIME_TEXT_SIZE];
    bool is_open = g->to_ms > v->at_ms, is_explained = g->explained_leaf >= 0, is_run = str_is(g->kind, "run");
    int64_t to_ms = is_open ? v->at_ms : g->to_ms;
    struct json *o = json_push_object(list);
    struct json *subject = g->subject.size ? subject_new(v, g->subject) : json_new_null(v->arena);
    time_format(g->from_ms - g->from_ms % MS_SECOND, from);
    time_format(to_ms - to_ms % MS_SECOND, to);
    duration_format(to_ms - g->from_ms, length);
    const char *has = is_open ? "has " : "", *verb = is_open ? "come" : "came";
    const char *why = !is_open ? gap_why_words(g->why) : is_run ? "the run that was due is overdue" : "the server is silent";
    struct str of = is_run ? arena_printf(v->arena, "no run of %.*s %s%s", STR_ARGS(json_text(subject, "name")), has, verb)
                           : str_of(is_open ? "nothing has been recorded" : "nothing was recorded");
    json_put_int(o, "leaf", g->leaf);
    json_put_str(o, "kind", g->kind);
    json_put_str(o, "why", g->why);
    json_put_str(o, "words",
                 is_open ? arena_printf(v->arena, "Since %s %.*s (%s): %s", from, STR_ARGS(of), length, why)
                         : arena_printf(v->arena, "Between %s and %s %.*s (%s): %s", from, to, STR_ARGS(of), length, why));
    json_put(o, "subject", subject);
    put_time(v, o, "from", g->from_ms);
    put_time(v, o, "to", is_open ? 0 : g->to_ms);
    json_put_str(o, "length", arena_str(v->arena, str_of(length)));
    json_put_bool(o, "is_open", is_open);
    put_status_as(o, RESULT_UNKNOWN, is_open ? "Still open" : is_explained ? "Explained" : "Not explained");
    json_put_bool(o, "is_explained", is_explained);
    json_put_str(o, "explanation", g->explanation.data ? g->explanation : STR(""));
    json_put_int(o, "explained_leaf", g->explained_leaf);
    json_put_str(o, "command",
                 g->leaf >= 0 && !is_explained
                     ? arena_printf(v->arena, "assay record explain-gap %lld --reason \"...\"", (long long)g->leaf)
                     : STR(""));
}

struct json *view_gaps(struct view *v, struct err *e)
{
    size_t count = 0;
    struct json *page = page_new(v, STR("Gaps"), e);
    struct gap_seen *gaps = page ? gaps_load(v->db, v->arena, 0, v->at_ms, v->leaf_limit, &count, e) : NULL;
    if (!gaps)
        return NULL;
    struct json *list = json_put_array(page, "gaps");
    while (count > 0)
        push_gap(v, list, &gaps[--count]);
    return page;
}
