/* What an uploaded file is: by its bytes and its name together. The browser is not asked. What a browser would run is named so, and
 * record_check refuses it. */
#include "web/upload.h"
#include <strings.h>

struct kind {
    const char *ending, *media, *magic;
    size_t magic_size;
};

static const struct kind kinds[] = {
    {".pdf", "application/pdf", "%PDF-", 5},
    {".png", "image/png", "\x89PNG\r\n\x1a\n", 8},
    {".jpg", "image/jpeg", "\xff\xd8\xff", 3},
    {".jpeg", "image/jpeg", "\xff\xd8\xff", 3},
    {".gif", "image/gif", "GIF8", 4},
    {".webp", "image/webp", "RIFF", 4},
    {".zip", "application/zip", "PK", 2},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "PK", 2},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK", 2},
    {".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "PK", 2},
    {".odt", "application/vnd.oasis.opendocument.text", "PK", 2},
    {".ods", "application/vnd.oasis.opendocument.spreadsheet", "PK", 2},
    {".gz", "application/gzip", "\x1f\x8b", 2},
    {".txt", "text/plain", NULL, 0},
    {".log", "text/plain", NULL, 0},
    {".md", "text/markdown", NULL, 0},
    {".csv", "text/csv", NULL, 0},
    {".json", "application/json", NULL, 0},
    {".xml", "application/xml", NULL, 0},
    {".yaml", "application/yaml", NULL, 0},
    {".yml", "application/yaml", NULL, 0},
    {".eml", "message/rfc822", NULL, 0},
};

static bool ends_with(struct str name, const char *ending)
{
    size_t n = strlen(ending);
    return name.size > n && strncasecmp(name.data + name.size - n, ending, n) == 0;
}

static bool begins(struct str bytes, const char *magic, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, magic, size) == 0;
}

/* Something among the first bytes that a browser takes for a page, in any case of letters. */
static bool has_markup(struct str bytes)
{
    static const char *const marks[] = {"<html", "<!doctype html", "<script", "<svg", "<body", "<iframe", "<head"};
    struct str start = str_slice(bytes, 0, 1024);
    for (size_t i = 0; i < start.size; i++)
        for (size_t k = 0; start.data[i] == '<' && k < sizeof(marks) / sizeof(marks[0]); k++)
            if (i + strlen(marks[k]) <= start.size && strncasecmp(start.data + i, marks[k], strlen(marks[k])) == 0)
                return true;
    return false;
}

static const char *what_runs(struct str name, struct str bytes)
{
    static const char *const scripts[] = {".sh", ".bat", ".cmd", ".ps1", ".exe", ".com", ".scr", ".msi", ".vbs", ".jar", ".app", ".hta", ".lnk"};
    if (begins(bytes, "\x7f" "ELF", 4) || begins(bytes, "\xcf\xfa\xed\xfe", 4))
        return "application/x-executable";
    if (begins(bytes, "MZ", 2))
        return "application/x-msdownload";
    if (begins(bytes, "#!", 2))
        return "application/x-sh";
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        if (ends_with(name, scripts[i]))
            return "application/x-executable";
    if (ends_with(name, ".js") || ends_with(name, ".mjs"))
        return "text/javascript";
    if (ends_with(name, ".svg"))
        return "image/svg+xml";
    if (ends_with(name, ".html") || ends_with(name, ".htm") || ends_with(name, ".xhtml"))
        return "text/html";
    return NULL;
}

const char *upload_media(struct str name, struct str bytes, const char **ret_why)
{
    const char *running = what_runs(name, bytes);
    if (running)
        return running;
    bool is_text = !memchr(bytes.data ? bytes.data : "", 0, bytes.size) && str_is_utf8(bytes);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct kind *k = &kinds[i];
        if (!ends_with(name, k->ending))
            continue;
        if (bytes.size && (k->magic ? !begins(bytes, k->magic, k->magic_size) : !is_text)) {
            *ret_why = k->magic ? "its bytes are not those of such a file" : "it is called a text, and is none";
            return NULL;
        }
        bool is_page = !k->magic && !ends_with(name, ".eml") && !ends_with(name, ".md") && has_markup(bytes);
        return is_page ? "text/html" : k->media;
    }
    return is_text ? (has_markup(bytes) ? "text/html" : "text/plain") : "application/octet-stream";
}

const char *upload_media_evidence(struct str name, struct str bytes, const char **ret_why)
{
    const char *why = NULL, *media = upload_media(name, bytes, &why);
    bool is_page = media && (strcmp(media, "text/html") == 0 || strcmp(media, "image/svg+xml") == 0 || strcmp(media, "text/javascript") == 0);
    if (!media || is_page)
        return "application/octet-stream";
    if (strcmp(media, "application/x-executable") == 0 || strcmp(media, "application/x-msdownload") == 0 || strcmp(media, "application/x-sh") == 0) {
        *ret_why = "it is a program";
        return NULL;
    }
    return media;
}
