/* The room Assets and data: its pages, and registering what was seen. */
#include "pages.h"
#include "report/view_asset.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { REASON_MAX = 2000, REGISTERED_MAX = 2000 };

static struct json *finish(struct call *c, struct json *v)
{
    struct str done = STR("");
    struct err ignored = {0};
    if (!v || route_is_api(c->route))
        return v;
    if (!call_query(c, "done", &done, &ignored))
        done = STR("");
    json_put_cstr(v, "done", str_is(done, "registered") ? "Registered." : str_is(done, "created") ? "Added." : str_is(done, "out") ? "Left out; it is in the register with its reason." : "");
    return v;
}

static struct json *build_assets(struct call *c, struct err *e)
{
    return finish(c, view_assets(&c->view, c->records, &c->filter, e));
}

static struct json *build_stores(struct call *c, struct err *e)
{
    struct str class, per_page;
    if (!call_query(c, "class", &class, e) || !call_query(c, "per_page", &per_page, e))
        return NULL;
    if (!per_page.size && !route_is_api(c->route))
        c->filter.per_page = STORES_PER_PAGE; /* each says all that its class asks for: fifty would be 82 KB */
    return finish(c, view_asset_stores(&c->view, c->records, &c->filter, class, e));
}

static struct json *build_encryption(struct call *c, struct err *e)
{
    struct str class, medium;
    return call_query(c, "class", &class, e) && call_query(c, "medium", &medium, e) ? finish(c, view_asset_encryption(&c->view, c->records, class, medium, e)) : NULL;
}

static struct json *build_suggestions(struct call *c, struct err *e)
{
    return finish(c, view_asset_suggestions(&c->view, c->records, e));
}

static void put_registered(struct call *c, struct record_change *change, const struct json *s, bool is_in, struct str reason)
{
    const char *type = arena_str(c->arena, json_text(s, "type")).data;
    *change = (struct record_change){.type = str_of(type), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(change->set, "name", json_text(s, "name"));
    if (json_text(s, "kind").size)
        json_put_str(change->set, "kind", json_text(s, "kind"));
    json_put_bool(change->set, "in_scope", is_in);
    if (reason.size)
        json_put_str(change->set, "reason", reason);
    json_put_str(change->set, "seen_as", json_text(s, "seen_as"));
    if (json_text(s, "subject").size)
        json_put_str(change->set, "subject", json_text(s, "subject"));
    record_defaults(record_types_find(c->records->types, change->type), change->set, c->access, c->now_ms);
}

bool handle_asset_register(struct call *c, struct err *e)
{
    struct str key = form_value(&c->form, "key"), reason = str_trim(form_value(&c->form, "reason"));
    bool is_all = str_is(key, "all"), is_in = is_all || str_is(form_value(&c->form, "is_in"), "yes");
    const struct json *list = call_view(c, e) ? asset_suggestions(&c->view, c->records, e) : NULL;
    if (!list)
        return false;
    if (!is_in && (reason.size == 0 || reason.size > REASON_MAX))
        return err_set(e, ERR_INVALID, "reason: %s", reason.size ? "at most 2000 bytes" : "say why it is left out; what is outside without a reason is what an auditor asks about first");
    struct record_change *changes = arena_array(c->arena, list->count + 1, sizeof *changes);
    size_t count = 0;
    JSON_EACH (s, list)
        if ((is_all || str_equal(json_text(s, "key"), key)) && count < REGISTERED_MAX)
            put_registered(c, &changes[count++], s, is_in, is_in ? STR("") : reason);
    struct json *answer;
    if (count == 0)
        return err_set(e, ERR_NOT_FOUND, "key: this is registered already, or is no longer seen; load the page again");
    return records_submit_all(c, changes, count, NULL, &answer, e) && call_redirect(c, is_in ? STR("/assets/suggestions?done=registered") : STR("/assets/suggestions?done=out"));
}

static const struct list_column asset_columns[] = {{"status", "State", "", false, "status_words"}, {"title", "Asset", "grow", false, NULL},         {"kind", "Kind", "", false, "kind_words"},
                                                   {"environment", "Environment", "wide", false, NULL}, {"class", "Class", "", false, "class_words"}, {"owner", "Owner", "wide", false, "owner.name"},
                                                   {"seen", "Seen", "wide", false, "seen.text"}};
const struct page page_kind_assets = {.nav = "assets", .build = build_assets, .render = page_assets, .columns = asset_columns, .column_count = sizeof(asset_columns) / sizeof(asset_columns[0]),
                                      .words = "The register of assets, and what is missing of each"};
const struct page page_kind_asset_stores = {.nav = "assets", .build = build_stores, .render = page_asset_stores, .words = "Data stores against the duties of their class"};
const struct page page_kind_asset_encryption = {.nav = "assets", .build = build_encryption, .render = page_asset_encryption, .words = "Encryption by class and medium, and what hosts show"};
const struct page page_kind_asset_suggestions = {.nav = "assets", .build = build_suggestions, .render = page_asset_suggestions, .words = "Seen and not registered, registered and not seen"};
