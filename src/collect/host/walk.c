/*
 * walk.c - see walk.h. One frame a folder on the way down: its descriptor and the names of its folders that are still to be
 * entered. A folder is read to its end before the first of its folders is opened, so one buffer serves all.
 */
#include "collect/host/walk.h"
#include "base/buf.h"
#include "collect/host/walk_inner.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    DENTS_BYTES = 64 << 10,
    DEPTH_MAX = 4096,
    PATH_BYTES_MAX = 1 << 20,
    NAMES_BYTES_MAX = 256 << 20,
    GAPS_MAX = 1000,
    ENTRIES_BETWEEN_LOOKS = 4096
};

struct frame {
    int fd;
    size_t path_size;          /* of this folder's own path */
    size_t names_start, names; /* in the stack of names: where they begin, and the next one */
};

struct walking {
    struct walk *walk;
    const struct walk_options *options;
    struct buf path;  /* of the folder at hand, without a slash at the end; the root's is empty */
    struct buf names; /* folders to enter, each with a NUL behind it */
    struct frame *frames;
    size_t depth;
    char *dents;
    int noatime;
    unsigned entries;
    bool is_stopped;
    bool is_path_folder; /* the folder at hand is in PATH */
    const struct mount *mounts;
    size_t mount_count;
};

static int64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct walk *walk_new(struct arena *a, struct source *s)
{
    struct walk *w = ARENA_NEW(a, struct walk);
    w->arena = a;
    w->source = s;
    return w;
}

static struct str folder_path(const struct walking *g)
{
    return g->path.size ? buf_view(&g->path) : STR("/");
}

static struct str entry_path(struct walking *g, struct str name)
{
    return arena_printf(g->walk->arena, "%.*s/%.*s", STR_ARGS(buf_view(&g->path)), STR_ARGS(name));
}

static void add_gap(struct walk *w, struct str path, const char *reason)
{
    if (w->gap_count > GAPS_MAX)
        return;
    if (w->gap_count == w->gap_capacity)
        w->gaps = arena_grow(w->arena, w->gaps, w->gap_count, &w->gap_capacity, sizeof(*w->gaps));
    bool is_last = w->gap_count == GAPS_MAX;
    w->gaps[w->gap_count++] = is_last ? (struct walk_gap){STR("/"), STR("more folders than can be listed here could not be read")}
                                      : (struct walk_gap){arena_str(w->arena, path), arena_str(w->arena, str_of(reason))};
}

/* ---- findings ---- */

static enum file_kind type_of(unsigned mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return FILE_REGULAR;
    case S_IFDIR:
        return FILE_DIRECTORY;
    case S_IFLNK:
        return FILE_SYMLINK;
    case S_IFIFO:
        return FILE_FIFO;
    case S_IFSOCK:
        return FILE_SOCKET;
    case S_IFBLK:
        return FILE_BLOCK;
    default:
        return FILE_CHARACTER;
    }
}

static void add_finding(struct walking *g, enum finding_kind kind, struct str name, const struct statx *x)
{
    struct walk *w = g->walk;
    if (w->finding_count == w->finding_capacity)
        w->findings = arena_grow(w->arena, w->findings, w->finding_count, &w->finding_capacity, sizeof(*w->findings));
    w->findings[w->finding_count++] = (struct walk_finding){
        .kind = kind,
        .path = name.size ? entry_path(g, name) : STR("/"),
        .type = type_of(x->stx_mode),
        .mode = x->stx_mode & 07777,
        .uid = x->stx_uid,
        .gid = x->stx_gid,
    };
}

static bool is_path_folder(struct str path)
{
    static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
                                          "/sbin",           "/bin",           "/snap/bin"};
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (str_is(path, folders[i]))
            return true;
    return false;
}

/* By others than root, in whose PATH it lies. */
static bool is_writable_by_others(const struct statx *x)
{
    return (x->stx_mode & S_IWOTH) || ((x->stx_mode & S_IWGRP) && x->stx_gid != 0) ||
           ((x->stx_mode & S_IWUSR) && x->stx_uid != 0);
}

static void judge(struct walking *g, struct str name, const struct statx *x, bool in_path)
{
    bool is_folder = S_ISDIR(x->stx_mode);
    if (!is_folder && (x->stx_mode & S_ISUID))
        add_finding(g, FINDING_SUID, name, x);
    if (!is_folder && (x->stx_mode & S_ISGID) && (x->stx_mode & S_IXGRP))
        add_finding(g, FINDING_SGID, name, x);
    if (!is_folder && (x->stx_mode & S_IWOTH))
        add_finding(g, FINDING_WORLD_WRITABLE, name, x);
    if (is_folder && (x->stx_mode & S_IWOTH) && !(x->stx_mode & S_ISVTX))
        add_finding(g, FINDING_NO_STICKY, name, x);
    if (!walk_id_is_known(&g->walk->users, x->stx_uid))
        add_finding(g, FINDING_UNOWNED, name, x);
    if (!walk_id_is_known(&g->walk->groups, x->stx_gid))
        add_finding(g, FINDING_UNGROUPED, name, x);
    if (in_path && is_writable_by_others(x))
        add_finding(g, FINDING_PATH_WRITABLE, name, x);
}

/* ---- the prefix of a query: ASCII case does not count ---- */

static bool starts_in_any_case(struct str text, struct str prefix)
{
    return text.size >= prefix.size && strncasecmp(text.data, prefix.data, prefix.size) == 0;
}

/* Something below the folder `name` can start with the prefix. The path at hand does. */
static bool may_hold_prefix(const struct walking *g, struct str name)
{
    struct str prefix = g->options->prefix;
    size_t base = g->path.size + 1; /* "/…/" */
    if (prefix.size <= base)
        return true;
    struct str rest = str_slice(prefix, base, prefix.size);
    if (name.size >= rest.size)
        return starts_in_any_case(name, rest);
    return starts_in_any_case(rest, name) && rest.data[name.size] == '/';
}

static bool matches_prefix(const struct walking *g, struct str name)
{
    struct str prefix = g->options->prefix;
    size_t base = g->path.size + 1;
    return prefix.size <= base || starts_in_any_case(name, str_slice(prefix, base, prefix.size));
}

/* ---- one entry, one folder ---- */

static void stop_if_late(struct walking *g)
{
    if (g->options->deadline_ms && monotonic_ms() > g->options->deadline_ms) {
        g->is_stopped = true;
        add_gap(g->walk, folder_path(g), "the walk reached its time limit here");
    }
}

static const struct mount *mount_at(const struct walking *g, struct str name)
{
    for (size_t i = 0; i < g->mount_count; i++)
        if (str_equal(g->mounts[i].name, name))
            return &g->mounts[i];
    return NULL;
}

static void take_entry(struct walking *g, int fd, struct str name, unsigned char type)
{
    g->walk->totals.inodes++;
    const struct mount *m = g->mount_count ? mount_at(g, name) : NULL;
    if (m && !m->is_entered) {
        g->walk->totals.mounts_skipped++;
        return;
    }
    bool is_told = g->options->each && matches_prefix(g, name);
    bool may_be_folder = type == DT_DIR || type == DT_UNKNOWN;
    if (!is_told && !may_be_folder && (type != DT_REG || g->options->is_without_findings))
        return;
    struct statx x;
    unsigned mask = is_told ? STATX_BASIC_STATS : STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID;
    bool needs_facts = is_told || !g->options->is_without_findings || type == DT_UNKNOWN;
    if (needs_facts && statx(fd, name.data, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC, mask, &x) != 0) {
        if (errno != ENOENT)
            add_gap(g->walk, entry_path(g, name), strerror(errno));
        return;
    }
    if (needs_facts && !g->options->is_without_findings && (S_ISREG(x.stx_mode) || S_ISDIR(x.stx_mode)))
        judge(g, name, &x, g->is_path_folder);
    if (is_told && !g->options->each(g->options->context, &(struct walk_entry){folder_path(g), name, &x}))
        g->is_stopped = true;
    if ((needs_facts ? S_ISDIR(x.stx_mode) : type == DT_DIR) && may_hold_prefix(g, name))
        buf_append(&g->names, name.data, name.size + 1);
    g->walk->totals.mounts += m != NULL;
}

struct dent { /* linux_dirent64, see getdents(2) */
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    unsigned char type;
    char name[];
};

static void read_folder(struct walking *g, int fd)
{
    g->walk->totals.folders++;
    g->is_path_folder = is_path_folder(folder_path(g));
    g->mount_count = walk_mounts_in(g->walk, folder_path(g), &g->mounts);
    stop_if_late(g);
    while (!g->is_stopped) {
        long got = syscall(SYS_getdents64, fd, g->dents, DENTS_BYTES);
        if (got < 0 && errno != ENOENT)
            add_gap(g->walk, folder_path(g), strerror(errno));
        if (got <= 0)
            return;
        for (long at = 0; at < got && !g->is_stopped;) {
            const struct dent *d = (const struct dent *)(const void *)(g->dents + at);
            at += d->size;
            struct str name = str_of(d->name);
            if (str_is(name, ".") || str_is(name, ".."))
                continue;
            take_entry(g, fd, name, d->type);
            if (++g->entries % ENTRIES_BETWEEN_LOOKS == 0)
                stop_if_late(g);
        }
    }
}

static int open_folder(struct walking *g, int parent, const char *name)
{
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    int fd = openat(parent, name, flags | g->noatime);
    if (fd < 0 && errno == EPERM && g->noatime) {
        g->noatime = 0;
        fd = openat(parent, name, flags);
    }
    return fd;
}

/* Descends into the next folder of the deepest frame, or leaves that frame. */
static void step(struct walking *g)
{
    struct frame *f = &g->frames[g->depth - 1];
    g->path.size = f->path_size;
    if (f->names >= g->names.size || g->is_stopped) {
        close(f->fd);
        g->names.size = f->names_start;
        g->depth--;
        return;
    }
    struct str name = str_of(g->names.data + f->names);
    f->names += name.size + 1;
    buf_char(&g->path, '/');
    buf_str(&g->path, name);
    if (g->depth == DEPTH_MAX || g->path.full || g->names.full) {
        add_gap(g->walk, buf_view(&g->path), "too deep or too large to be walked");
        return;
    }
    int fd = open_folder(g, f->fd, name.data);
    if (fd < 0) {
        if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) /* gone, or replaced since */
            add_gap(g->walk, buf_view(&g->path), strerror(errno));
        return;
    }
    g->frames[g->depth++] =
        (struct frame){.fd = fd, .path_size = g->path.size, .names_start = g->names.size, .names = g->names.size};
    read_folder(g, fd);
}

/* One descriptor a level: the usual 1024 would end a walk that a deep tree does not. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < DEPTH_MAX + 64) {
        limit.rlim_cur = limit.rlim_max < DEPTH_MAX + 64 ? limit.rlim_max : DEPTH_MAX + 64;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void walk_from(struct walking *g, int root)
{
    struct statx x;
    bool has_facts = statx(root, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &x) == 0;
    if (has_facts && !g->options->is_without_findings)
        judge(g, STR(""), &x, false);
    if (has_facts && g->options->each && g->options->prefix.size <= 1)
        g->is_stopped = !g->options->each(g->options->context, &(struct walk_entry){STR(""), STR(""), &x});
    g->frames[g->depth++] = (struct frame){.fd = root};
    read_folder(g, root);
    while (g->depth)
        step(g);
}

bool walk_run(struct walk *w, const struct walk_options *options, struct err *e)
{
    if (source_root_fd(w->source) < 0)
        return err_set(e, ERR_UNSUPPORTED, "walk: there are no files to walk");
    raise_descriptor_limit();
    int root = openat(source_root_fd(w->source), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (root < 0)
        return err_errno(e, errno, "walk: open the root");
    walk_mounts_read(w, root);
    if (!options->is_without_findings)
        walk_ids_read(w);
    struct walking g = {.walk = w, .options = options, .noatime = O_NOATIME};
    g.frames = malloc(DEPTH_MAX * sizeof(*g.frames));
    g.dents = malloc(DENTS_BYTES);
    if (!g.frames || !g.dents)
        abort();
    buf_init(&g.path, PATH_BYTES_MAX);
    buf_init(&g.names, NAMES_BYTES_MAX);
    walk_from(&g, root);
    buf_release(&g.names);
    buf_release(&g.path);
    free(g.dents);
    free(g.frames);
    return true;
}

size_t walk_findings(const struct walk *w, const struct walk_finding **ret)
{
    *ret = w->findings;
    return w->finding_count;
}

size_t walk_gaps(const struct walk *w, const struct walk_gap **ret)
{
    *ret = w->gaps;
    return w->gap_count;
}

const struct walk_totals *walk_totals(const struct walk *w)
{
    return &w->totals;
}

const char *finding_kind_name(enum finding_kind kind)
{
    static const char *const names[] = {"suid", "sgid", "world_writable", "no_sticky", "unowned", "ungrouped", "path_writable"};
    return names[kind];
}

const char *file_kind_name(enum file_kind kind)
{
    static const char *const names[] = {"regular", "directory", "symlink", "fifo", "socket", "block", "character"};
    return names[kind];
}
