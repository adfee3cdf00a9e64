/* audit_status and auditd_settings - the audit subsystem of the kernel and its daemon. */
#include "collect/host/audit_rule.h"
#include "collect/host/conf.h"

static const struct column audit_status_columns[] = {
    {"enabled", COLUMN_BOOL, "", "Whether auditing is on."},
    {"immutable", COLUMN_BOOL, "", "Whether the rules are locked until the next boot (enabled = 2)."},
    {"pid", COLUMN_INTEGER, "process id", "The audit daemon; 0 if none is connected."},
    {"failure", COLUMN_TEXT, "", "What happens when a record is lost: silent, printk or panic."},
    {"rate_limit", COLUMN_INTEGER, "messages a second", "0 for none."},
    {"backlog_limit", COLUMN_INTEGER, "messages", "How many records may wait."},
    {"lost", COLUMN_INTEGER, "messages", "How many records were lost since boot."},
};

static const struct table_schema audit_status_schema = {
    .name = "audit_status",
    .version = 1,
    .words = "One row: what the kernel answers over NETLINK_AUDIT. Inside a container or without CAP_AUDIT_CONTROL "
             "it is refused, and the "
             "row is missing; a kernel without auditing gives enabled 0 and nothing else.",
    .criteria = "CC7.2, CC7.3",
    .example = "SELECT enabled, pid FROM audit_status",
    .columns = audit_status_columns,
    .column_count = COLUMN_COUNT(audit_status_columns),
};

static bool audit_status_gather(struct gather *g, struct err *e)
{
    static const char *const failures[] = {"silent", "printk", "panic"};
    struct audit_status status = {0};
    struct rows *r = g->rows;
    bool has_audit = audit_ask_status(&status, e);
    if (!has_audit && e->code != ERR_UNSUPPORTED)
        return false;
    row_begin(r);
    row_bool(r, has_audit && status.enabled != 0);
    row_bool(r, has_audit && status.enabled == 2);
    row_int(r, status.pid);
    if (has_audit) {
        row_cstr(r, status.failure < COLUMN_COUNT(failures) ? failures[status.failure] : NULL);
        row_int(r, status.rate_limit);
        row_int(r, status.backlog_limit);
        row_int(r, status.lost);
    } else {
        for (int i = 0; i < 4; i++)
            row_null(r);
    }
    row_end(r);
    return true;
}

const struct host_table audit_status_table = {
    .schema = &audit_status_schema,
    .origin = FROM_KERNEL,
    .needs = NEED_ROOT | NEED_INIT_USERNS,
    .gather = audit_status_gather,
};

static const struct column auditd_settings_columns[] = {
    {"key", COLUMN_TEXT, "", "The name, lower case, as space_left_action.", COLUMN_KEY},
    {"value", COLUMN_TEXT, "", "The value as it stands there."},
    {"line", COLUMN_INTEGER, "", "The line in the file."},
};

static const struct table_schema auditd_settings_schema = {
    .name = "auditd_settings",
    .version = 1,
    .words = "A row is a setting of /etc/audit/auditd.conf.",
    .criteria = "CC7.2, CC7.3, A1.1",
    .example = "SELECT key, value FROM auditd_settings WHERE key LIKE '%_action'",
    .columns = auditd_settings_columns,
    .column_count = COLUMN_COUNT(auditd_settings_columns),
};

static bool auditd_settings_gather(struct gather *g, struct err *e)
{
    struct str text, line;
    (void)e;
    if (!conf_read(g, "/etc/audit/auditd.conf", &text))
        return true;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        struct str key, value;
        if (!conf_key_value(line, &key, &value))
            continue;
        row_begin(g->rows);
        row_text(g->rows, conf_lower(g->arena, key));
        row_text(g->rows, value);
        row_int(g->rows, r.line);
        row_end(g->rows);
    }
    return true;
}

const struct host_table auditd_settings_table = {
    .schema = &auditd_settings_schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = auditd_settings_gather,
};
