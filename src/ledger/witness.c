#include "ledger/witness.h"

#include "base/cursor.h"
#include "ledger/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <unistd.h>

enum { NOTE_FILE_BYTES_MAX = 256 << 10, HISTORY_LINE_MAX = 128, PATH_SIZE = 128 };

/* One log. `mutex` guards everything behind it. */
struct head {
    struct head *next;
    char origin[256];
    char hash[ORIGIN_HASH_SIZE];
    pthread_mutex_t mutex;
    bool is_loaded;
    char failure[300]; /* not empty: this log is refused until the program is started again */
    uint64_t size;
    struct sha256 root;
    uint64_t time_s; /* of the newest cosignature */
    struct buf note; /* empty: nothing accepted yet */
    struct {
        uint64_t size;
        struct buf note;
    } recent[WITNESS_RECENT_MAX];
    size_t recent_next;
};

struct witness {
    const struct os_file_calls *calls;
    const struct env *env;
    int dir;
    bool has_key;
    struct note_key key;
    struct ed25519_private private_key;
    pthread_rwlock_t logs_lock; /* guards the list */
    struct arena *logs_owner;
    struct log_list logs;
    pthread_mutex_t heads_mutex; /* guards the chain of heads; a head itself never goes away */
    struct head *heads;
};

/* ---- answers ---- */

void witness_answer_init(struct witness_answer *answer)
{
    *answer = (struct witness_answer){.status = 500, .type = "text/plain; charset=utf-8"};
    buf_init(&answer->body, NOTE_FILE_BYTES_MAX);
}

void witness_answer_release(struct witness_answer *answer)
{
    buf_release(&answer->body);
}

bool witness_refuse(struct witness_answer *answer, int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(answer->problem, sizeof(answer->problem), format, arguments);
    va_end(arguments);
    answer->status = status;
    answer->type = "text/plain; charset=utf-8";
    buf_clear(&answer->body);
    buf_printf(&answer->body, "%s\n", answer->problem);
    return false;
}

/* ---- open, close, logs ---- */

struct witness *witness_open(const struct witness_options *o, struct err *e)
{
    static const char *const folders[] = {"heads", "history", "conflicts"};
    struct witness *w = calloc(1, sizeof(*w));
    if (!w) {
        err_set(e, ERR_LIMIT, "witness: no memory");
        return NULL;
    }
    w->calls = o->calls;
    w->env = o->env;
    pthread_rwlock_init(&w->logs_lock, NULL);
    pthread_mutex_init(&w->heads_mutex, NULL);
    if (o->key) {
        w->has_key = true;
        w->key = *o->key;
        w->private_key = *o->private_key;
    }
    w->dir = fcntl(o->dir, F_DUPFD_CLOEXEC, 0);
    bool ok = w->dir >= 0 || err_errno(e, errno, "witness");
    for (size_t i = 0; ok && i < sizeof(folders) / sizeof(folders[0]); i++)
        ok = durable_dir_make(o->calls, w->dir, folders[i], 0700, true, e);
    return ok ? w : witness_close(w);
}

struct witness *witness_close(struct witness *w)
{
    if (!w)
        return NULL;
    while (w->heads) {
        struct head *h = w->heads;
        w->heads = h->next;
        buf_release(&h->note);
        for (size_t i = 0; i < WITNESS_RECENT_MAX; i++)
            buf_release(&h->recent[i].note);
        pthread_mutex_destroy(&h->mutex);
        free(h);
    }
    if (w->dir >= 0)
        close(w->dir);
    arena_free(w->logs_owner);
    pthread_rwlock_destroy(&w->logs_lock);
    pthread_mutex_destroy(&w->heads_mutex);
    memory_wipe(w, sizeof(*w));
    free(w);
    return NULL;
}

void witness_set_logs(struct witness *w, struct arena *owner, struct log_list logs)
{
    pthread_rwlock_wrlock(&w->logs_lock);
    struct arena *old = w->logs_owner;
    w->logs_owner = owner;
    w->logs = logs;
    pthread_rwlock_unlock(&w->logs_lock);
    arena_free(old);
}

/* ---- the state of one log ---- */

static void head_path(const char *folder, const char *hash, char ret[PATH_SIZE])
{
    snprintf(ret, PATH_SIZE, "%s/%s", folder, hash);
}

/* The last whole line of history/: time, size, root. Absent: all zero. A torn line behind it never led to an answer: it is cut
 * off.
 */
static bool history_last(const struct os_file_calls *calls, int dir, const char *hash, uint64_t *ret_size, char ret_root[65],
                         struct err *e)
{
    char path[PATH_SIZE], tail[2 * HISTORY_LINE_MAX + 1];
    head_path("history", hash, path);
    int fd = calls->openat(calls->context, dir, path, O_RDWR | O_NOFOLLOW, 0);
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0)
        return err_errno(e, errno, "%s", path);
    off_t end = lseek(fd, 0, SEEK_END), from = end > 2 * HISTORY_LINE_MAX ? end - 2 * HISTORY_LINE_MAX : 0;
    ssize_t n = calls->pread(calls->context, fd, tail, (size_t)(end - from), from), whole = n;
    while (whole > 0 && tail[whole - 1] != '\n')
        whole--;
    bool ok = n >= 0 && (whole == n || calls->ftruncate(calls->context, fd, from + whole) == 0);
    int number = errno;
    calls->close(calls->context, fd);
    if (!ok)
        return err_errno(e, number, "%s", path);
    struct str rest = str_make(tail, (size_t)whole), line, last = STR("");
    while (str_next_line(&rest, &line))
        last = line;
    struct str time, size, root;
    int64_t value = 0;
    if (last.size == 0)
        return true;
    if (!str_next_word(&last, &time) || !str_next_word(&last, &size) || !str_next_word(&last, &root) || root.size != 64 ||
        !str_to_int64(size, &value))
        return err_set(e, ERR_CORRUPT, "%s: the last line is damaged", path);
    *ret_size = (uint64_t)value;
    memcpy(ret_root, root.data, 64);
    return true;
}

/* Reads the state. What is there must be ours: our own cosignature under it has to hold. */
static bool head_load(struct witness *w, struct head *h, struct err *e)
{
    char path[PATH_SIZE], root[65] = "", recorded_root[65] = "";
    uint64_t recorded = 0;
    struct checkpoint c = {.size = 0, .root = sha256_of(STR(""))};
    struct str text, lines;
    head_path("heads", h->hash, path);
    buf_clear(&h->note);
    bool is_there = os_file_read(w->calls, w->dir, path, &h->note, e);
    if (!is_there && e->code != ERR_NOT_FOUND)
        return false;
    if (is_there && (!checkpoint_parse(buf_view(&h->note), &c, &text, &lines, e) ||
                     (w->has_key && !cosignature_find(text, lines, &w->key, NULL, &h->time_s, e))))
        return err_wrap(e, "%s", path);
    if (is_there && strcmp(c.origin, h->origin) != 0)
        return err_set(e, ERR_CORRUPT, "%s is of another log", path);
    if (!history_last(w->calls, w->dir, h->hash, &recorded, recorded_root, e))
        return false;
    hex_encode(c.root.bytes, SHA256_SIZE, root);
    if (recorded > c.size || (recorded_root[0] && recorded == c.size && strcmp(root, recorded_root) != 0))
        return err_set(e, ERR_CORRUPT, "%s stands at size %llu, history/ at %llu: it was rolled back", path,
                       (unsigned long long)c.size, (unsigned long long)recorded);
    h->size = c.size;
    h->root = c.root;
    h->is_loaded = true;
    return true;
}

static struct head *head_of(struct witness *w, const char *origin)
{
    pthread_mutex_lock(&w->heads_mutex);
    struct head *h = w->heads;
    while (h && strcmp(h->origin, origin) != 0)
        h = h->next;
    if (!h && (h = calloc(1, sizeof(*h)))) {
        snprintf(h->origin, sizeof(h->origin), "%s", origin);
        origin_hash(origin, h->hash);
        pthread_mutex_init(&h->mutex, NULL);
        buf_init(&h->note, NOTE_FILE_BYTES_MAX);
        for (size_t i = 0; i < WITNESS_RECENT_MAX; i++)
            buf_init(&h->recent[i].note, NOTE_FILE_BYTES_MAX);
        h->next = w->heads;
        w->heads = h;
    }
    pthread_mutex_unlock(&w->heads_mutex);
    return h;
}

/* With h->mutex held. */
static bool head_ready(struct witness *w, struct head *h, struct err *e)
{
    if (h->failure[0])
        return err_set(e, ERR_CORRUPT, "%s", h->failure);
    if (h->is_loaded || head_load(w, h, e))
        return true;
    snprintf(h->failure, sizeof(h->failure), "%.*s", (int)sizeof(h->failure) - 1, e->text);
    return false;
}

static bool history_append(struct witness *w, const struct head *h, const struct checkpoint *c, uint64_t time_s, struct err *e)
{
    char path[PATH_SIZE], root[65], line[HISTORY_LINE_MAX];
    head_path("history", h->hash, path);
    hex_encode(c->root.bytes, SHA256_SIZE, root);
    int size = snprintf(line, sizeof(line), "%llu %llu %s\n", (unsigned long long)time_s, (unsigned long long)c->size, root);
    bool is_new = faccessat(w->dir, path, F_OK, 0) != 0;
    int fd = w->calls->openat(w->calls->context, w->dir, path, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(e, errno, "%s", path);
    off_t end = lseek(fd, 0, SEEK_END);
    bool ok = w->calls->pwrite(w->calls->context, fd, line, (size_t)size, end) == size || err_errno(e, errno, "write %s", path);
    ok = ok && (w->calls->fdatasync(w->calls->context, fd) == 0 || err_errno(e, errno, "sync %s", path));
    w->calls->close(w->calls->context, fd);
    int folder = ok && is_new ? w->calls->openat(w->calls->context, w->dir, "history", O_RDONLY | O_DIRECTORY, 0) : -1;
    if (ok && is_new) {
        ok = folder >= 0 && w->calls->fsync(w->calls->context, folder) == 0;
        if (!ok)
            err_errno(e, errno, "sync history");
    }
    if (folder >= 0)
        w->calls->close(w->calls->context, folder);
    return ok;
}

static void recent_keep(struct head *h)
{
    if (h->note.size == 0)
        return;
    struct buf *note = &h->recent[h->recent_next].note;
    buf_clear(note);
    buf_str(note, buf_view(&h->note));
    h->recent[h->recent_next].size = h->size;
    h->recent_next = (h->recent_next + 1) % WITNESS_RECENT_MAX;
}

/* The swap of compare and swap, with h->mutex held and everything compared. Any failure leaves it open what is on disk, so this
 * log is refused from then on: starting again reads what it is. */
static bool head_store(struct witness *w, struct head *h, const struct checkpoint *c, struct str note, uint64_t time_s,
                       struct err *e)
{
    char path[PATH_SIZE];
    head_path("heads", h->hash, path);
    if (!os_file_replace(w->calls, w->dir, path, note, 0600, e) || (w->has_key && !history_append(w, h, c, time_s, e))) {
        snprintf(h->failure, sizeof(h->failure), "%.*s", (int)sizeof(h->failure) - 1, e->text);
        return false;
    }
    if (c->size != h->size)
        recent_keep(h);
    h->size = c->size;
    h->root = c->root;
    h->time_s = time_s;
    buf_clear(&h->note);
    buf_str(&h->note, note);
    return true;
}

/* ---- add-checkpoint ---- */

struct submission {
    uint64_t old_size;
    struct sha256 proof[WITNESS_PROOF_MAX];
    size_t proof_count;
    struct checkpoint checkpoint;
    struct str note, text, lines;
    struct buf log_lines; /* those that were verified */
};

static bool proof_line(struct str line, struct sha256 *ret)
{
    struct buf BUF_AUTO hash;
    buf_init(&hash, 64);
    if (!base64_decode(line, &hash) || hash.size != SHA256_SIZE)
        return false;
    memcpy(ret->bytes, hash.data, SHA256_SIZE);
    return true;
}

static bool submission_parse(struct str request, struct submission *s, struct witness_answer *ret)
{
    struct err e = {0};
    struct cursor c = cursor_of(request);
    struct str first = cursor_line(&c);
    if (c.failed || !str_starts(first, "old ") || !decimal_parse(str_slice(first, 4, first.size), &s->old_size))
        return witness_refuse(ret, 400, "the first line must be: old SIZE");
    for (;;) {
        struct str line = cursor_line(&c);
        if (c.failed)
            return witness_refuse(ret, 400, "there is no empty line behind the proof");
        if (line.size == 0)
            break;
        if (s->proof_count == WITNESS_PROOF_MAX)
            return witness_refuse(ret, 400, "more than %d proof lines", WITNESS_PROOF_MAX);
        if (!proof_line(line, &s->proof[s->proof_count++]))
            return witness_refuse(ret, 400, "proof line %zu is not a hash in base64", s->proof_count);
    }
    s->note = str_slice(request, c.offset, request.size);
    if (!checkpoint_parse(s->note, &s->checkpoint, &s->text, &s->lines, &e))
        return witness_refuse(ret, 400, "%.150s", e.text);
    return true;
}

/* 404 for an unknown origin; 403 without a signature by a trusted key, or with one that does not hold. */
static bool submission_authenticate(struct witness *w, struct submission *s, struct witness_answer *ret)
{
    bool is_known = false, is_signed = false;
    for (size_t i = 0; i < w->logs.count; i++) {
        const struct log_entry *log = &w->logs.entries[i];
        struct err e = {0};
        if (strcmp(log->origin, s->checkpoint.origin) != 0)
            continue;
        is_known = true;
        if (note_verify(s->text, s->lines, &log->key, &e)) {
            is_signed = true;
            note_line_copy(s->lines, &log->key, &s->log_lines);
        } else if (note_has_line(s->lines, &log->key)) {
            return witness_refuse(ret, 403, "invalid signature by %.120s", log->key.name);
        }
    }
    if (!is_known)
        return witness_refuse(ret, 404, "unknown log");
    return is_signed || witness_refuse(ret, 403, "invalid signature: none by a key that is trusted for this log");
}

/* Two heads of one size, both signed by the log: kept, since it proves what the log did. */
static void conflict_keep(struct witness *w, const struct head *h, const struct submission *s)
{
    if (s->checkpoint.size != h->size || h->note.size == 0 || sha256_equal(s->checkpoint.root, h->root))
        return;
    struct buf BUF_AUTO both;
    buf_init(&both, 2 * NOTE_FILE_BYTES_MAX);
    buf_str(&both, buf_view(&h->note));
    buf_cstr(&both, "\n\n");
    buf_str(&both, s->text);
    buf_char(&both, '\n');
    buf_str(&both, buf_view(&s->log_lines));
    for (int n = 0; n < WITNESS_CONFLICTS_MAX; n++) {
        char path[PATH_SIZE];
        struct err e = {0};
        snprintf(path, sizeof(path), "conflicts/%s-%d", h->hash, n);
        if (faccessat(w->dir, path, F_OK, 0) == 0)
            continue;
        (void)!os_file_create_once(w->calls, w->dir, path, buf_view(&both), 0600, &e);
        return;
    }
}

/* The checks behind the signature, in the order of tlog-witness; h->mutex is held. */
static bool submission_check(struct witness *w, const struct head *h, const struct submission *s, struct witness_answer *ret)
{
    const struct checkpoint *c = &s->checkpoint;
    conflict_keep(w, h, s);
    if (s->old_size != h->size) {
        witness_refuse(ret, 409, "the newest checkpoint here has size %llu", (unsigned long long)h->size);
        buf_clear(&ret->body);
        buf_printf(&ret->body, "%llu\n", (unsigned long long)h->size);
        ret->type = "text/x.tlog.size";
        return false;
    }
    if (c->size == 0 && !sha256_equal(c->root, sha256_of(STR(""))))
        return witness_refuse(ret, 422, "the root of an empty tree is the hash of nothing");
    if (s->old_size == 0)
        return s->proof_count == 0 || witness_refuse(ret, 422, "from size 0 the consistency proof is empty");
    if (s->old_size == c->size && !sha256_equal(c->root, h->root))
        return witness_refuse(ret, 422, "the root hash is not that of the checkpoint of this size that was cosigned");
    return merkle_consistency_holds(s->old_size, h->root, c->size, c->root, s->proof, s->proof_count) ||
           witness_refuse(ret, 422, "the consistency proof does not hold");
}

/* The clock of a witness's cosignatures of one log does not go back. */
static uint64_t cosign_time(const struct witness *w, const struct head *h)
{
    int64_t now_s = env_now_ms(w->env) / 1000;
    uint64_t time_s = now_s > 0 ? (uint64_t)now_s : 1;
    return time_s > h->time_s ? time_s : h->time_s;
}

static void submission_accept(struct witness *w, struct head *h, struct submission *s, struct witness_answer *ret)
{
    struct buf BUF_AUTO note, BUF_AUTO line;
    struct err e = {0};
    uint64_t time_s = cosign_time(w, h);
    buf_init(&note, NOTE_FILE_BYTES_MAX);
    buf_init(&line, 4096);
    if (w->has_key)
        cosignature_sign_line(&w->key, &w->private_key, s->text, time_s, &line);
    buf_str(&note, s->text);
    buf_char(&note, '\n');
    buf_str(&note, buf_view(&s->log_lines));
    buf_str(&note, buf_view(&line));
    if (note.full || !head_store(w, h, &s->checkpoint, buf_view(&note), time_s, &e)) {
        witness_refuse(ret, 500, "the state could not be stored: %.150s", e.text);
        return;
    }
    ret->status = 200;
    buf_str(&ret->body, buf_view(&line));
}

void witness_add_checkpoint(struct witness *w, struct str request, struct witness_answer *ret)
{
    struct submission s = {.old_size = 0};
    struct err e = {0};
    buf_init(&s.log_lines, NOTE_FILE_BYTES_MAX);
    pthread_rwlock_rdlock(&w->logs_lock);
    bool ok = submission_parse(request, &s, ret) && submission_authenticate(w, &s, ret);
    pthread_rwlock_unlock(&w->logs_lock);
    if (ok && s.old_size > s.checkpoint.size)
        ok = witness_refuse(ret, 400, "the old size is larger than the checkpoint's");
    struct head *h = ok ? head_of(w, s.checkpoint.origin) : NULL;
    if (ok && !h)
        witness_refuse(ret, 500, "no memory");
    if (h) {
        pthread_mutex_lock(&h->mutex);
        if (!head_ready(w, h, &e))
            witness_refuse(ret, 500, "the state of this log cannot be used: %.150s", e.text);
        else if (submission_check(w, h, &s, ret))
            submission_accept(w, h, &s, ret);
        pthread_mutex_unlock(&h->mutex);
    }
    buf_release(&s.log_lines);
}

/* ---- reading ---- */

static struct head *head_by_hash(struct witness *w, struct str hash)
{
    char origin[256] = "";
    pthread_rwlock_rdlock(&w->logs_lock);
    const struct log_entry *log = log_list_find_hash(&w->logs, hash);
    if (log)
        snprintf(origin, sizeof(origin), "%s", log->origin);
    pthread_rwlock_unlock(&w->logs_lock);
    return log ? head_of(w, origin) : NULL;
}

bool witness_note_of_size(struct witness *w, struct str hash, uint64_t size, struct buf *out, struct err *e)
{
    struct head *h = head_by_hash(w, hash);
    if (!h)
        return err_set(e, ERR_NOT_FOUND, "no such log");
    pthread_mutex_lock(&h->mutex);
    bool ok = head_ready(w, h, e);
    const struct buf *found = ok && h->note.size && (h->size == size || size == UINT64_MAX) ? &h->note : NULL;
    for (size_t i = 0; ok && !found && i < WITNESS_RECENT_MAX; i++)
        if (h->recent[i].note.size && h->recent[i].size == size)
            found = &h->recent[i].note;
    if (found)
        buf_str(out, buf_view(found));
    pthread_mutex_unlock(&h->mutex);
    if (ok && !found)
        return err_set(e, ERR_NOT_FOUND, "no such checkpoint");
    return ok;
}

bool witness_note(struct witness *w, struct str hash, struct buf *out, struct err *e)
{
    return witness_note_of_size(w, hash, UINT64_MAX, out, e);
}

/* ---- what the records say ---- */

static bool history_read(int dir, const struct log_entry *log, struct witness_facts *ret, struct err *e)
{
    char path[PATH_SIZE];
    char *line = NULL;
    size_t capacity = 0;
    head_path("history", log->hash, path);
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || err_errno(e, errno, "%s", path);
    FILE *f = fdopen(fd, "r");
    if (!f) {
        close(fd);
        return err_set(e, ERR_LIMIT, "%s: no memory", path);
    }
    for (ssize_t n; (n = getline(&line, &capacity, f)) > 0;) {
        struct str rest = str_make(line, (size_t)n), word;
        int64_t time_s;
        if (line[n - 1] != '\n' || !str_next_word(&rest, &word) || !str_to_int64(word, &time_s))
            continue;
        uint64_t gap_s = ret->cosignatures && (uint64_t)time_s > ret->last_s ? (uint64_t)time_s - ret->last_s : 0;
        if (ret->cosignatures++ == 0)
            ret->first_s = (uint64_t)time_s;
        if (gap_s > ret->longest_gap_s)
            ret->longest_gap_s = gap_s;
        ret->last_s = (uint64_t)time_s;
    }
    free(line);
    fclose(f);
    return true;
}

bool witness_facts(int dir, const struct log_entry *log, struct witness_facts *ret, struct err *e)
{
    struct buf BUF_AUTO note;
    struct str text, lines;
    char path[PATH_SIZE];
    *ret = (struct witness_facts){.is_seen = false};
    buf_init(&note, NOTE_FILE_BYTES_MAX);
    head_path("heads", log->hash, path);
    ret->is_seen = os_file_read(&os_file_real, dir, path, &note, e);
    if (!ret->is_seen && e->code != ERR_NOT_FOUND)
        return false;
    if (ret->is_seen && !checkpoint_parse(buf_view(&note), &ret->head, &text, &lines, e))
        return err_wrap(e, "%s", path);
    for (int n = 0; n < WITNESS_CONFLICTS_MAX; n++) {
        snprintf(path, sizeof(path), "conflicts/%s-%d", log->hash, n);
        ret->conflicts += faccessat(dir, path, F_OK, 0) == 0;
    }
    return history_read(dir, log, ret, e);
}
