/*
 * firewall_legacy.c - rules of legacy iptables: the tables that /proc/net/ip_tables_names lists, fetched by getsockopt(2) as
 * iptables-legacy does, and the xt extensions, which iptables-nft puts into nf_tables as well.
 *
 * Only tables that are listed are asked for: asking for others would make the kernel create them.
 */
#include "collect/host/firewall.h"
#include "collect/host/netlink.h"
#include "collect/host/proc.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/xt_comment.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_state.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <sys/socket.h>
#include <unistd.h>

#define LEGACY "iptables-legacy"

enum { LEGACY_TABLE_BYTES_MAX = 64 << 20, LEGACY_HOOKS = 5, LEGACY_NAME_BYTES = 32 };

/* ---- xt extensions ---- */

static struct str port_range(struct arena *a, unsigned from, unsigned to)
{
    return from == to ? arena_printf(a, "%u", from) : arena_printf(a, "%u-%u", from, to);
}

static void xt_ports(struct firewall *f, struct firewall_rule *rule, const char *proto, const uint16_t *source,
                     const uint16_t *destination, unsigned inverted)
{
    struct arena *a = f->gather->arena;
    if (source[0] != 0 || source[1] != UINT16_MAX)
        firewall_condition(f, rule, arena_printf(a, "%s sport", proto).data,
                           inverted & 1 ? "!=" : "==", port_range(a, source[0], source[1]));
    if (destination[0] != 0 || destination[1] != UINT16_MAX)
        firewall_condition(f, rule, arena_printf(a, "%s dport", proto).data,
                           inverted & 2 ? "!=" : "==", port_range(a, destination[0], destination[1]));
}

static void xt_multiport(struct firewall *f, struct firewall_rule *rule, const struct xt_multiport_v1 *info)
{
    static const char *const names[] = {"th sport", "th dport", "th port"};
    char text[XT_MULTI_PORTS * 12];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < info->count && i < XT_MULTI_PORTS; i++) {
        const char *separator = i == 0 ? "" : info->pflags[i - 1] ? "-" : ",";
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u", separator, info->ports[i]);
    }
    firewall_condition(f, rule, names[info->flags < 3 ? info->flags : 2],
                       info->invert ? "!=" : "==", arena_str(f->gather->arena, str_make(text, used)));
}

static void xt_conntrack(struct firewall *f, struct firewall_rule *rule, unsigned revision, struct str info)
{
    struct xt_conntrack_mtinfo2 facts; /* 3 begins the same way */
    if (revision < 2 || info.size < sizeof(facts)) {
        firewall_expression(rule, STR("conntrack"), true);
        return;
    }
    memcpy(&facts, info.data, sizeof(facts));
    if (facts.match_flags & XT_CONNTRACK_STATE)
        firewall_condition(f, rule, "ct state", facts.invert_flags & XT_CONNTRACK_STATE ? "!=" : "==",
                           firewall_ct_states(f->gather->arena, facts.state_mask));
    if (facts.match_flags & ~XT_CONNTRACK_STATE)
        firewall_expression(rule, STR("conntrack"), true);
}

void firewall_xt_match(struct firewall *f, struct firewall_rule *rule, struct str name, unsigned revision, struct str info)
{
    struct arena *a = f->gather->arena;
    union {
        struct xt_tcp tcp;
        struct xt_udp udp;
        struct xt_multiport_v1 multiport;
        struct xt_state_info state;
    } facts;
    if (str_is(name, "tcp") && info.size >= sizeof(facts.tcp)) {
        memcpy(&facts.tcp, info.data, sizeof(facts.tcp));
        xt_ports(f, rule, "tcp", facts.tcp.spts, facts.tcp.dpts, facts.tcp.invflags);
        if (facts.tcp.flg_mask)
            firewall_condition(f, rule, "tcp flags", facts.tcp.invflags & XT_TCP_INV_FLAGS ? "!=" : "==",
                               arena_printf(a, "0x%02x / 0x%02x", facts.tcp.flg_cmp, facts.tcp.flg_mask));
    } else if (str_is(name, "udp") && info.size >= sizeof(facts.udp)) {
        memcpy(&facts.udp, info.data, sizeof(facts.udp));
        xt_ports(f, rule, "udp", facts.udp.spts, facts.udp.dpts, facts.udp.invflags);
    } else if (str_is(name, "multiport") && revision == 1 && info.size >= sizeof(facts.multiport)) {
        memcpy(&facts.multiport, info.data, sizeof(facts.multiport));
        xt_multiport(f, rule, &facts.multiport);
    } else if (str_is(name, "conntrack")) {
        xt_conntrack(f, rule, revision, info);
    } else if (str_is(name, "state") && info.size >= sizeof(facts.state)) {
        memcpy(&facts.state, info.data, sizeof(facts.state));
        firewall_condition(f, rule, "ct state", "==", firewall_ct_states(a, facts.state.statemask));
    } else if (str_is(name, "comment")) {
        struct str text = netlink_text(str_slice(info, 0, XT_MAX_COMMENT_LEN));
        rule->comment = rule->comment.data ? rule->comment : arena_str(a, text);
    } else {
        firewall_expression(rule, name, true);
    }
}

void firewall_xt_target(struct firewall_rule *rule, struct str name)
{
    static const struct {
        const char *target;
        const char *verdict;
    } verdicts[] = {{"REJECT", "reject"},     {"MASQUERADE", "masquerade"}, {"SNAT", "snat"},   {"DNAT", "dnat"},
                    {"REDIRECT", "redirect"}, {"NFQUEUE", "queue"},         {"TARPIT", "drop"}, {"NETMAP", "dnat"}};
    for (size_t i = 0; i < COLUMN_COUNT(verdicts); i++) {
        if (str_is(name, verdicts[i].target)) {
            firewall_verdict(rule, str_of(verdicts[i].verdict));
            return;
        }
    }
    firewall_expression(rule, name, false); /* LOG, MARK, CT: the packet goes on */
}

/* ---- tables ---- */

/* What IPv4 and IPv6 differ in. */
struct legacy_family {
    const char *name;
    const char *names_file;
    int domain;
    int level;
    size_t entry_bytes;
};
static const struct legacy_family families[] = {
    {"ip", "proc/net/ip_tables_names", AF_INET, IPPROTO_IP, sizeof(struct ipt_entry)},
    {"ip6", "proc/net/ip6_tables_names", AF_INET6, IPPROTO_IPV6, sizeof(struct ip6t_entry)},
};

/* One table as the kernel gave it. */
struct legacy_table {
    struct firewall *firewall;
    const struct legacy_family *family;
    struct str name;
    struct ipt_getinfo info; /* ip6t_getinfo has the same shape */
    struct str entries;
    struct legacy_chain {
        size_t offset; /* of its first rule */
        struct str name;
    } * chains; /* the user's, by offset */
    size_t chain_count, chain_capacity;
};

/* What stands at an offset, checked against the table's size. */
struct legacy_entry {
    struct str bytes; /* of this entry */
    size_t target_offset;
    struct str target_name;
    struct str target_data;
    size_t next;
};

static bool legacy_entry_at(const struct legacy_table *t, size_t offset, struct legacy_entry *ret)
{
    uint16_t target_offset, next_offset, target_size;
    size_t offsets_at =
        t->family->domain == AF_INET ? offsetof(struct ipt_entry, target_offset) : offsetof(struct ip6t_entry, target_offset);
    struct str rest = str_slice(t->entries, offset, t->entries.size);
    if (rest.size < t->family->entry_bytes)
        return false;
    memcpy(&target_offset, rest.data + offsets_at, sizeof(target_offset));
    memcpy(&next_offset, rest.data + offsets_at + sizeof(target_offset), sizeof(next_offset));
    if (target_offset < t->family->entry_bytes || next_offset > rest.size ||
        (size_t)target_offset + sizeof(struct xt_entry_target) > next_offset)
        return false;
    memcpy(&target_size, rest.data + target_offset, sizeof(target_size));
    if (target_size < sizeof(struct xt_entry_target) || target_size > next_offset - target_offset)
        return false;
    struct str target = str_slice(rest, target_offset, (size_t)target_offset + target_size);
    ret->bytes = str_slice(rest, 0, next_offset);
    ret->target_offset = target_offset;
    ret->target_name = netlink_text(str_slice(target, 2, 2 + XT_EXTENSION_MAXNAMELEN - 1));
    ret->target_data = str_slice(target, sizeof(struct xt_entry_target), target.size);
    ret->next = offset + next_offset;
    return true;
}

static bool entry_is_error(const struct legacy_entry *entry)
{
    return str_is(entry->target_name, XT_ERROR_TARGET);
}

/* Where the user's chains begin: jumps name them by offset. */
static void legacy_chains_index(struct legacy_table *t)
{
    struct legacy_entry entry;
    struct arena *a = t->firewall->gather->arena;
    for (size_t at = 0; at < t->entries.size && legacy_entry_at(t, at, &entry); at = entry.next) {
        if (!entry_is_error(&entry))
            continue;
        if (t->chain_count == t->chain_capacity)
            t->chains = arena_grow(a, t->chains, t->chain_count, &t->chain_capacity, sizeof(*t->chains));
        struct str name = arena_str(a, netlink_text(str_slice(entry.target_data, 0, XT_FUNCTION_MAXNAMELEN)));
        t->chains[t->chain_count++] = (struct legacy_chain){entry.next, name};
    }
}

/* The user's chain whose first rule stands at `offset`; "" if none does. */
static struct str legacy_chain_at(const struct legacy_table *t, size_t offset)
{
    size_t low = 0, high = t->chain_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->chains[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->chain_count && t->chains[low].offset == offset ? t->chains[low].name : STR("");
}

/* The verdict of the standard target: data NULL if the packet just goes on with the next rule. */
static struct str legacy_verdict(const struct legacy_table *t, const struct legacy_entry *entry, bool is_goto)
{
    int32_t verdict;
    if (entry->target_data.size < sizeof(verdict))
        return (struct str){0};
    memcpy(&verdict, entry->target_data.data, sizeof(verdict));
    switch (verdict) {
    case -NF_ACCEPT - 1:
        return STR("accept");
    case -NF_DROP - 1:
        return STR("drop");
    case -NF_QUEUE - 1:
        return STR("queue");
    case XT_RETURN:
        return STR("return");
    default:
        break;
    }
    if (verdict < 0 || (size_t)verdict == entry->next)
        return (struct str){0};
    struct str chain = legacy_chain_at(t, (size_t)verdict);
    return arena_printf(t->firewall->gather->arena, "%s %.*s", is_goto ? "goto" : "jump", STR_ARGS(chain));
}

static void legacy_address(const struct legacy_table *t, struct firewall_rule *rule, const char *left, struct str address,
                           struct str mask, bool is_inverted)
{
    unsigned bits = 0;
    for (size_t i = 0; i < mask.size; i++)
        bits += (unsigned)__builtin_popcount((uint8_t)mask.data[i]);
    if (bits)
        firewall_condition(t->firewall, rule, left,
                           is_inverted ? "!=" : "==", firewall_network(t->firewall->gather->arena, address, bits));
}

static void legacy_interface(const struct legacy_table *t, struct firewall_rule *rule, const char *left, const char *name,
                             const unsigned char *mask, bool is_inverted)
{
    struct arena *a = t->firewall->gather->arena;
    struct str text = netlink_text(str_make(name, IFNAMSIZ));
    if (text.size == 0)
        return;
    bool is_prefix = text.size < IFNAMSIZ && mask[text.size] == 0; /* an exact name has its NUL compared, too */
    text = is_prefix ? arena_printf(a, "%.*s*", STR_ARGS(text)) : arena_str(a, text);
    firewall_condition(t->firewall, rule, left, is_inverted ? "!=" : "==", text);
}

/* The part before the matches. Returns whether the standard target is a goto. */
static bool legacy_header(const struct legacy_table *t, struct firewall_rule *rule, const struct legacy_entry *entry)
{
    struct arena *a = t->firewall->gather->arena;
    if (t->family->domain == AF_INET) {
        struct ipt_ip ip;
        memcpy(&ip, entry->bytes.data, sizeof(ip));
        legacy_interface(t, rule, "meta iifname", ip.iniface, ip.iniface_mask, ip.invflags & IPT_INV_VIA_IN);
        legacy_interface(t, rule, "meta oifname", ip.outiface, ip.outiface_mask, ip.invflags & IPT_INV_VIA_OUT);
        if (ip.proto)
            firewall_condition(t->firewall, rule, "ip protocol",
                               ip.invflags & XT_INV_PROTO ? "!=" : "==", firewall_protocol(a, ip.proto));
        legacy_address(t, rule, "ip saddr", str_make(&ip.src, 4), str_make(&ip.smsk, 4), ip.invflags & IPT_INV_SRCIP);
        legacy_address(t, rule, "ip daddr", str_make(&ip.dst, 4), str_make(&ip.dmsk, 4), ip.invflags & IPT_INV_DSTIP);
        return ip.flags & IPT_F_GOTO;
    }
    struct ip6t_ip6 ip;
    memcpy(&ip, entry->bytes.data, sizeof(ip));
    legacy_interface(t, rule, "meta iifname", ip.iniface, ip.iniface_mask, ip.invflags & IP6T_INV_VIA_IN);
    legacy_interface(t, rule, "meta oifname", ip.outiface, ip.outiface_mask, ip.invflags & IP6T_INV_VIA_OUT);
    if (ip.proto)
        firewall_condition(t->firewall, rule, "ip6 nexthdr",
                           ip.invflags & XT_INV_PROTO ? "!=" : "==", firewall_protocol(a, ip.proto));
    legacy_address(t, rule, "ip6 saddr", str_make(&ip.src, 16), str_make(&ip.smsk, 16), ip.invflags & IP6T_INV_SRCIP);
    legacy_address(t, rule, "ip6 daddr", str_make(&ip.dst, 16), str_make(&ip.dmsk, 16), ip.invflags & IP6T_INV_DSTIP);
    return ip.flags & IP6T_F_GOTO;
}

static void legacy_rule(const struct legacy_table *t, struct str chain, const struct legacy_entry *entry)
{
    struct firewall_rule *rule = firewall_rule_add(t->firewall, t->family->name, t->name, chain, LEGACY);
    if (!rule)
        return;
    bool is_goto = legacy_header(t, rule, entry);
    size_t at = t->family->entry_bytes;
    while (at + sizeof(struct xt_entry_match) <= entry->target_offset) {
        struct str match = str_slice(entry->bytes, at, entry->target_offset);
        uint16_t size;
        memcpy(&size, match.data, sizeof(size));
        if (size < sizeof(struct xt_entry_match) || size > match.size)
            break;
        struct str name = netlink_text(str_slice(match, 2, 2 + XT_EXTENSION_MAXNAMELEN - 1));
        firewall_xt_match(t->firewall, rule, arena_str(t->firewall->gather->arena, name),
                          (uint8_t)match.data[sizeof(struct xt_entry_match) - 1],
                          str_slice(match, sizeof(struct xt_entry_match), size));
        at += size;
    }
    if (entry->target_name.size != 0) {
        firewall_xt_target(rule, arena_str(t->firewall->gather->arena, entry->target_name));
        return;
    }
    struct str verdict = legacy_verdict(t, entry, is_goto);
    if (verdict.data)
        firewall_verdict(rule, verdict);
}

static const char *legacy_policy(const struct legacy_table *t, size_t underflow)
{
    struct legacy_entry entry;
    if (!legacy_entry_at(t, underflow, &entry))
        return NULL;
    struct str verdict = legacy_verdict(t, &entry, false);
    return verdict.data && str_is(verdict, "drop") ? "drop" : "accept";
}

static int legacy_hook_at(const struct legacy_table *t, size_t offset)
{
    for (int h = 0; h < LEGACY_HOOKS; h++) {
        if ((t->info.valid_hooks >> h & 1) && t->info.hook_entry[h] == offset)
            return h;
    }
    return -1;
}

static bool legacy_is_policy(const struct legacy_table *t, size_t offset)
{
    for (int h = 0; h < LEGACY_HOOKS; h++) {
        if ((t->info.valid_hooks >> h & 1) && t->info.underflow[h] == offset)
            return true;
    }
    return false;
}

/* The built-in chains come first, each ended by its policy; then the user's, each between a header entry and an implied return.
 */
static void legacy_walk(const struct legacy_table *t)
{
    static const char *const chain_names[LEGACY_HOOKS] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"};
    static const char *const hook_names[LEGACY_HOOKS] = {"prerouting", "input", "forward", "output", "postrouting"};
    struct arena *a = t->firewall->gather->arena;
    struct legacy_entry entry, next;
    struct str chain = STR("");
    bool is_of_user = false;
    for (size_t at = 0; at < t->entries.size && legacy_entry_at(t, at, &entry); at = entry.next) {
        int hook = legacy_hook_at(t, at);
        bool has_next = legacy_entry_at(t, entry.next, &next);
        if (hook >= 0) {
            chain = str_of(chain_names[hook]);
            is_of_user = false;
            firewall_chain_add(t->firewall, (struct firewall_chain){.family = t->family->name,
                                                                    .table = t->name,
                                                                    .name = chain,
                                                                    .kind = str_is(t->name, "nat") ? STR("nat") : STR("filter"),
                                                                    .hook = hook_names[hook],
                                                                    .policy = legacy_policy(t, t->info.underflow[hook]),
                                                                    .backend = LEGACY});
        }
        if (entry_is_error(&entry)) {
            if (!has_next)
                return; /* the table's last entry */
            chain = arena_str(a, netlink_text(str_slice(entry.target_data, 0, XT_FUNCTION_MAXNAMELEN)));
            is_of_user = true;
            firewall_chain_add(t->firewall, (struct firewall_chain){
                                                .family = t->family->name, .table = t->name, .name = chain, .backend = LEGACY});
            continue;
        }
        bool is_implied_return = is_of_user && (!has_next || entry_is_error(&next));
        if (!is_implied_return && !(!is_of_user && legacy_is_policy(t, at)))
            legacy_rule(t, chain, &entry);
    }
}

static bool legacy_table_read(struct firewall *f, const struct legacy_family *family, int fd, struct str name, struct err *e)
{
    struct legacy_table t = {.firewall = f, .family = family, .name = arena_str(f->gather->arena, name)};
    socklen_t size = sizeof(t.info);
    if (name.size >= sizeof(t.info.name))
        return err_set(e, ERR_INVALID, "table name of %zu bytes", name.size);
    memcpy(t.info.name, name.data, name.size);
    if (getsockopt(fd, family->level, IPT_SO_GET_INFO, &t.info, &size) != 0)
        return err_errno(e, errno, "table %.*s", STR_ARGS(name));
    if (t.info.size > LEGACY_TABLE_BYTES_MAX)
        return err_set(e, ERR_TOO_LARGE, "table %.*s: %u bytes", STR_ARGS(name), t.info.size);
    size = (socklen_t)(sizeof(struct ipt_get_entries) + t.info.size);
    struct ipt_get_entries *entries = arena_alloc(f->gather->arena, size);
    memcpy(entries->name, t.info.name, sizeof(entries->name));
    entries->size = t.info.size;
    if (getsockopt(fd, family->level, IPT_SO_GET_ENTRIES, entries, &size) != 0)
        return err_errno(e, errno, "table %.*s", STR_ARGS(name));
    t.entries = str_make(entries->entrytable, t.info.size);
    legacy_chains_index(&t);
    legacy_walk(&t);
    return true;
}

static bool legacy_family_read(struct firewall *f, const struct legacy_family *family, struct err *e)
{
    char buffer[1024];
    struct str names, name;
    bool is_ok = true;
    if (!proc_read_root(f->gather, family->names_file, buffer, sizeof(buffer), &names))
        return errno == ENOENT || err_errno(e, errno, "/%s", family->names_file); /* without the file there are no such tables */
    if (str_trim(names).size == 0)
        return true;
    int fd = socket(family->domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_errno(e, errno, "socket for the tables of %s", family->name);
    while (is_ok && str_next_line(&names, &name))
        is_ok = legacy_table_read(f, family, fd, name, e);
    close(fd);
    return is_ok;
}

bool firewall_legacy_read(struct firewall *f, struct err *e)
{
    for (size_t i = 0; i < COLUMN_COUNT(families); i++) {
        if (!legacy_family_read(f, &families[i], e))
            return false;
    }
    return true;
}
