/* The Overview: are we ready, and if not, what next? */
#include "report/view_internal.h"

enum { CHANGES_MAX = 10, NEXT_MAX = 7, WOULD_CHANGE_MAX = 6, BLOCKER_ITEMS_MAX = 5 };

/* ---- readiness ---- */

static enum result_status band_status(enum band b)
{
    return b == BAND_READY ? RESULT_PASS : b == BAND_AT_RISK ? RESULT_UNKNOWN : RESULT_FAIL;
}

static void readiness_put(struct view *v, struct json *o, const struct assessment *as, const struct readiness *r, size_t criteria)
{
    json_put_int(o, "score", r->score);
    json_put_cstr(o, "band", band_name(r->band));
    json_put_cstr(o, "band_words", band_words(r->band));
    put_status(o, band_status(r->band));
    json_put_cstr(o, "formula", "R = 100 × min(mean S, min S + 0.25)");
    struct json *inputs = json_put_array(o, "inputs");
    put_input(v, inputs, "mean S", decimal_text(v->arena, r->mean),
              arena_printf(v->arena, "mean of %zu criterion scores", criteria).data);
    put_input(v, inputs, "min S", decimal_text(v->arena, r->min),
              r->worst_count > 0 ? arena_printf(v->arena, "the lowest: %s", as->criteria[r->worst[0]].criterion->id).data : "");
    put_input(v, inputs, "blockers", arena_printf(v->arena, "%zu", as->blocker_count),
              "READY needs none, and every S at least 0.75");
    struct json *worst = json_put_array(o, "worst");
    for (size_t i = 0; i < r->worst_count; i++)
        json_push(worst, criterion_brief(v, as, &as->criteria[r->worst[i]]));
}

/* What one control would do for readiness if it got one step further. */
struct change {
    size_t control;
    double score, gain; /* the control's new score; what R (not rounded) gains */
    bool is_machine;
};

static double score_after_fix(const struct control_state *c)
{
    struct control_facts f = c->facts;
    if (f.model == MODEL_CONFIG_STATE && c->test_count > 0) {
        if (c->live == LIVE_NOT_IN_FORCE)
            return c->score.value; /* its tests apply to nothing here: nothing to fix */
        f.tests.of[RESULT_PASS] += f.tests.of[RESULT_FAIL] + f.tests.of[RESULT_UNKNOWN] + f.tests_stale;
        f.tests.of[RESULT_FAIL] = f.tests.of[RESULT_UNKNOWN] = f.tests_stale = 0;
        f.has_recent_pass = true;
    } else {
        f.tests.of[RESULT_FAIL] = 0;
        f.is_designed = true;
        f.occurrences_valid += f.model != MODEL_CONFIG_STATE;
        f.last_occurrence_ms = f.at_ms;
    }
    return control_score(&f).value;
}

static double readiness_with(const struct assessment *as, size_t control, double score, struct arena *a)
{
    double sum = 0, min = 1;
    size_t count = 0;
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *c = &as->criteria[i];
        if (!c->is_in_scope)
            continue;
        double value = c->score.value;
        for (size_t k = 0; k < c->key_count; k++)
            if (c->key[k] == control) {
                double *scores = arena_array(a, c->key_count, sizeof *scores);
                for (size_t n = 0; n < c->key_count; n++)
                    scores[n] = c->key[n] == control ? score : as->controls[c->key[n]].score.value;
                value = criterion_score(scores, c->key_count, c->topics_open).value;
            }
        sum += value;
        min = value < min ? value : min;
        count++;
    }
    double mean = count > 0 ? sum / (double)count : 0;
    return 100 * (mean < min + 0.25 ? mean : min + 0.25);
}

static int change_compare(const void *pa, const void *pb)
{
    const struct change *a = pa, *b = pb;
    if (a->is_machine != b->is_machine)
        return a->is_machine ? -1 : 1;
    if (a->gain != b->gain)
        return a->gain > b->gain ? -1 : 1;
    return a->control < b->control ? -1 : a->control > b->control;
}

static void would_change_put(struct view *v, struct json *o, const struct assessment *as)
{
    struct change *changes = arena_array(v->arena, as->control_count + 1, sizeof *changes);
    size_t count = 0;
    double before = readiness_with(as, SIZE_MAX, 0, v->arena);
    for (size_t i = 0; i < as->control_count; i++) {
        const struct control_state *c = &as->controls[i];
        double score = score_after_fix(c), gain = readiness_with(as, i, score, v->arena) - before;
        if (score > c->score.value && gain > 0)
            changes[count++] = (struct change){i, score, gain, c->control->model == MODEL_CONFIG_STATE && c->test_count > 0};
    }
    if (count > 0)
        qsort(changes, count, sizeof *changes, change_compare);
    struct json *list = json_put_array(o, "would_change");
    for (size_t i = 0; i < count && i < WOULD_CHANGE_MAX; i++) {
        const struct control_state *c = &as->controls[changes[i].control];
        struct json *item = json_push_object(list);
        const char *verb = changes[i].is_machine ? (c->live == LIVE_FAILING       ? "Make every test pass for"
                                                    : c->live == LIVE_NOT_STARTED ? "Run the tests of"
                                                                                  : "Find out what is unknown about")
                                                 : "Record the first occurrence of";
        json_put_str(item, "text", arena_printf(v->arena, "%s %s, %s", verb, c->control->id, c->control->title));
        json_put_str(item, "effect",
                     arena_printf(v->arena, "%s %.*s → %.*s, R +%.*s", c->control->id,
                                  STR_ARGS(decimal_text(v->arena, c->score.value)),
                                  STR_ARGS(decimal_text(v->arena, changes[i].score)),
                                  STR_ARGS(decimal_text(v->arena, (double)(int64_t)(changes[i].gain * 100 + 0.5) / 100))));
        json_put_str(item, "url", url_control(v, c->control));
    }
}

static void overall_put(struct view *v, struct json *page, const struct assessment *as)
{
    struct json *o = json_put_object(page, "readiness");
    size_t in_scope = 0;
    for (size_t i = 0; i < content_criterion_count; i++)
        in_scope += as->criteria[i].is_in_scope;
    readiness_put(v, o, as, &as->readiness, in_scope);
    int64_t all = as->evidence_all;
    json_put_int(o, "machine_share", all > 0 ? (100 * as->evidence_machine + all / 2) / all : 0);
    json_put_str(o, "machine_share_words",
                 all > 0 ? arena_printf(v->arena, "%lld of %lld pieces of evidence were collected by machine",
                                        (long long)as->evidence_machine, (long long)all)
                         : STR("there is no evidence yet"));
    would_change_put(v, o, as);
}

static void categories_put(struct view *v, struct json *page, const struct assessment *as)
{
    struct json *list = json_put_array(page, "categories");
    for (size_t i = 0; i < as->category_count; i++) {
        const struct category_state *c = &as->categories[i];
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", c->category->id);
        json_put_cstr(o, "name", c->category->name);
        json_put_bool(o, "in_scope", c->is_in_scope);
        readiness_put(v, o, as, &c->readiness, c->criterion_count);
        json_put_int(o, "criteria", (int64_t)c->criterion_count);
        put_decimal(o, "mean", c->readiness.mean);
        put_decimal(o, "min", c->readiness.min);
        json_put_int(o, "blockers", (int64_t)as->blocker_count);
        json_put_str(o, "url", arena_printf(v->arena, "/criteria?group=%s", c->category->id));
    }
}

static void blocker_item_push(struct view *v, const struct assessment *as, struct json *items, const char *kind, const char *id)
{
    size_t own = strcmp(kind, "control") == 0 ? assessment_control_index(as, str_of(id)) : SIZE_MAX;
    const struct control *control = own == SIZE_MAX ? NULL : as->controls[own].control;
    const struct test *test = strcmp(kind, "test") == 0 ? content_test(str_of(id)) : NULL;
    const struct criterion *criterion = strcmp(kind, "criterion") == 0 ? content_criterion(str_of(id)) : NULL;
    if (control)
        push_link(v, items, id, control->title, url_control(v, control));
    else if (test)
        push_link(v, items, id, test->title, url_test(v, test));
    else if (criterion)
        push_link(v, items, id, criterion->title, url_criterion(v, criterion));
}

static void blockers_put(struct view *v, struct json *page, const struct assessment *as)
{
    struct json *list = json_put_array(page, "blockers");
    for (size_t i = 0; i < as->blocker_count; i++) {
        const struct blocker *b = &as->blockers[i];
        struct json *o = json_push_object(list);
        json_put_cstr(o, "code", b->code);
        json_put_str(o, "text", b->text);
        json_put_cstr(o, "why", b->why);
        json_put_cstr(o, "what", b->what);
        json_put_int(o, "count", b->item_count > 0 ? (int64_t)b->item_count : 1);
        struct json *items = json_put_array(o, "items");
        for (size_t k = 0; k < b->item_count && k < BLOCKER_ITEMS_MAX; k++)
            blocker_item_push(v, as, items, b->kind, b->items[k]);
        json_put_cstr(o, "url",
                      strcmp(b->code, "scope_not_approved") == 0 ? "/records/scope"
                      : strcmp(b->code, "no_risk_assessment") == 0 ? "/risks"
                      : !b->kind                        ? ""
                      : strcmp(b->kind, "test") == 0    ? "/tests?status=fail"
                      : strcmp(b->kind, "control") == 0 ? "/controls"
                                                        : "/criteria");
    }
}

/* ---- window ---- */

/* Behind the counts of a day; empty when it is covered. */
static const char *gap_words(const struct window_day *day, char *ret, size_t size)
{
    char length[TIME_TEXT_SIZE];
    int64_t whole_ms = day->gap_ms > MS_SECOND ? day->gap_ms - day->gap_ms % MS_SECOND : MS_SECOND;
    snprintf(ret, size, "; observed in part: nothing was recorded for %s of it", duration_format(whole_ms, length));
    return day->gap_ms > 0 ? ret : "";
}

void put_window_days(struct view *v, struct json *page, const struct assessment *as)
{
    static const char *const states[] = {"none", "pass", "unknown", "fail"};
    struct json *o = json_put_object(page, "window");
    char text[TIME_TEXT_SIZE], gap[120];
    int64_t covered = 0, in_part = 0, failing = 0, unknown = 0, silent = 0;
    put_days_of(v, o, as);
    struct json *cells = json_array(v->arena);
    for (int64_t d = 0; d < as->day_count; d++) {
        const struct window_day *day = &as->days[d];
        enum result_status s = !day->is_in_force                      ? RESULT_SKIP
                               : day->fail > 0                        ? RESULT_FAIL
                               : day->unknown > 0 || !day->is_covered ? RESULT_UNKNOWN
                                                                      : RESULT_PASS;
        covered += day->is_covered;
        in_part += day->gap_ms > 0;
        failing += day->fail > 0;
        unknown += day->is_in_force && (day->unknown > 0 || !day->is_covered);
        silent += !day->is_in_force;
        time_format_date((as->first_day + d) * MS_DAY, text);
        struct json *cell = json_push_object(cells);
        json_put_str(cell, "date", arena_str(v->arena, str_of(text)));
        json_put_cstr(cell, "state", states[s]);
        json_put_str(cell, "words",
                     !day->is_in_force ? arena_printf(v->arena, "%s: not in force", text)
                                       : arena_printf(v->arena, "%s: %lld failing, %lld unknown, %lld passing%s", text,
                                                      (long long)day->fail, (long long)day->unknown, (long long)day->pass,
                                                      gap_words(day, gap, sizeof(gap))));
        json_put_int(cell, "fail", day->fail);
        json_put_int(cell, "unknown", day->unknown);
        json_put_int(cell, "pass", day->pass);
        json_put_int(cell, "gap_ms", day->gap_ms);
    }
    json_put_int(o, "covered", covered);
    json_put_int(o, "in_part", in_part);
    json_put_int(o, "failing", failing);
    json_put_int(o, "unknown", unknown);
    json_put_int(o, "not_in_force", silent);
    json_put(o, "cells", cells);
    json_put_str(o, "words",
                 arena_printf(v->arena, "%lld of %lld days observed%s, %lld with a failing test, %lld with something unknown",
                              (long long)covered, (long long)as->day_count, in_part ? arena_printf(v->arena, ", %lld more in part", (long long)in_part).data : "",
                              (long long)failing, (long long)unknown));
}

static void gaps_put(struct view *v, struct json *page, const struct assessment *as)
{
    enum { NEWEST = 3 };
    struct json *o = json_put_object(page, "gaps"), *newest = json_array(v->arena);
    int64_t unexplained = 0, open = 0;
    for (size_t i = as->gap_count; i > 0; i--) {
        const struct gap_seen *g = &as->gaps[i - 1];
        unexplained += g->explained_leaf < 0;
        open += g->to_ms > as->at_ms;
        if (newest->count < NEWEST)
            push_gap(v, newest, g);
    }
    json_put_int(o, "count", (int64_t)as->gap_count);
    json_put_int(o, "unexplained", unexplained);
    json_put_int(o, "open", open);
    json_put(o, "newest", newest);
}

/* ---- what changed since yesterday ---- */

static struct str first_reason(struct view *v, const char *test, struct str subject, const char *status)
{
    struct err e = {0};
    if (!v->is_past)
        return db_one_text(v->arena, v->db, &e,
                           "select resource || case reason when '' then '' else ': ' || reason end from span indexed by span_open"
                           " where subject = ?2 and test = ?1 and to_leaf is null and status = ?3 order by resource limit 1",
                           A(test), A(subject), A(status));
    return db_one_text(
        v->arena, v->db, &e,
        "select resource || case reason when '' then '' else ': ' || reason end from (select * from span where test = ?1"
        " and to_leaf is null union all select * from span where test = ?1 and to_leaf > ?4)"
        " where subject = ?2 and status = ?3 and from_leaf <= ?4 order by resource limit 1",
        A(test), A(subject), A(status), A(v->leaf_limit));
}

static void change_put(struct view *v, struct json *list, const struct test_state *t, const struct test_now *n,
                       struct str subject)
{
    struct json *o = json_push_object(list);
    put_link(v, o, "test", t->test->id, t->test->title, url_test(v, t->test));
    json_put_cstr(o, "severity", t->test->severity);
    json_put(o, "subject", subject_new(v, subject));
    json_put_int(o, "resources", n->counts.of[n->status]);
    put_time(v, o, "since", n->since_ms);
    put_status(o, n->status);
    struct str reason = n->status == RESULT_FAIL ? first_reason(v, t->test->id, subject, "fail") : STR("");
    json_put_str(o, "reason", reason.data ? reason : STR(""));
}

static void changes_put(struct view *v, struct json *page, const struct assessment *as)
{
    struct json *broke = json_put_array(page, "broke"), *recovered = json_put_array(page, "recovered");
    for (int severity = 3; severity >= 0; severity--)
        for (size_t t = 0; t < content_test_count; t++)
            for (size_t s = 0; s < as->subject_count && severity_rank(content_tests[t].severity) == severity; s++) {
                const struct test_now *n = &as->tests[t].subjects[s];
                /* A test that is new here has broken nothing. */
                if (!n->is_present || n->is_stale || !n->has_before || n->before == n->status || as->at_ms - n->since_ms > MS_DAY)
                    continue;
                if (n->status == RESULT_FAIL && broke->count < CHANGES_MAX)
                    change_put(v, broke, &as->tests[t], n, as->subjects[s].id);
                if (n->status == RESULT_PASS && n->before == RESULT_FAIL && recovered->count < CHANGES_MAX)
                    change_put(v, recovered, &as->tests[t], n, as->subjects[s].id);
            }
}

/* ---- next steps ---- */

static void next_push(struct view *v, struct json *list, struct str text, struct str why, struct str command, struct str url)
{
    if (list->count >= NEXT_MAX)
        return;
    struct json *o = json_push_object(list);
    json_put_int(o, "rank", (int64_t)list->count);
    json_put_str(o, "text", text);
    json_put_str(o, "why", why);
    json_put_str(o, "command", command);
    json_put_str(o, "url", url);
    (void)v;
}

static void next_put(struct view *v, struct json *page, const struct assessment *as, int64_t incomplete)
{
    struct json *list = json_put_array(page, "next");
    bool is_stale = false, is_silent = false;
    for (size_t s = 0; s < as->subject_count; s++)
        is_stale = is_stale || as->subjects[s].is_stale;
    for (size_t i = 0; i < as->gap_count; i++)
        is_silent = is_silent || (as->gaps[i].to_ms > as->at_ms && str_is(as->gaps[i].kind, "seal"));
    if (is_silent)
        next_push(v, list, STR("Start the server"),
                  STR("it promised a seal every few minutes and is silent, so everything is unknown since then"), STR("assay serve"),
                  STR("/evidence"));
    if (as->subject_count == 0)
        next_push(v, list, STR("Capture this host"), STR("nothing has been observed yet, so everything is unknown"),
                  STR("assay collect"), STR("/evidence"));
    else if (is_stale)
        next_push(v, list, STR("Capture again"), STR("what was seen is too old or a run is overdue, so it is unknown now"),
                  STR("assay collect"), STR("/evidence"));
    if (incomplete > 0)
        next_push(v, list, arena_printf(v->arena, "See why %lld tables were not read completely", (long long)incomplete),
                  STR("what rests on them is unknown; each says what was missing, often root's rights"),
                  STR("assay query --at now \"SELECT tbl, scope, state, reason FROM table_status WHERE state <> 'complete'\""),
                  STR("/evidence?status=unknown"));
    size_t findings = 0;
    for (int severity = 3; severity >= 0 && findings < 4; severity--)
        for (size_t t = 0; t < content_test_count && findings < 4; t++) {
            const struct test_state *state = &as->tests[t];
            if (state->status != RESULT_FAIL || severity_rank(state->test->severity) != severity)
                continue;
            findings++;
            next_push(v, list, arena_printf(v->arena, "Fix: %s", state->test->title),
                      arena_printf(v->arena, "%s severity, %lld failing", state->test->severity,
                                   (long long)state->resources.of[RESULT_FAIL]),
                      arena_printf(v->arena, "assay test --explain %s", state->test->id), url_test(v, state->test));
        }
    for (size_t i = 0; i < as->blocker_count; i++)
        if (strcmp(as->blockers[i].code, "open_critical_finding") != 0)
            next_push(v, list, as->blockers[i].text, str_of(as->blockers[i].what), STR(""), STR("/"));
}

/* ---- counts ---- */

static void controls_put(struct json *page, const struct assessment *as)
{
    static const enum live_state order[LIVE_STATES] = {LIVE_FAILING,  LIVE_OVERDUE, LIVE_STALE,       LIVE_UNKNOWN,
                                                       LIVE_DUE_SOON, LIVE_OK,      LIVE_NOT_STARTED, LIVE_NOT_IN_FORCE};
    struct json *o = json_put_object(page, "controls");
    json_put_int(o, "total", (int64_t)as->control_count);
    struct json *states = json_put_array(o, "states");
    for (int k = 0; k < LIVE_STATES; k++) {
        int64_t count = 0;
        for (size_t i = 0; i < as->control_count; i++)
            count += as->controls[i].live == order[k];
        if (count == 0)
            continue;
        struct json *state = json_push_object(states);
        json_put_cstr(state, "state", live_state_name(order[k]));
        json_put_cstr(state, "words", live_state_words(order[k]));
        json_put_cstr(state, "status", result_status_name(live_state_status(order[k])));
        json_put_int(state, "count", count);
    }
}

static bool evidence_put(struct view *v, struct json *page, int64_t *ret_incomplete, struct err *e)
{
    int64_t of[3] = {0}, captures = 0, runs = 0;
    struct err inner = {0};
    struct db_row *row __attribute__((cleanup(db_row_release))) =
        v->is_past ? db_query(v->db, &inner,
                              "select sum(state = 'complete'), sum(state = 'partial'), sum(state = 'none'),"
                              " (select count(*) from capture where leaf <= ?1), (select count(*) from run where leaf <= ?1)"
                              " from (select state, max(leaf) from capture where leaf <= ?1 group by subject, tbl)",
                              A(v->leaf_limit))
                   : db_query(v->db, &inner,
                              "select sum(complete), sum(partial), sum(none), sum(captures), sum(runs) from subject_evidence");
    if (row && db_next(row, &inner)) {
        for (int i = 0; i < 3; i++)
            of[i] = db_int(row, i);
        captures = db_int(row, 3);
        runs = db_int(row, 4);
    }
    if (inner.code) {
        *e = inner;
        return false;
    }
    struct json *o = json_put_object(page, "evidence");
    json_put_int(o, "captures", captures);
    json_put_int(o, "runs", runs);
    json_put_int(o, "tables", of[0] + of[1] + of[2]);
    json_put_int(o, "complete", of[0]);
    json_put_int(o, "partial", of[1]);
    json_put_int(o, "none", of[2]);
    *ret_incomplete = of[1] + of[2];
    return true;
}

static void subjects_put(struct view *v, struct json *page, const struct assessment *as)
{
    struct json *list = json_put_array(page, "subjects");
    for (size_t s = 0; s < as->subject_count; s++) {
        const struct subject_state *subject = &as->subjects[s];
        struct err ignored = {0};
        struct json *facts = json_parse(v->arena, subject->facts, JSON_LIMITS_DEFAULT, &ignored);
        struct json *o = json_push_object(list);
        json_put_str(o, "id", subject->id);
        json_put_str(o, "name", subject->name);
        json_put_str(o, "kind", subject->kind);
        json_put_str(o, "os", json_text(facts, "os"));
        put_time(v, o, "last_run", subject->last_taken_ms);
        put_status_as(o, subject->status, subject->is_stale ? "Stale" : result_status_words(subject->status));
        put_counts(o, &subject->tests);
        json_put_str(o, "url", arena_printf(v->arena, "/evidence?group=%.*s", STR_ARGS(subject->id)));
    }
}

struct json *view_overview(struct view *v, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? page_new(v, STR("Overview"), e) : NULL;
    int64_t incomplete, in_scope = 0;
    if (!page)
        return NULL;
    json_put_bool(page, "has_evidence", as->subject_count > 0);
    overall_put(v, page, as);
    categories_put(v, page, as);
    blockers_put(v, page, as);
    put_window_days(v, page, as);
    gaps_put(v, page, as);
    changes_put(v, page, as);
    if (!evidence_put(v, page, &incomplete, e) || !put_warnings(v, page, e))
        return NULL;
    next_put(v, page, as, incomplete);
    struct json *tests = json_put_object(page, "tests");
    json_put_int(tests, "total", (int64_t)content_test_count);
    put_counts(tests, &as->tests_now);
    put_counts(json_put_object(page, "resources"), &as->resources);
    controls_put(page, as);
    for (size_t i = 0; i < content_criterion_count; i++)
        in_scope += as->criteria[i].is_in_scope;
    struct json *criteria = json_put_object(page, "criteria");
    json_put_int(criteria, "total", (int64_t)content_criterion_count);
    json_put_int(criteria, "in_scope", in_scope);
    subjects_put(v, page, as);
    struct json *anchor = view_anchor(v, e);
    return anchor ? json_put(page, "anchor", anchor), page : NULL;
}
