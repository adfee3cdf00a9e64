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

static int key(struct cli_context *c, const struct cosigner *cosigner)
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

static int add(struct cli_context *c, const struct cosigner *cosigner)
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

int cosigner_cli_run(struct cli_context *c, const char *kind, int (*list)(struct cli_context *c, const struct cosigner *cosigner))
{
    struct err e = {0};
    struct cosigner cosigner;
    const char *what = c->arguments[0];
    bool is_key = strcmp(what, "key") == 0, is_add = strcmp(what, "add") == 0, is_list = strcmp(what, "list") == 0;
    if (!is_key && !is_add && !is_list)
        return cli_wrong_use(c, "no such thing to do: %.40s", what);
    if (!is_add && c->argument_count > 1)
        return cli_wrong_use(c, "too many arguments: %.80s", c->arguments[1]);
    if (is_add && c->argument_count < 2 && !cli_option(c, "log") && !cli_option(c, "logs"))
        return cli_wrong_use(c, "add what? VKEY [URL [ORIGIN]]");
    if (!cosigner_open(cosigner_cli_dir(c, kind), kind, cli_option(c, "name"), false, c->env, &cosigner, &e))
        return cli_fail(&e);
    int status = is_key ? key(c, &cosigner) : is_add ? add(c, &cosigner) : list(c, &cosigner);
    cosigner_close(&cosigner);
    return status;
}
