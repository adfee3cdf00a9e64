#include "crypto/otp.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

uint32_t hotp(struct str seed, uint64_t counter, int digits)
{
    unsigned char text[8], mac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    for (int i = 0; i < 8; i++)
        text[i] = (unsigned char)(counter >> (56 - 8 * i));
    if (!HMAC(EVP_sha1(), seed.data, (int)seed.size, text, sizeof(text), mac, &size) || size != 20)
        abort();
    size_t at = mac[19] & 0xf;
    uint32_t value = ((uint32_t)(mac[at] & 0x7f) << 24) | ((uint32_t)mac[at + 1] << 16) | ((uint32_t)mac[at + 2] << 8) | mac[at + 3];
    uint32_t modulus = digits == 8 ? 100000000 : digits == 7 ? 10000000 : 1000000;
    return value % modulus;
}

bool totp_matches(struct str seed, struct str typed, int64_t now_ms, uint64_t last_counter, uint64_t *ret_counter)
{
    uint32_t value = 0;
    int digits = 0;
    for (size_t i = 0; i < typed.size; i++) {
        if (typed.data[i] == ' ')
            continue;
        if (typed.data[i] < '0' || typed.data[i] > '9' || ++digits > 6)
            return false;
        value = value * 10 + (uint32_t)(typed.data[i] - '0');
    }
    if (digits != 6 || seed.size == 0 || now_ms < OTP_STEP_MS)
        return false;
    uint64_t now = (uint64_t)now_ms / OTP_STEP_MS, found = 0;
    for (uint64_t counter = now - 1; counter <= now + 1; counter++)
        found = hotp(seed, counter, 6) == value && counter > last_counter ? counter : found;
    if (!found)
        return false;
    *ret_counter = found;
    return true;
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void base32_encode(struct str bytes, struct buf *out)
{
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        bits = (bits << 8) | (unsigned char)bytes.data[i];
        for (count += 8; count >= 5; count -= 5)
            buf_char(out, alphabet[(bits >> (count - 5)) & 31]);
        bits &= (UINT32_C(1) << count) - 1;
    }
    if (count)
        buf_char(out, alphabet[(bits << (5 - count)) & 31]);
}

bool base32_decode(struct str text, struct buf *out)
{
    uint32_t bits = 0;
    int count = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        if (c == ' ' || c == '-')
            continue;
        int value = c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' : c >= '2' && c <= '7' ? c - '2' + 26 : -1;
        if (value < 0)
            return false;
        bits = (bits << 5) | (uint32_t)value;
        count += 5;
        if (count >= 8) {
            count -= 8;
            buf_char(out, (char)(bits >> count));
            bits &= (UINT32_C(1) << count) - 1;
        }
    }
    return count < 5 && bits == 0 && !out->full;
}
