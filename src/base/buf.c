#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *b, size_t size_max)
{
    *b = (struct buf){.size_max = size_max};
}

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.size_max = b->size_max};
}

void buf_clear(struct buf *b)
{
    b->size = 0;
    b->full = false;
    if (b->data)
        b->data[0] = 0;
}

/* And the NUL behind them; false also when out of memory. */
bool buf_reserve(struct buf *b, size_t extra)
{
    if (b->full || extra > b->size_max - b->size || b->size_max == SIZE_MAX)
        return !(b->full = true);
    size_t needed = b->size + extra + 1;
    if (needed <= b->capacity)
        return true;
    size_t capacity = b->capacity ? b->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > b->size_max + 1)
        capacity = b->size_max + 1;
    char *data = realloc(b->data, capacity);
    if (!data)
        return !(b->full = true);
    b->data = data;
    b->capacity = capacity;
    return true;
}

void buf_append(struct buf *b, const void *data, size_t size)
{
    if (!buf_reserve(b, size))
        return;
    if (size)
        memcpy(b->data + b->size, data, size);
    b->size += size;
    b->data[b->size] = 0;
}

void buf_str(struct buf *b, struct str s)
{
    buf_append(b, s.data, s.size);
}

void buf_cstr(struct buf *b, const char *text)
{
    buf_append(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
    if (b->size + 1 >= b->capacity) {
        buf_append(b, &c, 1);
        return;
    }
    if (b->full)
        return;
    b->data[b->size++] = c;
    b->data[b->size] = 0;
}

void buf_int(struct buf *b, int64_t v)
{
    char text[24], *p = text + sizeof(text);
    uint64_t rest = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    do
        *--p = (char)('0' + rest % 10);
    while (rest /= 10);
    if (v < 0)
        *--p = '-';
    buf_append(b, p, (size_t)(text + sizeof(text) - p));
}

/* Most texts fit into the room that is there, and are written once. */
void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args, again;
    size_t room = b->full ? 0 : b->capacity - b->size;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(room ? b->data + b->size : NULL, room, format, args);
    va_end(args);
    if (size >= 0 && (size_t)size < room) {
        b->size += (size_t)size;
    } else if (size >= 0) {
        if (room)
            b->data[b->size] = 0;
        if (buf_reserve(b, (size_t)size)) {
            vsnprintf(b->data + b->size, (size_t)size + 1, format, again);
            b->size += (size_t)size;
        }
    }
    va_end(again);
}

void buf_u16be(struct buf *b, uint16_t v)
{
    const uint8_t bytes[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    buf_append(b, bytes, sizeof(bytes));
}

void buf_u32be(struct buf *b, uint32_t v)
{
    const uint8_t bytes[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    buf_append(b, bytes, sizeof(bytes));
}

void buf_u64be(struct buf *b, uint64_t v)
{
    buf_u32be(b, (uint32_t)(v >> 32));
    buf_u32be(b, (uint32_t)v);
}
