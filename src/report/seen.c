#include "report/seen.h"
#include "collect/captures.h"
#include "report/view_internal.h"
#include "report/view_scope.h"

enum { SEEN_MAX = 20000 };

struct seeing {
    struct view *v;
    const struct json *content;
    struct seen_list *list;
};

struct str seen_cell(struct arena *a, const struct rows *rows, size_t row, const char *column)
{
    for (size_t i = 0; i < rows->schema->column_count; i++) {
        const struct cell *c = rows_cell(rows, row, i);
        if (strcmp(rows->schema->columns[i].name, column) != 0)
            continue;
        return c->type == CELL_TEXT      ? arena_str(a, c->text)
               : c->type == CELL_INTEGER ? arena_printf(a, "%lld", (long long)c->integer)
                                         : STR("");
    }
    return STR("");
}

const struct seen *seen_find(const struct seen_list *l, struct str key)
{
    for (size_t i = 0; i < l->count; i++)
        if (str_equal(l->items[i].key, key))
            return &l->items[i];
    return NULL;
}

static void add(struct seeing *x, const struct seen *s)
{
    struct seen_list *l = x->list;
    if (l->count >= SEEN_MAX || seen_find(l, s->key))
        return;
    if (l->count == l->capacity)
        l->items = arena_grow(x->v->arena, l->items, l->count, &l->capacity, sizeof(l->items[0]));
    l->items[l->count++] = *s;
}

static struct str host_name(struct seeing *x, struct str subject)
{
    return arena_str(x->v->arena, json_text(subject_new(x->v, subject), "name"));
}

static void see_host(struct seeing *x, const struct capture *c, const struct rows *rows)
{
    struct arena *a = x->v->arena;
    struct str subject = arena_str(a, c->subject), host = host_name(x, subject);
    struct str os = rows && rows->row_count ? seen_cell(a, rows, 0, "pretty_name") : STR("");
    struct str cloud = rows && rows->row_count ? seen_cell(a, rows, 0, "cloud") : STR("");
    add(x, &(struct seen){.kind = SEEN_HOST, .key = arena_printf(a, "host/%.*s", STR_ARGS(subject)), .subject = subject, .host = host, .name = host,
                          .words = arena_printf(a, "The collector runs on it%s%.*s", os.size ? ": " : "", STR_ARGS(os)), .system_kind = STR("host"), .leaf = c->leaf});
    if (cloud.size == 0)
        return;
    struct str name = cloud;
    JSON_EACH (k, json_get(x->content, "clouds"))
        if (str_equal(json_text(k, "id"), cloud))
            name = json_text(k, "name");
    add(x, &(struct seen){.kind = SEEN_CLOUD, .key = arena_printf(a, "cloud/%.*s", STR_ARGS(cloud)), .subject = subject, .host = host, .name = name,
                          .words = arena_printf(a, "%.*s runs there", STR_ARGS(host)), .system_kind = STR("cloud"), .leaf = c->leaf});
}

static const struct json *program_of(const struct seeing *x, struct str process)
{
    JSON_EACH (p, json_get(x->content, "programs"))
        JSON_EACH (m, json_get(p, "match"))
            if (str_equal(m->text, process))
                return p;
    return NULL;
}

/* Programs that others can reach, and databases wherever they listen: there is data in them. */
static void see_programs(struct seeing *x, const struct capture *c, const struct rows *rows)
{
    struct arena *a = x->v->arena;
    struct str subject = arena_str(a, c->subject), host = host_name(x, subject);
    for (size_t i = 0; i < rows->row_count; i++) {
        struct str process = seen_cell(a, rows, i, "name"), scope = seen_cell(a, rows, i, "scope"), port = seen_cell(a, rows, i, "port");
        const struct json *p = program_of(x, process);
        struct str kind = p ? json_text(p, "kind") : STR("application"), name = p ? json_text(p, "name") : process;
        bool is_reached = !str_is(scope, "loopback"), holds_data = str_is(kind, "database") || str_is(kind, "storage");
        if (process.size == 0 || str_starts(process, "assay") || str_is(kind, "tool") || (!is_reached && !holds_data))
            continue;
        add(x, &(struct seen){.kind = SEEN_PROGRAM, .key = arena_printf(a, "program/%.*s/%.*s", STR_ARGS(subject), STR_ARGS(name)), .subject = subject, .host = host,
                              .name = arena_printf(a, "%.*s on %.*s", STR_ARGS(name), STR_ARGS(host)), .system_kind = kind, .is_reached = is_reached, .holds_data = holds_data,
                              .words = arena_printf(a, "%.*s listens on port %.*s%s", STR_ARGS(process), STR_ARGS(port), is_reached ? ", for others to reach" : " of the host itself"),
                              .leaf = c->leaf});
    }
}

/* The control group of a process in a container of Docker, Podman, containerd or CRI-O names it. */
static bool is_contained(struct str cgroup)
{
    static const char *const marks[] = {"docker-", "/docker/", "libpod-", "cri-containerd-", "crio-", "/kubepods"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (str_contains(cgroup, marks[i]))
            return true;
    return false;
}

static void see_containers(struct seeing *x, const struct capture *c, const struct rows *rows)
{
    struct arena *a = x->v->arena;
    struct str subject = arena_str(a, c->subject), host = host_name(x, subject);
    for (size_t i = 0; i < rows->row_count; i++) {
        struct str process = seen_cell(a, rows, i, "name");
        if (process.size == 0 || str_is(process, "pause") || !is_contained(seen_cell(a, rows, i, "cgroup")))
            continue;
        const struct json *p = program_of(x, process);
        struct str kind = p ? json_text(p, "kind") : STR("application"), name = p ? json_text(p, "name") : process;
        add(x, &(struct seen){.kind = SEEN_CONTAINER, .key = arena_printf(a, "container/%.*s/%.*s", STR_ARGS(subject), STR_ARGS(name)), .subject = subject, .host = host,
                              .name = arena_printf(a, "%.*s in a container on %.*s", STR_ARGS(name), STR_ARGS(host)), .system_kind = kind,
                              .holds_data = str_is(kind, "database") || str_is(kind, "storage"),
                              .words = arena_printf(a, "%.*s runs in a container", STR_ARGS(process)), .leaf = c->leaf});
    }
}

bool seen_read(struct view *v, int64_t at_ms, bool with_containers, struct seen_list *ret, struct err *e)
{
    struct seeing x = {.v = v, .content = scope_content(v, e), .list = ret};
    struct blob_opener opener = {v->blobs.read, v->blobs.context};
    *ret = (struct seen_list){0};
    if (!x.content)
        return false;
    struct captures *captures = captures_open(v->db, &opener, &(struct captures_options){.at_ms = at_ms ? at_ms : v->is_past ? v->at_ms : 0}, e);
    if (!captures)
        return false;
    const struct capture *items;
    size_t count = captures_list(captures, &items);
    for (size_t i = 0; i < count; i++) {
        const struct rows *rows = NULL, *status = NULL;
        bool is_host = str_is(items[i].table, "host_identity"), is_socket = str_is(items[i].table, "listening");
        struct err sealed = {0}; /* then only the host itself is known */
        if (!is_host && !is_socket && !(with_containers && str_is(items[i].table, "processes")))
            continue;
        bool is_read = v->blobs.read && captures_rows(captures, &items[i], &rows, &status, &sealed);
        if (is_host)
            see_host(&x, &items[i], is_read ? rows : NULL);
        else if (is_read && is_socket)
            see_programs(&x, &items[i], rows);
        else if (is_read)
            see_containers(&x, &items[i], rows);
    }
    captures_close(captures);
    return true;
}
