/* mac_status - mandatory access control: AppArmor and SELinux, their modes and profiles. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"system", COLUMN_TEXT, "", "apparmor or selinux."},
    {"mode", COLUMN_TEXT, "",
     "apparmor: enabled or disabled; selinux: enforcing, permissive or disabled; null if not known, as on a tree."},
    {"configured_mode", COLUMN_TEXT, "",
     "What the configuration asks for at boot: selinux as in /etc/selinux/config; apparmor enabled or disabled by the unit and its links."},
    {"policy", COLUMN_TEXT, "", "selinux: SELINUXTYPE, as targeted; null for apparmor."},
    {"profile", COLUMN_TEXT, "", "The name of the AppArmor profile; null in the rows of the systems.", COLUMN_KEY},
    {"profile_mode", COLUMN_TEXT, "", "enforce, complain, kill, unconfined; null in the rows of the systems."},
};

static const struct table_schema schema = {
    .name = "mac_status",
    .version = 1,
    .words = "One row for AppArmor and one for SELinux (profile null), and a row for every AppArmor profile that the"
             " kernel holds.",
    .criteria = "CC6.1, CC6.8",
    .example = "SELECT system, mode FROM mac_status WHERE profile IS NULL AND mode IN ('enforcing', 'enabled')",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table mac_status_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
