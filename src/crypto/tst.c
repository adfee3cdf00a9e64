#include "crypto/tst.h"
#include "base/times.h"
#include "crypto/internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

/* What OpenSSL says last, in words. */
static bool fail(struct err *e, enum err_code code, const char *what)
{
    unsigned long number = ERR_peek_last_error();
    const char *reason = number ? ERR_reason_error_string(number) : NULL, *data = NULL;
    int flags = 0;
    ERR_peek_last_error_data(&data, &flags);
    bool has_data = data && (flags & ERR_TXT_STRING) && data[0];
    err_set(e, code, "%s%s%s%s%s", what, reason ? ": " : "", reason ? reason : "", has_data ? ": " : "", has_data ? data : "");
    ERR_clear_error();
    return false;
}

void tst_request(struct str data, const uint8_t nonce[TST_NONCE_SIZE], struct buf *out)
{
    struct sha256 digest = sha256_of(data);
    TS_REQ *request = TS_REQ_new();
    TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
    X509_ALGOR *algorithm = X509_ALGOR_new();
    BIGNUM *number = BN_bin2bn(nonce, TST_NONCE_SIZE, NULL);
    ASN1_INTEGER *integer = number ? BN_to_ASN1_INTEGER(number, NULL) : NULL;
    bool ok = request && imprint && algorithm && integer &&
              X509_ALGOR_set0(algorithm, OBJ_nid2obj(NID_sha256), V_ASN1_NULL, NULL) == 1 && TS_REQ_set_version(request, 1) == 1 &&
              TS_MSG_IMPRINT_set_algo(imprint, algorithm) == 1 &&
              TS_MSG_IMPRINT_set_msg(imprint, digest.bytes, SHA256_SIZE) == 1 && TS_REQ_set_msg_imprint(request, imprint) == 1 &&
              TS_REQ_set_nonce(request, integer) == 1 && TS_REQ_set_cert_req(request, 1) == 1;
    unsigned char *der = NULL;
    int size = ok ? i2d_TS_REQ(request, &der) : -1;
    crypto_must(size > 0, "time stamp request");
    buf_append(out, der, (size_t)size);
    OPENSSL_free(der);
    ASN1_INTEGER_free(integer);
    BN_free(number);
    X509_ALGOR_free(algorithm);
    TS_MSG_IMPRINT_free(imprint);
    TS_REQ_free(request);
}

/* GeneralizedTime as RFC 3161 2.4.2 has it: YYYYMMDDhhmmss[.s…]Z. */
static bool time_read(const ASN1_GENERALIZEDTIME *at, int64_t *ret_ms)
{
    struct str text = at ? str_make(ASN1_STRING_get0_data(at), (size_t)ASN1_STRING_length(at)) : STR("");
    char plain[64];
    if (text.size < 15 || text.size > 32 || text.data[text.size - 1] != 'Z')
        return false;
    for (size_t i = 0; i + 1 < text.size; i++)
        if ((text.data[i] < '0' || text.data[i] > '9') && !(i == 14 && text.data[i] == '.' && text.size > 16))
            return false;
    const char *t = text.data;
    int milliseconds = 0;
    for (size_t i = 15, scale = 100; i + 1 < text.size && scale > 0; i++, scale /= 10)
        milliseconds += (t[i] - '0') * (int)scale;
    snprintf(plain, sizeof(plain), "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s.%03dZ", t, t + 4, t + 6, t + 8, t + 10, t + 12, milliseconds);
    return (text.size == 15 || t[14] == '.') && time_parse(str_of(plain), 0, ret_ms);
}

static int64_t accuracy_read(TS_ACCURACY *accuracy)
{
    static const int64_t LONGEST_S = 1000000;
    if (!accuracy)
        return 0;
    const ASN1_INTEGER *seconds = TS_ACCURACY_get_seconds(accuracy), *millis = TS_ACCURACY_get_millis(accuracy);
    int64_t s = 0, ms = 0;
    if (seconds && (ASN1_INTEGER_get_int64(&s, seconds) != 1 || s < 0 || s > LONGEST_S))
        s = LONGEST_S;
    if (millis && (ASN1_INTEGER_get_int64(&ms, millis) != 1 || ms < 0 || ms > 999))
        ms = 999;
    return s * 1000 + ms;
}

static bool imprint_read(TS_TST_INFO *token, struct sha256 *ret, struct err *e)
{
    TS_MSG_IMPRINT *imprint = TS_TST_INFO_get_msg_imprint(token);
    X509_ALGOR *algorithm = imprint ? TS_MSG_IMPRINT_get_algo(imprint) : NULL;
    const ASN1_OCTET_STRING *digest = imprint ? TS_MSG_IMPRINT_get_msg(imprint) : NULL;
    const ASN1_OBJECT *name = NULL;
    if (algorithm)
        X509_ALGOR_get0(&name, NULL, NULL, algorithm);
    if (!name || OBJ_obj2nid(name) != NID_sha256 || !digest || ASN1_STRING_length(digest) != SHA256_SIZE)
        return err_set(e, ERR_CORRUPT, "time stamp: its imprint is no SHA-256");
    memcpy(ret->bytes, ASN1_STRING_get0_data(digest), SHA256_SIZE);
    return true;
}

static bool info_read(TS_TST_INFO *token, struct tst_info *ret, struct err *e)
{
    struct tst_info info = {.accuracy_ms = accuracy_read(TS_TST_INFO_get_accuracy(token))};
    if (TS_TST_INFO_get_version(token) != 1)
        return err_set(e, ERR_CORRUPT, "time stamp: version %ld, only 1 is known", TS_TST_INFO_get_version(token));
    if (!imprint_read(token, &info.imprint, e))
        return false;
    if (!time_read(TS_TST_INFO_get_time(token), &info.time_ms))
        return err_set(e, ERR_CORRUPT, "time stamp: its time is no UTC time");
    const ASN1_INTEGER *nonce = TS_TST_INFO_get_nonce(token), *serial = TS_TST_INFO_get_serial(token);
    info.has_nonce = nonce && ASN1_INTEGER_get_uint64(&info.nonce, nonce) == 1;
    ERR_clear_error();
    if (!serial || ASN1_STRING_length(serial) < 1 || ASN1_STRING_length(serial) > 20)
        return err_set(e, ERR_CORRUPT, "time stamp: its serial number is longer than 160 bits");
    hex_encode(ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial), info.serial);
    if (OBJ_obj2txt(info.policy, sizeof(info.policy), TS_TST_INFO_get_policy_id(token), 1) < 1)
        info.policy[0] = 0;
    *ret = info;
    return true;
}

/* Why it was not granted. */
static bool status_check(TS_RESP *response, struct err *e)
{
    TS_STATUS_INFO *status = TS_RESP_get_status_info(response);
    int64_t number = -1;
    if (!status || ASN1_INTEGER_get_int64(&number, TS_STATUS_INFO_get0_status(status)) != 1)
        return err_set(e, ERR_CORRUPT, "time stamp: no status");
    if (number == TS_STATUS_GRANTED || number == TS_STATUS_GRANTED_WITH_MODS)
        return true;
    const STACK_OF(ASN1_UTF8STRING) *texts = TS_STATUS_INFO_get0_text(status);
    const ASN1_UTF8STRING *text = texts && sk_ASN1_UTF8STRING_num(texts) > 0 ? sk_ASN1_UTF8STRING_value(texts, 0) : NULL;
    struct str words = text ? str_make(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)) : STR("it says no more");
    return err_set(e, ERR_UNAVAILABLE, "the authority refused (status %lld): %.*s", (long long)number,
                   STR_ARGS(str_slice(words, 0, 200)));
}

/* SHA-1 and weaker are refused for what the authority signs today. */
static bool signer_check(PKCS7 *token, struct err *e)
{
    STACK_OF(PKCS7_SIGNER_INFO) *signers = PKCS7_type_is_signed(token) ? PKCS7_get_signer_info(token) : NULL;
    if (!signers || sk_PKCS7_SIGNER_INFO_num(signers) != 1)
        return err_set(e, ERR_CORRUPT, "time stamp: not signed by exactly one");
    if (token->d.sign->cert && sk_X509_num(token->d.sign->cert) > TST_CERTIFICATES_MAX)
        return err_set(e, ERR_CORRUPT, "time stamp: more than %d certificates", TST_CERTIFICATES_MAX);
    X509_ALGOR *digest = NULL;
    const ASN1_OBJECT *name = NULL;
    PKCS7_SIGNER_INFO_get0_algs(sk_PKCS7_SIGNER_INFO_value(signers, 0), NULL, &digest, NULL);
    if (digest)
        X509_ALGOR_get0(&name, NULL, NULL, digest);
    int nid = name ? OBJ_obj2nid(name) : NID_undef;
    if (nid != NID_sha256 && nid != NID_sha384 && nid != NID_sha512 && nid != NID_sha3_256 && nid != NID_sha3_384 && nid != NID_sha3_512)
        return err_set(e, ERR_CORRUPT, "time stamp: signed over %s, which is too weak or unknown", OBJ_nid2sn(nid));
    return true;
}

/* The response, parsed and within limits; the caller frees it. */
static TS_RESP *response_parse(struct str bytes, struct tst_info *ret, struct err *e)
{
    ERR_clear_error();
    if (bytes.size > TST_BYTES_MAX) {
        err_set(e, ERR_TOO_LARGE, "time stamp: more than %d bytes", TST_BYTES_MAX);
        return NULL;
    }
    const unsigned char *at = (const unsigned char *)bytes.data;
    TS_RESP *response = bytes.size ? d2i_TS_RESP(NULL, &at, (long)bytes.size) : NULL;
    bool ok = false;
    if (!response)
        fail(e, ERR_CORRUPT, "time stamp: not the answer of an authority");
    else if (at != (const unsigned char *)bytes.data + bytes.size)
        err_set(e, ERR_CORRUPT, "time stamp: bytes behind its end");
    else if (status_check(response, e)) {
        if (!TS_RESP_get_token(response) || !TS_RESP_get_tst_info(response))
            err_set(e, ERR_CORRUPT, "time stamp: granted, but without a token");
        else
            ok = signer_check(TS_RESP_get_token(response), e) && info_read(TS_RESP_get_tst_info(response), ret, e);
    }
    ERR_clear_error();
    if (ok)
        return response;
    TS_RESP_free(response);
    return NULL;
}

bool tst_read(struct str bytes, struct tst_info *ret, struct err *e)
{
    TS_RESP *response = response_parse(bytes, ret, e);
    TS_RESP_free(response);
    return response != NULL;
}

bool tst_answers(const struct tst_info *info, struct str data, const uint8_t *nonce, struct err *e)
{
    uint64_t wanted = 0;
    for (int i = 0; nonce && i < TST_NONCE_SIZE; i++)
        wanted = wanted << 8 | nonce[i];
    if (nonce && (!info->has_nonce || info->nonce != wanted))
        return err_set(e, ERR_CORRUPT, "time stamp: its nonce is not the one that was sent: an answer to somebody else, or an old one");
    if (!sha256_equal(info->imprint, sha256_of(data)))
        return err_set(e, ERR_CORRUPT, "time stamp: it is over other bytes");
    return true;
}

/* ---- trust ---- */

struct trust {
    X509_STORE *store;
    STACK_OF(X509_CRL) *crls;
    size_t certificates;
    char subject[256];
};

static void trust_release(struct trust *t)
{
    X509_STORE_free(t->store);
    sk_X509_CRL_pop_free(t->crls, X509_CRL_free);
}

static bool trust_add(struct trust *t, X509_INFO *item, struct err *e)
{
    if (item->x_pkey || (!item->x509 && !item->crl))
        return err_set(e, ERR_INVALID, "authorities: something other than certificates and CRLs");
    if (item->x509 && t->certificates++ == 0)
        X509_NAME_oneline(X509_get_subject_name(item->x509), t->subject, sizeof(t->subject));
    if (item->x509 && X509_STORE_add_cert(t->store, item->x509) != 1)
        return fail(e, ERR_INVALID, "authorities");
    if (item->crl) {
        crypto_must(X509_CRL_up_ref(item->crl) == 1 && sk_X509_CRL_push(t->crls, item->crl) > 0, "CRL");
    }
    return true;
}

/* Nobody is asked for a passphrase, whatever the PEM says: it may come from a stranger's ledger. */
static int no_passphrase(char *out, int size, int is_write, void *context)
{
    (void)out, (void)size, (void)is_write, (void)context;
    return -1;
}

static bool trust_load(struct str ca_pem, struct trust *ret, struct err *e)
{
    ERR_clear_error();
    *ret = (struct trust){.store = X509_STORE_new(), .crls = sk_X509_CRL_new_null()};
    BIO *bio = ca_pem.size <= TST_CA_BYTES_MAX ? BIO_new_mem_buf(ca_pem.data ? ca_pem.data : "", (int)ca_pem.size) : NULL;
    STACK_OF(X509_INFO) *items = bio ? PEM_X509_INFO_read_bio(bio, NULL, no_passphrase, NULL) : NULL;
    bool ok = items != NULL && ret->store && ret->crls;
    if (!ok)
        fail(e, ERR_INVALID, "authorities: not readable as PEM");
    for (int i = 0; ok && i < sk_X509_INFO_num(items); i++)
        ok = trust_add(ret, sk_X509_INFO_value(items, i), e);
    if (ok && ret->certificates == 0)
        ok = err_set(e, ERR_INVALID, "authorities: no certificate");
    sk_X509_INFO_pop_free(items, X509_INFO_free);
    BIO_free(bio);
    ERR_clear_error();
    return ok;
}

bool tst_ca_check(struct str ca_pem, char ret_subject[256], struct err *e)
{
    struct trust t;
    bool ok = trust_load(ca_pem, &t, e);
    if (ok)
        memcpy(ret_subject, t.subject, sizeof(t.subject));
    trust_release(&t);
    return ok;
}

/* Milliseconds of a certificate's or CRL's time; INT64_MIN if it cannot be read. */
static int64_t asn1_time_ms(const ASN1_TIME *at)
{
    struct tm tm;
    return at && ASN1_TIME_to_tm(at, &tm) == 1 ? (int64_t)timegm(&tm) * 1000 : INT64_MIN;
}

/* RFC 3161 section 4: revoked, but later, and for a reason that leaves what was stamped before good. */
static bool revocation_spares(X509_REVOKED *entry, int64_t stamped_ms)
{
    int critical = -1;
    ASN1_ENUMERATED *reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, &critical, NULL);
    long number = reason ? ASN1_ENUMERATED_get(reason) : -1;
    ASN1_ENUMERATED_free(reason);
    bool is_mild = number == CRL_REASON_UNSPECIFIED || number == CRL_REASON_AFFILIATION_CHANGED || number == CRL_REASON_SUPERSEDED ||
                   number == CRL_REASON_CESSATION_OF_OPERATION;
    return is_mild && asn1_time_ms(X509_REVOKED_get0_revocationDate(entry)) > stamped_ms;
}

/* Whether a CRL that the issuer signed lists the certificate. */
static bool crls_pass(const struct trust *t, X509 *certificate, X509 *issuer, int64_t stamped_ms, struct err *e)
{
    for (int i = 0; i < sk_X509_CRL_num(t->crls); i++) {
        X509_CRL *crl = sk_X509_CRL_value(t->crls, i);
        X509_REVOKED *entry = NULL;
        if (X509_NAME_cmp(X509_CRL_get_issuer(crl), X509_get_subject_name(issuer)) != 0)
            continue;
        if (X509_CRL_verify(crl, X509_get0_pubkey(issuer)) != 1)
            return fail(e, ERR_INVALID, "authorities: a CRL is not signed by its issuer");
        if (X509_CRL_get0_by_cert(crl, &entry, certificate) == 1 && !revocation_spares(entry, stamped_ms))
            return err_set(e, ERR_CORRUPT, "time stamp: a certificate of its chain is revoked");
    }
    return true;
}

/* Builds the chain of the signer at the stamp's time and looks through the CRLs. */
static bool chain_check(const struct trust *t, PKCS7 *token, struct tst_info *info, struct err *e)
{
    STACK_OF(X509) *signers = PKCS7_get0_signers(token, NULL, 0);
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    crypto_must(context != NULL, "chain");
    bool ok = signers && sk_X509_num(signers) == 1 &&
              X509_STORE_CTX_init(context, t->store, sk_X509_value(signers, 0), token->d.sign->cert) == 1 &&
              X509_STORE_CTX_set_purpose(context, X509_PURPOSE_TIMESTAMP_SIGN) == 1 && X509_verify_cert(context) == 1;
    if (!ok)
        err_set(e, ERR_CORRUPT, "time stamp: the chain of its signer does not hold at its time: %s",
                signers ? X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)) : "the signer's certificate is missing");
    STACK_OF(X509) *chain = ok ? X509_STORE_CTX_get0_chain(context) : NULL;
    for (int i = 0; ok && i < sk_X509_num(chain); i++) {
        X509 *certificate = sk_X509_value(chain, i), *issuer = sk_X509_value(chain, i + 1 < sk_X509_num(chain) ? i + 1 : i);
        ok = crls_pass(t, certificate, issuer, info->time_ms, e);
    }
    if (ok)
        X509_NAME_oneline(X509_get_subject_name(sk_X509_value(signers, 0)), info->signer, sizeof(info->signer));
    X509_STORE_CTX_free(context);
    sk_X509_free(signers);
    return ok;
}

/* The whole of RFC 3161 2.2 by OpenSSL: signature over the token, ESS certificate id, chain. Takes a reference on the store. */
static bool signature_check(const struct trust *t, TS_RESP *response, struct err *e)
{
    TS_VERIFY_CTX *context = TS_VERIFY_CTX_new();
    crypto_must(context && X509_STORE_up_ref(t->store) == 1, "time stamp check");
    TS_VERIFY_CTX_set_store(context, t->store);
    TS_VERIFY_CTX_set_flags(context, TS_VFY_SIGNATURE | TS_VFY_VERSION);
    bool ok = TS_RESP_verify_response(context, response) == 1 || fail(e, ERR_CORRUPT, "time stamp: it does not verify");
    TS_VERIFY_CTX_free(context);
    return ok;
}

bool tst_verify(struct str bytes, struct str ca_pem, struct tst_info *ret, struct err *e)
{
    struct tst_info info;
    TS_RESP *response = response_parse(bytes, &info, e);
    if (!response)
        return false;
    struct trust t;
    bool ok = trust_load(ca_pem, &t, e);
    if (ok) {
        X509_VERIFY_PARAM *parameters = X509_STORE_get0_param(t.store);
        X509_VERIFY_PARAM_set_time(parameters, (time_t)(info.time_ms / 1000));
        X509_VERIFY_PARAM_set_auth_level(parameters, 2); /* 112 bits: no SHA-1 signatures, no RSA below 2048 */
        X509_VERIFY_PARAM_set_flags(parameters, X509_V_FLAG_PARTIAL_CHAIN);
        ok = chain_check(&t, TS_RESP_get_token(response), &info, e) && signature_check(&t, response, e);
    }
    trust_release(&t);
    TS_RESP_free(response);
    ERR_clear_error();
    if (ok)
        *ret = info;
    return ok;
}
