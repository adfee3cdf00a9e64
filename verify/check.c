/* check.c - the order of the checks, findings, and what is said not to be checked. */
#include "av.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
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

/* What is true and still not as it should be; the output counts it. */
static void remarks_make(struct av *v)
{
    if (v->late > 0)
        av_find(v, "W51", "%llu leaves are late: sealed long after what they tell of was observed", (av_llu)v->late);
    if (v->clock_steps > 0)
        av_find(v, "W52", "%llu times the clock was moved or the machine slept", (av_llu)v->clock_steps);
    if (v->gaps > v->explained_gaps)
        av_find(v, "W53", "%llu pauses without a seal, of which gap leaves explain %llu", (av_llu)v->gaps, (av_llu)v->explained_gaps);
}

static void lacks_note(struct av *v)
{
    uint64_t anchored = v->witnessed_size > v->stamped_size ? v->witnessed_size : v->stamped_size;
    av_note(v, "that results and control states follow from the evidence, and the text of tests is the one recorded (E70: assay verify and assay reperform do that)");
    if (v->samples_by_strata > 0)
        av_note(v, "the items of %llu samples by strata, which take the rows to draw again: assay audit sample draw-again", (av_llu)v->samples_by_strata);
    if (v->unsigned_opinions > 0)
        av_note(v, "who gave %llu of %llu opinions: they carry no signature by an auditor's own key", (av_llu)v->unsigned_opinions, (av_llu)v->opinions);
    if (v->mode == AV_DIRECTORY && v->blob_references > 0)
        av_note(v, "the %llu blobs that leaves name: a ledger directory holds none", (av_llu)v->blob_references);
    if (v->bundle.withheld > 0)
        av_note(v, "%llu blobs that this bundle withholds", (av_llu)v->bundle.withheld);
    if (v->bundle.pages > 0)
        av_note(v, "%llu pages and statements about this ledger: an officer signed them; assay reperform computes them again", (av_llu)v->bundle.pages);
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
    if (v->stamps > 0 && !v->o.has_stamps_checked)
        av_note(v, "the signatures and certificates of time stamps; do: %s", v->stamp_command);
    if (!v->has_pinned_log && !v->has_pinned_root && !(v->has_pinned_policy && v->policy.log_count > 0))
        av_note(v, "that the keys are the right ones: TRUST IS TAKEN FROM THE DATA ITSELF; pin %s", v->o.key_words ? v->o.key_words : "--log, --root or --policy");
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
    remarks_make(v);
    lacks_note(v);
}

struct av *av_check(const struct av_options *o)
{
    static struct av *v; /* mapped: what a small ledger does not touch costs nothing */
    struct stat facts;
    if (v)
        munmap(v, sizeof(*v));
    v = mmap(NULL, sizeof(*v), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (v == MAP_FAILED) {
        fputs("INCOMPLETE: no memory\n", stderr);
        _exit(AV_INCOMPLETE);
    }
    v->o = *o;
    v->fd = open(o->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool is_there = v->fd >= 0 && fstat(v->fd, &facts) == 0 && (S_ISDIR(facts.st_mode) || (S_ISREG(facts.st_mode) && facts.st_size > 0));
    if (is_there && S_ISREG(facts.st_mode)) {
        void *map = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, v->fd, 0);
        is_there = map != MAP_FAILED;
        if (is_there)
            v->map = (struct av_text){map, (size_t)facts.st_size};
    }
    if (is_there) {
        check_all(v, S_ISREG(facts.st_mode));
    } else {
        av_find(v, "E03", v->fd < 0 ? "%s cannot be opened" : "%s is empty, or neither a file nor a directory", o->path);
        v->is_wrong_use = true;
    }
    if (v->map.data)
        munmap((void *)(uintptr_t)v->map.data, v->map.size);
    if (v->fd >= 0)
        close(v->fd);
    free(v->bundle.tiles);
    free(v->tile_buffer.data);
    free(v->leaf_buffer.data);
    free(v->seals);
    free(v->time.beacons.slots);
    free(v->moves.slots);
    free(v->closes.slots);
    return v;
}

enum av_answer av_answer(const struct av *v)
{
    bool lacks_leaf = v->o.explain >= 0 && !v->explain.is_found;
    return v->is_wrong_use ? AV_INCOMPLETE : v->error_count > 0 ? AV_FAIL : v->is_incomplete || lacks_leaf ? AV_INCOMPLETE : AV_OK;
}
