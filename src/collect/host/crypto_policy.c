/* crypto_policy - what the libraries of this host allow as cryptography. */
#include "collect/host/conf.h"

static const struct column columns[] = {
    {"system", COLUMN_TEXT, "", "openssl, gnutls, crypto-policies or kernel."},
    {"key", COLUMN_TEXT, "", "MinProtocol, CipherString, Options, seclevel, policy, fips_enabled and so on.", COLUMN_KEY},
    {"value", COLUMN_TEXT, "", "The value as it stands there."},
    {"origin", COLUMN_TEXT, "",
     "file:line, or \"built in\" where Debian builds a default into the library and no file says otherwise."},
};

static const struct table_schema schema = {
    .name = "crypto_policy",
    .version = 1,
    .words = "A row is a setting of openssl.cnf, the system-wide crypto-policies, GnuTLS or the FIPS flag of the "
             "kernel.",
    .criteria = "CC6.7",
    .example = "SELECT value FROM crypto_policy WHERE system = 'openssl' AND key = 'MinProtocol'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static const struct str none;

static void add_row(struct gather *g, const char *system, struct str key, struct str value, struct str origin)
{
    row_begin(g->rows);
    row_cstr(g->rows, system);
    row_text(g->rows, key);
    row_text(g->rows, value);
    row_text(g->rows, origin);
    row_end(g->rows);
}

/* ---- openssl.cnf: config(5ssl). openssl_conf names a section, its ssl_conf one more, its system_default the last ---- */

struct setting {
    struct str section, key, value, origin;
};
struct settings {
    struct setting *items;
    size_t count, capacity;
    int files_left;
};

static void read_openssl(struct gather *g, struct str path, struct settings *all, int depth)
{
    struct str text, line, section = STR("default");
    if (depth > CONF_INCLUDE_DEPTH_MAX || all->files_left-- <= 0 || !conf_read(g, path.data, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    r.is_joining = true;
    while (conf_next_line(&r, &line) && all->count < 20000) {
        struct str key, value;
        if (line.data[0] == '[') {
            section = str_trim(str_slice(line, 1, line.size - (str_ends(line, "]") ? 1 : 0)));
            continue;
        }
        ptrdiff_t comment = str_find(line, STR(" #"));
        if (comment >= 0)
            line = str_slice(line, 0, (size_t)comment);
        if (!conf_key_value(line, &key, &value))
            continue;
        if (str_is(key, ".include")) {
            if (value.size && value.data[0] == '/')
                read_openssl(g, arena_str(g->arena, value), all, depth + 1);
            continue;
        }
        if (all->count == all->capacity)
            all->items = arena_grow(g->arena, all->items, all->count, &all->capacity, sizeof(all->items[0]));
        all->items[all->count++] = (struct setting){section, key, value, conf_origin(g->arena, path, r.line)};
    }
}

/* The last one said counts. */
static const struct setting *find(const struct settings *all, struct str section, const char *key)
{
    for (size_t i = all->count; i > 0; i--)
        if (str_equal(all->items[i - 1].section, section) && str_is(all->items[i - 1].key, key))
            return &all->items[i - 1];
    return NULL;
}

static struct str level_of(struct str ciphers)
{
    ptrdiff_t at = str_find(ciphers, STR("@SECLEVEL="));
    return at < 0 || (size_t)at + 10 >= ciphers.size ? none : str_slice(ciphers, (size_t)at + 10, (size_t)at + 11);
}

static bool is_debian(struct gather *g)
{
    struct str text;
    return conf_read(g, "/etc/os-release", &text) &&
           (str_contains(text, "ID=debian") || str_contains(text, "ID=ubuntu") || str_contains(text, "ID_LIKE=debian") ||
            str_contains(text, "ID_LIKE=\"ubuntu debian"));
}

static void add_openssl(struct gather *g)
{
    static const char *const files[] = {"/etc/ssl/openssl.cnf", "/etc/pki/tls/openssl.cnf"};
    struct settings all = {.files_left = 100};
    const struct setting *at = NULL;
    bool has_file = false, has_minimum = false, has_level = false;
    for (size_t i = 0; i < COLUMN_COUNT(files) && !has_file; i++) {
        has_file = conf_exists(g, files[i]);
        if (has_file)
            read_openssl(g, str_of(files[i]), &all, 0);
    }
    if (!has_file)
        return;
    at = find(&all, STR("default"), "openssl_conf");
    at = at ? find(&all, at->value, "ssl_conf") : NULL;
    at = at ? find(&all, at->value, "system_default") : NULL;
    for (size_t i = 0; at && i < all.count; i++) {
        const struct setting *s = &all.items[i];
        if (!str_equal(s->section, at->value) || find(&all, at->value, arena_str(g->arena, s->key).data) != s)
            continue;
        add_row(g, "openssl", s->key, s->value, s->origin);
        has_minimum |= str_is(s->key, "MinProtocol");
        if (str_is(s->key, "CipherString") && level_of(s->value).size) {
            add_row(g, "openssl", STR("seclevel"), level_of(s->value), s->origin);
            has_level = true;
        }
    }
    if (!is_debian(g)) { /* what is built in, only the distribution knows: not known is said, not left out */
        if (!has_level)
            add_row(g, "openssl", STR("seclevel"), none, none);
        return;
    }
    if (!has_level)
        add_row(g, "openssl", STR("seclevel"), STR("2"), STR("built in"));
    if (!has_minimum && !has_level) /* level 2 leaves no older protocol a signature that it allows */
        add_row(g, "openssl", STR("MinProtocol"), STR("TLSv1.2"), STR("built in"));
}

/* ---- the others ---- */

static void add_gnutls(struct gather *g)
{
    struct str text, line, section = STR("");
    if (!conf_read(g, "/etc/gnutls/config", &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#;");
    while (conf_next_line(&r, &line)) {
        struct str key, value;
        if (line.data[0] == '[')
            section = str_slice(line, 1, line.size - (str_ends(line, "]") ? 1 : 0));
        else if (conf_key_value(line, &key, &value))
            add_row(g, "gnutls", arena_printf(g->arena, "%.*s.%.*s", STR_ARGS(section), STR_ARGS(key)), value,
                    conf_origin(g->arena, STR("/etc/gnutls/config"), r.line));
    }
}

/* crypto-policies(7): what is in effect, and what is asked for. */
static void add_crypto_policies(struct gather *g)
{
    static const char *const files[][2] = {{"policy", "/etc/crypto-policies/state/current"},
                                           {"configured_policy", "/etc/crypto-policies/config"}};
    for (size_t i = 0; i < COLUMN_COUNT(files); i++) {
        struct str text, line;
        if (!conf_read(g, files[i][1], &text))
            continue;
        struct conf_reader r = conf_reader_of(g->arena, text, "#");
        if (conf_next_line(&r, &line))
            add_row(g, "crypto-policies", str_of(files[i][0]), line, conf_origin(g->arena, str_of(files[i][1]), r.line));
    }
}

static bool gather(struct gather *g, struct err *e)
{
    struct str text;
    (void)e;
    add_openssl(g);
    add_gnutls(g);
    add_crypto_policies(g);
    if (conf_read(g, "/proc/sys/crypto/fips_enabled", &text))
        add_row(g, "kernel", STR("fips_enabled"), str_trim(text), STR("/proc/sys/crypto/fips_enabled:1"));
    return true;
}

const struct host_table crypto_policy_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = gather,
};
