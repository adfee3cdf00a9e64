/* verify_all.c - see verify_all.h. What may move on meanwhile, signer's head and projection, is read first; the ledger only
 * grows. */
#include "keeper/verify_all.h"
#include "keeper/data_dir.h"
#include "keeper/projection.h"
#include "keeper/signer.h"
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LOOKS_MAX = 5 };

static void find(struct verify_report *r, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void find(struct verify_report *r, const char *code, const char *format, ...)
{
    if (code[0] == 'E')
        r->is_ok = false;
    if (r->finding_count++ >= VERIFY_FINDINGS_MAX)
        return;
    struct verify_finding *f = &r->findings[r->finding_count - 1];
    va_list arguments;
    va_start(arguments, format);
    f->code = code;
    vsnprintf(f->text, sizeof(f->text), format, arguments);
    va_end(arguments);
}

static void note(struct verify_report *r, const char *text)
{
    if (r->note_count < VERIFY_NOTES_MAX)
        r->notes[r->note_count++] = text;
}

/* What the projection was when we looked. */
struct projection_seen {
    bool is_there;
    const char *why_not; /* NULL: compare it */
    uint64_t next;       /* leaves that it holds */
    struct sha256 digest;
};

static bool digest_piece(void *context, struct str text, struct err *e)
{
    (void)e;
    sha256_stream_add(context, text.data, text.size);
    return true;
}

static bool dump_digest(struct db *db, struct sha256 *ret, struct err *e)
{
    struct sha256_stream *sum = sha256_stream_new();
    bool ok = projection_dump(db, digest_piece, sum, e);
    *ret = sha256_stream_end(sum);
    return ok;
}

static int64_t next_leaf(struct db *db, struct err *e)
{
    return db_one_int(db, e, -1, "select cast(value as integer) from meta where key='next'");
}

static void projection_look(const struct data_dir *d, struct arena *a, struct projection_seen *ret)
{
    struct stat facts;
    struct err e = {0};
    if (fstatat(d->fd, PROJECTION_FILE, &facts, 0) != 0) {
        ret->why_not = "there is no projection to compare with the ledger (assay rebuild makes it)";
        return;
    }
    if (facts.st_size > VERIFY_PROJECTION_BYTES_MAX) {
        ret->why_not =
            "the projection is too large to be made again in memory; compare assay dump before and after assay rebuild";
        return;
    }
    struct db *db = data_dir_projection(d, &e);
    int64_t next = -1, after = db ? next_leaf(db, &e) : -1;
    for (int i = 0; i < LOOKS_MAX && after >= 0 && next != after; i++) { /* a dump is of one instant; next only grows */
        next = after;
        after = dump_digest(db, &ret->digest, &e) ? next_leaf(db, &e) : -1;
    }
    if (next >= 0 && next == after) {
        ret->next = (uint64_t)next;
        ret->is_there = true;
    } else {
        ret->why_not =
            arena_printf(a, "the projection was not compared with the ledger: %s", e.code ? e.text : "it changes too fast").data;
    }
    db_close(db);
}

struct applying {
    struct projection *p;
    const struct blob_reader *blobs;
};

static bool apply_leaf(void *context, uint64_t index, struct str leaf, struct err *e)
{
    struct applying *applying = context;
    (void)index;
    bool ok = projection_apply(applying->p, applying->p->scratch, leaf, applying->blobs, NULL, e);
    arena_reset(applying->p->scratch);
    return ok;
}

/* The digest of what the first `next` leaves give. */
static bool projection_made_again(const struct data_dir *d, const struct op_kind *kinds, size_t kind_count, uint64_t next,
                                  struct sha256 *ret, struct err *e)
{
    uint8_t master[32];
    struct blob_store_reader store = {0};
    struct projection p = {0};
    struct ledger_reader *reader = NULL;
    int ledger_fd = data_dir_ledger(d, e);
    int private_fd = openat(d->fd, "private", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int blobs_fd = openat(d->fd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = ledger_fd >= 0 && private_fd >= 0 && blobs_fd >= 0 ? true : err_errno(e, errno, "%s", d->path);
    ok = ok && keys_load_secret(d->fd, "master", master, e) && (reader = ledger_reader_open(ledger_fd, e)) &&
         (store.packs = pack_open(&os_file_real, blobs_fd, false, e)) &&
         (store.keys = keyring_open(&os_file_real, private_fd, master, false, e));
    memory_wipe(master, sizeof(master));
    if (ok && next > ledger_reader_head(reader)->size)
        ok = err_set(e, ERR_CONFLICT, "it holds %llu leaves, of which %llu are signed", (unsigned long long)next,
                     (unsigned long long)ledger_reader_head(reader)->size);
    ok = ok && projection_open_memory(&p, d->origin, kinds, kind_count, e);
    struct blob_reader blobs = blob_store_reader(&store);
    struct applying applying = {&p, &blobs};
    ok = ok && db_begin(p.db, e) && ledger_reader_each(reader, 0, next, apply_leaf, &applying, e) &&
         projection_note_next(&p, e) && db_commit(p.db, e) && dump_digest(p.db, ret, e);
    projection_close(&p);
    keyring_close(store.keys);
    pack_close(store.packs);
    ledger_reader_close(reader);
    int fds[] = {ledger_fd, private_fd, blobs_fd};
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    return ok;
}

static void projection_compare(const struct data_dir *d, const struct op_kind *kinds, size_t kind_count,
                               const struct projection_seen *seen, struct arena *a, struct verify_report *r)
{
    struct sha256 again;
    struct err e = {0};
    if (!seen->is_there)
        note(r, seen->why_not);
    else if (!r->is_ok)
        note(r, "the projection was not compared: the ledger itself does not hold");
    else if (!projection_made_again(d, kinds, kind_count, seen->next, &again, &e)) {
        if (e.code == ERR_CONFLICT || e.code == ERR_UNAVAILABLE || e.code == ERR_DENIED || e.code == ERR_NOT_FOUND)
            note(r, arena_printf(a, "the projection was not compared with the ledger: %s", e.text).data);
        else
            find(r, "E86", "the projection cannot be made from the ledger: %s", e.text);
    } else if (!sha256_equal(again, seen->digest)) {
        find(r, "E86",
             "%s is not what the ledger gives: pages and reports made from it were wrong; make it again with: assay rebuild",
             PROJECTION_FILE);
    } else if (seen->next < r->size) {
        note(r, arena_printf(a, "the projection holds %llu of %llu leaves; the next write completes it",
                             (unsigned long long)seen->next, (unsigned long long)r->size)
                    .data);
    }
}

bool verify_all(const char *data_dir, const struct verify_options *o, const struct op_kind *kinds, size_t kind_count,
                struct arena *a, struct verify_report *ret, struct err *e)
{
    struct data_dir d;
    struct err ours = {0}, head_error = {0};
    struct checkpoint head = {0};
    struct projection_seen seen = {0};
    bool is_open = data_dir_open(&d, data_dir, &ours); /* if not: the ledger alone, as far as it goes, says why */
    bool has_head = is_open && signer_head_read(d.fd, &head, &head_error);
    bool has_private = is_open && faccessat(d.fd, "private", R_OK | X_OK, AT_EACCESS) == 0;
    if (is_open && o->without_blobs)
        seen.why_not = "the projection was not compared: that needs the blobs";
    else if (is_open && !has_private)
        seen.why_not = "the projection was not compared: that needs private/";
    else if (is_open)
        projection_look(&d, a, &seen);
    bool ok = verify_directory(data_dir, o, a, ret, e);
    if (ok && has_head && head.size > ret->size + ret->unsigned_leaves)
        find(ret, "E82", "the signer has signed %llu leaves, the ledger has %llu: it was cut or rolled back",
             (unsigned long long)head.size, (unsigned long long)(ret->size + ret->unsigned_leaves));
    else if (ok && has_private && !has_head)
        find(ret, "E82", "%s", head_error.text);
    unsigned damaged = is_open && has_head ? signer_head_damage(d.fd) : 0;
    if (ok && damaged)
        find(ret, "W82", "private/signer.head: slot %d is damaged; the other one holds, and the next signature mends it",
             damaged & 1 ? 0 : 1);
    if (ok && is_open)
        projection_compare(&d, kinds, kind_count, &seen, a, ret);
    if (is_open)
        data_dir_close(&d);
    return ok;
}
