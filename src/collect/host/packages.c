/*
 * packages.c - packages and package_files: what dpkg has installed (deb-control(5), /var/lib/dpkg).
 */
#include "base/limits.h"
#include "collect/host/dpkg.h"

static const struct column packages_columns[] = {
    {"manager", COLUMN_TEXT, "", "'dpkg'.", 0},
    {"name", COLUMN_TEXT, "", "Name of the package.", COLUMN_KEY},
    {"version", COLUMN_TEXT, "", "Version; null if nothing of it is installed.", 0},
    {"arch", COLUMN_TEXT, "", "Architecture it was built for, 'all' for every one.", 0},
    {"status", COLUMN_TEXT, "",
     "'installed', 'config-files' (removed, its configuration is left), or a state of unfinished work as in dpkg(1).", 0},
    {"source_name", COLUMN_TEXT, "", "Source package it was built from; security advisories name this one.", 0},
    {"source_version", COLUMN_TEXT, "", "Version of the source package.", 0},
    {"install_time", COLUMN_TIME, "ms UTC",
     "When its file list was last written: the last installation or upgrade; null if unknown.", 0},
    {"maintainer", COLUMN_TEXT, "", "Who maintains the package.", 0},
    {"held", COLUMN_BOOL, "", "1 if upgrades of it are held back.", 0},
    {"section", COLUMN_TEXT, "", "Section of the archive, as 'net' or 'non-free/libs'; null if not said.", 0},
};

static const struct table_schema packages_schema = {
    .name = "packages",
    .version = 1,
    .words = "One row a package that dpkg knows, from /var/lib/dpkg/status.",
    .criteria = "CC6.8, CC7.1, CC8.1",
    .example = "SELECT name, version, install_time FROM packages WHERE status = 'installed' ORDER BY install_time DESC LIMIT 20",
    .columns = packages_columns,
    .column_count = COLUMN_COUNT(packages_columns),
};

static const struct column package_files_columns[] = {
    {"pkg", COLUMN_TEXT, "", "Package that owns the path.", COLUMN_KEY},
    {"path", COLUMN_TEXT, "", "Absolute path of a file or directory.", COLUMN_KEY},
    {"md5", COLUMN_TEXT, "",
     "MD5 that the package was shipped with, hexadecimal; null for directories, links and files made later.", 0},
    {"is_conffile", COLUMN_BOOL, "", "1 for configuration that an administrator may change.", 0},
};

static const struct table_schema package_files_schema = {
    .name = "package_files",
    .version = 1,
    .words = "One row a path of an installed package, from /var/lib/dpkg/info. Asked live only, as it is long.",
    .criteria = "CC6.8",
    .example = "SELECT pkg FROM package_files WHERE path = '/usr/bin/ssh'",
    .columns = package_files_columns,
    .column_count = COLUMN_COUNT(package_files_columns),
};

#define INFO_DIR "/var/lib/dpkg/info"

/* The time of the package's file list: dpkg writes it anew at every unpacking. */
static void row_install_time(struct gather *g, const struct dpkg_package *p)
{
    char path[512];
    struct file_facts facts;
    struct err failed = {0};
    struct str name = p->field[DPKG_NAME], arch = p->field[DPKG_ARCH];
    bool is_same = p->field[DPKG_MULTI_ARCH].data && str_is(p->field[DPKG_MULTI_ARCH], "same");
    if (is_same)
        snprintf(path, sizeof(path), INFO_DIR "/%.*s:%.*s.list", STR_ARGS(name), STR_ARGS(arch));
    else
        snprintf(path, sizeof(path), INFO_DIR "/%.*s.list", STR_ARGS(name));
    if (str_find_char(name, '/') < 0 && str_find_char(name, '\0') < 0 && source_stat(g->source, path, false, &facts, &failed))
        row_int(g->rows, facts.mtime_ms);
    else
        row_null(g->rows);
}

static bool packages_gather(struct gather *g, struct err *e)
{
    struct str text, source_name, source_version;
    struct dpkg_package p;
    if (!dpkg_status_read(g, &text, e))
        return false;
    while (dpkg_next_package(&text, &p)) {
        struct rows *r = g->rows;
        struct str state = dpkg_state(&p);
        dpkg_source(&p, &source_name, &source_version);
        row_begin(r);
        row_cstr(r, "dpkg");
        row_text(r, p.field[DPKG_NAME]);
        row_text(r, p.field[DPKG_VERSION]);
        row_text(r, p.field[DPKG_ARCH]);
        row_text(r, state);
        row_text(r, source_name);
        row_text(r, source_version);
        if (state.data && str_is(state, "not-installed"))
            row_null(r);
        else
            row_install_time(g, &p);
        row_text(r, p.field[DPKG_MAINTAINER]);
        row_bool(r, dpkg_is_held(&p));
        row_text(r, p.field[DPKG_SECTION]);
        row_end(r);
    }
    if (g->rows->row_count == 0)
        return err_set(e, ERR_INVALID, "/var/lib/dpkg/status: names no package");
    return true;
}

/* Paths with their MD5 of one package: open addressing, twice as many places as entries. */
struct sum_table {
    struct sum {
        struct str path; /* without the leading '/' */
        struct str md5;
        bool is_conffile;
    } * places;
    size_t mask;
};

static struct sum *sum_place(const struct sum_table *t, struct str path)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (size_t i = 0; i < path.size; i++)
        hash = (hash ^ (uint8_t)path.data[i]) * UINT64_C(0x100000001b3);
    size_t at = (size_t)(hash ^ hash >> 32) & t->mask;
    while (t->places[at].path.data && !str_equal(t->places[at].path, path))
        at = (at + 1) & t->mask;
    return &t->places[at];
}

static size_t count_lines(struct str text)
{
    size_t n = 0;
    const char *at = text.data, *end = text.data + text.size;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        n++;
    }
    return n;
}

static struct sum_table sums_read(struct arena *a, struct str md5sums, struct str conffiles)
{
    struct sum_table t = {.mask = 15};
    size_t wanted = 2 * (count_lines(md5sums) + count_lines(conffiles) + 4);
    while (t.mask < wanted)
        t.mask = t.mask * 2 + 1;
    t.places = arena_array(a, t.mask + 1, sizeof(*t.places));
    struct str line;
    while (str_next_line(&md5sums, &line)) { /* "0123...  usr/bin/x" */
        if (line.size < 35 || line.data[32] != ' ')
            continue;
        struct str path = str_slice(line, 34, line.size);
        *sum_place(&t, path) = (struct sum){path, str_slice(line, 0, 32), false};
    }
    while (str_next_line(&conffiles, &line)) { /* " /etc/x 0123..." with "obsolete" or "remove-on-upgrade" behind */
        struct str path, md5;
        if (!str_next_word(&line, &path) || !str_next_word(&line, &md5) || path.data[0] != '/')
            continue;
        path = str_slice(path, 1, path.size);
        *sum_place(&t, path) = (struct sum){path, md5.size == 32 ? md5 : (struct str){0}, true};
    }
    return t;
}

/* What is asked for: hints make the difference between reading one package and all of them. */
struct file_query {
    struct cell package;
    struct cell path;
    bool has_package;
    bool has_path;
};

static void package_file_rows(struct gather *g, const struct file_query *q, struct arena *scratch, const struct dpkg_package *p)
{
    struct err failed = {0};
    struct str list, md5sums = {"", 0}, conffiles = p->field[DPKG_CONFFILES], name = p->field[DPKG_NAME], line;
    bool is_same = p->field[DPKG_MULTI_ARCH].data && str_is(p->field[DPKG_MULTI_ARCH], "same");
    struct str stem = is_same ? arena_printf(scratch, INFO_DIR "/%.*s:%.*s", STR_ARGS(name), STR_ARGS(p->field[DPKG_ARCH]))
                              : arena_printf(scratch, INFO_DIR "/%.*s", STR_ARGS(name));
    struct str path = arena_printf(scratch, "%s.list", stem.data);
    if (!source_read(g->source, scratch, path.data, LIMIT_READ_FILE_BYTES, &list, &failed)) {
        if (failed.code != ERR_NOT_FOUND)
            gather_missing(g, name, "its file list", arena_printf(g->arena, "%s", failed.text).data);
        return;
    }
    if (q->has_path && str_find(list, q->path.text) < 0)
        return;
    path = arena_printf(scratch, "%s.md5sums", stem.data);
    if (!source_read(g->source, scratch, path.data, LIMIT_READ_FILE_BYTES, &md5sums, &failed))
        md5sums = str_make("", 0); /* packages without regular files have none */
    struct sum_table sums = sums_read(scratch, md5sums, conffiles.data ? conffiles : str_make("", 0));
    while (str_next_line(&list, &line)) {
        if (line.size < 2 || line.data[0] != '/' || str_is(line, "/.") || (q->has_path && !str_equal(line, q->path.text)))
            continue;
        struct sum *sum = sum_place(&sums, str_slice(line, 1, line.size));
        row_begin(g->rows);
        row_text(g->rows, name);
        row_text(g->rows, line);
        row_text(g->rows, sum->md5);
        row_bool(g->rows, sum->is_conffile);
        row_end(g->rows);
    }
}

static bool package_files_gather(struct gather *g, struct err *e)
{
    struct str text;
    struct dpkg_package p;
    struct file_query q = {0};
    q.has_package = gather_hint_equal(g, "pkg", &q.package) && q.package.type == CELL_TEXT;
    q.has_path = gather_hint_equal(g, "path", &q.path) && q.path.type == CELL_TEXT;
    if (!dpkg_status_read(g, &text, e))
        return false;
    struct arena *scratch = arena_new("package_files", LIMIT_READ_FILE_BYTES);
    while (dpkg_next_package(&text, &p)) {
        struct str state = dpkg_state(&p), name = p.field[DPKG_NAME];
        if (!state.data || !str_is(state, "installed") || (q.has_package && !str_equal(name, q.package.text)))
            continue;
        if (str_find_char(name, '/') >= 0)
            continue; /* no package is named so: never a path outside of the directory */
        if (gather_is_late(g)) {
            gather_missing(g, name, "the packages from this one on", "time limit reached");
            break;
        }
        package_file_rows(g, &q, scratch, &p);
        arena_reset(scratch);
    }
    arena_free(scratch);
    return true;
}

const struct host_table packages_table = {
    .schema = &packages_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = packages_gather,
};

const struct host_table package_files_table = {
    .schema = &package_files_schema,
    .origin = FROM_FILES,
    .is_live_only = true,
    .uses_hints = true,
    .works_on_tree = true,
    .gather = package_files_gather,
};
