#include "collect/host/logrotate.h"

enum { RULES_MAX = 10000, PATTERNS_MAX = 1000 };

/* The directives that matter here, over a rule or the defaults. */
static void apply(struct logrotate_rule *rule, struct str word, struct str value)
{
    static const char *const frequencies[] = {"hourly", "daily", "weekly", "monthly", "yearly"};
    int64_t number;
    for (size_t i = 0; i < COLUMN_COUNT(frequencies); i++)
        if (str_is(word, frequencies[i]))
            rule->frequency = frequencies[i];
    value = str_trim(value);
    if (value.size && value.data[0] == '=')
        value = str_trim(str_slice(value, 1, value.size));
    if (str_is(word, "size") || str_starts(word, "size="))
        rule->frequency = "size";
    else if (str_is(word, "rotate") && str_to_int64(value, &number))
        rule->rotations = number < 0 ? -1 : number;
    else if (str_is(word, "maxage") && str_to_int64(value, &number) && number > 0)
        rule->maxage_days = number;
    else if (str_is(word, "compress"))
        rule->is_compressed = true;
    else if (str_is(word, "nocompress"))
        rule->is_compressed = false;
}

static bool begins_script(struct str word)
{
    return str_is(word, "prerotate") || str_is(word, "postrotate") || str_is(word, "firstaction") || str_is(word, "lastaction") ||
           str_is(word, "preremove");
}

static void add_rule(struct arena *a, struct logrotate *l, const struct logrotate_rule *rule)
{
    if (l->count >= RULES_MAX || rule->patterns.count == 0)
        return;
    if (l->count == l->capacity)
        l->rules = arena_grow(a, l->rules, l->count, &l->capacity, sizeof(l->rules[0]));
    l->rules[l->count++] = *rule;
}

void logrotate_parse(struct arena *a, struct str text, struct str file, struct logrotate *l,
                     void (*include)(void *context, struct str path), void *context)
{
    struct conf_reader r = conf_reader_of(a, text, "#");
    struct logrotate_rule rule = l->defaults;
    struct conf_paths patterns = {0}; /* seen, their brace not yet */
    struct str line, word;
    bool is_in_block = false, is_in_script = false;
    r.is_joining = true;
    while (conf_next_line(&r, &line)) {
        if (is_in_script) {
            is_in_script = !str_is(line, "endscript");
            continue;
        }
        if (!is_in_block && (line.data[0] == '/' || line.data[0] == '"' || line.data[0] == '\'' || line.data[0] == '{')) {
            while (line.size && line.data[0] != '{' && conf_next_word(a, &line, &word)) {
                bool has_brace = word.size > 1 && word.data[word.size - 1] == '{'; /* "/var/log/x{" */
                if (patterns.count < PATTERNS_MAX && !str_is(word, "{"))
                    conf_paths_add(a, &patterns, has_brace ? str_slice(word, 0, word.size - 1) : word);
                line = str_trim(line);
                is_in_block |= has_brace || str_is(word, "{");
            }
            is_in_block |= line.size && line.data[0] == '{';
            if (!is_in_block)
                continue;
            rule = l->defaults;
            rule.patterns = patterns;
            rule.origin = conf_origin(a, file, r.line);
            patterns = (struct conf_paths){0};
            line = str_trim(str_slice(line, 1, line.size)); /* behind the brace */
        }
        if (is_in_block && line.size && line.data[0] == '}') {
            add_rule(a, l, &rule);
            is_in_block = false;
            continue;
        }
        bool ends_block = is_in_block && str_ends(line, "}"); /* "{ daily }" on one line */
        if (ends_block)
            line = str_trim(str_slice(line, 0, line.size - 1));
        if (!str_next_word(&line, &word))
            word = STR("");
        if (begins_script(word))
            is_in_script = true;
        else if (!is_in_block && str_is(word, "include") && include)
            include(context, conf_unquote(line));
        else
            apply(is_in_block ? &rule : &l->defaults, word, line);
        if (ends_block) {
            add_rule(a, l, &rule);
            is_in_block = false;
        }
    }
}

struct including {
    struct gather *gather;
    struct logrotate *logrotate;
    int depth, files_left;
};

static void read_file(struct including *i, struct str path);

static void include_path(void *context, struct str path)
{
    struct including *i = context;
    struct gather *g = i->gather;
    struct file_facts facts;
    struct err e = {0};
    struct str *names;
    size_t count;
    if (path.size == 0 || path.data[0] != '/')
        return;
    path = arena_str(g->arena, path);
    if (!source_stat(g->source, path.data, true, &facts, &e))
        return;
    if (facts.kind != FILE_DIRECTORY) {
        read_file(i, path);
        return;
    }
    conf_list(g, path.data, &names, &count);
    for (size_t n = 0; n < count; n++) /* tabooext(8): what packages left behind is passed over */
        if (names[n].data[0] != '.' && !str_contains(names[n], ".dpkg-") && !str_contains(names[n], ".rpm") &&
            !str_ends(names[n], "~") && !str_ends(names[n], ".disabled") && !str_ends(names[n], ".swp"))
            read_file(i, arena_printf(g->arena, "%s/%.*s", path.data, STR_ARGS(names[n])));
}

static void read_file(struct including *i, struct str path)
{
    struct str text;
    if (i->depth >= CONF_INCLUDE_DEPTH_MAX || i->files_left-- <= 0) {
        gather_missing(i->gather, path, "file", "too many files are included");
        return;
    }
    if (!conf_read(i->gather, path.data, &text))
        return;
    struct logrotate_rule before = i->logrotate->defaults;
    i->depth++;
    logrotate_parse(i->gather->arena, text, path, i->logrotate, include_path, i);
    if (--i->depth > 0)
        i->logrotate->defaults = before; /* what an included file sets for all ends with it */
}

void logrotate_read(struct gather *g, struct logrotate *ret)
{
    *ret = (struct logrotate){.defaults = {.frequency = "size", .rotations = 0}};
    struct including i = {.gather = g, .logrotate = ret, .files_left = 2000};
    read_file(&i, STR("/etc/logrotate.conf"));
}

int64_t logrotate_retention_days(const struct logrotate_rule *rule)
{
    static const struct {
        const char *frequency;
        int64_t hours;
    } periods[] = {{"hourly", 1}, {"daily", 24}, {"weekly", 168}, {"monthly", 720}, {"yearly", 8760}};
    int64_t days = -1;
    for (size_t i = 0; i < COLUMN_COUNT(periods); i++)
        if (strcmp(rule->frequency, periods[i].frequency) == 0 && rule->rotations >= 0 && rule->rotations < 1000000)
            days = rule->rotations * periods[i].hours / 24;
    return rule->maxage_days && (days < 0 || rule->maxage_days < days) ? rule->maxage_days : days;
}
