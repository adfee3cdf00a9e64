#include "ledger/anchor.h"
#include "base/cursor.h"
#include "ledger/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PROOF_LINES_MAX = 63 };

/* ---- asking a witness ---- */

void cosign_request(uint64_t old_size, const struct sha256 *proof, size_t proof_count, struct str note, struct buf *out)
{
    buf_printf(out, "old %llu\n", (unsigned long long)old_size);
    for (size_t i = 0; i < proof_count && i < PROOF_LINES_MAX; i++) {
        base64_encode(str_make(proof[i].bytes, SHA256_SIZE), out);
        buf_char(out, '\n');
    }
    buf_char(out, '\n');
    buf_str(out, note);
}

enum cosign_verdict cosign_answer_read(const struct note_key *key, struct str note, int status, struct str body,
                                         struct cosign_answer *ret, struct err *e)
{
    struct checkpoint checkpoint;
    struct str text, lines, first = str_slice(body, 0, 100);
    *ret = (struct cosign_answer){.size = 0};
    str_cut(&first, '\n', &first);
    if (status == 409 && body.size > 1 && body.data[body.size - 1] == '\n' && decimal_parse(str_slice(body, 0, body.size - 1), &ret->size))
        return COSIGN_ELSEWHERE;
    if (status == 422) {
        err_set(e, ERR_CONFLICT, "the proof does not hold for what it saw before");
        return COSIGN_PROOF_FAILED;
    }
    if (status == 404)
        err_set(e, ERR_NOT_FOUND, "it does not know this ledger: give its operator the origin and the log key (assay key list log)");
    else if (status == 403)
        err_set(e, ERR_DENIED, "it knows another log key for this ledger");
    else if (status != 200)
        err_set(e, status == 409 ? ERR_CORRUPT : ERR_UNAVAILABLE, "it answered %d: %.*s", status, STR_ARGS(first));
    else if (checkpoint_parse(note, &checkpoint, &text, &lines, e) &&
             (cosignature_find(text, body, key, &ret->line, &ret->time_s, e) || err_wrap(e, "its answer")))
        return COSIGN_DONE;
    return COSIGN_REFUSED;
}

/* ---- notes ---- */

/* The newest line of the witness in either of the two sets of lines. */
static bool newest_line(struct str text, struct str lines, struct str older, const struct note_key *key, struct str *ret_line,
                        bool *ret_is_new, struct err *e)
{
    struct err missing = {0}, ignored = {0};
    struct str old_line = {0}, line = {0};
    uint64_t old_s = 0, time_s = 0;
    bool has_new = cosignature_find(text, lines, key, &line, &time_s, &missing);
    if (!has_new && missing.code != ERR_NOT_FOUND)
        return (*e = missing, false);
    bool has_old = older.size && cosignature_find(text, older, key, &old_line, &old_s, &ignored);
    *ret_is_new = has_new && (!has_old || time_s > old_s);
    *ret_line = *ret_is_new ? line : has_old ? old_line : (struct str){0};
    return true;
}

bool anchor_note_merge(const struct policy *p, const struct note_key *log, struct str note, struct str older, struct buf *out,
                       size_t *ret_count, bool *ret_has_new, struct err *e)
{
    struct checkpoint checkpoint, old_checkpoint;
    struct str text, lines, old_text, old_lines = {0};
    struct err ignored = {0};
    if (note.size > ANCHOR_NOTE_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "cosigned note: over %d bytes", ANCHOR_NOTE_BYTES_MAX);
    if (!checkpoint_parse(note, &checkpoint, &text, &lines, e) || !note_verify(text, lines, log, e))
        return false;
    if (!older.size || !checkpoint_parse(older, &old_checkpoint, &old_text, &old_lines, &ignored) || !str_equal(text, old_text))
        old_lines = (struct str){0};
    size_t count = 0;
    bool has_new = false;
    buf_str(out, text);
    buf_char(out, '\n');
    note_line_copy(lines, log, out);
    for (size_t i = 0; i < p->witness_count; i++) {
        struct str line;
        bool is_new;
        if (!newest_line(text, lines, old_lines, &p->witnesses[i].key, &line, &is_new, e))
            return false;
        buf_str(out, line);
        count += line.size > 0;
        has_new |= is_new;
    }
    if (out->full)
        return err_set(e, ERR_TOO_LARGE, "cosigned note: over %zu bytes", out->size_max);
    *ret_count = count;
    *ret_has_new = has_new;
    return true;
}

/* ---- anchors.log ---- */

bool anchor_log_next(struct str bytes, uint64_t *offset, struct str *ret_note)
{
    return *offset < bytes.size && cp_log_record(bytes, offset, ret_note);
}

enum { TAIL_BYTES = 4 * ANCHOR_NOTE_BYTES_MAX };

/* The last `size` bytes, and where in the file they begin. */
static bool tail_read(int fd, const char *file, size_t size, struct buf *out, off_t *ret_from, off_t *ret_size, struct err *e)
{
    struct stat st;
    char piece[4096];
    if (fstat(fd, &st) != 0)
        return err_errno(e, errno, "private/%s", file);
    *ret_size = st.st_size;
    *ret_from = st.st_size > (off_t)size ? st.st_size - (off_t)size : 0;
    for (off_t at = *ret_from; at < st.st_size;) {
        off_t left = st.st_size - at;
        ssize_t n = pread(fd, piece, left < (off_t)sizeof(piece) ? (size_t)left : sizeof(piece), at);
        if (n <= 0)
            return err_errno(e, n < 0 ? errno : EIO, "private/%s", file);
        buf_append(out, piece, (size_t)n);
        at += n;
    }
    return true;
}

/* Where in a tail the whole records begin and end, and the newest of them: from any record that reads whole, the rest has to read
 * whole too. False: there is none. */
static bool records_find(struct str tail, uint64_t *ret_from, uint64_t *ret_to, struct str *ret_newest)
{
    for (uint64_t start = 0; start < tail.size; start++) {
        uint64_t at = start;
        if (tail.data[start] != 'A' || !cp_log_record(tail, &at, ret_newest))
            continue;
        while (anchor_log_next(tail, &at, ret_newest)) {
        }
        *ret_from = start;
        *ret_to = at;
        return true;
    }
    return false;
}

/* Opened, appended and synced each time: once a minute. A torn record that a crash left at the end is cut off first. */
static bool whole_end(int fd, const char *file, off_t *ret_end, struct err *e)
{
    struct buf BUF_AUTO tail;
    struct str newest;
    uint64_t start, end;
    off_t from, size;
    buf_init(&tail, TAIL_BYTES);
    if (!tail_read(fd, file, TAIL_BYTES, &tail, &from, &size, e))
        return false;
    bool has_any = records_find(buf_view(&tail), &start, &end, &newest);
    *ret_end = has_any ? from + (off_t)end : from == 0 ? 0 : size;
    return true;
}

static int log_open(const struct os_file_calls *calls, int private_dir, const char *file, struct err *e)
{
    int fd = calls->openat(calls->context, private_dir, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC, 0);
    if (fd < 0 && errno == ENOENT)
        err_set(e, ERR_NOT_FOUND, "private/%s: there is none", file);
    else if (fd < 0)
        err_errno(e, errno, "open private/%s", file);
    return fd;
}

bool anchor_log_newest(const struct os_file_calls *calls, int private_dir, const char *file, struct buf *out, struct err *e)
{
    struct buf BUF_AUTO tail = {0};
    struct str newest;
    uint64_t start, end;
    off_t from, size;
    int fd = log_open(calls, private_dir, file, e);
    if (fd < 0)
        return false;
    buf_init(&tail, TAIL_BYTES);
    bool ok = tail_read(fd, file, TAIL_BYTES, &tail, &from, &size, e);
    calls->close(calls->context, fd);
    if (!ok || !records_find(buf_view(&tail), &start, &end, &newest))
        return ok ? err_set(e, ERR_NOT_FOUND, "private/%s: no whole record", file) : false;
    buf_str(out, newest);
    return true;
}

bool anchor_log_trim(const struct os_file_calls *calls, int private_dir, const char *file, size_t max, size_t kept, struct err *e)
{
    struct buf BUF_AUTO tail = {0};
    struct str newest;
    struct stat st;
    uint64_t start, end;
    off_t from, size;
    int fd = log_open(calls, private_dir, file, e);
    if (fd < 0)
        return false;
    bool is_long = fstat(fd, &st) == 0 && st.st_size > (off_t)max;
    buf_init(&tail, kept);
    bool ok = !is_long || tail_read(fd, file, kept, &tail, &from, &size, e);
    calls->close(calls->context, fd);
    if (!ok || !is_long || !records_find(buf_view(&tail), &start, &end, &newest))
        return ok; /* without a whole record there is nothing to keep it for: verify says that it is damaged */
    return os_file_replace(calls, private_dir, file, str_slice(buf_view(&tail), start, end), 0600, e);
}

bool anchor_log_append(const struct os_file_calls *calls, int private_dir, const char *file, struct str note, struct err *e)
{
    struct buf BUF_AUTO record;
    buf_init(&record, note.size + 64);
    cp_log_encode(note, &record);
    int fd = calls->openat(calls->context, private_dir, file, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(e, errno, "open private/%s", file);
    off_t end = 0;
    bool ok = whole_end(fd, file, &end, e);
    ssize_t n = ok ? calls->pwrite(calls->context, fd, record.data, record.size, end) : 0;
    ok = ok && ((size_t)n == record.size || err_errno(e, n < 0 ? errno : ENOSPC, "write private/%s", file));
    ok = ok && (calls->fdatasync(calls->context, fd) == 0 || err_errno(e, errno, "sync private/%s", file));
    calls->close(calls->context, fd);
    return ok;
}

/* ---- leaves ---- */

bool anchor_leaf_read(const struct json *leaf, struct anchor *ret, struct err *e)
{
    struct anchor made = {.by = json_text(leaf, "by"), .at_ms = json_int(leaf, "at", -1), .note = json_text(leaf, "note")};
    struct str kind = json_text(leaf, "kind"), text, lines;
    struct checkpoint named;
    made.is_tst = str_is(kind, "tst");
    if (!made.is_tst && !str_is(kind, "cosig"))
        return err_set(e, ERR_CORRUPT, "anchor: kind is neither cosig nor tst");
    if (!checkpoint_name_parse(json_text(leaf, "cp"), &named) || made.by.size == 0 || made.at_ms < 0 ||
        !hex_decode(json_text(leaf, "d"), made.digest.bytes, SHA256_SIZE))
        return err_set(e, ERR_CORRUPT, "anchor: cp, by, at or d is missing or malformed");
    if (!checkpoint_parse(made.note, &made.checkpoint, &text, &lines, e))
        return err_wrap(e, "anchor");
    if (named.size != made.checkpoint.size || !sha256_equal(named.root, made.checkpoint.root))
        return err_set(e, ERR_CORRUPT, "anchor: cp is not what its note says");
    if (!made.is_tst && !sha256_equal(made.digest, sha256_of(made.note)))
        return err_set(e, ERR_CORRUPT, "anchor: d is not the digest of its note");
    *ret = made;
    return true;
}

struct json *anchor_leaf_body(struct arena *a, const struct anchor *anchor)
{
    struct json *body = json_object(a);
    char root[2 * SHA256_SIZE + 1];
    hex_encode(anchor->checkpoint.root.bytes, SHA256_SIZE, root);
    json_put_cstr(body, "kind", anchor->is_tst ? "tst" : "cosig");
    json_put_str(body, "cp", arena_printf(a, "%llu:%s", (unsigned long long)anchor->checkpoint.size, root));
    json_put_str(body, "by", anchor->by);
    json_put_int(body, "at", anchor->at_ms);
    json_put_hex(body, "d", anchor->digest.bytes, SHA256_SIZE);
    json_put_str(body, "note", anchor->note);
    return body;
}
