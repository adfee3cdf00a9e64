#include "cli/officer.h"
#include "keeper/kinds.h"
#include <unistd.h>

bool officer_open(struct cli_context *c, bool with_keeper, struct officer *ret, struct err *e)
{
    *ret = (struct officer){0};
    if (!data_dir_open(&ret->data, c->data_dir, e))
        return false;
    ret->has_data = true;
    if (with_keeper) { /* first, so that what was not signed is, and the projection holds it */
        ret->keeper = keeper_open(c->data_dir, e);
        if (!ret->keeper || !keeper_officer_ensure(ret->keeper, &ret->data, c->env, e) || !keeper_flush(ret->keeper, e))
            return false;
    }
    int fd = data_dir_ledger(&ret->data, e);
    ret->ledger = fd >= 0 ? ledger_reader_open(fd, e) : NULL;
    if (fd >= 0)
        close(fd);
    ret->projection = ret->ledger ? data_dir_projection(&ret->data, e) : NULL;
    return ret->projection != NULL;
}

void officer_close(struct officer *o)
{
    db_close(o->projection);
    ledger_reader_close(o->ledger);
    keeper_close(o->keeper);
    if (o->has_data)
        data_dir_close(&o->data);
    *o = (struct officer){0};
}

static bool sign_with(const struct officer *o, const char *name, struct str text, struct buf *lines, struct err *e)
{
    struct note_key key;
    struct ed25519_private private_key;
    if (!keys_load_signing(o->data.fd, name, &key, &private_key, e))
        return false;
    note_sign_line(&key, &private_key, text, lines);
    memory_wipe(&private_key, sizeof(private_key));
    return true;
}

bool officer_sign(const struct officer *o, struct str text, const char *second, struct buf *lines, struct err *e)
{
    if (second && (strchr(second, '/') || second[0] == '.'))
        return err_set(e, ERR_INVALID, "%.80s: names a file in private/keys", second);
    return sign_with(o, "officer", text, lines, e) && (!second || sign_with(o, second, text, lines, e));
}

const char *officer_second(const struct cli_context *c)
{
    return cli_flag(c, "with-root") ? "root" : cli_option(c, "with-officer");
}
