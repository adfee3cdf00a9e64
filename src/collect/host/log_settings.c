/* log_settings - how the journal and rsyslog keep what they get. */
#include "collect/host/conf.h"
#include "collect/host/journald.h"
#include "collect/host/rsyslog.h"
#include <ctype.h>

static const struct column columns[] = {
    {"system", COLUMN_TEXT, "", "journald or rsyslog."},
    {"key", COLUMN_TEXT, "",
     "The name, as Storage, SystemMaxUse, MaxRetentionSec, FileCreateMode; persistent (yes or no) is worked out from Storage and "
     "/var/log/journal.",
     COLUMN_KEY},
    {"value", COLUMN_TEXT, "", "The value; empty for a default that systemd works out at run time."},
    {"origin", COLUMN_TEXT, "", "file:line, or \"default\"."},
};

static const struct table_schema schema = {
    .name = "log_settings",
    .version = 1,
    .words = "A row is an effective setting of journald (file and drop-ins; what is left out stands with its "
             "default) or a global one of rsyslog.",
    .criteria = "CC7.2, CC7.3",
    .example = "SELECT key, value FROM log_settings WHERE system = 'journald' AND key IN ('Storage', 'persistent')",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

static void add_row(struct gather *g, const char *system, struct str key, struct str value, struct str origin)
{
    row_begin(g->rows);
    row_cstr(g->rows, system);
    row_text(g->rows, key);
    row_text(g->rows, value.data ? value : STR(""));
    row_text(g->rows, origin);
    row_end(g->rows);
}

struct globals {
    struct gather *gather;
    bool has_create_mode;
};

static void add_global(struct globals *c, struct str key, struct str value, const struct rsyslog_statement *s)
{
    struct arena *a = c->gather->arena;
    char *name = arena_strndup(a, key.data, key.size);
    if (key.size)
        name[0] = (char)toupper((unsigned char)name[0]);
    c->has_create_mode |= conf_equal_nocase(key, "FileCreateMode");
    add_row(c->gather, "rsyslog", str_make(name, key.size), value, conf_origin(a, s->file, s->line));
}

/* The settings that decide who can read the logs and what happens when they pile up; legacy directives all are global. */
static void visit_global(void *context, const struct rsyslog_statement *s)
{
    static const char *const parameters[] = {"fileCreateMode",
                                             "dirCreateMode",
                                             "fileOwner",
                                             "fileGroup",
                                             "umask",
                                             "workDirectory",
                                             "privDropToUser",
                                             "privDropToGroup",
                                             "maxMessageSize",
                                             "defaultNetstreamDriver",
                                             "defaultNetstreamDriverCAFile"};
    struct globals *c = context;
    if (s->kind == RSYSLOG_DIRECTIVE && !conf_equal_nocase(s->name, "ModLoad") && !str_starts(s->name, "Action") &&
        !str_starts(s->name, "Input")) {
        add_global(c, s->name, s->text, s);
    } else if (s->kind == RSYSLOG_OBJECT && (conf_equal_nocase(s->name, "global") || conf_equal_nocase(s->name, "module"))) {
        for (size_t i = 0; i < COLUMN_COUNT(parameters); i++) {
            struct str value;
            if (rsyslog_parameter(c->gather->arena, s->text, parameters[i], &value))
                add_global(c, str_of(parameters[i]), value, s);
        }
    }
}

static void add_journald(struct gather *g)
{
    struct journald_settings settings;
    if (!journald_read(g, &settings))
        return;
    for (size_t i = 0; i < settings.count; i++)
        add_row(g, "journald", settings.items[i].key, settings.items[i].value, settings.items[i].origin);
    add_row(g, "journald", STR("persistent"), settings.is_persistent ? STR("yes") : STR("no"), STR("default"));
}

static bool gather(struct gather *g, struct err *e)
{
    struct globals c = {.gather = g};
    (void)e;
    add_journald(g);
    rsyslog_read(g, "/etc/rsyslog.conf", visit_global, &c);
    if (!c.has_create_mode && conf_exists(g, "/etc/rsyslog.conf"))
        add_row(g, "rsyslog", STR("FileCreateMode"), STR("0644"), STR("default"));
    return true;
}

const struct host_table log_settings_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = gather,
};
