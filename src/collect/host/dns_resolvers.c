/*
 * dns_resolvers.c - whom this host asks for names: resolv.conf(5), and behind its stub systemd-resolved (resolved.conf(5)).
 */
#include "collect/host/host.h"

static const struct column dns_resolvers_columns[] = {
    {"addr", COLUMN_TEXT, "", "Address of the server.", 0},
    {"origin", COLUMN_TEXT, "", "File that names it.", 0},
    {"line", COLUMN_INTEGER, "", "Line in that file.", 0},
    {"scope", COLUMN_TEXT, "", "'loopback', 'private' or 'public'; null if the address is malformed.", 0},
    {"position", COLUMN_INTEGER, "", "Order in which the servers of this file are asked, from 1.", 0},
    {"is_used", COLUMN_BOOL, "",
     "0 for a server that the C library ignores (after the third of resolv.conf) or a fallback; 1 otherwise.", 0},
    {"dnssec", COLUMN_TEXT, "", "DNSSEC= of resolved.conf, for servers of systemd-resolved; null if not set there.", 0},
    {"dns_over_tls", COLUMN_TEXT, "", "DNSOverTLS= of resolved.conf, for servers of systemd-resolved; null if not set there.", 0},
};

static const struct table_schema dns_resolvers_schema = {
    .name = "dns_resolvers",
    .version = 1,
    .words = "One row a name server that a file of the resolver or of systemd-resolved names.",
    .criteria = "CC6.6",
    .example = "SELECT addr, origin FROM dns_resolvers WHERE is_used = 1 AND scope = 'public'",
    .columns = dns_resolvers_columns,
    .column_count = COLUMN_COUNT(dns_resolvers_columns),
};

static bool dns_resolvers_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "dns_resolvers: not read yet");
}

const struct host_table dns_resolvers_table = {
    .schema = &dns_resolvers_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = dns_resolvers_gather,
};
