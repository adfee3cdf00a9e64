#include "ledger/bundle_spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { BLOCK = 512 };

bool spool_file_open(struct spool_file *f, int tmp_dir, struct err *e)
{
    *f = (struct spool_file){.fd = openat(tmp_dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)};
    if (f->fd < 0) { /* a file system without unnamed files */
        char name[64];
        snprintf(name, sizeof(name), ".bundle.%d.%p.tmp", (int)getpid(), (void *)f);
        f->fd = openat(tmp_dir, name, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
        if (f->fd >= 0)
            unlinkat(tmp_dir, name, 0);
    }
    if (f->fd < 0)
        return err_errno(e, errno, "a temporary file beside the bundle");
    f->buffer = malloc(SPOOL_BUFFER);
    return f->buffer || err_set(e, ERR_LIMIT, "a bundle: no memory");
}

void spool_file_close(struct spool_file *f)
{
    if (f->buffer && f->fd >= 0)
        close(f->fd);
    free(f->buffer);
    *f = (struct spool_file){.fd = -1};
}

static bool write_all(int fd, const void *data, size_t size, struct err *e)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, (const char *)data + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_errno(e, errno, "write the bundle");
        done += (size_t)n;
    }
    return true;
}

bool spool_file_flush(struct spool_file *f, struct err *e)
{
    size_t used = f->used;
    f->used = 0;
    return write_all(f->fd, f->buffer, used, e);
}

bool spool_file_add(struct spool_file *f, struct str bytes, struct err *e)
{
    f->size += bytes.size;
    if (f->used + bytes.size > SPOOL_BUFFER && !spool_file_flush(f, e))
        return false;
    if (bytes.size > SPOOL_BUFFER)
        return write_all(f->fd, bytes.data, bytes.size, e);
    memcpy(f->buffer + f->used, bytes.data, bytes.size);
    f->used += bytes.size;
    return true;
}

bool spool_open(struct spool *s, int tmp_dir, struct err *e)
{
    *s = (struct spool){.data.fd = -1, .lines.fd = -1};
    return spool_file_open(&s->data, tmp_dir, e) && spool_file_open(&s->lines, tmp_dir, e);
}

void spool_close(struct spool *s)
{
    spool_file_close(&s->data);
    spool_file_close(&s->lines);
}

static void octal(char *field, size_t size, uint64_t value)
{
    field[size - 1] = 0;
    for (size_t i = size - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

bool ustar_header(const char *name, uint64_t size, char ret[BLOCK])
{
    size_t name_size = strlen(name);
    unsigned sum = 0;
    memset(ret, 0, BLOCK);
    size_t cut = 0; /* a long name is split at a slash: what stands before it is the prefix */
    for (size_t i = 0; name_size > 99 && i < name_size && i <= 154; i++)
        if (name[i] == '/')
            cut = i;
    size_t rest = cut ? cut + 1 : 0;
    if (name_size - rest > 99 || size > UINT64_C(077777777777))
        return false;
    memcpy(ret, name + rest, name_size - rest);
    memcpy(ret + 345, name, cut);
    octal(ret + 100, 8, 0644);
    octal(ret + 108, 8, 0);
    octal(ret + 116, 8, 0);
    octal(ret + 124, 12, size);
    octal(ret + 136, 12, 0);
    memset(ret + 148, ' ', 8);
    ret[156] = '0';
    memcpy(ret + 257, "ustar\0" "00", 8);
    octal(ret + 329, 8, 0);
    octal(ret + 337, 8, 0);
    for (int i = 0; i < BLOCK; i++)
        sum += (uint8_t)ret[i];
    octal(ret + 148, 7, sum);
    return true;
}

bool spool_file_pad(struct spool_file *f, struct err *e)
{
    static const char zero[BLOCK];
    return spool_file_add(f, str_make(zero, (BLOCK - f->size % BLOCK) % BLOCK), e);
}

static bool member_head(struct spool *s, const char *name, uint64_t size, struct sha256 hash, struct err *e)
{
    char header[BLOCK], hex[65], line[256];
    if (!ustar_header(name, size, header))
        return err_set(e, ERR_TOO_LARGE, "bundle: %.100s: a name over 99 bytes, or over 8 GiB", name);
    hex_encode(hash.bytes, 32, hex);
    int line_size = snprintf(line, sizeof(line), "{\"h\":\"%s\",\"n\":\"%s\",\"z\":%llu}\n", hex, name, (unsigned long long)size);
    s->members++;
    return spool_file_add(&s->lines, str_make(line, (size_t)line_size), e) &&
           spool_file_add(&s->data, str_make(header, BLOCK), e);
}

bool spool_member_hashed(struct spool *s, const char *name, struct str bytes, struct sha256 hash, struct err *e)
{
    return member_head(s, name, bytes.size, hash, e) && spool_file_add(&s->data, bytes, e) && spool_file_pad(&s->data, e);
}

bool spool_member(struct spool *s, const char *name, struct str bytes, struct err *e)
{
    return spool_member_hashed(s, name, bytes, sha256_of(bytes), e);
}

/* Calls each for all of the file in pieces. */
static bool file_pieces(struct spool_file *f, bool (*each)(void *context, struct str piece, struct err *e), void *context,
                        struct err *e)
{
    if (!spool_file_flush(f, e))
        return false;
    uint8_t *piece = malloc(SPOOL_BUFFER);
    bool ok = piece || err_set(e, ERR_LIMIT, "a bundle: no memory");
    for (uint64_t at = 0; ok && at < f->size;) {
        ssize_t n = pread(f->fd, piece, SPOOL_BUFFER, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        ok = n > 0 ? each(context, str_make(piece, (size_t)n), e) : err_errno(e, n < 0 ? errno : EIO, "read a temporary file back");
        at += ok ? (uint64_t)n : 0;
    }
    free(piece);
    return ok;
}

static bool hash_piece(void *context, struct str piece, struct err *e)
{
    (void)e;
    sha256_stream_add(context, piece.data, piece.size);
    return true;
}

bool spool_file_hash(struct spool_file *f, struct sha256 *ret, struct err *e)
{
    struct sha256_stream *stream = sha256_stream_new();
    bool ok = file_pieces(f, hash_piece, stream, e);
    *ret = sha256_stream_end(stream);
    return ok;
}

static bool add_piece(void *context, struct str piece, struct err *e)
{
    return spool_file_add(context, piece, e);
}

bool spool_file_copy(struct spool_file *from, struct spool_file *to, struct err *e)
{
    if (!spool_file_flush(from, e) || !spool_file_flush(to, e))
        return false;
    off_t at = 0;
    while ((uint64_t)at < from->size) { /* inside the kernel, where it can */
        ssize_t n = copy_file_range(from->fd, &at, to->fd, NULL, (size_t)(from->size - (uint64_t)at), 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        to->size += (uint64_t)n;
    }
    if (at == 0)
        return file_pieces(from, add_piece, to, e);
    return (uint64_t)at == from->size || err_errno(e, errno ? errno : EIO, "write the bundle");
}

bool spool_member_file(struct spool *s, const char *name, struct spool_file *f, struct err *e)
{
    struct sha256 hash;
    return spool_file_hash(f, &hash, e) && member_head(s, name, f->size, hash, e) && spool_file_copy(f, &s->data, e) &&
           spool_file_pad(&s->data, e);
}
