/* logins.c - who is, was, and wanted to be signed in. */
#include "base/limits.h"
#include "collect/host/conf.h"
#include "collect/host/host.h"
#include "collect/host/wtmp.h"
#include <assert.h>
#include <lastlog.h>
#include <sqlite3.h>
#include <utmp.h>

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
    .version = 2,
    .words = "A row is a sign-in or a start of the machine that /var/log/wtmp, its rotated files (packed ones too) or wtmpdb tell of.",
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

enum {
    WTMP_BYTES_MAX = 50000 * sizeof(struct utmp), /* the newest records of a file that has more */
    BTMP_BYTES_MAX = 20000 * sizeof(struct utmp),
    SQLITE_BYTES_MAX = 64 << 20
};

/* ---- utmp(5) records ---- */

static struct str fixed_text(const char *field, size_t size)
{
    const char *end = memchr(field, 0, size);
    return str_make(field, end ? (size_t)(end - field) : size);
}

static int64_t record_ms(const struct utmp *u)
{
    return (int64_t)u->ut_tv.tv_sec * 1000 + u->ut_tv.tv_usec / 1000;
}

struct records {
    const char *bytes;
    size_t count;
};

/* The newest records of a file. False with e when it cannot be read at all. */
static bool read_records(struct gather *g, const char *path, size_t size_max, struct records *ret, struct err *e)
{
    static_assert(sizeof(struct utmp) == WTMP_RECORD_BYTES, "records of this architecture");
    struct str bytes;
    bool has_more, is_torn;
    if (!wtmp_read(g, path, size_max, &bytes, &has_more, &is_torn, e))
        return false;
    if (has_more)
        gather_missing(g, str_of(path), "older records", "the file has more than are read");
    if (is_torn)
        gather_missing(g, str_of(path), "the last record", "the file ends in the middle of one, or is of another architecture");
    *ret = (struct records){bytes.data, bytes.size / sizeof(struct utmp)};
    return true;
}

/* A copy: the bytes are not aligned. */
static struct utmp record_at(const struct records *r, size_t i)
{
    struct utmp u;
    memcpy(&u, r->bytes + i * sizeof(u), sizeof(u));
    return u;
}

static void row_time(struct rows *r, int64_t at_ms)
{
    at_ms > 0 ? row_int(r, at_ms) : row_null(r);
}

/* ---- tables in SQLite files (wtmpdb, lastlog2): read as bytes, opened in memory ---- */

static bool sqlite_each(struct gather *g, const char *path, const char *sql,
                        void (*each)(struct gather *g, void *context, sqlite3_stmt *row), void *context, struct err *e)
{
    struct str bytes;
    sqlite3 *db = NULL;
    sqlite3_stmt *s = NULL;
    if (!source_read(g->source, g->arena, path, SQLITE_BYTES_MAX, &bytes, e))
        return false;
    unsigned char *copy = (unsigned char *)arena_strndup(g->arena, bytes.data, bytes.size);
    /* A file in WAL mode says so in bytes 18 and 19 of its header; alone and in memory it is read as it stands. */
    if (bytes.size > 20 && copy[18] == 2)
        copy[18] = copy[19] = 1;
    bool is_ok = sqlite3_open_v2(":memory:", &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                 sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) == SQLITE_OK &&
                 sqlite3_deserialize(db, "main", copy, (sqlite3_int64)bytes.size, (sqlite3_int64)bytes.size,
                                     SQLITE_DESERIALIZE_READONLY) == SQLITE_OK &&
                 sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK;
    int rc = SQLITE_ERROR;
    while (is_ok && (rc = sqlite3_step(s)) == SQLITE_ROW)
        each(g, context, s);
    if (rc != SQLITE_DONE)
        err_set(e, ERR_INVALID, "%s: %s", path, db ? sqlite3_errmsg(db) : "no memory");
    sqlite3_finalize(s);
    sqlite3_close(db);
    return rc == SQLITE_DONE;
}

static struct str column_text(sqlite3_stmt *row, int i)
{
    const void *text = sqlite3_column_text(row, i);
    return text ? str_make(text, (size_t)sqlite3_column_bytes(row, i)) : STR("");
}

/* ---- logged_in ---- */

static void show_session(struct gather *g, struct str user, struct str tty, struct str host, int64_t since_ms, int64_t pid,
                         const char *path)
{
    row_begin(g->rows);
    row_text(g->rows, user);
    row_text(g->rows, tty);
    row_text(g->rows, host);
    row_time(g->rows, since_ms);
    row_int(g->rows, pid);
    row_cstr(g->rows, path);
    row_end(g->rows);
}

static bool read_utmp(struct gather *g, const char *path, struct err *e)
{
    struct records records;
    if (!read_records(g, path, WTMP_BYTES_MAX, &records, e))
        return false;
    for (size_t i = 0; i < records.count; i++) {
        struct utmp u = record_at(&records, i);
        struct file_facts facts;
        struct err gone = {0};
        /* A record whose process is gone was never closed: nobody is there. */
        if (u.ut_type == USER_PROCESS &&
            source_stat(g->source, arena_printf(g->arena, "/proc/%d", (int)u.ut_pid).data, true, &facts, &gone))
            show_session(g, fixed_text(u.ut_user, sizeof(u.ut_user)), fixed_text(u.ut_line, sizeof(u.ut_line)),
                         fixed_text(u.ut_host, sizeof(u.ut_host)), record_ms(&u), u.ut_pid, path);
    }
    return true;
}

/* Files of systemd-logind: lines KEY=value. */
static void read_session_file(struct gather *g, const char *path)
{
    struct str text, line, key, user = STR(""), tty = STR(""), host = STR(""), class = STR("");
    int64_t since_us = 0, pid = 0;
    if (!conf_read(g, path, &text))
        return;
    struct conf_reader r = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&r, &line)) {
        if (!str_cut(&line, '=', &key))
            continue;
        if (str_is(key, "USER"))
            user = line;
        else if (str_is(key, "TTY"))
            tty = line;
        else if (str_is(key, "REMOTE_HOST"))
            host = line;
        else if (str_is(key, "CLASS"))
            class = line;
        else if (str_is(key, "REALTIME"))
            str_to_int64(line, &since_us);
        else if (str_is(key, "LEADER"))
            str_to_int64(line, &pid);
    }
    if (user.size && (class.size == 0 || str_is(class, "user")))
        show_session(g, user, tty, host, since_us / 1000, pid, path);
}

static bool logged_in_gather(struct gather *g, struct err *e)
{
    struct err no_utmp = {0};
    struct str *names;
    size_t count = 0;
    if (read_utmp(g, "/run/utmp", &no_utmp))
        return true;
    if (!source_list(g->source, g->arena, "/run/systemd/sessions", &names, &count, e)) {
        *e = no_utmp;
        return false;
    }
    for (size_t i = 0; i < count; i++)
        if (str_find_char(names[i], '.') < 0) /* .ref files are pipes */
            read_session_file(g, arena_printf(g->arena, "/run/systemd/sessions/%.*s", STR_ARGS(names[i])).data);
    return true;
}

/* ---- login_history ---- */

struct login {
    struct str user, tty, host;
    int64_t from_ms, to_ms;
    const char *type, *path;
};

static void show_login(struct gather *g, const struct login *l)
{
    row_begin(g->rows);
    row_text(g->rows, l->user);
    row_text(g->rows, l->tty);
    row_text(g->rows, l->host);
    row_time(g->rows, l->from_ms);
    row_time(g->rows, l->to_ms);
    row_cstr(g->rows, l->type);
    row_cstr(g->rows, l->path);
    row_end(g->rows);
}

/* Sessions that are open while reading forward; the end of one is the next record of its terminal, or a boot. */
struct sessions {
    struct login *items;
    size_t count, capacity;
};

static void close_sessions(struct gather *g, struct sessions *s, struct str tty, int64_t at_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (tty.data && !str_equal(s->items[i].tty, tty)) {
            s->items[kept++] = s->items[i];
            continue;
        }
        s->items[i].to_ms = at_ms;
        show_login(g, &s->items[i]);
    }
    s->count = kept;
}

static void take_record(struct gather *g, struct sessions *s, const struct utmp *u, const char *path)
{
    struct login l = {.user = arena_str(g->arena, fixed_text(u->ut_user, sizeof(u->ut_user))),
                      .tty = arena_str(g->arena, fixed_text(u->ut_line, sizeof(u->ut_line))),
                      .host = arena_str(g->arena, fixed_text(u->ut_host, sizeof(u->ut_host))),
                      .from_ms = record_ms(u),
                      .path = path};
    bool is_shutdown = u->ut_type == RUN_LVL && str_is(l.user, "shutdown");
    if (u->ut_type == BOOT_TIME || is_shutdown) {
        close_sessions(g, s, (struct str){0}, l.from_ms);
        l.type = is_shutdown ? "shutdown" : "boot";
        show_login(g, &l);
    } else if (u->ut_type == USER_PROCESS || u->ut_type == DEAD_PROCESS) {
        close_sessions(g, s, l.tty, l.from_ms);
        if (u->ut_type == DEAD_PROCESS || l.user.size == 0)
            return;
        l.type = "login";
        if (s->count == s->capacity)
            s->items = arena_grow(g->arena, s->items, s->count, &s->capacity, sizeof(*s->items));
        s->items[s->count++] = l;
    }
}

static void show_wtmpdb_row(struct gather *g, void *context, sqlite3_stmt *row)
{
    (void)context;
    /* wtmpdb: 1 boot, 2 run level, 3 user; times in microseconds */
    int64_t type = sqlite3_column_int64(row, 0);
    struct login l = {.user = column_text(row, 1),
                      .tty = column_text(row, 4),
                      .host = column_text(row, 5),
                      .from_ms = sqlite3_column_int64(row, 2) / 1000,
                      .to_ms = sqlite3_column_int64(row, 3) / 1000,
                      .type = type == 1 ? "boot" : "login",
                      .path = "/var/lib/wtmpdb/wtmp.db"};
    if (type == 1 || type == 3)
        show_login(g, &l);
}

static bool login_history_gather(struct gather *g, struct err *e)
{
    struct conf_paths files;
    struct sessions open = {0};
    struct err missing = {0};
    bool has_any = sqlite_each(g, "/var/lib/wtmpdb/wtmp.db",
                               "SELECT Type, User, Login, Logout, TTY, RemoteHost FROM wtmp ORDER BY ID DESC LIMIT 50000",
                               show_wtmpdb_row, NULL, &missing);
    if (!has_any && missing.code != ERR_NOT_FOUND && missing.code != ERR_INVALID)
        gather_missing(g, STR("/var/lib/wtmpdb/wtmp.db"), "its records", missing.text);
    wtmp_files(g, &files);
    for (size_t i = 0; i < files.count; i++) {
        struct records records;
        struct err unread = {0};
        const char *path = files.items[i].data;
        if (!read_records(g, path, WTMP_BYTES_MAX, &records, &unread)) {
            if (unread.code != ERR_NOT_FOUND)
                gather_missing(g, files.items[i], "its records", unread.text);
            continue;
        }
        has_any = true;
        for (size_t k = 0; k < records.count; k++) {
            struct utmp u = record_at(&records, k);
            take_record(g, &open, &u, path);
        }
    }
    close_sessions(g, &open, (struct str){0}, 0);
    return has_any ||
           err_set(e, ERR_NOT_FOUND,
                   "no sign-ins are recorded here: /var/log/wtmp and /var/lib/wtmpdb/wtmp.db are not there, or not readable");
}

/* ---- failed_logins ---- */

static void show_failure(struct gather *g, struct str user, struct str tty, struct str host, int64_t at_ms, struct str path)
{
    row_begin(g->rows);
    row_text(g->rows, user);
    row_text(g->rows, tty);
    row_text(g->rows, host);
    row_time(g->rows, at_ms);
    row_text(g->rows, path);
    row_end(g->rows);
}

/* pam_faillock's tally: {char source[52]; u16 reserved; u16 status; u64 time}, in the host's byte order. */
static void read_tally(struct gather *g, struct str user, struct str path)
{
    enum { TALLY_BYTES = 64, TALLY_VALID = 1, TALLY_RHOST = 2, TALLY_TTY = 4 };
    struct str bytes;
    struct err e = {0};
    if (!source_read(g->source, g->arena, path.data, CONF_FILE_BYTES_MAX, &bytes, &e)) {
        gather_missing(g, path, "refused sign-ins", e.text);
        return;
    }
    for (size_t at = 0; at + TALLY_BYTES <= bytes.size; at += TALLY_BYTES) {
        uint16_t status;
        uint64_t seconds;
        memcpy(&status, bytes.data + at + 54, sizeof(status));
        memcpy(&seconds, bytes.data + at + 56, sizeof(seconds));
        struct str from = fixed_text(bytes.data + at, 52);
        if (status & TALLY_VALID && seconds < INT64_MAX / 1000)
            show_failure(g, user, status & TALLY_TTY ? from : STR(""), status & TALLY_RHOST ? from : STR(""),
                         (int64_t)seconds * 1000, path);
    }
}

static bool failed_logins_gather(struct gather *g, struct err *e)
{
    struct records records;
    struct err no_btmp = {0}, no_tallies = {0};
    struct str *names;
    size_t count = 0;
    bool has_btmp = read_records(g, "/var/log/btmp", BTMP_BYTES_MAX, &records, &no_btmp);
    bool has_tallies = source_list(g->source, g->arena, "/run/faillock", &names, &count, &no_tallies);
    if (!has_btmp && !has_tallies) {
        *e = no_btmp;
        return false;
    }
    if (!has_btmp)
        gather_missing(g, STR("/var/log/btmp"), "refused sign-ins", no_btmp.text);
    for (size_t i = 0; has_btmp && i < records.count; i++) {
        struct utmp u = record_at(&records, i);
        if (u.ut_type == LOGIN_PROCESS || u.ut_type == USER_PROCESS)
            show_failure(g, fixed_text(u.ut_user, sizeof(u.ut_user)), fixed_text(u.ut_line, sizeof(u.ut_line)),
                         fixed_text(u.ut_host, sizeof(u.ut_host)), record_ms(&u), STR("/var/log/btmp"));
    }
    for (size_t i = 0; i < count; i++)
        read_tally(g, names[i], arena_printf(g->arena, "/run/faillock/%.*s", STR_ARGS(names[i])));
    return true;
}

/* ---- last_login ---- */

struct last {
    struct str name;
    int64_t uid, at_ms;
    struct str host, tty;
    const char *path;
};

static void show_last(struct gather *g, const struct last *l)
{
    row_begin(g->rows);
    row_text(g->rows, l->name);
    row_int(g->rows, l->uid);
    row_time(g->rows, l->at_ms);
    row_text(g->rows, l->at_ms > 0 ? l->host : (struct str){0});
    row_text(g->rows, l->at_ms > 0 ? l->tty : (struct str){0});
    row_cstr(g->rows, l->path);
    row_end(g->rows);
}

struct last_list {
    struct last *items;
    size_t count, capacity;
};

static void take_lastlog2_row(struct gather *g, void *context, sqlite3_stmt *row)
{
    struct last_list *list = context;
    if (list->count == list->capacity)
        list->items = arena_grow(g->arena, list->items, list->count, &list->capacity, sizeof(*list->items));
    list->items[list->count++] = (struct last){.name = arena_str(g->arena, column_text(row, 0)),
                                               .at_ms = sqlite3_column_int64(row, 1) * 1000,
                                               .tty = arena_str(g->arena, column_text(row, 2)),
                                               .host = arena_str(g->arena, column_text(row, 3))};
}

/* /var/log/lastlog is a sparse array by uid: only the records of known accounts are read. */
static void from_lastlog(struct gather *g, struct last *l)
{
    struct str bytes;
    struct err e = {0};
    struct lastlog record;
    l->path = "/var/log/lastlog";
    if (l->uid < 0 ||
        !source_read_slice(g->source, g->arena, l->path, l->uid * (int64_t)sizeof(record), sizeof(record), &bytes, NULL, &e) ||
        bytes.size < sizeof(record))
        return;
    memcpy(&record, bytes.data, sizeof(record));
    l->at_ms = (int64_t)record.ll_time * 1000;
    l->tty = arena_str(g->arena, fixed_text(record.ll_line, sizeof(record.ll_line)));
    l->host = arena_str(g->arena, fixed_text(record.ll_host, sizeof(record.ll_host)));
}

static void from_lastlog2(const struct last_list *list, struct last *l)
{
    l->path = "/var/lib/lastlog/lastlog2.db";
    for (size_t i = 0; i < list->count; i++)
        if (str_equal(list->items[i].name, l->name)) {
            l->at_ms = list->items[i].at_ms;
            l->tty = list->items[i].tty;
            l->host = list->items[i].host;
        }
}

static bool last_login_gather(struct gather *g, struct err *e)
{
    struct str text, line, probe;
    struct err missing = {0};
    struct last_list list = {0};
    bool is_new = sqlite_each(g, "/var/lib/lastlog/lastlog2.db", "SELECT Name, Time, TTY, RemoteHost FROM Lastlog2",
                              take_lastlog2_row, &list, &missing);
    if (!is_new && !source_read_slice(g->source, g->arena, "/var/log/lastlog", 0, 1, &probe, NULL, e))
        return false;
    if (!source_read(g->source, g->arena, "/etc/passwd", LIMIT_READ_FILE_BYTES, &text, e))
        return false;
    while (str_next_line(&text, &line)) {
        struct str f[4] = {{0}};
        struct last l = {.host = STR(""), .tty = STR("")};
        for (size_t i = 0; i < 4 && str_cut(&line, ':', &f[i]); i++)
            ;
        l.name = f[0];
        if (f[0].size == 0 || !str_to_int64(f[2], &l.uid) || l.uid > UINT32_MAX)
            continue;
        if (is_new)
            from_lastlog2(&list, &l);
        else
            from_lastlog(g, &l);
        show_last(g, &l);
    }
    return true;
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
