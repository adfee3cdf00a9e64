/*
 * stamp.c - RFC 3161 time stamps: that each is about the checkpoint that its anchor leaf repeats (E20). Who signed it and when is the
 * matter of `openssl ts`, whose command is printed.
 */
#include "av.h"

/* The imprint of a token: SHA-256's AlgorithmIdentifier (with or without NULL) and an octet string of 32 bytes. */
static const uint8_t *imprint_find(const uint8_t *token, size_t size)
{
    static const uint8_t with_null[] = {0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    static const uint8_t without[] = {0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20};
    const uint8_t *at = memmem(token, size, with_null, sizeof(with_null));
    size_t head = sizeof(with_null);
    if (!at) {
        at = memmem(token, size, without, sizeof(without));
        head = sizeof(without);
    }
    return at && (size_t)(token + size - at) >= head + 32 ? at + head : NULL;
}

static int number(const uint8_t *at, int digits)
{
    int n = 0;
    for (int i = 0; i < digits; i++)
        n = n * 10 + at[i] - '0';
    return n;
}

/* The seconds since 1970 of the first GeneralizedTime behind the imprint: YYYYMMDDHHMMSS, perhaps a fraction, Z. -1 without one. */
static int64_t time_find(const uint8_t *at, size_t left)
{
    for (size_t i = 0; i + 2 < left && i < 200; i++) {
        size_t size = at[i + 1], digits = 0;
        const uint8_t *text = at + i + 2;
        while (digits < 14 && digits + i + 2 < left && text[digits] >= '0' && text[digits] <= '9')
            digits++;
        if (at[i] != 0x18 || size < 15 || size > 30 || i + 2 + size > left || digits < 14 || text[size - 1] != 'Z')
            continue;
        int month = number(text + 4, 2), year = number(text, 4) - (month <= 2); /* years from March, of which a leap day is the last */
        int64_t day = 365LL * year + year / 4 - year / 100 + year / 400 + (153 * ((month + 9) % 12) + 2) / 5 + number(text + 6, 2) - 1 - 719468;
        return day * 86400 + number(text + 8, 2) * 3600 + number(text + 10, 2) * 60 + number(text + 12, 2);
    }
    return -1;
}

/* E20: the token is the one that its anchor leaf names, and its imprint that leaf's note. */
static void stamp_check(struct av *v, uint64_t leaf, const uint8_t *token, size_t size)
{
    struct av_hash digest = av_sha256_of(token, size);
    const uint8_t *imprint = imprint_find(token, size);
    const struct av_anchor *anchor = NULL;
    char hex[65];
    for (size_t i = 0; i < v->anchor_count; i++)
        if (v->anchors[i].index == leaf)
            anchor = &v->anchors[i];
    if (!anchor || !anchor->is_stamp || !av_hash_equal(&anchor->digest, &digest))
        return av_find(v, "E20", "tsa/%llu.tsr: no anchor leaf here names it", (av_llu)leaf);
    if (!imprint || memcmp(imprint, anchor->note.bytes, 32) != 0)
        return av_find(v, "E20", "tsa/%llu.tsr: its imprint is not that of the checkpoint of %llu leaves", (av_llu)leaf, (av_llu)anchor->size);
    v->stamps++;
    if (anchor->size > v->stamped_size)
        v->stamped_size = anchor->size;
    int64_t at = time_find(imprint, (size_t)(token + size - imprint));
    if (v->o.explain >= 0 && (int64_t)anchor->size > v->o.explain && v->explain.stamped_size == 0) {
        v->explain.stamped_size = anchor->size;
        v->explain.stamped_t = at * 1000;
    }
    av_hex_write(imprint, 32, hex);
    snprintf(v->stamp_command, sizeof(v->stamp_command), "openssl ts -verify -in tsa/%llu.tsr -digest %s -CAfile tsa/ca.pem -attime %lld", (av_llu)leaf, hex,
             (long long)at);
}

/* Once the anchor leaves are known. */
void av_stamps_check(struct av *v)
{
    struct av_text rest = v->bundle.tokens, name, token;
    uint64_t leaf = 0;
    size_t due = 0, count = 0;
    for (; av_member_next(v, &rest, &name, &leaf, &token); count++)
        stamp_check(v, leaf, (const uint8_t *)token.data, token.size);
    for (size_t i = 0; i < v->anchor_count; i++)
        due += v->anchors[i].is_stamp;
    if (count < due)
        av_find(v, "E20", "%zu of %zu time stamps that leaves here name are missing", due - count, due);
}
