/* audit_rules - what the kernel audits now and what is configured to be audited. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"kind", COLUMN_TEXT, "", "watch (a path), syscall, or control (-e, -f, -b and such)."},
    {"key", COLUMN_TEXT, "", "The keys (-k), by commas; null if none.", COLUMN_KEY},
    {"action", COLUMN_TEXT, "", "always or never; null for control."},
    {"list", COLUMN_TEXT, "", "exit, task, user, exclude or filesystem; null for control."},
    {"path", COLUMN_TEXT, "", "The file or directory watched; null if none.", COLUMN_KEY},
    {"permissions", COLUMN_TEXT, "", "Of r, w, x and a those watched; null if none."},
    {"fields", COLUMN_TEXT, "", "All other conditions, as \"auid>=1000 auid!=unset\", sorted; null if none."},
    {"syscalls", COLUMN_TEXT, "", "The system calls, by commas, sorted; \"all\"; null for watches and control."},
    {"arch", COLUMN_TEXT, "", "b64 or b32; null if not said."},
    {"loaded", COLUMN_BOOL, "", "Whether the kernel has it now; null if the kernel did not tell."},
    {"configured", COLUMN_BOOL, "", "Whether a file has it."},
    {"file", COLUMN_TEXT, "", "file:line; null if it is only loaded."},
};

static const struct table_schema schema = {
    .name = "audit_rules",
    .version = 1,
    .words = "A row is a rule, loaded in the kernel (NETLINK_AUDIT), configured in /etc/audit, or both. Where the "
             "kernel refuses, loaded is null and table_status says so.",
    .criteria = "CC7.2, CC7.3",
    .example = "SELECT path, permissions, key FROM audit_rules WHERE kind = 'watch' AND path = '/etc/passwd'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table audit_rules_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_USERNS,
    .works_on_tree = true,
    .gather = gather,
};
