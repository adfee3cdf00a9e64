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

/* E20: the token is the one that its anchor leaf names, and its imprint that leaf's note. */
static void stamp_check(struct av *v, uint64_t leaf, const uint8_t *token, size_t size)
{
    struct av_hash digest = av_sha256_of(token, size);
    const uint8_t *imprint = imprint_find(token, size), *time = NULL;
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
    size_t left = (size_t)(token + size - imprint);
    time = memmem(imprint, left < 200 ? left : 200, "\x18\x0f", 2); /* GeneralizedTime of 15 characters */
    if (v->o.explain >= 0 && (int64_t)anchor->size > v->o.explain && v->explain.stamped_size == 0) {
        v->explain.stamped_size = anchor->size;
        if (time && (size_t)(token + size - time) >= 17)
            snprintf(v->explain.stamped_time, sizeof(v->explain.stamped_time), "%.15s", (const char *)time + 2);
    }
    av_hex_write(imprint, 32, hex);
    snprintf(v->stamp_command, sizeof(v->stamp_command), "openssl ts -verify -in tsa/%llu.tsr -digest %s -CAfile tsa/ca.pem -attime TIME", (av_llu)leaf, hex);
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
