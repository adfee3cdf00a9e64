/* Every address of the program, in one place. To add one: a line here; doc/add-a-page.md walks through it. */
#include "base/limits.h"
#include "ledger/anchor.h"
#include "web/page_kinds.h"
#include "web/site.h"

enum { NO_BODY = 0, FORM = 8 << 10, WIDE_FORM = 64 << 10, DECISIONS_BYTES = 512 << 10, EXTRACT_FORM_BYTES = 12 << 20 };

/* All seven are needed: there is no route without a permission. */
#define ROUTE(method, path, permission, csrf, body_max, handler, page, words)                 \
    {                                                                                         \
        HTTP_##method, path, PERMISSION_##permission, CSRF_##csrf, body_max, handler, page, words \
    }

const struct route routes[] = {
    ROUTE(GET, "/", READ, SAFE, NO_BODY, handle_page, &page_kind_overview, "Are we ready, and if not, what next?"),
    ROUTE(GET, "/criteria", READ, SAFE, NO_BODY, handle_page, &page_kind_criteria, "The criteria"),
    ROUTE(GET, "/criteria/completeness", READ, SAFE, NO_BODY, handle_page, &page_kind_completeness, "What is there and what is missing"),
    ROUTE(POST, "/criteria/:id/relevance", RECORDS, TOKEN, FORM, handle_relevance, NULL, "Say that a criterion is not relevant"),
    ROUTE(GET, "/criteria/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_criterion, "One criterion"),
    ROUTE(GET, "/controls", READ, SAFE, NO_BODY, handle_page, &page_kind_controls, "The controls"),
    ROUTE(GET, "/controls/adopt", RECORDS, SAFE, NO_BODY, handle_page, &page_kind_adopt, "Controls that nobody has adopted yet"),
    ROUTE(POST, "/controls/adopt", RECORDS, TOKEN, WIDE_FORM, handle_adopt, NULL, "Give controls an owner and adopt them"),
    ROUTE(POST, "/controls/:id/adopt", RECORDS, TOKEN, FORM, handle_control_adopt, NULL, "Give a control an owner and adopt it"),
    ROUTE(GET, "/controls/topics", READ, SAFE, NO_BODY, handle_page, &page_kind_topics, "Every topic with its maturity and what fails"),
    ROUTE(GET, "/controls/period", READ, SAFE, NO_BODY, handle_page, &page_kind_period, "What the operation of controls comes to over a period"),
    ROUTE(GET, "/controls/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_control, "One control"),
    ROUTE(GET, "/gaps", READ, SAFE, NO_BODY, handle_page, &page_kind_questionnaire, "The questions of the gap analysis"),
    ROUTE(POST, "/gaps/answer", RECORDS, TOKEN, FORM, handle_answer, NULL, "Answer a question"),
    ROUTE(GET, "/gaps/register", READ, SAFE, NO_BODY, handle_page, &page_kind_register, "The register of gaps, most urgent first"),
    ROUTE(GET, "/gaps/register.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_register, "The register of gaps as CSV"),
    ROUTE(POST, "/gaps/accept", RECORDS, TOKEN, WIDE_FORM, handle_gap_accept, NULL, "Take proposals into the register"),
    ROUTE(GET, "/gaps/plan", READ, SAFE, NO_BODY, handle_page, &page_kind_plan, "Who closes which gap when, and when the window can begin"),
    ROUTE(GET, "/gaps/goals", READ, SAFE, NO_BODY, handle_page, &page_kind_goals, "Goals and how far they are reached"),
    ROUTE(GET, "/gaps/readiness", READ, SAFE, NO_BODY, handle_page, &page_kind_readiness, "How readiness moved since the baseline"),
    ROUTE(POST, "/gaps/baseline", RECORDS, TOKEN, FORM, handle_baseline, NULL, "Take the baseline"),
    ROUTE(GET, "/gaps/import", RECORDS, SAFE, NO_BODY, handle_gap_import_form, NULL, "The form of an outside assessment"),
    ROUTE(POST, "/gaps/import", RECORDS, TOKEN, RECORD_IMPORT_BYTES + (1 << 20), handle_gap_import, NULL, "Try or do the import of an outside assessment"),
    ROUTE(GET, "/impact/:kind/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_impact, "What a change of a control or system affects"),
    ROUTE(GET, "/gaps/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_gap, "One gap, from finding to proof"),
    ROUTE(POST, "/gaps/:id/adopt", RECORDS, TOKEN, FORM, handle_gap_adopt, NULL, "Adopt the controls of a gap"),
    ROUTE(POST, "/gaps/:id/task", RECORDS, TOKEN, FORM, handle_gap_task, NULL, "Make a task of a gap"),
    ROUTE(POST, "/gaps/:id/evidence", RECORDS, TOKEN, FORM, handle_gap_evidence, NULL, "Name the evidence that closes a gap"),
    ROUTE(GET, "/risks", READ, SAFE, NO_BODY, handle_page, &page_kind_risks, "The register of risks and its map"),
    ROUTE(GET, "/risks.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_risks, "The register of risks as CSV"),
    ROUTE(POST, "/risks/adopt", RECORDS, TOKEN, FORM, handle_risks_adopt, NULL, "Adopt the library's risks for the categories in scope"),
    ROUTE(GET, "/risks/matrix", READ, SAFE, NO_BODY, handle_page, &page_kind_risk_method, "How risks are measured"),
    ROUTE(GET, "/risks/campaigns/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_risk_campaign, "One risk assessment"),
    ROUTE(GET, "/risks/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_risk, "One risk, its controls as they live now, and how it moved"),
    ROUTE(POST, "/risks/:id/decide", RECORDS, TOKEN, WIDE_FORM, handle_risk_decide, NULL, "Decide a risk, also for an assessment"),
    ROUTE(POST, "/risks/:id/accept", RECORDS, TOKEN, WIDE_FORM, handle_risk_accept, NULL, "Ask for an acceptance"),
    ROUTE(POST, "/risks/:id/treat", RECORDS, TOKEN, WIDE_FORM, handle_risk_treat, NULL, "Begin a treatment with its first task"),
    ROUTE(POST, "/risks/:id/reopen", RECORDS, TOKEN, FORM, handle_risk_reopen, NULL, "Have a risk looked at again"),
    ROUTE(GET, "/tests", READ, SAFE, NO_BODY, handle_page, &page_kind_tests, "The tests"),
    ROUTE(GET, "/tests/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_test, "One test"),
    ROUTE(POST, "/tests/:id/run", RUN, TOKEN, FORM, handle_run, NULL, "Collect and test now"),
    ROUTE(GET, "/evidence", READ, SAFE, NO_BODY, handle_page, &page_kind_evidence, "The captures"),
    ROUTE(GET, "/evidence/:leaf", READ, SAFE, NO_BODY, handle_page, &page_kind_capture, "One capture"),
    ROUTE(GET, "/evidence/:leaf/raw", READ, SAFE, NO_BODY, handle_raw, NULL, "The bytes of a capture, as a file"),
    ROUTE(GET, "/evidence/:id/files/:x", READ, SAFE, NO_BODY, handle_page, &page_kind_evidence_file, "A file of a piece of evidence"),
    ROUTE(GET, "/evidence/:id/files/:x/raw", READ, SAFE, NO_BODY, handle_evidence_raw, NULL, "An image or PDF for the browser's own viewer"),
    ROUTE(GET, "/parameters", READ, SAFE, NO_BODY, handle_page, &page_kind_parameters, "The parameters of tests and policies"),
    ROUTE(GET, "/search", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_search, "Find anything"),
    ROUTE(GET, "/parameters.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_parameters, "The parameters as CSV"),
    ROUTE(GET, "/parameters/:name", READ, SAFE, NO_BODY, handle_page, &page_kind_parameter, "One parameter, where it is used, and its history"),
    ROUTE(POST, "/parameters/:name", SETTINGS, TOKEN, FORM, handle_parameter_set, NULL, "Change a parameter, or propose it where that takes two people"),
    ROUTE(POST, "/parameters/:name/decide", SETTINGS, TOKEN, WIDE_FORM, handle_parameter_decide, NULL, "Approve or refuse what somebody else proposed"),
    ROUTE(GET, "/policies", READ, SAFE, NO_BODY, handle_page, &page_kind_policies, "The policies"),
    ROUTE(GET, "/policies.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_policies, "The policies as CSV"),
    ROUTE(GET, "/policies/matrix", READ, SAFE, NO_BODY, handle_page, &page_kind_policy_matrix, "Which policy speaks to which criterion"),
    ROUTE(GET, "/policies/:id/edit", RECORDS, SAFE, NO_BODY, handle_page, &page_kind_policy_edit, "The editor of a policy"),
    ROUTE(POST, "/policies/:id/edit", RECORDS, TOKEN, RECORD_FORM_BYTES, handle_policy_edit, NULL, "Save, preview or send a draft"),
    ROUTE(POST, "/policies/:id/take", RECORDS, TOKEN, FORM, handle_policy_take, NULL, "Take a policy of the library over"),
    ROUTE(POST, "/policies/:id/step", OWN_OR_RECORDS, TOKEN, WIDE_FORM, handle_policy_step, NULL, "Send, approve, publish, review: a step of a policy or of a version"),
    ROUTE(GET, "/policies/:id/diff", READ, SAFE, NO_BODY, handle_page, &page_kind_policy_diff, "What differs between two versions"),
    ROUTE(GET, "/policies/:id/versions/:number", READ, SAFE, NO_BODY, handle_page, &page_kind_policy_version, "One version of a policy"),
    ROUTE(GET, "/handbook", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_handbook, "The policies in force, for everybody"),
    ROUTE(GET, "/handbook/:id", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_handbook_page, "A policy in force, to be read and signed"),
    ROUTE(POST, "/handbook/:id/sign", OWN_PAGE, TOKEN, FORM, handle_handbook_sign, NULL, "Sign a policy"),
    ROUTE(GET, "/handbook/:id/document/:version", OWN_PAGE, SAFE, NO_BODY, handle_handbook_document, NULL, "A policy that is a document"),
    ROUTE(GET, "/receipts/:leaf", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_receipt, "The receipt of an approval or signature"),
    ROUTE(GET, "/controls/:id/narrative", RECORDS, SAFE, NO_BODY, handle_narrative_new, NULL, "The template of a narrative, filled with what the library knows"),
    ROUTE(GET, "/policies/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_policy, "One policy with the values in force"),
    ROUTE(POST, "/markdown", OWN_PAGE, TOKEN, 512 << 10, handle_markdown, NULL, "What a text looks like"),
    ROUTE(GET, "/criteria.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_criteria, "The criteria as CSV"),
    ROUTE(GET, "/controls.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_controls, "The controls as CSV"),
    ROUTE(GET, "/gaps.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_questionnaire, "The questions and answers as CSV"),
    ROUTE(GET, "/tests.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_tests, "The tests as CSV"),
    ROUTE(GET, "/evidence.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_evidence, "The captures as CSV"),

    ROUTE(GET, "/api/v1/overview", READ, SAFE, NO_BODY, handle_api, &page_kind_overview, "Readiness and what to do next"),
    ROUTE(GET, "/api/v1/criteria", READ, SAFE, NO_BODY, handle_api, &page_kind_criteria, "The criteria"),
    ROUTE(GET, "/api/v1/criteria/completeness", READ, SAFE, NO_BODY, handle_api, &page_kind_completeness, "What is there and what is missing"),
    ROUTE(GET, "/api/v1/criteria/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_criterion, "One criterion"),
    ROUTE(GET, "/api/v1/controls", READ, SAFE, NO_BODY, handle_api, &page_kind_controls, "The controls"),
    ROUTE(GET, "/api/v1/controls/topics", READ, SAFE, NO_BODY, handle_api, &page_kind_topics, "Every topic with its maturity and what fails"),
    ROUTE(GET, "/api/v1/controls/period", READ, SAFE, NO_BODY, handle_api, &page_kind_period, "What the operation of controls comes to over a period"),
    ROUTE(GET, "/api/v1/controls/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_control, "One control"),
    ROUTE(GET, "/api/v1/gaps", READ, SAFE, NO_BODY, handle_api, &page_kind_questionnaire, "The questions of the gap analysis"),
    ROUTE(GET, "/api/v1/gaps/register", READ, SAFE, NO_BODY, handle_api, &page_kind_register, "The register of gaps, most urgent first"),
    ROUTE(GET, "/api/v1/gaps/plan", READ, SAFE, NO_BODY, handle_api, &page_kind_plan, "Who closes which gap when, and when the window can begin"),
    ROUTE(GET, "/api/v1/gaps/goals", READ, SAFE, NO_BODY, handle_api, &page_kind_goals, "Goals and how far they are reached"),
    ROUTE(GET, "/api/v1/gaps/readiness", READ, SAFE, NO_BODY, handle_api, &page_kind_readiness, "How readiness moved since the baseline"),
    ROUTE(POST, "/api/v1/gaps/import", RECORDS, TOKEN, RECORD_IMPORT_BYTES, handle_api_gap_import, NULL, "Import an outside assessment, all of it or nothing"),
    ROUTE(GET, "/api/v1/impact/:kind/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_impact, "What a change of a control or system affects"),
    ROUTE(GET, "/api/v1/gaps/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_gap, "One gap, from finding to proof"),
    ROUTE(GET, "/api/v1/risks", READ, SAFE, NO_BODY, handle_api, &page_kind_risks, "The register of risks and its map"),
    ROUTE(POST, "/api/v1/risks/adopt", RECORDS, TOKEN, FORM, handle_risks_adopt, NULL, "Adopt the library's risks for the categories in scope"),
    ROUTE(GET, "/api/v1/risks/matrix", READ, SAFE, NO_BODY, handle_api, &page_kind_risk_method, "How risks are measured"),
    ROUTE(GET, "/api/v1/risks/campaigns/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_risk_campaign, "One risk assessment"),
    ROUTE(GET, "/api/v1/risks/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_risk, "One risk, its controls as they live now, and how it moved"),
    ROUTE(GET, "/api/v1/risks/:id/history", READ, SAFE, NO_BODY, handle_api, &page_kind_risk_history, "What remained of a risk, day by day, and why"),
    ROUTE(GET, "/api/v1/tests", READ, SAFE, NO_BODY, handle_api, &page_kind_tests, "The tests"),
    ROUTE(GET, "/api/v1/tests/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_test, "One test"),
    ROUTE(POST, "/api/v1/tests/:id/run", RUN, TOKEN, FORM, handle_run, NULL, "Collect and test now"),
    ROUTE(GET, "/api/v1/evidence", READ, SAFE, NO_BODY, handle_api, &page_kind_evidence, "The captures"),
    ROUTE(POST, "/api/v1/evidence", RECORDS, TOKEN, RECORD_FORM_BYTES, handle_api_evidence, NULL, "Bring evidence: multipart/form-data with file, title, period_from, period_to"),
    ROUTE(GET, "/api/v1/evidence/:leaf", READ, SAFE, NO_BODY, handle_api, &page_kind_capture, "One capture"),
    ROUTE(GET, "/api/v1/parameters", READ, SAFE, NO_BODY, handle_api, &page_kind_parameters, "The parameters"),
    ROUTE(GET, "/api/v1/search-index", OWN_OR_READ, SAFE, NO_BODY, handle_api, &page_kind_index, "Everything that can be found by name"),
    ROUTE(GET, "/api/v1/parameters/:name", READ, SAFE, NO_BODY, handle_api, &page_kind_parameter, "One parameter, where it is used, and its history"),
    ROUTE(POST, "/api/v1/parameters/:name", SETTINGS, TOKEN, FORM, handle_parameter_set, NULL, "Change a parameter, or propose it where that takes two people"),
    ROUTE(POST, "/api/v1/parameters/:name/decide", SETTINGS, TOKEN, WIDE_FORM, handle_parameter_decide, NULL, "Approve or refuse what somebody else proposed"),
    ROUTE(GET, "/api/v1/policies", READ, SAFE, NO_BODY, handle_api, &page_kind_policies, "The policies"),
    ROUTE(GET, "/api/v1/policies/matrix", READ, SAFE, NO_BODY, handle_api, &page_kind_policy_matrix, "Which policy speaks to which criterion"),
    ROUTE(GET, "/api/v1/policies/:id/diff", READ, SAFE, NO_BODY, handle_api, &page_kind_policy_diff, "What differs between two versions"),
    ROUTE(GET, "/api/v1/policies/:id/versions/:number", READ, SAFE, NO_BODY, handle_api, &page_kind_policy_version, "One version of a policy"),
    ROUTE(GET, "/api/v1/policies/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_policy, "One policy: in force, in work, signed"),
    ROUTE(GET, "/api/v1/handbook", OWN_PAGE, SAFE, NO_BODY, handle_api, &page_kind_handbook, "The policies in force, and what one has to sign"),
    ROUTE(GET, "/api/v1/handbook/:id", OWN_PAGE, SAFE, NO_BODY, handle_api, &page_kind_handbook_page, "A policy in force, to be read and signed"),
    ROUTE(POST, "/api/v1/handbook/:id/sign", OWN_PAGE, TOKEN, FORM, handle_handbook_sign, NULL, "Sign a policy: version_id, digest"),
    ROUTE(GET, "/api/v1/receipts/:leaf", OWN_OR_READ, SAFE, NO_BODY, handle_api, &page_kind_receipt, "The receipt of an approval or signature"),
    ROUTE(GET, "/api/v1/openapi.json", PUBLIC, SAFE, NO_BODY, handle_openapi, NULL, "This description"),

    ROUTE(GET, "/ledger/:leaf", READ, SAFE, NO_BODY, handle_page, &page_kind_leaf, "One leaf of the ledger, and its proof"),
    ROUTE(GET, "/api/v1/ledger/:leaf", READ, SAFE, NO_BODY, handle_api, &page_kind_leaf, "One leaf of the ledger, and its proof"),
    ROUTE(GET, "/api/v1/search", OWN_OR_READ, SAFE, NO_BODY, handle_api, &page_kind_search, "Find anything: by name, and records by their full text"),

    /* Records: the types say who may do what; the permission here is that one may be asked at all. Own ones are everybody's to look after. */
    ROUTE(GET, "/records", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_rooms, "All types of records"),
    ROUTE(GET, "/records/:type", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_record_list, "The records of a type"),
    ROUTE(POST, "/records/:type", OWN_OR_RECORDS, TOKEN, RECORD_FORM_BYTES, handle_record_create, NULL, "Make a record"),
    ROUTE(GET, "/records/:type/new", OWN_OR_RECORDS, SAFE, NO_BODY, handle_record_new, NULL, "The form of a new record"),
    ROUTE(GET, "/records/:type/board", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_record_board, "Records as a board"),
    ROUTE(GET, "/records/:type/calendar", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_record_calendar, "Records as a calendar"),
    ROUTE(GET, "/records/:type/export.csv", OWN_OR_READ, SAFE, NO_BODY, handle_record_csv, NULL, "Records as CSV"),
    ROUTE(GET, "/records/:type/export.xlsx", OWN_OR_READ, SAFE, NO_BODY, handle_record_xlsx, NULL, "Records as XLSX"),
    ROUTE(POST, "/records/:type/export.csv", OWN_OR_READ, TOKEN, FORM, handle_record_csv, NULL, "The same, once it was asked who exports"),
    ROUTE(POST, "/records/:type/export.xlsx", OWN_OR_READ, TOKEN, FORM, handle_record_xlsx, NULL, "The same, once it was asked who exports"),
    ROUTE(GET, "/records/:type/import", RECORDS, SAFE, NO_BODY, handle_import_form, NULL, "The form of an import"),
    ROUTE(POST, "/records/:type/import", RECORDS, TOKEN, RECORD_IMPORT_BYTES + (1 << 20), handle_import, NULL, "Try or do an import"),
    ROUTE(POST, "/records/:type/views", OWN_OR_READ, TOKEN, FORM, handle_record_view, NULL, "Keep a list's filter under a name"),
    ROUTE(POST, "/records/:type/bulk", OWN_OR_RECORDS, TOKEN, RECORD_JSON_BYTES, handle_record_bulk, NULL, "Do the same with several records"),
    ROUTE(GET, "/records/:type/:id", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_record, "One record"),
    ROUTE(POST, "/records/:type/:id", OWN_OR_RECORDS, TOKEN, RECORD_FORM_BYTES, handle_record_change, NULL, "Change a record"),
    ROUTE(GET, "/records/:type/:id/edit", OWN_OR_RECORDS, SAFE, NO_BODY, handle_record_edit, NULL, "The form of a record"),
    ROUTE(POST, "/records/:type/:id/move", OWN_OR_RECORDS, TOKEN, FORM, handle_record_move, NULL, "Take a step with a record"),
    ROUTE(POST, "/records/:type/:id/delete", OWN_OR_RECORDS, TOKEN, FORM, handle_record_delete, NULL, "Delete a record"),
    ROUTE(POST, "/records/:type/:id/undo", OWN_OR_RECORDS, TOKEN, FORM, handle_record_undo, NULL, "Undo the last change"),
    ROUTE(GET, "/records/:type/:id/files/:x", OWN_OR_READ, SAFE, NO_BODY, handle_record_file, NULL, "A file of a record"),
    ROUTE(POST, "/api/v1/changes", OWN_OR_RECORDS, TOKEN, RECORD_JSON_BYTES, handle_api_changes, NULL, "Several changes of records as one operation"),
    ROUTE(GET, "/api/v1/record-types", OWN_OR_READ, SAFE, NO_BODY, handle_api_record_types, NULL, "All types of records, with their definitions"),
    ROUTE(GET, "/api/v1/record-types/:type", OWN_OR_READ, SAFE, NO_BODY, handle_api_record_type, NULL, "One type of records"),
    ROUTE(GET, "/api/v1/records/:type", OWN_OR_READ, SAFE, NO_BODY, handle_api, &page_kind_record_list, "The records of a type"),
    ROUTE(POST, "/api/v1/records/:type", OWN_OR_RECORDS, TOKEN, RECORD_JSON_BYTES, handle_api_create, NULL, "Make a record"),
    ROUTE(POST, "/api/v1/records/:type/import", RECORDS, TOKEN, RECORD_IMPORT_BYTES, handle_api_import, NULL, "Import a CSV file, all of it or nothing"),
    ROUTE(GET, "/api/v1/records/:type/:id", OWN_OR_READ, SAFE, NO_BODY, handle_api_record, NULL, "One record"),
    ROUTE(PATCH, "/api/v1/records/:type/:id", OWN_OR_RECORDS, TOKEN, RECORD_JSON_BYTES, handle_api_change, NULL, "Change a record"),
    ROUTE(DELETE, "/api/v1/records/:type/:id", OWN_OR_RECORDS, TOKEN, RECORD_JSON_BYTES, handle_api_delete, NULL, "Delete a record"),
    ROUTE(GET, "/api/v1/records/:type/:id/history", OWN_OR_READ, SAFE, NO_BODY, handle_api_history, NULL, "Every change of a record"),
    ROUTE(POST, "/api/v1/records/:type/:id/moves", OWN_OR_RECORDS, TOKEN, RECORD_JSON_BYTES, handle_api_move, NULL, "Take a step with a record"),
    ROUTE(POST, "/api/v1/records/:type/:id/undo", OWN_OR_RECORDS, TOKEN, RECORD_JSON_BYTES, handle_api_undo, NULL, "Undo the last change"),
    ROUTE(GET, "/api/v1/records/:type/:id/files/:x", OWN_OR_READ, SAFE, NO_BODY, handle_record_file, NULL, "A file of a record"),

    /* The room People. */
    ROUTE(GET, "/people", READ, SAFE, NO_BODY, handle_page, &page_kind_people, "Who still owes what"),
    ROUTE(GET, "/people.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_people, "Who still owes what, as CSV"),
    ROUTE(GET, "/people/joiners", READ, SAFE, NO_BODY, handle_page, &page_kind_joiners, "Joiners, movers and leavers with their clocks"),
    ROUTE(GET, "/people/joiners.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_joiners, "Joiners, movers and leavers as CSV"),
    ROUTE(GET, "/people/joiners/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_lifecycle, "One joiner, mover or leaver with its steps"),
    ROUTE(POST, "/people/steps/:id", OWN_OR_RECORDS, TOKEN, WIDE_FORM, handle_people_step, NULL, "Say that a step is done, or not needed"),
    ROUTE(GET, "/people/reconcile", READ, SAFE, NO_BODY, handle_page, &page_kind_reconcile, "The roster against the accounts"),
    ROUTE(GET, "/people/reconcile.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_reconcile, "The differences as CSV"),
    ROUTE(POST, "/people/differences/:id", RECORDS, TOKEN, WIDE_FORM, handle_people_difference, NULL, "Explain a difference"),
    ROUTE(GET, "/people/roster", READ, SAFE, NO_BODY, handle_page, &page_kind_roster, "Rosters taken in, and who was missing"),
    ROUTE(POST, "/people/roster", RECORDS, TOKEN, RECORD_IMPORT_BYTES + (1 << 20), handle_people_roster, NULL, "Look at a roster, or take it in"),
    ROUTE(POST, "/people/leave", RECORDS, TOKEN, WIDE_FORM, handle_people_leave, NULL, "Name people's last day"),
    ROUTE(GET, "/people/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_person, "One person: what they owe and have"),
    ROUTE(GET, "/api/v1/people", READ, SAFE, NO_BODY, handle_api, &page_kind_people, "Who still owes what"),
    ROUTE(GET, "/api/v1/people/joiners", READ, SAFE, NO_BODY, handle_api, &page_kind_joiners, "Joiners, movers and leavers with their clocks"),
    ROUTE(GET, "/api/v1/people/joiners/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_lifecycle, "One joiner, mover or leaver with its steps"),
    ROUTE(GET, "/api/v1/people/reconcile", READ, SAFE, NO_BODY, handle_api, &page_kind_reconcile, "The roster against the accounts"),
    ROUTE(GET, "/api/v1/people/roster", READ, SAFE, NO_BODY, handle_api, &page_kind_roster, "Rosters taken in, and who was missing"),
    ROUTE(POST, "/api/v1/people/roster", RECORDS, TOKEN, RECORD_IMPORT_BYTES, handle_api_people_roster, NULL, "Take in a roster, all of it or nothing"),
    ROUTE(GET, "/api/v1/people/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_person, "One person: what they owe and have"),

    /* The Scope room: records of several types shown as one thing; single records change by the addresses above. */
    ROUTE(GET, "/scope", READ, SAFE, NO_BODY, handle_page, &page_kind_scope, "The scope: what is in, what is out, what is missing"),
    ROUTE(GET, "/scope/profile", READ, SAFE, NO_BODY, handle_page, &page_kind_scope_profile, "The organisation"),
    ROUTE(GET, "/scope/categories", READ, SAFE, NO_BODY, handle_page, &page_kind_scope_categories, "The categories, with questions and reasons"),
    ROUTE(GET, "/scope/boundary", READ, SAFE, NO_BODY, handle_page, &page_kind_scope_boundary, "The boundary, and what nobody has placed yet"),
    ROUTE(GET, "/scope/commitments", READ, SAFE, NO_BODY, handle_page, &page_kind_scope_commitments, "The commitments, and what keeps them"),
    ROUTE(GET, "/scope/subservices", READ, SAFE, NO_BODY, handle_page, &page_kind_scope_subservices, "Organisations whose controls are relied on"),
    ROUTE(GET, "/scope/team", READ, SAFE, NO_BODY, handle_page, &page_kind_scope_team, "Who answers for what"),
    ROUTE(GET, "/scope/version", READ, SAFE, NO_BODY, handle_page, &page_kind_scope_version, "What was approved, and what changed since"),
    ROUTE(POST, "/scope/categories", RECORDS, TOKEN, WIDE_FORM, handle_scope_answers, NULL, "Answer the questions of the categories"),
    ROUTE(POST, "/scope/categories/:id", RECORDS, TOKEN, WIDE_FORM, handle_scope_decision, NULL, "Decide on a category"),
    ROUTE(POST, "/scope/approve", RECORDS, TOKEN, FORM, handle_scope_approve, NULL, "Approve all of a type that wait"),
    ROUTE(POST, "/scope/register", RECORDS, TOKEN, WIDE_FORM, handle_scope_register, NULL, "Register what was suggested, in or out"),
    ROUTE(POST, "/scope/version/submit", RECORDS, TOKEN, FORM, handle_scope_submit, NULL, "Send the scope for approval"),
    ROUTE(POST, "/scope/version/approve", RECORDS, TOKEN, FORM, handle_scope_version_approve, NULL, "Approve the scope"),
    ROUTE(GET, "/api/v1/scope", READ, SAFE, NO_BODY, handle_api, &page_kind_scope, "The scope: what is in, what is out, what is missing"),
    ROUTE(GET, "/api/v1/scope/profile", READ, SAFE, NO_BODY, handle_api, &page_kind_scope_profile, "The organisation"),
    ROUTE(GET, "/api/v1/scope/categories", READ, SAFE, NO_BODY, handle_api, &page_kind_scope_categories, "The categories, with questions and reasons"),
    ROUTE(GET, "/api/v1/scope/boundary", READ, SAFE, NO_BODY, handle_api, &page_kind_scope_boundary, "The boundary, and what nobody has placed yet"),
    ROUTE(GET, "/api/v1/scope/commitments", READ, SAFE, NO_BODY, handle_api, &page_kind_scope_commitments, "The commitments, and what keeps them"),
    ROUTE(GET, "/api/v1/scope/subservices", READ, SAFE, NO_BODY, handle_api, &page_kind_scope_subservices, "Organisations whose controls are relied on"),
    ROUTE(GET, "/api/v1/scope/team", READ, SAFE, NO_BODY, handle_api, &page_kind_scope_team, "Who answers for what"),
    ROUTE(GET, "/api/v1/scope/version", READ, SAFE, NO_BODY, handle_api, &page_kind_scope_version, "What was approved, and what changed since"),

    /* Training: the room, and taking a course. */
    ROUTE(GET, "/training", READ, SAFE, NO_BODY, handle_page, &page_kind_training, "Courses and campaigns"),
    ROUTE(GET, "/training/overdue", READ, SAFE, NO_BODY, handle_page, &page_kind_training_overdue, "Overdue training by manager"),
    ROUTE(GET, "/training/overdue.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_training_overdue, "Overdue training as CSV"),
    ROUTE(GET, "/training/courses/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_course, "One course"),
    ROUTE(POST, "/training/courses/:id/copy", RECORDS, TOKEN, FORM, handle_course_copy, NULL, "Make an own version of a course"),
    ROUTE(POST, "/training/campaigns", RECORDS, TOKEN, FORM, handle_campaign_create, NULL, "Make a campaign and begin it"),
    ROUTE(GET, "/training/campaigns/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_campaign, "One campaign"),
    ROUTE(POST, "/training/campaigns/:id/begin", RECORDS, TOKEN, FORM, handle_campaign_begin, NULL, "Begin a campaign and assign its audience"),
    ROUTE(GET, "/my/training", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_my_training, "My training"),
    ROUTE(GET, "/my/training/completions/:id", OWN_PAGE, SAFE, NO_BODY, handle_certificate, NULL, "A certificate as PDF: ID.pdf"),
    ROUTE(GET, "/my/training/:id", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_my_course, "A course, and how far I am"),
    ROUTE(POST, "/my/training/:id/draw", OWN_PAGE, TOKEN, FORM, handle_quiz_draw, NULL, "Draw a quiz"),
    ROUTE(GET, "/my/training/:id/quiz", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_quiz, "The quiz that waits for answers"),
    ROUTE(POST, "/my/training/:id/quiz", OWN_PAGE, TOKEN, FORM, handle_quiz, NULL, "Hand in a quiz"),
    ROUTE(GET, "/my/training/:id/result", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_quiz_result, "What came of the last quiz"),
    ROUTE(GET, "/my/training/:id/:lesson", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_lesson, "A lesson"),
    ROUTE(POST, "/my/training/:id/:lesson/read", OWN_PAGE, TOKEN, FORM, handle_lesson_read, NULL, "Say that a lesson is read"),
    ROUTE(GET, "/api/v1/training", READ, SAFE, NO_BODY, handle_api, &page_kind_training, "Courses and campaigns"),
    ROUTE(GET, "/api/v1/training/overdue", READ, SAFE, NO_BODY, handle_api, &page_kind_training_overdue, "Overdue training by manager"),
    ROUTE(GET, "/api/v1/training/courses/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_course, "One course"),
    ROUTE(GET, "/api/v1/training/campaigns/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_campaign, "One campaign"),
    ROUTE(GET, "/api/v1/my/training", OWN_PAGE, SAFE, NO_BODY, handle_api, &page_kind_my_training, "My training"),
    ROUTE(GET, "/api/v1/my/training/:id", OWN_PAGE, SAFE, NO_BODY, handle_api, &page_kind_my_course, "A course, and how far I am"),
    /* Access reviews: lists of accounts, campaigns, lines. */
    ROUTE(GET, "/access", READ, SAFE, NO_BODY, handle_page, &page_kind_access, "Access reviews, and systems with the age of their lists of accounts"),
    ROUTE(POST, "/access", RECORDS, TOKEN, WIDE_FORM, handle_access_create, NULL, "Begin an access review"),
    ROUTE(POST, "/access/begin", RECORDS, TOKEN, FORM, handle_access_begin, NULL, "Begin a review of a captured host"),
    ROUTE(POST, "/access/host", RECORDS, TOKEN, FORM, handle_access_host, NULL, "Take what was captured of a host as its list of accounts"),
    ROUTE(GET, "/access/extract", RECORDS, SAFE, NO_BODY, handle_access_extract_form, NULL, "The form of a list of accounts"),
    ROUTE(POST, "/access/extract", RECORDS, TOKEN, EXTRACT_FORM_BYTES, handle_access_extract, NULL, "Try or read in a list of accounts"),
    ROUTE(GET, "/access/accounts", READ, SAFE, NO_BODY, handle_page, &page_kind_access_accounts, "All accounts, of a system or a person"),
    ROUTE(GET, "/access/:id", READ, SAFE, NO_BODY, handle_page, &page_kind_access_review, "One access review"),
    ROUTE(GET, "/access/:id/lines", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_access_lines, "The lines of an access review"),
    ROUTE(POST, "/access/:id/lines", OWN_OR_RECORDS, TOKEN, DECISIONS_BYTES, handle_access_decide, NULL, "Decide on lines"),
    ROUTE(POST, "/access/:id/bulk", OWN_OR_RECORDS, TOKEN, FORM, handle_access_bulk, NULL, "Keep lines without flags and with the same rights together"),
    ROUTE(POST, "/access/:id/hand-over", OWN_OR_RECORDS, TOKEN, FORM, handle_access_hand_over, NULL, "Let somebody else decide"),
    ROUTE(GET, "/api/v1/access", READ, SAFE, NO_BODY, handle_api, &page_kind_access, "Access reviews, and systems with the age of their lists of accounts"),
    ROUTE(POST, "/api/v1/access/extracts", RECORDS, TOKEN, EXTRACT_FORM_BYTES, handle_api_access_extract, NULL, "Read in a list of accounts: multipart/form-data with file, system, query, complete"),
    ROUTE(GET, "/api/v1/access/accounts", READ, SAFE, NO_BODY, handle_api, &page_kind_access_accounts, "All accounts, of a system or a person"),
    ROUTE(GET, "/api/v1/access/:id", READ, SAFE, NO_BODY, handle_api, &page_kind_access_review, "One access review"),
    ROUTE(GET, "/api/v1/access/:id/lines", OWN_OR_READ, SAFE, NO_BODY, handle_api, &page_kind_access_lines, "The lines of an access review"),

    ROUTE(GET, "/my", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_my, "What waits for me"),
    ROUTE(GET, "/tasks", READ, SAFE, NO_BODY, handle_page, &page_kind_tasks, "All that is due"),
    ROUTE(GET, "/tasks.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_tasks, "All that is due as CSV"),
    ROUTE(GET, "/calendar", READ, SAFE, NO_BODY, handle_page, &page_kind_calendar, "What is due in a month"),
    ROUTE(GET, "/calendar.ics", OWN_PAGE, SAFE, NO_BODY, handle_feed, NULL, "What is due, for calendar programs; takes ?token="),
    ROUTE(GET, "/api/v1/my", OWN_PAGE, SAFE, NO_BODY, handle_api, &page_kind_my, "What waits for me"),
    ROUTE(GET, "/api/v1/tasks", READ, SAFE, NO_BODY, handle_api, &page_kind_tasks, "All that is due"),
    ROUTE(GET, "/api/v1/calendar", READ, SAFE, NO_BODY, handle_api, &page_kind_calendar, "What is due in a month"),

    ROUTE(GET, "/sign-in", PUBLIC, SAFE, NO_BODY, handle_sign_in_form, NULL, "The form behind a one-time link"),
    ROUTE(POST, "/sign-in", PUBLIC, ORIGIN, WIDE_FORM, handle_sign_in, NULL, "Use up a one-time link"),
    ROUTE(GET, "/sign-in/code", PUBLIC, SAFE, NO_BODY, handle_code_form, NULL, "The form for the second factor"),
    ROUTE(POST, "/sign-in/code", PUBLIC, TOKEN, WIDE_FORM, handle_code, NULL, "Give the second factor"),
    ROUTE(GET, "/sign-in/with/:id", PUBLIC, SAFE, NO_BODY, handle_with, NULL, "Go to a provider to sign in"),
    ROUTE(GET, "/sign-in/with/:id/back", PUBLIC, SAFE, NO_BODY, handle_with_back, NULL, "Come back from a provider"),
    ROUTE(POST, "/sign-out", PUBLIC, TOKEN, FORM, handle_sign_out, NULL, "End this session"),
    ROUTE(POST, "/theme", PUBLIC, ORIGIN, FORM, handle_theme, NULL, "Light, dark, or as the system has it"),
    ROUTE(POST, "/log/cosignature", PUBLIC, ORIGIN, ANCHOR_NOTE_BYTES_MAX, handle_cosignature, NULL, "A witness brings its cosignature"),
    /* Accounts: who may sign in, how, and what was done about it. */
    ROUTE(GET, "/settings", READ, SAFE, NO_BODY, handle_page, &page_kind_settings, "How everything is set up"),
    ROUTE(GET, "/settings/notifications", AUDIT, SAFE, NO_BODY, handle_page, &page_kind_notifications, "Where notices go, and what went out"),
    ROUTE(POST, "/settings/notifications", SETTINGS, TOKEN, WIDE_FORM, handle_notifications, NULL, "Set, remove or test where notices go"),
    ROUTE(GET, "/onboarding", OWN_PAGE, SAFE, NO_BODY, handle_page, &page_kind_onboarding, "One's own first steps"),
    ROUTE(POST, "/onboarding", OWN_PAGE, TOKEN, FORM, handle_onboarding, NULL, "Put the first steps aside, or show them again"),
    ROUTE(GET, "/api/v1/settings", READ, SAFE, NO_BODY, handle_api, &page_kind_settings, "How everything is set up"),
    ROUTE(GET, "/api/v1/notifications", AUDIT, SAFE, NO_BODY, handle_api, &page_kind_notifications, "Where notices go, and what went out"),
    ROUTE(POST, "/api/v1/notifications", SETTINGS, TOKEN, WIDE_FORM, handle_notifications, NULL, "Set, remove or test where notices go"),
    ROUTE(GET, "/api/v1/onboarding", OWN_PAGE, SAFE, NO_BODY, handle_api, &page_kind_onboarding, "One's own first steps"),
    ROUTE(GET, "/settings/sign-in", OWN_PAGE, SAFE, NO_BODY, handle_self, &page_kind_self, "One's own ways to sign in"),
    ROUTE(POST, "/settings/sign-in/password", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_password, NULL, "Set one's own password"),
    ROUTE(POST, "/settings/sign-in/totp", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_totp, NULL, "Add one-time codes"),
    ROUTE(POST, "/settings/sign-in/recovery", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_recovery, NULL, "New recovery codes"),
    ROUTE(POST, "/settings/sign-in/passkey", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_passkey, NULL, "Add a passkey"),
    ROUTE(POST, "/settings/sign-in/remove", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_remove, NULL, "Remove a way to sign in"),
    ROUTE(POST, "/settings/sign-in/sessions", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_sessions, NULL, "End one's own sessions"),
    ROUTE(POST, "/settings/tokens", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_token, NULL, "Make a token"),
    ROUTE(POST, "/settings/tokens/revoke", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_token_revoke, NULL, "Revoke a token"),
    ROUTE(GET, "/settings/users", AUDIT, SAFE, NO_BODY, handle_users, &page_kind_users, "The accounts"),
    ROUTE(POST, "/settings/users", USERS, TOKEN, WIDE_FORM, handle_user_add, NULL, "Add an account"),
    ROUTE(GET, "/settings/users/:id", AUDIT, SAFE, NO_BODY, handle_user, &page_kind_user, "One account"),
    ROUTE(POST, "/settings/users/:id", USERS, TOKEN, WIDE_FORM, handle_user_change, NULL, "Change an account"),
    ROUTE(POST, "/settings/users/:id/link", USERS, TOKEN, WIDE_FORM, handle_user_link, NULL, "Make a sign-in link"),
    ROUTE(POST, "/settings/users/:id/reset", USERS, TOKEN, WIDE_FORM, handle_user_reset, NULL, "Void all ways to sign in"),
    ROUTE(GET, "/settings/roles", AUDIT, SAFE, NO_BODY, handle_roles, &page_kind_roles, "Roles and what they may"),
    ROUTE(POST, "/settings/roles", USERS, TOKEN, WIDE_FORM, handle_role_set, NULL, "Add, change or take away a role"),
    ROUTE(GET, "/settings/sources", AUDIT, SAFE, NO_BODY, handle_sources, &page_kind_sources, "Directories and providers to sign in through"),
    ROUTE(POST, "/settings/sources", USERS, TOKEN, WIDE_FORM, handle_source_set, NULL, "Add or change a directory or provider"),
    ROUTE(GET, "/settings/sources/:id", AUDIT, SAFE, NO_BODY, handle_source, &page_kind_source, "One directory or provider"),
    ROUTE(POST, "/settings/sources/:id/try", USERS, TOKEN, WIDE_FORM, handle_source_try, NULL, "Ask a directory or provider"),
    ROUTE(POST, "/settings/sources/:id/remove", USERS, TOKEN, WIDE_FORM, handle_source_remove, NULL, "Let nobody in through it any more"),
    ROUTE(GET, "/settings/activity", AUDIT, SAFE, NO_BODY, handle_activity, &page_kind_activity, "What administrators did"),
    ROUTE(GET, "/api/v1/me", OWN_PAGE, SAFE, NO_BODY, handle_self, &page_kind_self, "One's own ways to sign in"),
    ROUTE(POST, "/api/v1/me/tokens", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_token, NULL, "Make a token"),
    ROUTE(POST, "/api/v1/me/tokens/revoke", OWN_PAGE, TOKEN, WIDE_FORM, handle_self_token_revoke, NULL, "Revoke a token"),
    ROUTE(GET, "/api/v1/users", AUDIT, SAFE, NO_BODY, handle_users, &page_kind_users, "The accounts"),
    ROUTE(POST, "/api/v1/users", USERS, TOKEN, WIDE_FORM, handle_user_add, NULL, "Add an account"),
    ROUTE(GET, "/api/v1/users/:id", AUDIT, SAFE, NO_BODY, handle_user, &page_kind_user, "One account"),
    ROUTE(POST, "/api/v1/users/:id", USERS, TOKEN, WIDE_FORM, handle_user_change, NULL, "Change an account"),
    ROUTE(GET, "/api/v1/roles", AUDIT, SAFE, NO_BODY, handle_roles, &page_kind_roles, "Roles and what they may"),
    ROUTE(GET, "/api/v1/sign-in-sources", AUDIT, SAFE, NO_BODY, handle_sources, &page_kind_sources, "Directories and providers to sign in through"),
    ROUTE(POST, "/api/v1/sign-in-sources", USERS, TOKEN, WIDE_FORM, handle_source_set, NULL, "Add or change a directory or provider"),
    ROUTE(GET, "/api/v1/sign-in-sources/:id", AUDIT, SAFE, NO_BODY, handle_source, &page_kind_source, "One directory or provider"),
    ROUTE(POST, "/api/v1/sign-in-sources/:id/remove", USERS, TOKEN, WIDE_FORM, handle_source_remove, NULL, "Let nobody in through it any more"),
    ROUTE(GET, "/api/v1/activity", AUDIT, SAFE, NO_BODY, handle_activity, &page_kind_activity, "What administrators did"),

    ROUTE(GET, "/assets", READ, SAFE, NO_BODY, handle_page, &page_kind_assets, "The register of assets"),
    ROUTE(GET, "/assets.csv", READ, SAFE, NO_BODY, handle_csv, &page_kind_assets, "The register of assets as CSV"),
    ROUTE(GET, "/assets/stores", READ, SAFE, NO_BODY, handle_page, &page_kind_asset_stores, "Data stores against the duties of their class"),
    ROUTE(GET, "/assets/encryption", READ, SAFE, NO_BODY, handle_page, &page_kind_asset_encryption, "Encryption by class and medium"),
    ROUTE(GET, "/assets/suggestions", READ, SAFE, NO_BODY, handle_page, &page_kind_asset_suggestions, "What was seen against what is registered"),
    ROUTE(POST, "/assets/register", RECORDS, TOKEN, FORM, handle_asset_register, NULL, "Register what was seen"),
    ROUTE(GET, "/api/v1/assets", READ, SAFE, NO_BODY, handle_api, &page_kind_assets, "The register of assets"),
    ROUTE(GET, "/api/v1/assets/stores", READ, SAFE, NO_BODY, handle_api, &page_kind_asset_stores, "Data stores against the duties of their class"),
    ROUTE(GET, "/api/v1/assets/encryption", READ, SAFE, NO_BODY, handle_api, &page_kind_asset_encryption, "Encryption by class and medium"),
    ROUTE(GET, "/api/v1/assets/suggestions", READ, SAFE, NO_BODY, handle_api, &page_kind_asset_suggestions, "What was seen against what is registered"),
    ROUTE(GET, "/prepare", READ, SAFE, NO_BODY, handle_page, &page_kind_prepare, "Steps and documents, computed from records"),
    ROUTE(GET, "/stakeholders", READ, SAFE, NO_BODY, handle_page, &page_kind_stakeholders, "Who relies on the program, and who received which report"),
    ROUTE(GET, "/resources", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_resources, "Where to read on"),
    ROUTE(GET, "/api/v1/prepare", READ, SAFE, NO_BODY, handle_api, &page_kind_prepare, "Steps and documents, computed from records"),
    ROUTE(GET, "/api/v1/stakeholders", READ, SAFE, NO_BODY, handle_api, &page_kind_stakeholders, "Who relies on the program, and who received which report"),
    ROUTE(GET, "/api/v1/resources", OWN_OR_READ, SAFE, NO_BODY, handle_api, &page_kind_resources, "Where to read on"),
    /* Reporting in confidence: not logged, not cached (concerns/concerns.h). */
    ROUTE(GET, "/concern", PUBLIC, SAFE, NO_BODY, handle_concern_form, NULL, "The form to report a concern"),
    ROUTE(POST, "/concern", PUBLIC, ORIGIN, WIDE_FORM, handle_concern_report, NULL, "Report a concern"),
    ROUTE(GET, "/concern/follow", PUBLIC, SAFE, NO_BODY, handle_concern_follow_form, NULL, "The form for a reporter's key"),
    ROUTE(POST, "/concern/follow", PUBLIC, ORIGIN, WIDE_FORM, handle_concern_follow, NULL, "Follow a concern, and say more"),
    ROUTE(GET, "/concerns", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_concerns, "The concerns that one receives"),
    ROUTE(GET, "/concerns/:id", OWN_OR_READ, SAFE, NO_BODY, handle_page, &page_kind_concern, "One concern"),
    ROUTE(POST, "/concerns/:id/say", OWN_OR_RECORDS, TOKEN, WIDE_FORM, handle_concern_say, NULL, "Say something to the reporter"),
    ROUTE(GET, "/api/v1/concerns", OWN_OR_READ, SAFE, NO_BODY, handle_api, &page_kind_concerns, "The concerns that one receives"),
    ROUTE(GET, "/api/v1/concerns/:id", OWN_OR_READ, SAFE, NO_BODY, handle_api, &page_kind_concern, "One concern"),
    ROUTE(GET, "/log/*", PUBLIC, SAFE, NO_BODY, handle_log, NULL, "Checkpoint and tiles of the ledger, as C2SP tlog-tiles"),
    ROUTE(GET, "/health", PUBLIC, SAFE, NO_BODY, handle_health, NULL, "Whether this process answers"),
};
const size_t route_count = sizeof(routes) / sizeof(routes[0]);

static bool path_matches(const char *pattern_text, struct str path, struct str ret_parameters[ROUTE_PARAMETERS_MAX])
{
    struct str pattern = str_of(pattern_text), want, have;
    size_t n = 0;
    bool is_more_wanted = true, is_more = true;
    while (is_more_wanted && is_more) {
        is_more_wanted = str_cut(&pattern, '/', &want);
        if (is_more && str_is(want, "*"))
            return true;
        is_more = str_cut(&path, '/', &have);
        if (want.size && want.data[0] == ':') {
            if (have.size == 0 || n == ROUTE_PARAMETERS_MAX)
                return false;
            ret_parameters[n++] = have;
        } else if (!str_equal(want, have)) {
            return false;
        }
    }
    return is_more_wanted == is_more;
}

/* What Allow says, for every set of methods: answers are sent later, so the texts stay. */
static char allow_texts[1 << HTTP_METHODS][48];

static void allow_fill(void)
{
    for (unsigned set = 0; set < 1u << HTTP_METHODS; set++)
        for (unsigned m = 0; m < HTTP_METHODS; m++) {
            size_t n = strlen(allow_texts[set]);
            if (set & 1u << m)
                snprintf(allow_texts[set] + n, sizeof(allow_texts[set]) - n, "%s%s%s", n ? ", " : "",
                         http_method_name((enum http_method)m), m == HTTP_GET ? ", HEAD" : "");
        }
}

const struct route *route_find(enum http_method method, struct str path, struct str ret_parameters[ROUTE_PARAMETERS_MAX],
                               const char **ret_allow)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, allow_fill);
    unsigned set = 0;
    enum http_method wanted = method == HTTP_HEAD ? HTTP_GET : method;
    for (size_t i = 0; i < route_count; i++) {
        if (!path_matches(routes[i].path, path, ret_parameters))
            continue;
        if (routes[i].method == wanted)
            return &routes[i];
        set |= 1u << routes[i].method;
    }
    *ret_allow = allow_texts[set];
    return NULL;
}
