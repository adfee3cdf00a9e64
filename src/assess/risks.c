#include "assess/risks.h"

#include "assess/stored.h"
#include "base/times.h"

#define OPEN(x) x ".from_leaf <= ?1 and (" x ".to_leaf is null or " x ".to_leaf > ?1)"
#define OPEN_VERSION(x) OPEN(x) " and " x ".is_deleted = 0"

static struct str text_of(struct arena *a, struct db_row *row, int column)
{
    return db_is_null(row, column) ? STR("") : arena_str(a, db_text(row, column));
}

/* ---- rows ---- */

enum { LEVEL_L = 7, LEVEL_I, COLUMN_TREATMENT, COLUMN_DECISION, COLUMN_APPETITE, COLUMN_REVIEW, COLUMN_DUE, COLUMN_BY, COLUMN_WHY, COLUMN_ON, COLUMN_LEAF, COLUMN_T };

static bool rows_load(struct risk_set *s, struct db *db, struct arena *a, struct err *e)
{
    size_t capacity = 0;
    DB_EACH (row, db, e,
             "select r.id, r.title, r.category, r.state, r.owner, (select o.name from people_versions o where o.id = r.owner and " OPEN("o") "), r.library, r.inherent_l, r.inherent_i, "
             "r.treatment, r.decision, r.appetite, r.review_on, r.due_on, r.reopened_by, r.reopened_why, r.reopened_on, r.from_leaf, r.from_t "
             "from risks_versions r where " OPEN_VERSION("r") " order by r.id",
             A(s->as->leaf_limit)) {
        if (s->count == capacity)
            s->rows = arena_grow(a, s->rows, s->count, &capacity, sizeof *s->rows);
        struct risk_row *r = &s->rows[s->count++];
        *r = (struct risk_row){.id = text_of(a, row, 0), .title = text_of(a, row, 1), .category = text_of(a, row, 2), .state = text_of(a, row, 3), .owner = text_of(a, row, 4),
                               .owner_name = text_of(a, row, db_is_null(row, 5) ? 4 : 5), .library = text_of(a, row, 6), .treatment = text_of(a, row, COLUMN_TREATMENT),
                               .decision = text_of(a, row, COLUMN_DECISION), .review_on = text_of(a, row, COLUMN_REVIEW), .due_on = text_of(a, row, COLUMN_DUE),
                               .reopened_by = text_of(a, row, COLUMN_BY), .reopened_why = text_of(a, row, COLUMN_WHY), .reopened_on = text_of(a, row, COLUMN_ON),
                               .leaf = db_int(row, COLUMN_LEAF), .t = db_int(row, COLUMN_T), .decided_leaf = -1};
        r->inherent = (struct risk_level){(int)db_int(row, LEVEL_L), (int)db_int(row, LEVEL_I)};
        r->is_closed = str_is(r->state, "closed");
        r->is_proposed = str_is(r->state, "proposed");
        risk_band_parse(db_text(row, COLUMN_APPETITE), &r->own_appetite);
        r->acceptance = r->accepted_until = r->plan = r->plan_due = STR("");
    }
    return e->code == ERR_NONE;
}

struct risk_row *risks_find(const struct risk_set *s, struct str id)
{
    size_t low = 0, high = s->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(id, s->rows[middle].id);
        if (order == 0)
            return &s->rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* ---- what a risk names ---- */

struct risk_control risk_control_of(const struct assessment *as, size_t control, int likelihood, int impact)
{
    struct risk_control c = {.likelihood = likelihood, .impact = impact, .live = LIVE_UNKNOWN, .is_gone = control == SIZE_MAX};
    if (!c.is_gone) {
        c.live = as->controls[control].live;
        c.is_not_operating = as->controls[control].operation.conclusion == CONCLUSION_NOT_OPERATING;
    }
    return c;
}

/* One control may stand in several lists: the greater effect of each kind counts, once. */
static void control_map(const struct risk_set *s, struct arena *a, struct risk_row *r, struct str id, int likelihood, int impact)
{
    for (size_t i = 0; i < r->control_count; i++) {
        struct risk_control *c = &r->controls[i].effect;
        if (!str_equal(r->controls[i].id, id))
            continue;
        c->likelihood = likelihood > c->likelihood ? likelihood : c->likelihood;
        c->impact = impact > c->impact ? impact : c->impact;
        return;
    }
    struct risk_mapped *list = arena_array(a, r->control_count + 1, sizeof *list);
    if (r->control_count)
        memcpy(list, r->controls, r->control_count * sizeof *list);
    size_t control = assessment_control_index(s->as, id);
    list[r->control_count] = (struct risk_mapped){arena_str(a, id), control, risk_control_of(s->as, control, likelihood, impact)};
    r->controls = list;
    r->control_count++;
}

static void id_add(struct arena *a, struct strings *list, struct str id)
{
    const char **items = arena_array(a, list->count + 1, sizeof *items);
    if (list->count)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = arena_str(a, id).data;
    *list = (struct strings){items, list->count + 1};
}

static bool links_load(struct risk_set *s, struct db *db, struct arena *a, struct err *e)
{
    DB_EACH (row, db, e, "select l.id, l.field, l.target from record_link l where l.type = 'risk' and " OPEN("l") " order by l.id, l.field, l.place", A(s->as->leaf_limit)) {
        struct risk_row *r = risks_find(s, db_text(row, 0));
        struct str field = db_text(row, 1), target = db_text(row, 2);
        if (!r)
            continue;
        if (str_starts(field, "controls_")) {
            int steps = str_is(field, "controls_0") ? 0 : field.data[field.size - 1] - '0';
            bool is_impact = field.size > 9 && field.data[9] == 'i';
            control_map(s, a, r, target, is_impact ? 0 : steps, is_impact ? steps : 0);
        } else {
            struct strings *list = str_is(field, "criteria") ? &r->criteria : str_is(field, "systems") ? &r->systems : str_is(field, "subservices") ? &r->subservices : NULL;
            if (list)
                id_add(a, list, target);
        }
    }
    return e->code == ERR_NONE;
}

static bool is_sensitive_category(const char *category)
{
    return strcmp(category, "confidentiality") == 0 || strcmp(category, "privacy") == 0;
}

static bool is_sensitive(const struct risk_row *r)
{
    bool found = str_is(r->category, "confidentiality") || str_is(r->category, "privacy");
    for (size_t i = 0; i < r->criteria.count; i++) {
        const struct criterion *c = content_criterion(str_of(r->criteria.items[i]));
        found |= c && is_sensitive_category(c->category);
    }
    return found;
}

/* ---- what covers it ---- */

static bool cover_load(struct risk_set *s, struct db *db, struct arena *a, struct err *e)
{
    char text[TIME_TEXT_SIZE];
    struct str today = arena_str(a, str_of(time_format_date(s->as->at_ms, text)));
    DB_EACH (row, db, e,
             "select x.risk, x.id, x.expires_on, x.accepted_l * x.accepted_i from risk_acceptances_versions x where x.state = 'accepted' and x.expires_on >= ?2 and " OPEN_VERSION("x") " order by x.id",
             A(s->as->leaf_limit), A(today)) {
        struct risk_row *r = risks_find(s, db_text(row, 0));
        int score = (int)db_int(row, 3);
        if (!r || (r->cover.is_accepted && score <= r->cover.accepted_score))
            continue;
        r->cover.is_accepted = true;
        r->cover.accepted_score = score;
        r->acceptance = text_of(a, row, 1);
        r->accepted_until = text_of(a, row, 2);
    }
    DB_EACH (row, db, e, "select x.risk, x.id, x.due_on from risk_treatments_versions x where x.state = 'running' and x.due_on >= ?2 and " OPEN_VERSION("x") " order by x.due_on, x.id",
             A(s->as->leaf_limit), A(today)) {
        struct risk_row *r = risks_find(s, db_text(row, 0));
        if (!r || r->cover.is_treated)
            continue;
        r->cover.is_treated = true;
        r->plan = text_of(a, row, 1);
        r->plan_due = text_of(a, row, 2);
    }
    return e->code == ERR_NONE;
}

static bool decided_load(struct risk_set *s, struct db *db, struct err *e)
{
    DB_EACH (row, db, e, "select id, leaf, t from record_change where type = 'risk' and transition = 'decide' and act = 'move' and leaf <= ?1 order by leaf", A(s->as->leaf_limit)) {
        struct risk_row *r = risks_find(s, db_text(row, 0));
        if (r) {
            r->decided_leaf = db_int(row, 1);
            r->decided_t = db_int(row, 2);
        }
    }
    return e->code == ERR_NONE;
}

/* What does not read as a band is the strictest. */
static enum risk_band band_of_parameter(struct db *db, struct arena *a, const char *name, int64_t leaf, struct err *e)
{
    int64_t value;
    struct str text = parameter_value(db, a, name, leaf, e);
    return str_to_int64(text, &value) && value >= RISK_BAND_LOW && value <= RISK_BAND_VERY_HIGH ? (enum risk_band)value : RISK_BAND_LOW;
}

static void row_judge(const struct risk_set *s, struct arena *a, struct risk_row *r)
{
    struct risk_control *effects = arena_array(a, r->control_count + 1, sizeof *effects);
    for (size_t i = 0; i < r->control_count; i++)
        effects[i] = r->controls[i].effect;
    r->is_sensitive = is_sensitive(r);
    r->appetite = risk_appetite(&s->policy, r->own_appetite, r->is_sensitive);
    r->residual = risk_residual(r->inherent, effects, r->control_count);
    r->need = risk_need(r->residual.level, r->appetite, &r->cover);
}

struct risk_set *risks_load(struct db *db, struct arena *a, const struct assessment *as, struct err *e)
{
    struct risk_set *s = ARENA_NEW(a, struct risk_set);
    struct err inner = {0};
    s->as = as;
    s->policy = (struct risk_policy){band_of_parameter(db, a, "risk_appetite", as->leaf_limit, &inner), band_of_parameter(db, a, "risk_appetite_sensitive", as->leaf_limit, &inner)};
    if (inner.code || !rows_load(s, db, a, &inner) || !links_load(s, db, a, &inner) || !cover_load(s, db, a, &inner) || !decided_load(s, db, &inner)) {
        *e = inner;
        return NULL;
    }
    for (size_t i = 0; i < s->count; i++)
        row_judge(s, a, &s->rows[i]);
    return s;
}

bool risks_are_decided(struct db *db, struct err *e)
{
    return db_one_int(db, e, 0, "select count(*) from risks where state = 'assessed'") > 0;
}
