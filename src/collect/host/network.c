/*
 * network.c - interfaces and routes over rtnetlink(7).
 */
#include "collect/host/host.h"
#include "collect/host/netlink.h"
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/socket.h>

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

struct link_fact {
    int index;
    unsigned flags;
    unsigned short hardware;
    struct str name;
    struct str kind; /* data NULL: only `hardware` tells */
    struct str mac;
    uint32_t mtu;
    uint32_t promiscuity;
    bool has_address;
};

struct link_list {
    struct link_fact *items;
    size_t count;
};

static struct link_fact link_parse(struct str payload)
{
    struct link_fact link = {0};
    struct ifinfomsg header;
    struct netlink_attribute attribute;
    memcpy(&header, payload.data, sizeof(header));
    link.index = header.ifi_index;
    link.flags = header.ifi_flags;
    link.hardware = header.ifi_type;
    struct str rest = str_slice(payload, NLMSG_ALIGN(sizeof(header)), payload.size);
    while (netlink_next_attribute(&rest, &attribute)) {
        if (attribute.kind == IFLA_IFNAME)
            link.name = netlink_text(attribute.payload);
        else if (attribute.kind == IFLA_ADDRESS)
            link.mac = attribute.payload;
        else if (attribute.kind == IFLA_MTU)
            (void)!netlink_u32(attribute.payload, &link.mtu);
        else if (attribute.kind == IFLA_PROMISCUITY)
            (void)!netlink_u32(attribute.payload, &link.promiscuity);
        else if (attribute.kind == IFLA_LINKINFO)
            link.kind = netlink_text(netlink_find(attribute.payload, IFLA_INFO_KIND));
    }
    return link;
}

static bool links_read(struct gather *g, struct netlink *nl, struct link_list *ret, struct err *e)
{
    struct netlink_answers answers;
    struct ifinfomsg request = {.ifi_family = AF_UNSPEC};
    if (!netlink_dump(nl, RTM_GETLINK, 0, &request, sizeof(request), &answers, e))
        return false;
    ret->items = arena_array(g->arena, answers.count, sizeof(*ret->items));
    ret->count = 0;
    for (size_t i = 0; i < answers.count; i++) {
        if (answers.items[i].payload.size >= sizeof(struct ifinfomsg))
            ret->items[ret->count++] = link_parse(answers.items[i].payload);
    }
    return true;
}

static struct link_fact *link_find(const struct link_list *links, int64_t index)
{
    for (size_t i = 0; i < links->count; i++) {
        if (links->items[i].index == index)
            return &links->items[i];
    }
    return NULL;
}

static const char *link_kind(const struct link_fact *link)
{
    switch (link->hardware) {
    case ARPHRD_LOOPBACK:
        return "loopback";
    case ARPHRD_ETHER:
        return "ethernet";
    case ARPHRD_IEEE80211:
        return "wireless";
    case ARPHRD_PPP:
        return "ppp";
    case ARPHRD_INFINIBAND:
        return "infiniband";
    default:
        return NULL;
    }
}

static void interface_row(struct gather *g, const struct link_fact *link, struct str address, int prefix)
{
    struct rows *r = g->rows;
    char mac[32 * 3] = "";
    for (size_t i = 0; i < link->mac.size && i < 32; i++)
        snprintf(mac + (i ? i * 3 - 1 : 0), 4, i ? ":%02x" : "%02x", (uint8_t)link->mac.data[i]);
    row_begin(r);
    row_text(r, link->name);
    if (link->kind.data)
        row_text(r, link->kind);
    else
        row_cstr(r, link_kind(link));
    row_cstr(r, link->hardware == ARPHRD_LOOPBACK || link->mac.size == 0 ? NULL : mac);
    row_text(r, address_text(g->arena, address));
    if (address.data)
        row_int(r, prefix);
    else
        row_null(r);
    row_cstr(r, address.data ? address_scope(address) : NULL);
    row_bool(r, (link->flags & IFF_UP) != 0);
    row_bool(r, (link->flags & IFF_PROMISC) != 0 || link->promiscuity > 0);
    row_int(r, link->mtu);
    row_end(r);
}

static bool interfaces_rows(struct gather *g, struct netlink *nl, struct err *e)
{
    struct link_list links;
    struct netlink_answers answers;
    struct ifaddrmsg request = {.ifa_family = AF_UNSPEC}, header;
    if (!links_read(g, nl, &links, e) || !netlink_dump(nl, RTM_GETADDR, 0, &request, sizeof(request), &answers, e))
        return false;
    for (size_t i = 0; i < answers.count; i++) {
        struct str payload = answers.items[i].payload;
        if (payload.size < sizeof(header))
            continue;
        memcpy(&header, payload.data, sizeof(header));
        struct str attributes = str_slice(payload, NLMSG_ALIGN(sizeof(header)), payload.size);
        struct str address = netlink_find(attributes, IFA_LOCAL); /* of a point-to-point link IFA_ADDRESS is the peer */
        if (!address.data)
            address = netlink_find(attributes, IFA_ADDRESS);
        struct link_fact *link = link_find(&links, header.ifa_index);
        if (!link || !address.data)
            continue;
        link->has_address = true;
        interface_row(g, link, address, header.ifa_prefixlen);
    }
    for (size_t i = 0; i < links.count; i++) {
        if (!links.items[i].has_address)
            interface_row(g, &links.items[i], (struct str){0}, 0);
    }
    return true;
}

static const char *const route_kinds[] = {"unspecified", "unicast",     "local",    "broadcast", "anycast", "multicast",
                                          "blackhole",   "unreachable", "prohibit", "throw",     "nat",     "external"};

static void route_row(struct gather *g, const struct link_list *links, struct str payload)
{
    static const uint8_t any[16] = {0};
    struct rtmsg header;
    struct netlink_attribute attribute;
    if (payload.size < sizeof(header))
        return;
    memcpy(&header, payload.data, sizeof(header));
    struct str destination = str_make(any, header.rtm_family == AF_INET ? 4 : 16), gateway = {0}, metric = {0};
    uint32_t table = header.rtm_table, device = 0, priority = 0;
    struct str rest = str_slice(payload, NLMSG_ALIGN(sizeof(header)), payload.size);
    while (netlink_next_attribute(&rest, &attribute)) {
        if (attribute.kind == RTA_DST)
            destination = attribute.payload;
        else if (attribute.kind == RTA_GATEWAY)
            gateway = attribute.payload;
        else if (attribute.kind == RTA_VIA && attribute.payload.size > 2)
            gateway = str_slice(attribute.payload, 2, attribute.payload.size); /* behind the address family */
        else if (attribute.kind == RTA_OIF)
            (void)!netlink_u32(attribute.payload, &device);
        else if (attribute.kind == RTA_TABLE)
            (void)!netlink_u32(attribute.payload, &table);
        else if (attribute.kind == RTA_PRIORITY && netlink_u32(attribute.payload, &priority))
            metric = attribute.payload;
    }
    if (table == RT_TABLE_LOCAL || (header.rtm_flags & RTM_F_CLONED) || header.rtm_type == RTN_MULTICAST)
        return;
    struct link_fact *link = device ? link_find(links, device) : NULL;
    struct rows *r = g->rows;
    row_begin(r);
    row_text(r, arena_printf(g->arena, "%s/%d", address_text(g->arena, destination).data, header.rtm_dst_len));
    row_text(r, address_text(g->arena, gateway));
    row_text(r, link ? link->name : (struct str){0});
    if (metric.data)
        row_int(r, priority);
    else
        row_null(r);
    row_cstr(r, header.rtm_type < COLUMN_COUNT(route_kinds) ? route_kinds[header.rtm_type] : NULL);
    row_int(r, table);
    row_end(r);
}

static bool routes_rows(struct gather *g, struct netlink *nl, struct err *e)
{
    static const uint8_t families[] = {AF_INET, AF_INET6};
    struct link_list links;
    if (!links_read(g, nl, &links, e))
        return false;
    for (size_t f = 0; f < COLUMN_COUNT(families); f++) {
        struct rtmsg request = {.rtm_family = families[f]};
        struct netlink_answers answers;
        struct err failed = {0};
        if (!netlink_dump(nl, RTM_GETROUTE, 0, &request, sizeof(request), &answers, &failed)) {
            if (failed.code != ERR_UNSUPPORTED) /* without IPv6 there are no routes of it */
                gather_missing(g, families[f] == AF_INET ? STR("ipv4") : STR("ipv6"), "routes",
                               arena_printf(g->arena, "%s", failed.text).data);
            continue;
        }
        for (size_t i = 0; i < answers.count; i++)
            route_row(g, &links, answers.items[i].payload);
    }
    return true;
}

static bool network_gather(struct gather *g, bool (*rows)(struct gather *, struct netlink *, struct err *), struct err *e)
{
    struct netlink nl;
    if (!source_is_live(g->source))
        return err_set(e, ERR_UNSUPPORTED, "the network is known of the running host only");
    if (!netlink_open(&nl, NETLINK_ROUTE, g->arena, e))
        return false;
    bool ok = rows(g, &nl, e);
    netlink_close(&nl);
    return ok;
}

static bool interfaces_gather(struct gather *g, struct err *e)
{
    return network_gather(g, interfaces_rows, e);
}

static bool routes_gather(struct gather *g, struct err *e)
{
    return network_gather(g, routes_rows, e);
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
