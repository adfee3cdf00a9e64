#include "crypto/crypto.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct str bytes, struct buf *out)
{
    const uint8_t *in = (const uint8_t *)bytes.data;
    for (size_t i = 0; i < bytes.size; i += 3) {
        size_t left = bytes.size - i;
        uint32_t v = (uint32_t)in[i] << 16 | (left > 1 ? (uint32_t)in[i + 1] << 8 : 0) | (left > 2 ? in[i + 2] : 0);
        char four[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63], left > 1 ? alphabet[v >> 6 & 63] : '=',
                        left > 2 ? alphabet[v & 63] : '='};
        buf_append(out, four, sizeof(four));
    }
}

static int digit_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(struct str text, struct buf *out)
{
    if (text.size % 4 != 0)
        return false;
    for (size_t i = 0; i < text.size; i += 4) {
        const char *four = text.data + i;
        bool is_last = i + 4 == text.size;
        int pad = !is_last || four[3] != '=' ? 0 : four[2] != '=' ? 1 : 2;
        uint32_t v = 0;
        for (int k = 0; k < 4 - pad; k++) {
            int digit = digit_value(four[k]);
            if (digit < 0)
                return false;
            v |= (uint32_t)digit << (18 - 6 * k);
        }
        if ((pad == 1 && (v & 0xff)) || (pad == 2 && (v & 0xffff)))
            return false; /* trailing bits: a second spelling of the same bytes */
        char three[3] = {(char)(v >> 16), (char)(v >> 8), (char)v};
        buf_append(out, three, (size_t)(3 - pad));
    }
    return !out->full;
}
