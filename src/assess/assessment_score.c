/* From tests and subjects to controls, criteria, readiness and blockers. No database here. */
#include "assess/assessment.h"

#include "base/times.h"
#include "os/zone.h"

/* ---- controls ---- */

static bool lists(struct strings list, const char *id)
{
    for (size_t i = 0; i < list.count; i++)
        if (strcmp(list.items[i], id) == 0)
            return true;
    return false;
}

/* The library's tests of a control that is called this, or that follows the one of this name; and those that the organisation added. */
static bool helps(const struct assessment *as, const struct test *t, size_t control)
{
    const struct control_program *p = &as->program->controls[control];
    const char *id = p->library ? p->library : as->controls[control].control->id;
    for (size_t m = 0; m < t->control_count; m++)
        if (strcmp(t->controls[m].control, id) == 0)
            return true;
    return lists(p->tests, t->id);
}

/* Indexes of the tests of each control. */
static void control_tests_link(struct assessment *as)
{
    size_t *found = arena_array(as->arena, content_test_count + 1, sizeof *found);
    for (size_t i = 0; i < as->control_count; i++) {
        struct control_state *state = &as->controls[i];
        for (size_t t = 0; t < content_test_count; t++)
            if (helps(as, &content_tests[t], i))
                found[state->test_count++] = t;
        size_t *tests = arena_array(as->arena, state->test_count + 1, sizeof *tests);
        memcpy(tests, found, state->test_count * sizeof *tests);
        state->tests = tests;
    }
}

static void facts_tests_add(struct assessment *as, struct control_state *c)
{
    c->facts.tests_mapped = (int64_t)c->test_count;
    for (size_t i = 0; i < c->test_count; i++) {
        const struct test_state *t = &as->tests[c->tests[i]];
        c->tests_now.of[t->status]++;
        for (size_t s = 0; s < as->subject_count; s++) {
            const struct test_now *n = &t->subjects[s];
            const struct subject_state *subject = &as->subjects[s];
            if (!n->is_present)
                continue;
            int64_t seen_ms = subject->observed_count > 0 ? subject->observed[subject->observed_count - 1].to_ms : 0;
            if (subject->is_in_gap || as->at_ms - seen_ms > c->facts.max_staleness_ms)
                c->facts.tests_stale++;
            else
                c->facts.tests.of[n->observed]++;
        }
    }
}

static bool is_judged_by_tests(const struct control_state *c)
{
    return c->control->model == MODEL_CONFIG_STATE && c->test_count > 0;
}

/* The window of a config_state control, and since when it has been fine: one subject of it. */
static void facts_window_add(struct assessment *as, struct arena *a, const struct test_history *histories, size_t index, size_t subject)
{
    struct control_state *c = &as->controls[index];
    size_t n;
    struct stretch *stretches = control_stretches(as, a, histories, index, subject, &n);
    if (n == 0)
        return;
    struct subject_history h = {{stretches[0].from_ms, c->facts.in_force.to_ms}, stretches, n};
    window_add(&c->facts.window, as->window, &h);
    size_t i = n;
    while (i > 0 && stretches[i - 1].status <= RESULT_PASS)
        i--;
    int64_t fine_ms = i < n ? stretches[i].from_ms : as->at_ms;
    c->fine_since_ms = fine_ms > c->fine_since_ms ? fine_ms : c->fine_since_ms;
    if (i == n && (c->bad_since_ms == 0 || stretches[n - 1].from_ms < c->bad_since_ms))
        c->bad_since_ms = stretches[n - 1].from_ms;
}

void assessment_controls_add(struct assessment *as, struct arena *step, const struct test_history *histories, size_t subject)
{
    for (size_t i = 0; i < as->control_count; i++)
        if (is_judged_by_tests(&as->controls[i])) {
            facts_window_add(as, step, histories, i, subject);
            arena_reset(step); /* what one control takes fits into the block that is kept */
        }
}

static void facts_window_end(struct assessment *as, struct control_state *c)
{
    bool is_ok = c->facts.tests.of[RESULT_PASS] > 0 &&
                 c->facts.tests.of[RESULT_FAIL] + c->facts.tests.of[RESULT_UNKNOWN] + c->facts.tests_stale == 0;
    window_end(&c->facts.window, as->window, &c->limits);
    c->facts.has_recent_pass = c->facts.window.pass_ms > 0 || c->facts.tests.of[RESULT_PASS] > 0;
    c->facts.ok_since_ms = is_ok ? c->fine_since_ms : 0;
    c->since_ms = is_ok ? c->fine_since_ms : c->bad_since_ms;
}

/* What people recorded. Performances of a setting count through its tests. */
static void facts_program_add(struct assessment *as, struct control_state *c)
{
    const struct control_program *p = c->program;
    struct control_facts *f = &c->facts;
    bool is_early = p->effective_from_ms > as->at_ms, is_over = p->effective_to_ms && p->effective_to_ms + MS_DAY <= as->at_ms;
    f->has_owner = p->owner.size > 0;
    f->is_claimed = p->is_claimed;
    f->is_designed = p->adoption == ADOPTION_ADOPTED && f->has_owner;
    f->is_out_of_force = p->adoption >= ADOPTION_NA || is_early || is_over;
    f->occurrences_valid = p->performed;
    f->last_occurrence_ms = p->last_performed_ms;
    f->next_due_ms = p->next_due_ms;
    f->has_bad_occurrence = p->is_last_missed;
    f->has_high_finding = p->has_high_finding;
    f->performances = p->in_window;
    f->first_occurrence_ms = p->first_performed_ms;
    if (p->performed > 0) {
        struct performances all = {p->performed + p->missed, p->performed_late, p->missed, 0};
        f->occurrences_conclusion = performances_conclude(p->in_window.expected > 0 ? &p->in_window : &all);
    }
}

/* The part of the window in which the control is in force; what does not apply never is. */
static struct interval in_force_of(const struct assessment *as, const struct control_program *p)
{
    struct interval in = as->window;
    if (p->adoption == ADOPTION_NA)
        return (struct interval){in.from_ms, in.from_ms};
    int64_t from_ms = p->effective_from_ms ? zone_instant_ms(as->zone, p->effective_from_ms) : in.from_ms;
    int64_t to_ms = p->effective_to_ms ? zone_instant_ms(as->zone, p->effective_to_ms + MS_DAY) : in.to_ms;
    in.from_ms = from_ms > in.from_ms ? from_ms : in.from_ms;
    in.to_ms = to_ms < in.to_ms ? to_ms : in.to_ms;
    if (in.to_ms < in.from_ms)
        in.to_ms = in.from_ms;
    return in;
}

/* Is it performed at least as often as the library means it? */
static bool has_right_frequency(const struct control_state *c)
{
    const struct control *library = content_control(str_of(c->program->library ? c->program->library : c->control->id));
    if (!library)
        return c->control->frequency[0] && strcmp(c->control->frequency, "ad_hoc") != 0;
    return frequency_cycle_ms(c->control->frequency) <= frequency_cycle_ms(library->frequency);
}

static void control_begin(struct assessment *as, size_t index)
{
    struct control_state *c = &as->controls[index];
    const struct control *control = c->control;
    c->limits = WINDOW_LIMITS_DEFAULT;
    c->limits.max_fail_fraction = control->max_fail_fraction > 0 ? control->max_fail_fraction : c->limits.max_fail_fraction;
    c->limits.max_fail_ms = control->max_fail_days > 0 ? control->max_fail_days * MS_DAY : c->limits.max_fail_ms;
    c->facts = (struct control_facts){
        .model = control->model,
        .at_ms = as->at_ms,
        .max_staleness_ms = control->max_staleness_ms > 0 ? control->max_staleness_ms : 3 * MS_DAY,
        .cadence_ms = frequency_cycle_ms(control->model == MODEL_CONFIG_STATE && strcmp(control->frequency, "annual") == 0
                                             ? "continuous" /* tested by machine each day, whatever the paper says */
                                             : control->frequency)};
    c->facts.window_asked = as->window;
    c->facts.in_force = in_force_of(as, c->program);
    facts_program_add(as, c);
    if (is_judged_by_tests(c))
        c->facts.window = window_begin();
}

static void control_end(struct assessment *as, struct control_state *c)
{
    facts_tests_add(as, c);
    if (is_judged_by_tests(c)) {
        facts_window_end(as, c);
    } else {
        for (size_t i = 0; i < c->test_count; i++) {
            const struct test_state *t = &as->tests[c->tests[i]];
            if (t->status == RESULT_FAIL && (c->since_ms == 0 || t->since_ms < c->since_ms))
                c->since_ms = t->since_ms;
        }
    }
    c->live = control_live_state(&c->facts);
    c->score = control_score(&c->facts);
    c->operation = control_operation(&c->facts);
    int64_t results = 0;
    for (int k = 0; k < 4; k++)
        results += c->facts.tests.of[k];
    as->evidence_machine += results;
    as->evidence_all += results + c->facts.occurrences_valid;
}

/* ---- criteria ---- */

static bool is_category_in_scope(const struct assessment *as, const char *id)
{
    for (size_t i = 0; i < content_category_count; i++)
        if (strcmp(content_categories[i].id, id) == 0)
            return as->program->category_in_scope[i];
    return false;
}

enum serves { SERVES_NOT, SERVES_SUPPORTING, SERVES_KEY };

/* What a control is to a criterion: as the organisation says, else as the library does. What is not in force now serves nothing now: an
 * approved "does not apply" leaves the denominator. One of the organisation's own serves once it is adopted. */
static enum serves control_serves(const struct assessment *as, size_t control, const struct criterion_state *c)
{
    const struct control_program *p = &as->program->controls[control];
    const struct control *definition = as->controls[control].control;
    const char *id = c->criterion->id;
    if (as->controls[control].facts.is_out_of_force || (p->is_own && p->adoption != ADOPTION_ADOPTED))
        return SERVES_NOT;
    if (p->has_roles)
        return lists(p->key_for, id) ? SERVES_KEY : lists(p->supports, id) ? SERVES_SUPPORTING : SERVES_NOT;
    bool is_primary = strcmp(definition->primary_criterion, id) == 0;
    bool is_listed = is_primary || lists(definition->criteria, id);
    return !is_listed ? SERVES_NOT : is_primary || !c->has_primary ? SERVES_KEY : SERVES_SUPPORTING;
}

static bool holds_index(const size_t *items, size_t count, size_t index)
{
    for (size_t i = 0; i < count; i++)
        if (items[i] == index)
            return true;
    return false;
}

/* "CC6.1.3 CC6.1.4": places of topics, from 1. */
static bool covers_topic(const char *covers, const char *criterion, size_t place)
{
    char wanted[32];
    struct str rest = str_of(covers ? covers : ""), word;
    snprintf(wanted, sizeof wanted, "%s.%zu", criterion, place + 1);
    while (str_next_word(&rest, &word))
        if (str_is(word, wanted))
            return true;
    return false;
}

bool control_covers_topic(const struct assessment *as, size_t control, const struct criterion *criterion, size_t topic)
{
    const struct control_program *p = &as->program->controls[control];
    struct str rest = str_of(topic < criterion->topic_controls.count ? criterion->topic_controls.items[topic] : ""), word;
    const char *id = p->library ? p->library : as->controls[control].control->id;
    while (str_next_word(&rest, &word))
        if (str_is(word, id))
            return true;
    return covers_topic(p->covers, criterion->id, topic);
}

/* A topic is covered by a control that serves the criterion and that somebody adopted. */
static void topics_fill(struct assessment *as, struct criterion_state *c)
{
    c->topic_is_covered = arena_array(as->arena, c->criterion->topics.count + 1, sizeof(bool));
    for (size_t t = 0; t < c->criterion->topics.count; t++) {
        for (size_t i = 0; i < c->key_count + c->supporting_count; i++) {
            size_t control = i < c->key_count ? c->key[i] : c->supporting[i - c->key_count];
            if (as->program->controls[control].adoption == ADOPTION_ADOPTED && control_covers_topic(as, control, c->criterion, t))
                c->topic_is_covered[t] = true;
        }
        c->topics_open += !c->topic_is_covered[t];
    }
}

/* Controls that make up for a key control of this criterion. They say themselves which one: without that there is no compensation. */
static void compensating_fill(struct assessment *as, struct criterion_state *c)
{
    size_t capacity = 0, capacity_for = 0, *by = NULL, *which = NULL;
    for (size_t i = 0; i < as->control_count; i++) {
        const struct control_program *p = &as->program->controls[i];
        for (size_t k = 0; p->adoption == ADOPTION_ADOPTED && p->compensates.count > 0 && k < c->key_count; k++) {
            if (c->key[k] == i || !lists(p->compensates, as->controls[c->key[k]].control->id))
                continue;
            if (c->compensating_count == capacity) {
                by = arena_grow(as->arena, by, c->compensating_count, &capacity, sizeof *by);
                which = arena_grow(as->arena, which, c->compensating_count, &capacity_for, sizeof *which);
            }
            by[c->compensating_count] = i;
            which[c->compensating_count++] = k;
        }
    }
    c->compensating = by;
    c->compensated = which;
}

static void signal_fill(struct assessment *as, struct criterion_state *c)
{
    size_t count = c->key_count + c->compensating_count;
    struct control_conclusion *all = arena_array(as->arena, count + 1, sizeof *all);
    for (size_t i = 0; i < count; i++) {
        bool is_key = i < c->key_count;
        size_t place = is_key ? i : i - c->key_count;
        const struct operation *o = &as->controls[is_key ? c->key[i] : c->compensating[place]].operation;
        all[i] = (struct control_conclusion){is_key ? ROLE_KEY : ROLE_COMPENSATING, o->conclusion, o->is_partial_period, is_key ? 0 : c->compensated[place]};
    }
    c->signal = criterion_evaluate(all, count);
}

void assessment_signals(struct assessment *as)
{
    for (size_t i = 0; i < content_criterion_count; i++)
        signal_fill(as, &as->criteria[i]);
}

static void criterion_fill(struct assessment *as, size_t index)
{
    struct criterion_state *c = &as->criteria[index];
    const struct criterion *criterion = &content_criteria[index];
    size_t *key = arena_array(as->arena, as->control_count + 1, sizeof *key);
    size_t *supporting = arena_array(as->arena, as->control_count + 1, sizeof *supporting);
    c->criterion = criterion;
    c->is_in_scope = is_category_in_scope(as, criterion->category) && !as->program->criterion_not_relevant[index];
    for (size_t i = 0; i < content_control_count; i++)
        c->has_primary = c->has_primary || strcmp(content_controls[i].primary_criterion, criterion->id) == 0;
    for (size_t i = 0; i < as->control_count; i++) {
        enum serves serves = control_serves(as, i, c);
        if (serves == SERVES_KEY)
            key[c->key_count++] = i;
        else if (serves == SERVES_SUPPORTING)
            supporting[c->supporting_count++] = i;
        as->controls[i].design.serves_criterion |= serves != SERVES_NOT;
    }
    c->key = key;
    c->supporting = supporting;
    topics_fill(as, c);
    compensating_fill(as, c);
    signal_fill(as, c);
    double *scores = arena_array(as->arena, c->key_count + 1, sizeof *scores);
    for (size_t i = 0; i < c->key_count; i++)
        scores[i] = as->controls[key[i]].score.value;
    c->score = criterion_score(scores, c->key_count, c->topics_open);
    c->weakest = c->key_count > 0 ? key[c->score.weakest] : SIZE_MAX;
}

static void design_fill(struct control_state *c)
{
    struct control_design *d = &c->design;
    d->has_owner = c->facts.has_owner;
    d->is_documented = c->program->adoption == ADOPTION_ADOPTED && c->control->statement[0];
    d->has_right_frequency = has_right_frequency(c);
    d->is_implemented = c->score.value >= 0.5;
    control_design_judge(d);
}

static struct readiness readiness_of(struct assessment *as, const size_t *criteria, size_t count, size_t blockers)
{
    double *scores = arena_array(as->arena, count + 1, sizeof *scores);
    for (size_t i = 0; i < count; i++)
        scores[i] = as->criteria[criteria[i]].score.value;
    struct readiness r = readiness_evaluate(scores, count, blockers);
    for (size_t i = 0; i < r.worst_count; i++)
        r.worst[i] = criteria[r.worst[i]];
    return r;
}

static void categories_fill(struct assessment *as)
{
    size_t *all = arena_array(as->arena, content_criterion_count + 1, sizeof *all), all_count = 0;
    as->category_count = content_category_count;
    as->categories = arena_array(as->arena, content_category_count + 1, sizeof *as->categories);
    for (size_t k = 0; k < content_category_count; k++) {
        struct category_state *c = &as->categories[k];
        size_t *mine = arena_array(as->arena, content_criterion_count + 1, sizeof *mine);
        *c = (struct category_state){
            .category = &content_categories[k], .criteria = mine, .is_in_scope = as->program->category_in_scope[k]};
        for (size_t i = 0; i < content_criterion_count; i++)
            if (strcmp(content_criteria[i].category, content_categories[k].id) == 0) {
                mine[c->criterion_count++] = i;
                if (as->criteria[i].is_in_scope)
                    all[all_count++] = i;
            }
        c->readiness = readiness_of(as, mine, c->criterion_count, as->blocker_count);
    }
    as->readiness = readiness_of(as, all, all_count, as->blocker_count);
}

/* ---- blockers (5.1) ---- */

static struct blocker *blocker_add(struct assessment *as, const char *code, const char *kind, size_t items_max)
{
    enum { BLOCKERS_MAX = 16 };
    if (!as->blockers)
        as->blockers = arena_array(as->arena, BLOCKERS_MAX, sizeof *as->blockers);
    struct blocker *b = &as->blockers[as->blocker_count++];
    *b = (struct blocker){.code = code, .kind = kind, .items = arena_array(as->arena, items_max + 1, sizeof(char *))};
    return b;
}

bool control_is_in_scope(const struct assessment *as, size_t control)
{
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &as->criteria[i];
        if (c->is_in_scope && (holds_index(c->key, c->key_count, control) || holds_index(c->supporting, c->supporting_count, control)))
            return true;
    }
    return false;
}

static const char *main_category(const struct control *c)
{
    for (size_t i = 0; c->criteria.count && i < content_criterion_count; i++)
        if (strcmp(content_criteria[i].id, c->criteria.items[0]) == 0)
            return content_criteria[i].category;
    return "";
}

bool control_is_starter(const struct assessment *as, size_t control)
{
    const struct control *c = as->controls[control].control;
    const char *category = main_category(c);
    bool is_wanted = strcmp(category, "processing_integrity") != 0 && strcmp(category, "privacy") != 0;
    for (size_t i = 0; !is_wanted && i < content_category_count; i++)
        is_wanted = as->program->category_in_scope[i] && strcmp(content_categories[i].id, category) == 0;
    return c->is_core && is_wanted;
}

bool control_is_key(const struct assessment *as, size_t control)
{
    for (size_t i = 0; i < content_criterion_count; i++)
        if (as->criteria[i].is_in_scope && holds_index(as->criteria[i].key, as->criteria[i].key_count, control))
            return true;
    return false;
}

/* Performances are registered ahead for what recurs, so their register is its population; a setting's is the captures. */
static bool lacks_population(const struct assessment *as, size_t control)
{
    enum control_model model = as->controls[control].control->model;
    bool is_registered = model == MODEL_PERIODIC && as->program->controls[control].adoption == ADOPTION_ADOPTED;
    return model != MODEL_CONFIG_STATE && model != MODEL_DOCUMENT && !is_registered && !as->program->controls[control].has_population;
}

static void key_control_blockers_add(struct assessment *as, const bool *is_key)
{
    size_t ownerless = 0, missing = 0, unsourced = 0;
    for (size_t i = 0; i < as->control_count; i++) {
        ownerless += is_key[i] && !as->controls[i].facts.has_owner;
        missing += is_key[i] && as->controls[i].score.value < 0.5;
        unsourced += is_key[i] && lacks_population(as, i);
    }
    struct blocker *owner = ownerless ? blocker_add(as, "key_control_without_owner", "control", ownerless) : NULL;
    struct blocker *start = missing ? blocker_add(as, "key_control_not_implemented", "control", missing) : NULL;
    struct blocker *source = unsourced ? blocker_add(as, "population_source_missing", "control", unsourced) : NULL;
    for (size_t i = 0; i < as->control_count; i++) {
        if (!is_key[i])
            continue;
        if (owner && !as->controls[i].facts.has_owner)
            owner->items[owner->item_count++] = as->controls[i].control->id;
        if (start && as->controls[i].score.value < 0.5)
            start->items[start->item_count++] = as->controls[i].control->id;
        if (source && lacks_population(as, i))
            source->items[source->item_count++] = as->controls[i].control->id;
    }
    if (owner) {
        owner->text = arena_printf(as->arena, ownerless == 1 ? "%zu key control has no owner" : "%zu key controls have no owner", ownerless);
        owner->why = "an auditor asks each control's owner how it works; a control that is nobody's is performed by nobody";
        owner->what = "give every key control to a person";
    }
    if (start) {
        start->text = arena_printf(as->arena, missing == 1 ? "%zu key control is not implemented yet" : "%zu key controls are not implemented yet", missing);
        start->why = "a Type 2 window can start only when every key control operates";
        start->what = "fix what fails, and record the first occurrence of each review, event and document";
    }
    if (source) {
        source->text = arena_printf(as->arena, unsourced == 1 ? "%zu key control has no source for its population" : "%zu key controls have no source for their population", unsourced);
        source->why = "a sample is drawn from a complete list; without the list there is nothing to test";
        source->what = "connect the systems that hold these lists (HR, tickets, repositories, vendors)";
    }
}

static void blockers_fill(struct assessment *as)
{
    size_t critical = 0, bare = 0;
    for (size_t t = 0; t < content_test_count; t++)
        critical += as->tests[t].status == RESULT_FAIL && strcmp(content_tests[t].severity, "critical") == 0;
    for (size_t i = 0; i < content_criterion_count; i++)
        bare += as->criteria[i].is_in_scope && as->criteria[i].key_count == 0;
    if (critical) {
        struct blocker *b = blocker_add(as, "open_critical_finding", "test", critical);
        for (size_t t = 0; t < content_test_count; t++)
            if (as->tests[t].status == RESULT_FAIL && strcmp(content_tests[t].severity, "critical") == 0)
                b->items[b->item_count++] = content_tests[t].id;
        b->text =
            arena_printf(as->arena, critical == 1 ? "%zu critical finding is open" : "%zu critical findings are open", critical);
        b->why = "a critical finding alone can fail its criterion";
        b->what = "fix it first: each test says how";
    }
    if (bare) {
        struct blocker *b = blocker_add(as, "criterion_without_control", "criterion", bare);
        for (size_t i = 0; i < content_criterion_count; i++)
            if (as->criteria[i].is_in_scope && as->criteria[i].key_count == 0)
                b->items[b->item_count++] = content_criteria[i].id;
        b->text = arena_printf(as->arena, "%zu criteria have no control", bare);
        b->why = "a criterion that no control serves can't be met";
        b->what = "adopt a control for it";
    }
    if (as->program->scope != SCOPE_APPROVED) {
        struct blocker *scope = blocker_add(as, "scope_not_approved", NULL, 0);
        scope->text = as->program->scope == SCOPE_IN_REVIEW ? STR("The scope waits for approval") : STR("The scope has not been approved");
        scope->why = "everything that is tested and reported is about a system with a boundary";
        scope->what = as->program->scope == SCOPE_IN_REVIEW ? "have it approved by somebody other than who sent it"
                                                            : "describe what is in and out, choose the categories, and have management approve it";
    }
    if (!risk_assessment_is_current(as->program, as->at_ms)) {
        struct blocker *risk = blocker_add(as, "no_risk_assessment", NULL, 0);
        risk->text = STR("No risk assessment in the last 12 months");
        risk->why = "CC3 asks for one, and every other control answers to it";
        risk->what = "adopt risks of the library, decide each in a yearly assessment, and close it";
    }
    bool *is_key = arena_array(as->arena, as->control_count + 1, sizeof *is_key);
    for (size_t i = 0; i < as->control_count; i++)
        is_key[i] = control_is_key(as, i);
    key_control_blockers_add(as, is_key);
}

void assessment_controls_begin(struct assessment *as)
{
    as->control_count = as->program->control_count;
    as->controls = arena_array(as->arena, as->control_count + 1, sizeof *as->controls);
    for (size_t i = 0; i < as->control_count; i++) {
        as->controls[i].control = as->program->definitions[i];
        as->controls[i].program = &as->program->controls[i];
    }
    control_tests_link(as);
    for (size_t i = 0; i < as->control_count; i++)
        control_begin(as, i);
}

void assessment_score(struct assessment *as)
{
    for (size_t i = 0; i < as->control_count; i++)
        control_end(as, &as->controls[i]);
    as->criteria = arena_array(as->arena, content_criterion_count + 1, sizeof *as->criteria);
    for (size_t i = 0; i < content_criterion_count; i++)
        criterion_fill(as, i);
    for (size_t i = 0; i < as->control_count; i++)
        design_fill(&as->controls[i]);
    blockers_fill(as);
    categories_fill(as);
}
