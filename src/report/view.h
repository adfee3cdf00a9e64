/*
 * view.h - view models: every page, the API and `assay status` are these JSON trees, computed from the projection as of an
 * instant.
 *
 * A view is opened for one request: a read-only projection, an arena that owns all it returns, the instant to show, and a way to
 * read blobs (only the page of one capture needs it). Controls and readiness are computed once per view, when first asked for.
 * Nothing here writes, looks at the wall clock or at the host.
 *
 *     struct view v = {.db = db, .arena = a, .now_ms = now};
 *     if (!view_open(&v, at_ms, &e)) ...                      // at_ms 0: now
 *     struct json *page = view_overview(&v, &e);              // NULL on failure
 *
 * Shapes are written below as JSON with comments. Shared parts:
 *   TIME    {"t":1795291440000,"text":"2026-11-21T21:33:30Z","date":"2026-11-21","ago":"3 h 5 min"}; null when there is none
 *   STATUS  "pass", "fail", "unknown", "skip": the four shapes; every object with a "status" has "status_words" beside it
 *           ("Pass", "Fail", "Unknown", "Not applicable"; for controls the live state in words, as "Not started")
 *   AS_OF   {"t","text","date","is_past":false,"leaf":N}         leaf: the newest leaf that is taken into account, -1 none
 *   LIST    {"rows":[...],"total":N (after filter),"all":N (before),"page":1,"pages":3,"per_page":50,
 *            "filter":{"q":"","status":"","group":"","sort":"","desc":false},"groups":[{"id","words","count"}],
 *            "statuses":[{"status","words","count"}]}            groups and statuses count before their own filter
 *   CELL    {"date":"2026-11-21","state":"pass"|"fail"|"unknown"|"none","words":"2026-11-21: failing"}; one day; none: not in
 * force LINK    {"id","title","url"} Numbers with a fraction are JSON numbers with at most 4 decimals. Every page has "as_of",
 * "title", "nav" (below). Members are always present; what does not apply is null, "" or [].
 */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "db/db.h"

struct assessment; /* assess/assessment.h */
struct population_result; /* assess/population_events.h */
struct ledger_reader;
struct data_dir; /* keeper/data_dir.h */

/* How a view gets at plaintext: over the keeper (commands, web) or not at all (read NULL: pages say that the bytes are sealed).
 */
struct view_blobs {
    bool (*read)(void *context, struct arena *a, uint64_t leaf, const char *c, const char *x, struct str *ret_plain,
                 struct err *e);
    void *context;
};

struct view {
    struct db *db;
    struct arena *arena;
    int64_t now_ms;               /* the clock of the caller */
    struct view_blobs blobs;      /* may be empty */
    struct ledger_reader *ledger; /* for proofs; may be NULL */
    const struct data_dir *data;  /* for what is known of anchors beside the projection; may be NULL */
    struct view_kept *kept;       /* view_kept.h; may be NULL */
    /* filled by view_open */
    int64_t at_ms;
    bool is_past;
    int64_t leaf_limit;            /* leaves up to here count; -1: none */
    struct assessment *assessment; /* computed when first needed */
    int64_t first_day, last_day;   /* days since 1970 over which operation is asked for, set by view_days; 0: the last 90 */
    struct assessment *over_days;  /* over those */
    struct str fed_by;             /* the engagement over whose window they are: its populations are in over_days; "" none */
    const struct population_result *fed; /* beside over_days->controls; NULL: none */
    const struct view_values *values; /* of parameters; read when first needed */
    int64_t today_day;                /* view_today, once it was asked for; 0: not yet */
};

/* What a list is asked for; empty texts and zeros are defaults (all, page 1, 50 a page). */
struct view_filter {
    struct str q;      /* words that must all occur in id, title and texts, case-insensitive */
    struct str status; /* "fail", "unknown", "pass", "skip", or "attention" (fail and unknown); controls: also a live state, as
                          "not_started" */
    struct str group;  /* tests: topic; controls: family; criteria: category; evidence: subject; search: kind */
    struct str sort;   /* tests: status, title, severity, since, topic; controls: id, state, score, owner; criteria: id, score;
                          evidence: table, taken, received, rows, state */
    bool is_descending;
    int64_t page;
    int64_t per_page; /* at most 1000 */
};

/* The day, as days since 1970, that it is (or was, at that instant) where the organisation is. */
int64_t view_today(struct view *v);
/* at_ms 0: now. An instant after now is ERR_INVALID. */
bool view_open(struct view *v, int64_t at_ms, struct err *e) MUST_USE;

/* Sets the days over which a control's operation is shown ("2026-01-01", "2026-06-30"; both empty: the last 90). What is said of now stays
 * of now. ERR_INVALID: no dates, the wrong way round, too long, or yet to come. */
bool view_days(struct view *v, struct str from, struct str to, struct err *e) MUST_USE;

/* Who outside vouches for the ledger (`assay anchor list --json`, the member "anchor" of the Overview):
 * {"is_set_up","is_forked","status","status_words","words","strength":"signed"|"witnessed"|"timestamped","lag_ms":N or null,
 *  "witnessed":{"leaves","count":2,"of":3,"at":TIME} or null,"stamped":{"leaf","by","leaves","at":TIME} or null,
 *  "witnesses":[{"name","key","address","status","status_words","why","last":TIME,"asked":TIME,"leaves"}],
 *  "authorities":[{"name","address","every","every_ms","stamps","status","status_words","why","last":TIME,"asked":TIME,"leaves"}]} */
struct json *view_anchor(struct view *v, struct err *e);

/* The navigation's counts, also the member "nav" of every page:
 * {"origin":"host/assay/0f..","attention":{"controls":3,"tests":12,"criteria":33,"evidence":1 (subjects whose evidence is
 * stale)}, "last_run":TIME,"is_stale":false,"subjects":1} */
struct json *view_nav(struct view *v, struct err *e);

/* Overview (also `assay status --json`):
 * {"title":"Overview","as_of":AS_OF,"nav":{},"has_evidence":true,
 *  "readiness":{"score":0,"band":"NOT_READY"|"AT_RISK"|"READY","band_words":"Not ready","status":"fail"|"unknown"|"pass",
 *     "formula":"R = 100 × min(mean S, min S + 0.25)","inputs":[{"name":"mean S","value":"0.0312","words":"mean of 33 criterion
 * scores"}...], "machine_share":100,"machine_share_words":"36 of 36 pieces of evidence were collected by machine",
 *     "worst":[CRIT,CRIT,CRIT],
 *     "would_change":[{"text":"Fix ssh-root-login on web-1","effect":"AC-06 0.25 → 0.75","url"}...]},
 *  "categories":[{"id":"security","name":"Security","in_scope":true,"score":0,"band","band_words","status","criteria":33,
 *     "mean":0.0312,"min":0,"formula","inputs":[...],"worst":[CRIT x3],"blockers":2,"url"}...],
 *  "blockers":[{"code":"scope_not_approved","text":"The scope has not been approved","why","what":"what to
 * do","count":1,"items":[LINK..5],"url"}...],
 *  "window":{"from":"2026-08-24","to":"2026-11-21","days":90,"covered":1,"in_part":0,"failing":1,"unknown":0,"not_in_force":89,"cells":[CELL
 * x90],"words"},
 *  "broke":[{"test":LINK,"severity","subject":{"id","name"},"resources":3,"since":TIME,"status":"fail","status_words","reason":"first
 * reason"}...], "recovered":[same shape, status pass], "next":[{"rank":1,"text":"...","why":"...","command":"assay test --explain
 * x","url"}..7], "tests":{"total":128,"pass":70,"fail":31,"unknown":20,"skip":7}, "resources":{"pass","fail","unknown","skip"},
 *  "controls":{"total":140,"states":[{"state":"FAILING","words":"Failing","status":"fail","count":9}...]},
 *  "criteria":{"total":61,"in_scope":33},
 *  "warnings":[{"code":"cloned_machine_id","subject":{},"text","why","command"}],
 *  "evidence":{"captures":46,"runs":1,"tables":46,"complete":40,"partial":4,"none":2},
 *  "gaps":{"count":2,"unexplained":1,"open":0,"newest":[GAP..3]},
 *  "anchor":as view_anchor, "subjects":[{"id","name","kind","os","last_run":TIME,"status","pass","fail","unknown","skip","url"}...]}
 * CRIT = {"id":"CC1.1","title","score":0,"status","why":"its weakest key control is GOV-01 (0): nothing is recorded","url"} */
struct json *view_overview(struct view *v, struct err *e);

/* LIST of
 * {"id":"CC6.1","title","category","category_name","series":"CC6","series_title","in_scope","score":0.25,"status","status_words",
 *  "key":3,"supporting":9,"failing":2,"unknown":0,"weakest":LINK,"url"}; "title", "as_of", "nav" beside;
 *  "tree":[{"id":"security","name","in_scope","score","series":[{"id":"CC6","title","criteria":[{"id","title","score","status","url"}]}]}]
 */
struct json *view_criteria(struct view *v, const struct view_filter *f, struct err *e);

/* {"title":"CC6.1
 * ...","as_of","nav","id","name":"...","summary","category","category_name","in_scope","series","series_title","coso_principle":0,
 *  "points_of_focus":11,"score":0.25,"status","status_words","formula","inputs":[{"name","value","words"}],"why":[text..],"next":[{"text","url"}],
 *  "controls":[{"id","title","role":"key"|"supporting","state","status","status_words","score":0.25,"tests":{"total","pass","fail","unknown","skip"},"url"}],
 *  "topics":[{"id":"CC6.1.3","text",STATUS,"controls":[LINK+STATUS]}],"topics_open","signal":{"id":"MET",STATUS,"compensating"},"typical_evidence":[text],"population","operating_test","typical_frequency",
 *  "crosswalk":[{"framework":"iso27001_2022","name":"ISO/IEC 27001:2022","ids":["A.5.4"]}],"tree":as above} */
struct json *view_criterion(struct view *v, struct str id, struct err *e);

/* LIST of {"id":"AC-06","title","family","owner_role","owner":"Ada"|null,"adoption":"not adopted","model":"config_state","model_words":"Setting, tested by
 * machine","frequency",
 *  "is_core","state":"FAILING","status":"fail","status_words":"Failing","score":0.25,"since":TIME,"tests":{"total","pass","fail","unknown","skip"},
 *  "criteria":["CC6.1"],"primary":"CC6.1","url"} */
struct json *view_controls(struct view *v, const struct view_filter *f, struct err *e);

/* {"title","as_of","nav","id","name","statement","family","owner_role","owner":"Ada"|null,"adoption","type","nature","frequency","is_core","model","model_words",
 *  "is_own","library":"AC-02" (one that it follows) or null,"effective_from":TIME,"effective_to":TIME,
 *  "state","status","status_words","since":TIME,"why":[text..],"next":[{"text","why","command","url"}],
 *  "design":{"result":"DESIGN_DEFICIENT",STATUS,"attributes":[{STATUS,"words"}..5]},
 *  "operation":{"conclusion",STATUS,"why","is_partial_period","expected","late","missed","unevidenced"},
 *  "compensates":[LINK],"compensated_by":[LINK+STATUS],
 *  "score":{"value":0.25,"reached":[{"level":0.5,"words","is_met":true,"why"}..5],"caps":[{"level":0.25,"words","applies":true}..4]},
 *  "window":{"from","to","days":90,"is_evaluated":true,"conclusion":"OPERATED","conclusion_words","status","flags":["PARTIAL_PERIOD"],"why",
 *     "coverage":1,"fail_fraction":0,"pass_days":1.5,"fail_days","unknown_days","subject_days","longest_fail_days","longest_unknown_days","deviations":0,
 *     "is_failing_at_end":false,"thresholds":[{"name":"max_staleness","value":"3 days","words"}...]},
 *  "strip":[CELL x90],
 *  "criteria":[{"id","title","role","score","status","url"}],
 *  "tests":[{"id","title","severity","status","status_words","reason":"mapping
 * reason","fail","unknown","pass","skip","since":TIME,"url"}],
 *  "evidence":[text],"data_sources":[text],"assertions":["complete"],"failure_modes":[text],"population","test_design","test_operation","policies":[LINK],
 *  "requests":[{"id","text","kind"}],"risks":[{"id","title"}],"computation":{as written},
 *  "questions":[{"id","question"}],
 *  "history":[{"at":TIME,"test":LINK,"subject":{"id","name"},"from":STATUS|"","to":STATUS,"words","url"}..50]} */
struct json *view_control(struct view *v, struct str id, struct err *e);

/* What the operation of every control in scope comes to over the days of view_days; where those are an engagement's window, with its populations:
 * {"title","as_of","nav","from","to","days":90,"signal":{"id":"QUALIFIED",STATUS},"conclusions":[{"conclusion","words","status","count"}],
 *  "controls":[{"id","title","owner","model_words","is_key",STATUS,"conclusion","why","is_partial_period","expected","deviations","populations":[LINK],"flags":[text],
 *    "inputs":SHA-256 of all that it was computed from,"is_of_population","url"}],"engagement":null|{"id","url","rules"},"thresholds":{"confidence","tolerable_rate"},
 *  "criteria":[{"id","title","signal",STATUS,"url"}]} */
struct json *view_period(struct view *v, struct err *e);

/* LIST of
 * {"id":"ssh-root-login","title","topic","severity","status","status_words","pass":0,"fail":2,"unknown":0,"skip":0,"since":TIME,
 *  "subjects":1,"failing_subjects":1,"controls":["AC-06"],"url"}; default order: fail, unknown, pass, skip, then severity, then
 * id */
struct json *view_tests(struct view *v, const struct view_filter *f, struct err *e);

/* f filters and pages the resources ("status", "q", group: subject).
 * {"title","as_of","nav","id","name","topic","severity","status","status_words","since":TIME,"why","fix","empty":"unknown","empty_words",
 *  "sql","source","digest","references":[text],
 *  "parameters":[{"name","value","default","unit","words","is_default":true,"changed":TIME}],
 *  "controls":[{"id","title","reason","state","status","status_words","url"}],
 *  "tables":[{"name","words","captures":[{"subject":{"id","name"},"leaf":12,"state":"complete","rows":20,"taken":TIME,"url"}]}],
 *  "subjects":[{"id","name","status","status_words","pass","fail","unknown","skip","since":TIME,"last_run":TIME}],
 *  "resources":LIST of
 * {"resource","subject":{"id","name"},"status","status_words","reason","since":TIME,"leaf":N,"url":"/evidence/.."},
 *  "history":[{"at":TIME,"test":LINK,"subject":{},"from","to","words","url"}..50],
 *  "strip":[CELL x90],"explain":"assay test --explain ID","next":[{"text","command","url"}]} */
struct json *view_test(struct view *v, struct str id, const struct view_filter *f, struct err *e);

/* {"title","as_of","nav","gaps":[GAP...]}, all there are, newest first.
 * GAP = {"leaf":N (-1: no leaf tells of it yet),"kind":"seal"|"run","why":"off","words":"Between … nothing was recorded: the server was
 * not running","subject":{}|null,"from":TIME,"to":TIME|null,"length":"3 h","is_open":false,"status":"unknown","status_words":"Not
 * explained"|"Explained","is_explained":false,"explanation":"","explained_leaf":-1,"command":"assay record explain-gap N --reason …"} */
struct json *view_gaps(struct view *v, struct err *e);

/* Controls in scope that nobody has adopted yet, by who usually owns them:
 * {"title","as_of","nav","adopted","open","core","roles":[{"role":"HR Lead","open":9,"core":7,"controls":[LINK+"is_core"]}],"people":[{"id","name","job_title"}]} */
struct json *view_adopt(struct view *v, struct err *e);

/* The gap analysis: LIST of the questions of the controls in scope, contradictions first, then core controls:
 * {"id":"GOV-01-Q1","question","control":LINK,"family","is_core","answer":""|"yes"|"partial"|"no"|"not_applicable","note","state":"claimed"|"evidenced"|"",
 *  "version":0 (no answer yet),"evidence":2,"changed":TIME,"suggested":"" or what is observed says,"contradiction":"" or what differs,"url","status","status_words"};
 *  "sum":{"questions","answered","claimed","contradicted","shown","gaps"}; status filters also "contradicted" and "unanswered"; group: family */
struct json *view_questionnaire(struct view *v, const struct view_filter *f, struct err *e);

/* LIST of the newest capture of every subject and table as of the instant, and of what people brought ("kind":"upload"; group "uploads"), newest first:
 * {"kind":"capture"|"upload","id","title","source","period","digest","used_by","is_expired","leaf":12,"table":"users","words","subject":{"id","name"},"state":"complete"|"partial"|"none","status":"pass"|"unknown","status_words","note",
 *  "rows":20,"version":1,"taken":TIME,"received":TIME,"confirmed":TIME (newest run that saw it
 * unchanged),"tests":4,"late":"20 min" (or ""),"url":"/evidence/12"};
 *  "runs":[{"leaf","subject":{},"taken":TIME,"received":TIME,"tables":46,"changed":3,"late":""}..20],
 *  "missing":{"waiting":to be reviewed,"expired","unproved":performances,"controls_total","controls":[LINK..20]},
 *  "warnings":[as on the Overview],
 *  "gaps":[GAP of the window, newest first] */
struct json *view_evidence(struct view *v, const struct view_filter *f, struct err *e);

/* f filters ("q" over the cells) and pages the rows.
 * {"title","as_of","nav","leaf","run":11,"table","words","criteria":"CC6.1,
 * CC6.3","subject":{"id","name"},"state","status","status_words","note","version",
 *  "row_count","taken":TIME,"received":TIME,"confirmed":TIME,"collector","digest","commitment","name_of_bytes":"x
 * hex","is_readable":true,"unreadable":"why", "is_erased","erased_by":leaf or -1,"is_record_erased","record_erased_by", "columns":[{"name","type":"text","unit","words"}], "rows":LIST with
 * "rows":[["cell","cell",null]...], "status_rows":[{"scope","state","missing","reason"}],
 *  "record":[{"path","kind":"file","size":1234,"text":"...up to 64 KiB","is_cut":false,"is_text":true,
 *     "digest":"of a file too large to keep","error":"why it could not be read"}],
 *  "raw":"the canonical rows, up to 256 KiB","raw_is_cut":false,
 *  "proof":null | {"leaf","hash","leaf_text","tree_size","root","path":["hex"...],"checkpoint":"whole note","prove":"assay prove
 * 12"}, "used_by":[{"id","title","status","status_words","url"}],
 *  "versions":[{"leaf","taken":TIME,"rows","state","is_this":true,"url"}..50]} */
struct json *view_capture(struct view *v, uint64_t leaf, const struct view_filter *f, struct err *e);

/* One leaf of the ledger and how it hangs together with the newest checkpoint: {"title","as_of","nav","leaf","proof":as in view_capture} */
struct json *view_leaf(struct view *v, uint64_t leaf, struct err *e);

/* Everything the palette finds: {"items":[{"id","title","kind":"criterion","url"}...]}; kinds: criterion, control, test,
 * capture, subject, parameter, policy. Rooms and lists of records are of who serves it. */
struct json *view_search_index(struct view *v, struct err *e);
/* Those of them whose id or title have all the words, appended to `list`, at most `max`; ret_total: all. */
bool view_search(struct view *v, struct str words, int64_t max, struct json *list, int64_t *ret_total, struct err *e) MUST_USE;

/* A short text that changes whenever any page may look different: for caches. Cheap (one row). It includes the minute of now_ms,
 * since staleness and "ago" depend on the clock. */
struct str view_version(struct db *db, struct arena *a, int64_t now_ms, struct err *e);

#endif
