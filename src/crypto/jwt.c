#include "crypto/jwt.h"
#include "crypto/crypto.h"
#include "crypto/public_key.h"
#include "crypto/webauthn.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

enum { ES256_SIZE = 64 };

static const struct algorithm {
    const char *name, *key_type;
    bool is_pss, is_ecdsa, has_digest;
} algorithms[] = {
    {"RS256", "RSA", false, false, true},
    {"PS256", "RSA", true, false, true},
    {"ES256", "EC", false, true, true},
    {"EdDSA", "OKP", false, false, false},
};

static const struct algorithm *algorithm_find(struct str name)
{
    for (size_t i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++)
        if (str_is(name, algorithms[i].name))
            return &algorithms[i];
    return NULL;
}

/* ---- keys (RFC 7518 6, RFC 8037) ---- */

static struct str number_of(struct arena *a, const struct json *jwk, const char *member)
{
    struct str bytes;
    return base64url_decode(a, json_text(jwk, member), &bytes) ? bytes : STR("");
}

static EVP_PKEY *key_open(struct arena *a, const struct json *jwk)
{
    struct str type = json_text(jwk, "kty"), curve = json_text(jwk, "crv");
    if (str_is(type, "RSA"))
        return public_key_rsa(number_of(a, jwk, "n"), number_of(a, jwk, "e"));
    if (str_is(type, "EC") && str_is(curve, "P-256"))
        return public_key_p256(number_of(a, jwk, "x"), number_of(a, jwk, "y"));
    if (str_is(type, "OKP") && str_is(curve, "Ed25519"))
        return public_key_ed25519(number_of(a, jwk, "x"));
    return NULL;
}

/* Is it for signing, of this algorithm and, where the token names one, of this name? */
static bool key_fits(const struct json *jwk, const struct algorithm *algorithm, struct str id)
{
    struct str use = json_text(jwk, "use"), own = json_text(jwk, "alg");
    return str_is(json_text(jwk, "kty"), algorithm->key_type) && (!use.size || str_is(use, "sig")) && (!own.size || str_is(own, algorithm->name)) &&
           (!id.size || str_equal(json_text(jwk, "kid"), id));
}

/* ---- signatures ---- */

/* r and s side by side (RFC 7518 3.4) as the DER that OpenSSL takes. */
static bool ecdsa_der(struct str raw, struct buf *out)
{
    if (raw.size != ES256_SIZE)
        return false;
    const unsigned char *bytes = (const unsigned char *)raw.data;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(bytes, 32, NULL), *s = BN_bin2bn(bytes + 32, 32, NULL);
    unsigned char der[80], *p = der;
    int size = -1;
    if (signature && r && s && ECDSA_SIG_set0(signature, r, s) == 1) {
        r = s = NULL;
        size = i2d_ECDSA_SIG(signature, NULL);
        size = size > 0 && size <= (int)sizeof(der) ? i2d_ECDSA_SIG(signature, &p) : -1;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    if (size > 0)
        buf_append(out, der, (size_t)size);
    return size > 0;
}

static bool signature_is(EVP_PKEY *key, const struct algorithm *algorithm, struct str signed_text, struct str signature)
{
    struct buf BUF_AUTO der;
    EVP_PKEY_CTX *key_context = NULL;
    buf_init(&der, 200);
    if (algorithm->is_ecdsa && !ecdsa_der(signature, &der))
        return false;
    struct str bytes = algorithm->is_ecdsa ? buf_view(&der) : signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_right = context && EVP_DigestVerifyInit(context, &key_context, algorithm->has_digest ? EVP_sha256() : NULL, NULL, key) == 1 &&
                    (!algorithm->is_pss || (EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
                                            EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1)) &&
                    EVP_DigestVerify(context, (const unsigned char *)bytes.data, bytes.size, (const unsigned char *)signed_text.data, signed_text.size) == 1;
    EVP_MD_CTX_free(context);
    return is_right;
}

static bool signature_check(struct arena *a, const struct json *header, const struct json *keys, struct str signed_text, struct str signature, struct err *e)
{
    const struct algorithm *algorithm = algorithm_find(json_text(header, "alg"));
    struct str id = json_text(header, "kid");
    size_t n = 0, fitting = 0;
    if (!algorithm)
        return err_set(e, ERR_DENIED, "ID token: signed by an algorithm that is not taken: %.*s", STR_ARGS(str_slice(json_text(header, "alg"), 0, 40)));
    if (json_get(header, "crit"))
        return err_set(e, ERR_DENIED, "ID token: it asks for something critical that is not known");
    JSON_EACH (jwk, json_get(keys, "keys")) {
        if (n++ == JWT_KEYS_MAX)
            break;
        EVP_PKEY *key = key_fits(jwk, algorithm, id) ? key_open(a, jwk) : NULL;
        if (!key)
            continue;
        fitting++;
        bool is_right = signature_is(key, algorithm, signed_text, signature);
        EVP_PKEY_free(key);
        if (is_right)
            return true;
    }
    return err_set(e, ERR_DENIED, fitting ? "ID token: the signature is not its provider's" : "ID token: its provider has no key that could have signed it");
}

/* ---- claims ---- */

static bool is_for(const struct json *claims, struct str audience)
{
    const struct json *aud = json_get(claims, "aud");
    struct str party = json_text(claims, "azp");
    if (party.size && !str_equal(party, audience))
        return false;
    if (aud && aud->type == JSON_STRING)
        return str_equal(aud->text, audience);
    bool is_listed = false;
    JSON_EACH (one, aud)
        is_listed |= one->type == JSON_STRING && str_equal(one->text, audience);
    /* Several: then it must be said whose it is. */
    return is_listed && (aud->count == 1 || party.size);
}

/* Seconds since 1970, in milliseconds; -1: it is not there. Some providers write fractions. */
static int64_t time_of(const struct json *claims, const char *name)
{
    const struct json *v = json_get(claims, name);
    struct str whole;
    int64_t seconds;
    if (!v || v->type != JSON_NUMBER)
        return -1;
    struct str rest = v->text;
    str_cut(&rest, '.', &whole);
    return str_to_int64(whole, &seconds) && seconds >= 0 && seconds < INT64_C(1) << 40 ? seconds * 1000 : -1;
}

static bool claims_check(const struct json *claims, const struct jwt_expect *expect, struct err *e)
{
    int64_t expires_ms = time_of(claims, "exp"), issued_ms = time_of(claims, "iat"), from_ms = time_of(claims, "nbf");
    struct str subject = json_text(claims, "sub");
    if (!expect->issuer.size || !str_equal(json_text(claims, "iss"), expect->issuer))
        return err_set(e, ERR_DENIED, "ID token: issued by another provider, %.*s", STR_ARGS(str_slice(json_text(claims, "iss"), 0, 100)));
    if (!expect->audience.size || !is_for(claims, expect->audience))
        return err_set(e, ERR_DENIED, "ID token: meant for another program");
    if (!expect->nonce.size || !str_equal(json_text(claims, "nonce"), expect->nonce))
        return err_set(e, ERR_DENIED, "ID token: does not belong to this sign-in (nonce)");
    if (expires_ms < 0 || expect->now_ms >= expires_ms + JWT_SKEW_MS)
        return err_set(e, ERR_DENIED, "ID token: is over; the clocks of this machine and of the provider may differ");
    if (issued_ms < 0 || issued_ms > expect->now_ms + JWT_SKEW_MS || from_ms > expect->now_ms + JWT_SKEW_MS)
        return err_set(e, ERR_DENIED, "ID token: is from the future; the clocks of this machine and of the provider may differ");
    if (subject.size == 0 || subject.size > JWT_SUBJECT_MAX)
        return err_set(e, ERR_DENIED, "ID token: says nobody's name");
    return true;
}

/* ---- the token ---- */

static const struct json *part_json(struct arena *a, struct str part, struct err *e)
{
    struct str text;
    struct err broken = {0};
    const struct json *v = base64url_decode(a, part, &text) ? json_parse(a, text, (struct json_limits){.depth_max = 8, .nodes_max = 4000}, &broken) : NULL;
    if (v && v->type == JSON_OBJECT)
        return v;
    err_set(e, ERR_DENIED, "ID token: is not three parts of base64url and JSON");
    return NULL;
}

const struct json *jwt_verify(struct arena *a, struct str token, const struct json *keys, const struct jwt_expect *expect, struct err *e)
{
    struct str rest = token, header_part, claims_part, signature;
    bool is_of_form = token.size <= JWT_BYTES_MAX && str_cut(&rest, '.', &header_part) && str_cut(&rest, '.', &claims_part) &&
                      str_find_char(rest, '.') < 0 && rest.size > 0 && base64url_decode(a, rest, &signature);
    if (!is_of_form) {
        err_set(e, ERR_DENIED, "ID token: is not three parts of base64url and JSON");
        return NULL;
    }
    const struct json *header = part_json(a, header_part, e), *claims = header ? part_json(a, claims_part, e) : NULL;
    struct str signed_text = str_make(token.data, header_part.size + 1 + claims_part.size);
    if (!claims || !signature_check(a, header, keys, signed_text, signature, e) || !claims_check(claims, expect, e))
        return NULL;
    return claims;
}
