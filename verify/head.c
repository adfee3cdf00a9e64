/*
 * head.c - what binds the tree from outside: signed checkpoints, cosignatures under a policy, anchors, time stamps, a head seen before.
 */
#include "av.h"

#include <fcntl.h>

enum { SKEW_S = 5 * 60 }; /* by which the clocks of witnesses may differ: assay verify allows the same */

/* The next note of checkpoints.txt: "== <bytes>" LF note. */
static bool note_next(struct av *v, struct av_text *rest, struct av_text *ret)
{
    struct av_text line = {"", 0};
    uint64_t size = 0;
    if (rest->size == 0)
        return false;
    if (!av_line(rest, &line) || !av_starts(line, "== ") || !av_number(av_behind(line, 3), &size) || size > AV_NOTE_MAX || size > rest->size)
        return av_find(v, "E10", "checkpoints.txt: a note without its \"== size\" line, or cut"), false;
    *ret = (struct av_text){rest->data, (size_t)size};
    *rest = av_behind(*rest, (size_t)size);
    return true;
}

static bool head_take(struct av *v, struct av_text note)
{
    struct av_checkpoint c;
    const char *fault = note.size > sizeof(v->head_note) ? "a note that is too large" : av_checkpoint_read(note, &c);
    if (!fault && c.size > AV_SIZE_MAX)
        fault = "a size that cannot be";
    if (!fault && (memchr(c.origin.data, '"', c.origin.size) || memchr(c.origin.data, '\\', c.origin.size)))
        fault = "an origin with quotes or backslashes is not supported";
    if (fault)
        return av_find(v, "E10", "checkpoint: %s", fault), false;
    if (v->mode == AV_DIRECTORY) { /* a bundle has said it in its manifest */
        memcpy(v->origin, c.origin.data, c.origin.size);
        v->origin[c.origin.size] = 0;
        v->size = c.size;
        v->root = c.root;
    } else if (c.size != v->size || !av_hash_equal(&c.root, &v->root) || !av_is(c.origin, v->origin)) {
        return av_find(v, "E02", "the newest checkpoint is not the head that the manifest names"), false;
    }
    memmove(v->head_note, note.data, note.size);
    v->head_note_size = note.size;
    return true;
}

bool av_head_find(struct av *v)
{
    struct av_text rest = v->bundle.checkpoints, note = {"", 0};
    if (v->mode != AV_DIRECTORY) {
        while (note_next(v, &rest, &note))
            ;
        return note.size > 0 ? head_take(v, note) : (av_find(v, "E10", "checkpoints.txt holds no checkpoint"), false);
    }
    /* A server may go on meanwhile: this one, read first, is never newer than the head. */
    v->witnessed_note_size = av_read_file(v->fd, "checkpoint.witnessed", v->witnessed_note, sizeof(v->witnessed_note));
    long size = av_read_file(v->fd, "checkpoint", v->head_note, sizeof(v->head_note));
    return size > 0 ? head_take(v, (struct av_text){v->head_note, (size_t)size}) : (av_find(v, "E10", "checkpoint: it cannot be read"), false);
}

/* Pinned keys and policy; then the bundle's own policy where none is pinned. */
void av_trust_read(struct av *v)
{
    const char *fault = NULL;
    struct av_text text = v->bundle.policy;
    if (v->o.log_vkey && (fault = av_key_read(av_text_of(v->o.log_vkey), &v->pinned_log)) != NULL)
        av_find(v, "E01", "--log: %s", fault);
    v->has_pinned_log = v->o.log_vkey && !fault;
    if (v->o.root_vkey && (fault = av_key_read(av_text_of(v->o.root_vkey), &v->pinned_root)) != NULL)
        av_find(v, "E01", "--root: %s", fault);
    v->has_pinned_root = v->o.root_vkey && !fault;
    if (v->o.policy_path) {
        long size = av_read_file(AT_FDCWD, v->o.policy_path, v->policy_text, sizeof(v->policy_text));
        text = (struct av_text){v->policy_text, size < 0 ? 0 : (size_t)size};
    }
    if (!v->o.policy_path && text.size == 0)
        return;
    fault = av_policy_read(text, &v->policy);
    v->has_policy = !fault;
    v->has_pinned_policy = !fault && v->o.policy_path;
    if (fault)
        av_find(v, v->o.policy_path ? "E01" : "E11", "%s: %s", v->o.policy_path ? v->o.policy_path : "policy", fault);
}

/* By a pinned log key or a successor for which it signed; a pinned root vouches for every key leaf, and without a pin the data do. */
static bool is_trusted(const struct av *v, const struct av_registered *key)
{
    bool has_logs = v->has_pinned_policy && v->policy.log_count > 0;
    if (v->has_pinned_root || (!v->has_pinned_log && !has_logs))
        return true;
    if (v->has_pinned_log && av_key_follows(v, key, &v->pinned_log))
        return true;
    for (int i = 0; has_logs && i < v->policy.log_count; i++)
        if (av_key_follows(v, key, &v->policy.logs[i]))
            return true;
    return false;
}

/* E10: signed by a log key that counts for this size and is trusted. A past head by a key that was revoked since is vouched for by
 * the newest one, whose prefix it is. */
static const char *log_fault(struct av *v, const struct av_checkpoint *c, bool is_witnessed)
{
    bool has_any = false, is_past = c->size < v->size;
    const char *fault = "no signature by a log key that the ledger registers";
    for (int i = 0; i < v->key_count; i++) {
        const struct av_registered *k = &v->keys[i];
        if (!k->is_added || strcmp(k->role, "log") != 0)
            continue;
        has_any = true;
        v->signatures++;
        enum av_signed is_signed = av_note_check(c->text, c->lines, &k->key, NULL);
        if (is_signed == AV_BROKEN)
            return "the signature by the log key does not hold";
        if (is_signed == AV_NOT_SIGNED)
            continue;
        if (!is_past && !is_trusted(v, k))
            fault = "it is signed by a log key for which the one that you trust has not signed";
        else if (!(c->size > k->from || k->is_first_log) || c->size > k->until)
            fault = "it is signed by a log key that was not in force";
        else if (c->size > k->trust && !is_past && !is_witnessed)
            fault = "it is signed by a log key that was found stolen";
        else
            return NULL;
    }
    if (!has_any && v->has_pinned_log && av_note_check(c->text, c->lines, &v->pinned_log, NULL) == AV_SIGNED)
        return NULL;
    return fault;
}

/* ---- checkpoints ---- */

/* E02 E10 E12: it is of this ledger, signed by its log, and a state that this ledger was in. False where the tree was not asked. */
static bool checkpoint_holds(struct av *v, const char *where, const struct av_checkpoint *c, bool is_witnessed)
{
    struct av_hash root = v->root;
    const char *fault = log_fault(v, c, is_witnessed);
    v->checkpoints++;
    if (!av_is(c->origin, v->origin))
        av_find(v, "E02", "%s: it is of another ledger", where);
    if (fault)
        av_find(v, "E10", "%s: %s", where, fault);
    if (c->size > v->size)
        av_find(v, v->mode == AV_DIRECTORY ? "E14" : "E13", "%s: it vouches for %llu leaves, here are %llu", where, (av_llu)c->size, (av_llu)v->size);
    else if (c->size < v->size && (v->mode == AV_SELECTED || !av_root_at(v, c->size, &root)))
        return av_note(v, "that earlier checkpoints are prefixes of the newest where this bundle holds no tiles for it"), false;
    else if (!av_hash_equal(&root, &c->root))
        av_find(v, "E12", "%s: the checkpoint of %llu leaves is not consistent with this ledger", where, (av_llu)c->size);
    return true;
}

/* The cosignatures of a checkpoint, under the policy: true when they meet its quorum, and there is one at all. E11 where one is broken. */
static bool is_cosigned(struct av *v, const char *where, const struct av_policy *p, const struct av_checkpoint *c, uint64_t *ret_time)
{
    int count = 0;
    const char *broken = NULL;
    *ret_time = 0;
    bool is_met = av_policy_met(p, c->text, c->lines, &count, ret_time, &broken) && count > 0;
    if (broken)
        av_find(v, "E11", "%s: %s", where, broken);
    return is_met;
}

static void witnessed_note(struct av *v, const struct av_checkpoint *c, uint64_t time)
{
    struct av_explained *x = &v->explain;
    v->cosigned++;
    if (c->size >= v->witnessed_size) {
        v->witnessed_size = c->size;
        v->witnessed_time = time;
    }
    if (v->o.explain >= 0 && (int64_t)c->size > v->o.explain && x->cosigned_size == 0) {
        x->cosigned_size = c->size;
        x->cosigned_time = time;
    }
}

/* E13: what comes later is not older. */
static void order_check(struct av *v, const char *where, uint64_t size, uint64_t time, struct av_order *last)
{
    if (size < last->size)
        av_find(v, "E13", "%s: a checkpoint of %llu leaves follows one of %llu", where, (av_llu)size, (av_llu)last->size);
    else if (time > 0 && time + SKEW_S < last->time_s)
        av_find(v, "E13", "%s: witnessed before a smaller one was", where);
    last->size = size > last->size ? size : last->size;
    last->time_s = time > last->time_s ? time : last->time_s;
}

static void checkpoint_check(struct av *v, struct av_text note, struct av_order *last)
{
    struct av_checkpoint c;
    char where[64] = "checkpoint";
    uint64_t time = 0;
    const char *fault = av_checkpoint_read(note, &c);
    if (fault)
        return av_find(v, "E10", "checkpoints.txt: %s", fault);
    snprintf(where, sizeof(where), "checkpoint of %llu leaves", (av_llu)c.size);
    bool is_witnessed = v->has_policy && is_cosigned(v, where, &v->policy, &c, &time);
    if (is_witnessed)
        witnessed_note(v, &c, time);
    (void)checkpoint_holds(v, where, &c, is_witnessed);
    order_check(v, where, c.size, is_witnessed ? time : 0, last);
}

/* ---- anchors, and the policies under which they were made ---- */

void av_policy_leaf(struct av *v, const struct av_leaf *leaf)
{
    static struct av_policy read;
    static char text[AV_LEAF_MAX];
    long size = av_unescape(av_string(&leaf->object, "text"), text, sizeof(text));
    const char *fault = size < 0 ? "the policy is too large" : av_policy_read((struct av_text){text, (size_t)size}, &read);
    if (fault)
        return av_find(v, "E42", "leaf %llu: %s", (av_llu)leaf->index, fault);
    if (v->policy_count == AV_POLICIES_MAX)
        return av_lack(v, "more than %d policies: later ones were not looked at", AV_POLICIES_MAX);
    v->policies[v->policy_count++] = leaf->index;
}

/* The one that leaf set. NULL: it cannot be read any more. */
static const struct av_policy *policy_of(struct av *v, uint64_t index)
{
    static struct av_policy read; /* of `loaded` */
    static char text[AV_LEAF_MAX];
    struct av_leaf leaf;
    if (!av_leaf_at(v, index, &leaf))
        return NULL;
    long size = av_unescape(av_string(&leaf.object, "text"), text, sizeof(text));
    return size >= 0 && !av_policy_read((struct av_text){text, (size_t)size}, &read) ? &read : NULL;
}

/* A cosigned note of a directory (its pinned policy counts for all), or one that a leaf repeats (under the policy of then). From the
 * newest policy back as far as `oldest`. */
static void cosigned_check(struct av *v, const char *where, const struct av_checkpoint *c, size_t oldest)
{
    uint64_t time = 0;
    bool is_met = false, is_pinned = v->mode == AV_DIRECTORY && v->has_pinned_policy;
    if (!is_pinned && v->policy_count == 0 && !av_is_whole(v))
        return av_note(v, "anchors under a policy that was set before the range of this bundle");
    if (is_pinned)
        is_met = is_cosigned(v, where, &v->policy, c, &time);
    for (size_t i = v->policy_count; !is_pinned && !is_met && i > oldest; i--) {
        const struct av_policy *p = policy_of(v, v->policies[i - 1]);
        is_met = p && is_cosigned(v, where, p, c, &time);
    }
    if (!is_met)
        return av_find(v, "E11", "%s: it is not cosigned as the policy %s demands", where, is_pinned ? "that you pinned" : "in force");
    order_check(v, where, c->size, time, &v->cosigned_order);
    if (v->mode == AV_DIRECTORY) /* a bundle has them in checkpoints.txt */
        witnessed_note(v, c, time);
}

/* E20: an anchor repeats the note that was cosigned or stamped; d is its digest (of a stamp: that of the token, which is a blob). */
void av_anchor_leaf(struct av *v, const struct av_leaf *leaf, bool is_chained)
{
    static char note[AV_NOTE_MAX];
    struct av_checkpoint c;
    struct av_anchor made = {.index = leaf->index, .is_stamp = av_is(av_string(&leaf->object, "kind"), "tst")};
    char name[96], root[65], where[64];
    long size = av_unescape(av_string(&leaf->object, "note"), note, sizeof(note));
    const char *fault = size <= 0 ? "an anchor without its note" : av_checkpoint_read((struct av_text){note, (size_t)size}, &c);
    if (fault)
        return av_find(v, "E42", "leaf %llu: %s", (av_llu)leaf->index, fault);
    av_hex_write(c.root.bytes, 32, root);
    snprintf(name, sizeof(name), "%llu:%s", (av_llu)c.size, root);
    snprintf(where, sizeof(where), "leaf %llu", (av_llu)leaf->index);
    made.size = c.size;
    made.note = av_sha256_of(note, (size_t)size);
    av_hash_member(&leaf->object, "d", made.digest.bytes);
    if (v->anchor_count < AV_ANCHORS_MAX)
        v->anchors[v->anchor_count++] = made;
    else
        av_lack(v, "more than %d anchors", AV_ANCHORS_MAX);
    if (!av_is(av_string(&leaf->object, "cp"), name) || (!made.is_stamp && !av_hash_equal(&made.note, &made.digest)))
        return av_find(v, "E20", "%s: the anchor names another checkpoint than its note is", where);
    if (!checkpoint_holds(v, where, &c, false) || !is_chained)
        return;
    const struct av_seal *seal = av_checkpoint_name_check(v, leaf->index, av_string(&leaf->object, "cp"), "E54");
    if (seal)
        av_time_anchor(v, leaf, seal);
    if (!made.is_stamp)
        cosigned_check(v, where, &c, v->policy_count > 0 ? v->policy_count - 1 : 0);
}

/* ---- all ---- */

/* "SIZE:HEX" or a note. */
static bool seen_read(const char *text, size_t size, uint64_t *ret_size, struct av_hash *ret_root, struct av_text *ret_origin)
{
    struct av_checkpoint c;
    struct av_text rest = {text, size}, head;
    while (rest.size && (rest.data[rest.size - 1] == '\n' || rest.data[rest.size - 1] == ' '))
        rest.size--;
    *ret_origin = (struct av_text){"", 0};
    if (av_cut(&rest, ':', &head) && av_number(head, ret_size) && av_hex(rest, ret_root->bytes, 32))
        return true;
    if (av_checkpoint_read((struct av_text){text, size}, &c))
        return false;
    *ret_size = c.size;
    *ret_root = c.root;
    *ret_origin = c.origin;
    return true;
}

static void seen_check(struct av *v)
{
    static char text[AV_NOTE_MAX];
    uint64_t size = 0;
    struct av_hash root, there;
    struct av_text origin;
    bool is_typed = seen_read(v->o.seen_path, strlen(v->o.seen_path), &size, &root, &origin);
    long length = is_typed ? 0 : av_read_file(AT_FDCWD, v->o.seen_path, text, sizeof(text));
    if (!is_typed && (length < 0 || !seen_read(text, (size_t)length, &size, &root, &origin))) {
        av_find(v, "E14", "%s: neither SIZE:ROOT nor a file that holds it or a checkpoint", v->o.seen_path);
        v->is_wrong_use = true;
    } else if ((origin.size && !av_is(origin, v->origin)) || size > v->size) {
        av_find(v, "E14", "the checkpoint seen before has %llu leaves, this one %llu: an older state, or another ledger",
                (av_llu)size, (av_llu)v->size);
    } else if (size == v->size ? (there = v->root, false) : v->mode == AV_SELECTED || !av_root_at(v, size, &there)) {
        av_lack(v, "that the checkpoint seen before is a prefix: this bundle lacks the tiles for it; ask for one whose range begins "
                   "at or before leaf %llu", (av_llu)size);
    } else if (!av_hash_equal(&root, &there)) {
        av_find(v, "E14", "the checkpoint seen before, of %llu leaves, is no prefix of this ledger", (av_llu)size);
    }
}

static void pins_check(struct av *v)
{
    bool is_registered = false, has_any = false;
    for (int i = 0; v->has_pinned_log && i < v->key_count; i++) {
        const struct av_registered *k = &v->keys[i];
        if (!k->is_added || strcmp(k->role, "log") != 0)
            continue;
        has_any = true;
        is_registered |= av_key_same(&k->key, &v->pinned_log);
        if (k->is_revoked && av_key_same(&k->key, &v->pinned_log))
            av_find(v, "E01", "the log key that you pinned was found stolen, says leaf %llu; ask for its successor", (av_llu)k->until);
    }
    if (has_any && !is_registered)
        av_find(v, "E01", "the log key that you pinned is not one that the ledger registers");
    if (v->has_pinned_root && v->key_count == 0)
        av_find(v, "E01", "the root key that you pinned is not registered here");
}

void av_heads_check(struct av *v)
{
    struct av_order last = {0};
    struct av_text rest = v->bundle.checkpoints, note = {v->head_note, v->head_note_size};
    struct av_checkpoint c;
    if (v->mode == AV_DIRECTORY)
        checkpoint_check(v, note, &last);
    while (v->mode != AV_DIRECTORY && note_next(v, &rest, &note))
        checkpoint_check(v, note, &last);
    if (v->mode == AV_DIRECTORY && v->witnessed_note_size >= 0) {
        const char *fault = av_checkpoint_read((struct av_text){v->witnessed_note, (size_t)v->witnessed_note_size}, &c);
        if (fault)
            av_find(v, "E11", "checkpoint.witnessed: %s", fault);
        else if (checkpoint_holds(v, "checkpoint.witnessed", &c, false))
            cosigned_check(v, "checkpoint.witnessed", &c, 0); /* a policy that was set since asks for others */
    }
    if (v->has_pinned_policy && v->policy.quorum >= 0 && v->witnessed_size == 0)
        av_find(v, "E11", "no checkpoint here is cosigned as the pinned policy demands");
    if (v->o.seen_path)
        seen_check(v);
    pins_check(v);
}
