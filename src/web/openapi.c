/* The description of the API (OpenAPI 3.1): made from the route table, and for records from their types, so that it says what holds. */
#include "web/bundles.h"
#include "os/program.h"
#include "web/page_kinds.h"
#include "web/records.h"

struct description {
    struct call *call;
    struct json *paths, *schemas;
};

/* ---- small builders ---- */

static void put_ref(struct json *o, const char *key, const char *kind, const char *name)
{
    json_put_str(json_put_object(o, key), "$ref", arena_printf(o->arena, "#/components/%s/%s", kind, name));
}

static struct json *add_parameter(struct json *list, const char *name, const char *place, const char *type, const char *words)
{
    struct json *p = json_push_object(list);
    json_put_cstr(p, "name", name);
    json_put_cstr(p, "in", place);
    json_put_bool(p, "required", strcmp(place, "path") == 0);
    json_put_cstr(p, "description", words);
    struct json *schema = json_put_object(p, "schema");
    json_put_cstr(schema, "type", type);
    return schema;
}

static void add_filter(struct json *list)
{
    add_parameter(list, "q", "query", "string", "Words that must all occur");
    add_parameter(list, "status", "query", "string", "pass, fail, unknown, skip, or attention");
    add_parameter(list, "group", "query", "string", "Topic, family, category or subject");
    add_parameter(list, "sort", "query", "string", "Column to sort by");
    add_parameter(list, "desc", "query", "integer", "1: the other way round");
    add_parameter(list, "page", "query", "integer", "From 1");
    add_parameter(list, "per_page", "query", "integer", "At most 1000");
}

/* The fields of a form, as JSON or as a form. */
static void put_fields(struct json *operation, const struct route *r, const char *const *media, size_t count)
{
    struct json *body = json_put_object(operation, "requestBody"), *content = NULL;
    for (size_t i = 0; i < count; i++) {
        struct json *schema = json_object(operation->arena);
        if (!openapi_put_form(schema, r->path))
            json_put_bool(schema, "additionalProperties", true);
        content = content ? content : json_put_object(body, "content");
        json_put(json_put_object(content, media[i]), "schema", schema);
    }
    json_put_bool(body, "required", json_path(json_at(content, 0), "schema.required") != NULL);
}

static void put_body(struct json *operation, const char *media, const char *schema, bool is_required)
{
    struct json *body = json_put_object(operation, "requestBody");
    json_put_bool(body, "required", is_required);
    struct json *content = json_put_object(json_put_object(body, "content"), media);
    if (schema)
        put_ref(content, "schema", "schemas", schema);
    else
        json_put_cstr(json_put_object(content, "schema"), "type", strcmp(media, "text/csv") == 0 ? "string" : "object");
}

static void put_answer(struct json *responses, const char *status, const char *words, const char *media, const char *schema)
{
    struct json *r = json_put_object(responses, status);
    json_put_cstr(r, "description", words);
    if (!media)
        return;
    struct json *content = json_put_object(json_put_object(r, "content"), media);
    if (schema)
        put_ref(content, "schema", "schemas", schema);
    else
        json_put_cstr(json_put_object(content, "schema"), "type", strcmp(media, "application/json") == 0 ? "object" : "string");
}

/* ---- schemas of a type ---- */

static void put_bounds(struct json *o, const struct record_field *f, const char *min, const char *max)
{
    if (f->min == f->max)
        return;
    json_put_int(o, min, f->min);
    if (f->max > 0)
        json_put_int(o, max, f->max);
}

static void put_choices(struct json *o, const struct record_field *f)
{
    json_put_cstr(o, "type", "string");
    struct json *list = json_put_array(o, "enum");
    for (size_t i = 0; i < f->choice_count; i++)
        json_push_str(list, str_of(f->choices[i].id));
}

static void put_file(struct json *items)
{
    static const char *const texts[] = {"c", "digest", "media", "name", "x"};
    json_put_cstr(items, "type", "object");
    struct json *properties = json_put_object(items, "properties");
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        json_put_cstr(json_put_object(properties, texts[i]), "type", "string");
    json_put_cstr(json_put_object(properties, "size"), "type", "integer");
}

static void put_money(struct json *o)
{
    json_put_cstr(o, "type", "object");
    struct json *properties = json_put_object(o, "properties");
    struct json *currency = json_put_object(properties, "currency");
    json_put_cstr(currency, "type", "string");
    json_put_cstr(currency, "pattern", "^[A-Z]{3}$");
    json_put_cstr(json_put_object(properties, "minor"), "type", "integer");
    struct json *required = json_put_array(o, "required");
    json_push_str(required, STR("currency"));
    json_push_str(required, STR("minor"));
}

static void put_schema(struct json *o, const struct record_field *f)
{
    switch (f->type == FIELD_COMPUTED ? f->sql_type : f->type) {
    case FIELD_NUMBER:
        json_put_cstr(o, "type", f->decimals ? "string" : "integer");
        if (f->decimals)
            json_put_cstr(o, "pattern", "^-?[0-9]+([.][0-9]+)?$");
        else
            put_bounds(o, f, "minimum", "maximum");
        break;
    case FIELD_MONEY:
        put_money(o);
        break;
    case FIELD_DATE:
        json_put_cstr(o, "type", "string");
        json_put_cstr(o, "format", "date");
        break;
    case FIELD_INSTANT:
    case FIELD_DURATION:
        json_put_cstr(o, "type", "integer");
        json_put_cstr(o, "format", "int64");
        json_put_int(o, "minimum", 0);
        break;
    case FIELD_CHOICE:
        put_choices(o, f);
        break;
    case FIELD_YES_NO:
        json_put_cstr(o, "type", "boolean");
        break;
    case FIELD_CHOICES:
    case FIELD_REFERENCES:
    case FIELD_FILES:
        json_put_cstr(o, "type", "array");
        json_put_bool(o, "uniqueItems", true);
        if (f->type == FIELD_CHOICES)
            put_choices(json_put_object(o, "items"), f);
        else if (f->type == FIELD_FILES)
            put_file(json_put_object(o, "items"));
        else
            json_put_cstr(json_put_object(o, "items"), "type", "string");
        break;
    case FIELD_TEXT:
    case FIELD_MARKDOWN:
        json_put_cstr(o, "type", "string");
        if (f->type != FIELD_COMPUTED)
            put_bounds(o, f, "minLength", "maxLength");
        break;
    case FIELD_REFERENCE:
    case FIELD_PERSON:
    case FIELD_COMPUTED:
        json_put_cstr(o, "type", "string");
        break;
    }
}

static const char *field_words(struct call *c, const struct record_field *f)
{
    const char *target = f->type == FIELD_PERSON ? "person" : f->type == FIELD_REFERENCE || f->type == FIELD_REFERENCES ? f->target : NULL;
    const char *unit = f->type == FIELD_INSTANT ? " Milliseconds since 1970, UTC." : f->type == FIELD_DURATION ? " Milliseconds." : "";
    return target ? arena_printf(c->arena, "%s: id of a %s. %s", f->label, target, f->words ? f->words : "").data
                  : arena_printf(c->arena, "%s. %s%s", f->label, f->words ? f->words : "", unit).data;
}

enum use { USE_SHOWN, USE_CREATE, USE_CHANGE };

static void put_values(struct description *d, const struct record_type *t, enum use use)
{
    char name[120];
    snprintf(name, sizeof(name), use == USE_SHOWN ? "values_%s" : use == USE_CREATE ? "new_%s" : "changed_%s", t->id);
    struct json *o = json_put_object(d->schemas, arena_str(d->call->arena, str_of(name)).data);
    json_put_cstr(o, "type", "object");
    struct json *properties = json_put_object(o, "properties"), *required = json_array(d->call->arena);
    for (size_t i = 0; i < t->field_count; i++) {
        const struct record_field *f = &t->fields[i];
        if (use != USE_SHOWN && (f->type == FIELD_COMPUTED || f->is_retired))
            continue;
        struct json *p = json_put_object(properties, f->id);
        json_put_cstr(p, "description", field_words(d->call, f));
        bool can_be_null = use == USE_CHANGE && !f->is_required;
        if (can_be_null) {
            struct json *either = json_put_array(p, "anyOf");
            put_schema(json_push_object(either), f);
            json_put_cstr(json_push_object(either), "type", "null");
        } else {
            put_schema(p, f);
        }
        bool has_default = f->default_value && *f->default_value;
        if (use == USE_CREATE && f->is_required && !has_default)
            json_push_str(required, str_of(f->id));
    }
    if (required->count)
        json_put(o, "required", required);
    if (use != USE_SHOWN)
        json_put_bool(o, "additionalProperties", false);
}

static struct json *schema_object(struct description *d, const char *format, const struct record_type *t)
{
    char name[120];
    snprintf(name, sizeof(name), "%s_%s", format, t->id);
    struct json *o = json_put_object(d->schemas, arena_str(d->call->arena, str_of(name)).data);
    json_put_cstr(o, "type", "object");
    return o;
}

static const char *named(struct description *d, const char *what, const struct record_type *t)
{
    return arena_printf(d->call->arena, "%s_%s", what, t->id).data;
}

static void put_text(struct json *properties, const char *name, const char *words)
{
    struct json *o = json_put_object(properties, name);
    json_put_cstr(o, "type", "string");
    json_put_cstr(o, "description", words);
}

static void put_whole(struct json *properties, const char *name, const char *words)
{
    struct json *o = json_put_object(properties, name);
    json_put_cstr(o, "type", "integer");
    json_put_cstr(o, "description", words);
}

/* Commitments to samples, shown numbers and sign-offs of sheets (assess/audit_sign.h). */
static void put_signed(struct json *properties, const struct record_type *t, bool is_move)
{
    if (strcmp(t->id, "sample") == 0 || (is_move && strcmp(t->id, "test_sheet") == 0))
        put_text(properties, "signed", "By an auditor with a key of their own: all that `assay audit sign` wrote of the statement with which the same request without it is answered");
}

static void put_requests(struct description *d, const struct record_type *t)
{
    struct json *create = schema_object(d, "create", t), *properties = json_put_object(create, "properties");
    put_ref(properties, "values", "schemas", named(d, "new", t));
    put_text(properties, "why", "Stands in the history");
    put_signed(properties, t, false);
    bool is_given = t->natural && *t->natural;
    if (is_given)
        put_text(properties, "id", "It stays for good");
    struct json *required = json_put_array(create, "required");
    json_push_str(required, STR("values"));
    if (is_given)
        json_push_str(required, STR("id"));
    struct json *change = schema_object(d, "change", t);
    properties = json_put_object(change, "properties");
    put_ref(properties, "values", "schemas", named(d, "changed", t));
    put_text(properties, "why", "Stands in the history");
    put_whole(properties, "version", "The version that is changed, where there is no If-Match");
    json_push_str(json_put_array(change, "required"), STR("values"));
    if (!t->transition_count)
        return;
    struct json *move = schema_object(d, "move", t);
    properties = json_put_object(move, "properties");
    struct json *transition = json_put_object(properties, "transition");
    json_put_cstr(transition, "type", "string");
    struct json *list = json_put_array(transition, "enum");
    for (size_t i = 0; i < t->transition_count; i++)
        json_push_str(list, str_of(t->transitions[i].id));
    put_text(properties, "why", "Some steps take a reason");
    put_whole(properties, "version", "The version that is moved, where there is no If-Match");
    put_ref(properties, "values", "schemas", named(d, "changed", t));
    put_signed(properties, t, true);
    json_push_str(json_put_array(move, "required"), STR("transition"));
}

static void put_record(struct description *d, const struct record_type *t)
{
    struct json *o = schema_object(d, "record", t), *properties = json_put_object(o, "properties");
    json_put_cstr(o, "description", t->words);
    json_put_cstr(json_put_object(properties, "type"), "const", t->id);
    put_text(properties, "id", "Its id");
    put_text(properties, "title", "What it is called");
    put_text(properties, "url", "Its page");
    put_whole(properties, "version", "From 1");
    put_text(properties, "etag", "For If-Match");
    struct json *state = json_put_object(properties, "state");
    json_put_cstr(state, "type", "object");
    struct json *id = json_put_object(json_put_object(state, "properties"), "id");
    json_put_cstr(id, "type", "string");
    struct json *list = json_put_array(id, "enum");
    for (size_t i = 0; i < t->state_count; i++)
        json_push_str(list, str_of(t->states[i].id));
    put_ref(properties, "values", "schemas", named(d, "values", t));
    json_put_cstr(json_put_object(properties, "created"), "type", "object");
    json_put_cstr(json_put_object(properties, "changed"), "type", "object");
    json_put_cstr(json_put_object(properties, "is_deleted"), "type", "boolean");
    struct json *page = schema_object(d, "list", t);
    properties = json_put_object(page, "properties");
    struct json *rows = json_put_object(properties, "rows");
    json_put_cstr(rows, "type", "array");
    put_ref(rows, "items", "schemas", named(d, "record", t));
    put_whole(properties, "total", "On all pages");
    put_whole(properties, "page", "From 1");
    put_whole(properties, "pages", "How many");
    put_whole(properties, "per_page", "At most 1000");
}

/* ---- operations ---- */

static const char *method_key(enum http_method method)
{
    static const char *const keys[HTTP_METHODS] = {"get", "head", "post", "put", "patch", "delete"};
    return keys[method];
}

static struct json *path_item(struct description *d, struct str path)
{
    JSON_EACH (known, d->paths)
        if (str_equal(known->key, path))
            return known;
    return json_put_object(d->paths, path.data);
}

/* "/api/v1/tests/:id" is "/tests/{id}" below the server's address; of a type, its id stands for ":type". */
static struct str path_template(struct description *d, const struct route *r, const struct record_type *t, struct json *parameters)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 256);
    struct str rest = str_of(r->path + strlen("/api/v1/")), part;
    bool is_more = true;
    while (is_more) {
        is_more = str_cut(&rest, '/', &part);
        if (t && str_is(part, ":type")) {
            buf_printf(&b, "/%s", t->id);
        } else if (str_starts(part, ":")) {
            struct str name = arena_str(d->call->arena, str_slice(part, 1, part.size));
            buf_printf(&b, "/{%.*s}", STR_ARGS(name));
            add_parameter(parameters, name.data, "path", "string", "Which one");
        } else {
            buf_printf(&b, "/%.*s", STR_ARGS(part));
        }
    }
    return arena_str(d->call->arena, buf_view(&b));
}

static void put_operation_id(struct description *d, struct json *operation, const struct route *r, struct str path)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 256);
    buf_cstr(&b, method_key(r->method));
    for (size_t i = 0; i < path.size; i++) {
        char c = path.data[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_plain)
            buf_char(&b, c);
        else if (b.data[b.size - 1] != '_')
            buf_char(&b, '_');
    }
    struct str id = buf_view(&b);
    while (id.size && id.data[id.size - 1] == '_')
        id.size--;
    json_put_str(operation, "operationId", arena_str(d->call->arena, id));
}

static void put_problems(struct json *responses, const struct route *r, bool has_if_match)
{
    static const char *const always[] = {"400", "401", "403", "404"};
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        if (r->permit != PERMISSION_PUBLIC || strcmp(always[i], "401") != 0)
            put_ref(responses, always[i], "responses", "problem");
    if (has_if_match) {
        put_ref(responses, "412", "responses", "changed_meanwhile");
        put_ref(responses, "428", "responses", "problem");
    }
    if (http_method_changes(r->method)) {
        put_ref(responses, "409", "responses", "problem");
        put_ref(responses, "413", "responses", "problem");
        put_ref(responses, "415", "responses", "problem");
        put_ref(responses, "422", "responses", "problem");
    }
    put_ref(responses, "default", "responses", "problem");
}

static void add_record_filter(struct json *list, const struct record_type *t)
{
    add_parameter(list, "q", "query", "string", "Words, in the full text");
    struct json *state = add_parameter(list, "state", "query", "string", "State, or open, or closed");
    struct json *states = json_put_array(state, "enum");
    json_push_str(states, STR("open"));
    json_push_str(states, STR("closed"));
    for (size_t i = 0; i < t->state_count; i++)
        if (strcmp(t->states[i].id, "open") != 0 && strcmp(t->states[i].id, "closed") != 0)
            json_push_str(states, str_of(t->states[i].id));
    add_parameter(list, "where", "query", "string", "Filter: owner=me severity=high,critical due_on<today+14d title~\"break glass\"");
    add_parameter(list, "sort", "query", "string", "Field, id, state or changed; with - before it the other way round");
    json_put_int(add_parameter(list, "page", "query", "integer", "From 1"), "minimum", 1);
    json_put_int(add_parameter(list, "per_page", "query", "integer", "At most 1000"), "maximum", 1000);
}

static const char *body_schema(struct description *d, const struct route *r, const struct record_type *t)
{
    if (r->method == HTTP_PATCH || r->handler == handle_api_undo || r->method == HTTP_DELETE)
        return r->method == HTTP_PATCH ? named(d, "change", t) : "reason";
    return r->handler == handle_api_move ? named(d, "move", t) : named(d, "create", t);
}

static void put_record_operation(struct description *d, struct json *operation, const struct route *r, const struct record_type *t, struct json *parameters)
{
    bool names_one = strstr(r->path, "/:id") != NULL, changes = http_method_changes(r->method);
    struct json *responses = json_put_object(operation, "responses");
    if (!changes && !names_one)
        add_record_filter(parameters, t);
    if (changes && names_one)
        add_parameter(parameters, "If-Match", "header", "string", "The version that is meant, as \"3\"; the body's version does as well");
    if (r->handler == handle_api_import) {
        add_parameter(parameters, "dry_run", "query", "integer", "1: only say what would happen");
        put_body(operation, "text/csv", NULL, true);
        put_answer(responses, "200", "How many rows", "application/json", NULL);
    } else if (changes) {
        put_body(operation, "application/json", body_schema(d, r, t), r->method != HTTP_DELETE && r->handler != handle_api_undo);
        put_answer(responses, r->handler == handle_api_create ? "201" : "200", "The record as it is now", "application/json", named(d, "record", t));
    } else if (strstr(r->path, "/files/")) {
        put_answer(responses, "200", "The file", "application/octet-stream", NULL);
    } else {
        const char *schema = strstr(r->path, "/history") ? NULL : named(d, names_one ? "record" : "list", t);
        put_answer(responses, "200", r->words, "application/json", schema);
    }
    put_problems(responses, r, changes && names_one);
}

static void put_plain_operation(struct json *operation, const struct route *r, struct json *parameters)
{
    struct json *responses = json_put_object(operation, "responses");
    if (r->page && r->page->column_count)
        add_filter(parameters);
    if (r->handler == handle_api_changes) {
        add_parameter(parameters, "dry_run", "query", "integer", "1: only say what would happen");
        put_body(operation, "application/json", "changes", true);
        put_answer(responses, "200", "What was changed: type, id and version of the first hundred, and the leaf", "application/json", NULL);
    } else if (r->handler == handle_bundle_file) {
        put_answer(responses, "200", "The file", "application/x-tar", NULL);
    } else if (r->handler == handle_bundle_make) {
        put_fields(operation, r, (const char *const[]){"application/json", "application/x-www-form-urlencoded"}, 2);
        put_answer(responses, "202", "Its id, its leaf, and that it is asked for", "application/json", NULL);
    } else if (r->method == HTTP_POST && openapi_takes_file(r->path)) {
        put_fields(operation, r, (const char *const[]){"multipart/form-data"}, 1);
        put_answer(responses, "201", "What was made of it", "application/json", NULL);
    } else if (r->handler == handle_api_oscal_import) {
        add_parameter(parameters, "dry_run", "query", "integer", "1: only say what would happen");
        add_parameter(parameters, "name", "query", "string", "What the file is kept under");
        put_body(operation, "application/json", NULL, true);
        put_answer(responses, "200", "What becomes of each control or finding, and what is not taken", "application/json", NULL);
    } else if (r->body_max == RECORD_IMPORT_BYTES && r->handler != handle_api_gap_import) {
        add_parameter(parameters, "dry_run", "query", "integer", "1: only say what would happen");
        put_body(operation, "text/csv", NULL, true);
        put_answer(responses, "200", "What became of each row", "application/json", NULL);
    } else if (r->handler == handle_api_gap_import) {
        add_parameter(parameters, "dry_run", "query", "integer", "1: only say what would happen");
        add_parameter(parameters, "by", "query", "string", "Who assessed");
        put_body(operation, "application/json", NULL, true);
        put_answer(responses, "200", "What became of each row", "application/json", NULL);
    } else if (http_method_changes(r->method)) {
        put_fields(operation, r, (const char *const[]){"application/json", "application/x-www-form-urlencoded"}, 2);
        put_answer(responses, "200", r->words, "application/json", NULL);
        put_answer(responses, "303", "Accepted; the address to look at is in Location", NULL, NULL);
    } else {
        put_answer(responses, "200", r->words, "application/json", NULL);
    }
    put_problems(responses, r, false);
}

static void add_operation(struct description *d, const struct route *r, const struct record_type *t)
{
    struct json *parameters = json_array(d->call->arena);
    struct str path = path_template(d, r, t, parameters);
    struct json *operation = json_put_object(path_item(d, path), method_key(r->method));
    put_operation_id(d, operation, r, path);
    json_put_str(operation, "summary", t ? arena_printf(d->call->arena, "%s: %s", t->labels, r->words) : str_of(r->words));
    if (r->page && r->page->words && !t)
        json_put_cstr(operation, "description", r->page->words);
    json_push_str(json_put_array(operation, "tags"), t ? str_of(t->id) : STR("assay"));
    /* own_or_…: with the permission all of it, without what is one's own */
    const char *own = r->permit == PERMISSION_OWN_OR_READ ? "own_or_read" : r->permit == PERMISSION_OWN_OR_RECORDS ? "own_or_records" : NULL;
    json_put_cstr(operation, "x-permission", own ? own : permission_name(r->permit));
    if (!http_method_changes(r->method) && r->permit != PERMISSION_PUBLIC)
        add_parameter(parameters, "at", "query", "string", "As it was known at: 2026-11-01, 2026-11-01T10:30:00Z, now-3d");
    if (r->page == &page_kind_control || r->page == &page_kind_period) {
        add_parameter(parameters, "from", "query", "string", "The first day of the period: 2026-01-01; without it the last 90 days");
        add_parameter(parameters, "to", "query", "string", "Its last day; without it today");
    }
    if (r->csrf == CSRF_TOKEN)
        add_parameter(parameters, "X-CSRF-Token", "header", "string", "With a session's cookie: its token; with an API token not needed");
    if (t)
        put_record_operation(d, operation, r, t, parameters);
    else
        put_plain_operation(operation, r, parameters);
    json_put(operation, "parameters", parameters);
    if (r->permit == PERMISSION_PUBLIC)
        json_put_array(operation, "security");
}

/* ---- what all share ---- */

/* Several changes as one operation, of any types: their values are those of the types' own schemas. */
static void put_changes(struct description *d)
{
    struct json *changes = json_put_object(d->schemas, "changes"), *p;
    json_put_cstr(changes, "type", "object");
    json_push_str(json_put_array(changes, "required"), STR("changes"));
    struct json *list = json_put_object(json_put_object(changes, "properties"), "changes");
    json_put_cstr(list, "type", "array");
    json_put_int(list, "minItems", 1);
    json_put_int(list, "maxItems", RECORD_CHANGES_MAX);
    struct json *item = json_put_object(list, "items");
    json_put_cstr(item, "type", "object");
    json_push_str(json_put_array(item, "required"), STR("type"));
    p = json_put_object(item, "properties");
    struct json *act = json_put_object(p, "act");
    json_put_cstr(act, "type", "string");
    struct json *acts = json_put_array(act, "enum");
    static const char *const names[] = {"create", "change", "move", "delete", "undo"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        json_push_str(acts, str_of(names[i]));
    put_text(p, "type", "A type of records");
    put_text(p, "id", "The record; none where one is made that gets its id");
    put_whole(p, "version", "The version that is meant, where the record is there");
    struct json *values = json_put_object(p, "values");
    json_put_cstr(values, "type", "object");
    json_put_cstr(values, "description", "By field, as the type says; a reference \"new:2\" is what the second change makes");
    put_text(p, "transition", "The step of a move");
    put_text(p, "why", "Stands in the history");
    struct json *sure = json_put_object(p, "sure");
    json_put_cstr(sure, "type", "boolean");
    json_put_cstr(sure, "description", "Although other records refer to it, where the type asks");
}

static void put_problem(struct description *d)
{
    struct json *o = json_put_object(d->schemas, "problem");
    json_put_cstr(o, "type", "object");
    json_put_cstr(o, "description", "A problem (RFC 9457)");
    struct json *p = json_put_object(o, "properties");
    put_text(p, "type", "about:blank");
    put_text(p, "title", "What the status means");
    put_whole(p, "status", "As in the answer's head");
    put_text(p, "code", "invalid, denied, not_found, conflict, step_up_required ...");
    put_text(p, "detail", "What is wrong here");
    struct json *errors = json_put_object(p, "errors");
    json_put_cstr(errors, "type", "array");
    struct json *item = json_put_object(errors, "items");
    json_put_cstr(item, "type", "object");
    struct json *q = json_put_object(item, "properties");
    put_text(q, "field", "The field");
    put_text(q, "pointer", "Where it stands in the body");
    put_whole(q, "row", "Of a file: its row as a spreadsheet counts, where the heading is row 1; 0: the whole file");
    put_text(q, "column", "Of a file: the heading of its column");
    put_text(q, "detail", "What is wrong with it");
    struct json *reason = json_put_object(d->schemas, "reason");
    json_put_cstr(reason, "type", "object");
    p = json_put_object(reason, "properties");
    put_text(p, "why", "Stands in the history");
    put_whole(p, "version", "The version that is meant, where there is no If-Match");
    put_whole(p, "to", "Of an undo: the leaf of the version that it shall say again; none: the version before");
    put_changes(d);
}

static void put_components(struct description *d, struct json *v)
{
    struct json *components = json_put_object(v, "components");
    struct json *schemes = json_put_object(components, "securitySchemes");
    struct json *session = json_put_object(schemes, "session");
    json_put_cstr(session, "type", "apiKey");
    json_put_cstr(session, "in", "cookie");
    json_put_cstr(session, "name", "assay");
    struct json *token = json_put_object(schemes, "token");
    json_put_cstr(token, "type", "http");
    json_put_cstr(token, "scheme", "bearer");
    struct json *responses = json_put_object(components, "responses");
    static const char *const names[][2] = {{"problem", "What is wrong (RFC 9457)"}, {"changed_meanwhile", "Another version is in force: with it, and the difference"}};
    for (size_t i = 0; i < 2; i++) {
        struct json *r = json_put_object(responses, names[i][0]);
        json_put_cstr(r, "description", names[i][1]);
        put_ref(json_put_object(json_put_object(r, "content"), "application/problem+json"), "schema", "schemas", "problem");
    }
    json_put(components, "schemas", d->schemas);
}

static void put_info(struct json *v)
{
    json_put_cstr(v, "openapi", "3.1.0");
    struct json *info = json_put_object(v, "info");
    json_put_cstr(info, "title", "Assay");
    json_put_cstr(info, "version", PROGRAM_VERSION);
    json_put_cstr(info, "description", "Every page's view model, and records by their types. Made from the route table and the types that serve it. The "
                                        "ledger itself is at /log/ (checkpoint, checkpoint.witnessed, tile/…), in the layout of C2SP tlog-tiles.");
    struct json *license = json_put_object(info, "license");
    json_put_cstr(license, "name", "Apache-2.0");
    json_put_cstr(license, "identifier", "Apache-2.0");
    json_put_cstr(json_push_object(json_put_array(v, "servers")), "url", "/api/v1");
    struct json *security = json_put_array(v, "security");
    json_put_array(json_push_object(security), "session");
    json_put_array(json_push_object(security), "token");
}

/* Whoever has not signed in sees what is built in; what the organisation laid over it is its own. */
static bool types_of(struct call *c, const struct record_type ***ret, size_t *ret_count, struct err *e)
{
    bool is_own = c->is_signed_in;
    if (is_own && !call_view(c, e))
        return false;
    size_t count = is_own ? record_types_count(c->records->types) : content_record_type_count;
    const struct record_type **list = arena_array(c->arena, count + 1, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = is_own ? record_types_at(c->records->types, i) : &content_record_types[i];
    *ret = list;
    *ret_count = count;
    return true;
}

bool handle_openapi(struct call *c, struct err *e)
{
    const struct record_type **types;
    size_t type_count;
    if (!types_of(c, &types, &type_count, e))
        return false;
    struct json *v = json_object(c->arena);
    struct description d = {.call = c, .paths = json_object(c->arena), .schemas = json_object(c->arena)};
    put_info(v);
    put_problem(&d);
    struct json *tags = json_put_array(v, "tags");
    json_put_cstr(json_push_object(tags), "name", "assay");
    json_put_cstr(tags->last, "description", "What the program concludes");
    for (size_t i = 0; i < route_count; i++)
        if (route_is_api(&routes[i]) && !str_starts(str_of(routes[i].path), "/api/v1/records/:type"))
            add_operation(&d, &routes[i], NULL);
    for (size_t k = 0; k < type_count; k++) {
        const struct record_type *t = types[k];
        struct json *tag = json_push_object(tags);
        json_put_cstr(tag, "name", t->id);
        json_put_cstr(tag, "description", t->words);
        put_values(&d, t, USE_SHOWN);
        put_values(&d, t, USE_CREATE);
        put_values(&d, t, USE_CHANGE);
        put_record(&d, t);
        put_requests(&d, t);
        for (size_t i = 0; i < route_count; i++) {
            bool is_records = str_starts(str_of(routes[i].path), "/api/v1/records/:type");
            bool is_move = routes[i].handler == handle_api_move;
            if (is_records && (!is_move || t->transition_count))
                add_operation(&d, &routes[i], t);
        }
    }
    json_put(v, "paths", d.paths);
    put_components(&d, v);
    return call_json(c, v, e);
}
