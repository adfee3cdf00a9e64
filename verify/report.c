/* report.c - findings, the order of the checks, and what is printed. */
#include "av.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* One line of plain text, whatever the damaged bytes were. */
static void sanitize(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

void av_find(struct av *v, const char *code, const char *format, ...)
{
    va_list arguments;
    v->error_count += code[0] == 'E';
    if (v->finding_count++ >= AV_FINDINGS_MAX)
        return;
    v->findings[v->finding_count - 1].code = code;
    va_start(arguments, format);
    vsnprintf(v->findings[v->finding_count - 1].text, sizeof(v->findings[0].text), format, arguments);
    va_end(arguments);
    sanitize(v->findings[v->finding_count - 1].text);
}

static void __attribute__((format(printf, 2, 0))) note_add(struct av *v, const char *format, va_list arguments)
{
    char text[sizeof(v->notes[0])];
    vsnprintf(text, sizeof(text), format, arguments);
    sanitize(text);
    for (size_t i = 0; i < v->note_count; i++)
        if (strcmp(v->notes[i], text) == 0)
            return;
    if (v->note_count < AV_NOTES_MAX)
        memcpy(v->notes[v->note_count++], text, sizeof(text));
}

void av_note(struct av *v, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    note_add(v, format, arguments);
    va_end(arguments);
}

void av_lack(struct av *v, const char *format, ...)
{
    va_list arguments;
    v->is_incomplete = true;
    va_start(arguments, format);
    note_add(v, format, arguments);
    va_end(arguments);
}

/* ---- the order of the checks (the design's verifier algorithm, steps 1, 2, 4 to 7) ---- */

static void manifest_check(struct av *v)
{
    struct av_text text, lines;
    bool is_signed = false;
    if (av_note_split(v->bundle.manifest, &text, &lines))
        return;
    for (int i = 0; i < v->key_count && !is_signed; i++)
        is_signed = v->keys[i].is_added && strcmp(v->keys[i].role, "officer") == 0 && v->keys[i].until == UINT64_MAX &&
                    av_note_check(text, lines, &v->keys[i].key, NULL) == AV_SIGNED;
    v->signatures++;
    if (!is_signed)
        av_find(v, "E01", "manifest.note is not signed by an officer key that this ledger registers and has not retired");
}

static void anchor_lag(struct av *v)
{
    uint64_t anchored = v->witnessed_size > v->stamped_size ? v->witnessed_size : v->stamped_size;
    struct av_leaf leaf;
    if (anchored == 0 || v->mode == AV_SELECTED || v->error_count > 0)
        return;
    if (av_leaf_at(v, anchored - 1, &leaf))
        av_integer(&leaf.object, "t", &v->anchored_t);
    if (v->mode != AV_DIRECTORY && v->anchored_t > 0 && v->bundle.said_lag != v->last_t - v->anchored_t)
        av_find(v, "E03", "the manifest says an anchor lag of %lld ms, it is %lld ms", (long long)v->bundle.said_lag, (long long)(v->last_t - v->anchored_t));
}

static void lacks_note(struct av *v)
{
    uint64_t anchored = v->witnessed_size > v->stamped_size ? v->witnessed_size : v->stamped_size;
    av_note(v, "that results and control states follow from the evidence, and opinions from both (step 8: assay verify and assay reperform do that)");
    if (v->mode == AV_DIRECTORY && v->blob_references > 0)
        av_note(v, "the %llu blobs that leaves name: a ledger directory holds none", (av_llu)v->blob_references);
    if (v->bundle.withheld > 0)
        av_note(v, "%llu blobs that this bundle withholds", (av_llu)v->bundle.withheld);
    if (!av_is_whole(v))
        av_note(v, "where all streams stand, as seals say it, and the targets and holds of erasures (not all leaves are here)");
    if (v->mode == AV_SELECTED)
        av_note(v, "completeness: streams, seals, runs and other leaves (only chosen leaves are here)");
    if (v->mode == AV_RANGE)
        av_note(v, "leaves before %llu and from %llu on: only their hashes count here", (av_llu)v->bundle.from, (av_llu)v->bundle.to);
    if (anchored == 0)
        av_note(v, "when this was written, and that nobody is shown another ledger: no witness and no time stamp stands behind it");
    else if (anchored < v->size)
        av_note(v, "when the leaves from %llu on were written: no witness or time stamp covers them yet", (av_llu)anchored);
    if (v->witnessed_size > 0 && !v->has_pinned_policy)
        av_note(v, "that the witnesses are the right ones: the policy is the data's own; give --policy");
    if (v->stamps > 0)
        av_note(v, "the signatures and certificates of time stamps; do: %s", v->stamp_command);
    if (!v->has_pinned_log && !v->has_pinned_root && !(v->has_pinned_policy && v->policy.log_count > 0))
        av_note(v, "that the keys are the right ones: TRUST IS TAKEN FROM THE DATA ITSELF; pin --log, --root or --policy");
    if (!v->o.seen_path)
        av_note(v, "that this is not an older state than one you saw before; give --last-seen");
    av_note(v, "what was observed before a collector signed it: no ledger can show that");
}

static void check_all(struct av *v, bool is_bundle)
{
    bool is_open = is_bundle ? av_bundle_open(v) : av_directory_open(v);
    if (!is_open)
        return;
    av_trust_read(v);
    if (!av_head_find(v))
        return;
    if (is_bundle) {
        av_keys_list(v);
        manifest_check(v);
        if (v->mode != AV_SELECTED)
            av_tree_open(v);
        av_heads_check(v);
        av_bundle_leaves(v);
    } else {
        av_tree_open(v);
        av_leaves_walk(v);
        av_leaves_end(v);
        av_heads_check(v);
        av_directory_files(v);
    }
    av_keys_end(v);
    if (v->o.explain >= 0 && v->explain.is_found && v->mode != AV_SELECTED)
        v->explain.path_count = av_inclusion_path(v, (uint64_t)v->o.explain, v->size, v->explain.path);
    anchor_lag(v);
    lacks_note(v);
}

struct av *av_check(const struct av_options *o)
{
    static struct av v;
    struct stat facts;
    memset(&v, 0, sizeof(v));
    v.o = *o;
    v.fd = open(o->path, O_RDONLY | O_CLOEXEC);
    bool is_there = v.fd >= 0 && fstat(v.fd, &facts) == 0 && (S_ISDIR(facts.st_mode) || (S_ISREG(facts.st_mode) && facts.st_size > 0));
    if (is_there && S_ISREG(facts.st_mode)) {
        void *map = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, v.fd, 0);
        is_there = map != MAP_FAILED;
        if (is_there)
            v.map = (struct av_text){map, (size_t)facts.st_size};
    }
    if (is_there) {
        check_all(&v, S_ISREG(facts.st_mode));
    } else {
        av_find(&v, "E03", "%s cannot be opened", o->path);
        v.is_wrong_use = true;
    }
    if (v.map.data)
        munmap((void *)(uintptr_t)v.map.data, v.map.size);
    if (v.fd >= 0)
        close(v.fd);
    free(v.bundle.tiles);
    free(v.tile_buffer.data);
    free(v.leaf_buffer.data);
    free(v.seals);
    free(v.time.beacons.slots);
    free(v.moves.slots);
    return &v;
}

enum av_answer av_answer(const struct av *v)
{
    bool lacks_leaf = v->o.explain >= 0 && !v->explain.is_found;
    return v->is_wrong_use ? AV_INCOMPLETE : v->error_count > 0 ? AV_FAIL : v->is_incomplete || lacks_leaf ? AV_INCOMPLETE : AV_OK;
}

/* ---- output ---- */

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
    if (x->stamped_size)
        fprintf(out, "  stamped   with %llu leaves by %s (RFC 3161; imprint checked, signature not)\n", (av_llu)x->stamped_size, x->stamped_time);
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
    else
        fprintf(out, "anchor    none");
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
    fprintf(out, "],\n  \"not_checked\": [");
    for (size_t i = 0; i < v->note_count; i++)
        json_text(out, i ? ",\n    " : "\n    ", v->notes[i]);
    fprintf(out, "]");
    if (v->o.explain >= 0)
        json_explain(v, out);
    fprintf(out, "\n}\n");
}
