#include "record/local_day.h"
#include "report/view_internal.h"

#include "assess/population_events.h"
#include "report/view_kept.h"

#include <assert.h>

bool view_open(struct view *v, int64_t at_ms, struct err *e)
{
    struct err inner = {0};
    assert(v->db && v->arena);
    if (at_ms > v->now_ms)
        return err_set(e, ERR_INVALID, "an instant that is yet to come cannot be shown");
    v->is_past = at_ms > 0;
    v->at_ms = v->is_past ? at_ms : v->now_ms;
    v->today_day = 0;
    v->leaf_limit = v->is_past ? leaf_limit_at(v->db, at_ms, &inner) : db_one_int(v->db, &inner, -1, "select max(idx) from leaf");
    if (inner.code) {
        *e = inner;
        return false;
    }
    return true;
}

int64_t view_today(struct view *v)
{
    if (v->today_day == 0)
        v->today_day = local_day(v->db, v->at_ms);
    return v->today_day;
}

static void *assessment_make(struct view *v, struct arena *a, struct err *e)
{
    return assessment_load(v->db, a, v->at_ms, v->leaf_limit, e);
}

const struct assessment *view_assessment(struct view *v, struct err *e)
{
    const struct assessment *kept = v->assessment ? NULL : view_kept_object(v, VIEW_KEPT_ASSESSMENT, assessment_make, e);
    if (kept) { /* what it points to is shared; what is read later is read by who asks */
        v->assessment = ARENA_NEW(v->arena, struct assessment);
        *v->assessment = *kept;
        v->assessment->arena = v->arena;
        v->assessment->db = v->db;
    }
    return v->assessment;
}

bool view_days(struct view *v, struct str from, struct str to, struct err *e)
{
    int64_t from_ms, to_ms, today = view_today(v);
    if (from.size == 0 && to.size == 0)
        return true;
    if (!time_parse(from, v->now_ms, &from_ms) || from_ms < 0)
        return err_set(e, ERR_INVALID, "from: '%.*s' is no day; write 2026-01-01, and with it to", STR_ARGS(str_slice(from, 0, 40)));
    if (to.size == 0)
        to_ms = today * MS_DAY;
    else if (!time_parse(to, v->now_ms, &to_ms) || to_ms < 0)
        return err_set(e, ERR_INVALID, "to: '%.*s' is no day; write 2026-06-30", STR_ARGS(str_slice(to, 0, 40)));
    int64_t first = day_of(from_ms), last = day_of(to_ms) < today ? day_of(to_ms) : today;
    if (first > last)
        return err_set(e, ERR_INVALID, first > today ? "from: that day is yet to come" : "to: lies before from");
    if (last - first >= WINDOW_DAYS_MAX)
        return err_set(e, ERR_INVALID, "from: at most %d days at once", WINDOW_DAYS_MAX);
    v->first_day = first;
    v->last_day = last;
    return true;
}

/* Where the days are the window of an engagement (or what has passed of it), its populations tell how controls of events operated. */
static bool over_days_of(struct view *v, struct engagement *ret, struct err *e)
{
    struct str first = day_text(v->arena, v->first_day), last = day_text(v->arena, v->last_day), today = day_text(v->arena, view_today(v));
    struct str id = db_one_text(v->arena, v->db, e,
                                "select id from engagements_versions where window_from = ?1 and (window_to = ?2 or (window_to > ?2 and ?2 = ?3)) and state <> 'ended' and is_deleted = 0 and "
                                "from_leaf <= ?4 and (to_leaf is null or to_leaf > ?4) order by id desc limit 1",
                                A(first), A(last), A(today), A(v->leaf_limit));
    *ret = (struct engagement){.id = STR("")};
    return e->code == ERR_NONE && (!id.data || engagement_read(v->db, v->arena, id, v->leaf_limit, ret, e));
}

static bool over_days_feed(struct view *v, const struct engagement *g, struct err *e)
{
    struct population_result *fed;
    struct blob_opener opener = {.open = v->blobs.read, .context = v->blobs.context};
    v->fed_by = STR("");
    if (g->id.size == 0)
        return true;
    if (!population_feed(v->db, v->arena, &opener, g, v->over_days, &fed, e))
        return false;
    v->fed = fed;
    v->fed_by = g->id;
    return true;
}

const struct assessment *view_over_days(struct view *v, struct err *e)
{
    if (v->last_day == 0)
        return view_assessment(v, e);
    struct engagement g;
    if (!v->over_days && over_days_of(v, &g, e)) {
        struct zone *zone = g.id.size > 0 ? g.zone : local_zone(v->db, v->arena);
        v->over_days = assessment_load_in(v->db, v->arena, v->at_ms, v->first_day, v->last_day, zone, v->leaf_limit, e);
        if (v->over_days && !over_days_feed(v, &g, e))
            v->over_days = NULL;
    }
    return v->over_days;
}

struct str view_version(struct db *db, struct arena *a, int64_t now_ms, struct err *e)
{
    struct str next = db_one_text(a, db, e, "select value from meta where key = 'next'");
    return arena_printf(a, "%.*s.%lld", STR_ARGS(next), (long long)(now_ms / MS_MINUTE));
}

/* ---- shapes ---- */

struct json *time_new(struct view *v, int64_t at_ms)
{
    if (at_ms <= 0)
        return json_new_null(v->arena);
    char text[TIME_TEXT_SIZE];
    struct json *o = json_object(v->arena);
    json_put_int(o, "t", at_ms);
    json_put_str(o, "text", arena_printf(v->arena, "%s", time_format(at_ms - at_ms % MS_SECOND, text)));
    json_put_str(o, "date", arena_printf(v->arena, "%s", time_format_date(at_ms, text)));
    int64_t ago_ms = v->at_ms - at_ms;
    json_put_str(o, "ago",
                 ago_ms < MS_SECOND ? STR("now")
                                    : arena_printf(v->arena, "%s", duration_format(ago_ms - ago_ms % MS_SECOND, text)));
    return o;
}

void put_time(struct view *v, struct json *o, const char *key, int64_t at_ms)
{
    json_put(o, key, time_new(v, at_ms));
}

struct str decimal_text(struct arena *a, double value)
{
    struct str s = arena_printf(a, "%.4f", value + 1e-12);
    while (s.size > 0 && s.data[s.size - 1] == '0')
        s.size--;
    if (s.size > 0 && s.data[s.size - 1] == '.')
        s.size--;
    return s;
}

void put_decimal(struct json *o, const char *key, double value)
{
    struct json *n = json_new_int(o->arena, 0);
    n->text = decimal_text(o->arena, value);
    n->is_integer = str_to_int64(n->text, &n->integer);
    json_put(o, key, n);
}

void put_status_as(struct json *o, enum result_status s, const char *words)
{
    json_put_cstr(o, "status", result_status_name(s));
    json_put_cstr(o, "status_words", words);
}

void put_status(struct json *o, enum result_status s)
{
    put_status_as(o, s, result_status_words(s));
}

void put_counts(struct json *o, const struct result_counts *c)
{
    json_put_int(o, "pass", c->of[RESULT_PASS]);
    json_put_int(o, "fail", c->of[RESULT_FAIL]);
    json_put_int(o, "unknown", c->of[RESULT_UNKNOWN]);
    json_put_int(o, "skip", c->of[RESULT_SKIP]);
}

void put_strings(struct json *o, const char *key, struct strings s)
{
    struct json *list = json_put_array(o, key);
    for (size_t i = 0; i < s.count; i++)
        json_push_str(list, str_of(s.items[i]));
}

static struct json *link_new(struct view *v, const char *id, const char *title, struct str url)
{
    struct json *o = json_object(v->arena);
    json_put_cstr(o, "id", id);
    json_put_cstr(o, "title", title);
    json_put_str(o, "url", url);
    return o;
}

struct json *put_link(struct view *v, struct json *o, const char *key, const char *id, const char *title, struct str url)
{
    return json_put(o, key, link_new(v, id, title, url));
}

struct json *push_link(struct view *v, struct json *list, const char *id, const char *title, struct str url)
{
    return json_push(list, link_new(v, id, title, url));
}

struct json *subject_new(struct view *v, struct str id)
{
    struct json *o = json_object(v->arena);
    struct err e = {0};
    const struct assessment *as = view_assessment(v, &e);
    size_t i = as ? assessment_subject_index(as, id) : SIZE_MAX;
    json_put_str(o, "id", id);
    json_put_str(o, "name", i == SIZE_MAX ? id : as->subjects[i].name);
    return o;
}

void put_input(struct view *v, struct json *inputs, const char *name, struct str value, const char *words)
{
    (void)v;
    struct json *o = json_push_object(inputs);
    json_put_cstr(o, "name", name);
    json_put_str(o, "value", value);
    json_put_cstr(o, "words", words);
}

struct str url_of(struct view *v, const char *room, struct str id)
{
    return arena_printf(v->arena, "/%s/%.*s", room, STR_ARGS(id));
}

struct str url_test(struct view *v, const struct test *t)
{
    return url_of(v, "tests", str_of(t->id));
}

struct str url_control(struct view *v, const struct control *c)
{
    return url_of(v, "controls", str_of(c->id));
}

struct str url_criterion(struct view *v, const struct criterion *c)
{
    return url_of(v, "criteria", str_of(c->id));
}

struct str days_text(struct view *v, int64_t ms)
{
    int64_t days = ms / MS_DAY;
    return arena_printf(v->arena, days == 1 ? "%lld day" : "%lld days", (long long)days);
}

void put_days_of(struct view *v, struct json *o, const struct assessment *as)
{
    json_put_str(o, "from", day_text(v->arena, as->first_day));
    json_put_str(o, "to", day_text(v->arena, as->first_day + as->day_count - 1));
    json_put_int(o, "days", as->day_count);
}

void put_cells(struct view *v, struct json *o, const char *key, const struct assessment *as, const enum result_status *days)
{
    static const char *const states[] = {"none", "pass", "unknown", "fail"};
    static const char *const words[] = {"not in force", "passing", "unknown", "failing"};
    struct json *cells = json_put_array(o, key);
    for (int64_t d = 0; d < as->day_count; d++) {
        char date[TIME_TEXT_SIZE];
        time_format_date((as->first_day + d) * MS_DAY, date);
        struct json *cell = json_push_object(cells);
        json_put_str(cell, "date", arena_str(v->arena, str_of(date)));
        json_put_cstr(cell, "state", states[days[d]]);
        json_put_str(cell, "words", arena_printf(v->arena, "%s: %s", date, words[days[d]]));
    }
}

int severity_rank(const char *severity)
{
    static const char *const ranks[] = {"low", "medium", "high", "critical"};
    for (int i = 0; i < 4; i++)
        if (strcmp(severity, ranks[i]) == 0)
            return i;
    return 0;
}

const char *score_words(const struct control_state *c)
{
    for (size_t i = 0; i < SCORE_CAPS; i++)
        if (c->score.caps[i].is_met && c->score.value == c->score.caps[i].value)
            return c->score.caps[i].words;
    const char *words = c->score.levels[0].words;
    for (size_t i = 0; i < SCORE_LEVELS; i++)
        if (c->score.levels[i].is_met && c->score.levels[i].value <= c->score.value)
            words = c->score.levels[i].words;
    return words;
}

enum result_status criterion_status_now(const struct assessment *as, const struct criterion_state *c, const char **ret_words)
{
    for (size_t i = 0; i < c->key_count; i++)
        if (live_state_status(as->controls[c->key[i]].live) == RESULT_FAIL) {
            *ret_words = "Failing";
            return RESULT_FAIL;
        }
    bool is_ready = c->score.value >= 0.75;
    *ret_words = is_ready ? "Ready" : c->score.value >= 0.5 ? "At risk" : "Not ready";
    return is_ready ? RESULT_PASS : RESULT_UNKNOWN;
}

struct json *criterion_brief(struct view *v, const struct assessment *as, const struct criterion_state *c)
{
    const char *words;
    struct json *o = json_object(v->arena);
    json_put_cstr(o, "id", c->criterion->id);
    json_put_cstr(o, "title", c->criterion->title);
    put_decimal(o, "score", c->score.value);
    enum result_status s = criterion_status_now(as, c, &words);
    put_status_as(o, s, words);
    if (c->weakest == SIZE_MAX) {
        json_put_cstr(o, "why", "no control serves it");
    } else if (c->score.is_capped_by_topics) {
        size_t all = c->criterion->topics.count;
        json_put_str(o, "why", arena_printf(v->arena, "at most 0.4: no adopted control covers %zu of its %zu topics", c->topics_open, all));
    } else {
        const struct control_state *w = &as->controls[c->weakest];
        json_put_str(o, "why", arena_printf(v->arena, "its weakest key control is %s (%.*s): %s", w->control->id, STR_ARGS(decimal_text(v->arena, w->score.value)), score_words(w)));
    }
    json_put_str(o, "url", url_criterion(v, c->criterion));
    return o;
}

/* ---- navigation and the beginning of a page ---- */

static bool needs_attention(enum live_state s)
{
    return s == LIVE_FAILING || s == LIVE_STALE || s == LIVE_UNKNOWN || s == LIVE_OVERDUE;
}

static bool nav_compute(struct view *v, struct nav_facts *ret, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    if (!as)
        return false;
    *ret = (struct nav_facts){.is_stale = as->subject_count == 0, .subjects = (int64_t)as->subject_count};
    for (size_t i = 0; i < as->control_count; i++)
        ret->controls += needs_attention(as->controls[i].live);
    for (size_t i = 0; i < content_test_count; i++)
        ret->tests += as->tests[i].status >= RESULT_UNKNOWN;
    for (size_t i = 0; i < content_criterion_count; i++)
        ret->criteria += as->criteria[i].is_in_scope && as->criteria[i].score.value < 0.75;
    for (size_t i = 0; i < as->subject_count; i++) {
        const struct subject_state *s = &as->subjects[i];
        ret->is_stale = ret->is_stale || s->is_stale;
        ret->evidence += s->is_stale || s->observed_count == 0;
        ret->last_run_ms = s->last_taken_ms > ret->last_run_ms ? s->last_taken_ms : ret->last_run_ms;
    }
    return true;
}

struct json *view_nav(struct view *v, struct err *e)
{
    struct err inner = {0};
    struct nav_facts facts;
    if (!view_kept_nav(v, nav_compute, &facts, e))
        return NULL;
    struct json *o = json_object(v->arena);
    json_put_str(o, "origin",
                 arena_str(v->arena, db_one_text(v->arena, v->db, &inner, "select value from meta where key = 'origin'")));
    struct json *attention = json_put_object(o, "attention");
    json_put_int(attention, "controls", facts.controls);
    json_put_int(attention, "tests", facts.tests);
    json_put_int(attention, "criteria", facts.criteria);
    json_put_int(attention, "evidence", facts.evidence);
    put_time(v, o, "last_run", facts.last_run_ms);
    json_put_bool(o, "is_stale", facts.is_stale);
    json_put_int(o, "subjects", facts.subjects);
    if (inner.code) {
        *e = inner;
        return NULL;
    }
    return o;
}

struct json *page_new(struct view *v, struct str title, struct err *e)
{
    struct json *nav = view_nav(v, e);
    if (!nav)
        return NULL;
    struct json *page = json_object(v->arena);
    json_put_str(page, "title", title);
    struct json *as_of = json_put(page, "as_of", time_new(v, v->at_ms));
    json_put_bool(as_of, "is_past", v->is_past);
    json_put_int(as_of, "leaf", v->leaf_limit);
    json_put(page, "nav", nav);
    return page;
}
