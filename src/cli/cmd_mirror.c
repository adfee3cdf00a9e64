/* cmd_mirror.c - a copy of a ledger's public part, held by somebody else: pull, take pushes, push. */
#include "base/times.h"
#include "cli/cosigner_cli.h"
#include "role/cosigner.h"
#include "role/mirror.h"
#include <unistd.h>

static int serve(struct cli_context *c, struct str logs)
{
    struct cosigner_serve o = {.kind = COSIGNER_MIRROR,
                               .dir = cosigner_cli_dir(c, "mirror"),
                               .listen = cli_option(c, "listen"),
                               .name = cli_option(c, "name"),
                               .logs = logs};
    return cosigner_serve(&o);
}

static int pull(struct cli_context *c, struct str logs)
{
    int64_t seconds = 60;
    const char *interval = cli_option(c, "interval");
    if (interval && (!str_to_int64(str_of(interval), &seconds) || seconds < 1 || seconds > 86400))
        return cli_wrong_use(c, "--interval %.40s: wants seconds, 1 to 86400", interval);
    struct mirror_pull o = {.from = cli_option(c, "from"),
                            .dir = cosigner_cli_dir(c, "mirror"),
                            .name = cli_option(c, "name"),
                            .ca_file = cli_option(c, "ca"),
                            .logs = logs,
                            .interval_ms = cli_flag(c, "once") ? 0 : seconds * MS_SECOND,
                            .cosigns = cli_flag(c, "cosign")};
    return mirror_pull_run(&o);
}

static int push(struct cli_context *c)
{
    struct err e = {0};
    struct mirror_sent sent;
    struct buf BUF_AUTO lines;
    buf_init(&lines, 1 << 16);
    if (c->argument_count != 3)
        return cli_wrong_use(c, "push what where? push DIR URL");
    int source = mirror_source_open(c->arguments[1], &e);
    bool ok = source >= 0 && mirror_push(source, c->arguments[2], cli_option(c, "ca"), &lines, &sent, &e);
    if (source >= 0)
        close(source);
    if (!ok)
        return cli_fail(&e);
    if (c->json) {
        struct json *o = json_object(c->arena);
        json_put_cstr(o, "origin", sent.checkpoint.origin);
        json_put_int(o, "size", (int64_t)sent.checkpoint.size);
        json_put_int(o, "entries", (int64_t)sent.entries);
        json_put_str(o, "cosignatures", buf_view(&lines));
        return cli_print_json(o);
    }
    struct str text =
        arena_printf(c->arena, "%s: the mirror holds %llu leaves, %llu of them new\n%.*s", sent.checkpoint.origin,
                     (unsigned long long)sent.checkpoint.size, (unsigned long long)sent.entries, STR_ARGS(buf_view(&lines)));
    return cli_print(text);
}

static int list(struct cli_context *c, const struct cosigner *cosigner)
{
    struct err e = {0};
    struct log_list logs;
    struct json *out = json_array(c->arena);
    struct buf BUF_AUTO text, BUF_AUTO note;
    buf_init(&text, 1 << 20);
    buf_init(&note, 1 << 18);
    if (!cosigner_logs(cosigner, c->arena, &logs, &e))
        return cli_fail(&e);
    for (size_t i = 0; i < logs.count; i++) {
        const struct log_entry *log = &logs.entries[i];
        struct checkpoint head = {.size = 0};
        struct str signed_text, lines;
        if (log_list_find(&logs, log->origin) != log)
            continue;
        buf_clear(&note);
        const char *path = arena_printf(c->arena, "ledger/%s/checkpoint", log->hash).data;
        bool is_there = os_file_read(&os_file_real, cosigner->dir, path, &note, &e);
        if (is_there ? !checkpoint_parse(buf_view(&note), &head, &signed_text, &lines, &e) : e.code != ERR_NOT_FOUND)
            return cli_fail(&e);
        struct json *o = json_push_object(out);
        json_put_cstr(o, "origin", log->origin);
        json_put_cstr(o, "hash", log->hash);
        if (is_there)
            json_put_int(o, "size", (int64_t)head.size);
        buf_printf(&text, "%s\n  ", log->origin);
        if (is_there)
            buf_printf(&text, "%llu leaves in ledger/%s\n", (unsigned long long)head.size, log->hash);
        else
            buf_cstr(&text, "nothing copied yet\n");
    }
    return c->json ? cli_print_json(out) : cli_print(buf_view(&text));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct buf BUF_AUTO logs;
    buf_init(&logs, LOG_LIST_BYTES_MAX);
    if (c->argument_count)
        return strcmp(c->arguments[0], "push") == 0 ? push(c) : cosigner_cli_run(c, "mirror", list);
    const char *listen = cli_option(c, "listen"), *from = cli_option(c, "from");
    if (!listen == !from)
        return cli_wrong_use(c, "one of --from (pull) and --listen (take pushes) is needed; or push, key, add, list");
    if (!cosigner_cli_logs(c, &logs, &e))
        return cli_fail(&e);
    return listen ? serve(c, buf_view(&logs)) : pull(c, buf_view(&logs));
}

const struct cli_command cli_command_mirror = {
    .name = "mirror",
    .summary = "hold a copy of other ledgers' public part, every leaf of it proven",
    .usage = "--from URL|DIR [--once] | --listen ADDRESS | push DIR URL | key | add VKEY [URL [ORIGIN]] | list",
    .example = "assay mirror --from https://ledger.example.com/log --log \"$(cat ledger.vkey)\" --cosign",
    .options =
        (const struct cli_option[]){
            {"dir", 0, "DIR", "the mirror's own directory; otherwise the default data directory with -mirror behind it"},
            {"from", 0, "URL|DIR", "pull from this prefix (what stands before /checkpoint) or directory"},
            {"once", 0, NULL, "pull once, then end"},
            {"interval", 0, "SECONDS", "time between two pulls, 60 unless given"},
            {"cosign", 0, NULL, "put the mirror's cosignature under what was pulled"},
            {"listen", 0, "ADDRESS", "take pushes at ADDRESS:PORT or unix:/path, and serve the copies there"},
            {"log", 0, "VKEY", "add this log first"},
            {"logs", 0, "FILE", "add the logs of a file first: lines \"log VKEY [URL [ORIGIN]]\""},
            {"name", 0, "NAME", "what the key is called when it is made"},
            {"ca", 0, "FILE", "authorities (PEM) that an https server must be under"},
            {0}},
    .details =
        "Speaks C2SP tlog-tiles (pull) and tlog-mirror (push). The copy lies in DIR/ledger/<hash>, for any tool that reads such\n"
        "logs, and for assay verify DIR. push sends the public part of a data directory, or of a mirror, to a mirror.",
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
