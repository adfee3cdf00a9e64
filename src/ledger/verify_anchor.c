/*
 * verify_anchor.c - who outside vouched for this ledger: cosigned checkpoints (E11, E12, E13), time stamps (E20, E21, E22), and the
 * evidence of a fork. Policies and authorities are those that the ledger records, in force at that leaf; --policy puts the caller's
 * own in place of every policy, and with --tsa-ca a stamp has to chain to the caller's authorities, too, to count.
 */
#include "blob/blob.h"
#include "crypto/tst.h"
#include "ledger/anchor.h"
#include "ledger/verify_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SKEW_MS = 5 * 60 * 1000, LOG_BYTES_MAX = 4 * ANCHOR_LOG_MAX };

struct seen_policy {
    uint64_t from; /* leaf */
    const struct policy *policy;
};
struct seen_authority {
    uint64_t leaf;
    struct str name, ca;
    bool is_removed;
};
struct seen_anchor {
    uint64_t leaf;
    struct anchor anchor;
    char c[65], x[65]; /* of the stamp; empty: no blob */
    uint64_t cosigned_s; /* cosignatures: when the quorum was there; 0: it never was */
    bool is_timed;       /* cosigned_s is known */
};

struct verify_anchors {
    struct seen_policy *policies;
    size_t policy_count, policy_capacity;
    struct seen_authority *authorities;
    size_t authority_count, authority_capacity;
    struct seen_anchor *anchors;
    size_t anchor_count, anchor_capacity;
    const struct policy *pinned; /* --policy */
    uint64_t cosigned_size;      /* of the newest cosigned note seen so far, in the order in which they came */
    uint64_t quorum_time_s;
    struct pack_store *packs;
    struct keyring *keys;
    struct str pinned_ca; /* --tsa-ca; empty: none */
    size_t unread_stamps, erased_stamps, strange_stamps, trusted_stamps;
    struct str witnessed; /* as it was before the head was read; empty with why_not */
    struct err why_not;
    int log_fd;        /* anchors.log, which may be replaced by a shorter one meanwhile; -1: none */
    bool log_is_lost;  /* it is there, and cannot be read */
    uint64_t log_size; /* of it, then */
};

bool verify_anchor_begin(struct verify *v, struct err *e)
{
    struct verify_anchors *h = ARENA_NEW(v->kept, struct verify_anchors);
    char subject[256];
    h->log_fd = -1;
    v->anchors = h;
    v->report->strength = "signed";
    h->pinned_ca = str_of(v->options->tsa_ca ? v->options->tsa_ca : "");
    if (v->options->tsa_ca && !tst_ca_check(h->pinned_ca, subject, e))
        return err_wrap(e, "the authorities given");
    if (v->options->policy && !(h->pinned = policy_parse(v->kept, str_of(v->options->policy), e)))
        return err_wrap(e, "the policy given");
    return true;
}

/* A server may go on meanwhile: what is here now is never newer than the head, which is read next. */
void verify_anchors_look(struct verify *v)
{
    struct verify_anchors *h = v->anchors;
    struct buf BUF_AUTO note;
    struct stat facts;
    buf_init(&note, ANCHOR_NOTE_BYTES_MAX);
    if (os_file_read(&os_file_real, v->ledger_dir, ANCHOR_WITNESSED_FILE, &note, &h->why_not))
        h->witnessed = arena_str(v->kept, buf_view(&note));
    h->log_fd = v->private_dir >= 0 ? openat(v->private_dir, ANCHOR_LOG_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
    h->log_is_lost = v->private_dir >= 0 && h->log_fd < 0 && errno != ENOENT;
    if (h->log_fd >= 0 && fstat(h->log_fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= LOG_BYTES_MAX)
        h->log_size = (uint64_t)facts.st_size;
    else if (h->log_fd >= 0)
        h->log_is_lost = true;
}

/* ---- as the leaves pass ---- */

static void policy_note(struct verify *v, uint64_t index, const struct json *leaf)
{
    struct verify_anchors *h = v->anchors;
    struct err e = {0};
    const struct policy *p = policy_parse(v->kept, json_text(leaf, "text"), &e);
    if (!p) {
        verify_find(v, "E42", "leaf %llu: %s", (unsigned long long)index, e.text);
        return;
    }
    if (h->policy_count == h->policy_capacity)
        h->policies = arena_grow(v->kept, h->policies, h->policy_count, &h->policy_capacity, sizeof(*h->policies));
    h->policies[h->policy_count++] = (struct seen_policy){index, p};
}

static void authority_note(struct verify *v, uint64_t index, const struct json *leaf)
{
    struct verify_anchors *h = v->anchors;
    if (h->authority_count == h->authority_capacity)
        h->authorities = arena_grow(v->kept, h->authorities, h->authority_count, &h->authority_capacity, sizeof(*h->authorities));
    h->authorities[h->authority_count++] = (struct seen_authority){.leaf = index,
                                                                   .name = arena_str(v->kept, json_text(leaf, "id")),
                                                                   .ca = arena_str(v->kept, json_text(leaf, "ca")),
                                                                   .is_removed = !str_is(json_text(leaf, "act"), "add")};
}

static void anchor_note(struct verify *v, uint64_t index, const struct json *leaf)
{
    struct verify_anchors *h = v->anchors;
    struct seen_anchor seen = {.leaf = index};
    struct err e = {0};
    if (!anchor_leaf_read(leaf, &seen.anchor, &e)) {
        verify_find(v, "E42", "leaf %llu: %s", (unsigned long long)index, e.text);
        return;
    }
    const struct json *blob = json_at(json_get(leaf, "b"), 0);
    snprintf(seen.c, sizeof(seen.c), "%.*s", STR_ARGS(json_text(blob, "c")));
    snprintf(seen.x, sizeof(seen.x), "%.*s", STR_ARGS(json_text(blob, "x")));
    seen.anchor.by = arena_str(v->kept, seen.anchor.by);
    seen.anchor.note = arena_str(v->kept, seen.anchor.note);
    if (h->anchor_count == h->anchor_capacity)
        h->anchors = arena_grow(v->kept, h->anchors, h->anchor_count, &h->anchor_capacity, sizeof(*h->anchors));
    h->anchors[h->anchor_count++] = seen;
}

void verify_anchor_leaf(struct verify *v, uint64_t index, const struct leaf *leaf)
{
    struct str type = json_text(leaf->json, "type");
    if (str_is(leaf->type, "anchor"))
        anchor_note(v, index, leaf->json);
    else if (str_is(leaf->type, "record") && str_is(type, "anchor_policy"))
        policy_note(v, index, leaf->json);
    else if (str_is(leaf->type, "record") && str_is(type, "anchor_tsa"))
        authority_note(v, index, leaf->json);
}

/* ---- one note ---- */

/* E02, E10, E12: it is of this ledger, signed by its log key, and a state that this ledger has been in. */
static bool note_check(struct verify *v, const char *where, struct str note, struct checkpoint *ret)
{
    struct str text, lines;
    struct sha256 root;
    struct err e = {0};
    v->report->checkpoints_checked++;
    if (!checkpoint_parse(note, ret, &text, &lines, &e) || !verify_log_signature(v, ret->size, text, lines, true, &e)) {
        verify_find(v, "E10", "%s: %s", where, e.text);
        return false;
    }
    if (strcmp(ret->origin, v->origin) != 0) {
        verify_find(v, "E02", "%s: it is of another ledger, %s", where, ret->origin);
        return false;
    }
    struct merkle_nodes nodes = tile_store_nodes(&v->store);
    if (ret->size > v->head.size) {
        verify_find(v, "E14", "%s: it vouches for %llu leaves, this ledger has %llu: it was set back", where,
                    (unsigned long long)ret->size, (unsigned long long)v->head.size);
        return false;
    }
    if (!merkle_root(&nodes, ret->size, &root, &e) || !sha256_equal(root, ret->root)) {
        verify_find(v, "E12", "%s: its checkpoint of %llu leaves is not consistent with the ledger", where,
                    (unsigned long long)ret->size);
        return false;
    }
    return true;
}

static const struct policy *policy_at(const struct verify_anchors *h, uint64_t leaf)
{
    const struct policy *p = NULL;
    for (size_t i = 0; i < h->policy_count && h->policies[i].from < leaf; i++)
        p = h->policies[i].policy;
    return h->pinned ? h->pinned : p;
}

/* E11. `policy` may be NULL: then nothing can be said of the lines. */
static bool quorum_check(struct verify *v, const char *where, const struct policy *p, struct str note, struct policy_outcome *ret)
{
    struct err e = {0};
    if (!p) {
        verify_find(v, "E11", "%s: no policy was in force", where);
        return false;
    }
    if (!policy_evaluate(p, note, NULL, ret, &e)) {
        verify_find(v, "E11", "%s: %s", where, e.text);
        return false;
    }
    if (ret->is_satisfied && ret->cosigned_count > 0)
        return true;
    if (ret->is_satisfied)
        verify_find(v, "E11", "%s: the policy asks for no cosignature, and there is none", where);
    else if (!policy_satisfied(p, note, NULL, &e))
        verify_find(v, "E11", "%s: %s", where, e.text);
    return false;
}

/* E13: what is recorded later is not older. */
static void order_check(struct verify *v, const char *where, uint64_t size, uint64_t time_s)
{
    struct verify_anchors *h = v->anchors;
    if (size < h->cosigned_size)
        verify_find(v, "E13", "%s: a cosigned checkpoint of %llu leaves follows one of %llu", where, (unsigned long long)size,
                    (unsigned long long)h->cosigned_size);
    else if (time_s + SKEW_MS / 1000 < h->quorum_time_s)
        verify_find(v, "E13", "%s: its cosignatures are %llu s older than those before", where,
                    (unsigned long long)(h->quorum_time_s - time_s));
    h->cosigned_size = size > h->cosigned_size ? size : h->cosigned_size;
    h->quorum_time_s = time_s > h->quorum_time_s ? time_s : h->quorum_time_s;
}

static void witnessed_note(struct verify *v, const struct policy *p, uint64_t size, const struct policy_outcome *outcome)
{
    v->report->witnessed_size = size;
    v->report->witnessed_ms = (int64_t)outcome->quorum_time_s * 1000;
    v->report->witness_count = outcome->cosigned_count;
    v->report->witnesses_of = p->witness_count;
}

static void cosignatures_check(struct verify *v, const struct seen_anchor *s)
{
    const struct policy *p = policy_at(v->anchors, s->leaf);
    struct checkpoint c;
    struct policy_outcome outcome;
    char where[64];
    snprintf(where, sizeof(where), "leaf %llu", (unsigned long long)s->leaf);
    if (!note_check(v, where, s->anchor.note, &c) || !quorum_check(v, where, p, s->anchor.note, &outcome))
        return;
    v->report->anchors_checked++;
    order_check(v, where, c.size, outcome.quorum_time_s);
    witnessed_note(v, p, c.size, &outcome);
}

/* ---- time stamps ---- */

static struct str ca_at(const struct verify_anchors *h, struct str name, uint64_t leaf)
{
    struct str ca = {0};
    for (size_t i = 0; i < h->authority_count && h->authorities[i].leaf < leaf; i++)
        if (str_equal(h->authorities[i].name, name))
            ca = h->authorities[i].is_removed ? (struct str){0} : h->authorities[i].ca;
    return ca;
}

/* Each note is evaluated once, however many time stamps ask. */
static uint64_t cosigned_s(const struct verify_anchors *h, struct seen_anchor *s)
{
    const struct policy *p = s->is_timed || s->anchor.is_tst ? NULL : policy_at(h, s->leaf);
    struct policy_outcome outcome;
    struct err e = {0};
    s->is_timed = true;
    if (p && policy_evaluate(p, s->anchor.note, NULL, &outcome, &e))
        s->cosigned_s = outcome.quorum_time_s;
    return s->cosigned_s;
}

/* The newest cosignature over a checkpoint that was there before this one. */
static int64_t cosigned_before_ms(struct verify *v, uint64_t size)
{
    const struct verify_anchors *h = v->anchors;
    uint64_t newest_s = 0;
    for (size_t i = 0; i < h->anchor_count; i++) {
        uint64_t time_s = h->anchors[i].anchor.checkpoint.size < size ? cosigned_s(h, &h->anchors[i]) : 0;
        newest_s = time_s > newest_s ? time_s : newest_s;
    }
    return (int64_t)newest_s * 1000;
}

/* Why a stamp that should be here is not is one finding; that its blob is damaged or gone is told by the check of blobs, too. */
static bool stamp_read(struct verify *v, struct arena *a, const struct seen_anchor *s, struct str *ret)
{
    struct verify_anchors *h = v->anchors;
    uint8_t dek[DEK_SIZE];
    struct sha256 x;
    struct str stored;
    struct err e = {0};
    bool has_name = hex_decode(str_of(s->x), x.bytes, SHA256_SIZE);
    if (!has_name) {
        verify_find(v, "E20", "leaf %llu: an anchor by time stamp, without the time stamp", (unsigned long long)s->leaf);
        return false;
    }
    if (verify_erasure_of(v, x.bytes)) {
        h->erased_stamps++;
        return false;
    }
    if (!h->packs || !h->keys) {
        h->unread_stamps++;
        return false;
    }
    char now[65];
    bool ok = pack_current(h->packs, s->x, now, &e) && pack_read(h->packs, a, now, &stored, &e) && keyring_get(h->keys, now, dek, &e) &&
              blob_open(a, stored, s->c, now, dek, TST_BYTES_MAX, ret, &e);
    memory_wipe(dek, sizeof(dek));
    if (!ok)
        verify_find(v, "E20", "leaf %llu: the time stamp cannot be read: %s", (unsigned long long)s->leaf, e.text);
    return ok;
}

/* The caller's own authorities decide what counts; what the ledger records about its own has been checked before. */
static bool stamp_is_trusted(struct verify *v, struct str bytes)
{
    struct verify_anchors *h = v->anchors;
    struct tst_info info;
    struct err strange = {0};
    if (!h->pinned_ca.size)
        return true;
    bool is_trusted = tst_verify(bytes, h->pinned_ca, &info, &strange);
    h->trusted_stamps += is_trusted;
    h->strange_stamps += !is_trusted;
    return is_trusted;
}

static void stamp_check(struct verify *v, struct arena *a, const struct seen_anchor *s)
{
    struct verify_anchors *h = v->anchors;
    struct checkpoint c;
    struct tst_info info;
    struct str bytes;
    struct err e = {0};
    char where[64];
    unsigned long long leaf = s->leaf;
    snprintf(where, sizeof(where), "leaf %llu", leaf);
    if (!note_check(v, where, s->anchor.note, &c) || !stamp_read(v, a, s, &bytes))
        return;
    if (!sha256_equal(sha256_of(bytes), s->anchor.digest)) {
        verify_find(v, "E20", "leaf %llu: the time stamp is not the one that was recorded", leaf);
        return;
    }
    if (!tst_read(bytes, &info, &e) || !tst_answers(&info, s->anchor.note, NULL, &e)) {
        verify_find(v, "E20", "leaf %llu: %s", leaf, e.text);
        return;
    }
    if (info.time_ms != s->anchor.at_ms)
        verify_find(v, "E20", "leaf %llu: the leaf tells another time than the stamp", leaf);
    struct str ca = ca_at(h, s->anchor.by, s->leaf);
    if (!ca.size || !tst_verify(bytes, ca, &info, &e)) {
        verify_find(v, "E21", "leaf %llu: %s", leaf, ca.size ? e.text : "no such authority was registered");
        return;
    }
    int64_t cosigned_ms = cosigned_before_ms(v, c.size);
    if (info.time_ms + SKEW_MS < cosigned_ms)
        verify_find(v, "E22", "leaf %llu: the time stamp is %lld s before a cosignature over an earlier checkpoint", leaf,
                    (long long)(cosigned_ms - info.time_ms) / 1000);
    if (!stamp_is_trusted(v, bytes))
        return;
    v->report->anchors_checked++;
    if (info.time_ms > v->report->stamped_ms) {
        v->report->stamped_ms = info.time_ms;
        v->report->stamped_size = c.size;
    }
}

/* What is to be said of all stamps together. */
static void stamps_tell(struct verify *v)
{
    const struct verify_anchors *h = v->anchors;
    if (h->pinned_ca.size && h->trusted_stamps == 0)
        verify_find(v, "E21", "no time stamp that could be read chains to the authorities given");
    else if (h->strange_stamps)
        verify_note(v, "%zu of %zu time stamps do not chain to the authorities given, and were not counted", h->strange_stamps,
                    h->strange_stamps + h->trusted_stamps);
    if (h->unread_stamps)
        verify_note(v, "%zu time stamps were not checked: that needs private/ and the blobs", h->unread_stamps);
    if (h->erased_stamps)
        verify_note(v, "%zu time stamps were not checked: they are erased", h->erased_stamps);
    if (v->report->stamped_ms && !h->pinned_ca.size)
        verify_note(v, "the time stamping authorities are those that the ledger itself records; give yours with --tsa-ca to check against them");
}

/* ---- files ---- */

/* What it held when the check began. */
static bool log_read(struct verify_anchors *h, struct buf *ret)
{
    char piece[64 << 10];
    while (h->log_fd >= 0 && ret->size < h->log_size && !ret->full) {
        uint64_t left = h->log_size - ret->size;
        ssize_t n = pread(h->log_fd, piece, left < sizeof(piece) ? (size_t)left : sizeof(piece), (off_t)ret->size);
        if (n <= 0)
            break;
        buf_append(ret, piece, (size_t)n);
    }
    return ret->size > 0 && !ret->full;
}

/* Every cosigned note that came in. Lines by witnesses of no policy are unknown keys, which say nothing. */
static void log_check(struct verify *v)
{
    struct verify_anchors *h = v->anchors;
    struct buf BUF_AUTO bytes;
    struct err e = {0};
    struct str note;
    buf_init(&bytes, LOG_BYTES_MAX);
    if (h->log_is_lost)
        verify_find(v, "E83", ANCHOR_LOG_FILE " is no file, or larger than the keeper lets it grow: it was not read");
    if (!log_read(h, &bytes))
        return;
    uint64_t offset = 0, last_size = 0;
    for (uint64_t start = 0; anchor_log_next(buf_view(&bytes), &offset, &note); start = offset) {
        struct checkpoint c;
        char where[80];
        snprintf(where, sizeof(where), ANCHOR_LOG_FILE " at byte %llu", (unsigned long long)start);
        if (!note_check(v, where, note, &c))
            continue;
        if (c.size < last_size)
            verify_find(v, "E13", "%s: a cosigned checkpoint of %llu leaves follows one of %llu", where, (unsigned long long)c.size,
                        (unsigned long long)last_size);
        last_size = c.size;
        for (size_t i = 0; i < h->policy_count + (h->pinned != NULL); i++) {
            struct policy_outcome outcome;
            const struct policy *p = i < h->policy_count ? h->policies[i].policy : h->pinned;
            if (!policy_evaluate(p, note, NULL, &outcome, &e))
                verify_find(v, "E11", "%s: %s", where, e.text);
        }
        v->report->anchors_checked++;
    }
    if (offset == bytes.size)
        return;
    bool has_more = false;
    for (uint64_t behind = offset + 1; !has_more && behind + 12 <= bytes.size; behind++) {
        uint64_t at = behind;
        has_more = bytes.data[behind] == 'A' && anchor_log_next(buf_view(&bytes), &at, &note);
    }
    if (has_more)
        verify_find(v, "E83", ANCHOR_LOG_FILE " is damaged at byte %llu", (unsigned long long)offset);
    else
        verify_note(v, ANCHOR_LOG_FILE " ends in a torn record of %llu bytes, as a power cut leaves it",
                    (unsigned long long)(bytes.size - offset));
}

/* The newest note that satisfies the policy. A copy may be without it: then the last one that a leaf has kept is what there is. */
static void witnessed_check(struct verify *v)
{
    struct verify_anchors *h = v->anchors;
    struct err e = {0};
    struct str note = h->witnessed;
    struct checkpoint c;
    struct policy_outcome outcome;
    const struct policy *p = policy_at(h, UINT64_MAX);
    if (h->why_not.code) {
        if (h->why_not.code != ERR_NOT_FOUND)
            verify_find(v, "E11", "%s", h->why_not.text);
        else if (h->pinned && h->pinned->quorum != POLICY_QUORUM_NONE && v->report->witnessed_size == 0)
            verify_find(v, "E11", "no checkpoint is cosigned as the policy given asks");
        return;
    }
    if (!note_check(v, ANCHOR_WITNESSED_FILE, note, &c))
        return;
    /* A policy that was set since asks for others: the note was fine when it was written. */
    for (size_t i = h->policy_count; !h->pinned && i > 0; i--)
        if (policy_satisfied(h->policies[i - 1].policy, note, NULL, &e)) {
            if (h->policies[i - 1].policy != p)
                verify_note(v, "the newest cosigned checkpoint satisfies an earlier policy, not yet the one in force");
            p = h->policies[i - 1].policy;
            break;
        }
    if (!quorum_check(v, ANCHOR_WITNESSED_FILE, p, note, &outcome))
        return;
    order_check(v, ANCHOR_WITNESSED_FILE, c.size, outcome.quorum_time_s);
    witnessed_note(v, p, c.size, &outcome);
}

/* Pairs: what a witness showed, and what we had then. One that still contradicts this ledger is proof of two histories. */
static void fork_check(struct verify *v)
{
    struct buf BUF_AUTO bytes;
    struct err e = {0};
    uint64_t offset = 0;
    struct str theirs, ours;
    buf_init(&bytes, LOG_BYTES_MAX);
    if (v->private_dir < 0)
        return;
    if (!os_file_read(&os_file_real, v->private_dir, ANCHOR_FORK_FILE, &bytes, &e)) {
        if (e.code != ERR_NOT_FOUND)
            verify_find(v, "E83", ANCHOR_FORK_FILE " is there and was not read: %s", e.text);
        return;
    }
    while (anchor_log_next(buf_view(&bytes), &offset, &theirs) && anchor_log_next(buf_view(&bytes), &offset, &ours)) {
        struct checkpoint c;
        struct str text, lines;
        struct sha256 root;
        struct merkle_nodes nodes = tile_store_nodes(&v->store);
        if (!checkpoint_parse(theirs, &c, &text, &lines, &e) || !verify_log_signature(v, c.size, text, lines, true, &e))
            continue;
        if (c.size > v->head.size || !merkle_root(&nodes, c.size, &root, &e) || !sha256_equal(root, c.root))
            verify_find(v, "E12", "private/" ANCHOR_FORK_FILE ": a witness holds a checkpoint of %llu leaves, signed by this log's key, that"
                                  " is not of this ledger",
                        (unsigned long long)c.size);
    }
}

/* ---- the end ---- */

/* ledger.md 2.4: the weakest link counts, here for the newest leaf and for the history under the newest anchors. */
static void strength_tell(struct verify *v)
{
    struct verify_report *r = v->report;
    if (r->unsigned_leaves)
        r->strength = "durable";
    else if (!v->has_head)
        r->strength = "sealed";
    else if (r->witnessed_size < r->size && r->stamped_size < r->size)
        r->strength = "signed";
    else
        r->strength = r->stamped_size == r->size ? "timestamped" : "witnessed";
}

static void stores_open(struct verify *v)
{
    struct err e = {0};
    int dir = v->options->without_blobs || v->private_dir < 0 ? -1 : openat(v->data_dir, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return;
    v->anchors->packs = pack_open(&os_file_real, dir, false, &e);
    v->anchors->keys = verify_keyring(v);
    close(dir);
}

void verify_anchors(struct verify *v)
{
    struct verify_anchors *h = v->anchors;
    bool has_stamps = false;
    for (size_t i = 0; i < h->anchor_count; i++)
        has_stamps = has_stamps || h->anchors[i].anchor.is_tst;
    if (has_stamps)
        stores_open(v);
    struct arena *a = arena_new("verify: one stamp", 8 << 20);
    for (size_t i = 0; i < h->anchor_count; i++) {
        arena_reset(a);
        if (h->anchors[i].anchor.is_tst)
            stamp_check(v, a, &h->anchors[i]);
        else
            cosignatures_check(v, &h->anchors[i]);
    }
    arena_free(a);
    pack_close(h->packs);
    keyring_close(h->keys);
    log_check(v);
    if (h->log_fd >= 0)
        close(h->log_fd);
    h->log_fd = -1;
    witnessed_check(v);
    fork_check(v);
    strength_tell(v);
    stamps_tell(v);
    if (h->policy_count && !h->pinned)
        verify_note(v, "the witness policy is the one that the ledger itself records; give yours with --policy to check against it");
}
