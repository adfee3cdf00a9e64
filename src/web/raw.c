/* The bytes of a capture, as a file: never shown by the browser as anything that could run. */
#include "web/site.h"

bool handle_raw(struct call *c, struct err *e)
{
    int64_t leaf;
    if (!str_to_int64(c->parameters[0], &leaf) || leaf < 0)
        return err_set(e, ERR_NOT_FOUND, "'%.*s' is not the number of a leaf", STR_ARGS(c->parameters[0]));
    if (!call_view(c, e))
        return false;
    struct str commitment = db_one_text(c->arena, c->view.db, e, "select c from capture where leaf = ?1", A(leaf));
    struct str name = db_one_text(c->arena, c->view.db, e, "select x from capture where leaf = ?1", A(leaf));
    struct str table = db_one_text(c->arena, c->view.db, e, "select tbl from capture where leaf = ?1", A(leaf));
    if (e->code)
        return false;
    if (!name.data)
        return err_set(e, ERR_NOT_FOUND, "leaf %lld is no capture", (long long)leaf);
    struct str plain;
    if (!c->view.blobs.read(c->view.blobs.context, c->arena, (uint64_t)leaf, commitment.data, name.data, &plain, e))
        return false;
    call_bytes(c, "application/jsonl; charset=utf-8", plain);
    c->response->is_sandboxed = true;
    c->response->disposition =
        arena_printf(c->arena, "attachment; filename=\"%.*s-%lld.jsonl\"", STR_ARGS(table), (long long)leaf);
    return true;
}
