/* cmd_witness.c - a witness for the ledgers of others: serve, its key, its list of logs. */
#include "base/times.h"
#include "cli/cosigner_cli.h"
#include "role/cosigner.h"
#include "role/witness_poll.h"

static int poll_logs(struct cli_context *c, struct str logs)
{
    int64_t seconds = 50;
    const char *interval = cli_option(c, "interval");
    if (interval && (!str_to_int64(str_of(interval), &seconds) || seconds < 1 || seconds > 86400))
        return cli_wrong_use(c, "--interval %.40s: wants seconds, 1 to 86400", interval);
    struct witness_poll o = {.dir = cosigner_cli_dir(c, "witness"),
                             .name = cli_option(c, "name"),
                             .ca_file = cli_option(c, "ca"),
                             .logs = logs,
                             .interval_ms = cli_flag(c, "once") ? 0 : seconds * MS_SECOND};
    return witness_poll_run(&o);
}

static int serve(struct cli_context *c)
{
    struct err e = {0};
    struct buf BUF_AUTO logs;
    bool is_polling = cli_flag(c, "poll");
    buf_init(&logs, LOG_LIST_BYTES_MAX);
    if (!cli_option(c, "listen") == !is_polling)
        return cli_wrong_use(c, "one of --listen ADDRESS (logs come here) and --poll (we go to the logs) is needed; or key, add, list");
    if (!cosigner_cli_logs(c, &logs, &e))
        return cli_fail(&e);
    if (is_polling)
        return poll_logs(c, buf_view(&logs));
    struct cosigner_serve o = {.kind = COSIGNER_WITNESS,
                               .dir = cosigner_cli_dir(c, "witness"),
                               .listen = cli_option(c, "listen"),
                               .name = cli_option(c, "name"),
                               .logs = buf_view(&logs)};
    return cosigner_serve(&o);
}

static void facts_json(struct json *list, const struct log_entry *log, const struct witness_facts *f)
{
    struct json *o = json_push_object(list);
    json_put_cstr(o, "origin", log->origin);
    json_put_cstr(o, "hash", log->hash);
    if (!f->is_seen)
        return;
    json_put_int(o, "size", (int64_t)f->head.size);
    json_put_hex(o, "root", f->head.root.bytes, SHA256_SIZE);
    json_put_int(o, "cosignatures", (int64_t)f->cosignatures);
    json_put_int(o, "first_s", (int64_t)f->first_s);
    json_put_int(o, "last_s", (int64_t)f->last_s);
    json_put_int(o, "longest_gap_s", (int64_t)f->longest_gap_s);
    json_put_int(o, "conflicts", (int64_t)f->conflicts);
}

static void facts_text(struct buf *b, const struct log_entry *log, const struct witness_facts *f)
{
    char first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    buf_printf(b, "%s\n", log->origin);
    if (!f->is_seen) {
        buf_cstr(b, "  nothing cosigned yet\n");
        return;
    }
    time_format((int64_t)f->first_s * MS_SECOND, first);
    time_format((int64_t)f->last_s * MS_SECOND, last);
    buf_printf(b, "  size %llu, cosigned %llu time%s from %s to %s, longest pause %llu s\n", (unsigned long long)f->head.size,
               (unsigned long long)f->cosignatures, f->cosignatures == 1 ? "" : "s", first, last, (unsigned long long)f->longest_gap_s);
    if (f->conflicts)
        buf_printf(b,
                   "  MISBEHAVIOUR: %zu times the log signed two different heads of one size; the proof is in conflicts/%s-*\n",
                   f->conflicts, log->hash);
}

static int list(struct cli_context *c, const struct cosigner *cosigner)
{
    struct err e = {0};
    struct log_list logs;
    struct json *out = json_array(c->arena);
    struct buf BUF_AUTO text;
    size_t conflicts = 0;
    buf_init(&text, 1 << 20);
    if (!cosigner_logs(cosigner, c->arena, &logs, &e))
        return cli_fail(&e);
    for (size_t i = 0; i < logs.count; i++) {
        struct witness_facts facts;
        if (log_list_find(&logs, logs.entries[i].origin) != &logs.entries[i])
            continue; /* a further key of the same log */
        if (!witness_facts(cosigner->dir, &logs.entries[i], &facts, &e))
            return cli_fail(&e);
        facts_json(out, &logs.entries[i], &facts);
        facts_text(&text, &logs.entries[i], &facts);
        conflicts += facts.conflicts;
    }
    int status = c->json ? cli_print_json(out) : cli_print(buf_view(&text));
    return status ? status : conflicts ? 1 : 0;
}

static int run(struct cli_context *c)
{
    return c->argument_count ? cosigner_cli_run(c, "witness", list) : serve(c);
}

const struct cli_command cli_command_witness = {
    .name = "witness",
    .summary = "cosign the heads of other ledgers, so that they cannot be rewritten unseen",
    .usage = "--listen ADDRESS | --poll [--once] | key | add VKEY [URL [ORIGIN]] | list",
    .example = "assay witness --listen 127.0.0.1:8421 --log \"$(cat ledger.vkey)\"",
    .options =
        (const struct cli_option[]){
            {"dir", 0, "DIR", "the witness's own directory; otherwise the default data directory with -witness behind it"},
            {"listen", 0, "ADDRESS", "serve at ADDRESS:PORT or unix:/path: POST /add-checkpoint, GET /<hash>/checkpoint"},
            {"poll", 0, NULL, "connect out only: ask the logs for their heads at their URL, and bring them the cosignatures"},
            {"once", 0, NULL, "poll once, then end"},
            {"interval", 0, "SECONDS", "time between two polls, 50 unless given"},
            {"ca", 0, "FILE", "authorities (PEM) that https logs must be under; otherwise the system's"},
            {"log", 0, "VKEY", "add this log first"},
            {"logs", 0, "FILE", "add the logs of a file first: lines \"log VKEY [URL [ORIGIN]]\""},
            {"name", 0, "NAME", "what the key is called when it is made; otherwise made from the host's name"},
            {0}},
    .details =
        "Speaks C2SP tlog-witness. It gets origin, size and root of a ledger and nothing else, and signs a head only if it\n"
        "extends every head that it signed before. The key is made at the first start; a running witness notices added logs.\n"
        "--poll is for where nobody can connect to, as behind a router: URL is the log's prefix, as https://ledger.example.com/log.\n"
        "list ends with status 1 when a log signed two heads of one size.",
    .arguments_max = -1,
    .has_json = true,
    .run = run,
};
