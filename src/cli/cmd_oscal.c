/* cmd_oscal.c - assay report oscal: a file for each of OSCAL's models. */
#include "cli/cmd_oscal.h"

#include "cli/open_view.h"
#include "collect/captures.h"
#include "os/file.h"
#include "oscal/oscal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool model_write(struct oscal *o, enum oscal_model m, int dir, struct json *rows, struct err *e)
{
    const struct json *v = oscal_export(o, m, e);
    struct buf BUF_AUTO b;
    buf_init(&b, OSCAL_BYTES_MAX);
    if (!v)
        return false;
    json_write_pretty(&b, v);
    buf_char(&b, '\n');
    char name[64];
    snprintf(name, sizeof name, "%s.json", oscal_model_name(m));
    if (b.full)
        return err_set(e, ERR_TOO_LARGE, "%s: over %d MiB", name, OSCAL_BYTES_MAX >> 20);
    if (!os_file_replace(&os_file_real, dir, name, buf_view(&b), 0644, e))
        return false;
    struct json *row = json_push_object(rows);
    json_put_cstr(row, "model", oscal_model_name(m));
    json_put_int(row, "bytes", (int64_t)b.size);
    json_put_cstr(row, "words", oscal_model_words(m));
    return true;
}

static bool all_write(struct cli_context *c, struct view *v, const char *path, struct json *rows, struct err *e)
{
    const char *engagement = cli_option(c, "engagement");
    struct record_types *types = record_types_open(v->db, e);
    struct oscal *o = types ? oscal_open(v, types, NULL, str_of(engagement ? engagement : ""), e) : NULL;
    int dir = -1;
    bool ok = o != NULL;
    if (ok && mkdir(path, 0755) != 0 && errno != EEXIST)
        ok = err_errno(e, errno, "%s", path);
    if (ok && (dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        ok = err_errno(e, errno, "%s", path);
    for (int m = 0; m < OSCAL_MODELS && ok; m++)
        ok = model_write(o, (enum oscal_model)m, dir, rows, e);
    if (dir >= 0)
        close(dir);
    record_types_close(types);
    return ok;
}

int oscal_report(struct cli_context *c)
{
    struct err e = {0};
    struct opened_view o = {0};
    struct json *rows = json_array(c->arena);
    const char *path = cli_option(c, "output");
    if (!path || !path[0])
        return cli_wrong_use(c, "oscal wants --output DIR: there are eight files");
    if (!open_view(c, "at", &o, &e))
        return cli_fail(&e);
    struct blob_opener *blobs = blob_opener_direct(c->arena, o.data.path, &e); /* rows of populations */
    if (blobs)
        o.view.blobs = (struct view_blobs){blobs->open, blobs->context};
    bool ok = blobs && all_write(c, &o.view, path, rows, &e);
    close_view(&o);
    if (!ok)
        return cli_fail(&e);
    if (c->json)
        return cli_print_json(rows);
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 16);
    JSON_EACH (row, rows)
        buf_printf(&b, "%s/%.*s.json  %.*s\n", path, STR_ARGS(json_text(row, "model")), STR_ARGS(json_text(row, "words")));
    return cli_print(buf_view(&b));
}
