/*
 * firewall.c - firewall_chains and firewall_rules: what the kernel filters now, by nf_tables and by legacy iptables.
 */
#include "collect/host/firewall.h"
#include "collect/host/netlink.h"

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
     "'accept', 'drop', 'reject', 'return', 'queue', 'jump NAME', 'goto NAME', 'masquerade', 'snat', 'dnat', 'redirect', 'vmap' "
     "(a map decides, see expr_json); null if "
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

struct firewall_chain *firewall_chain_add(struct firewall *f, struct firewall_chain chain)
{
    if (f->chain_count >= FIREWALL_CHAINS_MAX)
        return NULL;
    if (f->chain_count == f->chain_capacity)
        f->chains = arena_grow(f->gather->arena, f->chains, f->chain_count, &f->chain_capacity, sizeof(chain));
    f->chains[f->chain_count] = chain;
    return &f->chains[f->chain_count++];
}

static struct firewall_chain *chain_find(struct firewall *f, const char *family, struct str table, struct str name,
                                         const char *backend)
{
    for (size_t i = f->chain_count; i-- > 0;) {
        struct firewall_chain *c = &f->chains[i];
        if (str_equal(c->name, name) && str_equal(c->table, table) && strcmp(c->family, family) == 0 &&
            strcmp(c->backend, backend) == 0)
            return c;
    }
    return NULL;
}

struct firewall_rule *firewall_rule_add(struct firewall *f, const char *family, struct str table, struct str chain,
                                        const char *backend)
{
    struct firewall_rule *last = f->rule_count ? &f->rules[f->rule_count - 1] : NULL;
    bool is_same_chain = last && str_equal(last->chain, chain) && str_equal(last->table, table) &&
                         strcmp(last->family, family) == 0 && strcmp(last->backend, backend) == 0;
    if (f->rule_count >= FIREWALL_RULES_MAX)
        return NULL;
    struct firewall_chain *owner =
        is_same_chain && f->current_chain ? &f->chains[f->current_chain - 1] : chain_find(f, family, table, chain, backend);
    f->current_chain = owner ? (size_t)(owner - f->chains) + 1 : 0;
    int64_t position = owner ? ++owner->rule_count : is_same_chain ? last->position + 1 : 1;
    if (f->rule_count == f->rule_capacity)
        f->rules = arena_grow(f->gather->arena, f->rules, f->rule_count, &f->rule_capacity, sizeof(*f->rules));
    f->rules[f->rule_count] = (struct firewall_rule){.family = family,
                                                     .table = table,
                                                     .chain = chain,
                                                     .position = position,
                                                     .backend = backend,
                                                     .expressions = json_array(f->gather->arena)};
    return &f->rules[f->rule_count++];
}

/* The column that a condition also fills; NULL if none. */
static struct str *condition_column(struct firewall_rule *rule, const char *left)
{
    if (strcmp(left, "meta iifname") == 0 || strcmp(left, "meta iif") == 0)
        return &rule->iif;
    if (strcmp(left, "meta l4proto") == 0 || strcmp(left, "ip protocol") == 0 || strcmp(left, "ip6 nexthdr") == 0)
        return &rule->protocol;
    if (strcmp(left, "ip saddr") == 0 || strcmp(left, "ip6 saddr") == 0)
        return &rule->source;
    if (strcmp(left, "ct state") == 0)
        return &rule->ct_state;
    size_t size = strlen(left);
    return size > 6 && strcmp(left + size - 6, " dport") == 0 ? &rule->dport : NULL;
}

void firewall_condition(struct firewall *f, struct firewall_rule *rule, const char *left, const char *operation, struct str right)
{
    struct arena *a = f->gather->arena;
    struct str *column = condition_column(rule, left);
    struct json *match = json_put_object(json_push_object(rule->expressions), "match");
    json_put_str(match, "left", arena_str(a, str_of(left)));
    json_put_cstr(match, "op", operation);
    json_put_str(match, "right", right);
    rule->condition_count++;
    if (!column)
        return;
    if (strcmp(operation, "!=") == 0)
        right = arena_printf(a, "!%.*s", STR_ARGS(right));
    else if (strcmp(operation, "==") != 0)
        right = arena_printf(a, "%s%.*s", operation, STR_ARGS(right));
    *column = column->data ? arena_printf(a, "%.*s %.*s", STR_ARGS(*column), STR_ARGS(right)) : right;
}

void firewall_expression(struct firewall_rule *rule, struct str name, bool is_condition)
{
    struct json *object = json_push_object(rule->expressions);
    json_put_bool(object, arena_strndup(object->arena, name.data, name.size), true);
    rule->condition_count += is_condition;
}

void firewall_verdict(struct firewall_rule *rule, struct str verdict)
{
    json_put_str(json_push_object(rule->expressions), "verdict", verdict);
    if (!rule->verdict.data)
        rule->verdict = verdict;
}

struct str firewall_ct_states(struct arena *a, uint32_t mask)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } states[] = {{1, "invalid"}, {2, "established"}, {4, "related"}, {8, "new"}, {64, "untracked"}};
    char text[64];
    size_t used = 0;
    for (size_t i = 0; i < COLUMN_COUNT(states); i++) {
        if (mask & states[i].bit)
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? "," : "", states[i].name);
    }
    return arena_str(a, str_make(text, used));
}

struct str firewall_protocol(struct arena *a, unsigned number)
{
    static const struct {
        unsigned number;
        const char *name;
    } protocols[] = {{1, "icmp"}, {2, "igmp"},       {6, "tcp"},   {17, "udp"},   {33, "dccp"},  {47, "gre"},     {50, "esp"},
                     {51, "ah"},  {58, "ipv6-icmp"}, {89, "ospf"}, {112, "vrrp"}, {132, "sctp"}, {136, "udplite"}};
    for (size_t i = 0; i < COLUMN_COUNT(protocols); i++) {
        if (protocols[i].number == number)
            return str_of(protocols[i].name);
    }
    return arena_printf(a, "%u", number);
}

struct str firewall_network(struct arena *a, struct str address, unsigned prefix_bits)
{
    struct str text = address_text(a, address);
    if (!text.data || prefix_bits == address.size * 8)
        return text;
    return arena_printf(a, "%.*s/%u", STR_ARGS(text), prefix_bits);
}

/* ---- rows ---- */

static const char *frontend_of_name(struct str table, struct str chain)
{
    if (str_starts(chain, "ufw-") || str_starts(chain, "ufw6-"))
        return "ufw";
    if (str_is(table, "firewalld"))
        return "firewalld";
    if (str_starts(chain, "DOCKER"))
        return "docker";
    if (str_starts(chain, "LIBVIRT_") || str_starts(table, "libvirt"))
        return "libvirt";
    if (str_starts(chain, "f2b-") || str_starts(table, "f2b-"))
        return "fail2ban";
    return str_starts(chain, "KUBE-") ? "kubernetes" : NULL;
}

static bool is_iptables_name(struct str table, struct str chain)
{
    static const char *const tables[] = {"filter", "nat", "mangle", "raw", "security"};
    static const char *const chains[] = {"INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"};
    bool is_table = false, is_chain = false;
    for (size_t i = 0; i < COLUMN_COUNT(tables); i++)
        is_table |= str_is(table, tables[i]);
    for (size_t i = 0; i < COLUMN_COUNT(chains); i++)
        is_chain |= str_is(chain, chains[i]);
    return is_table && is_chain;
}

/* By the chain's own name; the built-in chains of iptables belong to ufw where ufw has chains beside them. */
static const char *frontend_of(const struct firewall *f, const char *family, struct str table, struct str chain,
                               const char *backend)
{
    const char *own = frontend_of_name(table, chain);
    if (own || !is_iptables_name(table, chain))
        return own;
    for (size_t i = 0; i < f->chain_count; i++) {
        const struct firewall_chain *c = &f->chains[i];
        const char *other = frontend_of_name(c->table, c->name);
        if (other && strcmp(other, "ufw") == 0 && strcmp(c->family, family) == 0 && str_equal(c->table, table))
            return other;
    }
    return strcmp(backend, "nf_tables") == 0 ? "iptables-nft" : NULL;
}

static void chain_row(struct firewall *f, const struct firewall_chain *c)
{
    struct rows *r = f->gather->rows;
    row_begin(r);
    row_cstr(r, c->family);
    row_text(r, c->table);
    row_text(r, c->name);
    row_text(r, c->kind);
    row_cstr(r, c->hook);
    if (c->hook)
        row_int(r, c->priority);
    else
        row_null(r);
    row_cstr(r, c->policy);
    row_int(r, c->rule_count);
    row_cstr(r, c->backend);
    row_cstr(r, frontend_of(f, c->family, c->table, c->name, c->backend));
    row_end(r);
}

static void rule_row(struct firewall *f, const struct firewall_rule *rule)
{
    struct rows *r = f->gather->rows;
    struct buf expressions;
    buf_init(&expressions, 1 << 20);
    json_write(&expressions, rule->expressions);
    row_begin(r);
    row_cstr(r, rule->family);
    row_text(r, rule->table);
    row_text(r, rule->chain);
    row_int(r, rule->position);
    row_text(r, rule->verdict);
    row_bool(r, rule->verdict.data && rule->condition_count == 0);
    row_text(r, rule->iif);
    row_text(r, rule->protocol);
    row_text(r, rule->source);
    row_text(r, rule->dport);
    row_text(r, rule->ct_state);
    row_text(r, buf_view(&expressions));
    row_text(r, rule->comment);
    row_cstr(r, rule->backend);
    row_cstr(r, frontend_of(f, rule->family, rule->table, rule->chain, rule->backend));
    row_end(r);
    buf_release(&expressions);
}

static bool firewall_read(struct firewall *f, struct err *e)
{
    if (!source_is_live(f->gather->source))
        return err_set(e, ERR_UNSUPPORTED, "the packet filter is known of the running host only");
    if (!firewall_nft_read(f, e))
        return false;
    struct err failed = {0};
    if (!firewall_legacy_read(f, &failed))
        gather_missing(f->gather, STR("iptables-legacy"), "rules of legacy iptables",
                       arena_printf(f->gather->arena, "%s", failed.text).data);
    if (f->chain_count >= FIREWALL_CHAINS_MAX || f->rule_count >= FIREWALL_RULES_MAX)
        gather_missing(f->gather, STR("all"), "further chains and rules", "the limit is reached");
    return true;
}

static bool firewall_chains_gather(struct gather *g, struct err *e)
{
    struct firewall f = {.gather = g};
    if (!firewall_read(&f, e))
        return false;
    for (size_t i = 0; i < f.chain_count; i++)
        chain_row(&f, &f.chains[i]);
    return true;
}

static bool firewall_rules_gather(struct gather *g, struct err *e)
{
    struct firewall f = {.gather = g};
    if (!firewall_read(&f, e))
        return false;
    for (size_t i = 0; i < f.rule_count; i++)
        rule_row(&f, &f.rules[i]);
    return true;
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
