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

static bool persons_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    size_t capacity = 0;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             "select id, name, kind, job_title, department, team, manager, state, started_on, left_on, screening from people_versions p where " PEOPLE_AS_OF("p") " order by id",
             A(view_record_limit(v))) {
        if (b->count == capacity)
            b->persons = arena_grow(v->arena, b->persons, b->count, &capacity, sizeof *b->persons);
        struct str text[11];
        for (int i = 0; i < 11; i++)
            text[i] = people_text(v, row, i);
        b->persons[b->count++] = (struct owing){.id = text[0], .name = text[1], .kind = text[2], .job_title = text[3], .department = text[4], .team = text[5], .manager = text[6],
                                                .state = text[7], .started_on = text[8], .left_on = text[9], .screening = text[10]};
    }
    return inner.code ? (*e = inner, false) : true;
}

/* ---- policies ---- */

static bool is_word_in(struct str list, struct str word)
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
    return str_is(p->audience, "departments") && is_word_in(p->departments, who->department);
}

/* Signed counts from the newest version that was to be signed again. */
static bool policies_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    size_t capacity = 0;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             "select p.id, x.title, p.audience, p.departments, x.id, (select ifnull(max(case when y.is_material = 1 then y.number end), 1) from policy_versions_versions y where y.policy = p.id and "
             "y.state in ('in_force', 'superseded') and y.number <= x.number and " PEOPLE_AS_OF("y") ") from policies_versions p join policy_versions_versions x on x.policy = p.id and "
             "x.state = 'in_force' and " PEOPLE_AS_OF("x") " where p.state = 'in_force' and ifnull(p.audience, 'none') <> 'none' and " PEOPLE_AS_OF("p") " order by p.id",
             A(view_record_limit(v))) {
        if (b->policy_count == capacity)
            b->policies = arena_grow(v->arena, b->policies, b->policy_count, &capacity, sizeof *b->policies);
        b->policies[b->policy_count++] = (struct policy_wanted){people_text(v, row, 0), people_text(v, row, 1), people_text(v, row, 2), people_text(v, row, 3), people_text(v, row, 4), db_int(row, 5)};
    }
    for (size_t i = 0; i < b->count; i++)
        for (size_t k = 0; k < b->policy_count && str_is(b->persons[i].state, "active"); k++)
            b->persons[i].policies += policy_is_wanted(&b->policies[k], &b->persons[i]);
    return inner.code ? (*e = inner, false) : true;
}

static bool signatures_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    struct err inner = {0};
    for (size_t k = 0; k < b->policy_count && !inner.code; k++)
        DB_EACH (row, v->db, &inner,
                 "select distinct a.person from policy_versions_versions y join acknowledgements_versions a on a.policy_version = y.id and a.digest = y.digest and " PEOPLE_AS_OF("a")
                 " where y.policy = ?2 and y.number >= ?3 and y.state in ('in_force', 'superseded') and " PEOPLE_AS_OF("y"),
                 A(view_record_limit(v)), A(b->policies[k].id), A(b->policies[k].signs_from)) {
            struct owing *p = person_at(b, db_text(row, 0));
            if (p && str_is(p->state, "active") && policy_is_wanted(&b->policies[k], p))
                p->policies--;
        }
    return inner.code ? (*e = inner, false) : true;
}

/* ---- the rest ---- */

static bool trainings_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             "select t.person, count(*), sum(t.due_on < ?2) from training_assignments_versions t where t.state in ('assigned', 'started', 'quiz') and " PEOPLE_AS_OF("t") " group by 1",
             A(view_record_limit(v)), A(people_today(v))) {
        struct owing *p = person_at(b, db_text(row, 0));
        if (p) {
            p->trainings = db_int(row, 1);
            p->trainings_late = db_int(row, 2);
        }
    }
    return inner.code ? (*e = inner, false) : true;
}

static bool steps_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             "select s.owner, count(*), sum(s.due_on < ?2) from lifecycle_steps_versions s where s.state = 'open' and s.owner is not null and " PEOPLE_AS_OF("s") " group by 1",
             A(view_record_limit(v)), A(people_today(v))) {
        struct owing *p = person_at(b, db_text(row, 0));
        if (p) {
            p->steps = db_int(row, 1);
            p->steps_late = db_int(row, 2);
        }
    }
    return inner.code ? (*e = inner, false) : true;
}

static bool lines_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner,
             "select ifnull(l.delegate, l.reviewer) as who, count(*) from access_lines_versions l join access_reviews_versions x on x.id = l.review and x.state = 'open' and " PEOPLE_AS_OF("x")
             " where l.state = 'open' and who is not null and " PEOPLE_AS_OF("l") " group by 1",
             A(view_record_limit(v))) {
        struct owing *p = person_at(b, db_text(row, 0));
        if (p)
            p->lines = db_int(row, 1);
    }
    return inner.code ? (*e = inner, false) : true;
}

static void needs_say(const struct people_book *b, struct owing *p)
{
    bool is_here = str_is(p->state, "active"), is_by_rule = p->screening.size == 0 || str_is(p->screening, "rule");
    p->needs_device = is_here && p->devices == 0 && lifecycle_concerns(b->content, "equipped", p->kind);
    p->needs_check = is_here && !p->has_check && (str_is(p->screening, "needed") || (is_by_rule && lifecycle_concerns(b->content, "screened", p->kind)));
}

static bool things_read(struct people_book *b, struct err *e)
{
    struct view *v = b->v;
    struct err inner = {0};
    DB_EACH (row, v->db, &inner, "select d.owner, count(*) from devices_versions d where d.state = 'in_use' and d.owner is not null and " PEOPLE_AS_OF("d") " group by 1", A(view_record_limit(v))) {
        struct owing *p = person_at(b, db_text(row, 0));
        if (p)
            p->devices = db_int(row, 1);
    }
    DB_EACH (row, v->db, &inner, "select distinct c.person from background_checks_versions c where c.state = 'done' and c.is_clear = 1 and " PEOPLE_AS_OF("c"), A(view_record_limit(v))) {
        struct owing *p = person_at(b, db_text(row, 0));
        if (p)
            p->has_check = true;
    }
    for (size_t i = 0; i < b->count && !inner.code; i++)
        needs_say(b, &b->persons[i]);
    return inner.code ? (*e = inner, false) : true;
}

bool people_one_read(struct view *v, struct str id, struct people_book *ret, struct err *e)
{
    struct err inner = {0};
    *ret = (struct people_book){.v = v, .content = lifecycle_content(v->arena, e), .persons = ARENA_NEW(v->arena, struct owing)};
    if (!ret->content)
        return false;
    DB_EACH (row, v->db, &inner,
             "select kind, department, state, screening, name, manager, team, job_title, started_on, left_on, (select count(*) from devices_versions d where d.owner = p.id and d.state = 'in_use' and " PEOPLE_AS_OF("d")
             "), exists(select 1 from background_checks_versions c where c.person = p.id and c.state = 'done' and c.is_clear = 1 and " PEOPLE_AS_OF("c") ") "
             "from people_versions p where p.id = ?2 and " PEOPLE_AS_OF("p"),
             A(view_record_limit(v)), A(id)) {
        struct owing *p = &ret->persons[0];
        *p = (struct owing){.id = id, .kind = people_text(v, row, 0), .department = people_text(v, row, 1), .state = people_text(v, row, 2), .screening = people_text(v, row, 3),
                            .name = people_text(v, row, 4), .manager = people_text(v, row, 5), .team = people_text(v, row, 6), .job_title = people_text(v, row, 7), .started_on = people_text(v, row, 8), .left_on = people_text(v, row, 9),
                            .devices = db_int(row, 10), .has_check = db_int(row, 11) != 0};
        needs_say(ret, p);
        ret->count = 1;
    }
    return inner.code ? (*e = inner, false) : policies_read(ret, e);
}

bool people_book_read(struct view *v, struct people_book *ret, struct err *e)
{
    *ret = (struct people_book){.v = v, .content = lifecycle_content(v->arena, e)};
    return ret->content && persons_read(ret, e) && policies_read(ret, e) && signatures_read(ret, e) && trainings_read(ret, e) && steps_read(ret, e) && lines_read(ret, e) && things_read(ret, e);
}

bool people_sees_check(const struct view_records *r, struct str person)
{
    const struct record_type *t = record_types_find(r->types, STR("background_check"));
    return !r->access || (t && access_matches(r->access, &t->may_read, NULL)) || (person.size && str_equal(person, r->access->person));
}

void people_checks_hide(struct people_book *b, const struct view_records *r)
{
    b->hides_checks = !people_sees_check(r, STR(""));
    for (size_t i = 0; b->hides_checks && i < b->count; i++)
        if (!people_sees_check(r, b->persons[i].id))
            b->persons[i].needs_check = b->persons[i].has_check = false;
}
