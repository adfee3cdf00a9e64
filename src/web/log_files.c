#include "web/log_files.h"
#include "os/file.h"

enum { TILE_LEVEL_MAX = 63, INDEX_GROUPS_MAX = 7, FILE_BYTES_MAX = 17 << 20, TILE_WIDTH = 256, HASH_SIZE = 32 };

static const char immutable[] = "public, max-age=31536000, immutable";
static const char an_hour[] = "public, max-age=3600"; /* it may be gone once the full tile is there */

static bool digits_take(struct str *s, size_t count)
{
    if (s->size < count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (s->data[i] < '0' || s->data[i] > '9')
            return false;
    *s = str_slice(*s, count, s->size);
    return true;
}

/* "x001/x234/067": groups of three digits, all but the last with an x, no leading group of zeros. */
static bool index_take(struct str *s)
{
    for (int group = 0; group < INDEX_GROUPS_MAX; group++) {
        bool is_inner = str_starts(*s, "x");
        if (group == 0 && str_starts(*s, "x000"))
            return false;
        if (is_inner)
            *s = str_slice(*s, 1, s->size);
        if (!digits_take(s, 3))
            return false;
        if (!is_inner)
            return true;
        if (!str_starts(*s, "/"))
            return false;
        *s = str_slice(*s, 1, s->size);
    }
    return false;
}

/* Decimal without leading zeros. */
static bool number_is(struct str s, int64_t min, int64_t max)
{
    int64_t n;
    return s.size > 0 && s.size <= 3 && s.data[0] != '-' && (s.data[0] != '0' || s.size == 1) && str_to_int64(s, &n) &&
           n >= min && n <= max;
}

bool log_file_parse(struct str path, struct log_file *ret)
{
    struct log_file file = {.type = "text/plain; charset=utf-8", .cache = "no-cache"};
    struct str rest = path, tile, level;
    if (path.size >= sizeof(file.path))
        return false;
    memcpy(file.path, path.data, path.size);
    if (str_is(path, "checkpoint") || str_is(path, "checkpoint.witnessed")) {
        *ret = file;
        return true;
    }
    if (!str_cut(&rest, '/', &tile) || !str_is(tile, "tile") || !str_cut(&rest, '/', &level) ||
        (!str_is(level, "entries") && !number_is(level, 0, TILE_LEVEL_MAX)) || !index_take(&rest))
        return false;
    bool is_partial = str_starts(rest, ".p/");
    if (is_partial ? !number_is(str_slice(rest, 3, rest.size), 1, TILE_WIDTH - 1) : rest.size != 0)
        return false;
    file.type = "application/octet-stream";
    file.cache = is_partial ? an_hour : immutable;
    *ret = file;
    return true;
}

/* The first `width` hashes or entries of the full tile. */
static bool cut_to(struct buf *bytes, bool is_entries, size_t width)
{
    size_t size = 0;
    for (size_t i = 0; is_entries && i < width; i++) {
        if (size + 2 > bytes->size)
            return false;
        size += 2u + ((size_t)(uint8_t)bytes->data[size] << 8 | (uint8_t)bytes->data[size + 1]);
    }
    if (!is_entries)
        size = width * HASH_SIZE;
    if (size > bytes->size)
        return false;
    bytes->size = size;
    return true;
}

static bool file_read(int log_dir, const struct log_file *file, struct buf *out, struct err *e)
{
    if (os_file_read(&os_file_real, log_dir, file->path, out, e))
        return true;
    char *partial = e->code == ERR_NOT_FOUND || e->code == ERR_INVALID ? strstr(file->path, ".p/") : NULL;
    char full[LOG_FILE_PATH_SIZE];
    int64_t width;
    if (!partial || !str_to_int64(str_of(partial + 3), &width))
        return false;
    snprintf(full, sizeof(full), "%.*s", (int)(partial - file->path), file->path);
    buf_clear(out);
    if (!os_file_read(&os_file_real, log_dir, full, out, e))
        return false;
    return cut_to(out, strncmp(full, "tile/entries/", 13) == 0, (size_t)width) ||
           err_set(e, ERR_CORRUPT, "%s is shorter than %lld entries", full, (long long)width);
}

void log_file_answer(int log_dir, const struct log_file *file, struct http_request *r, struct http_response *ret)
{
    struct buf BUF_AUTO bytes;
    struct err e = {0};
    buf_init(&bytes, FILE_BYTES_MAX);
    if (log_dir >= 0 && file_read(log_dir, file, &bytes, &e)) {
        *ret = (struct http_response){
            .status = 200, .type = file->type, .cache = file->cache, .body = arena_str(r->arena, buf_view(&bytes))};
        return;
    }
    bool is_missing = log_dir < 0 || e.code == ERR_NOT_FOUND || e.code == ERR_INVALID;
    *ret =
        (struct http_response){.status = is_missing ? 404 : 500,
                               .type = "text/plain; charset=utf-8",
                               .body = is_missing ? STR("404: there is no such tile.\n") : STR("500: the tile cannot be read.\n"),
                               .is_constant = true,
                               .problem = arena_str(r->arena, str_of(e.text))};
}
