#include "assess/case_control.h"

#include <math.h>
#include <stdlib.h>

struct json *case_number_new(struct arena *a, double value)
{
    struct json *v = json_new_int(a, 0);
    v->is_integer = false;
    v->text = arena_printf(a, "%.4f", value);
    while (v->text.data[v->text.size - 1] == '0' && v->text.data[v->text.size - 2] != '.')
        v->text.size--;
    return v;
}

static void put_number(struct json *o, const char *key, double value)
{
    json_put(o, key, case_number_new(o->arena, value));
}

/* Days as a whole number where they are whole. */
static void put_days(struct json *o, const char *key, int64_t ms)
{
    if (ms % MS_DAY == 0)
        json_put_int(o, key, ms / MS_DAY);
    else
        put_number(o, key, (double)ms / (double)MS_DAY);
}

static bool limits_hold(struct case_reader *r, const struct yaml *at, const struct evaluation_limits *limits)
{
    const double shares[] = {limits->window.min_coverage, limits->window.max_fail_fraction, limits->pervasive_share};
    bool is_sound = limits->confidence > 0 && limits->confidence < 1 && limits->tolerable_rate > 0 && limits->tolerable_rate < 1;
    if (!is_sound)
        return case_fault(r, at, "parameters: confidence and tolerable_rate lie between 0 and 1");
    for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++)
        if (!(shares[i] >= 0 && shares[i] <= 1))
            return case_fault(r, at, "parameters: min_coverage, max_fail_fraction and pervasive_share lie between 0 and 1");
    return true;
}

bool case_limits(struct case_reader *r, const struct yaml *parameters, struct evaluation_limits *limits)
{
    enum { DAYS_MAX = 4000 };
    double gap = (double)limits->window.max_unknown_ms / (double)MS_DAY, fail = (double)limits->window.max_fail_ms / (double)MS_DAY,
           stale = (double)limits->max_staleness_ms / (double)MS_DAY, grace = (double)limits->document_grace_days;
    if (parameters && parameters->type != YAML_MAP)
        return case_fault(r, parameters, "parameters: a map of names and numbers is wanted here");
    case_known(r, parameters, "confidence tolerable_rate min_coverage max_gap_days max_staleness_days max_fail_fraction max_fail_days document_grace_days pervasive_share");
    bool is_ok = case_number(r, parameters, "confidence", &limits->confidence) && case_number(r, parameters, "tolerable_rate", &limits->tolerable_rate) &&
                 case_number(r, parameters, "min_coverage", &limits->window.min_coverage) && case_number(r, parameters, "max_gap_days", &gap) &&
                 case_number(r, parameters, "max_fail_fraction", &limits->window.max_fail_fraction) &&
                 case_number(r, parameters, "max_fail_days", &fail) && case_number(r, parameters, "max_staleness_days", &stale) &&
                 case_number(r, parameters, "document_grace_days", &grace) && case_number(r, parameters, "pervasive_share", &limits->pervasive_share);
    if (!is_ok)
        return false;
    if (!(gap >= 0 && gap <= DAYS_MAX && fail >= 0 && fail <= DAYS_MAX && stale >= 0 && stale <= DAYS_MAX && grace >= 0 && grace <= DAYS_MAX))
        return case_fault(r, parameters, "parameters: numbers of days lie between 0 and %d", DAYS_MAX);
    limits->window.max_unknown_ms = (int64_t)(gap * (double)MS_DAY);
    limits->window.max_fail_ms = (int64_t)(fail * (double)MS_DAY);
    limits->max_staleness_ms = (int64_t)(stale * (double)MS_DAY);
    limits->document_grace_days = (int64_t)grace;
    return limits_hold(r, parameters, limits);
}

/* ---- what all models share ---- */

struct control_case {
    struct case_reader *r;
    const struct yaml *c, *control;
    struct days window, in_force;
    int64_t at_ms, at_instant_ms; /* the first by the engagement's clock */
    struct evaluation_limits limits;
    struct calendar calendar;
    const struct yaml *outer; /* a predecessor's successor; else NULL */
};

/* What holds for a whole evaluation stands with the case, and need not be said again of the predecessor. */
static const struct yaml *from_outer(const struct control_case *x, const char *key)
{
    return case_get(x->c, key) || !x->outer ? x->c : x->outer;
}

static int day_compare(const void *pa, const void *pb)
{
    const int64_t *a = pa, *b = pb;
    return (*a > *b) - (*a < *b);
}

static bool days_read(struct case_reader *r, const struct yaml *list, int64_t **ret, size_t *ret_count)
{
    int64_t *days = arena_array(r->a, (list ? list->count : 0) + 1, sizeof(*days));
    size_t count = 0;
    YAML_EACH (v, list)
        if (!case_day_of(r, v, &days[count++]))
            return false;
    qsort(days, count, sizeof(*days), day_compare);
    *ret = days;
    *ret_count = count;
    return true;
}

/* ---- M1 ---- */

static bool result_read(struct case_reader *r, const struct yaml *segment, enum result_status *ret, bool *ret_alternate, bool *ret_counts)
{
    struct str text = str_trim(yaml_text(segment, "result"));
    *ret_alternate = str_is(text, "alternate_pass");
    *ret_counts = str_is(text, "pass") || str_is(text, "fail");
    *ret = str_is(text, "fail") ? RESULT_FAIL : RESULT_PASS;
    return *ret_alternate || *ret_counts || str_is(text, "error") || str_is(text, "missing") || str_is(text, "unknown") ||
           case_fault(r, segment, "result: '%.*s' is none of pass, fail, error, missing, alternate_pass", STR_ARGS(str_slice(text, 0, 40)));
}

enum { POINT_MS = 1 }; /* as long as an observation of one moment is taken to be */

/* An observation holds until the next one, and for max_staleness at most. */
static void stretches_carry(struct stretch *s, size_t count, int64_t max_staleness_ms)
{
    for (size_t i = 0; i < count; i++) {
        bool is_point = s[i].to_ms - s[i].from_ms == POINT_MS;
        int64_t until = s[i].to_ms - (is_point ? POINT_MS : 0) + max_staleness_ms;
        s[i].to_ms = i + 1 < count && s[i + 1].from_ms < until ? s[i + 1].from_ms : until;
    }
}

/* The stretches without those in which nothing was said: outside of a stretch is unknown. */
static struct stretch *merge_said(struct arena *a, const struct stretch *parts, size_t count, size_t *ret_count)
{
    struct stretch *s = stretches_merge(a, parts, count, ret_count);
    size_t kept = 0;
    for (size_t i = 0; i < *ret_count; i++)
        if (s[i].status == RESULT_PASS || s[i].status == RESULT_FAIL)
            s[kept++] = s[i];
    *ret_count = kept;
    return s;
}

/* Evidence that a person brings fills what is unknown and nothing else. */
static struct stretch *alternates_fill(struct arena *a, const struct stretch *known, size_t known_count, const struct stretch *alternate,
                                       size_t alternate_count, size_t *ret_count)
{
    struct stretch *all = arena_array(a, known_count * 2 + alternate_count * 2 + 1, sizeof(*all)); /* each stretch that is known parts at most one, once */
    size_t n = 0, first = 0;
    for (size_t i = 0; i < known_count; i++)
        all[n++] = known[i];
    for (size_t k = 0; k < alternate_count; k++) {
        int64_t from = alternate[k].from_ms;
        while (first < known_count && known[first].to_ms <= from)
            first++;
        for (size_t i = first; i < known_count && from < alternate[k].to_ms && known[i].from_ms < alternate[k].to_ms; i++) {
            int64_t to = known[i].from_ms < alternate[k].to_ms ? known[i].from_ms : alternate[k].to_ms;
            if (from < to)
                all[n++] = (struct stretch){from, to, RESULT_PASS};
            from = known[i].to_ms;
        }
        if (from < alternate[k].to_ms)
            all[n++] = (struct stretch){from, alternate[k].to_ms, RESULT_PASS};
    }
    return merge_said(a, all, n, ret_count);
}

static bool segments_read(struct control_case *x, const struct yaml *list, struct subject_history *h)
{
    struct stretch *seen = arena_array(x->r->a, (list ? list->count : 0) + 1, sizeof(*seen)), *other = arena_array(x->r->a, (list ? list->count : 0) + 1, sizeof(*other));
    size_t seen_count = 0, other_count = 0, count;
    YAML_EACH (v, list) {
        struct stretch s = {.from_ms = MS_NEVER};
        bool is_alternate, counts;
        case_known(x->r, v, "from to at time date result source evidence reviewer note");
        if (!case_local(x->r, v, "from at time date", false, &s.from_ms) || s.from_ms == MS_NEVER)
            return case_fault(x->r, v, "from: is missing");
        s.to_ms = s.from_ms;
        if (!case_get_any(v, "to") && !case_local(x->r, v, "from at time date", true, &s.to_ms))
            return false;
        if (!case_local(x->r, v, "to", true, &s.to_ms) || !result_read(x->r, v, &s.status, &is_alternate, &counts))
            return false;
        if (s.to_ms < s.from_ms)
            return case_fault(x->r, v, "to: is before from");
        if (s.to_ms == s.from_ms)
            s.to_ms += POINT_MS;
        if (is_alternate)
            other[other_count++] = s;
        else if (counts)
            seen[seen_count++] = s;
    }
    struct stretch *known = merge_said(x->r->a, seen, seen_count, &count);
    stretches_carry(known, count, x->limits.max_staleness_ms);
    struct stretch *fill = merge_said(x->r->a, other, other_count, &other_count);
    h->stretches = alternates_fill(x->r->a, known, count, fill, other_count, &h->count);
    return true;
}

static bool subject_read(struct control_case *x, const struct yaml *v, struct subject_history *h, int64_t *ret_times)
{
    struct days scope = x->in_force;
    const struct yaml *segments, *within = case_get_any(v, "scope in_scope exists");
    int64_t first = scope.first, last = scope.last;
    *ret_times = 1;
    case_known(x->r, v, "id count segments observations scope in_scope exists from to in_scope_from in_scope_to scope_from scope_to exists_from exists_to effective_from effective_to created removed added retired note");
    const struct yaml *at = within && within->type == YAML_MAP ? within : v;
    if (!case_int(x->r, v, "count", ret_times) || !case_day(x->r, at, "in_scope_from scope_from exists_from effective_from from start created added", &first) ||
        !case_day(x->r, at, "in_scope_to scope_to exists_to effective_to to end removed retired", &last) || !case_maps(x->r, v, "segments observations", &segments))
        return false;
    if (*ret_times < 0 || *ret_times > 1000000)
        return case_fault(x->r, v, "count: 0 to 1000000");
    scope = days_meet(scope, (struct days){first, last});
    h->scope = (struct interval){scope.first * MS_DAY, (scope.last + 1) * MS_DAY};
    return segments_read(x, segments, h);
}

static bool more(int64_t *sum, int64_t before, int64_t times)
{
    int64_t all;
    return !__builtin_mul_overflow(*sum - before, times, &all) && !__builtin_add_overflow(*sum, all, sum) && *sum < INT64_MAX / 8;
}

/* What the last subject added, once more for each that is like it. */
static bool alike_add(struct window_outcome *o, const struct window_outcome *before, int64_t times)
{
    return times <= 0 || (more(&o->pass_ms, before->pass_ms, times) && more(&o->fail_ms, before->fail_ms, times) &&
                          more(&o->unknown_ms, before->unknown_ms, times) && more(&o->deviations, before->deviations, times));
}

static bool config_case(struct control_case *x, struct evaluation *ret, struct json *computed)
{
    const struct yaml *list;
    struct window_outcome o = window_begin();
    struct interval looked = {x->in_force.first * MS_DAY, (x->in_force.last + 1) * MS_DAY};
    looked.to_ms = looked.to_ms < x->at_ms ? looked.to_ms : x->at_ms;
    if (!case_maps(x->r, x->c, "subjects", &list))
        return false;
    YAML_EACH (v, list) {
        struct subject_history h = {0};
        struct window_outcome before = o;
        int64_t times;
        if (!subject_read(x, v, &h, &times))
            return false;
        if (times > 0)
            window_add(&o, looked, &h);
        if (!alike_add(&o, &before, times - 1))
            return case_fault(x->r, v, "count: all together are more than can be added up");
    }
    window_end(&o, looked, &x->limits.window);
    int64_t all_ms = o.pass_ms + o.fail_ms + o.unknown_ms;
    *ret = (struct evaluation){.conclusion = all_ms ? o.conclusion : CONCLUSION_NO_OCCURRENCE, .deviations = o.deviations, .window = o};
    put_days(computed, "in_scope_subject_days", all_ms);
    put_days(computed, "pass_subject_days", o.pass_ms);
    put_days(computed, "fail_subject_days", o.fail_ms);
    put_days(computed, "unknown_subject_days", o.unknown_ms);
    put_number(computed, "coverage", o.coverage);
    put_number(computed, "fail_fraction", o.fail_fraction);
    put_days(computed, "longest_fail_days", o.longest_fail_ms);
    put_days(computed, "longest_gap_days", o.longest_unknown_ms);
    return true;
}

/* ---- M2 ---- */

/* "2025-Q1", "2025-H2", "2025-03", "2025-W07", "2025-03-14", "2025": a day within. */
static bool period_day(struct str label, int64_t *ret)
{
    int64_t year, n = 1;
    if (label.size < 4 || !str_to_int64(str_slice(label, 0, 4), &year) || year < 1970 || year > 9999)
        return false;
    struct str rest = str_slice(label, 4, label.size);
    if (rest.size == 0) {
        *ret = day_of_date((struct date){(int)year, 12, 31});
        return true;
    }
    int64_t at_ms;
    if (label.size == 10 && time_parse(label, 0, &at_ms)) {
        *ret = day_of(at_ms);
        return true;
    }
    char kind = rest.size > 1 ? rest.data[1] : 0;
    bool is_month = kind >= '0' && kind <= '9';
    if (rest.size < 3 || rest.size > 4 || rest.data[0] != '-' || !str_to_int64(str_slice(rest, is_month ? 1 : 2, rest.size), &n) || n < 1)
        return false;
    if (kind == 'W' && n <= 53) { /* ISO 8601: week 1 has the year's 4 January */
        *ret = cadence_period(CADENCE_WEEKLY, day_of_date((struct date){(int)year, 1, 4})).first + (n - 1) * 7;
        return true;
    }
    int64_t months = kind == 'Q' ? 3 : kind == 'H' || kind == 'S' ? 6 : is_month ? 1 : 0;
    if (months == 0 || n * months > 12)
        return false;
    *ret = day_of_date((struct date){(int)year, (int)(n * months), 1});
    return true;
}

/* Without a label it is for the period that ended last, while that one's grace lasts, else for the one it lies in. */
static int64_t period_by_date(const struct recurring *p, int64_t day)
{
    struct period in = cadence_period(p->cadence, day), before = cadence_period(p->cadence, in.first - 1);
    return day <= before.last + p->grace_days ? before.last : in.last;
}

static bool attributes_hold(struct case_reader *r, const struct yaml *of, bool *ret)
{
    const struct yaml *map;
    if (!case_map(r, of, "attributes", &map))
        return false;
    YAML_EACH (v, map) {
        bool holds = true;
        if (!case_bool(r, map, v->key.data, &holds))
            return false;
        *ret = *ret && holds;
    }
    return true;
}

static bool entity_find(struct control_case *x, const struct yaml *entities, const struct yaml *v, size_t *ret)
{
    const struct yaml *name = case_get_any(v, "entity vendor system subject");
    *ret = 0;
    if (!entities || entities->count == 0)
        return true;
    if (!name)
        return case_fault(x->r, v, "entity: says which one it was performed for");
    YAML_EACH (one, entities) {
        struct str id = one->type == YAML_TEXT ? one->text : yaml_text(one, "id");
        if (str_equal(id, name->text))
            return true;
        ++*ret;
    }
    return case_fault(x->r, name, "'%.*s' is not in the list", STR_ARGS(str_slice(name->text, 0, 60)));
}

static bool performance_read(struct control_case *x, const struct recurring *p, const struct yaml *entities, const struct yaml *v, struct performance *ret, bool *ret_is_done)
{
    int64_t day;
    const struct yaml *label = case_get_any(v, "period");
    *ret = (struct performance){.period_last = DAY_NONE, .performed_ms = MS_NEVER, .is_evidenced = true, .is_complete = true};
    case_known(x->r, v, "id period performed_at performed evidence evidenced attributes entity vendor system subject claimed uploaded_at received_at note");
    const struct yaml *evidence = case_get_any(v, "evidence");
    bool is_list = evidence && evidence->type == YAML_LIST;
    if (is_list)
        ret->is_evidenced = evidence->count > 0;
    if (!case_local(x->r, v, "performed_at performed", false, &ret->performed_ms) || (!is_list && !case_bool(x->r, v, "evidence evidenced", &ret->is_evidenced)) ||
        !attributes_hold(x->r, v, &ret->is_complete) || !entity_find(x, entities, v, &ret->entity))
        return false;
    *ret_is_done = ret->performed_ms != MS_NEVER;
    if (!*ret_is_done || p->cadence == CADENCE_ANNUAL)
        return true;
    if (!label) {
        ret->period_last = period_by_date(p, day_of(ret->performed_ms));
        return true;
    }
    if (label->type != YAML_TEXT || !period_day(str_trim(label->text), &day))
        return case_fault(x->r, label, "period: write 2025-Q1, 2025-H1, 2025-03, 2025-W07, 2025-03-14 or 2025");
    ret->period_last = cadence_period(p->cadence, day).last;
    return true;
}

static bool entities_read(struct control_case *x, const struct yaml *list, struct recurring *p)
{
    struct recurring_entity *entities = arena_array(x->r->a, (list ? list->count : 0) + 1, sizeof(*entities));
    size_t count = 0;
    YAML_EACH (v, list) {
        struct recurring_entity *one = &entities[count++];
        *one = (struct recurring_entity){.scope = {INT64_MIN, INT64_MAX}, .last_performed = DAY_NONE};
        if (v->type == YAML_TEXT)
            continue;
        if (v->type != YAML_MAP)
            return case_fault(x->r, v, "%.*s: ids or maps are wanted here", STR_ARGS(list->key));
        case_known(x->r, v, "id name in_scope_from in_scope_to scope_from scope_to effective_from effective_to from to since until entered left onboarded offboarded added removed last_performed note tier");
        if (!case_day(x->r, v, "in_scope_from scope_from effective_from from since entered onboarded added", &one->scope.first) ||
            !case_day(x->r, v, "in_scope_to scope_to effective_to to until left offboarded removed", &one->scope.last) || !case_day(x->r, v, "last_performed", &one->last_performed))
            return false;
    }
    if (count == 0) {
        entities[count++] = (struct recurring_entity){.scope = {INT64_MIN, INT64_MAX}, .last_performed = DAY_NONE};
        if (!case_day(x->r, x->control, "last_performed", &entities[0].last_performed))
            return false;
    }
    p->entities = entities;
    p->entity_count = count;
    return true;
}

static int64_t cadence_days(enum cadence c)
{
    struct period p = cadence_period(c, 0);
    return p.last - p.first + 1;
}

enum { LOOKS_MAX = 500000000 }; /* performances to compare with expectations: a second or two */

static bool recurring_case(struct control_case *x, struct evaluation *ret, struct json *computed)
{
    const struct yaml *list, *entities, *cadence = case_get(x->control, "cadence");
    struct recurring p = {.cadence = cadence && cadence->type == YAML_TEXT ? cadence_of(cadence->text.data) : CADENCE_NONE, .cutoff_ms = MS_NEVER};
    if (cadence && cadence->type == YAML_TEXT && (str_is(cadence->text, "semi_annual") || str_is(cadence->text, "semi-annual")))
        p.cadence = CADENCE_SEMIANNUAL;
    if (p.cadence == CADENCE_NONE)
        return case_fault(x->r, cadence ? cadence : x->control, "cadence: one of daily, weekly, monthly, quarterly, semiannual, annual");
    p.grace_days = cadence_grace_days(p.cadence);
    if (!case_int(x->r, x->control, "grace_days", &p.grace_days) || !case_local(x->r, from_outer(x, "evidence_cutoff"), "evidence_cutoff", true, &p.cutoff_ms) ||
        !case_maps(x->r, x->c, "instances performances", &list) || !case_list(x->r, x->c, "entities vendors systems", &entities) || !entities_read(x, entities, &p))
        return false;
    if (!case_word(x->r, x->control, "per", "vendor system entity subject"))
        return false;
    if (p.grace_days < 0 || p.grace_days > 3650)
        return case_fault(x->r, x->control, "grace_days: 0 to 3650");
    double looks = (double)(x->in_force.last - x->in_force.first + 1) / (double)cadence_days(p.cadence) + 1;
    if (looks * (double)p.entity_count * (double)(list ? list->count : 0) > LOOKS_MAX)
        return case_fault(x->r, list, "instances: too many for so many entities and periods");
    struct performance *all = arena_array(x->r->a, (list ? list->count : 0) + 1, sizeof(*all));
    YAML_EACH (v, list) {
        bool is_done;
        if (!performance_read(x, &p, entities, v, &all[p.performance_count], &is_done))
            return false;
        p.performance_count += is_done;
    }
    p.performances = all;
    *ret = recurring_evaluate(&p, x->in_force, x->at_ms, &x->limits);
    json_put_int(computed, "expected", ret->n);
    json_put_int(computed, "hard_deviations", ret->hard);
    put_number(computed, "rate", ret->rate);
    return true;
}

/* ---- M3 ---- */

/* The last part decides; an open part leaves all open. */
static bool parts_read(struct case_reader *r, const struct yaml *list, int64_t *ret_completed_ms)
{
    int64_t latest = INT64_MIN;
    YAML_EACH (v, list) {
        int64_t done = MS_NEVER;
        if (!case_instant(r, v, "disabled_at completed_at completed done_at removed_at", true, &done, NULL))
            return false;
        latest = done > latest ? done : latest;
    }
    *ret_completed_ms = latest;
    return true;
}

static bool extension_read(struct case_reader *r, const struct yaml *v, struct event *x)
{
    const struct yaml *extension = case_get_any(v, "extension extended"), *accepted = case_get_any(v, "risk_acceptance acceptance accepted");
    if (extension && extension->type != YAML_MAP)
        return case_fault(r, extension, "%.*s: {granted_at, until} is wanted here", STR_ARGS(extension->key));
    if (extension && (!case_instant(r, extension, "dated recorded_at granted_at approved_at date at", true, &x->extended_dated_ms, NULL) ||
                                                     !case_instant(r, extension, "until deadline new_deadline due to", true, &x->extended_to_ms, NULL)))
        return false;
    if (accepted && accepted->type == YAML_MAP)
        return case_instant(r, accepted, "dated recorded_at accepted_at approved_at date at", true, &x->accepted_ms, NULL);
    return (!accepted || case_instant_of(r, accepted, true, &x->accepted_ms, NULL)) &&
           case_instant(r, v, "accepted_at risk_accepted_at", true, &x->accepted_ms, NULL) &&
           case_instant(r, v, "extended_to extended_until", true, &x->extended_to_ms, NULL) &&
           case_instant(r, v, "extended_at extension_date", true, &x->extended_dated_ms, NULL);
}

/* One duration for all, or one by severity: {critical: P7D, high: P30D}. An event may have its own. */
static bool event_sla(struct case_reader *r, const struct yaml *sla, const struct yaml *event, struct sla *ret)
{
    const struct yaml *own = case_get(event, "sla"), *v = own ? own : sla;
    if (v && v->type == YAML_MAP)
        v = case_get_any(v, arena_printf(r->a, "%.*s", STR_ARGS(yaml_text(event, "severity"))).data);
    if (!v)
        return case_fault(r, event, "sla: the control has none for this event");
    return (v->type == YAML_TEXT && sla_read(str_trim(v->text), ret)) || case_fault(r, v, "sla: a duration such as PT72H, P30D or P1BD is wanted");
}

static bool event_read(struct case_reader *r, const struct yaml *sla, const struct yaml *v, struct event *x)
{
    const struct yaml *parts, *why = case_get_any(v, "aggravator aggravators aggravated aggravating");
    *x = (struct event){.zone = r->zone, .trigger_ms = MS_NEVER, .completed_ms = MS_NEVER, .extended_dated_ms = MS_NEVER, .extended_to_ms = MS_NEVER, .accepted_ms = MS_NEVER, .used_ms = MS_NEVER};
    case_known(r, v, "id trigger triggered_at completed completed_at accounts parts systems extension extended risk_acceptance acceptance accepted accepted_at risk_accepted_at extended_to extended_until extended_at extension_date aggravator aggravators aggravated aggravating sign_in_after_deadline signin_after_deadline login_after_deadline used_after_deadline last_sign_in last_signin last_login last_used severity sla note voluntary");
    if (!event_sla(r, sla, v, &x->sla) || !case_instant(r, v, "trigger triggered_at", false, &x->trigger_ms, &x->is_trigger_date))
        return false;
    if (x->trigger_ms == MS_NEVER)
        return case_fault(r, v, "trigger: is missing");
    if (!case_instant(r, v, "completed completed_at", true, &x->completed_ms, NULL) || !case_maps(r, v, "accounts parts systems", &parts) ||
        (parts && parts->count && !parts_read(r, parts, &x->completed_ms)) || !extension_read(r, v, x))
        return false;
    if (why && why->type == YAML_MAP)
        return case_fault(r, why, "%.*s: true, false, words or a list of them", STR_ARGS(why->key));
    if (why && why->type == YAML_LIST)
        x->is_aggravated = why->count > 0;
    else if (why)
        x->is_aggravated = !str_is(why->text, "false") && !str_is(why->text, "no") && !str_is(why->text, "none");
    bool is_used = false;
    if (!case_bool(r, v, "sign_in_after_deadline signin_after_deadline login_after_deadline used_after_deadline", &is_used))
        return false;
    x->is_aggravated |= is_used;
    return case_instant(r, v, "last_sign_in last_signin last_login last_used", false, &x->used_ms, NULL);
}

static bool events_case(struct control_case *x, struct evaluation *ret, struct json *computed)
{
    const struct yaml *list, *sla = case_get_any(x->control, "sla sla_by_severity");
    size_t count = 0;
    struct sla any;
    if (!sla || (sla->type == YAML_TEXT && !sla_read(str_trim(sla->text), &any)))
        return case_fault(x->r, sla ? sla : x->control, "sla: a duration such as PT72H, P30D or P1BD is wanted");
    if (!case_maps(x->r, x->c, "events", &list))
        return false;
    struct event *all = arena_array(x->r->a, (list ? list->count : 0) + 1, sizeof(*all));
    YAML_EACH (v, list)
        if (!event_read(x->r, sla, v, &all[count++]))
            return false;
    *ret = events_evaluate(all, count, &x->calendar, x->in_force, x->at_instant_ms, &x->limits);
    json_put_int(computed, "tested", ret->n);
    put_number(computed, "rate", ret->rate);
    json_put_int(computed, "carried_forward", ret->outcomes[OUTCOME_NOT_DUE]);
    return true;
}

/* ---- M4 ---- */

static bool cause_read(struct case_reader *r, const struct yaml *v, bool *ret)
{
    YAML_EACH (one, v && v->type == YAML_LIST ? v : NULL)
        if (!cause_read(r, one->type == YAML_MAP ? case_get(one, "cause") : one, ret))
            return false;
    if (!v || v->type == YAML_LIST)
        return true;
    if (v->type != YAML_TEXT)
        return case_fault(r, v, "cause: isolated, systematic or intentional");
    *ret |= !str_is(v->text, "isolated");
    if (!str_is(v->text, "isolated") && !str_is(v->text, "systematic") && !str_is(v->text, "intentional"))
        case_word_note(r, v, "cause", v->text, "a cause that is not known to be isolated is not absorbed by a rate");
    return true;
}

static bool items_read(struct control_case *x, const struct yaml *items, struct attributes *t)
{
    YAML_EACH (v, items) {
        bool holds = true;
        if (!attributes_hold(x->r, v, &holds) || !cause_read(x->r, case_get(v, "cause"), &t->is_unabsorbable))
            return false;
        t->tested++;
        t->deviations += !holds;
    }
    return true;
}

static bool attributes_case(struct control_case *x, struct evaluation *ret, struct json *computed)
{
    struct attributes t = {0};
    const struct yaml *items, *mode = case_get(x->c, "mode");
    if (!case_maps(x->r, x->c, "items", &items) || !items_read(x, items, &t))
        return false;
    t.population = t.tested;
    if (!case_int(x->r, x->c, "population", &t.population) || !case_int(x->r, x->c, "deviations", &t.deviations) || !case_bool(x->r, x->c, "extension_used", &t.is_extended) ||
        !cause_read(x->r, case_get_any(x->c, "cause deviation_cause causes deviation_causes"), &t.is_unabsorbable))
        return false;
    if (mode && !str_is(mode->text, "sample") && !str_is(mode->text, "full"))
        return case_fault(x->r, mode, "mode: sample or full");
    if (!t.is_sample && !items)
        t.tested = t.population;
    if (!case_int(x->r, x->c, "tested", &t.tested))
        return false;
    enum { ITEMS_MAX = 1000000000, SAMPLE_DEVIATIONS_MAX = 100000 };
    if (t.population > ITEMS_MAX || t.tested > ITEMS_MAX)
        return case_fault(x->r, x->c, "population and tested: at most %d", ITEMS_MAX);
    t.is_sample = mode ? str_is(mode->text, "sample") : t.tested < t.population;
    if (t.is_sample && !case_get(x->c, "population"))
        t.population = ITEMS_MAX + 1; /* they were drawn from more than there are here */
    if (t.population < 0 || t.tested < 0 || t.deviations < 0 || t.tested > t.population || t.deviations > t.tested)
        return case_fault(x->r, x->c, "deviations, tested and population: each at most the next, none negative");
    if (t.is_sample && t.deviations > SAMPLE_DEVIATIONS_MAX)
        return case_fault(x->r, x->c, "deviations: at most %d in a sample", SAMPLE_DEVIATIONS_MAX);
    *ret = attributes_evaluate(&t, &x->limits);
    json_put_int(computed, "tested", ret->n);
    put_number(computed, "rate", ret->rate);
    if (t.is_sample)
        put_number(computed, "upper_limit", ret->upper_limit);
    if (ret->extend_to)
        json_put_int(computed, "extend_to", ret->extend_to);
    return true;
}

/* ---- M5 ---- */

static bool version_read(struct control_case *x, const struct yaml *v, struct document_version *ret)
{
    const struct yaml *reviews;
    int64_t one = DAY_NONE, *reviewed;
    *ret = (struct document_version){.approved = DAY_NONE, .withdrawn = DAY_NONE};
    if (v->type != YAML_MAP)
        return case_day_of(x->r, v, &ret->approved);
    case_known(x->r, v, "id version title approved approved_at approved_on effective_from reviewed reviewed_at reviewed_on last_review last_reviewed reviews retired retired_at withdrawn withdrawn_at superseded superseded_at effective_to status note");
    if (!case_day(x->r, v, "approved approved_at approved_on effective_from", &ret->approved) ||
        !case_day(x->r, v, "retired retired_at withdrawn withdrawn_at superseded superseded_at", &ret->withdrawn) || !case_list(x->r, v, "reviews", &reviews) ||
        !days_read(x->r, reviews, &reviewed, &ret->review_count) || !case_day(x->r, v, "reviewed reviewed_at reviewed_on last_review last_reviewed", &one))
        return false;
    int64_t to = DAY_NONE;
    if (!case_day(x->r, v, "effective_to", &to))
        return false;
    if (to != DAY_NONE)
        ret->withdrawn = to + 1;
    if (one != DAY_NONE)
        reviewed[ret->review_count++] = one;
    ret->reviewed = reviewed;
    if (str_is(yaml_text(v, "status"), "draft"))
        ret->approved = DAY_NONE;
    return true;
}

static bool document_case(struct control_case *x, struct evaluation *ret, struct json *computed)
{
    const struct yaml *list;
    size_t count = 0;
    if (!case_list(x->r, x->c, "versions documents approvals reviews", &list))
        return false;
    struct document_version *all = arena_array(x->r->a, (list ? list->count : 0) + 1, sizeof(*all));
    YAML_EACH (v, list)
        if (!version_read(x, v, &all[count++]))
            return false;
    *ret = document_evaluate(all, count, x->in_force, x->at_ms, &x->limits);
    json_put_int(computed, "in_force_days", ret->in_force_days);
    json_put_int(computed, "uncovered_days", ret->uncovered_days);
    put_number(computed, "uncovered_fraction", ret->rate);
    return true;
}

/* ---- one control ---- */

static const struct {
    const char *name;
    bool (*run)(struct control_case *, struct evaluation *, struct json *);
} MODELS[] = {{"config_state", config_case}, {"periodic", recurring_case}, {"event_sla", events_case}, {"event_attributes", attributes_case}, {"document", document_case}};

static bool is_status(struct str word)
{
    return str_is(word, "complete_and_accurate") || str_is(word, "failed") || str_is(word, "not_checked");
}

static bool population_read(struct control_case *x, struct evaluation *e)
{
    const struct yaml *check = case_get(x->c, "population_check");
    int64_t listed = -1, independent = -1;
    if (!check)
        return true;
    if (check->type == YAML_LIST || (check->type == YAML_TEXT && !is_status(check->text)))
        return case_fault(x->r, check, "population_check: {listed, independent_count}, or complete_and_accurate, failed or not_checked");
    if (check->type == YAML_TEXT) {
        evaluation_population(e, str_is(check->text, "complete_and_accurate"));
        return true;
    }
    case_known(x->r, check, "listed independent_count status note source");
    if (!case_int(x->r, check, "listed", &listed) || !case_int(x->r, check, "independent_count", &independent))
        return false;
    struct str status = yaml_text(check, "status");
    if ((case_get(check, "listed") && listed < 0) || (case_get(check, "independent_count") && independent < 0))
        return case_fault(x->r, check, "population_check: listed and independent_count are not negative");
    bool is_counted = listed >= 0 && independent >= 0, is_told = status.size > 0;
    if (is_told && !is_status(status))
        return case_fault(x->r, case_get(check, "status"), "status: complete_and_accurate, failed or not_checked");
    evaluation_population(e, listed == independent && (is_counted || is_told) && (!is_told || str_is(status, "complete_and_accurate")));
    return true;
}

/* Limits that the control itself has, in the words of the library. */
static bool own_limits(struct control_case *x)
{
    const struct yaml *stale = case_get(x->control, "max_staleness");
    struct sla duration;
    if (stale && (stale->type != YAML_TEXT || !sla_read(str_trim(stale->text), &duration) || duration.ms < 0))
        return case_fault(x->r, stale, "max_staleness: a duration such as P3D is wanted");
    if (stale)
        x->limits.max_staleness_ms = duration.ms;
    struct yaml *own = ARENA_NEW(x->r->a, struct yaml);
    *own = (struct yaml){.type = YAML_MAP, .line = x->control->line, .column = x->control->column};
    YAML_EACH (v, x->control)
        if (str_is(v->key, "max_fail_fraction") || str_is(v->key, "max_fail_days") || str_is(v->key, "max_staleness_days")) {
            struct yaml *copy = ARENA_NEW(x->r->a, struct yaml);
            *copy = *v;
            copy->next = own->first;
            own->first = copy;
        }
    return case_limits(x->r, own, &x->limits) && case_limits(x->r, case_get(x->c, "parameters"), &x->limits);
}

static bool control_evaluate(struct case_reader *r, const struct yaml *c, const struct yaml *outer, struct days window, const struct case_defaults *defaults,
                             struct evaluation *ret, struct days *ret_in_force, struct json *computed)
{
    struct control_case x = {.r = r, .c = c, .control = case_get(c, "control"), .outer = outer, .window = window, .at_ms = (window.last + 1) * MS_DAY, .limits = defaults->limits};
    const struct yaml *holidays;
    struct days effective = {INT64_MIN / MS_DAY, INT64_MAX / MS_DAY - 1};
    int64_t *days;
    if (!x.control || x.control->type != YAML_MAP)
        return case_fault(r, c, "control: is missing");
    case_known(r, x.control, "id model cadence grace_days sla sla_by_severity per last_performed effective_from effective_to frequency statement title max_fail_fraction max_fail_days max_staleness max_staleness_days expected_interval attributes subject event trigger completion name");
    x.at_instant_ms = zone_instant_ms(r->zone, x.at_ms);
    if (!case_local(r, from_outer(&x, "evaluation_at"), "evaluation_at", true, &x.at_ms) ||
        !case_instant(r, from_outer(&x, "evaluation_at"), "evaluation_at", true, &x.at_instant_ms, NULL) || !case_day(r, x.control, "effective_from", &effective.first) ||
        !case_day(r, x.control, "effective_to", &effective.last) || !case_list(r, from_outer(&x, "holidays"), "holidays", &holidays) ||
        !days_read(r, holidays, &days, &x.calendar.count) || !own_limits(&x))
        return false;
    x.calendar.holidays = days;
    x.in_force = *ret_in_force = days_meet(window, effective);
    struct str model = yaml_text(x.control, "model");
    for (size_t i = 0; i < sizeof(MODELS) / sizeof(MODELS[0]); i++)
        if (str_is(model, MODELS[i].name))
            return MODELS[i].run(&x, ret, computed) && population_read(&x, ret);
    return case_fault(r, x.control, "model: '%.*s' is none of config_state, periodic, event_sla, event_attributes, document", STR_ARGS(str_slice(model, 0, 40)));
}

static void put_outcomes(const struct evaluation *e, struct json *computed)
{
    struct json *outcomes = json_put_object(computed, "outcomes");
    for (int i = 0; i < OUTCOMES; i++)
        if (e->outcomes[i])
            json_put_int(outcomes, outcome_name((enum outcome)i), e->outcomes[i]);
}

/* The parts of the window in which neither the control nor its predecessor was in force. */
static void put_uncovered(struct case_reader *r, struct days window, struct days in_force, struct days before, struct json *computed)
{
    struct days open[2], left[2];
    size_t count = days_left(window, in_force, open);
    struct json *list = json_put_array(computed, "uncovered_intervals");
    for (size_t i = 0; i < count; i++) {
        size_t parts = days_left(open[i], before, left);
        for (size_t k = 0; k < parts; k++) {
            struct json *o = json_push_object(list);
            json_put_str(o, "from", day_text(r->a, left[k].first));
            json_put_str(o, "to", day_text(r->a, left[k].last));
        }
    }
}

bool case_control(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed)
{
    const struct yaml *window = case_get(c, "window"), *before = case_get(c, "predecessor");
    struct days w = {DAY_NONE, DAY_NONE}, in_force, before_in_force = {1, 0};
    struct evaluation e = {0}, predecessor = {0};
    struct json *unused = json_object(r->a);
    case_known(r, window, "start end time_zone timezone");
    case_known(r, c, "id title kind library_controls window time_zone timezone evaluation_at evidence_cutoff control parameters subjects instances performances events population mode tested deviations extension_used items cause deviation_cause causes deviation_causes population_check holidays predecessor entities vendors systems versions documents approvals reviews expected why");
    if (!case_zone(r, c) || !case_zone(r, window))
        return false;
    if (!case_day(r, window, "start", &w.first) || !case_day(r, window, "end", &w.last))
        return false;
    if (w.first == DAY_NONE || w.last == DAY_NONE || w.first > w.last || w.last - w.first > 4000)
        return case_fault(r, window ? window : c, "window: start and end are dates, the end not before the start, at most ten years");
    if (!control_evaluate(r, c, NULL, w, defaults, &e, &in_force, computed))
        return false;
    if (before) {
        case_known(r, before, "id title evaluation_at evidence_cutoff control parameters subjects instances performances events population mode tested deviations extension_used items cause population_check holidays entities vendors systems versions documents approvals reviews");
        if (!control_evaluate(r, before, c, w, defaults, &predecessor, &before_in_force, unused))
            return false;
        json_put_cstr(computed, "predecessor_conclusion", conclusion_name(predecessor.conclusion));
    }
    put_uncovered(r, w, in_force, before_in_force, computed);
    evaluation_period(&e, w, in_force, before ? &predecessor : NULL, before_in_force);
    json_put_cstr(computed, "conclusion", conclusion_name(e.conclusion));
    json_put_int(computed, "deviations", e.deviations);
    put_outcomes(&e, computed);
    struct json *flags = json_put_array(computed, "flags");
    for (unsigned i = 0; i < FLAGS; i++)
        if (e.flags & (1u << i))
            json_push_str(flags, str_of(flag_name(1u << i)));
    return true;
}
