/* The cells of workbooks: what stands where, and what is refused with its reason. */
#include "base/test.h"
#include "inspect/sheet.h"
#include "inspect/sheet_parts.h"

static struct arena *arena;
static struct buf parts, zipped;
static struct sheet sheet;
static struct err e;

#define RELS "<Relationships><Relationship Id='rId1' Target='worksheets/sheet1.xml'/><Relationship Id='rId2' Target='/xl/worksheets/sheet2.xml'/></Relationships>"
#define BOOK "<workbook><sheets><sheet name='Hidden' state='hidden' r:id='rId1'/><sheet name='A &amp; B' r:id='rId2'/></sheets></workbook>"

static void setup(void)
{
    arena = arena_new("sheet_test", 256 << 20);
    e = (struct err){0};
    buf_init(&parts, 64 << 20);
    buf_init(&zipped, 64 << 20);
    ck_assert(gunzip_prepare(&e));
}

static void teardown(void)
{
    buf_release(&parts);
    buf_release(&zipped);
    arena_free(arena);
}

static void part(const char *name, const char *text)
{
    buf_printf(&parts, "%s\n%zu\n", name, strlen(text));
    buf_cstr(&parts, text);
}

static bool read_it(void)
{
    parts_zip(&zipped, buf_view(&parts));
    return sheet_cells_read(arena, buf_view(&zipped), &sheet, &e);
}

static bool read_rows(const char *rows)
{
    part("xl/workbook.xml", BOOK);
    part("xl/_rels/workbook.xml.rels", RELS);
    part("xl/sharedStrings.xml", "<sst><si><t>Id</t></si><si><r><t>Re</t></r><r><t>quest </t></r><rPh><t>spoken</t></rPh></si><si/></sst>");
    part("xl/styles.xml", "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='dd/mm/yyyy'/><numFmt numFmtId='171' formatCode='0.0&quot;days&quot;'/></numFmts>"
                          "<cellXfs><xf numFmtId='0'/><xf numFmtId='14'/><xf numFmtId='170'/><xf numFmtId='171'/></cellXfs></styleSheet>");
    part("xl/worksheets/sheet2.xml", rows);
    return read_it();
}

static void cell_is(size_t row, size_t column, const char *text)
{
    struct str cell = sheet_cell(&sheet, row, column);
    ck_assert_msg(str_is(cell, text), "row %zu, column %zu: '%.*s', not '%s'", row, column, STR_ARGS(cell), text);
}

START_TEST(texts_days_numbers_and_answers_are_where_they_stand)
{
    ck_assert_msg(read_rows("<worksheet><sheetData><row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' t='s'><v>1</v></c></row>"
                            "<row r='3'><c r='A3' t='inlineStr'><is><t>R&#233;q &lt;1&gt;</t></is></c><c r='B3' s='1'><v>46000</v></c><c r='C3' s='2'><v>46000.4375</v></c>"
                            "<c s='3'><v>12.5</v></c><c r='E3' t='b'><v>1</v></c><c r='F3' t='e'><v>#N/A</v></c><c r='G3' t='str'><f>A1</f><v>Id</v></c><c r='H3'/></row></sheetData></worksheet>"),
                  "%s", e.text);
    ck_assert(str_is(sheet.name, "A & B") && sheet.sheets == 2 && sheet.rows == 3 && sheet.columns == 7);
    cell_is(0, 0, "Id");
    cell_is(0, 1, "Request ");
    cell_is(1, 0, "");
    cell_is(2, 0, "R\xc3\xa9q <1>");
    cell_is(2, 1, "2025-12-09");
    cell_is(2, 2, "2025-12-09T10:30:00");
    cell_is(2, 3, "12.5");
    cell_is(2, 4, "TRUE");
    cell_is(2, 5, "#N/A");
    cell_is(2, 6, "Id");
    cell_is(9, 9, "");
}
END_TEST

START_TEST(what_is_broken_or_too_much_is_refused_with_its_reason)
{
    static const struct {
        const char *rows, *why;
    } cases[] = {{"<row r='20001'><c r='A20001'><v>1</v></c></row>", "20000 rows"},
                 {"<row><c r='ZZZ1'><v>1</v></c></row>", "200 columns"},
                 {"<row><c t='s'><v>3</v></c></row>", "names a text that is not there"},
                 {"<row><c t='s'><v>-1</v></c></row>", "names a text that is not there"},
                 {"<row><c r='A1'><v>1</v>", "cut off"},
                 {"<row><c t='inlineStr'><is><t>x", "cut off"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        teardown();
        setup();
        ck_assert(!read_rows(cases[i].rows));
        ck_assert_msg(strstr(e.text, cases[i].why) != NULL, "%s: %s", cases[i].rows, e.text);
    }
}
END_TEST

START_TEST(what_is_no_workbook_is_said_to_be_none)
{
    ck_assert(!sheet_cells_read(arena, STR("Id,Request\n"), &sheet, &e) && e.code == ERR_INVALID);
    ck_assert(!sheet_cells_read(arena, STR("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), &sheet, &e) && e.code == ERR_UNSUPPORTED);
    part("xl/workbook.xml", BOOK);
    ck_assert(!read_it() && strstr(e.text, "missing") != NULL);
}
END_TEST

START_TEST(a_place_has_a_row_and_a_column)
{
    size_t row, column;
    ck_assert(sheet_place(STR("A1"), &row, &column) && row == 1 && column == 1);
    ck_assert(sheet_place(STR("AB12"), &row, &column) && row == 12 && column == 28);
    ck_assert(!sheet_place(STR("12"), &row, &column) && !sheet_place(STR("A"), &row, &column) && !sheet_place(STR("A0"), &row, &column) && !sheet_place(STR(""), &row, &column));
}
END_TEST

TEST_MAIN_WITH("sheet", setup, teardown, texts_days_numbers_and_answers_are_where_they_stand, what_is_broken_or_too_much_is_refused_with_its_reason,
               what_is_no_workbook_is_said_to_be_none, a_place_has_a_row_and_a_column)
