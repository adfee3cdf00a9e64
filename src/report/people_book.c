/* people_book.c - who still owes what: one query for each kind of duty. */
#include "report/people_internal.h"

#include <stdlib.h>

static int person_order(const void *a, const void *b)
{
    return str_compare(((const struct owing *)a)->id, ((const struct owing *)b)->id);
}

static struct owing *person_at(struct people_book *b, struct str id)
{
    struct owing wanted = {.id = id};
    return id.size && b->count ? bsearch(&wanted, b->persons, b->count, sizeof *b->persons, person_order) : NULL;
}

const struct owing *people_book_find(const struct people_book *b, struct str id)
{
    return person_at((struct people_book *)(uintptr_t)b, id);
}

int64_t owing_total(const struct owing *p)
{
    return p->policies + p->trainings + p->steps + p->lines + p->needs_device + p->needs_check;
}

int64_t owing_late(const struct owing *p)
{
    return p->trainings_late + p->steps_late;
}

struct str people_text(struct view *v, struct db_row *row, int column)
{
    return db_is_null(row, column) ? STR("") : arena_str(v->arena, db_text(row, column));
}

struct str people_today(struct view *v)
{
    return day_text(v->arena, view_today(v));
}

static struct str lowered(struct arena *a, const struct owing *p)
{
    struct str s = arena_printf(a, "%.*s %.*s %.*s %.*s", STR_ARGS(p->id), STR_ARGS(p->name), STR_ARGS(p->team), STR_ARGS(p->department));
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] >= 'A' && s.data[i] <= 'Z')
            ((char *)(uintptr_t)s.data)[i] += 32;
    return s;
}

#define PERSONS_SQL(OF, more) \
    "select id, name, kind, job_title, department, team, manager, state, started_on, left_on, screening from people_versions p where " OF("p") " and " more " order by id"
#define PERSONS_ALL(OF) PERSONS_SQL(OF, "?2 = ''")
#define PERSONS_ONE(OF) PERSONS_SQL(OF, "p.id = ?2")

static struct owing person_of_row(struct view *v, struct db_row *row)
{
    struct str text[11];
    for (int i = 0; i < 11; i++)
        text[i] = people_text(v, row, i);
    struct owing p = {.id = text[0], .name = text[1], .kind = text[2], .job_title = text[3], .department = text[4], .team = text[5], .manager = text[6],
                      .state = text[7], .started_on = text[8], .left_on = text[9], .screening = text[10]};
    p.words = lowered(v->arena, &p);
    return p;
}

static bool persons_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    size_t capacity = 0;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner, VIEW_SQL(v, PERSONS_ALL), A(view_record_limit(v)), A("")) {
        if (b->count == capacity)
            b->persons = arena_grow(v->arena, b->persons, b->count, &capacity, sizeof *b->persons);
        b->persons[b->count++] = person_of_row(v, row);
    }
    return inner.code ? (*e = inner, false) : true;
}

/* ---- policies ---- */

bool people_word_in(struct str list, struct str word)
{
    struct str rest = list, one;
    bool is_more = word.size > 0;
    while (is_more) {
        is_more = str_cut(&rest, ',', &one);
        if (names_same(str_trim(one), word))
            return true;
    }
    return false;
}

bool policy_is_wanted(const struct policy_wanted *p, const struct owing *who)
{
    if (str_is(p->audience, "all"))
        return !str_is(who->kind, "auditor");
    if (str_is(p->audience, "employees"))
        return str_is(who->kind, "employee");
    if (str_is(p->audience, "contractors"))
        return str_is(who->kind, "contractor") || str_is(who->kind, "consultant");
    if (str_is(p->audience, "board"))
        return str_is(who->kind, "board");
    return str_is(p->audience, "departments") && people_word_in(p->departments, who->department);
}

/* Signed counts from the newest version that was to be signed again. */
#define POLICIES_SQL(OF) \
    "select p.id, x.title, p.audience, p.departments, x.id, (select ifnull(max(case when y.is_material = 1 then y.number end), 1) from policy_versions_versions y where y.policy = p.id and " \
    "y.state in ('in_force', 'superseded') and y.number <= x.number and " OF("y") ") from policies_versions p join policy_versions_versions x on x.policy = p.id and " \
    "x.state = 'in_force' and " OF("x") " where p.state = 'in_force' and ifnull(p.audience, 'none') <> 'none' and " OF("p") " order by p.id"
bool people_policies_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    size_t capacity = 0;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner, VIEW_SQL(v, POLICIES_SQL), A(view_record_limit(v))) {
        if (b->policy_count == capacity)
            b->policies = arena_grow(v->arena, b->policies, b->policy_count, &capacity, sizeof *b->policies);
        b->policies[b->policy_count++] = (struct policy_wanted){people_text(v, row, 0), people_text(v, row, 1), people_text(v, row, 2), people_text(v, row, 3), people_text(v, row, 4), db_int(row, 5)};
    }
    return inner.code ? (*e = inner, false) : true;
}

/* ---- who signed ---- */

size_t people_signed_place(const struct people_book *b, struct str policy)
{
    size_t i = 0;
    while (i < b->signed_policy_count && !str_equal(b->signed_policies[i], policy))
        i++;
    return i;
}

uint32_t people_signed_number(const struct people_book *b, size_t person, size_t policy_place)
{
    return policy_place < b->signed_policy_count ? b->signed_numbers[person * b->signed_policy_count + policy_place] : 0;
}

static void number_put(struct people_book *b, const struct owing *p, struct str policy, int64_t number)
{
    size_t k = people_signed_place(b, policy), at = p ? (size_t)(p - b->persons) * b->signed_policy_count + k : 0;
    if (p && k < b->signed_policy_count && number > b->signed_numbers[at] && number < UINT32_MAX)
        b->signed_numbers[at] = (uint32_t)number;
}

/* A signature is of a text: of that version, with that digest. Cross joins: the versions are few; of one person the signatures are. */
#define SIGNED_POLICIES(OF) "select distinct y.policy from policy_versions_versions y where y.state in ('in_force', 'superseded') and y.policy is not null and " OF("y") " order by 1"
#define SIGNED_ALL(OF) \
    "select a.person, y.policy, y.number from policy_versions_versions y cross join acknowledgements_versions a on a.policy_version = y.id and a.digest = y.digest and " OF("a") \
    " where y.state in ('in_force', 'superseded') and " OF("y") " and ?2 = ''"
#define SIGNED_ONE(OF) \
    "select a.person, y.policy, y.number from acknowledgements_versions a cross join policy_versions_versions y on y.id = a.policy_version and a.digest = y.digest and " OF("y") \
    " where y.state in ('in_force', 'superseded') and " OF("a") " and a.person = ?2"

static bool signed_read(struct people_book *b, const char *sql, struct str person, struct err *e)
{
    struct view *v = b->v;
    struct err inner = {0};
    struct owing *p = NULL;
    DB_EACH (row, v->db, &inner, sql, A(view_record_limit(v)), A(person)) {
        if (!p || !str_equal(p->id, db_text(row, 0)))
            p = person_at(b, db_text(row, 0));
        number_put(b, p, db_text(row, 1), db_int(row, 2));
    }
    return inner.code ? (*e = inner, false) : true;
}

static bool signatures_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    size_t capacity = 0;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner, VIEW_SQL(v, SIGNED_POLICIES), A(view_record_limit(v))) {
        if (b->signed_policy_count == capacity)
            b->signed_policies = arena_grow(v->arena, b->signed_policies, b->signed_policy_count, &capacity, sizeof *b->signed_policies);
        b->signed_policies[b->signed_policy_count++] = people_text(v, row, 0);
    }
    if (inner.code)
        return *e = inner, false;
    b->signed_numbers = arena_array(v->arena, b->count * b->signed_policy_count + 1, sizeof *b->signed_numbers);
    return signed_read(b, VIEW_SQL(v, SIGNED_ALL), STR(""), e);
}

static void policies_owe(const struct people_book *b, struct owing *p)
{
    p->policies = 0;
    for (size_t k = 0; k < b->policy_count && str_is(p->state, "active"); k++)
        if (policy_is_wanted(&b->policies[k], p) && people_signed_number(b, (size_t)(p - b->persons), people_signed_place(b, b->policies[k].id)) < b->policies[k].signs_from)
            p->policies++;
}

/* ---- the rest: how many of each kind, of everybody (?3 is "") or of one ---- */

#define TRAININGS(OF, whose) \
    "select t.person, count(*), sum(t.due_on < ?2) from training_assignments_versions t where +t.state in ('assigned', 'started', 'quiz') and " OF("t") " and " whose " group by 1"
#define TRAININGS_ALL(OF) TRAININGS(OF, "?3 = ''")
#define TRAININGS_ONE(OF) TRAININGS(OF, "t.person = ?3")
#define STEPS(OF, whose) \
    "select s.owner, count(*), sum(s.due_on < ?2) from lifecycle_steps_versions s where +s.state = 'open' and s.owner is not null and " OF("s") " and " whose " group by 1"
#define STEPS_ALL(OF) STEPS(OF, "?3 = ''")
#define STEPS_ONE(OF) STEPS(OF, "s.owner = ?3")
#define LINES(OF, whose) \
    "select ifnull(l.delegate, l.reviewer) as who, count(*), ?2 is null from access_lines_versions l join access_reviews_versions x on x.id = l.review and +x.state = 'open' and " OF("x") \
    " where +l.state = 'open' and who is not null and " OF("l") " and " whose " group by 1"
#define LINES_ALL(OF) LINES(OF, "?3 = ''")
#define LINES_ONE(OF) \
    "select ?3, count(*), ?2 is null from (" PEOPLE_LINES(OF, "?3") ") k cross join access_reviews_versions x on x.id = k.review and +x.state = 'open' and " OF("x")
#define DEVICES(OF, whose) "select d.owner, count(*), ?2 is null from devices_versions d where +d.state = 'in_use' and d.owner is not null and " OF("d") " and " whose " group by 1"
#define DEVICES_ALL(OF) DEVICES(OF, "?3 = ''")
#define DEVICES_ONE(OF) DEVICES(OF, "d.owner = ?3")
#define CHECKS(OF, whose) \
    "select c.person, count(*), ?2 is null from background_checks_versions c where +c.state = 'done' and c.is_clear = 1 and c.person is not null and " OF("c") " and " whose " group by 1"
#define CHECKS_ALL(OF) CHECKS(OF, "?3 = ''")
#define CHECKS_ONE(OF) CHECKS(OF, "c.person = ?3")

enum counted { COUNT_TRAININGS, COUNT_STEPS, COUNT_LINES, COUNT_DEVICES, COUNT_CHECKS, COUNTED };

static void count_put(struct owing *p, enum counted what, int64_t n, int64_t late)
{
    switch (what) {
    case COUNT_TRAININGS:
        p->trainings = n;
        p->trainings_late = late;
        return;
    case COUNT_STEPS:
        p->steps = n;
        p->steps_late = late;
        return;
    case COUNT_LINES:
        p->lines = n;
        return;
    case COUNT_DEVICES:
        p->devices = n;
        return;
    case COUNT_CHECKS:
        p->has_check = n > 0;
        return;
    case COUNTED:
        return;
    }
}

/* person: "" everybody. */
static bool counts_read(struct people_book *b, struct str person, struct err *e)
{
    struct view *v = b->v;
    struct err inner = {0};
    const char *const all[COUNTED] = {VIEW_SQL(v, TRAININGS_ALL), VIEW_SQL(v, STEPS_ALL), VIEW_SQL(v, LINES_ALL), VIEW_SQL(v, DEVICES_ALL), VIEW_SQL(v, CHECKS_ALL)},
                      *const one[COUNTED] = {VIEW_SQL(v, TRAININGS_ONE), VIEW_SQL(v, STEPS_ONE), VIEW_SQL(v, LINES_ONE), VIEW_SQL(v, DEVICES_ONE), VIEW_SQL(v, CHECKS_ONE)};
    for (int i = 0; i < COUNTED && !inner.code; i++)
        DB_EACH (row, v->db, &inner, person.size ? one[i] : all[i], A(view_record_limit(v)), A(people_today(v)), A(person)) {
            struct owing *p = person_at(b, db_text(row, 0));
            if (p)
                count_put(p, (enum counted)i, db_int(row, 1), db_int(row, 2));
        }
    return inner.code ? (*e = inner, false) : true;
}

static void needs_say(const struct people_book *b, struct owing *p)
{
    bool is_here = str_is(p->state, "active"), is_by_rule = p->screening.size == 0 || str_is(p->screening, "rule");
    p->needs_device = is_here && p->devices == 0 && lifecycle_concerns(b->content, "equipped", p->kind);
    p->needs_check = is_here && !p->has_check && (str_is(p->screening, "needed") || (is_by_rule && lifecycle_concerns(b->content, "screened", p->kind)));
}

bool people_one_read(struct view *v, struct str id, struct people_book *ret, struct err *e)
{
    struct err inner = {0};
    *ret = (struct people_book){.v = v, .content = lifecycle_content(v->arena, e), .persons = ARENA_NEW(v->arena, struct owing)};
    if (!ret->content)
        return false;
    DB_EACH (row, v->db, &inner, VIEW_SQL(v, PERSONS_ONE), A(view_record_limit(v)), A(id)) {
        ret->persons[0] = person_of_row(v, row);
        ret->count = 1;
    }
    if (inner.code || (ret->count && !counts_read(ret, id, &inner)))
        return *e = inner, false;
    if (ret->count)
        needs_say(ret, &ret->persons[0]);
    return people_policies_read(ret, e);
}

bool people_book_read(struct view *v, struct people_book *ret, struct err *e)
{
    *ret = (struct people_book){.v = v, .content = lifecycle_content(v->arena, e)};
    if (!ret->content || !persons_read(ret, e) || !people_policies_read(ret, e) || !signatures_read(ret, e) || !counts_read(ret, STR(""), e))
        return false;
    for (size_t i = 0; i < ret->count; i++) {
        policies_owe(ret, &ret->persons[i]);
        needs_say(ret, &ret->persons[i]);
    }
    people_book_index(ret, v->arena);
    return true;
}

/* ---- read again ---- */

bool people_book_copy(struct view *v, const struct people_book *from, size_t more, struct people_book *ret, struct err *e)
{
    size_t rows = from->signed_policy_count * sizeof *from->signed_numbers;
    *ret = (struct people_book){.v = v, .content = lifecycle_content(v->arena, e), .count = from->count, .signed_policies = from->signed_policies, .signed_policy_count = from->signed_policy_count};
    ret->persons = arena_array(v->arena, from->count + more + 1, sizeof *ret->persons);
    ret->signed_numbers = arena_alloc(v->arena, (from->count + more) * rows + 1);
    if (from->count) {
        memcpy(ret->persons, from->persons, from->count * sizeof *ret->persons);
        memcpy(ret->signed_numbers, from->signed_numbers, from->count * rows);
    }
    return ret->content && people_policies_read(ret, e);
}

/* Moves what stands behind a person `by` places: one more (1) or one less (-1). */
static void rows_move(struct people_book *b, size_t at, int by)
{
    size_t from = by > 0 ? at : at + 1, n = b->count - from, to = by > 0 ? from + 1 : from - 1, policies = b->signed_policy_count;
    memmove(b->persons + to, b->persons + from, n * sizeof *b->persons);
    memmove(b->signed_numbers + to * policies, b->signed_numbers + from * policies, n * policies * sizeof *b->signed_numbers);
    b->count = by > 0 ? b->count + 1 : b->count - 1;
}

bool people_book_renew(struct people_book *b, struct str id, struct err *e)
{
    struct view *v = b->v;
    struct owing now = {0}, *p = person_at(b, id);
    struct err inner = {0};
    bool is_there = false;
    DB_EACH (row, v->db, &inner, VIEW_SQL(v, PERSONS_ONE), A(view_record_limit(v)), A(id)) {
        now = person_of_row(v, row);
        is_there = true;
    }
    if (inner.code)
        return *e = inner, false;
    if (p && !is_there)
        rows_move(b, (size_t)(p - b->persons), -1);
    if (!is_there)
        return true;
    if (!p) {
        size_t at = 0;
        while (at < b->count && str_compare(b->persons[at].id, id) < 0)
            at++;
        rows_move(b, at, 1);
        p = &b->persons[at];
    }
    *p = now;
    memset(b->signed_numbers + (size_t)(p - b->persons) * b->signed_policy_count, 0, b->signed_policy_count * sizeof *b->signed_numbers);
    if (!signed_read(b, VIEW_SQL(v, SIGNED_ONE), now.id, e) || !counts_read(b, now.id, e))
        return false;
    policies_owe(b, p);
    needs_say(b, p);
    return true;
}

/* ---- in which order, and by which values ---- */

struct str owing_team(const struct owing *p)
{
    return p->team.size ? p->team : p->department;
}

static int name_order(const void *a, const void *b)
{
    const struct owing *const *x = a, *const *y = b;
    int order = str_compare((*x)->name, (*y)->name);
    return order ? order : str_compare((*x)->id, (*y)->id);
}

static int text_order(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

enum { VALUE_KIND, VALUE_TEAM, VALUE_DEPARTMENT, VALUE_MANAGER };
static struct str value_of(const struct owing *p, int which)
{
    return which == VALUE_KIND ? p->kind : which == VALUE_TEAM ? owing_team(p) : which == VALUE_DEPARTMENT ? p->department : p->manager.size ? p->manager : STR("none");
}

static uint32_t *value_slot(struct str *items, uint32_t *slots, size_t mask, struct str s)
{
    uint64_t h = 1469598103934665603u;
    for (size_t i = 0; i < s.size; i++)
        h = (h ^ (uint8_t)s.data[i]) * 1099511628211u;
    size_t at = (h ^ h >> 29) & mask;
    while (slots[at] && !str_equal(items[slots[at] - 1], s))
        at = (at + 1) & mask;
    return &slots[at];
}

/* The values in the order of the persons, then sorted; the places of the sorted ones go to the persons. */
static void values_index(struct people_book *b, struct arena *a, int which, struct people_values *ret)
{
    size_t size = 64, count = 0;
    while (size < 2 * b->count + 2)
        size *= 2;
    ret->items = arena_array(a, b->count + 1, sizeof *ret->items);
    uint32_t *slots = calloc(size, sizeof *slots);
    for (int round = 0; slots && round < 2; round++) {
        for (size_t i = 0; i < b->count; i++) {
            struct owing *p = &b->persons[i];
            struct str s = value_of(p, which);
            uint32_t *slot = value_slot(ret->items, slots, size - 1, s), *const ats[] = {&p->at_kind, &p->at_team, &p->at_department, &p->at_manager};
            if (round == 0 && *slot == 0) {
                ret->items[count++] = s;
                *slot = (uint32_t)count;
            }
            *ats[which] = *slot - 1;
        }
        if (round)
            break;
        if (count)
            qsort(ret->items, count, sizeof *ret->items, text_order);
        memset(slots, 0, size * sizeof *slots);
        for (size_t i = 0; i < count; i++)
            *value_slot(ret->items, slots, size - 1, ret->items[i]) = (uint32_t)i + 1;
    }
    ret->count = slots ? count : 0;
    free(slots);
}

void people_book_index(struct people_book *b, struct arena *a)
{
    b->by_name = arena_array(a, b->count + 1, sizeof *b->by_name);
    const struct owing **sorted = malloc((b->count + 1) * sizeof *sorted);
    for (size_t i = 0; sorted && i < b->count; i++)
        sorted[i] = &b->persons[i];
    if (sorted && b->count)
        qsort(sorted, b->count, sizeof *sorted, name_order);
    for (size_t i = 0; sorted && i < b->count; i++)
        b->by_name[i] = (uint32_t)(sorted[i] - b->persons);
    free(sorted);
    values_index(b, a, VALUE_KIND, &b->kinds);
    values_index(b, a, VALUE_TEAM, &b->teams);
    values_index(b, a, VALUE_DEPARTMENT, &b->departments);
    values_index(b, a, VALUE_MANAGER, &b->managers);
}

bool people_sees_check(const struct view_records *r, struct str person)
{
    const struct record_type *t = record_types_find(r->types, STR("background_check"));
    return !r->access || (t && access_matches(r->access, &t->may_read, NULL)) || (person.size && str_equal(person, r->access->person));
}

void people_checks_hide(struct people_book *b, const struct view_records *r)
{
    b->hides_checks = !people_sees_check(r, STR(""));
    if (!b->hides_checks)
        return;
    struct owing *own = arena_array(b->v->arena, b->count + 1, sizeof *own); /* what is kept is everybody's: it never changes */
    if (b->count)
        memcpy(own, b->persons, b->count * sizeof *own);
    b->persons = own;
    for (size_t i = 0; i < b->count; i++)
        if (!people_sees_check(r, b->persons[i].id))
            b->persons[i].needs_check = b->persons[i].has_check = false;
}
