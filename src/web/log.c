/* The public part of the ledger under /log/, as C2SP tlog-tiles: for witnesses, mirrors, monitors and everybody else's tools. */
#include "web/log_files.h"
#include "web/site.h"
#include <unistd.h>

bool handle_log(struct call *c, struct err *e)
{
    static const char prefix[] = "/log/";
    struct log_file file;
    struct str path = str_slice(c->request->path, sizeof(prefix) - 1, c->request->path.size);
    if (c->site->options->log_is_private && !c->is_signed_in)
        return err_set(e, ERR_DENIED, "the log is shown to those who are signed in only (assay serve --private-log)");
    if (c->request->query.size || !log_file_parse(path, &file)) {
        *c->response = (struct http_response){.status = 404,
                                              .type = "text/plain; charset=utf-8",
                                              .body = STR("404: this is no checkpoint and no tile.\n"),
                                              .is_constant = true};
        return true;
    }
    int dir = data_dir_ledger(&c->site->dir, e);
    if (dir < 0)
        return false;
    log_file_answer(dir, &file, c->request, c->response);
    close(dir);
    return true;
}
