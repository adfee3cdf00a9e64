/* sshd.c - the configuration of the OpenSSH server as it is in effect. */
#include "collect/host/host.h"

static const struct column sshd_effective_columns[] = {
    {"key", COLUMN_TEXT, "", "The keyword in lower case."},
    {"value", COLUMN_TEXT, "", "The value, as sshd -T writes it; of lists one row each has the order in position."},
    {"position", COLUMN_INTEGER, "",
     "Place among the values of a keyword that may stand more than once (Port, ListenAddress, HostKey, "
     "AcceptEnv, AllowUsers ...), from 1."},
    {"match", COLUMN_TEXT, "", "The condition of the Match block; empty for all."},
    {"is_default", COLUMN_BOOL, "", "Nothing sets it: the built-in default."},
    {"origin", COLUMN_TEXT, "", "file:line, or default."},
};

static const struct table_schema sshd_effective_schema = {
    .name = "sshd_effective",
    .version = 1,
    .words = "A row is a setting of the OpenSSH server as it is in effect: of each keyword the first value wins, "
             "Include is followed in lexical order, Match blocks are kept apart, and what is not set has the built-in "
             "default.",
    .criteria = "CC6.1, CC6.6, CC6.7",
    .example = "SELECT value, origin FROM sshd_effective WHERE key = 'permitrootlogin' AND match = ''",
    .columns = sshd_effective_columns,
    .column_count = COLUMN_COUNT(sshd_effective_columns),
};

/* GATHER */
static bool sshd_effective_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table sshd_effective_table = {
    .schema = &sshd_effective_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = sshd_effective_gather,
};
