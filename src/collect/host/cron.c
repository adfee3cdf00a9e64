/* cron - what cron, anacron and at run, for whom, and who may change it. */
#include "collect/host/cron.h"
#include "collect/host/conf.h"

static const struct column columns[] = {
    {"source", COLUMN_TEXT, "",
     "Where it stands: crontab, cron.d, cron.hourly, cron.daily, cron.weekly, cron.monthly, spool, anacrontab or at."},
    {"user", COLUMN_TEXT, "", "The account it runs as.", COLUMN_KEY | COLUMN_PERSONAL},
    {"schedule", COLUMN_TEXT, "",
     "The five fields, or @daily and its like, or the period and delay of anacron; the directory name for scripts; null for at."},
    {"command", COLUMN_TEXT, "", "What is run, values that look like secrets replaced; null for a job of at."},
    {"file", COLUMN_TEXT, "", "The file it stands in.", COLUMN_KEY},
    {"line", COLUMN_INTEGER, "", "The line in the file; null for scripts and jobs of at."},
    {"mode", COLUMN_INTEGER, "permission bits", "The permission bits of the file (0644 is 420)."},
    {"uid", COLUMN_INTEGER, "user id", "Who owns the file."},
    {"gid", COLUMN_INTEGER, "group id", "The group of the file."},
};

static const struct table_schema schema = {
    .name = "cron",
    .version = 1,
    .words = "A row is a job: a line of /etc/crontab, /etc/cron.d, a user crontab or anacrontab, a script of "
             "/etc/cron.hourly and its like, or a job of at.",
    .criteria = "CC6.1, CC8.1, A1.2",
    .example = "SELECT file, command FROM cron WHERE user = 'root' AND (mode & 18) <> 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

struct cron_file {
    const char *source;
    struct str path;
    struct str user; /* of a user crontab; data NULL where each line names one */
    struct file_facts facts;
    bool is_anacron;
};

static void add_row(struct gather *g, const struct cron_file *file, const struct cron_job *job, int64_t line)
{
    struct rows *r = g->rows;
    row_begin(r);
    row_cstr(r, file->source);
    row_text(r, job->user);
    row_text(r, job->schedule);
    row_text(r, job->command.data ? conf_redact(g->arena, job->command) : job->command);
    row_text(r, file->path);
    if (line)
        row_int(r, line);
    else
        row_null(r);
    row_int(r, file->facts.mode);
    row_int(r, file->facts.uid);
    row_int(r, file->facts.gid);
    row_end(r);
}

static bool stat_file(struct gather *g, struct cron_file *file)
{
    struct err e = {0};
    if (source_stat(g->source, file->path.data, true, &file->facts, &e))
        return file->facts.kind == FILE_REGULAR;
    if (e.code != ERR_NOT_FOUND)
        gather_missing(g, file->path, "file", e.text);
    return false;
}

static void read_table(struct gather *g, struct cron_file *file)
{
    struct str text, line;
    if (!stat_file(g, file) || !conf_read(g, file->path.data, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        struct cron_job job;
        enum cron_format format = file->is_anacron ? CRON_ANACRON : file->user.data ? CRON_USER : CRON_SYSTEM;
        if (!cron_parse_line(g->arena, line, format, &job))
            continue;
        if (!job.user.data)
            job.user = file->user.data ? file->user : STR("root");
        add_row(g, file, &job, r.line);
    }
}

/* cron and run-parts pass over names with a dot and such: what they do not run is no job. */
static bool is_run(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return name.size > 0;
}

static void read_directory(struct gather *g, const char *path, const char *source, bool is_spool)
{
    struct str *names;
    size_t count;
    conf_list(g, path, &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct cron_file file = {.source = source, .path = arena_printf(g->arena, "%s/%.*s", path, STR_ARGS(names[i]))};
        if (is_spool)
            file.user = names[i];
        if (names[i].data[0] != '.' && (is_spool || is_run(names[i])))
            read_table(g, &file);
    }
}

static void list_scripts(struct gather *g, const char *path, const char *source)
{
    struct str *names;
    size_t count;
    conf_list(g, path, &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct cron_file file = {.source = source, .path = arena_printf(g->arena, "%s/%.*s", path, STR_ARGS(names[i]))};
        if (!is_run(names[i]) || !stat_file(g, &file) || (file.facts.mode & 0111) == 0)
            continue;
        struct cron_job job = {.user = STR("root"), .schedule = str_of(source), .command = file.path};
        add_row(g, &file, &job, 0);
    }
}

/* Jobs of at: what they hold is the environment and script of a person and is not read. The owner of the file is who it runs as.
 */
static void list_at(struct gather *g, const char *path)
{
    struct str *names;
    size_t count;
    conf_list(g, path, &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct cron_file file = {.source = "at", .path = arena_printf(g->arena, "%s/%.*s", path, STR_ARGS(names[i]))};
        if (names[i].data[0] == '.' || names[i].size < 14 || !stat_file(g, &file)) /* queue, number and minute: 14 bytes */
            continue;
        struct cron_job job = {.user = cron_user_name(g, file.facts.uid)};
        add_row(g, &file, &job, 0);
    }
}

static bool gather(struct gather *g, struct err *e)
{
    struct cron_file crontab = {.source = "crontab", .path = STR("/etc/crontab")};
    struct cron_file anacrontab = {.source = "anacrontab", .path = STR("/etc/anacrontab"), .is_anacron = true};
    (void)e;
    read_table(g, &crontab);
    read_table(g, &anacrontab);
    read_directory(g, "/etc/cron.d", "cron.d", false);
    read_directory(g, "/var/spool/cron/crontabs", "spool", true);
    read_directory(g, "/var/spool/cron", "spool", true); /* as Red Hat and its kin have it; the directory crontabs is no file */
    list_scripts(g, "/etc/cron.hourly", "cron.hourly");
    list_scripts(g, "/etc/cron.daily", "cron.daily");
    list_scripts(g, "/etc/cron.weekly", "cron.weekly");
    list_scripts(g, "/etc/cron.monthly", "cron.monthly");
    list_at(g, "/var/spool/cron/atjobs");
    list_at(g, "/var/spool/at");
    return true;
}

const struct host_table cron_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .works_on_tree = true,
    .gather = gather,
};
