/*
 * shell_env.c - what shells start with: umask, time-out of idle sessions, search path; read from the start files, which are never
 * run.
 */
#include "collect/host/host.h"

static const struct column shell_env_columns[] = {
    {"file", COLUMN_TEXT, "",
     "Start file: /etc/profile, /etc/profile.d/*, /etc/bash.bashrc, /etc/login.defs, /etc/environment and others.", 0},
    {"line", COLUMN_INTEGER, "", "Line in that file.", 0},
    {"umask", COLUMN_TEXT, "", "File mode mask set there, octal as four digits ('0027'); null if this line sets none.", 0},
    {"tmout", COLUMN_INTEGER, "seconds", "Time-out of idle shells (TMOUT) set there; null if this line sets none.", 0},
    {"tmout_readonly", COLUMN_BOOL, "", "For TMOUT: 1 if the same file makes it unchangeable; null otherwise.", 0},
    {"path", COLUMN_TEXT, "", "Search path (PATH, ENV_PATH, ENV_SUPATH, secure_path) set there; null if this line sets none.", 0},
    {"path_issue", COLUMN_TEXT, "",
     "What is wrong with that path: 'empty element', 'relative element X', 'writable by others: X'; null if nothing or no path.",
     0},
    {"is_conditional", COLUMN_BOOL, "", "1 if the line stands inside if, case or a function, so that it may not take effect.", 0},
};

static const struct table_schema shell_env_schema = {
    .name = "shell_env",
    .version = 1,
    .words = "One row a line of the system's shell start files that sets the umask, TMOUT or the search path.",
    .criteria = "CC6.1",
    .example = "SELECT file, line, umask FROM shell_env WHERE umask IS NOT NULL",
    .columns = shell_env_columns,
    .column_count = COLUMN_COUNT(shell_env_columns),
};

static bool shell_env_gather(struct gather *g, struct err *e)
{
    (void)g;
    return err_set(e, ERR_UNSUPPORTED, "shell_env: not read yet");
}

const struct host_table shell_env_table = {
    .schema = &shell_env_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = shell_env_gather,
};
