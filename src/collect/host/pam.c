/* pam.c - PAM services with their includes followed. */
#include "collect/host/host.h"

static const struct column pam_rules_columns[] = {
    {"service", COLUMN_TEXT, "", "The file in /etc/pam.d (or /etc/pam.conf)."},
    {"position", COLUMN_INTEGER, "", "Place in the flattened order of the service, from 1."},
    {"type", COLUMN_TEXT, "", "auth, account, password or session."},
    {"is_optional_module", COLUMN_BOOL, "", "A - stands before the type: a missing module is not logged."},
    {"control", COLUMN_TEXT, "",
     "required, requisite, sufficient, optional, include, substack or [value=action ...] as written."},
    {"module", COLUMN_TEXT, "", "The module without its folder."},
    {"args", COLUMN_TEXT, "", "The arguments, one space between; empty if none."},
    {"file", COLUMN_TEXT, "", "The file with the rule."},
    {"line", COLUMN_INTEGER, "", "Line in it."},
    {"depth", COLUMN_INTEGER, "", "0: in the service itself; 1 and more: through includes."},
};

static const struct table_schema pam_rules_schema = {
    .name = "pam_rules",
    .version = 1,
    .words = "A row is a rule of a PAM service, in the order in which PAM reads them, with @include, include and "
             "substack followed.",
    .criteria = "CC6.1",
    .example = "SELECT service, args FROM pam_rules WHERE module = 'pam_unix.so' AND args LIKE '%nullok%'",
    .columns = pam_rules_columns,
    .column_count = COLUMN_COUNT(pam_rules_columns),
};

/* GATHER */
static bool pam_rules_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table pam_rules_table = {
    .schema = &pam_rules_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = pam_rules_gather,
};
