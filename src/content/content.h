/*
 * content.h - the content compiled into the program: criteria, controls, policies, risks, requests, parameters, tests.
 *
 * content/ is read from YAML and SQL, checked (ids, references, coverage; errors name file, line and column) and turned into constant
 * tables at build time by tools/content_compile.c, so that a command starts without parsing anything. The same reader and checks
 * (content/yaml.h, content/check.h) serve an overlay directory at run time. All strings are UTF-8, constant and live for ever.
 */
#ifndef CONTENT_CONTENT_H
#define CONTENT_CONTENT_H

#include "base/str.h"
#include "content/permission.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strings {
    const char *const *items;
    size_t count;
};

struct category {
    const char *id, *name;
    bool is_mandatory;
};

struct criterion {
    const char *id;       /* "CC6.1" */
    const char *category; /* category id */
    const char *series, *series_title, *title, *summary;
    int coso_principle; /* 0: none */
    int points_of_focus;
    struct strings topics;
    struct strings topic_controls; /* for each topic its place from 1 and the controls of the library that cover it: "3 GOV-01 HR-02" */
    struct strings typical_controls, all_controls, typical_evidence;
    const char *population, *operating_test, *typical_frequency;
    const char *crosswalk_json; /* {"iso27001_2022":["A.5.4",...],...} */
};

enum control_model { MODEL_CONFIG_STATE, MODEL_PERIODIC, MODEL_EVENT_SLA, MODEL_EVENT_ATTRIBUTES, MODEL_DOCUMENT };

struct control {
    const char *id, *family, *title, *statement, *owner_role, *type, *nature, *frequency;
    bool is_core;
    struct strings criteria;
    const char *primary_criterion;
    struct strings categories, policies, evidence, data_sources, failure_modes;
    struct strings assertions; /* about processing that it carries: complete, valid, accurate, timely, authorized; mostly none */
    const char *population, *test_design, *test_operation;
    const char *cadence; /* the parameter that sets how often it is performed; NULL: its frequency stands */
    enum control_model model;
    int64_t max_staleness_ms;       /* M1; default 3 days */
    double max_fail_fraction;       /* M1; default 0.05 */
    int max_fail_days;              /* M1; default 7 */
    const char *computation_json;   /* as written */
    const char *gap_questions_json; /* [{"id","question","answers":[...]}] */
};

struct policy {
    const char *id, *title, *purpose;
    struct strings sections; /* in which its rules stand, beside the six that every policy has */
    const char *text; /* content/policies/ID.md: Markdown with placeholders (policy_text.h) */
    const char *owner, *approver, *review_cadence, *applies_when;
    const char *audience; /* who signs it to begin with: "all" or "none" */
    struct strings criteria, controls;
};

struct risk {
    const char *id, *title, *category;
    struct strings causes, consequences, criteria, controls;
    int likelihood, impact;
};

struct request {
    const char *id, *section, *request, *kind, *format, *phase;
    struct strings criteria, controls, report_types;
    bool ipe_required, sample_follow_up;
};

struct parameter {
    const char *name; /* [a-z][a-z0-9_]*: ":name" in a test's SQL */
    const char *label, *group;
    const char *type; /* "integer", "text" or "cadence" */
    const char *unit, *default_value, *words;
    int64_t min, max;    /* integer only */
    bool has_four_eyes;  /* a change takes two people: one proposes, another decides */
};

struct test_mapping {
    const char *control;
    const char *reason; /* why this test really helps to test that control */
};

struct permission_words {
    const char *id, *words;
};

struct role {
    const char *id, *label, *words;
    struct strings permissions;
    bool must_end; /* whoever has it has a last day */
};

/* A goal that many have, to begin with. */
struct goal_template {
    const char *id, *title, *why, *metric, *unit;
    int64_t baseline, target; /* in the unit; baseline: where most begin, to be replaced by what is so */
    int64_t days;             /* until it is to be reached */
    struct strings criteria, tests; /* tests: what measures it by machine; empty: somebody does */
};

enum empty_means { EMPTY_UNKNOWN, EMPTY_NOT_APPLICABLE };

struct test {
    const char *id; /* file name without .sql */
    const char *title, *why, *severity; /* low, medium, high, critical */
    const char *topic; /* "ssh", "accounts", "kernel": groups of the Tests page */
    const struct test_mapping *controls;
    size_t control_count;
    struct strings tables, parameters, paths, references;
    enum empty_means empty;
    const char *fix; /* with the exact command */
    const char *sql; /* the SELECT without the header */
    const char *source; /* the whole file */
    const char *digest; /* SHA-256 of source, hex */
};

/* content/scope.yaml: {"categories":[{"id","tour","promise","asks","questions":[{"id","weight":"in"|"lean","question","why_yes","why_no"}]}],
 * "archetypes":[{"id","words","categories":[id],"items":[{"kind","name","is_in","reason"}]}],"areas":[{"id","work","role","words"}],
 * "programs":[{"name","kind","match":[process]}],"clouds":[{"id","name"}],"assumed_of_a_cloud"} */
extern const char content_scope_json[];
/* A course of the library (content/course.h reads its JSON). */
struct library_course {
    const char *id, *title, *json;
    const char *digest; /* SHA-256 of json, hex */
};
extern const struct library_course content_courses[]; /* by id */
extern const size_t content_course_count;
/* content/lifecycle.yaml: {"steps":[{"id","kind","what","per","who":[kind of person],"owner","within":"1" or a parameter,"days","control","title"}],
 * "screened":[kind],"equipped":[kind],"accounted":[kind],"differences":[{"id","control","within","label","words"}],
 * "headings":[{"field","names":[text in small letters]}],"kinds":[{"kind","names":[…]}]} */
extern const char content_lifecycle_json[];
/* content/populations.yaml: {"populations":[{"id","title","controls":[ids],"is_second","system","kind":"query"|"import","sql","ask","columns":[names],"sla",
 * "complete","against":{"population","columns"}}]}: what is not said is not there. */
extern const char content_populations_json[];
/* content/classification.yaml: {"classes":[{"id","label","words","examples":[text],"duties":[id]}],"duties":[{"id","label","words"}],
 * "mediums":[{"id","label"}],"ports_encrypted":[443],"ports_clear":[80]}; content/resources.yaml: {"groups":[{"id","title","links":[{"title","url","words"}]}]} */
extern const char content_classification_json[], content_resources_json[];
/* content/milestones.yaml: {"milestones":[{"id","kind","base","days","side","title","fixed","requests","after":[id]}]} */
extern const char content_milestones_json[];
/* content/auditor.yaml, what an auditor may see: {"types":[{"type","rows","by","states":[id],"words"}],"addresses":[{"at","methods":[text],"words"}],
 * "answers":[{"requests":[id],"types":[record type]}],"never":[{"what","why"}]}: record/examine.h reads it. */
extern const char content_auditor_json[];
extern const struct category content_categories[];
extern const size_t content_category_count;
extern const struct criterion content_criteria[]; /* in the order of criteria.yaml */
extern const size_t content_criterion_count;
extern const struct control content_controls[];
extern const size_t content_control_count;
extern const struct policy content_policies[];
extern const size_t content_policy_count;
extern const struct risk content_risks[];
extern const size_t content_risk_count;
extern const struct request content_requests[];
extern const size_t content_request_count;
extern const struct parameter content_parameters[];
extern const size_t content_parameter_count;
extern const struct permission_words content_permissions[];
extern const size_t content_permission_count;
extern const struct role content_roles[];
extern const size_t content_role_count;
extern const struct goal_template content_goals[];
extern const size_t content_goal_count;
extern const struct test content_tests[]; /* by id */
extern const size_t content_test_count;
extern const char content_schema_sql[]; /* content/schema.sql */
extern const char content_digest[];     /* SHA-256 over all tests' digests and parameters: the catalogue's identity */

const struct criterion *content_criterion(struct str id);
const struct control *content_control(struct str id);
const struct test *content_test(struct str id);
const struct parameter *content_parameter(struct str name);
const struct policy *content_policy(struct str id);
const struct role *content_role(struct str id);
const struct library_course *content_course(struct str id);
/* The bits of a role's permissions. */
uint32_t role_permissions(const struct role *role);

#endif
