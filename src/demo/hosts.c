/* hosts.c - see hosts.h. */
#include "demo/hosts.h"

#include "collect/captures.h"
#include "collect/collect_run.h"
#include "os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HOSTS_MAX = 8, TABLES_MAX = 100, OVERRIDES_MAX = 24, EVERY_DAYS = 2, DAILY_AT_LAST_DAYS = 14 };

struct made_table {
    const struct host_table *table;
    const struct json *rows;
};
struct made_host {
    struct str name;
    const struct json *json;
    char root[128];
    int64_t from;
    bool is_silent; /* nothing writes its logs */
    struct made_table tables[OVERRIDES_MAX]; /* its own, instead of those of all hosts */
    size_t table_count;
};

static char place_of_trees[64];
static struct {
    struct made_host hosts[HOSTS_MAX];
    size_t count;
    const char *names[TABLES_MAX]; /* what a tree can tell and nothing else does */
    size_t name_count;
    struct made_table common[TABLES_MAX];
    size_t common_count;
} made;

/* ---- trees ---- */

static bool parents_make(char *path, size_t root_size)
{
    for (char *p = path + root_size + 1; (p = strchr(p, '/')); p++) {
        *p = 0;
        bool ok = mkdir(path, 0755) == 0 || errno == EEXIST;
        *p = '/';
        if (!ok)
            return false;
    }
    return true;
}

static bool file_put(struct demo_world *w, const struct made_host *h, const struct json *file, struct err *e)
{
    char path[512];
    struct str text = json_text(file, "text"), name = json_text(file, "path"), mode_text = json_text(file, "mode"), link = json_text(file, "link");
    uint64_t mode = 0644;
    snprintf(path, sizeof(path), "%s%.*s", h->root, STR_ARGS(name));
    if (mode_text.size && !str_to_uint64_base(mode_text, 8, &mode))
        return err_set(e, ERR_INVALID, "%.*s: mode", STR_ARGS(name));
    struct timespec at[2] = {{.tv_sec = *w->clock_ms / 1000 - 3600}, {.tv_sec = *w->clock_ms / 1000 - 3600}};
    unlink(path);
    if (!parents_make(path, strlen(h->root)))
        return err_errno(e, errno, "%s", path);
    if (json_bool(file, "folder")) {
        if ((mkdir(path, 0700) != 0 && errno != EEXIST) || chmod(path, (mode_t)mode) != 0)
            return err_errno(e, errno, "%s", path);
        id_t owner = (id_t)json_int(file, "owner", 0);
        return chown(path, owner, owner) == 0 || errno == EPERM || err_errno(e, errno, "%s", path); /* its owner takes root to say */
    }
    if (link.size)
        return symlink(arena_str(w->arena, link).data, path) == 0 || err_errno(e, errno, "%s", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text.data ? text.data : "", text.size) == (ssize_t)text.size && fchmod(fd, (mode_t)mode) == 0 && futimens(fd, at) == 0;
    if (!ok)
        err_errno(e, errno, "%s", path);
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool files_put(struct demo_world *w, const struct made_host *h, const struct json *list, struct err *e)
{
    JSON_EACH (file, list)
        if (!file_put(w, h, file, e))
            return false;
    return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path) == 0 || errno == ENOENT ? 0 : 1;
}

/* ---- what no tree can tell ---- */

static bool table_override(struct made_table *list, size_t *count, size_t max, struct str name, const struct json *rows, struct err *e)
{
    const struct host_table *t = host_table_find(name);
    if (!t)
        return err_set(e, ERR_INVALID, "%.*s: no such table", STR_ARGS(name));
    for (size_t i = 0; i < *count; i++)
        if (list[i].table == t) {
            list[i].rows = rows;
            return true;
        }
    if (*count == max)
        return err_set(e, ERR_LIMIT, "too many tables");
    list[(*count)++] = (struct made_table){t, rows};
    return true;
}

static bool cell_put(struct demo_world *w, struct rows *r, const struct column *c, const struct json *v, struct err *e)
{
    int64_t at, day;
    if (!v || v->type == JSON_NULL) {
        row_null(r);
    } else if (v->type == JSON_BOOL) {
        row_bool(r, v->boolean);
    } else if (v->type == JSON_NUMBER && c->type != COLUMN_TEXT) {
        row_int(r, v->integer);
    } else if (c->type == COLUMN_TIME) {
        if (v->text.size && v->text.data[0] == '=' ? !(world_day(w, v->text, world_today(w), &day, e) && (at = day * MS_DAY, true)) : !time_parse(v->text, *w->clock_ms, &at))
            return e->code ? false : err_set(e, ERR_INVALID, "%s: no instant", c->name);
        row_int(r, at);
    } else {
        row_text(r, v->text);
    }
    return true;
}

static bool table_make(struct demo_world *w, const struct made_table *m, struct collected_table *ret, struct err *e)
{
    const struct table_schema *schema = m->table->schema;
    struct rows *rows = rows_new(w->step, schema), *status = rows_new(w->step, &table_status_schema);
    JSON_EACH (row, m->rows) {
        row_begin(rows);
        JSON_EACH (v, row) {
            size_t index;
            if (!table_column_find(schema, v->key, &index))
                return err_set(e, ERR_INVALID, "%s: has no column %.*s", schema->name, STR_ARGS(v->key));
        }
        for (size_t k = 0; k < schema->column_count; k++)
            if (!cell_put(w, rows, &schema->columns[k], json_get(row, schema->columns[k].name), e))
                return err_wrap(e, "%s", schema->name);
        row_end(rows);
    }
    row_begin(status);
    row_cstr(status, schema->name);
    row_cstr(status, "");
    row_cstr(status, table_state_name(TABLE_COMPLETE));
    row_null(status);
    row_null(status);
    row_end(status);
    struct buf BUF_AUTO b;
    buf_init(&b, 4 << 20);
    rows_encode(rows, &b);
    buf_char(&b, '\n');
    rows_encode(status, &b);
    *ret = (struct collected_table){.table = m->table, .state = TABLE_COMPLETE, .from_ms = *w->clock_ms, .to_ms = *w->clock_ms, .row_count = rows->row_count, .reason = STR(""),
                                    .plain = arena_str(w->step, buf_view(&b))};
    return true;
}

static const struct made_table *table_of(const struct made_host *h, const struct made_table *common)
{
    for (size_t i = 0; i < h->table_count; i++)
        if (h->tables[i].table == common->table)
            return &h->tables[i];
    return common;
}

/* ---- opening, changing ---- */

static bool host_open(struct demo_world *w, const struct json *file, const struct json *json, struct err *e)
{
    struct made_host *h = &made.hosts[made.count];
    if (made.count == HOSTS_MAX)
        return err_set(e, ERR_LIMIT, "too many hosts");
    *h = (struct made_host){.name = json_text(json, "name"), .json = json};
    snprintf(h->root, sizeof(h->root), "%s/%.*s", place_of_trees, STR_ARGS(h->name));
    if (mkdir(h->root, 0755) != 0)
        return err_errno(e, errno, "%s", h->root);
    made.count++;
    JSON_EACH (rows, json_get(json, "tables"))
        if (!table_override(h->tables, &h->table_count, OVERRIDES_MAX, rows->key, rows, e))
            return false;
    return world_day(w, json_text(json, "from"), 0, &h->from, e) && files_put(w, h, json_get(file, "files"), e) && files_put(w, h, json_get(json, "files"), e);
}

static bool is_made(const struct host_table *t)
{
    for (size_t i = 0; i < made.common_count; i++)
        if (made.common[i].table == t)
            return true;
    return false;
}

bool hosts_open(struct demo_world *w, struct err *e)
{
    const struct json *file = json_get(w->content, "hosts");
    const char *temporary = getenv("TMPDIR");
    made.count = made.name_count = made.common_count = 0;
    snprintf(place_of_trees, sizeof(place_of_trees), "%.40s/assay-demo-XXXXXX", temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(place_of_trees))
        return err_errno(e, errno, "%s", place_of_trees);
    JSON_EACH (rows, json_get(file, "tables"))
        if (!table_override(made.common, &made.common_count, TABLES_MAX, rows->key, rows, e))
            return false;
    for (size_t i = 0; host_tables[i] && made.name_count < TABLES_MAX; i++)
        if (host_tables[i]->works_on_tree && !host_tables[i]->is_live_only && !is_made(host_tables[i]))
            made.names[made.name_count++] = host_tables[i]->schema->name;
    mode_t before = umask(0022);
    bool ok = true;
    JSON_EACH (host, json_get(file, "hosts"))
        ok = ok && host_open(w, file, host, e);
    umask(before);
    return ok;
}

void hosts_close(struct demo_world *w)
{
    (void)w;
    if (place_of_trees[0])
        nftw(place_of_trees, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    place_of_trees[0] = 0;
}

bool host_change(struct demo_world *w, struct str name, const struct json *step, struct err *e)
{
    bool is_found = false;
    for (size_t i = 0; i < made.count; i++) {
        struct made_host *h = &made.hosts[i];
        if (!str_equal(h->name, name) && !str_is(name, "all"))
            continue;
        is_found = true;
        JSON_EACH (gone, json_get(step, "remove")) {
            char path[512];
            snprintf(path, sizeof(path), "%s%.*s", h->root, STR_ARGS(gone->text));
            if (unlink(path) != 0 && errno != ENOENT)
                return err_errno(e, errno, "%s", path);
        }
        mode_t before = umask(0022);
        bool ok = files_put(w, h, json_get(step, "put"), e);
        umask(before);
        if (json_get(step, "silent"))
            h->is_silent = json_bool(step, "silent");
        JSON_EACH (rows, json_get(step, "tables"))
            ok = ok && table_override(h->tables, &h->table_count, OVERRIDES_MAX, rows->key, rows, e);
        if (!ok)
            return false;
    }
    return is_found || err_set(e, ERR_INVALID, "%.*s: no such host", STR_ARGS(name));
}

/* ---- collecting ---- */

struct evaluating {
    struct demo_world *w;
    const struct collect_outcome *collected;
};

/* What the worker does in a process of its own; the rows are our own here. */
static bool evaluate(void *context, int64_t parameter_leaf, struct results *ret, struct err *e)
{
    const struct evaluating *v = context;
    struct demo_world *w = v->w;
    const struct blob_opener *blobs = blob_opener_keeper(ret->arena, w->data.path, w->keeper, e);
    struct captures_options options = {.subject = str_of(v->collected->subject), .run_leaf = v->collected->run_leaf, .now_ms = v->collected->taken_at_ms};
    struct captures *captures = blobs ? captures_open(w->db, blobs, &options, e) : NULL;
    bool ok = captures && assess_evaluate(w->db, captures, options.subject, v->collected->taken_at_ms, parameter_leaf, ret, e);
    if (captures)
        captures_close(captures);
    return ok;
}

/* Something happens on a host each day. */
static void logs_touch(const struct demo_world *w, const struct made_host *h)
{
    static const char *const logs[] = {"/var/log/syslog", "/var/log/auth.log", "/var/log/audit/audit.log"};
    struct timespec at[2] = {{.tv_sec = *w->clock_ms / 1000 - 600}, {.tv_sec = *w->clock_ms / 1000 - 600}};
    char path[512];
    for (size_t i = 0; !h->is_silent && i < sizeof(logs) / sizeof(logs[0]); i++) {
        snprintf(path, sizeof(path), "%s%s", h->root, logs[i]);
        if (utimensat(AT_FDCWD, path, at, 0) != 0)
            return;
    }
}

static bool host_collect(struct demo_world *w, const struct made_host *h, struct err *e)
{
    struct collected_table *tables = arena_array(w->step, made.common_count + 1, sizeof(*tables));
    struct collect_outcome collected;
    struct assess_outcome assessed;
    logs_touch(w, h);
    for (size_t i = 0; i < made.common_count; i++)
        if (!table_make(w, table_of(h, &made.common[i]), &tables[i], e))
            return false;
    struct collect_options options = {.root = h->root, .names = made.names, .name_count = made.name_count, .made = tables, .made_count = made.common_count, .env = &w->env,
                                      .every_ms = EVERY_DAYS * MS_DAY};
    if (!collect_run(w->keeper, w->db, &w->data, w->step, &options, &collected, e))
        return false;
    struct evaluating v = {w, &collected};
    struct assess_run run = {.subject = str_of(collected.subject), .run_leaf = collected.run_leaf, .taken_at_ms = collected.taken_at_ms, .evaluate = evaluate, .context = &v};
    w->operations += 2;
    return assess_after_run(w->keeper, w->db, &w->env, w->step, &run, &assessed, e);
}

bool hosts_collect(struct demo_world *w, struct err *e)
{
    int64_t today = world_today(w), last = day_of(w->end_ms);
    for (size_t i = 0; i < made.count; i++) {
        struct made_host *h = &made.hosts[i];
        if (today < h->from || ((today - h->from) % EVERY_DAYS != 0 && today < last - DAILY_AT_LAST_DAYS))
            continue;
        if (!host_collect(w, h, e))
            return err_wrap(e, "%.*s", STR_ARGS(h->name));
        world_step_done(w);
        world_clock(w, *w->clock_ms + 2 * MS_MINUTE);
    }
    return true;
}
