/* office.c - documents of Office (ECMA-376) and OpenDocument: what they are by what their archive holds, whether they run something, and their text. */
#include "inspect/internal.h"

enum { PART_BYTES = 32 << 20 };

static const struct document {
    const char *part, *media, *words, *text; /* part: tells it; text: beginnings of the parts that hold text */
} documents[] = {
    {"word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "Word document",
     "word/document.xml word/header word/footer word/footnotes.xml word/endnotes.xml word/comments.xml"},
    {"xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel workbook",
     "xl/sharedStrings.xml xl/worksheets/sheet xl/comments"},
    {"ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "PowerPoint presentation",
     "ppt/slides/slide ppt/notesSlides/notesSlide"},
};

static const struct {
    const char *mimetype, *words;
} open_documents[] = {{"application/vnd.oasis.opendocument.text", "OpenDocument text"},
                      {"application/vnd.oasis.opendocument.spreadsheet", "OpenDocument spreadsheet"},
                      {"application/vnd.oasis.opendocument.presentation", "OpenDocument presentation"}};

static bool begins_with_one_of(struct str name, const char *beginnings)
{
    struct str rest = str_of(beginnings), word;
    while (str_next_word(&rest, &word))
        if (name.size >= word.size && memcmp(name.data, word.data, word.size) == 0 && str_ends(name, ".xml"))
            return true;
    return false;
}

/* Programs inside, and links that are followed when it is opened. */
static void find_active(struct job *j, const struct zip *z)
{
    static const char *const parts[][2] = {{"vbaProject", "it holds macros"},          {"macrosheets/", "it holds macros of the old kind (Excel 4)"},
                                           {"activeX/", "it holds ActiveX controls"},  {"embeddings/oleObject", "another file is embedded in it"},
                                           {"Basic/", "it holds macros"},              {"Scripts/", "it holds scripts"}};
    check_worsen(j, INSPECT_ACTIVE, INSPECT_PASS, "no macros, no controls, nothing fetched from elsewhere");
    for (size_t i = 0; i < z->count; i++) {
        const struct zip_entry *entry = &z->entries[i];
        struct str text;
        for (size_t k = 0; k < sizeof(parts) / sizeof(parts[0]); k++)
            if (str_contains(entry->name, parts[k][0]) && !str_ends(entry->name, "/"))
                check_worsen(j, INSPECT_ACTIVE, INSPECT_PROBLEM, "%s (%.*s)", parts[k][1], STR_ARGS(str_slice(entry->name, 0, 80)));
        if (!str_ends(entry->name, ".rels"))
            continue;
        if (!zip_read(j, entry, 1 << 20, &text)) {
            check_worsen(j, INSPECT_ACTIVE, INSPECT_UNKNOWN, "what it links to could not be read");
            continue;
        }
        for (ptrdiff_t at; (at = str_find(text, STR("TargetMode=\"External\""))) >= 0; text = str_slice(text, (size_t)at + 20, text.size)) {
            struct str before = str_slice(text, at > 600 ? (size_t)at - 600 : 0, (size_t)at), tag = before;
            for (size_t k = before.size; k-- > 0 && tag.size == before.size;)
                if (before.data[k] == '<')
                    tag = str_slice(before, k, before.size);
            if (!str_contains(tag, "/hyperlink"))
                check_worsen(j, INSPECT_ACTIVE, INSPECT_PROBLEM, "it fetches something from elsewhere when it is opened");
        }
    }
}

static void add_made(struct job *j, const struct zip *z, const char *part, const char *tag)
{
    const struct zip_entry *e = zip_find(z, part);
    struct str text;
    if (!e || !zip_read(j, e, 1 << 20, &text))
        return;
    ptrdiff_t at = str_find(text, str_of(tag));
    const char *end = at >= 0 ? memchr(text.data + at, '>', text.size - (size_t)at) : NULL;
    int64_t day;
    if (end && date_compact(str_slice(text, (size_t)(end - text.data) + 1, (size_t)(end - text.data) + 11), &day))
        j->found->made_day = day;
}

static void read_parts(struct job *j, const struct zip *z, const char *beginnings, size_t *ret_read, size_t *ret_failed)
{
    for (size_t i = 0; i < z->count && !j->is_bomb; i++) {
        const struct zip_entry *entry = &z->entries[i];
        struct str xml;
        if (!begins_with_one_of(entry->name, beginnings))
            continue;
        if (zip_read(j, entry, PART_BYTES, &xml)) {
            text_add_xml(j, xml);
            text_add(j, STR(" "));
            (*ret_read)++;
        } else {
            (*ret_failed)++;
        }
    }
}

static void look(struct job *j, const struct zip *z, const char *media, const char *words, const char *beginnings)
{
    size_t read = 0, failed = 0, images = 0;
    j->what.media = media;
    j->what.words = words;
    find_active(j, z);
    read_parts(j, z, beginnings, &read, &failed);
    for (size_t i = 0; i < z->count; i++)
        images += str_contains(z->entries[i].name, "media/") || str_starts(z->entries[i].name, "Pictures/");
    if (failed && !j->is_bomb)
        check_worsen(j, INSPECT_READABLE, INSPECT_PROBLEM, "it is damaged: %zu of its parts cannot be read", failed);
    else if (j->is_bomb)
        check_worsen(j, INSPECT_READABLE, INSPECT_UNKNOWN, "it was not read to its end");
    else if (read)
        check_worsen(j, INSPECT_READABLE, INSPECT_PASS, "%zu parts, %zu bytes of text", read, j->text.size);
    j->found->has_text = read && !failed && !j->is_bomb;
    struct str text = str_trim(buf_view(&j->text));
    if (j->found->has_text && text.size == 0 && images == 0)
        check_set(j, INSPECT_CONTENT, INSPECT_PROBLEM, "a %s with nothing in it", words);
    else if (j->found->has_text)
        check_set(j, INSPECT_CONTENT, INSPECT_PASS, "%zu bytes of text, %zu images", text.size, images);
}

bool inspect_office(struct job *j, const struct zip *z)
{
    struct str mimetype;
    const struct zip_entry *e = zip_find(z, "mimetype");
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++)
        if (zip_find(z, documents[i].part)) {
            look(j, z, documents[i].media, documents[i].words, documents[i].text);
            add_made(j, z, "docProps/core.xml", "<dcterms:modified");
            return true;
        }
    if (!e || e->data.size > 100 || !zip_read(j, e, 100, &mimetype))
        return false;
    for (size_t i = 0; i < sizeof(open_documents) / sizeof(open_documents[0]); i++)
        if (str_is(mimetype, open_documents[i].mimetype)) {
            struct str manifest;
            const struct zip_entry *m = zip_find(z, "META-INF/manifest.xml");
            if (m && zip_read(j, m, 1 << 20, &manifest) && str_contains(manifest, "encryption-data"))
                check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "it is protected by a password: nobody can look into it");
            look(j, z, open_documents[i].mimetype, open_documents[i].words, "content.xml styles.xml");
            add_made(j, z, "meta.xml", "<dc:date");
            return true;
        }
    return false;
}

/* Of the old container only so much is looked at as says that it is locked, or runs something. */
void inspect_ole(struct job *j)
{
    static const char locked[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e", macros[] = "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T";
    check_set(j, INSPECT_CONTENT, INSPECT_PASS, "%zu bytes", j->bytes.size);
    if (str_find(j->bytes, str_make(locked, sizeof(locked) - 1)) >= 0) {
        j->what.words = "Office document under a password";
        check_set(j, INSPECT_READABLE, INSPECT_PROBLEM, "it is protected by a password: nobody can look into it");
    } else {
        check_set(j, INSPECT_READABLE, INSPECT_UNKNOWN, "the Office format of before 2007 is not read here; save it as PDF or in the new format");
    }
    if (str_find(j->bytes, str_make(macros, sizeof(macros) - 1)) >= 0)
        check_set(j, INSPECT_ACTIVE, INSPECT_PROBLEM, "it holds macros");
}
