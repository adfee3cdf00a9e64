#include "report/readiness_report.h"
#include "report/view_internal.h"

struct json *readiness_report(struct view *v, struct err *e)
{
    struct view_filter all = {.per_page = 1000}, by_id = {.per_page = 1000, .sort = STR("id")};
    struct json *overview = view_overview(v, e);
    struct json *criteria = overview ? view_criteria(v, &all, e) : NULL;
    struct json *controls = criteria ? view_controls(v, &by_id, e) : NULL;
    struct json *tests = controls ? view_tests(v, &all, e) : NULL;
    if (!tests)
        return NULL;
    static const char *const names[] = {"criteria", "controls", "tests"};
    struct json *pages[] = {criteria, controls, tests};
    struct json *report = json_object(v->arena);
    json_put_cstr(report, "kind", "readiness");
    struct json *as_of = ARENA_NEW(v->arena, struct json);
    *as_of = *json_get(overview, "as_of");
    as_of->next = NULL;
    json_put(report, "as_of", as_of);
    json_put(report, "overview", overview);
    const struct assessment *as = view_assessment(v, e);
    struct json *gaps = as ? json_put_array(report, "gaps") : NULL;
    for (size_t i = 0; as && i < as->gap_count; i++)
        push_gap(v, gaps, &as->gaps[i]);
    for (size_t i = 0; i < 3; i++) {
        struct json *rows = ARENA_NEW(v->arena, struct json);
        *rows = *json_get(pages[i], "rows");
        rows->next = NULL;
        json_put(report, names[i], rows);
    }
    return report;
}
