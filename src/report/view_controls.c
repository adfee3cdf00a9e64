#include "report/view_internal.h"
#include "report/view_parameters.h"

enum { HISTORY_MAX = 50 };

static const char *model_name(enum control_model m)
{
    static const char *const names[] = {"config_state", "periodic", "event_sla", "event_attributes", "document"};
    return names[m];
}

const char *control_model_words(enum control_model m)
{
    static const char *const words[] = {"Setting, tested by machine", "Performed in a rhythm", "Each event within a time limit",
                                        "Each event with its attributes", "An approved document"};
    return words[m];
}

static const char *lower_state(struct view *v, enum live_state s)
{
    const char *name = live_state_name(s);
    char *copy = arena_strndup(v->arena, name, strlen(name));
    for (char *p = copy; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    return copy;
}

static const char *adoption_words(enum control_adoption adoption)
{
    static const char *const words[] = {"not adopted", "adopted", "does not apply", "retired"};
    return words[adoption];
}

static void facts_put(struct view *v, struct json *o, const struct control_state *c)
{
    const struct control *control = c->control;
    json_put_cstr(o, "family", control->family);
    json_put_cstr(o, "owner_role", control->owner_role);
    if (c->program->owner_name.size > 0)
        json_put_str(o, "owner", c->program->owner_name);
    else
        json_put_null(o, "owner");
    json_put_cstr(o, "adoption", adoption_words(c->program->adoption));
    json_put_bool(o, "is_own", c->program->is_own);
    json_put_cstr(o, "library", c->program->library);
    put_time(v, o, "effective_from", c->program->effective_from_ms);
    put_time(v, o, "effective_to", c->program->effective_to_ms);
    json_put_cstr(o, "model", model_name(control->model));
    json_put_cstr(o, "model_words", control_model_words(control->model));
    json_put_cstr(o, "frequency", control->frequency);
    json_put_bool(o, "is_core", control->is_core);
    json_put_cstr(o, "state", live_state_name(c->live));
    put_status_as(o, live_state_status(c->live), live_state_words(c->live));
    put_time(v, o, "since", c->since_ms);
}

static void control_row(struct view *v, struct list *l, const struct assessment *as, size_t index)
{
    /* What needs somebody first: failing, overdue, stale, unknown, due, not started, fine, not in force. */
    static const int order[LIVE_STATES] = {
        [LIVE_FAILING] = 0,  [LIVE_OVERDUE] = 1,     [LIVE_STALE] = 2, [LIVE_UNKNOWN] = 3,
        [LIVE_DUE_SOON] = 4, [LIVE_NOT_STARTED] = 5, [LIVE_OK] = 6,    [LIVE_NOT_IN_FORCE] = 7};
    const struct control_state *c = &as->controls[index];
    struct json *o = json_object(v->arena);
    json_put_cstr(o, "id", c->control->id);
    json_put_cstr(o, "title", c->control->title);
    facts_put(v, o, c);
    put_decimal(o, "score", c->score.value);
    struct json *tests = json_put_object(o, "tests");
    json_put_int(tests, "total", (int64_t)c->test_count);
    put_counts(tests, &c->tests_now);
    put_strings(o, "criteria", c->control->criteria);
    json_put_cstr(o, "primary", c->control->primary_criterion);
    json_put_str(o, "url", url_control(v, c->control));
    int64_t number = order[c->live];
    if (sort_is(l->filter, "id"))
        number = 0;
    else if (sort_is(l->filter, "score"))
        number = (int64_t)(c->score.value * 100);
    list_add(l, (struct list_row){.row = o,
                                  .text = arena_printf(v->arena, "%s %s %s %s", c->control->id, c->control->title,
                                                       view_text(v, str_of(c->control->statement)).data, c->control->owner_role),
                                  .status = live_state_status(c->live),
                                  .state = lower_state(v, c->live),
                                  .group = str_of(c->control->family),
                                  .sort_number = sort_is(l->filter, "owner") ? 0 : number,
                                  .sort_text = sort_is(l->filter, "owner")
                                                   ? arena_printf(v->arena, "%.*s %s %s", STR_ARGS(c->program->owner_name), c->control->owner_role, c->control->id)
                                                   : str_of(c->control->id)});
}

struct json *view_controls(struct view *v, const struct view_filter *f, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? page_new(v, STR("Controls"), e) : NULL;
    struct list l;
    if (!page)
        return NULL;
    list_init(&l, v, f);
    for (size_t i = 0; i < as->control_count; i++)
        control_row(v, &l, as, i);
    list_finish(&l, page, NULL);
    return page;
}

/* ---- one ---- */

static void why_put(struct view *v, struct json *page, const struct assessment *as, const struct control_state *c)
{
    struct json *why = json_put_array(page, "why"), *next = json_put_array(page, "next");
    bool is_config = c->control->model == MODEL_CONFIG_STATE;
    if (c->test_count == 0)
        json_push_str(
            why,
            STR("No test is mapped to it: a host cannot show it. It needs occurrences, events or documents that people record."));
    else if (!is_config)
        json_push_str(why,
                      STR("Its tests are supporting evidence: they can show that it fails, and never alone that it operates."));
    for (size_t i = 0; i < c->test_count; i++) {
        const struct test_state *t = &as->tests[c->tests[i]];
        if (t->status != RESULT_FAIL && t->status != RESULT_UNKNOWN)
            continue;
        json_push_str(why, arena_printf(v->arena, "%s %s", t->test->id,
                                        t->status == RESULT_FAIL ? "fails"
                                        : t->is_present          ? "is unknown"
                                                                 : "has not run"));
        struct json *o = json_push_object(next);
        json_put_str(o, "text", arena_printf(v->arena, "%s: %s", t->status == RESULT_FAIL ? "Fix" : "Find out", t->test->title));
        json_put_cstr(o, "why", t->test->why);
        json_put_str(o, "command",
                     t->is_present ? arena_printf(v->arena, "assay test --explain %s", t->test->id) : STR("assay collect"));
        json_put_str(o, "url", url_test(v, t->test));
    }
    if (!is_config && c->live == LIVE_NOT_STARTED) {
        struct json *o = json_push_object(next);
        json_put_str(o, "text", arena_printf(v->arena, c->control->owner_role[0] ? "Perform it and keep the evidence (%s)" : "Perform it and keep the evidence%s", c->control->owner_role));
        json_put_cstr(o, "why", c->control->test_operation);
        json_put_cstr(o, "command", "");
        json_put_cstr(o, "url", "");
    }
    json_push_str(why,
                  arena_printf(v->arena, "Score %.*s: %s.", STR_ARGS(decimal_text(v->arena, c->score.value)), score_words(c)));
}

static void score_put(struct json *page, const struct control_state *c)
{
    struct json *o = json_put_object(page, "score");
    put_decimal(o, "value", c->score.value);
    struct json *reached = json_put_array(o, "reached"), *caps = json_put_array(o, "caps");
    for (size_t i = 0; i < SCORE_LEVELS; i++) {
        struct json *level = json_push_object(reached);
        put_decimal(level, "level", c->score.levels[i].value);
        json_put_cstr(level, "words", c->score.levels[i].words);
        json_put_bool(level, "is_met", c->score.levels[i].is_met);
        json_put_cstr(level, "why", "");
    }
    for (size_t i = 0; i < SCORE_CAPS; i++) {
        struct json *cap = json_push_object(caps);
        put_decimal(cap, "level", c->score.caps[i].value);
        json_put_cstr(cap, "words", c->score.caps[i].words);
        json_put_bool(cap, "applies", c->score.caps[i].is_met);
    }
}

static void put_days(struct json *o, const char *key, int64_t ms)
{
    put_decimal(o, key, (double)ms / (double)MS_DAY);
}

enum result_status conclusion_status(enum conclusion c)
{
    return c == CONCLUSION_OPERATED || c == CONCLUSION_OPERATED_WITH_DEVIATIONS ? RESULT_PASS
           : c == CONCLUSION_NOT_OPERATING                                      ? RESULT_FAIL
           : c == CONCLUSION_NO_OCCURRENCE                                      ? RESULT_SKIP
                                                                                : RESULT_UNKNOWN;
}

/* Suitably designed and in place; operated over the window: two results, never merged into one. */
static void design_put(struct json *page, const struct control_state *c)
{
    const struct control_design *d = &c->design;
    const struct {
        const char *words, *otherwise;
        bool is_met;
    } attributes[] = {{"it serves a criterion", "it serves no criterion", d->serves_criterion},
                      {"somebody owns it", "nobody owns it", d->has_owner},
                      {"it is adopted, and its statement says what happens", "it is not adopted, or its statement is empty", d->is_documented},
                      {"it is performed as often as it has to be", "it is performed less often than it has to be, or nobody said how often", d->has_right_frequency},
                      {"there is a first proof that counts", "no proof yet: no performance with accepted evidence, no test that passed", d->is_implemented}};
    struct json *o = json_put_object(page, "design"), *list;
    json_put_cstr(o, "result", design_result_name(d->result));
    put_status_as(o, d->result == DESIGN_IMPLEMENTED ? RESULT_PASS : d->result == DESIGN_DEFICIENT ? RESULT_FAIL : RESULT_UNKNOWN, design_result_words(d->result));
    list = json_put_array(o, "attributes");
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++) {
        struct json *item = json_push_object(list);
        put_status_as(item, attributes[i].is_met ? RESULT_PASS : RESULT_FAIL, attributes[i].is_met ? "Yes" : "No");
        json_put_cstr(item, "words", attributes[i].is_met ? attributes[i].words : attributes[i].otherwise);
    }
}

static void operation_put(struct view *v, struct json *page, const struct assessment *over, size_t index)
{
    const struct control_state *c = &over->controls[index];
    const struct operation *p = &c->operation;
    struct json *o = json_put_object(page, "operation");
    put_fed_control(v, o, over == v->over_days ? index : SIZE_MAX);
    json_put_cstr(o, "conclusion", conclusion_name(p->conclusion));
    put_status_as(o, conclusion_status(p->conclusion), conclusion_words(p->conclusion));
    json_put_cstr(o, "why", p->why);
    json_put_bool(o, "is_partial_period", p->is_partial_period);
    const struct performances *n = &c->facts.performances;
    json_put_int(o, "expected", n->expected);
    json_put_int(o, "late", n->late);
    json_put_int(o, "missed", n->missed);
    json_put_int(o, "unevidenced", n->unevidenced);
}

static struct str conclusion_why(struct view *v, const struct control_state *c)
{
    const struct window_outcome *o = &c->facts.window;
    if (o->in_force.from_ms >= o->in_force.to_ms)
        return STR("nothing was observed in the window");
    if (o->coverage < c->limits.min_coverage)
        return arena_printf(v->arena, "only %.*s %% of the time was observed; 90 %% are needed",
                            STR_ARGS(decimal_text(v->arena, (double)(int64_t)(o->coverage * 1000) / 10)));
    if (o->longest_unknown_ms > c->limits.max_unknown_ms)
        return arena_printf(v->arena, "unknown for %.*s at a stretch; 14 days are the limit",
                            STR_ARGS(days_text(v, o->longest_unknown_ms)));
    if (o->deviations == 0)
        return STR("observed, without a failure");
    if (o->is_failing_at_end)
        return STR("it fails at the end of the window");
    return arena_printf(v->arena, "%lld deviations, the longest %.*s", (long long)o->deviations,
                        STR_ARGS(days_text(v, o->longest_fail_ms)));
}

static void window_put(struct view *v, struct json *page, const struct assessment *as, const struct control_state *c)
{
    const struct window_outcome *w = &c->facts.window;
    bool is_evaluated = c->control->model == MODEL_CONFIG_STATE && c->test_count > 0;
    enum conclusion conclusion = is_evaluated ? w->conclusion : CONCLUSION_INSUFFICIENT_EVIDENCE;
    struct json *o = json_put_object(page, "window");
    put_days_of(v, o, as);
    json_put_bool(o, "is_evaluated", is_evaluated);
    json_put_cstr(o, "conclusion", is_evaluated ? conclusion_name(conclusion) : "");
    json_put_cstr(o, "conclusion_words", is_evaluated ? conclusion_words(conclusion) : "No occurrences are recorded yet");
    json_put_cstr(o, "status", result_status_name(conclusion_status(conclusion)));
    struct json *flags = json_put_array(o, "flags");
    if (is_evaluated && w->is_partial_period)
        json_push_str(flags, STR("PARTIAL_PERIOD"));
    json_put_str(o, "why",
                 is_evaluated ? conclusion_why(v, c) : STR("tests alone cannot conclude about a control of this model"));
    put_decimal(o, "coverage", w->coverage);
    put_decimal(o, "fail_fraction", w->fail_fraction);
    put_days(o, "pass_days", w->pass_ms);
    put_days(o, "fail_days", w->fail_ms);
    put_days(o, "unknown_days", w->unknown_ms);
    put_days(o, "subject_days", w->pass_ms + w->fail_ms + w->unknown_ms);
    put_days(o, "longest_fail_days", w->longest_fail_ms);
    put_days(o, "longest_unknown_days", w->longest_unknown_ms);
    json_put_int(o, "deviations", w->deviations);
    json_put_bool(o, "is_failing_at_end", w->is_failing_at_end);
    struct json *t = json_put_array(o, "thresholds");
    if (!is_evaluated)
        return;
    put_input(v, t, "coverage", STR("at least 90 %"), "below it there is not enough evidence");
    put_input(v, t, "longest unknown run", STR("at most 14 days"), "beyond it there is not enough evidence");
    put_input(v, t, "staleness", days_text(v, c->facts.max_staleness_ms), "how long a result counts without a newer one");
    put_input(v, t, "failing",
              arena_printf(v->arena, "at most %.*s %%", STR_ARGS(decimal_text(v->arena, c->limits.max_fail_fraction * 100))),
              "of the observed time");
    put_input(v, t, "longest failure", days_text(v, c->limits.max_fail_ms), "at most, on any one subject");
}

static bool strip_put(struct view *v, struct json *page, const struct assessment *as, size_t index, struct err *e)
{
    enum result_status *days = arena_array(v->arena, (size_t)as->day_count, sizeof *days);
    struct arena *own = arena_new("strip", (size_t)2 << 30);
    const struct test_history *histories = NULL;
    for (size_t s = 0; s < as->subject_count && (histories = subject_histories(as, own, s, e)); s++) {
        size_t n;
        struct stretch *stretches = control_stretches(as, own, histories, index, s, &n);
        days_mark(as, stretches, n, days);
        arena_reset(own);
    }
    arena_free(own);
    put_cells(v, page, "strip", as, days);
    return e->code == ERR_NONE;
}

static const char *mapping_reason(const struct test *t, const char *control)
{
    for (size_t i = 0; i < t->control_count; i++)
        if (strcmp(t->controls[i].control, control) == 0)
            return t->controls[i].reason;
    return "";
}

static void tests_put(struct view *v, struct json *page, const struct assessment *as, const struct control_state *c)
{
    struct json *list = json_put_array(page, "tests");
    for (int s = RESULT_FAIL; s >= RESULT_SKIP; s--)
        for (size_t i = 0; i < c->test_count; i++) {
            const struct test_state *t = &as->tests[c->tests[i]];
            if ((int)t->status != s)
                continue;
            struct json *o = json_push_object(list);
            json_put_cstr(o, "id", t->test->id);
            json_put_cstr(o, "title", t->test->title);
            json_put_cstr(o, "severity", t->test->severity);
            put_status(o, t->status);
            json_put_cstr(o, "reason", mapping_reason(t->test, c->control->id));
            put_counts(o, &t->resources);
            put_time(v, o, "since", t->since_ms);
            json_put_str(o, "url", url_test(v, t->test));
        }
}

struct moment {
    int64_t at_ms, leaf;
    size_t test, subject;
    enum result_status from, to;
    bool is_first;
};

static int moment_compare(const void *pa, const void *pb)
{
    const struct moment *a = pa, *b = pb;
    if (a->at_ms != b->at_ms)
        return a->at_ms > b->at_ms ? -1 : 1;
    if (a->test != b->test)
        return a->test < b->test ? -1 : 1;
    return a->subject < b->subject ? -1 : a->subject > b->subject;
}

struct moments {
    struct moment *items; /* of those that were looked at, the newest HISTORY_MAX, and at most as many again */
    size_t count;
};

static void moments_sort(struct moments *m)
{
    if (m->count > 0)
        qsort(m->items, m->count, sizeof *m->items, moment_compare);
    m->count = m->count < HISTORY_MAX ? m->count : HISTORY_MAX;
}

static void moments_add(struct moments *m, const struct assessment *as, const struct test_history *histories, const size_t *tests, size_t test_count, size_t subject)
{
    for (size_t i = 0; i < test_count; i++)
        for (size_t k = 0; k < histories[tests[i]].count; k++) {
            const struct stretch *now = &histories[tests[i]].stretches[k], *before = k > 0 ? now - 1 : NULL;
            if (now->from_ms < as->window.from_ms || (before && before->status == now->status))
                continue;
            if (m->count == (size_t)2 * HISTORY_MAX)
                moments_sort(m);
            m->items[m->count++] = (struct moment){now->from_ms, 0, tests[i], subject, before ? before->status : RESULT_SKIP, now->status, !before};
        }
}

bool put_history(struct view *v, struct json *o, const struct assessment *as, const size_t *tests, size_t test_count, struct err *e)
{
    struct moments found = {.items = arena_array(v->arena, 2 * (size_t)HISTORY_MAX, sizeof *found.items)};
    struct arena *own = arena_new("history", (size_t)2 << 30);
    const struct test_history *histories = NULL;
    for (size_t s = 0; s < as->subject_count && (histories = subject_histories(as, own, s, e)); s++) {
        moments_add(&found, as, histories, tests, test_count, s);
        arena_reset(own);
    }
    arena_free(own);
    moments_sort(&found);
    struct json *list = json_put_array(o, "history");
    for (size_t i = 0; i < found.count; i++) {
        const struct moment *m = &found.items[i];
        const struct test *t = as->tests[m->test].test;
        struct json *item = json_push_object(list);
        put_time(v, item, "at", m->at_ms);
        put_link(v, item, "test", t->id, t->title, url_test(v, t));
        json_put(item, "subject", subject_new(v, as->subjects[m->subject].id));
        json_put_cstr(item, "from", m->is_first ? "" : result_status_name(m->from));
        json_put_cstr(item, "to", result_status_name(m->to));
        json_put_str(item, "words",
                     m->is_first ? arena_printf(v->arena, "first seen: %s", result_status_words(m->to))
                                 : arena_printf(v->arena, "%s → %s", result_status_words(m->from), result_status_words(m->to)));
        json_put_str(item, "url", url_test(v, t));
    }
    return e->code == ERR_NONE;
}

static void related_put(struct view *v, struct json *page, const struct control *control)
{
    struct json *policies = json_put_array(page, "policies");
    for (size_t i = 0; i < content_policy_count; i++)
        for (size_t k = 0; k < control->policies.count; k++)
            if (strcmp(control->policies.items[k], content_policies[i].id) == 0)
                push_link(v, policies, content_policies[i].id, content_policies[i].title, arena_printf(v->arena, "/policies/%s", content_policies[i].id));
    struct json *requests = json_put_array(page, "requests");
    for (size_t i = 0; i < content_request_count; i++)
        for (size_t k = 0; k < content_requests[i].controls.count; k++)
            if (strcmp(content_requests[i].controls.items[k], control->id) == 0) {
                struct json *o = json_push_object(requests);
                json_put_cstr(o, "id", content_requests[i].id);
                json_put_cstr(o, "text", content_requests[i].request);
                json_put_cstr(o, "kind", content_requests[i].kind);
            }
    struct json *risks = json_put_array(page, "risks");
    for (size_t i = 0; i < content_risk_count; i++)
        for (size_t k = 0; k < content_risks[i].controls.count; k++)
            if (strcmp(content_risks[i].controls.items[k], control->id) == 0) {
                struct json *o = json_push_object(risks);
                json_put_cstr(o, "id", content_risks[i].id);
                json_put_cstr(o, "title", content_risks[i].title);
            }
}

static struct json *parsed(struct view *v, const char *text)
{
    struct err ignored = {0};
    struct json *o = json_parse(v->arena, str_of(text ? text : "null"), JSON_LIMITS_DEFAULT, &ignored);
    return o ? o : json_new_null(v->arena);
}

static void paper_put(struct view *v, struct json *page, const struct control *control)
{
    put_strings(page, "evidence", control->evidence);
    put_strings(page, "data_sources", control->data_sources);
    put_strings(page, "assertions", control->assertions);
    put_strings(page, "failure_modes", control->failure_modes);
    json_put_cstr(page, "population", control->population);
    json_put_cstr(page, "test_design", control->test_design);
    json_put_cstr(page, "test_operation", control->test_operation);
    related_put(v, page, control);
    json_put(page, "computation", parsed(v, control->computation_json));
    struct json *questions = json_put_array(page, "questions");
    JSON_EACH (q, parsed(v, control->gap_questions_json)) {
        struct json *o = json_push_object(questions);
        json_put_str(o, "id", json_text(q, "id"));
        json_put_str(o, "question", json_text(q, "question"));
    }
}

static bool has(const size_t *items, size_t count, size_t index)
{
    for (size_t i = 0; i < count; i++)
        if (items[i] == index)
            return true;
    return false;
}

static void criteria_put(struct view *v, struct json *page, const struct assessment *as, size_t index)
{
    struct json *list = json_put_array(page, "criteria");
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &as->criteria[i];
        const char *role = has(c->key, c->key_count, index)                           ? "key"
                           : has(c->compensating, c->compensating_count, index)       ? "compensating"
                           : has(c->supporting, c->supporting_count, index)           ? "supporting"
                                                                                      : NULL;
        if (!role)
            continue;
        const char *words;
        enum result_status s = criterion_status_now(as, c, &words);
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", c->criterion->id);
        json_put_cstr(o, "title", c->criterion->title);
        json_put_cstr(o, "role", role);
        put_decimal(o, "score", c->score.value);
        put_status_as(o, s, words);
        json_put_str(o, "url", url_criterion(v, c->criterion));
    }
}

/* Whose failure it makes up for, and which controls make up for its own. */
static void compensation_put(struct view *v, struct json *page, const struct assessment *as, size_t index)
{
    const struct control_program *p = as->controls[index].program;
    struct json *list = json_put_array(page, "compensates"), *by = json_put_array(page, "compensated_by");
    for (size_t i = 0; i < p->compensates.count; i++) {
        size_t other = assessment_control_index(as, str_of(p->compensates.items[i]));
        if (other != SIZE_MAX)
            push_link(v, list, as->controls[other].control->id, as->controls[other].control->title, url_control(v, as->controls[other].control));
    }
    for (size_t i = 0; i < as->control_count; i++)
        for (size_t k = 0; k < as->controls[i].program->compensates.count; k++)
            if (strcmp(as->controls[i].program->compensates.items[k], as->controls[index].control->id) == 0) {
                struct json *o = push_link(v, by, as->controls[i].control->id, as->controls[i].control->title, url_control(v, as->controls[i].control));
                enum conclusion c = as->controls[i].operation.conclusion;
                bool is_good = c <= CONCLUSION_OPERATED_WITH_DEVIATIONS && c != CONCLUSION_NO_OCCURRENCE && !as->controls[i].operation.is_partial_period;
                put_status_as(o, is_good ? RESULT_PASS : RESULT_UNKNOWN, is_good ? "Makes up for it" : "Has not operated all the time itself");
            }
}

struct json *view_control(struct view *v, struct str id, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    size_t index = as ? assessment_control_index(as, id) : SIZE_MAX;
    if (index == SIZE_MAX) {
        if (as)
            err_set(e, ERR_NOT_FOUND, "control %.*s: there is none of this name", STR_ARGS(id));
        return NULL;
    }
    const struct control *control = as->controls[index].control;
    struct json *page = as ? page_new(v, arena_printf(v->arena, "%s %s", control->id, control->title), e) : NULL;
    if (!page)
        return NULL;
    const struct control_state *c = &as->controls[index];
    const struct assessment *over = view_over_days(v, e);
    if (!over)
        return NULL;
    json_put_cstr(page, "id", control->id);
    json_put_cstr(page, "name", control->title);
    json_put_str(page, "statement", view_text(v, str_of(control->statement)));
    json_put_cstr(page, "type", control->type);
    json_put_cstr(page, "nature", control->nature);
    facts_put(v, page, c);
    why_put(v, page, as, c);
    score_put(page, c);
    design_put(page, c);
    operation_put(v, page, over, index);
    window_put(v, page, over, &over->controls[index]);
    if (!strip_put(v, page, over, index, e))
        return NULL;
    criteria_put(v, page, as, index);
    compensation_put(v, page, as, index);
    tests_put(v, page, as, c);
    paper_put(v, page, control);
    return put_history(v, page, as, c->tests, c->test_count, e) ? page : NULL;
}
