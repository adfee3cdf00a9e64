/*
 * repos.c - where packages come from: sources.list(5), one-line and deb822 style.
 */
#include "collect/host/repos.h"
#include "collect/host/conf.h"

static const struct column repos_columns[] = {
    {"uri", COLUMN_TEXT, "", "Where the archive lies; a password in it is replaced by [redacted].", 0},
    {"suite", COLUMN_TEXT, "", "Suite or exact path, as 'bookworm-security'.", 0},
    {"components", COLUMN_TEXT, "", "Components, separated by blanks; null for an exact path.", 0},
    {"signed_by", COLUMN_TEXT, "",
     "Key file or fingerprints that the archive must be signed by, '(inline)' for a key in the file itself; null if any trusted "
     "key will do.",
     0},
    {"trusted", COLUMN_BOOL, "",
     "1 if signatures are not asked for (trusted=yes), 0 if they always are (trusted=no); null if not set.", 0},
    {"enabled", COLUMN_BOOL, "", "0 for a deb822 entry with Enabled: no.", 0},
    {"type", COLUMN_TEXT, "", "'deb' for programs, 'deb-src' for sources.", 0},
    {"file", COLUMN_TEXT, "", "File that names it.", 0},
    {"line", COLUMN_INTEGER, "", "Line in that file where the entry starts.", 0},
    {"allow_insecure", COLUMN_BOOL, "",
     "1 if the archive may be unsigned or weakly signed (allow-insecure, allow-weak); null if not set.", 0},
    {"check_valid_until", COLUMN_BOOL, "", "0 if an expired archive is accepted (check-valid-until=no); null if not set.", 0},
    {"is_encrypted", COLUMN_BOOL, "",
     "1 for https and for media that need no network (file, cdrom, copy); 0 for http and ftp; null for others.", 0},
};

static const struct table_schema repos_schema = {
    .name = "repos",
    .version = 1,
    .words = "One row an archive, suite and type that apt is told to use in /etc/apt/sources.list and sources.list.d.",
    .criteria = "CC6.8",
    .example = "SELECT uri, file, line FROM repos WHERE enabled = 1 AND (trusted = 1 OR signed_by IS NULL)",
    .columns = repos_columns,
    .column_count = COLUMN_COUNT(repos_columns),
};

enum { REPO_COUNT_MAX = 65536 };

static void repo_add(struct gather *g, struct repo_list *list, struct repo repo)
{
    if (list->count >= REPO_COUNT_MAX)
        return;
    if (list->count == list->capacity)
        list->items = arena_grow(g->arena, list->items, list->count, &list->capacity, sizeof(*list->items));
    list->items[list->count++] = repo;
}

/* Words of apt's StringToBool. */
static enum repo_switch switch_of(struct str value)
{
    if (conf_is_true(value) || conf_equal_nocase(value, "with") || conf_equal_nocase(value, "enable"))
        return REPO_YES;
    return REPO_NO;
}

/* One option of either style; names are without regard to case, the one-line style writes "signed-by", deb822 "Signed-By". */
static void repo_option(struct repo *repo, struct str key, struct str value)
{
    if (conf_equal_nocase(key, "signed-by"))
        repo->signed_by = value.size ? value : (struct str){0};
    else if (conf_equal_nocase(key, "trusted"))
        repo->trusted = switch_of(value);
    else if (conf_equal_nocase(key, "allow-insecure") || conf_equal_nocase(key, "allow-weak") ||
             conf_equal_nocase(key, "allow-downgrade-to-insecure"))
        repo->allow_insecure = repo->allow_insecure == REPO_YES ? REPO_YES : switch_of(value);
    else if (conf_equal_nocase(key, "check-valid-until"))
        repo->check_valid_until = switch_of(value);
    else if (conf_equal_nocase(key, "enabled"))
        repo->is_enabled = switch_of(value) == REPO_YES;
}

static struct repo repo_new(struct str file, int64_t line)
{
    return (struct repo){.file = file,
                         .line = line,
                         .is_enabled = true,
                         .trusted = REPO_UNSET,
                         .allow_insecure = REPO_UNSET,
                         .check_valid_until = REPO_UNSET};
}

/* "deb [ option=value ... ] uri suite component..." */
static void repo_line(struct gather *g, struct repo_list *list, struct str file, int64_t line_number, struct str line)
{
    struct repo repo = repo_new(file, line_number);
    struct str word, key;
    ptrdiff_t comment = str_find_char(line, '#');
    if (comment >= 0)
        line = str_slice(line, 0, (size_t)comment);
    if (!str_next_word(&line, &repo.type) || (!str_is(repo.type, "deb") && !str_is(repo.type, "deb-src")))
        return;
    line = str_trim(line);
    if (line.size && line.data[0] == '[') {
        struct str options;
        line = str_slice(line, 1, line.size);
        if (!str_cut(&line, ']', &options))
            return;
        while (str_next_word(&options, &word)) {
            if (str_cut(&word, '=', &key))
                repo_option(&repo, key, word);
        }
    }
    if (!str_next_word(&line, &repo.uri) || !str_next_word(&line, &repo.suite))
        return;
    line = str_trim(line);
    if (line.size)
        repo.components = line;
    repo_add(g, list, repo);
}

static void one_line_file(struct gather *g, struct repo_list *list, struct str file)
{
    struct str text, line;
    if (!conf_read(g, file.data, &text))
        return;
    struct conf_reader reader = conf_reader_of(g->arena, text, "#");
    while (conf_next_line(&reader, &line))
        repo_line(g, list, file, reader.line, line);
}

/* What one deb822 stanza says, before it is spread over types, archives and suites. */
struct stanza {
    struct repo repo;
    struct str types;
    struct str uris;
    struct str suites;
};

static void stanza_end(struct gather *g, struct repo_list *list, struct stanza *s)
{
    struct str types = s->types, type;
    while (str_next_word(&types, &type)) {
        struct str uris = s->uris, uri;
        while (str_next_word(&uris, &uri)) {
            struct str suites = s->suites, suite;
            while (str_next_word(&suites, &suite)) {
                struct repo repo = s->repo;
                repo.type = type;
                repo.uri = uri;
                repo.suite = suite;
                repo_add(g, list, repo);
            }
        }
    }
}

static void stanza_field(struct stanza *s, struct str key, struct str value)
{
    if (conf_equal_nocase(key, "types"))
        s->types = value;
    else if (conf_equal_nocase(key, "uris"))
        s->uris = value;
    else if (conf_equal_nocase(key, "suites"))
        s->suites = value;
    else if (conf_equal_nocase(key, "components"))
        s->repo.components = value.size ? value : (struct str){0};
    else if (conf_equal_nocase(key, "signed-by") && str_contains(value, "-----BEGIN"))
        s->repo.signed_by = STR("(inline)");
    else
        repo_option(&s->repo, key, value);
}

/* The value of a field with its continuation lines, line ends as blanks and comments left out; takes those lines from *rest. */
static struct str joined_value(struct gather *g, struct str *rest, struct str value, int64_t *line_number)
{
    struct str after = *rest, line;
    while (after.size && (after.data[0] == ' ' || after.data[0] == '\t' || after.data[0] == '#')) {
        str_next_line(&after, &line);
        ++*line_number;
    }
    if (after.data == rest->data)
        return str_trim(value);
    char *joined = arena_alloc(g->arena, value.size + 1 + (size_t)(after.data - rest->data) + 1);
    size_t size = value.size;
    memcpy(joined, value.data, value.size);
    while (rest->data < after.data) {
        str_next_line(rest, &line);
        if (line.size && line.data[0] == '#')
            continue;
        line = str_trim(line);
        joined[size++] = ' ';
        memcpy(joined + size, line.data, line.size);
        size += line.size;
    }
    return str_trim(str_make(joined, size));
}

static void deb822_file(struct gather *g, struct repo_list *list, struct str file)
{
    struct str text, line, key;
    if (!conf_read(g, file.data, &text))
        return;
    struct stanza s = {.repo = repo_new(file, 0)};
    int64_t line_number = 0;
    while (str_next_line(&text, &line)) {
        line_number++;
        if (str_trim(line).size == 0) {
            stanza_end(g, list, &s);
            s = (struct stanza){.repo = repo_new(file, 0)};
        } else if (line.data[0] != '#' && str_cut(&line, ':', &key)) {
            if (!s.repo.line)
                s.repo.line = line_number;
            stanza_field(&s, key, joined_value(g, &text, line, &line_number));
        }
    }
    stanza_end(g, list, &s);
}

/* apt leaves out files whose names hold anything but letters, digits, '_', '-' and '.'. */
static bool is_name_for_apt(struct str name)
{
    for (size_t i = 0; i < name.size; i++) {
        char c = name.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.'))
            return false;
    }
    return name.size && name.data[0] != '.';
}

void repos_read(struct gather *g, struct repo_list *ret)
{
    struct str *names;
    size_t count;
    *ret = (struct repo_list){0};
    one_line_file(g, ret, STR("/etc/apt/sources.list"));
    conf_list(g, "/etc/apt/sources.list.d", &names, &count);
    for (size_t i = 0; i < count; i++) {
        struct str path = arena_printf(g->arena, "/etc/apt/sources.list.d/%.*s", STR_ARGS(names[i]));
        if (!is_name_for_apt(names[i]))
            continue;
        if (str_ends(path, ".list"))
            one_line_file(g, ret, path);
        else if (str_ends(path, ".sources"))
            deb822_file(g, ret, path);
    }
}

static void row_switch(struct rows *r, enum repo_switch value)
{
    if (value == REPO_UNSET)
        row_null(r);
    else
        row_bool(r, value == REPO_YES);
}

static void row_is_encrypted(struct rows *r, struct str uri)
{
    struct str scheme;
    str_cut(&uri, ':', &scheme);
    if (str_ends(scheme, "https") || str_is(scheme, "file") || str_is(scheme, "cdrom") || str_is(scheme, "copy") ||
        str_is(scheme, "ssh"))
        row_bool(r, true);
    else if (str_ends(scheme, "http") || str_is(scheme, "ftp"))
        row_bool(r, false);
    else
        row_null(r);
}

static bool repos_gather(struct gather *g, struct err *e)
{
    struct repo_list list;
    (void)e;
    repos_read(g, &list);
    for (size_t i = 0; i < list.count; i++) {
        const struct repo *repo = &list.items[i];
        struct rows *r = g->rows;
        row_begin(r);
        row_text(r, conf_redact(g->arena, repo->uri));
        row_text(r, repo->suite);
        row_text(r, repo->components);
        row_text(r, repo->signed_by);
        row_switch(r, repo->trusted);
        row_bool(r, repo->is_enabled);
        row_text(r, repo->type);
        row_text(r, repo->file);
        row_int(r, repo->line);
        row_switch(r, repo->allow_insecure);
        row_switch(r, repo->check_valid_until);
        row_is_encrypted(r, repo->uri);
        row_end(r);
    }
    return true;
}

const struct host_table repos_table = {
    .schema = &repos_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = repos_gather,
};
