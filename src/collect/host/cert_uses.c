/* cert_uses.c - which certificate and key files the configurations of services name. */
#include "collect/host/certs.h"
#include "collect/host/conf.h"

/* Services whose configuration names a certificate and its key by a directive each. */
static const struct {
    const char *service;
    const char *files; /* pattern */
    const char *cert;  /* directive, case ignored */
    const char *key;
    const char *base; /* of relative paths; NULL: they are passed over */
} readers[] = {
    {"nginx", "/etc/nginx/nginx.conf", "ssl_certificate", "ssl_certificate_key", "/etc/nginx"},
    {"nginx", "/etc/nginx/conf.d/*.conf", "ssl_certificate", "ssl_certificate_key", "/etc/nginx"},
    {"nginx", "/etc/nginx/sites-enabled/*", "ssl_certificate", "ssl_certificate_key", "/etc/nginx"},
    {"nginx", "/etc/nginx/snippets/*.conf", "ssl_certificate", "ssl_certificate_key", "/etc/nginx"},
    {"apache", "/etc/apache2/*.conf", "SSLCertificateFile", "SSLCertificateKeyFile", "/etc/apache2"},
    {"apache", "/etc/apache2/sites-enabled/*", "SSLCertificateFile", "SSLCertificateKeyFile", "/etc/apache2"},
    {"apache", "/etc/apache2/conf-enabled/*", "SSLCertificateFile", "SSLCertificateKeyFile", "/etc/apache2"},
    {"apache", "/etc/httpd/conf/*.conf", "SSLCertificateFile", "SSLCertificateKeyFile", "/etc/httpd"},
    {"apache", "/etc/httpd/conf.d/*.conf", "SSLCertificateFile", "SSLCertificateKeyFile", "/etc/httpd"},
    {"postfix", "/etc/postfix/main.cf", "smtpd_tls_cert_file", "smtpd_tls_key_file", "/etc/postfix"},
    {"postfix", "/etc/postfix/main.cf", "smtpd_tls_chain_files", "", "/etc/postfix"},
    {"dovecot", "/etc/dovecot/dovecot.conf", "ssl_cert", "ssl_key", NULL},
    {"dovecot", "/etc/dovecot/conf.d/*.conf", "ssl_cert", "ssl_key", NULL},
    {"dovecot", "/etc/dovecot/conf.d/*.conf", "ssl_server_cert_file", "ssl_server_key_file", NULL},
    {"lighttpd", "/etc/lighttpd/lighttpd.conf", "ssl.pemfile", "ssl.privkey", NULL},
    {"lighttpd", "/etc/lighttpd/conf-enabled/*.conf", "ssl.pemfile", "ssl.privkey", NULL},
    {"postgresql", "/etc/postgresql/*/*/postgresql.conf", "ssl_cert_file", "ssl_key_file", NULL},
    {"mysql", "/etc/mysql/*.conf.d/*.cnf", "ssl-cert", "ssl-key", NULL},
    {"openldap", "/etc/ldap/slapd.conf", "TLSCertificateFile", "TLSCertificateKeyFile", NULL},
    {"vsftpd", "/etc/vsftpd.conf", "rsa_cert_file", "rsa_private_key_file", NULL},
    {"stunnel", "/etc/stunnel/*.conf", "cert", "key", NULL},
    {"openvpn", "/etc/openvpn/server/*.conf", "cert", "key", "/etc/openvpn/server"},
    {"rsyslog", "/etc/rsyslog.conf", "$DefaultNetstreamDriverCertFile", "$DefaultNetstreamDriverKeyFile", NULL},
    {"rsyslog", "/etc/rsyslog.d/*.conf", "$DefaultNetstreamDriverCertFile", "$DefaultNetstreamDriverKeyFile", NULL},
};

struct uses {
    struct gather *gather;
    struct cert_use *items;
    size_t count, capacity;
};

static struct str absolute(struct arena *a, struct str path, const char *base)
{
    while (path.size && (path.data[path.size - 1] == ';' || path.data[path.size - 1] == ','))
        path.size--;
    path = conf_unquote(path);
    if (path.size && path.data[0] == '<') /* dovecot: the contents of */
        path = str_trim(str_slice(path, 1, path.size));
    while (path.size > 1 && path.data[path.size - 1] == '/')
        path.size--;
    if (path.size == 0 || str_find_char(path, '$') >= 0 || str_find_char(path, '\0') >= 0)
        return (struct str){0};
    if (path.data[0] == '/')
        return arena_str(a, path);
    return base ? arena_printf(a, "%s/%.*s", base, STR_ARGS(path)) : (struct str){0};
}

static struct cert_use *add_use(struct uses *u, struct str cert, const char *service)
{
    if (!cert.size || u->count >= 2000)
        return NULL;
    if (u->count == u->capacity)
        u->items = arena_grow(u->gather->arena, u->items, u->count, &u->capacity, sizeof(u->items[0]));
    u->items[u->count] = (struct cert_use){.cert_path = cert, .service = service};
    return &u->items[u->count++];
}

/* A key belongs to the certificate named last before it, or, where it is named first, to the next one. */
static void read_file(struct uses *u, struct str path, size_t which)
{
    struct gather *g = u->gather;
    struct str text, line, waiting_key = {0};
    size_t first = u->count;
    if (!conf_read(g, path.data, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        struct str key, value;
        if (!conf_key_value(line, &key, &value))
            continue;
        bool is_cert = conf_equal_nocase(key, readers[which].cert);
        if (!is_cert && !(readers[which].key[0] && conf_equal_nocase(key, readers[which].key)))
            continue;
        struct str at = absolute(g->arena, value, readers[which].base);
        struct cert_use *last = u->count > first ? &u->items[u->count - 1] : NULL;
        if (is_cert) {
            struct cert_use *use = add_use(u, at, readers[which].service);
            if (use && waiting_key.data) {
                use->key_path = waiting_key;
                waiting_key = (struct str){0};
            }
        } else if (last && !last->key_path.data) {
            last->key_path = at;
        } else {
            waiting_key = at;
        }
    }
}

/* haproxy.cfg: "bind :443 ssl crt /etc/haproxy/certs/" names a file that holds both, or a directory of them. */
static void read_haproxy(struct uses *u)
{
    struct gather *g = u->gather;
    struct str text, line, word, base = {0};
    if (!conf_read(g, "/etc/haproxy/haproxy.cfg", &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        bool is_crt = false, is_base = false;
        while (conf_next_word(g->arena, &line, &word)) {
            if (is_base)
                base = arena_str(g->arena, word);
            if (is_crt) {
                struct str path = absolute(g->arena, word, base.data);
                struct str *names;
                size_t count;
                struct err e = {0};
                if (path.size && source_list(g->source, g->arena, path.data, &names, &count, &e)) {
                    for (size_t i = 0; i < count; i++)
                        if (!str_ends(names[i], ".key"))
                            (void)add_use(u, arena_printf(g->arena, "%s/%.*s", path.data, STR_ARGS(names[i])), "haproxy");
                } else {
                    (void)add_use(u, path, "haproxy");
                }
            }
            is_crt = str_is(word, "crt");
            is_base = str_is(word, "crt-base");
        }
    }
}

void cert_uses_read(struct gather *g, struct cert_use **ret_uses, size_t *ret_count)
{
    struct uses u = {.gather = g};
    for (size_t i = 0; i < COLUMN_COUNT(readers); i++) {
        struct conf_paths files;
        conf_glob(g, readers[i].files, &files);
        for (size_t f = 0; f < files.count; f++) {
            struct file_facts facts;
            struct err e = {0};
            if (source_stat(g->source, files.items[f].data, true, &facts, &e) && facts.kind == FILE_REGULAR)
                read_file(&u, files.items[f], i);
        }
    }
    read_haproxy(&u);
    *ret_uses = u.items;
    *ret_count = u.count;
}
