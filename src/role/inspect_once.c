#include "role/inspect_once.h"

#include "assess/evidence.h"
#include "collect/captures.h"
#include "crypto/crypto.h"
#include "os/ipc.h"

#include <stdio.h>
#include <unistd.h>

enum { ARENA_BYTES_MAX = 512 << 20, ANSWER_BYTES_MAX = 256 << 10, SEND_TIME_MS = 30000, LOOK_TIME_MS = 40000 };

bool inspect_start(struct os_child *ret, int *ret_fd, struct err *e)
{
    int pair[2];
    if (!ipc_pair(pair, e))
        return false;
    bool ok = os_spawn(&(struct os_spawn){.role = "inspect", .fds = &pair[1], .fd_count = 1, .is_quiet = true}, ret, e);
    close(pair[1]);
    if (!ok)
        close(pair[0]);
    *ret_fd = ok ? pair[0] : -1;
    return ok;
}

/* Nothing can be said of the file: all of it is unknown, and why. */
static void unknown_put(struct arena *a, struct evidence_file *f, struct str why)
{
    f->found = (struct inspected){.media = "application/octet-stream", .words = "file", .made_day = INT64_MIN};
    for (int i = 0; i < INSPECT_CHECKS; i++)
        f->found.checks[i].why = arena_str(a, str_slice(why, 0, 200));
}

/* False: the process that looks is away. */
static bool file_look(struct inspections *s, struct arena *a, const struct blob_opener *blobs, struct evidence_file *f, struct err *e)
{
    struct str plain, line = STR("\n");
    struct err why = {0};
    if (!blobs->open(blobs->context, a, (uint64_t)f->leaf, f->c.data, f->x.data, &plain, &why)) {
        if (why.code == ERR_UNAVAILABLE)
            return (*e = why, false);
        unknown_put(a, f, str_of(why.text));
        return true;
    }
    struct str parts[] = {f->name, line, plain};
    struct ipc_message answer;
    if (!ipc_send(s->fd, INSPECT_FILE, parts, 3, SEND_TIME_MS, e) || !ipc_receive(s->fd, ANSWER_BYTES_MAX, LOOK_TIME_MS, &answer, NULL, e))
        return err_wrap(e, "inspect");
    struct str text = arena_str(a, buf_view(&answer.body));
    buf_release(&answer.body);
    const struct json *o = str_starts(text, "!") ? NULL : json_parse(a, text, (struct json_limits){.depth_max = 6, .nodes_max = 5000}, &why);
    if (str_starts(text, "!"))
        unknown_put(a, f, str_slice(text, 1, text.size));
    else if (!o || !inspected_of_json(a, o, &f->found, &f->text_digest, &why))
        unknown_put(a, f, str_of(why.text));
    f->text_size = o ? (size_t)json_int(o, "text_size", 0) : 0;
    return true;
}

static bool look(struct inspections *s, struct arena *a, struct str id, struct err *e)
{
    struct evidence_file *files;
    size_t count;
    struct json *answer;
    struct op op;
    struct err refused = {0};
    struct record_types *types = record_types_open(s->db, e);
    const struct record_type *type = types ? record_types_find(types, STR("evidence")) : NULL;
    struct record *r = type ? record_get(s->db, a, type, id, INT64_MAX, e) : NULL;
    struct blob_opener *blobs = r ? blob_opener_keeper(a, s->dir->path, s->keeper, e) : NULL;
    bool ok = blobs && evidence_files(s->db, a, id, &files, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = file_look(s, a, blobs, &files[i], e);
    struct json *conclusions = ok ? evidence_conclude(s->db, a, r, files, count, e) : NULL;
    ok = conclusions && evidence_op(s->env, a, r, conclusions, &op, e);
    if (ok && !keeper_submit(s->keeper, a, &op, &answer, &refused)) {
        ok = refused.code == ERR_CONFLICT || refused.code == ERR_NOT_FOUND; /* changed meanwhile: the new version waits */
        if (!ok)
            *e = refused;
    }
    record_types_close(types);
    return ok;
}

bool inspection_submit(struct inspections *s, struct str id, struct err *e)
{
    struct arena *a = arena_new("inspection", ARENA_BYTES_MAX);
    bool ok = look(s, a, id, e);
    arena_free(a);
    return ok;
}

bool inspections_submit(struct inspections *s, size_t *ret_count, struct err *e)
{
    struct arena *a = arena_new("inspections", 1 << 20);
    struct str *ids;
    size_t count = 0;
    bool ok = evidence_waiting(s->db, a, s->since_t, INSPECTIONS_MAX, &ids, &count, e);
    for (size_t i = 0; ok && i < count; i++) {
        struct err why = {0};
        if (inspection_submit(s, ids[i], &why))
            continue;
        ok = why.code != ERR_UNAVAILABLE && why.code != ERR_UNCERTAIN && why.code != ERR_TIMEOUT;
        fprintf(stderr, "assay: evidence %.*s: %s\n", STR_ARGS(ids[i]), why.text);
        if (!ok)
            *e = why;
    }
    /* What could not be concluded is not asked for every minute: the next start looks again. */
    if (ok && count > 0 && count < INSPECTIONS_MAX)
        s->since_t = db_one_int(s->db, e, s->since_t, "select max(from_t) from evidence_items_versions where id = ?1", A(ids[count - 1]));
    arena_free(a);
    *ret_count = count;
    return ok && !e->code;
}
