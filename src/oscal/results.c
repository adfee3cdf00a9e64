/* results.c - what was observed, what follows for each criterion, and what went wrong, over the window. */
#include "oscal/results.h"

#include "assess/evaluate.h"

struct writing {
    struct oscal *o;
    struct json *observations, *risks, *findings, *resources;
    struct record_list deviations, sheets, exceptions;
    bool is_type1;
};

const char *oscal_method_of(struct str method)
{
    return str_is(method, "inquiry") ? "INTERVIEW" : str_is(method, "reperformance") ? "TEST" : "EXAMINE";
}

/* ---- risks ---- */

struct json *oscal_put_remediation(struct oscal *o, struct json *risk, struct str id, const char *lifecycle, struct str title,
                                   struct str words, struct str due)
{
    struct json *list = (struct json *)(uintptr_t)json_get(risk, "remediations");
    struct json *v = oscal_push_uuid(o, list ? list : json_put_array(risk, "remediations"), "remediation", id);
    json_put_cstr(v, "lifecycle", lifecycle);
    oscal_put_line(o, v, "title", title);
    oscal_put_prose(o, v, "description", words.size ? words : title);
    oscal_put_prop(o, v, "due", due);
    return v;
}

static struct json *risk_new(struct oscal *o, struct json *list, const struct record *r, struct str words, struct str statement,
                             const char *status, struct str due)
{
    struct json *v = oscal_push_uuid(o, list, "risk", r->id);
    oscal_put_line(o, v, "title", record_title(r));
    oscal_put_prose(o, v, "description", words.size ? words : record_title(r));
    oscal_put_prose(o, v, "statement", statement.size ? statement : record_title(r));
    json_put_cstr(v, "status", status);
    oscal_put_prop(o, v, "record", r->id);
    oscal_put_prop(o, v, "state", r->state);
    oscal_put_prop(o, v, "control", oscal_value_text(r, "control"));
    json_put_str(v, "deadline", oscal_date_end(o, due));
    return v;
}

void oscal_push_deviation_risk(struct oscal *o, struct json *list, const struct record *r)
{
    const char *status = str_is(r->state, "closed") ? "closed" : str_is(r->state, "explained") ? "remediating" : "open";
    struct json *v =
        risk_new(o, list, r, oscal_value_text(r, "cause"), oscal_value_text(r, "effect"), status, oscal_value_text(r, "due_on"));
    oscal_put_prop(o, v, "happened-on", oscal_value_text(r, "happened_on"));
    if (oscal_value_text(r, "response").size)
        oscal_put_remediation(o, v, r->id, str_is(r->state, "closed") ? "completed" : "planned", STR("Management's answer"),
                              oscal_value_text(r, "response"), STR(""));
}

const struct record *oscal_response_to(struct oscal *o, const struct record *exception)
{
    struct record_list all = oscal_records(o, "response");
    for (size_t i = 0; i < all.count; i++)
        if (str_equal(oscal_value_text(all.items[i], "exception"), exception->id))
            return all.items[i];
    return NULL;
}

void oscal_push_exception_risk(struct oscal *o, struct json *list, const struct record *r, const struct record *response)
{
    bool is_given = response && !str_is(response->state, "draft"), is_done = response && str_is(response->state, "verified");
    struct json *v = risk_new(o, list, r, oscal_value_text(r, "facts"), is_given ? oscal_value_text(response, "effect") : STR(""),
                              is_done    ? "closed"
                              : is_given ? "remediating"
                                         : "open",
                              is_given ? oscal_value_text(response, "action_on") : oscal_value_text(r, "response_due_on"));
    oscal_put_count(o, v, "items", json_int(r->values, "items", 0));
    oscal_put_count(o, v, "of-items", json_int(r->values, "of_items", 0));
    if (is_given)
        oscal_put_prop(o,
                       oscal_put_remediation(o, v, response->id, is_done ? "completed" : "planned", record_title(response),
                                             oscal_value_text(response, "action"), oscal_value_text(response, "action_on")),
                       "record", response->id);
}

/* ---- observations ---- */

static struct json *observation_new(struct writing *r, const char *kind, struct str id, struct str title, struct str words,
                                    const char *method)
{
    struct oscal *o = r->o;
    struct json *v = oscal_push_uuid(o, r->observations, kind, id);
    oscal_put_line(o, v, "title", title);
    oscal_put_prose(o, v, "description", words.size ? words : title);
    if (method)
        json_push_str(json_put_array(v, "methods"), str_of(method));
    json_push_str(json_put_array(v, "types"), STR("control-objective"));
    return v;
}

/* What stands behind an observation, as something of the back matter: a leaf that can be proved, a file by its digest. */
static void evidence_put(struct writing *r, struct json *observation, struct str uuid, struct str words)
{
    struct json *list = (struct json *)(uintptr_t)json_get(observation, "relevant-evidence");
    struct json *v = json_push_object(list ? list : json_put_array(observation, "relevant-evidence"));
    json_put_str(v, "href", arena_printf(r->o->arena, "#%.*s", STR_ARGS(uuid)));
    oscal_put_prose(r->o, v, "description", words);
}

static struct json *resource_new(struct writing *r, const char *kind, struct str id, struct str title)
{
    struct json *v = oscal_push_uuid(r->o, r->resources, kind, id);
    oscal_put_line(r->o, v, "title", title);
    return v;
}

/* One for all hosts: a line each, which assay prove takes. */
static void runs_put(struct writing *r)
{
    struct oscal *o = r->o;
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    for (size_t i = 0; i < o->as->subject_count; i++) {
        const struct subject_state *s = &o->as->subjects[i];
        char hex[65] = "";
        DB_EACH (row, o->view.db, o->e, "select hash from leaf where idx = ?1", A(s->last_run)) {
            struct str hash = db_bytes(row, 0);
            if (hash.size == 32)
                hex_encode(hash.data, hash.size, hex);
        }
        if (s->last_run >= 0)
            buf_printf(&b, "- %.*s: leaf %lld, %s\n", STR_ARGS(s->name), (long long)s->last_run, hex);
    }
    if (b.size == 0)
        return;
    struct json *v = resource_new(r, "runs", STR(""), STR("Newest run of each host"));
    oscal_put_prose(o, v, "description",
                    arena_printf(o->arena,
                                 "Leaves of the ledger %.*s with their hashes; assay prove LEAF gives the proof.\n\n%.*s",
                                 STR_ARGS(o->origin), STR_ARGS(buf_view(&b))));
}

static void test_observation_put(struct writing *r, size_t index)
{
    struct oscal *o = r->o;
    const struct test_state *s = &o->as->tests[index];
    const struct test *t = s->test;
    int64_t collected = 0;
    if (!s->is_present)
        return;
    struct json *v = observation_new(r, "test-observation", str_of(t->id), str_of(t->title), str_of(t->why), "TEST"),
                *subjects = json_put_array(v, "subjects");
    oscal_put_prop(o, v, "test", str_of(t->id));
    oscal_put_prop(o, v, "status", str_of(result_status_name(s->status)));
    for (int k = 0; k < 4; k++)
        oscal_put_count(o, v, arena_printf(o->arena, "resources-%s", result_status_name((enum result_status)k)).data,
                        s->resources.of[k]);
    for (size_t i = 0; i < o->as->subject_count; i++) {
        const struct test_now *now = &s->subjects[i];
        const struct subject_state *on = &o->as->subjects[i];
        if (!now->is_present)
            continue;
        struct json *subject = oscal_push_host(o, subjects, i);
        oscal_put_line(o, subject, "title", on->name);
        oscal_put_prop(o, subject, "status", str_of(result_status_name(now->status)));
        if (now->status != RESULT_PASS)
            oscal_put_prop(o, subject, "since", oscal_instant(o, now->since_ms));
        collected = on->last_received_ms > collected ? on->last_received_ms : collected;
    }
    evidence_put(r, v, oscal_uuid(o, "runs", STR("")), STR("The newest run of each host"));
    json_put_str(v, "collected", collected > 0 ? oscal_instant(o, collected) : o->stamp);
    oscal_put_actor(o, v);
}

static int64_t deviations_of(const struct control_state *c)
{
    return c->control->model == MODEL_CONFIG_STATE
               ? c->facts.window.deviations
               : c->facts.performances.missed + c->facts.performances.late + c->facts.performances.unevidenced;
}

static void control_observation_put(struct writing *r, size_t index)
{
    struct oscal *o = r->o;
    const struct control_state *c = &o->as->controls[index];
    if (!oscal_control_is_shown(o, index) || !oscal_criteria_of_control(o, index))
        return;
    struct str id = str_of(c->control->id);
    const char *conclusion = r->is_type1 ? design_result_name(c->design.result) : conclusion_name(c->operation.conclusion);
    struct str words = r->is_type1
                           ? str_of(design_result_words(c->design.result))
                           : arena_printf(o->arena, "%s: %s", conclusion_words(c->operation.conclusion), c->operation.why);
    struct json *v = observation_new(r, "control-observation", id, oscal_title(o, c->control->id, c->control->title), words,
                                     c->control->model == MODEL_CONFIG_STATE ? "TEST" : "EXAMINE");
    oscal_put_prop(o, v, "control", id);
    oscal_put_prop(o, v, "conclusion", str_of(conclusion));
    oscal_put_count(o, v, "deviations", deviations_of(c));
    if (c->control->model != MODEL_CONFIG_STATE)
        oscal_put_count(o, v, "expected", c->facts.performances.expected);
    struct json *s = json_push_object(json_put_array(v, "subjects"));
    json_put_str(s, "subject-uuid", oscal_uuid(o, "control", id));
    json_put_cstr(s, "type", "component");
    oscal_put_fed(o, v, index);
    json_put_str(v, "collected", o->stamp);
    oscal_put_actor(o, v);
}

static void files_put(struct writing *r, struct json *observation, const struct record *sheet)
{
    struct oscal *o = r->o;
    JSON_EACH (id, json_get(sheet->values, "evidence")) {
        const struct record *ev = oscal_record(o, "evidence", id->text);
        struct str uuid = oscal_uuid(o, "evidence", id->text);
        bool is_there = false;
        JSON_EACH (known, r->resources)
            is_there |= str_equal(json_text(known, "uuid"), uuid);
        if (!ev)
            continue;
        evidence_put(r, observation, uuid, record_title(ev));
        if (is_there)
            continue;
        struct json *v = resource_new(r, "evidence", ev->id, record_title(ev)), *links = json_put_array(v, "rlinks");
        oscal_put_prop(o, v, "record", ev->id);
        JSON_EACH (file, json_get(ev->values, "files")) {
            struct json *link = json_push_object(links), *hash = json_push_object(json_put_array(link, "hashes"));
            json_put_str(link, "href", arena_printf(o->arena, "blobs/%.*s", STR_ARGS(json_text(file, "c")))); /* as in a bundle */
            json_put_cstr(hash, "algorithm", "SHA-256");
            json_put_str(hash, "value", json_text(file, "digest"));
        }
    }
}

static void sheet_observations_put(struct writing *r)
{
    struct oscal *o = r->o;
    for (size_t i = 0; i < r->sheets.count; i++) {
        const struct record *s = r->sheets.items[i];
        if (!oscal_is_engaged(o, s))
            continue;
        struct str words = oscal_value_text(s, "conclusion_words");
        struct json *v = observation_new(r, "sheet", s->id, record_title(s),
                                         words.size ? words : oscal_value_text(s, "procedure"), NULL),
                    *methods = json_put_array(v, "methods");
        JSON_EACH (m, json_get(s->values, "method")) {
            bool is_there = false;
            JSON_EACH (known, methods)
                is_there |= str_is(known->text, oscal_method_of(m->text));
            if (!is_there)
                json_push_str(methods, str_of(oscal_method_of(m->text)));
        }
        if (methods->count == 0)
            json_push_str(methods, STR("UNKNOWN"));
        oscal_put_prop(o, v, "record", s->id);
        oscal_put_prop(o, v, "state", s->state);
        oscal_put_prop(o, v, "control", oscal_value_text(s, "control"));
        oscal_put_prop(o, v, "conclusion", oscal_value_text(s, "conclusion"));
        oscal_put_count(o, v, "items-tested", json_int(s->values, "items_tested", 0));
        oscal_put_count(o, v, "deviations", json_int(s->values, "deviations_found", 0));
        files_put(r, v, s);
        json_put_str(v, "collected",
                     oscal_value_text(s, "prepared_on").size ? oscal_date_start(o, oscal_value_text(s, "prepared_on"))
                                                             : oscal_instant(o, s->t));
    }
}

/* ---- findings ---- */

static void related_put(struct oscal *o, struct json *list, const char *member, const char *kind, struct str id)
{
    json_put_str(json_push_object(list), member, oscal_uuid(o, kind, id));
}

static const char *design_signal(struct writing *r, size_t criterion)
{
    struct oscal *o = r->o;
    const struct criterion_state *c = &o->as->criteria[criterion];
    bool is_met = c->key_count > 0;
    for (size_t i = 0; i < c->key_count; i++)
        is_met &= o->as->controls[c->key[i]].design.result == DESIGN_IMPLEMENTED;
    return is_met ? "MET" : "NOT_MET_SIGNAL";
}

void oscal_put_target(struct oscal *o, struct json *v, size_t criterion, bool is_satisfied, const char *reason)
{
    struct json *t = json_put_object(v, "target"), *status = json_put_object(t, "status");
    json_put_cstr(t, "type", "statement-id");
    json_put_str(t, "target-id", oscal_statement(o, &content_criteria[criterion]));
    json_put_cstr(status, "state", is_satisfied ? "satisfied" : "not-satisfied");
    json_put_cstr(status, "reason", reason);
}

static void criterion_finding_put(struct writing *r, size_t index)
{
    struct oscal *o = r->o;
    const struct criterion *c = &content_criteria[index];
    enum criterion_status signal = o->as->criteria[index].signal;
    const char *name = r->is_type1 ? design_signal(r, index) : criterion_status_name(signal);
    bool is_met = r->is_type1 ? strcmp(name, "MET") == 0 : signal == CRITERION_MET || signal == CRITERION_MET_WITH_EXCEPTIONS;
    bool is_clear = r->is_type1 || signal == CRITERION_MET || signal == CRITERION_NOT_MET_SIGNAL;
    struct json *v = oscal_push_uuid(o, r->findings, "finding", str_of(c->id));
    oscal_put_line(o, v, "title", oscal_title(o, c->id, c->title));
    struct str words = !r->is_type1 ? str_of(criterion_status_words(signal))
                       : is_met     ? STR("Its key controls are designed and in place")
                                    : STR("A key control is not designed or not in place");
    oscal_put_prose(
        o, v, "description",
        arena_printf(o->arena, "%.*s. A signal for management from the evidence, never an opinion.", STR_ARGS(words)));
    oscal_put_prop(o, v, "criterion", str_of(c->id));
    oscal_put_prop(o, v, "signal", str_of(name));
    oscal_put_target(o, v, index, is_met, !is_clear ? "other" : is_met ? "pass" : "fail");
    struct json *observations = json_put_array(v, "related-observations"), *risks = json_put_array(v, "related-risks");
    for (size_t i = 0; i < o->as->control_count; i++) {
        const struct control_state *s = &o->as->controls[i];
        if (!oscal_control_is_shown(o, i) || !oscal_control_serves(o, i, index))
            continue;
        related_put(o, observations, "observation-uuid", "control-observation", str_of(s->control->id));
        for (size_t k = 0; k < s->test_count; k++)
            if (o->as->tests[s->tests[k]].is_present)
                related_put(o, observations, "observation-uuid", "test-observation", str_of(o->as->tests[s->tests[k]].test->id));
        for (size_t k = 0; k < r->deviations.count; k++)
            if (str_is(oscal_value_text(r->deviations.items[k], "control"), s->control->id))
                related_put(o, risks, "risk-uuid", "risk", r->deviations.items[k]->id);
    }
}

/* What an auditor found, at each criterion that the sheet is about. */
static void exception_findings_put(struct writing *r)
{
    struct oscal *o = r->o;
    for (size_t i = 0; i < r->exceptions.count; i++) {
        const struct record *x = r->exceptions.items[i], *sheet = oscal_record(o, "test_sheet", oscal_value_text(x, "sheet"));
        const bool *wanted = sheet && oscal_is_engaged(o, sheet) ? oscal_criteria_of_record(o, sheet) : NULL;
        if (!oscal_is_engaged(o, x) || str_is(x->state, "withdrawn") || !wanted)
            continue;
        oscal_push_exception_risk(o, r->risks, x, oscal_response_to(o, x));
        for (size_t k = 0; k < content_criterion_count; k++) {
            if (!wanted[k])
                continue;
            struct json *v = json_push_object(r->findings);
            json_put_str(v, "uuid", oscal_uuid2(o, "exception", x->id, str_of(content_criteria[k].id)));
            oscal_put_line(o, v, "title", record_title(x));
            oscal_put_prose(o, v, "description",
                            arena_printf(o->arena, "Expected: %.*s\n\nFound: %.*s", STR_ARGS(oscal_value_text(x, "expected")),
                                         STR_ARGS(oscal_value_text(x, "facts"))));
            oscal_put_prop(o, v, "record", x->id);
            oscal_put_prop(o, v, "control", oscal_value_text(x, "control"));
            oscal_put_target(o, v, k, false, "fail");
            related_put(o, json_put_array(v, "related-observations"), "observation-uuid", "sheet", sheet->id);
            related_put(o, json_put_array(v, "related-risks"), "risk-uuid", "risk", x->id);
        }
    }
}

/* ---- the whole ---- */

static void attestations_put(struct oscal *o, struct json *result)
{
    struct record_list sections = oscal_records(o, "report_section");
    struct json *list = json_put_array(result, "attestations");
    for (size_t i = 0; i < sections.count; i++) {
        const struct record *s = sections.items[i];
        if (!oscal_is_engaged(o, s) || !str_is(oscal_value_text(s, "part"), "assertion") || !str_is(s->state, "approved"))
            continue;
        struct json *v = json_push_object(list), *who = json_push_object(json_put_array(v, "responsible-parties")),
                    *part = oscal_push_uuid(o, json_put_array(v, "parts"), "section", s->id);
        json_put_str(who, "role-id", oscal_role(o, STR("Management")));
        json_push_str(json_put_array(who, "party-uuids"), oscal_party_self(o));
        json_put_cstr(part, "name", "assertion");
        json_put_cstr(part, "ns", OSCAL_NS);
        oscal_put_line(o, part, "title", record_title(s));
        oscal_put_prose(o, part, "prose", oscal_value_text(s, "text"));
    }
}

static bool is_within(struct oscal *o, const struct record *deviation)
{
    int64_t at_ms;
    struct str day = oscal_value_text(deviation, "happened_on");
    return !time_parse(day, 0, &at_ms) || (at_ms >= o->as->window.from_ms && at_ms < o->as->window.to_ms);
}

static void observed_put(struct writing *r)
{
    struct oscal *o = r->o;
    runs_put(r);
    for (size_t i = 0; i < content_test_count; i++)
        test_observation_put(r, i);
    for (size_t i = 0; i < o->as->control_count; i++)
        control_observation_put(r, i);
    sheet_observations_put(r);
    oscal_put_populations(o, r->observations, r->resources);
    struct record_list all = oscal_records(o, "deviation");
    const struct record **within = arena_array(o->arena, all.count + 1, sizeof *within);
    for (size_t i = 0; i < all.count; i++)
        if (is_within(o, all.items[i]))
            within[r->deviations.count++] = all.items[i];
    r->deviations.items = within;
    for (size_t i = 0; i < r->deviations.count; i++)
        oscal_push_deviation_risk(o, r->risks, within[i]);
    for (size_t i = 0; i < content_criterion_count; i++)
        if (o->in_scope[i])
            criterion_finding_put(r, i);
    exception_findings_put(r);
    oscal_put_conclusions(o, r->findings);
}

struct json *oscal_results(struct oscal *o)
{
    struct json *body, *root = oscal_document_new(o, OSCAL_RESULTS, "Test results", &body);
    json_put_cstr(json_put_object(body, "import-ap"), "href", "assessment-plan.json");
    struct json *v = oscal_push_uuid(o, json_put_array(body, "results"), "result", o->engagement ? o->engagement->id : STR(""));
    oscal_put_line(o, v, "title", o->engagement ? record_title(o->engagement) : STR("The last 90 days"));
    json_put_cstr(v, "description",
                  o->is_before ? "Its time has not begun: nothing is observed yet."
                               : "What the evidence in the ledger comes to over this time.");
    json_put_str(v, "start",
                 !o->is_before       ? oscal_instant(o, o->as->window.from_ms)
                 : o->about.has_days ? oscal_instant(o, o->about.instants.from_ms)
                                     : o->stamp);
    if (!o->is_before)
        json_put_str(v, "end", oscal_instant(o, o->as->window.to_ms - 1));
    oscal_put_assets(o, json_put_object(v, "local-definitions"));
    oscal_put_reviewed(o, v, "reviewed-controls", NULL);
    attestations_put(o, v);
    struct writing r = {.o = o, .sheets = oscal_records(o, "test_sheet"), .exceptions = oscal_records(o, "audit_exception")};
    r.is_type1 = o->engagement && o->about.is_type1;
    r.observations = json_put_array(v, "observations");
    r.risks = json_put_array(v, "risks");
    r.findings = json_put_array(v, "findings");
    r.resources = json_put_array(json_put_object(body, "back-matter"), "resources");
    if (!o->is_before)
        observed_put(&r);
    return root;
}
