/* assay training: courses, campaigns and who is late on a terminal, and certificates. */
#include "cli/open_view.h"
#include "cli/room_cli.h"
#include "report/view_training.h"
#include "role/print_once.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void overview_print(struct buf *b, const struct json *page)
{
    JSON_EACH (k, json_get(page, "courses")) {
        put_padded(b, json_text(k, "id"), 24);
        put_padded(b, json_text(k, "name"), 40);
        buf_printf(b, " %4lld completed %4lld open %4lld overdue\n", (long long)json_int(k, "completed", 0), (long long)json_int(k, "open", 0), (long long)json_int(k, "overdue", 0));
    }
    JSON_EACH (k, json_get(page, "problems"))
        buf_printf(b, "course %.*s cannot be used: %.*s\n", STR_ARGS(json_text(k, "id")), STR_ARGS(json_text(k, "why")));
    JSON_EACH (k, json_get(page, "campaigns")) {
        put_shape(b, json_text(k, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(k, "id"), 10);
        put_padded(b, json_text(k, "name"), 40);
        buf_printf(b, " %.*s, due %.*s: %lld of %lld\n", STR_ARGS(json_text(k, "state_words")), STR_ARGS(json_text(k, "due")), (long long)json_int(k, "completed", 0),
                   (long long)json_int(k, "people", 0));
    }
}

static void overdue_print(struct buf *b, const struct json *page)
{
    JSON_EACH (r, json_get(page, "rows")) {
        put_padded(b, json_text(json_get(r, "manager"), "name"), 24);
        put_padded(b, json_text(json_get(r, "person"), "name"), 24);
        put_padded(b, json_text(json_get(r, "course"), "title"), 30);
        buf_printf(b, " %.*s, %lld days late\n", STR_ARGS(json_text(r, "due")), (long long)json_int(r, "days_late", 0));
    }
    if (json_int(page, "all", 0) == 0)
        buf_cstr(b, "Nobody is late.\n");
}

static void campaign_print(struct buf *b, const struct json *page)
{
    buf_printf(b, "%.*s: %lld of %lld completed, %lld overdue\n", STR_ARGS(json_text(page, "name")), (long long)json_int(page, "completed", 0), (long long)json_int(page, "people", 0),
               (long long)json_int(page, "overdue", 0));
    JSON_EACH (r, json_get(page, "rows")) {
        put_shape(b, json_text(r, "status"), false);
        buf_char(b, ' ');
        put_padded(b, json_text(json_get(r, "person"), "name"), 30);
        put_padded(b, json_text(r, "status_words"), 12);
        buf_printf(b, " due %.*s\n", STR_ARGS(json_text(r, "due")));
    }
}

static int file_write(const char *path, struct str bytes)
{
    struct err e = {0};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    bool ok = fd >= 0;
    for (struct str rest = bytes; ok && rest.size > 0;) {
        ssize_t n = write(fd, rest.data, rest.size);
        ok = n > 0 || (n < 0 && errno == EINTR);
        rest = str_slice(rest, n > 0 ? (size_t)n : 0, rest.size);
    }
    int number = errno;
    if (fd >= 0 && close(fd) != 0)
        ok = false;
    if (ok)
        return 0;
    err_errno(&e, number, "%s", path);
    return cli_fail(&e);
}

static int certificate(struct cli_context *c, struct view *v, struct record_types *types)
{
    struct err e = {0};
    struct str pdf;
    const char *output = cli_option(c, "output");
    if (c->argument_count != 2 || !output)
        return cli_wrong_use(c, "certificate takes the id of a completion, and --output FILE");
    const struct record_type *t = record_types_find(types, STR("training_completion"));
    struct record *r = t ? record_get(v->db, c->arena, t, str_of(c->arguments[1]), INT64_MAX, &e) : NULL;
    struct json *document = r ? certificate_document(v, r, &e) : NULL;
    if (!document || !print_once(c->arena, document, &pdf, &e))
        return cli_fail(&e);
    int status = file_write(output, pdf);
    if (status || !c->json)
        return status;
    struct json *o = json_object(c->arena);
    json_put_str(o, "id", r->id);
    json_put_int(o, "leaf", r->leaf);
    json_put_cstr(o, "file", output);
    json_put_int(o, "bytes", (int64_t)pdf.size);
    return cli_print_json(o);
}

static int run(struct cli_context *c)
{
    struct room_cli r;
    struct err e = {0};
    struct view_filter everything = {.per_page = 1000};
    const char *verb = c->argument_count > 0 ? c->arguments[0] : "list";
    int status;
    if (!room_open(c, false, &r, &e))
        status = cli_fail(&e);
    else if (strcmp(verb, "list") == 0)
        status = cli_show(c, view_training(&r.view, &e), overview_print, &e);
    else if (strcmp(verb, "overdue") == 0)
        status = cli_show(c, view_training_overdue(&r.view, &everything, &e), overdue_print, &e);
    else if (strcmp(verb, "campaign") == 0 && c->argument_count == 2)
        status = cli_show(c, view_campaign(&r.view, str_of(c->arguments[1]), &everything, &e), campaign_print, &e);
    else if (strcmp(verb, "certificate") == 0)
        status = certificate(c, &r.view, r.records.types);
    else
        status = cli_wrong_use(c, "'%s' is none of list, overdue, campaign ID, certificate ID", verb);
    room_close(&r);
    return status;
}

static const struct cli_option options[] = {
    {"at", 0, "TIME", "days that somebody is late are counted up to TIME"},
    {"output", 'o', "FILE", "certificate: where the PDF goes; the file must not be there"},
    {0},
};

const struct cli_command cli_command_training = {
    .name = "training",
    .summary = "training: courses and campaigns, who is late, certificates",
    .usage = "[list] | overdue | campaign ID | certificate ID --output FILE",
    .example = "assay training certificate DONE-0001 --output certificate.pdf",
    .options = options,
    .details = "list            courses and campaigns, and how far they are\n"
               "overdue         who is late, by manager\n"
               "campaign ID     whom a campaign is for\n"
               "certificate ID  the certificate of a completion as PDF, with the leaf that proves it\n"
               "Campaigns and own courses are records: assay record add campaign, assay record add course. Completions: assay record export training_completion",
    .arguments_max = 2,
    .has_json = true,
    .run = run,
};
