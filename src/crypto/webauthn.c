#include "crypto/webauthn.h"
#include "base/cursor.h"
#include "base/json.h"
#include "crypto/crypto.h"
#include "crypto/public_key.h"

enum {
    CBOR_UNSIGNED = 0,
    CBOR_NEGATIVE = 1,
    CBOR_BYTES = 2,
    CBOR_TEXT = 3,
    CBOR_ARRAY = 4,
    CBOR_MAP = 5,
    CBOR_TAG = 6,
    CBOR_SIMPLE = 7,
    CBOR_DEPTH_MAX = 4,
    CBOR_ITEMS_MAX = 64
};

enum { FLAG_USER_PRESENT = 0x01, FLAG_USER_VERIFIED = 0x04, FLAG_ATTESTED = 0x40, FLAG_EXTENSIONS = 0x80 };

/* ---- base64url ---- */

bool base64url_decode(struct arena *a, struct str text, struct str *ret)
{
    struct buf BUF_AUTO standard, BUF_AUTO bytes;
    buf_init(&standard, 4 * WEBAUTHN_BYTES_MAX);
    buf_init(&bytes, 4 * WEBAUTHN_BYTES_MAX);
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == '+' || c == '/' || c == '=')
            return false;
        buf_char(&standard, c == '-' ? '+' : c == '_' ? '/' : c);
    }
    while (standard.size % 4)
        buf_char(&standard, '=');
    if (standard.full || !base64_decode(buf_view(&standard), &bytes))
        return false;
    *ret = arena_str(a, buf_view(&bytes));
    return true;
}

struct str base64url_encode(struct arena *a, struct str bytes)
{
    struct buf BUF_AUTO text;
    buf_init(&text, 4 * WEBAUTHN_BYTES_MAX);
    base64_encode(bytes, &text);
    size_t n = text.size;
    while (n > 0 && text.data[n - 1] == '=')
        n--;
    for (size_t i = 0; i < n; i++)
        text.data[i] = text.data[i] == '+' ? '-' : text.data[i] == '/' ? '_' : text.data[i];
    return arena_str(a, str_make(n ? text.data : "", n));
}

/* ---- CBOR (RFC 8949), the part of it that authenticators write ---- */

struct cbor {
    int type;
    uint64_t value;    /* unsigned: itself; negative: -1 - itself; bytes, text: size; array, map: items */
    struct str bytes;  /* bytes, text */
};

static struct cbor cbor_head(struct cursor *c)
{
    uint8_t first = cursor_u8(c);
    struct cbor v = {.type = first >> 5, .value = first & 31};
    switch (first & 31) {
    case 24: v.value = cursor_u8(c); break;
    case 25: v.value = cursor_u16be(c); break;
    case 26: v.value = cursor_u32be(c); break;
    case 27: v.value = cursor_u64be(c); break;
    case 28: case 29: case 30: case 31: c->failed = true; break; /* reserved, or of a length that is not known */
    default: break;
    }
    if (v.type == CBOR_BYTES || v.type == CBOR_TEXT) {
        if (v.value > WEBAUTHN_BYTES_MAX)
            c->failed = true;
        v.bytes = cursor_take(c, c->failed ? 0 : (size_t)v.value);
    }
    if ((v.type == CBOR_ARRAY || v.type == CBOR_MAP) && v.value > CBOR_ITEMS_MAX)
        c->failed = true;
    return v;
}

/* Over one whole value. */
static void cbor_skip(struct cursor *c, int depth)
{
    struct cbor v = cbor_head(c);
    if (depth >= CBOR_DEPTH_MAX || v.type == CBOR_TAG)
        c->failed = true;
    uint64_t n = v.type == CBOR_ARRAY ? v.value : v.type == CBOR_MAP ? 2 * v.value : 0;
    for (uint64_t i = 0; i < n && !c->failed; i++)
        cbor_skip(c, depth + 1);
}

/* A small whole number, of either sign. */
static bool cbor_int(const struct cbor *v, int64_t *ret)
{
    if ((v->type != CBOR_UNSIGNED && v->type != CBOR_NEGATIVE) || v->value > INT32_MAX)
        return false;
    *ret = v->type == CBOR_UNSIGNED ? (int64_t)v->value : -1 - (int64_t)v->value;
    return true;
}

/* ---- COSE keys (RFC 9052, 9053) ---- */

struct cose_key {
    int64_t type, algorithm, curve;
    struct str parts[3]; /* labels -1, -2, -3: nothing, x, y of a curve; n and e of RSA */
};

static bool cose_read(struct str bytes, struct cose_key *ret, struct err *e)
{
    struct cursor c = cursor_of(bytes);
    struct cbor map = cbor_head(&c);
    uint32_t seen = 0;
    *ret = (struct cose_key){0};
    for (uint64_t i = 0; map.type == CBOR_MAP && i < map.value && !c.failed; i++) {
        struct cbor label = cbor_head(&c), value;
        int64_t name, number = 0;
        if (!cbor_int(&label, &name) || name < -8 || name > 8 || (seen & (UINT32_C(1) << (name + 8))))
            return err_set(e, ERR_DENIED, "passkey: its key has a member that is not known, or twice");
        seen |= UINT32_C(1) << (name + 8);
        value = cbor_head(&c);
        bool is_number = cbor_int(&value, &number);
        if (name == 1 && is_number)
            ret->type = number;
        else if (name == 3 && is_number)
            ret->algorithm = number;
        else if (name == -1 && is_number)
            ret->curve = number;
        else if (name <= -1 && name >= -3 && value.type == CBOR_BYTES)
            ret->parts[-1 - name] = value.bytes;
        else
            return err_set(e, ERR_DENIED, "passkey: its key has a member of another kind");
    }
    if (map.type != CBOR_MAP || c.failed || !cursor_at_end(&c))
        return err_set(e, ERR_DENIED, "passkey: its key is cut or not a map");
    return true;
}

enum { ES256 = -7, EDDSA = -8, RS256 = -257 };

/* NULL: not one of the three, or not a key. The algorithm comes from the key that was registered, never from what signs. */
static EVP_PKEY *cose_key_open(struct str bytes, int64_t *ret_algorithm, struct err *e)
{
    struct cose_key k;
    EVP_PKEY *key = NULL;
    if (!cose_read(bytes, &k, e))
        return NULL;
    *ret_algorithm = k.algorithm;
    if (k.type == 2 && k.algorithm == ES256 && k.curve == 1)
        key = public_key_p256(k.parts[1], k.parts[2]);
    else if (k.type == 1 && k.algorithm == EDDSA && k.curve == 6 && k.parts[1].size == 32)
        key = public_key_ed25519(k.parts[1]);
    else if (k.type == 3 && k.algorithm == RS256)
        key = public_key_rsa(k.parts[0], k.parts[1]);
    if (!key)
        err_set(e, ERR_DENIED, "passkey: its key is none of ES256, EdDSA, RS256");
    return key;
}

/* ---- client data and authenticator data ---- */

static bool client_data_check(struct arena *a, const struct webauthn_expect *expect, struct str client_data, const char *type, struct err *e)
{
    struct err broken = {0};
    struct str challenge;
    if (client_data.size > WEBAUTHN_BYTES_MAX)
        return err_set(e, ERR_DENIED, "passkey: the browser's words are too long");
    const struct json *v = json_parse(a, client_data, (struct json_limits){.depth_max = 8, .nodes_max = 200}, &broken);
    if (!v || v->type != JSON_OBJECT)
        return err_set(e, ERR_DENIED, "passkey: the browser's words are not JSON");
    if (!str_is(json_text(v, "type"), type))
        return err_set(e, ERR_DENIED, "passkey: this is not of type %s", type);
    if (!base64url_decode(a, json_text(v, "challenge"), &challenge) || !str_equal(challenge, expect->challenge))
        return err_set(e, ERR_DENIED, "passkey: it answers another challenge");
    if (!str_equal(json_text(v, "origin"), expect->origin))
        return err_set(e, ERR_DENIED, "passkey: it was given to another site, %.100s", arena_str(a, json_text(v, "origin")).data);
    if (json_bool(v, "crossOrigin"))
        return err_set(e, ERR_DENIED, "passkey: it was asked for from within another site");
    return true;
}

struct authenticator_data {
    uint8_t flags;
    uint32_t counter;
    struct str id, key;
};

static bool authenticator_data_read(const struct webauthn_expect *expect, struct str bytes, struct authenticator_data *ret, struct err *e)
{
    struct cursor c = cursor_of(bytes);
    struct sha256 rp = sha256_of(expect->rp_id), said;
    *ret = (struct authenticator_data){0};
    struct str hash = cursor_take(&c, SHA256_SIZE);
    ret->flags = cursor_u8(&c);
    ret->counter = cursor_u32be(&c);
    if (c.failed || bytes.size > WEBAUTHN_BYTES_MAX)
        return err_set(e, ERR_DENIED, "passkey: the authenticator's words are cut");
    memcpy(said.bytes, hash.data, SHA256_SIZE);
    if (!sha256_equal(rp, said))
        return err_set(e, ERR_DENIED, "passkey: it belongs to another site");
    if (!(ret->flags & FLAG_USER_PRESENT) || !(ret->flags & FLAG_USER_VERIFIED))
        return err_set(e, ERR_DENIED, "passkey: the authenticator has not made sure who uses it");
    if (ret->flags & FLAG_ATTESTED) {
        cursor_skip(&c, 16); /* whose make it is */
        uint16_t size = cursor_u16be(&c);
        ret->id = cursor_take(&c, size);
        size_t start = c.offset;
        cbor_skip(&c, 0);
        if (c.failed || size == 0 || size > WEBAUTHN_ID_MAX)
            return err_set(e, ERR_DENIED, "passkey: its id or key is cut");
        ret->key = str_slice(bytes, start, c.offset);
    }
    if (ret->flags & FLAG_EXTENSIONS)
        cbor_skip(&c, 0);
    if (c.failed || !cursor_at_end(&c))
        return err_set(e, ERR_DENIED, "passkey: there is something behind the authenticator's words");
    return true;
}

/* {"fmt": "none", "attStmt": {}, "authData": bytes}, in any order, each once. */
static bool attestation_read(struct str bytes, struct str *ret_data, struct err *e)
{
    struct cursor c = cursor_of(bytes);
    struct cbor map = cbor_head(&c);
    bool has_format = false, has_statement = false;
    *ret_data = (struct str){0};
    if (bytes.size > WEBAUTHN_BYTES_MAX || map.type != CBOR_MAP || map.value != 3)
        return err_set(e, ERR_DENIED, "passkey: the attestation is not of three members");
    for (int i = 0; i < 3 && !c.failed; i++) {
        struct cbor name = cbor_head(&c);
        struct cbor value = cbor_head(&c);
        if (name.type != CBOR_TEXT)
            return err_set(e, ERR_DENIED, "passkey: the attestation has a member without a name");
        if (str_is(name.bytes, "fmt") && !has_format)
            has_format = value.type == CBOR_TEXT && str_is(value.bytes, "none");
        else if (str_is(name.bytes, "attStmt") && !has_statement)
            has_statement = value.type == CBOR_MAP && value.value == 0;
        else if (str_is(name.bytes, "authData") && !ret_data->data && value.type == CBOR_BYTES)
            *ret_data = value.bytes;
        else
            return err_set(e, ERR_DENIED, "passkey: the attestation has something else in it");
    }
    if (c.failed || !cursor_at_end(&c) || !has_format || !has_statement || !ret_data->data)
        return err_set(e, ERR_DENIED, "passkey: the attestation is not \"none\", or cut");
    return true;
}

bool webauthn_register(struct arena *a, const struct webauthn_expect *expect, struct str client_data, struct str attestation,
                       struct webauthn_passkey *ret_passkey, struct err *e)
{
    struct str bytes;
    struct authenticator_data data;
    int64_t algorithm;
    if (!client_data_check(a, expect, client_data, "webauthn.create", e) || !attestation_read(attestation, &bytes, e) ||
        !authenticator_data_read(expect, bytes, &data, e))
        return false;
    if (!(data.flags & FLAG_ATTESTED))
        return err_set(e, ERR_DENIED, "passkey: there is no key in it");
    EVP_PKEY *key = cose_key_open(data.key, &algorithm, e);
    if (!key)
        return false;
    EVP_PKEY_free(key);
    *ret_passkey = (struct webauthn_passkey){data.id, data.key, data.counter};
    return true;
}

bool webauthn_sign_in(struct arena *a, const struct webauthn_expect *expect, struct str key_bytes, struct str client_data, struct str authenticator_data,
                      struct str signature, uint32_t *ret_counter, struct err *e)
{
    struct authenticator_data data;
    int64_t algorithm = 0;
    if (!client_data_check(a, expect, client_data, "webauthn.get", e) || !authenticator_data_read(expect, authenticator_data, &data, e))
        return false;
    EVP_PKEY *key = cose_key_open(key_bytes, &algorithm, e);
    if (!key)
        return false;
    struct sha256 digest = sha256_of(client_data);
    struct buf BUF_AUTO message;
    buf_init(&message, WEBAUTHN_BYTES_MAX + SHA256_SIZE);
    buf_str(&message, authenticator_data);
    buf_append(&message, digest.bytes, sizeof(digest.bytes));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_right = context && !message.full &&
                    EVP_DigestVerifyInit(context, NULL, algorithm == EDDSA ? NULL : EVP_sha256(), NULL, key) == 1 &&
                    EVP_DigestVerify(context, (const unsigned char *)signature.data, signature.size, (const unsigned char *)message.data,
                                     message.size) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    if (!is_right)
        return err_set(e, ERR_DENIED, "passkey: the signature is not this key's");
    *ret_counter = data.counter;
    return true;
}
