/*
 * firewall.c - firewall_chains and firewall_rules: what the kernel filters now, by nf_tables and by legacy iptables.
 */
#include "collect/host/host.h"

static const struct column firewall_chains_columns[] = {
    {"family", COLUMN_TEXT, "", "'ip', 'ip6', 'inet', 'arp', 'bridge' or 'netdev'.", 0},
    {"tbl", COLUMN_TEXT, "", "Table that the chain is in.", 0},
    {"name", COLUMN_TEXT, "", "Name of the chain.", 0},
    {"kind", COLUMN_TEXT, "", "Kind of a base chain: 'filter', 'nat', 'route'; null for others.", 0},
    {"hook", COLUMN_TEXT, "",
     "Where the kernel calls it: 'input', 'forward', 'output', 'prerouting', 'postrouting', 'ingress', 'egress'; null if only "
     "other chains jump to it.",
     0},
    {"priority", COLUMN_INTEGER, "", "Order among the chains of one hook, lower first; null if it has no hook.", 0},
    {"policy", COLUMN_TEXT, "", "What happens at its end: 'accept' or 'drop'; null if it has no hook.", 0},
    {"rules", COLUMN_INTEGER, "", "Number of its rules.", 0},
    {"backend", COLUMN_TEXT, "", "'nf_tables' or 'iptables-legacy'.", 0},
    {"frontend", COLUMN_TEXT, "",
     "Program whose naming the chain shows: 'ufw', 'firewalld', 'iptables-nft', 'docker', 'libvirt', 'fail2ban'; null for none "
     "known.",
     0},
};

static const struct table_schema firewall_chains_schema = {
    .name = "firewall_chains",
    .version = 1,
    .words = "One row a chain that is loaded in the kernel, in the network namespace of the collector. Read by netlink "
             "(nf_tables) and getsockopt (legacy iptables); needs CAP_NET_ADMIN.",
    .criteria = "CC6.6",
    .example = "SELECT family, tbl, name, policy FROM firewall_chains WHERE hook = 'input' AND kind = 'filter'",
    .columns = firewall_chains_columns,
    .column_count = COLUMN_COUNT(firewall_chains_columns),
};

static const struct column firewall_rules_columns[] = {
    {"family", COLUMN_TEXT, "", "'ip', 'ip6', 'inet', 'arp', 'bridge' or 'netdev'.", 0},
    {"tbl", COLUMN_TEXT, "", "Table that the rule is in.", 0},
    {"chain", COLUMN_TEXT, "", "Chain that the rule is in.", 0},
    {"pos", COLUMN_INTEGER, "", "Place in its chain, from 1.", 0},
    {"verdict", COLUMN_TEXT, "",
     "'accept', 'drop', 'reject', 'return', 'queue', 'jump NAME', 'goto NAME', 'masquerade', 'snat', 'dnat', 'redirect'; null if "
     "it only counts, logs or marks.",
     0},
    {"is_unconditional", COLUMN_BOOL, "", "1 if the verdict is met by every packet.", 0},
    {"iif", COLUMN_TEXT, "", "Incoming interface that it asks for; null for any.", 0},
    {"proto", COLUMN_TEXT, "", "Protocol that it asks for: 'tcp', 'udp', 'icmp', 'ipv6-icmp', a number; null for any.", 0},
    {"saddr", COLUMN_TEXT, "",
     "Source address or network that it asks for ('!' before it: all others, '@name': a set); null for any.", 0},
    {"dport", COLUMN_TEXT, "", "Destination port, range 'a-b', list or '@set' that it asks for; null for any.", 0},
    {"ct_state", COLUMN_TEXT, "", "Connection states that it asks for, as 'established,related'; null for any.", 0},
    {"expr_json", COLUMN_TEXT, "",
     "All of the rule as a JSON array of its expressions; what is not decoded stands there by name.", 0},
    {"comment", COLUMN_TEXT, "", "Comment that its author left; null if none.", 0},
    {"backend", COLUMN_TEXT, "", "'nf_tables' or 'iptables-legacy'.", 0},
    {"frontend", COLUMN_TEXT, "", "Program whose naming the chain shows, as in firewall_chains.", 0},
};

static const struct table_schema firewall_rules_schema = {
    .name = "firewall_rules",
    .version = 1,
    .words = "One row a rule that is loaded in the kernel, in the network namespace of the collector. Needs CAP_NET_ADMIN.",
    .criteria = "CC6.6",
    .example = "SELECT chain, pos, saddr, dport FROM firewall_rules WHERE verdict = 'accept' AND proto = 'tcp' AND saddr IS NULL",
    .columns = firewall_rules_columns,
    .column_count = COLUMN_COUNT(firewall_rules_columns),
};

static bool firewall_chains_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "firewall_chains: not read yet");
}

static bool firewall_rules_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "firewall_rules: not read yet");
}

const struct host_table firewall_chains_table = {
    .schema = &firewall_chains_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_NETNS,
    .gather = firewall_chains_gather,
};

const struct host_table firewall_rules_table = {
    .schema = &firewall_rules_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_NETNS,
    .gather = firewall_rules_gather,
};
