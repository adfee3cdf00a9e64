/* assay audit bundle ENG: what an auditor takes home. */
#include "cli/bundle_made.h"
#include "cli/cmd_audit.h"
#include "report/bundle/bundle.h"
#include "role/print_once.h"

enum { XLSX_BYTES_MAX = 96 << 20 };

static bool print(void *context, struct arena *a, const struct json *document, const char *format, struct str *ret, struct err *e)
{
    struct buf BUF_AUTO b = {0};
    (void)context;
    if (strcmp(format, "pdf") == 0)
        return print_once(a, document, ret, e);
    buf_init(&b, XLSX_BYTES_MAX);
    if (!cli_xlsx_bytes(a, document, &b, e))
        return false;
    *ret = arena_str(a, buf_view(&b));
    return true;
}

static bool write_all(struct cli_context *c, const char *id, const char *path, struct bundle_report *ret, struct err *e)
{
    struct bundle_made m;
    bool ok = bundle_made_open(c, &m, NULL, NULL, e);
    struct audit_bundle_job job = {.db = m.officer.projection, .keeper = m.officer.keeper, .blobs = m.blobs, .engagement = id, .print = print, .base = &m.o};
    struct audit_bundle_moment moment = {0};
    ok = ok && audit_bundle_prepare(c->arena, &job, &moment, e) && bundle_made_write(&m, path, ret, e);
    audit_bundle_done(&moment);
    bundle_made_close(&m);
    return ok;
}

static int report(struct cli_context *c, const char *path, const struct bundle_report *r)
{
    if (c->json)
        return cli_print_json(bundle_made_json(c->arena, path, r));
    return cli_print(arena_printf(c->arena,
                                  "%s: %llu leaves, %llu blobs, %llu withheld, %llu erased; %llu bytes\n"
                                  "Read it:  tar xf %s && xdg-open index.html\nCheck it: assay-verify %s && assay reperform %s\n",
                                  path, (unsigned long long)r->leaves, (unsigned long long)r->blobs, (unsigned long long)r->withheld, (unsigned long long)r->erased,
                                  (unsigned long long)r->bytes, path, path, path));
}

int audit_bundle_run(struct cli_context *c)
{
    struct err e = {0};
    struct bundle_report made = {0};
    const char *path = cli_option(c, "output");
    if (c->argument_count != 2 || !path)
        return cli_wrong_use(c, "bundle wants an engagement and --output FILE: assay audit bundle ENG-0001 --output eng-0001.slb");
    return write_all(c, c->arguments[1], path, &made, &e) ? report(c, path, &made) : cli_fail(&e);
}
