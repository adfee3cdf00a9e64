/* pdf_text.c - the text of a PDF's pages with the letters that its fonts say (ToUnicode; ISO 32000-1, 9.10). Objects are found by reading the file once,
 * not by its cross-reference; the last one of a number counts. All is bounded: objects, fonts, nesting, bytes. */
#include "inspect/internal.h"

enum { OBJECTS_MAX = 200000, NUMBER_MAX = 1000000, STREAM_BYTES = 16 << 20, FONTS_MAX = 64, NEST_MAX = 40, FORMS_DEEP = 4, PARENTS_MAX = 20, OPERANDS = 6 };

struct object {
    struct str body;   /* what stands between obj and stream or endobj */
    struct str stream; /* raw; data NULL: none */
    bool is_read;      /* a form that has been shown */
};
struct glyph {
    char utf8[8];
};
struct font {
    const struct object *object;
    struct glyph *glyphs; /* NULL: no ToUnicode */
    size_t count;
    bool is_wide; /* two bytes a code */
};
struct pdf_pages {
    struct job *j;
    struct object *objects;
    size_t object_count, object_capacity;
    uint32_t *by_number; /* place + 1 */
    struct font fonts[FONTS_MAX];
    size_t font_count;
    size_t *texts, *strange;
    struct buf shown;
    double y, shown_y;
};

/* ---- values ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0;
}

static bool is_delimiter(char c)
{
    return strchr("()<>[]{}/%", c) != NULL && c != 0;
}

static size_t skip_blank(struct str s, size_t i)
{
    while (i < s.size && (is_blank(s.data[i]) || s.data[i] == '%')) {
        if (s.data[i] == '%')
            while (i < s.size && s.data[i] != '\n' && s.data[i] != '\r')
                i++;
        else
            i++;
    }
    return i;
}

static size_t skip_word(struct str s, size_t i)
{
    while (i < s.size && !is_blank(s.data[i]) && !is_delimiter(s.data[i]))
        i++;
    return i;
}

static size_t skip_string(struct str s, size_t i)
{
    int depth = 0;
    for (; i < s.size; i++) {
        if (s.data[i] == '\\')
            i++;
        else if (s.data[i] == '(')
            depth++;
        else if (s.data[i] == ')' && --depth == 0)
            return i + 1;
    }
    return s.size;
}

/* Behind the value that begins at i: brackets of any kind are counted, not matched. */
static size_t skip_value(struct str s, size_t i)
{
    int depth = 0;
    i = skip_blank(s, i);
    do {
        char c = i < s.size ? s.data[i] : 0, next = i + 1 < s.size ? s.data[i + 1] : 0;
        if (c == '(') {
            i = skip_string(s, i);
        } else if (c == '<' && next != '<') {
            const char *end = memchr(s.data + i, '>', s.size - i);
            i = end ? (size_t)(end - s.data) + 1 : s.size;
        } else if (c == '<' || c == '[') {
            depth++;
            i += c == '<' ? 2 : 1;
        } else if (c == '>' || c == ']') {
            depth--;
            i += c == '>' ? 2 : 1;
        } else if (c == '/') {
            i = skip_word(s, i + 1);
        } else {
            size_t end = skip_word(s, i);
            i = end > i ? end : i + 1;
        }
        if (depth > NEST_MAX)
            return s.size;
        i = depth > 0 ? skip_blank(s, i) : i;
    } while (depth > 0 && i < s.size);
    return i < s.size ? i : s.size;
}

/* "12 0 R" at i: the number; moves behind it. */
static bool reference_at(struct str s, size_t *i, int64_t *ret)
{
    size_t at = skip_blank(s, *i), end = skip_word(s, at), second, third;
    if (end == at || !str_to_int64(str_slice(s, at, end), ret))
        return false;
    second = skip_blank(s, end);
    end = skip_word(s, second);
    int64_t generation;
    if (end == second || !str_to_int64(str_slice(s, second, end), &generation))
        return false;
    third = skip_blank(s, end);
    end = skip_word(s, third);
    if (!str_is(str_slice(s, third, end), "R"))
        return false;
    *i = end;
    return true;
}

/* The next key of a dictionary and its value; *i begins at 0. */
static bool dictionary_next(struct str s, size_t *i, struct str *ret_key, struct str *ret_value)
{
    int64_t number;
    if (*i == 0) {
        ptrdiff_t at = str_find(s, STR("<<"));
        if (at < 0)
            return false;
        *i = (size_t)at + 2;
    }
    *i = skip_blank(s, *i);
    if (*i >= s.size || s.data[*i] != '/')
        return false;
    size_t from = *i + 1, end = skip_word(s, from);
    *ret_key = str_slice(s, from, end);
    from = *i = skip_blank(s, end);
    if (!reference_at(s, i, &number))
        *i = skip_value(s, from);
    *ret_value = str_slice(s, from, *i);
    return true;
}

static struct str member(struct str dictionary, const char *key)
{
    struct str found, value;
    for (size_t i = 0; dictionary_next(dictionary, &i, &found, &value);)
        if (str_is(found, key))
            return value;
    return (struct str){0};
}

static struct object *object_of(const struct pdf_pages *p, int64_t number)
{
    return number >= 0 && number <= NUMBER_MAX && p->by_number[number] ? &p->objects[p->by_number[number] - 1] : NULL;
}

static struct object *referred(const struct pdf_pages *p, struct str value)
{
    size_t i = 0;
    int64_t number;
    return value.size && reference_at(value, &i, &number) ? object_of(p, number) : NULL;
}

/* The value itself, or what it refers to. */
static struct str resolved(const struct pdf_pages *p, struct str value)
{
    const struct object *o = referred(p, value);
    return o ? o->body : value;
}

/* ---- objects ---- */

static void object_add(struct pdf_pages *p, int64_t number, struct str body, struct str stream)
{
    if (number < 0 || number > NUMBER_MAX || p->object_count >= OBJECTS_MAX)
        return;
    if (p->object_count == p->object_capacity)
        p->objects = arena_grow(p->j->a, p->objects, p->object_count, &p->object_capacity, sizeof(*p->objects));
    p->objects[p->object_count++] = (struct object){.body = body, .stream = stream};
    p->by_number[number] = (uint32_t)p->object_count;
}

/* The number before " 0 obj". */
static bool number_before(struct str s, size_t obj, int64_t *ret)
{
    size_t i = obj, end;
    while (i > 0 && is_blank(s.data[i - 1]))
        i--;
    while (i > 0 && s.data[i - 1] >= '0' && s.data[i - 1] <= '9')
        i--;
    while (i > 0 && is_blank(s.data[i - 1]))
        i--;
    end = i;
    while (i > 0 && s.data[i - 1] >= '0' && s.data[i - 1] <= '9' && end - i < 10)
        i--;
    return end > i && str_to_int64(str_slice(s, i, end), ret);
}

static bool stream_plain(struct pdf_pages *p, const struct object *o, struct str *ret)
{
    struct buf BUF_AUTO plain = {0};
    struct inflated done;
    struct str filter = member(o->body, "Filter");
    *ret = o->stream;
    if (!o->stream.data)
        return false;
    if (filter.size == 0)
        return true;
    if (str_find(filter, STR("FlateDecode")) < 0 || str_find(str_slice(filter, 1, filter.size), STR("Decode /")) >= 0 || member(o->body, "DecodeParms").size)
        return false;
    buf_init(&plain, STREAM_BYTES);
    if (!job_inflate(p->j, o->stream, INFLATE_ZLIB, STREAM_BYTES, &plain, &done) && plain.size == 0)
        return false;
    *ret = arena_str(p->j->a, buf_view(&plain));
    return true;
}

/* Objects within a stream: pairs of number and place, then the objects. */
static void packed_read(struct pdf_pages *p, const struct object *o)
{
    struct str plain;
    int64_t count, first;
    if (!str_to_int64(member(o->body, "N"), &count) || !str_to_int64(member(o->body, "First"), &first) || count < 0 || count > OBJECTS_MAX || !stream_plain(p, o, &plain) ||
        first < 0 || (size_t)first > plain.size)
        return;
    size_t i = 0;
    for (int64_t n = 0; n < count; n++) {
        int64_t number, place;
        size_t at = skip_blank(plain, i), end = skip_word(plain, at), next = skip_blank(plain, end), last = skip_word(plain, next);
        if (!str_to_int64(str_slice(plain, at, end), &number) || !str_to_int64(str_slice(plain, next, last), &place) || place < 0 || (size_t)(first + place) > plain.size)
            return;
        size_t from = (size_t)(first + place);
        object_add(p, number, str_slice(plain, from, skip_value(plain, from)), (struct str){0});
        i = last;
    }
}

static void objects_read(struct pdf_pages *p)
{
    struct str all = p->j->bytes;
    size_t at = 0;
    while (at < all.size && p->object_count < OBJECTS_MAX) {
        ptrdiff_t next = str_find(str_slice(all, at, all.size), STR("obj"));
        if (next < 0)
            break;
        size_t obj = at + (size_t)next, from = obj + 3;
        int64_t number;
        at = from;
        if (!number_before(all, obj, &number))
            continue;
        ptrdiff_t end = str_find(str_slice(all, from, all.size), STR("endobj"));
        struct str body = str_slice(all, from, end < 0 ? all.size : from + (size_t)end), stream = {0};
        ptrdiff_t start = str_find(body, STR("stream"));
        at = from + body.size;
        if (start >= 0) {
            size_t data = from + (size_t)start + 6;
            body = str_slice(body, 0, (size_t)start);
            while (data < all.size && data < from + (size_t)start + 8 && (all.data[data] == '\r' || all.data[data] == '\n'))
                data++;
            ptrdiff_t close = str_find(str_slice(all, data, all.size), STR("endstream"));
            stream = str_slice(all, data, close < 0 ? all.size : data + (size_t)close);
            at = data + stream.size;
        }
        object_add(p, number, body, stream);
    }
    size_t whole = p->object_count;
    for (size_t i = 0; i < whole && !p->j->is_bomb; i++) {
        const struct object o = p->objects[i];
        if (o.stream.data && str_is(member(o.body, "Type"), "/ObjStm"))
            packed_read(p, &o);
    }
}

/* ---- fonts ---- */

static size_t hex_read(struct str s, size_t *i, uint8_t *out, size_t max)
{
    size_t n = 0, digits = 0;
    int value = 0;
    for ((*i)++; *i < s.size && s.data[*i] != '>'; (*i)++) {
        char c = s.data[*i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0)
            continue;
        value = value * 16 + digit;
        if (++digits % 2 == 0) {
            if (n < max)
                out[n++] = (uint8_t)value;
            value = 0;
        }
    }
    if (digits % 2 && n < max)
        out[n++] = (uint8_t)(value * 16);
    *i += *i < s.size;
    return n;
}

static void put_code(struct glyph *g, size_t *n, uint32_t code)
{
    char text[4];
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (code < 0x20 || code == 0x7f || (code >= 0xd800 && code < 0xe000) || code > 0x10ffff || code == 0xfeff)
        return;
    for (size_t i = size; i-- > 1; code >>= 6)
        text[i] = (char)(0x80 | (code & 63));
    text[0] = (char)(size == 1 ? code : size == 2 ? 0xc0 | code : size == 3 ? 0xe0 | code : 0xf0 | code);
    if (*n + size >= sizeof(g->utf8))
        return;
    memcpy(g->utf8 + *n, text, size);
    *n += size;
}

/* UTF-16, its last unit raised by `more`. */
static void glyph_set(struct font *f, size_t code, const uint8_t *units, size_t size, uint32_t more)
{
    if (code >= f->count)
        return;
    struct glyph *g = &f->glyphs[code];
    size_t n = 0;
    *g = (struct glyph){{0}};
    for (size_t i = 0; i + 1 < size; i += 2) {
        uint32_t unit = (uint32_t)units[i] << 8 | units[i + 1];
        if (unit >= 0xd800 && unit < 0xdc00 && i + 3 < size) {
            uint32_t low = (uint32_t)units[i + 2] << 8 | units[i + 3];
            unit = 0x10000 + ((unit - 0xd800) << 10) + ((low - 0xdc00) & 0x3ff);
            i += 2;
        }
        put_code(g, &n, i + 2 >= size ? unit + more : unit);
    }
}

static size_t code_of(const uint8_t *bytes, size_t size)
{
    size_t code = 0;
    for (size_t i = 0; i < size && i < 2; i++)
        code = code << 8 | bytes[i];
    return code;
}

static size_t range_read(struct font *f, struct str s, size_t i)
{
    uint8_t low[4], high[4], to[16];
    size_t low_size = hex_read(s, &i, low, 4);
    i = skip_blank(s, i);
    if (i >= s.size || s.data[i] != '<')
        return i;
    size_t high_size = hex_read(s, &i, high, 4), from = code_of(low, low_size), until = code_of(high, high_size);
    i = skip_blank(s, i);
    if (i < s.size && s.data[i] == '[') {
        for (i = skip_blank(s, i + 1); i < s.size && s.data[i] == '<'; i = skip_blank(s, i), from++) {
            size_t n = hex_read(s, &i, to, sizeof(to));
            glyph_set(f, from, to, n, 0);
        }
        return i < s.size ? i + 1 : i;
    }
    if (i >= s.size || s.data[i] != '<')
        return i;
    size_t n = hex_read(s, &i, to, sizeof(to));
    for (size_t code = from; code <= until && code < f->count; code++)
        glyph_set(f, code, to, n, (uint32_t)(code - from));
    return i;
}

static void map_read(struct font *f, struct str s)
{
    enum { NONE, CHARS, RANGES } within = NONE;
    uint8_t from[4], to[16];
    for (size_t i = skip_blank(s, 0); i < s.size; i = skip_blank(s, i)) {
        if (s.data[i] == '<' && within == RANGES) {
            i = range_read(f, s, i);
        } else if (s.data[i] == '<' && within == CHARS) {
            size_t size = hex_read(s, &i, from, 4);
            i = skip_blank(s, i);
            if (i < s.size && s.data[i] == '<')
                glyph_set(f, code_of(from, size), to, hex_read(s, &i, to, sizeof(to)), 0);
        } else {
            size_t end = skip_word(s, i);
            struct str word = str_slice(s, i, end);
            within = str_is(word, "beginbfchar") ? CHARS : str_is(word, "beginbfrange") ? RANGES : str_is(word, "endbfchar") || str_is(word, "endbfrange") ? NONE : within;
            i = end > i ? end : i + 1;
        }
    }
}

static const struct font *font_of(struct pdf_pages *p, const struct object *o)
{
    for (size_t i = 0; i < p->font_count; i++)
        if (p->fonts[i].object == o)
            return &p->fonts[i];
    if (!o || p->font_count == FONTS_MAX)
        return NULL;
    struct font *f = &p->fonts[p->font_count++];
    *f = (struct font){.object = o, .is_wide = str_is(member(o->body, "Subtype"), "/Type0")};
    const struct object *map = referred(p, member(o->body, "ToUnicode"));
    struct str text;
    if (map && stream_plain(p, map, &text)) {
        f->count = f->is_wide ? 65536 : 256;
        f->glyphs = arena_array(p->j->a, f->count, sizeof(*f->glyphs));
        memset(f->glyphs, 0, f->count * sizeof(*f->glyphs));
        map_read(f, text);
    }
    return f;
}

/* ---- pages ---- */

static void show(struct pdf_pages *p, const struct font *f, const uint8_t *bytes, size_t size)
{
    size_t step = f && f->is_wide ? 2 : 1;
    if (size && p->shown.size && p->y != p->shown_y)
        buf_char(&p->shown, '\n');
    p->shown_y = size ? p->y : p->shown_y;
    for (size_t i = 0; i + step <= size; i += step) {
        size_t code = code_of(bytes + i, step);
        if (f && f->glyphs) {
            if (f->glyphs[code].utf8[0])
                buf_cstr(&p->shown, f->glyphs[code].utf8);
            else
                *p->strange += code > 3;
        } else if (step == 1 && code >= 0x20 && code < 0x7f) {
            buf_char(&p->shown, (char)code);
        } else if (step == 1 && code >= 0xa0) { /* WinAnsi and Latin 1 agree there */
            buf_char(&p->shown, (char)(0xc0 | code >> 6));
            buf_char(&p->shown, (char)(0x80 | (code & 63)));
        } else {
            (*p->strange)++;
        }
    }
}

/* A string in parentheses, without its escapes; moves behind it. */
static size_t string_read(struct str s, size_t *i, uint8_t *out, size_t max)
{
    size_t n = 0, end = skip_string(s, *i), at = *i + 1;
    for (; at + 1 < end && n < max; at++) {
        char c = s.data[at];
        if (c == '\\' && at + 1 < end) {
            c = s.data[++at];
            int value = 0, digits = 0;
            while (digits < 3 && at + (size_t)digits < end && s.data[at + (size_t)digits] >= '0' && s.data[at + (size_t)digits] <= '7')
                value = value * 8 + (s.data[at + (size_t)digits++] - '0');
            if (digits) {
                at += (size_t)digits - 1;
                c = (char)value;
            } else if (c == '\n' || c == '\r') {
                continue;
            } else {
                c = c == 'n' || c == 'r' || c == 't' ? ' ' : c;
            }
        }
        out[n++] = (uint8_t)c;
    }
    *i = end;
    return n;
}

static double number_read(struct str s)
{
    double value = 0, unit = 1;
    bool is_fraction = false, is_down = s.size && s.data[0] == '-';
    for (size_t i = is_down; i < s.size; i++) {
        if (s.data[i] == '.') {
            is_fraction = true;
        } else if (s.data[i] >= '0' && s.data[i] <= '9') {
            value = value * 10 + (s.data[i] - '0');
            unit = is_fraction ? unit * 10 : unit;
        }
    }
    return (is_down ? -value : value) / unit;
}

static void operate(struct pdf_pages *p, struct str word, const double operands[OPERANDS])
{
    if (str_is(word, "BT"))
        p->y = 0;
    else if (str_is(word, "Td") || str_is(word, "TD"))
        p->y += operands[0];
    else if (str_is(word, "Tm"))
        p->y = operands[0];
    else if (str_is(word, "T*") || str_is(word, "'") || str_is(word, "\""))
        p->y -= 1;
    /* A step along the line is mostly between two letters, and no space. */
    if (((str_is(word, "Td") || str_is(word, "TD")) && operands[0] != 0) || str_is(word, "Tm") || str_is(word, "ET"))
        buf_char(&p->shown, ' ');
}

static void content_read(struct pdf_pages *p, struct str s, struct str resources)
{
    struct str fonts = resolved(p, member(resources, "Font")), name = {0};
    const struct font *font = NULL;
    double operands[OPERANDS] = {0}; /* the last one first */
    enum { STRING_MAX = 65536 };
    uint8_t *bytes = arena_array(p->j->a, STRING_MAX, 1);
    for (size_t i = skip_blank(s, 0); i < s.size && !p->shown.full; i = skip_blank(s, i)) {
        char c = s.data[i];
        if (c == '(') {
            size_t n = string_read(s, &i, bytes, STRING_MAX);
            show(p, font, bytes, n);
        } else if (c == '<' && i + 1 < s.size && s.data[i + 1] != '<') {
            size_t n = hex_read(s, &i, bytes, STRING_MAX);
            show(p, font, bytes, n);
        } else if (c == '/') {
            size_t end = skip_word(s, i + 1);
            name = str_slice(s, i + 1, end);
            i = end;
        } else if (c == '-' || c == '.' || (c >= '0' && c <= '9')) {
            size_t end = skip_word(s, i);
            memmove(operands + 1, operands, sizeof(double) * (OPERANDS - 1));
            operands[0] = number_read(str_slice(s, i, end));
            if (operands[0] < -180 && s.size > end && s.data[end] != ' ') /* a wide step back between two strings */
                buf_char(&p->shown, ' ');
            i = end > i ? end : i + 1;
        } else {
            size_t end = skip_word(s, i);
            struct str word = str_slice(s, i, end);
            i = end > i ? end : i + 1;
            if (str_is(word, "Tf")) {
                char key[64];
                snprintf(key, sizeof(key), "%.*s", STR_ARGS(str_slice(name, 0, 63)));
                font = font_of(p, referred(p, member(fonts, key)));
            } else if (str_is(word, "ID")) { /* an image among the operators */
                ptrdiff_t ends = str_find(str_slice(s, i, s.size), STR("EI"));
                i = ends < 0 ? s.size : i + (size_t)ends + 2;
            } else {
                operate(p, word, operands);
            }
        }
    }
}

static void forms_read(struct pdf_pages *p, struct str resources, int depth)
{
    struct str key, value, list = resolved(p, member(resources, "XObject"));
    for (size_t i = 0; depth < FORMS_DEEP && dictionary_next(list, &i, &key, &value);) {
        struct object *o = referred(p, value);
        struct str plain;
        if (!o || o->is_read || !str_is(member(o->body, "Subtype"), "/Form"))
            continue;
        o->is_read = true;
        struct str own = resolved(p, member(o->body, "Resources"));
        if (stream_plain(p, o, &plain))
            content_read(p, plain, own.size ? own : resources);
        buf_char(&p->shown, '\n');
        forms_read(p, own, depth + 1);
    }
}

static struct str page_resources(struct pdf_pages *p, struct str page)
{
    for (int i = 0; i < PARENTS_MAX && page.size; i++) {
        struct str own = resolved(p, member(page, "Resources"));
        if (own.size)
            return own;
        page = resolved(p, member(page, "Parent"));
    }
    return (struct str){0};
}

static void page_read(struct pdf_pages *p, struct str page)
{
    struct str resources = page_resources(p, page), contents = member(page, "Contents"), plain;
    struct buf BUF_AUTO whole;
    const struct object *one = referred(p, contents);
    buf_init(&whole, STREAM_BYTES);
    if (one && !one->stream.data) /* the list is an object itself */
        contents = one->body;
    if (one && one->stream.data) {
        if (stream_plain(p, one, &plain))
            buf_str(&whole, plain);
    } else {
        int64_t number;
        ptrdiff_t open = str_find(contents, STR("["));
        for (size_t i = (size_t)(open + 1); open >= 0 && reference_at(contents, &i, &number);) {
            const struct object *o = object_of(p, number);
            if (o && stream_plain(p, o, &plain)) {
                buf_str(&whole, plain);
                buf_char(&whole, '\n');
            }
        }
    }
    p->y = p->shown_y = 0;
    content_read(p, arena_str(p->j->a, buf_view(&whole)), resources);
    (*p->texts) += whole.size > 0;
    buf_char(&p->shown, '\n');
    forms_read(p, resources, 0);
}

void pdf_text(struct job *j, size_t *ret_texts, size_t *ret_strange)
{
    struct pdf_pages *p = ARENA_NEW(j->a, struct pdf_pages);
    uint64_t expanded = j->expanded, compressed = j->compressed; /* counted once already */
    *p = (struct pdf_pages){.j = j, .texts = ret_texts, .strange = ret_strange};
    p->by_number = arena_array(j->a, NUMBER_MAX + 1, sizeof(*p->by_number));
    memset(p->by_number, 0, (NUMBER_MAX + 1) * sizeof(*p->by_number));
    buf_init(&p->shown, INSPECT_TEXT_BYTES);
    objects_read(p);
    for (size_t i = 0; i < p->object_count && !p->shown.full && !j->is_bomb; i++)
        if (str_is(member(p->objects[i].body, "Type"), "/Page"))
            page_read(p, p->objects[i].body);
    text_add(j, buf_view(&p->shown));
    buf_release(&p->shown);
    j->expanded = expanded;
    j->compressed = compressed;
}
