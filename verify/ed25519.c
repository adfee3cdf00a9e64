/*
 * ed25519.c - RFC 8032 Ed25519 verification. Not constant time: everything here is public.
 *
 * The field is GF(2^255 - 19) in five limbs of 51 bits; points are extended coordinates (X : Y : Z : T) with x = X/Z, y = Y/Z,
 * xy = T/Z on -x^2 + y^2 = 1 + d x^2 y^2. The addition law used is complete, so no input needs a special case.
 *
 * What is accepted (all as OpenSSL 3.0, which follows the reference code): S below the group order; A any y that has an x, also
 * one not reduced modulo p, also x = 0 with the sign bit; R only as the exact bytes of [S]B - [h]A.
 */
#include "crypto.h"

#include <pthread.h>

#define LOW51 ((UINT64_C(1) << 51) - 1)

struct field {
    uint64_t limb[5]; /* below 2^52 after every operation */
};
struct point {
    struct field x, y, z, t;
};
/* A point prepared for addition: y + x, y - x, 2z, 2dt. */
struct addend {
    struct field sum, difference, z2, t2d;
};

__extension__ typedef unsigned __int128 wide;

static const struct field one = {{1, 0, 0, 0, 0}};
/* d = -121665/121666, 2d, and sqrt(-1) = 2^((p-1)/4) */
static const uint8_t d_bytes[32] = {0xa3, 0x78, 0x59, 0x13, 0xca, 0x4d, 0xeb, 0x75, 0xab, 0xd8, 0x41, 0x41, 0x4d, 0x0a, 0x70, 0x00,
                                    0x98, 0xe8, 0x79, 0x77, 0x79, 0x40, 0xc7, 0x8c, 0x73, 0xfe, 0x6f, 0x2b, 0xee, 0x6c, 0x03, 0x52};
static const uint8_t root_bytes[32] = {0xb0, 0xa0, 0x0e, 0x4a, 0x27, 0x1b, 0xee, 0xc4, 0x78, 0xe4, 0x2f, 0xad, 0x06, 0x18, 0x43, 0x2f,
                                       0xa7, 0xd7, 0xfb, 0x3d, 0x99, 0x00, 0x4d, 0x2b, 0x0b, 0xdf, 0xc1, 0x4f, 0x80, 0x24, 0x83, 0x2b};
/* The base point: y = 4/5, x even. */
static const uint8_t base_bytes[32] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                       0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};
/* L = 2^252 + 27742317777372353535851937790883648493, least byte first. */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};

/* ---- the field ---- */

static struct field carried(struct field a)
{
    uint64_t carry = 0;
    for (int i = 0; i < 5; i++) {
        a.limb[i] += carry;
        carry = a.limb[i] >> 51;
        a.limb[i] &= LOW51;
    }
    a.limb[0] += 19 * carry; /* 2^255 = 19 */
    a.limb[1] += a.limb[0] >> 51;
    a.limb[0] &= LOW51;
    return a;
}

static struct field plus(struct field a, struct field b)
{
    for (int i = 0; i < 5; i++)
        a.limb[i] += b.limb[i];
    return carried(a);
}

static struct field minus(struct field a, struct field b)
{
    for (int i = 0; i < 5; i++) /* 4p more, so that no limb goes below zero */
        a.limb[i] += (i == 0 ? 4 * (LOW51 - 18) : 4 * LOW51) - b.limb[i];
    return carried(a);
}

static struct field times(struct field a, struct field b)
{
    wide r[5];
    const uint64_t *x = a.limb, *y = b.limb;
    uint64_t y1 = 19 * y[1], y2 = 19 * y[2], y3 = 19 * y[3], y4 = 19 * y[4];
    r[0] = (wide)x[0] * y[0] + (wide)x[1] * y4 + (wide)x[2] * y3 + (wide)x[3] * y2 + (wide)x[4] * y1;
    r[1] = (wide)x[0] * y[1] + (wide)x[1] * y[0] + (wide)x[2] * y4 + (wide)x[3] * y3 + (wide)x[4] * y2;
    r[2] = (wide)x[0] * y[2] + (wide)x[1] * y[1] + (wide)x[2] * y[0] + (wide)x[3] * y4 + (wide)x[4] * y3;
    r[3] = (wide)x[0] * y[3] + (wide)x[1] * y[2] + (wide)x[2] * y[1] + (wide)x[3] * y[0] + (wide)x[4] * y4;
    r[4] = (wide)x[0] * y[4] + (wide)x[1] * y[3] + (wide)x[2] * y[2] + (wide)x[3] * y[1] + (wide)x[4] * y[0];
    struct field ret;
    wide carry = 0;
    for (int i = 0; i < 5; i++) {
        r[i] += carry;
        carry = r[i] >> 51;
        ret.limb[i] = (uint64_t)r[i] & LOW51;
    }
    wide low = ret.limb[0] + carry * 19;
    ret.limb[0] = (uint64_t)low & LOW51;
    ret.limb[1] += (uint64_t)(low >> 51);
    return ret;
}

static struct field square(struct field a)
{
    return times(a, a);
}

static struct field squares(struct field a, int count)
{
    while (count-- > 0)
        a = square(a);
    return a;
}

/* a^(2^250 - 1) and a^11: what both exponents below begin with. */
static struct field power_250(struct field a, struct field *ret_11)
{
    struct field a2 = square(a), a9 = times(squares(a2, 2), a), a11 = times(a9, a2);
    struct field p5 = times(square(a11), a9);         /* 2^5 - 1 */
    struct field p10 = times(squares(p5, 5), p5);     /* 2^10 - 1 */
    struct field p20 = times(squares(p10, 10), p10);  /* 2^20 - 1 */
    struct field p40 = times(squares(p20, 20), p20);
    struct field p50 = times(squares(p40, 10), p10);
    struct field p100 = times(squares(p50, 50), p50);
    struct field p200 = times(squares(p100, 100), p100);
    *ret_11 = a11;
    return times(squares(p200, 50), p50);
}

/* 1/a = a^(p-2) = a^(2^255 - 21) */
static struct field inverse(struct field a)
{
    struct field a11, p = power_250(a, &a11);
    return times(squares(p, 5), a11);
}

/* a^((p-5)/8) = a^(2^252 - 3) */
static struct field power_p58(struct field a)
{
    struct field a11, p = power_250(a, &a11);
    return times(squares(p, 2), a);
}

/* 255 bits, least byte first; the top bit is not looked at. */
static struct field load(const uint8_t b[32])
{
    uint64_t w[4] = {0};
    for (int i = 0; i < 32; i++)
        w[i / 8] |= (uint64_t)b[i] << (8 * (i % 8));
    return (struct field){{w[0] & LOW51, (w[0] >> 51 | w[1] << 13) & LOW51, (w[1] >> 38 | w[2] << 26) & LOW51,
                           (w[2] >> 25 | w[3] << 39) & LOW51, (w[3] >> 12) & LOW51}};
}

/* The one representative below p. */
static void store(struct field a, uint8_t ret[32])
{
    a = carried(carried(a));
    uint64_t over = (a.limb[0] + 19) >> 51; /* is a + 19 >= 2^255, that is a >= p? */
    for (int i = 1; i < 5; i++)
        over = (a.limb[i] + over) >> 51;
    a.limb[0] += 19 * over;
    for (int i = 0; i < 4; i++) {
        a.limb[i + 1] += a.limb[i] >> 51;
        a.limb[i] &= LOW51;
    }
    a.limb[4] &= LOW51;
    uint64_t w[4] = {a.limb[0] | a.limb[1] << 51, a.limb[1] >> 13 | a.limb[2] << 38, a.limb[2] >> 26 | a.limb[3] << 25,
                     a.limb[3] >> 39 | a.limb[4] << 12};
    for (int i = 0; i < 32; i++)
        ret[i] = (uint8_t)(w[i / 8] >> (8 * (i % 8)));
}

static bool is_same(struct field a, struct field b)
{
    uint8_t x[32], y[32];
    store(a, x);
    store(b, y);
    return memcmp(x, y, 32) == 0;
}

/* ---- points ---- */

static struct addend addend_of(const struct point *p)
{
    struct field d = load(d_bytes);
    return (struct addend){plus(p->y, p->x), minus(p->y, p->x), plus(p->z, p->z), times(p->t, plus(d, d))};
}

static struct point point_add(const struct point *p, const struct addend *q)
{
    struct field a = times(minus(p->y, p->x), q->difference), b = times(plus(p->y, p->x), q->sum);
    struct field c = times(p->t, q->t2d), d = times(p->z, q->z2);
    struct field e = minus(b, a), f = minus(d, c), g = plus(d, c), h = plus(b, a);
    return (struct point){times(e, f), times(g, h), times(f, g), times(e, h)};
}

static struct point point_double(const struct point *p)
{
    struct field a = square(p->x), b = square(p->y), c = square(p->z);
    struct field h = plus(a, b), e = minus(h, square(plus(p->x, p->y))), g = minus(a, b), f = plus(plus(c, c), g);
    return (struct point){times(e, f), times(g, h), times(f, g), times(e, h)};
}

/* RFC 8032 5.1.3. False when no x belongs to the y. */
static bool point_load(const uint8_t b[32], struct point *ret)
{
    struct field y = load(b), y2 = square(y), u = minus(y2, one), v = plus(times(y2, load(d_bytes)), one);
    struct field v3 = times(square(v), v), uv7 = times(u, times(square(v3), v));
    struct field x = times(times(u, v3), power_p58(uv7)), vx2 = times(v, square(x)), zero = minus(one, one);
    if (!is_same(vx2, u)) {
        if (!is_same(vx2, minus(zero, u)))
            return false;
        x = times(x, load(root_bytes));
    }
    uint8_t bytes[32];
    store(x, bytes);
    if ((bytes[0] & 1) != b[31] >> 7)
        x = minus(zero, x);
    *ret = (struct point){x, y, one, times(x, y)};
    return true;
}

static void point_store(const struct point *p, uint8_t ret[32])
{
    uint8_t x[32];
    struct field z = inverse(p->z);
    store(times(p->x, z), x);
    store(times(p->y, z), ret);
    ret[31] |= (uint8_t)((x[0] & 1) << 7);
}

/* 0, p, 2p .. 15p */
static void multiples(const struct point *p, struct addend ret[16])
{
    struct field zero = minus(one, one);
    struct point sum = {zero, one, one, zero};
    struct addend single = addend_of(p);
    for (int i = 0; i < 16; i++) {
        ret[i] = addend_of(&sum);
        sum = point_add(&sum, &single);
    }
}

/* ---- scalars ---- */

/* 512 bits modulo the order L, least byte first. */
static void scalar_reduce(const uint8_t wide_bytes[64], uint8_t ret[32])
{
    int64_t x[64];
    for (int i = 0; i < 64; i++)
        x[i] = wide_bytes[i];
    for (int i = 63; i >= 32; i--) { /* takes x[i] * 2^(8i) away as 16 x[i] L 2^(8(i-32)) */
        int64_t carry = 0;
        int k = i - 32;
        for (; k < i - 12; k++) {
            x[k] += carry - 16 * x[i] * order[k - (i - 32)];
            carry = (x[k] + 128) >> 8;
            x[k] -= carry * 256;
        }
        x[k] += carry;
        x[i] = 0;
    }
    int64_t carry = 0;
    for (int k = 0; k < 32; k++) {
        x[k] += carry - (x[31] >> 4) * order[k];
        carry = x[k] >> 8;
        x[k] &= 255;
    }
    for (int k = 0; k < 32; k++)
        x[k] -= carry * order[k];
    for (int k = 0; k < 32; k++) {
        if (k < 31)
            x[k + 1] += x[k] >> 8;
        ret[k] = (uint8_t)(x[k] & 255);
    }
}

static bool scalar_is_reduced(const uint8_t s[32])
{
    for (int i = 31; i >= 0; i--)
        if (s[i] != order[i])
            return s[i] < order[i];
    return false;
}

static struct addend base[16];

static void base_make(void)
{
    struct point p;
    (void)point_load(base_bytes, &p);
    multiples(&p, base);
}

bool av_ed25519_verify(const uint8_t key[32], const struct av_piece *message, int count, const uint8_t signature[64])
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct point p, sum;
    struct field zero = minus(one, one);
    struct av_piece pieces[2 + AV_PIECES_MAX] = {{signature, 32}, {key, 32}};
    pthread_once(&once, base_make);
    if (count > AV_PIECES_MAX || !scalar_is_reduced(signature + 32) || !point_load(key, &p))
        return false;
    uint8_t digest[64], h[32], r[32];
    memcpy(pieces + 2, message, (size_t)count * sizeof(*message));
    av_sha512(pieces, 2 + count, digest);
    scalar_reduce(digest, h);
    p.x = minus(zero, p.x); /* -A */
    p.t = minus(zero, p.t);
    struct addend minus_a[16];
    multiples(&p, minus_a);
    sum = (struct point){zero, one, one, zero};
    for (int i = 63; i >= 0; i--) { /* four bits of both scalars at a time */
        for (int k = 0; k < 4; k++)
            sum = point_double(&sum);
        sum = point_add(&sum, &minus_a[h[i / 2] >> (4 * (i & 1)) & 15]);
        sum = point_add(&sum, &base[signature[32 + i / 2] >> (4 * (i & 1)) & 15]);
    }
    point_store(&sum, r);
    return memcmp(r, signature, 32) == 0;
}

bool av_ed25519_is_weak(const uint8_t key[32])
{
    struct point p;
    struct field zero = minus(one, one);
    uint8_t y[32];
    store(load(key), y);
    y[31] |= key[31] & 0x80;
    if (memcmp(y, key, 32) != 0 || !point_load(key, &p)) /* not reduced modulo p, or no point */
        return true;
    for (int i = 0; i < 3; i++)
        p = point_double(&p);
    return is_same(p.x, zero) && is_same(p.y, p.z); /* [8]A = 0 */
}
