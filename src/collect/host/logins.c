/* logins.c - who is, was, and wanted to be signed in. */
#include "collect/host/host.h"

static const struct column logged_in_columns[] = {
    {"username", COLUMN_TEXT, "", "The account.", COLUMN_PERSONAL},
    {"tty", COLUMN_TEXT, "", "The terminal."},
    {"host", COLUMN_TEXT, "", "Where from; empty for the machine itself.", COLUMN_PERSONAL},
    {"since", COLUMN_TIME, "", "When it began."},
    {"pid", COLUMN_INTEGER, "", "The process of the session."},
    {"source", COLUMN_TEXT, "", "The file."},
};

static const struct table_schema logged_in_schema = {
    .name = "logged_in",
    .version = 1,
    .words = "A row is a session that is open now, from /run/utmp or the sessions of systemd-logind.",
    .criteria = "CC6.1",
    .example = "SELECT username, host, since FROM logged_in",
    .columns = logged_in_columns,
    .column_count = COLUMN_COUNT(logged_in_columns),
};

static const struct column login_history_columns[] = {
    {"username", COLUMN_TEXT, "", "The account; reboot or shutdown for those types.", COLUMN_PERSONAL},
    {"tty", COLUMN_TEXT, "", "The terminal."},
    {"host", COLUMN_TEXT, "", "Where from; kernel release for a boot.", COLUMN_PERSONAL},
    {"login", COLUMN_TIME, "", "Begin."},
    {"logout", COLUMN_TIME, "", "End; null if still open or not told."},
    {"type", COLUMN_TEXT, "", "login, boot or shutdown."},
    {"source", COLUMN_TEXT, "", "The file."},
};

static const struct table_schema login_history_schema = {
    .name = "login_history",
    .version = 1,
    .words = "A row is a sign-in or a start of the machine that /var/log/wtmp tells of, newest file first.",
    .criteria = "CC6.2, CC6.3, CC7.2",
    .example = "SELECT username, host, login FROM login_history WHERE type = 'login' ORDER BY login DESC LIMIT 20",
    .columns = login_history_columns,
    .column_count = COLUMN_COUNT(login_history_columns),
};

static const struct column failed_logins_columns[] = {
    {"username", COLUMN_TEXT, "", "The name that was given.", COLUMN_PERSONAL},
    {"tty", COLUMN_TEXT, "", "The terminal or service."},
    {"host", COLUMN_TEXT, "", "Where from.", COLUMN_PERSONAL},
    {"time", COLUMN_TIME, "", "When."},
    {"source", COLUMN_TEXT, "", "The file."},
};

static const struct table_schema failed_logins_schema = {
    .name = "failed_logins",
    .version = 1,
    .words = "A row is a refused sign-in from /var/log/btmp, or a tally of /run/faillock.",
    .criteria = "CC6.1, CC7.2",
    .example = "SELECT username, host, count(*) FROM failed_logins GROUP BY 1, 2 ORDER BY 3 DESC",
    .columns = failed_logins_columns,
    .column_count = COLUMN_COUNT(failed_logins_columns),
};

static const struct column last_login_columns[] = {
    {"username", COLUMN_TEXT, "", "The account.", COLUMN_PERSONAL},
    {"uid", COLUMN_INTEGER, "", "Its number."},
    {"time", COLUMN_TIME, "", "When; null: never."},
    {"host", COLUMN_TEXT, "", "Where from.", COLUMN_PERSONAL},
    {"tty", COLUMN_TEXT, "", "The terminal."},
    {"source", COLUMN_TEXT, "", "The file."},
};

static const struct table_schema last_login_schema = {
    .name = "last_login",
    .version = 1,
    .words = "A row is the last sign-in of an account, from /var/log/lastlog or lastlog2.db; an account that never "
             "signed in has a null time.",
    .criteria = "CC6.2, CC6.3",
    .example = "SELECT username FROM last_login WHERE time IS NULL",
    .columns = last_login_columns,
    .column_count = COLUMN_COUNT(last_login_columns),
};

/* GATHER */
static bool logged_in_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool login_history_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool failed_logins_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

static bool last_login_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "this table is not read yet");
}

const struct host_table logged_in_table = {
    .schema = &logged_in_schema,
    .origin = FROM_KERNEL,
    .is_volatile = true,
    .gather = logged_in_gather,
};

const struct host_table login_history_table = {
    .schema = &login_history_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = login_history_gather,
};

const struct host_table failed_logins_table = {
    .schema = &failed_logins_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = failed_logins_gather,
};

const struct host_table last_login_table = {
    .schema = &last_login_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = last_login_gather,
};
