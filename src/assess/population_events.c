/* population_events.c - rows as events and as items with attributes. population_evaluate.c puts them together for a control. */
#include "assess/population_events.h"

#include "base/times.h"

/* ---- what the control says ---- */

static struct str severities_text(struct arena *a, const struct json *map)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4096);
    JSON_EACH (v, map)
        buf_printf(&b, "%s%.*s=%.*s", b.size ? " " : "", STR_ARGS(v->key), STR_ARGS(v->text));
    return arena_str(a, buf_view(&b));
}

bool event_rules_read(struct arena *a, const struct control *c, struct event_rules *ret, struct err *e)
{
    struct json *o = c->computation_json && c->computation_json[0] ? json_parse(a, str_of(c->computation_json), JSON_LIMITS_DEFAULT, e) : json_object(a);
    const struct json *list = json_get(o, "attributes"), *by = json_get(o, "sla_by_severity");
    const char **items = arena_array(a, (list ? list->count : 0) + 1, sizeof *items);
    *ret = (struct event_rules){.sla = by ? severities_text(a, by) : json_text(o, "sla"), .extension = json_text(o, "extension"), .attributes = {.items = items}};
    JSON_EACH (v, list)
        items[ret->attributes.count++] = arena_str(a, v->text).data;
    return o != NULL;
}

/* ---- cells ---- */

struct reading {
    struct arena *a, *line;
    const struct population *p;
    const struct frozen *rows;
    struct str *cells;
    size_t row;
    struct zone *zone;
    struct str problem; /* the first */
};

static bool trouble(struct reading *r, const char *what, struct str value)
{
    if (r->problem.size == 0)
        r->problem = arena_printf(r->a, "row %zu: %s: \"%.*s\" cannot be read", r->row, what, STR_ARGS(str_slice(value, 0, 60)));
    return false;
}

/* data NULL: no such column; empty: nothing in it. */
static struct str cell(struct reading *r, const char *role)
{
    size_t at = frozen_column(r->rows, population_role(r->p, str_of(role)));
    return at == SIZE_MAX ? (struct str){0} : str_trim(r->cells[at]);
}

static bool instant_read(struct str text, bool is_end, struct zone *zone, int64_t *ret, bool *ret_is_date)
{
    int64_t ms;
    *ret_is_date = text.size == 10 && text.data[4] == '-';
    if (str_to_int64(text, &ms) && text.size >= 11) {
        *ret = ms;
        return true;
    }
    bool has_zone = text.size > 19 && (text.data[text.size - 1] == 'Z' || text.data[text.size - 1] == 'z' || str_find_char(str_slice(text, 11, text.size), '+') >= 0 ||
                                       str_find_char(str_slice(text, 11, text.size), '-') >= 0);
    char whole[64];
    if (text.size < 10 || text.size > 40 || text.data[0] < '0' || text.data[0] > '9')
        return false;
    bool is_bare = !*ret_is_date && !has_zone; /* "2026-01-31 10:00": local */
    snprintf(whole, sizeof whole, "%.*s%s%s", STR_ARGS(text), is_bare && text.size == 16 ? ":00" : "", is_bare ? "Z" : "");
    if (is_bare && text.data[10] == ' ')
        whole[10] = 'T';
    if (!time_parse(str_of(whole), 0, &ms))
        return false;
    *ret = has_zone ? ms : zone_instant_ms(zone, ms + (*ret_is_date && is_end ? MS_DAY : 0));
    return true;
}

/* Leaves *ret as it is where there is nothing. */
static bool instant_take(struct reading *r, const char *role, bool is_end, int64_t *ret, bool *ret_is_date)
{
    bool is_date = false;
    struct str text = cell(r, role);
    if (text.size == 0)
        return true;
    if (!instant_read(text, is_end, r->zone, ret, &is_date))
        return trouble(r, role, text);
    if (ret_is_date)
        *ret_is_date = is_date;
    return true;
}

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_NOT_APPLICABLE, TRUTH_UNREADABLE };

static enum truth truth_of(struct str text)
{
    static const struct {
        const char *word;
        enum truth truth;
    } words[] = {{"1", TRUTH_YES}, {"true", TRUTH_YES}, {"yes", TRUTH_YES}, {"y", TRUTH_YES}, {"x", TRUTH_YES}, {"0", TRUTH_NO}, {"false", TRUTH_NO}, {"no", TRUTH_NO}, {"n", TRUTH_NO},
                 {"", TRUTH_NO}, {"n/a", TRUTH_NOT_APPLICABLE}, {"na", TRUTH_NOT_APPLICABLE}, {"not applicable", TRUTH_NOT_APPLICABLE}};
    char small[16] = "";
    for (size_t i = 0; i < text.size && i < sizeof small - 1; i++)
        small[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (char)(text.data[i] + 32) : text.data[i];
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text.size < sizeof small && strcmp(small, words[i].word) == 0)
            return words[i].truth;
    return TRUTH_UNREADABLE;
}

/* ---- M3 ---- */

/* "P1BD", or the word of the row's severity: "critical=P7D high=P30D". */
static bool sla_take(struct reading *r, const struct event_rules *rules, struct event *x)
{
    struct str rest = r->p->sla.size ? r->p->sla : rules->sla, word, name, severity = cell(r, "severity");
    if (str_find_char(rest, '=') < 0)
        return sla_read(str_trim(rest), &x->sla) || trouble(r, "within", rest);
    while (str_next_word(&rest, &word))
        if (str_cut(&word, '=', &name) && name.size == severity.size && strncasecmp(name.data, severity.data ? severity.data : "", name.size) == 0)
            return sla_read(word, &x->sla) || trouble(r, "within", word);
    return trouble(r, "severity", severity.data ? severity : STR("no column"));
}

static bool deadline_take(struct reading *r, const struct event_rules *rules, struct event *x)
{
    int64_t deadline = MS_NEVER;
    if (!instant_take(r, "deadline", true, &deadline, NULL))
        return false;
    if (deadline == MS_NEVER)
        return sla_take(r, rules, x);
    x->sla = (struct sla){.ms = deadline - x->trigger_ms};
    return x->sla.ms >= 0 || trouble(r, "deadline", STR("before it began"));
}

static bool event_take(struct reading *r, const struct event_rules *rules, struct event *x)
{
    *x = (struct event){.zone = r->zone, .trigger_ms = MS_NEVER, .completed_ms = MS_NEVER, .extended_dated_ms = MS_NEVER, .extended_to_ms = MS_NEVER, .accepted_ms = MS_NEVER, .used_ms = MS_NEVER};
    struct sla more;
    if (!instant_take(r, "date", false, &x->trigger_ms, &x->is_trigger_date))
        return false;
    if (x->trigger_ms == MS_NEVER)
        return trouble(r, "date", STR(""));
    if (!deadline_take(r, rules, x) || !instant_take(r, "completed", true, &x->completed_ms, NULL) || !instant_take(r, "extended_on", true, &x->extended_dated_ms, NULL) ||
        !instant_take(r, "extended_to", true, &x->extended_to_ms, NULL) || !instant_take(r, "accepted_on", true, &x->accepted_ms, NULL) || !instant_take(r, "used_on", false, &x->used_ms, NULL))
        return false;
    if (x->extended_dated_ms != MS_NEVER && x->extended_to_ms == MS_NEVER && rules->extension.size && sla_read(rules->extension, &more) && more.ms > 0)
        x->extended_to_ms = event_deadline(&(struct calendar){0}, x) + more.ms;
    if (x->extended_to_ms != MS_NEVER && x->extended_dated_ms == MS_NEVER)
        x->extended_to_ms = MS_NEVER; /* nobody says when it was given: it may have been after the deadline */
    x->is_aggravated = truth_of(cell(r, "aggravated")) == TRUTH_YES;
    return true;
}

static struct reading reading_begin(struct arena *a, const struct population *p, const struct frozen *rows, struct zone *zone)
{
    return (struct reading){.a = a, .line = arena_new("row", 16 << 20), .p = p, .rows = rows, .zone = zone, .problem = STR(""),
                            .cells = arena_array(a, rows->column_count + 1, sizeof(struct str))};
}

bool population_events(struct arena *a, const struct population *p, const struct frozen *rows, const struct event_rules *rules, struct zone *zone, struct event **ret, size_t *ret_count,
                       struct str *ret_problem)
{
    struct reading r = reading_begin(a, p, rows, zone);
    struct event *all = arena_array(a, *ret_count + rows->count + 1, sizeof *all);
    for (size_t i = 0; i < *ret_count; i++)
        all[i] = (*ret)[i];
    bool is_ok = true;
    for (r.row = 1; is_ok && r.row <= rows->count; r.row++) {
        is_ok = frozen_row(rows, r.line, r.row, r.cells, NULL) && event_take(&r, rules, &all[*ret_count]);
        *ret_count += is_ok;
        arena_reset(r.line);
    }
    arena_free(r.line);
    *ret = all;
    *ret_problem = r.problem;
    return is_ok;
}

/* ---- M4 ---- */

static bool item_take(struct reading *r, const struct event_rules *rules, struct attributes *t)
{
    bool holds = true;
    for (size_t i = 0; i < rules->attributes.count; i++) {
        struct str text = cell(r, rules->attributes.items[i]);
        enum truth truth = truth_of(text);
        if (truth == TRUTH_UNREADABLE)
            return trouble(r, rules->attributes.items[i], text);
        holds &= truth != TRUTH_NO;
    }
    t->tested++;
    t->deviations += !holds;
    return true;
}

static bool has_columns(struct reading *r, const struct event_rules *rules)
{
    for (size_t i = 0; i < rules->attributes.count; i++)
        if (frozen_column(r->rows, population_role(r->p, str_of(rules->attributes.items[i]))) == SIZE_MAX) {
            r->problem = arena_printf(r->a, "no column says whether %s; a sample is tested by hand, or another population has it", rules->attributes.items[i]);
            return false;
        }
    if (rules->attributes.count == 0)
        r->problem = STR("the control names no attribute");
    return rules->attributes.count > 0;
}

static bool days_hold(struct days days, int64_t day)
{
    return day >= days.first && day <= days.last;
}

bool population_attributes(struct arena *a, const struct population *p, const struct frozen *rows, const struct event_rules *rules, struct days days, struct zone *zone,
                           struct attributes *ret, struct str *ret_problem)
{
    struct reading r = reading_begin(a, p, rows, zone);
    bool is_ok = has_columns(&r, rules), has_date = frozen_column(rows, population_role(p, STR("date"))) != SIZE_MAX;
    for (r.row = 1; is_ok && r.row <= rows->count; r.row++) {
        int64_t at_ms = MS_NEVER;
        is_ok = frozen_row(rows, r.line, r.row, r.cells, NULL) && (!has_date || instant_take(&r, "date", false, &at_ms, NULL));
        bool is_in = is_ok && (!has_date || (at_ms != MS_NEVER && days_hold(days, day_of(zone_local_ms(zone, at_ms)))));
        if (is_ok && has_date && at_ms == MS_NEVER)
            is_ok = trouble(&r, "date", STR(""));
        if (is_ok && is_in)
            is_ok = item_take(&r, rules, ret);
        arena_reset(r.line);
    }
    ret->population = ret->tested;
    arena_free(r.line);
    *ret_problem = r.problem;
    return is_ok;
}
