/*
 * network.c - interfaces and routes over rtnetlink(7).
 */
#include "collect/host/host.h"

static const struct column interfaces_columns[] = {
    {"name", COLUMN_TEXT, "", "Name of the interface.", COLUMN_KEY},
    {"kind", COLUMN_TEXT, "", "'loopback', 'ethernet', 'bridge', 'vlan', 'wireguard', 'tun' and others, as the kernel names it.",
     0},
    {"mac", COLUMN_TEXT, "", "Hardware address; null if it has none.", 0},
    {"addr", COLUMN_TEXT, "", "One IPv4 or IPv6 address; null if the interface has none.", 0},
    {"prefix", COLUMN_INTEGER, "bits", "Length of the network prefix of the address.", 0},
    {"scope", COLUMN_TEXT, "", "'loopback', 'private' (RFC 1918, link-local, ULA, CGNAT) or 'public'.", 0},
    {"up", COLUMN_BOOL, "", "1 if it is switched on.", 0},
    {"promiscuous", COLUMN_BOOL, "", "1 if it takes in frames that are meant for others.", 0},
    {"mtu", COLUMN_INTEGER, "bytes", "Largest packet.", 0},
};

static const struct table_schema interfaces_schema = {
    .name = "interfaces",
    .version = 1,
    .words = "One row an address of a network interface, and one an interface without address, in the network namespace of the "
             "collector.",
    .criteria = "CC6.6",
    .example = "SELECT name, addr, prefix FROM interfaces WHERE up = 1 AND scope = 'public'",
    .columns = interfaces_columns,
    .column_count = COLUMN_COUNT(interfaces_columns),
};

static const struct column routes_columns[] = {
    {"dst", COLUMN_TEXT, "", "Destination as address/prefix; '0.0.0.0/0' and '::/0' are the default routes.", 0},
    {"gw", COLUMN_TEXT, "", "Next hop; null for a network that is attached directly.", 0},
    {"dev", COLUMN_TEXT, "", "Interface; null for routes without one (blackhole, several hops).", 0},
    {"metric", COLUMN_INTEGER, "", "Priority; the lower one wins. Null if none is set.", 0},
    {"kind", COLUMN_TEXT, "", "'unicast', 'blackhole', 'unreachable', 'prohibit' and others of rtnetlink(7).", 0},
    {"table_id", COLUMN_INTEGER, "", "Routing table; 254 is the main one.", 0},
};

static const struct table_schema routes_schema = {
    .name = "routes",
    .version = 1,
    .words = "One row a route of every routing table but the kernel's own one for local addresses.",
    .criteria = "CC6.6",
    .example = "SELECT gw, dev FROM routes WHERE dst IN ('0.0.0.0/0', '::/0') AND table_id = 254",
    .columns = routes_columns,
    .column_count = COLUMN_COUNT(routes_columns),
};

static bool interfaces_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "interfaces: not read yet");
}

static bool routes_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "routes: not read yet");
}

const struct host_table interfaces_table = {
    .schema = &interfaces_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_INIT_NETNS,
    .gather = interfaces_gather,
};

const struct host_table routes_table = {
    .schema = &routes_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_INIT_NETNS,
    .gather = routes_gather,
};
