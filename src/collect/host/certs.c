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

static struct str alternative_names(struct arena *a, const X509_EXTENSIONS *extensions)
{
    struct buf BUF_AUTO out;
    buf_init(&out, 64 << 10);
    GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
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

/*
 * d2i_X509 of OpenSSL 3 makes a usable public key of each certificate, which takes ten times as long as all the rest, and a trust
 * store has 150 of them. So the certificate (RFC 5280, 4.1) is taken apart here, by OpenSSL's own reader of DER, and OpenSSL
 * reads the parts.
 */
struct parts {
    struct str issuer, not_before, not_after, subject, key_algorithm, key, extensions, signature_algorithm;
};

/* The next value: all of it, and what is inside. `tag` -1 takes any. */
static bool take(struct str *in, int tag, struct str *ret_whole, struct str *ret_inside)
{
    const unsigned char *start = (const unsigned char *)in->data, *at = start;
    long size = 0;
    int is_tag = 0, class = 0;
    if (in->size == 0)
        return false;
    int r = ASN1_get_object(&at, &size, &is_tag, &class, (long)in->size);
    if ((r & 0x80) || (r & 1) || size < 0 || (tag >= 0 && (is_tag != tag || class != V_ASN1_UNIVERSAL)))
        return false;
    size_t whole = (size_t)(at - start) + (size_t)size;
    if (whole > in->size)
        return false;
    *ret_inside = str_make(at, (size_t)size);
    *ret_whole = str_make(start, whole);
    *in = str_slice(*in, whole, in->size);
    return true;
}

static bool skip_tagged(struct str *in, unsigned char first, struct str *ret_inside)
{
    struct str whole;
    return in->size && (unsigned char)in->data[0] == first && take(in, -1, &whole, ret_inside);
}

static bool take_apart(struct str der, struct parts *ret, size_t *ret_size)
{
    struct str whole, outer, tbs, skipped, validity, key;
    if (!take(&der, V_ASN1_SEQUENCE, &whole, &outer) || !take(&outer, V_ASN1_SEQUENCE, &skipped, &tbs) ||
        !take(&outer, V_ASN1_SEQUENCE, &ret->signature_algorithm, &skipped))
        return false;
    *ret_size = whole.size;
    (void)skip_tagged(&tbs, 0xa0, &skipped); /* version */
    struct str inside;
    if (!take(&tbs, V_ASN1_INTEGER, &whole, &skipped) || !take(&tbs, V_ASN1_SEQUENCE, &whole, &skipped) ||
        !take(&tbs, V_ASN1_SEQUENCE, &ret->issuer, &inside) || !take(&tbs, V_ASN1_SEQUENCE, &whole, &validity) ||
        !take(&tbs, V_ASN1_SEQUENCE, &ret->subject, &inside) || !take(&tbs, V_ASN1_SEQUENCE, &whole, &key) ||
        !take(&validity, -1, &ret->not_before, &inside) || !take(&validity, -1, &ret->not_after, &inside) ||
        !take(&key, V_ASN1_SEQUENCE, &ret->key_algorithm, &inside) || !take(&key, V_ASN1_BIT_STRING, &whole, &ret->key))
        return false;
    ret->extensions = (struct str){0};
    while (tbs.size) {
        if (skip_tagged(&tbs, 0xa3, &ret->extensions))
            break;
        if (!take(&tbs, -1, &whole, &inside)) /* unique identifiers, which nobody uses */
            return false;
    }
    return true;
}

/* The number of bits of the first INTEGER in a SEQUENCE: the modulus of an RSA key, the prime of DSA's parameters. */
static int64_t bits_of_first_integer(struct str der)
{
    struct str whole, inside, number;
    if (!take(&der, V_ASN1_SEQUENCE, &whole, &inside) || !take(&inside, V_ASN1_INTEGER, &whole, &number))
        return 0;
    while (number.size && number.data[0] == 0)
        number = str_slice(number, 1, number.size);
    if (number.size == 0)
        return 0;
    return (int64_t)number.size * 8 - (__builtin_clz((unsigned)(unsigned char)number.data[0]) - 24);
}

static int64_t bits_of_curve(int nid)
{
    static const struct {
        int nid;
        int64_t bits;
    } curves[] = {{NID_X9_62_prime256v1, 256}, {NID_secp384r1, 384}, {NID_secp521r1, 521},       {NID_secp224r1, 224},
                  {NID_X9_62_prime192v1, 192}, {NID_secp256k1, 256}, {NID_brainpoolP256r1, 256}, {NID_brainpoolP384r1, 384},
                  {NID_brainpoolP512r1, 512},  {NID_secp160r1, 160}};
    for (size_t i = 0; i < COLUMN_COUNT(curves); i++)
        if (curves[i].nid == nid)
            return curves[i].bits;
    return 0;
}

static void describe_key(struct arena *a, const struct parts *p, struct cert *ret)
{
    const unsigned char *at = (const unsigned char *)p->key_algorithm.data;
    const ASN1_OBJECT *object = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF;
    X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, (long)p->key_algorithm.size);
    if (!algorithm) {
        ret->key_alg = STR("unknown");
        return;
    }
    X509_ALGOR_get0(&object, &type, &value, algorithm);
    int nid = OBJ_obj2nid(object);
    struct str key = str_slice(p->key, 1, p->key.size); /* behind the count of unused bits */
    const char *name = OBJ_nid2sn(nid);
    if (nid == NID_rsaEncryption || nid == NID_rsassaPss) {
        name = nid == NID_rsaEncryption ? "RSA" : "RSA-PSS";
        ret->bits = bits_of_first_integer(key);
    } else if (nid == NID_X9_62_id_ecPublicKey) {
        name = "EC";
        ret->bits = type == V_ASN1_OBJECT ? bits_of_curve(OBJ_obj2nid(value)) : 0;
    } else if (nid == NID_dsa) {
        const ASN1_STRING *text = value;
        name = "DSA";
        ret->bits = type == V_ASN1_SEQUENCE
                        ? bits_of_first_integer(str_make(ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text)))
                        : 0;
    } else {
        ret->bits = (int64_t)key.size * 8; /* ED25519, ED448, X25519: the key is one string */
    }
    ret->key_alg = arena_str(a, str_of(name ? name : "unknown"));
    X509_ALGOR_free(algorithm);
}

static int64_t time_of(struct str der)
{
    const unsigned char *at = (const unsigned char *)der.data;
    ASN1_TIME *t = d2i_ASN1_TIME(NULL, &at, (long)der.size);
    int64_t ms = time_ms(t);
    ASN1_TIME_free(t);
    return ms;
}

static struct str signature_name(struct arena *a, struct str der)
{
    const unsigned char *at = (const unsigned char *)der.data;
    const ASN1_OBJECT *object = NULL;
    X509_ALGOR *algorithm = d2i_X509_ALGOR(NULL, &at, (long)der.size);
    if (!algorithm)
        return STR("unknown");
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    const char *name = OBJ_nid2ln(OBJ_obj2nid(object));
    struct str copy = arena_str(a, str_of(name ? name : "unknown"));
    X509_ALGOR_free(algorithm);
    return copy;
}

static bool describe_names(struct arena *a, const struct parts *p, struct cert *ret)
{
    const unsigned char *subject_at = (const unsigned char *)p->subject.data, *issuer_at = (const unsigned char *)p->issuer.data;
    X509_NAME *subject = d2i_X509_NAME(NULL, &subject_at, (long)p->subject.size);
    X509_NAME *issuer = d2i_X509_NAME(NULL, &issuer_at, (long)p->issuer.size);
    bool is_ok = subject && issuer;
    if (is_ok) {
        ret->is_self_signed = X509_NAME_cmp(subject, issuer) == 0;
        ret->subject = name_text(a, subject);
        ret->issuer = ret->is_self_signed ? ret->subject : name_text(a, issuer);
    }
    X509_NAME_free(subject);
    X509_NAME_free(issuer);
    return is_ok;
}

static void describe_extensions(struct arena *a, const struct parts *p, struct cert *ret)
{
    const unsigned char *at = (const unsigned char *)p->extensions.data;
    X509_EXTENSIONS *extensions = p->extensions.size ? d2i_X509_EXTENSIONS(NULL, &at, (long)p->extensions.size) : NULL;
    if (!extensions)
        return;
    BASIC_CONSTRAINTS *basic = X509V3_get_d2i(extensions, NID_basic_constraints, NULL, NULL);
    ret->is_ca = basic && basic->ca;
    BASIC_CONSTRAINTS_free(basic);
    ret->san = alternative_names(a, extensions);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

static bool parse_der(struct arena *a, struct str der, struct cert *ret)
{
    struct parts p;
    size_t size;
    *ret = (struct cert){0};
    bool is_ok = der.size <= 1 << 20 && take_apart(der, &p, &size) && describe_names(a, &p, ret);
    if (is_ok) {
        ret->not_before_ms = time_of(p.not_before);
        ret->not_after_ms = time_of(p.not_after);
        ret->sig_alg = signature_name(a, p.signature_algorithm);
        describe_extensions(a, &p, ret);
        describe_key(a, &p, ret);
        struct sha256 digest = sha256_of(str_slice(der, 0, size));
        hex_encode(digest.bytes, sizeof(digest.bytes), ret->fp);
    }
    ERR_clear_error();
    return is_ok;
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
    if (bytes.size > 4 && (unsigned char)bytes.data[0] == 0x30 &&
        (unsigned char)bytes.data[1] >= 0x80) { /* DER: a long SEQUENCE */
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
