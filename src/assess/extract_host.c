/* extract_host.c - the accounts of a captured host: who they are, what they may, when they were last used, from several tables. */
#include "assess/extract.h"

#include "crypto/crypto.h"

#include <stdlib.h>

/* Groups whose members may become root, or are as good as root, on usual systems. */
static const char *const strong_groups[] = {"root", "sudo", "wheel", "admin", "docker", "lxd", "disk", "shadow", "libvirt", "incus-admin", NULL};

struct host {
    struct arena *a;
    struct captures *captures;
    struct str subject;
    struct extract *x;
    struct buf *leaves;
    const struct rows *users, *members, *sudo, *keys, *logins;
};

static const struct cell *cell_of(const struct rows *rows, size_t row, const char *column)
{
    static const struct cell nothing = {.type = CELL_NULL};
    size_t i;
    return table_column_find(rows->schema, str_of(column), &i) ? rows_cell(rows, row, i) : &nothing;
}

static struct str text_of(const struct rows *rows, size_t row, const char *column)
{
    const struct cell *c = cell_of(rows, row, column);
    return c->type == CELL_TEXT ? c->text : STR("");
}

static enum known known_of(const struct rows *rows, size_t row, const char *column)
{
    const struct cell *c = cell_of(rows, row, column);
    return c->type != CELL_INTEGER ? KNOWN_NOT : c->integer ? KNOWN_YES : KNOWN_NO;
}

/* NULL: it was not captured, or not as a whole. */
static const struct rows *table_open(struct host *h, const char *table, const struct capture **ret, struct err *e)
{
    const struct rows *rows = NULL, *status = NULL;
    const struct capture *c = captures_find(h->captures, h->subject, str_of(table));
    *ret = c;
    if (!c || !str_is(c->state, "complete") || c->erased_by >= 0 || !captures_rows(h->captures, c, &rows, &status, e))
        return NULL;
    buf_printf(h->leaves, "%s%s:%lld", buf_view(h->leaves).size ? " " : "", table, (long long)c->leaf);
    return rows;
}

static struct extract_row *row_add(struct host *h, struct str name)
{
    struct extract *x = h->x;
    if (x->count == x->capacity)
        x->rows = arena_grow(h->a, x->rows, x->count, &x->capacity, sizeof *x->rows);
    x->rows[x->count] = (struct extract_row){.row = x->count + 1, .name = arena_str(h->a, name), .kind = ACCOUNT_PERSON, .last_used_day = DAY_NONE, .created_day = DAY_NONE};
    return &x->rows[x->count++];
}

static bool is_strong(struct str group)
{
    for (size_t i = 0; strong_groups[i]; i++)
        if (str_is(group, strong_groups[i]))
            return true;
    return false;
}

static int by_text(const void *x, const void *y)
{
    return str_compare(*(const struct str *)x, *(const struct str *)y);
}

struct rights {
    struct str *items;
    size_t count, capacity;
};

static void right_add(struct host *h, struct rights *r, struct str right)
{
    if (r->count == r->capacity)
        r->items = arena_grow(h->a, r->items, r->count, &r->capacity, sizeof *r->items);
    r->items[r->count++] = right;
}

static bool has_right(const struct rights *r, struct str right)
{
    for (size_t i = 0; i < r->count; i++)
        if (str_equal(r->items[i], right))
            return true;
    return false;
}

/* True: a rule lets it do everything. */
static bool sudo_add(struct host *h, struct str name, struct rights *r)
{
    bool is_all = false;
    for (size_t i = 0; h->sudo && i < h->sudo->row_count; i++) {
        struct str principal = text_of(h->sudo, i, "principal"), type = text_of(h->sudo, i, "principal_type");
        bool is_it = str_is(type, "all") || (str_is(type, "user") && str_equal(principal, name)) || (str_is(type, "group") && has_right(r, principal));
        if (!is_it || known_of(h->sudo, i, "negated") == KNOWN_YES || known_of(h->sudo, i, "principal_negated") == KNOWN_YES)
            continue;
        struct str right = arena_printf(h->a, "sudo %.*s", STR_ARGS(text_of(h->sudo, i, "command")));
        if (!has_right(r, right))
            right_add(h, r, right);
        is_all |= known_of(h->sudo, i, "is_all") == KNOWN_YES;
    }
    return is_all;
}

static void put_rights(struct host *h, struct extract_row *row, bool is_root)
{
    struct rights r = {0};
    bool is_privileged = is_root;
    size_t keys = 0;
    for (size_t i = 0; h->members && i < h->members->row_count; i++) {
        struct str group = text_of(h->members, i, "group_name");
        if (group.size == 0 || !str_equal(text_of(h->members, i, "username"), row->name) || has_right(&r, group))
            continue;
        right_add(h, &r, arena_str(h->a, group));
        is_privileged |= is_strong(group);
    }
    is_privileged |= sudo_add(h, row->name, &r);
    for (size_t i = 0; h->keys && i < h->keys->row_count; i++)
        keys += str_equal(text_of(h->keys, i, "username"), row->name);
    if (keys > 0)
        right_add(h, &r, STR("SSH key"));
    qsort(r.items, r.count, sizeof *r.items, by_text);
    struct buf BUF_AUTO b;
    buf_init(&b, 3900);
    for (size_t i = 0; i < r.count; i++)
        buf_printf(&b, "%s%.*s", i ? ", " : "", STR_ARGS(r.items[i]));
    row->rights = arena_str(h->a, buf_view(&b));
    /* Without the groups and sudo's rules nobody can say that somebody may not. */
    row->privileged = is_privileged ? KNOWN_YES : h->members && h->sudo ? KNOWN_NO : KNOWN_NOT;
}

/* On a host that keeps no record of sign-ins at all, silence says nothing. */
static bool logins_tell(const struct host *h)
{
    for (size_t i = 0; h->logins && i < h->logins->row_count; i++)
        if (cell_of(h->logins, i, "time")->type == CELL_INTEGER)
            return true;
    return false;
}

static void put_use(struct host *h, struct extract_row *row, bool tells)
{
    for (size_t i = 0; tells && i < h->logins->row_count; i++) {
        if (!str_equal(text_of(h->logins, i, "username"), row->name))
            continue;
        const struct cell *c = cell_of(h->logins, i, "time");
        if (c->type == CELL_INTEGER)
            row->last_used_day = day_of(c->integer);
        row->never_used = c->type == CELL_INTEGER ? KNOWN_NO : KNOWN_YES;
    }
}

static void put_accounts(struct host *h)
{
    bool tells = logins_tell(h);
    for (size_t i = 0; i < h->users->row_count; i++) {
        const struct cell *uid = cell_of(h->users, i, "uid");
        bool is_root = uid->type == CELL_INTEGER && uid->integer == 0;
        struct extract_row *row = row_add(h, text_of(h->users, i, "username"));
        struct str gecos = text_of(h->users, i, "gecos");
        struct str full;
        str_cut(&gecos, ',', &full);
        row->display = arena_str(h->a, str_trim(full));
        row->kind = is_root ? ACCOUNT_SHARED : known_of(h->users, i, "is_system") == KNOWN_YES ? ACCOUNT_SERVICE : ACCOUNT_PERSON;
        row->enabled = known_of(h->users, i, "login_enabled");
        put_rights(h, row, is_root);
        put_use(h, row, tells);
    }
}

bool extract_read_host(struct captures *c, struct str subject, struct arena *a, struct extract *ret, struct str *ret_captures, int64_t *ret_taken_ms, struct err *e)
{
    struct buf BUF_AUTO leaves;
    struct host h = {.a = a, .captures = c, .subject = subject, .x = ret, .leaves = &leaves};
    const struct capture *users, *other;
    char hex[2 * SHA256_SIZE + 1];
    buf_init(&leaves, 400);
    *ret = (struct extract){.arena = a, .problems = json_array(a), .columns = json_array(a)};
    h.users = table_open(&h, "users", &users, e);
    if (!users)
        return e->code == ERR_NONE && err_set(e, ERR_NOT_FOUND, "the accounts of this host were not captured yet: run \"assay collect\" there, or press \"Collect and test now\"");
    if (!h.users)
        return e->code == ERR_NONE &&
               err_set(e, ERR_UNAVAILABLE, "the accounts of this host were captured only in part (%.*s), so that nobody can say that nobody is missing",
                       STR_ARGS(users->reason.size ? users->reason : users->state));
    struct err not_there = {0}; /* what these would say is then not known */
    h.members = table_open(&h, "group_members", &other, &not_there);
    h.sudo = table_open(&h, "sudo_rules", &other, &not_there);
    h.keys = table_open(&h, "ssh_authorized_keys", &other, &not_there);
    h.logins = table_open(&h, "last_login", &other, &not_there);
    put_accounts(&h);
    struct str plain, record;
    if (!captures_bytes(c, a, users, &plain, &record, e))
        return false;
    struct sha256 digest = sha256_of(plain);
    hex_encode(digest.bytes, SHA256_SIZE, hex);
    ret->digest = arena_str(a, str_of(hex));
    *ret_captures = arena_str(a, buf_view(&leaves));
    *ret_taken_ms = users->taken_at_ms;
    if (ret->count == 0)
        return err_set(e, ERR_INVALID, "the capture holds no account");
    return true;
}
