/* mirror.c - pulls a log into a mirror, pushes one to a mirror. What is fetched is proven like what is pushed: the fetched files
 * are only another place to read the log from. */
#include "role/mirror.h"
#include "os/spawn.h"
#include "role/asking.h"
#include "role/fetch_files.h"
#include "role/recipes.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { URL_BYTES_MAX = HTTP_CLIENT_URL_MAX - 100, LOGS_ARENA_BYTES = 8 << 20 };

/* ---- where the log is ---- */

static int only_ledger_of(int dir, struct err *e)
{
    int folder = openat(dir, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;
    DIR *entries = folder >= 0 ? fdopendir(folder) : NULL;
    if (!entries) {
        if (folder >= 0)
            close(folder);
        err_set(e, ERR_NOT_FOUND, "there is no checkpoint here, and no ledger/");
        return -1;
    }
    size_t count = 0;
    for (const struct dirent *d; (d = readdir(entries));) {
        char path[300];
        snprintf(path, sizeof(path), "%s/checkpoint", d->d_name);
        if (d->d_name[0] == '.' || faccessat(folder, path, R_OK, 0) != 0)
            continue;
        if (count++ == 0)
            found = openat(folder, d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    closedir(entries);
    if (count == 1 && found >= 0)
        return found;
    if (found >= 0)
        close(found);
    err_set(e, count ? ERR_CONFLICT : ERR_NOT_FOUND,
            count ? "there are %zu logs here, name one: ledger/<hash>" : "there is no signed log here", count);
    return -1;
}

int mirror_source_open(const char *path, struct err *e)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        err_errno(e, errno, "%.200s", path);
        return -1;
    }
    if (faccessat(dir, "checkpoint", R_OK, 0) == 0)
        return dir;
    int found = only_ledger_of(dir, e);
    close(dir);
    if (found < 0)
        err_wrap(e, "%.200s", path);
    return found;
}

/* ---- pushing ---- */

struct far_mirror {
    struct http_client *client;
    const char *url, *ca_file;
};

static bool far_post(void *context, const char *what, const char *type, struct str body, struct witness_answer *ret,
                     struct err *e)
{
    struct far_mirror *m = context;
    struct http_answer answer = {.status = 0};
    char url[HTTP_CLIENT_URL_MAX];
    snprintf(url, sizeof(url), "%.*s/%s", URL_BYTES_MAX, m->url, what);
    struct http_call call = {.url = url, .content_type = type, .body = body, .ca_file = m->ca_file, .total_ms = 120000};
    bool ok = http_client_send(m->client, &call, &answer, e);
    if (ok) {
        ret->status = answer.status;
        buf_str(&ret->body, buf_view(&answer.body));
    }
    http_answer_release(&answer);
    return ok;
}

bool mirror_push(int source, const char *url, const char *ca_file, struct buf *ret_lines, struct mirror_sent *ret, struct err *e)
{
    if (!http_client_url_check(str_of(url), e))
        return false;
    struct far_mirror m = {.url = url, .ca_file = ca_file, .client = http_client_new(e)};
    if (!m.client)
        return false;
    struct mirror_target target = {.post = far_post, .context = &m};
    bool ok = mirror_send(&os_file_real, source, &target, ret_lines, ret, e);
    http_client_free(m.client);
    return ok;
}

/* ---- pulling ---- */

static bool is_url(const char *from)
{
    return strncmp(from, "http://", 7) == 0 || strncmp(from, "https://", 8) == 0;
}

/* Fetched files lie in DIR/stage, which is emptied before and after. */
static bool pull_url(const struct mirror_pull *o, const struct mirror_target *target, struct buf *lines, struct mirror_sent *ret,
                     struct err *e)
{
    char stage[4096], prefix[URL_BYTES_MAX];
    struct fetch_files files;
    snprintf(stage, sizeof(stage), "%s/stage", o->dir);
    snprintf(prefix, sizeof(prefix), "%s", o->from);
    for (size_t size = strlen(prefix); size && prefix[size - 1] == '/'; size--)
        prefix[size - 1] = 0;
    fetch_stage_remove(stage);
    if (!http_client_url_check(str_of(prefix), e))
        return false;
    if (mkdir(stage, 0700) != 0)
        return err_errno(e, errno, "%.200s", stage);
    int dir = open(stage, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = dir >= 0 || err_errno(e, errno, "%.200s", stage);
    if (ok && (ok = fetch_files_open(&files, dir, prefix, o->ca_file, e))) {
        ok = mirror_send(&files.calls, dir, target, lines, ret, e);
        if (!ok && files.problem[0])
            err_set(e, ERR_UNAVAILABLE, "%s", files.problem);
        fetch_files_close(&files);
    }
    if (dir >= 0)
        close(dir);
    fetch_stage_remove(stage);
    return ok;
}

/* A rotated key joins the list, so that the leaves need not be looked through again. */
bool mirror_learned_keep(struct mirror *m, const struct cosigner *cosigner, struct err *e)
{
    struct buf BUF_AUTO lines;
    size_t added = 0;
    buf_init(&lines, LOG_LIST_BYTES_MAX);
    if (!mirror_learned(m, &lines))
        return true;
    struct arena *a = arena_new("logs", LOGS_ARENA_BYTES);
    bool ok = cosigner_logs_add(cosigner, a, buf_view(&lines), &added, e);
    arena_free(a);
    if (ok && added)
        fprintf(stderr, "assay: mirror: %zu log keys that follow from key leaves are in the list now:\n%.*s", added, STR_ARGS(buf_view(&lines)));
    return ok;
}

static bool pull_once(const struct mirror_pull *o, struct mirror *m, const struct cosigner *cosigner, struct err *e)
{
    struct buf BUF_AUTO lines;
    struct mirror_sent sent;
    struct mirror_target target = mirror_local_target(m);
    bool ok;
    buf_init(&lines, 1 << 16);
    if (is_url(o->from)) {
        ok = pull_url(o, &target, &lines, &sent, e);
    } else {
        int source = mirror_source_open(o->from, e);
        ok = source >= 0 && mirror_send(&os_file_real, source, &target, &lines, &sent, e);
        if (source >= 0)
            close(source);
    }
    ok = ok && mirror_learned_keep(m, cosigner, e);
    if (ok && (sent.entries || o->interval_ms == 0)) {
        printf("%s: %llu leaves, %llu of them new\n", sent.checkpoint.origin, (unsigned long long)sent.checkpoint.size,
               (unsigned long long)sent.entries);
        fflush(stdout);
    }
    return ok;
}

static bool mirror_start(const struct mirror_pull *o, struct cosigner *cosigner, struct mirror **ret, struct err *e)
{
    struct log_list logs;
    struct arena *a = arena_new("logs", LOGS_ARENA_BYTES);
    bool ok = cosigner_open(o->dir, "mirror", o->name, true, &env_system, cosigner, e) &&
              (o->logs.size == 0 || cosigner_logs_add(cosigner, a, o->logs, NULL, e)) && cosigner_logs(cosigner, a, &logs, e);
    struct witness_options w = {.calls = &os_file_real, .env = &env_system, .dir = cosigner->dir};
    if (o->cosigns) {
        w.key = &cosigner->key;
        w.private_key = &cosigner->private_key;
    }
    if (ok && (*ret = mirror_open(&w, e))) {
        mirror_set_logs(*ret, a, logs);
        return true;
    }
    arena_free(a);
    return false;
}

int mirror_pull_run(const struct mirror_pull *o)
{
    struct err e = {0};
    struct cosigner cosigner = {.dir = -1, .lock = -1};
    struct mirror *m = NULL;
    int signals = os_signals_open(&e);
    bool ok = signals >= 0 && mirror_start(o, &cosigner, &m, &e) && asking_jail_enter(o->dir, o->ca_file, is_url(o->from) ? NULL : o->from, &e);
    while (ok) {
        ok = pull_once(o, m, &cosigner, &e);
        if (o->interval_ms == 0)
            break;
        if (!ok)
            fprintf(stderr, "assay: mirror: %s\n", e.text);
        ok = true;
        e = (struct err){0};
        struct pollfd p = {.fd = signals, .events = POLLIN};
        if (poll(&p, 1, (int)o->interval_ms) > 0 && os_signals_next(signals) != 0)
            break;
    }
    mirror_close(m);
    cosigner_close(&cosigner);
    if (signals >= 0)
        close(signals);
    return ok ? 0 : role_fail("mirror", &e);
}
