/* log_files - the log files, how fresh they are, who may read them and how long they are kept. */
#include "collect/host/logrotate.h"
#include "collect/host/rsyslog.h"

static const struct column columns[] = {
    {"path", COLUMN_TEXT, "", "The file.", COLUMN_KEY},
    {"size", COLUMN_INTEGER, "bytes", "Its size."},
    {"last_write", COLUMN_TIME, "", "When it was last written."},
    {"mode", COLUMN_INTEGER, "permission bits", "Its permission bits (0640 is 416)."},
    {"uid", COLUMN_INTEGER, "user id", "Who owns it."},
    {"gid", COLUMN_INTEGER, "group id", "Its group."},
    {"rotated", COLUMN_BOOL, "", "Whether logrotate is configured to rotate it."},
    {"frequency", COLUMN_TEXT, "",
     "hourly, daily, weekly, monthly, yearly, or size for rotation by size only; null if not rotated."},
    {"rotations", COLUMN_INTEGER, "files", "How many old files are kept; null if not rotated."},
    {"retention_days", COLUMN_INTEGER, "days",
     "For how long old records are kept: rotations times the period, capped by maxage; null if not known."},
    {"compressed", COLUMN_BOOL, "", "Whether old files are compressed; null if not rotated."},
    {"origin", COLUMN_TEXT, "", "file:line of the logrotate rule; null if not rotated."},
};

static const struct table_schema schema = {
    .name = "log_files",
    .version = 1,
    .words = "A row is a file that rsyslog or auditd writes, that logrotate rotates, or that stands in /var/log by "
             "itself, with what logrotate says about it.",
    .criteria = "CC7.2, CC7.3, C1.2",
    .example = "SELECT path, mode FROM log_files WHERE (mode & 7) <> 0",
    .columns = columns,
    .column_count = COLUMN_COUNT(columns),
};

enum { FILES_MAX = 5000, DIRECTORIES_MAX = 200 };

struct log_list {
    struct gather *gather;
    struct conf_paths paths;
};

/* "syslog.1", "dpkg.log.2.gz", "messages-20240131", "x.old": an old file, whose records the rule of the current one tells of. */
static bool is_rotated(struct str name)
{
    static const char *const packed[] = {".gz", ".xz", ".zst", ".bz2", ".lz4", ".old"};
    for (size_t i = 0; i < COLUMN_COUNT(packed); i++)
        if (str_ends(name, packed[i]))
            return true;
    size_t digits = 0;
    while (digits < name.size && name.data[name.size - 1 - digits] >= '0' && name.data[name.size - 1 - digits] <= '9')
        digits++;
    if (digits == 0 || digits == name.size)
        return false;
    char before = name.data[name.size - 1 - digits];
    return (before == '.' && digits <= 3) || ((before == '-' || before == '.') && digits >= 8);
}

static void add_path(struct log_list *l, struct str path)
{
    if (l->paths.count < FILES_MAX && path.size && path.data[0] == '/')
        conf_paths_add(l->gather->arena, &l->paths, path);
}

/* Files of /var/log and of its directories; the journal is no log file, and dated folders of sa and the like are not for people.
 */
static void add_var_log(struct log_list *l)
{
    struct gather *g = l->gather;
    struct str *names, *inner;
    size_t count, inner_count, directories = 0;
    conf_list(g, "/var/log", &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct file_facts facts;
        struct err e = {0};
        struct str path = arena_printf(g->arena, "/var/log/%.*s", STR_ARGS(names[i]));
        if (is_rotated(names[i]) || !source_stat(g->source, path.data, false, &facts, &e))
            continue;
        if (facts.kind == FILE_REGULAR)
            add_path(l, path);
        if (facts.kind != FILE_DIRECTORY || str_is(names[i], "journal") || str_is(names[i], "sysstat") ||
            directories++ >= DIRECTORIES_MAX)
            continue;
        conf_list(g, path.data, &inner, &inner_count);
        for (size_t n = 0; n < inner_count; n++)
            if (!is_rotated(inner[n]))
                add_path(l, arena_printf(g->arena, "%s/%.*s", path.data, STR_ARGS(inner[n])));
    }
}

static void visit(void *context, const struct rsyslog_statement *s)
{
    struct log_list *l = context;
    struct str target;
    if (s->kind == RSYSLOG_ACTION && (str_starts(s->text, "/") || str_starts(s->text, "-/"))) {
        struct str text = str_slice(s->text, s->text.data[0] == '-', s->text.size);
        str_cut(&text, ';', &target);
        add_path(l, str_trim(target));
    } else if (s->kind == RSYSLOG_OBJECT && conf_equal_nocase(s->name, "action") &&
               rsyslog_parameter(l->gather->arena, s->text, "file", &target)) {
        add_path(l, target);
    }
}

static void add_auditd(struct log_list *l)
{
    struct str text, line, key, value;
    if (!conf_read(l->gather, "/etc/audit/auditd.conf", &text))
        return;
    struct conf_reader r = conf_reader_of(l->gather->arena, text, "#");
    while (conf_next_line(&r, &line))
        if (conf_key_value(line, &key, &value) && conf_equal_nocase(key, "log_file"))
            add_path(l, value);
}

static const struct logrotate_rule *rule_of(const struct logrotate *l, struct str path)
{
    for (size_t i = 0; i < l->count; i++)
        for (size_t p = 0; p < l->rules[i].patterns.count; p++)
            if (conf_match(l->rules[i].patterns.items[p], path, true))
                return &l->rules[i];
    return NULL;
}

static void add_row(struct gather *g, struct str path, const struct file_facts *facts, const struct logrotate_rule *rule)
{
    struct rows *r = g->rows;
    int64_t days = rule ? logrotate_retention_days(rule) : -1;
    row_begin(r);
    row_text(r, path);
    row_int(r, facts->size_bytes);
    row_int(r, facts->mtime_ms);
    row_int(r, facts->mode);
    row_int(r, facts->uid);
    row_int(r, facts->gid);
    row_bool(r, rule != NULL);
    row_cstr(r, rule ? rule->frequency : NULL);
    if (rule && rule->rotations >= 0)
        row_int(r, rule->rotations);
    else
        row_null(r);
    if (days >= 0)
        row_int(r, days);
    else
        row_null(r);
    if (rule)
        row_bool(r, rule->is_compressed);
    else
        row_null(r);
    row_text(r, rule ? rule->origin : (struct str){0});
    row_end(r);
}

static int compare_strs(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

static bool gather(struct gather *g, struct err *e)
{
    struct log_list l = {.gather = g};
    struct logrotate rotate;
    (void)e;
    logrotate_read(g, &rotate);
    add_var_log(&l);
    rsyslog_read(g, "/etc/rsyslog.conf", visit, &l);
    add_auditd(&l);
    for (size_t i = 0; i < rotate.count; i++)
        for (size_t p = 0; p < rotate.rules[i].patterns.count; p++) {
            struct conf_paths found;
            conf_glob(g, rotate.rules[i].patterns.items[p].data, &found);
            for (size_t f = 0; f < found.count; f++)
                if (!is_rotated(found.items[f]))
                    add_path(&l, found.items[f]);
        }
    if (l.paths.count)
        qsort(l.paths.items, l.paths.count, sizeof(l.paths.items[0]), compare_strs);
    for (size_t i = 0; i < l.paths.count; i++) {
        struct file_facts facts;
        struct err why = {0};
        if (i && str_equal(l.paths.items[i], l.paths.items[i - 1]))
            continue;
        if (!source_stat(g->source, l.paths.items[i].data, true, &facts, &why)) {
            if (why.code != ERR_NOT_FOUND && why.code != ERR_INVALID)
                gather_missing(g, l.paths.items[i], "file", why.text);
            continue;
        }
        if (facts.kind == FILE_REGULAR)
            add_row(g, l.paths.items[i], &facts, rule_of(&rotate, l.paths.items[i]));
    }
    if (l.paths.count >= FILES_MAX)
        gather_missing(g, STR(""), "files", "there are more log files than are looked at");
    return true;
}

const struct host_table log_files_table = {
    .schema = &schema,
    .origin = FROM_FILES,
    .needs = NEED_ROOT,
    .is_volatile = true,
    .works_on_tree = true,
    .gather = gather,
};
