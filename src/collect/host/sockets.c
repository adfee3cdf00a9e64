/*
 * sockets.c - listening and connections: one dump of the kernel's sockets over netlink (sock_diag(7)), owners by /proc/<pid>/fd.
 */
#include "collect/host/host.h"

static const struct column listening_columns[] = {
    {"proto", COLUMN_TEXT, "", "'tcp' or 'udp'.", COLUMN_KEY},
    {"addr", COLUMN_TEXT, "", "Local address; '0.0.0.0' and '::' stand for every address.", 0},
    {"port", COLUMN_INTEGER, "", "Local port.", COLUMN_KEY},
    {"scope", COLUMN_TEXT, "",
     "Who can reach it as far as the address says: 'loopback', 'private' (RFC 1918, link-local, ULA, CGNAT), 'public', or 'any' "
     "(every address).",
     0},
    {"pid", COLUMN_INTEGER, "", "Lowest numbered process that holds the socket; null if none can be seen.", 0},
    {"name", COLUMN_TEXT, "", "Short name of that process.", 0},
    {"path", COLUMN_TEXT, "", "The file it runs; null where it may not be read.", 0},
    {"unit", COLUMN_TEXT, "", "systemd unit that it belongs to; null outside of one.", 0},
    {"uid", COLUMN_INTEGER, "", "User id that opened the socket.", 0},
    {"interface", COLUMN_TEXT, "", "Interface that the socket is bound to; null for all.", 0},
};

static const struct table_schema listening_schema = {
    .name = "listening",
    .version = 1,
    .words = "One row a TCP socket that listens or UDP socket that is bound and not connected, in the network namespace of the "
             "collector.",
    .criteria = "CC6.6, CC6.1",
    .example = "SELECT proto, addr, port, path FROM listening WHERE scope IN ('any', 'public') ORDER BY port",
    .columns = listening_columns,
    .column_count = COLUMN_COUNT(listening_columns),
};

static const struct column connections_columns[] = {
    {"proto", COLUMN_TEXT, "", "'tcp' or 'udp'.", COLUMN_KEY},
    {"laddr", COLUMN_TEXT, "", "Local address.", 0},
    {"lport", COLUMN_INTEGER, "", "Local port.", COLUMN_KEY},
    {"raddr", COLUMN_TEXT, "", "Address of the peer.", 0},
    {"rport", COLUMN_INTEGER, "", "Port of the peer.", COLUMN_KEY},
    {"rscope", COLUMN_TEXT, "", "Where the peer is: 'loopback', 'private' or 'public'.", 0},
    {"state", COLUMN_TEXT, "", "TCP state as ss(8) names it, 'estab', 'time-wait'; 'estab' for a connected UDP socket.", 0},
    {"pid", COLUMN_INTEGER, "",
     "Lowest numbered process that holds the socket; null if none can be seen or the kernel alone holds it.", 0},
    {"name", COLUMN_TEXT, "", "Short name of that process.", 0},
    {"uid", COLUMN_INTEGER, "", "User id that opened the socket.", 0},
};

static const struct table_schema connections_schema = {
    .name = "connections",
    .version = 1,
    .words = "One row a TCP or UDP socket with a peer, in the network namespace of the collector.",
    .criteria = "CC7.2, CC6.6",
    .example = "SELECT raddr, rport, name FROM connections WHERE rscope = 'public' AND state = 'estab'",
    .columns = connections_columns,
    .column_count = COLUMN_COUNT(connections_columns),
};

static bool listening_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "listening: not read yet");
}

static bool connections_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "connections: not read yet");
}

const struct host_table listening_table = {
    .schema = &listening_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_NETNS,
    .gather = listening_gather,
};

const struct host_table connections_table = {
    .schema = &connections_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_NETNS,
    .is_volatile = true,
    .gather = connections_gather,
};
