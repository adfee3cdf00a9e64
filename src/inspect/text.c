/* text.c - texts: plain, UTF-16, JSON, CSV, XML, HTML; and the text of other formats as it is collected. */
#include "inspect/internal.h"
#include "base/csv.h"
#include <strings.h>

void text_add(struct job *j, struct str text)
{
    for (size_t i = 0; i < text.size && !j->text.full; i++) {
        char c = text.data[i];
        bool is_space = c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f';
        if (is_space && (j->ends_in_space || j->text.size == 0)) {
            if (c == '\n' && j->text.size) /* the end of a line is stronger than a space */
                j->text.data[j->text.size - 1] = '\n';
            continue;
        }
        buf_char(&j->text, is_space ? (c == '\n' ? '\n' : ' ') : c);
        j->ends_in_space = is_space;
    }
}

/* &amp; and its like; anything else stays as it is written. */
static size_t entity_at(struct str xml, char *ret)
{
    static const struct {
        const char *name;
        char value;
    } known[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&#10;", ' '}, {"&nbsp;", ' '}};
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (str_starts(xml, known[i].name)) {
            *ret = known[i].value;
            return strlen(known[i].name);
        }
    return 0;
}

void text_add_xml(struct job *j, struct str xml)
{
    size_t i = 0, from = 0;
    while (i < xml.size) {
        char value;
        size_t n;
        if (xml.data[i] == '<') {
            text_add(j, str_slice(xml, from, i));
            const char *end = memchr(xml.data + i, '>', xml.size - i);
            struct str tag = str_slice(xml, i, end ? (size_t)(end - xml.data) : xml.size);
            /* Runs of a word are not words: only what begins a line or a cell parts them. */
            bool parts = str_starts(tag, "<w:p ") || str_starts(tag, "<w:p>") || str_starts(tag, "</") || str_starts(tag, "<w:tab") || str_starts(tag, "<w:br");
            bool is_run = str_starts(tag, "</w:r") || str_starts(tag, "</w:t") || str_starts(tag, "</a:r") || str_starts(tag, "</a:t") || str_starts(tag, "</text:span");
            bool ends_line = str_is(tag, "</w:p") || str_is(tag, "</text:p") || str_is(tag, "</text:h") || str_is(tag, "</si") || str_is(tag, "</row") || str_is(tag, "</a:p") ||
                             str_is(tag, "</p") || str_is(tag, "</li") || str_is(tag, "</tr") || str_starts(tag, "<w:br");
            if (parts && !(is_run && tag.size < 14))
                text_add(j, ends_line ? STR("\n") : STR(" "));
            i = end ? (size_t)(end - xml.data) + 1 : xml.size;
            from = i;
        } else if (xml.data[i] == '&' && (n = entity_at(str_slice(xml, i, i + 8), &value)) > 0) {
            text_add(j, str_slice(xml, from, i));
            text_add(j, str_make(&value, 1));
            i += n;
            from = i;
        } else {
            i++;
        }
    }
    text_add(j, str_slice(xml, from, xml.size));
}

static void put_utf8(char *out, size_t *n, uint32_t c)
{
    if (c < 0x80) {
        out[(*n)++] = (char)c;
    } else if (c < 0x800) {
        out[(*n)++] = (char)(0xc0 | c >> 6);
        out[(*n)++] = (char)(0x80 | (c & 63));
    } else if (c < 0x10000) {
        out[(*n)++] = (char)(0xe0 | c >> 12);
        out[(*n)++] = (char)(0x80 | (c >> 6 & 63));
        out[(*n)++] = (char)(0x80 | (c & 63));
    } else {
        out[(*n)++] = (char)(0xf0 | c >> 18);
        out[(*n)++] = (char)(0x80 | (c >> 12 & 63));
        out[(*n)++] = (char)(0x80 | (c >> 6 & 63));
        out[(*n)++] = (char)(0x80 | (c & 63));
    }
}

struct str text_of_utf16(struct arena *a, struct str bytes)
{
    bool is_little = str_starts(bytes, "\xff\xfe"), is_big = str_starts(bytes, "\xfe\xff");
    if (!is_little && !is_big)
        return (struct str){0};
    char *out = arena_alloc(a, bytes.size * 2 + 4);
    size_t n = 0;
    struct cursor c = cursor_of(str_slice(bytes, 2, bytes.size - bytes.size % 2));
    while (cursor_left(&c) >= 2) {
        uint32_t unit = is_little ? cursor_u16le(&c) : cursor_u16be(&c);
        if (unit >= 0xd800 && unit < 0xdc00 && cursor_left(&c) >= 2) {
            uint32_t low = is_little ? cursor_u16le(&c) : cursor_u16be(&c);
            unit = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00) : 0xfffd;
        } else if (unit >= 0xd800 && unit < 0xe000) {
            unit = 0xfffd;
        }
        if (unit == 0)
            return (struct str){0};
        put_utf8(out, &n, unit);
    }
    return str_make(out, n);
}

static void inspect_json(struct job *j, struct str text)
{
    struct err e = {0};
    const struct json *v = json_parse(j->a, text, (struct json_limits){.depth_max = 64, .nodes_max = 2000000}, &e);
    if (!v) { /* sniffed as JSON with the same limits */
        check_set(j, INSPECT_READABLE, INSPECT_UNKNOWN, "%s", e.text);
        return;
    }
    check_set(j, INSPECT_READABLE, INSPECT_PASS, "it is well-formed");
    if (v->count == 0)
        check_set(j, INSPECT_CONTENT, INSPECT_PROBLEM, "an empty %s, and nothing else", v->type == JSON_ARRAY ? "list" : "object");
}

static void inspect_csv(struct job *j, struct str text)
{
    enum { CELLS_MAX = 2000 };
    struct csv_reader r;
    struct err e = {0};
    struct str *cells = arena_array(j->a, CELLS_MAX, sizeof *cells);
    size_t count, rows = 0, columns = 0;
    struct arena *row = arena_new("row", 64 << 20);
    csv_reader_init(&r, text);
    while (r.rest.size > 0 && csv_read_row(&r, row, cells, CELLS_MAX, &count, &e)) {
        if (rows++ == 0)
            columns = count;
        if (rows % 1000 == 0)
            arena_reset(row);
    }
    arena_free(row);
    if (e.code)
        check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "%s", e.text);
    else
        check_set(j, INSPECT_READABLE, INSPECT_PASS, "%zu rows, %zu columns", rows, columns);
    if (rows == 1)
        check_set(j, INSPECT_CONTENT, INSPECT_PROBLEM, "a heading and no rows");
}

/* Would a browser do something with it? */
static void find_scripts(struct job *j, struct str text)
{
    static const char *const marks[] = {"<script", "javascript:", "onload=", "onerror=", "<iframe", "<object", "<embed"};
    bool is_page = strcmp(j->what.media, "text/html") == 0 || strcmp(j->what.media, "image/svg+xml") == 0;
    check_set(j, INSPECT_ACTIVE, INSPECT_PASS, is_page ? "no script was found; it is only ever shown as text" : "text does nothing");
    for (size_t i = 0; is_page && i < text.size; i++)
        for (size_t k = 0; k < sizeof(marks) / sizeof(marks[0]); k++)
            if (i + strlen(marks[k]) <= text.size && strncasecmp(text.data + i, marks[k], strlen(marks[k])) == 0) {
                check_set(j, INSPECT_ACTIVE, INSPECT_PROBLEM, "it holds \"%s\": a browser would run it", marks[k]);
                return;
            }
}

void inspect_text(struct job *j)
{
    struct str text = j->bytes, wide = text_of_utf16(j->a, text);
    if (wide.data)
        text = wide;
    if (str_starts(text, "\xef\xbb\xbf"))
        text = str_slice(text, 3, text.size);
    size_t blank = 0;
    while (blank < text.size && strchr(" \t\r\n", text.data[blank]))
        blank++;
    if (blank == text.size)
        check_set(j, INSPECT_CONTENT, INSPECT_PROBLEM, "nothing but blanks");
    else
        check_set(j, INSPECT_CONTENT, INSPECT_PASS, "%zu bytes of text", text.size);
    bool is_utf8 = str_is_utf8(text);
    if (is_utf8)
        check_set(j, INSPECT_READABLE, INSPECT_PASS, "it is text");
    else
        check_set(j, INSPECT_READABLE, INSPECT_UNKNOWN, "it is not UTF-8; which letters some of its bytes stand for is not known");
    check_set(j, INSPECT_ONE, INSPECT_PASS, "text from beginning to end");
    check_set(j, INSPECT_EXPANSION, INSPECT_PASS, "nothing in it is compressed");
    find_scripts(j, text);
    if (is_utf8 && strcmp(j->what.media, "application/json") == 0)
        inspect_json(j, text);
    else if (is_utf8 && strcmp(j->what.media, "text/csv") == 0)
        inspect_csv(j, text);
    bool is_marked_up = strcmp(j->what.media, "text/html") == 0 || strcmp(j->what.media, "image/svg+xml") == 0 || strcmp(j->what.media, "application/xml") == 0;
    if (is_marked_up)
        text_add_xml(j, text);
    else
        text_add(j, text);
    j->found->has_text = is_utf8;
}
