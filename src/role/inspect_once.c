#include "role/inspect_once.h"

#include "assess/documents.h"
#include "assess/evidence.h"
#include "collect/captures.h"
#include "crypto/crypto.h"
#include "os/ipc.h"
#include "role/recipes.h"

#include <stdio.h>
#include <unistd.h>

enum { ARENA_BYTES_MAX = 512 << 20, ANSWER_BYTES_MAX = (256 << 10) + INSPECT_TEXT_BYTES + 1, SEND_TIME_MS = 30000, LOOK_TIME_MS = 40000 };

bool inspect_start(struct os_child *ret, int *ret_fd, struct err *e)
{
    return role_helper_start("inspect", ret, ret_fd, e);
}

/* Nothing can be said of the file: all of it is unknown, and why. */
static void unknown_put(struct arena *a, struct inspected *found, struct str why)
{
    *found = (struct inspected){.media = "application/octet-stream", .words = "file", .made_day = INT64_MIN};
    for (int i = 0; i < INSPECT_CHECKS; i++)
        found->checks[i].why = arena_str(a, str_slice(why, 0, 200));
}

/* One file asked about: what was found, and for INSPECT_FILE_TEXT its text (found->text). False: the process that looks, or the keeper, is away. */
static bool ask(struct inspections *s, struct arena *a, const struct blob_opener *blobs, uint32_t type, int64_t leaf, struct str c, struct str x, struct str name, struct inspected *found,
                struct str *ret_digest, size_t *ret_size, struct err *e)
{
    struct str plain, head, text;
    struct err why = {0};
    *ret_digest = STR("");
    *ret_size = 0;
    if (!blobs->open(blobs->context, a, (uint64_t)leaf, c.data, x.data, &plain, &why)) {
        if (why.code == ERR_UNAVAILABLE)
            return (*e = why, false);
        unknown_put(a, found, str_of(why.text));
        return true;
    }
    struct str parts[] = {name, STR("\n"), plain};
    struct ipc_message answer;
    if (!ipc_send(s->fd, type, parts, 3, SEND_TIME_MS, e) || !ipc_receive(s->fd, ANSWER_BYTES_MAX, LOOK_TIME_MS, &answer, NULL, e))
        return err_wrap(e, "inspect");
    text = arena_str(a, buf_view(&answer.body));
    buf_release(&answer.body);
    head = text;
    if (type == INSPECT_FILE_TEXT && !str_starts(text, "!"))
        str_cut(&text, '\n', &head);
    const struct json *o = str_starts(head, "!") ? NULL : json_parse(a, head, (struct json_limits){.depth_max = 6, .nodes_max = 5000}, &why);
    if (str_starts(head, "!"))
        unknown_put(a, found, str_slice(head, 1, head.size));
    else if (!o || !inspected_of_json(a, o, found, ret_digest, &why))
        unknown_put(a, found, str_of(why.text));
    else
        found->text = type == INSPECT_FILE_TEXT && str_is_utf8(text) ? text : STR("");
    *ret_size = o ? (size_t)json_int(o, "text_size", 0) : 0;
    return true;
}

static bool file_look(struct inspections *s, struct arena *a, const struct blob_opener *blobs, struct evidence_file *f, struct err *e)
{
    return ask(s, a, blobs, INSPECT_FILE, f->leaf, f->c, f->x, f->name, &f->found, &f->text_digest, &f->text_size, e);
}

static bool look(struct inspections *s, struct record_types *types, struct arena *a, struct str id, struct err *e)
{
    struct evidence_file *files;
    size_t count;
    struct json *answer;
    struct op op;
    struct err refused = {0};
    const struct record_type *type = record_types_find(types, STR("evidence"));
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
    return ok;
}

static bool look_at(struct inspections *s, struct record_types *types, struct str id, struct err *e)
{
    struct arena *a = arena_new("inspection", ARENA_BYTES_MAX);
    bool ok = look(s, types, a, id, e);
    arena_free(a);
    return ok;
}

bool inspection_submit(struct inspections *s, struct str id, struct err *e)
{
    struct record_types *types = record_types_open(s->db, e);
    bool ok = types && look_at(s, types, id, e);
    record_types_close(types);
    return ok;
}

bool inspections_submit(struct inspections *s, size_t *ret_count, struct err *e)
{
    struct arena *a = arena_new("inspections", 1 << 20);
    struct str *ids;
    size_t count = 0;
    bool ok = evidence_waiting(s->db, a, s->since_t, INSPECTIONS_MAX, &ids, &count, e);
    struct record_types *types = ok && count ? record_types_open(s->db, e) : NULL;
    ok = ok && (types || !count);
    for (size_t i = 0; ok && i < count; i++) {
        struct err why = {0};
        if (look_at(s, types, ids[i], &why))
            continue;
        ok = why.code != ERR_UNAVAILABLE && why.code != ERR_UNCERTAIN && why.code != ERR_TIMEOUT;
        fprintf(stderr, "assay: evidence %.*s: %s\n", STR_ARGS(ids[i]), why.text);
        if (!ok)
            *e = why;
    }
    record_types_close(types);
    /* What could not be concluded is not asked for every minute: the next start looks again. Nor is what came before asked for again, so that the
     * last of many costs what the first did. */
    if (ok && count > 0)
        s->since_t = db_one_int(s->db, e, s->since_t, "select max(from_t) from evidence_items_versions where id = ?1", A(ids[count - 1]));
    arena_free(a);
    *ret_count = count;
    return ok && !e->code;
}

static bool document_look(struct inspections *s, const struct document_file *f, struct err *e)
{
    struct arena *a = arena_new("document", ARENA_BYTES_MAX);
    struct blob_opener *blobs = blob_opener_keeper(a, s->dir->path, s->keeper, e);
    struct inspected found;
    struct str digest;
    size_t size;
    struct op op;
    struct json *answer;
    struct err refused = {0};
    bool ok = blobs && ask(s, a, blobs, INSPECT_FILE_TEXT, f->leaf, f->c, f->x, f->name, &found, &digest, &size, e) && document_text_op(s->env, a, f, &found, found.text, &op, e);
    if (ok && !keeper_submit(s->keeper, a, &op, &answer, &refused)) {
        ok = refused.code == ERR_EXISTS || refused.code == ERR_NOT_FOUND; /* somebody else was quicker, or it is gone */
        if (!ok)
            *e = refused;
    }
    arena_free(a);
    return ok;
}

bool documents_submit(struct inspections *s, size_t *ret_count, struct err *e)
{
    struct arena *a = arena_new("documents", 1 << 20);
    struct document_file *files;
    bool ok = documents_waiting(s->db, a, INSPECTIONS_MAX, &files, ret_count, e);
    for (size_t i = 0; ok && i < *ret_count; i++) {
        struct err why = {0};
        if (document_look(s, &files[i], &why))
            continue;
        ok = why.code != ERR_UNAVAILABLE && why.code != ERR_UNCERTAIN && why.code != ERR_TIMEOUT;
        fprintf(stderr, "assay: document %.*s: %s\n", STR_ARGS(files[i].id), why.text);
        if (!ok)
            *e = why;
        *ret_count = 0; /* it would be first again: the next minute tries */
        break;
    }
    arena_free(a);
    return ok;
}
