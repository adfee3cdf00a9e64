#include "crypto/crypto.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>

/* The instruction takes three cycles and can start one a cycle: three lanes of LANE bytes side by side, then shifted behind each
 * other. Shifting a CRC over n zero bytes is a multiplication by x^(8n) mod P: a carry-less product with x^(8n - 33), and the
 * instruction itself reduces it. */
enum { LANE = 1024 };

/* x^n mod P, bit-reflected. */
static uint32_t power_of_x(unsigned n)
{
    uint32_t p = 0x80000000u;
    for (; n; n--)
        p = p >> 1 ^ (0x82f63b78u & (0u - (p & 1)));
    return p;
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t shift(uint32_t crc, uint32_t factor)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi32_si128((int)crc), _mm_cvtsi32_si128((int)factor), 0);
    return (uint32_t)_mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

__attribute__((target("sse4.2"))) static uint32_t crc32c_hardware(uint32_t crc, const uint8_t *p, size_t size)
{
    uint64_t c = crc;
    for (; size >= 8; size -= 8, p += 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        c = _mm_crc32_u64(c, word);
    }
    uint32_t small = (uint32_t)c;
    for (; size; size--, p++)
        small = _mm_crc32_u8(small, *p);
    return small;
}

__attribute__((target("sse4.2,pclmul"))) static uint32_t crc32c_lanes(uint32_t crc, const uint8_t *p, size_t size)
{
    static _Atomic uint64_t factors; /* both in one word, so that threads may race */
    uint64_t both = factors;
    if (!both)
        factors = both = (uint64_t)power_of_x(8 * LANE - 33) << 32 | power_of_x(2 * 8 * LANE - 33);
    for (; size >= (size_t)3 * LANE; size -= (size_t)3 * LANE, p += (size_t)3 * LANE) {
        uint64_t a = crc, b = 0, c = 0, word[3];
        for (size_t at = 0; at < LANE; at += 8) {
            memcpy(&word[0], p + at, 8);
            memcpy(&word[1], p + LANE + at, 8);
            memcpy(&word[2], p + (size_t)2 * LANE + at, 8);
            a = _mm_crc32_u64(a, word[0]);
            b = _mm_crc32_u64(b, word[1]);
            c = _mm_crc32_u64(c, word[2]);
        }
        crc = shift((uint32_t)a, (uint32_t)both) ^ shift((uint32_t)b, (uint32_t)(both >> 32)) ^ (uint32_t)c;
    }
    return crc32c_hardware(crc, p, size);
}
#endif

static uint32_t crc32c_bitwise(uint32_t crc, const uint8_t *p, size_t size)
{
    for (; size; size--, p++) {
        crc ^= *p;
        for (int k = 0; k < 8; k++)
            crc = crc >> 1 ^ (0x82f63b78u & (0u - (crc & 1)));
    }
    return crc;
}

uint32_t crc32c_add(uint32_t crc, struct str data)
{
    const uint8_t *p = (const uint8_t *)data.data;
    crc = ~crc;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
        return ~crc32c_lanes(crc, p, data.size);
#endif
    return ~crc32c_bitwise(crc, p, data.size);
}
