#include "assess/program.h"

#include "base/times.h"

/* Every query asks for the versions that were open at leaf ?1. */
#define OPEN(alias) alias ".from_leaf <= ?1 and (" alias ".to_leaf is null or " alias ".to_leaf > ?1) and " alias ".is_deleted = 0"
/* Links have no versions of their own: they open and close with the record's. */
#define LINKED(alias) alias ".from_leaf <= ?1 and (" alias ".to_leaf is null or " alias ".to_leaf > ?1)"

enum { HIGH_SEVERITY = 6 };

static struct control_program *control_of(struct program *p, struct str id)
{
    const struct control *c = content_control(id);
    return c ? &p->controls[c - content_controls] : NULL;
}

/* "2026-11-30" as the start of that day; 0 for null and for what is no date. */
static int64_t date_ms(struct str text)
{
    int64_t ms;
    return text.size > 0 && time_parse(text, 0, &ms) ? ms : 0;
}

static const char *frequency_of(struct arena *a, struct str text)
{
    return text.size > 0 ? arena_str(a, text).data : NULL;
}

static bool controls_load(struct program *p, struct db *db, struct arena *a, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e,
             "select c.id, c.state, c.owner, c.frequency, c.effective_from, c.effective_to, "
             "(select o.name from people_versions o where o.id = c.owner and " OPEN("o") ") "
             "from control_records_versions c where " OPEN("c"), A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        struct str state = db_text(row, 1);
        if (!c)
            continue;
        c->adoption = str_is(state, "adopted") ? ADOPTION_ADOPTED : str_is(state, "not_applicable") ? ADOPTION_NA : str_is(state, "retired") ? ADOPTION_RETIRED : ADOPTION_NONE;
        c->owner = arena_str(a, db_text(row, 2));
        c->owner_name = arena_str(a, db_is_null(row, 6) ? db_text(row, 2) : db_text(row, 6));
        c->frequency = frequency_of(a, db_text(row, 3));
        c->effective_from_ms = date_ms(db_text(row, 4));
        c->effective_to_ms = date_ms(db_text(row, 5));
    }
    return e->code == ERR_NONE;
}

static void criterion_add(struct arena *a, struct strings *list, struct str id)
{
    const char **items = arena_array(a, list->count + 1, sizeof *items);
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = arena_str(a, id).data;
    *list = (struct strings){items, list->count + 1};
}

static bool roles_load(struct program *p, struct db *db, struct arena *a, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e,
             "select l.id, l.field, l.target from record_link l where l.type = 'control' and l.field in ('criteria_key', 'criteria_supporting') and " LINKED("l") " order by l.id, l.target",
             A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        if (!c)
            continue;
        c->has_roles = true;
        criterion_add(a, str_is(db_text(row, 1), "criteria_key") ? &c->key_for : &c->supports, db_text(row, 2));
    }
    return e->code == ERR_NONE;
}

/* Performances of the register, newest due first. One counts with evidence that somebody accepted. */
static bool performances_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e,
             "select o.control, o.state, o.due_on, coalesce(o.performed_on, o.due_on), "
             "exists(select 1 from evidence_items_versions v where v.occurrence = o.id and v.state = 'accepted' and " OPEN("v") ") or "
             "exists(select 1 from record_link l join evidence_items_versions v on v.id = l.target where l.type = 'occurrence' and l.id = o.id and l.field = 'evidence' and "
             LINKED("l") " and v.state = 'accepted' and " OPEN("v") ") "
             "from occurrences_versions o where " OPEN("o") " and o.state != 'cancelled' order by o.due_on", A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        struct str state = db_text(row, 1);
        int64_t due_ms = date_ms(db_text(row, 2)), performed_ms = date_ms(db_text(row, 3));
        if (!c)
            continue;
        bool is_expected = str_is(state, "expected"), is_missed = str_is(state, "missed");
        if (is_expected && (c->next_due_ms == 0 || due_ms < c->next_due_ms))
            c->next_due_ms = due_ms + MS_DAY; /* all of that day is left */
        if (is_expected)
            continue;
        c->missed += is_missed;
        c->is_last_missed = is_missed;
        if (is_missed || !db_int(row, 4))
            continue;
        c->performed++;
        c->performed_late += str_is(state, "late");
        c->last_performed_ms = performed_ms > c->last_performed_ms ? performed_ms : c->last_performed_ms;
    }
    return e->code == ERR_NONE;
}

/* Evidence that names a control and no performance: what shows that it was done at all. */
static bool evidence_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e,
             "select l.target, v.period_to from record_link l join evidence_items_versions v on v.id = l.id where l.type = 'evidence' and l.field = 'controls' and "
             LINKED("l") " and v.state = 'accepted' and v.occurrence is null and " OPEN("v"), A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        int64_t at_ms = date_ms(db_text(row, 1));
        if (!c)
            continue;
        c->performed++;
        c->last_performed_ms = at_ms > c->last_performed_ms ? at_ms : c->last_performed_ms;
    }
    return e->code == ERR_NONE;
}

static bool claims_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, "select n.control from answers_versions n where n.state = 'claimed' and n.answer in ('yes', 'partial') and " OPEN("n"), A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        p->claims++;
        if (c)
            c->is_claimed = true;
    }
    return e->code == ERR_NONE;
}

static bool findings_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e,
             "select l.target from record_link l join gap_records_versions g on g.id = l.id where l.type = 'gap' and l.field = 'controls' and " LINKED("l")
             " and g.state in ('open', 'planned') and g.impact * g.likelihood >= ?2 and " OPEN("g"), A(leaf), A(HIGH_SEVERITY)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        if (c)
            c->has_high_finding = true;
    }
    return e->code == ERR_NONE;
}

static bool scope_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, "select s.state from scopes_versions s where " OPEN("s"), A(leaf)) {
        struct str state = db_text(row, 0);
        enum scope_state seen = str_is(state, "approved") ? SCOPE_APPROVED : str_is(state, "in_review") ? SCOPE_IN_REVIEW : SCOPE_DRAFT;
        p->scope = seen > p->scope ? seen : p->scope;
    }
    DB_EACH (row, db, e, "select k.category, k.is_in from categories_versions k where " OPEN("k"), A(leaf))
        for (size_t i = 0; i < content_category_count; i++)
            if (str_is(db_text(row, 0), content_categories[i].id)) {
                p->has_categories = true;
                p->category_in_scope[i] = content_categories[i].is_mandatory || db_int(row, 1);
            }
    DB_EACH (row, db, e, "select c.id from criterion_records_versions c where c.state = 'approved' and c.is_relevant = 0 and " OPEN("c"), A(leaf)) {
        const struct criterion *c = content_criterion(db_text(row, 0));
        if (c)
            p->criterion_not_relevant[c - content_criteria] = true;
    }
    return e->code == ERR_NONE;
}

struct program *program_load(struct db *db, struct arena *a, int64_t leaf_limit, struct err *e)
{
    struct program *p = ARENA_NEW(a, struct program);
    struct err inner = {0};
    p->controls = arena_array(a, content_control_count + 1, sizeof *p->controls);
    p->category_in_scope = arena_array(a, content_category_count + 1, sizeof(bool));
    p->criterion_not_relevant = arena_array(a, content_criterion_count + 1, sizeof(bool));
    for (size_t i = 0; i < content_category_count; i++)
        p->category_in_scope[i] = content_categories[i].is_mandatory;
    if (controls_load(p, db, a, leaf_limit, &inner) && roles_load(p, db, a, leaf_limit, &inner) && performances_load(p, db, leaf_limit, &inner) &&
        evidence_load(p, db, leaf_limit, &inner) && claims_load(p, db, leaf_limit, &inner) && findings_load(p, db, leaf_limit, &inner) &&
        scope_load(p, db, leaf_limit, &inner))
        return p;
    *e = inner;
    return NULL;
}
