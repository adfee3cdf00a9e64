#include "collect/host/certs.h"
#include "base/times.h"
#include "crypto/crypto.h"
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static struct str bio_text(struct arena *a, BIO *bio)
{
    char *data = NULL;
    long size = BIO_get_mem_data(bio, &data);
    struct str text = arena_str(a, str_make(data, size > 0 ? (size_t)size : 0));
    BIO_free(bio);
    return text;
}

static struct str name_text(struct arena *a, const X509_NAME *name)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (!bio || X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0) {
        BIO_free(bio);
        return STR("");
    }
    return bio_text(a, bio);
}

static int64_t time_ms(const ASN1_TIME *at)
{
    struct tm t = {0};
    if (!at || !ASN1_TIME_to_tm(at, &t))
        return 0;
    int64_t day = day_of_date((struct date){t.tm_year + 1900, t.tm_mon + 1, t.tm_mday});
    return day * MS_DAY + t.tm_hour * MS_HOUR + t.tm_min * MS_MINUTE + t.tm_sec * MS_SECOND;
}

static void add_address(struct buf *out, const ASN1_OCTET_STRING *ip)
{
    const unsigned char *b = ASN1_STRING_get0_data(ip);
    int size = ASN1_STRING_length(ip);
    if (size == 4)
        buf_printf(out, "%d.%d.%d.%d", b[0], b[1], b[2], b[3]);
    else
        for (int i = 0; i + 1 < size; i += 2)
            buf_printf(out, "%s%x", i ? ":" : "", b[i] << 8 | b[i + 1]);
}

static struct str alternative_names(struct arena *a, X509 *x)
{
    struct buf BUF_AUTO out;
    buf_init(&out, 64 << 10);
    GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        bool is_text = name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI;
        if (!is_text && name->type != GEN_IPADD)
            continue;
        if (out.size)
            buf_char(&out, ',');
        if (is_text)
            buf_append(&out, ASN1_STRING_get0_data(name->d.ia5), (size_t)ASN1_STRING_length(name->d.ia5));
        else
            add_address(&out, name->d.iPAddress);
    }
    GENERAL_NAMES_free(names);
    return out.size ? arena_str(a, buf_view(&out)) : (struct str){0};
}

static void describe_key(struct arena *a, X509 *x, struct cert *ret)
{
    EVP_PKEY *key = X509_get0_pubkey(x);
    ASN1_OBJECT *algorithm = NULL;
    X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x));
    int nid = OBJ_obj2nid(algorithm);
    const char *name = nid == NID_rsaEncryption ? "RSA" : nid == NID_X9_62_id_ecPublicKey ? "EC" : nid == NID_dsa ? "DSA" : OBJ_nid2sn(nid);
    ret->key_alg = arena_str(a, str_of(name ? name : "unknown"));
    ret->bits = key ? EVP_PKEY_get_bits(key) : 0;
}

/* Consumes the DER bytes of one certificate. */
static bool parse_der(struct arena *a, struct str der, struct cert *ret)
{
    const unsigned char *at = (const unsigned char *)der.data;
    if (der.size == 0 || der.size > 1 << 20)
        return false;
    X509 *x = d2i_X509(NULL, &at, (long)der.size);
    if (!x) {
        ERR_clear_error();
        return false;
    }
    *ret = (struct cert){
        .subject = name_text(a, X509_get_subject_name(x)),
        .issuer = name_text(a, X509_get_issuer_name(x)),
        .san = alternative_names(a, x),
        .not_before_ms = time_ms(X509_get0_notBefore(x)),
        .not_after_ms = time_ms(X509_get0_notAfter(x)),
        .is_self_signed = X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0,
    };
    const char *signature = OBJ_nid2ln(X509_get_signature_nid(x));
    ret->sig_alg = arena_str(a, str_of(signature ? signature : "unknown"));
    BASIC_CONSTRAINTS *basic = X509_get_ext_d2i(x, NID_basic_constraints, NULL, NULL);
    ret->is_ca = basic && basic->ca;
    BASIC_CONSTRAINTS_free(basic);
    describe_key(a, x, ret);
    struct sha256 digest = sha256_of(str_slice(der, 0, (size_t)(at - (const unsigned char *)der.data)));
    hex_encode(digest.bytes, sizeof(digest.bytes), ret->fp);
    X509_free(x);
    ERR_clear_error();
    return true;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* The body of a PEM block: base64 over lines, white space anywhere. False for other bytes. */
static bool decode_body(struct arena *a, struct str body, struct str *ret_der)
{
    char *out = arena_alloc(a, body.size / 4 * 3 + 4);
    size_t n = 0;
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < body.size; i++) {
        char c = body.data[i];
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t' || c == '=')
            continue;
        int value = base64_value(c);
        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (++count == 4) {
            out[n++] = (char)(bits >> 16);
            out[n++] = (char)(bits >> 8);
            out[n++] = (char)bits;
            count = 0;
            bits = 0;
        }
    }
    if (count == 3)
        out[n++] = (char)(bits >> 10);
    if (count >= 2)
        out[n++] = (char)(bits >> (count == 3 ? 2 : 4));
    *ret_der = str_make(out, n);
    return true;
}

struct cert *certs_parse(struct arena *a, struct str bytes, size_t *ret_count, size_t *ret_malformed)
{
    struct cert *certs = NULL, one;
    size_t count = 0, capacity = 0, malformed = 0;
    if (bytes.size > 4 && (unsigned char)bytes.data[0] == 0x30 && (unsigned char)bytes.data[1] >= 0x80) { /* DER: a long SEQUENCE */
        if (parse_der(a, bytes, &one)) {
            certs = ARENA_NEW(a, struct cert);
            certs[count++] = one;
        } else {
            malformed++;
        }
    }
    const struct str begin_marks[] = {STR("-----BEGIN CERTIFICATE-----"), STR("-----BEGIN TRUSTED CERTIFICATE-----"),
                                      STR("-----BEGIN X509 CERTIFICATE-----")};
    for (size_t m = 0; m < COLUMN_COUNT(begin_marks) && count == 0; m++) {
        struct str rest = bytes, der;
        for (ptrdiff_t at; count + malformed < CERTS_IN_FILE_MAX && (at = str_find(rest, begin_marks[m])) >= 0;) {
            rest = str_slice(rest, (size_t)at + begin_marks[m].size, rest.size);
            ptrdiff_t end = str_find(rest, STR("-----END"));
            struct str body = str_slice(rest, 0, end < 0 ? rest.size : (size_t)end);
            rest = str_slice(rest, body.size, rest.size);
            if (end < 0 || !decode_body(a, body, &der) || !parse_der(a, der, &one)) {
                malformed++;
                continue;
            }
            if (count == capacity)
                certs = arena_grow(a, certs, count, &capacity, sizeof(*certs));
            certs[count++] = one;
        }
    }
    *ret_count = count;
    *ret_malformed = malformed;
    return certs;
}
