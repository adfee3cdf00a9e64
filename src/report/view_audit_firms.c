/* Firms that are considered: each by the same questions, weighed as the parameters say, so that the choice can be explained later. */
#include "assess/stored.h"
#include "report/view_audit_internal.h"

enum { SCORE_MAX = 5 };
static const struct weighed {
    const char *id, *label, *field, *parameter;
} weighed[] = {
    {"experience", "Experience", "experience_score", "firm_weight_experience"}, {"sector", "Sector", "sector_score", "firm_weight_sector"}, {"method", "Method", "method_score", "firm_weight_method"},
    {"people", "People", "people_score", "firm_weight_people"},                 {"price", "Price", "price_score", "firm_weight_price"},
};
enum { WEIGHED = sizeof weighed / sizeof weighed[0] };

static bool weights_read(struct view *v, struct json *page, int64_t ret[WEIGHED], struct err *e)
{
    struct json *list = json_put_array(page, "weights");
    for (size_t i = 0; i < WEIGHED; i++) {
        struct str value = parameter_value(v->db, v->arena, weighed[i].parameter, v->leaf_limit, e);
        if (e->code)
            return false;
        if (!str_to_int64(value, &ret[i]))
            ret[i] = 1;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", weighed[i].id);
        json_put_cstr(o, "label", weighed[i].label);
        json_put_int(o, "weight", ret[i]);
        json_put_str(o, "url", arena_printf(v->arena, "/parameters/%s", weighed[i].parameter));
    }
    return true;
}

/* Percent of what all weights could give; -1 while a score is missing. */
int64_t firm_score(const int64_t *scores, const int64_t *weights, size_t count, int64_t score_max)
{
    int64_t sum = 0, most = 0;
    for (size_t i = 0; i < count; i++) {
        if (weights[i] > 0 && scores[i] < 0)
            return -1;
        sum += weights[i] > 0 ? weights[i] * scores[i] : 0;
        most += weights[i] * score_max;
    }
    return most > 0 ? (sum * 200 + most) / (most * 2) : 0;
}

static struct str money_text(struct view *v, const struct json *money)
{
    int64_t minor = json_int(money, "minor", 0);
    struct str currency = json_text(money, "currency");
    if (!money || currency.size == 0)
        return STR("");
    return arena_printf(v->arena, "%.*s %lld.%02lld", STR_ARGS(currency), (long long)(minor / 100), (long long)(minor % 100));
}

static void problems_put(struct json *o, const struct record *x)
{
    struct json *problems = json_put_array(o, "problems");
    struct str peer = scope_text(x, "peer_review");
    if (scope_text(x, "licence").size == 0)
        json_push_str(problems, STR("its licence is not written down"));
    if (peer.size == 0 || str_is(peer, "unknown"))
        json_push_str(problems, STR("the result of its peer review is not known"));
    else if (str_is(peer, "fail"))
        json_push_str(problems, STR("its peer review failed"));
    if (scope_flag(x, "is_independent") == 0)
        json_push_str(problems, STR("it is not independent of us"));
    else if (scope_flag(x, "is_independent") < 0)
        json_push_str(problems, STR("nobody has asked about its independence"));
    else if (scope_text(x, "independence").size == 0)
        json_push_str(problems, STR("it is said to be independent, and not why"));
}

static const struct json *choose_step(struct view *v, const struct view_records *r, const struct record_type *t, struct str id, struct err *e)
{
    struct json *record = view_record(v, r, t, id, true, e);
    JSON_EACH (s, json_get(record, "next"))
        if (str_is(json_text(s, "id"), "choose"))
            return s;
    return NULL;
}

static bool firm_put(struct view *v, const struct view_records *r, struct json *o, const struct record *x, const int64_t weights[WEIGHED], struct err *e)
{
    int64_t scores[WEIGHED];
    struct json *list = json_array(v->arena);
    for (size_t i = 0; i < WEIGHED; i++) {
        scores[i] = json_int(x->values, weighed[i].field, -1);
        struct json *s = json_push_object(list);
        json_put_cstr(s, "label", weighed[i].label);
        json_put_int(s, "score", scores[i]);
        json_put_int(s, "points", scores[i] < 0 ? 0 : scores[i] * weights[i]);
    }
    int64_t total = firm_score(scores, weights, WEIGHED, SCORE_MAX);
    const struct json *step = v->is_past ? NULL : choose_step(v, r, x->type, x->id, e);
    if (e->code)
        return false;
    json_put_str(o, "id", x->id);
    json_put_str(o, "name", record_title(x));
    json_put_str(o, "url", record_url(v, "auditor_candidate", x->id));
    json_put_int(o, "version", x->version);
    json_put(o, "state", record_state_json(v, x->type, x->state));
    json_put_str(o, "licence", scope_text(x, "licence"));
    json_put_str(o, "peer_review", scope_choice_label(x, "peer_review"));
    json_put_str(o, "peer_review_on", scope_text(x, "peer_review_on"));
    json_put_str(o, "fee", money_text(v, json_get(x->values, "fee")));
    json_put_int(o, "weeks", json_int(x->values, "weeks", 0));
    json_put(o, "scores", list);
    json_put_bool(o, "is_scored", total >= 0);
    json_put_int(o, "score", total < 0 ? 0 : total);
    problems_put(o, x);
    struct str why = json_text(step, "why_not");
    json_put_bool(o, "may_choose", json_bool(step, "is_allowed"));
    json_put_str(o, "why_not", why.data ? why : STR(""));
    return true;
}

static bool is_before(const struct json *a, const struct json *b)
{
    bool is_chosen = str_is(json_text(json_get(a, "state"), "id"), "chosen"), is_other = str_is(json_text(json_get(b, "state"), "id"), "chosen");
    return is_chosen != is_other ? is_chosen : json_int(a, "score", 0) > json_int(b, "score", 0);
}

struct json *view_audit_firms(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_rows rows;
    int64_t weights[WEIGHED];
    struct err why = {0};
    struct json *page = record_page_new(v, STR("Audit firms"), true, e);
    if (!page || !weights_read(v, page, weights, e) || !scope_rows_read(v, r, "auditor_candidate", view_record_limit(v), true, &rows, e))
        return NULL;
    struct json **sorted = arena_array(v->arena, rows.count + 1, sizeof *sorted), *list = json_put_array(page, "rows");
    bool may_read = record_may_read_type(r, rows.type), has_chosen = false;
    for (size_t i = 0; may_read && i < rows.count; i++) {
        struct json *o = json_object(v->arena);
        if (!firm_put(v, r, o, &rows.items[i], weights, e))
            return NULL;
        has_chosen |= str_is(rows.items[i].state, "chosen");
        size_t at = i;
        for (; at > 0 && is_before(o, sorted[at - 1]); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = o;
    }
    for (size_t i = 0; may_read && i < rows.count; i++)
        json_push(list, sorted[i]);
    json_put_bool(page, "has_chosen", has_chosen);
    json_put_bool(page, "may_read", may_read);
    json_put_bool(page, "may_create", !v->is_past && record_allows(r->access, rows.type, NULL, RECORD_CREATE, NULL, &why));
    return page;
}
