#include "ledger/verify_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* One row of the tree: hashes that the tile of this level is made of, in order, as the level below computes them. */
struct row {
    unsigned width;
    uint64_t n;
    struct sha256 hashes[TILE_WIDTH];
};

/* Compares a tile on disk with what the levels below say. E30 damaged, E31 missing. */
static void tile_compare(struct verify *v, int level, const struct row *row)
{
    char path[TILE_PATH_SIZE];
    struct err e = {0};
    tile_path(level, row->n, row->width, path);
    if (!tile_read(&v->store, level, row->n, &v->store.bytes, &e)) {
        verify_find(v, e.code == ERR_NOT_FOUND ? "E31" : "E30", "%s",
                    e.code == ERR_NOT_FOUND || e.code == ERR_CORRUPT ? e.text : path);
        return;
    }
    v->report->tiles_checked++;
    for (unsigned k = 0; k < row->width; k++)
        if (memcmp(v->store.bytes.data + (size_t)k * SHA256_SIZE, row->hashes[k].bytes, SHA256_SIZE) != 0) {
            verify_find(v, "E30", "%s: hash %u is not that of what lies under it", path, k);
            return;
        }
}

static void rows_push(struct verify *v, struct row *rows, int level, struct sha256 h)
{
    for (; level < TILE_LEVELS; level++) {
        struct row *row = &rows[level];
        row->hashes[row->width++] = h;
        if (row->width < TILE_WIDTH)
            return;
        if (level > 0)
            tile_compare(v, level, row);
        h = tile_full_root(row->hashes);
        row->width = 0;
        row->n++;
    }
}

/* A bundle and its level-0 tile: E33 framing, E34 a leaf that is not the hash's. The tile's hashes go on into the tree; where the
 * tile cannot be read, the leaves' own do, so that one lost file does not hide what is under it. */
static void bundle_check(struct verify *v, const struct verify_bundle *b, struct row *rows)
{
    char path[TILE_PATH_SIZE];
    const struct err *te = &b->tile_error, *be = &b->bundle_error;
    tile_path(LEVEL_ENTRIES, b->n, b->width, path);
    v->report->tiles_checked += b->has_tile;
    if (!b->has_tile)
        verify_find(v, te->code == ERR_NOT_FOUND ? "E31" : "E30", "%s", te->text);
    if (!b->has_bundle)
        verify_find(v, be->code == ERR_NOT_FOUND ? "E31" : "E33", "%s", be->code ? be->text : path);
    if (b->wrong >= 0)
        verify_find(v, "E34", "%s: leaf %llu is not the one that its hash in the tile is of", path,
                    (unsigned long long)(b->n * TILE_WIDTH + (unsigned)b->wrong));
    bool is_whole = b->width == TILE_WIDTH && !b->has_seal;
    if (is_whole)
        merkle_frontier_push_tree(&v->tree, 8, b->root);
    for (unsigned k = 0; k < b->width; k++) {
        if (!is_whole) /* a seal's root is that of the tree up to and with it */
            merkle_frontier_push(&v->tree, b->nodes[k]);
        if (b->has_bundle && !v->options->is_tree_only)
            verify_leaf_parsed(v, b->n * TILE_WIDTH + k, verify_bundle_leaf(b, k), b->is_parsed[k] ? &b->leaves[k] : NULL,
                               b->hashes[k]);
    }
    if (b->width == TILE_WIDTH)
        rows_push(v, rows, 1, b->root);
}

void verify_tree(struct verify *v)
{
    uint64_t count = (v->head.size + TILE_WIDTH - 1) / TILE_WIDTH;
    struct row *rows = calloc(TILE_LEVELS, sizeof(*rows));
    struct verify_bundles *bundles = rows ? verify_bundles_new(v, count) : NULL;
    if (!bundles) {
        free(rows);
        verify_find(v, "E30", "no memory to check the tiles");
        return;
    }
    size_t limit = v->report->finding_count + 10000;
    for (uint64_t n = 0; n < count && v->report->finding_count < limit; n++) {
        bundle_check(v, verify_bundles_next(bundles), rows);
        verify_bundles_release(bundles);
    }
    verify_bundles_free(bundles);
    if (v->report->finding_count < limit) {
        for (int level = 1; level < TILE_LEVELS; level++)
            if (rows[level].width > 0)
                tile_compare(v, level, &rows[level]);
        if (v->has_head && !sha256_equal(merkle_frontier_root(&v->tree), v->head.root))
            verify_find(v, "E30", "the tiles of %llu leaves do not have the root of the checkpoint",
                        (unsigned long long)v->head.size);
    }
    free(rows);
}

/* ---- files ---- */

/* Level, index and width of a path below ledger/<hash>/, when it is one of a tile. */
static bool path_parse(const char *path, int *ret_level, uint64_t *ret_n, unsigned *ret_width)
{
    struct str rest = str_of(path), part;
    uint64_t level = 0, n = 0, width = TILE_WIDTH;
    if (!str_cut(&rest, '/', &part) || !str_is(part, "tile") || !str_cut(&rest, '/', &part))
        return false;
    bool is_bundle = str_is(part, "entries");
    if (!is_bundle && (!str_to_uint64_base(part, 10, &level) || level >= TILE_LEVELS))
        return false;
    for (bool is_last = false; !is_last && n < UINT64_C(1) << 48;) {
        is_last = !str_cut(&rest, '/', &part);
        uint64_t group = 0;
        if (!is_last && part.size == 4 && part.data[0] == 'x' && str_to_uint64_base(str_slice(part, 1, 4), 10, &group)) {
            n = n * 1000 + group;
            continue;
        }
        if (!is_last && str_ends(part, ".p")) {
            if (part.size != 5 || !str_to_uint64_base(str_slice(part, 0, 3), 10, &group) ||
                !str_to_uint64_base(rest, 10, &width) || width == 0 || width >= TILE_WIDTH)
                return false;
            is_last = true;
        } else if (!is_last || part.size != 3 || !str_to_uint64_base(part, 10, &group)) {
            return false;
        }
        n = n * 1000 + group;
    }
    char again[TILE_PATH_SIZE];
    *ret_level = is_bundle ? LEVEL_ENTRIES : (int)level;
    *ret_n = n;
    *ret_width = (unsigned)width;
    tile_path(*ret_level, n, *ret_width, again);
    return strcmp(again, path) == 0; /* one spelling only */
}

static bool is_temporary(const char *name)
{
    const char *at = strstr(name, ".tmp");
    return at && at[4] && strspn(at + 4, "0123456789") == strlen(at + 4);
}

/* A partial tile kept beside a wider one must be its beginning. */
static void partial_check(struct verify *v, const char *path, int level, uint64_t n, unsigned width)
{
    struct buf BUF_AUTO bytes;
    struct err e = {0};
    buf_init(&bytes, BUNDLE_BYTES_MAX);
    struct buf *whole = level == LEVEL_ENTRIES ? &v->store.bundle : &v->store.bytes;
    v->store.bundle_n = UINT64_MAX;
    if (!os_file_read(&os_file_real, v->ledger_dir, path, &bytes, &e)) {
        if (e.code != ERR_NOT_FOUND) /* a writer may have collected it meanwhile */
            verify_find(v, "E30", "%s", e.text);
        return;
    }
    if (!tile_read(&v->store, level, n, whole, &e))
        return; /* told already */
    size_t size = (size_t)width * SHA256_SIZE;
    uint32_t offsets[TILE_WIDTH + 1];
    if (level == LEVEL_ENTRIES)
        size = bundle_split(buf_view(whole), width, offsets) ? offsets[width] : SIZE_MAX;
    v->report->tiles_checked++;
    if (bytes.size != size || size > whole->size || memcmp(bytes.data, whole->data, size) != 0)
        verify_find(v, level == LEVEL_ENTRIES ? "E33" : "E30", "%s is not the beginning of the tile that took its place", path);
}

static void file_check(struct verify *v, const char *path, const char *name)
{
    int level = 0;
    uint64_t n = 0;
    unsigned width = 0;
    if (strcmp(path, "checkpoint") == 0 || strcmp(path, "checkpoint.witnessed") == 0)
        return;
    if (is_temporary(name)) {
        verify_note(v, "%s was left behind by a writer that was stopped", path);
        return;
    }
    if (!path_parse(path, &level, &n, &width)) {
        verify_find(v, "E32", "%s does not belong into a ledger", path);
        return;
    }
    unsigned signed_width = tile_width(level, n, v->head.size), durable_width = tile_width(level, n, v->durable);
    if (width > durable_width)
        verify_find(v, "E32", "%s: a tile beyond the end of the ledger", path);
    else if (width < signed_width && width < TILE_WIDTH)
        partial_check(v, path, level, n, width);
}

static void directory_walk(struct verify *v, int parent, const char *name, const char *path, int depth)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (!d) {
        if (errno != ENOENT)
            verify_find(v, "E32", "%s: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        char below[512];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        int size = snprintf(below, sizeof(below), "%s%s%s", path, *path ? "/" : "", entry->d_name);
        struct stat facts = {.st_mode = entry->d_type == DT_DIR ? S_IFDIR : entry->d_type == DT_REG ? S_IFREG : 0};
        bool is_known = facts.st_mode != 0; /* file systems that do not say it in the directory are asked */
        if (size < 0 || (size_t)size >= sizeof(below) || depth > 12) {
            verify_find(v, "E32", "%.200s...: does not belong into a ledger", below);
        } else if (!is_known && fstatat(dirfd(d), entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT)
                verify_find(v, "E32", "%s: %s", below, strerror(errno));
        } else if (S_ISDIR(facts.st_mode)) {
            directory_walk(v, dirfd(d), entry->d_name, below, depth + 1);
        } else if (S_ISREG(facts.st_mode)) {
            file_check(v, below, entry->d_name);
        } else {
            verify_find(v, "E32", "%s is neither a file nor a directory", below);
        }
    }
    closedir(d);
}

void verify_files(struct verify *v)
{
    directory_walk(v, v->ledger_dir, ".", "", 0);
}
