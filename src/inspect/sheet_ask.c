/* sheet_ask.c - hands a workbook to the process that looks at files. */
#include "inspect/inspect.h"
#include "inspect/sheet.h"
#include "os/ipc.h"

enum { SEND_TIME_MS = 30000, LOOK_TIME_MS = 40000 };

struct json *sheet_ask(int fd, struct arena *a, struct str bytes, struct err *e)
{
    struct str parts[] = {STR("import.xlsx\n"), bytes};
    struct ipc_message m;
    if (!ipc_send(fd, INSPECT_SHEET, parts, 2, SEND_TIME_MS, e) || !ipc_receive(fd, SHEET_JSON_BYTES, LOOK_TIME_MS, &m, NULL, e))
        return err_wrap(e, "inspect"), NULL;
    struct str answer = arena_str(a, buf_view(&m.body));
    buf_release(&m.body);
    if (str_starts(answer, "!"))
        return err_set(e, ERR_INVALID, "%.*s", STR_ARGS(str_slice(answer, 1, 400))), NULL;
    return json_parse(a, answer, (struct json_limits){.depth_max = 5, .nodes_max = 5 * SHEET_CELLS_MAX}, e);
}
