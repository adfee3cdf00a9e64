/*
 * kernel_modules.c - modules that are loaded, that could be, and that modprobe.d(5) forbids.
 */
#include "collect/host/conf.h"
#include "collect/host/dpkg.h"
#include "collect/host/proc.h"
#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

static const struct column kernel_modules_columns[] = {
    {"name", COLUMN_TEXT, "", "Name of the module, with '_' for '-'.", COLUMN_KEY},
    {"loaded", COLUMN_BOOL, "", "1 if it is in the running kernel as a module, 0 if not; null on a tree.", 0},
    {"builtin", COLUMN_BOOL, "", "1 if it is built into the kernel (modules.builtin); null if that list is not there.", 0},
    {"available", COLUMN_BOOL, "",
     "1 if the kernel's module directory holds it, so that it could be loaded; null if that list is not there.", 0},
    {"size", COLUMN_INTEGER, "bytes", "Memory that it takes; null if not loaded.", 0},
    {"refcount", COLUMN_INTEGER, "", "Number of its users in the kernel; null if not loaded.", 0},
    {"signed", COLUMN_BOOL, "",
     "1 if its file carries a signature, 0 if not or the kernel marks it as unsigned; null if unknown.", 0},
    {"blacklisted", COLUMN_BOOL, "", "1 if modprobe.d keeps it from being loaded by alias.", 0},
    {"install_override", COLUMN_TEXT, "", "Command that modprobe.d runs instead of loading it, as '/bin/false'; null if none.",
     0},
    {"configured_in", COLUMN_TEXT, "", "File and line of the blacklist or install entry; null if none.", 0},
};

static const struct table_schema kernel_modules_schema = {
    .name = "kernel_modules",
    .version = 1,
    .words = "One row a module that is loaded, that modprobe.d speaks of, or that hardening guides want gone (rare file systems "
             "and protocols, usb-storage), loaded or not.",
    .criteria = "CC6.8",
    .example = "SELECT name FROM kernel_modules WHERE loaded = 1 AND signed = 0",
    .columns = kernel_modules_columns,
    .column_count = COLUMN_COUNT(kernel_modules_columns),
};

enum { MODULES_TEXT_BYTES_MAX = 4 << 20, MODULE_COUNT_MAX = 65536 };

/* File systems, protocols and buses that hardening guides (CIS Debian 12, chapters 1.1.1 and 3.2) want gone. */
static const char *const watched_modules[] = {
    "atm",    "bluetooth", "can",     "cramfs", "dccp", "firewire_core", "freevxfs",    "hfs",  "hfsplus", "jffs2",       "ksmbd",
    "n_hdlc", "ntfs3",     "overlay", "rds",    "sctp", "squashfs",      "thunderbolt", "tipc", "udf",     "usb_storage", "vfat",
};

struct module {
    struct str name;
    struct str path; /* below the module directory, from modules.dep */
    bool is_loaded;
    bool is_builtin;
    bool is_available;
    bool is_unsigned; /* the kernel's mark */
    bool is_blacklisted;
    int64_t size_bytes;
    int64_t users;
    struct str install;
    struct str origin;
};

struct module_list {
    struct gather *gather;
    struct module *items;
    size_t count;
    size_t capacity;
    bool has_dep;
    bool has_builtin;
    struct str directory; /* of the kernel's modules; size 0 if unknown */
};

/* With '_' for '-', as the kernel names it. */
static struct str module_name(struct arena *a, struct str name)
{
    char *text = arena_strndup(a, name.data, name.size);
    for (size_t i = 0; i < name.size; i++)
        text[i] = text[i] == '-' ? '_' : text[i];
    return str_make(text, name.size);
}

static struct module *module_of(struct module_list *list, struct str name)
{
    struct arena *a = list->gather->arena;
    name = module_name(a, name);
    for (size_t i = 0; i < list->count; i++) {
        if (str_equal(list->items[i].name, name))
            return &list->items[i];
    }
    if (list->count >= MODULE_COUNT_MAX)
        return NULL;
    if (list->count == list->capacity)
        list->items = arena_grow(a, list->items, list->count, &list->capacity, sizeof(*list->items));
    list->items[list->count] = (struct module){.name = name};
    return &list->items[list->count++];
}

/* "name size users dependants state address (flags)" */
static void modules_add_loaded(struct module_list *list)
{
    struct gather *g = list->gather;
    struct str text, line, name, size, users;
    struct err failed = {0};
    if (!source_read(g->source, g->arena, "/proc/modules", MODULES_TEXT_BYTES_MAX, &text, &failed)) {
        if (failed.code != ERR_NOT_FOUND) /* a kernel without modules has no such file: then none is loaded */
            gather_missing(g, STR("loaded"), "modules that are loaded", arena_printf(g->arena, "%s", failed.text).data);
        return;
    }
    while (str_next_line(&text, &line)) {
        struct str rest = line;
        struct module *m;
        if (!str_next_word(&rest, &name) || !str_next_word(&rest, &size) || !str_next_word(&rest, &users) ||
            !(m = module_of(list, name)))
            continue;
        m->is_loaded = true;
        (void)!str_to_int64(size, &m->size_bytes);
        (void)!str_to_int64(users, &m->users);
        ptrdiff_t flags = str_find_char(rest, '(');
        m->is_unsigned = flags >= 0 && str_find_char(str_slice(rest, (size_t)flags, rest.size), 'E') >= 0;
    }
}

/* modprobe.d(5): blacklist and install lines of all files, by name; the first install of a module wins. */
static void modules_add_configured(struct module_list *list)
{
    static const char *const directories[] = {"/etc/modprobe.d",     "/run/modprobe.d", "/usr/local/lib/modprobe.d",
                                              "/usr/lib/modprobe.d", "/lib/modprobe.d", NULL};
    struct gather *g = list->gather;
    struct conf_paths paths = {0};
    conf_dropins(g, directories, ".conf", &paths);
    for (size_t i = 0; i < paths.count; i++) {
        struct str text, line, word, name;
        if (!conf_read(g, paths.items[i].data, &text))
            continue;
        struct conf_reader reader = conf_reader_of(g->arena, text, "#");
        reader.is_joining = true;
        while (conf_next_line(&reader, &line)) {
            struct module *m;
            bool is_blacklist = str_next_word(&line, &word) && str_is(word, "blacklist");
            if ((!is_blacklist && !str_is(word, "install")) || !str_next_word(&line, &name) || !(m = module_of(list, name)))
                continue;
            if (is_blacklist)
                m->is_blacklisted = true;
            else if (!m->install.data)
                m->install = arena_str(g->arena, str_trim(line));
            if (!m->origin.data || !is_blacklist)
                m->origin = conf_origin(g->arena, paths.items[i], reader.line);
        }
    }
}

/* The name in "kernel/fs/cramfs/cramfs.ko.xz:"; size 0 if the line is something else. */
static struct str module_of_path(struct str path)
{
    for (size_t i = path.size; i-- > 0;) {
        if (path.data[i] == '/') {
            path = str_slice(path, i + 1, path.size);
            break;
        }
    }
    ptrdiff_t end = str_find(path, STR(".ko"));
    return end > 0 ? str_slice(path, 0, (size_t)end) : str_make("", 0);
}

static bool names_equal(struct str a, struct str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++) {
        if ((a.data[i] == '-' ? '_' : a.data[i]) != (b.data[i] == '-' ? '_' : b.data[i]))
            return false;
    }
    return true;
}

/* Looks the listed modules up in modules.dep or modules.builtin. False if that file is not there. */
static bool modules_mark(struct module_list *list, const char *file, bool is_builtin)
{
    struct gather *g = list->gather;
    struct str text, line, path;
    struct err failed = {0};
    if (list->directory.size == 0)
        return false;
    struct str index = arena_printf(g->arena, "%s/%s", list->directory.data, file);
    if (!source_read(g->source, g->arena, index.data, MODULES_TEXT_BYTES_MAX, &text, &failed))
        return false;
    while (str_next_line(&text, &line)) {
        str_cut(&line, ':', &path);
        struct str name = module_of_path(path);
        for (size_t i = 0; name.size && i < list->count; i++) {
            struct module *m = &list->items[i];
            if (!names_equal(m->name, name))
                continue;
            if (is_builtin)
                m->is_builtin = true;
            else {
                m->is_available = true;
                m->path = arena_str(g->arena, path);
            }
        }
    }
    return true;
}

/* The directory of the running kernel, or on a tree of the newest one. */
static struct str modules_directory(struct gather *g)
{
    static const char *const parents[] = {"/lib/modules", "/usr/lib/modules"};
    struct utsname name;
    if (source_is_live(g->source))
        return uname(&name) == 0 ? arena_printf(g->arena, "/lib/modules/%s", name.release) : str_make("", 0);
    for (size_t i = 0; i < COLUMN_COUNT(parents); i++) {
        struct str *names, newest = {0};
        size_t count;
        struct err failed = {0};
        if (!source_list(g->source, g->arena, parents[i], &names, &count, &failed))
            continue;
        for (size_t n = 0; n < count; n++) {
            if (!newest.data || dpkg_version_compare(names[n], newest) > 0)
                newest = names[n];
        }
        if (newest.data)
            return arena_printf(g->arena, "%s/%.*s", parents[i], STR_ARGS(newest));
    }
    return str_make("", 0);
}

/* Whether the file ends in the mark that sign-file(1) leaves: 1 yes, 0 no, -1 unknown (compressed, not readable, a tree). */
static int module_signature(const struct module_list *list, const struct module *m)
{
    static const char mark[] = "~Module signature appended~\n";
    char path[1024], tail[sizeof(mark) - 1];
    if (m->is_unsigned)
        return 0;
    if (!source_is_live(list->gather->source) || !m->path.data || !str_ends(m->path, ".ko"))
        return -1;
    snprintf(path, sizeof(path), "%s/%.*s", list->directory.data, STR_ARGS(m->path));
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    off_t size = lseek(fd, 0, SEEK_END);
    bool is_read =
        size >= (off_t)sizeof(tail) && pread(fd, tail, sizeof(tail), size - (off_t)sizeof(tail)) == (ssize_t)sizeof(tail);
    close(fd);
    return is_read ? memcmp(tail, mark, sizeof(tail)) == 0 : -1;
}

static void row_bool_if(struct rows *r, bool is_known, bool value)
{
    if (is_known)
        row_bool(r, value);
    else
        row_null(r);
}

static void module_row(struct module_list *list, const struct module *m)
{
    struct rows *r = list->gather->rows;
    int signature = module_signature(list, m);
    row_begin(r);
    row_text(r, m->name);
    row_bool_if(r, source_is_live(list->gather->source), m->is_loaded);
    row_bool_if(r, list->has_builtin, m->is_builtin);
    row_bool_if(r, list->has_dep, m->is_available);
    if (m->is_loaded) {
        row_int(r, m->size_bytes);
        row_int(r, m->users);
    } else {
        row_null(r);
        row_null(r);
    }
    row_bool_if(r, signature >= 0, signature == 1);
    row_bool(r, m->is_blacklisted);
    row_text(r, m->install);
    row_text(r, m->origin);
    row_end(r);
}

static bool kernel_modules_gather(struct gather *g, struct err *e)
{
    struct module_list list = {.gather = g};
    (void)e;
    if (source_is_live(g->source))
        modules_add_loaded(&list);
    modules_add_configured(&list);
    for (size_t i = 0; i < COLUMN_COUNT(watched_modules); i++)
        (void)module_of(&list, str_of(watched_modules[i]));
    list.directory = modules_directory(g);
    list.has_dep = modules_mark(&list, "modules.dep", false);
    list.has_builtin = modules_mark(&list, "modules.builtin", true);
    bool has_modules = !source_is_live(g->source) || proc_has(g, "proc/modules");
    if (has_modules && !list.has_dep)
        gather_missing(g, STR("available"), "which modules could be loaded", "there is no modules.dep for this kernel");
    if (!has_modules)
        list.has_dep = true; /* a kernel without modules: none could be loaded, and that is known */
    for (size_t i = 0; i < list.count; i++)
        module_row(&list, &list.items[i]);
    return true;
}

const struct host_table kernel_modules_table = {
    .schema = &kernel_modules_schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = kernel_modules_gather,
};
