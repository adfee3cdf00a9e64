/*
 * certs.h - X.509 certificates in files, read by OpenSSL, and which certificate and key files the services of a host are
 * configured with.
 */
#ifndef COLLECT_HOST_CERTS_H
#define COLLECT_HOST_CERTS_H

#include "collect/host/host.h"

enum { CERTS_IN_FILE_MAX = 2000, CERT_FILE_BYTES_MAX = 4 << 20 };

struct cert {
    struct str subject, issuer, san; /* san: data NULL if there is none */
    struct str key_alg, sig_alg;
    int64_t not_before_ms, not_after_ms;
    int64_t bits;
    bool is_self_signed;
    bool is_ca;
    char fp[65];
};

/* All certificates of a file, PEM (what stands between them is passed over) or one DER. Those that can't be understood are
 * counted. */
struct cert *certs_parse(struct arena *a, struct str bytes, size_t *ret_count, size_t *ret_malformed);

/* A certificate file that a service is configured with. */
struct cert_use {
    struct str cert_path;
    struct str key_path; /* data NULL where none is named; the same file where it holds both */
    const char *service;
};
void cert_uses_read(struct gather *g, struct cert_use **ret_uses, size_t *ret_count);

#endif
