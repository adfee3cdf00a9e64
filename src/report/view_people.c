/* view_people.c - the page "who still owes what": everybody who works here, and the managers whose people are late. */
#include "report/people_internal.h"

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

static int tally_by_id(const void *a, const void *b)
{
    return str_compare(((const struct tally *)a)->id, ((const struct tally *)b)->id);
}

static int tally_by_late(const void *a, const void *b)
{
    const struct tally *x = a, *y = b;
    if (x->late != y->late)
        return x->late > y->late ? -1 : 1;
    return str_compare(x->id, y->id);
}

/* One for each different value of those who are here; sorted by it. */
static size_t tallies(const struct people_book *b, struct str (*value)(const struct owing *p), struct tally *ret)
{
    size_t n = 0, count = 0;
    for (size_t i = 0; i < b->count; i++)
        if (str_is(b->persons[i].state, "active") && value(&b->persons[i]).size)
            ret[n++] = (struct tally){value(&b->persons[i]), value(&b->persons[i]), 1, owing_late(&b->persons[i]) > 0, b->persons[i].trainings_late > 0};
    if (n)
        qsort(ret, n, sizeof *ret, tally_by_id);
    for (size_t i = 0; i < n; i++)
        if (count && str_equal(ret[count - 1].id, ret[i].id)) {
            ret[count - 1].people++;
            ret[count - 1].late += ret[i].late;
            ret[count - 1].training_late += ret[i].training_late;
        } else {
            ret[count++] = ret[i];
        }
    return count;
}

static struct str value_kind(const struct owing *p)
{
    return p->kind;
}
static struct str value_team(const struct owing *p)
{
    return p->team.size ? p->team : p->department;
}
static struct str value_manager(const struct owing *p)
{
    return p->manager.size ? p->manager : STR("none");
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
    struct tally *list = arena_array(b->v->arena, b->count + 1, sizeof *list);
    struct json *filters = json_put_array(page, "filters"), *managers = json_put_array(page, "managers");
    size_t count = tallies(b, value_kind, list);
    for (size_t i = 0; i < count; i++)
        list[i].label = people_choice(r, "person", "kind", list[i].id);
    put_filter(filters, "kind", "Works as", more->kind, list, count);
    put_filter(filters, "team", "Team", more->team, list, tallies(b, value_team, list));
    count = tallies(b, value_manager, list);
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

static bool is_meant(struct str wanted, struct str value)
{
    return wanted.size == 0 || str_equal(wanted, value);
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

static void name_statuses(const struct json *page)
{
    JSON_EACH (status, json_get(page, "statuses")) {
        struct str id = json_text(status, "status");
        const char *words = str_is(id, "fail") ? "Overdue" : str_is(id, "unknown") ? "Open" : "Owes nothing";
        JSON_EACH (member, status)
            if (str_is(member->key, "words") || str_is(member->key, "status_words"))
                member->text = str_of(words);
    }
}

struct json *view_people(struct view *v, const struct view_records *r, const struct view_filter *f, const struct people_filter *more, struct err *e)
{
    struct people_book b;
    struct list l;
    struct json *page = record_page_new(v, STR("People"), true, e);
    if (!page || !people_book_read(v, &b, e))
        return NULL;
    people_checks_hide(&b, r);
    json_put_bool(page, "sees_checks", !b.hides_checks);
    list_init(&l, v, f);
    for (size_t i = 0; i < b.count; i++) {
        const struct owing *p = &b.persons[i];
        if (!str_is(p->state, "active") || !is_meant(more->kind, p->kind) || !is_meant(more->team, value_team(p)) || !is_meant(more->manager, value_manager(p)))
            continue;
        struct json *o = json_object(v->arena);
        json_put_str(o, "id", p->id);
        bool is_counted = sort_is(f, "total") || sort_is(f, "late");
        list_add(&l, (struct list_row){.row = o, .status = owing_status(p), .group = STR(""),
                                       .text = arena_printf(v->arena, "%.*s %.*s %.*s %.*s", STR_ARGS(p->id), STR_ARGS(p->name), STR_ARGS(p->team), STR_ARGS(p->department)),
                                       .sort_number = is_counted ? (sort_is(f, "late") ? owing_late(p) : owing_total(p)) : 0,
                                       .sort_text = sort_is(f, "team") ? value_team(p) : p->name});
    }
    list_finish(&l, page, NULL);
    JSON_EACH (row, json_get(page, "rows"))
        row_fill(&b, r, row, people_book_find(&b, json_text(row, "id")));
    put_filters(&b, r, page, more);
    put_sum(&b, page);
    name_statuses(page);
    return page;
}
