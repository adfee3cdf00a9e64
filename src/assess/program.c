#include "assess/program.h"

#include "assess/stored.h"
#include "base/times.h"

/* Every query asks for the versions that were open at leaf ?1; links have no versions of their own: they open and close with the
 * record's. "@v" becomes that condition for the alias v (as_of). */
#define OPEN(alias) "@" alias " and " alias ".is_deleted = 0"
#define LINKED(alias) "@" alias

enum { HIGH_SEVERITY = 6 };

/* The query as it is asked: what is open now has indexes of its own, so that a long history costs nothing where no past instant is asked for. */
static const char *as_of(const struct program *p, struct db *db, const char *query)
{
    struct buf BUF_AUTO sql;
    buf_init(&sql, 1 << 20);
    for (const char *c = query; *c; c++) {
        if (*c != '@') {
            buf_char(&sql, *c);
            continue;
        }
        char alias = *++c;
        if (p->is_now)
            buf_printf(&sql, "%c.to_leaf is null and ?1 is not null", alias);
        else
            buf_printf(&sql, "%c.from_leaf <= ?1 and (%c.to_leaf is null or %c.to_leaf > ?1)", alias, alias, alias);
    }
    return db_known(db, buf_view(&sql));
}

size_t program_control_index(const struct program *p, struct str id)
{
    const struct control *c = content_control(id);
    if (c)
        return (size_t)(c - content_controls);
    for (size_t i = content_control_count; i < p->control_count; i++)
        if (str_is(id, p->definitions[i]->id))
            return i;
    return SIZE_MAX;
}

static struct control_program *control_of(struct program *p, struct str id)
{
    size_t index = program_control_index(p, id);
    return index == SIZE_MAX ? NULL : &p->controls[index];
}

/* "2026-11-30" as the start of that day; 0 for null and for what is no date. */
static int64_t date_ms(struct str text)
{
    int64_t ms;
    return text.size > 0 && time_parse(text, 0, &ms) ? ms : 0;
}

/* NULL for null and empty. */
static const char *text_of(struct arena *a, struct str text)
{
    return text.size > 0 ? arena_str(a, text).data : NULL;
}

enum control_model control_model_of(struct str name, enum control_model otherwise)
{
    static const char *const names[] = {"config_state", "periodic", "event_sla", "event_attributes", "document"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_is(name, names[i]))
            return (enum control_model)i;
    return otherwise;
}

enum { COLUMN_TITLE = 7, COLUMN_STATEMENT, COLUMN_MODEL, COLUMN_LIBRARY, COLUMN_EVIDENCE, COLUMN_COVERS };
#define COLUMNS "c.title, c.statement, c.model, c.library, c.evidence_expected, c.covers"

/* A control that is nobody's but ours; what it leaves open is the library's, if it follows one. */
static struct control *definition_new(struct arena *a, struct str id, const struct control *library)
{
    struct control *c = ARENA_NEW(a, struct control);
    if (library)
        *c = *library;
    else
        *c = (struct control){.family = "Own controls", .title = "", .statement = "", .owner_role = "", .type = "", .nature = "", .frequency = "ad_hoc",
                              .primary_criterion = "", .population = "", .test_design = "", .test_operation = "", .model = MODEL_EVENT_ATTRIBUTES,
                              .gap_questions_json = "[]"};
    c->id = arena_str(a, id).data;
    c->is_core = false;
    c->gap_questions_json = "[]";
    return c;
}

/* The organisation's words lie over the library's. */
static const struct control *definition_worded(struct arena *a, const struct control *c, struct db_row *row)
{
    const char *title = text_of(a, db_text(row, COLUMN_TITLE)), *statement = text_of(a, db_text(row, COLUMN_STATEMENT));
    const char *frequency = text_of(a, db_text(row, 3)), *evidence = text_of(a, db_text(row, COLUMN_EVIDENCE));
    struct control *own = ARENA_NEW(a, struct control);
    *own = *c;
    own->title = title ? title : c->title;
    own->statement = statement ? statement : c->statement;
    own->frequency = frequency ? frequency : c->frequency;
    own->model = control_model_of(db_text(row, COLUMN_MODEL), c->model == MODEL_EVENT_ATTRIBUTES && frequency && !content_control(str_of(c->id)) ? MODEL_PERIODIC : c->model);
    if (evidence) {
        const char **items = arena_array(a, 1, sizeof *items);
        items[0] = evidence;
        own->evidence = (struct strings){items, 1};
    }
    return own;
}

static bool own_load(struct program *p, struct db *db, struct arena *a, int64_t leaf, struct err *e)
{
    size_t capacity = content_control_count + 1;
    p->definitions = arena_array(a, capacity, sizeof *p->definitions);
    for (size_t i = 0; i < content_control_count; i++)
        p->definitions[i] = &content_controls[i];
    p->control_count = content_control_count;
    const struct control **followed = NULL;
    size_t followed_capacity = 0, own = 0;
    DB_EACH (row, db, e, as_of(p, db, "select c.id, c.library from control_records_versions c where " OPEN("c") " order by c.id"), A(leaf)) {
        if (content_control(db_text(row, 0)))
            continue;
        if (p->control_count == capacity)
            p->definitions = arena_grow(a, p->definitions, p->control_count, &capacity, sizeof *p->definitions);
        if (own == followed_capacity)
            followed = arena_grow(a, followed, own, &followed_capacity, sizeof *followed);
        followed[own] = content_control(db_text(row, 1));
        p->definitions[p->control_count++] = definition_new(a, db_text(row, 0), followed[own]);
        own++;
    }
    p->controls = arena_array(a, p->control_count + 1, sizeof *p->controls);
    for (size_t i = 0; i < own; i++) {
        p->controls[content_control_count + i].is_own = true;
        p->controls[content_control_count + i].library = followed[i] ? followed[i]->id : NULL;
    }
    return e->code == ERR_NONE;
}

static bool controls_load(struct program *p, struct db *db, struct arena *a, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, as_of(p, db,
             "select c.id, c.state, c.owner, c.frequency, c.effective_from, c.effective_to, "
             "(select o.name from people_versions o where o.id = c.owner and " OPEN("o") "), " COLUMNS
             " from control_records_versions c where " OPEN("c")), A(leaf)) {
        size_t index = program_control_index(p, db_text(row, 0));
        struct str state = db_text(row, 1);
        if (index == SIZE_MAX)
            continue;
        struct control_program *c = &p->controls[index];
        c->state = arena_str(a, state);
        c->adoption = str_is(state, "adopted") ? ADOPTION_ADOPTED : str_is(state, "not_applicable") ? ADOPTION_NA : str_is(state, "retired") ? ADOPTION_RETIRED : ADOPTION_NONE;
        c->owner = arena_str(a, db_text(row, 2));
        c->owner_name = arena_str(a, db_is_null(row, 6) ? db_text(row, 2) : db_text(row, 6));
        c->frequency = text_of(a, db_text(row, 3));
        c->covers = text_of(a, db_text(row, COLUMN_COVERS));
        c->effective_from_ms = date_ms(db_text(row, 4));
        c->effective_to_ms = date_ms(db_text(row, 5));
        p->definitions[index] = definition_worded(a, p->definitions[index], row);
    }
    return e->code == ERR_NONE;
}

/* Those that the organisation has not set a frequency for follow their parameter, as their statement does. */
static bool cadences_load(struct program *p, struct db *db, struct arena *a, int64_t leaf, struct err *e)
{
    struct err inner = {0};
    for (size_t i = 0; i < p->control_count && !inner.code; i++) {
        const struct control *c = p->definitions[i];
        if (!c->cadence || p->controls[i].frequency)
            continue;
        struct str value = parameter_value(db, a, c->cadence, leaf, &inner);
        if (str_is(value, c->frequency))
            continue;
        struct control *own = ARENA_NEW(a, struct control);
        *own = *c;
        own->frequency = arena_str(a, value).data;
        p->definitions[i] = own;
    }
    return inner.code ? (*e = inner, false) : true;
}

static void id_add(struct arena *a, struct strings *list, struct str id)
{
    const char **items = arena_array(a, list->count + 1, sizeof *items);
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = arena_str(a, id).data;
    *list = (struct strings){items, list->count + 1};
}

/* Many-valued fields of controls: which criteria they serve, what they make up for, which tests help. */
static bool roles_load(struct program *p, struct db *db, struct arena *a, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, as_of(p, db,
             "select l.id, l.field, l.target from record_link l where l.type = 'control' and l.field in ('criteria_key', 'criteria_supporting', 'compensates', 'tests') and "
             LINKED("l") " order by l.id, l.target"), A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        struct str field = db_text(row, 1);
        if (!c)
            continue;
        bool is_key = str_is(field, "criteria_key"), is_supporting = str_is(field, "criteria_supporting");
        c->has_roles |= is_key || is_supporting;
        id_add(a, is_key ? &c->key_for : is_supporting ? &c->supports : str_is(field, "tests") ? &c->tests : &c->compensates, db_text(row, 2));
    }
    return e->code == ERR_NONE;
}

static void performed_at(struct control_program *c, int64_t at_ms)
{
    c->performed++;
    c->last_performed_ms = at_ms > c->last_performed_ms ? at_ms : c->last_performed_ms;
    c->first_performed_ms = c->first_performed_ms == 0 || at_ms < c->first_performed_ms ? at_ms : c->first_performed_ms;
}

static void performance_add(struct control_program *c, struct db_row *row, struct interval window)
{
    struct str state = db_text(row, 1);
    int64_t due_ms = date_ms(db_text(row, 2)), performed_ms = date_ms(db_text(row, 3));
    bool is_missed = str_is(state, "missed"), is_shown = db_int(row, 4) != 0;
    if (str_is(state, "expected")) {
        if (c->next_due_ms == 0 || due_ms < c->next_due_ms)
            c->next_due_ms = due_ms + MS_DAY; /* all of that day is left */
        return;
    }
    if (due_ms + MS_DAY > window.from_ms && due_ms <= window.to_ms) {
        c->in_window.expected++;
        c->in_window.missed += is_missed;
        c->in_window.late += str_is(state, "late");
        c->in_window.unevidenced += !is_missed && !is_shown;
    }
    c->missed += is_missed;
    c->is_last_missed = is_missed;
    if (is_missed || !is_shown)
        return;
    performed_at(c, performed_ms);
    c->performed_late += str_is(state, "late");
}

#define PERFORMANCES(accepted)                                                                                                                                      \
    "select o.control, o.state, o.due_on, coalesce(o.performed_on, o.due_on), " accepted " or "                                                                      \
    "exists(select 1 from record_link l join evidence_items_versions v on v.id = l.target where l.type = 'occurrence' and l.id = o.id and l.field = 'evidence' and " \
    LINKED("l") " and v.state = 'accepted' and " OPEN("v") ") from occurrences_versions o where " OPEN("o") " and o.state != 'cancelled' order by o.due_on"

/* Performances of the register, newest due first. One counts with evidence that somebody accepted. */
static bool performances_load(struct program *p, struct db *db, struct interval window, int64_t leaf, struct err *e)
{
    /* What is open now is found by its occurrence; of an instant that is past the accepted pieces are gathered once. */
    DB_EACH (row, db, e, as_of(p, db, p->is_now ?
             PERFORMANCES("exists(select 1 from evidence_items_versions v where v.occurrence = o.id and v.state = 'accepted' and " OPEN("v") ")") :
             PERFORMANCES("o.id in (select v.occurrence from evidence_items_versions v where v.state = 'accepted' and v.occurrence is not null and " OPEN("v") ")")), A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        if (c)
            performance_add(c, row, window);
    }
    return e->code == ERR_NONE;
}

/* Evidence that names a control and no performance: what shows that it was done at all. */
static bool evidence_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, as_of(p, db,
             "select l.target, count(*), min(v.period_to), max(v.period_to) from evidence_items_versions v cross join record_link l on l.id = v.id where l.type = 'evidence' and l.field = 'controls' and "
             LINKED("l") " and v.state = 'accepted' and v.occurrence is null and " OPEN("v") " group by l.target"), A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        if (!c)
            continue;
        performed_at(c, date_ms(db_text(row, 2)));
        if (db_int(row, 1) > 1)
            performed_at(c, date_ms(db_text(row, 3)));
        c->performed += db_int(row, 1) > 2 ? db_int(row, 1) - 2 : 0;
    }
    return e->code == ERR_NONE;
}

static bool claims_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, as_of(p, db, "select n.control from answers_versions n where n.state = 'claimed' and n.answer in ('yes', 'partial') and " OPEN("n")), A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        p->claims++;
        if (c)
            c->is_claimed = true;
    }
    return e->code == ERR_NONE;
}

static bool findings_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, as_of(p, db,
             "select l.target from record_link l join gap_records_versions g on g.id = l.id where l.type = 'gap' and l.field = 'controls' and " LINKED("l")
             " and g.state in ('open', 'planned', 'done') and g.impact * g.likelihood >= ?2 and " OPEN("g")), A(leaf), A(HIGH_SEVERITY)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        if (c)
            c->has_high_finding = true;
    }
    return e->code == ERR_NONE;
}

static bool populations_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, as_of(p, db,
             "select distinct l.target from record_link l join populations_versions q on q.id = l.id where l.type = 'population' and l.field = 'controls' and " LINKED("l")
             " and q.state in ('frozen', 'checked') and " OPEN("q")), A(leaf)) {
        struct control_program *c = control_of(p, db_text(row, 0));
        if (c)
            c->has_population = true;
    }
    return e->code == ERR_NONE;
}

static bool scope_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, as_of(p, db, "select s.state from scopes_versions s where " OPEN("s")), A(leaf)) {
        struct str state = db_text(row, 0);
        enum scope_state seen = str_is(state, "approved") ? SCOPE_APPROVED : str_is(state, "in_review") ? SCOPE_IN_REVIEW : SCOPE_DRAFT;
        p->scope = seen > p->scope ? seen : p->scope;
    }
    DB_EACH (row, db, e, as_of(p, db, "select k.category, k.is_in from categories_versions k where " OPEN("k")), A(leaf))
        for (size_t i = 0; i < content_category_count; i++)
            if (str_is(db_text(row, 0), content_categories[i].id)) {
                p->has_categories = true;
                p->category_in_scope[i] = content_categories[i].is_mandatory || db_int(row, 1);
            }
    DB_EACH (row, db, e, as_of(p, db, "select c.id from criterion_records_versions c where c.state = 'approved' and c.is_relevant = 0 and " OPEN("c")), A(leaf)) {
        const struct criterion *c = content_criterion(db_text(row, 0));
        if (c)
            p->criterion_not_relevant[c - content_criteria] = true;
    }
    return e->code == ERR_NONE;
}

/* When it was closed is the leaf's time, and nobody's to write. */
static bool risk_assessment_load(struct program *p, struct db *db, int64_t leaf, struct err *e)
{
    DB_EACH (row, db, e, as_of(p, db, "select max(c.from_t) from risk_campaigns_versions c where c.state = 'closed' and c.kind = 'annual' and " OPEN("c")), A(leaf))
        p->risk_assessed_ms = db_int(row, 0);
    return e->code == ERR_NONE;
}

bool risk_assessment_is_current(const struct program *p, int64_t at_ms)
{
    enum { YEAR_DAYS = 366 };
    return p->risk_assessed_ms > 0 && at_ms - p->risk_assessed_ms <= YEAR_DAYS * MS_DAY;
}

struct program *program_load(struct db *db, struct arena *a, struct interval window, int64_t leaf_limit, struct err *e)
{
    struct program *p = ARENA_NEW(a, struct program);
    struct err inner = {0};
    p->category_in_scope = arena_array(a, content_category_count + 1, sizeof(bool));
    p->criterion_not_relevant = arena_array(a, content_criterion_count + 1, sizeof(bool));
    for (size_t i = 0; i < content_category_count; i++)
        p->category_in_scope[i] = content_categories[i].is_mandatory;
    int64_t newest = db_one_int(db, &inner, -1, "select max(idx) from leaf");
    p->is_now = newest >= 0 && leaf_limit >= newest;
    if (!inner.code && own_load(p, db, a, leaf_limit, &inner) && controls_load(p, db, a, leaf_limit, &inner) && cadences_load(p, db, a, leaf_limit, &inner) && roles_load(p, db, a, leaf_limit, &inner) &&
        performances_load(p, db, window, leaf_limit, &inner) && evidence_load(p, db, leaf_limit, &inner) && claims_load(p, db, leaf_limit, &inner) &&
        findings_load(p, db, leaf_limit, &inner) && populations_load(p, db, leaf_limit, &inner) && scope_load(p, db, leaf_limit, &inner) && risk_assessment_load(p, db, leaf_limit, &inner))
        return p;
    *e = inner;
    return NULL;
}
