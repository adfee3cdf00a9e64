/* The team: who is responsible, accountable, consulted and informed for each piece of work, and how many hours that takes. */
#include "report/view_scope_internal.h"

enum { LETTERS_MAX = 8, PERSONS_SHOWN_MAX = 40, AREAS_MAX = 200, HOURS_A_WEEK = 400 /* tenths */ };

struct person {
    struct str id;
    int64_t tenths;
};
struct area {
    struct str id, work, words, role;
    struct str accountable; /* the first */
    bool is_twice;          /* another one, too */
    char letters[PERSONS_SHOWN_MAX][LETTERS_MAX];
    const struct record *record; /* the first */
    int64_t tenths;
};
struct team {
    const struct scope_facts *f;
    struct person persons[PERSONS_SHOWN_MAX];
    size_t person_count;
    struct area *areas;
    size_t area_count;
    int64_t missing;
};

static size_t person_index(struct team *t, struct str id)
{
    for (size_t i = 0; i < t->person_count; i++)
        if (str_equal(t->persons[i].id, id))
            return i;
    if (id.size == 0 || t->person_count == PERSONS_SHOWN_MAX)
        return SIZE_MAX;
    t->persons[t->person_count] = (struct person){.id = id};
    return t->person_count++;
}

static void letter_add(struct team *t, struct area *a, struct str person, char letter)
{
    size_t i = person_index(t, person);
    if (i == SIZE_MAX || strchr(a->letters[i], letter))
        return;
    size_t n = strlen(a->letters[i]);
    if (n + 1 < LETTERS_MAX) {
        a->letters[i][n] = letter;
        a->letters[i][n + 1] = 0;
    }
}

/* "12.5" as tenths. */
static int64_t tenths_of(const struct record *record, const char *field)
{
    const struct json *value = json_get(record->values, field);
    if (!value || value->type == JSON_NULL)
        return 0;
    struct str text = value->text, whole;
    int64_t hours = 0, rest = 0;
    if (value->type == JSON_NUMBER && value->is_integer)
        return value->integer * 10;
    (void)str_cut(&text, '.', &whole);
    if (!str_to_int64(whole, &hours) || (text.size && !str_to_int64(str_slice(text, 0, 1), &rest)))
        return 0;
    return hours * 10 + rest;
}

static struct area *area_find(struct team *t, struct str work)
{
    for (size_t i = 0; i < t->area_count; i++)
        if (scope_name_equal(t->areas[i].work, work))
            return &t->areas[i];
    if (t->area_count == AREAS_MAX)
        return NULL;
    t->areas[t->area_count] = (struct area){.work = work, .id = STR(""), .words = STR(""), .role = STR("")};
    return &t->areas[t->area_count++];
}

static void area_fill(struct team *t, const struct record *record)
{
    struct area *a = area_find(t, scope_text(record, "work"));
    if (!a)
        return;
    struct str accountable = scope_text(record, "accountable"), responsible = scope_text(record, "responsible");
    a->is_twice |= a->accountable.size > 0 && !str_equal(a->accountable, accountable);
    a->accountable = a->accountable.size ? a->accountable : accountable;
    a->record = a->record ? a->record : record;
    letter_add(t, a, responsible, 'R');
    letter_add(t, a, accountable, 'A');
    JSON_EACH (id, scope_list(record, "consulted"))
        letter_add(t, a, id->text, 'C');
    JSON_EACH (id, scope_list(record, "informed"))
        letter_add(t, a, id->text, 'I');
    int64_t tenths = tenths_of(record, "hours_a_week");
    size_t who = person_index(t, responsible);
    if (who != SIZE_MAX)
        t->persons[who].tenths += tenths;
    a->tenths += tenths;
}

static struct str hours_text(struct view *v, int64_t tenths)
{
    return tenths == 0 ? STR("") : tenths % 10 ? arena_printf(v->arena, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10))
                                               : arena_printf(v->arena, "%lld", (long long)(tenths / 10));
}

static void put_people(struct team *t, struct json *page)
{
    struct view *v = t->f->v;
    struct json *list = json_put_array(page, "people");
    for (size_t i = 0; i < t->person_count; i++) {
        struct err ignored = {0};
        struct json *o = json_push(list, scope_person(v, t->persons[i].id));
        struct str title = db_one_text(v->arena, v->db, &ignored, "select job_title from people_versions where id = ?1 and to_leaf is null", A(t->persons[i].id));
        bool is_sponsor = str_equal(t->persons[i].id, scope_text(t->f->organisation, "sponsor")), is_lead = str_equal(t->persons[i].id, scope_text(t->f->organisation, "lead"));
        json_put_str(o, "job_title", is_sponsor ? STR("Executive sponsor") : is_lead ? STR("Compliance lead") : title.data ? title : STR(""));
        json_put_str(o, "hours", hours_text(v, t->persons[i].tenths));
        json_put_bool(o, "is_over", t->persons[i].tenths > HOURS_A_WEEK);
        json_put_str(o, "url", record_url(v, "person", t->persons[i].id));
    }
}

static void put_area(struct team *t, struct json *list, const struct area *a)
{
    struct view *v = t->f->v;
    struct json *o = json_push_object(list);
    const char *problem = !a->record ? "Nobody yet" : a->is_twice ? "More than one answers for it" : !a->accountable.size ? "Nobody answers for it" : "";
    json_put_str(o, "area", a->id);
    json_put_str(o, "work", a->work);
    json_put_str(o, "words", a->words);
    json_put_str(o, "role", a->role);
    json_put_str(o, "url", a->record ? record_url(v, "responsibility", a->record->id) : STR(""));
    json_put_bool(o, "is_missing", !a->record);
    json_put_cstr(o, "problem", problem);
    json_put_str(o, "hours", hours_text(v, a->tenths));
    put_status_as(o, !*problem ? RESULT_PASS : a->record ? RESULT_FAIL : RESULT_UNKNOWN, *problem ? problem : "One answers for it");
    struct json *cells = json_put_array(o, "cells");
    for (size_t i = 0; i < t->person_count; i++) {
        struct json *c = json_push_object(cells);
        json_put_cstr(c, "letters", a->letters[i]);
        bool is_bad = a->is_twice && strchr(a->letters[i], 'A');
        json_put_bool(c, "is_bad", is_bad);
    }
    t->missing += *problem != 0;
}

struct json *view_scope_team(struct view *v, const struct view_records *r, struct str area, struct err *e)
{
    struct scope_facts f;
    struct json *page = record_page_new(v, STR("Team"), true, e);
    const struct json *content = page ? scope_content(v, e) : NULL;
    if (!content || !scope_facts_read(v, r, &f, e))
        return NULL;
    struct team *t = ARENA_NEW(v->arena, struct team);
    *t = (struct team){.f = &f, .areas = arena_array(v->arena, AREAS_MAX, sizeof *t->areas)};
    (void)person_index(t, scope_text(f.organisation, "sponsor"));
    (void)person_index(t, scope_text(f.organisation, "lead"));
    JSON_EACH (k, json_get(content, "areas"))
        t->areas[t->area_count++] = (struct area){.id = json_text(k, "id"), .work = json_text(k, "work"), .words = json_text(k, "words"), .role = json_text(k, "role")};
    for (size_t i = 0; i < f.team.count; i++)
        area_fill(t, &f.team.items[i]);
    put_people(t, page);
    struct json *list = json_put_array(page, "areas");
    for (size_t i = 0; i < t->area_count; i++)
        put_area(t, list, &t->areas[i]);
    json_put_int(page, "missing", t->missing);
    json_put_int(page, "total", (int64_t)t->area_count);
    json_put_str(page, "chosen", area);
    json_put(page, "choices", record_targets(v, r, "person"));
    json_put_bool(page, "may_create", scope_may_create(&f, "responsibility"));
    return page;
}
