#include "os/ldap_client.h"
#include "os/library.h"

#include <ldap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#define LDAP_FUNCTIONS(F)                                                                                                        \
    F(ldap_, initialize) F(ldap_, set_option) F(ldap_, start_tls_s) F(ldap_, sasl_bind_s) F(ldap_, unbind_ext_s)                   \
    F(ldap_, search_ext_s) F(ldap_, first_entry) F(ldap_, next_entry) F(ldap_, count_entries) F(ldap_, get_dn)                     \
    F(ldap_, get_values_len) F(ldap_, count_values_len) F(ldap_, value_free_len) F(ldap_, memfree) F(ldap_, msgfree)               \
    F(ldap_, err2string) F(ldap_, get_option) F(ldap_, create_page_control) F(ldap_, parse_result)                                \
    F(ldap_, parse_pageresponse_control) F(ldap_, control_find) F(ldap_, control_free) F(ldap_, controls_free)
static struct {
    LDAP_FUNCTIONS(LIBRARY_POINTER)
} ldap;
static const char *const ldap_names[] = {LDAP_FUNCTIONS(LIBRARY_NAME)};
static struct library ldap_library = LIBRARY("libldap-2.5.so.0", "libldap-2.5-0", ldap_names, ldap);

struct ldap_client {
    LDAP *handle;
    const char *url;
    int ca_fd; /* the authorities as a file in memory; -1: the system's */
};

/* ---- what may be asked ---- */

static bool is_this_machine(struct str host)
{
    struct str name = host;
    if (str_starts(host, "[::1]"))
        return true;
    str_cut(&host, ':', &name);
    return str_is(name, "localhost") || str_is(name, "127.0.0.1");
}

bool ldap_url_check(struct str url, bool is_plain, struct err *e)
{
    bool is_tls = str_starts(url, "ldaps://");
    struct str host = is_tls ? str_slice(url, 8, url.size) : str_starts(url, "ldap://") ? str_slice(url, 7, url.size) : STR("");
    bool is_clean = host.size > 0 && host.size < 300;
    for (size_t i = 0; i < host.size; i++)
        is_clean = is_clean && (strchr(".-:[]", host.data[i]) || (host.data[i] >= '0' && host.data[i] <= '9') ||
                                (host.data[i] >= 'a' && host.data[i] <= 'z') || (host.data[i] >= 'A' && host.data[i] <= 'Z'));
    if (!is_clean)
        return err_set(e, ERR_INVALID, "url: \"%.*s\" is no address of a directory; write ldaps://host or ldap://host:389", STR_ARGS(str_slice(url, 0, 80)));
    if (is_plain && !is_tls && !is_this_machine(host))
        return err_set(e, ERR_INVALID, "url: passwords would cross the network in the clear; without TLS only this machine itself is asked");
    return true;
}

/* Letters and digits as they are, everything else escaped: also what is harmless, so that there is no list to get wrong. */
static void value_write(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned char c = (unsigned char)value.data[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            buf_char(out, (char)c);
        else
            buf_printf(out, "\\%02x", c);
    }
}

bool ldap_filter_write(struct buf *out, struct str pattern, struct str login, struct str dn, struct err *e)
{
    int depth = 0;
    bool is_even = pattern.size > 2 && pattern.data[0] == '(';
    for (size_t i = 0; i < pattern.size; i++) {
        struct str rest = str_slice(pattern, i, pattern.size);
        unsigned char c = (unsigned char)pattern.data[i];
        if (c == '{' && (str_starts(rest, "{login}") || str_starts(rest, "{dn}"))) {
            bool is_login = str_starts(rest, "{login}");
            value_write(out, is_login ? login : dn);
            i += is_login ? 6 : 3;
            continue;
        }
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        is_even = is_even && depth >= 0 && (depth > 0 || i + 1 == pattern.size);
        if (c < ' ' || c == '{' || c == '}')
            return err_set(e, ERR_INVALID, "filter: only {login} and {dn} stand in braces");
        buf_char(out, (char)c);
    }
    if (!is_even || depth != 0)
        return err_set(e, ERR_INVALID, "filter: its brackets do not match; write for example (uid={login})");
    return !out->full || err_set(e, ERR_TOO_LARGE, "filter: longer than %zu bytes", out->size_max);
}

/* ---- connecting ---- */

static bool ldap_failed(struct ldap_client *c, int code, const char *what, struct err *e)
{
    enum err_code kind = code == LDAP_TIMEOUT || code == LDAP_TIMELIMIT_EXCEEDED ? ERR_TIMEOUT
                         : code == LDAP_INVALID_CREDENTIALS || code == LDAP_INAPPROPRIATE_AUTH || code == LDAP_INSUFFICIENT_ACCESS ? ERR_DENIED
                         : code == LDAP_FILTER_ERROR || code == LDAP_INVALID_DN_SYNTAX || code == LDAP_NO_SUCH_OBJECT             ? ERR_INVALID
                         : code == LDAP_SIZELIMIT_EXCEEDED                                                                       ? ERR_TOO_LARGE
                                                                                                                                 : ERR_UNAVAILABLE;
    char *more = NULL;
    if (c->handle)
        ldap.get_option(c->handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &more);
    char text[200] = "";
    size_t n = 0;
    for (const char *p = more; p && *p && n + 1 < sizeof(text); p++)
        text[n++] = *p >= ' ' && *p < 0x7f ? *p : ' ';
    if (more)
        ldap.memfree(more);
    if (strstr(text, "ertificate") || strstr(text, "hostname") || strstr(text, "not trusted"))
        kind = ERR_DENIED;
    return err_set(e, kind, "%.200s: %s: %s%s%s", c->url, what, ldap.err2string(code), text[0] ? ": " : "", text);
}

/* libldap takes authorities as a file only: here it is one in memory. */
static bool authorities_set(struct ldap_client *c, struct str pem, char ret_path[64], struct err *e)
{
    snprintf(ret_path, 64, "/etc/ssl/certs/ca-certificates.crt");
    if (!pem.size)
        return true;
    c->ca_fd = memfd_create("authorities", MFD_CLOEXEC);
    if (c->ca_fd < 0 || write(c->ca_fd, pem.data, pem.size) != (ssize_t)pem.size)
        return err_set(e, ERR_LIMIT, "%.200s: no memory for the authorities", c->url);
    snprintf(ret_path, 64, "/proc/self/fd/%d", c->ca_fd);
    return true;
}

static bool options_set(struct ldap_client *c, const struct ldap_server *server, struct err *e)
{
    int version = LDAP_VERSION3, never = LDAP_DEREF_NEVER, demand = LDAP_OPT_X_TLS_DEMAND, tls12 = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2, client = 0;
    struct timeval patience = {LDAP_CLIENT_MS / 1000, (LDAP_CLIENT_MS % 1000) * 1000};
    char authorities[64];
    if (!authorities_set(c, server->ca_pem, authorities, e))
        return false;
    int failed = 0;
    failed |= ldap.set_option(c->handle, LDAP_OPT_PROTOCOL_VERSION, &version);
    failed |= ldap.set_option(c->handle, LDAP_OPT_DEREF, &never);
    failed |= ldap.set_option(c->handle, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
    failed |= ldap.set_option(c->handle, LDAP_OPT_NETWORK_TIMEOUT, &patience);
    failed |= ldap.set_option(c->handle, LDAP_OPT_TIMEOUT, &patience);
    failed |= ldap.set_option(c->handle, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
    failed |= ldap.set_option(c->handle, LDAP_OPT_X_TLS_PROTOCOL_MIN, &tls12);
    failed |= ldap.set_option(c->handle, LDAP_OPT_X_TLS_CACERTFILE, authorities);
    failed |= ldap.set_option(c->handle, LDAP_OPT_X_TLS_NEWCTX, &client);
    return !failed || err_set(e, ERR_INVALID, "%.200s: the authorities are no PEM certificates, or libldap has no TLS", c->url);
}

struct ldap_client *ldap_client_new(const struct ldap_server *server, struct err *e)
{
    /* Nothing of this machine's own configuration: what counts is what the organisation has set. */
    setenv("LDAPNOINIT", "1", 1);
    if (!ldap_url_check(str_of(server->url), server->is_plain, e) || !library_open(&ldap_library, e))
        return NULL;
    struct ldap_client *c = calloc(1, sizeof(*c));
    if (!c) {
        err_set(e, ERR_LIMIT, "ldap: no memory");
        return NULL;
    }
    c->url = server->url;
    c->ca_fd = -1;
    int code = ldap.initialize(&c->handle, server->url);
    bool needs_start = str_starts(str_of(server->url), "ldap://") && !server->is_plain;
    bool ok = code == LDAP_SUCCESS ? options_set(c, server, e) : ldap_failed(c, code, "connect", e);
    if (ok && needs_start && (code = ldap.start_tls_s(c->handle, NULL, NULL)) != LDAP_SUCCESS)
        ok = ldap_failed(c, code, "StartTLS", e);
    return ok ? c : ldap_client_free(c);
}

struct ldap_client *ldap_client_free(struct ldap_client *c)
{
    if (c && c->handle)
        ldap.unbind_ext_s(c->handle, NULL, NULL);
    if (c && c->ca_fd >= 0)
        close(c->ca_fd);
    free(c);
    return NULL;
}

bool ldap_client_bind(struct ldap_client *c, const char *dn, struct str password, struct err *e)
{
    if (*dn && password.size == 0)
        return err_set(e, ERR_DENIED, "%.200s: a name without a password is no sign-in", c->url);
    struct berval secret = {password.size, (char *)(uintptr_t)(password.size ? password.data : "")};
    int code = ldap.sasl_bind_s(c->handle, dn, LDAP_SASL_SIMPLE, &secret, NULL, NULL, NULL);
    /* A name that is gone, a policy, a locked account: no, like a wrong password. */
    if (*dn && (code == LDAP_UNWILLING_TO_PERFORM || code == LDAP_CONSTRAINT_VIOLATION || code == LDAP_NO_SUCH_OBJECT))
        return err_set(e, ERR_DENIED, "%.200s: bind: %s", c->url, ldap.err2string(code));
    return code == LDAP_SUCCESS || ldap_failed(c, code, "bind", e);
}

/* ---- searching ---- */

static void attribute_read(struct ldap_client *c, struct arena *a, LDAPMessage *entry, const char *name, struct ldap_attribute *ret)
{
    struct berval **values = ldap.get_values_len(c->handle, entry, name);
    int count = values ? ldap.count_values_len(values) : 0;
    *ret = (struct ldap_attribute){.name = arena_str(a, str_of(name)), .values = arena_array(a, (size_t)count + 1, sizeof(struct str))};
    for (int i = 0; i < count && i < LDAP_VALUES_MAX; i++)
        if (values[i]->bv_len <= LDAP_VALUE_BYTES_MAX)
            ret->values[ret->count++] = arena_str(a, str_make(values[i]->bv_val, values[i]->bv_len));
    if (values)
        ldap.value_free_len(values);
}

static void entry_read(struct ldap_client *c, struct arena *a, LDAPMessage *message, const struct ldap_search *search, struct ldap_entry *ret)
{
    char *dn = ldap.get_dn(c->handle, message);
    size_t count = 0;
    while (search->attributes[count])
        count++;
    ret->dn = arena_str(a, str_of(dn ? dn : ""));
    ret->attributes = arena_array(a, count + 1, sizeof(*ret->attributes));
    ret->attribute_count = count;
    for (size_t i = 0; i < count; i++)
        attribute_read(c, a, message, search->attributes[i], &ret->attributes[i]);
    if (dn)
        ldap.memfree(dn);
}

/* The directory's word for where the next page begins; empty: there is none, or it does not know pages. */
static bool cookie_read(struct ldap_client *c, LDAPMessage *result, struct berval *ret, struct err *e)
{
    LDAPControl **controls = NULL;
    int failed = 0;
    *ret = (struct berval){0};
    int code = ldap.parse_result(c->handle, result, &failed, NULL, NULL, NULL, &controls, 0);
    LDAPControl *page = code == LDAP_SUCCESS && controls ? ldap.control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL) : NULL;
    ber_int_t estimate;
    if (page)
        code = ldap.parse_pageresponse_control(c->handle, page, &estimate, ret);
    if (controls)
        ldap.controls_free(controls);
    return code == LDAP_SUCCESS || ldap_failed(c, code, "search", e);
}

struct pages {
    struct ldap_client *c;
    struct arena *arena;
    const struct ldap_search *search;
    struct ldap_entry *entries;
    size_t count, capacity;
    struct berval cookie;
};

static bool page_take(struct pages *p, LDAPMessage *result, struct err *e)
{
    struct ldap_client *c = p->c;
    for (LDAPMessage *m = ldap.first_entry(c->handle, result); m; m = ldap.next_entry(c->handle, m)) {
        if (p->count == p->search->entries_max)
            return err_set(e, ERR_TOO_LARGE, "%.200s: search: more than %zu entries", c->url, p->search->entries_max);
        if (p->count == p->capacity)
            p->entries = arena_grow(p->arena, p->entries, p->count, &p->capacity, sizeof *p->entries);
        entry_read(c, p->arena, m, p->search, &p->entries[p->count++]);
    }
    if (p->cookie.bv_val)
        ldap.memfree(p->cookie.bv_val);
    p->cookie = (struct berval){0};
    return p->search->page == 0 || cookie_read(c, result, &p->cookie, e);
}

static bool page_ask(struct pages *p, struct err *e)
{
    struct ldap_client *c = p->c;
    struct timeval patience = {LDAP_CLIENT_MS / 1000, (LDAP_CLIENT_MS % 1000) * 1000};
    LDAPMessage *result = NULL;
    LDAPControl *control = NULL;
    int code = p->search->page ? ldap.create_page_control(c->handle, (ber_int_t)p->search->page, p->cookie.bv_len ? &p->cookie : NULL, 0, &control) : LDAP_SUCCESS;
    LDAPControl *controls[] = {control, NULL};
    if (code == LDAP_SUCCESS)
        code = ldap.search_ext_s(c->handle, p->search->base, LDAP_SCOPE_SUBTREE, p->search->filter, (char **)(uintptr_t)p->search->attributes, 0, control ? controls : NULL, NULL, &patience,
                                 (int)p->search->entries_max, &result);
    bool ok = code == LDAP_SUCCESS ? page_take(p, result, e) : ldap_failed(c, code, "search", e);
    if (control)
        ldap.control_free(control);
    if (result)
        ldap.msgfree(result);
    return ok;
}

bool ldap_client_search(struct ldap_client *c, struct arena *a, const struct ldap_search *search, struct ldap_entry **ret, size_t *ret_count,
                        struct err *e)
{
    struct pages p = {.c = c, .arena = a, .search = search};
    bool ok = page_ask(&p, e);
    while (ok && p.cookie.bv_len > 0)
        ok = page_ask(&p, e);
    if (p.cookie.bv_val)
        ldap.memfree(p.cookie.bv_val);
    *ret = p.entries ? p.entries : arena_array(a, 1, sizeof(**ret));
    *ret_count = ok ? p.count : 0;
    return ok;
}
