/* cmd_user.c - who may sign in: today the local administrator, by one-time link. */
#include "cli/cli.h"
#include "keeper/data_dir.h"
#include "web/web.h"
#include <stdio.h>

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct data_dir dir;
    char token[WEB_TOKEN_SIZE], text[512];
    if (strcmp(c->arguments[0], "link") != 0)
        return cli_wrong_use(c, "%.40s: the only thing to do yet is link", c->arguments[0]);
    const char *url = cli_option(c, "url");
    if (!url)
        url = "http://127.0.0.1:8420";
    if (strlen(url) > 300)
        return cli_wrong_use(c, "--url: at most 300 characters");
    if (!data_dir_open(&dir, c->data_dir, &e))
        return cli_fail(&e);
    bool is_made = web_link_new(dir.path, c->env, token, &e);
    data_dir_close(&dir);
    if (!is_made)
        return cli_fail(&e);
    int size = snprintf(text, sizeof(text), "%s/sign-in?token=%s\n", url, token);
    return cli_print(str_make(text, (size_t)size));
}

const struct cli_command cli_command_user = {
    .name = "user",
    .summary = "make a one-time sign-in link for the local administrator",
    .usage = "link [--url URL]",
    .example = "assay user link",
    .options =
        (const struct cli_option[]){{"url", 0, "URL", "where the web interface is, http://127.0.0.1:8420 unless given"}, {0}},
    .details = "The link works once, within 15 minutes.",
    .arguments_min = 1,
    .arguments_max = 1,
    .run = run,
};
