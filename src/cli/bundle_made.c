#include "cli/bundle_made.h"

#include "report/bundle/bundle.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool sign(void *context, struct str text, struct buf *lines, struct err *e)
{
    struct bundle_made *r = context;
    return officer_sign(&r->officer, text, NULL, lines, e);
}

static bool texts_read(struct bundle_made *r, const char *policy, const char *chain, struct err *e)
{
    buf_init(&r->policy, BUNDLE_POLICY_BYTES_MAX);
    buf_init(&r->chain, BUNDLE_CHAIN_BYTES_MAX);
    bool ok = policy ? os_file_read(&os_file_real, AT_FDCWD, policy, &r->policy, e) : bundle_policy_read(r->officer.projection, &r->policy, e);
    ok = ok && (chain ? os_file_read(&os_file_real, AT_FDCWD, chain, &r->chain, e) : bundle_chain_read(r->officer.projection, &r->chain, e));
    r->o.policy = buf_view(&r->policy);
    r->o.tsa_chain = buf_view(&r->chain);
    return ok;
}

bool bundle_made_open(struct cli_context *c, struct bundle_made *ret, const char *policy, const char *chain, struct err *e)
{
    *ret = (struct bundle_made){.o = {.sign = sign, .sign_context = ret, .ledger_dir = -1}};
    bool ok = officer_open(c, true, &ret->officer, e) && (ret->blobs = blob_opener_direct(c->arena, c->data_dir, e)) && texts_read(ret, policy, chain, e);
    ret->o.origin = ret->officer.data.origin;
    ret->o.blobs.open = blob_opener_unseal;
    ret->o.blobs.open_context = ret->blobs;
    if (ok)
        ret->o.ledger_dir = data_dir_ledger(&ret->officer.data, e);
    return ok && ret->o.ledger_dir >= 0;
}

bool bundle_made_write(struct bundle_made *r, const char *path, struct bundle_report *ret, struct err *e)
{
    char dir[4096];
    const char *slash = strrchr(path, '/');
    snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    int tmp = open(slash == path ? "/" : dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int fd = tmp < 0 ? -1 : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        err_errno(e, errno, "%s", path);
        if (tmp >= 0)
            close(tmp);
        return false;
    }
    bool ok = bundle_write(&r->o, fd, tmp, ret, e);
    if (ok && fsync(fd) != 0)
        ok = err_errno(e, errno, "%s", path);
    close(fd);
    close(tmp);
    if (!ok)
        unlink(path);
    return ok;
}

void bundle_made_close(struct bundle_made *r)
{
    if (r->o.ledger_dir >= 0 && r->o.sign)
        close(r->o.ledger_dir);
    buf_release(&r->policy);
    buf_release(&r->chain);
    officer_close(&r->officer);
}

struct json *bundle_made_json(struct arena *a, const char *path, const struct bundle_report *r)
{
    struct json *o = json_object(a);
    json_put_cstr(o, "file", path);
    json_put_int(o, "leaves", (int64_t)r->leaves);
    json_put_int(o, "blobs", (int64_t)r->blobs);
    json_put_int(o, "withheld", (int64_t)r->withheld);
    json_put_int(o, "erased", (int64_t)r->erased);
    json_put_int(o, "members", (int64_t)r->members);
    json_put_int(o, "bytes", (int64_t)r->bytes);
    return o;
}
