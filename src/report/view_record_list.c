/* Records as a list, a board and a calendar. */
#include "report/view_record_internal.h"

/* ---- rows ---- */

struct rows {
    struct view *v;
    const struct view_records *records;
    const struct record_type *type;
    struct json *list;
    bool has_cells;
};

static struct json *column_cell(struct rows *x, const struct record *r, const char *column)
{
    struct view *v = x->v;
    struct json *o = json_object(v->arena);
    if (strcmp(column, "id") == 0) {
        json_put_cstr(o, "kind", "text");
        json_put_str(o, "text", r->id);
    } else if (strcmp(column, "state") == 0) {
        const struct record_state *s = record_type_state(x->type, r->state);
        bool has_status = s && s->status && *s->status;
        json_put_cstr(o, "kind", has_status ? "status" : "text");
        json_put_str(o, "text", s ? str_of(s->label) : r->state);
        if (has_status) {
            json_put_cstr(o, "status", s->status);
            json_put_cstr(o, "status_words", s->label);
        }
    } else if (strcmp(column, "changed") == 0) {
        json_put_cstr(o, "kind", "time");
        json_put_str(o, "text", STR(""));
        put_time(v, o, "time", r->t);
    } else {
        const struct record_field *f = record_type_field(x->type, str_of(column));
        o = f ? view_record_cell(v, x->records, f, json_get(r->values, column), false) : o;
    }
    return o;
}

static bool each_row(void *context, const struct record *record, struct err *e)
{
    (void)e;
    struct rows *x = context;
    struct record copy = *record; /* its values go into the row */
    struct json *row = json_push(x->list, view_record_json(x->v, &copy));
    if (!x->has_cells)
        return true;
    struct json *cells = json_put_array(row, "cells");
    for (size_t i = 0; i < x->type->columns.count; i++) {
        const char *column = x->type->columns.items[i];
        struct json *cell = json_push(cells, column_cell(x, record, column));
        json_put_cstr(cell, "column", column);
        json_put_bool(cell, "is_title", strcmp(column, x->type->title_field) == 0);
    }
    return true;
}

/* ---- what stands around the rows ---- */

static void put_columns(struct json *page, const struct record_type *t)
{
    struct json *list = json_put_array(page, "columns");
    for (size_t i = 0; i < t->columns.count; i++) {
        const char *id = t->columns.items[i];
        const struct record_field *f = record_type_field(t, str_of(id));
        enum field_type type = f ? (f->type == FIELD_COMPUTED ? f->sql_type : f->type) : FIELD_TEXT;
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", id);
        json_put_cstr(o, "label",
                      f                               ? f->label
                      : strcmp(id, "id") == 0         ? "Id"
                      : strcmp(id, "state") == 0      ? "State"
                      : strcmp(id, "changed") == 0    ? "Changed"
                                                      : id);
        json_put_bool(o, "is_title", strcmp(id, t->title_field) == 0);
        json_put_bool(o, "is_number",
                      strcmp(id, "changed") == 0 || type == FIELD_NUMBER || type == FIELD_MONEY || type == FIELD_DURATION || type == FIELD_INSTANT);
        json_put_bool(o, "is_sortable", type != FIELD_CHOICES && type != FIELD_REFERENCES && type != FIELD_FILES);
    }
}

/* {"state": count} as of the view's instant. */
static struct json *counts_of(struct view *v, const struct record_type *t, struct err *e)
{
    if (!v->is_past)
        return record_counts(v->db, v->arena, t, e);
    struct err inner = {0};
    struct json *counts = json_object(v->arena);
    struct str sql = arena_printf(v->arena,
                                  "select state, count(*) from %s_versions where from_leaf <= ?1 and (to_leaf is null or to_leaf > ?1) "
                                  "and is_deleted = 0 group by state",
                                  t->table);
    DB_EACH (row, v->db, &inner, sql.data, A(v->leaf_limit))
        json_put_int(counts, arena_str(v->arena, db_text(row, 0)).data, db_int(row, 1));
    if (inner.code)
        *e = inner;
    return inner.code ? NULL : counts;
}

/* The same of what one may read, where that is not everything. */
static struct json *counts_of_own(struct view *v, const struct view_records *r, const struct record_type *t, struct err *e)
{
    struct json *counts = json_object(v->arena);
    for (size_t i = 0; i < t->state_count; i++) {
        struct record_query q = {.state = str_of(t->states[i].id), .per_page = -1, .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms};
        int64_t total = 0;
        if (!record_list(v->db, v->arena, t, &q, NULL, NULL, &total, e))
            return NULL;
        json_put_int(counts, t->states[i].id, total);
    }
    return counts;
}

static bool put_states(struct view *v, const struct view_records *r, struct json *page, const struct record_type *t, struct err *e)
{
    bool sees_all = access_reads_all(r->access, t);
    struct json *counts = sees_all ? counts_of(v, t, e) : counts_of_own(v, r, t, e);
    struct json *list = json_put_array(page, "states");
    for (size_t i = 0; counts && i < t->state_count; i++) {
        struct json *o = json_push(list, record_state_json(v, t, str_of(t->states[i].id)));
        json_put_int(o, "count", json_int(counts, t->states[i].id, 0));
    }
    return counts != NULL;
}

/* What fields of a page may name: two of them are often people. */
struct targets_of {
    const char *type;
    const struct json *list;
};

/* False: they are too many to be chosen from, and an id is typed. */
static bool put_targets(struct view *v, const struct view_records *r, struct targets_of known[4], const char *type, struct json *choices)
{
    size_t i = 0;
    while (i < 3 && known[i].type && strcmp(known[i].type, type) != 0)
        i++;
    if (!known[i].type || strcmp(known[i].type, type) != 0)
        known[i] = (struct targets_of){type, record_targets(v, r, type)};
    if (known[i].list->count > VIEW_CHOICES_MAX)
        return false;
    JSON_EACH (target, known[i].list) { /* a copy: what is chosen differs */
        struct json *c = json_push_object(choices);
        json_put_str(c, "id", json_text(target, "id"));
        json_put_str(c, "label", json_text(target, "label"));
    }
    return true;
}

static void put_filters(struct view *v, const struct view_records *r, struct json *page, const struct record_type *t)
{
    struct json *list = json_put_array(page, "filters");
    struct targets_of known[4] = {{0}};
    for (size_t i = 0; i < t->filters.count; i++) {
        const char *id = t->filters.items[i];
        const struct record_field *f = record_type_field(t, str_of(id));
        if (!f)
            continue; /* "state": the chips */
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", id);
        json_put_cstr(o, "label", f->label);
        struct json *choices;
        choices = json_put_array(o, "choices");
        bool is_reference = f->type == FIELD_PERSON || f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES;
        json_put_bool(o, "is_typed", is_reference && !put_targets(v, r, known, f->type == FIELD_PERSON ? "person" : f->target, choices));
        for (size_t k = 0; k < f->choice_count; k++) {
            struct json *c = json_push_object(choices);
            json_put_cstr(c, "id", f->choices[k].id);
            json_put_cstr(c, "label", f->choices[k].label);
        }
        if (f->type == FIELD_YES_NO || (f->type == FIELD_COMPUTED && f->sql_type == FIELD_YES_NO)) {
            static const char *const words[][2] = {{"yes", "Yes"}, {"no", "No"}};
            for (size_t k = 0; k < 2; k++) {
                struct json *c = json_push_object(choices);
                json_put_cstr(c, "id", words[k][0]);
                json_put_cstr(c, "label", words[k][1]);
            }
        }
    }
}

static void put_tabs(struct view *v, const struct view_records *r, struct json *page, const struct record_type *t)
{
    struct json *tabs = json_put_array(page, "tabs");
    if (strcmp(t->room, "scope") == 0) { /* the room has a page of its own */
        struct json *o = json_push_object(tabs);
        json_put_cstr(o, "id", "");
        json_put_cstr(o, "label", "Overview");
        json_put_cstr(o, "url", "/scope");
        json_put_bool(o, "is_current", false);
    }
    for (size_t i = 0; i < record_types_count(r->types); i++) {
        const struct record_type *other = record_types_at(r->types, i);
        if (strcmp(other->room, t->room) != 0 || !record_may_read_type(r, other))
            continue;
        struct json *o = json_push_object(tabs);
        json_put_cstr(o, "id", other->id);
        json_put_cstr(o, "label", other->labels);
        json_put_str(o, "url", arena_printf(v->arena, "/records/%s", other->id));
        json_put_bool(o, "is_current", other == t);
    }
}

static void put_query(struct json *page, const struct record_query *q)
{
    struct json *o = json_put_object(page, "query");
    json_put_str(o, "q", q->q.data ? q->q : STR(""));
    json_put_str(o, "state", q->state.data ? q->state : STR(""));
    json_put_str(o, "where", q->where.data ? q->where : STR(""));
    json_put_str(o, "sort", q->sort.data ? q->sort : STR(""));
}

static void put_head(struct view *v, const struct view_records *r, struct json *page, const struct record_type *t)
{
    struct err why = {0};
    json_put(page, "type", record_type_brief(v, t));
    bool may = !v->is_past && r->access && record_allows(r->access, t, NULL, RECORD_CREATE, NULL, &why);
    json_put_bool(page, "may_create", may);
    json_put_str(page, "why_not_create", may ? STR("") : v->is_past ? STR("this is the past") : arena_str(v->arena, str_of(why.text)));
    json_put_bool(page, "has_board", t->board && *t->board);
    json_put_bool(page, "has_calendar", t->calendar && *t->calendar);
    put_tabs(v, r, page, t);
}

/* By a role, or as the one that a record names. */
static bool might(const struct view_records *r, const struct strings *who)
{
    if (!r->access)
        return false;
    for (size_t i = 0; i < who->count; i++)
        if (who->items[i][0] == '@' && strcmp(who->items[i], "@nobody") != 0)
            return true;
    struct access own = *r->access;
    own.role_count = r->access->changes_own_only ? 0 : own.role_count;
    return access_matches(&own, who, NULL);
}

/* What can be done with several rows at once: {"moves":[{"id","label"}],"fields":[{"id","label"}],"may_delete"} */
static void put_bulk(const struct view *v, const struct view_records *r, struct json *page, const struct record_type *t)
{
    struct json *bulk = json_put_object(page, "bulk"), *moves = json_put_array(bulk, "moves"), *fields = json_put_array(bulk, "fields");
    for (size_t i = 0; !v->is_past && i < t->transition_count; i++) {
        const struct record_transition *move = &t->transitions[i];
        if (move->quorum > 1 || (move->quorum_field && move->quorum_field[0]) || !might(r, &move->who))
            continue;
        struct json *o = json_push_object(moves);
        json_put_cstr(o, "id", move->id);
        json_put_cstr(o, "label", move->label);
    }
    for (size_t i = 0; !v->is_past && might(r, &t->may_change) && i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        bool is_shared = !f->is_retired && !f->is_unique && f->type != FIELD_COMPUTED && f->type != FIELD_FILES && f->type != FIELD_MARKDOWN;
        if (!is_shared || strcmp(f->id, t->title_field) == 0)
            continue;
        struct json *o = json_push_object(fields);
        json_put_cstr(o, "id", f->id);
        json_put_cstr(o, "label", f->label);
    }
    json_put_bool(bulk, "may_delete", !v->is_past && t->may_delete.count && might(r, &t->may_delete));
}

static bool may_read(const struct view_records *r, const struct record_type *t, struct err *e)
{
    return record_may_read_type(r, t) || err_set(e, ERR_DENIED, "%s may not be read by you", t->labels);
}

struct json *view_record_list(struct view *v, const struct view_records *r, const struct record_type *t, const struct record_query *asked, bool is_page,
                              struct err *e)
{
    struct record_query q = *asked;
    q.leaf_limit = view_record_limit(v);
    q.access = r->access;
    q.now_ms = v->at_ms;
    q.page = q.page > 0 ? q.page : 1;
    q.per_page = q.per_page <= 0 ? 50 : q.per_page > 1000 ? 1000 : q.per_page;
    struct json *page = may_read(r, t, e) ? record_page_new(v, str_of(t->labels), is_page, e) : NULL;
    if (!page)
        return NULL;
    put_head(v, r, page, t);
    struct rows x = {.v = v, .records = r, .type = t, .list = json_put_array(page, "rows"), .has_cells = is_page};
    int64_t total = 0;
    if (!record_list(v->db, v->arena, t, &q, each_row, &x, &total, e))
        return NULL;
    json_put_int(page, "total", total);
    json_put_int(page, "page", q.page);
    json_put_int(page, "pages", total == 0 ? 1 : (total + q.per_page - 1) / q.per_page);
    json_put_int(page, "per_page", q.per_page);
    put_query(page, &q);
    if (!is_page)
        return page;
    if (!put_states(v, r, page, t, e))
        return NULL;
    put_columns(page, t);
    put_filters(v, r, page, t);
    put_bulk(v, r, page, t);
    return page;
}

/* ---- board ---- */

static bool put_column(struct rows *x, struct json *columns, const struct record_query *q, struct str id, const char *label, const char *status,
                       const char *field, struct err *e)
{
    struct record_query own = *q;
    struct str where = q->where.data ? q->where : STR("");
    if (strcmp(field, "state") == 0)
        own.state = id;
    else
        own.where = arena_printf(x->v->arena, "%.*s%s%s=%.*s", STR_ARGS(where), where.size ? " " : "", field, STR_ARGS(id));
    own.page = 1;
    own.per_page = VIEW_BOARD_MAX;
    struct json *o = json_push_object(columns);
    json_put_str(o, "id", id);
    json_put_cstr(o, "label", label);
    json_put_cstr(o, "status", status ? status : "");
    json_put_cstr(o, "status_words", label);
    x->list = json_put_array(o, "cards");
    int64_t total = 0;
    if (!record_list(x->v->db, x->v->arena, x->type, &own, each_row, x, &total, e))
        return false;
    json_put_int(o, "total", total);
    return true;
}

struct json *view_record_board(struct view *v, const struct view_records *r, const struct record_type *t, const struct record_query *asked, struct err *e)
{
    struct record_query q = *asked;
    q.leaf_limit = view_record_limit(v);
    q.access = r->access;
    q.now_ms = v->at_ms;
    if (!t->board || !*t->board) {
        err_set(e, ERR_NOT_FOUND, "%s have no board", t->labels);
        return NULL;
    }
    struct json *page = may_read(r, t, e) ? record_page_new(v, str_of(t->labels), true, e) : NULL;
    if (!page)
        return NULL;
    put_head(v, r, page, t);
    put_query(page, &q);
    json_put_cstr(page, "field", t->board);
    struct json *columns = json_put_array(page, "columns");
    struct rows x = {.v = v, .records = r, .type = t, .has_cells = true};
    const struct record_field *f = record_type_field(t, str_of(t->board));
    bool is_ok = true;
    for (size_t i = 0; is_ok && !f && i < t->state_count; i++)
        is_ok = put_column(&x, columns, &q, str_of(t->states[i].id), t->states[i].label, t->states[i].status, "state", e);
    for (size_t i = 0; is_ok && f && i < f->choice_count; i++)
        is_ok = put_column(&x, columns, &q, str_of(f->choices[i].id), f->choices[i].label, f->choices[i].status, t->board, e);
    return is_ok ? page : NULL;
}

/* ---- calendar ---- */

static const char *const month_names[] = {"January", "February", "March",     "April",   "May",      "June",
                                          "July",    "August",   "September", "October", "November", "December"};

static bool read_month(struct str text, struct date *ret)
{
    int64_t year, month;
    if (text.size != 7 || text.data[4] != '-' || !str_to_int64(str_slice(text, 0, 4), &year) || !str_to_int64(str_slice(text, 5, 7), &month))
        return false;
    if (year < 1970 || year > 9998 || month < 1 || month > 12)
        return false;
    *ret = (struct date){(int)year, (int)month, 1};
    return true;
}

static struct date month_add(struct date d, int months)
{
    int n = d.year * 12 + d.month - 1 + months;
    return (struct date){n / 12, n % 12 + 1, 1};
}

bool month_open(struct view *v, struct str month, struct month *ret, struct err *e)
{
    ret->first = date_of_day(view_today(v));
    ret->first.day = 1;
    if (month.size && !read_month(month, &ret->first))
        return err_set(e, ERR_INVALID, "month: '%.*s' is no month; write 2026-11", STR_ARGS(month));
    int64_t day = day_of_date(ret->first);
    ret->start = day - (day + 3) % 7; /* 1970-01-01 was a Thursday; weeks begin on Monday */
    ret->end = day_of_date(month_add(ret->first, 1));
    ret->end += (7 - (ret->end - ret->start) % 7) % 7;
    return true;
}

void month_put(struct view *v, struct json *page, const struct month *m)
{
    struct date after = month_add(m->first, 1), before = month_add(m->first, -1);
    json_put_str(page, "month", arena_printf(v->arena, "%04d-%02d", m->first.year, m->first.month));
    json_put_str(page, "month_words", arena_printf(v->arena, "%s %d", month_names[m->first.month - 1], m->first.year));
    json_put_str(page, "before", arena_printf(v->arena, "%04d-%02d", before.year, before.month));
    json_put_str(page, "after", arena_printf(v->arena, "%04d-%02d", after.year, after.month));
}

void month_put_day(struct view *v, struct json *o, const struct month *m, int64_t day)
{
    struct date d = date_of_day(day);
    json_put_str(o, "date", day_text(v->arena, day));
    json_put_int(o, "day", d.day);
    json_put_bool(o, "is_other", d.month != m->first.month);
    json_put_bool(o, "is_today", day == view_today(v));
}

static void put_day(struct rows *x, struct json *week, int64_t day, const struct month *m, const char *field, struct json *rows)
{
    struct view *v = x->v;
    struct str date = day_text(v->arena, day);
    struct json *o = json_push_object(week);
    month_put_day(v, o, m, day);
    struct json *items = json_put_array(o, "items");
    JSON_EACH (row, rows) {
        const struct json *value = json_get(json_get(row, "values"), field);
        bool is_here = value && (value->type == JSON_STRING ? str_equal(value->text, date) : day_of(value->integer) == day);
        if (!is_here)
            continue;
        struct json *item = json_push_object(items);
        json_put_str(item, "id", json_text(row, "id"));
        json_put_str(item, "title", json_text(row, "title"));
        json_put_str(item, "url", json_text(row, "url"));
        json_put(item, "state", record_state_json(v, x->type, json_text(json_get(row, "state"), "id")));
    }
}

struct json *view_record_calendar(struct view *v, const struct view_records *r, const struct record_type *t, const struct record_query *asked,
                                  struct str month, struct err *e)
{
    struct month m;
    if (!t->calendar || !*t->calendar) {
        err_set(e, ERR_NOT_FOUND, "%s have no calendar", t->labels);
        return NULL;
    }
    if (!month_open(v, month, &m, e))
        return NULL;
    struct json *page = may_read(r, t, e) ? record_page_new(v, str_of(t->labels), true, e) : NULL;
    if (!page)
        return NULL;
    put_head(v, r, page, t);
    json_put_cstr(page, "field", t->calendar);
    month_put(v, page, &m);
    struct record_query q = *asked;
    q.where = arena_printf(v->arena, "%.*s%s%s>=%.*s %s<%.*s", STR_ARGS(q.where.data ? q.where : STR("")), q.where.size ? " " : "", t->calendar,
                           STR_ARGS(day_text(v->arena, m.start)), t->calendar, STR_ARGS(day_text(v->arena, m.end)));
    q.leaf_limit = view_record_limit(v);
    q.access = r->access;
    q.now_ms = v->at_ms;
    q.page = 1;
    q.per_page = VIEW_CALENDAR_MAX;
    put_query(page, asked);
    struct rows x = {.v = v, .records = r, .type = t, .list = json_array(v->arena)};
    int64_t total = 0;
    if (!record_list(v->db, v->arena, t, &q, each_row, &x, &total, e))
        return NULL;
    json_put_int(page, "total", total);
    struct json *weeks = json_put_array(page, "weeks");
    for (int64_t day = m.start; day < m.end; day += 7) {
        struct json *week = json_push(weeks, json_array(v->arena));
        for (int64_t k = 0; k < 7; k++)
            put_day(&x, week, day + k, &m, t->calendar, x.list);
    }
    return page;
}

/* ---- search ---- */

struct hits {
    struct view *v;
    const struct view_records *records;
    struct json *list;
    int64_t max, total;
    int64_t *counts; /* by type */
    bool *is_whole;  /* by type: everything of it may be read by who asks, so that hits need no look at the record */
};

static void hit_push(struct hits *x, const struct record_type *t, struct str id, struct str title)
{
    struct json *o = json_push_object(x->list);
    json_put_str(o, "id", id);
    json_put_str(o, "title", title.size ? title : id);
    json_put_cstr(o, "kind", t->label);
    json_put_str(o, "url", record_url(x->v, t->id, id));
}

static bool each_hit(void *context, const struct record *r, struct err *e)
{
    (void)e;
    hit_push(context, r->type, r->id, record_title(r));
    return true;
}

static bool each_found(void *context, struct str type, struct str id, int64_t n, struct err *e)
{
    struct hits *x = context;
    for (size_t i = 0; i < record_types_count(x->records->types); i++) {
        const struct record_type *t = record_types_at(x->records->types, i);
        if (!x->is_whole[i] || !str_is(type, t->id))
            continue;
        x->total++;
        if (x->counts[i]++ < x->max)
            hit_push(x, t, id, record_text_title(x->v->db, x->v->arena, n, e));
        break;
    }
    return e->code == ERR_NONE;
}

static bool is_empty(struct view *v, const struct record_type *t, struct err *e)
{
    return !v->is_past && db_one_int(v->db, e, 0, "select exists(select 1 from record_count where type = ?1 and n > 0)", A(t->id)) == 0;
}

/* What is now of types that are read as a whole is one question for all of them; others, and the past, are asked type by type. */
bool view_record_search(struct view *v, const struct view_records *r, struct str words, int64_t max, struct json *list, int64_t *ret_total, struct err *e)
{
    size_t type_count = record_types_count(r->types);
    struct hits x = {.v = v, .records = r, .list = list, .max = max, .counts = arena_array(v->arena, type_count + 1, sizeof(*x.counts)),
                     .is_whole = arena_array(v->arena, type_count + 1, sizeof(*x.is_whole))};
    for (size_t i = 0; i < type_count; i++)
        x.is_whole[i] = !v->is_past && access_reads_all(r->access, record_types_at(r->types, i));
    if (!v->is_past && !record_search(v->db, v->arena, words, VIEW_FOUND_MAX, each_found, &x, e))
        return false;
    for (size_t i = 0; i < type_count; i++) {
        const struct record_type *t = record_types_at(r->types, i);
        if (x.is_whole[i] || !record_may_read_type(r, t) || is_empty(v, t, e))
            continue;
        struct record_query q = {.q = words, .page = 1, .per_page = max, .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms, .is_brief = true};
        int64_t total = 0;
        if (!record_list(v->db, v->arena, t, &q, each_hit, &x, &total, e))
            return false;
        x.total += total;
    }
    *ret_total = x.total;
    return true;
}
