/* secret.c - passwords and recovery codes: what is asked of new ones, and what is kept of them. */
#include "account/account.h"
#include "crypto/password.h"

#include <ctype.h>
#include <strings.h>

static const char recovery_alphabet[] = "23456789abcdefghjkmnpqrstuvwxyz0"; /* 32: no 1, i, l, o */

/* A code has 60 bits of chance: no guessing, so one digest is enough. */
static void recovery_digest(struct str salt, struct str code, char ret_hex[65])
{
    struct sha256 digest = sha256_of2(salt, code);
    hex_encode(digest.bytes, sizeof(digest.bytes), ret_hex);
}

void recovery_codes_new(const struct env *env, struct arena *a, struct recovery_codes *ret)
{
    for (int i = 0; i < RECOVERY_CODES; i++) {
        uint8_t chance[12 + 8];
        char plain[13], salt[17], hex[65];
        env_random(env, chance, sizeof(chance));
        for (int n = 0; n < 12; n++)
            plain[n] = recovery_alphabet[chance[n] % 32];
        plain[12] = 0;
        hex_encode(chance + 12, 8, salt);
        recovery_digest(str_of(salt), str_of(plain), hex);
        snprintf(ret->text[i], sizeof(ret->text[i]), "%.4s-%.4s-%.4s", plain, plain + 4, plain + 8);
        struct json *secret = json_object(a);
        json_put_cstr(secret, "label", "");
        json_put_str(secret, "salt", arena_str(a, str_of(salt)));
        json_put_str(secret, "hash", arena_str(a, str_of(hex)));
        ret->items[i] = (struct credential_new){"recovery", secret};
        memory_wipe(plain, sizeof(plain));
    }
}

bool recovery_code_matches(const struct json *secret, struct str typed)
{
    char plain[13], hex[65];
    size_t n = 0;
    for (size_t i = 0; i < typed.size; i++) {
        char c = (char)tolower((unsigned char)typed.data[i]);
        if (c == '-' || c == ' ')
            continue;
        if (n == 12)
            return false;
        plain[n++] = c;
    }
    struct str salt = json_text(secret, "salt"), hash = json_text(secret, "hash");
    uint8_t want[SHA256_SIZE], have[SHA256_SIZE];
    if (n != 12 || salt.size != 16 || !hex_decode(hash, want, sizeof(want)))
        return false;
    struct sha256 a, b;
    recovery_digest(salt, str_make(plain, 12), hex);
    if (!hex_decode(str_of(hex), have, sizeof(have)))
        return false;
    memcpy(a.bytes, want, sizeof(want));
    memcpy(b.bytes, have, sizeof(have));
    return sha256_equal(a, b);
}

/* The heads of every published list that are long enough to pass otherwise. */
static const char *const common[] = {"password", "qwerty", "123456", "letmein", "iloveyou", "welcome", "admin", "abc123", "passw0rd", "111111"};

static bool is_common(struct str password)
{
    char text[128];
    if (password.size >= sizeof(text))
        return false;
    size_t distinct = 0;
    bool seen[256] = {false};
    for (size_t i = 0; i < password.size; i++) {
        text[i] = (char)tolower((unsigned char)password.data[i]);
        distinct += !seen[(unsigned char)text[i]];
        seen[(unsigned char)text[i]] = true;
    }
    if (distinct < 5)
        return true;
    /* A common word repeated or with digits behind it. */
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        size_t size = strlen(common[i]), at = 0;
        while (at + size <= password.size && memcmp(text + at, common[i], size) == 0)
            at += size;
        size_t rest = at;
        while (rest < password.size && (isdigit((unsigned char)text[rest]) || strchr("!.?-_@", text[rest])))
            rest++;
        if (at && rest == password.size)
            return true;
    }
    return false;
}

bool password_check(struct str password, struct str login, int64_t min, struct err *e)
{
    if (!str_is_utf8(password) || password.size > PASSWORD_BYTES_MAX)
        return err_set(e, ERR_INVALID, "password: UTF-8 of at most %d bytes", PASSWORD_BYTES_MAX);
    int64_t characters = 0;
    for (size_t i = 0; i < password.size; i++) {
        unsigned char c = (unsigned char)password.data[i];
        if (c < 0x20 || c == 0x7f)
            return err_set(e, ERR_INVALID, "password: has a control character");
        characters += (c & 0xc0) != 0x80;
    }
    if (characters < min)
        return err_set(e, ERR_INVALID, "password: at least %lld characters are needed; a few words in a row are easy to keep", (long long)min);
    if (login.size && password.size == login.size && strncasecmp(password.data, login.data, login.size) == 0)
        return err_set(e, ERR_INVALID, "password: is the login name");
    if (is_common(password))
        return err_set(e, ERR_INVALID, "password: is among the first that anybody would try");
    return true;
}

/* What the organisation has set, or the library's default. */
static int64_t parameter_number(struct db *db, const char *name, int64_t otherwise, struct err *e)
{
    const struct parameter *p = content_parameter(str_of(name));
    int64_t usual = otherwise;
    if (!p || !str_to_int64(str_of(p->default_value), &usual))
        usual = otherwise;
    return db_one_int(db, e, usual, "select cast(value as integer) from parameter where name = ?1 order by leaf desc limit 1", A(name));
}

int64_t password_length_min(struct db *db, struct err *e)
{
    return parameter_number(db, "password_length_min", 12, e);
}

int64_t sign_in_factors_min(struct db *db, struct err *e)
{
    return parameter_number(db, "sign_in_factors_min", 2, e);
}

struct json *password_secret(const struct env *env, struct arena *a, struct str password, struct err *e)
{
    char hash[PASSWORD_HASH_SIZE];
    if (!password_hash(env, password, hash, e))
        return NULL;
    struct json *secret = json_object(a);
    json_put_cstr(secret, "label", "");
    json_put_str(secret, "hash", arena_str(a, str_of(hash)));
    return secret;
}
