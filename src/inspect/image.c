/* image.c - images by their frame: PNG (ISO 15948) chunk by chunk with their CRCs, JPEG (ITU T.81) segment by segment, GIF89a block by block, WebP by its RIFF
 * size. Pixels are not decoded. */
#include "inspect/internal.h"

static void image_begin(struct job *j)
{
    check_set(j, INSPECT_CONTENT, INSPECT_PASS, "%zu bytes", j->bytes.size);
    check_set(j, INSPECT_ACTIVE, INSPECT_PASS, "an image does nothing");
    check_set(j, INSPECT_EXPANSION, INSPECT_PASS, "its pixels are not decoded here");
}

static void broken(struct job *j, const char *why)
{
    check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "%s", why);
}

/* What is behind the image's own end. */
static void image_end(struct job *j, size_t end, uint32_t width, uint32_t height)
{
    struct str rest = str_slice(j->bytes, end, j->bytes.size);
    const char *known = sniff_known(rest);
    if (width && height)
        check_set(j, INSPECT_READABLE, INSPECT_PASS, "%u × %u pixels, whole", width, height);
    else
        check_set(j, INSPECT_READABLE, INSPECT_PASS, "it is whole");
    if (rest.size == 0)
        check_worsen(j, INSPECT_ONE, INSPECT_PASS, "an image from beginning to end");
    else if (known)
        check_worsen(j, INSPECT_ONE, INSPECT_PROBLEM, "behind the image stands a %s of %zu bytes", known, rest.size);
    else
        check_worsen(j, INSPECT_ONE, INSPECT_UNKNOWN, "%zu bytes stand behind the image", rest.size);
}

void inspect_png(struct job *j)
{
    struct cursor c = cursor_of(j->bytes);
    uint32_t width = 0, height = 0;
    bool has_data = false, has_end = false;
    image_begin(j);
    cursor_skip(&c, 8);
    for (size_t n = 0; !has_end && cursor_left(&c) > 0; n++) {
        uint32_t size = cursor_u32be(&c);
        size_t from = c.offset;
        struct str type = cursor_take(&c, 4), data = cursor_take(&c, size);
        uint32_t crc = cursor_u32be(&c);
        if (c.failed)
            return broken(j, "it is cut off");
        if (crc32_of(0, str_slice(j->bytes, from, from + 4 + size)) != crc)
            return broken(j, "a part of it is damaged: its checksum differs");
        if (n == 0 && (!str_is(type, "IHDR") || size != 13))
            return broken(j, "it does not begin as a PNG has to");
        struct cursor d = cursor_of(data);
        if (n == 0) {
            width = cursor_u32be(&d);
            height = cursor_u32be(&d);
        }
        int64_t day;
        if (str_is(type, "tIME") && size == 7) {
            int year = cursor_u16be(&d), month = cursor_u8(&d);
            if (date_valid(year, month, cursor_u8(&d), &day))
                j->found->made_day = day;
        }
        has_data = has_data || str_is(type, "IDAT");
        has_end = str_is(type, "IEND");
    }
    if (!has_end || !has_data || !width || !height)
        return broken(j, has_end ? "it holds no pixels" : "it is cut off");
    image_end(j, c.offset, width, height);
}

/* "2026:11:02 10:20:30", as cameras and phones write it. */
static void exif_date(struct job *j, struct str segment)
{
    for (size_t i = 0; i + 19 <= segment.size; i++) {
        int64_t day;
        if (segment.data[i + 4] == ':' && segment.data[i + 7] == ':' && segment.data[i + 10] == ' ' && segment.data[i + 13] == ':' &&
            date_compact(str_slice(segment, i, i + 10), &day)) {
            j->found->made_day = day;
            return;
        }
    }
}

/* Behind the header of a scan: up to the next marker that is none of its own. */
static void scan_skip(struct cursor *c)
{
    while (cursor_left(c) > 1) {
        const char *at = memchr(c->bytes.data + c->offset, 0xff, cursor_left(c) - 1);
        if (!at) {
            cursor_skip(c, cursor_left(c));
            return;
        }
        c->offset = (size_t)(at - c->bytes.data);
        int next = cursor_peek(c, 1);
        if (next != 0 && next != 0xff && !(next >= 0xd0 && next <= 0xd7))
            return;
        cursor_skip(c, next == 0xff ? 1 : 2);
    }
}

void inspect_jpeg(struct job *j)
{
    struct cursor c = cursor_of(j->bytes);
    uint32_t width = 0, height = 0;
    bool has_scan = false;
    image_begin(j);
    cursor_skip(&c, 2);
    while (cursor_left(&c) >= 2) {
        if (cursor_u8(&c) != 0xff)
            return broken(j, "it is damaged between its parts");
        int marker = cursor_u8(&c);
        if (marker == 0xff) {
            c.offset--;
            continue;
        }
        if (marker == 0xd9) {
            if (!has_scan)
                return broken(j, "it holds no pixels");
            return image_end(j, c.offset, width, height);
        }
        if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7))
            continue;
        uint16_t size = cursor_u16be(&c);
        struct str data = cursor_take(&c, size < 2 ? SIZE_MAX : (size_t)size - 2);
        if (c.failed)
            return broken(j, "it is cut off");
        struct cursor d = cursor_of(data);
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
            cursor_skip(&d, 1);
            height = cursor_u16be(&d);
            width = cursor_u16be(&d);
        }
        if (marker == 0xe1)
            exif_date(j, data);
        if (marker == 0xda) {
            has_scan = true;
            scan_skip(&c);
        }
    }
    broken(j, "it is cut off");
}

static bool gif_blocks(struct cursor *c)
{
    for (;;) {
        size_t size = cursor_u8(c);
        if (c->failed || size == 0)
            return !c->failed;
        cursor_skip(c, size);
    }
}

static size_t gif_colours(int flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

void inspect_gif(struct job *j)
{
    struct cursor c = cursor_of(j->bytes);
    bool has_image = false;
    image_begin(j);
    cursor_skip(&c, 6);
    uint16_t width = cursor_u16le(&c), height = cursor_u16le(&c);
    int flags = cursor_u8(&c);
    cursor_skip(&c, 2 + gif_colours(flags));
    while (!c.failed && cursor_left(&c) > 0) {
        int kind = cursor_u8(&c);
        if (kind == 0x3b) {
            if (!has_image || !width || !height)
                return broken(j, "it holds no pixels");
            return image_end(j, c.offset, width, height);
        }
        if (kind == 0x21) {
            cursor_skip(&c, 1);
        } else if (kind == 0x2c) {
            cursor_skip(&c, 8);
            flags = cursor_u8(&c);
            cursor_skip(&c, gif_colours(flags) + 1);
            has_image = true;
        } else {
            return broken(j, "it is damaged between its parts");
        }
        if (!gif_blocks(&c))
            break;
    }
    broken(j, "it is cut off");
}

void inspect_webp(struct job *j)
{
    struct cursor c = cursor_of(j->bytes);
    image_begin(j);
    cursor_skip(&c, 4);
    uint64_t size = (uint64_t)cursor_u32le(&c) + 8;
    if (c.failed || !str_starts(j->bytes, "RIFF") || size > j->bytes.size || size < 20)
        return broken(j, "it is cut off");
    image_end(j, (size_t)size, 0, 0);
}
