/*
 * SHA-256 of many messages side by side: 16 in the 32-bit lanes of AVX-512, where one message alone waits for itself at every round.
 * The second path is OpenSSL's, one message after the other; which of them is taken is found out at the first use, and the lanes
 * are only taken if they agree with OpenSSL there. Figures: doc/decisions/multi-lane-sha256.md.
 */
#include "crypto/internal.h"

#include "crypto/crypto.h"
#include <stdatomic.h>

enum { LANES = 16, BLOCK = 64 };
enum kernel { KERNEL_UNKNOWN, KERNEL_OPENSSL, KERNEL_LANES };
static _Atomic int kernel_chosen;

static void one_by_one(uint8_t prefix, const struct str *messages, size_t count, struct sha256 *ret)
{
    for (size_t i = 0; i < count; i++)
        ret[i] = sha256_of2(str_make(&prefix, 1), messages[i]);
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Fewer than that are faster one by one: 16 lanes take what 7 leaves take, or 5 nodes. */
enum { LEAVES_MIN = 8, PAIRS_MIN = 5 };

/* FIPS 180-4, 4.2.2 and 5.3.3. */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/* One 32-bit word of each of the 16 messages. */
typedef uint32_t words __attribute__((vector_size(4 * LANES)));

#define ROTATE(x, n) ((words)_mm512_ror_epi32((__m512i)(x), n))
/* Any function of three bits, by its truth table: 0x96 a ^ b ^ c, 0xca choice, 0xe8 majority. */
#define TERNARY(a, b, c, table) ((words)_mm512_ternarylogic_epi32((__m512i)(a), (__m512i)(b), (__m512i)(c), table))
#define XOR3(a, b, c) TERNARY(a, b, c, 0x96)
/* Words of x (0 to 15) and y (from 16 on) by number. gcc finds cheaper instructions where the numbers are known; clang has only this. */
#ifdef __clang__
#define SHUFFLE(x, y, numbers) ((words)_mm512_permutex2var_epi32((__m512i)(x), (__m512i)(numbers), (__m512i)(y)))
#else
#define SHUFFLE(x, y, numbers) __builtin_shuffle(x, y, numbers)
#endif

/* The words of a block of each message into w[0..15]: read as rows, byte order turned, transposed by swapping ever larger squares. */
__attribute__((target("avx512f,avx512bw"), always_inline)) static inline void words_load(words w[16], const uint8_t *const data[LANES],
                                                                                     size_t offset)
{
    const __m512i swap = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    for (int lane = 0; lane < LANES; lane++)
        w[lane] = (words)_mm512_shuffle_epi8(_mm512_loadu_si512(data[lane] + offset), swap);
#pragma GCC unroll 4
    for (int d = 1; d < LANES; d *= 2) {
        words low, high;
        for (int k = 0; k < LANES; k++) {
            low[k] = (uint32_t)(k & d ? LANES + k - d : k);
            high[k] = (uint32_t)(k & d ? LANES + k : k + d);
        }
#pragma GCC unroll 16
        for (int i = 0; i < LANES; i++)
            if (!(i & d)) {
                words x = w[i], y = w[i + d];
                w[i] = SHUFFLE(x, y, low);
                w[i + d] = SHUFFLE(x, y, high);
            }
    }
}

/* `blocks` more blocks of each message (FIPS 180-4, 6.2.2). */
__attribute__((target("avx512f,avx512bw"), noinline)) static void lanes_transform(words state[8], const uint8_t *const data[LANES],
                                                                                  size_t blocks)
{
    for (size_t block = 0; block < blocks; block++) {
        words w[16], s[8];
        words_load(w, data, block * BLOCK);
        for (int i = 0; i < 8; i++)
            s[i] = state[i];
#pragma GCC unroll 64
        for (int i = 0; i < 64; i++) {
            if (i >= 16) {
                words x = w[(i - 15) & 15], y = w[(i - 2) & 15];
                w[i & 15] += XOR3(ROTATE(x, 7), ROTATE(x, 18), x >> 3) + w[(i - 7) & 15] +
                             XOR3(ROTATE(y, 17), ROTATE(y, 19), y >> 10);
            }
            words a = s[(0 - i) & 7], e = s[(4 - i) & 7];
            words t = s[(7 - i) & 7] + XOR3(ROTATE(e, 6), ROTATE(e, 11), ROTATE(e, 25)) +
                      TERNARY(e, s[(5 - i) & 7], s[(6 - i) & 7], 0xca) + w[i & 15] + round_constants[i];
            s[(3 - i) & 7] += t;
            s[(7 - i) & 7] =
                t + XOR3(ROTATE(a, 2), ROTATE(a, 13), ROTATE(a, 22)) + TERNARY(a, s[(1 - i) & 7], s[(2 - i) & 7], 0xe8);
        }
        for (int i = 0; i < 8; i++)
            state[i] += s[i];
    }
}

/* A message on its way: its first block behind the prefix, then what can be read where it lies, then the padded rest. */
struct lane {
    const uint8_t *at;
    size_t blocks; /* to be read there; 0: nothing is left of any message */
    size_t message;
    enum { HEAD, MIDDLE, TAIL } part;
    uint8_t edge[2 * BLOCK];
};

/* FIPS 180-4, 5.1.1: a one bit, zeros, the length in bits. `used` bytes of the rest stand in `edge`. */
static void lane_pad(struct lane *l, size_t used, size_t size)
{
    l->at = l->edge;
    l->blocks = used + 9 <= BLOCK ? 1 : 2;
    l->part = TAIL;
    memset(l->edge + used, 0, l->blocks * BLOCK - used);
    l->edge[used] = 0x80;
    uint64_t bits = __builtin_bswap64((uint64_t)size * 8);
    memcpy(l->edge + l->blocks * BLOCK - 8, &bits, 8);
}

static void lane_start(struct lane *l, uint8_t prefix, struct str m, size_t message)
{
    bool has_head = m.size >= BLOCK - 1;
    l->message = message;
    l->edge[0] = prefix;
    if (m.size)
        memcpy(l->edge + 1, m.data, has_head ? BLOCK - 1 : m.size);
    l->at = l->edge;
    l->blocks = 1;
    l->part = HEAD;
    if (!has_head)
        lane_pad(l, 1 + m.size, 1 + m.size);
}

/* The next part of the same message. False when that was the last. */
static bool lane_next(struct lane *l, struct str m)
{
    if (l->part == TAIL)
        return false;
    size_t behind = m.size - (BLOCK - 1), rest = behind % BLOCK;
    if (l->part == HEAD && behind >= BLOCK) {
        l->at = (const uint8_t *)m.data + BLOCK - 1;
        l->blocks = behind / BLOCK;
        l->part = MIDDLE;
        return true;
    }
    if (rest)
        memcpy(l->edge, m.data + m.size - rest, rest);
    lane_pad(l, rest, 1 + m.size);
    return true;
}

static void state_start(words state[8], int lane)
{
    for (int i = 0; i < 8; i++)
        state[i][lane] = initial[i];
}

static struct sha256 state_end(const words state[8], int lane)
{
    struct sha256 ret;
    for (int i = 0; i < 8; i++) {
        uint32_t word = __builtin_bswap32(state[i][lane]);
        memcpy(ret.bytes + (size_t)i * 4, &word, 4);
    }
    return ret;
}

/* Messages may be of any lengths: each round goes as far as the shortest part that is under way, and a lane that is done takes the
 * next message. A lane without one reads along with another, for nothing. */
static void lanes_hash(uint8_t prefix, const struct str *messages, size_t count, struct sha256 *ret)
{
    struct lane lanes[LANES];
    words state[8];
    size_t taken = 0, done = 0;
    for (int i = 0; i < LANES; i++) {
        state_start(state, i);
        lanes[i].blocks = 0;
        if (taken < count) {
            lane_start(&lanes[i], prefix, messages[taken], taken);
            taken++;
        }
    }
    while (done < count) {
        const uint8_t *data[LANES], *any = NULL;
        size_t blocks = SIZE_MAX;
        for (int i = 0; i < LANES; i++)
            if (lanes[i].blocks && lanes[i].blocks < blocks) {
                blocks = lanes[i].blocks;
                any = lanes[i].at;
            }
        for (int i = 0; i < LANES; i++)
            data[i] = lanes[i].blocks ? lanes[i].at : any;
        lanes_transform(state, data, blocks);
        for (int i = 0; i < LANES; i++) {
            struct lane *l = &lanes[i];
            if (l->blocks == 0)
                continue;
            l->at += blocks * BLOCK;
            l->blocks -= blocks;
            if (l->blocks || lane_next(l, messages[l->message]))
                continue;
            ret[l->message] = state_end(state, i);
            done++;
            state_start(state, i);
            if (taken < count) {
                lane_start(l, prefix, messages[taken], taken);
                taken++;
            }
        }
    }
}

/* 16 pairs, or fewer: 65 bytes each, of which the last stands alone in a second block. */
static void lanes_pairs(uint8_t prefix, const struct sha256 *hashes, size_t count, struct sha256 *ret)
{
    uint8_t messages[LANES][2 * BLOCK];
    const uint8_t *data[LANES];
    words state[8];
    for (int i = 0; i < LANES; i++) {
        size_t from = (size_t)i < count ? (size_t)i : 0;
        data[i] = messages[i];
        memset(messages[i] + BLOCK, 0, BLOCK);
        messages[i][0] = prefix;
        memcpy(messages[i] + 1, hashes[2 * from].bytes, (size_t)2 * SHA256_SIZE);
        messages[i][BLOCK + 1] = 0x80;
        messages[i][2 * BLOCK - 2] = (BLOCK + 1) * 8 >> 8;
        messages[i][2 * BLOCK - 1] = (uint8_t)((BLOCK + 1) * 8);
        state_start(state, i);
    }
    lanes_transform(state, data, 2);
    for (size_t i = 0; i < count; i++)
        ret[i] = state_end(state, (int)i);
}

/* Messages of every length up to three blocks, in lanes and not: a processor or a hypervisor that gets them wrong is left to OpenSSL. */
static bool lanes_agree(void)
{
    enum { COUNT = 3 * BLOCK };
    static const char text[COUNT] = "a message that is hashed in sixteen lanes and by itself";
    struct str messages[COUNT];
    struct sha256 found[COUNT], wanted[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        messages[i] = str_make(text, i);
    lanes_hash(0, messages, COUNT, found);
    one_by_one(0, messages, COUNT, wanted);
    if (memcmp(found, wanted, sizeof(found)) != 0)
        return false;
    lanes_pairs(1, wanted, LANES, found);
    for (size_t i = 0; i < LANES; i++)
        if (!sha256_equal(found[i], sha256_of_pair(1, wanted[2 * i], wanted[2 * i + 1])))
            return false;
    return true;
}

static bool lanes_are_usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && lanes_agree();
}
#else
enum { LEAVES_MIN = SIZE_MAX >> 1, PAIRS_MIN = SIZE_MAX >> 1 };
static void lanes_hash(uint8_t prefix, const struct str *messages, size_t count, struct sha256 *ret)
{
    one_by_one(prefix, messages, count, ret);
}
static void lanes_pairs(uint8_t prefix, const struct sha256 *hashes, size_t count, struct sha256 *ret)
{
    for (size_t i = 0; i < count; i++)
        ret[i] = sha256_of_pair(prefix, hashes[2 * i], hashes[2 * i + 1]);
}
static bool lanes_are_usable(void)
{
    return false;
}
#endif

/* Two threads may find out at the same time: they find the same. */
static bool has_lanes(void)
{
    int chosen = atomic_load_explicit(&kernel_chosen, memory_order_relaxed);
    if (chosen == KERNEL_UNKNOWN) {
        chosen = lanes_are_usable() ? KERNEL_LANES : KERNEL_OPENSSL;
        atomic_store_explicit(&kernel_chosen, chosen, memory_order_relaxed);
    }
    return chosen == KERNEL_LANES;
}

const char *sha256_kernel(void)
{
    return has_lanes() ? "avx512" : "openssl";
}

void sha256_use_lanes(bool is_wanted)
{
    atomic_store_explicit(&kernel_chosen, is_wanted ? KERNEL_UNKNOWN : KERNEL_OPENSSL, memory_order_relaxed);
}

void sha256_of_each(uint8_t prefix, const struct str *messages, size_t count, struct sha256 *ret)
{
    size_t few = count % LANES < LEAVES_MIN ? count % LANES : 0, many = has_lanes() ? count - few : 0;
    if (many)
        lanes_hash(prefix, messages, many, ret);
    one_by_one(prefix, messages + many, count - many, ret + many);
}

void sha256_of_pairs(uint8_t prefix, const struct sha256 *hashes, size_t count, struct sha256 *ret)
{
    size_t done = 0;
    if (has_lanes())
        for (; count - done >= PAIRS_MIN; done += count - done < LANES ? count - done : LANES)
            lanes_pairs(prefix, hashes + 2 * done, count - done < LANES ? count - done : LANES, ret + done);
    for (; done < count; done++)
        ret[done] = sha256_of_pair(prefix, hashes[2 * done], hashes[2 * done + 1]);
}
