#include "base/test.h"
#include "base/times.h"
#include "inspect/internal.h"
#include <zlib.h>

/* ---- made files ---- */

static struct arena *a;

static void setup(void)
{
    a = arena_new("test", 1 << 30);
}

static void teardown(void)
{
    arena_free(a);
}

static void le(struct buf *b, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        buf_char(b, (char)(i < 8 ? v >> (8 * i) : 0));
}

/* Raw deflate or with zlib's frame, over `size` times one byte or over a text. */
static struct str deflated(struct str plain, int window)
{
    z_stream s = {0};
    ck_assert_int_eq(deflateInit2(&s, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY), Z_OK);
    size_t max = deflateBound(&s, (uLong)plain.size);
    unsigned char *out = arena_alloc(a, max);
    s.next_in = (Bytef *)(uintptr_t)plain.data;
    s.avail_in = (uInt)plain.size;
    s.next_out = out;
    s.avail_out = (uInt)max;
    ck_assert_int_eq(deflate(&s, Z_FINISH), Z_STREAM_END);
    struct str done = str_make(out, s.total_out);
    deflateEnd(&s);
    return done;
}

struct member {
    const char *name;
    struct str plain;
    bool is_locked;
};

/* overlap: every entry of the directory names the first one's bytes. */
static struct str zipped(const struct member *members, size_t count, bool overlap)
{
    struct buf out, directory;
    buf_init(&out, 64 << 20);
    buf_init(&directory, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        struct str packed = deflated(members[i].plain, -15);
        uint32_t crc = (uint32_t)crc32(0, (const Bytef *)members[i].plain.data, (uInt)members[i].plain.size);
        size_t from = overlap && i ? 0 : out.size, name = strlen(members[i].name);
        for (int place = 0; place < 2; place++) {
            struct buf *b = place ? &directory : &out;
            if (!place && overlap && i)
                continue;
            le(b, place ? 0x02014b50 : 0x04034b50, 4);
            if (place)
                le(b, 20, 2);
            le(b, 20, 2);
            le(b, members[i].is_locked, 2);
            le(b, 8, 2);
            le(b, 0, 4);
            le(b, crc, 4);
            le(b, packed.size, 4);
            le(b, members[i].plain.size, 4);
            le(b, name, 2);
            le(b, 0, 2);
            if (place) {
                le(b, 0, 2 + 2 + 2 + 4);
                le(b, from, 4);
            }
            buf_cstr(b, members[i].name);
            if (!place)
                buf_str(b, packed);
        }
    }
    size_t at = out.size;
    buf_str(&out, buf_view(&directory));
    le(&out, 0x06054b50, 4);
    le(&out, 0, 4);
    le(&out, count, 2);
    le(&out, count, 2);
    le(&out, directory.size, 4);
    le(&out, at, 4);
    le(&out, 0, 2);
    struct str done = arena_str(a, buf_view(&out));
    buf_release(&out);
    buf_release(&directory);
    return done;
}

static struct str png(struct str behind)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    buf_append(&out, "\x89PNG\r\n\x1a\n", 8);
    static const unsigned char header[] = {'I', 'H', 'D', 'R', 0, 0, 0, 2, 0, 0, 0, 2, 8, 0, 0, 0, 0};
    struct str pixels = deflated(str_make("\0\1\2\0\3\4", 6), 15);
    struct str chunks[] = {str_make(header, sizeof(header)), arena_printf(a, "IDAT%.*s", 0, ""), STR("IEND")};
    char *data = arena_alloc(a, 4 + pixels.size);
    memcpy(data, "IDAT", 4);
    memcpy(data + 4, pixels.data, pixels.size);
    chunks[1] = str_make(data, 4 + pixels.size);
    for (size_t i = 0; i < 3; i++) {
        buf_u32be(&out, (uint32_t)(chunks[i].size - 4));
        buf_str(&out, chunks[i]);
        buf_u32be(&out, (uint32_t)crc32(0, (const Bytef *)chunks[i].data, (uInt)chunks[i].size));
    }
    buf_str(&out, behind);
    struct str done = arena_str(a, buf_view(&out));
    buf_release(&out);
    return done;
}

static struct str pdf(const char *catalog, struct str content, bool is_packed)
{
    struct str stream = is_packed ? deflated(content, 15) : content;
    struct buf out;
    buf_init(&out, 64 << 20);
    buf_printf(&out, "%%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R %s >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n", catalog);
    buf_printf(&out, "3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R >>\nendobj\n4 0 obj\n<< /Length %zu %s >>\nstream\n", stream.size, is_packed ? "/Filter /FlateDecode" : "");
    buf_str(&out, stream);
    buf_cstr(&out, "\nendstream\nendobj\n5 0 obj\n<< /CreationDate (D:20260131120000Z) >>\nendobj\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n");
    struct str done = arena_str(a, buf_view(&out));
    buf_release(&out);
    return done;
}

static struct inspected look(const char *name, struct str bytes)
{
    struct inspected found;
    inspect(a, str_of(name), bytes, &found);
    return found;
}

static void is(const struct inspected *found, enum inspect_check check, enum inspect_status status, const char *words)
{
    struct str why = found->checks[check].why;
    ck_assert_msg(found->checks[check].status == status && str_contains(why, words), "%s is %s: %.*s (wanted %s: %s)", inspect_check_name(check),
                  inspect_status_name(found->checks[check].status), STR_ARGS(why), inspect_status_name(status), words);
}

static const char PAGE[] = "BT /F1 12 Tf 72 700 Td (Access review of ) Tj (Q1, done on 2026-03-14) Tj ET";

/* ---- what is in order ---- */

START_TEST(files_in_order_pass_with_what_was_found)
{
    struct inspected p = look("review.pdf", pdf("", str_of(PAGE), true));
    is(&p, INSPECT_READABLE, INSPECT_PASS, "1 page");
    is(&p, INSPECT_TYPE, INSPECT_PASS, "PDF");
    is(&p, INSPECT_ONE, INSPECT_PASS, "");
    is(&p, INSPECT_ACTIVE, INSPECT_PASS, "");
    is(&p, INSPECT_EXPANSION, INSPECT_PASS, "");
    ck_assert(p.has_text && str_contains(p.text, "Access review of Q1, done on 2026-03-14"));
    ck_assert_uint_eq(p.day_count, 1);
    ck_assert_int_eq(p.made_day, day_of_date((struct date){2026, 1, 31}));
    struct inspected i = look("shot.png", png(STR("")));
    is(&i, INSPECT_READABLE, INSPECT_PASS, "2 × 2 pixels");
    is(&i, INSPECT_ONE, INSPECT_PASS, "");
    struct member docx[] = {{"[Content_Types].xml", STR("<Types/>"), false},
                            {"word/document.xml", STR("<w:document><w:p><w:r><w:t>Min</w:t></w:r><w:r><w:t>utes</w:t></w:r></w:p><w:p><w:t>of 3 May 2026 &amp; later</w:t></w:p></w:document>"), false},
                            {"docProps/core.xml", STR("<dcterms:modified xsi:type=\"x\">2026-05-04T10:00:00Z</dcterms:modified>"), false}};
    struct inspected d = look("minutes.docx", zipped(docx, 3, false));
    is(&d, INSPECT_READABLE, INSPECT_PASS, "parts");
    is(&d, INSPECT_TYPE, INSPECT_PASS, "Word document");
    ck_assert(str_is(d.text, "Minutes\nof 3 May 2026 & later"));
    ck_assert_int_eq(d.made_day, day_of_date((struct date){2026, 5, 4}));
    struct inspected c = look("users.csv", STR("name,role\r\nann,admin\r\n"));
    is(&c, INSPECT_READABLE, INSPECT_PASS, "2 rows, 2 columns");
    struct inspected j = look("users.json", STR("{\"users\":[1,2]}"));
    is(&j, INSPECT_READABLE, INSPECT_PASS, "well-formed");
}
END_TEST

START_TEST(what_is_empty_is_said_to_be)
{
    struct member none[] = {{"word/document.xml", STR("<w:document><w:body/></w:document>"), false}};
    struct inspected f = look("a.txt", STR(""));
    is(&f, INSPECT_CONTENT, INSPECT_PROBLEM, "0 bytes");
    f = look("a.txt", STR(" \n\t "));
    is(&f, INSPECT_CONTENT, INSPECT_PROBLEM, "blanks");
    f = look("a.csv", STR("name,role\r\n"));
    is(&f, INSPECT_CONTENT, INSPECT_PROBLEM, "no rows");
    f = look("a.json", STR("[ ]"));
    is(&f, INSPECT_CONTENT, INSPECT_PROBLEM, "empty list");
    f = look("a.docx", zipped(none, 1, false));
    is(&f, INSPECT_CONTENT, INSPECT_PROBLEM, "nothing in it");
    f = look("a.zip", zipped(none, 0, false));
    is(&f, INSPECT_CONTENT, INSPECT_PROBLEM, "without a file");
}
END_TEST

/* ---- what cannot be read ---- */

START_TEST(locked_and_broken_files_are_unreadable_and_say_why)
{
    struct member locked[] = {{"a.txt", STR("secret"), true}};
    struct inspected f = look("a.zip", zipped(locked, 1, false));
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "encrypted");
    f = look("a.pdf", pdf("/Encrypt 9 0 R", str_of(PAGE), true));
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "encrypted");
    ck_assert(!f.has_text);
    struct str whole = pdf("", str_of(PAGE), true);
    f = look("a.pdf", str_slice(whole, 0, whole.size - 30));
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "cut off");
    struct str image = png(STR(""));
    f = look("a.png", str_slice(image, 0, image.size - 6));
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "cut off");
    char *bytes = arena_strndup(a, image.data, image.size);
    bytes[17]++;
    f = look("a.png", str_make(bytes, image.size));
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "checksum");
    struct member text[] = {{"a.txt", STR("aaaaaaaaaaaaaaaaaaaaaaaaaa"), false}};
    struct str archive = zipped(text, 1, false);
    f = look("a.zip", str_slice(archive, 0, archive.size - 10));
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "cut off");
    bytes = arena_strndup(a, archive.data, archive.size);
    bytes[14]++; /* the local header's CRC is not what counts; the directory's is */
    bytes[archive.size - 22 - 51 + 16]++;
    f = look("a.zip", str_make(bytes, archive.size));
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "damaged");
    static const char package[] = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0....";
    f = look("a.xlsx", str_make(package, sizeof(package)));
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "password");
    f = look("a.7z", STR("7z\xbc\xaf\x27\x1c......"));
    is(&f, INSPECT_READABLE, INSPECT_UNKNOWN, "not read here");
}
END_TEST

START_TEST(a_name_that_lies_is_found_by_the_bytes)
{
    struct inspected f = look("minutes.pdf", png(STR("")));
    is(&f, INSPECT_TYPE, INSPECT_PROBLEM, "another kind: PNG image");
    f = look("shot.png", STR("<html><script>alert(1)</script></html>"));
    is(&f, INSPECT_TYPE, INSPECT_PROBLEM, "HTML page");
    is(&f, INSPECT_ACTIVE, INSPECT_PROBLEM, "<script");
    f = look("report.txt", STR("MZ\x90\0\3"));
    is(&f, INSPECT_TYPE, INSPECT_PROBLEM, "program");
    is(&f, INSPECT_ACTIVE, INSPECT_PROBLEM, "program");
    f = look("invoice.exe", STR("hello"));
    is(&f, INSPECT_TYPE, INSPECT_PROBLEM, "program");
    f = look("export", STR("hello"));
    is(&f, INSPECT_TYPE, INSPECT_UNKNOWN, "does not say");
    struct member zip[] = {{"a.txt", STR("x"), false}};
    f = look("a.docx", zipped(zip, 1, false));
    is(&f, INSPECT_TYPE, INSPECT_PROBLEM, "ZIP archive");
}
END_TEST

/* ---- what is hostile ---- */

START_TEST(one_file_that_is_two_formats_is_a_problem)
{
    struct member text[] = {{"a.txt", STR("x"), false}};
    struct str archive = zipped(text, 1, false);
    struct inspected f = look("a.png", png(archive));
    is(&f, INSPECT_ONE, INSPECT_PROBLEM, "ZIP archive");
    struct str document = pdf("", str_of(PAGE), true);
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_str(&b, document);
    buf_str(&b, archive);
    f = look("a.pdf", buf_view(&b));
    is(&f, INSPECT_ONE, INSPECT_PROBLEM, "");
    buf_clear(&b);
    buf_cstr(&b, "GIF89a");
    buf_str(&b, document);
    f = look("a.gif", buf_view(&b));
    is(&f, INSPECT_ONE, INSPECT_PROBLEM, "PDF as well");
    is(&f, INSPECT_READABLE, INSPECT_PROBLEM, "");
    buf_clear(&b);
    buf_cstr(&b, "<html><body>something before</body>");
    buf_str(&b, document);
    f = look("a.pdf", buf_view(&b));
    is(&f, INSPECT_ONE, INSPECT_PROBLEM, "stand before the PDF");
    buf_clear(&b);
    buf_cstr(&b, "stub");
    buf_str(&b, archive);
    f = look("a.zip", buf_view(&b));
    ck_assert(f.checks[INSPECT_ONE].status == INSPECT_PROBLEM);
    buf_release(&b);
}
END_TEST

START_TEST(macros_scripts_and_programs_are_found_however_they_are_written)
{
    struct member macros[] = {{"xl/workbook.xml", STR("<workbook/>"), false}, {"xl/sharedStrings.xml", STR("<t>a</t>"), false}, {"xl/vbaProject.bin", STR("x"), false}};
    struct inspected f = look("a.xlsm", zipped(macros, 3, false));
    is(&f, INSPECT_ACTIVE, INSPECT_PROBLEM, "macros");
    struct member outside[] = {{"word/document.xml", STR("<w:t>a</w:t>"), false},
                               {"word/_rels/settings.xml.rels", STR("<Relationship Type=\"x/attachedTemplate\" Target=\"http://evil.example/t.dotm\" TargetMode=\"External\"/>"), false}};
    f = look("a.docx", zipped(outside, 2, false));
    is(&f, INSPECT_ACTIVE, INSPECT_PROBLEM, "from elsewhere");
    f = look("a.pdf", pdf("/OpenAction << /S /J#61vaScript /JS (app.alert\\(1\\)) >>", str_of(PAGE), false));
    is(&f, INSPECT_ACTIVE, INSPECT_PROBLEM, "JavaScript");
    struct str objects = deflated(STR("7 0 << /S /Launch /F (cmd.exe) >> << /Type /Page >>"), 15);
    struct str hidden = arena_printf(a, "%%PDF-1.7\n1 0 obj\n<< /Type /ObjStm /Filter /FlateDecode /Length %zu >>\nstream\n", objects.size);
    struct buf b;
    buf_init(&b, 1 << 20);
    buf_str(&b, hidden);
    buf_str(&b, objects);
    buf_cstr(&b, "\nendstream\nendobj\nstartxref\n9\n%%EOF\n");
    f = look("a.pdf", buf_view(&b));
    is(&f, INSPECT_ACTIVE, INSPECT_PROBLEM, "Launch");
    is(&f, INSPECT_READABLE, INSPECT_PASS, "1 page");
    buf_release(&b);
    struct member program[] = {{"../../etc/run.exe", STR("x"), false}};
    f = look("a.zip", zipped(program, 1, false));
    is(&f, INSPECT_ACTIVE, INSPECT_PROBLEM, "program");
}
END_TEST

START_TEST(bombs_cost_no_more_than_the_limits)
{
    size_t size = 64 << 20;
    char *zeros = arena_alloc(a, size);
    struct member bomb[] = {{"zeros.txt", {zeros, size}, false}};
    struct inspected f = look("a.zip", zipped(bomb, 1, false));
    is(&f, INSPECT_EXPANSION, INSPECT_PROBLEM, "bomb");
    ck_assert(f.checks[INSPECT_READABLE].status != INSPECT_PASS);
    struct member over[] = {{"a", {zeros, 1 << 20}, false}, {"b", {zeros, 1 << 20}, false}, {"c", {zeros, 1 << 20}, false}};
    over[1].name = over[2].name = "a";
    f = look("a.zip", zipped(over, 3, true));
    is(&f, INSPECT_EXPANSION, INSPECT_PROBLEM, "overlap");
    struct member sheet[] = {{"xl/workbook.xml", STR("<workbook/>"), false}, {"xl/worksheets/sheet1.xml", {zeros, size}, false}};
    f = look("a.xlsx", zipped(sheet, 2, false));
    ck_assert(f.checks[INSPECT_READABLE].status == INSPECT_PROBLEM || f.checks[INSPECT_EXPANSION].status == INSPECT_PROBLEM);
    f = look("a.pdf", pdf("", str_make(zeros, size), true));
    ck_assert(f.checks[INSPECT_EXPANSION].status != INSPECT_PASS || !f.has_text);
    struct member inner[] = {{"inner.zip", STR("x"), false}};
    f = look("a.zip", zipped(inner, 1, false));
    is(&f, INSPECT_READABLE, INSPECT_UNKNOWN, "not opened");
}
END_TEST

/* ---- text and dates ---- */

START_TEST(dates_are_read_as_written_and_doubtful_ones_left_out)
{
    static const char text[] = "2026-11-02, 03.11.2026; 11/24/2026 and 25/11/2026; 3rd of nothing; 1st December 2026, Dec 2, 2026; 4 Sept. 2026. "
                               "Not: 1.2.3.2026, 2026-13-01, 2026-02-30, 05/06/2026, 12345-11-02, 10.0.11.2026, v2.11.2026a May";
    int64_t *days;
    size_t count;
    dates_find(a, STR(text), &days, &count);
    const char *wanted[] = {"2026-09-04", "2026-11-02", "2026-11-03", "2026-11-24", "2026-11-25", "2026-12-01", "2026-12-02"};
    for (size_t i = 0; i < count && i < 7; i++)
        ck_assert_msg(str_is(day_text(a, days[i]), wanted[i]), "%s, not %s", day_text(a, days[i]).data, wanted[i]);
    ck_assert_uint_eq(count, 7);
}
END_TEST

START_TEST(an_answer_reads_back_and_a_wrong_one_is_refused)
{
    struct inspected f = look("a.txt", STR("\xff\xfeO\0k\0 \0\xe9\0")), again;
    struct str digest;
    struct err e = {0};
    ck_assert(str_is(f.text, "Ok \xc3\xa9"));
    struct json *o = inspected_json(a, &f);
    ck_assert(inspected_of_json(a, o, &again, &digest, &e));
    ck_assert(again.checks[INSPECT_READABLE].status == f.checks[INSPECT_READABLE].status && digest.size == 64);
    ck_assert(!inspected_of_json(a, json_object(a), &again, &digest, &e));
    f = look("a\xff.txt", STR("\x1b[31mbad \xff\xfe name"));
    for (int i = 0; i < INSPECT_CHECKS; i++)
        ck_assert(str_is_utf8(f.checks[i].why));
}
END_TEST

TEST_MAIN_WITH("inspect", setup, teardown, files_in_order_pass_with_what_was_found, what_is_empty_is_said_to_be, locked_and_broken_files_are_unreadable_and_say_why,
               a_name_that_lies_is_found_by_the_bytes, one_file_that_is_two_formats_is_a_problem, macros_scripts_and_programs_are_found_however_they_are_written,
               bombs_cost_no_more_than_the_limits, dates_are_read_as_written_and_doubtful_ones_left_out, an_answer_reads_back_and_a_wrong_one_is_refused)
