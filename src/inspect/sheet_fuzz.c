/* The cells of a workbook. The input is one as it is, or, where the first byte says so, the parts of one (each "NAME LF size LF bytes"), zipped here: so that
 * a fuzzer reaches the XML without having to find a CRC. */
#include "../../fuzz/target.h"
#include "inspect/sheet.h"
#include "inspect/sheet_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err e = {0};
    struct sheet s;
    struct buf BUF_AUTO zipped = {0};
    if (size == 0 || !gunzip_prepare(&e))
        return 0;
    struct arena *a = arena_new("fuzz", 512 << 20);
    struct str bytes = str_make(data + 1, size - 1);
    buf_init(&zipped, 8 << 20);
    if (data[0] == '1') {
        parts_zip(&zipped, bytes);
        bytes = buf_view(&zipped);
    }
    if (sheet_cells_read(a, bytes, &s, &e)) {
        size_t total = 0;
        assert(s.rows <= SHEET_ROWS_MAX && s.columns <= SHEET_COLUMNS_MAX);
        for (size_t i = 0; i < s.rows; i++)
            for (size_t k = 0; k < s.columns; k++) {
                struct str cell = sheet_cell(&s, i, k);
                assert(cell.size <= SHEET_CELL_BYTES && str_is_utf8(cell));
                total += cell.size;
            }
        assert(total <= (size_t)SHEET_CELLS_MAX * SHEET_CELL_BYTES);
        struct buf BUF_AUTO text;
        buf_init(&text, 64 << 20);
        json_write(&text, sheet_json(a, &s));
    } else {
        assert(e.code != ERR_NONE && e.text[0]);
    }
    arena_free(a);
    return 0;
}
