/* cmd_serve.c - web, API, schedule. */
#include "base/times.h"
#include "cli/cli.h"
#include "role/role.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

static int run(struct cli_context *c)
{
    int64_t interval_ms = MS_HOUR, heartbeat_ms = 5 * MS_MINUTE;
    const char *seal_every = cli_option(c, "seal-every");
    const char *every = cli_option(c, "every");
    if (every && strcmp(every, "never") == 0)
        interval_ms = 0;
    else if (every && (!cli_duration(every, &interval_ms) || interval_ms < MS_MINUTE))
        return cli_wrong_use(c, "--every %.40s: wants a duration of at least a minute (30m, 1h, PT1H), or never", every);
    if (cli_flag(c, "no-collect"))
        interval_ms = 0;
    if (seal_every && (!cli_duration(seal_every, &heartbeat_ms) || heartbeat_ms < MS_SECOND || heartbeat_ms > 5 * MS_MINUTE))
        return cli_wrong_use(c, "--seal-every %.40s: wants a duration from 1s to 5m (or PT1S to PT5M)", seal_every);
    int64_t anchor_ms = 0;
    const char *anchor = cli_option(c, "anchor-every");
    if (anchor && strcmp(anchor, "never") == 0)
        anchor_ms = -1;
    else if (anchor && (!cli_duration(anchor, &anchor_ms) || anchor_ms < MS_SECOND))
        return cli_wrong_use(c, "--anchor-every %.40s: wants a duration of at least a second (50s, PT50S), or never", anchor);
    const char *anchor_ca = cli_option(c, "anchor-ca");
    static char ca_path[PATH_MAX];
    if (anchor_ca && !realpath(anchor_ca, ca_path))
        return cli_wrong_use(c, "--anchor-ca %.200s: %s", anchor_ca, strerror(errno));
    const char *cert = cli_option(c, "tls-cert"), *key = cli_option(c, "tls-key");
    static char cert_path[PATH_MAX], key_path[PATH_MAX];
    if (!cert != !key)
        return cli_wrong_use(c, "--tls-cert and --tls-key go together");
    if (cert && !realpath(cert, cert_path))
        return cli_wrong_use(c, "--tls-cert %.200s: %s", cert, strerror(errno));
    if (key && !realpath(key, key_path))
        return cli_wrong_use(c, "--tls-key %.200s: %s", key, strerror(errno));
    struct serve_options o = {.data_dir = c->data_dir,
                              .listen = cli_option(c, "listen"),
                              .interval_ms = interval_ms,
                              .heartbeat_ms = heartbeat_ms,
                              .anchor_interval_ms = anchor_ms,
                              .anchor_ca = anchor_ca ? ca_path : NULL,
                              .tls_cert = cert ? cert_path : NULL,
                              .tls_key = key ? key_path : NULL,
                              .log_is_private = cli_flag(c, "private-log"),
                              .prints_link = !cli_flag(c, "no-link")};
    return role_serve(&o);
}

const struct cli_command cli_command_serve = {
    .name = "serve",
    .summary = "serve web and API, and keep assessing on a schedule",
    .usage = "[--listen ADDRESS] [--every DURATION] [--seal-every DURATION] [--no-collect] [--anchor-every DURATION] [--anchor-ca FILE] [--private-log] [--tls-cert FILE --tls-key FILE] [--no-link]",
    .example = "assay serve --listen 127.0.0.1:8420 --every 1h",
    .options =
        (const struct cli_option[]){
            {"listen", 0, "ADDRESS", "127.0.0.1:8420, [::1]:PORT or unix:/path; without it also systemd's socket"},
            {"every", 0, "DURATION", "time between two assessments, 1h unless given; never: none"},
            {"seal-every", 0, "DURATION", "time between two seals when nothing happens, 5m unless given; a longer silence is a gap"},
            {"no-collect", 0, NULL, "serve what is there, collect nothing (as --every never)"},
            {"anchor-every", 0, "DURATION", "time between two rounds of asking witnesses (assay anchor), 50s unless given; never"},
            {"anchor-ca", 0, "FILE", "authorities (PEM) that https witnesses and time stamp servers must be under; otherwise the system's"},
            {"private-log", 0, NULL, "show /log/ (checkpoint and tiles) only to those who are signed in"},
            {"tls-cert", 0, "FILE", "certificate and chain (PEM): serve https, on any address"},
            {"tls-key", 0, "FILE", "the certificate's private key (PEM)"},
            {"no-link", 0, NULL, "print no one-time sign-in link"},
            {0}},
    .details = "Ends on SIGTERM and Ctrl-C, after everything taken is signed. Tells systemd when it is ready.",
    .run = run,
};
