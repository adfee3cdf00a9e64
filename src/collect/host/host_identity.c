/*
 * host_identity.c - which host this is: machine-id(5), hostname(5), os-release(5), firmware tables, cloud-init.
 */
#include "collect/host/host.h"

static const struct column host_identity_columns[] = {
    {"machine_id", COLUMN_TEXT, "", "Machine id; null if there is none.", 0},
    {"hostname", COLUMN_TEXT, "", "Host name of /etc/hostname, or of the running kernel.", 0},
    {"os", COLUMN_TEXT, "", "Operating system, ID of os-release: 'debian', 'ubuntu'.", 0},
    {"version", COLUMN_TEXT, "", "Its version: the exact one of debian_version where there is one ('12.11'), else VERSION_ID.",
     0},
    {"codename", COLUMN_TEXT, "", "VERSION_CODENAME, as 'bookworm'; null if it has none.", 0},
    {"pretty_name", COLUMN_TEXT, "", "PRETTY_NAME of os-release.", 0},
    {"arch", COLUMN_TEXT, "", "Architecture of the programs, as 'x86_64', 'aarch64'.", 0},
    {"virt", COLUMN_TEXT, "",
     "What it runs in: 'none', 'kvm', 'vmware', 'microsoft', 'xen', 'docker', 'podman', 'lxc', 'systemd-nspawn' and others; null "
     "if unknown.",
     0},
    {"cloud", COLUMN_TEXT, "", "Cloud provider: 'aws', 'gcp', 'azure' and others; null if none is seen.", 0},
    {"instance_id", COLUMN_TEXT, "", "Instance id that cloud-init keeps; null if there is none.", 0},
    {"fqdn", COLUMN_TEXT, "", "Name with domain, by /etc/hosts; null if it says none.", 0},
};

static const struct table_schema host_identity_schema = {
    .name = "host_identity",
    .version = 1,
    .words = "One row: what tells this host from others, and which system it runs.",
    .criteria = "CC6.1, CC7.1",
    .example = "SELECT hostname, pretty_name, virt FROM host_identity",
    .columns = host_identity_columns,
    .column_count = COLUMN_COUNT(host_identity_columns),
};

static bool host_identity_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "host_identity: not read yet");
}

const struct host_table host_identity_table = {
    .schema = &host_identity_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = host_identity_gather,
};
