/* glob.c - see glob.h. */
#include "collect/host/glob.h"
#include <stdlib.h>

enum { MATCHES_MAX = 1 << 16 };

/* Reads a class behind its '['; `*at` is left behind the ']'. False if the class has no end: then '[' is a plain character. */
static bool class_match(struct str pattern, size_t *at, char c, bool *ret_matches)
{
    size_t i = *at;
    bool is_negated = i < pattern.size && (pattern.data[i] == '!' || pattern.data[i] == '^');
    bool matches = false;
    i += is_negated;
    for (size_t first = i; i < pattern.size && (pattern.data[i] != ']' || i == first); i++) {
        char low = pattern.data[i], high = low;
        if (i + 2 < pattern.size && pattern.data[i + 1] == '-' && pattern.data[i + 2] != ']') {
            high = pattern.data[i + 2];
            i += 2;
        }
        matches = matches || ((uint8_t)c >= (uint8_t)low && (uint8_t)c <= (uint8_t)high);
    }
    if (i >= pattern.size)
        return false;
    *at = i + 1;
    *ret_matches = matches != is_negated;
    return true;
}

static bool one_match(struct str pattern, size_t *at, char c)
{
    bool matches = false;
    char p = pattern.data[(*at)++];
    if (p == '?')
        return true;
    if (p == '[' && class_match(pattern, at, c, &matches))
        return matches;
    if (p == '\\' && *at < pattern.size)
        p = pattern.data[(*at)++];
    return p == c;
}

/* With one point to come back to: time is at most pattern times name. */
bool glob_match(struct str pattern, struct str name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, star_name = 0;
    if (name.size && name.data[0] == '.' && !(pattern.size && pattern.data[0] == '.'))
        return false;
    while (n < name.size) {
        size_t next = p;
        if (p < pattern.size && pattern.data[p] == '*') {
            star = ++p;
            star_name = n;
        } else if (p < pattern.size && one_match(pattern, &next, name.data[n])) {
            p = next;
            n++;
        } else if (star != SIZE_MAX) {
            p = star;
            n = ++star_name;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*')
        p++;
    return p == pattern.size;
}

static bool has_wildcard(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '*' || text.data[i] == '?' || text.data[i] == '[')
            return true;
    return false;
}

struct matches {
    struct source *source;
    struct arena *arena;
    struct str *paths;
    size_t count, capacity;
    struct err *error;
};

static bool add_path(struct matches *m, struct str path)
{
    if (m->count == MATCHES_MAX)
        return err_set(m->error, ERR_TOO_LARGE, "more than %d files match", MATCHES_MAX);
    if (m->count == m->capacity)
        m->paths = arena_grow(m->arena, m->paths, m->count, &m->capacity, sizeof(*m->paths));
    m->paths[m->count++] = path;
    return true;
}

static struct str join(struct arena *a, struct str folder, struct str name)
{
    return arena_printf(a, "%.*s%s%.*s", STR_ARGS(folder), folder.size && folder.data[folder.size - 1] == '/' ? "" : "/",
                        STR_ARGS(name));
}

/* `folder` is plain and absolute; `rest` is what of the pattern lies below it. As deep as the pattern has elements. */
static bool expand(struct matches *m, struct str folder, struct str rest)
{
    struct str element;
    bool has_more = str_cut(&rest, '/', &element);
    if (element.size == 0)
        return has_more ? expand(m, folder, rest) : add_path(m, folder);
    if (!has_wildcard(element)) {
        struct str path = join(m->arena, folder, element);
        return has_more ? expand(m, path, rest) : add_path(m, path);
    }
    struct str *names;
    size_t count = 0;
    struct err e = {0};
    if (!source_list(m->source, m->arena, folder.data, &names, &count, &e)) {
        if (e.code == ERR_NOT_FOUND || e.code == ERR_INVALID)
            return true;
        *m->error = e;
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!glob_match(element, names[i]))
            continue;
        struct str path = join(m->arena, folder, names[i]);
        if (!(has_more ? expand(m, path, rest) : add_path(m, path)))
            return false;
    }
    return true;
}

static int compare_strs(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* A plain path before a wildcard may not exist; what stands behind one must. */
static void drop_missing(struct matches *m)
{
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++) {
        struct file_facts facts;
        struct err e = {0};
        if (source_stat(m->source, m->paths[i].data, false, &facts, &e) || e.code == ERR_DENIED)
            m->paths[kept++] = m->paths[i];
    }
    m->count = kept;
}

bool source_glob(struct source *s, struct arena *a, struct str pattern, struct str **ret_paths, size_t *ret_count, struct err *e)
{
    struct matches m = {.source = s, .arena = a, .error = e};
    if (!has_wildcard(pattern)) {
        if (!add_path(&m, arena_str(a, pattern)))
            return false;
    } else {
        if (!expand(&m, STR("/"), pattern))
            return false;
        drop_missing(&m);
        if (m.count)
            qsort(m.paths, m.count, sizeof(*m.paths), compare_strs);
    }
    *ret_paths = m.paths;
    *ret_count = m.count;
    return true;
}

static bool is_left_over(struct str name)
{
    return name.size == 0 || name.data[0] == '.' || str_ends(name, "~") || str_contains(name, ".dpkg-") ||
           str_ends(name, ".rpmnew") || str_ends(name, ".rpmsave") || str_ends(name, ".rpmorig");
}

bool source_drop_ins(struct source *s, struct arena *a, const char *folder, const char *suffix, struct str **ret_paths,
                     size_t *ret_count, struct err *e)
{
    struct str *names;
    size_t count = 0, kept = 0;
    struct err failure = {0};
    if (!source_list(s, a, folder, &names, &count, &failure)) {
        if (failure.code != ERR_NOT_FOUND && failure.code != ERR_INVALID) {
            *e = failure;
            return false;
        }
        count = 0;
    }
    struct str *paths = arena_array(a, count, sizeof(*paths));
    for (size_t i = 0; i < count; i++)
        if (!is_left_over(names[i]) && str_ends(names[i], suffix))
            paths[kept++] = join(a, str_of(folder), names[i]);
    *ret_paths = paths;
    *ret_count = kept;
    return true;
}
