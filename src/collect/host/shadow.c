/* shadow.c - the state of passwords (/etc/shadow) and the defaults for new ones (/etc/login.defs). */
#include "collect/host/host.h"

static const struct column shadow_columns[] = {
    {"username", COLUMN_TEXT, "", "The account.", COLUMN_PERSONAL},
    {"state", COLUMN_TEXT, "",
     "password (a hash is set), locked (a hash with ! in front), no_password (* or !: never usable), empty "
     "(signs in without a password) or invalid."},
    {"hash_alg", COLUMN_TEXT, "",
     "yescrypt, gost_yescrypt, scrypt, sha512, sha256, bcrypt, md5, des, bsdi or unknown; null without a hash."},
    {"rounds", COLUMN_INTEGER, "", "Rounds or cost, where the method says it."},
    {"last_change", COLUMN_TIME, "",
     "Day of the last change of password; null if not known, 0 if it must be changed at the next sign-in."},
    {"must_change", COLUMN_BOOL, "", "A change is forced at the next sign-in."},
    {"min_days", COLUMN_INTEGER, "days", "Days before the password may be changed again."},
    {"max_days", COLUMN_INTEGER, "days", "Days after which it must be changed; null: never."},
    {"warn_days", COLUMN_INTEGER, "days", "Days of warning before."},
    {"inactive_days", COLUMN_INTEGER, "days", "Days after expiry until the account is closed; null: never."},
    {"expire", COLUMN_TIME, "", "Day on which the account closes; null: never."},
    {"source", COLUMN_TEXT, "", "file:line."},
};

static const struct table_schema shadow_schema = {
    .name = "shadow",
    .version = 1,
    .words = "A row is a line of /etc/shadow. The hash itself is dropped at reading: only its method and state stay.",
    .criteria = "CC6.1",
    .example = "SELECT username, hash_alg FROM shadow WHERE state = 'password' AND hash_alg NOT IN ('yescrypt', 'sha512')",
    .columns = shadow_columns,
    .column_count = COLUMN_COUNT(shadow_columns),
};

static const struct column login_defs_columns[] = {
    {"key", COLUMN_TEXT, "", "The setting."},
    {"value", COLUMN_TEXT, "", "As written."},
    {"source", COLUMN_TEXT, "", "file:line."},
};

static const struct table_schema login_defs_schema = {
    .name = "login_defs",
    .version = 1,
    .words = "A row is a setting of /etc/login.defs; of a key that is set twice the last one counts.",
    .criteria = "CC6.1",
    .example = "SELECT value FROM login_defs WHERE key = 'PASS_MAX_DAYS'",
    .columns = login_defs_columns,
    .column_count = COLUMN_COUNT(login_defs_columns),
};

/* GATHER */
static bool shadow_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool login_defs_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table shadow_table = {
    .schema = &shadow_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = shadow_gather,
};

const struct host_table login_defs_table = {
    .schema = &login_defs_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = login_defs_gather,
};
