/*
 * inspect.c - looks at files that somebody uploaded. This process parses nothing: it takes one file after the other from who asks and gives each to a
 * child of its own, which may compute and nothing else (no files, no network, no processes), for so long and with so much memory as is set here.
 * What one file does to its reader ends with that child.
 *
 *   inspect      3: socket to who asks
 */
#include "inspect/inspect.h"
#include "os/gunzip.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "role/child.h"
#include "role/inspect_once.h"
#include "inspect/sheet.h"
#include "role/recipes.h"

enum { FILE_BYTES_MAX = 48 << 20, ANSWER_BYTES_MAX = (256 << 10) + INSPECT_TEXT_BYTES + 1, ARENA_BYTES_MAX = 512 << 20, TIME_MAX_S = 20, SEND_TIME_MS = 30000 };

struct file {
    struct str name, bytes;
    uint32_t asked; /* INSPECT_FILE, INSPECT_FILE_TEXT, INSPECT_SHEET */
};

static void sheet_look(struct arena *a, struct str bytes, struct buf *text)
{
    struct sheet sheet;
    struct err e = {0};
    if (sheet_cells_read(a, bytes, &sheet, &e))
        json_write(text, sheet_json(a, &sheet));
    else
        buf_printf(text, "!%s", e.text);
}

/* In the child. */
static bool look(void *context, int fd)
{
    const struct file *f = context;
    struct err e = {0};
    struct buf text;
    struct inspected found;
    struct jail jail = {.kind = JAIL_COMPUTE};
    buf_init(&text, f->asked == INSPECT_SHEET ? SHEET_JSON_BYTES : ANSWER_BYTES_MAX);
    if (!jail_enter(&jail, &e))
        return false;
    struct arena *a = arena_new("one file", ARENA_BYTES_MAX);
    if (f->asked == INSPECT_SHEET) {
        sheet_look(a, f->bytes, &text);
        return !text.full && child_say(fd, buf_view(&text));
    }
    inspect(a, f->name, f->bytes, &found);
    json_write(&text, inspected_json(a, &found));
    if (f->asked == INSPECT_FILE_TEXT) {
        buf_char(&text, '\n');
        buf_str(&text, found.text);
    }
    return !text.full && child_say(fd, buf_view(&text));
}

static bool answer_one(struct str message, uint32_t asked, struct err *e)
{
    struct file f = {.bytes = message, .asked = asked};
    struct buf BUF_AUTO answer = {0};
    if (!str_cut(&f.bytes, '\n', &f.name))
        return err_set(e, ERR_INTERNAL, "inspect: a file without a name");
    buf_init(&answer, asked == INSPECT_SHEET ? SHEET_JSON_BYTES : ANSWER_BYTES_MAX);
    enum child_end end = child_run(&(struct child_work){look, &f, TIME_MAX_S, (TIME_MAX_S + 5) * 1000}, &answer);
    if (end != CHILD_DONE) {
        buf_clear(&answer);
        buf_printf(&answer, "!looking at it was given up: %s", end == CHILD_NOT_STARTED ? "no process could be started"
                                                             : end == CHILD_ENDED     ? "it took too long, or did what no file should"
                                                                                       : "it took more memory than one file may");
    }
    struct str body = buf_view(&answer);
    return ipc_send(ROLE_FIRST_FD, INSPECT_FOUND, &body, 1, SEND_TIME_MS, e);
}

int role_inspect(int argc, char **argv)
{
    struct err e = {0};
    struct jail jail = {.kind = JAIL_STORE};
    bool is_closed = false, ok = true;
    (void)argv;
    if (argc != 0)
        return 2;
    if (!gunzip_prepare(&e) || !jail_enter(&jail, &e))
        return role_fail("inspect", &e);
    while (ok) {
        struct ipc_message m;
        ok = ipc_receive(ROLE_FIRST_FD, FILE_BYTES_MAX, -1, &m, &is_closed, &e);
        if (!ok)
            break;
        ok = (m.type == INSPECT_FILE || m.type == INSPECT_FILE_TEXT || m.type == INSPECT_SHEET) && answer_one(buf_view(&m.body), m.type, &e);
        buf_release(&m.body);
    }
    return is_closed ? 0 : role_fail("inspect", &e);
}
