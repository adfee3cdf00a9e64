/* How readiness moved since a baseline, and by what: two assessments of the same ledger, as of two instants, held side by side. Nothing is typed in. */
#include "report/gap_book.h"
#include "report/view_room.h"

enum { MOVES_SHOWN_MAX = 100 };

/* ---- the baseline ---- */

struct project {
    struct str id, name, state, owner, target;
    int64_t baseline_ms;
};

static bool project_find(struct view *v, struct project *ret, struct err *e)
{
    *ret = (struct project){0};
    DB_EACH (row, v->db, e,
             "select p.id, p.name, p.state, p.owner, p.target_on, p.baseline_at from readiness_projects_versions p where p.from_leaf <= ?1 and "
             "(p.to_leaf is null or p.to_leaf > ?1) and p.is_deleted = 0 order by p.state = 'running' desc, p.baseline_at desc limit 1", A(v->leaf_limit))
        *ret = (struct project){arena_str(v->arena, db_text(row, 0)), arena_str(v->arena, db_text(row, 1)), arena_str(v->arena, db_text(row, 2)),
                                arena_str(v->arena, db_text(row, 3)), arena_str(v->arena, db_text(row, 4)), db_int(row, 5)};
    return e->code == ERR_NONE;
}

static void project_put(struct view *v, const struct view_records *r, struct json *page, const struct project *p)
{
    const struct record_type *t = record_types_find(r->types, STR("readiness_project"));
    struct err why = {0};
    json_put_bool(page, "may_create", t && !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why));
    if (p->id.size == 0 || !t) {
        json_put_null(page, "project");
        return;
    }
    struct json *o = json_put_object(page, "project"), *state = record_state_json(v, t, p->state);
    json_put_str(o, "id", p->id);
    json_put_str(o, "name", p->name);
    json_put_str(o, "status", json_text(state, "status"));
    json_put_str(o, "status_words", json_text(state, "label"));
    put_person(v, o, "owner", p->owner);
    json_put_str(o, "target", p->target);
    json_put_str(o, "url", record_url(v, "readiness_project", p->id));
}

/* ---- what moved ---- */

struct moves {
    struct view *v;
    const struct assessment *then, *now;
};

static void readiness_side(struct view *v, struct json *o, const struct assessment *as)
{
    put_time(v, o, "at", as->at_ms);
    json_put_int(o, "score", as->readiness.score);
    json_put_cstr(o, "band_words", band_words(as->readiness.band));
    json_put_cstr(o, "status", as->readiness.band == BAND_READY ? "pass" : as->readiness.band == BAND_AT_RISK ? "unknown" : "fail");
    json_put_cstr(o, "status_words", band_words(as->readiness.band));
}

static void criteria_moved(const struct moves *m, struct json *page)
{
    struct json *list = json_put_array(page, "criteria");
    for (size_t i = 0; i < content_criterion_count; i++) {
        const struct criterion_state *a = &m->then->criteria[i], *b = &m->now->criteria[i];
        if (a->is_in_scope == b->is_in_scope && (!b->is_in_scope || a->score.value == b->score.value))
            continue;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", b->criterion->id);
        json_put_cstr(o, "title", b->criterion->title);
        put_decimal(o, "from", a->score.value);
        put_decimal(o, "to", b->score.value);
        json_put_bool(o, "is_up", b->score.value > a->score.value);
        json_put_cstr(o, "why", a->is_in_scope == b->is_in_scope ? "" : b->is_in_scope ? "came into scope" : "left the scope");
        json_put_str(o, "url", url_criterion(m->v, b->criterion));
    }
}

/* What is so now and was not then, in one clause: the level that was reached or the cap that holds it down. */
static struct str control_why(const struct moves *m, const struct control_state *a, const struct control_state *b)
{
    struct arena *arena = m->v->arena;
    for (size_t i = 0; i < SCORE_CAPS; i++) {
        if (b->score.caps[i].is_met && !a->score.caps[i].is_met)
            return arena_printf(arena, "now %s", b->score.caps[i].words);
        if (a->score.caps[i].is_met && !b->score.caps[i].is_met && b->score.value > a->score.value)
            return arena_printf(arena, "no longer: %s; now %s", a->score.caps[i].words, score_words(b));
    }
    if (b->facts.has_owner != a->facts.has_owner && !b->facts.has_owner)
        return STR("it has lost its owner");
    return arena_printf(arena, "was: %s; is: %s", score_words(a), score_words(b));
}

static size_t control_then(const struct moves *m, const char *id)
{
    return assessment_control_index(m->then, str_of(id));
}

static const struct control_state control_none = {0};

struct moved {
    const struct control_state *from, *to;
    bool is_in_scope;
};

static int moved_compare(const void *pa, const void *pb)
{
    const struct moved *a = pa, *b = pb;
    double x = a->to->score.value - a->from->score.value, y = b->to->score.value - b->from->score.value;
    if (x != y)
        return x < y ? -1 : 1; /* what got worse first */
    return strcmp(a->to->control->id, b->to->control->id);
}

static void controls_moved(const struct moves *m, struct json *page)
{
    struct moved *all = arena_array(m->v->arena, m->now->control_count + 1, sizeof *all);
    size_t count = 0;
    int64_t adopted = 0;
    for (size_t i = 0; i < m->now->control_count; i++) {
        const struct control_state *b = &m->now->controls[i];
        size_t k = control_then(m, b->control->id);
        const struct control_state *a = k == SIZE_MAX ? &control_none : &m->then->controls[k];
        adopted += b->program->adoption == ADOPTION_ADOPTED && (k == SIZE_MAX || a->program->adoption != ADOPTION_ADOPTED);
        if (a->score.value != b->score.value && control_is_in_scope(m->now, i))
            all[count++] = (struct moved){a, b, true};
    }
    if (count)
        qsort(all, count, sizeof *all, moved_compare);
    struct json *list = json_put_array(page, "controls");
    for (size_t i = 0; i < count && i < MOVES_SHOWN_MAX; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", all[i].to->control->id);
        json_put_cstr(o, "title", all[i].to->control->title);
        put_decimal(o, "from", all[i].from->score.value);
        put_decimal(o, "to", all[i].to->score.value);
        json_put_bool(o, "is_up", all[i].to->score.value > all[i].from->score.value);
        json_put_str(o, "why", all[i].from == &control_none ? STR("it is new") : control_why(m, all[i].from, all[i].to));
        json_put_str(o, "url", url_control(m->v, all[i].to->control));
    }
    json_put_int(page, "adopted", adopted);
}

static bool has_code(const struct assessment *as, const char *code)
{
    for (size_t i = 0; i < as->blocker_count; i++)
        if (strcmp(as->blockers[i].code, code) == 0)
            return true;
    return false;
}

static void blockers_moved(const struct moves *m, struct json *page)
{
    struct json *gone = json_put_array(page, "blockers_gone"), *added = json_put_array(page, "blockers_new");
    for (size_t i = 0; i < m->then->blocker_count; i++)
        if (!has_code(m->now, m->then->blockers[i].code))
            json_push_str(gone, m->then->blockers[i].text);
    for (size_t i = 0; i < m->now->blocker_count; i++)
        if (!has_code(m->then, m->now->blockers[i].code))
            json_push_str(added, m->now->blockers[i].text);
}

/* Gaps that changed hands between the two leaves. */
static bool gaps_moved(const struct moves *m, struct json *page, struct err *e)
{
    struct view *v = m->v;
    struct json *closed = json_put_array(page, "closed"), *opened = json_put_array(page, "opened");
    DB_EACH (row, v->db, e,
             "select g.id, g.title, g.state, (select o.state from gap_records_versions o where o.id = g.id and o.from_leaf <= ?2 and (o.to_leaf is null or o.to_leaf > ?2)), g.from_t "
             "from gap_records_versions g where g.from_leaf <= ?1 and (g.to_leaf is null or g.to_leaf > ?1) and g.is_deleted = 0 order by g.id", A(m->now->leaf_limit), A(m->then->leaf_limit)) {
        struct str state = db_text(row, 2), before = db_text(row, 3);
        bool is_closed = str_is(state, "closed") || str_is(state, "accepted"), was_closed = str_is(before, "closed") || str_is(before, "accepted");
        if (is_closed == was_closed && before.data)
            continue;
        if (is_closed && was_closed)
            continue;
        struct json *o = json_push_object(is_closed ? closed : opened);
        struct str id = arena_str(v->arena, db_text(row, 0));
        json_put_str(o, "id", id);
        json_put_str(o, "title", arena_str(v->arena, db_text(row, 1)));
        put_status_as(o, is_closed ? RESULT_PASS : RESULT_FAIL, is_closed ? str_is(state, "accepted") ? "Accepted" : "Closed" : "Open");
        put_time(v, o, "at", db_int(row, 4));
        json_put_str(o, "url", arena_printf(v->arena, "/gaps/%.*s", STR_ARGS(id)));
    }
    json_put_int(page, "evidence",
                 db_one_int(v->db, e, 0, "select count(*) from evidence_items_versions x where x.state = 'accepted' and x.from_leaf > ?1 and x.from_leaf <= ?2 and x.to_leaf is null",
                            A(m->then->leaf_limit), A(m->now->leaf_limit)));
    return e->code == ERR_NONE;
}

static void nothing_moved(struct json *page)
{
    static const char *const lists[] = {"criteria", "controls", "closed", "opened", "blockers_gone", "blockers_new"};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        json_put_array(page, lists[i]);
    json_put_int(page, "adopted", 0);
    json_put_int(page, "evidence", 0);
    json_put_int(page, "moved", 0);
}

static bool moves_put(struct view *v, const struct assessment *as, struct json *page, int64_t baseline_ms, struct err *e)
{
    struct err inner = {0};
    int64_t leaf = leaf_limit_at(v->db, baseline_ms, &inner);
    struct assessment *then = inner.code ? NULL : assessment_load(v->db, v->arena, baseline_ms, leaf, &inner);
    if (!then) {
        *e = inner;
        return false;
    }
    struct moves m = {v, then, as};
    readiness_side(v, json_put_object(page, "then"), then);
    json_put_int(page, "moved", as->readiness.score - then->readiness.score);
    criteria_moved(&m, page);
    controls_moved(&m, page);
    blockers_moved(&m, page);
    return gaps_moved(&m, page, e);
}

struct json *view_progress(struct view *v, const struct view_records *r, struct err *e)
{
    struct gap_book b;
    struct project p;
    if (!gap_book_load(v, r, &b, e) || !project_find(v, &p, e))
        return NULL;
    struct json *page = page_new(v, STR("Readiness"), e);
    if (!page)
        return NULL;
    project_put(v, r, page, &p);
    put_window(&b, page);
    put_forecast(&b, page);
    readiness_side(v, json_put_object(page, "now"), b.as);
    if (p.baseline_ms > 0 && p.baseline_ms <= v->at_ms)
        return moves_put(v, b.as, page, p.baseline_ms, e) ? page : NULL;
    json_put_null(page, "then");
    nothing_moved(page);
    return page;
}
