/* pdf.c - PDF (ISO 32000) as far as it takes to say whether it is whole, locked, runs something, has pages, and, where its fonts are simple, what
 * text stands in it. No cross-reference is followed: all is found by reading once from beginning to end, so that nothing can go round in circles. */
#include "inspect/internal.h"

enum { STREAM_BYTES = 16 << 20, DICTIONARY_BYTES = 4096, TAIL_BYTES = 2048 };

struct pdf {
    struct job *j;
    size_t pages, texts, unread, strange;
    bool is_locked, takes_text; /* takes_text: no page was found by its objects, so that every stream that looks like one is taken */
    const char *runs; /* the name of what it does when it is opened, or on a click */
    char last[24];
};

static bool is_regular(unsigned char c)
{
    return c > 0x20 && c < 0x7f && !strchr("()<>[]{}/%", c);
}

static int hex_value(unsigned char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A name; #xx in it is a byte, which is how scripts are hidden from those who look for words. */
static size_t name_at(struct str s, size_t i, char ret[24])
{
    size_t n = 0, from = i;
    while (i < s.size && is_regular((unsigned char)s.data[i])) {
        int high = s.data[i] == '#' && i + 2 < s.size ? hex_value((unsigned char)s.data[i + 1]) : -1;
        int low = high >= 0 ? hex_value((unsigned char)s.data[i + 2]) : -1;
        char c = low >= 0 ? (char)(high * 16 + low) : s.data[i];
        if (n + 1 < 24)
            ret[n++] = c;
        i += low >= 0 ? 3 : 1;
    }
    ret[n] = 0;
    return i - from;
}

static void names_look(struct pdf *p, struct str s)
{
    static const char *const running[] = {"JavaScript", "JS", "Launch", "EmbeddedFile", "RichMedia", "XFA", "ImportData", "SubmitForm"};
    for (size_t i = 0; i < s.size; i++) {
        const char *at = memchr(s.data + i, '/', s.size - i);
        if (!at)
            return;
        char name[24];
        i = (size_t)(at - s.data) + 1;
        size_t n = name_at(s, i, name);
        i += n ? n - 1 : 0;
        for (size_t k = 0; !p->runs && k < sizeof(running) / sizeof(running[0]); k++)
            if (strcmp(name, running[k]) == 0)
                p->runs = running[k];
        p->pages += strcmp(name, "Page") == 0 && strcmp(p->last, "Type") == 0;
        p->is_locked = p->is_locked || strcmp(name, "Encrypt") == 0;
        memcpy(p->last, name, sizeof(p->last));
    }
}

/* ---- text ---- */

/* A string in parentheses; moves behind it. */
static void string_add(struct pdf *p, struct str s, size_t *i, struct buf *out)
{
    int depth = 1;
    for (; *i < s.size && depth > 0; (*i)++) {
        char c = s.data[*i];
        if (c == '\\' && *i + 1 < s.size) {
            char next = s.data[++*i];
            int octal = 0, digits = 0;
            while (digits < 3 && *i + (size_t)digits < s.size && s.data[*i + (size_t)digits] >= '0' && s.data[*i + (size_t)digits] <= '7')
                octal = octal * 8 + (s.data[*i + (size_t)digits++] - '0');
            if (digits) {
                *i += (size_t)digits - 1;
                c = (char)octal;
            } else {
                c = next == 'n' || next == 'r' || next == 't' || next == '\n' ? ' ' : next;
            }
        } else if (c == '(') {
            depth++;
        } else if (c == ')' && --depth == 0) {
            continue;
        }
        unsigned char b = (unsigned char)c;
        if (b >= 0x20 && b < 0x7f) {
            buf_char(out, c);
        } else if (b >= 0xa0) { /* WinAnsi and Latin 1 agree there */
            buf_char(out, (char)(0xc0 | b >> 6));
            buf_char(out, (char)(0x80 | (b & 63)));
        } else {
            p->strange++;
        }
    }
}

/* What a page shows: strings up to an operator that shows them. A large step back between two strings is a space. */
static void page_text(struct pdf *p, struct str s)
{
    struct buf BUF_AUTO shown;
    buf_init(&shown, INSPECT_TEXT_BYTES);
    for (size_t i = 0; i < s.size && !shown.full;) {
        unsigned char c = (unsigned char)s.data[i];
        if (c == '(') {
            i++;
            string_add(p, s, &i, &shown);
        } else if (c == '<' && i + 1 < s.size && s.data[i + 1] != '<') { /* numbers of glyphs: which letters they are, only the font knows */
            const char *end = memchr(s.data + i, '>', s.size - i);
            p->strange += end && end - (s.data + i) > 1;
            i = end ? (size_t)(end - s.data) + 1 : s.size;
        } else if (c == '-' || (c >= '0' && c <= '9')) {
            size_t from = i++;
            while (i < s.size && ((s.data[i] >= '0' && s.data[i] <= '9') || s.data[i] == '.'))
                i++;
            if (c == '-' && i - from > 3)
                buf_char(&shown, ' ');
        } else if (is_regular(c)) {
            size_t from = i;
            while (i < s.size && is_regular((unsigned char)s.data[i]))
                i++;
            struct str word = str_slice(s, from, i);
            if (str_is(word, "Td") || str_is(word, "TD") || str_is(word, "T*") || str_is(word, "ET") || str_is(word, "Tm") || str_is(word, "'"))
                buf_char(&shown, ' ');
        } else {
            i++;
        }
    }
    text_add(p->j, buf_view(&shown));
    text_add(p->j, STR(" "));
    p->texts++;
}

/* ---- streams ---- */

static bool has_name(struct str dictionary, const char *name)
{
    for (size_t i = 0; i < dictionary.size; i++) {
        char found[24];
        if (dictionary.data[i] == '/' && name_at(dictionary, i + 1, found) && strcmp(found, name) == 0)
            return true;
    }
    return false;
}

static void stream_look(struct pdf *p, struct str dictionary, struct str bytes)
{
    struct buf BUF_AUTO plain;
    struct inflated done;
    struct str s = bytes;
    bool is_flate = has_name(dictionary, "FlateDecode"), is_objects = has_name(dictionary, "ObjStm");
    bool is_other = has_name(dictionary, "Image") || has_name(dictionary, "XRef") || has_name(dictionary, "Length1") || has_name(dictionary, "FontFile3") ||
                    has_name(dictionary, "Metadata") || has_name(dictionary, "CIDFontType0C") || has_name(dictionary, "Type1C") || has_name(dictionary, "OpenType");
    buf_init(&plain, STREAM_BYTES);
    if (is_other || p->is_locked)
        return;
    if (is_flate) {
        if (!job_inflate(p->j, bytes, INFLATE_ZLIB, STREAM_BYTES, &plain, &done) && plain.size == 0) {
            p->unread++;
            return;
        }
        s = buf_view(&plain);
    } else if (has_name(dictionary, "Filter")) {
        p->unread++;
        return;
    }
    if (is_objects)
        names_look(p, s);
    else if (p->takes_text && str_find(s, STR("BT")) >= 0 && str_find(s, STR("ET")) >= 0)
        page_text(p, s);
}

static void body_read(struct pdf *p)
{
    struct str all = p->j->bytes;
    size_t at = 0, streams = 0;
    while (at < all.size && !p->j->is_bomb) {
        ptrdiff_t next = str_find(str_slice(all, at, all.size), STR("stream"));
        size_t from = next < 0 ? all.size : at + (size_t)next;
        names_look(p, str_slice(all, at, from));
        if (next < 0)
            return;
        size_t data = from + 6;
        while (data < all.size && data < from + 8 && (all.data[data] == '\r' || all.data[data] == '\n'))
            data++;
        if (data == from + 6) { /* the word, and no stream */
            at = data;
            continue;
        }
        ptrdiff_t end = str_find(str_slice(all, data, all.size), STR("endstream"));
        size_t until = end < 0 ? all.size : data + (size_t)end;
        size_t least = from - at > DICTIONARY_BYTES ? from - DICTIONARY_BYTES : at;
        if (++streams > INSPECT_STREAMS_MAX) {
            p->unread++;
            return;
        }
        stream_look(p, str_slice(all, least, from), str_slice(all, data, until));
        at = end < 0 ? until : until + 9;
    }
}

/* ---- the whole ---- */

static bool frame_check(struct job *j)
{
    struct str all = j->bytes;
    ptrdiff_t header = str_find(str_slice(all, 0, 1024), STR("%PDF-"));
    size_t tail_from = all.size > TAIL_BYTES ? all.size - TAIL_BYTES : 0, last = 0;
    struct str tail = str_slice(all, tail_from, all.size);
    bool has_end = false;
    for (size_t i = 0; i + 5 <= tail.size; i++)
        if (memcmp(tail.data + i, "%%EOF", 5) == 0) {
            has_end = true;
            last = tail_from + i + 5;
        }
    if (header > 0)
        check_set(j, INSPECT_ONE, INSPECT_PROBLEM, "%td bytes stand before the PDF", header);
    if (!has_end || str_find(tail, STR("startxref")) < 0) {
        check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "it is cut off: its end is not there");
        return false;
    }
    size_t behind = all.size - last;
    const char *known = sniff_known(str_trim(str_slice(all, last, all.size)));
    if (known)
        check_worsen(j, INSPECT_ONE, INSPECT_PROBLEM, "behind the PDF stands a %s", known);
    else if (behind > 64)
        check_worsen(j, INSPECT_ONE, INSPECT_UNKNOWN, "%zu bytes stand behind the PDF", behind);
    else
        check_worsen(j, INSPECT_ONE, INSPECT_PASS, "a PDF from beginning to end");
    return true;
}

static void made_find(struct job *j)
{
    static const char *const keys[] = {"/ModDate", "/CreationDate"};
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && j->found->made_day == INT64_MIN; i++) {
        ptrdiff_t at = str_find(j->bytes, str_of(keys[i]));
        struct str rest = str_slice(j->bytes, at < 0 ? j->bytes.size : (size_t)at, j->bytes.size);
        ptrdiff_t date = str_find(str_slice(rest, 0, 40), STR("(D:"));
        int64_t day;
        if (date >= 0 && date_compact(str_slice(rest, (size_t)date + 3, (size_t)date + 11), &day))
            j->found->made_day = day;
    }
}

void inspect_pdf(struct job *j)
{
    struct pdf p = {.j = j};
    check_set(j, INSPECT_CONTENT, INSPECT_PASS, "%zu bytes", j->bytes.size);
    bool is_framed = frame_check(j);
    body_read(&p);
    if (!p.is_locked && !j->is_bomb)
        pdf_text(j, &p.texts, &p.strange);
    if (!p.is_locked && !j->is_bomb && !p.texts) {
        struct pdf again = {.j = j, .takes_text = true};
        body_read(&again);
        p.texts = again.texts;
        p.strange = again.strange;
    }
    made_find(j);
    if (p.is_locked)
        check_worsen(j, INSPECT_READABLE, INSPECT_PROBLEM, "it is encrypted: nobody can look into it without its password");
    else if (is_framed && p.pages)
        check_worsen(j, INSPECT_READABLE, INSPECT_PASS, "%zu page%s", p.pages, p.pages == 1 ? "" : "s");
    else if (is_framed && (p.unread || j->is_bomb))
        check_worsen(j, INSPECT_READABLE, INSPECT_UNKNOWN, "its pages were not found: it is packed in a way that is not read here");
    else if (is_framed)
        check_worsen(j, INSPECT_READABLE, INSPECT_PROBLEM, "it has no pages");
    if (p.runs)
        check_set(j, INSPECT_ACTIVE, INSPECT_PROBLEM, "it holds something that acts (%s)", p.runs);
    else if (p.is_locked || j->is_bomb)
        check_set(j, INSPECT_ACTIVE, INSPECT_UNKNOWN, "not all of it could be read");
    else
        check_set(j, INSPECT_ACTIVE, INSPECT_PASS, "no scripts, no attached files, nothing that starts");
    if (!j->is_bomb)
        check_worsen(j, INSPECT_EXPANSION, INSPECT_PASS, "%llu bytes inside", (unsigned long long)j->expanded);
    /* Half of a text says nothing about the whole. */
    j->found->has_text = p.texts && !p.strange && !p.is_locked && !j->is_bomb && j->text.size > 20;
}
