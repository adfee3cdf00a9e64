/* file.c - where bytes come from: a mapped bundle, or the files of a ledger directory (or of a mirror of one). */
#include "av.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES_BYTES_MAX = AV_TILE * (AV_LEAF_MAX + 2) };

bool av_buffer_fit(struct av_buffer *b, size_t size)
{
    if (size <= b->room)
        return true;
    char *grown = realloc(b->data, size);
    if (grown)
        *b = (struct av_buffer){grown, size};
    return grown != NULL;
}

/* ---- a map from digests ---- */

static struct av_entry *slot_of(const struct av_map *m, const struct av_hash *digest)
{
    size_t i;
    memcpy(&i, digest->bytes, sizeof(i));
    for (i &= m->room - 1; m->slots[i].is_used && !av_hash_equal(&m->slots[i].digest, digest);)
        i = (i + 1) & (m->room - 1);
    return &m->slots[i];
}

struct av_entry *av_map_find(const struct av_map *m, const struct av_hash *digest)
{
    struct av_entry *p = m->room ? slot_of(m, digest) : NULL;
    return p && p->is_used ? p : NULL;
}

void av_map_add(struct av *v, struct av_map *m, struct av_entry place)
{
    place.is_used = true;
    if (2 * m->count >= m->room) {
        struct av_map grown = {.room = m->room ? 2 * m->room : 64, .count = m->count};
        grown.slots = calloc(grown.room, sizeof(*grown.slots));
        if (!grown.slots)
            return av_lack(v, "no memory");
        for (size_t i = 0; i < m->room; i++)
            if (m->slots[i].is_used)
                *slot_of(&grown, &m->slots[i].digest) = m->slots[i];
        free(m->slots);
        *m = grown;
    }
    *slot_of(m, &place.digest) = place;
    m->count++;
}

/* ---- files ---- */

static bool read_whole(int fd, char *ret, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = read(fd, ret + done, size - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

/* A regular file of at most `size_max` bytes, into `b`. -1: it cannot be had. */
static long file_read(int dir, const char *path, int flags, struct av_buffer *b, size_t size_max)
{
    struct stat facts;
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    bool ok = fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && (uint64_t)facts.st_size <= size_max &&
              av_buffer_fit(b, (size_t)facts.st_size) && read_whole(fd, b->data, (size_t)facts.st_size);
    if (fd >= 0)
        close(fd);
    return ok ? (long)facts.st_size : -1;
}

long av_read_file(int dir, const char *path, char *ret, size_t size_max)
{
    return file_read(dir, path, 0, &(struct av_buffer){ret, size_max}, size_max);
}

/* ---- tiles ---- */

unsigned av_tile_width(int level, uint64_t n, uint64_t size)
{
    uint64_t hashes = level == AV_ENTRIES ? size : size >> (8 * level);
    if (n < hashes >> 8)
        return AV_TILE;
    return n == hashes >> 8 ? (unsigned)(hashes & 255) : 0;
}

void av_tile_path(int level, uint64_t n, unsigned width, char ret[64])
{
    size_t size = (size_t)snprintf(ret, 64, level == AV_ENTRIES ? "tile/entries/" : "tile/%d/", level & 63);
    uint64_t unit = 1;
    while (n / unit >= 1000 && unit < 1000000000000)
        unit *= 1000;
    for (; unit > 1; unit /= 1000)
        size += (size_t)snprintf(ret + size, 64 - size, "x%03u/", (unsigned)(n / unit % 1000));
    size += (size_t)snprintf(ret + size, 64 - size, "%03u", (unsigned)(n % 1000));
    if (width < AV_TILE)
        snprintf(ret + size, 64 - size, ".p/%u", width & 255);
}

const char *av_load(const struct av *v, int level, uint64_t n, unsigned width, struct av_buffer *b, struct av_text *ret, bool *ret_is_longer)
{
    char path[64];
    size_t size_max = level == AV_ENTRIES ? ENTRIES_BYTES_MAX : 32 * AV_TILE;
    *ret_is_longer = false;
    if (v->mode != AV_DIRECTORY) {
        *ret = av_bundle_tile(v, level, n);
        return ret->data ? NULL : "it is missing";
    }
    av_tile_path(level, n, width, path);
    long size = file_read(v->fd, path, O_NOFOLLOW, b, size_max);
    if (size < 0 && width < AV_TILE && errno == ENOENT) { /* collected since the full one exists: its beginning is the same */
        av_tile_path(level, n, AV_TILE, path);
        size = file_read(v->fd, path, O_NOFOLLOW, b, size_max);
        *ret_is_longer = true;
    }
    *ret = (struct av_text){b->data, size < 0 ? 0 : (size_t)size};
    if (size < 0)
        return "it is missing or cannot be read";
    return level == AV_ENTRIES || (size_t)size == 32 * (*ret_is_longer ? AV_TILE : width) ? NULL : "its size is not that of a tile";
}

bool av_entry_next(struct av_text *rest, struct av_text *ret)
{
    const uint8_t *p = (const uint8_t *)rest->data;
    size_t size = rest->size < 2 ? SIZE_MAX : (size_t)p[0] << 8 | p[1];
    if (rest->size < 2 || size > rest->size - 2)
        return false;
    *ret = (struct av_text){rest->data + 2, size};
    *rest = av_behind(*rest, 2 + size);
    return true;
}

/* ---- the directory ---- */

bool av_directory_open(struct av *v)
{
    struct stat facts;
    v->mode = AV_DIRECTORY;
    if (fstatat(v->fd, "checkpoint", &facts, 0) == 0)
        return true;
    DIR *list = NULL; /* a data directory: the ledger is in ledger/<hash>/ */
    int ledger = openat(v->fd, "ledger", O_RDONLY | O_DIRECTORY | O_CLOEXEC), found = -1;
    if (ledger >= 0 && (list = fdopendir(ledger)) != NULL)
        for (struct dirent *e; found < 0 && (e = readdir(list)) != NULL;)
            if (strlen(e->d_name) == 64)
                found = openat(ledger, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool has_head = found >= 0 && fstatat(found, "checkpoint", &facts, 0) == 0;
    if (list)
        closedir(list);
    if (found >= 0) {
        close(v->fd);
        v->fd = found;
    }
    if (!has_head) {
        av_find(v, "E10", "%s: neither a bundle nor a directory with a checkpoint", v->o.path);
        v->is_wrong_use = true;
    }
    return has_head;
}

/* A path below the directory as level, index and width; one spelling only. */
static bool path_parse(const char *path, int *ret_level, uint64_t *ret_n, unsigned *ret_width)
{
    char again[64], *end;
    bool is_entries = strncmp(path, "tile/entries/", 13) == 0;
    const char *p = path + (is_entries ? 13 : 5);
    if (!is_entries && strncmp(path, "tile/", 5) != 0)
        return false;
    *ret_level = is_entries ? AV_ENTRIES : (int)strtoul(p, &end, 10);
    p = is_entries ? p : *end == '/' ? end + 1 : end;
    *ret_n = 0;
    *ret_width = AV_TILE;
    for (; *p == 'x' || (*p >= '0' && *p <= '9'); p = *end == '/' ? end + 1 : end) {
        p += *p == 'x';
        *ret_n = *ret_n * 1000 + strtoul(p, &end, 10) % 1000;
    }
    if (strncmp(p, ".p/", 3) == 0)
        *ret_width = (unsigned)strtoul(p + 3, NULL, 10);
    if (*ret_level < 0 || *ret_level > AV_ENTRIES || (*ret_level == AV_ENTRIES && !is_entries) || *ret_width == 0 || *ret_width > AV_TILE)
        return false;
    av_tile_path(*ret_level, *ret_n, *ret_width, again);
    return strcmp(again, path) == 0; /* whatever was misread above is another path */
}

/* A partial tile that was kept beside a wider one must be its beginning. */
static bool partial_holds(struct av *v, const char *path, int level, uint64_t n, unsigned width)
{
    const struct av_tile *tile = av_tile_get(v, level == AV_ENTRIES ? 0 : level, n, true);
    if (!tile)
        return true; /* damage that was told already */
    v->leaf_bundle = (struct av_text){NULL, 0}; /* av_leaf_read's buffer is borrowed: what it kept is gone */
    long size = file_read(v->fd, path, O_NOFOLLOW, &v->leaf_buffer, ENTRIES_BYTES_MAX);
    struct av_text rest = {v->leaf_buffer.data, size < 0 ? 0 : (size_t)size}, leaf;
    if (level != AV_ENTRIES)
        return rest.size == (size_t)width * 32 && memcmp(rest.data, tile->nodes, rest.size) == 0;
    for (unsigned k = 0; k < width; k++) {
        struct av_hash hash;
        if (!av_entry_next(&rest, &leaf) || (hash = av_leaf_hash(leaf.data, leaf.size), !av_hash_equal(&hash, &tile->nodes[k])))
            return false;
    }
    return rest.size == 0;
}

/* E32: what does not belong into a ledger of this size. Wider tiles can only come from a writer that goes on meanwhile. */
static void file_check(struct av *v, const char *path, uint64_t *newer)
{
    int level = 0;
    uint64_t n = 0;
    unsigned width = 0;
    if (strcmp(path, "checkpoint") == 0 || strcmp(path, "checkpoint.witnessed") == 0)
        return;
    if (strstr(path, ".tmp"))
        av_note(v, "files that a writer left behind (.tmp)");
    else if (!path_parse(path, &level, &n, &width))
        av_find(v, "E32", "%.200s does not belong into a ledger", path);
    else if (width > av_tile_width(level, n, v->size))
        ++*newer;
    else if (width < av_tile_width(level, n, v->size) && !partial_holds(v, path, level, n, width))
        av_find(v, level == AV_ENTRIES ? "E33" : "E30", "%.200s is not the beginning of the tile that took its place", path);
}

static void directory_walk(struct av *v, int parent, const char *name, const char *path, int depth, uint64_t *newer)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        if (fd >= 0)
            close(fd);
        av_find(v, "E32", "%.200s: %s", path, strerror(errno));
        return;
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char below[512];
        struct stat facts;
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        int size = snprintf(below, sizeof(below), "%s%s%s", path, *path ? "/" : "", e->d_name);
        if (size < 0 || (size_t)size >= sizeof(below) || depth > 8)
            av_find(v, "E32", "%.200s...: does not belong into a ledger", below);
        else if (fstatat(dirfd(d), e->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
            continue; /* gone meanwhile */
        else if (S_ISDIR(facts.st_mode))
            directory_walk(v, dirfd(d), e->d_name, below, depth + 1, newer);
        else if (S_ISREG(facts.st_mode))
            file_check(v, below, newer);
        else
            av_find(v, "E32", "%.200s is neither a file nor a directory", below);
    }
    closedir(d);
}

void av_directory_files(struct av *v)
{
    uint64_t newer = 0;
    directory_walk(v, v->fd, ".", "", 0, &newer);
    if (newer > 0)
        av_note(v, "%llu tiles beyond the checkpoint: a writer at work, or unsigned leaves", (av_llu)newer);
}
