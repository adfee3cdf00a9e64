/*
 * reserve.c - I8: a file of zeros that is given back when the disk is full, so that what was acknowledged can still be integrated,
 * sealed and signed, and a gap leaf written. While it cannot be made again, no further leaf is taken: the ledger stops at a seal.
 */
#include "ledger/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static const char NAME[] = "reserve";

bool reserve_take(struct ledger *l, struct err *e)
{
    const struct os_file_calls *c = l->options.calls;
    if (l->has_reserve)
        return true;
    int fd = c->openat(c->context, l->private_dir, NAME, O_WRONLY | O_CREAT | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(e, errno, "open private/%s", NAME);
    int number = c->fallocate(c->context, fd, LEDGER_RESERVE_BYTES) == 0 ? 0 : errno;
    if (number == EOPNOTSUPP || number == ENOSYS) /* such a file system cannot promise space; then nothing is kept back */
        number = 0;
    c->close(c->context, fd);
    l->has_reserve = number == 0;
    if (number == 0)
        return true;
    return number == ENOSPC || number == EDQUOT
               ? err_set(e, ERR_UNAVAILABLE,
                         "the disk is full: %d MiB have to be free for what was recorded already; nothing more is taken",
                         LEDGER_RESERVE_BYTES >> 20)
               : err_errno(e, number, "reserve space in private/%s", NAME);
}

void reserve_give(struct ledger *l)
{
    const struct os_file_calls *c = l->options.calls;
    int fd = c->openat(c->context, l->private_dir, NAME, O_WRONLY | O_NOFOLLOW, 0600);
    l->has_reserve = false;
    if (fd < 0)
        return;
    if (c->ftruncate(c->context, fd, 0) != 0)
        c->unlinkat(c->context, l->private_dir, NAME, 0);
    c->close(c->context, fd);
}
