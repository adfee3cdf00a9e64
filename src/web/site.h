/*
 * site.h - the inside of the web process: what all requests share, what one worker has, what one request is.
 *
 * struct site is made at start and lives until the end; its parts guard themselves. A struct call lives for one request on one
 * worker. Handlers fill the call's response, or return false with an error, which becomes an error page or an API problem.
 */
#ifndef WEB_SITE_H
#define WEB_SITE_H

#include "base/json.h"
#include "blob/blob.h"
#include "content/permission.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "report/view.h"
#include "web/cache.h"
#include "web/form.h"
#include "web/html.h"
#include "web/http.h"
#include "web/session.h"
#include "web/web.h"
#include <pthread.h>
#include <stdatomic.h>

/* ---- routes: route.c ---- */

/* Who may: a permission of content/roles.yaml, or PERMISSION_PUBLIC (sign-in, assets, the theme). Zero is none, and the ROUTE macro has
 * no default: a route without one does not compile. */

/* How a request is told from one that another site makes the browser send. */
enum csrf {
    CSRF_SAFE = 1, /* GET: changes nothing */
    CSRF_ORIGIN,   /* Origin and Sec-Fetch-Site must be ours (before anybody has signed in) */
    CSRF_TOKEN     /* that, and the session's token in the field "csrf" or the header's equal */
};

struct call;
struct record_types;
struct view_records;
struct access;
struct list_column {
    const char *id; /* member of a row, and what it is sorted by when is_sortable */
    const char *label;
    const char *class; /* of the header cell: "n" for numbers, "wide" where narrow screens leave it out */
    bool is_sortable;
    const char *csv; /* dotted path of the cell in CSV; NULL: id */
};

/* A page: a view model, the template that shows it, and for lists the columns. */
struct page {
    const char *nav; /* the entry of the navigation that it belongs to */
    struct json *(*build)(struct call *c, struct err *e);
    void (*render)(struct html *h, const struct json *v);
    const struct list_column *columns;
    size_t column_count;
    const char *words; /* for the API's description */
};

struct route {
    enum http_method method;
    const char *path; /* ":name" stands for one segment, "*" at the end for whatever follows */
    enum permission permit;
    enum csrf csrf;
    size_t body_max;
    bool (*handler)(struct call *c, struct err *e);
    const struct page *page;
    const char *words;
};

enum { ROUTE_PARAMETERS_MAX = 3 };

/* Bodies about records. */
enum {
    RECORD_FORM_BYTES = 34 << 20,   /* a form with its files */
    RECORD_JSON_BYTES = 2 << 20,    /* a change over the API */
    RECORD_IMPORT_BYTES = 8 << 20,  /* a CSV file */
    RECORD_SORT_MAX = 80
};

extern const struct route routes[];
extern const size_t route_count;
/* The route of a path for a method. NULL: none; then ret_allow says which methods the path takes ("" when there is no such path).
 * ret_parameters: raw segments in place of ":name". */
const struct route *route_find(enum http_method method, struct str path, struct str ret_parameters[ROUTE_PARAMETERS_MAX],
                               const char **ret_allow);
static inline bool route_is_api(const struct route *r)
{
    return strncmp(r->path, "/api/", 5) == 0;
}

/* ---- the site ---- */

/* Who asks: accounts/identity.c. */
struct identity {
    bool is_signed_in;
    bool is_token;        /* by an API token, not by a session */
    bool needs_code;      /* the password was right; the second factor is still due */
    struct session session;
    uint32_t permissions; /* PERMISSION_BITs: what this request may */
    uint32_t rights;      /* what it might with a second factor */
};

struct known_actors;
struct guesses;     /* accounts/guess.h */
struct challenges;  /* accounts/challenge.h */
struct connector;   /* accounts/ask.c */
struct box;         /* concerns/box.h */
struct reads;       /* reads.h */
struct keeper_link; /* keeper_link.c: one connection to the keeper, made again when it breaks */

struct site {
    const struct web_options *options;
    const struct env *env;
    struct data_dir dir;
    struct sessions *sessions;
    struct cache *cache;
    struct keeper_link *keeper;
    struct view_kept *kept;
    struct known_actors *known;
    struct guesses *guesses;
    struct challenges *challenges;
    struct connector *connector; /* NULL: nobody asks other systems */
    struct reads *reads;         /* what was read in audit rooms and is not on record yet (reads.h) */
    struct box *box;             /* what was reported anonymously today; NULL: it cannot be kept */
    pthread_mutex_t state_mutex; /* guards state_db and state_inode */
    struct db *state_db;
    uint64_t state_inode;
    pthread_mutex_t control_mutex; /* guards writing on control_fd */
    pthread_mutex_t print_mutex;   /* guards what goes over options->print_fd */
    atomic_bool print_is_broken;
    struct http_server *server;
};
/* A document as PDF (print/print.h), by the process that prints: print_link.c. */
struct json;
bool site_print(struct site *s, struct arena *a, const struct json *document, struct str *ret_pdf, struct err *e) MUST_USE;
/* The cells of an Excel workbook (inspect/sheet.h), by the process that reads them. NULL on failure. */
struct json *site_sheet(struct site *s, struct arena *a, struct str bytes, struct err *e);

struct worker {
    struct site *site;
    struct db *db;
    uint64_t inode;
    struct record_types *types;
    struct pack_store *packs;
    struct ledger_reader *ledger;
};

struct call {
    struct site *site;
    struct worker *worker;
    struct http_request *request;
    struct http_response *response;
    const struct route *route;
    struct arena *arena;
    struct session session;
    bool is_signed_in, is_token, needs_code;
    bool is_preview; /* the lead looks at a room as its auditor sees it: examiner.c */
    uint32_t permissions, rights; /* of struct identity */
    const char *step;             /* how the person was asked again: "passkey", "password", "totp", "recovery", "link", "token"; "" */
    int64_t now_ms;
    struct str at;                               /* as asked: "2026-11-01", "now-3d", empty for now */
    int64_t at_ms;                               /* 0: now */
    struct str parameters[ROUTE_PARAMETERS_MAX]; /* decoded */
    struct view view;
    struct view_records *records; /* opened with the view (records.h) */
    struct access *access;        /* who asks, for records */
    struct view_filter filter;
    struct form form;        /* of a request with a form as its body */
    const struct json *json; /* of one with JSON; NULL: none */
    int status;              /* of the answer to a failure, instead of its code's own; 0: that */
    struct json *more;       /* further members of the API's problem, or NULL */
    struct json *problems;   /* what is wrong with the input: [{"field","label","why"}], or NULL */
    struct json *flash;      /* a line above the page: {"kind","text","is_waiting"} */
};

/* What pages are made from, for the cache. data_version is -1 when there is no projection to read. */
void site_state(struct site *s, int64_t now_ms, struct cache_state *ret);
bool keeper_link_is_up(const struct keeper_link *k);
struct keeper_link *keeper_link_new(const char *path);
struct keeper_link *keeper_link_free(struct keeper_link *k);
/* Notices a keeper that went away or came back; once a second. */
void keeper_link_check(struct keeper_link *k);
bool keeper_link_submit(struct keeper_link *k, struct arena *a, const struct op *op, struct json **ret_answer,
                        struct err *e) MUST_USE;
bool keeper_link_cosigned(struct keeper_link *k, struct arena *a, struct str note, struct json **ret_answer, struct err *e) MUST_USE;
bool keeper_link_blob_key(struct keeper_link *k, uint64_t leaf, const char *x, struct keeper_blob *ret, struct err *e) MUST_USE;

/* ---- who asks: accounts/ ---- */

void site_identify(struct site *s, const struct http_request *r, struct identity *ret);
struct known_actors *known_actors_new(void);
struct known_actors *known_actors_free(struct known_actors *k);
static inline bool call_may(const struct call *c, enum permission permission)
{
    return permission_is_given(permission, c->permissions, c->rights);
}
/* Before what matters (approvals, exports, accounts, keys): was the person asked again within five minutes, or is the answer in this
 * very form? True: go on; c->step says how, for the operation. False: the response is a page that asks and sends the same form once
 * more, or for the API a problem with code step_up_required; the handler returns true.
 *
 *     if (!call_step_up(c))
 *         return true;
 */
bool call_step_up(struct call *c);

/* ---- auditors: examiner.c ---- */

/* Is this asked as the auditor sees it (?as=auditor)? Then the request may what an auditor may. */
bool examiner_begin(struct call *c, struct err *e) MUST_USE;
/* Is it an auditor's request, for an address that content/auditor.yaml opens? */
bool examiner_may(const struct call *c);
/* May this request be made: by its permissions, or as an auditor's by the table. */
bool examiner_lets(const struct call *c);
bool examiner_access(struct call *c, struct access *x, struct err *e) MUST_USE;
bool examiner_open(struct call *c, struct err *e) MUST_USE;
void examiner_note(struct call *c);
void examiner_trim(struct call *c, struct json *v);
/* The engagement of the address; "" where it has none. Of a view as the auditor, where it has none, the one that ?of= names. */
struct str examiner_engagement(const struct call *c);
struct str examiner_of(struct call *c);

/* ---- one request: call.c ---- */

struct worker *worker_new(struct site *s);
void worker_free(struct worker *w);
/* Runs the route's handler with everything around it: session, CSRF, memory limit, errors. */
void call_run(struct site *s, struct worker *w, struct http_request *r, struct http_response *ret);
/* Opens the projection and the view as of the call's instant. */
bool call_view(struct call *c, struct err *e) MUST_USE;
/* The day, as days since 1970, that it is where the organisation is. */
int64_t call_today(struct call *c);
/* For pages that ask about now: with ?at= they show then. After call_view. */
bool call_as_of(struct call *c, struct err *e) MUST_USE;
/* A value of the query, decoded; empty when absent. */
bool call_query(struct call *c, const char *name, struct str *ret, struct err *e) MUST_USE;
/* Reads q, status, group, sort, desc, page into the call's filter. */
bool call_filter(struct call *c, struct err *e) MUST_USE;
/* The cache's key of a page: address, session, theme; {NULL, 0} when it is too long to be kept. */
struct str call_cache_key(const struct http_request *r, const struct session *session, char *ret_text, size_t size);
/* The value of the session's cookie: "assay", with TLS "__Host-assay". */
struct str call_session_cookie(const struct http_request *r);
/* "light", "dark" or "auto". */
const char *call_theme(const struct http_request *r);
/* A page or an API problem for what went wrong; `code` is the problem's own. */
void call_problem(struct call *c, int status, const char *code, struct str why);
void call_error(struct call *c, int status, struct str why);
bool call_redirect(struct call *c, struct str location);
/* Only a path of our own, to return to; "/" for anything else. */
struct str call_own_path(struct str path);
/* Answers with the page that another request made from this state while this one waited for a worker; false: there is none. */
bool call_kept(struct call *c, const struct cache_state *state);
/* Gives the response its ETag and keeps it for the next request of this session, as long as `state` holds. */
void call_keep(struct call *c, const struct cache_state *state);
bool call_bytes(struct call *c, const char *type, struct str body);
/* `v` as application/json. */
bool call_json(struct call *c, const struct json *v, struct err *e) MUST_USE;
/* The bytes of a blob, by the leaf that names it. */
bool call_blob(struct call *c, uint64_t leaf, const char *commitment, const char *x, struct str *ret_plain, struct err *e) MUST_USE;

/* ---- shell.c: what surrounds every page ---- */

struct json *shell_build(struct call *c, const struct page *page, const struct json *view);
/* The rooms that one may enter, as the palette has things: {"id","title","url","kind"}. */
void shell_put_rooms(struct call *c, struct json *list);
/* Writes a page with its shell into `out`. */
void shell_render(struct call *c, const struct page *page, const struct json *view, struct buf *out);
/* Answers with a view model put through a page's template; `status` of a form that was refused, else 200. ERR_TOO_LARGE over 16 MiB. */
bool show_page(struct call *c, const struct page *page, const struct json *view, int status, struct err *e) MUST_USE;
/* "done" of a page: the words of `known` ({done, words}) for ?done=, or none. */
void put_done(struct call *c, struct json *view, const char *const (*known)[2], size_t count);
/* The address of the list at hand with one value of its filter changed (NULL: none). */
struct str list_url(struct call *c, const char *path, const char *changed, struct str value);

/* ---- handlers ---- */

bool handle_page(struct call *c, struct err *e); /* page.c */
bool handle_csv(struct call *c, struct err *e);  /* csv_list.c */
bool handle_api(struct call *c, struct err *e);  /* api.c */
bool handle_openapi(struct call *c, struct err *e);
bool handle_sign_in_form(struct call *c, struct err *e); /* accounts/ */
bool handle_sign_in(struct call *c, struct err *e);
bool handle_code_form(struct call *c, struct err *e);
bool handle_code(struct call *c, struct err *e);
bool handle_sign_out(struct call *c, struct err *e);
bool handle_with(struct call *c, struct err *e);
bool handle_with_back(struct call *c, struct err *e);
bool handle_sources(struct call *c, struct err *e);
bool handle_source(struct call *c, struct err *e);
bool handle_source_set(struct call *c, struct err *e);
bool handle_source_remove(struct call *c, struct err *e);
bool handle_source_try(struct call *c, struct err *e);
bool handle_self(struct call *c, struct err *e);
bool handle_self_password(struct call *c, struct err *e);
bool handle_self_totp(struct call *c, struct err *e);
bool handle_self_recovery(struct call *c, struct err *e);
bool handle_self_passkey(struct call *c, struct err *e);
bool handle_self_remove(struct call *c, struct err *e);
bool handle_self_sessions(struct call *c, struct err *e);
bool handle_self_token(struct call *c, struct err *e);
bool handle_self_token_revoke(struct call *c, struct err *e);
bool handle_users(struct call *c, struct err *e);
bool handle_user(struct call *c, struct err *e);
bool handle_user_add(struct call *c, struct err *e);
bool handle_user_change(struct call *c, struct err *e);
bool handle_user_link(struct call *c, struct err *e);
bool handle_user_reset(struct call *c, struct err *e);
bool handle_roles(struct call *c, struct err *e);
bool handle_role_set(struct call *c, struct err *e);
bool handle_activity(struct call *c, struct err *e);
bool handle_theme(struct call *c, struct err *e);
bool handle_run(struct call *c, struct err *e); /* run.c */
bool handle_answer(struct call *c, struct err *e); /* program_pages.c */
bool handle_adopt(struct call *c, struct err *e);
bool handle_notifications(struct call *c, struct err *e); /* settings_pages.c */
bool handle_onboarding(struct call *c, struct err *e);
bool handle_parameter_set(struct call *c, struct err *e); /* parameter_pages.c */
bool handle_parameter_decide(struct call *c, struct err *e);
bool handle_control_adopt(struct call *c, struct err *e);
bool handle_risks_adopt(struct call *c, struct err *e); /* risk_pages.c */
bool handle_risk_decide(struct call *c, struct err *e);
bool handle_risk_accept(struct call *c, struct err *e);
bool handle_risk_treat(struct call *c, struct err *e);
bool handle_risk_reopen(struct call *c, struct err *e);
bool handle_gap_accept(struct call *c, struct err *e); /* gap_pages.c */
bool handle_gap_adopt(struct call *c, struct err *e);
bool handle_gap_task(struct call *c, struct err *e);
bool handle_gap_evidence(struct call *c, struct err *e);
bool handle_baseline(struct call *c, struct err *e);
bool handle_gap_import_form(struct call *c, struct err *e); /* room_pages.c */
bool handle_gap_import(struct call *c, struct err *e);
bool handle_api_gap_import(struct call *c, struct err *e);
bool handle_relevance(struct call *c, struct err *e);
bool handle_audit_new(struct call *c, struct err *e); /* audit_pages.c */
bool handle_audit_open(struct call *c, struct err *e);
bool handle_api_audit_open(struct call *c, struct err *e);
bool handle_audit_begin(struct call *c, struct err *e);
bool handle_audit_milestones(struct call *c, struct err *e);
bool handle_audit_reach(struct call *c, struct err *e);
bool handle_audit_intake(struct call *c, struct err *e); /* audit_after.c */
bool handle_audit_actions(struct call *c, struct err *e);
bool handle_raw(struct call *c, struct err *e); /* raw.c */
bool handle_record_new(struct call *c, struct err *e); /* record_pages.c */
bool handle_record_create(struct call *c, struct err *e);
bool handle_record_edit(struct call *c, struct err *e);
bool handle_record_change(struct call *c, struct err *e);
bool handle_record_move(struct call *c, struct err *e);
bool handle_record_delete(struct call *c, struct err *e);
bool handle_record_undo(struct call *c, struct err *e);
bool handle_record_bulk(struct call *c, struct err *e); /* record_batch.c */
bool handle_api_changes(struct call *c, struct err *e);
bool handle_api_oscal(struct call *c, struct err *e);
bool handle_api_oscal_import(struct call *c, struct err *e);
bool handle_oscal_archive(struct call *c, struct err *e);
bool handle_record_view(struct call *c, struct err *e); /* record_views.c */
bool handle_markdown(struct call *c, struct err *e); /* page.c */
bool handle_record_file(struct call *c, struct err *e); /* record_export.c */
bool handle_record_csv(struct call *c, struct err *e);
bool handle_record_xlsx(struct call *c, struct err *e);
bool handle_import_form(struct call *c, struct err *e); /* record_import.c */
bool handle_import(struct call *c, struct err *e);
bool handle_api_record_types(struct call *c, struct err *e); /* record_api.c */
bool handle_api_record_type(struct call *c, struct err *e);
bool handle_api_record(struct call *c, struct err *e);
bool handle_api_history(struct call *c, struct err *e);
bool handle_api_create(struct call *c, struct err *e);
bool handle_api_change(struct call *c, struct err *e);
bool handle_api_move(struct call *c, struct err *e);
bool handle_api_delete(struct call *c, struct err *e);
bool handle_api_undo(struct call *c, struct err *e);
bool handle_api_import(struct call *c, struct err *e);
bool handle_people_step(struct call *c, struct err *e); /* people_pages.c */
bool handle_audit_sample_commit(struct call *c, struct err *e); /* sheet_pages.c */
bool handle_audit_sample_step(struct call *c, struct err *e);
bool handle_audit_sheets_make(struct call *c, struct err *e);
bool handle_audit_sheet(struct call *c, struct err *e);
bool handle_people_difference(struct call *c, struct err *e);
bool handle_people_leave(struct call *c, struct err *e);
bool handle_people_roster(struct call *c, struct err *e);
bool handle_api_people_roster(struct call *c, struct err *e);
bool handle_policy_take(struct call *c, struct err *e); /* policy_pages.c */
bool handle_policy_edit(struct call *c, struct err *e);
bool handle_policy_step(struct call *c, struct err *e);
bool handle_handbook_sign(struct call *c, struct err *e);
bool handle_handbook_document(struct call *c, struct err *e);
bool handle_narrative_new(struct call *c, struct err *e);
bool handle_scope_answers(struct call *c, struct err *e); /* scope_pages.c */
bool handle_scope_decision(struct call *c, struct err *e);
bool handle_scope_approve(struct call *c, struct err *e);
bool handle_scope_register(struct call *c, struct err *e);
bool handle_scope_submit(struct call *c, struct err *e);
bool handle_scope_version_approve(struct call *c, struct err *e);
bool handle_report_file(struct call *c, struct err *e); /* report_pages.c */
bool handle_population_take(struct call *c, struct err *e); /* population_pages.c */
bool handle_population_freeze(struct call *c, struct err *e);
bool handle_population_check(struct call *c, struct err *e);
bool handle_population_step(struct call *c, struct err *e);
bool handle_population_reconcile(struct call *c, struct err *e);
bool handle_population_explain(struct call *c, struct err *e);
bool handle_api_population_take(struct call *c, struct err *e);
bool handle_api_population_freeze(struct call *c, struct err *e);
bool handle_access_create(struct call *c, struct err *e); /* access_pages.c */
bool handle_access_begin(struct call *c, struct err *e);
bool handle_access_host(struct call *c, struct err *e);
bool handle_access_decide(struct call *c, struct err *e);
bool handle_access_bulk(struct call *c, struct err *e);
bool handle_access_hand_over(struct call *c, struct err *e);
bool handle_access_extract_form(struct call *c, struct err *e);
bool handle_access_extract(struct call *c, struct err *e);
bool handle_api_access_extract(struct call *c, struct err *e);
bool handle_audit_log(struct call *c, struct err *e); /* request_pages.c */
bool handle_room_report_share(struct call *c, struct err *e); /* room_report_pages.c */
bool handle_requests_make(struct call *c, struct err *e);
bool handle_requests_export(struct call *c, struct err *e);
bool handle_requests_import_form(struct call *c, struct err *e);
bool handle_requests_import(struct call *c, struct err *e);
bool handle_api_requests_import(struct call *c, struct err *e);
bool handle_request_submit(struct call *c, struct err *e);
bool handle_request_move(struct call *c, struct err *e);
bool handle_request_accept(struct call *c, struct err *e);
bool handle_request_return(struct call *c, struct err *e);
bool handle_request_comment(struct call *c, struct err *e);
bool handle_request_attach(struct call *c, struct err *e);
bool handle_evidence_raw(struct call *c, struct err *e); /* evidence_pages.c */
bool handle_api_evidence(struct call *c, struct err *e);
bool handle_asset_register(struct call *c, struct err *e); /* asset_pages.c */
bool handle_concern_form(struct call *c, struct err *e); /* concerns/pages.c */
bool handle_concern_report(struct call *c, struct err *e);
bool handle_concern_follow_form(struct call *c, struct err *e);
bool handle_concern_follow(struct call *c, struct err *e);
bool handle_concern_say(struct call *c, struct err *e);
bool handle_campaign(struct call *c, struct err *e); /* training_pages.c */
bool handle_campaign_create(struct call *c, struct err *e); /* training_pages.c */
bool handle_campaign_begin(struct call *c, struct err *e);
bool handle_course_copy(struct call *c, struct err *e);
bool handle_lesson_read(struct call *c, struct err *e);
bool handle_quiz_draw(struct call *c, struct err *e);
bool handle_quiz(struct call *c, struct err *e);
bool handle_certificate(struct call *c, struct err *e);
bool handle_document_file(struct call *c, struct err *e); /* document_pages.c */
bool handle_document_raw(struct call *c, struct err *e);
bool handle_documents_upload(struct call *c, struct err *e);
bool handle_api_documents(struct call *c, struct err *e);
bool handle_document_evidence(struct call *c, struct err *e);
bool handle_document_share(struct call *c, struct err *e);
bool handle_disposition(struct call *c, struct err *e);
bool handle_share(struct call *c, struct err *e);
bool handle_share_file(struct call *c, struct err *e);
bool handle_share_raw(struct call *c, struct err *e);
bool handle_feed(struct call *c, struct err *e); /* due_pages.c */
bool handle_log(struct call *c, struct err *e); /* log.c */
bool handle_cosignature(struct call *c, struct err *e);
bool handle_health(struct call *c, struct err *e);

extern const struct page page_kind_error, page_kind_sign_in, page_kind_second, page_kind_confirm, page_kind_self, page_kind_totp, page_kind_once,
    page_kind_users, page_kind_user, page_kind_roles, page_kind_activity, page_kind_sources, page_kind_source;

#endif
