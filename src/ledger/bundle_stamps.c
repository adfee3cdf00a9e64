#include "ledger/bundle_stamps.h"
#include "crypto/tst.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 512, NAME_SIZE = 101 };

/* Where the archive goes on; the members of interest have names of at most 100 bytes. */
struct archive {
    int fd;
    uint64_t next, end;
    char name[NAME_SIZE];
    uint64_t at, size; /* of the member's bytes */
};

static bool archive_next(struct archive *t)
{
    char header[BLOCK];
    if (t->end - t->next < BLOCK || pread(t->fd, header, BLOCK, (off_t)t->next) != BLOCK || header[0] == 0)
        return false;
    uint64_t size = 0;
    for (size_t i = 124; i < 136 && header[i] >= '0' && header[i] <= '7'; i++)
        size = size << 3 | (uint64_t)(header[i] - '0');
    snprintf(t->name, sizeof(t->name), "%.100s", header);
    if (header[345] != 0) /* with a prefix: nothing of ours */
        t->name[0] = 0;
    t->at = t->next + BLOCK;
    t->size = size;
    if (size > t->end - t->at)
        return false;
    uint64_t padded = (size + BLOCK - 1) / BLOCK * BLOCK;
    t->next = padded > t->end - t->at ? t->end : t->at + padded;
    return true;
}

static bool member_read(const struct archive *t, struct buf *out)
{
    char piece[4096];
    for (uint64_t done = 0; done < t->size && !out->full;) {
        size_t want = t->size - done < sizeof(piece) ? (size_t)(t->size - done) : sizeof(piece);
        ssize_t n = pread(t->fd, piece, want, (off_t)(t->at + done));
        if (n <= 0)
            return false;
        buf_append(out, piece, (size_t)n);
        done += (uint64_t)n;
    }
    return !out->full;
}

/* "tsa/17.tsr" */
static bool is_stamp(const char *name, uint64_t *ret_leaf)
{
    struct str rest = str_of(name), digits;
    int64_t leaf;
    if (!str_starts(rest, "tsa/"))
        return false;
    rest = str_slice(rest, 4, rest.size);
    if (!str_cut(&rest, '.', &digits) || !str_is(rest, "tsr") || !str_to_int64(digits, &leaf) || leaf < 0)
        return false;
    *ret_leaf = (uint64_t)leaf;
    return true;
}

static void stamp_check(const struct archive *t, uint64_t leaf, struct str ca, struct bundle_stamps *s)
{
    struct buf BUF_AUTO bytes;
    struct tst_info info;
    struct err e = {0};
    buf_init(&bytes, TST_BYTES_MAX);
    s->count++;
    bool ok = member_read(t, &bytes) || err_set(&e, ERR_CORRUPT, "it cannot be read");
    if (ok && ca.size == 0)
        ok = err_set(&e, ERR_NOT_FOUND, "no authority came with the bundle");
    if (ok && tst_verify(buf_view(&bytes), ca, &info, &e)) {
        s->held++;
        s->newest_ms = info.time_ms > s->newest_ms ? info.time_ms : s->newest_ms;
    } else if (!s->why[0]) {
        s->first_strange = leaf;
        snprintf(s->why, sizeof(s->why), "%.*s", (int)sizeof(s->why) - 1, e.text);
    }
}

bool bundle_stamps_check(const char *path, struct str ca_pem, struct bundle_stamps *ret, struct err *e)
{
    struct bundle_stamps s = {0};
    struct stat facts;
    struct buf BUF_AUTO own;
    char subject[256];
    uint64_t leaf;
    buf_init(&own, TST_CA_BYTES_MAX);
    if (ca_pem.size && !tst_ca_check(ca_pem, subject, e))
        return false;
    struct archive t = {.fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (t.fd < 0)
        return err_errno(e, errno, "%s", path);
    bool ok = fstat(t.fd, &facts) == 0 && S_ISREG(facts.st_mode);
    t.end = ok ? (uint64_t)facts.st_size : 0;
    while (!ca_pem.size && archive_next(&t)) /* its own authorities come behind the stamps */
        if (strcmp(t.name, "tsa/ca.pem") == 0 && member_read(&t, &own))
            ca_pem = buf_view(&own);
    t.next = 0;
    while (archive_next(&t))
        if (is_stamp(t.name, &leaf))
            stamp_check(&t, leaf, ca_pem, &s);
    close(t.fd);
    if (!ok)
        return err_set(e, ERR_INVALID, "%s: not a regular file", path);
    *ret = s;
    return true;
}
