/*
 * sysctl.c - kernel parameters: as they are (/proc/sys) and as the files say they shall be at the next boot (sysctl.d(5)).
 */
#include "collect/host/conf.h"
#include "collect/host/proc.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct column sysctl_columns[] = {
    {"name", COLUMN_TEXT, "",
     "Name with dots, as 'net.ipv4.ip_forward'; a dot inside of a part (an interface's name) stands as '/'.", COLUMN_KEY},
    {"value", COLUMN_TEXT, "",
     "Value now, runs of white space as one blank; null if the running kernel has no such parameter or it may not be read.", 0},
    {"configured", COLUMN_TEXT, "", "Value that the files set, by the precedence of sysctl.d(5); null if none does.", 0},
    {"configured_in", COLUMN_TEXT, "", "File and line that win, as '/etc/sysctl.d/99-x.conf:3'.", 0},
    {"drift", COLUMN_BOOL, "", "1 if both values are known and differ; null if one is not known.", 0},
};

static const struct table_schema sysctl_schema = {
    .name = "sysctl",
    .version = 1,
    .words = "One row a kernel parameter of the running kernel or of the files. Left out are counters that change by themselves "
             "and the parameters of each veth, neigh and debug entry.",
    .criteria = "CC6.6, CC6.8",
    .example = "SELECT name, value, configured FROM sysctl WHERE drift = 1",
    .columns = sysctl_columns,
    .column_count = COLUMN_COUNT(sysctl_columns),
};

enum { SYSCTL_DEPTH_MAX = 10, SYSCTL_COUNT_MAX = 65536, SYSCTL_NAME_BYTES = 512, SYSCTL_VALUE_BYTES = 4096 };

/* One parameter that the files set. */
struct setting {
    struct str name; /* as the table shows it; may hold wildcards */
    struct str value;
    struct str origin;
    bool is_pattern;
    bool is_excluded; /* "-name" without value: patterns do not set it */
    bool is_used;
};

struct sysctl_run {
    struct gather *gather;
    struct setting *settings; /* in the order in which they are applied */
    size_t setting_count;
    size_t setting_capacity;
    size_t denied;
    char name[SYSCTL_NAME_BYTES]; /* of the parameter at hand */
};

/* What changes by itself and is no setting. Entries that end in '.' stand for all behind them. */
static const char *const volatile_names[] = {
    "dev.cdrom.info",
    "fs.aio-nr",
    "fs.binfmt_misc.",
    "fs.dentry-state",
    "fs.file-nr",
    "fs.inode-nr",
    "fs.inode-state",
    "fs.mqueue.",
    "fs.quota.",
    "kernel.keys.",
    "kernel.ns_last_pid",
    "kernel.pty.nr",
    "kernel.random.boot_id",
    "kernel.random.entropy_avail",
    "kernel.random.uuid",
    "kernel.sched_domain.",
    "kernel.tainted",
    "net.core.netdev_rss_key",
    "net.ipv4.tcp_fastopen_key",
    "net.ipv6.conf.all.stable_secret",
    "net.netfilter.nf_conntrack_count",
    "sunrpc.transports",
};

static bool is_volatile(struct str name)
{
    for (size_t i = 0; i < COLUMN_COUNT(volatile_names); i++) {
        const char *entry = volatile_names[i];
        size_t size = strlen(entry);
        if (entry[size - 1] == '.' ? (name.size >= size - 1 && memcmp(name.data, entry, size - 1) == 0 &&
                                      (name.size == size - 1 || name.data[size - 1] == '.'))
                                   : str_is(name, entry))
            return true;
    }
    return str_ends(name, ".stable_secret"); /* a secret, and never a policy */
}

/* Directories that are left out: one for each interface of a container, and neighbour settings of all but the default. */
static bool is_skipped_directory(struct str parent, const char *name)
{
    if (str_is(parent, "net.ipv4.neigh") || str_is(parent, "net.ipv6.neigh"))
        return strcmp(name, "default") != 0;
    if (str_is(parent, "net.ipv4.conf") || str_is(parent, "net.ipv6.conf") || str_is(parent, "net.mpls.conf"))
        return strncmp(name, "veth", 4) == 0 || strncmp(name, "cali", 4) == 0 || strncmp(name, "lxc", 3) == 0;
    return str_is(parent, "kernel") && strcmp(name, "sched_domain") == 0;
}

/* ---- the files ---- */

/* sysctl.d(5): the separator that comes first, '.' or '/', parts the name; the other one then stands for itself. */
static struct str setting_name(struct arena *a, struct str name)
{
    ptrdiff_t dot = str_find_char(name, '.'), slash = str_find_char(name, '/');
    char *text = arena_strndup(a, name.data, name.size);
    if (slash >= 0 && (dot < 0 || slash < dot)) {
        for (size_t i = 0; i < name.size; i++)
            text[i] = text[i] == '/' ? '.' : text[i] == '.' ? '/' : text[i];
    }
    return str_make(text, name.size);
}

/* Runs of white space as one blank, none at the ends. In place. */
static struct str value_tidy(char *text, size_t size)
{
    size_t out = 0;
    for (size_t i = 0; i < size; i++) {
        bool is_blank = text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r';
        if (!is_blank)
            text[out++] = text[i];
        else if (out && text[out - 1] != ' ')
            text[out++] = ' ';
    }
    return str_make(text, out && text[out - 1] == ' ' ? out - 1 : out);
}

static void settings_read(struct sysctl_run *run, struct str path)
{
    struct gather *g = run->gather;
    struct str text, line;
    if (!conf_read(g, path.data, &text))
        return;
    struct conf_reader reader = conf_reader_of(g->arena, text, "#;");
    while (conf_next_line(&reader, &line)) {
        struct setting s = {0};
        struct str name;
        bool may_fail = line.data[0] == '-';
        if (may_fail)
            line = str_slice(line, 1, line.size);
        bool has_value = str_cut(&line, '=', &name);
        name = str_trim(name);
        if (name.size == 0 || (!has_value && !may_fail))
            continue;
        s.name = setting_name(g->arena, name);
        s.value = value_tidy(arena_strndup(g->arena, line.data, line.size), line.size);
        s.origin = conf_origin(g->arena, path, reader.line);
        s.is_excluded = !has_value;
        s.is_pattern = str_find_char(name, '*') >= 0 || str_find_char(name, '?') >= 0 || str_find_char(name, '[') >= 0;
        if (run->setting_count == run->setting_capacity)
            run->settings = arena_grow(g->arena, run->settings, run->setting_count, &run->setting_capacity, sizeof(s));
        run->settings[run->setting_count++] = s;
    }
}

static void settings_read_all(struct sysctl_run *run)
{
    static const char *const directories[] = {"/etc/sysctl.d",     "/run/sysctl.d", "/usr/local/lib/sysctl.d",
                                              "/usr/lib/sysctl.d", "/lib/sysctl.d", NULL};
    struct conf_paths paths = {0};
    bool has_main = false;
    conf_dropins(run->gather, directories, ".conf", &paths);
    for (size_t i = 0; i < paths.count; i++) {
        settings_read(run, paths.items[i]);
        has_main |= str_is(paths.items[i], "/etc/sysctl.d/99-sysctl.conf"); /* Debian's link to /etc/sysctl.conf */
    }
    if (!has_main)
        settings_read(run, STR("/etc/sysctl.conf"));
}

/* The setting in force for a name: the last exact one, or else the last pattern that matches, unless it is excluded from
 * patterns. Marks all that name it as used. */
static struct setting *setting_find(struct sysctl_run *run, struct str name)
{
    struct setting *exact = NULL, *pattern = NULL;
    bool is_excluded = false;
    for (size_t i = run->setting_count; i-- > 0;) {
        struct setting *s = &run->settings[i];
        if (s->is_pattern) {
            if (!pattern && !s->is_excluded && conf_match(s->name, name, false))
                pattern = s;
        } else if (str_equal(s->name, name)) {
            s->is_used = true;
            is_excluded |= s->is_excluded;
            if (!exact && !s->is_excluded)
                exact = s;
        }
    }
    return exact ? exact : is_excluded ? NULL : pattern;
}

/* ---- the running kernel ---- */

static void sysctl_row(struct sysctl_run *run, struct str name, struct str value)
{
    struct rows *r = run->gather->rows;
    const struct setting *s = setting_find(run, name);
    row_begin(r);
    row_text(r, name);
    row_text(r, value);
    row_text(r, s ? s->value : (struct str){0});
    row_text(r, s ? s->origin : (struct str){0});
    if (s && value.data)
        row_bool(r, !str_equal(s->value, value));
    else
        row_null(r);
    row_end(r);
}

static void sysctl_file(struct sysctl_run *run, int dir, const char *file, size_t name_size)
{
    char buffer[SYSCTL_VALUE_BYTES];
    struct str text, name = str_make(run->name, name_size);
    if (is_volatile(name))
        return;
    struct stat st;
    if (fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0444))
        return; /* triggers that can only be written */
    if (proc_read(dir, file, buffer, sizeof(buffer), &text)) {
        sysctl_row(run, name, value_tidy(buffer, text.size));
        return;
    }
    if (errno == EACCES || errno == EPERM) {
        run->denied++;
        sysctl_row(run, name, (struct str){0});
    }
}

/* Appends one part to the name; what is a dot in it becomes a slash. Returns the new size, 0 if there is no room. */
static size_t name_append(struct sysctl_run *run, size_t name_size, const char *part)
{
    size_t size = strlen(part), at = name_size;
    if (name_size + size + 2 > sizeof(run->name))
        return 0;
    if (name_size)
        run->name[at++] = '.';
    for (size_t i = 0; i < size; i++)
        run->name[at++] = part[i] == '.' ? '/' : part[i];
    return at;
}

/* Takes over the descriptor. */
static void sysctl_directory(struct sysctl_run *run, int fd, size_t name_size, int depth)
{
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    if (!directory) {
        if (fd >= 0)
            close(fd);
        return;
    }
    while ((entry = readdir(directory)) && run->gather->rows->row_count < SYSCTL_COUNT_MAX && !gather_is_late(run->gather)) {
        size_t size;
        if (entry->d_name[0] == '.' || (size = name_append(run, name_size, entry->d_name)) == 0)
            continue;
        if (entry->d_type == DT_REG)
            sysctl_file(run, fd, entry->d_name, size);
        else if (entry->d_type == DT_DIR && depth < SYSCTL_DEPTH_MAX &&
                 !is_skipped_directory(str_make(run->name, name_size), entry->d_name))
            sysctl_directory(run, openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW), size, depth + 1);
    }
    closedir(directory);
}

static bool sysctl_gather(struct gather *g, struct err *e)
{
    struct sysctl_run run = {.gather = g};
    settings_read_all(&run);
    if (source_is_live(g->source)) {
        int fd = proc_open_dir(g, "proc/sys");
        if (fd < 0)
            return err_errno(e, errno, "/proc/sys");
        sysctl_directory(&run, fd, 0, 0);
        if (g->rows->row_count >= SYSCTL_COUNT_MAX || gather_is_late(g))
            gather_missing(g, STR("all"), "the parameters behind the last row", "limit of rows or time reached");
    }
    if (run.denied)
        gather_missing(g, STR("value"), arena_printf(g->arena, "value of %zu parameters", run.denied).data,
                       "not permitted: needs root");
    for (size_t i = run.setting_count; i-- > 0;) {
        struct setting *s = &run.settings[i];
        if (!s->is_used && !s->is_pattern && !s->is_excluded)
            sysctl_row(&run, s->name, (struct str){0}); /* which marks all of that name as used */
    }
    return true;
}

const struct host_table sysctl_table = {
    .schema = &sysctl_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = sysctl_gather,
};
