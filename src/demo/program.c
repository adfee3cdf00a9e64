/* program.c - verbs of the story that are more than records: accounts, controls taken over, policies from draft to force. */
#include "assess/assessment.h"
#include "record/local_day.h"
#include "assess/risks.h"
#include "demo/hosts.h"
#include "demo/play.h"
#include "demo/routine.h"
#include "report/policy_book.h"

enum { CONTROLS_MAX = 100, ROLES_MAX = 6 };

/* {do: accounts, rows: [{as, login, person, roles: [..], until}]} */
static bool play_accounts(struct demo_world *w, const struct json *step, struct err *e)
{
    JSON_EACH (row, json_get(step, "rows")) {
        const char *roles[ROLES_MAX];
        size_t n = 0;
        int64_t until = 0;
        JSON_EACH (role, json_get(row, "roles"))
            if (n < ROLES_MAX)
                roles[n++] = arena_str(w->arena, role->text).data;
        if (json_text(row, "until").size && !world_day(w, json_text(row, "until"), world_today(w), &until, e))
            return false;
        struct str name = json_text(row, "as"), login = json_text(row, "login"), person = json_text(row, "person");
        if (!world_account(w, name, login.size ? login : name, person.size ? person : name, roles, n, until * MS_DAY, e))
            return err_wrap(e, "%.*s", STR_ARGS(name));
    }
    return true;
}

/* {do: adopt, who, owner: NAME, controls: [ID…], set: {…}}: in the library's words, then adopted. */
static bool play_adopt(struct demo_world *w, const struct json *step, struct err *e)
{
    struct record_change *changes = arena_array(w->step, CONTROLS_MAX, sizeof(*changes));
    struct str who = json_text(step, "who"), owner = world_id(w, json_text(step, "owner"));
    const struct json *set = json_get(step, "set");
    size_t n = 0;
    struct json *answer;
    JSON_EACH (id, json_get(step, "controls")) {
        const struct control *c = content_control(id->text);
        if (!c || n == CONTROLS_MAX)
            return err_set(e, ERR_INVALID, "%.*s: no control of the library", STR_ARGS(id->text));
        struct json *values = world_values(w, w->step, set ? set : json_object(w->step), e);
        if (!values)
            return false;
        if (!json_get(values, "title"))
            json_put_cstr(values, "title", c->title);
        json_put_str(values, "owner", owner);
        changes[n++] = (struct record_change){.type = STR("control"), .id = id->text, .act = RECORD_CREATE, .set = values, .why = STR("taken over from the library")};
    }
    if (!world_do(w, who, changes, n, &answer, e))
        return false;
    for (size_t i = 0; i < n; i++)
        changes[i] = (struct record_change){.type = STR("control"), .id = changes[i].id, .act = RECORD_MOVE, .version = 1, .transition = STR("adopt"), .set = json_object(w->step), .why = STR("")};
    return world_do(w, who, changes, n, &answer, e);
}

/* {do: not_applicable, who, by: NAME, controls: [ID…], why}: said by one, approved by another. */
static bool play_not_applicable(struct demo_world *w, const struct json *step, struct err *e)
{
    struct record_change *changes = arena_array(w->step, CONTROLS_MAX, sizeof(*changes));
    size_t n = 0;
    struct json *answer;
    JSON_EACH (id, json_get(step, "controls")) {
        const struct control *c = content_control(id->text);
        if (!c || n == CONTROLS_MAX)
            return err_set(e, ERR_INVALID, "%.*s: no control of the library", STR_ARGS(id->text));
        struct json *values = json_object(w->step);
        json_put_cstr(values, "title", c->title);
        json_put_str(values, "na_reason", json_text(step, "why"));
        changes[n++] = (struct record_change){.type = STR("control"), .id = id->text, .act = RECORD_CREATE, .set = values, .why = STR("")};
    }
    if (!world_do(w, json_text(step, "who"), changes, n, &answer, e))
        return false;
    for (int64_t k = 1; k <= 2; k++) {
        for (size_t i = 0; i < n; i++)
            changes[i] = (struct record_change){.type = STR("control"), .id = changes[i].id, .act = RECORD_MOVE, .version = k, .transition = k == 1 ? STR("ask_na") : STR("approve_na"),
                                                .set = json_object(w->step), .why = json_text(step, "why")};
        if (!world_do_typed(w, json_text(step, k == 1 ? "who" : "by"), changes, n, &answer, e))
            return false;
    }
    return true;
}

/* ---- policies ---- */

/* The step's own person for `do`: a policy's version goes from hand to hand. */
static bool version_through(struct demo_world *w, struct str version, struct str author, struct str approver, struct str why, struct err *e)
{
    struct record_change changes[POLICY_CHANGES_MAX];
    struct access x;
    struct view v;
    struct view_records r;
    struct json *answer;
    if (!world_access(w, author, &x, e) || !world_view(w, &x, &v, &r, e) || !policy_submit(&v, &r, version, why, &changes[0], e) || !world_do_typed(w, author, changes, 1, &answer, e))
        return err_wrap(e, "submit");
    world_clock(w, *w->clock_ms + 20 * MS_MINUTE);
    if (!world_change(w, "policy_version", RECORD_MOVE, version, "approve", NULL, "Read; it says what we do.", &changes[0], e) || !world_do_typed(w, approver, changes, 1, &answer, e))
        return err_wrap(e, "approve");
    world_clock(w, *w->clock_ms + 5 * MS_MINUTE);
    if (!world_access(w, author, &x, e) || !world_view(w, &x, &v, &r, e))
        return false;
    size_t n = policy_publish(&v, &r, version, local_day(w->db, *w->clock_ms), changes, e);
    return n && (world_do_typed(w, author, changes, n, &answer, e) || err_wrap(e, "publish"));
}

/* {do: policies, who, owner, approver: NAME (acts), ids: [POL-01…], set: {…}} */
static bool play_policies(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str who = json_text(step, "who"), owner = world_id(w, json_text(step, "owner")), approver = json_text(step, "approver");
    JSON_EACH (id, json_get(step, "ids")) {
        const struct policy *library = content_policy(id->text);
        struct record_change changes[POLICY_CHANGES_MAX];
        struct access x;
        struct view v;
        struct view_records r;
        struct json *answer;
        if (!library)
            return err_set(e, ERR_INVALID, "%.*s: no policy of the library", STR_ARGS(id->text));
        const struct json *given = json_get(step, "set");
        struct json *set = world_values(w, w->step, given ? given : json_object(w->step), e);
        if (!set || !world_access(w, who, &x, e) || !world_view(w, &x, &v, &r, e))
            return false;
        json_put_str(set, "owner", owner);
        const struct demo_actor *second = world_actor(w, approver, e);
        if (!second)
            return false;
        json_push_str(json_put_array(set, "approvers"), second->person);
        size_t n = policy_take(&v, library, set, changes);
        for (size_t i = 0; i < n; i++)
            record_defaults(record_types_find(w->types, changes[i].type), changes[i].set, &x, *w->clock_ms);
        if (!world_do_typed(w, who, changes, n, &answer, e))
            return err_wrap(e, "take %.*s", STR_ARGS(id->text));
        struct str version = arena_str(w->arena, world_answer_id(answer, 1));
        world_name(w, arena_printf(w->arena, "%.*s-v1", STR_ARGS(id->text)), STR("policy_version"), version);
        if (!version_through(w, version, who, approver, STR("The first version, in our words where the library left room."), e))
            return err_wrap(e, "%.*s", STR_ARGS(id->text));
        world_step_done(w);
    }
    return true;
}

/* {do: policy_version, who, approver, policy: ID, number, what_changed, add: text, is_material} */
static bool play_policy_version(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str who = json_text(step, "who"), id = json_text(step, "policy");
    struct json *set = json_object(w->step), *answer;
    struct record *policy = world_record(w, "policy", id, e);
    struct str text = policy ? db_one_text(w->step, w->db, e, "select text from policy_versions where policy = ?1 order by number desc limit 1", A(id)) : STR("");
    if (!policy || e->code)
        return false;
    json_put_str(set, "policy", id);
    json_put_int(set, "number", json_int(step, "number", 2));
    json_put_str(set, "title", record_title(policy));
    json_put_str(set, "text", arena_printf(w->step, "%.*s\n\n%.*s\n", STR_ARGS(text), STR_ARGS(json_text(step, "add"))));
    json_put_str(set, "what_changed", json_text(step, "what_changed"));
    json_put_bool(set, "is_material", !json_get(step, "is_material") || json_bool(step, "is_material"));
    struct record_change change = {.type = STR("policy_version"), .act = RECORD_CREATE, .set = set, .why = json_text(step, "what_changed")};
    struct access x;
    if (!world_access(w, who, &x, e))
        return false;
    record_defaults(record_types_find(w->types, STR("policy_version")), set, &x, *w->clock_ms);
    if (!world_do_typed(w, who, &change, 1, &answer, e))
        return false;
    struct str version = arena_str(w->arena, world_answer_id(answer, 0));
    return version_through(w, version, who, json_text(step, "approver"), json_text(step, "what_changed"), e);
}

/* {do: policy_reviewed, who, policies: [ID…], why} */
static bool play_policy_reviewed(struct demo_world *w, const struct json *step, struct err *e)
{
    struct str who = json_text(step, "who");
    JSON_EACH (id, json_get(step, "policies")) {
        struct record_change change;
        struct access x;
        struct view v;
        struct view_records r;
        struct json *answer;
        if (!world_access(w, who, &x, e) || !world_view(w, &x, &v, &r, e) || !policy_reviewed(&v, &r, id->text, json_text(step, "why"), local_day(w->db, *w->clock_ms), &change, e) ||
            !world_do_typed(w, who, &change, 1, &answer, e))
            return err_wrap(e, "%.*s", STR_ARGS(id->text));
    }
    return true;
}

/* {do: parameter, who, by: NAME, name, value, why}: proposed by one, decided by another. */
static bool play_parameter(struct demo_world *w, const struct json *step, struct err *e)
{
    const struct demo_actor *who = world_actor(w, json_text(step, "who"), e), *by = who ? world_actor(w, json_text(step, "by"), e) : NULL;
    struct op op = {.kind = "parameter.propose", .body = json_object(w->step)}, decide = {.kind = "parameter.decide", .body = json_object(w->step)};
    struct json *answer;
    if (!by)
        return false;
    op.actor = who->actor;
    decide.actor = by->actor;
    json_put_str(op.body, "id", json_text(step, "name"));
    json_put_str(op.body, "val", json_text(step, "value"));
    json_put_str(op.body, "why", json_text(step, "why"));
    op_id_new(&w->seeded, op.id);
    op_id_new(&w->seeded, decide.id);
    if (!world_submit(w, &op, &answer, e))
        return false;
    json_put_int(decide.body, "of", w->leaf);
    json_put_cstr(decide.body, "act", "approve");
    json_put_str(decide.body, "why", STR("As proposed."));
    return world_submit(w, &decide, NULL, e);
}

/* ---- hosts ---- */

/* {do: host, host: NAME, put: [{path, text, mode}], remove: [path…]} */
static bool play_host(struct demo_world *w, const struct json *step, struct err *e)
{
    return host_change(w, json_text(step, "host"), step, e);
}

/* {do: bring_accounts, system: NAME} */
static bool play_bring(struct demo_world *w, const struct json *step, struct err *e)
{
    return extract_bring(w, json_text(step, "system"), e);
}

/* {do: risks_reviewed, who, campaign: NAME}: each risk is looked at again, with what remains of it as its controls live now. */
static bool play_risks_reviewed(struct demo_world *w, const struct json *step, struct err *e)
{
    struct assessment *as = assessment_load(w->db, w->step, *w->clock_ms, INT64_MAX, e);
    struct risk_set *all = as ? risks_load(w->db, w->step, as, e) : NULL;
    const struct demo_actor *who = world_actor(w, json_text(step, "who"), e);
    struct record_change *changes = all ? arena_array(w->step, all->count + 1, sizeof(*changes)) : NULL;
    size_t n = 0;
    struct json *answer;
    for (size_t i = 0; who && all && i < all->count; i++) {
        const struct risk_row *r = &all->rows[i];
        struct json *set = json_object(w->step);
        if (r->is_closed || r->is_proposed)
            continue;
        json_put_str(set, "title", r->title);
        json_put_str(set, "campaign", world_id(w, json_text(step, "campaign")));
        json_put_str(set, "risk", r->id);
        json_put_str(set, "category", r->category);
        json_put_str(set, "assessor", who->person);
        json_put_str(set, "on_date", day_text(w->step, world_today(w)));
        json_put_int(set, "inherent_l", r->inherent.likelihood);
        json_put_int(set, "inherent_i", r->inherent.impact);
        json_put_int(set, "residual_l", r->residual.level.likelihood);
        json_put_int(set, "residual_i", r->residual.level.impact);
        json_put_str(set, "treatment", r->treatment);
        json_put_str(set, "conclusion", STR("Looked at with its owner; the decision stands."));
        changes[n++] = (struct record_change){.type = STR("risk_review"), .act = RECORD_CREATE, .set = set};
    }
    return !e->code && n && world_do_typed(w, who->name, changes, n, &answer, e);
}

const struct demo_verb verbs_program[] = {{"risks_reviewed", play_risks_reviewed},
                                          {"accounts", play_accounts},
                                          {"adopt", play_adopt},
                                          {"not_applicable", play_not_applicable},
                                          {"policies", play_policies},
                                          {"policy_version", play_policy_version},
                                          {"policy_reviewed", play_policy_reviewed},
                                          {"parameter", play_parameter},
                                          {"host", play_host},
                                          {"bring_accounts", play_bring},
                                          {NULL, NULL}};
