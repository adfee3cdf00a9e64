/*
 * security_agents.c - programs that watch over the host: whether each known one is installed, runs and is up to date.
 */
#include "collect/host/host.h"

static const struct column security_agents_columns[] = {
    {"name", COLUMN_TEXT, "", "Name of the program, as 'clamav', 'wazuh', 'crowdstrike-falcon', 'aide', 'fail2ban'.", COLUMN_KEY},
    {"kind", COLUMN_TEXT, "",
     "'antimalware', 'edr', 'integrity', 'intrusion' (blocks or detects attacks), 'inventory' (osquery and the like), 'rootkit', "
     "'vulnerability'.",
     0},
    {"installed", COLUMN_BOOL, "", "1 if its package or its files are there.", 0},
    {"running", COLUMN_BOOL, "", "1 if a process of it runs; null if it runs only from time to time, or on a tree.", 0},
    {"version", COLUMN_TEXT, "", "Version of its package; null if unknown.", 0},
    {"signature_date", COLUMN_TIME, "ms UTC",
     "Date of its signatures or of its reference database; null if it has none or it may not be read.", 0},
    {"path", COLUMN_TEXT, "", "The file that shows that it is installed; null if it is not.", 0},
};

static const struct table_schema security_agents_schema = {
    .name = "security_agents",
    .version = 1,
    .words = "One row a known program that protects or watches a host, whether it is installed or not: the absence of all of "
             "them is a fact as well.",
    .criteria = "CC6.8, CC7.1, CC7.2",
    .example = "SELECT name, running, signature_date FROM security_agents WHERE kind = 'antimalware' AND installed = 1",
    .columns = security_agents_columns,
    .column_count = COLUMN_COUNT(security_agents_columns),
};

static bool security_agents_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "security_agents: not read yet");
}

const struct host_table security_agents_table = {
    .schema = &security_agents_schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = security_agents_gather,
};
