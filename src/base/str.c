#include "base/str.h"

bool str_equal(struct str a, struct str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

bool str_is(struct str a, const char *text)
{
    return str_equal(a, str_of(text));
}

int str_compare(struct str a, struct str b)
{
    size_t n = a.size < b.size ? a.size : b.size;
    int order = n ? memcmp(a.data, b.data, n) : 0;
    if (order)
        return order;
    return a.size < b.size ? -1 : a.size > b.size;
}

bool str_starts(struct str s, const char *prefix)
{
    size_t n = strlen(prefix);
    return s.size >= n && memcmp(s.data ? s.data : "", prefix, n) == 0;
}

bool str_ends(struct str s, const char *suffix)
{
    size_t n = strlen(suffix);
    return s.size >= n && (n == 0 || memcmp(s.data + s.size - n, suffix, n) == 0);
}

ptrdiff_t str_find(struct str s, struct str needle)
{
    if (needle.size == 0)
        return 0;
    if (s.size < needle.size)
        return -1;
    const char *p = memmem(s.data, s.size, needle.data, needle.size);
    return p ? p - s.data : -1;
}

ptrdiff_t str_find_char(struct str s, char c)
{
    const char *p = s.size ? memchr(s.data, c, s.size) : NULL;
    return p ? p - s.data : -1;
}

bool str_contains(struct str s, const char *needle)
{
    return str_find(s, str_of(needle)) >= 0;
}

struct str str_slice(struct str s, size_t from, size_t to)
{
    if (to > s.size)
        to = s.size;
    if (from > to)
        from = to;
    return (struct str){s.data ? s.data + from : s.data, to - from};
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str s)
{
    while (s.size && is_space(s.data[0]))
        s.data++, s.size--;
    while (s.size && is_space(s.data[s.size - 1]))
        s.size--;
    return s;
}

bool str_cut(struct str *s, char separator, struct str *ret_head)
{
    ptrdiff_t at = str_find_char(*s, separator);
    if (at < 0) {
        *ret_head = *s;
        *s = str_slice(*s, s->size, s->size);
        return false;
    }
    *ret_head = str_slice(*s, 0, (size_t)at);
    *s = str_slice(*s, (size_t)at + 1, s->size);
    return true;
}

bool str_next_line(struct str *s, struct str *ret_line)
{
    if (s->size == 0)
        return false;
    str_cut(s, '\n', ret_line);
    if (ret_line->size && ret_line->data[ret_line->size - 1] == '\r')
        ret_line->size--;
    return true;
}

bool str_next_word(struct str *s, struct str *ret_word)
{
    size_t from = 0;
    while (from < s->size && (s->data[from] == ' ' || s->data[from] == '\t'))
        from++;
    size_t to = from;
    while (to < s->size && s->data[to] != ' ' && s->data[to] != '\t')
        to++;
    if (from == to) {
        *s = str_slice(*s, s->size, s->size);
        return false;
    }
    *ret_word = str_slice(*s, from, to);
    *s = str_slice(*s, to, s->size);
    return true;
}

bool str_to_int64(struct str s, int64_t *ret_value)
{
    bool is_negative = s.size && s.data[0] == '-';
    size_t i = is_negative ? 1 : 0;
    if (i == s.size)
        return false;
    int64_t value = 0;
    for (; i < s.size; i++) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        int digit = s.data[i] - '0';
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, is_negative ? -digit : digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

bool str_to_uint64_base(struct str s, unsigned base, uint64_t *ret_value)
{
    if (s.size == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < s.size; i++) {
        int digit = digit_of(s.data[i]);
        if (digit >= (int)base)
            return false;
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) || __builtin_add_overflow(value, (uint64_t)digit, &value))
            return false;
    }
    *ret_value = value;
    return true;
}

/* The length of the well-formed sequence at p (Unicode 15, table 3-7), or 0. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        return left >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
    if (p[0] >= 0xe0 && p[0] <= 0xef) {
        if (left < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
            return 0;
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
            return 0;
        return 3;
    }
    if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        if (left < 4 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80 || (p[3] & 0xc0) != 0x80)
            return 0;
        if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
            return 0;
        return 4;
    }
    return 0;
}

bool str_is_utf8(struct str s)
{
    size_t i = 0;
    while (i < s.size) {
        /* Eight plain bytes at a time: nearly all text is ASCII. */
        uint64_t word;
        while (i + 8 <= s.size) {
            memcpy(&word, s.data + i, 8);
            if (word & UINT64_C(0x8080808080808080))
                break;
            i += 8;
        }
        if (i == s.size)
            break;
        size_t n = utf8_length((const unsigned char *)s.data + i, s.size - i);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

struct str str_prefix(struct str s, size_t size_max)
{
    if (s.size <= size_max)
        return s;
    while (size_max > 0 && ((unsigned char)s.data[size_max] & 0xc0) == 0x80)
        size_max--;
    return str_slice(s, 0, size_max);
}

void hex_encode(const void *bytes, size_t size, char *ret_hex)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    for (size_t i = 0; i < size; i++) {
        ret_hex[2 * i] = digits[p[i] >> 4];
        ret_hex[2 * i + 1] = digits[p[i] & 15];
    }
    ret_hex[2 * size] = 0;
}

bool hex_decode(struct str hex, void *ret_bytes, size_t size)
{
    if (hex.size != 2 * size)
        return false;
    /* Digits and one; 0 is what is none, capitals among it. */
    static const unsigned char digits[256] = {['0'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, ['a'] = 11, 12, 13, 14, 15, 16};
    const unsigned char *in = (const unsigned char *)hex.data;
    unsigned char *out = ret_bytes;
    bool is_hex = true;
    for (size_t i = 0; i < hex.size; i++)
        is_hex &= digits[in[i]] != 0;
    for (size_t i = 0; is_hex && i < size; i++)
        out[i] = (unsigned char)((digits[in[2 * i]] - 1) << 4 | (digits[in[2 * i + 1]] - 1));
    return is_hex;
}
