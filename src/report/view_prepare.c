/* What to read; and guided preparation: steps and documents, computed from what is recorded. */
#include "report/view_prepare.h"
#include "content/content.h"
#include "report/view_room.h"
#include "report/view_scope_internal.h"

struct json *view_resources(struct view *v, const struct view_records *r, struct err *e)
{
    (void)r;
    struct json *page = record_page_new(v, STR("Where to read on"), true, e);
    const struct json *content = page ? json_parse(v->arena, str_of(content_resources_json), JSON_LIMITS_DEFAULT, e) : NULL;
    if (!content)
        return NULL;
    struct json *groups = json_put_array(page, "groups");
    JSON_EACH (g, json_get(content, "groups")) {
        struct json *o = json_push_object(groups);
        json_put_str(o, "id", json_text(g, "id"));
        json_put_str(o, "title", json_text(g, "title"));
        struct json *links = json_put_array(o, "links");
        JSON_EACH (link, json_get(g, "links")) {
            struct json *l = json_push_object(links);
            struct str url = json_text(link, "url"), host = str_slice(url, strlen("https://"), url.size);
            ptrdiff_t slash = str_find_char(host, '/');
            json_put_str(l, "title", json_text(link, "title"));
            json_put_str(l, "url", url);
            json_put_str(l, "words", json_text(link, "words"));
            json_put_str(l, "host", slash > 0 ? str_slice(host, 0, (size_t)slash) : host);
        }
    }
    return page;
}

/* ---- steps ---- */

/* ?1: the newest leaf that counts, ?2: today. Each answers with done and total. */
#define NOW(table, condition)                                                                                                                     \
    "(select count(*) from " table "_versions r where r.from_leaf <= ?1 and (r.to_leaf is null or r.to_leaf > ?1) and r.is_deleted = 0 and (" condition "))"

struct step {
    const char *id, *title, *words, *url, *button;
    const char *done, *total; /* SQL; NULL: of the completeness's sums of the same id */
    bool is_optional;         /* where there is nothing of the kind, nothing is left to do */
};

static const struct step steps[] = {
    {"organisation", "Say who you are, and which report you want by when", "Name, kind of organisation, type of report, first and last day of the window.", "/scope/profile", "Organisation",
     NOW("organisations", "r.window_from is not null"), "1"},
    {"host", "Have the first host read", "What machines can show nobody has to collect by hand.", "/evidence", "Evidence", "(select count(distinct subject) > 0 from run where leaf <= ?1)", "1"},
    {"scope", "Have the scope approved", "Services, systems, boundary, categories, commitments: sent by one, approved by another.", "/scope", "Scope", NOW("scopes", "r.state = 'approved'"), "1"},
    {"subservices", "Have a current report of everybody whose controls you rely on", "Carved out does not mean unwatched.", "/scope/subservices", "Subservice organisations",
     NOW("subservices", "r.state <> 'ended' and r.report_until >= ?2"), NOW("subservices", "r.state <> 'ended'"), true},
    {"adopted", "Adopt the controls in scope", "A control without a decision to have it is an intention.", "/controls/adopt", "Adopt", NULL, NULL},
    {"owned", "Give every control an owner", "One person each, who knows of it.", "/controls", "Controls", NULL, NULL},
    {"criteria", "Cover every criterion in scope", "Each topic of a criterion has an adopted control.", "/criteria/completeness", "Completeness", NULL, NULL},
    {"policies", "Put the policies in force", "Approved by somebody other than who wrote them, signed by whom they bind.", "/policies", "Policies", NULL, NULL},
    {"risks", "Assess the risks", "Fraud, vendors and change are looked at in every assessment.", "/risks", "Risks", NOW("risks", "r.state = 'assessed'"), NOW("risks", "r.state <> 'closed'")},
    {"stores", "Classify where data lies", "Each data store in scope has a class; its duties follow from it.", "/assets/stores", "Data stores",
     NOW("data_stores", "r.state = 'in_use' and ifnull(r.in_scope, 1) = 1 and r.class is not null"), NOW("data_stores", "r.state = 'in_use' and ifnull(r.in_scope, 1) = 1")},
    {"people", "List everybody who works for you", "Access reviews, training and signatures are counted against this list.", "/records/person", "People",
     NOW("people", "r.state = 'active'") " > 1", "1"},
    {"training", "Have people trained", "Assigned courses that are completed.", "/training", "Training", NOW("training_assignments", "r.state = 'completed'"),
     NOW("training_assignments", "r.state <> 'dropped'")},
    {"reviews", "Sign off an access review", "At least one within the last year.", "/access", "Access reviews",
     "min(1, " NOW("access_reviews", "r.state = 'signed' and r.from_t > ?3 - 366 * 86400000") ")", "1"},
    {"channel", "Open a way to report concerns", "Named people receive what somebody reports in confidence.", "/concerns", "Concerns",
     "min(1, " NOW("concern_channels", "r.state = 'open' and r.open_to <> 'nobody'") ")", "1"},
    {"gaps", "Close the gaps of high severity", "Before the window begins; afterwards each is an exception in the report.", "/gaps/register", "Gaps",
     NOW("gap_records", "r.impact * r.likelihood >= 6 and r.state in ('closed', 'accepted')"), NOW("gap_records", "r.impact * r.likelihood >= 6"), true},
    {"shown", "Have a proof of every control", "Machine, evidence or register: each control in scope shows once that it works.", "/controls", "Controls", NULL, NULL},
    {"documents", "Have the documents that controls rest on", "No older than a year and a month.", "/criteria/completeness", "Completeness", NULL, NULL},
    {"witness", "Have somebody outside vouch for the ledger", "A witness or an authority for time stamps: then nobody can rewrite it unseen.", "/settings", "Settings",
     "(select count(*) > 0 from anchor where leaf <= ?1)", "1"},
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

static bool step_count(struct view *v, const char *sql, int64_t *ret, struct err *e)
{
    char today[TIME_TEXT_SIZE];
    struct err failed = {0};
    time_format_date(v->at_ms, today);
    struct str text = arena_printf(v->arena, "select %s from (select ?1, ?2, ?3)", sql);
    *ret = db_one_int(v->db, &failed, 0, text.data, A(v->leaf_limit), A(str_of(today)), A(v->at_ms));
    return failed.code ? (*e = failed, false) : true;
}

static bool step_put(struct view *v, struct json *list, const struct step *s, const struct json *sums, struct err *e)
{
    int64_t done = 0, total = 0;
    JSON_EACH (sum, s->done ? NULL : sums)
        if (str_is(json_text(sum, "id"), s->id)) {
            done = json_int(sum, "done", 0);
            total = json_int(sum, "total", 0);
        }
    if (s->done && (!step_count(v, s->done, &done, e) || !step_count(v, s->total, &total, e)))
        return err_wrap(e, "%s", s->id);
    struct json *o = json_push_object(list);
    bool is_done = total > 0 && done >= total, is_none = s->is_optional && total == 0;
    json_put_cstr(o, "id", s->id);
    json_put_cstr(o, "title", s->title);
    json_put_cstr(o, "words", s->words);
    json_put_int(o, "done", done);
    json_put_int(o, "total", total);
    put_status_as(o, is_none ? RESULT_SKIP : is_done ? RESULT_PASS : done > 0 ? RESULT_UNKNOWN : RESULT_FAIL, is_none ? "None so far" : is_done ? "Done" : done > 0 ? "Begun" : total == 0 ? "Nothing there yet" : "Not begun");
    json_put_cstr(o, "url", s->url);
    json_put_cstr(o, "button", s->button);
    return true;
}

/* ---- documents ---- */

static const char *request_kind_words(const char *kind)
{
    static const char *const words[][2] = {{"document", "Document"}, {"population", "Complete list"}, {"sample", "Sample"}, {"config", "Setting"}, {"walkthrough", "Walkthrough"}, {"report", "Report"}};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i][0], kind) == 0)
            return words[i][1];
    return kind;
}

static bool request_is_wanted(const struct assessment *as, const struct request *q, struct str report)
{
    bool is_in = q->criteria.count == 0, is_type = report.size == 0 || q->report_types.count == 0;
    for (size_t i = 0; i < q->criteria.count && !is_in; i++) {
        size_t k = assessment_criterion_index(str_of(q->criteria.items[i]));
        is_in = k != SIZE_MAX && as->criteria[k].is_in_scope;
    }
    for (size_t i = 0; i < q->report_types.count && !is_type; i++)
        is_type = str_is(report, q->report_types.items[i]);
    return is_in && is_type;
}

/* Evidence that names the request, or the answer to it in an audit; an accepted one settles it. */
static enum result_status request_evidence(struct view *v, const struct request *q, struct json *list, struct err *e)
{
    enum result_status s = RESULT_FAIL;
    DB_EACH (row, v->db, e,
             "select x.id, x.title, x.state from record_link l join evidence_items_versions x on x.id = l.id where l.type = 'evidence' and l.field = 'requests' and l.target = ?2 and "
             "l.from_leaf <= ?1 and (l.to_leaf is null or l.to_leaf > ?1) and x.from_leaf <= ?1 and (x.to_leaf is null or x.to_leaf > ?1) and x.is_deleted = 0 and "
             "x.state in ('received', 'accepted') order by x.state, x.id limit 5", A(v->leaf_limit), A(q->id)) {
        struct str id = arena_str(v->arena, db_text(row, 0));
        push_link(v, list, id.data, arena_str(v->arena, db_text(row, 1)).data, record_url(v, "evidence", id));
        s = str_is(db_text(row, 2), "accepted") ? RESULT_PASS : s == RESULT_PASS ? s : RESULT_UNKNOWN;
    }
    /* what an auditor of an engagement that has not ended was given, however it was answered */
    DB_EACH (row, v->db, e,
             "select x.id, x.engagement, x.state from audit_requests_versions x join engagements_versions g on g.id = x.engagement where x.template = ?2 and "
             "x.from_leaf <= ?1 and (x.to_leaf is null or x.to_leaf > ?1) and x.is_deleted = 0 and g.from_leaf <= ?1 and (g.to_leaf is null or g.to_leaf > ?1) and g.is_deleted = 0 and "
             "x.state in ('submitted', 'accepted') and g.state not in ('closed', 'ended') order by x.state, x.id limit 1", A(v->leaf_limit), A(q->id)) {
        struct str id = arena_str(v->arena, db_text(row, 0));
        push_link(v, list, id.data, id.data, arena_printf(v->arena, "/audit/%.*s/requests/%.*s", STR_ARGS(db_text(row, 1)), STR_ARGS(id)));
        s = str_is(db_text(row, 2), "accepted") ? RESULT_PASS : s == RESULT_PASS ? s : RESULT_UNKNOWN;
    }
    return s;
}

/* A complete list or a setting that machines read needs nobody to bring it. */
static bool is_read_by_machine(const struct assessment *as, const struct request *q)
{
    if (strcmp(q->kind, "config") != 0 || q->controls.count == 0)
        return false;
    for (size_t i = 0; i < q->controls.count; i++) {
        size_t k = assessment_control_index(as, str_of(q->controls.items[i]));
        if (k == SIZE_MAX || as->controls[k].tests_now.of[RESULT_PASS] + as->controls[k].tests_now.of[RESULT_FAIL] == 0)
            return false;
    }
    return true;
}

static void request_put(struct view *v, const struct assessment *as, struct json *rows, const struct request *q, enum result_status s, bool is_machine, struct json *evidence)
{
    struct json *o = json_push_object(rows);
    json_put_cstr(o, "id", q->id);
    json_put_cstr(o, "text", q->request);
    json_put_cstr(o, "kind", q->kind);
    json_put_cstr(o, "kind_words", request_kind_words(q->kind));
    json_put_cstr(o, "format", q->format);
    json_put_cstr(o, "phase", q->phase);
    struct json *controls = json_put_array(o, "controls");
    for (size_t i = 0; i < q->controls.count && i < 4; i++) {
        size_t k = assessment_control_index(as, str_of(q->controls.items[i]));
        if (k != SIZE_MAX)
            push_link(v, controls, as->controls[k].control->id, as->controls[k].control->title, url_control(v, as->controls[k].control));
    }
    json_put(o, "evidence", evidence);
    put_status_as(o, s, s == RESULT_PASS ? (is_machine ? "Read by machine" : "There") : s == RESULT_UNKNOWN ? "To be reviewed" : "Missing");
}

static bool documents_put(struct view *v, const struct assessment *as, struct json *page, struct str report, bool shows_all, struct err *e)
{
    struct json *sections = json_put_array(page, "sections"), *rows = NULL, *section = NULL;
    int64_t there = 0, waiting = 0, missing = 0, section_there = 0, section_total = 0;
    struct err failed = {0};
    for (size_t i = 0; i <= content_request_count; i++) {
        const struct request *q = i < content_request_count ? &content_requests[i] : NULL;
        if (section && (!q || !str_is(json_text(section, "title"), q->section))) {
            json_put_int(section, "there", section_there);
            json_put_int(section, "total", section_total);
            section = NULL;
        }
        if (!q || !request_is_wanted(as, q, report))
            continue;
        if (!section) {
            section = json_push_object(sections);
            json_put_cstr(section, "title", q->section);
            rows = json_put_array(section, "rows");
            section_there = section_total = 0;
        }
        struct json *evidence = json_array(v->arena);
        enum result_status s = request_evidence(v, q, evidence, &failed);
        bool is_machine = s == RESULT_FAIL && is_read_by_machine(as, q);
        s = is_machine ? RESULT_PASS : s;
        there += s == RESULT_PASS;
        waiting += s == RESULT_UNKNOWN;
        missing += s == RESULT_FAIL;
        section_there += s == RESULT_PASS;
        section_total++;
        if (shows_all || s != RESULT_PASS)
            request_put(v, as, rows, q, s, is_machine, evidence);
    }
    struct json *o = json_put_object(page, "documents");
    json_put_int(o, "there", there);
    json_put_int(o, "waiting", waiting);
    json_put_int(o, "missing", missing);
    json_put_int(o, "total", there + waiting + missing);
    return failed.code ? (*e = failed, false) : true;
}

struct json *view_prepare(struct view *v, const struct view_records *r, struct str show, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct json *page = as ? record_page_new(v, STR("Prepare"), true, e) : NULL, *complete = page ? view_completeness(v, r, e) : NULL;
    struct scope_rows organisations;
    if (!complete || !scope_rows_read(v, r, "organisation", view_record_limit(v), false, &organisations, e))
        return NULL;
    struct json *list = json_put_array(page, "steps");
    int64_t done = 0;
    const struct json *next = NULL;
    for (size_t i = 0; i < STEPS; i++)
        if (!step_put(v, list, &steps[i], json_get(complete, "sums"), e))
            return NULL;
    JSON_EACH (s, list) {
        bool is_done = str_is(json_text(s, "status"), "pass") || str_is(json_text(s, "status"), "skip");
        done += is_done;
        next = next || is_done ? next : s;
    }
    struct json *n = next ? json_put_object(page, "next") : json_put(page, "next", json_new_null(v->arena));
    static const char *const members[] = {"id", "title", "words", "url", "button"};
    for (size_t i = 0; next && i < sizeof(members) / sizeof(members[0]); i++)
        json_put_str(n, members[i], json_text(next, members[i]));
    json_put_int(page, "done", done);
    json_put_int(page, "total", STEPS);
    struct str report = organisations.count ? scope_text(&organisations.items[0], "report_type") : STR("");
    bool shows_all = str_is(show, "all");
    json_put_cstr(page, "shown", shows_all ? "all" : "missing");
    json_put_str(page, "report_words", organisations.count ? scope_choice_label(&organisations.items[0], "report_type") : STR(""));
    return documents_put(v, as, page, report, shows_all, e) ? page : NULL;
}
