/* mounts - what is mounted where, with which options, how full, and whether it lies on encrypted storage. */
#include "collect/host/blocks.h"
#include "collect/host/conf.h"
#include <sys/statvfs.h>

static const struct column columns[] = {
    {"source", COLUMN_TEXT, "", "The device or what the file system calls its source."},
    {"target", COLUMN_TEXT, "", "Where it is mounted.", COLUMN_KEY},
    {"fstype", COLUMN_TEXT, "", "ext4, xfs, tmpfs, nfs4, overlay and so on."},
    {"options", COLUMN_TEXT, "", "The options of the mount and of the file system, by commas, without repetition."},
    {"total", COLUMN_INTEGER, "bytes",
     "The size; null for file systems without storage, and for network ones, which are not asked since they may hang."},
    {"free", COLUMN_INTEGER, "bytes",
     "What ordinary users may still write, rounded down to a hundredth of total; null if mounted read-only."},
    {"free_percent", COLUMN_INTEGER, "percent",
     "The same as a share of what ordinary users may use, as df counts; null if mounted read-only."},
    {"inodes_free", COLUMN_INTEGER, "inodes",
     "How many more files fit, rounded down to a hundredth; null if read-only or not counted."},
    {"inodes_free_percent", COLUMN_INTEGER, "percent", "The same as a share of all inodes."},
    {"encrypted", COLUMN_BOOL, "",
     "Whether every block device below it is dm-crypt (or the file system is an encrypting one); null without local storage."},
    {"backing", COLUMN_TEXT, "", "The chain of block devices, as \"dm-1 < dm-0 < sda3\"; null without local storage."},
};

static const struct table_schema schema = {
    .name = "mounts",
    .version = 1,
    .words = "A row is a mount of this mount namespace (mountinfo and statvfs). Free space is rounded down to whole "
             "hundredths, so that an unchanged disk gives an unchanged table.",
    .criteria = "CC6.1, CC6.7, A1.1",
    .example = "SELECT target, free_percent FROM mounts WHERE total > 0 AND free_percent < 10",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

struct mount {
    struct str source, target, fstype, options;
    unsigned major, minor;
};

static bool is_any(struct str s, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(s, list[i]))
            return true;
    return false;
}

/* File systems whose server may not answer, and then nothing would: they are never asked. */
static bool may_hang(struct str fstype)
{
    static const char *const remote[] = {"nfs",   "nfs4", "cifs",   "smb3",      "smbfs",  "9p",       "ceph", "afs",
                                         "ncpfs", "coda", "lustre", "glusterfs", "autofs", "orangefs", "gfs2", "ocfs2"};
    return is_any(fstype, remote, COLUMN_COUNT(remote)) || (str_starts(fstype, "fuse") && !str_is(fstype, "fuseblk"));
}

static bool encrypts_itself(struct str fstype)
{
    static const char *const encrypting[] = {"ecryptfs", "fuse.encfs", "fuse.gocryptfs", "fuse.cryfs"};
    return is_any(fstype, encrypting, COLUMN_COUNT(encrypting));
}

static bool has_option(struct str options, struct str option)
{
    struct str one;
    while (options.size) {
        str_cut(&options, ',', &one);
        if (str_equal(one, option))
            return true;
    }
    return false;
}

static struct str merge_options(struct arena *a, struct str first, struct str more)
{
    struct buf BUF_AUTO all;
    struct str one;
    buf_init(&all, 64 << 10);
    buf_str(&all, first);
    while (more.size) {
        str_cut(&more, ',', &one);
        if (one.size && !has_option(buf_view(&all), one)) {
            buf_char(&all, ',');
            buf_str(&all, one);
        }
    }
    return conf_redact(a, buf_view(&all));
}

/* "36 35 98:0 /root /target rw,noatime master:1 - ext3 /dev/root rw,errors=continue": proc(5). */
static bool parse_line(struct arena *a, struct str line, struct mount *ret)
{
    struct str id, parent, number, root, target, options, word = {0}, source, super = STR("");
    int64_t major, minor;
    if (!str_next_word(&line, &id) || !str_next_word(&line, &parent) || !str_next_word(&line, &number) ||
        !str_next_word(&line, &root) || !str_next_word(&line, &target) || !str_next_word(&line, &options))
        return false;
    while (str_next_word(&line, &word) && !str_is(word, "-"))
        ;
    if (!str_is(word, "-") || !str_next_word(&line, &ret->fstype) || !str_next_word(&line, &source))
        return false;
    (void)str_next_word(&line, &super);
    struct str first;
    if (!str_cut(&number, ':', &first) || !str_to_int64(first, &major) || !str_to_int64(number, &minor) || major < 0 || minor < 0)
        return false;
    ret->major = (unsigned)major;
    ret->minor = (unsigned)minor;
    ret->source = block_unescape(a, source);
    ret->target = block_unescape(a, target);
    ret->options = merge_options(a, options, super);
    return true;
}

static void int_or_null(struct rows *r, bool is_known, int64_t value)
{
    if (is_known)
        row_int(r, value);
    else
        row_null(r);
}

static int64_t to_hundredth(uint64_t value, uint64_t of)
{
    uint64_t step = of / 100;
    return (int64_t)(step ? value / step * step : value);
}

/* total, free, free_percent, inodes_free, inodes_free_percent */
static void add_space(struct gather *g, const struct mount *m)
{
    struct rows *r = g->rows;
    struct statvfs v = {0};
    bool is_known = source_is_live(g->source) && !may_hang(m->fstype) && statvfs(arena_str(g->arena, m->target).data, &v) == 0 &&
                    v.f_blocks > 0 && v.f_frsize > 0 && v.f_blocks <= INT64_MAX / v.f_frsize;
    bool is_writable = is_known && !(v.f_flag & ST_RDONLY);
    uint64_t usable = v.f_bfree <= v.f_blocks ? v.f_blocks - v.f_bfree + v.f_bavail : 0;
    int_or_null(r, is_known, (int64_t)(v.f_blocks * v.f_frsize));
    int_or_null(r, is_writable, to_hundredth(v.f_bavail * v.f_frsize, v.f_blocks * v.f_frsize));
    int_or_null(r, is_writable && usable, usable ? (int64_t)(v.f_bavail * 100 / usable) : 0);
    bool counts_inodes = is_writable && v.f_files > 0;
    int_or_null(r, counts_inodes, to_hundredth(v.f_favail, v.f_files));
    int_or_null(r, counts_inodes, counts_inodes ? (int64_t)(v.f_favail * 100 / v.f_files) : 0);
}

static void add_row(struct gather *g, const struct mount *m)
{
    struct rows *r = g->rows;
    struct str name;
    struct block_chain chain = {0};
    if (block_name_of_number(g, m->major, m->minor, &name) || block_name_of_path(g, m->source, &name))
        block_chain_of(g, name, &chain);
    row_begin(r);
    row_text(r, conf_redact(g->arena, m->source));
    row_text(r, m->target);
    row_text(r, m->fstype);
    row_text(r, m->options);
    add_space(g, m);
    if (encrypts_itself(m->fstype))
        row_bool(r, true);
    else
        int_or_null(r, chain.is_found && chain.is_known, chain.is_encrypted);
    row_text(r, chain.is_found ? chain.chain : (struct str){0});
    row_end(r);
}

static bool is_hidden(const struct mount *mounts, size_t count, size_t i)
{
    for (size_t later = i + 1; later < count; later++)
        if (str_equal(mounts[later].target, mounts[i].target))
            return true; /* another mount stands over it: nobody sees this one */
    return false;
}

static bool gather(struct gather *g, struct err *e)
{
    struct str text, line;
    struct mount *mounts = NULL;
    size_t count = 0, capacity = 0;
    if (!source_read(g->source, g->arena, "/proc/self/mountinfo", CONF_FILE_BYTES_MAX, &text, e))
        return false;
    while (str_next_line(&text, &line) && count < 20000) {
        struct mount m;
        if (!parse_line(g->arena, line, &m))
            continue;
        if (count == capacity)
            mounts = arena_grow(g->arena, mounts, count, &capacity, sizeof(*mounts));
        mounts[count++] = m;
    }
    for (size_t i = 0; i < count; i++) {
        if (gather_is_late(g)) {
            gather_missing(g, mounts[i].target, "this mount and those after it", "the time limit of the table was reached");
            break;
        }
        if (!is_hidden(mounts, count, i))
            add_row(g, &mounts[i]);
    }
    return true;
}

const struct host_table mounts_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .gather = gather,
};
