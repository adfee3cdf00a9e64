/*
 * dns_resolvers.c - whom this host asks for names: resolv.conf(5), and behind its stub systemd-resolved (resolved.conf(5)).
 */
#include "collect/host/conf.h"
#include "collect/host/netlink.h"

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

enum { RESOLVERS_OF_LIBC_MAX = 3 };

#define RESOLV_CONF      "/etc/resolv.conf"
#define RESOLVED_UPLINKS "/run/systemd/resolve/resolv.conf"

struct resolver {
    struct str address;
    const char *origin;
    int64_t line;
    int64_t position;
    bool is_used;
    bool is_of_resolved;
};

struct resolved_settings {
    struct str dnssec;
    struct str dns_over_tls;
};

static void resolver_row(struct gather *g, const struct resolver *v, const struct resolved_settings *settings)
{
    uint8_t bytes[16];
    size_t size;
    struct rows *r = g->rows;
    struct str nothing = {0};
    row_begin(r);
    row_text(r, v->address);
    row_cstr(r, v->origin);
    row_int(r, v->line);
    row_cstr(r, address_parse(v->address, bytes, &size) ? address_scope(str_make(bytes, size)) : NULL);
    row_int(r, v->position);
    row_bool(r, v->is_used);
    row_text(r, v->is_of_resolved ? settings->dnssec : nothing);
    row_text(r, v->is_of_resolved ? settings->dns_over_tls : nothing);
    row_end(r);
}

/* "nameserver ADDRESS" lines; returns whether one of them is the stub of systemd-resolved. */
static bool resolv_conf_rows(struct gather *g, const char *path, bool is_of_resolved, const struct resolved_settings *settings)
{
    struct str text, line, word, address;
    bool has_stub = false;
    if (!conf_read(g, path, &text))
        return false;
    struct conf_reader reader = conf_reader_of(g->arena, text, "#;");
    int64_t position = 0;
    while (conf_next_line(&reader, &line)) {
        if (!str_next_word(&line, &word) || !str_is(word, "nameserver") || !str_next_word(&line, &address))
            continue;
        position++;
        has_stub |= str_is(address, "127.0.0.53") || str_is(address, "127.0.0.54");
        resolver_row(g,
                     &(struct resolver){.address = address,
                                        .origin = path,
                                        .line = reader.line,
                                        .position = position,
                                        .is_used = is_of_resolved || position <= RESOLVERS_OF_LIBC_MAX,
                                        .is_of_resolved = is_of_resolved},
                     settings);
    }
    return has_stub;
}

/* One file of resolved.conf(5): later ones win for single values, an empty DNS= forgets the ones before. */
static void resolved_conf_read(struct gather *g, struct str path, struct resolved_settings *settings, struct resolver **servers,
                               size_t *count, size_t *capacity)
{
    struct str text, line, key, value, word;
    if (!conf_read(g, path.data, &text))
        return;
    struct conf_reader reader = conf_reader_of(g->arena, text, "#;[");
    while (conf_next_line(&reader, &line)) {
        if (!conf_key_value(line, &key, &value))
            continue;
        bool is_fallback = str_is(key, "FallbackDNS");
        if (str_is(key, "DNSSEC"))
            settings->dnssec = value;
        else if (str_is(key, "DNSOverTLS"))
            settings->dns_over_tls = value;
        if (!is_fallback && !str_is(key, "DNS"))
            continue;
        int64_t position = 0;
        while (str_next_word(&value, &word)) {
            ptrdiff_t name = str_find_char(word, '#'); /* "address#name for TLS" */
            if (name >= 0)
                word.size = (size_t)name;
            if (*count == *capacity)
                *servers = arena_grow(g->arena, *servers, *count, capacity, sizeof(**servers));
            (*servers)[(*count)++] = (struct resolver){word, path.data, reader.line, ++position, !is_fallback, true};
        }
    }
}

static bool dns_resolvers_gather(struct gather *g, struct err *e)
{
    static const char *const dropins[] = {"/etc/systemd/resolved.conf.d", "/run/systemd/resolved.conf.d",
                                          "/usr/local/lib/systemd/resolved.conf.d", "/usr/lib/systemd/resolved.conf.d", NULL};
    struct resolved_settings settings = {0};
    struct resolver *servers = NULL;
    size_t count = 0, capacity = 0;
    struct conf_paths paths = {0};
    (void)e;
    resolved_conf_read(g, STR("/etc/systemd/resolved.conf"), &settings, &servers, &count, &capacity);
    conf_dropins(g, dropins, ".conf", &paths);
    for (size_t i = 0; i < paths.count; i++)
        resolved_conf_read(g, paths.items[i], &settings, &servers, &count, &capacity);
    if (resolv_conf_rows(g, RESOLV_CONF, false, &settings)) {
        for (size_t i = 0; i < count; i++)
            resolver_row(g, &servers[i], &settings);
        resolv_conf_rows(g, RESOLVED_UPLINKS, true, &settings);
    }
    return true;
}

const struct host_table dns_resolvers_table = {
    .schema = &dns_resolvers_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = dns_resolvers_gather,
};
