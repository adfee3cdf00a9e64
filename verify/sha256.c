/* sha256.c - FIPS 180-4. The plain code is the definition; with SHA instructions the same rounds run in hardware. */
#include "crypto.h"

#include <endian.h>
#include <stdatomic.h>

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
#define WITH_SHA __attribute__((target("sha,sse4.1,ssse3")))

/* Two registers hold the state as the instructions want it, ABEF and CDGH; each step is four rounds. One message keeps the processor
 * waiting for its own results, so two that have nothing to do with each other go through together. */
static inline WITH_SHA __attribute__((always_inline)) void rounds(uint32_t states[][8], const uint8_t *const blocks[], size_t count, int lanes)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i abef[2], cdgh[2], abef_before[2], cdgh_before[2], w[2][4];
    for (int l = 0; l < lanes; l++) {
        __m128i t = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)states[l]), 0xb1);
        cdgh[l] = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(states[l] + 4)), 0x1b);
        abef[l] = _mm_alignr_epi8(t, cdgh[l], 8);
        cdgh[l] = _mm_blend_epi16(cdgh[l], t, 0xf0);
    }
    for (size_t at = 0; at < 64 * count; at += 64) {
        for (int l = 0; l < lanes; l++) {
            abef_before[l] = abef[l];
            cdgh_before[l] = cdgh[l];
            for (int i = 0; i < 4; i++)
                w[l][i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)(blocks[l] + at + 16 * (size_t)i)), swap);
        }
#pragma GCC unroll 16
        for (int i = 0; i < 16; i++)
#pragma GCC unroll 2
            for (int l = 0; l < lanes; l++) {
                __m128i k = _mm_add_epi32(w[l][i & 3], _mm_load_si128((const __m128i *)(const void *)(round_constants + 4 * i)));
                cdgh[l] = _mm_sha256rnds2_epu32(cdgh[l], abef[l], k);
                abef[l] = _mm_sha256rnds2_epu32(abef[l], cdgh[l], _mm_shuffle_epi32(k, 0x0e));
                if (i < 12) { /* the words of four steps on */
                    __m128i next = _mm_sha256msg1_epu32(w[l][i & 3], w[l][(i + 1) & 3]);
                    next = _mm_add_epi32(next, _mm_alignr_epi8(w[l][(i + 3) & 3], w[l][(i + 2) & 3], 4));
                    w[l][i & 3] = _mm_sha256msg2_epu32(next, w[l][(i + 3) & 3]);
                }
            }
        for (int l = 0; l < lanes; l++) {
            abef[l] = _mm_add_epi32(abef[l], abef_before[l]);
            cdgh[l] = _mm_add_epi32(cdgh[l], cdgh_before[l]);
        }
    }
    for (int l = 0; l < lanes; l++) {
        __m128i t = _mm_shuffle_epi32(abef[l], 0x1b);
        cdgh[l] = _mm_shuffle_epi32(cdgh[l], 0xb1);
        _mm_storeu_si128((__m128i *)(void *)states[l], _mm_blend_epi16(t, cdgh[l], 0xf0));
        _mm_storeu_si128((__m128i *)(void *)(states[l] + 4), _mm_alignr_epi8(cdgh[l], t, 8));
    }
}

static WITH_SHA void blocks_hardware(uint32_t states[][8], const uint8_t *const blocks[], size_t count, int lanes)
{
    if (lanes == 2)
        rounds(states, blocks, count, 2);
    else
        rounds(states, blocks, count, 1);
}

static bool has_hardware(void)
{
    unsigned a, b, c, d, c1;
    if (!__get_cpuid(1, &a, &b, &c1, &d) || !__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return false;
    return (b >> 29 & 1) && (c1 >> 19 & 1) && (c1 >> 9 & 1); /* SHA, SSE4.1, SSSE3 */
}
#else
static void blocks_hardware(uint32_t states[][8], const uint8_t *const blocks[], size_t count, int lanes)
{
    (void)states, (void)blocks, (void)count, (void)lanes;
}
static bool has_hardware(void)
{
    return false;
}
#endif

static atomic_int hardware = -1; /* not asked yet */

void av_sha256_use_plain(bool is_plain)
{
    hardware = !is_plain && has_hardware();
}

/* Where block n of a message lies, with the byte `before` in front of it (-1: none), and how many lie behind one another there. What does
 * not lie as it is needed is made: the first block behind that byte, and the padded end (FIPS 180-4, 5.1.1). */
static const uint8_t *block_at(int before, const struct av_piece *m, size_t n, uint8_t made[64], size_t *ret_run)
{
    size_t front = before >= 0, size = front + m->size, from = 64 * n, held = 0;
    *ret_run = 1;
    if (from >= front && from + 64 <= size) {
        *ret_run = (size - from) / 64;
        return (const uint8_t *)m->data + from - front;
    }
    memset(made, 0, 64);
    if (from < front)
        made[held++] = (uint8_t)before;
    size_t at = from + held - front, left = at < m->size ? m->size - at : 0, take = left < 64 - held ? left : 64 - held;
    if (take > 0)
        memcpy(made + held, (const uint8_t *)m->data + at, take);
    held += take;
    if (from + held == size && held < 64)
        made[held] = 0x80;
    if (from + 64 >= size + 9) {
        uint64_t bits = htobe64(8 * (uint64_t)size);
        memcpy(made + 56, &bits, 8);
    }
    return made;
}

/* One message or two. */
static void hashes(int before, const struct av_piece *messages, int count, struct av_hash *ret)
{
    static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint32_t states[2][8];
    uint8_t made[2][64];
    size_t blocks[2] = {0, 0}, done[2] = {0, 0};
    if (hardware < 0)
        av_sha256_use_plain(false);
    for (int k = 0; k < count; k++) {
        memcpy(states[k], initial, sizeof(initial));
        blocks[k] = (size_t)(before >= 0) + messages[k].size;
        blocks[k] = (blocks[k] + 8) / 64 + 1;
    }
    for (int k = 0; k < count;) {
        const uint8_t *p[2];
        size_t run[2] = {0, 0};
        bool has_two = k + 1 < count && done[k + 1] < blocks[k + 1] && hardware;
        for (int i = 0; i <= has_two; i++)
            p[i] = block_at(before, &messages[k + i], done[k + i], made[i], &run[i]);
        size_t n = has_two && run[1] < run[0] ? run[1] : run[0];
        if (hardware)
            blocks_hardware(states + k, p, n, 1 + has_two);
        else
            blocks_plain(states[k], p[0], n);
        for (int i = 0; i <= has_two; i++)
            done[k + i] += n;
        while (k < count && done[k] == blocks[k])
            k++;
    }
    for (int k = 0; k < count; k++) {
        for (int i = 0; i < 8; i++)
            states[k][i] = htobe32(states[k][i]);
        memcpy(ret[k].bytes, states[k], sizeof(ret[k].bytes));
    }
}

struct av_hash av_sha256_of(const void *data, size_t size)
{
    struct av_hash ret;
    hashes(-1, &(struct av_piece){data, size}, 1, &ret);
    return ret;
}

struct av_hash av_leaf_hash(const void *leaf, size_t size)
{
    struct av_hash ret;
    hashes(0, &(struct av_piece){leaf, size}, 1, &ret);
    return ret;
}

void av_leaf_hashes(const struct av_piece *leaves, size_t count, struct av_hash *ret)
{
    for (size_t i = 0; i < count; i += 2)
        hashes(0, leaves + i, i + 1 < count ? 2 : 1, ret + i);
}

void av_node_hashes(const struct av_hash *below, size_t count, struct av_hash *ret)
{
    for (size_t i = 0; i < count; i += 2)
        hashes(1, (struct av_piece[]){{below + 2 * i, 64}, {below + 2 * i + 2, 64}}, i + 1 < count ? 2 : 1, ret + i);
}

struct av_hash av_node_hash(const struct av_hash *left, const struct av_hash *right)
{
    struct av_hash both[2] = {*left, *right}, ret;
    hashes(1, &(struct av_piece){both, 64}, 1, &ret);
    return ret;
}
