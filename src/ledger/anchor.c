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
        err_set(e, ERR_NOT_FOUND, "it does not know this ledger: give its operator the origin and the log key (assay key list)");
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

/* Opened, appended and synced each time: once a minute. A torn record that a crash left at the end is cut off first. */
static bool whole_end(int fd, const char *file, off_t *ret_end, struct err *e)
{
    enum { TAIL_BYTES = 4 * ANCHOR_NOTE_BYTES_MAX };
    struct stat st;
    struct buf BUF_AUTO tail;
    buf_init(&tail, TAIL_BYTES);
    if (fstat(fd, &st) != 0)
        return err_errno(e, errno, "private/%s", file);
    off_t from = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
    char piece[4096];
    for (off_t at = from; at < st.st_size;) {
        ssize_t n = pread(fd, piece, sizeof(piece), at);
        if (n <= 0)
            return err_errno(e, n < 0 ? errno : EIO, "private/%s", file);
        buf_append(&tail, piece, (size_t)n);
        at += n;
    }
    /* From any record that reads whole to the end, the rest has to read whole too. */
    for (uint64_t start = 0; start < tail.size; start++) {
        uint64_t at = start;
        struct str note;
        if (tail.data[start] != 'A' || !cp_log_record(buf_view(&tail), &at, &note))
            continue;
        while (anchor_log_next(buf_view(&tail), &at, &note)) {
        }
        *ret_end = from + (off_t)at;
        return true;
    }
    *ret_end = from == 0 ? 0 : st.st_size;
    return true;
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
