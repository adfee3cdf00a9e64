/* Who relies on the program, and who received which report when. */
#include "report/view_prepare.h"
#include "report/view_scope_internal.h"

struct reading {
    struct view *v;
    struct scope_rows rows;
};

static bool each(void *context, const struct record *record, struct err *e)
{
    struct reading *x = context;
    (void)e;
    x->rows.items[x->rows.count++] = *record;
    return true;
}

static bool rows_read(struct view *v, const struct view_records *r, const char *type, const char *sort, int64_t max, struct scope_rows *ret, struct err *e)
{
    struct reading x = {.v = v, .rows.type = record_types_find(r->types, str_of(type))};
    int64_t total;
    if (!x.rows.type)
        return err_set(e, ERR_NOT_FOUND, "'%s' is no type of records", type);
    x.rows.items = arena_array(v->arena, (size_t)max, sizeof *x.rows.items);
    struct record_query q = {.sort = str_of(sort), .page = 1, .per_page = max, .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms};
    if (!record_list(v->db, v->arena, x.rows.type, &q, each, &x, &total, e))
        return false;
    *ret = x.rows;
    return true;
}

static const struct record *stakeholder_find(const struct scope_rows *rows, struct str id)
{
    for (size_t i = 0; i < rows->count; i++)
        if (str_equal(rows->items[i].id, id))
            return &rows->items[i];
    return NULL;
}

/* A SOC 2 report is for restricted use: whoever has one without a promise of confidence on that day stands out. */
static bool is_unbound(const struct record *receipt, const struct record *stakeholder)
{
    struct str kind = scope_text(receipt, "kind"), until = scope_text(stakeholder, "nda_until"), on = scope_text(receipt, "sent_on");
    bool is_restricted = str_is(kind, "type1") || str_is(kind, "type2") || str_is(kind, "pentest");
    return is_restricted && scope_flag(receipt, "nda") != 1 && (until.size == 0 || str_compare(until, on) < 0);
}

static void stakeholder_put(struct view *v, struct json *list, const struct record *s, const struct scope_rows *receipts, int64_t *due, int64_t *unbound)
{
    struct json *o = json_push_object(list);
    const struct record *last = NULL;
    int64_t received = 0;
    bool is_open = false;
    char today[TIME_TEXT_SIZE];
    time_format_date(v->at_ms, today);
    for (size_t i = 0; i < receipts->count; i++) {
        const struct record *x = &receipts->items[i];
        if (!str_equal(scope_text(x, "stakeholder"), s->id))
            continue;
        last = last ? last : x; /* newest first */
        is_open |= is_unbound(x, s) && !str_is(x->state, "recalled");
        received++;
    }
    struct str next = scope_text(s, "next_on");
    bool is_due = next.size && str_compare(next, str_of(today)) < 0, is_end = str_is(s->state, "ended");
    *due += is_due && !is_end;
    *unbound += is_open;
    json_put_str(o, "id", s->id);
    json_put_str(o, "title", record_title(s));
    json_put_str(o, "url", record_url(v, "stakeholder", s->id));
    json_put_str(o, "kind_words", scope_choice_label(s, "kind"));
    json_put(o, "owner", scope_person(v, scope_text(s, "owner")));
    json_put_str(o, "next_on", next);
    json_put_str(o, "nda_until", scope_text(s, "nda_until"));
    json_put_int(o, "received", received);
    struct json *l = last ? json_put_object(o, "last") : json_put(o, "last", json_new_null(v->arena));
    if (last) {
        json_put_str(l, "report", scope_text(last, "report"));
        json_put_str(l, "sent_on", scope_text(last, "sent_on"));
        json_put_str(l, "url", record_url(v, "report_receipt", last->id));
    }
    put_status_as(o, is_end ? RESULT_SKIP : is_open || is_due ? RESULT_FAIL : received ? RESULT_PASS : RESULT_UNKNOWN,
                  is_end ? "Ended" : is_open ? "Not bound to confidence" : is_due ? "A report is due" : received ? "Informed" : "Nothing received yet");
}

static void receipt_put(struct view *v, struct json *rows, const struct record *x, const struct scope_rows *stakeholders)
{
    const struct record *to = stakeholder_find(stakeholders, scope_text(x, "stakeholder"));
    struct json *o = json_push_object(rows);
    json_put_str(o, "id", x->id);
    json_put_str(o, "to", to ? record_title(to) : scope_text(x, "stakeholder"));
    json_put_str(o, "to_url", to ? record_url(v, "stakeholder", to->id) : STR(""));
    json_put_str(o, "sent_on", scope_text(x, "sent_on"));
    json_put_str(o, "by", json_text(scope_person(v, scope_text(x, "sent_by")), "name"));
    json_put(o, "state", record_state_json(v, x->type, x->state));
    json_put_str(o, "edition", scope_text(x, "edition"));
    json_put_bool(o, "is_unbound", is_unbound(x, to) && !str_is(x->state, "recalled"));
    json_put_str(o, "url", record_url(v, "report_receipt", x->id));
}

static void reports_put(struct view *v, struct json *page, const struct scope_rows *receipts, const struct scope_rows *stakeholders)
{
    struct json *reports = json_put_array(page, "reports");
    bool *done = arena_array(v->arena, receipts->count + 1, sizeof *done);
    for (size_t i = 0; i < receipts->count; i++) {
        const struct record *first = &receipts->items[i];
        if (done[i])
            continue;
        struct json *o = json_push_object(reports);
        int64_t unconfirmed = 0;
        json_put_str(o, "report", scope_text(first, "report"));
        json_put_str(o, "kind_words", scope_choice_label(first, "kind"));
        struct json *rows = json_put_array(o, "rows");
        for (size_t k = i; k < receipts->count; k++)
            if (!done[k] && scope_name_equal(scope_text(&receipts->items[k], "report"), scope_text(first, "report"))) {
                done[k] = true;
                unconfirmed += str_is(receipts->items[k].state, "sent");
                receipt_put(v, rows, &receipts->items[k], stakeholders);
            }
        json_put_int(o, "count", (int64_t)rows->count);
        json_put_int(o, "unconfirmed", unconfirmed);
    }
}

struct json *view_stakeholders(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_rows stakeholders, receipts;
    struct json *page = record_page_new(v, STR("Stakeholders"), true, e);
    if (!page || !rows_read(v, r, "stakeholder", "name", STAKEHOLDERS_SHOWN_MAX, &stakeholders, e) || !rows_read(v, r, "report_receipt", "-sent_on", RECEIPTS_SHOWN_MAX, &receipts, e))
        return NULL;
    int64_t due = 0, unbound = 0;
    struct json *rows = json_put_array(page, "rows");
    for (size_t i = 0; i < stakeholders.count; i++)
        stakeholder_put(v, rows, &stakeholders.items[i], &receipts, &due, &unbound);
    reports_put(v, page, &receipts, &stakeholders);
    struct json *sums = json_put_object(page, "sums");
    json_put_int(sums, "stakeholders", (int64_t)stakeholders.count);
    json_put_int(sums, "received", (int64_t)receipts.count);
    json_put_int(sums, "due", due);
    json_put_int(sums, "unbound", unbound);
    struct err why = {0};
    json_put_bool(page, "may_create", !v->is_past && r->access && record_allows(r->access, receipts.type, NULL, RECORD_CREATE, NULL, &why));
    return page;
}
