/* certificates - X.509 certificates that services of this host present, and the trust store. */
#include "collect/host/certs.h"
#include "collect/host/conf.h"

static const struct column columns[] = {
    {"path", COLUMN_TEXT, "", "The file.", COLUMN_KEY},
    {"position", COLUMN_INTEGER, "", "Its place in the file, from 0: in a chain 0 is the end entity."},
    {"subject", COLUMN_TEXT, "", "The subject, RFC 2253."},
    {"issuer", COLUMN_TEXT, "", "The issuer, RFC 2253."},
    {"san", COLUMN_TEXT, "", "DNS names and addresses of the subject alternative name, by commas; null if none."},
    {"not_before", COLUMN_TIME, "", "Valid from."},
    {"not_after", COLUMN_TIME, "", "Valid until."},
    {"key_alg", COLUMN_TEXT, "", "RSA, EC, ED25519 and so on."},
    {"bits", COLUMN_INTEGER, "bits", "The size of the key."},
    {"sig_alg", COLUMN_TEXT, "", "How it is signed, as sha256WithRSAEncryption."},
    {"self_signed", COLUMN_BOOL, "", "Whether issuer and subject are the same."},
    {"ca", COLUMN_BOOL, "", "Whether it may sign others (basic constraints)."},
    {"fp", COLUMN_TEXT, "hex", "SHA-256 of the certificate."},
    {"is_ca_store", COLUMN_BOOL, "", "Whether it belongs to the trust store of the system and is no certificate of this host."},
    {"used_by", COLUMN_TEXT, "", "The service whose configuration names the file, as nginx; null if none does."},
    {"key_path", COLUMN_TEXT, "",
     "The private key that goes with it, as configured or by its customary name; null if not found."},
    {"key_mode", COLUMN_INTEGER, "permission bits",
     "The permission bits of the private key (0600 is 384); null if there is none to be found."},
};

static const struct table_schema schema = {
    .name = "certificates",
    .version = 1,
    .words = "A row is a certificate in a PEM or DER file under /etc/ssl, /etc/letsencrypt, /etc/pki and such, or "
             "one that nginx, Apache, HAProxy, Postfix or Dovecot is configured to use. Private keys are never read.",
    .criteria = "CC6.7, A1.1",
    .example = "SELECT path, subject, not_after FROM certificates WHERE is_ca_store = 0 AND not_after < :now_ms + 30"
               " * 86400000",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

enum { FILES_MAX = 3000, DEPTH_MAX = 4 };

/* Where services keep the certificates that they present. Names are not followed from here: Let's Encrypt's live holds links to
 * files. */
static const char *const directories[] = {
    "/etc/ssl/certs",       "/etc/ssl/private",        "/etc/ssl/local",     "/etc/letsencrypt/live",    "/etc/pki/tls/certs",
    "/etc/pki/tls/private", "/etc/nginx/ssl",          "/etc/nginx/certs",   "/etc/apache2/ssl",         "/etc/httpd/ssl",
    "/etc/haproxy/certs",   "/etc/haproxy/ssl",        "/etc/postfix/ssl",   "/etc/postfix/certs",       "/etc/dovecot/private",
    "/etc/dovecot/ssl",     "/etc/ldap/ssl",           "/etc/ldap/sasl2",    "/etc/mysql/ssl",           "/etc/kubernetes/pki",
    "/etc/etcd/pki",        "/etc/docker/certs.d",     "/etc/ipsec.d/certs", "/etc/swanctl/x509",        "/etc/openvpn",
    "/etc/cups/ssl",        "/etc/cockpit/ws-certs.d", "/etc/grafana/certs", "/etc/elasticsearch/certs", "/etc/rabbitmq/ssl",
};
static const char *const stores[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                     "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"};

struct finder {
    struct gather *gather;
    struct conf_paths paths; /* of certificates of this host */
};

static bool has_certificate_suffix(struct str name)
{
    static const char *const suffixes[] = {".pem", ".crt", ".cer", ".cert", ".der"};
    for (size_t i = 0; i < COLUMN_COUNT(suffixes); i++)
        if (str_ends(name, suffixes[i]))
            return !str_starts(name, "privkey") && !str_starts(name, "key.") && !str_ends(name, "-key.pem") &&
                   !str_ends(name, ".key.pem");
    return false;
}

/* The trust store is a folder of links into the distribution's and the administrator's authorities. */
static bool leads_to_store(struct gather *g, struct str path)
{
    struct str target;
    struct err e = {0};
    return source_readlink(g->source, g->arena, path.data, &target, &e) &&
           (str_starts(target, "/usr/share/ca-certificates/") || str_starts(target, "/usr/local/share/ca-certificates/") ||
            str_contains(target, "ca-trust/extracted") || str_contains(target, "ca-certificates"));
}

static bool is_store(struct str path)
{
    for (size_t i = 0; i < COLUMN_COUNT(stores); i++)
        if (str_is(path, stores[i]))
            return true;
    return str_starts(path, "/usr/local/share/ca-certificates/");
}

static void find_below(struct finder *f, struct str directory, int depth)
{
    struct gather *g = f->gather;
    struct str *names;
    size_t count;
    bool is_trust = str_is(directory, "/etc/ssl/certs");
    conf_list(g, directory.data, &names, &count);
    for (size_t i = 0; i < count && f->paths.count < FILES_MAX; i++) {
        struct str path = arena_printf(g->arena, "%.*s/%.*s", STR_ARGS(directory), STR_ARGS(names[i]));
        if (has_certificate_suffix(names[i])) {
            if (!is_store(path) && !(is_trust && leads_to_store(g, path)))
                conf_paths_add(g->arena, &f->paths, path);
            continue;
        }
        bool has_dot = str_find_char(names[i], '.') > 0; /* hashes of the trust store, README.txt: no directories */
        struct file_facts facts;
        struct err e = {0};
        bool may_be_directory = depth > 0 && (!has_dot || !is_trust) && !str_ends(names[i], ".key");
        if (may_be_directory && source_stat(g->source, path.data, false, &facts, &e) && facts.kind == FILE_DIRECTORY)
            find_below(f, path, depth - 1);
    }
}

/* The key that goes with a certificate by custom: beside it as privkey.pem or NAME.key, in ../private, or in the file itself. */
static struct str customary_key(struct gather *g, struct str path, struct str bytes)
{
    size_t slash = path.size, dot = path.size;
    while (slash > 0 && path.data[slash - 1] != '/')
        slash--;
    for (size_t i = slash; i < path.size; i++)
        if (path.data[i] == '.')
            dot = i;
    struct str directory = str_slice(path, 0, slash), base = str_slice(path, slash, dot);
    if (str_contains(bytes, "PRIVATE KEY-----"))
        return path;
    struct str candidates[] = {
        arena_printf(g->arena, "%.*s%.*s.key", STR_ARGS(directory), STR_ARGS(base)),
        arena_printf(g->arena, "/etc/ssl/private/%.*s.key", STR_ARGS(base)),
        arena_printf(g->arena, "%.*s%.*s-key.pem", STR_ARGS(directory), STR_ARGS(base)),
        arena_printf(g->arena, "%.*sprivkey.pem", STR_ARGS(directory)),
    };
    bool is_live = str_is(base, "cert") || str_is(base, "fullchain");
    for (size_t i = 0; i < COLUMN_COUNT(candidates) - !is_live; i++)
        if (conf_exists(g, candidates[i].data))
            return candidates[i];
    return (struct str){0};
}

static void add_row(struct gather *g, struct str path, size_t position, const struct cert *c, bool is_ca_store,
                    struct str used_by, struct str key)
{
    struct rows *r = g->rows;
    struct file_facts facts;
    struct err e = {0};
    row_begin(r);
    row_text(r, path);
    row_int(r, (int64_t)position);
    row_text(r, c->subject);
    row_text(r, c->issuer);
    row_text(r, c->san);
    row_int(r, c->not_before_ms);
    row_int(r, c->not_after_ms);
    row_text(r, c->key_alg);
    row_int(r, c->bits);
    row_text(r, c->sig_alg);
    row_bool(r, c->is_self_signed);
    row_bool(r, c->is_ca);
    row_cstr(r, c->fp);
    row_bool(r, is_ca_store);
    row_text(r, used_by);
    row_text(r, key);
    if (key.data && source_stat(g->source, key.data, true, &facts, &e))
        row_int(r, facts.mode);
    else
        row_null(r);
    row_end(r);
}

static void add_file(struct gather *g, struct str path, struct str used_by, struct str key, bool is_ca_store)
{
    struct file_facts facts;
    struct err e = {0};
    struct str bytes;
    size_t count = 0, malformed = 0;
    if (source_stat(g->source, path.data, true, &facts, &e) && facts.kind != FILE_REGULAR)
        return;
    if (!source_read(g->source, g->arena, path.data, CERT_FILE_BYTES_MAX, &bytes, &e)) {
        if (e.code != ERR_NOT_FOUND)
            gather_missing(g, path, "certificate", e.text);
        return;
    }
    struct cert *certs = certs_parse(g->arena, bytes, &count, &malformed);
    if (malformed)
        gather_missing(g, path, "certificate", "OpenSSL can't read it");
    if (count && !key.data && !is_ca_store)
        key = customary_key(g, path, bytes);
    if (count && key.data && !source_stat(g->source, key.data, true, &facts, &e) && e.code != ERR_NOT_FOUND)
        gather_missing(g, key, "key_mode", e.text);
    bool is_in_trust =
        str_starts(path, "/etc/ssl/certs/") && !used_by.data; /* an authority copied there is trusted, not presented */
    for (size_t i = 0; i < count; i++)
        add_row(g, path, i, &certs[i], is_ca_store || (is_in_trust && certs[i].is_ca), used_by, key);
}

static bool gather(struct gather *g, struct err *e)
{
    struct finder f = {.gather = g};
    struct cert_use *uses;
    size_t uses_count;
    struct conf_paths local;
    (void)e;
    cert_uses_read(g, &uses, &uses_count);
    for (size_t i = 0; i < COLUMN_COUNT(directories); i++)
        find_below(&f, str_of(directories[i]), DEPTH_MAX);
    for (size_t i = 0; i < uses_count; i++) { /* each file once, whoever uses it */
        bool is_found = false;
        for (size_t p = 0; p < f.paths.count && !is_found; p++)
            is_found = str_equal(f.paths.items[p], uses[i].cert_path);
        if (!is_found)
            conf_paths_add(g->arena, &f.paths, uses[i].cert_path);
    }
    for (size_t i = 0; i < COLUMN_COUNT(stores); i++)
        add_file(g, str_of(stores[i]), (struct str){0}, (struct str){0}, true);
    conf_glob(g, "/usr/local/share/ca-certificates/*.crt", &local);
    for (size_t i = 0; i < local.count; i++)
        add_file(g, local.items[i], (struct str){0}, (struct str){0}, true);
    for (size_t p = 0; p < f.paths.count; p++) {
        struct str used_by = {0}, key = {0};
        if (gather_is_late(g)) {
            gather_missing(g, f.paths.items[p], "this file and those after it", "the time limit of the table was reached");
            break;
        }
        for (size_t i = 0; i < uses_count; i++) {
            if (!str_equal(uses[i].cert_path, f.paths.items[p]))
                continue;
            if (!used_by.data)
                used_by = str_of(uses[i].service);
            else if (!str_contains(used_by, uses[i].service))
                used_by = arena_printf(g->arena, "%.*s,%s", STR_ARGS(used_by), uses[i].service);
            if (!key.data)
                key = uses[i].key_path;
        }
        if (!is_store(f.paths.items[p]))
            add_file(g, f.paths.items[p], used_by, key, false);
    }
    return true;
}

const struct host_table certificates_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
