/* print.c - the answer, for people and for programs. */
#include "av.h"

#include <time.h>

/* What was counted, in the words of both outputs. */
struct counter {
    const char *name, *text;
    uint64_t value;
};
enum { COUNTERS = 9, COUNTS = 6 };

static void counters_make(const struct av *v, struct counter checked[COUNTERS], struct counter counts[COUNTS])
{
    const struct counter all[] = {{"leaves", "leaves", v->leaves}, {"tiles", "tiles", v->tiles_checked}, {"checkpoints", "checkpoints", v->checkpoints},
                                  {"witnessed", "witnessed", v->cosigned}, {"signatures", "signatures", v->signatures}, {"runs", "runs", v->runs},
                                  {"seals", "seals", v->seal_count}, {"blobs", "blobs", v->blobs}, {"stamps", "time stamps", v->stamps}};
    const struct counter others[] = {{"late", "late", v->late}, {"pauses", "pauses", v->gaps}, {"gaps", "of them explained by gap leaves", v->explained_gaps},
                                     {"clock_steps", "clock steps", v->clock_steps},
                                     {"erased", "erased", v->mode == AV_DIRECTORY ? v->erased_count : v->bundle.erased},
                                     {"withheld", "withheld", v->bundle.withheld}};
    memcpy(checked, all, sizeof(all));
    memcpy(counts, others, sizeof(others));
}

/* The weakest status of a leaf here: that of the newest. */
static const char *status(const struct av *v)
{
    uint64_t to = v->mode == AV_DIRECTORY || v->mode == AV_SELECTED ? v->size : v->bundle.to;
    return v->stamped_size >= to ? "timestamped" : v->witnessed_size >= to ? "witnessed" : "signed";
}

static void time_text(int64_t ms, char ret[32])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    snprintf(ret, 32, "-");
    if (ms > 0 && gmtime_r(&seconds, &parts))
        strftime(ret, 32, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

static void explain_text(const struct av *v, FILE *out)
{
    const struct av_explained *x = &v->explain;
    char hex[65], when[32];
    if (!x->is_found) {
        fprintf(out, "\nleaf %lld is not here\n", (long long)v->o.explain);
        return;
    }
    av_hex_write(x->hash.bytes, 32, hex);
    fprintf(out, "\nleaf %lld\n  hash      %s\n", (long long)v->o.explain, hex);
    fprintf(out, "  position  %lld of %llu, by %d hashes up to the root:\n", (long long)v->o.explain, (av_llu)v->size, x->path_count < 0 ? 0 : x->path_count);
    for (int i = 0; i < x->path_count; i++) {
        av_hex_write(x->path[i].bytes, 32, hex);
        fprintf(out, "            %s\n", hex);
    }
    time_text(x->seal_t, when);
    if (x->has_seal)
        fprintf(out, "  seal      leaf %llu: in the ledger by %s, by the clock of the host\n", (av_llu)x->seal, when);
    time_text((int64_t)x->cosigned_time * 1000, when);
    if (x->cosigned_size)
        fprintf(out, "  witnessed with %llu leaves by %s, by the clocks of the witnesses\n", (av_llu)x->cosigned_size, when);
    time_text(x->stamped_t, when);
    if (x->stamped_size)
        fprintf(out, "  stamped   with %llu leaves by %s (RFC 3161; imprint checked, signature not)\n", (av_llu)x->stamped_size, when);
    fprintf(out, "%s  text\n", x->blobs);
    for (const char *p = x->text; *p;) {
        size_t size = strcspn(p, "\n");
        fprintf(out, "    %.*s\n", (int)size, p);
        p += size + (p[size] == '\n');
    }
}

void av_print_text(const struct av *v, FILE *out)
{
    static const char *const verdicts[] = {"OK: everything that can be checked here holds", "FAIL: this is not what was signed",
                                           "INCOMPLETE: what was asked cannot be answered from this"};
    static const char *const modes[] = {"ledger directory", "full bundle", "range bundle", "bundle of selected leaves"};
    char root[65], when[2][32];
    struct counter checked[COUNTERS], counts[COUNTS];
    for (size_t i = 0; i < v->finding_count && i < AV_FINDINGS_MAX; i++)
        fprintf(out, "%s  %s\n", v->findings[i].code, v->findings[i].text);
    if (v->finding_count > AV_FINDINGS_MAX)
        fprintf(out, "... and %zu more\n", v->finding_count - AV_FINDINGS_MAX);
    fprintf(out, "%s\n", verdicts[av_answer(v)]);
    if (v->is_wrong_use || v->origin[0] == 0)
        return;
    av_hex_write(v->root.bytes, 32, root);
    fprintf(out, "origin    %s\nhead      %llu leaves, root %s\nwhat      %s", v->origin, (av_llu)v->size, root, modes[v->mode]);
    if (v->mode == AV_RANGE || v->mode == AV_FULL)
        fprintf(out, ", leaves [%llu, %llu)", (av_llu)v->bundle.from, (av_llu)v->bundle.to);
    if (v->mode != AV_DIRECTORY)
        fprintf(out, "\nfor       %s (%s)", v->bundle.audience, v->bundle.purpose);
    time_text(v->first_t, when[0]);
    time_text(v->last_t, when[1]);
    fprintf(out, "\nperiod    %s to %s\nweakest   %s\n", when[0], when[1], status(v));
    if (v->anchored_t > 0)
        fprintf(out, "anchor    %lld ms behind the newest leaf", (long long)(v->last_t - v->anchored_t));
    else if (v->witnessed_size > 0 || v->stamped_size > 0)
        fprintf(out, "anchor    there is one; how far behind it the newest leaf is cannot be told from this");
    else
        fprintf(out, "anchor    none");
    if (v->stamp_words[0])
        fprintf(out, "\nstamps    %s", v->stamp_words);
    counters_make(v, checked, counts);
    for (int i = 0; i < COUNTERS; i++)
        fprintf(out, "%s%llu %s", i ? ", " : "\nchecked   ", (av_llu)checked[i].value, checked[i].text);
    for (int i = 0; i < COUNTS; i++)
        fprintf(out, "%s%s %llu", i ? ", " : "\ncounts    ", counts[i].text, (av_llu)counts[i].value);
    fprintf(out, "\n\nNot checked, because it cannot be from this:\n");
    for (size_t i = 0; i < v->note_count; i++)
        fprintf(out, "  - %s\n", v->notes[i]);
    if (v->o.explain >= 0)
        explain_text(v, out);
}

/* `before`, then the text as a JSON string. */
static void json_text(FILE *out, const char *before, const char *text)
{
    fprintf(out, "%s\"", before);
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == '"' || *text == '\\')
            fprintf(out, "\\u%04x", (unsigned char)*text);
        else
            fputc(*text, out);
    fputc('"', out);
}

static void json_explain(const struct av *v, FILE *out)
{
    const struct av_explained *x = &v->explain;
    char hex[65];
    av_hex_write(x->hash.bytes, 32, hex);
    fprintf(out, ",\n  \"explain\": {\"leaf\": %lld, \"found\": %s, \"hash\": \"%s\", \"path\": [", (long long)v->o.explain,
            x->is_found ? "true" : "false", hex);
    for (int i = 0; i < x->path_count; i++) {
        av_hex_write(x->path[i].bytes, 32, hex);
        fprintf(out, "%s\"%s\"", i ? ", " : "", hex);
    }
    fprintf(out, "], \"seal\": %lld, \"sealed_at_ms\": %lld, \"witnessed_at_s\": %llu", x->has_seal ? (long long)x->seal : -1, (long long)x->seal_t,
            (av_llu)x->cosigned_time);
    json_text(out, ", \"text\": ", x->text);
    fprintf(out, "}");
}

void av_print_json(const struct av *v, FILE *out)
{
    static const char *const answers[] = {"ok", "fail", "incomplete"}, *const modes[] = {"directory", "full", "range", "selected"};
    struct counter checked[COUNTERS], counts[COUNTS];
    char root[65];
    av_hex_write(v->root.bytes, 32, root);
    fprintf(out, "{\n  \"verdict\": \"%s\"", answers[av_answer(v)]);
    json_text(out, ",\n  \"origin\": ", v->origin);
    fprintf(out, ",\n  \"size\": %llu,\n  \"root\": \"%s\",\n  \"mode\": \"%s\",\n  \"from\": %llu,\n  \"to\": %llu", (av_llu)v->size, root, modes[v->mode],
            (av_llu)v->bundle.from, (av_llu)(v->mode == AV_DIRECTORY ? v->size : v->bundle.to));
    fprintf(out, ",\n  \"weakest\": \"%s\",\n  \"anchor_lag_ms\": %lld,\n  \"trust_is_pinned\": %s", status(v),
            v->anchored_t > 0 ? (long long)(v->last_t - v->anchored_t) : -1LL,
            v->has_pinned_log || v->has_pinned_root || v->has_pinned_policy ? "true" : "false");
    counters_make(v, checked, counts);
    for (int i = 0; i < COUNTERS; i++)
        fprintf(out, "%s\"%s\": %llu", i ? ", " : ",\n  \"checked\": {", checked[i].name, (av_llu)checked[i].value);
    for (int i = 0; i < COUNTS; i++)
        fprintf(out, "%s\"%s\": %llu", i ? ", " : "},\n  \"counts\": {", counts[i].name, (av_llu)counts[i].value);
    fprintf(out, "},\n  \"finding_count\": %zu,\n  \"findings\": [", v->finding_count);
    for (size_t i = 0; i < v->finding_count && i < AV_FINDINGS_MAX; i++) {
        fprintf(out, "%s\n    {\"code\": \"%s\"", i ? "," : "", v->findings[i].code);
        json_text(out, ", \"text\": ", v->findings[i].text);
        fputc('}', out);
    }
    fprintf(out, "]");
    if (v->stamp_words[0])
        json_text(out, ",\n  \"stamps\": ", v->stamp_words);
    fprintf(out, ",\n  \"not_checked\": [");
    for (size_t i = 0; i < v->note_count; i++)
        json_text(out, i ? ",\n    " : "\n    ", v->notes[i]);
    fprintf(out, "]");
    if (v->o.explain >= 0)
        json_explain(v, out);
    fprintf(out, "\n}\n");
}
