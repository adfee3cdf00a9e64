/*
 * firewall.h - what the two readers of packet filter rules (nf_tables over netlink, legacy iptables over getsockopt) have in
 * common.
 *
 * A reader adds chains and rules to one `struct firewall`; firewall.c makes rows of them. A rule's conditions are added one by
 * one: the simple ones (protocol, address, port, interface, state) fill the columns, all of them fill the JSON. Everything lies
 * in the table's arena.
 */
#ifndef COLLECT_HOST_FIREWALL_H
#define COLLECT_HOST_FIREWALL_H

#include "base/json.h"
#include "collect/host/host.h"

enum { FIREWALL_CHAINS_MAX = 65536, FIREWALL_RULES_MAX = 1 << 20 };

struct firewall_chain {
    const char *family;
    struct str table;
    struct str name;
    struct str kind;  /* data NULL: none */
    const char *hook; /* NULL: none, and then priority and policy mean nothing */
    int32_t priority;
    const char *policy; /* NULL: none */
    int64_t rule_count;
    const char *backend;
};

struct firewall_rule {
    const char *family;
    struct str table;
    struct str chain;
    int64_t position;
    struct str verdict;                                         /* data NULL: goes on */
    struct str iif, protocol, source, dport, ct_state, comment; /* data NULL: any, none */
    size_t condition_count;
    struct json *expressions; /* array */
    const char *backend;
};

struct firewall {
    struct gather *gather;
    struct firewall_chain *chains;
    size_t chain_count, chain_capacity;
    struct firewall_rule *rules;
    size_t rule_count, rule_capacity;
    size_t current_chain; /* of the last rule, from 1; 0: not known */
};

/* Adds a chain or rule and returns it; NULL at the limit. A rule gets its position from its chain. */
struct firewall_chain *firewall_chain_add(struct firewall *f, struct firewall_chain chain);
struct firewall_rule *firewall_rule_add(struct firewall *f, const char *family, struct str table, struct str chain,
                                        const char *backend);

/* A condition "left operation right", as {"match":{...}}. Left is named as nft(8) does: "tcp dport", "ip saddr", "meta iifname".
 */
void firewall_condition(struct firewall *f, struct firewall_rule *rule, const char *left, const char *operation,
                        struct str right);
/* An expression by its name only: {"name":true}. */
void firewall_expression(struct firewall_rule *rule, struct str name, bool is_condition);
/* The verdict, in the column and as {"verdict":"..."}. */
void firewall_verdict(struct firewall_rule *rule, struct str verdict);
/* Names of connection states by the bits that nf_tables and xt_conntrack share, as "established,related". */
struct str firewall_ct_states(struct arena *a, uint32_t mask);
/* "tcp" for 6; a number for those without a common name. */
struct str firewall_protocol(struct arena *a, unsigned number);
/* An address with its prefix length, left out if it is all of it. */
struct str firewall_network(struct arena *a, struct str address, unsigned prefix_bits);

/* An xt extension of iptables, which stands in legacy rules and in those that iptables-nft makes. */
void firewall_xt_match(struct firewall *f, struct firewall_rule *rule, struct str name, unsigned revision, struct str info);
void firewall_xt_target(struct firewall_rule *rule, struct str name);

/* ERR_DENIED without CAP_NET_ADMIN. A kernel without nf_tables gives no rows and succeeds; no module is loaded for the sake of
 * reading. */
bool firewall_nft_read(struct firewall *f, struct err *e) MUST_USE;
bool firewall_legacy_read(struct firewall *f, struct err *e) MUST_USE;

#endif
