/* bundle_pages.c - pages and statements that the caller writes, behind everything that the ledger itself says. */
#include "ledger/bundle_internal.h"

static bool name_take(struct bundle_sink *s, const char *name, struct err *e)
{
    if (s->is_open || strcmp(name, s->name) <= 0 || strlen(name) > 99)
        return err_set(e, ERR_INTERNAL, "bundle: page %.100s is out of order, or its name is over 99 bytes", name);
    snprintf(s->name, sizeof(s->name), "%s", name);
    return true;
}

bool bundle_page(struct bundle_sink *s, const char *name, struct str bytes, struct err *e)
{
    return name_take(s, name, e) && spool_member(s->to, name, bytes, e);
}

bool bundle_page_begin(struct bundle_sink *s, const char *name, struct err *e)
{
    if (!name_take(s, name, e))
        return false;
    s->is_open = true;
    return spool_file_open(&s->open, s->tmp_dir, e);
}

bool bundle_page_add(struct bundle_sink *s, struct str bytes, struct err *e)
{
    return spool_file_add(&s->open, bytes, e);
}

bool bundle_page_end(struct bundle_sink *s, struct err *e)
{
    bool ok = spool_member_file(s->to, s->name, &s->open, e);
    spool_file_close(&s->open);
    s->is_open = false;
    return ok;
}

bool bundle_pages_write(struct bundle_writer *w, struct err *e)
{
    if (!w->o->pages)
        return true;
    struct bundle_sink s = {.to = &w->parts[AFTER], .tmp_dir = w->tmp_dir, .open.fd = -1};
    bool ok = w->o->pages(w->o->pages_context, &s, e);
    if (s.is_open)
        spool_file_close(&s.open);
    return ok;
}
