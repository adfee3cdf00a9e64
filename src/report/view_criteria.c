#include "report/view_internal.h"

static struct json *control_test_counts(struct view *v, const struct control_state *c)
{
    struct json *o = json_object(v->arena);
    json_put_int(o, "total", (int64_t)c->test_count);
    put_counts(o, &c->tests_now);
    return o;
}

static void tree_put(struct view *v, struct json *page, const struct assessment *as)
{
    struct json *tree = json_put_array(page, "tree");
    for (size_t k = 0; k < as->category_count; k++) {
        const struct category_state *category = &as->categories[k];
        struct json *branch = json_push_object(tree);
        json_put_cstr(branch, "id", category->category->id);
        json_put_cstr(branch, "name", category->category->name);
        json_put_bool(branch, "in_scope", category->is_in_scope);
        json_put_int(branch, "score", category->readiness.score);
        struct json *list = json_put_array(branch, "series"), *criteria = NULL;
        const char *series = "";
        for (size_t i = 0; i < category->criterion_count; i++) {
            const struct criterion_state *c = &as->criteria[category->criteria[i]];
            if (!criteria || strcmp(series, c->criterion->series) != 0) {
                series = c->criterion->series;
                struct json *o = json_push_object(list);
                json_put_cstr(o, "id", series);
                json_put_cstr(o, "title", c->criterion->series_title);
                criteria = json_put_array(o, "criteria");
            }
            const char *words;
            enum result_status s = criterion_status_now(as, c, &words);
            struct json *leaf = json_push_object(criteria);
            json_put_cstr(leaf, "id", c->criterion->id);
            json_put_cstr(leaf, "title", c->criterion->title);
            put_decimal(leaf, "score", c->score.value);
            put_status_as(leaf, s, words);
            json_put_str(leaf, "url", url_criterion(v, c->criterion));
        }
    }
}

static const char *category_name(const char *id)
{
    for (size_t i = 0; i < content_category_count; i++)
        if (strcmp(content_categories[i].id, id) == 0)
            return content_categories[i].name;
    return id;
}

static struct str category_words(struct view *v, struct str id)
{
    (void)v;
    for (size_t i = 0; i < content_category_count; i++)
        if (str_is(id, content_categories[i].id))
            return str_of(content_categories[i].name);
    return id;
}

static void criterion_row(struct view *v, struct list *l, const struct assessment *as, size_t index)
{
    const struct criterion_state *c = &as->criteria[index];
    const char *words;
    enum result_status s = criterion_status_now(as, c, &words);
    int64_t failing = 0, unknown = 0;
    for (size_t i = 0; i < c->key_count + c->supporting_count; i++) {
        enum live_state live = as->controls[i < c->key_count ? c->key[i] : c->supporting[i - c->key_count]].live;
        failing += live == LIVE_FAILING || live == LIVE_OVERDUE;
        unknown += live == LIVE_UNKNOWN || live == LIVE_STALE;
    }
    struct json *o = json_object(v->arena);
    json_put_cstr(o, "id", c->criterion->id);
    json_put_cstr(o, "title", c->criterion->title);
    json_put_cstr(o, "category", c->criterion->category);
    json_put_cstr(o, "category_name", category_name(c->criterion->category));
    json_put_cstr(o, "series", c->criterion->series);
    json_put_cstr(o, "series_title", c->criterion->series_title);
    json_put_bool(o, "in_scope", c->is_in_scope);
    put_decimal(o, "score", c->score.value);
    put_status_as(o, s, words);
    json_put_int(o, "key", (int64_t)c->key_count);
    json_put_int(o, "supporting", (int64_t)c->supporting_count);
    json_put_int(o, "failing", failing);
    json_put_int(o, "unknown", unknown);
    if (c->weakest == SIZE_MAX)
        json_put_null(o, "weakest");
    else
        put_link(v, o, "weakest", as->controls[c->weakest].control->id, as->controls[c->weakest].control->title,
                 url_control(v, as->controls[c->weakest].control));
    json_put_str(o, "url", url_criterion(v, c->criterion));
    list_add(l, (struct list_row){
                    .row = o,
                    .text = arena_printf(v->arena, "%s %s %s", c->criterion->id, c->criterion->title, c->criterion->summary),
                    .status = s,
                    .group = str_of(c->criterion->category),
                    .sort_number = sort_is(l->filter, "score") ? (int64_t)(c->score.value * 10000) * 1000 + (int64_t)index
                                                               : (int64_t)index});
}

struct json *view_criteria(struct view *v, const struct view_filter *f, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? page_new(v, STR("Criteria"), e) : NULL;
    struct list l;
    if (!page)
        return NULL;
    list_init(&l, v, f);
    for (size_t i = 0; i < content_criterion_count; i++)
        criterion_row(v, &l, as, i);
    list_finish(&l, page, category_words);
    tree_put(v, page, as);
    return page;
}

/* ---- one ---- */

static void control_push(struct view *v, struct json *list, const struct control_state *c, const char *role)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "id", c->control->id);
    json_put_cstr(o, "title", c->control->title);
    json_put_cstr(o, "role", role);
    json_put_cstr(o, "state", live_state_name(c->live));
    put_status_as(o, live_state_status(c->live), live_state_words(c->live));
    put_decimal(o, "score", c->score.value);
    json_put(o, "tests", control_test_counts(v, c));
    json_put_str(o, "url", url_control(v, c->control));
}

static void formula_put(struct view *v, struct json *page, const struct assessment *as, const struct criterion_state *c)
{
    json_put_cstr(page, "formula", "S = 0.5 × min(key s) + 0.5 × mean(key s); at most 0.4 while a topic has no control");
    struct json *inputs = json_put_array(page, "inputs");
    put_input(v, inputs, "min", decimal_text(v->arena, c->score.min),
              c->weakest == SIZE_MAX
                  ? "no control serves it"
                  : arena_printf(v->arena, "%s, the weakest key control", as->controls[c->weakest].control->id).data);
    put_input(v, inputs, "mean", decimal_text(v->arena, c->score.mean),
              arena_printf(v->arena, "over %zu key controls", c->key_count).data);
    put_input(v, inputs, "topics without a control", arena_printf(v->arena, "%zu", c->topics_open),
              c->topics_open ? "no adopted control covers them: the score is at most 0.4" : "each has an adopted control");
    struct json *why = json_put_array(page, "why"), *next = json_put_array(page, "next");
    if (!c->has_primary && c->key_count > 0)
        json_push_str(why, STR("No control names this as its primary criterion, so each of its controls counts as key."));
    for (size_t i = 0; i < c->key_count; i++) {
        const struct control_state *k = &as->controls[c->key[i]];
        json_push_str(why, arena_printf(v->arena, "%s scores %.*s: %s.", k->control->id,
                                        STR_ARGS(decimal_text(v->arena, k->score.value)), score_words(k)));
        if (k->score.value >= 0.75)
            continue;
        struct json *o = json_push_object(next);
        json_put_str(o, "text",
                     arena_printf(v->arena, "%s %s, %s",
                                  k->live == LIVE_FAILING       ? "Fix what fails in"
                                  : k->live == LIVE_NOT_STARTED ? "Start"
                                                                : "Look at",
                                  k->control->id, k->control->title));
        json_put_str(o, "url", url_control(v, k->control));
    }
}

static const struct {
    const char *id, *name;
} frameworks[] = {{"iso27001_2022", "ISO/IEC 27001:2022 Annex A"},
                  {"iso27001_2022_clauses", "ISO/IEC 27001:2022 clauses"},
                  {"nist_csf_2", "NIST CSF 2.0"},
                  {"nist_800_53r5", "NIST SP 800-53 rev. 5"},
                  {"hipaa", "HIPAA Security Rule"},
                  {"gdpr", "GDPR"},
                  {"ccm4", "CSA CCM v4"}};

const char *framework_name(struct str id)
{
    for (size_t i = 0; i < sizeof frameworks / sizeof frameworks[0]; i++)
        if (str_is(id, frameworks[i].id))
            return frameworks[i].name;
    return NULL;
}

static void crosswalk_put(struct view *v, struct json *page, const struct criterion *c)
{
    struct err ignored = {0};
    struct json *list = json_put_array(page, "crosswalk");
    struct json *map = json_parse(v->arena, str_of(c->crosswalk_json ? c->crosswalk_json : "{}"), JSON_LIMITS_DEFAULT, &ignored);
    JSON_EACH (member, map) {
        if (member->type != JSON_ARRAY)
            continue;
        struct json *o = json_push_object(list);
        const char *name = framework_name(member->key);
        json_put_str(o, "framework", member->key);
        json_put_str(o, "name", name ? str_of(name) : member->key);
        struct json *ids = json_put_array(o, "ids");
        JSON_EACH (id, member)
            json_push_str(ids, id->type == JSON_STRING ? id->text : json_text(id, "id"));
    }
}

/* The topics that it wants covered: by an adopted control, by one of the library that nobody adopted yet, or by none. */
static void topics_put(struct view *v, struct json *page, const struct assessment *as, const struct criterion_state *c)
{
    struct json *list = json_put_array(page, "topics");
    for (size_t t = 0; t < c->criterion->topics.count; t++) {
        struct json *o = json_push_object(list), *controls = json_array(v->arena);
        bool is_offered = false;
        for (size_t i = 0; i < as->control_count; i++) {
            const struct control_state *k = &as->controls[i];
            bool is_ours = k->program->adoption == ADOPTION_ADOPTED, is_left = k->program->adoption >= ADOPTION_NA || (k->program->is_own && !is_ours);
            if (is_left || !control_covers_topic(as, i, c->criterion, t))
                continue;
            is_offered = true;
            put_status_as(push_link(v, controls, k->control->id, k->control->title, url_control(v, k->control)), is_ours ? RESULT_PASS : RESULT_UNKNOWN, is_ours ? "Adopted" : "Not adopted");
        }
        json_put_str(o, "id", arena_printf(v->arena, "%s.%zu", c->criterion->id, t + 1));
        json_put_cstr(o, "text", c->criterion->topics.items[t]);
        put_status_as(o, c->topic_is_covered[t] ? RESULT_PASS : is_offered ? RESULT_UNKNOWN : RESULT_FAIL,
                      c->topic_is_covered[t] ? "Covered" : is_offered ? "A control for it is not adopted" : "No control covers it");
        json_put(o, "controls", controls);
    }
    json_put_int(page, "topics_open", (int64_t)c->topics_open);
}

enum result_status criterion_signal_status(enum criterion_status s)
{
    return s == CRITERION_MET || s == CRITERION_MET_WITH_EXCEPTIONS ? RESULT_PASS : s == CRITERION_NOT_MET_SIGNAL ? RESULT_FAIL : RESULT_UNKNOWN;
}

/* What the controls' operation over the window comes to, with what was made up for: a signal for management, never an opinion. */
static void signal_put(struct json *page, const struct criterion_state *c)
{
    struct json *o = json_put_object(page, "signal");
    json_put_cstr(o, "id", criterion_status_name(c->signal));
    put_status_as(o, criterion_signal_status(c->signal), criterion_status_words(c->signal));
    json_put_int(o, "compensating", (int64_t)c->compensating_count);
}

struct json *view_criterion(struct view *v, struct str id, struct err *e)
{
    size_t index = assessment_criterion_index(id);
    if (index == SIZE_MAX) {
        err_set(e, ERR_NOT_FOUND, "criterion %.*s: there is none of this name", STR_ARGS(id));
        return NULL;
    }
    const struct assessment *as = view_assessment(v, e);
    const struct criterion *c = &content_criteria[index];
    struct json *page = as ? page_new(v, arena_printf(v->arena, "%s %s", c->id, c->title), e) : NULL;
    if (!page)
        return NULL;
    const struct criterion_state *state = &as->criteria[index];
    const char *words;
    enum result_status s = criterion_status_now(as, state, &words);
    json_put_cstr(page, "id", c->id);
    json_put_cstr(page, "name", c->title);
    json_put_cstr(page, "summary", c->summary);
    json_put_cstr(page, "category", c->category);
    json_put_cstr(page, "category_name", category_name(c->category));
    json_put_bool(page, "in_scope", state->is_in_scope);
    json_put_cstr(page, "series", c->series);
    json_put_cstr(page, "series_title", c->series_title);
    json_put_int(page, "coso_principle", c->coso_principle);
    json_put_int(page, "points_of_focus", c->points_of_focus);
    put_decimal(page, "score", state->score.value);
    put_status_as(page, s, words);
    formula_put(v, page, as, state);
    struct json *controls = json_put_array(page, "controls");
    for (size_t i = 0; i < state->key_count; i++)
        control_push(v, controls, &as->controls[state->key[i]], "key");
    for (size_t i = 0; i < state->supporting_count; i++)
        control_push(v, controls, &as->controls[state->supporting[i]], "supporting");
    for (size_t i = 0; i < state->compensating_count; i++)
        control_push(v, controls, &as->controls[state->compensating[i]], "compensating");
    topics_put(v, page, as, state);
    signal_put(page, state);
    put_strings(page, "typical_evidence", c->typical_evidence);
    json_put_cstr(page, "population", c->population);
    json_put_cstr(page, "operating_test", c->operating_test);
    json_put_cstr(page, "typical_frequency", c->typical_frequency);
    crosswalk_put(v, page, c);
    tree_put(v, page, as);
    return page;
}
