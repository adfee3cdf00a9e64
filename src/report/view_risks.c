/* The register of risks, and the map of likelihood and impact that filters it. */
#include "report/risk_book.h"
#include "report/view_kept.h"

enum { WORST_SHOWN_MAX = 5 };

/* ---- shared ---- */

static void *set_make(struct view *v, struct arena *a, struct err *e)
{
    const struct assessment *as = view_assessment(v, e);
    struct risk_set *set = as ? risks_load(v->db, a, as, e) : NULL;
    if (set)
        set->as = NULL; /* whoever looks at the rows brings their own */
    return set;
}

bool risk_book_load(struct view *v, const struct view_records *r, struct risk_book *ret, struct err *e)
{
    *ret = (struct risk_book){.v = v, .records = r, .type = record_types_find(r->types, STR("risk")), .as = view_assessment(v, e)};
    if (!ret->as)
        return false;
    if (!ret->type)
        return err_set(e, ERR_NOT_FOUND, "there are no records of the type risk");
    const struct risk_set *kept = view_kept_object(v, VIEW_KEPT_RISKS, set_make, e);
    ret->reads_all = !r->access || access_matches(r->access, &ret->type->may_read, NULL);
    if (!kept)
        return false;
    ret->set = ARENA_NEW(v->arena, struct risk_set);
    *ret->set = *kept;
    ret->set->as = ret->as;
    return true;
}

bool risk_book_shows(const struct risk_book *b, const struct risk_row *row)
{
    return b->reads_all || (row->owner.size && str_equal(row->owner, b->records->access->person));
}

const struct risk_row *risk_book_find(const struct risk_book *b, struct str id, struct err *e)
{
    const struct risk_row *row = risks_find(b->set, id);
    if (row && risk_book_shows(b, row))
        return row;
    err_set(e, ERR_NOT_FOUND, "risk %.*s: there is none of this name that you may read", STR_ARGS(str_slice(id, 0, 80)));
    return NULL;
}

const char *risk_choice_words(const struct risk_book *b, const char *field, struct str id)
{
    const struct record_field *f = record_type_field(b->type, str_of(field));
    const struct field_choice *c = f ? record_choice(f, id) : NULL;
    return c ? c->label : "";
}

enum result_status record_state_shape(const struct json *state)
{
    struct str s = json_text(state, "status");
    return str_is(s, "pass") ? RESULT_PASS : str_is(s, "fail") ? RESULT_FAIL : str_is(s, "skip") ? RESULT_SKIP : RESULT_UNKNOWN;
}

void level_put(struct json *o, const char *key, struct risk_level level, enum risk_band appetite)
{
    static const char *const marks[] = {"?", "L", "M", "H", "VH"};
    struct json *x = json_put_object(o, key);
    int score = risk_score(level);
    enum risk_band band = risk_band_of(score);
    json_put_int(x, "l", level.likelihood);
    json_put_int(x, "i", level.impact);
    json_put_int(x, "score", score);
    json_put_cstr(x, "band", risk_band_name(band));
    json_put_cstr(x, "band_words", risk_band_words(band));
    json_put_cstr(x, "mark", marks[band]);
    put_status_as(x, risk_band_status(band, appetite), risk_band_words(band));
    json_put_cstr(x, "sp800", score ? risk_sp800_band(score) : "");
    json_put_int(x, "sp800_value", risk_sp800_value(score));
}

static void cover_put(const struct risk_book *b, struct json *o, const struct risk_row *row)
{
    struct arena *a = b->v->arena;
    bool is_accepted = row->cover.is_accepted && risk_score(row->residual.level) <= row->cover.accepted_score;
    if (row->need != RISK_NEED_COVERED) {
        json_put_null(o, "covered_by");
        return;
    }
    struct json *x = json_put_object(o, "covered_by");
    const char *type = is_accepted ? "risk_acceptance" : "risk_treatment";
    struct str id = is_accepted ? row->acceptance : row->plan;
    json_put_str(x, "id", id);
    json_put_str(x, "words", is_accepted ? arena_printf(a, "accepted until %.*s", STR_ARGS(row->accepted_until)) : arena_printf(a, "in treatment until %.*s", STR_ARGS(row->plan_due)));
    json_put_str(x, "url", record_url(b->v, type, id));
}

static void reopened_put(const struct risk_book *b, struct json *o, const struct risk_row *row)
{
    if (!str_is(row->state, "review")) {
        json_put_null(o, "reopened");
        return;
    }
    struct json *x = json_put_object(o, "reopened");
    json_put_str(x, "by", row->reopened_by);
    json_put_cstr(x, "by_words", risk_choice_words(b, "reopened_by", row->reopened_by));
    json_put_str(x, "why", row->reopened_why);
    json_put_str(x, "on", row->reopened_on);
}

static enum result_status row_status(const struct risk_row *row)
{
    return row->is_closed ? RESULT_SKIP : risk_need_status(row->need);
}

static const char *row_words(const struct risk_row *row)
{
    return row->is_closed ? "Closed" : risk_need_words(row->need);
}

void risk_put(const struct risk_book *b, struct json *o, const struct risk_row *row)
{
    struct view *v = b->v;
    int64_t failing = 0;
    for (size_t i = 0; i < row->control_count; i++)
        failing += risk_effect_halves(&row->controls[i].effect) == 0;
    json_put_str(o, "id", row->id);
    json_put_str(o, "name", row->title);
    json_put_str(o, "category", row->category);
    json_put_cstr(o, "category_words", risk_choice_words(b, "category", row->category));
    json_put(o, "state", record_state_json(v, b->type, row->state));
    put_status_as(o, row_status(row), row_words(row));
    json_put_cstr(o, "need", risk_need_name(row->need));
    json_put_cstr(o, "need_words", risk_need_words(row->need));
    level_put(o, "inherent", row->inherent, row->appetite);
    level_put(o, "residual", row->residual.level, row->appetite);
    json_put_cstr(o, "appetite", risk_band_name(row->appetite));
    json_put_cstr(o, "appetite_words", risk_band_words(row->appetite));
    json_put_cstr(o, "appetite_why", row->own_appetite ? "set for this risk" : row->is_sensitive ? "confidentiality or privacy" : "for all risks");
    put_person(v, o, "owner", row->owner);
    json_put_str(o, "treatment", row->treatment);
    json_put_cstr(o, "treatment_words", risk_choice_words(b, "treatment", row->treatment));
    json_put_str(o, "due", row->due_on);
    json_put_str(o, "review_on", row->review_on);
    json_put_bool(o, "is_review_late", !row->is_closed && row->review_on.size && str_compare(row->review_on, day_words(v, view_today(v))) < 0);
    json_put_bool(o, "is_proposed", row->is_proposed);
    json_put_bool(o, "is_closed", row->is_closed);
    reopened_put(b, o, row);
    cover_put(b, o, row);
    json_put_int(o, "controls_count", (int64_t)row->control_count);
    json_put_int(o, "failing", failing);
    json_put_str(o, "url", url_of(v, "risks", row->id));
}

/* ---- filters ---- */

static struct risk_level level_by(const struct risk_row *row, bool is_inherent)
{
    return is_inherent ? row->inherent : row->residual.level;
}

static bool wanted_is(struct str wanted, struct str value)
{
    return wanted.size == 0 || str_equal(wanted, value) || (str_is(wanted, "none") && value.size == 0);
}

/* Everything but the cell. Closed risks are shown only where their state is asked for. */
static bool row_matches(const struct risk_book *b, const struct risk_row *row, const struct view_filter *f, const struct risk_filter *more, bool is_inherent)
{
    struct str band = str_of(risk_band_name(risk_band_of(risk_score(level_by(row, is_inherent)))));
    if (!risk_book_shows(b, row) || (row->is_closed && !str_is(more->state, "closed")))
        return false;
    return wanted_is(f->group, row->category) && wanted_is(more->band, band) && wanted_is(more->need, str_of(risk_need_name(row->need))) && wanted_is(more->state, row->state) &&
           wanted_is(more->owner, row->owner) && wanted_is(more->treatment, row->treatment);
}

static bool cell_parse(struct str text, struct risk_level *ret)
{
    if (text.size != 3 || text.data[0] < '1' || text.data[0] > '5' || text.data[1] != '.' || text.data[2] < '1' || text.data[2] > '5')
        return false;
    *ret = (struct risk_level){text.data[0] - '0', text.data[2] - '0'};
    return true;
}

static void query_add(struct buf *b, const char *name, struct str value)
{
    if (value.size == 0)
        return;
    buf_printf(b, "%c%s=", buf_view(b).size && memchr(buf_view(b).data, '?', buf_view(b).size) ? '&' : '?', name);
    for (size_t i = 0; i < value.size; i++) {
        char c = value.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
        if (is_plain)
            buf_char(b, c);
        else
            buf_printf(b, "%%%02X", (unsigned)(unsigned char)c);
    }
}

/* The register with the same filters, another cell and another map. */
static struct str register_url(struct view *v, const struct view_filter *f, const struct risk_filter *more, struct str by, struct str cell)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 4096);
    buf_cstr(&b, "/risks");
    query_add(&b, "by", by);
    query_add(&b, "cell", cell);
    query_add(&b, "group", f->group);
    query_add(&b, "band", more->band);
    query_add(&b, "need", more->need);
    query_add(&b, "state", more->state);
    query_add(&b, "owner", more->owner);
    query_add(&b, "treatment", more->treatment);
    query_add(&b, "q", f->q);
    buf_cstr(&b, "#register");
    return arena_str(v->arena, buf_view(&b));
}

/* ---- the map ---- */

struct heat {
    const struct risk_book *book;
    const struct view_filter *filter;
    const struct risk_filter *more;
    bool is_inherent;
    struct risk_level chosen; /* 0: none */
    int64_t counts[RISK_LEVELS + 1][RISK_LEVELS + 1];
    int64_t unplaced;
};

static void cell_put(const struct heat *h, struct json *cells, int l, int i)
{
    static const char *const marks[] = {"?", "L", "M", "H", "VH"};
    struct view *v = h->book->v;
    struct json *o = json_push_object(cells);
    enum risk_band band = risk_band_of(l * i);
    int64_t count = h->counts[l][i];
    bool is_current = h->chosen.likelihood == l && h->chosen.impact == i;
    struct str cell = is_current ? STR("") : arena_printf(v->arena, "%d.%d", l, i);
    json_put_int(o, "l", l);
    json_put_int(o, "i", i);
    json_put_int(o, "score", l * i);
    json_put_cstr(o, "band", risk_band_name(band));
    json_put_cstr(o, "band_words", risk_band_words(band));
    json_put_cstr(o, "mark", marks[band]);
    json_put_int(o, "count", count);
    json_put_bool(o, "is_current", is_current);
    json_put_str(o, "url", count || is_current ? register_url(v, h->filter, h->more, h->is_inherent ? STR("inherent") : STR(""), cell) : STR(""));
    json_put_str(o, "label", arena_printf(v->arena, "Likelihood %d, impact %d, %s: %lld %s", l, i, risk_band_words(band), (long long)count, count == 1 ? "risk" : "risks"));
}

static void heat_put(struct heat *h, struct json *page)
{
    static const char *const words[] = {"", "under 2 %", "2–10 %", "10–35 %", "35–75 %", "over 75 %"};
    const struct risk_set *set = h->book->set;
    for (size_t k = 0; k < set->count; k++) {
        if (!row_matches(h->book, &set->rows[k], h->filter, h->more, h->is_inherent) || !text_matches(set->rows[k].title, h->filter->q))
            continue;
        struct risk_level level = level_by(&set->rows[k], h->is_inherent);
        if (risk_score(level) > 0)
            h->counts[level.likelihood][level.impact]++;
        else
            h->unplaced++;
    }
    struct json *o = json_put_object(page, "heat"), *rows = json_put_array(o, "rows");
    for (int l = RISK_LEVELS; l >= 1; l--) {
        struct json *row = json_push_object(rows);
        json_put_int(row, "l", l);
        json_put_cstr(row, "words", words[l]);
        struct json *cells = json_put_array(row, "cells");
        for (int i = 1; i <= RISK_LEVELS; i++)
            cell_put(h, cells, l, i);
    }
    json_put_int(o, "unplaced", h->unplaced);
}

/* ---- the list ---- */

static void choice_count(struct json *choices, struct str id, const char *label)
{
    JSON_EACH (there, choices)
        if (str_equal(json_text(there, "id"), id)) {
            struct json *count = (struct json *)(uintptr_t)json_get(there, "count");
            count->integer++;
            count->text = arena_printf(choices->arena, "%lld", (long long)count->integer);
            return;
        }
    struct json *o = json_push_object(choices);
    json_put_str(o, "id", id);
    json_put_cstr(o, "label", label);
    json_put_int(o, "count", 1);
}

static struct json *filter_new(struct json *filters, const char *name, const char *label, struct str value)
{
    struct json *o = json_push_object(filters);
    json_put_cstr(o, "name", name);
    json_put_cstr(o, "label", label);
    json_put_str(o, "value", value.data ? value : STR(""));
    return json_put_array(o, "choices");
}

static void filters_put(const struct risk_book *b, struct json *page, const struct view_filter *f, const struct risk_filter *more, bool is_inherent)
{
    enum { OWNERS_SHOWN = 60 };
    struct json *filters = json_put_array(page, "filters");
    struct json *categories = filter_new(filters, "group", "Category", f->group), *needs = filter_new(filters, "need", "Appetite", more->need),
                *bands = filter_new(filters, "band", "Band", more->band), *states = filter_new(filters, "state", "State", more->state),
                *owners = filter_new(filters, "owner", "Owner", more->owner);
    for (size_t i = 0; i < b->set->count; i++) {
        const struct risk_row *row = &b->set->rows[i];
        enum risk_band band = risk_band_of(risk_score(level_by(row, is_inherent)));
        if (!risk_book_shows(b, row))
            continue;
        const struct record_state *state = record_type_state(b->type, row->state);
        choice_count(states, row->state, state ? state->label : "");
        if (row->is_closed)
            continue;
        choice_count(categories, row->category, risk_choice_words(b, "category", row->category));
        choice_count(needs, str_of(risk_need_name(row->need)), risk_need_words(row->need));
        if (band)
            choice_count(bands, str_of(risk_band_name(band)), risk_band_words(band));
        struct str owner = row->owner.size ? row->owner : STR("none");
        if (owners->count < OWNERS_SHOWN || str_equal(owner, more->owner)) /* the page stays small; a search finds those of others */
            choice_count(owners, owner, row->owner.size ? arena_str(b->v->arena, row->owner_name).data : "Nobody");
    }
}

static int64_t sort_number(const struct view_filter *f, const struct risk_row *row)
{
    int64_t residual = risk_score(row->residual.level), inherent = risk_score(row->inherent);
    if (sort_is(f, "inherent"))
        return -(inherent * 100 + residual);
    if (sort_is(f, "review_on"))
        return row->review_on.size ? 0 : 1;
    if (sort_is(f, "id") || sort_is(f, "name") || sort_is(f, "owner") || sort_is(f, "category"))
        return 0;
    return -(residual * 100 + inherent);
}

static struct str sort_text(const struct view_filter *f, const struct risk_row *row)
{
    return sort_is(f, "review_on") ? row->review_on : sort_is(f, "name") ? row->title : sort_is(f, "owner") ? row->owner_name : sort_is(f, "category") ? row->category : row->id;
}

static struct json *row_make(const void *context, const void *of)
{
    const struct risk_book *b = context;
    struct json *o = json_object(b->v->arena);
    risk_put(b, o, of);
    return o;
}

static void rows_put(const struct heat *h, struct json *page)
{
    const struct risk_book *b = h->book;
    struct view_filter f = *h->filter;
    struct list l;
    f.group = f.status = STR(""); /* asked for by row_matches */
    list_init(&l, b->v, &f);
    l.make = row_make;
    l.context = b;
    for (size_t i = 0; i < b->set->count; i++) {
        const struct risk_row *row = &b->set->rows[i];
        struct risk_level level = level_by(row, h->is_inherent);
        bool is_here = h->chosen.likelihood == 0 || (level.likelihood == h->chosen.likelihood && level.impact == h->chosen.impact);
        if (!is_here || !row_matches(b, row, h->filter, h->more, h->is_inherent))
            continue;
        list_add(&l, (struct list_row){.of = row,
                                       .text = h->filter->q.size == 0 ? STR("") : arena_printf(b->v->arena, "%.*s %.*s %.*s %s", STR_ARGS(row->id), STR_ARGS(row->title), STR_ARGS(row->owner_name),
                                                            risk_choice_words(b, "category", row->category)),
                                       .status = row_status(row),
                                       .group = STR(""),
                                       .sort_number = sort_number(h->filter, row),
                                       .sort_text = sort_text(h->filter, row)});
    }
    list_finish(&l, page, NULL);
    list_name_statuses(page, "Above it, open", "Covered or not measured", "Within the appetite", "Closed");
}

/* ---- around it ---- */

static int worst_compare(const void *pa, const void *pb)
{
    const struct risk_row *a = *(const struct risk_row *const *)pa, *b = *(const struct risk_row *const *)pb;
    int order = risk_score(b->residual.level) - risk_score(a->residual.level);
    return order ? order : str_compare(a->id, b->id);
}

static void sums_put(const struct risk_book *b, struct json *page)
{
    int64_t all = 0, open = 0, above = 0, uncovered = 0, proposed = 0, review = 0, unassessed = 0, ownerless = 0;
    const struct risk_row **worst = arena_array(b->v->arena, b->set->count + 1, sizeof *worst);
    for (size_t i = 0; i < b->set->count; i++) {
        const struct risk_row *row = &b->set->rows[i];
        if (!risk_book_shows(b, row))
            continue;
        all++;
        if (row->is_closed)
            continue;
        open++;
        above += row->need >= RISK_NEED_COVERED;
        proposed += row->is_proposed;
        review += str_is(row->state, "review");
        unassessed += row->need == RISK_NEED_VALUES;
        ownerless += row->owner.size == 0;
        if (row->need == RISK_NEED_TREATMENT)
            worst[uncovered++] = row;
    }
    if (uncovered)
        qsort(worst, (size_t)uncovered, sizeof *worst, worst_compare);
    struct json *o = json_put_object(page, "sums"), *list = json_put_array(page, "worst");
    json_put_int(o, "all", all);
    json_put_int(o, "open", open);
    json_put_int(o, "above", above);
    json_put_int(o, "uncovered", uncovered);
    json_put_int(o, "proposed", proposed);
    json_put_int(o, "review", review);
    json_put_int(o, "unassessed", unassessed);
    json_put_int(o, "without_owner", ownerless);
    for (int64_t i = 0; i < uncovered && i < WORST_SHOWN_MAX; i++)
        risk_put(b, json_push_object(list), worst[i]);
}

static bool library_put(const struct risk_book *b, struct json *page, struct err *e)
{
    size_t count, *places = arena_array(b->v->arena, content_risk_count + 1, sizeof *places);
    if (!risk_library_open(b->v, places, &count, e))
        return false;
    struct json *o = json_put_object(page, "library"), *categories = json_put_array(o, "categories");
    json_put_int(o, "count", (int64_t)count);
    for (size_t i = 0; i < count; i++)
        choice_count(categories, str_of(content_risks[places[i]].category), content_risks[places[i]].category);
    return true;
}

static bool assessment_put(const struct risk_book *b, struct json *page, struct err *e)
{
    struct view *v = b->v;
    int64_t last_ms = b->as->program->risk_assessed_ms;
    struct json *o = json_put_object(page, "assessment");
    json_put_bool(o, "is_current", risk_assessment_is_current(b->as->program, v->at_ms));
    put_time(v, o, "last", last_ms);
    json_put_null(o, "running");
    DB_EACH (row, v->db, e,
             "select c.id, c.title, c.due_on from risk_campaigns_versions c where c.state = 'running' and c.from_leaf <= ?1 and (c.to_leaf is null or c.to_leaf > ?1) and c.is_deleted = 0 "
             "order by c.due_on limit 1", A(v->leaf_limit)) {
        struct str id = arena_str(v->arena, db_text(row, 0));
        struct json *link = json_object(v->arena);
        json_put_str(link, "id", id);
        json_put_str(link, "title", arena_str(v->arena, db_text(row, 1)));
        json_put_str(link, "due", arena_str(v->arena, db_text(row, 2)));
        json_put_str(link, "url", arena_printf(v->arena, "/risks/campaigns/%.*s", STR_ARGS(id)));
        json_put(o, "running", link);
    }
    return e->code == ERR_NONE;
}

static void chosen_put(const struct heat *h, struct json *page)
{
    struct view *v = h->book->v;
    struct str by = h->is_inherent ? STR("inherent") : STR("");
    json_put_cstr(page, "by", h->is_inherent ? "inherent" : "residual");
    json_put_str(page, "residual_url", register_url(v, h->filter, h->more, STR(""), STR("")));
    json_put_str(page, "inherent_url", register_url(v, h->filter, h->more, STR("inherent"), STR("")));
    if (h->chosen.likelihood == 0) {
        json_put_null(page, "cell");
        return;
    }
    struct json *o = json_put_object(page, "cell");
    json_put_str(o, "id", arena_printf(v->arena, "%d.%d", h->chosen.likelihood, h->chosen.impact));
    json_put_str(o, "words", arena_printf(v->arena, "%s: likelihood %d, impact %d", h->is_inherent ? "Without controls" : "With controls as they are", h->chosen.likelihood, h->chosen.impact));
    json_put_str(o, "url", register_url(v, h->filter, h->more, by, STR("")));
}

struct json *view_risks(struct view *v, const struct view_records *r, const struct view_filter *f, const struct risk_filter *more, struct err *e)
{
    struct risk_book b;
    if (!risk_book_load(v, r, &b, e))
        return NULL;
    struct json *page = page_new(v, STR("Risks"), e);
    struct heat h = {.book = &b, .filter = f, .more = more, .is_inherent = str_is(more->by, "inherent")};
    if (!page || !library_put(&b, page, e) || !assessment_put(&b, page, e))
        return NULL;
    if (more->cell.size && !cell_parse(more->cell, &h.chosen)) {
        err_set(e, ERR_INVALID, "cell: likelihood and impact, each 1 to 5, as 4.3");
        return NULL;
    }
    struct err why = {0};
    json_put_bool(page, "may_create", !v->is_past && r->access && record_allows(r->access, b.type, NULL, RECORD_CREATE, NULL, &why));
    chosen_put(&h, page);
    sums_put(&b, page);
    heat_put(&h, page);
    filters_put(&b, page, f, more, h.is_inherent);
    rows_put(&h, page);
    return page;
}
