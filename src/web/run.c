/* "Run now": a request to the parent to collect and test; the page of the test then shows the outcome. */
#include "os/ipc.h"
#include "web/site.h"

bool handle_run(struct call *c, struct err *e)
{
    if (c->site->options->control_fd <= 0)
        return err_set(e, ERR_UNAVAILABLE, "this server collects nothing itself; run `assay collect` on the host");
    if (!keeper_link_is_up(c->site->keeper))
        return err_set(e, ERR_UNAVAILABLE, "the keeper, which alone writes, is not there at the moment; try again in a moment");
    /* Only for a test that exists. */
    if (!call_view(c, e) || !view_test(&c->view, c->parameters[0], &c->filter, e))
        return false;
    char id[33];
    op_id_new(c->site->env, id);
    struct json *body = json_object(c->arena);
    json_put_cstr(body, "id", id);
    json_put_str(body, "test", c->parameters[0]);
    json_put_cstr(body, "actor", c->session.actor);
    struct buf b;
    buf_init(&b, 4096);
    json_write(&b, body);
    struct str part = buf_view(&b);
    pthread_mutex_lock(&c->site->control_mutex);
    bool is_sent = ipc_send(c->site->options->control_fd, WEB_CONTROL_RUN, &part, 1, 1000, e);
    pthread_mutex_unlock(&c->site->control_mutex);
    buf_release(&b);
    if (!is_sent)
        return err_wrap(e, "ask for a run");
    const char *prefix = route_is_api(c->route) ? "/api/v1" : "";
    return call_redirect(
        c, arena_printf(c->arena, "%s/tests/%.*s?asked=%lld", prefix, STR_ARGS(c->parameters[0]), (long long)c->now_ms));
}
