/* cosigner.c - witness and mirror over HTTP. The I/O thread only looks at the address; workers do the rest. */
#include "role/cosigner.h"
#include "base/limits.h"
#include "ledger/mirror.h"
#include "os/gunzip.h"
#include "os/jail.h"
#include "os/spawn.h"
#include "role/listen.h"
#include "role/mirror.h"
#include "role/recipes.h"
#include "web/http.h"
#include "web/log_files.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORKERS = 4, LOGS_ARENA_BYTES = 8 << 20 };

struct site {
    const struct cosigner_serve *o;
    struct cosigner cosigner;
    struct witness *witness; /* one of the two */
    struct mirror *mirror;
    struct stat logs_facts; /* of the list as it was read */
    char about[600];        /* the answer at / */
};

/* ---- requests ---- */

enum target { TARGET_NONE, TARGET_ABOUT, TARGET_ADD_CHECKPOINT, TARGET_ADD_ENTRIES, TARGET_FILE };

/* ret_file: what stands behind the origin's hash. A witness has nothing but its checkpoint there. */
static enum target target_of(const struct site *s, struct str path, struct log_file *ret_file)
{
    struct str rest = str_slice(path, 1, path.size), hash;
    uint8_t bytes[SHA256_SIZE];
    if (str_is(path, "/"))
        return TARGET_ABOUT;
    if (str_is(path, "/add-checkpoint"))
        return TARGET_ADD_CHECKPOINT;
    if (str_is(path, "/add-entries") && s->mirror)
        return TARGET_ADD_ENTRIES;
    bool is_file = str_cut(&rest, '/', &hash) && hex_decode(hash, bytes, sizeof(bytes)) && log_file_parse(rest, ret_file);
    return is_file && (s->mirror || strcmp(ret_file->path, "checkpoint") == 0) ? TARGET_FILE : TARGET_NONE;
}

static enum http_next answer_plain(struct http_response *ret, int status, const char *text, const char *allow)
{
    *ret = (struct http_response){
        .status = status, .type = "text/plain; charset=utf-8", .body = str_of(text), .is_constant = true, .allow = allow};
    return HTTP_ANSWER;
}

static enum http_next on_head(void *context, struct http_request *r, struct http_response *ret, size_t *ret_body_max)
{
    struct site *s = context;
    struct log_file file;
    enum target target = target_of(s, r->path, &file);
    bool is_post = r->method == HTTP_POST, wants_post = target == TARGET_ADD_CHECKPOINT || target == TARGET_ADD_ENTRIES;
    if (target == TARGET_NONE || r->query.size)
        return answer_plain(ret, 404, "404: there is nothing at this address.\n", NULL);
    if (is_post != wants_post)
        return answer_plain(ret, 405, "405: this address does not take that method.\n", wants_post ? "POST" : "GET, HEAD");
    if (target == TARGET_ABOUT)
        return answer_plain(ret, 200, s->about, NULL);
    *ret_body_max = target == TARGET_ADD_ENTRIES ? MIRROR_REQUEST_BYTES_MAX : wants_post ? WITNESS_REQUEST_BYTES_MAX : 0;
    return HTTP_WORK;
}

static void answer_take(struct http_request *r, struct witness_answer *answer, struct http_response *ret)
{
    *ret = (struct http_response){.status = answer->status,
                                  .type = answer->type,
                                  .body = arena_str(r->arena, buf_view(&answer->body)),
                                  .problem = arena_str(r->arena, str_of(answer->problem))};
}

static void add_entries(struct site *s, struct http_request *r, struct witness_answer *ret)
{
    struct buf BUF_AUTO plain;
    struct err e = {0};
    buf_init(&plain, MIRROR_REQUEST_BYTES_MAX);
    if (r->content_encoding.size == 0 || str_is(r->content_encoding, "identity"))
        mirror_add_entries(s->mirror, r->body, ret);
    else if (!str_is(r->content_encoding, "gzip"))
        witness_refuse(ret, 415, "the body may be gzip or plain");
    else if (gunzip(r->body, &plain, &e))
        mirror_add_entries(s->mirror, buf_view(&plain), ret);
    else
        witness_refuse(ret, err_http_status(e.code), "%.150s", e.text);
}

static void answer_file(struct site *s, const struct log_file *file, struct http_request *r, struct http_response *ret)
{
    struct witness_answer answer;
    struct err e = {0};
    struct str hash = str_slice(r->path, 1, 65);
    if (s->mirror) {
        int dir = mirror_log_dir(s->mirror, hash, &e);
        log_file_answer(dir, file, r, ret);
        if (dir >= 0)
            close(dir);
        return;
    }
    witness_answer_init(&answer);
    if (witness_note(s->witness, hash, &answer.body, &e))
        answer.status = 200;
    else
        witness_refuse(&answer, e.code == ERR_NOT_FOUND ? 404 : 500, "%.150s", e.text);
    answer_take(r, &answer, ret);
    ret->cache = file->cache;
    witness_answer_release(&answer);
}

static void on_work(void *context, void *worker, struct http_request *r, struct http_response *ret)
{
    (void)worker;
    struct site *s = context;
    struct log_file file;
    struct witness_answer answer;
    enum target target = target_of(s, r->path, &file);
    if (target == TARGET_FILE) {
        answer_file(s, &file, r, ret);
        return;
    }
    witness_answer_init(&answer);
    if (target == TARGET_ADD_ENTRIES)
        add_entries(s, r, &answer);
    else if (s->mirror)
        mirror_add_checkpoint(s->mirror, r->body, &answer);
    else
        witness_add_checkpoint(s->witness, r->body, &answer);
    answer_take(r, &answer, ret);
    witness_answer_release(&answer);
}

/* ---- the list of logs, read again when it changes ---- */

static bool logs_take(struct site *s, struct err *e)
{
    struct stat now = {0};
    struct log_list logs;
    bool is_there = fstatat(s->cosigner.dir, "logs", &now, 0) == 0;
    if (is_there && now.st_ino == s->logs_facts.st_ino && now.st_mtim.tv_sec == s->logs_facts.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == s->logs_facts.st_mtim.tv_nsec && now.st_size == s->logs_facts.st_size)
        return true;
    s->logs_facts = now;
    struct arena *a = arena_new("logs", LOGS_ARENA_BYTES);
    if (!cosigner_logs(&s->cosigner, a, &logs, e)) {
        arena_free(a);
        return false;
    }
    if (s->mirror)
        mirror_set_logs(s->mirror, a, logs);
    else
        witness_set_logs(s->witness, a, logs);
    return true;
}

static void tend(struct site *s, struct http_server *server, int signals)
{
    struct pollfd p = {.fd = signals, .events = POLLIN};
    for (;;) {
        if (poll(&p, 1, 1000) > 0 && os_signals_next(signals) != 0)
            return;
        struct err e = {0};
        http_sweep(server);
        if ((s->mirror && !mirror_learned_keep(s->mirror, &s->cosigner, &e)) || !logs_take(s, &e))
            fprintf(stderr, "assay: the logs as they were are kept: %s\n", e.text);
    }
}

/* ---- start ---- */

static bool site_open(struct site *s, struct err *e)
{
    const struct cosigner_serve *o = s->o;
    struct arena *a = arena_new("logs", LOGS_ARENA_BYTES);
    bool ok =
        cosigner_open(o->dir, o->kind == COSIGNER_MIRROR ? "mirror" : "witness", o->name, true, &env_system, &s->cosigner, e) &&
        (o->logs.size == 0 || cosigner_logs_add(&s->cosigner, a, o->logs, NULL, e));
    arena_free(a);
    struct witness_options w = {.calls = &os_file_real,
                                .env = &env_system,
                                .dir = s->cosigner.dir,
                                .key = &s->cosigner.key,
                                .private_key = &s->cosigner.private_key};
    if (ok && o->kind == COSIGNER_MIRROR)
        ok = gunzip_prepare(e) && (s->mirror = mirror_open(&w, e)) != NULL;
    else if (ok)
        ok = (s->witness = witness_open(&w, e)) != NULL;
    return ok && logs_take(s, e);
}

static void say_hello(struct site *s, const char *url)
{
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    note_key_format(&s->cosigner.key, &vkey);
    snprintf(s->about, sizeof(s->about), "%s %s\n", s->o->kind == COSIGNER_MIRROR ? "mirror" : "witness", vkey.data);
    printf("%s\nlistens on %s\n", vkey.data, url[0] ? url : s->o->listen);
    fflush(stdout);
}

int cosigner_serve(const struct cosigner_serve *o)
{
    struct err e = {0};
    struct site s = {.o = o, .cosigner = {.dir = -1, .lock = -1}};
    char url[LISTEN_URL_SIZE];
    struct jail jail = {.kind = JAIL_SERVE};
    jail_allow(&jail, o->dir, true);
    jail_allow(&jail, "/proc/self", false);
    int signals = os_signals_open(&e), fd = -1;
    bool ok = signals >= 0 && http_prepare(&e) && site_open(&s, &e) && (fd = listen_open_any(o->listen, url, &e)) >= 0;
    struct http_handler handler = {.head = on_head, .work = on_work, .context = &s};
    struct http_options options = {.listen_fds = &fd,
                                   .listen_count = 1,
                                   .worker_count = WORKERS,
                                   .handler = &handler,
                                   .env = &env_system,
                                   .log_fd = STDERR_FILENO};
    struct http_server *server = ok && jail_enter(&jail, &e) ? http_start(&options, &e) : NULL;
    if (server) {
        say_hello(&s, url);
        os_notify("READY=1");
        tend(&s, server, signals);
    }
    http_stop(server);
    witness_close(s.witness);
    mirror_close(s.mirror);
    cosigner_close(&s.cosigner);
    if (signals >= 0)
        close(signals);
    if (!server)
        return role_fail(o->kind == COSIGNER_MIRROR ? "mirror" : "witness", &e);
    return 0;
}
