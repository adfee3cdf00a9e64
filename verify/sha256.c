/* sha256.c - FIPS 180-4. The plain code is the definition; with SHA instructions the same rounds run in hardware. */
#include "crypto.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

static const uint32_t round_constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void blocks_plain(uint32_t state[8], const uint8_t *p, size_t count)
{
    for (; count > 0; count--, p += 64) {
        uint32_t w[64], v[8];
        for (int i = 0; i < 16; i++)
            w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
        for (int i = 16; i < 64; i++) {
            uint32_t a = w[i - 15], b = w[i - 2];
            w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] + (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
        }
        memcpy(v, state, sizeof(v));
        for (int i = 0; i < 64; i++) {
            uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]), majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            uint32_t one = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) + choice + round_constants[i] + w[i];
            uint32_t two = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) + majority;
            memmove(v + 1, v, 7 * sizeof(v[0]));
            v[4] += one;
            v[0] = one + two;
        }
        for (int i = 0; i < 8; i++)
            state[i] += v[i];
    }
}

#if defined(__x86_64__)
/* Two registers hold the state as the instructions want it, ABEF and CDGH; each step is four rounds. */
__attribute__((target("sha,sse4.1,ssse3"))) static void blocks_hardware(uint32_t state[8], const uint8_t *p, size_t count)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i t = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
    __m128i cdgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
    __m128i abef = _mm_alignr_epi8(t, cdgh, 8);
    cdgh = _mm_blend_epi16(cdgh, t, 0xf0);
    for (; count > 0; count--, p += 64) {
        __m128i abef_before = abef, cdgh_before = cdgh, w[4];
        for (int i = 0; i < 4; i++)
            w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i)), swap);
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++) {
            __m128i k = _mm_add_epi32(w[i & 3], _mm_load_si128((const __m128i *)(const void *)(round_constants + 4 * i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
            if (i < 12) { /* the words of four steps on */
                __m128i next = _mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]);
                next = _mm_add_epi32(next, _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
                w[i & 3] = _mm_sha256msg2_epu32(next, w[(i + 3) & 3]);
            }
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    t = _mm_shuffle_epi32(abef, 0x1b);
    cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(t, cdgh, 0xf0));
    _mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(cdgh, t, 8));
}

static bool has_hardware(void)
{
    unsigned a, b, c, d, c1;
    if (!__get_cpuid(1, &a, &b, &c1, &d) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return false;
    return (b >> 29 & 1) && (c1 >> 19 & 1) && (c1 >> 9 & 1); /* SHA, SSE4.1, SSSE3 */
}
#else
#define blocks_hardware blocks_plain
static bool has_hardware(void)
{
    return false;
}
#endif

static int hardware = -1; /* not asked yet */

void av_sha256_use_plain(bool is_plain)
{
    hardware = !is_plain && has_hardware();
}

static void blocks(uint32_t state[8], const uint8_t *p, size_t count)
{
    if (hardware < 0)
        hardware = has_hardware();
    if (hardware)
        blocks_hardware(state, p, count);
    else
        blocks_plain(state, p, count);
}

void av_sha256_start(struct av_sha256 *s)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->state, initial, sizeof(initial));
    s->size = 0;
}

void av_sha256_add(struct av_sha256 *s, const void *data, size_t size)
{
    const uint8_t *p = data;
    size_t held = s->size & 63;
    s->size += size;
    if (held > 0) {
        size_t take = size < 64 - held ? size : 64 - held;
        memcpy(s->block + held, p, take);
        p += take;
        size -= take;
        if (held + take < 64)
            return;
        blocks(s->state, s->block, 1);
    }
    if (size >= 64)
        blocks(s->state, p, size / 64);
    if (size & 63)
        memcpy(s->block, p + (size & ~(size_t)63), size & 63);
}

static void store_be64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (56 - 8 * i));
}

struct av_hash av_sha256_end(struct av_sha256 *s)
{
    struct av_hash ret;
    size_t held = s->size & 63;
    s->block[held++] = 0x80;
    if (held > 56) {
        memset(s->block + held, 0, 64 - held);
        blocks(s->state, s->block, 1);
        held = 0;
    }
    memset(s->block + held, 0, 56 - held);
    store_be64(s->block + 56, s->size * 8);
    blocks(s->state, s->block, 1);
    for (int i = 0; i < 32; i++)
        ret.bytes[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
    return ret;
}

struct av_hash av_sha256_of(const void *data, size_t size)
{
    struct av_sha256 s;
    av_sha256_start(&s);
    av_sha256_add(&s, data, size);
    return av_sha256_end(&s);
}

struct av_hash av_leaf_hash(const void *leaf, size_t size)
{
    struct av_sha256 s;
    av_sha256_start(&s);
    av_sha256_add(&s, "\0", 1);
    av_sha256_add(&s, leaf, size);
    return av_sha256_end(&s);
}

struct av_hash av_node_hash(const struct av_hash *left, const struct av_hash *right)
{
    struct av_sha256 s;
    av_sha256_start(&s);
    av_sha256_add(&s, "\1", 1);
    av_sha256_add(&s, left->bytes, 32);
    av_sha256_add(&s, right->bytes, 32);
    return av_sha256_end(&s);
}

bool av_hash_equal(const struct av_hash *a, const struct av_hash *b)
{
    return memcmp(a->bytes, b->bytes, 32) == 0;
}
