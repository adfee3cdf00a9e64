/* examiner.c - requests of auditors, and of whoever looks at the room as its auditor sees it (?as=auditor): which addresses, which engagement, and that
 * it is written down. What they see of records is decided below (record/examine.h); both go through here, so both see the same. */
#include "record/examine.h"
#include "web/reads.h"
#include "web/records.h"

#define EXAMINES PERMISSION_BIT(PERMISSION_EXAMINE)

struct str examiner_engagement(const struct call *c)
{
    struct str path = str_of(c->route->path);
    bool is_of_one = str_starts(path, "/audit/:id") || str_starts(path, "/api/v1/audit/:id");
    return is_of_one ? c->parameters[0] : STR("");
}

struct str examiner_of(struct call *c)
{
    struct str engagement = examiner_engagement(c), said;
    struct err ignored = {0};
    return engagement.size == 0 && call_query(c, "of", &said, &ignored) ? said : engagement;
}

bool examiner_begin(struct call *c, struct err *e)
{
    struct str as;
    if (!call_query(c, "as", &as, e))
        return false;
    if (as.size == 0 || !call_may(c, PERMISSION_READ))
        return true;
    if (!str_is(as, "auditor") || http_method_changes(c->request->method))
        return err_set(e, ERR_INVALID, "as: auditor, and to look only");
    if (!call_may(c, PERMISSION_AUDIT))
        return err_set(e, ERR_DENIED, "as: this is for who leads the examination");
    c->is_preview = true;
    c->permissions = c->rights = role_permissions(content_role(STR("auditor")));
    return true;
}

bool examiner_may(const struct call *c)
{
    return (c->permissions & EXAMINES) && examine_address(str_of(http_method_name(c->request->method == HTTP_HEAD ? HTTP_GET : c->request->method)), str_of(c->route->path));
}

bool examiner_lets(const struct call *c)
{
    bool is_own = permission_full(c->route->permit) != c->route->permit; /* what is one's own of a room is not an auditor's */
    if (c->is_preview || (is_own && (c->permissions & EXAMINES)))
        return examiner_may(c);
    return call_may(c, c->route->permit) || examiner_may(c);
}

/* Who asks, bounded to the engagement of the address: the same for every auditor of it. */
bool examiner_access(struct call *c, struct access *x, struct err *e)
{
    struct db *db = c->view.db;
    struct str engagement = examiner_engagement(c);
    if (c->is_preview)
        return examine_preview(db, c->arena, examiner_of(c), c->now_ms, x, e);
    if (!x->examined || engagement.size == 0)
        return true;
    if (!examine_has(x, engagement))
        return err_set(e, ERR_NOT_FOUND, "engagement %.*s: there is none", STR_ARGS(str_slice(engagement, 0, RECORD_ID_MAX)));
    examine_narrow(db, c->arena, x, engagement);
    return true;
}

/* Before the handler: the engagement is theirs, and what they read can be written down. */
bool examiner_open(struct call *c, struct err *e)
{
    if (!(c->permissions & EXAMINES))
        return true;
    if (!reads_have_room(c->site->reads) && !reads_flush(c->site, true, e))
        return err_set(e, ERR_UNAVAILABLE, "what is read here is written down, and at the moment nothing can be; try again shortly");
    return call_view(c, e);
}

/* After it: what was shown. */
void examiner_note(struct call *c)
{
    struct str engagement = examiner_engagement(c);
    bool is_theirs = (c->permissions & EXAMINES) && !c->is_preview && examiner_may(c);
    bool is_room = str_starts(str_of(c->route->path), "/audit/:id/room") || str_starts(str_of(c->route->path), "/api/v1/audit/:id/room");
    bool is_shown = c->response->status == 200 || c->response->status == 304 || c->response->shared;
    if (!is_shown || http_method_changes(c->request->method) || (!is_theirs && !is_room))
        return;
    reads_note(c->site->reads, engagement, c->session.actor, c->now_ms, c->request->target);
}

/* What the navigation tells of the whole organisation is not in a page of the room. */
void examiner_trim(struct call *c, struct json *v)
{
    struct json *nav = (struct json *)(uintptr_t)json_get(v, "nav");
    if (!(c->permissions & EXAMINES) || !nav || nav->type != JSON_OBJECT)
        return;
    struct str origin = json_text(nav, "origin");
    struct json *empty = json_object(c->arena);
    json_put_str(empty, "origin", origin);
    empty->key = nav->key;
    empty->next = nav->next;
    *nav = *empty;
}
