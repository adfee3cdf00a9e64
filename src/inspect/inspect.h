/*
 * inspect.h - what can be said of a file by its bytes alone: what it is, whether it can be read, what is wrong with it, the text and the
 * dates in it. For files that somebody uploads as evidence; the caller sits in a jail, since the bytes are hostile until shown otherwise.
 *
 * Nothing here fails: what could not be told is INSPECT_UNKNOWN with a reason, and unknown is never a pass. Everything is bounded (the
 * INSPECT_ limits): a bomb costs no more than they say. Call gunzip_prepare (os/gunzip.h) before giving up files. The text is what a full-text
 * index may take as well.
 *
 *     struct inspected found;
 *     inspect(arena, STR("minutes.docx"), bytes, &found);
 *     if (found.checks[INSPECT_READABLE].status == INSPECT_PROBLEM) ... found.checks[INSPECT_READABLE].why ...
 */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include "base/arena.h"
#include "base/json.h"

enum {
    INSPECT_VERSION = 2,                  /* raised when the same bytes may give another answer */
    INSPECT_EXPANDED_BYTES = 256 << 20,   /* of all that is compressed in one file, together */
    INSPECT_RATIO_MAX = 200,              /* compressed to plain; above it, and over INSPECT_RATIO_FROM, it is a bomb */
    INSPECT_RATIO_FROM = 32 << 20,
    INSPECT_TEXT_BYTES = 4 << 20,         /* of text that is kept */
    INSPECT_ENTRIES_MAX = 10000,          /* of an archive */
    INSPECT_DATES_MAX = 400,              /* different days */
    INSPECT_STREAMS_MAX = 20000           /* of a PDF */
};

enum inspect_status { INSPECT_UNKNOWN, INSPECT_PASS, INSPECT_PROBLEM };

enum inspect_check {
    INSPECT_CONTENT,   /* it is not empty, and not a form without content */
    INSPECT_READABLE,  /* neither broken nor encrypted */
    INSPECT_TYPE,      /* it is what its name says */
    INSPECT_ONE,       /* one format only: nothing before, behind or hidden in it (polyglots) */
    INSPECT_ACTIVE,    /* no macros, scripts, programs, nothing that fetches from elsewhere */
    INSPECT_EXPANSION, /* does not expand without end (bombs) */
    INSPECT_CHECKS
};
/* "content", "readable", "type", "one", "active", "expansion" */
const char *inspect_check_name(enum inspect_check check);
const char *inspect_status_name(enum inspect_status status);
bool inspect_status_parse(struct str name, enum inspect_status *ret);

struct inspected {
    const char *media, *words; /* by content: "application/pdf", "PDF" */
    struct {
        enum inspect_status status;
        struct str why;
    } checks[INSPECT_CHECKS];
    struct str text; /* UTF-8; runs of white space are one space, or the end of a line where there is one among them */
    bool has_text;   /* its text could be taken out, all of it up to the limit; else nothing follows from what is in `text` */
    bool is_cut;     /* there was more */
    int64_t *days;   /* dates in the text, ascending, each once */
    size_t day_count;
    int64_t made_day; /* when the file says it was made; INT64_MIN: it does not say */
};

void inspect(struct arena *a, struct str name, struct str bytes, struct inspected *ret);

/* {"v","media","words","checks":[{"check","status","why"}],"text_digest":SHA-256 hex or "","text_size","cut","days":["2026-11-02"],"made":"" or a day},
 * and back (without the text). ERR_INVALID: not such an answer. */
struct json *inspected_json(struct arena *a, const struct inspected *found);
bool inspected_of_json(struct arena *a, const struct json *o, struct inspected *ret, struct str *ret_text_digest, struct err *e) MUST_USE;

/* Frames to the process that looks (role `inspect`): name, LF, bytes; and the answer of inspected_json, or why there is none ("!…"). INSPECT_FILE_TEXT: LF and
 * the text come behind the answer. INSPECT_SHEET: the answer is that of sheet_json. */
enum { INSPECT_FILE = 1, INSPECT_FOUND = 2, INSPECT_FILE_TEXT = 3, INSPECT_SHEET = 4 };

#endif
