#include "role/fetch_files.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

enum { ANSWER_BYTES_MAX = 17 << 20, TOTAL_MS = 60000, PATH_BYTES_MAX = 200 };

/* Not synced: it only has to last until it is read. */
static bool file_write(struct fetch_files *f, const char *path, struct str bytes, struct err *e)
{
    char parent[PATH_BYTES_MAX];
    snprintf(parent, sizeof(parent), "%s", path);
    char *slash = strrchr(parent, '/');
    if (slash) {
        *slash = 0;
        if (!os_dir_make(&os_file_real, f->dir, parent, 0700, e))
            return false;
    }
    int fd = openat(f->dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(e, errno, "%s", path);
    bool ok = true;
    for (size_t done = 0; ok && done < bytes.size;) {
        ssize_t n = write(fd, bytes.data + done, bytes.size - done);
        ok = n > 0 || err_errno(e, errno, "write %s", path);
        done += ok ? (size_t)n : 0;
    }
    close(fd);
    if (!ok)
        unlinkat(f->dir, path, 0);
    return ok;
}

/* 0: there now. Otherwise an errno. */
static int fetch(struct fetch_files *f, const char *path)
{
    char url[HTTP_CLIENT_URL_MAX];
    struct err e = {0};
    struct http_answer answer = {.status = 0};
    if ((size_t)snprintf(url, sizeof(url), "%s/%s", f->prefix, path) >= sizeof(url))
        return ENAMETOOLONG;
    struct http_call call = {.url = url, .ca_file = f->ca_file, .answer_bytes_max = ANSWER_BYTES_MAX, .total_ms = TOTAL_MS};
    int number = 0;
    if (!http_client_send(f->client, &call, &answer, &e))
        number = EIO;
    else if (answer.status == 404)
        number = ENOENT;
    else if (answer.status == 401 || answer.status == 403)
        number = err_set(&e, ERR_DENIED, "%s: it is shown only to who is signed in there (%d); who serves it without --private-log shows it to us",
                         url, answer.status)
                     ? 0
                     : EIO;
    else if (answer.status != 200)
        number = err_set(&e, ERR_UNAVAILABLE, "%s: the server answers %d", url, answer.status) ? 0 : EIO;
    else if (!file_write(f, path, buf_view(&answer.body), &e))
        number = EIO;
    else
        f->fetched++;
    if (number == EIO)
        snprintf(f->problem, sizeof(f->problem), "%.*s", (int)sizeof(f->problem) - 1, e.text);
    http_answer_release(&answer);
    return number;
}

static int fetching_openat(void *context, int dir, const char *path, int flags, mode_t mode)
{
    struct fetch_files *f = context;
    int fd = openat(dir, path, flags | O_CLOEXEC, mode);
    if (fd >= 0 || dir != f->dir || errno != ENOENT || (flags & (O_ACCMODE | O_CREAT)) != O_RDONLY ||
        strlen(path) >= PATH_BYTES_MAX)
        return fd;
    int number = fetch(f, path);
    if (number == 0)
        return openat(dir, path, flags | O_CLOEXEC, mode);
    errno = number;
    return -1;
}

bool fetch_files_open(struct fetch_files *f, int dir, const char *prefix, const char *ca_file, struct err *e)
{
    *f = (struct fetch_files){.calls = os_file_real, .dir = dir, .prefix = prefix, .ca_file = ca_file};
    f->calls.openat = fetching_openat;
    f->calls.context = f;
    f->client = http_client_new(e);
    return f->client != NULL;
}

static int remove_one(const char *path, const struct stat *facts, int type, struct FTW *ftw)
{
    (void)facts, (void)type, (void)ftw;
    return remove(path);
}

void fetch_stage_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void fetch_files_close(struct fetch_files *f)
{
    f->client = http_client_free(f->client);
}
