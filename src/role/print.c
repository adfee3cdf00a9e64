/*
 * print.c - documents as PDF. This process parses nothing and opens no library: it takes one document after the other from who asks and gives each to a child
 * of its own, which may read fonts and libraries and nothing else (no other files, no network, no programs), for so long as is set here.
 *
 *   print      3: socket to who asks
 */
#include "print/print.h"
#include "os/ipc.h"
#include "os/jail.h"
#include "role/child.h"
#include "role/recipes.h"

#include <stdlib.h>

enum { ARENA_BYTES_MAX = 512 << 20, SEND_TIME_MS = 30000 };

/* In the child. Its answer begins with "+" and the PDF, or "-" and why there is none. */
static bool set(void *context, int fd)
{
    const struct str *text = context;
    struct err e = {0};
    struct buf pdf, why;
    buf_init(&pdf, PRINT_PDF_BYTES);
    buf_init(&why, 1024);
    struct arena *a = arena_new("a document's text", ARENA_BYTES_MAX);
    const struct json *document = json_parse(a, *text, (struct json_limits){.depth_max = 20, .nodes_max = 2000000}, &e);
    bool ok = document && print_pdf(document, &pdf, &e);
    if (!ok)
        buf_printf(&why, "-%s\n%s", err_code_name(e.code), e.text);
    return (!ok || child_say(fd, STR("+"))) && child_say(fd, buf_view(ok ? &pdf : &why));
}

static bool answer_one(struct str text, struct err *e)
{
    struct buf BUF_AUTO answer;
    buf_init(&answer, PRINT_PDF_BYTES + 1024);
    enum child_end end = child_run(&(struct child_work){set, &text, PRINT_CPU_S, PRINT_TIME_MS - 2000}, &answer);
    struct str said = buf_view(&answer);
    if (end == CHILD_DONE && said.size > 1) {
        struct str body = str_slice(said, 1, said.size);
        return ipc_send(ROLE_FIRST_FD, said.data[0] == '+' ? PRINT_DONE : PRINT_REFUSED, &body, 1, SEND_TIME_MS, e);
    }
    struct str why = end == CHILD_NOT_STARTED ? STR("unavailable\nno process can be started at the moment")
                                              : STR("limit\nthe document took more time or memory than one may");
    return ipc_send(ROLE_FIRST_FD, PRINT_REFUSED, &why, 1, SEND_TIME_MS, e);
}

int role_print(int argc, char **argv)
{
    static const char *const readable[] = {"/usr/share/fonts", "/usr/local/share/fonts", "/etc/fonts", "/usr/share/fontconfig", "/var/cache/fontconfig", "/etc/ld.so.cache",
                                           "/usr/lib", "/lib", "/proc/self"};
    struct err e = {0};
    struct jail jail = {.kind = JAIL_STORE};
    bool is_closed = false, ok = true;
    (void)argv;
    if (argc != 0)
        return 2;
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
        jail_allow(&jail, readable[i], false);
    setenv("HOME", "/nonexistent", 1); /* fonts of whoever started it are nobody's business */
    unsetenv("XDG_CACHE_HOME");
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_CONFIG_HOME");
    if (!jail_enter(&jail, &e))
        return role_fail("print", &e);
    while (ok) {
        struct ipc_message m;
        ok = ipc_receive(ROLE_FIRST_FD, PRINT_DOCUMENT_BYTES, -1, &m, &is_closed, &e);
        if (!ok)
            break;
        ok = m.type == PRINT_DOCUMENT && answer_one(buf_view(&m.body), &e);
        buf_release(&m.body);
    }
    return is_closed ? 0 : role_fail("print", &e);
}
