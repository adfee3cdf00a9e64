#include "assess/requests.h"

#include "assess/duties.h"
#include "record/examine.h"

#include <string.h>

enum { ROUNDS_MAX = 200, ROUND_ARENA_BYTES = 32 << 20, OWNERS_MAX = 60 };

const char *const request_age_words[AGE_BUCKETS] = {"up to a week", "up to two weeks", "up to a month", "longer"};

size_t request_age_bucket(int64_t days)
{
    return days <= 7 ? 0 : days <= 14 ? 1 : days <= 30 ? 2 : 3;
}

const char *request_side(struct str state)
{
    return str_is(state, "submitted") ? "auditor" : str_is(state, "open") || str_is(state, "returned") ? "management" : "";
}

/* ---- which ---- */

static bool strings_have(const struct strings *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], id) == 0)
            return true;
    return false;
}

bool request_fits(const struct request *q, bool is_type1, const bool *criteria_in_scope, const struct strings *not_applicable)
{
    bool has_criterion = false, has_control = q->controls.count == 0;
    if (!strings_have(&q->report_types, is_type1 ? "type1" : "type2"))
        return false;
    for (size_t i = 0; i < content_criterion_count && !has_criterion; i++)
        has_criterion = criteria_in_scope[i] && strings_have(&q->criteria, content_criteria[i].id);
    for (size_t i = 0; i < q->controls.count && !has_control; i++)
        has_control = !strings_have(not_applicable, q->controls.items[i]);
    return has_criterion && has_control;
}

/* ---- when ---- */

int64_t request_due_day(const char *kind, const char *phase, bool is_type1, struct days window, int64_t planned, int64_t today, const struct calendar *c)
{
    int64_t length = window.last - window.first, day = window.last + 14;
    if (strcmp(phase, "planning") == 0)
        day = is_type1 ? window.last : window.first + length * 3 / 4;
    else if (strcmp(phase, "reporting") == 0)
        day = window.last + (is_type1 ? 28 : 56);
    else if (strcmp(kind, "population") == 0)
        day = window.last + 7;
    else if (strcmp(kind, "sample") == 0)
        day = window.last + 21;
    day = planned != DAY_NONE ? planned : day;
    if (day < today + REQUEST_DAYS_MIN)
        day = today + REQUEST_DAYS_MIN;
    return calendar_business_day(c, day);
}

/* The milestone that a kind of request is due by (content/milestones.yaml). */
static const char *milestone_of(const char *kind, const char *phase, bool is_type1)
{
    if (strcmp(phase, "planning") == 0)
        return is_type1 ? "t1_readiness" : "t2_planning";
    if (strcmp(phase, "reporting") == 0)
        return is_type1 ? "t1_letters" : "t2_letters";
    if (is_type1)
        return "t1_walkthroughs";
    return strcmp(kind, "population") == 0 ? "t2_populations" : strcmp(kind, "sample") == 0 ? "" : "t2_samples";
}

struct planning {
    struct db *db;
    struct arena *a;
    const struct engagement *g;
    const struct engagement_scope *scope;
    const struct request_options *o;
    struct calendar calendar;
    struct request_changes *ret;
    struct err *e;
};

static int64_t milestone_planned(struct planning *p, const char *template)
{
    struct err failed = {0};
    struct str day = *template ? db_one_text(p->a, p->db, &failed, "select planned_on from milestones where engagement = ?1 and template = ?2 and state <> 'dropped' order by id limit 1",
                                             A(p->g->id), A(template))
                               : (struct str){0};
    int64_t at_ms;
    if (failed.code)
        *p->e = failed;
    return day.data && day.size == 10 && time_parse(day, 0, &at_ms) ? day_of(at_ms) : DAY_NONE;
}

static struct str due_text(struct planning *p, const char *kind, const char *phase)
{
    int64_t day = p->o->days > 0 ? calendar_business_day(&p->calendar, p->o->today + p->o->days)
                                 : request_due_day(kind, phase, p->g->is_type1, p->g->has_days ? p->g->window : (struct days){p->o->today, p->o->today},
                                                   milestone_planned(p, milestone_of(kind, phase, p->g->is_type1)), p->o->today, &p->calendar);
    return day_text(p->a, day);
}

/* Whoever owns most of its controls; the first of them, where several do; else who leads the examination. */
static struct str owner_of(struct planning *p, const struct strings *controls)
{
    struct str best = p->g->owner;
    size_t best_count = 0;
    for (size_t i = 0; i < controls->count; i++) {
        const struct engagement_control *c = engagement_control_find(p->scope, str_of(controls->items[i]));
        size_t count = 0;
        for (size_t k = 0; c && c->owner.size && k < controls->count; k++) {
            const struct engagement_control *other = engagement_control_find(p->scope, str_of(controls->items[k]));
            count += other && str_equal(other->owner, c->owner);
        }
        if (count > best_count) {
            best_count = count;
            best = c->owner;
        }
    }
    return best;
}

static void list_put(struct json *set, const char *key, const struct strings *ids)
{
    struct json *list = json_put_array(set, key);
    for (size_t i = 0; i < ids->count; i++)
        json_push_str(list, str_of(ids->items[i]));
}

static void request_add(struct planning *p, const struct request *q)
{
    struct json *set = json_object(p->a);
    struct str owner = owner_of(p, &q->controls);
    json_put_cstr(set, "title", q->request);
    json_put_str(set, "engagement", p->g->id);
    json_put_cstr(set, "template", q->id);
    json_put_cstr(set, "kind", q->kind);
    json_put_cstr(set, "phase", q->phase);
    if (q->format && *q->format)
        json_put_str(set, "details", arena_printf(p->a, "Wanted as: %s", q->format));
    list_put(set, "controls", &q->controls);
    list_put(set, "criteria", &q->criteria);
    json_put_str(set, "asked_on", day_text(p->a, p->o->today));
    json_put_str(set, "due_on", due_text(p, q->kind, q->phase));
    if (owner.size)
        json_put_str(set, "owner", owner);
    p->ret->changes[p->ret->count++] = (struct record_change){.type = STR("audit_request"), .act = RECORD_CREATE, .set = set, .why = STR("made from the list of requests")};
}

static bool not_applicable_read(struct planning *p, struct strings *ret)
{
    const char **ids = arena_array(p->a, content_control_count + 1, sizeof(*ids));
    size_t count = 0;
    DB_EACH (row, p->db, p->e, "select id from control_records where state in ('not_applicable', 'retired')")
        if (count < content_control_count)
            ids[count++] = arena_str(p->a, db_text(row, 0)).data;
    *ret = (struct strings){ids, count};
    return p->e->code == ERR_NONE;
}

bool requests_plan(struct db *db, struct arena *a, const struct engagement *g, const struct engagement_scope *scope, const struct request_options *o, struct request_changes *ret,
                   struct err *e)
{
    struct err failed = {0};
    struct planning p = {.db = db, .a = a, .g = g, .scope = scope, .o = o, .ret = ret, .e = &failed};
    struct strings not_applicable;
    bool *in_scope = arena_array(a, content_criterion_count + 1, sizeof(*in_scope));
    *ret = (struct request_changes){.changes = arena_array(a, content_request_count + 1, sizeof(*ret->changes))};
    for (size_t i = 0; i < content_criterion_count; i++)
        in_scope[i] = engagement_criterion_find(scope, str_of(content_criteria[i].id)) != NULL;
    bool ok = calendar_load(db, a, &p.calendar, &failed) && not_applicable_read(&p, &not_applicable);
    for (size_t i = 0; ok && i < content_request_count; i++) {
        const struct request *q = &content_requests[i];
        int64_t known = db_one_int(db, &failed, 0, "select count(*) from audit_requests where engagement = ?1 and template = ?2", A(g->id), A(q->id));
        if (!failed.code && !known && request_fits(q, g->is_type1, in_scope, &not_applicable))
            request_add(&p, q);
        ok = failed.code == ERR_NONE;
    }
    return ok || (*e = failed, false);
}

/* ---- what is there already ---- */

struct suggesting {
    struct db *db;
    struct arena *a;
    struct json *list;
    struct str id, template, from, to, today, kind;
    struct err *e;
};

static void suggestion_put(struct suggesting *s, const char *kind, struct str id, struct str title, struct str why, struct str url, bool is_given)
{
    struct json *o = json_push_object(s->list);
    json_put_cstr(o, "kind", kind);
    json_put_str(o, "id", id);
    json_put_str(o, "title", title);
    json_put_str(o, "why", why);
    json_put_str(o, "url", url);
    json_put_bool(o, "is_given", is_given);
}

static void evidence_find(struct suggesting *s)
{
    DB_EACH (row, s->db, s->e,
             "select v.id, v.title, v.period_from, v.period_to, exists(select 1 from record_link g where g.type = 'audit_request' and g.id = ?1 and g.field = 'evidence' and g.target = v.id "
             "and g.to_leaf is null), "
             "(select group_concat(l.target, ', ') from record_link l where l.type = 'evidence' and l.id = v.id and l.field = 'controls' and l.to_leaf is null and l.target in "
             "(select c.target from record_link c where c.type = 'audit_request' and c.id = ?1 and c.field = 'controls' and c.to_leaf is null)), "
             "exists(select 1 from record_link q where q.type = 'evidence' and q.id = v.id and q.field = 'requests' and q.to_leaf is null and q.target = ?2) "
             "from evidence_items v where v.state = 'accepted' and (v.expires_on is null or v.expires_on >= ?5) and v.period_from <= ?4 and v.period_to >= ?3 "
             "and exists(select 1 from record_link l where l.type = 'evidence' and l.id = v.id and l.to_leaf is null and ((l.field = 'requests' and l.target = ?2) or (l.field = 'controls' "
             "and l.target in (select c.target from record_link c where c.type = 'audit_request' and c.id = ?1 and c.field = 'controls' and c.to_leaf is null)))) "
             "order by 7 desc, v.period_to desc, v.id limit 50",
             A(s->id), A(s->template), A(s->from), A(s->to), A(s->today)) {
        struct str controls = db_text(row, 5);
        struct str why = arena_printf(s->a, "accepted, about %.*s to %.*s%s%.*s%s", STR_ARGS(db_text(row, 2)), STR_ARGS(db_text(row, 3)), controls.size ? ", of " : "", STR_ARGS(controls),
                                      db_int(row, 6) ? ", brought for this request" : "");
        struct str id = arena_str(s->a, db_text(row, 0));
        suggestion_put(s, "evidence", id, arena_str(s->a, db_text(row, 1)), why, arena_printf(s->a, "/records/evidence/%.*s", STR_ARGS(id)), db_int(row, 4) != 0);
    }
}

/* Policies of the library that speak to one of its controls, as far as a version is in force. */
static void policies_find(struct suggesting *s)
{
    bool is_all = str_is(s->template, "PBC-015");
    if (!str_is(s->kind, "document") && !str_is(s->kind, "config") && !is_all)
        return;
    DB_EACH (row, s->db, s->e, "select v.id, v.policy, v.number, v.title, v.digest, exists(select 1 from record_link g where g.type = 'audit_request' and g.id = ?1 and g.field = 'policy_versions' "
                               "and g.target = v.id and g.to_leaf is null) from policy_versions v where v.state = 'in_force' order by v.policy limit 200",
             A(s->id)) {
        const struct policy *known = NULL;
        for (size_t i = 0; i < content_policy_count && !known; i++)
            known = str_is(db_text(row, 1), content_policies[i].id) ? &content_policies[i] : NULL;
        bool speaks = is_all;
        for (size_t i = 0; known && i < known->controls.count && !speaks; i++) {
            struct err failed = {0};
            speaks = db_one_int(s->db, &failed, 0, "select count(*) from record_link where type = 'audit_request' and id = ?1 and field = 'controls' and target = ?2 and to_leaf is null",
                                A(s->id), A(known->controls.items[i])) > 0;
        }
        if (!speaks)
            continue;
        struct str policy = arena_str(s->a, db_text(row, 1)), digest = db_text(row, 4);
        suggestion_put(s, "policy", arena_str(s->a, db_text(row, 0)), arena_printf(s->a, "%.*s, version %lld", STR_ARGS(db_text(row, 3)), (long long)db_int(row, 2)),
                       arena_printf(s->a, "in force, SHA-256 %.*s…", STR_ARGS(str_slice(digest, 0, 12))),
                       arena_printf(s->a, "/policies/%.*s/versions/%lld", STR_ARGS(policy), (long long)db_int(row, 2)), db_int(row, 5) != 0);
    }
}

static bool registers_find(struct suggesting *s)
{
    struct record_types *types = examine_answers(s->template) ? record_types_open(s->db, s->e) : NULL;
    JSON_EACH (id, types ? examine_answers(s->template) : NULL) {
        const struct record_type *t = record_types_find(types, id->text);
        struct json *counts = t ? record_counts(s->db, s->a, t, s->e) : NULL;
        int64_t n = 0;
        JSON_EACH (one, counts)
            n += one->integer;
        if (n > 0)
            suggestion_put(s, "register", arena_str(s->a, str_of(t->id)), arena_str(s->a, str_of(t->labels)),
                           arena_printf(s->a, "%lld in the register; what it holds when this is submitted is given as a file", (long long)n), arena_printf(s->a, "/records/%s", t->id), false);
    }
    record_types_close(types);
    return s->e->code == ERR_NONE;
}

struct json *requests_suggest(struct db *db, struct arena *a, const struct engagement *g, struct str id, int64_t today, struct err *e)
{
    struct err failed = {0};
    struct suggesting s = {.db = db, .a = a, .list = json_array(a), .id = id, .template = STR(""), .kind = STR(""), .today = day_text(a, today), .e = &failed};
    s.from = g->has_days && !g->is_type1 ? day_text(a, g->window.first) : STR("0000-01-01");
    s.to = g->has_days ? day_text(a, g->window.last) : STR("9999-12-31");
    DB_EACH (row, db, &failed, "select coalesce(template, ''), kind from audit_requests where id = ?1 and engagement = ?2", A(id), A(g->id)) {
        s.template = arena_str(a, db_text(row, 0));
        s.kind = arena_str(a, db_text(row, 1));
    }
    if (!failed.code && s.kind.size == 0)
        err_set(&failed, ERR_NOT_FOUND, "request %.*s: there is none in this engagement", STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
    if (!failed.code)
        evidence_find(&s);
    if (!failed.code)
        policies_find(&s);
    if (failed.code || !registers_find(&s))
        return (*e = failed, NULL);
    return s.list;
}

/* ---- what follows by itself ---- */

static const struct request *template_find(struct str id)
{
    for (size_t i = 0; i < content_request_count; i++)
        if (str_is(id, content_requests[i].id))
            return &content_requests[i];
    return NULL;
}

struct population {
    struct str id, engagement, title, template, owner, record;
    int64_t version;
};

/* The list may have its sample already: "for sampled leavers …". */
static bool sample_find(struct db *db, struct arena *a, const struct population *p, struct str *ret_id, int64_t *ret_version, struct err *e)
{
    *ret_id = STR("");
    DB_EACH (row, db, e,
             "select s.id, s.version from audit_requests s where s.engagement = ?1 and s.kind = 'sample' and s.follows is null and s.state in ('open', 'returned') and exists("
             "select 1 from record_link l join record_link m on m.type = 'audit_request' and m.id = ?2 and m.field = 'controls' and m.to_leaf is null and m.target = l.target "
             "where l.type = 'audit_request' and l.id = s.id and l.field = 'controls' and l.to_leaf is null) order by s.id limit 1",
             A(p->engagement), A(p->id)) {
        *ret_id = arena_str(a, db_text(row, 0));
        *ret_version = db_int(row, 1);
    }
    return e->code == ERR_NONE;
}

static void links_copy(struct db *db, struct json *set, struct str from, const char *field, struct err *e)
{
    struct json *list = json_put_array(set, field);
    DB_EACH (row, db, e, "select target from record_link where type = 'audit_request' and id = ?1 and field = ?2 and to_leaf is null order by target", A(from), A(field))
        json_push_str(list, arena_str(set->arena, db_text(row, 0)));
}

static bool sample_change(struct db *db, struct arena *a, const struct population *p, int64_t today, struct record_change *ret, struct err *e)
{
    struct calendar calendar;
    struct str id;
    int64_t version = 0;
    struct json *set = json_object(a);
    if (!calendar_load(db, a, &calendar, e) || !sample_find(db, a, p, &id, &version, e))
        return false;
    json_put_str(set, "follows", p->id);
    if (p->record.size)
        json_put_str(set, "population", p->record);
    if (id.size) {
        *ret = (struct record_change){.type = STR("audit_request"), .id = id, .act = RECORD_CHANGE, .version = version, .set = set, .why = arena_printf(a, "%.*s was accepted", STR_ARGS(p->id))};
        return true;
    }
    struct str title = arena_printf(a, "Sample of: %.*s", STR_ARGS(p->title));
    json_put_str(set, "title", str_slice(title, 0, 480));
    json_put_str(set, "engagement", p->engagement);
    if (p->template.size)
        json_put_str(set, "template", p->template);
    json_put_cstr(set, "kind", "sample");
    json_put_cstr(set, "phase", "fieldwork");
    json_put_str(set, "details", arena_printf(a, "The records of each item that is drawn from the population of %.*s.", STR_ARGS(p->id)));
    links_copy(db, set, p->id, "controls", e);
    links_copy(db, set, p->id, "criteria", e);
    json_put_str(set, "asked_on", day_text(a, today));
    json_put_str(set, "due_on", day_text(a, calendar_add_business_days(&calendar, today, SAMPLE_DAYS)));
    if (p->owner.size)
        json_put_str(set, "owner", p->owner);
    *ret = (struct record_change){.type = STR("audit_request"), .act = RECORD_CREATE, .set = set, .why = arena_printf(a, "%.*s was accepted", STR_ARGS(p->id))};
    return e->code == ERR_NONE;
}

bool requests_due(struct db *db, struct arena *a, int64_t today, struct str *ret_key, struct request_changes *ret, struct err *e)
{
    struct err failed = {0};
    struct population found = {0};
    *ret_key = STR("");
    *ret = (struct request_changes){.changes = arena_array(a, 1, sizeof(*ret->changes))};
    DB_EACH (row, db, &failed,
             "select p.id, p.engagement, p.title, coalesce(p.template, ''), coalesce(p.owner, ''), coalesce(p.population, ''), p.version from audit_requests p "
             "join engagements g on g.id = p.engagement and g.state in ('planning', 'open', 'fieldwork', 'reporting') where p.kind = 'population' and p.state = 'accepted' "
             "and not exists(select 1 from audit_requests s where s.follows = p.id) order by p.id") {
        struct str template = db_text(row, 3);
        const struct request *q = template_find(template);
        if (found.id.size || (template.size && !(q && q->sample_follow_up)))
            continue;
        found = (struct population){.id = arena_str(a, db_text(row, 0)), .engagement = arena_str(a, db_text(row, 1)), .title = arena_str(a, db_text(row, 2)), .template = arena_str(a, template),
                                    .owner = arena_str(a, db_text(row, 4)), .record = arena_str(a, db_text(row, 5)), .version = db_int(row, 6)};
    }
    if (!failed.code && found.id.size && sample_change(db, a, &found, today, &ret->changes[0], &failed)) {
        ret->count = 1;
        *ret_key = arena_printf(a, "request-sample/%.*s/%lld", STR_ARGS(found.id), (long long)found.version);
    }
    return failed.code ? (*e = failed, false) : true;
}

static bool round_submit(struct db *db, const struct env *env, struct arena *a, int64_t today, extract_submit *submit, void *context, size_t *ret_done, struct err *e)
{
    struct access system = {.actor = STR(DUTY_ACTOR), .is_system = true};
    struct request_changes work;
    struct str key;
    struct op op = {0};
    struct json *answer;
    *ret_done = 0;
    if (!requests_due(db, a, today, &key, &work, e) || work.count == 0)
        return e->code == ERR_NONE;
    if (!record_number(db, a, work.changes, work.count, e) || !record_op(env, a, work.changes, work.count, &system, &op, e))
        return false;
    op_id_of(key, op.id);
    *ret_done = work.count;
    return submit(context, &op, &answer, e) || err_wrap(e, "%.*s", STR_ARGS(key));
}

bool requests_advance(struct db *db, const struct env *env, int64_t today, extract_submit *submit, void *context, size_t *ret_done, struct err *e)
{
    bool ok = true;
    size_t done = 1;
    *ret_done = 0;
    for (int round = 0; ok && done > 0 && round < ROUNDS_MAX; round++) {
        struct arena *a = arena_new("requests", ROUND_ARENA_BYTES);
        ok = round_submit(db, env, a, today, submit, context, &done, e);
        *ret_done += done;
        arena_free(a);
    }
    return ok;
}
