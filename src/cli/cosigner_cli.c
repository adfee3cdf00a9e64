/* cosigner_cli.c - see cosigner_cli.h. */
#include "cli/cosigner_cli.h"
#include "os/file.h"
#include <fcntl.h>

const char *cosigner_cli_dir(struct cli_context *c, const char *kind)
{
    const char *dir = cli_option(c, "dir");
    return dir ? dir : arena_printf(c->arena, "%s-%s", cli_data_dir_default(c->arena), kind).data;
}

bool cosigner_cli_logs(struct cli_context *c, struct buf *out, struct err *e)
{
    const char *vkey = cli_option(c, "log"), *file = cli_option(c, "logs");
    if (vkey)
        buf_printf(out, "log %s\n", vkey);
    return !file || os_file_read(&os_file_real, AT_FDCWD, file, out, e);
}

int cosigner_cli_key(struct cli_context *c, const struct cosigner *cosigner)
{
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(&cosigner->key, &vkey);
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_cstr(o, "name", cosigner->key.name);
        json_put_str(o, "vkey", buf_view(&vkey));
        return cli_print_json(o);
    }
    buf_char(&vkey, '\n');
    return cli_print(buf_view(&vkey));
}

int cosigner_cli_add(struct cli_context *c, const struct cosigner *cosigner)
{
    struct err e = {0};
    size_t added = 0;
    struct buf BUF_AUTO logs;
    buf_init(&logs, LOG_LIST_BYTES_MAX);
    if (!cosigner_cli_logs(c, &logs, &e))
        return cli_fail(&e);
    for (int i = 1; i < c->argument_count; i++)
        buf_printf(&logs, "%s%s", i == 1 ? "log " : " ", c->arguments[i]);
    buf_char(&logs, '\n');
    if (!cosigner_logs_add(cosigner, c->arena, buf_view(&logs), &added, &e))
        return cli_fail(&e);
    struct str text = arena_printf(c->arena, added ? "added %zu\n" : "already there\n", added);
    return cli_print(text);
}
