/* The API: the view models as they are. openapi.c describes them. */
#include "web/site.h"

enum { API_BYTES_MAX = 32 << 20 };

bool call_json(struct call *c, const struct json *v, struct err *e)
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
    if (!v)
        return false;
    examiner_trim(c, v);
    if (!call_json(c, v, e))
        return false;
    call_keep(c, &state);
    return true;
}

bool handle_health(struct call *c, struct err *e)
{
    struct json *v = json_object(c->arena);
    json_put_bool(v, "ok", true);
    json_put_bool(v, "writable", keeper_link_is_up(c->site->keeper));
    return call_json(c, v, e);
}
