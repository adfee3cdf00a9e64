#include "report/outside.h"

#include "assess/test_records.h"

static struct view v;

static void open_view(void)
{
    setup();
    v = (struct view){.db = db, .arena = a, .now_ms = INT64_C(1795305600000)};
    ck_assert(view_open(&v, 0, &e));
}

static struct outside read_text(const char *text)
{
    struct outside o;
    ck_assert_msg(outside_read(&v, str_of(text), STR("Example LLP"), &o, &e), "%s", e.text);
    return o;
}

static void refuses(const char *text, const char *why)
{
    struct outside o;
    struct err x = {0};
    ck_assert(!outside_read(&v, str_of(text), STR(""), &o, &x));
    ck_assert_msg(strstr(x.text, why) != NULL, "%s", x.text);
}

START_TEST(a_csv_of_findings_becomes_gaps)
{
    struct outside o = read_text("Finding,Control,Criteria,Severity,Kind,Due date,Recommendation\r\n\"Leavers, late\",AC-04,CC6.2;CC6.3,High,operation,2026-12-31,Close within a day\r\n");
    ck_assert_uint_eq(o.count, 1);
    ck_assert_uint_eq(o.problems->count, 0);
    const struct json *set = o.changes[0].set;
    ck_assert(str_is(json_text(set, "title"), "Leavers, late") && str_is(json_text(set, "due_on"), "2026-12-31") && str_is(json_text(set, "source"), "import"));
    ck_assert_int_eq(json_int(set, "impact", 0) * json_int(set, "likelihood", 0), 6);
    ck_assert_uint_eq(json_get(set, "criteria")->count, 2);
    ck_assert(str_is(o.changes[0].why, "from the assessment of Example LLP"));
}
END_TEST

START_TEST(json_brings_answers_and_findings_together)
{
    struct outside o = read_text("{\"assessor\":\"Other\",\"answers\":[{\"question\":\"GOV-01-Q1\",\"answer\":\"No\",\"note\":\"none\"}],\"findings\":[{\"title\":\"No plan\",\"control\":[\"INC-01\"]}]}");
    ck_assert_uint_eq(o.answers, 1);
    ck_assert_uint_eq(o.findings, 1);
    ck_assert(str_is(o.changes[0].type, "answer") && str_is(o.changes[0].id, "GOV-01-Q1") && str_is(json_text(o.changes[0].set, "control"), "GOV-01"));
    ck_assert(str_is(o.changes[1].why, "from the assessment of Other"));
}
END_TEST

START_TEST(what_is_here_already_is_left_as_it_is)
{
    version_put("gap_records", "GAP-0001", "open", "title, impact, likelihood", "'No plan', 2, 2");
    version_put("answers", "GOV-01-Q1", "claimed", "question, control, answer", "'q', 'GOV-01', 'no'");
    struct outside o = read_text("[{\"title\":\"No plan\"},{\"question\":\"GOV-01-Q1\",\"answer\":\"no\"},{\"question\":\"GOV-01-Q1\",\"answer\":\"yes\"}]");
    ck_assert_uint_eq(o.same, 2);
    ck_assert_uint_eq(o.count, 1);
    ck_assert_int_eq(o.changes[0].act, RECORD_CHANGE);
}
END_TEST

START_TEST(every_problem_names_its_row_and_column)
{
    struct outside o = read_text("title,control,criterion,severity,owner,due\nA,ZZ-99,CC99.9,huge,nobody@example.org,tomorrow\n,AC-01,,,,\n");
    ck_assert_uint_eq(o.count, 0);
    ck_assert_uint_eq(o.problems->count, 6);
    ck_assert_int_eq(json_int(json_at(o.problems, 5), "row", 0), 3);
    struct outside q = read_text("question,answer\nGOV-01-Q99,maybe\n");
    ck_assert_uint_eq(q.problems->count, 2);
}
END_TEST

START_TEST(files_of_another_shape_are_refused_as_a_whole)
{
    refuses("", "empty");
    refuses("a,b\n1,2\n", "heading");
    refuses("{\"x\":1}", "neither");
    refuses("{\"assessment-results\":{}}", "OSCAL");
    refuses("{broken", "file");
    refuses("\xff\xfe", "UTF-8");
}
END_TEST

TEST_MAIN_WITH("outside", open_view, teardown, a_csv_of_findings_becomes_gaps, json_brings_answers_and_findings_together, what_is_here_already_is_left_as_it_is,
               every_problem_names_its_row_and_column, files_of_another_shape_are_refused_as_a_whole)
