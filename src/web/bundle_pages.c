/*
 * bundle_pages.c - what an auditor takes home, from the room: asking for a bundle, and fetching it. Made by a process of its own (role bundle), which alone of
 * this family's short-lived ones reads the officer's key; the file lies in DATA/bundles for AUDIT_BUNDLE_KEEP_MS, or until something is erased.
 */
#include "assess/engagement.h"
#include "base/times.h"
#include "os/ipc.h"
#include "pages.h"
#include "report/view_requests.h"
#include "web/bundles.h"
#include "web/page_kinds.h"
#include "web/records.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_BYTES = 96 };

/* The file of a bundle, open; -1: it is not here (any more). */
static int file_open(const struct site *s, struct str id, uint64_t *ret_size)
{
    char name[NAME_BYTES];
    struct stat facts;
    snprintf(name, sizeof(name), "bundles/%.*s.slb", STR_ARGS(str_slice(id, 0, RECORD_ID_MAX)));
    int fd = memchr(id.data, '/', id.size) ? -1 : openat(s->dir.fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd >= 0 && (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode))) {
        close(fd);
        return -1;
    }
    *ret_size = fd >= 0 ? (uint64_t)facts.st_size : 0;
    return fd;
}

static struct json *build_bundles(struct call *c, struct err *e)
{
    struct json *v = view_audit_bundles(&c->view, c->records, c->parameters[0], e);
    for (struct json *o = v ? json_get(v, "rows")->first : NULL; o; o = o->next) {
        uint64_t size;
        int fd = json_bool(o, "is_made") ? file_open(c->site, json_text(o, "id"), &size) : -1;
        json_put_bool(o, "is_there", fd >= 0);
        if (fd >= 0)
            close(fd);
    }
    if (v && !route_is_api(c->route))
        records_put_done(c, v);
    return v;
}

const struct page page_kind_audit_bundle = {.nav = "audit", .build = build_bundles, .render = page_audit_bundle, .words = "What the auditor takes home: bundles that were asked for, and their digests"};

/* ---- asking ---- */

/* Tells the parent that there is something to make. */
static bool tell(struct site *s, struct err *e)
{
    if (s->options->control_fd <= 0)
        return err_set(e, ERR_UNAVAILABLE, "this server was started without the process that makes bundles; write it with: assay audit bundle");
    pthread_mutex_lock(&s->control_mutex);
    bool ok = ipc_send(s->options->control_fd, WEB_CONTROL_BUNDLE, NULL, 0, 1000, e);
    pthread_mutex_unlock(&s->control_mutex);
    return ok;
}

bool handle_bundle_make(struct call *c, struct err *e)
{
    struct engagement g;
    struct json *answer;
    struct err ignored = {0};
    if (!call_step_up(c))
        return true;
    struct json *v = call_view(c, e) ? view_audit_bundles(&c->view, c->records, c->parameters[0], e) : NULL;
    if (!v || !engagement_read(c->view.db, c->arena, c->parameters[0], INT64_MAX, &g, e))
        return false;
    if (c->site->options->control_fd <= 0)
        return tell(c->site, e);
    struct str page = arena_printf(c->arena, "%s/audit/%.*s/room/bundle", route_is_api(c->route) ? "/api/v1" : "", STR_ARGS(g.id));
    if (json_bool(v, "is_being_made"))
        return route_is_api(c->route) ? err_set(e, ERR_CONFLICT, "one is being made; look at %.*s", STR_ARGS(page)) : call_redirect(c, page);
    struct record_change change = {.type = STR("audit_bundle"), .act = RECORD_CREATE, .set = json_object(c->arena)};
    json_put_str(change.set, "title", arena_printf(c->arena, "%.*s: %.*s", STR_ARGS(g.id), STR_ARGS(str_slice(g.title, 0, 150))));
    json_put_str(change.set, "engagement", g.id);
    if (!records_submit_all(c, &change, 1, NULL, &answer, e))
        return false;
    if (!tell(c->site, &ignored))
        ignored = (struct err){0}; /* it is looked for once a minute anyway */
    if (!route_is_api(c->route))
        return call_redirect(c, page);
    struct json *o = json_object(c->arena);
    json_put_str(o, "id", records_answer_id(answer));
    json_put_int(o, "leaf", json_int(answer, "leaf", -1));
    json_put_str(o, "state", STR("asked"));
    if (!call_json(c, o, e))
        return false;
    c->response->status = 202;
    return true;
}

/* ---- fetching ---- */

bool handle_bundle_file(struct call *c, struct err *e)
{
    if (!call_step_up(c))
        return true;
    struct json *v = call_view(c, e) ? view_audit_bundles(&c->view, c->records, c->parameters[0], e) : NULL;
    const struct json *found = NULL;
    if (!v)
        return false;
    JSON_EACH (o, json_get(v, "rows"))
        found = str_equal(json_text(o, "id"), c->parameters[1]) ? o : found;
    if (!found || !json_bool(found, "is_made"))
        return err_set(e, ERR_NOT_FOUND, "bundle %.*s: there is none that was made", STR_ARGS(str_slice(c->parameters[1], 0, RECORD_ID_MAX)));
    uint64_t size = 0;
    int fd = file_open(c->site, json_text(found, "id"), &size);
    if (fd < 0)
        return err_set(e, ERR_NOT_FOUND, "bundle %.*s: its file lay here for %lld hours, and is gone; make another", STR_ARGS(json_text(found, "id")), (long long)(AUDIT_BUNDLE_KEEP_MS / MS_HOUR));
    if (size != (uint64_t)json_int(found, "bytes", -1)) {
        close(fd);
        return err_set(e, ERR_CORRUPT, "bundle %.*s: its file has %llu bytes, and was made with %lld", STR_ARGS(json_text(found, "id")), (unsigned long long)size,
                       (long long)json_int(found, "bytes", -1));
    }
    call_bytes(c, "application/x-tar", STR(""));
    c->response->is_file = true;
    c->response->file_fd = fd;
    c->response->file_size = size;
    c->response->is_sandboxed = true;
    c->response->disposition = arena_printf(c->arena, "attachment; filename=\"%.*s\"", STR_ARGS(json_text(found, "name")));
    return true;
}

/* ---- once a minute ---- */

/* Plaintext lies there: it goes after a day, and as soon as anything was erased. */
static void files_tidy(const struct site *s, int64_t erased_ms)
{
    int dir = openat(s->dir.fd, "bundles", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *list = dir >= 0 ? fdopendir(dir) : NULL;
    for (const struct dirent *entry; list && (entry = readdir(list));) {
        struct stat facts;
        if (!str_ends(str_of(entry->d_name), ".slb") || fstatat(dir, entry->d_name, &facts, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        int64_t made_ms = (int64_t)facts.st_mtim.tv_sec * 1000;
        if (env_now_ms(s->env) - made_ms > AUDIT_BUNDLE_KEEP_MS || made_ms <= erased_ms)
            unlinkat(dir, entry->d_name, 0);
    }
    if (list)
        closedir(list);
}

void bundles_tend(struct site *s)
{
    struct err ignored = {0};
    struct db *db = data_dir_projection(&s->dir, &ignored);
    if (!db)
        return;
    int64_t since = env_now_ms(s->env) - AUDIT_BUNDLE_PATIENCE_MS;
    int64_t asked = db_one_int(db, &ignored, 0, "select count(*) from audit_bundles_versions where to_leaf is null and is_deleted = 0 and state = 'asked' and created_t > ?1", A(since));
    files_tidy(s, db_one_int(db, &ignored, 0, "select coalesce(max(t), 0) from erasure"));
    db_close(db);
    if (asked > 0 && keeper_link_is_up(s->keeper) && !tell(s, &ignored))
        ignored = (struct err){0}; /* again in a minute */
}
