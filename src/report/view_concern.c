/* What is reported in confidence: who receives it, how long the first answer may take, and what was said. */
#include "report/view_concern.h"
#include "report/view_scope_internal.h"

enum { CONCERNS_SHOWN = 200 };

static const char RETALIATION[] =
    "Nobody may be put at a disadvantage for reporting something in good faith, or for helping to clear it up: no notice, no worse task, no bad word. Whoever does that "
    "breaks our rules, whatever becomes of the concern itself. If it happens to you, report that as well: it is taken up on its own.";

static const struct record *channel_now(struct view *v, const struct view_records *r, struct scope_rows *rows, struct err *e)
{
    return scope_rows_read(v, r, "concern_channel", INT64_MAX, false, rows, e) && rows->count ? &rows->items[0] : NULL;
}

struct json *concern_channel(struct view *v, const struct view_records *r, struct err *e)
{
    struct scope_rows rows;
    struct err failed = {0};
    const struct record *channel = channel_now(v, r, &rows, &failed);
    const struct record_type *t = record_types_find(r->types, STR("concern"));
    if (failed.code || !t)
        return *e = failed, NULL;
    struct json *o = json_object(v->arena);
    struct str open_to = scope_text(channel, "open_to");
    struct json *handlers = json_put_array(o, "handlers");
    JSON_EACH (id, scope_list(channel, "handlers")) {
        struct json *person = scope_person(v, id->text);
        struct err ignored = {0};
        json_put_bool(person, "has_account", db_one_int(v->db, &ignored, 0, "select count(*) from account where person = ?1 and state = 'active'", A(id->text)) > 0);
        if (json_text(person, "name").size)
            json_push(handlers, person);
    }
    json_put_bool(o, "is_open", channel && !str_is(open_to, "nobody") && handlers->count > 0);
    json_put_str(o, "open_to", open_to);
    const struct json *days = channel ? json_get(channel->values, "answer_days") : NULL;
    json_put_int(o, "answer_days", days ? days->integer : 7);
    json_put_str(o, "words", scope_text(channel, "words"));
    json_put_str(o, "outside", scope_text(channel, "outside"));
    json_put_str(o, "url", channel ? record_url(v, "concern_channel", channel->id) : STR(""));
    json_put_cstr(o, "retaliation", RETALIATION);
    struct json *kinds = json_put_array(o, "kinds");
    const struct record_field *about = record_type_field(t, STR("about"));
    for (size_t i = 0; about && i < about->choice_count; i++) {
        struct json *k = json_push_object(kinds);
        json_put_cstr(k, "id", about->choices[i].id);
        json_put_cstr(k, "label", about->choices[i].label);
    }
    return o;
}

struct record *concern_by_key(struct view *v, const struct view_records *r, struct str digest, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("concern"));
    struct str id = t ? db_one_text(v->arena, v->db, e, "select id from concerns where key_digest = ?1", A(digest)) : STR("");
    return id.data && id.size ? record_get(v->db, v->arena, t, id, INT64_MAX, e) : NULL;
}

struct str concern_say(struct arena *a, struct str talk, struct str day, const char *who, struct str text)
{
    struct buf BUF_AUTO b;
    struct str line;
    buf_init(&b, 1 << 20);
    buf_str(&b, talk);
    buf_printf(&b, "%s**%.*s, %s**\n\n", talk.size ? "\n\n" : "", STR_ARGS(day), who);
    text = str_trim(text);
    while (str_next_line(&text, &line)) {
        buf_cstr(&b, "> ");
        buf_str(&b, line);
        buf_char(&b, '\n');
    }
    return arena_str(a, str_trim(buf_view(&b)));
}

/* ---- for those who receive them ---- */

static void put_clock(struct view *v, struct json *o, const struct record *c)
{
    struct str due = scope_text(c, "answer_due"), answered = scope_text(c, "answered_on");
    char today[TIME_TEXT_SIZE];
    time_format_date(v->at_ms, today);
    struct json *clock = json_put_object(o, "clock");
    bool is_late = due.size && str_compare(answered.size ? answered : str_of(today), due) > 0;
    if (answered.size)
        put_status_as(clock, is_late ? RESULT_FAIL : RESULT_PASS, is_late ? "Answered late" : "Answered in time");
    else
        put_status_as(clock, is_late ? RESULT_FAIL : RESULT_UNKNOWN, is_late ? "First answer is late" : "First answer is due");
}

struct listing {
    struct view *v;
    struct json *rows;
};

static bool each_concern(void *context, const struct record *c, struct err *e)
{
    struct listing *x = context;
    (void)e;
    struct json *o = json_push_object(x->rows);
    json_put_str(o, "id", c->id);
    json_put_str(o, "title", record_title(c));
    json_put_str(o, "url", arena_printf(x->v->arena, "/concerns/%.*s", STR_ARGS(c->id)));
    json_put(o, "state", record_state_json(x->v, c->type, c->state));
    json_put_str(o, "received_on", scope_text(c, "received_on"));
    json_put_bool(o, "is_anonymous", scope_flag(c, "anonymous") == 1);
    json_put_str(o, "about", scope_choice_label(c, "about"));
    json_put_str(o, "due", scope_text(c, "answer_due"));
    json_put(o, "lead", scope_person(x->v, scope_text(c, "lead")));
    put_clock(x->v, o, c);
    return true;
}

struct json *view_concerns(struct view *v, const struct view_records *r, struct err *e)
{
    struct json *page = record_page_new(v, STR("Concerns"), true, e), *channel = page ? concern_channel(v, r, e) : NULL;
    const struct record_type *t = record_types_find(r->types, STR("concern"));
    if (!channel || !t)
        return NULL;
    struct listing x = {v, json_put_array(page, "rows")};
    int64_t total = 0, open = 0;
    struct record_query q = {.page = 1, .per_page = CONCERNS_SHOWN, .leaf_limit = view_record_limit(v), .access = r->access, .now_ms = v->at_ms};
    if (!record_list(v->db, v->arena, t, &q, each_concern, &x, &total, e))
        return NULL;
    bool is_handler = false;
    JSON_EACH (h, json_get(channel, "handlers"))
        is_handler |= r->access && r->access->person.size && str_equal(json_text(h, "id"), r->access->person);
    JSON_EACH (o, x.rows)
        open += !json_bool(json_get(o, "state"), "is_end");
    json_put(page, "channel", channel);
    json_put_bool(page, "is_handler", is_handler);
    json_put_int(page, "total", total);
    json_put_int(page, "open", open);
    return page;
}

static void fact(struct json *list, const char *label, struct str text)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "label", label);
    json_put_str(o, "text", text.size ? text : STR("–"));
}

static struct str handler_names(struct view *v, const struct record *c)
{
    struct buf BUF_AUTO names;
    buf_init(&names, 4096);
    JSON_EACH (id, scope_list(c, "handlers")) {
        buf_cstr(&names, names.size ? ", " : "");
        buf_str(&names, json_text(scope_person(v, id->text), "name"));
    }
    return arena_str(v->arena, buf_view(&names));
}

struct json *view_concern(struct view *v, const struct view_records *r, struct str id, struct err *e)
{
    const struct record_type *t = record_types_find(r->types, STR("concern"));
    struct json *record = t ? view_record(v, r, t, id, true, e) : NULL;
    struct record *c = record ? record_get(v->db, v->arena, t, id, view_record_limit(v), e) : NULL;
    struct json *page = c ? record_page_new(v, arena_printf(v->arena, "%.*s %.*s", STR_ARGS(id), STR_ARGS(record_title(c))), true, e) : NULL;
    if (!page)
        return NULL;
    json_put(page, "record", record);
    json_put_str(page, "id", c->id);
    json_put_str(page, "name", record_title(c));
    json_put(page, "state", record_state_json(v, t, c->state));
    struct json *facts = json_put_array(page, "facts");
    fact(facts, "About", scope_text(c, "whom"));
    fact(facts, "Received on", scope_text(c, "received_on"));
    fact(facts, "Reported by", scope_flag(c, "anonymous") == 1 ? STR("Somebody who stays anonymous") : json_text(scope_person(v, scope_text(c, "reporter")), "name"));
    fact(facts, "Received by", handler_names(v, c));
    fact(facts, "First answer by", scope_text(c, "answer_due"));
    json_put_str(page, "text", scope_text(c, "text"));
    json_put_str(page, "talk", scope_text(c, "talk"));
    json_put_str(page, "findings", scope_text(c, "findings"));
    put_clock(v, page, c);
    json_put_int(page, "version", c->version);
    struct err why = {0};
    bool may = !v->is_past && r->access && record_allows(r->access, t, c, RECORD_CHANGE, NULL, &why);
    json_put_bool(page, "may_say", may);
    return page;
}
