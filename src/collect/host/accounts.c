/* accounts.c - accounts and groups of /etc/passwd and /etc/group. */
#include "collect/host/host.h"

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

/* GATHER */
static bool users_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool groups_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool group_members_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
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
