/* qr.c - a QR code (ISO/IEC 18004) as one path, for pages to show without asking anybody: by libqrencode, where it is installed. */
#include "os/library.h"
#include "web/accounts/accounts.h"
#include <qrencode.h>

enum { QUIET = 4 /* light modules around it, as the standard wants */ };

#define QR_FUNCTIONS(F) F(QRcode_, encodeString8bit) F(QRcode_, free)
static struct {
    QR_FUNCTIONS(LIBRARY_POINTER)
} qr;
static const char *const qr_names[] = {QR_FUNCTIONS(LIBRARY_NAME)};
static struct library qr_library = LIBRARY("libqrencode.so.4", "libqrencode4", qr_names, qr);

bool qr_prepare(struct err *e)
{
    return library_open(&qr_library, e);
}

/* Dark modules of a row that lie side by side are one rectangle. */
static void row_write(struct buf *b, const unsigned char *row, int width, int y)
{
    for (int x = 0, n; x < width; x += n) {
        bool is_dark = row[x] & 1;
        for (n = 1; x + n < width && (row[x + n] & 1) == is_dark; n++)
            continue;
        if (is_dark)
            buf_printf(b, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, n, n);
    }
}

void put_qr(struct call *c, struct json *view, struct str text)
{
    struct err ignored = {0};
    QRcode *code = library_open(&qr_library, &ignored) ? qr.encodeString8bit(arena_str(c->arena, text).data, 0, QR_ECLEVEL_M) : NULL;
    if (!code) {
        json_put_null(view, "qr"); /* then the key is typed */
        return;
    }
    struct buf BUF_AUTO b;
    buf_init(&b, 256 << 10);
    for (int y = 0; y < code->width; y++)
        row_write(&b, code->data + (size_t)y * (size_t)code->width, code->width, y);
    struct json *o = json_put_object(view, "qr");
    json_put_int(o, "size", code->width + 2 * QUIET);
    json_put_str(o, "path", arena_str(c->arena, buf_view(&b)));
    memory_wipe(code->data, (size_t)code->width * (size_t)code->width);
    qr.free(code);
}
