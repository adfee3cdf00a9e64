/* accounts.c - accounts and groups of /etc/passwd and /etc/group. */
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
     "shadow (x: the hash lies in /etc/shadow), empty, locked, or hash (in /etc/passwd itself)."},
    {"is_system", COLUMN_BOOL, "", "The uid is below UID_MIN of login.defs (1000), or nobody."},
    {"has_login_shell", COLUMN_BOOL, "", "The shell exists and is not nologin, false or the like."},
    {"is_locked", COLUMN_BOOL, "",
     "No password can match: the field of passwd or shadow is locked or starts with ! or *; null if shadow "
     "could not be read."},
    {"login_enabled", COLUMN_BOOL, "",
     "Has a login shell, and a usable password or a place for keys: not expired, not locked with a nologin "
     "shell; null if shadow could not be read."},
    {"source", COLUMN_TEXT, "", "file:line."},
};

static const struct table_schema users_schema = {
    .name = "users",
    .version = 1,
    .words = "A row is an account of /etc/passwd, in the order of the file; accounts that only a directory service "
             "knows are named in table_status.",
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
    {"source", COLUMN_TEXT, "", "file:line."},
};

static const struct table_schema groups_schema = {
    .name = "groups",
    .version = 1,
    .words = "A row is a group of /etc/group.",
    .criteria = "CC6.3",
    .example = "SELECT name, gid FROM groups GROUP BY gid HAVING count(*) > 1",
    .columns = groups_columns,
    .column_count = COLUMN_COUNT(groups_columns),
};

static const struct column group_members_columns[] = {
    {"group_name", COLUMN_TEXT, "", "The group; null if the gid has no group."},
    {"gid", COLUMN_INTEGER, "", "The number of the group."},
    {"username", COLUMN_TEXT, "", "The account as written, known or not.", COLUMN_PERSONAL},
    {"is_known", COLUMN_BOOL, "", "The account is in /etc/passwd."},
    {"via", COLUMN_TEXT, "", "member (listed) or primary."},
};

static const struct table_schema group_members_schema = {
    .name = "group_members",
    .version = 1,
    .words = "A row is a membership: listed in /etc/group, or by the primary group in /etc/passwd.",
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

/* nsswitch.conf names more than files: accounts that only the service knows are not in the table. */
static void tell_directory_service(struct gather *g, const char *database)
{
    struct str text, key, value, line, word;
    if (!conf_read(g, "/etc/nsswitch.conf", &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        value = line;
        if (!str_cut(&value, ':', &key) || !str_is(str_trim(key), database))
            continue;
        while (str_next_word(&value, &word))
            if (!str_is(word, "files") && !str_is(word, "compat") && !str_is(word, "systemd") && word.data[0] != '[' &&
                !str_ends(word, "]"))
                gather_missing(g, word, "accounts that only this service knows",
                               "nsswitch.conf names a directory service, which is not asked");
    }
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

static bool users_gather(struct gather *g, struct err *e)
{
    struct str text;
    if (!source_read(g->source, g->arena, "/etc/passwd", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    struct hashes shadow;
    hashes_read(g, "/etc/shadow", &shadow);
    if (!shadow.is_known)
        gather_missing(g, STR("/etc/shadow"), "is_locked and login_enabled", "/etc/shadow could not be read; only root may");
    int64_t min = uid_min(g);
    struct shells shells = {0};
    struct fields f = {0};
    while (next_fields(&text, &f)) {
        int64_t uid = 0, gid = 0;
        if (is_malformed(g, &f, "/etc/passwd", 7, 2) || !str_to_int64(f.items[2], &uid))
            continue;
        const struct hash *h = hash_of(&shadow, f.items[0]);
        struct str shell = f.items[6];
        bool has_shell = is_login_shell(shell) && shell_is_there(g, &shells, shell);
        enum tristate locked = is_locked(f.items[1], h, shadow.is_known);
        row_begin(g->rows);
        row_text(g->rows, f.items[0]);
        row_int(g->rows, uid);
        str_to_int64(f.items[3], &gid) ? row_int(g->rows, gid) : row_null(g->rows);
        row_text(g->rows, f.items[4]);
        row_text(g->rows, f.items[5]);
        row_text(g->rows, shell);
        row_cstr(g->rows, password_field(f.items[1]));
        row_bool(g->rows, uid < min || uid == 65534);
        row_bool(g->rows, has_shell);
        row_tristate(g->rows, locked);
        row_tristate(g->rows, login_enabled(g, has_shell, locked, h, has_shell && locked == YES && has_keys(g, f.items[5])));
        row_text(g->rows, conf_origin(g->arena, STR("/etc/passwd"), f.line));
        row_end(g->rows);
    }
    tell_directory_service(g, "passwd");
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

static bool groups_gather(struct gather *g, struct err *e)
{
    struct str text;
    if (!source_read(g->source, g->arena, "/etc/group", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    struct hashes gshadow;
    hashes_read(g, "/etc/gshadow", &gshadow);
    if (!gshadow.is_known)
        gather_missing(g, STR("/etc/gshadow"), "has_password", "/etc/gshadow could not be read; only root may");
    struct fields f = {0};
    while (next_fields(&text, &f)) {
        int64_t gid = 0;
        if (is_malformed(g, &f, "/etc/group", 3, 2) || !str_to_int64(f.items[2], &gid))
            continue;
        const struct hash *h = hash_of(&gshadow, f.items[0]);
        bool has_own = is_usable_hash(f.items[1]);
        row_begin(g->rows);
        row_text(g->rows, f.items[0]);
        row_int(g->rows, gid);
        row_tristate(g->rows, has_own ? YES : !gshadow.is_known ? NOT_KNOWN : h && is_usable_hash(h->hash) ? YES : NO);
        row_int(g->rows, (int64_t)(f.count > 3 ? member_count(f.items[3]) : 0));
        row_text(g->rows, conf_origin(g->arena, STR("/etc/group"), f.line));
        row_end(g->rows);
    }
    tell_directory_service(g, "group");
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

static bool accounts_read(struct gather *g, struct accounts *ret, struct err *e)
{
    struct str text;
    *ret = (struct accounts){0};
    if (!source_read(g->source, g->arena, "/etc/passwd", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    struct fields f = {0};
    while (next_fields(&text, &f)) {
        int64_t gid = 0;
        if (f.count < 4 || !str_to_int64(f.items[3], &gid))
            continue;
        if (ret->count == ret->capacity)
            ret->items = arena_grow(g->arena, ret->items, ret->count, &ret->capacity, sizeof(*ret->items));
        ret->items[ret->count++] = (struct account){f.items[0], gid};
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

static bool group_members_gather(struct gather *g, struct err *e)
{
    struct str text, member;
    struct accounts accounts;
    if (!accounts_read(g, &accounts, e) || !source_read(g->source, g->arena, "/etc/group", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    struct group_name *names = NULL;
    size_t count = 0, capacity = 0;
    struct fields f = {0};
    while (next_fields(&text, &f)) {
        int64_t gid = 0;
        if (is_malformed(g, &f, "/etc/group", 3, 2) || !str_to_int64(f.items[2], &gid))
            continue;
        if (count == capacity)
            names = arena_grow(g->arena, names, count, &capacity, sizeof(*names));
        names[count] = (struct group_name){gid, count, f.items[0]};
        count++;
        for (struct str members = f.count > 3 ? f.items[3] : STR(""); members.size;) {
            str_cut(&members, ',', &member);
            member = str_trim(member);
            if (member.size)
                member_row(g, f.items[0], gid, member, is_account(&accounts, member), "member");
        }
    }
    if (count)
        qsort(names, count, sizeof(*names), compare_group_names);
    for (size_t i = 0; i < accounts.count; i++)
        member_row(g, group_name_of(names, count, accounts.items[i].gid), accounts.items[i].gid, accounts.items[i].name, true,
                   "primary");
    tell_directory_service(g, "group");
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
