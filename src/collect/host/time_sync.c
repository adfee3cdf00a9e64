/* time_sync - what keeps the clock, from which sources, and whether it is synchronised. */
#include "collect/host/conf.h"
#include "collect/host/units.h"
#include <sys/timex.h>

static const struct column columns[] = {
    {"kind", COLUMN_TEXT, "", "kernel, daemon or source."},
    {"daemon", COLUMN_TEXT, "", "systemd-timesyncd, chrony, ntp, ntpsec, openntpd; kernel in the row of the kernel."},
    {"enabled", COLUMN_BOOL, "", "Whether the daemon starts at boot; null in the row of the kernel."},
    {"running", COLUMN_BOOL, "", "Whether the daemon runs now; null on a tree and in the row of the kernel."},
    {"synced", COLUMN_BOOL, "",
     "Whether the kernel holds its clock for synchronised; only in the row of the kernel, null on a tree."},
    {"source", COLUMN_TEXT, "", "The server, pool or device; null but in the rows of sources."},
    {"authenticated", COLUMN_BOOL, "", "Whether the source is used with NTS or a key; null but in the rows of sources."},
    {"offset", COLUMN_INTEGER, "milliseconds",
     "The remaining offset that the kernel is told to correct; only in the row of the kernel."},
    {"last_update", COLUMN_TIME, "",
     "When the daemon last recorded a synchronised clock, from the file it keeps; null if not known."},
    {"origin", COLUMN_TEXT, "", "file:line that names the source, or the unit of the daemon."},
};

static const struct table_schema schema = {
    .name = "time_sync",
    .version = 1,
    .words = "One row for the clock of the kernel (adjtimex), one for every time daemon that is installed, one for "
             "every time source that is configured.",
    .criteria = "CC7.2",
    .example = "SELECT daemon, enabled FROM time_sync WHERE kind = 'daemon'",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

struct daemon {
    const char *name;
    const char *units[3];
    const char *process; /* as /proc/PID/comm has it */
    const char *configs[2];
    const char *stamps[2]; /* files it touches while the clock is synchronised */
};

static const struct daemon daemons[] = {
    {"systemd-timesyncd",
     {"systemd-timesyncd.service"},
     "systemd-timesyn",
     {"/etc/systemd/timesyncd.conf"},
     {"/run/systemd/timesync/synchronized", "/var/lib/systemd/timesync/clock"}},
    {"chrony",
     {"chrony.service", "chronyd.service"},
     "chronyd",
     {"/etc/chrony/chrony.conf", "/etc/chrony.conf"},
     {"/var/lib/chrony/chrony.drift", "/var/lib/chrony/drift"}},
    {"ntpsec", {"ntpsec.service"}, "ntpd", {"/etc/ntpsec/ntp.conf"}, {"/var/lib/ntpsec/ntp.drift"}},
    {"ntp", {"ntp.service", "ntpd.service"}, "ntpd", {"/etc/ntp.conf"}, {"/var/lib/ntp/ntp.drift", "/var/lib/ntp/drift"}},
    {"openntpd", {"openntpd.service"}, "ntpd", {"/etc/openntpd/ntpd.conf"}, {"/var/lib/openntpd/db/ntpd.drift"}},
};

struct fact { /* a row; numbers below 0 are null */
    const char *kind, *daemon;
    int enabled, running, synced, authenticated;
    int64_t last_update_ms;
    bool has_offset;
    int64_t offset_ms;
    struct str source, origin;
};

static void small_or_null(struct rows *r, int64_t value)
{
    if (value >= 0)
        row_int(r, value);
    else
        row_null(r);
}

static void add_row(struct gather *g, const struct fact *f)
{
    struct rows *r = g->rows;
    row_begin(r);
    row_cstr(r, f->kind);
    row_cstr(r, f->daemon);
    small_or_null(r, f->enabled);
    small_or_null(r, f->running);
    small_or_null(r, f->synced);
    row_text(r, f->source);
    small_or_null(r, f->authenticated);
    if (f->has_offset)
        row_int(r, f->offset_ms);
    else
        row_null(r);
    small_or_null(r, f->last_update_ms);
    row_text(r, f->origin);
    row_end(r);
}

static struct fact fact_of(const char *kind, const char *daemon)
{
    return (struct fact){
        .kind = kind, .daemon = daemon, .enabled = -1, .running = -1, .synced = -1, .authenticated = -1, .last_update_ms = -1};
}

/* adjtimex(2) with nothing to set reads the clock's state; no privilege is needed. */
static void add_kernel(struct gather *g)
{
    struct fact f = fact_of("kernel", "kernel");
    struct timex state = {.modes = 0};
    if (source_is_live(g->source)) {
        int r = adjtimex(&state);
        if (r >= 0) {
            f.synced = !(state.status & STA_UNSYNC) && r != TIME_ERROR;
            f.has_offset = true;
            f.offset_ms = state.offset / (state.status & STA_NANO ? 1000000 : 1000);
        } else {
            gather_missing(g, STR("kernel"), "synced, offset", "the kernel did not answer adjtimex");
        }
    }
    add_row(g, &f);
}

/* ---- the sources that are configured ---- */

struct reader {
    struct gather *gather;
    const struct daemon *daemon;
    int files_left;
};

static void add_source(struct reader *c, struct str source, bool is_authenticated, struct str file, int64_t line)
{
    struct fact f = fact_of("source", c->daemon->name);
    f.source = source;
    f.authenticated = is_authenticated;
    f.origin = conf_origin(c->gather->arena, file, line);
    add_row(c->gather, &f);
}

static void read_ntp_config(struct reader *c, struct str path);

static void read_all(struct reader *c, struct str directory, const char *suffix)
{
    struct gather *g = c->gather;
    struct str *names;
    size_t count;
    if (directory.size == 0 || directory.data[0] != '/')
        return;
    directory = arena_str(g->arena, directory);
    conf_list(g, directory.data, &names, &count);
    for (size_t i = 0; i < count; i++)
        if (str_ends(names[i], suffix))
            read_ntp_config(c, arena_printf(g->arena, "%s/%.*s", directory.data, STR_ARGS(names[i])));
}

/* chrony.conf(5), ntp.conf(5) and ntpd.conf(5) name their sources alike: "server HOST option ...". */
static void read_ntp_config(struct reader *c, struct str path)
{
    struct gather *g = c->gather;
    struct str text, line, verb, word;
    if (c->files_left-- <= 0 || !conf_read(g, path.data, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#;!%");
    while (conf_next_line(&r, &line)) {
        if (!str_next_word(&line, &verb) || !str_next_word(&line, &word))
            continue;
        if (str_is(verb, "confdir")) {
            read_all(c, word, ".conf");
        } else if (str_is(verb, "sourcedir")) {
            read_all(c, word, ".sources");
        } else if (str_is(verb, "include") || str_is(verb, "includefile")) {
            struct conf_paths files;
            conf_glob(g, arena_str(g->arena, word).data, &files);
            for (size_t i = 0; i < files.count; i++)
                read_ntp_config(c, files.items[i]);
        } else if (str_is(verb, "server") || str_is(verb, "pool") || str_is(verb, "peer") || str_is(verb, "servers") ||
                   str_is(verb, "refclock") || str_is(verb, "sensor")) {
            struct str option, source = word;
            bool is_authenticated = false;
            if (str_is(verb, "refclock"))
                source = str_trim(str_make(word.data, (size_t)(line.data + line.size - word.data)));
            while (str_next_word(&line, &option))
                is_authenticated |= str_is(option, "nts") || str_is(option, "key") || str_is(option, "autokey");
            add_source(c, source, is_authenticated, path, r.line);
        }
    }
}

/* timesyncd.conf(5): NTP=, and FallbackNTP= where no other server is known. */
static void read_timesyncd(struct reader *c)
{
    static const char *const directories[] = {"/etc/systemd/timesyncd.conf.d", "/run/systemd/timesyncd.conf.d",
                                              "/usr/local/lib/systemd/timesyncd.conf.d", "/usr/lib/systemd/timesyncd.conf.d",
                                              NULL};
    struct gather *g = c->gather;
    struct conf_paths files, dropins;
    struct str servers[2] = {{0}, {0}}, origins[2] = {{0}, {0}};
    int64_t lines[2] = {0};
    conf_glob(g, "/etc/systemd/timesyncd.conf", &files);
    conf_dropins(g, directories, ".conf", &dropins);
    for (size_t i = 0; i < dropins.count; i++)
        conf_paths_add(g->arena, &files, dropins.items[i]);
    for (size_t i = 0; i < files.count; i++) {
        struct str text, line, key, value;
        if (!conf_read(g, files.items[i].data, &text))
            continue;
        struct conf_reader r = conf_reader_of(g->arena, text, ";");
        while (conf_next_line(&r, &line)) {
            bool is_comment = line.data[0] == '#'; /* "#FallbackNTP=..." shows what is built in */
            if (is_comment)
                line = str_trim(str_slice(line, 1, line.size));
            if (!conf_key_value(line, &key, &value) || !(str_is(key, "NTP") || str_is(key, "FallbackNTP")) ||
                (is_comment && str_is(key, "NTP")))
                continue;
            size_t which = str_is(key, "NTP") ? 0 : 1;
            servers[which] = value;
            origins[which] = files.items[i];
            lines[which] = r.line;
        }
    }
    size_t which = servers[0].size ? 0 : 1;
    struct str word;
    while (str_next_word(&servers[which], &word))
        add_source(c, word, false, origins[which], lines[which]);
}

/* ---- the daemons ---- */

static int is_running(struct gather *g, const struct daemon *d, const char *unit)
{
    if (!source_is_live(g->source))
        return -1;
    if (conf_exists(g, "/run/systemd/system"))
        return conf_exists(g, arena_printf(g->arena, "/sys/fs/cgroup/system.slice/%s", unit).data) ||
               conf_exists(g, arena_printf(g->arena, "/sys/fs/cgroup/systemd/system.slice/%s", unit).data);
    struct str *names, text;
    size_t count;
    conf_list(g, "/proc", &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct err e = {0};
        if (names[i].data[0] < '1' || names[i].data[0] > '9')
            continue;
        if (source_read_head(g->source, g->arena, arena_printf(g->arena, "/proc/%.*s/comm", STR_ARGS(names[i])).data, 64, &text,
                             &e) &&
            str_is(str_trim(text), d->process))
            return 1;
    }
    return 0;
}

static void add_daemon(struct gather *g, const struct daemon *d)
{
    struct fact f = fact_of("daemon", d->name);
    struct reader c = {.gather = g, .daemon = d, .files_left = 200};
    enum unit_probe found = UNIT_ABSENT;
    const char *unit = NULL;
    for (size_t i = 0; i < COLUMN_COUNT(d->units) && d->units[i] && found == UNIT_ABSENT; i++) {
        unit = d->units[i];
        found = units_probe(g, unit);
    }
    if (found == UNIT_ABSENT)
        return;
    f.enabled = found == UNIT_ENABLED;
    f.running = is_running(g, d, unit);
    f.origin = str_of(unit);
    for (size_t i = 0; i < COLUMN_COUNT(d->stamps) && d->stamps[i]; i++) {
        struct file_facts facts;
        struct err e = {0};
        if (f.last_update_ms < 0 && source_stat(g->source, d->stamps[i], true, &facts, &e))
            f.last_update_ms = facts.mtime_ms / 1000 * 1000;
    }
    add_row(g, &f);
    if (strcmp(d->name, "systemd-timesyncd") == 0) {
        read_timesyncd(&c);
        return;
    }
    for (size_t i = 0; i < COLUMN_COUNT(d->configs) && d->configs[i]; i++)
        read_ntp_config(&c, str_of(d->configs[i]));
}

static bool gather(struct gather *g, struct err *e)
{
    (void)e;
    add_kernel(g);
    for (size_t i = 0; i < COLUMN_COUNT(daemons); i++)
        add_daemon(g, &daemons[i]);
    return true;
}

const struct host_table time_sync_table = {
    .schema = &schema,
    .origin = FROM_KERNEL,
    .works_on_tree = true,
    .gather = gather,
};
