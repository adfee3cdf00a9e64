/*
 * follow_keys.c - the second half of a rotation. The ledger knows that a collector's or officer's key follows another one (its
 * leaves come in one operation); the new one takes the old one's place as a file, at once or when the keeper starts again.
 */
#include "keeper/process.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum standing { STANDING_UNKNOWN, STANDING_IN_FORCE, STANDING_ENDED };

/* How the key in that file stands; a file that is missing or does not read is UNKNOWN. */
static bool standing_of(struct keeper *k, const char *role, const char *file, enum standing *ret, bool *ret_is_there, struct err *e)
{
    struct note_key key;
    struct ed25519_private private_key;
    struct err unread = {0};
    struct buf BUF_AUTO vkey;
    buf_init(&vkey, 1024);
    *ret = STANDING_UNKNOWN;
    *ret_is_there = keys_load_signing(k->dir.fd, file, &key, &private_key, &unread);
    memory_wipe(&private_key, sizeof(private_key));
    if (!*ret_is_there)
        return unread.code == ERR_NOT_FOUND || (*e = unread, false);
    note_key_format(&key, &vkey);
    DB_EACH (row, k->projection.db, e, "select retired_leaf is null from ledger_key where role=?1 and vkey=?2", A(role),
             A(buf_view(&vkey)))
        *ret = db_int(row, 0) ? STANDING_IN_FORCE : STANDING_ENDED;
    return e->code == ERR_NONE;
}

static bool follow(struct keeper *k, const char *role, struct err *e)
{
    const struct os_file_calls *calls = k->o->calls;
    char waiting[32];
    enum standing next, now = STANDING_UNKNOWN;
    bool is_waiting, is_there;
    snprintf(waiting, sizeof(waiting), "%s.next", role);
    if (!standing_of(k, role, waiting, &next, &is_waiting, e) || next != STANDING_IN_FORCE)
        return e->code == ERR_NONE;
    if (!standing_of(k, role, role, &now, &is_there, e) || (is_there && now != STANDING_ENDED))
        return e->code == ERR_NONE;
    int dir = openat(k->private_fd, "keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    bool ok = dir >= 0 && calls->renameat(calls->context, dir, waiting, role) == 0 && calls->fsync(calls->context, dir) == 0;
    if (!ok)
        err_errno(e, errno, "put the new %s key in its place", role);
    if (dir >= 0)
        close(dir);
    return ok;
}

bool keeper_follow_keys(struct keeper *k, struct err *e)
{
    k->has_key_leaves = false;
    return follow(k, "collector", e) && follow(k, "officer", e);
}
