/* stage.c - verbs of the examinations that are about the engagement: opened, begun, milestones, requests. */
#include "demo/stage.h"
#include "record/local_day.h"
#include "assess/request_answer.h"
#include "collect/captures.h"
#include "report/view_audit.h"
#include "report/view_sheets.h"

#include <unistd.h>

bool stage_view(struct demo_world *w, struct access *x, struct view *v, struct view_records *r, struct err *e)
{
    if (!world_view(w, x, v, r, e))
        return false;
    struct blob_opener *blobs = blob_opener_keeper(w->step, w->data.path, w->keeper, e);
    int fd = blobs ? data_dir_ledger(&w->data, e) : -1;
    if (fd < 0)
        return false;
    v->blobs = (struct view_blobs){blobs->open, blobs->context};
    v->ledger = ledger_reader_open(fd, e);
    close(fd);
    return v->ledger != NULL;
}

void stage_view_close(struct view *v)
{
    ledger_reader_close(v->ledger);
    v->ledger = NULL;
}

bool stage_engagement(struct demo_world *w, const struct json *step, struct engagement *g, struct engagement_scope *scope, struct err *e)
{
    struct str id = world_id(w, json_text(step, "engagement"));
    return engagement_read(w->db, w->step, id.size ? id : json_text(step, "engagement"), INT64_MAX, g, e) && (!scope || engagement_scope(w->db, w->step, g, INT64_MAX, scope, e));
}

/* {do: engagement, who, as, kind, title, as_of, from, to, firm, follows, short_reason, gap_reason, categories: [..], set: {…}} */
static bool play_engagement(struct demo_world *w, const struct json *step, struct err *e)
{
    struct engagement_plan p;
    struct record_change *changes, more;
    struct json *answer;
    size_t count;
    struct json *given = world_values(w, w->step, step, e);
    if (!given || !plan_propose(w->db, w->step, local_day(w->db, *w->clock_ms), &p, e))
        return false;
    for (size_t i = 0; i < plan_field_count; i++)
        if (json_get(given, plan_fields[i].name))
            *(struct str *)(void *)((char *)&p + plan_fields[i].offset) = json_text(given, plan_fields[i].name);
    JSON_EACH (category, json_get(given, "categories"))
        for (size_t i = 0; i < content_category_count; i++)
            p.categories[i] |= str_is(category->text, content_categories[i].id);
    const struct json *problem = json_at(plan_problems(w->db, w->step, &p, e), 0);
    if (problem)
        return err_set(e, ERR_INVALID, "%.*s: %.*s", STR_ARGS(json_text(problem, "field")), STR_ARGS(json_text(problem, "why")));
    if (e->code || !plan_changes(w->db, w->step, &p, &changes, &count, e) || !world_do_typed(w, json_text(step, "who"), changes, count, &answer, e))
        return false;
    struct str id = arena_str(w->arena, world_answer_id(answer, 0));
    world_name(w, json_text(step, "as"), STR("engagement"), id);
    if (!json_get(step, "set"))
        return true;
    struct json *set = world_values(w, w->step, json_get(step, "set"), e);
    return set && world_change(w, "engagement", RECORD_CHANGE, id, NULL, set, "Who examines, and how.", &more, e) && world_do(w, json_text(step, "who"), &more, 1, NULL, e);
}

/* {do: engagement_begin, who, engagement}: planning ends with the scope that was approved last. */
static bool play_begin(struct demo_world *w, const struct json *step, struct err *e)
{
    struct engagement g;
    struct access x;
    struct view v = {0};
    struct view_records r;
    struct record_change change;
    int64_t leaf;
    char digest[65];
    struct json *set = json_object(w->step);
    if (!world_seal(w, e) || !stage_engagement(w, step, &g, NULL, e) || !world_access(w, json_text(step, "who"), &x, e) || !stage_view(w, &x, &v, &r, e))
        return false;
    bool ok = engagement_snapshot(&v, &r, &leaf, digest, e);
    stage_view_close(&v);
    if (!ok)
        return false;
    json_put_int(set, "scope_leaf", leaf);
    json_put_str(set, "scope_digest", arena_str(w->step, str_of(digest)));
    return world_change(w, "engagement", RECORD_MOVE, g.id, "begin", set, "", &change, e) && world_do_typed(w, json_text(step, "who"), &change, 1, NULL, e);
}

/* {do: milestones, who, engagement, all}: those whose day has come were reached on it, a few of them later; all: the others today, before their day. */
static bool play_milestones(struct demo_world *w, const struct json *step, struct err *e)
{
    struct engagement g;
    struct record_change changes[60];
    size_t n = 0;
    struct str today = day_text(w->step, world_today(w));
    if (!stage_engagement(w, step, &g, NULL, e))
        return false;
    DB_EACH (row, w->db, e, "select id, version, planned_on from milestones where engagement = ?1 and state = 'planned' and (planned_on <= ?2 or ?3) order by id limit 60", A(g.id), A(today),
             A((int64_t)json_bool(step, "all"))) {
        struct json *set = json_object(w->step);
        struct str id = arena_str(w->step, db_text(row, 0)), planned = arena_str(w->step, db_text(row, 2));
        int64_t at;
        bool is_late = world_pick(w, id, 5) == 0 && time_parse(planned, 0, &at) && day_of(at) + 3 <= world_today(w);
        json_put_str(set, "actual_on", is_late ? day_text(w->step, day_of(at) + 3) : str_compare(planned, today) > 0 ? today : planned);
        changes[n++] = (struct record_change){.type = STR("milestone"), .id = id, .act = RECORD_MOVE, .version = db_int(row, 1), .transition = STR("reach"), .set = set};
    }
    return e->code == ERR_NONE && (n == 0 || world_do_typed(w, json_text(step, "who"), changes, n, NULL, e));
}

/* {do: requests, who, engagement}: the list, of what fits. */
static bool play_requests(struct demo_world *w, const struct json *step, struct err *e)
{
    struct engagement g;
    struct engagement_scope scope;
    struct request_changes made;
    struct request_options o = {.today = world_today(w)};
    return stage_engagement(w, step, &g, &scope, e) && requests_plan(w->db, w->step, &g, &scope, &o, &made, e) &&
           (made.count == 0 || world_do_typed(w, json_text(step, "who"), made.changes, made.count, NULL, e));
}

static struct strings ids_of(struct demo_world *w, const struct json *list, const char *kind, size_t max)
{
    const char **items = arena_array(w->step, max + 1, sizeof(*items));
    size_t n = 0;
    JSON_EACH (s, list)
        if (str_is(json_text(s, "kind"), kind) && n < max)
            items[n++] = arena_str(w->step, json_text(s, "id")).data;
    return (struct strings){items, n};
}

static bool request_give(struct demo_world *w, struct str who, const struct engagement *g, struct str id, int64_t version, bool *ret_given, struct err *e)
{
    struct access x;
    struct record_change change;
    struct json *answer, *found = requests_suggest(w->db, w->step, g, id, world_today(w), e);
    struct request_answer a = {.id = id, .version = version, .text = STR("What we have of this is named here; ask where something is missing."), .has_text = true};
    if (!found || !world_access(w, who, &x, e))
        return false;
    a.evidence = ids_of(w, found, "evidence", 6);
    a.policies = ids_of(w, found, "policy", 4);
    a.registers = ids_of(w, found, "register", 1);
    *ret_given = a.evidence.count + a.policies.count + a.registers.count > 0 || w->end_ms - *w->clock_ms < 21 * MS_DAY;
    if (!*ret_given)
        return true;
    if (a.evidence.count + a.policies.count + a.registers.count == 0)
        a.text = STR("Shown on the screen in the session of this week, from the live system; say which of it you want as a file.");
    return request_answer_change(w->db, &w->env, w->step, w->types, &x, *w->clock_ms, &a, &change, e) && world_do_typed(w, who, &change, 1, &answer, e);
}

/* {do: requests_answer, who, engagement, of_ten: N}: so many of ten of those that are open are answered, where there is something to give. */
static bool play_requests_answer(struct demo_world *w, const struct json *step, struct err *e)
{
    enum { MAX = 200 };
    struct engagement g;
    struct str ids[MAX];
    int64_t versions[MAX];
    size_t n = 0;
    int64_t of_ten = json_int(step, "of_ten", 10);
    struct str engagement = world_id(w, json_text(step, "engagement"));
    DB_EACH (row, w->db, e, "select id, version from audit_requests where engagement = ?1 and state in ('open', 'returned') order by id limit 200", A(engagement)) {
        ids[n] = arena_str(w->arena, db_text(row, 0));
        versions[n++] = db_int(row, 1);
    }
    for (size_t i = 0; i < n && !e->code; i++) {
        bool is_given = false;
        if ((int64_t)world_pick(w, ids[i], 10) < of_ten) {
            if (!stage_engagement(w, step, &g, NULL, e) || !request_give(w, json_text(step, "who"), &g, ids[i], versions[i], &is_given, e))
                return err_wrap(e, "%.*s", STR_ARGS(ids[i]));
            world_clock(w, *w->clock_ms + MS_MINUTE);
        }
        world_step_done(w);
    }
    return e->code == ERR_NONE;
}

/* {do: requests_take, who (auditor), engagement, of_ten: N, back: N}: of those handed in, so many of ten are taken; of the others one in `back` goes back. */
static bool play_requests_take(struct demo_world *w, const struct json *step, struct err *e)
{
    enum { MAX = 200 };
    struct record_change change[2][MAX];
    size_t n[2] = {0, 0};
    int64_t of_ten = json_int(step, "of_ten", 7), back = json_int(step, "back", 3);
    struct str engagement = world_id(w, json_text(step, "engagement"));
    DB_EACH (row, w->db, e, "select id, version from audit_requests where engagement = ?1 and state = 'submitted' order by id limit 200", A(engagement)) {
        struct str id = arena_str(w->step, db_text(row, 0)), key = arena_printf(w->step, "take %.*s", STR_ARGS(id));
        bool is_taken = (int64_t)world_pick(w, key, 10) < of_ten, is_back = !is_taken && world_pick(w, id, (uint64_t)back) == 0;
        if (!is_taken && !is_back)
            continue;
        size_t k = is_taken ? 0 : 1;
        change[k][n[k]++] = (struct record_change){.type = STR("audit_request"), .id = id, .act = RECORD_MOVE, .version = db_int(row, 1), .transition = is_taken ? STR("accept") : STR("return"),
                                                   .set = json_object(w->step), .why = is_taken ? STR("") : STR("The second half of the window is missing.")};
    }
    struct json *answer;
    for (size_t k = 0; k < 2 && !e->code; k++)
        if (n[k] && !world_do_typed(w, json_text(step, "who"), change[k], n[k], &answer, e))
            return false;
    return e->code == ERR_NONE;
}

/* {do: requests_withdraw, who (auditor), engagement}: what was not needed after all. */
static bool play_requests_withdraw(struct demo_world *w, const struct json *step, struct err *e)
{
    enum { MAX = 200 };
    struct record_change *changes = arena_array(w->step, MAX, sizeof(*changes));
    size_t n = 0;
    DB_EACH (row, w->db, e, "select id, version from audit_requests where engagement = ?1 and state in ('open', 'submitted', 'returned') order by id limit 200",
             A(world_id(w, json_text(step, "engagement"))))
        changes[n++] = (struct record_change){.type = STR("audit_request"), .id = arena_str(w->step, db_text(row, 0)), .act = RECORD_MOVE, .version = db_int(row, 1), .transition = STR("withdraw"),
                                              .set = json_object(w->step), .why = STR("Seen in the walkthroughs; nothing more is needed for the day.")};
    return e->code == ERR_NONE && (n == 0 || world_do_typed(w, json_text(step, "who"), changes, n, NULL, e));
}

static bool play_seal(struct demo_world *w, const struct json *step, struct err *e)
{
    (void)step;
    return world_seal(w, e);
}

const struct demo_verb verbs_audit[] = {{"engagement", play_engagement},
                                        {"engagement_begin", play_begin},
                                        {"milestones", play_milestones},
                                        {"requests", play_requests},
                                        {"requests_answer", play_requests_answer},
                                        {"requests_take", play_requests_take},
                                        {"requests_withdraw", play_requests_withdraw},
                                        {"responses", play_responses},
                                        {"seal", play_seal},
                                        {"populations_draft", play_populations_draft},
                                        {"samples_commit", play_samples_commit},
                                        {"populations_freeze", play_populations_freeze},
                                        {"samples_reveal", play_samples_reveal},
                                        {"populations_check", play_populations_check},
                                        {"sheets", play_sheets},
                                        {"sheets_sign", play_sheets_sign},
                                        {NULL, NULL}};
