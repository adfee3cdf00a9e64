#include "print/print.h"

#include "base/test.h"
#include "base/times.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena *a;
static void setup(void) { a = arena_new("test", 512 << 20); }
static void teardown(void) { arena_free(a); }

static struct str printed(const struct json *d)
{
    struct buf out BUF_AUTO;
    struct err e = {0};
    buf_init(&out, PRINT_PDF_BYTES);
    ck_assert_msg(print_pdf(d, &out, &e), "%s", e.text);
    return arena_str(a, buf_view(&out));
}

/* What a program of poppler says of it, with the file's name for "FILE". Empty: it is not installed. */
static struct str said(const char *const *command, struct str pdf)
{
    char path[] = "/tmp/assay-print-XXXXXX", *arguments[8] = {0};
    struct buf out BUF_AUTO;
    int ends[2], fd = mkstemp(path);
    buf_init(&out, 32 << 20);
    ck_assert(fd >= 0 && pipe(ends) == 0);
    ck_assert_int_eq(write(fd, pdf.data, pdf.size), (ssize_t)pdf.size);
    close(fd);
    for (int i = 0; command[i]; i++)
        arguments[i] = strcmp(command[i], "FILE") == 0 ? path : arena_strndup(a, command[i], strlen(command[i]));
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], 1);
        execvp(arguments[0], arguments);
        _exit(127);
    }
    close(ends[1]);
    char piece[4096];
    for (ssize_t n; (n = read(ends[0], piece, sizeof(piece))) > 0;)
        buf_append(&out, piece, (size_t)n);
    close(ends[0]);
    waitpid(child, NULL, 0);
    unlink(path);
    return arena_str(a, buf_view(&out));
}

#define TEXT(pdf) said((const char *const[]){"pdftotext", "-layout", "FILE", "-", NULL}, pdf)
#define INFO(pdf) said((const char *const[]){"pdfinfo", "FILE", NULL}, pdf)
#define TAGS(pdf) said((const char *const[]){"pdfinfo", "-struct-text", "FILE", NULL}, pdf)

/* Without poppler-utils what is read back is not looked at. */
static bool has_poppler(void)
{
    return access("/usr/bin/pdftotext", X_OK) == 0 && access("/usr/bin/pdfinfo", X_OK) == 0;
}

static struct json *document(void)
{
    return print_document(a, STR("Access review"), INT64_C(1764000000000));
}

static int64_t pages(struct str pdf)
{
    struct str info = INFO(pdf);
    ptrdiff_t at = str_find(info, STR("Pages:"));
    int64_t n = -1;
    struct str rest = str_slice(info, (size_t)at + 6, info.size), line;
    ck_assert(str_next_line(&rest, &line) && str_to_int64(str_trim(line), &n));
    return n;
}

START_TEST(a_text_can_be_read_back_with_its_tags_language_and_day)
{
    if (!has_poppler())
        return;
    struct json *d = document();
    json_put_int(d, "contents", 2);
    print_heading(d, 1, STR("What was looked at"), STR("looked"));
    print_paragraph(d, STR("All accounts of the directory, with efficient offices."));
    struct json *t = print_table(d, STR("Accounts"));
    print_column(t, STR("Name"), "", 0);
    print_column(t, STR("Rights"), "right", 0);
    struct json *row = print_row(t);
    json_push_str(row, STR("ann"));
    json_push_str(row, STR("administrator of everything"));
    struct json *list = json_put_array(print_block(d, "list"), "items");
    json_push_str(list, STR("first"));
    struct str pdf = printed(d), text = TEXT(pdf), info = INFO(pdf), tags = TAGS(pdf);
    ck_assert(str_starts(pdf, "%PDF-1.7"));
    ck_assert(str_contains(text, "What was looked at") && str_contains(text, "efficient offices") && str_contains(text, "administrator of everything"));
    ck_assert(str_contains(text, "1 of 2") && str_contains(text, "2 of 2") && str_contains(text, "Contents"));
    ck_assert(str_contains(info, "Tagged:          yes") && str_contains(info, "Title:           Access review") && str_contains(info, "Nov 24 16:00:00 2025"));
    ck_assert(str_contains(pdf, "/Lang (en)") && str_contains(pdf, "/DisplayDocTitle true"));
    const char *const wanted[] = {"Document", "H1", "P (block)", "Table", "TR", "TH", "TD", "L (block)", "LI (block)", "Lbl", "LBody", "TOC", "TOCI", "Link"};
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
        ck_assert_msg(str_contains(tags, wanted[i]), "%s", wanted[i]);
}
END_TEST

/* Which page, from 1, holds the words; 0: none. */
static int page_with(struct str text, const char *words)
{
    ptrdiff_t at = str_find(text, str_of(words));
    int page = at < 0 ? 0 : 1;
    for (ptrdiff_t i = 0; i < at; i++)
        page += text.data[i] == '\f';
    return page;
}

START_TEST(a_heading_stands_with_the_first_row_of_its_table_and_facts_stay_together)
{
    if (!has_poppler())
        return;
    for (int lines = 24; lines < 44; lines += 2) {
        struct json *d = document();
        for (int i = 0; i < lines; i++)
            print_paragraph(d, STR("Filler."));
        print_heading(d, 2, STR("Heading of it"), STR("it"));
        struct json *t = print_table(d, STR("Caption of it"));
        print_column(t, STR("Id"), "", 3);
        print_column(t, STR("Words"), "", 30);
        struct json *row = print_row(t);
        json_push_str(row, STR("COM-0001"));
        json_push_str(row, STR("First row that is high.\n\n\n\n\n\n\nIts end."));
        struct json *facts = print_block(d, "facts");
        print_fact(facts, STR("First fact"), STR("a"));
        print_fact(facts, STR("Second fact"), STR("b"));
        print_fact(facts, STR("Last fact"), STR("c"));
        struct str text = TEXT(printed(d));
        ck_assert_int_gt(page_with(text, "Heading of it"), 0);
        ck_assert_int_eq(page_with(text, "Heading of it"), page_with(text, "Its end."));
        ck_assert_int_eq(page_with(text, "Caption of it"), page_with(text, "Its end."));
        ck_assert_int_eq(page_with(text, "First fact"), page_with(text, "Last fact"));
        ck_assert_int_gt(page_with(text, "COM-0001"), 0);
    }
}
END_TEST

START_TEST(the_same_document_gives_the_same_bytes)
{
    struct json *d = document();
    for (int i = 0; i < 40; i++) {
        print_heading(d, 1 + i % 3, STR("Part"), STR(""));
        print_paragraph(d, STR("Some words that stand here, and some more of them, so that the lines are broken."));
    }
    ck_assert(str_equal(printed(d), printed(d)));
}
END_TEST

START_TEST(the_head_of_a_table_stands_on_every_page_and_rows_stay_whole)
{
    if (!has_poppler())
        return;
    struct json *d = document(), *t = print_table(d, STR(""));
    print_column(t, STR("HEADING"), "", 0);
    print_column(t, STR("What"), "", 0);
    for (int i = 0; i < 200; i++) {
        struct json *row = print_row(t);
        json_push_str(row, arena_printf(a, "begin%03d\nend%03d", i, i));
        json_push_str(row, STR("x"));
    }
    struct str pdf = printed(d), text = TEXT(pdf);
    int64_t n = pages(pdf), heads = 0;
    for (struct str rest = text; str_find(rest, STR("HEADING")) >= 0; heads++)
        rest = str_slice(rest, (size_t)str_find(rest, STR("HEADING")) + 7, rest.size);
    ck_assert_int_gt(n, 4);
    ck_assert_int_eq(heads, n);
    struct str page;
    for (struct str rest = text; rest.size > 0;) {
        str_cut(&rest, '\f', &page);
        for (int i = 0; i < 200; i++)
            ck_assert_int_eq(str_contains(page, arena_printf(a, "begin%03d", i).data), str_contains(page, arena_printf(a, "end%03d", i).data));
    }
}
END_TEST

START_TEST(a_narrow_column_keeps_its_words_whole_and_the_widest_gives_way)
{
    if (!has_poppler())
        return;
    struct json *d = document(), *t = print_table(d, STR(""));
    static const char *const names[] = {"Control", "Title", "Applies", "Why", "State", "Owner", "In force from", "Kind", "Class", "Review"};
    for (size_t i = 0; i < 10; i++)
        print_column(t, str_of(names[i]), "", i == 1 ? 22 : i == 3 ? 26 : 0);
    for (int n = 0; n < 200; n++) {
        struct json *row = print_row(t);
        const char *const cells[] = {"GOV-01", "Integrity of everybody", "yes", "because of an unreasonably-long-word-that-nobody-would-miss-if-it-were-broken", "Failing", n == 33 ? "Denholm" : "Ann", "2025-11-24", "document", "confidential", "2026-11-24"};
        for (size_t i = 0; i < 10; i++)
            json_push_str(row, str_of(cells[i]));
    }
    struct str text = TEXT(printed(d));
    const char *const wanted[] = {"GOV-01", "Control", "Integrity", "everybody", "Applies", "Failing", "Denholm", "2025-11-24", "document", "confidential", "2026-11-24"};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        ck_assert_msg(str_contains(text, wanted[i]), "%s is broken", wanted[i]);
}
END_TEST

START_TEST(nothing_of_a_long_text_or_row_is_lost)
{
    if (!has_poppler())
        return;
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 12000; i++)
        buf_printf(&b, "w%05d ", i);
    struct json *d = document(), *t;
    print_paragraph(d, arena_str(a, buf_view(&b)));
    t = print_table(d, STR(""));
    print_column(t, STR("A"), "", 0);
    print_column(t, STR("B"), "", 0);
    struct json *row = print_row(t);
    json_push_str(row, arena_str(a, str_slice(buf_view(&b), 0, 20000)));
    json_push_str(row, STR("short"));
    struct str text = TEXT(printed(d));
    for (int i = 0; i < 12000; i += 7)
        ck_assert_msg(str_contains(text, arena_printf(a, "w%05d", i).data), "w%05d", i);
}
END_TEST

START_TEST(hostile_text_does_no_harm)
{
    struct json *d = document();
    print_heading(d, 1, STR("\x01\x02<script>\xff\xfe'\\)(%PDF-1.4 endobj"), STR("x'\\"));
    print_paragraph(d, STR("abc\xe2\x80\xae" "fed \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d \xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 \xf0\x9f\x98\x80 \xef\xbf\xbf \x1b[31m"));
    struct buf b BUF_AUTO;
    buf_init(&b, 1 << 20);
    for (int i = 0; i < 9000; i++)
        buf_cstr(&b, "\xcc\x81"); /* marks that pile up */
    print_paragraph(d, arena_str(a, buf_view(&b)));
    struct json *p = print_block(d, "paragraph"), *run = json_push_object(json_put_array(p, "text"));
    json_put_cstr(run, "text", "click");
    json_put_cstr(run, "link", "javascript:alert(1)");
    run = json_push_object((struct json *)(uintptr_t)json_get(p, "text"));
    json_put_cstr(run, "text", "there");
    json_put_cstr(run, "link", "https://example.org/' uri='file:///etc/passwd");
    struct str pdf = printed(d);
    ck_assert(!str_contains(pdf, "javascript:") && !str_contains(pdf, "/etc/passwd") && !str_contains(pdf, "/URI"));
    if (!has_poppler())
        return;
    struct str text = TEXT(pdf);
    ck_assert(!str_contains(text, "\xe2\x80\xae") && !str_contains(text, "\x1b") && str_contains(text, "script"));
}
END_TEST

static void refused(struct json *d, enum err_code code, const char *words)
{
    struct buf out BUF_AUTO;
    struct err e = {0};
    buf_init(&out, PRINT_PDF_BYTES);
    ck_assert(!print_pdf(d, &out, &e));
    ck_assert_int_eq(e.code, code);
    ck_assert_msg(strstr(e.text, words), "%s", e.text);
}

START_TEST(what_is_wrong_is_named)
{
    struct json *d = document();
    print_block(d, "picture");
    refused(d, ERR_INVALID, "block 1: block: there is no type \"picture\"");
    d = document();
    print_table(d, STR("no columns"));
    refused(d, ERR_INVALID, "1 to 24 columns");
    d = document();
    struct json *t = print_table(d, STR(""));
    print_column(t, STR("A"), "", 0);
    char *big = arena_alloc(a, PRINT_TEXT_BYTES + 10);
    memset(big, 'x', PRINT_TEXT_BYTES + 9);
    json_push_str(print_row(t), str_of(big));
    refused(d, ERR_TOO_LARGE, "a text is over 32 KiB");
    refused(json_object(a), ERR_INVALID, "title and body");
}
END_TEST

TEST_MAIN_WITH("print", setup, teardown, a_heading_stands_with_the_first_row_of_its_table_and_facts_stay_together, a_text_can_be_read_back_with_its_tags_language_and_day, the_same_document_gives_the_same_bytes,
               the_head_of_a_table_stands_on_every_page_and_rows_stay_whole, a_narrow_column_keeps_its_words_whole_and_the_widest_gives_way, nothing_of_a_long_text_or_row_is_lost, hostile_text_does_no_harm, what_is_wrong_is_named)
