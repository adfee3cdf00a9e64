#include "cli/room_cli.h"

static bool view_at(struct room_cli *r, struct err *e)
{
    int64_t at_ms;
    if (!cli_instant(r->c, "at", &at_ms, e))
        return false;
    r->view = (struct view){.db = r->records.db, .arena = r->c->arena, .now_ms = r->records.now_ms, .data = &r->records.data};
    r->shown = (struct view_records){.types = r->records.types, .access = &r->records.access};
    return view_open(&r->view, at_ms, e);
}

bool room_open(struct cli_context *c, bool writes, struct room_cli *ret, struct err *e)
{
    *ret = (struct room_cli){.c = c, .keeper = writes ? keeper_open(c->data_dir, e) : NULL, .records = {.data = {.fd = -1}}};
    if ((!writes || ret->keeper) && record_cli_open(c, false, &ret->records, e) && view_at(ret, e))
        return true;
    room_close(ret);
    return false;
}

void room_close(struct room_cli *r)
{
    records_close(&r->records);
    keeper_close(r->keeper);
    *r = (struct room_cli){.records = {.data = {.fd = -1}}};
}

bool room_submit(struct room_cli *r, const struct record_change *changes, size_t count, struct json **ret_answer, struct err *e)
{
    struct op op;
    return record_op(r->c->env, r->c->arena, changes, count, &r->records.access, &op, e) && keeper_submit(r->keeper, r->c->arena, &op, ret_answer, e) &&
           (keeper_flush(r->keeper, e) || err_wrap(e, "it is recorded, but not signed"));
}
