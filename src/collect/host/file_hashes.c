/* file_hashes - digests of the files whose change an auditor asks about. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"path", COLUMN_TEXT, "", "The file.", COLUMN_KEY},
    {"sha256", COLUMN_TEXT, "hex", "SHA-256 of its bytes."},
    {"size", COLUMN_INTEGER, "bytes", "Its size."},
};

static const struct table_schema schema = {
    .name = "file_hashes",
    .version = 1,
    .words = "A row is a file of the watch list: configuration of identity, access, boot and logging, and the "
             "programs that let people in. Files with secrets are not on it.",
    .criteria = "CC6.8, CC7.2",
    .example = "SELECT path, sha256 FROM file_hashes WHERE path LIKE '/etc/pam.d/%'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table file_hashes_table = {
    .schema = &schema,
    .origin = FROM_WALK,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
