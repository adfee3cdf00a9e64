#include "collect/host/journald.h"
#include "collect/host/conf.h"

/* What systemd builds in; a distribution shows its own as "#Key=value" in the file that it ships, and that is taken instead. */
static const char *const defaults[][2] = {
    {"Storage", "auto"},
    {"Compress", "yes"},
    {"Seal", "yes"},
    {"SplitMode", "uid"},
    {"SyncIntervalSec", "5m"},
    {"RateLimitIntervalSec", "30s"},
    {"RateLimitBurst", "10000"},
    {"SystemMaxUse", ""},
    {"SystemKeepFree", ""},
    {"SystemMaxFileSize", ""},
    {"SystemMaxFiles", "100"},
    {"RuntimeMaxUse", ""},
    {"RuntimeKeepFree", ""},
    {"MaxRetentionSec", "0"},
    {"MaxFileSec", "1month"},
    {"ForwardToSyslog", "no"},
    {"ForwardToKMsg", "no"},
    {"ForwardToConsole", "no"},
    {"ForwardToWall", "yes"},
    {"MaxLevelStore", "debug"},
    {"MaxLevelSyslog", "debug"},
    {"Audit", "yes"},
};

static void set(struct journald_settings *s, struct str key, struct str value, struct str origin)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_equal(s->items[i].key, key)) {
            s->items[i].value = value;
            s->items[i].origin = origin;
            return;
        }
    if (s->count < JOURNALD_SETTINGS_MAX) {
        s->items[s->count].key = key;
        s->items[s->count].value = value;
        s->items[s->count++].origin = origin;
    }
}

static bool is_known(const struct journald_settings *s, struct str key)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_equal(s->items[i].key, key))
            return true;
    return false;
}

static void parse_file(struct gather *g, struct str path, struct journald_settings *s)
{
    struct str text, line, section = STR("");
    if (!conf_read(g, path.data, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, ";");
    r.is_joining = true;
    while (conf_next_line(&r, &line)) {
        bool is_comment = line.data[0] == '#';
        struct str key;
        if (line.data[0] == '[') {
            section = line;
            continue;
        }
        if (is_comment)
            line = str_trim(str_slice(line, 1, line.size));
        if (!str_is(section, "[Journal]") || !str_cut(&line, '=', &key))
            continue;
        key = str_trim(key);
        if (!is_comment)
            set(s, key, str_trim(line), conf_origin(g->arena, path, r.line));
        else if (is_known(s, key))
            set(s, key, str_trim(line), STR("default"));
    }
}

struct str journald_value(const struct journald_settings *s, const char *key)
{
    for (size_t i = 0; i < s->count; i++)
        if (str_is(s->items[i].key, key))
            return s->items[i].value;
    return STR("");
}

bool journald_read(struct gather *g, struct journald_settings *ret)
{
    static const char *const files[] = {"/etc/systemd/journald.conf", "/run/systemd/journald.conf",
                                        "/usr/local/lib/systemd/journald.conf", "/usr/lib/systemd/journald.conf"};
    static const char *const directories[] = {"/etc/systemd/journald.conf.d", "/run/systemd/journald.conf.d",
                                              "/usr/local/lib/systemd/journald.conf.d", "/usr/lib/systemd/journald.conf.d", NULL};
    struct conf_paths dropins;
    *ret = (struct journald_settings){0};
    bool is_there = conf_is_regular(g, "/usr/lib/systemd/systemd-journald") || conf_is_regular(g, "/lib/systemd/systemd-journald");
    for (size_t i = 0; i < COLUMN_COUNT(defaults); i++)
        set(ret, str_of(defaults[i][0]), str_of(defaults[i][1]), STR("default"));
    for (size_t i = 0; i < COLUMN_COUNT(files); i++) {
        if (!conf_exists(g, files[i]))
            continue;
        parse_file(g, str_of(files[i]), ret);
        is_there = true;
        break;
    }
    conf_dropins(g, directories, ".conf", &dropins);
    for (size_t i = 0; i < dropins.count; i++)
        parse_file(g, dropins.items[i], ret);
    /* Storage=persistent makes the directory; but nothing is kept where something else stands in its place. */
    struct str storage = journald_value(ret, "Storage");
    bool is_auto = str_is(storage, "auto"), is_persistent = str_is(storage, "persistent");
    bool is_taken = (is_auto || is_persistent) && conf_exists(g, "/var/log/journal");
    bool has_directory = is_taken && conf_is_directory(g, "/var/log/journal");
    ret->is_persistent = is_persistent ? has_directory || !is_taken : has_directory;
    return is_there;
}
