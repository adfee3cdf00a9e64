/* oscal_pages.c - what is here as OSCAL: one model over the API, all eight in one archive for people. */
#include "ledger/bundle_spool.h"
#include "oscal/oscal.h"
#include "web/page_kinds.h"
#include "web/records.h"

enum { USTAR_BLOCK = 512 };

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
