/* internal.h - what the readers of the formats share: for this folder alone. */
#ifndef INSPECT_INTERNAL_H
#define INSPECT_INTERNAL_H

#include "base/buf.h"
#include "base/cursor.h"
#include "inspect/inspect.h"
#include "os/gunzip.h"

/* What a file is by its first bytes. */
enum family {
    FAMILY_TEXT,    /* and everything that is text: JSON, CSV, XML, HTML */
    FAMILY_PDF,
    FAMILY_ZIP,     /* archives, and the office formats that are such */
    FAMILY_PNG,
    FAMILY_JPEG,
    FAMILY_GIF,
    FAMILY_WEBP,
    FAMILY_GZIP,
    FAMILY_OLE,     /* office formats before 2007, and encrypted ones since */
    FAMILY_PROGRAM,
    FAMILY_CLOSED,  /* known by its beginning, and not read here */
    FAMILY_OTHER
};

struct sniffed {
    enum family family;
    const char *media, *words;
};

struct job {
    struct arena *a;
    struct str name, bytes;
    struct sniffed what;
    struct inspected *found;
    struct buf text;         /* as it comes in, at most INSPECT_TEXT_BYTES */
    bool ends_in_space;
    uint64_t expanded, compressed; /* bytes that came out of, and went into, inflating */
    bool is_bomb;
};

void check_set(struct job *j, enum inspect_check check, enum inspect_status status, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Keeps what was said first, unless it was no problem. */
void check_worsen(struct job *j, enum inspect_check check, enum inspect_status status, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* "pdf" for "A.PDF"; "" for none. At most 15 letters, lower case. */
void name_ending(struct str name, char ret[16]);

/* sniff.c */
struct sniffed sniff(struct arena *a, struct str name, struct str bytes);
/* May a name with this ending have such content? -1: the ending says nothing. */
int sniff_ending_fits(const char *ending, const struct sniffed *what);
/* Is there an archive's end at the end of the bytes, where unzip would look for it? */
bool sniff_ends_as_zip(struct str bytes);
bool sniff_has_markup(struct str bytes);
/* The words for what such bytes are, or NULL where nothing is known. */
const char *sniff_known(struct str bytes);
/* Would a computer run a file of this name? */
bool sniff_runs(const char *ending);

/* text.c */
void text_add(struct job *j, struct str text); /* collapses white space */
void text_add_xml(struct job *j, struct str xml); /* without its tags */
void inspect_text(struct job *j);
struct str text_of_utf16(struct arena *a, struct str bytes); /* with its mark; data NULL: it is none */
/* dates.c: days in text that people and systems write, ascending, each once. */
void dates_find(struct arena *a, struct str text, int64_t **ret_days, size_t *ret_count);
bool date_valid(int year, int month, int day, int64_t *ret_day);
/* "20261102", "2026-11-02", "2026:11:02": the first eight digits. */
bool date_compact(struct str text, int64_t *ret_day);

/* The others. */
/* Inflates within what is left of the limits, and counts. False: not whole, wrong, or a bomb (which is said). */
bool job_inflate(struct job *j, struct str bytes, enum inflate_form form, uint64_t size_max, struct buf *out, struct inflated *ret);
void inspect_zip(struct job *j);
void inspect_gzip(struct job *j);
void inspect_pdf(struct job *j);
/* Adds the text of all pages; counts those with content, and codes for which no font says a letter (pdf_text.c). */
void pdf_text(struct job *j, size_t *ret_texts, size_t *ret_strange);
void inspect_png(struct job *j);
void inspect_jpeg(struct job *j);
void inspect_gif(struct job *j);
void inspect_webp(struct job *j);
void inspect_ole(struct job *j);

/* zip.c, for office.c */
struct zip_entry {
    struct str name, data; /* data: compressed */
    uint16_t flags, method;
    uint32_t crc;
    uint64_t size, from;
};
struct zip {
    struct zip_entry *entries;
    size_t count;
};
/* Reads its directory. False: it is none, or broken, which is said. Entries that overlap make it a bomb. */
bool zip_open(struct job *j, struct zip *z);
const struct zip_entry *zip_find(const struct zip *z, const char *name);
/* The entry's bytes, at most size_max of them. */
bool zip_read(struct job *j, const struct zip_entry *e, uint64_t size_max, struct str *ret);
/* office.c: is it an office document? Then all is said about it. */
bool inspect_office(struct job *j, const struct zip *z);

#endif
