/* Samples: what was committed to, what came of it, and how to draw it again. */
#include "ledger/ledger.h"
#include "record/frozen.h"
#include "report/view_record_internal.h"
#include "report/view_sheets.h"
#include "report/view_sheets_internal.h"

/* ---- where draws come from ---- */

static bool root_of(void *context, uint64_t size, struct sha256 *ret, struct err *e)
{
    struct view *v = context;
    if (!v->ledger)
        return err_set(e, ERR_UNAVAILABLE, "the ledger cannot be read here");
    if (ledger_reader_head(v->ledger)->size < size)
        return err_set(e, ERR_CONFLICT, "a head of %llu leaves is not signed yet; ask again in a second", (unsigned long long)size);
    return ledger_reader_root(v->ledger, size, ret, e);
}

static bool rows_of(void *context, struct arena *a, int64_t leaf, struct str c, struct str x, struct str *ret, struct err *e)
{
    struct view *v = context;
    if (!v->blobs.read)
        return err_set(e, ERR_UNAVAILABLE, "the rows are sealed here");
    return v->blobs.read(v->blobs.context, a, (uint64_t)leaf, arena_str(a, c).data, arena_str(a, x).data, ret, e);
}

struct sample_source view_sample_source(struct view *v)
{
    return (struct sample_source){root_of, rows_of, v};
}

static uint64_t head_of(void *context)
{
    struct view *v = context;
    return v->ledger ? ledger_reader_head(v->ledger)->size : 0;
}

struct leaf_source view_leaf_source(struct view *v)
{
    return (struct leaf_source){.head = head_of, .root = root_of, .context = v};
}

/* ---- rows of a population ---- */

void sheet_rows_open(struct view *v, const struct sampling_frame *p, struct sheet_rows *ret)
{
    struct err ignored = {0};
    struct str text;
    *ret = (struct sheet_rows){0};
    if (p->record && p->x.size && rows_of(v, v->arena, p->file_leaf, p->c, p->x, &text, &ignored))
        ret->is_open = frozen_open(v->arena, text, &ret->frozen, &ignored);
}

void sheet_rows_columns(struct view *v, const struct sheet_rows *rows, struct json *list)
{
    for (size_t i = 0; rows->is_open && i < rows->frozen.column_count && i < SHEET_CELLS_MAX; i++)
        json_push_str(list, arena_str(v->arena, rows->frozen.columns[i]));
}

void sheet_rows_cells(struct view *v, const struct sheet_rows *rows, int64_t item, struct json *list)
{
    struct str cells[FROZEN_COLUMNS_MAX];
    if (!rows->is_open || item < 1 || !frozen_row(&rows->frozen, v->arena, (size_t)item, cells, NULL))
        return;
    for (size_t i = 0; i < rows->frozen.column_count && i < SHEET_CELLS_MAX; i++)
        json_push_str(list, str_slice(arena_str(v->arena, cells[i].data ? cells[i] : STR("")), 0, 60));
}

/* ---- shared ---- */

struct str audit_url(struct view *v, struct str engagement, const char *room, struct str id)
{
    return arena_printf(v->arena, "/audit/%.*s/%s%s%.*s", STR_ARGS(engagement), room, id.size ? "/" : "", STR_ARGS(id));
}

bool audit_may(struct view *v, const struct view_records *r, const char *type, const struct record *record, enum record_act act)
{
    struct err ignored = {0};
    const struct record_type *t = record_types_find(r->types, str_of(type));
    return t && r->access && !v->is_past && record_allows(r->access, t, record, act, NULL, &ignored);
}

struct record *audit_record(struct view *v, const struct view_records *r, const char *type, struct str engagement, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, str_of(type));
    struct record *record = t ? record_get(v->db, v->arena, t, id, INT64_MAX, e) : NULL;
    if (!record)
        return NULL;
    if (record->is_deleted || !str_equal(json_text(record->values, "engagement"), engagement) || !access_matches(r->access, &t->may_read, record)) {
        err_set(e, ERR_NOT_FOUND, "%.*s: there is none here that you may read", STR_ARGS(str_slice(id, 0, 60)));
        return NULL;
    }
    return record;
}

static const char *profile_words(struct str profile)
{
    static const char *const words[][2] = {{"frequency_table", "by frequency"}, {"ten_percent", "a tenth"}, {"attribute_90_10", "90 % and 10 %"}, {"attribute_95_5", "95 % and 5 %"}, {"full", "everything"}};
    for (size_t i = 0; i < 5; i++)
        if (str_is(profile, words[i][0]))
            return words[i][1];
    return "";
}

/* ---- the list ---- */

static bool rows_put(struct view *v, const struct view_records *r, struct json *page, struct str engagement, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("sample"));
    struct json *list = json_put_array(page, "rows");
    DB_EACH (row, v->db, e,
             "select s.id, s.title, s.state, s.population, p.title, p.rows, s.size, coalesce(s.items, 0), coalesce(s.is_late, 0), s.profile from samples s left join populations p on p.id = s.population "
             "where s.engagement = ?1 order by s.state = 'void', s.id limit 300",
             A(engagement)) {
        struct json *o = json_push_object(list);
        struct str id = arena_str(v->arena, db_text(row, 0)), population = arena_str(v->arena, db_text(row, 3));
        json_put_str(o, "id", id);
        json_put_str(o, "title", arena_str(v->arena, db_text(row, 1)));
        json_put_str(o, "url", audit_url(v, engagement, "samples", id));
        json_put(o, "state", record_state_json(v, t, arena_str(v->arena, db_text(row, 2))));
        put_link(v, o, "population", population.data, arena_str(v->arena, db_text(row, 4)).data, audit_url(v, engagement, "populations", population));
        json_put_int(o, "rows", db_int(row, 5));
        json_put_int(o, "size", db_int(row, 6));
        json_put_int(o, "items", db_int(row, 7));
        json_put_bool(o, "is_late", db_int(row, 8) != 0);
        json_put_cstr(o, "profile_words", profile_words(db_text(row, 9)));
    }
    return e->code == ERR_NONE;
}

static bool populations_put(struct view *v, const struct view_records *r, struct json *page, struct str engagement, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("population"));
    struct json *list = json_put_array(page, "populations");
    struct str ids[SHEET_LIST_MAX];
    size_t count = 0;
    DB_EACH (row, v->db, e, "select id from populations where engagement = ?1 and state <> 'replaced' order by id limit 300", A(engagement))
        ids[count++] = arena_str(v->arena, db_text(row, 0));
    for (size_t i = 0; i < count && !e->code; i++) {
        struct sampling_frame p;
        if (!sampling_frame_read(v->db, v->arena, ids[i], &p, e))
            return false;
        const struct record_state *state = record_type_state(t, p.record->state);
        struct json *o = json_push_object(list), *propose = sample_propose(v->db, v->arena, engagement, STR(""), p.rows, false, e);
        json_put_str(o, "id", ids[i]);
        json_put_str(o, "label", arena_printf(v->arena, "%.*s %.*s", STR_ARGS(ids[i]), STR_ARGS(record_title(p.record))));
        json_put_cstr(o, "state_words", state ? state->label : "");
        json_put_bool(o, "is_frozen", p.freeze_leaf >= 0);
        json_put_int(o, "rows", p.rows < 0 ? 0 : p.rows);
        json_put_str(o, "definition", p.definition);
        json_put_int(o, "proposed", propose && p.rows >= 0 ? json_int(propose, "size", 0) : 0);
        json_put_str(o, "why", propose && p.rows >= 0 ? json_text(propose, "why") : STR("not frozen yet: say how many you want"));
    }
    return e->code == ERR_NONE;
}

struct json *view_samples(struct view *v, const struct view_records *r, struct str engagement, struct err *e)
{
    static const char *const profiles[][2] = {{"frequency_table", "By how often a control is performed"}, {"ten_percent", "A tenth, at least 3, at most 30"},
                                              {"attribute_90_10", "Statistical, 90 % and 10 %"}, {"attribute_95_5", "Statistical, 95 % and 5 %"}, {"full", "Everything"}};
    struct engagement g;
    struct json *page = engagement_page_new(v, r, STR("Samples"), engagement, "sheets", &g, e);
    if (!page || !rows_put(v, r, page, g.id, e) || !populations_put(v, r, page, g.id, e))
        return NULL;
    struct json *list = json_put_array(page, "profiles");
    for (size_t i = 0; i < 5; i++) {
        struct json *o = json_push_object(list);
        json_put_cstr(o, "id", profiles[i][0]);
        json_put_cstr(o, "label", profiles[i][1]);
        json_put_bool(o, "is_default", str_is(g.profile, profiles[i][0]));
    }
    json_put_bool(page, "may_create", audit_may(v, r, "sample", NULL, RECORD_CREATE));
    return page;
}

/* ---- one ---- */

static void fact_put(struct json *page, const char *label, struct str value, const char *words, bool is_code)
{
    struct json *o = json_push_object((struct json *)(uintptr_t)json_get(page, "facts"));
    json_put_cstr(o, "label", label);
    json_put_str(o, "value", value);
    json_put_cstr(o, "words", words);
    json_put_bool(o, "is_code", is_code);
}

static void facts_put(struct view *v, struct json *page, const struct record *s)
{
    const struct json *o = s->values;
    struct arena *a = v->arena;
    struct str strata = json_text(o, "strata");
    json_put_array(page, "facts");
    fact_put(page, "Size", arena_printf(a, "%lld, %s", (long long)json_int(o, "size", 0), profile_words(json_text(o, "profile"))), "", false);
    fact_put(page, "How", arena_printf(a, "%.*s%s%.*s", STR_ARGS(json_text(o, "method")), strata.size ? ", by " : "", STR_ARGS(strata)), "", false);
    if (json_text(o, "size_reason").size)
        fact_put(page, "Why so many", json_text(o, "size_reason"), "", false);
    fact_put(page, "Commitment", json_text(o, "commitment"), "SHA-256 of the secret number", true);
    fact_put(page, "Definition", json_text(o, "definition"), "SHA-256 of what was asked of which system", true);
    if (!str_is(s->state, "revealed"))
        return;
    fact_put(page, "Number", json_text(o, "nonce"), "shown after the population was frozen", true);
    fact_put(page, "Root", json_text(o, "root"), arena_printf(a, "of the head with %lld leaves", (long long)json_int(o, "head_size", 0)).data, true);
    fact_put(page, "Seed", json_text(o, "seed"), "HMAC-SHA-256 of the root under the number", true);
    fact_put(page, "Population", json_text(o, "digest"), arena_printf(a, "SHA-256 of its %lld rows", (long long)json_int(o, "rows", 0)).data, true);
}

static void step_put(struct view *v, struct json *page, const char *label, const char *words, int64_t leaf, struct err *e)
{
    struct json *o = json_push_object((struct json *)(uintptr_t)json_get(page, "order"));
    json_put_cstr(o, "label", label);
    json_put_cstr(o, "words", words);
    json_put_int(o, "leaf", leaf);
    json_put_bool(o, "is_done", leaf >= 0);
    json_put_str(o, "proof", leaf >= 0 ? arena_printf(v->arena, "/ledger/%lld", (long long)leaf) : STR(""));
    json_put(o, "at", leaf >= 0 ? time_new(v, db_one_int(v->db, e, 0, "select t from leaf where idx = ?1", A(leaf))) : json_new_null(v->arena));
}

/* Who did what in which order: what makes it impossible to steer. */
static bool order_put(struct view *v, struct json *page, const struct record *s, const struct sampling_frame *p, struct err *e)
{
    struct err failed = {0};
    int64_t draw = audit_leaf_of(v->db, "draw", s->id, -1, &failed), shown = audit_leaf_of(v->db, "show", s->id, -1, &failed);
    int64_t base = p->close_leaf > draw ? p->close_leaf : draw;
    int64_t seal = p->close_leaf < 0 ? -1 : db_one_int(v->db, &failed, -1, "select idx from leaf where idx > ?1 and type = 'seal' order by idx limit 1", A(base));
    bool is_late = p->freeze_leaf >= 0 && p->freeze_leaf < draw;
    json_put_array(page, "order");
    if (!is_late)
        step_put(v, page, "Auditor commits", "to a secret number, the population's definition, profile and size", draw, &failed);
    step_put(v, page, "Organisation freezes the population", "rows and digest no longer change", p->freeze_leaf, &failed);
    if (is_late)
        step_put(v, page, "Auditor commits", "after the freeze: size and profile could be chosen with the rows in sight", draw, &failed);
    step_put(v, page, "Population is closed", "its digest stands in the ledger", p->close_leaf, &failed);
    step_put(v, page, "Head is sealed", "its root is what nobody could know", seal, &failed);
    step_put(v, page, "Auditor shows the number", "the items follow", shown, &failed);
    json_put_bool(page, "is_late", is_late);
    json_put_bool(page, "can_reveal", str_is(s->state, "committed") && p->close_leaf >= 0 && seal >= 0);
    json_put_cstr(page, "waits_for", !str_is(s->state, "committed") ? "" : p->freeze_leaf < 0 ? "The organisation has to freeze the population now." : seal < 0 ? "The ledger seals its head in a moment." : "");
    return failed.code ? (*e = failed, false) : true;
}

static bool items_put(struct view *v, struct json *page, const struct record *s, const struct sampling_frame *p, struct err *e)
{
    struct sample_items items;
    struct sheet_rows rows;
    struct json *list = json_put_array(page, "items"), *columns = json_put_array(page, "columns");
    if (!sample_items_read(v->arena, json_text(s->values, "drawn"), &items, e))
        return false;
    if (items.count)
        sheet_rows_open(v, p, &rows);
    else
        rows = (struct sheet_rows){0};
    sheet_rows_columns(v, &rows, columns);
    for (size_t i = 0; i < items.count && i < SHEET_LIST_MAX; i++) {
        const struct sample_item *k = &items.items[i];
        struct json *o = json_push_object(list);
        json_put_int(o, "item", k->item);
        json_put_cstr(o, "from", k->from == SAMPLE_DRAWN ? "drawn" : k->from == SAMPLE_INSTEAD ? "instead of" : k->from == SAMPLE_EXTENSION ? "extension" : "for a reason, not projected");
        json_put_int(o, "instead", k->instead);
        json_put_bool(o, "is_replaced", k->is_replaced);
        json_put_bool(o, "may_replace", !k->is_replaced && k->from != SAMPLE_TARGETED && !items.is_all);
        json_put_str(o, "stratum", k->stratum);
        sheet_rows_cells(v, &rows, k->item, json_put_array(o, "cells"));
    }
    json_put_int(page, "item_count", (int64_t)items.count);
    json_put_bool(page, "is_cut", items.count > SHEET_LIST_MAX);
    return true;
}

struct json *view_sample(struct view *v, const struct view_records *r, struct str engagement, struct str id, struct err *e)
{
    struct engagement g;
    struct sampling_frame p;
    struct err again_failed = {0};
    struct json *page = engagement_page_new(v, r, arena_printf(v->arena, "Sample %.*s", STR_ARGS(id)), engagement, "sheets", &g, e);
    struct record *s = page ? audit_record(v, r, "sample", g.id, id, e) : NULL;
    if (!s || !sampling_frame_read(v->db, v->arena, json_text(s->values, "population"), &p, e))
        return NULL;
    json_put_str(page, "id", s->id);
    json_put_str(page, "name", record_title(s));
    json_put_str(page, "url", audit_url(v, g.id, "samples", s->id));
    json_put_int(page, "version", s->version);
    json_put(page, "state", record_state_json(v, s->type, s->state));
    put_link(v, page, "population", p.record->id.data, arena_str(v->arena, record_title(p.record)).data, audit_url(v, g.id, "populations", p.record->id));
    json_put_bool(page, "is_drawn", str_is(s->state, "revealed"));
    json_put_bool(page, "is_committed", str_is(s->state, "committed"));
    facts_put(v, page, s);
    struct sample_source source = view_sample_source(v);
    struct json *again = str_is(s->state, "revealed") && v->ledger ? sample_again(v->db, v->arena, &source, s, &again_failed) : NULL;
    json_put(page, "again", again ? again : json_new_null(v->arena));
    json_put_str(page, "again_why", arena_str(v->arena, str_of(again_failed.text)));
    struct json *sheets = json_put_array(page, "sheets");
    bool is_concluded = false; /* a sheet was prepared or signed on these items: the keeper keeps them */
    DB_EACH (row, v->db, e, "select id, title, state in ('prepared', 'locked') from test_sheets where sample = ?1 order by id", A(s->id)) {
        push_link(v, sheets, arena_str(v->arena, db_text(row, 0)).data, arena_str(v->arena, db_text(row, 1)).data, audit_url(v, g.id, "sheets", db_text(row, 0)));
        is_concluded = is_concluded || db_int(row, 2);
    }
    bool may = audit_may(v, r, "sample", s, RECORD_CHANGE);
    json_put_bool(page, "may", may);
    json_put_bool(page, "may_change_items", may && !is_concluded && str_is(s->state, "revealed"));
    if (e->code || !order_put(v, page, s, &p, e) || !items_put(v, page, s, &p, e))
        return NULL;
    struct json *history = view_record_history(v, r, s->type, s->id, e);
    return history ? (json_put(page, "history", history), page) : NULL;
}
