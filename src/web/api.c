/* The API: the view models as they are, and their description made from the route table. */
#include "os/program.h"
#include "web/site.h"

enum { API_BYTES_MAX = 32 << 20 };

static bool answer_json(struct call *c, const struct json *v, struct err *e)
{
    struct buf b;
    buf_init(&b, API_BYTES_MAX);
    json_write(&b, v);
    buf_char(&b, '\n');
    bool is_full = b.full;
    struct str body = arena_str(c->arena, buf_view(&b));
    buf_release(&b);
    if (is_full)
        return err_set(e, ERR_TOO_LARGE, "the answer is over %d MiB; ask for fewer rows with per_page", API_BYTES_MAX >> 20);
    c->response->cache = "private, no-cache";
    return call_bytes(c, "application/json", body);
}

bool handle_api(struct call *c, struct err *e)
{
    struct cache_state state;
    site_state(c->site, c->now_ms, &state);
    if (call_kept(c, &state))
        return true;
    if (!call_filter(c, e) || !call_view(c, e))
        return false;
    struct json *v = c->route->page->build(c, e);
    if (!v || !answer_json(c, v, e))
        return false;
    call_keep(c, &state);
    return true;
}

bool handle_health(struct call *c, struct err *e)
{
    struct json *v = json_object(c->arena);
    json_put_bool(v, "ok", true);
    json_put_bool(v, "writable", keeper_link_is_up(c->site->keeper));
    return answer_json(c, v, e);
}

/* ---- OpenAPI ---- */

static void add_parameter(struct json *list, const char *name, const char *place, const char *type, const char *words)
{
    struct json *p = json_push_object(list);
    json_put_cstr(p, "name", name);
    json_put_cstr(p, "in", place);
    json_put_bool(p, "required", strcmp(place, "path") == 0);
    json_put_cstr(p, "description", words);
    json_put_cstr(json_put_object(p, "schema"), "type", type);
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

/* "/api/v1/tests/:id" is "/tests/{id}" below the server's address. */
static struct str path_template(struct call *c, const struct route *r, struct json *parameters)
{
    struct buf b;
    buf_init(&b, 256);
    struct str rest = str_of(r->path + strlen("/api/v1/")), part;
    bool is_more = true;
    while (is_more) {
        is_more = str_cut(&rest, '/', &part);
        if (str_starts(part, ":")) {
            struct str name = arena_str(c->arena, str_slice(part, 1, part.size));
            buf_printf(&b, "/{%.*s}", STR_ARGS(name));
            add_parameter(parameters, name.data, "path", "string", "Which one");
        } else {
            buf_printf(&b, "/%.*s", STR_ARGS(part));
        }
    }
    struct str path = arena_str(c->arena, buf_view(&b));
    buf_release(&b);
    return path;
}

static void add_response(struct json *responses, const char *status, const char *words, const char *media)
{
    struct json *r = json_put_object(responses, status);
    json_put_cstr(r, "description", words);
    if (media)
        json_put_cstr(json_put_object(json_put_object(json_put_object(r, "content"), media), "schema"), "type", "object");
}

static void add_operation(struct call *c, struct json *paths, const struct route *r)
{
    struct json *parameters = json_array(c->arena);
    struct str path = path_template(c, r, parameters);
    struct json *item = NULL;
    JSON_EACH (known, paths)
        item = str_equal(known->key, path) ? known : item;
    if (!item)
        item = json_put_object(paths, path.data);
    struct json *operation = json_put_object(item, r->method == HTTP_POST ? "post" : "get");
    json_put_cstr(operation, "summary", r->words);
    if (r->page && r->page->words)
        json_put_cstr(operation, "description", r->page->words);
    json_put_cstr(operation, "x-permission", permission_name(r->permit));
    if (r->page) {
        add_parameter(parameters, "at", "query", "string", "As it was known at: 2026-11-01, 2026-11-01T10:30:00Z, now-3d");
        if (r->page->column_count)
            add_filter(parameters);
    }
    json_put(operation, "parameters", parameters);
    if (r->permit == PERMISSION_PUBLIC)
        json_put_array(operation, "security");
    struct json *responses = json_put_object(operation, "responses");
    if (r->method == HTTP_POST) {
        struct json *content = json_put_object(json_put_object(operation, "requestBody"), "content");
        struct json *schema = json_put_object(json_put_object(content, "application/x-www-form-urlencoded"), "schema");
        json_put_cstr(schema, "type", "object");
        json_put_cstr(json_put_object(json_put_object(schema, "properties"), "csrf"), "type", "string");
        add_response(responses, "303", "Accepted; the address to look at is in Location", NULL);
    } else {
        add_response(responses, "200", r->words, "application/json");
    }
    add_response(responses, "default", "A problem (RFC 9457)", "application/problem+json");
}

bool handle_openapi(struct call *c, struct err *e)
{
    struct json *v = json_object(c->arena);
    json_put_cstr(v, "openapi", "3.1.0");
    struct json *info = json_put_object(v, "info");
    json_put_cstr(info, "title", "Assay");
    json_put_cstr(info, "version", PROGRAM_VERSION);
    json_put_cstr(info, "description", "Every page's view model. Made from the route table. The ledger itself is at /log/ (checkpoint, "
                                        "checkpoint.witnessed, tile/…), in the layout of C2SP tlog-tiles.");
    json_put_cstr(json_push_object(json_put_array(v, "servers")), "url", "/api/v1");
    json_put_array(json_push_object(json_put_array(v, "security")), "session");
    struct json *scheme = json_put_object(json_put_object(json_put_object(v, "components"), "securitySchemes"), "session");
    json_put_cstr(scheme, "type", "apiKey");
    json_put_cstr(scheme, "in", "cookie");
    json_put_cstr(scheme, "name", "assay");
    struct json *paths = json_put_object(v, "paths");
    for (size_t i = 0; i < route_count; i++)
        if (route_is_api(&routes[i]))
            add_operation(c, paths, &routes[i]);
    return answer_json(c, v, e);
}
