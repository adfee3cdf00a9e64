/*
 * firewall_nft.c - chains and rules of nf_tables: dumps of nfnetlink's subsystem 10 (linux/netfilter/nf_tables.h). What
 * expressions mean is in firewall_nft_expr.c.
 */
#include "collect/host/firewall_nft.h"
#include "collect/host/netlink.h"
#include "collect/host/proc.h"
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <sys/utsname.h>

enum { BUILTIN_BYTES_MAX = 4 << 20 };

static const char *family_name(unsigned family)
{
    switch (family) {
    case NFPROTO_INET:
        return "inet";
    case NFPROTO_IPV4:
        return "ip";
    case NFPROTO_IPV6:
        return "ip6";
    case NFPROTO_ARP:
        return "arp";
    case NFPROTO_BRIDGE:
        return "bridge";
    case NFPROTO_NETDEV:
        return "netdev";
    default:
        return "unknown";
    }
}

static const char *hook_name(unsigned family, uint32_t hook)
{
    static const char *const inet[] = {"prerouting", "input", "forward", "output", "postrouting", "ingress"};
    static const char *const arp[] = {"input", "output", "forward"};
    static const char *const netdev[] = {"ingress", "egress"};
    if (family == NFPROTO_NETDEV)
        return hook < COLUMN_COUNT(netdev) ? netdev[hook] : "unknown";
    if (family == NFPROTO_ARP)
        return hook < COLUMN_COUNT(arp) ? arp[hook] : "unknown";
    return hook < COLUMN_COUNT(inet) ? inet[hook] : "unknown";
}

static bool nft_dump(struct nft *nft, unsigned message, struct str attributes, struct netlink_answers *ret, struct err *e)
{
    char body[256];
    struct nfgenmsg header = {.nfgen_family = (uint8_t)nft->family, .version = NFNETLINK_V0};
    if (attributes.size > sizeof(body) - sizeof(header))
        return err_set(e, ERR_TOO_LARGE, "a name of nf_tables is too long");
    memcpy(body, &header, sizeof(header));
    if (attributes.size)
        memcpy(body + sizeof(header), attributes.data, attributes.size);
    return netlink_dump(nft->netlink, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | message), 0, body, sizeof(header) + attributes.size,
                        ret, e);
}

/* The attributes of an answer and the family that it is of. */
static struct str nft_answer(const struct netlink_answer *answer, unsigned *ret_family)
{
    struct nfgenmsg header;
    if (answer->payload.size < sizeof(header))
        return str_make("", 0);
    memcpy(&header, answer->payload.data, sizeof(header));
    *ret_family = header.nfgen_family;
    return str_slice(answer->payload, NLMSG_ALIGN(sizeof(header)), answer->payload.size);
}

static void nft_chain_add(struct nft *nft, unsigned family, struct str attributes)
{
    struct firewall_chain chain = {.family = family_name(family),
                                   .table = netlink_text(netlink_find(attributes, NFTA_CHAIN_TABLE)),
                                   .name = netlink_text(netlink_find(attributes, NFTA_CHAIN_NAME)),
                                   .kind = netlink_text(netlink_find(attributes, NFTA_CHAIN_TYPE)),
                                   .backend = "nf_tables"};
    struct str hook = netlink_find(attributes, NFTA_CHAIN_HOOK);
    uint32_t number, priority, policy;
    if (!chain.table.data || !chain.name.data)
        return;
    if (hook.data && netlink_u32be(netlink_find(hook, NFTA_HOOK_HOOKNUM), &number)) {
        chain.hook = hook_name(family, number);
        if (netlink_u32be(netlink_find(hook, NFTA_HOOK_PRIORITY), &priority))
            chain.priority = (int32_t)priority;
        if (netlink_u32be(netlink_find(attributes, NFTA_CHAIN_POLICY), &policy))
            chain.policy = policy == NF_DROP ? "drop" : "accept";
    }
    firewall_chain_add(nft->firewall, chain);
}

/* nft(8) keeps comments in user data: type, length, bytes; type 0 is a comment. */
static struct str nft_comment(struct str user_data)
{
    while (user_data.data && user_data.size >= 2) {
        size_t size = (uint8_t)user_data.data[1];
        if (user_data.data[0] == 0)
            return netlink_text(str_slice(user_data, 2, 2 + size));
        user_data = str_slice(user_data, 2 + size, user_data.size);
    }
    return (struct str){0};
}

static void nft_rule_add(struct nft *nft, unsigned family, struct str attributes)
{
    struct str table = netlink_text(netlink_find(attributes, NFTA_RULE_TABLE));
    struct str chain = netlink_text(netlink_find(attributes, NFTA_RULE_CHAIN));
    if (!table.data || !chain.data)
        return;
    struct firewall_rule *rule = firewall_rule_add(nft->firewall, family_name(family), table, chain, "nf_tables");
    if (!rule)
        return;
    rule->comment = nft_comment(netlink_find(attributes, NFTA_RULE_USERDATA));
    struct str expressions = netlink_find(attributes, NFTA_RULE_EXPRESSIONS);
    nft->rule_family = family;
    nft_expressions_decode(nft, rule, expressions.data ? expressions : str_make("", 0));
}

bool nft_set_elements(struct nft *nft, unsigned family, struct str table, struct str set, struct netlink_answers *ret,
                      struct err *e)
{
    struct buf attributes;
    buf_init(&attributes, 256);
    const struct str texts[] = {table, set};
    const uint16_t kinds[] = {NFTA_SET_ELEM_LIST_TABLE, NFTA_SET_ELEM_LIST_SET};
    for (size_t i = 0; i < 2; i++) {
        struct nlattr header = {.nla_len = (uint16_t)(sizeof(header) + texts[i].size + 1), .nla_type = kinds[i]};
        buf_append(&attributes, &header, sizeof(header));
        buf_str(&attributes, texts[i]);
        buf_append(&attributes, "\0\0\0", NLA_ALIGN(header.nla_len) - header.nla_len + 1);
    }
    nft->family = family;
    bool is_ok = !attributes.full && nft_dump(nft, NFT_MSG_GETSETELEM, buf_view(&attributes), ret, e);
    buf_release(&attributes);
    nft->family = NFPROTO_UNSPEC;
    return is_ok;
}

/* Whether asking would load a module: then nothing of it can be in use. A kernel without modules, or with it built in, may be
 * asked. */
static bool nft_is_loaded(struct gather *g)
{
    struct utsname name;
    struct str builtin;
    struct err failed = {0};
    if (!proc_has(g, "proc/modules") || proc_has(g, "sys/module/nf_tables"))
        return true;
    if (uname(&name) != 0)
        return false;
    struct str path = arena_printf(g->arena, "/lib/modules/%s/modules.builtin", name.release);
    return source_read(g->source, g->arena, path.data, BUILTIN_BYTES_MAX, &builtin, &failed) &&
           str_contains(builtin, "/nf_tables.ko");
}

static bool nft_read_all(struct nft *nft, struct err *e)
{
    struct netlink_answers answers;
    unsigned family = 0;
    if (!nft_dump(nft, NFT_MSG_GETCHAIN, str_make("", 0), &answers, e))
        return false;
    for (size_t i = 0; i < answers.count; i++) {
        struct str attributes = nft_answer(&answers.items[i], &family);
        nft_chain_add(nft, family, attributes);
    }
    if (!nft_dump(nft, NFT_MSG_GETRULE, str_make("", 0), &answers, e))
        return false;
    for (size_t i = 0; i < answers.count; i++) {
        struct str attributes = nft_answer(&answers.items[i], &family);
        nft_rule_add(nft, family, attributes);
    }
    if (answers.is_interrupted)
        gather_missing(nft->firewall->gather, STR("all"), "rules that changed while they were read",
                       "the dump was interrupted three times");
    return true;
}

bool firewall_nft_read(struct firewall *f, struct err *e)
{
    struct netlink netlink;
    struct err failed = {0};
    struct nft nft = {.firewall = f, .netlink = &netlink};
    if (!nft_is_loaded(f->gather))
        return true;
    if (!netlink_open(&netlink, NETLINK_NETFILTER, f->gather->arena, &failed)) {
        if (failed.code == ERR_UNSUPPORTED)
            return true; /* a kernel without netfilter */
        *e = failed;
        return false;
    }
    bool is_ok = nft_read_all(&nft, &failed);
    netlink_close(&netlink);
    if (is_ok || failed.code == ERR_UNSUPPORTED || failed.code == ERR_INVALID)
        return true; /* without nf_tables the subsystem is not known: EINVAL or EOPNOTSUPP */
    if (failed.code == ERR_DENIED)
        return err_set(e, ERR_DENIED, "the rules of the packet filter: not permitted: needs root (CAP_NET_ADMIN)");
    *e = failed;
    return false;
}
