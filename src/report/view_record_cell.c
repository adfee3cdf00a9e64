/* Values of records as people read them, and as they type them. */
#include "report/view_record_internal.h"

/* ---- who ---- */

struct json *actor_new(struct view *v, struct str actor)
{
    struct json *o = json_object(v->arena);
    struct err e = {0};
    struct str rest = actor, kind;
    struct str name = actor;
    if (str_is(actor, "local:admin")) {
        name = STR("Local administrator");
    } else if (str_cut(&rest, ':', &kind) && str_is(kind, "system")) {
        name = arena_printf(v->arena, "Assay (%.*s)", STR_ARGS(rest));
    } else if (str_is(kind, "account") || str_is(kind, "token")) {
        const char *sql = str_is(kind, "account")
                              ? "select name from account where id = ?1"
                              : "select a.name || ' (token ' || k.label || ')' from token k join account a on a.id = k.account where k.id = ?1";
        struct str found = db_one_text(v->arena, v->db, &e, sql, A(rest));
        name = found.size ? found : actor;
    }
    json_put_str(o, "id", actor);
    json_put_str(o, "name", name);
    return o;
}

/* ---- what is referred to ---- */

static const char *content_title(const char *kind, struct str id)
{
    if (strcmp(kind, "control") == 0)
        for (size_t i = 0; i < content_control_count; i++)
            if (str_is(id, content_controls[i].id))
                return content_controls[i].title;
    if (strcmp(kind, "criterion") == 0)
        for (size_t i = 0; i < content_criterion_count; i++)
            if (str_is(id, content_criteria[i].id))
                return content_criteria[i].title;
    if (strcmp(kind, "test") == 0)
        for (size_t i = 0; i < content_test_count; i++)
            if (str_is(id, content_tests[i].id))
                return content_tests[i].title;
    if (strcmp(kind, "policy") == 0)
        for (size_t i = 0; i < content_policy_count; i++)
            if (str_is(id, content_policies[i].id))
                return content_policies[i].title;
    if (strcmp(kind, "library_risk") == 0)
        for (size_t i = 0; i < content_risk_count; i++)
            if (str_is(id, content_risks[i].id))
                return content_risks[i].title;
    if (strcmp(kind, "request") == 0)
        for (size_t i = 0; i < content_request_count; i++)
            if (str_is(id, content_requests[i].id))
                return content_requests[i].request;
    const struct library_course *course = strcmp(kind, "course") == 0 ? content_course(id) : NULL;
    return course ? course->title : NULL;
}

static const char *content_room(const char *kind)
{
    return strcmp(kind, "control") == 0 ? "controls" : strcmp(kind, "criterion") == 0 ? "criteria" : strcmp(kind, "test") == 0 ? "tests" : strcmp(kind, "course") == 0 ? "training/courses" : "";
}

struct str record_url(struct view *v, const char *type, struct str id)
{
    return arena_printf(v->arena, "/records/%s/%.*s", type, STR_ARGS(id));
}

/* Text and address of a reference: the title where it may be read, else the id alone. */
static void reference_put(struct view *v, const struct view_records *r, const struct record_field *f, struct str id, struct json *o)
{
    const char *target = f->type == FIELD_PERSON ? "person" : f->target ? f->target : "";
    struct str text = id, url = STR("");
    const struct record_type *t = r->types ? record_types_find(r->types, str_of(target)) : NULL;
    const char *title = content_title(target, id);
    if (title) {
        text = strcmp(target, "request") == 0 || strcmp(target, "test") == 0 ? str_of(title) : arena_printf(v->arena, "%.*s %s", STR_ARGS(id), title);
        url = *content_room(target) ? url_of(v, content_room(target), id) : STR("");
    }
    if (t && !title) {
        struct err why = {0};
        bool sees_all = !r->access || access_matches(r->access, &t->may_read, NULL);
        struct record *record = sees_all ? record_get_brief(v->db, v->arena, t, id, view_record_limit(v), &why)
                                         : record_get(v->db, v->arena, t, id, view_record_limit(v), &why);
        if (record && (sees_all || access_matches(r->access, &t->may_read, record))) {
            struct str name = record_title(record);
            text = f->type == FIELD_PERSON || str_equal(name, id) ? name : arena_printf(v->arena, "%.*s %.*s", STR_ARGS(id), STR_ARGS(name));
            url = record_url(v, t->id, id);
        }
    }
    json_put_str(o, "text", text);
    json_put_str(o, "url", url);
}

/* ---- values ---- */

const struct field_choice *record_choice(const struct record_field *f, struct str id)
{
    for (size_t i = 0; i < f->choice_count; i++)
        if (str_is(id, f->choices[i].id))
            return &f->choices[i];
    return NULL;
}

static struct str scalar_text(struct view *v, const struct json *value)
{
    if (!value || value->type == JSON_NULL)
        return STR("");
    if (value->type == JSON_BOOL)
        return value->boolean ? STR("Yes") : STR("No");
    if (value->type == JSON_NUMBER && value->is_integer)
        return arena_printf(v->arena, "%lld", (long long)value->integer);
    return value->text;
}

static void choice_put(struct view *v, struct json *o, const struct record_field *f, struct str id)
{
    const struct field_choice *c = record_choice(f, id);
    json_put_str(o, "text", c ? str_of(c->label) : id);
    if (c && c->status && *c->status) {
        json_put_cstr(o, "kind", "status");
        json_put_cstr(o, "status", c->status);
        json_put_cstr(o, "status_words", c->label);
    } else {
        json_put_cstr(o, "kind", "text");
    }
    (void)v;
}

static void list_put(struct view *v, const struct view_records *r, struct json *o, const struct record_field *f, const struct json *value)
{
    struct buf b;
    buf_init(&b, 64 << 10);
    struct json *items = json_array(v->arena);
    JSON_EACH (id, value) {
        struct json *item = json_push_object(items);
        if (f->type == FIELD_REFERENCES) {
            reference_put(v, r, f, id->text, item);
        } else if (f->type == FIELD_FILES) {
            json_put_str(item, "text", json_text(id, "name"));
            json_put_str(item, "url", r->at.size ? arena_printf(v->arena, "%.*s/files/%.*s", STR_ARGS(r->at), STR_ARGS(json_text(id, "x"))) : STR(""));
            json_put_int(item, "size", json_int(id, "size", 0));
            json_put_str(item, "media", json_text(id, "media"));
            json_put_str(item, "x", json_text(id, "x"));
        } else {
            const struct field_choice *c = record_choice(f, id->text);
            json_put_str(item, "text", c ? str_of(c->label) : id->text);
            json_put_str(item, "url", STR(""));
        }
        if (b.size)
            buf_cstr(&b, ", ");
        buf_str(&b, json_text(item, "text"));
    }
    json_put_cstr(o, "kind", f->type == FIELD_FILES ? "files" : "links");
    json_put_str(o, "text", arena_str(v->arena, buf_view(&b)));
    json_put(o, "items", items);
    buf_release(&b);
}

static struct str first_line(struct view *v, struct str text)
{
    enum { SHOWN = 140 };
    struct str line, rest = text;
    if (!str_next_line(&rest, &line))
        return STR("");
    bool is_cut = str_trim(rest).size > 0 || line.size > SHOWN;
    line = str_prefix(line, SHOWN);
    return is_cut ? arena_printf(v->arena, "%.*s…", STR_ARGS(line)) : line;
}

static void plain_put(struct json *o, const char *kind, struct str text)
{
    json_put_cstr(o, "kind", kind);
    json_put_str(o, "text", text);
}

static enum field_type shown_type(const struct record_field *f)
{
    return f->type == FIELD_COMPUTED ? f->sql_type : f->type;
}

struct json *view_record_cell(struct view *v, const struct view_records *r, const struct record_field *f, const struct json *value, bool is_long)
{
    struct json *o = json_object(v->arena);
    char text[TIME_TEXT_SIZE];
    bool is_empty = !value || value->type == JSON_NULL || (value->type == JSON_ARRAY && value->count == 0) ||
                    (value->type == JSON_STRING && value->text.size == 0);
    if (is_empty) {
        plain_put(o, "none", STR(""));
        return o;
    }
    switch (shown_type(f)) {
    case FIELD_MARKDOWN:
        plain_put(o, is_long ? "prose" : "text", is_long ? value->text : first_line(v, value->text));
        break;
    case FIELD_NUMBER:
        plain_put(o, "number", scalar_text(v, value));
        break;
    case FIELD_MONEY:
        plain_put(o, "number", record_value_text(v->arena, f, value));
        break;
    case FIELD_INSTANT:
        plain_put(o, "time", arena_str(v->arena, str_of(time_format(value->integer, text))));
        put_time(v, o, "time", value->integer);
        break;
    case FIELD_DURATION:
        plain_put(o, "number", arena_str(v->arena, str_of(duration_format(value->integer, text))));
        break;
    case FIELD_CHOICE:
        choice_put(v, o, f, value->text);
        break;
    case FIELD_YES_NO:
        plain_put(o, "text", value->type == JSON_BOOL ? scalar_text(v, value) : value->integer ? STR("Yes") : STR("No"));
        break;
    case FIELD_REFERENCE:
    case FIELD_PERSON:
        reference_put(v, r, f, value->text, o);
        json_put_cstr(o, "kind", json_text(o, "url").size ? "link" : "text");
        break;
    case FIELD_CHOICES:
    case FIELD_REFERENCES:
    case FIELD_FILES:
        list_put(v, r, o, f, value);
        break;
    case FIELD_DATE:
    case FIELD_TEXT:
    case FIELD_COMPUTED:
        plain_put(o, "text", scalar_text(v, value));
        break;
    }
    return o;
}

struct str view_record_typed(struct view *v, const struct record_field *f, const struct json *value)
{
    char text[TIME_TEXT_SIZE];
    if (f->type != FIELD_INSTANT || !value || value->type != JSON_NUMBER)
        return record_value_text(v->arena, f, value);
    time_format(value->integer - value->integer % MS_MINUTE, text); /* as a datetime-local field wants it: UTC, without the Z */
    text[16] = 0;
    return arena_str(v->arena, str_of(text));
}

bool view_record_equal(const struct json *a, const struct json *b)
{
    bool is_null_a = !a || a->type == JSON_NULL, is_null_b = !b || b->type == JSON_NULL;
    if (is_null_a || is_null_b)
        return is_null_a && is_null_b;
    struct buf x, y;
    struct err e = {0};
    buf_init(&x, RECORD_BYTES_MAX * 2);
    buf_init(&y, RECORD_BYTES_MAX * 2);
    bool is_same = json_write_canonical(&x, a, &e) && json_write_canonical(&y, b, &e) && str_equal(buf_view(&x), buf_view(&y));
    buf_release(&x);
    buf_release(&y);
    return is_same;
}
