#include "ledger/mirror.h"

#include "base/cursor.h"
#include "ledger/internal.h"
#include "ledger/mirror_keys.h"
#include "ledger/subtree.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

enum { NOTE_BYTES_MAX = 256 << 10, COPY_PATH_SIZE = 96, LEARNED_MAX = 64 };

/* One log. `mutex` guards everything behind it. */
struct copy {
    struct copy *next;
    char origin[256];
    char hash[ORIGIN_HASH_SIZE];
    pthread_mutex_t mutex;
    bool is_loaded;
    char failure[300]; /* not empty: refused until the program is started again */
    int dir;
    struct edge edge; /* all proven entries; edge.size is the next entry */
    uint64_t size;    /* of the published checkpoint */
    uint64_t time_s;  /* of our newest cosignature */
    uint64_t learned_size; /* of the copy, when its key leaves were looked through */
    struct buf note;  /* the published checkpoint; empty before the first */
};

struct mirror {
    const struct os_file_calls *calls;
    const struct env *env;
    int dir, pending_dir;
    struct witness *pending;
    bool has_key;
    struct note_key key;
    struct ed25519_private private_key;
    pthread_rwlock_t logs_lock; /* guards the list of origins: a copy of the witness's */
    struct arena *logs_owner;
    struct log_list logs;
    struct log_entry learned[LEARNED_MAX]; /* keys that follow from key leaves; with logs_lock */
    size_t learned_count;
    pthread_mutex_t copies_mutex; /* guards the chain; a copy itself never goes away */
    struct copy *copies;
};

/* ---- open, close, logs ---- */

struct mirror *mirror_open(const struct witness_options *o, struct err *e)
{
    struct mirror *m = calloc(1, sizeof(*m));
    if (!m) {
        err_set(e, ERR_LIMIT, "mirror: no memory");
        return NULL;
    }
    m->calls = o->calls;
    m->env = o->env;
    m->pending_dir = -1;
    pthread_rwlock_init(&m->logs_lock, NULL);
    pthread_mutex_init(&m->copies_mutex, NULL);
    if (o->key) {
        m->has_key = true;
        m->key = *o->key;
        m->private_key = *o->private_key;
    }
    m->dir = fcntl(o->dir, F_DUPFD_CLOEXEC, 0);
    bool ok = m->dir >= 0 || err_errno(e, errno, "mirror");
    ok = ok && durable_dir_make(m->calls, m->dir, "pending", 0700, true, e) &&
         durable_dir_make(m->calls, m->dir, "ledger", 0755, true, e);
    if (ok && (m->pending_dir = openat(m->dir, "pending", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
        ok = err_errno(e, errno, "pending");
    struct witness_options w = {.calls = o->calls, .env = o->env, .dir = m->pending_dir};
    return ok && (m->pending = witness_open(&w, e)) ? m : mirror_close(m);
}

struct mirror *mirror_close(struct mirror *m)
{
    if (!m)
        return NULL;
    while (m->copies) {
        struct copy *c = m->copies;
        m->copies = c->next;
        edge_release(&c->edge);
        buf_release(&c->note);
        if (c->dir >= 0)
            close(c->dir);
        pthread_mutex_destroy(&c->mutex);
        free(c);
    }
    witness_close(m->pending);
    if (m->dir >= 0)
        close(m->dir);
    if (m->pending_dir >= 0)
        close(m->pending_dir);
    arena_free(m->logs_owner);
    pthread_rwlock_destroy(&m->logs_lock);
    pthread_mutex_destroy(&m->copies_mutex);
    memory_wipe(m, sizeof(*m));
    free(m);
    return NULL;
}

void mirror_set_logs(struct mirror *m, struct arena *owner, struct log_list logs)
{
    struct arena *again = arena_new("logs", 8 << 20);
    struct log_entry *entries = arena_array(again, logs.count, sizeof(*entries));
    for (size_t i = 0; i < logs.count; i++) {
        entries[i] = logs.entries[i];
        entries[i].url = arena_str(again, logs.entries[i].url);
    }
    pthread_rwlock_wrlock(&m->logs_lock);
    struct arena *old = m->logs_owner;
    m->logs_owner = again;
    m->logs = (struct log_list){entries, logs.count};
    m->learned_count = 0; /* what follows from another list is found again when it is needed */
    pthread_rwlock_unlock(&m->logs_lock);
    arena_free(old);
    witness_set_logs(m->pending, owner, logs);
}

/* Gives the pending checkpoints' witness the list with what was learned; logs_lock is held. */
static void logs_spread(struct mirror *m)
{
    struct arena *owner = arena_new("logs", 8 << 20);
    size_t count = m->logs.count + m->learned_count;
    struct log_entry *entries = arena_array(owner, count, sizeof(*entries));
    for (size_t i = 0; i < count; i++) {
        entries[i] = i < m->logs.count ? m->logs.entries[i] : m->learned[i - m->logs.count];
        entries[i].url = arena_str(owner, entries[i].url);
    }
    witness_set_logs(m->pending, owner, (struct log_list){entries, count});
}

bool mirror_learned(struct mirror *m, struct buf *lines)
{
    pthread_rwlock_rdlock(&m->logs_lock);
    for (size_t i = 0; i < m->learned_count; i++) {
        buf_cstr(lines, "log ");
        note_key_format(&m->learned[i].key, lines);
        buf_printf(lines, " %.*s %s\n", m->learned[i].url.size ? (int)m->learned[i].url.size : 1,
                   m->learned[i].url.size ? m->learned[i].url.data : "-", m->learned[i].origin);
    }
    bool has_any = m->learned_count > 0;
    pthread_rwlock_unlock(&m->logs_lock);
    return has_any;
}

/* True: one more. With logs_lock held for writing. */
static bool learn_one(struct mirror *m, const struct ledger_keys *keys, const struct ledger_key *key, const char *origin)
{
    const struct log_entry *sponsor = NULL;
    bool is_there = false;
    for (size_t i = 0; i < m->logs.count; i++) {
        const struct log_entry *log = &m->logs.entries[i];
        if (strcmp(log->origin, origin) != 0)
            continue;
        is_there = is_there || note_key_equal(&log->key, &key->key);
        sponsor = !sponsor && ledger_keys_follows(keys, key, &log->key) ? log : sponsor;
    }
    for (size_t i = 0; i < m->learned_count; i++)
        is_there = is_there || note_key_equal(&m->learned[i].key, &key->key);
    if (is_there || !sponsor || m->learned_count == LEARNED_MAX)
        return false;
    m->learned[m->learned_count] = *sponsor;
    m->learned[m->learned_count++].key = key->key;
    return true;
}

/* Keys in force that a key of the list signed for, or one that it signed for: with c->mutex held. True: there are new ones. */
static bool keys_learn(struct mirror *m, struct copy *c)
{
    struct ledger_keys *keys = malloc(sizeof(*keys));
    struct checkpoint head;
    struct str text, lines;
    struct err e = {0};
    bool has_new = false;
    if (keys && c->learned_size != c->size && checkpoint_parse(buf_view(&c->note), &head, &text, &lines, &e) &&
        mirror_keys_read(m->calls, c->dir, &head, keys, &e)) {
        c->learned_size = c->size;
        pthread_rwlock_wrlock(&m->logs_lock);
        for (size_t i = 0; i < keys->count; i++)
            if (strcmp(keys->items[i].role, "log") == 0 && keys->items[i].end == KEY_IN_FORCE)
                has_new |= learn_one(m, keys, &keys->items[i], c->origin);
        if (has_new)
            logs_spread(m);
        pthread_rwlock_unlock(&m->logs_lock);
    }
    free(keys);
    return has_new;
}

static bool is_log(struct mirror *m, const char *origin)
{
    pthread_rwlock_rdlock(&m->logs_lock);
    bool is_known = log_list_find(&m->logs, origin) != NULL;
    pthread_rwlock_unlock(&m->logs_lock);
    return is_known;
}

/* ---- the copy of one log ---- */

static struct copy *copy_of(struct mirror *m, const char *origin)
{
    pthread_mutex_lock(&m->copies_mutex);
    struct copy *c = m->copies;
    while (c && strcmp(c->origin, origin) != 0)
        c = c->next;
    if (!c && (c = calloc(1, sizeof(*c)))) {
        snprintf(c->origin, sizeof(c->origin), "%s", origin);
        origin_hash(origin, c->hash);
        pthread_mutex_init(&c->mutex, NULL);
        c->dir = -1;
        buf_init(&c->note, NOTE_BYTES_MAX);
        c->next = m->copies;
        m->copies = c;
    }
    pthread_mutex_unlock(&m->copies_mutex);
    return c;
}

/* One of the log keys that the copy's own leaves register signed it. That is enough for what we took ourselves, when its key is not in
 * the list any more: what comes next has to extend it and be signed by a key of the list. */
static bool is_signed_by_its_leaves(struct mirror *m, const struct copy *c, const struct checkpoint *head, struct str text, struct str lines)
{
    struct ledger_keys *keys = malloc(sizeof(*keys));
    struct err e = {0};
    bool is_signed = false;
    if (keys && mirror_keys_read(m->calls, c->dir, head, keys, &e))
        for (size_t i = 0; i < keys->count && !is_signed; i++)
            is_signed = strcmp(keys->items[i].role, "log") == 0 && ledger_key_counts(&keys->items[i], head->size) &&
                        note_verify(text, lines, &keys->items[i].key, &e);
    free(keys);
    return is_signed;
}

/* The published note must be the log's, and ours where we have a key. */
static bool note_check(struct mirror *m, struct copy *c, struct checkpoint *ret, struct err *e)
{
    struct str text, lines;
    bool is_signed = false;
    struct err why = {0};
    if (!checkpoint_parse(buf_view(&c->note), ret, &text, &lines, e))
        return false;
    if (strcmp(ret->origin, c->origin) != 0)
        return err_set(e, ERR_CORRUPT, "the checkpoint is of another log");
    pthread_rwlock_rdlock(&m->logs_lock);
    for (size_t i = 0; i < m->logs.count && !is_signed; i++)
        is_signed = strcmp(m->logs.entries[i].origin, c->origin) == 0 && note_verify(text, lines, &m->logs.entries[i].key, &why);
    pthread_rwlock_unlock(&m->logs_lock);
    if (!is_signed && !is_signed_by_its_leaves(m, c, ret, text, lines))
        return err_set(e, ERR_CORRUPT, "the checkpoint is signed by none of the keys in the list, nor by a log key of its own key leaves: if a "
                                       "key was dropped from the list too early, add it again (assay mirror add VKEY)");
    why = (struct err){0};
    if (m->has_key && !cosignature_find(text, lines, &m->key, NULL, &c->time_s, &why) && why.code != ERR_NOT_FOUND)
        return err_set(e, why.code, "%s", why.text);
    return true;
}

/* A pending checkpoint that is lost or older than the published one would let another history in: it starts from the published
 * one.
 */
static bool pending_mend(struct mirror *m, const struct copy *c, struct err *e)
{
    struct buf BUF_AUTO there;
    struct checkpoint head = {.size = 0};
    struct str text, lines;
    char path[COPY_PATH_SIZE];
    snprintf(path, sizeof(path), "heads/%s", c->hash);
    buf_init(&there, NOTE_BYTES_MAX);
    bool is_read = os_file_read(m->calls, m->pending_dir, path, &there, e);
    if (!is_read && e->code != ERR_NOT_FOUND)
        return false;
    if (is_read && !checkpoint_parse(buf_view(&there), &head, &text, &lines, e))
        return err_wrap(e, "pending/%s", path);
    return head.size >= c->size || os_file_replace(m->calls, m->pending_dir, path, buf_view(&c->note), 0600, e);
}

static bool copy_load(struct mirror *m, struct copy *c, struct err *e)
{
    char path[COPY_PATH_SIZE];
    struct checkpoint head = {.size = 0, .root = sha256_of(STR(""))};
    snprintf(path, sizeof(path), "ledger/%s", c->hash);
    if (!durable_dir_make(m->calls, m->dir, path, 0755, true, e))
        return false;
    c->dir = openat(m->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c->dir < 0)
        return err_errno(e, errno, "%s", path);
    bool is_there = os_file_read(m->calls, c->dir, "checkpoint", &c->note, e);
    if (!is_there && e->code != ERR_NOT_FOUND)
        return false;
    edge_init(&c->edge, m->calls, c->dir);
    c->edge.is_resuming = true;
    if (is_there && (!note_check(m, c, &head, e) || !edge_load(&c->edge, head.size, head.root, e)))
        return err_wrap(e, "%s", path);
    c->size = head.size;
    c->is_loaded = true;
    return pending_mend(m, c, e);
}

/* With c->mutex held. */
static bool copy_ready(struct mirror *m, struct copy *c, struct err *e)
{
    if (c->failure[0])
        return err_set(e, ERR_CORRUPT, "%s", c->failure);
    if (c->is_loaded || copy_load(m, c, e))
        return true;
    snprintf(c->failure, sizeof(c->failure), "%.*s", (int)sizeof(c->failure) - 1, e->text);
    return false;
}

/* The copy, locked, or NULL with the answer filled. */
static struct copy *copy_take(struct mirror *m, const char *origin, struct witness_answer *ret)
{
    struct err e = {0};
    struct copy *c = copy_of(m, origin);
    if (!c) {
        witness_refuse(ret, 500, "no memory");
        return NULL;
    }
    pthread_mutex_lock(&c->mutex);
    if (copy_ready(m, c, &e))
        return c;
    pthread_mutex_unlock(&c->mutex);
    witness_refuse(ret, 500, "the copy of this log cannot be used: %.150s", e.text);
    return NULL;
}

int mirror_log_dir(struct mirror *m, struct str hash, struct err *e)
{
    char path[COPY_PATH_SIZE];
    pthread_rwlock_rdlock(&m->logs_lock);
    const struct log_entry *log = log_list_find_hash(&m->logs, hash);
    snprintf(path, sizeof(path), "ledger/%s", log ? log->hash : "");
    pthread_rwlock_unlock(&m->logs_lock);
    int dir = log ? openat(m->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (dir < 0)
        err_set(e, ERR_NOT_FOUND, "there is no such log here");
    return dir;
}

/* ---- add-checkpoint ---- */

void mirror_add_checkpoint(struct mirror *m, struct str request, struct witness_answer *ret)
{
    ptrdiff_t gap = str_find(request, STR("\n\n"));
    struct str note = gap < 0 ? STR("") : str_slice(request, (size_t)gap + 2, request.size), text, lines;
    struct checkpoint head;
    struct copy *c = NULL;
    struct err e = {0};
    if (checkpoint_parse(note, &head, &text, &lines, &e) && is_log(m, head.origin)) {
        if (!(c = copy_take(m, head.origin, ret))) /* mends what is pending before the witness reads it */
            return;
        pthread_mutex_unlock(&c->mutex);
    }
    witness_add_checkpoint(m->pending, request, ret);
    if (ret->status != 403 || !c)
        return;
    pthread_mutex_lock(&c->mutex);
    bool has_new = keys_learn(m, c);
    pthread_mutex_unlock(&c->mutex);
    if (has_new) {
        buf_clear(&ret->body);
        ret->problem[0] = 0;
        witness_add_checkpoint(m->pending, request, ret);
    }
}

/* ---- add-entries ---- */

struct upload {
    char origin[256];
    uint64_t start, end;
    struct cursor rest;     /* the packages */
    struct checkpoint head; /* the checkpoint of size `end` */
    struct buf note;
};

static bool upload_parse(struct str request, struct upload *u, struct witness_answer *ret)
{
    struct cursor c = cursor_of(request);
    struct str origin = cursor_take(&c, cursor_u16be(&c));
    u->start = cursor_u64be(&c);
    u->end = cursor_u64be(&c);
    cursor_skip(&c, cursor_u16be(&c)); /* the ticket: we hand out none */
    if (c.failed || origin.size == 0 || origin.size >= sizeof(u->origin) || strnlen(origin.data, origin.size) != origin.size)
        return witness_refuse(ret, 400, "the head of the request is malformed");
    if (u->start > u->end || u->end > INT64_MAX)
        return witness_refuse(ret, 400, "it ends before it starts");
    memcpy(u->origin, origin.data, origin.size);
    u->rest = c;
    return true;
}

/* 202 or 409 with what the client needs to go on. */
static bool answer_info(struct witness_answer *ret, int status, uint64_t tree_size, const struct copy *c, const char *why)
{
    witness_refuse(ret, status, "%s", why);
    buf_clear(&ret->body);
    buf_printf(&ret->body, "%llu\n%llu\n\n", (unsigned long long)tree_size, (unsigned long long)c->edge.size);
    ret->type = "text/x.tlog.mirror-info";
    return false;
}

/* The size of the newest pending checkpoint, which is never below what the copy has. */
static bool pending_newest(struct mirror *m, const struct copy *c, uint64_t *ret_size, struct err *e)
{
    struct buf BUF_AUTO note;
    struct checkpoint head;
    struct str text, lines;
    buf_init(&note, NOTE_BYTES_MAX);
    if (!witness_note(m->pending, str_of(c->hash), &note, e) || !checkpoint_parse(buf_view(&note), &head, &text, &lines, e))
        return false;
    *ret_size = head.size;
    return true;
}

/* Everything about start and end, in the order of tlog-mirror; fills u->head and u->note. */
static bool upload_check(struct mirror *m, const struct copy *c, struct upload *u, struct witness_answer *ret)
{
    struct err e = {0};
    struct str text, lines;
    uint64_t newest = 0, next = c->edge.size;
    if (!pending_newest(m, c, &newest, &e))
        return e.code == ERR_NOT_FOUND ? witness_refuse(ret, 422, "no checkpoint of this log was submitted yet")
                                       : witness_refuse(ret, 500, "%.150s", e.text);
    if (!witness_note_of_size(m->pending, str_of(c->hash), u->end, &u->note, &e)) {
        if (u->end != c->size || c->note.size == 0)
            return answer_info(ret, 409, newest, c, "no pending checkpoint has this size");
        buf_str(&u->note, buf_view(&c->note));
    }
    if (!checkpoint_parse(buf_view(&u->note), &u->head, &text, &lines, &e))
        return witness_refuse(ret, 500, "%.150s", e.text);
    /* Entries beyond `end` may be here by another upload to a larger checkpoint: the smaller one is not published any more. */
    if (u->end < c->size || (u->end < next && u->end != c->size))
        return answer_info(ret, 409, newest, c, "the mirror is ahead of this checkpoint");
    if (u->start > next)
        return answer_info(ret, 409, u->end, c, "entries before these are missing");
    uint64_t repeated = (u->end < next ? u->end : next) - u->start;
    if (repeated > MIRROR_PACKAGES_MAX * TILE_WIDTH)
        return answer_info(ret, 409, u->end, c, "too many of these entries are here already");
    return true;
}

/* The hash of a leaf that is here already. */
static bool leaf_hash_at(const struct copy *c, struct tile_store *store, uint64_t index, struct sha256 *ret, struct err *e)
{
    struct tile *t;
    if (index / TILE_WIDTH == c->edge.size / TILE_WIDTH) {
        *ret = c->edge.levels[0].hashes[index % TILE_WIDTH];
        return true;
    }
    if (!tile_get(store, 0, index / TILE_WIDTH, &t, e))
        return false;
    *ret = t->nodes[0][index % TILE_WIDTH];
    return true;
}

struct package {
    uint64_t base, start, end; /* base: start rounded down to the tile */
    struct str leaves[TILE_WIDTH];
    struct sha256 proof[WITNESS_PROOF_MAX];
    size_t proof_count;
};

/* The next package; false when the bytes end inside it or it is malformed. */
static bool package_read(struct cursor *rest, struct package *p)
{
    struct cursor c = *rest;
    for (uint64_t i = p->start; i < p->end; i++)
        p->leaves[i - p->base] = cursor_take(&c, cursor_u16be(&c));
    p->proof_count = cursor_u8(&c);
    if (p->proof_count > WITNESS_PROOF_MAX)
        return false;
    for (size_t i = 0; i < p->proof_count; i++) {
        struct str hash = cursor_take(&c, SHA256_SIZE);
        if (!c.failed)
            memcpy(p->proof[i].bytes, hash.data, SHA256_SIZE);
    }
    if (c.failed)
        return false;
    *rest = c;
    return true;
}

static bool package_is_proven(const struct copy *c, struct tile_store *store, const struct upload *u, const struct package *p,
                              struct err *e)
{
    struct merkle_frontier f = {.size = 0};
    struct sha256 hashes[TILE_WIDTH];
    size_t count = (size_t)(p->end - p->base), here = (size_t)(p->start - p->base);
    for (size_t i = 0; i < here; i++)
        if (!leaf_hash_at(c, store, p->base + i, &hashes[i], e))
            return false;
    merkle_leaf_hashes(p->leaves + here, count - here, hashes + here);
    merkle_frontier_push_many(&f, hashes, count);
    return subtree_proof_holds(p->base, p->end, u->end, merkle_frontier_root(&f), u->head.root, p->proof, p->proof_count) ||
           err_set(e, ERR_INVALID, "the proof of entries %llu to %llu does not hold", (unsigned long long)p->start,
                   (unsigned long long)p->end);
}

/* Reads, proves and keeps packages until the body or the upload ends. Returns 0, or the status of what went wrong. */
static int packages_take(struct copy *c, struct upload *u, size_t *ret_taken, struct err *e)
{
    struct tile_store store;
    struct package *p = calloc(1, sizeof(*p));
    int status = p ? 0 : 500;
    uint64_t at = u->start;
    tile_store_init(&store, c->edge.calls, c->dir, c->edge.size);
    while (status == 0 && at < u->end && !cursor_at_end(&u->rest)) {
        *p = (struct package){.base = at - at % TILE_WIDTH, .start = at};
        p->end = p->base + TILE_WIDTH < u->end ? p->base + TILE_WIDTH : u->end;
        if (!package_read(&u->rest, p))
            break;
        if (!package_is_proven(c, &store, u, p, e))
            status = e->code == ERR_INVALID ? 422 : 500;
        for (uint64_t i = p->start; status == 0 && i < p->end; i++)
            if (i >= c->edge.size && !edge_push(&c->edge, p->leaves[i - p->base], e))
                status = 500;
        at = p->end;
        *ret_taken += status == 0;
    }
    free(p);
    tile_store_release(&store);
    return status;
}

/* All entries are here: makes them durable, then publishes the checkpoint with our cosignature. */
static bool copy_publish(struct mirror *m, struct copy *c, const struct upload *u, struct buf *ret_line, struct err *e)
{
    struct checkpoint head;
    struct str text, lines;
    struct buf BUF_AUTO note;
    buf_init(&note, NOTE_BYTES_MAX);
    if (c->edge.size == u->end && !sha256_equal(edge_root(&c->edge), u->head.root))
        return err_set(e, ERR_CORRUPT, "the entries do not give the root of the checkpoint");
    if (!edge_flush(&c->edge, e) || !checkpoint_parse(buf_view(&u->note), &head, &text, &lines, e))
        return false;
    int64_t now_s = env_now_ms(m->env) / 1000;
    uint64_t time_s = now_s > (int64_t)c->time_s ? (uint64_t)now_s : c->time_s;
    buf_str(&note, text);
    buf_char(&note, '\n');
    struct str line, name;
    struct buf BUF_AUTO bytes;
    buf_init(&bytes, 16 << 10);
    while (str_next_line(&lines, &line)) /* ours of before is left out */
        if (note_line_parse(line, &name, &bytes) && !(m->has_key && str_is(name, m->key.name)))
            buf_printf(&note, "%.*s\n", STR_ARGS(line));
    if (m->has_key)
        cosignature_sign_line(&m->key, &m->private_key, text, time_s ? time_s : 1, ret_line);
    buf_str(&note, buf_view(ret_line));
    if (note.full || !os_file_replace(m->calls, c->dir, "checkpoint", buf_view(&note), 0644, e))
        return note.full ? err_set(e, ERR_LIMIT, "the checkpoint is too long") : false;
    buf_clear(&c->note);
    buf_str(&c->note, buf_view(&note));
    c->size = u->end;
    c->time_s = time_s;
    edge_collect(&c->edge);
    return true;
}

static void upload_finish(struct mirror *m, struct copy *c, struct upload *u, size_t taken, int status,
                          struct witness_answer *ret, struct err *e)
{
    struct buf BUF_AUTO line;
    buf_init(&line, 4096);
    bool is_whole = status == 0 && c->edge.size >= u->end;
    if (is_whole && !copy_publish(m, c, u, &line, e))
        status = 500;
    if (status == 500) {
        snprintf(c->failure, sizeof(c->failure), "%.*s", (int)sizeof(c->failure) - 1, e->text);
        witness_refuse(ret, 500, "the entries could not be stored: %.150s", e->text);
    } else if (status) {
        witness_refuse(ret, status, "%.180s", e->text);
    } else if (is_whole) {
        ret->status = 200;
        buf_str(&ret->body, buf_view(&line));
    } else if (taken == 0) {
        witness_refuse(ret, 400, "there is no whole package of entries");
    } else {
        answer_info(ret, 202, u->end, c, "go on from the next entry");
    }
}

void mirror_add_entries(struct mirror *m, struct str request, struct witness_answer *ret)
{
    struct upload *u = calloc(1, sizeof(*u));
    struct err e = {0};
    if (!u) {
        witness_refuse(ret, 500, "no memory");
        return;
    }
    buf_init(&u->note, NOTE_BYTES_MAX);
    struct copy *c = NULL;
    if (upload_parse(request, u, ret) && (is_log(m, u->origin) || witness_refuse(ret, 404, "unknown log")))
        c = copy_take(m, u->origin, ret);
    if (c) {
        size_t taken = 0;
        if (upload_check(m, c, u, ret)) {
            int status = packages_take(c, u, &taken, &e);
            upload_finish(m, c, u, taken, status, ret, &e);
        }
        pthread_mutex_unlock(&c->mutex);
    }
    buf_release(&u->note);
    free(u);
}
