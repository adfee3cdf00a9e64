/*
 * test_keeper.h - a keeper and its signer as forked processes, with a test kind `note` that keeps a text in a blob; for tests.
 *
 *     struct test_keeper t;
 *     test_keeper_init(&t);                        // a data directory in a scratch place
 *     test_keeper_start(&t);                       // both processes
 *     test_note(t.client, arena, "id…", "text", &answer, &e);
 *     test_keeper_stop(&t);  test_keeper_release(&t);
 */
#ifndef KEEPER_TEST_KEEPER_H
#define KEEPER_TEST_KEEPER_H

#include "blob/blob.h"
#include "keeper/data_dir.h"
#include "keeper/keeper.h"
#include "keeper/kinds.h"
#include "keeper/projection.h"
#include "keeper/rebuild.h"
#include "keeper/signer.h"
#include "ledger/verify.h"
#include "os/ipc.h"
#include "os/spawn.h"
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the kind `note`: {"name":…} and one blob; the projection keeps it as a parameter with the blob's text as its value ---- */

static inline bool note_make(struct db *projection, struct arena *a, const struct op *op, struct leaf_drafts *ret, struct err *e)
{
    struct str name = json_text(op->body, "name");
    int64_t leaves = json_int(op->body, "leaves", 1);
    if (name.size == 0)
        return err_set(e, ERR_INVALID, "note: no name");
    if (op->now_ms <= 0)
        return err_set(e, ERR_INTERNAL, "note: the keeper did not say what time it is");
    if (db_one_int(projection, e, 0, "select count(*) from parameter where name=?1 and name like 'only-once%'", A(name)) > 0)
        return err_set(e, ERR_EXISTS, "note: %.*s is there already", STR_ARGS(name));
    struct leaf_draft *drafts = arena_array(a, (size_t)leaves, sizeof(*drafts));
    for (int64_t i = 0; i < leaves; i++) {
        struct json *body = json_object(a);
        json_put_cstr(body, "type", str_is(name, "breaks the rule") ? "not one word" : "note");
        json_put_str(body, "name", name);
        drafts[i] = (struct leaf_draft){.type = "record",
                                        .stream = STR("note"),
                                        .body = body,
                                        .signatures = STR(""),
                                        .blob_first = 0,
                                        .blob_count = op->blob_count};
    }
    *ret = (struct leaf_drafts){.items = drafts, .count = (size_t)leaves};
    return true;
}

static inline bool note_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf,
                              const struct blob_reader *blobs, struct err *e)
{
    const struct json *blob = json_at(json_get(leaf->json, "b"), 0);
    struct str text = STR("");
    if (blob && !blobs->read(blobs->context, a, json_text(blob, "c"), json_text(blob, "x"), &text, e)) {
        if (e->code != ERR_NOT_FOUND)
            return false;
        *e = (struct err){0};
        text = STR("(erased)");
    }
    if (str_is(text, "refuse in apply"))
        return err_set(e, ERR_INVALID, "note: refused in apply");
    return db_run(projection, e, "insert into parameter(leaf, name, value, t, actor, reason) values (?1, ?2, ?3, ?4, ?5, '')",
                  A((int64_t)leaf->index), A(json_text(leaf->json, "name")), A(text), A(leaf->t), A(json_text(leaf->json, "a")));
}

/* Never asked for: stands before `note` in the table, so that note's leaves have to name their kind. */
static inline bool other_apply(struct db *projection, struct arena *a, const struct leaf_view *leaf,
                               const struct blob_reader *blobs, struct err *e)
{
    (void)projection, (void)a, (void)leaf, (void)blobs;
    return err_set(e, ERR_INTERNAL, "a note was applied as another kind");
}

static const struct op_kind *test_kinds(size_t *ret_count)
{
    static struct op_kind kinds[8];
    kinds[0] = kind_key;
    kinds[1] = (struct op_kind){.kind = "other", .leaf_type = "record", .apply = other_apply};
    kinds[2] = (struct op_kind){.kind = "note", .leaf_type = "record", .make = note_make, .apply = note_apply};
    kinds[3] = kind_erase;
    kinds[4] = kind_erased;
    kinds[5] = kind_hold;
    kinds[6] = kind_keyring;
    kinds[7] = kind_reencrypt;
    *ret_count = 8;
    return kinds;
}

static inline bool test_note(struct keeper_client *k, struct arena *a, const char *id, const char *name, const char *text,
                             struct json **ret_answer, struct err *e)
{
    struct blob_sealed sealed;
    struct json *body = json_object(a);
    if (!blob_seal(&env_system, a, str_of(text), &sealed, e))
        return false;
    json_put_cstr(body, "name", name);
    struct op_blob blob = {.media = "text/plain", .plain_size = sealed.plain_size, .ciphertext = sealed.bytes};
    memcpy(blob.c, sealed.c, sizeof(blob.c));
    memcpy(blob.x, sealed.x, sizeof(blob.x));
    memcpy(blob.dek, sealed.dek, sizeof(blob.dek));
    struct op op = {.kind = "note", .actor = STR("local:test"), .body = body, .blobs = &blob, .blob_count = 1};
    memcpy(op.id, id, 33);
    return keeper_submit(k, a, &op, ret_answer, e);
}

/* ---- the processes ---- */

struct test_keeper {
    char path[PATH_MAX];
    pid_t keeper;
    pid_t signer;
    int fd; /* our connection */
    struct keeper_client *client;
    const struct env *env;             /* the keeper's; NULL: the system's */
    const struct os_file_calls *calls; /* the keeper's; NULL: the kernel's */
};

static inline void test_keeper_init(struct test_keeper *t)
{
    struct err e = {0};
    const char *tmp = getenv("TMPDIR");
    *t = (struct test_keeper){.fd = -1};
    snprintf(t->path, sizeof(t->path), "%s/assay-keeper-XXXXXX", tmp ? tmp : "/tmp");
    ck_assert_ptr_nonnull(mkdtemp(t->path));
    struct data_dir_init o = {.path = t->path, .host_name = "test", .machine_id = STR("0123"), .env = &env_system};
    ck_assert_msg(data_dir_init(&o, &e), "%s", e.text);
}

static inline int test_keeper_child(const struct test_keeper *t, int signer_fd, int client_fd)
{
    struct err e = {0};
    size_t count;
    const struct op_kind *kinds = test_kinds(&count);
    struct keeper_options o = {.data_dir = t->path,
                               .kinds = kinds,
                               .kind_count = count,
                               .env = t->env ? t->env : &env_system,
                               .calls = t->calls ? t->calls : &os_file_real,
                               .signer_fd = signer_fd,
                               .client_fd = client_fd,
                               .signals_fd = os_signals_open(&e)};
    bool is_told;
    return keeper_run(&o, &is_told, &e) ? 0 : err_exit_status(e.code);
}

static inline int test_signer_child(const struct test_keeper *t, int fd)
{
    struct err e = {0};
    int dir = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct signer *s = signer_open(dir, -1, &e);
    if (s && signer_serve(s, fd, &e))
        return 0;
    signer_refuse_all(fd, &e);
    return 3;
}

/* Starts both; the connection is made by test_keeper_connect, so that a keeper that cannot start is seen there. */
static inline void test_keeper_fork(struct test_keeper *t)
{
    struct err e = {0};
    int signer_pair[2], client_pair[2];
    ck_assert(ipc_pair(signer_pair, &e) && ipc_pair(client_pair, &e));
    t->signer = fork();
    if (t->signer == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(signer_pair[0]);
        close(client_pair[0]);
        close(client_pair[1]);
        _exit(test_signer_child(t, signer_pair[1]));
    }
    t->keeper = fork();
    if (t->keeper == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(signer_pair[1]);
        close(client_pair[0]);
        _exit(test_keeper_child(t, signer_pair[0], client_pair[1]));
    }
    close(signer_pair[0]);
    close(signer_pair[1]);
    close(client_pair[1]);
    t->fd = client_pair[0];
}

static inline void test_keeper_start(struct test_keeper *t)
{
    test_keeper_fork(t);
    t->client = keeper_open_fd(t->fd);
    ck_assert_ptr_nonnull(t->client);
}

/* Waits for both; returns the keeper's exit status (128 + signal). */
static inline int test_keeper_reap(struct test_keeper *t)
{
    int status = 0, ignored;
    waitpid(t->keeper, &status, 0);
    waitpid(t->signer, &ignored, 0);
    t->keeper = t->signer = 0;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Closes the connection, upon which the keeper signs and ends. */
static inline int test_keeper_stop(struct test_keeper *t)
{
    t->client = keeper_close(t->client);
    return test_keeper_reap(t);
}

static inline void test_remove_tree(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; list && (entry = readdir(list));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (entry->d_type == DT_DIR)
            test_remove_tree(fd, entry->d_name);
        else
            unlinkat(fd, entry->d_name, 0);
    }
    if (list)
        closedir(list);
    unlinkat(dir, name, AT_REMOVEDIR);
}

static inline void test_keeper_release(struct test_keeper *t)
{
    test_remove_tree(AT_FDCWD, t->path);
}

/* ---- what is there ---- */

static inline struct db *test_projection(const struct test_keeper *t)
{
    struct err e = {0};
    struct data_dir d;
    ck_assert_msg(data_dir_open(&d, t->path, &e), "%s", e.text);
    struct db *db = data_dir_projection(&d, &e);
    ck_assert_msg(db != NULL, "%s", e.text);
    data_dir_close(&d);
    return db;
}

static inline bool test_dump_write(void *context, struct str text, struct err *e)
{
    (void)e;
    sha256_stream_add(context, text.data, text.size);
    return true;
}

static inline struct sha256 test_dump(const struct test_keeper *t)
{
    struct err e = {0};
    struct db *db = test_projection(t);
    struct sha256_stream *s = sha256_stream_new();
    ck_assert_msg(projection_dump(db, test_dump_write, s, &e), "%s", e.text);
    db_close(db);
    return sha256_stream_end(s);
}

static inline void test_rebuild(const struct test_keeper *t)
{
    struct err e = {0};
    struct rebuild_report report;
    size_t count;
    const struct op_kind *kinds = test_kinds(&count);
    ck_assert_msg(keeper_rebuild(t->path, kinds, count, &env_system, &report, &e), "%s", e.text);
}

/* Files below that hold these bytes. */
static inline int found_in(int dir, const char *name, struct str what, const char *word)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), found = 0;
    DIR *list = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; list && (entry = readdir(list));) {
        struct buf BUF_AUTO bytes;
        struct err e = {0};
        buf_init(&bytes, 1 << 30);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (entry->d_type == DT_DIR)
            found += found_in(fd, entry->d_name, what, word);
        else if (entry->d_type == DT_REG && os_file_read(&os_file_real, fd, entry->d_name, &bytes, &e) &&
                 str_find(buf_view(&bytes), what) >= 0) {
            fprintf(stderr, "%s is in %s\n", word, entry->d_name);
            found++;
        }
    }
    if (list)
        closedir(list);
    return found;
}

/* n: what a cut leaves is no fault */
static inline void test_verify_well(const struct test_keeper *t, const char *when, int n)
{
    struct verify_report r;
    struct err e = {0};
    struct arena *a = arena_new("report", 64 << 20);
    ck_assert_msg(verify_directory(t->path, &(struct verify_options){0}, a, &r, &e), "%s", e.text);
    for (size_t i = 0; i < r.finding_count; i++) /* half a state slot is what a cut leaves, and what the other one is for */
        ck_assert_msg(n > 0 && strcmp(r.findings[i].code, "W80") == 0, "%s %d: %s %s", when, n, r.findings[i].code,
                      r.findings[i].text);
    arena_free(a);
}

#endif
