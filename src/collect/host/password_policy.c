/* password_policy.c - the rules for passwords as they are in effect. */
#include "collect/host/host.h"

static const struct column password_policy_columns[] = {
    {"key", COLUMN_TEXT, "",
     "minlen, minclass, dcredit, ucredit, lcredit, ocredit, difok, maxrepeat, dictcheck, enforcing, "
     "enforce_for_root, retry, remember, deny, unlock_time, fail_interval, even_deny_root, hash, rounds, "
     "max_days, min_days, warn_days, nullok, quality_module, history_module or lockout_module."},
    {"value", COLUMN_TEXT, "", "The value in effect; null if the setting does not apply because no module enforces it."},
    {"number", COLUMN_INTEGER, "", "The value as a number, where it is one."},
    {"is_enforced", COLUMN_BOOL, "",
     "A PAM module that reads the setting is in the password or auth stack of common-password, common-auth, "
     "system-auth, password-auth or passwd."},
    {"origin", COLUMN_TEXT, "", "file:line, or default."},
};

static const struct table_schema password_policy_schema = {
    .name = "password_policy",
    .version = 1,
    .words = "A row is a setting that decides about passwords and lockout, as it is in effect: arguments of PAM modules "
             "over pwquality.conf(.d), pwhistory.conf, faillock.conf and login.defs, with the built-in default where "
             "none is set.",
    .criteria = "CC6.1",
    .example = "SELECT key, value, origin FROM password_policy WHERE key IN ('minlen', 'deny', 'remember')",
    .columns = password_policy_columns,
    .column_count = COLUMN_COUNT(password_policy_columns),
};

/* GATHER */
static bool password_policy_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table password_policy_table = {
    .schema = &password_policy_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = password_policy_gather,
};
