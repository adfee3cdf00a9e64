/* cmd_scrub.c - are the stored blobs still what they were? */
#include "cli/cli.h"
#include "keeper/scrub.h"
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static void progress(void *context, uint32_t pack, uint32_t packs, uint64_t bytes)
{
    (void)context;
    fprintf(stderr, "\rpack %u of %u, %llu MB", pack + 1, packs, (unsigned long long)(bytes >> 20));
    if (pack + 1 == packs)
        fputs("\r\033[K", stderr);
}

static int print_text(const struct scrub_report *r)
{
    struct buf BUF_AUTO b;
    buf_init(&b, 1 << 20);
    for (size_t i = 0; i < r->finding_count && i < SCRUB_FINDINGS_MAX; i++)
        buf_printf(&b, "%.*s\n", STR_ARGS(r->findings[i]));
    if (r->finding_count > SCRUB_FINDINGS_MAX)
        buf_printf(&b, "… and %zu more\n", r->finding_count - SCRUB_FINDINGS_MAX);
    buf_printf(&b, "%s: %llu blobs of %llu bytes in %u packs; %llu leaves name %llu, of which %llu are erased\n",
               r->is_ok ? "OK" : "BROKEN", (unsigned long long)r->records, (unsigned long long)r->bytes, r->packs,
               (unsigned long long)r->leaves, (unsigned long long)r->blobs, (unsigned long long)r->erased);
    return cli_print(buf_view(&b));
}

static int run(struct cli_context *c)
{
    struct err e = {0};
    struct scrub_report report;
    struct scrub_options o = {.env = c->env, .is_scheduled = cli_flag(c, "scheduled"), .progress = isatty(2) ? progress : NULL};
    if (o.is_scheduled)
        setpriority(PRIO_PROCESS, 0, 19);
    if (!scrub(c->argument_count ? c->arguments[0] : c->data_dir, &o, c->arena, &report, &e))
        return cli_fail(&e);
    int status = c->json ? cli_print_json(scrub_report_json(c->arena, &report)) : print_text(&report);
    return status ? status : report.is_ok ? 0 : 1;
}

const struct cli_command cli_command_scrub = {
    .name = "scrub",
    .summary = "read every stored blob again, without any key: is it still what it was?",
    .usage = "[--scheduled] [DIR]",
    .example = "assay scrub ./data",
    .options = (const struct cli_option[]){{"scheduled", 0, NULL,
                                            "at low priority, from where the last one was broken off, result kept (serve: weekly)"},
                                           {0}},
    .details = "Exit status 0 when every stored record has the hash of its name and every blob that a leaf names is there or erased by\n"
               "a leaf; 1 and a line for each finding otherwise. Whether blobs open and say what was committed to: assay verify.",
    .arguments_max = 1,
    .has_json = true,
    .run = run,
};
