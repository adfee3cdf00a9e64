#include "collect/host/unpack.h"
#include "os/library.h"
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>

enum { UNPACK_OUT_BYTES = 256 << 10, UNPACK_XZ_MEMORY_MAX = 256 << 20, GZIP_WINDOW_BITS = 15 + 16 };

#define LZ4_FUNCTIONS(F)                                                                                                         \
    F(LZ4F_, createDecompressionContext) F(LZ4F_, freeDecompressionContext) F(LZ4F_, decompress) F(LZ4F_, isError) F(LZ4F_, getErrorName)
#define GZIP_FUNCTIONS(F) F(, inflateInit2_) F(, inflateReset) F(, inflate) F(, inflateEnd)
#define XZ_FUNCTIONS(F) F(lzma_, stream_decoder) F(lzma_, code) F(lzma_, end)
static struct {
    LZ4_FUNCTIONS(LIBRARY_POINTER)
} lz4;
static struct {
    GZIP_FUNCTIONS(LIBRARY_POINTER)
} gzip;
static struct {
    XZ_FUNCTIONS(LIBRARY_POINTER)
} xz;
static const char *const lz4_names[] = {LZ4_FUNCTIONS(LIBRARY_NAME)};
static const char *const gzip_names[] = {GZIP_FUNCTIONS(LIBRARY_NAME)};
static const char *const xz_names[] = {XZ_FUNCTIONS(LIBRARY_NAME)};

/* Most commands unpack nothing, and most hosts use one of the three. */
static struct library unpack_libraries[] = {
    [UNPACK_LZ4] = LIBRARY("liblz4.so.1", "liblz4-1", lz4_names, lz4),
    [UNPACK_GZIP] = LIBRARY("libz.so.1", "zlib1g", gzip_names, gzip),
    [UNPACK_XZ] = LIBRARY("liblzma.so.5", "liblzma5", xz_names, xz),
};

struct unpack {
    enum unpack_kind kind;
    size_t size_max;
    size_t size; /* given out so far */
    bool (*sink)(void *context, struct str piece);
    void *context;
    struct err missing; /* the library: told by unpack_feed */
    bool is_at_end; /* of one whole stream */
    LZ4F_dctx *lz4;
    z_stream gzip;
    lzma_stream xz;
    char out[UNPACK_OUT_BYTES];
};

enum unpack_kind unpack_kind_of(struct str name, struct str *ret_stem)
{
    static const struct {
        const char *end;
        enum unpack_kind kind;
    } ends[] = {{".lz4", UNPACK_LZ4}, {".gz", UNPACK_GZIP}, {".xz", UNPACK_XZ}};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (str_ends(name, ends[i].end)) {
            *ret_stem = str_slice(name, 0, name.size - strlen(ends[i].end));
            return ends[i].kind;
        }
    }
    *ret_stem = name;
    return UNPACK_PLAIN;
}

struct unpack *unpack_new(enum unpack_kind kind, size_t size_max, bool (*sink)(void *context, struct str piece), void *context)
{
    struct unpack *u = malloc(sizeof(*u));
    if (!u)
        abort();
    u->kind = kind;
    u->size_max = size_max;
    u->size = 0;
    u->sink = sink;
    u->context = context;
    u->is_at_end = kind == UNPACK_PLAIN;
    u->lz4 = NULL;
    u->gzip = (z_stream){0};
    u->xz = (lzma_stream)LZMA_STREAM_INIT;
    u->missing = (struct err){0};
    if (kind != UNPACK_PLAIN && !library_open(&unpack_libraries[kind], &u->missing))
        return u;
    bool ok = true;
    if (kind == UNPACK_LZ4)
        ok = !lz4.isError(lz4.createDecompressionContext(&u->lz4, LZ4F_VERSION));
    else if (kind == UNPACK_GZIP)
        ok = gzip.inflateInit2_(&u->gzip, GZIP_WINDOW_BITS, ZLIB_VERSION, (int)sizeof(u->gzip)) == Z_OK;
    else if (kind == UNPACK_XZ)
        ok = xz.stream_decoder(&u->xz, UNPACK_XZ_MEMORY_MAX, LZMA_CONCATENATED) == LZMA_OK;
    if (!ok)
        abort();
    return u;
}

struct unpack *unpack_free(struct unpack *u)
{
    if (!u)
        return NULL;
    if (u->missing.code) {
        free(u);
        return NULL;
    }
    if (u->kind == UNPACK_LZ4)
        lz4.freeDecompressionContext(u->lz4);
    else if (u->kind == UNPACK_GZIP)
        gzip.inflateEnd(&u->gzip);
    else if (u->kind == UNPACK_XZ)
        xz.end(&u->xz);
    free(u);
    return NULL;
}

static bool give(struct unpack *u, struct str piece, struct err *e)
{
    if (piece.size > u->size_max - u->size)
        return err_set(e, ERR_TOO_LARGE, "unpacked to more than %zu bytes", u->size_max);
    u->size += piece.size;
    if (piece.size && !u->sink(u->context, piece))
        return err_set(e, ERR_CANCELLED, "stopped");
    return true;
}

static bool feed_lz4(struct unpack *u, struct str in, struct err *e)
{
    for (;;) {
        size_t taken = in.size, given = sizeof(u->out);
        size_t left = lz4.decompress(u->lz4, u->out, &given, in.data, &taken, NULL);
        if (lz4.isError(left))
            return err_set(e, ERR_CORRUPT, "LZ4: %s", lz4.getErrorName(left));
        u->is_at_end = left == 0;
        in = str_slice(in, taken, in.size);
        if (!give(u, str_make(u->out, given), e))
            return false;
        if (in.size == 0 && given < sizeof(u->out))
            return true;
        if (taken == 0 && given == 0)
            return in.size == 0 || err_set(e, ERR_CORRUPT, "LZ4: bytes behind the end");
    }
}

static bool feed_gzip(struct unpack *u, struct str in, struct err *e)
{
    u->gzip.next_in = (z_const Bytef *)(uintptr_t)in.data;
    u->gzip.avail_in = (uInt)in.size;
    do {
        if (u->is_at_end && u->gzip.avail_in && gzip.inflateReset(&u->gzip) != Z_OK) /* members may follow one another */
            return err_set(e, ERR_INTERNAL, "gzip: cannot begin again");
        u->gzip.next_out = (Bytef *)u->out;
        u->gzip.avail_out = sizeof(u->out);
        int state = gzip.inflate(&u->gzip, Z_NO_FLUSH);
        if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
            return err_set(e, ERR_CORRUPT, "gzip: %s", u->gzip.msg ? u->gzip.msg : "not of this format");
        u->is_at_end = state == Z_STREAM_END;
        if (!give(u, str_make(u->out, sizeof(u->out) - u->gzip.avail_out), e))
            return false;
    } while (u->gzip.avail_in || u->gzip.avail_out == 0);
    return true;
}

static bool feed_xz(struct unpack *u, struct str in, lzma_action action, struct err *e)
{
    u->xz.next_in = (const uint8_t *)in.data;
    u->xz.avail_in = in.size;
    do {
        u->xz.next_out = (uint8_t *)u->out;
        u->xz.avail_out = sizeof(u->out);
        lzma_ret state = xz.code(&u->xz, action);
        if (state != LZMA_OK && state != LZMA_STREAM_END && state != LZMA_BUF_ERROR)
            return err_set(e, ERR_CORRUPT, "xz: error %d", (int)state);
        u->is_at_end = state == LZMA_STREAM_END;
        if (!give(u, str_make(u->out, sizeof(u->out) - u->xz.avail_out), e))
            return false;
    } while (!u->is_at_end && (u->xz.avail_in || u->xz.avail_out == 0));
    return true;
}

static bool is_there(const struct unpack *u, struct err *e)
{
    if (u->missing.code)
        *e = u->missing;
    return u->missing.code == ERR_NONE;
}

bool unpack_feed(struct unpack *u, struct str piece, struct err *e)
{
    if (!is_there(u, e))
        return false;
    switch (u->kind) {
    case UNPACK_LZ4:
        return feed_lz4(u, piece, e);
    case UNPACK_GZIP:
        return feed_gzip(u, piece, e);
    case UNPACK_XZ:
        return feed_xz(u, piece, LZMA_RUN, e);
    case UNPACK_PLAIN:
        break;
    }
    return give(u, piece, e);
}

bool unpack_end(struct unpack *u, struct err *e)
{
    if (!is_there(u, e) || (u->kind == UNPACK_XZ && !u->is_at_end && !feed_xz(u, str_make("", 0), LZMA_FINISH, e)))
        return false;
    return u->is_at_end || err_set(e, ERR_CORRUPT, "the compressed bytes end too early");
}
