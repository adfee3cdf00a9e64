/*
 * firewall_nft.h - shared by firewall_nft.c (dumps) and firewall_nft_expr.c (meaning of expressions).
 */
#ifndef COLLECT_HOST_FIREWALL_NFT_H
#define COLLECT_HOST_FIREWALL_NFT_H

#include "collect/host/firewall.h"
#include "collect/host/netlink.h"

struct nft {
    struct firewall *firewall;
    struct netlink *netlink;
    unsigned family;      /* asked for; 0: all */
    unsigned rule_family; /* of the rule at hand */
};

/* Goes through the expressions of a rule and fills its columns and JSON. */
void nft_expressions_decode(struct nft *nft, struct firewall_rule *rule, struct str expressions);
/* The elements of a set, as the kernel lists them. */
bool nft_set_elements(struct nft *nft, unsigned family, struct str table, struct str set, struct netlink_answers *ret,
                      struct err *e) MUST_USE;

#endif
