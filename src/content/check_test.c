#include "content/check.h"

#include "base/test.h"
#include <stdio.h>

/* One of everything, without a problem. */
static const char criteria[] =
    "criteria_count: 1\n"
    "categories:\n- {id: security, name: Security, mandatory: true}\n"
    "criteria:\n- id: CC6.1\n  category: security\n  series: CC6\n  series_title: Access\n  title: T\n  summary: S\n"
    "  coso_principle: null\n  points_of_focus_2022: {total: 2, coso: 2}\n  topics: [t]\n  typical_controls: [AC-01]\n"
    "  all_library_controls: [AC-01]\n  typical_evidence: [e]\n  population: P\n  operating_test: O\n"
    "  typical_frequency: daily\n  crosswalk: {gdpr: [], hipaa: ['1.10']}\n";
static const char controls[] =
    "control_count: 1\ncontrols:\n- id: AC-01\n  family: F\n  title: T\n  statement: S\n  owner_role: O\n  type: preventive\n"
    "  nature: automated\n  frequency: daily\n  core: true\n  criteria: [CC6.1]\n  primary_criterion: CC6.1\n"
    "  categories: [security]\n  policies: [POL-01]\n  evidence: [e]\n  data_sources: [d]\n  failure_modes: [f]\n"
    "  population: P\n  test_design: D\n  test_operation: O\n"
    "  computation: {model: config_state, expected_interval: P1D, max_staleness: P14D, subject: host, max_fail_fraction: 0.02}\n"
    "  gap_questions: []\n";
static const char policies[] = "policy_count: 1\npolicies:\n- {id: POL-01, title: T, purpose: P, sections: [s], owner: O, "
                               "approver: A, review_cadence: annual,\n"
                               "   applies_when: security, criteria: [CC6.1], controls: [AC-01]}\n";
static const char risks[] =
    "risk_count: 1\nrisks:\n- {id: RISK-001, title: T, category: access, causes: [c], consequences: [c], criteria: [CC6.1],\n"
    "   treatment_controls: [AC-01], suggested_inherent: {likelihood: 3, impact: 4}}\n";
static const char requests[] =
    "request_count: 1\nrequests:\n- {id: PBC-001, section: S, request: R, criteria: [CC6.1], controls: [AC-01], kind: document,\n"
    "   format: F, ipe_required: false, phase: planning, report_types: [type1], sample_follow_up: false}\n";
static const char parameters[] =
    "parameters:\n- {name: days_max, label: L, group: G, type: integer, unit: days, default: 30, min: 1, max: 90, words: W}\n";
static const char roles[] =
    "permissions:\n- {id: read, words: W}\nroles:\n- {id: viewer, label: L, words: W, permissions: [read]}\n";
static const char scope[] =
    "categories:\n- {id: security, tour: T, promise: P, asks: A, questions: [{id: S-1, weight: in, question: Q, why_yes: Y, why_no: N}]}\n"
    "archetypes:\n- {id: saas, words: W, categories: [security], items: [{kind: software, name: N, is_in: true, reason: R}]}\n"
    "areas:\n- {id: scope, work: W, role: security, words: W}\nprograms:\n- {name: N, kind: database, match: [postgres]}\n"
    "clouds:\n- {id: aws, name: N}\nassumed_of_a_cloud: A\n";
static const char sql_test[] =
    "/*\nid: old-users\ntitle: T\ntopic: accounts\nwhy: W\nseverity: high\ncontrols:\n- {control: AC-01, reason: R}\n"
    "tables: [users]\nparameters: [days_max]\nempty: unknown\nfix: F\nreferences: ['passwd(5)']\n*/\n"
    "WITH x(u) AS (SELECT username FROM users)\nSELECT u, 'pass', 'it''s :fine' FROM x WHERE :days_max < :now_ms -- :no\n";

struct sample {
    struct content_source sources[9];
};

static struct sample sample_make(void)
{
    return (struct sample){{{"content/criteria.yaml", str_of(criteria)},
                            {"content/controls.yaml", str_of(controls)},
                            {"content/policies.yaml", str_of(policies)},
                            {"content/risks.yaml", str_of(risks)},
                            {"content/requests.yaml", str_of(requests)},
                            {"content/parameters.yaml", str_of(parameters)},
                            {"content/tests/old-users.sql", str_of(sql_test)},
                            {"content/roles.yaml", str_of(roles)},
                            {"content/scope.yaml", str_of(scope)}}};
}

static struct arena *arena;

static struct content *check(const struct content_source *sources, size_t count)
{
    arena_free(arena);
    arena = arena_new("check_test", 64 << 20);
    return content_check(arena, sources, count);
}

/* In source `which`, puts `with` in place of `what`; the check must then say `message` (its beginning). */
static void refuses(size_t which, const char *what, const char *with, const char *message)
{
    struct sample s = sample_make();
    struct str text = s.sources[which].text;
    ptrdiff_t at = str_find(text, str_of(what));
    ck_assert_msg(at >= 0, "\"%s\" is not in the sample", what);
    char changed[4096];
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)at, text.data, with, text.data + at + strlen(what));
    s.sources[which].text = str_of(changed);
    struct content *c = check(s.sources, 9);
    bool is_said = false;
    for (size_t i = 0; i < c->problem_count; i++)
        is_said |= strncmp(c->problems[i].text, message, strlen(message)) == 0;
    ck_assert_msg(is_said, "expected \"%s\", got %zu problems, the first \"%s\"", message, c->problem_count,
                  c->problem_count ? c->problems[0].text : "");
}

START_TEST(reads_everything)
{
    struct sample s = sample_make();
    struct content *c = check(s.sources, 9);
    ck_assert_msg(c->problem_count == 0, "%s", c->problem_count ? c->problems[0].text : "");
    ck_assert_uint_eq(c->criterion_count, 1);
    ck_assert_int_eq(c->criteria[0].points_of_focus, 2);
    ck_assert_int_eq(c->criteria[0].coso_principle, 0);
    ck_assert_str_eq(c->criteria[0].crosswalk_json, "{\"gdpr\":[],\"hipaa\":[\"1.10\"]}");
    ck_assert_int_eq(c->controls[0].model, MODEL_CONFIG_STATE);
    ck_assert_int_eq(c->controls[0].max_staleness_ms, 14 * INT64_C(86400000));
    ck_assert(c->controls[0].max_fail_fraction > 0.0199 && c->controls[0].max_fail_fraction < 0.0201);
    ck_assert_int_eq(c->controls[0].max_fail_days, 7);
    ck_assert_int_eq(c->risks[0].impact, 4);
    ck_assert_int_eq(c->parameters[0].max, 90);
    ck_assert_str_eq(c->tests[0].controls[0].control, "AC-01");
    ck_assert(strncmp(c->tests[0].sql, "WITH x", 6) == 0);
    ck_assert_str_eq(c->tests[0].source, sql_test);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
    struct sample s = sample_make();
    struct content *c = check(s.sources + 1, 6);
    ck_assert_uint_gt(c->problem_count, 0);
    ck_assert_str_eq(c->problems[c->problem_count - 1].text, "scope.yaml:1:1: file: missing");
}
END_TEST

START_TEST(a_file_of_no_kind_is_named)
{
    struct sample s = sample_make();
    s.sources[6].path = "content/notes.txt";
    ck_assert_str_eq(check(s.sources, 9)->problems[0].text, "content/notes.txt:1:1: file: no kind of content has this name");
}
END_TEST

START_TEST(duplicate_keys)
{
    refuses(1, "family: F", "family: F\n  family: G",
            "content/controls.yaml:5:3: duplicate key: \"family\" stands in line 4 already");
}
END_TEST
START_TEST(anchors)
{
    refuses(3, "title: T", "title: &t T", "content/risks.yaml:3:25: anchor: ");
}
END_TEST
START_TEST(unknown_members)
{
    refuses(1, "family: F", "famliy: F", "content/controls.yaml:4:3: AC-01: unknown member \"famliy\"");
}
END_TEST
START_TEST(missing_members)
{
    refuses(1, "  family: F\n", "", "content/controls.yaml:3:3: AC-01: member \"family\" is missing");
}
END_TEST
START_TEST(missing_ids)
{
    refuses(3, "id: RISK-001, ", "", "content/risks.yaml:3:3: risk: member \"id\" is missing");
}
END_TEST
START_TEST(bad_ids)
{
    refuses(3, "RISK-001", "RISK-1", "content/risks.yaml:3:8: risk \"RISK-1\": not an id");
}
END_TEST
START_TEST(ids_defined_twice)
{
    refuses(5, "- {name", "- {name: days_max, label: l, group: g, type: text, unit: u, default: d, words: w}\n- {name",
            "content/parameters.yaml:3:10: parameter days_max: defined already at content/parameters.yaml:2");
}
END_TEST
START_TEST(unknown_criteria)
{
    refuses(3, "criteria: [CC6.1]", "criteria: [CC6.9]",
            "content/risks.yaml:3:89: RISK-001: refers to criterion \"CC6.9\", which is not defined");
}
END_TEST
START_TEST(unknown_controls)
{
    refuses(6, "control: AC-01", "control: AC-99", "content/tests/old-users.sql:8:13: old-users: refers to control \"AC-99\"");
}
END_TEST
START_TEST(unknown_policies)
{
    refuses(1, "[POL-01]", "[POL-01, POL-77]", "content/controls.yaml:15:22: AC-01: refers to policy \"POL-77\"");
}
END_TEST
START_TEST(unknown_parameters)
{
    refuses(6, "[days_max]", "[days_max, nights_max]",
            "content/tests/old-users.sql:10:24: old-users: refers to parameter \"nights_max\"");
}
END_TEST
START_TEST(empty_texts)
{
    refuses(4, "section: S", "section: ' '", "content/requests.yaml:3:26: PBC-001: \"section\" must be a text");
}
END_TEST
START_TEST(values_out_of_a_list)
{
    refuses(1, "type: preventive", "type: magic", "content/controls.yaml:8:9: AC-01: \"type\" must be one of");
}
END_TEST
START_TEST(flags_that_are_neither)
{
    refuses(1, "core: true", "core: yes", "content/controls.yaml:11:9: AC-01: \"core\" must be true or false");
}
END_TEST
START_TEST(counts_that_are_wrong)
{
    refuses(1, "control_count: 1", "control_count: 2", "content/controls.yaml:1:16: control_count: says \"2\", the list has 1");
}
END_TEST
START_TEST(likelihood_out_of_range)
{
    refuses(3, "likelihood: 3", "likelihood: 6", "content/risks.yaml:4:53: RISK-001: likelihood and impact must be from 1 to 5");
}
END_TEST
START_TEST(bad_durations)
{
    refuses(1, "P14D", "14 days", "content/controls.yaml:22:77: AC-01: max_staleness: \"14 days\" is no duration");
}
END_TEST
START_TEST(unknown_models)
{
    refuses(1, "config_state", "vibes", "content/controls.yaml:22:16: AC-01: computation: \"vibes\" is no model");
}
END_TEST
START_TEST(models_without_their_members)
{
    refuses(1, ", subject: host", "", "content/controls.yaml:22:16: AC-01: computation: model config_state needs \"subject\"");
}
END_TEST
START_TEST(criteria_without_controls)
{
    refuses(1, "  criteria: [CC6.1]", "  criteria: [CC6.2]", "content/criteria.yaml:5:7: CC6.1: no control covers it");
}
END_TEST
START_TEST(primary_criteria_outside_their_control)
{
    refuses(1, "primary_criterion: CC6.1", "primary_criterion: CC6.2",
            "content/controls.yaml:3:7: AC-01: primary criterion CC6.2 is not among its criteria");
}
END_TEST
START_TEST(policies_that_a_control_does_not_name_back)
{
    refuses(2, "controls: [AC-01]", "controls: [AC-02]",
            "content/controls.yaml:3:7: AC-01: names policy POL-01, which does not name it");
}
END_TEST
START_TEST(scope_questions_of_an_unknown_weight_and_category)
{
    refuses(8, "weight: in", "weight: heavy", "content/scope.yaml:2:78: S-1: \"weight\" must be one of in lean");
    refuses(8, "- {id: security", "- {id: safety", "content/scope.yaml:2:8: safety: refers to category \"safety\", which is not defined");
    refuses(8, "questions: [", "question: [", "content/scope.yaml:2:3: scope: \"questions\" must be a list");
    refuses(8, "clouds:", "skies:", "content/scope.yaml:1:1: scope: \"clouds\" must be a list");
}
END_TEST
START_TEST(controls_without_a_request)
{
    refuses(4, "controls: [AC-01]", "controls: [AC-02]", "content/controls.yaml:3:7: AC-01: no request asks for its evidence");
}
END_TEST
START_TEST(parameter_defaults_out_of_range)
{
    refuses(5, "default: 30", "default: 91", "content/parameters.yaml:2:76: days_max: \"default\" must be");
}
END_TEST
START_TEST(roles_with_permissions_that_are_not_there)
{
    refuses(7, "[read]", "[write]", "content/roles.yaml:4:50: viewer: refers to permission \"write\", which is not defined");
}
END_TEST

START_TEST(parameters_that_no_test_uses)
{
    refuses(5, "- {name", "- {name: spare, label: l, group: g, type: text, unit: u, default: d, words: w}\n- {name",
            "content/parameters.yaml:2:10: spare: no test, control, policy or course uses it");
}
END_TEST
START_TEST(tests_without_a_header)
{
    refuses(6, "/*\n", "", "content/tests/old-users.sql:1:1: header: the file must begin");
}
END_TEST
START_TEST(tests_with_another_id_than_their_file)
{
    refuses(6, "id: old-users", "id: new-users", "content/tests/old-users.sql:2:5: new-users: the id must be the file's name");
}
END_TEST
START_TEST(fixes_with_an_undeclared_parameter)
{
    refuses(6, "fix: F", "fix: 'set {days_max} ${a_b} {print} {days_min}'",
            "content/tests/old-users.sql:12:6: old-users: \"fix\" has {days_min}, but");
}
END_TEST
START_TEST(tests_without_a_reason)
{
    refuses(6, ", reason: R", "", "content/tests/old-users.sql:8:3: old-users: member \"reason\" is missing");
}
END_TEST
START_TEST(tests_that_map_to_nothing)
{
    refuses(6, "\n- {control: AC-01, reason: R}", " []", "content/tests/old-users.sql:7:11: old-users: \"controls\" must be");
}
END_TEST
START_TEST(tests_that_read_undeclared_tables)
{
    refuses(6, "SELECT u,", "SELECT (SELECT 1 FROM shadow), u,",
            "content/tests/old-users.sql:16:23: old-users: SQL: \"shadow\": is read, but");
}
END_TEST
START_TEST(tests_that_do_not_read_a_declared_table)
{
    refuses(6, "[users]", "[users, groups]", "content/tests/old-users.sql:1:1: old-users: \"tables\" names groups");
}
END_TEST
START_TEST(tests_that_bind_undeclared_parameters)
{
    refuses(6, ":now_ms", ":later_ms", "content/tests/old-users.sql:16:58: old-users: SQL: \"later_ms\": is bound, but");
}
END_TEST
START_TEST(tests_that_ask_the_clock)
{
    refuses(6, "SELECT u,", "SELECT date('now') || u,",
            "content/tests/old-users.sql:16:8: old-users: SQL: \"date\": a test may not use it");
}
END_TEST
START_TEST(tests_of_two_statements)
{
    refuses(6, " -- :no", "; SELECT 1", "content/tests/old-users.sql:16:67: old-users: SQL: \"SELECT\": a test is one statement");
}
END_TEST
START_TEST(tests_that_write)
{
    refuses(6, "WITH x(u) AS", "DELETE", "content/tests/old-users.sql:15:1: old-users: SQL: \"DELETE\": a test is one SELECT");
}
END_TEST
START_TEST(tests_with_relative_paths)
{
    refuses(6, "empty: unknown", "paths: [etc/passwd]",
            "content/tests/old-users.sql:11:9: old-users: \"etc/passwd\" must be an absolute path");
}
END_TEST
START_TEST(tests_with_an_unknown_severity)
{
    refuses(6, "severity: high", "severity: huge", "content/tests/old-users.sql:6:11: old-users: \"severity\" must be one of");
}
END_TEST
START_TEST(tests_with_an_unknown_meaning_of_empty)
{
    refuses(6, "empty: unknown", "empty: pass", "content/tests/old-users.sql:11:8: old-users: \"empty\" must be");
}
END_TEST

/* Whatever is changed, the check ends, and each problem says where. */
START_TEST(any_change_gives_content_or_located_problems)
{
    static const char alphabet[] = "&*!|>'\"{}[],:-#\n a0;/\xff(";
    uint64_t random = 7;
    for (int round = 0; round < 3000; round++) {
        struct sample s = sample_make();
        size_t which = test_random(&random) % 7;
        char text[4096];
        size_t size = s.sources[which].text.size;
        memcpy(text, s.sources[which].text.data, size);
        for (uint64_t n = test_random(&random) % 3 + 1; n > 0; n--)
            text[test_random(&random) % size] = alphabet[test_random(&random) % (sizeof alphabet - 1)];
        if (test_random(&random) % 8 == 0)
            size = test_random(&random) % size;
        s.sources[which].text = str_make(text, size);
        struct content *c = check(s.sources, 9);
        for (size_t i = 0; i < c->problem_count; i++) {
            const struct content_problem *p = &c->problems[i];
            char start[200];
            int n = snprintf(start, sizeof start, "%s:%d:%d: ", p->file, p->line, p->column);
            ck_assert_msg(p->line > 0 && p->column > 0 && strncmp(p->text, start, (size_t)n) == 0, "round %d: %s", round,
                          p->text);
        }
    }
}
END_TEST

TEST_MAIN("check", reads_everything, a_missing_file_is_named, a_file_of_no_kind_is_named, duplicate_keys, anchors,
          unknown_members, missing_members, missing_ids, bad_ids, ids_defined_twice, unknown_criteria, unknown_controls,
          unknown_policies, unknown_parameters, empty_texts, values_out_of_a_list, flags_that_are_neither, counts_that_are_wrong,
          likelihood_out_of_range, bad_durations, unknown_models, models_without_their_members, criteria_without_controls,
          primary_criteria_outside_their_control, scope_questions_of_an_unknown_weight_and_category, policies_that_a_control_does_not_name_back, controls_without_a_request,
          parameter_defaults_out_of_range, parameters_that_no_test_uses, roles_with_permissions_that_are_not_there, tests_without_a_header,
          tests_with_another_id_than_their_file, fixes_with_an_undeclared_parameter, tests_without_a_reason,
          tests_that_map_to_nothing, tests_that_read_undeclared_tables, tests_that_do_not_read_a_declared_table,
          tests_that_bind_undeclared_parameters, tests_that_ask_the_clock, tests_of_two_statements, tests_that_write,
          tests_with_relative_paths, tests_with_an_unknown_severity, tests_with_an_unknown_meaning_of_empty,
          any_change_gives_content_or_located_problems)
