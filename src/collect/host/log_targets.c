/* log_targets - where log records of this host go. */
#include "collect/host/conf.h"
#include "collect/host/journald.h"
#include "collect/host/log_outputs.h"
#include "collect/host/rsyslog.h"
#include <ctype.h>

static const struct column columns[] = {
    {"system", COLUMN_TEXT, "", "rsyslog, journald, journal-upload, fluent-bit, vector or syslog-ng."},
    {"kind", COLUMN_TEXT, "", "file, remote, journal, pipe, program, user or discard."},
    {"target", COLUMN_TEXT, "", "The path, host:port or URL (credentials left out)."},
    {"protocol", COLUMN_TEXT, "", "udp, tcp, relp, https and so on; null if not remote."},
    {"tls", COLUMN_BOOL, "", "Whether the way there is encrypted; null if not remote."},
    {"format", COLUMN_TEXT, "", "The template or codec named; null if none is."},
    {"selector", COLUMN_TEXT, "", "Which records, as \"auth,authpriv.*\"; null if not said."},
    {"file", COLUMN_TEXT, "", "The configuration file."},
    {"line", COLUMN_INTEGER, "", "The line in the file."},
};

static const struct table_schema schema = {
    .name = "log_targets",
    .version = 1,
    .words = "A row is a destination in the configuration of rsyslog, journald, journal-upload, Fluent Bit or "
             "Vector: a file, another host, a program.",
    .criteria = "CC7.2, CC7.3",
    .example = "SELECT system, target, protocol, tls FROM log_targets WHERE kind = 'remote'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

void log_target_add(struct gather *g, const struct log_target *t)
{
    struct rows *r = g->rows;
    row_begin(r);
    row_cstr(r, t->system);
    row_cstr(r, t->kind);
    row_text(r, t->target.data ? conf_redact(g->arena, t->target) : t->target);
    row_text(r, t->protocol);
    if (strcmp(t->kind, "remote") == 0)
        row_bool(r, t->is_tls);
    else
        row_null(r);
    row_text(r, t->format);
    row_text(r, t->selector.size ? t->selector : (struct str){0});
    row_text(r, t->file);
    if (t->line)
        row_int(r, t->line);
    else
        row_null(r);
    row_end(r);
}

/* ---- rsyslog ---- */

struct rsyslog_state {
    struct gather *gather;
    bool is_driver_mode_tls; /* $ActionSendStreamDriverMode 1: holds for the legacy actions behind it */
    struct str driver;       /* of $DefaultNetstreamDriver or global(defaultNetstreamDriver=) */
};

static bool is_tls_driver(struct str driver)
{
    return conf_equal_nocase(driver, "gtls") || conf_equal_nocase(driver, "ossl");
}

/* "host:514", "[::1]:514", "(z9)host;template": target and template of "@..." */
static void parse_forward(struct gather *g, struct str text, struct log_target *t)
{
    struct str target;
    if (text.size && text.data[0] == '(') {
        ptrdiff_t end = str_find_char(text, ')');
        text = str_slice(text, end < 0 ? text.size : (size_t)end + 1, text.size);
    }
    if (str_cut(&text, ';', &target))
        t->format = str_trim(text);
    target = str_trim(target);
    ptrdiff_t bracket = str_find_char(target, ']');
    struct str behind = str_slice(target, bracket < 0 ? 0 : (size_t)bracket, target.size);
    t->target = str_find_char(behind, ':') >= 0 ? target : arena_printf(g->arena, "%.*s:514", STR_ARGS(target));
}

static void add_legacy(struct rsyslog_state *c, const struct rsyslog_statement *s)
{
    struct gather *g = c->gather;
    struct log_target t = {.system = "rsyslog", .kind = "file", .selector = s->selector, .file = s->file, .line = s->line};
    struct str action = s->text, rest;
    if (str_starts(action, "@@")) {
        t.kind = "remote";
        t.protocol = STR("tcp");
        t.is_tls = c->is_driver_mode_tls && is_tls_driver(c->driver);
        parse_forward(g, str_slice(action, 2, action.size), &t);
    } else if (str_starts(action, "@")) {
        t.kind = "remote";
        t.protocol = STR("udp");
        parse_forward(g, str_slice(action, 1, action.size), &t);
    } else if (str_starts(action, ":omrelp:")) {
        t.kind = "remote";
        t.protocol = STR("relp");
        parse_forward(g, str_slice(action, 8, action.size), &t);
    } else if (str_starts(action, "/") || str_starts(action, "-/") || str_starts(action, "?")) {
        rest = str_slice(action, action.data[0] != '/', action.size);
        if (str_cut(&rest, ';', &t.target))
            t.format = str_trim(rest);
        t.target = str_trim(t.target);
    } else if (str_starts(action, "|")) {
        t.kind = "pipe";
        t.target = str_trim(str_slice(action, 1, action.size));
    } else if (str_starts(action, "^")) {
        t.kind = "program";
        t.target = str_trim(str_slice(action, 1, action.size));
    } else if (str_is(action, "~") || str_is(action, "stop") || str_is(action, "discard")) {
        t.kind = "discard";
    } else if (str_starts(action, ":omusrmsg:") || str_is(action, "*") || isalnum((unsigned char)action.data[0])) {
        if (str_starts(action, "call") || str_starts(action, "set ") || str_starts(action, "unset ") ||
            str_starts(action, "else") || str_starts(action, "continue"))
            return; /* statements that send nothing */
        t.kind = "user";
        t.target = str_starts(action, ":omusrmsg:") ? str_slice(action, 10, action.size) : action;
    } else {
        return;
    }
    log_target_add(g, &t);
}

static struct str parameter(struct gather *g, const struct rsyslog_statement *s, const char *name)
{
    struct str value;
    return rsyslog_parameter(g->arena, s->text, name, &value) ? value : (struct str){0};
}

static void add_remote_action(struct rsyslog_state *c, const struct rsyslog_statement *s, struct log_target *t, struct str type)
{
    struct gather *g = c->gather;
    t->kind = "remote";
    struct str host = parameter(g, s, "target"), port = parameter(g, s, "port"), driver = parameter(g, s, "StreamDriver");
    if (str_is(type, "omfwd")) {
        struct str protocol = parameter(g, s, "protocol");
        t->protocol = protocol.size ? conf_lower(g->arena, protocol) : STR("udp");
        t->is_tls = str_is(t->protocol, "tcp") && str_is(parameter(g, s, "StreamDriverMode"), "1") &&
                    is_tls_driver(driver.size ? driver : c->driver);
    } else if (str_is(type, "omrelp")) {
        t->protocol = STR("relp");
        t->is_tls = conf_is_true(parameter(g, s, "tls"));
    } else if (str_is(type, "omkafka")) {
        t->protocol = STR("kafka");
        host = parameter(g, s, "broker");
        t->is_tls = str_contains(s->text, "security.protocol=ssl") || str_contains(s->text, "security.protocol=sasl_ssl");
    } else { /* omelasticsearch, omhttp, omclickhouse, and databases */
        host = parameter(g, s, "server");
        port = port.size ? port : parameter(g, s, "serverport");
        bool is_https = str_starts(host, "https://") || conf_is_true(parameter(g, s, "usehttps"));
        bool is_http = str_is(type, "omelasticsearch") || str_is(type, "omhttp") || str_is(type, "omclickhouse");
        t->protocol = is_http ? (is_https ? STR("https") : STR("http")) : str_slice(type, 2, type.size);
        t->is_tls = is_https;
    }
    t->target = port.size ? arena_printf(g->arena, "%.*s:%.*s", STR_ARGS(host), STR_ARGS(port)) : host;
}

static void add_action(struct rsyslog_state *c, const struct rsyslog_statement *s)
{
    static const char *const remote[] = {"omfwd",        "omrelp",  "omelasticsearch", "omhttp",   "omkafka",
                                         "omclickhouse", "ommysql", "ompgsql",         "omlibdbi", "ommongodb",
                                         "omhiredis",    "omamqp1", "omrabbitmq"};
    struct gather *g = c->gather;
    struct log_target t = {.system = "rsyslog", .kind = "file", .selector = s->selector, .file = s->file, .line = s->line};
    struct str type = parameter(g, s, "type");
    t.format = parameter(g, s, "template");
    if (str_starts(type, "builtin:"))
        type = str_slice(type, 8, type.size);
    for (size_t i = 0; i < COLUMN_COUNT(remote); i++) {
        if (!str_is(type, remote[i]))
            continue;
        add_remote_action(c, s, &t, type);
        log_target_add(g, &t);
        return;
    }
    if (str_is(type, "omfile")) {
        t.target = parameter(g, s, "file");
        if (!t.target.size)
            t.target = parameter(g, s, "dynaFile");
    } else if (str_is(type, "ompipe")) {
        t.kind = "pipe";
        t.target = parameter(g, s, "pipe");
    } else if (str_is(type, "omprog")) {
        t.kind = "program";
        t.target = parameter(g, s, "binary");
    } else if (str_is(type, "omjournal")) {
        t.kind = "journal";
    } else if (str_is(type, "omusrmsg")) {
        t.kind = "user";
        t.target = parameter(g, s, "users");
    } else if (str_is(type, "omdiscard")) {
        t.kind = "discard";
    } else {
        return;
    }
    log_target_add(g, &t);
}

static void visit(void *context, const struct rsyslog_statement *s)
{
    struct rsyslog_state *c = context;
    if (s->kind == RSYSLOG_ACTION) {
        add_legacy(c, s);
    } else if (s->kind == RSYSLOG_DIRECTIVE) {
        if (conf_equal_nocase(s->name, "ActionSendStreamDriverMode"))
            c->is_driver_mode_tls = str_is(s->text, "1");
        else if (conf_equal_nocase(s->name, "DefaultNetstreamDriver"))
            c->driver = s->text;
    } else if (conf_equal_nocase(s->name, "global")) {
        struct str driver = parameter(c->gather, s, "defaultNetstreamDriver");
        if (driver.size)
            c->driver = driver;
    } else if (conf_equal_nocase(s->name, "action")) {
        add_action(c, s);
    }
}

/* ---- the journal ---- */

static void add_journal(struct gather *g)
{
    struct journald_settings s;
    if (!journald_read(g, &s))
        return;
    struct log_target t = {.system = "journald", .kind = "journal", .file = STR("/etc/systemd/journald.conf")};
    if (!str_is(journald_value(&s, "Storage"), "none")) {
        t.target = s.is_persistent ? STR("/var/log/journal") : STR("/run/log/journal");
        log_target_add(g, &t);
    }
    if (conf_is_true(journald_value(&s, "ForwardToSyslog"))) {
        t.kind = "pipe";
        t.target = STR("/run/systemd/journal/syslog");
        log_target_add(g, &t);
    }
}

static void add_journal_upload(struct gather *g)
{
    static const char *const directories[] = {"/etc/systemd/journal-upload.conf.d", "/usr/lib/systemd/journal-upload.conf.d",
                                              NULL};
    struct conf_paths files, dropins;
    struct log_target t = {.system = "journal-upload", .kind = "remote"};
    conf_glob(g, "/etc/systemd/journal-upload.conf", &files);
    conf_dropins(g, directories, ".conf", &dropins);
    for (size_t i = 0; i < dropins.count; i++)
        conf_paths_add(g->arena, &files, dropins.items[i]);
    for (size_t i = 0; i < files.count; i++) {
        struct str text, line, key, value;
        if (!conf_read(g, files.items[i].data, &text))
            continue;
        struct conf_reader r = conf_reader_of(g->arena, text, "#;");
        while (conf_next_line(&r, &line)) {
            if (!conf_key_value(line, &key, &value) || !str_is(key, "URL"))
                continue;
            t.target = value;
            t.is_tls = !str_starts(value, "http://"); /* without a scheme it is https */
            t.protocol = t.is_tls ? STR("https") : STR("http");
            t.file = files.items[i];
            t.line = r.line;
        }
    }
    if (t.target.size)
        log_target_add(g, &t);
}

static bool gather(struct gather *g, struct err *e)
{
    struct rsyslog_state c = {.gather = g};
    (void)e;
    rsyslog_read(g, "/etc/rsyslog.conf", visit, &c);
    add_journal(g);
    add_journal_upload(g);
    log_outputs_fluent_bit(g);
    log_outputs_vector(g);
    log_outputs_syslog_ng(g);
    return true;
}

const struct host_table log_targets_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = gather,
};
