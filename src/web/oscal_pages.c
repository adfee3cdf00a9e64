/* oscal_pages.c - what is here as OSCAL: one model over the API, all eight in one archive for people. */
#include "ledger/bundle_spool.h"
#include "oscal/oscal.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { USTAR_BLOCK = 512, NAME_BYTES_MAX = 200 };

static struct oscal *open_now(struct call *c, struct err *e)
{
    struct str engagement;
    if (!call_view(c, e) || !call_query(c, "engagement", &engagement, e))
        return NULL;
    return oscal_open(&c->view, c->records->types, c->access, engagement, e);
}

bool handle_api_oscal(struct call *c, struct err *e)
{
    enum oscal_model m;
    if (!oscal_model_of(c->parameters[0], &m))
        return err_set(e, ERR_NOT_FOUND, "OSCAL has no model %.*s; as catalog, profile, system-security-plan",
                       STR_ARGS(str_slice(c->parameters[0], 0, 60)));
    struct oscal *o = open_now(c, e);
    struct json *v = o ? oscal_export(o, m, e) : NULL;
    return v && call_json(c, v, e);
}

static bool member_add(struct buf *out, enum oscal_model m, struct str text, struct err *e)
{
    char name[64], header[USTAR_BLOCK];
    static const char zeros[2 * USTAR_BLOCK];
    snprintf(name, sizeof name, "oscal/%s.json", oscal_model_name(m));
    if (!ustar_header(name, text.size, header))
        return err_set(e, ERR_INTERNAL, "%s: no name for an archive", name);
    buf_append(out, header, sizeof header);
    buf_str(out, text);
    buf_append(out, zeros, (USTAR_BLOCK - text.size % USTAR_BLOCK) % USTAR_BLOCK);
    return true;
}

bool handle_oscal_archive(struct call *c, struct err *e)
{
    struct buf BUF_AUTO out, text;
    static const char end[2 * USTAR_BLOCK];
    if (!call_step_up(c))
        return true;
    struct oscal *o = open_now(c, e);
    bool ok = o != NULL;
    buf_init(&out, OSCAL_BYTES_MAX);
    buf_init(&text, OSCAL_BYTES_MAX);
    for (int m = 0; m < OSCAL_MODELS && ok; m++) {
        const struct json *v = oscal_export(o, (enum oscal_model)m, e);
        buf_clear(&text);
        if (v)
            json_write_pretty(&text, v);
        buf_char(&text, '\n');
        ok = v && member_add(&out, (enum oscal_model)m, buf_view(&text), e);
    }
    buf_append(&out, end, sizeof end);
    if (!ok || out.full || text.full)
        return ok ? err_set(e, ERR_TOO_LARGE, "the archive is over %d MiB; write it with: assay report oscal --output DIR",
                            OSCAL_BYTES_MAX >> 20)
                  : false;
    call_bytes(c, "application/x-tar", arena_str(c->arena, buf_view(&out)));
    c->response->disposition = STR("attachment; filename=\"oscal.tar\"");
    c->response->cache = "private, no-cache";
    return true;
}

/* POST a file as application/json; ?name= is what it is kept under, ?dry_run=1 only says what would happen. */
bool handle_api_oscal_import(struct call *c, struct err *e)
{
    struct str dry, name;
    struct oscal_import i;
    struct json *answer = NULL;
    if (!call_view(c, e) || !call_query(c, "dry_run", &dry, e) || !call_query(c, "name", &name, e))
        return false;
    name = name.size ? str_slice(name, 0, NAME_BYTES_MAX) : STR("oscal.json");
    if (!oscal_import_read(&c->view, c->records->types, c->access, c->site->env, name, c->request->body, &i, e))
        return false;
    bool is_dry = str_is(dry, "1") || str_is(dry, "true");
    if (!is_dry && i.count && !records_submit_all(c, i.changes, i.count, NULL, &answer, e))
        return false;
    struct json *v = oscal_import_json(c->arena, &i, is_dry);
    json_put_int(v, "leaf", json_int(answer, "leaf", -1));
    return call_json(c, v, e);
}
