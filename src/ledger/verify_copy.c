/* verify_copy.c - the public part alone, as a mirror holds it: which ledger is it? A directory with private/ is an original, and
 * must say so in config.json. */
#include "ledger/verify_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The only ledger/<hash> with a checkpoint, or the directory itself if it holds one. */
static int copy_open(int data_dir, size_t *ret_count)
{
    *ret_count = 0;
    if (faccessat(data_dir, "checkpoint", R_OK, 0) == 0) {
        *ret_count = 1;
        return openat(data_dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    int folder = openat(data_dir, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;
    DIR *entries = folder >= 0 ? fdopendir(folder) : NULL;
    if (!entries) {
        if (folder >= 0)
            close(folder);
        return -1;
    }
    for (const struct dirent *d; (d = readdir(entries));) {
        char path[300];
        snprintf(path, sizeof(path), "%s/checkpoint", d->d_name);
        if (d->d_name[0] == '.' || faccessat(folder, path, R_OK, 0) != 0)
            continue;
        if ((*ret_count)++ == 0)
            found = openat(folder, d->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    closedir(entries);
    return found;
}

bool verify_copy_find(struct verify *v, struct err *e)
{
    size_t count;
    struct buf BUF_AUTO note;
    struct checkpoint head;
    struct str text, lines;
    buf_init(&note, 1 << 20);
    if (faccessat(v->data_dir, "private", F_OK, 0) == 0)
        return err_set(e, ERR_INVALID, "no data directory: config.json is missing");
    int dir = copy_open(v->data_dir, &count);
    bool ok = dir >= 0 && count == 1;
    if (!ok)
        err_set(e, ERR_INVALID,
                count ? "there are %zu ledgers here: name one, as ledger/<hash>"
                      : "no data directory: config.json is missing, and there is no checkpoint",
                count);
    ok = ok && os_file_read(&os_file_real, dir, "checkpoint", &note, e) &&
         checkpoint_parse(buf_view(&note), &head, &text, &lines, e);
    if (ok) {
        memcpy(v->origin, head.origin, sizeof(v->origin));
        v->ledger_dir = dir;
        verify_note(v, "this is the public part alone, as a mirror holds it: journal, guard and keys are not here");
    } else if (dir >= 0) {
        close(dir);
    }
    return ok;
}
