#include "assess/policy_duties.h"

#include "assess/test_records.h"
#include "base/times.h"

static struct duty *items;
static size_t count;

static void due(int year, int month, int d)
{
    ck_assert_msg(policy_duties_due(db, a, day_of_date((struct date){year, month, d}), &items, &count, &e), "%s", e.text);
}

static const struct duty *found(const char *key)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(items[i].key, key))
            return &items[i];
    return NULL;
}

START_TEST(an_approved_version_comes_into_force_on_its_day_and_not_before)
{
    version_put("policies", "POL-01", "draft", "title, owner, audience, approvals", "'Security', 'P-0001', 'all', 1");
    version_put("policy_versions", "PV-0001", "approved", "policy, number, title, not_before, approvals", "'POL-01', 1, 'Security', '2026-12-01', 1");
    version_put("policy_versions", "PV-0002", "approved", "policy, number, title, approvals", "'POL-01', 2, 'Security', 1");
    due(2026, 11, 30);
    ck_assert_uint_eq(count, 0);
    due(2026, 12, 1);
    ck_assert_uint_eq(count, 1); /* the one without a day waits for somebody */
    const struct duty *d = found("policy/publish/PV-0001/2");
    ck_assert(d && str_is(d->change.transition, "publish"));
}
END_TEST

START_TEST(the_newest_version_is_in_force_and_sets_the_next_review)
{
    version_put("policies", "POL-01", "draft", "title, owner, audience, cadence, approvals", "'Security', 'P-0001', 'all', 'quarterly', 1");
    version_put("policy_versions", "PV-0001", "in_force", "policy, number, title, approvals", "'POL-01', 1, 'Security', 1");
    version_put("policy_versions", "PV-0002", "in_force", "policy, number, title, approvals", "'POL-01', 2, 'Security', 1");
    due(2026, 12, 1);
    ck_assert_uint_eq(count, 2);
    const struct duty *old = found("policy/supersede/PV-0001/2"), *begin = found("policy/begin/POL-01/1");
    ck_assert(old && str_is(old->change.transition, "supersede"));
    ck_assert(begin && str_is(begin->change.transition, "begin") && json_text(begin->change.set, "review_on").size == 10);
}
END_TEST

START_TEST(a_review_is_a_task_once_thirty_days_before)
{
    version_put("policies", "POL-01", "in_force", "title, owner, audience, review_on, approvals", "'Security', 'P-0001', 'all', '2027-01-31', 1");
    due(2026, 12, 31);
    ck_assert_uint_eq(count, 0);
    due(2027, 1, 1);
    const struct duty *d = found("policy/task/POL-01/2027-01-31");
    ck_assert(count == 1 && d && str_is(json_text(d->change.set, "owner"), "P-0001") && str_is(json_text(d->change.set, "due_on"), "2027-01-31"));
    version_put("tasks", "TASK-0001", "open", "title, owner, due_on", "'Review POL-01 Security', 'P-0001', '2027-01-31'");
    due(2027, 1, 2);
    ck_assert_uint_eq(count, 0);
}
END_TEST

TEST_MAIN_WITH("policy_duties", setup, teardown, an_approved_version_comes_into_force_on_its_day_and_not_before, the_newest_version_is_in_force_and_sets_the_next_review,
               a_review_is_a_task_once_thirty_days_before)
