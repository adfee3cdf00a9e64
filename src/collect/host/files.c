/* files.c - facts of files: what the walk found, what tests declare, and live queries. */
#include "collect/host/host.h"

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
     "root).", COLUMN_KEY},
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

/* GATHER */
static bool files_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool file_facts_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool file_findings_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
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
