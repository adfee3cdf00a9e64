#include "family.h"

#include "base/limits.h"
#include "keeper/kinds.h"
#include "keeper/signer.h"
#include "keeper/wire.h"
#include "os/ipc.h"
#include "role/role.h"

#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 600000 };

void family_die(const struct family *f, const char *what, const struct err *e)
{
    fprintf(stderr, "%s: %s: %s\n", f->program, what, e->text);
    exit(3);
}

static int signer_run(const struct data_dir *data, int fd)
{
    struct err e = {0};
    struct signer *s = signer_open(data->fd, -1, &e);
    return s && signer_serve(s, fd, &e) ? 0 : 3;
}

static int keeper_child(const struct family *f, const struct data_dir *data, int signer_fd, int client_fd)
{
    struct err e = {0};
    size_t kind_count;
    const struct op_kind *kinds = role_op_kinds(&kind_count);
    struct keeper_options o = {.data_dir = data->path,
                               .kinds = kinds,
                               .kind_count = kind_count,
                               .env = f->env,
                               .calls = &os_file_real,
                               .signer_fd = signer_fd,
                               .client_fd = client_fd,
                               .signals_fd = -1};
    bool is_told = false, ok = keeper_run(&o, &is_told, &e);
    if (!ok)
        fprintf(stderr, "%s: keeper: %s\n", f->program, e.text);
    return ok ? 0 : 3;
}

void family_start(struct family *f, const struct data_dir *data)
{
    struct err e = {0};
    int signer[2], keeper[2];
    if (!ipc_pair(signer, &e) || !ipc_pair(keeper, &e))
        family_die(f, "sockets", &e);
    if (fork() == 0) {
        close(signer[0]);
        close(keeper[0]);
        close(keeper[1]);
        _exit(signer_run(data, signer[1]));
    }
    if (fork() == 0) {
        close(signer[1]);
        close(keeper[0]);
        _exit(keeper_child(f, data, signer[0], keeper[1]));
    }
    close(signer[0]);
    close(signer[1]);
    close(keeper[1]);
    f->fd = keeper[0];
    f->client = keeper_open_fd(keeper[0]);
    if (!f->client || !keeper_register_keys(f->client, data, &e))
        family_die(f, "keys", &e);
}

void family_send(struct family *f, struct op *op)
{
    struct err e = {0};
    struct buf BUF_AUTO frame;
    buf_init(&frame, LIMIT_MESSAGE_BYTES);
    op_id_new(f->env, op->id);
    if (!wire_op_encode(op, &frame, &e))
        family_die(f, "encode", &e);
    struct str part = buf_view(&frame);
    if (!ipc_send(f->fd, WIRE_OP, &part, 1, PATIENCE_MS, &e))
        family_die(f, "send", &e);
}

int64_t family_receive(struct family *f, struct arena *a, const char *kind)
{
    struct err e = {0};
    struct ipc_message m;
    if (!ipc_receive(f->fd, LIMIT_MESSAGE_BYTES, PATIENCE_MS, &m, NULL, &e))
        family_die(f, "receive", &e);
    if (m.type != WIRE_ANSWER) {
        wire_error_decode(buf_view(&m.body), &e);
        family_die(f, kind, &e);
    }
    struct json *answer = json_parse(a, arena_str(a, buf_view(&m.body)), JSON_LIMITS_DEFAULT, &e);
    buf_release(&m.body);
    return json_int(answer, "leaf", -1);
}

void family_end(struct family *f)
{
    struct err e = {0};
    if (!keeper_flush(f->client, &e))
        family_die(f, "flush", &e);
    f->client = keeper_close(f->client);
    while (wait(NULL) > 0)
        ;
}
