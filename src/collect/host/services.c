/* services - the units of systemd: what runs, what starts at boot, as whom, and how confined. */
#include "collect/host/host.h"

static const struct column columns[] = {
    {"unit", COLUMN_TEXT, "", "The name of the unit, as ssh.service; a template is listed as name@.service.", COLUMN_KEY},
    {"type", COLUMN_TEXT, "", "What the name ends in: service, socket, timer, target, path, mount, slice and so on."},
    {"load", COLUMN_TEXT, "",
     "Whether systemd could load it: loaded, masked, not-found, error; null where systemd does not run or has not loaded it."},
    {"active", COLUMN_TEXT, "",
     "active, inactive, failed, activating, reloading or deactivating; null where systemd does not run."},
    {"sub", COLUMN_TEXT, "", "The finer state, as running, exited, dead, listening; null where systemd does not run."},
    {"enabled", COLUMN_TEXT, "",
     "Whether it starts at boot: enabled, enabled-runtime, disabled, masked, static, indirect, alias, generated, linked or transient."},
    {"preset", COLUMN_TEXT, "", "What the distribution presets it to, enabled or disabled; null if it cannot be installed."},
    {"main_pid", COLUMN_INTEGER, "process id", "The main process; null if none runs or it is not known."},
    {"exec", COLUMN_TEXT, "", "The command that ExecStart names, words that look like secrets left out."},
    {"user", COLUMN_TEXT, "",
     "The account it runs as: User=, \"dynamic\" for DynamicUser=yes, root if nothing is said; null for what runs no command.", COLUMN_PERSONAL},
    {"fragment", COLUMN_TEXT, "", "The path of the unit file."},
    {"restart", COLUMN_TEXT, "", "Restart=: no, always, on-failure and so on; null for units other than services."},
    {"hardening_score", COLUMN_INTEGER, "settings",
     "How many of 20 sandboxing settings (NoNewPrivileges, ProtectSystem, PrivateTmp ...) are on; null for units other than services."},
};

static const struct table_schema schema = {
    .name = "services",
    .version = 1,
    .words = "A row is a systemd unit (service, socket, timer, target, path, mount). On a host where systemd runs "
             "the states come over D-Bus; elsewhere, and on a tree, from unit files, enabling links and masks.",
    .criteria = "CC6.1, CC6.8, CC7.1, A1.2",
    .example = "SELECT unit, active, sub FROM services WHERE enabled = 'enabled' AND active = 'failed'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static bool gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table services_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = gather,
};
