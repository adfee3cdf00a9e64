/*
 * update_policy.c - how updates are installed without a person: apt.conf(5), and the stamps of the last time it worked.
 */
#include "base/times.h"
#include "collect/host/conf.h"

static const struct column update_policy_columns[] = {
    {"key", COLUMN_TEXT, "",
     "Name of the setting as apt writes it, as 'APT::Periodic::Unattended-Upgrade'; a list has one row an element. Stamps are "
     "'stamp::update', 'stamp::upgrade', 'stamp::unattended-upgrades', 'stamp::dpkg'.",
     COLUMN_KEY},
    {"value", COLUMN_TEXT, "", "Its value; for stamps the time as text.", 0},
    {"file", COLUMN_TEXT, "", "File that sets it, the last one that does.", 0},
    {"line", COLUMN_INTEGER, "", "Line in that file; null for stamps.", 0},
    {"at", COLUMN_TIME, "ms UTC", "For stamps: when it last happened; null for settings.", 0},
};

static const struct table_schema update_policy_schema = {
    .name = "update_policy",
    .version = 1,
    .words = "One row a setting of /etc/apt/apt.conf and apt.conf.d in force that bears on automatic updates and on trust in "
             "archives, and one a stamp of a job's last run. What no file sets has no row.",
    .criteria = "CC7.1, CC8.1",
    .example = "SELECT value FROM update_policy WHERE key = 'APT::Periodic::Unattended-Upgrade'",
    .columns = update_policy_columns,
    .column_count = COLUMN_COUNT(update_policy_columns),
};

enum { SCOPE_DEPTH_MAX = 32, SETTING_COUNT_MAX = 65536, WORDS_OF_STATEMENT = 2 };

/* What bears on automatic updates and on trust in archives. */
static const char *const shown_prefixes[] = {
    "APT::Periodic",
    "APT::Default-Release",
    "APT::Get::AllowUnauthenticated",
    "APT::Get::Allow-Downgrades",
    "APT::Sandbox::User",
    "Acquire::AllowInsecureRepositories",
    "Acquire::AllowWeakRepositories",
    "Acquire::AllowDowngradeToInsecureRepositories",
    "Acquire::Check-Valid-Until",
    "Acquire::https::Verify-Host",
    "Acquire::https::Verify-Peer",
    "Unattended-Upgrade",
};

/* Keys have no case; these are shown as everyone writes them. */
static const char *const known_keys[] = {
    "APT::Periodic::Enable",
    "APT::Periodic::Update-Package-Lists",
    "APT::Periodic::Download-Upgradeable-Packages",
    "APT::Periodic::Unattended-Upgrade",
    "APT::Periodic::AutocleanInterval",
    "APT::Get::AllowUnauthenticated",
    "Acquire::AllowInsecureRepositories",
    "Acquire::AllowWeakRepositories",
    "Acquire::AllowDowngradeToInsecureRepositories",
    "Acquire::Check-Valid-Until",
    "Unattended-Upgrade::Allowed-Origins",
    "Unattended-Upgrade::Automatic-Reboot",
    "Unattended-Upgrade::Automatic-Reboot-Time",
    "Unattended-Upgrade::Mail",
    "Unattended-Upgrade::MailReport",
    "Unattended-Upgrade::Origins-Pattern",
    "Unattended-Upgrade::Package-Blacklist",
};

struct apt_setting {
    struct str key;
    struct str value;
    struct str file;
    int64_t line;
    bool is_element; /* of a list: others of the same key stay */
    bool is_gone;
};

struct apt_config {
    struct gather *gather;
    struct apt_setting *items;
    size_t count;
    size_t capacity;
};

/* The grammar of apt.conf(5): a reader of one file. */
struct apt_reader {
    struct apt_config *config;
    struct str text;
    size_t at;
    int64_t line;
    struct str file;
    struct str scopes[SCOPE_DEPTH_MAX];
    size_t depth;
    bool is_broken; /* a quotation mark has no other end: what was set before it stands */
};

static bool key_is_under(struct str key, const char *prefix)
{
    size_t size = strlen(prefix);
    return key.size >= size && strncasecmp(key.data, prefix, size) == 0 && (key.size == size || key.data[size] == ':');
}

static bool is_shown(struct str key)
{
    for (size_t i = 0; i < COLUMN_COUNT(shown_prefixes); i++) {
        if (key_is_under(key, shown_prefixes[i]))
            return true;
    }
    return false;
}

static bool keys_equal(struct str a, struct str b)
{
    return a.size == b.size && strncasecmp(a.data, b.data, a.size) == 0;
}

static void config_set(struct apt_config *config, struct apt_setting setting)
{
    if (!is_shown(setting.key) || config->count >= SETTING_COUNT_MAX)
        return;
    for (size_t i = 0; i < COLUMN_COUNT(known_keys); i++) {
        if (keys_equal(setting.key, str_of(known_keys[i])))
            setting.key = str_of(known_keys[i]);
    }
    for (size_t i = 0; i < config->count && !setting.is_element; i++)
        config->items[i].is_gone |= !config->items[i].is_element && keys_equal(config->items[i].key, setting.key);
    if (config->count == config->capacity)
        config->items = arena_grow(config->gather->arena, config->items, config->count, &config->capacity, sizeof(setting));
    config->items[config->count++] = setting;
}

/* "#clear A::B" forgets the key and all below it. */
static void config_clear(struct apt_config *config, struct str key)
{
    while (key.size && key.data[key.size - 1] == ':')
        key.size--;
    const char *prefix = arena_strndup(config->gather->arena, key.data, key.size);
    for (size_t i = 0; i < config->count && key.size; i++)
        config->items[i].is_gone |= key_is_under(config->items[i].key, prefix);
}

static int peek(const struct apt_reader *r, size_t ahead)
{
    return r->at + ahead < r->text.size ? (unsigned char)r->text.data[r->at + ahead] : -1;
}

static void skip(struct apt_reader *r, size_t size)
{
    for (; size && r->at < r->text.size; size--, r->at++)
        r->line += r->text.data[r->at] == '\n';
}

static void skip_past(struct apt_reader *r, const char *mark)
{
    ptrdiff_t found = str_find(str_slice(r->text, r->at, r->text.size), str_of(mark));
    skip(r, found < 0 ? r->text.size : (size_t)found + strlen(mark));
}

/* White space and comments; "#clear" and "#include" are statements. */
static void skip_blanks(struct apt_reader *r)
{
    for (;;) {
        int c = peek(r, 0);
        struct str rest = str_slice(r->text, r->at, r->text.size);
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\0')
            skip(r, 1);
        else if (str_starts(rest, "//") || (c == '#' && !str_starts(rest, "#clear") && !str_starts(rest, "#include")))
            skip_past(r, "\n");
        else if (str_starts(rest, "/*"))
            skip_past(r, "*/");
        else
            return;
    }
}

/* A bare or quoted word; false at one of ; { } and at the end. */
static bool next_word(struct apt_reader *r, struct str *ret, bool *ret_is_quoted)
{
    skip_blanks(r);
    int c = peek(r, 0);
    size_t begin = r->at;
    if (c < 0 || c == ';' || c == '{' || c == '}')
        return false;
    *ret_is_quoted = c == '"';
    if (c == '"') {
        skip(r, 1);
        begin = r->at;
        while ((c = peek(r, 0)) >= 0 && c != '"')
            skip(r, 1);
        *ret = str_slice(r->text, begin, r->at);
        if (c < 0)
            gather_missing(r->config->gather, r->file, "its last setting", "a quotation mark has no other end");
        r->is_broken |= c < 0;
        skip(r, 1);
        return c >= 0;
    }
    while ((c = peek(r, 0)) >= 0 && !strchr(" \t\r\n;{}\"", c))
        skip(r, 1);
    *ret = str_slice(r->text, begin, r->at);
    if (r->at == begin)
        skip(r, 1); /* a NUL byte: strchr finds its end */
    return true;
}

static struct str full_key(struct apt_reader *r, struct str tag)
{
    struct buf key;
    buf_init(&key, 64 << 10);
    for (size_t i = 0; i <= r->depth; i++) {
        struct str part = i < r->depth ? r->scopes[i] : tag;
        if (part.size && key.size)
            buf_cstr(&key, "::");
        buf_str(&key, part);
    }
    struct str text = arena_str(r->config->gather->arena, buf_view(&key));
    buf_release(&key);
    return text;
}

/* One statement's words: none, a list element, or a key and its value. "KEY::" with a value appends to the list KEY. */
static void statement_end(struct apt_reader *r, const struct str *words, size_t count, int64_t line, int end)
{
    struct str tag = {"", 0}, value = {0};
    if (count == 2) {
        tag = words[0];
        value = words[1];
    } else if (count == 1 && end == '{') {
        tag = words[0];
    } else if (count == 1) {
        value = words[0];
    }
    if (count == 2 && str_is(words[0], "#clear")) {
        config_clear(r->config, words[1]);
        return;
    }
    bool is_element = (count == 1 && end != '{') || str_ends(tag, "::");
    while (tag.size && tag.data[tag.size - 1] == ':')
        tag.size--;
    if (value.data)
        config_set(r->config, (struct apt_setting){.key = full_key(r, tag),
                                                   .value = arena_str(r->config->gather->arena, value),
                                                   .file = r->file,
                                                   .line = line,
                                                   .is_element = is_element});
    if (end == '{' && r->depth < SCOPE_DEPTH_MAX)
        r->scopes[r->depth++] = tag;
}

static void config_read(struct apt_config *config, struct str path)
{
    struct apt_reader r = {.config = config, .file = path, .line = 1};
    if (!conf_read(config->gather, path.data, &r.text))
        return;
    while (r.at < r.text.size) {
        struct str words[WORDS_OF_STATEMENT], word;
        size_t count = 0;
        bool is_quoted;
        skip_blanks(&r);
        int64_t line = r.line;
        while (next_word(&r, &word, &is_quoted)) {
            if (count < WORDS_OF_STATEMENT)
                words[count++] = word;
        }
        if (r.is_broken)
            return;
        int end = peek(&r, 0);
        skip(&r, 1);
        if (count || end == '{')
            statement_end(&r, words, count, line, end);
        if (end == '}' && r.depth)
            r.depth--;
    }
}

/* apt reads names without an extension and those with ".conf". */
static bool is_config_name(struct str name)
{
    if (name.size == 0 || name.data[0] == '.')
        return false;
    return str_find_char(name, '.') < 0 || str_ends(name, ".conf");
}

static void stamp_row(struct gather *g, const char *key, const char *const *paths)
{
    int64_t newest = INT64_MIN;
    const char *file = NULL;
    char text[TIME_TEXT_SIZE];
    for (size_t i = 0; paths[i]; i++) {
        struct file_facts facts;
        struct err failed = {0};
        if (!source_stat(g->source, paths[i], true, &facts, &failed)) {
            if (failed.code != ERR_NOT_FOUND)
                gather_missing(g, str_of(key), paths[i], arena_printf(g->arena, "%s", failed.text).data);
        } else if (facts.mtime_ms > newest) {
            newest = facts.mtime_ms;
            file = paths[i];
        }
    }
    if (!file)
        return;
    row_begin(g->rows);
    row_cstr(g->rows, key);
    row_cstr(g->rows, time_format(newest / MS_SECOND * MS_SECOND, text));
    row_cstr(g->rows, file);
    row_null(g->rows);
    row_int(g->rows, newest);
    row_end(g->rows);
}

static void stamps_add(struct gather *g)
{
    static const char *const update[] = {"/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists/partial", NULL};
    static const char *const upgrade[] = {"/var/lib/apt/periodic/upgrade-stamp", NULL};
    static const char *const unattended[] = {"/var/lib/apt/periodic/unattended-upgrades-stamp",
                                             "/var/log/unattended-upgrades/unattended-upgrades.log", NULL};
    static const char *const dpkg[] = {"/var/lib/dpkg/status", NULL};
    stamp_row(g, "stamp::update", update);
    stamp_row(g, "stamp::upgrade", upgrade);
    stamp_row(g, "stamp::unattended-upgrades", unattended);
    stamp_row(g, "stamp::dpkg", dpkg);
}

static bool update_policy_gather(struct gather *g, struct err *e)
{
    struct apt_config config = {.gather = g};
    struct str *names;
    size_t count;
    (void)e;
    conf_list(g, "/etc/apt/apt.conf.d", &names, &count);
    for (size_t i = 0; i < count; i++) {
        if (is_config_name(names[i]))
            config_read(&config, arena_printf(g->arena, "/etc/apt/apt.conf.d/%.*s", STR_ARGS(names[i])));
    }
    config_read(&config, STR("/etc/apt/apt.conf"));
    for (size_t i = 0; i < config.count; i++) {
        const struct apt_setting *setting = &config.items[i];
        if (setting->is_gone)
            continue;
        row_begin(g->rows);
        row_text(g->rows, setting->key);
        row_text(g->rows, setting->value);
        row_text(g->rows, setting->file);
        row_int(g->rows, setting->line);
        row_null(g->rows);
        row_end(g->rows);
    }
    stamps_add(g);
    return true;
}

const struct host_table update_policy_table = {
    .schema = &update_policy_schema,
    .origin = FROM_FILES,
    .works_on_tree = true,
    .gather = update_policy_gather,
};
