/* cmd_verify.c - checks a whole data directory, and prints what was checked, what is wrong and what could not be checked. */
#include "base/times.h"
#include "cli/cli.h"
#include "crypto/tst.h"
#include "keeper/verify_all.h"
#include "ledger/bundle_stamps.h"
#include "ledger/policy.h"
#include "os/file.h"
#include "role/mirror.h"
#include "role/role.h"
#include "verify/av.h"
#include <fcntl.h>

#include <sys/stat.h>
#include <unistd.h>

static void anchors_json(struct json *o, const struct verify_report *r)
{
    int64_t newest_ms = r->witnessed_ms > r->stamped_ms ? r->witnessed_ms : r->stamped_ms;
    json_put_int(o, "witnessed_leaves", (int64_t)r->witnessed_size);
    json_put_int(o, "witnessed_at", r->witnessed_ms);
    json_put_int(o, "witnesses", (int64_t)r->witness_count);
    json_put_int(o, "witnesses_of", (int64_t)r->witnesses_of);
    json_put_int(o, "stamped_leaves", (int64_t)r->stamped_size);
    json_put_int(o, "stamped_at", r->stamped_ms);
    if (newest_ms)
        json_put_int(o, "lag_ms", env_now_ms(&env_system) > newest_ms ? env_now_ms(&env_system) - newest_ms : 0);
    else
        json_put_null(o, "lag_ms");
}

/* How far others vouch for it, how long ago, and what the newest leaf rests on. */
static void anchors_print(struct buf *b, const struct verify_report *r)
{
    char text[TIME_TEXT_SIZE];
    int64_t newest_ms = r->witnessed_ms > r->stamped_ms ? r->witnessed_ms : r->stamped_ms, lag_ms = env_now_ms(&env_system) - newest_ms;
    buf_printf(b, "weakest  the newest leaf is %s\n", r->strength);
    if (r->witnessed_size)
        buf_printf(b, "anchored %llu leaves by %zu of %zu witnesses at %s\n", (unsigned long long)r->witnessed_size, r->witness_count,
                   r->witnesses_of, time_format(r->witnessed_ms, text));
    if (r->stamped_size)
        buf_printf(b, "stamped  %llu leaves at %s\n", (unsigned long long)r->stamped_size,
                   time_format(r->stamped_ms - r->stamped_ms % MS_SECOND, text));
    if (newest_ms)
        buf_printf(b, "lag      %s since anybody outside vouched for it\n",
                   lag_ms < MS_SECOND ? "0 s" : duration_format(lag_ms - lag_ms % MS_SECOND, text));
    else
        buf_cstr(b, "lag      nobody outside has vouched for it (assay anchor --help)\n");
}

static struct json *report_json(struct arena *a, const struct verify_report *r)
{
    struct json *o = json_object(a);
    json_put_bool(o, "ok", r->is_ok);
    json_put_cstr(o, "origin", r->origin);
    json_put_int(o, "size", (int64_t)r->size);
    json_put_hex(o, "root", r->root.bytes, sizeof(r->root.bytes));
    json_put_int(o, "unsigned_leaves", (int64_t)r->unsigned_leaves);
    struct json *checked = json_put_object(o, "checked");
    json_put_int(checked, "leaves", (int64_t)r->leaves_checked);
    json_put_int(checked, "tiles", (int64_t)r->tiles_checked);
    json_put_int(checked, "blobs", (int64_t)r->blobs_checked);
    json_put_int(checked, "blobs_decrypted", (int64_t)r->blobs_decrypted);
    json_put_int(checked, "runs", (int64_t)r->runs_checked);
    json_put_int(checked, "checkpoints", (int64_t)r->checkpoints_checked);
    json_put_int(checked, "erasures", (int64_t)r->erasures);
    json_put_int(checked, "blobs_erased", (int64_t)r->blobs_erased);
    struct json *erased = json_put_array(o, "erased");
    for (size_t i = 0; i < r->erased_stream_count; i++) {
        struct json *stream = json_push_object(erased);
        json_put_str(stream, "stream", r->erased_streams[i].stream);
        json_put_int(stream, "blobs", (int64_t)r->erased_streams[i].count);
    }
    json_put_int(checked, "anchors", (int64_t)r->anchors_checked);
    json_put_cstr(o, "strength", r->strength);
    anchors_json(json_put_object(o, "anchored"), r);
    json_put_int(o, "finding_count", (int64_t)r->finding_count);
    struct json *findings = json_put_array(o, "findings");
    for (size_t i = 0; i < r->finding_count && i < VERIFY_FINDINGS_MAX; i++) {
        struct json *finding = json_push_object(findings);
        json_put_cstr(finding, "code", r->findings[i].code);
        json_put_cstr(finding, "text", r->findings[i].text);
    }
    struct json *notes = json_put_array(o, "notes");
    for (size_t i = 0; i < r->note_count; i++)
        json_push_str(notes, str_of(r->notes[i]));
    return o;
}

static int print_text(const struct verify_report *r)
{
    struct buf BUF_AUTO b;
    char root[2 * SHA256_SIZE + 1];
    buf_init(&b, 1 << 20);
    hex_encode(r->root.bytes, sizeof(r->root.bytes), root);
    for (size_t i = 0; i < r->finding_count && i < VERIFY_FINDINGS_MAX; i++)
        buf_printf(&b, "%s  %s\n", r->findings[i].code, r->findings[i].text);
    if (r->finding_count > VERIFY_FINDINGS_MAX)
        buf_printf(&b, "… and %zu more\n", r->finding_count - VERIFY_FINDINGS_MAX);
    if (r->finding_count)
        buf_char(&b, '\n');
    buf_printf(&b, "%s: %s\norigin   %s\nleaves   %llu under the signed checkpoint, root %s\n", r->is_ok ? "OK" : "BROKEN",
               r->is_ok ? "everything that was checked holds" : "what is stored is not what was signed", r->origin,
               (unsigned long long)r->size, root);
    if (r->unsigned_leaves)
        buf_printf(&b, "         %llu more are in the journal and not signed yet\n", (unsigned long long)r->unsigned_leaves);
    buf_printf(&b, "checked  %llu leaves, %llu tiles, %llu blob%s (%llu decrypted), %llu run%s, %llu checkpoint%s\n",
               (unsigned long long)r->leaves_checked, (unsigned long long)r->tiles_checked, (unsigned long long)r->blobs_checked,
               r->blobs_checked == 1 ? "" : "s", (unsigned long long)r->blobs_decrypted, (unsigned long long)r->runs_checked,
               r->runs_checked == 1 ? "" : "s", (unsigned long long)r->checkpoints_checked, r->checkpoints_checked == 1 ? "" : "s");
    for (size_t i = 0; i < r->erased_stream_count; i++)
        buf_printf(&b, "%s%llu %s of %.*s\n", i ? "         " : "erased   ", (unsigned long long)r->erased_streams[i].count,
                   r->erased_streams[i].count == 1 ? "blob" : "blobs", STR_ARGS(r->erased_streams[i].stream));
    anchors_print(&b, r);
    for (size_t i = 0; i < r->note_count; i++)
        buf_printf(&b, "note     %s\n", r->notes[i]);
    return cli_print(buf_view(&b));
}

/* What the checks of assay-verify leave open: whether the stamps are signed, and by whom. */
static bool stamps_add(struct av *v, const char *path, const struct buf *ca, struct err *e)
{
    struct bundle_stamps s;
    char text[TIME_TEXT_SIZE];
    if (!bundle_stamps_check(path, ca ? buf_view(ca) : STR(""), &s, e))
        return false;
    unsigned long long count = s.count, held = s.held;
    if (ca && s.held == 0)
        av_find(v, "E21", "none of %llu time stamps chains to the authorities given%s%s", count, s.why[0] ? ": " : "", s.why);
    else if (s.count)
        snprintf(v->stamp_words, sizeof(v->stamp_words), "%llu of %llu time stamps chain to the authorities %s%s%s", held, count,
                 ca ? "given" : "in tsa/ca.pem, which came with the bundle; give yours with --tsa-ca", s.held ? "; the newest is of " : "",
                 s.held ? time_format(s.newest_ms - s.newest_ms % MS_SECOND, text) : "");
    if (s.held < s.count && !(ca && s.held == 0))
        av_note(v, "the time stamp of leaf %llu: %s", (unsigned long long)s.first_strange, s.why);
    return true;
}

/* A bundle, or the public part of a directory: the checks of assay-verify, by its own code. leaf: to explain, or -1. */
static int verify_by_av(struct cli_context *c, const char *path, bool is_bundle, const struct buf *ca, int64_t leaf)
{
    struct err e = {0};
    struct av *v = av_check(&(struct av_options){.path = path,
                                                 .log_vkey = cli_option(c, "key"),
                                                 .root_vkey = cli_option(c, "root-key"),
                                                 .policy_path = cli_option(c, "policy"),
                                                 .seen_path = cli_option(c, "last-seen"),
                                                 .key_words = "--key, --root-key or --policy",
                                                 .has_stamps_checked = is_bundle,
                                                 .explain = leaf});
    if (is_bundle && !v->is_wrong_use && !stamps_add(v, path, ca, &e) && v->error_count == 0) /* a broken archive has been told */
        return cli_fail(&e);
    if (c->json)
        av_print_json(v, stdout);
    else
        av_print_text(v, stdout);
    if (fflush(stdout) != 0)
        return cli_fail(&(struct err){.code = ERR_UNAVAILABLE, .text = "standard output cannot be written"});
    return av_answer(v) == AV_OK ? 0 : v->is_wrong_use ? 2 : 1;
}

/* How one leaf of a directory is bound: its public part is enough for that. */
static int explain(struct cli_context *c, const char *path, int64_t leaf)
{
    struct err e = {0};
    int dir = mirror_source_open(path, &e);
    if (dir < 0)
        return cli_fail(&e);
    int status = verify_by_av(c, arena_printf(c->arena, "/proc/self/fd/%d", dir).data, false, NULL, leaf);
    close(dir);
    return status;
}

static bool is_file(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISREG(facts.st_mode);
}

static bool file_read(const char *path, struct buf *out, struct err *e)
{
    return os_file_read(&os_file_real, AT_FDCWD, path, out, e) || err_wrap(e, "%s", path);
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct verify_report report;
    struct checkpoint seen = {0};
    const char *last = cli_option(c, "last-seen");
    struct verify_options o = {.log_vkey = cli_option(c, "key"),
                               .root_vkey = cli_option(c, "root-key"),
                               .without_blobs = cli_flag(c, "no-blobs")};
    struct buf BUF_AUTO policy, BUF_AUTO ca;
    buf_init(&policy, POLICY_BYTES_MAX);
    buf_init(&ca, TST_CA_BYTES_MAX);
    const char *policy_path = cli_option(c, "policy"), *ca_path = cli_option(c, "tsa-ca");
    if ((policy_path && !file_read(policy_path, &policy, &e)) || (ca_path && !file_read(ca_path, &ca, &e)))
        return cli_fail(&e);
    o.policy = policy_path ? policy.data ? policy.data : "" : NULL;
    o.tsa_ca = ca_path ? ca.data ? ca.data : "" : NULL;
    if (ca_path && !ca.size)
        return cli_wrong_use(c, "--tsa-ca %.200s: it is empty", ca_path);
    const char *path = c->argument_count ? c->arguments[0] : c->data_dir;
    if (last && !is_file(path) && !checkpoint_name_parse(str_of(last), &seen))
        return cli_wrong_use(c, "--last-seen %.80s: wants SIZE:ROOT, the root as 64 hex digits", last);
    o.last_seen = last ? &seen : NULL;
    int64_t leaf = -1;
    if (cli_option(c, "explain") && (!str_to_int64(str_of(cli_option(c, "explain")), &leaf) || leaf < 0))
        return cli_wrong_use(c, "--explain %.40s: wants the number of a leaf", cli_option(c, "explain"));
    if (is_file(path)) {
        if (o.without_blobs)
            return cli_wrong_use(c, "--no-blobs is for data directories");
        return verify_by_av(c, path, true, ca_path ? &ca : NULL, leaf);
    }
    if (leaf >= 0)
        return explain(c, path, leaf);
    size_t kind_count;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    if (!verify_all(path, &o, kinds, kind_count, c->arena, &report, &e))
        return cli_fail(&e);
    int status = c->json ? cli_print_json(report_json(c->arena, &report)) : print_text(&report);
    return status ? status : report.is_ok ? 0 : 1;
}

const struct cli_command cli_command_verify = {
    .name = "verify",
    .summary = "check a data directory or a bundle: signatures, tree, chains, blobs, projection",
    .usage = "[--key VKEY] [--last-seen SIZE:ROOT] [--policy FILE] [--tsa-ca FILE] [--no-blobs] [--explain LEAF] [PATH]",
    .example = "assay verify /var/lib/assay",
    .options =
        (const struct cli_option[]){
            {"root-key", 0, "VKEY", "the first root key, as you know it from elsewhere"},
            {"key", 0, "VKEY", "the log key that you trust; otherwise the one that the ledger registers"},
            {"last-seen", 0, "SIZE:ROOT", "a head seen before, of which the ledger must be a continuation; for a bundle also a file that holds a checkpoint"},
            {"policy", 0, "FILE", "a C2SP tlog-policy: witnesses that have to have cosigned, in place of those that the ledger names"},
            {"tsa-ca", 0, "FILE", "time stamping authorities that you trust (PEM, with CRLs if you like): stamps under others do not count"},
            {"explain", 0, "LEAF", "how this leaf is bound: path to the root, signatures, seal, witnesses, time stamps; of a directory the public part"},
            {"no-blobs", 0, NULL, "leaves and tiles only"},
            {0}},
    .details =
        "Exit status 0 only if everything holds; 1 and one line for each finding otherwise. Needs no keeper and writes nothing.",
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
