/* assay reperform FILE.slb: an examination once more, with nothing but the file. */
#include "cli/cmd_audit.h"
#include "report/bundle/bundle.h"
#include "role/role.h"
#include "verify/av.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

/* What assay-verify finds in a file whose members all hold is one difference, however many lines it has of it. */
static void verify_too(struct cli_context *c, const char *path, struct bundle_again_report *r)
{
    struct reperform_report *t = &r->tests;
    const struct av *v = av_check(&(struct av_options){.path = path, .explain = -1});
    if (v->error_count == 0)
        return;
    for (size_t i = 0; i < v->finding_count && i < AV_FINDINGS_MAX; i++) {
        if (v->findings[i].code[0] != 'E')
            continue;
        struct str more = v->error_count > 1 ? arena_printf(c->arena, " (and %zu more: assay verify)", v->error_count - 1) : STR("");
        t->difference_count++;
        if (t->kept < REPERFORM_DIFFERENCES_MAX)
            t->differences[t->kept++] =
                (struct reperform_difference){"ledger", -1, arena_printf(c->arena, "%s %s%.*s", v->findings[i].code, v->findings[i].text, STR_ARGS(more))};
        return;
    }
}

static void counts_put(struct json *o, const struct bundle_again_report *r)
{
    const struct {
        const char *key;
        uint64_t n;
    } counts[] = {{"leaves", r->leaves}, {"members", r->members}, {"bytes", r->bytes}, {"blobs", r->blobs}, {"withheld", r->withheld}, {"records", r->records},
                  {"records_stated", r->records_stated}, {"populations", r->populations}, {"populations_selected", r->populations_selected}, {"populations_imported", r->populations_imported}, {"performances", r->performances},
                  {"controls_listed", r->controls_listed}, {"not_done_count", r->not_done_count}, {"samples", r->samples},
                  {"sample_items", r->sample_items}, {"controls", r->controls}, {"controls_from_source", r->controls_from_source}, {"criteria", r->criteria},
                  {"evaluations", r->tests.evaluations}, {"results", r->tests.results}, {"captures", r->tests.captures}, {"reparsed", r->tests.reparsed},
                  {"rows_only", r->tests.rows_only}, {"difference_count", r->tests.difference_count}, {"left_out_count", r->tests.erased_count}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        json_put_int(o, counts[i].key, (int64_t)counts[i].n);
}

static struct json *report_json(struct arena *a, const char *path, const struct bundle_again_report *r)
{
    struct json *o = json_object(a);
    json_put_cstr(o, "file", path);
    json_put_str(o, "origin", r->origin);
    json_put_str(o, "engagement", r->engagement);
    json_put_bool(o, "is_part", r->is_part);
    json_put_bool(o, "is_broken", r->is_broken);
    counts_put(o, r);
    reperform_list_put(o, "differences", r->tests.differences, r->tests.kept);
    reperform_list_put(o, "left_out", r->tests.erased, r->tests.erased_kept);
    reperform_list_put(o, "not_done", r->not_done, r->not_done_kept);
    return o;
}

static void lines_put(struct buf *b, const struct bundle_again_report *r)
{
    const struct reperform_report *t = &r->tests;
    buf_printf(b, "bundle       %llu members, %llu bytes, %llu leaves, %llu blobs, %llu withheld\n", (unsigned long long)r->members, (unsigned long long)r->bytes, (unsigned long long)r->leaves, (unsigned long long)r->blobs, (unsigned long long)r->withheld);
    if (r->is_part || r->is_broken) {
        buf_printf(b, "%s: members were hashed, and nothing was performed again\n", r->is_broken ? "damaged in what is no blob" : "a bundle of some leaves only");
        return;
    }
    buf_printf(b, "tests        %llu evaluations run again, %llu results compared; %llu captures, %llu of them parsed again from their bytes\n", (unsigned long long)t->evaluations, (unsigned long long)t->results,
               (unsigned long long)t->captures, (unsigned long long)t->reparsed);
    if (r->engagement.size == 0)
        return;
    buf_printf(b, "records      %llu compared with their leaves, %llu of them in part as stated, since some of their changes are withheld\n", (unsigned long long)r->records, (unsigned long long)r->records_stated);
    buf_printf(b, "populations  %llu counted and hashed; %llu of them selected again by their query, %llu from the file of their source as it came\n", (unsigned long long)r->populations,
               (unsigned long long)r->populations_selected, (unsigned long long)r->populations_imported);
    buf_printf(b, "samples      %llu drawn again, %llu items\n", (unsigned long long)r->samples, (unsigned long long)r->sample_items);
    buf_printf(b, "controls     %llu evaluated again, %llu of them from what is in here; %llu criteria\n", (unsigned long long)r->controls, (unsigned long long)r->controls_from_source,
               (unsigned long long)r->criteria);
    if (r->controls_listed)
        buf_printf(b, "performances %llu, on which %llu controls rest: their states are those of leaves in here, their days and evidence as stated line by line\n", (unsigned long long)r->performances,
                   (unsigned long long)r->controls_listed);
    for (size_t i = 0; i < r->not_done_kept; i++)
        buf_printf(b, "not again    %s %.*s\n", r->not_done[i].kind, STR_ARGS(r->not_done[i].text));
    if (r->not_done_count > r->not_done_kept)
        buf_printf(b, "and %llu more not done again\n", (unsigned long long)(r->not_done_count - r->not_done_kept));
}

static struct str report_text(struct arena *a, const struct bundle_again_report *r)
{
    const struct reperform_report *t = &r->tests;
    struct buf b BUF_AUTO;
    buf_init(&b, 8 << 20);
    reperform_lines_put(&b, t);
    for (size_t i = 0; i < t->erased_kept && i < 20; i++)
        buf_printf(&b, "left out, %s: %.*s\n", t->erased[i].kind, STR_ARGS(t->erased[i].text));
    if (t->erased_count > 20)
        buf_printf(&b, "and %llu more left out\n", (unsigned long long)(t->erased_count - 20));
    lines_put(&b, r);
    if (t->difference_count == 0)
        buf_cstr(&b, "no difference\n");
    else
        buf_printf(&b, "%llu difference%s\n", (unsigned long long)t->difference_count, t->difference_count == 1 ? "" : "s");
    return arena_str(a, buf_view(&b));
}

int reperform_bundle_run(struct cli_context *c, const char *path, int64_t last)
{
    struct err e = {0};
    struct bundle_again_report r;
    size_t kind_count;
    const char *place = getenv("TMPDIR");
    struct str template = arena_printf(c->arena, "%s/assay-reperform-XXXXXX", place && *place ? place : "/var/tmp");
    char *scratch = arena_strndup(c->arena, template.data, template.size);
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    if (!mkdtemp(scratch)) {
        err_errno(&e, errno, "a directory for temporary files in %s (TMPDIR)", scratch);
        return cli_fail(&e);
    }
    struct bundle_again_options o = {.path = path, .kinds = kinds, .kind_count = kind_count, .scratch = scratch, .last = last, .progress = isatty(2) ? reperform_progress : NULL};
    bool ok = bundle_again(&o, c->arena, &r, &e);
    nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (!ok)
        return cli_fail(&e);
    if (r.tests.difference_count == 0)
        verify_too(c, path, &r);
    int status = c->json ? cli_print_json(report_json(c->arena, path, &r)) : cli_print(report_text(c->arena, &r));
    return status ? status : r.tests.difference_count > 0 ? 1 : r.is_part ? 2 : 0;
}
