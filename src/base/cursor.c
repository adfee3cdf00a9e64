#include "base/cursor.h"

size_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : c->bytes.size - c->offset;
}

bool cursor_at_end(const struct cursor *c)
{
    return !c->failed && c->offset == c->bytes.size;
}

struct str cursor_take(struct cursor *c, size_t size)
{
    if (c->failed || size > c->bytes.size - c->offset) {
        c->failed = true;
        return (struct str){"", 0};
    }
    struct str taken = {c->bytes.data + c->offset, size};
    c->offset += size;
    return taken;
}

void cursor_skip(struct cursor *c, size_t size)
{
    (void)cursor_take(c, size);
}

static uint64_t take_number(struct cursor *c, size_t size, bool is_big_endian)
{
    struct str s = cursor_take(c, size);
    uint64_t value = 0;
    for (size_t i = 0; i < s.size; i++) {
        size_t at = is_big_endian ? i : s.size - 1 - i;
        value = value << 8 | (unsigned char)s.data[at];
    }
    return value;
}

uint8_t cursor_u8(struct cursor *c)
{
    return (uint8_t)take_number(c, 1, true);
}

uint16_t cursor_u16be(struct cursor *c)
{
    return (uint16_t)take_number(c, 2, true);
}

uint32_t cursor_u32be(struct cursor *c)
{
    return (uint32_t)take_number(c, 4, true);
}

uint64_t cursor_u64be(struct cursor *c)
{
    return take_number(c, 8, true);
}

uint16_t cursor_u16le(struct cursor *c)
{
    return (uint16_t)take_number(c, 2, false);
}

uint32_t cursor_u32le(struct cursor *c)
{
    return (uint32_t)take_number(c, 4, false);
}

uint64_t cursor_u64le(struct cursor *c)
{
    return take_number(c, 8, false);
}

struct str cursor_line(struct cursor *c)
{
    struct str rest = str_slice(c->bytes, c->offset, c->bytes.size);
    ptrdiff_t at = c->failed ? -1 : str_find_char(rest, '\n');
    if (at < 0) {
        c->failed = true;
        return (struct str){"", 0};
    }
    c->offset += (size_t)at + 1;
    return str_slice(rest, 0, (size_t)at);
}

int cursor_peek(const struct cursor *c, size_t ahead)
{
    if (c->failed || ahead >= c->bytes.size - c->offset)
        return -1;
    return (unsigned char)c->bytes.data[c->offset + ahead];
}

bool cursor_accept(struct cursor *c, const char *literal)
{
    struct str rest = str_slice(c->bytes, c->offset, c->bytes.size);
    if (c->failed || !str_starts(rest, literal))
        return false;
    c->offset += strlen(literal);
    return true;
}
