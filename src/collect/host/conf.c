#include "collect/host/conf.h"
#include <ctype.h>

bool conf_read(struct gather *g, const char *path, struct str *ret_text)
{
    struct err e = {0};
    if (source_read(g->source, g->arena, path, CONF_FILE_BYTES_MAX, ret_text, &e))
        return true;
    if (e.code != ERR_NOT_FOUND)
        gather_missing(g, str_of(path), "file", e.text);
    return false;
}

struct conf_reader conf_reader_of(struct arena *a, struct str text, const char *comments)
{
    return (struct conf_reader){.arena = a, .rest = text, .comments = comments};
}

static bool ends_in_odd_backslashes(struct str line)
{
    size_t n = 0;
    while (n < line.size && line.data[line.size - 1 - n] == '\\')
        n++;
    return n % 2 == 1;
}

static struct str join_lines(struct conf_reader *r, struct str first)
{
    struct buf joined;
    buf_init(&joined, CONF_FILE_BYTES_MAX);
    struct str part = first;
    for (;;) {
        buf_append(&joined, part.data, part.size - 1); /* without the backslash */
        buf_char(&joined, ' ');
        if (!str_next_line(&r->rest, &part))
            break;
        r->lines_read++;
        part = str_trim(part);
        if (!ends_in_odd_backslashes(part)) {
            buf_str(&joined, part);
            break;
        }
    }
    struct str whole = arena_str(r->arena, buf_view(&joined));
    buf_release(&joined);
    return whole;
}

static bool is_nothing(const struct conf_reader *r, struct str line)
{
    return line.size == 0 || (line.data[0] != '\0' && strchr(r->comments, line.data[0]));
}

bool conf_next_line(struct conf_reader *r, struct str *ret_line)
{
    struct str line;
    while (str_next_line(&r->rest, &line)) {
        r->line = ++r->lines_read;
        line = str_trim(line);
        if (is_nothing(r, line))
            continue;
        if (r->is_joining && ends_in_odd_backslashes(line))
            line = str_trim(join_lines(r, line));
        if (is_nothing(r, line)) /* a backslash and no more, or a comment behind it */
            continue;
        *ret_line = line;
        return true;
    }
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What a word with quotes or escapes says: written to `out`, which has room for all of `word`. */
static size_t unescape_word(struct str s, size_t *ret_used, char *out)
{
    size_t i = 0, n = 0;
    char quote = 0;
    for (; i < s.size; i++) {
        char c = s.data[i];
        if (!quote && is_blank(c))
            break;
        if (c == '\\' && quote != '\'' && i + 1 < s.size)
            out[n++] = s.data[++i];
        else if (quote && c == quote)
            quote = 0;
        else if (!quote && (c == '"' || c == '\''))
            quote = c;
        else
            out[n++] = c;
    }
    *ret_used = i;
    return n;
}

bool conf_next_word(struct arena *a, struct str *line, struct str *ret_word)
{
    struct str s = *line;
    while (s.size && is_blank(s.data[0]))
        s = str_slice(s, 1, s.size);
    *line = s;
    if (s.size == 0)
        return false;
    size_t end = 0;
    while (end < s.size && !is_blank(s.data[end]) && s.data[end] != '"' && s.data[end] != '\'' && s.data[end] != '\\')
        end++;
    if (end == s.size || is_blank(s.data[end])) { /* the usual word: a view */
        *ret_word = str_slice(s, 0, end);
        *line = str_slice(s, end, s.size);
        return true;
    }
    char *word = arena_alloc(a, s.size + 1);
    size_t used = 0;
    size_t size = unescape_word(s, &used, word);
    word[size] = 0;
    *ret_word = str_make(word, size);
    *line = str_slice(s, used, s.size);
    return true;
}

struct str conf_unquote(struct str s)
{
    s = str_trim(s);
    if (s.size >= 2 && (s.data[0] == '"' || s.data[0] == '\'') && s.data[s.size - 1] == s.data[0])
        return str_slice(s, 1, s.size - 1);
    return s;
}

bool conf_key_value(struct str line, struct str *ret_key, struct str *ret_value)
{
    size_t i = 0;
    while (i < line.size && line.data[i] != '=' && !is_blank(line.data[i]))
        i++;
    if (i == 0)
        return false;
    *ret_key = str_slice(line, 0, i);
    struct str value = str_trim(str_slice(line, i, line.size));
    if (value.size && value.data[0] == '=')
        value = str_slice(value, 1, value.size);
    *ret_value = conf_unquote(value);
    return true;
}

struct str conf_lower(struct arena *a, struct str s)
{
    char *copy = arena_strndup(a, s.data, s.size);
    for (size_t i = 0; i < s.size; i++)
        copy[i] = (char)tolower((unsigned char)copy[i]);
    return str_make(copy, s.size);
}

bool conf_equal_nocase(struct str a, const char *b)
{
    return a.size == strlen(b) && strncasecmp(a.data, b, a.size) == 0;
}

bool conf_is_true(struct str s)
{
    return str_is(s, "1") || conf_equal_nocase(s, "yes") || conf_equal_nocase(s, "true") || conf_equal_nocase(s, "on") ||
           conf_equal_nocase(s, "y") || conf_equal_nocase(s, "t");
}

void conf_paths_add(struct arena *a, struct conf_paths *p, struct str path)
{
    if (p->count == p->capacity)
        p->items = arena_grow(a, p->items, p->count, &p->capacity, sizeof(p->items[0]));
    p->items[p->count++] = arena_str(a, path);
}

void conf_list(struct gather *g, const char *path, struct str **ret_names, size_t *ret_count)
{
    struct err e = {0};
    *ret_names = NULL;
    *ret_count = 0;
    if (!source_list(g->source, g->arena, path, ret_names, ret_count, &e) && e.code != ERR_NOT_FOUND)
        gather_missing(g, str_of(path), "directory", e.text);
}

bool conf_exists(struct gather *g, const char *path)
{
    struct file_facts facts;
    struct err e = {0};
    if (source_stat(g->source, path, true, &facts, &e))
        return true;
    if (e.code != ERR_NOT_FOUND)
        gather_missing(g, str_of(path), "file", e.text);
    return false;
}

static bool is_of_kind(struct gather *g, const char *path, enum file_kind kind)
{
    struct file_facts facts;
    struct err e = {0};
    return source_stat(g->source, path, true, &facts, &e) && facts.kind == kind;
}

bool conf_is_directory(struct gather *g, const char *path)
{
    return is_of_kind(g, path, FILE_DIRECTORY);
}

bool conf_is_regular(struct gather *g, const char *path)
{
    return is_of_kind(g, path, FILE_REGULAR);
}

static bool match_class(struct str pattern, size_t *at, char c)
{
    size_t i = *at + 1;
    bool is_negated = i < pattern.size && (pattern.data[i] == '!' || pattern.data[i] == '^');
    bool is_in = false;
    if (is_negated)
        i++;
    for (size_t first = i; i < pattern.size && (pattern.data[i] != ']' || i == first); i++) {
        unsigned char low = (unsigned char)pattern.data[i], high = low;
        if (i + 2 < pattern.size && pattern.data[i + 1] == '-' && pattern.data[i + 2] != ']') {
            high = (unsigned char)pattern.data[i + 2];
            i += 2;
        }
        is_in |= (unsigned char)c >= low && (unsigned char)c <= high;
    }
    if (i >= pattern.size) { /* no ']': an ordinary bracket */
        *at += 1;
        return c == '[';
    }
    *at = i + 1;
    return is_in != is_negated;
}

static bool match_one(struct str pattern, size_t *at, char c, bool is_path)
{
    char p = pattern.data[*at];
    if (p == '?') {
        *at += 1;
        return !(is_path && c == '/');
    }
    if (p == '[')
        return match_class(pattern, at, c);
    if (p == '\\' && *at + 1 < pattern.size)
        *at += 1;
    p = pattern.data[*at];
    *at += 1;
    return p == c;
}

/* Backtracks to the last star only: at most pattern * text steps. */
bool conf_match(struct str pattern, struct str text, bool is_path)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.size) {
        size_t next = p;
        if (p < pattern.size && pattern.data[p] == '*') {
            star = ++p;
            mark = t;
            continue;
        }
        if (p < pattern.size && match_one(pattern, &next, text.data[t], is_path)) {
            p = next;
            t++;
            continue;
        }
        if (star == SIZE_MAX || (is_path && text.data[mark] == '/'))
            return false;
        p = star;
        t = ++mark;
    }
    while (p < pattern.size && pattern.data[p] == '*')
        p++;
    return p == pattern.size;
}

static bool has_wildcard(struct str s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] == '*' || s.data[i] == '?' || s.data[i] == '[')
            return true;
    return false;
}

/* Matches the components of `rest` below `base`. */
static void glob_below(struct gather *g, struct str base, struct str rest, struct conf_paths *ret)
{
    while (rest.size && rest.data[0] == '/')
        rest = str_slice(rest, 1, rest.size);
    struct str head;
    bool has_more = str_cut(&rest, '/', &head);
    if (!has_wildcard(head)) {
        struct str path = arena_printf(g->arena, "%.*s/%.*s", STR_ARGS(base), STR_ARGS(head));
        if (has_more)
            glob_below(g, path, rest, ret);
        else if (ret->count < CONF_GLOB_PATHS_MAX && conf_exists(g, path.data))
            conf_paths_add(g->arena, ret, path);
        return;
    }
    struct str *names;
    size_t count;
    struct err e = {0};
    struct str directory = base.size ? base : STR("/");
    if (!source_list(g->source, g->arena, arena_strndup(g->arena, directory.data, directory.size), &names, &count, &e)) {
        if (e.code != ERR_NOT_FOUND && e.code != ERR_INVALID) /* INVALID: a file where a directory would stand */
            gather_missing(g, directory, "directory", e.text);
        return;
    }
    for (size_t i = 0; i < count && ret->count < CONF_GLOB_PATHS_MAX; i++) {
        if (!conf_match(head, names[i], true) || (names[i].data[0] == '.' && head.data[0] != '.'))
            continue;
        struct str path = arena_printf(g->arena, "%.*s/%.*s", STR_ARGS(base), STR_ARGS(names[i]));
        if (has_more)
            glob_below(g, path, rest, ret);
        else
            conf_paths_add(g->arena, ret, path);
    }
}

void conf_glob(struct gather *g, const char *pattern, struct conf_paths *ret)
{
    *ret = (struct conf_paths){0};
    if (!has_wildcard(str_of(pattern)))
        conf_paths_add(g->arena, ret, str_of(pattern));
    else
        glob_below(g, STR(""), str_of(pattern), ret);
}

struct dropin {
    struct str name;
    struct str path;
    size_t rank; /* of its directory: lower wins */
};

static int compare_dropins(const void *a, const void *b)
{
    const struct dropin *x = a, *y = b;
    int order = str_compare(x->name, y->name);
    return order ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

void conf_dropins(struct gather *g, const char *const *directories, const char *suffix, struct conf_paths *ret)
{
    struct dropin *found = NULL;
    size_t count = 0, capacity = 0;
    for (size_t rank = 0; directories[rank]; rank++) {
        struct str *names;
        size_t names_count;
        conf_list(g, directories[rank], &names, &names_count);
        for (size_t i = 0; i < names_count; i++) {
            if (!str_ends(names[i], suffix))
                continue;
            if (count == capacity)
                found = arena_grow(g->arena, found, count, &capacity, sizeof(*found));
            struct str path = arena_printf(g->arena, "%s/%.*s", directories[rank], STR_ARGS(names[i]));
            found[count++] = (struct dropin){names[i], path, rank};
        }
    }
    *ret = (struct conf_paths){0};
    if (count)
        qsort(found, count, sizeof(*found), compare_dropins);
    for (size_t i = 0; i < count; i++) {
        struct str target;
        struct err e = {0};
        if (i && str_equal(found[i].name, found[i - 1].name))
            continue;
        if (source_readlink(g->source, g->arena, found[i].path.data, &target, &e) && str_is(target, "/dev/null"))
            continue;
        conf_paths_add(g->arena, ret, found[i].path);
    }
}

static bool is_word_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool names_a_secret(struct str word)
{
    static const char *const marks[] = {"password",   "passwd",      "passphrase",    "secret",      "token",
                                        "apikey",     "api_key",     "api-key",       "credentials", "access_key",
                                        "access-key", "private_key", "authorization", "bearer"};
    for (size_t m = 0; m < COLUMN_COUNT(marks); m++) {
        size_t size = strlen(marks[m]);
        for (size_t i = 0; i + size <= word.size; i++)
            if (strncasecmp(word.data + i, marks[m], size) == 0)
                return true;
    }
    return conf_equal_nocase(word, "pass") || conf_equal_nocase(word, "pwd") || conf_equal_nocase(word, "pgpassword") ||
           conf_equal_nocase(word, "--pass") || conf_equal_nocase(word, "mysql_pwd");
}

/* The end of a value that begins at `at`: of the quoted text, or the word. */
static size_t value_end(struct str s, size_t at)
{
    if (at < s.size && (s.data[at] == '"' || s.data[at] == '\'')) {
        char quote = s.data[at];
        for (size_t i = at + 1; i < s.size; i++)
            if (s.data[i] == quote)
                return i + 1;
        return s.size;
    }
    while (at < s.size && !is_blank(s.data[at]) && s.data[at] != ';' && s.data[at] != '&' && s.data[at] != '|' &&
           s.data[at] != ',')
        at++;
    return at;
}

/* user:secret@ behind "://": the offset of the secret and of the @, or false. */
static bool url_secret(struct str s, size_t at, size_t *ret_from, size_t *ret_to)
{
    size_t colon = 0;
    for (size_t i = at; i < s.size && !is_blank(s.data[i]) && s.data[i] != '/' && s.data[i] != '"' && s.data[i] != '\''; i++) {
        if (s.data[i] == ':' && !colon)
            colon = i;
        if (s.data[i] == '@' && colon) {
            *ret_from = colon + 1;
            *ret_to = i;
            return true;
        }
    }
    return false;
}

struct str conf_redact(struct arena *a, struct str text)
{
    struct buf out;
    buf_init(&out, 64 << 10);
    text = str_slice(text, 0, 1024);
    size_t i = 0;
    while (i < text.size) {
        size_t from, to;
        if (i >= 3 && memcmp(text.data + i - 3, "://", 3) == 0 && url_secret(text, i, &from, &to)) {
            buf_append(&out, text.data + i, from - i);
            buf_cstr(&out, "[redacted]");
            i = to;
            continue;
        }
        if (!is_word_byte(text.data[i])) {
            buf_char(&out, text.data[i++]);
            continue;
        }
        size_t end = i;
        while (end < text.size && is_word_byte(text.data[end]))
            end++;
        struct str word = str_slice(text, i, end);
        buf_str(&out, word);
        i = end;
        bool takes_next = text.data[end - word.size] == '-'; /* an option: its value may be the next word */
        bool is_value_here = i < text.size && (text.data[i] == '=' || text.data[i] == ':');
        if (!names_a_secret(word) || !(is_value_here || (takes_next && i < text.size && text.data[i] == ' ')))
            continue;
        if (conf_equal_nocase(word, "--password-file") || str_ends(word, "-file") || str_ends(word, "_FILE"))
            continue; /* a path, no secret */
        if (str_ends(word, "credentials") && is_value_here && i + 1 < text.size && text.data[i + 1] == '/')
            continue;
        buf_char(&out, text.data[i++]);
        while (is_value_here && i < text.size && text.data[i] == ' ')
            buf_char(&out, text.data[i++]);
        size_t stop = value_end(text, i);
        if (conf_equal_nocase(word, "authorization") && stop < text.size && text.data[stop] == ' ')
            stop = value_end(text, stop + 1); /* "Authorization: Bearer xyz" */
        if (stop > i)
            buf_cstr(&out, "[redacted]");
        i = stop;
    }
    struct str result = arena_str(a, buf_view(&out));
    buf_release(&out);
    return result;
}

struct str conf_origin(struct arena *a, struct str file, int64_t line)
{
    return arena_printf(a, "%.*s:%lld", STR_ARGS(file), (long long)line);
}
