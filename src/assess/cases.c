#include "assess/cases.h"

#include "assess/case_control.h"
#include "assess/case_risk.h"
#include "assess/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- kinds that are about more or less than one control's window ---- */

static bool word_index(const char *(*name)(int), int count, struct str text, int *ret)
{
    for (int i = 0; i < count; i++)
        if (str_is(text, name(i))) {
            *ret = i;
            return true;
        }
    return false;
}

static const char *conclusion_word(int i)
{
    return conclusion_name((enum conclusion)i);
}

static const char *criterion_word(int i)
{
    return criterion_status_name((enum criterion_status)i);
}

static const char *role_word(int i)
{
    static const char *const names[] = {"key", "compensating", "supporting"};
    return names[i];
}

static const char *risk_word(int i)
{
    static const char *const names[] = {"low", "moderate", "high"};
    return names[i];
}

/* Notes a flag that there is not: a misspelt one would change nothing unseen. */
static bool flag_read(struct case_reader *r, const struct yaml *flag, struct control_conclusion *ret)
{
    bool is_known = false;
    if (flag->type != YAML_TEXT)
        return case_fault(r, flag, "flags: a list of words is wanted");
    for (unsigned i = 0; i < FLAGS; i++)
        is_known |= str_is(flag->text, flag_name(1u << i));
    ret->is_partial_period |= str_is(flag->text, flag_name(FLAG_PARTIAL_PERIOD));
    if (!is_known)
        case_word_note(r, flag, "flags", flag->text, "it changes nothing");
    return true;
}

/* What a control says of itself; of what it compensates see compensated_read(). */
static bool control_role_read(struct case_reader *r, const struct yaml *v, struct control_conclusion *ret)
{
    int role = 0, conclusion = 0;
    const struct yaml *flags;
    case_known(r, v, "id role conclusion flags compensates note title");
    if (case_get(v, "role") && !word_index(role_word, 3, yaml_text(v, "role"), &role))
        return case_fault(r, case_get(v, "role"), "role: key, compensating or supporting");
    if (!word_index(conclusion_word, CONCLUSION_NOT_OPERATING + 1, yaml_text(v, "conclusion"), &conclusion))
        return case_fault(r, v, "conclusion: there is no '%.*s'", STR_ARGS(str_slice(yaml_text(v, "conclusion"), 0, 40)));
    *ret = (struct control_conclusion){.role = (enum control_role)role, .conclusion = (enum conclusion)conclusion, .compensates = SIZE_MAX};
    if (!case_list(r, v, "flags", &flags))
        return false;
    YAML_EACH (f, flags)
        if (!flag_read(r, f, ret))
            return false;
    return true;
}

/* Which of the case's controls it stands in for; of another criterion's it says nothing here. */
static bool compensated_read(struct case_reader *r, const struct yaml *list, const struct yaml *id, size_t *ret)
{
    size_t i = 0;
    *ret = SIZE_MAX;
    if (id->type != YAML_TEXT)
        return case_fault(r, id, "compensates: the id of a control is wanted, or a list of them");
    YAML_EACH (other, list) {
        if (str_equal(yaml_text(other, "id"), id->text))
            *ret = i;
        i++;
    }
    if (*ret == SIZE_MAX)
        json_push_str(r->notes, arena_printf(r->a, "%s:%d:%d: compensates: no control of this case is '%.*s'; it changes nothing", r->file, id->line, id->column,
                                             STR_ARGS(str_slice(id->text, 0, 60))));
    return true;
}

enum { CONTROLS_MAX = 2000 };

static bool case_criterion(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed)
{
    (void)defaults;
    const struct yaml *list;
    size_t count = 0, room;
    case_known(r, c, "id title kind library_controls criterion controls expected why");
    if (case_get(c, "criterion") && case_get(c, "criterion")->type != YAML_TEXT)
        return case_fault(r, case_get(c, "criterion"), "criterion: an id is wanted");
    if (!case_maps(r, c, "controls", &list))
        return false;
    room = list ? list->count : 0;
    if (room > CONTROLS_MAX)
        return case_fault(r, list, "controls: at most %d", CONTROLS_MAX);
    YAML_EACH (v, list)
        room += case_get(v, "compensates") ? case_get(v, "compensates")->count : 0;
    if (room > 2 * CONTROLS_MAX)
        return case_fault(r, list, "compensates: at most %d in all", CONTROLS_MAX);
    struct control_conclusion *all = arena_array(r->a, room + 1, sizeof(*all));
    YAML_EACH (v, list)
        if (!control_role_read(r, v, &all[count++]))
            return false;
    size_t at = 0, own = count;
    YAML_EACH (v, list) {
        const struct yaml *compensates = case_get(v, "compensates");
        if (compensates && compensates->type != YAML_LIST && !compensated_read(r, list, compensates, &all[at].compensates))
            return false;
        YAML_EACH (id, compensates && compensates->type == YAML_LIST ? compensates : NULL) { /* one line for each that it stands in for */
            all[own] = all[at];
            if (!compensated_read(r, list, id, &all[own++].compensates))
                return false;
        }
        at++;
    }
    json_put_cstr(computed, "criterion_status", criterion_status_name(criterion_evaluate(all, own)));
    return true;
}

static bool case_opinion(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed)
{
    struct evaluation_limits limits = defaults->limits;
    const struct yaml *map = case_get(c, "criteria");
    case_known(r, c, "id title kind library_controls criteria parameters expected why");
    if (!map || map->type != YAML_MAP || map->count == 0)
        return case_fault(r, map ? map : c, "criteria: a map of criteria and their states is wanted");
    if (!case_limits(r, case_get(c, "parameters"), &limits))
        return false;
    enum criterion_status *all = arena_array(r->a, map->count, sizeof(*all));
    size_t count = 0;
    struct json *affected = json_array(r->a);
    YAML_EACH (v, map) {
        int state = 0;
        if (v->type != YAML_TEXT || !word_index(criterion_word, CRITERION_MET + 1, v->text, &state))
            return case_fault(r, v, "%.*s: '%.*s' is no state of a criterion", STR_ARGS(v->key), STR_ARGS(str_slice(v->text, 0, 40)));
        all[count++] = (enum criterion_status)state;
        if (criterion_is_affected((enum criterion_status)state))
            json_push_str(affected, v->key);
    }
    json_put_cstr(computed, "opinion_signal", opinion_signal_name(opinion_evaluate(all, count, limits.pervasive_share)));
    json_put(computed, "affected", affected);
    return true;
}

static bool case_type1(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed)
{
    (void)defaults;
    int64_t as_of = DAY_NONE;
    const struct yaml *design, *list;
    bool is_designed = true, is_implemented = false;
    case_known(r, c, "id title kind library_controls as_of control design implementation_evidence expected why");
    if (!case_day(r, c, "as_of", &as_of) || !case_map(r, c, "design", &design) || !case_maps(r, c, "implementation_evidence", &list))
        return false;
    if (as_of == DAY_NONE)
        return case_fault(r, c, "as_of: a date is wanted");
    if (!design || design->count == 0)
        is_designed = false; /* nobody judged it */
    YAML_EACH (v, design) {
        bool holds = true;
        if (!case_bool(r, design, v->key.data, &holds))
            return false;
        is_designed &= holds;
    }
    YAML_EACH (v, list) {
        int64_t day = DAY_NONE;
        if (!case_day(r, v, "date at taken_at performed_at", &day) || !case_word(r, v, "result", "pass fail error missing unknown"))
            return false;
        is_implemented |= day != DAY_NONE && day <= as_of && str_is(yaml_text(v, "result"), "pass");
    }
    json_put_cstr(computed, "conclusion", type1_name(!is_designed ? TYPE1_DESIGN_DEFICIENT : is_implemented ? TYPE1_DESIGNED_AND_IMPLEMENTED : TYPE1_NOT_IMPLEMENTED));
    return true;
}

static bool scores_read(struct case_reader *r, const struct yaml *criterion, double *ret)
{
    const struct yaml *list;
    int64_t open_topics = 0;
    size_t count = 0;
    case_known(r, criterion, "id key_scores topics_without_control uncovered_topics title");
    if (!case_list(r, criterion, "key_scores", &list) || !case_int(r, criterion, "topics_without_control", &open_topics) || !case_int(r, criterion, "uncovered_topics", &open_topics))
        return false;
    double *scores = arena_array(r->a, (list ? list->count : 0) + 1, sizeof(*scores));
    YAML_EACH (v, list) {
        char *end;
        double s = v->type == YAML_TEXT ? strtod(v->text.data, &end) : -1;
        if (v->type != YAML_TEXT || v->text.size == 0 || *end || !(s >= 0 && s <= 1))
            return case_fault(r, v, "key_scores: a score lies between 0 and 1");
        scores[count++] = s;
    }
    if (open_topics < 0)
        return case_fault(r, criterion, "topics_without_control: a number that is not negative is wanted");
    *ret = criterion_score(scores, count, (size_t)open_topics).value;
    return true;
}

static bool case_readiness(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed)
{
    (void)defaults;
    const struct yaml *list, *blockers = case_get(c, "blockers");
    int64_t blocker_count = 0;
    size_t count = 0;
    case_known(r, c, "id title kind library_controls criteria blockers expected why");
    if (!case_maps(r, c, "criteria", &list) || (blockers && blockers->type != YAML_LIST && !case_int(r, c, "blockers", &blocker_count)))
        return false;
    if (blocker_count < 0)
        return case_fault(r, blockers, "blockers: a number that is not negative is wanted, or a list");
    if (blockers && blockers->type == YAML_LIST)
        blocker_count = (int64_t)blockers->count;
    double *all = arena_array(r->a, (list ? list->count : 0) + 1, sizeof(*all));
    struct json *scores = json_put_array(computed, "criterion_scores");
    YAML_EACH (v, list) {
        if (!scores_read(r, v, &all[count]))
            return false;
        json_push(scores, case_number_new(r->a, all[count++]));
    }
    struct readiness result = readiness_evaluate(all, count, (size_t)blocker_count);
    json_put_int(computed, "readiness", result.score);
    json_put_cstr(computed, "band", band_name(result.band));
    return true;
}

static bool case_sample_size(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *computed)
{
    (void)defaults;
    struct sample_plan p = {.profile = yaml_text(c, "profile"), .is_automated = str_is(yaml_text(c, "frequency"), "automated")};
    struct err wrong = {0};
    int risk = RISK_MODERATE;
    int64_t size;
    p.population = -1;
    case_known(r, c, "id title kind library_controls profile population risk frequency variants deviations expected_deviations expected why");
    if (!case_int(r, c, "population", &p.population) || !case_int(r, c, "variants", &p.variants) || !case_int(r, c, "deviations", &p.deviations) ||
        !case_int(r, c, "expected_deviations", &p.deviations))
        return false;
    if (!case_word(r, c, "frequency", "automated continuous multiple_daily daily weekly monthly quarterly semiannual semi_annual annual per_event event"))
        return false;
    if (case_get(c, "risk") && !word_index(risk_word, 3, yaml_text(c, "risk"), &risk))
        return case_fault(r, case_get(c, "risk"), "risk: low, moderate or high");
    p.risk = (enum sample_risk)risk;
    if (p.population < 0)
        return case_fault(r, c, "population: a number that is not negative is wanted");
    if (!sample_size(&p, &size, &wrong))
        return case_fault(r, c, "%s", wrong.text);
    json_put_int(computed, "sample_size", size);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct case_reader *, const struct yaml *, const struct case_defaults *, struct json *);
} KINDS[] = {{"control", case_control},     {"criterion", case_criterion}, {"opinion", case_opinion},
             {"type1", case_type1},         {"readiness", case_readiness}, {"sample_size", case_sample_size}, {"risk", case_risk}};

/* ---- comparing ---- */

static bool number_of(struct str text, double *ret)
{
    char copy[40], *end;
    if (text.size == 0 || text.size >= sizeof(copy))
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    *ret = strtod(copy, &end);
    return *end == 0 && isfinite(*ret);
}

/* Equal at four decimals. */
static bool is_same_number(struct str expected, const struct json *computed)
{
    double a, b = (double)computed->integer;
    return number_of(expected, &a) && (computed->is_integer || number_of(computed->text, &b)) && fabs(a - b) < 0.00006;
}

/* Flags and names come in any order. */
static bool is_same_set(const struct yaml *expected, const struct json *computed)
{
    JSON_EACH (c, computed) {
        bool is_there = false;
        YAML_EACH (v, expected)
            is_there |= v->type == YAML_TEXT && str_equal(str_trim(v->text), c->text);
        if (!is_there)
            return false;
    }
    return expected->count == computed->count;
}

static bool is_same(const struct yaml *expected, const struct json *computed)
{
    if (!computed)
        return false;
    if (expected->type == YAML_MAP) { /* what is not named was not there */
        size_t seen = 0;
        YAML_EACH (v, expected) {
            const struct json *c = json_get(computed, v->key.data);
            bool is_zero = !c && str_is(v->text, "0");
            if (computed->type != JSON_OBJECT || (!is_zero && !is_same(v, c)))
                return false;
            seen += c != NULL;
        }
        return seen == computed->count;
    }
    if (expected->type == YAML_LIST && computed->type == JSON_ARRAY && computed->first && computed->first->type == JSON_STRING)
        return is_same_set(expected, computed);
    if (expected->type == YAML_LIST) {
        const struct json *c = computed->first;
        YAML_EACH (v, expected) {
            if (computed->type != JSON_ARRAY || !c || !is_same(v, c))
                return false;
            c = c->next;
        }
        return c == NULL;
    }
    struct str text = str_trim(expected->text);
    if (computed->type == JSON_NUMBER)
        return is_same_number(text, computed);
    return computed->type == JSON_STRING && str_equal(text, computed->text);
}

static struct str value_text(struct arena *a, const struct json *v)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 16);
    if (v)
        json_write(&b, v);
    return v ? arena_str(a, buf_view(&b)) : STR("nothing");
}

static void yaml_write(struct buf *b, const struct yaml *v)
{
    const char *open = v->type == YAML_LIST ? "[" : "{", *close = v->type == YAML_LIST ? "]" : "}";
    if (v->type == YAML_TEXT) {
        buf_str(b, v->text);
        return;
    }
    buf_cstr(b, open);
    YAML_EACH (item, v) {
        if (item != v->first)
            buf_cstr(b, ", ");
        if (v->type == YAML_MAP)
            buf_printf(b, "%.*s: ", STR_ARGS(item->key));
        yaml_write(b, item);
    }
    buf_cstr(b, close);
}

static void compare(struct case_reader *r, const struct yaml *expected, const struct json *computed, struct json *o)
{
    struct json *list = json_put_array(o, "differences");
    YAML_EACH (v, expected && expected->type == YAML_MAP ? expected : NULL) {
        const struct json *c = json_get(computed, v->key.data);
        if (is_same(v, c))
            continue;
        struct buf BUF_AUTO wanted;
        buf_init(&wanted, 1 << 16);
        yaml_write(&wanted, v);
        struct json *d = json_push_object(list);
        json_put_str(d, "field", v->key);
        json_put_str(d, "expected", arena_str(r->a, buf_view(&wanted)));
        json_put_str(d, "computed", value_text(r->a, c));
    }
}

/* ---- the file ---- */

static bool case_run(struct case_reader *r, const struct yaml *c, const struct case_defaults *defaults, struct json *list)
{
    struct str kind = yaml_text(c, "kind");
    const struct yaml *expected = case_get(c, "expected");
    if (c->type != YAML_MAP)
        return case_fault(r, c, "a case is a map");
    if (yaml_text(c, "id").size == 0)
        return case_fault(r, c, "id: is missing");
    if (expected && expected->type != YAML_MAP)
        return case_fault(r, expected, "expected: a map of fields and values is wanted");
    struct json *o = json_push_object(list), *computed;
    json_put_str(o, "id", yaml_text(c, "id"));
    json_put_str(o, "title", yaml_text(c, "title"));
    json_put_str(o, "kind", kind);
    computed = json_put_object(o, "computed");
    json_put_int(o, "expected", expected ? (int64_t)expected->count : 0);
    for (size_t i = 0; i < sizeof(KINDS) / sizeof(KINDS[0]); i++)
        if (str_is(kind, KINDS[i].name)) {
            if (!KINDS[i].run(r, c, defaults, computed))
                return false;
            compare(r, expected, computed, o);
            return true;
        }
    return case_fault(r, case_get(c, "kind") ? case_get(c, "kind") : c, "kind: '%.*s' is none of control, criterion, opinion, type1, readiness, sample_size, risk",
                      STR_ARGS(str_slice(kind, 0, 40)));
}

/* A document is a map with a list of cases, such a list, or one case alone. */
static bool document_run(struct case_reader *r, const struct yaml *root, const struct case_defaults *before, struct json *cases)
{
    struct case_defaults defaults = *before;
    const struct yaml *list = root;
    if (root->type == YAML_MAP && case_get(root, "kind"))
        return case_run(r, root, &defaults, cases);
    case_known(r, root, "version scenario_count parameter_defaults time_zone timezone conclusions scenarios rules cases title");
    if (root->type == YAML_MAP && (!case_limits(r, case_get(root, "parameter_defaults"), &defaults.limits) || !case_zone(r, root) || !case_list(r, root, "scenarios cases", &list)))
        return false;
    if (!list || list->count == 0)
        return case_fault(r, root, "scenarios: a list of cases is wanted");
    struct zone *zone = r->zone;
    YAML_EACH (c, list) {
        r->zone = zone; /* a case may have its own */
        if (!case_run(r, c, &defaults, cases))
            return false;
    }
    return true;
}

struct json *cases_run(struct arena *a, const char *file, struct str text, struct err *e)
{
    struct yaml *documents = yaml_read_documents(a, file, text, e);
    if (!documents)
        return NULL;
    struct json *ret = json_object(a), *cases = json_put_array(ret, "cases");
    struct case_reader r = {.a = a, .file = file, .notes = json_put_array(ret, "notes"), .e = e};
    struct case_defaults defaults = {.limits = EVALUATION_LIMITS_DEFAULT};
    YAML_EACH (root, documents) {
        r.zone = NULL;
        if (!document_run(&r, root, &defaults, cases))
            return NULL;
    }
    return ret;
}
