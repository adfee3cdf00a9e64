/*
 * firewall_nft_expr.c - what the expressions of an nf_tables rule mean.
 *
 * A rule is a small program over registers: "payload" and "meta" load a field, "bitwise" masks it, "cmp", "range" and "lookup"
 * compare it, "immediate" gives a verdict. A register is 4 bytes here (the old 16-byte ones are four of them) and remembers which
 * field it holds.
 */
#include "collect/host/firewall_nft.h"
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netlink.h>
#include <net/if.h>

enum { REGISTER_COUNT = 20, DATA_BYTES_MAX = 64, ELEMENTS_SHOWN_MAX = 256, TEXT_BYTES = 64, SET_TEXT_BYTES_MAX = 64 << 10 };

/* How the bytes of a field are written. */
enum value_form { FORM_HEX, FORM_NUMBER_BE, FORM_NUMBER, FORM_ADDRESS, FORM_NAME, FORM_PROTOCOL, FORM_CT_STATE, FORM_INTERFACE };

struct field {
    char name[TEXT_BYTES]; /* "tcp dport"; empty: unknown */
    enum value_form form;
    size_t address_bytes; /* for addresses: 4 or 16, though fewer may be loaded */
    bool is_masked;
    uint8_t mask[DATA_BYTES_MAX];
    size_t mask_bytes;
    uint8_t data[DATA_BYTES_MAX]; /* of immediate values */
    size_t data_bytes;
    struct str lower; /* of a range made of two comparisons */
};

struct decoder {
    struct nft *nft;
    struct firewall_rule *rule;
    struct field fields[REGISTER_COUNT];
    unsigned network_family; /* NFPROTO_IPV4 or NFPROTO_IPV6, 0: not known */
    unsigned transport;      /* IPPROTO_TCP and so on, 0: not known */
    struct field spare;      /* for registers that make no sense */
};

static struct field *field_at(struct decoder *d, struct str attributes, uint16_t kind)
{
    uint32_t number;
    if (!netlink_u32be(netlink_find(attributes, kind), &number))
        return &d->spare;
    size_t at = number >= NFT_REG32_00 ? number - NFT_REG32_00 : number >= NFT_REG_1 ? (number - NFT_REG_1) * 4u : REGISTER_COUNT;
    return at < REGISTER_COUNT ? &d->fields[at] : &d->spare;
}

static void field_load(struct field *field, const char *name, enum value_form form)
{
    *field = (struct field){.form = form};
    snprintf(field->name, sizeof(field->name), "%s", name);
}

/* ---- values ---- */

static uint64_t number_of(struct str bytes, bool is_big_endian)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes.size && i < 8; i++) {
        size_t at = is_big_endian ? i : (bytes.size < 8 ? bytes.size : 8) - 1 - i;
        value = value << 8 | (uint8_t)bytes.data[at];
    }
    return value;
}

/* The first address of a network of which only the leading bytes are there. */
static struct str address_value(struct arena *a, const struct field *field, struct str bytes)
{
    uint8_t full[16] = {0};
    unsigned bits = (unsigned)bytes.size * 8;
    if (bytes.size > field->address_bytes)
        return (struct str){0};
    memcpy(full, bytes.data, bytes.size);
    if (field->is_masked) {
        bits = 0;
        for (size_t i = 0; i < field->mask_bytes; i++)
            bits += (unsigned)__builtin_popcount(field->mask[i]);
    }
    return firewall_network(a, str_make(full, field->address_bytes), bits);
}

static struct str value_text(struct arena *a, const struct field *field, struct str bytes)
{
    char text[DATA_BYTES_MAX * 2 + 1];
    struct str address;
    switch (field->form) {
    case FORM_NUMBER_BE:
        return arena_printf(a, "%llu", (unsigned long long)number_of(bytes, true));
    case FORM_NUMBER:
        return arena_printf(a, "%llu", (unsigned long long)number_of(bytes, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__));
    case FORM_ADDRESS:
        address = address_value(a, field, bytes);
        if (address.data)
            return address;
        break;
    case FORM_NAME: /* a name without its NUL is the beginning of names */
        if (str_find_char(bytes, '\0') < 0 && bytes.size < IFNAMSIZ)
            return arena_printf(a, "%.*s*", STR_ARGS(bytes));
        return arena_str(a, netlink_text(bytes));
    case FORM_PROTOCOL:
        return firewall_protocol(a, bytes.size ? (uint8_t)bytes.data[0] : 0);
    case FORM_CT_STATE:
        return firewall_ct_states(a, (uint32_t)number_of(bytes, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__));
    case FORM_INTERFACE:
        if (if_indextoname((unsigned)number_of(bytes, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__), text))
            return arena_str(a, str_of(text));
        return arena_printf(a, "%llu", (unsigned long long)number_of(bytes, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__));
    case FORM_HEX:
        break;
    }
    hex_encode(bytes.data, bytes.size < DATA_BYTES_MAX ? bytes.size : DATA_BYTES_MAX, text);
    return arena_printf(a, "0x%s", text);
}

static void condition(struct decoder *d, const struct field *field, const char *operation, struct str right)
{
    firewall_condition(d->nft->firewall, d->rule, field->name[0] ? field->name : "unknown", operation, right);
}

/* ---- loading ---- */

static void decode_meta(struct decoder *d, struct str attributes)
{
    static const struct {
        uint32_t key;
        const char *name;
        enum value_form form;
    } keys[] = {{NFT_META_IIF, "meta iif", FORM_INTERFACE},        {NFT_META_OIF, "meta oif", FORM_INTERFACE},
                {NFT_META_IIFNAME, "meta iifname", FORM_NAME},     {NFT_META_OIFNAME, "meta oifname", FORM_NAME},
                {NFT_META_L4PROTO, "meta l4proto", FORM_PROTOCOL}, {NFT_META_NFPROTO, "meta nfproto", FORM_NUMBER_BE},
                {NFT_META_PROTOCOL, "meta protocol", FORM_HEX},    {NFT_META_MARK, "meta mark", FORM_NUMBER},
                {NFT_META_SKUID, "meta skuid", FORM_NUMBER},       {NFT_META_SKGID, "meta skgid", FORM_NUMBER},
                {NFT_META_PKTTYPE, "meta pkttype", FORM_NUMBER},   {NFT_META_LEN, "meta length", FORM_NUMBER}};
    uint32_t key = UINT32_MAX;
    if (netlink_find(attributes, NFTA_META_SREG).data) {
        firewall_expression(d->rule, STR("meta set"), false);
        return;
    }
    struct field *field = field_at(d, attributes, NFTA_META_DREG);
    (void)!netlink_u32be(netlink_find(attributes, NFTA_META_KEY), &key);
    field_load(field, "meta", FORM_HEX);
    for (size_t i = 0; i < COLUMN_COUNT(keys); i++) {
        if (keys[i].key == key)
            field_load(field, keys[i].name, keys[i].form);
    }
}

static void decode_ct(struct decoder *d, struct str attributes)
{
    uint32_t key = UINT32_MAX;
    if (netlink_find(attributes, NFTA_CT_SREG).data) {
        firewall_expression(d->rule, STR("ct set"), false);
        return;
    }
    (void)!netlink_u32be(netlink_find(attributes, NFTA_CT_KEY), &key);
    struct field *field = field_at(d, attributes, NFTA_CT_DREG);
    if (key == NFT_CT_STATE)
        field_load(field, "ct state", FORM_CT_STATE);
    else
        field_load(field, key == NFT_CT_MARK ? "ct mark" : key == NFT_CT_STATUS ? "ct status" : "ct", FORM_NUMBER);
}

static void load_network(struct decoder *d, struct field *field, uint32_t offset, uint32_t size)
{
    bool may_be_4 = d->network_family != NFPROTO_IPV6, may_be_6 = d->network_family != NFPROTO_IPV4;
    if (may_be_4 && offset == 9 && size == 1) {
        field_load(field, "ip protocol", FORM_PROTOCOL);
    } else if (may_be_6 && offset == 6 && size == 1) {
        field_load(field, "ip6 nexthdr", FORM_PROTOCOL);
    } else if (d->network_family == NFPROTO_IPV4 && (offset == 12 || offset == 16) && size <= 4) {
        field_load(field, offset == 12 ? "ip saddr" : "ip daddr", FORM_ADDRESS);
        field->address_bytes = 4;
    } else if (d->network_family == NFPROTO_IPV6 && (offset == 8 || offset == 24) && size <= 16) {
        field_load(field, offset == 8 ? "ip6 saddr" : "ip6 daddr", FORM_ADDRESS);
        field->address_bytes = 16;
    }
}

static void load_transport(struct decoder *d, struct field *field, uint32_t offset, uint32_t size)
{
    char name[TEXT_BYTES];
    const char *proto = d->transport == IPPROTO_TCP ? "tcp" : d->transport == IPPROTO_UDP ? "udp" : "th";
    bool is_icmp = d->transport == IPPROTO_ICMP || d->transport == IPPROTO_ICMPV6;
    if (is_icmp && offset == 0 && size == 1) {
        field_load(field, "icmp type", FORM_NUMBER_BE);
    } else if ((offset == 0 || offset == 2) && size == 2) {
        snprintf(name, sizeof(name), "%s %s", proto, offset == 0 ? "sport" : "dport");
        field_load(field, name, FORM_NUMBER_BE);
    } else if (offset == 13 && size == 1 && d->transport == IPPROTO_TCP) {
        field_load(field, "tcp flags", FORM_HEX);
    }
}

static void decode_payload(struct decoder *d, struct str attributes)
{
    uint32_t base = UINT32_MAX, offset = 0, size = 0;
    if (netlink_find(attributes, NFTA_PAYLOAD_SREG).data) {
        firewall_expression(d->rule, STR("payload set"), false);
        return;
    }
    (void)!netlink_u32be(netlink_find(attributes, NFTA_PAYLOAD_BASE), &base);
    (void)!netlink_u32be(netlink_find(attributes, NFTA_PAYLOAD_OFFSET), &offset);
    (void)!netlink_u32be(netlink_find(attributes, NFTA_PAYLOAD_LEN), &size);
    struct field *field = field_at(d, attributes, NFTA_PAYLOAD_DREG);
    char name[TEXT_BYTES];
    snprintf(name, sizeof(name), "payload %s %u+%u",
             base == NFT_PAYLOAD_LL_HEADER        ? "link"
             : base == NFT_PAYLOAD_NETWORK_HEADER ? "network"
                                                  : "transport",
             offset, size);
    field_load(field, name, FORM_HEX);
    if (base == NFT_PAYLOAD_NETWORK_HEADER)
        load_network(d, field, offset, size);
    else if (base == NFT_PAYLOAD_TRANSPORT_HEADER)
        load_transport(d, field, offset, size);
}

static struct str data_value(struct str attributes, uint16_t kind)
{
    struct str nested = netlink_find(attributes, kind);
    struct str value = nested.data ? netlink_find(nested, NFTA_DATA_VALUE) : (struct str){0};
    return value.size <= DATA_BYTES_MAX ? value : (struct str){0};
}

static void decode_bitwise(struct decoder *d, struct str attributes)
{
    struct field *from = field_at(d, attributes, NFTA_BITWISE_SREG), *to = field_at(d, attributes, NFTA_BITWISE_DREG);
    struct str mask = data_value(attributes, NFTA_BITWISE_MASK);
    if (to != from)
        *to = *from;
    if (!mask.data) { /* a shift */
        field_load(to, "shifted value", FORM_HEX);
        return;
    }
    to->is_masked = true;
    to->mask_bytes = mask.size;
    memcpy(to->mask, mask.data, mask.size);
}

/* ---- comparing ---- */

/* What a comparison tells about what stands behind the headers, for the names of later fields. */
static void learn(struct decoder *d, const struct field *field, struct str value)
{
    unsigned number = value.size ? (uint8_t)value.data[0] : 0;
    if (strcmp(field->name, "meta nfproto") == 0)
        d->network_family = number;
    else if (strcmp(field->name, "meta protocol") == 0 && value.size == 2)
        d->network_family = number == 0x08 ? NFPROTO_IPV4 : number == 0x86 ? NFPROTO_IPV6 : 0;
    else if (field->form == FORM_PROTOCOL)
        d->transport = number;
}

static bool is_zero(struct str bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        if (bytes.data[i])
            return false;
    }
    return true;
}

static void decode_cmp(struct decoder *d, struct str attributes)
{
    static const char *const operations[] = {"==", "!=", "<", "<=", ">", ">="};
    struct arena *a = d->nft->firewall->gather->arena;
    struct field *field = field_at(d, attributes, NFTA_CMP_SREG);
    struct str value = data_value(attributes, NFTA_CMP_DATA);
    uint32_t operation = NFT_CMP_EQ;
    (void)!netlink_u32be(netlink_find(attributes, NFTA_CMP_OP), &operation);
    if (!value.data || operation > NFT_CMP_GTE) {
        firewall_expression(d->rule, STR("cmp"), true);
        return;
    }
    if (operation == NFT_CMP_EQ)
        learn(d, field, value);
    if (strcmp(field->name, "meta nfproto") == 0 || strcmp(field->name, "meta protocol") == 0) {
        bool is_4 = d->network_family == NFPROTO_IPV4;
        condition(d, field, operations[operation],
                  is_4                                ? STR("ipv4")
                  : d->network_family == NFPROTO_IPV6 ? STR("ipv6")
                                                      : value_text(a, field, value));
    } else if (field->is_masked && field->form != FORM_ADDRESS && is_zero(value) && operation <= NFT_CMP_NEQ) {
        /* "(field & mask) != 0": any of the bits is set */
        condition(d, field,
                  operation == NFT_CMP_NEQ ? "==" : "!=", value_text(a, field, str_make(field->mask, field->mask_bytes)));
    } else if (operation == NFT_CMP_GTE) {
        field->lower = value_text(a, field, value); /* the upper end follows */
    } else if (operation == NFT_CMP_LTE && field->lower.data) {
        condition(d, field, "==", arena_printf(a, "%.*s-%.*s", STR_ARGS(field->lower), STR_ARGS(value_text(a, field, value))));
        field->lower = (struct str){0};
    } else {
        condition(d, field, operations[operation], value_text(a, field, value));
    }
}

static void decode_range(struct decoder *d, struct str attributes)
{
    struct arena *a = d->nft->firewall->gather->arena;
    struct field *field = field_at(d, attributes, NFTA_RANGE_SREG);
    struct str from = data_value(attributes, NFTA_RANGE_FROM_DATA), to = data_value(attributes, NFTA_RANGE_TO_DATA);
    uint32_t operation = NFT_RANGE_EQ;
    (void)!netlink_u32be(netlink_find(attributes, NFTA_RANGE_OP), &operation);
    if (!from.data || !to.data) {
        firewall_expression(d->rule, STR("range"), true);
        return;
    }
    struct str text = arena_printf(a, "%.*s-%.*s", STR_ARGS(value_text(a, field, from)), STR_ARGS(value_text(a, field, to)));
    condition(d, field, operation == NFT_RANGE_NEQ ? "!=" : "==", text);
}

/* ---- sets ---- */

struct element {
    struct str key;
    struct str key_end; /* data NULL: none */
    struct str verdict; /* of a verdict map */
    bool is_end;        /* the first key behind an interval */
};

static int element_compare(const void *x, const void *y)
{
    const struct element *a = x, *b = y;
    int order = str_compare(a->key, b->key);
    return order ? order : (int)b->is_end - (int)a->is_end;
}

static struct str verdict_text(struct arena *a, struct str verdict_attribute)
{
    uint32_t code;
    struct str chain = netlink_text(netlink_find(verdict_attribute, NFTA_VERDICT_CHAIN));
    if (!netlink_u32be(netlink_find(verdict_attribute, NFTA_VERDICT_CODE), &code))
        return (struct str){0};
    switch ((int32_t)code) {
    case NF_ACCEPT:
        return STR("accept");
    case NF_DROP:
        return STR("drop");
    case NF_QUEUE:
        return STR("queue");
    case NFT_RETURN:
        return STR("return");
    case NFT_JUMP:
    case NFT_GOTO:
        return arena_printf(a, "%s %.*s", (int32_t)code == NFT_JUMP ? "jump" : "goto", STR_ARGS(chain));
    default:
        return (struct str){0}; /* continue, break */
    }
}

/* The elements of a set in order; *ret_count is 0 if they cannot be read. */
static struct element *elements_read(struct decoder *d, struct str set, size_t *ret_count)
{
    struct nft *nft = d->nft;
    struct arena *a = nft->firewall->gather->arena;
    struct netlink_answers answers;
    struct err failed = {0};
    struct element *items = NULL;
    size_t count = 0, capacity = 0;
    *ret_count = 0;
    if (!nft_set_elements(nft, nft->rule_family, d->rule->table, set, &answers, &failed))
        return NULL;
    for (size_t i = 0; i < answers.count; i++) {
        struct str list =
            netlink_find(str_slice(answers.items[i].payload, 4, answers.items[i].payload.size), NFTA_SET_ELEM_LIST_ELEMENTS);
        struct netlink_attribute attribute;
        while (list.data && netlink_next_attribute(&list, &attribute)) {
            struct element item = {.key = data_value(attribute.payload, NFTA_SET_ELEM_KEY),
                                   .key_end = data_value(attribute.payload, NFTA_SET_ELEM_KEY_END)};
            struct str data = netlink_find(attribute.payload, NFTA_SET_ELEM_DATA);
            struct str verdict = data.data ? netlink_find(data, NFTA_DATA_VERDICT) : (struct str){0};
            uint32_t flags = 0;
            (void)!netlink_u32be(netlink_find(attribute.payload, NFTA_SET_ELEM_FLAGS), &flags);
            item.is_end = (flags & NFT_SET_ELEM_INTERVAL_END) != 0;
            item.verdict = verdict.data ? verdict_text(a, verdict) : (struct str){0};
            if (!item.key.data)
                continue;
            if (count == capacity)
                items = arena_grow(a, items, count, &capacity, sizeof(*items));
            items[count++] = item;
        }
    }
    if (count)
        qsort(items, count, sizeof(*items), element_compare);
    *ret_count = count;
    return items;
}

/* One less, big-endian: the last key of an interval. False for zero. */
static bool key_before(struct str key, uint8_t ret[DATA_BYTES_MAX])
{
    memcpy(ret, key.data, key.size);
    for (size_t i = key.size; i-- > 0;) {
        if (ret[i]-- != 0)
            return true;
    }
    return false;
}

/* An interval as network, if it is one, or as "from-to". */
static struct str interval_text(struct arena *a, const struct field *field, struct str from, struct str to)
{
    unsigned same = 0, bits = (unsigned)from.size * 8;
    while (same < bits && ((from.data[same / 8] ^ to.data[same / 8]) >> (7 - same % 8) & 1) == 0)
        same++;
    bool is_network = field->form == FORM_ADDRESS && from.size == field->address_bytes;
    for (unsigned i = same; i < bits && is_network; i++)
        is_network = (from.data[i / 8] >> (7 - i % 8) & 1) == 0 && (to.data[i / 8] >> (7 - i % 8) & 1) == 1;
    if (is_network)
        return firewall_network(a, from, same);
    struct str first = value_text(a, field, from), last = value_text(a, field, to);
    return str_equal(first, last) ? first : arena_printf(a, "%.*s-%.*s", STR_ARGS(first), STR_ARGS(last));
}

static struct str element_text(struct arena *a, const struct field *field, const struct element *items, size_t count, size_t i)
{
    uint8_t last[DATA_BYTES_MAX];
    if (items[i].key_end.data && items[i].key_end.size == items[i].key.size)
        return interval_text(a, field, items[i].key, items[i].key_end);
    bool has_end = i + 1 < count && items[i + 1].is_end && items[i + 1].key.size == items[i].key.size;
    if (has_end && key_before(items[i + 1].key, last))
        return interval_text(a, field, items[i].key, str_make(last, items[i].key.size));
    return value_text(a, field, items[i].key);
}

static bool has_intervals(const struct element *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (items[i].is_end)
            return true;
    }
    return false;
}

static struct str set_text(struct decoder *d, const struct field *field, struct str set, bool has_verdicts)
{
    struct arena *a = d->nft->firewall->gather->arena;
    size_t count, shown = 0;
    const struct element *items = elements_read(d, set, &count);
    bool is_interval = has_intervals(items, count);
    struct buf text;
    buf_init(&text, SET_TEXT_BYTES_MAX);
    for (size_t i = 0; i < count && shown < ELEMENTS_SHOWN_MAX; i++) {
        if (items[i].is_end)
            continue;
        struct str key = is_interval ? element_text(a, field, items, count, i) : element_text(a, field, &items[i], 1, 0);
        buf_printf(&text, "%s%.*s", shown++ ? "," : "", STR_ARGS(key));
        if (has_verdicts)
            buf_printf(&text, ":%.*s", STR_ARGS(items[i].verdict.data ? items[i].verdict : STR("continue")));
    }
    if (count > ELEMENTS_SHOWN_MAX && shown == ELEMENTS_SHOWN_MAX)
        buf_cstr(&text, ",...");
    struct str ret = count ? arena_str(a, buf_view(&text)) : arena_printf(a, "@%.*s", STR_ARGS(set));
    buf_release(&text);
    return ret;
}

static void decode_lookup(struct decoder *d, struct str attributes)
{
    struct arena *a = d->nft->firewall->gather->arena;
    struct field *field = field_at(d, attributes, NFTA_LOOKUP_SREG);
    struct str set = netlink_text(netlink_find(attributes, NFTA_LOOKUP_SET));
    uint32_t flags = 0, destination = UINT32_MAX;
    (void)!netlink_u32be(netlink_find(attributes, NFTA_LOOKUP_FLAGS), &flags);
    (void)!netlink_u32be(netlink_find(attributes, NFTA_LOOKUP_DREG), &destination);
    if (!set.data) {
        firewall_expression(d->rule, STR("lookup"), true);
        return;
    }
    bool is_anonymous = str_starts(set, "__"), is_verdict_map = destination == NFT_REG_VERDICT;
    struct str text = is_anonymous ? set_text(d, field, set, is_verdict_map) : arena_printf(a, "@%.*s", STR_ARGS(set));
    if (is_verdict_map)
        firewall_verdict(d->rule, STR("vmap"));
    if (destination == UINT32_MAX || is_verdict_map)
        condition(d, field, flags & NFT_LOOKUP_F_INV ? "!=" : "==", text);
    else
        firewall_expression(d->rule, STR("map"), false);
}

/* ---- acting ---- */

static void decode_immediate(struct decoder *d, struct str attributes)
{
    struct str data = netlink_find(attributes, NFTA_IMMEDIATE_DATA);
    struct str verdict = data.data ? netlink_find(data, NFTA_DATA_VERDICT) : (struct str){0};
    struct str value = data_value(attributes, NFTA_IMMEDIATE_DATA);
    if (verdict.data) {
        struct str text = verdict_text(d->nft->firewall->gather->arena, verdict);
        if (text.data)
            firewall_verdict(d->rule, text);
    } else if (value.data) {
        struct field *field = field_at(d, attributes, NFTA_IMMEDIATE_DREG);
        *field = (struct field){.data_bytes = value.size};
        memcpy(field->data, value.data, value.size);
    }
}

static void decode_nat(struct decoder *d, struct str attributes)
{
    struct arena *a = d->nft->firewall->gather->arena;
    const struct field *address = field_at(d, attributes, NFTA_NAT_REG_ADDR_MIN),
                       *port = field_at(d, attributes, NFTA_NAT_REG_PROTO_MIN);
    uint32_t type = NFT_NAT_SNAT;
    (void)!netlink_u32be(netlink_find(attributes, NFTA_NAT_TYPE), &type);
    struct str to = address_text(a, str_make(address->data, address->data_bytes));
    if (to.data && port->data_bytes == 2)
        to = arena_printf(a, "%.*s port %u", STR_ARGS(to), (unsigned)port->data[0] << 8 | port->data[1]);
    firewall_verdict(d->rule, type == NFT_NAT_DNAT ? STR("dnat") : STR("snat"));
    if (to.data)
        json_put_str(json_push_object(d->rule->expressions), "to", to);
}

static void decode_log(struct decoder *d, struct str attributes)
{
    struct str prefix = netlink_text(netlink_find(attributes, NFTA_LOG_PREFIX));
    struct json *log = json_put_object(json_push_object(d->rule->expressions), "log");
    json_put_str(log, "prefix", prefix.data ? prefix : STR(""));
}

static void decode_limit(struct decoder *d, struct str attributes)
{
    uint64_t rate = 0, unit = 0;
    (void)!netlink_u64be(netlink_find(attributes, NFTA_LIMIT_RATE), &rate);
    (void)!netlink_u64be(netlink_find(attributes, NFTA_LIMIT_UNIT), &unit);
    struct json *limit = json_put_object(json_push_object(d->rule->expressions), "limit");
    json_put_int(limit, "rate", (int64_t)rate);
    json_put_int(limit, "per_seconds", (int64_t)unit);
    d->rule->condition_count++;
}

static void decode_xt_match(struct decoder *d, struct str attributes)
{
    struct str name = netlink_text(netlink_find(attributes, NFTA_MATCH_NAME)), info = netlink_find(attributes, NFTA_MATCH_INFO);
    uint32_t revision = 0;
    (void)!netlink_u32be(netlink_find(attributes, NFTA_MATCH_REV), &revision);
    if (name.data)
        firewall_xt_match(d->nft->firewall, d->rule, name, revision, info.data ? info : str_make("", 0));
}

static void decode_xt_target(struct decoder *d, struct str attributes)
{
    struct str name = netlink_text(netlink_find(attributes, NFTA_TARGET_NAME));
    if (name.data)
        firewall_xt_target(d->rule, name);
}

/* Verdicts of their own, and expressions that only name themselves. */
static void decode_other(struct decoder *d, struct str name)
{
    static const char *const verdicts[][2] = {
        {"masq", "masquerade"}, {"redir", "redirect"}, {"reject", "reject"}, {"queue", "queue"}};
    static const char *const conditions[] = {"fib", "quota",  "connlimit", "numgen", "hash", "socket",
                                             "osf", "exthdr", "rt",        "tunnel", "xfrm", "dynset"};
    for (size_t i = 0; i < COLUMN_COUNT(verdicts); i++) {
        if (str_is(name, verdicts[i][0])) {
            firewall_verdict(d->rule, str_of(verdicts[i][1]));
            return;
        }
    }
    for (size_t i = 0; i < COLUMN_COUNT(conditions); i++) {
        if (str_is(name, conditions[i])) {
            firewall_expression(d->rule, name, true);
            return;
        }
    }
    firewall_expression(d->rule, name, false); /* counter, notrack, objref, flow_offload, dup, fwd and the like */
}

void nft_expressions_decode(struct nft *nft, struct firewall_rule *rule, struct str expressions)
{
    static const struct {
        const char *name;
        void (*decode)(struct decoder *d, struct str attributes);
    } decoders[] = {
        {"meta", decode_meta},       {"ct", decode_ct},       {"payload", decode_payload}, {"bitwise", decode_bitwise},
        {"cmp", decode_cmp},         {"range", decode_range}, {"lookup", decode_lookup},   {"immediate", decode_immediate},
        {"nat", decode_nat},         {"log", decode_log},     {"limit", decode_limit},     {"match", decode_xt_match},
        {"target", decode_xt_target}};
    struct decoder state = {.nft = nft, .rule = rule}, *d = &state;
    struct netlink_attribute element;
    d->network_family = nft->rule_family == NFPROTO_IPV4 || nft->rule_family == NFPROTO_IPV6 ? nft->rule_family : 0;
    while (netlink_next_attribute(&expressions, &element)) {
        struct str name = netlink_text(netlink_find(element.payload, NFTA_EXPR_NAME));
        struct str attributes = netlink_find(element.payload, NFTA_EXPR_DATA);
        bool is_known = false;
        if (!name.data)
            continue;
        for (size_t i = 0; i < COLUMN_COUNT(decoders) && !is_known; i++) {
            is_known = str_is(name, decoders[i].name);
            if (is_known)
                decoders[i].decode(d, attributes.data ? attributes : str_make("", 0));
        }
        if (!is_known)
            decode_other(d, name);
    }
}
