/*
 * bundle.c - makes the bundles that somebody asked for in the audit room (records audit_bundle in the state asked), one after the other, and ends. The officer's
 * key is read before the jail; behind it there are the ledger's public part, sealed blobs, the database and DATA/bundles, where the files go. Keys of blobs come
 * one at a time from the keeper, PDF from the role print. No network, nothing of private/.
 *
 *   bundle DATA
 */
#include "base/times.h"
#include "keeper/kinds.h"
#include "os/jail.h"
#include "print/print.h"
#include "report/bundle/bundle.h"
#include "report/reports/report.h"
#include "role/recipes.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { XLSX_BYTES_MAX = 96 << 20, PIECE_BYTES = 1 << 20, PROBLEM_BYTES_MAX = 900, FAILURES_MAX = 3 };
#define BUNDLE_ACTOR "system:bundle"

struct making {
    struct data_dir dir;
    struct keeper_client *keeper;
    struct note_key officer;
    struct ed25519_private officer_key;
    struct os_child print;
    int print_fd, place; /* the second: DATA/bundles */
    struct arena *all;
    struct blob_opener *blobs;
};

struct asked {
    struct str id, engagement;
    int64_t version;
};

/* ---- what the writer asks for ---- */

static bool sign(void *context, struct str text, struct buf *lines, struct err *e)
{
    struct making *m = context;
    (void)e;
    note_sign_line(&m->officer, &m->officer_key, text, lines);
    return true;
}

static bool file_read(int dir, const char *name, struct arena *a, struct str *ret, struct err *e)
{
    struct buf BUF_AUTO b;
    buf_init(&b, XLSX_BYTES_MAX);
    if (!os_file_read(&os_file_real, dir, name, &b, e))
        return false;
    *ret = arena_str(a, buf_view(&b));
    return true;
}

static bool print(void *context, struct arena *a, const struct json *document, const char *format, struct str *ret, struct err *e)
{
    struct making *m = context;
    if (strcmp(format, "pdf") == 0)
        return print_ask(m->print_fd, a, document, ret, e);
    const char *dir = arena_printf(a, "%s/bundles", m->dir.path).data, *path = arena_printf(a, "%s/report.part", dir).data;
    bool ok = report_write_xlsx(document, path, dir, a, e) && file_read(m->place, "report.part", a, ret, e);
    unlinkat(m->place, "report.part", 0);
    return ok;
}

/* ---- one of them ---- */

static bool hash_file(int fd, char ret_hex[65], struct err *e)
{
    uint8_t *piece = malloc(PIECE_BYTES);
    struct sha256_stream *s = sha256_stream_new();
    ssize_t n = piece ? 1 : -1;
    for (off_t at = 0; n > 0; at += n)
        if ((n = pread(fd, piece, PIECE_BYTES, at)) > 0)
            sha256_stream_add(s, piece, (size_t)n);
    int number = errno;
    struct sha256 digest = sha256_stream_end(s);
    free(piece);
    hex_encode(digest.bytes, SHA256_SIZE, ret_hex);
    return n == 0 || err_errno(e, number, "read the bundle back");
}

static bool file_write(struct making *m, const struct bundle_options *o, struct str id, struct bundle_report *ret, char ret_hex[65], struct err *e)
{
    char part[96], name[96];
    snprintf(part, sizeof(part), "%.*s.part", STR_ARGS(id));
    snprintf(name, sizeof(name), "%.*s.slb", STR_ARGS(id));
    unlinkat(m->place, part, 0);
    int fd = openat(m->place, part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(e, errno, "bundles/%s", part);
    bool ok = bundle_write(o, fd, m->place, ret, e) && hash_file(fd, ret_hex, e);
    ok = ok && ((fsync(fd) == 0 && renameat(m->place, part, m->place, name) == 0 && fsync(m->place) == 0) || err_errno(e, errno, "bundles/%s", name));
    close(fd);
    if (!ok)
        unlinkat(m->place, part, 0);
    return ok;
}

static bool make(struct making *m, struct db *db, struct arena *a, const struct asked *q, struct json *set, struct err *e)
{
    struct buf BUF_AUTO policy, chain;
    struct bundle_report report;
    char hex[65];
    struct bundle_options o = {.origin = m->dir.origin, .sign = sign, .sign_context = m, .blobs = {.open = blob_opener_unseal, .open_context = m->blobs}};
    struct audit_bundle_job job = {.db = db, .keeper = m->keeper, .blobs = m->blobs, .engagement = arena_str(a, q->engagement).data, .print = print, .print_context = m, .base = &o};
    struct audit_bundle_moment moment = {0};
    buf_init(&policy, BUNDLE_POLICY_BYTES_MAX);
    buf_init(&chain, BUNDLE_CHAIN_BYTES_MAX);
    o.ledger_dir = data_dir_ledger(&m->dir, e);
    bool ok = o.ledger_dir >= 0 && bundle_policy_read(db, &policy, e) && bundle_chain_read(db, &chain, e);
    o.policy = buf_view(&policy);
    o.tsa_chain = buf_view(&chain);
    ok = ok && audit_bundle_prepare(a, &job, &moment, e) && file_write(m, &o, q->id, &report, hex, e);
    audit_bundle_done(&moment);
    if (o.ledger_dir >= 0)
        close(o.ledger_dir);
    if (ok && db_one_int(db, e, 0, "select count(*) from erasure where leaf >= ?1", A((int64_t)report.size)) > 0) {
        unlinkat(m->place, arena_printf(a, "%.*s.slb", STR_ARGS(q->id)).data, 0);
        ok = err_set(e, ERR_CONFLICT, "something was erased while it was made; ask for another");
    }
    if (!ok || e->code)
        return false;
    json_put_str(set, "digest", arena_str(a, str_of(hex)));
    json_put_int(set, "bytes", (int64_t)report.bytes);
    json_put_int(set, "leaves", (int64_t)report.size);
    json_put_int(set, "blobs", (int64_t)report.blobs);
    json_put_int(set, "withheld", (int64_t)report.withheld);
    json_put_int(set, "made_at", env_now_ms(&env_system));
    return true;
}

static bool say(struct making *m, struct arena *a, const struct asked *q, const char *step, struct json *set, struct err *e)
{
    struct access system = {.actor = STR(BUNDLE_ACTOR), .is_system = true};
    struct record_change change = {.type = STR("audit_bundle"), .id = q->id, .act = RECORD_MOVE, .version = q->version, .transition = str_of(step), .set = set};
    struct op op;
    struct json *answer;
    return record_op(&env_system, a, &change, 1, &system, &op, e) && keeper_submit(m->keeper, a, &op, &answer, e);
}

/* The first that is asked for. False and no error: there is none. */
static bool asked_next(struct db *db, struct arena *a, struct asked *ret, struct err *e)
{
    bool is_there = false;
    DB_EACH (row, db, e, "select id, engagement, version from audit_bundles_versions where to_leaf is null and is_deleted = 0 and state = 'asked' order by created_leaf limit 1") {
        *ret = (struct asked){arena_str(a, db_text(row, 0)), arena_str(a, db_text(row, 1)), db_int(row, 2)};
        is_there = true;
    }
    return is_there && !e->code;
}

/* False: there is none left, or e says what keeps it from going on. */
static bool make_next(struct making *m, int *failures, struct err *e)
{
    struct arena *a = arena_new("a bundle that was asked for", AUDIT_BUNDLE_BYTES_MAX);
    struct db *db = data_dir_projection(&m->dir, e);
    struct asked q;
    struct err failed = {0};
    bool ok = db && asked_next(db, a, &q, e);
    struct json *set = json_object(a);
    if (ok && make(m, db, a, &q, set, &failed)) {
        ok = say(m, a, &q, "finish", set, e);
    } else if (ok) {
        set = json_object(a);
        json_put_str(set, "problem", arena_str(a, str_slice(str_of(failed.text), 0, PROBLEM_BYTES_MAX)));
        fprintf(stderr, "assay: bundle: %.*s: %s\n", STR_ARGS(q.id), failed.text);
        ok = ++*failures <= FAILURES_MAX && say(m, a, &q, "give_up", set, e);
    }
    db_close(db);
    arena_free(a);
    return ok;
}

/* ---- start ---- */

static void parts_remove(int place)
{
    int fd = fcntl(place, F_DUPFD_CLOEXEC, 0);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    for (const struct dirent *entry; list && (entry = readdir(list));)
        if (str_ends(str_of(entry->d_name), ".part"))
            unlinkat(place, entry->d_name, 0);
    if (list)
        closedir(list);
}

static bool open_all(struct making *m, const char *path, struct err *e)
{
    struct err ignored = {0};
    if (!report_xlsx_prepare(&ignored))
        ignored = (struct err){0}; /* then there is no workbook in it */
    if (!role_helper_start("print", &m->print, &m->print_fd, e) || !data_dir_open(&m->dir, path, e) || !(m->keeper = keeper_connect(path, e)) ||
        !keeper_officer_ensure(m->keeper, &m->dir, &env_system, e) || !keys_load_signing(m->dir.fd, "officer", &m->officer, &m->officer_key, e))
        return false;
    if (mkdirat(m->dir.fd, "bundles", 0700) != 0 && errno != EEXIST)
        return err_errno(e, errno, "%s/bundles", path);
    m->place = openat(m->dir.fd, "bundles", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (m->place < 0)
        return err_errno(e, errno, "%s/bundles", path);
    parts_remove(m->place);
    m->all = arena_new("bundles", 64 << 20);
    m->blobs = blob_opener_keeper(m->all, path, m->keeper, e);
    return m->blobs != NULL;
}

static bool jailed(struct making *m, struct err *e)
{
    static const char *const readable[] = {"ledger", "blobs"}, *const writable[] = {"db", "bundles"};
    struct jail jail = {.kind = JAIL_STORE};
    for (size_t i = 0; i < 2; i++) {
        jail_allow(&jail, arena_printf(m->all, "%s/%s", m->dir.path, readable[i]).data, false);
        jail_allow(&jail, arena_printf(m->all, "%s/%s", m->dir.path, writable[i]).data, true);
    }
    jail_allow(&jail, "/usr/share/zoneinfo", false);
    setenv("SQLITE_TMPDIR", arena_printf(m->all, "%s/bundles", m->dir.path).data, 1);
    return jail_enter(&jail, e);
}

int role_bundle(int argc, char **argv)
{
    struct err e = {0};
    struct making m = {.dir = {.fd = -1}, .print = OS_CHILD_NONE, .print_fd = -1, .place = -1};
    int failures = 0;
    if (argc != 1)
        return 2;
    bool ok = open_all(&m, argv[0], &e) && jailed(&m, &e);
    while (ok && make_next(&m, &failures, &e)) {
    }
    memory_wipe(&m.officer_key, sizeof(m.officer_key));
    arena_free(m.all);
    keeper_close(m.keeper);
    data_dir_close(&m.dir);
    if (m.print_fd >= 0)
        close(m.print_fd);
    os_child_end(&m.print, 2000);
    return e.code ? role_fail("bundle", &e) : 0;
}
