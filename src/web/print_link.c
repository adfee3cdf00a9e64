/* print_link.c - documents to the process that prints, and workbooks to the one that reads them: one at a time. */
#include "inspect/sheet.h"
#include "print/print.h"
#include "web/site.h"

bool site_print(struct site *s, struct arena *a, const struct json *document, struct str *ret_pdf, struct err *e)
{
    if (s->options->print_fd <= 0)
        return err_set(e, ERR_UNAVAILABLE, "this server was started without the process that prints");
    pthread_mutex_lock(&s->print_mutex);
    bool ok = !atomic_load(&s->print_is_broken) && print_ask(s->options->print_fd, a, document, ret_pdf, e);
    /* What comes too late would be taken for the next one's: the parent starts us anew. */
    if (!ok && (e->code == ERR_NONE || e->code == ERR_TIMEOUT || e->code == ERR_INTERNAL))
        atomic_store(&s->print_is_broken, true);
    if (!ok && e->code == ERR_NONE)
        err_set(e, ERR_UNAVAILABLE, "the process that prints is starting anew; try once more");
    pthread_mutex_unlock(&s->print_mutex);
    return ok;
}

struct json *site_sheet(struct site *s, struct arena *a, struct str bytes, struct err *e)
{
    if (s->options->inspect_fd <= 0)
        return err_set(e, ERR_UNAVAILABLE, "this server was started without the process that reads workbooks; send CSV"), NULL;
    pthread_mutex_lock(&s->print_mutex);
    struct json *rows = sheet_ask(s->options->inspect_fd, a, bytes, e);
    if (!rows && (e->code == ERR_TIMEOUT || e->code == ERR_UNAVAILABLE || e->code == ERR_INTERNAL))
        atomic_store(&s->print_is_broken, true); /* what comes too late would be taken for the next one's: the parent starts us anew */
    pthread_mutex_unlock(&s->print_mutex);
    return rows;
}
