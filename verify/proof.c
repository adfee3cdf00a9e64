/*
 * proof.c - inclusion: making a path and checking one (RFC 6962, RFC 9162); C2SP tlog-proof: one leaf, its path, a checkpoint with its
 * cosignatures, which is all that a reader of one statement needs.
 */
#include "av.h"

#include <fcntl.h>

static bool node_get(struct av *v, int height, uint64_t index, struct av_hash *ret)
{
    unsigned r = (unsigned)height % 8;
    uint64_t first = index << r;
    struct av_tile *t = av_tile_get(v, height / 8, first >> 8, true);
    if (!t || (first & 255) + (1u << r) > t->width)
        return false;
    *ret = av_tile_row(t, r)[(first & 255) >> r];
    return true;
}

/* RFC 6962 MTH(D[from:to]); from is aligned as the algorithm cuts. */
static bool range_root(struct av *v, uint64_t from, uint64_t to, struct av_hash *ret)
{
    bool has_root = false;
    while (from < to) { /* from the right, one perfect subtree after the other */
        int height = 0;
        while (height < 62 && !((to - from) >> height & 1))
            height++;
        struct av_hash h;
        if (!node_get(v, height, (to >> height) - 1, &h))
            return false;
        *ret = has_root ? av_node_hash(&h, ret) : h;
        has_root = true;
        to -= UINT64_C(1) << height;
    }
    return has_root;
}

int av_inclusion_path(struct av *v, uint64_t index, uint64_t size, struct av_hash ret[64])
{
    struct {
        uint64_t from, to;
    } siblings[64];
    int count = 0;
    for (uint64_t from = 0, to = size; to - from > 1;) { /* RFC 6962 2.1.1, from the root down */
        uint64_t half = 1;
        while (half * 2 < to - from)
            half *= 2;
        if (index - from < half) {
            siblings[count].from = from + half;
            siblings[count++].to = to;
            to = from + half;
        } else {
            siblings[count].from = from;
            siblings[count++].to = from + half;
            from += half;
        }
    }
    for (int i = 0; i < count; i++)
        if (!range_root(v, siblings[count - 1 - i].from, siblings[count - 1 - i].to, &ret[i]))
            return -1;
    return count;
}

bool av_inclusion_holds(uint64_t index, uint64_t size, struct av_hash leaf, const struct av_hash *path, int count,
                        const struct av_hash *root)
{
    if (index >= size)
        return false;
    struct av_hash h = leaf; /* RFC 9162 2.1.3.2 */
    uint64_t at = index, last = size - 1;
    for (int i = 0; i < count; i++) {
        if (last == 0)
            return false;
        if (at & 1 || at == last) {
            h = av_node_hash(&path[i], &h);
            while (!(at & 1) && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else {
            h = av_node_hash(&h, &path[i]);
        }
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && av_hash_equal(&h, root);
}

const char *av_proof_read(struct av_text text, uint64_t *ret_index, struct av_hash ret_path[64], int *ret_count,
                          struct av_checkpoint *ret)
{
    struct av_text rest = text, line;
    *ret_count = 0;
    if (!av_line(&rest, &line) || !av_is(line, "c2sp.org/tlog-proof@v1"))
        return "not a tlog-proof";
    if (!av_line(&rest, &line))
        return "a cut proof";
    if (av_starts(line, "extra ") && !av_line(&rest, &line)) /* anything; it is not authenticated */
        return "a cut proof";
    if (!av_starts(line, "index ") || !av_number(av_behind(line, 6), ret_index))
        return "a proof without its index";
    for (;;) {
        if (!av_line(&rest, &line))
            return "a proof without its checkpoint";
        if (line.size == 0)
            break;
        if (*ret_count == 64 || av_base64(line, ret_path[*ret_count].bytes, 32) != 32)
            return "a line of the path is no hash";
        ++*ret_count;
    }
    return av_checkpoint_read(rest, ret);
}

static const char *log_fault(const struct av *v, const struct av_checkpoint *c)
{
    if (v->has_pinned_log)
        return av_note_check(c->text, c->lines, &v->pinned_log, NULL) == AV_SIGNED && av_is(c->origin, v->pinned_log.name)
                   ? NULL
                   : "the checkpoint is not signed by the log key that you pinned";
    for (int i = 0; v->has_policy && i < v->policy.log_count; i++)
        if (av_note_check(c->text, c->lines, &v->policy.logs[i], NULL) == AV_SIGNED && av_is(c->origin, v->policy.logs[i].name))
            return NULL;
    return v->has_policy ? "the checkpoint is not signed by a log key of the policy"
                         : "no key to trust: give --log VKEY, or a --policy that names the log";
}

enum av_answer av_proof(const struct av_options *o, const char *proof_path, const char *leaf_path, FILE *out)
{
    static struct av v;
    static char proof[AV_NOTE_MAX], leaf[AV_LEAF_MAX];
    struct av_hash path[64];
    struct av_checkpoint c;
    uint64_t index = 0, time = 0;
    int count = 0, cosigned = 0;
    memset(&v, 0, sizeof(v));
    v.o = *o;
    v.mode = AV_DIRECTORY;
    av_trust_read(&v);
    long proof_size = av_read_file(AT_FDCWD, proof_path, proof, sizeof(proof)), leaf_size = av_read_file(AT_FDCWD, leaf_path, leaf, sizeof(leaf));
    if (proof_size < 0 || leaf_size < 0) {
        fprintf(out, "assay-verify: %s cannot be read, or is too large\n", proof_size < 0 ? proof_path : leaf_path);
        return AV_INCOMPLETE;
    }
    const char *fault = av_proof_read((struct av_text){proof, (size_t)proof_size}, &index, path, &count, &c);
    const char *code = fault ? "E34" : NULL, *broken = NULL;
    if (!fault && (fault = log_fault(&v, &c)) != NULL)
        code = "E10";
    if (!fault && v.has_policy && !av_policy_met(&v.policy, c.text, c.lines, &cosigned, &time, &broken)) {
        fault = broken ? broken : "the checkpoint is not cosigned as the policy demands";
        code = "E11";
    }
    struct av_hash hash = av_leaf_hash(leaf, (size_t)leaf_size);
    if (!fault && !av_inclusion_holds(index, c.size, hash, path, count, &c.root)) {
        fault = "the proof does not lead from this leaf to the root of the checkpoint";
        code = "E34";
    }
    for (size_t i = 0; i < v.finding_count; i++)
        fprintf(out, "%s  %s\n", v.findings[i].code, v.findings[i].text);
    if (fault)
        fprintf(out, "%s  %s\n", code, fault);
    bool is_ok = !fault && v.error_count == 0;
    if (is_ok)
        fprintf(out, "OK: leaf %llu of %.*s, under a signed checkpoint of %llu leaves%s\n", (av_llu)index,
                (int)c.origin.size, c.origin.data, (av_llu)c.size,
                cosigned ? ", witnessed as the policy demands" : "");
    else
        fprintf(out, "FAIL: the proof does not hold\n");
    return is_ok ? AV_OK : !v.has_pinned_log && !v.has_policy ? AV_INCOMPLETE : AV_FAIL;
}
