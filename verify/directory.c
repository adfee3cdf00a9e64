/* directory.c - a ledger directory, or a mirror of one: `checkpoint`, `tile/`. And reading of files, for both kinds. */
#include "av.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool av_read_at(int fd, uint64_t offset, void *ret, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pread(fd, (char *)ret + done, size - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

long av_read_file(const char *path, char *ret, size_t size_max)
{
    struct stat facts;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool ok = fd >= 0 && fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size >= 0 &&
              (uint64_t)facts.st_size <= size_max && av_read_at(fd, 0, ret, (size_t)facts.st_size);
    if (fd >= 0)
        close(fd);
    return ok ? (long)facts.st_size : -1;
}

/* ---- the window ---- */

void av_reader_start(struct av_reader *r, int fd, uint64_t offset, uint64_t size)
{
    r->fd = fd;
    r->next = offset;
    r->end = offset + size;
    r->from = r->to = 0;
    r->has_failed = false;
}

/* Makes `size` bytes stand in one piece, if there are that many. */
static bool reader_fill(struct av_reader *r, size_t size)
{
    if (r->to - r->from >= size)
        return true;
    uint64_t left = r->end - r->next;
    if (size > AV_WINDOW || r->has_failed || left + (r->to - r->from) < size)
        return false;
    memmove(r->bytes, r->bytes + r->from, r->to - r->from);
    r->to -= r->from;
    r->from = 0;
    size_t room = AV_WINDOW - r->to, want = left < room ? (size_t)left : room;
    if (!av_read_at(r->fd, r->next, r->bytes + r->to, want)) {
        r->has_failed = true;
        return false;
    }
    r->next += want;
    r->to += want;
    return true;
}

const uint8_t *av_reader_take(struct av_reader *r, size_t size)
{
    if (!reader_fill(r, size))
        return NULL;
    r->from += size;
    return r->bytes + r->from - size;
}

bool av_reader_is_at_end(const struct av_reader *r)
{
    return r->from == r->to && r->next == r->end;
}

bool av_reader_line(struct av_reader *r, struct av_text *ret, bool *ret_fault)
{
    *ret_fault = false;
    if (av_reader_is_at_end(r))
        return false;
    for (size_t seen = 0;;) {
        size_t held = r->to - r->from;
        const uint8_t *start = r->bytes + r->from, *end = held > seen ? memchr(start + seen, '\n', held - seen) : NULL;
        if (end) {
            *ret = (struct av_text){(const char *)start, (size_t)(end - start)};
            r->from += ret->size + 1;
            return ret->size <= AV_LINE_MAX || !(*ret_fault = true);
        }
        seen = held;
        if (held > AV_LINE_MAX || !reader_fill(r, held + 1)) {
            *ret_fault = true;
            return false;
        }
    }
}

/* ---- paths ---- */

void av_tile_path(int level, uint64_t n, unsigned width, char ret[64])
{
    char groups[20] = "", partial[12] = "", name[12] = "entries";
    uint64_t left = n / 1000;
    if (left > 0 && left < 1000)
        snprintf(groups, sizeof(groups), "x%03u/", (unsigned)left);
    else if (left >= 1000 && left < 1000000)
        snprintf(groups, sizeof(groups), "x%03u/x%03u/", (unsigned)(left / 1000), (unsigned)(left % 1000));
    else if (left >= 1000000)
        snprintf(groups, sizeof(groups), "x%03u/x%03u/x%03u/", (unsigned)(left / 1000000 % 1000), (unsigned)(left / 1000 % 1000),
                 (unsigned)(left % 1000));
    if (width < AV_TILE)
        snprintf(partial, sizeof(partial), ".p/%u", width & 255);
    if (level != AV_ENTRIES)
        snprintf(name, sizeof(name), "%d", level & 63);
    snprintf(ret, 64, "tile/%s/%s%03u%s", name, groups, (unsigned)(n % 1000), partial);
}

/* The inverse; one spelling only. */
static bool path_parse(const char *path, int *ret_level, uint64_t *ret_n, unsigned *ret_width)
{
    struct av_text rest = av_text_of(path), part;
    uint64_t level = AV_ENTRIES, n = 0, width = AV_TILE, group = 0;
    char again[64];
    if (!av_cut(&rest, '/', &part) || !av_is(part, "tile") || !av_cut(&rest, '/', &part))
        return false;
    if (!av_is(part, "entries") && (!av_number(part, &level) || level >= AV_LEVELS))
        return false;
    for (int depth = 0; depth < 5 && rest.size >= 3; depth++) {
        bool is_inner = rest.data[0] == 'x';
        const char *digits = rest.data + is_inner;
        for (int i = 0; i < 3; i++)
            if (digits[i] < '0' || digits[i] > '9')
                return false;
        group = (uint64_t)(digits[0] - '0') * 100 + (uint64_t)(digits[1] - '0') * 10 + (uint64_t)(digits[2] - '0');
        n = n * 1000 + group;
        rest = (struct av_text){digits + 3, rest.size - 3 - is_inner};
        if (!is_inner)
            break;
        if (rest.size == 0 || *rest.data != '/')
            return false;
        rest = (struct av_text){rest.data + 1, rest.size - 1};
    }
    if (av_starts(rest, ".p/") && (!av_number((struct av_text){rest.data + 3, rest.size - 3}, &width) || width >= AV_TILE))
        return false;
    *ret_level = (int)level;
    *ret_n = n;
    *ret_width = (unsigned)width;
    av_tile_path(*ret_level, n, *ret_width, again);
    return width > 0 && strcmp(again, path) == 0;
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
        for (struct dirent *e; (e = readdir(list)) != NULL && found < 0;)
            if (strlen(e->d_name) == 64)
                found = openat(ledger, e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (list)
        closedir(list);
    if (found < 0 || fstatat(found, "checkpoint", &facts, 0) != 0) {
        if (found >= 0)
            close(found);
        av_find(v, "E10", "%s: neither a bundle nor a directory with a checkpoint", v->o.path);
        v->is_wrong_use = true;
        return false;
    }
    close(v->fd);
    v->fd = found;
    return true;
}

bool av_directory_tile(struct av *v, int level, uint64_t n, unsigned width, struct av_span *ret)
{
    char path[64];
    struct stat facts;
    *ret = (struct av_span){.is_own = true};
    av_tile_path(level, n, width, path);
    ret->fd = openat(v->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (ret->fd < 0 && width < AV_TILE) { /* collected since the full one exists: its beginning is the same */
        av_tile_path(level, n, AV_TILE, path);
        ret->fd = openat(v->fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        ret->is_longer = true;
    }
    if (ret->fd < 0)
        return false;
    if (fstat(ret->fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        close(ret->fd);
        return false;
    }
    ret->size = (uint64_t)facts.st_size;
    if (level != AV_ENTRIES && ret->size != (uint64_t)(ret->is_longer ? AV_TILE : width) * 32) {
        av_find(v, "E30", "%s: %llu bytes do not make a tile", path, (unsigned long long)ret->size);
        close(ret->fd);
        return false;
    }
    return true;
}

/* A partial tile that was kept beside a wider one must be its beginning. */
static bool partial_holds(struct av *v, int level, uint64_t n, unsigned width)
{
    struct av_span span;
    const struct av_tile *tile = av_tile_get(v, level == AV_ENTRIES ? 0 : level, n, true);
    if (!tile || !av_directory_tile(v, level, n, width, &span))
        return tile == NULL; /* damage that was told already */
    bool ok = true;
    av_reader_start(&v->content, span.fd, 0, span.size);
    for (unsigned k = 0; ok && k < width; k++) {
        const uint8_t *p = av_reader_take(&v->content, level == AV_ENTRIES ? 2 : 32);
        size_t size = p && level == AV_ENTRIES ? (size_t)p[0] << 8 | p[1] : 0;
        if (p && level == AV_ENTRIES)
            p = av_reader_take(&v->content, size);
        struct av_hash hash = {{0}};
        if (p && level == AV_ENTRIES)
            hash = av_leaf_hash(p, size);
        else if (p)
            memcpy(hash.bytes, p, 32);
        ok = p && av_hash_equal(&hash, &tile->nodes[k]);
    }
    ok = ok && av_reader_is_at_end(&v->content);
    close(span.fd);
    return ok;
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
    else if (width < av_tile_width(level, n, v->size) && !partial_holds(v, level, n, width))
        av_find(v, level == AV_ENTRIES ? "E33" : "E30", "%.200s is not the beginning of the tile that took its place", path);
}

static void walk(struct av *v, int parent, const char *name, const char *path, int depth, uint64_t *newer)
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
            walk(v, dirfd(d), e->d_name, below, depth + 1, newer);
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
    walk(v, v->fd, ".", "", 0, &newer);
    if (newer > 0)
        av_note(v, "%llu tiles beyond the checkpoint: a writer at work, or unsigned leaves", (unsigned long long)newer);
}
