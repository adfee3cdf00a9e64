/* ask.c - hands a document to the process that prints. */
#include "os/ipc.h"
#include "print/print.h"

enum { SEND_TIME_MS = 30000 };

bool print_ask(int fd, struct arena *a, const struct json *document, struct str *ret_pdf, struct err *e)
{
    struct buf BUF_AUTO text;
    struct ipc_message m;
    buf_init(&text, PRINT_DOCUMENT_BYTES);
    json_write(&text, document);
    if (text.full)
        return err_set(e, ERR_TOO_LARGE, "document: over %d MiB", PRINT_DOCUMENT_BYTES >> 20);
    struct str body = buf_view(&text), code;
    if (!ipc_send(fd, PRINT_DOCUMENT, &body, 1, SEND_TIME_MS, e) || !ipc_receive(fd, PRINT_PDF_BYTES + 1024, PRINT_TIME_MS, &m, NULL, e))
        return err_wrap(e, "print");
    struct str answer = arena_str(a, buf_view(&m.body));
    buf_release(&m.body);
    if (m.type == PRINT_DONE) {
        *ret_pdf = answer;
        return true;
    }
    if (!str_cut(&answer, '\n', &code))
        return err_set(e, ERR_INTERNAL, "print: no answer");
    return err_set(e, err_code_from_name(arena_str(a, code).data), "%.*s", STR_ARGS(str_slice(answer, 0, 400)));
}
