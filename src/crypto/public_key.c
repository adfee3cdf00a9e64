#include "crypto/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

static EVP_PKEY *key_of_params(const char *type, OSSL_PARAM_BLD *b)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (!params || !context || EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

EVP_PKEY *public_key_p256(struct str x, struct str y)
{
    unsigned char point[65] = {4};
    if (x.size != 32 || y.size != 32)
        return NULL;
    memcpy(point + 1, x.data, 32);
    memcpy(point + 33, y.data, 32);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (b && OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1)
        key = key_of_params("EC", b);
    OSSL_PARAM_BLD_free(b);
    return key;
}

EVP_PKEY *public_key_rsa(struct str modulus, struct str public_exponent)
{
    if (modulus.size < 256 || modulus.size > 512 || public_exponent.size < 1 || public_exponent.size > 8)
        return NULL;
    BIGNUM *n = BN_bin2bn((const unsigned char *)modulus.data, (int)modulus.size, NULL);
    BIGNUM *exponent = BN_bin2bn((const unsigned char *)public_exponent.data, (int)public_exponent.size, NULL);
    OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (n && exponent && b && BN_is_odd(exponent) && BN_num_bits(exponent) > 1 && OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        key = key_of_params("RSA", b);
    OSSL_PARAM_BLD_free(b);
    BN_free(n);
    BN_free(exponent);
    return key;
}

EVP_PKEY *public_key_ed25519(struct str x)
{
    return x.size == 32 ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.data, 32) : NULL;
}
