/* head.c - what binds the tree from outside: signed checkpoints, cosignatures under a policy, time stamps, a head seen before. */
#include "av.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { SKEW_S = 5 * 60 }; /* by which the clocks of witnesses may differ: assay verify allows the same */

/* The next note of checkpoints.txt: "== <bytes>" LF note. */
static bool note_next(struct av *v, struct av_reader *r, struct av_text *ret)
{
    struct av_text line, size_text;
    bool is_broken = false;
    uint64_t size = 0;
    if (!av_reader_line(r, &line, &is_broken)) {
        if (is_broken)
            av_find(v, "E10", "checkpoints.txt: a line is too long");
        return false;
    }
    size_text = (struct av_text){line.data + 3, line.size < 3 ? 0 : line.size - 3};
    const uint8_t *p = NULL;
    if (av_starts(line, "== ") && av_number(size_text, &size) && size <= AV_NOTE_MAX)
        p = av_reader_take(r, (size_t)size);
    if (!p) {
        av_find(v, "E10", "checkpoints.txt: a note without its \"== size\" line, or cut");
        return false;
    }
    *ret = (struct av_text){(const char *)p, (size_t)size};
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
    if (fault) {
        av_find(v, "E10", "checkpoint: %s", fault);
        return false;
    }
    if (v->mode == AV_DIRECTORY) { /* a bundle has said it in its manifest */
        memcpy(v->origin, c.origin.data, c.origin.size);
        v->origin[c.origin.size] = 0;
        v->size = c.size;
        v->root = c.root;
    } else if (c.size != v->size || !av_hash_equal(&c.root, &v->root) || !av_is(c.origin, v->origin)) {
        av_find(v, "E02", "the newest checkpoint is not the head that the manifest names");
        return false;
    }
    memcpy(v->head_note, note.data, note.size);
    v->head_note_size = note.size;
    return true;
}

bool av_head_find(struct av *v)
{
    struct av_text note;
    bool has_note = false;
    if (v->mode == AV_DIRECTORY) {
        int fd = openat(v->fd, "checkpoint", O_RDONLY | O_CLOEXEC);
        off_t size = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1;
        bool ok = size > 0 && size <= AV_NOTE_MAX && av_read_at(fd, 0, v->content.bytes, (size_t)size);
        if (fd >= 0)
            close(fd);
        if (ok)
            return head_take(v, (struct av_text){(const char *)v->content.bytes, (size_t)size});
        av_find(v, "E10", "checkpoint: it cannot be read");
        return false;
    }
    av_reader_start(&v->lines, v->bundle.checkpoints.fd, v->bundle.checkpoints.offset, v->bundle.checkpoints.size);
    while (note_next(v, &v->lines, &note))
        has_note = note.size <= sizeof(v->head_note) && (memcpy(v->content.bytes, note.data, note.size), v->head_note_size = note.size);
    if (has_note)
        return head_take(v, (struct av_text){(const char *)v->content.bytes, v->head_note_size});
    av_find(v, "E10", "checkpoints.txt holds no checkpoint");
    return false;
}

/* Pinned keys and policy; then the bundle's own policy where none is pinned. */
void av_trust_read(struct av *v)
{
    const char *fault = NULL;
    long size = -1;
    if (v->o.log_vkey && (fault = av_key_read(av_text_of(v->o.log_vkey), &v->pinned_log)) != NULL)
        av_find(v, "E01", "--log: %s", fault);
    if (v->o.root_vkey && (fault = av_key_read(av_text_of(v->o.root_vkey), &v->pinned_root)) != NULL)
        av_find(v, "E01", "--root: %s", fault);
    v->has_pinned_log = v->o.log_vkey && !fault;
    v->has_pinned_root = v->o.root_vkey && !fault;
    if (v->o.policy_path) {
        size = av_read_file(v->o.policy_path, v->policy_text, sizeof(v->policy_text));
        fault = size < 0 ? "cannot be read" : av_policy_read((struct av_text){v->policy_text, (size_t)size}, &v->policy);
        v->has_pinned_policy = v->has_policy = !fault;
        if (fault)
            av_find(v, "E01", "%s: %s", v->o.policy_path, fault);
    } else if (v->mode != AV_DIRECTORY && v->bundle.policy.size > 0) {
        if (v->bundle.policy.size <= sizeof(v->policy_text) &&
            av_read_at(v->bundle.policy.fd, v->bundle.policy.offset, v->policy_text, (size_t)v->bundle.policy.size))
            size = (long)v->bundle.policy.size;
        fault = size < 0 ? "too large" : av_policy_read((struct av_text){v->policy_text, (size_t)size}, &v->policy);
        v->has_policy = !fault;
        if (fault)
            av_find(v, "E11", "policy: %s", fault);
    }
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

/* E11: the cosignatures of a checkpoint, under the policy. True when they meet its quorum. */
static bool cosignatures_check(struct av *v, const struct av_checkpoint *c, uint64_t *ret_time)
{
    int count = 0;
    const char *broken = NULL;
    *ret_time = 0;
    bool is_met = v->has_policy && av_policy_met(&v->policy, c->text, c->lines, &count, ret_time, &broken) && count > 0;
    if (broken)
        av_find(v, "E11", "checkpoint of %llu leaves: %s", (unsigned long long)c->size, broken);
    if (!is_met)
        return false;
    v->cosigned++;
    if (c->size >= v->witnessed_size) {
        v->witnessed_size = c->size;
        v->witnessed_time = *ret_time;
    }
    struct av_explained *x = &v->explain;
    if (v->o.explain >= 0 && (int64_t)c->size > v->o.explain && x->cosigned_size == 0) {
        x->cosigned_size = c->size;
        x->cosigned_time = *ret_time;
    }
    return true;
}

void av_anchor_note(struct av *v, struct av_text note)
{
    struct av_checkpoint c;
    uint64_t time = 0;
    if (!av_checkpoint_read(note, &c) && av_is(c.origin, v->origin))
        (void)cosignatures_check(v, &c, &time); /* its root was held against the tree by the caller */
}

static void checkpoint_check(struct av *v, struct av_text note, uint64_t *last_size, uint64_t *last_time)
{
    struct av_checkpoint c;
    struct av_hash root;
    uint64_t time = 0;
    const char *fault = av_checkpoint_read(note, &c);
    unsigned long long size = fault ? 0 : c.size;
    v->checkpoints++;
    if (fault) {
        av_find(v, "E10", "checkpoints.txt: %s", fault);
        return;
    }
    if (!av_is(c.origin, v->origin))
        av_find(v, "E02", "checkpoint of %llu leaves: it is of another ledger", size);
    bool is_witnessed = cosignatures_check(v, &c, &time);
    fault = log_fault(v, &c, is_witnessed);
    if (fault)
        av_find(v, "E10", "checkpoint of %llu leaves: %s", size, fault);
    if (c.size < *last_size)
        av_find(v, "E13", "checkpoint of %llu leaves follows one of %llu", size, (unsigned long long)*last_size);
    *last_size = c.size;
    if (is_witnessed && time + SKEW_S < *last_time)
        av_find(v, "E13", "checkpoint of %llu leaves: witnessed before a smaller one was", size);
    if (is_witnessed && time > *last_time)
        *last_time = time;
    if (c.size > v->size)
        av_find(v, "E13", "checkpoint of %llu leaves: larger than the head", size);
    else if (v->mode == AV_SELECTED && c.size != v->size)
        av_note(v, "that earlier checkpoints are prefixes of the newest (a bundle of selected leaves holds no tiles)");
    else if (v->mode == AV_SELECTED)
        root = v->root;
    else if (!av_root_at(v, c.size, &root))
        av_note(v, "that checkpoints outside of the range are prefixes of the newest");
    else if (!av_hash_equal(&root, &c.root))
        av_find(v, "E12", "the checkpoint of %llu leaves is not consistent with this ledger", size);
}

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
    long length = av_read_file(v->o.seen_path, text, sizeof(text));
    if (length < 0 || !seen_read(text, (size_t)length, &size, &root, &origin)) {
        av_find(v, "E14", "%s: neither a checkpoint nor SIZE:ROOT", v->o.seen_path);
        v->is_wrong_use = true;
    } else if ((origin.size && !av_is(origin, v->origin)) || size > v->size) {
        av_find(v, "E14", "the checkpoint seen before has %llu leaves, this one %llu: an older state, or another ledger",
                (unsigned long long)size, (unsigned long long)v->size);
    } else if (size == v->size ? (there = v->root, false) : v->mode == AV_SELECTED || !av_root_at(v, size, &there)) {
        av_lack(v, "that the checkpoint seen before is a prefix: this bundle lacks the tiles for it; ask for one whose range begins "
                   "at or before leaf %llu", (unsigned long long)size);
    } else if (!av_hash_equal(&root, &there)) {
        av_find(v, "E14", "the checkpoint seen before, of %llu leaves, is no prefix of this ledger", (unsigned long long)size);
    }
}

void av_heads_check(struct av *v)
{
    uint64_t last_size = 0, last_time = 0;
    if (v->mode == AV_DIRECTORY) {
        checkpoint_check(v, (struct av_text){v->head_note, v->head_note_size}, &last_size, &last_time);
    } else {
        struct av_text note;
        av_reader_start(&v->lines, v->bundle.checkpoints.fd, v->bundle.checkpoints.offset, v->bundle.checkpoints.size);
        while (note_next(v, &v->lines, &note))
            checkpoint_check(v, note, &last_size, &last_time);
    }
    if (v->has_pinned_policy && v->policy.quorum >= 0 && v->witnessed_size == 0)
        av_find(v, "E11", "no checkpoint here is cosigned as the pinned policy demands");
    if (v->o.seen_path)
        seen_check(v);
    if (v->has_pinned_log) {
        bool is_registered = false, has_any = false;
        for (int i = 0; i < v->key_count; i++)
            if (v->keys[i].is_added && strcmp(v->keys[i].role, "log") == 0) {
                has_any = true;
                is_registered |= av_key_same(&v->keys[i].key, &v->pinned_log);
                if (v->keys[i].is_revoked && av_key_same(&v->keys[i].key, &v->pinned_log))
                    av_find(v, "E01", "the log key that you pinned was found stolen, says leaf %llu; ask for its successor",
                            (unsigned long long)v->keys[i].until);
            }
        if (has_any && !is_registered)
            av_find(v, "E01", "the log key that you pinned is not one that the ledger registers");
    }
}

/* ---- RFC 3161 ---- */

/* The imprint of a token: SHA-256's AlgorithmIdentifier (with or without NULL) and an octet string of 32 bytes. */
static const uint8_t *imprint_find(const uint8_t *token, size_t size)
{
    static const uint8_t with_null[] = {0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t without[] = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20};
    const uint8_t *at = memmem(token, size, with_null, sizeof(with_null));
    size_t head = sizeof(with_null);
    if (!at) {
        at = memmem(token, size, without, sizeof(without));
        head = sizeof(without);
    }
    return at && (size_t)(token + size - at) >= head + 32 ? at + head : NULL;
}

/* E20: the token is the one that its anchor leaf names, and its imprint that leaf's note. */
void av_stamps_check(struct av *v, uint64_t leaf, const uint8_t *token, size_t size)
{
    struct av_hash digest = av_sha256_of(token, size);
    const uint8_t *imprint = imprint_find(token, size), *time = NULL;
    const struct av_anchor *anchor = NULL;
    char hex[65];
    for (size_t i = 0; i < v->anchor_count; i++)
        if (v->anchors[i].index == leaf)
            anchor = &v->anchors[i];
    if (!anchor || !anchor->is_stamp || !av_hash_equal(&anchor->digest, &digest)) {
        av_find(v, "E20", "tsa/%llu.tsr: no anchor leaf here names it", (unsigned long long)leaf);
        return;
    }
    if (!imprint || memcmp(imprint, anchor->note.bytes, 32) != 0) {
        av_find(v, "E20", "tsa/%llu.tsr: its imprint is not that of the checkpoint of %llu leaves", (unsigned long long)leaf,
                (unsigned long long)anchor->size);
        return;
    }
    v->stamps++;
    if (anchor->size > v->stamped_size)
        v->stamped_size = anchor->size;
    size_t left = (size_t)(token + size - imprint);
    time = memmem(imprint, left < 200 ? left : 200, "\x18\x0f", 2); /* GeneralizedTime of 15 characters */
    if (v->o.explain >= 0 && (int64_t)anchor->size > v->o.explain && v->explain.stamped_size == 0) {
        v->explain.stamped_size = anchor->size;
        if (time && (size_t)(token + size - time) >= 17)
            snprintf(v->explain.stamped_time, sizeof(v->explain.stamped_time), "%.15s", (const char *)time + 2);
    }
    av_hex_write(imprint, 32, hex);
    snprintf(v->stamp_command, sizeof(v->stamp_command),
             "openssl ts -verify -in tsa/%llu.tsr -digest %s -CAfile tsa/ca.pem -attime TIME", (unsigned long long)leaf, hex);
}
