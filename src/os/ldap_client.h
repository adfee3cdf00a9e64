/*
 * ldap_client.h - asking a directory (LDAP v3, RFC 4511) who somebody is: connect, TLS, search one entry, bind as it.
 *
 * libldap does the work; it is opened (dlopen) by the first ldap_client_new. TLS 1.2 at least and always verified, by ldaps:// or by
 * StartTLS (RFC 4511 4.14): ldap:// without it is refused but for this machine itself. Referrals and aliases are not followed.
 * One client belongs to one thread. Every step waits for at most LDAP_CLIENT_MS.
 *
 *     struct ldap_client *c = ldap_client_new(&(struct ldap_server){.url = "ldaps://ldap.example.org"}, e);
 *     if (c && ldap_client_bind(c, "cn=reader,dc=example,dc=org", secret, e) && ldap_client_find(c, a, &search, &entry, e))
 *         ... ldap_client_bind(c, entry.dn.data, password, e) ...
 *     ldap_client_free(c);
 */
#ifndef OS_LDAP_CLIENT_H
#define OS_LDAP_CLIENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

enum { LDAP_CLIENT_MS = 3000, LDAP_VALUES_MAX = 500, LDAP_FILTER_MAX = 4000, LDAP_VALUE_BYTES_MAX = 4000, LDAP_PAGE = 500 };

struct ldap_server {
    const char *url;      /* ldaps://host[:port] or ldap://host[:port] */
    bool is_plain;        /* ldap:// without TLS: on this machine only */
    struct str ca_pem;    /* authorities that the server must be under; empty: the system's */
};

struct ldap_client;
/* Connects, and begins TLS. ERR_UNSUPPORTED: libldap is not installed; ERR_INVALID: the address; ERR_DENIED: the certificate;
 * ERR_TIMEOUT, ERR_UNAVAILABLE. */
struct ldap_client *ldap_client_new(const struct ldap_server *server, struct err *e) MUST_USE;
struct ldap_client *ldap_client_free(struct ldap_client *c);

/* Simple bind (RFC 4513 5.1). A name without a password is refused here: a directory would take it for an anonymous bind and say yes.
 * Both empty: anonymous. ERR_DENIED: the directory says no. */
bool ldap_client_bind(struct ldap_client *c, const char *dn, struct str password, struct err *e) MUST_USE;

struct ldap_attribute {
    struct str name;
    struct str *values; /* as they came, at most LDAP_VALUES_MAX of LDAP_VALUE_BYTES_MAX */
    size_t count;
};
struct ldap_search {
    const char *base;
    const char *filter;            /* complete: made with ldap_filter_write */
    const char *const *attributes; /* NULL at the end */
    size_t entries_max;            /* of all pages together */
    size_t page;                   /* so many at a time (RFC 2696), where the directory can; 0: all in one answer */
};
struct ldap_entry {
    struct str dn;
    struct ldap_attribute *attributes; /* in the order asked for; count 0 where the entry has none */
    size_t attribute_count;
};
/* The whole subtree below `base`. ERR_TOO_LARGE: there are more than entries_max. */
bool ldap_client_search(struct ldap_client *c, struct arena *a, const struct ldap_search *search, struct ldap_entry **ret, size_t *ret_count,
                        struct err *e) MUST_USE;

/* A filter (RFC 4515) of a pattern: "{login}" and "{dn}" become the values, each byte that is no letter or digit as \xx, so that nothing
 * in them is syntax. ERR_INVALID: the pattern has other braces, or no even brackets; ERR_TOO_LARGE. */
bool ldap_filter_write(struct buf *out, struct str pattern, struct str login, struct str dn, struct err *e) MUST_USE;
/* What ldap_client_new would take. ERR_INVALID. */
bool ldap_url_check(struct str url, bool is_plain, struct err *e) MUST_USE;

#endif
