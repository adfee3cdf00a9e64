/* folder.c - who may read and change what lies in a folder. The relation "@folder" asks this: of a record of the type folder about itself, of any other
 * about the folder that its field `folder` names; without one it lies at the top. Permissions are those of now, also for what was. */
#include "content/permission.h"
#include "record/examine.h"
#include "record/internal.h"

enum { DEPTH_MAX = 32 };
enum { MAY_READ = 1, MAY_READ_OWN = 2, MAY_CHANGE = 4, MAY_CHANGE_OWN = 8, MAY_ALL = 15 }; /* …_OWN: also for whoever sees what is theirs alone */

struct folder {
    struct str id, parent, owner;
    bool has_own, is_known;
    unsigned bits, named; /* named: what its own lists give */
};
struct folders {
    struct folder *items; /* by id */
    size_t count;
    unsigned top;
    bool all_read, all_read_own;
};

static struct folder *folder_find(const struct folders *f, struct str id)
{
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(f->items[middle].id, id);
        if (order == 0)
            return &f->items[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static bool role_is_own(struct str name)
{
    const struct role *role = content_role(name);
    return role && !(role_permissions(role) & (PERMISSION_BIT(PERMISSION_READ) | PERMISSION_BIT(PERMISSION_RECORDS)));
}

static bool top_read(struct db *db, const struct access *x, unsigned *ret, struct err *e)
{
    *ret = 0;
    for (size_t i = 0; i < x->role_count; i++) {
        const struct role *role = content_role(str_of(x->roles[i]));
        uint32_t may = role ? role_permissions(role) : (uint32_t)db_one_int(db, e, 0, "select permissions from role where id = ?1", A(x->roles[i]));
        *ret |= may & (PERMISSION_BIT(PERMISSION_READ) | PERMISSION_BIT(PERMISSION_RECORDS)) ? MAY_READ : 0;
        *ret |= may & PERMISSION_BIT(PERMISSION_RECORDS) ? MAY_CHANGE : 0;
    }
    if (access_has_role(x, "administrator"))
        *ret |= MAY_READ | MAY_CHANGE;
    return !e->code;
}

static unsigned bits_of(struct folders *f, const struct folder *one, const struct access *x, int depth)
{
    unsigned bits = one->named;
    if (x->person.size && str_equal(one->owner, x->person))
        bits |= MAY_ALL;
    if (access_has_role(x, "administrator"))
        bits |= MAY_READ | MAY_CHANGE;
    if (one->has_own || depth == DEPTH_MAX)
        return bits;
    if (one->parent.size == 0)
        return bits | f->top;
    const struct folder *parent = folder_find(f, one->parent);
    return parent ? bits | bits_of(f, parent, x, depth + 1) : bits;
}

static void list_read(struct folder *one, const struct access *x, struct str field, struct str target)
{
    bool is_role = str_ends(field, "_roles"), is_change = str_starts(field, "changer");
    bool is_own = !is_role || role_is_own(target);
    char role[RECORD_ID_MAX + 1];
    snprintf(role, sizeof(role), "%.*s", STR_ARGS(target));
    if (!one->has_own || (is_role ? !access_has_role(x, role) : !x->person.size || !str_equal(target, x->person)))
        return;
    one->named |= is_own ? MAY_READ | MAY_READ_OWN : MAY_READ;
    if (is_change)
        one->named |= is_own ? MAY_CHANGE | MAY_CHANGE_OWN : MAY_CHANGE;
}

static bool all_read(struct db *db, struct arena *a, const struct access *x, const struct folders **ret, struct err *e)
{
    struct folders *f = ARENA_NEW(a, struct folders);
    size_t capacity = 0;
    *ret = f;
    if (!top_read(db, x, &f->top, e))
        return false;
    DB_EACH (row, db, e, "select id, parent, owner, access from folders_versions where to_leaf is null and is_deleted = 0 order by id") {
        if (f->count == capacity)
            f->items = arena_grow(a, f->items, f->count, &capacity, sizeof(*f->items));
        f->items[f->count++] = (struct folder){.id = arena_str(a, db_text(row, 0)), .parent = arena_str(a, db_text(row, 1)), .owner = arena_str(a, db_text(row, 2)),
                                               .has_own = str_is(db_text(row, 3), "own")};
    }
    f->all_read = f->top & MAY_READ;
    if (f->count == 0 || e->code)
        return !e->code;
    DB_EACH (row, db, e, "select id, field, target from record_link where type = 'folder' and to_leaf is null") {
        struct folder *one = folder_find(f, db_text(row, 0));
        if (one)
            list_read(one, x, db_text(row, 1), db_text(row, 2));
    }
    for (size_t i = 0; i < f->count; i++) {
        f->items[i].bits = bits_of(f, &f->items[i], x, 0);
        f->all_read = f->all_read && (f->items[i].bits & MAY_READ);
    }
    return !e->code;
}

bool folders_read(struct db *db, struct arena *a, const struct access *x, const struct folders **ret, struct err *e)
{
    struct err failed = {0};
    return all_read(db, a, x, ret, &failed) || (*e = failed, false);
}

static bool folder_gives(const struct access *x, struct str id, bool is_change)
{
    const struct folders *f = x->folders;
    if (x->is_system)
        return true;
    if (!f)
        return false;
    unsigned want = is_change ? (x->changes_own_only ? MAY_CHANGE_OWN : MAY_CHANGE) : x->is_own_only ? MAY_READ_OWN : MAY_READ;
    const struct folder *one = id.size ? folder_find(f, id) : NULL;
    return id.size ? one && (one->bits & want) : (f->top & want) != 0;
}

bool folder_may_read(const struct access *x, struct str id)
{
    return folder_gives(x, id, false);
}

bool folder_may_change(const struct access *x, struct str id)
{
    return folder_gives(x, id, true);
}

static struct str folder_of(const struct record *r)
{
    return strcmp(r->type->id, "folder") == 0 ? r->id : json_text(r->values, "folder");
}

bool folder_matches(const struct access *x, const struct strings *who, const struct record *r)
{
    return r && folder_gives(x, folder_of(r), who->items != r->type->may_read.items);
}

bool access_reads_all(const struct access *x, const struct record_type *t)
{
    bool asks_folder = false;
    if (x && x->examined)
        return examine_sees_all(x, t);
    for (size_t i = 0; i < t->may_read.count; i++)
        asks_folder = asks_folder || strcmp(t->may_read.items[i], "@folder") == 0;
    return !x || x->is_system || access_matches(x, &t->may_read, NULL) || (asks_folder && x->folders && x->folders->all_read && !x->is_own_only);
}

void query_folder(struct query_text *q, const struct record_type *t, const struct access *x, bool *is_first)
{
    const char *column = strcmp(t->id, "folder") == 0 ? "id" : "folder";
    struct json *ids = json_array(q->arena);
    struct buf BUF_AUTO text;
    buf_init(&text, 16 << 20);
    for (size_t i = 0; x->folders && i < x->folders->count; i++)
        if (folder_gives(x, x->folders->items[i].id, false))
            json_push_str(ids, x->folders->items[i].id);
    json_write(&text, ids);
    if (ids->count) {
        query_or(q, is_first);
        buf_printf(&q->sql, "(%sr.\"%s\" in (select value from json_each(", q->is_led ? "+" : "", column);
        query_arg(q, A(arena_str(q->arena, buf_view(&text))));
        buf_printf(&q->sql, "))%s)", query_each_now(q));
    }
    if (strcmp(column, "folder") == 0 && folder_gives(x, STR(""), false)) {
        query_or(q, is_first);
        buf_printf(&q->sql, "(%sr.folder is null%s)", q->is_led ? "+" : "", query_each_now(q));
    }
}
