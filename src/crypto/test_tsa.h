/*
 * test_tsa.h - for tests: a certificate authority and a time stamping authority, made in memory.
 */
#ifndef CRYPTO_TEST_TSA_H
#define CRYPTO_TEST_TSA_H

#include "crypto/tst.h"
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct test_tsa {
    EVP_PKEY *ca_key, *key;
    X509 *ca, *certificate;
    char ca_pem[4096];
    time_t now; /* what its clock says; 0: the real one */
    long serial;
};

struct test_tsa_options {
    time_t not_before, not_after; /* of the TSA's certificate; 0, 0: an hour ago to in a day */
    const char *usage;            /* extended key usage; NULL: "critical,timeStamping" */
};

#define TEST_MUST(x)                                                                                                             \
    do {                                                                                                                         \
        if (!(x)) {                                                                                                              \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                                                              \
            abort();                                                                                                             \
        }                                                                                                                        \
    } while (0)

static inline void test_extension(X509 *c, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, c, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    TEST_MUST(extension && X509_add_ext(c, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

/* NULL issuer: signs itself. */
static inline X509 *test_certificate(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key, time_t from, time_t to,
                                     const char *usage)
{
    static long serial = 1;
    X509 *c = X509_new();
    X509_NAME *subject = X509_NAME_new();
    TEST_MUST(c && subject && X509_set_version(c, X509_VERSION_3) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(c), serial++) == 1);
    TEST_MUST(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1, 0) == 1);
    TEST_MUST(X509_set_subject_name(c, subject) == 1 && X509_set_issuer_name(c, issuer ? X509_get_subject_name(issuer) : subject) == 1);
    TEST_MUST(ASN1_TIME_set(X509_getm_notBefore(c), from) && ASN1_TIME_set(X509_getm_notAfter(c), to));
    TEST_MUST(X509_set_pubkey(c, key) == 1);
    test_extension(c, issuer ? issuer : c, NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    test_extension(c, issuer ? issuer : c, NID_key_usage, issuer ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign");
    if (issuer)
        test_extension(c, issuer, NID_ext_key_usage, usage);
    TEST_MUST(X509_sign(c, issuer_key ? issuer_key : key, EVP_sha256()) > 0);
    X509_NAME_free(subject);
    return c;
}

static inline size_t test_pem_add(char *text, size_t size, X509 *c, X509_CRL *crl)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    TEST_MUST(!c || PEM_write_bio_X509(bio, c) == 1);
    TEST_MUST(!crl || PEM_write_bio_X509_CRL(bio, crl) == 1);
    long n = BIO_get_mem_data(bio, &data);
    size_t used = strlen(text);
    TEST_MUST(used + (size_t)n < size);
    memcpy(text + used, data, (size_t)n);
    text[used + (size_t)n] = 0;
    BIO_free(bio);
    return used + (size_t)n;
}

static inline struct test_tsa test_tsa_make(const struct test_tsa_options *o)
{
    time_t now = time(NULL), from = o->not_before ? o->not_before : now - 3600, to = o->not_after ? o->not_after : now + 86400;
    struct test_tsa t = {.ca_key = EVP_EC_gen("P-256"), .key = EVP_EC_gen("P-256")};
    TEST_MUST(t.ca_key && t.key);
    t.ca = test_certificate("Test authority", t.ca_key, NULL, NULL, from - 86400, to + 86400, NULL);
    t.certificate = test_certificate("Test time stamps", t.key, t.ca, t.ca_key, from, to, o->usage ? o->usage : "critical,timeStamping");
    test_pem_add(t.ca_pem, sizeof(t.ca_pem), t.ca, NULL);
    return t;
}

static inline void test_tsa_release(struct test_tsa *t)
{
    X509_free(t->ca);
    X509_free(t->certificate);
    EVP_PKEY_free(t->ca_key);
    EVP_PKEY_free(t->key);
}

/* A CRL of the authority that lists the TSA's certificate, revoked at `at` for `reason` (-1: none stated). */
static inline X509_CRL *test_tsa_revoke(struct test_tsa *t, time_t at, int reason)
{
    X509_CRL *crl = X509_CRL_new();
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *when = ASN1_TIME_set(NULL, at), *next = ASN1_TIME_set(NULL, at + 86400);
    TEST_MUST(crl && entry && when && next && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
    TEST_MUST(X509_CRL_set_issuer_name(crl, X509_get_subject_name(t->ca)) == 1 && X509_CRL_set1_lastUpdate(crl, when) == 1 &&
              X509_CRL_set1_nextUpdate(crl, next) == 1);
    TEST_MUST(X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(t->certificate)) == 1 &&
              X509_REVOKED_set_revocationDate(entry, when) == 1);
    if (reason >= 0) {
        ASN1_ENUMERATED *value = ASN1_ENUMERATED_new();
        TEST_MUST(value && ASN1_ENUMERATED_set(value, reason) == 1 && X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, value, 0, 0) == 1);
        ASN1_ENUMERATED_free(value);
    }
    TEST_MUST(X509_CRL_add0_revoked(crl, entry) == 1 && X509_CRL_sign(crl, t->ca_key, EVP_sha256()) > 0);
    ASN1_TIME_free(when);
    ASN1_TIME_free(next);
    return crl;
}

static inline ASN1_INTEGER *test_tsa_serial(struct TS_resp_ctx *context, void *data)
{
    (void)context;
    struct test_tsa *t = data;
    ASN1_INTEGER *serial = ASN1_INTEGER_new();
    TEST_MUST(serial && ASN1_INTEGER_set(serial, ++t->serial) == 1);
    return serial;
}

static inline int test_tsa_time(struct TS_resp_ctx *context, void *data, long *seconds, long *microseconds)
{
    (void)context;
    struct test_tsa *t = data;
    *seconds = t->now ? (long)t->now : (long)time(NULL);
    *microseconds = 250000;
    return 1;
}

/* The answer (DER) to a request (DER), also a refusal. */
static inline void test_tsa_answer(struct test_tsa *t, struct str request, struct buf *out)
{
    TS_RESP_CTX *context = TS_RESP_CTX_new();
    ASN1_OBJECT *policy = OBJ_txt2obj("1.3.6.1.4.1.99999.1", 1);
    TEST_MUST(context && policy && TS_RESP_CTX_set_signer_cert(context, t->certificate) == 1 && TS_RESP_CTX_set_signer_key(context, t->key) == 1 &&
              TS_RESP_CTX_set_def_policy(context, policy) == 1 && TS_RESP_CTX_add_md(context, EVP_sha256()) == 1 &&
              TS_RESP_CTX_set_signer_digest(context, EVP_sha256()) == 1 && TS_RESP_CTX_set_ess_cert_id_digest(context, EVP_sha256()) == 1 &&
              TS_RESP_CTX_set_clock_precision_digits(context, 3) == 1 && TS_RESP_CTX_set_accuracy(context, 1, 500, 0) == 1);
    TS_RESP_CTX_set_serial_cb(context, test_tsa_serial, t);
    TS_RESP_CTX_set_time_cb(context, test_tsa_time, t);
    BIO *bio = BIO_new_mem_buf(request.data, (int)request.size);
    TS_RESP *response = TS_RESP_create_response(context, bio);
    unsigned char *der = NULL;
    int size = response ? i2d_TS_RESP(response, &der) : 0;
    TEST_MUST(size > 0);
    buf_append(out, der, (size_t)size);
    OPENSSL_free(der);
    TS_RESP_free(response);
    BIO_free(bio);
    ASN1_OBJECT_free(policy);
    TS_RESP_CTX_free(context);
}

#endif
