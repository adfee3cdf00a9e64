/* sniff.c - what a file is by its bytes. The name is only asked afterwards, whether it says the same. */
#include "inspect/internal.h"
#include <strings.h>

static const struct magic {
    enum family family;
    size_t offset;
    const char *bytes;
    size_t size;
    const char *media, *words;
} magics[] = {
    {FAMILY_PDF, 0, "%PDF-", 5, "application/pdf", "PDF"},
    {FAMILY_PNG, 0, "\x89PNG\r\n\x1a\n", 8, "image/png", "PNG image"},
    {FAMILY_JPEG, 0, "\xff\xd8\xff", 3, "image/jpeg", "JPEG image"},
    {FAMILY_GIF, 0, "GIF87a", 6, "image/gif", "GIF image"},
    {FAMILY_GIF, 0, "GIF89a", 6, "image/gif", "GIF image"},
    {FAMILY_WEBP, 8, "WEBPVP8", 7, "image/webp", "WebP image"},
    {FAMILY_ZIP, 0, "PK\x03\x04", 4, "application/zip", "ZIP archive"},
    {FAMILY_ZIP, 0, "PK\x05\x06", 4, "application/zip", "ZIP archive"},
    {FAMILY_GZIP, 0, "\x1f\x8b\x08", 3, "application/gzip", "gzip file"},
    {FAMILY_OLE, 0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8, "application/x-ole-storage", "Office file of before 2007"},
    {FAMILY_PROGRAM, 0, "\x7f" "ELF", 4, "application/x-executable", "program"},
    {FAMILY_PROGRAM, 0, "MZ", 2, "application/x-msdownload", "program"},
    {FAMILY_PROGRAM, 0, "\xcf\xfa\xed\xfe", 4, "application/x-executable", "program"},
    {FAMILY_PROGRAM, 0, "\xca\xfe\xba\xbe", 4, "application/java-vm", "program"},
    {FAMILY_PROGRAM, 0, "#!", 2, "application/x-sh", "script"},
    {FAMILY_CLOSED, 0, "7z\xbc\xaf\x27\x1c", 6, "application/x-7z-compressed", "7-Zip archive"},
    {FAMILY_CLOSED, 0, "Rar!\x1a\x07", 6, "application/vnd.rar", "RAR archive"},
    {FAMILY_CLOSED, 0, "BZh", 3, "application/x-bzip2", "bzip2 file"},
    {FAMILY_CLOSED, 0, "\xfd" "7zXZ", 5, "application/x-xz", "xz file"},
    {FAMILY_CLOSED, 0, "\x28\xb5\x2f\xfd", 4, "application/zstd", "zstd file"},
    {FAMILY_CLOSED, 0, "{\\rtf", 5, "application/rtf", "RTF document"},
    {FAMILY_CLOSED, 0, "SQLite format 3", 15, "application/vnd.sqlite3", "SQLite database"},
    {FAMILY_CLOSED, 4, "ftyp", 4, "video/mp4", "video or HEIF image"},
    {FAMILY_CLOSED, 0, "II*\0", 4, "image/tiff", "TIFF image"},
    {FAMILY_CLOSED, 0, "MM\0*", 4, "image/tiff", "TIFF image"},
    {FAMILY_CLOSED, 0, "OggS", 4, "application/ogg", "recording"},
    {FAMILY_CLOSED, 0, "ID3", 3, "audio/mpeg", "recording"},
};

/* Endings, and the media types that they may stand for; '*' at the end for all that begin so. */
static const struct {
    const char *endings, *media;
} endings[] = {
    {" pdf ", "application/pdf"},
    {" png ", "image/png"},
    {" jpg jpeg ", "image/jpeg"},
    {" gif ", "image/gif"},
    {" webp ", "image/webp"},
    {" docx docm dotx ", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {" xlsx xlsm xltx ", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {" pptx pptm potx ", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {" odt ", "application/vnd.oasis.opendocument.text"},
    {" ods ", "application/vnd.oasis.opendocument.spreadsheet"},
    {" odp ", "application/vnd.oasis.opendocument.presentation"},
    {" zip ", "application/zip"},
    {" gz tgz ", "application/gzip"},
    {" doc xls ppt msg ", "application/x-ole-storage"},
    {" txt log md csv tsv yaml yml ini conf cfg eml diff patch sql pem crt ", "text/*"},
    {" json ", "application/json"},
    {" jsonl ndjson ", "text/*"},
    {" xml ", "application/xml"},
    {" html htm ", "text/html"},
    {" svg ", "image/svg+xml"},
    {" 7z ", "application/x-7z-compressed"},
    {" rar ", "application/vnd.rar"},
    {" tif tiff ", "image/tiff"},
    {" heic mp4 mov m4a ", "video/mp4"},
    {" rtf ", "application/rtf"},
};

void name_ending(struct str name, char ret[16])
{
    size_t dot = name.size;
    ret[0] = 0;
    while (dot > 0 && name.data[dot - 1] != '.')
        dot--;
    if (dot < 2 || name.size - dot > 15)
        return;
    size_t n = name.size - dot;
    for (size_t i = 0; i < n; i++) {
        char c = name.data[dot + i];
        ret[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    ret[n] = 0;
}

static const struct magic *magic_find(struct str bytes)
{
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        const struct magic *m = &magics[i];
        if (bytes.size >= m->offset + m->size && memcmp(bytes.data + m->offset, m->bytes, m->size) == 0)
            return m;
    }
    return NULL;
}

const char *sniff_known(struct str bytes)
{
    const struct magic *m = magic_find(bytes);
    return m ? m->words : NULL;
}

bool sniff_has_markup(struct str bytes)
{
    static const char *const marks[] = {"<html", "<!doctype html", "<script", "<svg", "<body", "<iframe", "<head"};
    struct str start = str_slice(bytes, 0, 1024);
    for (size_t i = 0; i < start.size; i++)
        for (size_t k = 0; start.data[i] == '<' && k < sizeof(marks) / sizeof(marks[0]); k++)
            if (i + strlen(marks[k]) <= start.size && strncasecmp(start.data + i, marks[k], strlen(marks[k])) == 0)
                return true;
    return false;
}

bool sniff_runs(const char *ending)
{
    static const char programs[] = " exe com bat cmd ps1 scr msi vbs vbe js jse wsf hta lnk jar app sh so dll pif cpl reg ";
    char word[20];
    snprintf(word, sizeof(word), " %s ", ending);
    return ending[0] && strstr(programs, word) != NULL;
}

/* No NUL and hardly any control character: something that people can read. */
static bool is_text(struct str bytes)
{
    size_t odd = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        unsigned char c = (unsigned char)bytes.data[i];
        if (c == 0)
            return false;
        odd += c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != 0x1b;
    }
    return odd * 100 <= bytes.size;
}

static struct sniffed sniff_text(struct arena *a, struct str name, struct str bytes)
{
    struct err e = {0};
    char ending[16];
    name_ending(name, ending);
    struct str start = str_slice(bytes, str_starts(bytes, "\xef\xbb\xbf") ? 3 : 0, bytes.size);
    while (start.size > 0 && strchr(" \t\r\n", start.data[0]))
        start = str_slice(start, 1, start.size);
    bool is_json = start.size > 0 && (start.data[0] == '{' || start.data[0] == '[') &&
                   json_parse(a, start, (struct json_limits){.depth_max = 64, .nodes_max = 2000000}, &e) != NULL;
    if (is_json)
        return (struct sniffed){FAMILY_TEXT, "application/json", "JSON"};
    bool is_xml = str_starts(start, "<?xml"), has_svg = str_find(str_slice(start, 0, 4096), STR("<svg")) >= 0;
    if (is_xml || (has_svg && strcmp(ending, "svg") == 0))
        return has_svg ? (struct sniffed){FAMILY_TEXT, "image/svg+xml", "SVG image"} : (struct sniffed){FAMILY_TEXT, "application/xml", "XML"};
    if (start.size > 0 && start.data[0] == '<' && sniff_has_markup(start))
        return (struct sniffed){FAMILY_TEXT, "text/html", "HTML page"};
    if (strcmp(ending, "csv") == 0 || strcmp(ending, "tsv") == 0)
        return (struct sniffed){FAMILY_TEXT, "text/csv", "table of text (CSV)"};
    return (struct sniffed){FAMILY_TEXT, "text/plain", "text"};
}

struct sniffed sniff(struct arena *a, struct str name, struct str bytes)
{
    const struct magic *m = magic_find(bytes);
    if (m)
        return (struct sniffed){m->family, m->media, m->words};
    if (bytes.size == 0)
        return (struct sniffed){FAMILY_OTHER, "application/octet-stream", "nothing"};
    if (text_of_utf16(a, str_slice(bytes, 0, 64)).data)
        return (struct sniffed){FAMILY_TEXT, "text/plain", "text (UTF-16)"};
    ptrdiff_t pdf = str_find(str_slice(bytes, 0, 1024), STR("%PDF-"));
    if (pdf > 0)
        return (struct sniffed){FAMILY_PDF, "application/pdf", "PDF"};
    if (is_text(bytes))
        return sniff_text(a, name, bytes);
    return (struct sniffed){FAMILY_OTHER, "application/octet-stream", "bytes of an unknown kind"};
}

int sniff_ending_fits(const char *ending, const struct sniffed *what)
{
    char word[20];
    bool is_known = false;
    snprintf(word, sizeof(word), " %s ", ending);
    for (size_t i = 0; ending[0] && i < sizeof(endings) / sizeof(endings[0]); i++) {
        size_t n = strlen(endings[i].media);
        if (!strstr(endings[i].endings, word))
            continue;
        is_known = true;
        bool is_all = endings[i].media[n - 1] == '*';
        if (is_all ? what->family == FAMILY_TEXT && strcmp(what->media, "text/html") != 0 && strcmp(what->media, "image/svg+xml") != 0
                   : strcmp(endings[i].media, what->media) == 0)
            return 1;
    }
    return is_known ? 0 : -1;
}

bool sniff_ends_as_zip(struct str bytes)
{
    enum { END_BYTES = 22, COMMENT_MAX = 65535 };
    if (bytes.size < END_BYTES)
        return false;
    size_t last = bytes.size - END_BYTES, lowest = last > COMMENT_MAX ? last - COMMENT_MAX : 0;
    for (size_t at = last + 1; at-- > lowest;) {
        if (memcmp(bytes.data + at, "PK\x05\x06", 4) != 0)
            continue;
        struct cursor c = cursor_of(str_slice(bytes, at + 10, bytes.size));
        uint16_t entries = cursor_u16le(&c);
        uint32_t size = cursor_u32le(&c);
        cursor_skip(&c, 4);
        uint16_t comment = cursor_u16le(&c);
        if (!c.failed && entries > 0 && size >= 46 && size <= at && (size_t)comment <= bytes.size - at - END_BYTES)
            return true;
    }
    return false;
}
