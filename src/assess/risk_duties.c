#include "assess/risk_duties.h"

#include "assess/risks.h"
#include "base/times.h"

#include <stdarg.h>

#define ASSESSMENT_CONTROL "RSK-01"
#define FRAUD_CONTROL "RSK-03"

enum { ENDS_AHEAD_DAYS = 30, WHY_BYTES_MAX = 900, SNAPSHOT_BYTES_MAX = 4 << 20 };

struct risk_duties {
    struct db *db;
    struct arena *arena;
    const struct env *env;
    struct calendar calendar;
    int64_t at_ms, today;
    struct risk_news *news;
    struct duty *items;
    size_t count, capacity;
};

static struct record_change *duty_add(struct risk_duties *d, struct str key, const char *type, enum record_act act)
{
    if (d->count == d->capacity)
        d->items = arena_grow(d->arena, d->items, d->count, &d->capacity, sizeof *d->items);
    struct duty *duty = &d->items[d->count++];
    *duty = (struct duty){.key = key, .change = {.type = str_of(type), .act = act, .set = json_object(d->arena)}};
    return &duty->change;
}

static struct str text_of(struct risk_duties *d, struct db_row *row, int column)
{
    return db_is_null(row, column) ? STR("") : arena_str(d->arena, db_text(row, column));
}

static bool acceptances_end(struct risk_duties *d, struct err *e)
{
    DB_EACH (row, d->db, e, "select id, version from risk_acceptances where state = 'accepted' and expires_on < ?1 order by id", A(day_text(d->arena, d->today))) {
        struct str id = arena_str(d->arena, db_text(row, 0));
        struct record_change *c = duty_add(d, arena_printf(d->arena, "acceptance/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "risk_acceptance", RECORD_MOVE);
        c->id = id;
        c->version = db_int(row, 1);
        c->transition = STR("expire");
    }
    return e->code == ERR_NONE;
}

/* ---- what opens a risk again ---- */

struct reason {
    const char *by;
    struct str why;
};

static void reason_say(struct risk_duties *d, struct reason *r, const char *by, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void reason_say(struct risk_duties *d, struct reason *r, const char *by, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    struct str why = str_prefix(arena_vprintf(d->arena, format, arguments), WHY_BYTES_MAX);
    va_end(arguments);
    *r = (struct reason){by, why};
}

static bool acceptance_ended(struct risk_duties *d, const struct risk_row *row, struct reason *ret, struct err *e)
{
    DB_EACH (r, d->db, e,
             "select x.id, h.transition, h.t from record_change h join risk_acceptances x on x.id = h.id where h.type = 'risk_acceptance' and h.act = 'move' and h.transition in ('expire', 'withdraw') "
             "and h.leaf > ?2 and x.risk = ?1 order by h.leaf limit 1", A(row->id), A(row->decided_leaf)) {
        struct str id = text_of(d, r, 0);
        bool is_over = str_is(db_text(r, 1), "expire");
        reason_say(d, ret, "acceptance", "Acceptance %.*s %s on %s.", STR_ARGS(id), is_over ? "ended" : "was withdrawn", day_text(d->arena, day_of(db_int(r, 2))).data);
    }
    return e->code == ERR_NONE;
}

/* Names what this risk names, or is new and of its kind. */
static bool thing_changed(struct risk_duties *d, const struct risk_row *row, struct reason *ret, struct err *e)
{
    DB_EACH (r, d->db, e,
             "select h.type, h.id, h.act, h.t from record_change h where h.leaf > ?2 and h.act in ('create', 'change', 'move', 'delete') and h.actor not like 'system:%' and ("
             "(h.type in ('system', 'subservice', 'vendor', 'asset', 'data_store') and exists(select 1 from record_link l where l.type = 'risk' and l.id = ?1 and l.field in ('systems', 'subservices', 'assets', "
             "'vendors', 'data_stores') and l.target_type = h.type and l.target = h.id and l.to_leaf is null)) "
             "or (h.act = 'create' and ?3 = 'change' and h.type in ('system', 'service')) or (h.act = 'create' and ?3 = 'vendor' and h.type in ('subservice', 'vendor'))) order by h.leaf limit 1",
             A(row->id), A(row->decided_leaf), A(row->category)) {
        struct str type = text_of(d, r, 0), id = text_of(d, r, 1);
        bool is_new = str_is(db_text(r, 2), "create");
        reason_say(d, ret, "change", "The %.*s %.*s was %s on %s.", STR_ARGS(type), STR_ARGS(id), is_new ? "added" : "changed", day_text(d->arena, day_of(db_int(r, 3))).data);
    }
    return e->code == ERR_NONE;
}

/* Incidents by what they name, else by their kind. Concerns are confidential: risks of fraud are opened by any, and neither which nor when is said. */
static bool report_filed(struct risk_duties *d, const struct risk_row *row, struct reason *ret, struct err *e)
{
    if (str_is(row->category, "fraud") && db_one_int(d->db, e, 0, "select count(*) from concerns where created_leaf > ?1", A(row->decided_leaf)) > 0)
        reason_say(d, ret, "report", "Something was reported in confidence since it was decided.");
    if (ret->by || e->code)
        return e->code == ERR_NONE;
    DB_EACH (r, d->db, e,
             "select h.id, h.t from record_change h where h.leaf > ?2 and h.act = 'create' and h.type = 'incident' and (?3 = 'incident' or "
             "exists(select 1 from record_link l where l.type = h.type and l.id = h.id and l.to_leaf is null and (l.target = ?1 or l.target in "
             "(select m.target from record_link m where m.type = 'risk' and m.id = ?1 and m.to_leaf is null and m.field <> 'criteria')))) order by h.leaf limit 1",
             A(row->id), A(row->decided_leaf), A(row->category)) {
        struct str id = text_of(d, r, 0);
        reason_say(d, ret, "report", "The incident %.*s was filed on %s.", STR_ARGS(id), day_text(d->arena, day_of(db_int(r, 1))).data);
    }
    return e->code == ERR_NONE;
}

static void review_passed(struct risk_duties *d, const struct risk_row *row, struct reason *ret)
{
    if (row->review_on.size && str_compare(row->review_on, day_text(d->arena, d->today)) < 0)
        reason_say(d, ret, "review", "It was to be looked at again by %.*s.", STR_ARGS(row->review_on));
}

/* ---- what needs the assessment ---- */

/* The controls that count less than when it was decided: "AC-06 Failing since 2026-11-20". */
static void controls_worse(struct risk_duties *d, const struct risk_set *now, const struct risk_row *row, const struct risk_row *then, struct buf *ret)
{
    (void)d;
    for (size_t i = 0; i < row->control_count; i++) {
        const struct risk_mapped *m = &row->controls[i], *was = NULL;
        for (size_t k = 0; k < then->control_count; k++)
            was = str_equal(then->controls[k].id, m->id) ? &then->controls[k] : was;
        if (!was || risk_effect_halves(&m->effect) >= risk_effect_halves(&was->effect))
            continue;
        const struct control_state *c = m->control == SIZE_MAX ? NULL : &now->as->controls[m->control];
        char day[TIME_TEXT_SIZE];
        buf_printf(ret, "%s%.*s is %s", buf_view(ret).size ? ", " : "", STR_ARGS(m->id), !c ? "gone" : m->effect.is_not_operating && m->effect.live != LIVE_FAILING ? "not operating" : live_state_words(c->live));
        if (c && c->since_ms)
            buf_printf(ret, " since %s", time_format_date(c->since_ms, day));
    }
}

/* What remained when it was decided, if that was worked out before; -1. */
static int score_known(const struct risk_duties *d, const struct risk_row *row)
{
    for (size_t i = 0; d->news && i < d->news->known_count; i++)
        if (d->news->known[i].leaf == row->decided_leaf && str_is(row->id, d->news->known[i].id))
            return d->news->known[i].score;
    return -1;
}

static void score_keep(struct risk_duties *d, const struct risk_row *row, int score)
{
    if (!d->news || row->id.size >= sizeof d->news->known[0].id)
        return;
    if (d->news->known_count == RISK_KNOWN_MAX)
        d->news->known_count = 0;
    size_t i = d->news->known_count++;
    snprintf(d->news->known[i].id, sizeof d->news->known[i].id, "%.*s", STR_ARGS(row->id));
    d->news->known[i].leaf = row->decided_leaf;
    d->news->known[i].score = score;
}

static bool control_got_worse(struct risk_duties *d, const struct risk_set *now, const struct risk_row *row, struct reason *ret, struct err *e)
{
    if (row->need != RISK_NEED_TREATMENT || score_known(d, row) >= risk_score(row->residual.level))
        return true;
    struct arena *a = arena_new("risk then", 256 << 20);
    struct assessment *as = assessment_load(d->db, a, row->decided_t, row->decided_leaf, e);
    struct risk_set *set = as ? risks_load(d->db, a, as, e) : NULL;
    const struct risk_row *then = set ? risks_find(set, row->id) : NULL;
    int before = then ? risk_score(then->residual.level) : 0, after = risk_score(row->residual.level);
    if (then && before >= after)
        score_keep(d, row, before);
    if (then && after > before) {
        struct buf BUF_AUTO worse;
        buf_init(&worse, WHY_BYTES_MAX);
        controls_worse(d, now, row, then, &worse);
        if (buf_view(&worse).size)
            reason_say(d, ret, "control", "What remains rose from %d to %d, above the appetite: %.*s.", before, after, STR_ARGS(buf_view(&worse)));
    }
    arena_free(a);
    return e->code == ERR_NONE;
}

static bool test_failed(struct risk_duties *d, const struct risk_set *now, const struct risk_row *row, struct reason *ret, struct err *e)
{
    const struct assessment *as = now->as;
    for (size_t i = 0; i < row->control_count && !ret->by && !e->code; i++) {
        const struct control_state *c = row->controls[i].control == SIZE_MAX ? NULL : &as->controls[row->controls[i].control];
        for (size_t k = 0; c && k < c->test_count && !ret->by && !e->code; k++) {
            const struct test_state *t = &as->tests[c->tests[k]];
            bool is_high = strcmp(t->test->severity, "high") == 0 || strcmp(t->test->severity, "critical") == 0;
            if (t->status != RESULT_FAIL || !is_high)
                continue;
            int64_t since = db_one_int(d->db, e, 0, "select min(from_t) from test_span where test = ?1 and status = 'fail' and from_leaf > ?2", A(t->test->id), A(row->decided_leaf));
            if (since)
                reason_say(d, ret, "test", "The test %s of %s, of %s severity, fails since %s.", t->test->id, c->control->id, t->test->severity, day_text(d->arena, day_of(since)).data);
        }
    }
    return e->code == ERR_NONE;
}

/* ---- putting it together ---- */

static bool reason_find(struct risk_duties *d, const struct risk_set *now, const struct risk_row *row, struct reason *ret, struct err *e)
{
    *ret = (struct reason){0};
    if (!acceptance_ended(d, row, ret, e))
        return false;
    if (!ret->by && (!control_got_worse(d, now, row, ret, e) || (!ret->by && !test_failed(d, now, row, ret, e))))
        return false;
    if (!ret->by && !report_filed(d, row, ret, e))
        return false;
    if (!ret->by && !thing_changed(d, row, ret, e))
        return false;
    if (!ret->by)
        review_passed(d, row, ret);
    return true;
}

static void reopen_add(struct risk_duties *d, const struct risk_row *row, const struct reason *r, int64_t version)
{
    struct record_change *c = duty_add(d, arena_printf(d->arena, "risk/%.*s/%lld", STR_ARGS(row->id), (long long)version), "risk", RECORD_MOVE);
    c->id = row->id;
    c->version = version;
    c->transition = STR("reopen");
    c->why = r->why;
    json_put_cstr(c->set, "reopened_by", r->by);
    json_put_str(c->set, "reopened_why", r->why);
    json_put_str(c->set, "reopened_on", day_text(d->arena, d->today));
}

static bool has_news(struct risk_duties *d, struct err *e)
{
    int64_t evaluation = db_one_int(d->db, e, -1, "select max(leaf) from evaluation"), change = db_one_int(d->db, e, -1, "select max(leaf) from record_change");
    bool is_new = !d->news || evaluation != d->news->evaluation || change != d->news->change || d->today != d->news->day;
    if (d->news && !e->code) {
        d->news->evaluation = evaluation;
        d->news->change = change;
        d->news->day = d->today;
    }
    return is_new;
}

static bool risks_reopen(struct risk_duties *d, struct err *e)
{
    if (!has_news(d, e) || e->code || !risks_are_decided(d->db, e))
        return e->code == ERR_NONE;
    struct err inner = {0};
    struct assessment *as = assessment_load(d->db, d->arena, d->at_ms, INT64_MAX, &inner);
    struct risk_set *now = as ? risks_load(d->db, d->arena, as, &inner) : NULL;
    for (size_t i = 0; now && i < now->count && !inner.code; i++) {
        const struct risk_row *row = &now->rows[i];
        struct reason r;
        if (!str_is(row->state, "assessed") || row->decided_leaf < 0 || !reason_find(d, now, row, &r, &inner) || !r.by)
            continue;
        reopen_add(d, row, &r, db_one_int(d->db, &inner, 0, "select version from risks where id = ?1", A(row->id)));
    }
    return inner.code ? (*e = inner, false) : true;
}

/* One task for each time that it was opened again. */
static bool reviews_assign(struct risk_duties *d, struct err *e)
{
    DB_EACH (row, d->db, e,
             "select r.id, r.title, r.reopened_why, coalesce(r.owner, (select o.lead from organisations o where o.lead is not null order by o.id limit 1)) as who, r.reopened_by, "
             "(select max(h.leaf) from record_change h where h.type = 'risk' and h.id = r.id and h.act = 'move' and h.to_state = 'review' and h.from_state <> 'review') as since "
             "from risks r where r.state = 'review' and who is not null and not exists(select 1 from tasks t where t.risk = r.id and t.created_leaf > since) order by r.id") {
        struct str id = text_of(d, row, 0), title = text_of(d, row, 1);
        struct json *set = duty_add(d, arena_printf(d->arena, "risk-task/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 5)), "task", RECORD_CREATE)->set;
        json_put_str(set, "title", arena_printf(d->arena, "Look at %.*s again: %.*s", STR_ARGS(id), STR_ARGS(str_slice(title, 0, 200))));
        json_put_str(set, "what", arena_printf(d->arena, "%.*s Decide it anew on /risks/%.*s.", STR_ARGS(text_of(d, row, 2)), STR_ARGS(id)));
        json_put_str(set, "owner", text_of(d, row, 3));
        json_put_str(set, "due_on", day_text(d->arena, calendar_business_day(&d->calendar, d->today + RISK_REVIEW_DAYS)));
        json_put_str(set, "risk", id);
    }
    return e->code == ERR_NONE;
}

/* ---- who accepts ---- */

#define SIGN_TITLE "Decide whether to accept "
#define ENDS_TITLE "Accept anew, or have treated: "

/* Whom the acceptance names, else whoever has the role and does not own the risk. */
#define EXECUTIVE                                                                                                                                             \
    "coalesce(x.executive, (select a.person from account a where a.state = 'active' and a.person <> '' and a.person <> x.owner and "                           \
    "exists(select 1 from json_each(a.roles) j where j.value = 'executive') order by a.id limit 1))"

static struct json *executive_task(struct risk_duties *d, struct str key, const char *begins, struct str id, struct str title)
{
    struct json *set = duty_add(d, key, "task", RECORD_CREATE)->set;
    json_put_str(set, "title", arena_printf(d->arena, "%s%.*s: %.*s", begins, STR_ARGS(id), STR_ARGS(str_slice(title, 0, 200))));
    return set;
}

/* An acceptance that is asked for waits for somebody: they have a task for it, and another when it is about to end. */
static bool acceptances_assign(struct risk_duties *d, struct err *e)
{
    DB_EACH (row, d->db, e,
             "select x.id, x.title, x.risk, " EXECUTIVE " as who, x.created_leaf from risk_acceptances x where x.state = 'asked' and who is not null and "
             "not exists(select 1 from tasks t where t.risk = x.risk and t.title like '" SIGN_TITLE "' || x.id || ':%') order by x.id") {
        struct str id = text_of(d, row, 0), risk = text_of(d, row, 2);
        struct json *set = executive_task(d, arena_printf(d->arena, "acceptance-task/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 4)), SIGN_TITLE, id, text_of(d, row, 1));
        json_put_str(set, "what", arena_printf(d->arena, "It waits for you on /risks/%.*s: what remains, why it is to be borne, and until when. Accept or refuse it; you will be asked who you are.", STR_ARGS(risk)));
        json_put_str(set, "owner", text_of(d, row, 3));
        json_put_str(set, "due_on", day_text(d->arena, calendar_business_day(&d->calendar, d->today + RISK_REVIEW_DAYS)));
        json_put_str(set, "risk", risk);
    }
    DB_EACH (row, d->db, e,
             "select x.id, x.title, x.risk, " EXECUTIVE " as who, x.expires_on, x.created_leaf from risk_acceptances x where x.state in ('accepted', 'expired') and x.expires_on <= ?1 and "
             "x.expires_on >= ?2 and who is not null and not exists(select 1 from risk_acceptances y where y.risk = x.risk and y.created_leaf > x.created_leaf) and "
             "not exists(select 1 from tasks t where t.risk = x.risk and t.title like '" ENDS_TITLE "' || x.id || ':%') order by x.id",
             A(day_text(d->arena, d->today + ENDS_AHEAD_DAYS)), A(day_text(d->arena, d->today - ENDS_AHEAD_DAYS))) {
        struct str id = text_of(d, row, 0), risk = text_of(d, row, 2), ends = text_of(d, row, 4);
        struct json *set = executive_task(d, arena_printf(d->arena, "acceptance-ends/%.*s/%.*s", STR_ARGS(id), STR_ARGS(ends)), ENDS_TITLE, id, text_of(d, row, 1));
        json_put_str(set, "what", arena_printf(d->arena, "It ends on %.*s. From then on nothing covers what remains of /risks/%.*s.", STR_ARGS(ends), STR_ARGS(risk)));
        json_put_str(set, "owner", text_of(d, row, 3));
        json_put_str(set, "due_on", str_compare(ends, day_text(d->arena, d->today)) > 0 ? ends : day_text(d->arena, calendar_business_day(&d->calendar, d->today + RISK_REVIEW_DAYS)));
        json_put_str(set, "risk", risk);
    }
    return e->code == ERR_NONE;
}

/* What was decided, or asked for anew, is no task any more. */
static bool acceptance_tasks_end(struct risk_duties *d, struct err *e)
{
    DB_EACH (row, d->db, e,
             "select t.id, t.version, x.id, x.state from tasks t join risk_acceptances x on t.risk = x.risk and ((t.title like '" SIGN_TITLE "' || x.id || ':%' and x.state <> 'asked') or "
             "(t.title like '" ENDS_TITLE "' || x.id || ':%' and (x.state = 'withdrawn' or exists(select 1 from risk_acceptances y where y.risk = x.risk and y.created_leaf > x.created_leaf)))) "
             "where t.state = 'open' order by t.id") {
        struct str id = text_of(d, row, 0);
        struct record_change *c = duty_add(d, arena_printf(d->arena, "acceptance-task-end/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "task", RECORD_MOVE);
        c->id = id;
        c->version = db_int(row, 1);
        c->transition = STR("finish");
        c->why = arena_printf(d->arena, "%.*s is %.*s", STR_ARGS(text_of(d, row, 2)), STR_ARGS(text_of(d, row, 3)));
        json_put_str(c->set, "done_on", day_text(d->arena, d->today));
    }
    return e->code == ERR_NONE;
}

/* ---- a yearly assessment that was closed ---- */

static struct str snapshot_text(struct risk_duties *d, struct str campaign, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, SNAPSHOT_BYTES_MAX);
    buf_cstr(&b, "risk,title,category,assessed_on,inherent_likelihood,inherent_impact,residual_likelihood,residual_impact,treatment\n");
    DB_EACH (row, d->db, e,
             "select risk, title, category, on_date, inherent_l, inherent_i, residual_l, residual_i, coalesce(treatment, '') from risk_reviews where campaign = ?1 order by created_leaf", A(campaign)) {
        for (int i = 0; i <= 8; i++) {
            struct str text = db_text(row, i);
            buf_cstr(&b, i ? ",\"" : "\"");
            for (size_t k = 0; k < text.size; k++)
                buf_printf(&b, text.data[k] == '"' ? "\"\"" : "%c", text.data[k]);
            buf_char(&b, '"');
        }
        buf_char(&b, '\n');
    }
    return arena_str(d->arena, buf_view(&b));
}

struct closed {
    struct str id, title, owner, day, from;
};

static bool evidence_make(struct risk_duties *d, const struct closed *c, struct err *e)
{
    struct op_blob *file = ARENA_NEW(d->arena, struct op_blob);
    struct json *value;
    struct str text = snapshot_text(d, c->id, e), name = arena_printf(d->arena, "%.*s.csv", STR_ARGS(c->id));
    if (e->code || !record_seal_file(d->env, d->arena, name, "text/csv", text, file, &value, e))
        return false;
    struct record_change *change = duty_add(d, arena_printf(d->arena, "risk-evidence/%.*s", STR_ARGS(c->id)), "evidence", RECORD_CREATE);
    change->files = file;
    change->file_count = 1;
    struct json *set = change->set;
    json_put_str(set, "title", arena_printf(d->arena, "Risk assessment %.*s: %.*s", STR_ARGS(c->id), STR_ARGS(str_slice(c->title, 0, 200))));
    json_put_str(set, "link", arena_printf(d->arena, "/risks/campaigns/%.*s", STR_ARGS(c->id)));
    json_put_cstr(set, "kind", "report");
    json_put_cstr(set, "source", "This program: the risks that were looked at in the assessment, with their values of then");
    json_put_str(set, "taken_on", c->day);
    json_put_str(set, "period_from", c->from);
    json_put_str(set, "period_to", c->day);
    if (c->owner.size)
        json_put_str(set, "owner", c->owner);
    json_push(json_put_array(set, "files"), value);
    struct json *controls = json_put_array(set, "controls");
    json_push_str(controls, STR(ASSESSMENT_CONTROL));
    json_push_str(controls, STR(FRAUD_CONTROL));
    return true;
}

static bool assessments_prove(struct risk_duties *d, struct err *e)
{
    struct closed list[16];
    size_t count = 0;
    DB_EACH (row, d->db, e,
             "select c.id, c.title, c.owner, c.changed_t, c.created_t from risk_campaigns c where c.state = 'closed' and c.kind = 'annual' and not exists(select 1 from evidence_items v where v.link = "
             "'/risks/campaigns/' || c.id) order by c.id limit 16") {
        int64_t day = day_of(db_int(row, 3));
        list[count++] = (struct closed){text_of(d, row, 0), text_of(d, row, 1), text_of(d, row, 2), day_text(d->arena, day), day_text(d->arena, day_of(db_int(row, 4)))};
    }
    for (size_t i = 0; i < count && !e->code; i++)
        if (!evidence_make(d, &list[i], e))
            return false;
    return e->code == ERR_NONE;
}

/* The performance that was expected for the time in which it was closed, or the next one. */
static bool assessments_perform(struct risk_duties *d, struct err *e)
{
    DB_EACH (row, d->db, e,
             "select o.id, o.version, v.id, c.id, c.changed_t from risk_campaigns c join evidence_items v on v.link = '/risks/campaigns/' || c.id join occurrences o on o.id = (select p.id from occurrences p where "
             "p.control = '" ASSESSMENT_CONTROL "' and p.state = 'expected' order by p.due_on limit 1) where c.state = 'closed' and c.kind = 'annual' and o.period_from <= date(c.changed_t / 1000, 'unixepoch') and "
             "not exists(select 1 from record_link l where l.type = 'occurrence' and l.field = 'evidence' and l.target = v.id and l.to_leaf is null) order by c.id limit 1") {
        struct str id = text_of(d, row, 0);
        struct record_change *c = duty_add(d, arena_printf(d->arena, "risk-performed/%.*s/%lld", STR_ARGS(id), (long long)db_int(row, 1)), "occurrence", RECORD_MOVE);
        c->id = id;
        c->version = db_int(row, 1);
        c->transition = STR("perform");
        json_put_str(c->set, "performed_on", day_text(d->arena, day_of(db_int(row, 4))));
        json_push_str(json_put_array(c->set, "evidence"), text_of(d, row, 2));
        json_put_str(c->set, "result", arena_printf(d->arena, "Risk assessment %.*s was closed.", STR_ARGS(text_of(d, row, 3))));
    }
    return e->code == ERR_NONE;
}

bool risk_duties_due(struct db *db, struct arena *a, const struct env *env, int64_t at_ms, int64_t today, struct risk_news *news, struct duty **ret, size_t *ret_count, struct err *e)
{
    struct risk_duties d = {.db = db, .arena = a, .env = env, .at_ms = at_ms, .today = today, .news = news};
    struct err inner = {0};
    if (!calendar_load(db, a, &d.calendar, &inner) || !acceptances_end(&d, &inner) || !risks_reopen(&d, &inner) || !reviews_assign(&d, &inner) || !acceptances_assign(&d, &inner) || !acceptance_tasks_end(&d, &inner) || !assessments_prove(&d, &inner) ||
        !assessments_perform(&d, &inner)) {
        *e = inner;
        return false;
    }
    *ret = d.items;
    *ret_count = d.count;
    return true;
}
