#include "role/print_once.h"

#include "os/ipc.h"
#include "os/spawn.h"

#include <unistd.h>

bool print_once(struct arena *a, const struct json *document, struct str *ret_pdf, struct err *e)
{
    int pair[2];
    struct os_child child = OS_CHILD_NONE;
    if (!ipc_pair(pair, e))
        return false;
    bool ok = os_spawn(&(struct os_spawn){.role = "print", .fds = &pair[1], .fd_count = 1, .is_quiet = true}, &child, e);
    close(pair[1]);
    ok = ok && print_ask(pair[0], a, document, ret_pdf, e);
    close(pair[0]);
    os_child_end(&child, 1000);
    return ok;
}
