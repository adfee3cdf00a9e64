/* accounts.c - accounts and groups of /etc/passwd and /etc/group. */
#include "collect/host/accounts.h"
#include "base/limits.h"
#include "base/times.h"
#include "collect/host/conf.h"
#include "collect/host/host.h"
#include <stdlib.h>

static const struct column users_columns[] = {
    {"username", COLUMN_TEXT, "", "The name.", COLUMN_PERSONAL},
    {"uid", COLUMN_INTEGER, "", "The number."},
    {"gid", COLUMN_INTEGER, "", "The number of the primary group."},
    {"gecos", COLUMN_TEXT, "", "The comment field, usually the full name.", COLUMN_PERSONAL},
    {"home", COLUMN_TEXT, "", "The home directory."},
    {"shell", COLUMN_TEXT, "", "The program that signing in starts; empty means /bin/sh."},
    {"password_field", COLUMN_TEXT, "",
     "shadow (x: the hash lies in /etc/shadow), empty, locked, hash (in /etc/passwd itself), or service (a directory "
     "service keeps it)."},
    {"is_system", COLUMN_BOOL, "", "The uid is below UID_MIN of login.defs (1000), or nobody."},
    {"has_login_shell", COLUMN_BOOL, "", "The shell exists and is not nologin, false or the like."},
    {"is_locked", COLUMN_BOOL, "",
     "No password can match: the field of passwd or shadow is locked or starts with ! or *; null if shadow "
     "could not be read, or a directory service decides."},
    {"login_enabled", COLUMN_BOOL, "",
     "Has a login shell, and a usable password or a place for keys: not expired, not locked with a nologin "
     "shell; null if shadow could not be read, or a directory service decides."},
    {"source", COLUMN_TEXT, "", "file:line, or nss:SERVICE for an account that only this directory service knows."},
};

static const struct table_schema users_schema = {
    .name = "users",
    .version = 2,
    .words = "A row is an account of /etc/passwd, or one that only a directory service of nsswitch.conf knows; a service that "
             "does not answer or does not list its accounts is named in table_status.",
    .criteria = "CC6.1, CC6.2, CC6.3",
    .example = "SELECT username FROM users WHERE uid = 0 AND username <> 'root'",
    .columns = users_columns,
    .column_count = COLUMN_COUNT(users_columns),
};

static const struct column groups_columns[] = {
    {"name", COLUMN_TEXT, "", "The name."},
    {"gid", COLUMN_INTEGER, "", "The number."},
    {"has_password", COLUMN_BOOL, "", "A group password is set in group or gshadow; null if gshadow could not be read."},
    {"member_count", COLUMN_INTEGER, "", "Accounts listed as members, without those who have it as primary group."},
    {"source", COLUMN_TEXT, "", "file:line, or nss:SERVICE for a group that only this directory service knows."},
};

static const struct table_schema groups_schema = {
    .name = "groups",
    .version = 2,
    .words = "A row is a group of /etc/group, or one that only a directory service of nsswitch.conf knows.",
    .criteria = "CC6.3",
    .example = "SELECT name, gid FROM groups GROUP BY gid HAVING count(*) > 1",
    .columns = groups_columns,
    .column_count = COLUMN_COUNT(groups_columns),
};

static const struct column group_members_columns[] = {
    {"group_name", COLUMN_TEXT, "", "The group; null if the gid has no group."},
    {"gid", COLUMN_INTEGER, "", "The number of the group."},
    {"username", COLUMN_TEXT, "", "The account as written, known or not.", COLUMN_PERSONAL},
    {"is_known", COLUMN_BOOL, "", "The account is in /etc/passwd, or a directory service lists it."},
    {"via", COLUMN_TEXT, "", "member (listed) or primary."},
};

static const struct table_schema group_members_schema = {
    .name = "group_members",
    .version = 2,
    .words = "A row is a membership: listed in /etc/group or by a directory service, or by the primary group of an account.",
    .criteria = "CC6.3",
    .example = "SELECT username FROM group_members WHERE group_name = 'sudo'",
    .columns = group_members_columns,
    .column_count = COLUMN_COUNT(group_members_columns),
};

/* ---- lines of colon-separated fields ---- */

enum { FIELDS_MAX = 10 };

struct fields {
    struct str items[FIELDS_MAX];
    size_t count;
    int64_t line;
};

/* The next line that is no comment and not empty; +/- lines of NIS compatibility are left out, as nss_files leaves them out. */
static bool next_fields(struct str *text, struct fields *f)
{
    struct str line;
    while (str_next_line(text, &line)) {
        f->line++;
        if (line.size == 0 || line.data[0] == '#' || line.data[0] == '+' || line.data[0] == '-')
            continue;
        f->count = 0;
        bool has_more = true;
        while (has_more && f->count < FIELDS_MAX)
            has_more = str_cut(&line, ':', &f->items[f->count++]);
        return true;
    }
    return false;
}

static bool is_malformed(struct gather *g, const struct fields *f, const char *path, size_t fields_min, size_t id_field)
{
    int64_t id;
    if (f->count >= fields_min && f->items[0].size && str_to_int64(f->items[id_field], &id) && id >= 0 && id <= UINT32_MAX)
        return false;
    gather_missing(g, conf_origin(g->arena, str_of(path), f->line), "one line", "the line is malformed");
    return true;
}

/* ---- directory services ---- */

/* Actions in brackets may hold blanks. */
void services_read(struct gather *g, const char *database, struct services *ret)
{
    struct str text, key, value, line, word;
    *ret = (struct services){0};
    if (!conf_read(g, "/etc/nsswitch.conf", &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        bool is_action = false;
        value = line;
        if (!str_cut(&value, ':', &key) || !str_is(str_trim(key), database))
            continue;
        while (str_next_word(&value, &word) && word.data[0] != '#') {
            bool is_service = !is_action && word.data[0] != '[';
            is_action = (is_action || word.data[0] == '[') && !str_ends(word, "]");
            if (is_service && !str_is(word, "files") && !str_is(word, "compat") && !str_is(word, "systemd") &&
                ret->count < SERVICES_MAX)
                ret->names[ret->count++] = word;
        }
    }
}

bool service_lines(struct gather *g, const char *database, struct str service, struct str *ret)
{
    bool is_group = strcmp(database, "group") == 0;
    const char *missing = is_group ? "groups that only this service knows" : "accounts that only this service knows";
    struct err e = {0};
    if (!source_directory(g->source, g->arena, database, service, ret, &e)) {
        gather_missing(g, service, missing, e.text);
        return false;
    }
    if (ret->size == 0)
        gather_missing(g, service, missing,
                       "the service lists nothing: it is not reachable, or does not enumerate (sssd: enumerate = true)");
    return ret->size > 0;
}

bool names_meet(struct arena *a, struct names_met *n, struct str name)
{
    if (n->count * 2 >= n->capacity) {
        struct names_met larger = {.capacity = n->capacity ? n->capacity * 2 : 256};
        larger.items = arena_array(a, larger.capacity, sizeof(*larger.items));
        for (size_t i = 0; i < larger.capacity; i++)
            larger.items[i] = (struct str){0};
        for (size_t i = 0; i < n->capacity; i++)
            if (n->items[i].data)
                names_meet(a, &larger, n->items[i]);
        *n = larger;
    }
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * 1099511628211u;
    size_t at = (size_t)hash & (n->capacity - 1);
    for (; n->items[at].data; at = (at + 1) & (n->capacity - 1))
        if (str_equal(n->items[at], name))
            return false;
    n->items[at] = name;
    n->count++;
    return true;
}

/* ---- what shadow says of an account ---- */

struct hashes {
    bool is_known;
    struct hash {
        struct str name, hash;
        int64_t expire_day; /* -1: never */
    } * items;
    size_t count, capacity;
};

static int compare_hashes(const void *a, const void *b)
{
    return str_compare(((const struct hash *)a)->name, ((const struct hash *)b)->name);
}

static void hashes_read(struct gather *g, const char *path, struct hashes *ret)
{
    struct str text;
    struct err e = {0};
    *ret = (struct hashes){0};
    if (!source_read(g->source, g->arena, path, LIMIT_READ_FILE_BYTES, &text, &e)) {
        ret->is_known = e.code == ERR_NOT_FOUND; /* no shadow: what passwd says counts */
        return;
    }
    ret->is_known = true;
    struct fields f = {0};
    while (next_fields(&text, &f)) {
        if (ret->count == ret->capacity)
            ret->items = arena_grow(g->arena, ret->items, ret->count, &ret->capacity, sizeof(*ret->items));
        struct hash *h = &ret->items[ret->count++];
        *h = (struct hash){.name = f.items[0], .hash = f.count > 1 ? f.items[1] : STR(""), .expire_day = -1};
        if (f.count < 8 || !str_to_int64(f.items[7], &h->expire_day))
            h->expire_day = -1;
    }
    if (ret->count)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare_hashes);
}

static const struct hash *hash_of(const struct hashes *h, struct str name)
{
    struct hash key = {.name = name};
    return h->count ? bsearch(&key, h->items, h->count, sizeof(key), compare_hashes) : NULL;
}

/* ---- users ---- */

static bool is_login_shell(struct str shell)
{
    static const char *const none[] = {"nologin", "false", "true", "sync", "halt", "shutdown", "git-shell", "nologin.sh"};
    ptrdiff_t slash = -1;
    for (size_t i = 0; i < shell.size; i++)
        if (shell.data[i] == '/')
            slash = (ptrdiff_t)i;
    struct str name = str_slice(shell, (size_t)(slash + 1), shell.size);
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        if (str_is(name, none[i]))
            return false;
    return true;
}

/* A shell that is not there lets nobody in. One answer a path, remembered. */
struct shells {
    struct str paths[64];
    bool is_there[64];
    size_t count;
};

static bool shell_is_there(struct gather *g, struct shells *s, struct str shell)
{
    if (shell.size == 0)
        return true;
    for (size_t i = 0; i < s->count; i++)
        if (str_equal(s->paths[i], shell))
            return s->is_there[i];
    struct file_facts facts;
    struct err e = {0};
    bool is_there =
        source_stat(g->source, arena_strndup(g->arena, shell.data, shell.size), true, &facts, &e) || e.code == ERR_DENIED;
    if (s->count < sizeof(s->paths) / sizeof(s->paths[0])) {
        s->paths[s->count] = shell;
        s->is_there[s->count++] = is_there;
    }
    return is_there;
}

static int64_t uid_min(struct gather *g)
{
    struct str text, line, key, value;
    int64_t min = 1000;
    if (!conf_read(g, "/etc/login.defs", &text))
        return min;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line))
        if (conf_key_value(line, &key, &value) && str_is(key, "UID_MIN"))
            str_to_int64(value, &min);
    return min;
}

static const char *password_field(struct str field)
{
    if (field.size == 0)
        return "empty";
    if (str_is(field, "x"))
        return "shadow";
    return field.data[0] == '*' || field.data[0] == '!' ? "locked" : "hash";
}

enum tristate { NO, YES, NOT_KNOWN };

static void row_tristate(struct rows *r, enum tristate t)
{
    t == NOT_KNOWN ? row_null(r) : row_bool(r, t == YES);
}

/* Whether no password can match; `h` is the line of shadow, if the account has one. */
static enum tristate is_locked(struct str field, const struct hash *h, bool is_shadow_known)
{
    struct str hash = field;
    if (str_is(field, "x")) {
        if (!is_shadow_known)
            return NOT_KNOWN;
        if (!h)
            return YES; /* shadow has no line for it: nothing can match */
        hash = h->hash;
    }
    return hash.size && (hash.data[0] == '!' || hash.data[0] == '*') ? YES : NO;
}

/* A locked password does not keep keys out; only a shell that lets nobody in, or an account that has expired, does. `*` and "!"
 * alone are accounts that never had a password: services. */
static enum tristate login_enabled(struct gather *g, bool has_shell, enum tristate locked, const struct hash *h, bool has_keys)
{
    if (!has_shell)
        return NO;
    if (locked == NOT_KNOWN)
        return NOT_KNOWN;
    if (h && h->expire_day > 0 && h->expire_day * MS_DAY <= source_now_ms(g->source))
        return NO;
    return locked == NO || has_keys ? YES : NO;
}

static bool has_keys(struct gather *g, struct str home)
{
    struct file_facts facts;
    struct err e = {0};
    struct str path = arena_printf(g->arena, "%.*s/.ssh/authorized_keys", STR_ARGS(home));
    return home.size > 1 && source_stat(g->source, path.data, true, &facts, &e) && facts.size_bytes > 0;
}

/* What is the same for all accounts of a run. */
struct accounting {
    struct hashes shadow;
    struct shells shells;
    struct names_met met;
    int64_t uid_min;
};

static void user_row(struct gather *g, struct accounting *c, const struct fields *f, int64_t uid, const char *service)
{
    struct str shell = f->items[6], line_of = service ? STR("") : conf_origin(g->arena, STR("/etc/passwd"), f->line);
    const struct hash *h = service ? NULL : hash_of(&c->shadow, f->items[0]);
    bool has_shell = is_login_shell(shell) && shell_is_there(g, &c->shells, shell);
    bool is_service = service && str_is(f->items[1], "x");
    enum tristate locked = is_service ? NOT_KNOWN : is_locked(f->items[1], h, c->shadow.is_known);
    int64_t gid = 0;
    row_begin(g->rows);
    row_text(g->rows, f->items[0]);
    row_int(g->rows, uid);
    str_to_int64(f->items[3], &gid) ? row_int(g->rows, gid) : row_null(g->rows);
    row_text(g->rows, f->items[4]);
    row_text(g->rows, f->items[5]);
    row_text(g->rows, shell);
    row_cstr(g->rows, is_service ? "service" : password_field(f->items[1]));
    row_bool(g->rows, uid < c->uid_min || uid == 65534);
    row_bool(g->rows, has_shell);
    row_tristate(g->rows, locked);
    row_tristate(g->rows, login_enabled(g, has_shell, locked, h, has_shell && locked == YES && has_keys(g, f->items[5])));
    row_text(g->rows, service ? arena_printf(g->arena, "nss:%s", service) : line_of);
    row_end(g->rows);
}

static void users_of_services(struct gather *g, struct accounting *c)
{
    struct services services;
    struct str text;
    services_read(g, "passwd", &services);
    for (size_t i = 0; i < services.count; i++) {
        struct fields f = {0};
        int64_t uid = 0;
        const char *service = arena_strndup(g->arena, services.names[i].data, services.names[i].size);
        if (!service_lines(g, "passwd", services.names[i], &text))
            continue;
        while (next_fields(&text, &f))
            if (f.count >= 7 && f.items[0].size && str_to_int64(f.items[2], &uid) && names_meet(g->arena, &c->met, f.items[0]))
                user_row(g, c, &f, uid, service);
    }
}

static bool users_gather(struct gather *g, struct err *e)
{
    struct str text;
    struct accounting c = {0};
    if (!source_read(g->source, g->arena, "/etc/passwd", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    hashes_read(g, "/etc/shadow", &c.shadow);
    if (!c.shadow.is_known)
        gather_missing(g, STR("/etc/shadow"), "is_locked and login_enabled", "/etc/shadow could not be read; only root may");
    c.uid_min = uid_min(g);
    struct fields f = {0};
    while (next_fields(&text, &f)) {
        int64_t uid = 0;
        if (is_malformed(g, &f, "/etc/passwd", 7, 2) || !str_to_int64(f.items[2], &uid))
            continue;
        names_meet(g->arena, &c.met, f.items[0]);
        user_row(g, &c, &f, uid, NULL);
    }
    users_of_services(g, &c);
    return true;
}

/* ---- groups ---- */

static bool is_usable_hash(struct str hash)
{
    return hash.size && hash.data[0] != '!' && hash.data[0] != '*' && !str_is(hash, "x");
}

static size_t member_count(struct str members)
{
    size_t count = 0;
    struct str member;
    while (members.size) {
        str_cut(&members, ',', &member);
        count += str_trim(member).size > 0;
    }
    return count;
}

static void group_row(struct gather *g, const struct fields *f, int64_t gid, enum tristate has_password, struct str origin)
{
    row_begin(g->rows);
    row_text(g->rows, f->items[0]);
    row_int(g->rows, gid);
    row_tristate(g->rows, has_password);
    row_int(g->rows, (int64_t)(f->count > 3 ? member_count(f->items[3]) : 0));
    row_text(g->rows, origin);
    row_end(g->rows);
}

static void groups_of_services(struct gather *g, struct names_met *met)
{
    struct services services;
    struct str text;
    services_read(g, "group", &services);
    for (size_t i = 0; i < services.count; i++) {
        struct fields f = {0};
        int64_t gid = 0;
        struct str origin = arena_printf(g->arena, "nss:%.*s", STR_ARGS(services.names[i]));
        if (!service_lines(g, "group", services.names[i], &text))
            continue;
        while (next_fields(&text, &f))
            if (f.count >= 3 && f.items[0].size && str_to_int64(f.items[2], &gid) && names_meet(g->arena, met, f.items[0]))
                group_row(g, &f, gid, is_usable_hash(f.items[1]) ? YES : NO, origin);
    }
}

static bool groups_gather(struct gather *g, struct err *e)
{
    struct str text;
    if (!source_read(g->source, g->arena, "/etc/group", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    struct hashes gshadow;
    struct names_met met = {0};
    hashes_read(g, "/etc/gshadow", &gshadow);
    if (!gshadow.is_known)
        gather_missing(g, STR("/etc/gshadow"), "has_password", "/etc/gshadow could not be read; only root may");
    struct fields f = {0};
    while (next_fields(&text, &f)) {
        int64_t gid = 0;
        if (is_malformed(g, &f, "/etc/group", 3, 2) || !str_to_int64(f.items[2], &gid))
            continue;
        const struct hash *h = hash_of(&gshadow, f.items[0]);
        names_meet(g->arena, &met, f.items[0]);
        group_row(g, &f, gid,
                  is_usable_hash(f.items[1])        ? YES
                  : !gshadow.is_known               ? NOT_KNOWN
                  : h && is_usable_hash(h->hash)    ? YES
                                                    : NO,
                  conf_origin(g->arena, STR("/etc/group"), f.line));
    }
    groups_of_services(g, &met);
    return true;
}

/* ---- group_members ---- */

struct account {
    struct str name;
    int64_t gid;
};

struct accounts {
    struct account *items;
    size_t count, capacity;
};

static int compare_accounts(const void *a, const void *b)
{
    return str_compare(((const struct account *)a)->name, ((const struct account *)b)->name);
}

static bool is_account(const struct accounts *a, struct str name)
{
    struct account key = {.name = name};
    return a->count && bsearch(&key, a->items, a->count, sizeof(key), compare_accounts);
}

static void account_add(struct gather *g, struct accounts *list, struct str name, int64_t gid)
{
    if (list->count == list->capacity)
        list->items = arena_grow(g->arena, list->items, list->count, &list->capacity, sizeof(*list->items));
    list->items[list->count++] = (struct account){name, gid};
}

static bool accounts_read(struct gather *g, struct accounts *ret, struct err *e)
{
    struct str text;
    struct services services;
    struct names_met met = {0};
    *ret = (struct accounts){0};
    if (!source_read(g->source, g->arena, "/etc/passwd", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    struct fields f = {0};
    int64_t gid = 0;
    while (next_fields(&text, &f))
        if (f.count >= 4 && str_to_int64(f.items[3], &gid)) {
            names_meet(g->arena, &met, f.items[0]);
            account_add(g, ret, f.items[0], gid);
        }
    services_read(g, "passwd", &services);
    for (size_t i = 0; i < services.count; i++) {
        if (!service_lines(g, "passwd", services.names[i], &text))
            continue;
        while (next_fields(&text, &f))
            if (f.count >= 4 && str_to_int64(f.items[3], &gid) && names_meet(g->arena, &met, f.items[0]))
                account_add(g, ret, f.items[0], gid);
    }
    if (ret->count)
        qsort(ret->items, ret->count, sizeof(*ret->items), compare_accounts);
    return true;
}

static void member_row(struct gather *g, struct str group, int64_t gid, struct str name, bool is_known, const char *via)
{
    row_begin(g->rows);
    row_text(g->rows, group);
    row_int(g->rows, gid);
    row_text(g->rows, name);
    row_bool(g->rows, is_known);
    row_cstr(g->rows, via);
    row_end(g->rows);
}

/* By gid, the first line of the file first among equals: what getgrgid gives. */
struct group_name {
    int64_t gid;
    size_t order;
    struct str name;
};

static int compare_group_names(const void *a, const void *b)
{
    const struct group_name *x = a, *y = b;
    return x->gid != y->gid ? (x->gid > y->gid) - (x->gid < y->gid) : (x->order > y->order) - (x->order < y->order);
}

static struct str group_name_of(const struct group_name *list, size_t count, int64_t gid)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].gid < gid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && list[low].gid == gid ? list[low].name : (struct str){0};
}

struct group_names {
    struct group_name *items;
    size_t count, capacity;
};

/* One line of group(5): its members, and its name for those who have it as primary group. */
static void take_group(struct gather *g, const struct accounts *accounts, struct group_names *names, const struct fields *f, int64_t gid)
{
    struct str member;
    if (names->count == names->capacity)
        names->items = arena_grow(g->arena, names->items, names->count, &names->capacity, sizeof(*names->items));
    names->items[names->count] = (struct group_name){gid, names->count, f->items[0]};
    names->count++;
    for (struct str members = f->count > 3 ? f->items[3] : STR(""); members.size;) {
        str_cut(&members, ',', &member);
        member = str_trim(member);
        if (member.size)
            member_row(g, f->items[0], gid, member, is_account(accounts, member), "member");
    }
}

static bool group_members_gather(struct gather *g, struct err *e)
{
    struct str text;
    struct accounts accounts;
    struct services services;
    struct names_met met = {0};
    if (!accounts_read(g, &accounts, e) || !source_read(g->source, g->arena, "/etc/group", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    struct group_names names = {0};
    struct fields f = {0};
    int64_t gid = 0;
    while (next_fields(&text, &f)) {
        if (is_malformed(g, &f, "/etc/group", 3, 2) || !str_to_int64(f.items[2], &gid))
            continue;
        names_meet(g->arena, &met, f.items[0]);
        take_group(g, &accounts, &names, &f, gid);
    }
    services_read(g, "group", &services);
    for (size_t i = 0; i < services.count; i++) {
        if (!service_lines(g, "group", services.names[i], &text))
            continue;
        while (next_fields(&text, &f))
            if (f.count >= 3 && str_to_int64(f.items[2], &gid) && names_meet(g->arena, &met, f.items[0]))
                take_group(g, &accounts, &names, &f, gid);
    }
    if (names.count)
        qsort(names.items, names.count, sizeof(*names.items), compare_group_names);
    for (size_t i = 0; i < accounts.count; i++)
        member_row(g, group_name_of(names.items, names.count, accounts.items[i].gid), accounts.items[i].gid, accounts.items[i].name, true,
                   "primary");
    return true;
}

const struct host_table users_table = {
    .schema = &users_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = users_gather,
};

const struct host_table groups_table = {
    .schema = &groups_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = groups_gather,
};

const struct host_table group_members_table = {
    .schema = &group_members_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = group_members_gather,
};
