/* files.c - facts of files: what the walk found, what tests declare, and live queries. */
#include "base/limits.h"
#include "collect/host/glob.h"
#include "collect/host/host.h"
#include "collect/host/walk.h"
#include "content/content.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static const struct column files_columns[] = {
    {"path", COLUMN_TEXT, "", "The whole path.", COLUMN_KEY},
    {"type", COLUMN_TEXT, "", "regular, directory, symlink, fifo, socket, block or character."},
    {"mode", COLUMN_TEXT, "", "Permission bits, octal, four digits."},
    {"uid", COLUMN_INTEGER, "", "Owner."},
    {"gid", COLUMN_INTEGER, "", "Group."},
    {"user_name", COLUMN_TEXT, "", "Name of the owner; null if unknown."},
    {"group_name", COLUMN_TEXT, "", "Name of the group; null if unknown."},
    {"size", COLUMN_INTEGER, "bytes", "Size."},
    {"mtime", COLUMN_TIME, "", "Last change of the content."},
    {"ctime", COLUMN_TIME, "", "Last change of the facts."},
    {"links", COLUMN_INTEGER, "", "Hard links."},
    {"device", COLUMN_INTEGER, "", "Device."},
    {"inode", COLUMN_INTEGER, "", "Inode."},
};

static const struct table_schema files_schema = {
    .name = "files",
    .version = 1,
    .words = "A row is a file, read live and never captured whole: ask with path = or path LIKE '/etc/%'.",
    .criteria = "CC6.1, CC6.8",
    .example = "SELECT path, mode FROM files WHERE path LIKE '/etc/ssh/%'",
    .columns = files_columns,
    .column_count = COLUMN_COUNT(files_columns),
};

static const struct column file_facts_columns[] = {
    {"path", COLUMN_TEXT, "", "As found; symbolic links are followed.", COLUMN_KEY},
    {"declared", COLUMN_TEXT, "", "The path or pattern as the test declares it."},
    {"is_there", COLUMN_BOOL, "", "False if nothing is at the path."},
    {"type", COLUMN_TEXT, "", "regular, directory, symlink, fifo, socket, block or character."},
    {"mode", COLUMN_TEXT, "", "Permission bits, octal, four digits."},
    {"uid", COLUMN_INTEGER, "", "Owner."},
    {"gid", COLUMN_INTEGER, "", "Group."},
    {"user_name", COLUMN_TEXT, "", "Name of the owner; null if unknown."},
    {"group_name", COLUMN_TEXT, "", "Name of the group; null if unknown."},
    {"size", COLUMN_INTEGER, "bytes", "Size."},
    {"mtime", COLUMN_TIME, "", "Last change of the content."},
};

static const struct table_schema file_facts_schema = {
    .name = "file_facts",
    .version = 1,
    .words = "A row is a file that a test declares in its header (paths:); a path that does not exist has a row with "
             "nulls.",
    .criteria = "CC6.1, CC6.8",
    .example = "SELECT path, mode, user_name FROM file_facts WHERE path = '/etc/shadow'",
    .columns = file_facts_columns,
    .column_count = COLUMN_COUNT(file_facts_columns),
};

static const struct column file_findings_columns[] = {
    {"path", COLUMN_TEXT, "", "The whole path.", COLUMN_KEY},
    {"kind", COLUMN_TEXT, "",
     "suid, sgid, world_writable (file), no_sticky (a folder that all may write without the sticky bit), "
     "unowned (no such user), ungrouped (no such group), path_writable (in PATH and writable by others than "
     "root).",
     COLUMN_KEY},
    {"type", COLUMN_TEXT, "", "regular or directory."},
    {"mode", COLUMN_TEXT, "", "Permission bits, octal, four digits."},
    {"uid", COLUMN_INTEGER, "", "Owner."},
    {"gid", COLUMN_INTEGER, "", "Group."},
    {"user_name", COLUMN_TEXT, "", "Name of the owner; null if unknown."},
    {"group_name", COLUMN_TEXT, "", "Name of the group; null if unknown."},
};

static const struct table_schema file_findings_schema = {
    .name = "file_findings",
    .version = 1,
    .words = "A row is something that the one walk over the local file systems found worth telling.",
    .criteria = "CC6.1, CC6.8",
    .example = "SELECT path, mode FROM file_findings WHERE kind = 'suid'",
    .columns = file_findings_columns,
    .column_count = COLUMN_COUNT(file_findings_columns),
};

/* ---- names of owners, looked up once each ---- */

struct names {
    struct arena *arena;
    struct name {
        int64_t id;
        struct str text;
    } * items;
    size_t count, capacity;
};

static int compare_names(const void *a, const void *b)
{
    const struct name *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* The first line of an id wins, as in getpwuid(3). */
static void names_read(struct gather *g, const char *path, struct names *ret)
{
    struct err e = {0};
    struct str text, line, name, field;
    *ret = (struct names){.arena = g->arena};
    if (!source_read(g->source, g->arena, path, LIMIT_READ_FILE_BYTES, &text, &e))
        return;
    while (str_next_line(&text, &line)) {
        int64_t id = 0;
        str_cut(&line, ':', &name);
        str_cut(&line, ':', &field);
        str_cut(&line, ':', &field);
        if (!str_to_int64(field, &id))
            continue;
        if (ret->count == ret->capacity)
            ret->items = arena_grow(g->arena, ret->items, ret->count, &ret->capacity, sizeof(*ret->items));
        /* Kept in the order of the file among equals, by the low bits that a uid leaves free. */
        ret->items[ret->count] = (struct name){id << 24 | (int64_t)(ret->count & 0xffffff), name};
        ret->count++;
    }
    if (ret->count)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare_names);
}

static struct str name_of(const struct names *n, int64_t id)
{
    size_t low = 0, high = n->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (n->items[middle].id < id << 24)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n->count && n->items[low].id >> 24 == id ? n->items[low].text : (struct str){0};
}

static void row_mode(struct rows *r, unsigned mode)
{
    char octal[16];
    snprintf(octal, sizeof(octal), "%04o", mode & 07777);
    row_cstr(r, octal);
}

static void row_owner(struct rows *r, const struct names *users, const struct names *groups, int64_t uid, int64_t gid)
{
    row_int(r, uid);
    row_int(r, gid);
    row_text(r, name_of(users, uid));
    row_text(r, name_of(groups, gid));
}

/* ---- files: live, under a path ---- */

struct listing {
    struct gather *gather;
    struct names users, groups;
};

static const char *statx_type(unsigned mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return file_kind_name(FILE_REGULAR);
    case S_IFDIR:
        return file_kind_name(FILE_DIRECTORY);
    case S_IFLNK:
        return file_kind_name(FILE_SYMLINK);
    case S_IFIFO:
        return file_kind_name(FILE_FIFO);
    case S_IFSOCK:
        return file_kind_name(FILE_SOCKET);
    case S_IFBLK:
        return file_kind_name(FILE_BLOCK);
    default:
        return file_kind_name(FILE_CHARACTER);
    }
}

static int64_t statx_ms(const struct statx_timestamp *t)
{
    return t->tv_sec * 1000 + t->tv_nsec / 1000000;
}

static bool list_file(void *context, const struct walk_entry *entry)
{
    struct listing *l = context;
    struct rows *r = l->gather->rows;
    const struct statx *x = entry->facts;
    bool is_root = entry->name.size == 0, is_in_root = str_is(entry->folder, "/");
    row_begin(r);
    row_text(r, is_root ? STR("/")
                        : arena_printf(r->arena, "%.*s/%.*s", is_in_root ? 0 : (int)entry->folder.size, entry->folder.data,
                                       STR_ARGS(entry->name)));
    row_cstr(r, statx_type(x->stx_mode));
    row_mode(r, x->stx_mode);
    row_owner(r, &l->users, &l->groups, x->stx_uid, x->stx_gid);
    row_int(r, (int64_t)x->stx_size);
    row_int(r, statx_ms(&x->stx_mtime));
    row_int(r, statx_ms(&x->stx_ctime));
    row_int(r, x->stx_nlink);
    row_int(r, (int64_t)makedev(x->stx_dev_major, x->stx_dev_minor));
    row_int(r, (int64_t)x->stx_ino);
    row_end(r);
    return !r->is_over_limit;
}

static void tell_gaps(struct gather *g, const struct walk *w)
{
    const struct walk_gap *gaps;
    size_t count = walk_gaps(w, &gaps);
    for (size_t i = 0; i < count; i++)
        gather_missing(g, gaps[i].path, "what lies below", arena_printf(g->arena, "%.*s", STR_ARGS(gaps[i].reason)).data);
}

static bool files_gather(struct gather *g, struct err *e)
{
    struct listing l = {.gather = g};
    struct walk_options options = {.deadline_ms = g->deadline_ms, .each = list_file, .context = &l, .is_without_findings = true};
    struct cell equal;
    if (gather_hint_equal(g, "path", &equal))
        options.prefix = equal.text;
    else
        gather_hint_prefix(g, "path", &options.prefix);
    names_read(g, "/etc/passwd", &l.users);
    names_read(g, "/etc/group", &l.groups);
    struct walk *w = walk_new(g->arena, g->source);
    if (!walk_run(w, &options, e))
        return false;
    tell_gaps(g, w);
    return true;
}

/* A tree without a program (no /usr/bin, or an empty one) is not the whole of a system: what was found stands, but from what was not
 * found nothing follows. */
static void tell_part_of_a_system(struct gather *g)
{
    enum { NAMES_LOOKED_AT_MAX = 64 };
    static const char *const homes[] = {"/usr/bin", "/bin", "/usr/sbin", "/sbin"};
    for (size_t i = 0; i < COLUMN_COUNT(homes); i++) {
        struct err e = {0};
        struct str *names;
        size_t count = 0;
        if (!source_list(g->source, g->arena, homes[i], &names, &count, &e) && e.code == ERR_DENIED)
            return;
        for (size_t k = 0; k < count && k < NAMES_LOOKED_AT_MAX; k++) {
            struct file_facts facts;
            if (source_stat(g->source, arena_printf(g->arena, "%s/%.*s", homes[i], STR_ARGS(names[k])).data, true, &facts, &e) &&
                facts.kind == FILE_REGULAR)
                return;
        }
    }
    gather_missing(g, STR("/"), "the programs of a system", "there are none, so this is a part of a system at most");
}

/* ---- file_findings: of the one walk ---- */

static bool file_findings_gather(struct gather *g, struct err *e)
{
    if (!g->walk)
        return err_set(e, ERR_INTERNAL, "the file systems were not walked");
    const struct walk_totals *totals = walk_totals(g->walk);
    if (totals->inodes <= totals->folders)
        return err_set(e, ERR_NOT_FOUND, "the walk met no file");
    struct names users, groups;
    names_read(g, "/etc/passwd", &users);
    names_read(g, "/etc/group", &groups);
    const struct walk_finding *findings;
    size_t count = walk_findings(g->walk, &findings);
    for (size_t i = 0; i < count; i++) {
        const struct walk_finding *f = &findings[i];
        row_begin(g->rows);
        row_text(g->rows, f->path);
        row_cstr(g->rows, finding_kind_name(f->kind));
        row_cstr(g->rows, file_kind_name(f->type));
        row_mode(g->rows, f->mode);
        row_owner(g->rows, &users, &groups, f->uid, f->gid);
        row_end(g->rows);
    }
    tell_gaps(g, g->walk);
    tell_part_of_a_system(g);
    return true;
}

/* ---- file_facts: what tests declare ---- */

static void fact_row(struct gather *g, const struct names *users, const struct names *groups, struct str path,
                     struct str declared)
{
    struct err e = {0};
    struct file_facts f;
    struct rows *r = g->rows;
    bool is_there = source_stat(g->source, path.data, true, &f, &e);
    if (!is_there && e.code != ERR_NOT_FOUND && e.code != ERR_INVALID) {
        gather_missing(g, path, "facts of the file", e.text);
        return;
    }
    row_begin(r);
    row_text(r, path);
    row_text(r, declared);
    row_bool(r, is_there);
    if (is_there) {
        row_cstr(r, file_kind_name(f.kind));
        row_mode(r, f.mode);
        row_owner(r, users, groups, f.uid, f.gid);
        f.kind == FILE_REGULAR ? row_int(r, f.size_bytes) : row_null(r);
        row_int(r, f.mtime_ms);
    } else {
        for (size_t i = r->filled; i < r->schema->column_count; i++)
            row_null(r);
    }
    row_end(r);
}

static int compare_strs(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* The paths of all tests, each once. */
static size_t declared_paths(struct arena *a, struct str **ret)
{
    struct str *all = NULL;
    size_t count = 0, capacity = 0, distinct = 0;
    for (size_t i = 0; i < content_test_count; i++)
        for (size_t k = 0; k < content_tests[i].paths.count; k++) {
            if (count == capacity)
                all = arena_grow(a, all, count, &capacity, sizeof(*all));
            all[count++] = str_of(content_tests[i].paths.items[k]);
        }
    if (count)
        qsort(all, count, sizeof(*all), compare_strs);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !str_equal(all[distinct - 1], all[i]))
            all[distinct++] = all[i];
    *ret = all;
    return distinct;
}

static bool file_facts_gather(struct gather *g, struct err *e)
{
    struct names users, groups;
    struct str *declared, *tops;
    size_t top_count = 0;
    if (!source_list(g->source, g->arena, "/", &tops, &top_count, e))
        return false;
    if (top_count == 0)
        return err_set(e, ERR_NOT_FOUND, "the tree is empty");
    tell_part_of_a_system(g);
    names_read(g, "/etc/passwd", &users);
    names_read(g, "/etc/group", &groups);
    size_t count = declared_paths(g->arena, &declared);
    for (size_t i = 0; i < count; i++) {
        struct str *paths;
        size_t path_count = 0;
        struct err failure = {0};
        if (!source_glob(g->source, g->arena, declared[i], &paths, &path_count, &failure)) {
            gather_missing(g, declared[i], "files that match", failure.text);
            continue;
        }
        for (size_t k = 0; k < path_count; k++)
            fact_row(g, &users, &groups, paths[k], declared[i]);
    }
    return true;
}

const struct host_table files_table = {
    .schema = &files_schema,
    .origin = FROM_WALK,
    .is_live_only = true,
    .uses_hints = true,
    .works_on_tree = true,
    .gather = files_gather,
};

const struct host_table file_facts_table = {
    .schema = &file_facts_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = file_facts_gather,
};

const struct host_table file_findings_table = {
    .schema = &file_findings_schema,
    .origin = FROM_WALK,
    .works_on_tree = true,
    .gather = file_findings_gather,
};
