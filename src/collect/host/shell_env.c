/*
 * shell_env.c - what shells start with: umask, time-out of idle sessions, search path; read from the start files, which are never
 * run.
 */
#include "base/buf.h"
#include "collect/host/conf.h"

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

enum { STATEMENTS_MAX = 65536, ISSUE_BYTES_MAX = 4096 };

struct statement {
    struct str file;
    int64_t line;
    struct str umask;
    struct str path;
    int64_t tmout;
    bool has_tmout;
    bool is_conditional;
};

struct shell_run {
    struct gather *gather;
    struct statement *items;
    size_t count;
    size_t capacity;
    struct str file; /* at hand */
    size_t file_begin;
    int depth; /* of if, case, loops and functions */
    bool is_tmout_readonly;
};

static void statement_add(struct shell_run *run, struct statement s)
{
    if (run->count >= STATEMENTS_MAX)
        return;
    if (run->count == run->capacity)
        run->items = arena_grow(run->gather->arena, run->items, run->count, &run->capacity, sizeof(s));
    s.file = run->file;
    run->items[run->count++] = s;
}

/* "u=rwx,g=rx,o=" as the mask that it stands for. */
static bool umask_symbolic(struct str text, unsigned *ret)
{
    unsigned allowed = 0, seen = 0;
    struct str clause, who;
    do {
        bool has_more = str_cut(&text, ',', &clause);
        unsigned bits = 0, shifts = 0;
        if (!str_cut(&clause, '=', &who))
            return false;
        for (size_t i = 0; i < clause.size; i++)
            bits |= clause.data[i] == 'r' ? 4u : clause.data[i] == 'w' ? 2u : clause.data[i] == 'x' ? 1u : 0u;
        for (size_t i = 0; i < who.size; i++) {
            char c = who.data[i];
            shifts |= c == 'u' ? 0700u : c == 'g' ? 0070u : c == 'o' ? 0007u : c == 'a' ? 0777u : 0u;
        }
        allowed |= shifts & (bits << 6 | bits << 3 | bits);
        seen |= shifts;
        if (!has_more)
            break;
    } while (text.size);
    *ret = 0777 & ~allowed;
    return seen == 0777;
}

static struct str umask_text(struct arena *a, struct str word)
{
    uint64_t octal;
    unsigned mask;
    if (str_to_uint64_base(word, 8, &octal) && octal <= 07777)
        mask = (unsigned)octal;
    else if (!umask_symbolic(word, &mask))
        return (struct str){0};
    return arena_printf(a, "%04o", mask);
}

/* NAME=VALUE; false if the word is something else. */
static bool assignment(struct str word, const char *name, struct str *ret_value)
{
    struct str key;
    if (!str_cut(&word, '=', &key) || !str_is(key, name))
        return false;
    *ret_value = word;
    return true;
}

static bool is_one_of(struct str word, const char *const *list)
{
    for (; *list; list++) {
        if (str_is(word, *list))
            return true;
    }
    return false;
}

/* One simple command. `is_chained`: it runs only if the one before it went well, or did not. */
static void command_read(struct shell_run *run, struct str text, int64_t line, bool is_chained)
{
    static const char *const opens[] = {"if", "case", "for", "while", "until", "select", "{", NULL};
    static const char *const closes[] = {"fi", "esac", "done", "}", NULL};
    static const char *const prefixes[] = {"then",    "else",    "elif",  "do",      "export", "readonly",
                                           "declare", "typeset", "local", "command", NULL};
    struct arena *a = run->gather->arena;
    struct str word, value;
    bool is_readonly = false, is_first = true;
    while (conf_next_word(a, &text, &word)) {
        struct statement s = {.line = line, .is_conditional = run->depth > 0 || is_chained};
        int64_t seconds;
        if (is_first && is_one_of(word, opens)) {
            run->depth++;
        } else if (is_first && is_one_of(word, closes)) {
            run->depth -= run->depth > 0;
        } else if (is_first && str_ends(word, "()")) {
            continue; /* a function's name; its brace follows */
        } else if (is_first && str_is(word, "umask")) {
            if (conf_next_word(a, &text, &word) && (s.umask = umask_text(a, word)).data)
                statement_add(run, s);
            return;
        } else if (assignment(word, "TMOUT", &value)) {
            s.has_tmout = str_to_int64(value, &seconds);
            s.tmout = s.has_tmout ? seconds : 0;
            run->is_tmout_readonly |= is_readonly;
            if (s.has_tmout)
                statement_add(run, s);
        } else if (assignment(word, "PATH", &value)) {
            s.path = arena_str(a, value);
            statement_add(run, s);
        } else if (str_is(word, "TMOUT")) {
            run->is_tmout_readonly |= is_readonly;
        }
        is_readonly |=
            str_is(word, "readonly") || (is_readonly == false && str_starts(word, "-") && str_find_char(word, 'r') >= 0);
        is_first = is_first && (is_one_of(word, prefixes) || is_one_of(word, opens) || is_one_of(word, closes));
        if (str_is(word, "case") || str_is(word, "for") || str_is(word, "select"))
            return;
    }
}

/* Where the simple command that starts a line ends: at ; && || or # outside of quotes. */
static size_t command_end(struct str line)
{
    char quote = 0;
    for (size_t i = 0; i < line.size; i++) {
        char c = line.data[i];
        if (quote) {
            quote = c == quote ? 0 : quote;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '\\') {
            i++;
        } else if (c == ';' || c == '&' || c == '|' || c == '\n' ||
                   (c == '#' && (i == 0 || line.data[i - 1] == ' ' || line.data[i - 1] == '\t'))) {
            return i;
        }
    }
    return line.size;
}

static void shell_file_read(struct shell_run *run, struct str path)
{
    struct str text, line;
    if (!conf_read(run->gather, path.data, &text))
        return;
    run->file = path;
    run->depth = 0;
    run->is_tmout_readonly = false;
    run->file_begin = run->count;
    struct conf_reader reader = conf_reader_of(run->gather->arena, text, "#");
    reader.is_joining = true;
    while (conf_next_line(&reader, &line)) {
        bool is_chained = false;
        while (line.size) {
            size_t end = command_end(line);
            if (end < line.size && line.data[end] == '#') {
                command_read(run, str_slice(line, 0, end), reader.line, is_chained);
                break;
            }
            command_read(run, str_slice(line, 0, end), reader.line, is_chained);
            is_chained = end + 1 < line.size && line.data[end] != ';' && line.data[end + 1] == line.data[end];
            while (end < line.size && (line.data[end] == ';' || line.data[end] == '&' || line.data[end] == '|'))
                end++;
            line = str_trim(str_slice(line, end, line.size));
        }
    }
}

/* "KEY value" of login.defs, and NAME=value of /etc/environment. */
static void login_defs_read(struct shell_run *run)
{
    struct str text, line, key, value;
    struct arena *a = run->gather->arena;
    run->file = STR("/etc/login.defs");
    run->file_begin = run->count;
    if (!conf_read(run->gather, run->file.data, &text))
        return;
    struct conf_reader reader = conf_reader_of(a, text, "#");
    while (conf_next_line(&reader, &line)) {
        struct statement s = {.line = reader.line};
        if (!str_next_word(&line, &key))
            continue;
        value = str_trim(line);
        if (str_is(key, "UMASK") && (s.umask = umask_text(a, value)).data)
            statement_add(run, s);
        else if ((str_is(key, "ENV_PATH") || str_is(key, "ENV_SUPATH")) && value.size) {
            s.path = str_starts(value, "PATH=") ? str_slice(value, 5, value.size) : value;
            statement_add(run, s);
        }
    }
}

/* ---- what is wrong with a path ---- */

static void issue_add(struct buf *issues, const char *what, struct str element)
{
    buf_printf(issues, "%s%s%.*s", issues->size ? "; " : "", what, STR_ARGS(element));
}

static void element_look(struct gather *g, struct buf *issues, struct str element)
{
    struct file_facts facts;
    struct err failed = {0};
    if (element.size == 0) {
        issue_add(issues, "empty element", element);
        return;
    }
    if (element.data[0] == '$' || element.data[0] == '~')
        return; /* known only when it runs */
    if (element.data[0] != '/') {
        issue_add(issues, "relative element ", element);
        return;
    }
    struct str path = arena_str(g->arena, element);
    if (str_find_char(path, '\0') >= 0 || !source_stat(g->source, path.data, true, &facts, &failed))
        return;
    if (facts.mode & 0002)
        issue_add(issues, "writable by others: ", element);
    else if ((facts.mode & 0020) && facts.gid != 0)
        issue_add(issues, "writable by a group: ", element);
}

static void row_path_issue(struct gather *g, struct str path)
{
    struct buf issues;
    struct str element;
    if (!path.data) {
        row_null(g->rows);
        return;
    }
    buf_init(&issues, ISSUE_BYTES_MAX);
    bool has_more = true;
    while (has_more) {
        has_more = str_cut(&path, ':', &element);
        element_look(g, &issues, element);
    }
    row_text(g->rows, issues.size ? buf_view(&issues) : (struct str){0});
    buf_release(&issues);
}

/* The rows of the file at hand, now that all of it is known. */
static void file_rows(struct shell_run *run)
{
    struct rows *r = run->gather->rows;
    for (size_t i = run->file_begin; i < run->count; i++) {
        const struct statement *s = &run->items[i];
        row_begin(r);
        row_text(r, s->file);
        row_int(r, s->line);
        row_text(r, s->umask);
        if (s->has_tmout) {
            row_int(r, s->tmout);
            row_bool(r, run->is_tmout_readonly);
        } else {
            row_null(r);
            row_null(r);
        }
        row_text(r, s->path);
        row_path_issue(run->gather, s->path);
        row_bool(r, s->is_conditional);
        row_end(r);
    }
}

static bool shell_env_gather(struct gather *g, struct err *e)
{
    static const char *const files[] = {"/etc/profile",    "/etc/bash.bashrc",  "/etc/bashrc",    "/etc/environment",
                                        "/etc/zsh/zshenv", "/etc/zsh/zprofile", "/etc/zsh/zshrc", "/etc/csh.cshrc"};
    struct shell_run run = {.gather = g};
    struct str *names;
    size_t count;
    (void)e;
    for (size_t i = 0; i < COLUMN_COUNT(files); i++) {
        run.file_begin = run.count;
        shell_file_read(&run, str_of(files[i]));
        file_rows(&run);
    }
    conf_list(g, "/etc/profile.d", &names, &count);
    for (size_t i = 0; i < count; i++) {
        if (!str_ends(names[i], ".sh"))
            continue;
        run.file_begin = run.count;
        shell_file_read(&run, arena_printf(g->arena, "/etc/profile.d/%.*s", STR_ARGS(names[i])));
        file_rows(&run);
    }
    login_defs_read(&run);
    file_rows(&run);
    return true;
}

const struct host_table shell_env_table = {
    .schema = &shell_env_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = shell_env_gather,
};
