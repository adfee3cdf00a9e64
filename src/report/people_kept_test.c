/* What is kept between requests is what reading everything anew gives, whatever changed in between. */
#include "report/people_kept.h"

#include "assess/test_records.h"
#include "base/times.h"
#include "report/people_internal.h"
#include "report/policy_book.h"
#include "report/view_kept.h"

enum { PEOPLE = 30, POLICIES = 4, STEPS = 400 };
static uint64_t seed;
static struct view_kept *kept;
static int64_t clock_ms = INT64_C(1795291440000);
static int acknowledgements, things;

static uint64_t roll(uint64_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (seed >> 33) % below;
}

static const char *id_of(const char *prefix, uint64_t n)
{
    return arena_printf(a, "%s-%04llu", prefix, (unsigned long long)n).data;
}

/* The leaf that version_put used, and the change that it is: as the engine writes them. */
static void tell(const char *type, const char *id)
{
    ck_assert_msg(db_run(db, &e, "insert into leaf(idx, type, t, st, sq, hash) values(?1, 'record', 0, '', 0, randomblob(32))", A(leaf)), "%s", e.text);
    ck_assert_msg(db_run(db, &e,
                         "insert into record_change(leaf, type, id, version, act, transition, actor, via, step, from_state, to_state, why, difference, is_erased, t) "
                         "values(?1, ?2, ?3, 1, 'change', '', '', '', '', '', '', '', '{}', 0, 0)", A(leaf), A(type), A(id)), "%s", e.text);
}

static void put(const char *type, const char *table, const char *id, const char *state, const char *columns, struct str values)
{
    version_put(table, id, state, columns, values.data);
    tell(type, id);
}

static void person_put(uint64_t n)
{
    static const char *const kinds[] = {"employee", "contractor", "auditor", "board"}, *const departments[] = {"'Sales'", "'Engineering'", "''", "null"};
    put("person", "people", id_of("P", n), roll(8) ? "active" : "left", "name, kind, department, team, manager",
        arena_printf(a, "'N%llu', '%s', %s, %s, %s", (unsigned long long)roll(20), kinds[roll(4)], departments[roll(4)], roll(3) ? "null" : "'Red'",
                     roll(2) ? "null" : arena_printf(a, "'%s'", id_of("P", roll(PEOPLE))).data));
}

static uint64_t in_force[POLICIES];

static void version_put_as(uint64_t policy, uint64_t number, const char *state)
{
    put("policy_version", "policy_versions", id_of("PV", policy * 10 + number), state, "policy, number, title, text, digest, is_material, approvals",
        arena_printf(a, "'%s', %llu, 'T', 'x', 'd%llu', %d, 1", id_of("POL", policy), (unsigned long long)number, (unsigned long long)number, number % 2 != 0));
}

static void version_next(uint64_t policy)
{
    static const char *const audiences[] = {"all", "employees", "departments", "contractors"};
    put("policy", "policies", id_of("POL", policy), "in_force", "title, audience, departments, approvals", arena_printf(a, "'T', '%s', 'sales, Marketing', 1", audiences[policy]));
    if (in_force[policy])
        version_put_as(policy, in_force[policy], "superseded");
    version_put_as(policy, ++in_force[policy], "in_force");
}

static void signature_put(void)
{
    uint64_t number = roll(3) + 1;
    put("acknowledgement", "acknowledgements", id_of("ACK", roll(6) ? (uint64_t)++acknowledgements : roll(40)), "given", "person, policy_version, digest",
        arena_printf(a, "'%s', '%s', 'd%llu'", id_of("P", roll(PEOPLE)), id_of("PV", roll(POLICIES) * 10 + number), (unsigned long long)(roll(9) ? number : 9)));
}

static void thing_put(void)
{
    const char *id = id_of("X", roll(3) ? (uint64_t)++things : roll(30)), *who = id_of("P", roll(PEOPLE)), *other = id_of("P", roll(PEOPLE));
    switch (roll(5)) {
    case 0:
        put("training_assignment", "training_assignments", id, roll(2) ? "assigned" : "completed", "title, course, person, assigned_on, due_on",
            arena_printf(a, "'T', 'c', '%s', '2026-01-01', '%s'", who, roll(2) ? "2026-03-01" : "2027-03-01"));
        return;
    case 1:
        put("lifecycle_step", "lifecycle_steps", id, roll(2) ? "open" : "proven", "owner, due_on", arena_printf(a, "'%s', '%s'", who, roll(2) ? "2026-03-01" : "2027-03-01"));
        return;
    case 2:
        put("access_line", "access_lines", id, roll(2) ? "open" : "kept", "review, name, reviewer, delegate",
            arena_printf(a, "'AR-%llu', 'n', '%s', %s", (unsigned long long)roll(2), who, roll(3) ? "null" : arena_printf(a, "'%s'", other).data));
        return;
    case 3:
        put("device", "devices", id, roll(2) ? "in_use" : "lost", "name, kind, owner", arena_printf(a, "'n', 'laptop', '%s'", who));
        return;
    default:
        put("background_check", "background_checks", id, "done", "person, is_clear", arena_printf(a, "'%s', %d", who, roll(2) ? 1 : 0));
    }
}

static void step(void)
{
    switch (roll(12)) {
    case 0:
    case 1:
        person_put(roll(PEOPLE));
        return;
    case 2:
        if (roll(6) == 0)
            version_next(roll(POLICIES));
        else if (roll(4) == 0)
            put("access_review", "access_reviews", id_of("AR", 0), roll(2) ? "open" : "executing", "title", STR("'T'"));
        else if (roll(4) == 0)
            clock_ms += roll(2) * MS_DAY;
        return;
    case 3:
        if (roll(4) == 0) { /* somebody is deleted */
            const char *id = id_of("P", roll(PEOPLE));
            put("person", "people", id, "active", "name", STR("'gone'"));
            ck_assert(db_run(db, &e, "update people_versions set is_deleted = 1 where id = ?1 and to_leaf is null", A(id)));
        }
        return;
    case 4:
    case 5:
    case 6:
    case 7:
        signature_put();
        return;
    default:
        thing_put();
    }
}

static struct view view_now(struct arena *arena, bool with_kept)
{
    return (struct view){.db = db, .arena = arena, .now_ms = clock_ms, .at_ms = clock_ms, .leaf_limit = INT64_MAX - 1, .kept = with_kept ? kept : NULL};
}

static void books_are_same(const struct people_book *x, const struct people_book *y)
{
    ck_assert_int_eq(x->count, y->count);
    ck_assert_int_eq(x->signed_policy_count, y->signed_policy_count);
    for (size_t i = 0; i < x->count; i++) {
        const struct owing *p = &x->persons[i], *q = &y->persons[i];
        ck_assert_msg(str_equal(p->id, q->id) && str_equal(p->name, q->name) && str_equal(p->kind, q->kind) && str_equal(p->words, q->words) && str_equal(p->state, q->state), "%.*s", STR_ARGS(q->id));
        ck_assert_msg(p->policies == q->policies && p->trainings == q->trainings && p->trainings_late == q->trainings_late && p->steps == q->steps && p->steps_late == q->steps_late &&
                          p->lines == q->lines && p->devices == q->devices && p->has_check == q->has_check && p->needs_device == q->needs_device && p->needs_check == q->needs_check,
                      "%.*s: kept %lld %lld %lld %lld, anew %lld %lld %lld %lld", STR_ARGS(q->id), (long long)p->policies, (long long)p->trainings, (long long)p->steps, (long long)p->lines,
                      (long long)q->policies, (long long)q->trainings, (long long)q->steps, (long long)q->lines);
        ck_assert(x->by_name[i] == y->by_name[i] && str_equal(x->teams.items[p->at_team], y->teams.items[q->at_team]) && str_equal(x->managers.items[p->at_manager], y->managers.items[q->at_manager]));
        for (size_t k = 0; k < x->signed_policy_count; k++)
            ck_assert_int_eq(people_signed_number(x, i, k), people_signed_number(y, i, k));
    }
}

/* Those who have still to sign, as the database's view has them. */
static void missing_is_same(const struct policy_book *b, const struct policy_entry *p)
{
    size_t places[PEOPLE], count = policy_book_missing(b, p, PEOPLE, places), n = 0;
    DB_EACH (row, db, &e, "select person from policy_duty where policy = ?1 and number = ?2 and signed_leaf is null order by person", A(p->id), A(p->live->number)) {
        ck_assert(n < count && str_equal(b->people->persons[places[n]].id, db_text(row, 0)));
        n++;
    }
    ck_assert_uint_eq(n, count);
}

/* And beside both, what the view of the database says, which asks for each person and policy. */
static void progress_is_same(struct view *v)
{
    struct policy_book b;
    ck_assert_msg(policy_book_read(v, true, &b, &e), "%s", e.text);
    for (size_t i = 0; i < b.count; i++) {
        const struct policy_entry *p = &b.entries[i];
        if (!p->live)
            continue;
        ck_assert_int_eq(p->needed, db_one_int(db, &e, -1, "select count(*) from policy_duty where policy = ?1 and number = ?2", A(p->id), A(p->live->number)));
        ck_assert_int_eq(p->signed_count, db_one_int(db, &e, -1, "select count(*) from policy_duty where policy = ?1 and number = ?2 and signed_leaf is not null", A(p->id), A(p->live->number)));
        missing_is_same(&b, p);
    }
}

static void year_play(uint64_t which)
{
    seed = which;
    kept = view_kept_new();
    acknowledgements = things = 0;
    memset(in_force, 0, sizeof(in_force));
    for (uint64_t n = 0; n < PEOPLE / 2; n++)
        person_put(n);
    for (uint64_t n = 0; n < POLICIES; n++)
        version_next(n);
    put("access_review", "access_reviews", id_of("AR", 0), "open", "title", STR("'T'"));
    for (int n = 0; n < STEPS; n++) {
        step();
        if (roll(3))
            continue;
        struct arena *request = arena_new("request", 64 << 20);
        struct view before = view_now(request, true), anew = view_now(request, false);
        struct people_book x, y;
        ck_assert_msg(people_book_get(&before, &x, &e) && people_book_read(&anew, &y, &e), "%s", e.text);
        books_are_same(&x, &y);
        progress_is_same(&before);
        arena_free(request);
    }
    kept = view_kept_free(kept);
}

START_TEST(what_is_kept_is_what_reading_anew_gives)
{
    for (uint64_t which = 1; which <= 6; which++) {
        year_play(which);
        teardown();
        setup();
    }
}
END_TEST

TEST_MAIN_WITH("people_kept", setup, teardown, what_is_kept_is_what_reading_anew_gives)
