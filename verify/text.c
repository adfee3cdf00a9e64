#include "text.h"

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

struct av_text av_text_of(const char *s)
{
    return (struct av_text){s, strlen(s)};
}

/* Eight bytes at a time: that of musl goes byte by byte. */
bool av_same(struct av_text a, struct av_text b)
{
    size_t at = 0;
    uint64_t x, y;
    if (a.size != b.size)
        return false;
    for (; a.size - at >= 8; at += 8)
        if (memcpy(&x, a.data + at, 8), memcpy(&y, b.data + at, 8), x != y)
            return false;
    while (at < a.size && a.data[at] == b.data[at])
        at++;
    return at == a.size;
}

struct av_text av_behind(struct av_text t, size_t from)
{
    return t.size < from ? (struct av_text){"", 0} : (struct av_text){t.data + from, t.size - from};
}

/* memchr; that of musl goes byte by byte, and the lines of leaves are long. */
static const char *find(const char *p, size_t left, char mark)
{
#if defined(__SSE2__)
    for (; left >= 16; p += 16, left -= 16) {
        int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(const void *)p), _mm_set1_epi8(mark)));
        if (mask)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    return left ? memchr(p, mark, left) : NULL;
}

bool av_cut(struct av_text *rest, char mark, struct av_text *ret)
{
    const char *at = find(rest->data, rest->size, mark);
    if (!at)
        return false;
    *ret = (struct av_text){rest->data, (size_t)(at - rest->data)};
    *rest = (struct av_text){at + 1, rest->size - ret->size - 1};
    return true;
}

bool av_line(struct av_text *rest, struct av_text *ret)
{
    return av_cut(rest, '\n', ret);
}

bool av_number(struct av_text t, uint64_t *ret)
{
    uint64_t n = 0;
    if (t.size == 0 || t.size > 19 || (t.data[0] == '0' && t.size > 1))
        return false;
    for (size_t i = 0; i < t.size; i++) {
        if (t.data[i] < '0' || t.data[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(t.data[i] - '0');
    }
    *ret = n;
    return n >> 63 == 0;
}

/* Value of a hex digit plus 16, and 0 for what is none. */
static const uint8_t hex_digits[256] = {['0'] = 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, ['a'] = 26, 27, 28, 29, 30, 31};

#if defined(__SSE2__)
/* Are these 16 lower-case hex digits? */
static bool hex_16(const char *p)
{
    __m128i x = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i digit = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('0' - 1)), _mm_cmplt_epi8(x, _mm_set1_epi8('9' + 1)));
    __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('a' - 1)), _mm_cmplt_epi8(x, _mm_set1_epi8('f' + 1)));
    return _mm_movemask_epi8(_mm_or_si128(digit, letter)) == 0xffff;
}
#endif

bool av_is_hex(struct av_text t, size_t size)
{
    size_t at = 0;
    if (t.size != 2 * size)
        return false;
#if defined(__SSE2__)
    for (; t.size - at >= 16; at += 16)
        if (!hex_16(t.data + at))
            return false;
#endif
    while (at < t.size && hex_digits[(uint8_t)t.data[at]])
        at++;
    return at == t.size;
}

bool av_hex(struct av_text t, uint8_t *ret, size_t size)
{
    if (!av_is_hex(t, size))
        return false;
    for (size_t i = 0; i < size; i++)
        ret[i] = (uint8_t)(hex_digits[(uint8_t)t.data[2 * i]] << 4 | (hex_digits[(uint8_t)t.data[2 * i + 1]] & 15));
    return true;
}

void av_hex_write(const uint8_t *bytes, size_t size, char *ret)
{
    for (size_t i = 0; i < size; i++) {
        ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    ret[2 * size] = 0;
}

static int base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

long av_base64(struct av_text t, uint8_t *ret, size_t size_max)
{
    size_t size = 0, padding = 0;
    if (t.size == 0 || t.size % 4 != 0)
        return -1;
    while (padding < 2 && t.data[t.size - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < t.size; i += 4) {
        size_t bytes = i + 4 == t.size ? 3 - padding : 3;
        uint32_t bits = 0;
        for (size_t k = 0; k < 4; k++) {
            int digit = k > bytes ? 0 : base64_digit(t.data[i + k]);
            if (digit < 0)
                return -1;
            bits = bits << 6 | (uint32_t)digit;
        }
        if (size + bytes > size_max || (bytes < 3 && (bits << (8 + 8 * bytes)) != 0)) /* bits behind the end must be zero */
            return -1;
        for (size_t k = 0; k < bytes; k++)
            ret[size++] = (uint8_t)(bits >> (16 - 8 * k));
    }
    return (long)size;
}

/* Bytes of the UTF-8 sequence at p, 0 when it is none (RFC 3629: no surrogates, nothing overlong, nothing above U+10FFFF). */
static size_t utf8_size(const char *text, size_t left)
{
    const uint8_t *p = (const uint8_t *)text;
    uint8_t low = 0x80, high = 0xbf;
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    if (size == 0 || size > left)
        return 0;
    if (p[0] == 0xe0)
        low = 0xa0;
    else if (p[0] == 0xed)
        high = 0x9f;
    else if (p[0] == 0xf0)
        low = 0x90;
    else if (p[0] == 0xf4)
        high = 0x8f;
    for (size_t i = 1; i < size; i++, low = 0x80, high = 0xbf)
        if (p[i] < low || p[i] > high)
            return 0;
    return size;
}

bool av_is_utf8(struct av_text t)
{
    for (size_t i = 0, size; i < t.size; i += size)
        if ((size = utf8_size(t.data + i, t.size - i)) == 0)
            return false;
    return true;
}

/* ---- JSON ---- */

enum { DEPTH_MAX = 6 };
static const uint64_t integer_max = (UINT64_C(1) << 53) - 1;

struct scan {
    const char *at, *end;
    const char *fault;
    int64_t number; /* the last one */
};

static bool fail(struct scan *s, const char *fault)
{
    s->fault = fault;
    return false;
}

/* How many bytes from here on are plain ASCII without quote and backslash. Sixteen at a time; where they are not all plain it may stop
 * early and leave the rest to the caller, who looks at one byte. */
static size_t plain_run(const char *p, size_t left)
{
    size_t at = 0;
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(0x20);
    for (; left - at >= 16; at += 16) {
        __m128i x = _mm_loadu_si128((const __m128i *)(const void *)(p + at));
        __m128i ends = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(x, quote), _mm_cmpeq_epi8(x, slash)),
                                    _mm_cmplt_epi8(x, space)); /* signed: what is above 7f is below 0 */
        int mask = _mm_movemask_epi8(ends);
        if (mask)
            return at + (size_t)__builtin_ctz((unsigned)mask);
    }
#endif
    while (at < left && p[at] >= 0x20 && p[at] < 0x7f && p[at] != '"' && p[at] != '\\')
        at++;
    return at;
}

/* Behind a backslash: only the shortest spelling of what has to be escaped. */
static bool scan_escape(struct scan *s)
{
    uint8_t c = 0;
    if (s->at < s->end && *s->at && strchr("\"\\bfnrt", *s->at))
        return s->at++, true;
    if (s->end - s->at < 5 || memcmp(s->at, "u00", 3) != 0 || !av_hex((struct av_text){s->at + 3, 2}, &c, 1) || c >= 0x20 ||
        (c && strchr("\b\f\n\r\t", c)))
        return fail(s, "an escape that is not the canonical one");
    s->at += 5;
    return true;
}

static bool scan_string(struct scan *s)
{
    for (s->at++;;) {
        s->at += plain_run(s->at, (size_t)(s->end - s->at));
        if (s->at == s->end)
            return fail(s, "a string without its end");
        uint8_t c = (uint8_t)*s->at;
        if (c == '"')
            return s->at++, true;
        if (c < 0x20)
            return fail(s, "a control character in a string");
        size_t size = c == '\\' ? 1 : utf8_size(s->at, (size_t)(s->end - s->at));
        if (size == 0)
            return fail(s, "a string is not UTF-8");
        s->at += size;
        if (c == '\\' && !scan_escape(s))
            return false;
    }
}

static bool scan_integer(struct scan *s)
{
    bool is_negative = *s->at == '-';
    const char *digits = s->at += is_negative;
    uint64_t n = 0;
    for (; s->at < s->end && (uint8_t)(*s->at - '0') < 10 && n <= integer_max; s->at++)
        n = n * 10 + (uint8_t)(*s->at - '0');
    if (s->at == digits || n > integer_max || (*digits == '0' && (is_negative || s->at - digits > 1)))
        return fail(s, "a number is not an integer below 2^53 in its one spelling");
    s->number = is_negative ? -(int64_t)n : (int64_t)n;
    return true;
}

static bool scan_key(struct scan *s, struct av_text *ret, uint64_t *ret_order)
{
    static const bool is_allowed[256] = {['a' ... 'z'] = true, ['0' ... '9'] = true, ['_'] = true};
    if (s->at == s->end || *s->at != '"')
        return fail(s, "an object without a key where one belongs");
    const char *start = ++s->at;
    uint64_t order = 0;
    for (int shift = 56; s->at < s->end && is_allowed[(uint8_t)*s->at]; s->at++, shift -= 8)
        order |= shift >= 0 ? (uint64_t)(uint8_t)*s->at << shift : 0;
    *ret = (struct av_text){start, (size_t)(s->at - start)};
    *ret_order = order;
    if (ret->size == 0 || ret->size > 32 || s->end - s->at < 2 || s->at[0] != '"' || s->at[1] != ':')
        return fail(s, "a key is not of [a-z0-9_]{1,32}");
    s->at += 2;
    return true;
}

/* Of two keys that begin with the same eight bytes. */
static bool key_is_behind(struct av_text before, struct av_text key)
{
    size_t size = before.size < key.size ? before.size : key.size;
    int order = memcmp(before.data, key.data, size); /* keys are ASCII */
    return order < 0 || (order == 0 && before.size < key.size);
}

static bool scan_value(struct scan *s, int depth);

/* `keep` may be NULL. Its base is set. */
static bool scan_object(struct scan *s, int depth, struct av_object *keep)
{
    struct av_text before = {"", 0}, key; /* no key is empty */
    uint64_t order_before = 0, order = 0;
    if (++s->at < s->end && *s->at == '}')
        return s->at++, true;
    for (;;) {
        if (!scan_key(s, &key, &order))
            return false;
        if (order < order_before || (order == order_before && !key_is_behind(before, key)))
            return fail(s, "keys are not sorted, or one is there twice");
        const char *start = s->at;
        if (!scan_value(s, depth + 1))
            return false;
        if (keep) {
            if (keep->count == AV_MEMBERS_MAX)
                return fail(s, "an object has too many members");
            keep->members[keep->count++] = (struct av_member){order, s->number, (uint32_t)(key.data - keep->base), (uint32_t)key.size,
                                                              (uint32_t)(start - keep->base), (uint32_t)(s->at - start)};
        }
        before = key;
        order_before = order;
        if (s->at == s->end || (*s->at != ',' && *s->at != '}'))
            return fail(s, "an object without its end");
        if (*s->at++ == '}')
            return true;
    }
}

static bool scan_array(struct scan *s, int depth)
{
    if (++s->at < s->end && *s->at == ']')
        return s->at++, true;
    for (;;) {
        if (!scan_value(s, depth + 1))
            return false;
        if (s->at == s->end || (*s->at != ',' && *s->at != ']'))
            return fail(s, "an array without its end");
        if (*s->at++ == ']')
            return true;
    }
}

static bool scan_value(struct scan *s, int depth)
{
    if (s->at == s->end)
        return fail(s, "a value is missing");
    if (depth >= DEPTH_MAX && (*s->at == '{' || *s->at == '['))
        return fail(s, "nested deeper than 6");
    const char *word = *s->at == 't' ? "true" : *s->at == 'f' ? "false" : NULL;
    if (word) {
        if (!av_starts((struct av_text){s->at, (size_t)(s->end - s->at)}, word))
            return fail(s, "something that is no value");
        s->at += strlen(word);
        return true;
    }
    return *s->at == '"' ? scan_string(s) : *s->at == '{' ? scan_object(s, depth, NULL) : *s->at == '[' ? scan_array(s, depth) : scan_integer(s);
}

const char *av_object_read(struct av_text json, struct av_object *ret)
{
    struct scan s = {.at = json.data, .end = json.data + json.size};
    ret->base = json.data;
    ret->count = 0;
    if (json.size == 0 || *s.at != '{' || json.size > UINT32_MAX)
        return "not an object";
    if (!scan_object(&s, 0, ret))
        return s.fault;
    return s.at == s.end ? NULL : "something follows the object";
}

static bool array_next(struct av_text *rest, struct av_text *ret, struct av_object *ret_object)
{
    if (rest->size < 2 || (*rest->data != '[' && *rest->data != ','))
        return false;
    struct scan s = {.at = rest->data + 1, .end = rest->data + rest->size};
    if (ret_object)
        ret_object->base = s.at, ret_object->count = 0;
    if (*s.at == ']' || !(ret_object ? *s.at == '{' && scan_object(&s, 1, ret_object) : scan_value(&s, 1)))
        return false;
    *ret = (struct av_text){rest->data + 1, (size_t)(s.at - rest->data - 1)};
    *rest = (struct av_text){s.at, (size_t)(s.end - s.at)};
    return true;
}

bool av_array_next(struct av_text *rest, struct av_text *ret)
{
    return array_next(rest, ret, NULL);
}

bool av_array_next_object(struct av_text *rest, struct av_object *ret)
{
    struct av_text ignored;
    return array_next(rest, &ignored, ret);
}

bool av_integer_of(struct av_text value, int64_t *ret)
{
    bool is_negative = value.size > 0 && value.data[0] == '-';
    uint64_t n = 0;
    if (!av_number(av_behind(value, is_negative), &n))
        return false;
    *ret = is_negative ? -(int64_t)n : (int64_t)n;
    return true;
}

long av_unescape(struct av_text string, char *ret, size_t size_max)
{
    static const char from[] = "\"\\bfnrt", to[] = "\"\\\b\f\n\r\t";
    size_t size = 0;
    for (size_t i = 0; i < string.size; i++) {
        char c = string.data[i];
        if (c == '\\' && i + 1 < string.size) {
            const char *known = strchr(from, string.data[++i]);
            uint8_t code = 0;
            if (known) {
                c = to[known - from];
            } else {
                if (i + 5 > string.size || !av_hex((struct av_text){string.data + i + 3, 2}, &code, 1))
                    return -1;
                c = (char)code;
                i += 4;
            }
        }
        if (size == size_max)
            return -1;
        ret[size++] = c;
    }
    return (long)size;
}
