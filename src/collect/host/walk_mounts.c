/* walk_mounts.c - which mount points a walk enters. */
#include "base/buf.h"
#include "base/limits.h"
#include "collect/host/walk_inner.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* Pseudo file systems tell of the kernel, not of files; network file systems belong to another host and can hang; overlays and
 * read-only images below the root are layers of containers and packages. FUSE can be anything and can hang. */
static bool is_skipped_type(struct str type)
{
    static const char *const skipped[] = {
        "9p",        "afs",     "autofs",  "beegfs",   "bdev",      "binfmt_misc", "bpf",        "ceph",
        "cgroup",    "cgroup2", "cifs",    "coda",     "configfs",  "debugfs",     "devpts",     "devtmpfs",
        "efivarfs",  "erofs",   "fusectl", "gfs2",     "glusterfs", "gpfs",        "hugetlbfs",  "iso9660",
        "lustre",    "mqueue",  "ncpfs",   "nfs",      "nfs4",      "nfsd",        "nsfs",       "ocfs2",
        "orangefs",  "overlay", "proc",    "pstore",   "ramfs",     "resctrl",     "rpc_pipefs", "securityfs",
        "selinuxfs", "smb3",    "smbfs",   "squashfs", "sysfs",     "tracefs",     "udf",        "virtiofs",
    };
    if (str_starts(type, "fuse"))
        return true;
    for (size_t i = 0; i < sizeof(skipped) / sizeof(skipped[0]); i++)
        if (str_is(type, skipped[i]))
            return true;
    return false;
}

/* mountinfo writes space, tab, LF and backslash as \040 and so on. */
static struct str unescape(struct arena *a, struct str text)
{
    char *out = arena_alloc(a, text.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint64_t byte = 0;
        if (text.data[i] == '\\' && i + 3 < text.size && str_to_uint64_base(str_slice(text, i + 1, i + 4), 8, &byte)) {
            out[size++] = (char)byte;
            i += 3;
        } else {
            out[size++] = text.data[i];
        }
    }
    return str_make(out, size);
}

static bool parse_mount(struct arena *a, struct str line, struct mount *ret)
{
    struct str word, left = line;
    for (int i = 0; i < 5; i++) {
        if (!str_next_word(&left, &word))
            return false;
        if (i == 2)
            ret->device = word;
        else if (i == 3)
            ret->root = unescape(a, word);
        else if (i == 4)
            ret->path = unescape(a, word);
    }
    while (str_next_word(&left, &word) && !str_is(word, "-"))
        ;
    return str_next_word(&left, &ret->type);
}

/* The path as the walk sees it, below the root of a tree; false if it lies outside. */
static bool strip_root(struct str root, struct str *path)
{
    if (root.size <= 1)
        return true;
    if (path->size <= root.size || memcmp(path->data, root.data, root.size) != 0 || path->data[root.size] != '/')
        return false;
    *path = str_slice(*path, root.size, path->size);
    return true;
}

static int compare_mounts(const void *a, const void *b)
{
    const struct mount *x = a, *y = b;
    int order = str_compare(x->parent, y->parent);
    return order ? order : str_compare(x->name, y->name);
}

static bool is_below(struct str path, struct str root)
{
    return root.size <= path.size && memcmp(path.data, root.data, root.size) == 0 &&
           (root.size == path.size || root.size == 1 || path.data[root.size] == '/');
}

/* A mount whose files are walked through another mount of the same file system. */
static bool is_second_view(const struct walk *w, size_t i)
{
    const struct mount *m = &w->mounts[i];
    for (size_t k = 0; k < w->mount_count; k++) {
        const struct mount *other = &w->mounts[k];
        if (k == i || is_skipped_type(other->type) || !str_equal(other->device, m->device) || !is_below(m->root, other->root))
            continue;
        if (!str_equal(m->root, other->root) || k < i)
            return true;
    }
    return false;
}

static struct str read_mountinfo(struct arena *a)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 16 << 20);
    int fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    char chunk[16384];
    for (ssize_t got; fd >= 0 && (got = read(fd, chunk, sizeof(chunk))) > 0;)
        buf_append(&text, chunk, (size_t)got);
    if (fd >= 0)
        close(fd);
    return arena_str(a, buf_view(&text));
}

static struct str root_path(struct arena *a, int root_fd)
{
    char link[40], path[4096];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", root_fd);
    ssize_t size = readlink(link, path, sizeof(path));
    return size > 0 ? arena_str(a, str_make(path, (size_t)size)) : STR("/");
}

void walk_mounts_read(struct walk *w, int root_fd)
{
    struct str text = read_mountinfo(w->arena), line, root = root_path(w->arena, root_fd);
    size_t capacity = 0;
    w->has_mounts = text.size > 0;
    while (str_next_line(&text, &line)) {
        struct mount m = {0};
        if (!parse_mount(w->arena, line, &m))
            continue;
        /* The mount that the root of the walk itself lies on stays in the list (with an empty name): others may be second views
         * of it. */
        if (str_equal(m.path, root) || str_is(m.path, "/")) {
            m.path = STR("/");
        } else if (!strip_root(root, &m.path)) {
            continue;
        }
        size_t slash = m.path.size;
        while (slash > 0 && m.path.data[slash - 1] != '/')
            slash--;
        m.name = str_slice(m.path, slash, m.path.size);
        m.parent = slash > 1 ? str_slice(m.path, 0, slash - 1) : STR("/");
        for (size_t i = 0; i < w->mount_count; i++)
            if (str_equal(w->mounts[i].path, m.path)) /* mounted over: the later one is what is seen */
                w->mounts[i] = w->mounts[--w->mount_count];
        if (w->mount_count == capacity)
            w->mounts = arena_grow(w->arena, w->mounts, w->mount_count, &capacity, sizeof(*w->mounts));
        w->mounts[w->mount_count++] = m;
    }
    if (w->mount_count)
        qsort(w->mounts, w->mount_count, sizeof(*w->mounts), compare_mounts);
    for (size_t i = 0; i < w->mount_count; i++)
        w->mounts[i].is_entered = w->mounts[i].name.size == 0 || (!is_skipped_type(w->mounts[i].type) && !is_second_view(w, i));
}

size_t walk_mounts_in(const struct walk *w, struct str folder, const struct mount **ret_first)
{
    size_t low = 0, high = w->mount_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (str_compare(w->mounts[middle].parent, folder) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    size_t count = 0;
    while (low + count < w->mount_count && str_equal(w->mounts[low + count].parent, folder))
        count++;
    *ret_first = &w->mounts[low];
    return count;
}
