#include "report/view_internal.h"

#include "collect/captures.h"
#include "ledger/lateness.h"
#include "report/view_evidence_list.h"

enum { RUNS_SHOWN = 20 };

void view_late_put(struct view *v, struct json *o, int64_t taken_ms, int64_t received_ms, int64_t limit_ms)
{
    char text[TIME_TEXT_SIZE];
    bool is_late = taken_ms > 0 && received_ms - taken_ms > limit_ms;
    json_put_str(o, "late", is_late ? arena_printf(v->arena, "%s", duration_format(received_ms - taken_ms, text)) : STR(""));
}

static int64_t tests_using(struct str table)
{
    int64_t count = 0;
    for (size_t i = 0; i < content_test_count; i++)
        for (size_t k = 0; k < content_tests[i].tables.count; k++)
            count += str_is(table, content_tests[i].tables.items[k]);
    return count;
}

enum result_status state_status(struct str state)
{
    return str_is(state, "complete") ? RESULT_PASS : RESULT_UNKNOWN;
}

const char *state_words(struct str state)
{
    return str_is(state, "complete") ? "Complete" : str_is(state, "partial") ? "In part" : "Not read";
}

static struct str used_by_tests(struct view *v, int64_t count)
{
    return count ? arena_printf(v->arena, "%lld test%s", (long long)count, count == 1 ? "" : "s") : STR("");
}

static void capture_row(struct view *v, struct list *l, const struct capture *c, int64_t taken_ms, int64_t received_ms)
{
    const struct host_table *t = host_table_find(c->table);
    struct json *o = json_object(v->arena);
    json_put_cstr(o, "kind", "capture");
    json_put_int(o, "leaf", c->leaf);
    json_put_str(o, "id", arena_printf(v->arena, "%lld", (long long)c->leaf));
    json_put_str(o, "title", arena_str(v->arena, c->table));
    json_put_cstr(o, "source", "collector");
    json_put_cstr(o, "period", "");
    json_put_bool(o, "is_expired", false);
    json_put_str(o, "digest", arena_str(v->arena, c->c));
    json_put_str(o, "used_by", used_by_tests(v, tests_using(c->table)));
    json_put_str(o, "table", arena_str(v->arena, c->table));
    json_put_cstr(o, "words", t ? t->schema->words : "");
    json_put(o, "subject", subject_new(v, arena_str(v->arena, c->subject)));
    json_put_str(o, "state", arena_str(v->arena, c->state));
    put_status_as(o, state_status(c->state), c->erased_by >= 0 ? "Erased" : state_words(c->state));
    json_put_str(o, "note", arena_str(v->arena, c->reason));
    json_put_int(o, "rows", c->row_count);
    json_put_int(o, "version", c->version);
    put_time(v, o, "taken", taken_ms);
    put_time(v, o, "received", received_ms);
    put_time(v, o, "confirmed", c->received_at_ms);
    json_put_int(o, "tests", tests_using(c->table));
    view_late_put(v, o, taken_ms, received_ms, LATE_AUTOMATIC_MS);
    json_put_str(o, "url", arena_printf(v->arena, "/evidence/%lld", (long long)c->leaf));
    int64_t number = sort_is(l->filter, "taken")      ? -taken_ms
                     : sort_is(l->filter, "received") ? -received_ms
                     : sort_is(l->filter, "rows")     ? -c->row_count
                     : sort_is(l->filter, "state")    ? -(int64_t)state_status(c->state)
                     : sort_is(l->filter, "table")    ? 0
                                                      : -received_ms;
    list_add(l, (struct list_row){.row = o,
                                  .text = arena_printf(v->arena, "%.*s %s %.*s", STR_ARGS(c->table), t ? t->schema->words : "",
                                                       STR_ARGS(json_text(json_get(o, "subject"), "name"))),
                                  .status = state_status(c->state),
                                  .state = arena_strndup(v->arena, c->state.data, c->state.size),
                                  .group = arena_str(v->arena, c->subject),
                                  .sort_number = number,
                                  .sort_text = arena_printf(v->arena, "%.*s %.*s", STR_ARGS(c->table), STR_ARGS(c->subject))});
}

static struct str subject_words(struct view *v, struct str id)
{
    return str_is(id, "uploads") ? STR("Brought by people") : json_text(subject_new(v, id), "name");
}

static bool runs_put(struct view *v, struct json *page, struct err *e)
{
    struct json *list = json_put_array(page, "runs");
    DB_EACH (row, v->db, e,
             "select r.leaf, r.subject, r.taken_to, r.t, json_array_length(s.tables), r.changed from run r join run_shape s on "
             "s.id = r.shape"
             " where r.leaf <= ?1 order by r.leaf desc limit ?2",
             A(v->leaf_limit), A(RUNS_SHOWN)) {
        struct json *o = json_push_object(list);
        json_put_int(o, "leaf", db_int(row, 0));
        json_put(o, "subject", subject_new(v, arena_str(v->arena, db_text(row, 1))));
        put_time(v, o, "taken", db_int(row, 2));
        put_time(v, o, "received", db_int(row, 3));
        json_put_int(o, "tables", db_int(row, 4));
        json_put_int(o, "changed", db_int(row, 5));
        view_late_put(v, o, db_int(row, 2), db_int(row, 3), LATE_AUTOMATIC_MS);
    }
    return e->code == ERR_NONE;
}

struct json *view_evidence(struct view *v, const struct view_filter *f, struct err *e)
{
    struct err inner = {0};
    struct json *page = page_new(v, STR("Evidence"), e);
    struct captures *captures =
        page ? captures_open(v->db, NULL, &(struct captures_options){.at_ms = v->is_past ? v->at_ms : 0}, e) : NULL;
    if (!captures)
        return NULL;
    const struct capture *items;
    size_t count = captures_list(captures, &items);
    struct list l;
    list_init(&l, v, f);
    for (size_t i = 0; i < count && !inner.code; i++) {
        int64_t taken_ms = 0, received_ms = 0;
        DB_EACH (row, v->db, &inner, "select taken_at, t from capture where leaf = ?1", A(items[i].leaf)) {
            taken_ms = db_int(row, 0);
            received_ms = db_int(row, 1);
        }
        capture_row(v, &l, &items[i], taken_ms, received_ms);
    }
    captures_close(captures);
    if (!inner.code && !view_evidence_uploads(v, &l, &inner))
        return *e = inner, NULL;
    list_finish(&l, page, subject_words);
    list_name_statuses(page, "Rejected", "Incomplete or waiting", "In order", "Withdrawn");
    if (inner.code || !view_evidence_missing(v, page, &inner) || !runs_put(v, page, &inner) || !put_warnings(v, page, &inner)) {
        *e = inner;
        return NULL;
    }
    const struct assessment *as = view_assessment(v, e);
    struct json *gaps = as ? json_put_array(page, "gaps") : NULL;
    for (size_t i = as ? as->gap_count : 0; i > 0; i--)
        push_gap(v, gaps, &as->gaps[i - 1]);
    if (!as)
        return NULL;
    return page;
}
