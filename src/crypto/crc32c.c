#include "crypto/crypto.h"

#if defined(__x86_64__)
#include <nmmintrin.h>

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
    if (__builtin_cpu_supports("sse4.2"))
        return ~crc32c_hardware(crc, p, data.size);
#endif
    return ~crc32c_bitwise(crc, p, data.size);
}
