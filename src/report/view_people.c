/* view_people.c - the page "who still owes what": everybody who works here, and the managers whose people are late. */
#include "report/people_internal.h"
#include "report/people_kept.h"

#include <stdlib.h>

enum { CHOICES_MAX = 60 /* the page stays small */, MANAGERS_SHOWN = 12 };

bool names_same(struct str a, struct str b)
{
    bool same = a.size == b.size;
    for (size_t i = 0; same && i < a.size; i++)
        same = (a.data[i] >= 'A' && a.data[i] <= 'Z' ? a.data[i] + 32 : a.data[i]) == (b.data[i] >= 'A' && b.data[i] <= 'Z' ? b.data[i] + 32 : b.data[i]);
    return same;
}

struct json *people_who(struct view *v, struct json *o, const char *key, struct str id, struct str name)
{
    if (id.size == 0) {
        json_put_null(o, key);
        return NULL;
    }
    struct json *who = json_put_object(o, key);
    json_put_str(who, "id", id);
    json_put_str(who, "name", name.size ? name : id);
    json_put_str(who, "url", arena_printf(v->arena, "/people/%.*s", STR_ARGS(id)));
    return who;
}

struct str people_when(struct view *v, struct str date)
{
    int64_t at_ms;
    if (date.size == 0 || !time_parse(date, 0, &at_ms))
        return STR("");
    int64_t days = day_of(at_ms) - day_of(v->at_ms), n = days < 0 ? -days : days;
    if (days == 0)
        return STR("today");
    return arena_printf(v->arena, days < 0 ? "%lld %s late" : "in %lld %s", (long long)n, n == 1 ? "day" : "days");
}

struct str people_choice(const struct view_records *r, const char *type, const char *field, struct str id)
{
    const struct record_type *t = record_types_find(r->types, str_of(type));
    const struct record_field *f = t ? record_type_field(t, str_of(field)) : NULL;
    const struct field_choice *c = f ? record_choice(f, id) : NULL;
    return c ? str_of(c->label) : id;
}

/* ---- one row ---- */

static enum result_status owing_status(const struct owing *p)
{
    return owing_late(p) ? RESULT_FAIL : owing_total(p) ? RESULT_UNKNOWN : RESULT_PASS;
}

static void put_thing(struct json *o, const char *key, bool has, bool needs)
{
    json_put_cstr(o, key, has ? "yes" : needs ? "missing" : "no");
}

static void row_fill(const struct people_book *b, const struct view_records *r, struct json *o, const struct owing *p)
{
    const struct owing *manager = people_book_find(b, p->manager);
    json_put_str(o, "name", p->name);
    json_put_str(o, "url", arena_printf(b->v->arena, "/people/%.*s", STR_ARGS(p->id)));
    json_put_str(o, "kind", p->kind);
    json_put_str(o, "kind_words", people_choice(r, "person", "kind", p->kind));
    json_put_str(o, "job_title", p->job_title);
    json_put_str(o, "team", p->team);
    json_put_str(o, "department", p->department);
    people_who(b->v, o, "manager", p->manager, manager ? manager->name : STR(""));
    json_put_int(o, "policies", p->policies);
    json_put_int(o, "training", p->trainings);
    json_put_int(o, "training_late", p->trainings_late);
    put_thing(o, "device", p->devices > 0, p->needs_device);
    if (people_sees_check(r, p->id))
        put_thing(o, "check", p->has_check, p->needs_check);
    else
        json_put_cstr(o, "check", "");
    json_put_int(o, "steps", p->steps);
    json_put_int(o, "steps_late", p->steps_late);
    json_put_int(o, "access", p->lines);
    json_put_int(o, "total", owing_total(p));
    json_put_int(o, "late", owing_late(p));
    put_status_as(o, owing_status(p), owing_late(p) ? "Overdue" : owing_total(p) ? "Open" : "Owes nothing");
}

/* ---- what the list can be cut down to ---- */

struct tally {
    struct str id, label;
    int64_t people, late, training_late;
};

static int tally_by_late(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (x->late != y->late)
        return x->late > y->late ? -1 : 1;
    return str_compare(x->id, y->id);
}

/* One for each value that somebody active has, in the order of the values. `offset`: of the value's place in a person. */
static size_t tallies(const struct people_book *b, const struct people_values *values, size_t offset, struct tally *ret)
{
    size_t count = 0;
    memset(ret, 0, (values->count + 1) * sizeof *ret);
    for (size_t i = 0; i < b->count && values->count; i++) {
        const struct owing *p = &b->persons[i];
        uint32_t at;
        memcpy(&at, (const char *)p + offset, sizeof at);
        if (!str_is(p->state, "active"))
            continue;
        ret[at].people++;
        ret[at].late += owing_late(p) > 0;
        ret[at].training_late += p->trainings_late > 0;
    }
    for (size_t i = 0; i < values->count; i++)
        if (ret[i].people && values->items[i].size)
            ret[count++] = (struct tally){values->items[i], values->items[i], ret[i].people, ret[i].late, ret[i].training_late};
    return count;
}

static void put_filter(struct json *filters, const char *name, const char *label, struct str value, const struct tally *list, size_t count)
{
    struct json *o = json_push_object(filters);
    json_put_cstr(o, "name", name);
    json_put_cstr(o, "label", label);
    json_put_str(o, "value", value.data ? value : STR(""));
    struct json *choices = json_put_array(o, "choices");
    for (size_t i = 0; i < count && i < CHOICES_MAX; i++) {
        struct json *c = json_push_object(choices);
        json_put_str(c, "id", list[i].id);
        json_put_str(c, "label", list[i].label);
        json_put_int(c, "count", list[i].people);
    }
}

static void put_filters(const struct people_book *b, const struct view_records *r, struct json *page, const struct people_filter *more)
{
    size_t most = b->kinds.count > b->teams.count ? b->kinds.count : b->teams.count;
    struct tally *list = arena_array(b->v->arena, (most > b->managers.count ? most : b->managers.count) + 1, sizeof *list);
    struct json *filters = json_put_array(page, "filters"), *managers = json_put_array(page, "managers");
    size_t count = tallies(b, &b->kinds, offsetof(struct owing, at_kind), list);
    for (size_t i = 0; i < count; i++)
        list[i].label = people_choice(r, "person", "kind", list[i].id);
    put_filter(filters, "kind", "Works as", more->kind, list, count);
    put_filter(filters, "team", "Team", more->team, list, tallies(b, &b->teams, offsetof(struct owing, at_team), list));
    count = tallies(b, &b->managers, offsetof(struct owing, at_manager), list);
    for (size_t i = 0; i < count; i++) {
        const struct owing *p = people_book_find(b, list[i].id);
        list[i].label = p ? p->name : STR("Nobody");
    }
    put_filter(filters, "manager", "Manager", more->manager, list, count);
    if (count)
        qsort(list, count, sizeof *list, tally_by_late);
    for (size_t i = 0; i < count && i < MANAGERS_SHOWN && list[i].late; i++) {
        struct json *o = json_push_object(managers);
        json_put_str(o, "id", list[i].id);
        json_put_str(o, "name", list[i].label);
        json_put_str(o, "url", arena_printf(b->v->arena, "/people?manager=%.*s&status=fail", STR_ARGS(list[i].id)));
        json_put_int(o, "people", list[i].people);
        json_put_int(o, "late", list[i].late);
        json_put_int(o, "training_late", list[i].training_late);
    }
}

static void put_sum(const struct people_book *b, struct json *page)
{
    int64_t here = 0, owing = 0, late = 0, sum[6] = {0};
    static const char *const names[6] = {"policies", "training", "steps", "access", "devices", "checks"};
    for (size_t i = 0; i < b->count; i++) {
        const struct owing *p = &b->persons[i];
        if (!str_is(p->state, "active"))
            continue;
        here++;
        owing += owing_total(p) > 0;
        late += owing_late(p) > 0;
        int64_t one[6] = {p->policies, p->trainings, p->steps, p->lines, p->needs_device, p->needs_check};
        for (int k = 0; k < 6; k++)
            sum[k] += one[k];
    }
    struct json *o = json_put_object(page, "sum");
    json_put_int(o, "people", here);
    json_put_int(o, "owing", owing);
    json_put_int(o, "late", late);
    for (int k = 0; k < 6; k++)
        json_put_int(o, names[k], sum[k]);
}

/* ---- the rows: places of persons, until it is known which are shown ---- */

struct match {
    uint32_t person, rank; /* rank: by name */
    int64_t number;
};
struct matching {
    const struct people_book *b;
    const struct view_filter *f;
    struct str q; /* small letters */
    uint32_t kind, team, manager; /* places of the values; NO_VALUE nobody has it; ANY_VALUE */
    struct match *rows;
    size_t count, all;
    int64_t statuses[4];
};
enum { NO_VALUE = UINT32_MAX - 1, ANY_VALUE = UINT32_MAX };

static uint32_t value_place(const struct people_values *values, struct str wanted)
{
    for (size_t i = 0; i < values->count; i++)
        if (str_equal(values->items[i], wanted))
            return (uint32_t)i;
    return wanted.size ? NO_VALUE : ANY_VALUE;
}

static bool has_words(struct str text, struct str q)
{
    struct str word;
    while (str_next_word(&q, &word))
        if (word.size > text.size || !memmem(text.data, text.size, word.data, word.size))
            return false;
    return true;
}

static bool status_is_wanted(struct str wanted, enum result_status s)
{
    return wanted.size == 0 || (str_is(wanted, "attention") ? s >= RESULT_UNKNOWN : str_is(wanted, result_status_name(s)));
}

static void rows_match(struct matching *m)
{
    const struct people_book *b = m->b;
    bool by_late = sort_is(m->f, "late"), by_total = sort_is(m->f, "total"), by_team = sort_is(m->f, "team");
    for (size_t i = 0; i < b->count; i++) {
        const struct owing *p = &b->persons[b->by_name[i]];
        if (!str_is(p->state, "active") || (m->kind != ANY_VALUE && m->kind != p->at_kind) || (m->team != ANY_VALUE && m->team != p->at_team) ||
            (m->manager != ANY_VALUE && m->manager != p->at_manager))
            continue;
        m->all++;
        if (!has_words(p->words, m->q))
            continue;
        enum result_status s = owing_status(p);
        m->statuses[s]++;
        if (status_is_wanted(m->f->status, s))
            m->rows[m->count++] = (struct match){b->by_name[i], (uint32_t)i, by_late ? owing_late(p) : by_total ? owing_total(p) : by_team ? (int64_t)p->at_team : 0};
    }
}

static int match_order(const void *a, const void *b)
{
    const struct match *x = a, *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->rank > y->rank) - (x->rank < y->rank);
}

static void put_statuses(const struct matching *m, struct json *page)
{
    struct json *list = json_put_array(page, "statuses");
    for (int s = RESULT_FAIL; s >= RESULT_SKIP; s--) {
        struct json *o = json_push_object(list);
        put_status_as(o, (enum result_status)s, "");
        json_put_cstr(o, "words", "");
        json_put_int(o, "count", m->statuses[s]);
    }
    list_name_statuses(page, "Overdue", "Open", "Owes nothing", "Owes nothing");
}

struct json *view_people(struct view *v, const struct view_records *r, const struct view_filter *f, const struct people_filter *more, struct err *e)
{
    struct people_book b;
    struct json *page = record_page_new(v, STR("People"), true, e);
    if (!page || !people_book_get(v, &b, e))
        return NULL;
    people_checks_hide(&b, r);
    json_put_bool(page, "sees_checks", !b.hides_checks);
    struct matching m = {.b = &b, .f = f ? f : &view_filter_none, .kind = value_place(&b.kinds, more->kind), .team = value_place(&b.teams, more->team), .manager = value_place(&b.managers, more->manager)};
    m.q = arena_str(v->arena, m.f->q);
    for (size_t i = 0; i < m.q.size; i++)
        if (m.q.data[i] >= 'A' && m.q.data[i] <= 'Z')
            ((char *)(uintptr_t)m.q.data)[i] += 32;
    m.rows = arena_array(v->arena, b.count + 1, sizeof *m.rows);
    rows_match(&m);
    if (m.count && (sort_is(f, "late") || sort_is(f, "total") || sort_is(f, "team")))
        qsort(m.rows, m.count, sizeof *m.rows, match_order);
    struct json *rows = json_put_array(page, "rows");
    size_t per_page = (size_t)filter_per_page(f), first = (size_t)(filter_page(f) - 1) < m.count ? (size_t)(filter_page(f) - 1) * per_page : m.count;
    json_put_array(page, "groups");
    put_statuses(&m, page);
    for (size_t i = first; i < m.count && i < first + per_page; i++) {
        const struct owing *p = &b.persons[m.rows[m.f->is_descending ? m.count - 1 - i : i].person];
        struct json *o = json_push_object(rows);
        json_put_str(o, "id", p->id);
        row_fill(&b, r, o, p);
    }
    list_put_page(v, page, f, (int64_t)m.count, (int64_t)m.all);
    put_filters(&b, r, page, more);
    put_sum(&b, page);
    return page;
}
