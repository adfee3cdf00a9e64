#include "report/policy_book.h"

#include "assess/test_records.h"
#include "base/times.h"

#include <time.h>

static struct policy_book book;

static const struct policy_entry *read(const char *id)
{
    struct view *v = ARENA_NEW(a, struct view);
    *v = (struct view){.db = db, .arena = a, .now_ms = 1795291440000, .at_ms = 1795291440000, .leaf_limit = INT64_MAX - 1};
    ck_assert_msg(policy_book_read(v, true, &book, &e), "%s", e.text);
    return policy_book_find(&book, str_of(id));
}

static void person(const char *id, const char *state, const char *kind, const char *department)
{
    version_put("people", id, state, "name, kind, department", arena_printf(a, "'%s', '%s', '%s'", id, kind, department).data);
}

static void version(const char *id, int number, const char *state, bool is_material)
{
    version_put("policy_versions", id, state, "policy, number, title, text, digest, is_material, approvals", arena_printf(a, "'POL-01', %d, 'T', 'x', 'd%d', %d, 1", number, number, is_material).data);
}

static void signature(const char *id, const char *who, const char *of, const char *digest)
{
    version_put("acknowledgements", id, "given", "person, policy_version, digest", arena_printf(a, "'%s', '%s', '%s'", who, of, digest).data);
}

static void audience(const char *who, const char *departments)
{
    version_put("policies", "POL-01", "in_force", "title, audience, departments, approvals", arena_printf(a, "'T', '%s', '%s', 1", who, departments).data);
}

START_TEST(a_signature_counts_from_the_version_that_was_to_be_signed_again)
{
    audience("all", "");
    person("P-1", "active", "employee", "Sales");
    person("P-2", "active", "contractor", "Engineering");
    person("P-3", "left", "employee", "Sales");
    person("P-4", "active", "auditor", "");
    version("PV-1", 1, "in_force", true);
    signature("A-1", "P-1", "PV-1", "d1");
    signature("A-2", "P-1", "PV-1", "d1"); /* twice is once */
    signature("A-3", "P-2", "PV-1", "another text");
    signature("A-4", "P-3", "PV-1", "d1");
    signature("A-5", "P-4", "PV-1", "d1");
    const struct policy_entry *p = read("POL-01");
    ck_assert(p->live && p->live->number == 1 && p->signs_from == 1);
    ck_assert_int_eq(p->needed, 2);
    ck_assert_int_eq(p->signed_count, 1);
    version("PV-1", 1, "superseded", true);
    version("PV-2", 2, "in_force", false);
    p = read("POL-01");
    ck_assert(p->live->number == 2 && p->signs_from == 1 && p->signed_count == 1);
    version("PV-2", 2, "superseded", false);
    version("PV-3", 3, "in_force", true);
    p = read("POL-01");
    ck_assert(p->live->number == 3 && p->signs_from == 3 && p->signed_count == 0);
    ck_assert_int_eq(db_one_int(db, &e, -1, "select count(*) from policy_duty where policy = 'POL-01' and signed_leaf is null"), 2);
    signature("A-6", "P-2", "PV-3", "d3");
    ck_assert_int_eq(read("POL-01")->signed_count, 1);
    ck_assert_int_eq(db_one_int(db, &e, -1, "select count(*) from policy_duty where signed_leaf is null"), 1);
    version("PV-4", 4, "draft", true);
    p = read("POL-01");
    ck_assert(p->live->number == 3 && p->open && p->open->number == 4 && p->version_count == 4);
    ck_assert(policy_book_version(&book, p, 2) && !policy_book_version(&book, p, 9));
}
END_TEST

START_TEST(the_audience_is_who_has_to_sign)
{
    static const struct {
        const char *audience, *departments;
        int64_t needed;
    } cases[] = {{"all", "", 5}, {"employees", "", 3}, {"contractors", "", 1}, {"board", "", 1}, {"none", "", 0}, {"departments", "Sales, engineering", 3}, {"departments", "Sal", 0}, {"departments", "", 0}};
    person("P-1", "active", "employee", "Sales");
    person("P-2", "active", "employee", "Engineering");
    person("P-3", "active", "employee", "");
    person("P-4", "active", "contractor", "Engineering");
    person("P-5", "active", "board", "");
    person("P-6", "active", "auditor", "");
    version("PV-1", 1, "in_force", true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        audience(cases[i].audience, cases[i].departments);
        ck_assert_int_eq(read("POL-01")->needed, cases[i].needed);
        ck_assert_int_eq(db_one_int(db, &e, -1, "select count(*) from policy_duty"), cases[i].needed);
    }
}
END_TEST

/* One pass over the signatures, whatever their number: the plan names no table twice, and nothing is asked for each person. */
START_TEST(ten_thousand_people_are_counted_in_one_pass)
{
    int64_t people = 1000;
    const char *asked = getenv("ASSAY_POLICY_PEOPLE"); /* to measure: 10000 */
    ck_assert(!asked || str_to_int64(str_of(asked), &people));
    ck_assert_msg(db_script(db, arena_printf(a, "with recursive n(i) as (select 1 union all select i + 1 from n where i < %lld) insert into people_versions(id, version, state, from_leaf, from_t, created_leaf, "
                                                "created_t, created_by, changed_by, is_deleted, name, kind, department) select printf('P-%%05d', i), 1, 'active', i, 0, 0, 0, 'x', 'x', 0, 'N', 'employee', "
                                                "'Team ' || (i %% 40) from n", (long long)people).data, &e), "%s", e.text);
    for (int k = 1; k <= 27; k++) {
        const char *id = arena_printf(a, "POL-%02d", k).data, *version_id = arena_printf(a, "PV-%04d", k).data;
        version_put("policies", id, "in_force", "title, audience, approvals", "'T', 'all', 1");
        version_put("policy_versions", version_id, "in_force", "policy, number, title, text, digest, is_material, approvals", arena_printf(a, "'%s', 1, 'T', 'x', 'd', 1, 1", id).data);
        ck_assert_msg(db_script(db, arena_printf(a, "insert into acknowledgements_versions(id, version, state, from_leaf, from_t, created_leaf, created_t, created_by, changed_by, is_deleted, person, policy_version, "
                                                    "digest) select id || '-%d', 1, 'given', 20000 + from_leaf, 0, 0, 0, 'x', 'x', 0, id, '%s', 'd' from people_versions where from_leaf %% 3 > 0", k, version_id).data, &e), "%s", e.text);
    }
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const struct policy_entry *p = read("POL-27");
    clock_gettime(CLOCK_MONOTONIC, &end);
    ck_assert_int_eq(p->needed, people);
    ck_assert_int_eq(p->signed_count, people - people / 3);
    if (asked)
        printf("%lld people: %lld ms\n", (long long)people, (long long)((end.tv_sec - begin.tv_sec) * 1000 + (end.tv_nsec - begin.tv_nsec) / 1000000));
}
END_TEST

TEST_MAIN_WITH("policy_book", setup, teardown, a_signature_counts_from_the_version_that_was_to_be_signed_again, the_audience_is_who_has_to_sign, ten_thousand_people_are_counted_in_one_pass)
